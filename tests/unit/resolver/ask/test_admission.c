// SPDX-License-Identifier: GPL-2.0-or-later
// test_admission.c - who may ask outside, who waits in line, and how lines go on
#include "resolver/ask/admission.h"

#include "base/limits.h"
#include "resolver/ask/source.h"
#include "resolver/loop/clock.h"
#include "resolver/loop/party.h"
#include "resolver/loop/turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

/* Room for 16 questions at a time: a quarter of the descriptors. */
#define N_FDS 64

static struct ev_loop *loop;
static struct turns turns;
static struct sources sources;
static struct admission admission;
static struct account one, two;
static uint32_t order[64]; /* tags, as they had their turn */
static unsigned n_order, n_late;

/* As query.c does: it is asked, or answered when it is too late for that. */
static void on_turn(struct request *request, bool late, void *data)
{
	assert_ptr_equal(data, &turns);
	order[n_order++] = request->tag;
	if (!late) {
		admission_ask(&admission, request->account, request);
		return;
	}
	n_late++;
	request_free(request);
}

static int setup(void **state)
{
	(void)state;
	n_order = n_late = 0;
	sources = (struct sources) { 0 };
	loop = ev_loop_new(EVFLAG_AUTO);
	turns_init(&turns, loop);
	admission_init(&admission, loop, N_FDS, &sources, on_turn, &turns);
	admission_account_init(&one, &admission, party_new(&turns));
	admission_account_init(&two, &admission, party_new(&turns));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(admission.n_asked, 0);
	assert_int_equal(admission.waiting_bytes, 0);
	admission_account_done(&one);
	admission_account_done(&two);
	ev_loop_destroy(loop);
	return 0;
}

static struct request *request(uint32_t tag, uint64_t arrived_ms)
{
	static const uint8_t query[12];
	struct request template = { .tag = tag, .arrived_ms = arrived_ms };
	struct request *made = request_new(&template, query, sizeof(query));

	assert_non_null(made);
	return made;
}

/* As many as account may have. */
static unsigned ask_all(struct account *account, struct request **ret_asked)
{
	unsigned n = 0;

	for (; admission_is_open(&admission, account); n++) {
		ret_asked[n] = request(n, clock_ms());
		admission_ask(&admission, account, ret_asked[n]);
	}
	return n;
}

static void settle(void)
{
	admission_settle(&admission);
	for (int i = 0; i < 16; i++)
		turns_run(&turns);
}

static void one_that_asks_all_it_may_leaves_room_for_another(void **state)
{
	struct request *ones[N_FDS], *twos[N_FDS];
	unsigned n_one = ask_all(&one, ones), n_two = ask_all(&two, twos);

	(void)state;
	/* It stops when as much is free as it has: half. The next has half of that. */
	assert_int_equal(n_one, N_FDS / 4 / 2);
	assert_int_equal(n_two, N_FDS / 4 / 4);
	for (unsigned i = 0; i < n_one; i++)
		request_free(ones[i]);
	for (unsigned i = 0; i < n_two; i++)
		request_free(twos[i]);
	assert_int_equal(one.n_asked + two.n_asked, 0);
}

static void a_line_goes_on_in_its_order_when_something_ends(void **state)
{
	struct request *asked[N_FDS], *waiting[3];
	unsigned n = ask_all(&one, asked);

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		waiting[i] = request(100 + i, clock_ms());
		assert_true(admission_wait(&admission, &one, waiting[i]));
	}
	settle();
	assert_int_equal(n_order, 0);
	request_free(asked[0]);
	request_free(asked[1]);
	settle();
	assert_int_equal(n_order, 2);
	assert_int_equal(order[0], 100);
	assert_int_equal(order[1], 101);
	for (unsigned i = 2; i < n; i++)
		request_free(asked[i]);
	for (int i = 0; i < 3; i++)
		request_free(waiting[i]);
}

static void who_waits_for_too_long_has_his_turn_to_be_told_so(void **state)
{
	struct request *asked[N_FDS];
	unsigned n = ask_all(&one, asked);

	(void)state;
	assert_true(admission_wait(&admission, &one, request(7, clock_ms() - DNS_BUDGET_MS)));
	/* The line is looked through four times a second. */
	while (n_late == 0) {
		ev_run(loop, EVRUN_ONCE);
		turns_run(&turns);
	}
	assert_int_equal(order[0], 7);
	for (unsigned i = 0; i < n; i++)
		request_free(asked[i]);
}

static void what_may_wait_is_a_share_of_memory(void **state)
{
	static struct request *waiting[DNS_WAITING_BYTES_PER_VIEW_MAX / sizeof(struct request) + 1];
	struct request *refused = request(0, clock_ms());
	size_t n = 0, size = 0;

	(void)state;
	for (;; n++) {
		waiting[n] = request((uint32_t)n, clock_ms());
		if (!admission_wait(&admission, &one, waiting[n]))
			break;
		size = one.waiting_bytes;
	}
	assert_true(size <= DNS_WAITING_BYTES_PER_VIEW_MAX);
	assert_true(size > DNS_WAITING_BYTES_PER_VIEW_MAX - 1024);
	/* Which says nothing about another. */
	assert_true(admission_wait(&admission, &two, refused));
	request_free(refused);
	for (size_t i = 0; i <= n; i++)
		request_free(waiting[i]);
}

static void on_gone(struct request *request)
{
	(*(unsigned *)request->note)++;
}

static void whoever_noted_a_request_hears_of_its_end_once(void **state)
{
	unsigned n_gone = 0;
	struct request *noted = request(1, clock_ms());

	(void)state;
	noted->note = &n_gone;
	noted->gone = on_gone;
	admission_ask(&admission, &one, noted);
	request_free(noted);
	assert_int_equal(n_gone, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_that_asks_all_it_may_leaves_room_for_another,
						setup, teardown),
		cmocka_unit_test_setup_teardown(a_line_goes_on_in_its_order_when_something_ends,
						setup, teardown),
		cmocka_unit_test_setup_teardown(who_waits_for_too_long_has_his_turn_to_be_told_so,
						setup, teardown),
		cmocka_unit_test_setup_teardown(what_may_wait_is_a_share_of_memory, setup,
						teardown),
		cmocka_unit_test_setup_teardown(whoever_noted_a_request_hears_of_its_end_once,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
