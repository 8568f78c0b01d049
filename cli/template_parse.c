// SPDX-License-Identifier: GPL-2.0-or-later
// template_parse.c - text to tree, by recursive descent of bounded depth
#include "cli/template.h"
#include "cli/template_node.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <string.h>

struct chunk {
	struct chunk *next;
	char data[];
};

/* What ends a list of nodes. */
enum ender {
	ENDER_TEXT, /* the end of the template */
	ENDER_ELSE,
	ENDER_END,
	ENDER_N,
};

struct parser {
	struct template *template;
	const char *at;
	bool trim_next; /* the action before this text ended in -}} */
	int depth;
	struct error *error;
};

static struct expr *parse_pipeline(struct parser *parser);
static int parse_list(struct parser *parser, struct node **ret_nodes, enum ender *ret_ender);

void template_free(struct template *template)
{
	if (!template)
		return;
	while (template->chunks) {
		struct chunk *next = template->chunks->next;

		free(template->chunks);
		template->chunks = next;
	}
	json_decref(template->values);
	free(template);
}

static int refuse(struct parser *parser, const char *what)
{
	return error_set(parser->error, ERROR_INVALID, "template: %s at '%.20s'", what,
			 *parser->at ? parser->at : "the end");
}

/* Zeroed memory that lives as long as the template. NULL: error is filled. */
static void *take(struct parser *parser, size_t size)
{
	struct template *template = parser->template;
	struct chunk *chunk;

	if (template->n_chunks >= TEMPLATE_NODES_MAX) {
		(void)refuse(parser, "too long");
		return NULL;
	}
	chunk = calloc(1, sizeof(*chunk) + size);
	if (!chunk) {
		(void)error_system(parser->error, -ENOMEM, "template");
		return NULL;
	}
	template->n_chunks++;
	chunk->next = template->chunks;
	template->chunks = chunk;
	return chunk->data;
}

static char *take_text(struct parser *parser, const char *text, size_t len)
{
	char *copy = take(parser, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

static struct expr *take_expr(struct parser *parser, enum expr_kind kind)
{
	struct expr *expr = take(parser, sizeof(*expr));

	if (expr)
		expr->kind = kind;
	return expr;
}

static void skip_space(struct parser *parser)
{
	parser->at += strspn(parser->at, " \t\r\n");
}

/* Names are of ASCII letters, digits and _; their length here, 0 if there is none. */
static size_t name_len(const char *text)
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

	return name_len(parser->at) == len && memcmp(parser->at, word, len) == 0;
}

static bool skip_word(struct parser *parser, const char *word)
{
	if (!at_word(parser, word))
		return false;
	parser->at += strlen(word);
	return true;
}

/* "}}" or " -}}" */
static int parse_close(struct parser *parser)
{
	skip_space(parser);
	if (strncmp(parser->at, "-}}", 3) == 0) {
		parser->trim_next = true;
		parser->at++;
	}
	if (strncmp(parser->at, "}}", 2) != 0)
		return refuse(parser, "expected }}");
	parser->at += 2;
	return 0;
}

static struct expr *value_expr(struct parser *parser, json_t *value)
{
	struct expr *expr = value ? take_expr(parser, EXPR_VALUE) : NULL;

	if (!value)
		(void)refuse(parser, "text is not UTF-8");
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
		(void)refuse(parser, "unterminated text");
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
			(void)refuse(parser, "unknown escape in text");
			return NULL;
		}
		buf_append(&text, letter ? &meanings[letter - letters] : c, 1);
		c += letter ? 1 : 0;
	}
	if (*c != '"') {
		(void)refuse(parser, "unterminated text");
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
	if (errno != 0 || end == parser->at || *end == '.' || name_len(end) != 0) {
		(void)refuse(parser, "only integers are numbers");
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

	if (skip_word(parser, "true"))
		return value_expr(parser, json_true());
	if (skip_word(parser, "false"))
		return value_expr(parser, json_false());
	if (skip_word(parser, "nil"))
		return value_expr(parser, json_null());
	function = template_function_find(parser->at, name_len(parser->at));
	if (!function) {
		(void)error_set(parser->error, ERROR_INVALID, "template: unknown function '%.*s'",
				(int)name_len(parser->at), parser->at);
		return NULL;
	}
	expr = take_expr(parser, EXPR_CALL);
	if (expr)
		expr->function = function;
	parser->at += name_len(parser->at);
	return expr;
}

/* ".A.B" behind base */
static struct expr *parse_chain(struct parser *parser, struct expr *base)
{
	for (int n = 0; base && *parser->at == '.' && name_len(parser->at + 1) > 0; n++) {
		size_t len = name_len(parser->at + 1);
		struct expr *field = NULL;

		if (n == TEMPLATE_DEPTH_MAX)
			(void)refuse(parser, "too many fields in a row");
		else
			field = take_expr(parser, EXPR_FIELD);
		if (!field)
			return NULL;
		field->base = base;
		field->name = take_text(parser, parser->at + 1, len);
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

	if (name_len(parser->at + 1) == 0) {
		parser->at++;
		return dot;
	}
	return parse_chain(parser, dot);
}

static struct expr *parse_variable(struct parser *parser)
{
	struct expr *variable = take_expr(parser, EXPR_VARIABLE);
	size_t len = name_len(++parser->at);

	if (!variable)
		return NULL;
	variable->name = take_text(parser, parser->at, len);
	parser->at += len;
	return variable->name ? parse_chain(parser, variable) : NULL;
}

static struct expr *parse_group(struct parser *parser)
{
	struct expr *inner;

	parser->at++;
	inner = parse_pipeline(parser);
	skip_space(parser);
	if (inner && *parser->at != ')') {
		(void)refuse(parser, "expected )");
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
	if (name_len(parser->at) > 0)
		return parse_name(parser);
	(void)refuse(parser, "expected a value");
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
		return refuse(parser, "only functions take arguments; unexpected argument");
	if (call->n_args == TEMPLATE_ARGS_MAX)
		return refuse(parser, "too many arguments");
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

	skip_space(parser);
	is_call = name_len(parser->at) > 0;
	first = parse_operand(parser);
	for (skip_space(parser); first && !at_command_end(parser); skip_space(parser)) {
		struct expr *arg = parse_operand(parser);

		if (!arg)
			return NULL;
		if (!is_call) {
			(void)refuse(parser, "only functions take arguments; unexpected argument");
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
static struct expr *parse_pipeline(struct parser *parser)
{
	struct expr *left = NULL;

	if (++parser->depth > TEMPLATE_DEPTH_MAX) {
		(void)refuse(parser, "nested too deeply");
		return NULL;
	}
	for (int n = 0;; n++) {
		struct expr *command = parse_command(parser);

		if (command && n == TEMPLATE_DEPTH_MAX) {
			(void)refuse(parser, "pipeline too long");
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

/* "$k, $v :=" or "$v :="; leaves alone what is no declaration. */
static int parse_range_variables(struct parser *parser, struct node *node)
{
	const char *first = parser->at + 1, *second = NULL;
	size_t first_len = 0, second_len = 0;
	const char *c;

	if (*parser->at != '$' || (first_len = name_len(first)) == 0)
		return 0;
	c = first + first_len;
	c += strspn(c, " \t");
	if (*c == ',') {
		c++;
		c += strspn(c, " \t");
		if (*c != '$' || (second_len = name_len(c + 1)) == 0)
			return refuse(parser, "expected a second variable");
		second = c + 1;
		c = second + second_len;
		c += strspn(c, " \t");
	}
	if (strncmp(c, ":=", 2) != 0)
		return second ? refuse(parser, "expected :=") : 0;
	parser->at = c + 2;
	node->value = second ? take_text(parser, second, second_len)
			     : take_text(parser, first, first_len);
	if (second && node->value) {
		node->key = take_text(parser, first, first_len);
		if (!node->key)
			return -ENOMEM;
	}
	return node->value ? 0 : -ENOMEM;
}

static struct node *take_node(struct parser *parser, enum node_kind kind)
{
	struct node *node = take(parser, sizeof(*node));

	if (node)
		node->kind = kind;
	return node;
}

static struct node *parse_branch(struct parser *parser, enum node_kind kind);

/* Behind {{else: "if …" goes on with the same {{end}}. */
static int parse_else(struct parser *parser, struct node *node)
{
	enum ender ender;
	int err;

	skip_space(parser);
	if (node->kind == NODE_IF && skip_word(parser, "if")) {
		node->otherwise = parse_branch(parser, NODE_IF);
		return node->otherwise ? 0 : -EINVAL;
	}
	err = parse_close(parser);
	if (err == 0)
		err = parse_list(parser, &node->otherwise, &ender);
	if (err < 0)
		return err;
	return ender == ENDER_END ? parse_close(parser) : refuse(parser, "expected {{end}}");
}

static struct node *parse_branch(struct parser *parser, enum node_kind kind)
{
	struct node *node = take_node(parser, kind);
	enum ender ender;
	int err;

	if (!node)
		return NULL;
	skip_space(parser);
	if (kind == NODE_RANGE && parse_range_variables(parser, node) < 0)
		return NULL;
	node->expr = parse_pipeline(parser);
	if (!node->expr || parse_close(parser) < 0)
		return NULL;
	if (++parser->depth > TEMPLATE_DEPTH_MAX) {
		(void)refuse(parser, "nested too deeply");
		return NULL;
	}
	err = parse_list(parser, &node->body, &ender);
	if (err == 0 && ender == ENDER_ELSE)
		err = parse_else(parser, node);
	else if (err == 0)
		err = ender == ENDER_END ? parse_close(parser) : refuse(parser, "expected {{end}}");
	parser->depth--;
	return err < 0 ? NULL : node;
}

static struct node *parse_action(struct parser *parser)
{
	struct node *node;

	if (skip_word(parser, "if"))
		return parse_branch(parser, NODE_IF);
	if (skip_word(parser, "range"))
		return parse_branch(parser, NODE_RANGE);
	if (skip_word(parser, "with"))
		return parse_branch(parser, NODE_WITH);
	node = take_node(parser, NODE_PRINT);
	if (!node)
		return NULL;
	node->expr = parse_pipeline(parser);
	return node->expr && parse_close(parser) == 0 ? node : NULL;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The text up to the next action, with \t and \n made what they stand for. */
static struct node *parse_text(struct parser *parser, const char *end)
{
	const char *start = parser->at, *stop = end;
	struct node *node = take_node(parser, NODE_TEXT);
	char *out = node ? take(parser, (size_t)(end - start) + 1) : NULL;

	if (!out)
		return NULL;
	parser->at = end;
	while (parser->trim_next && start < stop && is_space(*start))
		start++;
	if (strncmp(end, "{{-", 3) == 0 && is_space(end[3]))
		while (stop > start && is_space(stop[-1]))
			stop--;
	node->text = out;
	for (; start < stop; start++) {
		bool escape = *start == '\\' && start + 1 < stop &&
			      (start[1] == 't' || start[1] == 'n');

		*out++ = !escape ? *start : *++start == 't' ? '\t' : '\n';
	}
	node->len = (size_t)(out - node->text);
	return node;
}

/* Behind "{{": *ret_comment says that the action is over and gives nothing. */
static int open_action(struct parser *parser, bool *ret_comment)
{
	const char *end;

	parser->trim_next = false;
	if (*parser->at == '-' && is_space(parser->at[1]))
		parser->at++;
	skip_space(parser);
	*ret_comment = strncmp(parser->at, "/*", 2) == 0;
	if (!*ret_comment)
		return 0;
	end = strstr(parser->at + 2, "*/");
	if (!end)
		return refuse(parser, "unterminated comment");
	parser->at = end + 2;
	return parse_close(parser);
}

static int parse_list(struct parser *parser, struct node **ret_nodes, enum ender *ret_ender)
{
	struct node **end = ret_nodes;

	for (;;) {
		const char *open = strstr(parser->at, "{{");
		bool comment = false;

		*end = parse_text(parser, open ? open : parser->at + strlen(parser->at));
		if (!*end)
			return -EINVAL;
		end = &(*end)->next;
		*ret_ender = ENDER_TEXT;
		if (!open)
			return 0;
		parser->at = open + 2;
		if (open_action(parser, &comment) < 0)
			return -EINVAL;
		if (comment)
			continue;
		*ret_ender = skip_word(parser, "else")	? ENDER_ELSE
			     : skip_word(parser, "end") ? ENDER_END
							: ENDER_TEXT;
		if (*ret_ender != ENDER_TEXT)
			return 0;
		*end = parse_action(parser);
		if (!*end)
			return -EINVAL;
		end = &(*end)->next;
	}
}

static void template_freep(struct template **template)
{
	template_free(*template);
}

int template_parse(const char *text, struct template **ret_template, struct error *error)
{
	_cleanup_(template_freep) struct template *template = calloc(1, sizeof(*template));
	struct parser parser = { .template = template, .at = text, .error = error };
	enum ender ender;
	int err;

	if (template)
		template->values = json_array();
	if (!template || !template->values)
		return error_system(error, -ENOMEM, "template");
	if (strlen(text) > TEMPLATE_LEN_MAX)
		return error_set(error, ERROR_INVALID, "template: longer than %d characters",
				 TEMPLATE_LEN_MAX);
	err = parse_list(&parser, &template->nodes, &ender);
	if (err < 0)
		return err;
	if (ender != ENDER_TEXT)
		return error_set(error, ERROR_INVALID,
				 "template: {{%s}} without an if, range or with",
				 ender == ENDER_END ? "end" : "else");
	*ret_template = take_ptr(template);
	return 0;
}
