// SPDX-License-Identifier: GPL-2.0-or-later
// test_field.c - typed reading of JSON: absent, right, wrong, and the words about it
#include "model/text/field.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct error error;

static struct field_scope open_scope(const char *text, const char *path)
{
	json_t *json = json_loads(text, 0, NULL);
	struct field_scope scope;

	assert_non_null(json);
	memset(&error, 0, sizeof(error));
	assert_int_equal(field_scope_init(json, path, &error, &scope), 0);
	return scope;
}

static void close_scope(struct field_scope *scope)
{
	json_decref((json_t *)scope->object);
}

static void absent_and_null_leave_the_default(void **state)
{
	static const char *const bodies[] = { "{}", "{\"t\":null,\"b\":null,\"i\":null,\"a\":null,"
						    "\"o\":null,\"s\":null,\"m\":null}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct field_scope scope = open_scope(bodies[i], ""), inner;
		const char *text = "default";
		const json_t *array = scope.object;
		json_int_t number = 7;
		char **strings;
		json_t *map;
		bool flag = true;
		size_t n;

		assert_int_equal(field_text(&scope, "t", &text), 0);
		assert_string_equal(text, "default");
		assert_int_equal(field_bool(&scope, "b", &flag), 0);
		assert_true(flag);
		assert_int_equal(field_integer(&scope, "i", 0, 9, &number), 0);
		assert_int_equal(number, 7);
		assert_int_equal(field_array(&scope, "a", 1, &array), 0);
		assert_ptr_equal(array, scope.object);
		assert_int_equal(field_object(&scope, "o", &inner), 0);
		assert_null(inner.object);
		assert_int_equal(field_text(&inner, "t", &text), 0);
		assert_int_equal(field_strings(&scope, "s", 1, &strings, &n), 0);
		assert_null(strings);
		assert_int_equal(n, 0);
		assert_int_equal(field_string_map(&scope, "m", &map), 0);
		assert_int_equal(json_object_size(map), 0);
		json_decref(map);
		close_scope(&scope);
	}
}

static void values_of_the_right_type_are_given(void **state)
{
	struct field_scope scope = open_scope(
				   "{\"t\":\"x\",\"b\":false,\"i\":-3,\"a\":[1],\"s\":["
				   "\"p\",\"q\"],\"m\":{\"k\":\"v\"},\"o\":{\"t\":\"y\"}}",
				   ""),
			   inner;
	const char *text;
	const json_t *array;
	json_int_t number;
	char **strings;
	json_t *map;
	bool flag = true;
	size_t n;

	(void)state;
	assert_int_equal(field_text(&scope, "t", &text), 0);
	assert_string_equal(text, "x");
	assert_int_equal(field_bool(&scope, "b", &flag), 0);
	assert_false(flag);
	assert_int_equal(field_integer(&scope, "i", -3, -3, &number), 0);
	assert_int_equal(number, -3);
	assert_int_equal(field_array(&scope, "a", 1, &array), 0);
	assert_int_equal(json_array_size(array), 1);
	assert_int_equal(field_strings(&scope, "s", 2, &strings, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(strings[1], "q");
	field_strings_free(strings, n);
	assert_int_equal(field_string_map(&scope, "m", &map), 0);
	assert_string_equal(json_string_value(json_object_get(map, "k")), "v");
	json_decref(map);
	assert_int_equal(field_object(&scope, "o", &inner), 0);
	assert_int_equal(field_text(&inner, "t", &text), 0);
	assert_string_equal(text, "y");
	close_scope(&scope);
}

static void wrong_types_are_named_with_their_path(void **state)
{
	struct field_scope scope = open_scope("{\"n\":1.5,\"a\":[\"x\",2],\"o\":{\"t\":1}}", ""),
			   inner;
	const char *text;
	const json_t *array;
	json_int_t number;
	char **strings;
	json_t *map;
	bool flag;
	size_t n;

	(void)state;
	assert_int_equal(field_text(&scope, "n", &text), -EINVAL);
	assert_string_equal(error.text, "n must be a string");
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_int_equal(field_bool(&scope, "n", &flag), -EINVAL);
	assert_string_equal(error.text, "n must be true or false");
	assert_int_equal(field_integer(&scope, "n", 0, 9, &number), -EINVAL);
	assert_string_equal(error.text, "n must be an integer");
	assert_int_equal(field_array(&scope, "o", 9, &array), -EINVAL);
	assert_string_equal(error.text, "o must be an array");
	assert_int_equal(field_object(&scope, "a", &inner), -EINVAL);
	assert_string_equal(error.text, "a must be an object");
	assert_int_equal(field_strings(&scope, "a", 9, &strings, &n), -EINVAL);
	assert_string_equal(error.text, "a must be an array of strings");
	assert_int_equal(field_string_map(&scope, "o", &map), -EINVAL);
	assert_string_equal(error.text, "o.t must be a string");
	assert_int_equal(field_object(&scope, "o", &inner), 0);
	assert_int_equal(field_text(&inner, "t", &text), -EINVAL);
	assert_string_equal(error.text, "o.t must be a string");
	assert_int_equal(field_element(&scope, "a", json_object_get(scope.object, "a"), 1, &inner),
			 -EINVAL);
	assert_string_equal(error.text, "a[1] must be an object");
	close_scope(&scope);
}

static void bounds_are_kept(void **state)
{
	struct field_scope scope = open_scope("{\"i\":10,\"a\":[{},{}]}", "outer");
	const json_t *array;
	json_int_t number;
	char **strings;
	size_t n;

	(void)state;
	assert_int_equal(field_integer(&scope, "i", 0, 9, &number), -EINVAL);
	assert_string_equal(error.text, "outer.i must be from 0 to 9");
	assert_int_equal(field_array(&scope, "a", 2, &array), 0);
	assert_int_equal(field_array(&scope, "a", 1, &array), -EINVAL);
	assert_string_equal(error.text, "outer.a has more than 1 entries");
	assert_int_equal(field_strings(&scope, "a", 1, &strings, &n), -EINVAL);
	close_scope(&scope);
}

static json_t *labels(size_t n, size_t len)
{
	json_t *outer = json_object(), *map = json_object();
	_cleanup_free_ char *value = calloc(1, len + 1);
	char key[32];

	memset(value, 'v', len);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(key, sizeof(key), "k%zu", i);
		(void)json_object_set_new(map, key, json_string(value));
	}
	(void)json_object_set_new(outer, "Labels", map);
	return outer;
}

static int decode_labels(size_t n, size_t len)
{
	json_t *body = labels(n, len), *map = NULL;
	struct field_scope scope;
	int err;

	assert_int_equal(field_scope_init(body, "", &error, &scope), 0);
	err = field_string_map(&scope, "Labels", &map);
	json_decref(map);
	json_decref(body);
	return err;
}

static void maps_have_a_limit_of_entries_and_bytes(void **state)
{
	(void)state;
	assert_int_equal(decode_labels(LABELS_MAX, LABEL_LEN_MAX), 0);
	assert_int_equal(decode_labels(LABELS_MAX + 1, 1), -EINVAL);
	assert_string_equal(error.text, "Labels has more than 256 entries");
	assert_int_equal(decode_labels(1, LABEL_LEN_MAX + 1), -EINVAL);
	assert_string_equal(error.text, "Labels.k0 is too long");
}

static void a_very_long_key_is_cut_in_the_sentence(void **state)
{
	char key[4000];
	struct field_scope scope = open_scope("{}", "");

	(void)state;
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	assert_int_equal(field_error(&scope, key, "is odd"), -EINVAL);
	assert_int_equal(strlen(error.text), 64 + strlen(" is odd"));
	close_scope(&scope);
}

static void a_scope_is_an_object_or_nothing(void **state)
{
	json_t *array = json_array();
	struct field_scope scope;

	(void)state;
	assert_int_equal(field_scope_init(array, "", &error, &scope), -EINVAL);
	assert_string_equal(error.text, "the request body must be an object");
	assert_int_equal(field_scope_init(NULL, "", &error, &scope), 0);
	assert_null(scope.object);
	json_decref(array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absent_and_null_leave_the_default),
		cmocka_unit_test(values_of_the_right_type_are_given),
		cmocka_unit_test(wrong_types_are_named_with_their_path),
		cmocka_unit_test(bounds_are_kept),
		cmocka_unit_test(maps_have_a_limit_of_entries_and_bytes),
		cmocka_unit_test(a_very_long_key_is_cut_in_the_sentence),
		cmocka_unit_test(a_scope_is_an_object_or_nothing),
	};

	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
