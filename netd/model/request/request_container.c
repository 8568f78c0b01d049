// SPDX-License-Identifier: GPL-2.0-or-later
// request_container.c - the body of POST /netd/v1/containers
#include "model/request/request.h"

#include "base/cleanup.h"
#include "model/container/port_binding.h"
#include "model/request/request_links.h"
#include "model/text/field.h"
#include "model/text/name.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. What can be judged from the body alone is judged here, so that the engine is
 * asked for nothing that makes no sense. Whether a network exists or an address is free, it says
 * itself. The spec is filled in pieces; when one of them fails, request_container() frees what
 * there is. */

/* A number above it is no process of any Linux. */
#define PID_MAX 4194304 /* PID_MAX_LIMIT of the kernel's linux/threads.h */
/* It is there on every host, as Docker's is. */
#define DEFAULT_NETWORK "bridge"

/* A caller that knows only an id (an OCI hook) gets the short id for a name, as in Docker's
 * hostname. The name is checked in any case, since it goes into files and DNS. 0, or the error is
 * set. Without an id the engine draws one. */
static int decode_identity(const struct field_scope *body, struct container_spec *spec)
{
	const char *name = "", *id = spec->id;
	char short_id[ID_SHORT_LEN + 1];
	int err;

	if ((err = field_text(body, "Name", &name)) < 0 || (err = field_id(body, spec->id)) < 0)
		return err;
	/* Docker shows names with a slash, so callers hand them back so. */
	if (*name == '/')
		name++;
	/* After the id was checked: the short id is made of characters that a name may have. */
	if (!*name && *id) {
		(void)snprintf(short_id, sizeof(short_id), "%.*s", ID_SHORT_LEN, id);
		name = short_id;
	}
	err = name_check("container", name, body->error);
	if (err < 0)
		return err;
	(void)snprintf(spec->name, sizeof(spec->name), "%s", name); /* lengths were checked */
	return 0;
}

/* A path is opened by netd later; whether it leads to a namespace is found out then. 0, or the
 * error is set. A namespace given by a path outlives the processes in it; one given by a pid is
 * held by that process. */
static int decode_netns(const struct field_scope *body, struct container_spec *spec)
{
	const char *path = "";
	json_int_t pid = 0;
	int err;

	if ((err = field_text(body, "NetnsPath", &path)) < 0 ||
	    (err = field_integer(body, "Pid", 0, PID_MAX, &pid)) < 0 ||
	    (err = field_bool(body, "NetnsWait", &spec->netns_wait)) < 0)
		return err;
	/* With both it would not be said which holds when they differ. */
	if ((*path != '\0') == (pid != 0))
		return error_set(body->error, ERROR_INVALID,
				 "exactly one of NetnsPath and Pid is required");
	spec->pid = (pid_t)pid;
	/* A pid has a namespace from its first moment: there is nothing to wait for. */
	if (!*path && spec->netns_wait)
		return field_error(body, "NetnsWait", "goes with NetnsPath only");
	if (!*path)
		return 0;
	/* A relative path would begin in netd's own directory, which its caller cannot mean. */
	if (*path != '/' || strlen(path) > PATH_LEN_MAX)
		return field_error(body, "NetnsPath", "must be an absolute path");
	spec->netns_path = strdup(path);
	return spec->netns_path ? 0 : field_no_memory(body->error);
}

/* An empty name is allowed: the container then has none. key: Hostname or Domainname. The text goes
 * into files as it is. 0, or the error is set. */
static int decode_host_label(const struct field_scope *body, const char *key, char *ret_text,
			     size_t size)
{
	const char *text = "";
	int err = field_text(body, key, &text);

	if (err < 0)
		return err;
	if (strlen(text) >= size)
		return field_error(body, key, "is too long");
	/* It goes into /etc/hosts as it is, where a blank or a newline would begin another name. */
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c >= 0x80 ||
		    (!isalnum((unsigned char)*c) && !strchr("_.-", *c)))
			return field_error(body, key,
					   "may hold only letters, digits, '.', '-', '_'");
	}
	(void)snprintf(ret_text, size, "%s", text); /* its length was checked */
	return 0;
}

/* There are few endpoints, so the array is walked. */
static bool has_network(const struct container_spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->n_endpoints; i++) {
		/* By the text. That a name and an id are one network only the engine can tell. */
		const char *known = spec->endpoints[i].network;

		if (known && strcmp(known, name) == 0)
			return true;
	}
	return false;
}

/* spec->endpoints has room for it. The order of the array is the order of the interfaces. 0, or the
 * error is set. The error has the network's name in front. */
static int add_endpoint(const struct field_scope *body, struct container_spec *spec,
			const char *name, const json_t *settings)
{
	int err;

	/* Before the settings: the name stands in each sentence about what is wrong with them. */
	if (!name_is_word(name, NAME_LEN_MAX))
		return field_error(body, "Networks", "must hold names or ids of networks");
	/* What runtimes call the mode of a container that has no network of its own. */
	if (strncmp(name, "container:", strlen("container:")) == 0)
		return error_set(body->error, ERROR_INVALID,
				 "%s is no network: a namespace that containers share is attached "
				 "once, for %s; start the process in it (netctl run --network %s, "
				 "or the runtime's own way), and do not attach it again",
				 name, name + strlen("container:"), name);
	/* An array can name one network twice, which an object cannot. */
	if (has_network(spec, name))
		return error_set(body->error, ERROR_INVALID, "Networks names %s twice", name);
	err = request_endpoint(name, settings, &spec->endpoints[spec->n_endpoints], body->error);
	if (err < 0) {
		error_prefix(body->error, "network %s", name);
		return err;
	}
	/* Only an endpoint that is whole counts, for container_spec_done() frees those that
	 * count. */
	spec->n_endpoints++;
	return 0;
}

/* Written by spec_json_container; whatever else a caller says there is taken no notice of. It is 64
 * digits, which were written by netd itself. It finds a network again that was renamed since the
 * record was written. */
static void take_network_id(const json_t *settings, struct endpoint_spec *spec)
{
	const char *id = json_string_value(json_object_get(settings, "NetworkID"));

	if (id && strlen(id) == ID_LEN)
		memcpy(spec->network_id, id, ID_LEN + 1);
}

/* netd's own form, an array: the order counts, for the first network names the container. Each
 * entry has the network's name among its settings. 0, or the error is set. */
static int decode_network_array(const struct field_scope *body, const json_t *array,
				struct container_spec *spec)
{
	struct field_scope element;

	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *name = "";
		int err;

		if ((err = field_element(body, "Networks", array, i, &element)) < 0 ||
		    (err = field_text(&element, "Name", &name)) < 0)
			return err;
		if (!*name)
			return field_error(&element, "Name", "is required");
		err = add_endpoint(body, spec, name, element.object);
		if (err < 0)
			return err;
		take_network_id(element.object, &spec->endpoints[spec->n_endpoints - 1]);
	}
	return 0;
}

/* Docker's form, an object. jansson keeps the order of keys, so it counts here as well. 0, or the
 * error is set. */
static int decode_network_object(const struct field_scope *body, const json_t *object,
				 struct container_spec *spec)
{
	const char *name;
	json_t *settings;

	json_object_foreach ((json_t *)object, name, settings) {
		int err = add_endpoint(body, spec, name, settings);

		if (err < 0)
			return err;
	}
	return 0;
}

/* Either form, and no network at all. The number is looked at before memory is taken for it. 0, or
 * the error is set. A container has one endpoint at least. The array is freed with the spec,
 * whatever fails. */
static int decode_networks(const struct field_scope *body, struct container_spec *spec)
{
	const json_t *networks = json_object_get(body->object, "Networks");
	bool array = json_is_array(networks);
	size_t n = array ? json_array_size(networks) : json_object_size(networks);

	if (networks && !json_is_null(networks) && !array && !json_is_object(networks))
		return field_error(body, "Networks", "must be an object or an array of objects");
	if (n > NETWORKS_PER_CONTAINER_MAX)
		return error_set(body->error, ERROR_INVALID,
				 "Networks has %zu entries, a container can be in %d", n,
				 NETWORKS_PER_CONTAINER_MAX);
	/* One without any network, too: the default takes its place below. */
	spec->endpoints = calloc(n ? n : 1, sizeof(*spec->endpoints));
	if (!spec->endpoints)
		return field_no_memory(body->error);
	/* As `docker run` without --network. */
	if (n == 0)
		return add_endpoint(body, spec, DEFAULT_NETWORK, NULL);
	return array ? decode_network_array(body, networks, spec)
		     : decode_network_object(body, networks, spec);
}

/* More ports than the limit are refused here, before any is reserved. A range counts as many ports
 * as it has. 0, or the error is set. Whether a port of the host is free is the engine's to find
 * out. */
static int decode_ports(const struct field_scope *body, struct container_spec *spec)
{
	struct field_scope bindings;
	int err = field_object(body, "PortBindings", &bindings);

	if (err < 0 || json_object_size(bindings.object) == 0)
		return err;
	err = port_binding_from_json(bindings.object, &spec->ports, &spec->n_ports, body->error);
	if (err < 0)
		return err;
	if (spec->n_ports > PORTS_PER_CONTAINER_MAX)
		return error_set(body->error, ERROR_INVALID,
				 "PortBindings has %zu ports, a container can publish %d",
				 spec->n_ports, PORTS_PER_CONTAINER_MAX);
	return 0;
}

/* Turns "name=address" and "name:[address]" into "name:address", in place: it is never longer.
 * false: it is no such entry; the text may have been changed then. */
static bool canonical_host(char *text)
{
	size_t name_len = strcspn(text, ":="), len;
	char *value = text + name_len + 1;
	/* The name ends at the first of both, so the address may have colons. */
	struct addr addr;

	if (!text[name_len] || name_len == 0 || name_len > NAME_LEN_MAX ||
	    !name_is_word(text, SIZE_MAX))
		return false;
	/* Callers write both. From here on there is one spelling. */
	text[name_len] = ':';
	/* Which address that is depends on the host, so it is replaced when the file is written. */
	if (strcmp(value, "host-gateway") == 0)
		return true;
	len = strlen(value);
	if (*value == '[') {
		if (value[len - 1] != ']')
			return false;
		/* The brackets go, since nothing needs them once the name is split off at the first
		 * colon. */
		memmove(value, value + 1, len - 1);
		value[len - 2] = '\0';
	}
	return addr_parse(value, &addr) == 0;
}

/* Hosts are kept in one spelling, since they are written to a file as they are. The texts are the
 * spec's, and are changed in place. 0, or the error is set. */
static int decode_extra_hosts(const struct field_scope *body, struct container_spec *spec)
{
	int err = field_strings(body, "ExtraHosts", EXTRA_HOSTS_MAX, &spec->extra_hosts,
				&spec->n_extra_hosts);

	for (size_t i = 0; i < spec->n_extra_hosts && err == 0; i++) {
		if (!canonical_host(spec->extra_hosts[i]))
			err = error_set(body->error, ERROR_INVALID,
					"bad format for add-host: \"%s\": NAME:ADDRESS or "
					"NAME:host-gateway is wanted",
					spec->extra_hosts[i]);
	}
	return err;
}

/* Servers, search domains and options of resolv.conf. Each has a limit, because resolv.conf is read
 * by every program of the container. 0, or the error is set. */
static int decode_dns(const struct field_scope *body, struct container_spec *spec)
{
	struct addr addr;
	int err;

	if ((err = field_strings(body, "Dns", DNS_SERVERS_MAX, &spec->dns, &spec->n_dns)) < 0 ||
	    (err = field_strings(body, "DnsSearch", DNS_SEARCH_MAX, &spec->dns_search,
				 &spec->n_dns_search)) < 0 ||
	    (err = field_strings(body, "DnsOptions", DNS_SEARCH_MAX, &spec->dns_options,
				 &spec->n_dns_options)) < 0)
		return err;
	for (size_t i = 0; i < spec->n_dns; i++) {
		if (addr_parse(spec->dns[i], &addr) < 0)
			return error_set(body->error, ERROR_INVALID,
					 "invalid DNS server: %s is not an IP address",
					 spec->dns[i]);
	}
	for (size_t i = 0; i < spec->n_dns_search; i++) {
		if (!name_is_word(spec->dns_search[i], NAME_LEN_MAX))
			return field_error(body, "DnsSearch", "must hold domain names");
	}
	/* A word each: resolv.conf(5) separates them by blanks, and a newline would begin another
	 * line of it. */
	for (size_t i = 0; i < spec->n_dns_options; i++) {
		if (!name_is_word(spec->dns_options[i], NAME_LEN_MAX))
			return field_error(body, "DnsOptions", "must hold single words");
	}
	return 0;
}

/* In the order in which a person would look for the mistake. What was filled is freed by the caller
 * when something is wrong. 0, or the error is set. */
static int decode_container(const struct field_scope *body, struct container_spec *spec)
{
	int err;

	if ((err = decode_identity(body, spec)) < 0 || (err = decode_netns(body, spec)) < 0 ||
	    (err = decode_host_label(body, "Hostname", spec->hostname, sizeof(spec->hostname))) <
		    0 ||
	    (err = decode_host_label(body, "Domainname", spec->domainname,
				     sizeof(spec->domainname))) < 0 ||
	    (err = field_string_map(body, "Labels", &spec->labels)) < 0 ||
	    (err = decode_networks(body, spec)) < 0 || (err = decode_ports(body, spec)) < 0 ||
	    (err = request_links(body, "Links", &spec->links, &spec->n_links)) < 0 ||
	    (err = decode_extra_hosts(body, spec)) < 0)
		return err;
	return decode_dns(body, spec);
}

/* 0, or the error is set. *ret_spec is the caller's to give to container_spec_done(). */
int request_container(const json_t *body, struct container_spec *ret_spec, struct error *error)
{
	/* A spec of its own, moved to the caller at the end: with an error he has nothing to
	 * free. */
	struct container_spec spec = { 0 };
	struct field_scope scope;
	int err = field_scope_init(body, "", error, &scope);

	if (err < 0)
		return err;
	err = decode_container(&scope, &spec);
	if (err < 0) {
		container_spec_done(&spec);
		return err;
	}
	*ret_spec = spec;
	return 0;
}
