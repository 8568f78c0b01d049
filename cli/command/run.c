// SPDX-License-Identifier: GPL-2.0-or-later
// run.c - netctl run: a command in a new network namespace that netd wires
#include "cli/command/run.h"
#include "base/cleanup.h"
#include "base/limits.h"
#include "base/whole.h"
#include "cli/body/container_args.h"
#include "cli/command/command.h"
#include "cli/command/run_end.h"
#include "cli/command/run_mind.h"
#include "cli/command/runs.h"
#include "cli/command/sandbox.h"
#include "cli/line/cli.h"
#include "model/text/name.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Theory of operation. The child makes its namespaces and waits; the parent has netd attach them by
 * the child's pid and passes on what netd answered; the child puts the files in place and becomes
 * the command. Two pipes carry this: "status" upwards (one byte: namespaces are there; then, only
 * on failure, one byte of exit code; its end without that is a successful exec, for it is
 * close-on-exec) and "go" downwards (the container's JSON; its end without anything: the parent
 * gave up).
 *
 * The parent lives as long as the command in the foreground, and passes signals on. Exit codes are
 * those of `docker run`: the command's own, 128 + N for its end by signal N, and 125, 126 and 127
 * where it could not be started.
 *
 * A detached command has a parent as well, which stays behind and keeps what it writes
 * (run_mind.c). So all of this is done in a process that netctl has started for it; netctl itself
 * waits for one byte, its exit code, and leaves. */
#define MODE "NetworkMode" /* in the body: "container:NAME", and nothing is asked of netd */

struct launch {
	const struct run_asked *asked;
	/* 0 until fork(2) has succeeded; give_up() waits for a child only then. */
	pid_t pid;
	/* Pipes, reading end first; -1 for an end that is closed or was not made. `old_mask` is the
	 * mask of whoever started netctl, which the command inherits. */
	int status[2], go[2];
	/* The container whose namespace it shares; NULL: it has one of its own. */
	json_t *host;
	/* What a detached command writes into; and the folder where it is noted. */
	int output[2];
	struct run run;
	sigset_t old_mask;
	struct error error;
};

/* Closes one end and notes it, so that it is not closed twice. */
static void close_end(int *fd)
{
	cleanup_close(fd);
	*fd = -1;
}

/* It runs on every way out of launch(), in the parent. */
static void launch_done(struct launch *launch)
{
	/* Closing twice is harmless: close_end() leaves -1. */
	for (int i = 0; i < 2; i++) {
		close_end(&launch->status[i]);
		close_end(&launch->go[i]);
		close_end(&launch->output[i]);
	}
	run_done(&launch->run);
	json_decref(launch->host);
}

/* --- the child --- */

/* Nobody answers a detached command, and what it says is kept. 0, or the error is set. */
static int go_background(int output, struct error *error)
{
	/* dup2(2) below does not copy O_CLOEXEC, so the three stay open for the command. */
	_cleanup_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* A session of its own: a terminal that closes takes its session along (SIGHUP). */
	if (null < 0 || setsid() < 0)
		return error_system(error, -errno, "going into the background");
	/* All three: a terminal that has gone answers with EIO. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(fd == STDIN_FILENO ? null : output, fd) < 0)
			return error_system(error, -errno, "going into the background");
	return 0;
}

/* Of one that is started again: what it had the first time. 0, or the error is set. */
static int take_surroundings(const struct run_asked *asked, struct error *error)
{
	if (asked->environment)
		environ = (char **)asked->environment; /* this process is the command in a moment */
	if (asked->directory && chdir(asked->directory) < 0)
		return error_system(error, -errno, "%s", asked->directory);
	return 0;
}

/* Sends one byte of the protocol. A failure means that the parent has gone. */
static int tell(int fd, int code)
{
	const unsigned char byte = (unsigned char)code;

	/* One byte to a pipe is written whole or not at all. */
	return write(fd, &byte, 1) == 1 ? 0 : -errno;
}

/* Waits for netd's answer and dresses up in it. 1: the parent gave up and has said why. 0: the
 * namespaces are wired and the files in place. A negative errno: the error is set and is told by
 * child(). */
static int await_container(struct launch *launch)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	json_auto_t *container = NULL;
	struct sandbox_files files;
	int err = whole_read_to_end(launch->go[0], SIZE_MAX, &text);

	if (err < 0)
		return error_system(&launch->error, err, "waiting for netd's answer");
	if (text.len == 0)
		return 1;
	container = json_loadb(text.data, text.len, 0, NULL);
	if (!container)
		return error_set(&launch->error, ERROR_INTERNAL, "netd's answer was lost");
	files = sandbox_files_of(container);
	return sandbox_dress(&files, &launch->error);
}

static const char *netns_of(const json_t *container)
{
	return cli_str(json_object_get(container, "NetworkSettings"), "SandboxKey");
}

/* Everything before the exec. The result is that of await_container(): 0, 1 when the parent gave
 * up, or an error. */
static int child_steps(struct launch *launch, bool new_netns)
{
	/* The namespaces come before the byte. On hearing it the parent gives netd this process'
	 * pid, and netd takes whatever namespace /proc shows for it then. */
	int err = launch->host ? sandbox_enter(netns_of(launch->host), &launch->error) : 0;

	if (err == 0)
		err = sandbox_unshare(new_netns, &launch->error);
	if (err == 0)
		err = tell(launch->status[1], 0);
	if (err == 0)
		err = await_container(launch);
	if (err == 0)
		err = take_surroundings(launch->asked, &launch->error);
	/* The mask passes through execve(2): the command would never see SIGTERM. A signal that
	 * came meanwhile takes effect here, and the parent sees an end by that signal. */
	if (err == 0 && sigprocmask(SIG_SETMASK, &launch->old_mask, NULL) < 0)
		err = error_system(&launch->error, -errno, "restoring the signals");
	return err;
}

/* It never returns into the code of the parent. Messages are written with dprintf(3), since the
 * buffers of stdio were copied from the parent and must not be flushed twice. */
_Noreturn static void child(struct launch *launch, bool new_netns)
{
	int code = CLI_RUN_FAILED, err;

	/* Else our own copies would keep the pipes open when the parent goes. */
	close_end(&launch->status[0]);
	close_end(&launch->go[1]);
	err = child_steps(launch, new_netns);
	/* The files are in place, and all that is left is the exec. */
	if (err == 0) {
		/* Last, because stderr is gone then: only the exit code can tell of a failing exec.
		 */
		_cleanup_close_ int words = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

		err = launch->asked->detached ? go_background(launch->output[1], &launch->error)
					      : 0;
		if (err == 0)
			code = sandbox_exec(launch->asked->argv, &launch->error);
		/* What is no path may be an image: "docker.io/library/alpine". */
		if (code == CLI_RUN_MISSING && !strchr("/.", launch->asked->argv[0][0]))
			error_append(&launch->error, "; netctl run takes a program of this host, "
						     "docker run and podman run take images");
		if (words >= 0)
			(void)dprintf(words, "netctl: %s\n", launch->error.text);
	} else if (err < 0) {
		(void)dprintf(STDERR_FILENO, "netctl: %s\n", launch->error.text);
	}
	/* Without this byte the parent would take the end of the pipe for a successful exec. */
	(void)tell(launch->status[1], code); /* the parent may be gone */
	/* Not exit(3): the buffers and handlers copied by fork(2) are the parent's affair. */
	_exit(code);
}

/* --- the parent --- */

/* 0, or the error is set. What one of two calls has made is closed by launch_done(). */
static int make_pipes(struct launch *launch)
{
	/* Close-on-exec is part of the protocol: it is what ends "status" when the command starts.
	 */
	if (pipe2(launch->status, O_CLOEXEC) < 0 || pipe2(launch->go, O_CLOEXEC) < 0 ||
	    (launch->asked->detached && pipe2(launch->output, O_CLOEXEC) < 0))
		return error_system(&launch->error, -errno, "making a pipe");
	return 0;
}

/* From here on they wait in the parent until they can be passed on; SIGPIPE so that a child that
 * died early is an error of write(2) and not our own end. 0, or the error is set. The child
 * inherits the mask, and gives it back before the exec. */
static int block_signals(struct launch *launch, sigset_t *ret_set)
{
	/* SIGCHLD is ignored by default, and only a blocked signal is kept for sigwaitinfo(2). */
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD, SIGPIPE };

	(void)sigemptyset(ret_set); /* cannot fail */
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)sigaddset(ret_set, signals[i]);
	if (sigprocmask(SIG_BLOCK, ret_set, &launch->old_mask) < 0)
		return error_system(&launch->error, -errno, "holding back signals");
	return 0;
}

/* The next byte of the child, or -1 at the end. It waits until there is one. */
static int next_byte(struct launch *launch)
{
	unsigned char byte;
	ssize_t n;

	do
		n = read(launch->status[0], &byte, 1);
	while (n < 0 && errno == EINTR);
	/* An error of read(2) is as good as the end: no more will come. */
	return n == 1 ? byte : -1;
}

/* 0: the child has its namespaces and waits. -ECHILD: it has failed and has said so on standard
 * error, so the error has no text. Any other: the error is set. */
static int spawn(struct launch *launch, bool new_netns)
{
	int byte;

	(void)fflush(stdout); /* nothing is pending, and nothing may be printed twice */
	launch->pid = fork();
	if (launch->pid < 0)
		return error_system(&launch->error, -errno, "starting a process");
	if (launch->pid == 0)
		child(launch, new_netns);
	/* The child's ends: as long as one is open here, the end of a pipe would never be seen. */
	close_end(&launch->status[1]);
	close_end(&launch->go[0]);
	byte = next_byte(launch);
	/* Nobody else can tell. */
	if (byte < 0)
		return error_set(&launch->error, ERROR_INTERNAL,
				 "the process %d that was to become the command was killed",
				 (int)launch->pid);
	/* Anything but the zero: the child has said on stderr what it was. */
	return byte == 0 ? 0 : -ECHILD;
}

/* 0, or the error is set. The command starts a moment after this returns. */
static int send_container(struct launch *launch, const json_t *container)
{
	/* As text: nothing but the two descriptors leads from one process to the other. */
	_cleanup_free_ char *text = json_dumps(container, JSON_COMPACT);
	size_t sent = 0, len = text ? strlen(text) : 0;

	if (!text)
		return error_system(&launch->error, -ENOMEM, "passing on netd's answer");
	/* A pipe takes 64 KiB at once, and an answer may be longer. */
	while (sent < len) {
		ssize_t n = write(launch->go[1], text + sent, len - sent);

		if (n < 0 && errno != EINTR)
			return error_system(&launch->error, -errno, "passing on netd's answer");
		/* EINTR wrote nothing. */
		sent += n > 0 ? (size_t)n : 0;
	}
	/* The child reads up to the end, so only this lets it go on. */
	close_end(&launch->go[1]);
	return 0;
}

/* Those a terminal sends reach the child by themselves, which is in the same process group: they
 * come from the kernel, whose si_code is above 0 (sigaction(2)). A signal that a program sent with
 * kill(2) went to netctl alone, and is sent on to the command. */
static void pass_on(const siginfo_t *info, pid_t pid)
{
	if (info->si_signo != SIGCHLD && info->si_signo != SIGPIPE && info->si_code <= 0)
		(void)kill(pid, info->si_signo); /* it may have ended meanwhile */
}

/* SIGCHLD is held back, so an end between the two calls is not missed: the second returns at once.
 * The exit code of the command. It does not return before the command has ended, whatever signals
 * come. */
static int wait_for(struct launch *launch, const sigset_t *signals)
{
	int status;

	for (;;) {
		siginfo_t info;
		pid_t pid = waitpid(launch->pid, &status, WNOHANG);

		if (pid == launch->pid)
			break;
		/* ECHILD: whoever started netctl has SIGCHLD ignored, and the kernel took the
		 * status away (waitpid(2)). */
		if (pid < 0)
			return CLI_RUN_FAILED;
		/* A failure is EINTR: the loop looks again. */
		if (sigwaitinfo(signals, &info) > 0)
			pass_on(&info, launch->pid);
	}
	/* As a shell has it, and docker run. */
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* 0, or the error is set. A container that netd has detached already is not an error. */
static int detach(struct cli *cli, const struct launch *launch, const json_t *container,
		  struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };

	if (launch->host)
		return 0; /* it was never attached */
	/* Without "strict": netd may have seen the end before us, and that is what is wanted. */
	cli_path(&path, "/netd/v1/containers/", cli_str(container, "Id"), "");
	if (path.err < 0)
		return error_system(error, path.err, "detaching");
	return cli_call(cli, "DELETE", path.data, NULL, NULL, error);
}

/* The command goes on, and so does this process behind it, once netctl knows that all is well. */
_Noreturn static void stay_behind(struct launch *launch, const json_t *container)
{
	const char *told = launch->asked->told;
	int code = CLI_DONE;

	runs_keep(&launch->run);
	(void)printf("%s\n", told ? told : cli_str(container, "Id"));
	if (fflush(stdout) != 0) {
		code = CLI_FAILED;
		(void)error_system(&launch->error, -errno, "%s runs, but writing the output failed",
				   run_name(&launch->run));
		(void)cli_fail(&launch->error);
	}
	(void)tell(launch->asked->waits_at, code); /* netctl may have been killed */
	run_mind(&launch->run, launch->output[0], launch->pid, launch->asked->forgotten);
}

/* The command has been started. In the foreground we stay until it ends. The exit code of netctl.
 * Here the container is detached once the command has ended, so that its name is free again when
 * netctl returns. */
static int finish(struct cli *cli, struct launch *launch, const json_t *container,
		  const sigset_t *signals)
{
	int code;

	/* In the foreground the byte is not needed: the child also exits with it. */
	if (launch->asked->detached) {
		code = next_byte(launch); /* none: the exec closed the pipe */
		/* A byte is the code of a command that could not be started: it is waited for
		 * below like any other. */
		if (code < 0)
			stay_behind(launch, container);
		runs_undo(&launch->run);
	}
	code = wait_for(launch, signals);
	/* netd would notice the end by itself, a moment later; the caller may look at once. The
	 * command's status stays the exit code, whatever becomes of this. */
	if (detach(cli, launch, container, &launch->error) < 0)
		(void)cli_fail(&launch->error);
	return code;
}

/* A new one, or that of the first time. 0, or the error is set. */
static int put_id(const json_t *body, json_t *container, struct error *error)
{
	const char *before = cli_str(body, "Id");
	unsigned char random[ID_LEN / 2];
	char id[ID_LEN + 1];

	if (*before)
		return cli_set(container, "Id", json_string(before), error);
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return error_system(error, -errno, "choosing an id");
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(id + 2 * i, 3, "%02x", random[i]);
	return cli_set(container, "Id", json_string(id), error);
}

/* Files and host name of the container whose namespace it is, under an id of its own. */
static int share(struct launch *launch, json_t **ret_container)
{
	json_auto_t *container = json_copy(launch->host);
	int err = container ? put_id(launch->asked->body, container, &launch->error)
			    : error_system(&launch->error, -ENOMEM, "copying netd's answer");

	if (err == 0)
		*ret_container = take_ptr(container);
	return err;
}

/* *ret_container is netd's description of the container: its id, its addresses and its files, which
 * the child needs. */
static int attach(struct cli *cli, struct launch *launch, json_t *body, json_t **ret_container)
{
	int err;

	if (launch->host)
		return share(launch, ret_container);
	/* The pid is known only now. */
	err = cli_set(body, "Pid", json_integer(launch->pid), &launch->error);
	return err < 0 ? err
		       : cli_call(cli, "POST", "/netd/v1/containers", body, ret_container,
				  &launch->error);
}

/* Gives the child up, which then ends without having run anything. It returns CLI_RUN_FAILED
 * always. */
static int give_up(struct launch *launch)
{
	/* An empty text: the child has said it on stderr. */
	if (launch->error.text[0])
		(void)cli_fail(&launch->error);
	/* The end of the pipe without an answer tells it to go. */
	if (launch->pid > 0) {
		close_end(&launch->go[1]);
		(void)waitpid(launch->pid, NULL, 0);
	}
	return CLI_RUN_FAILED;
}

/* On the network host a command stays in the namespace that netctl is in. The body has its networks
 * by name. */
static bool wants_netns(json_t *body)
{
	return !*cli_str(body, MODE) && !json_object_get(json_object_get(body, "Networks"), "host");
}

/* The pipe's number; 0: the command is known without. */
static ino_t pipe_of(int fd)
{
	struct stat pipe;

	return fstat(fd, &pipe) == 0 ? pipe.st_ino : 0;
}

/* Before the command starts: who cannot be found again is not started. 0, or the error is set. */
static int note(struct launch *launch, const struct runs *runs, const json_t *container)
{
	const struct run_asked *asked = launch->asked;
	char directory[PATH_MAX];
	const ino_t output = pipe_of(launch->output[0]);
	const struct run_noted noted = {
		.name = cli_str(asked->body, "Name"),
		.id = cli_str(container, "Id"),
		.pid = launch->pid,
		.output = output,
		.argv = asked->argv,
		.environment = asked->environment ? asked->environment : environ,
		.directory = asked->directory ? asked->directory
					      : getcwd(directory, sizeof(directory)),
		.request = asked->body,
		/* With --rm it went, or is about to go, with the end of the first time. */
		.keeps_output = asked->again && !asked->forgotten,
		.forgotten = asked->forgotten,
	};

	if (!noted.directory)
		return error_system(&launch->error, -errno, "finding the directory");
	return runs_begin(runs, &noted, &launch->run, &launch->error);
}

/* A command that was detached from its networks goes on, and so may what one has started that has
 * ended. Were its name given to another, nobody
 * would find it any more. 0, or the error is set. */
static int require_free(const struct runs *runs, const json_t *body, struct error *error)
{
	const char *name = cli_str(body, "Name");
	struct run run = { 0 };
	int err = runs_find(runs, name, &run) ? run_require_ended(&run, error) : 0;

	run_done(&run);
	return err;
}

static int get(struct cli *cli, const char *name, json_t **ret_container, struct error *error)
{
	_cleanup_(buf_done) struct buf path = { 0 };

	cli_path(&path, "/containers/", name, "/json");
	if (path.err < 0)
		return error_system(error, path.err, "finding %s", name);
	return cli_call(cli, "GET", path.data, NULL, ret_container, error);
}

/* Whose namespace is shared, where one is. netd hears nothing of the command, so it is looked here
 * whether its name is a container's. 0, or the error is set. */
static int find_host(struct cli *cli, struct launch *launch)
{
	const char *name = cli_str(launch->asked->body, "Name");
	const char *mode = cli_str(launch->asked->body, MODE);
	struct error *error = &launch->error, missing;
	json_auto_t *other = NULL;
	int err;

	if (!*mode)
		return 0;
	mode += strlen("container:");
	err = get(cli, mode, &launch->host, error);
	if (err < 0) {
		error_prefix(error, "--network container:%s", mode);
		return err;
	}
	if (!*netns_of(launch->host))
		return error_set(error, ERROR_CONFLICT,
				 "--network container:%s: it has no network namespace to share",
				 mode);
	err = name_check("container", name, error);
	if (err == 0 && get(cli, name, &other, &missing) == 0 && run_end_is_meant(other, name))
		err = error_set(error, ERROR_CONFLICT,
				"the name %s is in use by another container: give another --name",
				name);
	return err;
}

/* What can be refused without a child is refused before there is one. 0, or the error is set. */
static int prepare(struct cli *cli, struct launch *launch, struct runs *ret_runs)
{
	int err = cli_require_local(cli, "run", &launch->error);

	if (err == 0 && launch->asked->detached) {
		err = runs_open(cli, ret_runs, &launch->error);
		if (err == 0)
			err = require_free(ret_runs, launch->asked->body, &launch->error);
	}
	if (err == 0)
		err = find_host(cli, launch);
	return err < 0 ? err : make_pipes(launch);
}

/* CLI_RUN_FAILED after a message, or the code of finish(). Every way out closes the pipes, and with
 * them ends a child that still waits. */
static int launch(struct cli *cli, const struct run_asked *asked)
{
	_cleanup_(launch_done) struct launch launch = {
		.asked = asked, .status = { -1, -1 }, .go = { -1, -1 }, .output = { -1, -1 }
	};
	json_auto_t *container = NULL;
	struct runs runs;
	sigset_t signals;

	/* The signals are held back before the fork, so that none is lost in between. */
	if (prepare(cli, &launch, &runs) < 0 || block_signals(&launch, &signals) < 0 ||
	    spawn(&launch, wants_netns(asked->body)) < 0 ||
	    attach(cli, &launch, asked->body, &container) < 0)
		return give_up(&launch);
	/* netd has attached a namespace that is about to go. */
	if ((asked->detached && note(&launch, &runs, container) < 0) ||
	    send_container(&launch, container) < 0) {
		struct error ignored;

		runs_undo(&launch.run);
		(void)detach(cli, &launch, container,
			     &ignored); /* the first failure is the one to tell */
		return give_up(&launch);
	}
	/* As long as this process has one of these, the output does not end. */
	close_end(&launch.output[1]);
	return finish(cli, &launch, container, &signals);
}

/* The exit code comes through a pipe: the process that has it stays. */
static int launch_detached(struct cli *cli, struct run_asked *asked)
{
	struct error error = { 0 };
	unsigned char code = CLI_RUN_FAILED;
	int waits[2];
	pid_t pid;

	if (pipe2(waits, O_CLOEXEC) < 0) {
		(void)error_system(&error, -errno, "making a pipe");
		(void)cli_fail(&error);
		return CLI_RUN_FAILED;
	}
	(void)fflush(stdout); /* nothing may be printed twice */
	pid = fork();
	if (pid == 0) {
		asked->waits_at = waits[1];
		(void)tell(waits[1], launch(cli, asked));
		/* Not exit(3): buffers and handlers are netctl's affair. */
		_exit(0);
	}
	(void)close(waits[1]);
	if (pid < 0) {
		(void)error_system(&error, -errno, "starting a process");
		(void)cli_fail(&error);
	} else if (whole_read(waits[0], &code, 1) < 0) {
		code = CLI_RUN_FAILED;
		(void)error_set(&error, ERROR_INTERNAL,
				"%s was not started, or is seen to by nobody: netctl's process for "
				"it, %d, was killed; `netctl ps` shows whether it runs",
				cli_str(asked->body, "Name"), (int)pid);
		(void)cli_fail(&error);
	}
	(void)close(waits[0]);
	return code;
}

int run_launch(struct cli *cli, struct run_asked *asked)
{
	return asked->detached ? launch_detached(cli, asked) : launch(cli, asked);
}

/* "run-1f3c5a7b". 0, or the error is set. Eight hexadecimal digits: two runs at the same time meet
 * by chance once in four thousand million. */
static int put_name(const struct args *args, json_t *body, struct error *error)
{
	const char *name = args_text(args, "name");
	char random_name[16];
	uint32_t random;

	if (name)
		return cli_set(body, "Name", json_string(name), error);
	/* netd refuses a name that is taken, so two runs that meet are told apart. */
	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return error_system(error, -errno, "choosing a name");
	(void)snprintf(random_name, sizeof(random_name), "run-%08x", random);
	return cli_set(body, "Name", json_string(random_name), error);
}

/* The request to netd, or what stands for one where a namespace is shared. 0, or the error is set.
 */
static int make_body(const struct args *args, json_t **ret_body, struct error *error)
{
	const char *host;
	int err = container_args_shared(args, &host, error);

	if (err < 0 || !host)
		return err < 0 ? err : container_args_body(args, ret_body, error);
	*ret_body = json_object();
	return cli_set(*ret_body, MODE, json_sprintf("container:%s", host), error);
}

/* A mistake of the command line gives 2, which docker's `run` does not have: it gives 125 there. */
static int run_run(struct cli *cli, const struct args *args)
{
	json_auto_t *body = NULL;
	struct error error = { 0 };
	struct run_asked asked = { .argv = args->operands,
				   .detached = args_switch(args, "detach"),
				   .forgotten = args_switch(args, "rm") };

	/* The body is complete before the fork, all but the pid: a mistake in the options costs no
	 * process. */
	if (make_body(args, &body, &error) < 0 || put_name(args, body, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (cli_require_local(cli, "run", &error) < 0 ||
	    container_args_check_links(cli, args, &error) < 0) {
		(void)cli_fail(&error);
		return CLI_RUN_FAILED;
	}
	asked.body = body;
	return run_launch(cli, &asked);
}

static const struct flag run_flags[] = {
	{ .name = "name", .value = "NAME", .help = "Name of the container; else a random one" },
	{ .name = "detach",
	  .letter = 'd',
	  .help = "Leave the command running and print the id; netctl logs has its output" },
	{ .name = "rm",
	  .help = "With -d: keep no output once it has ended; else nothing is kept anyway" },
	{ 0 },
};

const struct command command_run = {
	.path = "run",
	.operands = "-- COMMAND…",
	.summary = "Run a command in a new network namespace with names and networks",
	.example = "netctl run --network mynet --name web -- httpd -f",
	.detail = "There is no image: the command sees the host's files, and its own resolv.conf, "
		  "hosts and "
		  "hostname. With --network container:NAME it shares the network of another. Exits "
		  "with the status of the command; 125: netctl failed, 126: the "
		  "command "
		  "cannot be run, 127: it is not there.",
	.flags = { run_flags, container_args_flags },
	.min_operands = 1,
	.max_operands = OPERANDS_ANY,
	.takes_command = true,
	.noun = NOUN_COMMAND,
	.run = run_run,
};
