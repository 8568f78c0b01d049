// SPDX-License-Identifier: GPL-2.0-or-later
// answer.c - what whoever asked is told: a status of HTTP, and a JSON object, or lines of them
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/json_write.h"
#include "explain/explain.h"

#include <errno.h>
#include <jansson.h>
#include <netd.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A status stands before the body as three digits and a newline, or as the first line of HTTP.
 * A body that was cut off is no answer: a newline, or the length in a header, or the last chunk
 * says that it is whole. Theory of operation. netd or netctl reads a status and a body, and
 * makes of it what its caller gets. A client of netd's who watches what goes on is told by this
 * process itself, on his own socket: then it is a reply of HTTP, in chunks (RFC 9112, 7.1), so
 * that one that was cut off is known from one that ended. */

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

/* A client's socket does not wait. -EPIPE: he has gone, or netd has. */
static int wait_for_room(const struct explain_options *options)
/* The second descriptor is asked for no event: poll(2) reports an error or a hang-up of it all
 * the same, and that is all that is waited for. */
{
	struct pollfd fds[] = { { options->out_fd, POLLOUT, 0 },
				{ options->serves ? EXPLAIN_PIPE_FD : -1, 0, 0 } };

	if (deadline_poll(fds, ARRAY_SIZE(fds), DEADLINE_NEVER) < 0)
		return -EPIPE;
	return (fds[0].revents & (POLLHUP | POLLERR)) || fds[1].revents ? -EPIPE : 0;
}

/* The socket or the pipe may take a part only. A client who does not read fills its buffer:
 * this process waits then, and lines that it has not read stay with the kernel, which counts
 * what is lost. */
static int write_all(const struct explain_options *options, const char *data, size_t len)
{
	int err = 0;

	for (size_t at = 0; err == 0 && at < len;) {
		ssize_t n = write(options->out_fd, data + at, len - at);

		if (n < 0 && errno == EAGAIN)
			err = wait_for_room(options);
		else if (n < 0 && errno != EINTR)
			err = -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return err;
}

/* "Connection: close", since the process ends with its answer, and the socket was handed over
 * for this one call. */
static void put_head(struct buf *out, int status)
{
	buf_printf(out,
		   "HTTP/1.1 %03d %s\r\n"
		   "Server: netd/" NETD_VERSION " (linux)\r\n"
		   "Connection: close\r\n",
		   status, status == 200 ? "OK" : "Error");
}

/* Who reads it knows HTTP. */
static bool is_reply(const struct explain_options *options)
{
	return options->serves && !options->lines;
}

int explain_answer_begin(const struct explain_options *options)
{
	_cleanup_(buf_done) struct buf head = { 0 };

	/* Who started this process reads a status before it reads lines, so that it can tell an
	 * error, which is one object, from the first of them. */
	if (!is_reply(options))
		return write_all(options, "200\n", 4);
	put_head(&head, 200);
	buf_puts(&head, "Content-Type: application/jsonl\r\n"
			"Transfer-Encoding: chunked\r\n\r\n");
	return head.err < 0 ? head.err : write_all(options, head.data, head.len);
}

int explain_answer_line(const struct explain_options *options, json_t *json)
{
	/* Twelve digits hold the microseconds of a day; more would show what the clock does not
	 * know. */
	_cleanup_free_ char *text = json_write(json, JSON_COMPACT | JSON_REAL_PRECISION(12));
	_cleanup_(buf_done) struct buf out = { 0 };
	size_t len = text ? strlen(text) : 0;

	json_decref(json);
	if (!text)
		return -ENOMEM;
	text[len] = '\n'; /* in place of its end */
	/* A chunk for each line, so that a line is shown as soon as it is there, and is never
	 * shown in part. */
	if (is_reply(options))
		buf_printf(&out, "%zx\r\n", len + 1);
	buf_append(&out, text, len + 1);
	if (is_reply(options))
		buf_puts(&out, "\r\n");
	return out.err < 0 ? out.err : write_all(options, out.data, out.len);
}

/* A chunk of no bytes is the end (RFC 9112, 7.1). A pipe has its end when it is closed. */
int explain_answer_finish(const struct explain_options *options)
{
	return is_reply(options) ? write_all(options, "0\r\n\r\n", 5) : 0;
}

int explain_answer_end_fd(const struct explain_options *options)
{
	return options->serves ? EXPLAIN_PIPE_FD : STDIN_FILENO;
}

/* Nothing is sent there: what can be read is its end. */
bool explain_answer_has_end(const struct explain_options *options)
{
	char data[64];

	/* Of this pipe it is the writing end. It never becomes readable: that poll(2) reports
	 * it says that netd has closed the reading end. */
	return options->serves || read(STDIN_FILENO, data, sizeof(data)) == 0;
}

static int send_served(const struct explain_answer *answer, const struct explain_options *options)
{
	_cleanup_(buf_done) struct buf out = { 0 };

	put_head(&out, answer->status);
	buf_printf(&out, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
		   answer->body.len);
	buf_append(&out, answer->body.data, answer->body.len);
	return out.err < 0 ? out.err : write_all(options, out.data, out.len);
}

int explain_answer_send(struct explain_answer *answer, const struct explain_options *options)
{
	/* The modulo tells the compiler that three digits are enough for the buffer. */
	char status[16];
	int len = snprintf(status, sizeof(status), "%03d\n", answer->status % 1000);
	int err;

	/* The newline says that it is whole. */
	buf_puts(&answer->body, "\n");
	if (answer->body.err < 0)
		err = answer->body.err;
	else if (is_reply(options))
		err = send_served(answer, options);
	else
		err = write_all(options, status, (size_t)len);
	if (err == 0 && !is_reply(options))
		err = write_all(options, answer->body.data, answer->body.len);
	buf_done(&answer->body);
	return err;
}
