// SPDX-License-Identifier: GPL-2.0-or-later
// traffic.h - what went through containers' interfaces, in the container's own direction
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Parts of a snapshot that traffic_read takes. */
#define TRAFFIC_PARTS "networks,ends,traffic,dns"

struct traffic_way {
	uint64_t bytes, packets, dropped;
	double bytes_per_s, packets_per_s;
};

/* A container, or one of its networks. */
struct traffic_row {
	char *name, *id, *networks; /* networks: names with commas between them */
	bool is_counted;	    /* it has an interface that netd made, and the kernel counts */
	bool has_rate;
	struct traffic_way received, sent;
	bool has_asked; /* its questions are counted: of a container, and not of its networks */
	uint64_t n_queries, n_failed;
};

struct traffic {
	struct traffic_row *rows;
	size_t n;
	double at_s; /* of a clock that nobody sets */
};

enum traffic_order { TRAFFIC_BY_NAME, TRAFFIC_BY_RATE };

/* What the text of a snapshot says of its containers; by_network: a row for each network of each.
 * at_s: when it came. ERROR_INVALID: it is no JSON; ERROR_UNAVAILABLE: it has no counters, and why;
 * -ENOMEM. Zeroed before is fine. */
int traffic_read(const char *text, size_t len, bool by_network, double at_s,
		 struct traffic *ret_traffic, struct error *error);
void traffic_done(struct traffic *traffic);
/* Keeps those that are named: by name, id or the beginning of an id. ERROR_NOT_FOUND: one is not
 * there. No names: all are kept. */
int traffic_choose(struct traffic *traffic, char *const *names, size_t n_names,
		   struct error *error);
/* What went through since before; an interface that is another one since then has no rate. */
void traffic_rate(struct traffic *traffic, const struct traffic *before);
void traffic_sort(struct traffic *traffic, enum traffic_order order);

/* A row as an object of numbers and texts; null where nothing is counted. NULL: out of memory. */
json_t *traffic_json(const struct traffic_row *row, bool whole_id);

/* "999B", "1.23kB", "45.6MB": at most 7 characters, in powers of 1,000 as docker stats has them. */
#define TRAFFIC_SIZE_LEN 16
void traffic_size(double bytes, char ret_text[static TRAFFIC_SIZE_LEN]);
