// SPDX-License-Identifier: GPL-2.0-or-later
// test_judge.c - who is let into a cluster: whoever knows the secret of the day, and nobody else
#include "authority/authority.h"
#include "usher/usher.h"
#include "usher/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define OLD "ffffffffffffffff0123456789abcdef"
#define NOW 1000

static struct usher_config config;
static struct usher_request request;
static struct usher_answer answer;
static uint8_t asked[USHER_MESSAGE_MAX], said[USHER_MESSAGE_MAX];
static char key[CLUSTER_PEM_LEN_MAX + 1];
static const struct addr *from; /* where who asks comes from */
static const struct tls_shown *shown;

static int set_up(void **state)
{
	size_t len = sizeof(request.key);

	(void)state;
	config = (struct usher_config) { .secret = SECRET,
					 .expires = NOW + 1,
					 .n_old = 1,
					 .old = { OLD },
					 .members = { .n = 1, .urls = { "https://192.0.2.1:1" } },
					 .valid_s = 3600,
					 .n_revoked = 1,
					 .revoked = { "4dc9" } };
	if (authority_make(config.ca, config.ca_key) < 0 ||
	    authority_make_key(key, request.key, &len) < 0)
		return -1;
	request.key_len = (uint16_t)len;
	return 0;
}

static void answer_to(const uint8_t *data, size_t len, uint64_t now)
{
	struct wire out = wire_writer(said, sizeof(said)), in;
	const struct judge_guest guest = { .from = from, .shown = shown };

	judge_request(&config, data, len, &guest, now, &out);
	assert_int_equal(out.err, 0);
	in = wire_reader(said, out.pos);
	usher_words_get_answer(&in, &answer);
	assert_int_equal(in.err, 0);
}

static void ask(const char *secret, uint64_t now)
{
	struct wire wire = wire_writer(asked, sizeof(asked));

	memset(request.secret, 0, sizeof(request.secret));
	memcpy(request.secret, secret, strlen(secret));
	usher_words_put_request(&wire, &request);
	assert_int_equal(wire.err, 0);
	answer_to(asked, wire.pos, now);
}

static void who_knows_the_secret_has_a_certificate(void **state)
{
	(void)state;
	ask(SECRET, NOW);
	assert_string_equal(answer.why, "");
	assert_non_null(strstr(answer.cert, "BEGIN CERTIFICATE"));
	assert_int_equal(answer.members.n, 1);
	assert_string_equal(answer.members.urls[0], "https://192.0.2.1:1");
}

static void who_does_not_hears_why_and_nothing_else(void **state)
{
	(void)state;
	ask("0123456789abcdef0123456789abcdee", NOW);
	assert_non_null(strstr(answer.why, "the token is wrong"));
	ask("", NOW);
	assert_non_null(strstr(answer.why, "the token is wrong"));
	ask(OLD, NOW);
	assert_non_null(strstr(answer.why, "the token was replaced by another"));
	ask(SECRET, NOW + 1);
	assert_non_null(strstr(answer.why, "the token has expired"));
	assert_string_equal(answer.cert, "");
	assert_int_equal(answer.members.n, 0);
}

/* Whether a certificate is for a server at this address. */
static bool names(const char *text, const char *addr)
{
	BIO *bio = BIO_new_mem_buf(text, -1);
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	bool does = certificate && X509_check_ip_asc(certificate, addr, 0) == 1 &&
		    (X509_get_extended_key_usage(certificate) & XKU_SSL_SERVER);

	X509_free(certificate);
	BIO_free(bio);
	return does;
}

static void a_host_may_serve_at_the_address_that_it_is_seen_at(void **state)
{
	struct addr addr;

	(void)state;
	assert_int_equal(addr_parse("192.0.2.7", &addr), 0);
	from = &addr;
	ask(SECRET, NOW);
	assert_string_equal(ADDR_STR(&answer.serves), "192.0.2.7");
	assert_true(names(answer.serving, "192.0.2.7"));
	assert_false(names(answer.serving, "192.0.2.8"));
	assert_false(names(answer.cert, "192.0.2.7"));
	/* One that others cannot use, and none at all. */
	assert_int_equal(addr_parse("fe80::1", &addr), 0);
	ask(SECRET, NOW);
	assert_string_equal(answer.serving, "");
	assert_false(addr_is_set(&answer.serves));
	assert_non_null(strstr(answer.cert, "BEGIN CERTIFICATE"));
	from = NULL;
	ask(SECRET, NOW);
	assert_string_equal(answer.serving, "");
}

/* What is shown counts where no secret is said, and the other way round. */
static void who_is_in_gets_another_like_the_one_that_is_shown(void **state)
{
	struct tls_shown its = { .serial = "07" };
	struct addr addr;

	(void)state;
	shown = &its;
	assert_int_equal(addr_parse("192.0.2.7", &addr), 0);
	from = &addr;
	ask("", NOW + 1);
	assert_string_equal(answer.why, "");
	assert_non_null(strstr(answer.cert, "BEGIN CERTIFICATE"));
	assert_false(addr_is_set(&answer.serves));
	assert_string_equal(answer.serving, "");
	/* Not where it comes from, but what the other one was for. */
	assert_int_equal(addr_parse("2001:db8::7", &its.serves), 0);
	ask("", NOW + 1);
	assert_true(names(answer.serving, "2001:db8::7"));
	assert_false(names(answer.serving, "192.0.2.7"));
	assert_string_equal(ADDR_STR(&answer.serves), "2001:db8::7");
	ask("0123456789abcdef0123456789abcdee", NOW);
	assert_non_null(strstr(answer.why, "the token is wrong"));
	(void)snprintf(its.serial, sizeof(its.serial), "4dc9");
	ask("", NOW);
	assert_non_null(strstr(answer.why, "revoked"));
	assert_string_equal(answer.cert, "");
	/* With a token that is good it joins anew. */
	ask(SECRET, NOW);
	assert_string_equal(answer.why, "");
	shown = NULL;
	from = NULL;
	ask("", NOW);
	assert_non_null(strstr(answer.why, "the token is wrong"));
}

static void what_is_no_key_is_not_signed(void **state)
{
	uint16_t len = request.key_len;

	(void)state;
	request.key_len = (uint16_t)(len - 1);
	ask(SECRET, NOW);
	assert_non_null(strstr(answer.why, "cannot be signed"));
	request.key_len = 0;
	ask(SECRET, NOW);
	assert_non_null(strstr(answer.why, "cannot be signed"));
	request.key_len = len;
}

static void what_is_no_request_is_answered_too(void **state)
{
	(void)state;
	answer_to((const uint8_t *)"GET / HTTP/1.1", 14, NOW);
	assert_non_null(strstr(answer.why, "another release"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_knows_the_secret_has_a_certificate),
		cmocka_unit_test(who_does_not_hears_why_and_nothing_else),
		cmocka_unit_test(a_host_may_serve_at_the_address_that_it_is_seen_at),
		cmocka_unit_test(who_is_in_gets_another_like_the_one_that_is_shown),
		cmocka_unit_test(what_is_no_key_is_not_signed),
		cmocka_unit_test(what_is_no_request_is_answered_too),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
