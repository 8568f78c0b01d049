// SPDX-License-Identifier: GPL-2.0-or-later
// test_server.c - pages over HTTP, of snapshots that a plumber gives, or does not
#include "metrics/page.h"
#include "metrics/server.h"
#include "tests/unit/metrics/told.h"

#include <setjmp.h>
#include <stdarg.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 65536

static struct told told;
static struct observed observed;
static struct sockaddr_in address;
static char answer[ANSWER_MAX];

/* The how manieth question it is, as the number of networks; there is no third snapshot. */
static void counting(int channel, uint32_t number, unsigned which)
{
	char text[64];
	int len = snprintf(text, sizeof(text), "{\"Daemon\":{\"Networks\":%u}}", which + 1);

	if (which == 2) {
		told_say(channel, OBSERVE_CANNOT, number, "busy", 4);
		return;
	}
	told_say(channel, OBSERVE_PIECE, number, text, (size_t)len);
	told_say(channel, OBSERVE_END, number, "", 0);
}

static int setup(void **state)
{
	struct error error = { 0 };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)state;
	address = (struct sockaddr_in) { .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	told_start(&told, counting);
	observed = (struct observed) { .channel = told.channel, .drops_fd = -1 };
	assert_int_equal(server_start(fd, &observed, &error), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	told_end(&told);
	return 0;
}

/* Turns of the server until the connection has ended; the answer is a text then. */
static void ask(const char *request)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t len = 0;
	ssize_t n = -1;

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	while (n != 0) {
		struct pollfd wait[] = { { .fd = server_fd(), .events = POLLIN },
					 { .fd = fd, .events = POLLIN } };

		assert_true(poll(wait, 2, 30000) > 0);
		server_turn();
		n = recv(fd, answer + len, sizeof(answer) - 1 - len, MSG_DONTWAIT);
		assert_true(n >= 0 || errno == EAGAIN);
		len += n > 0 ? (size_t)n : 0;
	}
	answer[len] = '\0';
	(void)close(fd);
}

#define GET(path_, accept_)                                                                        \
	"GET " path_ " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" accept_ "\r\n"
#define PAGE(accept_) GET("/metrics", accept_)

static void has(const char *what)
{
	if (!strstr(answer, what))
		fail_msg("no %s in: %s", what, answer);
}

static void begins(const char *what)
{
	if (strncmp(answer, what, strlen(what)) != 0)
		fail_msg("not %s: %s", what, answer);
}

/* One test, for there is one server in a process, and what it keeps is what is looked at. */
static void a_page_is_made_kept_and_made_anew(void **state)
{
	(void)state;
	ask(PAGE(""));
	begins("HTTP/1.1 200 ");
	has("Content-Type: text/plain; version=0.0.4");
	has("\nnetd_networks 1\n");
	/* the other format is another page, of another snapshot */
	ask(PAGE("Accept: application/openmetrics-text;version=1.0.0\r\n"));
	has("Content-Type: application/openmetrics-text; version=1.0.0");
	has("\nnetd_networks 2\n");
	has("\n# EOF\n");
	/* past METRICS_FRESH_MS there is a third, which there is not */
	do
		ask(PAGE(""));
	while (strncmp(answer, "HTTP/1.1 200 ", 13) == 0);
	begins("HTTP/1.1 503 ");
	has("\r\n\r\nbusy\n");
	/* what failed is not kept */
	ask(PAGE(""));
	begins("HTTP/1.1 200 ");
	has("\nnetd_networks 4\n");
	ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	begins("HTTP/1.1 200 ");
	assert_null(strstr(answer, "netd_networks"));
}

static void what_is_no_get_of_the_page_is_refused(void **state)
{
	(void)state;
	ask(GET("/", ""));
	begins("HTTP/1.1 404 ");
	has("\r\n\r\nnetd's metrics are at /metrics\n");
	ask(GET("/metrics/", ""));
	begins("HTTP/1.1 404 ");
	ask("POST /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	begins("HTTP/1.1 405 ");
	has("Allow: GET, HEAD");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_made_kept_and_made_anew),
		cmocka_unit_test(what_is_no_get_of_the_page_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
