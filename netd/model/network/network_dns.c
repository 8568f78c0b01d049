// SPDX-License-Identifier: GPL-2.0-or-later
// network_dns.c - the name servers of a network, which its containers' questions go to
#include "model/network/network_dns.h"

#include <netd.h>
#include <string.h>

/* What would fail for each question is refused once instead. Whether the server answers is not
 * asked: it may be a container that is not there yet. */
static const char *why_unfit(const struct addr *addr, const char *text)
{
	if (addr_is_any(addr))
		return "it stands for no address in particular";
	if (addr_is_multicast(addr))
		return "it is a multicast address";
	/* Inside a container that is netd's resolver, which would ask itself. */
	if (strcmp(text, NETD_DNS_ADDRESS) == 0)
		return "netd itself answers there";
	/* RFC 4007, section 6: the address alone does not say where. */
	if (addr->family == AF_INET6 && addr_is_link_local(addr))
		return "a link-local address leads nowhere without an interface";
	return NULL;
}

int network_dns_read(const char *text, struct addr *ret_addr, struct error *error)
{
	struct addr addr;
	const char *why = addr_parse(text, &addr) < 0 ? "it is not an IP address"
						      : why_unfit(&addr, text);

	if (why)
		return error_set(error, ERROR_INVALID, "invalid DNS server %.80s: %s", text, why);
	*ret_addr = addr;
	return 0;
}

static bool has(const struct network_dns *dns, const struct addr *addr)
{
	for (size_t i = 0; i < dns->n; i++)
		if (addr_equal(&dns->servers[i], addr))
			return true;
	return false;
}

bool network_dns_add(struct network_dns *dns, const struct addr *addr)
{
	if (has(dns, addr))
		return true;
	if (dns->n == DNS_SERVERS_MAX)
		return false;
	dns->servers[dns->n++] = *addr;
	return true;
}

bool network_dns_equal(const struct network_dns *a, const struct network_dns *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (!addr_equal(&a->servers[i], &b->servers[i]))
			return false;
	return a->n == b->n;
}

int network_dns_apply(const struct network_dns *now, const struct network_dns_change *change,
		      const char *name, struct network_dns *ret_dns, struct error *error)
{
	const struct network_dns *from = change->replaces ? &change->with : now;
	struct network_dns dns = { .n = 0 };

	for (size_t i = 0; i < from->n; i++)
		if (!has(&change->drop, &from->servers[i]))
			dns.servers[dns.n++] = from->servers[i];
	/* After those that go, so that one list can take the place of another of the same length.
	 */
	for (size_t i = 0; i < change->add.n; i++)
		if (!network_dns_add(&dns, &change->add.servers[i]))
			return error_set(error, ERROR_INVALID,
					 "network %s has %zu DNS servers, and %s would be one more "
					 "than the %d that it can have: drop one",
					 name, dns.n, ADDR_STR(&change->add.servers[i]),
					 DNS_SERVERS_MAX);
	*ret_dns = dns;
	return 0;
}
