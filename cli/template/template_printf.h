// SPDX-License-Identifier: GPL-2.0-or-later
// template_printf.h - the printf of templates
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

/* As the functions of template_function.c. */
json_t *template_printf(json_t *const *args, size_t n_args, struct error *error);
