// SPDX-License-Identifier: GPL-2.0-or-later
// rig.c - an engine over a kernel in memory, with a store and folders of its own, for tests
#include "rig.h"

#include "base/cleanup.h"
#include "model/request/request.h"

#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nobody starts another. */
static void on_resolver_lost(bool hung, void *data)
{
	struct rig *rig = data;

	(void)hung;
	rig->n_resolvers_lost++;
}

/* In a process of its own, as the daemon's: it has the kernel in memory as it is now. */
static int read_kernel(const int fds[ENGINE_N_READ], int pipe_fd, void *data)
{
	pid_t pid = fork();

	(void)data;
	if (pid != 0)
		return pid < 0 ? -errno : 0;
	pid = getpid();
	if (write(pipe_fd, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
		_exit(1);
	for (size_t i = 0; i < ENGINE_N_READ; i++)
		if (fds[i] >= 0)
			engine_read_kernel(&fake_door, engine_read_parts[i], fds[i]);
	_exit(0);
}

int rig_try_start(struct rig *rig)
{
	const struct engine_options options = {
		.loop = rig->loop,
		.door = &fake_door,
		.config = &rig->config,
		.run_dir = rig->dir,
		.state_dir = rig->dir,
		.rules_dir = rig->dir,
		.resolver_host = { on_resolver_lost, rig },
		.reader_host = { read_kernel, rig },
	};

	return engine_new(&options, &rig->engine, &rig->error);
}

void rig_start(struct rig *rig)
{
	rig_done(rig, rig_try_start(rig));
}

static void drop_records(const struct rig *rig, const char *pattern)
{
	char path[96];
	glob_t found;

	(void)snprintf(path, sizeof(path), "%s/%s", rig->dir, pattern);
	if (glob(path, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		(void)unlink(found.gl_pathv[i]);
	globfree(&found);
}

void rig_forget_records(struct rig *rig)
{
	drop_records(rig, "*.db*");
	drop_records(rig, "*.journal*");
	drop_records(rig, "forwarding-*");
}

void rig_teardown_kernel(struct rig *rig)
{
	rig_forget_records(rig);
	fake_kernel_stop();
}

void rig_stop(struct rig *rig)
{
	engine_free(rig->engine);
	rig->engine = NULL;
}

void rig_restart(struct rig *rig)
{
	rig_stop(rig);
	rig_start(rig);
}

int rig_setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	char path[80];

	assert_non_null(rig);
	fake_kernel_start();
	(void)snprintf(rig->dir, sizeof(rig->dir), "/tmp/netd-engine-XXXXXX");
	assert_non_null(mkdtemp(rig->dir));
	(void)snprintf(path, sizeof(path), "%s/containers", rig->dir); /* as the plumber does */
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(rig->netns_a, sizeof(rig->netns_a), "%s/netns-a", rig->dir);
	(void)snprintf(rig->netns_b, sizeof(rig->netns_b), "%s/netns-b", rig->dir);
	fake_netns_add(rig->netns_a, 0);
	fake_netns_add(rig->netns_b, 0);
	rig->loop = ev_default_loop(0); /* no other sees children end */
	assert_int_equal(config_init(&rig->config), 0);
	rig_start(rig);
	rig_turn(rig);
	fake_calls_clear();
	*state = rig;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

int rig_teardown(void **state)
{
	struct rig *rig = *state;

	rig_stop(rig);
	ev_loop_destroy(rig->loop);
	config_done(&rig->config);
	(void)nftw(rig->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(rig);
	fake_kernel_stop();
	return 0;
}

void rig_turn(struct rig *rig)
{
	for (int i = 0; i < 8; i++)
		ev_run(rig->loop, EVRUN_NOWAIT);
}

static json_t *parse(const char *text)
{
	json_t *body = json_loads(text, 0, NULL);

	if (!body)
		fail_msg("not JSON: %s", text);
	return body;
}

int rig_network(struct rig *rig, const char *json)
{
	struct network_spec spec;
	struct network *network;
	json_t *body = parse(json);
	int err = request_network_create(body, &spec, &rig->error);

	json_decref(body);
	if (err < 0)
		return err;
	err = engine_network_create(rig->engine, &spec, &network, &rig->error);
	network_spec_done(&spec);
	return err;
}

int rig_attach(struct rig *rig, const char *name, const char *netns, const char *more)
{
	_cleanup_free_ char *text = NULL;
	struct container_spec spec;
	struct container *container;
	bool created = false;
	json_t *body;
	int err;

	assert_true(asprintf(&text, "{\"Name\": \"%s\", \"NetnsPath\": \"%s\"%s%s}", name, netns,
			     *more ? ", " : "", more) > 0);
	body = parse(text);
	err = request_container(body, &spec, &rig->error);
	json_decref(body);
	if (err < 0)
		return err;
	err = engine_attach(rig->engine, &spec, &container, &created, &rig->error);
	if (err < 0 || !created)
		container_spec_done(&spec);
	return err;
}

int rig_connect(struct rig *rig, const char *container, const char *network)
{
	struct endpoint_spec spec;
	json_t *settings = json_object();
	int err = request_endpoint(network, settings, &spec, &rig->error);

	json_decref(settings);
	if (err < 0)
		return err;
	err = engine_connect(rig->engine, container, &spec, &rig->error);
	endpoint_spec_done(&spec);
	return err;
}

int rig_disconnect(struct rig *rig, const char *container, const char *network)
{
	return engine_disconnect(rig->engine, network, container, false, &rig->error);
}

int rig_detach(struct rig *rig, const char *container)
{
	return engine_detach(rig->engine, container, &rig->error);
}

/* By its name alone: "db" is the beginning of an id in 256, too. */
struct container *rig_container(struct rig *rig, const char *name)
{
	struct container *container = NULL;

	if (engine_container_find(rig->engine, name, &container, &rig->error) < 0)
		return NULL;
	return strcmp(container->spec.name, name) == 0 ? container : NULL;
}

struct network *rig_net(struct rig *rig, const char *name)
{
	struct network *network = NULL;

	if (engine_network_find(rig->engine, name, &network, &rig->error) < 0)
		return NULL;
	return strcmp(network->spec.name, name) == 0 ? network : NULL;
}

static size_t resync(struct rig *rig, bool dry)
{
	json_t *report = NULL, *inside = NULL;
	size_t n;

	if (engine_resync(rig->engine, dry, &report, &inside, &rig->error) < 0)
		fail_msg("no resync: %s", rig->error.text);
	n = json_array_size(report);
	json_decref(report);
	json_decref(inside);
	return n;
}

size_t rig_resync(struct rig *rig)
{
	return resync(rig, false);
}

size_t rig_resync_dry(struct rig *rig)
{
	return resync(rig, true);
}

char *rig_picture(struct rig *rig)
{
	sweep_now(rig->engine);
	return fake_kernel_print();
}

/* Fails with the first line that differs. */
static void expect_same_lines(const char *before, const char *after)
{
	while (*before || *after) {
		size_t was = strcspn(before, "\n"), is = strcspn(after, "\n");

		if (was != is || memcmp(before, after, is) != 0)
			fail_msg("was: %.*s, is: %.*s", (int)was, before, (int)is, after);
		before += was + (before[was] == '\n');
		after += is + (after[is] == '\n');
	}
}

void rig_expect_same(struct rig *rig, char *before)
{
	char *after = rig_picture(rig);

	expect_same_lines(before, after);
	free(before);
	free(after);
}

static int change_ports(struct rig *rig, const char *container, const char *bindings,
			int (*change)(struct engine *engine, const char *container,
				      const struct port_binding *bindings, size_t n_bindings,
				      struct error *error))
{
	struct port_binding *ports = NULL;
	size_t n = 0;
	json_t *body = parse(bindings);
	int err = request_ports(body, &ports, &n, &rig->error);

	json_decref(body);
	if (err == 0)
		err = change(rig->engine, container, ports, n, &rig->error);
	free(ports);
	return err;
}

int rig_ports_add(struct rig *rig, const char *container, const char *bindings)
{
	return change_ports(rig, container, bindings, engine_ports_add);
}

int rig_ports_remove(struct rig *rig, const char *container, const char *bindings)
{
	return change_ports(rig, container, bindings, engine_ports_remove);
}

size_t rig_fail_each(struct rig *rig, int (*change)(struct rig *rig), int (*undo)(struct rig *rig),
		     int err)
{
	for (size_t n = 1;; n++) {
		char *before = rig_picture(rig);
		int result;

		fake_calls_clear();
		fake_fail_nth(n, err);
		result = change(rig);
		if (!fake_has_failed()) {
			fake_fail_nth(0, 0);
			rig_done(rig, result);
			free(before);
			return n - 1;
		}
		if (result == 0 && strncmp(fake_change(n - 1), "addrs.moved ", 12) != 0 &&
		    strncmp(fake_change(n - 1), "host_ports.reserve ", 19) != 0)
			fail_msg("it says that it was done, though this was refused: %s",
				 fake_change(n - 1));
		if (result == 0)
			rig_done(rig, undo(rig));
		rig_turn(rig);
		rig_expect_same(rig, before);
	}
}
