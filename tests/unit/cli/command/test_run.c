// SPDX-License-Identifier: GPL-2.0-or-later
// test_run.c - run and exec in real namespaces; what would be netd's part is a fake daemon's
#include "base/tree.h"
#include "tests/unit/cli/netctl_run.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The container's files, and netd's answer that names them. */
struct files {
	char dir[32];
	char answer[1024], info[256];
	struct fake_exchange exchanges[3]; /* where netd runs, attach and detach */
};

/* What of them a run in the foreground takes: it is noted nowhere. */
#define FOREGROUND(files) ((files).exchanges + 1)

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void make_files(struct files *files)
{
	(void)snprintf(files->dir, sizeof(files->dir), "/tmp/netd-run-XXXXXX");
	assert_non_null(mkdtemp(files->dir));
	write_file(files->dir, "resolv.conf", "nameserver 127.0.0.11\n");
	write_file(files->dir, "hosts", "10.0.0.2 web\n");
	write_file(files->dir, "hostname", "web\n");
	(void)snprintf(files->answer, sizeof(files->answer),
		       FAKE_JSON("201 Created",
				 "{\"Id\":\"id1\",\"Config\":{\"Hostname\":\"web\"},"
				 "\"ResolvConfPath\":\"%s/resolv.conf\",\"HostsPath\":\"%s/hosts\","
				 "\"HostnamePath\":\"%s/hostname\","
				 "\"NetworkSettings\":{\"SandboxKey\":\"/proc/self/ns/net\"}}"),
		       files->dir, files->dir, files->dir);
	(void)snprintf(files->info, sizeof(files->info), FAKE_JSON("200 OK", "{\"RunDir\":\"%s\"}"),
		       files->dir);
	files->exchanges[0] = (struct fake_exchange) { "GET /netd/v1/info HTTP", NULL, files->info,
						       0 };
	files->exchanges[1] = (struct fake_exchange) { "POST /netd/v1/containers HTTP",
						       "\"Pid\":", files->answer, 0 };
	files->exchanges[2] = (struct fake_exchange) { "DELETE /netd/v1/containers/id1 HTTP", NULL,
						       "HTTP/1.1 204 No Content\r\n\r\n", 0 };
}

static void remove_files(struct files *files)
{
	static const char *const names[] = { "resolv.conf", "hosts", "hostname", "out" };
	char path[64];

	for (int i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", files->dir, names[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/runs", files->dir);
	tree_remove(path);
	assert_int_equal(rmdir(files->dir), 0);
}

/* A foreground run that attaches and detaches. */
static void run(const char *line, struct netctl_result *ret_result)
{
	struct files files;

	make_files(&files);
	netctl_with(FOREGROUND(files), 2, line, ret_result);
	remove_files(&files);
}

static void slurp(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	(void)fclose(file);
}

static void command_sees_the_containers_files_and_the_host_keeps_its_own(void **state)
{
	static char before[65536], after[65536];
	struct netctl_result result;
	char host_name[65], still[65];

	(void)state;
	slurp("/etc/resolv.conf", before, sizeof(before));
	assert_int_equal(gethostname(host_name, sizeof(host_name)), 0);
	run("run --name web -- cat /etc/resolv.conf /etc/hosts", &result);
	assert_string_equal(result.err, "");
	assert_string_equal(result.out, "nameserver 127.0.0.11\n10.0.0.2 web\n");
	assert_int_equal(result.code, 0);
	run("run -- uname -n", &result);
	assert_string_equal(result.out, "web\n");
	slurp("/etc/resolv.conf", after, sizeof(after));
	assert_string_equal(before, after);
	assert_int_equal(gethostname(still, sizeof(still)), 0);
	assert_string_equal(host_name, still);
}

static void netns_is_new_with_its_loopback_up_unless_it_is_the_hosts(void **state)
{
	struct netctl_result result;
	char own[64] = "";

	(void)state;
	assert_true(readlink("/proc/self/ns/net", own, sizeof(own) - 2) > 0);
	strcat(own, "\n");
	run("run -- readlink /proc/self/ns/net", &result);
	assert_int_equal(result.code, 0);
	assert_string_not_equal(result.out, own);
	run("run --network host -- readlink /proc/self/ns/net", &result);
	assert_string_equal(result.out, own);
	run("run --network none -- cat /proc/net/route /proc/net/if_inet6", &result);
	assert_non_null(strstr(result.out, "00000000000000000000000000000001"));
}

static void status_is_that_of_the_command(void **state)
{
	struct netctl_result result;

	(void)state;
	run("run -- sh -c exit~37", &result);
	assert_int_equal(result.code, 37);
	run("run -- sh -c kill~-9~$$", &result);
	assert_int_equal(result.code, 137);
	run("run -- /no/such/program", &result);
	assert_int_equal(result.code, 127);
	assert_string_equal(result.err, "netctl: /no/such/program: No such file or directory\n");
	run("run -- /etc/passwd", &result);
	assert_int_equal(result.code, 126);
}

static void detached_command_that_cannot_be_started_leaves_no_record(void **state)
{
	struct netctl_result result;
	struct files files;
	char path[64];

	(void)state;
	make_files(&files);
	netctl_with(files.exchanges, 3, "run -d --name web -- /no/such/program", &result);
	assert_int_equal(result.code, 127);
	assert_string_equal(result.out, "");
	assert_string_equal(result.err, "netctl: /no/such/program: No such file or directory\n");
	(void)snprintf(path, sizeof(path), "%s/runs/web", files.dir);
	assert_int_equal(access(path, F_OK), -1);
	remove_files(&files);
}

static void refused_attach_runs_nothing(void **state)
{
	const struct fake_exchange exchange = {
		"POST /netd/v1/containers HTTP", "\"Name\":\"run-",
		FAKE_JSON("404 Not Found", "{\"message\":\"network x not found\"}"), 0
	};
	struct netctl_result result;

	(void)state;
	netctl_with(&exchange, 1, "run --network x -- echo never", &result);
	assert_int_equal(result.code, 125);
	assert_string_equal(result.out, "");
	assert_string_equal(result.err, "netctl: network x not found\n");
}

/* Waits until a file has something in it; at most five seconds. */
static void await_file(const char *path, char *text, size_t size)
{
	text[0] = '\0';
	for (int i = 0; i < 500 && !*text; i++) {
		(void)usleep(10000);
		if (access(path, R_OK) == 0)
			slurp(path, text, size);
	}
}

static void detached_command_goes_on_in_a_session_of_its_own(void **state)
{
	struct netctl_result result;
	struct files files;
	char line[256], path[64], text[256];
	int pid, session;

	(void)state;
	make_files(&files);
	(void)snprintf(path, sizeof(path), "%s/out", files.dir);
	/* Field 6 of stat is the session; exec keeps the pid. */
	(void)snprintf(line, sizeof(line),
		       "run -d -- sh -c sleep~0.2;cut~-d'~'~-f1,6~/proc/self/stat>%s", path);
	netctl_with(files.exchanges, 2, line, &result);
	assert_int_equal(result.code, 0);
	assert_string_equal(result.out, "id1\n");
	await_file(path, text, sizeof(text));
	assert_int_equal(sscanf(text, "%d %d", &pid, &session), 2);
	assert_int_not_equal(session, getsid(0));
	remove_files(&files);
}

/* Waits until the end of "web" is noted. */
static void await_end(const struct files *files, char *text, size_t size)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/runs/web/record", files->dir);
	for (int i = 0; i < 3000; i++) {
		await_file(path, text, size);
		if (strstr(text, "\"Ended\""))
			return;
		(void)usleep(10000);
	}
	fail_msg("no end is noted: %s", text);
}

static void what_a_detached_command_writes_is_kept_with_how_it_ended(void **state)
{
	struct netctl_result result;
	struct files files;
	char path[64], text[1024];

	(void)state;
	make_files(&files);
	netctl_with(files.exchanges, 2, "run -d --name web -- sh -c echo~out;echo~err>&2;exit~3",
		    &result);
	assert_int_equal(result.code, 0);
	await_end(&files, text, sizeof(text));
	assert_non_null(strstr(text, "\"Status\":3"));
	(void)snprintf(path, sizeof(path), "%s/runs/web/output", files.dir);
	slurp(path, text, sizeof(text));
	assert_string_equal(text, "out\nerr\n");
	remove_files(&files);
}

#define NOBODY FAKE_JSON("404 Not Found", "{\"message\":\"No such container: web\"}")

static void put_script(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	(void)fprintf(file, "#!/bin/sh\n%s\n", text);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0700), 0);
}

static void restart_of_a_program_that_is_gone_keeps_what_was_there(void **state)
{
	struct fake_exchange exchanges[5];
	struct netctl_result result;
	struct files files;
	char line[96], program[64], path[64], text[1024];

	(void)state;
	make_files(&files);
	(void)snprintf(program, sizeof(program), "%s/out", files.dir);
	put_script(program, "echo first; exit 3");
	(void)snprintf(line, sizeof(line), "run -d --name web -- %s", program);
	netctl_with(files.exchanges, 2, line, &result);
	await_end(&files, text, sizeof(text));
	assert_int_equal(unlink(program), 0);
	exchanges[0] = files.exchanges[0];
	exchanges[1] = (struct fake_exchange) { "GET /containers/web/json HTTP", NULL, NOBODY, 0 };
	for (int i = 0; i < 3; i++)
		exchanges[2 + i] = files.exchanges[i];
	netctl_with(exchanges, 5, "restart web", &result);
	assert_int_equal(result.code, 1);
	assert_non_null(strstr(result.err, "No such file or directory"));
	netctl_with(exchanges, 2, "logs web", &result);
	assert_string_equal(result.out, "first\n");
	/* And so does another one of that name. */
	netctl_with(files.exchanges, 3, line, &result);
	assert_int_equal(result.code, 127);
	netctl_with(exchanges, 2, "kill web", &result);
	assert_non_null(strstr(result.err, "web ended with status 3 already"));
	/* When it is there again it goes on. */
	put_script(program, "echo second");
	netctl_with(exchanges, 4, "restart web", &result);
	assert_string_equal(result.err, "");
	(void)snprintf(path, sizeof(path), "%s/runs/web/output", files.dir);
	for (int i = 0; i < 3000 && !strstr(text, "second"); i++) {
		(void)usleep(10000);
		slurp(path, text, sizeof(text));
	}
	assert_string_equal(text, "first\nsecond\n");
	remove_files(&files);
}

/* Without those that have ended and wait to be asked about. */
static int n_in_session(int session)
{
	char line[64], text[16] = "";
	FILE *ps;

	(void)snprintf(line, sizeof(line), "ps -o stat= -s %d | grep -vc '^Z'", session);
	ps = popen(line, "r");
	assert_non_null(ps);
	assert_non_null(fgets(text, sizeof(text), ps));
	(void)pclose(ps);
	return atoi(text);
}

static void what_is_left_of_an_ended_command_is_stopped_and_keeps_the_name(void **state)
{
	/* Three of them: one that writes on, one that does not, and one that is born later. */
	static const char line[] =
		"run -d --rm --name web -- sh -c sleep~60&~sleep~60~>/dev/null~2>&1&~"
		"(sleep~0.1;sleep~60)&~echo~$$>%s/out";
	struct fake_exchange exchanges[3];
	struct netctl_result result;
	struct files files;
	char words[256], path[64], text[1024];
	int pid;

	(void)state;
	make_files(&files);
	(void)snprintf(words, sizeof(words), line, files.dir);
	netctl_with(files.exchanges, 2, words, &result);
	assert_int_equal(result.code, 0);
	(void)snprintf(path, sizeof(path), "%s/out", files.dir);
	await_file(path, text, sizeof(text));
	pid = atoi(text);
	await_end(&files, text, sizeof(text));
	assert_true(n_in_session(pid) > 0);
	netctl_with(files.exchanges, 1, "run -d --name web -- true", &result);
	assert_int_equal(result.code, 125);
	assert_string_equal(result.err, "netctl: what was started by the command of web still "
					"runs: end it with `netctl stop web`\n");
	exchanges[0] = files.exchanges[0];
	exchanges[1] = (struct fake_exchange) { "GET /containers/web/json HTTP", NULL, NOBODY, 0 };
	exchanges[2] = files.exchanges[2];
	netctl_with(exchanges, 3, "stop web", &result);
	assert_string_equal(result.err, "");
	assert_int_equal(n_in_session(pid), 0);
	/* It was started with --rm. */
	(void)snprintf(path, sizeof(path), "%s/runs/web", files.dir);
	assert_int_equal(access(path, F_OK), -1);
	remove_files(&files);
}

static void a_session_of_the_same_number_is_not_taken_for_what_is_left(void **state)
{
	struct fake_exchange exchanges[2];
	struct netctl_result result;
	struct files files;
	char path[64], text[256];
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setsid();
		(void)sleep(60);
		_exit(0);
	}
	make_files(&files);
	(void)snprintf(path, sizeof(path), "%s/runs", files.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/runs/web", files.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	/* As of a command that ended in the boot's first second. */
	(void)snprintf(text, sizeof(text),
		       "{\"Id\":\"id1\",\"Name\":\"web\",\"Pid\":%d,\"StartTime\":1,\"Pipe\":1,"
		       "\"Ended\":{\"At\":1,\"LedUntil\":1}}",
		       pid);
	write_file(path, "record", text);
	exchanges[0] = files.exchanges[0];
	exchanges[1] = (struct fake_exchange) { "GET /containers/web/json HTTP", NULL, NOBODY, 0 };
	netctl_with(exchanges, 2, "stop web", &result);
	assert_string_equal(result.out, "web\n");
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	remove_files(&files);
}

static void a_record_that_cannot_be_removed_is_in_nobodys_way(void **state)
{
	struct netctl_result result;
	struct files files;
	char path[64], text[1024];

	(void)state;
	make_files(&files);
	(void)snprintf(path, sizeof(path), "%s/runs", files.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	for (int i = 1; i <= 40; i++) {
		(void)snprintf(path, sizeof(path), "%s/runs/old-%d", files.dir, i);
		assert_int_equal(mkdir(path, 0700), 0);
		(void)snprintf(text, sizeof(text),
			       "{\"Id\":\"id%d\",\"Name\":\"old-%d\",\"Ended\":{\"At\":%d}}", i, i,
			       i);
		write_file(path, "record", text);
	}
	/* Of the oldest: a file system is mounted over it. */
	(void)snprintf(path, sizeof(path), "%s/runs/old-1/record", files.dir);
	assert_int_equal(mount(path, path, NULL, MS_BIND, NULL), 0);
	netctl_with(files.exchanges, 2, "run -d --name web -- true", &result);
	assert_int_equal(result.code, 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(umount(path), 0);
	(void)snprintf(path, sizeof(path), "%s/runs/old-8", files.dir);
	assert_int_equal(access(path, F_OK), -1);
	(void)snprintf(path, sizeof(path), "%s/runs/old-9", files.dir);
	assert_int_equal(access(path, F_OK), 0);
	await_end(&files, text, sizeof(text));
	remove_files(&files);
}

/* What netd knows by the beginning of its id alone. */
#define OTHER                                                                                      \
	FAKE_JSON("200 OK", "{\"Id\":\"db7e3c1f9a0b4c5d8e7f6a5b4c3d2e1f\",\"Name\":\"/other\"}")

static void a_name_comes_before_the_beginning_of_another_containers_id(void **state)
{
	struct fake_exchange exchanges[2];
	struct netctl_result result;
	struct files files;
	char path[64];

	(void)state;
	make_files(&files);
	(void)snprintf(path, sizeof(path), "%s/runs", files.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/runs/db", files.dir);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(path, "record",
		   "{\"Id\":\"id1\",\"Name\":\"db\",\"Pid\":0,\"Ended\":{\"Status\":4}}");
	exchanges[0] = files.exchanges[0];
	exchanges[1] = (struct fake_exchange) { "GET /containers/db/json HTTP", NULL, OTHER, 0 };
	netctl_with(exchanges, 2, "kill db", &result);
	assert_int_equal(result.code, 1);
	assert_non_null(strstr(result.err, "db ended with status 4 already"));
	/* It may begin more than one. */
	exchanges[1].reply = FAKE_JSON("400 Bad Request",
				       "{\"message\":\"Multiple IDs found with provided prefix: "
				       "db\"}");
	netctl_with(exchanges, 2, "kill db", &result);
	assert_non_null(strstr(result.err, "db ended with status 4 already"));
	remove_files(&files);
}

static void a_name_that_begins_another_containers_id_is_free(void **state)
{
	struct fake_exchange exchanges[] = {
		{ "GET /containers/web/json HTTP", NULL, NULL, 0 },
		{ "GET /containers/db/json HTTP", NULL, OTHER, 0 },
	};
	struct netctl_result result;
	struct files files;

	(void)state;
	make_files(&files);
	exchanges[0].reply = files.answer;
	netctl_with(exchanges, 2, "run --name db --network container:web -- echo shared", &result);
	assert_string_equal(result.err, "");
	assert_string_equal(result.out, "shared\n");
	remove_files(&files);
}

/* netctl as a process of its own that can be sent signals. */
static pid_t start_netctl(const char *host, const char *line)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct netctl_result result;

		(void)setpgid(0, 0); /* so that netctl's parent is not in the way of anything */
		netctl_run(host, line, NULL, &result);
		_exit(result.code);
	}
	return pid;
}

/* The only child of a process. */
static pid_t child_of(pid_t pid)
{
	char path[64], text[64] = "";

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	slurp(path, text, sizeof(text));
	return atoi(text);
}

static void signals_are_passed_on_to_the_command(void **state)
{
	struct fake_daemon daemon;
	struct files files;
	char line[256], path[64], text[64];
	pid_t pid;
	int status;

	(void)state;
	make_files(&files);
	(void)snprintf(path, sizeof(path), "%s/out", files.dir);
	(void)snprintf(line, sizeof(line),
		       "run -- sh -c trap~'exit~41'~TERM;echo~ready>%s;while~:;do~sleep~0.05;done",
		       path);
	fake_daemon_start(&daemon, FOREGROUND(files), 2);
	pid = start_netctl(daemon.host, line);
	await_file(path, text, sizeof(text));
	assert_string_equal(text, "ready\n");
	assert_int_equal(kill(child_of(pid), SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 41);
	assert_int_equal(fake_daemon_end(&daemon), 0); /* it was detached, too */
	remove_files(&files);
}

static void a_launch_that_is_killed_is_told_of(void **state)
{
	/* netd does not answer. */
	struct fake_exchange exchanges[3];
	struct fake_daemon daemon;
	struct netctl_result result;
	struct files files;
	int words[2];
	pid_t pid, launching = 0;

	(void)state;
	make_files(&files);
	memcpy(exchanges, files.exchanges, sizeof(exchanges));
	exchanges[1].reply = "";
	fake_daemon_start(&daemon, exchanges, 3);
	assert_int_equal(pipe(words), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		netctl_run(daemon.host, "run -d --name web -- sleep 60", NULL, &result);
		_exit(result.code == 125 && write(words[1], result.err, sizeof(result.err)) > 0
			      ? 0
			      : 1);
	}
	/* netctl, its process that stays, and the command to be. */
	for (int i = 0; i < 3000 && (launching = child_of(pid)) <= 0; i++)
		(void)usleep(10000);
	for (int i = 0; i < 3000 && child_of(launching) <= 0; i++)
		(void)usleep(10000);
	launching = child_of(launching);
	for (int i = 0; i < 3000 && child_of(launching) <= 0; i++)
		(void)usleep(10000);
	assert_true(launching > 0);
	assert_int_equal(kill(launching, SIGKILL), 0);
	assert_int_equal(read(words[0], result.err, sizeof(result.err)), sizeof(result.err));
	assert_non_null(strstr(result.err, "netctl: web was not started, or is seen to by nobody"));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(kill(daemon.pid, SIGKILL), 0);
	assert_int_equal(fake_daemon_end(&daemon), -1);
	(void)close(words[0]);
	(void)close(words[1]);
	remove_files(&files);
}

static void exec_becomes_the_command_inside(void **state)
{
	struct fake_exchange exchange = { "GET /containers/web/json HTTP", NULL, NULL, 0 };
	struct netctl_result result;
	struct files files;

	(void)state;
	make_files(&files);
	exchange.reply = files.answer;
	netctl_with(&exchange, 1, "exec web -- sh -c uname~-n;cat~/etc/hosts;exit~3", &result);
	assert_string_equal(result.err, "");
	assert_string_equal(result.out, "web\n10.0.0.2 web\n");
	assert_int_equal(result.code, 3);
	netctl_with(&exchange, 1, "exec web /no/such/program", &result);
	assert_int_equal(result.code, 127);
	remove_files(&files);
	/* Now the container's files are gone. */
	netctl_with(&exchange, 1, "exec web -- echo never", &result);
	assert_int_equal(result.code, 125);
	assert_string_equal(result.out, "");
	exchange.reply = FAKE_JSON("404 Not Found", "{\"message\":\"No such container: web\"}");
	netctl_with(&exchange, 1, "exec web -- echo never", &result);
	assert_int_equal(result.code, 125);
	assert_string_equal(result.err, "netctl: No such container: web\n");
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		perror(path);
		exit(1);
	}
	(void)close(fd);
}

/* Root of a user namespace of our own is root enough; the machine's root is never needed. */
static void become_root(void)
{
	char map[32];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid == 0)
		return;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) { /* exec enters only a netns it owns */
		perror("unshare");
		exit(1);
	}
	put("/proc/self/setgroups", "deny");
	(void)snprintf(map, sizeof(map), "0 %u 1", uid);
	put("/proc/self/uid_map", map);
	(void)snprintf(map, sizeof(map), "0 %u 1", gid);
	put("/proc/self/gid_map", map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_sees_the_containers_files_and_the_host_keeps_its_own),
		cmocka_unit_test(netns_is_new_with_its_loopback_up_unless_it_is_the_hosts),
		cmocka_unit_test(status_is_that_of_the_command),
		cmocka_unit_test(refused_attach_runs_nothing),
		cmocka_unit_test(detached_command_goes_on_in_a_session_of_its_own),
		cmocka_unit_test(detached_command_that_cannot_be_started_leaves_no_record),
		cmocka_unit_test(what_a_detached_command_writes_is_kept_with_how_it_ended),
		cmocka_unit_test(restart_of_a_program_that_is_gone_keeps_what_was_there),
		cmocka_unit_test(what_is_left_of_an_ended_command_is_stopped_and_keeps_the_name),
		cmocka_unit_test(a_session_of_the_same_number_is_not_taken_for_what_is_left),
		cmocka_unit_test(a_record_that_cannot_be_removed_is_in_nobodys_way),
		cmocka_unit_test(a_launch_that_is_killed_is_told_of),
		cmocka_unit_test(a_name_comes_before_the_beginning_of_another_containers_id),
		cmocka_unit_test(a_name_that_begins_another_containers_id_is_free),
		cmocka_unit_test(signals_are_passed_on_to_the_command),
		cmocka_unit_test(exec_becomes_the_command_inside),
	};

	become_root();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
