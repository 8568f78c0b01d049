// SPDX-License-Identifier: GPL-2.0-or-later
// setup.c - the command setup
#include "base/cleanup.h"
#include "client/calls.h"
#include "model/text/field.h"
#include "plugins/netavark/container.h"
#include "plugins/netavark/network.h"
#include "plugins/netavark/ports.h"
#include "plugins/netavark/verbs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Theory of operation. The usual setup is one request: attach. Only its refusals need thought. "No
 * such network" and an address that does not fit are followed by a look at the networks, which
 * makes what is missing and tells apart what differs, and another try. A conflict is looked into,
 * because the container may be attached already: in the same netns it is to be connected to one
 * more network; in another one it was started anew and its teardown was lost. */

/* The last container of another setup may take a network away between its making and the attach. */
#define TRIES_MAX 16

struct setup {
	const struct input *input;
	const char *netns;
	struct client *client;
	json_t *bindings;
};

static bool same_netns(const char *path, const char *other)
{
	struct stat a, b;

	return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_ino == b.st_ino &&
	       a.st_dev == b.st_dev;
}

/* --- networks --------------------------------------------------------------------------------- */

/* 0 and NULL when there is none. A reference may be the beginning of another network's id. */
static int find_network(const struct setup *setup, const char *name, json_t **ret_network,
			struct error *error)
{
	json_t *network;
	int err = calls_network(setup->client, name, &network, error);

	*ret_network = NULL;
	if (err < 0)
		return error->reason == ERROR_REASON_NETWORK_NOT_FOUND ? 0 : err;
	if (strcmp(calls_text(network, "Name"), name) == 0)
		*ret_network = network;
	else
		json_decref(network);
	return 0;
}

/* Two that race make it once: the second is told that it exists, which is what it wanted. */
static int make_network(const struct setup *setup, const struct input_network *network,
			struct error *error)
{
	json_auto_t *body = network_body(network), *there = NULL;
	struct error ignored;
	int err;

	if (!body)
		return field_no_memory(error);
	err = calls_network_create(setup->client, body, error);
	if (err == 0)
		return 0;
	if (error->kind == ERROR_CONFLICT &&
	    find_network(setup, network->name, &there, &ignored) == 0 && there)
		return 0;
	error_prefix(error, "network %s", network->name);
	return err;
}

/* Makes the network if netd has none of that name; one that was made for Podman, differs from what
 * Podman has now and is in nobody's use is what a `podman network rm` left behind. *ret_made: netd
 * was changed, so another try may have another outcome. */
static int ensure_network(const struct setup *setup, const struct input_network *network,
			  bool *ret_made, struct error *error)
{
	json_auto_t *there = NULL;
	int err = find_network(setup, network->name, &there, error);

	if (err < 0)
		return err;
	if (there) {
		err = network_compare(network, there, error);
		if (err == 0 || !network_is_leftover(network, there))
			return err;
		err = calls_network_remove(setup->client, calls_text(there, "Id"), error);
		if (err < 0)
			return err;
	}
	if (network_is_unmanaged(network))
		return error_set(
			error, ERROR_NOT_FOUND,
			"network %s: option mode = unmanaged leaves the bridge to somebody "
			"else, and netd has no network of this name",
			network->name);
	*ret_made = true;
	return make_network(setup, network, error);
}

static int ensure_networks(const struct setup *setup, bool *ret_made, struct error *error)
{
	int err = 0;

	*ret_made = false;
	for (size_t i = 0; err == 0 && i < setup->input->n_networks; i++)
		err = ensure_network(setup, &setup->input->networks[i], ret_made, error);
	return err;
}

/* --- a container that is there ---------------------------------------------------------------- */

/* As it is after the connects, which may have brought ports back that had no way in before. */
static int publish_missing(const struct setup *setup, struct error *error)
{
	json_auto_t *container = NULL, *missing = NULL, *body = NULL;
	int err = calls_container(setup->client, setup->input->id, &container, error);

	if (err < 0)
		return err;
	missing = ports_missing(container, setup->bindings);
	body = missing ? json_pack("{s:O}", "PortBindings", missing) : NULL;
	if (!body)
		return field_no_memory(error);
	if (json_object_size(missing) == 0)
		return 0;
	return calls_ports_add(setup->client, setup->input->id, body, error);
}

/* A network that the container is on already, but in another way, is joined anew. */
static int connect_one(const struct setup *setup, const struct input_network *network,
		       const json_t *container, struct error *error)
{
	const json_t *there = container_find(container, network->name);
	json_auto_t *settings = NULL;
	bool made;
	int err = 0;

	if (there && container_is_as_asked(network, there))
		return 0;
	if (there)
		err = calls_disconnect(setup->client, network->name, setup->input->id, error);
	if (err == 0)
		err = ensure_network(setup, network, &made, error);
	if (err == 0)
		err = container_settings(network, &settings, error);
	if (err < 0)
		return err;
	return calls_connect(setup->client, network->name, setup->input->id, settings, error);
}

static int connect_more(const struct setup *setup, const json_t *container, struct error *error)
{
	const struct input *input = setup->input;
	struct error ignored;
	size_t n_done = 0;
	int err = 0;

	while (err == 0 && n_done < input->n_networks) {
		err = connect_one(setup, &input->networks[n_done], container, error);
		n_done += err == 0;
	}
	if (err == 0)
		err = publish_missing(setup, error);
	/* The first failure is the one to tell, and nothing of this setup is to stay. */
	for (size_t i = 0; err < 0 && i < n_done; i++)
		if (!container_find(container, input->networks[i].name))
			(void)calls_disconnect(setup->client, input->networks[i].name, input->id,
					       &ignored);
	return err;
}

/* Whose is the id, the name, the port or the netns that is taken? *ret_again: try the attach anew;
 * else, when 0 is returned, the container is as asked. */
static int settle_conflict(const struct setup *setup, bool *ret_again, struct error *error)
{
	json_auto_t *container = NULL;
	struct error cause;
	const char *netns;
	int err;

	*ret_again = false;
	if (calls_container(setup->client, setup->input->id, &container, &cause) < 0 ||
	    strcmp(calls_text(container, "Id"), setup->input->id) != 0)
		return error->code; /* another container's: error says which */
	netns = calls_text(json_object_get(container, "NetworkSettings"), "SandboxKey");
	if (same_netns(netns, setup->netns))
		return connect_more(setup, container, error);
	err = calls_detach(setup->client, setup->input->id, error);
	*ret_again = err == 0;
	return err;
}

/* --- the attach ------------------------------------------------------------------------------- */

static bool is_as_asked(const struct input *input, const json_t *container)
{
	for (size_t i = 0; i < input->n_networks; i++) {
		const struct input_network *network = &input->networks[i];
		const json_t *settings = container_find(container, network->name);

		if (!settings || !container_is_as_asked(network, settings))
			return false;
	}
	return true;
}

/* The addresses were taken, and yet the subnet is another, or the network is one whose id begins
 * with Podman's name. */
static int undo_other(const struct setup *setup, struct error *error)
{
	int err = calls_detach(setup->client, setup->input->id, error);

	if (err < 0)
		return err;
	return error_set(error, ERROR_INVALID,
			 "network %s is not the same in netd as it is in Podman",
			 setup->input->networks[0].name);
}

static int attach(const struct setup *setup, const json_t *body, json_t **ret_container,
		  struct error *error)
{
	json_auto_t *container = NULL;
	int err = calls_attach(setup->client, body, &container, error);

	if (err < 0)
		return err;
	if (!is_as_asked(setup->input, container))
		return undo_other(setup, error);
	*ret_container = take_ptr(container);
	return 0;
}

/* 0: done, or (again) worth another try; else error says what is in the way. */
static int settle(const struct setup *setup, bool *ret_again, struct error *error)
{
	struct error cause;
	int err;

	*ret_again = false;
	if (error->kind == ERROR_CONFLICT)
		return settle_conflict(setup, ret_again, error);
	if (error->kind != ERROR_NOT_FOUND && error->kind != ERROR_INVALID)
		return error->code;
	err = ensure_networks(setup, ret_again, &cause);
	if (err < 0)
		*error = cause;
	/* The network had gone, and came back before we looked. */
	else if (error->reason == ERROR_REASON_NETWORK_NOT_FOUND)
		*ret_again = true;
	else if (!*ret_again)
		err = error->code;
	return err;
}

/* An attach to a network that leaves with another address would succeed, and not say so. */
static int ensure_outbound(const struct setup *setup, struct error *error)
{
	bool made;
	int err = 0;

	for (size_t i = 0; err == 0 && i < setup->input->n_networks; i++)
		if (network_has_outbound(&setup->input->networks[i]))
			err = ensure_network(setup, &setup->input->networks[i], &made, error);
	return err;
}

static int attach_somehow(const struct setup *setup, json_t **ret_container, struct error *error)
{
	json_auto_t *body = NULL;
	int err = container_body(setup->input, setup->netns, setup->bindings, &body, error);

	if (err == 0)
		err = ensure_outbound(setup, error);
	if (err < 0)
		return err;
	for (int i = 0; i < TRIES_MAX; i++) {
		bool again;

		err = attach(setup, body, ret_container, error);
		if (err == 0)
			return 0;
		err = settle(setup, &again, error);
		if (err < 0)
			return err;
		if (!again)
			return calls_container(setup->client, setup->input->id, ret_container,
					       error);
	}
	return error->code; /* of the last try */
}

int verb_setup(const struct input *input, const char *netns, struct client *client,
	       json_t **ret_status, struct error *error)
{
	struct setup setup = { .input = input, .netns = netns, .client = client };
	json_auto_t *bindings = NULL, *container = NULL;
	json_t *status;
	int err = 0;

	for (size_t i = 0; err == 0 && i < input->n_networks; i++)
		err = network_check(&input->networks[i], error);
	if (err == 0)
		err = ports_bindings(input, access("/proc/net/if_inet6", F_OK) == 0, &bindings,
				     error);
	setup.bindings = bindings;
	if (err == 0)
		err = attach_somehow(&setup, &container, error);
	if (err < 0)
		return err;
	status = container_status(input, container);
	if (!status)
		return field_no_memory(error);
	*ret_status = status;
	return 0;
}
