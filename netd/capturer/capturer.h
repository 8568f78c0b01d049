// SPDX-License-Identifier: GPL-2.0-or-later
// capturer.h - netd-capture: what its files share
#pragma once

#include "base/error.h"
#include "base/limits.h"
#include "capture/asked.h"
#include "capture/block.h"
#include "capture/compiled.h"
#include "capture/dropped.h"
#include "explain/explain.h"
#include "kernel/tap.h"

#include <stdbool.h>
#include <stdint.h>

struct capturer_options {
	const char *host;		 /* of the API: unix://PATH */
	const char *run_dir, *state_dir; /* of the records */
	bool use_records, help;
	int control_fd; /* to whoever started it */
	bool is_netds;	/* the tracer is, at EXPLAIN_TRACER_FD; or there is none */
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

/* compile.c: whether a packet from its IP header on passes the filter, which is for Ethernet.
 * full_len is what it had before it was cut. */
bool capturer_passes(const struct compiled *filter, const struct dropped *dropped);
/* Whether that may be asked of this filter; else the kernel alone can run it. */
bool capturer_can_ask(const struct compiled *filter);

/* drops.c: what the kernel throws away of a container or a network. Zeroed, and with the two
 * descriptors of trace -1, it is not asked for. */
struct capturer_drops {
	bool is_asked;
	struct explain_trace trace; /* the tracer, and why there is none */
	struct buf orders;
	struct buf text; /* what it has said and nobody has read yet */
	struct capturer_space *spaces;
	size_t n_spaces, size;
	const struct compiled *filter;
	bool has_end;  /* nothing more comes */
	bool is_ended; /* it was told so */
	/* 0; or when it ended without last words (wall clock): what was dropped since is missing */
	uint64_t cut_ns;
	uint64_t n_told, n_lost;
	char comment[CAPTURE_DROPS_LACKS_MAX + 64]; /* what they lack, as a sentence; "": nothing */
	bool has_packet;
	struct dropped packet; /* the next */
	uint64_t time_ns;      /* its, of the wall clock */
	int64_t at_hand_ms;
};

/* Before rights are given up. What it lacks is said in comment, and fails nothing. */
void capturer_drops_start(const struct capturer_options *options, const struct compiled *filter,
			  struct capturer_drops *drops);
/* A namespace and what a person calls it; is_own: all of it is asked for, not only what has one of
 * the addresses. */
void capturer_drops_space(struct capturer_drops *drops, uint64_t netns, const char *name,
			  bool is_own);
void capturer_drops_addresses(struct capturer_drops *drops, const struct facts_endpoint *endpoint);
/* That is all: from when this returns they are told. */
void capturer_drops_go(struct capturer_drops *drops, uint32_t snaplen);
/* Until has_packet, or there is nothing to read. */
void capturer_drops_look(struct capturer_drops *drops);
/* Nothing more is wanted but what was dropped before: has_end follows. */
void capturer_drops_end(struct capturer_drops *drops);
void capturer_drops_comment(const struct capturer_drops *drops, char *text, size_t size);
/* What is missing, where it ended before the capture did. */
#define CAPTURER_DROPS_CUT                                                                         \
	"the tracer ended before the capture did: what was dropped since then is not in it"
void capturer_drops_done(struct capturer_drops *drops);

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

/* An interface that is meant: what it is called in its namespace, and by whoever reads the file. */
struct capturer_choice {
	char ifname[FACTS_IFNAME];
	char name[2 * NAME_LEN_MAX + 64], description[2 * NAME_LEN_MAX + 64];
	bool is_inside; /* the container's namespace has it, else the host's */
	bool is_bridge;
};

/* Of a container or of a network; the other one is NULL. Both are the facts'. */
struct capturer_chosen {
	const struct facts_container *container;
	const struct facts_network *network;
	struct capturer_choice *list; /* in the order of the file, one at least */
	size_t n;
};

/* chosen.c: which interfaces are meant. ret_chosen is to be given to capturer_chosen_done(), also
 * after a failure. ERROR_NOT_FOUND: nobody is called so; ERROR_INVALID: several are, or it has
 * none; ERROR_TOO_LARGE: it has too many. */
int capturer_choose(const struct capture_asked *asked, const struct facts *facts,
		    struct capturer_chosen *ret_chosen, struct error *error);
void capturer_chosen_done(struct capturer_chosen *chosen);

/* places.c: the interfaces that are asked for, opened, and drops told of whom it is asked.
 * ERROR_NOT_FOUND. */
int capturer_places_open(const struct capturer_options *options, const struct compiled *filter,
			 struct capturer_drops *drops, struct capturer_places *ret_places,
			 struct error *error);
void capturer_places_done(struct capturer_places *places);

/* reader.c: says that all is open, and waits for whoever asked. The descriptor of his socket, which
 * is the caller's; -EPIPE: none came. */
int capturer_reader_take(int control_fd, unsigned int wait_ms);

/* write.c: packets in order, until whoever reads, or what was asked, ends it. fd is a connected
 * socket. 0, or why the rest could not be written. */
int capturer_write(const struct capture_asked *asked, struct capturer_places *places,
		   struct capturer_drops *drops, int fd);
