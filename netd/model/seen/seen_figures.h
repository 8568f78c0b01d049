// SPDX-License-Identifier: GPL-2.0-or-later
// seen_figures.h - the head of a snapshot, and its parts that are figures
#pragma once

#include "base/addr.h"
#include "base/buf.h"
#include "base/histogram.h"
#include "model/seen/seen_part.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* How many changes netd's records have seen: each transaction is one. Two that are equal are of one
 * state. */
struct seen_generation {
	uint64_t state, run; /* networks; containers */
};

struct seen_head {
	uint64_t number;      /* of the gathering, since netd started */
	struct timespec when; /* of the moment that networks, containers and ports are of */
	double took_s, longest_turn_s;
	unsigned int n_turns;
	struct seen_generation generation; /* at that moment */
	struct seen_generation begin;	   /* before the kernel was read */
	bool is_moving;			   /* there is no such moment: objects changed faster */
	const char *missing[SEEN_N];	   /* why a part is not there; NULL: it is */
};
/* Members of the snapshot, without braces; missing ones of these parts are named. */
void seen_figures_head(struct buf *out, const struct seen_head *head, unsigned int parts);

/* A counter with its key. */
struct seen_counter {
	const char *key;
	uint64_t value;
};
/* An object of them. */
void seen_figures_counters(struct buf *out, const struct seen_counter *counters, size_t n);

struct seen_record {
	uint64_t generation, n_rows;
	size_t journal_bytes;
	bool is_read_only;
};
struct seen_store {
	struct seen_record state, run;
	size_t n_healed;	  /* records that were made again from the other */
	const char *const *notes; /* sentences on what was found damaged */
	size_t n_notes;
	const struct timespec *backup; /* when the last one was taken; NULL: none by this netd */
};
void seen_figures_store(struct buf *out, const struct seen_store *store);

struct seen_traffic {
	uint64_t packets, bytes, errors, dropped;
};
/* What went through a link of the host's, since it was made. */
struct seen_through {
	int ifindex;
	struct seen_traffic received, sent;
};
/* An element of a list. */
void seen_figures_through(struct buf *out, const struct seen_through *through);

/* A link of the host's. */
struct seen_link {
	int ifindex, master, peer; /* 0: none */
	char name[16], kind[16];   /* kind "": none */
	char alias[256];
	struct mac mac;
	uint32_t mtu;
	bool is_up, is_running;
	struct seen_traffic received, sent;
};
/* An element of a list. */
void seen_figures_link(struct buf *out, const struct seen_link *link);

/* How long things took: {"Count": N, "SumMicroseconds": N, "BoundsMicroseconds": [N, …], "Counts":
 * [N, …]}; of the last count there is no bound. */
void seen_figures_histogram(struct buf *out, const char *key, const struct histogram *histogram);

/* What conntrack holds. */
struct seen_conntrack {
	uint64_t entries, limit; /* of this namespace; limit 0: the kernel does not say */
	uint64_t insert_failed, dropped, early_dropped; /* of all processors */
};
void seen_figures_conntrack(struct buf *out, const struct seen_conntrack *conntrack);

/* netd's table: how many elements each set has, and what packets counted. */
struct seen_counted {
	char text[256]; /* "forged4 { br-1 . 02:00:00:00:00:01 . 10.0.0.9 }" */
	uint64_t packets;
};
struct seen_table {
	const struct seen_counter *sets;
	size_t n_sets;
	const struct seen_counted *counted;
	size_t n_counted;
};
void seen_figures_table(struct buf *out, const struct seen_table *table);
