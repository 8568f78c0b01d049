// SPDX-License-Identifier: GPL-2.0-or-later
// listing.h - rows of fields as a table, JSON lines or whatever a template says
#pragma once

#include "cli/cli.h"

struct listing_field {
	const char *name;   /* in templates and JSON, as docker's CLI calls it; NULL ends */
	const char *header; /* above a table's column */
};

struct listing {
	const struct listing_field *fields;
	const char *table;	 /* template of the default table */
	const char *quiet_field; /* what -q shows, or NULL */
};

extern const struct flag format_flags[]; /* --format */

/* Before anything is asked of netd: a template that does not parse, or names fields that are not
 * there, is -EINVAL with a sentence. */
int listing_check(const struct listing *listing, const struct args *args, struct error *error);
/* rows: array of objects that have every field as a string. Prints on stdout. */
int listing_print(const struct listing *listing, const struct args *args, json_t *rows,
		  struct error *error);

/* For commands that show one JSON value: *ret_done tells that --format said how, and it is printed.
 */
int format_value(const struct args *args, json_t *value, bool *ret_done, struct error *error);
/* Whether --format asks for JSON. */
bool format_is_json(const struct args *args);
/* The --format of a command whose values are free-form: only parsed. */
int format_check(const struct args *args, struct error *error);
