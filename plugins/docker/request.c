// SPDX-License-Identifier: GPL-2.0-or-later
// request.c - one call of Docker's plugin protocol, decoded and checked
#include "plugins/docker/request.h"

#include "base/cleanup.h"
#include "base/json_parse.h"
#include "base/limits.h"
#include "model/container/port.h"
#include "model/network/network_options.h"
#include "model/text/field.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A request is a JSON object, and what is decoded of it points into that
 * object: the strings of a docker_request live as long as its json. Only what has to be built
 * (ports, dns) is owned besides. Every text is set to "" before, so no caller has to look for
 * NULL. Unknown fields are passed over: Docker adds some with every version, and a plugin that
 * refused them would stop working with the next one. */

/* Keys of libnetwork, within the objects called Options. */
#define GENERIC "com.docker.network.generic"
#define INTERNAL "com.docker.network.internal"
#define PORTMAP "com.docker.network.portmap"
#define DNS_SERVERS "com.docker.network.endpoint.dnsservers"
#define GATEWAY_TYPE "com.docker.network.gateway"

/* Spelt as Docker sends them, so the table serves to recognise as well as to log. */
const char *const docker_method_name[DOCKER_N_METHODS] = {
	[DOCKER_ACTIVATE] = "Plugin.Activate",
	[DOCKER_NET_CAPABILITIES] = "NetworkDriver.GetCapabilities",
	[DOCKER_NET_CREATE] = "NetworkDriver.CreateNetwork",
	[DOCKER_NET_DELETE] = "NetworkDriver.DeleteNetwork",
	[DOCKER_ENDPOINT_CREATE] = "NetworkDriver.CreateEndpoint",
	[DOCKER_ENDPOINT_INFO] = "NetworkDriver.EndpointOperInfo",
	[DOCKER_ENDPOINT_DELETE] = "NetworkDriver.DeleteEndpoint",
	[DOCKER_JOIN] = "NetworkDriver.Join",
	[DOCKER_LEAVE] = "NetworkDriver.Leave",
	[DOCKER_PROGRAM] = "NetworkDriver.ProgramExternalConnectivity",
	[DOCKER_REVOKE] = "NetworkDriver.RevokeExternalConnectivity",
	[DOCKER_DISCOVER_NEW] = "NetworkDriver.DiscoverNew",
	[DOCKER_DISCOVER_DELETE] = "NetworkDriver.DiscoverDelete",
	[DOCKER_IPAM_CAPABILITIES] = "IpamDriver.GetCapabilities",
	[DOCKER_IPAM_SPACES] = "IpamDriver.GetDefaultAddressSpaces",
	[DOCKER_POOL_REQUEST] = "IpamDriver.RequestPool",
	[DOCKER_POOL_RELEASE] = "IpamDriver.ReleasePool",
	[DOCKER_ADDRESS_REQUEST] = "IpamDriver.RequestAddress",
	[DOCKER_ADDRESS_RELEASE] = "IpamDriver.ReleaseAddress",
};

bool docker_method_find(const char *path, enum docker_method *ret_method)
{
	for (int method = 0; method < DOCKER_N_METHODS; method++)
		if (strcmp(path, docker_method_name[method]) == 0) {
			*ret_method = (enum docker_method)method;
			return true;
		}
	return false;
}

/* The methods of the IPAM driver come last in the list, for exactly this. */
bool docker_method_is_ipam(enum docker_method method)
{
	return method >= DOCKER_IPAM_CAPABILITIES;
}

/* --- fields ----------------------------------------------------------------------------------- */

/* -EINVAL with a sentence that names the place of the field. Other members stay as they were. */

/* A missing id is refused as well. */
static int decode_id(const struct field_scope *body, const char *key, const char **ret_id)
{
	const char *id = "";
	int err = field_text(body, key, &id);

	if (err < 0)
		return err;
	/* Docker's ids become netd's ids and parts of paths, so their form is checked here once
	 * for all. */
	if (strlen(id) != ID_LEN || strspn(id, "0123456789abcdef") != ID_LEN)
		return field_error(body, key, "must be 64 hexadecimal digits in lower case");
	*ret_id = id;
	return 0;
}

/* "10.1.0.5/16" of one family (0: any); an absent or empty one leaves *ret_prefix alone. The text
 * may have host bits: an endpoint's address comes in this form, too. */
static int decode_prefix(const struct field_scope *scope, const char *key, uint8_t family,
			 struct prefix *ret_prefix)
{
	const char *text = "";
	struct prefix prefix;
	int err = field_text(scope, key, &text);

	if (err < 0 || !*text)
		return err;
	if (prefix_parse(text, &prefix) < 0 || (family && prefix.addr.family != family))
		return field_error(scope, key, "must be an address and a prefix length");
	*ret_prefix = prefix;
	return 0;
}

/* Without an address of Docker's has_mac stays false, and the plugin makes one. */
static int decode_mac(const struct field_scope *scope, struct docker_request *request)
{
	const char *text = "";
	int err = field_text(scope, "MacAddress", &text);

	if (err < 0 || !*text)
		return err;
	/* A multicast or an all-zero address can be asked for with --mac-address; the kernel
	 * refuses it for an interface. */
	if (mac_parse(text, &request->mac) < 0 || !mac_is_interface(&request->mac))
		return field_error(scope, "MacAddress", "must be the address of one interface");
	request->has_mac = true;
	return 0;
}

/* --- published ports -------------------------------------------------------------------------- */

/* A port of the portmap: {Proto, IP, Port, HostIP, HostPort, HostPortEnd}. Adds to bindings, which
 * is {"80/tcp": [{"HostIp", "HostPort"}]}. IP is passed over: it is the container's address, which
 * netd knows. Proto is a number of IANA's. */
static int decode_port(const struct field_scope *port, json_t *bindings)
{
	json_int_t protocol = 0, inside = 0, first = 0, last = 0;
	const char *host = "";
	char key[32], range[16] = "";
	json_t *array, *binding;
	int err;

	if ((err = field_integer(port, "Proto", 0, UINT8_MAX, &protocol)) < 0 ||
	    (err = field_integer(port, "Port", 1, UINT16_MAX, &inside)) < 0 ||
	    (err = field_text(port, "HostIP", &host)) < 0 ||
	    (err = field_integer(port, "HostPort", 0, UINT16_MAX, &first)) < 0 ||
	    (err = field_integer(port, "HostPortEnd", 0, UINT16_MAX, &last)) < 0)
		return err;
	/* 0 is also what an absent field leaves here. Zero is refused for the container's port
	 * only. A host's port of 0 asks for any free one. */
	if (inside == 0 ||
	    (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_SCTP))
		return field_error(port, "Proto", "must be 6, 17 or 132, and Port not 0");
	/* The key is that of Docker's API ("80/tcp"), in which netd is asked for it. */
	(void)snprintf(key, sizeof(key), "%d/%s", (int)inside,
		       port_protocol_name((uint8_t)protocol));
	/* Docker means one free port of this range, and so does netd's API. range stays "" for "any
	 * port". */
	if (first && last > first)
		(void)snprintf(range, sizeof(range), "%d-%d", (int)first, (int)last);
	else if (first)
		(void)snprintf(range, sizeof(range), "%d", (int)first);
	binding = json_pack("{s:s, s:s}", "HostIp", host, "HostPort", range);
	/* One port may be published several times: at several addresses, or once for each
	 * family. */
	array = json_object_get(bindings, key);
	if (!array) {
		array = json_array();
		if (json_object_set_new(bindings, key, array) < 0)
			array = NULL;
	}
	/* json_array_append_new() takes the NULL of a failure before, and fails. */
	return json_array_append_new(array, binding) < 0 ? field_no_memory(port->error) : 0;
}

/* request->ports stays NULL if there is nothing to publish. */
static int decode_ports(const struct field_scope *options, struct docker_request *request)
{
	const json_t *array = NULL;
	struct field_scope port;
	/* An absent portmap is an endpoint without published ports, and no error. */
	int err = field_array(options, PORTMAP, PORTS_PER_CONTAINER_MAX, &array);

	if (err < 0 || json_array_size(array) == 0)
		return err;
	/* Freed by docker_request_done(), on failure as well. */
	request->ports = json_object();
	for (size_t i = 0; err == 0 && i < json_array_size(array); i++) {
		err = field_element(options, PORTMAP, array, i, &port);
		if (err == 0)
			err = decode_port(&port, request->ports);
	}
	return err;
}

/* The servers that the user gave with --dns. */
static int decode_dns(const struct field_scope *options, struct docker_request *request)
{
	const json_t *array = NULL;
	int err = field_array(options, DNS_SERVERS, DNS_SERVERS_MAX, &array);
	size_t i;
	json_t *value;

	if (err < 0 || json_array_size(array) == 0)
		return err;
	/* What the addresses are worth is netd's to check, as for every other client of its. */
	json_array_foreach ((json_t *)array, i, value)
		if (!json_is_string(value))
			return field_error(options, DNS_SERVERS, "must hold addresses");
	/* A copy, since CreateEndpoint remembers it and its request goes. */
	request->dns = json_deep_copy(array);
	return request->dns ? 0 : field_no_memory(options->error);
}

/* --- methods ---------------------------------------------------------------------------------- */

/* One function for each form of body. Fields that are not read are of no use to the plugin. */

/* Docker gives one subnet of each family; more would be lost without a word, so they are refused.
 *
 * Elements are {"Pool", "Gateway", "AuxAddresses"}. The gateway comes with the length of the
 * subnet, which is dropped. */
static int decode_pool(const struct field_scope *body, const char *key, enum family family,
		       struct docker_pool *pool)
{
	const json_t *array = NULL;
	struct field_scope data, aux;
	struct prefix gateway = { 0 };
	/* The limit is only there to bound the array; more than one is refused below. */
	int err = field_array(body, key, AUX_ADDRESSES_MAX, &array);

	/* An empty array and an absent one are the same: the network has no such family. */
	if (err < 0 || json_array_size(array) == 0)
		return err;
	if (json_array_size(array) > 1)
		return field_error(body, key, "has several subnets, and a network has one");
	if ((err = field_element(body, key, array, 0, &data)) < 0 ||
	    (err = decode_prefix(&data, "Pool", family_af(family), &pool->pool)) < 0 ||
	    (err = decode_prefix(&data, "Gateway", family_af(family), &gateway)) < 0 ||
	    (err = field_object(&data, "AuxAddresses", &aux)) < 0)
		return err;
	pool->gateway = gateway.addr;
	pool->aux = aux.object;
	return 0;
}

static int decode_pools(const struct field_scope *body, struct docker_request *request)
{
	static const char *const keys[FAMILY_N] = { "IPv4Data", "IPv6Data" };
	int err = 0;

	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		err = decode_pool(body, keys[family], family, &request->pools[family]);
	return err;
}

/* Options of libnetwork are members of Options, those of docker network create -o are one level
 * deeper, under the generic key. */
static int decode_network(const struct field_scope *body, struct docker_request *request)
{
	struct field_scope options, generic;
	int err;

	if ((err = decode_id(body, "NetworkID", &request->network)) < 0 ||
	    (err = decode_pools(body, request)) < 0 ||
	    (err = field_object(body, "Options", &options)) < 0 ||
	    (err = field_bool(&options, INTERNAL, &request->internal)) < 0 ||
	    (err = field_bool(&options, network_options_key(NETWORK_OPTION_IPV6), &request->ipv6)) <
		    0 ||
	    (err = field_object(&options, GENERIC, &generic)) < 0)
		return err;
	request->options = generic.object;
	return 0;
}

/* Both families may be absent. The endpoint is refused later, in endpoint_create(). */
static int decode_addresses(const struct field_scope *interface, struct docker_request *request)
{
	static const char *const keys[FAMILY_N] = { "Address", "AddressIPv6" };
	int err = 0;

	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		err = decode_prefix(interface, keys[family], family_af(family),
				    &request->addresses[family]);
	return err;
}

static int decode_endpoint(const struct field_scope *body, struct docker_request *request)
{
	struct field_scope interface, options;
	int err;

	if ((err = field_object(body, "Interface", &interface)) < 0 ||
	    (err = decode_addresses(&interface, request)) < 0 ||
	    (err = decode_mac(&interface, request)) < 0 ||
	    (err = field_object(body, "Options", &options)) < 0)
		return err;
	return decode_dns(&options, request);
}

/* Of Docker's sandbox, such as /var/run/docker/netns/0123456789ab. */
static int decode_join(const struct field_scope *body, struct docker_request *request)
{
	int err = field_text(body, "SandboxKey", &request->sandbox);

	if (err < 0)
		return err;
	if (*request->sandbox != '/' || strlen(request->sandbox) > PATH_LEN_MAX)
		return field_error(body, "SandboxKey", "must be an absolute path");
	return 0;
}

static int decode_program(const struct field_scope *body, struct docker_request *request)
{
	struct field_scope options;
	int err = field_object(body, "Options", &options);

	return err < 0 ? err : decode_ports(&options, request);
}

/* Methods of an endpoint have both ids, and some have more. */
static int decode_of_endpoint(const struct field_scope *body, struct docker_request *request)
{
	int err = decode_id(body, "NetworkID", &request->network);

	if (err == 0)
		err = decode_id(body, "EndpointID", &request->endpoint);
	if (err < 0)
		return err;
	if (request->method == DOCKER_ENDPOINT_CREATE)
		return decode_endpoint(body, request);
	if (request->method == DOCKER_PROGRAM)
		return decode_program(body, request);
	return request->method == DOCKER_JOIN ? decode_join(body, request) : 0;
}

/* docker network create --ipam-opt: the name of a network, and no more. Passed over, another option
 * would promise what netd does not do. */
static int decode_pool_options(const struct field_scope *body, struct docker_request *request)
{
	struct field_scope options;
	int err = field_object(body, "Options", &options);
	const char *key;
	json_t *value;

	if (err == 0)
		err = field_text(&options, OPT_SHARED, &request->shared);
	if (err < 0)
		return err;
	/* One is enough to refuse; the first is named. */
	json_object_foreach ((json_t *)options.object, key, value)
		if (strcmp(key, OPT_SHARED) != 0)
			return error_set(body->error, ERROR_INVALID,
					 "IPAM driver \"netd\" has no option \"%.200s\": netd "
					 "gives addresses "
					 "by subnet and range",
					 key);
	return 0;
}

/* Both are read twice: as text, which tells whether a subnet was asked for at all, and as a
 * prefix. */
static int decode_pool_request(const struct field_scope *body, struct docker_request *request)
{
	int err = decode_pool_options(body, request);

	if (err < 0)
		return err;
	if ((err = field_text(body, "Pool", &request->pool_text)) < 0 ||
	    (err = field_text(body, "SubPool", &request->sub_pool_text)) < 0 ||
	    (err = field_bool(body, "V6", &request->ipv6)) < 0 ||
	    (err = decode_prefix(body, "Pool", 0, &request->pool)) < 0)
		return err;
	return decode_prefix(body, "SubPool", 0, &request->sub_pool);
}

/* For ReleasePool, RequestAddress and ReleaseAddress, of which each has some of the fields. */
static int decode_address(const struct field_scope *body, struct docker_request *request)
{
	struct field_scope options;
	const char *address = "", *type = "";
	int err;

	/* The pool's id is its subnet: pool_request() made it so, and no table has to be kept. */
	if ((err = field_text(body, "PoolID", &request->pool_text)) < 0 ||
	    (err = decode_prefix(body, "PoolID", 0, &request->pool)) < 0 ||
	    (err = field_text(body, "Address", &address)) < 0 ||
	    (err = field_object(body, "Options", &options)) < 0 ||
	    (err = field_text(&options, "RequestAddressType", &type)) < 0)
		return err;
	if (!addr_is_set(&request->pool.addr))
		return field_error(body, "PoolID", "is required");
	if (*address && addr_parse(address, &request->address) < 0)
		return field_error(body, "Address", "must be an IP address");
	/* Docker asks for the gateway's address of a new network in this way, and for a container's
	 * without a type. */
	request->is_gateway = strcmp(type, GATEWAY_TYPE) == 0;
	return 0;
}

/* The switch has no default, so the compiler tells of a method that is missing. */
static int decode(const struct field_scope *body, struct docker_request *request)
{
	switch (request->method) {
	case DOCKER_NET_CREATE:
		return decode_network(body, request);
	case DOCKER_NET_DELETE:
		return decode_id(body, "NetworkID", &request->network);
	case DOCKER_ENDPOINT_CREATE:
	case DOCKER_ENDPOINT_INFO:
	case DOCKER_ENDPOINT_DELETE:
	case DOCKER_JOIN:
	case DOCKER_LEAVE:
	case DOCKER_PROGRAM:
	case DOCKER_REVOKE:
		return decode_of_endpoint(body, request);
	case DOCKER_POOL_REQUEST:
		return decode_pool_request(body, request);
	case DOCKER_POOL_RELEASE:
	case DOCKER_ADDRESS_REQUEST:
	case DOCKER_ADDRESS_RELEASE:
		return decode_address(body, request);
	/* These have nothing to decode, or nothing that the plugin makes use of. */
	case DOCKER_ACTIVATE:
	case DOCKER_NET_CAPABILITIES:
	case DOCKER_DISCOVER_NEW:
	case DOCKER_DISCOVER_DELETE:
	case DOCKER_IPAM_CAPABILITIES:
	case DOCKER_IPAM_SPACES:
	case DOCKER_N_METHODS:
		break;
	}
	return 0;
}

/* *ret_request is set on success only. */
int docker_request_decode(enum docker_method method, const char *body, size_t len,
			  struct docker_request *ret_request, struct error *error)
{
	/* Texts that a method does not have are "". */
	struct docker_request request = {
		.method = method,
		.network = "",
		.endpoint = "",
		.sandbox = "",
		.shared = "",
		.pool_text = "",
		.sub_pool_text = "",
	};
	struct field_scope scope;
	int err = json_parse_body(body, len, &request.json, error);

	/* Nothing is to be freed here: no request.json was made. */
	if (err < 0)
		return err;
	err = field_scope_init(request.json, "", error, &scope);
	if (err == 0)
		err = decode(&scope, &request);
	if (err < 0) {
		/* What was built so far is freed here: the caller owns it only if all of it is
		 * right. */
		docker_request_done(&request);
		return err;
	}
	*ret_request = request;
	return 0;
}

/* May be called twice. */
void docker_request_done(struct docker_request *request)
{
	json_decref(request->json);
	json_decref(request->ports);
	json_decref(request->dns);
	*request = (struct docker_request) { 0 };
}
