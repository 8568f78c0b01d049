// SPDX-License-Identifier: GPL-2.0-or-later
// test_lane.c - a server that answers one question on a connection: whose turn is next
#include "resolver/ask/lane.h"

#include <ev.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <netinet/in.h>

#define N_MANY 20
#define MESSAGE_LEN 19

struct asked {
	struct lane_query query;
	uint8_t message[MESSAGE_LEN];
	int place; /* in the order of the answers, from 1 on */
};

static struct ev_loop *loop;
static int n_done;

/* Reads one question, answers that, and closes. */
static void on_client(struct ev_loop *ev, ev_io *watcher, int revents)
{
	uint8_t text[2 + MESSAGE_LEN];

	(void)revents;
	ev_io_stop(ev, watcher);
	assert_int_equal(recv(watcher->fd, text, sizeof(text), MSG_WAITALL), sizeof(text));
	text[4] |= 0x80; /* an answer */
	assert_int_equal(send(watcher->fd, text, sizeof(text), MSG_NOSIGNAL), sizeof(text));
	(void)shutdown(watcher->fd, SHUT_WR);
	while (recv(watcher->fd, text, sizeof(text), MSG_DONTWAIT) > 0)
		; /* a close with something unread would take the answer with it */
	(void)close(watcher->fd);
	free(watcher);
}

static void on_listener(struct ev_loop *ev, ev_io *watcher, int revents)
{
	ev_io *client = malloc(sizeof(*client));
	int fd = accept(watcher->fd, NULL, NULL);

	(void)revents;
	assert_non_null(client);
	assert_true(fd >= 0);
	ev_io_init(client, on_client, fd, EV_READ);
	ev_io_start(ev, client);
}

static void on_done(struct lane_query *query, int status, const uint8_t *answer, size_t len)
{
	struct asked *asked = (struct asked *)((char *)query - offsetof(struct asked, query));

	(void)answer, (void)len;
	assert_int_equal(status, 0);
	asked->place = ++n_done;
	if (n_done == N_MANY + 1)
		ev_break(loop, EVBREAK_ALL);
}

static void ask(struct lane *lane, struct asked *asked, int number, const void *party)
{
	static const uint8_t question[MESSAGE_LEN] = { 0, 0, 1, 0,   0, 1, 0, 0, 0, 0,
						       0, 0, 1, 'x', 0, 0, 1, 0, 1 };

	memcpy(asked->message, question, sizeof(question));
	asked->message[1] = (uint8_t)number;
	asked->query = (struct lane_query) { .done = on_done, .party = party };
	lane_send(lane, asked->message, sizeof(asked->message), &asked->query);
}

static void many_of_one_party_leave_the_next_turn_to_another(void **state)
{
	struct server_name name = { .addr = { .family = AF_INET, .bytes = { 127, 0, 0, 1 } } };
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	struct asked many[N_MANY], one;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct lane *lane;
	ev_io listener;

	(void)state;
	loop = ev_default_loop(0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	ev_io_init(&listener, on_listener, fd, EV_READ);
	ev_io_start(loop, &listener);
	name.port = ntohs(at.sin_port);
	lane = lane_new(loop, &name);
	assert_non_null(lane);
	for (int i = 0; i < N_MANY; i++)
		ask(lane, &many[i], i + 1, &many);
	ask(lane, &one, N_MANY + 1, &one);
	ev_run(loop, 0);
	assert_int_equal(n_done, N_MANY + 1);
	assert_true(one.place <= 4);
	lane_free(lane);
	ev_io_stop(loop, &listener);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_of_one_party_leave_the_next_turn_to_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
