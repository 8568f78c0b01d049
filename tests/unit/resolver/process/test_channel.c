// SPDX-License-Identifier: GPL-2.0-or-later
// test_channel.c - the resolver's life with plumbers that come, go and misbehave
#include "base/cleanup.h"
#include "dns/steps.h"
#include "ipc/chan.h"
#include "tests/unit/resolver/process.h"
#include "tests/unit/resolver/question.h"
#include "tests/unit/resolver/server_fake.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define RCODE_NXDOMAIN 3

static struct process process;
static struct plumber plumber;
static uint16_t port;

static void say_everything(void)
{
	plumber_config(&plumber, NULL);
	plumber_network(&plumber, 7, "blue", true);
	plumber_name(&plumber, IPC_NAME, 7, "web", "10.7.0.2");
}

static int setup(void **state)
{
	(void)state;
	process_start(&process);
	plumber_connect(&plumber, &process);
	say_everything();
	port = plumber_view(&plumber, 1, 7, false);
	plumber_sync(&plumber);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	plumber_close(&plumber);
	process_stop(&process);
	return 0;
}

static void assert_serving(void)
{
	assert_string_equal(ask_udp(port, "web", TYPE_A)->address, "10.7.0.2");
	assert_string_equal(ask_tcp(port, "web", TYPE_A)->address, "10.7.0.2");
}

static void a_dead_plumber_changes_nothing(void **state)
{
	(void)state;
	plumber_close(&plumber);
	assert_serving();
	usleep(50000);
	assert_serving();
	plumber_connect(&plumber, &process);
	assert_serving();
	say_everything();
	assert_serving();
}

static void a_plumber_that_dies_at_once_leaves_nothing(void **state)
{
	(void)state;
	plumber_close(&plumber);
	plumber_dies_early(&process);
	assert_serving();
	plumber_connect(&plumber, &process);
	say_everything();
	assert_serving();
}

/* Names the view again, which has its sockets and so needs no descriptors. */
static void say_view(void)
{
	struct ipc_view again = {
		.number = 1, .port = port, .n_networks = 1, .networks = { 7 }, .name = "container1"
	};
	uint8_t space[512];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_view(&wire, IPC_VIEW, &again);
	plumber_send(&plumber, &wire, NULL, 0);
}

/* What was adopted and mentioned stays; what was not mentioned is gone, with its sockets. */
static void the_next_plumber_adopts_and_forgets(void **state)
{
	struct ipc_stats stats;
	size_t n_fds;

	(void)state;
	plumber_name(&plumber, IPC_NAME, 7, "old", "10.7.0.9");
	(void)plumber_view(&plumber, 2, 7, false);
	plumber_close(&plumber);
	plumber_connect(&plumber, &process);
	assert_int_equal(plumber.hello.version, IPC_VERSION);
	assert_int_equal(plumber.hello.pid, process.pid);
	assert_int_equal(plumber.n_views, 2);
	assert_int_equal(plumber.adopted.number, 2);
	assert_int_equal(plumber.adopted.netns_inode, 4026531840 + 2);
	assert_string_equal(plumber.adopted.name, "container2");
	n_fds = process_n_fds(&process);
	say_everything();
	say_view();
	assert_string_equal(ask_udp(port, "old", TYPE_A)->address, "10.7.0.9");
	plumber_sync(&plumber);
	assert_serving();
	assert_int_equal(ask_udp(port, "old", TYPE_A)->rcode, RCODE_NXDOMAIN);
	assert_int_equal(process_n_fds(&process), n_fds - 3);
	plumber_stats(&plumber, &stats);
	assert_int_equal(stats.views, 1);
	assert_int_equal(stats.names, 1);
	assert_true(stats.queries >= 4 && stats.local >= 4);
}

/* An answer counts its records with 16 bits. */
static void a_name_with_more_addresses_than_can_be_told_ends_no_connection(void **state)
{
	struct ipc_stats stats;

	(void)state;
	for (int i = 0; i < UINT16_MAX + 3; i++)
		plumber_name(&plumber, IPC_NAME, 7, "many", "10.7.0.3");
	plumber_name(&plumber, IPC_NAME, 7, "behind", "10.7.0.4");
	plumber_stats(&plumber, &stats);
	assert_int_equal(stats.names, 3);
	assert_string_equal(ask_udp(port, "many", TYPE_A)->address, "10.7.0.3");
	assert_string_equal(ask_udp(port, "behind", TYPE_A)->address, "10.7.0.4");
	assert_serving();
	plumber_close(&plumber);
	plumber_connect(&plumber, &process);
	say_everything();
	say_view();
	plumber_sync(&plumber);
	assert_int_equal(ask_udp(port, "many", TYPE_A)->rcode, RCODE_NXDOMAIN);
}

static void reconnect(void)
{
	plumber_close(&plumber);
	plumber_connect(&plumber, &process);
	say_everything();
	say_view();
	plumber_sync(&plumber);
}

static void a_new_plumber_replaces_the_old(void **state)
{
	struct plumber newer;
	uint8_t byte[64];

	(void)state;
	plumber_connect(&newer, &process);
	assert_int_equal(plumber_receive(&plumber, byte, sizeof(byte)), 0);
	assert_serving();
	plumber_close(&newer);
	reconnect();
}

static bool is_dropped(void)
{
	uint8_t answer[IPC_MSG_MAX];

	while (plumber_receive(&plumber, answer, sizeof(answer)) > 0)
		if (answer[0] == IPC_STATS) /* it understood what came before */
			return false;
	return true;
}

/* The connection ends, names go on, and a correct plumber is welcome afterwards. */
static void malformed_messages_end_the_connection_only(void **state)
{
	static const struct {
		const char *what, *bytes;
		size_t len;
	} cases[] = {
		{ "type 0", "\0", 1 },
		{ "a type that is not known", "\377abc", 4 },
		{ "a type that is only ours", "\2", 1 },
		{ "a second hello without a page", "\1\0\0\0\1\0\0\0\1", 9 },
		{ "a name that is cut", "\12\0\0\0\7\0\3we", 9 },
		{ "a view without sockets that is not there",
		  "\10\0\0\0\77\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 21 },
		{ "a sync that is too long", "\15\0", 2 },
		{ "a sync without a hello before", "\15", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		reconnect();
		assert_int_equal(chan_send(plumber.fd, cases[i].bytes, cases[i].len, NULL, 0), 0);
		/* Whether it is still listened to; sending fails when it is gone already. */
		(void)chan_send(plumber.fd, "\21", 1, NULL, 0);
		if (!is_dropped())
			fail_msg("%s was accepted", cases[i].what);
		assert_serving();
	}
	reconnect();
}

/* Random bodies behind every type; none may do more than end the connection. */
static void random_messages_end_the_connection_at_worst(void **state)
{
	uint8_t noise[200];

	(void)state;
	srand(2);
	for (int i = 0; i < 300; i++) {
		size_t len = 1 + (size_t)rand() % sizeof(noise);

		plumber_close(&plumber);
		plumber_connect(&plumber, &process);
		for (size_t j = 0; j < len; j++)
			noise[j] = (uint8_t)(rand() % 4 == 0 ? rand() : 0);
		noise[0] = (uint8_t)(i % IPC_N_TYPES);
		if (noise[0] == IPC_SYNC)
			continue; /* would be right, and forget all */
		(void)chan_send(plumber.fd, noise, len, NULL, 0);
	}
	reconnect();
	assert_serving();
}

static void descriptors_that_do_not_belong_are_closed(void **state)
{
	int fds[3] = { 0, 1, 2 };
	size_t n_before;

	(void)state;
	reconnect();
	n_before = process_n_fds(&process);
	for (int i = 0; i < 20; i++) {
		reconnect();
		assert_int_equal(chan_send(plumber.fd, "\15", 1, fds, 3), 0);
		assert_true(is_dropped());
		reconnect();
		/* As a view's sockets they are the wrong kind. */
		assert_int_equal(chan_send(plumber.fd,
					   "\10\0\0\0\77\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 21, fds,
					   3),
				 0);
		assert_true(is_dropped());
	}
	reconnect();
	assert_int_equal(process_n_fds(&process), n_before);
}

static void more_descriptors_than_allowed_are_not_kept(void **state)
{
	union {
		char space[CMSG_SPACE(200 * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec iov = { .iov_base = (void *)"\15", .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	size_t n_before;

	(void)state;
	reconnect();
	n_before = process_n_fds(&process);
	control.align = (struct cmsghdr) { .cmsg_level = SOL_SOCKET,
					   .cmsg_type = SCM_RIGHTS,
					   .cmsg_len = CMSG_LEN(200 * sizeof(int)) };
	memset(CMSG_DATA(&control.align), 0, 200 * sizeof(int)); /* 200 times descriptor 0 */
	assert_int_equal(sendmsg(plumber.fd, &msg, 0), 1);
	assert_true(is_dropped());
	reconnect();
	assert_int_equal(process_n_fds(&process), n_before);
	assert_serving();
}

static void another_user_is_refused(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	pid = fork();
	if (pid == 0) {
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		size_t len = strlen(process.address);
		int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
		char byte;

		memcpy(address.sun_path + 1, process.address, len);
		if (setuid(65533) < 0 ||
		    connect(fd, (struct sockaddr *)&address,
			    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len)) < 0)
			_exit(2);
		_exit(recv(fd, &byte, 1, 0) == 0 ? 0 : 1); /* closed without a word */
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_serving();
	plumber_network(&plumber, 9, "green", false); /* ours is still the plumber */
	plumber_stats(&plumber, &(struct ipc_stats) { 0 });
}

/* --- questions over the channel --- */

static void query(uint32_t id, uint32_t view, const char *name)
{
	uint8_t message[300], space[400];
	struct wire wire = wire_writer(space, sizeof(space));
	struct ipc_query body = { .id = id, .view = view, .message = message };

	body.len = (uint16_t)question_build(
		&(struct question) { .id = 77, .name = name, .type = TYPE_A }, message,
		sizeof(message));
	ipc_put_query(&wire, IPC_QUERY, &body);
	plumber_send(&plumber, &wire, NULL, 0);
}

static const struct answer *query_answer(uint32_t id)
{
	static struct answer answer;
	static uint8_t message[IPC_MSG_MAX];
	struct wire wire = wire_reader(message,
				       plumber_receive(&plumber, message, sizeof(message)));
	struct ipc_query body;

	assert_int_equal(wire_u8(&wire), IPC_ANSWER);
	ipc_get_query(&wire, &body);
	assert_int_equal(wire.err, 0);
	assert_int_equal(body.id, id);
	answer.len = body.len;
	if (body.len > 0) {
		memcpy(answer.data, body.message, body.len);
		answer_read(&answer, body.len);
	}
	return &answer;
}

static size_t traced_n;
static enum dns_step_kind traced[32];

/* Which steps led to the answer, which is read as ever. */
static const struct answer *trace(uint32_t view, const char *name)
{
	static struct answer answer;
	static uint8_t message[IPC_MSG_MAX], space[400];
	struct wire wire = wire_writer(space, sizeof(space));
	struct ipc_query body = { .id = 9, .view = view, .message = message };
	struct dns_steps_reader reader;
	const uint8_t *reply;
	struct dns_step step;

	body.len = (uint16_t)question_build(
		&(struct question) { .id = 77, .name = name, .type = TYPE_A }, message,
		sizeof(message));
	ipc_put_query(&wire, IPC_TRACE, &body);
	plumber_send(&plumber, &wire, NULL, 0);
	wire = wire_reader(message, plumber_receive(&plumber, message, sizeof(message)));
	assert_int_equal(wire_u8(&wire), IPC_ANSWER);
	ipc_get_query(&wire, &body);
	assert_int_equal(wire.err, 0);
	assert_int_equal(body.id, 9);
	assert_int_equal(dns_steps_open(&reader, body.message, body.len, &reply, &answer.len), 0);
	for (traced_n = 0; dns_steps_next(&reader, &step) > 0; traced_n++)
		traced[traced_n % ARRAY_SIZE(traced)] = step.kind;
	memcpy(answer.data, reply, answer.len);
	answer_read(&answer, answer.len);
	return &answer;
}

static bool was_told(enum dns_step_kind kind)
{
	for (size_t i = 0; i < traced_n; i++)
		if (traced[i] == kind)
			return true;
	return false;
}

static void a_local_answer_says_how_it_came_about(void **state)
{
	(void)state;
	reconnect();
	assert_string_equal(trace(1, "web")->address, "10.7.0.2");
	assert_int_equal(traced_n, 3);
	assert_int_equal(traced[0], DNS_STEP_VIEW);
	assert_int_equal(traced[1], DNS_STEP_HAS);
	assert_int_equal(traced[2], DNS_STEP_CONTAINER);
	assert_int_equal(trace(1, "nobody")->rcode, 3);
	assert_int_equal(traced[traced_n - 1], DNS_STEP_SINGLE);
	/* The other is untouched by it. */
	query(6, 1, "web");
	assert_string_equal(query_answer(6)->address, "10.7.0.2");
}

static void what_is_asked_outside_says_whom_and_why(void **state)
{
	struct fake dead, alive;

	(void)state;
	reconnect();
	fake_start(&dead, FAKE_SILENT);
	fake_start(&alive, FAKE_ANSWERS);
	plumber_config(&plumber, (uint16_t[]) { dead.port, alive.port, 0 });
	assert_string_equal(trace(0, "one.example.org")->address, "192.0.2.1");
	assert_true(was_told(DNS_STEP_OUTSIDE) && was_told(DNS_STEP_HOST_SERVERS) &&
		    was_told(DNS_STEP_NOT_CACHED) && was_told(DNS_STEP_ASK_FIRST) &&
		    was_told(DNS_STEP_SILENT) && was_told(DNS_STEP_ASK_NEXT));
	assert_int_equal(traced[traced_n - 1], DNS_STEP_HEDGED);
	(void)trace(0, "one.example.org");
	assert_int_equal(traced[traced_n - 1], DNS_STEP_CACHED);
	assert_string_equal(trace(0, "two.example.org")->address, "192.0.2.1");
	assert_true(was_told(DNS_STEP_DEMOTED));
	assert_int_equal(traced[traced_n - 1], DNS_STEP_ANSWERED);
	alive.manner = FAKE_REFUSED;
	dead.manner = FAKE_REFUSED;
	assert_int_equal(trace(0, "three.example.org")->rcode, 5);
	assert_true(was_told(DNS_STEP_REFUSED));
	/* An answer of thousands of bytes and the steps are one message. */
	alive.manner = FAKE_CUTS;
	dead.manner = FAKE_CUTS;
	assert_int_equal(trace(0, "four.example.org")->n_answers, 200);
	assert_true(was_told(DNS_STEP_ASK_STREAM));
	plumber_config(&plumber, NULL);
	assert_int_equal(trace(0, "five.example.org")->rcode, 2);
	assert_int_equal(traced[traced_n - 1], DNS_STEP_NO_SERVERS);
	fake_stop(&dead);
	fake_stop(&alive);
}

static void the_plumber_may_ask_as_a_container_and_as_the_host(void **state)
{
	(void)state;
	reconnect();
	query(5, 1, "web");
	assert_string_equal(query_answer(5)->address, "10.7.0.2");
	query(6, 0, "web.blue");
	assert_string_equal(query_answer(6)->address, "10.7.0.2");
	query(7, 1, "example.org"); /* an internal network */
	assert_int_equal(query_answer(7)->rcode, 3);
	query(8, 99, "web"); /* there is no such view */
	assert_int_equal(query_answer(8)->len, 0);
}

/* More than a socket takes while nobody reads; it is queued, in order, and nothing else stops. */
static void a_plumber_that_reads_late_gets_everything(void **state)
{
	(void)state;
	reconnect();
	for (uint32_t i = 0; i < 3000; i++)
		query(i, 1, "web");
	assert_serving();
	for (uint32_t i = 0; i < 3000; i++)
		assert_string_equal(query_answer(i)->address, "10.7.0.2");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dead_plumber_changes_nothing),
		cmocka_unit_test(a_plumber_that_dies_at_once_leaves_nothing),
		cmocka_unit_test(the_next_plumber_adopts_and_forgets),
		cmocka_unit_test(a_name_with_more_addresses_than_can_be_told_ends_no_connection),
		cmocka_unit_test(a_new_plumber_replaces_the_old),
		cmocka_unit_test(malformed_messages_end_the_connection_only),
		cmocka_unit_test(random_messages_end_the_connection_at_worst),
		cmocka_unit_test(descriptors_that_do_not_belong_are_closed),
		cmocka_unit_test(more_descriptors_than_allowed_are_not_kept),
		cmocka_unit_test(another_user_is_refused),
		cmocka_unit_test(the_plumber_may_ask_as_a_container_and_as_the_host),
		cmocka_unit_test(a_local_answer_says_how_it_came_about),
		cmocka_unit_test(what_is_asked_outside_says_whom_and_why),
		cmocka_unit_test(a_plumber_that_reads_late_gets_everything),
	};

	process_main(argc, argv);
	if (!process_own_network())
		return 77; /* skipped: only root has namespaces and users to give up */
	return cmocka_run_group_tests(tests, setup, teardown);
}
