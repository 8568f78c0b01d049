// SPDX-License-Identifier: GPL-2.0-or-later
// template_value.c - the values of a template: what they print as, and whether they are true
#include "cli/template/template_value.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* It returns NULL, so that a function can return it. */
json_t *template_value_refuse(struct error *error, const char *what)
{
	(void)error_set(error, ERROR_INVALID, "template: %s", what);
	return NULL;
}

/* A result is bounded here, wherever a function has made it. The buffer stays the caller's. NULL:
 * the error is set. Bytes that are no UTF-8 are told as a lack of memory, for jansson does not tell
 * the two apart. */
json_t *template_value_text(struct buf *buf, struct error *error)
{
	json_t *value;

	if (buf->len > TEMPLATE_OUTPUT_MAX)
		return template_value_refuse(error, "gives too much output");
	value = buf->err < 0 ? NULL : json_stringn(buf->data ? buf->data : "", buf->len);
	if (!value)
		(void)error_system(error, -ENOMEM, "template");
	return value;
}

/* Bytes are compared, as Go compares keys, and not letters of some language: the order is the same
 * on every host. */
static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Go's templates go through a map in the order of its keys, and scripts rely on it. The array
 * is the caller's to free, and the keys are the object's. NULL: out of memory. */
const char **template_value_keys(const json_t *object)
{
	size_t n = json_object_size(object), i = 0;
	const char **keys = calloc(n + 1, sizeof(*keys));
	const char *key;
	json_t *value;

	if (!keys)
		return NULL;
	/* One more than there are, so that an empty object does not give NULL. */
	json_object_foreach ((json_t *)object, key, value)
		keys[i++] = key;
	qsort(keys, n, sizeof(*keys), compare_keys);
	return keys;
}

/* Go's truth: what is empty, zero or nothing is false. There is no default in the switch, so the
 * compiler names this place if a kind is added. */
bool template_value_is_true(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return json_object_size(value) > 0;
	case JSON_ARRAY:
		return json_array_size(value) > 0;
	case JSON_STRING:
		return json_string_length(value) > 0;
	case JSON_INTEGER:
		return json_integer_value(value) != 0;
	case JSON_REAL:
		return json_real_value(value) != 0;
	case JSON_TRUE:
		return true;
	case JSON_FALSE:
	case JSON_NULL:
		break;
	}
	return false;
}

/* "map[a:1 b:2]". The form is that of Go's fmt for a map. A lack of memory is noted in the buffer,
 * since printing has no result of its own. */
static void print_object(const json_t *object, struct buf *out)
{
	_cleanup_free_ const char **keys = template_value_keys(object);

	if (!keys) {
		out->err = -ENOMEM;
		return;
	}
	buf_puts(out, "map[");
	for (size_t i = 0; i < json_object_size(object); i++) {
		buf_printf(out, "%s%s:", i ? " " : "", keys[i]);
		template_value_print(json_object_get(object, keys[i]), out);
	}
	buf_puts(out, "]");
}

/* "[1 2 3]". Elements are separated by a blank and not by a comma, as Go prints a slice. */
static void print_array(const json_t *array, struct buf *out)
{
	buf_puts(out, "[");
	for (size_t i = 0; i < json_array_size(array); i++) {
		buf_puts(out, i ? " " : "");
		template_value_print(json_array_get(array, i), out);
	}
	buf_puts(out, "]");
}

/* As Go's fmt prints them with %v, "<no value>" as its templates do. It recurses as deep as the
 * value is. Values are answers of netd, or parts of them, and jansson bounds their depth when it
 * reads them. */
void template_value_print(const json_t *value, struct buf *out)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		print_object(value, out);
		break;
	case JSON_ARRAY:
		print_array(value, out);
		break;
	case JSON_STRING:
		buf_append(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		buf_printf(out, "%lld", (long long)json_integer_value(value));
		break;
	case JSON_REAL:
		buf_printf(out, "%.*g", DBL_DIG, json_real_value(value));
		break;
	case JSON_TRUE:
		buf_puts(out, "true");
		break;
	case JSON_FALSE:
		buf_puts(out, "false");
		break;
	case JSON_NULL:
		buf_puts(out, "<no value>");
		break;
	}
}
