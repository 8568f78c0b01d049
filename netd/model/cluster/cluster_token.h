// SPDX-License-Identifier: GPL-2.0-or-later
// cluster_token.h - what a host joins a cluster with: whom it may believe, and that it may come in
#pragma once

#include "base/addr.h"
#include "base/limits.h"

#include <stdint.h>

/* "netd1-DIGEST-SECRET": the SHA-256 of the public key of the cluster's authority, by which the
 * host that joins knows the cluster, and a secret, by which the cluster knows the host. */
struct cluster_token {
	char digest[CLUSTER_DIGEST_LEN + 1], secret[CLUSTER_SECRET_LEN + 1];
};

#define CLUSTER_TOKEN_SIZE (sizeof("netd1--") + CLUSTER_DIGEST_LEN + CLUSTER_SECRET_LEN)

/* 0 or -EINVAL. */
int cluster_token_parse(const char *text, struct cluster_token *ret_token);
/* Returns the buffer. */
const char *cluster_token_print(const struct cluster_token *token,
				char buffer[static CLUSTER_TOKEN_SIZE]);

/* Whom a host asks to be let in: "ADDRESS", "ADDRESS:PORT", an address of IPv6 with a port in
 * brackets. 0 or -EINVAL. */
int cluster_token_parse_remote(const char *text, struct addr *ret_addr, uint16_t *ret_port);
