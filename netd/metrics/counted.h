// SPDX-License-Identifier: GPL-2.0-or-later
// counted.h - what a snapshot says of each container's networks, a row each
#pragma once

#include "base/error.h"
#include "base/family.h"
#include "base/json_span.h"
#include "base/limits.h"

#include <stddef.h>
#include <stdint.h>

#define COUNTED_NAME_SIZE (NAME_LEN_MAX + 1)

struct counted_way {
	uint64_t bytes, packets, dropped;
};
/* A container on a network, in the container's direction. */
struct counted_row {
	char container[COUNTED_NAME_SIZE], network[COUNTED_NAME_SIZE];
	struct counted_way received, sent;
};
/* A network. */
struct counted_network {
	char id[65];
	char name[COUNTED_NAME_SIZE];
	uint64_t n_addresses[FAMILY_N]; /* that its containers have */
};

struct counted {
	struct counted_row *rows; /* by container and network, and no two have both */
	size_t n;
	struct counted_network *networks; /* by name */
	size_t n_networks;
};

/* Of lists that are there; traffic is read where links are. ERROR_TOO_LARGE: there are more than
 * METRICS_ROWS_MAX. */
int counted_read(const struct json_span *networks, const struct json_span *containers,
		 const struct json_span *links, struct counted *ret_counted, struct error *error);
void counted_done(struct counted *counted);
