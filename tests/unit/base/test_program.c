// SPDX-License-Identifier: GPL-2.0-or-later
// test_program.c - filters from a child that does well, badly, or otherwise the second time
#include "base/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOADED_BADLY 250

/* Each call is fine but getppid(2), which fails with EXDEV. */
static const struct sock_filter code[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

static struct program program;

static int write_code(int out, const void *data)
{
	(void)data;
	return write(out, code, sizeof(code)) == sizeof(code) ? 0 : -EIO;
}

static int make(program_write_fn *write, struct error *error)
{
	struct program_maker maker;
	int err = program_begin(write, NULL, &maker, error);

	return err < 0 ? err : program_finish(&maker, &program, error);
}

static void what_was_made_is_loaded(void **state)
{
	struct error error = { 0 };
	int status = -1;
	pid_t pid;

	(void)state;
	assert_int_equal(make(write_code, &error), 0);
	assert_int_equal(program.len, 2 * sizeof(code));
	assert_memory_equal(program.code, code, sizeof(code));
	pid = fork();
	if (pid == 0) {
		if (program_load(&program, 0, &error) < 0)
			_exit(LOADED_BADLY);
		_exit(syscall(SYS_getppid) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXDEV);
}

static int be_refused(int out, const void *data)
{
	(void)out, (void)data;
	return -ENOMEM;
}

static int crash(int out, const void *data)
{
	(void)write_code(out, data);
	abort();
}

static int write_nothing(int out, const void *data)
{
	(void)out, (void)data;
	return 0;
}

static int write_a_part(int out, const void *data)
{
	(void)data;
	return write(out, code, sizeof(code) / 2 - 1) > 0 ? 0 : -EIO;
}

/* As when a piece of memory cannot be had in the middle of the first one. */
static int write_another_then_it(int out, const void *data)
{
	static bool again;
	struct sock_filter other[sizeof(code) / sizeof(code[0])];

	memcpy(other, code, sizeof(code));
	if (!again)
		other[2].k = SECCOMP_RET_ALLOW;
	again = true;
	(void)data;
	return write(out, other, sizeof(other)) == sizeof(other) ? 0 : -EIO;
}

static void what_may_be_another_filter_is_none(void **state)
{
	static program_write_fn *const writers[] = { be_refused, crash, write_nothing, write_a_part,
						     write_another_then_it };

	(void)state;
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		struct error error = { 0 };

		assert_true(make(writers[i], &error) < 0);
		assert_non_null(strstr(error.text, "cannot make the system call filter"));
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_made_is_loaded),
		cmocka_unit_test(what_may_be_another_filter_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
