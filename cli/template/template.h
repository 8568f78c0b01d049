// SPDX-License-Identifier: GPL-2.0-or-later
// template.h - --format templates: a bounded subset of Go's text/template over JSON values
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* Understood: text with \t and \n; {{.}} {{.A.B}} {{$v.A}} {{(…).A}}, "string", `raw`, integers,
 * true, false, nil; pipelines with |; {{if}} {{else if}} {{else}} {{range [$k, $v :=] …}} {{with}}
 * {{end}};
 * {{- and -}}; {{slash-star comments}}; the functions of template_function.c. Bounds: TEMPLATE_… in
 * base/limits.h. (https://pkg.go.dev/text/template) */
struct template;

/* ERROR_INVALID with a sentence about what is not understood. */
int template_parse(const char *text, struct template **ret_template, struct error *error);
void template_free(struct template *template);

/* Appends to out. A field that is not there is an error that names those that are; a key of a map
 * of the user's (labels, options, networks …) that is not there prints as "<no value>".
 * ERROR_INVALID, also when a bound is hit; out then holds a part. */
int template_eval(const struct template *template, json_t *root, struct buf *out,
		  struct error *error);
