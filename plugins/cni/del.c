// SPDX-License-Identifier: GPL-2.0-or-later
// del.c - the verbs DEL and GC
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "client/calls.h"
#include "plugins/cni/container.h"
#include "plugins/cni/netns.h"
#include "plugins/cni/verbs.h"

#include <errno.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. DEL has to succeed when there is nothing to do: runtimes repeat it, say it
 * for what was never added, and keep the container for ever when it fails. So only netd's own
 * failures are told. What was attached by somebody else under the same id carries no mark of this
 * plugin, and stays. GC is the same for all that a list does not name. */

static const json_t *networks_of(const json_t *container)
{
	return json_object_get(json_object_get(container, "NetworkSettings"), "Networks");
}

/* Takes one interface from a container; the last interface takes the container with it. Two that do
 * this to two interfaces at once may both see none left, and both detach, which is fine. */
static int leave(struct client *client, const char *id, const char *network, const char *ifname,
		 struct error *cause)
{
	char ref[CALLS_INTERFACE_REF_MAX];
	json_auto_t *container = NULL;
	int err = calls_disconnect(client, calls_interface_ref(network, ifname, ref), id, cause);

	if (err < 0)
		return err;
	err = calls_container(client, id, &container, cause);
	if (err < 0)
		/* Another DEL was faster and has taken the container with it. */
		return cause->reason == ERROR_REASON_CONTAINER_NOT_FOUND ? 0 : err;
	/* Others are left: the container stays. */
	if (json_object_size(networks_of(container)) > 0)
		return 0;
	return calls_detach(client, id, cause);
}

/* Two runtimes may have a container of one id, and netd let only one of them in; the other one
 * says DEL all the same. When either netns is gone, nothing tells them apart. */
static bool is_others(const struct cni_call *call, const json_t *container)
{
	const char *netns = calls_text(json_object_get(container, "NetworkSettings"), "SandboxKey");

	/* Unknown is "the same": a DEL that does nothing would leak the container. */
	return netns_differ(netns, call->netns);
}

int verb_del(const struct cni_call *call, struct client *client, struct cni_error *error)
{
	json_auto_t *container = NULL;
	const char *network = NULL;
	struct error cause;
	char id[ID_LEN + 1];
	int err;

	container_id(call->container, id);
	err = calls_container(client, id, &container, &cause);
	if (err < 0)
		return cause.reason == ERROR_REASON_CONTAINER_NOT_FOUND
			       ? 0
			       : cni_fail_netd(error, &cause);
	/* What others attached under this id carries no mark of ours, and stays. */
	if (!container_find(container, call->name, call->ifname, &network) ||
	    is_others(call, container))
		return 0;
	/* The last interface: one call instead of three. */
	if (json_object_size(networks_of(container)) == 1)
		err = calls_detach(client, id, &cause);
	else
		err = leave(client, id, network, call->ifname, &cause);
	return err < 0 ? cni_fail_netd(error, &cause) : 0;
}

/* --- GC --------------------------------------------------------------------------------------- */

/* Attachments as keys "containerID ifname", neither of which can hold a space. */
static int collect_valid(const struct cni_call *call, struct map *valid, struct cni_error *error)
{
	const json_t *list = json_object_get(call->json, "cni.dev/valid-attachments");
	size_t i;
	json_t *one;

	json_array_foreach ((json_t *)list, i, one) {
		const char *container = calls_text(one, "containerID");
		const char *ifname = calls_text(one, "ifname");
		char key[NAME_LEN_MAX + IFNAME_LEN_MAX + 2];

		if (!*container || !*ifname)
			return cni_fail(
				error, CNI_BAD_CONFIG,
				"cni.dev/valid-attachments[%zu] needs containerID and ifname", i);
		/* Such an attachment cannot exist, so it protects nothing. */
		if (snprintf(key, sizeof(key), "%s %s", container, ifname) >= (int)sizeof(key))
			continue; /* longer than any ADD would have let in */
		if (map_set_str(valid, key, one) < 0)
			return cni_fail(error, CNI_INTERNAL, "no memory");
	}
	return 0;
}

static bool is_stale(const struct cni_call *call, const struct map *valid, const char *container,
		     const json_t *settings)
{
	const json_t *options = json_object_get(settings, "DriverOpts");
	char key[NAME_LEN_MAX + IFNAME_LEN_MAX + 2];

	if (strcmp(calls_text(options, OPTION_NETWORK), call->name) != 0)
		return false;
	(void)snprintf(key, sizeof(key), "%s %s", container,
		       calls_text(options, NETD_OPTION_IFNAME));
	/* Not in the list, hence stale. A container of another CNI network is none of this GC's
	 * business. */
	return !map_get_str(valid, key);
}

static int sweep(const struct cni_call *call, struct client *client, const struct map *valid,
		 const json_t *container, struct error *cause)
{
	const char *cni_id = calls_text(json_object_get(container, "Labels"), LABEL_CONTAINER);
	const json_t *networks = networks_of(container);
	const char *network, *id = calls_text(container, "Id");
	size_t n_stale = 0;
	json_t *settings;

	json_object_foreach ((json_t *)networks, network, settings)
		n_stale += is_stale(call, valid, cni_id, settings);
	if (n_stale == 0)
		return 0;
	/* All of them: the container goes as a whole. */
	if (n_stale == json_object_size(networks))
		return calls_detach(client, id, cause);
	json_object_foreach ((json_t *)networks, network, settings) {
		const char *ifname = calls_text(json_object_get(settings, "DriverOpts"),
						NETD_OPTION_IFNAME);
		/* One by one, for the last of them would take the container along. */
		int err = is_stale(call, valid, cni_id, settings)
				  ? leave(client, id, network, ifname, cause)
				  : 0;

		if (err < 0)
			return err;
	}
	return 0;
}

static void map_freep(struct map **map)
{
	map_free(*map);
}

int verb_gc(const struct cni_call *call, struct client *client, struct cni_error *error)
{
	_cleanup_(map_freep) struct map *valid = map_new();
	json_auto_t *containers = NULL;
	struct error cause;
	size_t i;
	json_t *container;
	int first = 0;

	if (!valid)
		return cni_fail(error, CNI_INTERNAL, "no memory");
	if (collect_valid(call, valid, error) < 0)
		return -EINVAL;
	if (calls_containers(client, LABEL_CONTAINER, &containers, &cause) < 0)
		return cni_fail_netd(error, &cause);
	json_array_foreach (containers, i, container) {
		int err = sweep(call, client, valid, container, &cause);

		/* A container that cannot be removed does not keep the others. The first failure
		 * is told. */
		if (err < 0 && first == 0)
			first = cni_fail_netd(error, &cause);
	}
	return first;
}
