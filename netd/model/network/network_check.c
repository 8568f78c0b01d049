// SPDX-License-Identifier: GPL-2.0-or-later
// network_check.c - what can be judged about a network spec without the rest of the world
#include "model/network/network_check.h"

#include "base/cleanup.h"
#include "model/ipam/subnet.h"
#include "model/text/ifname.h"
#include "model/text/name.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Docker reports all that is wrong with the subnets at once, a line each. The text is what stands
 * behind the error's prefix. `len` does not count the NUL. */
struct complaints {
	char text[ERROR_TEXT_MAX];
	size_t len;
};

/* Adds a line. A text that is full takes no more, and the error stays readable. The lines stand in
 * the order in which the subnets are looked at. */
__attribute__((format(printf, 2, 3))) static void complain(struct complaints *complaints,
							   const char *format, ...)
{
	/* Less than two bytes hold no further line: what does not fit is left out, and the first
	 * complaints are there. */
	size_t room = sizeof(complaints->text) - complaints->len;
	va_list args;
	int len;

	if (room < 2)
		return;
	/* Each complaint begins a line behind the prefix of the error. */
	complaints->text[complaints->len++] = '\n';
	room--;
	va_start(args, format);
	len = vsnprintf(complaints->text + complaints->len, room, format, args);
	va_end(args);
	if (len > 0)
		complaints->len += (size_t)len < room ? (size_t)len : room - 1;
}

/* "Any subnet of this size": nothing can be inside it yet. The subnet is chosen later, when the
 * network is made. */
static bool is_size_only(const struct prefix *prefix)
{
	return addr_is_any(&prefix->addr);
}

/* Why addr cannot be given to an interface of the subnet, or NULL. The address lies in the subnet;
 * the caller has looked. */
static const char *why_not_inside(const struct subnet *subnet, const struct addr *addr)
{
	const struct prefix *prefix = &subnet->prefix;
	struct addr first, last;

	/* The gateway and the pool ask the same function, so they never differ. */
	subnet_usable(prefix, &first, &last);
	if (addr_compare(addr, &first) < 0)
		return prefix->addr.family == AF_INET ? "it is the network address"
						      : "it is the subnet-router anycast address";
	if (addr_compare(addr, &last) > 0)
		return "it is the broadcast address";
	return NULL;
}

/* what: "gateway", "auxiliary address"; name: what Docker puts after it. The sentences are
 * Docker's. */
static void check_inside(const struct subnet *subnet, const char *what, const char *name,
			 const struct addr *addr, struct complaints *complaints)
{
	const struct prefix *prefix = &subnet->prefix;
	const char *why;

	/* One complaint for each address, the plainest first. */
	if (addr->family != prefix->addr.family)
		complain(complaints, "invalid %s %s: parent subnet is an %s block", what, name,
			 family_name(family_of(prefix->addr.family)));
	/* Which subnet it will be is decided later, so no address can be known to lie in it. */
	else if (is_size_only(prefix) || !prefix_contains(prefix, addr))
		complain(complaints, "invalid %s %s: parent subnet %s doesn't contain this address",
			 what, name, PREFIX_STR(prefix));
	else if ((why = why_not_inside(subnet, addr)))
		complain(complaints, "invalid %s %s: %s of %s", what, name, why,
			 PREFIX_STR(prefix));
}

/* The range is where addresses are given from, so it must lie within the subnet. A range of the
 * wrong family is not looked at any further. */
static void check_range(const struct subnet *subnet, struct complaints *complaints)
{
	const struct prefix *range = &subnet->range, *prefix = &subnet->prefix;
	struct prefix masked = { .addr = prefix_first(range), .len = range->len };

	if (range->addr.family != prefix->addr.family) {
		complain(complaints, "invalid ip-range %s: parent subnet is an %s block",
			 PREFIX_STR(range), family_name(family_of(prefix->addr.family)));
		return;
	}
	if (prefix_has_host_bits(range))
		complain(complaints, "invalid ip-range %s: it should be %s", PREFIX_STR(range),
			 PREFIX_STR(&masked));
	/* Said beside the one above: both may be wrong, and whoever mends one wants to know of the
	 * other. */
	if (range->len < prefix->len)
		complain(complaints,
			 "invalid ip-range %s: CIDR block is bigger than its parent subnet %s",
			 PREFIX_STR(range), PREFIX_STR(prefix));
	else if (is_size_only(prefix) || !prefix_contains(prefix, &range->addr))
		complain(complaints,
			 "invalid ip-range %s: parent subnet %s doesn't contain ip-range",
			 PREFIX_STR(range), PREFIX_STR(prefix));
}

/* One sentence, the most basic one. A size alone, such as 0.0.0.0/24, is not asked whether it fits:
 * it has no addresses yet. */
static void check_prefix(const struct prefix *prefix, struct complaints *complaints)
{
	struct prefix masked = { .addr = prefix_first(prefix), .len = prefix->len };

	if (prefix->len == 0)
		complain(complaints, "invalid subnet %s: its length must not be 0",
			 PREFIX_STR(prefix));
	else if (prefix_has_host_bits(prefix))
		complain(complaints, "invalid subnet %s: it should be %s", PREFIX_STR(prefix),
			 PREFIX_STR(&masked));
	else if (!is_size_only(prefix) && subnet_unfit(prefix))
		/* Last: with host bits it is not certain which subnet was meant. */
		complain(complaints, "invalid subnet %s: it holds %s addresses", PREFIX_STR(prefix),
			 subnet_unfit(prefix));
}

/* An address stands for one thing. `index` is the place of the address in the list. A complaint
 * names both, so a person sees which of them to change. */
static void check_aux_unique(const struct subnet *subnet, size_t index,
			     struct complaints *complaints)
{
	const struct aux_address *aux = &subnet->aux[index];

	if (addr_is_set(&subnet->gateway) && addr_equal(&subnet->gateway, &aux->addr))
		complain(complaints, "invalid auxiliary address %s: %s is the gateway", aux->name,
			 ADDR_STR(&aux->addr));
	/* Only those before it, so that each pair is complained of once. */
	for (size_t i = 0; i < index; i++) {
		if (addr_equal(&subnet->aux[i].addr, &aux->addr))
			complain(complaints,
				 "invalid auxiliary address %s: %s is auxiliary address %s too",
				 aux->name, ADDR_STR(&aux->addr), subnet->aux[i].name);
	}
}

/* A subnet that is not given must not have parts either. All complaints of one subnet are
 * collected. */
static void check_subnet(const struct subnet *subnet, struct complaints *complaints)
{
	/* First, since the loop below compares each with all before it. */
	if (subnet->n_aux > AUX_ADDRESSES_MAX) {
		complain(complaints, "invalid subnet %s: more than %d auxiliary addresses",
			 PREFIX_STR(&subnet->prefix), AUX_ADDRESSES_MAX);
		return;
	}
	if (!addr_is_set(&subnet->prefix.addr)) {
		if (addr_is_set(&subnet->gateway))
			complain(complaints, "invalid gateway %s: no subnet is given",
				 ADDR_STR(&subnet->gateway));
		if (addr_is_set(&subnet->range.addr))
			complain(complaints, "invalid ip-range %s: no subnet is given",
				 PREFIX_STR(&subnet->range));
		if (subnet->n_aux > 0)
			complain(complaints, "invalid auxiliary address %s: no subnet is given",
				 subnet->aux[0].name);
		return;
	}
	check_prefix(&subnet->prefix, complaints);
	if (addr_is_set(&subnet->range.addr))
		check_range(subnet, complaints);
	if (addr_is_set(&subnet->gateway))
		check_inside(subnet, "gateway", ADDR_STR(&subnet->gateway), &subnet->gateway,
			     complaints);
	for (size_t i = 0; i < subnet->n_aux; i++) {
		check_inside(subnet, "auxiliary address", subnet->aux[i].name, &subnet->aux[i].addr,
			     complaints);
		check_aux_unique(subnet, i, complaints);
	}
}

/* A subnet of a family that is off is not looked at: Docker lets it pass, and so do its clients. 0,
 * or the error is set with all complaints of both families. */
static int check_subnets(const struct network_spec *spec, struct error *error)
{
	struct complaints complaints = { 0 };

	for (enum family family = 0; family < FAMILY_N; family++) {
		if (network_has(spec, family))
			check_subnet(&spec->subnet[family], &complaints);
	}
	if (complaints.len > 0)
		return error_set(error, ERROR_INVALID, "invalid network config:%s",
				 complaints.text);
	return 0;
}

/* Names and sizes that the kernel would refuse when the bridge is made. 0, or the error is set. An
 * MTU of 0 is the host's choice. */
static int check_link(const struct network_spec *spec, struct error *error)
{
	/* The kernel takes IPv6 off an interface whose MTU is below 1280 (RFC 8200, 5;
	 * net/ipv6/addrconf.c). */
	uint32_t least = spec->has[FAMILY_6] ? MTU_MIN_IPV6 : MTU_MIN;

	if (spec->bridge[0] && !ifname_is_valid(spec->bridge))
		return error_set(error, ERROR_INVALID, "invalid bridge name \"%s\"", spec->bridge);
	if (spec->mtu != 0 && (spec->mtu < least || spec->mtu > MTU_MAX))
		return error_set(error, ERROR_INVALID, "invalid mtu %u: %u to %u is wanted%s",
				 spec->mtu, least, MTU_MAX,
				 spec->has[FAMILY_6] ? " on a network with IPv6" : "");
	return 0;
}

int network_check_dns(const struct network_spec *spec, const struct network_dns *dns,
		      struct error *error)
{
	if (dns->n == 0 || (spec->kind->named && !spec->no_addresses))
		return 0;
	return error_set(error, ERROR_INVALID,
			 "network %s has no names, so nobody would ask the DNS server %s: leave it "
			 "out",
			 spec->name, ADDR_STR(&dns->servers[0]));
}

/* The order: the name, the families, the kind, the subnets, the link, the servers. The first group
 * with a complaint ends it. 0, or the error is set. Whether a subnet is free, or a name taken, is
 * not asked here. */
int network_check_spec(const struct network_spec *spec, struct error *error)
{
	int err;

	if ((err = name_check("network", spec->name, error)) < 0)
		return err;
	if (!spec->has[FAMILY_4] && !spec->has[FAMILY_6] && !spec->no_addresses)
		return error_set(error, ERROR_INVALID, "IPv4 or IPv6 must be enabled");
	if ((err = kind_check(spec, error)) < 0 || (err = check_subnets(spec, error)) < 0)
		return err;
	err = check_link(spec, error);
	return err < 0 ? err : network_check_dns(spec, &spec->dns, error);
}
