// SPDX-License-Identifier: GPL-2.0-or-later
// await.c - containers that are attached before their network namespace exists
#include "base/cleanup.h"
#include "base/log.h"
#include "engine/internal.h"
#include "kernel/netns.h"
#include "kernel/sysctl.h"

#include <stdio.h>

/* Theory of operation. Docker Engine asks a network driver for everything before the runtime has
 * made the namespace, and does not come back when it has. So such an attach (NetnsWait) decides at
 * once all that can be refused: addresses, host ports and names are the container's, the record is
 * written. What is left is done when the path becomes a namespace: links, addresses, the resolver's
 * sockets. Between the mount of the namespace and the start of the container's program lie tens of
 * milliseconds (another process is executed, twice), so the program finds its interfaces.
 *
 * A namespace is mounted over a file that was there before, which inotify does not see: therefore
 * the look every few milliseconds, as long as anything is awaited. What never comes is taken down
 * by the watch (watch_container_is_dead).
 *
 * Docker Engine 20.10 switches IPv6 off for "all" interfaces of a namespace a little after it has
 * mounted it, with a program it executes for that, and means those it will add itself. So IPv6 is
 * looked after for some seconds, and given back once. */

#define AWAIT_INTERVAL_S 0.003
#define UNSETTLED_LOOKS 1500 /* 4.5 s: the execution of a small program on a machine that swaps */

static int refuse_taken(struct engine *engine, const struct container *container, uint64_t inode,
			struct error *error)
{
	struct container *other = map_get(engine->container_by_netns, &inode, sizeof(inode));

	if (inode == netns_self_inode())
		return error_set(error, ERROR_INVALID, "%s is the host's own network namespace",
				 container->spec.netns_path);
	if (other && watch_container_is_dead(other))
		return engine_detach(engine, other->spec.id, error);
	return other ? error_set(error, ERROR_CONFLICT,
				 "its network namespace belongs to container %s already",
				 other->spec.name)
		     : 0;
}

static bool has_ipv6(const struct container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (addr_is_set(&container->endpoints[i]->ip6))
			return true;
	return false;
}

/* Everything of the attach that needs the namespace. */
static int complete(struct engine *engine, struct container *container, uint64_t inode,
		    struct error *error)
{
	int err = refuse_taken(engine, container, inode, error);

	if (err < 0)
		return err;
	container->netns_inode = inode;
	sweep_netns(engine, inode);
	err = map_set(engine->container_by_netns, &inode, sizeof(inode), container);
	if (err < 0)
		return error_system(error, err, "cannot attach %s", container->spec.name);
	err = engine_repair_links(engine, container, error);
	if (err == 0)
		err = watch_container(engine, container, error);
	if (err == 0)
		err = engine_record_again(engine, container, error);
	names_view(engine, container);
	names_flush(engine);
	runtime_of(container)->unsettled = has_ipv6(container) ? UNSETTLED_LOOKS : 0;
	return err;
}

/* Whether it is to be looked at again; it may be gone. */
static bool look(struct engine *engine, struct container *container)
{
	struct error error = { 0 };
	uint64_t inode = 0;
	_cleanup_close_ int fd = netns_open_path(container->spec.netns_path, &inode, NULL);

	if (fd < 0)
		return true;
	if (complete(engine, container, inode, &error) == 0) {
		log_info("event=complete name=%s id=%.12s", container->spec.name,
			 container->spec.id);
		return runtime_of(container)->unsettled;
	}
	log_error("container %s is taken down: its attach cannot be completed: %s",
		  container->spec.name, error.text);
	(void)engine_detach(engine, container->spec.id, &error); /* it was found by its id */
	return false;
}

/* Inside: 1 when an interface that should have IPv6 has it no longer. */
static int lacks_ipv6(void *data)
{
	const struct container *container = data;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];
		char path[80], value[8] = "";

		if (!addr_is_set(&endpoint->ip6))
			continue;
		(void)snprintf(path, sizeof(path), "net/ipv6/conf/%s/disable_ipv6",
			       endpoint->ifname); /* fits: 47 */
		if (sysctl_read(path, value, sizeof(value)) == 0 && value[0] == '1')
			return 1;
	}
	return 0;
}

static void settle(struct engine *engine, struct container *container)
{
	struct container_runtime *runtime = runtime_of(container);
	struct error error = { 0 };
	_cleanup_close_ int fd = container_open_netns(container, &error);

	runtime->unsettled--;
	if (fd < 0 || netns_run(fd, lacks_ipv6, container) != 1)
		return;
	runtime->unsettled = 0;
	if (inside_setup(engine, container, fd, 0, &error) < 0)
		log_warn("%s", error.text);
	else
		log_info("container %s: IPv6 was switched off, and is on again",
			 container->spec.name);
}

/* Whether there is more to look for. */
static bool look_after(struct engine *engine, struct container *container)
{
	if (container_is_awaited(container))
		return look(engine, container);
	if (runtime_of(container)->unsettled)
		settle(engine, container);
	return runtime_of(container)->unsettled;
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int revents)
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

void await_start(struct engine *engine)
{
	if (ev_is_active(&engine->await_timer))
		return;
	ev_timer_init(&engine->await_timer, on_tick, AWAIT_INTERVAL_S, AWAIT_INTERVAL_S);
	engine->await_timer.data = engine;
	ev_timer_start(engine->loop, &engine->await_timer);
}
