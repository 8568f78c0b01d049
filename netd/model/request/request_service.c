// SPDX-License-Identifier: GPL-2.0-or-later
// request_service.c - the body of POST /netd/v1/services, which is also a service's record
#include "model/request/request.h"

#include "base/protocol.h"
#include "model/text/field.h"
#include "model/text/name.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A service is asked for by a name, a network and ports; addresses are chosen
 * unless they are given. A record has no network, for it stands in a network's row; whether one is
 * needed its reader knows. */

/* Numbers outside of 1 to 65535 are refused by the reader of integers. */
static int decode_number(const struct field_scope *scope, const char *key, uint16_t *ret_port)
{
	json_int_t number = 0;
	int err = field_integer(scope, key, 1, UINT16_MAX, &number);

	if (err == 0 && number > 0)
		*ret_port = (uint16_t)number;
	return err;
}

/* Without a target it is the same port; without a protocol, TCP. */
static int decode_port(const struct field_scope *scope, struct service_port *ret_port)
{
	struct service_port port = { .protocol = IPPROTO_TCP };
	const char *protocol = "tcp";
	int err = field_text(scope, "Protocol", &protocol);

	if (err == 0)
		err = decode_number(scope, "Port", &port.port);
	if (err == 0 && port.port == 0)
		err = field_error(scope, "Port", "is missing");
	port.target = port.port;
	if (err == 0)
		err = decode_number(scope, "Target", &port.target);
	if (err == 0)
		err = decode_number(scope, "Publish", &port.publish);
	if (err < 0)
		return err;
	port.protocol = protocol_number(protocol);
	if (port.protocol != IPPROTO_TCP && port.protocol != IPPROTO_UDP)
		return field_error(scope, "Protocol", "must be tcp or udp");
	*ret_port = port;
	return 0;
}

/* One port of the service leads to one port of the containers. */
static bool has_port(const struct service_spec *spec, const struct service_port *port)
{
	for (size_t i = 0; i < spec->n_ports; i++)
		if (spec->ports[i].protocol == port->protocol && spec->ports[i].port == port->port)
			return true;
	return false;
}

/* At least one: a service without a port would be an address that refuses everybody. */
static int decode_ports(const struct field_scope *body, struct service_spec *spec)
{
	const json_t *array = NULL;
	int err = field_array(body, "Ports", SERVICE_PORTS_MAX, &array);

	if (err < 0)
		return err;
	if (json_array_size(array) == 0)
		return field_error(body, "Ports", "must have a port");
	for (size_t i = 0; i < json_array_size(array); i++) {
		struct service_port port;
		struct field_scope scope;

		err = field_element(body, "Ports", array, i, &scope);
		if (err == 0)
			err = decode_port(&scope, &port);
		if (err < 0)
			return err;
		if (has_port(spec, &port))
			return error_set(body->error, ERROR_INVALID, "port %u/%s is given twice",
					 port.port, protocol_name(port.protocol));
		if (service_published(spec, port.protocol, port.publish))
			return error_set(body->error, ERROR_INVALID,
					 "port %u/%s is to be published twice", port.publish,
					 protocol_name(port.protocol));
		spec->ports[spec->n_ports++] = port;
	}
	return 0;
}

/* "" is nothing. */
static int decode_address(const struct field_scope *body, enum family family, struct addr *addr)
{
	const char *text = "";
	struct addr parsed;
	int err = field_text(body, endpoint_ip_key[family], &text);

	if (err < 0 || !*text)
		return err;
	if (addr_parse(text, &parsed) < 0 || parsed.family != family_af(family))
		return field_error(body, endpoint_ip_key[family],
				   family == FAMILY_6 ? "must be an IPv6 address"
						      : "must be an IPv4 address");
	*addr = parsed;
	return 0;
}

/* "client": a client stays with its container. Without it nothing changes. */
static int decode_affinity(const struct field_scope *body, struct service_spec *spec)
{
	const char *text = spec->affinity ? "client" : "none";
	int err = field_text(body, "Affinity", &text);

	if (err < 0)
		return err;
	spec->affinity = strcmp(text, "client") == 0;
	if (!spec->affinity && strcmp(text, "none") != 0)
		return field_error(body, "Affinity", "must be client or none");
	return 0;
}

/* Its name and addresses are what clients have of it, and stay. */
int request_service_update(const json_t *body, struct service_spec *spec, struct error *error)
{
	struct service_spec changed = *spec;
	const json_t *ports = NULL;
	struct field_scope scope;
	int err = field_scope_init(body, "", error, &scope);

	if (err == 0)
		err = decode_affinity(&scope, &changed);
	if (err == 0)
		err = field_array(&scope, "Ports", SERVICE_PORTS_MAX, &ports);
	if (err == 0 && ports) {
		changed.n_ports = 0;
		err = decode_ports(&scope, &changed);
	}
	if (err == 0)
		*spec = changed;
	return err;
}

int request_service(const json_t *body, struct service_spec *ret_spec, struct error *error)
{
	struct service_spec spec = { 0 };
	const char *name = "", *network = "";
	struct field_scope scope;
	int err = field_scope_init(body, "", error, &scope);

	if (err == 0)
		err = field_text(&scope, "Name", &name);
	if (err == 0)
		err = name_check("service", name, error);
	/* Its name in DNS and that of those behind it, both. */
	if (err == 0 && strlen(SERVICE_TASKS) + strlen(name) > NAME_LEN_MAX)
		err = field_error(&scope, "Name", "is too long");
	if (err == 0)
		err = field_text(&scope, "Network", &network);
	if (err == 0 && *network && !name_is_word(network, NAME_LEN_MAX))
		err = field_error(&scope, "Network", "must be the name or id of a network");
	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		err = decode_address(&scope, family, &spec.ip[family]);
	if (err == 0)
		err = decode_affinity(&scope, &spec);
	if (err == 0)
		err = decode_ports(&scope, &spec);
	if (err < 0)
		return err;
	(void)snprintf(spec.name, sizeof(spec.name), "%s", name); /* their lengths were checked */
	(void)snprintf(spec.network, sizeof(spec.network), "%s", network);
	*ret_spec = spec;
	return 0;
}
