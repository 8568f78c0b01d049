// SPDX-License-Identifier: GPL-2.0-or-later
// container.c - from a CNI call to the container netd is asked to attach, and back
#include "plugins/cni/container.h"

#include "base/addr.h"
#include "base/cleanup.h"
#include "client/calls.h"
#include "model/container/bandwidth.h"
#include "model/text/field.h"
#include "model/text/name.h"
#include "plugins/cni/bandwidth.h"

#include <ctype.h>
#include <errno.h>
#include <netd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* The plugin keeps no state of its own. What a later DEL, CHECK or GC has to know is kept by netd:
 *
 *   Id                        of the container: CNI_CONTAINERID, or a hash of it
 *   label LABEL_CONTAINER     of the container: CNI_CONTAINERID as it was given
 *   option OPTION_NETWORK     of the endpoint: the name of the CNI network
 *   option for the interface  of the endpoint: CNI_IFNAME
 *
 * The last two together name an attachment, since one container may have several. */

/* Without it the name under which people know the container is left. */
#define ID_PREFIX "default-" /* containerd's clients put its namespace before the id */

/* --- names ------------------------------------------------------------------------------------ */

/* The hash is needed because ids of netd's have one form, and CNI allows any text. It is not to be
 * reversed: the label has the text. */
void container_id(const char *cni_id, char ret_id[static ID_LEN + 1])
{
	/* An id of 64 digits is used as it is, so that names and events of the runtime agree;
	 * others are hashed, and the same text gives the same id. */
	if (calls_is_id(cni_id))
		memcpy(ret_id, cni_id, ID_LEN + 1);
	else
		calls_make_id("cni", cni_id, ret_id);
}

/* The result is in buffer. It is a valid name of netd's as far as it is the pod's; an id that is no
 * valid name is netd's to refuse. */
const char *container_name(const struct cni_call *call, char buffer[static NAME_LEN_MAX + 1])
{
	const struct cni_args *args = &call->args;
	int len;

	if (*args->pod) {
		/* Podman and older runtimes know no namespace, or say the pod's name again. */
		bool spaced = *args->pod_namespace && strcmp(args->pod, args->pod_namespace) != 0;

		/* A pod's name is one of its namespace only. */
		len = snprintf(buffer, NAME_LEN_MAX + 1, "%s%s%s", args->pod, spaced ? "." : "",
			       spaced ? args->pod_namespace : "");
		if (len <= NAME_LEN_MAX && name_check("container", buffer, NULL) == 0)
			/* else: the pod's name is too long, or has characters that netd does not
			 * take. */
			return buffer;
	}
	(void)snprintf(buffer, NAME_LEN_MAX + 1, "%s",
		       call->container); /* its length was checked */
	return buffer;
}

/* 0, or other than 0 without memory. */
static int add_alias(json_t *aliases, const char *alias)
{
	size_t i;
	json_t *other;

	/* The name of the pod may be among them, too. */
	json_array_foreach (aliases, i, other)
		if (strcmp(json_string_value(other), alias) == 0)
			return 0;
	return json_array_append_new(aliases, json_string(alias));
}

/* An array, or (podman) an object of arrays by network. Refuses elements that are no strings; names
 * that netd does not take are left to netd, which says which one it is. */
static int add_capability_aliases(const struct cni_call *call, json_t *aliases,
				  struct cni_error *error)
{
	const json_t *given = cni_wish(call, "aliases");
	size_t i;
	json_t *alias;

	/* Podman says aliases by network in one object for all. */
	if (json_is_object(given))
		given = json_object_get(given, call->name);
	json_array_foreach ((json_t *)given, i, alias) {
		if (!json_is_string(alias))
			return cni_fail(error, CNI_BAD_CONFIG, "aliases must hold strings");
		if (add_alias(aliases, json_string_value(alias)) < 0)
			return cni_fail(error, CNI_INTERNAL, "no memory");
	}
	if (given && !json_is_array(given) && !json_is_null(given))
		return cni_fail(error, CNI_BAD_CONFIG, "aliases must be an array of strings");
	return 0;
}

/* The names that may be shared: a pod is found by its own name too, and a containerd container
 * without the namespace. Failures of memory are collected, and told once. */
static int build_aliases(const struct cni_call *call, json_t *aliases, struct cni_error *error)
{
	const char *container = call->container;
	int err = 0;

	if (*call->args.pod && name_check("pod", call->args.pod, NULL) == 0)
		err |= add_alias(aliases, call->args.pod);
	if (strncmp(container, ID_PREFIX, strlen(ID_PREFIX)) == 0 && container[strlen(ID_PREFIX)])
		err |= add_alias(aliases, container + strlen(ID_PREFIX));
	if (err != 0)
		return cni_fail(error, CNI_INTERNAL, "no memory");
	return add_capability_aliases(call, aliases, error);
}

/* --- addresses -------------------------------------------------------------------------------- */

/* Three ways lead to an address: the capability ips, args.cni.ips, and IP of CNI_ARGS. cni_wish()
 * knows the first two. */

/* "10.1.2.3/24" or without the prefix, which is the network's own affair. Sets the member of ipam
 * for the address's family. */
static int add_ip(json_t *ipam, const char *text, struct cni_error *error)
{
	char address[ADDR_STR_MAX];
	size_t len = strcspn(text, "/");
	struct addr addr;
	const char *key;

	/* The copy is cut at the slash. A text that does not fit is no address. */
	if (len < sizeof(address))
		(void)snprintf(address, sizeof(address), "%.*s", (int)len, text);
	if (len >= sizeof(address) || addr_parse(address, &addr) < 0)
		return cni_fail(error, CNI_BAD_CONFIG, "ips: \"%s\" is not an address", text);
	key = calls_family[family_of(addr.family)].asked;
	/* One address of each family, and an error for the second: to take one of two would
	 * surprise somebody later. */
	if (json_object_get(ipam, key))
		return cni_fail(
			error, CNI_UNSUPPORTED_FIELD,
			"unsupported field ips: an interface has one address of each family, "
			"and %s is the second",
			text);
	if (json_object_set_new(ipam, key, json_string(address)) < 0)
		return cni_fail(error, CNI_INTERNAL, "no memory");
	return 0;
}

/* Fills ipam, which is empty before. It stays empty if nobody asks for an address, and netd then
 * chooses. */
static int build_ipam(const struct cni_call *call, json_t *ipam, struct cni_error *error)
{
	const json_t *ips = cni_wish(call, "ips");
	size_t i;
	json_t *ip;

	if (ips && !json_is_array(ips) && !json_is_null(ips))
		return cni_fail(error, CNI_BAD_CONFIG, "ips must be an array of strings");
	json_array_foreach ((json_t *)ips, i, ip) {
		if (!json_is_string(ip))
			return cni_fail(error, CNI_BAD_CONFIG, "ips must hold strings");
		if (add_ip(ipam, json_string_value(ip), error) < 0)
			return -EINVAL;
	}
	/* CNI_ARGS are the oldest of the three ways and yield to the others. */
	if (json_object_size(ipam) == 0 && *call->args.ip)
		return add_ip(ipam, call->args.ip, error);
	return 0;
}

/* *ret_settings is the caller's. */
int container_settings(const struct cni_call *call, json_t **ret_settings, struct cni_error *error)
{
	json_auto_t *aliases = json_array(), *ipam = json_object(), *settings = NULL;
	const char *mac = json_string_value(cni_wish(call, "mac"));
	const json_t *priority = json_object_get(call->json, "gwPriority");
	char bandwidth[CNI_BANDWIDTH_ROOM];
	int err = build_aliases(call, aliases, error);

	if (err == 0)
		err = build_ipam(call, ipam, error);
	if (err == 0)
		err = cni_bandwidth(call->json, bandwidth, error);
	if (err < 0)
		return err;
	/* The two options are the marks by which container_find() finds this interface again. "O"
	 * takes a reference of its own, so aliases and ipam are let go at the end all the same. */
	settings = json_pack("{s:O, s:O, s:{s:s, s:s}}", "Aliases", aliases, "IPAMConfig", ipam,
			     "DriverOpts", NETD_OPTION_IFNAME, call->ifname, OPTION_NETWORK,
			     call->name);
	if (*bandwidth)
		err |= json_object_set_new(json_object_get(settings, "DriverOpts"), BANDWIDTH_LABEL,
					   json_string(bandwidth));
	if (!mac)
		mac = call->args.mac;
	if (*mac)
		err |= json_object_set_new(settings, "MacAddress", json_string(mac));
	/* An interface without a wish gets the MAC that netd makes of its names, which is the same
	 * each time. */
	if (priority)
		err |= json_object_set_new(settings, "GwPriority", json_deep_copy(priority));
	if (err != 0 || !settings)
		return cni_fail(error, CNI_INTERNAL, "no memory");
	*ret_settings = take_ptr(settings);
	return 0;
}

/* --- ports ------------------------------------------------------------------------------------ */

/* One entry of portMappings. Texts are borrowed from the configuration, "" if they are missing. */
struct mapping {
	json_int_t host_port, container_port;
	const char *protocol, *host_ip;
};

/* -EINVAL with the reason in the scope's error. */
static int decode_mapping(const struct field_scope *scope, struct mapping *mapping)
{
	int err;

	/* hostPort may be 0: see build_ports(). */
	if ((err = field_integer(scope, "hostPort", 0, UINT16_MAX, &mapping->host_port)) < 0 ||
	    (err = field_integer(scope, "containerPort", 1, UINT16_MAX, &mapping->container_port)) <
		    0 ||
	    (err = field_text(scope, "protocol", &mapping->protocol)) < 0 ||
	    (err = field_text(scope, "hostIP", &mapping->host_ip)) < 0)
		return err;
	/* field_integer leaves 0 where it is missing. */
	if (mapping->container_port == 0)
		return field_error(scope, "containerPort", "is required");
	return 0;
}

/* Takes no reference. Returns 0, or other than 0 without memory; jansson's functions take the NULL
 * that json_pack() then gives. */
static int add_binding(json_t *bindings, const char *host_ip, json_int_t host_port, bool reserved)
{
	json_t *binding = json_pack("{s:s, s:o}", "HostIp", host_ip, "HostPort",
				    json_sprintf("%" JSON_INTEGER_FORMAT, host_port));
	int err = 0;

	if (reserved)
		err = json_object_set_new(binding, "Reserved", json_true());
	return json_array_append_new(bindings, binding) | err;
}

/* Podman listens on what it publishes: of no address on 0.0.0.0 only, and never with SCTP. What it
 * does not hold stays netd's. reserved asks netd for the NAT rules without the socket, which
 * somebody else has open. netd would fail to bind it. */
static int add_held_elsewhere(json_t *bindings, const struct mapping *mapping)
{
	const char *host_ip = *mapping->host_ip ? mapping->host_ip : "0.0.0.0";
	int err = add_binding(bindings, host_ip, mapping->host_port, true);

	/* On IPv6 nobody listens yet, so netd reserves that one itself. Without IPv6 in the kernel
	 * there is no such address to bind. */
	if (!*mapping->host_ip && access("/proc/net/if_inet6", F_OK) == 0)
		err |= add_binding(bindings, "::", mapping->host_port, false);
	return err;
}

/* ports is {"80/tcp": [bindings]}, the form of PortBindings. reserve: netd holds the host's ports
 * itself. */
static int add_mapping(json_t *ports, const struct mapping *mapping, bool reserve)
{
	char key[48];
	json_t *bindings;

	/* The protocol is cut rather than checked. netd refuses one that it does not know, by
	 * name. */
	(void)snprintf(key, sizeof(key), "%d/%.40s", (int)mapping->container_port,
		       *mapping->protocol ? mapping->protocol : "tcp");
	for (char *c = key; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	bindings = json_object_get(ports, key);
	/* Several mappings may lead to one port of the container. */
	if (!bindings) {
		bindings = json_array();
		if (json_object_set_new(ports, key, bindings) < 0)
			return -EINVAL;
	}
	/* SCTP is bound by nobody but netd, since Podman opens no SCTP sockets. */
	if (reserve || strcasecmp(mapping->protocol, "sctp") == 0)
		return add_binding(bindings, mapping->host_ip, mapping->host_port, false);
	return add_held_elsewhere(bindings, mapping);
}

/* The readers of fields name the place of a mistake, as in
 * runtimeConfig.portMappings[2].hostPort. */
static int build_ports(const struct cni_call *call, json_t *ports, struct error *cause)
{
	const json_t *capabilities = json_object_get(call->json, "runtimeConfig"), *mappings = NULL;
	struct field_scope config, scope, element;
	bool reserve = true;
	int err;

	if ((err = field_scope_init(call->json, "", cause, &config)) < 0 ||
	    (err = field_bool(&config, "portReservation", &reserve)) < 0 ||
	    (err = field_scope_init(capabilities, "runtimeConfig", cause, &scope)) < 0 ||
	    /* The limit is netd's own. An array beyond it would be refused there as well. */
	    (err = field_array(&scope, "portMappings", PORTS_PER_CONTAINER_MAX, &mappings)) < 0)
		return err;
	for (size_t i = 0; i < json_array_size(mappings); i++) {
		struct mapping mapping = { .protocol = "", .host_ip = "" };

		if ((err = field_element(&scope, "portMappings", mappings, i, &element)) < 0 ||
		    (err = decode_mapping(&element, &mapping)) < 0)
			return err;
		/* What a pod merely declares comes with hostPort 0, and is not to be published. */
		if (mapping.host_port != 0 && add_mapping(ports, &mapping, reserve) < 0)
			return field_no_memory(cause);
	}
	return 0;
}

/* *ret_ports is the caller's. */
int container_ports(const struct cni_call *call, json_t **ret_ports, struct cni_error *error)
{
	json_auto_t *ports = json_object();
	struct error cause;

	if (!ports)
		return cni_fail(error, CNI_INTERNAL, "no memory");
	if (build_ports(call, ports, &cause) < 0)
		return cni_fail(error, CNI_BAD_CONFIG, "%s", cause.text);
	*ret_ports = take_ptr(ports);
	return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* The parts put together. Each function returns 0, or other than 0 without memory, and the caller
 * tells it once. */

/* The first of the two that has key; an array of strings, as netd checks. Sets nothing where
 * neither has a list with elements. */
static int set_dns(json_t *body, const char *key, const json_t *first, const char *first_key,
		   const json_t *second, const char *second_key)
{
	json_t *value = json_object_get(first, first_key);

	/* The runtime's own wish replaces the configuration's, and is not added to it. */
	if (json_array_size(value) == 0)
		value = json_object_get(second, second_key);
	return json_array_size(value) == 0 ? 0 : json_object_set(body, key, value);
}

/* Without netd's own address: a pod that is told to ask there says so to every plugin, and netd
 * asking itself would never hear an answer. */
static int add_servers(json_t *servers, const json_t *given)
{
	size_t i;
	json_t *one;
	int err = 0;

	json_array_foreach ((json_t *)given, i, one) {
		const char *text = json_string_value(one);

		if (!text || strcmp(text, NETD_DNS_ADDRESS) != 0)
			err |= json_array_append(servers, one);
	}
	return err;
}

/* The configuration's servers are taken if those of the runtime come to nothing, netd's own address
 * left out. */
static int set_servers(json_t *body, const json_t *asked, const json_t *dns)
{
	json_auto_t *servers = json_array();
	int err = add_servers(servers, json_object_get(asked, "servers"));

	if (json_array_size(servers) == 0)
		err |= add_servers(servers, json_object_get(dns, "nameservers"));
	if (json_array_size(servers) > 0)
		err |= json_object_set(body, "Dns", servers);
	return err;
}

/* asked is the capability, which the runtime fills. dns is of the configuration, which the
 * administrator writes. */
static int set_name_service(const struct cni_call *call, json_t *body)
{
	const json_t *asked = cni_capability(call, "dns"),
		     *dns = json_object_get(call->json, "dns");
	/* A name that a host may have; a pod's name is one as a rule. */
	const char *hostname = *call->args.hostname ? call->args.hostname : call->args.pod;
	int err = set_servers(body, asked, dns);

	err |= set_dns(body, "DnsSearch", asked, "searches", dns, "search");
	err |= set_dns(body, "DnsOptions", asked, "options", dns, "options");
	/* A pod's name that no host may have is left out, and the pod keeps the name that the
	 * runtime gives it. */
	if (*hostname && strlen(hostname) <= HOSTNAME_LEN_MAX &&
	    name_check("host", hostname, NULL) == 0)
		err |= json_object_set_new(body, "Hostname", json_string(hostname));
	return err;
}

/* The labels of the pod have the names that Kubernetes uses, so that a list can be filtered by
 * them. */
static int set_labels(const struct cni_call *call, json_t *body)
{
	const struct cni_args *args = &call->args;
	json_t *labels = json_pack("{s:s}", LABEL_CONTAINER, call->container);
	/* The label is how a GC finds containers of this plugin, and theirs alone. */
	int err = 0;

	if (*args->pod)
		err |= json_object_set_new(labels, "io.kubernetes.pod.name",
					   json_string(args->pod));
	if (*args->pod_namespace)
		err |= json_object_set_new(labels, "io.kubernetes.pod.namespace",
					   json_string(args->pod_namespace));
	if (*args->pod_uid)
		err |= json_object_set_new(labels, "io.kubernetes.pod.uid",
					   json_string(args->pod_uid));
	return err | json_object_set_new(body, "Labels", labels);
}

/* *ret_body is the caller's. */
int container_body(const struct cni_call *call, json_t **ret_body, struct cni_error *error)
{
	json_auto_t *settings = NULL, *ports = NULL, *body = NULL;
	char id[ID_LEN + 1], name[NAME_LEN_MAX + 1];
	int err = container_settings(call, &settings, error);

	if (err == 0)
		err = container_ports(call, &ports, error);
	if (err < 0)
		return err;
	container_id(call->container, id);
	/* Networks has one member: a CNI call is about one network. */
	body = json_pack("{s:s, s:s, s:s, s:{s:O}, s:O}", "Id", id, "Name",
			 container_name(call, name), "NetnsPath", call->netns, "Networks",
			 call->network, settings, "PortBindings", ports);
	err = set_labels(call, body);
	err |= set_name_service(call, body);
	if (err != 0)
		return cni_fail(error, CNI_INTERNAL, "no memory");
	*ret_body = take_ptr(body);
	return 0;
}

/* *ret_netd_network may be NULL; it is borrowed, too. */
const json_t *container_find(const json_t *container, const char *network, const char *ifname,
			     const char **ret_netd_network)
{
	const json_t *all = json_object_get(json_object_get(container, "NetworkSettings"),
					    "Networks");
	const char *name;
	json_t *settings;

	json_object_foreach ((json_t *)all, name, settings) {
		/* An interface is known by its name inside and by the CNI network: a container
		 * may be on one network of netd's twice. */
		const json_t *options = json_object_get(settings, "DriverOpts");

		if (strcmp(calls_text(options, NETD_OPTION_IFNAME), ifname) != 0 ||
		    strcmp(calls_text(options, OPTION_NETWORK), network) != 0)
			continue;
		if (ret_netd_network)
			*ret_netd_network = name;
		return settings;
	}
	return NULL;
}
