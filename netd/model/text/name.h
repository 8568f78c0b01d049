// SPDX-License-Identifier: GPL-2.0-or-later
// name.h - the syntax of names, and of words that stand in lines of files
#pragma once

#include "base/error.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>

/* Name syntax shared by containers and networks: 1 to NAME_LEN_MAX characters of a-z A-Z 0-9 _ . -
 * beginning with a letter or digit (Docker allows more for networks; what cannot be a DNS name or a
 * path element is refused here). what is "container" or "network". */
int name_check(const char *what, const char *name, struct error *error);

/* A text that will stand in a line of resolv.conf, hosts or a name table: one to max characters, no
 * space, no control character, so that nothing can smuggle a second line in. */
bool name_is_word(const char *text, size_t max);

/* Short container and endpoint ids as used in names: writes ID_SHORT_LEN characters and NUL. */
void name_short_id(const char *id, char ret_short[static ID_SHORT_LEN + 1]);
