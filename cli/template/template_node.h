// SPDX-License-Identifier: GPL-2.0-or-later
// template_node.h - the tree a template is parsed into, shared by parser, evaluation and functions
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Gives a new reference, or NULL with error filled. */
typedef json_t *(*template_call)(json_t *const *args, size_t n_args, struct error *error);

struct template_function {
	const char *name;
	size_t min_args, max_args;
	template_call call;
};

enum expr_kind {
	EXPR_DOT,
	EXPR_FIELD,    /* base.name */
	EXPR_VARIABLE, /* $name; "" is the root */
	EXPR_VALUE,
	EXPR_CALL,
	EXPR_N_KINDS,
};

struct expr {
	enum expr_kind kind;
	struct expr *base;
	const char *name;
	json_t *value; /* owned by the template's list of values */
	const struct template_function *function;
	struct expr *args;
	size_t n_args;
	struct expr *next; /* in args */
};

enum node_kind {
	NODE_TEXT,
	NODE_PRINT,
	NODE_IF,
	NODE_RANGE,
	NODE_WITH,
	NODE_N_KINDS,
};

struct node {
	enum node_kind kind;
	const char *text; /* NODE_TEXT */
	size_t len;
	struct expr *expr;
	const char *key, *value; /* variables of a range, or NULL */
	struct node *body, *otherwise, *next;
};

/* All nodes, names and texts live in chunks and die with the template. */
struct template
{
	void *chunks[TEMPLATE_NODES_MAX];
	size_t n_chunks;
	json_t *values;
	struct node *nodes;
};
