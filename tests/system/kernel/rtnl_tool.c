// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_tool.c - drives kernel/{rtnl,netns,sysctl,ports} from bats tests, in the netns it is run in
#include "rtnl_tool.h"
#include "../own_netns.h"
#include "base/cleanup.h"
#include "kernel/netns.h"
#include "kernel/ports.h"
#include "kernel/rtnl.h"
#include "kernel/sysctl.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int tool_fail(const struct error *error)
{
	static const char *const kinds[ERROR_N_KINDS] = {
		[ERROR_INVALID] = "invalid",	     [ERROR_FORBIDDEN] = "forbidden",
		[ERROR_NOT_FOUND] = "not-found",     [ERROR_CONFLICT] = "conflict",
		[ERROR_INTERNAL] = "internal",	     [ERROR_NOT_IMPLEMENTED] = "not-implemented",
		[ERROR_UNAVAILABLE] = "unavailable", [ERROR_TOO_LARGE] = "too-large",
	};

	printf("error %s: %s\n", kinds[error->kind], error->text);
	return 1;
}

static struct prefix prefix_arg(const char *text)
{
	struct prefix prefix = { 0 };

	if (strcmp(text, "-") != 0 && prefix_parse(text, &prefix) < 0) {
		fprintf(stderr, "not a prefix: %s\n", text);
		exit(2);
	}
	return prefix;
}

static struct addr addr_arg(const char *text)
{
	struct addr addr = { 0 };

	if (strcmp(text, "-") != 0 && addr_parse(text, &addr) < 0) {
		fprintf(stderr, "not an address: %s\n", text);
		exit(2);
	}
	return addr;
}

static bool has_word(char **words, const char *word)
{
	while (*words)
		if (strcmp(*words++, word) == 0)
			return true;
	return false;
}

static struct rtnl *open_or_die(void)
{
	struct error error = { 0 };
	struct rtnl *rtnl;

	if (rtnl_open(&rtnl, &error) < 0)
		exit(tool_fail(&error));
	return rtnl;
}

static int index_or_die(struct rtnl *rtnl, const char *name)
{
	struct error error = { 0 };
	struct rtnl_link link;
	int err = rtnl_link_by_name(rtnl, name, &link, &error);

	if (err == -ENOENT)
		error_set(&error, ERROR_NOT_FOUND, "no link %s", name);
	if (err < 0)
		exit(tool_fail(&error));
	return link.ifindex;
}

/* bridge NAME MAC MTU ADDR4|- ADDR6|- [v6] */
static int cmd_bridge(struct rtnl *rtnl, char **argv)
{
	struct rtnl_bridge bridge = {
		.name = argv[0],
		.mtu = (uint32_t)atoi(argv[2]),
		.addr[FAMILY_4] = prefix_arg(argv[3]),
		.addr[FAMILY_6] = prefix_arg(argv[4]),
		.ipv6 = has_word(argv + 5, "v6"),
		.alias = "netd network test",
	};
	struct error error = { 0 };
	int ifindex;

	if (mac_parse(argv[1], &bridge.mac) < 0)
		return 2;
	if (rtnl_bridge_ensure(rtnl, &bridge, &ifindex, &error) < 0)
		return tool_fail(&error);
	printf("%d\n", ifindex);
	return 0;
}

/* veth HOST PEER NETNS BRIDGE|- MTU MAC [isolated] [hairpin] */
static int cmd_veth(struct rtnl *rtnl, char **argv)
{
	struct rtnl_veth veth = {
		.host_name = argv[0],
		.peer_name = argv[1],
		.master_name = argv[3],
		.mtu = (uint32_t)atoi(argv[4]),
		.isolated = has_word(argv + 6, "isolated"),
		.hairpin = has_word(argv + 6, "hairpin"),
		.alias = "web on test",
	};
	struct error error = { 0 };
	uint64_t inode;
	int ifindex;

	veth.netns_fd = netns_open_path(argv[2], &inode, &error);
	if (veth.netns_fd < 0)
		return tool_fail(&error);
	if (strcmp(argv[3], "-") != 0)
		veth.master = index_or_die(rtnl, argv[3]);
	if (mac_parse(argv[5], &veth.mac) < 0)
		return 2;
	if (rtnl_veth_create(rtnl, &veth, &ifindex, &error) < 0)
		return tool_fail(&error);
	printf("%d\n", ifindex);
	return 0;
}

struct inside_call {
	const struct rtnl_inside *setup;
	struct error error;
};

static int inside_setup(void *data)
{
	struct inside_call *call = data;
	_cleanup_(rtnl_closep) struct rtnl *inside = NULL;
	int err = rtnl_open(&inside, &call->error);

	return err < 0 ? err : rtnl_inside_setup(inside, call->setup, &call->error);
}

/* inside NETNS IFNAME ADDR4|- ADDR6|- GATEWAY4|- GATEWAY6|- [v6] */
static int cmd_inside(struct rtnl *rtnl, char **argv)
{
	struct rtnl_inside setup = {
		.ifname = argv[1],
		.addr[FAMILY_4] = prefix_arg(argv[2]),
		.addr[FAMILY_6] = prefix_arg(argv[3]),
		.gateway[FAMILY_4] = addr_arg(argv[4]),
		.gateway[FAMILY_6] = addr_arg(argv[5]),
		.ipv6 = has_word(argv + 6, "v6"),
	};
	struct inside_call call = { .setup = &setup };
	uint64_t inode;
	int fd = netns_open_path(argv[0], &inode, &call.error);

	(void)rtnl;
	if (fd < 0 || netns_run(fd, inside_setup, &call) < 0)
		return tool_fail(&call.error);
	return 0;
}

/* default FAMILY GATEWAY|- IFNAME, run inside */
static int cmd_default(struct rtnl *rtnl, char **argv)
{
	uint8_t family = strcmp(argv[0], "6") == 0 ? AF_INET6 : AF_INET;
	struct addr gateway = addr_arg(argv[1]);
	struct error error = { 0 };

	if (rtnl_inside_default(rtnl, family, &gateway, argv[2], 0, &error) < 0)
		return tool_fail(&error);
	return 0;
}

static int cmd_link(struct rtnl *rtnl, char **argv)
{
	struct error error = { 0 };
	struct rtnl_link link;
	int err = rtnl_link_by_name(rtnl, argv[0], &link, &error);

	if (err == -ENOENT) {
		puts("none");
		return 0;
	}
	if (err < 0)
		return tool_fail(&error);
	printf("%s kind=%s mac=%s mtu=%u group=%u master=%d alias=%s\n", link.name, link.kind,
	       MAC_STR(&link.mac), link.mtu, link.group, link.master, link.alias);
	return 0;
}

static int cmd_links(struct rtnl *rtnl, char **argv)
{
	_cleanup_free_ struct rtnl_link *links = NULL;
	struct error error = { 0 };
	size_t n;

	(void)argv;
	if (rtnl_link_dump(rtnl, &links, &n, &error) < 0)
		return tool_fail(&error);
	for (size_t i = 0; i < n; i++)
		printf("%d %s %s master=%d peer=%d\n", links[i].ifindex, links[i].name,
		       links[i].kind, links[i].master, links[i].peer);
	return 0;
}

static int cmd_routes(struct rtnl *rtnl, char **argv)
{
	_cleanup_free_ struct rtnl_route *routes = NULL;
	struct error error = { 0 };
	size_t n;

	(void)argv;
	if (rtnl_dump_routes(rtnl, &routes, &n, &error) < 0)
		return tool_fail(&error);
	for (size_t i = 0; i < n; i++) {
		char name[IF_NAMESIZE] = "";

		(void)if_indextoname((unsigned int)routes[i].ifindex, name); /* or it is gone */
		printf("inet%s %s via=%s dev=%s table=%u\n",
		       routes[i].dst.addr.family == AF_INET6 ? "6" : "",
		       routes[i].dst.len > 0 ? PREFIX_STR(&routes[i].dst) : "default",
		       ADDR_STR(&routes[i].gateway), name, routes[i].table);
	}
	return 0;
}

static int cmd_addrs(struct rtnl *rtnl, char **argv)
{
	_cleanup_free_ struct rtnl_addr *addrs = NULL;
	struct error error = { 0 };
	size_t n;

	(void)argv;
	if (rtnl_dump_addrs(rtnl, &addrs, &n, &error) < 0)
		return tool_fail(&error);
	for (size_t i = 0; i < n; i++)
		printf("%d %s\n", addrs[i].ifindex, PREFIX_STR(&addrs[i].prefix));
	return 0;
}

static int cmd_delete(struct rtnl *rtnl, char **argv)
{
	struct error error = { 0 };

	if (rtnl_link_delete(rtnl, atoi(argv[0]), &error) < 0)
		return tool_fail(&error);
	return 0;
}

static int cmd_hairpin(struct rtnl *rtnl, char **argv)
{
	struct error error = { 0 };

	if (rtnl_veth_port_modes(rtnl, index_or_die(rtnl, argv[0]), false, argv[1][0] == '1',
				 &error) < 0)
		return tool_fail(&error);
	return 0;
}

static int cmd_doom(struct rtnl *rtnl, char **argv)
{
	struct error error = { 0 };

	if (rtnl_link_doom(rtnl, index_or_die(rtnl, argv[0]), &error) < 0)
		return tool_fail(&error);
	return 0;
}

/* doombridge NAME ADDR4|- */
static int cmd_doom_bridge(struct rtnl *rtnl, char **argv)
{
	struct prefix addr4 = prefix_arg(argv[1]);
	struct error error = { 0 };

	if (rtnl_bridge_doom(rtnl, index_or_die(rtnl, argv[0]), &addr4, &error) < 0)
		return tool_fail(&error);
	return 0;
}

static int cmd_sweep(struct rtnl *rtnl, char **argv)
{
	struct error error = { 0 };

	(void)argv;
	if (rtnl_link_sweep(rtnl, &error) < 0 || rtnl_link_sweep_bridges(rtnl, &error) < 0)
		return tool_fail(&error);
	return 0;
}

static void print_event(const struct rtnl_event *event, void *data)
{
	(void)data;
	switch (event->change) {
	case RTNL_CHANGE_LINK:
		return; /* there are as many as the kernel likes */
	case RTNL_CHANGE_LINK_GONE:
		printf("deleted %s\n", event->link->name);
		return;
	case RTNL_CHANGE_PORT_GONE:
		printf("port gone %s\n", event->link->name);
		return;
	case RTNL_CHANGE_ADDR_GONE:
		printf("address gone\n");
		return;
	case RTNL_CHANGE_ROUTE_GONE:
		printf("route gone %s\n", PREFIX_STR(&event->prefix));
		return;
	case RTNL_CHANGE_FDB_GONE:
		printf("entry gone\n");
		return;
	case RTNL_CHANGE_NEIGHBOUR_GONE:
		printf("neighbour gone %s\n", ADDR_STR(&event->prefix.addr));
		return;
	case RTNL_CHANGE_NO_FORWARD:
		printf("no forwarding %d %s\n", event->family == AF_INET ? 4 : 6,
		       event->ifindex ? "of one" : "of all");
		return;
	case RTNL_CHANGE_QUEUE:
		printf("queue of %d\n", event->ifindex);
		return;
	}
}

/* watch RCVBUF|- : reads at each line on stdin, so that a test decides when. */
static int cmd_watch(struct rtnl *rtnl, char **argv)
{
	struct error error = { 0 };
	struct rtnl_watch *watch;
	char line[16];
	int err;

	(void)rtnl;
	if (rtnl_watch_open(&watch, &error) < 0)
		return tool_fail(&error);
	if (strcmp(argv[0], "-") != 0) {
		int size = atoi(argv[0]);

		if (setsockopt(rtnl_watch_fd(watch), SOL_SOCKET, SO_RCVBUFFORCE, &size,
			       sizeof(size)) < 0)
			return 2;
	}
	puts("watching");
	while (fgets(line, sizeof(line), stdin)) {
		err = rtnl_watch_read(watch, print_event, NULL);
		puts(err == -ENOBUFS ? "lost" : err < 0 ? "failed" : "read");
	}
	rtnl_watch_close(watch);
	return 0;
}

static uint8_t protocol_arg(const char *text)
{
	return strcmp(text, "udp") == 0	   ? IPPROTO_UDP
	       : strcmp(text, "sctp") == 0 ? IPPROTO_SCTP
					   : IPPROTO_TCP;
}

/* reserve PROTOCOL ADDRESS PORT [drop] [hold]: hold waits for the end of stdin. */
static int cmd_reserve(struct rtnl *rtnl, char **argv)
{
	struct addr addr = addr_arg(argv[1]);
	struct error error = { 0 };
	char byte;

	(void)rtnl;
	if (ports_reserve(protocol_arg(argv[0]), &addr, (uint16_t)atoi(argv[2]),
			  has_word(argv + 3, "drop"), &error) < 0)
		return tool_fail(&error);
	puts("reserved");
	if (has_word(argv + 3, "hold"))
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
	return 0;
}

static int cmd_holder(struct rtnl *rtnl, char **argv)
{
	struct addr addr = addr_arg(argv[1]);
	char text[64];
	int err = ports_holder(protocol_arg(argv[0]), &addr, (uint16_t)atoi(argv[2]), text,
			       sizeof(text));

	(void)rtnl;
	puts(err < 0 ? strerror(-err) : text);
	return err < 0;
}

static int cmd_range(struct rtnl *rtnl, char **argv)
{
	uint16_t first, last;

	(void)rtnl, (void)argv;
	ports_ephemeral_range(&first, &last);
	printf("%u %u\n", first, last);
	return 0;
}

/* netns PATH | PID */
static int cmd_netns(struct rtnl *rtnl, char **argv)
{
	struct error error = { 0 };
	uint64_t inode;
	int fd = strchr(argv[0], '/') ? netns_open_path(argv[0], &inode, &error)
				      : netns_open_pid(atoi(argv[0]), &inode, &error);

	(void)rtnl;
	if (fd < 0)
		return tool_fail(&error);
	printf("%" PRIu64 "%s\n", inode, inode == netns_self_inode() ? " self" : "");
	return 0;
}

/* sysctl PATH VALUE */
static int cmd_sysctl(struct rtnl *rtnl, char **argv)
{
	struct error error = { 0 };
	char value[64];

	(void)rtnl;
	if (sysctl_write(argv[0], argv[1], &error) < 0)
		return tool_fail(&error);
	if (sysctl_read(argv[0], value, sizeof(value)) < 0)
		return 1;
	puts(value);
	return 0;
}

static const struct {
	const char *name;
	int n_args; /* at least */
	int (*run)(struct rtnl *rtnl, char **argv);
} commands[] = {
	{ "bridge", 5, cmd_bridge },	  { "veth", 6, cmd_veth },
	{ "inside", 6, cmd_inside },	  { "default", 3, cmd_default },
	{ "link", 1, cmd_link },	  { "links", 0, cmd_links },
	{ "routes", 0, cmd_routes },	  { "addrs", 0, cmd_addrs },
	{ "delete", 1, cmd_delete },	  { "hairpin", 2, cmd_hairpin },
	{ "doom", 1, cmd_doom },	  { "doombridge", 2, cmd_doom_bridge },
	{ "sweep", 0, cmd_sweep },	  { "watch", 1, cmd_watch },
	{ "reserve", 3, cmd_reserve },	  { "holder", 3, cmd_holder },
	{ "range", 0, cmd_range },	  { "netns", 1, cmd_netns },
	{ "sysctl", 2, cmd_sysctl },	  { "bench", 1, tool_bench },
	{ "fill", 2, tool_fill },	  { "vxlan", 6, tool_vxlan },
	{ "far", 7, tool_far },		  { "fars", 2, tool_fars },
	{ "manyfars", 3, tool_far_many },
};

int main(int argc, char **argv)
{
	struct error error = { 0 };

	own_netns_or_die();
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (netns_init(&error) < 0)
		return tool_fail(&error);
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++) {
		_cleanup_(rtnl_closep) struct rtnl *rtnl = NULL;

		if (strcmp(argv[1], commands[i].name) != 0 || argc - 2 < commands[i].n_args)
			continue;
		rtnl = open_or_die();
		return commands[i].run(rtnl, argv + 2);
	}
	fprintf(stderr, "usage: rtnl_tool COMMAND ARGUMENT...\n");
	return 2;
}
