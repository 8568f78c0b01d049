// SPDX-License-Identifier: GPL-2.0-or-later
// addr.c - an address or prefix of either family, a MAC address: parse, print, compare, count
#include "base/addr.h"

#include "base/hash.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. An address is a family and 16 bytes in network order; of an IPv4 address the
 * 12 bytes behind are zero, so that two addresses compare as bytes. Family 0 means "not set", and
 * is what a zeroed struct has. Functions that cannot do anything with such an address say so by
 * their result. Text is read in one spelling only and written in one spelling only, so that a text
 * that was read and written again is the same. */

/* 0 for an address that is not set: copying that many bytes copies none. */
uint8_t addr_size(const struct addr *addr)
{
	switch (addr->family) {
	case AF_INET:
		return 4;
	case AF_INET6:
		return 16;
	default: /* a byte from outside, not an enum of ours */
		return 0;
	}
}

/* The length of a prefix that is a single address. */
uint8_t addr_bits(const struct addr *addr)
{
	return (uint8_t)(addr_size(addr) * 8);
}

/* --- text --- */

/* -EINVAL for everything else, also for text behind an address: inet_pton(3) takes the whole
 * text. */
int addr_parse(const char *text, struct addr *ret_addr)
{
	/* No IPv4 address has a colon, and each IPv6 address has two. */
	struct addr addr = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	/* inet_pton(3) and not inet_aton(3), which takes 10.1 for 10.0.0.1 and 010 for 8. */
	if (inet_pton(addr.family, text, addr.bytes) != 1)
		return -EINVAL;
	*ret_addr = addr;
	return 0;
}

/* Decimal digits only, no leading zero, at most max. text ends with a NUL, and nothing may stand
 * behind the number. */
static int parse_len(const char *text, uint8_t max, uint8_t *ret_len)
{
	unsigned int len = 0;

	/* strtoul(3) would take a sign, blanks and leading zeros: one length would have many
	 * spellings. */
	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		len = len * 10 + (unsigned int)(*text - '0');
		/* In each round: the number cannot overflow, however long the text. */
		if (len > max)
			return -EINVAL;
	}
	*ret_len = (uint8_t)len;
	return 0;
}

int prefix_parse(const char *text, struct prefix *ret_prefix)
{
	const char *slash = strchr(text, '/');
	struct prefix prefix = { 0 };
	char head[ADDR_STR_MAX];

	/* Without a length nobody knows whether a host or a subnet was meant. The head is cut off
	 * by a copy, for the text is the caller's. */
	if (!slash || (size_t)(slash - text) >= sizeof(head))
		return -EINVAL;
	memcpy(head, text, (size_t)(slash - text));
	head[slash - text] = '\0';
	if (addr_parse(head, &prefix.addr) < 0)
		return -EINVAL;
	if (parse_len(slash + 1, addr_bits(&prefix.addr), &prefix.len) < 0)
		return -EINVAL;
	*ret_prefix = prefix;
	return 0;
}

/* -1: it is none. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Two digits and a colon, six times; both cases of letters are taken. */
int mac_parse(const char *text, struct mac *ret_mac)
{
	struct mac mac;

	/* With the length known no digit is looked for behind the end. */
	if (strlen(text) != MAC_STR_MAX - 1)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(mac.bytes); i++, text += 3) {
		int high = hex_digit(text[0]), low = hex_digit(text[1]);

		if (high < 0 || low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		mac.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret_mac = mac;
	return 0;
}

/* Where the longest run of two or more zero groups starts, the first of equals (RFC 5952, 4.2).
 * *ret_end is the group after it; both are 8 when there is none. groups are in host order. A run of
 * one group is not shortened. */
static int longest_zero_run(const uint16_t groups[8], int *ret_end)
{
	/* best_len is 1 so that a run of one does not count. */
	int best = 8, best_len = 1;

	for (int i = 0; i < 8; i++) {
		int end = i;

		while (end < 8 && groups[end] == 0)
			end++;
		/* Greater, and not equal: the first of equals stays. */
		if (end - i > best_len) {
			best = i;
			best_len = end - i;
		}
		/* The run that was just measured is not looked at again. */
		if (end > i)
			i = end - 1;
	}
	*ret_end = best == 8 ? 8 : best + best_len;
	return best;
}

/* RFC 5952. Not inet_ntop: that writes ::1:2 as an IPv4-compatible address (::0.1.0.2), which RFC
 * 4291 deprecates. IPv4-mapped ones are written with dots (RFC 5952, 5). The buffer is always large
 * enough: the longest text has 8 groups of 4 digits and 7 colons. */
static void print_in6(const uint8_t bytes[16], char *out, size_t size)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	uint16_t groups[8];
	size_t len = 0;
	int run, run_end;

	if (memcmp(bytes, mapped, sizeof(mapped)) == 0) {
		(void)snprintf(out, size, "::ffff:%u.%u.%u.%u", bytes[12], bytes[13], bytes[14],
			       bytes[15]);
		return;
	}
	for (size_t i = 0; i < 8; i++)
		groups[i] = (uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
	run = longest_zero_run(groups, &run_end);
	for (int i = 0; i < 8; i++) {
		/* At most one run may be shortened, or the text could not be read back. */
		if (i == run) {
			len += (size_t)snprintf(out + len, size - len, "::");
			i = run_end - 1;
			continue;
		}
		/* Behind the "::" no further colon is due. */
		len += (size_t)snprintf(out + len, size - len, "%s%x",
					i == 0 || i == run_end ? "" : ":", groups[i]);
	}
}

/* The buffer is the result, so that the call can stand in an argument list. */
const char *addr_print(const struct addr *addr, char buffer[static ADDR_STR_MAX])
{
	const uint8_t *b = addr->bytes;

	/* No address prints as "", so callers need not ask first. */
	buffer[0] = '\0';
	if (addr->family == AF_INET)
		(void)snprintf(buffer, ADDR_STR_MAX, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
	else if (addr->family == AF_INET6)
		print_in6(b, buffer, ADDR_STR_MAX);
	return buffer;
}

/* A prefix without an address prints as "", as its address does. */
const char *prefix_print(const struct prefix *prefix, char buffer[static PREFIX_STR_MAX])
{
	size_t len;

	addr_print(&prefix->addr, buffer);
	len = strlen(buffer);
	if (len > 0)
		(void)snprintf(buffer + len, PREFIX_STR_MAX - len, "/%u", prefix->len);
	return buffer;
}

/* Small letters, as the kernel prints it. */
const char *mac_print(const struct mac *mac, char buffer[static MAC_STR_MAX])
{
	const uint8_t *b = mac->bytes;

	(void)snprintf(buffer, MAC_STR_MAX, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3],
		       b[4], b[5]);
	return buffer;
}

/* --- what kind of address --- */

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) == 0;
}

/* A total order: first by family, then by value. */
int addr_compare(const struct addr *a, const struct addr *b)
{
	/* Without this an IPv4 address would equal an IPv6 one that begins with its bytes. */
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	/* All 16 bytes: those behind an IPv4 address are zero. */
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool addr_is_loopback(const struct addr *addr)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	if (addr->family == AF_INET)
		/* The whole of 127.0.0.0/8 (RFC 1122, 3.2.1.3), and of IPv6 one address only (RFC
		 * 4291, 2.5.3). */
		return addr->bytes[0] == 127;
	return addr->family == AF_INET6 && memcmp(addr->bytes, loopback6, 16) == 0;
}

/* An address that is not set is not "any": it says nothing. */
bool addr_is_any(const struct addr *addr)
{
	static const uint8_t any[16];

	return addr_is_set(addr) && memcmp(addr->bytes, any, addr_size(addr)) == 0;
}

/* 224.0.0.0/4, and ff00::/8. */
bool addr_is_multicast(const struct addr *addr)
{
	if (addr->family == AF_INET)
		return (addr->bytes[0] & 0xf0) == 0xe0;
	return addr->family == AF_INET6 && addr->bytes[0] == 0xff;
}

/* 169.254.0.0/16 (RFC 3927), and fe80::/10. */
bool addr_is_link_local(const struct addr *addr)
{
	if (addr->family == AF_INET)
		return addr->bytes[0] == 169 && addr->bytes[1] == 254;
	return addr->family == AF_INET6 && addr->bytes[0] == 0xfe &&
	       (addr->bytes[1] & 0xc0) == 0x80;
}

/* --- the libc's forms --- */

static struct addr addr_from_in4(struct in_addr in4)
{
	struct addr addr = { .family = AF_INET };

	memcpy(addr.bytes, &in4, sizeof(in4));
	return addr;
}

/* The struct may not be aligned for more than bytes. */
struct addr addr_from_in6(struct in6_addr in6)
{
	struct addr addr = { .family = AF_INET6 };

	memcpy(addr.bytes, &in6, sizeof(in6));
	return addr;
}

/* The length that the kernel wants beside the address. 0: the address is not set, and *ret is
 * zeroed. */
socklen_t addr_to_sockaddr(const struct addr *addr, uint16_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	/* The rest goes to the kernel, too: it must not be what stood on the stack. */
	memset(ret, 0, sizeof(*ret));
	if (addr->family == AF_INET) {
		memcpy(&in4.sin_addr, addr->bytes, 4);
		memcpy(ret, &in4, sizeof(in4));
		return sizeof(in4);
	}
	if (addr->family == AF_INET6) {
		memcpy(&in6.sin6_addr, addr->bytes, 16);
		memcpy(ret, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}

/* false: a family that is not the internet's. The caller has at least as many bytes as the family
 * needs. */
bool addr_from_sockaddr(const struct sockaddr *sockaddr, struct addr *ret_addr, uint16_t *ret_port)
{
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
	struct in_addr mapped;

	if (sockaddr->sa_family == AF_INET) {
		/* Copied and not cast: what a caller has may be aligned otherwise. */
		memcpy(&in4, sockaddr, sizeof(in4));
		*ret_addr = addr_from_in4(in4.sin_addr);
		*ret_port = ntohs(in4.sin_port);
		return true;
	}
	if (sockaddr->sa_family != AF_INET6)
		return false;
	memcpy(&in6, sockaddr, sizeof(in6));
	memcpy(&mapped, &in6.sin6_addr.s6_addr[12], sizeof(mapped));
	/* A socket of both families shows its IPv4 peers so. */
	*ret_addr = IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr) ? addr_from_in4(mapped)
							 : addr_from_in6(in6.sin6_addr);
	*ret_port = ntohs(in6.sin6_port);
	return true;
}

/* --- arithmetic, on the value as one number: GNU C has 128 bits, as many as an IPv6 address --- */

/* An IPv4 address is a number of 32 bits in the low end. */
static unsigned __int128 value_of(const struct addr *addr)
{
	uint64_t high, low;
	uint32_t four;

	if (addr->family == AF_INET) {
		memcpy(&four, addr->bytes, sizeof(four));
		return be32toh(four);
	}
	if (addr->family != AF_INET6)
		return 0;
	memcpy(&high, addr->bytes, sizeof(high));
	memcpy(&low, addr->bytes + 8, sizeof(low));
	return (unsigned __int128)be64toh(high) << 64 | be64toh(low);
}

/* The reverse. What does not fit the family is cut off. */
static struct addr addr_of(uint8_t family, unsigned __int128 value)
{
	struct addr addr = { .family = family };
	uint64_t high = htobe64((uint64_t)(value >> 64)), low = htobe64((uint64_t)value);
	uint32_t four = htobe32((uint32_t)value);

	if (family == AF_INET) {
		memcpy(addr.bytes, &four, sizeof(four));
	} else if (family == AF_INET6) {
		memcpy(addr.bytes, &high, sizeof(high));
		memcpy(addr.bytes + 8, &low, sizeof(low));
	}
	return addr;
}

/* The bits beyond len, all ones. For a length that is larger than the family has bits, no bits are
 * left. */
static unsigned __int128 host_mask(const struct prefix *prefix)
{
	uint8_t bits = addr_bits(&prefix->addr);
	uint8_t host_bits = prefix->len < bits ? (uint8_t)(bits - prefix->len) : 0;

	/* A shift by all the bits that a type has is undefined (C17, 6.5.7). */
	return host_bits == 128 ? ~(unsigned __int128)0 : ((unsigned __int128)1 << host_bits) - 1;
}

/* false: there is no such address. *ret_addr is left alone then. */
bool addr_add(const struct addr *addr, uint64_t offset, struct addr *ret_addr)
{
	/* The prefix of length 0 has all of the family's addresses, so its mask is the last one. */
	struct prefix all = { .addr = *addr, .len = 0 };
	unsigned __int128 value = value_of(addr);

	/* Beyond the last address of the family there is none, though 128 bits would hold it. */
	if (!addr_is_set(addr) || offset > host_mask(&all) - value)
		return false;
	*ret_addr = addr_of(addr->family, value + offset);
	return true;
}

/* How far a is behind b. false: they are of two families, a is not behind b, or it is too far to
 * count. */
bool addr_diff(const struct addr *a, const struct addr *b, uint64_t *ret_offset)
{
	unsigned __int128 high = value_of(a), low = value_of(b);

	if (a->family != b->family || !addr_is_set(a) || high < low || high - low > UINT64_MAX)
		return false;
	*ret_offset = (uint64_t)(high - low);
	return true;
}

/* The network's address: all bits beyond the length are zero. */
struct addr prefix_first(const struct prefix *prefix)
{
	return addr_of(prefix->addr.family, value_of(&prefix->addr) & ~host_mask(prefix));
}

/* The broadcast address of an IPv4 subnet. */
struct addr prefix_last(const struct prefix *prefix)
{
	return addr_of(prefix->addr.family, value_of(&prefix->addr) | host_mask(prefix));
}

uint64_t prefix_count(const struct prefix *prefix)
{
	unsigned __int128 mask = host_mask(prefix);

	/* The mask of no address is 0, which would count as one. */
	if (!addr_is_set(&prefix->addr))
		return 0;
	/* An IPv6 subnet may have more than 64 bits can count. Nobody allocates so many. */
	return mask >= UINT64_MAX ? UINT64_MAX : (uint64_t)mask + 1;
}

/* Whether the text named an address within the subnet and not the subnet itself. */
bool prefix_has_host_bits(const struct prefix *prefix)
{
	return (value_of(&prefix->addr) & host_mask(prefix)) != 0;
}

/* Exclusive or leaves ones where the two differ; those beyond the length do not count. */
bool prefix_contains(const struct prefix *prefix, const struct addr *addr)
{
	if (!addr_is_set(addr) || prefix->addr.family != addr->family)
		return false;
	return ((value_of(&prefix->addr) ^ value_of(addr)) & ~host_mask(prefix)) == 0;
}

bool prefix_within(const struct prefix *outer, const struct prefix *inner)
{
	/* A longer prefix that begins within the other one ends within it, too. */
	return inner->len >= outer->len && prefix_contains(outer, &inner->addr);
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	/* Prefixes are disjoint or nested: they never overlap by half. */
	return prefix_within(a, b) || prefix_within(b, a);
}

/* Two spellings of one subnet with other host bits are not equal. */
bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && addr_equal(&a->addr, &b->addr);
}

/* --- MAC addresses --- */

/* The text is a name, such as a container's with its network's. 46 bits of the hash remain. */
struct mac mac_from_text(const char *text)
{
	/* The same name has the same MAC again, so that neighbours' ARP entries stay right when a
	 * container is started anew. */
	uint64_t hash = hash_stable(text, strlen(text));
	struct mac mac;

	for (size_t i = 0; i < sizeof(mac.bytes); i++, hash >>= 8)
		mac.bytes[i] = (uint8_t)hash;
	mac.bytes[0] = (uint8_t)((mac.bytes[0] | 0x02) & ~0x01); /* local, unicast: IEEE 802, 8.2 */
	return mac;
}

/* The lowest bit of the first byte marks a group (IEEE 802). */
bool mac_is_multicast(const struct mac *mac)
{
	return (mac->bytes[0] & 1) != 0;
}

/* Whether an interface may have it. */
bool mac_is_interface(const struct mac *mac)
{
	static const struct mac none;

	return !mac_is_multicast(mac) && memcmp(mac, &none, sizeof(none)) != 0;
}
