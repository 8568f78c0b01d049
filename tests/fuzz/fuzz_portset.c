// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_portset.c - what is read as a set of ports is read again from the ports it has
#include "model/container/portset.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the kernel prints it: ranges in ascending order. The longest text has every other port. */
static size_t print(const struct portset *set, char *text, size_t size)
{
	size_t len = 0;

	for (uint32_t port = 0; port <= UINT16_MAX; port++) {
		uint32_t first = port;

		if (!portset_has(set, (uint16_t)port))
			continue;
		while (port < UINT16_MAX && portset_has(set, (uint16_t)(port + 1)))
			port++;
		len += (size_t)snprintf(text + len, size - len, len ? ",%u" : "%u", first);
		if (port > first)
			len += (size_t)snprintf(text + len, size - len, "-%u", port);
	}
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[7 * 65536];
	static struct portset set, again;
	size_t len;

	if (portset_parse((const char *)data, size, &set) < 0)
		return 0;
	len = print(&set, text, sizeof(text));
	assert(len < sizeof(text));
	assert(portset_parse(text, len, &again) == 0);
	assert(memcmp(&set, &again, sizeof(set)) == 0);
	assert(portset_count(&set, 0, UINT16_MAX) ==
	       portset_count(&again, 0, 999) + portset_count(&again, 1000, UINT16_MAX));
	return 0;
}
