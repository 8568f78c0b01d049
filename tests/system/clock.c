// SPDX-License-Identifier: GPL-2.0-or-later
// clock.c - preloaded into netd by clock.bats: a wall clock that a test may set
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Theory of operation. The kernel has one wall clock for all, and a machine's is not a test's to
 * set. So what netd and its libraries read goes through here: by how many seconds the clock is set
 * off is said in a page shared with the test. CLOCK_MONOTONIC is passed on as it is. Nothing here
 * makes a system call of its own after the start, for the resolver's filter would end it. The
 * plumber starts the resolver with an empty environment, so that is added to on the way. */

static const _Atomic int64_t *off_by_s;
static char preload[4096], clock_path[4096], sanitizer[256];
static int (*real_clock_gettime)(clockid_t clock, struct timespec *ret);

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("NETD_CLOCK"), *options = getenv("ASAN_OPTIONS");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *page;

	real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT,
									  "clock_gettime");
	if (fd < 0)
		return;
	(void)snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", getenv("LD_PRELOAD"));
	(void)snprintf(clock_path, sizeof(clock_path), "NETD_CLOCK=%s", path);
	(void)snprintf(sanitizer, sizeof(sanitizer), "ASAN_OPTIONS=%s", options ? options : "");
	page = mmap(NULL, sizeof(*off_by_s), PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (page != MAP_FAILED)
		off_by_s = page;
}

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int err = real_clock_gettime ? real_clock_gettime(clock, ret)
				     : (int)syscall(SYS_clock_gettime, clock, ret);

	if (err == 0 && off_by_s &&
	    (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI))
		ret->tv_sec += atomic_load(off_by_s);
	return err;
}

time_t time(time_t *ret)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
	struct timespec now = { 0 };
	int err = clock_gettime(CLOCK_REALTIME, &now);

	(void)zone;
	*ret = (struct timeval) { now.tv_sec, now.tv_nsec / 1000 };
	return err;
}

int timespec_get(struct timespec *ret, int base)
{
	(void)clock_gettime(CLOCK_REALTIME, ret);
	return base;
}

int posix_spawn(pid_t *ret_pid, const char *path, const posix_spawn_file_actions_t *actions,
		const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	__typeof__(posix_spawn) *real = (__typeof__(posix_spawn) *)dlsym(RTLD_NEXT, "posix_spawn");
	char *more[16] = { preload, clock_path, sanitizer };

	for (size_t i = 0; off_by_s && env[i] && i < 12; i++)
		more[i + 3] = env[i];
	return real(ret_pid, path, actions, attr, argv, off_by_s ? more : env);
}
