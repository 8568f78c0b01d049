// SPDX-License-Identifier: GPL-2.0-or-later
// netctl_run.c - all of netctl in a process of its own, against a fake daemon
#include "tests/unit/cli/netctl_run.h"

#include "cli/commands.h"
#include "cli/line/cli.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define WORDS_MAX 64

static void child(const char *host, const char *line, const int fds[3])
{
	char program[] = "netctl", option[] = "-H", *copy = strdup(line), *rest = copy, *word;
	char *argv[WORDS_MAX] = { program, option, strdup(host) };
	int argc = 3;

	while ((word = strsep(&rest, " ")) && argc < WORDS_MAX - 1) {
		for (char *c = word; *c; c++)
			if (*c == '~')
				*c = ' ';
		argv[argc++] = word;
	}
	for (int fd = 0; fd < 3; fd++)
		if (dup2(fds[fd], fd) < 0)
			_exit(99);
	argc = commands_main(argc, argv);
	free(copy);
	free(argv[2]);
	exit(argc); /* so that a leak is found and told */
}

/* A file without a name that holds text. */
static int file_with(const char *text)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void read_back(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
}

void netctl_run(const char *host, const char *line, const char *input,
		struct netctl_result *ret_result)
{
	int fds[3] = { file_with(input ? input : ""), file_with(""), file_with("") };
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		child(host, line, fds);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	read_back(fds[1], ret_result->out, sizeof(ret_result->out));
	read_back(fds[2], ret_result->err, sizeof(ret_result->err));
	ret_result->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (strstr(ret_result->err, "Sanitizer"))
		fail_msg("%s", ret_result->err);
}

void netctl_with(const struct fake_exchange *exchanges, size_t n, const char *line,
		 struct netctl_result *ret_result)
{
	struct fake_daemon daemon;

	fake_daemon_start(&daemon, exchanges, n);
	netctl_run(daemon.host, line, NULL, ret_result);
	if (fake_daemon_end(&daemon) != 0)
		fail_msg("%s: %s%s", line, ret_result->out, ret_result->err);
}
