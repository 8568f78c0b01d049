// SPDX-License-Identifier: GPL-2.0-or-later
// facts_answers.h - the kernel's answers so far, for those who keep them, write them and read them
#pragma once

#include "diag/facts.h"

enum facts_kind {
	FACTS_KIND_WAY,
	FACTS_KIND_TAKER,
	FACTS_KIND_ELEMENT,
	FACTS_KIND_FLOW,
	FACTS_KIND_OWNER,
	FACTS_KIND_FILTER,
	FACTS_KIND_ELSEWHERE,
	FACTS_KIND_NAME,
	FACTS_N_KINDS,
};

struct facts_way_answered {
	struct facts_way_asked asked;
	struct facts_way answer;
};

struct facts_taker_answered {
	struct facts_taker_asked asked;
	struct facts_taker answer;
};

struct facts_element_answered {
	struct facts_element_asked asked;
	struct facts_element answer;
};

struct facts_flow_answered {
	struct facts_flow_asked asked;
	struct facts_flow answer;
};

struct facts_owner_answered {
	struct facts_owner_asked asked;
	struct facts_owner answer;
};

struct facts_filter_answered {
	struct facts_filter_asked asked;
	struct facts_filter answer;
};

struct facts_elsewhere_answered {
	struct facts_elsewhere_asked asked;
	struct facts_elsewhere answer;
};

struct facts_name_answered {
	struct facts_name_asked asked;
	struct facts_name answer;
};

struct facts_answered {
	enum facts_kind kind;
	char space[FACTS_WORD];
	union {
		struct facts_way_answered way;
		struct facts_taker_answered taker;
		struct facts_element_answered element;
		struct facts_flow_answered flow;
		struct facts_owner_answered owner;
		struct facts_filter_answered filter;
		struct facts_elsewhere_answered elsewhere;
		struct facts_name_answered name;
	};
};

struct facts_answers {
	struct map *map;	       /* from facts_key's bytes to an item */
	struct facts_answered **items; /* in the order in which they were asked */
	size_t n_items, room;
};

/* Keeps an answer. The facts take `answered`, one block of malloc(3), and free it where they do not
 * keep it. 0; -EEXIST: there is one to the same question, which stays; -ENOMEM. */
int facts_keep(struct facts *facts, struct facts_answered *answered);
