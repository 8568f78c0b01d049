// SPDX-License-Identifier: GPL-2.0-or-later
// port_binding.c - the syntax of -p and of Docker's PortBindings
#include "model/container/port_binding.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/limits.h"
#include "model/container/port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. -p of the command line and PortBindings of the API are two spellings of
 * one thing. Each is read into a publication, whose ranges are then written out one port after
 * the other. What ranges can be combined is decided there (append), so it is the same for both.
 * Grammar of -p:
 *
 * text = [ "[" ADDR "]" ":" | ADDR ":" ] [ HOST ":" ] PORTS [ "/" PROTO ]
 * HOST, PORTS = N | N "-" M */

/* One publication, ranges still whole. host.first 0: any free port. Both ends belong to the
 * range. */
struct port_range {
	uint16_t first, last;
};

/* Without an address it is every one; without a port at the host it is any that is free. It is made
 * for one text, or for one object of PortBindings. */
struct publication {
	uint8_t protocol;
	struct addr host_addr;
	struct port_range host, container;
	bool reserved;
};

/* Where an error is: the whole text that somebody wrote, or the field it stands in. Both are
 * borrowed. */
struct port_source {
	const char *text;
	struct error *error;
};

/* The sentence begins with all that somebody wrote, so that he finds it again. */
#define refuse(source, format, ...)                                                                \
	error_set((source)->error, ERROR_INVALID, "invalid port \"%s\": " format, (source)->text,  \
		  ##__VA_ARGS__)

/* The number at *text, which moves behind it. 0, -EINVAL for no digit, or -ERANGE for a number over
 * 65535. */
static int read_port(const char **text, uint16_t *ret_port)
{
	uint32_t port = 0;
	const char *at = *text;

	for (; *at >= '0' && *at <= '9'; at++) {
		port = port * 10 + (uint32_t)(*at - '0');
		/* With each digit, so that it cannot wrap around. */
		if (port > UINT16_MAX)
			return -ERANGE;
	}
	if (at == *text)
		return -EINVAL;
	*text = at;
	*ret_port = (uint16_t)port;
	return 0;
}

/* "N" or "N-M" and nothing else. what: "host port" or "container port". Neither blanks nor signs
 * are taken. 0, or the error is set. */
static int read_range(const struct port_source *source, const char *what, const char *text,
		      struct port_range *ret_range)
{
	struct port_range range = { 0 };
	const char *at = text;
	int err = read_port(&at, &range.first);

	range.last = range.first;
	if (err == 0 && *at == '-') {
		at++;
		err = read_port(&at, &range.last);
	}
	if (err == -ERANGE)
		return refuse(source, "%s \"%s\" is over 65535", what, text);
	if (err < 0 || *at)
		return refuse(source, "%s \"%s\" is neither a number nor a range", what, text);
	if (range.last < range.first)
		return refuse(source, "%s range \"%s\" ends before it starts", what, text);
	/* 0 alone means any port, which a range cannot begin with. */
	if (range.first == 0 && range.last != 0)
		return refuse(source, "%s range \"%s\" starts at 0", what, text);
	*ret_range = range;
	return 0;
}

/* A container's port is a number: "any" makes no sense there. 0, or the error is set. */
static int read_container(const struct port_source *source, const char *text,
			  struct publication *publication)
{
	int err = read_range(source, "container port", text, &publication->container);

	if (err == 0 && publication->container.first == 0)
		return refuse(source, "container port 0 does not exist");
	return err;
}

/* "" and "0" ask for any free port. 0, or the error is set. */
static int read_host_ports(const struct port_source *source, const char *text,
			   struct publication *publication)
{
	if (*text == '\0')
		return 0;
	return read_range(source, "host port", text, &publication->host);
}

/* "" is every address. 0, or the error is set. Whether the host has the address is found out when
 * the port is bound. */
static int read_host_addr(const struct port_source *source, const char *text,
			  struct publication *publication)
{
	if (*text == '\0')
		return 0;
	if (addr_parse(text, &publication->host_addr) < 0)
		return refuse(source, "\"%s\" is not an IP address", text);
	if (addr_is_multicast(&publication->host_addr))
		return refuse(source, "the multicast address %s cannot be listened on", text);
	return 0;
}

/* --- appending --- */

/* The list grows once for all ports of a publication. room is not known; taking n for it costs one
 * more growing. 0, or the error is set. The bindings may have moved. */
static int make_room(const struct port_source *source, struct port_binding **bindings, size_t n,
		     size_t n_more)
{
	struct port_binding *grown;
	size_t room = n; /* at least */

	/* Before memory is asked for: one range of a few characters may stand for 65,535 ports. */
	if (n > PORTS_PER_CONTAINER_MAX || n_more > PORTS_PER_CONTAINER_MAX - n)
		return refuse(source, "more than %d ports are published", PORTS_PER_CONTAINER_MAX);
	grown = grow(*bindings, &room, n + n_more, sizeof(*grown));
	if (!grown)
		return error_system(source->error, -ENOMEM, "cannot read port \"%s\"",
				    source->text);
	*bindings = grown;
	return 0;
}

/* Ranges of one length go together one to one; a single container port may choose from a range.
 * What a range of the host means for a range of the container is decided here, for both spellings.
 * 0, or the error is set and nothing was added. */
static int append(const struct port_source *source, const struct publication *publication,
		  struct port_binding **bindings, size_t *n_bindings)
{
	const struct port_range *host = &publication->host, *container = &publication->container;
	size_t n = (size_t)(container->last - container->first) + 1;
	size_t n_host = (size_t)(host->last - host->first) + 1;
	/* With any port the host's range is {0, 0}, whose length says nothing. */
	bool any = host->first == 0, choice = n == 1 && n_host > 1;
	int err;

	if (!any && !choice && n_host != n)
		return refuse(source, "%zu host ports cannot lead to %zu container ports", n_host,
			      n);
	err = make_room(source, bindings, *n_bindings, n);
	if (err < 0)
		return err;
	for (size_t i = 0; i < n; i++) {
		uint16_t first = any ? 0 : (uint16_t)(host->first + i);

		(*bindings)[(*n_bindings)++] = (struct port_binding) {
			.protocol = publication->protocol,
			.host_addr = publication->host_addr,
			.host_port = first,
			.host_port_end = choice ? host->last : first,
			.container_port = (uint16_t)(container->first + i),
			.reserved = publication->reserved,
		};
	}
	return 0;
}

/* --- -p --- */

/* Cuts "/proto" off text. It must be cut first: the rest has other separators. Without it the
 * protocol is TCP. 0, or the error is set. `text` is cut in place. */
static int split_protocol(const struct port_source *source, char *text,
			  struct publication *publication)
{
	/* From the end: nothing before it may have a slash, and if it has one the rest is refused
	 * as no number. */
	char *slash = strrchr(text, '/');

	publication->protocol = IPPROTO_TCP;
	if (!slash)
		return 0;
	*slash = '\0';
	if (port_protocol_parse(slash + 1, &publication->protocol) < 0)
		return refuse(source, "protocol \"%s\" is none of tcp, udp, sctp", slash + 1);
	return 0;
}

/* "[ADDR]:REST": *text moves to REST. 0, or the error is set. */
static int split_brackets(const struct port_source *source, char **text,
			  struct publication *publication)
{
	char *end = strchr(*text, ']');
	int err;

	if (!end || end[1] != ':')
		return refuse(source, "\"]:\" must follow the address that \"[\" opens");
	*end = '\0';
	/* After the closing bracket was made the end, so this sees the address alone. */
	if (!strchr(*text, ':'))
		return refuse(source, "only an IPv6 address is written in brackets");
	err = read_host_addr(source, *text + 1, publication);
	*text = end + 2;
	return err;
}

/* text is [HOSTADDR:][HOSTPORTS:]PORTS without brackets; have_addr: the first part is taken
 * already. 0, or the error is set. `text` is cut in place. */
static int split_parts(const struct port_source *source, char *text, bool have_addr,
		       struct publication *publication)
{
	/* From the end: the container's port is the one part that is always there. */
	char *ports = strrchr(text, ':'), *host;
	const char *addr = "", *host_ports = text;
	int err;

	if (!ports)
		return read_container(source, text, publication);
	*ports++ = '\0';
	host = strrchr(text, ':');
	if (host) {
		*host++ = '\0';
		addr = text;
		host_ports = host;
	} else if (strchr(text, '.')) {
		/* Two parts are an address and a port, or two ports. Only an address has dots. */
		addr = text;
		host_ports = "";
	}
	if ((have_addr && *addr) || strchr(addr, ':'))
		return refuse(source, "too many parts (an IPv6 address is written in brackets)");
	if ((err = read_host_addr(source, addr, publication)) < 0 ||
	    (err = read_host_ports(source, host_ports, publication)) < 0)
		return err;
	return read_container(source, ports, publication);
}

/* The list is appended to: -p may be given several times. 0, or the error is set. The array is the
 * caller's to free in either case. */
int port_binding_parse(const char *text, struct port_binding **bindings, size_t *n_bindings,
		       struct error *error)
{
	struct port_source source = { text, error };
	struct publication publication = { 0 };
	/* A copy, since it is cut where it is split, and the whole of it stands in the
	 * sentences. */
	_cleanup_free_ char *copy = strdup(text);
	char *at = copy;
	int err;

	if (!copy)
		return error_system(error, -ENOMEM, "cannot read port \"%s\"", text);
	if ((err = split_protocol(&source, at, &publication)) < 0)
		return err;
	if (*at == '[' && (err = split_brackets(&source, &at, &publication)) < 0)
		return err;
	if ((err = split_parts(&source, at, at != copy, &publication)) < 0)
		return err;
	return append(&source, &publication, bindings, n_bindings);
}

/* --- PortBindings --- */

/* One object of the array: {"HostIp": "", "HostPort": "8080"}. 0, or the error is set.
 * `publication` is a copy, so one entry leaves nothing for the next. */
static int from_element(const char *key, const json_t *element, struct publication publication,
			struct port_binding **bindings, size_t *n_bindings, struct error *error)
{
	const json_t *ip = json_object_get(element, "HostIp");
	const json_t *port = json_object_get(element, "HostPort");
	/* netd's own key, which Docker has not. */
	const json_t *reserved = json_object_get(element, "Reserved");
	struct port_source source = { key, error };
	int err;

	if (!json_is_object(element))
		return refuse(&source, "an entry must be an object");
	if (ip && !json_is_null(ip) && !json_is_string(ip))
		return refuse(&source, "HostIp must be a string");
	if (port && !json_is_null(port) && !json_is_string(port))
		return refuse(&source, "HostPort must be a string");
	if (reserved && !json_is_null(reserved) && !json_is_boolean(reserved))
		return refuse(&source, "Reserved must be a boolean");
	if ((json_is_string(ip) &&
	     (err = read_host_addr(&source, json_string_value(ip), &publication)) < 0) ||
	    (json_is_string(port) &&
	     (err = read_host_ports(&source, json_string_value(port), &publication)) < 0))
		return err;
	publication.reserved = json_is_true(reserved);
	if (publication.reserved &&
	    (publication.host.first == 0 || publication.host.last != publication.host.first))
		return refuse(&source,
			      "what is reserved is one host port, so HostPort must be one");
	return append(&source, &publication, bindings, n_bindings);
}

/* The protocol and the container's port stand in the key. 0, or the error is set. */
static int from_key(const char *key, const json_t *list, struct port_binding **bindings,
		    size_t *n_bindings, struct error *error)
{
	struct port_source source = { key, error };
	struct publication publication = { 0 };
	_cleanup_free_ char *copy = strdup(key);
	size_t index;
	const json_t *element;
	int err;

	if (!copy)
		return error_system(error, -ENOMEM, "cannot read port \"%s\"", key);
	if ((err = split_protocol(&source, copy, &publication)) < 0 ||
	    (err = read_container(&source, copy, &publication)) < 0)
		return err;
	if (json_is_null(list)) /* exposed, not published */
		return 0;
	if (!json_is_array(list))
		return refuse(&source, "its value must be an array");
	json_array_foreach (list, index, element) {
		err = from_element(key, element, publication, bindings, n_bindings, error);
		if (err < 0)
			return err;
	}
	return 0;
}

/* On an error the count is what it was; the caller frees the array either way. 0, or the error is
 * set. No object at all publishes nothing. */
int port_binding_from_json(const json_t *object, struct port_binding **bindings, size_t *n_bindings,
			   struct error *error)
{
	size_t n_before = *n_bindings;
	const char *key;
	json_t *list;

	if (!object || json_is_null(object))
		return 0;
	if (!json_is_object(object))
		return error_set(error, ERROR_INVALID, "PortBindings must be an object");
	json_object_foreach ((json_t *)object, key, list) {
		int err = from_key(key, list, bindings, n_bindings, error);

		if (err < 0) {
			/* Only counted back: the array is larger than need be, and its owner frees
			 * it. */
			*n_bindings = n_before;
			return err;
		}
	}
	return 0;
}
