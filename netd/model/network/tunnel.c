// SPDX-License-Identifier: GPL-2.0-or-later
// tunnel.c - what follows of a network that spans hosts for its tunnel: a name, a MAC address, a
// size
#include "model/network/tunnel.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. All hosts of a cluster must come to the same number for a network, and
 * each to names and MACs that no other has. So these are worked out from the network's id and
 * the host's address, and nothing has to be agreed on or remembered. */

/* The id is unique, and 12 digits of it are, too. */
void tunnel_name(const struct network_spec *spec, char ret_name[static IFNAME_LEN_MAX + 1])
{
	(void)snprintf(ret_name, IFNAME_LEN_MAX + 1, "vx-%.12s", spec->id); /* fits: 15 */
}

/* Read after a restart, to know whose link it is. */
void tunnel_alias(const struct network_spec *spec, char ret_alias[static TUNNEL_ALIAS_LEN + 1])
{
	/* The name of a network has 253 bytes at the most, and the end is cut. */
	(void)snprintf(ret_alias, TUNNEL_ALIAS_LEN + 1, TUNNEL_ALIAS "%.*s",
		       TUNNEL_ALIAS_LEN - (int)strlen(TUNNEL_ALIAS), spec->name);
}

/* Both are in the text, so two hosts have two MACs on one network. `local` is this host's address
 * in the cluster. */
struct mac tunnel_mac(const struct network_spec *spec, const struct addr *local)
{
	char text[ID_LEN + ADDR_STR_MAX + 2];

	(void)snprintf(text, sizeof(text), "%s@%s", spec->id, ADDR_STR(local)); /* fits */
	return mac_from_text(text);
}

/* What the tunnel adds to each packet, which containers must leave free. In bytes; `family` is that
 * of the addresses between which the tunnel leads. */
uint32_t tunnel_overhead(uint8_t family)
{
	return family == AF_INET6 ? VXLAN_OVERHEAD6 : VXLAN_OVERHEAD4;
}

/* tries: how many of them somebody else had. Two networks seldom begin at the same number. Whoever
 * writes its network second finds the number taken, and asks for the next one. */
uint32_t tunnel_choose_vni(const char *id, unsigned int tries)
{
	const uint64_t range = VXLAN_VNI_MAX - VXLAN_VNI_MIN + 1;

	return (uint32_t)(VXLAN_VNI_MIN + (hash_stable(id, strlen(id)) + tries) % range);
}
