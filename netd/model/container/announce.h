// SPDX-License-Identifier: GPL-2.0-or-later
// announce.h - the frame that tells a link whose an address is from now on
#pragma once

#include "base/addr.h"

#include <stddef.h>

/* Ethernet, IPv6 and a neighbour advertisement with one option. */
#define ANNOUNCE_FRAME_MAX 86

/* A frame for everybody, as the owner of mac would send it: for an IPv4 address an ARP announcement
 * (RFC 5227, 3: a request by and for addr), for an IPv6 address an unsolicited neighbour
 * advertisement with the override flag (RFC 4861, 7.2.6). Who knows the address takes the new MAC;
 * who does not learns nothing. Returns its length; 0 for no address. */
size_t announce_frame(const struct addr *addr, const struct mac *mac,
		      uint8_t ret_frame[static ANNOUNCE_FRAME_MAX]);
