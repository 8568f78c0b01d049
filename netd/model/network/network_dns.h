// SPDX-License-Identifier: GPL-2.0-or-later
// network_dns.h - the name servers of a network, which its containers' questions go to
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>

/* In the order in which they were given; none is in it twice. None at all: those of netd.json, or
 * the host's. */
struct network_dns {
	struct addr servers[DNS_SERVERS_MAX];
	size_t n;
};

/* What is to become of them: in the place of those there are, without some, with others behind. */
struct network_dns_change {
	bool replaces;
	struct network_dns with, drop, add;
};

/* Reads one server of a request. ERROR_INVALID: no address, or one that nobody can be asked at. */
int network_dns_read(const char *text, struct addr *ret_addr, struct error *error);
/* At the end, unless it is in the list. false: the list is full. */
bool network_dns_add(struct network_dns *dns, const struct addr *addr);
bool network_dns_equal(const struct network_dns *a, const struct network_dns *b);
/* *ret_dns: what the change makes of now. name is the network's. One that is to go and is not there
 * is no error, as with Podman. ERROR_INVALID: there would be more than DNS_SERVERS_MAX. */
int network_dns_apply(const struct network_dns *now, const struct network_dns_change *change,
		      const char *name, struct network_dns *ret_dns, struct error *error);
