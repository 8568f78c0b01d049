// SPDX-License-Identifier: GPL-2.0-or-later
// bench_count.h - instructions that a benchmark's function takes, counted by callgrind in a second
// run of the same program
#pragma once

#include "bench.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is counted stands in a function of its own with this attribute: callgrind knows it by name,
 * so the compiler must neither inline nor rename it. clang, which only reads these files, has no
 * word for the second. */
#ifdef __clang__
#define BENCH_COUNTED __attribute__((noinline))
#else
#define BENCH_COUNTED __attribute__((noipa))
#endif

/* libc chooses its string functions by the processor. Without these it takes the same everywhere.
 */
#define BENCH_PLAIN_CPU "glibc.cpu.hwcaps=-AVX2,-AVX,-AVX512F,-AVX512VL,-AVX512BW,-BMI2,-ERMS,-FSRM"

/* Child: this program, told the number of the case, under callgrind. */
static inline void bench_exec_callgrind(const char *self, const char *function, const char *out,
					size_t which)
{
	char toggle[128], file[64], number[16];
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)snprintf(toggle, sizeof(toggle), "--toggle-collect=%s", function);
	(void)snprintf(file, sizeof(file), "--callgrind-out-file=%s", out);
	(void)snprintf(number, sizeof(number), "%zu", which);
	(void)setenv("GLIBC_TUNABLES", BENCH_PLAIN_CPU, 1);
	(void)dup2(null, STDERR_FILENO);
	execlp("valgrind", "valgrind", "--tool=callgrind", toggle, file, self, number,
	       (char *)NULL);
	_exit(127);
}

/* Instructions inside function, and all that it calls, while self carries out the case. 0: there is
 * no valgrind here. */
static inline unsigned long bench_count(const char *self, const char *function, size_t which)
{
	char out[] = "/tmp/bench_count.XXXXXX", line[256];
	unsigned long total = 0;
	int fd = mkstemp(out), status = -1;
	pid_t pid = fork();

	if (fd < 0 || pid < 0)
		bench_die("callgrind");
	if (pid == 0)
		bench_exec_callgrind(self, function, out, which);
	(void)waitpid(pid, &status, 0);
	FILE *file = fdopen(fd, "r");

	while (file && status == 0 && fgets(line, sizeof(line), file))
		if (strncmp(line, "totals:", 7) == 0 || strncmp(line, "summary:", 8) == 0)
			total = strtoul(strchr(line, ':') + 1, NULL, 10);
	if (file)
		(void)fclose(file);
	(void)unlink(out);
	return total;
}

/* What follows the program's name: nothing, "instructions" (only they, no times), or the number of
 * a case, which is carried out and not measured. */
static inline bool bench_counts_only(int argc, char **argv)
{
	return argc > 1 && strcmp(argv[1], "instructions") == 0;
}
static inline bool bench_is_counted(int argc, char **argv)
{
	return argc > 1 && !bench_counts_only(argc, argv);
}
