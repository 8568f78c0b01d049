// SPDX-License-Identifier: GPL-2.0-or-later
// template_parser.c - what the parsers of a template read and take memory by
#include "cli/template/template_parser.h"

#include "base/cleanup.h"
#include "base/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* It returns -EINVAL always, so that a caller can return it. The place is shown by the next 20
 * bytes. The cursor is not moved before a message is made, so the text that is shown begins at the
 * mistake. */
int template_parser_refuse(struct parser *parser, const char *what)
{
	return error_set(parser->error, ERROR_INVALID, "template: %s at '%.20s'", what,
			 *parser->at ? parser->at : "the end");
}

/* Zeroed memory that the template frees. The number of pieces is bounded, for a template may come
 * from anywhere. NULL: the error is set. Nobody frees a piece alone: all of them go with the
 * template. */
void *template_parser_take(struct parser *parser, size_t size)
{
	struct template *template = parser->template;
	void *chunk;

	if (template->n_chunks >= TEMPLATE_NODES_MAX) {
		(void)template_parser_refuse(parser, "too long");
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

/* The byte behind it is zero, as all of it was. */
char *template_parser_take_text(struct parser *parser, const char *text, size_t len)
{
	char *copy = template_parser_take(parser, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

/* Newlines count as blanks inside of an action, as in Go, so a long pipeline may have several
 * lines. */
void template_parser_skip_space(struct parser *parser)
{
	parser->at += strspn(parser->at, " \t\r\n");
}

/* Names are of ASCII letters, digits and _; their length here, 0 if there is none. */
size_t template_parser_name_len(const char *text)
{
	static const char letters[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

	/* A name does not begin with a digit. */
	if (*text >= '0' && *text <= '9')
		return 0;
	return strspn(text, letters);
}

/* The whole name has to be the word: "ends" is not "end". */
static bool at_word(const struct parser *parser, const char *word)
{
	size_t len = strlen(word);

	return template_parser_name_len(parser->at) == len && memcmp(parser->at, word, len) == 0;
}

/* Nothing is skipped unless the word is there, so a caller can try one word after the other. Blanks
 * behind the word are left for the next reader. */
bool template_parser_skip_word(struct parser *parser, const char *word)
{
	if (!at_word(parser, word))
		return false;
	parser->at += strlen(word);
	return true;
}

/* A dash before the braces takes the blanks of the text behind them away. 0, or the error is set.
 * The dash is noted for parse_text(), which reads the text behind. */
int template_parser_close(struct parser *parser)
{
	template_parser_skip_space(parser);
	if (strncmp(parser->at, "-}}", 3) == 0) {
		parser->trim_next = true;
		parser->at++;
	}
	if (strncmp(parser->at, "}}", 2) != 0)
		return template_parser_refuse(parser, "expected }}");
	parser->at += 2;
	return 0;
}
