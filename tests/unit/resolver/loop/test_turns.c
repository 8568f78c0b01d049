// SPDX-License-Identifier: GPL-2.0-or-later
// test_turns.c - containers take turns: the order of answers, counted, when many wait at once
#include "resolver/loop/party.h"
#include "resolver/loop/spot.h"
#include "resolver/loop/turns.h"
#include "tests/unit/resolver/process.h"
#include "tests/unit/resolver/question.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The resolver is stopped while questions and answers pile up, so that all of them are there at
 * once, and goes on. One socket asks for all containers, so answers lie in it as they were sent;
 * where they came from says whose they are. What goes elsewhere is compared by the kernel's time of
 * arrival. No time is judged. */

#define N_PILE 200 /* fits a socket's buffer of the usual size */
/* Questions or answers of a flood that may pass before another container's: the turn in which is
 * found out how dear they are, and one of the dear. */
#define N_PASSED (TURN_UNITS + 4)

static struct process process;
static struct plumber plumber;
static uint16_t busy_port, other_port, upstream_port;
static int client, upstream;
static unsigned n_names;

static int setup(void **state)
{
	static const int on = 1, size = 8 << 20;

	(void)state;
	process_start(&process);
	plumber_connect(&plumber, &process);
	upstream = loopback_socket(AF_INET, SOCK_DGRAM, &upstream_port);
	plumber_config(&plumber, (uint16_t[]) { upstream_port, 0 });
	plumber_network(&plumber, 7, "blue", false);
	plumber_name(&plumber, IPC_NAME, 7, "web", "10.7.0.2");
	busy_port = plumber_view(&plumber, 1, 7, true);
	other_port = plumber_view(&plumber, 2, 7, true);
	plumber_sync(&plumber);
	client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (int i = 0; i < 2; i++) {
		int fd = i == 0 ? client : upstream;

		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)),
				 0);
		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)), 0);
	}
	assert_string_equal(ask_udp(busy_port, "web", TYPE_A)->address, "10.7.0.2");
	assert_string_equal(ask_udp(other_port, "web", TYPE_A)->address, "10.7.0.2");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(client);
	close(upstream);
	plumber_close(&plumber);
	process_stop(&process);
	return 0;
}

static void hold(void)
{
	int status;

	assert_int_equal(kill(process.pid, SIGSTOP), 0);
	assert_int_equal(waitpid(process.pid, &status, WUNTRACED), process.pid);
	assert_true(WIFSTOPPED(status));
}

static void go_on(void)
{
	assert_int_equal(kill(process.pid, SIGCONT), 0);
}

static const char *outside_name(void)
{
	static char name[64];

	snprintf(name, sizeof(name), "n%06u.example.org", n_names++);
	return name;
}

static void ask(uint16_t port, const char *name)
{
	struct question question = { .id = port, .name = name, .type = TYPE_A };
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint8_t message[512];
	size_t len = question_build(&question, message, sizeof(message));

	assert_int_equal(sendto(client, message, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
}

struct arrival {
	uint8_t message[2048];
	size_t len;
	struct sockaddr_in from;
	struct timespec when;
};

/* False: nothing came for a while. */
static bool receive(int fd, struct arrival *arrival, int wait_ms)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	union {
		char space[CMSG_SPACE(sizeof(struct timespec))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { arrival->message, sizeof(arrival->message) };
	struct msghdr msg = { .msg_name = &arrival->from,
			      .msg_namelen = sizeof(arrival->from),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };

	if (poll(&ready, 1, wait_ms) != 1)
		return false;
	arrival->len = (size_t)recvmsg(fd, &msg, 0);
	assert_non_null(CMSG_FIRSTHDR(&msg));
	memcpy(&arrival->when, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(arrival->when));
	return true;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* How many of the client's answers come before the other container's. */
static unsigned n_before_the_other(struct arrival *ret_answer)
{
	unsigned n = 0;

	while (assert_true(receive(client, ret_answer, 5000)),
	       ntohs(ret_answer->from.sin_port) != other_port)
		n++;
	return n;
}

static void answer_nobody_has_it(struct arrival *question)
{
	question->message[2] |= 0x80;
	question->message[3] = 3;
	assert_int_equal(sendto(upstream, question->message, question->len, 0,
				(struct sockaddr *)&question->from, sizeof(question->from)),
			 question->len);
}

/* How many of the last questions came upstream before that time; all are read, and answered. */
static unsigned n_upstream_before(const struct timespec *when)
{
	static struct arrival question;
	unsigned n = 0;

	while (receive(upstream, &question, 300)) {
		unsigned number = (unsigned)strtoul((char *)question.message + 14, NULL, 10);

		n += number >= n_names - N_PILE && is_before(&question.when, when);
		answer_nobody_has_it(&question);
	}
	return n;
}

static void drain_client(void)
{
	static struct arrival answer;

	while (receive(client, &answer, 100))
		;
}

static void two_full_sockets_are_answered_in_turns(void **state)
{
	static struct arrival answer;
	unsigned n_left[2] = { N_PILE, N_PILE }, run = 0, longest = 0, last = 0;

	(void)state;
	hold();
	for (int i = 0; i < N_PILE; i++)
		ask(busy_port, "web");
	for (int i = 0; i < N_PILE; i++)
		ask(other_port, "web");
	go_on();
	for (int i = 0; i < 2 * N_PILE; i++) {
		unsigned whose;

		assert_true(receive(client, &answer, 5000));
		whose = ntohs(answer.from.sin_port) == other_port;
		run = whose == last ? run + 1 : 1;
		last = whose;
		n_left[whose]--;
		if (n_left[!whose] > 0 && run > longest)
			longest = run;
	}
	assert_true(longest <= 2 * TURN_UNITS);
}

/* Whatever order the kernel shows descriptors in: the question comes before the flood, or behind.
 */
#define BOTH_ORDERS(first) for (int first = 1; first >= 0; first--)

static void ask_other(bool now)
{
	if (now)
		ask(other_port, "web");
}

static void a_question_does_not_wait_for_a_flood_of_outside_names(void **state)
{
	static struct arrival answer;

	(void)state;
	BOTH_ORDERS(first)
	{
		hold();
		ask_other(first);
		for (int i = 0; i < N_PILE; i++)
			ask(busy_port, outside_name());
		ask_other(!first);
		go_on();
		(void)n_before_the_other(&answer);
		assert_true(n_upstream_before(&answer.when) <= N_PASSED);
		drain_client();
	}
}

static void a_question_does_not_wait_for_another_containers_answers(void **state)
{
	static struct arrival questions[N_PILE];
	static struct arrival answer;

	(void)state;
	BOTH_ORDERS(first)
	{
		for (int i = 0; i < N_PILE; i++)
			ask(busy_port, outside_name());
		for (int i = 0; i < N_PILE; i++)
			assert_true(receive(upstream, &questions[i], 5000));
		hold();
		ask_other(first);
		for (int i = 0; i < N_PILE; i++)
			answer_nobody_has_it(&questions[i]);
		ask_other(!first);
		go_on();
		assert_true(n_before_the_other(&answer) <= N_PASSED);
		drain_client();
	}
}

/* All wait for the same name, so one answer from upstream is the answer for all. */
static void a_question_does_not_wait_for_many_that_wait_for_one_answer(void **state)
{
	static struct arrival question, answer;

	(void)state;
	BOTH_ORDERS(first)
	{
		const char *name = outside_name();
		unsigned n;

		for (int i = 0; i < N_PILE; i++)
			ask(busy_port, name);
		assert_true(receive(upstream, &question, 5000));
		ask(busy_port, "web"); /* answered behind them all: so they all wait */
		assert_true(receive(client, &answer, 5000));
		hold();
		ask_other(first);
		answer_nobody_has_it(&question);
		ask_other(!first);
		go_on();
		n = n_before_the_other(&answer);
		assert_true(n <= N_PASSED);
		for (; n < N_PILE; n++) /* and none is forgotten */
			assert_true(receive(client, &answer, 5000));
	}
}

static void a_question_does_not_wait_for_many_connections(void **state)
{
	static struct arrival answer;
	int fds[N_PILE];

	(void)state;
	for (int i = 0; i < N_PILE; i++)
		fds[i] = client_tcp(busy_port);
	/* The last is accepted, and so are all. */
	send_tcp(fds[N_PILE - 1], &(struct question) { .name = "web", .type = TYPE_A });
	receive_tcp(fds[N_PILE - 1], &(struct answer) { 0 }, 5000);
	BOTH_ORDERS(first)
	{
		hold();
		ask_other(first);
		for (int i = 0; i < N_PILE; i++)
			send_tcp(fds[i],
				 &(struct question) { .name = outside_name(), .type = TYPE_A });
		ask_other(!first);
		go_on();
		(void)n_before_the_other(&answer);
		assert_true(n_upstream_before(&answer.when) <= N_PASSED);
	}
	for (int i = 0; i < N_PILE; i++)
		close(fds[i]);
}

/* Of many questions in one segment, too. */
static void a_question_does_not_wait_for_a_full_connection(void **state)
{
	static struct arrival answer;

	(void)state;
	BOTH_ORDERS(first)
	{
		int fd = client_tcp(busy_port);

		send_tcp(fd, &(struct question) { .name = "web", .type = TYPE_A });
		receive_tcp(fd, &(struct answer) { 0 }, 5000);
		hold();
		ask_other(first);
		for (int i = 0; i < N_PILE; i++)
			send_tcp(fd, &(struct question) { .name = outside_name(), .type = TYPE_A });
		ask_other(!first);
		go_on();
		(void)n_before_the_other(&answer);
		assert_true(n_upstream_before(&answer.when) <= N_PASSED);
		close(fd);
	}
}

/* Clients of a published port, each with a datagram for the container. */
static void a_question_does_not_wait_for_what_is_relayed(void **state)
{
	struct ipc_relay relay = { .number = 1, .protocol = IPPROTO_UDP };
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	static struct arrival datagram, answer;
	int fd = loopback_socket(AF_INET, SOCK_DGRAM, &relay.listen_port), fds[N_PILE];
	uint8_t space[128];
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	relay.target_port = upstream_port;
	(void)addr_parse("127.0.0.1", &relay.target);
	ipc_put_relay(&wire, IPC_RELAY, &relay);
	plumber_send(&plumber, &wire, &fd, 1);
	close(fd);
	to.sin_port = htons(relay.listen_port);
	for (int i = 0; i < N_PILE; i++) {
		fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fds[i], (struct sockaddr *)&to, sizeof(to)), 0);
	}
	BOTH_ORDERS(first)
	{
		unsigned n = 0;

		hold();
		ask_other(first);
		for (int i = 0; i < N_PILE; i++)
			assert_int_equal(send(fds[i], "bytes", 5, 0), 5);
		ask_other(!first);
		go_on();
		(void)n_before_the_other(&answer);
		for (int i = 0; i < N_PILE; i++) {
			assert_true(receive(upstream, &datagram, 5000));
			n += is_before(&datagram.when, &answer.when);
		}
		assert_true(n <= 8);
	}
	for (int i = 0; i < N_PILE; i++)
		close(fds[i]);
}

static unsigned n_refused; /* of the next calls in this process */

/* In the place of the C library's. */
int epoll_ctl(int set, int what, int fd, struct epoll_event *event)
{
	if (n_refused > 0) {
		n_refused--;
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, set, what, fd, event);
}

static unsigned n_seen;

static unsigned on_seen(struct spot *spot, uint32_t events)
{
	assert_int_equal(events, EPOLLIN);
	n_seen++;
	spot_stop(spot);
	return 1;
}

static void on_round(struct ev_loop *loop, ev_prepare *watcher, int revents)
{
	(void)loop, (void)revents;
	turns_run(watcher->data);
}

/* Neither the party's descriptor, which libev watches, nor the party's set had room at first. */
static void what_epoll_did_not_take_is_offered_again(void **state)
{
	struct ev_loop *loop = ev_loop_new(EVBACKEND_EPOLL);
	struct turns turns;
	struct party *party;
	struct spot spot = { 0 };
	ev_prepare round;
	int fds[2];

	(void)state;
	turns_init(&turns, loop);
	party = party_new(&turns);
	assert_non_null(party);
	ev_prepare_init(&round, on_round);
	round.data = &turns;
	ev_prepare_start(loop, &round);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	n_refused = 2;
	spot_start(&spot, party, fds[0], EPOLLIN, on_seen);
	assert_int_equal(n_refused, 1);
	for (int i = 0; i < 1000 && n_seen == 0; i++) {
		ev_run(loop, EVRUN_NOWAIT);
		usleep(10000);
	}
	assert_int_equal(n_seen, 1);
	assert_int_equal(n_refused, 0);
	n_refused = 1; /* and one that goes away meanwhile is forgotten */
	spot_start(&spot, party, fds[0], EPOLLIN, on_seen);
	spot_stop(&spot);
	assert_true(list_empty(&turns.refused));
	ev_prepare_stop(loop, &round);
	party_unref(party);
	ev_loop_destroy(loop);
	close(fds[0]);
	close(fds[1]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_full_sockets_are_answered_in_turns),
		cmocka_unit_test(a_question_does_not_wait_for_a_flood_of_outside_names),
		cmocka_unit_test(a_question_does_not_wait_for_another_containers_answers),
		cmocka_unit_test(a_question_does_not_wait_for_many_that_wait_for_one_answer),
		cmocka_unit_test(a_question_does_not_wait_for_many_connections),
		cmocka_unit_test(a_question_does_not_wait_for_a_full_connection),
		cmocka_unit_test(a_question_does_not_wait_for_what_is_relayed),
		cmocka_unit_test(what_epoll_did_not_take_is_offered_again),
	};

	process_main(argc, argv);
	if (!process_own_network())
		return 77; /* skipped: only root has namespaces and users to give up */
	return cmocka_run_group_tests(tests, setup, teardown);
}
