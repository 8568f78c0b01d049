// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_key.h - the keys under which the hosts of a cluster keep their records in etcd
#pragma once

#include "base/addr.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>

#define CLUSTER_KEY_PREFIX "/netd/v1/"

/* Who writes a record: a host its own (host, alive, end), whoever comes first a block, whoever is
 * asked a network or a service, who removes a host which of its certificates are revoked. */
enum cluster_kind {
	CLUSTER_NET,   /* net/NAME */
	CLUSTER_BLOCK, /* block/NETID/ADDRESS, the first of its addresses */
	CLUSTER_HOST,  /* host/HOST */
	CLUSTER_ALIVE, /* alive/HOST */
	CLUSTER_END,   /* end/HOST/NETID/CONTAINER, by its id */
	CLUSTER_SVC,   /* svc/NAME */
	/* revoked/SERIAL, of a certificate (cluster_certificate.h) */
	CLUSTER_REVOKED,
	CLUSTER_N_KINDS,
};

/* What a kind's key does not have is empty, so equal keys are equal byte for byte. */
struct cluster_key {
	enum cluster_kind kind;
	struct addr block;
	char name[NAME_LEN_MAX + 1]; /* of a network or a service; a certificate's number */
	char host[CLUSTER_HOST_LEN_MAX + 1];
	char net[ID_LEN + 1];
	char container[ID_LEN + 1];
};

/* "/netd/v1/end/" and three parts, or "/netd/v1/net/" and a name. */
#define CLUSTER_KEY_SIZE (32 + NAME_LEN_MAX + 2 * (ID_LEN + 1))

/* The key as text; the buffer. */
const char *cluster_key_print(const struct cluster_key *key, char buffer[static CLUSTER_KEY_SIZE]);
/* A key of anybody's, of len bytes: 0, or -EINVAL when it is none of these or is spelt otherwise
 * than cluster_key_print would. */
int cluster_key_parse(const char *text, size_t len, struct cluster_key *ret_key);

/* Keys of one record each. Names, hosts and ids are taken as they are, and were checked. */
struct cluster_key cluster_key_of_host(enum cluster_kind kind, const char *host);
struct cluster_key cluster_key_of_name(enum cluster_kind kind, const char *name);
struct cluster_key cluster_key_of_block(const char *net, const struct addr *first);
struct cluster_key cluster_key_of_end(const char *host, const char *net, const char *container);

/* Whether a text is a host's name in a cluster: 1 to CLUSTER_HOST_LEN_MAX of a-z A-Z 0-9 _ . -
 * beginning with a letter or a digit. */
bool cluster_key_is_host(const char *text);
/* 64 hexadecimal digits in lower case. */
bool cluster_key_is_id(const char *text);
