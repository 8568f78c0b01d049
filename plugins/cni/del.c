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
 * plugin, and stays. GC is the same for all that a list does not name.
 *
 * The order within a DEL matters when it is broken off. The endpoint goes first and the container
 * last, so a DEL that is repeated finds either both, the container without the endpoint, or
 * nothing. */

/* The endpoints of a container by the name of their network, NULL for none. Borrowed. */
static const json_t *networks_of(const json_t *container)
{
	return json_object_get(json_object_get(container, "NetworkSettings"), "Networks");
}

/* Takes one interface from a container; the last interface takes the container with it. Two that do
 * this to two interfaces at once may both see none left, and both detach, which is fine. network is
 * the key in the container's list; ifname tells the endpoints of one network apart. A container
 * without interfaces holds a name and an id that the next pod may want, so it does not stay. */
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

/* Two runtimes may have a container of one id, and netd let only one of them in; the other one says
 * DEL all the same. When either netns is gone, nothing tells them apart. The answer is "no" unless
 * both can be seen and differ. */
static bool is_others(const struct cni_call *call, const json_t *container)
{
	const char *netns = calls_text(json_object_get(container, "NetworkSettings"), "SandboxKey");

	/* Unknown is "the same": a DEL that does nothing would leak the container. */
	return netns_differ(netns, call->netns);
}

/* Everything that the call needs is in netd: the configuration may have changed since the ADD. */
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
	/* The last interface: one call instead of three. It takes the endpoint along, and there is
	 * no moment in which a container without one is seen. */
	if (json_object_size(networks_of(container)) == 1)
		err = calls_detach(client, id, &cause);
	else
		err = leave(client, id, network, call->ifname, &cause);
	return err < 0 ? cni_fail_netd(error, &cause) : 0;
}

/* --- GC --------------------------------------------------------------------------------------- */

/* GC gets a list of what is valid and removes what this network has beside it. Attachments of other
 * CNI networks in the same container stay. */

/* Attachments as keys "containerID ifname", neither of which can hold a space. valid maps to the
 * entries of the configuration, which are borrowed. The values are not used. */
static int collect_valid(const struct cni_call *call, struct map *valid, struct cni_error *error)
{
	const json_t *list = json_object_get(call->json, "cni.dev/valid-attachments");
	size_t i;
	json_t *one;

	json_array_foreach ((json_t *)list, i, one) {
		const char *container = calls_text(one, "containerID");
		const char *ifname = calls_text(one, "ifname");
		char key[NAME_LEN_MAX + IFNAME_LEN_MAX + 2];

		/* An entry that cannot be read could be one that is to be kept. To go on would
		 * remove it. */
		if (!*container || !*ifname)
			return cni_fail(
				error, CNI_BAD_CONFIG,
				"cni.dev/valid-attachments[%zu] needs containerID and ifname", i);
		/* Such an attachment cannot exist, so it protects nothing. The limits are those of
		 * check_env(). */
		if (snprintf(key, sizeof(key), "%s %s", container, ifname) >= (int)sizeof(key))
			continue; /* longer than any ADD would have let in */
		if (map_set_str(valid, key, one) < 0)
			return cni_fail(error, CNI_INTERNAL, "no memory");
	}
	return 0;
}

/* Builds the same key as collect_valid(). The two have to agree, or a GC would take everything. */
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

/* Removes what is stale of one container. 0: all of it is gone, or nothing was stale. Counting
 * comes first, because a container that loses all of its interfaces goes in one call. */
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
	/* networks belongs to the list that was read, and does not change while endpoints leave. */
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

/* For _cleanup_, which hands over the address of the variable. */
static void map_freep(struct map **map)
{
	map_free(*map);
}

/* A container that is attached while this runs may not be in the list of the runtime yet. The
 * specification has runtimes not run ADD and GC of one network at the same time. */
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
	/* The label tells those of this plugin from those of other runtimes. */
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
