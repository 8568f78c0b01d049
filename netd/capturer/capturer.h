// SPDX-License-Identifier: GPL-2.0-or-later
// capturer.h - netd-capture: what its files share
#pragma once

#include "base/error.h"
#include "base/limits.h"
#include "capture/asked.h"
#include "capture/block.h"
#include "capture/compiled.h"
#include "kernel/tap.h"

#include <stdbool.h>
#include <stdint.h>

struct capturer_options {
	const char *host;		 /* of the API: unix://PATH */
	const char *run_dir, *state_dir; /* of the records */
	bool use_records, help;
	int control_fd; /* to whoever started it */
	struct capture_asked asked;
};

/* options.c: 0, or what is wrong with the command line was said on standard error (-EINVAL), or is
 * in the error: what is asked is a stranger's (ERROR_INVALID). */
int capturer_options_parse(int argc, char **argv, struct capturer_options *ret_options,
			   struct error *error);

/* compile.c: the filter, by a process that has no rights. Before anything else is opened.
 * ERROR_INVALID: libpcap does not understand it, in its words. */
int capturer_compile(const struct capture_asked *asked, struct compiled *ret_compiled,
		     struct error *error);

/* An interface, and what is at hand of it. */
struct capturer_place {
	char name[2 * NAME_LEN_MAX + 64], description[2 * NAME_LEN_MAX + 64];
	struct tap tap;
	struct block block;
	bool in_block; /* the ring's next block is being read */
	bool is_down;  /* it may come up again, or be gone soon, and nobody tells which */
	bool is_gone;
	bool has_packet;
	struct block_packet packet; /* the next */
	int64_t at_hand_ms;
};

struct capturer_places {
	struct capturer_place *list;
	size_t n;
};

/* places.c: the interfaces that are asked for, opened. ERROR_NOT_FOUND. */
int capturer_places_open(const struct capturer_options *options, const struct compiled *filter,
			 struct capturer_places *ret_places, struct error *error);
void capturer_places_done(struct capturer_places *places);

/* write.c: packets in order, until whoever reads, or what was asked, ends it. fd is a connected
 * socket. 0, or why the rest could not be written. */
int capturer_write(const struct capture_asked *asked, struct capturer_places *places, int fd);
