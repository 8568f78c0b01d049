// SPDX-License-Identifier: GPL-2.0-or-later
// explain_here.c - netd-explain run by netctl itself, where netd cannot do it
#include "cli/command/explain_here.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/helper.h"
#include "base/json_read.h"
#include "base/libexec.h"
#include "base/limits.h"
#include "base/whole.h"
#include "client/calls.h"
#include "model/text/when.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/net.h>
#include <netd.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Theory of operation. netd-explain is run by netctl where netd cannot run it: netd is dead or
 * stopped, or the question takes root. The program is found beside netctl, gets the question as
 * words, and answers through a pipe with a status of HTTP and a JSON object, which is read as
 * netd's answer would be. Who is not root, or asks another host, has netd do it or nobody. */

/* The name under which it is installed. */
#define PROGRAM "netd-explain"

/* Where netd's socket is on this host; NULL: netd is on another one. The host is an option, or a
 * variable of the environment, or the default: the order of cli_connect(). The text points into the
 * options, the environment or a constant, and is not freed. */
const char *explain_here_socket(const struct cli *cli)
{
	static const char prefix[] = "unix://";
	const char *host = cli->host ? cli->host : getenv(NETD_HOST_VARIABLE);

	if (!host || !*host)
		host = NETD_DEFAULT_HOST;
	return strncmp(host, prefix, strlen(prefix)) == 0 ? host + strlen(prefix) : NULL;
}

/* --- whether netd is stopped ------------------------------------------------------------------ */

/* Who called listen(2) there; 0: systemd's namespaces hide it, or there is nobody. *ret_is_full: so
 * many wait that no other is taken. SO_PEERCRED of a connected socket gives the credentials of the
 * process at listen(2) (unix(7)). The connection is closed at once. netd sees a client that asks
 * nothing. */
static pid_t listener_of(const char *path, bool *ret_is_full)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);

	*ret_is_full = false;
	/* A path that is too long for an address is nobody's. */
	if (fd < 0 || strlen(path) >= sizeof(addr.sun_path))
		return 0;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	/* A connect that would block says EAGAIN for a local socket: the queue of the listener
	 * is full. */
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		*ret_is_full = errno == EAGAIN;
		return 0;
	}
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ? 0 : peer.pid;
}

/* The state stands behind the name, which may have brackets of its own (proc(5)). 'T' is stopped by
 * a signal, 't' by a tracer. Two bytes behind the last bracket is the state. A process that has
 * ended meanwhile is not stopped: its file is not there. */
static bool process_is_stopped(pid_t pid)
{
	char path[64], text[512];
	/* The name has 15 bytes, so the beginning of the file is enough. */
	_cleanup_close_ int fd = -1;
	const char *state;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	state = strrchr(text, ')');
	return state && strlen(state) > 2 && (state[2] == 'T' || state[2] == 't');
}

/* Whether whoever listens there is stopped, or takes nobody any more, which a call would find out
 * by waiting. What cannot be known is false. A stopped netd accepts nothing, and yet connect(2)
 * succeeds: the kernel does that for it. The question costs one connection, and never waits. */
bool explain_here_is_stopped(const char *socket_path)
{
	bool is_full;
	pid_t pid = listener_of(socket_path, &is_full);

	/* systemd listens for netd where it has opened the socket. */
	return is_full || (pid > 1 && process_is_stopped(pid));
}

/* A call of such a netd would be waited for, and then be one that says nothing of why. */
int explain_here_check(const struct cli *cli, struct error *error)
{
	const char *socket = explain_here_socket(cli);
	bool is_full = false;
	pid_t pid = socket ? listener_of(socket, &is_full) : 0;

	if (is_full)
		return error_set(error, ERROR_UNAVAILABLE,
				 "netd at unix://%s takes nobody any more: it hangs, or is stopped",
				 socket);
	if (pid > 1 && process_is_stopped(pid))
		return error_set(error, ERROR_UNAVAILABLE,
				 "netd at unix://%s is stopped: root lets it go on with kill -CONT "
				 "%d",
				 socket, (int)pid);
	return 0;
}

/* Whether the socket was made in the network namespace that this process is in: it is listed there
 * by the name it was bound to (proc(5)). The other end of a connection has that name too, and is of
 * the namespace of who connects. The file lists sockets of the reader's network namespace. The path
 * stands at the end of a line. false where the list cannot be read. */
static bool is_of_own_netns(const char *socket_path)
{
	FILE *list = fopen("/proc/thread-self/net/unix", "re");
	size_t size = 0, len = strlen(socket_path);
	char *line = NULL;
	bool is_found = false;

	/* The flags tell a listener from the end of a connection. */
	if (!list)
		return false;
	while (!is_found && getline(&line, &size, list) > 0) {
		const char *name = strchr(line, '/');
		unsigned flags;

		is_found = name && strncmp(name, socket_path, len) == 0 && name[len] == '\n' &&
			   sscanf(line, "%*s %*x %*x %x", &flags) == 1 && (flags & __SO_ACCEPTCON);
	}
	free(line);
	(void)fclose(list);
	return is_found;
}

/* Root may have come here by a container's namespace (nsenter --net), and the host is netd's all
 * the same. Where nobody listens any more, or may be looked at, it stays as it is: the shell of an
 * administrator is where netd was. It stays as well where netd's socket is: netd itself may be in a
 * container's namespace for a moment, and for long when it is stopped there. Errors are ignored:
 * what is looked at then is the namespace in which netctl is. It takes root, and is called by root
 * alone. */
void explain_here_join(const char *socket_path)
{
	_cleanup_close_ int fd = -1;
	char path[64];
	bool is_full;
	pid_t pid;

	if (is_of_own_netns(socket_path))
		return;
	pid = listener_of(socket_path, &is_full);
	if (pid <= 0)
		return;
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		(void)setns(fd, CLONE_NEWNET);
}

/* --- the program ------------------------------------------------------------------------------ */

/* SPAWN_ARGV_MAX has room for all options together and the words of a filter. Nothing is copied.
 * The casts take const away, because posix_spawn(3) wants an array of texts that are not const and
 * changes none. */
static void fill_argv(const struct explain_here *asked, char *argv[SPAWN_ARGV_MAX])
{
	size_t n = 0;

	argv[n++] = (char *)PROGRAM;
	/* Where the facts come from: a file, netd, or its records. */
	if (asked->facts) {
		argv[n++] = (char *)"--facts";
		argv[n++] = (char *)asked->facts;
	} else if (asked->host) {
		argv[n++] = (char *)"--host";
		argv[n++] = (char *)asked->host;
	} else {
		argv[n++] = (char *)"--records";
	}
	if (asked->run_dir) {
		argv[n++] = (char *)"--run-dir";
		argv[n++] = (char *)asked->run_dir;
	}
	if (asked->state_dir) {
		argv[n++] = (char *)"--state-dir";
		argv[n++] = (char *)asked->state_dir;
	}
	if (asked->with) {
		argv[n++] = (char *)"--with";
		argv[n++] = (char *)asked->with;
	}
	if (asked->with_facts)
		argv[n++] = (char *)"--with-facts";
	if (asked->all)
		argv[n++] = (char *)"--all";
	if (asked->probe)
		argv[n++] = (char *)"--probe";
	if (asked->trace)
		argv[n++] = (char *)"--trace";
	if (asked->follow)
		argv[n++] = (char *)"--follow";
	if (asked->no_rules)
		argv[n++] = (char *)"--no-rules";
	if (asked->drops)
		argv[n++] = (char *)"--drops";
	if (asked->doctor)
		argv[n++] = (char *)"--doctor";
	if (asked->reach)
		argv[n++] = (char *)"--reach";
	if (asked->network) {
		argv[n++] = (char *)"--network";
		argv[n++] = (char *)asked->network;
	}
	/* Words that begin with a dash are names from here on. */
	argv[n++] = (char *)"--";
	if (asked->name)
		argv[n++] = (char *)asked->name;
	if (asked->follow)
		argv[n++] = (char *)asked->follow;
	for (size_t i = 0; i < asked->n_filter; i++)
		argv[n++] = (char *)asked->filter[i];
	if (asked->names)
		argv[n++] = (char *)asked->names;
	if (asked->from) {
		argv[n++] = (char *)asked->from;
		argv[n++] = (char *)asked->to;
	}
	argv[n] = NULL;
}

/* Its standard output is the pipe. Descriptors of netctl's own are close-on-exec. 0, or a negative
 * errno; then there is no process. The caller waits for *ret_pid. */
static int start(const char *program, char *const argv[], int out_fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err != 0)
		return -err;
	err = posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	if (err == 0)
		err = posix_spawn(ret_pid, program, &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -err;
}

/* It has an alarm of its own, so it is heard out; then it ends. The pipe's other end is closed here
 * first, or the end would never come. 0 and the whole output, status line included. After an error
 * the process has been waited for or killed, and no descriptor stays open. */
static int hear(const char *program, char *const argv[], struct buf *out, struct error *error)
{
	_cleanup_close_ int ours = -1, theirs = -1;
	int ends[2], err, status = 0;
	pid_t pid = -1;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_system(error, -errno, "cannot run " PROGRAM);
	ours = ends[0];
	theirs = ends[1];
	err = start(program, argv, theirs, &pid);
	if (err < 0)
		return error_system(error, err, "cannot run %s", program);
	cleanup_close(&theirs);
	theirs = -1;
	/* One that writes without an end meets its own limit of memory first. */
	err = whole_read_to_end(ours, SIZE_MAX, out);
	/* It has closed its output, so it is about to end. */
	(void)helper_end(pid, deadline_after(EXPLAIN_END_MS), &status); /* killed then: status */
	if (err < 0)
		return error_system(error, err, "reading what " PROGRAM " says");
	/* A signal, such as its alarm's or that for too much memory, leaves no answer. */
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || out->len == 0)
		return error_set(error, ERROR_INTERNAL,
				 PROGRAM " ended before it had an answer (%s %d)",
				 WIFEXITED(status) ? "status" : "signal",
				 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

/* The answer is the caller's. *ret_answer is set only when 0 is returned, and not at all for a
 * watch. */
int explain_here(const struct explain_here *asked, json_t **ret_answer, struct error *error)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	char program[PATH_MAX], *argv[SPAWN_ARGV_MAX], *end = NULL;
	bool is_no_memory;
	long status;
	int err = libexec_find(PROGRAM, program, sizeof(program));

	if (err < 0)
		return error_set(error, ERROR_UNAVAILABLE,
				 PROGRAM " is not installed: it belongs beside netctl, or into "
					 "../lib/netd");
	fill_argv(asked, argv);
	if (asked->socket)
		/* The namespace is changed for this process and what it starts; it does nothing
		 * else afterwards. */
		explain_here_join(asked->socket);
	/* A watch has no single answer. Its lines are taken as they come. */
	if (asked->watch)
		return explain_watch_hear(program, argv, asked->watch, error);
	err = hear(program, argv, &out, error);
	if (err < 0)
		return err;
	/* The status is the first line; the rest is the body. */
	status = out.data ? strtol(out.data, &end, 10) : 0;
	if (end)
		buf_consume(&out, (size_t)(end - out.data));
	/* An error's body has the same form as netd's. */
	if (status != 200)
		return calls_refusal((int)status, &out, error);
	*ret_answer = json_read(out.data, out.len, 0, NULL, &is_no_memory);
	return *ret_answer
		       ? 0
		       : error_set(error, ERROR_INTERNAL, "the answer of " PROGRAM " is not JSON");
}

/* The folder of the socket is that of the records, unless it is said where they are (systemd or
 * an administrator has it elsewhere). Returns what the caller frees when the answer is there.
 * dirname(3) may write into the text that it is given, so it gets a copy. */
static char *fill_places(struct explain_here *asked, const struct args *args, const char *socket)
{
	const char *run_dir = args_text(args, "run-dir");
	char *folder = socket ? strdup(socket) : NULL;

	asked->socket = socket;
	asked->run_dir = run_dir ? run_dir : folder ? dirname(folder) : NULL;
	asked->state_dir = args_text(args, "state-dir");
	return folder;
}

/* For --trace and --with, which netd does for nobody. A living netd is asked by the program, for
 * what netd believes is newer than its records. The error of the last attempt is the one that is
 * told. */
int explain_here_as_root(struct cli *cli, const struct args *args, struct explain_here asked,
			 json_t **ret_answer, struct error *error)
{
	const char *socket = explain_here_socket(cli);
	_cleanup_(buf_done) struct buf host = { 0 };
	_cleanup_free_ char *folder = NULL;
	int err;

	/* behind ssh:// this process is root of another host than the one that is asked about. */
	if (!socket || geteuid() != 0)
		return error_set(error, ERROR_FORBIDDEN,
				 "%s: it takes root, on the host that netd runs on",
				 asked.trace ? "--trace loads programs into the kernel"
					     : "--with loads a file into a namespace of its own");
	folder = fill_places(&asked, args, socket);
	buf_printf(&host, "unix://%s", socket);
	if (host.err < 0)
		return error_system(error, host.err, "asking netd");
	if (!explain_here_is_stopped(socket)) {
		asked.host = host.data;
		err = explain_here(&asked, ret_answer, error);
		/* Only "netd does not answer" leads to the records. Any other error is an
		 * answer. */
		if (err == 0 || error->kind != ERROR_UNAVAILABLE)
			return err;
		asked.host = NULL;
	}
	return explain_here(&asked, ret_answer, error);
}

/* The path of what the program would be asked. The keys are those of the API; the words of the
 * filter are joined with blanks. A lack of memory is noted in the buffer, and the caller looks at
 * it. */
static void put_watch_path(struct buf *path, const struct explain_here *asked)
{
	const char *name = asked->follow ? asked->follow : asked->name;
	int64_t left_ms = asked->watch->deadline_ms - deadline_now_ms();

	buf_puts(path, asked->follow ? "/netd/v1/trace?" : "/netd/v1/drops?");
	if (name) {
		buf_puts(path, "name=");
		client_quote(path, name);
	}
	for (size_t i = 0; i < asked->n_filter; i++) {
		buf_puts(path, i == 0 ? "&filter=" : "%20");
		client_quote(path, asked->filter[i]);
	}
	if (asked->no_rules)
		buf_puts(path, "&norules=1");
	/* Whole seconds, rounded up: netd ends no earlier than the user said. */
	if (asked->watch->deadline_ms != DEADLINE_NEVER)
		buf_printf(path, "&seconds=%lld",
			   (long long)(left_ms > 0 ? (left_ms + 999) / 1000 : 0));
}

/* Root looks by itself, and sees everything. Others see what netd shows them. 0 when the watch was
 * ended by the user, by the time or by the number of lines. */
int explain_here_watch(struct cli *cli, const struct args *args, struct explain_here asked,
		       struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };
	struct explain_watch watch = *asked.watch;

	if (explain_here_socket(cli) && geteuid() == 0)
		return explain_here_as_root(cli, args, asked, NULL, error);
	if (explain_here_check(cli, error) < 0)
		return error->code;
	put_watch_path(&path, &asked);
	if (path.err < 0)
		return error_system(error, path.err, "asking netd");
	/* If both counted the time, the line about the end would be lost. */
	watch.netd_ends_ms = watch.deadline_ms;
	watch.deadline_ms = DEADLINE_NEVER; /* netd has been told, and has last words */
	return explain_watch_ask(cli, path.data, &watch, error);
}

/* The client has to be connected first, as the limit of time is set on it. This answer may take
 * longer than others. 0 and a new reference, or the error is set. Its kind tells whether netd was
 * there at all. */
static int ask_netd(struct cli *cli, const char *path, json_t **ret_answer, struct error *error)
{
	if (cli_connect(cli, error) < 0)
		return error->code;
	client_timeout(cli->client, EXPLAIN_ANSWER_S);
	return cli_call(cli, "GET", path, NULL, ret_answer, error);
}

/* *ret_is_here: the answer is from the records, and not from netd. Only root of netd's own host may
 * look by itself. Anybody else gets the error of the call. */
int explain_here_or_netd(struct cli *cli, const struct args *args, const char *path,
			 struct explain_here asked, json_t **ret_answer, bool *ret_is_here,
			 struct error *error)
{
	const char *socket = explain_here_socket(cli);
	_cleanup_free_ char *folder = NULL;
	bool may_look = socket && geteuid() == 0;
	int err;

	/* A stopped netd is found out before a call waits for it. */
	*ret_is_here = may_look && explain_here_is_stopped(socket);
	if (!*ret_is_here) {
		err = ask_netd(cli, path, ret_answer, error);
		/* A netd that dies during the call leads to the records as well. */
		*ret_is_here = err < 0 && may_look && error->kind == ERROR_UNAVAILABLE;
		if (!*ret_is_here)
			return err;
	}
	folder = fill_places(&asked, args, socket);
	return explain_here(&asked, ret_answer, error);
}

/* --- how long --------------------------------------------------------------------------------- */

/* *ret_count stays as it is without a text. Nine digits are more lines than anybody reads. 0, or
 * the error is set. A number of 0 is refused, as it would end before the first line. */
int explain_here_count(const char *text, unsigned long *ret_count, struct error *error)
{
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return 0;
	if (len > 0 && len < 10 && strspn(text, "0123456789") == len)
		*ret_count = strtoul(text, NULL, 10);
	return *ret_count > 0
		       ? 0
		       : error_set(error, ERROR_INVALID, "--count %s is no number of lines", text);
}

/* As long as until now since then. So when_parse() reads the duration, with a time of its own for
 * "now": what it takes off that is the duration. A text that is a date, which has no letter at its
 * end, is refused. The deadline is by the clock that nobody sets. Without a text there is none. */
int explain_here_until(const char *text, const char *flag, int64_t *ret_deadline_ms,
		       struct error *error)
{
	/* Any moment that is late enough for a duration to be taken off. */
	const struct timespec now = { .tv_sec = 4000000000L };
	struct timespec then;
	size_t len = text ? strlen(text) : 0;
	double ms;

	*ret_deadline_ms = DEADLINE_NEVER;
	if (!text)
		return 0;
	if (len == 0 || !isalpha((unsigned char)text[len - 1]) ||
	    when_parse(text, &now, &then) < 0 || when_compare(&then, &now) > 0)
		return error_set(error, ERROR_INVALID, "%s %s is no time such as 30s or 2m", flag,
				 text);
	ms = (double)(now.tv_sec - then.tv_sec) * 1e3 + (double)(now.tv_nsec - then.tv_nsec) / 1e6;
	*ret_deadline_ms = deadline_now_ms() + (int64_t)ms;
	return 0;
}

/* Both are for a netd whose folders are not the usual ones. */
const struct flag explain_here_flags[] = {
	{ .name = "run-dir",
	  .value = "DIR",
	  .noun = NOUN_FILE,
	  .help = "Where netd's records are when netd does not answer" },
	{ .name = "state-dir",
	  .value = "DIR",
	  .noun = NOUN_FILE,
	  .help = "And those of its networks" },
	{ 0 },
};
