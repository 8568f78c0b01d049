// SPDX-License-Identifier: GPL-2.0-or-later
// facts_read.c - facts out of a JSON document of anybody's
#include "diag/facts_json.h"

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/json_parse.h"
#include "diag/facts_answers.h"
#include "diag/facts_shape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. The table of shapes leads through the document as it led the writer.
 * What a list has is counted before memory is taken for it, and every item hangs in its struct
 * before the next is read, so that facts_done() frees whatever was read when something is
 * wrong. The document may be a stranger's, so every number is compared with its member, every
 * count with a limit, and every text with its room. The first thing that is wrong ends it, with
 * a sentence that names the place. */

#define PATH_SIZE 256	/* the longest way to a value has less than 100 bytes */
#define ERRNO_LAST 4095 /* the kernel's MAX_ERRNO */

/* The path is kept while the reader goes down and up, so that a sentence costs nothing until it
 * is needed. */
struct reader {
	/* the caller's; filled once, for the first thing that is wrong */
	struct error *error;
	char path[PATH_SIZE]; /* of the value at hand: "Spaces[0].Links[2].Mtu" */
	size_t len;
};

/* Wrong is always the document's fault, and the sentence says where. */
static int wrong(const struct reader *reader, const char *why)
{
	return error_set(reader->error, ERROR_INVALID, "%s %s", reader->path, why);
}

/* No place is named: it is this host's fault. */
static int no_memory(const struct reader *reader)
{
	return error_system(reader->error, -ENOMEM, "cannot read facts");
}

/* Goes to a member or to an item of a list. Returns where it was, for leave(). A path that
 * would be too long is cut; only a sentence would be shorter for it. A list's place is told by
 * its number in brackets. */
static size_t enter(struct reader *reader, const char *key)
{
	size_t len = reader->len, left = sizeof(reader->path) - len;
	int n = snprintf(reader->path + len, left, "%s%s", len ? "." : "", key);

	if (n > 0)
		reader->len += (size_t)n < left ? (size_t)n : left - 1;
	return len;
}

/* The same for an item of a list, by its number from 0. */
static size_t enter_item(struct reader *reader, size_t i)
{
	size_t len = reader->len, left = sizeof(reader->path) - len;
	int n = snprintf(reader->path + len, left, "[%zu]", i);

	if (n > 0)
		reader->len += (size_t)n < left ? (size_t)n : left - 1;
	return len;
}

/* Back to where enter() was. */
static void leave(struct reader *reader, size_t len)
{
	reader->len = len;
	reader->path[len] = '\0';
}

/* ---- values ---- */

/* min and max are the member's own range, so nothing is lost by storing it. The size is that of
 * the member, in bytes. */
static int put_number(const struct reader *reader, const json_t *json, void *at, size_t size,
		      json_int_t min, json_int_t max)
{
	json_int_t number = json_integer_value(json);
	char why[96];

	if (!json_is_integer(json) || number < min || number > max) {
		(void)snprintf(why, sizeof(why),
			       "is no number from %" JSON_INTEGER_FORMAT
			       " to %" JSON_INTEGER_FORMAT,
			       min, max);
		return wrong(reader, why);
	}
	/* Members have four sizes, and memcpy(3) writes them whatever their alignment is. */
	switch (size) {
	case 1:
		memcpy(at, &(uint8_t) { (uint8_t)number }, size);
		break;
	case 2:
		memcpy(at, &(uint16_t) { (uint16_t)number }, size);
		break;
	case 4:
		memcpy(at, &(uint32_t) { (uint32_t)number }, size);
		break;
	default:
		memcpy(at, &(uint64_t) { (uint64_t)number }, sizeof(uint64_t));
		break;
	}
	return 0;
}

/* The largest value of a member. JSON's integers have 63 bits, so 8 bytes are no larger than
 * that. As a signed number has one bit less. */
static json_int_t largest(size_t size, bool is_signed)
{
	return size == 8 ? INT64_MAX : (INT64_C(1) << (8 * size - is_signed)) - 1;
}

/* A fixed array. What is behind the text is zeroed, because such members are compared and
 * written whole. */
static int put_text(const struct reader *reader, const json_t *json, char *at, size_t size)
{
	size_t len = json_string_length(json);
	char why[64];

	if (!json_is_string(json))
		return wrong(reader, "is no text");
	/* Not cut: a name that was cut might be another's. */
	if (len >= size) {
		(void)snprintf(why, sizeof(why), "has more than %zu bytes", size - 1);
		return wrong(reader, why);
	}
	memcpy(at, json_string_value(json), len);
	memset(at + len, 0, size - len);
	return 0;
}

/* Text of our own making: it begins with its struct's zeroes, which "" leaves. The kinds are
 * those whose text has a form of its own. */
static int put_parsed(const struct reader *reader, const json_t *json, void *at,
		      const struct shape_field *field)
{
	const char *text = json_string_value(json);

	/* Empty is "none", which the zeroed member is. */
	if (!text)
		return wrong(reader, "is no text");
	if (text[0] == '\0')
		return 0;
	if (field->kind == SHAPE_ADDR)
		return addr_parse(text, at) < 0 ? wrong(reader, "is no address") : 0;
	if (field->kind == SHAPE_PREFIX)
		return prefix_parse(text, at) < 0 ? wrong(reader, "is no subnet") : 0;
	return mac_parse(text, at) < 0 ? wrong(reader, "is no MAC address") : 0;
}

/* A letter is a process's state; one byte is what /proc has. */
static int put_letter(const struct reader *reader, const json_t *json, char *at)
{
	/* What is no string has a length of 0 here. */
	if (json_string_length(json) != 1)
		return wrong(reader, "is no letter");
	*at = json_string_value(json)[0];
	return 0;
}

/* One value that stands in the struct itself. What has a number of items has functions of its
 * own. at: the member itself. */
static int put_value(const struct reader *reader, const json_t *json, void *at,
		     const struct shape_field *field)
{
	switch (field->kind) {
	case SHAPE_UINT:
		return put_number(reader, json, at, field->size, 0, largest(field->size, false));
	case SHAPE_INT:
		return put_number(reader, json, at, field->size, -largest(field->size, true) - 1,
				  largest(field->size, true));
	case SHAPE_ERR:
		/* The kernel's errors are negative, down to -4095. */
		return put_number(reader, json, at, field->size, -ERRNO_LAST, 0);
	case SHAPE_BOOL:
		if (!json_is_boolean(json))
			return wrong(reader, "is neither true nor false");
		*(bool *)at = json_is_true(json);
		return 0;
	case SHAPE_LETTER:
		return put_letter(reader, json, at);
	case SHAPE_TEXT:
		return put_text(reader, json, at, field->size);
	default:
		return put_parsed(reader, json, at, field);
	}
}

/* An array of a fixed number: one for each family, or from and to. A list that is shorter would
 * leave the rest zero, and nobody could tell it from one that says zero. */
static int put_array(struct reader *reader, const json_t *json, char *at,
		     const struct shape_field *field)
{
	int err = 0;

	/* The number of items is fixed by the struct. */
	if (json_array_size(json) != field->count)
		return wrong(reader, "is no list of two");
	for (size_t i = 0; i < field->count && err == 0; i++) {
		size_t before = enter_item(reader, i);

		err = put_value(reader, json_array_get(json, i), at + i * field->size, field);
		leave(reader, before);
	}
	return err;
}

/* ---- bytes ---- */

/* Only kinds with a count have this offset. n_offset says where in the struct the count stands. */
static void set_number(void *item, const struct shape_field *field, size_t n)
{
	/* By memcpy(3): the type of the struct is not known here. */
	memcpy((char *)item + field->n_offset, &n, sizeof(n));
}

/* -1: no digit. Capitals are not written, and not read. */
static int digit(char letter)
{
	const char *digits = "0123456789abcdef", *at = letter ? strchr(digits, letter) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The bytes stand in the struct, and the count beside them. */
static int put_hex(const struct reader *reader, const json_t *json, void *item,
		   const struct shape_field *field)
{
	const char *text = json_string_value(json);
	/* The room in the struct, which is field->size bytes. */
	uint8_t *at = (uint8_t *)item + field->offset;
	size_t len = json_string_length(json);

	/* The room is fixed, and the text may not be longer than twice that. */
	if (!text || len % 2 != 0 || len / 2 > field->size)
		return wrong(reader, "is no hexadecimal text of a fitting length");
	for (size_t i = 0; i < len / 2; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return wrong(reader, "is no hexadecimal text of a fitting length");
		at[i] = (uint8_t)(high << 4 | low);
	}
	set_number(item, field, len / 2);
	return 0;
}

/* Memory is taken by the text's length, which is bounded by that of the document. Nothing is
 * stored before all of it was right. */
static int put_base64(const struct reader *reader, const json_t *json, void *item,
		      const struct shape_field *field)
{
	size_t len = json_string_length(json), n;
	_cleanup_free_ uint8_t *bytes = NULL;

	if (!json_is_string(json))
		return wrong(reader, "is no text");
	if (len == 0)
		return 0;
	/* One byte more than the room, so that nobody asks for 0 bytes. */
	bytes = malloc(base64_room(len) + 1);
	if (!bytes)
		return no_memory(reader);
	if (base64_read(json_string_value(json), len, bytes, &n) < 0)
		return wrong(reader, "is no base64");
	/* The struct owns the bytes from here on. */
	memcpy((char *)item + field->offset, &(uint8_t *) { take_ptr(bytes) }, sizeof(bytes));
	set_number(item, field, n);
	return 0;
}

/* ---- lists ---- */

static int put_object(struct reader *reader, const json_t *json, void *item,
		      const struct shape *shape);

/* A text of its own, in a list of texts. The size of the field is its limit, with the end. */
static int put_text_item(const struct reader *reader, const json_t *json, char **ret_text,
			 const struct shape_field *field)
{
	size_t len = json_string_length(json);
	char *text;

	if (!json_is_string(json) || len >= field->size)
		return wrong(reader, "is no text of a fitting length");
	text = malloc(len + 1);
	if (!text)
		return no_memory(reader);
	/* With the NUL, which jansson keeps behind every string. */
	memcpy(text, json_string_value(json), len + 1);
	*ret_text = text;
	return 0;
}

/* One item. The kind says whether the list holds texts, fixed words, structs, or pointers to
 * structs. i is below the count that memory was taken for. */
static int put_item(struct reader *reader, const json_t *json, void *items, size_t i,
		    const struct shape_field *field)
{
	void *item;

	switch (field->kind) {
	case SHAPE_TEXTS:
		return put_text_item(reader, json, (char **)items + i, field);
	case SHAPE_WORDS:
		return put_text(reader, json, (char *)items + i * field->size, field->size);
	case SHAPE_POINTERS:
		item = calloc(1, field->shape->size);
		if (!item)
			return no_memory(reader);
		/* The pointer is stored before the struct is filled, so that facts_done() finds
		 * it. */
		((void **)items)[i] = item;
		return put_object(reader, json, item, field->shape);
	default:
		return put_object(reader, json, (char *)items + i * field->shape->size,
				  field->shape);
	}
}

/* A list of pointers or texts has room for pointers. Others are as large as their struct. */
static size_t item_size(const struct shape_field *field)
{
	switch (field->kind) {
	case SHAPE_LIST:
		return field->shape->size;
	case SHAPE_WORDS:
		return field->size;
	default:
		return sizeof(void *);
	}
}

/* A struct within a list may hold memory as soon as it was begun. Texts and words need no
 * counting before they are whole. */
static bool was_begun(void *const *items, size_t i, const struct shape_field *field)
{
	return field->kind == SHAPE_LIST || (field->kind == SHAPE_POINTERS && items[i]);
}

/* -ENOMEM, or wrong() with the place. */
static int put_list(struct reader *reader, const json_t *json, void *item,
		    const struct shape_field *field)
{
	size_t n = json_array_size(json), max = FACTS_ITEMS_MAX;
	void *items;
	int err = 0;

	if (!json_is_array(json))
		return wrong(reader, "is no list");
	/* Bounds by kind: pictures are few, settings are many, all else is in between. */
	if (field->kind == SHAPE_POINTERS)
		max = FACTS_SPACES_MAX; /* each is large, whatever is in it */
	else if (item_size(field) <= FACTS_SMALL)
		max = FACTS_SMALL_MAX; /* ten settings for each link */
	if (n > max)
		return error_set(reader->error, ERROR_TOO_LARGE, "%s has more than %zu items",
				 reader->path, max);
	/* A count is compared before memory is taken for it. */
	if (n == 0)
		return 0;
	items = calloc(n, item_size(field));
	if (!items)
		return no_memory(reader);
	/* The list belongs to the facts from here on, with a count of 0. */
	memcpy((char *)item + field->offset, &items, sizeof(items));
	for (size_t i = 0; i < n && err == 0; i++) {
		size_t before = enter_item(reader, i);

		err = put_item(reader, json_array_get(json, i), items, i, field);
		/* One that was begun counts, so that what it has is freed. */
		if (err == 0 || was_begun(items, i, field))
			set_number(item, field, i + 1);
		leave(reader, before);
	}
	return err;
}

/* One member of a struct. The kinds with memory of their own come first. Each of them takes the
 * struct, as the count stands elsewhere in it. */
static int put_field(struct reader *reader, const json_t *json, void *item,
		     const struct shape_field *field)
{
	char *at = (char *)item + field->offset;

	switch (field->kind) {
	case SHAPE_HEX:
		return put_hex(reader, json, item, field);
	case SHAPE_BASE64:
		return put_base64(reader, json, item, field);
	case SHAPE_TEXTS:
	case SHAPE_WORDS:
	case SHAPE_LIST:
	case SHAPE_POINTERS:
		return put_list(reader, json, item, field);
	case SHAPE_OBJECT:
		return put_object(reader, json, at, field->shape);
	default:
		return field->count > 1 ? put_array(reader, json, at, field)
					: put_value(reader, json, at, field);
	}
}

/* Members that are left out, or null, stay zero. Keys that no member has are passed over: a
 * newer writer may know more. The path has the member's key while it is read. */
static int put_object(struct reader *reader, const json_t *json, void *item,
		      const struct shape *shape)
{
	int err = 0;

	if (!json_is_object(json))
		return wrong(reader, "is no object");
	for (size_t i = 0; i < shape->n_fields && err == 0; i++) {
		const struct shape_field *field = &shape->fields[i];
		const json_t *value = json_object_get(json, field->key);
		size_t before = enter(reader, field->key);

		if (value && !json_is_null(value))
			err = put_field(reader, value, item, field);
		leave(reader, before);
	}
	return err;
}

/* ---- the document ---- */

/* One question with its answer. facts_keep() takes the block, or frees it. The kind is that of
 * the list, and not of the answer. */
static int read_answer(struct reader *reader, const json_t *json, enum facts_kind kind,
		       struct facts *facts)
{
	struct facts_answered *answered = calloc(1, sizeof(*answered));
	int err;

	if (!answered)
		return no_memory(reader);
	answered->kind = kind;
	err = put_object(reader, json, answered, &facts_shape_asked[kind]);
	if (err < 0) {
		free(answered);
		return err;
	}
	err = facts_keep(facts, answered);
	/* Two answers to one question would make it a matter of order which is right. */
	if (err == -EEXIST)
		return wrong(reader, "was asked before");
	return err < 0 ? no_memory(reader) : 0;
}

/* The list of one kind. The limit is for all answers of a kind. */
static int read_answers(struct reader *reader, const json_t *list, enum facts_kind kind,
			struct facts *facts)
{
	size_t n = json_array_size(list);
	int err = 0;

	if (!json_is_array(list))
		return wrong(reader, "is no list");
	if (n > FACTS_ANSWERS_MAX)
		return error_set(reader->error, ERROR_TOO_LARGE, "%s has more than %d items",
				 reader->path, FACTS_ANSWERS_MAX);
	for (size_t i = 0; i < n && err == 0; i++) {
		size_t before = enter_item(reader, i);

		err = read_answer(reader, json_array_get(list, i), kind, facts);
		leave(reader, before);
	}
	return err;
}

/* "Asked" may be missing: then nothing was asked. */
static int read_asked(struct reader *reader, const json_t *asked, struct facts *facts)
{
	size_t whole = enter(reader, "Asked");
	int err = 0;

	if (asked && !json_is_object(asked))
		err = wrong(reader, "is no object");
	for (enum facts_kind kind = 0; kind < FACTS_N_KINDS && err == 0; kind++) {
		const json_t *list = json_object_get(asked, facts_shape_asked_keys[kind]);
		size_t before = enter(reader, facts_shape_asked_keys[kind]);

		if (list)
			err = read_answers(reader, list, kind, facts);
		leave(reader, before);
	}
	leave(reader, whole);
	return err;
}

/* Pictures are found by key: it has to be there, and once. Duplicate keys would leave one of
 * two pictures without a name. */
static int check_keys(struct reader *reader, struct facts *facts)
{
	for (size_t i = 0; i < facts->n_spaces; i++) {
		const char *key = facts->spaces[i]->key;

		/* The path is built up for the sentence alone. */
		(void)enter(reader, "Spaces");
		(void)enter_item(reader, i);
		if (!key[0])
			return wrong(reader, "has no key");
		/* The map is filled one by one, so a key that is there belongs to an earlier
		 * picture. */
		if (facts_space(facts, key))
			return wrong(reader, "has the key of another one");
		if (facts_index_space(facts, facts->spaces[i]) < 0)
			return error_system(reader->error, -ENOMEM, "cannot read the facts");
		leave(reader, 0);
	}
	return 0;
}

/* The version comes first: everything else means what that version says. A version of tomorrow
 * may mean something else by the same key. */
static int check_version(const struct reader *reader, const json_t *version)
{
	if (!json_is_integer(version))
		return error_set(reader->error, ERROR_INVALID,
				 "these are no facts of netctl explain: Version is missing");
	if (json_integer_value(version) != FACTS_VERSION)
		return error_set(reader->error, ERROR_INVALID,
				 "facts of version %" JSON_INTEGER_FORMAT
				 " are not read: it has to be %d",
				 json_integer_value(version), FACTS_VERSION);
	return 0;
}

/* A constant of the program, or NULL: facts.source is never freed. A source that is not known
 * is told as none. */
static const char *source_of(const json_t *json)
{
	static const char *const known[] = { "netd", "records", "file" };
	const char *source = json_string_value(json);

	for (size_t i = 0; source && i < ARRAY_SIZE(known); i++)
		if (strcmp(source, known[i]) == 0)
			return known[i];
	return NULL;
}

/* The order matters: answers name pictures, and their keys are checked before. */
static int read_document(struct reader *reader, const json_t *json, struct facts *facts)
{
	int err = check_version(reader, json_object_get(json, "Version"));

	/* Also after a version that is refused: nobody looks at it then. */
	facts->source = source_of(json_object_get(json, "Source"));
	if (err == 0)
		err = put_object(reader, json, facts, &facts_shape);
	if (err == 0)
		err = check_keys(reader, facts);
	return err == 0 ? read_asked(reader, json_object_get(json, "Asked"), facts) : err;
}

/* The facts are the caller's only when all was read; nothing is left of them otherwise. */
int facts_read(const char *text, size_t len, struct facts *ret_facts, struct error *error)
{
	struct reader reader = { .error = error };
	struct facts facts = { 0 };
	json_t *json;
	int err;

	/* The length comes before the parser, which needs many times as much memory. */
	if (len > FACTS_TEXT_MAX)
		return error_set(error, ERROR_TOO_LARGE, "facts of more than %d bytes are not read",
				 FACTS_TEXT_MAX);
	err = json_parse_record(text, len, &json, error);
	if (err < 0)
		return err;
	err = read_document(&reader, json, &facts);
	json_decref(json);
	if (err < 0)
		facts_done(&facts);
	else
		*ret_facts = facts;
	return err;
}
