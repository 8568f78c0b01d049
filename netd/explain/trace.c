// SPDX-License-Identifier: GPL-2.0-or-later
// trace.c - netd-trace, which watches while a real connection is made
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/helper.h"
#include "base/libexec.h"
#include "base/limits.h"
#include "base/protocol.h"
#include "explain/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. It is started first of all, for it needs rights that this process is
 * about to give up, and it loads its programs while the rest is read. When that is judged it is
 * told which namespaces and addresses are on the way, and, before the first packet is made,
 * which port that comes from. It ends with the descriptor that it hears of all this by, so
 * nothing of it stays whatever becomes of this process. What it says comes as lines
 * (diag/traced.h); one that is not whole waits in `text`. */

#define PROGRAM "netd-trace"

/* The last reason stays, and goes into the verdict. */
void explain_trace_lack(struct explain_trace *trace, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)vsnprintf(trace->seen.lacks, sizeof(trace->seen.lacks), format, list);
	va_end(list);
}

/* --- its life --------------------------------------------------------------------------------- */

/* orders: its standard input, lines: its standard output. Its standard error is this process's
 * own. Descriptors with O_CLOEXEC do not come along. */
static int spawn(const char *path, const char *mode, int orders, int lines, pid_t *ret_pid)
{
	char *const argv[] = { (char *)PROGRAM, (char *)mode, NULL };
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err != 0)
		return -err;
	err = posix_spawn_file_actions_adddup2(&actions, orders, STDIN_FILENO);
	if (err == 0)
		err = posix_spawn_file_actions_adddup2(&actions, lines, STDOUT_FILENO);
	if (err == 0)
		err = posix_spawn(ret_pid, path, &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -err;
}

/* On an error the caller lets go of what is there by explain_trace_done(). */
static int start(struct explain_trace *trace, const char *path, const char *mode)
{
	_cleanup_close_ int orders = -1, lines = -1;
	int ends[2], err;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	orders = ends[0];
	trace->orders_fd = ends[1];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	trace->lines_fd = ends[0];
	lines = ends[1];
	/* Lines are read while other descriptors are waited for, so a read must not block.
	 * Orders may. */
	if (fcntl(trace->lines_fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	err = spawn(path, mode, orders, lines, &trace->pid);
	trace->is_running = err == 0;
	return err;
}

void explain_trace_start(struct explain_trace *trace, const char *mode)
{
	char path[PATH_MAX];
	int err = libexec_find(PROGRAM, path, sizeof(path));

	if (err < 0) {
		explain_trace_lack(trace,
				   PROGRAM " is not installed: it belongs beside netd-explain");
		return;
	}
	err = start(trace, path, mode);
	if (err < 0)
		explain_trace_lack(trace, "cannot run %s: %s", path, strerror(-err));
}

/* netd started the tracer itself, at the other end of a socket. The socket is dup'ed, so that
 * orders can be shut down and lines be read on. */
void explain_trace_adopt(struct explain_trace *trace)
{
	int type = 0;
	socklen_t len = sizeof(type);

	/* Nobody need be there: then the descriptor is no socket. */
	if (getsockopt(EXPLAIN_TRACER_FD, SOL_SOCKET, SO_TYPE, &type, &len) == 0)
		trace->lines_fd = fcntl(EXPLAIN_TRACER_FD, F_DUPFD_CLOEXEC, 0);
	if (trace->lines_fd < 0 || fcntl(EXPLAIN_TRACER_FD, F_SETFL, O_NONBLOCK) < 0) {
		explain_trace_lack(trace,
				   "netd has nobody who loads programs into the kernel for the "
				   "group: \"trace-for-group\" is not set in netd.json, or "
				   "it was started without CAP_BPF and CAP_PERFMON");
		return;
	}
	trace->orders_fd = EXPLAIN_TRACER_FD;
	trace->is_running = true;
}

void explain_trace_done(struct explain_trace *trace)
{
	int status;

	cleanup_close(&trace->orders_fd);
	cleanup_close(&trace->lines_fd);
	trace->orders_fd = trace->lines_fd = -1;
	/* It is not waited for longer than this. */
	if (trace->is_running && trace->pid > 0) /* else it ends with the socket */
		(void)helper_end(trace->pid, deadline_after(EXPLAIN_END_MS), &status);
	trace->is_running = false;
	explain_rules_done(&trace->rules);
	buf_done(&trace->text);
	traced_done(&trace->seen);
}

/* --- what it says ----------------------------------------------------------------------------- */

static int hear(struct explain_trace *trace)
{
	char data[4096];
	size_t taken;
	ssize_t n = read(trace->lines_fd, data, sizeof(data));
	int err;

	if (n < 0)
		/* Nothing has come yet, and that is no error. */
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	buf_append(&trace->text, data, (size_t)n);
	if (trace->text.err < 0)
		return trace->text.err;
	err = traced_read(&trace->seen, trace->text.data, trace->text.len, &taken);
	/* What was not a whole line stays for the next time. */
	buf_consume(&trace->text, taken);
	return err;
}

/* A tracer that was killed has no last words, and without these somebody would wait for packets, or
 * take it for the end that he has asked for. */
int explain_trace_hear(struct explain_trace *trace, const struct explain_options *options)
{
	int err = hear(trace);

	if (err == -EPIPE)
		(void)explain_answer_line(
			options, /* whoever does not hear it hears that the answer breaks off */
			json_pack("{s:s}", "Broken", "netd-trace has ended by itself"));
	return err;
}

/* Until it is so, or it has ended, or the time is over. Neither an error nor the end of the
 * time is told: the caller looks whether it has become so. */
static void hear_until(struct explain_trace *trace, const bool *is_so, unsigned int ms)
{
	int64_t deadline_ms = deadline_after(ms);
	struct pollfd poll = { .fd = trace->lines_fd, .events = POLLIN };
	int err = 0;

	while (err == 0 && !*is_so && deadline_poll(&poll, 1, deadline_ms) > 0)
		err = hear(trace);
}

/* A packet that was lost decides the probe, and it need not wait for its timeout. */
static bool saw_loss(void *data)
{
	struct explain_trace *trace = data;

	(void)hear(trace); /* that it has ended is seen again, at the end */
	for (size_t i = 0; i < trace->seen.n; i++)
		if (traced_is_loss(&trace->seen.lines[i]))
			return true;
	return false;
}

/* --- what it is told -------------------------------------------------------------------------- */

/* A loopback address is in every namespace, and would have the tracer tell what is not of this
 * flow. */
static void order_addr(struct buf *orders, const struct addr *addr)
{
	if (addr_is_set(addr) && !addr_is_loopback(addr))
		buf_printf(orders, "address %s\n", ADDR_STR(addr));
}

static const struct facts_space *space_of(const struct facts *facts, const char *key)
{
	return key ? facts_space(facts, key) : NULL;
}

/* All namespaces that were looked at, for they are on the way, or might be; the addresses of
 * who is there, for NAT leads to one of them. A's own addresses are taken from the picture,
 * with those that netd did not give. */
static void fill_orders(const struct explain_trace *trace, struct buf *orders)
{
	const struct facts *facts = trace->facts;
	const struct diag_verdict *verdict = trace->verdict;
	const struct facts_space *from = space_of(facts, verdict->from.space);

	for (size_t i = 0; i < facts->n_spaces; i++)
		buf_printf(orders, "netns %llu\n", (unsigned long long)facts->spaces[i]->netns);
	buf_printf(orders, "address %s\n", ADDR_STR(&verdict->to.addr));
	order_addr(orders, &verdict->from.addr);
	for (enum family family = 0; from && family < FAMILY_N; family++)
		facts_ask_addrs(from, 0, family_af(family));
	for (size_t i = 0; from && i < from->n_addrs; i++)
		order_addr(orders, &from->addrs[i].prefix.addr);
	for (size_t i = 0; i < facts->n_containers; i++) {
		const struct facts_container *container = &facts->containers[i];

		for (size_t k = 0;
		     facts_space(facts, container->space) && k < container->n_endpoints; k++)
			for (enum family family = 0; family < FAMILY_N; family++)
				order_addr(orders, &container->endpoints[k].addr[family].addr);
	}
}

/* A socket of netd's does not block, so it is waited for here; a pipe does. */
static int write_orders(const struct explain_trace *trace, const struct buf *orders)
{
	size_t at = 0;

	while (orders->err == 0 && at < orders->len) {
		ssize_t n = write(trace->orders_fd, orders->data + at, orders->len - at);

		if (n < 0 && errno == EAGAIN)
			(void)deadline_poll(&(struct pollfd) { trace->orders_fd, POLLOUT, 0 }, 1,
					    deadline_after(EXPLAIN_TRACE_READY_MS));
		else if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return orders->err;
}

int explain_trace_order(struct explain_trace *trace, const struct buf *orders)
{
	int err = write_orders(trace, orders);

	/* One that has ended has said why. It is waited for until it says that it is ready: a
	 * probe that begins before is not seen. */
	if (err == 0 || !*trace->seen.lacks)
		hear_until(trace, &trace->seen.is_ready, EXPLAIN_TRACE_READY_MS);
	return err;
}

/* Before the first packet: from when this returns, what happens to it is seen. A tracer that cannot
 * work has said why, and the connection is made all the same. */
static int tell_port(uint16_t port, void *data)
{
	struct explain_trace *trace = data;
	_cleanup_(buf_done) struct buf orders = { 0 };

	trace->port = port;
	/* The rules' tables are made in the same moment, before the first packet, and not
	 * earlier: they need the port. */
	explain_rules_open(&trace->rules, trace->facts, trace->verdict, port);
	if (!trace->is_running)
		return 0;
	fill_orders(trace, &orders);
	buf_printf(&orders, "flow %s %u\ngo\n", protocol_name(trace->verdict->to.protocol), port);
	(void)explain_trace_order(trace, &orders); /* it has said why */
	return 0;
}

/* The probe calls these: `before` when its socket has a port, `is_seen` when the tracer has
 * said something while an answer is waited for. */
void explain_trace_watch(struct explain_trace *trace, const struct facts *facts,
			 const struct diag_verdict *verdict, struct probe_asked *asked)
{
	trace->facts = facts;
	trace->verdict = verdict;
	asked->before = tell_port;
	asked->is_seen = saw_loss;
	asked->watch_fd = trace->lines_fd;
	asked->data = trace;
}

void explain_trace_hear_told(struct explain_trace *trace)
{
	hear_until(trace, &trace->seen.has_told, EXPLAIN_TRACE_END_MS);
}

void explain_trace_end(struct explain_trace *trace)
{
	/* Of a socket this half alone; of a pipe it is nothing. The tracer reads the end of its
	 * orders, tells what it has kept, and ends. */
	if (trace->orders_fd >= 0)
		(void)shutdown(trace->orders_fd, SHUT_WR);
	cleanup_close(&trace->orders_fd);
	trace->orders_fd = -1;
	if (trace->is_running)
		hear_until(trace, &trace->seen.has_end, EXPLAIN_TRACE_END_MS);
}

/* Everything that was seen is in the verdict after this, and the tracer has gone. */
void explain_trace_tell(struct explain_trace *trace, struct diag_verdict *verdict)
{
	explain_trace_end(trace);
	/* The probe could not even bind a socket. */
	if (trace->port == 0 && !*trace->seen.lacks)
		explain_trace_lack(trace, "no port is free to send from");
	traced_tell(&trace->seen, trace->facts, trace->port, verdict);
	/* Without memory for them the rest is there all the same. */
	(void)explain_rules_tell(&trace->rules, &trace->seen, trace->facts, verdict);
	explain_trace_done(trace);
}
