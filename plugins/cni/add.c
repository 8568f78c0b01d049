// SPDX-License-Identifier: GPL-2.0-or-later
// add.c - the verb ADD
#include "base/buf.h"
#include "base/cleanup.h"
#include "client/calls.h"
#include "client/ensure.h"
#include "plugins/cni/container.h"
#include "plugins/cni/netns.h"
#include "plugins/cni/network.h"
#include "plugins/cni/result.h"
#include "plugins/cni/verbs.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. The usual ADD is one request: attach; what netd refuses is settled by
 * netd/client/ensure.c. Here is what that has to be told about CNI: "no such network" is followed
 * by making it, where the configuration describes one; a container in the same netns is there
 * already, and wants one more interface. */
struct add {
	const struct cni_call *call;
	struct client *client;
	struct cni_error error; /* of our own making; code 0: netd's is to be told */
};

static const json_t *find(void *user, const char *network, const json_t *container)
{
	const struct add *add = user;

	(void)network; /* the interface's own name tells it apart */
	return container_find(container, add->call->name, add->call->ifname, NULL);
}

static enum ensure_owner owner(void *user, const json_t *container)
{
	const struct add *add = user;

	return ensure_is_in_netns(container, add->call->netns) ? ENSURE_OURS : ENSURE_THEIRS;
}

static int make_described(struct add *add, const struct error *refusal, bool *ret_made,
			  struct error *error)
{
	const struct cni_call *call = add->call;
	json_auto_t *body = NULL;
	int err;

	if (!call->may_create)
		return cni_fail(
			&add->error, CNI_BAD_CONFIG,
			"%s: make it with `netctl network create %s`, or describe it in the "
			"configuration (subnet, ipv6, bridge, mtu, …)",
			refusal->text, call->network);
	err = network_body(call, &body, &add->error);
	if (err == 0)
		err = calls_network_create(add->client, body, error);
	/* Two that race make it once: the second is told that it exists, which is what it wanted.
	 */
	if (err < 0 && add->error.code == 0 && error->reason == ERROR_REASON_NETWORK_EXISTS)
		err = 0;
	*ret_made = err == 0;
	return err;
}

/* Before the first try there is nothing to make: netd most often has the network. */
static int make(void *user, const char *network, const struct error *refusal, bool *ret_made,
		struct error *error)
{
	struct add *add = user;
	int err;

	if (!refusal || refusal->reason != ERROR_REASON_NETWORK_NOT_FOUND)
		return 0;
	err = calls_network(add->client, network, NULL, error);
	if (err == 0 || error->reason != ERROR_REASON_NETWORK_NOT_FOUND)
		return err; /* 0: made meanwhile, or the next try will say what it is about */
	return make_described(add, refusal, ret_made, error);
}

static const struct ensure_rules rules = { .owner = owner, .find = find, .make = make };

/* A name that is taken is no reason to fail: pods of one name follow each other, and the old one's
 * DEL may come late. */
static int ensure(struct add *add, json_t **ret_container, struct cni_error *error)
{
	json_auto_t *body = NULL;
	struct ensure wanted = {
		.client = add->client,
		.other_name = add->call->container,
		.another = true,
		.completes = true,
		.rules = &rules,
		.user = add,
	};
	struct error cause;
	int err = container_body(add->call, &body, error);

	if (err < 0)
		return err;
	wanted.body = body;
	err = ensure_attached(&wanted, ret_container, &cause);
	if (err == 0)
		return 0;
	/* netd's own reason, unless we have found a better one. */
	if (add->error.code == 0)
		return cni_fail_netd(error, &cause);
	*error = add->error;
	return err;
}

/* The bridge of the network that the interface is on; none where netd does not say. A list, for the
 * inspection of a network grows with its containers. */
static void find_bridge(struct client *client, const json_t *settings, char ret_name[static 16])
{
	json_auto_t *filters = json_pack("{s:[s]}", "id", calls_text(settings, "NetworkID"));
	_cleanup_free_ char *text = filters ? json_dumps(filters, JSON_COMPACT) : NULL;
	_cleanup_(buf_done) struct buf path = { 0 };
	/* Not found is no failure: the name of the bridge is only told, and the result is right
	 * without it. */
	json_auto_t *networks = NULL;
	struct error ignored;

	buf_puts(&path, "/networks?filters=");
	if (text)
		client_quote(&path, text);
	if (text && path.err == 0 &&
	    calls_json(client, "GET", path.data, NULL, &networks, &ignored) == 0)
		result_bridge(json_array_get(networks, 0), ret_name);
}

int verb_add(const struct cni_call *call, struct client *client, json_t **ret_result,
	     struct cni_error *error)
{
	struct add add = { .call = call, .client = client };
	struct result_host_link link = { 0 };
	json_auto_t *container = NULL;
	const json_t *settings;
	int err = network_check_keys(call, error);

	/* What the configuration asks for and netd does not do is refused before anything is
	 * made. */
	if (err == 0)
		err = netns_check(call, error);
	if (err < 0)
		return err;
	err = ensure(&add, &container, error);
	if (err < 0)
		return err;
	/* Its own interface among those that the container has by now. */
	settings = container_find(container, call->name, call->ifname, NULL);
	if (!settings)
		return cni_fail(error, CNI_INTERNAL, "netd's answer has no interface %s",
				call->ifname);
	result_host_ifname(settings, link.name);
	find_bridge(client, settings, link.bridge);
	netns_look_up(&link);
	return result_build(call, container, settings, &link, ret_result, error);
}
