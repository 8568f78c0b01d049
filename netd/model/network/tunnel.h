// SPDX-License-Identifier: GPL-2.0-or-later
// tunnel.h - what follows of a network that spans hosts for its tunnel: a name, a MAC address, a
// size
#pragma once

#include "model/network/network.h"

/* "vx-" and twelve characters of the network's id. */
void tunnel_name(const struct network_spec *spec, char ret_name[static IFNAME_LEN_MAX + 1]);

/* "netd tunnel NAME". */
#define TUNNEL_ALIAS "netd tunnel "
#define TUNNEL_ALIAS_LEN 255 /* IFALIASZ less the NUL */
void tunnel_alias(const struct network_spec *spec, char ret_alias[static TUNNEL_ALIAS_LEN + 1]);

/* That of the tunnel's end at this address: another one on each host, and the same after a boot. */
struct mac tunnel_mac(const struct network_spec *spec, const struct addr *local);

/* What a packet of a container's grows by on a way of this family. */
uint32_t tunnel_overhead(uint8_t family);

/* A number for a network without one, of its id. The tries-th: others may have those before. */
uint32_t tunnel_choose_vni(const char *id, unsigned int tries);
