// SPDX-License-Identifier: GPL-2.0-or-later
// test_run_output.c - the last lines of a text, and files that do not grow without end
#include "base/limits.h"
#include "base/tree.h"
#include "cli/command/run_end.h"
#include "cli/command/run_mind.h"
#include "cli/command/run_output.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void tail_begins_at_the_last_lines(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *tail;
	} cases[] = {
		{ "", 3, "" },
		{ "a\nb\nc\n", 0, "" },
		{ "a\nb\nc\n", 1, "c\n" },
		{ "a\nb\nc\n", 2, "b\nc\n" },
		{ "a\nb\nc\n", 3, "a\nb\nc\n" },
		{ "a\nb\nc\n", 4, "a\nb\nc\n" },
		{ "a\nb\nc", 1, "c" },
		{ "a\n\n", 1, "\n" },
		{ "\n", 1, "\n" },
		{ "a\nb", SIZE_MAX, "a\nb" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(cases[i].text + run_output_tail(cases[i].text,
								    strlen(cases[i].text),
								    cases[i].n),
				    cases[i].tail);
}

static size_t size_of(const char *dir, const char *name)
{
	char path[64];
	struct stat status;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return stat(path, &status) == 0 ? (size_t)status.st_size : 0;
}

static void output_is_bounded_and_its_last_half_is_kept(void **state)
{
	static char piece[RUN_OUTPUT_PIECE];
	char dir[] = "/tmp/netd-output-XXXXXX";
	struct output output;
	int folder;

	(void)state;
	assert_non_null(mkdtemp(dir));
	folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	run_output_open(&output, folder);
	for (size_t written = 0; written < 5UL * RUN_OUTPUT_MAX; written += sizeof(piece)) {
		size_t kept;

		memset(piece, 'a' + (int)(written / RUN_OUTPUT_MAX), sizeof(piece));
		run_output_add(&output, piece, sizeof(piece));
		kept = size_of(dir, "output") + size_of(dir, "output.1");
		assert_true(kept <= RUN_OUTPUT_MAX);
		assert_true(kept >= RUN_OUTPUT_MAX / 2 || kept == written + sizeof(piece));
	}
	run_output_close(&output);
	/* A writer that comes anew goes on behind what there is. */
	run_output_open(&output, folder);
	assert_int_equal(output.len, size_of(dir, "output"));
	run_output_close(&output);
	close(folder);
	tree_remove(dir);
}

/* Stays behind a command that ends at once, and whose output does not. */
_Noreturn static void mind_endless(const struct runs *runs)
{
	char name[] = "sh", *const argv[] = { name, NULL };
	struct error error;
	struct run run;
	pid_t pid = fork();

	if (pid == 0)
		_exit(3);
	const struct run_noted noted = { .name = "web",
					 .id = "id1",
					 .pid = pid,
					 .argv = argv,
					 .environment = environ,
					 .directory = "/",
					 .request = json_object() };

	if (pid < 0 || runs_begin(runs, &noted, &run, &error) < 0)
		_exit(1);
	run_mind(&run, open("/dev/zero", O_RDONLY | O_CLOEXEC), pid, false);
}

static void an_end_is_noted_though_what_it_has_started_writes_on(void **state)
{
	char dir[] = "/tmp/netd-mind-XXXXXX", how[64] = "";
	struct runs runs;
	pid_t pid;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(runs.path, sizeof(runs.path), "%s/runs", dir);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		mind_endless(&runs);
	for (int i = 0; i < 3000 && strncmp(how, "ended", 5) != 0; i++) {
		struct run run = { 0 };

		(void)usleep(10000);
		if (runs_find(&runs, "web", &run))
			run_tell_end(&run, how, sizeof(how));
		run_done(&run);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_string_equal(how, "ended with status 3");
	tree_remove(dir);
}

static void signals_go_by_name_or_number(void **state)
{
	static const struct {
		const char *text;
		int signal; /* 0: refused */
	} cases[] = {
		{ "TERM", SIGTERM },
		{ "sigterm", SIGTERM },
		{ "SIGHUP", SIGHUP },
		{ "9", SIGKILL },
		{ "0", 0 },
		{ "65", 0 },
		{ "-1", 0 },
		{ "9x", 0 },
		{ "", 0 },
		{ "SIG", 0 },
		{ "FOO", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error error = { 0 };
		int signal = 0;

		if (cases[i].signal) {
			assert_int_equal(run_end_signal(cases[i].text, &signal, &error), 0);
			assert_int_equal(signal, cases[i].signal);
		} else {
			assert_int_equal(run_end_signal(cases[i].text, &signal, &error), -22);
			assert_non_null(strstr(error.text, "is no signal: use a name"));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tail_begins_at_the_last_lines),
		cmocka_unit_test(output_is_bounded_and_its_last_half_is_kept),
		cmocka_unit_test(an_end_is_noted_though_what_it_has_started_writes_on),
		cmocka_unit_test(signals_go_by_name_or_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
