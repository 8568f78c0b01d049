// SPDX-License-Identifier: GPL-2.0-or-later
// protocol.h - protocols above IP, by the words that a person uses
#pragma once

#include <stdint.h>

/* "tcp", "udp", "sctp", and "icmp" of either family. NULL: it is none of these. */
const char *protocol_name(uint8_t protocol);

/* IPPROTO_*; of "icmp" that of IPv4. 0: the word is none of these, or NULL. */
uint8_t protocol_number(const char *name);
