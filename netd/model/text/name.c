// SPDX-License-Identifier: GPL-2.0-or-later
// name.c - the syntax of names, and of words that stand in lines of files
#include "model/text/name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A name stands in files, in DNS, in commands and in JSON. So it is made
 * of letters and digits, and of three more characters that mean nothing in any of these. The
 * sentence for a wrong one is Docker's. */

/* error may be NULL, for who only wants to know. */
int name_check(const char *what, const char *name, struct error *error)
{
	size_t len = strlen(name);

	if (len == 0)
		return error_set(error, ERROR_INVALID, "invalid name: %s name is empty", what);
	if (len > NAME_LEN_MAX)
		return error_set(error, ERROR_INVALID,
				 "invalid name: %s name has more than %d characters", what,
				 NAME_LEN_MAX);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c < 0x80 && (isalnum(c) || (i > 0 && strchr("_.-", c))))
			continue;
		return error_set(
			error, ERROR_INVALID,
			"Invalid %s name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-]* are allowed", what,
			name);
	}
	return 0;
}

/* No spaces, and no control characters: what stands in a line of a file stays one word. */
bool name_is_word(const char *text, size_t max)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return false;
	}
	return len > 0 && len <= max;
}

/* The beginning of an id, as people see it. */
void name_short_id(const char *id, char ret_short[static ID_SHORT_LEN + 1])
{
	size_t len = strnlen(id, ID_SHORT_LEN);

	memcpy(ret_short, id, len);
	ret_short[len] = '\0';
}
