// SPDX-License-Identifier: GPL-2.0-or-later
// add.c - the verb ADD
#include "base/buf.h"
#include "base/cleanup.h"
#include "client/calls.h"
#include "plugins/cni/container.h"
#include "plugins/cni/netns.h"
#include "plugins/cni/network.h"
#include "plugins/cni/result.h"
#include "plugins/cni/verbs.h"

#include <errno.h>
#include <netd.h>
#include <string.h>

/* Theory of operation. The usual ADD is one request: attach, which netd carries out whole or not at
 * all, and which it answers in the same way when it is repeated. Only its refusals need thought:
 * "no such network" is followed by making it, where the configuration describes one, and another
 * try; a conflict is looked into, because the container may be there already and want one more
 * interface. */
struct add {
	const struct cni_call *call;
	struct client *client;
	char id[ID_LEN + 1];
	struct error cause; /* of the last request that failed */
};

/* Two that race make it once: the second is told that it exists, which is what it wanted. */
static int make_network(struct add *add, struct cni_error *error)
{
	const struct cni_call *call = add->call;
	json_auto_t *body = NULL;
	struct error cause = { 0 };
	int err;

	if (calls_network(add->client, call->network, NULL, &cause) == 0)
		return 0; /* made meanwhile, or the next try will say what it is about */
	if (cause.reason != ERROR_REASON_NETWORK_NOT_FOUND)
		return cni_fail_netd(error, &cause);
	if (!call->may_create)
		return cni_fail(
			error, CNI_BAD_CONFIG,
			"%s: make it with `netctl network create %s`, or describe it in the "
			"configuration (subnet, ipv6, bridge, mtu, …)",
			add->cause.text, call->network);
	err = network_body(call, &body, error);
	if (err < 0)
		return err;
	if (calls_network_create(add->client, body, &cause) == 0 || cause.kind == ERROR_CONFLICT)
		return 0;
	return cni_fail_netd(error, &cause);
}

static int try_attach(struct add *add, bool plain_name, json_t **ret_container,
		      struct cni_error *error)
{
	json_auto_t *body = NULL;
	int err = container_body(add->call, plain_name, &body, error);

	if (err < 0)
		return err;
	err = calls_attach(add->client, body, ret_container, &add->cause);
	return err < 0 ? cni_fail_netd(error, &add->cause) : 0;
}

/* With the network made, if that is what was missing. */
static int attach(struct add *add, bool plain_name, json_t **ret_container, struct cni_error *error)
{
	int err;

	add->cause = (struct error) { 0 };
	err = try_attach(add, plain_name, ret_container, error);
	if (err == 0 || add->cause.reason != ERROR_REASON_NETWORK_NOT_FOUND)
		return err;
	err = make_network(add, error);
	return err < 0 ? err : try_attach(add, plain_name, ret_container, error);
}

/* --- a container that is there ---------------------------------------------------------------- */

/* As it is after the connect, which may have brought ports back that had no way in before. */
static int publish_missing(struct add *add, struct cni_error *error)
{
	json_auto_t *container = NULL, *wanted = NULL, *missing = NULL, *body = NULL;
	struct error cause;
	int err = container_ports(add->call, &wanted, error);

	if (err < 0)
		return err;
	if (calls_container(add->client, add->id, &container, &cause) < 0)
		return cni_fail_netd(error, &cause);
	missing = container_missing_ports(container, wanted);
	body = json_pack("{s:O}", "PortBindings", missing);
	if (!body)
		return cni_fail(error, CNI_INTERNAL, "no memory");
	if (json_object_size(missing) == 0)
		return 0;
	err = calls_ports_add(add->client, add->id, body, &cause);
	return err < 0 ? cni_fail_netd(error, &cause) : 0;
}

static int try_connect(struct add *add, const json_t *settings, struct cni_error *error)
{
	int err = calls_connect(add->client, add->call->network, add->id, settings, &add->cause);

	return err < 0 ? cni_fail_netd(error, &add->cause) : 0;
}

/* One more interface of a container that has some, of which one may be on the same network. */
static int connect_more(struct add *add, struct cni_error *error)
{
	char ref[NETWORK_REF_MAX];
	json_auto_t *settings = NULL;
	struct error ignored;
	int err = container_settings(add->call, &settings, error);

	if (err < 0)
		return err;
	if (json_object_set_new(json_object_get(settings, "DriverOpts"), NETD_OPTION_ANOTHER,
				json_string("true")) < 0)
		return cni_fail(error, CNI_INTERNAL, "no memory");
	err = try_connect(add, settings, error);
	if (err < 0 && add->cause.reason == ERROR_REASON_NETWORK_NOT_FOUND) {
		err = make_network(add, error);
		if (err == 0)
			err = try_connect(add, settings, error);
	}
	if (err < 0)
		return err;
	err = publish_missing(add, error);
	if (err < 0) /* the first failure is the one to tell */
		(void)calls_disconnect(
			add->client,
			container_network_ref(add->call->network, add->call->ifname, ref), add->id,
			&ignored);
	return err;
}

/* Whether an interface is as this ADD wants it: what it asked for, it has. */
static bool is_as_wanted(const json_t *settings, const json_t *wanted)
{
	const json_t *ipam = json_object_get(wanted, "IPAMConfig");
	const char *ip4 = calls_text(ipam, "IPv4Address"), *ip6 = calls_text(ipam, "IPv6Address");
	const char *mac = calls_text(wanted, "MacAddress");

	return (!*ip4 || strcmp(ip4, calls_text(settings, "IPAddress")) == 0) &&
	       (!*ip6 || strcmp(ip6, calls_text(settings, "GlobalIPv6Address")) == 0) &&
	       (!*mac || strcasecmp(mac, calls_text(settings, "MacAddress")) == 0);
}

/* The container is in netd: is this ADD one that has happened, one for another interface, or wrong?
 */
static int join(struct add *add, json_t *container, json_t **ret_container, struct cni_error *error)
{
	const struct cni_call *call = add->call;
	const json_t *there = container_find(container, call->name, call->ifname, NULL);
	const char *netns = calls_text(json_object_get(container, "NetworkSettings"), "SandboxKey");
	json_auto_t *wanted = NULL;
	struct error cause;

	if (!netns_same(netns, call->netns))
		return cni_fail_netd(error, &add->cause);
	if (there) {
		if (container_settings(call, &wanted, error) < 0)
			return -EINVAL;
		if (!is_as_wanted(there, wanted))
			return cni_fail_netd(error, &add->cause);
		if (publish_missing(add, error) < 0)
			return -EINVAL;
		*ret_container = json_incref(container);
		return 0;
	}
	if (connect_more(add, error) < 0)
		return -EINVAL;
	if (calls_container(add->client, add->id, ret_container, &cause) < 0)
		return cni_fail_netd(error, &cause);
	return 0;
}

/* Somebody has the id or the name. A name that is taken is no reason to fail: pods of one name
 * follow each other, and the old one's DEL may come late. */
static int settle_conflict(struct add *add, json_t **ret_container, struct cni_error *error)
{
	json_auto_t *container = NULL;
	struct error cause;
	int err;

	if (calls_container(add->client, add->id, &container, &cause) == 0) {
		const struct error first = add->cause;

		if (strcmp(calls_text(container, "Name") + 1, add->call->container) == 0 &&
		    attach(add, true, ret_container, error) == 0)
			return 0; /* it had to take the plain name then, too */
		add->cause = first;
		return join(add, container, ret_container, error);
	}
	if (cause.kind != ERROR_NOT_FOUND)
		return cni_fail_netd(error, &cause);
	err = attach(add, true, ret_container, error);
	return err;
}

/* netd knows the attach, but the interface has gone since by a DEL and others have stayed. */
static int rejoin(struct add *add, json_t **container, struct cni_error *error)
{
	json_auto_t *before = take_ptr(*container);

	(void)error_set(&add->cause, ERROR_CONFLICT,
			"container %s is attached in another network namespace",
			add->call->container);
	return join(add, before, container, error);
}

/* The bridge of the network that the interface is on; none where netd does not say. A list, for the
 * inspection of a network grows with its containers. */
static void find_bridge(struct client *client, const json_t *settings, char ret_name[static 16])
{
	json_auto_t *filters = json_pack("{s:[s]}", "id", calls_text(settings, "NetworkID"));
	_cleanup_free_ char *text = filters ? json_dumps(filters, JSON_COMPACT) : NULL;
	_cleanup_(buf_done) struct buf path = { 0 };
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

	if (err == 0)
		err = netns_check(call, error);
	if (err < 0)
		return err;
	container_id(call->container, add.id);
	err = attach(&add, false, &container, error);
	if (err < 0 && add.cause.code && add.cause.kind == ERROR_CONFLICT)
		err = settle_conflict(&add, &container, error);
	else if (err == 0 && !container_find(container, call->name, call->ifname, NULL))
		err = rejoin(&add, &container, error);
	if (err < 0)
		return err;
	settings = container_find(container, call->name, call->ifname, NULL);
	if (!settings)
		return cni_fail(error, CNI_INTERNAL, "netd's answer has no interface %s",
				call->ifname);
	result_host_ifname(settings, link.name);
	find_bridge(client, settings, link.bridge);
	netns_look_up(&link);
	return result_build(call, container, settings, &link, ret_result, error);
}
