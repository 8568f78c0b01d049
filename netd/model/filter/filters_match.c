// SPDX-License-Identifier: GPL-2.0-or-later
// filters_match.c - does a network, a container, an event pass the filters?
#include "model/filter/filters.h"

#include "base/cleanup.h"
#include "model/filter/filters_parts.h"
#include "model/text/when.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. A key has a test, which looks at one value and one object. Values of a
 * key are joined by "or", but for labels, and keys by "and", as Docker documents it. What
 * filters_check() has let pass is sound, so nothing here is an error. */

/* A key's test of one value against the object under the filter. What `object` points to is known
 * to the test and its caller alone. */
typedef bool (*value_test)(const struct filter_value *value, const void *object);

/* Values of one key are OR-ed; a key that was not given lets everything pass. A filter that is NULL
 * has no keys, and lets everything pass. */
static bool any(const struct filters *filters, const char *name, value_test test,
		const void *object)
{
	const struct filter_key *key = filters_find(filters, name);

	for (size_t i = 0; key && i < key->n_values; i++) {
		if (test(&key->values[i], object))
			return true;
	}
	return !key;
}

/* Labels are different: each of them must be there. */
static bool all(const struct filters *filters, const char *name, value_test test,
		const void *object)
{
	const struct filter_key *key = filters_find(filters, name);

	for (size_t i = 0; key && i < key->n_values; i++) {
		if (!test(&key->values[i], object))
			return false;
	}
	return true;
}

/* Text may be NULL where an object has none; nothing is equal to that. */
static bool exactly(const struct filter_value *value, const void *text)
{
	return text && strcmp(value->text, text) == 0;
}

/* As Docker: the text itself, or a regular expression that matches a part of it. A value that is no
 * pattern was refused before, so it is one here. */
static bool like(const struct filter_value *value, const void *text)
{
	return exactly(value, text) || (value->pattern && pattern_match(value->pattern, text));
}

/* text may be NULL, and begins with nothing. */
static bool begins(const char *text, const char *prefix)
{
	return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* "key" or "key=value" in an object of strings. A label without a value in the filter asks only
 * whether the key is there. */
static bool has_label(const struct filter_value *value, const void *labels)
{
	const char *equal = strchr(value->text, '=');
	size_t len = equal ? (size_t)(equal - value->text) : strlen(value->text);
	const char *key;
	json_t *text;

	json_object_foreach ((json_t *)labels, key, text) {
		/* Walked and not looked up: the key is a part of the value's text and has no NUL
		 * behind it. */
		if (strlen(key) == len && memcmp(key, value->text, len) == 0)
			return !equal || strcmp(equal + 1, json_string_value(text)) == 0;
	}
	return false;
}

/* For "label!": a label that is there with another value is lacking, too. It is used with all(), so
 * none of the labels may be there. */
static bool lacks_label(const struct filter_value *value, const void *labels)
{
	return !has_label(value, labels);
}

/* Docker calls a network dangling that nobody is on; predefined ones never are. "false" asks for
 * the opposite: networks that are in use, and predefined ones. */
static bool is_dangling(const struct filter_value *value, const void *object)
{
	const struct network *network = object;

	return filters_truth(value->text) == (!network->predefined && network->n_endpoints == 0);
}

/* Predefined ones are "builtin". All other networks are "custom". */
static bool is_type(const struct filter_value *value, const void *object)
{
	const struct network *network = object;

	return strcmp(value->text, network->predefined ? "builtin" : "custom") == 0;
}

/* What a value of "until" is compared with. One lives as long as one call of the match. */
struct moment {
	const struct timespec *created;
	struct timespec now;
};

/* created is compared with what the text means at `now`. A moment that is equal counts as
 * before. */
static bool is_before(const struct filter_value *value, const void *object)
{
	const struct moment *moment = object;
	struct timespec until;

	/* The value was read once before (filters_check), so a failure here cannot mean a wrong
	 * text. */
	return when_parse(value->text, &moment->now, &until) == 0 &&
	       when_compare(moment->created, &until) <= 0;
}

/* now: what "2h" is counted back from. */
bool filters_match_network(const struct filters *filters, const struct network *network, time_t now)
{
	const struct network_spec *spec = &network->spec;
	struct moment moment = { .created = &network->created, .now.tv_sec = now };

	/* Keys are AND-ed, as in Docker: each of them narrows the list. */
	return any(filters, "driver", exactly, spec->kind->name) &&
	       any(filters, "name", like, spec->name) && any(filters, "id", like, spec->id) &&
	       any(filters, "scope", exactly, kind_scope(network->spec.kind)) &&
	       any(filters, "type", is_type, network) &&
	       any(filters, "dangling", is_dangling, network) &&
	       all(filters, "label", has_label, spec->labels) &&
	       all(filters, "label!", lacks_label, spec->labels) &&
	       any(filters, "until", is_before, &moment);
}

/* Docker keeps names with a slash, so "^/web$" and "^web$" both find web. */
static bool is_named(const struct filter_value *value, const void *object)
{
	const struct container *container = object;
	char slashed[NAME_LEN_MAX + 2];

	(void)snprintf(slashed, sizeof(slashed), "/%s", container->spec.name);
	return like(value, container->spec.name) || like(value, slashed);
}

/* By its whole name or id; Docker takes no beginning here. It does not matter whether the endpoint
 * is up. */
static bool is_on_network(const struct filter_value *value, const void *object)
{
	const struct container *container = object;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct network_spec *spec = &container->endpoints[i]->network->spec;

		if (strcmp(value->text, spec->name) == 0 || strcmp(value->text, spec->id) == 0)
			return true;
	}
	return false;
}

/* The protocol counts; without one in the filter it is TCP. published: the port of the host is
 * compared, else that of the container. */
static bool has_port(const struct filter_value *value, const struct container *container,
		     bool published)
{
	struct filter_ports ports;

	/* A text that is no port was refused before (filters_check). */
	if (filters_parse_ports(value->text, &ports) < 0)
		return false;
	for (size_t i = 0; i < container->n_ports; i++) {
		const struct port *port = &container->ports[i];
		uint16_t number = published ? port->host_port : port->container_port;

		if (port->protocol == ports.protocol && number >= ports.first &&
		    number <= ports.last)
			return true;
	}
	return false;
}

/* The test of "publish". */
static bool publishes(const struct filter_value *value, const void *container)
{
	return has_port(value, container, true);
}

/* The test of "expose". */
static bool exposes(const struct filter_value *value, const void *container)
{
	return has_port(value, container, false);
}

/* Every container is told apart from tasks by that, so "false" matches all. */
static bool is_task(const struct filter_value *value, const void *container)
{
	(void)container; /* nothing is: tasks belong to swarm */
	return filters_truth(value->text) == 0;
}

/* ancestor, volume, exited: netd's containers have no image, no volume and run. */
static bool never(const struct filter_value *value, const void *container)
{
	(void)value, (void)container;
	return false;
}

/* What netd's containers do not have (images, volumes) matches nothing, and what all have
 * (running) matches all. */
bool filters_match_container(const struct filters *filters, const struct container *container)
{
	const struct container_spec *spec = &container->spec;

	return any(filters, "id", like, spec->id) && any(filters, "name", is_named, container) &&
	       all(filters, "label", has_label, spec->labels) &&
	       any(filters, "network", is_on_network, container) &&
	       any(filters, "status", exactly, "running") &&
	       any(filters, "health", exactly, "none") &&
	       any(filters, "publish", publishes, container) &&
	       any(filters, "expose", exposes, container) &&
	       any(filters, "is-task", is_task, container) &&
	       any(filters, "ancestor", never, container) &&
	       any(filters, "volume", never, container) && any(filters, "exited", never, container);
}

/* An event's parts; NULL where it has none. All texts are borrowed from the event. */
struct event_parts {
	const char *type, *action, *scope, *id;
	const json_t *attributes;
	const char *wanted; /* the type that is_actor looks for */
};

/* NULL: the event has no such attribute. The text stays the event's. */
static const char *attribute(const struct event_parts *event, const char *name)
{
	return json_string_value(json_object_get(event->attributes, name));
}

/* "exec_start: sh" is found by "exec_start". Docker writes details of an action behind a colon. */
static bool is_action(const struct filter_value *value, const void *object)
{
	const struct event_parts *event = object;
	size_t len = strlen(value->text);

	return begins(event->action, value->text) &&
	       (event->action[len] == '\0' || event->action[len] == ':');
}

/* The object of the event, by beginning of id or name, when it is of the type asked for; a
 * container is also found in what networks do with it. */
static bool is_actor(const struct filter_value *value, const void *object)
{
	const struct event_parts *event = object;

	/* Events of networks name the container in an attribute, and no object of their own. */
	if (strcmp(event->wanted, "container") == 0 &&
	    begins(attribute(event, "container"), value->text))
		return true;
	return event->type && strcmp(event->type, event->wanted) == 0 &&
	       (begins(event->id, value->text) || begins(attribute(event, "name"), value->text));
}

/* The keys that are names of types, each naming objects of that type. */
static bool match_actors(const struct filters *filters, struct event_parts *event)
{
	static const char *const types[] = { "container", "network", "daemon", "volume", "image",
					     "plugin",	  "service", "node",   "secret", "config" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		/* The test takes one object, so what it looks for is told to it this way. */
		event->wanted = types[i];
		if (!any(filters, types[i], is_actor, event))
			return false;
	}
	return true;
}

/* An event is JSON already, as it is sent. The keys of an event are Docker's, with the capitals
 * that Docker gives them. */
bool filters_match_event(const struct filters *filters, const json_t *event)
{
	const json_t *actor = json_object_get(event, "Actor");
	struct event_parts parts = {
		.type = json_string_value(json_object_get(event, "Type")),
		.action = json_string_value(json_object_get(event, "Action")),
		.scope = json_string_value(json_object_get(event, "scope")),
		.id = json_string_value(json_object_get(actor, "ID")),
		.attributes = json_object_get(actor, "Attributes"),
	};

	return any(filters, "type", exactly, parts.type) &&
	       any(filters, "event", is_action, &parts) &&
	       any(filters, "scope", exactly, parts.scope) &&
	       all(filters, "label", has_label, parts.attributes) && match_actors(filters, &parts);
}

/* --- a swarm's --- */

static bool is_fact(const struct filter_key *key, const char *text)
{
	bool begins_with = strcmp(key->name, "id") == 0 || strcmp(key->name, "name") == 0;

	for (size_t i = 0; i < key->n_values; i++) {
		const char *value = key->values[i].text;

		if (begins_with ? begins(text, value) : strcmp(value, text) == 0)
			return true;
	}
	return false;
}

static bool is_any_fact(const struct filter_key *key, const json_t *fact)
{
	const json_t *item;
	size_t i;

	if (json_is_string(fact))
		return is_fact(key, json_string_value(fact));
	json_array_foreach (fact, i, item)
		if (json_is_string(item) && is_fact(key, json_string_value(item)))
			return true;
	return false;
}

bool filters_match_facts(const struct filters *filters, const json_t *facts)
{
	for (size_t i = 0; filters && i < filters->n_keys; i++) {
		const struct filter_key *key = &filters->keys[i];

		if (key->n_values > 0 && !is_any_fact(key, json_object_get(facts, key->name)))
			return false;
	}
	return true;
}
