// SPDX-License-Identifier: GPL-2.0-or-later
// test_cluster_key.c - keys: each is read as it is written, and has one spelling
#include "model/cluster/cluster_key.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#define ID "abababababababababababababababababababababababababababababababab"
#define C "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"

/* From an exact-size copy, so that one byte too far is seen. */
static int parse(const char *text, struct cluster_key *ret_key)
{
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, text, len);
	err = cluster_key_parse(copy, len, ret_key);
	free(copy);
	return err;
}

static void a_key_is_read_as_it_is_written(void **state)
{
	static const struct {
		const char *text;
		enum cluster_kind kind;
	} keys[] = {
		{ "/netd/v1/net/backend", CLUSTER_NET },
		{ "/netd/v1/block/" ID "/10.5.0.64", CLUSTER_BLOCK },
		{ "/netd/v1/block/" ID "/fd00:5::40", CLUSTER_BLOCK },
		{ "/netd/v1/host/alpha", CLUSTER_HOST },
		{ "/netd/v1/alive/alpha.example_1-2", CLUSTER_ALIVE },
		{ "/netd/v1/end/alpha/" ID "/" C, CLUSTER_END },
		{ "/netd/v1/svc/shop", CLUSTER_SVC },
		{ "/netd/v1/revoked/4dc9", CLUSTER_REVOKED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char text[CLUSTER_KEY_SIZE];
		struct cluster_key key;

		assert_int_equal(parse(keys[i].text, &key), 0);
		assert_int_equal(key.kind, keys[i].kind);
		assert_string_equal(cluster_key_print(&key, text), keys[i].text);
	}
}

static void keys_are_made_of_their_parts(void **state)
{
	struct addr addr;
	struct cluster_key key, read;
	char text[CLUSTER_KEY_SIZE];

	(void)state;
	assert_int_equal(addr_parse("10.5.0.64", &addr), 0);
	key = cluster_key_of_block(ID, &addr);
	assert_string_equal(cluster_key_print(&key, text), "/netd/v1/block/" ID "/10.5.0.64");
	assert_int_equal(parse(text, &read), 0);
	assert_memory_equal(&key, &read, sizeof(key));
	key = cluster_key_of_end("alpha", ID, C);
	assert_string_equal(cluster_key_print(&key, text), "/netd/v1/end/alpha/" ID "/" C);
	assert_int_equal(parse(text, &read), 0);
	assert_memory_equal(&key, &read, sizeof(key));
	key = cluster_key_of_name(CLUSTER_SVC, "shop");
	assert_int_equal(parse(cluster_key_print(&key, text), &read), 0);
	assert_memory_equal(&key, &read, sizeof(key));
}

static void what_is_no_key_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"/netd/v1/",
		"/netd/v1/net",
		"/netd/v1/net/",
		"/netd/v1/net/a/b",
		"/netd/v1/net/a b",
		"/netd/v2/net/a",
		"/netd/v1/host/-a",
		"/netd/v1/host/a/",
		"/netd/v1/nett/a",
		"/netd/v1/block/" ID,
		"/netd/v1/block/" ID "/10.5.0.064",
		"/netd/v1/block/" ID "/FD00::",
		"/netd/v1/block/AB/10.5.0.64",
		"/netd/v1/end/alpha/" ID,
		"/netd/v1/end/alpha/" ID "/web",
		"/netd/v1/end/alpha/" ID "/" C "/x",
		/* 65 characters */
		"/netd/v1/host/a" ID,
	};
	struct cluster_key key;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(parse(texts[i], &key), -EINVAL);
	assert_int_equal(cluster_key_parse("/netd/v1/net/a\0b", 16, &key), -EINVAL);
}

static void a_name_may_be_as_long_as_names_are(void **state)
{
	char text[CLUSTER_KEY_SIZE + 8] = "/netd/v1/net/", again[CLUSTER_KEY_SIZE];
	struct cluster_key key;

	(void)state;
	memset(text + 13, 'n', NAME_LEN_MAX);
	assert_int_equal(parse(text, &key), 0);
	assert_string_equal(cluster_key_print(&key, again), text);
	text[13 + NAME_LEN_MAX] = 'n';
	assert_int_equal(parse(text, &key), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_read_as_it_is_written),
		cmocka_unit_test(keys_are_made_of_their_parts),
		cmocka_unit_test(what_is_no_key_is_refused),
		cmocka_unit_test(a_name_may_be_as_long_as_names_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
