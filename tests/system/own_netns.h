// SPDX-License-Identifier: GPL-2.0-or-later
// own_netns.h - the test tools change the kernel's network: never that of the machine
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Ends the program with 97, as tests/guard.bash does, when its namespace is the machine's (the file
 * that NETD_MACHINE_NS names) or that cannot be told. Who is not root cannot tell, and change
 * nothing. */
static inline void own_netns_or_die(void)
{
	const char *path = getenv("NETD_MACHINE_NS");
	struct stat machine, self;

	if (geteuid() != 0)
		return;

	if (path && stat(path, &machine) == 0 && stat("/proc/self/ns/net", &self) == 0 &&
	    (machine.st_ino != self.st_ino || machine.st_dev != self.st_dev))
		return;
	fprintf(stderr, "refused in the network namespace of the machine\n");
	exit(97);
}
