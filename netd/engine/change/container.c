// SPDX-License-Identifier: GPL-2.0-or-later
// container.c - a container in memory: made, given endpoints, freed
#include "engine/change/change.h"

#include "base/grow.h"

#include "base/cleanup.h"
#include "kernel/sysctl.h"
#include "model/container/endpoint_sysctl.h"
#include "model/request/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A container is two structs: the model's (struct container), which pure code
 * may look at, and the engine's (struct container_runtime), with descriptors, watches and debts.
 * Both are made and freed together here. Its endpoints are in an array of pointers: endpoints stay
 * where they are when the array grows, since lists of networks point to them. */

/* NULL: no memory. Nobody can find it yet; the plan enters it into the tables. */
struct container *container_new(struct engine *engine)
{
	struct container *container = calloc(1, sizeof(*container));
	struct container_runtime *runtime = calloc(1, sizeof(*runtime));
	struct leftover *leftover = forget_prepare();

	/* What its end takes: that must not fail. */
	if (!container || !runtime || !leftover || sweep_room(engine) < 0) {
		free(container);
		free(runtime);
		free(leftover);
		return NULL;
	}
	runtime->leftover = leftover;
	runtime->engine = engine;
	runtime->container = container;
	runtime->awaited_since = engine_now_s();
	runtime->pidfd = runtime->udp_fd = runtime->tcp_fd = -1;
	list_init(&runtime->services_node);
	container->runtime = runtime;
	/* Views and relays count with the same numbers, so a message of the resolver can mean one
	 * thing only. */
	container->number = ++engine->last_number;
	return container;
}

/* The endpoint leaves the tables by itself where it is still in them. */
static void free_endpoint(struct endpoint *endpoint)
{
	endpoints_forget(endpoint); /* a start may give up in the middle */
	endpoint_spec_done(&endpoint->spec);
	free(endpoint);
}

/* Frees one that is whole, one that is half made, and NULL. */
void container_free(struct container *container)
{
	struct container_runtime *runtime;

	if (!container)
		return;
	/* Sockets and redirects were given back by the undo. What is closed here is what a
	 * half-made container still has. */
	runtime = runtime_of(container);
	list_remove(&runtime->services_node);
	for (size_t i = 0; i < container->n_endpoints; i++)
		free_endpoint(container->endpoints[i]);
	free(container->endpoints);
	for (size_t i = 0; runtime->fds && i < container->n_ports; i++)
		cleanup_close(&runtime->fds[i]);
	free(container->ports);
	container_spec_done(&container->spec);
	free(container->dir);
	free(runtime->asked);
	free(runtime->fds);
	free(runtime->relays);
	free(runtime->parked);
	free(runtime->leftover);
	runtime->engine->door->rules.close(runtime->inside);
	cleanup_close(&runtime->udp_fd);
	cleanup_close(&runtime->tcp_fd);
	free(runtime);
	free(container);
}

/* An endpoint whose name others choose has "" here. */
static bool ifname_is_taken(const struct container *container, const char *ifname)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (strcmp(container->endpoints[i]->ifname, ifname) == 0)
			return true;
	return false;
}

/* The name of the interface inside. It is chosen once and recorded, so it stays over restarts of
 * netd. */
static int choose_ifname(const struct container *container, struct endpoint *endpoint,
			 struct error *error)
{
	const char *prefix = endpoint->network->spec.ifname_prefix;

	if (endpoint->spec.handover[0])
		return 0; /* whoever moves it names it */
	if (endpoint->spec.ifname[0]) {
		memcpy(endpoint->ifname, endpoint->spec.ifname, sizeof(endpoint->ifname));
		/* Two interfaces of one name cannot be in one namespace, and the kernel would say
		 * so in the middle of the plan. */
		if (ifname_is_taken(container, endpoint->ifname))
			return error_set(
				error, ERROR_INVALID,
				"interface name %s is given to two networks of container %s",
				endpoint->ifname, container->spec.name);
		return 0;
	}
	if (!prefix[0])
		prefix = "eth";
	/* Who names the others counts these alone, and would want a number that ours has. */
	if (container_is_handed_over(container) && strcmp(prefix, "eth") == 0)
		prefix = "netd";
	/* One number more than networks are allowed, so one of them is free. */
	for (unsigned int i = 0; i <= NETWORKS_PER_CONTAINER_MAX; i++) {
		(void)snprintf(endpoint->ifname, sizeof(endpoint->ifname), "%s%u", prefix, i);
		if (!ifname_is_taken(container, endpoint->ifname))
			break;
	}
	return 0;
}

/* What is handed over has no name yet to tell it from the other interface. */
static bool may_be_another(const struct network *network, const struct endpoint_spec *spec)
{
	return spec->another && network->spec.kind->several && !spec->handover[0];
}

/* What may not be together in one container. */
static int refuse_mixed(const struct container *container, const struct network *network,
			const struct endpoint_spec *spec, struct error *error)
{
	/* All of a container's networks go together with the first one, so one comparison is
	 * enough. */
	const struct network *first = container->n_endpoints > 0 ? container->endpoints[0]->network
								 : network;

	for (size_t i = 0; i < container->n_endpoints; i++)
		if (container->endpoints[i]->network == network && !may_be_another(network, spec))
			return error_because(
				error, ERROR_REASON_CONNECTED,
				error_set(error, ERROR_FORBIDDEN,
					  "endpoint with name %s already exists in network %s",
					  container->spec.name, network->spec.name));
	/* A bound on what one DNS question has to search. */
	if (container->n_endpoints >= NETWORKS_PER_CONTAINER_MAX)
		return error_set(error, ERROR_INVALID,
				 "container %s is on %d networks, the most "
				 "there can be",
				 container->spec.name, NETWORKS_PER_CONTAINER_MAX);
	return first == network ? 0
				: kind_check_together(first->spec.kind, network->spec.kind,
						      container->spec.name, error);
}

/* Room for n more endpoints, so that container_add_endpoint needs no memory for the array. */
int container_make_room(struct container *container, size_t n, struct error *error)
{
	/* What it has room for is not noted. realloc to the same size costs nothing. */
	size_t room = container->n_endpoints; /* at least */
	struct endpoint **endpoints = (struct endpoint **)grow((void *)container->endpoints, &room,
							       container->n_endpoints + n,
							       sizeof(*endpoints));

	if (!endpoints)
		return error_system(error, -ENOMEM, "cannot attach %s", container->spec.name);
	container->endpoints = endpoints;
	return 0;
}

/* What cannot be is refused before anything is done. lo has every key that
 * an interface has ("default" is not there for neighbours outside the first namespace). */
static int check_sysctls(const struct engine *engine, const struct endpoint_spec *spec,
			 const struct network *network, struct error *error)
{
	char path[ENDPOINT_SYSCTL_PATH_MAX], value[8];
	const char *rest = endpoint_sysctls(spec);
	struct endpoint_sysctl sysctl;
	int more;

	if (*rest && !network->spec.kind->wired)
		return error_set(error, ERROR_INVALID,
				 "network %s gives no interface that sysctls could be set on",
				 network->spec.name);
	while ((more = endpoint_sysctl_next(&rest, &sysctl, error)) > 0) {
		/* Asked of lo, for the interface does not exist yet. A key that lo lacks no
		 * interface has. */
		if (engine->door->settings.read(endpoint_sysctl_path(&sysctl, "lo", path), value,
						sizeof(value)) == -ENOENT)
			return error_set(error, ERROR_INVALID,
					 "this kernel has no sysctl %s for an interface (net/%s)",
					 sysctl.key, sysctl.folder);
		if (network->spec.has[FAMILY_6] && strcmp(sysctl.key, "disable_ipv6") == 0 &&
		    strcmp(sysctl.value, "0") != 0)
			return error_set(error, ERROR_INVALID,
					 "disable_ipv6=%s: network %s gives the interface IPv6 "
					 "addresses, which it then could not have",
					 sysctl.value, network->spec.name);
	}
	return more;
}

/* The connection's own wish comes before the container's label, which is for all of its networks.
 * *spec is the endpoint's, and shows what it has. */
static int choose_bandwidth(const struct container *container, const struct network *network,
			    struct endpoint_spec *spec, struct error *error)
{
	const char *label =
		json_string_value(json_object_get(container->spec.labels, BANDWIDTH_LABEL));
	bool own = json_object_get(spec->driver_opts, BANDWIDTH_LABEL);
	int err;

	if (!own && label) {
		err = bandwidth_read(label, &spec->bandwidth, error);
		if (err < 0) {
			error_prefix(error, "label " BANDWIDTH_LABEL);
			return err;
		}
	}
	if (!bandwidth_is_set(&spec->bandwidth))
		return 0;
	if (!network->spec.kind->wired)
		return error_set(error, ERROR_INVALID,
				 "bandwidth: network %s gives container %s no interface of its own "
				 "that could be limited: leave the limit out, or choose a bridge "
				 "network",
				 network->spec.name, container->spec.name);
	if (own)
		return 0;
	if (!spec->driver_opts)
		spec->driver_opts = json_object();
	return json_object_set_new(spec->driver_opts, BANDWIDTH_LABEL, json_string(label)) == 0
		       ? 0
		       : error_system(error, -ENOMEM, "cannot attach %s", container->spec.name);
}

/* Appends an endpoint that exists in memory alone: it has no address, no segment and no link.
 * When this fails, the caller drops everything from his first endpoint on with
 * container_drop_endpoints. */
int container_add_endpoint(struct engine *engine, struct container *container,
			   const struct endpoint_spec *spec, struct error *error)
{
	struct endpoint *endpoint;
	struct network *network;
	int err = engine_network_find(engine, spec->network, &network, error);

	/* A restore would take the network away, or make it anew, under the endpoint. */
	if (err == 0 && network->unsettled)
		err = error_set(error, ERROR_UNAVAILABLE,
				"network %s is being restored from a backup: try again in a moment",
				network->spec.name);
	if (err == 0)
		err = refuse_mixed(container, network, spec, error);
	if (err == 0)
		err = request_endpoint_check_options(spec, error);
	if (err == 0)
		err = check_sysctls(engine, spec, network, error);
	if (err < 0)
		return err;
	endpoint = calloc(1, sizeof(*endpoint));
	if (!endpoint || endpoint_spec_copy(spec, &endpoint->spec) < 0) {
		free(endpoint);
		return error_system(error, -ENOMEM, "cannot attach %s", container->spec.name);
	}
	err = choose_bandwidth(container, network, &endpoint->spec, error);
	if (err < 0) {
		endpoint_spec_done(&endpoint->spec);
		free(endpoint);
		return err;
	}
	endpoint->network = network;
	endpoint->container = container;
	tables_random_id(endpoint->id);
	/* The caller's name, or a random one: 48 bits, so two never meet by chance. */
	if (spec->host_ifname[0])
		memcpy(endpoint->host_ifname, spec->host_ifname, sizeof(endpoint->host_ifname));
	else
		(void)snprintf(endpoint->host_ifname, sizeof(endpoint->host_ifname), "nd%.12s",
			       endpoint->id);
	err = choose_ifname(container, endpoint, error);
	/* Added even when the name was refused: then the caller drops all from his first one on. */
	container->endpoints[container->n_endpoints++] = endpoint;
	container->host_mode |= network->spec.kind->in_host;
	return err;
}

/* The request's own list, after the attach. */
void container_forget_endpoint_specs(struct container *container)
{
	struct container_spec *spec = &container->spec;

	for (size_t i = 0; i < spec->n_endpoints; i++)
		endpoint_spec_done(&spec->endpoints[i]);
	free(spec->endpoints);
	spec->endpoints = NULL;
	spec->n_endpoints = 0;
}

/* Frees endpoints[first..n). What they had in the kernel was undone before. */
void container_drop_endpoints(struct container *container, size_t first)
{
	while (container->n_endpoints > first)
		free_endpoint(container->endpoints[--container->n_endpoints]);
}

/* The descriptor of the container's namespace, checked. -ENOENT: it has ended. */
int container_open_netns(struct container *container, struct error *error)
{
	uint64_t inode = 0;
	int fd = inside_open_netns(container, &inode, error);

	/* The same path, another namespace: the container ended and somebody made a new one
	 * there. */
	if (fd >= 0 && inode != container->netns_inode) {
		(void)close(fd);
		return error_set(error, ERROR_NOT_FOUND,
				 "container %s: its network namespace is gone",
				 container->spec.name);
	}
	return fd;
}
