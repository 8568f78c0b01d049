// SPDX-License-Identifier: GPL-2.0-or-later
// ruleset_elem.c - an element of a set of netd's nftables table, as nft(8) prints it
#include "model/rules/ruleset.h"

#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. An element is kept as the kernel has it: fields one behind the other, of
 * fixed sizes, numbers in the network's order. It is printed for messages, in the form that a
 * person can compare with what nft(8) lists. */

/* Comments of elements are not owned by the list: they are names of networks and containers. */
void ruleset_elems_done(struct ruleset_elems *elems)
{
	free(elems->items);
	*elems = (struct ruleset_elems) { 0 };
}

/* By name where nft has one. The length, as snprintf(3) has it. */
static int print_protocol(char *to, size_t size, uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return snprintf(to, size, "tcp");
	case IPPROTO_UDP:
		return snprintf(to, size, "udp");
	case IPPROTO_SCTP:
		return snprintf(to, size, "sctp");
	default:
		return snprintf(to, size, "%u", protocol);
	}
}

/* A verdict is no field of bytes: it is printed by the caller. The length that was written. `from`
 * points at the field's bytes. */
static int print_field(char *to, size_t size, enum ruleset_field field, const uint8_t *from)
{
	struct addr addr = { 0 };

	switch (field) {
	case RULESET_FIELD_IFNAME:
		/* The field ends after 16 bytes, with or without a NUL. */
		return snprintf(to, size, "%.16s", (const char *)from);
	case RULESET_FIELD_IPV4:
	case RULESET_FIELD_IPV6:
		addr.family = field == RULESET_FIELD_IPV4 ? AF_INET : AF_INET6;
		memcpy(addr.bytes, from, ruleset_field_size(field));
		return snprintf(to, size, "%s", ADDR_STR(&addr));
	case RULESET_FIELD_PROTO:
		return print_protocol(to, size, from[0]);
	case RULESET_FIELD_SERVICE:
		return snprintf(to, size, "%u", (unsigned int)from[0] << 8 | from[1]);
	case RULESET_FIELD_ETHER:
		return snprintf(to, size, "%02x:%02x:%02x:%02x:%02x:%02x", from[0], from[1],
				from[2], from[3], from[4], from[5]);
	case RULESET_FIELD_FAMILY:
		return snprintf(to, size, "%s", from[0] == NFPROTO_IPV4 ? "ipv4" : "ipv6");
	case RULESET_FIELD_VERDICT:
	case RULESET_FIELD_NONE:
		return 0;
	}
	return 0;
}

/* RULESET_ELEM_STR_MAX is more than three of the longest fields take, so nothing is cut. The place
 * behind what was written; a dot stands between two fields, as nft(8) prints them. */
static char *print_fields(char *to, const char *end, const enum ruleset_field *fields,
			  size_t n_fields, const uint8_t *from)
{
	for (size_t i = 0; i < n_fields && fields[i] != RULESET_FIELD_NONE; i++) {
		if (i > 0)
			to += snprintf(to, (size_t)(end - to), " . ");
		to += print_field(to, (size_t)(end - to), fields[i], from);
		from += ruleset_field_size(fields[i]);
	}
	return to;
}

/* It returns the buffer. A verdict is printed as a word. */
const char *ruleset_elem_print(const struct ruleset_elem *elem,
			       char buffer[static RULESET_ELEM_STR_MAX])
{
	const struct ruleset_set_info *info = &ruleset_set_info[elem->set];
	const char *end = buffer + RULESET_ELEM_STR_MAX;
	char *to = buffer + snprintf(buffer, RULESET_ELEM_STR_MAX, "%s { ", info->name);

	to = print_fields(to, end, info->key, 3, elem->key);
	if (info->interval) {
		/* The interval is in the address, which stands last; what stands before it is
		 * the same in both keys. */
		size_t last = info->key[1] != RULESET_FIELD_NONE;

		to += snprintf(to, (size_t)(end - to), "-");
		to = print_fields(to, end, info->key + last, 1,
				  elem->key_end + elem->key_len -
					  ruleset_field_size(info->key[last]));
	}
	if (info->data[0] == RULESET_FIELD_VERDICT) {
		to += snprintf(to, (size_t)(end - to), " : %s",
			       elem->verdict == NF_ACCEPT ? "accept" : "drop");
	} else if (info->data[0] != RULESET_FIELD_NONE) {
		to += snprintf(to, (size_t)(end - to), " : ");
		to = print_fields(to, end, info->data, 2, elem->data);
	}
	(void)snprintf(to, (size_t)(end - to), " }");
	return buffer;
}
