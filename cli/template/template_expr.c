// SPDX-License-Identifier: GPL-2.0-or-later
// template_expr.c - the expressions of a template, by recursive descent of bounded depth
#include "cli/template/template_expr.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/template/template.h"
#include "cli/template/template_function.h"
#include "cli/template/template_parser.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. A descent with one function for each kind of expression. Whatever is
 * made belongs to the template (template_parser_take()) and is freed with it, so an error needs
 * no cleaning up here: NULL goes upwards, and the error is set already. The evaluation recurses
 * over the tree, so nested groups, chains of fields and pipelines have a bound: each of them is
 * a level. Grammar:
 *
 * pipeline = command *( "|" command )
 * command  = operand *operand              more than one: a function and its arguments
 * operand  = ( "." | "$" [name] | "(" pipeline ")" | chain ) *( "." name )
 * value    = string | raw | integer | "true" | "false" | "nil" */

/* NULL: no memory, or too many parts; the error says which. The memory is zeroed, so that a part
 * that is not set is NULL and needs no line of its own. */
static struct expr *take_expr(struct parser *parser, enum expr_kind kind)
{
	struct expr *expr = template_parser_take(parser, sizeof(*expr));

	if (expr)
		expr->kind = kind;
	return expr;
}

/* It takes the value, which may be NULL: jansson makes no string of what is not UTF-8. A constant
 * is made once, when the template is parsed, and is shared by all evaluations. The template holds
 * the reference in its list of values; the expression only points to it. */
static struct expr *value_expr(struct parser *parser, json_t *value)
{
	struct expr *expr = value ? take_expr(parser, EXPR_VALUE) : NULL;

	if (!value)
		(void)template_parser_refuse(parser, "text is not UTF-8");
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

/* A raw text has no escapes and may have newlines, as in Go. The cursor stands on the opening
 * quote. When the closing one is missing it stays there, so that the message shows where the text
 * begins. */
static struct expr *parse_raw(struct parser *parser)
{
	const char *start = parser->at + 1, *end = strchr(start, '`');

	if (!end) {
		(void)template_parser_refuse(parser, "unterminated text");
		return NULL;
	}
	parser->at = end + 1;
	return value_expr(parser, json_stringn(start, (size_t)(end - start)));
}

/* Escapes are those that a shell user types; Go has more of them. A newline inside the quotes ends
 * the text as an error. Without that rule a missing quote would swallow the rest of the template,
 * and the message would show its end. */
static struct expr *parse_string(struct parser *parser)
{
	static const char letters[] = "ntr\\\"", meanings[] = "\n\t\r\\\"";
	_cleanup_(buf_done) struct buf text = { 0 };
	const char *c = parser->at + 1;

	/* An empty text needs a buffer that is there. */
	buf_puts(&text, "");
	for (; *c && *c != '"' && *c != '\n'; c++) {
		const char *letter = *c == '\\' && c[1] ? strchr(letters, c[1]) : NULL;

		if (*c == '\\' && !letter) {
			(void)template_parser_refuse(parser, "unknown escape in text");
			return NULL;
		}
		/* The two arrays go together: the letter at one place of the first means the byte
		 * at the same place of the second. */
		buf_append(&text, letter ? &meanings[letter - letters] : c, 1);
		c += letter ? 1 : 0;
	}
	if (*c != '"') {
		(void)template_parser_refuse(parser, "unterminated text");
		return NULL;
	}
	parser->at = c + 1;
	if (text.err < 0) {
		(void)error_system(parser->error, text.err, "template");
		return NULL;
	}
	return value_expr(parser, json_stringn(text.data, text.len));
}

/* A minus in front belongs to the number. netd's answers have integers alone, so a template has
 * nothing to compare a fraction with. */
static struct expr *parse_number(struct parser *parser)
{
	char *end;
	long long value;

	/* strtoll(3) tells an overflow by errno alone. A letter or a point right behind the
	 * digits is a number of another kind. */
	errno = 0;
	value = strtoll(parser->at, &end, 10);
	if (errno != 0 || end == parser->at || *end == '.' || template_parser_name_len(end) != 0) {
		(void)template_parser_refuse(parser, "only integers are numbers");
		return NULL;
	}
	parser->at = end;
	return value_expr(parser, json_integer(value));
}

/* true, false, nil or the name of a function, whose arguments parse_command adds. The words for
 * constants come first, so no function can have one of these names. An unknown name is told with
 * the name itself, since a user has most often typed a function of Go's that is not supported. */
static struct expr *parse_name(struct parser *parser)
{
	const struct template_function *function;
	struct expr *expr;

	if (template_parser_skip_word(parser, "true"))
		return value_expr(parser, json_true());
	if (template_parser_skip_word(parser, "false"))
		return value_expr(parser, json_false());
	if (template_parser_skip_word(parser, "nil"))
		return value_expr(parser, json_null());
	function = template_function_find(parser->at, template_parser_name_len(parser->at));
	if (!function) {
		(void)error_set(parser->error, ERROR_INVALID, "template: unknown function '%.*s'",
				(int)template_parser_name_len(parser->at), parser->at);
		return NULL;
	}
	expr = take_expr(parser, EXPR_CALL);
	if (expr)
		expr->function = function;
	parser->at += template_parser_name_len(parser->at);
	return expr;
}

/* ".A.B" behind base A blank ends the chain: ".A .B" is two operands. Each field wraps the
 * expression before it: ".A.B" becomes B of (A of the dot). NULL is passed through, so that a
 * caller need not look at its own result first. */
static struct expr *parse_chain(struct parser *parser, struct expr *base)
{
	for (int n = 0; base && *parser->at == '.' && template_parser_name_len(parser->at + 1) > 0;
	     n++) {
		size_t len = template_parser_name_len(parser->at + 1);
		struct expr *field = NULL;

		/* The evaluation goes down one level for each field, so the number of fields has
		 * the same bound as brackets have. */
		if (n == TEMPLATE_DEPTH_MAX)
			(void)template_parser_refuse(parser, "too many fields in a row");
		else
			field = take_expr(parser, EXPR_FIELD);
		if (!field)
			return NULL;
		field->base = base;
		field->name = template_parser_take_text(parser, parser->at + 1, len);
		if (!field->name)
			return NULL;
		parser->at += 1 + len;
		base = field;
	}
	return base;
}

/* A dot with no name behind it is the present value. The dot's own expression is the base of the
 * fields that follow, as in ".Name". */
static struct expr *parse_dot(struct parser *parser)
{
	struct expr *dot = take_expr(parser, EXPR_DOT);

	if (template_parser_name_len(parser->at + 1) == 0) {
		parser->at++;
		return dot;
	}
	return parse_chain(parser, dot);
}

/* The name may be followed by fields, as in "$x.Name". Whether the variable exists is found out
 * when the template runs. The parser does not keep a list of the ranges around it. */
static struct expr *parse_variable(struct parser *parser)
{
	struct expr *variable = take_expr(parser, EXPR_VARIABLE);
	/* "$" alone is the whole value, and has a name of length 0. */
	size_t len = template_parser_name_len(++parser->at);

	if (!variable)
		return NULL;
	variable->name = template_parser_take_text(parser, parser->at, len);
	parser->at += len;
	return variable->name ? parse_chain(parser, variable) : NULL;
}

/* The depth is counted in template_expr_parse(), which is called again here. The cursor stands on
 * the opening bracket. A group may be followed by fields, as in "(index .Networks 0).Name". */
static struct expr *parse_group(struct parser *parser)
{
	struct expr *inner;

	parser->at++;
	inner = template_expr_parse(parser);
	template_parser_skip_space(parser);
	if (inner && *parser->at != ')') {
		(void)template_parser_refuse(parser, "expected )");
		return NULL;
	}
	if (!inner)
		return NULL;
	parser->at++;
	return parse_chain(parser, inner);
}

/* The first byte decides. The caller has skipped blanks. What begins with none of these is no
 * value, and the message shows it. */
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
	if (template_parser_name_len(parser->at) > 0)
		return parse_name(parser);
	(void)template_parser_refuse(parser, "expected a value");
	return NULL;
}

/* What ends a command is not read: the caller does so. strchr() finds the NUL as well, so the end
 * of the template ends a command, too; the missing braces are then told by
 * template_parser_close(). */
static bool at_command_end(const struct parser *parser)
{
	return strncmp(parser->at, "}}", 2) == 0 || strncmp(parser->at, "-}}", 3) == 0 ||
	       strchr("|)", *parser->at) != NULL; /* and at the NUL */
}

/* The argument is the last one. It may be a pipeline's value, which comes behind the others. 0, or
 * the error is set. The arguments are a list in their order, which is the order of their
 * evaluation. */
static int add_arg(struct parser *parser, struct expr *call, struct expr *arg)
{
	struct expr **end = &call->args;

	/* A value with arguments, as in {{.A .B}}, is a mistake in Go, too. */
	if (call->kind != EXPR_CALL || !call->function)
		return template_parser_refuse(parser,
					      "only functions take arguments; unexpected argument");
	if (call->n_args == TEMPLATE_ARGS_MAX)
		return template_parser_refuse(parser, "too many arguments");
	/* Few arguments, so a pointer to the end is not kept. */
	while (*end)
		end = &(*end)->next;
	*end = arg;
	call->n_args++;
	return 0;
}

/* One operand, or a function and its arguments. A constant or a field that is followed by an
 * operand is refused once that operand was read. */
static struct expr *parse_command(struct parser *parser)
{
	bool is_call;
	struct expr *first;

	template_parser_skip_space(parser);
	/* Looked at before the operand is read: afterwards the cursor is behind it. */
	is_call = template_parser_name_len(parser->at) > 0;
	first = parse_operand(parser);
	for (template_parser_skip_space(parser); first && !at_command_end(parser);
	     template_parser_skip_space(parser)) {
		struct expr *arg = parse_operand(parser);

		if (!arg)
			return NULL;
		if (!is_call) {
			(void)template_parser_refuse(
				parser, "only functions take arguments; unexpected argument");
			return NULL;
		}
		if (add_arg(parser, first, arg) < 0)
			return NULL;
	}
	return first;
}

/* Groups are looked through as well: each call is checked once all its arguments are known. A walk
 * over the arguments is enough: a field's base cannot be a call except in a group, and a group was
 * checked when it was parsed. */
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

/* "a | f x" is "f x a" The depth is not taken back on an error, as the parser is of no use then. */
struct expr *template_expr_parse(struct parser *parser)
{
	struct expr *left = NULL;

	if (++parser->depth > TEMPLATE_DEPTH_MAX) {
		(void)template_parser_refuse(parser, "nested too deeply");
		return NULL;
	}
	for (int n = 0;; n++) {
		struct expr *command = parse_command(parser);

		if (command && n == TEMPLATE_DEPTH_MAX) {
			(void)template_parser_refuse(parser, "pipeline too long");
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
	/* Only now: a pipe gives a function its last argument after it was read. */
	return check_args(parser, left) < 0 ? NULL : left;
}
