// SPDX-License-Identifier: GPL-2.0-or-later
// seen_part.c - what a snapshot consists of, and how an observer says which of it he wants
#include "model/seen/seen_part.h"

#include "base/limits.h"

#include <string.h>
#include <strings.h>

/* The keys of the document; a question names them in any case. */
const char *const seen_part_key[SEEN_N] = {
	[SEEN_DAEMON] = "Daemon",	[SEEN_STORE] = "Store",
	[SEEN_NETWORKS] = "Networks",	[SEEN_CONTAINERS] = "Containers",
	[SEEN_PORTS] = "Ports",		[SEEN_ENDS] = "Ends",
	[SEEN_RESOLVER] = "Resolver",	[SEEN_LINKS] = "Links",
	[SEEN_TRAFFIC] = "Traffic",	[SEEN_COUNTERS] = "Counters",
	[SEEN_CONNTRACK] = "Conntrack", [SEEN_DNS] = "Dns",
};

/* SEEN_N: it is none. The comparison ignores case: people type lower case. The name need not end in
 * a NUL. */
static enum seen_part find(const char *name, size_t len)
{
	enum seen_part part = 0;

	while (part < SEEN_N && (strlen(seen_part_key[part]) != len ||
				 strncasecmp(seen_part_key[part], name, len) != 0))
		part++;
	return part;
}

/* No text at all asks for everything. 0 and a bit for each part, or the error is set. Grammar:
 *
 * parts = [ NAME *( "," NAME ) ] */
int seen_part_parse(const char *text, unsigned int *ret_parts, struct error *error)
{
	unsigned int parts = 0;
	bool more = text && *text;

	/* A comma promises one more name; behind the last of them an empty one is an error. */
	while (more) {
		size_t len = strcspn(text, ",");
		enum seen_part part = find(text, len);

		if (part == SEEN_N)
			return error_set(error, ERROR_INVALID,
					 "a snapshot has no part \"%.*s\": its parts are daemon, "
					 "store, networks, containers, ports, ends, resolver, "
					 "links, traffic, counters, conntrack and dns",
					 len > KEY_SHOWN_MAX ? KEY_SHOWN_MAX : (int)len, text);
		parts |= SEEN_BIT(part);
		more = text[len] == ','; /* behind which one is meant, at the end, too */
		text += len + more;
	}
	*ret_parts = parts ? parts : SEEN_ALL;
	return 0;
}
