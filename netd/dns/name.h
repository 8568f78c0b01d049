// SPDX-License-Identifier: GPL-2.0-or-later
// name.h - domain names: off the wire with bounds, to and from text, and addresses as reverse names
#pragma once

#include "base/addr.h"
#include "base/limits.h"
#include "base/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A name in wire format without compression: length byte and label, label by label, and the root's
 * zero (RFC 1035, 3.1). Spelling is kept. len 0: none. */
struct dns_name {
	uint8_t len;
	uint8_t wire[DNS_NAME_MAX];
};

/* Reads a name, following compression (RFC 1035, 4.1.4), where wire starts at the message's header:
 * the cursor ends after the name or after its first pointer. A pointer must go back to before the
 * name, or before the place the last pointer led to, not into the header, and what it leads to must
 * end before where it came from: so a name depends on nothing behind it. 0 or -EBADMSG, and
 * then wire->err is set too. */
int dns_name_read(struct wire *wire, struct dns_name *ret_name);

/* Passes over a name without following it: what dns_name_read takes it takes, too. Labels and their
 * sum are checked. 0 or -EBADMSG. */
int dns_name_skip(struct wire *wire);

/* Reads a name that must not be compressed, in place; *ret_len counts the root's zero. NULL with
 * wire->err set: malformed or compressed. */
const uint8_t *dns_name_view(struct wire *wire, size_t *ret_len);

/* Writes it uncompressed. */
void dns_name_put(struct wire *wire, const struct dns_name *name);

/* Both in wire format and of one length; ASCII letters are equal in either case (RFC 4343). */
bool dns_name_equal(const uint8_t *a, const uint8_t *b, size_t len);

/* Folded to lower case, dotted, without final dot, with a NUL; other bytes are left as they are.
 * Returns the length (0 for the root). false: a label holds a dot or a NUL, so text would be
 * mistaken for another name; no name of ours has one. */
bool dns_name_text(const uint8_t *wire, size_t len, char ret_text[static DNS_NAME_MAX + 1],
		   size_t *ret_len);

/* "a.b.c", no final dot. -EINVAL: empty, an empty label or one over 63 bytes, over 253 in all. */
int dns_name_from_text(const char *text, struct dns_name *ret_name);

/* "4.3.2.1.in-addr.arpa" (RFC 1035, 3.5) or 32 nibbles under ip6.arpa (RFC 3596, 2.5), folded.
 * false: not the reverse name of one whole address. */
bool dns_name_reverse(const char *text, struct addr *ret_addr);

static inline uint8_t dns_fold(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}
