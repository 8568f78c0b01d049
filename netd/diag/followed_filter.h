// SPDX-License-Identifier: GPL-2.0-or-later
// followed_filter.h - which packets of a container somebody wants to see, in a few words
#pragma once

#include "base/error.h"
#include "base/limits.h"

#include <stddef.h>
#include <stdint.h>

struct followed_filter {
	uint8_t protocol;	      /* IPPROTO_TCP, _UDP, _ICMP (of either family); 0: any */
	uint16_t port;		      /* 0: any */
	char host[QUESTION_TEXT_MAX]; /* a container's name or an address; "": any */
};

/* tcp, udp or icmp, `port N` and `host NAME|ADDRESS`, each once at the most and in any order, with
 * nothing or `and` between them. ERROR_INVALID: one sentence with the way out. */
int followed_filter_read(const char *const words[], size_t n, struct followed_filter *ret_filter,
			 struct error *error);
