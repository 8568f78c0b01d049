// SPDX-License-Identifier: GPL-2.0-or-later
// template_expr.c - the expressions of a template, by recursive descent of bounded depth
#include "cli/template.h"
#include "cli/template_parser.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <string.h>

void template_free(struct template *template)
{
	if (!template)
		return;
	while (template->n_chunks > 0)
		free(template->chunks[--template->n_chunks]);
	json_decref(template->values);
	free(template);
}

int parser_refuse(struct parser *parser, const char *what)
{
	return error_set(parser->error, ERROR_INVALID, "template: %s at '%.20s'", what,
			 *parser->at ? parser->at : "the end");
}

void *parser_take(struct parser *parser, size_t size)
{
	struct template *template = parser->template;
	void *chunk;

	if (template->n_chunks >= TEMPLATE_NODES_MAX) {
		(void)parser_refuse(parser, "too long");
		return NULL;
	}
	chunk = calloc(1, size);
	if (!chunk) {
		(void)error_system(parser->error, -ENOMEM, "template");
		return NULL;
	}
	template->chunks[template->n_chunks++] = chunk;
	return chunk;
}

char *parser_take_text(struct parser *parser, const char *text, size_t len)
{
	char *copy = parser_take(parser, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

static struct expr *take_expr(struct parser *parser, enum expr_kind kind)
{
	struct expr *expr = parser_take(parser, sizeof(*expr));

	if (expr)
		expr->kind = kind;
	return expr;
}

void parser_skip_space(struct parser *parser)
{
	parser->at += strspn(parser->at, " \t\r\n");
}

/* Names are of ASCII letters, digits and _; their length here, 0 if there is none. */
size_t parser_name_len(const char *text)
{
	static const char letters[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

	if (*text >= '0' && *text <= '9')
		return 0;
	return strspn(text, letters);
}

static bool at_word(const struct parser *parser, const char *word)
{
	size_t len = strlen(word);

	return parser_name_len(parser->at) == len && memcmp(parser->at, word, len) == 0;
}

bool parser_skip_word(struct parser *parser, const char *word)
{
	if (!at_word(parser, word))
		return false;
	parser->at += strlen(word);
	return true;
}

int parser_close(struct parser *parser)
{
	parser_skip_space(parser);
	if (strncmp(parser->at, "-}}", 3) == 0) {
		parser->trim_next = true;
		parser->at++;
	}
	if (strncmp(parser->at, "}}", 2) != 0)
		return parser_refuse(parser, "expected }}");
	parser->at += 2;
	return 0;
}

static struct expr *value_expr(struct parser *parser, json_t *value)
{
	struct expr *expr = value ? take_expr(parser, EXPR_VALUE) : NULL;

	if (!value)
		(void)parser_refuse(parser, "text is not UTF-8");
	if (!expr) {
		json_decref(value);
		return NULL;
	}
	expr->value = value;
	/* The list takes the reference, also when it fails. */
	if (json_array_append_new(parser->template->values, value) < 0) {
		(void)error_system(parser->error, -ENOMEM, "template");
		return NULL;
	}
	return expr;
}

static struct expr *parse_raw(struct parser *parser)
{
	const char *start = parser->at + 1, *end = strchr(start, '`');

	if (!end) {
		(void)parser_refuse(parser, "unterminated text");
		return NULL;
	}
	parser->at = end + 1;
	return value_expr(parser, json_stringn(start, (size_t)(end - start)));
}

static struct expr *parse_string(struct parser *parser)
{
	static const char letters[] = "ntr\\\"", meanings[] = "\n\t\r\\\"";
	_cleanup_(buf_done) struct buf text = { 0 };
	const char *c = parser->at + 1;

	buf_puts(&text, "");
	for (; *c && *c != '"' && *c != '\n'; c++) {
		const char *letter = *c == '\\' && c[1] ? strchr(letters, c[1]) : NULL;

		if (*c == '\\' && !letter) {
			(void)parser_refuse(parser, "unknown escape in text");
			return NULL;
		}
		buf_append(&text, letter ? &meanings[letter - letters] : c, 1);
		c += letter ? 1 : 0;
	}
	if (*c != '"') {
		(void)parser_refuse(parser, "unterminated text");
		return NULL;
	}
	parser->at = c + 1;
	if (text.err < 0) {
		(void)error_system(parser->error, text.err, "template");
		return NULL;
	}
	return value_expr(parser, json_stringn(text.data, text.len));
}

static struct expr *parse_number(struct parser *parser)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(parser->at, &end, 10);
	if (errno != 0 || end == parser->at || *end == '.' || parser_name_len(end) != 0) {
		(void)parser_refuse(parser, "only integers are numbers");
		return NULL;
	}
	parser->at = end;
	return value_expr(parser, json_integer(value));
}

/* true, false, nil or the name of a function, whose arguments parse_command adds */
static struct expr *parse_name(struct parser *parser)
{
	const struct template_function *function;
	struct expr *expr;

	if (parser_skip_word(parser, "true"))
		return value_expr(parser, json_true());
	if (parser_skip_word(parser, "false"))
		return value_expr(parser, json_false());
	if (parser_skip_word(parser, "nil"))
		return value_expr(parser, json_null());
	function = template_function_find(parser->at, parser_name_len(parser->at));
	if (!function) {
		(void)error_set(parser->error, ERROR_INVALID, "template: unknown function '%.*s'",
				(int)parser_name_len(parser->at), parser->at);
		return NULL;
	}
	expr = take_expr(parser, EXPR_CALL);
	if (expr)
		expr->function = function;
	parser->at += parser_name_len(parser->at);
	return expr;
}

/* ".A.B" behind base */
static struct expr *parse_chain(struct parser *parser, struct expr *base)
{
	for (int n = 0; base && *parser->at == '.' && parser_name_len(parser->at + 1) > 0; n++) {
		size_t len = parser_name_len(parser->at + 1);
		struct expr *field = NULL;

		if (n == TEMPLATE_DEPTH_MAX)
			(void)parser_refuse(parser, "too many fields in a row");
		else
			field = take_expr(parser, EXPR_FIELD);
		if (!field)
			return NULL;
		field->base = base;
		field->name = parser_take_text(parser, parser->at + 1, len);
		if (!field->name)
			return NULL;
		parser->at += 1 + len;
		base = field;
	}
	return base;
}

static struct expr *parse_dot(struct parser *parser)
{
	struct expr *dot = take_expr(parser, EXPR_DOT);

	if (parser_name_len(parser->at + 1) == 0) {
		parser->at++;
		return dot;
	}
	return parse_chain(parser, dot);
}

static struct expr *parse_variable(struct parser *parser)
{
	struct expr *variable = take_expr(parser, EXPR_VARIABLE);
	size_t len = parser_name_len(++parser->at);

	if (!variable)
		return NULL;
	variable->name = parser_take_text(parser, parser->at, len);
	parser->at += len;
	return variable->name ? parse_chain(parser, variable) : NULL;
}

static struct expr *parse_group(struct parser *parser)
{
	struct expr *inner;

	parser->at++;
	inner = parser_pipeline(parser);
	parser_skip_space(parser);
	if (inner && *parser->at != ')') {
		(void)parser_refuse(parser, "expected )");
		return NULL;
	}
	if (!inner)
		return NULL;
	parser->at++;
	return parse_chain(parser, inner);
}

static struct expr *parse_operand(struct parser *parser)
{
	char c = *parser->at;

	if (c == '.')
		return parse_dot(parser);
	if (c == '$')
		return parse_variable(parser);
	if (c == '(')
		return parse_group(parser);
	if (c == '"')
		return parse_string(parser);
	if (c == '`')
		return parse_raw(parser);
	if (c == '-' || (c >= '0' && c <= '9'))
		return parse_number(parser);
	if (parser_name_len(parser->at) > 0)
		return parse_name(parser);
	(void)parser_refuse(parser, "expected a value");
	return NULL;
}

static bool at_command_end(const struct parser *parser)
{
	return strncmp(parser->at, "}}", 2) == 0 || strncmp(parser->at, "-}}", 3) == 0 ||
	       strchr("|)", *parser->at) != NULL; /* and at the NUL */
}

static int add_arg(struct parser *parser, struct expr *call, struct expr *arg)
{
	struct expr **end = &call->args;

	if (call->kind != EXPR_CALL || !call->function)
		return parser_refuse(parser, "only functions take arguments; unexpected argument");
	if (call->n_args == TEMPLATE_ARGS_MAX)
		return parser_refuse(parser, "too many arguments");
	while (*end)
		end = &(*end)->next;
	*end = arg;
	call->n_args++;
	return 0;
}

/* One operand, or a function and its arguments. */
static struct expr *parse_command(struct parser *parser)
{
	bool is_call;
	struct expr *first;

	parser_skip_space(parser);
	is_call = parser_name_len(parser->at) > 0;
	first = parse_operand(parser);
	for (parser_skip_space(parser); first && !at_command_end(parser);
	     parser_skip_space(parser)) {
		struct expr *arg = parse_operand(parser);

		if (!arg)
			return NULL;
		if (!is_call) {
			(void)parser_refuse(parser,
					    "only functions take arguments; unexpected argument");
			return NULL;
		}
		if (add_arg(parser, first, arg) < 0)
			return NULL;
	}
	return first;
}

static int check_args(struct parser *parser, const struct expr *expr)
{
	const struct template_function *function = expr->function;

	if (expr->kind != EXPR_CALL)
		return 0;
	for (const struct expr *arg = expr->args; arg; arg = arg->next)
		if (check_args(parser, arg) < 0)
			return -EINVAL;
	if (expr->n_args >= function->min_args && expr->n_args <= function->max_args)
		return 0;
	return error_set(parser->error, ERROR_INVALID,
			 "template: wrong number of arguments for function '%s'", function->name);
}

/* "a | f x" is "f x a" */
struct expr *parser_pipeline(struct parser *parser)
{
	struct expr *left = NULL;

	if (++parser->depth > TEMPLATE_DEPTH_MAX) {
		(void)parser_refuse(parser, "nested too deeply");
		return NULL;
	}
	for (int n = 0;; n++) {
		struct expr *command = parse_command(parser);

		if (command && n == TEMPLATE_DEPTH_MAX) {
			(void)parser_refuse(parser, "pipeline too long");
			return NULL;
		}
		if (!command || (left && add_arg(parser, command, left) < 0))
			return NULL;
		left = command;
		if (*parser->at != '|')
			break;
		parser->at++;
	}
	parser->depth--;
	return check_args(parser, left) < 0 ? NULL : left;
}
