// SPDX-License-Identifier: GPL-2.0-or-later
// test_journal.c - what a resolver owes its successor answers; by turns the test is both plumbers
#include "resolver/listen/journal.h"

#include "base/limits.h"
#include "resolver/loop/clock.h"
#include "tests/unit/resolver/process.h"
#include "tests/unit/resolver/question.h"
#include "tests/unit/resolver/server_fake.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* As plumber_view says it. */
#define NETNS_OF_ONE 4026531841

static struct process process;
static struct plumber plumber;
static struct journal_page *page;
static struct fake fake;

static int setup(void **state)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);

	(void)state;
	fake_start(&fake, FAKE_SILENT);
	assert_int_equal(ftruncate(fd, IPC_JOURNAL_SIZE), 0);
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(page != MAP_FAILED);
	process.journal = fcntl(fd, F_DUPFD_CLOEXEC, 16); /* above those that it is to have */
	assert_true(process.journal >= 16);
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	munmap(page, sizeof(*page));
	close(process.journal);
	fake_stop(&fake);
	return 0;
}

/* Returns the port of container 1. */
static uint16_t start(void)
{
	const uint16_t upstreams[] = { fake.port, 0 };
	uint16_t port;

	process_start(&process);
	plumber_connect(&plumber, &process);
	plumber_config(&plumber, upstreams);
	plumber_network(&plumber, 7, "blue", false);
	plumber_name(&plumber, IPC_NAME, 7, "web", "10.7.0.2");
	port = plumber_view(&plumber, 1, 7, true);
	plumber_sync(&plumber);
	return port;
}

/* An answer is sent before its question is struck off. */
static void assert_nothing_owed(void)
{
	uint64_t end_ms = now_ms() + 5000;

	while (page->batch.netns_inode != 0 && now_ms() < end_ms)
		nanosleep(&(struct timespec) { 0, 2000000 }, NULL);
	for (unsigned i = 0; i < JOURNAL_SLOTS; i++)
		assert_int_equal(page->slots[i].used, 0);
	assert_int_equal(page->batch.netns_inode, 0);
}

/* As a process leaves it that was killed. */
static void leave(unsigned slot, uint16_t id, const union peer *peer, uint8_t lives)
{
	struct question question = { .id = id, .name = "web", .type = TYPE_A };
	struct journal_slot *owed = &page->slots[slot];

	owed->netns_inode = NETNS_OF_ONE;
	owed->arrived_ms = clock_ms();
	owed->peer = *peer;
	owed->lives = lives;
	owed->len = (uint16_t)question_build(&question, owed->query, sizeof(owed->query));
	owed->used = 1;
}

static void leave_in_hand(uint16_t id, const union peer *peer)
{
	struct question question = { .id = id, .name = "web", .type = TYPE_A };

	page->batch.peers[0] = *peer;
	page->batch.in[0].msg_len = (unsigned)question_build(&question, page->batch.queries[0],
							     sizeof(page->batch.queries[0]));
	page->batch.netns_inode = NETNS_OF_ONE;
}

static void what_is_owed_is_answered_and_nothing_else(void **state)
{
	static struct answer answer;
	union peer peer = { 0 };
	socklen_t len = sizeof(peer);
	uint16_t any = 0;
	int client = loopback_socket(AF_INET, SOCK_DGRAM, &any);
	unsigned seen = 0;

	(void)state;
	assert_int_equal(getsockname(client, &peer.sa, &len), 0);
	leave(0, 1, &peer, 0);
	leave(1, 2, &peer, JOURNAL_LIVES - 1);
	leave(2, 3, &peer, JOURNAL_LIVES); /* so many have died of it, perhaps */
	leave(3, 4, &peer, 0);
	page->slots[3].arrived_ms -= DNS_BUDGET_MS + 1; /* nobody waits for it */
	leave(4, 5, &peer, 0);
	page->slots[4].netns_inode++; /* of a container that is gone */
	leave(5, 6, &peer, 0);
	page->slots[5].len = UINT16_MAX; /* nobody would say so who means well */
	leave(6, 7, &peer, 0);
	page->slots[6].arrived_ms = UINT64_MAX;
	leave_in_hand(8, &peer);
	uint16_t port = start();

	for (int i = 0; i < 3; i++) {
		receive_udp(client, &answer, 5000);
		assert_int_equal(answer.n_answers, 1);
		assert_string_equal(answer.address, "10.7.0.2");
		seen |= 1U << answer.id;
	}
	assert_int_equal(seen, 1 << 1 | 1 << 2 | 1 << 8);
	assert_int_equal(ask_udp(port, "web", TYPE_A)->n_answers, 1);
	receive_udp(client, &answer, 0); /* all was said before */
	assert_int_equal(answer.len, 0);
	assert_nothing_owed();
	close(client);
	plumber_close(&plumber);
	process_stop(&process);
}

static void wait_asked(unsigned n_before)
{
	struct timespec pause = { 0, 2000000 };
	uint64_t end_ms = now_ms() + 20000;

	while (atomic_load(&fake.n_udp) == n_before && now_ms() < end_ms)
		nanosleep(&pause, NULL);
	assert_true(atomic_load(&fake.n_udp) > n_before);
}

/* More of them than may die of a question; and the time of its arrival stays what it was. */
static void what_waits_is_asked_again_by_each_process(void **state)
{
	uint64_t arrived_ms = 0;
	unsigned n_before = atomic_load(&fake.n_udp);
	int client = client_udp(start());

	(void)state;
	send_udp(client, &(struct question) { .id = 9, .name = "waits.test", .type = TYPE_A });
	for (int life = 0; life < 2 * JOURNAL_LIVES; life++) {
		unsigned n_waiting = 0;

		wait_asked(n_before);
		plumber_close(&plumber);
		process_kill(&process);
		for (unsigned i = 0; i < JOURNAL_SLOTS; i++)
			if (page->slots[i].used && page->slots[i].len > 0) {
				n_waiting++;
				arrived_ms = arrived_ms ? arrived_ms : page->slots[i].arrived_ms;
				assert_int_equal(page->slots[i].arrived_ms, arrived_ms);
				/* Six starts may take longer than a question waits. */
				page->slots[i].arrived_ms = arrived_ms = clock_ms();
			}
		/* it may have been killed between asking and noting */
		assert_true(n_waiting > 0 || page->batch.netns_inode != 0);
		n_before = atomic_load(&fake.n_udp);
		(void)start();
	}
	wait_asked(n_before);
	close(client);
	plumber_close(&plumber);
	process_stop(&process);
}

static unsigned n_noted(uint64_t netns_inode)
{
	unsigned n = 0;

	for (unsigned i = 0; i < JOURNAL_SLOTS; i++)
		n += page->slots[i].used && page->slots[i].netns_inode == netns_inode;
	return n;
}

static bool comes_to_be_noted(uint64_t netns_inode, unsigned n)
{
	uint64_t end_ms = now_ms() + 3500; /* below DNS_BUDGET_MS */

	while (n_noted(netns_inode) < n && now_ms() < end_ms)
		nanosleep(&(struct timespec) { 0, 2000000 }, NULL);
	return n_noted(netns_inode) >= n;
}

static void send_many(int client, unsigned n)
{
	char name[32];

	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "n%u.waits.test", i);
		send_udp(client,
			 &(struct question) { .id = (uint16_t)i, .name = name, .type = TYPE_A });
		if (i % 50 == 0) /* more than its socket holds are lost */
			nanosleep(&(struct timespec) { 0, 2000000 }, NULL);
	}
}

/* However many one has waiting, there is room for another's. */
static void one_container_has_a_share(void **state)
{
	int flooder = client_udp(start());
	int other = client_udp(plumber_view(&plumber, 2, 7, true));

	(void)state;
	send_many(flooder, JOURNAL_PER_VIEW_MAX + 500);
	(void)comes_to_be_noted(NETNS_OF_ONE, JOURNAL_PER_VIEW_MAX); /* unless some were lost */
	send_udp(other, &(struct question) { .id = 9, .name = "late.test", .type = TYPE_A });
	assert_true(comes_to_be_noted(NETNS_OF_ONE + 1, 1));
	assert_in_range(n_noted(NETNS_OF_ONE), 1, JOURNAL_PER_VIEW_MAX);
	close(flooder);
	close(other);
	plumber_close(&plumber);
	process_kill(&process);
	memset(page, 0, sizeof(*page));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_owed_is_answered_and_nothing_else),
		cmocka_unit_test(what_waits_is_asked_again_by_each_process),
		cmocka_unit_test(one_container_has_a_share),
	};

	process_main(argc, argv);
	if (!process_own_network())
		return 77; /* skipped: only root has namespaces and users to give up */
	return cmocka_run_group_tests(tests, setup, teardown);
}
