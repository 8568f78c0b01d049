// SPDX-License-Identifier: GPL-2.0-or-later
// door_others.c - of the scenario through both doors: what a watch of links tells, what becomes of
//                 flows, and chains of others in the way
#include "door_tool.h"

#include "base/cleanup.h"
#include "tests/fake/kernel.h"

#include <linux/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By the program of somebody, where the kernel is real. */
static void run(const char *command)
{
	if (system(command) != 0)
		printf("failed: %s\n", command);
}

/* --- events: what the last of a row says of a link, and what is gone --- */

#define KNOWN_MAX 32
#define HEARD_MAX 128

static struct known {
	int ifindex;
	char name[IFNAMSIZ], says[96], said[96];
	bool old, gone; /* known before what is heard now; gone by now */
} known[KNOWN_MAX];

static struct heard {
	const char *what; /* with the name behind it */
	int ifindex;
	char more[64];
} heard[HEARD_MAX];
static size_t n_heard;

static struct known *known_as(int ifindex)
{
	size_t i = 0;

	while (i < KNOWN_MAX - 1 && known[i].ifindex != ifindex && known[i].ifindex != 0)
		i++;
	known[i].ifindex = ifindex;
	return &known[i];
}

static void note(const char *what, int ifindex, const char *more)
{
	if (n_heard == HEARD_MAX)
		return;
	heard[n_heard] = (struct heard) { .what = what, .ifindex = ifindex };
	(void)snprintf(heard[n_heard++].more, sizeof(heard[0].more), "%s", more);
}

static void note_link(const struct rtnl_link *link)
{
	struct known *it = known_as(link->ifindex);

	(void)snprintf(it->name, sizeof(it->name), "%s", link->name);
	(void)snprintf(it->says, sizeof(it->says), "mtu %u%s%s master %s port %x", link->mtu,
		       link->flags & IFF_UP ? " up" : "",
		       link->flags & IFF_RUNNING ? " running" : "",
		       link->master ? known_as(link->master)->name : "-", link->port);
}

/* Link-local addresses come when they come. Of a host's address the kernel has routes to more than
 * itself and its subnet, which nobody here asks about. */
static bool is_of_interest(const struct prefix *prefix)
{
	const struct addr own4 = addr_of("10.5.0.1"), own6 = addr_of("fd00:5::1");

	if (addr_is_link_local(&prefix->addr) || addr_is_multicast(&prefix->addr))
		return false;
	return prefix->len < addr_bits(&prefix->addr) || addr_equal(&prefix->addr, &own4) ||
	       addr_equal(&prefix->addr, &own6);
}

static void on_event(const struct rtnl_event *event, void *data)
{
	(void)data;
	switch (event->change) {
	case RTNL_CHANGE_LINK:
		note_link(event->link);
		break;
	case RTNL_CHANGE_LINK_GONE:
		known_as(event->ifindex)->gone = true;
		note("gone", event->ifindex, "");
		break;
	case RTNL_CHANGE_PORT_GONE:
		note("left its bridge", event->ifindex, known_as(event->master)->name);
		break;
	case RTNL_CHANGE_ADDR_GONE:
		if (is_of_interest(&event->prefix))
			note("lost its address", event->ifindex, PREFIX_STR(&event->prefix));
		break;
	case RTNL_CHANGE_ROUTE_GONE:
		if (is_of_interest(&event->prefix))
			note("lost a route", 0, PREFIX_STR(&event->prefix));
		break;
	case RTNL_CHANGE_FDB_GONE:
		note("lost an entry", event->ifindex, "");
		break;
	case RTNL_CHANGE_NEIGHBOUR_GONE:
		note("lost a neighbour", event->ifindex, ADDR_STR(&event->prefix.addr));
		break;
	case RTNL_CHANGE_NO_FORWARD:
		note("forwards no more", event->ifindex,
		     event->family == AF_INET ? "IPv4" : "IPv6");
		break;
	case RTNL_CHANGE_QUEUE:
		note("has another queue", event->ifindex, "");
		break;
	}
}

/* A name with an index in it is told without. */
static const char *shown_name(int ifindex)
{
	const char *name = ifindex ? known_as(ifindex)->name : "all";

	return strncmp(name, "nd-", 3) == 0 ? "nd-" : name;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Once each, and sorted. A link that comes or goes loses entries on the way. */
static void show_heard(void)
{
	static char lines[HEARD_MAX][128];
	size_t n = 0;

	for (size_t i = 0; i < n_heard; i++) {
		const struct known *it = heard[i].ifindex ? known_as(heard[i].ifindex) : NULL;

		if (it && (!it->old || it->gone) && strcmp(heard[i].what, "lost an entry") == 0)
			continue;
		if (it && strcmp(it->name, "eth0") == 0)
			continue; /* only the host in memory has a way out */
		(void)snprintf(lines[n++], sizeof(lines[0]), "%s: %s %s",
			       shown_name(heard[i].ifindex), heard[i].what, heard[i].more);
	}
	qsort(lines, n, sizeof(lines[0]), by_text);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || strcmp(lines[i], lines[i - 1]) != 0)
			printf("  %s\n", lines[i]);
}

/* What the last event of a row says of a link counts, and only where that is new. */
static void show_links(void)
{
	for (size_t i = 0; i < KNOWN_MAX; i++) {
		struct known *it = &known[i];

		if (!it->gone && strcmp(it->said, it->says) != 0)
			printf("  %s: %s\n", shown_name(it->ifindex), it->says);
		memcpy(it->said, it->says, sizeof(it->said));
		it->old = it->ifindex != 0;
	}
}

/* The carriers are settled before. */
static void hear(struct rtnl_watch *watch, const char *step)
{
	door->links.wake(host, index_of(host, "ndw"));
	door->links.wake(host, index_of(host, "brw"));
	n_heard = 0;
	for (int i = 0; i < 8; i++)
		if (door->link_watch.read(watch, on_event, NULL) < 0)
			printf("cannot read\n");
	printf("heard after %s:\n", step);
	show_heard();
	show_links();
}

static int set_up(void *data)
{
	struct rtnl_inside setup = { .ifname = "ethw", .addr[FAMILY_4] = prefix_of("10.5.0.2/24") };

	(void)data;
	return door->inside.setup(inside, &setup, &error);
}

static void hear_making(struct rtnl_watch *watch, struct rtnl_bridge *bridge)
{
	struct rtnl_veth veth = { .host_name = "ndw",
				  .peer_name = "ethw",
				  .netns_fd = netns_fd,
				  .mtu = 1400,
				  .isolated = true,
				  .alias = "c on w" };
	int ifindex = 0;

	say("bridges.ensure", door->bridges.ensure(host, bridge, &ifindex, &error));
	hear(watch, "a bridge");
	say("bridges.ensure", door->bridges.ensure(host, bridge, &ifindex, &error));
	hear(watch, "nothing new");
	veth.master = ifindex;
	veth.master_name = "brw";
	say("veths.create", door->veths.create(host, &veth, &ifindex, &error));
	hear(watch, "a port");
	say("inside.setup", door->netns.run(netns_fd, set_up, NULL));
	hear(watch, "its carrier");
	say("veths.set_modes", door->veths.set_modes(host, ifindex, false, true, &error));
	hear(watch, "other modes");
	say("links.rename", door->links.rename(host, ifindex, "ndw2", &error));
	hear(watch, "another name");
	say("links.rename", door->links.rename(host, ifindex, "ndw", &error));
	hear(watch, "the name of before");
}

/* By a foreign hand. */
static void hear_losses(struct rtnl_watch *watch, const struct rtnl_bridge *bridge, bool real)
{
	int brw = index_of(host, "brw");
	char command[128];

	if (real) {
		run("ip route del 10.5.0.0/24 dev brw");
		run("ip route del local 10.5.0.1 dev brw table local");
	} else {
		fake_routes_take(NULL, "brw", "10.5.0.1/24");
	}
	hear(watch, "the routes of an address");
	(void)snprintf(command, sizeof(command), "bridge fdb del %s dev brw self",
		       MAC_STR(&bridge->mac));
	if (real)
		run(command);
	else
		fake_bridge_deafen("brw");
	hear(watch, "the entry of the bridge");
	printf("hears %d\n", door->bridges.hears(host, brw, &bridge->mac));
	say("bridges.restore", door->bridges.restore(host, bridge, brw, &error));
	printf("hears %d\n", door->bridges.hears(host, brw, &bridge->mac));
	hear(watch, "what was restored");
}

static void hear_unmaking(struct rtnl_watch *watch, const struct rtnl_bridge *bridge)
{
	int brw = index_of(host, "brw");

	say("settings.write", door->settings.write("net/ipv4/conf/brw/forwarding", "0", &error));
	hear(watch, "no forwarding by it");
	say("settings.write", door->settings.write("net/ipv6/conf/all/forwarding", "1", &error));
	hear(watch, "forwarding by all");
	say("settings.write", door->settings.write("net/ipv6/conf/all/forwarding", "0", &error));
	hear(watch, "no forwarding by any");
	say("settings.write",
	    door->settings.write("net/ipv4/conf/brw/route_localnet", "0", &error));
	hear(watch, "a setting that is not told");
	say("addrs.remove", door->addrs.remove(host, brw, &bridge->addr[FAMILY_4], &error));
	hear(watch, "an address");
	say("links.remove", door->links.remove(host, index_of(host, "ndw"), &error));
	hear(watch, "the port");
	say("bridges.doom", door->bridges.doom(host, brw, &bridge->addr[FAMILY_4], &error));
	hear(watch, "the bridge's doom");
	say("links.sweep_bridges", door->links.sweep_bridges(host, &error));
	hear(watch, "the sweep");
}

void watched(bool real)
{
	struct rtnl_bridge bridge = bridge_of("brw");
	struct rtnl_watch *watch = NULL;
	struct rtnl_link *links = NULL;
	size_t n = 0;

	bridge.addr[FAMILY_4] = prefix_of("10.5.0.1/24");
	bridge.addr[FAMILY_6] = prefix_of("fd00:5::1/64");
	(void)door->links.all(host, &links, &n, &error);
	for (size_t i = 0; i < n; i++) {
		note_link(&links[i]);
		memcpy(known_as(links[i].ifindex)->said, known_as(links[i].ifindex)->says,
		       sizeof(known[0].said));
	}
	free(links);
	say("link_watch.open", door->link_watch.open(&watch, &error));
	hear(watch, "nothing");
	hear_making(watch, &bridge);
	hear_losses(watch, &bridge, real);
	hear_unmaking(watch, &bridge);
	door->link_watch.close(watch);
}

/* --- flows --- */

static void flow(bool real, const char *to, uint16_t to_port, const char *led_to,
		 uint16_t led_to_port)
{
	const char *from = strchr(to, ':') ? "2001:db8::9" : "192.0.2.9";
	static int from_port = 4000; /* another each time, else two have the same answers */
	char command[256];

	if (!real) {
		fake_flow_put(to, to_port, led_to, led_to_port);
		return;
	}
	(void)snprintf(command, sizeof(command),
		       "conntrack -I -p udp -s %s -d %s --sport %d --dport %u -r %s -q %s "
		       "--reply-port-src %u --reply-port-dst %d -t 600 >/dev/null 2>&1",
		       from, to, from_port, to_port, led_to, from, led_to_port, from_port);
	from_port++;
	run(command);
}

static void count_flows(bool real, const char *what)
{
	size_t n = 0;
	FILE *list;
	int c;

	if (!real) {
		n = fake_n_flows();
	} else {
		list = popen("conntrack -L -p udp 2>/dev/null", "re");
		while (list && (c = getc(list)) != EOF)
			n += c == '\n';
		if (list)
			(void)pclose(list);
	}
	printf("%s: %zu flows, any %d\n", what, n, door->flows.any());
}

static void forget(bool real, const char *what, const struct port *ports, size_t n_ports)
{
	say(what, door->flows.forget(ports, n_ports, &error));
	count_flows(real, what);
}

static void forget_others(bool real, const char *what, const struct port *ports, size_t n_ports)
{
	const struct prefix subnets[] = { prefix_of("10.1.0.0/24"), prefix_of("fd00:1::/64") };

	say(what, door->flows.forget_others(ports, n_ports, subnets, ARRAY_SIZE(subnets), &error));
	count_flows(real, what);
}

static struct port port_of(uint8_t protocol, const char *at, uint16_t number)
{
	return (struct port) { .protocol = protocol,
			       .host_addr = addr_of(at),
			       .host_port = number,
			       .container_port = 53,
			       .target = addr_of(strchr(at, ':') ? "fd00:1::2" : "10.1.0.2") };
}

void flows(bool real)
{
	struct rtnl_bridge bridge = bridge_of("brf");
	struct port any = port_of(IPPROTO_UDP, "0.0.0.0", 5353),
		    one = port_of(IPPROTO_UDP, "203.0.113.1", 5353),
		    tcp = port_of(IPPROTO_TCP, "0.0.0.0", 5353),
		    six = port_of(IPPROTO_UDP, "::", 5353), both[2];
	int ifindex;

	say("bridges.ensure", door->bridges.ensure(host, &bridge, &ifindex, &error));
	count_flows(real, "no flow yet");
	flow(real, "10.1.0.1", 5353, "10.1.0.1", 5353); /* to the host, before there was a port */
	flow(real, "203.0.113.1", 5353, "203.0.113.1", 5353); /* through the host */
	flow(real, "10.1.0.1", 5354, "10.1.0.2", 53); /* into the container by another port */
	flow(real, "10.1.0.2", 53, "10.1.0.2", 53);   /* to the container itself */
	flow(real, "fd00:1::1", 5353, "fd00:1::2", 53);
	count_flows(real, "five");
	forget(real, "flows.forget of TCP", &tcp, 1);
	forget(real, "flows.forget of none", NULL, 0);
	forget(real, "flows.forget of every address", &any, 1);
	forget(real, "flows.forget of one address", &one, 1);
	forget(real, "flows.forget of IPv6", &six, 1);
	flow(real, "10.1.0.1", 5353, "10.1.0.2", 53);	  /* as a port says */
	flow(real, "10.1.0.1", 5355, "10.1.0.3", 53);	  /* by a port that is gone */
	flow(real, "10.1.0.1", 5356, "10.1.0.1", 5356);	  /* to the host */
	flow(real, "fd00:1::1", 5353, "fd00:1::1", 5353); /* to a port, before there was one */
	both[0] = any;
	both[1] = six;
	forget_others(real, "flows.forget_others", both, 2);
	forget_others(real, "flows.forget_others again", both, 2);
	forget_others(real, "flows.forget_others without ports", NULL, 0);
	say("links.remove", door->links.remove(host, ifindex, &error));
}

/* --- chains of others --- */

static const struct {
	const char *family, *table, *chain;
	bool at_forward, drops;
	const char *base; /* as nft(8) is told */
} chains[] = {
	{ "ip", "filter", "FORWARD", true, true,
	  "type filter hook forward priority 0; policy drop;" },
	{ "ip", "filter", "DOCKER-USER", false, false, "" },
	{ "inet", "firewalld", "filter_FORWARD", true, false,
	  "type filter hook forward priority 10; policy accept;" },
	{ "ip6", "filter", "INPUT", false, true,
	  "type filter hook input priority 0; policy drop;" },
};

static const struct {
	const char *family, *table, *chain, *ifname;
	bool from, accepts;
} chain_rules[] = {
	{ "ip", "filter", "FORWARD", "br0", true, true },
	{ "inet", "firewalld", "filter_FORWARD", "br1", false, false },
};

static void put_chains(bool real)
{
	char command[256];

	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		if (!real) {
			fake_chain_put(chains[i].family, chains[i].table, chains[i].chain,
				       chains[i].at_forward, chains[i].drops);
			continue;
		}
		(void)snprintf(command, sizeof(command),
			       "nft 'add table %s %s; add chain %s %s %s { %s }'", chains[i].family,
			       chains[i].table, chains[i].family, chains[i].table, chains[i].chain,
			       chains[i].base);
		run(command);
	}
}

static void put_rules(bool real)
{
	char command[256];

	for (size_t i = 0; i < ARRAY_SIZE(chain_rules); i++) {
		if (!real) {
			fake_chain_rule(chain_rules[i].table, chain_rules[i].chain,
					chain_rules[i].ifname, chain_rules[i].from,
					chain_rules[i].accepts);
			continue;
		}
		(void)snprintf(command, sizeof(command), "nft 'add rule %s %s %s %s %s %s'",
			       chain_rules[i].family, chain_rules[i].table, chain_rules[i].chain,
			       chain_rules[i].from ? "iifname" : "oifname", chain_rules[i].ifname,
			       chain_rules[i].accepts ? "accept" : "drop");
		run(command);
	}
}

static void show_chain(const struct nft_foreign *foreign, size_t i)
{
	const struct nft_foreign_chain *chain = door->foreign.chain(foreign, i);
	static const char *const bridges[] = { "br0", "br1" };

	if (!chain)
		return;
	printf("  %s %s %s", chain->family, chain->table, chain->chain);
	for (size_t k = 0; k < ARRAY_SIZE(bridges); k++)
		printf(" %s %d %d", bridges[k], door->foreign.refuses(foreign, i, bridges[k], NULL),
		       door->foreign.refuses(foreign, i, NULL, bridges[k]));
	printf(" between %d %d", door->foreign.refuses(foreign, i, "br0", "br1"),
	       door->foreign.refuses(foreign, i, "br1", "br0"));
	printf(" %d %d\n", door->foreign.has_chain(foreign, i, "DOCKER-USER"),
	       door->foreign.has_chain(foreign, i, chain->chain));
}

static void show_chains(void)
{
	struct nft_foreign *foreign = NULL;
	size_t n = 0;

	say("foreign.read", door->foreign.read(nft, &foreign));
	for (size_t i = 0; i < door->foreign.n(foreign); i++) {
		n += door->foreign.chain(foreign, i) != NULL;
		show_chain(foreign, i);
	}
	printf("%zu at forward, of %zu\n", n, door->foreign.n(foreign));
	door->foreign.free(foreign);
}

void foreign(bool real)
{
	show_chains();
	put_chains(real);
	put_rules(real);
	show_chains();
}
