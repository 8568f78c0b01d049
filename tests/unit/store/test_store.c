// SPDX-License-Identifier: GPL-2.0-or-later
// test_store.c - the two databases: round trips, transactions, reboots, layouts, what cannot be
// written
#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

struct fixture {
	char state[64], run[64];
	struct store *store;
};

static void open_store(struct fixture *fixture)
{
	struct error error = { 0 };

	assert_int_equal(store_open(fixture->state, fixture->run, &fixture->store, &error), 0);
}

static void reopen(struct fixture *fixture)
{
	store_close(fixture->store);
	fixture->store = NULL;
	open_store(fixture);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	(void)snprintf(fixture->state, sizeof(fixture->state), "/tmp/netd-store-XXXXXX");
	(void)snprintf(fixture->run, sizeof(fixture->run), "/tmp/netd-store-XXXXXX");
	assert_non_null(mkdtemp(fixture->state));
	assert_non_null(mkdtemp(fixture->run));
	open_store(fixture);
	*state = fixture;
	return 0;
}

static void remove_files(const char *dir, const char *name)
{
	static const char *const endings[] = { ".db", ".db-wal", ".db-shm", ".journal" };
	char path[128];

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s%s", dir, name, endings[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	store_close(fixture->store);
	remove_files(fixture->state, "networks");
	remove_files(fixture->run, "run");
	free(fixture);
	return 0;
}

/* As an administrator does, or another version of netd. */
static void run_sql(const char *dir, const char *file, const char *sql)
{
	char path[128];
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

/* --- what was put, row by row in one line of text --- */

struct text {
	char data[1024];
	size_t len;
};

static void append(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->len += (size_t)vsnprintf(text->data + text->len, sizeof(text->data) - text->len,
				       format, args);
	va_end(args);
	assert_true(text->len < sizeof(text->data));
}

static int on_network(const struct store_network *row, void *data, struct error *error)
{
	(void)error;
	append(data, "%s %s %s %lld.%lld\n", row->id, row->name, row->body,
	       (long long)row->created_s, (long long)row->created_ns);
	return 0;
}

static int on_container(const struct store_container *row, void *data, struct error *error)
{
	(void)error;
	append(data, "%s %s %s %s up=%d inode=%llu dns=%u %lld.%lld\n", row->id, row->name,
	       row->body, row->hostname, row->up, (unsigned long long)row->netns_inode,
	       row->dns_port, (long long)row->created_s, (long long)row->created_ns);
	return 0;
}

static int on_endpoint(const struct store_endpoint *row, void *data, struct error *error)
{
	(void)error;
	append(data, "%s %s %s %s [%s] [%s] %s %s %s %lld\n", row->id, row->container, row->network,
	       row->settings, row->ip[FAMILY_4], row->ip[FAMILY_6], row->mac, row->ifname,
	       row->host_ifname, (long long)row->position);
	return 0;
}

static int on_port(const struct store_port *row, void *data, struct error *error)
{
	(void)error;
	append(data, "%s %d %s:%d->%s:%d", row->container, row->protocol, row->host_addr,
	       row->host_port, row->target, row->container_port);
	if (row->n != 1)
		append(data, " x%d at %lld by %lld", row->n, (long long)row->position,
		       (long long)row->step);
	append(data, "\n");
	return 0;
}

static int on_lease(const char *addr, const char *holder, void *data, struct error *error)
{
	(void)error;
	append(data, "%s %s\n", addr, holder);
	return 0;
}

static struct text containers(struct fixture *fixture)
{
	struct text text = { 0 };

	assert_int_equal(store_containers_each(fixture->store, on_container, &text, NULL), 0);
	return text;
}

static struct text networks(struct fixture *fixture)
{
	struct text text = { 0 };

	assert_int_equal(store_networks_each(fixture->store, on_network, &text, NULL), 0);
	return text;
}

static void put_container(struct fixture *fixture, const char *id, int64_t created_s)
{
	const struct store_container row = {
		.id = id,
		.name = "web",
		.body = "{\"Name\":\"web\"}",
		.hostname = "h",
		.netns_inode = UINT64_C(0xfffffffff),
		.dns_port = 40000,
		.created_s = created_s,
		.created_ns = 7,
	};

	assert_int_equal(store_container_put(fixture->store, &row, NULL), 0);
}

static void put_endpoint(struct fixture *fixture, const char *id, int64_t position)
{
	const struct store_endpoint row = {
		.id = id,
		.container = "c1",
		.network = "n1",
		.settings = "{}",
		.ip = { "10.1.0.2", "" },
		.mac = "02:00:00:00:00:01",
		.ifname = "eth0",
		.host_ifname = "nd1",
		.position = position,
	};

	assert_int_equal(store_endpoint_put(fixture->store, &row, NULL), 0);
}

static struct store_port port(int host_port, int64_t position)
{
	return (struct store_port) {
		.container = "c1",
		.protocol = 6,
		.host_addr = "0.0.0.0",
		.host_port = host_port,
		.container_port = 80,
		.n = 1,
		.target = "10.1.0.2",
		.position = position,
		.step = 1,
	};
}

static void put_run(struct fixture *fixture, int host_port, int n, int64_t position)
{
	struct store_port run = port(host_port, position);

	run.container_port = host_port - 1000;
	run.n = n;
	run.step = 2;
	assert_int_equal(store_port_put(fixture->store, &run, NULL), 0);
}

static void delete_run(struct fixture *fixture, int host_port, int n)
{
	struct store_port run = port(host_port, 0);

	run.n = n;
	assert_int_equal(store_port_delete(fixture->store, &run, NULL), 0);
}

static struct text runs(struct fixture *fixture)
{
	struct text text = { 0 };

	assert_int_equal(store_ports_each(fixture->store, "c1", on_port, &text, NULL), 0);
	return text;
}

static void put_network(struct fixture *fixture, const char *id, const char *name, const char *body)
{
	const struct store_network row = { id, name, body, 5, 6 };

	assert_int_equal(store_network_put(fixture->store, &row, NULL), 0);
}

/* --- the tests --- */

static void networks_come_back_in_the_order_they_were_made_in(void **state)
{
	struct fixture *fixture = *state;

	put_network(fixture, "z", "first", "{}");
	put_network(fixture, "a", "second", "{}");
	put_network(fixture, "z", "first", "{\"Internal\":true}");
	reopen(fixture);
	assert_string_equal(networks(fixture).data,
			    "z first {\"Internal\":true} 5.6\na second {} 5.6\n");
	assert_int_equal(store_network_delete(fixture->store, "z", NULL), 0);
	assert_string_equal(networks(fixture).data, "a second {} 5.6\n");
}

static void a_name_that_is_taken_is_refused_and_nothing_is_replaced(void **state)
{
	struct fixture *fixture = *state;
	const struct store_network row = { "b", "web", "{}", 1, 2 };
	struct error error = { 0 };

	put_network(fixture, "a", "web", "{}");
	assert_true(store_network_put(fixture->store, &row, &error) < 0);
	assert_non_null(strstr(error.text, "UNIQUE"));
	assert_string_equal(networks(fixture).data, "a web {} 5.6\n");
}

static void a_container_comes_back_with_all_it_had(void **state)
{
	struct fixture *fixture = *state;
	struct store_port first = port(8080, 1), second = port(80, 2);
	struct text endpoints = { 0 };

	put_container(fixture, "c1", 9);
	put_endpoint(fixture, "e1", 20);
	put_endpoint(fixture, "e0", 30);
	put_endpoint(fixture, "e2", STORE_INTENT);
	assert_int_equal(store_port_put(fixture->store, &first, NULL), 0);
	assert_int_equal(store_port_put(fixture->store, &second, NULL), 0);
	reopen(fixture);
	assert_string_equal(containers(fixture).data, "c1 web {\"Name\":\"web\"} h up=0 "
						      "inode=68719476735 dns=40000 9.7\n");
	assert_int_equal(store_endpoints_each(fixture->store, "c1", on_endpoint, &endpoints, NULL),
			 0);
	assert_string_equal(endpoints.data,
			    "e2 c1 n1 {} [10.1.0.2] [] 02:00:00:00:00:01 eth0 nd1 -1\n"
			    "e1 c1 n1 {} [10.1.0.2] [] 02:00:00:00:00:01 eth0 nd1 20\n"
			    "e0 c1 n1 {} [10.1.0.2] [] 02:00:00:00:00:01 eth0 nd1 30\n");
	assert_string_equal(runs(fixture).data, "c1 6 0.0.0.0:8080->10.1.0.2:80\n"
						"c1 6 0.0.0.0:80->10.1.0.2:80\n");
}

static void a_container_goes_with_its_endpoints_and_ports(void **state)
{
	struct fixture *fixture = *state;
	struct store_port published = port(8080, 1);
	struct text left = { 0 };

	put_container(fixture, "c1", 9);
	put_container(fixture, "c2", 8);
	put_endpoint(fixture, "e1", 1);
	assert_int_equal(store_port_put(fixture->store, &published, NULL), 0);
	assert_int_equal(store_container_delete(fixture->store, "c1", NULL), 0);
	assert_int_equal(store_endpoints_each(fixture->store, "c1", on_endpoint, &left, NULL), 0);
	assert_int_equal(store_ports_each(fixture->store, "c1", on_port, &left, NULL), 0);
	assert_string_equal(left.data, "");
	assert_memory_equal(containers(fixture).data, "c2 ", 3);
}

static void a_container_takes_all_it_has_along_to_another_id(void **state)
{
	struct fixture *fixture = *state;
	struct store_port published = port(8080, 1);
	struct text endpoints = { 0 }, ports = { 0 };

	put_container(fixture, "c1", 9);
	put_container(fixture, "c2", 10);
	put_endpoint(fixture, "e1", 20);
	assert_int_equal(store_port_put(fixture->store, &published, NULL), 0);
	assert_int_equal(store_container_move(fixture->store, "c1", "c9", NULL), 0);
	assert_string_equal(runs(fixture).data, "");
	assert_int_equal(store_endpoints_each(fixture->store, "c9", on_endpoint, &endpoints, NULL),
			 0);
	assert_string_equal(endpoints.data,
			    "e1 c9 n1 {} [10.1.0.2] [] 02:00:00:00:00:01 eth0 nd1 20\n");
	assert_int_equal(store_ports_each(fixture->store, "c9", on_port, &ports, NULL), 0);
	assert_string_equal(ports.data, "c9 6 0.0.0.0:8080->10.1.0.2:80\n");
	assert_memory_equal(containers(fixture).data, "c9 web ", 7);
	assert_true(store_container_move(fixture->store, "c9", "c2", NULL) < 0); /* taken */
	assert_memory_equal(containers(fixture).data, "c9 web ", 7);
}

static void ports_taken_out_of_runs_leave_the_rest_in_its_place(void **state)
{
	struct fixture *fixture = *state;

	put_container(fixture, "c1", 9);
	put_run(fixture, 2000, 10, 100);
	put_run(fixture, 2010, 1, 500);
	put_run(fixture, 2011, 10, 300);
	delete_run(fixture, 2004, 2); /* inside */
	assert_string_equal(runs(fixture).data, "c1 6 0.0.0.0:2000->10.1.0.2:1000 x4 at 100 by 2\n"
						"c1 6 0.0.0.0:2006->10.1.0.2:1006 x4 at 112 by 2\n"
						"c1 6 0.0.0.0:2011->10.1.0.2:1011 x10 at 300 by 2\n"
						"c1 6 0.0.0.0:2010->10.1.0.2:1010\n");
	delete_run(fixture, 2008, 5); /* an end, a whole one, a beginning */
	delete_run(fixture, 2000, 1);
	delete_run(fixture, 2020, 100);
	assert_string_equal(runs(fixture).data,
			    "c1 6 0.0.0.0:2001->10.1.0.2:1001 x3 at 102 by 2\n"
			    "c1 6 0.0.0.0:2006->10.1.0.2:1006 x2 at 112 by 2\n"
			    "c1 6 0.0.0.0:2013->10.1.0.2:1013 x7 at 304 by 2\n");
	delete_run(fixture, 1, 2000); /* nothing */
	delete_run(fixture, 2004, 2);
	delete_run(fixture, 2001, 65535 - 2000);
	assert_string_equal(runs(fixture).data, "");
}

static void a_run_is_cut_for_its_own_address_protocol_and_container_alone(void **state)
{
	struct fixture *fixture = *state;
	struct store_port other = port(2001, 0);

	put_container(fixture, "c1", 9);
	put_run(fixture, 2000, 3, 100);
	other.protocol = 17;
	assert_int_equal(store_port_delete(fixture->store, &other, NULL), 0);
	other.protocol = 6;
	other.host_addr = "127.0.0.1";
	assert_int_equal(store_port_delete(fixture->store, &other, NULL), 0);
	other.host_addr = "0.0.0.0";
	other.container = "c2";
	assert_int_equal(store_port_delete(fixture->store, &other, NULL), 0);
	assert_int_equal(store_ports_delete_all(fixture->store, "c2", NULL), 0);
	assert_string_equal(runs(fixture).data,
			    "c1 6 0.0.0.0:2000->10.1.0.2:1000 x3 at 100 by 2\n");
	assert_int_equal(store_ports_delete_all(fixture->store, "c1", NULL), 0);
	assert_string_equal(runs(fixture).data, "");
}

static void the_first_layout_of_ports_is_brought_up_to_date(void **state)
{
	struct fixture *fixture = *state;

	put_container(fixture, "c1", 9);
	store_close(fixture->store);
	fixture->store = NULL;
	run_sql(fixture->run, "run.db",
		"DROP TABLE port; CREATE TABLE port(container TEXT NOT NULL, protocol INTEGER,"
		" host_addr TEXT, host_port INTEGER, container_port INTEGER, target TEXT,"
		" position INTEGER, PRIMARY KEY(container, protocol, host_addr, host_port))"
		" WITHOUT ROWID; PRAGMA user_version = 1;"
		"INSERT INTO port VALUES('c1', 6, '0.0.0.0', 8080, 80, '10.1.0.2', 2);"
		"INSERT INTO port VALUES('c1', 6, '0.0.0.0', 8081, 81, '10.1.0.2', 1);");
	open_store(fixture);
	put_run(fixture, 3000, 2, 3);
	reopen(fixture);
	assert_string_equal(runs(fixture).data, "c1 6 0.0.0.0:8081->10.1.0.2:81\n"
						"c1 6 0.0.0.0:8080->10.1.0.2:80\n"
						"c1 6 0.0.0.0:3000->10.1.0.2:2000 x2 at 3 by 2\n");
	assert_memory_equal(containers(fixture).data, "c1 ", 3);
}

static void up_changes_nothing_but_that_and_the_port_of_the_resolver(void **state)
{
	struct fixture *fixture = *state;

	put_container(fixture, "c1", 9);
	assert_int_equal(store_container_up(fixture->store, "c1", 50000, NULL), 0);
	assert_string_equal(containers(fixture).data, "c1 web {\"Name\":\"web\"} h up=1 "
						      "inode=68719476735 dns=50000 9.7\n");
}

static void what_is_rolled_back_was_never_there(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(store_begin(fixture->store, NULL), 0);
	put_container(fixture, "c1", 9);
	store_rollback(fixture->store);
	store_rollback(fixture->store); /* nothing is open: no harm */
	assert_string_equal(containers(fixture).data, "");
	assert_int_equal(store_begin(fixture->store, NULL), 0);
	put_container(fixture, "c1", 9);
	reopen(fixture); /* as a crash does */
	assert_string_equal(containers(fixture).data, "");
}

static void what_is_committed_stays(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(store_begin(fixture->store, NULL), 0);
	put_container(fixture, "c1", 9);
	assert_int_equal(store_commit(fixture->store, NULL), 0);
	reopen(fixture);
	assert_memory_equal(containers(fixture).data, "c1 ", 3);
}

static struct text kept_of(struct fixture *fixture, const char *network)
{
	struct text text = { 0 };

	assert_int_equal(store_kept_each(fixture->store, network, on_lease, &text, NULL), 0);
	return text;
}

/* Ends the walk at the first. */
static int is_first(const char *addr, const char *holder, void *data, struct error *error)
{
	(void)addr, (void)error;
	assert_string_equal(holder, data);
	return -EEXIST;
}

static void addresses_asked_for_by_hand_survive_a_reboot_and_are_bounded(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;
	char oldest[] = "c2";

	assert_int_equal(store_kept_put(store, "n1", "10.1.0.2", "web", NULL), 0);
	assert_int_equal(store_kept_put(store, "n1", "fd00::2", "web", NULL), 0);
	assert_int_equal(store_kept_put(store, "n2", "10.2.0.2", "web", NULL), 0);
	assert_int_equal(store_kept_put(store, "n1", "10.1.0.3", "db", NULL), 0);
	assert_int_equal(store_kept_put(store, "n1", "10.1.0.3", "db", NULL), 0);
	run_sql(fixture->run, "run.db", "UPDATE boot SET id = 'another'");
	reopen(fixture);
	store = fixture->store;
	assert_string_equal(kept_of(fixture, "n1").data,
			    "10.1.0.2 web\nfd00::2 web\n10.1.0.3 db\n");
	/* one of each family for each holder, one holder for each address */
	assert_int_equal(store_kept_put(store, "n1", "10.1.0.4", "web", NULL), 0);
	assert_int_equal(store_kept_put(store, "n1", "10.1.0.3", "other", NULL), 0);
	assert_string_equal(kept_of(fixture, "n1").data,
			    "fd00::2 web\n10.1.0.3 other\n10.1.0.4 web\n");
	assert_string_equal(kept_of(fixture, "n2").data, "10.2.0.2 web\n");
	assert_int_equal(store_kept_forget_network(store, "n1", NULL), 0);
	assert_string_equal(kept_of(fixture, "n1").data, "");
	assert_string_equal(kept_of(fixture, "n2").data, "10.2.0.2 web\n");
	run_sql(fixture->state, "networks.db",
		"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 4096)"
		" INSERT INTO kept SELECT 'n3', '10.3.' || n, 'c' || n FROM c");
	assert_int_equal(store_kept_put(store, "n3", "10.4.0.1", "newest", NULL), 0);
	assert_int_equal(store_kept_each(store, "n3", is_first, oldest, NULL), -EEXIST);
	assert_string_equal(kept_of(fixture, "n2").data, "10.2.0.2 web\n");
}

static void a_network_goes_with_what_was_kept_on_it_or_not_at_all(void **state)
{
	struct fixture *fixture = *state;
	char path[128];
	sqlite3 *db;

	put_network(fixture, "z", "first", "{}");
	put_network(fixture, "a", "second", "{}");
	assert_int_equal(store_kept_put(fixture->store, "z", "10.1.0.2", "web", NULL), 0);
	assert_int_equal(store_kept_put(fixture->store, "a", "10.2.0.2", "web", NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/networks.db", fixture->state);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_true(store_network_remove(fixture->store, "z", NULL) < 0);
	(void)sqlite3_close(db);
	assert_string_equal(networks(fixture).data, "z first {} 5.6\na second {} 5.6\n");
	assert_string_equal(kept_of(fixture, "z").data, "10.1.0.2 web\n");
	assert_int_equal(store_network_remove(fixture->store, "z", NULL), 0);
	assert_string_equal(networks(fixture).data, "a second {} 5.6\n");
	assert_string_equal(kept_of(fixture, "z").data, "");
	assert_string_equal(kept_of(fixture, "a").data, "10.2.0.2 web\n");
}

static void a_database_of_networks_without_kept_addresses_is_brought_up_to_date(void **state)
{
	struct fixture *fixture = *state;

	store_close(fixture->store);
	fixture->store = NULL;
	run_sql(fixture->state, "networks.db", "DROP TABLE kept; PRAGMA user_version = 1");
	open_store(fixture);
	assert_int_equal(store_kept_put(fixture->store, "n1", "10.1.0.2", "web", NULL), 0);
	reopen(fixture);
	assert_string_equal(kept_of(fixture, "n1").data, "10.1.0.2 web\n");
}

/* "id " for each. */
static void on_change(const char *id, void *data)
{
	append(data, "%s ", id);
}

static void who_watches_is_told_of_each_record_that_changes(void **state)
{
	struct fixture *fixture = *state;
	struct store_figures before[2], after[2];
	struct store_port run = port(9000, 0);
	struct text text = { 0 };

	put_container(fixture, "c1", 1); /* nobody watches */
	store_figures(fixture->store, &before[0], &before[1]);
	store_watch_changes(fixture->store, on_change, &text);
	put_network(fixture, "n1", "n", "{}");
	put_container(fixture, "c2", 2);
	put_endpoint(fixture, "e1", 1);
	put_run(fixture, 9000, 2, 1);
	assert_string_equal(text.data, "n1 c2 c1 c1 ");
	text.len = 0;
	assert_int_equal(store_container_up(fixture->store, "c2", 5, NULL), 0);
	assert_int_equal(store_container_move(fixture->store, "c2", "c3", NULL), 0);
	assert_int_equal(store_port_delete(fixture->store, &run, NULL), 0);
	assert_int_equal(store_container_delete(fixture->store, "c3", NULL), 0);
	assert_int_equal(store_network_delete(fixture->store, "n1", NULL), 0);
	assert_non_null(strstr(text.data, "c2 c2 c3 c1 "));
	assert_non_null(strstr(text.data, "c3 n1 "));
	store_figures(fixture->store, &after[0], &after[1]);
	assert_int_equal(after[0].generation, before[0].generation + 2);
	assert_true(after[1].generation > before[1].generation);
	text.len = 0;
	text.data[0] = '\0';
	store_watch_changes(fixture->store, NULL, NULL);
	put_network(fixture, "n2", "n", "{}");
	assert_string_equal(text.data, "");
}

static void leases_are_remembered_until_their_network_goes(void **state)
{
	struct fixture *fixture = *state;
	struct text leases = { 0 };

	assert_int_equal(store_lease_remember(fixture->store, "n1", "10.1.0.2", "web", NULL), 0);
	assert_int_equal(store_lease_remember(fixture->store, "n1", "10.1.0.2", "db", NULL), 0);
	assert_int_equal(store_lease_remember(fixture->store, "n2", "10.2.0.2", "web", NULL), 0);
	assert_int_equal(store_leases_each(fixture->store, "n1", on_lease, &leases, NULL), 0);
	assert_string_equal(leases.data, "10.1.0.2 db\n");
	assert_int_equal(store_lease_forget_network(fixture->store, "n1", NULL), 0);
	leases = (struct text) { 0 };
	assert_int_equal(store_leases_each(fixture->store, "n1", on_lease, &leases, NULL), 0);
	assert_int_equal(store_leases_each(fixture->store, "n2", on_lease, &leases, NULL), 0);
	assert_string_equal(leases.data, "10.2.0.2 web\n");
}

static off_t size_of_run_journal(const struct fixture *fixture)
{
	char path[128];
	struct stat file;

	(void)snprintf(path, sizeof(path), "%s/run.journal", fixture->run);
	assert_int_equal(stat(path, &file), 0);
	return file.st_size;
}

/* One row changes all along, a hundred kilobytes of journal in each of twenty lives. */
static void a_journal_is_begun_anew_however_short_its_writers_live(void **state)
{
	struct fixture *fixture = *state;

	for (int life = 0; life < 20; life++) {
		for (int i = 0; i < 500; i++)
			assert_int_equal(store_lease_remember(fixture->store, "n1", "10.1.0.2",
							      i % 2 ? "web" : "db", NULL),
					 0);
		reopen(fixture);
	}
	assert_in_range(size_of_run_journal(fixture), 1, 512 * 1024);
}

static void another_boot_empties_what_described_the_last_one(void **state)
{
	struct fixture *fixture = *state;

	put_container(fixture, "c1", 9);
	put_network(fixture, "n", "net", "{}");
	store_close(fixture->store);
	fixture->store = NULL;
	run_sql(fixture->run, "run.db", "UPDATE boot SET id = 'another'");
	open_store(fixture);
	assert_string_equal(containers(fixture).data, "");
	assert_string_equal(networks(fixture).data, "n net {} 5.6\n");
	put_container(fixture, "c2", 9);
	reopen(fixture);
	assert_memory_equal(containers(fixture).data, "c2 ", 3);
}

static void refuse_layout(struct fixture *fixture, const char *dir, const char *file)
{
	struct error error = { 0 };
	struct store *store = NULL;

	store_close(fixture->store);
	fixture->store = NULL;
	run_sql(dir, file, "PRAGMA user_version = 99");
	assert_true(store_open(fixture->state, fixture->run, &store, &error) < 0);
	assert_null(store);
	assert_non_null(strstr(error.text, file));
	assert_non_null(strstr(error.text, "99"));
}

static void an_unknown_layout_of_the_networks_is_refused(void **state)
{
	struct fixture *fixture = *state;

	refuse_layout(fixture, fixture->state, "networks.db");
}

static void an_unknown_layout_of_the_run_database_is_refused(void **state)
{
	struct fixture *fixture = *state;

	refuse_layout(fixture, fixture->run, "run.db");
}

static void a_folder_that_is_not_there_is_named(void **state)
{
	struct fixture *fixture = *state;
	struct error error = { 0 };
	struct store *store = NULL;

	assert_true(store_open("/nonexistent/netd", fixture->run, &store, &error) < 0);
	assert_null(store);
	assert_non_null(strstr(error.text, "/nonexistent/netd/networks.db"));
}

static void a_reader_beside_us_stops_no_change(void **state)
{
	struct fixture *fixture = *state;
	char path[128];
	sqlite3 *db;

	(void)snprintf(path, sizeof(path), "%s/run.db", fixture->run);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db, "BEGIN; SELECT count(*) FROM container", NULL, NULL, NULL),
		SQLITE_OK);
	put_container(fixture, "c1", 9);
	(void)sqlite3_close(db);
}

static int stop_at_once(const struct store_container *row, void *data, struct error *error)
{
	(void)row, (void)error;
	++*(int *)data;
	return -E2BIG;
}

static void a_callback_that_fails_ends_the_walk_and_leaves_no_lock(void **state)
{
	struct fixture *fixture = *state;
	int n = 0;

	put_container(fixture, "c1", 1);
	put_container(fixture, "c2", 2);
	assert_int_equal(store_containers_each(fixture->store, stop_at_once, &n, NULL), -E2BIG);
	assert_int_equal(n, 1);
	put_container(fixture, "c3", 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(networks_come_back_in_the_order_they_were_made_in),
		TEST(a_network_goes_with_what_was_kept_on_it_or_not_at_all),
		TEST(a_name_that_is_taken_is_refused_and_nothing_is_replaced),
		TEST(a_container_comes_back_with_all_it_had),
		TEST(a_container_goes_with_its_endpoints_and_ports),
		TEST(a_container_takes_all_it_has_along_to_another_id),
		TEST(ports_taken_out_of_runs_leave_the_rest_in_its_place),
		TEST(a_run_is_cut_for_its_own_address_protocol_and_container_alone),
		TEST(the_first_layout_of_ports_is_brought_up_to_date),
		TEST(up_changes_nothing_but_that_and_the_port_of_the_resolver),
		TEST(what_is_rolled_back_was_never_there),
		TEST(what_is_committed_stays),
		TEST(addresses_asked_for_by_hand_survive_a_reboot_and_are_bounded),
		TEST(a_database_of_networks_without_kept_addresses_is_brought_up_to_date),
		TEST(who_watches_is_told_of_each_record_that_changes),
		TEST(leases_are_remembered_until_their_network_goes),
		TEST(a_journal_is_begun_anew_however_short_its_writers_live),
		TEST(another_boot_empties_what_described_the_last_one),
		TEST(an_unknown_layout_of_the_networks_is_refused),
		TEST(an_unknown_layout_of_the_run_database_is_refused),
		TEST(a_folder_that_is_not_there_is_named),
		TEST(a_reader_beside_us_stops_no_change),
		TEST(a_callback_that_fails_ends_the_walk_and_leaves_no_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
