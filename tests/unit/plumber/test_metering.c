// SPDX-License-Identifier: GPL-2.0-or-later
// test_metering.c - snapshots for the process that serves metrics, and what becomes of one that
// hangs
#include "plumber/metering.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- an engine ------------------------------------------------------------------------------ */

struct snapshot {
	const char *text;
	size_t at;
	bool is_slow; /* the reader */
};

static struct engine_observer *observer;
static unsigned n_freed;

void engine_observe(struct engine *engine, struct engine_observer *its)
{
	(void)engine;
	observer = its;
}

ssize_t snapshot_read(struct snapshot *snapshot, char *data, size_t max)
{
	size_t len = strlen(snapshot->text + snapshot->at);

	/* Three at a time, so that there are pieces. */
	len = len < 3 ? len : 3;
	assert_true(len <= max);
	if (snapshot->is_slow)
		return -ECANCELED;
	memcpy(data, snapshot->text + snapshot->at, len);
	snapshot->at += len;
	return (ssize_t)len;
}

void snapshot_free(struct snapshot *snapshot)
{
	n_freed += snapshot ? 1 : 0;
}

static void deliver(struct snapshot *snapshot, const struct error *error)
{
	struct engine_observer *its = observer;

	observer = NULL;
	its->done(snapshot, error, its->data);
}

/* --- the role's end ------------------------------------------------------------------------- */

static struct metering metering;
static int role;
static pid_t pid;
static unsigned n_lost, n_hung;

static void on_lost(bool hung, void *data)
{
	(void)data;
	n_lost++;
	n_hung += hung ? 1 : 0;
}

static int setup(void **state)
{
	int ends[2];

	(void)state;
	n_lost = n_hung = n_freed = 0;
	observer = NULL;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	pid = fork();
	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	role = ends[1];
	metering = (struct metering) { .listen_fd = -1, .channel = -1, .lost = on_lost };
	metering_meet(&metering, ev_default_loop(0), NULL, ends[0], (uint32_t)pid);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	metering_done(&metering);
	(void)close(role);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return 0;
}

static void turn(void)
{
	for (int i = 0; i < 20; i++)
		(void)ev_run(ev_default_loop(0), EVRUN_NOWAIT);
}

static void say(enum observe_type type, uint32_t number)
{
	uint8_t head[OBSERVE_HEAD_LEN];

	observe_put_head(head, type, number);
	assert_int_equal(send(role, head, sizeof(head), 0), sizeof(head));
	turn();
}

/* All that there is: letters of the types, and the texts. */
static const char *heard(uint32_t wanted)
{
	static const char letters[] = { [OBSERVE_PIECE] = '+',
					[OBSERVE_END] = '.',
					[OBSERVE_CANNOT] = '!',
					[OBSERVE_ALIVE] = '?' };
	static char text[256];
	char message[128];
	size_t len = 0;
	ssize_t n;

	while ((n = recv(role, message, sizeof(message), 0)) > 0) {
		enum observe_type type;
		uint32_t number;

		assert_true(observe_get_head((uint8_t *)message, (size_t)n, &type, &number));
		assert_int_equal(number, wanted);
		text[len++] = letters[type];
		memcpy(text + len, message + OBSERVE_HEAD_LEN, (size_t)n - OBSERVE_HEAD_LEN);
		len += (size_t)n - OBSERVE_HEAD_LEN;
	}
	text[len] = '\0';
	return text;
}

/* --- tests ---------------------------------------------------------------------------------- */

static void a_question_gets_a_snapshot_in_pieces(void **state)
{
	struct snapshot snapshot = { .text = "abcdefgh" };

	(void)state;
	say(OBSERVE_ASK, 7);
	assert_non_null(observer);
	deliver(&snapshot, NULL);
	turn();
	assert_string_equal(heard(7), "+abc+def+gh.");
	assert_int_equal(n_freed, 1);
	assert_int_equal(n_lost, 0);
}

static void who_asks_again_gets_the_new_one_from_its_beginning(void **state)
{
	struct snapshot old = { .text = "old" }, new = { .text = "new" };

	(void)state;
	say(OBSERVE_ASK, 1);
	deliver(&old, NULL);
	/* before a turn of the loop has sent anything of it */
	say(OBSERVE_ASK, 2);
	assert_int_equal(n_freed, 1);
	deliver(&new, NULL);
	turn();
	assert_string_equal(heard(2), "+new.");
	assert_int_equal(n_freed, 2);
}

static void why_there_is_none_is_told(void **state)
{
	struct error error = { 0 };
	struct snapshot slow = { .text = "x", .is_slow = true };

	(void)state;
	(void)error_set(&error, ERROR_UNAVAILABLE, "too many");
	say(OBSERVE_ASK, 1);
	deliver(NULL, &error);
	turn();
	assert_string_equal(heard(1), "!too many");
	say(OBSERVE_ASK, 2);
	deliver(&slow, NULL);
	turn();
	assert_string_equal(heard(2), "!the snapshot was read too slowly");
}

static void what_makes_no_sense_ends_the_channel(void **state)
{
	(void)state;
	say(OBSERVE_END, 1);
	assert_int_equal(n_lost, 1);
	assert_int_equal(n_hung, 0);
	assert_int_equal(metering.channel, -1);
}

static void a_channel_that_ends_takes_the_question_along(void **state)
{
	(void)state;
	say(OBSERVE_ASK, 1);
	(void)shutdown(role, SHUT_RDWR);
	turn();
	assert_int_equal(n_lost, 1);
	assert_int_equal(metering.pid, 0);
	assert_false(metering.is_waiting);
}

/* As its timer does, which a test does not wait for. */
static void beat(void)
{
	ev_invoke(ev_default_loop(0), &metering.beat, EV_TIMER);
}

static void one_that_answers_is_left_alone(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		beat();
		assert_string_equal(heard(0), "?");
		say(OBSERVE_HERE, 0);
	}
	assert_int_equal(n_lost, 0);
}

static void one_that_is_stopped_is_given_up(void **state)
{
	int status;

	(void)state;
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	beat();
	assert_int_equal(n_lost, 0); /* it may have gone on since */
	for (int i = 0; i < PULSE_LOOKS_STOPPED; i++)
		beat();
	assert_int_equal(n_lost, 1);
	assert_int_equal(n_hung, 1);
	assert_int_equal(metering.channel, -1);
}

static void one_that_goes_on_in_time_is_not(void **state)
{
	int status;

	(void)state;
	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	for (int i = 0; i < PULSE_LOOKS_STOPPED; i++)
		beat();
	assert_int_equal(kill(pid, SIGCONT), 0);
	say(OBSERVE_HERE, 0);
	for (int i = 0; i < 3 * PULSE_LOOKS_STOPPED; i++) {
		beat();
		say(OBSERVE_HERE, 0);
	}
	assert_int_equal(n_lost, 0);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_question_gets_a_snapshot_in_pieces),
		TEST(who_asks_again_gets_the_new_one_from_its_beginning),
		TEST(why_there_is_none_is_told),
		TEST(what_makes_no_sense_ends_the_channel),
		TEST(a_channel_that_ends_takes_the_question_along),
		TEST(one_that_answers_is_left_alone),
		TEST(one_that_is_stopped_is_given_up),
		TEST(one_that_goes_on_in_time_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
