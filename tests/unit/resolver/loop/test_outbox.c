// SPDX-License-Identifier: GPL-2.0-or-later
// test_outbox.c - what is said to a plumber that reads late, never, or is not there
#include "resolver/loop/outbox.h"

#include "base/limits.h"
#include "ipc/chan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_MANY 2000
#define MESSAGE_LEN 1000

static struct ev_loop *loop;
static struct outbox outbox;
static int ours, plumbers;
static int n_lost, n_room;

static void on_lost(void *data)
{
	assert_ptr_equal(data, &ours);
	n_lost++;
	outbox_stop(&outbox);
}

static void on_room(void *data)
{
	assert_ptr_equal(data, &ours);
	n_room++;
}

static int setup(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	ours = pair[0];
	plumbers = pair[1];
	n_lost = n_room = 0;
	loop = ev_loop_new(EVFLAG_AUTO);
	outbox_init(&outbox, loop, on_lost, on_room, &ours);
	outbox_start(&outbox, ours);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	outbox_stop(&outbox);
	ev_loop_destroy(loop);
	close(ours);
	if (plumbers >= 0)
		close(plumbers);
	return 0;
}

/* A message that begins with number. */
static struct wire message(uint8_t space[MESSAGE_LEN], uint32_t number)
{
	struct wire wire = wire_writer(space, MESSAGE_LEN);

	wire_put_u32(&wire, number);
	for (int i = 4; i < MESSAGE_LEN; i++)
		wire_put_u8(&wire, 0);
	return wire;
}

static void say(uint32_t number)
{
	uint8_t space[MESSAGE_LEN];
	struct wire wire = message(space, number);

	outbox_send(&outbox, &wire);
}

static bool offer(uint32_t number)
{
	uint8_t space[MESSAGE_LEN];
	struct wire wire = message(space, number);

	return outbox_offer(&outbox, &wire, &plumbers, 1);
}

/* The number of the next message; -1: there is none. */
static int64_t hear(size_t *ret_n_fds)
{
	uint8_t space[MESSAGE_LEN];
	int fds[IPC_FDS_MAX];
	size_t n_fds = IPC_FDS_MAX;
	int len = chan_receive(plumbers, space, sizeof(space), fds, &n_fds);

	if (len < 0)
		return -1;
	struct wire wire = wire_reader(space, (size_t)len);

	assert_int_equal(len, MESSAGE_LEN);
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
	*ret_n_fds = n_fds;
	return wire_u32(&wire);
}

/* Reads n, the loop going round whenever nothing is there. */
static void hear_in_order(uint32_t first, uint32_t n)
{
	size_t n_fds;

	for (uint32_t i = 0; i < n;) {
		int64_t number = hear(&n_fds);

		if (number < 0) {
			ev_run(loop, EVRUN_ONCE);
			continue;
		}
		assert_int_equal(number, first + i);
		assert_int_equal(n_fds, 0);
		i++;
	}
}

static void who_reads_late_hears_all_in_order(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < N_MANY; i++)
		say(i);
	assert_true(outbox.queue.len > 0);
	hear_in_order(0, N_MANY);
	assert_int_equal(outbox.queue.len, 0);
	assert_false(ev_is_active(&outbox.writable));
	assert_int_equal(n_lost, 0);
}

static void an_offer_passes_nothing_that_was_said_before(void **state)
{
	size_t n_fds = 0;

	(void)state;
	outbox.open = true;
	for (uint32_t i = 0; i < N_MANY; i++)
		say(i);
	assert_false(offer(N_MANY));
	assert_int_equal(n_room, 0);
	hear_in_order(0, N_MANY);
	while (n_room == 0)
		ev_run(loop, EVRUN_ONCE);
	assert_true(offer(N_MANY));
	assert_int_equal(hear(&n_fds), N_MANY);
	assert_int_equal(n_fds, 1);
	/* Once: nothing waits now. */
	ev_run(loop, EVRUN_NOWAIT);
	assert_int_equal(n_room, 1);
}

static void what_is_closed_to_offers_takes_none(void **state)
{
	(void)state;
	assert_false(offer(1));
	assert_false(outbox.offers);
	ev_run(loop, EVRUN_NOWAIT);
	assert_int_equal(n_room, 0);
}

static void who_never_reads_is_lost(void **state)
{
	(void)state;
	for (uint32_t i = 0; n_lost == 0 && i < 2 * RESOLVER_QUEUE_MAX / MESSAGE_LEN; i++)
		say(i);
	assert_int_equal(n_lost, 1);
	assert_int_equal(outbox.fd, -1);
	say(0); /* to nobody */
	assert_false(offer(0));
	assert_int_equal(n_lost, 1);
}

/* What it said before is still to be read: its end is for who reads. */
static void who_has_hung_up_is_not_lost_for_that(void **state)
{
	(void)state;
	close(plumbers);
	plumbers = -1;
	say(1);
	assert_int_equal(n_lost, 0);
	assert_int_equal(outbox.queue.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_reads_late_hears_all_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(an_offer_passes_nothing_that_was_said_before, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_closed_to_offers_takes_none, setup,
						teardown),
		cmocka_unit_test_setup_teardown(who_never_reads_is_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(who_has_hung_up_is_not_lost_for_that, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
