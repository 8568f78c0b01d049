// SPDX-License-Identifier: GPL-2.0-or-later
// check.c - the verbs CHECK and STATUS
#include "base/cleanup.h"
#include "client/calls.h"
#include "plugins/cni/bandwidth.h"
#include "plugins/cni/container.h"
#include "plugins/cni/netns.h"
#include "plugins/cni/network.h"
#include "plugins/cni/result.h"
#include "plugins/cni/verbs.h"

#include <errno.h>

/* Both verbs only read. CHECK compares three sources: what netd has, what prevResult promised, and
 * what the kernel shows inside the netns. STATUS says whether an ADD would find what it needs. Both
 * fail with a sentence that names the first difference. */

/* The order is from cheap to costly. Entering the netns comes last, because the process stays in
 * it, and could not look at anything on the host afterwards. */
int verb_check(const struct cni_call *call, struct client *client, struct cni_error *error)
{
	json_auto_t *container = NULL;
	const json_t *settings = NULL;
	struct error cause;
	char id[ID_LEN + 1];
	int err;

	container_id(call->container, id);
	err = calls_container(client, id, &container, &cause);
	/* Not there is what CHECK is about; everything else is netd's failure. */
	if (err < 0 && cause.reason != ERROR_REASON_CONTAINER_NOT_FOUND)
		return cni_fail_netd(error, &cause);
	if (err == 0)
		settings = container_find(container, call->name, call->ifname, NULL);
	/* One message for both: no such container, and a container without this interface. */
	if (!settings)
		return cni_fail(error, CNI_UNKNOWN_CONTAINER,
				"netd has no interface %s of container %s on network %s",
				call->ifname, call->container, call->name);
	if ((err = result_check(call, settings, error)) < 0 ||
	    (err = cni_bandwidth_check(call->json, call->ifname, settings, error)) < 0 ||
	    (err = netns_check(call, error)) < 0)
		return err;
	return netns_check_inside(call, settings, error);
}

/* Running containers need no plugin and do not lose anything while netd is away, hence never 51.
 * Code 50 makes a runtime count the node as not ready. Code 51 would say that running containers
 * have lost their network. */
int verb_status(const struct cni_call *call, struct client *client, struct cni_error *error)
{
	json_auto_t *body = NULL, *network = NULL;
	struct error cause;
	int err = network_check_keys(call, error);

	/* A configuration that no ADD can serve is told here, and not by the first pod. */
	if (err < 0)
		return err;
	/* It exists, so containers can be attached. */
	if (calls_network(client, call->network, &network, &cause) == 0)
		return network_check_guard(call, network, error);
	/* What cannot be made is told before a pod is started for it. */
	if (cause.reason == ERROR_REASON_NETWORK_NOT_FOUND && call->may_create)
		/* The body itself is not needed: building it is the check. */
		return network_body(call, &body, error);
	return cni_fail(error, CNI_UNAVAILABLE, "%s", cause.text);
}
