// SPDX-License-Identifier: GPL-2.0-or-later
// steps_json.h - how a question was decided, as JSON and in words
#pragma once

#include "dns/steps.h"

#include <jansson.h>

/* [{"Step", "Microseconds", "Text", …}], with what the step is about: Name, Network, Address and so
 * on (docs/api.md). NULL: out of memory, or (*ret_err -EBADMSG) a list that is none. */
json_t *steps_json(struct dns_steps_reader *reader, int *ret_err);

/* What a program does that looks for name with the C library (glibc): {"Hosts": its addresses in
 * the file hosts, with which it asks nobody; "Search": the names that it asks for else, one after
 * the other, by the lines "search" and "options" of resolv.conf}. NULL: out of memory. */
json_t *steps_json_program(const char *resolv_conf, const char *hosts, const char *name);
