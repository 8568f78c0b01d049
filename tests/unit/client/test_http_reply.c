// SPDX-License-Identifier: GPL-2.0-or-later
// test_http_reply.c - the parser of replies: framing, bounds, pieces of any size
#include "client/http_reply.h"

#include "base/buf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int collect(const char *data, size_t len, void *user)
{
	buf_append(user, data, len);
	return 0;
}

/* Feeds text in pieces of a size, each an exact copy; returns the first error. */
static int feed(struct http_reply *reply, const char *text, size_t len, size_t piece,
		struct buf *body, size_t *ret_used)
{
	size_t done = 0, used = 0;
	int err = 0;

	http_reply_init(reply);
	while (done < len && err == 0 && reply->state != HTTP_REPLY_DONE) {
		size_t n = len - done < piece ? len - done : piece;
		char *copy = malloc(n);

		assert_non_null(copy);
		memcpy(copy, text + done, n);
		err = http_reply_feed(reply, copy, n, collect, body, &used);
		free(copy);
		done += used;
	}
	*ret_used = done;
	return err;
}

static void check(const char *text, int status, const char *want, size_t left_over)
{
	for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
		struct http_reply reply;
		struct buf body = { 0 };
		size_t used;

		buf_puts(&body, "");
		assert_int_equal(feed(&reply, text, strlen(text), piece, &body, &used), 0);
		assert_int_equal(http_reply_eof(&reply), 0);
		assert_int_equal(reply.status, status);
		assert_string_equal(body.data, want);
		assert_int_equal(strlen(text) - used, left_over);
		buf_done(&body);
	}
}

static void every_framing_gives_the_body_in_pieces_of_any_size(void **state)
{
	(void)state;
	check("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", 0);
	check("HTTP/1.1 200 OK\nContent-Length:5\n\nhello", 200, "hello", 0);
	check("HTTP/1.1 201 \r\ncontent-length: 0\r\n\r\n", 201, "", 0);
	check("HTTP/1.1 204\r\n\r\n", 204, "", 0);
	check("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, "", 0);
	check("HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end", 0);
	check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	      "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n",
	      200, "abc0123456789", 0);
}

static void interim_replies_are_skipped_and_what_follows_is_left(void **state)
{
	(void)state;
	check("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP",
	      200, "ok", 4);
	check("HTTP/1.1 204 No Content\r\n\r\nmore", 204, "", 4);
	check("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\npackets", 101, "", 7);
}

static void connection_is_kept_only_where_the_reply_lets_it(void **state)
{
	static const struct {
		const char *text;
		bool keep;
	} cases[] = {
		{ "HTTP/1.1 204\r\n\r\n", true },
		{ "HTTP/1.0 204\r\n\r\n", false },
		{ "HTTP/1.1 204\r\nConnection: Close\r\n\r\n", false },
		{ "HTTP/1.1 200 OK\r\n\r\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_reply reply;
		struct buf body = { 0 };
		size_t used;

		assert_int_equal(
			feed(&reply, cases[i].text, strlen(cases[i].text), 64, &body, &used), 0);
		assert_int_equal(reply.keep_alive, cases[i].keep);
		buf_done(&body);
	}
}

static void malformed_replies_are_refused(void **state)
{
	static const char *const cases[] = {
		"SMTP ready\r\n",
		"HTTP/2.0 200 OK\r\n",
		"HTTP/1.1 20 OK\r\n",
		"HTTP/1.1 099 Low\r\n",
		"HTTP/1.1 2000 OK\r\n",
		"HTTP/1.1 200 OK\r\nno colon\r\n",
		"HTTP/1.1 200 OK\r\nName : value\r\n",
		"HTTP/1.1 200 OK\r\n folded\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
		"HTTP/1.1 200 O\rK\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_reply reply;
		struct buf body = { 0 };
		size_t used;

		if (feed(&reply, cases[i], strlen(cases[i]), 7, &body, &used) != -EBADMSG)
			fail_msg("accepted: %s", cases[i]);
		buf_done(&body);
	}
}

static void nul_byte_in_a_line_is_refused(void **state)
{
	struct http_reply reply;
	struct buf body = { 0 };
	size_t used;

	(void)state;
	assert_int_equal(feed(&reply, "HTTP/1.1 200 O\0K\r\n", 18, 18, &body, &used), -EBADMSG);
}

/* A reply whose status line is of a length, the line end not counted. */
static int feed_line_of(size_t len)
{
	struct http_reply reply;
	struct buf body = { 0 }, text = { 0 };
	size_t used;
	int err;

	buf_puts(&text, "HTTP/1.1 200 ");
	while (text.len < len)
		buf_puts(&text, "x");
	buf_puts(&text, "\n");
	err = feed(&reply, text.data, text.len, 4096, &body, &used);
	buf_done(&text);
	return err;
}

static int feed_headers(int n)
{
	struct http_reply reply;
	struct buf body = { 0 }, text = { 0 };
	size_t used;
	int err;

	buf_puts(&text, "HTTP/1.1 204\r\n");
	for (int i = 0; i < n; i++)
		buf_puts(&text, "A: b\r\n");
	buf_puts(&text, "\r\n");
	err = feed(&reply, text.data, text.len, 4096, &body, &used);
	buf_done(&text);
	return err;
}

static void limits_hold_at_the_limit_and_one_beyond(void **state)
{
	(void)state;
	assert_int_equal(feed_line_of(HTTP_LINE_MAX - 1), 0);
	assert_int_equal(feed_line_of(HTTP_LINE_MAX), -EMSGSIZE);
	assert_int_equal(feed_headers(HTTP_HEADERS_MAX), 0);
	assert_int_equal(feed_headers(HTTP_HEADERS_MAX + 1), -EMSGSIZE);
}

static void reply_cut_short_is_no_reply(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		struct http_reply reply;
		struct buf body = { 0 };
		size_t used;

		assert_int_equal(feed(&reply, text, len, 8, &body, &used), 0);
		assert_int_equal(http_reply_eof(&reply), -EPIPE);
		buf_done(&body);
	}
}

static int refuse(const char *data, size_t len, void *user)
{
	(void)data, (void)len, (void)user;
	return 42;
}

static void reader_of_the_body_can_stop_it(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
	struct http_reply reply;
	size_t used;

	(void)state;
	http_reply_init(&reply);
	assert_int_equal(http_reply_feed(&reply, text, sizeof(text) - 1, refuse, NULL, &used), 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_framing_gives_the_body_in_pieces_of_any_size),
		cmocka_unit_test(interim_replies_are_skipped_and_what_follows_is_left),
		cmocka_unit_test(connection_is_kept_only_where_the_reply_lets_it),
		cmocka_unit_test(malformed_replies_are_refused),
		cmocka_unit_test(nul_byte_in_a_line_is_refused),
		cmocka_unit_test(limits_hold_at_the_limit_and_one_beyond),
		cmocka_unit_test(reply_cut_short_is_no_reply),
		cmocka_unit_test(reader_of_the_body_can_stop_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
