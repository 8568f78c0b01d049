// SPDX-License-Identifier: GPL-2.0-or-later
// request.c - API request bodies to structs: the small bodies
#include "model/request/request.h"

#include "model/container/port_binding.h"
#include "model/text/field.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A body was read as JSON already. Each function here takes what its call
 * knows out of it; other members are passed over, as Docker's clients send many that mean
 * nothing to a network. A member of a wrong type is an error that names it. */

/* The Container field, which connect and disconnect cannot do without. It may be a name or an id;
 * the engine finds out which. 0 and a copy that is the caller's, or the error is set. */
static int required_container(const struct field_scope *scope, char **ret_container)
{
	const char *text = "";
	int err = field_text(scope, "Container", &text);

	if (err < 0)
		return err;
	if (*text == '/') /* Docker shows names with a slash, so people give them back so */
		text++;
	if (!*text)
		return field_error(scope, "Container", "is required");
	*ret_container = strdup(text);
	return *ret_container ? 0 : field_no_memory(scope->error);
}

/* network: from the path of the request. The settings may be missing: then all is left to netd. 0,
 * or the error is set and there is nothing to free. */
int request_connect(const char *network, const json_t *body, char **ret_container,
		    struct endpoint_spec *ret_spec, struct error *error)
{
	struct field_scope scope;
	char *container = NULL;
	int err = field_scope_init(body, "", error, &scope);

	if (err < 0)
		return err;
	err = required_container(&scope, &container);
	if (err < 0)
		return err;
	/* Last of the two: it is the larger thing to free. */
	err = request_endpoint(network, json_object_get(body, "EndpointConfig"), ret_spec, error);
	if (err < 0) {
		free(container);
		return err;
	}
	*ret_container = container;
	return 0;
}

/* Force is read first: a body with a wrong type is refused before memory is taken. Without the
 * member nothing is forced. 0, or the error is set and there is nothing to free. */
int request_disconnect(const json_t *body, char **ret_container, bool *ret_force,
		       struct error *error)
{
	struct field_scope scope;
	bool force = false;
	int err = field_scope_init(body, "", error, &scope);

	if (err < 0)
		return err;
	err = field_bool(&scope, "Force", &force);
	if (err < 0)
		return err;
	err = required_container(&scope, ret_container);
	if (err < 0)
		return err;
	/* Written when nothing can fail any more. */
	*ret_force = force;
	return 0;
}

/* For adding and for removing: the body is the same. The ports are the caller's to free. 0, or the
 * error is set and there is nothing to free. */
int request_ports(const json_t *body, struct port_binding **ret_ports, size_t *ret_n,
		  struct error *error)
{
	struct port_binding *ports = NULL;
	struct field_scope scope, bindings;
	size_t n = 0;
	int err = field_scope_init(body, "", error, &scope);

	if (err < 0)
		return err;
	err = field_object(&scope, "PortBindings", &bindings);
	if (err < 0)
		return err;
	/* A change of nothing is most likely a key that was misspelled. */
	if (json_object_size(bindings.object) == 0)
		return field_error(&scope, "PortBindings", "is required");
	err = port_binding_from_json(bindings.object, &ports, &n, error);
	if (err == 0 && n > PORTS_PER_CONTAINER_MAX)
		err = field_error(&scope, "PortBindings", "has too many ports");
	if (err < 0) {
		free(ports);
		return err;
	}
	*ret_ports = ports;
	*ret_n = n;
	return 0;
}
