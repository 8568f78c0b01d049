// SPDX-License-Identifier: GPL-2.0-or-later
// load_exec.c - how long a program takes from being started to having ended
//
// usage: load_exec N PROGRAM [ARGUMENT]…
#include "bench.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int n = bench_number(argc, argv, 1, 100), status;
	double *times = bench_alloc((size_t)n, sizeof(*times));
	posix_spawn_file_actions_t actions;

	if (argc < 3 || posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) !=
		    0)
		return 2;
	for (int i = 0; i < n; i++) {
		double start = bench_now_us();
		pid_t pid;

		if (posix_spawnp(&pid, argv[2], &actions, NULL, argv + 2, environ) != 0 ||
		    waitpid(pid, &status, 0) < 0)
			bench_die(argv[2]);
		times[i] = bench_now_us() - start;
		/* 1 is an answer: of netctl explain that it does not work. */
		if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
			return 1;
	}
	printf("{");
	bench_print("exec", times, (size_t)n);
	printf("}\n");
	return 0;
}
