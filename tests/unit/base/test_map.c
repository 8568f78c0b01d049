// SPDX-License-Identifier: GPL-2.0-or-later
// test_map.c - the map against a plain model
#include "base/map.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void values_are_found_replaced_and_removed(void **state)
{
	struct map *map = map_new();
	int one, two;
	char key[] = "a key longer than eight bytes";

	(void)state;
	assert_null(map_get_str(map, "nothing"));
	assert_null(map_remove_str(map, "nothing"));
	assert_int_equal(map_set_str(map, key, &one), 0);
	memset(key, 'x', 5); /* the map has a copy */
	assert_null(map_get_str(map, key));
	assert_ptr_equal(map_get_str(map, "a key longer than eight bytes"), &one);
	assert_int_equal(map_set_str(map, "a key longer than eight bytes", &two), 0);
	assert_int_equal(map_count(map), 1);
	assert_ptr_equal(map_remove_str(map, "a key longer than eight bytes"), &two);
	assert_int_equal(map_count(map), 0);
	assert_null(map_get_str(map, "a key longer than eight bytes"));
	map_free(map);
	map_free(NULL);
}

static void keys_differ_by_length_and_may_hold_any_byte(void **state)
{
	static const struct {
		const char *key;
		size_t len;
	} keys[] = { { "", 0 },		 { "\0", 1 },	      { "\0\0", 2 },   { "12345678", 8 },
		     { "123456789", 9 }, { "12345678\0", 9 }, { "1234567", 7 } };
	struct map *map = map_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_int_equal(map_set(map, keys[i].key, keys[i].len, (void *)&keys[i]), 0);
	assert_int_equal(map_count(map), ARRAY_SIZE(keys));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_ptr_equal(map_get(map, keys[i].key, keys[i].len), &keys[i]);
	map_free(map);
}

static void a_walk_meets_every_entry_once(void **state)
{
	struct map *map = map_new();
	int values[1000], *value;
	size_t cursor = 0, n = 0, key_len = 0;
	const void *key = NULL;

	(void)state;
	assert_null(map_next(map, &cursor, NULL, NULL));
	for (int i = 0; i < 1000; i++) {
		values[i] = 0;
		assert_int_equal(map_set(map, &i, sizeof(i), &values[i]), 0);
	}
	cursor = 0;
	while ((value = map_next(map, &cursor, &key, &key_len))) {
		int index;

		assert_int_equal(key_len, sizeof(index));
		memcpy(&index, key, sizeof(index));
		assert_ptr_equal(value, &values[index]);
		(*value)++;
		n++;
	}
	assert_int_equal(n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(values[i], 1);
	map_free(map);
}

/* Keys of both kinds, few enough that they are removed and come back all the time. */
static size_t nth_key(uint32_t n, char key[32])
{
	return (size_t)snprintf(key, 32, n % 2 ? "%u" : "a rather longer key number %u", n);
}

static void the_map_agrees_with_an_array(void **state)
{
	enum { KEYS = 3000, ROUNDS = 200000 };
	static void *model[KEYS];
	struct map *map = map_new();
	uint32_t seed = 42;
	size_t count = 0;

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		/* Grows for a third of the time and shrinks for the last, through every size. */
		uint32_t bias = round < ROUNDS / 3 ? 3 : round < ROUNDS / 3 * 2 ? 2 : 1, n;
		char key[32];
		size_t len;

		seed = seed * 1664525 + 1013904223;
		n = (seed >> 8) % KEYS;
		len = nth_key(n, key);
		assert_ptr_equal(map_get(map, key, len), model[n]);
		if ((seed >> 28) % 4 < bias) {
			count += model[n] == NULL;
			model[n] = &model[(seed >> 4) % KEYS];
			assert_int_equal(map_set(map, key, len, model[n]), 0);
		} else {
			count -= model[n] != NULL;
			assert_ptr_equal(map_remove(map, key, len), model[n]);
			model[n] = NULL;
		}
		assert_int_equal(map_count(map), count);
	}
	for (uint32_t n = 0; n < KEYS; n++) {
		char key[32];
		size_t len = nth_key(n, key);

		assert_ptr_equal(map_remove(map, key, len), model[n]);
	}
	assert_int_equal(map_count(map), 0);
	map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_found_replaced_and_removed),
		cmocka_unit_test(keys_differ_by_length_and_may_hold_any_byte),
		cmocka_unit_test(a_walk_meets_every_entry_once),
		cmocka_unit_test(the_map_agrees_with_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
