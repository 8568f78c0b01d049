// SPDX-License-Identifier: GPL-2.0-or-later
// authority.h - the certificate authority of a cluster: made, and what it signs
#pragma once

#include "base/addr.h"
#include "base/limits.h"

#include <stddef.h>
#include <stdint.h>

/* Theory of operation. A cluster with an etcd of netd's own has an authority of its own. A host has
 * one certificate, for all that it is: a member's server, a peer, and a client of members. It says
 * by which addresses the host is reached and no name: etcd's gateway would take a common name for
 * that of a user (docs/cluster.md). Everything is PEM, in places of CLUSTER_PEM_LEN_MAX + 1 bytes.
 */

/* An authority with a key of its own. 0; -EIO: OpenSSL cannot make one. */
int authority_make(char ret_ca[static CLUSTER_PEM_LEN_MAX + 1],
		   char ret_ca_key[static CLUSTER_PEM_LEN_MAX + 1]);

/* A key, and the certificate of the host that is reached by these addresses (those without a family
 * are passed over). 0; -EINVAL: that is no authority, or no address; -EIO as above. */
int authority_issue(const char *ca, const char *ca_key, const struct addr *addrs, size_t n_addrs,
		    char ret_cert[static CLUSTER_PEM_LEN_MAX + 1],
		    char ret_key[static CLUSTER_PEM_LEN_MAX + 1]);

/* A key of a host that is to be let in, and its public part as DER in *len bytes. 0; -EIO; -ENOSPC:
 * there is no room for the latter. */
int authority_make_key(char ret_key[static CLUSTER_PEM_LEN_MAX + 1], uint8_t *ret_public,
		       size_t *len);

/* The certificate of who has this public key, a stranger's bytes. addr NULL: of a client, which no
 * host could stand for another with; else of a member at that address, and of no other. 0; -EINVAL:
 * that is no key of P-256, or no authority; -EIO. It is good for so many seconds, and not for
 * longer than its authority. */
int authority_sign(const char *ca, const char *ca_key, const uint8_t *public, size_t len,
		   const struct addr *addr, long valid_s, char *ret_cert, size_t size);

/* The public half of a key, as authority_make_key tells it. 0; -EINVAL: that is no key; -ENOSPC. */
int authority_public(const char *key, uint8_t *ret_public, size_t *len);

/* A list of certificates that are worth nothing any more, by their numbers (hexadecimal digits, an
 * even number of them), as DER in *len bytes. It is signed by the key of this certificate, whoever
 * signed those: etcd compares numbers, and looks at no signature. 0; -EINVAL: that is no
 * certificate and its key, or no number; -ENOSPC: there is no room; -EIO. */
int authority_revoke(const char *cert, const char *key,
		     const char (*serials)[CLUSTER_SERIAL_LEN_MAX + 1], size_t n, uint8_t *ret_crl,
		     size_t *len);

/* By what hosts know it: the SHA-256 of its public key, in hexadecimal digits. 0 or -EINVAL. */
int authority_digest(const char *ca, char ret_digest[static CLUSTER_DIGEST_LEN + 1]);
