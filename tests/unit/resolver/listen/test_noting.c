// SPDX-License-Identifier: GPL-2.0-or-later
// test_noting.c - questions are noted while somebody looks, and no longer
#include "resolver/listen/noting.h"

#include "resolver/loop/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define LATER_NS (UINT64_C(3600) * 1000000000)

static int make_ring(size_t size)
{
	int fd = memfd_create("ring", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static enum dns_log_kind next_kind(const struct dns_log_ring *ring, uint64_t *next)
{
	struct dns_log_entry entry;
	uint64_t lost;

	if (dns_log_read(ring, next, &entry, &lost) != DNS_LOG_ENTRY)
		return 0;
	return entry.kind;
}

static void what_is_no_ring_is_refused(void **state)
{
	struct noting noting = { 0 };
	int fd = make_ring(sizeof(struct dns_log_ring) - 1), pipe_fds[2];

	(void)state;
	assert_int_equal(noting_take(&noting, fd), -EPROTO);
	assert_null(noting.ring);
	(void)close(fd);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(noting_take(&noting, pipe_fds[0]), -EPROTO);
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
	/* Without one the time is known all the same: it is counted how long questions take. */
	noting_came(&noting);
	assert_false(noting.looks);
	assert_true(noting.came_ns > 0);
}

static void it_begins_with_a_look_and_ends_with_its_moment(void **state)
{
	struct noting noting = { 0 };
	int fd = make_ring(sizeof(struct dns_log_ring));
	uint64_t next = 1;

	(void)state;
	assert_int_equal(noting_take(&noting, fd), 0);
	(void)close(fd);
	noting_came(&noting);
	assert_false(noting.looks);
	assert_int_equal(noting.ring->last, 0);
	dns_log_look(noting.ring, clock_ns() + LATER_NS);
	noting_came(&noting);
	assert_true(noting.looks);
	noting_came(&noting); /* it is said once */
	assert_int_equal(noting.ring->last, 1);
	assert_int_equal(next_kind(noting.ring, &next), DNS_LOG_BEGUN);
	/* The moment is over. */
	noting.ring->until_ns = 1;
	noting_came(&noting);
	assert_false(noting.looks);
	assert_int_equal(noting.ring->until_ns, 0);
	dns_log_look(noting.ring, clock_ns() + LATER_NS);
	noting_came(&noting);
	assert_true(noting.looks);
	assert_int_equal(next_kind(noting.ring, &next), DNS_LOG_BEGUN);
	assert_int_equal(next_kind(noting.ring, &next), 0);
	(void)munmap(noting.ring, sizeof(*noting.ring));
}

static void a_successor_says_that_it_is_one(void **state)
{
	struct noting before = { 0 }, after = { 0 };
	int fd = make_ring(sizeof(struct dns_log_ring));
	uint64_t next = 2;

	(void)state;
	assert_int_equal(noting_take(&before, fd), 0);
	dns_log_look(before.ring, clock_ns() + LATER_NS);
	noting_came(&before);
	assert_int_equal(noting_take(&after, fd), 0);
	(void)close(fd);
	assert_int_equal(next_kind(after.ring, &next), DNS_LOG_RESOLVER);
	/* Somebody has been looking all the time: nothing has begun. */
	noting_came(&after);
	assert_true(after.looks);
	assert_int_equal(next_kind(after.ring, &next), 0);
	(void)munmap(before.ring, sizeof(*before.ring));
	(void)munmap(after.ring, sizeof(*after.ring));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_ring_is_refused),
		cmocka_unit_test(it_begins_with_a_look_and_ends_with_its_moment),
		cmocka_unit_test(a_successor_says_that_it_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
