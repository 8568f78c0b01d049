// SPDX-License-Identifier: GPL-2.0-or-later
// test_endless.c - a reply that goes on is asked for when there is some of it, and ends with its
// client
#include "api/call/endless.h"

#include "api/call/http.h"

#include <microhttpd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- in the place of libmicrohttpd, whose functions these are ---- */

static struct api_http http; /* large */
static int client_fd, server_fd;
static size_t n_resumed;
static bool is_suspended;

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
							enum MHD_ConnectionInfoType type, ...)
{
	static union MHD_ConnectionInfo info;

	(void)connection;
	assert_int_equal(type, MHD_CONNECTION_INFO_CONNECTION_FD);
	info.connect_fd = server_fd;
	return &info;
}

void MHD_suspend_connection(struct MHD_Connection *connection)
{
	(void)connection;
	assert_false(is_suspended);
	is_suspended = true;
}

void MHD_resume_connection(struct MHD_Connection *connection)
{
	(void)connection;
	assert_true(is_suspended);
	is_suspended = false;
	n_resumed++;
}

/* The server's next round. */
static void on_round(struct ev_loop *loop, ev_io *io, int revents)
{
	(void)loop, (void)io, (void)revents;
}

/* ---- a reply ---- */

static struct api_call call;
static struct api_endless endless;

static int setup(void **state)
{
	int ends[2];

	(void)state;
	memset(&http, 0, sizeof(http));
	http.loop = ev_loop_new(0);
	assert_non_null(http.loop);
	ev_io_init(&http.io, on_round, -1, 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	client_fd = ends[0];
	server_fd = ends[1];
	n_resumed = 0;
	is_suspended = false;
	memset(&call, 0, sizeof(call));
	call.http = &http;
	call.state = API_CALL_SENT;
	api_endless_init(&endless, &call);
	api_endless_start(&endless);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	api_endless_done(&endless);
	api_endless_done(&endless); /* twice is no harm */
	(void)close(server_fd);
	if (client_fd >= 0)
		(void)close(client_fd);
	ev_loop_destroy(http.loop);
	return 0;
}

static ssize_t read_piece(char *piece, size_t max)
{
	return api_endless_read(&endless, 0, piece, max);
}

static void what_is_there_is_read_in_pieces(void **state)
{
	char piece[8];

	(void)state;
	buf_puts(&endless.out, "hello world");
	assert_int_equal(read_piece(piece, 5), 5);
	assert_memory_equal(piece, "hello", 5);
	/* What comes meanwhile stands behind it. */
	buf_puts(&endless.out, "!");
	assert_int_equal(read_piece(piece, sizeof(piece)), 7);
	assert_memory_equal(piece, " world!", 7);
	/* A quiet reply keeps no memory. */
	assert_null(endless.out.data);
	assert_int_equal(call.state, API_CALL_SENT);
}

static void nothing_is_asked_for_before_there_is_some(void **state)
{
	char piece[8];

	(void)state;
	assert_int_equal(read_piece(piece, sizeof(piece)), 0);
	assert_int_equal(call.state, API_CALL_SUSPENDED);
	buf_puts(&endless.out, "x");
	api_endless_wake(&endless);
	assert_int_equal(n_resumed, 1);
	api_endless_wake(&endless); /* it is asked already */
	assert_int_equal(n_resumed, 1);
	assert_int_equal(read_piece(piece, sizeof(piece)), 1);
}

static void what_was_appended_before_the_end_is_read(void **state)
{
	char piece[8];

	(void)state;
	assert_int_equal(read_piece(piece, sizeof(piece)), 0);
	buf_puts(&endless.out, "last");
	api_endless_end(&endless);
	api_endless_end(&endless);
	assert_int_equal(n_resumed, 1);
	assert_int_equal(read_piece(piece, sizeof(piece)), 4);
	assert_int_equal(read_piece(piece, sizeof(piece)), MHD_CONTENT_READER_END_OF_STREAM);
}

/* Nothing would be sent for hours, so nobody else notices. */
static void a_client_that_has_gone_ends_a_quiet_reply(void **state)
{
	char piece[8];

	(void)state;
	assert_int_equal(read_piece(piece, sizeof(piece)), 0);
	assert_int_equal(shutdown(client_fd, SHUT_WR), 0);
	ev_run(http.loop, EVRUN_ONCE);
	assert_int_equal(n_resumed, 1);
	assert_int_equal(read_piece(piece, sizeof(piece)), MHD_CONTENT_READER_END_OF_STREAM);
}

/* He does not want what is left either. */
static void a_client_that_has_gone_is_sent_no_rest(void **state)
{
	char piece[8];

	(void)state;
	buf_puts(&endless.out, "unread");
	assert_int_equal(close(client_fd), 0);
	client_fd = -1;
	ev_run(http.loop, EVRUN_ONCE);
	assert_int_equal(read_piece(piece, sizeof(piece)), MHD_CONTENT_READER_END_OF_STREAM);
}

/* They are the next request's, and would be reported for ever. */
static void bytes_behind_the_request_stay_where_they_are(void **state)
{
	char piece[8];

	(void)state;
	assert_int_equal(write(client_fd, "GET", 3), 3);
	ev_run(http.loop, EVRUN_ONCE);
	assert_false(ev_is_active(&endless.peer_io));
	assert_false(endless.ended);
	assert_int_equal(recv(server_fd, piece, sizeof(piece), MSG_DONTWAIT), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_there_is_read_in_pieces, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_asked_for_before_there_is_some, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_was_appended_before_the_end_is_read, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_client_that_has_gone_ends_a_quiet_reply, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_client_that_has_gone_is_sent_no_rest, setup,
						teardown),
		cmocka_unit_test_setup_teardown(bytes_behind_the_request_stay_where_they_are, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
