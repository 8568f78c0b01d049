// SPDX-License-Identifier: GPL-2.0-or-later
// test_certificate.c - a certificate is held against its authority, its key and the time
#include "herald/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static struct herald_config config;

/* Into a text of PEM, size bytes. */
static void take_text(BIO *bio, char *ret_text, size_t size)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	assert_true(len > 0 && (size_t)len < size);
	memcpy(ret_text, data, (size_t)len);
	ret_text[len] = '\0';
	BIO_free(bio);
}

static void write_certificate(X509 *certificate, char *ret_text)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);
	take_text(bio, ret_text, CLUSTER_PEM_LEN_MAX);
}

static void write_key(EVP_PKEY *key, char *ret_text)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	take_text(bio, ret_text, CLUSTER_PEM_LEN_MAX);
}

/* issuer NULL: of its own. It ends so many seconds from now. */
static X509 *make(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, long ends)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);

	/* One of the first version needs no extension to be an authority's. */
	assert_int_equal(X509_set_version(certificate, issuer ? 2 : 0), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(certificate), rand()), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), -7200));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), ends));
	assert_int_equal(X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC,
						    (const unsigned char *)name, -1, -1, 0),
			 1);
	assert_int_equal(
		X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : subject),
		1);
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	assert_true(X509_sign(certificate, issuer ? issuer_key : key, EVP_sha256()) > 0);
	return certificate;
}

struct pki {
	EVP_PKEY *authority_key, *key, *other_key;
	X509 *authority, *stranger, *own, *expired;
};

static void pki_init(struct pki *pki)
{
	pki->authority_key = EVP_EC_gen("P-256");
	pki->key = EVP_EC_gen("P-256");
	pki->other_key = EVP_EC_gen("P-256");
	pki->authority = make("ca", pki->authority_key, NULL, NULL, 3600);
	pki->stranger = make("stranger", pki->other_key, NULL, NULL, 3600);
	pki->own = make("host", pki->key, pki->authority, pki->authority_key, 3600);
	pki->expired = make("host", pki->key, pki->authority, pki->authority_key, -3600);
	write_certificate(pki->authority, config.ca);
	write_certificate(pki->own, config.cert);
	write_key(pki->key, config.key);
}

static void pki_done(struct pki *pki)
{
	X509_free(pki->authority);
	X509_free(pki->stranger);
	X509_free(pki->own);
	X509_free(pki->expired);
	EVP_PKEY_free(pki->authority_key);
	EVP_PKEY_free(pki->key);
	EVP_PKEY_free(pki->other_key);
}

static void refused(const char *words)
{
	char why[HERALD_WHY_LEN_MAX + 1] = "";

	assert_int_equal(certificate_check(&config, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, words);
}

static void one_of_its_authority_with_its_key_is_taken(void **state)
{
	struct pki pki;
	char why[HERALD_WHY_LEN_MAX + 1] = "";

	(void)state;
	pki_init(&pki);
	assert_int_equal(certificate_check(&config, why, sizeof(why)), 0);
	pki_done(&pki);
}

static void what_is_no_good_is_said(void **state)
{
	struct pki pki;

	(void)state;
	pki_init(&pki);
	write_certificate(pki.expired, config.cert);
	refused("this host's certificate is not taken: certificate has expired");
	write_certificate(pki.own, config.cert);
	write_certificate(pki.stranger, config.ca);
	refused("this host's certificate is not taken: unable to get local issuer certificate");
	write_certificate(pki.authority, config.ca);
	write_key(pki.other_key, config.key);
	refused("this host's key is not that of its certificate");
	write_certificate(pki.own, config.key);
	refused("the file of this host's key holds nothing of that kind");
	(void)strcpy(config.cert, "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n");
	refused("the file of this host's certificate holds nothing of that kind");
	write_certificate(pki.own, config.cert);
	write_key(pki.key, config.key);
	write_key(pki.key, config.ca);
	refused("the file of the authority's certificate holds nothing of that kind");
	pki_done(&pki);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_its_authority_with_its_key_is_taken),
		cmocka_unit_test(what_is_no_good_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
