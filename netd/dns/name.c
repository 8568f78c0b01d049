// SPDX-License-Identifier: GPL-2.0-or-later
// name.c - domain names: off the wire with bounds, to and from text, and addresses as reverse names
#include "dns/name.h"

#include <errno.h>
#include <string.h>

/* A name on the wire (RFC 1035, 3.1, 4.1.4): labels, each a length from 0 to 63 and as many bytes.
 * The length 0 ends the name. Two bytes from 0xc000 on are a pointer: the rest of the name stands
 * at that offset. A name has at most 255 bytes with all lengths. */

#define HEADER_SIZE 12 /* RFC 1035, 4.1.1: no name can be in there */

/* A name of 255 bytes has at most 127 labels, so one that takes more pointers than that has
 * pointers to pointers only to keep us busy. */
#define HOPS_MAX (DNS_NAME_MAX / 2)

/* Where compression has led. bound is where the labels being read start: a jump must go before it,
 * so it ends, and what is read there must end before it, so that a name is made of nothing behind
 * it. resume is where the name ends in the message, len the reader's own. */
struct hop {
	size_t bound, resume, len;
	size_t n;
};

/* high is the first byte of the pointer. */
static void hop_follow(struct hop *hop, struct wire *wire, uint8_t high)
{
	size_t target = (size_t)(high & 0x3f) << 8 | wire_u8(wire);

	/* Each jump leads further to the front, so no loop is possible. */
	if (wire->err < 0 || target >= hop->bound || target < HEADER_SIZE || hop->n == HOPS_MAX) {
		wire->err = -EBADMSG;
		return;
	}
	/* The first pointer ends the name in the message (RFC 1035, 4.1.4); what the others lead
	 * to lies elsewhere. */
	if (hop->n++ == 0)
		hop->resume = wire->pos;
	wire->len = hop->bound;
	wire->pos = hop->bound = target;
}

/* The one bound of labels and names (RFC 1035, 2.3.4 and 3.1), whoever reads them: may a label of n
 * bytes follow labels that take len bytes with their length bytes? One byte always stays free for
 * the root, which a pointer stands for, too. */
static bool label_fits(size_t len, size_t n)
{
	return n <= DNS_LABEL_MAX && len + 1 + n + 1 <= DNS_NAME_MAX;
}

/* The label's bytes are read right into the name. */
static void push_label(struct dns_name *name, struct wire *wire, uint8_t n)
{
	if (!label_fits(name->len, n)) {
		wire->err = -EBADMSG;
		return;
	}
	name->wire[name->len] = n;
	wire_bytes(wire, name->wire + name->len + 1, n);
	name->len = (uint8_t)(name->len + 1 + n);
}

/* The name without pointers. The reader goes on behind the name, or behind its first pointer. */
int dns_name_read(struct wire *wire, struct dns_name *ret_name)
{
	struct hop hop = { .bound = wire->pos, .len = wire->len };
	struct dns_name name;
	uint8_t n;

	name.len = 0;
	while ((n = wire_u8(wire)) != 0) { /* a failed read yields 0, so this ends */
		/* The values between 64 and 191 are reserved (RFC 1035, 4.1.4), and too long for
		 * a label. */
		if (n >= 0xc0)
			hop_follow(&hop, wire, n);
		else
			push_label(&name, wire, n);
	}
	wire->len = hop.len;
	if (wire->err < 0)
		return wire->err;
	if (hop.n > 0)
		wire->pos = hop.resume;
	name.wire[name.len++] = 0;
	ret_name->len = name.len;
	memcpy(ret_name->wire, name.wire, name.len);
	return 0;
}

/* For a name that nobody looks at. */
int dns_name_skip(struct wire *wire)
{
	size_t start = wire->pos;
	uint8_t n;

	while ((n = wire_u8(wire)) != 0) {
		/* Nothing needs to be known about where the pointer leads: the name ends here.
		 * */
		if (n >= 0xc0) {
			(void)wire_u8(wire);
			break;
		}
		if (!label_fits(wire->pos - 1 - start, n))
			wire->err = -EBADMSG;
		(void)wire_view(wire, n);
	}
	return wire->err;
}

/* The name where it stands, without a copy. A name with a pointer is refused. */
const uint8_t *dns_name_view(struct wire *wire, size_t *ret_len)
{
	const uint8_t *start = wire->data + wire->pos;
	size_t left = wire_left(wire), pos = 0;

	/* A question has nothing before it that it could point to, so a pointer is refused here:
	 * as a label it is too long. */
	while (pos < left && start[pos] != 0 && label_fits(pos, start[pos]))
		pos += 1u + start[pos];
	if (pos >= left || start[pos] != 0) {
		wire->err = -EBADMSG;
		return NULL;
	}
	*ret_len = pos + 1;
	return wire_view(wire, pos + 1);
}

void dns_name_put(struct wire *wire, const struct dns_name *name)
{
	wire_put_bytes(wire, name->wire, name->len);
}

/* Both are in wire form and of one length. */
bool dns_name_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	/* Length bytes are below 64 and letters above, so folding leaves them alone. */
	for (size_t i = 0; i < len; i++)
		if (a[i] != b[i] && dns_fold(a[i]) != dns_fold(b[i]))
			return false;
	return true;
}

/* In lower case, with dots between labels. false: the name has no text form. The root is "". */
bool dns_name_text(const uint8_t *wire, size_t len, char ret_text[static DNS_NAME_MAX + 1],
		   size_t *ret_len)
{
	size_t n = 0;

	for (size_t pos = 0; pos + 1 < len;) {
		size_t end = pos + 1 + wire[pos];

		if (n > 0)
			ret_text[n++] = '.';
		for (pos++; pos < end; pos++) {
			uint8_t byte = wire[pos];

			/* Either byte is allowed in a label (RFC 2181, 11), but as text it would
			 * read as another name. */
			if (byte == '.' || byte == '\0')
				return false;
			ret_text[n++] = (char)dns_fold(byte);
		}
	}
	ret_text[n] = '\0';
	*ret_len = n;
	return true;
}

/* -EINVAL: an empty label, one that is too long, or a name that is too long. */
int dns_name_from_text(const char *text, struct dns_name *ret_name)
{
	struct dns_name name = { 0 };
	/* The text of a name has one dot less than its wire form has length bytes, so it is put
	 * one byte further. */
	size_t len = strnlen(text, DNS_NAME_MAX), label = 0;

	for (size_t i = 0; i <= len; i++) {
		if (!label_fits(label, i - label))
			return -EINVAL;
		if (i < len && text[i] != '.') {
			name.wire[i + 1] = (uint8_t)text[i];
			continue;
		}
		if (i == label)
			return -EINVAL;
		/* The length is known when the label has ended. */
		name.wire[label] = (uint8_t)(i - label);
		label = i + 1;
	}
	name.len = (uint8_t)(len + 2);
	*ret_name = name;
	return 0;
}

/* One decimal number up to 255 without leading zeros, and the dot after it. *text moves behind the
 * dot. */
static bool reverse_octet(const char **text, uint8_t *ret_value)
{
	const char *at = *text;
	unsigned int value = 0;

	while (*at >= '0' && *at <= '9' && at - *text < 3)
		value = value * 10 + (unsigned int)(*at++ - '0');
	/* A leading zero would give one address several names, and inet_aton(3) reads it as
	 * octal. */
	if (at == *text || *at != '.' || value > 255 || (**text == '0' && at - *text > 1))
		return false;
	*ret_value = (uint8_t)value;
	*text = at + 1;
	return true;
}

/* Names are folded to lower case before. */
static bool reverse_nibble(const char **text, uint8_t *ret_value)
{
	char digit = **text;

	if (digit >= '0' && digit <= '9')
		*ret_value = (uint8_t)(digit - '0');
	else if (digit >= 'a' && digit <= 'f')
		*ret_value = (uint8_t)(digit - 'a' + 10);
	else
		return false;
	if ((*text)[1] != '.')
		return false;
	*text += 2;
	return true;
}

/* D.C.B.A.in-addr.arpa for A.B.C.D. */
static bool reverse_v4(const char *text, struct addr *ret_addr)
{
	struct addr addr = { .family = AF_INET };

	/* RFC 1035, 3.5: the last octet stands first. */
	for (size_t i = 4; i-- > 0;)
		if (!reverse_octet(&text, &addr.bytes[i]))
			return false;
	if (strcmp(text, "in-addr.arpa") != 0)
		return false;
	*ret_addr = addr;
	return true;
}

/* 32 nibbles and ip6.arpa. */
static bool reverse_v6(const char *text, struct addr *ret_addr)
{
	struct addr addr = { .family = AF_INET6 };
	uint8_t low, high;

	for (size_t i = 16; i-- > 0;) {
		/* RFC 3596, 2.5: the last nibble stands first. */
		if (!reverse_nibble(&text, &low) || !reverse_nibble(&text, &high))
			return false;
		addr.bytes[i] = (uint8_t)(high << 4 | low);
	}
	if (strcmp(text, "ip6.arpa") != 0)
		return false;
	*ret_addr = addr;
	return true;
}

/* false: it is not the name of one address. A part of one, such as a network's, is none. */
bool dns_name_reverse(const char *text, struct addr *ret_addr)
{
	return reverse_v4(text, ret_addr) || reverse_v6(text, ret_addr);
}
