// SPDX-License-Identifier: GPL-2.0-or-later
// input.h - what Podman writes to netavark's stdin for setup and teardown, decoded
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/family.h"
#include "base/limits.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct input_subnet {
	struct prefix prefix; /* addr.family 0: none of this family */
	struct addr gateway;  /* family 0: none */
	struct addr lease_first,
		lease_last; /* what Podman's own IPAM gives out; family 0: all of it */
};

/* A network of Podman's, and how the container is to be on it. Texts are "" where nothing is said.
 */
struct input_network {
	const char *name, *id, *driver, *ipam;
	const char *interface; /* of the host: the bridge, or the parent of a macvlan */
	bool internal, dns_enabled;
	struct input_subnet subnet[FAMILY_N];
	bool more_subnets; /* a family has more than one */
	bool spans;	   /* netd has it on many hosts, and gives its addresses itself (setup.c) */
	bool spans_four;   /* IPv4 addresses among them */
	const json_t *labels, *options;	    /* objects of strings, or NULL */
	const json_t *routes, *dns_servers; /* arrays, or NULL */

	const char *ifname, *mac;
	struct addr ip[FAMILY_N];
	bool more_ips;			/* a family has more than one */
	const json_t *aliases;		/* array of strings or NULL */
	const json_t *endpoint_options; /* object of strings or NULL */
	bool with_metric;		/* it or another of the request's has the option metric */
};

/* Everything in it is borrowed from json and lives as long. */
struct input {
	json_t *json;
	char id[ID_LEN + 1]; /* Podman's own, or one made of what another caller calls it */
	const char *name, *hostname;
	const json_t *ports;		/* array or NULL; ports.h looks inside */
	const json_t *dns_servers;	/* array of strings or NULL */
	struct input_network *networks; /* in the order of their interfaces: eth0, eth1, … */
	size_t n_networks;
};

/* networks as a map (Podman up to 5) or as an array (6). Unknown fields are ignored, as Podman adds
 * some with each release; those that are known must be of their type. Whether netd can do what is
 * asked is not judged here: teardown has to understand everything. On failure there is nothing to
 * free. ERROR_INVALID names the field. */
int input_decode(const char *text, size_t len, struct input *ret_input, struct error *error);
void input_done(struct input *input);
