// SPDX-License-Identifier: GPL-2.0-or-later
// type.c - types of records and codes of replies as words
#include "dns/type.h"

#include "base/cleanup.h"
#include "dns/msg.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* RFC 3597 writes types without a name as TYPE and their number, which is read and written here,
 * too. */

/* Only types that people ask for by name. */
static const struct {
	const char *name;
	uint16_t type;
} types[] = {
	{ "A", DNS_TYPE_A },	 { "AAAA", DNS_TYPE_AAAA },
	{ "PTR", DNS_TYPE_PTR }, { "CNAME", DNS_TYPE_CNAME },
	{ "NS", DNS_TYPE_NS },	 { "SOA", DNS_TYPE_SOA },
	{ "MX", DNS_TYPE_MX },	 { "TXT", 16 },
	{ "SRV", DNS_TYPE_SRV }, { "DNAME", DNS_TYPE_DNAME },
	{ "CAA", 257 },		 { "SVCB", 64 },
	{ "HTTPS", 65 },	 { "ANY", DNS_TYPE_ANY },
};

/* Codes of 16 and more come with EDNS. */
static const char *const rcodes[] = {
	[DNS_RCODE_NOERROR] = "NOERROR",   [DNS_RCODE_FORMERR] = "FORMERR",
	[DNS_RCODE_SERVFAIL] = "SERVFAIL", [DNS_RCODE_NXDOMAIN] = "NXDOMAIN",
	[DNS_RCODE_NOTIMP] = "NOTIMP",	   [DNS_RCODE_REFUSED] = "REFUSED",
	[DNS_RCODE_BADVERS] = "BADVERS",
};

/* TYPE65 and the like. -EINVAL: it is none. */
static int parse_number(const char *text, uint16_t *ret_type)
{
	unsigned long number;
	char *end;

	if (strncasecmp(text, "TYPE", 4) != 0 || !isdigit((unsigned char)text[4]))
		return -EINVAL;
	number = strtoul(text + 4, &end, 10); /* too much saturates, which is too much below */
	if (*end || number == 0 || number > UINT16_MAX)
		return -EINVAL;
	*ret_type = (uint16_t)number;
	return 0;
}

/* Names are taken in any case. */
int dns_type_parse(const char *text, uint16_t *ret_type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcasecmp(types[i].name, text) == 0) {
			*ret_type = types[i].type;
			return 0;
		}
	}
	return parse_number(text, ret_type);
}

/* The result may be the buffer or a constant. */
const char *dns_type_print(uint16_t type, char buffer[static DNS_TYPE_TEXT])
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].type == type)
			return types[i].name;
	}
	(void)snprintf(buffer, DNS_TYPE_TEXT, "TYPE%u", type);
	return buffer;
}

/* RCODE and a number for those without a name. */
const char *dns_type_print_rcode(unsigned int rcode, char buffer[static DNS_TYPE_TEXT])
{
	if (rcode < ARRAY_SIZE(rcodes) && rcodes[rcode])
		return rcodes[rcode];
	(void)snprintf(buffer, DNS_TYPE_TEXT, "RCODE%u", rcode);
	return buffer;
}
