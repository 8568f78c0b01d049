// SPDX-License-Identifier: GPL-2.0-or-later
// inject.c - preloaded into netd by tests/faults/walk.py: makes the n-th call of a class fail
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Theory of operation. What is to fail is said in a page shared with the walker: a class of calls,
 * a number and an errno. Calls of that class are counted from the moment it is armed, in this
 * process alone; the one with the number fails, or that one and all that follow. Nothing here makes
 * a system call of its own after the start, for the resolver's filter would end it. The plumber
 * starts the resolver with an empty environment, so that is added to on the way. */

enum class {
	CLASS_NETLINK_SEND = 1, /* the request never reaches the kernel */
	CLASS_NETLINK_LOST,	/* the kernel has done it, and its answer is lost */
	CLASS_NETLINK_LATE,	/* the same, and the answer is there the next time */
	CLASS_OPEN,
	CLASS_WRITE,
	CLASS_READ,
	CLASS_SOCKET,
	CLASS_PROCESS,
	CLASS_SETNS,
	CLASS_INTERRUPT,
	CLASS_MEMORY,
	CLASS_CHANNEL, /* messages between the plumber and the resolver, and of the API */
	CLASS_OPTION,  /* bind, listen, setsockopt, ioctl, epoll_ctl and the like */
	CLASS_CHILD,   /* allocations of processes that it forks, until they are another program */
	CLASS_TRAFFIC, /* what comes and goes over UDP and TCP, and is relayed */
};

#define FRAMES_MAX 24
#define IPC_LISTEN_FD 3 /* ipc/msg.h */

struct control {
	_Atomic uint32_t class;
	uint32_t number; /* 0: counted only */
	uint32_t lasting;
	int32_t error;
	_Atomic uint32_t count, fired;
	uint32_t n_frames, in_resolver;
	uint64_t base;
	uint64_t frames[FRAMES_MAX];
	char call[32];
};

static struct control *control;
static bool is_child; /* of a fork: nothing fails there but memory, which is a class of its own */
static char preload[4096], control_path[4096], sanitizer[256];
static __thread bool busy;

#define FDS_MAX 4096
static uint8_t domain_of[FDS_MAX];

#define REAL(name)                                                                                 \
	static __typeof__(name) *real_##name;                                                      \
	if (!real_##name)                                                                          \
	real_##name = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static void on_fork(void)
{
	is_child = true;
}

static int note_base(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long base = 0;

	if (maps && fscanf(maps, "%lx", &base) == 1)
		control->base = base;
	if (maps)
		(void)fclose(maps);
	return 0;
}

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("NETD_FAULTS");
	char line[64] = "";
	void *frames[4];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	bool resolver = n > 0 && memmem(line, (size_t)n, "--resolver", 10);
	char own[4096];

	(void)close(fd);
	if (!path || n <= 0 || (!resolver && !strstr(line, "netd")))
		return;
	(void)snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", getenv("LD_PRELOAD"));
	(void)snprintf(control_path, sizeof(control_path), "NETD_FAULTS=%s", path);
	(void)snprintf(sanitizer, sizeof(sanitizer), "ASAN_OPTIONS=%s",
		       getenv("ASAN_OPTIONS") ? getenv("ASAN_OPTIONS") : "");
	(void)unsetenv("LD_PRELOAD"); /* programs that netd starts are none of our business */
	(void)snprintf(own, sizeof(own), "%s%s", path, resolver ? ".resolver" : "");
	fd = open(own, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)backtrace(frames, 4); /* loads what it needs */
	(void)pthread_atfork(NULL, NULL, on_fork);
	void *page = mmap(NULL, sizeof(*control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	(void)close(fd);
	if (page == MAP_FAILED)
		return;
	control = page;
	control->in_resolver = resolver;
	busy = true;
	(void)note_base();
	busy = false;
}

static bool fails(enum class class, const char *call)
{
	void *frames[FRAMES_MAX];
	uint32_t n;

	if (is_child)
		class = class == CLASS_MEMORY ? CLASS_CHILD : 0;
	if (!control || class == 0 || busy || atomic_load(&control->class) != class)
		return false;
	n = atomic_fetch_add(&control->count, 1) + 1;
	if (control->number == 0 || n < control->number ||
	    (n > control->number && !control->lasting))
		return false;
	if (n == control->number) {
		int saved = errno;

		busy = true;
		control->n_frames = (uint32_t)backtrace(frames, FRAMES_MAX);
		for (uint32_t i = 0; i < control->n_frames; i++)
			control->frames[i] = (uint64_t)(uintptr_t)frames[i];
		(void)snprintf(control->call, sizeof(control->call), "%s", call);
		busy = false;
		errno = saved;
	}
	atomic_fetch_add(&control->fired, 1);
	errno = control->error;
	return true;
}

static bool is_netlink(int fd)
{
	return fd >= 0 && fd < FDS_MAX && domain_of[fd] == AF_NETLINK;
}

static bool is_unix(int fd)
{
	return fd >= 0 && fd < FDS_MAX && domain_of[fd] == AF_UNIX;
}

/* Containers' sockets were made by the plumber, and came over the channel. */
static bool is_traffic(int fd)
{
	return control && control->in_resolver && !is_netlink(fd) && !is_unix(fd);
}

/* --- memory ----------------------------------------------------------------------------------- */

/* dlsym itself allocates before the real allocator is known. */
static _Alignas(16) char early[65536];
static size_t early_used;

static void *early_alloc(size_t size)
{
	void *at = early + early_used;

	early_used += (size + 31) & ~(size_t)15;
	if (early_used > sizeof(early))
		_exit(99);
	return at;
}

static bool is_early(const void *at)
{
	return (const char *)at >= early && (const char *)at < early + sizeof(early);
}

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);
static bool looking;

static bool look_up(void)
{
	if (real_free)
		return true;
	if (looking)
		return false;
	looking = true;
	real_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	real_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
	real_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	real_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
	looking = false;
	return true;
}

void *malloc(size_t size)
{
	if (!look_up())
		return early_alloc(size);
	return fails(CLASS_MEMORY, "malloc") ? NULL : real_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	if (!look_up())
		return early_alloc(n * size); /* is zero */
	return fails(CLASS_MEMORY, "calloc") ? NULL : real_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	if (!look_up() || is_early(old)) {
		void *fresh = real_malloc ? real_malloc(size) : early_alloc(size);
		size_t rest = old ? (size_t)(early + sizeof(early) - (char *)old) : 0;

		return old ? memcpy(fresh, old, size < rest ? size : rest) : fresh;
	}
	return size > 0 && fails(CLASS_MEMORY, "realloc") ? NULL : real_realloc(old, size);
}

void *reallocarray(void *old, size_t n, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(n, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, all);
}

void free(void *at)
{
	if (at && !is_early(at) && look_up())
		real_free(at);
}

void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	REAL(mmap);
	return fails(CLASS_MEMORY, "mmap") ? MAP_FAILED
					   : real_mmap(at, len, prot, flags, fd, offset);
}

void *mmap64(void *at, size_t len, int prot, int flags, int fd, off64_t offset)
{
	REAL(mmap64);
	return fails(CLASS_MEMORY, "mmap") ? MAP_FAILED
					   : real_mmap64(at, len, prot, flags, fd, offset);
}

/* --- files ------------------------------------------------------------------------------------ */

#define OPENS(flags) ((flags) & (O_CREAT | __O_TMPFILE))

#define OPEN(name)                                                                                 \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		va_list args;                                                                      \
		mode_t mode = 0;                                                                   \
		REAL(name);                                                                        \
		if (OPENS(flags)) {                                                                \
			va_start(args, flags);                                                     \
			mode = va_arg(args, mode_t);                                               \
			va_end(args);                                                              \
		}                                                                                  \
		return fails(CLASS_OPEN, "open") || fails(CLASS_INTERRUPT, "open")                 \
			       ? -1                                                                \
			       : real_##name(path, flags, mode);                                   \
	}
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                               \
	int name(int dir, const char *path, int flags, ...)                                        \
	{                                                                                          \
		va_list args;                                                                      \
		mode_t mode = 0;                                                                   \
		REAL(name);                                                                        \
		if (OPENS(flags)) {                                                                \
			va_start(args, flags);                                                     \
			mode = va_arg(args, mode_t);                                               \
			va_end(args);                                                              \
		}                                                                                  \
		return fails(CLASS_OPEN, "openat") ? -1 : real_##name(dir, path, flags, mode);     \
	}
OPENAT(openat)
OPENAT(openat64)

int __openat_2(int dir, const char *path, int flags);
int __openat_2(int dir, const char *path, int flags)
{
	return openat(dir, path, flags);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	return open(path, flags);
}

#define FAIL(class, type, bad, name, parameters, arguments)                                        \
	type name parameters                                                                       \
	{                                                                                          \
		REAL(name);                                                                        \
		return fails(class, #name) ? (bad) : real_##name arguments;                        \
	}

FAIL(CLASS_OPEN, FILE *, NULL, fopen, (const char *path, const char *mode), (path, mode))
FAIL(CLASS_OPEN, DIR *, NULL, opendir, (const char *path), (path))
FAIL(CLASS_OPEN, DIR *, NULL, fdopendir, (int fd), (fd))
FAIL(CLASS_WRITE, int, -1, fsync, (int fd), (fd))
FAIL(CLASS_WRITE, int, -1, fdatasync, (int fd), (fd))
FAIL(CLASS_WRITE, int, -1, ftruncate, (int fd, off_t len), (fd, len))
FAIL(CLASS_WRITE, int, -1, ftruncate64, (int fd, off64_t len), (fd, len))
FAIL(CLASS_WRITE, int, -1, rename, (const char *from, const char *to), (from, to))
FAIL(CLASS_WRITE, int, -1, unlink, (const char *path), (path))
FAIL(CLASS_WRITE, int, -1, remove, (const char *path), (path))
FAIL(CLASS_WRITE, int, -1, rmdir, (const char *path), (path))
FAIL(CLASS_WRITE, int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
FAIL(CLASS_WRITE, int, -1, chmod, (const char *path, mode_t mode), (path, mode))
FAIL(CLASS_WRITE, int, -1, fchmod, (int fd, mode_t mode), (fd, mode))
FAIL(CLASS_WRITE, int, -1, chown, (const char *path, uid_t uid, gid_t gid), (path, uid, gid))
FAIL(CLASS_WRITE, int, EOF, fclose, (FILE * file), (file)) /* leaks it, once */
FAIL(CLASS_WRITE, ssize_t, -1, pwrite, (int fd, const void *data, size_t len, off_t at),
     (fd, data, len, at))
FAIL(CLASS_WRITE, ssize_t, -1, pwrite64, (int fd, const void *data, size_t len, off64_t at),
     (fd, data, len, at))
FAIL(CLASS_READ, ssize_t, -1, pread, (int fd, void *data, size_t len, off_t at),
     (fd, data, len, at))
FAIL(CLASS_READ, ssize_t, -1, pread64, (int fd, void *data, size_t len, off64_t at),
     (fd, data, len, at))
FAIL(CLASS_READ, char *, NULL, fgets, (char *text, int size, FILE *file), (text, size, file))

ssize_t write(int fd, const void *data, size_t len)
{
	REAL(write);
	if (fd != STDERR_FILENO && (fails(CLASS_WRITE, "write") || fails(CLASS_INTERRUPT, "write")))
		return -1;
	return real_write(fd, data, len);
}

ssize_t read(int fd, void *data, size_t len)
{
	REAL(read);
	if (fails(CLASS_READ, "read") || fails(CLASS_INTERRUPT, "read"))
		return -1;
	return real_read(fd, data, len);
}

/* --- sockets ---------------------------------------------------------------------------------- */

int socket(int domain, int type, int protocol)
{
	int fd;

	REAL(socket);
	if (fails(CLASS_SOCKET, "socket"))
		return -1;
	fd = real_socket(domain, type, protocol);
	if (fd >= 0 && fd < FDS_MAX)
		domain_of[fd] = (uint8_t)domain;
	return fd;
}

int accept4(int listener, struct sockaddr *from, socklen_t *len, int flags)
{
	int fd;

	REAL(accept4);
	if (fails(CLASS_SOCKET, "accept4") || fails(CLASS_INTERRUPT, "accept4"))
		return -1;
	fd = real_accept4(listener, from, len, flags);
	if (fd >= 0 && fd < FDS_MAX) /* what the resolver inherits is the plumber's way to it */
		domain_of[fd] = control && control->in_resolver && listener != IPC_LISTEN_FD
					? domain_of[listener]
					: AF_UNIX;
	return fd;
}

FAIL(CLASS_SOCKET, int, -1, socketpair, (int domain, int type, int protocol, int fds[2]),
     (domain, type, protocol, fds))
FAIL(CLASS_SOCKET, int, -1, pipe2, (int fds[2], int flags), (fds, flags))
FAIL(CLASS_SOCKET, int, -1, memfd_create, (const char *name, unsigned int flags), (name, flags))
FAIL(CLASS_SOCKET, int, -1, inotify_add_watch, (int fd, const char *path, uint32_t mask),
     (fd, path, mask))
FAIL(CLASS_SOCKET, int, -1, epoll_create1, (int flags), (flags))
FAIL(CLASS_OPTION, int, -1, bind, (int fd, const struct sockaddr *addr, socklen_t len),
     (fd, addr, len))
FAIL(CLASS_OPTION, int, -1, connect, (int fd, const struct sockaddr *addr, socklen_t len),
     (fd, addr, len))
FAIL(CLASS_OPTION, int, -1, listen, (int fd, int backlog), (fd, backlog))
FAIL(CLASS_OPTION, int, -1, getsockname, (int fd, struct sockaddr *addr, socklen_t *len),
     (fd, addr, len))
FAIL(CLASS_OPTION, int, -1, getsockopt, (int fd, int level, int name, void *value, socklen_t *len),
     (fd, level, name, value, len))
FAIL(CLASS_OPTION, int, -1, setsockopt,
     (int fd, int level, int name, const void *value, socklen_t len), (fd, level, name, value, len))
FAIL(CLASS_OPTION, int, -1, epoll_ctl, (int epfd, int op, int fd, struct epoll_event *event),
     (epfd, op, fd, event))

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *argument;

	REAL(ioctl);
	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	return fails(CLASS_OPTION, "ioctl") ? -1 : real_ioctl(fd, request, argument);
}

static bool send_fails(int fd, const char *call)
{
	return (is_netlink(fd) ? fails(CLASS_NETLINK_SEND, call)
			       : is_unix(fd) && fails(CLASS_CHANNEL, call)) ||
	       (is_traffic(fd) && fails(CLASS_TRAFFIC, call)) || fails(CLASS_INTERRUPT, call);
}

/* Lost: what is in the socket goes, as when it did not fit; late: it is not there yet. */
static bool receive_fails(int fd, const char *call)
{
	char buffer[32768];

	if (fails(CLASS_INTERRUPT, call))
		return true;
	if (is_traffic(fd))
		return fails(CLASS_TRAFFIC, call);
	if (!is_netlink(fd))
		return is_unix(fd) && fails(CLASS_CHANNEL, call);
	if (fails(CLASS_NETLINK_LATE, call)) {
		errno = EAGAIN;
		return true;
	}
	if (!fails(CLASS_NETLINK_LOST, call))
		return false;
	while (syscall(SYS_recvfrom, fd, buffer, sizeof(buffer), MSG_DONTWAIT, NULL, NULL) >= 0)
		;
	errno = ENOBUFS;
	return true;
}

#define SEND(name, parameters, arguments)                                                          \
	ssize_t name parameters                                                                    \
	{                                                                                          \
		REAL(name);                                                                        \
		return send_fails(fd, #name) ? -1 : real_##name arguments;                         \
	}
SEND(send, (int fd, const void *data, size_t len, int flags), (fd, data, len, flags))
SEND(sendmsg, (int fd, const struct msghdr *msg, int flags), (fd, msg, flags))
SEND(sendto,
     (int fd, const void *data, size_t len, int flags, const struct sockaddr *to, socklen_t size),
     (fd, data, len, flags, to, size))

#define RECEIVE(name, parameters, arguments)                                                       \
	ssize_t name parameters                                                                    \
	{                                                                                          \
		REAL(name);                                                                        \
		return receive_fails(fd, #name) ? -1 : real_##name arguments;                      \
	}
RECEIVE(recv, (int fd, void *data, size_t len, int flags), (fd, data, len, flags))
RECEIVE(recvmsg, (int fd, struct msghdr *msg, int flags), (fd, msg, flags))
RECEIVE(recvfrom,
	(int fd, void *data, size_t len, int flags, struct sockaddr *from, socklen_t *size),
	(fd, data, len, flags, from, size))

ssize_t __recv_chk(int fd, void *data, size_t len, size_t size, int flags);
ssize_t __recv_chk(int fd, void *data, size_t len, size_t size, int flags)
{
	(void)size;
	return recv(fd, data, len, flags);
}

FAIL(CLASS_TRAFFIC, int, -1, recvmmsg,
     (int fd, struct mmsghdr *messages, unsigned int n, int flags, struct timespec *timeout),
     (fd, messages, n, flags, timeout))
FAIL(CLASS_TRAFFIC, int, -1, sendmmsg,
     (int fd, struct mmsghdr *messages, unsigned int n, int flags), (fd, messages, n, flags))
FAIL(CLASS_TRAFFIC, ssize_t, -1, splice,
     (int in, off64_t *in_at, int out, off64_t *out_at, size_t len, unsigned int flags),
     (in, in_at, out, out_at, len, flags))
FAIL(CLASS_TRAFFIC, int, -1, shutdown, (int fd, int how), (fd, how))
FAIL(CLASS_INTERRUPT, int, -1, poll, (struct pollfd * fds, nfds_t n, int timeout_ms),
     (fds, n, timeout_ms))
FAIL(CLASS_INTERRUPT, int, -1, epoll_wait,
     (int fd, struct epoll_event *events, int n, int timeout_ms), (fd, events, n, timeout_ms))

/* --- processes and namespaces ----------------------------------------------------------------- */

FAIL(CLASS_PROCESS, pid_t, -1, fork, (void), ())
FAIL(CLASS_SETNS, int, -1, setns, (int fd, int kind), (fd, kind))

int posix_spawn(pid_t *ret_pid, const char *path, const posix_spawn_file_actions_t *actions,
		const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	char *more[16] = { preload, control_path, sanitizer };

	REAL(posix_spawn);
	if (fails(CLASS_PROCESS, "posix_spawn"))
		return control->error;
	for (size_t i = 0; control && env[i] && i < 12; i++)
		more[i + 3] = env[i];
	return real_posix_spawn(ret_pid, path, actions, attr, argv, control ? more : env);
}

long syscall(long number, ...)
{
	va_list args;
	long a[6];

	REAL(syscall);
	va_start(args, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_pidfd_open && fails(CLASS_SOCKET, "pidfd_open"))
		return -1;
	return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
