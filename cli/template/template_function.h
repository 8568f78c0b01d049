// SPDX-License-Identifier: GPL-2.0-or-later
// template_function.h - what a template can call
#pragma once

#include "cli/template/template_node.h"

/* NULL: not a function; name has len characters. */
const struct template_function *template_function_find(const char *name, size_t len);
