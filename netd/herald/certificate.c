// SPDX-License-Identifier: GPL-2.0-or-later
// certificate.c - whether this host's certificate can be any good, before a member of etcd is asked
#include "herald/certificate.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A certificate that is wrong shows only when a member of etcd has refused it,
 * and then as a connection that is closed without a word. So it is judged here first, as the member
 * would: the key belongs to the certificate, and the authority has signed it, also by way of
 * certificates in between. Nothing is kept: each session looks again, for a certificate expires by
 * itself. */

/* What is looked at; each may be NULL. */
struct certificate {
	X509 *own;
	EVP_PKEY *key;
	STACK_OF(X509) * chain; /* behind it in its file */
	X509_STORE *authorities;
};

/* The text is read where it stands; the BIO has no copy. NULL: no memory. */
static BIO *over(const char *text)
{
	return BIO_new_mem_buf(text, (int)strlen(text));
}

/* A key with a passphrase is none: there is nobody to ask. */
static int no_passphrase(char *place, int size, int writes, void *data)
{
	(void)place, (void)size, (void)writes, (void)data;
	return -1;
}

/* The first certificate of the file is this host's; those behind it lead to the authority. What is
 * no PEM ends the list. */
static void read_chain(struct certificate *certificate, const char *text)
{
	BIO *bio = over(text);
	X509 *next;

	certificate->chain = sk_X509_new_null();
	certificate->own = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
	while (certificate->own && certificate->chain &&
	       (next = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL)
		/* One that is left out makes the verification fail, which is told. */
		if (sk_X509_push(certificate->chain, next) <= 0)
			X509_free(next);
	BIO_free(bio);
}

/* The first key of the file counts. */
static void read_key(struct certificate *certificate, const char *text)
{
	BIO *bio = over(text);

	certificate->key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
	BIO_free(bio);
}

/* How many there are. A file may hold several. */
static unsigned read_authorities(struct certificate *certificate, const char *text)
{
	BIO *bio = over(text);
	unsigned n = 0;
	X509 *next;

	certificate->authorities = X509_STORE_new();
	while (bio && certificate->authorities &&
	       (next = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL) {
		n += X509_STORE_add_cert(certificate->authorities, next) == 1;
		X509_free(next);
	}
	BIO_free(bio);
	return n;
}

/* Each of these takes a NULL. */
static void free_all(struct certificate *certificate)
{
	X509_free(certificate->own);
	EVP_PKEY_free(certificate->key);
	sk_X509_pop_free(certificate->chain, X509_free);
	X509_STORE_free(certificate->authorities);
	ERR_clear_error(); /* what is not asked for would be told to whoever asks next */
}

/* What OpenSSL says is wrong with it; X509_V_OK. Expiry, signature and purpose are OpenSSL's to
 * judge. */
static int verify(const struct certificate *certificate)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	/* Without memory the certificate is not taken, as with any other fault. */
	int result = X509_V_ERR_OUT_OF_MEM;

	if (context && X509_STORE_CTX_init(context, certificate->authorities, certificate->own,
					   certificate->chain) == 1) {
		(void)X509_verify_cert(context); /* its error is looked at */
		result = X509_STORE_CTX_get_error(context);
	}
	X509_STORE_CTX_free(context);
	return result;
}

/* The sentence says which of the three files has to be changed. The order is that in which somebody
 * would look. */
static int judge(const struct certificate *certificate, unsigned n_authorities, char *ret_why,
		 size_t size)
{
	int result;

	/* What is missing is told first: the checks below need all three. */
	if (!certificate->own || !certificate->key || n_authorities == 0) {
		(void)snprintf(ret_why, size, "the file of %s holds nothing of that kind",
			       !certificate->own   ? "this host's certificate"
			       : !certificate->key ? "this host's key"
						   : "the authority's certificate");
		return -EINVAL;
	}
	/* OpenSSL compares the public parts of the two (X509_check_private_key(3)). */
	if (X509_check_private_key(certificate->own, certificate->key) != 1) {
		(void)snprintf(ret_why, size, "this host's key is not that of its certificate");
		return -EINVAL;
	}
	result = verify(certificate);
	if (result == X509_V_OK)
		return 0;
	(void)snprintf(ret_why, size, "this host's certificate is not taken: %s",
		       X509_verify_cert_error_string(result));
	return -EINVAL;
}

/* Needs no file: the texts came over the channel. ret_why is written only when something is
 * wrong. */
int certificate_check(const struct herald_config *config, char *ret_why, size_t size)
{
	struct certificate certificate = { 0 };
	unsigned n_authorities = read_authorities(&certificate, config->ca);
	int err;

	read_chain(&certificate, config->cert);
	read_key(&certificate, config->key);
	err = judge(&certificate, n_authorities, ret_why, size);
	free_all(&certificate);
	return err;
}
