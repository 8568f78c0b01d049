// SPDX-License-Identifier: GPL-2.0-or-later
// matrix.c - who reaches which listener, read back: to be shown, and compared with what was
#include "diag/matrix.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/limits.h"
#include "base/map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A matrix is a file that anybody may have changed, so every member is
 * checked before it is used, and no two rows may be about the same: otherwise a comparison
 * would depend on their order. The rows point into the JSON document, which the matrix keeps.
 *
 * A comparison puts the old rows into a map by what they are about, takes out each one that the
 * new matrix has, too, and what is left over has gone. What comes and goes by itself (a
 * client's own UDP port) is only counted. */

/* The version that reach writes. There is no older one to read. */
#define MATRIX_VERSION 1

/* --- reading ---------------------------------------------------------------------------------- */

/* The member that is at fault, for a sentence about it. */
struct place {
	size_t row;
	struct error *error;
};

/* The sentence names the row as jq(1) would. */
static int refuse(const struct place *place, const char *key, const char *why)
{
	return error_set(place->error, ERROR_INVALID, "Pairs[%zu].%s %s", place->row, key, why);
}

/* An empty text is no name, no address and no protocol. */
static int read_text(const struct place *place, const json_t *row, const char *key,
		     const char **ret_text)
{
	*ret_text = json_string_value(json_object_get(row, key));
	return *ret_text && **ret_text ? 0 : refuse(place, key, "is no text");
}

/* No row is about port 0. */
static int read_port(const struct place *place, const json_t *row, const char *key,
		     uint16_t *ret_port)
{
	const json_t *json = json_object_get(row, key);
	json_int_t value = json_integer_value(json);

	if (!json_is_integer(json) || value < 1 || value > UINT16_MAX)
		return refuse(place, key, "is no number from 1 to 65535");
	*ret_port = (uint16_t)value;
	return 0;
}

/* known: ends with NULL. */
static int read_word(const struct place *place, const json_t *row, const char *key,
		     const char *const *known, const char **ret_text)
{
	int err = read_text(place, row, key, ret_text);

	for (size_t i = 0; err == 0 && known[i]; i++)
		if (strcmp(known[i], *ret_text) == 0)
			return 0;
	return err < 0 ? err : refuse(place, key, "is no word that is known");
}

/* The texts stay the document's. */
static int read_row(const struct place *place, const json_t *json, struct matrix_row *row)
{
	static const char *const protocols[] = { "tcp", "udp", NULL };
	static const char *const verdicts[] = { "reachable", "unreachable", "partly", "undecided",
						NULL };
	const json_t *code = json_object_get(json, "Code");
	int err;

	if ((err = read_text(place, json, "From", &row->from)) < 0 ||
	    (err = read_text(place, json, "To", &row->to)) < 0 ||
	    (err = read_text(place, json, "Address", &row->address)) < 0 ||
	    (err = read_port(place, json, "Port", &row->port)) < 0 ||
	    (err = read_port(place, json, "Inside", &row->inside)) < 0 ||
	    (err = read_word(place, json, "Protocol", protocols, &row->protocol)) < 0 ||
	    (err = read_word(place, json, "Verdict", verdicts, &row->verdict)) < 0)
		/* What is missing is not told apart from what is wrong: the sentence names the
		 * member. */
		return err;
	/* A code is NULL for what is reachable. */
	if (code && !json_is_null(code) && !json_is_string(code))
		return refuse(place, "Code", "is no text");
	row->code = json_string_value(code);
	row->is_published = json_is_true(json_object_get(json, "Published"));
	row->is_passing = json_is_true(json_object_get(json, "Passing"));
	return 0;
}

/* What a row is about. Names of netd's have no blanks, and what stands in a file may have: two
 * that are told apart by nothing else are then one. NULL: no memory. */
static char *key_of(const struct matrix_row *row)
{
	char *key = NULL;

	if (asprintf(&key, "%s %s %s %u %s", row->from, row->to, row->address, row->port,
		     row->protocol) < 0)
		return NULL;
	return key;
}

/* A second row of the same key is an error, not a replacement. */
static int put_row(struct map *map, struct matrix_row *row, const struct place *place)
{
	_cleanup_free_ char *key = key_of(row);

	if (key && map_get_str(map, key))
		return error_set(place->error, ERROR_INVALID,
				 "Pairs[%zu] is about the same as one before it", place->row);
	if (!key || map_set_str(map, key, row) < 0)
		return error_system(place->error, -ENOMEM, "cannot read so many pairs");
	return 0;
}

/* ret_map NULL: only the check is wanted. The map's rows are the matrix's. */
static int index_rows(const struct matrix *matrix, struct map **ret_map, struct error *error)
{
	struct map *map = map_new();
	int err = map ? 0 : error_system(error, -ENOMEM, "cannot read so many pairs");

	for (size_t i = 0; err == 0 && i < matrix->n; i++)
		err = put_row(map, &matrix->rows[i], &(struct place) { i, error });
	if (err < 0 || !ret_map)
		map_free(map);
	else
		*ret_map = map;
	return err;
}

int matrix_read(json_t *document, struct matrix *ret_matrix, struct error *error)
{
	const json_t *pairs = json_object_get(document, "Pairs");
	size_t n = json_array_size(pairs);
	int err = 0;

	*ret_matrix = (struct matrix) { 0 };
	/* Of a document that is no object each member is missing, so this is enough. */
	if (json_integer_value(json_object_get(document, "Version")) != MATRIX_VERSION ||
	    !json_is_array(pairs))
		return error_set(error, ERROR_INVALID,
				 "it is nothing that netctl reach --save has written");
	/* The bound comes before memory is taken. */
	if (n > REACH_PAIRS_MAX)
		return error_set(error, ERROR_INVALID, "there are more than %d pairs in it",
				 REACH_PAIRS_MAX);
	/* One item at least, so that NULL always means "no memory". */
	ret_matrix->rows = calloc(n ? n : 1, sizeof(*ret_matrix->rows));
	if (!ret_matrix->rows)
		return error_system(error, -ENOMEM, "cannot read so many pairs");
	ret_matrix->document = json_incref(document);
	/* n counts only rows that were read, for matrix_done(). */
	for (; err == 0 && ret_matrix->n < n; ret_matrix->n++)
		err = read_row(&(struct place) { ret_matrix->n, error },
			       json_array_get(pairs, ret_matrix->n),
			       &ret_matrix->rows[ret_matrix->n]);
	if (err == 0)
		err = index_rows(ret_matrix, NULL, error);
	if (err < 0)
		matrix_done(ret_matrix);
	return err;
}

void matrix_done(struct matrix *matrix)
{
	free(matrix->rows);
	json_decref(matrix->document);
	*matrix = (struct matrix) { 0 };
}

/* --- comparing -------------------------------------------------------------------------------- */

/* "No code" is a code of its own. */
static bool is_same(const struct matrix_row *a, const struct matrix_row *b)
{
	return strcmp(a->verdict, b->verdict) == 0 &&
	       strcmp(a->code ? a->code : "", b->code ? b->code : "") == 0;
}

/* One of both may be NULL: a row that has come, or has gone. */
static int add_change(struct matrix_changes *changes, const struct matrix_row *was,
		      const struct matrix_row *is)
{
	const struct matrix_row *only = !was ? is : !is ? was : NULL; /* came, or went */
	struct matrix_change *items;

	if (only && only->is_passing) {
		changes->n_passing++;
		return 0;
	}
	items = grow(changes->items, &changes->room, changes->n + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	changes->items = items;
	items[changes->n++] = (struct matrix_change) { was, is };
	return 0;
}

static int compare(const struct matrix *was, const struct matrix *is, struct map *old,
		   struct matrix_changes *changes)
{
	int err = 0;

	for (size_t i = 0; err == 0 && i < is->n; i++) {
		/* What was found is taken out of the map. What stays in it has gone. */
		_cleanup_free_ char *key = key_of(&is->rows[i]);
		const struct matrix_row *before = key ? map_remove_str(old, key) : NULL;

		err = key ? 0 : -ENOMEM;
		if (err == 0 && (!before || !is_same(before, &is->rows[i])))
			err = add_change(changes, before, &is->rows[i]);
	}
	/* In the order of what was: a map has none. */
	for (size_t i = 0; err == 0 && i < was->n && map_count(old) > 0; i++) {
		_cleanup_free_ char *key = key_of(&was->rows[i]);

		err = key ? 0 : -ENOMEM;
		if (err == 0 && map_remove_str(old, key))
			err = add_change(changes, &was->rows[i], NULL);
	}
	return err;
}

int matrix_compare(const struct matrix *was, const struct matrix *is,
		   struct matrix_changes *ret_changes)
{
	struct map *old = NULL;
	int err;

	*ret_changes = (struct matrix_changes) { 0 };
	/* matrix_read() has refused rows of one key, so only memory can be lacking. */
	if (index_rows(was, &old, NULL) < 0)
		return -ENOMEM; /* each stands there once: matrix_read() */
	err = compare(was, is, old, ret_changes);
	map_free(old);
	return err;
}

void matrix_changes_done(struct matrix_changes *changes)
{
	free(changes->items);
	*changes = (struct matrix_changes) { 0 };
}
