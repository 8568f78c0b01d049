// SPDX-License-Identifier: GPL-2.0-or-later
// options.h - the command line Podman calls netavark with
#pragma once

#include "base/error.h"

#include <stdbool.h>

/* Source: how Podman 4.3 to 5.8 build the command (vendor/…/libnetwork/netavark/exec.go), and the
 * options of netavark 1.4 to 2.1 itself. */

enum netavark_verb {
	NETAVARK_SETUP,
	NETAVARK_TEARDOWN,
	NETAVARK_UPDATE,
	NETAVARK_CREATE, /* Podman 6 */
	NETAVARK_VERSION,
	NETAVARK_FIREWALLD_RELOAD,
	NETAVARK_FIREWALL_RELOAD,
	NETAVARK_DHCP_PROXY,
	NETAVARK_N_VERBS,
};

/* Everything is borrowed from argv. */
struct netavark_options {
	enum netavark_verb verb;
	bool show_version, show_help; /* --version, --help: then verb says nothing */
	bool rootless;
	const char *file;	 /* -f: instead of stdin; NULL: stdin */
	const char *argument;	 /* the netns path of setup and teardown, the network of update */
	const char *dns_servers; /* --network-dns-servers: "a,b", "" for none; NULL: not given */
};

/* Options may stand anywhere, as --option=value or --option value, short ones as -f value or
 * -fvalue. What netd has no use for (the directories, the firewall) and options that are not known
 * are passed over: newer Podmans have more of them. ERROR_INVALID names what is wrong. */
int netavark_options_parse(int argc, char *const *argv, struct netavark_options *ret_options,
			   struct error *error);
