// SPDX-License-Identifier: GPL-2.0-or-later
// tls.h - what OpenSSL is told about either side of a connection, and who is at its other end
#pragma once

#include "base/addr.h"
#include "base/limits.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

/* What a host has shown of itself, when it was found to be good: its certificate's number
 * (model/cluster/cluster_certificate.h), and the address that it may serve at. */
struct tls_shown {
	char serial[CLUSTER_SERIAL_LEN_MAX + 1];
	struct addr serves; /* family 0: none */
};

/* With this certificate, which is shown with its authority's. Who comes may show one of the same
 * authority, and one that is no good ends the handshake. NULL: they are no good. */
SSL_CTX *tls_server(const char *cert, const char *key, const char *ca);
/* Whom it meets is looked at by tls_judge, and by nobody before. NULL: no memory. */
SSL_CTX *tls_client(void);
/* Has it show this certificate. False: they are no good. */
bool tls_show(SSL_CTX *context, const char *cert, const char *key);
/* Of a server, after the handshake: what the other side has shown; false: nothing. */
bool tls_shown(SSL *tls, struct tls_shown *ret_shown);

/* After the handshake: has the other side a certificate for this address of the authority whose
 * public key has this digest? NULL, and the authority's certificate as PEM; else a sentence. */
const char *tls_judge(SSL *tls, const char *digest, const struct addr *addr, char *ret_ca,
		      size_t size);
