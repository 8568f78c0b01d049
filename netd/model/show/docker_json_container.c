// SPDX-License-Identifier: GPL-2.0-or-later
// docker_json_container.c - containers as Docker's API shows them
#include "model/show/docker_json.h"

#include "base/cleanup.h"
#include "model/show/docker_json_parts.h"
#include "model/show/spec_json.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. The object is that of `docker inspect`. netd knows a container's network
 * and nothing of its image or command: what belongs to those is there, empty, so that Docker's
 * clients find the keys. Ports are written as text into places that the tree has kept with null
 * (docker_json_text.c), since a tree of thousands of them would cost more than all the rest. */

#define NEVER "0001-01-01T00:00:00Z" /* Go's zero time: has not finished */

/* NULL where memory is lacking, which the caller's setter takes for a failure. The texts are
 * copied. */
static json_t *string_array(const char *const *texts, size_t n)
{
	json_t *array = json_array();
	int err = 0;

	for (size_t i = 0; i < n; i++)
		err |= json_array_append_new(array, json_string(texts[i]));
	return docker_json_whole(array, err);
}

/* What Docker shows as null when there is none. A new array, or NULL without memory. */
static json_t *strings_or_null(char *const *texts, size_t n)
{
	return n ? string_array((const char *const *)texts, n) : json_null();
}

/* As they were asked for: CONTAINER:ALIAS. The alias is there in any case, as the request has
 * filled it in. */
static json_t *links_or_null(const struct link *links, size_t n)
{
	json_t *array;
	int err = 0;

	if (n == 0)
		return json_null();
	array = json_array();
	for (size_t i = 0; i < n; i++)
		err |= json_array_append_new(
			array, json_sprintf("%s:%s", links[i].container, links[i].alias));
	return docker_json_whole(array, err);
}

/* A new object or null, or NULL without memory. */
static json_t *ipam_config(const struct endpoint_spec *spec)
{
	json_t *object;
	/* "IPAMConfig" says what was asked for, and not what was given. */
	int err = 0;

	/* Docker's clients tell "nothing was asked" by null. */
	if (!addr_is_set(&spec->ip[FAMILY_4]) && !addr_is_set(&spec->ip[FAMILY_6]) &&
	    spec->n_link_local == 0)
		return json_null();
	object = json_object();
	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&spec->ip[family]))
			err |= docker_json_set_text(object, endpoint_ip_key[family],
						    ADDR_STR(&spec->ip[family]));
	if (spec->n_link_local > 0)
		err |= json_object_set_new(object, "LinkLocalIPs", spec_json_link_local(spec));
	return docker_json_whole(object, err);
}

/* All names that the resolver answers for this endpoint. They are the endpoint's own texts; the
 * array has room for all of them. */
static json_t *dns_names(const struct endpoint *endpoint)
{
	const char *names[ALIASES_MAX + 3];

	return string_array(names, endpoint_dns_names(endpoint, names));
}

/* One family of an endpoint; what is absent is "" and 0. Both families are made by one function,
 * and then put in Docker's order. The texts are copies, so a face needs no cleaning up. */
struct face {
	char address[ADDR_STR_MAX], gateway[ADDR_STR_MAX];
	uint8_t prefix_len;
};

static struct face face_of(const struct endpoint *endpoint, enum family family)
{
	const struct network_spec *network = &endpoint->network->spec;
	const struct subnet *subnet = &network->subnet[family];
	const struct addr *addr = &endpoint->ip[family];
	struct face face = { 0 };

	/* Everything stays empty, the prefix length included, as in Docker. */
	if (!addr_is_set(addr))
		return face;
	(void)addr_print(addr, face.address);
	/* An internal network leads nowhere, and Docker shows it without a gateway. */
	if (!network->internal)
		(void)addr_print(&subnet->gateway, face.gateway);
	face.prefix_len = subnet->prefix.len;
	return face;
}

/* buffer: the room for a text that is not empty. */
static const char *mac_text(const struct endpoint *endpoint, char buffer[static MAC_STR_MAX])
{
	static const struct mac none;

	/* on the network host nothing has a MAC address of its own */
	if (memcmp(&endpoint->mac, &none, sizeof(none)) == 0)
		return "";
	return mac_print(endpoint_mac(endpoint), buffer);
}

/* Every key that Docker's clients look at, in Docker's order. Null, an empty text and 0 are what
 * Docker has for "none" of each type. A new object, or NULL without memory. */
static json_t *endpoint_settings(const struct endpoint *endpoint)
{
	const struct endpoint_spec *spec = &endpoint->spec;
	const struct network_spec *network = &endpoint->network->spec;
	struct face four = face_of(endpoint, FAMILY_4), six = face_of(endpoint, FAMILY_6);
	char mac[MAC_STR_MAX];
	json_t *object = json_object();
	int err = 0;

	err |= json_object_set_new(object, "IPAMConfig", ipam_config(spec));
	err |= json_object_set_new(object, "Links", links_or_null(spec->links, spec->n_links));
	err |= json_object_set_new(object, "Aliases",
				   strings_or_null(spec->aliases, spec->n_aliases));
	err |= json_object_set_new(object, "DriverOpts",
				   json_object_size(spec->driver_opts)
					   ? json_deep_copy(spec->driver_opts)
					   : json_null());
	err |= json_object_set_new(object, "GwPriority", json_integer(spec->gw_priority));
	err |= docker_json_set_text(object, "NetworkID", network->id);
	err |= docker_json_set_text(object, "EndpointID", endpoint->id);
	/* The keys of the two families stand in Docker's order, with the MAC address between. */
	err |= docker_json_set_text(object, "Gateway", four.gateway);
	err |= docker_json_set_text(object, "IPAddress", four.address);
	err |= docker_json_set_text(object, "MacAddress", mac_text(endpoint, mac));
	err |= json_object_set_new(object, "IPPrefixLen", json_integer(four.prefix_len));
	err |= docker_json_set_text(object, "IPv6Gateway", six.gateway);
	err |= docker_json_set_text(object, "GlobalIPv6Address", six.address);
	err |= json_object_set_new(object, "GlobalIPv6PrefixLen", json_integer(six.prefix_len));
	err |= json_object_set_new(object, "DNSNames", dns_names(endpoint));
	return docker_json_whole(object, err);
}

/* The first interface on a network has the network's name, and the others NETWORK@IFNAME. Docker
 * has one interface for each network, so the key alone would do there. A new object, or NULL
 * without memory. */
static json_t *networks(const struct container *container)
{
	json_t *object = json_object();
	int err = 0;

	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];
		const char *name = endpoint->network->spec.name;
		char at[NAME_LEN_MAX + IFNAME_LEN_MAX + 2];

		/* jansson would replace the first one of that name without a word. */
		if (json_object_get(object, name)) {
			(void)snprintf(at, sizeof(at), "%s@%s", name, endpoint->ifname); /* fits */
			name = at;
		}
		err |= json_object_set_new(object, name, endpoint_settings(endpoint));
	}
	return docker_json_whole(object, err);
}

/* The word that Docker's clients tell host mode by. Clients decide by it whether ports are
 * shown at all. */
static const char *network_mode(const struct container *container)
{
	if (container->host_mode)
		return "host";
	return container->n_endpoints ? container->endpoints[0]->network->spec.name : "none";
}

/* netd's containers run, or they are not there. The numbers are those of a container that has just
 * been started. A container is running from the moment of its attach, which is when StartedAt says
 * it began. */
static json_t *state(const struct container *container)
{
	json_t *object = json_object();
	int err = docker_json_set_text(object, "Status", "running");

	err |= json_object_set_new(object, "Running", json_true());
	err |= json_object_set_new(object, "Paused", json_false());
	err |= json_object_set_new(object, "Restarting", json_false());
	err |= json_object_set_new(object, "OOMKilled", json_false());
	err |= json_object_set_new(object, "Dead", json_false());
	err |= json_object_set_new(object, "Pid", json_integer(container->spec.pid));
	err |= json_object_set_new(object, "ExitCode", json_integer(0));
	err |= docker_json_set_text(object, "Error", "");
	err |= docker_json_set_time(object, "StartedAt", &container->created);
	err |= docker_json_set_text(object, "FinishedAt", NEVER);
	return docker_json_whole(object, err);
}

/* What belongs to images and commands is empty: netd knows of none. A new object, or NULL without
 * memory. */
static json_t *config(const struct container *container)
{
	json_t *object = json_object();
	int err = docker_json_set_text(object, "Hostname", container->spec.hostname);

	err |= docker_json_set_text(object, "Domainname", container->spec.domainname);
	/* The key keeps its place in Docker's order; the text is put there later
	 * (docker_json_container()). */
	err |= json_object_set_new(object, "ExposedPorts", json_null());
	err |= json_object_set_new(object, "Env", json_array());
	err |= json_object_set_new(object, "Cmd", json_null());
	err |= docker_json_set_text(object, "Image", "");
	err |= docker_json_set_copy(object, "Labels", container->spec.labels);
	return docker_json_whole(object, err);
}

/* As it was asked for: value of the request that would ask for it again, or an empty one. It
 * takes otherwise in any case. */
static int set_asked(json_t *object, const char *key, const json_t *asked, json_t *otherwise)
{
	json_t *value = json_object_get(asked, key);
	int err = json_object_set(object, key, value ? value : otherwise);

	json_decref(otherwise);
	return err;
}

/* What was asked for, as Docker shows it, with netd's own choice left out. */
static json_t *host_config(const struct container *container)
{
	/* A copy of the struct alone: it is only read, and its ports are left out below. */
	struct container_spec spec = container->spec;
	json_t *object = json_object(), *asked;
	int err = docker_json_set_text(object, "NetworkMode", network_mode(container));

	spec.n_ports = 0; /* those are text */
	asked = spec_json_container(&spec);
	err |= json_object_set_new(object, "PortBindings", json_null());
	err |= json_object_set_new(object, "PublishAllPorts", json_false());
	err |= set_asked(object, "Dns", asked, json_array());
	err |= set_asked(object, "DnsOptions", asked, json_array());
	err |= set_asked(object, "DnsSearch", asked, json_array());
	err |= set_asked(object, "ExtraHosts", asked, json_null());
	err |= set_asked(object, "Links", asked, json_null());
	/* NULL for want of memory would else look as if nothing had been asked for. */
	err |= !asked;
	json_decref(asked);
	return docker_json_whole(object, err);
}

/* Where the namespace is found, by path or by pid. The key is what Docker's clients and netctl exec
 * open. Not 0: out of memory. */
static int set_sandbox(json_t *object, const struct container_spec *spec)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", spec->pid);
	return docker_json_set_text(object, "SandboxID", spec->id) |
	       docker_json_set_text(object, "SandboxKey",
				    spec->netns_path ? spec->netns_path : path);
}

/* The fields of the first network at the top, where clients of before API 1.52 look for them.
 * Without a network they are empty. Not 0: out of memory. */
static int set_legacy(json_t *object, const json_t *networks_json)
{
	static const char *const keys[] = {
		"EndpointID", "Gateway",     "GlobalIPv6Address", "GlobalIPv6PrefixLen",
		"IPAddress",  "IPPrefixLen", "IPv6Gateway",	  "MacAddress",
	};
	/* The first is the one that was joined first, since jansson keeps the order of keys. */
	void *first = json_object_iter((json_t *)networks_json);
	const json_t *settings = first ? json_object_iter_value(first) : NULL;
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		json_t *value = json_object_get(settings, keys[i]);

		if (value)
			/* A reference, not a copy: both places show the same value. */
			err |= json_object_set(object, keys[i], value);
		else if (strstr(keys[i], "PrefixLen"))
			err |= json_object_set_new(object, keys[i], json_integer(0));
		else
			err |= docker_json_set_text(object, keys[i], "");
	}
	return err;
}

/* Ports are text, and are put in later; here their place is kept. Keys of the old bridge alone are
 * empty. A new object, or NULL without memory. */
static json_t *network_settings(const struct container *container)
{
	json_t *object = json_object(), *all = networks(container);
	int err = docker_json_set_text(object, "Bridge", "");

	err |= set_sandbox(object, &container->spec);
	err |= json_object_set_new(object, "Ports", json_null());
	err |= json_object_set_new(object, "HairpinMode", json_false());
	err |= docker_json_set_text(object, "LinkLocalIPv6Address", "");
	err |= json_object_set_new(object, "LinkLocalIPv6PrefixLen", json_integer(0));
	err |= json_object_set_new(object, "SecondaryIPAddresses", json_null());
	err |= json_object_set_new(object, "SecondaryIPv6Addresses", json_null());
	err |= set_legacy(object, all);
	err |= json_object_set_new(object, "Networks", all);
	return docker_json_whole(object, err);
}

/* dir NULL: the container has no files of netd's. The paths are those of the host, for whoever
 * mounts them into the container. */
static int set_dir_path(json_t *object, const char *key, const char *dir, const char *file)
{
	if (!dir)
		return docker_json_set_text(object, key, "");
	return json_object_set_new(object, key, json_sprintf("%s/%s", dir, file));
}

/* The whole object of `docker inspect`, without what is text. The order of the keys is Docker's. */
static json_t *container_tree(const struct container *container)
{
	const struct container_spec *spec = &container->spec;
	json_t *object = json_object();
	int err = docker_json_set_text(object, "Id", spec->id);

	err |= docker_json_set_time(object, "Created", &container->created);
	err |= docker_json_set_text(object, "Path", "");
	err |= json_object_set_new(object, "Args", json_array());
	err |= json_object_set_new(object, "State", state(container));
	err |= docker_json_set_text(object, "Image", "");
	err |= set_dir_path(object, "ResolvConfPath", container->dir, "resolv.conf");
	err |= set_dir_path(object, "HostnamePath", container->dir, "hostname");
	err |= set_dir_path(object, "HostsPath", container->dir, "hosts");
	err |= docker_json_set_text(object, "LogPath", "");
	err |= json_object_set_new(object, "Name", json_sprintf("/%s", spec->name));
	err |= json_object_set_new(object, "RestartCount", json_integer(0));
	err |= docker_json_set_text(object, "Driver", "netd");
	err |= docker_json_set_text(object, "Platform", "linux");
	err |= json_object_set_new(object, "HostConfig", host_config(container));
	err |= json_object_set_new(object, "Mounts", json_array());
	err |= json_object_set_new(object, "Config", config(container));
	err |= json_object_set_new(object, "NetworkSettings", network_settings(container));
	return docker_json_whole(object, err);
}

/* Which functions write text, and at which places. Each is the name of an object, a key in it, and
 * what writes the value. 0 or a negative errno. The text is appended to the buffer. */
int docker_json_container(const struct container *container, struct buf *buf)
{
	static const struct docker_json_text texts[] = {
		{ "HostConfig", "PortBindings", docker_json_bindings },
		{ "Config", "ExposedPorts", docker_json_exposed },
		{ "NetworkSettings", "Ports", docker_json_ports },
		{ 0 },
	};

	return docker_json_put(container_tree(container), texts, container, buf);
}

/* The object of a list, which has less. Created is a number of seconds here, and a text in the
 * other. */
static json_t *summary_tree(const struct container *container)
{
	const struct container_spec *spec = &container->spec;
	json_t *object = json_object(), *names = json_array(), *host = json_object();
	json_t *settings = json_object();
	int err = docker_json_set_text(object, "Id", spec->id);

	err |= json_array_append_new(names, json_sprintf("/%s", spec->name));
	err |= docker_json_set_text(host, "NetworkMode", network_mode(container));
	err |= json_object_set_new(settings, "Networks", networks(container));
	err |= json_object_set_new(object, "Names", names);
	err |= docker_json_set_text(object, "Image", "");
	err |= docker_json_set_text(object, "ImageID", "");
	err |= docker_json_set_text(object, "Command", "");
	err |= json_object_set_new(object, "Created", json_integer(container->created.tv_sec));
	err |= json_object_set_new(object, "Ports", json_null());
	err |= docker_json_set_copy(object, "Labels", spec->labels);
	err |= docker_json_set_text(object, "State", "running");
	err |= docker_json_set_text(object, "Status", "Up");
	err |= json_object_set_new(object, "HostConfig", host);
	err |= json_object_set_new(object, "NetworkSettings", settings);
	err |= json_object_set_new(object, "Mounts", json_array());
	return docker_json_whole(object, err);
}

/* The list of ports stands in the object itself, which has no name. */
int docker_json_container_summary(const struct container *container, struct buf *buf)
{
	static const struct docker_json_text texts[] = {
		{ "", "Ports", docker_json_port_list },
		{ 0 },
	};

	return docker_json_put(summary_tree(container), texts, container, buf);
}
