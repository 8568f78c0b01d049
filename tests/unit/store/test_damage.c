// SPDX-License-Identifier: GPL-2.0-or-later
// test_damage.c - a bit flipped, a file cut, or no memory, anywhere: all rows are there, or the
// store refuses
#include "store/store.h"

#include "allocations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Places in each file; or, from the environment, NETD_DAMAGE_STRIDE: bytes from one to the next.
 * Then each allocation fails, too. */
#define N_PLACES 40
#define N_FILES 8
#define ROWS_MAX 65536

static const char *const files[N_FILES] = {
	"state/networks.db",
	"state/networks.db-wal",
	"state/networks.db-shm",
	"state/networks.journal",
	"run/run.db",
	"run/run.db-wal",
	"run/run.db-shm",
	"run/run.journal",
};

struct copy {
	char *data;
	size_t len;
	bool is_there;
};

struct fixture {
	char dir[64], state[80], run[80];
	struct copy copies[N_FILES];
	char *rows; /* of the store that was not damaged */
	size_t n_whole, n_refused;
};

/* --- files ------------------------------------------------------------------------------------ */

static void file_path(const struct fixture *fixture, size_t i, char ret_path[static 160])
{
	(void)snprintf(ret_path, 160, "%s/%s", fixture->dir, files[i]);
}

static struct copy read_file(const struct fixture *fixture, size_t i)
{
	struct copy copy = { 0 };
	char path[160];
	struct stat stat_;
	FILE *file;

	file_path(fixture, i, path);
	if (stat(path, &stat_) < 0)
		return copy;
	copy.len = (size_t)stat_.st_size;
	copy.data = malloc(copy.len + 1);
	copy.is_there = true;
	file = fopen(path, "re");
	assert_non_null(copy.data);
	assert_non_null(file);
	assert_int_equal(fread(copy.data, 1, copy.len, file), copy.len);
	(void)fclose(file);
	return copy;
}

static void write_file(const struct fixture *fixture, size_t i, const struct copy *copy)
{
	char path[160];
	FILE *file;

	file_path(fixture, i, path);
	(void)unlink(path);
	if (!copy->is_there)
		return;
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(copy->data, 1, copy->len, file), copy->len);
	(void)fclose(file);
}

static void take_copies(struct fixture *fixture)
{
	for (size_t i = 0; i < N_FILES; i++) {
		free(fixture->copies[i].data);
		fixture->copies[i] = read_file(fixture, i);
	}
}

/* --- rows ------------------------------------------------------------------------------------- */

struct text {
	char *data;
	size_t len;
};

static void append(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->len += (size_t)vsnprintf(text->data + text->len, ROWS_MAX - text->len, format, args);
	va_end(args);
	assert_true(text->len < ROWS_MAX);
}

static struct store *dumped;

static int on_lease(const char *addr, const char *holder, void *data, struct error *error)
{
	(void)error;
	append(data, "  %s %s\n", addr, holder);
	return 0;
}

static int on_network(const struct store_network *row, void *data, struct error *error)
{
	append(data, "%s %s %s %lld.%lld\n", row->id, row->name, row->body,
	       (long long)row->created_s, (long long)row->created_ns);
	assert_int_equal(store_kept_each(dumped, row->id, on_lease, data, error), 0);
	return store_leases_each(dumped, row->id, on_lease, data, error);
}

static int on_endpoint(const struct store_endpoint *row, void *data, struct error *error)
{
	(void)error;
	append(data, " %s %s %s %s %s %s %s %s %s %lld\n", row->id, row->container, row->network,
	       row->settings, row->ip[FAMILY_4], row->ip[FAMILY_6], row->mac, row->ifname,
	       row->host_ifname, (long long)row->position);
	return 0;
}

static int on_port(const struct store_port *row, void *data, struct error *error)
{
	(void)error;
	append(data, " %s %d %s:%d->%s:%d x%d at %lld by %lld\n", row->container, row->protocol,
	       row->host_addr, row->host_port, row->target, row->container_port, row->n,
	       (long long)row->position, (long long)row->step);
	return 0;
}

static int on_container(const struct store_container *row, void *data, struct error *error)
{
	append(data, "%s %s %s %s up=%d inode=%llu dns=%u %lld.%lld\n", row->id, row->name,
	       row->body, row->hostname, row->up, (unsigned long long)row->netns_inode,
	       row->dns_port, (long long)row->created_s, (long long)row->created_ns);
	assert_int_equal(store_endpoints_each(dumped, row->id, on_endpoint, data, error), 0);
	return store_ports_each(dumped, row->id, on_port, data, error);
}

static char *rows_of(struct store *store)
{
	struct text text = { .data = calloc(1, ROWS_MAX) };

	assert_non_null(text.data);
	dumped = store;
	assert_int_equal(store_networks_each(store, on_network, &text, NULL), 0);
	assert_int_equal(store_containers_each(store, on_container, &text, NULL), 0);
	return text.data;
}

/* --- a store with something in it ------------------------------------------------------------- */

static void put_network(struct store *store, int i)
{
	char id[16], name[16], body[128];
	const struct store_network row = { id, name, body, 1700000000 + i, i };

	(void)snprintf(id, sizeof(id), "%08x", i);
	(void)snprintf(name, sizeof(name), "net-%d", i);
	(void)snprintf(body, sizeof(body), "{\"Name\":\"net-%d\",\"IPAM\":\"10.%d.0.0/16\"}", i, i);
	assert_int_equal(store_network_put(store, &row, NULL), 0);
	assert_int_equal(store_kept_put(store, id, "10.1.0.9", "web", NULL), 0);
}

static void put_container(struct store *store, int i)
{
	char id[16], name[16], addr[32];
	const struct store_container row = { .id = id,
					     .name = name,
					     .body = "{\"Name\":\"web\"}",
					     .hostname = "h",
					     .netns_inode = 4026531840u + (unsigned)i,
					     .dns_port = 40000,
					     .created_s = 5,
					     .created_ns = i };
	const struct store_endpoint endpoint = { .id = "e",
						 .container = id,
						 .network = "00000001",
						 .settings = "{}",
						 .ip = { addr, "" },
						 .mac = "02:00:00:00:00:01",
						 .ifname = "eth0",
						 .host_ifname = name,
						 .position = i };
	const struct store_port port = { .container = id,
					 .protocol = 6,
					 .host_addr = "0.0.0.0",
					 .host_port = 8000 + 10 * i,
					 .container_port = 80,
					 .n = 5,
					 .target = addr,
					 .position = i,
					 .step = 2 };

	(void)snprintf(id, sizeof(id), "c%07x", i);
	(void)snprintf(name, sizeof(name), "web-%d", i);
	(void)snprintf(addr, sizeof(addr), "10.1.0.%d", i + 2);
	assert_int_equal(store_begin(store, NULL), 0);
	assert_int_equal(store_container_put(store, &row, NULL), 0);
	assert_int_equal(store_endpoint_put(store, &endpoint, NULL), 0);
	assert_int_equal(store_port_put(store, &port, NULL), 0);
	assert_int_equal(store_commit(store, NULL), 0);
	assert_int_equal(store_container_up(store, id, 50000, NULL), 0);
	assert_int_equal(store_lease_remember(store, "00000001", addr, "old", NULL), 0);
}

static void fill(struct fixture *fixture)
{
	struct store *store = NULL;

	assert_int_equal(store_open(fixture->state, fixture->run, &store, NULL), 0);
	for (int i = 0; i < 6; i++)
		put_network(store, i);
	for (int i = 0; i < 6; i++)
		put_container(store, i);
	assert_int_equal(store_network_delete(store, "00000003", NULL), 0);
	fixture->rows = rows_of(store);
	store_close(store);
}

/* As kill -9 leaves it: most is in the logs. */
static void end_without_closing(const struct fixture *fixture)
{
	int status, pid = fork();

	if (pid == 0) {
		struct store *store = NULL;
		int err = store_open(fixture->state, fixture->run, &store, NULL);

		for (int i = 0; err == 0 && i < 3; i++) {
			put_network(store, 20);
			err |= store_network_delete(store, "00000014", NULL);
			err |= store_kept_forget_network(store, "00000014", NULL);
			put_container(store, 20);
			err |= store_lease_forget_network(store, "00000001", NULL);
			for (int k = 0; k < 6; k++)
				put_container(store, k);
			err |= store_container_delete(store, "c0000014", NULL);
		}
		_exit(err ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	/* Hundreds of files are written: in memory where there is some. */
	(void)snprintf(fixture->dir, sizeof(fixture->dir), "%s/netd-damage-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(fixture->dir));
	(void)snprintf(fixture->state, sizeof(fixture->state), "%s/state", fixture->dir);
	(void)snprintf(fixture->run, sizeof(fixture->run), "%s/run", fixture->dir);
	assert_int_equal(mkdir(fixture->state, 0700), 0);
	assert_int_equal(mkdir(fixture->run, 0700), 0);
	fill(fixture);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", fixture->dir);
	assert_int_equal(system(command), 0);
	for (size_t i = 0; i < N_FILES; i++)
		free(fixture->copies[i].data);
	free(fixture->rows);
	free(fixture);
	return 0;
}

/* --- the walk --------------------------------------------------------------------------------- */

static size_t stride(size_t len)
{
	const char *text = getenv("NETD_DAMAGE_STRIDE");
	long n = text ? strtol(text, NULL, 10) : 0;

	return n > 0 ? (size_t)n : len / N_PLACES + 1;
}

/* What was refused is as it was. */
static void check_untouched(const struct fixture *fixture, size_t i, const struct copy *copy)
{
	struct copy now = read_file(fixture, i);

	assert_int_equal(now.is_there, copy->is_there);
	assert_int_equal(now.len, copy->len);
	assert_memory_equal(now.data, copy->data, now.len);
	free(now.data);
}

static void check_damage(struct fixture *fixture, size_t i, const struct copy *damaged)
{
	struct store *store = NULL;
	struct error error = { 0 };
	char *rows;

	for (size_t k = 0; k < N_FILES; k++)
		write_file(fixture, k, k == i ? damaged : &fixture->copies[k]);
	if (store_open(fixture->state, fixture->run, &store, &error) < 0) {
		assert_true(strlen(error.text) > 10);
		if (!strstr(files[i], "-shm"))
			check_untouched(fixture, i, damaged);
		fixture->n_refused++;
		return;
	}
	rows = rows_of(store);
	assert_string_equal(rows, fixture->rows);
	free(rows);
	/* It takes changes. */
	put_network(store, 30);
	put_container(store, 30);
	store_close(store);
	fixture->n_whole++;
}

static void walk(struct fixture *fixture)
{
	static unsigned int bit;

	take_copies(fixture);
	for (size_t i = 0; i < N_FILES; i++) {
		struct copy *copy = &fixture->copies[i], damaged;
		const struct copy gone = { 0 }, empty = { .data = copy->data, .is_there = true };

		if (!copy->is_there)
			continue;
		check_damage(fixture, i, &gone);
		check_damage(fixture, i, &empty);
		for (size_t at = 0; at < copy->len; at += stride(copy->len)) {
			copy->data[at] = (char)(copy->data[at] ^ 1 << bit % 8);
			check_damage(fixture, i, copy);
			copy->data[at] = (char)(copy->data[at] ^ 1 << bit++ % 8);
			damaged = (struct copy) { copy->data, at, true };
			check_damage(fixture, i, &damaged);
		}
	}
	print_message("%zu damages: %zu whole, %zu refused, 0 lost\n",
		      fixture->n_whole + fixture->n_refused, fixture->n_whole, fixture->n_refused);
	/* What is refused is the number of the layout, which another version may have written. */
	assert_true(fixture->n_refused * 100 <= fixture->n_whole);
	assert_true(fixture->n_whole > 50);
}

static void one_damage_to_databases_that_were_closed_loses_no_row(void **state)
{
	walk(*state);
}

static void one_damage_to_databases_and_logs_that_kill_left_loses_no_row(void **state)
{
	end_without_closing(*state);
	walk(*state);
}

/* --- a moment without memory ------------------------------------------------------------------ */

/* What a record that was found damaged leaves beside it. */
static void check_nothing_was_moved(const struct fixture *fixture)
{
	static const char *const others[] = { "state/networks.db.damaged",
					      "state/networks.db.new",
					      "state/networks.journal.other",
					      "run/run.db.damaged",
					      "run/run.db.new",
					      "run/run.journal.other" };
	char path[160];

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", fixture->dir, others[i]);
		assert_int_not_equal(access(path, F_OK), 0);
	}
}

static void check_rows(const struct fixture *fixture, struct store *store)
{
	char *rows = rows_of(store);

	assert_null(store_note_at(store, 0));
	assert_false(store_run_is_new(store) || store_state_is_new(store));
	assert_string_equal(rows, fixture->rows);
	free(rows);
	store_close(store);
	check_nothing_was_moved(fixture);
}

/* Whether the store was opened, or said why not; how many allocations that took. */
static bool open_without(const struct fixture *fixture, int nth, int *ret_n)
{
	struct store *store = NULL;
	struct error error = { 0 };
	int err;

	for (size_t k = 0; k < N_FILES; k++)
		write_file(fixture, k, &fixture->copies[k]);
	allocations_fail(nth);
	err = store_open(fixture->state, fixture->run, &store, &error);
	*ret_n = allocations_end();
	if (err == 0) {
		check_rows(fixture, store);
		return true;
	}
	assert_true(strlen(error.text) > 10);
	check_nothing_was_moved(fixture);
	assert_int_equal(store_open(fixture->state, fixture->run, &store, NULL), 0);
	check_rows(fixture, store);
	return false;
}

/* Each third, or each one where all damage is looked at; from another one in the second walk. */
static void walk_allocations(struct fixture *fixture, int from)
{
	int step = getenv("NETD_DAMAGE_STRIDE") ? 1 : 3, n_refused = 0, n_opened = 0, n;

	take_copies(fixture);
	for (int nth = step > 1 ? from : 1;; nth += step) {
		bool opened = open_without(fixture, nth, &n);

		if (n < nth)
			break;
		n_opened += opened;
		n_refused += !opened;
	}
	print_message("%d failed allocations: %d opened, %d refused, 0 lost\n",
		      n_opened + n_refused, n_opened, n_refused);
	assert_true(n_refused > 100);
}

static void one_failed_allocation_with_databases_that_were_closed_loses_no_row(void **state)
{
	walk_allocations(*state, 1);
}

static void one_failed_allocation_with_logs_that_kill_left_loses_no_row(void **state)
{
	end_without_closing(*state);
	walk_allocations(*state, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			one_damage_to_databases_that_were_closed_loses_no_row, setup, teardown),
		cmocka_unit_test_setup_teardown(
			one_damage_to_databases_and_logs_that_kill_left_loses_no_row, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			one_failed_allocation_with_databases_that_were_closed_loses_no_row, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			one_failed_allocation_with_logs_that_kill_left_loses_no_row, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
