// SPDX-License-Identifier: GPL-2.0-or-later
// tls.h - what OpenSSL is told about either side of a connection, and who is at its other end
#pragma once

#include "base/addr.h"

#include <openssl/ssl.h>
#include <stddef.h>

/* With this certificate, which is shown with its authority's. NULL: they are no good. */
SSL_CTX *tls_server(const char *cert, const char *key, const char *ca);
/* Whom it meets is looked at by tls_judge, and by nobody before. NULL: no memory. */
SSL_CTX *tls_client(void);

/* After the handshake: has the other side a certificate for this address of the authority whose
 * public key has this digest? NULL, and the authority's certificate as PEM; else a sentence. */
const char *tls_judge(SSL *tls, const char *digest, const struct addr *addr, char *ret_ca,
		      size_t size);
