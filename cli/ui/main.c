// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - netd-ui: the living picture of a host as a page; netctl ui starts it
#include "base/limits.h"
#include "cli/ui/ui_events.h"
#include "cli/ui/ui_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Theory of operation. netctl becomes this program, which has the address to listen at and
 * netd's place as its words. It makes a key that nobody else has, starts the threads that
 * serve, prints the page's address with the key, and waits to be ended. Nothing is written to
 * disk. */

enum { EXIT_USAGE = 2 };

/* The messages name netctl ui, since that is what the user has called. */
static int fail(int status, const char *text)
{
	(void)fprintf(stderr, "netctl ui: %s\n", text);
	return status;
}

/* "127.0.0.1:8080", "[::1]:0" 0: it is no address. The end `%5u%c` finds what stands behind the
 * port; then there are three matches, not two. */
static socklen_t read_address(const char *text, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *four = (struct sockaddr_in *)ret_address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret_address;
	char address[INET6_ADDRSTRLEN], end;
	unsigned int port;

	memset(ret_address, 0, sizeof(*ret_address));
	if (sscanf(text, "[%45[0-9a-fA-F:.]]:%5u%c", address, &port, &end) == 2 &&
	    port <= UINT16_MAX && inet_pton(AF_INET6, address, &six->sin6_addr) == 1) {
		/* inet_pton(3) judges the address; the pattern keeps out all that it would not
		 * look at. */
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((uint16_t)port);
		return sizeof(*six);
	}
	if (sscanf(text, "%15[0-9.]:%5u%c", address, &port, &end) == 2 && port <= UINT16_MAX &&
	    inet_pton(AF_INET, address, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons((uint16_t)port);
		return sizeof(*four);
	}
	return 0;
}

/* Two hex digits for each random byte, and the NUL that the last snprintf(3) writes. */
static int make_key(char key[static UI_KEY_LEN + 1])
{
	unsigned char bytes[UI_KEY_LEN / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return -errno;
	for (size_t i = 0; i < sizeof(bytes); i++)
		(void)snprintf(key + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

/* Blocked before there are threads, so that it is this one that they end. */
static void wait_for_end(const sigset_t *signals)
{
	int signal;

	(void)sigwait(signals, &signal); /* of valid signals: it does not fail */
}

/* netd-ui LISTEN [HOST] */
int main(int argc, char **argv)
{
	static struct ui_server server;
	struct sockaddr_storage address;
	struct error error = { 0 };
	sigset_t signals;
	/* static, as threads use it for as long as the process lives. */
	socklen_t len;

	if (argc < 2 || argc > 3)
		return fail(EXIT_USAGE, "netd-ui is started by netctl ui");
	len = read_address(argv[1], &address);
	if (len == 0)
		return fail(EXIT_USAGE, "--listen is no address and port such as 127.0.0.1:7347");
	server.host = argc > 2 ? argv[2] : NULL;
	(void)sigemptyset(&signals); /* none of these fails for valid signals */
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	/* A browser that closes a page early is no reason to end. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (make_key(server.key) < 0)
		return fail(EXIT_FAILURE, "no random bytes for a key");
	if (ui_server_start(&address, len, &server, &error) < 0 ||
	    ui_events_start(server.host, &error) < 0)
		return fail(EXIT_FAILURE, error.text);
	/* The address as it was given, and the port that it became: a port of 0 asks for any. */
	(void)printf("http://%.*s:%u/?key=%s\n", (int)(strrchr(argv[1], ':') - argv[1]), argv[1],
		     server.port, server.key);
	/* Whoever reads the address through a pipe waits for it. */
	if (fflush(stdout) != 0)
		return EXIT_FAILURE;
	wait_for_end(&signals);
	return EXIT_SUCCESS;
}
