// SPDX-License-Identifier: GPL-2.0-or-later
// swarm_json.c - a cluster, its hosts and its services as Docker's API shows a swarm's
#include "model/show/swarm_json.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/protocol.h"
#include "model/container/endpoint.h"
#include "model/show/docker_json_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Members that clients read are there with what netd knows, and what it has
 * not is empty: it starts no containers, so there are no images, constraints or limits, and a
 * service has as many replicas as containers stand behind it. Every host can do everything, so
 * each is a manager; which one leads etcd is nobody's affair. */

/* What netd does not know of a point in time, and nobody shows. */
#define NO_TIME "0001-01-01T00:00:00Z"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* An id as long as swarm's. */
static json_t *short_id(const char *id)
{
	size_t len = strlen(id);

	return json_stringn(id, len < SWARM_ID_LEN ? len : SWARM_ID_LEN);
}

/* The first address; "": there is none. */
static const char *address_of(const json_t *object)
{
	const char *text =
		json_string_value(json_array_get(json_object_get(object, "Addresses"), 0));

	return text ? text : "";
}

/* Where a host that joins asks. */
static json_t *door_of(const char *address)
{
	bool is_six = strchr(address, ':');

	return json_sprintf("%s%s%s:%d", is_six ? "[" : "", address, is_six ? "]" : "",
			    CLUSTER_DOOR_PORT);
}

static const char *local_state(const char *state)
{
	static const char *const words[][2] = { { "fresh", "active" },
						{ "trying", "active" },
						{ "joining", "pending" },
						{ "removed", "error" } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(state, words[i][0]) == 0)
			return words[i][1];
	return "inactive";
}

/* A manager that cannot ask etcd can answer and change nothing for the cluster. */
json_t *swarm_json_info(const json_t *status, const json_t *nodes)
{
	const char *state = text_of(status, "State");
	size_t n = json_array_size(nodes);

	return json_pack("{s:o, s:s, s:s, s:b, s:s, s:n, s:I, s:I}", "NodeID",
			 short_id(text_of(status, "Id")), "NodeAddr", address_of(status),
			 "LocalNodeState", local_state(state), "ControlAvailable",
			 strcmp(state, "fresh") == 0, "Error", text_of(status, "Why"),
			 "RemoteManagers", "Nodes", (json_int_t)n, "Managers", (json_int_t)n);
}

json_t *swarm_json(const json_t *status, const char *token)
{
	return json_pack(
		"{s:o, s:{s:i}, s:s, s:s, s:{s:s, s:{}, s:{}, s:{}, s:{}, s:{}, s:{}, "
		"s:{s:b}}, s:{}, s:b, s:[], s:i, s:i, s:{s:s, s:s}}",
		"ID", short_id(text_of(status, "Id")), "Version", "Index", 1, "CreatedAt", NO_TIME,
		"UpdatedAt", NO_TIME, "Spec", "Name", "default", "Labels", "Orchestration", "Raft",
		"Dispatcher", "CAConfig", "TaskDefaults", "EncryptionConfig", "AutoLockManagers", 0,
		"TLSInfo", "RootRotationInProgress", 0, "DefaultAddrPool", "SubnetSize", 0,
		"DataPathPort", VXLAN_PORT, "JoinTokens", "Worker", token, "Manager", token);
}

json_t *swarm_json_node(const json_t *node)
{
	bool is_alive = json_is_true(json_object_get(node, "Alive"));
	const char *address = address_of(node);

	return json_pack(
		"{s:o, s:{s:i}, s:s, s:s, s:{s:s, s:{}, s:s, s:s}, s:{s:s, s:{s:s, s:s}, "
		"s:{s:i, s:i}, s:{s:s, s:{}, s:[]}, s:{}}, s:{s:s, s:s}, s:{s:b, s:s, s:o}}",
		"ID", short_id(text_of(node, "Id")), "Version", "Index", 1, "CreatedAt", NO_TIME,
		"UpdatedAt", NO_TIME, "Spec", "Name", text_of(node, "Name"), "Labels", "Role",
		"manager", "Availability", "active", "Description", "Hostname",
		text_of(node, "Name"), "Platform", "Architecture", "", "OS", "linux", "Resources",
		"NanoCPUs", 0, "MemoryBytes", 0, "Engine", "EngineVersion",
		text_of(node, "Version"), "Labels", "Plugins", "TLSInfo", "Status", "State",
		is_alive ? "ready" : "down", "Addr", address, "ManagerStatus", "Leader",
		json_is_true(json_object_get(node, "LetsIn")), "Reachability",
		is_alive ? "reachable" : "unreachable", "Addr", door_of(address));
}

/* --- services --- */

/* Two hashes, for one has 16 digits. */
static void print_id(const char *text, char ret_id[static SWARM_ID_LEN + 1])
{
	char other[4 + ID_LEN + NAME_LEN_MAX + FAMILY_N * ADDR_STR_MAX + 8];
	char digits[33];

	(void)snprintf(other, sizeof(other), "id %s", text);
	(void)snprintf(digits, sizeof(digits), "%016" PRIx64 "%016" PRIx64,
		       hash_stable(text, strlen(text)), hash_stable(other, strlen(other)));
	(void)snprintf(ret_id, SWARM_ID_LEN + 1, "%.*s", SWARM_ID_LEN, digits);
}

void swarm_json_service_id(const struct service *service, char ret_id[static SWARM_ID_LEN + 1])
{
	char text[ID_LEN + NAME_LEN_MAX + FAMILY_N * ADDR_STR_MAX + 8];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s %s", service->network->spec.id,
				      service->spec.name);

	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&service->spec.ip[family]))
			len += (size_t)snprintf(text + len, sizeof(text) - len, " %s",
						ADDR_STR(&service->spec.ip[family]));
	print_id(text, ret_id);
}

/* Those at the service's own address. Clients list what is published on hosts alone. */
static json_t *ports_json(const struct service_spec *spec)
{
	json_t *ports = json_array();
	int err = 0;

	for (size_t i = 0; i < spec->n_ports; i++)
		err |= json_array_append_new(
			ports,
			json_pack("{s:o, s:s, s:i, s:i, s:s}", "Name",
				  json_sprintf("%d", spec->ports[i].port), "Protocol",
				  protocol_name(spec->ports[i].protocol), "TargetPort",
				  spec->ports[i].target, "PublishedPort", spec->ports[i].publish,
				  "PublishMode", spec->ports[i].publish ? "ingress" : ""));
	return docker_json_whole(ports, err);
}

/* "80->8080/tcp 53/udp", as netctl shows them. */
static json_t *ports_text(const struct service_spec *spec)
{
	struct buf text = { 0 };
	json_t *json;

	for (size_t i = 0; i < spec->n_ports; i++) {
		const struct service_port *port = &spec->ports[i];

		buf_printf(&text, "%s%u", i > 0 ? " " : "", port->port);
		if (port->target != port->port)
			buf_printf(&text, "->%u", port->target);
		buf_printf(&text, "/%s", protocol_name(port->protocol));
	}
	json = text.err == 0 ? json_string(text.data ? text.data : "") : NULL;
	buf_done(&text);
	return json;
}

/* Its addresses, with the length of their subnet's prefix. */
static json_t *vips_json(const struct service *service)
{
	const struct network_spec *net = &service->network->spec;
	json_t *vips = json_array();
	int err = 0;

	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&service->spec.ip[family]))
			err |= json_array_append_new(
				vips,
				json_pack("{s:s, s:o}", "NetworkID", net->id, "Addr",
					  json_sprintf("%s/%u", ADDR_STR(&service->spec.ip[family]),
						       net->subnet[family].prefix.len)));
	return docker_json_whole(vips, err);
}

json_t *swarm_json_service(const struct service *service, size_t n_backends)
{
	const struct service_spec *spec = &service->spec;
	const char *network = service->network->spec.id;
	char id[SWARM_ID_LEN + 1];

	swarm_json_service_id(service, id);
	return json_pack(
		"{s:s, s:{s:i}, s:s, s:s, s:{s:s, s:{s:s, s:o}, s:{s:{s:s}, s:[{s:s}], s:i}, "
		"s:{s:{s:I}}, s:{s:s, s:o}}, s:{s:{s:s}, s:o, s:o}, s:{s:I, s:I, s:i}}",
		"ID", id, "Version", "Index", 1, "CreatedAt", NO_TIME, "UpdatedAt", NO_TIME, "Spec",
		"Name", spec->name, "Labels", "netd.network", service->network->spec.name,
		"netd.ports", ports_text(spec), "TaskTemplate", "ContainerSpec", "Image", "",
		"Networks", "Target", network, "ForceUpdate", 0, "Mode", "Replicated", "Replicas",
		(json_int_t)n_backends, "EndpointSpec", "Mode", "vip", "Ports", ports_json(spec),
		"Endpoint", "Spec", "Mode", "vip", "Ports", ports_json(spec), "VirtualIPs",
		vips_json(service), "ServiceStatus", "RunningTasks", (json_int_t)n_backends,
		"DesiredTasks", (json_int_t)n_backends, "CompletedTasks", 0);
}

/* A container may stand behind several services, and is another task of each. */
json_t *swarm_json_task(const struct service *service, const json_t *backend, const char *node_id,
			size_t slot, const char *now)
{
	char id[SWARM_ID_LEN + 1], service_id[SWARM_ID_LEN + 1], text[SWARM_ID_LEN + ID_LEN + 2];
	const struct network_spec *net = &service->network->spec;
	json_t *addrs = json_array();
	int err = 0;

	swarm_json_service_id(service, service_id);
	(void)snprintf(text, sizeof(text), "%s %s", service_id, text_of(backend, "Container"));
	print_id(text, id);
	for (enum family family = 0; family < FAMILY_N; family++) {
		const char *addr = text_of(backend, endpoint_ip_key[family]);

		if (*addr)
			err |= json_array_append_new(
				addrs, json_sprintf("%s/%u", addr, net->subnet[family].prefix.len));
	}
	return json_pack("{s:s, s:{s:i}, s:s, s:s, s:s, s:{}, s:{s:{s:s}}, s:s, s:I, s:o, "
			 "s:{s:s, s:s, s:s, s:{s:s, s:i}}, s:s, s:[{s:{s:s, s:{s:s}}, s:o}]}",
			 "ID", id, "Version", "Index", 1, "CreatedAt", now, "UpdatedAt", now,
			 "Name", text_of(backend, "Name"), "Labels", "Spec", "ContainerSpec",
			 "Image", "", "ServiceID", service_id, "Slot", (json_int_t)slot, "NodeID",
			 short_id(node_id), "Status", "Timestamp", now, "State", "running",
			 "Message", "", "ContainerStatus", "ContainerID",
			 text_of(backend, "Container"), "PID", 0, "DesiredState", "running",
			 "NetworksAttachments", "Network", "ID", net->id, "Spec", "Name", net->name,
			 "Addresses", docker_json_whole(addrs, err));
}
