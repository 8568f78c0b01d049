// SPDX-License-Identifier: GPL-2.0-or-later
// filters.h - Docker's filters= parameter: decode and match
#pragma once

#include "base/error.h"
#include "model/container/container.h"
#include "model/network/network.h"

#include <jansson.h>
#include <stdbool.h>

struct filters; /* NULL matches everything */

/* text is the URL-decoded JSON, {"key": {"value": true}} or {"key": ["value"]}; NULL or "" gives
 * *ret NULL. An unknown key (not in the NULL-ended list known): ERROR_INVALID "invalid filter 'x'".
 */
int filters_parse(const char *text, const char *const *known, struct filters **ret_filters,
		  struct error *error);
void filters_free(struct filters *filters);

extern const char *const filters_network_list[];  /* dangling driver id label name scope type */
extern const char *const filters_network_prune[]; /* label label! until */
extern const char *const filters_events[]; /* type event network container label scope daemon … */
extern const char *const filters_node_list[];	 /* id label membership name node.label role */
extern const char *const filters_service_list[]; /* id label mode name runtime */
extern const char *const filters_task_list[];	 /* desired-state id label name node service … */
extern const char *const filters_container_list[]; /* id name label network status … */

/* Checks values that have a syntax (dangling, type, until): once, before matching. */
int filters_check(const struct filters *filters, struct error *error);

/* Values of one key are OR-ed (labels AND-ed), keys AND-ed. now: for until. */
bool filters_match_network(const struct filters *filters, const struct network *network,
			   time_t now);
bool filters_match_container(const struct filters *filters, const struct container *container);
/* facts: for each key the text that the object has, or several of them; a key without one matches
 * nothing. Of a name or an id a beginning is enough. */
bool filters_match_facts(const struct filters *filters, const json_t *facts);
/* event: the JSON object as it is sent. */
bool filters_match_event(const struct filters *filters, const json_t *event);
