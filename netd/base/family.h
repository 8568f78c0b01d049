// SPDX-License-Identifier: GPL-2.0-or-later
// family.h - the two address families, to index what there is of each
#pragma once

#include <stdint.h>
#include <sys/socket.h>

/* A network, a container and a host have an array of two for all that both families have. Code
 * that does the same for both walks over it, and code that has an address takes the element of its
 * family. */
enum family {
	FAMILY_4,
	FAMILY_6,
	FAMILY_N,
};

/* FAMILY_4 for AF_INET and for 0, which no address has. */
static inline enum family family_of(uint8_t af)
{
	return af == AF_INET6 ? FAMILY_6 : FAMILY_4;
}

/* As people are told. */
static inline const char *family_name(enum family family)
{
	return family == FAMILY_6 ? "IPv6" : "IPv4";
}

/* AF_INET or AF_INET6. */
static inline uint8_t family_af(enum family family)
{
	return family == FAMILY_6 ? AF_INET6 : AF_INET;
}
