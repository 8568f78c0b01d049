// SPDX-License-Identifier: GPL-2.0-or-later
// test_upstream.c - questions that leave: servers that die, lie, cut and refuse
#include "tests/unit/resolver/process.h"
#include "tests/unit/resolver/question.h"
#include "tests/unit/resolver/server_fake.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define RCODE_SERVFAIL 2
#define RCODE_REFUSED 5

/* Times only tell what a question waited for: a bound is what the next wait would have taken, for a
 * busy machine may take any time itself. A try that is waited for is the shortest of them. */
#define NOBODY_WAITED_MS (DNS_FIRST_TRY_MS - 50)
#define GLIBC_PATIENCE_MS 5000 /* resolv.conf(5), timeout */

static struct process process;
static struct plumber plumber;
static struct fake first, second;
static uint16_t port;
static unsigned n_names;

static int setup(void **state)
{
	(void)state;
	process_start(&process);
	plumber_connect(&plumber, &process);
	plumber_network(&plumber, 7, "blue", false);
	port = plumber_view(&plumber, 1, 7, true);
	plumber_sync(&plumber);
	fake_start(&first, FAKE_ANSWERS);
	fake_start(&second, FAKE_ANSWERS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_stop(&first);
	fake_stop(&second);
	plumber_close(&plumber);
	process_stop(&process);
	return 0;
}

/* Both servers as named, healthy as far as the resolver knows: it asks ports it has not seen. */
static void use(enum fake_manner manner, enum fake_manner other)
{
	const uint16_t none[] = { 0 };

	plumber_config(&plumber, none);
	fake_stop(&first);
	fake_stop(&second);
	fake_start(&first, manner);
	fake_start(&second, other);
	plumber_config(&plumber, (uint16_t[]) { first.port, second.port, 0 });
}

static const char *new_name(void)
{
	static char name[64];

	snprintf(name, sizeof(name), "host%u.example.org", n_names++);
	return name;
}

static void an_answer_is_asked_for_once_and_then_cached(void **state)
{
	const char *name = new_name();

	(void)state;
	use(FAKE_ANSWERS, FAKE_ANSWERS);
	assert_string_equal(ask_udp(port, name, TYPE_A)->address, "192.0.2.1");
	assert_string_equal(ask_udp(port, name, TYPE_A)->address, "192.0.2.1");
	assert_string_equal(ask_tcp(port, name, TYPE_A)->address, "192.0.2.1");
	assert_int_equal(first.n_udp, 1);
	assert_int_equal(second.n_udp, 0);
	/* Other servers may say something else: what was known is forgotten. */
	plumber_config(&plumber, (uint16_t[]) { second.port, 0 });
	assert_string_equal(ask_udp(port, name, TYPE_A)->address, "192.0.2.1");
	assert_int_equal(second.n_udp, 1);
}

static void without_servers_the_answer_is_servfail_at_once(void **state)
{
	const struct answer *answer;

	(void)state;
	plumber_config(&plumber, NULL);
	answer = ask_udp(port, new_name(), TYPE_A);
	assert_int_equal(answer->rcode, RCODE_SERVFAIL);
	assert_true(answer->waited_ms < NOBODY_WAITED_MS);
}

static void a_closed_port_is_servfail_at_once(void **state)
{
	const struct answer *answer;
	uint16_t closed = 0;

	(void)state;
	close(loopback_socket(AF_INET, SOCK_DGRAM, &closed));
	plumber_config(&plumber, (uint16_t[]) { closed, 0 });
	answer = ask_udp(port, new_name(), TYPE_A);
	assert_int_equal(answer->rcode, RCODE_SERVFAIL);
	assert_true(answer->waited_ms < NOBODY_WAITED_MS);
}

static void a_dead_first_server_costs_once_and_then_nothing(void **state)
{
	const struct answer *answer;

	(void)state;
	use(FAKE_SILENT, FAKE_ANSWERS);
	answer = ask_udp(port, new_name(), TYPE_A);
	assert_string_equal(answer->address, "192.0.2.1");
	assert_true(answer->waited_ms >= DNS_FIRST_TRY_MS - 50 &&
		    answer->waited_ms < 2 * DNS_FIRST_TRY_MS); /* for one try, not two */
	for (int i = 0; i < 30; i++) {
		answer = ask_udp(port, new_name(), TYPE_A);
		assert_string_equal(answer->address, "192.0.2.1");
		assert_true(answer->waited_ms < NOBODY_WAITED_MS);
		usleep(50000); /* long enough for a probe or two */
	}
	assert_true(first.n_udp >= 2 && first.n_udp <= 5);
}

static void a_server_that_comes_back_is_asked_first_again(void **state)
{
	(void)state;
	use(FAKE_SILENT, FAKE_ANSWERS);
	(void)ask_udp(port, new_name(), TYPE_A);
	first.manner = FAKE_ANSWERS;
	for (int i = 0; i < 20; i++) {
		(void)ask_udp(port, new_name(), TYPE_A);
		usleep(100000);
	}
	unsigned n_second = second.n_udp;

	for (int i = 0; i < 10; i++)
		assert_string_equal(ask_udp(port, new_name(), TYPE_A)->address, "192.0.2.1");
	assert_int_equal(second.n_udp, n_second);
}

static void servfail_refused_and_lies_lead_to_the_next_server(void **state)
{
	static const enum fake_manner manners[] = { FAKE_SERVFAIL, FAKE_REFUSED };
	const struct answer *answer;

	(void)state;
	for (size_t i = 0; i < sizeof(manners) / sizeof(manners[0]); i++) {
		use(manners[i], FAKE_ANSWERS);
		answer = ask_udp(port, new_name(), TYPE_A);
		assert_string_equal(answer->address, "192.0.2.1");
		assert_true(answer->waited_ms < NOBODY_WAITED_MS);
	}
	/* What answers another question was not heard at all. */
	use(FAKE_LIES, FAKE_ANSWERS);
	answer = ask_udp(port, new_name(), TYPE_A);
	assert_string_equal(answer->address, "192.0.2.1");
}

static void servfail_of_all_servers_is_the_answer_without_waiting(void **state)
{
	const struct answer *answer;

	(void)state;
	use(FAKE_SERVFAIL, FAKE_REFUSED);
	answer = ask_udp(port, new_name(), TYPE_A);
	assert_int_equal(answer->rcode, RCODE_SERVFAIL);
	assert_true(answer->waited_ms < NOBODY_WAITED_MS);
}

/* One socket, AAAA first, as musl asks; the answers in the order of their ids. */
/* What the client asked was well formed. */
static void formerr_of_all_servers_is_servfail_without_waiting(void **state)
{
	const struct answer *answer;

	(void)state;
	use(FAKE_FORMERR, FAKE_FORMERR);
	answer = ask_udp(port, new_name(), TYPE_A);
	assert_int_equal(answer->rcode, RCODE_SERVFAIL);
	assert_true(answer->waited_ms < DNS_BUDGET_MS / 2);
}

/* The resolver rests meanwhile: otherwise the first may be answered before the second is sent, and
 * then it was alone. */
static void ask_both(const char *name, struct answer *ret_aaaa, struct answer *ret_a)
{
	int status, fd = client_udp(port);

	assert_int_equal(kill(process.pid, SIGSTOP), 0);
	assert_int_equal(waitpid(process.pid, &status, WUNTRACED), process.pid);
	assert_true(WIFSTOPPED(status));
	send_udp(fd, &(struct question) { .id = 0, .name = name, .type = TYPE_AAAA });
	send_udp(fd, &(struct question) { .id = 1, .name = name, .type = TYPE_A });
	assert_int_equal(kill(process.pid, SIGCONT), 0);
	for (int i = 0; i < 2; i++) {
		static struct answer answer;

		receive_udp(fd, &answer, 6000);
		assert_true(answer.len > 0);
		*(answer.id == 0 ? ret_aaaa : ret_a) = answer;
	}
	close(fd);
}

static void a_family_that_is_refused_does_not_spoil_the_other(void **state)
{
	static struct answer aaaa, a;
	const char *name = new_name();

	(void)state;
	use(FAKE_ONE_FAMILY, FAKE_ONE_FAMILY);
	assert_int_equal(ask_udp(port, name, TYPE_AAAA)->rcode,
			 RCODE_REFUSED); /* alone: the truth */
	for (int delay_ms = 0; delay_ms <= 100; delay_ms += 100) {
		first.delay_ms = second.delay_ms =
			delay_ms; /* either may fail before the other answers */
		ask_both(new_name(), &aaaa, &a);
		assert_string_equal(a.address, "192.0.2.1");
		assert_int_equal(aaaa.rcode, 0);
		assert_int_equal(aaaa.n_answers, 0);
	}
	first.delay_ms = second.delay_ms = 0;
	assert_string_equal(ask_udp(port, name, TYPE_A)->address, "192.0.2.1");
	assert_int_equal(ask_udp(port, name, TYPE_AAAA)->rcode, 0); /* the cache remembers */
}

static void both_families_that_fail_fail_at_once(void **state)
{
	static struct answer aaaa, a;

	(void)state;
	use(FAKE_REFUSED, FAKE_SERVFAIL);
	ask_both(new_name(), &aaaa, &a);
	assert_true(a.rcode == RCODE_REFUSED || a.rcode == RCODE_SERVFAIL);
	assert_true(aaaa.rcode == RCODE_REFUSED || aaaa.rcode == RCODE_SERVFAIL);
	assert_true(a.waited_ms < 1000 && aaaa.waited_ms < 1000);
}

static void silence_of_all_servers_is_servfail_within_the_budget(void **state)
{
	const struct answer *answer;

	(void)state;
	use(FAKE_SILENT, FAKE_SILENT);
	answer = ask_udp(port, new_name(), TYPE_A);
	assert_int_equal(answer->rcode, RCODE_SERVFAIL);
	assert_true(answer->waited_ms >= DNS_BUDGET_MS - 100 &&
		    answer->waited_ms < GLIBC_PATIENCE_MS);
	assert_true(first.n_udp >= 2 && second.n_udp >= 2); /* datagrams get lost: asked again */
}

static void a_cut_answer_is_fetched_over_tcp(void **state)
{
	const char *name = new_name();
	const struct answer *answer;

	(void)state;
	use(FAKE_CUTS, FAKE_CUTS);
	answer = ask_udp(port, name, TYPE_A);
	assert_int_equal(answer->rcode, 0);
	assert_true(answer->tc && answer->len <= DNS_UDP_PLAIN_MAX);
	assert_int_equal(first.n_tcp, 1);
	answer = ask_tcp(port, name, TYPE_A);
	assert_false(answer->tc);
	assert_int_equal(answer->n_answers, 200);
	assert_int_equal(first.n_tcp, 1); /* that was in the cache */
}

static void use_one(enum fake_manner manner)
{
	use(manner, FAKE_SILENT);
	plumber_config(&plumber, (uint16_t[]) { first.port, 0 });
}

/* The server answers one question on each connection, whatever else was asked there. */
static void what_a_closed_connection_leaves_unanswered_is_asked_on_another(void **state)
{
	enum { N = 20 };
	static struct answer answer;
	char name[64];
	int fd = client_tcp(port);

	(void)state;
	use_one(FAKE_CUTS);
	for (uint16_t i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "shut%u.example.org", i);
		send_tcp(fd, &(struct question) { .id = i, .name = name, .type = TYPE_A });
	}
	for (unsigned i = 0; i < N; i++) {
		receive_tcp(fd, &answer, 3000);
		assert_true(answer.len > 0);
		assert_int_equal(answer.rcode, 0);
		assert_int_equal(answer.n_answers, 200);
	}
	assert_int_equal(first.n_tcp, N);
	close(fd);
}

static void a_connection_that_ends_before_the_answer_costs_one_more_and_not_two(void **state)
{
	const struct answer *answer;

	(void)state;
	use_one(FAKE_CUTS);
	for (unsigned shut_at = 0; shut_at < 60; shut_at += 20) { /* nothing; head; records */
		first.n_tcp = 0;
		first.shut_at = shut_at;
		first.n_shut = 1;
		answer = ask_tcp(port, new_name(), TYPE_A);
		assert_int_equal(answer->rcode, 0);
		assert_int_equal(answer->n_answers, 200);
		assert_int_equal(first.n_tcp, 2);
		first.n_tcp = 0;
		first.n_shut = 100;
		answer = ask_tcp(port, new_name(), TYPE_A);
		assert_int_equal(answer->rcode, RCODE_SERVFAIL);
		assert_int_equal(first.n_tcp, 2);
		first.n_shut = 0;
	}
}

static void a_server_without_edns_is_asked_without(void **state)
{
	const struct answer *answer;

	(void)state;
	use(FAKE_NO_EDNS, FAKE_SILENT);
	for (int i = 0; i < 3; i++) {
		answer = ask_udp(port, new_name(), TYPE_A);
		assert_string_equal(answer->address, "192.0.2.1");
		assert_true(answer->waited_ms < NOBODY_WAITED_MS);
	}
	assert_int_equal(second.n_udp, 0);
}

static void many_clients_with_one_question_make_one_query(void **state)
{
	const char *name = new_name();
	static struct answer answer;
	int fds[100];

	(void)state;
	use(FAKE_ANSWERS, FAKE_ANSWERS);
	first.delay_ms = 200;
	for (uint16_t i = 0; i < 100; i++) {
		fds[i] = client_udp(port);
		send_udp(fds[i], &(struct question) { .id = i, .name = name, .type = TYPE_A });
	}
	for (uint16_t i = 0; i < 100; i++) {
		receive_udp(fds[i], &answer, 2000);
		assert_int_equal(answer.id, i);
		assert_string_equal(answer.address, "192.0.2.1");
		close(fds[i]);
	}
	assert_int_equal(first.n_udp, 1);
	assert_int_equal(second.n_udp, 0);
}

/* Over TCP, for none must get lost. */
static void flood(int fd, uint32_t view, unsigned n_questions)
{
	char name[64];

	for (unsigned i = 0; i < n_questions; i++) {
		snprintf(name, sizeof(name), "keep%u-%u.example.org", view, i);
		send_tcp(fd,
			 &(struct question) { .id = (uint16_t)i, .name = name, .type = TYPE_A });
	}
}

/* How many answers with this code come until none has for a while. */
static unsigned count_answers(int fd, uint8_t rcode, int quiet_ms)
{
	static struct answer answer;
	unsigned n = 0;

	while (receive_tcp(fd, &answer, quiet_ms), answer.len > 0)
		n += answer.rcode == rcode;
	return n;
}

static struct ipc_stats counted(void)
{
	struct ipc_stats stats;

	plumber_stats(&plumber, &stats);
	return stats;
}

static void what_is_beyond_a_share_waits_for_its_turn(void **state)
{
	enum { N = DNS_INFLIGHT_PER_VIEW_MAX + 200 };
	int fd = client_tcp(port);

	(void)state;
	use_one(FAKE_KEEPS);
	flood(fd, 1, N);
	assert_int_equal(count_answers(fd, RCODE_SERVFAIL, 200), 0);
	assert_int_equal(first.n_udp, DNS_INFLIGHT_PER_VIEW_MAX);
	first.manner = FAKE_ANSWERS; /* when they are asked for the second time */
	assert_int_equal(count_answers(fd, 0, 1500), N);
	close(fd);
}

static void waiting_in_line_counts_for_the_budget(void **state)
{
	enum { N = DNS_INFLIGHT_PER_VIEW_MAX + 200 };
	int fd = client_tcp(port);
	uint64_t start_ms = now_ms();

	(void)state;
	use_one(FAKE_SILENT);
	flood(fd, 2, N);
	assert_int_equal(count_answers(fd, RCODE_SERVFAIL, DNS_BUDGET_MS + 500), N);
	/* The last wait for more is not the resolver's. */
	assert_true(now_ms() - start_ms < 2 * DNS_BUDGET_MS + 1500);
	close(fd);
}

/* The resolver is stopped for as long as a question may wait, so that none of these has a turn. */
static void what_waited_too_long_is_counted(void **state)
{
	enum { N = DNS_INFLIGHT_PER_VIEW_MAX + 200 };
	struct ipc_stats before = counted();
	int fd = client_tcp(port);

	(void)state;
	use_one(FAKE_SILENT);
	flood(fd, 3, N);
	while (counted().queries < before.queries + N)
		usleep(1000);
	assert_int_equal(kill(process.pid, SIGSTOP), 0);
	usleep(DNS_BUDGET_MS * 1000);
	assert_int_equal(kill(process.pid, SIGCONT), 0);
	assert_int_equal(count_answers(fd, RCODE_SERVFAIL, 2000), N);
	assert_int_equal(counted().late, before.late + N - DNS_INFLIGHT_PER_VIEW_MAX);
	close(fd);
}

/* A line takes what its memory holds, and says no to the rest at once. */
static void a_line_has_an_end(void **state)
{
	enum { N = 12000 };
	static struct answer answer;
	unsigned n_refused = 0;
	int fd = client_udp(plumber_view(&plumber, 4, 7, true));
	uint64_t shed_before = counted().shed;
	char name[64];

	(void)state;
	use_one(FAKE_SILENT);
	for (unsigned i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "keep-%u.example.org", i);
		send_udp(fd,
			 &(struct question) { .id = (uint16_t)i, .name = name, .type = TYPE_A });
		if (i % 50 == 49 && (receive_udp(fd, &answer, 1), answer.len > 0))
			n_refused += answer.rcode == RCODE_SERVFAIL;
	}
	assert_true(n_refused > 0);
	assert_true(counted().shed >= shed_before + n_refused);
	/* Which is memory well below what was sent. */
	assert_true(process_status(&process, "VmRSS", 10) < 200000);
	plumber_view_gone(&plumber, 4);
	close(fd);
}

/* Who is beyond its share is told so as often as RESOLVER_REFUSED_REST_MS allows, not as often as
 * it asks: a turn at a time. */
static void saying_no_has_a_pace(void **state)
{
	enum { FILL = 8000, N = 60000 };
	struct ipc_stats before = { 0 }, after;
	int fd = client_udp(plumber_view(&plumber, 5, 7, true));
	uint64_t start_ms = 0;
	char name[64];

	(void)state;
	use_one(FAKE_SILENT);
	for (unsigned i = 0; i < FILL + N; i++) {
		if (i == FILL) {
			plumber_stats(&plumber, &before);
			start_ms = now_ms();
		}
		snprintf(name, sizeof(name), "many-%u.example.org", i);
		send_udp(fd,
			 &(struct question) { .id = (uint16_t)i, .name = name, .type = TYPE_A });
		if (i < FILL && i % 50 == 49) /* more than its socket holds are lost */
			usleep(2000);
	}
	plumber_stats(&plumber, &after);
	assert_in_range(after.queries - before.queries, 0,
			2 * RESOLVER_BATCH * (now_ms() - start_ms + 10));
	plumber_view_gone(&plumber, 5);
	close(fd);
}

/* However many containers ask all they may, there is room for one more. */
static void floods_leave_room_for_others(void **state)
{
	enum { N_VIEWS = 20 }; /* eight would be enough to use up all there is */
	const struct answer *answer;
	int fds[N_VIEWS];

	(void)state;
	use_one(FAKE_KEEPS);
	for (uint32_t i = 0; i < N_VIEWS; i++) {
		fds[i] = client_tcp(plumber_view(&plumber, 10 + i, 7, true));
		flood(fds[i], 10 + i, 2 * DNS_INFLIGHT_PER_VIEW_MAX);
	}
	for (uint32_t i = 0; i < N_VIEWS; i++)
		assert_int_equal(count_answers(fds[i], RCODE_SERVFAIL, 20), 0);
	for (int i = 0; i < 20; i++) {
		answer = ask_udp(port, new_name(), TYPE_A);
		assert_true(answer->waited_ms < 1000);
	}
	for (uint32_t i = 0; i < N_VIEWS; i++) {
		plumber_view_gone(&plumber, 10 + i);
		close(fds[i]);
	}
	/* The containers are gone, and their questions with them. */
	use(FAKE_ANSWERS, FAKE_ANSWERS);
	assert_string_equal(ask_udp(port, new_name(), TYPE_A)->address, "192.0.2.1");
}

/* Whoever asks, hangs up and comes again has no more asked than who stays. */
static void hanging_up_does_not_make_room(void **state)
{
	static const struct linger at_once = { .l_onoff = 1 };
	uint16_t other = plumber_view(&plumber, 5, 7, true);
	size_t n_before = process_n_fds(&process);

	(void)state;
	use_one(FAKE_KEEPS);
	for (uint32_t i = 0; i < 4; i++) {
		int fd = client_tcp(other);

		flood(fd, 100 + i, DNS_INFLIGHT_PER_VIEW_MAX);
		assert_int_equal(count_answers(fd, RCODE_SERVFAIL, 100), 0);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(fd);
	}
	assert_true(process_n_fds(&process) <= n_before + DNS_INFLIGHT_PER_VIEW_MAX + 10);
	assert_true(ask_udp(port, new_name(), TYPE_A)->waited_ms < 1000);
	plumber_view_gone(&plumber, 5);
	assert_string_equal(ask_udp(port, new_name(), TYPE_A)->address, "192.0.2.1");
}

/* Nobody who is still to be answered is closed for another: who comes late waits to be accepted. */
static void connections_beyond_a_share_wait_to_be_accepted(void **state)
{
	enum { N = DNS_TCP_CLIENTS_PER_VIEW_MAX + 100 };
	unsigned n_answered = 0;
	int fds[N];
	char name[64];

	(void)state;
	use_one(FAKE_KEEPS);
	for (unsigned i = 0; i < N; i++) {
		fds[i] = client_tcp(port);
		snprintf(name, sizeof(name), "keep-tcp%u.example.org", i);
		send_tcp(fds[i],
			 &(struct question) { .id = (uint16_t)i, .name = name, .type = TYPE_A });
	}
	first.manner = FAKE_ANSWERS;
	for (unsigned i = 0; i < N; i++) {
		static struct answer answer;

		receive_tcp(fds[i], &answer, 5000);
		n_answered += answer.len > 0 && strcmp(answer.address, "192.0.2.1") == 0;
	}
	assert_int_equal(n_answered, N);
	for (unsigned i = 0; i < N; i++)
		close(fds[i]);
}

static void connections_that_say_nothing_make_room(void **state)
{
	enum { N = DNS_TCP_CLIENTS_PER_VIEW_MAX + 20 };
	const struct answer *answer;
	uint64_t closed_before = counted().tcp_closed;
	int fds[N];

	(void)state;
	use(FAKE_ANSWERS, FAKE_ANSWERS);
	for (unsigned i = 0; i < N; i++)
		fds[i] = client_tcp(port);
	answer = ask_tcp(port, new_name(), TYPE_A);
	assert_string_equal(answer->address, "192.0.2.1");
	assert_true(answer->waited_ms < DNS_TCP_IDLE_MS / 2);
	assert_true(counted().tcp_closed > closed_before);
	for (unsigned i = 0; i < N; i++)
		close(fds[i]);
}

static void a_view_may_go_while_its_questions_are_open(void **state)
{
	uint16_t other = plumber_view(&plumber, 3, 7, true);
	int udp = client_udp(other), tcp = client_tcp(other);
	const char *name = new_name();

	(void)state;
	use(FAKE_ANSWERS, FAKE_ANSWERS);
	first.delay_ms = 300;
	send_udp(udp, &(struct question) { .id = 1, .name = name, .type = TYPE_A });
	send_tcp(tcp, &(struct question) { .id = 2, .name = name, .type = TYPE_A });
	usleep(50000);
	plumber_view_gone(&plumber, 3);
	assert_string_equal(ask_udp(port, name, TYPE_A)->address, "192.0.2.1");
	assert_int_equal(first.n_udp, 1);
	close(udp);
	close(tcp);
}

static void a_slow_server_without_another_is_not_asked_twice(void **state)
{
	(void)state;
	use(FAKE_ANSWERS, FAKE_ANSWERS);
	plumber_config(&plumber, (uint16_t[]) { first.port, 0 });
	first.delay_ms = DNS_FIRST_TRY_MS + 200;
	assert_string_equal(ask_udp(port, new_name(), TYPE_A)->address, "192.0.2.1");
	assert_int_equal(first.n_udp, 1);
}

/* Nothing is lost or mixed up. */
static void a_thousand_different_questions_get_their_answers(void **state)
{
	static struct answer answer;
	char name[64];
	unsigned n_answers = 0;
	int fd = client_udp(port);

	(void)state;
	use(FAKE_ANSWERS, FAKE_ANSWERS);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "load%u.example.org", i);
		send_udp(fd,
			 &(struct question) { .id = (uint16_t)i, .name = name, .type = TYPE_A });
		if (i % 20 != 19)
			continue;
		for (int j = 0; j < 20; j++) {
			receive_udp(fd, &answer, 2000);
			n_answers += answer.len > 0 && strcmp(answer.address, "192.0.2.1") == 0;
		}
	}
	assert_int_equal(n_answers, 1000);
	close(fd);
}

static int by_value(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* A guest that keeps a question waiting holds no port still for the others: each has its own, from
 * all over the range of ports, and not the next after the last. */
static void each_question_leaves_from_a_port_that_nobody_can_guess(void **state)
{
	enum { N = 300 };
	unsigned n_distinct = 1, n_near = 0;
	int fd = client_udp(port);

	(void)state;
	use(FAKE_KEEPS, FAKE_SILENT);
	plumber_config(&plumber, (uint16_t[]) { first.port, 0 });
	send_udp(fd, &(struct question) { .id = 1, .name = "keep.example.org", .type = TYPE_A });
	while (first.n_udp == 0)
		usleep(1000);
	for (unsigned i = 0; i < N; i++)
		assert_string_equal(ask_udp(port, new_name(), TYPE_A)->address, "192.0.2.1");
	assert_true(first.n_udp > N);
	for (unsigned i = 1; i < N; i++)
		n_near += abs(first.from[i] - first.from[i - 1]) < 100;
	qsort(first.from, N, sizeof(first.from[0]), by_value);
	for (unsigned i = 1; i < N; i++)
		n_distinct += first.from[i] != first.from[i - 1];
	/* Of 28,000 ports two are expected to be drawn twice, and as many to be near the last. */
	assert_true(n_distinct > N - 20);
	assert_true(n_near < 20);
	assert_true(first.from[N - 1] - first.from[0] > 20000);
	close(fd);
}

/* Whoever tries ids at the right port is heard a few times only: the question goes on over TCP. */
static void a_forger_who_found_the_port_is_not_listened_to(void **state)
{
	static struct answer answer;
	const char *name = new_name();
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint8_t forged[512];
	uint64_t misfits_before = counted().misfits;
	int fd = client_udp(port);

	(void)state;
	use(FAKE_SILENT, FAKE_SILENT);
	plumber_config(&plumber, (uint16_t[]) { first.port, 0 });
	send_udp(fd, &(struct question) { .id = 1, .name = name, .type = TYPE_A });
	while (first.n_udp == 0)
		usleep(1000);
	first.manner = FAKE_ANSWERS; /* over TCP, for the datagram was passed over */
	to.sin_port = htons(first.from[0]);
	for (uint16_t id = 0; id <= ASK_WRONG_MAX; id++) {
		struct question guess = { .id = id, .name = name, .type = TYPE_A };
		size_t len = question_build(&guess, forged, sizeof(forged));

		forged[2] |= 0x80;
		(void)sendto(first.udp, forged, len, 0, (struct sockaddr *)&to, sizeof(to));
	}
	receive_udp(fd, &answer, 700);
	assert_string_equal(answer.address, "192.0.2.1");
	assert_int_equal(first.n_udp, 1);
	assert_int_equal(first.n_tcp, 1);
	close(fd);
	assert_true(counted().misfits >= misfits_before + ASK_WRONG_MAX);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_asked_for_once_and_then_cached),
		cmocka_unit_test(without_servers_the_answer_is_servfail_at_once),
		cmocka_unit_test(a_closed_port_is_servfail_at_once),
		cmocka_unit_test(a_dead_first_server_costs_once_and_then_nothing),
		cmocka_unit_test(a_server_that_comes_back_is_asked_first_again),
		cmocka_unit_test(servfail_refused_and_lies_lead_to_the_next_server),
		cmocka_unit_test(servfail_of_all_servers_is_the_answer_without_waiting),
		cmocka_unit_test(formerr_of_all_servers_is_servfail_without_waiting),
		cmocka_unit_test(a_family_that_is_refused_does_not_spoil_the_other),
		cmocka_unit_test(both_families_that_fail_fail_at_once),
		cmocka_unit_test(silence_of_all_servers_is_servfail_within_the_budget),
		cmocka_unit_test(a_cut_answer_is_fetched_over_tcp),
		cmocka_unit_test(what_a_closed_connection_leaves_unanswered_is_asked_on_another),
		cmocka_unit_test(
			a_connection_that_ends_before_the_answer_costs_one_more_and_not_two),
		cmocka_unit_test(a_server_without_edns_is_asked_without),
		cmocka_unit_test(many_clients_with_one_question_make_one_query),
		cmocka_unit_test(what_is_beyond_a_share_waits_for_its_turn),
		cmocka_unit_test(waiting_in_line_counts_for_the_budget),
		cmocka_unit_test(what_waited_too_long_is_counted),
		cmocka_unit_test(a_line_has_an_end),
		cmocka_unit_test(saying_no_has_a_pace),
		cmocka_unit_test(floods_leave_room_for_others),
		cmocka_unit_test(hanging_up_does_not_make_room),
		cmocka_unit_test(connections_beyond_a_share_wait_to_be_accepted),
		cmocka_unit_test(connections_that_say_nothing_make_room),
		cmocka_unit_test(a_view_may_go_while_its_questions_are_open),
		cmocka_unit_test(a_slow_server_without_another_is_not_asked_twice),
		cmocka_unit_test(a_thousand_different_questions_get_their_answers),
		cmocka_unit_test(each_question_leaves_from_a_port_that_nobody_can_guess),
		cmocka_unit_test(a_forger_who_found_the_port_is_not_listened_to),
	};

	process_main(argc, argv);
	if (!process_own_network())
		return 77; /* skipped: only root has namespaces and users to give up */
	return cmocka_run_group_tests(tests, setup, teardown);
}
