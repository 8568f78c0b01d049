// SPDX-License-Identifier: GPL-2.0-or-later
// template_parse.c - the text, branches and ranges of a template, to a tree
#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/template/template.h"
#include "cli/template/template_expr.h"
#include "cli/template/template_parser.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. A template is text with actions between "{{" and "}}". It becomes a list
 * of nodes, of which branches and ranges have lists of their own:
 *
 * list   = text *( "{{" action "}}" text )
 * action = pipeline
 *        | "if" pipeline | "with" pipeline | "range" [ "$" name [ "," "$" name ] ":=" ] pipeline
 *        | "else" [ "if" pipeline ] | "end" | comment
 *
 * A dash inside either pair of braces takes the blanks beside it away. Everything that is made
 * belongs to the template, so an error leaves nothing behind. The depth of branches and the
 * number of parts have bounds. */

/* Chunks are all nodes, expressions and names; values are JSON. NULL is no template and is
 * accepted. A half-built template is freed like a whole one, since everything in it stands in one
 * of the two lists. */
void template_free(struct template *template)
{
	if (!template)
		return;
	while (template->n_chunks > 0)
		free(template->chunks[--template->n_chunks]);
	json_decref(template->values);
	free(template);
}

/* What ends a list of nodes. */
enum ender {
	ENDER_TEXT, /* the end of the template */
	ENDER_ELSE,
	ENDER_END,
	ENDER_N,
};

static int parse_list(struct parser *parser, struct node **ret_nodes, enum ender *ret_ender);

/* "$k, $v :=" or "$v :="; leaves alone what is no declaration. Go takes other declarations, too;
 * here a range has them alone. The text is only read until it is known to be a declaration. Then
 * the cursor moves behind ":=", and the names are copied into memory of the template's. */
static int parse_range_variables(struct parser *parser, struct node *node)
{
	const char *first = parser->at + 1, *second = NULL;
	size_t first_len = 0, second_len = 0;
	const char *c;

	/* "$" without a name is the whole value, and no declaration. */
	if (*parser->at != '$' || (first_len = template_parser_name_len(first)) == 0)
		return 0;
	c = first + first_len;
	c += strspn(c, " \t");
	if (*c == ',') {
		c++;
		c += strspn(c, " \t");
		if (*c != '$' || (second_len = template_parser_name_len(c + 1)) == 0)
			return template_parser_refuse(parser, "expected a second variable");
		second = c + 1;
		c = second + second_len;
		c += strspn(c, " \t");
	}
	/* "$x" without ":=" is the value that is ranged over. */
	if (strncmp(c, ":=", 2) != 0)
		return second ? template_parser_refuse(parser, "expected :=") : 0;
	parser->at = c + 2;
	node->value = second ? template_parser_take_text(parser, second, second_len)
			     : template_parser_take_text(parser, first, first_len);
	if (second && node->value) {
		node->key = template_parser_take_text(parser, first, first_len);
		if (!node->key)
			return -ENOMEM;
	}
	return node->value ? 0 : -ENOMEM;
}

/* NULL: no memory, or too many parts. A node is zeroed: a branch without an "else" has NULL there,
 * which is an empty list. */
static struct node *take_node(struct parser *parser, enum node_kind kind)
{
	struct node *node = template_parser_take(parser, sizeof(*node));

	if (node)
		node->kind = kind;
	return node;
}

static struct node *parse_branch(struct parser *parser, enum node_kind kind);

/* Behind {{else: "if …" goes on with the same {{end}}. The chain of "else if" recurses, and the
 * bound on depth holds for it. 0, or the error is set. Behind "else" the list must end with "end";
 * a second "else" is refused. */
static int parse_else(struct parser *parser, struct node *node)
{
	enum ender ender = ENDER_TEXT;
	int err;

	template_parser_skip_space(parser);
	/* With and range have no "else if" here. */
	if (node->kind == NODE_IF && template_parser_skip_word(parser, "if")) {
		node->otherwise = parse_branch(parser, NODE_IF);
		return node->otherwise ? 0 : -EINVAL;
	}
	err = template_parser_close(parser);
	if (err == 0)
		err = parse_list(parser, &node->otherwise, &ender);
	if (err < 0)
		return err;
	return ender == ENDER_END ? template_parser_close(parser)
				  : template_parser_refuse(parser, "expected {{end}}");
}

/* NULL: the error is set. The action is read up to and with its "{{end}}". The depth counts
 * branches inside of branches. It goes down again on the way out, so branches that follow each
 * other do not count against each other. After an error the depth does not matter, since parsing
 * ends. */
static struct node *parse_branch(struct parser *parser, enum node_kind kind)
{
	struct node *node = take_node(parser, kind);
	enum ender ender = ENDER_TEXT;
	int err;

	if (!node)
		return NULL;
	template_parser_skip_space(parser);
	if (kind == NODE_RANGE && parse_range_variables(parser, node) < 0)
		return NULL;
	node->expr = template_expr_parse(parser);
	if (!node->expr || template_parser_close(parser) < 0)
		return NULL;
	if (++parser->depth > TEMPLATE_DEPTH_MAX) {
		(void)template_parser_refuse(parser, "nested too deeply");
		return NULL;
	}
	err = parse_list(parser, &node->body, &ender);
	if (err == 0 && ender == ENDER_ELSE)
		err = parse_else(parser, node);
	else if (err == 0)
		err = ender == ENDER_END ? template_parser_close(parser)
					 : template_parser_refuse(parser, "expected {{end}}");
	parser->depth--;
	return err < 0 ? NULL : node;
}

/* Words that are none of these begin an expression. "else" and "end" never come here: parse_list()
 * reads them first, since they end a list. */
static struct node *parse_action(struct parser *parser)
{
	struct node *node;

	if (template_parser_skip_word(parser, "if"))
		return parse_branch(parser, NODE_IF);
	if (template_parser_skip_word(parser, "range"))
		return parse_branch(parser, NODE_RANGE);
	if (template_parser_skip_word(parser, "with"))
		return parse_branch(parser, NODE_WITH);
	node = take_node(parser, NODE_PRINT);
	if (!node)
		return NULL;
	node->expr = template_expr_parse(parser);
	return node->expr && template_parser_close(parser) == 0 ? node : NULL;
}

/* The blanks that Go's template language trims, and no others. */
static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The text up to the next action, with \t and \n made what they stand for. `end` is where the next
 * "{{" stands, or the end of the template. The result is never longer than the source, so the
 * memory is enough. A shell passes \t and \n as two characters, and docker's CLI makes a tab and a
 * newline of them, too. */
static struct node *parse_text(struct parser *parser, const char *end)
{
	const char *start = parser->at, *stop = end;
	struct node *node = take_node(parser, NODE_TEXT);
	char *out = node ? template_parser_take(parser, (size_t)(end - start) + 1) : NULL;

	if (!out)
		return NULL;
	parser->at = end;
	while (parser->trim_next && start < stop && is_space(*start))
		start++;
	/* A dash behind the braces counts only when a blank follows: "{{-3}}" is a number. */
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

/* Behind "{{": *ret_comment says that the action is over and gives nothing. A comment is the whole
 * of its action. A comment must be closed by "*" and "/" with only blanks, or a dash, before the
 * braces. A comment may trim the text on both sides like any other action. */
static int open_action(struct parser *parser, bool *ret_comment)
{
	const char *end;

	parser->trim_next = false;
	if (*parser->at == '-' && is_space(parser->at[1]))
		parser->at++;
	template_parser_skip_space(parser);
	*ret_comment = strncmp(parser->at, "/*", 2) == 0;
	if (!*ret_comment)
		return 0;
	end = strstr(parser->at + 2, "*/");
	if (!end)
		return template_parser_refuse(parser, "unterminated comment");
	parser->at = end + 2;
	return template_parser_close(parser);
}

/* The list ends at "else" or "end", whose closing braces the caller reads, or at the end of the
 * text. *ret_ender is only good when 0 is returned. The nodes that were made before an error belong
 * to the template. */
static int parse_list(struct parser *parser, struct node **ret_nodes, enum ender *ret_ender)
{
	struct node **end = ret_nodes;

	for (;;) {
		const char *open = strstr(parser->at, "{{");
		bool comment = false;

		/* Between two actions there may be no text; the node is empty then. */
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
		*ret_ender = template_parser_skip_word(parser, "else")	? ENDER_ELSE
			     : template_parser_skip_word(parser, "end") ? ENDER_END
									: ENDER_TEXT;
		if (*ret_ender != ENDER_TEXT)
			return 0;
		*end = parse_action(parser);
		if (!*end)
			return -EINVAL;
		end = &(*end)->next;
	}
}

/* For the cleanup attribute, which passes a pointer to the variable. */
static void template_freep(struct template **template)
{
	template_free(*template);
}

/* The length is looked at before anything is made. *ret_template is the caller's, to free with
 * template_free(). It keeps no pointer into `text`, so the text may be freed at once. */
int template_parse(const char *text, struct template **ret_template, struct error *error)
{
	_cleanup_(template_freep) struct template *template = calloc(1, sizeof(*template));
	struct parser parser = { .template = template, .at = text, .error = error };
	enum ender ender = ENDER_TEXT;
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
	/* An end or else at the outermost level has no beginning. */
	if (ender != ENDER_TEXT)
		return error_set(error, ERROR_INVALID,
				 "template: {{%s}} without an if, range or with",
				 ender == ENDER_END ? "end" : "else");
	*ret_template = take_ptr(template);
	return 0;
}
