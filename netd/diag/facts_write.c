// SPDX-License-Identifier: GPL-2.0-or-later
// facts_write.c - facts as one JSON document
#include "diag/facts_json.h"

#include "base/base64.h"
#include "base/utf8.h"
#include "diag/facts_answers.h"
#include "diag/facts_shape.h"

#include <inttypes.h>
#include <string.h>

/* Theory of operation. The tables of facts_shape.c lead through the structs, as they lead the
 * reader. The text is written by hand and not through a tree, because facts of a large host
 * have megabytes. It is laid out for people: structs of a list have a line each, so that two
 * documents can be compared by diff(1), and everything within stands in that line.
 *
 * Nothing that is empty is written. The reader takes what is missing for empty. */

/* ---- text ---- */

/* Text of a stranger's: names inside a container may be any bytes. What is no UTF-8 is written
 * as "?", for JSON has nothing else. The bytes end at size, or at the first NUL. */
static void put_text(struct buf *out, const char *text, size_t size)
{
	/* A text that fills its room has no NUL. */
	size_t len = strnlen(text, size);

	buf_puts(out, "\"");
	for (size_t at = 0, n; at < len; at += n ? n : 1) {
		n = utf8_len(text + at, len - at);
		if (n == 0)
			buf_puts(out, "?");
		else if (n > 1)
			buf_append(out, text + at, n);
		else if (text[at] == '\n')
			/* A newline is by far the most frequent control character: resolv.conf
			 * and hosts are in here. */
			buf_puts(out, "\\n");
		else if ((uint8_t)text[at] < 0x20)
			buf_printf(out, "\\u%04x", (unsigned)(uint8_t)text[at]);
		else if (text[at] == '"' || text[at] == '\\')
			buf_printf(out, "\\%c", text[at]);
		else
			buf_append(out, text + at, 1);
	}
	buf_puts(out, "\"");
}

/* ---- values ---- */

/* Members have four sizes, and may stand anywhere, so they are copied out. A size that is none
 * of these is that of the largest. */
static uint64_t unsigned_at(const void *at, size_t size)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (size) {
	case sizeof(u8):
		memcpy(&u8, at, size);
		return u8;
	case sizeof(u16):
		memcpy(&u16, at, size);
		return u16;
	case sizeof(u32):
		memcpy(&u32, at, size);
		return u32;
	default:
		memcpy(&u64, at, sizeof(u64));
		/* A reader of JSON has 63 bits, and no counter here comes that far. */
		return u64 > INT64_MAX ? INT64_MAX : u64;
	}
}

/* An int or an int64_t; there is no other. The kernel's numbers of links and of errors are such. */
static int64_t signed_at(const void *at, size_t size)
{
	int32_t i32;
	int64_t i64;

	if (size == sizeof(i32)) {
		memcpy(&i32, at, size);
		return i32;
	}
	memcpy(&i64, at, sizeof(i64));
	return i64;
}

/* The count of a list stands in the struct, at n_offset. Only kinds with a count have it. */
static size_t number_of(const void *item, const struct shape_field *field)
{
	size_t n;

	memcpy(&n, (const char *)item + field->n_offset, sizeof(n));
	return n;
}

/* A pointer is read by memcpy(3), because the writer does not know its type. */
static const void *pointer_at(const void *at)
{
	const void *pointer;

	memcpy(&pointer, at, sizeof(pointer));
	return pointer;
}

/* Padding of a struct is zero, too: facts begin zeroed. Of addresses and texts something else
 * is asked. */
static bool is_zero(const uint8_t *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (at[i])
			return false;
	return true;
}

/* Mutual: an object may be a member of another. */
static bool is_empty_object(const void *item, const struct shape *shape);

/* Whether the member says nothing. The reader leaves it zero then, which is the same. A value
 * that is 0 or false is empty as well. */
static bool is_empty(const void *item, const struct shape_field *field)
{
	const uint8_t *at = (const uint8_t *)item + field->offset;

	switch (field->kind) {
	case SHAPE_HEX:
	case SHAPE_BASE64:
	case SHAPE_TEXTS:
	case SHAPE_WORDS:
	case SHAPE_LIST:
	case SHAPE_POINTERS:
		/* A list without items is as one that is missing. */
		return number_of(item, field) == 0;
	case SHAPE_OBJECT:
		return is_empty_object(at, field->shape);
	/* Only the first byte counts: behind the end there may be anything. */
	case SHAPE_TEXT:
		return *at == '\0';
	case SHAPE_PREFIX:
	case SHAPE_ADDR: /* both begin with a family */
		for (size_t i = 0; i < field->count; i++)
			if (at[i * field->size])
				return false;
		return true;
	case SHAPE_UINT:
	case SHAPE_INT:
	case SHAPE_ERR:
	case SHAPE_BOOL:
	case SHAPE_LETTER:
	case SHAPE_MAC:
		break;
	}
	return is_zero(at, field->size * field->count);
}

/* An object is empty if all of its members are. */
static bool is_empty_object(const void *item, const struct shape *shape)
{
	for (size_t i = 0; i < shape->n_fields; i++)
		if (!is_empty(item, &shape->fields[i]))
			return false;
	return true;
}

/* Small letters, as the reader expects. Two for each byte. */
static void put_hex(struct buf *out, const uint8_t *bytes, size_t n)
{
	buf_puts(out, "\"");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%02x", bytes[i]);
	buf_puts(out, "\"");
}

/* One value that stands in the struct itself. at: the member itself. */
static void put_value(struct buf *out, const void *at, const struct shape_field *field)
{
	char text[PREFIX_STR_MAX];

	switch (field->kind) {
	case SHAPE_UINT:
		buf_printf(out, "%" PRIu64, unsigned_at(at, field->size));
		break;
	case SHAPE_INT:
	case SHAPE_ERR:
		buf_printf(out, "%" PRId64, signed_at(at, field->size));
		break;
	case SHAPE_BOOL:
		buf_puts(out, *(const bool *)at ? "true" : "false");
		break;
	case SHAPE_LETTER:
	case SHAPE_TEXT:
		put_text(out, at, field->size);
		break;
	case SHAPE_ADDR:
		put_text(out, addr_print(at, text), sizeof(text));
		break;
	case SHAPE_PREFIX:
		put_text(out, prefix_print(at, text), sizeof(text));
		break;
	case SHAPE_MAC:
		put_text(out, mac_print(at, text), sizeof(text));
		break;
	default:
		/* The caller looks at these before. */
		break; /* what has a number of items is put_items()'s */
	}
}

/* ---- objects ---- */

/* From this depth on everything stays in its line. No list that has lines of its own is as
 * deep. A list that has lines of its own is three levels deep at the most. */
#define DEPTH_IN_LINE 64 /* deeper than any list that has lines of its own */

/* Mutual: a list has objects, which have lists. */
static void put_object(struct buf *out, const void *item, const struct shape *shape, int depth);

/* One space for each level is enough to be read. */
static void put_line(struct buf *out, int depth)
{
	if (depth >= DEPTH_IN_LINE)
		return;
	buf_puts(out, "\n");
	for (int i = 0; i < depth; i++)
		buf_puts(out, " ");
}

/* One item of a list, by what the list holds. The depth is that of its line. */
static void put_item(struct buf *out, const void *items, size_t i, const struct shape_field *field,
		     int depth)
{
	switch (field->kind) {
	case SHAPE_TEXTS:
		put_text(out, ((char *const *)items)[i], SIZE_MAX);
		break;
	case SHAPE_WORDS:
		put_text(out, (const char *)items + i * field->size, field->size);
		break;
	case SHAPE_LIST:
		put_object(out, (const char *)items + i * field->shape->size, field->shape, depth);
		break;
	case SHAPE_POINTERS:
		put_object(out, ((const void *const *)items)[i], field->shape, depth);
		break;
	default:
		put_value(out, (const char *)items + i * field->size, field);
		break;
	}
}

/* Structs have a line each, and what is in them has another in turn. An empty list is never
 * written. */
static void put_items(struct buf *out, const void *items, size_t n, const struct shape_field *field,
		      int depth)
{
	/* Words and numbers stay in the line. */
	int below = field->shape ? depth + 1 : DEPTH_IN_LINE;

	buf_puts(out, "[");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_puts(out, ",");
		put_line(out, below);
		put_item(out, items, i, field, below);
	}
	buf_puts(out, "]");
}

/* One member's value. Its key was written before. Empty members do not come here. */
static void put_field(struct buf *out, const void *item, const struct shape_field *field, int depth)
{
	const void *at = (const char *)item + field->offset;

	switch (field->kind) {
	case SHAPE_HEX:
		put_hex(out, at, number_of(item, field));
		break;
	case SHAPE_BASE64:
		buf_puts(out, "\"");
		base64_write(out, pointer_at(at), number_of(item, field));
		buf_puts(out, "\"");
		break;
	case SHAPE_TEXTS:
	case SHAPE_WORDS:
	case SHAPE_LIST:
	case SHAPE_POINTERS:
		put_items(out, pointer_at(at), number_of(item, field), field, depth);
		break;
	case SHAPE_OBJECT:
		put_object(out, at, field->shape, DEPTH_IN_LINE);
		break;
	default:
		if (field->count > 1)
			put_items(out, at, field->count, field, DEPTH_IN_LINE);
		else
			put_value(out, at, field);
		break;
	}
}

/* The comma belongs in front, for the first member may be left out. A key is a constant,
 * without anything to escape. */
static void put_key(struct buf *out, const char *key, bool is_first, int depth)
{
	buf_puts(out, is_first ? "" : ",");
	put_line(out, depth);
	buf_printf(out, "\"%s\":", key);
}

/* Only lists of structs begin a line of their own. */
static bool is_list(const struct shape_field *field)
{
	return field->kind == SHAPE_LIST || field->kind == SHAPE_POINTERS;
}

/* The members that say something. is_first: nothing stands in the object yet. */
static void put_fields(struct buf *out, const void *item, const struct shape *shape, int depth,
		       bool is_first)
{
	/* Empty members are passed over, so it is not known before which is the first. */
	for (size_t i = 0; i < shape->n_fields; i++) {
		const struct shape_field *field = &shape->fields[i];

		if (is_empty(item, field))
			continue;
		put_key(out, field->key, is_first, is_list(field) ? depth + 1 : DEPTH_IN_LINE);
		put_field(out, item, field, depth + 1);
		is_first = false;
	}
}

static void put_object(struct buf *out, const void *item, const struct shape *shape, int depth)
{
	buf_puts(out, "{");
	put_fields(out, item, shape, depth, true);
	buf_puts(out, "}");
}

/* ---- what was asked ---- */

/* The answers of one kind, in the order in which they were asked. A kind without answers has no
 * key. */
static void put_answers(struct buf *out, const struct facts_answers *answers, enum facts_kind kind,
			bool *is_first)
{
	size_t n = 0;

	/* All kinds stand in one list; the first of this kind opens its array. */
	for (size_t i = 0; i < answers->n_items; i++) {
		if (answers->items[i]->kind != kind)
			continue;
		if (n++ == 0) {
			put_key(out, facts_shape_asked_keys[kind], *is_first, 2);
			*is_first = false;
		}
		buf_puts(out, n == 1 ? "[" : ",");
		put_line(out, 3);
		put_object(out, answers->items[i], &facts_shape_asked[kind], DEPTH_IN_LINE);
	}
	if (n > 0)
		buf_puts(out, "]");
}

/* ret_text->err tells whether there was memory for all of it. */
void facts_write(const struct facts *facts, struct buf *ret_text)
{
	/* of the lists of answers */
	bool is_first = true;

	/* The version is written by hand, first, so that a reader can refuse before anything
	 * else. */
	buf_printf(ret_text, "{\"Version\":%d", FACTS_VERSION);
	if (facts->source) {
		put_key(ret_text, "Source", false, DEPTH_IN_LINE);
		put_text(ret_text, facts->source, SIZE_MAX);
	}
	put_fields(ret_text, facts, &facts_shape, 0, false);
	if (facts->answers && facts->answers->n_items > 0) {
		put_key(ret_text, "Asked", false, 1);
		buf_puts(ret_text, "{");
		for (enum facts_kind kind = 0; kind < FACTS_N_KINDS; kind++)
			put_answers(ret_text, facts->answers, kind, &is_first);
		buf_puts(ret_text, "}");
	}
	buf_puts(ret_text, "}\n");
}
