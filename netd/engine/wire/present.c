// SPDX-License-Identifier: GPL-2.0-or-later
// present.c - the host's links, addresses and routes as the kernel has them at one moment
#include "engine/wire/present.h"

#include "engine/wire/wire.h"
#include "kernel/door.h"

#include <stdlib.h>
#include <string.h>

/* Theory of operation. A comparison asks the kernel for whole lists, once: links, addresses and
 * routes of one moment. All of its judges read from here. What a comparison has repaired makes the
 * lists wrong, so they are read again before anything more is judged by them. */

/* Leaves zeros, so that it may be called twice and read into again. */
void present_done(struct present *present)
{
	free(present->links);
	free(present->addrs);
	free(present->routes);
	free(present->host_routes);
	free(present->queues);
	*present = (struct present) { 0 };
}

/* There are thousands where there are any, so they are found by halving. The same order for
 * qsort(3) and bsearch(3). Equal destinations differ by interface. */
static int by_address(const void *a, const void *b)
{
	const struct rtnl_route *one = a, *other = b;
	int order = memcmp(&one->dst.addr, &other->dst.addr, sizeof(one->dst.addr));

	/* All three are compared, for two routes to one destination may lie at two links. */
	order = order ? order : one->dst.len - other->dst.len;
	return order ? order : (one->ifindex > other->ifindex) - (one->ifindex < other->ifindex);
}

/* On failure what was read so far stays, and is freed by present_done; nobody judges by it. */
int present_read(struct present *present, const struct engine *engine, bool host_routes,
		 struct error *error)
{
	const struct door *door = engine->door;
	struct rtnl *rtnl = engine->rtnl;
	int err;

	/* What was read before a repair is not true any more. */
	present_done(present);
	err = door->links.all(rtnl, &present->links, &present->n_links, error);
	if (err == 0)
		err = door->addrs.all(rtnl, &present->addrs, &present->n_addrs, error);
	if (err == 0)
		err = door->routes.of_addrs(rtnl, &present->routes, &present->n_routes, error);
	/* The dump of a large table is dear, so it is made for networks that have such routes. */
	if (err == 0 && host_routes)
		err = door->routes.of_host(rtnl, &present->host_routes, &present->n_host_routes,
					   error);
	if (err == 0 && !list_empty(&engine->wire->limited))
		err = door->shapes.all(rtnl, &present->queues, &present->n_queues, error);
	if (present->n_host_routes > 0)
		qsort(present->host_routes, present->n_host_routes, sizeof(*present->host_routes),
		      by_address);
	return err;
}

/* Links are looked for one by one: a host has some thousands, and a comparison is rare. */
const struct rtnl_link *present_link(const struct present *present, int ifindex)
{
	/* 0 is the index of what could not be made. */
	for (size_t i = 0; ifindex > 0 && i < present->n_links; i++)
		if (present->links[i].ifindex == ifindex)
			return &present->links[i];
	return NULL;
}

const struct rtnl_queue *present_queue(const struct present *present, int ifindex)
{
	const struct rtnl_queue wanted = { .ifindex = ifindex };

	/* bsearch(3) takes no NULL. */
	if (present->n_queues == 0)
		return NULL;
	return bsearch(&wanted, present->queues, present->n_queues, sizeof(wanted),
		       rtnl_shape_order);
}

/* With the prefix length: the kernel takes the same address with another one for another. */
bool present_has_addr(const struct present *present, int ifindex, const struct prefix *addr)
{
	for (size_t i = 0; i < present->n_addrs; i++)
		if (present->addrs[i].ifindex == ifindex &&
		    present->addrs[i].prefix.len == addr->len &&
		    addr_equal(&present->addrs[i].prefix.addr, &addr->addr))
			return true;
	return false;
}

/* The kernel makes it by itself for a link that is up, so nobody knows it beforehand. */
bool present_has_link_local(const struct present *present, int ifindex)
{
	for (size_t i = 0; i < present->n_addrs; i++)
		if (present->addrs[i].ifindex == ifindex &&
		    present->addrs[i].prefix.addr.family == AF_INET6 &&
		    addr_is_link_local(&present->addrs[i].prefix.addr))
			return true;
	return false;
}

/* Of those that the kernel makes with an address. */
bool present_has_route(const struct present *present, int ifindex, const struct prefix *dst)
{
	for (size_t i = 0; i < present->n_routes; i++)
		if (present->routes[i].ifindex == ifindex &&
		    present->routes[i].dst.len == dst->len &&
		    addr_equal(&present->routes[i].dst.addr, &dst->addr))
			return true;
	return false;
}

/* Of those that netd makes to containers. */
const struct rtnl_route *present_host_route(const struct present *present, int ifindex,
					    const struct prefix *dst)
{
	const struct rtnl_route wanted = { .dst = *dst, .ifindex = ifindex };

	/* bsearch(3) takes no NULL. */
	if (present->n_host_routes == 0)
		return NULL;
	return bsearch(&wanted, present->host_routes, present->n_host_routes, sizeof(wanted),
		       by_address);
}
