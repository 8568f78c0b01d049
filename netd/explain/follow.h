// SPDX-License-Identifier: GPL-2.0-or-later
// follow.h - what the files of netd-explain --follow share
#pragma once

#include "base/buf.h"
#include "diag/followed.h"
#include "diag/followed_counters.h"
#include "diag/followed_filter.h"
#include "diag/followed_rules.h"
#include "explain/explain.h"

#include <poll.h>

/* follow_asked.c: which packets. Zeroed but for `of` and `filter` it is valid. */
struct follow_end {
	struct addr addr;
	uint16_t port; /* 0: any */
	uint8_t protocol;
};
struct follow_ends {
	struct follow_end *ends;
	size_t n, size;
};
struct follow_asked {
	const struct facts_container *of;
	struct followed_filter filter;
	const struct facts_container *peer; /* whom the filter names; NULL: none, or an address */
	struct follow_ends addrs, peers;    /* without ports */
	struct follow_ends published;
};
/* Pictures of the host and of the container are there. ERROR_NOT_FOUND, or -ENOMEM. */
int follow_asked_fill(struct follow_asked *asked, const struct facts *facts, struct error *error);
/* The same as orders for netd-trace. 0 or -ENOMEM. */
int follow_asked_orders(const struct follow_asked *asked, const struct facts *facts,
			struct buf *orders);
void follow_asked_done(struct follow_asked *asked);

/* follow_rules.c: the rules that they meet, told by tables that go with their sockets. */
struct follow_rules {
	struct followed_rules met;
	struct followed_reading *readings[FOLLOW_RULES_MAX]; /* of each namespace */
	int fds[FOLLOW_RULES_MAX];
	size_t n;
	unsigned int n_left_out; /* neighbours for which there was no room */
	bool is_broken;		 /* some were missed */
	char lacks[256];	 /* why there are none, or not all; "": nothing is missing */
};
/* In the container's namespace, the host's, and those of who is on a network with it, whose
 * pictures are taken. What is lacking is said, and fails nothing. */
void follow_rules_open(struct follow_rules *rules, const struct follow_asked *asked,
		       struct look *look, struct facts *facts);
/* For poll(2): room for FOLLOW_RULES_MAX; returns how many there are. */
size_t follow_rules_poll(const struct follow_rules *rules, struct pollfd *fds);
/* What was met until now is among what was read. 0 or -errno. */
int follow_rules_hear(struct follow_rules *rules);
void follow_rules_done(struct follow_rules *rules);
