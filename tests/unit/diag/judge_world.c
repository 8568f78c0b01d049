// SPDX-License-Identifier: GPL-2.0-or-later
// judge_world.c - a host that works, in memory, and a kernel that answers from it
#include "tests/unit/diag/judge_world.h"

#include "base/cleanup.h"
#include "diag/judge.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_bridge.h>
#include <linux/if_ether.h>
#include <linux/neighbour.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>

#include <cmocka.h>

/* --- pieces ----------------------------------------------------------------------------------- */

/* One more item of an array of the facts, which is zeroed. */
#define ADD(array, n)                                                                              \
	({                                                                                         \
		(array) = reallocarray((array), (n) + 1, sizeof(*(array)));                        \
		assert_non_null(array);                                                            \
		memset(&(array)[n], 0, sizeof(*(array)));                                          \
		&(array)[(n)++];                                                                   \
	})

static struct addr addr_of(const char *text)
{
	struct addr addr = { 0 };

	if (text[0])
		assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static struct mac mac_of(const char *text)
{
	struct mac mac;

	assert_int_equal(mac_parse(text, &mac), 0);
	return mac;
}

struct facts_link *world_link(struct facts_space *space, const char *name)
{
	for (size_t i = 0; i < space->n_links; i++)
		if (strcmp(space->links[i].name, name) == 0)
			return &space->links[i];
	fail_msg("no link %s", name);
	return NULL;
}

struct facts_container *world_container(struct world *world, const char *name)
{
	for (size_t i = 0; i < world->facts.n_containers; i++)
		if (strcmp(world->facts.containers[i].name, name) == 0)
			return &world->facts.containers[i];
	return NULL;
}

void world_set(struct facts_space *space, const char *sysctl, int64_t value)
{
	struct facts_value *item = NULL;

	for (size_t i = 0; i < space->n_values; i++)
		if (strcmp(space->values[i].name, sysctl) == 0)
			item = &space->values[i];
	if (!item)
		item = ADD(space->values, space->n_values);
	(void)snprintf(item->name, sizeof(item->name), "%s", sysctl);
	item->value = value;
}

void world_add_link(struct facts_space *space, int ifindex, const char *name, const char *kind)
{
	struct facts_link *link = ADD(space->links, space->n_links);

	link->ifindex = ifindex;
	link->mtu = 1500;
	link->flags = IFF_UP | IFF_RUNNING;
	if (strcmp(name, "lo") == 0)
		link->flags |= IFF_LOOPBACK;
	(void)snprintf(link->name, sizeof(link->name), "%s", name);
	(void)snprintf(link->kind, sizeof(link->kind), "%s", kind);
	link->mac = mac_from_text(name);
}

void world_add_addr(struct facts_space *space, int ifindex, const char *prefix)
{
	struct facts_addr *addr = ADD(space->addrs, space->n_addrs);

	addr->ifindex = ifindex;
	addr->prefix = prefix_of(prefix);
}

void world_del_addr(struct facts_space *space, const char *addr)
{
	struct addr wanted = addr_of(addr);

	for (size_t i = 0; i < space->n_addrs; i++)
		if (addr_equal(&space->addrs[i].prefix.addr, &wanted)) {
			space->addrs[i] = space->addrs[--space->n_addrs];
			return;
		}
	fail_msg("no address %s", addr);
}

void world_add_route(struct facts_space *space, const char *prefix, const char *gateway,
		     int ifindex, uint8_t type)
{
	struct facts_route *route = ADD(space->routes, space->n_routes);

	route->dst = prefix_of(prefix);
	route->gateway = addr_of(gateway);
	route->ifindex = ifindex;
	route->type = type;
	route->table = RT_TABLE_MAIN;
}

void world_del_routes(struct facts_space *space, const char *prefix)
{
	size_t n = 0;

	for (size_t i = 0; i < space->n_routes; i++) {
		struct prefix wanted = prefix ? prefix_of(prefix) : space->routes[i].dst;

		if (!prefix_equal(&space->routes[i].dst, &wanted))
			space->routes[n++] = space->routes[i];
	}
	space->n_routes = n;
}

void world_add_neighbour(struct facts_space *space, int ifindex, const char *addr, const char *mac,
			 uint16_t state)
{
	struct facts_neighbour *neighbour = ADD(space->neighbours, space->n_neighbours);

	neighbour->ifindex = ifindex;
	neighbour->addr = addr_of(addr);
	neighbour->state = state;
	neighbour->has_mac = mac[0];
	if (mac[0])
		neighbour->mac = mac_of(mac);
}

void world_add_entry(struct facts_space *host, const char *bridge, const char *port,
		     const char *mac)
{
	struct facts_entry *entry = ADD(host->entries, host->n_entries);

	entry->ifindex = world_link(host, port)->ifindex;
	entry->master = world_link(host, bridge)->ifindex;
	entry->mac = mac_of(mac);
}

struct facts_rule *world_add_rule(struct facts_space *space, uint32_t priority, uint8_t action)
{
	size_t i = space->n_rules;

	(void)ADD(space->rules, space->n_rules);
	for (; i > 0 && space->rules[i - 1].priority > priority; i--)
		space->rules[i] = space->rules[i - 1];
	space->rules[i] = (struct facts_rule) {
		.family = AF_INET,
		.action = action,
		.priority = priority,
		.uid = { 0, UINT32_MAX },
		.suppress_prefix = -1,
	};
	return &space->rules[i];
}

/* Those that each namespace has from the start. */
static void add_own_rules(struct facts_space *space)
{
	world_add_rule(space, 0, FR_ACT_TO_TBL)->table = RT_TABLE_LOCAL;
	world_add_rule(space, 32766, FR_ACT_TO_TBL)->table = RT_TABLE_MAIN;
	world_add_rule(space, 32767, FR_ACT_TO_TBL)->table = RT_TABLE_DEFAULT;
}

void world_add_socket(struct facts_space *space, uint8_t protocol, const char *addr, uint16_t port,
		      uint32_t inode)
{
	struct facts_socket *socket = ADD(space->sockets, space->n_sockets);

	socket->protocol = protocol;
	socket->state = protocol == IPPROTO_TCP ? TCP_LISTEN : TCP_CLOSE;
	socket->addr = addr_of(addr);
	socket->port = port;
	socket->inode = inode;
	socket->wqueue = 128;
	socket->rcvbuf = 200000;
}

void world_del_sockets(struct facts_space *space)
{
	space->n_sockets = 0;
}

struct facts_socket *world_socket(struct facts_space *space, uint16_t port)
{
	for (size_t i = 0; i < space->n_sockets; i++)
		if (space->sockets[i].port == port)
			return &space->sockets[i];
	fail_msg("no socket on %u", port);
	return NULL;
}

/* --- the world -------------------------------------------------------------------------------- */

static struct facts_network *add_network(struct world *world, const char *name, const char *bridge,
					 int ifindex, const char *subnet, const char *gateway)
{
	struct facts_network *network = ADD(world->facts.networks, world->facts.n_networks);
	char text[PREFIX_STR_MAX];

	(void)snprintf(network->name, sizeof(network->name), "%s", name);
	network->bridges = calloc(1, FACTS_IFNAME);
	assert_non_null(network->bridges);
	network->n_bridges = 1;
	(void)snprintf(network->bridges[0], FACTS_IFNAME, "%s", bridge);
	network->subnet[FAMILY_4] = prefix_of(subnet);
	network->gateway[FAMILY_4] = addr_of(gateway);
	network->bridge_addr[FAMILY_4] = network->gateway[FAMILY_4];
	network->mtu = 1500;
	network->icc = true;
	world_add_link(world->host, ifindex, bridge, "bridge");
	(void)snprintf(text, sizeof(text), "%s/%u", gateway, network->subnet[FAMILY_4].len);
	world_add_addr(world->host, ifindex, text);
	world_add_route(world->host, subnet, "", ifindex, RTN_UNICAST);
	return network;
}

#define INODE_OF_RESOLVER 53

static struct facts_space *add_container(struct world *world, const char *name, const char *network,
					 const char *address, int port, bool has_way_out)
{
	struct facts_container *container = ADD(world->facts.containers, world->facts.n_containers);
	struct facts_space *space = facts_add_space(&world->facts, name);
	struct facts_network *on = NULL;
	struct facts_endpoint *endpoint;
	char text[64];

	for (size_t i = 0; i < world->facts.n_networks; i++)
		if (strcmp(world->facts.networks[i].name, network) == 0)
			on = &world->facts.networks[i];
	assert_true(on && space);
	(void)snprintf(container->name, sizeof(container->name), "%s", name);
	(void)snprintf(container->space, sizeof(container->space), "%s", name);
	(void)snprintf(container->path, sizeof(container->path), "/run/netns/%s", name);
	endpoint = ADD(container->endpoints, container->n_endpoints);
	(void)snprintf(endpoint->network, sizeof(endpoint->network), "%s", network);
	(void)snprintf(endpoint->ifname, sizeof(endpoint->ifname), "eth0");
	(void)snprintf(endpoint->host_ifname, sizeof(endpoint->host_ifname), "v%s", name);
	(void)snprintf(endpoint->bridge, sizeof(endpoint->bridge), "%s", on->bridges[0]);
	endpoint->addr[FAMILY_4] = prefix_of(address);
	endpoint->gateway[FAMILY_4] = on->gateway[FAMILY_4];
	endpoint->default_route[FAMILY_4] = has_way_out;

	add_own_rules(space);
	world_add_link(space, 1, "lo", "");
	world_add_addr(space, 1, "127.0.0.1/8");
	world_add_link(space, 2, "eth0", "veth");
	space->links[1].peer = port;
	space->links[1].mac = mac_from_text(name);
	endpoint->mac = space->links[1].mac;
	world_add_addr(space, 2, address);
	(void)snprintf(text, sizeof(text), "%s", PREFIX_STR(&on->subnet[FAMILY_4]));
	world_add_route(space, text, "", 2, RTN_UNICAST);
	if (has_way_out)
		world_add_route(space, "0.0.0.0/0", ADDR_STR(&on->gateway[FAMILY_4]), 2,
				RTN_UNICAST);

	world_add_socket(space, IPPROTO_UDP, "127.0.0.11", 53, INODE_OF_RESOLVER);

	(void)snprintf(text, sizeof(text), "v%s", name);
	world_add_link(world->host, port, text, "veth");
	struct facts_link *host_end = world_link(world->host, text);

	host_end->peer = 2;
	host_end->master = world_link(world->host, on->bridges[0])->ifindex;
	host_end->is_port = true;
	host_end->brport = (struct facts_brport) { .state = BR_STATE_FORWARDING,
						   .flood = true,
						   .learning = true };
	return space;
}

static void publish(struct world *world, const char *name, const char *host, uint16_t host_port,
		    uint16_t port)
{
	struct facts_container *container = world_container(world, name);
	struct facts_port *item = ADD(container->ports, container->n_ports);
	char text[16];

	(void)snprintf(text, sizeof(text), "v%s", name);
	world_link(world->host, text)->brport.hairpin = true; /* as netd has it */
	item->host = addr_of(host);
	item->host_port = host_port;
	item->port = port;
	item->count = 1;
	item->protocol = IPPROTO_TCP;
}

static const struct facts_ask kernel;

void world_new(struct world *world)
{
	*world = (struct world) { .state_of_db = 'S', .state_of_resolver = 'S' };
	world->facts.ask = &kernel;
	world->facts.ask_data = world;
	world->host = facts_add_space(&world->facts, "host");
	add_own_rules(world->host);
	world_add_link(world->host, 1, "lo", "");
	world_add_addr(world->host, 1, "127.0.0.1/8");
	world_add_link(world->host, 2, "up0", "");
	world_add_addr(world->host, 2, "192.0.2.10/24");
	world_add_route(world->host, "192.0.2.0/24", "", 2, RTN_UNICAST);
	world_add_route(world->host, "0.0.0.0/0", "192.0.2.1", 2, RTN_UNICAST);
	world_set(world->host, "net.ipv4.ip_forward", 1);
	add_network(world, "blue", "blue0", 3, "10.61.0.0/24", "10.61.0.1");
	add_network(world, "red", "red0", 4, "10.62.0.0/24", "10.62.0.1");
	add_network(world, "inner", "inner0", 5, "10.63.0.0/24", "10.63.0.1")->internal = true;
	world->web = add_container(world, "web", "blue", "10.61.0.2/24", 11, true);
	world->db = add_container(world, "db", "blue", "10.61.0.3/24", 12, true);
	world->x = add_container(world, "x", "blue", "10.61.0.4/24", 13, true);
	world->c = add_container(world, "c", "red", "10.62.0.2/24", 14, true);
	world->i = add_container(world, "i", "inner", "10.63.0.2/24", 15, false);
	world_add_socket(world->db, IPPROTO_TCP, "0.0.0.0", 80, 80);
	world_add_socket(world->db, IPPROTO_UDP, "0.0.0.0", 90, 90);
	world_add_socket(world->c, IPPROTO_TCP, "0.0.0.0", 80, 81);
	publish(world, "db", "", 8081, 80);
	publish(world, "db", "127.0.0.1", 8090, 80);
	publish(world, "db", "", 8098, 98);
}

void world_done(struct world *world)
{
	facts_done(&world->facts);
}

/* --- the kernel ------------------------------------------------------------------------------- */

static const struct facts_route *longest(const struct facts_space *space, uint32_t table,
					 const struct addr *dst)
{
	const struct facts_route *best = NULL;

	for (size_t i = 0; i < space->n_routes; i++) {
		const struct facts_route *route = &space->routes[i];
		const struct facts_link *link = facts_link(space, route->ifindex);

		if (route->table != table || route->dst.addr.family != dst->family ||
		    !prefix_contains(&route->dst, dst) || (link && !(link->flags & IFF_UP)))
			continue;
		if (!best || route->dst.len > best->dst.len)
			best = route;
	}
	return best;
}

static int error_of(uint8_t type)
{
	switch (type) {
	case RTN_BLACKHOLE:
		return -EINVAL;
	case RTN_UNREACHABLE:
		return -EHOSTUNREACH;
	case RTN_PROHIBIT:
		return -EACCES;
	case RTN_THROW:
		return -ENETUNREACH;
	default:
		return 0;
	}
}

static bool is_own(const struct facts_space *space, const struct addr *addr)
{
	if (addr_is_loopback(addr))
		return true;
	for (size_t i = 0; i < space->n_addrs; i++)
		if (addr_equal(&space->addrs[i].prefix.addr, addr))
			return true;
	return false;
}

/* The error of a rule that refuses; 0: none does. */
static int refused(const struct facts_space *space, const struct facts_way_asked *asked)
{
	for (size_t i = 0; i < space->n_rules; i++) {
		const struct facts_rule *rule = &space->rules[i];

		if ((rule->src.len && !prefix_contains(&rule->src, &asked->src)) ||
		    (rule->dport[0] && rule->dport[0] != asked->dport))
			continue;
		if (rule->action == FR_ACT_PROHIBIT)
			return -EACCES;
		if (rule->action == FR_ACT_UNREACHABLE)
			return -EHOSTUNREACH;
	}
	return 0;
}

static int64_t value_of(const struct facts_space *space, const char *link, const char *what,
			int64_t otherwise)
{
	char name[64];
	int64_t value = otherwise;

	(void)snprintf(name, sizeof(name), "net.ipv4.conf.%s.%s", link, what);
	(void)facts_value(space, name, &value);
	return value;
}

/* What ip_route_input() looks at before it goes on. */
static int refused_in(const struct facts_space *space, const struct facts_way_asked *asked)
{
	const struct facts_route *back = longest(space, RT_TABLE_MAIN, &asked->src);
	const struct facts_link *in = facts_link_named(space, asked->iif);
	int64_t forward = 1;

	if (is_own(space, &asked->src))
		return -EINVAL;
	if ((value_of(space, "all", "rp_filter", 0) == 1 ||
	     value_of(space, asked->iif, "rp_filter", 0) == 1) &&
	    (!back || !in || back->ifindex != in->ifindex))
		return -EINVAL;
	if (is_own(space, &asked->dst))
		return 0;
	(void)facts_value(space, "net.ipv4.ip_forward", &forward);
	if (!forward || !value_of(space, asked->iif, "forwarding", 1))
		return -EHOSTUNREACH;
	return 0;
}

static void ask_way(void *data, const struct facts_space *space,
		    const struct facts_way_asked *asked, struct facts_way *answer)
{
	const struct world *world = data;
	const struct facts_route *route = longest(space, RT_TABLE_MAIN, &asked->dst);

	answer->err = world->is_deaf ? -ENODATA : asked->iif[0] ? refused_in(space, asked) : 0;
	if (answer->err == 0)
		answer->err = refused(space, asked);
	if (answer->err)
		return;
	if (is_own(space, &asked->dst)) {
		answer->type = RTN_LOCAL;
		answer->oif = 1;
		answer->prefsrc = asked->dst;
		return;
	}
	if (!route || error_of(route->type)) {
		answer->err = route ? error_of(route->type) : -ENETUNREACH;
		return;
	}
	if (addr_is_loopback(&asked->src) &&
	    value_of(space, facts_link(space, route->ifindex)->name, "route_localnet", 1) == 0) {
		answer->err = -EINVAL;
		return;
	}
	answer->type = RTN_UNICAST;
	answer->oif = route->ifindex;
	answer->gateway = route->gateway;
	answer->matched = route->dst;
	for (size_t i = 0; i < space->n_addrs; i++)
		if (space->addrs[i].ifindex == route->ifindex &&
		    space->addrs[i].prefix.addr.family == asked->dst.family)
			answer->prefsrc = space->addrs[i].prefix.addr;
}

static void ask_taker(void *data, const struct facts_space *space,
		      const struct facts_taker_asked *asked, struct facts_taker *answer)
{
	const struct world *world = data;

	answer->err = world->is_deaf ? -ENODATA : -ENOENT;
	for (size_t i = 0; i < space->n_sockets && answer->err == -ENOENT; i++) {
		const struct facts_socket *socket = &space->sockets[i];
		bool is_any = addr_is_any(&socket->addr);

		if (socket->protocol != asked->protocol || socket->port != asked->dport ||
		    (!is_any && !addr_equal(&socket->addr, &asked->dst)) ||
		    (is_any && socket->addr.family != asked->dst.family &&
		     (socket->addr.family == AF_INET || socket->v6only)) ||
		    (addr_is_set(&socket->peer) && !addr_equal(&socket->peer, &asked->src)))
			continue;
		answer->err = 0;
		answer->socket = *socket;
	}
}

static void ask_owner(void *data, const struct facts_space *space,
		      const struct facts_owner_asked *asked, struct facts_owner *answer)
{
	const struct world *world = data;

	(void)space;
	answer->err = asked->inode ? world->owners_err : -ENOENT;
	if (answer->err < 0)
		return;
	answer->pid = 4711;
	answer->state = asked->inode == INODE_OF_RESOLVER ? world->state_of_resolver
							  : world->state_of_db;
	(void)snprintf(answer->process, sizeof(answer->process), "postgres");
}

/* As under netd: nobody gets a duplicate of a descriptor. */
static void ask_filter(void *data, const struct facts_space *space,
		       const struct facts_filter_asked *asked, struct facts_filter *answer)
{
	(void)data;
	(void)space;
	(void)asked;
	answer->err = -EPERM;
}

static void ask_elsewhere(void *data, const struct facts_space *space,
			  const struct facts_elsewhere_asked *asked, struct facts_elsewhere *answer)
{
	const struct world *world = data;

	(void)space;
	assert_true(asked->pid > 0 && asked->port > 0);
	*answer = world->elsewhere;
	if (!answer->pid)
		answer->err = -ENOENT;
}

static const struct facts_ask kernel = {
	.way = ask_way,
	.taker = ask_taker,
	.owner = ask_owner,
	.filter = ask_filter,
	.elsewhere = ask_elsewhere,
};

/* --- rules ------------------------------------------------------------------------------------ */

#define MESSAGE_MAX 4096

static void append(struct facts_space *space, const char *message)
{
	const struct nlmsghdr *nlh = (const void *)message;
	size_t len = MNL_ALIGN(nlh->nlmsg_len);

	space->ruleset = realloc(space->ruleset, space->ruleset_len + len);
	assert_non_null(space->ruleset);
	memcpy(space->ruleset + space->ruleset_len, message, len);
	space->ruleset_len += len;
}

static void add_table(struct facts_space *space, uint8_t family, const char *name)
{
	char message[MESSAGE_MAX] = { 0 };
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr(message, NFT_MSG_NEWTABLE, family, 0, 1);
	struct nftnl_table *table = nftnl_table_alloc();

	nftnl_table_set_str(table, NFTNL_TABLE_NAME, name);
	nftnl_table_nlmsg_build_payload(nlh, table);
	nftnl_table_free(table);
	append(space, message);
}

/* device: of a chain of family netdev; NULL: it is none. */
static void add_chain_on(struct facts_space *space, uint8_t family, const char *table,
			 const char *type, uint32_t hook, int32_t priority, uint32_t policy,
			 const char *device)
{
	char message[MESSAGE_MAX] = { 0 };
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr(message, NFT_MSG_NEWCHAIN, family, 0, 1);
	struct nftnl_chain *chain = nftnl_chain_alloc();

	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, table);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, "f");
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, type);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook);
	nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, priority);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, policy);
	if (device)
		nftnl_chain_set_str(chain, NFTNL_CHAIN_DEV, device);
	nftnl_chain_nlmsg_build_payload(nlh, chain);
	nftnl_chain_free(chain);
	append(space, message);
}

static void add_chain(struct facts_space *space, uint8_t family, const char *table,
		      const char *type, uint32_t hook, int32_t priority, uint32_t policy)
{
	add_chain_on(space, family, table, type, hook, priority, policy, NULL);
}

static struct nftnl_rule *new_rule(const char *table, const char *comment)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	struct nftnl_udata_buf *udata = nftnl_udata_buf_alloc(256);

	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, table);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, "f");
	nftnl_rule_set_u64(rule, NFTNL_RULE_HANDLE, 7);
	if (comment) {
		nftnl_udata_put_strz(udata, 0, comment);
		nftnl_rule_set_data(rule, NFTNL_RULE_USERDATA, nftnl_udata_buf_data(udata),
				    nftnl_udata_buf_len(udata));
	}
	nftnl_udata_buf_free(udata);
	return rule;
}

static void add_rule(struct facts_space *space, uint8_t family, struct nftnl_rule *rule)
{
	char message[MESSAGE_MAX] = { 0 };
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr(message, NFT_MSG_NEWRULE, family, 0, 1);

	nftnl_rule_nlmsg_build_payload(nlh, rule);
	nftnl_rule_free(rule);
	append(space, message);
}

static struct nftnl_expr *verdict_of(int verdict)
{
	struct nftnl_expr *expr = nftnl_expr_alloc("immediate");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	return expr;
}

void world_add_rules(struct facts_space *space, uint8_t family, const char *type, uint32_t hook,
		     int32_t priority, int verdict, const char *comment)
{
	struct nftnl_rule *rule;

	add_table(space, family, "corp");
	add_chain(space, family, "corp", type, hook, priority, verdict < 0 ? NF_DROP : NF_ACCEPT);
	if (verdict < 0)
		return;
	rule = new_rule("corp", comment);
	nftnl_rule_add_expr(rule, verdict_of(verdict));
	add_rule(space, family, rule);
}

static void add_meta(struct nftnl_rule *rule, uint32_t key, const void *value, uint32_t len)
{
	struct nftnl_expr *load = nftnl_expr_alloc("meta"), *compare = nftnl_expr_alloc("cmp");

	nftnl_expr_set_u32(load, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(load, NFTNL_EXPR_META_DREG, NFT_REG_1);
	nftnl_rule_add_expr(rule, load);
	nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(compare, NFTNL_EXPR_CMP_DATA, value, len);
	nftnl_rule_add_expr(rule, compare);
}

static void add_bytes(struct nftnl_rule *rule, const void *value, uint32_t len)
{
	struct nftnl_expr *load = nftnl_expr_alloc("payload"), *compare = nftnl_expr_alloc("cmp");

	nftnl_expr_set_u32(load, NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
	nftnl_expr_set_u32(load, NFTNL_EXPR_PAYLOAD_OFFSET, 0);
	nftnl_expr_set_u32(load, NFTNL_EXPR_PAYLOAD_LEN, len);
	nftnl_expr_set_u32(load, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	nftnl_rule_add_expr(rule, load);
	nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(compare, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(compare, NFTNL_EXPR_CMP_DATA, value, len);
	nftnl_rule_add_expr(rule, compare);
}

void world_add_icmp6_drop(struct facts_space *space, uint8_t family, uint32_t hook, uint8_t type)
{
	static const uint8_t protocol = IPPROTO_ICMPV6;
	struct nftnl_rule *rule = new_rule("corp", NULL);

	add_table(space, family, "corp");
	add_chain(space, family, "corp", "filter", hook, 0, NF_ACCEPT);
	add_meta(rule, NFT_META_L4PROTO, &protocol, sizeof(protocol));
	add_bytes(rule, &type, sizeof(type));
	nftnl_rule_add_expr(rule, verdict_of(NF_DROP));
	add_rule(space, family, rule);
}

void world_add_arp_drop(struct facts_space *space, uint8_t family, uint32_t hook,
			const char *device)
{
	const uint16_t protocol = htons(ETH_P_ARP);
	struct nftnl_rule *rule = new_rule("corp", NULL);

	add_table(space, family, "corp");
	add_chain_on(space, family, "corp", "filter", hook, 0, NF_ACCEPT, device);
	add_meta(rule, NFT_META_PROTOCOL, &protocol, sizeof(protocol));
	nftnl_rule_add_expr(rule, verdict_of(NF_DROP));
	add_rule(space, family, rule);
}

void world_add_device_drop(struct facts_space *space, uint32_t hook, const char *device)
{
	struct nftnl_rule *rule = new_rule("corp", NULL);

	add_table(space, NFPROTO_NETDEV, "corp");
	add_chain_on(space, NFPROTO_NETDEV, "corp", "filter", hook, 0, NF_ACCEPT, device);
	nftnl_rule_add_expr(rule, verdict_of(NF_DROP));
	add_rule(space, NFPROTO_NETDEV, rule);
}

void world_add_sport_drop(struct facts_space *space, uint32_t hook, uint16_t port)
{
	struct nftnl_rule *rule = new_rule("corp", NULL);
	uint16_t wanted = htons(port);

	add_table(space, NFPROTO_IPV4, "corp");
	add_chain(space, NFPROTO_IPV4, "corp", "filter", hook, 0, NF_ACCEPT);
	add_bytes(rule, &wanted, sizeof(wanted));
	nftnl_rule_add_expr(rule, verdict_of(NF_DROP));
	add_rule(space, NFPROTO_IPV4, rule);
}

void world_add_own_drop(struct facts_space *host, uint32_t hook, const char *comment)
{
	struct nftnl_rule *rule = new_rule("netd", comment);

	add_table(host, NFPROTO_INET, "netd");
	add_chain(host, NFPROTO_INET, "netd", "filter", hook, 0, NF_ACCEPT);
	nftnl_rule_add_expr(rule, verdict_of(NF_DROP));
	add_rule(host, NFPROTO_INET, rule);
}

void world_add_reject(struct facts_space *space, uint32_t hook, uint32_t type)
{
	world_add_reject_of(space, "corp", hook, type);
}

void world_add_reject_of(struct facts_space *space, const char *table, uint32_t hook, uint32_t type)
{
	struct nftnl_rule *rule = new_rule(table, NULL);
	struct nftnl_expr *expr = nftnl_expr_alloc("reject");

	add_table(space, NFPROTO_IPV4, table);
	add_chain(space, NFPROTO_IPV4, table, "filter", hook, 0, NF_ACCEPT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_REJECT_TYPE, type);
	nftnl_expr_set_u8(expr, NFTNL_EXPR_REJECT_CODE, 3);
	nftnl_rule_add_expr(rule, expr);
	add_rule(space, NFPROTO_IPV4, rule);
}

void world_add_nat(struct facts_space *space, const char *table, uint32_t hook, uint32_t type,
		   const char *to, uint16_t port)
{
	struct nftnl_rule *rule = new_rule(table, NULL);
	struct nftnl_expr *expr = nftnl_expr_alloc("immediate");
	struct addr addr = addr_of(to);
	uint16_t number = htons(port);

	add_table(space, NFPROTO_IPV4, table);
	add_chain(space, NFPROTO_IPV4, table, "nat", hook, -110, NF_ACCEPT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	nftnl_expr_set(expr, NFTNL_EXPR_IMM_DATA, addr.bytes, 4);
	nftnl_rule_add_expr(rule, expr);
	if (port) {
		expr = nftnl_expr_alloc("immediate");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_2);
		nftnl_expr_set(expr, NFTNL_EXPR_IMM_DATA, &number, sizeof(number));
		nftnl_rule_add_expr(rule, expr);
	}
	expr = nftnl_expr_alloc("nat");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_TYPE, type);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FAMILY, NFPROTO_IPV4);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_REG_1);
	if (port)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_PROTO_MIN, NFT_REG_2);
	nftnl_rule_add_expr(rule, expr);
	add_rule(space, NFPROTO_IPV4, rule);
}

/* --- asking ----------------------------------------------------------------------------------- */

static void fill_protocol(const char *text, struct diag_end *end)
{
	end->protocol = IPPROTO_TCP;
	if (strcmp(text, "udp") == 0)
		end->protocol = IPPROTO_UDP;
	if (strcmp(text, "icmp") == 0)
		end->protocol = IPPROTO_ICMP;
}

static void fill_end(struct world *world, struct diag_verdict *verdict, struct diag_end *end,
		     const char *asked)
{
	_cleanup_free_ char *text = strdup(asked);
	char *slash = strchr(text, '/'), *colon;

	if (slash) {
		*slash = '\0';
		fill_protocol(slash + 1, end);
	}
	if (strncmp(text, "outside:", 8) == 0) {
		end->kind = DIAG_OF_OUTSIDE;
		end->addr = addr_of(text + 8);
		verdict_set_name(verdict, end, text);
		return;
	}
	colon = strrchr(text, ':');
	if (colon) {
		*colon = '\0';
		end->port = (uint16_t)atoi(colon + 1);
	}
	verdict_set_name(verdict, end, text);
	if (strcmp(text, "host") == 0) {
		end->kind = DIAG_OF_HOST;
		verdict_set_space(verdict, end, "host");
	} else if (addr_parse(text, &end->addr) == 0) {
		end->kind = DIAG_OF_ADDRESS;
	} else {
		struct facts_container *container = world_container(world, text);

		end->kind = container ? DIAG_OF_CONTAINER : DIAG_NOBODY;
		if (container)
			verdict_set_space(verdict, end, container->space);
	}
}

void world_explain(struct world *world, const char *from, const char *to,
		   struct diag_verdict *ret_verdict)
{
	*ret_verdict = (struct diag_verdict) { 0 };
	fill_end(world, ret_verdict, &ret_verdict->from, from);
	fill_end(world, ret_verdict, &ret_verdict->to, to);
	judge(&world->facts, ret_verdict);
	assert_int_equal(ret_verdict->err, 0);
}

/* Whoever reads no sentence is told the same. */
static void judge_tersely(struct world *world, const char *from, const char *to,
			  const struct diag_verdict *wanted)
{
	static struct diag_verdict terse; /* large */

	terse.is_terse = true;
	fill_end(world, &terse, &terse.from, from);
	fill_end(world, &terse, &terse.to, to);
	judge(&world->facts, &terse);
	assert_int_equal(terse.outcome, wanted->outcome);
	assert_ptr_equal(terse.code, wanted->code);
	assert_ptr_equal(terse.hop, wanted->hop);
	assert_null(terse.cause);
	for (size_t i = 0; i < terse.n_hops; i++)
		assert_null(terse.hops[i].say);
	verdict_done(&terse);
}

const char *world_code(struct world *world, const char *from, const char *to)
{
	struct diag_verdict verdict;
	const char *code;

	world_explain(world, from, to, &verdict);
	judge_tersely(world, from, to, &verdict);
	code = verdict.code ? verdict.code : verdict.outcome == DIAG_REACHABLE ? "" : "undecided";
	if (verdict.code) {
		assert_non_null(verdict_hop(&verdict, verdict.hop));
		assert_int_equal(verdict_hop(&verdict, verdict.hop)->state,
				 verdict.outcome == DIAG_UNDECIDED ? DIAG_UNKNOWN : DIAG_BAD);
		assert_null(strchr(verdict.cause, '?'));
		assert_null(strchr(verdict.why, '?'));
	}
	if (getenv("SHOW_VERDICT"))
		for (size_t i = 0; i < verdict.n_hops; i++)
			print_message("%s %s %s: %s\n", verdict_state_name[verdict.hops[i].state],
				      verdict.hops[i].id, verdict.hops[i].where,
				      verdict.hops[i].say);
	verdict_done(&verdict);
	return code;
}
