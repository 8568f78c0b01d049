// SPDX-License-Identifier: GPL-2.0-or-later
// text.c - lists written in one annotation
#include "plugins/oci/text.h"

#include <string.h>

/* What stands between the words of a list. */
#define BETWEEN ", \t\r\n"

json_t *oci_list(const char *text)
{
	json_t *list = json_array();

	/* Blanks and commas in a row count as one, and none at the ends counts. */
	while (text && *(text += strspn(text, BETWEEN))) {
		size_t len = strcspn(text, BETWEEN);

		/* The text came out of JSON and is cut at ASCII characters only, so each piece is
		 * UTF-8. */
		if (json_array_append_new(list, json_stringn(text, len)) < 0) {
			json_decref(list);
			return NULL;
		}
		text += len;
	}
	return list;
}
