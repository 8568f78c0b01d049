// SPDX-License-Identifier: GPL-2.0-or-later
// verbs.h - the commands of netavark as calls to netd
#pragma once

#include "client/client.h"
#include "plugins/netavark/input.h"

/* All may be repeated, run side by side, and be interrupted anywhere: netd carries each request out
 * whole or not at all. */

/* Attaches the container, or connects one that is attached to more networks (`podman network
 * connect`), making networks that netd does not have. *ret_status is what Podman wants to read. */
int verb_setup(const struct input *input, const char *netns, struct client *client,
	       json_t **ret_status, struct error *error);
/* Takes the container off the networks; off its last one, out of netd; and the networks that were
 * made for Podman away when nobody is on them. What is not there is success. */
int verb_teardown(const struct input *input, struct client *client, struct error *error);

/* Podman 6 has netavark complete a network it is about to keep: subnets, gateways, bridge. client
 * may be NULL; else the subnets of netd's networks are avoided, too. ERROR_CONFLICT "… network
 * already exists" for a name in use. */
int verb_create(const char *text, size_t len, struct client *client, json_t **ret_network,
		struct error *error);

/* The name servers of a network (separated by commas, "": none) are others from now on, for the
 * containers that are on it, too, unless they have servers of their own. A network that netd does
 * not have is success: nobody is on it. */
int verb_update(const char *network, const char *servers, struct client *client,
		struct error *error);
