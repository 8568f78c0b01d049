// SPDX-License-Identifier: GPL-2.0-or-later
// test_authority.c - the authority of a cluster: what it signs is of it, of a host, and of no user
#include "authority/authority.h"

#include "base/family.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define PEM_SIZE (CLUSTER_PEM_LEN_MAX + 1)

static char ca[PEM_SIZE], ca_key[PEM_SIZE], cert[PEM_SIZE], key[PEM_SIZE];
static struct addr addrs[FAMILY_N];

static X509 *certificate_of(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);

	assert_non_null(certificate);
	BIO_free(bio);
	return certificate;
}

static EVP_PKEY *key_of(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	EVP_PKEY *its = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	assert_non_null(its);
	BIO_free(bio);
	return its;
}

/* X509_V_OK, for this purpose at this time (0: now). */
static int verify(X509 *certificate, X509 *authority, int purpose, time_t when)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	int result;

	assert_int_equal(X509_STORE_add_cert(store, authority), 1);
	assert_int_equal(X509_STORE_CTX_init(context, store, certificate, NULL), 1);
	assert_int_equal(X509_STORE_CTX_set_purpose(context, purpose), 1);
	if (when != 0)
		X509_STORE_CTX_set_time(context, 0, when);
	(void)X509_verify_cert(context);
	result = X509_STORE_CTX_get_error(context);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return result;
}

static int set_up(void **state)
{
	(void)state;
	return addr_parse("192.0.2.1", &addrs[FAMILY_4]) |
	       addr_parse("2001:db8::1", &addrs[FAMILY_6]) | authority_make(ca, ca_key) |
	       authority_issue(ca, ca_key, addrs, FAMILY_N, cert, key);
}

static void a_host_is_a_server_and_a_client_at_its_addresses(void **state)
{
	X509 *authority = certificate_of(ca), *host = certificate_of(cert);
	EVP_PKEY *its = key_of(key);

	(void)state;
	assert_int_equal(verify(host, authority, X509_PURPOSE_SSL_SERVER, 0), X509_V_OK);
	assert_int_equal(verify(host, authority, X509_PURPOSE_SSL_CLIENT, 0), X509_V_OK);
	assert_int_equal(X509_check_private_key(host, its), 1);
	assert_int_equal(X509_check_ip_asc(host, "192.0.2.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(host, "2001:db8::1", 0), 1);
	assert_int_equal(X509_check_ip_asc(host, "192.0.2.2", 0), 0);
	/* etcd's gateway takes a common name for that of a user. */
	assert_int_equal(
		X509_NAME_get_index_by_NID(X509_get_subject_name(host), NID_commonName, -1), -1);
	/* No host signs for others. */
	assert_int_equal(X509_check_ca(host), 0);
	EVP_PKEY_free(its);
	X509_free(host);
	X509_free(authority);
}

static void clocks_of_hosts_may_differ(void **state)
{
	X509 *authority = certificate_of(ca), *host = certificate_of(cert);
	time_t now = time(NULL);

	(void)state;
	assert_int_equal(verify(host, authority, X509_PURPOSE_SSL_SERVER, now - 3600), X509_V_OK);
	assert_int_equal(
		verify(host, authority, X509_PURPOSE_SSL_SERVER, now + 9L * 365 * 24 * 3600),
		X509_V_OK);
	X509_free(host);
	X509_free(authority);
}

static void what_another_authority_signed_is_none_of_its(void **state)
{
	static char other[PEM_SIZE], other_key[PEM_SIZE], its[PEM_SIZE], its_key[PEM_SIZE];
	X509 *authority, *host = certificate_of(cert);

	(void)state;
	assert_int_equal(authority_make(other, other_key), 0);
	assert_string_not_equal(other_key, ca_key);
	authority = certificate_of(other);
	assert_int_not_equal(verify(host, authority, X509_PURPOSE_SSL_SERVER, 0), X509_V_OK);
	/* A key that is not its authority's signs nothing. */
	assert_int_equal(authority_issue(ca, other_key, addrs, FAMILY_N, its, its_key), -EINVAL);
	assert_int_equal(authority_issue("none", ca_key, addrs, FAMILY_N, its, its_key), -EINVAL);
	assert_int_equal(authority_issue(ca, "none", addrs, FAMILY_N, its, its_key), -EINVAL);
	X509_free(host);
	X509_free(authority);
}

static void a_host_has_an_address(void **state)
{
	static char its[PEM_SIZE], its_key[PEM_SIZE];
	const struct addr none[FAMILY_N] = { 0 };

	(void)state;
	assert_int_equal(authority_issue(ca, ca_key, none, FAMILY_N, its, its_key), -EINVAL);
	assert_string_equal(its_key, "");
}

#define VALID_S 3600

static void a_client_is_no_server_and_has_no_address(void **state)
{
	static char its_key[PEM_SIZE], its[PEM_SIZE];
	X509 *authority = certificate_of(ca), *client;
	uint8_t public[USHER_KEY_MAX];
	size_t len = sizeof(public), none = 10;
	EVP_PKEY *private;

	(void)state;
	assert_int_equal(authority_make_key(its_key, public, &none), -ENOSPC);
	assert_int_equal(authority_make_key(its_key, public, &len), 0);
	assert_int_equal(authority_sign(ca, ca_key, public, len, NULL, VALID_S, its, sizeof(its)),
			 0);
	client = certificate_of(its);
	private = key_of(its_key);
	assert_int_equal(X509_check_private_key(client, private), 1);
	assert_int_equal(verify(client, authority, X509_PURPOSE_SSL_CLIENT, 0), X509_V_OK);
	assert_int_not_equal(verify(client, authority, X509_PURPOSE_SSL_SERVER, 0), X509_V_OK);
	assert_int_equal(X509_check_ip_asc(client, "192.0.2.1", 0), 0);
	/* A stranger's bytes: cut, with more behind them, and of another curve's kind. */
	assert_int_equal(
		authority_sign(ca, ca_key, public, len - 1, NULL, VALID_S, its, sizeof(its)),
		-EINVAL);
	assert_int_equal(
		authority_sign(ca, ca_key, public, len + 1, NULL, VALID_S, its, sizeof(its)),
		-EINVAL);
	assert_int_equal(authority_sign(ca, ca_key, public, 0, NULL, VALID_S, its, sizeof(its)),
			 -EINVAL);
	EVP_PKEY_free(private);
	private = EVP_EC_gen("P-384");
	{
		uint8_t *end = public;

		len = (size_t)i2d_PUBKEY(private, &end);
	}
	assert_int_equal(authority_sign(ca, ca_key, public, len, NULL, VALID_S, its, sizeof(its)),
			 -EINVAL);
	EVP_PKEY_free(private);
	X509_free(client);
	X509_free(authority);
}

/* A certificate is good for as long as it is said, and not for longer than its authority. */
static void the_end_is_as_it_is_said(void **state)
{
	static char its_key[PEM_SIZE], its[PEM_SIZE];
	X509 *authority = certificate_of(ca), *client;
	uint8_t public[USHER_KEY_MAX], same[USHER_KEY_MAX];
	size_t len = sizeof(public), same_len = sizeof(same), none = 10;
	int day, second;

	(void)state;
	assert_int_equal(authority_make_key(its_key, public, &len), 0);
	assert_int_equal(authority_sign(ca, ca_key, public, len, NULL, VALID_S, its, sizeof(its)),
			 0);
	client = certificate_of(its);
	assert_int_equal(ASN1_TIME_diff(&day, &second, NULL, X509_get0_notAfter(client)), 1);
	assert_int_equal(day, 0);
	assert_in_range(second, VALID_S - 600, VALID_S);
	X509_free(client);
	assert_int_equal(authority_sign(ca, ca_key, public, len, NULL, 2 * AUTHORITY_VALID_S, its,
					sizeof(its)),
			 0);
	client = certificate_of(its);
	assert_int_equal(
		ASN1_TIME_compare(X509_get0_notAfter(client), X509_get0_notAfter(authority)), 0);
	X509_free(client);
	X509_free(authority);
	/* The public half of a key is told again, for the next certificate. */
	assert_int_equal(authority_public(its_key, same, &same_len), 0);
	assert_int_equal(same_len, len);
	assert_memory_equal(same, public, len);
	assert_int_equal(authority_public(its_key, same, &none), -ENOSPC);
	assert_int_equal(authority_public(ca, same, &same_len), -EINVAL);
}

static void number_of(const char *text, char *ret_serial)
{
	X509 *certificate = certificate_of(text);
	BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
	char *digits = BN_bn2hex(number);

	for (size_t i = 0; i <= strlen(digits); i++)
		ret_serial[i] = (char)tolower((unsigned char)digits[i]);
	OPENSSL_free(digits);
	BN_free(number);
	X509_free(certificate);
}

/* X509_V_OK, where the list is asked. */
static int verify_by(X509_CRL *crl, const char *text)
{
	X509 *certificate = certificate_of(text), *authority = certificate_of(ca);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	int result;

	assert_int_equal(X509_STORE_add_cert(store, authority), 1);
	assert_int_equal(X509_STORE_add_crl(store, crl), 1);
	assert_int_equal(X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK), 1);
	assert_int_equal(X509_STORE_CTX_init(context, store, certificate, NULL), 1);
	(void)X509_verify_cert(context);
	result = X509_STORE_CTX_get_error(context);
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	X509_free(authority);
	X509_free(certificate);
	return result;
}

/* From an exact-size copy. */
static X509_CRL *list_of(const uint8_t *bytes, size_t len)
{
	const uint8_t *at = bytes;
	X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)len);

	assert_non_null(crl);
	assert_ptr_equal(at, bytes + len);
	return crl;
}

static void what_is_revoked_is_refused_and_nothing_else(void **state)
{
	static char other[PEM_SIZE], other_key[PEM_SIZE];
	static uint8_t bytes[AUTHORITY_CRL_MAX];
	char serials[2][CLUSTER_SERIAL_LEN_MAX + 1] = { "07", "" };
	size_t len = sizeof(bytes);
	X509_CRL *crl;

	(void)state;
	assert_int_equal(authority_issue(ca, ca_key, addrs, FAMILY_N, other, other_key), 0);
	number_of(cert, serials[1]);
	assert_int_equal(authority_revoke(ca, ca_key, serials, 2, bytes, &len), 0);
	crl = list_of(bytes, len);
	assert_int_equal(verify_by(crl, cert), X509_V_ERR_CERT_REVOKED);
	assert_int_equal(verify_by(crl, other), X509_V_OK);
	X509_CRL_free(crl);
	/* Of none there is a list, too: etcd lets nobody in without. */
	len = sizeof(bytes);
	assert_int_equal(authority_revoke(ca, ca_key, NULL, 0, bytes, &len), 0);
	crl = list_of(bytes, len);
	assert_int_equal(verify_by(crl, cert), X509_V_OK);
	X509_CRL_free(crl);
	/* As a host that is no authority signs it. */
	len = sizeof(bytes);
	assert_int_equal(authority_revoke(cert, key, serials, 2, bytes, &len), 0);
	crl = list_of(bytes, len);
	assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), 2);
	X509_CRL_free(crl);
}

static void a_list_has_room_for_all_that_may_be_revoked(void **state)
{
	static char serials[CLUSTER_REVOKED_MAX][CLUSTER_SERIAL_LEN_MAX + 1];
	static uint8_t bytes[AUTHORITY_CRL_MAX];
	size_t len = sizeof(bytes), few = 64;
	X509_CRL *crl;

	(void)state;
	for (size_t i = 0; i < CLUSTER_REVOKED_MAX; i++)
		(void)snprintf(serials[i], sizeof(serials[i]),
			       "ffffffffffffffffffffffffffffffffffff%04zx", i);
	assert_int_equal(authority_revoke(cert, key, serials, CLUSTER_REVOKED_MAX, bytes, &len), 0);
	crl = list_of(bytes, len);
	assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), CLUSTER_REVOKED_MAX);
	X509_CRL_free(crl);
	assert_int_equal(authority_revoke(cert, key, serials, 1, bytes, &few), -ENOSPC);
	(void)strcpy(serials[0], "no number");
	assert_int_equal(authority_revoke(cert, key, serials, 1, bytes, &len), -EINVAL);
	serials[0][0] = '\0';
	assert_int_equal(authority_revoke(cert, key, serials, 1, bytes, &len), -EINVAL);
	assert_int_equal(authority_revoke(cert, ca_key, NULL, 0, bytes, &len), -EINVAL);
}

static void a_digest_is_of_the_authority_s_key(void **state)
{
	static char other[PEM_SIZE], other_key[PEM_SIZE];
	char first[CLUSTER_DIGEST_LEN + 1], second[CLUSTER_DIGEST_LEN + 1];

	(void)state;
	assert_int_equal(authority_digest(ca, first), 0);
	assert_int_equal(strspn(first, "0123456789abcdef"), CLUSTER_DIGEST_LEN);
	assert_int_equal(authority_digest(ca, second), 0);
	assert_string_equal(first, second);
	assert_int_equal(authority_make(other, other_key), 0);
	assert_int_equal(authority_digest(other, second), 0);
	assert_string_not_equal(first, second);
	assert_int_equal(authority_digest("none", second), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_a_server_and_a_client_at_its_addresses),
		cmocka_unit_test(clocks_of_hosts_may_differ),
		cmocka_unit_test(the_end_is_as_it_is_said),
		cmocka_unit_test(what_another_authority_signed_is_none_of_its),
		cmocka_unit_test(a_host_has_an_address),
		cmocka_unit_test(a_client_is_no_server_and_has_no_address),
		cmocka_unit_test(what_is_revoked_is_refused_and_nothing_else),
		cmocka_unit_test(a_list_has_room_for_all_that_may_be_revoked),
		cmocka_unit_test(a_digest_is_of_the_authority_s_key),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
