// SPDX-License-Identifier: GPL-2.0-or-later
// type.h - types of records and codes of replies as words
#pragma once

#include <stdint.h>

#define DNS_TYPE_TEXT 16 /* room for any of the words below, with the NUL */

/* "A", "aaaa", "TYPE65" (RFC 3597, 5). 0 or -EINVAL. */
int dns_type_parse(const char *text, uint16_t *ret_type);
/* The reverse, in capitals; buffer is used for a type without a name. */
const char *dns_type_print(uint16_t type, char buffer[static DNS_TYPE_TEXT]);
/* "NXDOMAIN", or "RCODE11" for one without a name. */
const char *dns_type_print_rcode(unsigned int rcode, char buffer[static DNS_TYPE_TEXT]);
