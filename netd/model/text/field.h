// SPDX-License-Identifier: GPL-2.0-or-later
// field.h - typed reading of JSON objects that strangers send: errors name the field by its path
#pragma once

#include "base/error.h"
#include "base/limits.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define FIELD_PATH_MAX 128 /* of the object in error sentences; a longer one is cut */

/* An object and where it stands in the body. Everything is borrowed. */
struct field_scope {
	const json_t *object; /* NULL: absent, every field of it is absent too */
	struct error *error;
	char path[FIELD_PATH_MAX]; /* "" for the body itself, else "IPAM.Config[0]" */
};

/* value may be NULL or JSON null (an absent object). ERROR_INVALID when it is anything else but an
 * object. path is what the sentence calls it. */
int field_scope_init(const json_t *value, const char *path, struct error *error,
		     struct field_scope *ret_scope);

/* The readers below return 0 with *ret_ untouched where the field is absent or null, 0 with it set,
 * or the negative errno of the error they filled: "FIELD must be a string". Texts are borrowed. */
int field_text(const struct field_scope *scope, const char *key, const char **ret_text);
int field_bool(const struct field_scope *scope, const char *key, bool *ret_value);
int field_integer(const struct field_scope *scope, const char *key, json_int_t min, json_int_t max,
		  json_int_t *ret_value);
/* Always sets *ret_scope; its object is NULL where the field is absent. */
int field_object(const struct field_scope *scope, const char *key, struct field_scope *ret_scope);
int field_array(const struct field_scope *scope, const char *key, size_t max,
		const json_t **ret_array);
/* Element index of the array called key in scope, which must be an object. */
int field_element(const struct field_scope *scope, const char *key, const json_t *array,
		  size_t index, struct field_scope *ret_scope);

/* Copies of an array of strings; the caller frees all with field_strings_free. *ret_ is set to NULL
 * and 0 where the field is absent or empty. */
int field_strings(const struct field_scope *scope, const char *key, size_t max, char ***ret_strings,
		  size_t *ret_n);
void field_strings_free(char **strings, size_t n);

/* A new object of strings (empty where the field is absent), bounded by LABELS_MAX entries of
 * LABEL_LEN_MAX bytes. Sets *ret_map on success only. */
int field_string_map(const struct field_scope *scope, const char *key, json_t **ret_map);

/* "Id": 64 hexadecimal digits in lower case, or absent: then ret_id is "". */
int field_id(const struct field_scope *scope, char ret_id[static ID_LEN + 1]);

/* "FIELD what", with FIELD by its whole path: for checks of values. Returns -EINVAL. */
int field_error(const struct field_scope *scope, const char *key, const char *what);
/* The one sentence for a failed allocation. Returns -ENOMEM. */
int field_no_memory(struct error *error);
