// SPDX-License-Identifier: GPL-2.0-or-later
// links.c - the kernel in memory: links, bridges and pairs, their addresses and routes
#include "world.h"

#include "base/limits.h"
#include "model/container/endpoint_route.h"
#include "model/container/endpoint_sysctl.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sys/stat.h>

/* --- what is there --- */

struct fake_link *fake_link_named(const struct fake_netns *netns, const char *name)
{
	for (size_t i = 0; i < netns->n_links; i++)
		if (strcmp(netns->links[i]->link.name, name) == 0)
			return netns->links[i];
	return NULL;
}

struct fake_link *fake_link_indexed(const struct fake_netns *netns, int ifindex)
{
	for (size_t i = 0; i < netns->n_links; i++)
		if (netns->links[i]->link.ifindex == ifindex)
			return netns->links[i];
	return NULL;
}

static bool is_up(const struct fake_link *link)
{
	return link->link.flags & IFF_UP;
}

static bool has_carrier(const struct fake_link *link)
{
	if (!is_up(link))
		return false;
	if (strcmp(link->link.kind, "veth") == 0)
		return link->peer && is_up(link->peer);
	if (strcmp(link->link.kind, "bridge") != 0)
		return true;
	for (size_t i = 0; i < link->netns->n_links; i++)
		if (link->netns->links[i]->master == link && has_carrier(link->netns->links[i]))
			return true;
	return false;
}

static bool has_ipv6(const struct fake_link *link)
{
	return fake_setting_is(link->netns, "ipv6", link->link.name, "disable_ipv6", "0");
}

void fake_link_fill_in(struct fake_link *fake)
{
	struct rtnl_link *link = &fake->link;

	link->master = fake->master ? fake->master->link.ifindex : 0;
	link->peer = fake->peer ? fake->peer->link.ifindex : 0;
	link->flags &= ~(uint32_t)(IFF_RUNNING | IFF_LOWER_UP);
	if (has_carrier(fake))
		link->flags |= IFF_RUNNING | IFF_LOWER_UP;
	if (!fake->master)
		link->port = 0;
	link->forwards[FAMILY_4] = fake_setting_is(fake->netns, "ipv4", link->name, "forwarding",
						   "1");
	link->forwards[FAMILY_6] = fake_setting_is(fake->netns, "ipv6", link->name, "forwarding",
						   "1");
	link->route_localnet = fake_setting_is(fake->netns, "ipv4", link->name, "route_localnet",
					       "1");
	link->answers = fake_setting_is(fake->netns, "ipv4", link->name, "proxy_arp", "1");
	link->ipv6 = has_ipv6(fake);
}

/* dev_valid_name() */
static bool is_name(const char *name)
{
	return *name && strlen(name) <= IFNAME_LEN_MAX && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0 && !strpbrk(name, "/: \t\n");
}

struct fake_link *fake_link_new(struct fake_netns *netns, const char *name, const char *kind)
{
	static uint8_t last_mac;
	struct fake_link *link = calloc(1, sizeof(*link));

	link->netns = netns;
	link->link.ifindex = ++netns->last_ifindex;
	link->link.mtu = 1500;
	link->link.mac = (struct mac) { { 2, 0, 0, 0, 0, ++last_mac } };
	(void)snprintf(link->link.name, sizeof(link->link.name), "%s", name);
	(void)snprintf(link->link.kind, sizeof(link->link.kind), "%s", kind);
	*fake_push(netns->links, netns->n_links) = link;
	fake_settings_of_link(netns, name);
	return link;
}

static void drop_addrs(struct fake_link *link, uint8_t family)
{
	struct fake_netns *netns = link->netns;

	for (size_t i = netns->n_addrs; i-- > 0;)
		if (netns->addrs[i].link == link &&
		    (family == 0 || netns->addrs[i].prefix.addr.family == family))
			fake_remove(netns->addrs, netns->n_addrs, i);
}

static void drop_routes(struct fake_link *link)
{
	struct fake_netns *netns = link->netns;

	for (size_t i = netns->n_routes; i-- > 0;)
		if (netns->routes[i].link == link)
			fake_remove(netns->routes, netns->n_routes, i);
}

static void drop_one(struct fake_link *link)
{
	struct fake_netns *netns = link->netns;

	drop_addrs(link, 0);
	drop_routes(link);
	fake_settings_drop(netns, link->link.name);
	for (size_t i = netns->n_links; i-- > 0;) {
		if (netns->links[i]->master == link)
			netns->links[i]->master = NULL;
		if (netns->links[i] == link)
			fake_remove(netns->links, netns->n_links, i);
	}
	free(link);
}

void fake_link_drop(struct fake_link *link)
{
	struct fake_link *peer = link->peer;

	drop_one(link);
	if (peer)
		drop_one(peer);
}

/* Of the MAC, when the link may speak. */
static void give_link_local(struct fake_link *link)
{
	const uint8_t *m = link->link.mac.bytes;
	struct fake_netns *netns = link->netns;
	struct prefix ll = { .addr = { .family = AF_INET6,
				       .bytes = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, m[0] ^ 2, m[1],
						  m[2], 0xff, 0xfe, m[3], m[4], m[5] } },
			     .len = 64 };
	struct fake_addr *addr;

	if (!has_carrier(link) || !has_ipv6(link) || link->master ||
	    strcmp(link->link.name, "lo") == 0 || fake_addr_find(netns, link, &ll.addr))
		return;
	addr = fake_push(netns->addrs, netns->n_addrs);
	addr->link = link;
	addr->prefix = ll;
}

/* A carrier that came is the peer's and the bridge's, too. */
static void settle_carriers(struct fake_link *link)
{
	give_link_local(link);
	if (link->master)
		give_link_local(link->master);
	if (link->peer) {
		give_link_local(link->peer);
		if (link->peer->master)
			give_link_local(link->peer->master);
	}
}

void fake_link_set_up(struct fake_link *link, bool up)
{
	if (up) {
		link->link.flags |= IFF_UP;
		settle_carriers(link);
		return;
	}
	link->link.flags &= ~(uint32_t)IFF_UP;
	drop_addrs(link, AF_INET6);
	drop_routes(link);
}

void fake_links_heed_settings(struct fake_netns *netns)
{
	for (size_t i = 0; i < netns->n_links; i++)
		if (!has_ipv6(netns->links[i]))
			drop_addrs(netns->links[i], AF_INET6);
}

struct fake_addr *fake_addr_find(const struct fake_netns *netns, const struct fake_link *link,
				 const struct addr *addr)
{
	for (size_t i = 0; i < netns->n_addrs; i++)
		if (netns->addrs[i].link == link && addr_equal(&netns->addrs[i].prefix.addr, addr))
			return &netns->addrs[i];
	return NULL;
}

/* Adding what is there says so again: NLM_F_REPLACE. */
static int add_addr(struct fake_link *link, const struct prefix *prefix, bool of_bridge)
{
	struct fake_netns *netns = link->netns;
	struct fake_addr *addr;

	if (!addr_is_set(&prefix->addr))
		return 0;
	if (prefix->addr.family == AF_INET6 && !has_ipv6(link))
		return -EACCES;
	addr = fake_addr_find(netns, link, &prefix->addr);
	if (!addr)
		addr = fake_push(netns->addrs, netns->n_addrs);
	addr->link = link;
	addr->prefix = *prefix;
	addr->of_bridge |= of_bridge;
	return 0;
}

static void print_link(const struct fake_link *link, FILE *out)
{
	const struct fake_netns *netns = link->netns;

	fprintf(out, "link %s kind %s%s%s mtu %u alias '%s' port %x%s\n", link->link.name,
		link->link.kind, link->master ? " master " : "",
		link->master ? link->master->link.name : "", link->link.mtu, link->link.alias,
		link->link.port, is_up(link) ? " up" : "");
	fake_shape_print(link, out);
	for (size_t i = 0; i < netns->n_addrs; i++)
		if (netns->addrs[i].link == link &&
		    !addr_is_link_local(&netns->addrs[i].prefix.addr))
			fprintf(out, "  addr %s\n", PREFIX_STR(&netns->addrs[i].prefix));
	for (size_t i = 0; i < netns->n_routes; i++)
		if (netns->routes[i].link == link)
			fprintf(out, "  route %s via %s metric %u\n",
				PREFIX_STR(&netns->routes[i].route.dst),
				ADDR_STR(&netns->routes[i].route.gateway), netns->routes[i].metric);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct fake_link *const *)a)->link.name,
		      (*(struct fake_link *const *)b)->link.name);
}

void fake_links_print(const struct fake_netns *netns, FILE *out)
{
	struct fake_link **links = calloc(netns->n_links + 1, sizeof(*links));

	if (netns->n_links > 0)
		memcpy(links, netns->links, netns->n_links * sizeof(*links));
	qsort(links, netns->n_links, sizeof(*links), by_name);
	for (size_t i = 0; i < netns->n_links; i++)
		if (links[i]->link.ifindex != 1 && links[i]->link.group != RTNL_GROUP_DYING &&
		    links[i]->link.group != RTNL_GROUP_DYING_BRIDGES)
			print_link(links[i], out);
	free(links);
}

/* --- a foreign hand --- */

struct rtnl_link *fake_link(const char *netns, const char *name)
{
	struct fake_link *link = fake_link_named(fake_netns_at(netns), name);

	if (!link)
		return NULL;
	fake_link_fill_in(link);
	fake_watches_wake();
	return &link->link;
}

size_t fake_n_links(const char *netns)
{
	return fake_netns_at(netns)->n_links - 1;
}

void fake_link_take(const char *netns, const char *name)
{
	fake_link_drop(fake_link_named(fake_netns_at(netns), name));
	fake_watches_wake();
}

void fake_link_put(const char *netns, const char *name)
{
	(void)fake_link_new(fake_netns_at(netns), name, "");
	fake_watches_wake();
}

static struct fake_addr *addr_at(const char *netns, const char *ifname, const char *text)
{
	const struct fake_netns *at = fake_netns_at(netns);
	const struct fake_link *link = fake_link_named(at, ifname);
	struct prefix prefix;
	struct fake_addr *addr;

	if (!link || prefix_parse(text, &prefix) < 0)
		return NULL;
	addr = fake_addr_find(at, link, &prefix.addr);
	return addr && addr->prefix.len == prefix.len ? addr : NULL;
}

bool fake_has_addr(const char *netns, const char *ifname, const char *prefix)
{
	return addr_at(netns, ifname, prefix);
}

void fake_addr_put(const char *netns, const char *ifname, const char *prefix)
{
	struct fake_link *link = fake_link_named(fake_netns_at(netns), ifname);
	struct prefix addr;

	fake_link_set_up(link, true);
	if (prefix_parse(prefix, &addr) == 0)
		(void)add_addr(link, &addr, false);
	fake_watches_wake();
}

void fake_addr_take(const char *netns, const char *ifname, const char *prefix)
{
	struct fake_netns *at = fake_netns_at(netns);
	size_t i = (size_t)(addr_at(netns, ifname, prefix) - at->addrs);

	fake_remove(at->addrs, at->n_addrs, i);
	fake_watches_wake();
}

void fake_routes_take(const char *netns, const char *ifname, const char *prefix)
{
	struct fake_addr *addr = addr_at(netns, ifname, prefix);

	addr->no_subnet = addr->no_local = true;
	fake_watches_wake();
}

void fake_bridge_deafen(const char *name)
{
	fake_link_named(fake_world->host, name)->deaf = true;
	fake_watches_wake();
}

/* --- links --- */

static int links_open(struct rtnl **ret_rtnl, struct error *error)
{
	int err = fake_enter("links.open", FAKE_LOOK, " ");

	if (err < 0)
		return error_system(error, err, "cannot open a rtnetlink socket");
	*ret_rtnl = calloc(1, sizeof(**ret_rtnl));
	(*ret_rtnl)->netns = fake_world->current;
	fake_world->n_open++;
	return 0;
}

static void links_close(struct rtnl *rtnl)
{
	if (!rtnl)
		return;
	fake_world->n_open--;
	free(rtnl);
}

static int links_all(struct rtnl *rtnl, struct rtnl_link **ret_links, size_t *ret_n,
		     struct error *error)
{
	int err = fake_enter("links.all", FAKE_LOOK, " ");
	const struct fake_netns *netns = rtnl->netns;

	if (err < 0)
		return error_system(error, err, "cannot list the links");
	*ret_links = calloc(netns->n_links + 1, sizeof(**ret_links));
	*ret_n = netns->n_links;
	for (size_t i = 0; i < netns->n_links; i++) {
		fake_link_fill_in(netns->links[i]);
		(*ret_links)[i] = netns->links[i]->link;
	}
	return 0;
}

/* Nothing goes through a link in memory but what a test says. */
static void see_link(struct fake_link *fake, struct seen_link *ret_seen)
{
	const struct rtnl_link *link = &fake->link;

	fake_link_fill_in(fake);
	*ret_seen = (struct seen_link) { .ifindex = link->ifindex,
					 .master = link->master,
					 .peer = link->peer,
					 .mac = link->mac,
					 .mtu = link->mtu,
					 .is_up = (link->flags & IFF_UP) != 0,
					 .is_running = (link->flags & IFF_RUNNING) != 0,
					 .received = fake->received,
					 .sent = fake->sent };
	(void)snprintf(ret_seen->name, sizeof(ret_seen->name), "%s", link->name);
	(void)snprintf(ret_seen->kind, sizeof(ret_seen->kind), "%s", link->kind);
	(void)snprintf(ret_seen->alias, sizeof(ret_seen->alias), "%s", link->alias);
}

static int links_counted_one(struct rtnl *rtnl, int ifindex, struct seen_link *ret_link,
			     struct error *error)
{
	int err = fake_enter("links.counted_one", FAKE_LOOK, "%d", ifindex);
	struct fake_link *link = fake_link_indexed(rtnl->netns, ifindex);

	if (err < 0)
		return error_system(error, err, "cannot read link %d", ifindex);
	if (!link)
		return -ENOENT;
	see_link(link, ret_link);
	return 0;
}

static int links_counted(struct rtnl *rtnl, struct seen_link **ret_links, size_t *ret_n,
			 struct error *error)
{
	int err = fake_enter("links.counted", FAKE_LOOK, " ");
	const struct fake_netns *netns = rtnl->netns;

	if (err < 0)
		return error_system(error, err, "cannot list the links");
	*ret_links = calloc(netns->n_links + 1, sizeof(**ret_links));
	*ret_n = netns->n_links;
	for (size_t i = 0; i < netns->n_links; i++)
		see_link(netns->links[i], &(*ret_links)[i]);
	return 0;
}

static int links_traffic(struct rtnl *rtnl, struct seen_through **ret_links, size_t *ret_n,
			 struct error *error)
{
	int err = fake_enter("links.traffic", FAKE_LOOK, " ");
	const struct fake_netns *netns = rtnl->netns;

	if (err < 0)
		return error_system(error, err, "cannot read the counters of the links");
	*ret_links = calloc(netns->n_links + 1, sizeof(**ret_links));
	*ret_n = netns->n_links;
	for (size_t i = 0; i < netns->n_links; i++) {
		struct seen_link link = { 0 };

		see_link(netns->links[i], &link);
		(*ret_links)[i] = (struct seen_through) { link.ifindex, link.received, link.sent };
	}
	return 0;
}

static int give_link(struct fake_link *link, struct rtnl_link *ret_link)
{
	if (!link)
		return -ENOENT;
	fake_link_fill_in(link);
	*ret_link = link->link;
	return 0;
}

static int links_by_name(struct rtnl *rtnl, const char *name, struct rtnl_link *ret_link,
			 struct error *error)
{
	int err = fake_enter("links.by_name", FAKE_LOOK, "%s", name);

	if (err < 0)
		return error_system(error, err, "cannot read link %s", name);
	return give_link(fake_link_named(rtnl->netns, name), ret_link);
}

static int links_by_index(struct rtnl *rtnl, int ifindex, struct rtnl_link *ret_link,
			  struct error *error)
{
	int err = fake_enter("links.by_index", FAKE_LOOK, "%d", ifindex);

	if (err < 0)
		return error_system(error, err, "cannot read link %d", ifindex);
	return give_link(fake_link_indexed(rtnl->netns, ifindex), ret_link);
}

static void links_wake(struct rtnl *rtnl, int ifindex)
{
	(void)fake_enter("links.wake", FAKE_LOOK, "%d", ifindex);
	(void)rtnl;
}

static void rename_link(struct fake_link *link, const char *name)
{
	fake_settings_rename(link->netns, link->link.name, name);
	(void)snprintf(link->link.name, sizeof(link->link.name), "%s", name);
}

static int links_rename(struct rtnl *rtnl, int ifindex, const char *name, struct error *error)
{
	int err = fake_enter("links.rename", FAKE_CHANGE, "%s", name);
	struct fake_link *link = fake_link_indexed(rtnl->netns, ifindex);
	const struct fake_link *other = fake_link_named(rtnl->netns, name);

	if (err == 0 && !link)
		err = -ENODEV;
	else if (err == 0 && !is_name(name))
		err = -EINVAL;
	else if (err == 0 && other && other != link)
		err = -EEXIST;
	if (err < 0)
		return error_system(error, err, "cannot give link %d the name %s", ifindex, name);
	if (!other)
		rename_link(link, name);
	return 0;
}

static void set_alias(struct fake_link *link, const char *alias)
{
	if (alias)
		(void)snprintf(link->link.alias, sizeof(link->link.alias), "%s", alias);
}

static int links_alias(struct rtnl *rtnl, int ifindex, const char *alias, struct error *error)
{
	int err = fake_enter("links.alias", FAKE_CHANGE, "%s", alias);
	struct fake_link *link = fake_link_indexed(rtnl->netns, ifindex);

	if (err == 0 && !link)
		err = -ENODEV;
	if (err < 0)
		return error_system(error, err, "cannot give link %d the alias %s", ifindex, alias);
	set_alias(link, alias);
	return 0;
}

static int links_remove(struct rtnl *rtnl, int ifindex, struct error *error)
{
	struct fake_link *link = fake_link_indexed(rtnl->netns, ifindex);
	int err = fake_enter("links.remove", FAKE_CHANGE, "%s", link ? link->link.name : "-");

	if (err == 0 && link && !link->link.kind[0])
		err = -EOPNOTSUPP; /* it is nobody's to delete, as lo and hardware */
	if (err < 0)
		return error_system(error, err, "cannot delete link %d", ifindex);
	if (link)
		fake_link_drop(link);
	return 0;
}

static int links_doom(struct rtnl *rtnl, int ifindex, struct error *error)
{
	struct fake_link *link = fake_link_indexed(rtnl->netns, ifindex);
	int err = fake_enter("links.doom", FAKE_CHANGE, "%s", link ? link->link.name : "-");

	if (err < 0)
		return error_system(error, err, "cannot retire link %d", ifindex);
	if (link)
		link->link.group = RTNL_GROUP_DYING;
	return 0;
}

static int sweep(struct rtnl *rtnl, const char *operation, uint32_t group, struct error *error)
{
	int err = fake_enter(operation, FAKE_CHANGE, " ");
	struct fake_netns *netns = rtnl->netns;

	if (err < 0)
		return error_system(error, err, "cannot delete the retired links");
	for (size_t i = 0; i < netns->n_links;)
		if (netns->links[i]->link.group == group) {
			fake_link_drop(netns->links[i]);
			i = 0; /* its peer may have stood before it */
		} else {
			i++;
		}
	return 0;
}

static int links_sweep(struct rtnl *rtnl, struct error *error)
{
	return sweep(rtnl, "links.sweep", RTNL_GROUP_DYING, error);
}

static int links_sweep_bridges(struct rtnl *rtnl, struct error *error)
{
	return sweep(rtnl, "links.sweep_bridges", RTNL_GROUP_DYING_BRIDGES, error);
}

const struct door_links fake_links = {
	.open = links_open,
	.close = links_close,
	.all = links_all,
	.counted = links_counted,
	.traffic = links_traffic,
	.counted_one = links_counted_one,
	.by_name = links_by_name,
	.by_index = links_by_index,
	.wake = links_wake,
	.rename = links_rename,
	.alias = links_alias,
	.remove = links_remove,
	.doom = links_doom,
	.sweep = links_sweep,
	.sweep_bridges = links_sweep_bridges,
};

/* --- bridges --- */

static void put(struct fake_link *link, const char *family, const char *key, const char *value)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "net/%s/conf/%s/%s", family, link->link.name, key);
	(void)fake_setting_put(link->netns, path, value); /* a link has all of them */
}

static void ipv6_on(struct fake_link *link)
{
	put(link, "ipv6", "disable_ipv6", "0");
	put(link, "ipv6", "accept_ra", "0");
	put(link, "ipv6", "accept_dad", "0");
	put(link, "ipv6", "mldv2_unsolicited_report_interval", "86400000");
}

static int set_mtu(struct fake_link *link, uint32_t mtu)
{
	if (mtu == 0)
		return 0;
	if (mtu < 68 || mtu > 65535)
		return -EINVAL;
	link->link.mtu = mtu;
	return 0;
}

/* Up, with its settings and addresses. */
static int bridge_settle(struct fake_link *link, const struct rtnl_bridge *bridge)
{
	int err;

	if (bridge->ipv6)
		ipv6_on(link);
	else
		put(link, "ipv6", "disable_ipv6", "1");
	put(link, "ipv4", "route_localnet", "1");
	if (bridge->forward && addr_is_set(&bridge->addr[FAMILY_4].addr))
		put(link, "ipv4", "forwarding", "1");
	if (bridge->forward && bridge->ipv6)
		put(link, "ipv6", "forwarding", "1");
	if (bridge->answers)
		put(link, "ipv4", "proxy_arp", "1");
	err = set_mtu(link, bridge->mtu);
	if (err < 0)
		return err;
	set_alias(link, bridge->alias);
	fake_link_set_up(link, true);
	for (enum family family = 0; family < (bridge->ipv6 ? FAMILY_N : FAMILY_6); family++)
		if ((err = add_addr(link, &bridge->addr[family], true)) < 0)
			return err;
	return 0;
}

static int bridges_ensure(struct rtnl *rtnl, const struct rtnl_bridge *bridge, int *ret_ifindex,
			  struct error *error)
{
	int err = fake_enter("bridges.ensure", FAKE_CHANGE, "%s", bridge->name);
	struct fake_link *link = fake_link_named(rtnl->netns, bridge->name);
	bool made = !link;

	if (err == 0 && link && strcmp(link->link.kind, "bridge") != 0)
		return error_set(error, ERROR_CONFLICT,
				 "there is a link named %s already, and it is not a bridge",
				 bridge->name);
	if (err == 0 && made && !is_name(bridge->name))
		err = -EINVAL;
	if (err == 0 && mac_is_multicast(&bridge->mac))
		err = -EADDRNOTAVAIL;
	if (err < 0)
		return error_system(error, err, "cannot %s bridge %s", made ? "make" : "change",
				    bridge->name);
	if (made)
		link = fake_link_new(rtnl->netns, bridge->name, "bridge");
	link->link.mac = bridge->mac;
	link->link.bridge_differs = false;
	link->link.group = 0;
	err = bridge_settle(link, bridge);
	if (err < 0) {
		if (made)
			fake_link_drop(link);
		return error_system(error, err, "cannot start bridge %s", bridge->name);
	}
	*ret_ifindex = link->link.ifindex;
	return 0;
}

static int bridges_restore(struct rtnl *rtnl, const struct rtnl_bridge *bridge, int ifindex,
			   struct error *error)
{
	int err = fake_enter("bridges.restore", FAKE_CHANGE, "%s", bridge->name);
	struct fake_link *link = fake_link_indexed(rtnl->netns, ifindex);

	if (err == 0 && !link)
		err = -ENODEV;
	if (err < 0)
		return error_system(error, err, "cannot restore the routes of bridge %s",
				    bridge->name);
	for (size_t i = 0; i < rtnl->netns->n_addrs; i++) {
		struct fake_addr *addr = &rtnl->netns->addrs[i];

		if (addr->link != link)
			continue;
		addr->no_subnet = addr->no_local = false;
		addr->replaced = addr->prefix.addr.family == AF_INET6;
	}
	link->deaf = false;
	settle_carriers(link);
	return 0;
}

static bool bridges_hears(struct rtnl *rtnl, int ifindex, const struct mac *mac)
{
	const struct fake_link *link = fake_link_indexed(rtnl->netns, ifindex);

	if (fake_enter("bridges.hears", FAKE_LOOK, "%d", ifindex) < 0)
		return true; /* as where the kernel cannot be asked */
	return link && !link->deaf && memcmp(&link->link.mac, mac, sizeof(*mac)) == 0;
}

static int bridges_doom(struct rtnl *rtnl, int ifindex, const struct prefix *addr4,
			struct error *error)
{
	struct fake_link *link = fake_link_indexed(rtnl->netns, ifindex);
	int err = fake_enter("bridges.doom", FAKE_CHANGE, "%s", link ? link->link.name : "-");
	char name[IFNAME_LEN_MAX + 1];
	struct fake_addr *addr;

	if (err < 0)
		return error_system(error, err, "cannot retire bridge %d", ifindex);
	if (!link)
		return 0;
	fake_link_set_up(link, false);
	link->link.group = RTNL_GROUP_DYING_BRIDGES;
	(void)snprintf(name, sizeof(name), "nd-%d", ifindex);
	rename_link(link, name);
	addr = fake_addr_find(rtnl->netns, link, &addr4->addr);
	if (addr)
		fake_remove(rtnl->netns->addrs, rtnl->netns->n_addrs, addr - rtnl->netns->addrs);
	return 0;
}

static bool bridges_filter(void)
{
	(void)fake_enter("bridges.filter", FAKE_LOOK, " ");
	return false;
}

const struct door_bridges fake_bridges = {
	.ensure = bridges_ensure,
	.restore = bridges_restore,
	.hears = bridges_hears,
	.doom = bridges_doom,
	.filter = bridges_filter,
};

/* --- pairs --- */

static size_t n_ports(const struct fake_link *bridge)
{
	size_t n = 0;

	for (size_t i = 0; i < bridge->netns->n_links; i++)
		n += bridge->netns->links[i]->master == bridge;
	return n;
}

/* A port of a bridge that has room for it. */
static int enslave(struct fake_link *link, int master)
{
	struct fake_link *bridge = fake_link_indexed(link->netns, master);

	if (master == 0 || link->master == bridge)
		return bridge || master == 0 ? 0 : -EINVAL;
	if (!bridge)
		return -EINVAL;
	if (strcmp(bridge->link.kind, "bridge") != 0)
		return -EOPNOTSUPP;
	if (n_ports(bridge) >= BRIDGE_PORTS_MAX)
		return -EXFULL;
	link->master = bridge;
	link->link.port = 0;
	settle_carriers(link);
	return 0;
}

static void set_modes(struct fake_link *link, bool isolated, bool hairpin)
{
	link->link.port = (link->link.port & RTNL_PORT_OTHER) |
			  (isolated ? (uint32_t)RTNL_PORT_ISOLATED : 0) |
			  (hairpin ? (uint32_t)RTNL_PORT_HAIRPIN : 0);
}

/* What a request for a pair is refused with, in the kernel's order: rtnl_newlink(), veth_newlink().
 */
static int check_pair(struct fake_netns *netns, const struct rtnl_veth *veth,
		      const struct fake_netns *inside, struct error *error)
{
	int err = 0;

	if (fake_link_named(netns, veth->host_name))
		return error_set(error, ERROR_CONFLICT, "there is a link named %s already",
				 veth->host_name);
	if (!inside || !is_name(veth->host_name) || !is_name(veth->peer_name) ||
	    (veth->mtu > 0 && (veth->mtu < 68 || veth->mtu > 65535)))
		err = -EINVAL;
	else if (mac_is_multicast(&veth->mac))
		err = -EADDRNOTAVAIL;
	else if (fake_link_named(inside, veth->peer_name))
		return error_set(error, ERROR_CONFLICT, "netns already has an interface %s",
				 veth->peer_name);
	return err < 0 ? error_system(error, err, "cannot make interface %s (%s on the host)",
				      veth->peer_name, veth->host_name)
		       : 0;
}

static struct fake_netns *netns_of_fd(int fd)
{
	uint64_t inode = 0;
	struct stat st;

	if (fstat(fd, &st) == 0)
		inode = st.st_ino;
	for (size_t i = 0; i < fake_world->n_all; i++)
		if (fake_world->all[i]->inode == inode)
			return fake_world->all[i];
	return NULL;
}

static int veths_create(struct rtnl *rtnl, const struct rtnl_veth *veth, int *ret_host_ifindex,
			struct error *error)
{
	int err = fake_enter("veths.create", FAKE_CHANGE, "%s", veth->peer_name);
	struct fake_netns *inside = netns_of_fd(veth->netns_fd);
	static const struct mac none;
	struct fake_link *link, *peer;

	if (err < 0)
		return error_system(error, err, "cannot make interface %s (%s on the host)",
				    veth->peer_name, veth->host_name);
	err = check_pair(rtnl->netns, veth, inside, error);
	if (err < 0)
		return err;
	peer = fake_link_new(inside, veth->peer_name, "veth");
	link = fake_link_new(rtnl->netns, veth->host_name, "veth");
	link->peer = peer;
	peer->peer = link;
	(void)set_mtu(link, veth->mtu);
	(void)set_mtu(peer, veth->mtu);
	if (memcmp(&veth->mac, &none, sizeof(none)) != 0)
		peer->link.mac = veth->mac;
	err = enslave(link, veth->master);
	if (err < 0) {
		fake_link_drop(link);
		if (err == -EXFULL)
			return error_set(error, ERROR_UNAVAILABLE, "bridge %s is full: %d ports",
					 veth->master_name, BRIDGE_PORTS_MAX);
		return error_system(error, err, "cannot make interface %s (%s on the host)",
				    veth->peer_name, veth->host_name);
	}
	put(link, "ipv6", "disable_ipv6", "1");
	set_alias(link, veth->alias);
	set_modes(link, veth->isolated, veth->hairpin);
	fake_link_set_up(link, true);
	*ret_host_ifindex = link->link.ifindex;
	return 0;
}

static int veths_repair(struct rtnl *rtnl, const struct rtnl_veth *veth, int host_ifindex,
			struct error *error)
{
	int err = fake_enter("veths.repair", FAKE_CHANGE, "%s", veth->host_name);
	struct fake_link *link = fake_link_indexed(rtnl->netns, host_ifindex);

	if (err == 0 && !link)
		err = -ENODEV;
	if (err == 0)
		err = set_mtu(link, veth->mtu);
	if (err == 0)
		err = enslave(link, veth->master);
	if (err < 0)
		return error_system(error, err, "cannot repair link %s", veth->host_name);
	set_alias(link, veth->alias);
	link->link.port = 0;
	set_modes(link, veth->isolated, veth->hairpin);
	fake_link_set_up(link, true);
	put(link, "ipv6", "disable_ipv6", "1");
	return 0;
}

static int veths_set_modes(struct rtnl *rtnl, int host_ifindex, bool isolated, bool hairpin,
			   struct error *error)
{
	struct fake_link *link = fake_link_indexed(rtnl->netns, host_ifindex);
	int err = fake_enter("veths.set_modes", FAKE_CHANGE, "%s", link ? link->link.name : "-");

	if (err == 0 && !link)
		err = -ENODEV;
	if (err == 0 && !link->master)
		err = -EOPNOTSUPP;
	if (err < 0)
		return error_system(error, err, "cannot set the modes of bridge port %d",
				    host_ifindex);
	set_modes(link, isolated, hairpin);
	return 0;
}

const struct door_veths fake_veths = {
	.create = veths_create,
	.repair = veths_repair,
	.set_modes = veths_set_modes,
};

/* --- addresses and routes --- */

static int addrs_all(struct rtnl *rtnl, struct rtnl_addr **ret_addrs, size_t *ret_n,
		     struct error *error)
{
	int err = fake_enter("addrs.all", FAKE_LOOK, " ");
	const struct fake_netns *netns = rtnl->netns;

	if (err < 0)
		return error_system(error, err, "cannot list the addresses");
	*ret_addrs = calloc(netns->n_addrs + 1, sizeof(**ret_addrs));
	*ret_n = netns->n_addrs;
	for (size_t i = 0; i < netns->n_addrs; i++)
		(*ret_addrs)[i] = (struct rtnl_addr) {
			.ifindex = netns->addrs[i].link->link.ifindex,
			.prefix = netns->addrs[i].prefix,
			.of_bridge = netns->addrs[i].of_bridge,
		};
	return 0;
}

static int addrs_remove(struct rtnl *rtnl, int ifindex, const struct prefix *prefix,
			struct error *error)
{
	int err = fake_enter("addrs.remove", FAKE_CHANGE, "%s", PREFIX_STR(prefix));
	struct fake_netns *netns = rtnl->netns;
	struct fake_link *link = fake_link_indexed(netns, ifindex);
	struct fake_addr *addr = link ? fake_addr_find(netns, link, &prefix->addr) : NULL;

	if (err < 0)
		return error_system(error, err, "cannot take address %s off link %d",
				    PREFIX_STR(prefix), ifindex);
	if (addr && addr->prefix.len == prefix->len)
		fake_remove(netns->addrs, netns->n_addrs, addr - netns->addrs);
	return 0;
}

static int addrs_moved(struct rtnl *rtnl, int ifindex, const struct addr *addrs, size_t n_addrs,
		       const struct mac *mac, struct error *error)
{
	int err = fake_enter("addrs.moved", FAKE_CHANGE, "%s", MAC_STR(mac));
	bool any = false;

	for (size_t i = 0; i < n_addrs; i++)
		any |= addr_is_set(&addrs[i]);
	if (err == 0 && any && !fake_link_indexed(rtnl->netns, ifindex))
		err = -ENODEV;
	return err < 0 ? error_system(error, err, "cannot correct a neighbour of link %d", ifindex)
		       : 0;
}

const struct door_addrs fake_addrs = {
	.all = addrs_all,
	.remove = addrs_remove,
	.moved = addrs_moved,
};

struct route_list {
	struct rtnl_route *items;
	size_t n;
};

static void list_route(struct route_list *list, const struct fake_link *link,
		       const struct prefix *dst, uint32_t table)
{
	struct rtnl_route *route = fake_push(list->items, list->n);

	route->dst = *dst;
	route->ifindex = link->link.ifindex;
	route->table = table;
	route->protocol = RTPROT_KERNEL;
}

/* The kernel's own for one address, while its link is up. */
static void list_of_addr(struct route_list *list, const struct fake_addr *addr, bool local)
{
	const struct prefix subnet = { prefix_first(&addr->prefix), addr->prefix.len };
	const struct prefix self = { addr->prefix.addr, addr_bits(&addr->prefix.addr) };

	if (!is_up(addr->link))
		return;
	if (local && self.addr.family == AF_INET && !addr->no_local)
		list_route(list, addr->link, &self, RT_TABLE_LOCAL);
	if (subnet.len < self.len && !addr->no_subnet)
		list_route(list, addr->link, &subnet, RT_TABLE_MAIN);
}

static int list_routes(struct rtnl *rtnl, const char *operation, bool of_addrs,
		       struct rtnl_route **ret_routes, size_t *ret_n, struct error *error)
{
	struct route_list list = { .items = calloc(1, sizeof(struct rtnl_route)) };
	int err = fake_enter(operation, FAKE_LOOK, " ");
	const struct fake_netns *netns = rtnl->netns;

	if (err < 0) {
		free(list.items);
		return error_system(error, err, "cannot list the routes");
	}
	for (size_t i = 0; i < netns->n_addrs; i++)
		list_of_addr(&list, &netns->addrs[i], of_addrs);
	for (size_t i = 0; i < netns->n_routes && !of_addrs; i++) {
		list_route(&list, netns->routes[i].link, &netns->routes[i].route.dst,
			   RT_TABLE_MAIN);
		list.items[list.n - 1].gateway = netns->routes[i].route.gateway;
		list.items[list.n - 1].protocol = netns->routes[i].route.protocol;
	}
	*ret_routes = list.items;
	*ret_n = list.n;
	return 0;
}

static int routes_all(struct rtnl *rtnl, struct rtnl_route **ret_routes, size_t *ret_n,
		      struct error *error)
{
	return list_routes(rtnl, "routes.all", false, ret_routes, ret_n, error);
}

static int routes_of_addrs(struct rtnl *rtnl, struct rtnl_route **ret_routes, size_t *ret_n,
			   struct error *error)
{
	return list_routes(rtnl, "routes.of_addrs", true, ret_routes, ret_n, error);
}

/* Of one address alone or of a block, and on the link: those that were set, not the kernel's own.
 */
static int routes_of_host(struct rtnl *rtnl, struct rtnl_route **ret_routes, size_t *ret_n,
			  struct error *error)
{
	size_t kept = 0;
	int err = list_routes(rtnl, "routes.of_host", false, ret_routes, ret_n, error);

	for (size_t i = 0; err == 0 && i < *ret_n; i++) {
		const struct rtnl_route route = (*ret_routes)[i];

		if (route.protocol == RTPROT_STATIC && !addr_is_set(&route.gateway) &&
		    (route.dst.len == addr_bits(&route.dst.addr) ||
		     (route.dst.addr.family == AF_INET6 && route.dst.len == SEGMENT_BLOCK_LEN)))
			(*ret_routes)[kept++] = route;
	}
	if (err == 0)
		*ret_n = kept;
	return err;
}

static int set_route(struct fake_link *link, const struct prefix *dst, const struct addr *gateway,
		     uint32_t metric);

static int routes_add(struct rtnl *rtnl, int ifindex, const struct prefix *dsts, size_t n_dsts,
		      struct error *error)
{
	int err = fake_enter("routes.add", FAKE_CHANGE, "%d", ifindex);
	struct fake_link *link = fake_link_indexed(rtnl->netns, ifindex);
	static const struct addr none;

	for (size_t i = 0; err == 0 && i < n_dsts; i++)
		if (addr_is_set(&dsts[i].addr))
			err = link ? set_route(link, &dsts[i], &none, 0) : -ENODEV;
	return err < 0 ? error_system(error, err, "cannot set a route to a container") : 0;
}

static int routes_remove(struct rtnl *rtnl, int ifindex, const struct prefix *dsts, size_t n_dsts,
			 struct error *error)
{
	int err = fake_enter("routes.remove", FAKE_CHANGE, "%d", ifindex);
	struct fake_netns *netns = rtnl->netns;

	if (err < 0)
		return error_system(error, err, "cannot remove the route to a container");
	for (size_t k = 0; k < n_dsts; k++)
		for (size_t i = netns->n_routes; i-- > 0;)
			if (netns->routes[i].link->link.ifindex == ifindex &&
			    prefix_equal(&netns->routes[i].route.dst, &dsts[k]))
				fake_remove(netns->routes, netns->n_routes, i);
	return 0;
}

const struct door_routes fake_routes = {
	.all = routes_all,
	.of_addrs = routes_of_addrs,
	.of_host = routes_of_host,
	.add = routes_add,
	.remove = routes_remove,
};

/* --- inside a container --- */

/* A gateway must be a neighbour: fib_check_nh(), ip6_route_check_nh(). */
static int check_gateway(const struct fake_link *link, const struct addr *gateway)
{
	const struct fake_netns *netns = link->netns;

	if (!is_up(link))
		return -ENETDOWN;
	for (size_t i = 0; i < netns->n_addrs; i++)
		if (netns->addrs[i].link == link &&
		    prefix_contains(&netns->addrs[i].prefix, gateway))
			return addr_equal(&netns->addrs[i].prefix.addr, gateway) ? -EINVAL : 0;
	return gateway->family == AF_INET ? -ENETUNREACH : -EHOSTUNREACH;
}

/* In place of one to the same destination with the same metric. */
static int set_route(struct fake_link *link, const struct prefix *dst, const struct addr *gateway,
		     uint32_t metric)
{
	struct fake_netns *netns = link->netns;
	struct fake_route *route = NULL;
	int err = addr_is_set(gateway) ? check_gateway(link, gateway) : 0;

	if (err < 0)
		return err;
	for (size_t i = 0; i < netns->n_routes; i++)
		if (netns->routes[i].metric == metric &&
		    netns->routes[i].route.dst.addr.family == dst->addr.family &&
		    prefix_equal(&netns->routes[i].route.dst, dst))
			route = &netns->routes[i];
	if (!route)
		route = fake_push(netns->routes, netns->n_routes);
	route->link = link;
	route->metric = metric;
	route->route.dst = *dst;
	route->route.gateway = *gateway;
	route->route.protocol = RTPROT_STATIC;
	return 0;
}

static int set_gateway(struct fake_link *link, const struct addr *gateway, uint32_t metric)
{
	const struct prefix everything = { .addr = { .family = gateway->family } };

	return addr_is_set(gateway) ? set_route(link, &everything, gateway, metric) : 0;
}

static void set_sysctls(struct fake_link *link, const char *sysctls)
{
	const char *rest = sysctls ? sysctls : "";
	char path[ENDPOINT_SYSCTL_PATH_MAX];
	struct endpoint_sysctl sysctl;

	while (endpoint_sysctl_next(&rest, &sysctl, NULL) > 0)
		(void)fake_setting_put(link->netns,
				       endpoint_sysctl_path(&sysctl, link->link.name, path),
				       sysctl.value);
}

static int set_routes(struct fake_link *link, const char *routes)
{
	const char *rest = routes ? routes : "";
	struct endpoint_route route;
	int err = 0;

	while (err == 0 && endpoint_route_next(&rest, &route, NULL) > 0)
		err = set_route(link, &route.destination, &route.gateway, route.metric);
	return err;
}

static int set_by_gateway(struct fake_link *link, const struct rtnl_by_gateway *by)
{
	const struct prefix self = { by->gateway, addr_bits(&by->gateway) };
	static const struct addr none;
	int err;

	if (!addr_is_set(&by->gateway))
		return 0;
	err = set_route(link, &self, &none, 0);
	return err < 0 ? err : set_route(link, &by->subnet, &by->gateway, 0);
}

/* IFA_F_NOPREFIXROUTE: without the kernel's route to the subnet, which an address that has one
 * loses. */
static int add_inside(struct fake_link *link, const struct prefix *prefix,
		      const struct rtnl_by_gateway *by)
{
	int err = add_addr(link, prefix, false);
	struct fake_addr *addr = err == 0 ? fake_addr_find(link->netns, link, &prefix->addr) : NULL;

	if (addr && prefix->addr.family == AF_INET6 && addr_is_set(&by->gateway))
		addr->no_subnet = true;
	return err;
}

static int inside_setup(struct rtnl *inside, const struct rtnl_inside *setup, struct error *error)
{
	int err = fake_enter("inside.setup", FAKE_CHANGE, "%s", setup->ifname);
	struct fake_link *link = fake_link_named(inside->netns, setup->ifname);
	const enum family n_families = setup->ipv6 ? FAMILY_N : FAMILY_6;

	if (err == 0 && !link)
		return error_set(error, ERROR_NOT_FOUND, "netns has no interface %s",
				 setup->ifname);
	if (err < 0)
		return error_system(error, err, "cannot set up interface %s", setup->ifname);
	if (setup->ipv6)
		ipv6_on(link);
	else
		put(link, "ipv6", "disable_ipv6", "1");
	set_sysctls(link, setup->sysctls);
	for (enum family family = 0; err == 0 && family < n_families; family++)
		err = add_inside(link, &setup->addr[family], &setup->by_gateway6);
	for (size_t i = 0; err == 0 && i < setup->n_more; i++)
		err = add_addr(link, &setup->more[i], false);
	fake_link_set_up(inside->netns->links[0],
			 true); /* lo; the kernel goes on after a refusal */
	fake_link_set_up(link, true);
	if (err == 0 && setup->ipv6)
		err = set_by_gateway(link, &setup->by_gateway6);
	for (enum family family = 0; err == 0 && family < n_families; family++)
		err = set_gateway(link, &setup->gateway[family], setup->metric);
	if (err == 0)
		err = set_routes(link, setup->routes);
	if (err < 0)
		return error_system(error, err, "cannot set up interface %s", setup->ifname);
	if (setup->ipv6)
		put(link, "ipv6", "ndisc_notify", "1");
	return 0;
}

static int inside_lo_up(struct rtnl *inside, struct error *error)
{
	int err = fake_enter("inside.lo_up", FAKE_CHANGE, "lo");

	if (err < 0)
		return error_system(error, err, "cannot bring lo up");
	fake_link_set_up(inside->netns->links[0], true);
	return 0;
}

static int inside_set_default(struct rtnl *inside, uint8_t family, const struct addr *gateway,
			      const char *ifname, uint32_t metric, struct error *error)
{
	bool any = gateway && addr_is_set(gateway);
	int err = fake_enter("inside.set_default", FAKE_CHANGE, "%s",
			     any ? ADDR_STR(gateway) : "-");
	struct fake_netns *netns = inside->netns;
	struct fake_link *link;

	if (err < 0)
		return error_system(error, err, "cannot set the default route");
	for (size_t i = netns->n_routes; !any && i-- > 0;)
		if (netns->routes[i].route.dst.len == 0 &&
		    netns->routes[i].route.dst.addr.family == family &&
		    netns->routes[i].route.protocol == RTPROT_STATIC)
			fake_remove(netns->routes, netns->n_routes, i);
	if (!any)
		return 0;
	link = fake_link_named(netns, ifname);
	if (!link)
		return error_set(error, ERROR_NOT_FOUND, "netns has no interface %s", ifname);
	err = set_gateway(link, gateway, metric);
	return err < 0 ? error_system(error, err, "cannot set the default route via %s",
				      ADDR_STR(gateway))
		       : 0;
}

static int inside_by_gateway(struct rtnl *inside, const char *ifname, const struct prefix *addr6,
			     const struct rtnl_by_gateway *by_gateway6, struct error *error)
{
	int err = fake_enter("inside.by_gateway", FAKE_CHANGE, "%s", ifname);
	struct fake_link *link = fake_link_named(inside->netns, ifname);

	if (err == 0 && !link)
		return error_set(error, ERROR_NOT_FOUND, "netns has no interface %s", ifname);
	if (err == 0)
		err = set_by_gateway(link, by_gateway6);
	if (err == 0)
		err = add_inside(link, addr6, by_gateway6);
	return err < 0 ? error_system(error, err, "cannot set the route to %s on interface %s",
				      PREFIX_STR(&by_gateway6->subnet), ifname)
		       : 0;
}

const struct door_inside fake_inside = {
	.setup = inside_setup,
	.lo_up = inside_lo_up,
	.set_default = inside_set_default,
	.by_gateway = inside_by_gateway,
};
