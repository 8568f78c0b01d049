// SPDX-License-Identifier: GPL-2.0-or-later
// field.c - typed reading of JSON objects that strangers send: errors name the field by its path
#include "model/text/field.h"

#include "base/limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A scope is one object of a body and the path that leads to it, so that an
 * error can name the field as its writer sees it. All readers do alike: what is absent leaves the
 * caller's value, which is the default; what is of another type is refused. Nothing is turned from
 * one type into another: "false" in quotes would be true to some readers. */

int field_no_memory(struct error *error)
{
	return error_system(error, -ENOMEM, "cannot decode the request");
}

/* Between a path and a key, where there is a path. */
static const char *dot(const struct field_scope *scope)
{
	return *scope->path ? "." : "";
}

/* Long keys of a stranger's are cut in the sentence. */
int field_error(const struct field_scope *scope, const char *key, const char *what)
{
	return error_set(scope->error, ERROR_INVALID, "%s%s%.*s %s", scope->path, dot(scope),
			 KEY_SHOWN_MAX, key, what);
}

/* NULL for absent and for null, which Docker's decoder treats alike. */
static const json_t *get(const struct field_scope *scope, const char *key)
{
	const json_t *value = json_object_get(scope->object, key);

	return json_is_null(value) ? NULL : value;
}

/* 0, or the error is set. The value and the error must outlive the scope. */
int field_scope_init(const json_t *value, const char *path, struct error *error,
		     struct field_scope *ret_scope)
{
	/* Go writes null for a pointer or map that is not set, so null is as good as absent. */
	if (json_is_null(value))
		value = NULL;
	if (value && !json_is_object(value))
		return error_set(error, ERROR_INVALID, "%s must be an object",
				 *path ? path : "the request body");
	/* NULL is an object without fields: jansson finds nothing in it, so no reader need ask. */
	ret_scope->object = value;
	ret_scope->error = error;
	(void)snprintf(ret_scope->path, sizeof(ret_scope->path), "%s", path); /* cut is fine */
	return 0;
}

/* The text stays the body's. 0, or the error is set. A field that is absent leaves *ret_text as it
 * was, which is the default. */
int field_text(const struct field_scope *scope, const char *key, const char **ret_text)
{
	const json_t *value = get(scope, key);

	if (!value)
		return 0;
	if (!json_is_string(value))
		return field_error(scope, key, "must be a string");
	*ret_text = json_string_value(value);
	return 0;
}

/* A number or a word is no truth. 0, or the error is set. An absent field leaves the default. */
int field_bool(const struct field_scope *scope, const char *key, bool *ret_value)
{
	const json_t *value = get(scope, key);

	if (!value)
		return 0;
	if (!json_is_boolean(value))
		return field_error(scope, key, "must be true or false");
	*ret_value = json_is_true(value);
	return 0;
}

/* Both bounds are allowed. 0, or the error is set. An absent field leaves the default. */
int field_integer(const struct field_scope *scope, const char *key, json_int_t min, json_int_t max,
		  json_int_t *ret_value)
{
	const json_t *value = get(scope, key);
	char what[96];

	if (!value)
		return 0;
	if (!json_is_integer(value))
		return field_error(scope, key, "must be an integer");
	if (json_integer_value(value) < min || json_integer_value(value) > max) {
		(void)snprintf(what, sizeof(what), "must be from %lld to %lld", min, max);
		return field_error(scope, key, what);
	}
	*ret_value = json_integer_value(value);
	return 0;
}

/* An absent object is one without fields. 0, or the error is set. The path in errors is that of the
 * outer object, a dot and the key. */
int field_object(const struct field_scope *scope, const char *key, struct field_scope *ret_scope)
{
	char path[FIELD_PATH_MAX + KEY_SHOWN_MAX + 2];

	(void)snprintf(path, sizeof(path), "%s%s%.*s", scope->path, dot(scope), KEY_SHOWN_MAX, key);
	return field_scope_init(get(scope, key), path, scope->error, ret_scope);
}

/* The array stays the body's. 0, or the error is set. An absent field leaves the default. */
int field_array(const struct field_scope *scope, const char *key, size_t max,
		const json_t **ret_array)
{
	const json_t *value = get(scope, key);
	char what[64];

	if (!value)
		return 0;
	if (!json_is_array(value))
		return field_error(scope, key, "must be an array");
	/* Bounded here, before anybody allocates for it. */
	if (json_array_size(value) > max) {
		(void)snprintf(what, sizeof(what), "has more than %zu entries", max);
		return field_error(scope, key, what);
	}
	*ret_array = value;
	return 0;
}

/* For entries that must be objects. 0, or the error is set. `index` is within the array. */
int field_element(const struct field_scope *scope, const char *key, const json_t *array,
		  size_t index, struct field_scope *ret_scope)
{
	char path[FIELD_PATH_MAX + KEY_SHOWN_MAX + 24];

	(void)snprintf(path, sizeof(path), "%s%s%.*s[%zu]", scope->path, dot(scope), KEY_SHOWN_MAX,
		       key, index);
	/* Null is refused here, unlike for a field: an entry stands there for somebody who wrote
	 * it. */
	if (!json_is_object(json_array_get(array, index)))
		return error_set(scope->error, ERROR_INVALID, "%s must be an object", path);
	return field_scope_init(json_array_get(array, index), path, scope->error, ret_scope);
}

/* NULL is accepted, and entries of NULL are. */
void field_strings_free(char **strings, size_t n)
{
	for (size_t i = 0; strings && i < n; i++)
		free(strings[i]);
	free((void *)strings);
}

/* Each string is a copy of the caller's own. 0, or the error is set; the caller frees what was
 * copied. */
static int copy_strings(const struct field_scope *scope, const char *key, const json_t *array,
			char **strings)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (!text)
			return field_error(scope, key, "must be an array of strings");
		/* The array was zeroed: those that follow an error are NULL, and free(3) takes
		 * that. */
		strings[i] = strdup(text);
		if (!strings[i])
			return field_no_memory(scope->error);
	}
	return 0;
}

/* On an error *ret_strings is NULL or as it was, and can be freed. 0 and copies that are the
 * caller's, or the error is set. */
int field_strings(const struct field_scope *scope, const char *key, size_t max, char ***ret_strings,
		  size_t *ret_n)
{
	const json_t *array = NULL;
	int err = field_array(scope, key, max, &array);
	size_t n = json_array_size(array);
	char **strings;

	if (err < 0)
		return err;
	/* From here on the caller has something that can be freed, whatever comes. */
	*ret_strings = NULL;
	*ret_n = 0;
	if (n == 0)
		return 0;
	strings = (char **)calloc(n, sizeof(*strings));
	if (!strings)
		return field_no_memory(scope->error);
	err = copy_strings(scope, key, array, strings);
	if (err < 0) {
		field_strings_free(strings, n);
		return err;
	}
	*ret_strings = strings;
	*ret_n = n;
	return 0;
}

/* Labels and options: strings under short keys. 0, or the error is set. */
static int check_string_map(const struct field_scope *scope)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)scope->object, key, value) {
		if (strlen(key) > LABEL_LEN_MAX)
			return error_set(scope->error, ERROR_INVALID,
					 "%s has a key of more than %d bytes", scope->path,
					 LABEL_LEN_MAX);
		if (!json_is_string(value))
			return field_error(scope, key, "must be a string");
		if (json_string_length(value) > LABEL_LEN_MAX)
			return field_error(scope, key, "is too long");
	}
	return 0;
}

/* A map that is absent is an empty one. 0 and a map that is the caller's, or the error is set. */
int field_string_map(const struct field_scope *scope, const char *key, json_t **ret_map)
{
	struct field_scope map = { 0 };
	json_t *copy;
	int err = field_object(scope, key, &map);

	if (err < 0)
		return err;
	if (json_object_size(map.object) > LABELS_MAX)
		return error_set(scope->error, ERROR_INVALID, "%s has more than %d entries",
				 map.path, LABELS_MAX);
	err = check_string_map(&map);
	if (err < 0)
		return err;
	/* A copy, because the body is freed before the object that it made. */
	copy = map.object ? json_deep_copy(map.object) : json_object();
	if (!copy)
		return field_no_memory(scope->error);
	*ret_map = copy;
	return 0;
}

/* "" where it is absent. 0, or the error is set. */
int field_id(const struct field_scope *scope, char ret_id[static ID_LEN + 1])
{
	const char *id = "";
	int err = field_text(scope, "Id", &id);

	if (err < 0)
		return err;
	/* An id becomes part of paths and of interfaces' names, so nothing else is let in. */
	if (*id && (strlen(id) != ID_LEN || strspn(id, "0123456789abcdef") != ID_LEN))
		return field_error(scope, "Id", "must be 64 hexadecimal digits in lower case");
	(void)snprintf(ret_id, ID_LEN + 1, "%s", id);
	return 0;
}
