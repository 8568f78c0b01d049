// SPDX-License-Identifier: GPL-2.0-or-later
// endpoint.c - a container's interface on a network: CreateEndpoint, Join, DeleteEndpoint
#include "base/cleanup.h"
#include "base/log.h"
#include "client/ensure.h"
#include "model/network/network_options.h"
#include "plugins/docker/plugin.h"

#include <errno.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>

/* What marks objects of netd's: the label has the sandbox's path, and is on a container. */
#define LABEL_SANDBOX "org.netd.docker.sandbox"
/* Options of libnetwork, in the answer to EndpointOperInfo. */
#define PORTMAP "com.docker.network.portmap"
#define MAC_ADDRESS "com.docker.network.endpoint.macaddress"

/* --- between CreateEndpoint and Join ---------------------------------------------------------- */

/* The life of an endpoint in calls of Docker's, and what each leaves behind:
 *
 *   CreateEndpoint               an entry of the ring, in memory only
 *   Join                         the endpoint in netd, and its container; the entry is used up
 *   ProgramExternalConnectivity  published ports, in netd
 *   RevokeExternalConnectivity   they are gone again
 *   Leave                        nothing changes
 *   DeleteEndpoint               the endpoint is gone, and with the last one the container
 *
 * Docker says DeleteEndpoint also for an endpoint that was never joined. */

/* Theory of operation. Docker makes an endpoint in two calls. CreateEndpoint says which addresses
 * it has, at a time when there is no namespace and no container that could be named; it is
 * remembered in a ring (pending). Join says which sandbox it is for: then netd attaches, with a
 * namespace that is yet to come, and hands one end of the interface over to Docker, which moves,
 * names and addresses it. Ports come in calls of their own (ProgramExternalConnectivity). The
 * lock that Docker holds meanwhile is why Docker itself is asked only what it answers without
 * it. */

/* Both ids are compared, because an endpoint's id is unique within its network. A place that is
 * free has empty ids, and a request never does. NULL: none. */
static struct plugin_pending *find_pending(struct plugin *plugin,
					   const struct docker_request *request)
{
	for (size_t i = 0; i < PLUGIN_PENDING_MAX; i++)
		if (strcmp(plugin->pending[i].endpoint, request->endpoint) == 0 &&
		    strcmp(plugin->pending[i].network, request->network) == 0)
			return &plugin->pending[i];
	return NULL;
}

/* Frees the place. Takes NULL. */
static void forget(struct plugin_pending *pending)
{
	if (!pending)
		return;
	json_decref(pending->dns);
	*pending = (struct plugin_pending) { 0 };
}

/* As Docker's own networks do: the address makes the MAC. */
static struct mac mac_of(const struct docker_request *request)
{
	/* 02 is a locally administered address, as Docker uses it. */
	struct mac mac = { { 0x02, 0x42 } };

	/* An IPv6-only endpoint has no four bytes to make it of. */
	if (!addr_is_set(&request->addresses[FAMILY_4].addr))
		return mac_from_text(request->endpoint);
	/* Equal addresses on two networks give equal MACs, which are on two bridges. */
	memcpy(mac.bytes + 2, request->addresses[FAMILY_4].addr.bytes, 4);
	return mac;
}

/* Nothing is asked of netd. *ret_answer is NULL where there is nothing to say. */
int endpoint_create(struct plugin *plugin, const struct docker_request *request,
		    json_t **ret_answer, struct error *error)
{
	struct plugin_pending *pending = &plugin->pending[plugin->next_pending];

	if (!addr_is_set(&request->addresses[FAMILY_4].addr) &&
	    !addr_is_set(&request->addresses[FAMILY_6].addr))
		return error_set(error, ERROR_INVALID,
				 "the endpoint has no address: the network needs an IPAM driver");
	/* A ring: the oldest start that was not joined is given up. A place need not be given back:
	 * a start that failed without a DeleteEndpoint costs nothing. */
	plugin->next_pending = (plugin->next_pending + 1) % PLUGIN_PENDING_MAX;
	forget(pending);
	*pending = (struct plugin_pending) {
		.mac = request->has_mac ? request->mac : mac_of(request),
		/* A reference, since the request goes before Join comes. */
		.dns = json_incref(request->dns),
	};
	memcpy(pending->addresses, request->addresses, sizeof(pending->addresses));
	(void)snprintf(pending->network, sizeof(pending->network), "%s", request->network);
	(void)snprintf(pending->endpoint, sizeof(pending->endpoint), "%s", request->endpoint);
	/* The answer must not repeat what Docker has chosen. */
	*ret_answer = request->has_mac ? NULL
				       : json_pack("{s:{s:s}}", "Interface", "MacAddress",
						   MAC_STR(&pending->mac));
	return 0;
}

/* --- Join ------------------------------------------------------------------------------------- */

/* The interface between netd, which makes it, and Docker, which takes it. Not netd's own pattern
 * for what stays on the host. "ndp" and 11 characters of the endpoint's id, within the 15 that an
 * interface's name may have. */
#define SOURCE_NAME "ndp%.11s"

/* The settings of one endpoint for netd: the addresses, the MAC, Docker's id for the endpoint, and
 * the name under which netd leaves the interface for Docker. service: an alias, "" for none. A new
 * reference, NULL without memory. */
static json_t *settings(const struct plugin_pending *pending, const char *service)
{
	json_t *ipam = json_object();
	json_t *object = json_pack("{s:o, s:s, s:{s:s, s:o}}", "IPAMConfig", ipam, "MacAddress",
				   MAC_STR(&pending->mac), "DriverOpts", OPT_ENDPOINT,
				   pending->endpoint, NETD_OPTION_HANDOVER,
				   json_sprintf(SOURCE_NAME, pending->endpoint));
	int err = 0;

	for (enum family family = 0; family < FAMILY_N; family++) {
		const struct addr *addr = &pending->addresses[family].addr;

		if (addr_is_set(addr))
			err |= json_object_set_new(ipam, calls_family[family].asked,
						   json_string(ADDR_STR(addr)));
	}
	if (*service)
		err |= json_object_set_new(object, "Aliases", json_pack("[s]", service));
	if (object && err == 0)
		return object;
	json_decref(object);
	return NULL;
}

/* Its names in Docker are asked for where that needs no wait; else others do until follow.c has
 * learnt them, and with them its id. *ret_container is filled in any case: without an answer with a
 * name made of the endpoint's id, and no id. */
static void ask_engine(struct plugin *plugin, const struct docker_request *request,
		       struct engine_container *ret_container)
{
	struct client *engine;
	struct error error;
	int err = plugin_engine(plugin, &engine, &error);

	*ret_container = (struct engine_container) { 0 };
	(void)snprintf(ret_container->name, sizeof(ret_container->name), "docker-%.12s",
		       request->endpoint);
	if (err == 0)
		err = engine_container_of(engine, request->network, request->endpoint,
					  ret_container, &error);
	/* An engine that does not answer is not asked for a while. Called after every question,
	 * with or without an error. */
	plugin_judge(&plugin->engine, err);
	if (err < 0)
		log_info("endpoint %.12s: Docker does not say whose it is, for now: %s",
			 request->endpoint, error.text);
}

/* An internal network has no way out, and so no gateway. */
static bool is_internal(const json_t *network)
{
	return json_is_true(json_object_get(network, "Internal"));
}

/* Whether an endpoint as netd shows it is the one of the request. */
static bool is_endpoint(const json_t *endpoint, const struct docker_request *request)
{
	/* Its id is Docker's own: 64 random digits. The network may have another one in Docker. */
	return strcmp(calls_text(json_object_get(endpoint, "DriverOpts"), OPT_ENDPOINT),
		      request->endpoint) == 0;
}

/* Borrowed. By the name of the network, or its id. */
static const json_t *endpoints_of(const json_t *container)
{
	return json_object_get(json_object_get(container, "NetworkSettings"), "Networks");
}

/* One start of a container on one network, as it is being done. It lives as long as endpoint_join()
 * runs. */
struct joining {
	struct client *netd;
	const struct docker_request *request;
	const struct plugin_pending *pending;
	struct engine_container who;
	json_t *network;  /* as netd inspects it */
	json_t *endpoint; /* its settings for netd */
};

/* NULL: no memory. The sandbox may not exist yet (NetnsWait). netd leaves the interface on the host
 * for Docker to take. */
static json_t *body_of(const struct joining *joining)
{
	const struct docker_request *request = joining->request;
	const struct engine_container *who = &joining->who;
	json_auto_t *body = json_pack(
		"{s:s, s:s, s:b, s:{s:s, s:s}, s:{s:O}, s:O*}", "Name", who->name, "NetnsPath",
		request->sandbox, "NetnsWait", 1, "Labels", NETD_LABEL_RUNTIME, "docker",
		LABEL_SANDBOX, request->sandbox, "Networks", calls_text(joining->network, "Id"),
		joining->endpoint, "Dns", joining->pending->dns);
	int err = 0;

	/* Without its id netd would have to be told later whose it is; the label says so. */
	if (*who->id)
		err |= json_object_set_new(body, "Id", json_string(who->id));
	else
		err |= json_object_set_new(json_object_get(body, "Labels"), LABEL_UNNAMED,
					   json_string("1"));
	return err < 0 ? NULL : take_ptr(body);
}

/* Of the ensure rules. Borrowed from container. */
static const json_t *find_endpoint(void *user, const char *network, const json_t *container)
{
	const struct joining *joining = user;
	const char *name;
	json_t *endpoint;

	(void)network; /* a container may be shown with its name or its id */
	json_object_foreach ((json_t *)endpoints_of(container), name, endpoint)
		if (is_endpoint(endpoint, joining->request))
			return endpoint;
	return NULL;
}

/* No owner: a container is found by the label of its sandbox, which is this start's. */
static const struct ensure_rules rules = { .find = find_endpoint };

/* The first network of a start attaches the sandbox, each further one connects it. */
static int join(struct joining *joining, struct error *error)
{
	_cleanup_(buf_done) struct buf label = { 0 };
	json_auto_t *body = joining->endpoint ? body_of(joining) : NULL;
	struct ensure ensure = {
		.client = joining->netd, .body = body, .rules = &rules, .user = joining
	};

	/* The sandbox's path is new for each start, so the label cannot match an earlier one. */
	buf_printf(&label, LABEL_SANDBOX "=%s", joining->request->sandbox);
	if (label.err < 0 || !body)
		return error_system(error, -ENOMEM, "cannot attach %s", joining->who.name);
	ensure.label = label.data;
	return ensure_attached(&ensure, NULL, error);
}

/* "" if there is none of the family. Borrowed from network. */
static const char *gateway_of(const json_t *network, const struct addr *addr)
{
	const json_t *configs = json_object_get(json_object_get(network, "IPAM"), "Config");
	json_t *config;
	size_t i;

	json_array_foreach (configs, i, config) {
		const char *text = calls_text(config, "Gateway");
		struct addr gateway;

		if (addr_parse(text, &gateway) == 0 && gateway.family == addr->family)
			return text;
	}
	return "";
}

/* Both are one option of netd's. The prefix of the interface's name inside, which Docker completes
 * with a number. */
static const char *prefix_of(const json_t *network)
{
	const json_t *options = json_object_get(network, "Options");
	const char *prefix = calls_text(options, network_options_key(NETWORK_OPTION_IFNAME_PREFIX));

	if (!*prefix)
		prefix = calls_text(options,
				    network_options_short_key(NETWORK_OPTION_IFNAME_PREFIX));
	return *prefix ? prefix : "eth";
}

/* A new reference, NULL without memory. The order of the members is of no meaning. */
json_t *endpoint_join_answer(const char *endpoint, const json_t *network,
			     const struct prefix addresses[FAMILY_N])
{
	const char *gateways[FAMILY_N] = { "", "" };

	/* A family without an address has family 0, which no gateway has. */
	for (enum family family = 0; family < FAMILY_N && !is_internal(network); family++)
		gateways[family] = gateway_of(network, &addresses[family].addr);
	/* Docker is not to add a gateway of its own where there is none. */
	return json_pack("{s:{s:o, s:s}, s:s, s:s, s:b}", "InterfaceName", "SrcName",
			 json_sprintf(SOURCE_NAME, endpoint), "DstPrefix", prefix_of(network),
			 "Gateway", gateways[FAMILY_4], "GatewayIPv6", gateways[FAMILY_6],
			 "DisableGatewayService", 1);
}

/* As netd inspects it: by Docker's id, or one that netd had first by its subnet. */
static int find_network(struct client *netd, const struct plugin_pending *pending,
			json_t **ret_network, struct error *error)
{
	const struct prefix *address = pending->addresses;
	struct prefix subnet;
	json_auto_t *found = NULL;
	struct error none;
	int err = calls_network(netd, pending->network, ret_network, error);

	if (err == 0 || error->reason != ERROR_REASON_NETWORK_NOT_FOUND)
		return err;
	address += !addr_is_set(&address[FAMILY_4].addr);
	subnet = (struct prefix) { prefix_first(address), address->len };
	/* Else it is said that Docker's is not there. */
	if (pool_network(netd, &subnet, &found, &none) < 0)
		return err;
	return calls_network(netd, calls_text(found, "Id"), ret_network, error);
}

/* On failure Docker says DeleteEndpoint, which takes away what netd has of it by then. pending may
 * not be used after forget(). */
int endpoint_join(struct plugin *plugin, const struct docker_request *request, json_t **ret_answer,
		  struct error *error)
{
	struct plugin_pending *pending = find_pending(plugin, request);
	struct joining joining = { .request = request, .pending = pending };
	int err = plugin_netd(plugin, &joining.netd, error);

	if (err < 0)
		return err;
	/* The ring lives in this process. A restart between the two calls loses it, and Docker
	 * starts the container again. */
	if (!pending)
		return error_set(error, ERROR_CONFLICT,
				 "netd-docker was started between the endpoint's creation and its "
				 "use: start the container again");
	err = find_network(joining.netd, pending, &joining.network, error);
	if (err < 0)
		return err;
	/* Before the attach, which needs the name. Its failure is no reason to stop a start. */
	ask_engine(plugin, request, &joining.who);
	joining.endpoint = settings(pending, joining.who.service);
	err = join(&joining, error);
	if (err == 0)
		*ret_answer = endpoint_join_answer(request->endpoint, joining.network,
						   pending->addresses);
	/* Used up, whatever came of it: a second Join is another start. */
	forget(pending);
	json_decref(joining.endpoint);
	json_decref(joining.network);
	return err;
}

/* --- DeleteEndpoint
 * ---------------------------------------------------------------------------------- */

/* One of those that the filters let through, as find_container(). filters is escaped for a URL. */
static int find_among(struct client *netd, const char *filters,
		      const struct docker_request *request, json_t **ret_container,
		      struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	json_auto_t *containers = NULL;
	const char *name;
	json_t *container, *endpoint;
	size_t i;
	int err;

	buf_printf(&path, "/containers/json?filters=%s", filters);
	err = path.err < 0 ? error_system(error, path.err, "cannot look for a container")
			   : calls_json(netd, "GET", path.data, NULL, &containers, error);
	if (err < 0)
		return err;
	json_array_foreach (containers, i, container)
		json_object_foreach ((json_t *)endpoints_of(container), name, endpoint)
			if (is_endpoint(endpoint, request)) {
				*ret_container = json_incref(container);
				return 0;
			}
	return 0;
}

/* The summary of the container that has the endpoint, a new reference; NULL with 0: none. A list
 * and not an inspection: the request has no id of a container, only the network's and the
 * endpoint's. */
static int find_container(struct client *netd, const struct docker_request *request,
			  json_t **ret_container, struct error *error)
{
	char filters[ID_LEN + 64];
	int err;

	/* {"network":["ID"]}. The id has hexadecimal digits only, so nothing else needs escaping.
	 * The network's containers only: Docker says the network with each call. */
	(void)snprintf(filters, sizeof(filters), "%%7B%%22network%%22%%3A%%5B%%22%s%%22%%5D%%7D",
		       request->network);
	err = find_among(netd, filters, request, ret_container, error);
	if (err < 0 || *ret_container)
		return err;
	/* Or all of Docker's, where netd has the network by another id: {"label":["NAME=docker"]}.
	 */
	return find_among(netd, "%7B%22label%22%3A%5B%22" NETD_LABEL_RUNTIME "%3Ddocker%22%5D%7D",
			  request, ret_container, error);
}

/* Docker's endpoints of a container: the rest of it is none of Docker's business. A container of
 * Docker's may also have been connected by netctl, to a network that Docker does not know. */
static size_t count_endpoints(const json_t *container)
{
	const char *name;
	json_t *endpoint;
	size_t n = 0;

	json_object_foreach ((json_t *)endpoints_of(container), name, endpoint)
		n += *calls_text(json_object_get(endpoint, "DriverOpts"), OPT_ENDPOINT) != '\0';
	return n;
}

/* netd's id of the network that the endpoint is on. Borrowed. */
static const char *network_of(const json_t *container, const struct docker_request *request)
{
	const char *name;
	json_t *endpoint;

	json_object_foreach ((json_t *)endpoints_of(container), name, endpoint)
		if (is_endpoint(endpoint, request))
			return calls_text(endpoint, "NetworkID");
	return request->network;
}

/* Between Leave and this Docker takes the interface out of the container again. Takes nothing apart
 * that is not there, for Docker may repeat it. 0: the endpoint is gone. */
int endpoint_delete(struct plugin *plugin, const struct docker_request *request,
		    struct error *error)
{
	json_auto_t *container = NULL;
	struct client *netd;
	int err = plugin_netd(plugin, &netd, error);

	/* The endpoint may have been created and not joined. */
	forget(find_pending(plugin, request));
	if (err == 0)
		err = find_container(netd, request, &container, error);
	if (err < 0 || !container)
		return err;
	/* Other networks of Docker's are left. The last one takes the container along. */
	if (count_endpoints(container) > 1)
		return calls_disconnect(netd, network_of(container, request),
					calls_text(container, "Id"), error);
	return calls_detach(netd, calls_text(container, "Id"), error);
}

/* --- ports ------------------------------------------------------------------------------------ */

/* The container that has the endpoint, as netd inspects it; NULL with 0: it has gone. The list has
 * no bindings in the form of PortBindings; the inspection does. */
static int inspect_container(struct client *netd, const struct docker_request *request,
			     json_t **ret_container, struct error *error)
{
	json_auto_t *summary = NULL;
	int err = find_container(netd, request, &summary, error);

	if (err < 0 || !summary)
		return err;
	err = calls_container(netd, calls_text(summary, "Id"), ret_container, error);
	/* It has gone, and its ports with it. */
	return err < 0 && error->reason == ERROR_REASON_CONTAINER_NOT_FOUND ? 0 : err;
}

/* As PortBindings, which are answered as they are asked for. A new reference, NULL without memory.
 * Ports that are only exposed have no bindings. */
static json_t *ports_of(const json_t *container)
{
	json_t *settings = json_object_get(container, "NetworkSettings");
	json_t *ports = json_object_get(settings, "Ports"), *published = json_object(), *bindings;
	const char *key;

	json_object_foreach (ports, key, bindings)
		if (json_array_size(bindings) > 0) /* else it is exposed only */
			(void)json_object_set(published, key, bindings);
	return published;
}

/* Publishes what is not published yet. netd's call publishes all of them or none. */
int endpoint_publish(struct plugin *plugin, const struct docker_request *request,
		     struct error *error)
{
	json_auto_t *container = NULL, *published = NULL, *missing = NULL, *body = NULL;
	json_t *bindings;
	const char *port;
	struct client *netd;
	int err = plugin_netd(plugin, &netd, error);

	if (err == 0 && request->ports)
		err = inspect_container(netd, request, &container, error);
	/* 0 without a container: there is nothing to publish for. */
	if (err < 0 || !container)
		return err;
	published = ports_of(container);
	missing = json_copy(request->ports);
	/* Docker says it again when the default route of the other family changes. */
	json_object_foreach (published, port, bindings)
		(void)json_object_del(missing, port);
	body = json_pack("{s:O}", "PortBindings", missing);
	/* jansson's functions take NULL, so one check stands for all of them. */
	if (!published || !body)
		return error_system(error, -ENOMEM, "cannot publish ports");
	/* All of them are published already. */
	if (json_object_size(missing) == 0)
		return 0;
	return calls_ports_add(netd, calls_text(container, "Id"), body, error);
}

/* Takes back every port of the container: Docker names none in this call. */
int endpoint_unpublish(struct plugin *plugin, const struct docker_request *request,
		       struct error *error)
{
	json_auto_t *container = NULL, *published = NULL, *body = NULL;
	struct client *netd;
	int err = plugin_netd(plugin, &netd, error);

	if (err == 0)
		err = inspect_container(netd, request, &container, error);
	/* A container that has gone has no ports. */
	if (err < 0 || !container)
		return err;
	published = ports_of(container);
	body = json_pack("{s:O}", "PortBindings", published);
	if (!published || !body)
		return error_system(error, -ENOMEM, "cannot take ports back");
	if (json_object_size(published) == 0)
		return 0;
	return calls_ports_remove(netd, calls_text(container, "Id"), body, error);
}

/* --- EndpointOperInfo ------------------------------------------------------------------------- */

/* IANA's numbers, in which libnetwork speaks. netd knows no protocol but these three. */
static int protocol_number(const char *name)
{
	return strcmp(name, "udp") == 0	   ? IPPROTO_UDP
	       : strcmp(name, "sctp") == 0 ? IPPROTO_SCTP
					   : IPPROTO_TCP;
}

/* Elements are of netd's list: {"IP", "PrivatePort", "PublicPort", "Type"}. */
json_t *endpoint_portmap(const json_t *ports)
{
	json_t *array = json_array(), *port;
	size_t i;
	int err = 0;

	json_array_foreach (ports, i, port) {
		json_t *host = json_object_get(port, "PublicPort");

		err |= json_array_append_new(
			array,
			json_pack("{s:i, s:s, s:O, s:s, s:O, s:O}", "Proto",
				  protocol_number(calls_text(port, "Type")), "IP", "", "Port",
				  json_object_get(port, "PrivatePort"), "HostIP",
				  calls_text(port, "IP"), "HostPort", host, "HostPortEnd", host));
	}
	if (err == 0)
		return array;
	json_decref(array);
	return NULL;
}

/* The answer's "Value". A new reference; members may lack where memory is short. */
static json_t *info(const json_t *container, const struct docker_request *request)
{
	json_t *value = json_pack("{s:o}", PORTMAP,
				  endpoint_portmap(json_object_get(container, "Ports")));
	const char *name;
	json_t *endpoint;

	json_object_foreach ((json_t *)endpoints_of(container), name, endpoint)
		if (is_endpoint(endpoint, request))
			(void)json_object_set(value, MAC_ADDRESS,
					      json_object_get(endpoint, "MacAddress"));
	return value;
}

/* An endpoint without a container is answered with an empty object: Docker shows nothing then. */
int endpoint_info(struct plugin *plugin, const struct docker_request *request, json_t **ret_answer,
		  struct error *error)
{
	json_auto_t *container = NULL;
	struct client *netd;
	int err = plugin_netd(plugin, &netd, error);

	if (err == 0)
		err = find_container(netd, request, &container, error);
	if (err < 0)
		return err;
	*ret_answer = json_pack("{s:o}", "Value",
				container ? info(container, request) : json_object());
	return 0;
}
