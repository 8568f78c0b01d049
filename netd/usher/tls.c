// SPDX-License-Identifier: GPL-2.0-or-later
// tls.c - what OpenSSL is told about either side of a connection, and who is at its other end
#include "usher/tls.h"

#include "authority/authority.h"
#include "base/limits.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Both ends are netd's, so OpenSSL is told little: TLS 1.3, no session that
 * is taken up again. The host that lets in shows its certificate and the one of the cluster's
 * authority. The joiner has no certificate and trusts no authority of its machine. It knows a
 * digest of the authority's key, from the token, and judges by that alone. A host that is in shows
 * its certificate, and OpenSSL judges that as it does for any server.
 *
 * The judgement stands after the handshake and not in a callback of OpenSSL: the chain is then
 * complete, and the reason can be told in a sentence. Until then nothing is said over the
 * connection. */

/* A reader over text, which has to live as long as the reader does. NULL: no memory. */
static BIO *over(const char *text)
{
	return BIO_new_mem_buf(text, (int)strlen(text));
}

/* A key with a passphrase is refused. Without this function OpenSSL would ask at the terminal,
 * which the process does not have, and wait. */
static int no_passphrase(char *place, int size, int writes, void *data)
{
	(void)place, (void)size, (void)writes, (void)data;
	return -1;
}

/* The first certificate of a PEM text, owned by the caller. NULL: there is none. */
static X509 *read_certificate(const char *text)
{
	BIO *bio = over(text);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	return certificate;
}

bool tls_show(SSL_CTX *context, const char *cert, const char *key)
{
	X509 *own = read_certificate(cert);
	BIO *bio = over(key);
	EVP_PKEY *its = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	bool is_good = own && its && SSL_CTX_use_certificate(context, own) == 1 &&
		       SSL_CTX_use_PrivateKey(context, its) == 1;

	BIO_free(bio);
	X509_free(own);
	EVP_PKEY_free(its);
	ERR_clear_error();
	return is_good;
}

/* A context for one side, owned by the caller. NULL: no memory. */
static SSL_CTX *make(const SSL_METHOD *method)
{
	SSL_CTX *context = SSL_CTX_new(method);

	/* Both ends are netd's: there is no older one to be spoken with. */
	if (context && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1)
		return context;
	SSL_CTX_free(context);
	return NULL;
}

SSL_CTX *tls_server(const char *cert, const char *key, const char *ca)
{
	SSL_CTX *context = make(TLS_server_method());
	X509 *authority = read_certificate(ca);
	/* The chain holds the authority because the joiner has to see its key: a server that
	 * shows its own certificate only would be of no known cluster. */
	bool is_good = context && authority && tls_show(context, cert, key) &&
		       SSL_CTX_add1_chain_cert(context, authority) == 1 &&
		       X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority) == 1;

	X509_free(authority);
	ERR_clear_error();
	/* Who has a token has no certificate yet. The default purpose is that of a client. */
	if (is_good)
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	if (is_good) {
		/* Nobody comes twice, so there is nothing to take up again: no cache, no
		 * tickets. A failure of these settings costs some memory and nothing else. */
		(void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
		(void)SSL_CTX_set_num_tickets(context, 0);
		return context;
	}
	SSL_CTX_free(context);
	return NULL;
}

SSL_CTX *tls_client(void)
{
	SSL_CTX *context = make(TLS_client_method());

	/* Not an omission: the authority is not known to OpenSSL, so its own check could only
	 * fail. tls_judge checks the same things afterwards, with the authority of the token. */
	if (context)
		SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	return context;
}

/* The certificate as PEM, as a string. False: no memory, or it does not fit into size bytes. A
 * stranger chooses how large a certificate is, so not to fit is no mistake of this side. */
static bool print(X509 *certificate, char *ret_text, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len = bio && PEM_write_bio_X509(bio, certificate) == 1 ? BIO_get_mem_data(bio, &data)
								    : 0;
	bool fits = len > 0 && (size_t)len < size;

	if (fits) {
		memcpy(ret_text, data, (size_t)len);
		ret_text[len] = '\0';
	}
	BIO_free(bio);
	return fits;
}

/* The one address that a certificate is for; none, or more than one: family 0, for netd has signed
 * no such certificate for a host that was let in. */
static struct addr read_serves(X509 *certificate)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	const GENERAL_NAME *name = sk_GENERAL_NAME_num(names) == 1 ? sk_GENERAL_NAME_value(names, 0)
								   : NULL;
	struct addr addr = { 0 };

	if (name && name->type == GEN_IPADD) {
		const ASN1_OCTET_STRING *bytes = name->d.iPAddress;
		int len = ASN1_STRING_length(bytes);

		if (len == 4 || len == 16)
			addr.family = len == 4 ? AF_INET : AF_INET6;
		if (len == 4 || len == 16)
			memcpy(addr.bytes, ASN1_STRING_get0_data(bytes), (size_t)len);
	}
	GENERAL_NAMES_free(names);
	return addr;
}

/* False: it is longer than any that netd signs. */
static bool read_serial(X509 *certificate, char ret_serial[static CLUSTER_SERIAL_LEN_MAX + 1])
{
	const ASN1_INTEGER *number = X509_get0_serialNumber(certificate);
	const uint8_t *bytes = ASN1_STRING_get0_data(number);
	int len = ASN1_STRING_length(number);

	if (len <= 0 || len > CLUSTER_SERIAL_LEN_MAX / 2)
		return false;
	for (int i = 0; i < len; i++)
		(void)snprintf(ret_serial + 2 * (size_t)i, 3, "%02x", bytes[i]);
	return true;
}

bool tls_shown(SSL *tls, struct tls_shown *ret_shown)
{
	X509 *certificate = SSL_get0_peer_certificate(tls);
	struct tls_shown shown = { 0 };

	if (!certificate || SSL_get_verify_result(tls) != X509_V_OK ||
	    !read_serial(certificate, shown.serial))
		return false;
	shown.serves = read_serves(certificate);
	ERR_clear_error();
	*ret_shown = shown;
	return true;
}

/* The certificate whose key has this digest, among those that were shown; its PEM text in
 * ret_ca. It belongs to chain. NULL: it is not there, and what ret_ca holds means nothing.
 *
 * Anybody can show an authority's certificate, for it is public. It says who the other host
 * claims to belong to; verify() finds out whether that is so. */
static X509 *find_authority(STACK_OF(X509) * chain, const char *digest, char *ret_ca, size_t size)
{
	char its[CLUSTER_DIGEST_LEN + 1];

	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *certificate = sk_X509_value(chain, i);

		if (print(certificate, ret_ca, size) && authority_digest(ret_ca, its) == 0 &&
		    strcmp(its, digest) == 0)
			return certificate;
	}
	return NULL;
}

/* Whether authority has signed what was shown, for a server at addr, and whether it is good now.
 * An error of X509_V_ERR_... or X509_V_OK. The only certificate that is believed is the one
 * given: the machine's authorities are never looked at. The handshake has proved that the other
 * side has the key. */
static int verify(X509 *shown, X509 *authority, const struct addr *addr)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;
	int result = X509_V_ERR_OUT_OF_MEM;

	if (store && context && X509_STORE_add_cert(store, authority) == 1 &&
	    X509_STORE_CTX_init(context, store, shown, NULL) == 1 &&
	    X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER) == 1) {
		param = X509_STORE_CTX_get0_param(context);
		/* The address that was asked for has to be in the certificate: another host of
		 * the cluster could show a certificate of the same authority. */
		if (X509_VERIFY_PARAM_set1_ip_asc(param, ADDR_STR(addr)) == 1) {
			(void)X509_verify_cert(context); /* its error is looked at */
			result = X509_STORE_CTX_get_error(context);
		}
	}
	/* Both functions accept NULL. */
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	ERR_clear_error();
	return result;
}

const char *tls_judge(SSL *tls, const char *digest, const struct addr *addr, char *ret_ca,
		      size_t size)
{
	/* Both belong to tls: nothing here is freed. */
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(tls);
	X509 *shown = SSL_get0_peer_certificate(tls);
	X509 *authority = shown && chain ? find_authority(chain, digest, ret_ca, size) : NULL;
	int result;

	if (!authority)
		return "it is of another cluster than the token";
	result = verify(shown, authority, addr);
	return result == X509_V_OK ? NULL : X509_verify_cert_error_string(result);
}
