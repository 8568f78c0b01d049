// SPDX-License-Identifier: GPL-2.0-or-later
// answer.c - what whoever asked is told: a status of HTTP, and a JSON object
#include "base/cleanup.h"
#include "base/json_write.h"
#include "explain/explain.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The same object as the API's errors have: netd passes it on as it is. */
void explain_answer_error(struct explain_answer *answer, const struct error *error)
{
	json_auto_t *json = json_pack("{s:o, s:s}", "message", json_text(error->text), "code",
				      error_word(error));
	_cleanup_free_ char *text = json_write(json, JSON_COMPACT);

	answer->status = error_http_status(error->kind);
	buf_done(&answer->body);
	buf_puts(&answer->body, text ? text
				     : "{\"message\":\"there is no memory for an answer\","
				       "\"code\":\"internal\"}");
}

static int write_all(int fd, const char *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, data + at, len - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int explain_answer_begin(int fd)
{
	return write_all(fd, "200\n", 4);
}

int explain_answer_line(int fd, json_t *json)
{
	_cleanup_free_ char *text = json_write(json, JSON_COMPACT | JSON_REAL_PRECISION(12));
	size_t len = text ? strlen(text) : 0;

	json_decref(json);
	if (!text)
		return -ENOMEM;
	text[len] = '\n'; /* in place of its end */
	return write_all(fd, text, len + 1);
}

int explain_answer_send(struct explain_answer *answer, int fd)
{
	char status[16];
	int len = snprintf(status, sizeof(status), "%03d\n", answer->status % 1000);
	int err = write_all(fd, status, (size_t)len);

	/* The newline says that it is whole. */
	buf_puts(&answer->body, "\n");
	if (err == 0)
		err = answer->body.err < 0 ? answer->body.err
					   : write_all(fd, answer->body.data, answer->body.len);
	buf_done(&answer->body);
	return err;
}
