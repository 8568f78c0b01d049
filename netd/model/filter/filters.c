// SPDX-License-Identifier: GPL-2.0-or-later
// filters.c - Docker's filters= parameter: decode and match
#include "model/filter/filters.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "model/container/port.h"
#include "model/filter/filters_parts.h"
#include "model/text/when.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* Theory of operation. Filters come as one JSON object from a key to its values, in two forms:
 * {"key": ["value"]} and the older {"key": {"value": true}}. Parsing keeps every value as text
 * and compiles patterns; filters_check() then judges the values, and filters_match.c compares. */

/* Which keys there are for which list. What is not in it is refused, as Docker does. Each list ends
 * in NULL. A key that netd has no use for, such as "ancestor", is in the list all the same: Docker
 * accepts it, and it then matches nothing. */
const char *const filters_network_list[] = { "dangling", "driver", "id",   "label",
					     "name",	 "scope",  "type", NULL };
const char *const filters_network_prune[] = { "label", "label!", "until", NULL };
const char *const filters_events[] = { "config", "container", "daemon", "event",  "image",
				       "label",	 "network",   "node",	"plugin", "scope",
				       "secret", "service",   "type",	"volume", NULL };
const char *const filters_node_list[] = { "id",		"label", "membership", "name",
					  "node.label", "role",	 NULL };
const char *const filters_service_list[] = { "id", "label", "mode", "name", "runtime", NULL };
const char *const filters_task_list[] = { "_up-to-date", "desired-state", "id",
					  "label",	 "name",	  "node",
					  "runtime",	 "service",	  "up-to-date",
					  NULL };
const char *const filters_container_list[] = { "ancestor", "exited", "expose", "health",  "id",
					       "is-task",  "label",  "name",   "network", "publish",
					       "status",   "volume", NULL };

/* Also of filters that were filled by half. NULL is accepted. */
void filters_free(struct filters *filters)
{
	for (size_t i = 0; filters && i < filters->n_keys; i++) {
		struct filter_key *key = &filters->keys[i];

		for (size_t j = 0; j < key->n_values; j++) {
			free(key->values[j].text);
			pattern_free(key->values[j].pattern);
		}
		free(key->values);
		free(key->name);
	}
	free(filters);
}

/* Only these two are regular expressions in Docker. All other keys are compared as plain texts. */
static bool takes_pattern(const char *key)
{
	return strcmp(key, "name") == 0 || strcmp(key, "id") == 0;
}

/* key->values has room for it. 0 or -ENOMEM. The text is copied. */
static int add_value(struct filter_key *key, const char *text)
{
	struct filter_value *value = &key->values[key->n_values];

	value->text = strdup(text);
	if (!value->text)
		return -ENOMEM;
	/* Counted before the pattern, so that a failure below frees the text. */
	key->n_values++;
	/* A pattern that is none is found out by filters_check, which knows the words for that.
	 * */
	if (takes_pattern(key->name) && pattern_new(text, &value->pattern) == -ENOMEM)
		return -ENOMEM;
	return 0;
}

/* {"value": true}: what counts is the key, as in Docker. 0, -EINVAL or -ENOMEM. */
static int add_values_of_object(struct filter_key *key, const json_t *object)
{
	const char *text;
	json_t *value;
	int err;

	json_object_foreach ((json_t *)object, text, value) {
		if (!json_is_boolean(value))
			return -EINVAL;
		err = add_value(key, text);
		if (err < 0)
			return err;
	}
	return 0;
}

/* An entry that is no string is a mistake of the whole. 0, -EINVAL or -ENOMEM. */
static int add_values_of_array(struct filter_key *key, const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));
		int err = text ? add_value(key, text) : -EINVAL;

		if (err < 0)
			return err;
	}
	return 0;
}

/* values: an array or an object. 0, -EINVAL or -ENOMEM. There is a place for each key of the
 * object. */
static int add_key(struct filters *filters, const char *name, const json_t *values)
{
	struct filter_key *key = &filters->keys[filters->n_keys];
	bool object = json_is_object(values);
	size_t n = object ? json_object_size(values) : json_array_size(values);

	if (!object && !json_is_array(values))
		return -EINVAL;
	/* A key without values filters nothing. */
	if (n == 0)
		return 0;
	key->name = strdup(name);
	if (!key->name)
		return -ENOMEM;
	/* Counted as soon as it has something to free. */
	filters->n_keys++;
	key->values = calloc(n, sizeof(*key->values));
	if (!key->values)
		return -ENOMEM;
	return object ? add_values_of_object(key, values) : add_values_of_array(key, values);
}

/* The lists end with NULL. Keys are compared as they are, capitals included. */
static bool is_known(const char *name, const char *const *known)
{
	while (*known && strcmp(*known, name) != 0)
		known++;
	return *known != NULL;
}

/* -ENOENT and -EINVAL are turned into Docker's sentences; anything else is a lack of memory. 0, or
 * the error is set. The first mistake ends it. */
static int add_keys(struct filters *filters, const json_t *json, const char *const *known,
		    struct error *error)
{
	const char *name;
	json_t *values;

	json_object_foreach ((json_t *)json, name, values) {
		int err = is_known(name, known) ? add_key(filters, name, values) : -ENOENT;

		if (err == -ENOENT)
			return error_set(error, ERROR_INVALID, "invalid filter '%s'", name);
		if (err == -EINVAL)
			return error_set(error, ERROR_INVALID, "invalid filter");
		if (err < 0)
			return error_system(error, err, "cannot decode filters");
	}
	return 0;
}

/* NULL is returned where there is nothing to filter by. 0, or the error is set and there is nothing
 * to free. The values are not judged here. */
int filters_parse(const char *text, const char *const *known, struct filters **ret_filters,
		  struct error *error)
{
	struct filters *filters;
	json_t *json;
	int err;

	/* No filters at all: everything matches. */
	if (!text || !*text) {
		*ret_filters = NULL;
		return 0;
	}
	/* The error is set below, with Docker's sentence. */
	err = json_parse_body(text, strlen(text), &json, NULL);
	if (err == -ENOMEM)
		return error_system(error, err, "cannot decode filters");
	if (err < 0)
		return error_set(error, ERROR_INVALID, "invalid filter");
	/* A place for each key, so nothing grows. */
	filters = calloc(1, sizeof(*filters) + json_object_size(json) * sizeof(struct filter_key));
	err = filters ? add_keys(filters, json, known, error)
		      : error_system(error, -ENOMEM, "cannot decode filters");
	json_decref(json);
	if (err < 0) {
		filters_free(filters);
		return err;
	}
	*ret_filters = filters;
	return 0;
}

/* NULL: nobody asked for that. filters may be NULL, which has no keys. */
const struct filter_key *filters_find(const struct filters *filters, const char *name)
{
	for (size_t i = 0; filters && i < filters->n_keys; i++) {
		if (strcmp(filters->keys[i].name, name) == 0)
			return &filters->keys[i];
	}
	return NULL;
}

/* 0 or 1; -1: neither. These are the words of Go's strconv.ParseBool. The same words are taken
 * wherever Docker's API has a truth as a text. */
int filters_truth(const char *text)
{
	static const char *const words[][6] = {
		{ "0", "f", "F", "false", "FALSE", "False" },
		{ "1", "t", "T", "true", "TRUE", "True" },
	};

	for (int i = 0; i < 2; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(words[i]); j++) {
			if (strcmp(words[i][j], text) == 0)
				return i;
		}
	}
	return -1;
}

/* *text moves behind the digits. false: there are none, or the number is too large. Neither a sign
 * nor a blank is taken. */
static bool parse_number(const char **text, uint16_t *ret_number)
{
	unsigned int number = 0;
	const char *start = *text;

	/* It stops at the first digit that makes it too large, so it cannot overflow. */
	for (; isdigit((unsigned char)**text) && number <= UINT16_MAX; ++*text)
		number = number * 10 + (unsigned int)(**text - '0');
	*ret_number = (uint16_t)number;
	return *text > start && number <= UINT16_MAX;
}

/* "80", "80/udp", "80-90/tcp". 0, or -EINVAL. Without a protocol it is TCP. */
int filters_parse_ports(const char *text, struct filter_ports *ret_ports)
{
	struct filter_ports ports = { .protocol = IPPROTO_TCP };

	if (!parse_number(&text, &ports.first))
		return -EINVAL;
	ports.last = ports.first;
	if (*text == '-' && (text++, !parse_number(&text, &ports.last)))
		return -EINVAL;
	if (*text == '/' && port_protocol_parse(text + 1, &ports.protocol) < 0)
		return -EINVAL;
	if ((*text && *text != '/') || ports.last < ports.first)
		return -EINVAL;
	*ret_ports = ports;
	return 0;
}

/* The list ends with NULL. */
static bool one_of(const char *text, const char *const *words)
{
	while (*words && strcmp(*words, text) != 0)
		words++;
	return *words != NULL;
}

/* What a key demands of its values; keys that are not here take any. The words are all that Docker
 * knows, also those that no container of netd's can have: a client may ask for them. */
static bool is_good_value(const char *key, const struct filter_value *value)
{
	static const char *const statuses[] = { "created", "restarting", "running", "removing",
						"paused",  "exited",	 "dead",    NULL };
	/* of networks, and of events: a word of the other list is allowed and matches nothing */
	static const char *const types[] = { "builtin", "custom",  "builder", "config", "container",
					     "daemon",	"image",   "network", "node",	"plugin",
					     "secret",	"service", "volume",  NULL };
	struct filter_ports ports;
	struct timespec when;

	if (strcmp(key, "type") == 0)
		return one_of(value->text, types);
	if (takes_pattern(key))
		return value->pattern != NULL;
	if (strcmp(key, "dangling") == 0 || strcmp(key, "is-task") == 0)
		return filters_truth(value->text) >= 0;
	if (strcmp(key, "until") == 0)
		return when_parse(value->text, &(struct timespec) { 0 }, &when) == 0;
	if (strcmp(key, "status") == 0)
		return one_of(value->text, statuses);
	if (strcmp(key, "publish") == 0 || strcmp(key, "expose") == 0)
		return filters_parse_ports(value->text, &ports) == 0;
	return true;
}

/* Keys of which a second value would contradict the first. Docker refuses a second value of these,
 * too. */
static bool takes_one(const char *key)
{
	static const char *const keys[] = { "dangling", "until", "is-task", NULL };

	return one_of(key, keys);
}

/* Each value is judged once, so that matching need not look for errors. 0, or the error is set with
 * Docker's sentence. */
int filters_check(const struct filters *filters, struct error *error)
{
	for (size_t i = 0; filters && i < filters->n_keys; i++) {
		const struct filter_key *key = &filters->keys[i];

		if (key->n_values > 1 && takes_one(key->name))
			return error_set(error, ERROR_INVALID,
					 "invalid filter '%s': only one value is allowed",
					 key->name);
		for (size_t j = 0; j < key->n_values; j++) {
			if (!is_good_value(key->name, &key->values[j]))
				return error_set(error, ERROR_INVALID, "invalid filter '%s=[%s]'",
						 key->name, key->values[j].text);
		}
	}
	return 0;
}
