// SPDX-License-Identifier: GPL-2.0-or-later
// endpoint_route.c - the routes that a container is to have by one of its networks
#include "model/container/endpoint_route.h"

#include "base/cleanup.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Grammar of what is read, routes with commas between them:
 *
 * [TYPE] DESTINATION [via GATEWAY] [metric N]
 * TYPE: unicast | blackhole | unreachable | prohibit
 *
 * The words are those of ip-route(8). A text is read route by route, without memory for a list. */

#define ROUTE_LEN_MAX 159 /* a type, two IPv6 addresses and a metric */
#define ROUTE_WORDS_MAX 6

const char *const endpoint_route_type_name[ENDPOINT_ROUTE_N_TYPES] = {
	[ENDPOINT_ROUTE_UNICAST] = "unicast",
	[ENDPOINT_ROUTE_BLACKHOLE] = "blackhole",
	[ENDPOINT_ROUTE_UNREACHABLE] = "unreachable",
	[ENDPOINT_ROUTE_PROHIBIT] = "prohibit",
};

/* Cuts text at its spaces. 0: more words than a route has. The words point into the text, whose
 * blanks become ends. */
static size_t split(char *text, char *words[static ROUTE_WORDS_MAX])
{
	char *rest = NULL;
	size_t n = 0;

	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (n == ROUTE_WORDS_MAX)
			return 0;
		words[n++] = word;
	}
	return n;
}

/* The word may also be the destination; then it is no type, and that is no error. */
static bool read_type(const char *word, enum endpoint_route_type *ret_type)
{
	for (int type = 0; type < ENDPOINT_ROUTE_N_TYPES; type++)
		if (strcmp(word, endpoint_route_type_name[type]) == 0) {
			*ret_type = (enum endpoint_route_type)type;
			return true;
		}
	return false;
}

/* 0 is a metric as well: the kernel then takes its own. */
static bool read_metric(const char *word, uint32_t *ret_metric)
{
	char *end;
	unsigned long long metric;

	/* strtoull(3) would take blanks and a sign; ten digits cannot overflow it. */
	if (*word < '0' || *word > '9' || strlen(word) > 10)
		return false;
	metric = strtoull(word, &end, 10);
	*ret_metric = (uint32_t)metric;
	return !*end && metric <= UINT32_MAX;
}

/* route is zeroed before: the type is unicast, and there is no gateway. false: it is no route, and
 * *route may have been filled in part. */
static bool read_words(char *const *words, size_t n, struct endpoint_route *route)
{
	/* The type may be left out: then the first word is the destination. */
	size_t i = n > 0 && read_type(words[0], &route->type);

	if (i >= n || prefix_parse(words[i++], &route->destination) < 0)
		return false;
	/* The kernel refuses an IPv4 destination with bits beyond its length (fib_table_insert).
	 * */
	route->destination.addr = prefix_first(&route->destination);
	for (; i + 1 < n; i += 2) {
		/* A second gateway would be a route of several next hops, which netd does not
		 * make. */
		if (strcmp(words[i], "via") == 0 && !addr_is_set(&route->gateway)) {
			if (addr_parse(words[i + 1], &route->gateway) < 0 ||
			    route->gateway.family != route->destination.addr.family)
				return false;
		} else if (strcmp(words[i], "metric") != 0 ||
			   !read_metric(words[i + 1], &route->metric)) {
			return false;
		}
	}
	/* A word is left over when the last one has no value. A gateway makes no sense where
	 * nothing is passed on. */
	return i == n && (route->type == ENDPOINT_ROUTE_UNICAST || !addr_is_set(&route->gateway));
}

/* 1: a route; 0: the text is at its end; negative: the sentence is in error. */
int endpoint_route_next(const char **rest, struct endpoint_route *ret_route, struct error *error)
{
	struct endpoint_route route = { 0 };
	char text[ROUTE_LEN_MAX + 1], *words[ROUTE_WORDS_MAX];
	const char *start = *rest;
	size_t len = strcspn(start, ","), n;

	if (!*start)
		return 0;
	/* A text that is too long for any route becomes an empty one, which is refused. */
	memcpy(text, start, len < sizeof(text) ? len : 0);
	text[len < sizeof(text) ? len : 0] = '\0';
	n = split(text, words);
	if (!read_words(words, n, &route))
		return error_set(
			error, ERROR_INVALID,
			"\"%.*s\" is no route: DESTINATION via GATEWAY metric N is wanted, "
			"or blackhole, unreachable or prohibit DESTINATION",
			(int)len, start);
	*rest = start + len + (start[len] == ',');
	*ret_route = route;
	return 1;
}
