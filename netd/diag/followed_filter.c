// SPDX-License-Identifier: GPL-2.0-or-later
// followed_filter.c - which packets of a container somebody wants to see, in a few words
#include "diag/followed_filter.h"

#include "base/cleanup.h"

#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The grammar is a small part of that of pcap-filter(7), so that what a
 * person knows works here:
 *
 * FILTER: [PART [and PART]...]
 * PART:   tcp | udp | icmp | port N | host NAME
 *
 * Each part at most once, and all of them must be true. "and" may be left out. NAME is only
 * checked for its letters here; who that is is looked up later (explain/follow_asked.c). */

#define WORDS "tcp, udp, icmp, port N and host NAME are"

/* word NULL: nothing stands behind "port". It becomes 0 and is refused by the sentence for
 * numbers. */
static int take_port(const char *word, struct followed_filter *filter, struct error *error)
{
	size_t len = word ? strlen(word) : 0;
	unsigned long port = 0;

	if (len > 0 && len <= 5 && strspn(word, "0123456789") == len)
		port = strtoul(word, NULL, 10);
	/* Two ports could never both be true of one packet as a person means it. */
	if (filter->port)
		return error_set(error, ERROR_INVALID, "one port can be asked for, not two");
	if (port == 0 || port > UINT16_MAX)
		return error_set(
			error, ERROR_INVALID,
			"behind the word port stands a number from 1 to 65535, not \"%.60s\"",
			word ? word : "");
	filter->port = (uint16_t)port;
	return 0;
}

/* Letters of names and of addresses of both families. */
static bool is_name(const char *word)
{
	for (; *word; word++)
		if (!isalnum((unsigned char)*word) && !strchr("._-:", *word))
			return false;
	return true;
}

static int take_host(const char *word, struct followed_filter *filter, struct error *error)
{
	if (filter->host[0])
		return error_set(error, ERROR_INVALID, "one host can be asked for, not two");
	if (!word || !*word || strlen(word) >= sizeof(filter->host) || !is_name(word))
		return error_set(error, ERROR_INVALID,
				 "behind the word host stands a container or an address, not "
				 "\"%.60s\"",
				 word ? word : "");
	(void)snprintf(filter->host, sizeof(filter->host), "%s", word);
	return 0;
}

static uint8_t protocol_of(const char *word)
{
	static const struct {
		const char *name;
		uint8_t protocol;
	} known[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP } };

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(word, known[i].name) == 0)
			return known[i].protocol;
	return 0;
}

/* A word that is nothing else is taken for a protocol, so its sentence lists what there is. */
static int take_protocol(const char *word, struct followed_filter *filter, struct error *error)
{
	uint8_t protocol = protocol_of(word);

	if (protocol == 0)
		return error_set(error, ERROR_INVALID,
				 "\"%.60s\" is no part of a filter: " WORDS " its parts", word);
	if (filter->protocol)
		return error_set(error, ERROR_INVALID, "one protocol can be asked for, not two");
	filter->protocol = protocol;
	return 0;
}

int followed_filter_read(const char *const words[], size_t n, struct followed_filter *ret_filter,
			 struct error *error)
{
	struct followed_filter filter = { 0 };
	int err = 0;

	if (n > FOLLOWED_WORDS_MAX)
		err = error_set(error, ERROR_INVALID,
				"a filter has %d words at the most: " WORDS " its parts",
				FOLLOWED_WORDS_MAX);
	for (size_t i = 0; err == 0 && i < n; i++) {
		const char *next = i + 1 < n ? words[i + 1] : NULL;

		/* "and" joins two parts. At the beginning or at the end it is no part, and gets
		 * the sentence for unknown words. */
		if (strcmp(words[i], "and") == 0 && i > 0 && next) {
			continue;
		} else if (strcmp(words[i], "port") == 0) {
			err = take_port(next, &filter, error);
			i++;
		} else if (strcmp(words[i], "host") == 0) {
			err = take_host(next, &filter, error);
			i++;
		} else {
			err = take_protocol(words[i], &filter, error);
		}
	}
	/* Only when all words were read, since they come in any order. */
	if (err == 0 && filter.port && filter.protocol == IPPROTO_ICMP)
		err = error_set(error, ERROR_INVALID,
				"ICMP has no ports: leave out one of icmp and port %u",
				filter.port);
	if (err == 0)
		*ret_filter = filter;
	return err;
}
