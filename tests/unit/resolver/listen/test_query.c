// SPDX-License-Identifier: GPL-2.0-or-later
// test_query.c - the resolver process answers for containers, over UDP and TCP
#include "dns/log.h"
#include "tests/unit/resolver/process.h"
#include "tests/unit/resolver/question.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define RCODE_NXDOMAIN 3

static struct process process;
static struct plumber plumber;
static uint16_t port; /* of container 1, on network 7 */

static int setup(void **state)
{
	(void)state;
	process_start(&process);
	plumber_connect(&plumber, &process);
	plumber_config(&plumber, NULL);
	plumber_network(&plumber, 7, "blue", true);
	plumber_network(&plumber, 8, "red", true);
	port = plumber_view(&plumber, 1, 7, false);
	plumber_name(&plumber, IPC_NAME, 7, "web", "10.7.0.2");
	plumber_name(&plumber, IPC_NAME, 8, "db", "10.8.0.2");
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

/* Freed memory is kept back by the sanitizer, so sizes mean nothing with it. */
static void assert_small(uint64_t before_kb, uint64_t more_kb)
{
#ifdef __SANITIZE_ADDRESS__
	more_kb += 100000;
#endif
	assert_true(process_status(&process, "VmRSS", 10) < before_kb + more_kb);
}

static void local_names_are_answered_over_udp_and_tcp(void **state)
{
	const struct answer *answer;

	(void)state;
	answer = ask_udp(port, "web", TYPE_A);
	assert_int_equal(answer->n_answers, 1);
	assert_string_equal(answer->address, "10.7.0.2");
	assert_int_equal(answer->ttl_s, DNS_TTL_LOCAL_S);
	answer = ask_tcp(port, "WEB.blue", TYPE_A);
	assert_string_equal(answer->address, "10.7.0.2");
	answer = ask_udp(port, "web", TYPE_AAAA);
	assert_int_equal(answer->rcode, 0);
	assert_int_equal(answer->n_answers, 0);
	answer = ask_udp(port, "2.0.7.10.in-addr.arpa", TYPE_PTR);
	assert_int_equal(answer->n_answers, 1);
}

static void names_of_other_networks_are_not_seen(void **state)
{
	(void)state;
	assert_int_equal(ask_udp(port, "db", TYPE_A)->rcode, RCODE_NXDOMAIN);
	assert_int_equal(ask_tcp(port, "db.red", TYPE_A)->rcode, RCODE_NXDOMAIN);
	uint16_t red = plumber_view(&plumber, 2, 8, false);

	assert_string_equal(ask_udp(red, "db", TYPE_A)->address, "10.8.0.2");
	assert_int_equal(ask_udp(red, "web", TYPE_A)->rcode, RCODE_NXDOMAIN);
	plumber_view_gone(&plumber, 2);
}

/* The plumber never waits for the resolver: that each answer is right comes from the page alone. */
static void a_name_is_visible_and_gone_the_moment_it_was_sent(void **state)
{
	int udp = client_udp(port), tcp = client_tcp(port);
	static struct answer answer;
	unsigned n_stale = 0;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		bool over_tcp = i % 10 == 0;
		struct question question = { .id = (uint16_t)i, .name = "fresh", .type = TYPE_A };
		char address[32];

		snprintf(address, sizeof(address), "10.7.%u.%u", i >> 8 & 255, i & 255);
		for (int added = 1; added >= 0; added--) {
			plumber_name(&plumber, added ? IPC_NAME : IPC_NAME_GONE, 7, "fresh",
				     address);
			(over_tcp ? send_tcp : send_udp)(over_tcp ? tcp : udp, &question);
			(over_tcp ? receive_tcp : receive_udp)(over_tcp ? tcp : udp, &answer, 2000);
			assert_int_equal(answer.id, question.id);
			n_stale += strcmp(answer.address, added ? address : "") != 0;
		}
	}
	assert_int_equal(n_stale, 0);
	close(udp);
	close(tcp);
}

static struct ipc_asked asked;

static struct ipc_figures get_figures(void)
{
	static uint8_t space[IPC_MSG_MAX];
	struct wire wire = wire_writer(space, sizeof(space));
	struct ipc_figures figures;

	ipc_put_empty(&wire, IPC_FIGURES);
	plumber_send(&plumber, &wire, NULL, 0);
	wire = wire_reader(space, plumber_receive(&plumber, space, sizeof(space)));
	assert_int_equal(wire_u8(&wire), IPC_ASKED);
	ipc_get_asked(&wire, &asked);
	assert_int_equal(wire.err, 0);
	wire = wire_reader(space, plumber_receive(&plumber, space, sizeof(space)));
	assert_int_equal(wire_u8(&wire), IPC_FIGURES);
	ipc_get_figures(&wire, &figures);
	assert_int_equal(wire.err, 0);
	return figures;
}

static const struct ipc_asked_view *find_asked(uint32_t number)
{
	for (size_t i = 0; i < asked.n; i++)
		if (asked.views[i].number == number)
			return &asked.views[i];
	fail();
	return NULL;
}

static void what_is_asked_is_counted(void **state)
{
	struct ipc_figures before = get_figures(), after;
	uint64_t n_queries = find_asked(1)->n_queries, n_failed = find_asked(1)->n_failed;
	uint16_t other = plumber_view(&plumber, 3, 7, true);

	(void)state;
	(void)ask_udp(port, "web", TYPE_A);
	(void)ask_tcp(port, "web", TYPE_A);
	(void)ask_udp(port, "nobody", TYPE_A);
	assert_int_equal(ask_udp(other, "www.example.test", TYPE_A)->rcode, 2); /* no server */
	after = get_figures();
	assert_int_equal(after.dns.answers[DNS_LOG_LOCAL][0],
			 before.dns.answers[DNS_LOG_LOCAL][0] + 2);
	assert_int_equal(after.dns.answers[DNS_LOG_LOCAL][3],
			 before.dns.answers[DNS_LOG_LOCAL][3] + 1);
	assert_int_equal(after.dns.answers[DNS_LOG_NONE][2],
			 before.dns.answers[DNS_LOG_NONE][2] + 1);
	assert_int_equal(histogram_count(&after.dns.took[DNS_LOG_LOCAL]),
			 histogram_count(&before.dns.took[DNS_LOG_LOCAL]) + 3);
	assert_int_equal(find_asked(1)->n_queries, n_queries + 3);
	assert_int_equal(find_asked(1)->n_failed, n_failed);
	assert_int_equal(find_asked(3)->n_queries, 1);
	assert_int_equal(find_asked(3)->n_failed, 1);
	plumber_view_gone(&plumber, 3);
}

static void a_burst_of_questions_is_answered_one_by_one(void **state)
{
	int fd = client_udp(port);
	static struct answer answer;
	bool seen[200] = { false };

	(void)state;
	for (uint16_t i = 0; i < 200; i++)
		send_udp(fd, &(struct question) { .id = i, .name = "web", .type = TYPE_A });
	for (uint16_t i = 0; i < 200; i++) {
		receive_udp(fd, &answer, 2000);
		assert_true(answer.len > 0 && answer.id < 200 && !seen[answer.id]);
		assert_string_equal(answer.address, "10.7.0.2");
		seen[answer.id] = true;
	}
	close(fd);
}

static void tcp_takes_many_questions_at_once_and_in_pieces(void **state)
{
	struct question question = { .name = "web", .type = TYPE_A };
	static struct answer answer;
	uint8_t stream[100 * 64];
	size_t len = 0;
	int fd = client_tcp(port);

	(void)state;
	for (uint16_t i = 0; i < 100; i++) {
		question.id = i;
		size_t one = question_build(&question, stream + len + 2, 62);

		stream[len] = 0;
		stream[len + 1] = (uint8_t)one;
		len += one + 2;
	}
	assert_int_equal(send(fd, stream, 1, 0), 1); /* half a length */
	usleep(10000);
	assert_int_equal(send(fd, stream + 1, len - 6, 0), len - 6);
	usleep(10000);
	assert_int_equal(send(fd, stream + len - 5, 5, 0), 5);
	shutdown(fd, SHUT_WR); /* answers still come */
	for (uint16_t i = 0; i < 100; i++) {
		receive_tcp(fd, &answer, 2000);
		assert_string_equal(answer.address, "10.7.0.2");
		assert_int_equal(answer.id, i);
	}
	receive_tcp(fd, &answer, 2000);
	assert_int_equal(answer.len, 0);
	assert_int_equal(read(fd, stream, 1), 0); /* closed, not left open */
	close(fd);
}

/* Sends until nothing is taken any more; the resolver must neither grow nor stop serving others. */
static void a_tcp_client_that_does_not_read_harms_nobody(void **state)
{
	struct question question = { .id = 9, .name = "web", .type = TYPE_A };
	uint8_t message[64];
	size_t len = question_build(&question, message + 2, sizeof(message) - 2) + 2;
	uint64_t before_kb = process_status(&process, "VmRSS", 10);
	int fd = client_tcp(port);
	size_t n_sent = 0;

	(void)state;
	message[0] = 0;
	message[1] = (uint8_t)(len - 2);
	while (n_sent < 3000000) {
		ssize_t n = send(fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0) {
			usleep(50000);
			n = send(fd, message, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		}
		if (n != (ssize_t)len)
			break;
		n_sent++;
	}
	assert_true(n_sent < 3000000);
	assert_string_equal(ask_udp(port, "web", TYPE_A)->address, "10.7.0.2");
	assert_small(before_kb, 2048);
	close(fd);
}

static void tcp_clients_are_limited_and_the_quietest_makes_room(void **state)
{
	int fds[DNS_TCP_CLIENTS_PER_VIEW_MAX + 1];
	static struct answer answer;
	struct question question = { .id = 3, .name = "web", .type = TYPE_A };

	(void)state;
	for (size_t i = 0; i <= DNS_TCP_CLIENTS_PER_VIEW_MAX; i++) {
		fds[i] = client_tcp(port);
		send_tcp(fds[i], &question);
		receive_tcp(fds[i], &answer, 2000);
		assert_int_equal(answer.n_answers, 1);
	}
	receive_tcp(fds[0], &answer, 2000); /* the first was closed */
	assert_int_equal(answer.len, 0);
	send_tcp(fds[1], &question); /* the second was not */
	receive_tcp(fds[1], &answer, 2000);
	assert_int_equal(answer.n_answers, 1);
	for (size_t i = 0; i <= DNS_TCP_CLIENTS_PER_VIEW_MAX; i++)
		close(fds[i]);
}

/* A question that nobody has read yet counts: all of them come, and one more connection, while the
 * resolver has no processor. Which of both it sees first is not ours to say. */
static void who_has_asked_keeps_its_place(bool one_more_comes_first)
{
	int fds[DNS_TCP_CLIENTS_PER_VIEW_MAX + 1];
	size_t last = DNS_TCP_CLIENTS_PER_VIEW_MAX;
	static struct answer answer;
	struct question question = { .id = 3, .name = "web", .type = TYPE_A };

	for (size_t i = 0; i < last; i++)
		fds[i] = client_tcp(port);
	/* The last of them is accepted, so all are; it is the only one that is answered and rests.
	 */
	send_tcp(fds[last - 1], &question);
	receive_tcp(fds[last - 1], &answer, 5000);
	assert_int_equal(answer.n_answers, 1);
	usleep((DNS_TCP_MUTE_MS + 100) * 1000);
	assert_int_equal(kill(process.pid, SIGSTOP), 0);
	if (one_more_comes_first)
		fds[last] = client_tcp(port);
	for (size_t i = 0; i < last; i++)
		send_tcp(fds[i], &question);
	if (!one_more_comes_first)
		fds[last] = client_tcp(port);
	send_tcp(fds[last], &question);
	assert_int_equal(kill(process.pid, SIGCONT), 0);
	for (size_t i = 0; i <= last; i++) {
		receive_tcp(fds[i], &answer, 5000);
		assert_true(answer.len > 0);
		assert_string_equal(answer.address, "10.7.0.2");
		close(fds[i]);
	}
}

static void a_tcp_client_that_has_asked_makes_no_room(void **state)
{
	(void)state;
	who_has_asked_keeps_its_place(true);
	who_has_asked_keeps_its_place(false);
}

/* The connection waits in the kernel's queue, and the resolver does not burn the processor. */
static void running_out_of_descriptors_is_waited_out(void **state)
{
	struct process poor = { .max_fds = 24 };
	struct plumber its_plumber;
	struct question question = { .id = 4, .name = "localhost", .type = TYPE_A };
	static struct answer answer;
	uint64_t start_ms;
	int fds[40];

	(void)state;
	process_start(&poor);
	plumber_connect(&its_plumber, &poor);
	plumber_network(&its_plumber, 7, "blue", true);
	uint16_t its_port = plumber_view(&its_plumber, 1, 7, false);

	for (int i = 0; i < 40; i++)
		fds[i] = client_tcp(its_port);
	start_ms = process_cpu_ms(&poor);
	send_tcp(fds[39], &question);
	receive_tcp(fds[39], &answer, 500);
	assert_int_equal(answer.len, 0);
	assert_true(process_cpu_ms(&poor) - start_ms < 50);
	assert_string_equal(ask_udp(its_port, "localhost", TYPE_A)->address, "127.0.0.1");
	for (int i = 0; i < 39; i++)
		close(fds[i]);
	receive_tcp(fds[39], &answer, 2000);
	assert_string_equal(answer.address, "127.0.0.1");
	close(fds[39]);
	plumber_close(&its_plumber);
	process_stop(&poor);
}

static void an_idle_tcp_client_is_closed(void **state)
{
	static struct answer answer;
	int fd = client_tcp(port);
	uint64_t start_ms = now_ms(), waited_ms;

	(void)state;
	receive_tcp(fd, &answer, DNS_TCP_IDLE_MS + 3000);
	assert_int_equal(answer.len, 0);
	waited_ms = now_ms() - start_ms;
	assert_true(waited_ms >= DNS_TCP_IDLE_MS - 100 && waited_ms <= DNS_TCP_IDLE_MS + 1000);
	close(fd);
}

static void a_frame_that_is_too_long_ends_the_connection(void **state)
{
	static struct answer answer;
	int fd = client_tcp(port);

	(void)state;
	assert_int_equal(send(fd, "\377\377", 2, 0), 2);
	receive_tcp(fd, &answer, 2000);
	assert_int_equal(answer.len, 0);
	close(fd);
}

static void random_datagrams_do_no_harm(void **state)
{
	int fd = client_udp(port);
	uint8_t noise[600];

	(void)state;
	srand(1);
	for (int i = 0; i < 20000; i++) {
		size_t len = (size_t)rand() % sizeof(noise);

		for (size_t j = 0; j < len; j++)
			noise[j] = (uint8_t)rand();
		if (i % 2 == 0 && len > 12) /* let some of them look like questions */
			memcpy(noise, "\0\1\1\0\0\1\0\0\0\0\0\0", 12);
		send(fd, noise, len, MSG_DONTWAIT);
	}
	close(fd);
	usleep(300000); /* the socket's buffer is full of noise until then */
	assert_string_equal(ask_udp(port, "web", TYPE_A)->address, "10.7.0.2");
}

static void a_view_that_is_gone_leaves_nothing_open(void **state)
{
	size_t n_before = process_n_fds(&process);
	int client;

	(void)state;
	for (int i = 0; i < 50; i++) {
		uint16_t its_port = plumber_view(&plumber, 3, 7, false);

		client = client_tcp(its_port);
		assert_string_equal(ask_udp(its_port, "web", TYPE_A)->address, "10.7.0.2");
		plumber_view_gone(&plumber, 3);
		assert_string_equal(ask_udp(port, "web", TYPE_A)->address, "10.7.0.2");
		close(client);
	}
	assert_int_equal(process_n_fds(&process), n_before);
}

/* The target for both processes with 1,000 containers is 16 MB. */
static void a_thousand_views_are_small(void **state)
{
	uint64_t before_kb = process_status(&process, "VmRSS", 10), after_kb;
	uint16_t last_port = 0;
	char name[64], address[32];

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		last_port = plumber_view(&plumber, 100 + i, 7, false);
		snprintf(name, sizeof(name), "container%u", i);
		snprintf(address, sizeof(address), "10.7.%u.%u", 10 + (i >> 8), i & 255);
		plumber_name(&plumber, IPC_NAME, 7, name, address);
	}
	assert_string_equal(ask_udp(last_port, "container999", TYPE_A)->address, "10.7.13.231");
	after_kb = process_status(&process, "VmRSS", 10);
	print_message("RSS %lu kB, with 1,000 views more %lu kB\n", before_kb, after_kb);
	assert_small(before_kb, 1200);
	assert_small(0, 10000);
	for (uint32_t i = 0; i < 1000; i++)
		plumber_view_gone(&plumber, 100 + i);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(local_names_are_answered_over_udp_and_tcp),
		cmocka_unit_test(names_of_other_networks_are_not_seen),
		cmocka_unit_test(a_name_is_visible_and_gone_the_moment_it_was_sent),
		cmocka_unit_test(what_is_asked_is_counted),
		cmocka_unit_test(a_burst_of_questions_is_answered_one_by_one),
		cmocka_unit_test(tcp_takes_many_questions_at_once_and_in_pieces),
		cmocka_unit_test(a_tcp_client_that_does_not_read_harms_nobody),
		cmocka_unit_test(tcp_clients_are_limited_and_the_quietest_makes_room),
		cmocka_unit_test(a_tcp_client_that_has_asked_makes_no_room),
		cmocka_unit_test(running_out_of_descriptors_is_waited_out),
		cmocka_unit_test(an_idle_tcp_client_is_closed),
		cmocka_unit_test(a_frame_that_is_too_long_ends_the_connection),
		cmocka_unit_test(random_datagrams_do_no_harm),
		cmocka_unit_test(a_view_that_is_gone_leaves_nothing_open),
		cmocka_unit_test(a_thousand_views_are_small),
	};

	process_main(argc, argv);
	if (!process_own_network())
		return 77; /* skipped: only root has namespaces and users to give up */
	return cmocka_run_group_tests(tests, setup, teardown);
}
