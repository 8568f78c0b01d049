// SPDX-License-Identifier: GPL-2.0-or-later
// test_calls.c - each request is answered once, whatever the other end says
#include "ipc/calls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static struct ipc_calls calls;
static uint8_t space[IPC_MSG_MAX];

struct heard {
	unsigned n;
	int status;
	char answer[16];
};

static void on_answer(int status, const uint8_t *answer, size_t len, void *data)
{
	struct heard *heard = data;

	heard->n++;
	heard->status = status;
	assert_true(len < sizeof(heard->answer));
	if (len > 0)
		memcpy(heard->answer, answer, len);
	heard->answer[len] = '\0';
}

/* Asks, and returns the request as the other end reads it. */
static struct ipc_call ask(struct heard *heard, uint64_t deadline_ms)
{
	struct ipc_call request = { .what = 7, .len = 3, .body = (const uint8_t *)"how" }, read;
	struct wire wire = wire_writer(space, sizeof(space));

	assert_int_equal(ipc_calls_ask(&calls, &wire, &request, deadline_ms, on_answer, heard), 0);
	struct wire reader = wire_reader(space, wire.pos);

	assert_int_equal(wire_u8(&reader), IPC_REQUEST);
	ipc_get_call(&reader, &read);
	assert_int_equal(reader.err, 0);
	assert_int_equal(read.what, 7);
	assert_memory_equal(read.body, "how", 3);
	return read;
}

static struct ipc_call reply(uint32_t id, uint16_t what, const char *text)
{
	return (struct ipc_call) {
		.id = id, .what = what, .len = (uint16_t)strlen(text), .body = (const uint8_t *)text
	};
}

static int setup(void **state)
{
	(void)state;
	ipc_calls_init(&calls, 4);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ipc_calls_fail(&calls, -ECANCELED);
	assert_int_equal(calls.n, 0);
	return 0;
}

static void answers_find_who_asked(void **state)
{
	struct heard one = { 0 }, two = { 0 };
	uint32_t first = ask(&one, 100).id, second = ask(&two, 100).id;
	struct ipc_call to_second = reply(second, 0, "well"), to_first = reply(first, ENOENT, "");

	(void)state;
	assert_int_not_equal(first, second);
	assert_int_equal(ipc_calls_answer(&calls, &to_second), 0);
	assert_int_equal(two.n, 1);
	assert_int_equal(two.status, 0);
	assert_string_equal(two.answer, "well");
	assert_int_equal(one.n, 0);
	assert_int_equal(ipc_calls_answer(&calls, &to_first), 0);
	assert_int_equal(one.status, -ENOENT);
}

static void an_answer_that_nobody_waits_for_is_told(void **state)
{
	struct heard one = { 0 };
	struct ipc_call made_up = reply(12345, 0, "well"), again = reply(ask(&one, 100).id, 0, "a");

	(void)state;
	assert_int_equal(ipc_calls_answer(&calls, &made_up), -ENOENT);
	assert_int_equal(ipc_calls_answer(&calls, &again), 0);
	assert_int_equal(ipc_calls_answer(&calls, &again), -ENOENT);
	assert_int_equal(one.n, 1);
}

static void what_is_late_is_given_up(void **state)
{
	struct heard early = { 0 }, late = { 0 };
	struct ipc_call to_late;

	(void)state;
	(void)ask(&early, 200);
	to_late = reply(ask(&late, 100).id, 0, "well");
	ipc_calls_expire(&calls, 99);
	assert_int_equal(late.n, 0);
	ipc_calls_expire(&calls, 100);
	assert_int_equal(late.n, 1);
	assert_int_equal(late.status, -ETIMEDOUT);
	assert_int_equal(early.n, 0);
	assert_int_equal(ipc_calls_answer(&calls, &to_late), -ENOENT);
	ipc_calls_fail(&calls, -ECANCELED);
	assert_int_equal(early.n, 1);
	assert_int_equal(late.n, 1);
}

static void there_is_an_end_to_how_many_wait(void **state)
{
	struct heard heard[4] = { 0 };
	struct ipc_call request = { 0 };
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	for (int i = 0; i < 4; i++)
		(void)ask(&heard[i], 100);
	assert_int_equal(ipc_calls_ask(&calls, &wire, &request, 100, on_answer, NULL), -EBUSY);
	assert_int_equal(wire.pos, 0);
	ipc_calls_fail(&calls, -ECONNRESET);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(heard[i].n, 1);
		assert_int_equal(heard[i].status, -ECONNRESET);
	}
	(void)ask(&heard[0], 100);
	ipc_calls_fail(&calls, -ECANCELED);
	assert_int_equal(heard[0].n, 2);
}

static void what_is_asked_in_a_message_of_its_own_is_answered_by_its_id(void **state)
{
	struct heard heard[3] = { 0 };
	uint32_t own;
	struct ipc_call first = ask(&heard[0], 100), to_own, to_first;

	(void)state;
	assert_int_equal(ipc_calls_wait(&calls, 50, on_answer, &heard[1], &own), 0);
	assert_int_not_equal(own, first.id);
	to_own = reply(own, 0, "so");
	to_first = reply(first.id, 0, "thus");
	assert_int_equal(ipc_calls_answer(&calls, &to_own), 0);
	assert_int_equal(heard[1].status, 0);
	assert_string_equal(heard[1].answer, "so");
	assert_int_equal(ipc_calls_wait(&calls, 50, on_answer, &heard[2], &own), 0);
	ipc_calls_expire(&calls, 50);
	assert_int_equal(heard[2].status, -ETIMEDOUT);
	assert_int_equal(heard[0].n, 0);
	assert_int_equal(ipc_calls_answer(&calls, &to_first), 0);
	assert_string_equal(heard[0].answer, "thus");
}

static void what_does_not_fit_is_not_asked(void **state)
{
	struct ipc_call request = { .len = 3, .body = (const uint8_t *)"how" };
	struct wire wire = wire_writer(space, 11);

	struct heard heard = { 0 };

	(void)state;
	(void)ask(&heard, 100);
	assert_int_equal(ipc_calls_ask(&calls, &wire, &request, 100, on_answer, NULL), -EMSGSIZE);
	assert_int_equal(calls.n, 1);
	ipc_calls_fail(&calls, -ECANCELED);
	assert_int_equal(heard.n, 1);
}

static void on_end_ask_again(int status, const uint8_t *answer, size_t len, void *data)
{
	unsigned *n = data;

	(void)status, (void)answer, (void)len;
	if (++*n > 100)
		fail_msg("who asks again is told without end");
	struct ipc_call request = { 0 };
	struct wire wire = wire_writer(space, sizeof(space));

	/* The last one, which teardown ends, does not ask. */
	if (*n == 1)
		assert_int_equal(
			ipc_calls_ask(&calls, &wire, &request, 100, on_end_ask_again, data), 0);
}

static void who_asks_again_meanwhile_is_not_ended_with_the_others(void **state)
{
	static unsigned n;
	struct ipc_call request = { 0 };
	struct wire wire = wire_writer(space, sizeof(space));

	(void)state;
	n = 0;
	assert_int_equal(ipc_calls_ask(&calls, &wire, &request, 100, on_end_ask_again, &n), 0);
	ipc_calls_fail(&calls, -ECONNRESET);
	assert_int_equal(n, 1);
	assert_int_equal(calls.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(answers_find_who_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_that_nobody_waits_for_is_told, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_late_is_given_up, setup, teardown),
		cmocka_unit_test_setup_teardown(there_is_an_end_to_how_many_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_asked_in_a_message_of_its_own_is_answered_by_its_id, setup,
			teardown),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_not_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(
			who_asks_again_meanwhile_is_not_ended_with_the_others, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
