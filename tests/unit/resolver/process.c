// SPDX-License-Identifier: GPL-2.0-or-later
// process.c - the real resolver process under test, and the plumber that a test plays for it
#include "tests/unit/resolver/process.h"

#include "ipc/chan.h"
#include "resolver/resolver.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool process_own_network(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd, err;

	if (unshare(CLONE_NEWNET) < 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	err = ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
	return err == 0;
}

void process_main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--resolver") == 0)
		_exit(resolver_run(argc - 1, argv + 1));
}

/* Abstract: no file is left behind, and it belongs to the network namespace. */
static socklen_t abstract(const char *name, struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un) { .sun_family = AF_UNIX };
	memcpy(ret_address->sun_path + 1, name, strlen(name));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
}

static void become_resolver(const struct process *process)
{
	char *argv[] = { (char *)"test",
			 (char *)"--resolver",
			 (char *)"--user",
			 (char *)"nobody",
			 (char *)"--log-level",
			 (char *)"error",
			 NULL };

	if (getenv("RESOLVER_LOG") != NULL)
		argv[5] = getenv("RESOLVER_LOG");
	struct rlimit limit = { process->max_fds, process->max_fds };

	if (process->max_fds > 0 && setrlimit(RLIMIT_NOFILE, &limit) < 0)
		_exit(119);
	if (dup2(process->log, STDERR_FILENO) < 0 || dup2(process->listening, 3) < 0 ||
	    (process->listening == 3 && fcntl(3, F_SETFD, 0) < 0))
		_exit(120);
	if (process->journal > 0 && dup2(process->journal, 4) < 0)
		_exit(122);
	execv("/proc/self/exe", argv);
	_exit(121);
}

void process_start(struct process *process)
{
	static unsigned n_started;
	struct sockaddr_un address;

	snprintf(process->address, sizeof(process->address), "netd-test-%d-%u", getpid(),
		 n_started++);
	socklen_t len = abstract(process->address, &address);

	process->listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(process->listening >= 0);
	assert_int_equal(bind(process->listening, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(process->listening, 8), 0);
	process->log = memfd_create("log", MFD_CLOEXEC);
	assert_true(process->log >= 0);
	process->pid = fork();
	assert_true(process->pid >= 0);
	if (process->pid == 0)
		become_resolver(process);
}

/* What it logged is noise, unless it ended by itself. */
static void print_log(int log)
{
	char text[4096];
	ssize_t len;

	lseek(log, 0, SEEK_SET);
	while ((len = read(log, text, sizeof(text) - 1)) > 0) {
		text[len] = '\0';
		print_error("%s", text);
	}
}

void process_kill(struct process *process)
{
	kill(process->pid, SIGKILL);
	assert_int_equal(waitpid(process->pid, NULL, 0), process->pid);
	close(process->listening);
	close(process->log);
}

void process_stop(struct process *process)
{
	int status = -1;
	bool was_alive = waitpid(process->pid, &status, WNOHANG) == 0;

	if (was_alive) {
		kill(process->pid, SIGTERM);
		waitpid(process->pid, &status, 0);
	} else {
		print_error("the resolver had died: status 0x%x\n", status);
		print_log(process->log);
	}
	close(process->listening);
	close(process->log);
	assert_true(was_alive);
}

uint64_t process_status(const struct process *process, const char *field, int base)
{
	char path[64], line[256];
	uint64_t value = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", process->pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, field, strlen(field)) == 0 && line[strlen(field)] == ':')
			value = strtoull(line + strlen(field) + 1, NULL, base);
	fclose(file);
	return value;
}

uint64_t process_cpu_ms(const struct process *process)
{
	char path[64];
	unsigned long long run_ns = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", process->pid);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%llu", &run_ns), 1);
	fclose(file);
	return run_ns / 1000000;
}

static size_t count_fds(const struct process *process)
{
	char path[64];
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", process->pid);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2; /* . and .. */
}

size_t process_n_fds(const struct process *process)
{
	size_t n = count_fds(process);

	/* It closes some on the way out, after it has answered, and thousands in many turns. On a
	 * busy machine it may not get the processor between two looks. */
	for (int i = 0; i < 5; i++) {
		size_t before = n;

		usleep(20000);
		n = count_fds(process);
		if (n != before)
			i = 0;
	}
	return n;
}

int loopback_socket(int family, int type, uint16_t *port)
{
	struct addr loopback = { .family = AF_INET, .bytes = { 127, 0, 0, 1 } };
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);
	struct addr bound;
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (family == AF_INET6)
		loopback = addr_from_in6(in6addr_loopback);
	len = addr_to_sockaddr(&loopback, *port, &name);
	if (bind(fd, (struct sockaddr *)&name, len) < 0) {
		close(fd);
		return -1;
	}
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1024), 0);
	len = sizeof(name);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	assert_true(addr_from_sockaddr((struct sockaddr *)&name, &bound, port));
	return fd;
}

/* --- the plumber --- */

static void wait_for(int fd, short events)
{
	struct pollfd poll_fd = { .fd = fd, .events = events };

	assert_int_equal(poll(&poll_fd, 1, 5000), 1);
}

static void close_all(const int *fds, size_t n_fds)
{
	for (size_t i = 0; i < n_fds; i++)
		close(fds[i]);
}

static void keep_flow(struct plumber *plumber, const uint8_t *message, size_t len, const int *fds,
		      size_t n_fds)
{
	struct wire wire = wire_reader(message, len);

	(void)wire_u8(&wire);
	ipc_get_flow(&wire, &plumber->flow);
	assert_int_equal(wire.err, 0);
	assert_int_equal(n_fds, ipc_flow_n_fds(&plumber->flow));
	close_all(plumber->flow_fds, plumber->n_flow_fds);
	memcpy(plumber->flow_fds, fds, n_fds * sizeof(*fds));
	plumber->n_flow_fds = n_fds;
	plumber->n_kept++;
}

/* False: the message is none of those that only say what is to be kept. */
static bool keep(struct plumber *plumber, const uint8_t *message, size_t len, const int *fds,
		 size_t n_fds)
{
	switch (len > 0 ? message[0] : 0) {
	case IPC_FLOW:
		keep_flow(plumber, message, len, fds, n_fds);
		return true;
	case IPC_FLOW_GONE:
		plumber->n_kept--;
		return true;
	case IPC_KEEP_VIEW:
	case IPC_KEEP_RELAY:
	case IPC_KEEP_JOURNAL:
		close_all(fds, n_fds);
		return true;
	default:
		assert_int_equal(n_fds, 0);
		return false;
	}
}

/* -1: it was only to be kept. */
static ssize_t receive_one(struct plumber *plumber, uint8_t *message, size_t size)
{
	int fds[IPC_FDS_MAX], len;
	size_t n_fds = IPC_FDS_MAX;

	wait_for(plumber->fd, POLLIN);
	len = chan_receive(plumber->fd, message, size, fds, &n_fds);
	if (len == -ECONNRESET)
		return 0;
	assert_true(len >= 0);
	return keep(plumber, message, (size_t)len, fds, n_fds) ? -1 : len;
}

size_t plumber_receive(struct plumber *plumber, uint8_t *message, size_t size)
{
	static uint8_t own[IPC_MSG_MAX]; /* what is to be kept may be longer than what is awaited */
	ssize_t len;

	while ((len = receive_one(plumber, own, sizeof(own))) < 0)
		;
	assert_true((size_t)len <= size);
	memcpy(message, own, (size_t)len);
	return (size_t)len;
}

void plumber_wait_kept(struct plumber *plumber, unsigned n_kept)
{
	static uint8_t message[IPC_MSG_MAX];

	while (plumber->n_kept != n_kept)
		assert_int_equal(receive_one(plumber, message, sizeof(message)), -1);
}

void plumber_hand_flow_over(struct plumber *plumber, const struct plumber *before)
{
	uint8_t space[256];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_flow(&wire, &before->flow);
	plumber_send(plumber, &wire, before->flow_fds, before->n_flow_fds);
}

void plumber_send(struct plumber *plumber, const struct wire *wire, const int *fds, size_t n_fds)
{
	int err;

	assert_int_equal(wire->err, 0);
	while ((err = chan_send(plumber->fd, wire->data, wire->pos, fds, n_fds)) == -EAGAIN)
		wait_for(plumber->fd, POLLOUT);
	assert_int_equal(err, 0);
	plumber->n_sent++;
	__atomic_store_n(&plumber->page->n_sent, plumber->n_sent, __ATOMIC_RELEASE);
}

static void say_hello(struct plumber *plumber, int page_fd)
{
	struct ipc_hello hello = { .version = IPC_VERSION, .pid = (uint32_t)getpid() };
	uint8_t space[64];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_hello(&wire, &hello);
	plumber_send(plumber, &wire, &page_fd, 1);
}

static void read_inventory(struct plumber *plumber)
{
	static uint8_t message[IPC_MSG_MAX];
	size_t len = plumber_receive(plumber, message, sizeof(message));
	struct wire wire = wire_reader(message, len);

	assert_int_equal(wire_u8(&wire), IPC_HELLO);
	ipc_get_hello(&wire, &plumber->hello);
	assert_int_equal(wire.err, 0);
	for (;;) {
		len = plumber_receive(plumber, message, sizeof(message));
		wire = wire_reader(message, len);
		switch (wire_u8(&wire)) {
		case IPC_ADOPT_VIEW:
			ipc_get_view(&wire, &plumber->adopted);
			ipc_view_done(&plumber->adopted);
			plumber->n_views++;
			break;
		case IPC_ADOPT_RELAY:
			plumber->n_relays++;
			break;
		case IPC_READY:
			return;
		default:
			fail_msg("unexpected message %d", message[0]);
		}
		assert_int_equal(wire.err, 0);
	}
}

static void open_and_say_hello(struct plumber *plumber, const struct process *process)
{
	struct sockaddr_un address;
	socklen_t len = abstract(process->address, &address);
	int page_fd = memfd_create("page", MFD_CLOEXEC);

	*plumber = (struct plumber) { 0 };
	assert_int_equal(ftruncate(page_fd, sizeof(*plumber->page)), 0);
	plumber->page = mmap(NULL, sizeof(*plumber->page), PROT_READ | PROT_WRITE, MAP_SHARED,
			     page_fd, 0);
	assert_true(plumber->page != MAP_FAILED);
	plumber->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(plumber->fd, (struct sockaddr *)&address, len), 0);
	say_hello(plumber, page_fd);
	close(page_fd);
}

void plumber_connect(struct plumber *plumber, const struct process *process)
{
	open_and_say_hello(plumber, process);
	read_inventory(plumber);
}

void plumber_dies_early(const struct process *process)
{
	struct plumber plumber;

	assert_int_equal(kill(process->pid, SIGSTOP), 0);
	open_and_say_hello(&plumber, process);
	plumber_close(&plumber);
	assert_int_equal(kill(process->pid, SIGCONT), 0);
}

void plumber_close(struct plumber *plumber)
{
	munmap(plumber->page, sizeof(*plumber->page));
	close(plumber->fd);
	close_all(plumber->flow_fds, plumber->n_flow_fds);
	plumber->n_flow_fds = 0;
	plumber->fd = -1;
}

void plumber_sync(struct plumber *plumber)
{
	uint8_t space[8];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_empty(&wire, IPC_SYNC);
	plumber_send(plumber, &wire, NULL, 0);
}

void plumber_stats(struct plumber *plumber, struct ipc_stats *ret_stats)
{
	uint8_t space[256];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_empty(&wire, IPC_STATS);
	plumber_send(plumber, &wire, NULL, 0);
	wire = wire_reader(space, plumber_receive(plumber, space, sizeof(space)));
	assert_int_equal(wire_u8(&wire), IPC_STATS);
	ipc_get_stats(&wire, ret_stats);
	assert_int_equal(wire.err, 0);
}

void plumber_config(struct plumber *plumber, const uint16_t *upstream_ports)
{
	struct ipc_config config = { .ttl_s = DNS_TTL_LOCAL_S };
	uint8_t space[512];
	struct wire wire = wire_writer(space, sizeof(space));

	for (; upstream_ports != NULL && upstream_ports[config.n_upstreams] != 0;
	     config.n_upstreams++) {
		(void)addr_parse("127.0.0.1", &config.upstreams[config.n_upstreams]);
		config.upstream_ports[config.n_upstreams] = upstream_ports[config.n_upstreams];
	}
	ipc_put_config(&wire, &config);
	plumber_send(plumber, &wire, NULL, 0);
}

void plumber_network(struct plumber *plumber, uint32_t number, const char *name, bool internal)
{
	struct ipc_network network = { .number = number, .internal = internal };
	uint8_t space[512];
	struct wire wire = wire_writer(space, sizeof(space));

	snprintf(network.name, sizeof(network.name), "%s", name);
	ipc_put_network(&wire, IPC_NETWORK, &network);
	plumber_send(plumber, &wire, NULL, 0);
}

void plumber_name(struct plumber *plumber, enum ipc_type type, uint32_t network, const char *name,
		  const char *address)
{
	struct ipc_name message = { .network = network, .canonical = true };
	uint8_t space[512];
	struct wire wire = wire_writer(space, sizeof(space));

	snprintf(message.name, sizeof(message.name), "%s", name);
	assert_int_equal(addr_parse(address, &message.addr), 0);
	ipc_put_name(&wire, type, &message);
	plumber_send(plumber, &wire, NULL, 0);
}

uint16_t plumber_view(struct plumber *plumber, uint32_t number, uint32_t network, bool forward)
{
	struct ipc_view view = { .number = number,
				 .netns_inode = 4026531840 + number,
				 .forward = forward,
				 .n_networks = 1,
				 .networks = { network } };
	uint8_t space[1024];
	struct wire wire = wire_writer(space, sizeof(space));
	int fds[2];

	do { /* another socket may have the port of the other kind */
		view.port = 0;
		fds[0] = loopback_socket(AF_INET, SOCK_DGRAM, &view.port);
		fds[1] = loopback_socket(AF_INET, SOCK_STREAM, &view.port);
		if (fds[1] < 0)
			close(fds[0]);
	} while (fds[1] < 0);
	snprintf(view.name, sizeof(view.name), "container%u", number);
	ipc_put_view(&wire, IPC_VIEW, &view);
	plumber_send(plumber, &wire, fds, 2);
	close(fds[0]);
	close(fds[1]);
	return view.port;
}

void plumber_view_gone(struct plumber *plumber, uint32_t number)
{
	struct ipc_view view = { .number = number };
	uint8_t space[512];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_view(&wire, IPC_VIEW_GONE, &view);
	plumber_send(plumber, &wire, NULL, 0);
}
