// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_record.h - what the hosts of a cluster tell each other: a record of each kind, as JSON in
// etcd, and as bytes between netd's own processes
#pragma once

#include "base/buf.h"
#include "base/family.h"
#include "base/wire.h"
#include "model/cluster/cluster_key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A network that spans hosts. What is not here each host decides for itself. */
struct cluster_net {
	char id[ID_LEN + 1];
	uint32_t vni;  /* 1 to 2^24 - 1 */
	uint16_t mtu;  /* of its containers; 0: what the way between the hosts leaves */
	bool internal; /* no way out */
	bool icc;      /* its containers may talk to each other */
	bool encrypt;  /* a host that cannot encrypt to another sends it nothing */
	/* Of each family; prefix.len 0 and no address: it has none. */
	struct cluster_subnet {
		struct prefix prefix;
		struct addr gateway;
	} subnets[FAMILY_N];
};

struct cluster_host {
	char id[ID_LEN + 1];	    /* drawn when it joined: another host of its name has another */
	struct addr vtep[FAMILY_N]; /* where frames for its containers go; family 0: none */
	char version[CLUSTER_VERSION_LEN_MAX + 1];
	bool lets_in; /* it has the key of the authority: others come in by it */
	/* Of its certificates, where the cluster's etcd is netd's own: what is revoked when it is
	 * removed. */
	size_t n_serials;
	char serials[CLUSTER_SERIALS_MAX][CLUSTER_SERIAL_LEN_MAX + 1];
	uint64_t ends; /* when the last of them does, in seconds since 1970; 0: it is not said */
	/* Ports that services publish and that somebody has there: the host does not publish them.
	 */
	size_t n_refused;
	struct cluster_refused {
		char service[NAME_LEN_MAX + 1];
		uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
		uint16_t port;
		char why[INGRESS_WHY_LEN_MAX + 1]; /* who has it, in words */
	} refused[CLUSTER_REFUSED_MAX];
};

/* A certificate that is worth nothing any more. */
struct cluster_revoked {
	char host[CLUSTER_HOST_LEN_MAX + 1]; /* whose it was */
	uint64_t ends; /* it is good for nothing then, whoever lists it; 0: it is not said */
};

/* One container on one network. */
struct cluster_end {
	struct addr addrs[FAMILY_N];
	struct mac mac;
	char name[NAME_LEN_MAX + 1];
	size_t n_aliases, n_services;
	char aliases[ALIASES_MAX][NAME_LEN_MAX + 1];
	char services[CLUSTER_SERVICES_MAX][NAME_LEN_MAX + 1];
};

struct cluster_port {
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port;	  /* at the service's address */
	uint16_t target;  /* at a container's */
	uint16_t publish; /* at each host; 0: nowhere */
};

struct cluster_svc {
	char net[ID_LEN + 1];
	struct addr addrs[FAMILY_N];
	bool affinity; /* a client stays with its container */
	size_t n_ports;
	struct cluster_port ports[CLUSTER_PORTS_MAX];
};

/* Made by cluster_record_init or a reader. It is large, for a container may have many names: copied
 * by cluster_record_copy, and not by assignment. What stands behind the names that there are, and
 * in members that the kind does not have, is nobody's business. */
struct cluster_record {
	struct cluster_key key;
	union {
		struct cluster_net net;
		struct cluster_host host;
		struct cluster_end end;
		struct cluster_svc svc;
		struct cluster_revoked revoked;
		char holder[CLUSTER_HOST_LEN_MAX + 1]; /* CLUSTER_BLOCK: whose it is */
		char id[ID_LEN + 1];		       /* CLUSTER_ALIVE: of the host's record */
	};
};

/* A record with this key and nothing in it. */
void cluster_record_init(struct cluster_record *ret_record, const struct cluster_key *key);

void cluster_record_copy(struct cluster_record *ret_record, const struct cluster_record *record);

/* The value as it is kept in etcd: an object of JSON in one line. out->err tells. */
void cluster_record_write(const struct cluster_record *record, struct buf *out);
/* A value of anybody's, and its key. 0, or -EINVAL: it is no such record, for it lacks something,
 * has too much, or contradicts itself; *ret_record is untouched then. Members of other names are
 * passed over: a newer netd may write them. */
int cluster_record_read(const struct cluster_key *key, const char *text, size_t len,
			struct cluster_record *ret_record);

/* The record as bytes, of which it has exactly one spelling; wire->err tells. The reader is as
 * strict as that of JSON, and leaves what comes behind it. */
void cluster_record_put(struct wire *wire, const struct cluster_record *record);
void cluster_record_get(struct wire *wire, struct cluster_record *ret_record);
/* The key alone in the same way. */
void cluster_record_put_key(struct wire *wire, const struct cluster_key *key);
void cluster_record_get_key(struct wire *wire, struct cluster_key *ret_key);

/* Whether a record makes sense in itself, wherever it came from. */
bool cluster_record_is_sound(const struct cluster_record *record);
