// SPDX-License-Identifier: GPL-2.0-or-later
// service.h - a service: one address and name for the containers of a network that stand behind it
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/family.h"
#include "base/limits.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who has this label stands behind the services that it names, with commas between them, on each of
 * his networks where there is one; and so does who has it as an option of his connection to a
 * network, there alone. */
#define SERVICE_LABEL "netd.service"

/* Of a network's record: an array of those that it has. */
#define NETWORK_SERVICES "Services"

/* In front of its name: the addresses of those who stand behind it. */
#define SERVICE_TASKS "tasks."

struct service_port {
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port;	  /* at the service's address */
	uint16_t target;  /* at a container's */
	uint16_t publish; /* at the host, and at each one of the cluster; 0: nowhere */
};

/* A service as asked for. No two ports have the same protocol and port, nor the same protocol and
 * published port. */
struct service_spec {
	char name[NAME_LEN_MAX + 1];
	char network[NAME_LEN_MAX +
		     1];	  /* name or id as given; "" in a record, which is a network's */
	struct addr ip[FAMILY_N]; /* family 0: netd chooses, or the network has no such family */
	bool affinity;		  /* a client stays with its container */
	size_t n_ports;
	struct service_port ports[SERVICE_PORTS_MAX];
};

/* Whether any port of it is published; and the one that is published as this, NULL: none is. */
bool service_is_published(const struct service_spec *spec);
const struct service_port *service_published(const struct service_spec *spec, uint8_t protocol,
					     uint16_t port);

struct network;

/* A service that exists. Owned by its network. */
struct service {
	struct network *network;
	struct service_spec spec; /* its addresses are filled in */
	bool agreed;		  /* hosts know it: its record is, or was, in etcd */
	/* Addresses of those who stand behind it, of each family. In no order: the place of one
	 * that goes is the last one's. */
	struct service_backends {
		struct addr *items;
		size_t n, size;
	} backends[FAMILY_N];
};

/* With a copy of the spec. NULL: out of memory. */
struct service *service_new(struct network *network, const struct service_spec *spec);
void service_free(struct service *service); /* NULL is fine */

/* Becomes the network's. -ENOMEM. */
int service_add(struct service *service);
/* Is its network's no more, and the caller's. */
void service_drop(struct service *service);
/* NULL: the network has none of this name. */
struct service *service_find(const struct network *network, const char *name);

/* Whether labels (an object of strings; NULL is none) say that their container stands behind the
 * service of this name. */
bool service_is_named(const json_t *labels, const char *name);
/* The next name in the label's list, at which *rest is (NULL: none), that a service may have; *rest
 * is behind it then. NULL: there is none. */
const char *service_label(const json_t *labels);
bool service_next_named(const char **rest, char ret_name[static NAME_LEN_MAX + 1]);

/* Stands behind it from now on, as the last. 1; 0: it does already; -ENOMEM. -ENOSPC: there are
 * SERVICE_BACKENDS_MAX. */
int service_join(struct service *service, const struct addr *addr);
/* Does not any more: the last takes its place. False: it did not. */
bool service_leave(struct service *service, const struct addr *addr);
