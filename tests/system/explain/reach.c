// SPDX-License-Identifier: GPL-2.0-or-later
// reach.c - what a program in a namespace sees when it connects somewhere; and who answers there
//
// usage: reach try [LIMIT-MS] <<< 'NETNS ADDRESS PORT/tcp|PORT/udp|icmp [BYTES]' …
//	  reach hold [LIMIT-MS] <<< …	the same, and what has connected stays so until it is killed
//	  reach answer READY-FILE <<< 'NETNS NAME ADDRESS PORT/tcp|PORT/udp' …
//	  reach many <<< 'NETNS MODE ARGUMENT', the lines of its input and an empty one, …
//
// NETNS is a path, or "-" for the own one. All tries of one call go at once, each by a socket that
// was made in its namespace, so that a thousand silent pairs take one limit. BYTES go out in one
// piece that may not be cut (1 without it), and an answer to a datagram is as long as the question
// was.
//
// "many" is for who needs many of the others: a child is in NETNS what a program would be. Of "try"
// comes an empty line behind the last; of "answer" the pid, and it is a child of who asked.
#include "../own_netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

/* For each line of the input comes one, in the same order, with the milliseconds behind it:
 *
 *	answered NAME		who answers said so
 *	connected		the handshake of TCP was done, and no answer came
 *	closed			it was done, and the other side closed before an answer
 *	timeout			nothing came until the limit
 *	ECONNREFUSED rst	an errno; the answer of TCP was a reset
 *	ECONNREFUSED icmp 3/3 10.61.0.1	an errno; ICMP said so: type/code, and who
 *	ENETUNREACH		an errno of the own kernel */

#define N_MAX 20000
#define BYTES_MAX 65536

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* What a line of the input says, and what has become of it. */
struct attempt {
	union address to;
	int protocol, fd;
	size_t bytes;
	uint16_t id; /* of an echo request */
	bool is_connected, is_done;
	char outcome[160];
	double ms;
};

struct server {
	char name[64];
	int fd, protocol;
	bool is_listener;
};

static struct attempt attempts[N_MAX];
static struct server servers[N_MAX];
static uint8_t buffer[BYTES_MAX];
static double began;
static int own_netns, poller;

static double now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1000 + (double)ts.tv_nsec / 1e6;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static bool is_v6(const union address *address)
{
	return address->any.sa_family == AF_INET6;
}

static socklen_t address_len(const union address *address)
{
	return is_v6(address) ? sizeof(address->v6) : sizeof(address->v4);
}

static void address_text(const union address *address, char *text, size_t size)
{
	const void *bytes = is_v6(address) ? (const void *)&address->v6.sin6_addr
					   : (const void *)&address->v4.sin_addr;

	if (!inet_ntop(address->any.sa_family, bytes, text, (socklen_t)size))
		text[0] = '\0';
}

/* PORT/tcp, PORT/udp, or icmp. */
static bool read_address(const char *text, const char *port, union address *ret, int *ret_protocol)
{
	unsigned number = 0;
	char protocol[8] = "";

	*ret = (union address) { 0 };
	if (strcmp(port, "icmp") == 0)
		*ret_protocol = IPPROTO_ICMP;
	else if (sscanf(port, "%u/%7s", &number, protocol) == 2)
		*ret_protocol = strcmp(protocol, "udp") == 0 ? IPPROTO_UDP : IPPROTO_TCP;
	else
		return false;

	if (inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)number);
		return true;
	}
	if (inet_pton(AF_INET6, text, &ret->v6.sin6_addr) != 1)
		return false;
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons((uint16_t)number);
	if (*ret_protocol == IPPROTO_ICMP) {
		ret->v6.sin6_port = 0; /* a raw socket refuses another */
		*ret_protocol = IPPROTO_ICMPV6;
	}
	return true;
}

/* A socket belongs to the namespace its thread was in when it was made. */
static int socket_in(const char *netns, int family, int protocol)
{
	int type = protocol == IPPROTO_TCP   ? SOCK_STREAM
		   : protocol == IPPROTO_UDP ? SOCK_DGRAM
					     : SOCK_RAW;
	bool is_other = strcmp(netns, "-") != 0;
	int ns = is_other ? open(netns, O_RDONLY | O_CLOEXEC) : -1;

	if (is_other && (ns < 0 || setns(ns, CLONE_NEWNET) < 0))
		die(netns);
	own_netns_or_die();

	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		die("socket");
	if (is_other) {
		close(ns);
		if (setns(own_netns, CLONE_NEWNET) < 0)
			die("setns");
	}
	return fd;
}

static void finish(struct attempt *attempt, const char *outcome)
{
	if (attempt->is_done)
		return;
	(void)snprintf(attempt->outcome, sizeof(attempt->outcome), "%s", outcome);
	attempt->is_done = true;
	attempt->ms = now_ms() - began;
}

/* Who said so: an ICMP message is in the socket's queue of errors, and a reset leaves nothing
 * there. */
static void finish_error(struct attempt *attempt, int error)
{
	char control[512], outcome[128], by[INET6_ADDRSTRLEN];
	struct iovec iov = { .iov_base = buffer, .iov_len = sizeof(buffer) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	const char *name = strerrorname_np(error);

	(void)snprintf(outcome, sizeof(outcome), "%s%s", name ? name : "?",
		       error == ECONNREFUSED && attempt->protocol == IPPROTO_TCP ? " rst" : "");
	if (recvmsg(attempt->fd, &msg, MSG_ERRQUEUE) >= 0) {
		for (struct cmsghdr *at = CMSG_FIRSTHDR(&msg); at; at = CMSG_NXTHDR(&msg, at)) {
			const struct sock_extended_err *said = (const void *)CMSG_DATA(at);

			if (said->ee_origin != SO_EE_ORIGIN_ICMP &&
			    said->ee_origin != SO_EE_ORIGIN_ICMP6)
				continue;
			address_text((const void *)SO_EE_OFFENDER(said), by, sizeof(by));
			(void)snprintf(outcome, sizeof(outcome), "%s icmp %u/%u %s",
				       name ? name : "?", said->ee_type, said->ee_code, by);
		}
	}
	finish(attempt, outcome);
}

/* The question: what is sent once there is a connection, or is the datagram itself. */
static void ask(struct attempt *attempt)
{
	memset(buffer, 0, attempt->bytes);
	if (attempt->protocol == IPPROTO_ICMP || attempt->protocol == IPPROTO_ICMPV6) {
		struct icmphdr *echo = (void *)buffer;
		uint32_t sum = 0;

		echo->type = is_v6(&attempt->to) ? ICMPV6_ECHO_REQUEST : ICMP_ECHO;
		echo->un.echo.id = htons(attempt->id);
		/* All but the header is zero. For IPv6 the kernel makes its own. */
		for (size_t i = 0; i < sizeof(*echo); i += 2)
			sum += (uint32_t)(buffer[i] | buffer[i + 1] << 8);
		echo->checksum = (uint16_t) ~((sum & 0xffff) + (sum >> 16));
	}
	if (send(attempt->fd, buffer, attempt->bytes, MSG_NOSIGNAL) < 0)
		finish_error(attempt, errno);
}

static void set(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)) < 0)
		die("setsockopt");
}

static void start(struct attempt *attempt, const char *netns, size_t index)
{
	bool six = is_v6(&attempt->to);
	int level = six ? IPPROTO_IPV6 : IPPROTO_IP, protocol = attempt->protocol;

	attempt->fd = socket_in(netns, attempt->to.any.sa_family, protocol);
	attempt->id = (uint16_t)(index + (size_t)getpid());
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		attempt->bytes += sizeof(struct icmphdr);
	set(attempt->fd, level, six ? IPV6_RECVERR : IP_RECVERR, 1);
	set(attempt->fd, level, six ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER,
	    six ? IPV6_PMTUDISC_DO : IP_PMTUDISC_DO);

	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET,
				     .data.u32 = (uint32_t)index };
	if (epoll_ctl(poller, EPOLL_CTL_ADD, attempt->fd, &event) < 0)
		die("epoll_ctl");
	if (connect(attempt->fd, &attempt->to.any, address_len(&attempt->to)) < 0) {
		if (errno != EINPROGRESS)
			finish_error(attempt, errno);
	} else if (protocol != IPPROTO_TCP)
		ask(attempt);
}

/* The name that answers is one line; echo answers have none. */
static void answered(struct attempt *attempt, size_t len)
{
	char outcome[128];

	if (attempt->protocol == IPPROTO_ICMP || attempt->protocol == IPPROTO_ICMPV6) {
		/* A raw socket of IPv4 hears the IP header too, and other messages than answers. */
		size_t skipped = is_v6(&attempt->to) ? 0 : (size_t)(buffer[0] & 15) * 4;
		const struct icmphdr *echo = (const void *)(buffer + skipped);

		if (len >= skipped + sizeof(*echo) && ntohs(echo->un.echo.id) == attempt->id &&
		    echo->type == (is_v6(&attempt->to) ? ICMPV6_ECHO_REPLY : ICMP_ECHOREPLY))
			finish(attempt, "answered");
		return;
	}
	size_t n = 0;
	while (n < len && n < 64 && buffer[n] > ' ')
		n++;
	(void)snprintf(outcome, sizeof(outcome), "answered %.*s", (int)n, (const char *)buffer);
	finish(attempt, outcome);
}

static void on_event(struct attempt *attempt, uint32_t events)
{
	int error = 0;
	socklen_t len = sizeof(error);
	ssize_t n;

	if (attempt->is_done)
		return;
	if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error != 0) {
		finish_error(attempt, error);
		return;
	}
	if (attempt->protocol == IPPROTO_TCP && !attempt->is_connected) {
		if (!(events & EPOLLOUT) || events & EPOLLHUP)
			return;
		attempt->is_connected = true;
		ask(attempt);
	}
	while (!attempt->is_done && (n = recv(attempt->fd, buffer, sizeof(buffer), 0)) >= 0) {
		if (n > 0)
			answered(attempt, (size_t)n);
		else if (attempt->protocol == IPPROTO_TCP)
			finish(attempt, "closed");
	}
	if (!attempt->is_done && errno != EAGAIN && errno != ENOTCONN)
		finish_error(attempt, errno);
}

static size_t read_attempts(void)
{
	char line[512], netns[256], address[64], port[32];
	size_t n = 0;

	for (; n < N_MAX && fgets(line, sizeof(line), stdin); n++) {
		struct attempt *attempt = &attempts[n];
		unsigned long bytes = 1;

		if (sscanf(line, "%255s %63s %31s %lu", netns, address, port, &bytes) < 3 ||
		    !read_address(address, port, &attempt->to, &attempt->protocol) ||
		    bytes > BYTES_MAX - sizeof(struct icmphdr)) {
			fprintf(stderr, "no attempt: %s", line);
			exit(2);
		}
		attempt->bytes = bytes;
		start(attempt, netns, n);
	}
	return n;
}

static bool all_done(size_t n)
{
	while (n > 0 && attempts[n - 1].is_done)
		n--;
	return n == 0;
}

static void try_all(double limit_ms, bool is_holding)
{
	struct epoll_event events[256];
	size_t n = read_attempts();
	double left;

	while (!all_done(n) && (left = began + limit_ms - now_ms()) > 0) {
		int ready = epoll_wait(poller, events, 256, (int)left + 1);

		for (int i = 0; i < ready; i++)
			on_event(&attempts[events[i].data.u32], events[i].events);
	}
	for (size_t i = 0; i < n; i++) {
		finish(&attempts[i], attempts[i].is_connected ? "connected" : "timeout");
		printf("%s %.1f ms\n", attempts[i].outcome, attempts[i].ms);
	}
	(void)fflush(stdout);
	while (is_holding)
		pause();
}

/* ---- who answers ---- */

static size_t add_server(size_t n, const char *name, int fd, int protocol, bool is_listener)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)n };

	if (n >= N_MAX)
		return n;
	servers[n].fd = fd;
	servers[n].protocol = protocol;
	servers[n].is_listener = is_listener;
	if (name)
		(void)snprintf(servers[n].name, sizeof(servers[n].name), "%s", name);
	if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0)
		die("epoll_ctl");
	return n + 1;
}

static size_t read_servers(void)
{
	char line[512], netns[256], name[64], address[64], port[32];
	size_t n = 0;

	while (fgets(line, sizeof(line), stdin)) {
		union address at;
		int protocol;

		if (sscanf(line, "%255s %63s %63s %31s", netns, name, address, port) != 4 ||
		    !read_address(address, port, &at, &protocol)) {
			fprintf(stderr, "no server: %s", line);
			exit(2);
		}
		int fd = socket_in(netns, at.any.sa_family, protocol);
		set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
		if (is_v6(&at) && !IN6_IS_ADDR_UNSPECIFIED(&at.v6.sin6_addr))
			set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		else if (is_v6(&at))
			set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
		if (protocol == IPPROTO_UDP)
			set(fd, IPPROTO_IP, IP_PKTINFO, 1);
		if (protocol == IPPROTO_UDP && is_v6(&at))
			set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		if (bind(fd, &at.any, address_len(&at)) < 0)
			die(line);
		if (protocol == IPPROTO_TCP && listen(fd, 1024) < 0)
			die("listen");
		n = add_server(n, name, fd, protocol, protocol == IPPROTO_TCP);
	}
	return n;
}

/* From the address that was asked, as a server of names does: of several the kernel would take the
 * one that leads to who asked. */
static void serve_datagram(const struct server *server)
{
	union address from;
	char control[256];
	struct iovec iov = { .iov_base = buffer, .iov_len = sizeof(buffer) };
	struct msghdr msg = { .msg_name = &from,
			      .msg_namelen = sizeof(from),
			      .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(server->fd, &msg, 0);

	if (n <= 0)
		return;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(&msg); at; at = CMSG_NXTHDR(&msg, at)) {
		if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO)
			((struct in_pktinfo *)(void *)CMSG_DATA(at))->ipi_ifindex = 0;
		else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO)
			((struct in6_pktinfo *)(void *)CMSG_DATA(at))->ipi6_ifindex = 0;
	}
	size_t name_len = strlen(server->name);
	memset(buffer, 0, (size_t)n);
	memcpy(buffer, server->name, name_len);
	iov.iov_len = (size_t)n > name_len ? (size_t)n : name_len;
	(void)sendmsg(server->fd, &msg, 0);
}

/* A connection is answered once and closed by who asked: the slot of its descriptor is used again
 * then. */
static void serve_stream(struct server *server)
{
	ssize_t n = recv(server->fd, buffer, sizeof(buffer), 0);

	if (n > 0) {
		(void)send(server->fd, server->name, strlen(server->name), MSG_NOSIGNAL);
		return;
	}
	if (n == 0 || errno != EAGAIN) {
		close(server->fd);
		server->fd = -1;
	}
}

static size_t serve(size_t i, size_t n)
{
	struct server *server = &servers[i];

	if (server->protocol == IPPROTO_UDP)
		serve_datagram(server);
	else if (!server->is_listener)
		serve_stream(server);
	else {
		int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		size_t slot = 0;

		if (fd < 0)
			return n;
		while (slot < n && servers[slot].fd >= 0)
			slot++;
		memmove(servers[slot].name, server->name, sizeof(server->name));
		(void)add_server(slot, NULL, fd, IPPROTO_TCP, false);
		return slot == n ? n + 1 : n;
	}
	return n;
}

static void answer_all(const char *ready_file)
{
	struct epoll_event events[256];
	size_t n = read_servers();
	int fd = open(ready_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		die(ready_file);
	close(fd);
	for (;;) {
		int ready = epoll_wait(poller, events, 256, -1);

		for (int i = 0; i < ready; i++)
			n = serve(events[i].data.u32, n);
	}
}

static int run(const char *mode, const char *argument)
{
	began = now_ms();
	own_netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (own_netns < 0 || poller < 0)
		die("reach");

	if (strcmp(mode, "answer") == 0 && argument)
		answer_all(argument);
	else if (strcmp(mode, "try") == 0 || strcmp(mode, "hold") == 0)
		try_all(argument ? atof(argument) : 300, strcmp(mode, "hold") == 0);
	else
		return 2;
	return 0;
}

/* ---- many ---- */

static int run_in(const char *netns, const char *mode, const char *argument, char *input,
		  size_t len)
{
	int ns = open(netns, O_RDONLY | O_CLOEXEC);

	if (ns < 0 || setns(ns, CLONE_NEWNET) < 0)
		die(netns);
	own_netns_or_die();
	close(ns);
	/* Who asked sees the end of its output when the one with the children ends. */
	if (strcmp(mode, "answer") == 0)
		stdout = freopen("/dev/null", "w", stdout);
	stdin = fmemopen(input, len, "r");
	return stdin && stdout ? run(mode, argument) : 2;
}

/* Until an empty line. Before a fork, as what stdio has read ahead is of the next request. */
static size_t read_input(char **ret_text)
{
	char *line = NULL;
	size_t size = 0, len = 0;
	FILE *text = open_memstream(ret_text, &len);

	while (text && getline(&line, &size, stdin) > 0 && line[0] != '\n')
		(void)fputs(line, text);
	free(line);
	if (!text || fclose(text) != 0)
		die("input");
	return len;
}

static void run_many(void)
{
	char line[512], netns[256], mode[8], argument[256];

	while (fgets(line, sizeof(line), stdin)) {
		char *input = NULL;
		size_t len = read_input(&input);

		if (sscanf(line, "%255s %7s %255s", netns, mode, argument) != 3)
			exit(2);
		bool is_answer = strcmp(mode, "answer") == 0;
		long pid = syscall(SYS_clone, SIGCHLD | (is_answer ? CLONE_PARENT : 0), 0, 0, 0, 0);
		if (pid < 0)
			die("clone");
		if (pid == 0)
			exit(run_in(netns, mode, argument, input, len));
		free(input);
		if (is_answer)
			printf("%ld\n", pid);
		else if (waitpid((pid_t)pid, NULL, 0) < 0)
			die("waitpid");
		else
			(void)putchar('\n');
		(void)fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	struct rlimit files = { .rlim_cur = N_MAX + 64, .rlim_max = N_MAX + 64 };

	own_netns_or_die();
	(void)setrlimit(RLIMIT_NOFILE, &files);
	if (argc == 2 && strcmp(argv[1], "many") == 0) {
		run_many();
		return 0;
	}
	return argc > 1 ? run(argv[1], argv[2]) : 2;
}
