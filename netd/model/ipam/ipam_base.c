// SPDX-License-Identifier: GPL-2.0-or-later
// ipam_base.c - where subnets are cut from when nobody says
#include "model/ipam/ipam_base.h"

#include "base/cleanup.h"
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of machine-id(5), in hexadecimal. Its length is fixed. */
#define MACHINE_ID_LEN 32

/* 172.17.0.0/16 is left to the network "bridge", as people know it. Small subnets, so that there
 * are hundreds before 10.0.0.0/8, which offices and VPNs like, is touched. None for IPv6, where
 * each host has a prefix of its own (ipam_base_of_host). */
static const struct ipam_base default_bases[] = {
	{ { { AF_INET, { 172, 18 } }, 15 }, 24 }, { { { AF_INET, { 172, 20 } }, 14 }, 24 },
	{ { { AF_INET, { 172, 24 } }, 13 }, 24 }, { { { AF_INET, { 192, 168 } }, 16 }, 24 },
	{ { { AF_INET, { 10 } }, 8 }, 24 },
};

/* Used where netd.json says no pools. */
const struct ipam_base *ipam_base_defaults(size_t *ret_n)
{
	*ret_n = ARRAY_SIZE(default_bases);
	return default_bases;
}

/* fd00::/8 and 40 bits make a prefix of 48 bits (RFC 4193, 3.1). */
struct prefix ipam_base_of_id(const uint8_t global_id[static 5])
{
	struct prefix prefix = { .addr = { .family = AF_INET6, .bytes = { 0xfd } }, .len = 48 };

	memcpy(prefix.addr.bytes + 1, global_id, 5);
	return prefix;
}

/* The prefix follows from the machine's id, so it is the same after each start and differs from
 * other hosts'. With a name it is a network's. */
int ipam_base_of_host(const char *machine_id, const char *name, struct prefix *ret_prefix)
{
	size_t len = strspn(machine_id, "0123456789abcdef"), name_len = strlen(name);
	_cleanup_free_ char *text = malloc(MACHINE_ID_LEN + name_len);
	uint8_t global_id[5];
	uint64_t hash;

	if (!text)
		return -ENOMEM;
	/* A file without an id (a machine that was just cloned) must not make all such hosts
	 * alike. */
	if (len != MACHINE_ID_LEN || (machine_id[len] != '\0' && machine_id[len] != '\n') ||
	    strspn(machine_id, "0") == len)
		return -EINVAL;
	memcpy(text, machine_id, MACHINE_ID_LEN);
	memcpy(text + MACHINE_ID_LEN, name, name_len);
	hash = hash_stable(text, MACHINE_ID_LEN + name_len);
	for (size_t i = 0; i < sizeof(global_id); i++, hash >>= 8)
		global_id[i] = (uint8_t)hash;
	*ret_prefix = ipam_base_of_id(global_id);
	return 0;
}
