// SPDX-License-Identifier: GPL-2.0-or-later
// template_function.c - what a template can call, and how it prints values
#include "cli/template/template_function.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/template/template_node.h"
#include "cli/template/template_printf.h"
#include "cli/template/template_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A function gets its arguments evaluated, and as many as its entry in the
 * table says. It returns a new reference, or NULL with the error set. The names and results are
 * those of Go's text/template, and of docker's CLI for json, join, lower and upper. */

/* As docker's CLI has it: compact, in one line. */
static json_t *call_json(json_t *const *args, size_t n_args, struct error *error)
{
	_cleanup_free_ char *text = json_dumps(args[0],
					       JSON_COMPACT | JSON_ENCODE_ANY | JSON_AS_WRITTEN);
	json_t *value = text ? json_string(text) : NULL;

	(void)n_args;
	if (!value)
		(void)error_system(error, -ENOMEM, "template");
	return value;
}

/* The length of a text is its bytes, as in Go. null has no length here, as nil has none in Go, and
 * is refused with all other kinds. */
static json_t *call_len(json_t *const *args, size_t n_args, struct error *error)
{
	(void)n_args;
	if (json_is_string(args[0]))
		return json_integer((json_int_t)json_string_length(args[0]));
	if (json_is_object(args[0]))
		return json_integer((json_int_t)json_object_size(args[0]));
	if (json_is_array(args[0]))
		return json_integer((json_int_t)json_array_size(args[0]));
	return template_value_refuse(error, "len of something that has no length");
}

/* One step into a map or a list. A key that is not there, and an index into nothing, give null; an
 * index outside of a list is a mistake, as in Go. The result is a new reference. The reason why a
 * missing key is no mistake: scripts ask for a label that only some containers have, and expect
 * "<no value>". */
static json_t *index_once(json_t *from, const json_t *key, struct error *error)
{
	json_t *value;

	if (json_is_object(from) && json_is_string(key)) {
		value = json_object_get(from, json_string_value(key));
		return value ? json_incref(value) : json_null();
	}
	if (json_is_array(from) && json_is_integer(key)) {
		json_int_t at = json_integer_value(key);

		if (at < 0 || (size_t)at >= json_array_size(from))
			return template_value_refuse(error, "index out of range");
		return json_incref(json_array_get(from, (size_t)at));
	}
	return json_is_null(from)
		       ? json_null()
		       : template_value_refuse(
				 error, "index wants a map and a text, or a list and a number");
}

/* index takes several keys, one for each level. Each level is given back as soon as the next one is
 * there. With one argument alone the result is that argument, as in Go. */
static json_t *call_index(json_t *const *args, size_t n_args, struct error *error)
{
	json_t *value = json_incref(args[0]);

	for (size_t i = 1; i < n_args && value; i++) {
		json_t *next = index_once(value, args[i], error);

		json_decref(value);
		value = next;
	}
	return value;
}

/* Go's Sprint: a space between two values neither of which is a text. */
static json_t *call_print(json_t *const *args, size_t n_args, struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	for (size_t i = 0; i < n_args; i++) {
		if (i > 0 && !json_is_string(args[i]) && !json_is_string(args[i - 1]))
			buf_puts(&text, " ");
		template_value_print(args[i], &text);
	}
	return template_value_text(&text, error);
}

/* A blank between all, and a newline, as Go's Sprintln. The newline is part of the result, so a
 * pipeline may hand it on like any other text. */
static json_t *call_println(json_t *const *args, size_t n_args, struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	for (size_t i = 0; i < n_args; i++) {
		buf_puts(&text, i ? " " : "");
		template_value_print(args[i], &text);
	}
	buf_puts(&text, "\n");
	return template_value_text(&text, error);
}

/* null is an empty list: netd has it where Docker's struct would have one. Elements need not be
 * texts: each is printed as {{.}} would print it. */
static json_t *call_join(json_t *const *args, size_t n_args, struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	(void)n_args;
	if ((!json_is_array(args[0]) && !json_is_null(args[0])) || !json_is_string(args[1]))
		return template_value_refuse(error, "join wants a list and a text");
	for (size_t i = 0; i < json_array_size(args[0]); i++) {
		buf_puts(&text, i ? json_string_value(args[1]) : "");
		template_value_print(json_array_get(args[0], i), &text);
	}
	return template_value_text(&text, error);
}

/* ASCII only. Other letters stay as they are, or bytes of UTF-8 would be torn apart. */
static json_t *change_case(const json_t *from, int (*change)(int), struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	if (!json_is_string(from))
		return template_value_refuse(error, "lower and upper want a text");
	buf_append(&text, json_string_value(from), json_string_length(from));
	for (size_t i = 0; text.err == 0 && i < text.len; i++)
		if (isascii((unsigned char)text.data[i]))
			text.data[i] = (char)change((unsigned char)text.data[i]);
	return template_value_text(&text, error);
}

/* docker's templates have lower and upper for names that are compared without regard to case. */
static json_t *call_lower(json_t *const *args, size_t n_args, struct error *error)
{
	(void)n_args;
	return change_case(args[0], tolower, error);
}

static json_t *call_upper(json_t *const *args, size_t n_args, struct error *error)
{
	(void)n_args;
	return change_case(args[0], toupper, error);
}

/* As Go's: true when the first equals any of the others. Two values of different kinds are not
 * equal; in Go they are an error. A script is better served by "false". */
static json_t *call_eq(json_t *const *args, size_t n_args, struct error *error)
{
	(void)error;
	for (size_t i = 1; i < n_args; i++)
		if (json_equal(args[0], args[i]))
			return json_true();
	return json_false();
}

/* As Go's, it takes two values. No function that only compares can fail, so `error` is not used. */
static json_t *call_ne(json_t *const *args, size_t n_args, struct error *error)
{
	(void)n_args, (void)error;
	return json_boolean(!json_equal(args[0], args[1]));
}

/* Truth is that of {{if}}. */
static json_t *call_not(json_t *const *args, size_t n_args, struct error *error)
{
	(void)n_args, (void)error;
	return json_boolean(!template_value_is_true(args[0]));
}

/* The first argument that decides, or the last. All arguments are evaluated before, other than in
 * Go; they have no effects, so nothing shows. `decisive` is the truth that ends the search: false
 * for "and", true for "or". The table asks for one argument at least, so there is a last one. */
static json_t *decide(json_t *const *args, size_t n_args, bool decisive)
{
	for (size_t i = 0; i + 1 < n_args; i++)
		if (template_value_is_true(args[i]) == decisive)
			return json_incref(args[i]);
	return json_incref(args[n_args - 1]);
}

/* Like Go's it gives a value, which need not be a truth. */
static json_t *call_and(json_t *const *args, size_t n_args, struct error *error)
{
	(void)error;
	return decide(args, n_args, false);
}

static json_t *call_or(json_t *const *args, size_t n_args, struct error *error)
{
	(void)error;
	return decide(args, n_args, true);
}

/* By name; the two numbers are the least and the most arguments. The names are in the order of the
 * alphabet for the reader; the search goes through all of them, since it runs once for each word of
 * a template. */
static const struct template_function functions[] = {
	{ "and", 1, TEMPLATE_ARGS_MAX, call_and },
	{ "eq", 2, TEMPLATE_ARGS_MAX, call_eq },
	{ "index", 1, TEMPLATE_ARGS_MAX, call_index },
	{ "join", 2, 2, call_join },
	{ "json", 1, 1, call_json },
	{ "len", 1, 1, call_len },
	{ "lower", 1, 1, call_lower },
	{ "ne", 2, 2, call_ne },
	{ "not", 1, 1, call_not },
	{ "or", 1, TEMPLATE_ARGS_MAX, call_or },
	{ "print", 0, TEMPLATE_ARGS_MAX, call_print },
	{ "printf", 1, TEMPLATE_ARGS_MAX, template_printf },
	{ "println", 0, TEMPLATE_ARGS_MAX, call_println },
	{ "upper", 1, 1, call_upper },
};

/* name need not end in a NUL. NULL: there is none. */
const struct template_function *template_function_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (strlen(functions[i].name) == len && memcmp(functions[i].name, name, len) == 0)
			return &functions[i];
	return NULL;
}
