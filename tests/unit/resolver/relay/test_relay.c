// SPDX-License-Identifier: GPL-2.0-or-later
// test_relay.c - published ports carried by the resolver process: [::1] to IPv4, TCP and UDP
#include "resolver/listen/journal.h"
#include "tests/unit/resolver/process.h"

#include <setjmp.h>
#include <stdarg.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct process process;
static struct plumber plumber;

static int setup(void **state)
{
	(void)state;
	process_start(&process);
	plumber_connect(&plumber, &process);
	plumber_sync(&plumber);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	plumber_close(&plumber);
	process_stop(&process);
	return 0;
}

static void relay_message(uint32_t number, uint8_t protocol, uint16_t target_port,
			  enum ipc_type type, const int *fd)
{
	struct ipc_relay relay = { .number = number,
				   .protocol = protocol,
				   .listen = addr_from_in6(in6addr_loopback),
				   .target_port = target_port };
	uint8_t space[128];
	struct wire wire = wire_writer(space, sizeof(space));

	(void)addr_parse("127.0.0.1", &relay.target);
	ipc_put_relay(&wire, type, &relay);
	plumber_send(&plumber, &wire, fd, fd != NULL ? 1 : 0);
}

/* Returns the port on [::1] whose traffic goes to 127.0.0.1:target_port. */
static uint16_t relay_open(uint32_t number, uint8_t protocol, uint16_t target_port)
{
	uint16_t port = 0;
	int fd = loopback_socket(AF_INET6, protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM,
				 &port);

	relay_message(number, protocol, target_port, IPC_RELAY, &fd);
	close(fd);
	return port;
}

static void relay_gone(uint32_t number)
{
	struct ipc_stats stats;

	relay_message(number, IPPROTO_TCP, 1, IPC_RELAY_GONE, NULL);
	plumber_stats(&plumber, &stats); /* it has been done when this is answered */
}

static int dial6(uint16_t port, int type)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
					.sin6_port = htons(port),
					.sin6_addr = in6addr_loopback };
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static bool readable(int fd, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, timeout_ms) == 1;
}

static uint8_t pattern(size_t i)
{
	return (uint8_t)(i * 7 + (i >> 8) + (i >> 16));
}

struct sending {
	int fd;
	size_t len;
};

static void *send_pattern(void *data)
{
	const struct sending *job = data;
	uint8_t chunk[10000];

	for (size_t pos = 0; pos < job->len;) {
		size_t n = job->len - pos < sizeof(chunk) ? job->len - pos : sizeof(chunk);

		for (size_t i = 0; i < n; i++)
			chunk[i] = pattern(pos + i);
		ssize_t sent = send(job->fd, chunk, n, MSG_NOSIGNAL);

		if (sent <= 0)
			break;
		pos += (size_t)sent;
	}
	shutdown(job->fd, SHUT_WR);
	return NULL;
}

/* Returns how many bytes of the pattern came before the end. */
static size_t receive_pattern(int fd, unsigned pause_us)
{
	static uint8_t chunk[65536];
	size_t pos = 0;
	ssize_t n;

	while (readable(fd, 5000) && (n = read(fd, chunk, sizeof(chunk))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (chunk[i] != pattern(pos + (size_t)i))
				return 0;
		pos += (size_t)n;
		if (pause_us > 0)
			usleep(pause_us);
	}
	return pos;
}

static void bytes_arrive_in_both_directions_and_so_do_ends(void **state)
{
	uint16_t target_port = 0;
	int listening = loopback_socket(AF_INET, SOCK_STREAM, &target_port);
	uint16_t port = relay_open(1, IPPROTO_TCP, target_port);
	int client = dial6(port, SOCK_STREAM), server = accept(listening, NULL, NULL);
	struct sending there = { client, 8000000 }, back = { server, 5000000 };
	pthread_t thread;

	(void)state;
	/* One direction after the other: the first end must not end the second. The reader is
	 * slower than the writer. */
	pthread_create(&thread, NULL, send_pattern, &there);
	assert_int_equal(receive_pattern(server, 500), there.len);
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, send_pattern, &back);
	assert_int_equal(receive_pattern(client, 500), back.len);
	pthread_join(thread, NULL);
	close(client);
	close(server);
	close(listening);
	relay_gone(1);
}

static void a_target_that_refuses_is_a_reset(void **state)
{
	uint16_t closed = 0;
	char byte;

	(void)state;
	close(loopback_socket(AF_INET, SOCK_STREAM, &closed));
	int client = dial6(relay_open(2, IPPROTO_TCP, closed), SOCK_STREAM);

	assert_true(readable(client, 2000));
	assert_int_equal(read(client, &byte, 1), -1); /* ECONNRESET, not an orderly end */
	close(client);
	relay_gone(2);
}

static void flows_leave_nothing_open(void **state)
{
	uint16_t target_port = 0;
	int listening = loopback_socket(AF_INET, SOCK_STREAM, &target_port);
	uint16_t port = relay_open(3, IPPROTO_TCP, target_port);
	size_t n_before = process_n_fds(&process);
	char byte;

	(void)state;
	for (int i = 0; i < 100; i++) {
		int client = dial6(port, SOCK_STREAM), server = accept(listening, NULL, NULL);

		assert_int_equal(send(client, "x", 1, 0), 1);
		assert_int_equal(recv(server, &byte, 1, 0), 1);
		close(i % 2 == 0 ? client : server);
		assert_true(readable(i % 2 == 0 ? server : client, 2000));
		close(i % 2 == 0 ? server : client);
	}
	assert_int_equal(process_n_fds(&process), n_before);
	int client = dial6(port, SOCK_STREAM), server = accept(listening, NULL, NULL);

	relay_gone(3);
	assert_true(readable(client, 2000) && readable(server, 2000)); /* ended with it */
	assert_int_equal(process_n_fds(&process), n_before - 1);
	close(client);
	close(server);
	close(listening);
}

static bool another_port_is_served(void)
{
	uint16_t target_port = 0;
	int listening = loopback_socket(AF_INET, SOCK_STREAM, &target_port);
	int client = dial6(relay_open(9, IPPROTO_TCP, target_port), SOCK_STREAM);
	bool served = readable(listening, 2000);

	close(client);
	close(listening);
	relay_gone(9);
	return served;
}

/* Above the limit of a port its connections end at once, and others' are served; below it again
 * they are. */
static void flows_are_limited(void **state)
{
	static int clients[RELAY_FLOWS_PER_PORT_MAX + 20], servers[RELAY_FLOWS_PER_PORT_MAX + 20];
	struct rlimit limit;
	uint16_t target_port = 0;
	int listening = loopback_socket(AF_INET, SOCK_STREAM, &target_port);
	uint16_t port = relay_open(8, IPPROTO_TCP, target_port);
	size_t n_served = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(limit.rlim_max >
		    RELAY_FLOWS_PER_PORT_MAX * 6 + 1000); /* or the test means nothing */
	for (size_t i = 0; i < RELAY_FLOWS_PER_PORT_MAX + 20; i++) {
		clients[i] = dial6(port, SOCK_STREAM);
		if (readable(listening, i < RELAY_FLOWS_PER_PORT_MAX ? 2000 : 5))
			servers[n_served++] = accept(listening, NULL, NULL);
		else
			assert_true(readable(clients[i], 2000)); /* closed */
	}
	assert_int_equal(n_served, RELAY_FLOWS_PER_PORT_MAX);
	struct ipc_stats stats;

	plumber_stats(&plumber, &stats);
	assert_int_equal(stats.flows_refused, 20);
	assert_true(another_port_is_served());
	for (size_t i = 0; i < RELAY_FLOWS_PER_PORT_MAX + 20; i++)
		close(clients[i]);
	for (size_t i = 0; i < n_served; i++)
		close(servers[i]);
	(void)process_n_fds(&process); /* waits until all is closed */
	int client = dial6(port, SOCK_STREAM);

	assert_true(readable(listening, 2000));
	close(client);
	close(listening);
	relay_gone(8);
}

static void datagrams_find_their_way_back(void **state)
{
	uint16_t target_port = 0;
	int target = loopback_socket(AF_INET, SOCK_DGRAM, &target_port), clients[20];
	uint16_t port = relay_open(4, IPPROTO_UDP, target_port);
	char text[32], answer[32];
	struct sockaddr_storage from;

	(void)state;
	for (int i = 0; i < 20; i++)
		clients[i] = dial6(port, SOCK_DGRAM);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 20; i++) {
			int len = snprintf(text, sizeof(text), "client %d %d", i, round);

			assert_int_equal(send(clients[i], text, (size_t)len, 0), len);
		}
		for (int i = 0; i < 20; i++) { /* an echo */
			socklen_t from_len = sizeof(from);

			assert_true(readable(target, 2000));
			ssize_t len = recvfrom(target, text, sizeof(text), 0,
					       (struct sockaddr *)&from, &from_len);

			sendto(target, text, (size_t)len, 0, (struct sockaddr *)&from, from_len);
		}
		for (int i = 0; i < 20; i++) {
			snprintf(text, sizeof(text), "client %d %d", i, round);
			assert_true(readable(clients[i], 2000));
			ssize_t len = recv(clients[i], answer, sizeof(answer), 0);

			assert_int_equal(len, strlen(text));
			assert_memory_equal(answer, text, (size_t)len);
		}
	}
	for (int i = 0; i < 20; i++)
		close(clients[i]);
	close(target);
	relay_gone(4);
}

/* libev's, in the resolver: each epoll set that it makes leaves a line in the log. */
int epoll_create1(int flags)
{
	(void)!write(STDERR_FILENO, "set\n", 4);
	return (int)syscall(SYS_epoll_create1, flags);
}

static unsigned n_epoll_sets(void)
{
	char log[4096] = "";
	unsigned n = 0;

	assert_true(pread(process.log, log, sizeof(log) - 1, 0) >= 0);
	for (const char *at = log; (at = strstr(at, "set\n")) != NULL; at++)
		n++;
	return n;
}

/* Until the plumber reads that they are over it holds duplicates of their sockets, to which targets
 * answer. Those must not be reported to a resolver that has none of them any more. */
static void flows_that_are_over_are_not_heard_of_again(void **state)
{
	enum { N = 200 };
	uint16_t target_port = 0;
	int target = loopback_socket(AF_INET, SOCK_DGRAM, &target_port), clients[N];
	struct sockaddr_storage flows[N];
	socklen_t len = sizeof(flows[0]);
	size_t n_before = process_n_fds(&process);
	uint16_t port = relay_open(4, IPPROTO_UDP, target_port);
	unsigned n_sets = n_epoll_sets();
	char byte;

	(void)state;
	assert_true(n_sets > 0);
	for (int i = 0; i < N; i++) {
		clients[i] = dial6(port, SOCK_DGRAM);
		assert_int_equal(send(clients[i], "x", 1, 0), 1);
		assert_true(readable(target, 5000));
		assert_int_equal(recvfrom(target, &byte, 1, 0, (struct sockaddr *)&flows[i], &len),
				 1);
	}
	relay_message(4, IPPROTO_UDP, 1, IPC_RELAY_GONE, NULL);
	assert_int_equal(process_n_fds(&process), n_before);
	for (int i = 0; i < N; i++) {
		(void)sendto(target, "y", 1, 0, (struct sockaddr *)&flows[i], len);
		close(clients[i]);
	}
	assert_true(another_port_is_served());
	assert_int_equal(n_epoll_sets(), n_sets);
	assert_int_equal(process_n_fds(&process), n_before);
	close(target);
}

/* A socket bound to every address answers from the one that was asked. */
static void answers_come_from_the_address_that_was_asked(void **state)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(any);
	uint16_t target_port = 0;
	int target = loopback_socket(AF_INET, SOCK_DGRAM, &target_port), off = 0;
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage from;
	char byte;

	(void)state;
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	getsockname(fd, (struct sockaddr *)&any, &len);
	relay_message(5, IPPROTO_UDP, target_port, IPC_RELAY, &fd);
	close(fd);

	/* 127.0.0.2, where the route back would say 127.0.0.1. */
	struct sockaddr_in asked = { .sin_family = AF_INET,
				     .sin_port = any.sin6_port,
				     .sin_addr.s_addr = htonl(0x7f000002) };
	int client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(client, (struct sockaddr *)&asked, sizeof(asked)), 0);
	assert_int_equal(send(client, "x", 1, 0), 1);
	len = sizeof(from);
	assert_true(readable(target, 2000));
	assert_int_equal(recvfrom(target, &byte, 1, 0, (struct sockaddr *)&from, &len), 1);
	sendto(target, "y", 1, 0, (struct sockaddr *)&from, len);
	assert_true(readable(client, 2000)); /* connected: other sources are not heard */
	assert_int_equal(recv(client, &byte, 1, 0), 1);
	assert_int_equal(byte, 'y');
	close(client);
	close(target);
	relay_gone(5);
}

static void a_relay_outlives_its_plumber_and_is_adopted(void **state)
{
	uint16_t target_port = 0, other_port = 0;
	int listening = loopback_socket(AF_INET, SOCK_STREAM, &target_port);
	int other = loopback_socket(AF_INET, SOCK_STREAM, &other_port), client, server;
	uint16_t port = relay_open(6, IPPROTO_TCP, target_port);

	(void)state;
	(void)relay_open(7, IPPROTO_TCP, target_port);
	plumber_close(&plumber);
	client = dial6(port, SOCK_STREAM);
	server = accept(listening, NULL, NULL);
	plumber_connect(&plumber, &process);
	assert_int_equal(plumber.n_relays, 2);
	/* No descriptor: it has the socket. The container has another address now. */
	relay_message(6, IPPROTO_TCP, other_port, IPC_RELAY, NULL);
	plumber_sync(&plumber);
	struct ipc_stats stats;

	plumber_stats(&plumber, &stats);
	assert_true(stats.relayed >= 100);
	struct sending there = { client, 100000 };
	pthread_t thread;

	pthread_create(&thread, NULL, send_pattern, &there);
	assert_int_equal(receive_pattern(server, 0), there.len); /* what was open goes on */
	pthread_join(thread, NULL);
	close(client);
	close(server);
	client = dial6(port, SOCK_STREAM);
	assert_true(readable(other, 2000));
	close(client);
	close(listening);
	close(other);
	relay_gone(6);
}

/* Without what other tests have left open. */
static void begin_anew(void)
{
	plumber_close(&plumber);
	process_kill(&process);
	process_start(&process);
	plumber_connect(&plumber, &process);
	plumber_sync(&plumber);
}

/* The plumber's part: what it was given goes to the next process, behind the relay. */
static void replace_process(uint8_t protocol, uint16_t target_port, const int *listening)
{
	struct plumber former = plumber;

	process_kill(&process);
	process_start(&process);
	plumber_connect(&plumber, &process);
	relay_message(1, protocol, target_port, IPC_RELAY, listening);
	plumber_hand_flow_over(&plumber, &former);
	plumber_sync(&plumber);
	plumber_close(&former);
}

static void a_connection_outlives_the_process(void **state)
{
	uint16_t target_port = 0, port = 0;
	int listening = loopback_socket(AF_INET, SOCK_STREAM, &target_port);
	int front = loopback_socket(AF_INET6, SOCK_STREAM, &port);
	char got[8] = "";

	(void)state;
	begin_anew();
	relay_message(1, IPPROTO_TCP, target_port, IPC_RELAY, &front);
	int client = dial6(port, SOCK_STREAM), server = accept(listening, NULL, NULL);

	assert_int_equal(send(client, "before", 6, 0), 6);
	assert_int_equal(recv(server, got, 6, MSG_WAITALL), 6);
	plumber_wait_kept(&plumber, 1);
	assert_int_equal(send(client, "while", 5, 0), 5); /* in the socket, or in the pipe */
	replace_process(IPPROTO_TCP, target_port, &front);
	assert_int_equal(recv(server, got, 5, MSG_WAITALL), 5);
	assert_memory_equal(got, "while", 5);
	assert_int_equal(send(server, "after", 5, 0), 5);
	assert_int_equal(recv(client, got, 5, MSG_WAITALL), 5);
	assert_memory_equal(got, "after", 5);
	shutdown(client, SHUT_WR);
	assert_int_equal(recv(server, got, 1, 0), 0);
	shutdown(server, SHUT_WR); /* the process was started with a copy of it */
	assert_int_equal(recv(client, got, 1, 0), 0);
	plumber_wait_kept(&plumber, UINT_MAX); /* the number of it was the former's */
	close(server);
	close(client);
	close(front);
	close(listening);
}

static void a_client_of_datagrams_outlives_the_process(void **state)
{
	uint16_t target_port = 0, port = 0;
	int target = loopback_socket(AF_INET, SOCK_DGRAM, &target_port);
	int front = loopback_socket(AF_INET6, SOCK_DGRAM, &port);
	struct sockaddr_in before, after;
	socklen_t len = sizeof(before);
	char got[8] = "";

	(void)state;
	begin_anew();
	relay_message(1, IPPROTO_UDP, target_port, IPC_RELAY, &front);
	int client = dial6(port, SOCK_DGRAM);

	assert_int_equal(send(client, "one", 3, 0), 3);
	assert_int_equal(recvfrom(target, got, 3, 0, (struct sockaddr *)&before, &len), 3);
	plumber_wait_kept(&plumber, 1);
	replace_process(IPPROTO_UDP, target_port, &front);
	assert_int_equal(sendto(target, "two", 3, 0, (struct sockaddr *)&before, len), 3);
	assert_true(readable(client, 5000));
	assert_int_equal(recv(client, got, 3, 0), 3);
	assert_int_equal(send(client, "three", 5, 0), 5);
	assert_int_equal(recvfrom(target, got, 5, 0, (struct sockaddr *)&after, &len), 5);
	assert_int_equal(after.sin_port, before.sin_port); /* for the target it is the same */
	close(client);
	close(front);
	close(target);
}

/* A client's datagrams and their flow, which the plumber keeps. */
struct talk {
	int target, front, client;
	uint16_t target_port;
};

static struct talk talk_begin(void)
{
	struct talk talk = { 0 };
	uint16_t port = 0;
	char byte;

	talk.target = loopback_socket(AF_INET, SOCK_DGRAM, &talk.target_port);
	talk.front = loopback_socket(AF_INET6, SOCK_DGRAM, &port);
	begin_anew();
	relay_message(1, IPPROTO_UDP, talk.target_port, IPC_RELAY, &talk.front);
	talk.client = dial6(port, SOCK_DGRAM);
	assert_int_equal(send(talk.client, "a", 1, 0), 1);
	assert_int_equal(recv(talk.target, &byte, 1, 0), 1);
	plumber_wait_kept(&plumber, 1);
	return talk;
}

/* By another flow than before. */
static void talk_goes_on(const struct talk *talk)
{
	char byte = 0;

	assert_int_equal(send(talk->client, "b", 1, 0), 1);
	assert_true(readable(talk->target, 5000));
	assert_int_equal(recv(talk->target, &byte, 1, 0), 1);
	assert_int_equal(byte, 'b');
}

static void talk_end(const struct talk *talk)
{
	close(talk->client);
	close(talk->front);
	close(talk->target);
}

/* It was over, and the process was killed before the plumber had heard of it. */
static void a_flow_that_was_shut_down_is_not_adopted(void **state)
{
	struct talk talk = talk_begin();

	(void)state;
	shutdown(plumber.flow_fds[0], SHUT_RDWR);
	replace_process(IPPROTO_UDP, talk.target_port, &talk.front);
	plumber_wait_kept(&plumber, UINT_MAX); /* the number of it was the former's */
	talk_goes_on(&talk);
	talk_end(&talk);
}

/* The kernel shows it as ready for good, and there is nothing to be read. */
static void a_flow_that_is_hung_up_ends(void **state)
{
	struct talk talk = talk_begin();

	(void)state;
	shutdown(plumber.flow_fds[0], SHUT_RDWR);
	plumber_wait_kept(&plumber, 0);
	talk_goes_on(&talk);
	talk_end(&talk);
}

static void a_flow_that_takes_nothing_more_ends(void **state)
{
	struct talk talk = talk_begin();

	(void)state;
	shutdown(plumber.flow_fds[0], SHUT_WR);
	assert_int_equal(send(talk.client, "x", 1, 0), 1);
	plumber_wait_kept(&plumber, 0);
	talk_goes_on(&talk);
	talk_end(&talk);
}

/* Counted behind what it says to others. */
static void assert_alone(const struct journal_page *page, uint32_t n)
{
	uint64_t end_ms = now_ms() + 30000;

	while (__atomic_load_n(&page->n_relayed_alone, __ATOMIC_SEQ_CST) != n && now_ms() < end_ms)
		nanosleep(&(struct timespec) { 0, 2000000 }, NULL);
	assert_int_equal(page->n_relayed_alone, n);
}

static struct journal_page *page_that_outlives(void)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);
	struct journal_page *page;

	assert_int_equal(ftruncate(fd, IPC_JOURNAL_SIZE), 0);
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(page != MAP_FAILED);
	process.journal = fcntl(fd, F_DUPFD_CLOEXEC, 16); /* above those that it is to have */
	close(fd);
	return page;
}

static void connections_that_nobody_else_has_are_counted(void **state)
{
	uint16_t target_port = 0, port;
	int listening = loopback_socket(AF_INET, SOCK_STREAM, &target_port), clients[2], servers[2];
	struct journal_page *page = page_that_outlives();

	(void)state;
	page->n_relayed_alone = 3; /* of one that was killed: told, and no business of ours */
	begin_anew();
	assert_int_equal(page->n_relayed_alone, 0);
	port = relay_open(1, IPPROTO_TCP, target_port);
	clients[0] = dial6(port, SOCK_STREAM);
	servers[0] = accept(listening, NULL, NULL);
	plumber_wait_kept(&plumber, 1);
	assert_alone(page, 0);
	/* Without a plumber nobody keeps the next one; one that ends is counted no more. */
	plumber_close(&plumber);
	for (int i = 0; i < 2; i++) {
		clients[1] = dial6(port, SOCK_STREAM);
		servers[1] = accept(listening, NULL, NULL);
		assert_alone(page, 1);
		if (i == 0) {
			close(clients[1]);
			close(servers[1]);
			assert_alone(page, 0);
		}
	}
	/* Who had the first is gone, and the next plumber is given both. */
	plumber_connect(&plumber, &process);
	relay_message(1, IPPROTO_TCP, target_port, IPC_RELAY, NULL);
	plumber_sync(&plumber);
	assert_alone(page, 0);
	for (int i = 0; i < 2; i++) {
		close(clients[i]);
		close(servers[i]);
	}
	close(listening);
	munmap(page, sizeof(*page));
	close(process.journal);
	process.journal = 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_arrive_in_both_directions_and_so_do_ends),
		cmocka_unit_test(a_target_that_refuses_is_a_reset),
		cmocka_unit_test(flows_leave_nothing_open),
		cmocka_unit_test(flows_are_limited),
		cmocka_unit_test(datagrams_find_their_way_back),
		cmocka_unit_test(flows_that_are_over_are_not_heard_of_again),
		cmocka_unit_test(answers_come_from_the_address_that_was_asked),
		cmocka_unit_test(a_relay_outlives_its_plumber_and_is_adopted),
		cmocka_unit_test(a_connection_outlives_the_process),
		cmocka_unit_test(a_client_of_datagrams_outlives_the_process),
		cmocka_unit_test(a_flow_that_was_shut_down_is_not_adopted),
		cmocka_unit_test(a_flow_that_is_hung_up_ends),
		cmocka_unit_test(a_flow_that_takes_nothing_more_ends),
		cmocka_unit_test(connections_that_nobody_else_has_are_counted),
	};

	process_main(argc, argv);
	if (!process_own_network())
		return 77; /* skipped: only root has namespaces and users to give up */
	return cmocka_run_group_tests(tests, setup, teardown);
}
