// SPDX-License-Identifier: GPL-2.0-or-later
// test_cluster_certificate.c - the end of a certificate is found, and nothing is made of what is
// none
#include "model/cluster/cluster_certificate.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

/* Made with openssl(1): -days 3650, and -days 12000, whose end is spelt with four digits of the
 * year. */
#define SOON                                                                                       \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIIBczCCARmgAwIBAgIUTcn6+dYQ0DyRXvN3O/MRTeFaZmIwCgYIKoZIzj0EAwIw\n"                       \
	"DzENMAsGA1UECgwEbmV0ZDAeFw0yNjExMzAxMDMxNDRaFw0zNjExMjcxMDMxNDRa\n"                       \
	"MA8xDTALBgNVBAoMBG5ldGQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASz9Rqh\n"                       \
	"3Df3mBC8zmI1FJEaoNUAgYNYzLet9v9fA9Xrb/p8EVsyE1FqESKERMuZmNCTidht\n"                       \
	"B7huxu6zwdpEx6/eo1MwUTAdBgNVHQ4EFgQUkLaA01t/0AqOCXKVTgyJJO9aWr0w\n"                       \
	"HwYDVR0jBBgwFoAUkLaA01t/0AqOCXKVTgyJJO9aWr0wDwYDVR0TAQH/BAUwAwEB\n"                       \
	"/zAKBggqhkjOPQQDAgNIADBFAiEAzVEXcIRHZBZAt1/Tc7TPyFCGANvZb0q5dqA7\n"                       \
	"IRMJVzgCIEwpTRc0uBRcOD47m3k6bZ29Fuwti/u9mU8iJmVmUspM\n"                                   \
	"-----END CERTIFICATE-----\n"
#define LATE                                                                                       \
	"-----BEGIN CERTIFICATE-----\n"                                                            \
	"MIIBdjCCARugAwIBAgIUGwM05gEZMoHcd0snOjvoQJqFznkwCgYIKoZIzj0EAwIw\n"                       \
	"DzENMAsGA1UECgwEbmV0ZDAgFw0yNjExMzAxMDMxNDRaGA8yMDU5MTAwODEwMzE0\n"                       \
	"NFowDzENMAsGA1UECgwEbmV0ZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABM0T\n"                       \
	"lAGAMAvYAxgJCdIROJG1htuEhTexhw0+AiJX3mRcV4FGELFupIVhdZofKXol7Wg8\n"                       \
	"ptr1ijmlN3/HrXnMqNqjUzBRMB0GA1UdDgQWBBTMaV0j6/Bzb+DmeK4oBaSqMzwt\n"                       \
	"lTAfBgNVHSMEGDAWgBTMaV0j6/Bzb+DmeK4oBaSqMzwtlTAPBgNVHRMBAf8EBTAD\n"                       \
	"AQH/MAoGCCqGSM49BAMCA0kAMEYCIQCdcw+XuVIaaFaqMOSm/UsLRkbwHqfdBu6X\n"                       \
	"fKDknOAU8gIhALD3hefV6QMIf+L41ADpIXNvgeJp4T3MarBOz09/yYpF\n"                               \
	"-----END CERTIFICATE-----\n"

/* A copy of just its size: what is read beyond is found by the sanitizer. */
static int end_of(const char *pem, int64_t *ret_s)
{
	_cleanup_free_ char *copy = strdup(pem);

	assert_non_null(copy);
	return cluster_certificate_end(copy, ret_s);
}

static void the_end_is_found_in_either_spelling(void **state)
{
	int64_t begin = 0, end = 0;

	(void)state;
	assert_int_equal(end_of(SOON, &end), 0);
	assert_int_equal(end, 2111394704);
	assert_int_equal(cluster_certificate_life(SOON, &begin, &end), 0);
	assert_int_equal(begin, 2111394704 - 3650LL * 86400);
	assert_int_equal(end, 2111394704);
	assert_int_equal(end_of(LATE, &end), 0);
	assert_int_equal(end, 2832834704);
}

static int serial_of(const char *pem, char *ret_serial)
{
	_cleanup_free_ char *copy = strdup(pem);

	assert_non_null(copy);
	return cluster_certificate_serial(copy, ret_serial);
}

/* As openssl(1) prints it: -noout -serial. */
static void its_number_is_found(void **state)
{
	char serial[CLUSTER_SERIAL_LEN_MAX + 1] = "as before";

	(void)state;
	assert_int_equal(serial_of("", serial), -EBADMSG);
	assert_string_equal(serial, "as before");
	assert_int_equal(serial_of(SOON, serial), 0);
	assert_string_equal(serial, "4dc9faf9d610d03c915ef3773bf3114de15a6662");
	assert_int_equal(serial_of(LATE, serial), 0);
	assert_string_equal(serial, "1b0334e601193281dc774b273a3be8409a85ce79");
	assert_true(cluster_certificate_is_serial(serial));
}

static void a_number_has_one_spelling(void **state)
{
	static const char *const wrong[] = {
		"", "7", "0A", "0x", " 07", "07 ", "4dc9faf9d610d03c915ef3773bf3114de15a666200"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(cluster_certificate_is_serial(wrong[i]));
	assert_true(cluster_certificate_is_serial("07"));
}

static void the_first_of_several_counts_and_words_around_it_do_not(void **state)
{
	int64_t end = 0;

	(void)state;
	assert_int_equal(end_of("a chain:\n" SOON LATE, &end), 0);
	assert_int_equal(end, 2111394704);
	assert_int_equal(end_of(LATE SOON, &end), 0);
	assert_int_equal(end, 2832834704);
}

static void what_is_no_certificate_has_no_end(void **state)
{
	static const char *const wrong[] = {
		"",
		"-----BEGIN CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMA==MA==\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n",
		"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
	};
	int64_t end = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(end_of(wrong[i], &end), -EBADMSG);
	assert_int_equal(end, 7);
}

/* Of the bytes of SOON, with some of them replaced. */
static int end_of_bytes(const uint8_t *bytes, size_t len, int64_t *ret_s)
{
	_cleanup_(buf_done) struct buf pem = { 0 };

	buf_puts(&pem, "-----BEGIN CERTIFICATE-----\n");
	base64_write(&pem, bytes, len);
	buf_puts(&pem, "\n-----END CERTIFICATE-----\n");
	assert_int_equal(pem.err, 0);
	return end_of(pem.data, ret_s);
}

/* Its bytes, and where its end is spelt. */
static size_t bytes_of_soon(uint8_t *ret_bytes, size_t *ret_end)
{
	char text[2048];
	size_t n = 0, len = 0;

	for (const char *at = strchr(SOON, '\n'); strncmp(at, "\n-----END", 9) != 0; at++)
		if (*at != '\n')
			text[n++] = *at;
	assert_int_equal(base64_read(text, n, ret_bytes, &len), 0);
	for (size_t i = 0; i + 13 <= len; i++)
		if (memcmp(ret_bytes + i, "361127103144Z", 13) == 0)
			*ret_end = i;
	return len;
}

static void one_that_is_cut_has_no_end(void **state)
{
	uint8_t bytes[2048];
	size_t at = 0, len = bytes_of_soon(bytes, &at);
	int64_t end = 7;

	(void)state;
	/* The whole must be there, though the rest of it is not read. */
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(end_of_bytes(bytes, cut, &end), -EBADMSG);
	assert_int_equal(end, 7);
	assert_int_equal(end_of_bytes(bytes, len, &end), 0);
}

/* Behind the head of the whole, that of what is signed, and the version: 20 bytes. */
static void a_number_is_positive_and_not_too_long(void **state)
{
	char serial[CLUSTER_SERIAL_LEN_MAX + 1], text[3072] = "-----BEGIN CERTIFICATE-----\n";
	uint8_t bytes[2048];
	size_t at = 0, len = bytes_of_soon(bytes, &at), number = 4 + 4 + 5;
	_cleanup_(buf_done) struct buf pem = { 0 }, longer = { 0 };

	(void)state;
	assert_int_equal(bytes[number], 2);
	assert_int_equal(bytes[number + 1], 20);
	/* The zeros in front say that it is no sign. */
	bytes[number + 2] = 0;
	bytes[number + 3] = 0xff;
	base64_write(&pem, bytes, len);
	(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		       "%s\n-----END CERTIFICATE-----\n", pem.data);
	assert_int_equal(serial_of(text, serial), 0);
	assert_string_equal(serial, "fffaf9d610d03c915ef3773bf3114de15a6662");
	bytes[number + 1] = 22; /* it reaches into what follows, and is longer than there may be */
	base64_write(&longer, bytes, len);
	(void)snprintf(text, sizeof(text),
		       "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n", longer.data);
	assert_int_equal(serial_of(text, serial), -EBADMSG);
}

static void a_date_that_is_none_is_refused(void **state)
{
	static const char *const wrong[] = { "361327103144Z", "361100103144Z", "361132103144Z",
					     "361127243144Z", "361127106044Z", "361127103160Z",
					     "3611271031 4Z", "x61127103144Z", "361127103144+" };
	uint8_t bytes[2048];
	size_t at = 0, len = bytes_of_soon(bytes, &at);
	int64_t end = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		memcpy(bytes + at, wrong[i], 13);
		assert_int_equal(end_of_bytes(bytes, len, &end), -EBADMSG);
	}
	assert_int_equal(end, 7);
	/* Years of two digits are of these hundred. */
	memcpy(bytes + at, "500101000000Z", 13);
	assert_int_equal(end_of_bytes(bytes, len, &end), 0);
	assert_int_equal(end, -631152000);
	memcpy(bytes + at, "491231235959Z", 13);
	assert_int_equal(end_of_bytes(bytes, len, &end), 0);
	assert_int_equal(end, 2524607999);
}

static void what_is_too_large_has_no_end(void **state)
{
	static uint8_t bytes[CLUSTER_DER_LEN_MAX + 3];
	int64_t end = 7;

	(void)state;
	assert_int_equal(end_of_bytes(bytes, sizeof(bytes), &end), -EBADMSG);
	assert_int_equal(end, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_is_found_in_either_spelling),
		cmocka_unit_test(its_number_is_found),
		cmocka_unit_test(a_number_has_one_spelling),
		cmocka_unit_test(a_number_is_positive_and_not_too_long),
		cmocka_unit_test(the_first_of_several_counts_and_words_around_it_do_not),
		cmocka_unit_test(what_is_no_certificate_has_no_end),
		cmocka_unit_test(one_that_is_cut_has_no_end),
		cmocka_unit_test(a_date_that_is_none_is_refused),
		cmocka_unit_test(what_is_too_large_has_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
