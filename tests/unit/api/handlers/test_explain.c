// SPDX-License-Identifier: GPL-2.0-or-later
// test_explain.c - questions that a process of its own answers: whole, late, never, or to nobody
#include "base/cleanup.h"
#include "base/limits.h"
#include "tests/unit/api/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ASKED_MAX 128

/* Who explains: it does nothing but keep the pipes, and the test writes what the process would. */
static struct explainer {
	int pipe_fd[ASKED_MAX];
	char asked[ASKED_MAX][64];
	size_t n;
	int refuses; /* negative errno */
} explainer;

static int fake_start(const struct api_explain *asked, int pipe_fd, void *data)
{
	struct explainer *all = data;

	if (all->refuses < 0)
		return all->refuses;
	assert_true(all->n < ASKED_MAX);
	if (asked->doctor)
		(void)snprintf(all->asked[all->n], sizeof(all->asked[0]), "doctor %s",
			       asked->name ? asked->name : "of all");
	else if (asked->reach)
		(void)snprintf(all->asked[all->n], sizeof(all->asked[0]), "reach %s %s",
			       asked->names ? asked->names : "-",
			       asked->network ? asked->network : "-");
	else
		(void)snprintf(all->asked[all->n], sizeof(all->asked[0]), "%s %s%s%s%s",
			       asked->from, asked->to, asked->with_facts ? " facts" : "",
			       asked->all ? " all" : "", asked->probe ? " probe" : "");
	all->pipe_fd[all->n] = fcntl(pipe_fd, F_DUPFD_CLOEXEC, 0);
	assert_true(all->pipe_fd[all->n++] >= 0);
	return 0;
}

static int setup(void **state)
{
	explainer = (struct explainer) { 0 };
	return api_rig_setup_with(
		state, &(struct api_explainer) { .start = fake_start, .data = &explainer });
}

static void ends(size_t i)
{
	if (explainer.pipe_fd[i] >= 0)
		assert_int_equal(close(explainer.pipe_fd[i]), 0);
	explainer.pipe_fd[i] = -1;
}

static int teardown(void **state)
{
	for (size_t i = 0; i < explainer.n; i++)
		ends(i);
	return api_rig_teardown(state);
}

static void says(size_t i, const void *data, size_t len)
{
	assert_int_equal(write(explainer.pipe_fd[i], data, len), (ssize_t)len);
}

/* A process of ours, which nothing but a signal ends. */
static pid_t a_process(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		for (;;)
			(void)pause();
	return pid;
}

/* libev may have heard of its end first. */
static void is_killed(pid_t pid)
{
	for (int i = 0; i < 60000 && kill(pid, 0) == 0; i++) {
		(void)waitpid(pid, NULL, WNOHANG);
		(void)usleep(1000);
	}
	assert_int_equal(kill(pid, 0), -1);
}

static struct client get(struct api_rig *rig, const char *path)
{
	struct client client = client_open(rig);
	char request[256];

	(void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: d\r\n\r\n", path);
	client_puts(&client, request);
	for (int i = 0; i < 5; i++)
		client_turn(&client);
	return client;
}

static struct client ask(struct api_rig *rig, const char *query)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "/netd/v1/explain?%s", query);
	return get(rig, path);
}

static void is_answered(struct client *client, int status, const char *body)
{
	struct reply reply = client_reply(client, false);

	assert_int_equal(reply.status, status);
	if (!strstr(reply.body, body))
		fail_msg("\"%s\" is not in %s", body, reply.body);
	reply_done(&reply);
	client_close(client);
}

static void what_the_process_writes_is_the_reply(void **state)
{
	struct client client = ask(*state, "from=web&to=db%3a80&facts=1&probe=1");
	pid_t pid = getpid();

	assert_int_equal(explainer.n, 1);
	assert_string_equal(explainer.asked[0], "web db:80 facts probe");
	says(0, &pid, sizeof(pid));
	says(0, "20", 2); /* in pieces */
	client_turn(&client);
	says(0, "0\n{\"Verdict\":", 13);
	client_turn(&client);
	/* The loop is free meanwhile, and half an answer is none. */
	rig_expect(*state, "GET", "/_ping", NULL, 200, "OK");
	assert_int_equal(client.in.len, 0);
	says(0, "\"reachable\"}\n", 13);
	ends(0);
	is_answered(&client, 200, "{\"Verdict\":\"reachable\"}\n");
}

static void all_listeners_are_asked_for(void **state)
{
	struct client client = ask(*state, "from=web&to=db&all=1&facts=1");
	pid_t pid = getpid();

	assert_string_equal(explainer.asked[0], "web db facts all");
	says(0, &pid, sizeof(pid));
	says(0, "200\n{\"Answers\":[]}\n", 19);
	ends(0);
	is_answered(&client, 200, "{\"Answers\":[]}\n");
}

static void doctor_is_asked_about_all_or_about_one(void **state)
{
	static const char *const paths[] = { "/netd/v1/doctor", "/netd/v1/doctor?name=my%20web" };
	static const char *const asked[] = { "doctor of all", "doctor my web" };
	pid_t pid = getpid();

	for (size_t i = 0; i < 2; i++) {
		struct client client = get(*state, paths[i]);

		assert_int_equal(explainer.n, i + 1);
		assert_string_equal(explainer.asked[i], asked[i]);
		says(i, &pid, sizeof(pid));
		says(i, "200\n{\"Verdict\":\"well\"}\n", 23);
		ends(i);
		is_answered(&client, 200, "{\"Verdict\":\"well\"}\n");
	}
}

static void doctor_of_nobody_has_its_status_and_half_a_report_is_none(void **state)
{
	static const char body[] = "404\n{\"message\":\"there is no container and no network "
				   "called x\"}\n";
	struct client client = get(*state, "/netd/v1/doctor?name=x");
	pid_t pid = getpid();

	says(0, &pid, sizeof(pid));
	says(0, body, sizeof(body) - 1);
	ends(0);
	is_answered(&client, 404, "no container and no network called x");
	client = get(*state, "/netd/v1/doctor");
	says(1, &pid, sizeof(pid));
	says(1, "200\n{\"Verdict\":", 14);
	ends(1);
	is_answered(&client, 500, "ended before it had an answer");
}

static void who_reaches_what_is_asked_for(void **state)
{
	static const struct {
		const char *path, *asked;
	} cases[] = {
		{ "/netd/v1/reach", "reach - -" },
		{ "/netd/v1/reach?names=web%2chost", "reach web,host -" },
		{ "/netd/v1/reach?network=blue", "reach - blue" },
	};
	pid_t pid = getpid();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct client client = get(*state, cases[i].path);

		assert_string_equal(explainer.asked[i], cases[i].asked);
		says(i, &pid, sizeof(pid));
		says(i, "200\n{\"Pairs\":[]}\n", 17);
		ends(i);
		is_answered(&client, 200, "{\"Pairs\":[]}\n");
	}
	rig_expect(*state, "GET", "/netd/v1/reach?names=web,,db", NULL, 400, "A is empty");
	rig_expect(*state, "GET", "/netd/v1/reach?names=", NULL, 400, "A is empty");
	rig_expect(*state, "GET", "/netd/v1/reach?names=web,", NULL, 400, "a name is missing");
	rig_expect(*state, "GET", "/netd/v1/reach?names=web&network=blue", NULL, 400,
		   "one of them is enough");
	assert_int_equal(explainer.n, 3);
}

static void a_refusal_of_the_process_has_its_status(void **state)
{
	static const char body[] = "404\n{\"message\":\"there is no container called x\"}\n";
	struct client client = ask(*state, "from=x&to=db");
	pid_t pid = getpid();

	says(0, &pid, sizeof(pid));
	says(0, body, sizeof(body) - 1);
	ends(0);
	is_answered(&client, 404, "there is no container called x");
}

static void half_an_answer_is_an_error(void **state)
{
	static const char *const halves[] = {
		"", "20", "200\n", "200\n{", "abc\n{}\n", "099\n{}\n"
	};
	pid_t pid = getpid();

	for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
		struct client client = ask(*state, "from=web&to=db");

		says(i, &pid, sizeof(pid));
		if (halves[i][0])
			says(i, halves[i], strlen(halves[i]));
		ends(i);
		is_answered(&client, 500, "ended before it had an answer");
	}
}

static void nonsense_starts_nobody(void **state)
{
	static const struct {
		const char *query, *says;
	} bad[] = {
		{ "to=db", "from is missing" },
		{ "from=web", "to is missing" },
		{ "from=web&to=db:0", "ports are numbers from 1 to 65535" },
		{ "from=web:1&to=db", "has a port, and only B has one" },
		{ "from=web&to=db/sctp", "there is tcp, udp and icmp" },
		{ "from=web&to=db:80&all=1", "--all asks for every port of B" },
		{ "from=web&to=outside:192.0.2.1&all=1", "is not on this host" },
		{ "from=web&to=db&all=1&probe=1", "leave out probe=1" },
	};
	char path[128];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(path, sizeof(path), "/netd/v1/explain?%s", bad[i].query);
		rig_expect(*state, "GET", path, NULL, 400, bad[i].says);
	}
	rig_expect(*state, "GET", "/netd/v1/doctor?name=", NULL, 400, "name is empty");
	assert_int_equal(explainer.n, 0);
}

static void who_cannot_be_started_is_said(void **state)
{
	explainer.refuses = -ENOENT;
	rig_expect(*state, "GET", "/netd/v1/explain?from=web&to=db", NULL, 501,
		   "netd-explain is not installed");
	explainer.refuses = -EAGAIN;
	rig_expect(*state, "GET", "/netd/v1/explain?from=web&to=db", NULL, 500,
		   "cannot look into it");
}

static void one_who_left_is_not_missed(void **state)
{
	struct client client = ask(*state, "from=web&to=db");
	pid_t pid = getpid();

	says(0, &pid, sizeof(pid));
	client_close(&client);
	says(0, "200\n{}\n", 7);
	ends(0);
	rig_expect(*state, "GET", "/_ping", NULL, 200, "OK");
	client = ask(*state, "from=web&to=db");
	says(1, &pid, sizeof(pid));
	says(1, "200\n{}\n", 7);
	ends(1);
	is_answered(&client, 200, "{}");
}

static void more_than_are_answered_at_once_wait_for_their_turn(void **state)
{
	struct client clients[EXPLAIN_AT_ONCE_MAX + 2];
	pid_t pid = getpid();

	for (size_t i = 0; i < EXPLAIN_AT_ONCE_MAX + 2; i++)
		clients[i] = ask(*state, "from=web&to=db");
	assert_int_equal(explainer.n, EXPLAIN_AT_ONCE_MAX);
	for (size_t i = 0; i < EXPLAIN_AT_ONCE_MAX + 2; i++) {
		says(i, &pid, sizeof(pid));
		says(i, "200\n{}\n", 7);
		ends(i);
		is_answered(&clients[i], 200, "{}");
	}
	assert_int_equal(explainer.n, EXPLAIN_AT_ONCE_MAX + 2);
}

static void in_line_one_who_cannot_be_started_is_told_so(void **state)
{
	struct client clients[EXPLAIN_AT_ONCE_MAX + 1];
	pid_t pid = getpid();

	for (size_t i = 0; i <= EXPLAIN_AT_ONCE_MAX; i++)
		clients[i] = ask(*state, "from=web&to=db");
	explainer.refuses = -ENOENT;
	says(0, &pid, sizeof(pid));
	says(0, "200\n{}\n", 7);
	ends(0);
	is_answered(&clients[0], 200, "{}");
	is_answered(&clients[EXPLAIN_AT_ONCE_MAX], 501, "not installed");
	for (size_t i = 1; i < EXPLAIN_AT_ONCE_MAX; i++)
		client_close(&clients[i]);
}

/* 'i' is who explains it; what may be said is said, and one part more is not. */
static void is_cut_off(struct api_rig *rig, size_t i, const char *query, size_t max)
{
	struct client client = ask(rig, query);
	static char part[EXPLAIN_READ_MAX / 2]; /* a pipe holds it */
	pid_t pid = a_process();
	char why[64];

	says(i, &pid, sizeof(pid));
	says(i, "200\n", 4);
	client_turn(&client);
	client_turn(&client);
	for (size_t sent = 0; sent < max; sent += sizeof(part)) {
		says(i, part, sizeof(part));
		rig_round(rig);
	}
	assert_int_equal(kill(pid, 0), 0);
	says(i, part, sizeof(part));
	rig_round(rig);
	(void)snprintf(why, sizeof(why), "the answer has more than %zu bytes", max);
	is_answered(&client, 413, why);
	is_killed(pid);
}

static void an_answer_without_end_is_cut_off(void **state)
{
	is_cut_off(*state, 0, "from=web&to=db", EXPLAIN_VERDICT_MAX);
	is_cut_off(*state, 1, "from=web&to=db&facts=1", EXPLAIN_ANSWER_MAX);
}

/* Facts are long: netd holds those of one at a time, and others pass by. */
static void facts_are_taken_of_one_at_a_time(void **state)
{
	struct client first = ask(*state, "from=web&to=db&facts=1");
	struct client second = ask(*state, "from=web&to=c&facts=1");
	struct client third = ask(*state, "from=web&to=d");
	pid_t pid = getpid();

	assert_int_equal(explainer.n, 2);
	assert_string_equal(explainer.asked[1], "web d");
	for (size_t i = 0; i < 3; i++) {
		struct client *clients[] = { &first, &third, &second };

		says(i, &pid, sizeof(pid));
		says(i, "200\n{}\n", 7);
		ends(i);
		is_answered(clients[i], 200, "{}");
	}
	assert_int_equal(explainer.n, 3);
	assert_string_equal(explainer.asked[2], "web c facts");
}

static void only_so_many_may_wait(void **state)
{
	struct client clients[EXPLAIN_AT_ONCE_MAX + EXPLAIN_WAITING_MAX], late;
	pid_t pid = getpid();

	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		clients[i] = ask(*state, "from=web&to=db");
	late = ask(*state, "from=web&to=db");
	is_answered(&late, 503,
		    "8 questions are being looked into and 56 more wait: ask again later");
	/* One that is answered makes room for one, and so does one that leaves. */
	says(0, &pid, sizeof(pid));
	says(0, "200\n{}\n", 7);
	ends(0);
	is_answered(&clients[0], 200, "{}");
	clients[0] = ask(*state, "from=web&to=db");
	late = ask(*state, "from=web&to=db");
	is_answered(&late, 503, "ask again later");
	client_close(&clients[ARRAY_SIZE(clients) - 1]);
	rig_round(*state);
	clients[ARRAY_SIZE(clients) - 1] = ask(*state, "from=web&to=db");
	late = ask(*state, "from=web&to=db");
	is_answered(&late, 503, "ask again later");
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++)
		client_close(&clients[i]);
}

static void a_server_that_ends_lets_go_of_all(void **state)
{
	struct api_rig *rig = *state;
	struct client clients[EXPLAIN_AT_ONCE_MAX + 1];
	pid_t pid = a_process();

	for (size_t i = 0; i <= EXPLAIN_AT_ONCE_MAX; i++)
		clients[i] = ask(rig, "from=web&to=db");
	says(0, &pid, sizeof(pid));
	client_turn(&clients[0]);
	api_server_free(rig->server);
	rig->server = NULL;
	is_killed(pid);
	for (size_t i = 0; i <= EXPLAIN_AT_ONCE_MAX; i++)
		client_close(&clients[i]);
}

#define EXPLAIN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EXPLAIN_TEST(what_the_process_writes_is_the_reply),
		EXPLAIN_TEST(all_listeners_are_asked_for),
		EXPLAIN_TEST(doctor_is_asked_about_all_or_about_one),
		EXPLAIN_TEST(doctor_of_nobody_has_its_status_and_half_a_report_is_none),
		EXPLAIN_TEST(who_reaches_what_is_asked_for),
		EXPLAIN_TEST(a_refusal_of_the_process_has_its_status),
		EXPLAIN_TEST(half_an_answer_is_an_error),
		EXPLAIN_TEST(nonsense_starts_nobody),
		EXPLAIN_TEST(who_cannot_be_started_is_said),
		EXPLAIN_TEST(one_who_left_is_not_missed),
		EXPLAIN_TEST(more_than_are_answered_at_once_wait_for_their_turn),
		EXPLAIN_TEST(in_line_one_who_cannot_be_started_is_told_so),
		EXPLAIN_TEST(an_answer_without_end_is_cut_off),
		EXPLAIN_TEST(facts_are_taken_of_one_at_a_time),
		EXPLAIN_TEST(only_so_many_may_wait),
		EXPLAIN_TEST(a_server_that_ends_lets_go_of_all),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
