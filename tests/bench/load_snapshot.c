// SPDX-License-Identifier: GPL-2.0-or-later
// load_snapshot.c - how long netd's loop is held while snapshots are gathered and read, or anything
// else is asked
//
// usage: load_snapshot SOCKET PID N [COMMAND…]
//
// Attaches N containers to the host's network, of process PID; then asks for a sign of life again
// and again, first with nothing else, then while somebody takes one snapshot after the other, or
// runs the command.
#include "bench_api.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#define PINGS_MAX 200000
#define PING_US 3e6 /* for so long */
#define SNAPSHOTS_MAX 1000

/* Of one snapshot, by what it says of itself and how long it took to come. */
struct figures {
	double longest_us[SNAPSHOTS_MAX], took_us[SNAPSHOTS_MAX], bytes;
	size_t n, n_turns;
};

static void attach(long pid, int n)
{
	char body[256];

	for (int i = 0; i < n; i++) {
		(void)snprintf(body, sizeof(body),
			       "{\"Name\":\"bench%d\",\"Pid\":%ld,\"Networks\":{\"host\":{}}}", i,
			       pid);
		(void)bench_api_call("POST", "/netd/v1/containers", body, 201);
	}
}

static double number_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtod(at + strlen(key), NULL) : 0;
}

/* The reply comes in chunks; the last one is empty. */
static void take_snapshot(struct figures *figures, char *text, size_t size)
{
	static const char ask[] = "GET /netd/v1/snapshot HTTP/1.1\r\nHost: netd\r\n\r\n";
	double start = bench_now_us();
	size_t len = 0;

	bench_api_send(ask, sizeof(ask) - 1);
	while (len < 5 || memcmp(text + len - 5, "0\r\n\r\n", 5) != 0) {
		ssize_t n = read(bench_api_sock, text + len, size - 1 - len);

		if (n <= 0)
			bench_die("read");
		len += (size_t)n;
	}
	text[len] = '\0';
	figures->took_us[figures->n] = bench_now_us() - start;
	figures->longest_us[figures->n++] = number_of(text, "\"LongestTurnMilliseconds\":") * 1e3;
	figures->n_turns += (size_t)number_of(text, "\"Turns\":");
	figures->bytes = (double)len;
}

static volatile sig_atomic_t stop;

static void on_stop(int signal)
{
	(void)signal;
	stop = 1;
}

static void observe(const char *sock)
{
	static struct figures figures;
	size_t size = 64 << 20;
	char *text = bench_alloc(1, size);

	bench_api_connect(sock);
	(void)signal(SIGTERM, on_stop);
	while (!stop && figures.n < SNAPSHOTS_MAX)
		take_snapshot(&figures, text, size);
	printf("\"snapshots\": %zu, \"bytes\": %.0f, \"turns\": %.1f, ", figures.n, figures.bytes,
	       (double)figures.n_turns / (double)figures.n);
	bench_print("took", figures.took_us, figures.n);
	printf(", ");
	bench_print("longest_turn", figures.longest_us, figures.n);
	printf("}\n");
	exit(0);
}

/* Its output is nobody's. */
static void run_once(char *const command[])
{
	pid_t pid = fork();
	int null;

	if (pid == 0) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		(void)dup2(null, STDOUT_FILENO);
		execv(command[0], command);
		_exit(127);
	}
	(void)waitpid(pid, NULL, 0);
}

static void run_again_and_again(char *const command[])
{
	size_t n = 0;

	(void)signal(SIGTERM, on_stop);
	for (; !stop; n++)
		run_once(command);
	printf("\"runs\": %zu}\n", n);
	exit(0);
}

static void ping(const char *name, double *times)
{
	double until = bench_now_us() + PING_US, longest = 0;
	size_t n = 0;

	while (n < PINGS_MAX && bench_now_us() < until) {
		times[n] = bench_api_call("GET", "/_ping", "", 200);
		longest = times[n] > longest ? times[n] : longest;
		n++;
	}
	bench_print(name, times, n);
	printf(", \"%s_longest_us\": %.1f, ", name, longest);
	fflush(stdout);
}

/* What waits for a processor measures nothing but that; its child is as any other. */
static void go_first(void)
{
	const struct sched_param first = { .sched_priority = 1 };

	(void)sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first); /* or it scatters */
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	double *times = bench_alloc(PINGS_MAX, sizeof(*times));
	int n = bench_number(argc, argv, 3, 4096);

	bench_api_connect(argv[1]);
	attach(strtol(argv[2], NULL, 10), n);
	printf("{\"n\": %d, ", n);
	go_first();
	ping("quiet", times);
	pid_t observer = fork();

	if (observer == 0 && argc > 4)
		run_again_and_again(argv + 4);
	if (observer == 0)
		observe(argv[1]);
	ping("ping", times);
	(void)kill(observer, SIGTERM);
	(void)waitpid(observer, NULL, 0);
	return 0;
}
