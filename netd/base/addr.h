// SPDX-License-Identifier: GPL-2.0-or-later
// addr.h - an address or prefix of either family, a MAC address: parse, print, compare, count
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define ADDR_STR_MAX 46	  /* INET6_ADDRSTRLEN */
#define PREFIX_STR_MAX 50 /* and "/128" */
#define MAC_STR_MAX 18

/* family AF_INET (4 bytes used, the rest zero), AF_INET6, or 0: no address. Network byte order.
 * Zero-initialised is "no address"; equal addresses are equal byte for byte. */
struct addr {
	uint8_t family;
	uint8_t bytes[16];
};

struct prefix {
	struct addr addr;
	uint8_t len; /* bits */
};

struct mac {
	uint8_t bytes[6];
};

/* Length in bytes (4, 16, or 0 for none) and in bits. */
uint8_t addr_size(const struct addr *addr);
uint8_t addr_bits(const struct addr *addr);

/* Strict: dotted quad or RFC 4291 text without zone. 0 or -EINVAL. */
int addr_parse(const char *text, struct addr *ret_addr);
/* "addr/len", len required; host bits are kept. 0 or -EINVAL. */
int prefix_parse(const char *text, struct prefix *ret_prefix);
/* "aa:bb:cc:dd:ee:ff"; 0 or -EINVAL. */
int mac_parse(const char *text, struct mac *ret_mac);

/* Return the buffer; no address prints as "". IPv6 as RFC 5952. */
const char *addr_print(const struct addr *addr, char buffer[static ADDR_STR_MAX]);
const char *prefix_print(const struct prefix *prefix, char buffer[static PREFIX_STR_MAX]);
const char *mac_print(const struct mac *mac, char buffer[static MAC_STR_MAX]);
/* For use inside one printf only: a compound literal that lives as long as the full expression's
 * block. */
#define ADDR_STR(address) addr_print((address), (char[ADDR_STR_MAX]) { 0 })
#define PREFIX_STR(prefix) prefix_print((prefix), (char[PREFIX_STR_MAX]) { 0 })
#define MAC_STR(mac) mac_print((mac), (char[MAC_STR_MAX]) { 0 })

static inline bool addr_is_set(const struct addr *addr)
{
	return addr->family != 0;
}

bool addr_equal(const struct addr *a, const struct addr *b);
/* As memcmp: by family, then by value. */
int addr_compare(const struct addr *a, const struct addr *b);
bool addr_is_loopback(const struct addr *addr);
bool addr_is_any(const struct addr *addr); /* 0.0.0.0 or :: */
bool addr_is_multicast(const struct addr *addr);
bool addr_is_link_local(const struct addr *addr);

struct addr addr_from_in6(struct in6_addr in6);
/* Fills a sockaddr; returns its length. */
socklen_t addr_to_sockaddr(const struct addr *addr, uint16_t port, struct sockaddr_storage *ret);
/* IPv4-mapped IPv6 becomes IPv4. false: another family. */
bool addr_from_sockaddr(const struct sockaddr *sockaddr, struct addr *ret_addr, uint16_t *ret_port);

/* addr + offset and a - b within one family; false: overflow, or a difference over 64 bits. */
bool addr_add(const struct addr *addr, uint64_t offset, struct addr *ret_addr);
bool addr_diff(const struct addr *a, const struct addr *b, uint64_t *ret_offset);

/* The address with all bits beyond len cleared, or set. */
struct addr prefix_first(const struct prefix *prefix);
struct addr prefix_last(const struct prefix *prefix);
/* Number of addresses, 2^64-1 at the most. */
uint64_t prefix_count(const struct prefix *prefix);
bool prefix_has_host_bits(const struct prefix *prefix);
bool prefix_contains(const struct prefix *prefix, const struct addr *addr);
bool prefix_within(const struct prefix *outer, const struct prefix *inner);
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);
bool prefix_equal(const struct prefix *a, const struct prefix *b);

/* Locally administered unicast MAC made of a hash of the text: the same text, the same MAC. */
struct mac mac_from_text(const char *text);
bool mac_is_multicast(const struct mac *mac);
/* Neither of a group nor all zero: the kernel gives no other to an interface. */
bool mac_is_interface(const struct mac *mac);
