// SPDX-License-Identifier: GPL-2.0-or-later
// asked.c - what a container's attach asked for, and whether another one asks for the same
#include "engine/change/change.h"

#include "base/json_read.h"
#include "model/show/spec_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Callers repeat an attach when they got no answer, and then they want to
 * hear that it is done. So a container keeps what its attach asked for, as the text of the
 * request, and a second request for the same name is compared with that: the same means success
 * without doing anything, another one is a conflict.
 *
 * Networks make this difficult. A request names them, and a name may lead to another network by
 * now, or a network may have another name. So the id that a name had at the attach is in the text
 * as well, and two references are the same when they mean the same network. */

/* The text is sorted and compact, so equal requests are equal texts. NULL: no memory. */
char *asked_text(const struct container_spec *spec)
{
	return spec_json_container_text(spec);
}

/* A copy: networks come and go, and their names change. "": there is none. */
static void find_id(struct engine *engine, const char *ref, char ret_id[static ID_LEN + 1])
{
	struct network *network;

	ret_id[0] = '\0';
	if (engine_network_find(engine, ref, &network, NULL) == 0)
		memcpy(ret_id, network->spec.id, ID_LEN + 1);
}

/* Called before the request is compared or kept, so that both texts have the ids of this moment. */
void asked_networks(struct engine *engine, struct container_spec *spec)
{
	for (size_t i = 0; i < spec->n_endpoints; i++)
		find_id(engine, spec->endpoints[i].network, spec->endpoints[i].network_id);
}

/* Takes the former's name and id out of its settings, and gives spec that id when both mean one
 * network. A network that was renamed since is not found under the name it had. */
static bool means_same(struct engine *engine, json_t *former, struct endpoint_spec *spec)
{
	const char *name = json_string_value(json_object_get(former, "Name"));
	const char *known = json_string_value(json_object_get(former, "NetworkID"));
	char id[ID_LEN + 1] = "";
	bool same;

	if (known)
		(void)snprintf(id, sizeof(id), "%s", known);
	else if (name) /* a record of a netd that wrote no ids */
		find_id(engine, name, id);
	/* By id where the name leads to a network. Where it leads to none, the words are all
	 * there is to compare. */
	same = spec->network_id[0] ? strcmp(id, spec->network_id) == 0
				   : name && strcmp(name, spec->network) == 0;
	if (same)
		memcpy(spec->network_id, id, sizeof(id));
	(void)json_object_del(former, "Name");
	(void)json_object_del(former, "NetworkID"); /* may not be there */
	return same;
}

/* 1: the same request; 0: another; -ENOMEM. spec gets the ids that the former request had, for
 * networks that mean the same. */
int asked_same(struct engine *engine, const char *asked, struct container_spec *spec)
{
	json_t *former = json_read_text(asked), *now = spec_json_container(spec);
	const json_t *networks = json_object_get(former, "Networks");
	const json_t *networks_now = json_object_get(now, "Networks");
	/* A different number of networks is a different request, whatever they are. */
	int same = former && now ? json_array_size(networks) == spec->n_endpoints : -ENOMEM;

	for (size_t i = 0; same > 0 && i < spec->n_endpoints; i++) {
		json_t *settings = json_array_get(networks_now, i);

		same = means_same(engine, json_array_get(networks, i), &spec->endpoints[i]);
		(void)json_object_del(settings, "Name");
		(void)json_object_del(settings, "NetworkID"); /* may not be there */
	}
	/* All that could be compared by meaning has been taken out. The rest has to be equal word
	 * by word. */
	if (same > 0)
		same = json_equal(former, now);
	json_decref(former);
	json_decref(now);
	return same;
}
