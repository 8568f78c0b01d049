// SPDX-License-Identifier: GPL-2.0-or-later
// door_tool.c - one scenario through the kernel's door and through that of tests/fake/: what each
//               call answers, in lines, so that the two can be compared
#include "door_tool.h"

#include "../own_netns.h"
#include "base/cleanup.h"
#include "tests/fake/kernel.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

const struct door *door;
struct rtnl *host, *inside;
struct nft *nft;
struct error error;
int netns_fd;

/* Indexes differ between the two, names do not. */
void say(const char *what, int result)
{
	printf("%s: ", what);
	if (result >= 0)
		printf("ok\n");
	else
		printf("%s, kind %d\n", strerrorname_np(-result), (int)error.kind);
	memset(&error, 0, sizeof(error));
}

int index_of(struct rtnl *rtnl, const char *name)
{
	struct rtnl_link link;

	return door->links.by_name(rtnl, name, &link, NULL) == 0 ? link.ifindex : 999;
}

struct prefix prefix_of(const char *text)
{
	struct prefix prefix = { 0 };

	(void)prefix_parse(text, &prefix);
	return prefix;
}

struct addr addr_of(const char *text)
{
	struct addr addr = { 0 };

	(void)addr_parse(text, &addr);
	return addr;
}

/* --- what is there --- */

static void show_link(struct rtnl *rtnl, const char *name)
{
	struct rtnl_link link, master = { .name = "-" };

	door->links.wake(rtnl, index_of(rtnl, name));
	if (door->links.by_name(rtnl, name, &link, NULL) < 0) {
		printf("  %s is not there\n", name);
		return;
	}
	if (link.master)
		(void)door->links.by_index(rtnl, link.master, &master, NULL);
	printf("  %s kind '%s' mtu %u%s%s master %s alias '%s' port %x group %x differs %d "
	       "forwards %d %d localnet %d answers %d ipv6 %d\n",
	       link.name, link.kind, link.mtu, link.flags & IFF_UP ? " up" : "",
	       link.flags & IFF_RUNNING ? " running" : "", master.name, link.alias, link.port,
	       link.group, link.bridge_differs, link.forwards[FAMILY_4], link.forwards[FAMILY_6],
	       link.route_localnet, link.answers, link.ipv6);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

struct lines {
	char text[64][128];
	size_t n;
};

static void show_lines(struct lines *lines)
{
	qsort(lines->text, lines->n, sizeof(lines->text[0]), by_text);
	for (size_t i = 0; i < lines->n; i++)
		printf("  %s\n", lines->text[i]);
}

/* Link-local addresses come when they come. */
static void show_addrs(struct rtnl *rtnl, const char *name)
{
	int ifindex = index_of(rtnl, name);
	struct lines lines = { .n = 0 };
	struct rtnl_addr *addrs = NULL;
	size_t n = 0;

	say("addrs.all", door->addrs.all(rtnl, &addrs, &n, &error));
	for (size_t i = 0; i < n && lines.n < 64; i++)
		if (addrs[i].ifindex == ifindex && !addr_is_link_local(&addrs[i].prefix.addr))
			(void)snprintf(lines.text[lines.n++], sizeof(lines.text[0]), "%s %s%s",
				       name, PREFIX_STR(&addrs[i].prefix),
				       addrs[i].of_bridge ? " of bridge" : "");
	show_lines(&lines);
	free(addrs);
}

static void show_routes(struct rtnl *rtnl, const char *name, bool of_addrs)
{
	int ifindex = index_of(rtnl, name);
	struct lines lines = { .n = 0 };
	struct rtnl_route *routes = NULL;
	size_t n = 0;

	if (of_addrs)
		say("routes.of_addrs", door->routes.of_addrs(rtnl, &routes, &n, &error));
	else
		say("routes.all", door->routes.all(rtnl, &routes, &n, &error));
	for (size_t i = 0; i < n && lines.n < 64; i++)
		if (routes[i].ifindex == ifindex && !addr_is_link_local(&routes[i].dst.addr))
			(void)snprintf(lines.text[lines.n++], sizeof(lines.text[0]),
				       "%s %s via %s table %u", name, PREFIX_STR(&routes[i].dst),
				       ADDR_STR(&routes[i].gateway), routes[i].table);
	show_lines(&lines);
	free(routes);
}

/* --- links --- */

struct rtnl_bridge bridge_of(const char *name)
{
	return (struct rtnl_bridge) {
		.name = name,
		.mtu = 1400,
		.mac = mac_from_text(name),
		.addr[FAMILY_4] = prefix_of("10.1.0.1/24"),
		.addr[FAMILY_6] = prefix_of("fd00:1::1/64"),
		.ipv6 = true,
		.forward = true,
		.alias = "netd network one",
	};
}

static void ensure(const struct rtnl_bridge *bridge)
{
	char what[64];
	int ifindex;

	(void)snprintf(what, sizeof(what), "bridges.ensure %s", bridge->name);
	say(what, door->bridges.ensure(host, bridge, &ifindex, &error));
	show_link(host, bridge->name);
}

static void bridges(void)
{
	struct rtnl_bridge bridge = bridge_of("br0");
	struct mac other = mac_from_text("other"), many = { { 1, 2, 3, 4, 5, 6 } };

	ensure(&bridge);
	ensure(&bridge);
	show_addrs(host, "br0");
	show_routes(host, "br0", true);
	show_routes(host, "br0", false);
	printf("hears %d %d\n", door->bridges.hears(host, index_of(host, "br0"), &bridge.mac),
	       door->bridges.hears(host, index_of(host, "br0"), &other));
	say("bridges.restore", door->bridges.restore(host, &bridge, index_of(host, "br0"), &error));
	say("bridges.restore of none", door->bridges.restore(host, &bridge, 999, &error));
	bridge = bridge_of("br1");
	bridge.ipv6 = bridge.forward = false;
	bridge.addr[FAMILY_4] = prefix_of("10.2.0.1/16");
	bridge.addr[FAMILY_6] = (struct prefix) { 0 };
	ensure(&bridge);
	show_addrs(host, "br1");
	bridge.name = "a/b";
	ensure(&bridge);
	bridge = bridge_of("br2");
	bridge.mtu = 70000;
	ensure(&bridge);
	bridge = bridge_of("br2");
	bridge.mac = many;
	ensure(&bridge);
	bridge = bridge_of("lo");
	ensure(&bridge);
}

static void create(const char *what, struct rtnl_veth *veth)
{
	char text[96];
	int ifindex = 0;

	(void)snprintf(text, sizeof(text), "veths.create %s", what);
	say(text, door->veths.create(host, veth, &ifindex, &error));
	show_link(host, veth->host_name);
}

static struct rtnl_veth veth_of(const char *host_name, const char *peer_name)
{
	return (struct rtnl_veth) {
		.host_name = host_name,
		.peer_name = peer_name,
		.netns_fd = netns_fd,
		.master = index_of(host, "br0"),
		.master_name = "br0",
		.mtu = 1400,
		.mac = mac_from_text(peer_name),
		.isolated = true,
		.alias = "c on one",
	};
}

static void pairs(void)
{
	struct rtnl_veth veth = veth_of("ndx", "eth0");

	create("a port", &veth);
	show_link(inside, "eth0");
	create("again", &veth);
	veth.host_name = "ndy";
	create("with a peer's name that is taken", &veth);
	veth.peer_name = "a b";
	create("with a name that is none", &veth);
	veth.peer_name = "eth1";
	veth.master = 999;
	create("of a bridge that is not there", &veth);
	veth.master = index_of(host, "ndx");
	create("of a bridge that is none", &veth);
	veth.master = index_of(host, "br0");
	veth.mtu = 20;
	create("too small", &veth);
	veth.mtu = 1400;
	veth.mac.bytes[0] |= 1;
	create("with a MAC of many", &veth);
	veth.mac = mac_from_text("eth1");
	veth.master = 0;
	veth.isolated = false;
	create("of no bridge", &veth);
	say("veths.set_modes",
	    door->veths.set_modes(host, index_of(host, "ndx"), false, true, &error));
	show_link(host, "ndx");
	say("veths.set_modes of no port",
	    door->veths.set_modes(host, index_of(host, "ndy"), true, true, &error));
	say("veths.set_modes of none", door->veths.set_modes(host, 999, true, true, &error));
	veth.master = index_of(host, "br1");
	veth.hairpin = true;
	say("veths.repair", door->veths.repair(host, &veth, index_of(host, "ndy"), &error));
	show_link(host, "ndy");
	say("veths.repair of none", door->veths.repair(host, &veth, 999, &error));
}

static void show_shape(void)
{
	struct rtnl_queue *queues = NULL;
	struct rtnl_shaped shaped;
	struct rtnl_link link;
	bool leads = false;
	size_t n = 0;

	say("shapes.look",
	    door->shapes.look(host, index_of(host, "ndx"), index_of(host, "nqx"), &shaped, &error));
	printf("  in %llu queue %u out %llu queue %u%s%s\n",
	       (unsigned long long)shaped.bucket[BANDWIDTH_IN].rate,
	       shaped.bucket[BANDWIDTH_IN].queue,
	       (unsigned long long)shaped.bucket[BANDWIDTH_OUT].rate,
	       shaped.bucket[BANDWIDTH_OUT].queue, shaped.leads ? " leads" : "",
	       shaped.waits_there ? " waits" : "");
	say("shapes.all", door->shapes.all(host, &queues, &n, &error));
	for (size_t i = 0; i < n; i++)
		printf("  %s %llu queue %u\n",
		       queues[i].ifindex == index_of(host, "ndx") ? "ndx" : "nqx",
		       (unsigned long long)queues[i].bucket.rate, queues[i].bucket.queue);
	free(queues);
	say("shapes.leads",
	    door->shapes.leads(host, index_of(host, "ndx"), index_of(host, "nqx"), &leads, &error));
	printf("  it %s\n", leads && index_of(host, "nqx") > 0 ? "leads" : "does not lead");
	if (door->links.by_name(host, "nqx", &link, NULL) == 0)
		printf("  nqx kind '%s' alias '%s' group %x%s\n", link.kind, link.alias, link.group,
		       link.flags & IFF_UP ? " up" : "");
}

static void shapes(void)
{
	struct rtnl_shape shape = {
		.host_ifindex = index_of(host, "ndx"),
		.name = "nqx",
		.alias = "c on one",
		.bucket = { { 1000000, 50000, 100000 }, { 500000, 25000, 60000 } },
	};
	int turn = 0;

	say("shapes.set", door->shapes.set(host, &shape, &turn, &error));
	printf("  turn %s\n", turn == index_of(host, "nqx") ? "is nqx" : "is another");
	show_shape();
	shape.bucket[BANDWIDTH_IN].rate = 6000000000;
	say("shapes.set again", door->shapes.set(host, &shape, &turn, &error));
	show_shape();
	shape.bucket[BANDWIDTH_OUT].rate = 0;
	say("shapes.set of one way", door->shapes.set(host, &shape, &turn, &error));
	printf("  turn %s\n", turn == 0 ? "is none" : "is there");
	show_shape();
	shape.bucket[BANDWIDTH_IN].rate = 0;
	say("shapes.set of none", door->shapes.set(host, &shape, &turn, &error));
	say("shapes.set of none again", door->shapes.set(host, &shape, &turn, &error));
	show_shape();
	shape.host_ifindex = 999;
	say("shapes.set of no link's none", door->shapes.set(host, &shape, &turn, &error));
	shape.bucket[BANDWIDTH_IN].rate = 1000000;
	say("shapes.set of no link", door->shapes.set(host, &shape, &turn, &error));
	shape.host_ifindex = index_of(host, "ndx");
	shape.name = "br0";
	shape.bucket[BANDWIDTH_OUT].rate = 1000000;
	say("shapes.set with a name that is taken", door->shapes.set(host, &shape, &turn, &error));
	shape.bucket[BANDWIDTH_IN].rate = shape.bucket[BANDWIDTH_OUT].rate = 0;
	say("shapes.set of none", door->shapes.set(host, &shape, &turn, &error));
	show_shape();
}

/* As an observer sees it: no more than is told of all links, and what went through it. */
static void count_link(const char *name)
{
	struct seen_link *links = NULL;
	size_t n = 0;

	say("links.counted", door->links.counted(host, &links, &n, &error));
	for (size_t i = 0; i < n; i++)
		if (strcmp(links[i].name, name) == 0)
			printf("  %s kind '%s' mtu %u%s%s%s alias '%s' errors %d\n", links[i].name,
			       links[i].kind, links[i].mtu, links[i].is_up ? " up" : "",
			       links[i].is_running ? " running" : "",
			       links[i].master == index_of(host, "br1") ? " of br1" : "",
			       links[i].alias, links[i].received.errors != 0);
	free(links);
}

static void links(void)
{
	struct rtnl_link link;

	say("links.by_name of none", door->links.by_name(host, "nobody", &link, &error));
	say("links.by_index of none", door->links.by_index(host, 999, &link, &error));
	say("links.rename of none", door->links.rename(host, 999, "x", &error));
	say("links.rename to another's",
	    door->links.rename(host, index_of(host, "ndy"), "br0", &error));
	say("links.rename to no name",
	    door->links.rename(host, index_of(host, "ndy"), "a/b", &error));
	say("links.rename", door->links.rename(host, index_of(host, "ndy"), "ndz", &error));
	show_link(host, "ndz");
	say("links.alias of none", door->links.alias(host, 999, "x", &error));
	say("links.alias", door->links.alias(host, index_of(host, "ndz"), "another", &error));
	show_link(host, "ndz");
	count_link("ndz");
	say("links.remove of none", door->links.remove(host, 999, &error));
	say("links.remove of lo", door->links.remove(host, index_of(host, "lo"), &error));
	say("links.doom of none", door->links.doom(host, 999, &error));
	say("links.doom", door->links.doom(host, index_of(host, "ndz"), &error));
	show_link(host, "ndz");
	say("links.sweep", door->links.sweep(host, &error));
	say("links.sweep of none", door->links.sweep(host, &error));
	show_link(host, "ndz");
	show_link(inside, "eth1");
}

/* --- inside, addresses --- */

static struct rtnl_inside setup_of(const char *ifname)
{
	return (struct rtnl_inside) {
		.ifname = ifname,
		.addr[FAMILY_4] = prefix_of("10.1.0.2/24"),
		.addr[FAMILY_6] = prefix_of("fd00:1::2/64"),
		.gateway[FAMILY_4] = addr_of("10.1.0.1"),
		.gateway[FAMILY_6] = addr_of("fd00:1::1"),
		.ipv6 = true,
	};
}

struct visit {
	const char *what;
	struct rtnl_inside setup;
};

static int set_up(void *data)
{
	const struct visit *visit = data;

	say(visit->what, door->inside.setup(inside, &visit->setup, &error));
	return 7;
}

/* The subnet of IPv6 by the gateway instead of on the link. */
static void by_gateway(void)
{
	const struct rtnl_by_gateway by = { prefix_of("fd00:1::/64"), addr_of("fd00:1::1") };
	const struct prefix addr = prefix_of("fd00:1::2/64");

	say("inside.by_gateway of nobody",
	    door->inside.by_gateway(inside, "nobody", &addr, &by, &error));
	say("inside.by_gateway", door->inside.by_gateway(inside, "eth0", &addr, &by, &error));
	say("inside.by_gateway again", door->inside.by_gateway(inside, "eth0", &addr, &by, &error));
	show_addrs(inside, "eth0");
	show_routes(inside, "eth0", false);
}

static void show_host_routes(void)
{
	struct lines lines = { .n = 0 };
	struct rtnl_route *routes = NULL;
	size_t n = 0;

	say("routes.of_host", door->routes.of_host(host, &routes, &n, &error));
	for (size_t i = 0; i < n && lines.n < 64; i++)
		(void)snprintf(lines.text[lines.n++], sizeof(lines.text[0]), "%s at %d",
			       PREFIX_STR(&routes[i].dst),
			       routes[i].ifindex == index_of(host, "br0"));
	show_lines(&lines);
	free(routes);
}

static void host_routes(void)
{
	const struct prefix dsts[] = { { addr_of("10.1.0.9"), 32 },
				       { addr_of("fd00:1::9"), 128 },
				       { addr_of("fd00:1::40"), 122 },
				       { .len = 0 } };
	const int br0 = index_of(host, "br0");
	struct rtnl_bridge bridge = bridge_of("br0");

	bridge.answers = true;
	ensure(&bridge);
	say("routes.add of none", door->routes.add(host, 999, dsts, 4, &error));
	say("routes.add", door->routes.add(host, br0, dsts, 4, &error));
	say("routes.add again", door->routes.add(host, br0, dsts, 4, &error));
	show_host_routes();
	say("routes.remove elsewhere",
	    door->routes.remove(host, index_of(host, "lo"), dsts, 4, &error));
	show_host_routes();
	say("routes.remove", door->routes.remove(host, br0, dsts, 3, &error));
	say("routes.remove again", door->routes.remove(host, br0, dsts, 3, &error));
	show_host_routes();
}

static void insides(void)
{
	struct visit visit = { "inside.setup of none", setup_of("nobody") };
	struct addr gateway = addr_of("10.9.0.1"), none = { 0 };

	printf("netns.run %d\n", door->netns.run(netns_fd, set_up, &visit));
	visit = (struct visit) { "inside.setup", setup_of("eth0") };
	(void)door->netns.run(netns_fd, set_up, &visit);
	(void)door->netns.run(netns_fd, set_up, &visit);
	show_link(inside, "eth0");
	show_link(host, "ndx");
	show_link(host, "br0");
	show_addrs(inside, "eth0");
	show_routes(inside, "eth0", false);
	visit.what = "inside.setup with a gateway elsewhere";
	visit.setup.gateway[FAMILY_4] = gateway;
	(void)door->netns.run(netns_fd, set_up, &visit);
	say("inside.set_default to elsewhere",
	    door->inside.set_default(inside, AF_INET, &gateway, "eth0", 0, &error));
	say("inside.set_default by nobody",
	    door->inside.set_default(inside, AF_INET, &gateway, "nobody", 0, &error));
	gateway = addr_of("10.1.0.9");
	say("inside.set_default",
	    door->inside.set_default(inside, AF_INET, &gateway, "eth0", 0, &error));
	show_routes(inside, "eth0", false);
	say("inside.set_default of none",
	    door->inside.set_default(inside, AF_INET, &none, NULL, 0, &error));
	say("inside.set_default of none again",
	    door->inside.set_default(inside, AF_INET, &none, NULL, 0, &error));
	show_routes(inside, "eth0", false);
	by_gateway();
	visit = (struct visit) { "inside.setup without IPv6", setup_of("eth0") };
	visit.setup.ipv6 = false;
	(void)door->netns.run(netns_fd, set_up, &visit);
	show_addrs(inside, "eth0");
	say("inside.lo_up", door->inside.lo_up(inside, &error));
}

static void addrs(void)
{
	struct prefix there = prefix_of("10.1.0.1/24"), not_there = prefix_of("10.1.0.77/24");
	struct addr moved[2] = { addr_of("10.1.0.2"), { 0 } };
	struct mac mac = mac_from_text("x");
	int br0 = index_of(host, "br0");

	say("addrs.moved", door->addrs.moved(host, br0, moved, 2, &mac, &error));
	say("addrs.moved of none", door->addrs.moved(host, 999, moved, 2, &mac, &error));
	say("addrs.remove", door->addrs.remove(host, br0, &there, &error));
	say("addrs.remove of what is not there", door->addrs.remove(host, br0, &not_there, &error));
	say("addrs.remove of none", door->addrs.remove(host, 999, &there, &error));
	show_addrs(host, "br0");
	show_routes(host, "br0", true);
}

static void retire(void)
{
	struct prefix addr4 = prefix_of("10.2.0.1/16");
	int br1 = index_of(host, "br1");
	struct rtnl_link link;

	say("bridges.doom", door->bridges.doom(host, br1, &addr4, &error));
	say("bridges.doom of none", door->bridges.doom(host, 999, &addr4, &error));
	show_link(host, "br1");
	say("links.by_index", door->links.by_index(host, br1, &link, &error));
	printf("  %d %x\n", (int)(link.flags & IFF_UP), link.group);
	say("links.sweep_bridges", door->links.sweep_bridges(host, &error));
	say("links.by_index", door->links.by_index(host, br1, &link, &error));
	say("links.remove", door->links.remove(host, index_of(host, "br0"), &error));
	show_link(host, "ndx");
	say("links.remove", door->links.remove(host, index_of(host, "ndx"), &error));
	show_link(inside, "eth0");
}

/* --- settings, namespaces, ports --- */

static void put(const char *path, const char *value)
{
	char what[128], now[32] = "-";

	(void)snprintf(what, sizeof(what), "settings.write %s=%s", path, value);
	say(what, door->settings.write(path, value, &error));
	(void)door->settings.read(path, now, sizeof(now));
	printf("  %s\n", now);
}

static void settings(void)
{
	char value[32];

	say("settings.read of none",
	    door->settings.read("net/ipv4/conf/nobody/forwarding", value, sizeof(value)));
	put("net/ipv4/conf/nobody/forwarding", "1");
	put("net/ipv4/conf/br0/forwarding", "yes");
	put("net/ipv4/conf/br0/forwarding", "0");
	put("net/ipv4/ip_forward", "1");
	show_link(host, "br0");
	put("net/ipv4/ip_forward", "0");
	put("net/ipv6/conf/all/forwarding", "1");
	show_link(host, "br0");
	put("net/ipv6/conf/br0/disable_ipv6", "1");
	show_addrs(host, "br0");
	show_link(host, "br0");
}

static void namespaces(void)
{
	uint64_t inode;

	say("netns.open_path", door->netns.open_path("/run/netns/nobody-s", &inode, &error));
	say("netns.open_pid", door->netns.open_pid(0, &inode, &error));
	say("netns.open_pid", door->netns.open_pid(-1, &inode, &error));
	say("netns.open_pid", door->netns.open_pid(4194304, &inode, &error));
}

static int reserve(uint8_t protocol, const char *at, uint16_t port)
{
	struct addr addr = addr_of(at);
	char what[96];
	int fd = door->host_ports.reserve(protocol, &addr, port, true, &error);

	(void)snprintf(what, sizeof(what), "host_ports.reserve %u %s %u", protocol, at, port);
	say(what, fd);
	return fd;
}

static void host_ports(void)
{
	int any = reserve(IPPROTO_TCP, "0.0.0.0", 8080), udp, six, one;

	(void)reserve(IPPROTO_TCP, "0.0.0.0", 8080);
	(void)reserve(IPPROTO_TCP, "127.0.0.1", 8080);
	udp = reserve(IPPROTO_UDP, "0.0.0.0", 8080);
	six = reserve(IPPROTO_TCP, "::", 8080);
	(void)close(any);
	one = reserve(IPPROTO_TCP, "127.0.0.1", 8080);
	(void)reserve(IPPROTO_TCP, "0.0.0.0", 8080);
	(void)close(udp);
	(void)close(six);
	(void)close(one);
}

/* --- rules --- */

static struct ruleset_elem elem_of(enum ruleset_set set, const char *key, const char *key_end)
{
	struct ruleset_elem elem = { .set = set,
				     .key_len = ruleset_key_size(set),
				     .data_len = ruleset_data_size(set),
				     .verdict = NF_ACCEPT,
				     .comment = "one" };
	struct addr addr;

	if (addr_parse(key, &addr) == 0) {
		memcpy(elem.key, addr.bytes, addr_size(&addr));
		if (key_end && addr_parse(key_end, &addr) == 0)
			memcpy(elem.key_end, addr.bytes, addr_size(&addr));
	} else {
		memcpy(elem.key, key, strlen(key));
	}
	return elem;
}

static void act(const char *what,
		int (*operation)(struct nft *nft, const struct ruleset_elems *elems,
				 struct error *error),
		struct ruleset_elem first, const struct ruleset_elem *second)
{
	struct ruleset_elem items[2] = { first };
	struct ruleset_elems elems = { .items = items, .n = second ? 2 : 1 };

	if (second)
		items[1] = *second;
	say(what, operation(nft, &elems, &error));
	for (int set = 0; set < RULESET_N_INET_SETS; set++) {
		int n = door->rules.count(nft, (enum ruleset_set)set);

		if (n != 0)
			printf("  set %d has %d\n", set, n > 0 ? n : -1);
		if (n < 0)
			break;
	}
}

static void elements(void)
{
	struct ruleset_elem bridge = elem_of(RULESET_BRIDGES, "br0", NULL),
			    other = elem_of(RULESET_BRIDGES, "br1", NULL),
			    verdict = elem_of(RULESET_PAIRS, "br0", NULL),
			    range = elem_of(RULESET_CLOSED4, "10.1.0.0", "10.1.0.255"),
			    within = elem_of(RULESET_CLOSED4, "10.1.0.64", "10.1.0.127"),
			    next = elem_of(RULESET_CLOSED4, "10.1.1.0", "10.1.1.255"),
			    port = elem_of(RULESET_PUBLISH4, "ab", NULL);

	act("rules.add", door->rules.add, bridge, NULL);
	act("rules.add again", door->rules.add, bridge, &bridge);
	act("rules.add of a verdict", door->rules.add, verdict, NULL);
	verdict.verdict = NF_DROP;
	act("rules.add of another verdict", door->rules.add, verdict, NULL);
	act("rules.add of a range", door->rules.add, range, NULL);
	act("rules.add of the range again", door->rules.add, range, NULL);
	act("rules.add of a range within, and another", door->rules.add, other, &within);
	act("rules.add of the range beside", door->rules.add, next, NULL);
	act("rules.add of a port", door->rules.add, port, NULL);
	port.data[0] = 1;
	act("rules.add of the port elsewhere", door->rules.add, port, &other);
	act("rules.take of one that is there, and one that is not", door->rules.take, bridge,
	    &other);
	act("rules.take of one twice", door->rules.take, bridge, &bridge);
	act("rules.replace", door->rules.replace, verdict, NULL);
	act("rules.replace of what is not there", door->rules.replace, other, NULL);
	act("rules.take of ranges", door->rules.take, range, &next);
	act("rules.take", door->rules.take, bridge, NULL);
	act("rules.reset", door->rules.reset, bridge, &verdict);
	act("rules.reset with a clash", door->rules.reset, range, &within);
}

static int redirect(void *data)
{
	struct nft *first = NULL, *second = NULL;

	(void)data;
	say("rules.open", door->rules.open(true, &first, &error));
	say("rules.open", door->rules.open(true, &second, &error));
	say("rules.unredirect of none", door->rules.unredirect(first, &error));
	say("rules.redirect", door->rules.redirect(first, 40001, &error));
	say("rules.redirect again", door->rules.redirect(first, 40002, &error));
	say("rules.redirect by another", door->rules.redirect(second, 40003, &error));
	say("rules.unredirect by another", door->rules.unredirect(second, &error));
	door->rules.close(first);
	say("rules.redirect after its owner", door->rules.redirect(second, 40003, &error));
	say("rules.unredirect", door->rules.unredirect(second, &error));
	door->rules.close(second);
	return 0;
}

static void rules(void)
{
	struct ruleset_elem bridge = elem_of(RULESET_BRIDGES, "br0", NULL);
	struct ruleset_elems none = { .n = 0 };
	struct nft *another = NULL;

	act("rules.add without a table", door->rules.add, bridge, NULL);
	act("rules.take without a table", door->rules.take, bridge, NULL);
	say("rules.remove of none", door->rules.remove(nft, &error));
	say("rules.reset", door->rules.reset(nft, &none, &error));
	elements();
	say("rules.open", door->rules.open(true, &another, &error));
	say("rules.reset by another", door->rules.reset(another, &none, &error));
	say("rules.remove by another", door->rules.remove(another, &error));
	say("rules.disown", door->rules.disown(nft, &none, &error));
	printf("owner %d\n", door->rules.is_owner(nft));
	say("rules.remove by another", door->rules.remove(another, &error));
	door->rules.close(another);
	(void)door->netns.run(netns_fd, redirect, NULL);
}

static int open_inside(void *data)
{
	(void)data;
	return door->links.open(&inside, &error);
}

int main(int argc, char **argv)
{
	uint64_t inode;

	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "kernel") == 0) {
		own_netns_or_die();
		door = &door_kernel;
		if (netns_init(&error) < 0)
			return 1;
	} else {
		fake_kernel_start();
		fake_netns_add(argv[2], 0);
		door = &fake_door;
	}
	netns_fd = door->netns.open_path(argv[2], &inode, &error);
	if (netns_fd < 0 || door->links.open(&host, &error) < 0 ||
	    door->netns.run(netns_fd, open_inside, NULL) < 0 ||
	    door->rules.open(true, &nft, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	bridges();
	pairs();
	shapes();
	links();
	insides();
	host_routes();
	addrs();
	settings();
	retire();
	namespaces();
	host_ports();
	watched(door == &door_kernel);
	rules();
	flows(door == &door_kernel);
	foreign(door == &door_kernel);
	door->links.close(host);
	door->links.close(inside);
	door->rules.close(nft);
	(void)close(netns_fd);
	if (door == &fake_door)
		fake_kernel_stop();
	return 0;
}
