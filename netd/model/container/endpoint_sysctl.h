// SPDX-License-Identifier: GPL-2.0-or-later
// endpoint_sysctl.h - settings of one interface, as the option com.docker.network.endpoint.sysctls
//                     lists them: "net.ipv4.conf.IFNAME.log_martians=1,net.ipv6.neigh.IFNAME.…"
#pragma once

#include "base/error.h"

#include <stddef.h>

#define ENDPOINT_SYSCTL_WORD_MAX 63 /* the longest key of the kernel has 34 characters */

struct endpoint_sysctl {
	char folder[16]; /* "ipv4/conf", "ipv6/neigh", …: below net/ */
	char key[ENDPOINT_SYSCTL_WORD_MAX + 1];
	char value[ENDPOINT_SYSCTL_WORD_MAX + 1];
};

/* Reads the setting at *text and moves *text behind it and its comma. 1: read; 0: the list has
 * ended; ERROR_INVALID in Docker's words when it is no setting of an interface: of the four folders
 * of addresses and neighbours only, with the word IFNAME where the interface's name will stand. */
int endpoint_sysctl_next(const char **text, struct endpoint_sysctl *ret_sysctl,
			 struct error *error);

/* Where it is below /proc/sys for an interface. Returns the buffer. */
#define ENDPOINT_SYSCTL_PATH_MAX 120
const char *endpoint_sysctl_path(const struct endpoint_sysctl *sysctl, const char *ifname,
				 char buffer[static ENDPOINT_SYSCTL_PATH_MAX]);
