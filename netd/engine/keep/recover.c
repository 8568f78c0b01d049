// SPDX-License-Identifier: GPL-2.0-or-later
// recover.c - after a crash or a foreign hand: what the store says against what the kernel has
#include "base/cleanup.h"
#include "base/grow.h"
#include "base/json_parse.h"
#include "base/log.h"
#include "engine/change/networks.h"
#include "engine/keep/keep.h"
#include "engine/plan/steps.h"
#include "model/cluster/cluster_block.h"
#include "model/ipam/ipam.h"
#include "model/request/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. A record without `up` is a plan that had not ended: its caller never got an
 * answer, so it is undone. A record with `up` is a promise: if its netns still lives, it is loaded
 * with the addresses and ports it had, links that are missing are made again, and the ruleset and
 * the names are built from what was loaded. The kernel's own objects were never touched in between,
 * so traffic has not noticed. Networks and ports of a container that is up are promises and intents
 * of their own. The comparison with the kernel (resync.c) comes last; it repairs drift while netd
 * runs, too. */

/* A record of a container, decoded. spec and asked move into the container when it is restored. */
struct row {
	struct container_spec spec;
	bool up;
	uint64_t netns_inode;
	uint16_t dns_port;
	struct timespec created;
	char *asked;
	struct container *container; /* once restored, and as long as it is there */
	bool owes;		     /* settling it failed, and is tried again */
	const char *changing;	     /* marks_find(): the other id, or "" */
};

struct rows {
	struct row *items;
	size_t n, room;
};

/* A failure leaves nothing in row that would have to be freed. */
static int decode_row(const struct store_container *from, struct row *row, struct error *error)
{
	json_t *body;
	int err = json_parse_record(from->body, strlen(from->body), &body, error);

	if (err < 0)
		return err;
	/* By the decoder of the API: a record is a request that was granted. */
	err = request_container(body, &row->spec, error);
	json_decref(body);
	if (err < 0)
		return err;
	/* The text of the request is made anew: it is compared with later attaches, and must be
	 * in the words of this release. */
	row->asked = asked_text(&row->spec);
	if (!row->asked) {
		container_spec_done(&row->spec);
		return error_system(error, -ENOMEM, "cannot load it");
	}
	row->up = from->up;
	row->netns_inode = from->netns_inode;
	row->dns_port = from->dns_port;
	row->created = (struct timespec) { from->created_s, from->created_ns };
	(void)snprintf(row->spec.id, sizeof(row->spec.id), "%s", from->id);
	(void)snprintf(row->spec.hostname, sizeof(row->spec.hostname), "%s", from->hostname);
	return 0;
}

/* All rows are read before the first container is loaded: loading changes the store. */
static int keep_row(const struct store_container *from, void *data, struct error *error)
{
	struct rows *rows = data;
	struct row *items = grow(rows->items, &rows->room, rows->n + 1, sizeof(*items));
	struct error why;
	int err;

	if (!items)
		return error_system(error, -ENOMEM, "cannot load the containers");
	rows->items = items;
	/* Zeroed before it is decoded, for a row that fails half-way is left out and must not be
	 * freed as half a row. */
	items[rows->n] = (struct row) { 0 };
	err = decode_row(from, &items[rows->n], &why);
	if (err < 0 && error_is_passing(err)) {
		*error = why;
		return err;
	}
	if (err < 0)
		log_error("container %s cannot be loaded: %s", from->name, why.text);
	else
		rows->n++;
	return 0;
}

/* --- one container ---------------------------------------------------------------------------- */

/* The address is the container's again, whoever else would have it by now. */
static int restore_address(const struct network *network, enum family family, const char *text,
			   const char *holder, struct addr *ret_addr, struct error *error)
{
	const struct prefix *subnet = &network->spec.subnet[family].prefix;
	struct ipam_pool *pool = network->pool[family];
	struct prefix block;
	struct addr addr;
	int err = 0;

	/* The endpoint has no address of this family. */
	if (!*text)
		return 0;
	if (!pool || addr_parse(text, &addr) < 0)
		return error_set(error, ERROR_INTERNAL, "address %s is of no pool", text);
	/* Whose the blocks are is told later. One whose address was given here is this host's. */
	block = cluster_block_of(subnet, &addr);
	if (ipam_is_fenced(pool) && prefix_contains(subnet, &addr))
		err = ipam_open(pool, &block);
	if (err < 0)
		return error_system(error, err, "cannot take an address");
	err = ipam_claim(pool, &addr, holder, error);
	if (err == 0)
		*ret_addr = addr;
	return err;
}

/* The link of a record: 0, -ENOENT, or it cannot be told. A name that the user chose may be
 * another's by now: that one stays. The record's name alone is not enough. */
static int find_own_link(struct engine *engine, const char *host_ifname, struct rtnl_link *ret_link,
			 struct error *error)
{
	/* -ENOENT is passed on as it is. */
	int err = engine->door->links.by_name(engine->rtnl, host_ifname, ret_link, error);

	if (err < 0)
		return err;
	/* A link of that name is ours by its alias, or by a name that netd has made up. */
	return strcmp(ret_link->kind, "veth") == 0 &&
			       (sweep_has_our_alias(ret_link) || sweep_has_our_name(ret_link))
		       ? 0
		       : -ENOENT;
}

/* What the record says of an endpoint, and what the kernel has of it. */
static int restore_fields(struct engine *engine, struct endpoint *endpoint,
			  const struct store_endpoint *row, struct error *error)
{
	struct network *network = endpoint->network;
	const char *holder = endpoint->container->spec.name;
	struct rtnl_link link;
	int err;

	(void)snprintf(endpoint->id, sizeof(endpoint->id), "%s", row->id);
	(void)snprintf(endpoint->ifname, sizeof(endpoint->ifname), "%s", row->ifname);
	(void)snprintf(endpoint->host_ifname, sizeof(endpoint->host_ifname), "%s",
		       row->host_ifname);
	/* Counted before the address is claimed: a container that is taken down in a moment
	 * releases what it counts. */
	list_append(&network->endpoints, &endpoint->in_network);
	network->n_endpoints++;
	network->segments[endpoint->segment].n_ports++;
	if (mac_parse(row->mac, &endpoint->mac) < 0 && endpoint_bridge(endpoint))
		return error_set(error, ERROR_INTERNAL, "bad MAC address %s", row->mac);
	/* What the link is to have when it has to be made again; one that is there keeps its
	 * own. */
	endpoints_note_mac(engine, endpoint);
	endpoint->mtu = network->spec.mtu;
	err = find_own_link(engine, endpoint->host_ifname, &link, error);
	if (err == 0) {
		/* The link has stood all the time, so traffic has not noticed that netd was
		 * away. */
		endpoint->host_ifindex = link.ifindex;
		endpoints_note_port(engine, endpoint);
		endpoint->mtu = link.mtu;
	} else if (err != -ENOENT) {
		return err;
	}
	err = 0;
	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		err = restore_address(network, family, row->ip[family], holder,
				      &endpoint->ip[family], error);
	shaping_find(engine, endpoint);
	if (err == 0 && endpoint->host_ifindex && host_way_known(endpoint) < 0)
		err = error_system(error, -ENOMEM, "cannot load an endpoint");
	if (err < 0)
		error_prefix(error, "network %s", network->spec.name);
	return err;
}

/* Removes what a record says is in the kernel, of a container or network that does not come back.
 */
static int remove_link(const struct store_endpoint *row, void *data, struct error *error)
{
	struct engine *engine = data;
	struct rtnl_link link;
	int err = find_own_link(engine, row->host_ifname, &link, error);

	if (err < 0)
		return err == -ENOENT ? 0 : err;
	return engine->door->links.doom(engine->rtnl, link.ifindex, error);
}

/* Link first, record second: a start that is killed in between does both again. */
static int drop_intent(struct engine *engine, const struct store_endpoint *row, struct error *error)
{
	/* A link that is gone already is no error. */
	int err = remove_link(row, engine, error);

	return err < 0 ? err : store_endpoint_delete(engine->store, row->container, row->id, error);
}

/* Takes the number off the settings. A segment whose bridge is gone is made again. overflow_make
 * makes no elements while booting: the table comes at the end. */
static int restore_segment(struct engine *engine, struct endpoint *endpoint, json_t *settings,
			   struct error *error)
{
	struct network *network = endpoint->network;
	json_int_t number = json_integer_value(json_object_get(settings, ENDPOINT_SEGMENT));

	(void)json_object_del(settings, ENDPOINT_SEGMENT); /* mostly there is none */
	/* The first segment has no number in the record, and neither has a record of the release
	 * before. */
	if (number <= 0 || number >= SEGMENTS_MAX)
		return 0;
	endpoint->segment = (uint32_t)number;
	return network_has_segment(network, endpoint->segment)
		       ? 0
		       : overflow_make(engine, network, endpoint->segment, error);
}

/* On failure the endpoint is freed with its container. */
static int restore_endpoint(const struct store_endpoint *row, void *data, struct error *error)
{
	struct row *of = data;
	/* restore has set it in the row. */
	struct container *container = of->container;
	struct engine *engine = runtime_of(container)->engine;
	struct network *network = map_get_str(engine->network_by_id, row->network);
	struct endpoint *endpoint;
	json_t *settings;
	int err;

	/* A connect that had not ended, or a disconnect that had begun: both go. */
	if (row->position == STORE_INTENT) {
		of->changing = of->changing ? of->changing : ""; /* that of a netd without marks */
		return drop_intent(engine, row, error);
	}
	if (!network)
		return error_set(error, ERROR_INTERNAL, "its network %.12s is gone", row->network);
	err = container_make_room(container, 1, error);
	if (err < 0)
		return err;
	endpoint = calloc(1, sizeof(*endpoint));
	if (!endpoint)
		return error_system(error, -ENOMEM, "cannot load an endpoint");
	endpoint->container = container;
	endpoint->network = network;
	/* Added before it is complete, so that giving the container up frees it. */
	container->endpoints[container->n_endpoints++] = endpoint;
	container->host_mode |= network->spec.kind->in_host;
	err = json_parse_record(row->settings, strlen(row->settings), &settings, error);
	if (err < 0)
		return err;
	err = restore_segment(engine, endpoint, settings, error);
	if (err == 0)
		err = request_endpoint(network->spec.name, settings, &endpoint->spec, error);
	json_decref(settings);
	if (err == 0)
		err = restore_fields(engine, endpoint, row, error);
	if (err == 0) {
		/* Through the states in their order, for the machine of states allows no leap. */
		endpoint_enter(endpoint, ENDPOINT_PLUMBING);
		endpoint_enter(endpoint, ENDPOINT_UP);
	}
	return err;
}

/* A parked port, or one whose target is no address of this container. An address of family 0 is
 * that of a parked port. */
static bool leads_nowhere(const struct container *container, const struct port *port)
{
	for (size_t k = 0; addr_is_set(&port->target) && k < container->n_endpoints; k++)
		if (addr_equal(&port->target,
			       &container->endpoints[k]->ip[family_of(port->target.family)]))
			return false;
	return true;
}

/* Ports that are parked, and those to a network whose connect or disconnect was broken off: to
 * another one, or nowhere. Changes the ports in memory, and the record where one has changed. */
static int redirect_ports(struct engine *engine, struct container *container, struct error *error)
{
	bool changed = false;
	struct error why;

	/* Room first: which ports will be parked shows in the loop, and parking cannot fail
	 * then. */
	if (ports_parked_room(container, container->n_ports) < 0)
		return error_system(error, -ENOMEM, "cannot load container %s",
				    container->spec.name);
	for (size_t i = 0; i < container->n_ports; i++) {
		struct port *port = &container->ports[i], moved = *port;

		/* It leads to an address that the container has: nothing to do, which is the case
		 * for nearly all. */
		if (!leads_nowhere(container, port))
			continue;
		if (!ports_lead(container, &moved))
			moved.target = (struct addr) { 0 };
		changed |= !addr_equal(&moved.target, &port->target);
		*port = moved;
	}
	ports_park_aimless(container);
	if (changed && plan_record_ports(engine, container, &why) < 0) {
		log_warn("container %s: %s; it is tried again", container->spec.name, why.text);
		later_owe(engine, container, OWED_RECORD);
	}
	return 0;
}

/* The container in memory, as its record has it. Nothing is in any table yet. */
static int restore(struct engine *engine, struct row *row, struct container *container,
		   struct error *error)
{
	struct container_runtime *runtime = runtime_of(container);
	int err;

	row->container = container;
	container->spec = row->spec;
	row->spec = (struct container_spec) { 0 };
	container->netns_inode = row->netns_inode;
	container->dns_port = row->dns_port;
	container->created = row->created;
	/* Moved out of the row. From here on the container owns it. */
	runtime->asked = take_ptr(row->asked);
	if (asprintf(&container->dir, "%s/containers/%s", engine->run_dir, container->spec.id) <
	    0) {
		container->dir = NULL;
		return error_system(error, -ENOMEM, "cannot load container %s",
				    container->spec.name);
	}
	container_forget_endpoint_specs(container);
	/* Endpoints before ports, for a port leads to an address of one of them. */
	err = store_endpoints_each(engine->store, container->spec.id, restore_endpoint, row, error);
	if (err == 0)
		err = ports_record_load(engine, container, error);
	if (err == 0)
		err = redirect_ports(engine, container, error);
	/* All of it is in the rules that are built at the end of the start. */
	runtime->n_published = container->n_ports;
	return err;
}

/* Runs inside. */
static int reach_inside(void *data)
{
	struct container_runtime *runtime = runtime_of(data);

	/* The socket becomes the table's owner. It is opened inside, for a table belongs to the
	 * namespace of its socket. It may be open already: what runs inside is called more than
	 * once for a container. */
	return runtime->inside ? 0
			       : runtime->engine->door->rules.open(true, &runtime->inside, NULL);
}

/* The redirect's table belonged to the former process: take it over, or make it again. Runs inside.
 * A redirect that is right stays as it is. */
static int readopt_inside(void *data)
{
	struct container *container = data;
	int err = reach_inside(container);

	if (err == 0)
		err = door_of(container)->rules.redirect(runtime_of(container)->inside,
							 container->dns_port, NULL);
	return err;
}

/* Also for a debt of that kind (pay.c). */
int recover_redirect(struct container *container)
{
	_cleanup_close_ int netns_fd = container_open_netns(container, NULL);
	int err = netns_fd < 0 ? netns_fd
			       : door_of(container)->netns.run(netns_fd, readopt_inside, container);

	return err == -ENOENT ? 0 : err; /* without a netns it is about to go */
}

/* What a plan that was broken off has taken apart already, beside the links. Failures are owed or
 * logged: the container runs, and must not be taken down for them. */
static void mend(struct engine *engine, struct container *container, int netns_fd)
{
	struct error error = { 0 };
	char path[PATH_LEN_MAX + 1];

	if (container->dns_port &&
	    engine->door->netns.run(netns_fd, readopt_inside, container) < 0) {
		log_warn("container %s: the redirect of port 53 could not be checked; it is tried "
			 "again",
			 container->spec.name);
		later_owe(engine, container, OWED_REDIRECT);
	}
	if (!container->host_mode && inside_restore(container, netns_fd, &error) < 0)
		log_warn("container %s: %s", container->spec.name, error.text);
	(void)snprintf(path, sizeof(path), "%s/resolv.conf", container->dir); /* removed first */
	/* The folder is there and resolv.conf is not: a detach that was broken off had begun to
	 * remove them. */
	if (access(path, F_OK) < 0 && files_write(engine, container, &error) < 0) {
		log_warn("container %s: %s; it is tried again", container->spec.name, error.text);
		later_owe(engine, container, OWED_FILES);
	}
}

/* The container is in the tables when this succeeds, and is watched. */
static int revive(struct engine *engine, struct row *row, struct error *error)
{
	struct container *container = row->container;
	uint64_t inode = 0;
	_cleanup_close_ int netns_fd = -1;
	int err;

	/* It is looked for from now on, as after its attach. */
	if (container_is_awaited(container)) {
		later_look(engine, container);
		return tables_add_container(engine, container) < 0
			       ? error_system(error, -ENOMEM, "cannot load it")
			       : 0;
	}
	/* By the path or the pid of the request, whichever it names. */
	netns_fd = inside_open_netns(container, &inode, error);
	if (netns_fd < 0)
		return netns_fd;
	/* The process or file is another one's now. */
	if (inode != container->netns_inode)
		return error_set(error, ERROR_NOT_FOUND, "its network namespace ended");
	err = alive_watch(engine, container, error);
	if (err == 0 && tables_add_container(engine, container) < 0)
		err = error_system(error, -ENOMEM, "cannot load it");
	if (err < 0)
		return err;
	mend(engine, container, netns_fd);
	later_look(engine, container);
	return 0;
}

/* Takes down what cannot be brought back, the networks that could not be loaded included. Frees the
 * container. */
static void give_up(struct engine *engine, struct container *container)
{
	uint64_t inode = 0;
	/* -1: the namespace ended, and what was inside with it. */
	_cleanup_close_ int netns_fd = inside_open_netns(container, &inode, NULL);
	struct error error = { 0 };

	if (netns_fd >= 0 && inode == container->netns_inode && !container->host_mode)
		(void)engine->door->netns.run(netns_fd, reach_inside,
					      container); /* no harm in a rest of it */
	if (store_endpoints_each(engine->store, container->spec.id, remove_link, engine, &error) <
	    0)
		log_warn("container %s: %s", container->spec.name, error.text);
	/* The table is built anew in a moment, and the counts start with it: nothing has been put
	 * in yet that would have to be taken out. */
	runtime_of(container)->n_published = 0;
	services_recall(engine, container);
	attach_take_down(engine, container);
	container_free(container);
}

/* A container that is up is taken down for reasons that stay alone. Where something failed that may
 * succeed in a moment, this start does: what runs has not been touched, and the next one comes. One
 * container: it is revived, taken down, or, when the reason may pass, left alone while the start
 * fails. */
static int recover_one(struct engine *engine, struct row *row, const struct marks *marks,
		       struct error *error)
{
	/* It is in no table until revive. */
	struct container *container = container_new(engine);
	/* A mark says that its detach had begun. Its caller may have been told that it is done. */
	bool detached = marks_find(marks, MARK_DETACHED, row->spec.id);
	bool up = row->up && !detached;
	int err;

	if (!container)
		return error_system(error, -ENOMEM, "cannot load the containers");
	row->changing = marks_find(marks, MARK_CHANGING, row->spec.id);
	err = restore(engine, row, container, error);
	if (err == 0 && up)
		err = revive(engine, row, error);
	if (err == 0 && up)
		return 0;
	/* Nothing of it was changed in the kernel so far. The next start finds it as this one
	 * did. */
	if (up && error_is_passing(err)) {
		error_prefix(error, "container %s cannot be loaded", container->spec.name);
		alive_unwatch(engine, container);
		tables_drop_container(engine, container);
		container_free(container);
		row->container = NULL;
		return err;
	}
	if (up)
		log_warn("container %s is taken down: %s", container->spec.name, error->text);
	else
		log_info("container %s is taken down: %s", container->spec.name,
			 detached ? "it was detached" : "its attach had not ended");
	give_up(engine, container);
	row->container = NULL;
	engine->keep->broken_off = true;
	return 0;
}

/* Its files may be where they belong under the id that it did not come to have. The rename of a
 * container was broken off: its folder goes to where the record says. */
static void move_files(const struct engine *engine, const struct row *row)
{
	const struct container *container = row->container;
	char path[PATH_LEN_MAX + 1];

	/* changing is "" where the id did not change. */
	(void)snprintf(path, sizeof(path), "%s/containers/%s", engine->run_dir, row->changing);
	/* The folder under the other id belongs to whoever has that id now, if anybody has. */
	if (*row->changing && !map_get_str(engine->container_by_id, row->changing) &&
	    rename(path, container->dir) < 0 && errno != ENOENT)
		log_warn("cannot move %s: %s", path, strerror(errno));
}

/* Names come with the first network, the redirect to them before the record says so. Runs
 * inside. */
static int remove_redirect(void *data)
{
	struct container *container = data;
	int err = reach_inside(container);

	services_recall(runtime_of(container)->engine, container);
	services_leave_inside(runtime_of(container)->engine, container);
	if (err == 0)
		(void)door_of(container)->rules.unredirect(runtime_of(container)->inside,
							   NULL); /* mostly none */
	door_of(container)->rules.close(runtime_of(container)->inside);
	runtime_of(container)->inside = NULL;
	return err;
}

/* What a record has no words for, where a change was broken off anywhere: after its links.
 * Everything in here may be done twice. */
static void settle(struct engine *engine, struct row *row)
{
	struct container *container = row->container;
	struct error error = { 0 };
	int err;
	_cleanup_close_ int netns_fd = container_is_awaited(container) || container->host_mode
					       ? -1
					       : container_open_netns(container, &error);

	log_info("container %s: a change of it was broken off, and is settled",
		 container->spec.name);
	move_files(engine, row);
	/* Without a port in the record the container has no names; a redirect that was made
	 * before the record said so leads nowhere. */
	if (netns_fd >= 0 && container->dns_port == 0 &&
	    engine->door->netns.run(netns_fd, remove_redirect, container) < 0)
		log_warn("container %s: a redirect of port 53 may be left in it",
			 container->spec.name);
	err = netns_fd < 0 ? 0 : inside_default_routes(container, netns_fd, &error);
	/* A limit that the record does not have may be there still. */
	for (size_t i = 0; err == 0 && i < container->n_endpoints; i++)
		if (container->endpoints[i]->host_ifindex)
			err = shaping_set(engine, container->endpoints[i], &error);
	if (err == 0)
		err = files_write(engine, container, &error);
	if (err == 0)
		return;
	log_warn("container %s: %s; it is tried again", container->spec.name, error.text);
	later_owe(engine, container, OWED_SETTLING);
	row->owes = true;
}

/* Once it is known which containers there are. The order is part of what is promised: strays and
 * the dying, then the comparison, then what was broken off, and the marks last. */
static void recover_rest(struct engine *engine, struct rows *rows, const struct marks *marks)
{
	struct error error;

	/* The run directory was removed, or a record could not be read: their addresses are free to
	 * be given to others. */
	engine->wire->knows_all = true;
	if (sweep_strays(engine, &error) < 0)
		log_warn("%s", error.text);
	/* What a start finds dying is swept first, so that names and addresses are free for what
	 * is loaded. */
	if (engine->door->links.sweep(engine->rtnl, NULL) < 0)
		sweep_left(engine);
	/* Links and bridges before the files: what is settled below needs both. */
	resync_at_start(engine);
	/* A row that was given up has no container any more. */
	for (size_t i = 0; i < rows->n; i++)
		if (rows->items[i].changing && rows->items[i].container)
			settle(engine, &rows->items[i]);
	files_links(engine, NULL);
	/* After all of them are settled: a start that is killed before this settles them again. */
	marks_clear(engine, marks);
	for (size_t i = 0; i < rows->n; i++)
		if (rows->items[i].owes) /* until it is settled */
			(void)marks_set(engine, MARK_CHANGING, rows->items[i].container->spec.id,
					"");
}

/* On success all containers are loaded that can be. On failure nothing in the kernel was taken from
 * one that is up. */
int recover_containers(struct engine *engine, struct error *error)
{
	struct marks marks = { 0 };
	struct rows rows = { 0 };
	int err = marks_read(engine, &marks, error);

	engine->keep->broken_off = marks.n > 0;
	if (err == 0)
		err = store_containers_each(engine->store, keep_row, &rows, error);
	/* Before anything is loaded. A link that is dying would be taken for a container's by its
	 * name. */
	(void)engine->door->links.sweep(engine->rtnl,
					NULL); /* what a crash left between mark and sweep */
	(void)engine->door->links.sweep_bridges(engine->rtnl, NULL);
	engine->booting = true;
	for (size_t i = 0; err == 0 && i < rows.n; i++)
		err = recover_one(engine, &rows.items[i], &marks, error);
	engine->booting = false;
	if (err == 0)
		recover_rest(engine, &rows, &marks);
	/* What was moved into a container is empty here. */
	for (size_t i = 0; i < rows.n; i++) {
		container_spec_done(&rows.items[i].spec);
		free(rows.items[i].asked);
	}
	free(rows.items);
	marks_done(&marks);
	return err;
}
