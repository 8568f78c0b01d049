// SPDX-License-Identifier: GPL-2.0-or-later
// await.c - what comes after an attach: the container's namespace, and interfaces that others bring
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/keep/keep.h"

#include <linux/if.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Docker Engine asks a network driver for everything before the runtime has
 * made the namespace, and does not come back when it has. So such an attach (NetnsWait) decides at
 * once all that can be refused: addresses, host ports and names are the container's, the record is
 * written. What is left is done when the path becomes a namespace: links, addresses, the resolver's
 * sockets. Between the mount of the namespace and the start of the container's program lie tens of
 * milliseconds (another process is executed, twice), so the program finds its names.
 *
 * Docker also wants to be given an interface in the host's namespace (DriverOpts
 * org.netd.endpoint.handover), which it moves, names, gives its addresses and brings up, the
 * default route last: so all interfaces of one container are named and preferred by one hand,
 * whoever provides them. netd has made the pair with the attach. It touches nothing of the other
 * end; when that is up in the container, its name there is looked at, for that is how it is made
 * again when it gets lost.
 *
 * A namespace is mounted over a file that was there before, which inotify does not see: therefore
 * the look every few milliseconds, as long as anything is awaited. What never comes is taken down
 * by the watch (alive_is_dead); an interface that is never fetched goes with its
 * endpoint. */

/* The namespace is known only now, so what an attach checks at its beginning is checked here. */
static int refuse_taken(struct engine *engine, const struct container *container, uint64_t inode,
			struct error *error)
{
	struct container *other = map_get(engine->container_by_netns, &inode, sizeof(inode));

	/* The path may have been made a link to the host's own namespace. To wire that would
	 * change the host. */
	if (inode == engine->door->netns.self_inode())
		return error_set(error, ERROR_INVALID, "%s is the host's own network namespace",
				 container->spec.netns_path);
	/* The watch has not noticed yet that the other one ended. It is taken down here instead. */
	if (other && alive_is_dead(other))
		return engine_detach(engine, other->spec.id, error);
	return other ? error_because(
			       error, ERROR_REASON_NETNS_IN_USE,
			       error_set(error, ERROR_CONFLICT,
					 "its network namespace belongs to container %s already",
					 other->spec.name))
		     : 0;
}

/* Everything of the attach that needs the namespace. After a failure the caller takes the container
 * down; what was made by then is undone with it. */
static int complete(struct engine *engine, struct container *container, uint64_t inode,
		    struct error *error)
{
	int err = refuse_taken(engine, container, inode, error);

	if (err < 0)
		return err;
	/* Whoever was detached from this namespace a moment ago may have left a link in it. */
	err = sweep_netns(engine, inode, error);
	if (err < 0)
		return err;
	/* Set before the links are made: who looks for the owner of a link asks by the inode. */
	container->netns_inode = inode;
	/* In the map before anything is made: from here on nobody else gets the namespace. */
	err = map_set(engine->container_by_netns, &inode, sizeof(inode), container);
	if (err < 0)
		return error_system(error, err, "cannot attach %s", container->spec.name);
	/* In the order of an attach: links, the watch, the record, the names. */
	err = connect_make_links(engine, container, error);
	if (err == 0)
		err = services_inside(engine, container, error);
	if (err == 0)
		err = alive_watch(engine, container, error);
	if (err == 0)
		err = plan_record_again(engine, container, container->spec.id, error);
	for (size_t i = 0; err == 0 && i < container->n_endpoints; i++)
		services_join(engine, container->endpoints[i]);
	/* Also after a failure: the caller takes the container down then, and the resolver hears
	 * of both in order. */
	names_view(engine, container);
	names_flush(engine);
	return err;
}

/* Looks for its namespace. Whether there is more to look for; the container may be gone. Called
 * every few milliseconds as long as the container is awaited. */
static bool look(struct engine *engine, struct container *container)
{
	struct error error = { 0 };
	uint64_t inode = 0;
	/* The descriptor is held for this look only. connect_make_links opens its own. */
	_cleanup_close_ int fd = engine->door->netns.open_path(container->spec.netns_path, &inode,
							       NULL);

	/* Not there, or no namespace yet. Both are what is waited for. */
	if (fd < 0)
		return true;
	if (complete(engine, container, inode, &error) == 0) {
		log_info("event=complete name=%s id=%.12s", container->spec.name,
			 container->spec.id);
		/* Interfaces that others bring may be yet to come. */
		return runtime_of(container)->looks > 0;
	}
	/* There is no caller any more who could be told. The log has it, and what Docker asks
	 * next is refused. */
	log_error("container %s is taken down: its attach cannot be completed: %s",
		  container->spec.name, error.text);
	(void)engine_detach(engine, container->spec.id, &error); /* it was found by its id */
	return false;
}

/* --- interfaces ------------------------------------------------------------------------------- */

/* What find_inside is given: the index that the other end of the pair has. Handed to the function
 * that runs inside (netns.run). */
struct search {
	struct endpoint *endpoint;
	int ifindex;
};

/* Inside: the name of the link with this index and the endpoint's MAC, when it is there. It runs in
 * this thread (netns.run), so it may write into the endpoint. */
static int find_inside(void *data)
{
	const struct search *search = data;
	struct endpoint *endpoint = search->endpoint;
	struct rtnl_link *links = NULL;
	struct rtnl *rtnl = NULL;
	size_t n = 0;
	int err = door_of(endpoint->container)->links.open(&rtnl, NULL);

	if (err == 0)
		err = door_of(endpoint->container)->links.all(rtnl, &links, &n, NULL);
	/* The index alone could be another link's by chance; the MAC is what netd gave to this
	 * pair. */
	for (size_t i = 0; i < n; i++)
		if (links[i].ifindex == search->ifindex &&
		    memcmp(&links[i].mac, &endpoint->mac, sizeof(endpoint->mac)) == 0)
			(void)snprintf(endpoint->ifname, sizeof(endpoint->ifname), "%s",
				       links[i].name);
	free(links);
	door_of(endpoint->container)->links.close(rtnl);
	return err;
}

/* The host's end has a carrier when the other one is up, which is the last thing done to it. True:
 * the interface was found, and the endpoint has its name. */
static bool meet(struct engine *engine, struct endpoint *endpoint, int netns_fd)
{
	struct search search = { .endpoint = endpoint };
	struct rtnl_link link;

	/* By its name and not by its index: the pair may have been made again. */
	if (engine->door->links.by_name(engine->rtnl, endpoint->host_ifname, &link, NULL) < 0 ||
	    !(link.flags & IFF_LOWER_UP))
		return false;
	search.ifindex = link.peer;
	if (engine->door->netns.run(netns_fd, find_inside, &search) < 0 || !endpoint->ifname[0])
		return false;
	log_info("container %s on network %s: the interface is %s", endpoint->container->spec.name,
		 endpoint->network->spec.name, endpoint->ifname);
	later_resync(engine); /* nobody looked after it until now */
	return true;
}

/* Whether there is more to look for. The number of looks has a bound (runtime->looks); later_look
 * begins them anew. */
static bool look_for_interfaces(struct engine *engine, struct container *container)
{
	struct container_runtime *runtime = runtime_of(container);
	struct error error = { 0 };
	_cleanup_close_ int fd = container_open_netns(container, &error);
	bool met = false;

	/* Counted down whatever this look finds, so that an interface that never comes ends the
	 * looks. looks is a number of looks, and so a time: there is one every few milliseconds. */
	runtime->looks--;
	for (size_t i = 0; fd >= 0 && i < container->n_endpoints; i++)
		if (endpoint_is_to_come(container->endpoints[i]))
			met |= meet(engine, container->endpoints[i], fd);
	/* One record for all that was found: each has its name now, which a start needs. */
	if (met && plan_record_again(engine, container, container->spec.id, &error) < 0)
		log_error("%s", error.text);
	if (!container_has_to_come(container))
		runtime->looks = 0;
	return runtime->looks > 0;
}

/* --- the looks -------------------------------------------------------------------------------- */

/* The namespace first; interfaces only when it is there. True: there is something to look for next
 * time, too. */
static bool look_after(struct engine *engine, struct container *container)
{
	if (container_is_awaited(container))
		return look(engine, container);
	return runtime_of(container)->looks > 0 && look_for_interfaces(engine, container);
}

/* The timer runs as long as anything is looked for, and costs nothing otherwise. */
void await_tick(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct engine *engine = timer->data;
	bool more = false;

	(void)revents;
	/* From the end: a look may remove the container, and one dead before it. */
	for (size_t i = engine->n_containers; i-- > 0;)
		if (i < engine->n_containers)
			more |= look_after(engine, engine->containers[i]);
	if (!more)
		ev_timer_stop(loop, timer);
}
