// SPDX-License-Identifier: GPL-2.0-or-later
// authority.c - the certificate authority of a cluster: made, and what it signs
#include "authority/authority.h"

#include "base/cleanup.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Pure functions over PEM texts: no file, no state, no clock but the one
 * OpenSSL reads for the dates. Three processes use them: the keeper makes an authority and a
 * host's certificate, the usher of a joiner makes a key, and the usher of the host that lets in
 * signs it.
 *
 * All keys are of P-256: small, fast, and known to every etcd. A certificate says as little as
 * it can, and what it may be used for is said with extensions. Functions that read texts or sign
 * clear OpenSSL's queue of errors at their end: the usher speaks TLS in the same thread, where
 * an old error would be taken for a new one. Memory that runs out is -EIO as any other failure
 * of OpenSSL, which does not tell them apart. */

#define SERIAL_BITS 127 /* RFC 5280 allows 20 bytes, and wants it positive */

/* For the cleanup attribute. OpenSSL frees nothing when it is given NULL. */
static void free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void free_certificate(X509 **certificate)
{
	X509_free(*certificate);
}

static void free_crl(X509_CRL **crl)
{
	X509_CRL_free(*crl);
}

#define _cleanup_crl_ _cleanup_(free_crl)
#define _cleanup_key_ _cleanup_(free_key)
#define _cleanup_certificate_ _cleanup_(free_certificate)

/* --- PEM --- */

/* A reader over text, which is not copied and has to live longer. NULL: no memory. */
static BIO *over(const char *text)
{
	return BIO_new_mem_buf(text, (int)strlen(text));
}

/* Takes as a string what was written into memory, and frees bio, which may be NULL. is_written:
 * the writer had success. 0, or -EIO, also when size bytes are too few. */
static int take_text(BIO *bio, bool is_written, char *ret_text, size_t size)
{
	char *data = NULL;
	long len = bio ? BIO_get_mem_data(bio, &data) : 0;
	bool fits = is_written && len > 0 && (size_t)len < size;

	if (fits) {
		memcpy(ret_text, data, (size_t)len);
		ret_text[len] = '\0';
	}
	BIO_free(bio);
	return fits ? 0 : -EIO;
}

/* The private key without a passphrase: whoever may read the place where it is kept may use it,
 * and nobody is there to type one. ret_text has CLUSTER_PEM_LEN_MAX + 1 bytes. */
static int write_key(EVP_PKEY *key, char *ret_text)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool is_written = bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;

	return take_text(bio, is_written, ret_text, CLUSTER_PEM_LEN_MAX + 1);
}

static int write_certificate(X509 *certificate, char *ret_text, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool is_written = bio && PEM_write_bio_X509(bio, certificate) == 1;

	return take_text(bio, is_written, ret_text, size);
}

/* A key with a passphrase is none: there is nobody to ask. Without this function OpenSSL would
 * ask at the terminal and wait. */
static int no_passphrase(char *place, int size, int writes, void *data)
{
	(void)place, (void)size, (void)writes, (void)data;
	return -1;
}

/* Both readers return an object that the caller owns, or NULL: it is no such text. */
static EVP_PKEY *read_key(const char *text)
{
	BIO *bio = over(text);
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	return key;
}

static X509 *read_certificate(const char *text)
{
	BIO *bio = over(text);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	return certificate;
}

/* --- certificates --- */

/* A random number, so that no count has to be kept and two certificates of an authority never
 * share one. RFC 5280 asks for that. */
static bool set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool is_set = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
		      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));

	BN_free(number);
	return is_set;
}

/* Adds the extension `what` (a NID), with its value in the words of x509v3_config(5). issuer is
 * needed by those that are made from its key. */
static bool add_extension(X509 *certificate, X509 *issuer, int what, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	bool is_added;

	/* No configuration file: values here refer to none. */
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, what, value);
	is_added = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return is_added;
}

/* What all have: serial, dates, subject, key. No common name, as the header says why. The
 * certificate is the caller's, who adds issuer and extensions and signs it. NULL: OpenSSL
 * failed. */
static X509 *begin_certificate(EVP_PKEY *key, const char *organization, long valid_s)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = certificate ? X509_get_subject_name(certificate) : NULL;

	if (subject && X509_set_version(certificate, X509_VERSION_3) == 1 &&
	    set_serial(certificate) &&
	    X509_gmtime_adj(X509_getm_notBefore(certificate), -AUTHORITY_BACKDATED_S) &&
	    X509_gmtime_adj(X509_getm_notAfter(certificate), valid_s) &&
	    X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC,
				       (const unsigned char *)organization, -1, -1, 0) == 1 &&
	    X509_set_pubkey(certificate, key) == 1)
		return certificate;
	X509_free(certificate);
	return NULL;
}

int authority_make(char ret_ca[static CLUSTER_PEM_LEN_MAX + 1],
		   char ret_ca_key[static CLUSTER_PEM_LEN_MAX + 1])
{
	_cleanup_key_ EVP_PKEY *key = EVP_EC_gen("P-256");
	_cleanup_certificate_ X509 *ca =
		key ? begin_certificate(key, "netd cluster", AUTHORITY_VALID_S) : NULL;
	int err = -EIO;

	/* It signs itself. pathlen:0 lets it sign hosts and no other authority. The identifier
	 * of its key comes before anything it signs, for theirs refers to it. */
	if (ca && X509_set_issuer_name(ca, X509_get_subject_name(ca)) == 1 &&
	    add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	    add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	    add_extension(ca, ca, NID_subject_key_identifier, "hash") &&
	    X509_sign(ca, key, EVP_sha256()) > 0)
		err = write_certificate(ca, ret_ca, CLUSTER_PEM_LEN_MAX + 1);
	if (err == 0)
		err = write_key(key, ret_ca_key);
	ERR_clear_error();
	return err;
}

/* The alternative names of a certificate, "IP:192.0.2.1,IP:2001:db8::1". Addresses that are not
 * set are passed over. False: there is no address, or no room. */
static bool name_addrs(const struct addr *addrs, size_t n_addrs, char *ret_text, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < n_addrs && len < size; i++)
		if (addr_is_set(&addrs[i]))
			len += (size_t)snprintf(ret_text + len, size - len, "%sIP:%s",
						len > 0 ? "," : "", ADDR_STR(&addrs[i]));
	return len > 0 && len < size;
}

/* One that said to be good for longer than whoever signed it would be told in good time of neither
 * end. */
static bool end_with(X509 *certificate, const X509 *ca)
{
	int day, second;

	if (ASN1_TIME_diff(&day, &second, X509_get0_notAfter(ca),
			   X509_get0_notAfter(certificate)) != 1)
		return false;
	return (day <= 0 && second <= 0) ||
	       X509_set1_notAfter(certificate, X509_get0_notAfter(ca)) == 1;
}

/* The certificate of the host that has this key, owned by the caller; NULL: OpenSSL failed.
 * names NULL: it is a client, which is good for speaking to members and for nothing else. A
 * server is a client, too: members are clients of each other. ca_key has to be the key of ca,
 * which callers check. */
static X509 *sign(X509 *ca, EVP_PKEY *ca_key, EVP_PKEY *key, const char *names, long valid_s)
{
	X509 *certificate = begin_certificate(key, "netd", valid_s);

	if (certificate && end_with(certificate, ca) &&
	    X509_set_issuer_name(certificate, X509_get_subject_name(ca)) == 1 &&
	    add_extension(certificate, ca, NID_basic_constraints, "critical,CA:FALSE") &&
	    add_extension(certificate, ca, NID_key_usage, "critical,digitalSignature") &&
	    add_extension(certificate, ca, NID_ext_key_usage,
			  names ? "serverAuth,clientAuth" : "clientAuth") &&
	    (!names || add_extension(certificate, ca, NID_subject_alt_name, names)) &&
	    add_extension(certificate, ca, NID_authority_key_identifier, "keyid") &&
	    X509_sign(certificate, ca_key, EVP_sha256()) > 0)
		return certificate;
	X509_free(certificate);
	return NULL;
}

int authority_issue(const char *ca, const char *ca_key, const struct addr *addrs, size_t n_addrs,
		    char ret_cert[static CLUSTER_PEM_LEN_MAX + 1],
		    char ret_key[static CLUSTER_PEM_LEN_MAX + 1])
{
	_cleanup_certificate_ X509 *issuer = read_certificate(ca), *certificate = NULL;
	_cleanup_key_ EVP_PKEY *issuer_key = read_key(ca_key), *key = EVP_EC_gen("P-256");
	char names[AUTHORITY_NAMES_MAX];
	int err = 0;

	/* A key of another authority would sign all the same, and etcd would refuse the result
	 * much later and with other words. */
	if (!issuer || !issuer_key || X509_check_private_key(issuer, issuer_key) != 1 ||
	    !name_addrs(addrs, n_addrs, names, sizeof(names)))
		err = -EINVAL;
	if (err == 0 && key)
		certificate = sign(issuer, issuer_key, key, names, AUTHORITY_VALID_S);
	if (err == 0 && !certificate)
		err = -EIO;
	if (err == 0)
		err = write_certificate(certificate, ret_cert, CLUSTER_PEM_LEN_MAX + 1);
	if (err == 0)
		err = write_key(key, ret_key);
	ERR_clear_error();
	return err;
}

int authority_make_key(char ret_key[static CLUSTER_PEM_LEN_MAX + 1], uint8_t *ret_public,
		       size_t *len)
{
	_cleanup_key_ EVP_PKEY *key = EVP_EC_gen("P-256");
	int n = key ? i2d_PUBKEY(key, NULL) : 0;

	/* The length is asked for first: i2d_PUBKEY writes without a bound. */
	if (n <= 0)
		return -EIO;
	if ((size_t)n > *len)
		return -ENOSPC;
	*len = (size_t)i2d_PUBKEY(key, &ret_public);
	return write_key(key, ret_key);
}

int authority_public(const char *key, uint8_t *ret_public, size_t *len)
{
	_cleanup_key_ EVP_PKEY *its = read_key(key);
	int n = its ? i2d_PUBKEY(its, NULL) : 0;

	ERR_clear_error();
	if (n <= 0)
		return -EINVAL;
	if ((size_t)n > *len)
		return -ENOSPC;
	*len = (size_t)i2d_PUBKEY(its, &ret_public);
	return 0;
}

/* Whether a stranger's key is of the one kind that netd makes. Others may be weak, or large
 * enough to make a signature's check expensive. */
static bool is_p256(EVP_PKEY *key)
{
	char group[32] = "";

	return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, SN_X9_62_prime256v1) == 0;
}

int authority_sign(const char *ca, const char *ca_key, const uint8_t *public, size_t len,
		   const struct addr *addr, long valid_s, char *ret_cert, size_t size)
{
	char names[AUTHORITY_NAMES_MAX];
	_cleanup_certificate_ X509 *issuer = read_certificate(ca), *certificate = NULL;
	_cleanup_key_ EVP_PKEY *issuer_key = read_key(ca_key), *key = NULL;
	const uint8_t *end = public;
	int err = 0;

	if (issuer && issuer_key && X509_check_private_key(issuer, issuer_key) == 1)
		key = d2i_PUBKEY(NULL, &end, (long)len);
	/* All bytes have to be the key: something behind it would be signed for nobody to see.
	 * The message has proved the secret and not that the sender has the private key; without
	 * it the certificate is of no use to him. */
	if (!key || end != public + len || !is_p256(key) ||
	    (addr && !name_addrs(addr, 1, names, sizeof(names))))
		err = -EINVAL;
	if (err == 0)
		certificate = sign(issuer, issuer_key, key, addr ? names : NULL, valid_s);
	if (err == 0)
		err = certificate ? write_certificate(certificate, ret_cert, size) : -EIO;
	ERR_clear_error();
	return err;
}

/* --- what is worth nothing any more --- */

/* A list without an entry, of whoever has this certificate. Nothing makes it anew but a change, so
 * it is good for as long as a certificate. NULL: OpenSSL failed. */
static X509_CRL *begin_crl(const X509 *issuer, ASN1_TIME *now)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *end = X509_gmtime_adj(NULL, AUTHORITY_VALID_S);
	bool is_begun = crl && now && end && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
			X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) == 1 &&
			X509_CRL_set1_lastUpdate(crl, now) == 1 &&
			X509_CRL_set1_nextUpdate(crl, end) == 1;

	ASN1_TIME_free(end);
	if (is_begun)
		return crl;
	X509_CRL_free(crl);
	return NULL;
}

/* One more entry. 0; -EINVAL: that is no number; -EIO. */
static int add_revoked(X509_CRL *crl, const char *serial, ASN1_TIME *now)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	BIGNUM *number = NULL;
	ASN1_INTEGER *its = NULL;
	size_t len = strlen(serial);
	int err = 0;

	if (len == 0 || strspn(serial, "0123456789abcdef") != len ||
	    BN_hex2bn(&number, serial) != (int)len)
		err = -EINVAL;
	if (err == 0)
		its = BN_to_ASN1_INTEGER(number, NULL);
	/* The list takes the entry over only when it says so. */
	if (err == 0 && !(entry && its && X509_REVOKED_set_serialNumber(entry, its) == 1 &&
			  X509_REVOKED_set_revocationDate(entry, now) == 1 &&
			  X509_CRL_add0_revoked(crl, entry) == 1))
		err = -EIO;
	if (err < 0)
		X509_REVOKED_free(entry);
	ASN1_INTEGER_free(its);
	BN_free(number);
	return err;
}

/* As bytes. The length is asked for first: i2d_X509_CRL writes without a bound. */
static int write_crl(X509_CRL *crl, uint8_t *ret_crl, size_t *len)
{
	int n = i2d_X509_CRL(crl, NULL);

	if (n <= 0)
		return -EIO;
	if ((size_t)n > *len)
		return -ENOSPC;
	*len = (size_t)i2d_X509_CRL(crl, &ret_crl);
	return 0;
}

int authority_revoke(const char *cert, const char *key,
		     const char (*serials)[CLUSTER_SERIAL_LEN_MAX + 1], size_t n, uint8_t *ret_crl,
		     size_t *len)
{
	_cleanup_certificate_ X509 *issuer = read_certificate(cert);
	_cleanup_key_ EVP_PKEY *issuer_key = read_key(key);
	_cleanup_crl_ X509_CRL *crl = NULL;
	ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
	int err = 0;

	if (!issuer || !issuer_key || X509_check_private_key(issuer, issuer_key) != 1)
		err = -EINVAL;
	if (err == 0 && !(crl = begin_crl(issuer, now)))
		err = -EIO;
	for (size_t i = 0; i < n && err == 0; i++)
		err = add_revoked(crl, serials[i], now);
	if (err == 0 &&
	    (X509_CRL_sort(crl) != 1 || X509_CRL_sign(crl, issuer_key, EVP_sha256()) <= 0))
		err = -EIO;
	if (err == 0)
		err = write_crl(crl, ret_crl, len);
	ASN1_TIME_free(now);
	ERR_clear_error();
	return err;
}

int authority_digest(const char *ca, char ret_digest[static CLUSTER_DIGEST_LEN + 1])
{
	_cleanup_certificate_ X509 *certificate = read_certificate(ca);
	EVP_PKEY *key = certificate ? X509_get0_pubkey(certificate) : NULL;
	uint8_t *der = NULL, digest[CLUSTER_DIGEST_LEN / 2];
	int len = key ? i2d_PUBKEY(key, &der) : -1;
	/* Of the key and not of the certificate: it stays the same when the certificate is made
	 * anew. DER has one spelling for each key, so all hosts compute the same. */
	bool is_made = len > 0 &&
		       EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	ERR_clear_error();
	if (!is_made)
		return -EINVAL;
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)snprintf(ret_digest + 2 * i, 3, "%02x", digest[i]);
	return 0;
}
