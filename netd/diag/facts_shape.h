// SPDX-License-Identifier: GPL-2.0-or-later
// facts_shape.h - which key of the document stands for which member: one table for the writer and
// the reader
#pragma once

#include <stddef.h>
#include <stdint.h>

enum shape_kind {
	SHAPE_UINT, /* of 1, 2, 4 or 8 bytes */
	SHAPE_INT,  /* of 4 or 8 bytes */
	SHAPE_ERR,  /* an int: 0 or a negative errno */
	SHAPE_BOOL,
	SHAPE_LETTER, /* a char as a text of one */
	SHAPE_TEXT,   /* char[size] */
	SHAPE_ADDR,
	SHAPE_PREFIX,
	SHAPE_MAC,
	SHAPE_HEX,	/* uint8_t[size], n of them in use */
	SHAPE_BASE64,	/* uint8_t *, n of them */
	SHAPE_TEXTS,	/* char **, n of them */
	SHAPE_WORDS,	/* char (*)[size], n of them */
	SHAPE_OBJECT,	/* a struct within */
	SHAPE_LIST,	/* struct *, n of them */
	SHAPE_POINTERS, /* struct **, n of them */
};

struct shape {
	const struct shape_field *fields;
	size_t n_fields;
	size_t size; /* of the struct */
};

struct shape_field {
	const char *key;
	enum shape_kind kind;
	size_t offset, size; /* of the member, or of one of an array */
	size_t count;	     /* of an array; 1: none */
	size_t n_offset;     /* where the number of items stands, a size_t */
	const struct shape *shape;
};

/* Lists of the document, under "Asked", by enum facts_kind: each of struct facts_answered. */
extern const char *const facts_shape_asked_keys[];
extern const struct shape facts_shape_asked[];
/* Of struct facts: all but its version, its source and what was asked. */
extern const struct shape facts_shape;
