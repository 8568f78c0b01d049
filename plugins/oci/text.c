// SPDX-License-Identifier: GPL-2.0-or-later
// text.c - bounded reading, and lists written in one annotation
#include "plugins/oci/text.h"

#include "base/limits.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What stands between the words of a list. */
#define BETWEEN ", \t\r\n"

int oci_read_all(int fd, struct buf *text)
{
	char data[16384];
	ssize_t n;

	/* A little more than the decoder takes, so that it can refuse what is too much. */
	while (text->len <= API_BODY_MAX && (n = read(fd, data, sizeof(data))) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			buf_append(text, data, (size_t)n);
	}
	/* An append that failed is kept in the buffer, so one look is enough. */
	return text->err;
}

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
