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
 * already, and wants one more interface.
 *
 * The ADD makes nothing of its own on the host: what exists afterwards is a container of netd's
 * with an endpoint, and perhaps a network. So there is nothing to undo here. netd takes back a half
 * done attach itself, and a runtime says DEL after an ADD that failed. The order is: refuse what
 * cannot be done, attach, look up what the result has to tell. The look-ups come last, because the
 * interface and the bridge are there only then. */
struct add {
	const struct cni_call *call;
	struct client *client;
	struct cni_error error; /* of our own making; code 0: netd's is to be told */
};

/* Of the ensure rules: the endpoint that this call wants, NULL for none. Borrowed from
 * container. */
static const json_t *find(void *user, const char *network, const json_t *container)
{
	const struct add *add = user;

	(void)network; /* the interface's own name tells it apart */
	return container_find(container, add->call->name, add->call->ifname, NULL);
}

/* Of the ensure rules. The id alone does not prove whose a container is: another runtime may use
 * the same one. The container in the netns that this call names is the one that is meant. */
static enum ensure_owner owner(void *user, const json_t *container)
{
	const struct add *add = user;

	return ensure_is_in_netns(container, add->call->netns) ? ENSURE_OURS : ENSURE_THEIRS;
}

/* Makes the network as the configuration describes it. The result is 0 or negative, with the reason
 * in *error (netd's) or in add->error (this plugin's, for which there is a better CNI code). */
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
	/* The body is built only here, where it is needed: a configuration that describes nothing
	 * well is no error as long as netd has the network. */
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

/* Before the first try there is nothing to make: netd most often has the network. Of the ensure
 * rules. refusal is netd's answer to the attach. */
static int make(void *user, const char *network, const struct error *refusal, bool *ret_made,
		struct error *error)
{
	struct add *add = user;
	int err;

	if (!refusal || refusal->reason != ERROR_REASON_NETWORK_NOT_FOUND)
		return 0;
	/* The answer to the attach may be old by now: another ADD of the same network runs at the
	 * same time as a rule, since a runtime starts pods in parallel. */
	err = calls_network(add->client, network, NULL, error);
	if (err == 0 || error->reason != ERROR_REASON_NETWORK_NOT_FOUND)
		return err; /* 0: made meanwhile, or the next try will say what it is about */
	return make_described(add, refusal, ret_made, error);
}

/* is_as_asked is left to its default: the addresses and the MAC that the runtime asks for, if
 * any. */
static const struct ensure_rules rules = { .owner = owner, .find = find, .make = make };

/* A name that is taken is no reason to fail: pods of one name follow each other, and the old one's
 * DEL may come late. *ret_container is the caller's. On failure error says netd's reason or the
 * plugin's. */
static int ensure(struct add *add, json_t **ret_container, struct cni_error *error)
{
	json_auto_t *body = NULL;
	/* another: a container in the same netns gets a second interface even on the same network.
	 * completes: the answer to a repeated ADD may lack an interface that has left since. */
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
 * inspection of a network grows with its containers. ret_name stays as it is if anything fails. A
 * name has at most 15 characters. */
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

/* Asked for by those alone that want it. A network that is not there yet is made as it should be,
 * and whatever else is wrong the attach tells. */
static int check_guard(const struct cni_call *call, struct client *client, struct cni_error *error)
{
	json_auto_t *network = NULL;
	struct error ignored;

	if (!network_wants_guard(call) ||
	    calls_network(client, call->network, &network, &ignored) < 0)
		return 0;
	return network_check_guard(call, network, error);
}

/* *ret_result is the caller's, and is set only on success. */
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
	if (err == 0)
		err = check_guard(call, client, error);
	if (err < 0)
		return err;
	err = ensure(&add, &container, error);
	if (err < 0)
		return err;
	/* Its own interface among those that the container has by now. A container may have
	 * several, and the result of an ADD is about one. */
	settings = container_find(container, call->name, call->ifname, NULL);
	if (!settings)
		return cni_fail(error, CNI_INTERNAL, "netd's answer has no interface %s",
				call->ifname);
	/* The names are worked out here. The kernel is asked about them afterwards, and names that
	 * it does not know are left out of the result. */
	result_host_ifname(settings, link.name);
	find_bridge(client, settings, link.bridge);
	netns_look_up(&link);
	return result_build(call, container, settings, &link, ret_result, error);
}
