// SPDX-License-Identifier: GPL-2.0-or-later
// ifname.c - the syntax of interfaces' names
#include "model/text/ifname.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <string.h>

/* Theory of operation. The rules are the kernel's, and some of netd's own: a name becomes part
 * of a path below /proc/sys, of commands that people type, and of a pattern that the kernel
 * would fill in. */

bool ifname_is_valid(const char *name)
{
	/* dev_valid_name() in net/core/dev.c; '%' because the kernel would take it for a number to
	 * fill in; the last three mean something else under /proc/sys/net/ipv4/conf, or are taken.
	 */
	static const char *const reserved[] = { ".", "..", "all", "default", "lo" };
	size_t len = strlen(name);

	if (len == 0 || len > IFNAME_LEN_MAX)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		if (strcmp(name, reserved[i]) == 0)
			return false;
	}
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c <= ' ' || c == 0x7f || c == '/' || c == ':' || c == '%')
			return false;
	}
	return true;
}
