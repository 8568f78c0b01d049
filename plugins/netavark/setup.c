// SPDX-License-Identifier: GPL-2.0-or-later
// setup.c - the command setup
#include "base/cleanup.h"
#include "client/calls.h"
#include "client/ensure.h"
#include "model/text/field.h"
#include "plugins/netavark/container.h"
#include "plugins/netavark/network.h"
#include "plugins/netavark/ports.h"
#include "plugins/netavark/verbs.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. The usual setup is one request: attach; what netd refuses is settled by
 * netd/client/ensure.c. Here is what that has to be told about Podman: "no such network" and an
 * address that does not fit are followed by a look at the networks, which makes what is missing and
 * tells apart what differs; a container in the same netns is to be on one more network (`podman
 * network connect`); one in another netns was started anew, and its teardown was lost. */
struct setup {
	const struct input *input;
	const char *netns;
	struct client *client;
};

/* --- networks --------------------------------------------------------------------------------- */

/* 0, or a negative error with a sentence. */

/* 0 and NULL when there is none. A reference may be the beginning of another network's id. */
static int find_network(const struct setup *setup, const char *name, json_t **ret_network,
			struct error *error)
{
	json_t *network;
	int err = calls_network(setup->client, name, &network, error);

	*ret_network = NULL;
	if (err < 0)
		/* Only "not found" is no failure: without an answer nobody knows what netd has. */
		return error->reason == ERROR_REASON_NETWORK_NOT_FOUND ? 0 : err;
	if (strcmp(calls_text(network, "Name"), name) == 0)
		*ret_network = network;
	else
		json_decref(network);
	return 0;
}

/* Two that race make it once: the second is told that it exists, which is what it wanted. Succeeds
 * where the network exists afterwards, whoever made it. */
static int make_network(const struct setup *setup, const struct input_network *network,
			struct error *error)
{
	json_auto_t *body = network_body(network), *there = NULL;
	struct error ignored;
	int err;

	/* NULL: only memory was short. What of the network netd cannot do was refused by
	 * network_check() before. */
	if (!body)
		return field_no_memory(error);
	err = calls_network_create(setup->client, body, error);
	if (err == 0)
		return 0;
	/* Looked for by its name, because the id may be what exists already. */
	if (error->reason == ERROR_REASON_NETWORK_EXISTS &&
	    find_network(setup, network->name, &there, &ignored) == 0 && there)
		return 0;
	/* A container may have several networks: the sentence is to say which. */
	error_prefix(error, "network %s", network->name);
	return err;
}

/* Makes the network if netd has none of that name; one that was made for Podman, differs from what
 * Podman has now and is in nobody's use is what a `podman network rm` left behind. *ret_made: netd
 * was changed, so another try may have another outcome. 0: netd has the network as Podman has
 * it. */
static int ensure_network(const struct setup *setup, const struct input_network *network,
			  bool *ret_made, struct error *error)
{
	json_auto_t *there = NULL;
	int err = find_network(setup, network->name, &there, error);

	if (err < 0)
		return err;
	if (there) {
		/* One that is as Podman has it is right, whoever made it. One that differs is
		 * removed only where this helper made it and nobody is on it; any other is told as
		 * a conflict. */
		err = network_compare(network, there, error);
		if (err == 0 || !network_is_leftover(network, there))
			return err;
		/* Somebody may join it in between. Then netd refuses to remove it, and that is
		 * told. */
		err = calls_network_remove(setup->client, calls_text(there, "Id"), error);
		if (err < 0)
			return err;
	}
	/* Only here: a network that is there may be used by whoever does not manage it. */
	if (network_is_unmanaged(network))
		return error_set(
			error, ERROR_NOT_FOUND,
			"network %s: option mode = unmanaged leaves the bridge to somebody "
			"else, and netd has no network of this name",
			network->name);
	/* Also where another call makes it first: what netd has did change, so the attach is worth
	 * another try. */
	*ret_made = true;
	return make_network(setup, network, error);
}

/* An attach to a network that leaves with another address would succeed, and not say so. Runs
 * before every attach. */
static int ensure_outbound(const struct setup *setup, struct error *error)
{
	bool made;
	int err = 0;

	/* Only networks with this option are looked at, so the usual setup stays one request.
	 * Whether one was made does not matter here: the attach comes in any case. */
	for (size_t i = 0; err == 0 && i < setup->input->n_networks; i++)
		if (network_has_outbound(&setup->input->networks[i]))
			err = ensure_network(setup, &setup->input->networks[i], &made, error);
	return err;
}

/* Whose addresses netd gives. Only networks without IPAM are looked at, so the usual setup stays
 * one request. */
static int learn_spans(const struct setup *setup, struct error *error)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < setup->input->n_networks; i++) {
		struct input_network *network = &setup->input->networks[i];
		json_auto_t *there = NULL;

		if (!network_has_no_ipam(network))
			continue;
		err = find_network(setup, network->name, &there, error);
		network->spans = there && network_spans(there);
		network->spans_four = network->spans && network_has_four(there);
	}
	return err;
}

/* --- what the procedure is told --------------------------------------------------------------- */

/* The rules for ensure_attached(), with struct setup as their user data. */

/* Borrowed from the input. name must be one of the input's. */
static const struct input_network *network_called(const struct setup *setup, const char *name)
{
	const struct input *input = setup->input;
	/* The list is walked without looking for its end: the names that are asked for were taken
	 * from it. */
	size_t i = 0;

	while (strcmp(input->networks[i].name, name) != 0) /* the request was made of them */
		i++;
	return &input->networks[i];
}

/* A stale container is detached, and the attach tried again. */
static enum ensure_owner owner(void *user, const json_t *container)
{
	const struct setup *setup = user;

	/* Podman's ids are 64 random digits, so whoever has this one is this container. In another
	 * namespace, or in one that cannot be seen any more, it is a life that has ended. */
	return ensure_is_in_netns(container, setup->netns) ? ENSURE_OURS : ENSURE_STALE;
}

/* endpoint: as netd shows it. */
static bool is_network_as_asked(void *user, const char *network, const json_t *endpoint)
{
	/* Not left to the procedure, which knows the addresses only: prefix lengths and gateways
	 * are Podman's choice as well. */
	return container_is_as_asked(network_called(user, network), endpoint);
}

/* Also for networks that are there: whether they are right is looked at in any case. */
static int make(void *user, const char *network, const struct error *refusal, bool *ret_made,
		struct error *error)
{
	/* A name that leads nowhere and an address that does not fit may both be a network that
	 * Podman has made anew with another subnet. */
	(void)refusal; /* whatever it was: the networks may differ from Podman's */
	return ensure_network(user, network_called(user, network), ret_made, error);
}

static const struct ensure_rules rules = {
	.owner = owner,
	.is_as_asked = is_network_as_asked,
	.make = make,
};

/* --- the attach ------------------------------------------------------------------------------- */

/* The request is one container with all of its networks: netd makes all of it or nothing. */

/* *ret_container is the caller's: as netd has it after the attach. */
static int attach(struct setup *setup, const json_t *bindings, json_t **ret_container,
		  struct error *error)
{
	json_auto_t *body = NULL;
	/* An endpoint that is otherwise is replaced: Podman's IPAM has the say on addresses. The
	 * answer is held against the request, for netd may have another network under that name. */
	struct ensure ensure = {
		.client = setup->client,
		.rejoins = true,
		.mismatch = "is not the same in netd as it is in Podman",
		.rules = &rules,
		.user = setup,
	};
	int err = container_body(setup->input, setup->netns, bindings, &body, error);

	/* Before the attach, which would succeed on such a network without a word. */
	if (err == 0)
		err = ensure_outbound(setup, error);
	if (err < 0)
		return err;
	/* Lent: the procedure tries names in a copy of its own. */
	ensure.body = body;
	return ensure_attached(&ensure, ret_container, error);
}

/* netns is borrowed. *ret_status is the caller's. */
int verb_setup(const struct input *input, const char *netns, struct client *client,
	       json_t **ret_status, struct error *error)
{
	struct setup setup = { .input = input, .netns = netns, .client = client };
	json_auto_t *bindings = NULL, *container = NULL;
	json_t *status;
	int err = 0;

	/* All of the input is judged before netd is asked for anything: what cannot be done leaves
	 * nothing behind. */
	for (size_t i = 0; err == 0 && i < input->n_networks; i++)
		err = network_check(&input->networks[i], error);
	if (err == 0)
		err = learn_spans(&setup, error);
	if (err == 0)
		/* A kernel without IPv6 (ipv6.disable=1) has no such file, and no [::] to publish
		 * on. */
		err = ports_bindings(input, access("/proc/net/if_inet6", F_OK) == 0, &bindings,
				     error);
	if (err == 0)
		err = attach(&setup, bindings, &container, error);
	if (err < 0)
		return err;
	/* Made from netd's answer and not from the input: it tells Podman what is there. A failure
	 * leaves the attach, which a repeated setup finds and a teardown removes. Each network of
	 * the input is in the answer, since the attach has put the container on it. */
	status = container_status(input, container);
	if (!status)
		return field_no_memory(error);
	*ret_status = status;
	return 0;
}
