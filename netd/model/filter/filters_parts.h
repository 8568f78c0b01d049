// SPDX-License-Identifier: GPL-2.0-or-later
// filters_parts.h - decoded filters, as their decoder and their matcher share them; not for others
#pragma once

#include "model/filter/filters.h"
#include "model/filter/pattern.h"

/* pattern is there for the keys that take regular expressions, and NULL when that was malformed:
 * filters_check tells, and such a value matches nothing. */
struct filter_value {
	char *text;
	struct pattern *pattern;
};

struct filter_key {
	char *name;
	struct filter_value *values;
	size_t n_values;
};

struct filters {
	size_t n_keys;
	struct filter_key keys[];
};

/* NULL: the key was not given. */
const struct filter_key *filters_find(const struct filters *filters, const char *name);

/* 1 or 0 for the words Go's strconv.ParseBool knows, -1 for others. */
int filters_truth(const char *text);

/* The value of publish= and expose=: "80", "80-90", "53/udp". 0 or -EINVAL. */
struct filter_ports {
	uint16_t first, last;
	uint8_t protocol;
};
int filters_parse_ports(const char *text, struct filter_ports *ret_ports);
