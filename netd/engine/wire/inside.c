// SPDX-License-Identifier: GPL-2.0-or-later
// inside.c - what is done inside a container's netns: addresses, routes, the resolver's sockets
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/wire/wire.h"
#include "model/container/endpoint_sysctl.h"

#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. Whatever is done inside a container is done by one visit (netns.run):
 * the loop's thread enters its namespace, a function opens sockets there and works through them,
 * and the thread comes back. It may do so because it waits for nothing inside. A socket belongs to
 * the namespace in which it was made, for ever; so what is opened inside is carried out and used,
 * or handed to the resolver, from outside.
 *
 * A visit never trusts the path: the namespace is opened, its inode is compared with the one that
 * was attached, and the descriptor is used from there on. A path may have become another
 * container's meanwhile.
 *
 * Three callers differ by what they ask for: an attach sets up all that is new (first), a repair
 * sets up one endpoint again (only), and a start puts back what is missing and touches nothing
 * that the container may have chosen itself (lost). */

/* The order of one visit: what keeps interfaces apart, then links and addresses, then default
 * routes, then the resolver's sockets with their redirect. Each step needs the ones before it. */
struct inside {
	struct engine *engine;
	struct container *container;
	/* the first endpoint that is new; those before it are left alone */
	size_t first;
	bool links, routes, dns;     /* what to do */
	bool lost;		     /* only what is there no more */
	const struct endpoint *only; /* NULL: all of them */
	/* the caller's; every step fills it */
	struct error *error;
};

/* Opens the namespace and tells its inode, for the caller to compare. The descriptor keeps the
 * namespace alive until it is closed. */
int inside_open_netns(const struct container *container, uint64_t *ret_inode, struct error *error)
{
	return container->spec.netns_path
		       ? door_of(container)->netns.open_path(container->spec.netns_path, ret_inode,
							     error)
		       : door_of(container)->netns.open_pid(container->spec.pid, ret_inode, error);
}

/* Where somebody else sets default routes, too, theirs are preferred and neither is in the way of
 * the other: to the kernel two of one metric are one. */
#define METRIC_BEHIND 65536

static uint32_t metric_of(const struct endpoint *endpoint)
{
	if (endpoint->spec.metric > 0)
		return endpoint->spec.metric;
	/* Docker sets default routes of its own on an interface that it was handed. Ours comes
	 * behind them. */
	return container_is_handed_over(endpoint->container) ? METRIC_BEHIND : 0;
}

/* Lengths of RFC 3927, 2.8 and RFC 4291, 2.5.6. */
static void put_link_local(const struct endpoint *endpoint, struct rtnl_inside *setup)
{
	const struct endpoint_spec *spec = &endpoint->spec;

	for (size_t i = 0; i < spec->n_link_local; i++) {
		const struct addr *addr = &spec->link_local[i];

		setup->more[setup->n_more++] =
			(struct prefix) { *addr, addr->family == AF_INET ? 16 : 64 };
	}
}

/* Not all who have an address of the subnet are neighbours: docs/decisions/0020. */
static struct rtnl_by_gateway by_gateway(const struct network_spec *network)
{
	return (struct rtnl_by_gateway) { network->subnet[FAMILY_6].prefix,
					  network->subnet[FAMILY_6].gateway };
}

/* One endpoint's interface, all in one batch: a container never sees a half of it. */
static int setup_link(struct rtnl *rtnl, const struct endpoint *endpoint, struct error *error)
{
	const struct network_spec *network = &endpoint->network->spec;
	struct rtnl_inside setup = {
		.ifname = endpoint->ifname,
		.metric = metric_of(endpoint),
		.routes = endpoint_routes(&endpoint->spec),
		.ipv6 = network->has[FAMILY_6],
		.sysctls = endpoint_sysctls(&endpoint->spec),
	};

	put_link_local(endpoint, &setup);
	/* The first segment's containers are visited one by one (overflow.c); those that come
	 * later are set up so at once. */
	if (endpoint->network->last_segment > 0 && network->has[FAMILY_6])
		setup.by_gateway6 = by_gateway(network);
	for (enum family family = 0; family < FAMILY_N; family++) {
		if (addr_is_set(&endpoint->ip[family]))
			setup.addr[family] = (struct prefix) { endpoint->ip[family],
							       network->subnet[family].prefix.len };
		/* Only one endpoint of a container has the default route of a family. Two of them
		 * would be preferred by chance. */
		if (container_has_default_route_at(endpoint, family_af(family)))
			setup.gateway[family] = network_gateway(network, family);
	}
	return door_of(endpoint->container)->inside.setup(rtnl, &setup, error);
}

/* On whichever interface it is: the container may have moved it. */
static bool has_address(const struct addr *addr, const struct rtnl_addr *addrs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (addr_equal(&addrs[i].prefix.addr, addr))
			return true;
	return false;
}

/* The IPv4 address of an interface that has the other one and is up. An IPv6 address that is gone
 * beside it is left to the container: it goes with everything that switches IPv6 off there. Only
 * the address is set. Routes and settings that the container has changed stay. */
static int add_missing(struct rtnl *rtnl, const struct endpoint *endpoint,
		       const struct rtnl_addr *addrs, size_t n, struct error *error)
{
	const struct network_spec *network = &endpoint->network->spec;
	const struct rtnl_inside setup = {
		.ifname = endpoint->ifname,
		.ipv6 = network->has[FAMILY_6],
		.addr[FAMILY_4] = { endpoint->ip[FAMILY_4], network->subnet[FAMILY_4].prefix.len },
	};

	if (!addr_is_set(&endpoint->ip[FAMILY_4]) || has_address(&endpoint->ip[FAMILY_4], addrs, n))
		return 0;
	log_about(LOG_LEVEL_WARN,
		  &((struct log_about) { .code = "repair-inside",
					 .container = endpoint->container->spec.name,
					 .network = endpoint->network->spec.name }),
		  "container %s: interface %s lost an address: it gets it again",
		  endpoint->container->spec.name, endpoint->ifname);
	return door_of(endpoint->container)->inside.setup(rtnl, &setup, error);
}

/* One interface at a start: nothing, one address, or everything is missing. */
static int restore_addresses(struct rtnl *rtnl, const struct endpoint *endpoint,
			     const struct rtnl_addr *addrs, size_t n, struct error *error)
{
	struct rtnl_link link;

	if (door_of(endpoint->container)->links.by_name(rtnl, endpoint->ifname, &link, NULL) < 0)
		return 0; /* one that is missing is made again later, with all it has */
	/* One address of its own is enough to say that the interface was set up and that the
	 * container has changed it since. Without any of them it was never set up: whoever made
	 * it was killed before. */
	if (has_address(&endpoint->ip[FAMILY_4], addrs, n) ||
	    has_address(&endpoint->ip[FAMILY_6], addrs, n))
		return link.flags & IFF_UP ? add_missing(rtnl, endpoint, addrs, n, error) : 0;
	log_about(LOG_LEVEL_WARN,
		  &((struct log_about) { .code = "repair-inside",
					 .container = endpoint->container->spec.name,
					 .network = endpoint->network->spec.name }),
		  "container %s: interface %s has no address: it gets its own again",
		  endpoint->container->spec.name, endpoint->ifname);
	/* The neighbours may have learnt another MAC for these addresses meanwhile. */
	builder_announce(runtime_of(endpoint->container)->engine, endpoint);
	return setup_link(rtnl, endpoint, error);
}

/* Sets the default route of a family to what the container's networks say, or takes it away. */
static int set_default(struct rtnl *rtnl, const struct container *container, uint8_t family,
		       struct error *error)
{
	static const struct addr none;
	const struct endpoint *endpoint = container_way_out(container, family);
	struct addr gateway;

	/* No network leads out any more: the default route that is there goes, for it leads
	 * nowhere. */
	if (!endpoint)
		return door_of(container)->inside.set_default(rtnl, family, &none, NULL, 0, error);
	if (endpoint->spec.handover[0])
		return 0; /* its route is for others to set */
	gateway = network_gateway(&endpoint->network->spec, family_of(family));
	return door_of(container)->inside.set_default(rtnl, family, &gateway, endpoint->ifname,
						      metric_of(endpoint), error);
}

/* Whatever leads out of the container, in any table: a VPN's two halves of everything, too. */
static bool leads_out(const struct rtnl_route *route, uint8_t family)
{
	return route->dst.addr.family == family && route->dst.len <= 1;
}

/* Puts the default route back where nothing leads out. An interface that is down is the container's
 * own decision. */
static int restore_default(struct rtnl *rtnl, const struct container *container, uint8_t family,
			   struct error *error)
{
	const struct endpoint *endpoint = container_way_out(container, family);
	_cleanup_free_ struct rtnl_route *routes = NULL;
	struct rtnl_link link;
	size_t n = 0;
	int err;

	if (!endpoint || endpoint->spec.handover[0] ||
	    door_of(container)->links.by_name(rtnl, endpoint->ifname, &link, NULL) < 0 ||
	    !(link.flags & IFF_UP))
		return 0;
	/* An answer that failed has no routes; the loop runs over none, and the error is returned
	 * behind it. */
	err = door_of(container)->routes.all(rtnl, &routes, &n, error);
	for (size_t i = 0; i < n; i++)
		if (leads_out(&routes[i], family))
			return 0;
	if (err < 0)
		return err;
	log_about(LOG_LEVEL_WARN,
		  &((struct log_about) { .code = "repair-inside",
					 .container = container->spec.name }),
		  "container %s lost its IPv%d default route: it gets it again",
		  container->spec.name, family == AF_INET ? 4 : 6);
	return set_default(rtnl, container, family, error);
}

/* What is gone while no netd looked: a link that was made by a netd that was killed has no address
 * yet, and gets all of them in one batch. Nobody can say whether the container itself took off what
 * is gone; what it put in its place stays, and so does an interface that it set down. */
static int restore_links(const struct inside *inside, struct rtnl *rtnl)
{
	const struct container *container = inside->container;
	_cleanup_free_ struct rtnl_addr *addrs = NULL;
	size_t n = 0;
	int err = door_of(container)->addrs.all(rtnl, &addrs, &n, inside->error);

	for (size_t i = 0; err == 0 && i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];

		if (endpoint->network->spec.kind->wired && !endpoint->network->spec.no_addresses &&
		    !endpoint->spec.handover[0])
			err = restore_addresses(rtnl, endpoint, addrs, n, inside->error);
	}
	/* Routes after addresses: the kernel refuses a gateway that no address of the interface
	 * can reach. */
	if (err == 0)
		err = restore_default(rtnl, container, AF_INET, inside->error);
	if (err == 0)
		err = restore_default(rtnl, container, AF_INET6, inside->error);
	return err;
}

/* Two endpoints of one container on one network. */
static bool shares_network(const struct endpoint *endpoint)
{
	const struct container *container = endpoint->container;

	for (size_t i = 0; i < container->n_endpoints; i++)
		if (container->endpoints[i] != endpoint &&
		    container->endpoints[i]->network == endpoint->network)
			return true;
	return false;
}

/* Who connected it said what it is to be. */
static bool has_own(const struct endpoint *endpoint, const char *key)
{
	const char *rest = endpoint_sysctls(&endpoint->spec);
	struct endpoint_sysctl sysctl;

	while (endpoint_sysctl_next(&rest, &sysctl, NULL) > 0)
		if (strcmp(sysctl.key, key) == 0)
			return true;
	return false;
}

/* With two interfaces in one subnet each speaks for its own address alone: else the neighbours
 * learn either's MAC for both, and lose both when one of them goes. */
static int keep_apart(const struct container *container, struct error *error)
{
	static const struct {
		const char *key, *value;
	} settings[] = {
		{ "arp_ignore", "1" },
		{ "arp_announce", "2" },
		{ "rp_filter", "2" }, /* the way back is by either of them */
	};
	char path[80];

	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];

		if (!endpoint->ifname[0] || !shares_network(endpoint))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(settings); k++) {
			int err;

			/* Only what the caller has not set himself: it was said on purpose. */
			if (has_own(endpoint, settings[k].key))
				continue;
			(void)snprintf(path, sizeof(path), "net/ipv4/conf/%s/%s", endpoint->ifname,
				       settings[k].key); /* fits: 48 */
			err = door_of(container)->settings.write(path, settings[k].value, error);
			if (err < 0 && err != -ENOENT) /* the container may have renamed it */
				return err;
		}
	}
	return 0;
}

/* Runs inside. Endpoints before first have been set up by an earlier plan. */
static int setup_links(const struct inside *inside, struct rtnl *rtnl)
{
	const struct container *container = inside->container;
	int err;

	if (inside->lost)
		return restore_links(inside, rtnl);
	/* All interfaces of the container, also those from before: the one that shares a network
	 * now did not share it when it was set up. */
	err = keep_apart(container, inside->error); /* before any of them comes up */
	for (size_t i = inside->first; err == 0 && i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];

		if (inside->only && endpoint != inside->only)
			continue;
		/* An endpoint without a link (network none, or an interface that is yet to come)
		 * still wants lo up. */
		if (endpoint->network->spec.kind->wired && !endpoint_is_to_come(endpoint))
			err = setup_link(rtnl, endpoint, inside->error);
		else
			err = door_of(container)->inside.lo_up(rtnl, inside->error);
		if (err < 0)
			error_prefix(inside->error, "container %s on network %s",
				     container->spec.name, endpoint->network->spec.name);
	}
	return err;
}

/* A container on networks without names (host, none) needs no sockets. */
static bool wants_resolver(const struct container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (container->endpoints[i]->network->spec.kind->named)
			return true;
	return false;
}

/* Opens the resolver's two sockets inside, and the redirect of port 53 to them. What fails leaves
 * the port number as it was; the sockets are closed, and are opened anew by the next try. */
static int setup_dns(const struct inside *inside)
{
	struct container *container = inside->container;
	struct container_runtime *runtime = runtime_of(container);
	/* Asked for again by number. The redirect inside names it, and so does the record. */
	uint16_t former_port = container->dns_port;
	int err = door_of(container)->dns_sockets.open(former_port, &runtime->udp_fd,
						       &runtime->tcp_fd, &container->dns_port,
						       inside->error);

	if (err < 0)
		return err;
	/* The resolver holds the old ones. They are told apart by what we send next: the view
	 * with new sockets. */
	runtime->view_held = false; /* others than it may have */
	/* The socket stays open for the life of the container, for it owns the table with the
	 * redirect: nobody inside can remove it. */
	if (!runtime->inside)
		err = door_of(container)->rules.open(true, &runtime->inside, inside->error);
	if (err == 0)
		err = door_of(container)->rules.redirect(runtime->inside, container->dns_port,
							 inside->error);
	if (err < 0) { /* a port without its redirect would look like names that work */
		cleanup_close(&runtime->udp_fd);
		cleanup_close(&runtime->tcp_fd);
		runtime->udp_fd = runtime->tcp_fd = -1;
		container->dns_port = former_port;
	}
	return err;
}

/* Runs in the namespace of the container, with a netlink socket that is opened there and closed
 * before the thread goes back. */
static int run_inside(const struct inside *inside)
{
	struct rtnl *rtnl = NULL;
	int err = 0;

	if (inside->links || inside->routes)
		err = door_of(inside->container)->links.open(&rtnl, inside->error);
	if (err == 0 && inside->links)
		err = setup_links(inside, rtnl);
	/* After all links are up, because a default route needs an interface that is up. */
	if (err == 0 && inside->routes)
		err = set_default(rtnl, inside->container, AF_INET, inside->error);
	if (err == 0 && inside->routes)
		err = set_default(rtnl, inside->container, AF_INET6, inside->error);
	if (err == 0 && inside->dns)
		err = setup_dns(inside);
	door_of(inside->container)->links.close(rtnl);
	return err;
}

struct visit {
	const struct inside *inside;
	bool entered;
};

/* Notes that the namespace was entered, which the result alone does not tell. */
static int pay_visit(void *data)
{
	struct visit *visit = data;

	visit->entered = true;
	return run_inside(visit->inside);
}

/* Sets the error, whichever of the two it was that failed. The thread is back in its own namespace
 * when this returns, or the process has ended: kernel/netns.c makes sure of that. */
static int visit(const struct inside *inside, int netns_fd)
{
	struct visit visit = { inside, false };
	int err = door_of(inside->container)->netns.run(netns_fd, pay_visit, &visit);

	/* The kernel may refuse the visit itself, for want of memory or descriptors. Nothing was
	 * done then, and the sentence has to say so. */
	if (err < 0 && !visit.entered)
		return error_system(inside->error, err,
				    "cannot enter the network namespace of container %s",
				    inside->container->spec.name);
	return err;
}

/* What is said first from inside, or to the container, is not lost: who asks for a MAC address asks
 * again after a second. Wakes the carriers from outside, on the host's ends. */
static int run_and_wake(const struct inside *inside, int netns_fd)
{
	const struct container *container = inside->container;
	int err = visit(inside, netns_fd);

	for (size_t i = inside->first; err == 0 && i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];

		/* One without a host's end has nothing to wake. */
		if (endpoint->host_ifindex == 0 || (inside->only && endpoint != inside->only))
			continue;
		inside->engine->door->links.wake(inside->engine->rtnl, endpoint->host_ifindex);
		/* The bridge's carrier is its first port's. */
		if (endpoint->network->segments[endpoint->segment].n_ports == 1)
			inside->engine->door->links.wake(inside->engine->rtnl,
							 endpoint_bridge(endpoint));
	}
	return err;
}

/* For an attach or a connect: sets up the endpoints from first on. */
int inside_setup(struct engine *engine, struct container *container, int netns_fd, size_t first,
		 struct error *error)
{
	struct inside inside = {
		.engine = engine,
		.container = container,
		.first = first,
		.links = true,
		.dns = container->dns_port == 0 && wants_resolver(container),
		.error = error,
	};

	return run_and_wake(&inside, netns_fd);
}

/* For a repair: an interface that was lost is there again and is set up as it was. */
int inside_setup_again(struct engine *engine, struct container *container, int netns_fd,
		       const struct endpoint *endpoint, struct error *error)
{
	struct inside inside = {
		.engine = engine,
		.container = container,
		.links = true,
		.only = endpoint,
		.dns = container->dns_port == 0 && wants_resolver(container),
		.error = error,
	};

	return run_and_wake(&inside, netns_fd);
}

/* A container may do to its own interfaces what it likes. Nothing here changes anything. It is told
 * to who asks for a comparison. */

/* --- what the container did to itself --------------------------------------------------------- */

struct look {
	const struct container *container;
	json_t *list;
	struct rtnl_link *links;
	struct rtnl_addr *addrs;
	size_t n_links, n_addrs;
};

/* Adds a sentence about one interface to the list. */
__attribute__((format(printf, 3, 4))) static void
saw(const struct look *look, const struct endpoint *endpoint, const char *format, ...)
{
	char what[ERROR_TEXT_MAX / 2];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args); /* always fits */
	va_end(args);
	(void)json_array_append_new(look->list, /* one sentence less for want of memory */
				    json_sprintf("container %s, interface %s: %s",
						 look->container->spec.name, endpoint->ifname,
						 what));
}

static void look_at_address(const struct look *look, const struct endpoint *endpoint, int ifindex,
			    const struct addr *addr)
{
	if (!addr_is_set(addr))
		return;
	for (size_t i = 0; i < look->n_addrs; i++)
		if (look->addrs[i].ifindex == ifindex &&
		    addr_equal(&look->addrs[i].prefix.addr, addr))
			return;
	saw(look, endpoint, "its address %s was taken off", ADDR_STR(addr));
}

static void look_at_endpoint(const struct look *look, const struct endpoint *endpoint)
{
	const struct rtnl_link *link = NULL;

	/* By name, because the container may have moved the interface out and another one in.
	 * What it did is told, and never undone. */
	for (size_t i = 0; i < look->n_links; i++)
		if (strcmp(look->links[i].name, endpoint->ifname) == 0)
			link = &look->links[i];
	if (!link) {
		saw(look, endpoint, "it was renamed, moved away or removed");
		return;
	}
	if (!(link->flags & IFF_UP))
		saw(look, endpoint, "it was set down");
	if (memcmp(&link->mac, &endpoint->mac, sizeof(link->mac)) != 0)
		saw(look, endpoint, "its MAC address is %s now", MAC_STR(&link->mac));
	for (enum family family = 0; family < FAMILY_N; family++)
		look_at_address(look, endpoint, link->ifindex, &endpoint->ip[family]);
}

/* Runs inside and only reads: two dumps. */
static int look_around(void *data)
{
	struct look *look = data;
	struct rtnl *rtnl = NULL;
	int err = door_of(look->container)->links.open(&rtnl, NULL);

	if (err == 0)
		err = door_of(look->container)->links.all(rtnl, &look->links, &look->n_links, NULL);
	if (err == 0)
		err = door_of(look->container)->addrs.all(rtnl, &look->addrs, &look->n_addrs, NULL);
	door_of(look->container)->links.close(rtnl);
	return err;
}

void inside_look(struct container *container, int netns_fd, json_t *list)
{
	struct look look = { .container = container, .list = list };
	int err = door_of(container)->netns.run(netns_fd, look_around, &look);

	/* Without an answer nothing is said: a namespace that ends at this moment has nothing to
	 * compare. */
	for (size_t i = 0; err == 0 && i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];

		if (endpoint->network->spec.kind->wired && !endpoint->spec.handover[0])
			look_at_endpoint(&look, endpoint);
	}
	free(look.links);
	free(look.addrs);
}

/* Runs inside. MACs are noted, so that what neighbours are told is what the interface has now. */
static int read_macs(void *data)
{
	struct container *container = data;
	struct rtnl *rtnl = NULL;
	struct rtnl_link link;
	int err = door_of(container)->links.open(&rtnl, NULL);

	for (size_t i = 0; err == 0 && i < container->n_endpoints; i++) {
		struct endpoint *endpoint = container->endpoints[i];

		if (endpoint->network->spec.kind->wired && endpoint->ifname[0] &&
		    door_of(container)->links.by_name(rtnl, endpoint->ifname, &link, NULL) == 0)
			endpoint->mac_now = link.mac;
	}
	door_of(container)->links.close(rtnl);
	return err;
}

void engine_container_look(struct container *container)
{
	uint64_t inode;
	_cleanup_close_ int fd = container->host_mode || container_is_awaited(container)
					 ? -1
					 : inside_open_netns(container, &inode, NULL);

	/* The path may lead to another namespace by now. Its MAC addresses would be somebody
	 * else's. */
	if (fd >= 0 && inode == container->netns_inode)
		(void)door_of(container)->netns.run(fd, read_macs,
						    container); /* else what it had is shown */
}

/* For a start: only what is there no more. */
int inside_restore(struct container *container, int netns_fd, struct error *error)
{
	struct inside inside = {
		.container = container,
		.links = true,
		.lost = true,
		.error = error,
	};

	return visit(&inside, netns_fd);
}

struct turn_to_gateway {
	const struct endpoint *endpoint;
	struct error *error;
};

/* Runs inside. Changes only how the IPv6 subnet is reached: by the gateway instead of on the
 * link. */
static int turn_to_gateway(void *data)
{
	const struct turn_to_gateway *turn = data;
	const struct endpoint *endpoint = turn->endpoint;
	const struct network_spec *network = &endpoint->network->spec;
	const struct prefix addr6 = { endpoint->ip[FAMILY_6],
				      network->subnet[FAMILY_6].prefix.len };
	const struct rtnl_by_gateway by = by_gateway(network);
	const struct door *door = door_of(endpoint->container);
	_cleanup_free_ struct rtnl_addr *addrs = NULL;
	struct rtnl *rtnl = NULL;
	size_t n = 0;
	int err = door->links.open(&rtnl, turn->error);

	if (err == 0)
		err = door->addrs.all(rtnl, &addrs, &n, turn->error);
	/* An address that the container took off itself is not put back by a change of routes. */
	if (err == 0 && has_address(&addr6.addr, addrs, n))
		err = door->inside.by_gateway(rtnl, endpoint->ifname, &addr6, &by, turn->error);
	door->links.close(rtnl);
	return err;
}

/* For an endpoint of the first segment, when the network gets a second one. */
int inside_by_gateway(const struct endpoint *endpoint, struct error *error)
{
	struct container *container = endpoint->container;
	struct turn_to_gateway turn = { endpoint, error };
	uint64_t inode = 0;
	_cleanup_close_ int netns_fd = -1;

	if (container->host_mode || container_is_awaited(container))
		return 0; /* it is set up so when it comes */
	netns_fd = inside_open_netns(container, &inode, error);
	if (netns_fd < 0)
		return netns_fd;
	if (inode != container->netns_inode)
		return error_set(error, ERROR_NOT_FOUND, "its network namespace ended");
	return door_of(container)->netns.run(netns_fd, turn_to_gateway, &turn);
}

int inside_default_routes(struct container *container, int netns_fd, struct error *error)
{
	struct inside inside = { .container = container, .routes = true, .error = error };

	return visit(&inside, netns_fd);
}

/* For a start that did not inherit the sockets from a resolver: they are opened again, on the same
 * port, which the redirect inside leads to. A failure is logged, and the container runs without
 * names. */
void inside_reopen_dns(struct engine *engine, struct container *container)
{
	struct error error = { 0 };
	struct inside inside = {
		.engine = engine,
		.container = container,
		.dns = true,
		.error = &error,
	};
	uint64_t inode;
	_cleanup_close_ int fd = -1;
	int err;

	/* Only a container that had names before, and whose sockets are not ours any more. udp_fd
	 * is there already when the resolver that lives has offered it. */
	if (container->dns_port == 0 || runtime_of(container)->udp_fd >= 0)
		return;
	fd = inside_open_netns(container, &inode, &error);
	if (fd < 0 || inode != container->netns_inode)
		return; /* it is gone; the watch finds out too */
	err = visit(&inside, fd);
	/* The container runs on. Its record gets the new port only after the redirect inside
	 * leads there. */
	if (err == -EADDRINUSE) { /* a program took the port while nobody held it: another one */
		container->dns_port = 0;
		err = visit(&inside, fd);
		if (err == 0)
			err = store_container_up(engine->store, container->spec.id,
						 container->dns_port, &error);
	}
	if (err < 0)
		log_error("container %s has no names: %s", container->spec.name, error.text);
}

struct sockets {
	const struct ipc_sockets *wanted;
	int *fds;
	size_t n;
};

/* Runs inside. The sockets are unbound and unconnected; the resolver connects each from outside,
 * and it acts in this namespace all the same. */
static int open_sockets(void *data)
{
	static const struct {
		int family, type;
	} kinds[IPC_SOCKET_N_KINDS] = {
		[IPC_SOCKET_UDP4] = { AF_INET, SOCK_DGRAM },
		[IPC_SOCKET_UDP6] = { AF_INET6, SOCK_DGRAM },
		[IPC_SOCKET_TCP4] = { AF_INET, SOCK_STREAM },
		[IPC_SOCKET_TCP6] = { AF_INET6, SOCK_STREAM },
	};
	struct sockets *sockets = data;
	int err = 0;

	/* A message to the resolver has room for IPC_FDS_MAX descriptors. What it did not get it
	 * asks for again. */
	for (size_t i = 0; i < IPC_SOCKET_N_KINDS; i++)
		for (uint8_t k = 0; k < sockets->wanted->n[i] && sockets->n < IPC_FDS_MAX; k++) {
			int fd = socket(kinds[i].family,
					kinds[i].type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

			if (fd < 0) {
				err = -errno;
				break; /* of the other kinds there may be some */
			}
			sockets->fds[sockets->n++] = fd;
		}
	return err;
}

/* For IPC_SOCKETS. Returns how many there are; the caller owns them. Fewer than wanted is no
 * failure. */
size_t inside_sockets(struct container *container, const struct ipc_sockets *wanted, int *ret_fds)
{
	struct sockets sockets = { .wanted = wanted, .fds = ret_fds };
	struct error error = { 0 };
	uint64_t inode;
	_cleanup_close_ int fd = inside_open_netns(container, &inode, &error);
	int err;

	/* The resolver asks on, and the watch detaches the container meanwhile. */
	if (fd < 0 || inode != container->netns_inode)
		return 0; /* it is gone; the watch finds out too */
	err = door_of(container)->netns.run(fd, open_sockets, &sockets);
	if (err < 0)
		log_warn("container %s: cannot open sockets for its name servers: %s",
			 container->spec.name, strerror(-err));
	return sockets.n;
}
