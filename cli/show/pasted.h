// SPDX-License-Identifier: GPL-2.0-or-later
// pasted.h - a command as a person copies it from the screen into a shell
#pragma once

#include "cli/show/lines.h"

#include <jansson.h>

/* argv, quoted as a shell wants it, from here on; what follows a break begins at indent or further
 * to the right. Does not end the line. */
void pasted_put(struct lines *lines, size_t indent, const json_t *argv);
/* How many columns it takes on a line of its own; LINES_WIDTH and more: it has several. */
size_t pasted_width(const json_t *argv);
