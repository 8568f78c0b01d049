// SPDX-License-Identifier: GPL-2.0-or-later
// explainer.c - processes that look for somebody else, each started for a call: netd-explain and
// netd-capture
#include "plumber/explainer.h"

#include "base/cleanup.h"
#include "base/libexec.h"
#include "capture/asked.h"
#include "plumber/captures.h"
#include "plumber/spawn.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Theory of operation. Such a process is a client of the API like any other, so it is told where
 * the API listens and gets no state of the plumber's. Each function here makes the command line of
 * one, and hands over the descriptors that it answers through; spawn_start copies both, so nothing
 * has to outlive the call. Words of a caller's stand behind "--": a name that begins with a dash is
 * no option. The caller of these functions closes its own descriptors, whatever is returned. */

/* Where the API is, also on a socket that systemd has opened: the kernel knows the path. A socket
 * that is not a path (an abstract one) cannot be told to a program, and is refused. sun_path need
 * not be terminated, hence the bound in the format. */
static int socket_path(int listen_fd, char *ret_path, size_t size)
{
	struct sockaddr_un addr = { 0 };
	socklen_t len = sizeof(addr);
	int n;

	if (getsockname(listen_fd, (struct sockaddr *)&addr, &len) < 0)
		return -errno;
	if (addr.sun_family != AF_UNIX || addr.sun_path[0] == '\0')
		return -EAFNOSUPPORT;
	n = snprintf(ret_path, size, "unix://%.*s", (int)sizeof(addr.sun_path), addr.sun_path);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* The pipe is number 3 in the child, the first that spawn_start gives. All that the child says
 * comes through it. */
int explainer_start(const struct api_explain *asked, int pipe_fd, void *data)
{
	const struct explainer *explainer = data;
	char program[PATH_MAX], host[sizeof(struct sockaddr_un) + 16];
	/* The array has room for every option at once and for the NULL at the end; the rest is
	 * zero. */
	const char *argv[SPAWN_ARGV_MAX] = { "netd-explain", "--host", host, "--pipe", "3" };
	size_t n = 5;
	int err = libexec_find("netd-explain", program, sizeof(program));

	/* libexec_find has failed: the program is not installed, or not readable. */
	if (err == 0)
		err = socket_path(explainer->listen_fd, host, sizeof(host));
	if (err < 0)
		return err;
	if (asked->with_facts)
		argv[n++] = "--with-facts";
	if (asked->all)
		argv[n++] = "--all";
	if (asked->probe)
		argv[n++] = "--probe";
	if (asked->doctor)
		argv[n++] = "--doctor";
	if (asked->connections)
		argv[n++] = "--connections";
	if (asked->losses)
		argv[n++] = "--losses";
	if (asked->reach)
		argv[n++] = "--reach";
	if (asked->network) {
		argv[n++] = "--network";
		argv[n++] = asked->network;
	}
	/* Nothing after this is read as an option. */
	argv[n++] = "--";
	if (asked->doctor || asked->connections || asked->losses) {
		argv[n++] = asked->name; /* NULL ends it here */
	} else if (asked->reach) {
		argv[n++] = asked->names;
	} else {
		argv[n++] = asked->from;
		argv[n++] = asked->to;
	}
	return spawn_start(&(struct spawn) { program, argv, &pipe_fd, 1 });
}

/* netd's own metrics may have a process of tracers where the group may not use it. */
static int open_tracer(const struct explainer *explainer, char mode)
{
	return explainer->for_group ? tracers_open(explainer->tracers, mode) : -1;
}

/* The control socket is number 3 in the child, and the tracer's, where dropped packets are wanted,
 * 5, as netd-explain has it. That there is none it says itself. The client's connection follows
 * over it when the capture is ready (api/handlers/capture.c). Number 4 is its place among those
 * that run, which it only has open. -EUSERS: none is free. */
int explainer_capture(const struct capture_asked *asked, int control_fd, void *data)
{
	const struct explainer *explainer = data;
	char program[PATH_MAX], host[sizeof(struct sockaddr_un) + 16];
	/* texts of the words that are no caller's own; they live until spawn_start has copied
	 * them */
	struct capture_words words;
	const char *argv[SPAWN_ARGV_MAX] = { "netd-capture", "--host", host, "--control", "3" };
	_cleanup_close_ int tracer = -1, place = -1;
	size_t n = 5;
	int err = libexec_find("netd-capture", program, sizeof(program));

	if (err == 0)
		err = socket_path(explainer->listen_fd, host, sizeof(host));
	if (err == 0)
		err = captures_take(explainer->run_dir, &place);
	if (err < 0)
		return err;
	if (asked->drops) {
		argv[n++] = "--tracer";
		tracer = open_tracer(explainer, TRACERS_DROPS);
	}
	argv[n++] = "--";
	capture_asked_words(asked, &words);
	for (size_t i = 0; i < words.n; i++)
		argv[n++] = words.list[i];
	return spawn_start(
		&(struct spawn) { program, argv, (const int[]) { control_fd, place, tracer }, 3 });
}

/* The client's socket is number 3, a pipe that only tells of the end is 4, and the tracer's socket
 * is 5. The process writes the whole reply itself. */
int explainer_watch(const struct api_watch *asked, int client_fd, int pipe_fd, void *data)
{
	const struct explainer *explainer = data;
	char program[PATH_MAX], host[sizeof(struct sockaddr_un) + 16];
	const char *argv[SPAWN_ARGV_MAX] = { "netd-explain", "--host", host, "--serve" };
	_cleanup_close_ int tracer = -1;
	size_t n = 4;
	int err = libexec_find("netd-explain", program, sizeof(program));

	if (err == 0)
		err = socket_path(explainer->listen_fd, host, sizeof(host));
	if (err < 0)
		return err;
	if (asked->no_rules)
		argv[n++] = "--no-rules";
	if (asked->for_metrics)
		argv[n++] = "--lines";
	/* Checked to be digits by the handler. */
	if (asked->seconds) {
		argv[n++] = "--seconds";
		argv[n++] = asked->seconds;
	}
	argv[n++] = asked->drops ? "--drops" : "--follow";
	argv[n++] = "--";
	if (asked->name)
		argv[n++] = asked->name;
	for (size_t i = 0; i < asked->n_words; i++)
		argv[n++] = asked->words[i];
	/* Without one it says so, and tells what can be told without. The tracer's socket is closed
	 * here on return: the copy is the child's. */
	if (asked->for_metrics) {
		tracer = tracers_open(explainer->tracers, TRACERS_COUNT);
		if (tracer < 0)
			return -EOPNOTSUPP;
	} else {
		tracer = open_tracer(explainer, asked->drops ? TRACERS_COUNT : TRACERS_FOLLOW);
	}
	return spawn_start(
		&(struct spawn) { program, argv, (const int[]) { client_fd, pipe_fd, tracer }, 3 });
}
