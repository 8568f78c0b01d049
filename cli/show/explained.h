// SPDX-License-Identifier: GPL-2.0-or-later
// explained.h - a verdict as a person reads it: who reaches whom, what breaks it, what repairs it
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "cli/line/args.h"

#include <jansson.h>
#include <stdbool.h>

/* Where the facts come from, unless that is the usual. */
#define EXPLAINED_FROM_RECORDS "netd does not answer: this is from its records and the kernel"
#define EXPLAINED_FROM_FILE "judged from a file: nothing was asked of a kernel"

struct explained_look {
	bool colour;  /* a terminal is there that wants it */
	bool verbose; /* every hop with its facts, whatever it takes */
	bool graph;   /* the way as a picture, and a line for what is not well alone */
};

/* Of an answer that is true of rules which are not there yet, a line that says so; else nothing. */
struct lines;
void explained_put_with(const json_t *answer, struct lines *lines);

/* Whether standard output is a terminal, and whoever sits there has nothing against it. */
bool explained_wants_colour(void);

/* verdict: as GET /netd/v1/explain answers it, for a pair or with all=1. What is not there is left
 * out. */
void explained_screen(const json_t *verdict, const struct explained_look *look, struct buf *out);

/* Shows an answer as --format asks for, or else on a screen, with --verbose whole. */
typedef void explained_screen_fn(const json_t *answer, const struct explained_look *look,
				 struct buf *out);
int explained_show(const struct args *args, json_t *answer, explained_screen_fn *screen,
		   struct error *error);

/* The verdict as netctl's exit status: 0 reachable, 1 not or partly, 3 undecided. */
int explained_status(const json_t *verdict);
