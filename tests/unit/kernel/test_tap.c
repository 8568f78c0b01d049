// SPDX-License-Identifier: GPL-2.0-or-later
// test_tap.c - what passes the loopback of a namespace of the test's own is in a ring
#include "kernel/tap.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "capture/block.h"
#include "capture/compiled.h"
#include "kernel/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 30000

static bool is_alone; /* in a namespace of its own */

static int go_alone(void **state)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	struct error error = { 0 };
	_cleanup_close_ int fd = -1;

	(void)state;
	if (unshare(CLONE_NEWNET | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) < 0)
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	is_alone = ioctl(fd, SIOCSIFFLAGS, &lo) == 0 && netns_init(&error) == 0;
	return 0;
}

static int open_tap(const char *ifname, const struct compiled *filter, struct tap *tap,
		    struct error *error)
{
	const struct tap_asked asked = { .ifname = ifname,
					 .code = filter->code,
					 .n_code = filter->n };

	if (!is_alone)
		skip();
	*tap = (struct tap) { .fd = -1 };
	return tap_open(netns_self_fd(), &asked, tap, error);
}

static void open_or_skip(const struct compiled *filter, struct tap *tap)
{
	struct error error = { 0 };
	int err = open_tap("lo", filter, tap, &error);

	/* Who is root of nothing may not. */
	if (err == -EPERM)
		skip();
	assert_int_equal(err, 0);
}

static const struct compiled *everything(void)
{
	static struct compiled filter; /* large */

	compiled_take_all(CAPTURE_SNAPLEN_MAX, &filter);
	return &filter;
}

/* Nobody need listen for it to pass. */
static void pass(const char *data, size_t len)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
					.sin_port = htons(7000),
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(sendto(fd, data, len, 0, (const struct sockaddr *)&to, sizeof(to)),
			 (ssize_t)len);
}

/* Where an IPv4 header behind Ethernet's has its protocol. An ICMP error quotes the packet. */
#define PROTOCOL_AT 23

static bool ends_with(const struct block_packet *packet, const char *text)
{
	size_t len = strlen(text);

	return packet->len > PROTOCOL_AT && packet->data[PROTOCOL_AT] == IPPROTO_UDP &&
	       packet->len >= len && memcmp(packet->data + packet->len - len, text, len) == 0;
}

/* How often a packet with that end is in the ring, once it has some. */
static size_t n_passed(struct tap *tap, const char *text)
{
	struct pollfd readable = { .fd = tap->fd, .events = POLLIN };
	const void *data;
	size_t n = 0;

	assert_int_equal(deadline_poll(&readable, 1, deadline_after(WAIT_MS)), 1);
	while ((data = tap_block(tap))) {
		struct block_packet packet;
		struct block block;

		block_begin(&block, data, CAPTURE_BLOCK_SIZE);
		while (block_next(&block, &packet))
			n += ends_with(&packet, text);
		tap_release(tap);
	}
	return n;
}

static void what_passes_is_in_a_block(void **state)
{
	struct tap tap;
	size_t n;

	(void)state;
	open_or_skip(everything(), &tap);
	assert_true(tap.mtu > 0);
	assert_int_equal(tap.n_blocks, CAPTURE_BLOCKS_MIN);
	pass("hello", 5);
	/* Sent and received: a block may have been handed over between the two. */
	n = n_passed(&tap, "hello");
	if (n == 1)
		n += n_passed(&tap, "hello");
	assert_int_equal(n, 2);
	tap_count(&tap);
	assert_true(tap.received >= 2);
	assert_int_equal(tap.dropped, 0);
	assert_false(tap_is_gone(&tap));
	tap_close(&tap);
	assert_int_equal(tap.fd, -1);
	assert_null(tap.ring);
}

static void a_filter_is_there_before_the_first_packet(void **state)
{
	static struct compiled nothing = { .n = 1 };
	struct tap none, all;

	(void)state;
	nothing.code[0] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	open_or_skip(&nothing, &none);
	open_or_skip(everything(), &all);
	pass("hello", 5);
	assert_true(n_passed(&all, "hello") > 0);
	assert_null(tap_block(&none));
	tap_count(&none);
	assert_int_equal(none.received, 0);
	tap_close(&none);
	tap_close(&all);
}

static void what_finds_no_room_is_counted(void **state)
{
	static char data[60000]; /* large */
	struct tap tap;

	(void)state;
	open_or_skip(everything(), &tap);
	/* Twice as much as all blocks have. */
	for (size_t i = 0; i < 2 * CAPTURE_BLOCKS_MIN; i++)
		pass(data, sizeof(data));
	tap_count(&tap);
	assert_true(tap.dropped > 0);
	assert_true(tap.received > tap.dropped);
	tap_close(&tap);
}

static void what_is_not_there_is_said_by_name(void **state)
{
	struct error error = { 0 };
	struct tap tap;

	(void)state;
	assert_true(open_tap("nobodys0", everything(), &tap, &error) < 0);
	if (error.kind != ERROR_NOT_FOUND && error.code == -EPERM)
		skip();
	assert_int_equal(error.kind, ERROR_NOT_FOUND);
	assert_non_null(strstr(error.text, "there is no interface nobodys0"));
	assert_int_equal(tap.fd, -1);
	tap_close(&tap); /* of one that was never opened there is nothing to let go of */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_passes_is_in_a_block),
		cmocka_unit_test(a_filter_is_there_before_the_first_packet),
		cmocka_unit_test(what_finds_no_room_is_counted),
		cmocka_unit_test(what_is_not_there_is_said_by_name),
	};

	return cmocka_run_group_tests(tests, go_alone, NULL);
}
