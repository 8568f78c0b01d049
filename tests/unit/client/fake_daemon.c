// SPDX-License-Identifier: GPL-2.0-or-later
// fake_daemon.c - a netd that gives the answers it was told to, over a unix socket of its own
#include "tests/unit/client/fake_daemon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void die(const char *what, const char *detail)
{
	(void)fprintf(stderr, "fake daemon: %s: %s\n", what, detail);
	_exit(1);
}

/* Reads one request whole; 0: the client has closed. */
static size_t read_request(int fd, char *text, size_t size)
{
	size_t len = 0, want = 0;
	char *end, *length;

	for (;;) {
		ssize_t n = recv(fd, text + len, size - 1 - len, 0);

		if (n <= 0)
			return 0;
		len += (size_t)n;
		text[len] = '\0';
		end = strstr(text, "\r\n\r\n");
		if (!end)
			continue;
		length = strcasestr(text, "Content-Length:");
		want = (size_t)(end + 4 - text) +
		       (length && length < end ? strtoul(length + 15, NULL, 10) : 0);
		if (len >= want)
			return len;
	}
}

static void check_request(const char *text, const struct fake_exchange *exchange)
{
	if (strncmp(text, exchange->request, strlen(exchange->request)) != 0)
		die(exchange->request, text);
	if (exchange->body && !strstr(strstr(text, "\r\n\r\n"), exchange->body))
		die(exchange->body, text);
}

static void serve(int listener, const struct fake_exchange *exchanges, size_t n)
{
	static char text[1 << 20];
	int fd = -1;

	for (size_t i = 0; i < n;) {
		if (fd < 0)
			fd = accept(listener, NULL, NULL);
		if (fd < 0)
			die("accept", "failed");
		if (read_request(fd, text, sizeof(text)) == 0) {
			close(fd);
			fd = -1;
			continue;
		}
		check_request(text, &exchanges[i]);
		if (exchanges[i].reply &&
		    send(fd, exchanges[i].reply, strlen(exchanges[i].reply), MSG_NOSIGNAL) < 0)
			die("send", "failed");
		if (!exchanges[i].reply || exchanges[i].close_after ||
		    strstr(exchanges[i].reply, "Connection: close")) {
			close(fd);
			fd = -1;
		}
		i++;
	}
	if (fd >= 0)
		close(fd);
}

void fake_daemon_start(struct fake_daemon *daemon, const struct fake_exchange *exchanges, size_t n)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(daemon->dir, sizeof(daemon->dir), "/tmp/netd-fake-XXXXXX");
	if (!mkdtemp(daemon->dir))
		abort();
	(void)snprintf(daemon->path, sizeof(daemon->path), "%s/sock", daemon->dir);
	(void)snprintf(daemon->host, sizeof(daemon->host), "unix://%s", daemon->path);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", daemon->path);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 16) < 0)
		abort();
	daemon->pid = fork();
	if (daemon->pid < 0)
		abort();
	if (daemon->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)alarm(30);
		serve(listener, exchanges, n);
		_exit(0);
	}
	/* Kept here too: who connects after the last exchange finds nobody listening otherwise. */
	daemon->listener = listener;
}

int fake_daemon_end(struct fake_daemon *daemon)
{
	int status = -1;

	(void)close(daemon->listener);
	(void)waitpid(daemon->pid, &status, 0);
	(void)unlink(daemon->path);
	(void)rmdir(daemon->dir);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
