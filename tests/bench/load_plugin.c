// SPDX-License-Identifier: GPL-2.0-or-later
// load_plugin.c - what a plugin's process costs beside the same work asked for over the API
//
// usage: load_plugin cni|oci PROGRAM SOCKET PREFIX DIRECTORY N
//
// Attaches 2N containers whose namespaces are PREFIX1 … PREFIX2N, in turns through the API and
// through PROGRAM, and takes them away in the same way. One container has one port, as in load_api.
// DIRECTORY is for the bundles of oci.
#include "bench_api.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define TEXT_MAX 2048

struct load {
	const char *program, *sock, *prefix, *dir;
	bool oci;
	pid_t holder; /* of the mount namespace that the files are mounted in */
};

/* Wall and CPU (user and system) of what was run, in microseconds. */
struct cost {
	double wall, cpu;
};

struct command {
	const char *argv[3];
	char *env[8];
	char env_text[8][512];
	size_t n_env;
	char input[TEXT_MAX];
};

static void add_env(struct command *command, const char *key, const char *value)
{
	char *text = command->env_text[command->n_env];

	(void)snprintf(text, sizeof(command->env_text[0]), "%s=%s", key, value);
	command->env[command->n_env++] = text;
}

static double cpu_of(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6 +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

/* The input is a file, as good as a pipe for a reader and without a writer to wait for. */
static struct cost run(const struct command *command)
{
	static int input = -1;
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	struct cost cost;
	double start;
	pid_t pid;
	int status;

	if (input < 0)
		input = memfd_create("input", 0);
	if (ftruncate(input, 0) < 0 ||
	    pwrite(input, command->input, strlen(command->input), 0) < 0 ||
	    lseek(input, 0, SEEK_SET) < 0 || posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, input, 0) != 0 ||
	    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) != 0)
		bench_die("input");
	start = bench_now_us();
	errno = posix_spawn(&pid, command->argv[0], &actions, NULL, (char *const *)command->argv,
			    command->env);
	if (errno != 0 || wait4(pid, &status, 0, &usage) < 0)
		bench_die(command->argv[0]);
	cost = (struct cost) { .wall = bench_now_us() - start, .cpu = cpu_of(&usage) };
	if (status != 0) {
		fprintf(stderr, "%s failed, given %s\n", command->argv[0], command->input);
		exit(1);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return cost;
}

/* --- what is run ------------------------------------------------------------------------------ */

static void cni(const struct load *load, int i, bool attach, struct command *command)
{
	char name[32], netns[256], host[256];

	*command = (struct command) { .argv = { load->program } };
	(void)snprintf(name, sizeof(name), "bench%d", i);
	(void)snprintf(netns, sizeof(netns), "%s%d", load->prefix, i);
	(void)snprintf(host, sizeof(host), "unix://%s", load->sock);
	add_env(command, "CNI_COMMAND", attach ? "ADD" : "DEL");
	add_env(command, "CNI_CONTAINERID", name);
	add_env(command, "CNI_NETNS", netns);
	add_env(command, "CNI_IFNAME", "eth0");
	add_env(command, "CNI_PATH", "/opt/cni/bin");
	add_env(command, "NETD_HOST", host);
	(void)snprintf(command->input, sizeof(command->input),
		       "{\"cniVersion\": \"1.0.0\", \"name\": \"bench\", \"type\": \"netd-cni\", "
		       "\"runtimeConfig\": {\"portMappings\": [{\"hostPort\": %d, "
		       "\"containerPort\": 80, \"protocol\": \"tcp\", \"hostIP\": \"0.0.0.0\"}]}}",
		       10000 + i);
}

static void oci(const struct load *load, int i, bool attach, struct command *command)
{
	char host[256];

	*command = (struct command) { .argv = { load->program,
						attach ? "createRuntime" : "poststop" } };
	(void)snprintf(host, sizeof(host), "unix://%s", load->sock);
	add_env(command, "NETD_HOST", host);
	(void)snprintf(
		command->input, sizeof(command->input),
		"{\"ociVersion\": \"1.0.2\", \"id\": \"bench%d\", \"status\": \"%s\", \"pid\": "
		"%d, \"bundle\": \"%s/%d\", \"annotations\": {\"netd.network\": \"bench\", "
		"\"netd.ports\": \"%d:80\"}}",
		i, attach ? "creating" : "stopped", attach ? (int)load->holder : 0, load->dir, i,
		10000 + i);
}

static void make_bundle(const struct load *load, int i)
{
	static const char *const dirs[] = { "", "/rootfs", "/rootfs/etc" };
	static const char *const files[] = { "resolv.conf", "hosts", "hostname" };
	char path[512];
	FILE *file;

	for (size_t n = 0; n < 3; n++) {
		(void)snprintf(path, sizeof(path), "%s/%d%s", load->dir, i, dirs[n]);
		if (mkdir(path, 0755) < 0)
			bench_die(path);
	}
	for (size_t n = 0; n < 3; n++) {
		(void)snprintf(path, sizeof(path), "%s/%d/rootfs/etc/%s", load->dir, i, files[n]);
		if (mknod(path, S_IFREG | 0644, 0) < 0)
			bench_die(path);
	}
	(void)snprintf(path, sizeof(path), "%s/%d/config.json", load->dir, i);
	file = fopen(path, "we");
	if (!file ||
	    fprintf(file,
		    "{\"ociVersion\": \"1.0.2\", \"root\": {\"path\": \"rootfs\"}, \"hostname\": "
		    "\"bench%d\", \"linux\": {\"namespaces\": [{\"type\": \"mount\"}, {\"type\": "
		    "\"network\", \"path\": \"%s%d\"}]}}",
		    i, load->prefix, i) < 0 ||
	    fclose(file) != 0)
		bench_die(path);
}

/* A process with a mount namespace of its own, as a container's is when the hook runs. */
static pid_t hold_mounts(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) < 0 || (pid = fork()) < 0)
		bench_die("fork");
	if (pid == 0) {
		(void)close(ready[0]);
		if (unshare(CLONE_NEWNS) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		bench_die("unshare");
	(void)close(ready[0]);
	return pid;
}

/* --- how it compares -------------------------------------------------------------------------- */

static double api(const struct load *load, int i, bool attach)
{
	char path[64], body[TEXT_MAX];

	(void)snprintf(path, sizeof(path), "/netd/v1/containers/bench%d", i);
	if (!attach)
		return bench_api_call("DELETE", path, "", 204);
	(void)snprintf(
		body, sizeof(body),
		"{\"Name\":\"bench%d\",\"NetnsPath\":\"%s%d\",\"Networks\":{\"bench\":{}},"
		"\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"%d\"}]}}",
		i, load->prefix, i, 10000 + i);
	return bench_api_call("POST", "/netd/v1/containers", body, 201);
}

static void compare(const struct load *load, const char *name, int n, bool attach)
{
	double *direct = bench_alloc((size_t)n, sizeof(*direct));
	double *wall = bench_alloc((size_t)n, sizeof(*wall));
	double *cpu = bench_alloc((size_t)n, sizeof(*cpu));

	for (int i = 0; i < n; i++) {
		struct command command;
		struct cost cost;

		(load->oci ? oci : cni)(load, 2 * i + 2, attach, &command);
		direct[i] = api(load, 2 * i + 1, attach);
		cost = run(&command);
		wall[i] = cost.wall;
		cpu[i] = cost.cpu;
	}
	printf("\"api_%s_us\": %.1f, \"%s_us\": %.1f, \"%s_cpu_us\": %.1f, \"%s_cpu_best_us\": "
	       "%.1f, ",
	       name, bench_median(direct, (size_t)n), name, bench_median(wall, (size_t)n), name,
	       bench_median(cpu, (size_t)n), name, cpu[0]);
}

/* What no program of that kind can go below. */
static void floor_of_exec(int n)
{
	const struct command command = { .argv = { "/bin/true" } };
	double *wall = bench_alloc((size_t)n, sizeof(*wall));
	double *cpu = bench_alloc((size_t)n, sizeof(*cpu));

	for (int i = 0; i < n; i++) {
		struct cost cost = run(&command);

		wall[i] = cost.wall;
		cpu[i] = cost.cpu;
	}
	printf("\"exec_us\": %.1f, \"exec_cpu_us\": %.1f}\n", bench_median(wall, (size_t)n),
	       bench_median(cpu, (size_t)n));
}

int main(int argc, char **argv)
{
	int n = bench_number(argc, argv, 6, 100);
	struct load load;

	if (argc < 7)
		return 2;
	load = (struct load) { .oci = strcmp(argv[1], "oci") == 0,
			       .program = argv[2],
			       .sock = argv[3],
			       .prefix = argv[4],
			       .dir = argv[5] };
	bench_api_connect(load.sock);
	if (load.oci) {
		load.holder = hold_mounts();
		for (int i = 0; i < n; i++)
			make_bundle(&load, 2 * i + 2);
	}
	printf("{\"n\": %d, ", n);
	compare(&load, "attach", n, true);
	compare(&load, "detach", n, false);
	floor_of_exec(n);
	if (load.oci && (kill(load.holder, SIGKILL) < 0 || waitpid(load.holder, NULL, 0) < 0))
		bench_die("kill");
	return 0;
}
