// SPDX-License-Identifier: GPL-2.0-or-later
// filter.c - fails each allocation of the children that make the processes' system call filters
//
// usage: filter [SAMPLE]   that many of them, evenly; without it all
#include "plumber/filter.h"
#include "resolver/process/seccomp.h"
#include "tests/real_allocator.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Theory of operation. A start of netd costs much more than its filter, and the filter takes
 * thousands of allocations. So here the filters alone are made, as a start makes them, and the two
 * calls that would load one are this program's own: they keep what would be loaded. The
 * allocator is this program's own, too, and fails in children only, as it is said in a page that
 * they share with it. A child that goes round in a circle ends after 250 ms of processor time
 * instead of after 5 s, for there are many of them; 250 ms is ten times what a child needs. */

#define LOST_AFTER_US 250000

struct page {
	_Atomic uint32_t count;
	uint32_t number; /* 0: counted only */
	bool is_lasting, is_lost;
};

struct kept {
	struct sock_filter code[BPF_MAXINSNS];
	unsigned short len; /* 0: none was loaded */
};

struct counts {
	unsigned int executions, loaded, refused, lost, violations;
};

static struct page *page;
static bool is_child;
static int no_file;
static struct kept loaded;

static void on_fork(void)
{
	is_child = true;
	(void)dup2(no_file, STDERR_FILENO); /* where libc says that its heap is broken */
}

static void on_lost(int number)
{
	(void)number;
	page->is_lost = true;
	_exit(EXIT_FAILURE);
}

unsigned int alarm(unsigned int seconds)
{
	const struct itimerval cpu_time = { .it_value.tv_usec = LOST_AFTER_US };

	(void)seconds;
	(void)signal(SIGPROF, on_lost);
	return (unsigned int)setitimer(ITIMER_PROF, &cpu_time, NULL);
}

static bool fails(void)
{
	if (!is_child)
		return false;
	uint32_t n = atomic_fetch_add(&page->count, 1) + 1;

	if (page->number == 0 || n < page->number || (n > page->number && !page->is_lasting))
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : REAL(malloc)(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : REAL(calloc)(n, size);
}

void *realloc(void *old, size_t size)
{
	return size > 0 && fails() ? NULL : REAL(realloc)(old, size);
}

void free(void *old)
{
	REAL(free)(old);
}

/* libseccomp asks the kernel what it can, in the child. */
long syscall(long number, ...)
{
	static __typeof__(syscall) *real;
	const struct sock_fprog *program;
	va_list args;
	long a[6];

	if (!real)
		real = (__typeof__(syscall) *)dlsym(RTLD_NEXT, "syscall");
	va_start(args, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (is_child || number != SYS_seccomp)
		return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	program = (const struct sock_fprog *)a[2];
	loaded.len = program->len;
	memcpy(loaded.code, program->filter, program->len * sizeof(program->filter[0]));
	return 0;
}

int prctl(int option, ...)
{
	return option == PR_SET_NO_NEW_PRIVS && !is_child ? 0 : -1;
}

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		(void)closedir(dir);
	return n;
}

static const char *what_is_wrong(const struct kept *right, const struct error *error, int err,
				 int n_open)
{
	if (err == 0 &&
	    (loaded.len != right->len ||
	     memcmp(loaded.code, right->code, right->len * sizeof(right->code[0])) != 0))
		return "another filter is loaded";
	if (err < 0 && loaded.len > 0)
		return "is refused, and a filter is loaded";
	if (err < 0 && (error->text[0] == '\0' || strchr(error->text, '\n')))
		return "is refused without a sentence";
	if (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD)
		return "leaves a child";
	return open_descriptors() == n_open ? NULL : "leaves a descriptor";
}

static int load_seal(struct error *error)
{
	static struct program program;
	struct program_maker maker;
	int err = seal_begin(&seccomp_seal, &maker, error);

	if (err == 0)
		err = program_finish(&maker, &program, error);
	return err < 0 ? err : program_load(&program, 0, error);
}

static const struct filter {
	const char *name;
	int (*load)(struct error *error);
} filters[] = { { "filter", filter_load }, { "seal", load_seal } };

static void point(const struct filter *filter, const struct kept *right, uint32_t number,
		  bool is_lasting, struct counts *counts)
{
	struct error error = { 0 };
	int n_open = open_descriptors(), err;
	const char *wrong;

	*page = (struct page) { .number = number, .is_lasting = is_lasting };
	loaded.len = 0;
	err = filter->load(&error);
	counts->executions++;
	counts->loaded += err == 0;
	counts->refused += err < 0;
	counts->lost += page->is_lost;
	wrong = what_is_wrong(right, &error, err, n_open);
	if (!wrong)
		return;
	counts->violations++;
	(void)printf("VIOLATION %s %u%s: %s (%d, %s)\n", filter->name, number,
		     is_lasting ? "+" : "", wrong, err, error.text);
}

/* False: a point was wrong, or there was none. */
static bool walk(const struct filter *filter, uint32_t sample)
{
	struct counts counts = { 0 };
	struct error error = { 0 };
	static struct kept right;
	uint32_t total, n;

	*page = (struct page) { 0 };
	loaded.len = 0;
	if (filter->load(&error) < 0 || loaded.len == 0) {
		(void)fprintf(stderr, "%s: %s\n", filter->name, error.text);
		return false;
	}
	right = loaded;
	total = atomic_load(&page->count);
	n = sample > 0 && sample < total ? sample : total;
	for (int lasting = 0; lasting < 2; lasting++)
		for (uint32_t i = 0; i < n; i++)
			point(filter, &right, (uint32_t)((uint64_t)i * total / n) + 1, lasting == 1,
			      &counts);
	(void)printf("%-15s %u calls executions %u, succeeded %u, refused %u, of them lost %u, "
		     "violations %u\n",
		     filter->name, total, counts.executions, counts.loaded, counts.refused,
		     counts.lost, counts.violations);
	return counts.violations == 0 && counts.executions > 0;
}

int main(int argc, char **argv)
{
	uint32_t sample = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	bool right = true;

	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	no_file = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (page == MAP_FAILED || no_file < 0 || pthread_atfork(NULL, NULL, on_fork) != 0)
		return EXIT_FAILURE;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		right = walk(&filters[i], sample) && right;
	return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
