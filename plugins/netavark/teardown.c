// SPDX-License-Identifier: GPL-2.0-or-later
// teardown.c - the command teardown
#include "base/buf.h"
#include "base/cleanup.h"
#include "client/calls.h"
#include "plugins/netavark/container.h"
#include "plugins/netavark/network.h"
#include "plugins/netavark/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A teardown names the networks that the container is to leave: all of them
 * when it stops, one for `podman network disconnect`. The last ones are left by a detach, which
 * takes the container's files, ports and record along; a disconnect would leave a container on
 * none. After that the networks are looked at, for Podman removes its networks without telling
 * anybody: one that was made for it and has nobody on it any more goes as well. All of it may be
 * repeated: what is gone already is success.
 *
 * What was attached by somebody else under the same id does not come up: ids of Podman's are
 * random. */

/* How many of its networks the container would still be on. 0: all of them are named in the
 * request. */
static size_t n_left(const struct input *input, const json_t *container)
{
	const json_t *settings = json_object_get(container, "NetworkSettings");
	size_t n = json_object_size(json_object_get(settings, "Networks"));

	/* By exact names, as the request has them. Only those that it is on are counted off, so the
	 * number never falls below zero. */
	for (size_t i = 0; i < input->n_networks; i++)
		n -= container_find(container, input->networks[i].name) != NULL;
	return n;
}

/* 0: it is on none of the networks any more. */
static int leave(const struct input *input, struct client *client, struct error *error)
{
	json_auto_t *container = NULL;
	int err = calls_container(client, input->id, &container, error);

	/* netd has seen the end of its netns already. netd watches the namespace: it may have
	 * removed the container before the teardown comes. */
	if (err < 0)
		return error->reason == ERROR_REASON_CONTAINER_NOT_FOUND ? 0 : err;
	if (n_left(input, container) == 0)
		return calls_detach(client, input->id, error);
	/* Networks that it has left already are passed over: this may be a repetition. */
	for (size_t i = 0; err == 0 && i < input->n_networks; i++)
		if (container_find(container, input->networks[i].name))
			err = calls_disconnect(client, input->networks[i].name, input->id, error);
	return err;
}

/* The id of the network if it was made for Podman and nobody is on it: a list, which shows no
 * containers, for the inspection of a network grows with them. *ret_networks is the caller's. It
 * has one element at the most, or none. */
static int find_unused(const char *name, struct client *client, json_t **ret_networks,
		       struct error *error)
{
	/* The label has the name under which Podman knows the network: one that somebody else made
	 * is never found here. dangling: networks that no container is on, as Docker calls them. */
	json_auto_t *filters = json_pack("{s:[s], s:[o]}", "dangling", "true", "label",
					 json_sprintf(NETWORK_LABEL "=%s", name));
	_cleanup_free_ char *text = filters ? json_dumps(filters, JSON_COMPACT) : NULL;
	_cleanup_(buf_done) struct buf path = { 0 };

	/* The filters are a JSON text within a query, so every special character of theirs is
	 * quoted. */
	buf_puts(&path, "/networks?filters=");
	if (text)
		client_quote(&path, text);
	/* Only memory can have been short. */
	if (!text || path.err < 0)
		return error_system(error, -ENOMEM, "network %s", name);
	return calls_json(client, "GET", path.data, NULL, ret_networks, error);
}

/* Somebody who comes first makes the removal fail, and keeps the network. error is filled even
 * where the result is 0. */
static int remove_unused(const char *name, struct client *client, struct error *error)
{
	json_auto_t *networks = NULL;
	int err = find_unused(name, client, &networks, error);

	if (err == 0 && json_array_size(networks) > 0)
		err = calls_network_remove(client, calls_text(json_array_get(networks, 0), "Id"),
					   error);
	/* FORBIDDEN is somebody who came first. NOT_FOUND is another teardown that was faster.
	 * Neither is this container's affair. */
	if (err < 0 && (error->kind == ERROR_FORBIDDEN || error->kind == ERROR_NOT_FOUND))
		return 0;
	return err;
}

/* May be repeated after a failure at any place. */
int verb_teardown(const struct input *input, struct client *client, struct error *error)
{
	/* In this order: a network is not removed while the container is on it. */
	int err = leave(input, client, error);

	/* A failed leave ends it: whoever is still on a network would only make the removal fail.
	 */
	for (size_t i = 0; err == 0 && i < input->n_networks; i++)
		err = remove_unused(input->networks[i].name, client, error);
	return err;
}
