// SPDX-License-Identifier: GPL-2.0-or-later
// hostdns.h - the host's resolv.conf: parsed, and followed while netd runs
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/limits.h"

#include <ev.h>
#include <stddef.h>

/* What a resolv.conf says (resolv.conf(5)). The last search or domain line wins; options add up. */
struct hostdns_conf {
	struct addr servers[DNS_SERVERS_MAX];
	char zones[DNS_SERVERS_MAX][IFNAME_LEN_MAX + 1]; /* fe80::1%eth0: "eth0"; else "" */
	size_t n_servers;
	char search[DNS_SEARCH_MAX][NAME_LEN_MAX + 1];
	size_t n_search;
	char options[256]; /* space-separated, as written */
};

/* Pure; lines it does not know and addresses it cannot read are passed over. 127.0.0.11 is a server
 * like others: netd's own are in its containers' namespaces, of which its own is never one, so this
 * is the resolver of an engine in whose container netd runs. */
void hostdns_parse(const char *text, struct hostdns_conf *ret_conf);

struct hostdns;

/* Reads path and watches it: the file, a symbolic link's target and both folders, because tools
 * replace the one or the other. on_change runs from the loop when what it says has changed. */
int hostdns_open(struct ev_loop *loop, const char *path, void (*on_change)(void *data), void *data,
		 struct hostdns **ret_hostdns, struct error *error);
void hostdns_close(struct hostdns *hostdns);
const struct hostdns_conf *hostdns_conf(const struct hostdns *hostdns);
