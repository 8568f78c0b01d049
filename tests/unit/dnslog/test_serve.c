// SPDX-License-Identifier: GPL-2.0-or-later
// test_serve.c - the reply to a client that reads what containers ask: whole, followed, and its end
#include "base/limits.h"
#include "dnslog/dnslog.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 30000

/* The ring is shared, as the resolver's is, and who serves is a process of its own. */
static struct dns_log_ring *ring;

static int setup(void **state)
{
	void *memory = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);

	(void)state;
	assert_ptr_not_equal(memory, MAP_FAILED);
	ring = memory;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return munmap(ring, sizeof(*ring));
}

static void is_noted(const char *who)
{
	static const uint8_t query[] = { 0, 1, 1,   0,	 0,   1, 0, 0, 0, 0, 0,
					 0, 3, 'w', 'e', 'b', 0, 0, 1, 0, 1 };
	static const uint8_t reply[12] = { 0, 1, 0x81, 0x80 };
	const struct dns_log_note note = { .kind = DNS_LOG_QUESTION,
					   .at_ns = 5000,
					   .took_ns = 1000,
					   .who = who,
					   .query = query,
					   .query_len = sizeof(query),
					   .reply = reply,
					   .reply_len = sizeof(reply) };

	dns_log_write(ring, &note);
}

struct served {
	pid_t pid;
	int client, daemon; /* the client's end of the socket, and the daemon's of the pipe */
	char got[16384];
	size_t len;
};

static struct served *start(bool follow)
{
	struct dnslog dnslog = { .ring = ring, .next = 1, .follow = follow };
	struct served *served = calloc(1, sizeof(*served));
	int sockets[2], ends[2];

	assert_non_null(served);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	served->pid = fork();
	assert_true(served->pid >= 0);
	if (served->pid == 0) {
		(void)close(sockets[0]);
		(void)close(ends[0]);
		_exit(-serve(&dnslog, sockets[1], ends[1]));
	}
	(void)close(sockets[1]);
	(void)close(ends[1]);
	served->client = sockets[0];
	served->daemon = ends[0];
	return served;
}

/* False: nothing more comes. */
static bool take(struct served *served)
{
	struct pollfd ready = { .fd = served->client, .events = POLLIN };
	ssize_t n;

	assert_int_equal(poll(&ready, 1, WAIT_MS), 1);
	n = read(served->client, served->got + served->len, sizeof(served->got) - 1 - served->len);
	served->len += n > 0 ? (size_t)n : 0;
	return n > 0;
}

static void comes(struct served *served, const char *text)
{
	while (!strstr(served->got, text))
		assert_true(take(served));
}

static size_t n_of(const struct served *served, const char *text)
{
	size_t n = 0;

	for (const char *at = served->got; (at = strstr(at, text)); at++)
		n++;
	return n;
}

/* With which errno it ended. */
static int end(struct served *served)
{
	int status;

	assert_int_equal(waitpid(served->pid, &status, 0), served->pid);
	if (served->client >= 0)
		(void)close(served->client);
	if (served->daemon >= 0)
		(void)close(served->daemon);
	free(served);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Takes the chunks apart; the text must be exactly chunks and the one that ends them. */
static size_t check_chunks(const char *at)
{
	size_t total = 0, len;

	for (;;) {
		char *text;

		len = strtoul(at, &text, 16);
		assert_ptr_not_equal(text, at);
		assert_memory_equal(text, "\r\n", 2);
		at = text + 2;
		assert_true(strlen(at) >= len + 2);
		assert_memory_equal(at + len, "\r\n", 2);
		at += len + 2;
		total += len;
		if (len == 0)
			break;
		assert_int_equal(at[-3], '\n'); /* no line is cut */
	}
	assert_string_equal(at, "");
	return total;
}

static void what_is_there_is_shown_and_the_reply_ends(void **state)
{
	struct served *served;
	const char *body;

	(void)state;
	is_noted("one");
	is_noted("two");
	served = start(false);
	while (take(served))
		;
	assert_ptr_equal(strstr(served->got, "HTTP/1.1 200 OK\r\n"), served->got);
	assert_non_null(strstr(served->got, "\r\nTransfer-Encoding: chunked\r\n"));
	body = strstr(served->got, "\r\n\r\n") + 4;
	assert_true(check_chunks(body) > 0);
	assert_int_equal(n_of(served, "\"Number\":"), 2);
	assert_int_equal(n_of(served, "\"Container\":\"two\",\"Name\":\"web\""), 1);
	assert_int_equal(ring->until_ns, 0); /* so nothing is noted for it */
	assert_int_equal(end(served), 0);
}

static void nothing_is_a_reply_too(void **state)
{
	struct served *served = start(false);

	(void)state;
	while (take(served))
		;
	assert_int_equal(check_chunks(strstr(served->got, "\r\n\r\n") + 4), 0);
	assert_int_equal(end(served), 0);
}

static void one_that_follows_says_so_and_is_told_what_comes(void **state)
{
	struct timespec now;
	struct served *served = start(true);

	(void)state;
	comes(served, "\r\n\r\n");
	for (int i = 0; i < WAIT_MS && __atomic_load_n(&ring->until_ns, __ATOMIC_ACQUIRE) == 0; i++)
		(void)usleep(1000);
	assert_int_not_equal(ring->until_ns, 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	assert_true(ring->until_ns <= ((uint64_t)now.tv_sec * 1000 + DNS_LOG_LEASE_MS) * 1000000 +
					      (uint64_t)now.tv_nsec);
	is_noted("one");
	comes(served, "\"Container\":\"one\"");
	is_noted("two");
	comes(served, "\"Container\":\"two\"");
	assert_int_equal(n_of(served, "\"Number\":"), 2);
	/* The daemon has gone. */
	(void)close(served->daemon);
	served->daemon = -1;
	assert_int_equal(end(served), EPIPE);
}

static void a_client_that_has_gone_ends_it(void **state)
{
	struct served *served = start(true);

	(void)state;
	comes(served, "\r\n\r\n");
	(void)close(served->client);
	served->client = -1;
	assert_int_equal(end(served), EPIPE);
}

/* The whole ring does not fit into the socket: the rest waits, and the daemon's end is heard. */
static void a_client_that_does_not_read_is_waited_for(void **state)
{
	struct served *served;

	(void)state;
	for (int i = 0; i < DNS_LOG_ENTRIES; i++)
		is_noted("a-container-with-a-long-name");
	served = start(false);
	comes(served, "\r\n\r\n");
	(void)close(served->daemon);
	served->daemon = -1;
	assert_int_equal(end(served), EPIPE);
}

#define SERVE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVE_TEST(what_is_there_is_shown_and_the_reply_ends),
		SERVE_TEST(nothing_is_a_reply_too),
		SERVE_TEST(one_that_follows_says_so_and_is_told_what_comes),
		SERVE_TEST(a_client_that_has_gone_ends_it),
		SERVE_TEST(a_client_that_does_not_read_is_waited_for),
	};

	return cmocka_run_group_tests_name("serve", tests, NULL, NULL);
}
