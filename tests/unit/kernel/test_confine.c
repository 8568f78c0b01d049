// SPDX-License-Identifier: GPL-2.0-or-later
// test_confine.c - what the plumber's children have left, seen from outside and tried inside
#include "base/cleanup.h"
#include "kernel/caps.h"
#include "kernel/confine.h"
#include "kernel/fdkind.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A child that has confined itself and waits to be looked at. */
struct child {
	pid_t pid;
	int hold; /* closed: it goes on to its attempts */
};

static uint64_t status_word(pid_t pid, const char *key, int base)
{
	char path[64], line[256];
	uint64_t value = UINT64_MAX;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] == ':')
			value = strtoull(line + strlen(key) + 1, NULL, base);
	(void)fclose(file);
	return value;
}

static struct child start(int (*confine)(void), int (*attempt)(void))
{
	struct child child;
	int ready[2], hold[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(hold), 0);
	child.pid = fork();
	assert_true(child.pid >= 0);
	if (child.pid == 0) {
		struct pollfd held = { .fd = hold[0] };

		(void)close(ready[0]);
		(void)close(hold[1]);
		if (confine() < 0)
			_exit(100);
		(void)close(ready[1]);
		(void)poll(&held, 1, -1); /* hung up */
		_exit(attempt());
	}
	(void)close(ready[1]);
	(void)close(hold[0]);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	(void)close(ready[0]);
	child.hold = hold[1];
	return child;
}

static int finish(struct child *child)
{
	int status = 0;

	(void)close(child->hold);
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* The number of the first attempt that went otherwise than it should. */
static int walker_attempts(void)
{
	char *memory = malloc(1 << 20); /* it collects what it finds */

	if (!memory)
		return 1;
	memset(memory, 1, 1 << 20);
	if (socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0) < 0)
		return 2;
	if (socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0) /* whose an address is */
		return 3;
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0 || errno != EPERM)
		return 9;
	if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || errno != EPERM)
		return 4;
	if (open("/proc/self/status", O_RDONLY) >= 0 || errno != EPERM)
		return 5;
	if (fork() >= 0 || errno != EPERM)
		return 6;
	if (execl("/bin/true", "true", NULL) == 0 || errno != EPERM)
		return 7;
	if (kill(getpid(), 0) == 0 || errno != EPERM)
		return 8;
	return 0;
}

static void a_walker_speaks_netlink_and_nothing_else(void **state)
{
	uint64_t permitted = caps_permitted();
	struct child child = start(confine_walker, walker_attempts);

	(void)state;
	assert_int_equal(status_word(child.pid, "Seccomp", 10), 2);
	assert_int_equal(status_word(child.pid, "NoNewPrivs", 10), 1);
	assert_int_equal(status_word(child.pid, "CapPrm", 16), permitted & CAPS_BIT(CAP_NET_ADMIN));
	assert_int_equal(status_word(child.pid, "CapEff", 16) & ~CAPS_BIT(CAP_NET_ADMIN), 0);
	assert_int_equal(status_word(child.pid, "CapInh", 16), 0);
	assert_int_equal(status_word(child.pid, "CapAmb", 16), 0);
	if (permitted & CAPS_BIT(CAP_SETPCAP))
		assert_int_equal(status_word(child.pid, "CapBnd", 16) & ~CAPS_BIT(CAP_NET_ADMIN),
				 0);
	assert_int_equal(finish(&child), 0);
}

static int nothing(void)
{
	return 0;
}

static void a_reader_loads_rules_and_reads_files(void **state)
{
	const uint64_t may = CAPS_BIT(CAP_NET_ADMIN) | CAPS_BIT(CAP_DAC_READ_SEARCH);
	uint64_t permitted = caps_permitted();
	struct child child = start(confine_reader, nothing);

	(void)state;
	assert_int_equal(status_word(child.pid, "CapPrm", 16), permitted & may);
	assert_int_equal(status_word(child.pid, "CapInh", 16), 0);
	if (permitted & CAPS_BIT(CAP_SETPCAP))
		assert_int_equal(status_word(child.pid, "CapBnd", 16) & ~may, 0);
	assert_int_equal(finish(&child), 0);
}

/* A file of memory with the first len bytes of what is handed over, and nothing behind them. */
static int beginning_of(int fd, off_t len)
{
	int copy = fdkind_new_memory("copy");
	char *code = calloc(1, (size_t)len);

	assert_true(copy >= 0);
	assert_non_null(code);
	assert_true(pread(fd, code, (size_t)len, 0) > 0);
	assert_int_equal(pwrite(copy, code, (size_t)len, 0), len);
	free(code);
	return copy;
}

/* It is another program's, and all of it or nothing. */
static void the_filter_is_taken_over_whole_or_not_at_all(void **state)
{
	int fd = fdkind_new_memory("filter"), half, huge;
	struct stat written;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(confine_take_over(fd), -EBADMSG); /* there is nothing in it */
	assert_int_equal(confine_hand_over(fd), 0);
	assert_int_equal(fstat(fd, &written), 0);
	assert_true(written.st_size > 0);
	half = beginning_of(fd, written.st_size - 8);
	assert_int_equal(confine_take_over(half), -EBADMSG);
	huge = beginning_of(fd, 64 * 1024 * 1024);
	assert_int_equal(confine_take_over(huge), -EBADMSG);
	assert_int_equal(confine_take_over(fd), 0);
	assert_int_equal(confine_take_over(-1), -EBADF);
	(void)close(half);
	(void)close(huge);
	(void)close(fd);
}

/* Each child has the same file, and may be subverted. */
static void nobody_changes_a_filter_that_was_handed_over(void **state)
{
	int fd = fdkind_new_memory("filter");
	struct stat written;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(confine_hand_over(fd), 0);
	assert_int_equal(fstat(fd, &written), 0);
	errno = 0;
	assert_true(pwrite(fd, "allow all", 8, 0) < 0 && errno == EPERM);
	errno = 0;
	assert_true(ftruncate(fd, 0) < 0 && errno == EPERM);
	errno = 0;
	assert_true(ftruncate(fd, 2 * written.st_size) < 0 && errno == EPERM);
	assert_int_equal(confine_take_over(fd), 0);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_filter_is_taken_over_whole_or_not_at_all),
		cmocka_unit_test(nobody_changes_a_filter_that_was_handed_over),
		cmocka_unit_test(a_walker_speaks_netlink_and_nothing_else),
		cmocka_unit_test(a_reader_loads_rules_and_reads_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
