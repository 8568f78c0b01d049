// SPDX-License-Identifier: GPL-2.0-or-later
// template_expr.h - the expressions of a template
#pragma once

#include "cli/template/template_parser.h"

/* An expression up to what cannot belong to it. NULL: error is filled. */
struct expr *template_expr_parse(struct parser *parser);
