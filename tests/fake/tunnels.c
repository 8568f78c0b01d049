// SPDX-License-Identifier: GPL-2.0-or-later
// tunnels.c - ports of bridges that lead to other hosts, in memory
#include "tests/fake/world.h"

#include <net/if.h>

/* What of a far container a namespace has: entries one by one, as they are listed. */
static struct rtnl_far_entry *find(struct fake_netns *netns, int tunnel,
				   const struct rtnl_far_entry *entry)
{
	for (size_t i = 0; i < netns->n_far; i++) {
		struct rtnl_far_entry *other = &netns->far[i].entry;

		if (netns->far[i].tunnel == tunnel && other->part == entry->part &&
		    (entry->part == RTNL_FAR_NEIGHBOUR
			     ? addr_equal(&other->addr, &entry->addr)
			     : memcmp(&other->mac, &entry->mac, sizeof(entry->mac)) == 0))
			return other;
	}
	return NULL;
}

static void enter(struct fake_netns *netns, int tunnel, struct rtnl_far_entry entry, bool put)
{
	struct rtnl_far_entry *there = find(netns, tunnel, &entry);

	if (put && there)
		*there = entry;
	else if (put)
		*fake_push(netns->far, netns->n_far) = (struct fake_far) { tunnel, entry };
	else if (there)
		fake_remove(netns->far, netns->n_far,
			    (size_t)(container_of(there, struct fake_far, entry) - netns->far));
}

static void enter_all(struct fake_netns *netns, int tunnel, const struct rtnl_far *far, bool put)
{
	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&far->addr[family]))
			enter(netns, tunnel,
			      (struct rtnl_far_entry) { RTNL_FAR_NEIGHBOUR, far->mac,
							far->addr[family] },
			      put);
	if (!addr_is_set(&far->host))
		return;
	enter(netns, tunnel, (struct rtnl_far_entry) { RTNL_FAR_TUNNEL, far->mac, far->host }, put);
	enter(netns, tunnel, (struct rtnl_far_entry) { RTNL_FAR_PORT, far->mac, { 0 } }, put);
}

static void forget(struct fake_netns *netns, int tunnel)
{
	for (size_t i = netns->n_far; i-- > 0;)
		if (netns->far[i].tunnel == tunnel)
			fake_remove(netns->far, netns->n_far, i);
}

static int tunnels_ensure(struct rtnl *rtnl, const struct rtnl_vxlan *vxlan, int *ret_ifindex,
			  struct error *error)
{
	int err = fake_enter("tunnels.ensure", FAKE_CHANGE, "%s", vxlan->name);
	struct fake_link *link = fake_link_named(rtnl->netns, vxlan->name);

	if (err == 0 && link && strcmp(link->link.kind, "vxlan") != 0)
		return error_set(error, ERROR_CONFLICT,
				 "there is a link named %s already, and it is not a tunnel",
				 vxlan->name);
	if (err < 0)
		return error_system(error, err, "cannot start tunnel %s", vxlan->name);
	if (link &&
	    (link->link.vni != vxlan->vni || !addr_equal(&link->link.tunnel, &vxlan->local))) {
		forget(rtnl->netns, link->link.ifindex);
		fake_link_drop(link);
		link = NULL;
	}
	if (!link)
		link = fake_link_new(rtnl->netns, vxlan->name, "vxlan");
	link->link.vni = vxlan->vni;
	link->link.tunnel = vxlan->local;
	link->link.mac = vxlan->mac;
	link->link.mtu = vxlan->mtu ? vxlan->mtu : 1450;
	link->link.group = 0;
	link->master = fake_link_indexed(rtnl->netns, vxlan->master);
	link->link.port = RTNL_PORT_FIXED | RTNL_PORT_OTHER |
			  (vxlan->isolated ? RTNL_PORT_ISOLATED : 0U);
	(void)snprintf(link->link.alias, sizeof(link->link.alias), "%s", vxlan->alias);
	fake_link_set_up(link, true);
	*ret_ifindex = link->link.ifindex;
	return 0;
}

static int change(const char *operation, struct rtnl *rtnl, int tunnel, const struct rtnl_far *fars,
		  size_t n, bool put, struct error *error)
{
	int err = fake_enter(operation, FAKE_CHANGE, "%zu", n);

	if (err == 0 && !fake_link_indexed(rtnl->netns, tunnel))
		err = -ENODEV;
	if (err < 0)
		return error_system(error, err, "cannot lead to the containers of another host");
	for (size_t i = 0; i < n; i++)
		enter_all(rtnl->netns, tunnel, &fars[i], put);
	return 0;
}

static int tunnels_put(struct rtnl *rtnl, int tunnel, int bridge, const struct rtnl_far *fars,
		       size_t n, struct error *error)
{
	(void)bridge;
	return change("tunnels.put", rtnl, tunnel, fars, n, true, error);
}

static int tunnels_take(struct rtnl *rtnl, int tunnel, int bridge, const struct rtnl_far *fars,
			size_t n, struct error *error)
{
	(void)bridge;
	return change("tunnels.take", rtnl, tunnel, fars, n, false, error);
}

static int tunnels_all(struct rtnl *rtnl, int tunnel, int bridge,
		       struct rtnl_far_entry **ret_entries, size_t *ret_n, struct error *error)
{
	int err = fake_enter("tunnels.all", FAKE_LOOK, "%d", tunnel);
	struct rtnl_far_entry *entries = NULL;
	size_t n = 0;

	(void)bridge;
	if (err < 0)
		return error_system(error, err, "cannot list the containers of other hosts");
	for (size_t i = 0; i < rtnl->netns->n_far; i++)
		if (rtnl->netns->far[i].tunnel == tunnel)
			*fake_push(entries, n) = rtnl->netns->far[i].entry;
	*ret_entries = entries;
	*ret_n = n;
	return 0;
}

size_t fake_n_far(const char *netns)
{
	const struct fake_netns *at = fake_netns_at(netns);
	size_t n = 0;

	/* They go with their tunnel. */
	for (size_t i = 0; i < at->n_far; i++)
		n += fake_link_indexed(at, at->far[i].tunnel) != NULL;
	return n;
}

void fake_far_take(const char *netns, size_t i)
{
	struct fake_netns *at = fake_netns_at(netns);

	fake_remove(at->far, at->n_far, i);
}

const struct door_tunnels fake_tunnels = {
	.ensure = tunnels_ensure,
	.put = tunnels_put,
	.take = tunnels_take,
	.all = tunnels_all,
};
