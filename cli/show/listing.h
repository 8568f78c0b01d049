// SPDX-License-Identifier: GPL-2.0-or-later
// listing.h - rows of fields as a table, JSON lines or whatever a template says
#pragma once

#include "cli/line/cli.h"
#include "cli/show/rows.h"

struct listing_field {
	const char *name;   /* in templates and JSON, as docker's CLI calls it; NULL ends */
	const char *header; /* above a table's column */
};

struct listing {
	const struct listing_field *fields;
	const char *table;	 /* template of the default table */
	const char *quiet_field; /* what -q shows, or NULL */
	const char *none; /* the sentence of a failure where there is no row; NULL: none is right */
};

/* Before anything is asked of netd: a template that does not parse, or names fields that are not
 * there, is -EINVAL with a sentence. */
int listing_check(const struct listing *listing, const struct args *args, struct error *error);
/* rows: array of objects that have every field as a string. Prints on stdout. */
int listing_print(const struct listing *listing, const struct args *args, json_t *rows,
		  struct error *error);
/* All of it: what a GET of path gives, a row each, sorted by name. --no-trunc, where there is such
 * a flag, asks for whole ids. The exit code. */
int listing_run(const struct listing *listing, struct cli *cli, const struct args *args,
		const char *path, row_function row);
