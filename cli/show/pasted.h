// SPDX-License-Identifier: GPL-2.0-or-later
// pasted.h - a command as a person copies it from the screen into a shell
#pragma once

#include "cli/show/lines.h"

#include <jansson.h>

/* argv, quoted as a shell wants it, from here on; what follows a break begins at indent or further
 * to the right. Does not end the line. */
void pasted_put(struct lines *lines, size_t indent, const json_t *argv);

/* What to do, behind a label, as a line or several: a command with what it does beside it, or above
 * it where that is too long; or the sentence alone where there is no command. */
void pasted_put_fix(struct lines *lines, const json_t *argv, const char *say);
