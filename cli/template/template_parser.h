// SPDX-License-Identifier: GPL-2.0-or-later
// template_parser.h - the state of the template parser, and what it reads and takes memory by
#pragma once

#include "cli/template/template_node.h"

#include <stdbool.h>
#include <stddef.h>

struct parser {
	struct template *template;
	const char *at;
	bool trim_next; /* the action before this text ended in -}} */
	int depth;
	struct error *error;
};

/* -EINVAL, with error saying what is wrong where. */
int template_parser_refuse(struct parser *parser, const char *what);
/* Zeroed memory that lives as long as the template. NULL: error is filled. */
void *template_parser_take(struct parser *parser, size_t size);
char *template_parser_take_text(struct parser *parser, const char *text, size_t len);

void template_parser_skip_space(struct parser *parser);
/* Length of the name that text begins with, 0 if there is none. */
size_t template_parser_name_len(const char *text);
bool template_parser_skip_word(struct parser *parser, const char *word);
/* "}}" or " -}}" */
int template_parser_close(struct parser *parser);
