// SPDX-License-Identifier: GPL-2.0-or-later
// request_names.c - the body of PUT /netd/v1/containers/{id}/names
#include "model/request/request.h"
#include "model/text/field.h"
#include "model/text/name.h"

#include <errno.h>
#include <stdio.h>

/* Theory of operation. Docker renames containers and gives them aliases while they run. The
 * body has a new name, names on networks and servers; what it does not have stays as it is. So
 * each part has a way to say "nothing": an empty name, no networks, no Dns member. */

/* Settings are those of Docker's EndpointSettings; only the names in them count here. Everything
 * else in them was decided when the container was attached. 0, or the error is set; what was made
 * is freed by request_names(). A network that is not in the body keeps the names that it has. */
static int decode_networks(const struct field_scope *body, struct container_names *spec)
{
	struct field_scope networks;
	const char *name;
	json_t *settings;
	int err = field_object(body, "Networks", &networks);

	if (err < 0 || json_object_size(networks.object) == 0)
		return err;
	if (json_object_size(networks.object) > NETWORKS_PER_CONTAINER_MAX)
		return field_error(body, "Networks", "has too many entries");
	spec->endpoints = calloc(json_object_size(networks.object), sizeof(*spec->endpoints));
	if (!spec->endpoints)
		return field_no_memory(body->error);
	json_object_foreach ((json_t *)networks.object, name, settings) {
		if (!name_is_word(name, NAME_LEN_MAX))
			return field_error(body, "Networks", "must hold names or ids of networks");
		err = request_endpoint(name, settings, &spec->endpoints[spec->n_endpoints],
				       body->error);
		if (err < 0)
			return err;
		/* Counted when it is whole, since container_names_done() frees those that count. */
		spec->n_endpoints++;
	}
	return 0;
}

/* Servers stand for all networks of the container. 0, or the error is set. */
static int decode_dns(const struct field_scope *body, struct container_names *spec)
{
	struct addr addr;
	int err = field_strings(body, "Dns", DNS_SERVERS_MAX, &spec->dns, &spec->n_dns);

	/* An empty list takes the servers away; none at all leaves them as they are. */
	spec->has_dns = json_is_array(json_object_get(body->object, "Dns"));
	for (size_t i = 0; err == 0 && i < spec->n_dns; i++)
		if (addr_parse(spec->dns[i], &addr) < 0)
			err = field_error(body, "Dns", "must hold IP addresses");
	return err;
}

/* On an error nothing is left to be freed. The id is drawn by whoever renames; it may be missing. 0
 * and names that are the caller's to give to container_names_done(), or the error is set. */
int request_names(const json_t *body, struct container_names *ret_names, struct error *error)
{
	struct container_names names = { 0 };
	struct field_scope scope;
	const char *name = "";
	int err = field_scope_init(body, "", error, &scope);

	if (err == 0)
		err = field_id(&scope, names.id);
	if (err == 0)
		err = field_text(&scope, "Name", &name);
	if (err == 0 && *name)
		err = name_check("container", name, error);
	if (err < 0)
		return err;
	(void)snprintf(names.name, sizeof(names.name), "%s", name); /* its length was checked */
	err = decode_dns(&scope, &names);
	if (err == 0)
		err = decode_networks(&scope, &names);
	if (err < 0) {
		container_names_done(&names);
		return err;
	}
	*ret_names = names;
	return 0;
}
