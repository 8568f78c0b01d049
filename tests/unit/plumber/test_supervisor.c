// SPDX-License-Identifier: GPL-2.0-or-later
// test_supervisor.c - a second role, a parrot: this program is its plumber, and runs it as itself
#include "plumber/supervisor.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "ipc/calls.h"
#include "ipc/chan.h"
#include "role/run.h"
#include "role/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What the sanitizer keeps notes in is most of the addresses that there are. */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_BYTES (UINT64_C(1) << 46)
#else
#define MEMORY_BYTES (UINT64_C(1) << 30)
#endif

/* All that a role is to the plumber. */
static const struct role parrot = {
	.name = "parrot",
	.option = "--parrot",
	.process = "netd-parrot",
	.comm = "(netd-parrot)",
	.version = 2,
	.version_oldest = 1,
	.limits = { .n_fds = 32, .memory_bytes = MEMORY_BYTES },
	.restart = { .at_once = 2,
		     .min_s = 0.2,
		     .max_s = 0.4,
		     .failed_max_s = 0.4,
		     .stable_s = 60. },
};

/* What the two agree on. */
enum {
	SAY = 1, /* of the parrot: the text, and a word that it asks for */
	COUNT,	 /* of the parrot: how often it has said something, a byte */
	OPEN,	 /* of the parrot: something that is not on its list of system calls */
	WORD,	 /* of the plumber */
};

#define TEXT_MAX 64
#define PATIENCE_MS 10000

static uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void send_call(int channel, enum ipc_type type, const struct ipc_call *call)
{
	uint8_t space[256];
	struct wire wire = wire_writer(space, sizeof(space));

	ipc_put_call(&wire, type, call);
	(void)chan_send(channel, wire.data, wire.pos, NULL, 0); /* or the other end is gone */
}

/* --- the parrot ------------------------------------------------------------------------------- */

static struct {
	int plumber; /* -1: none */
	uint8_t n_said;
	struct ipc_calls calls;
	uint32_t asked; /* id of the SAY that waits for its word */
	char text[TEXT_MAX];
} its = { .plumber = -1 };

static int parrot_build(uid_t trusted, struct error *error)
{
	(void)trusted, (void)error;
	ipc_calls_init(&its.calls, 8);
	return 0;
}

static const int parrot_calls[] = { SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(fcntl) };
static const struct seal parrot_seal = { .allowed = parrot_calls,
					 .n_allowed = ARRAY_SIZE(parrot_calls) };

static void on_word(int status, const uint8_t *word, size_t len, void *data)
{
	char said[2 * TEXT_MAX];
	struct ipc_call reply = { .id = its.asked, .what = (uint16_t)-status };

	(void)data;
	if (status == 0) {
		its.n_said++;
		reply.len = (uint16_t)snprintf(said, sizeof(said), "%s %.*s", its.text, (int)len,
					       (const char *)word);
		reply.body = (const uint8_t *)said;
	}
	send_call(its.plumber, IPC_REPLY, &reply);
}

static void parrot_says(const struct ipc_call *request)
{
	struct ipc_call word = { .what = WORD };
	uint8_t space[64];
	struct wire wire = wire_writer(space, sizeof(space));

	its.asked = request->id;
	(void)snprintf(its.text, sizeof(its.text), "%.*s", (int)request->len,
		       (const char *)request->body);
	if (ipc_calls_ask(&its.calls, &wire, &word, now_ms() + PATIENCE_MS, on_word, NULL) == 0)
		(void)chan_send(its.plumber, wire.data, wire.pos, NULL, 0);
}

static void parrot_is_asked(const struct ipc_call *request)
{
	struct ipc_call reply = { .id = request->id };

	switch (request->what) {
	case SAY:
		parrot_says(request);
		return;
	case COUNT:
		reply.len = 1;
		reply.body = &its.n_said;
		break;
	case OPEN:
		(void)open("/", O_RDONLY | O_CLOEXEC);
		break;
	default:
		reply.what = ENOSYS;
		break;
	}
	send_call(its.plumber, IPC_REPLY, &reply);
}

/* False: it hangs up, for it does not speak what the plumber does. */
static bool parrot_hears_hello(struct wire *wire)
{
	struct ipc_hello hello = { 0 };
	uint8_t space[16];
	struct wire out = wire_writer(space, sizeof(space));
	bool spoken;

	ipc_get_hello(wire, &hello);
	spoken = hello.version >= parrot.version_oldest && hello.version <= parrot.version;
	hello = (struct ipc_hello) { .version = spoken ? hello.version : parrot.version,
				     .pid = (uint32_t)getpid() };
	ipc_put_hello(&out, &hello);
	(void)chan_send(its.plumber, out.data, out.pos, NULL, 0);
	return spoken;
}

static bool parrot_hears(void)
{
	uint8_t message[256];
	size_t n_fds = 0;
	int len = chan_receive(its.plumber, message, sizeof(message), NULL, &n_fds);
	struct wire wire = wire_reader(message, len > 0 ? (size_t)len : 0);
	struct ipc_call call = { 0 };
	uint8_t type = wire_u8(&wire);

	if (len <= 0)
		return len == -EAGAIN;
	if (type == IPC_HELLO)
		return parrot_hears_hello(&wire);
	ipc_get_call(&wire, &call);
	if (wire.err < 0)
		return false;
	if (type == IPC_REQUEST)
		parrot_is_asked(&call);
	else
		(void)ipc_calls_answer(&its.calls, &call);
	return true;
}

static void parrot_is_left(void)
{
	ipc_calls_fail(&its.calls, -ECONNRESET);
	(void)close(its.plumber);
	its.plumber = -1;
}

/* The newest plumber is the one that counts. */
static int parrot_serve(struct error *error)
{
	for (;;) {
		struct pollfd fds[] = { { .fd = IPC_LISTEN_FD, .events = POLLIN },
					{ .fd = its.plumber, .events = POLLIN } };

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			return error_system(error, -errno, "cannot wait");
		if (fds[1].revents != 0 && !parrot_hears())
			parrot_is_left();
		if (fds[0].revents == 0)
			continue;
		if (its.plumber >= 0)
			parrot_is_left();
		its.plumber = accept4(IPC_LISTEN_FD, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	}
}

static const struct run_stages parrot_stages = { .build = parrot_build,
						 .seal = &parrot_seal,
						 .serve = parrot_serve };

/* --- its plumber ------------------------------------------------------------------------------ */

struct keeper {
	struct role role; /* as this plumber knows it */
	struct supervisor *supervisor;
	int channel; /* -1: none */
	uint32_t pid, version;
	unsigned n_met;
	ev_io io;
	struct ipc_calls calls;
};

static struct ev_loop *loop;
static char run_dir[] = "/tmp/netd-test-role-XXXXXX";
static struct keeper keeper;

static int hear_hello(int channel, struct ipc_hello *ret_hello)
{
	struct pollfd pfd = { .fd = channel, .events = POLLIN };
	uint8_t message[64];
	size_t n_fds = 0;
	int len;

	if (poll(&pfd, 1, PATIENCE_MS) != 1)
		return -ETIMEDOUT;
	len = chan_receive(channel, message, sizeof(message), NULL, &n_fds);
	struct wire wire = wire_reader(message, len > 0 ? (size_t)len : 0);

	if (wire_u8(&wire) != IPC_HELLO)
		return len < 0 ? len : -EPROTO;
	ipc_get_hello(&wire, ret_hello);
	return wire.err;
}

static int introduce(int channel, uint32_t pid, uint32_t version, void *data, struct error *error)
{
	struct keeper *ours = data;
	struct ipc_hello hello = { .version = version, .pid = (uint32_t)getpid() };
	uint8_t space[16];
	struct wire wire = wire_writer(space, sizeof(space));
	int err;

	(void)pid;
	ipc_put_hello(&wire, &hello);
	err = chan_send(channel, wire.data, wire.pos, NULL, 0);
	if (err == 0)
		err = hear_hello(channel, &hello);
	if (err == 0 && hello.version != version)
		err = -EPROTONOSUPPORT;
	if (err < 0)
		return error_system(error, err, "the parrot does not answer");
	ours->channel = channel;
	ours->pid = hello.pid;
	ours->version = version;
	ours->n_met++;
	ev_io_set(&ours->io, channel, EV_READ);
	ev_io_start(loop, &ours->io);
	return 0;
}

static uint32_t pid_of(void *data)
{
	const struct keeper *ours = data;

	return ours->channel >= 0 ? ours->pid : 0;
}

static void hang_up(struct keeper *ours)
{
	if (ours->channel < 0)
		return;
	ev_io_stop(loop, &ours->io);
	(void)close(ours->channel);
	ours->channel = -1;
	ipc_calls_fail(&ours->calls, -ECONNRESET);
}

static void give_word(struct keeper *ours, const struct ipc_call *request)
{
	struct ipc_call reply = { .id = request->id, .what = EINVAL };

	if (request->what == WORD)
		reply = (struct ipc_call) { .id = request->id,
					    .len = 5,
					    .body = (const uint8_t *)"Polly" };
	send_call(ours->channel, IPC_REPLY, &reply);
}

static void on_channel(struct ev_loop *ev, ev_io *watcher, int revents)
{
	struct keeper *ours = watcher->data;
	uint8_t message[256];
	size_t n_fds = 0;
	int len = chan_receive(ours->channel, message, sizeof(message), NULL, &n_fds);
	struct wire wire = wire_reader(message, len > 0 ? (size_t)len : 0);
	struct ipc_call call = { 0 };
	uint8_t type = wire_u8(&wire);

	(void)ev, (void)revents;
	if (len == -EAGAIN)
		return;
	if (len <= 0) {
		hang_up(ours);
		supervisor_lost(ours->supervisor, false);
		return;
	}
	ipc_get_call(&wire, &call);
	assert_int_equal(wire.err, 0);
	if (type == IPC_REQUEST)
		give_word(ours, &call);
	else
		assert_int_equal(ipc_calls_answer(&ours->calls, &call), 0);
}

static void start_as(const struct role *role)
{
	struct error error = { 0 };
	struct supervisor_options options = {
		.loop = loop,
		.role = &keeper.role,
		.run_dir = run_dir,
		.user = "nobody",
		.log_level = "error",
		.client = { .introduce = introduce, .pid = pid_of, .data = &keeper },
	};

	keeper = (struct keeper) { .role = *role, .channel = -1 };
	ev_init(&keeper.io, on_channel);
	keeper.io.data = &keeper;
	ipc_calls_init(&keeper.calls, 8);
	assert_int_equal(supervisor_new(&options, &keeper.supervisor, &error), 0);
	if (supervisor_start(keeper.supervisor, &error) < 0)
		fail_msg("%s", error.text);
}

static int setup(void **state)
{
	(void)state;
	start_as(&parrot);
	return 0;
}

/* The plumber is gone, and its parrot lives. */
static void die(void)
{
	hang_up(&keeper);
	supervisor_free(keeper.supervisor);
	keeper.supervisor = NULL;
}

static bool is_alive(uint32_t pid)
{
	char path[64], line[256], state = 'Z';
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fgets(line, sizeof(line), file) != NULL && strrchr(line, ')') != NULL)
		state = strrchr(line, ')')[2];
	(void)fclose(file);
	return state != 'Z' && state != 'X';
}

static void wait_for_end(uint32_t pid)
{
	uint64_t end_ms = now_ms() + PATIENCE_MS;

	while (is_alive(pid) && now_ms() < end_ms)
		(void)poll(NULL, 0, 2);
	assert_false(is_alive(pid));
}

static int teardown(void **state)
{
	uint32_t pid = keeper.pid;

	(void)state;
	supervisor_end(keeper.supervisor);
	wait_for_end(pid);
	die();
	return 0;
}

/* --- requests ------------------------------------------------------------------------------- */

struct heard {
	bool done;
	int status;
	size_t len;
	char text[TEXT_MAX * 2];
};

static void on_reply(int status, const uint8_t *answer, size_t len, void *data)
{
	struct heard *heard = data;

	heard->done = true;
	heard->status = status;
	heard->len = len;
	assert_true(len < sizeof(heard->text));
	if (len > 0)
		memcpy(heard->text, answer, len);
	heard->text[len] = '\0';
}

static struct heard ask(uint16_t what, const char *text)
{
	struct ipc_call request = { .what = what,
				    .len = (uint16_t)strlen(text),
				    .body = (const uint8_t *)text };
	struct heard heard = { 0 };
	uint8_t space[256];
	struct wire wire = wire_writer(space, sizeof(space));

	assert_int_equal(ipc_calls_ask(&keeper.calls, &wire, &request, now_ms() + PATIENCE_MS,
				       on_reply, &heard),
			 0);
	assert_int_equal(chan_send(keeper.channel, wire.data, wire.pos, NULL, 0), 0);
	while (!heard.done)
		ev_run(loop, EVRUN_ONCE);
	return heard;
}

static void wait_for_another(unsigned n_met)
{
	while (keeper.n_met == n_met)
		ev_run(loop, EVRUN_ONCE);
}

static void end_it(void)
{
	unsigned n_met = keeper.n_met;

	assert_int_equal(kill((pid_t)keeper.pid, SIGKILL), 0);
	wait_for_another(n_met);
}

/* What /proc says of it behind name. */
static void read_line(const char *file_name, const char *name, char *ret_value, size_t size)
{
	char path[64], line[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%u/%s", keeper.pid, file_name);
	file = fopen(path, "re");
	assert_non_null(file);
	ret_value[0] = '\0';
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			(void)snprintf(ret_value, size, "%s",
				       line + strlen(name) + strspn(line + strlen(name), " \t"));
	(void)fclose(file);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void it_is_small_and_has_its_names(void **state)
{
	char value[256];

	(void)state;
	assert_int_equal(keeper.version, 2);
	read_line("status", "Seccomp:", value, sizeof(value));
	assert_string_equal(value, "2\n");
	read_line("status", "NoNewPrivs:", value, sizeof(value));
	assert_string_equal(value, "1\n");
	read_line("status", "CapEff:", value, sizeof(value));
	assert_string_equal(value, "0000000000000000\n");
	read_line("comm", "", value, sizeof(value));
	assert_string_equal(value, "(netd-parrot)\n");
	read_line("cmdline", "", value, sizeof(value));
	assert_string_equal(value, "netd-parrot");
	if (geteuid() != 0)
		return; /* it stays who it is */
	read_line("status", "Uid:", value, sizeof(value));
	assert_string_not_equal(value, "0\t0\t0\t0\n");
}

static void it_has_the_limits_of_its_row(void **state)
{
	char value[256];
	unsigned long soft = 0, hard = 0;

	(void)state;
	read_line("limits", "Max open files", value, sizeof(value));
	assert_int_equal(sscanf(value, "%lu %lu", &soft, &hard), 2);
	assert_int_equal(soft, 32);
	assert_int_equal(hard, 32);
	read_line("limits", "Max address space", value, sizeof(value));
	assert_int_equal(sscanf(value, "%lu %lu", &soft, &hard), 2);
	assert_int_equal(hard, MEMORY_BYTES);
}

static void either_asks_the_other(void **state)
{
	(void)state;
	assert_string_equal(ask(SAY, "hello").text, "hello Polly");
	assert_int_equal(ask(99, "").status, -ENOSYS);
}

static void a_call_that_is_not_on_its_list_ends_it(void **state)
{
	uint32_t pid = keeper.pid;
	unsigned n_met = keeper.n_met;

	(void)state;
	assert_int_equal(ask(OPEN, "").status, -ECONNRESET);
	wait_for_another(n_met);
	assert_false(is_alive(pid));
	assert_string_equal(ask(SAY, "still").text, "still Polly");
}

static void the_next_plumber_goes_on_with_it(void **state)
{
	uint32_t pid = keeper.pid;

	(void)state;
	(void)ask(SAY, "once");
	die();
	start_as(&parrot);
	assert_int_equal(keeper.pid, pid);
	assert_int_equal(ask(COUNT, "").text[0], 1);
}

static void a_newer_plumber_speaks_what_it_speaks(void **state)
{
	struct role newer = parrot;
	uint32_t pid = keeper.pid;

	(void)state;
	newer.version = 3;
	newer.version_oldest = 2;
	die();
	start_as(&newer);
	assert_int_equal(keeper.pid, pid);
	assert_int_equal(keeper.version, 2);
	assert_string_equal(ask(SAY, "hello").text, "hello Polly");
}

static void one_that_ends_is_back_at_once_and_then_after_a_while(void **state)
{
	uint64_t begun_ms = now_ms();

	(void)state;
	for (int i = 0; i < 2; i++) {
		uint32_t pid = keeper.pid;

		end_it();
		assert_int_not_equal(keeper.pid, pid);
	}
	/* 0.2 s and twice 0.4 s, which is the most: no machine makes that shorter. */
	begun_ms = now_ms();
	for (int i = 0; i < 3; i++)
		end_it();
	assert_true(now_ms() - begun_ms >= 990);
	assert_string_equal(ask(SAY, "again").text, "again Polly");
}

static void one_that_hangs_is_ended_and_replaced(void **state)
{
	uint32_t pid = keeper.pid;
	unsigned n_met = keeper.n_met;

	(void)state;
	assert_int_equal(kill((pid_t)pid, SIGSTOP), 0);
	hang_up(&keeper);
	supervisor_lost(keeper.supervisor, true);
	wait_for_another(n_met);
	assert_false(is_alive(pid));
	assert_int_not_equal(keeper.pid, pid);
}

static void one_that_lost_its_socket_is_ended(void **state)
{
	uint32_t pid = keeper.pid;
	char path[PATH_MAX];

	(void)state;
	die();
	(void)snprintf(path, sizeof(path), "%s/parrot.sock", run_dir);
	assert_int_equal(unlink(path), 0);
	start_as(&parrot);
	assert_int_not_equal(keeper.pid, pid);
	wait_for_end(pid);
}

static void a_start_that_fails_leaves_none(void **state)
{
	uint32_t pid = keeper.pid;

	(void)state;
	supervisor_undo_start(keeper.supervisor);
	wait_for_end(pid);
	die();
	start_as(&parrot);
	assert_int_not_equal(keeper.pid, pid);
	/* One of before is not taken down with it. */
	pid = keeper.pid;
	die();
	start_as(&parrot);
	supervisor_undo_start(keeper.supervisor);
	assert_true(is_alive(pid));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_small_and_has_its_names, setup, teardown),
		cmocka_unit_test_setup_teardown(it_has_the_limits_of_its_row, setup, teardown),
		cmocka_unit_test_setup_teardown(either_asks_the_other, setup, teardown),
		cmocka_unit_test_setup_teardown(a_call_that_is_not_on_its_list_ends_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_next_plumber_goes_on_with_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_newer_plumber_speaks_what_it_speaks, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			one_that_ends_is_back_at_once_and_then_after_a_while, setup, teardown),
		cmocka_unit_test_setup_teardown(one_that_hangs_is_ended_and_replaced, setup,
						teardown),
		cmocka_unit_test_setup_teardown(one_that_lost_its_socket_is_ended, setup, teardown),
		cmocka_unit_test_setup_teardown(a_start_that_fails_leaves_none, setup, teardown),
	};
	char pid_file[PATH_MAX];
	int status;

	if (argc > 1 && strcmp(argv[1], parrot.option) == 0)
		return run_role(&parrot, &parrot_stages, argc - 1, argv + 1);
	log_init("test", LOG_LEVEL_ERROR);
	loop = ev_default_loop(0);
	if (mkdtemp(run_dir) == NULL)
		return 1;
	status = cmocka_run_group_tests(tests, NULL, NULL);
	(void)snprintf(pid_file, sizeof(pid_file), "%s/parrot.pid", run_dir);
	(void)unlink(pid_file);
	(void)rmdir(run_dir);
	return status;
}
