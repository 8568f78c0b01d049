// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_config.h - which cluster a host belongs to: as it is asked for, and as it is kept
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "base/family.h"
#include "base/limits.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A certificate, by its number (cluster_certificate.h). */
struct cluster_config_serial {
	char serial[CLUSTER_SERIAL_LEN_MAX + 1];
	uint64_t ends; /* by itself, in seconds since 1970; 0: nobody has said */
};

/* Too large for a stack: certificates are in it. Zeroed: none. */
struct cluster_config {
	char host[CLUSTER_HOST_LEN_MAX + 1];
	char id[ID_LEN + 1]; /* "" as asked for: it is drawn then */
	bool joined;	     /* its record was written once */
	bool own;	     /* this host has made the cluster, with an etcd of netd's own */
	bool follows;	     /* etcd is netd's own, here or elsewhere: members come and go */
	struct addr addrs[FAMILY_N]; /* where the others send to; family 0: none */
	size_t n_members;
	char members[CLUSTER_MEMBERS_MAX][CLUSTER_URL_LEN_MAX + 1];
	char ca[CLUSTER_PEM_LEN_MAX + 1], cert[CLUSTER_PEM_LEN_MAX + 1],
		key[CLUSTER_PEM_LEN_MAX + 1];
	/* Of an etcd of netd's own; all four "": to be made. */
	char ca_key[CLUSTER_PEM_LEN_MAX + 1];
	/* With it: what hosts are let in by (cluster_token.h), until when, and what it was before.
	 */
	char digest[CLUSTER_DIGEST_LEN + 1], secret[CLUSTER_SECRET_LEN + 1];
	uint64_t secret_expires; /* of the wall clock, in seconds */
	size_t n_old;
	char old[CLUSTER_OLD_SECRETS][CLUSTER_SECRET_LEN + 1];
	/* Of a host that was let in: at which address it may run a member, and the certificate for
	 * that; family 0: it may not. */
	struct addr serves;
	char serving[CLUSTER_PEM_LEN_MAX + 1];
	/* It runs one, which began beside these members (struct keeper_config); "": it does not. */
	char seat[CLUSTER_SEAT_LEN_MAX + 1];
	/* Certificates that are worth nothing any more, in the order in which this host heard of
	 * them. */
	size_t n_revoked;
	struct cluster_config_serial revoked[CLUSTER_REVOKED_MAX];
	/* This host's own that were replaced by others: they are revoked with those. */
	size_t n_former;
	struct cluster_config_serial former[CLUSTER_FORMER_MAX];
};

/* Whether a text is a member of etcd as it can be asked: https://ADDRESS:PORT. */
bool cluster_config_is_member(const char *text);
/* Whether a text can be struct cluster_config's seat: of etcd's option, and not empty. */
bool cluster_config_is_seat(const char *text);

/* An object of anybody's, with nothing in it that is not known. host: what it is called where that
 * is not said. ERROR_INVALID and a sentence. */
int cluster_config_read(const json_t *object, const char *host, struct cluster_config *ret_config,
			struct error *error);
/* The object that is read so; NULL: no memory. */
json_t *cluster_config_write(const struct cluster_config *config);
