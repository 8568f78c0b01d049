// SPDX-License-Identifier: GPL-2.0-or-later
// store.c - what must outlive the process: networks on disk, endpoints on tmpfs (SQLite)
#include "store/store.h"

#include "base/cleanup.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_CONTAINER_PUT,
	STATEMENT_CONTAINER_UP,
	STATEMENT_CONTAINER_DELETE,
	STATEMENT_CONTAINER_DELETE_ENDPOINTS,
	STATEMENT_CONTAINER_DELETE_PORTS,
	STATEMENT_CONTAINERS,
	STATEMENT_ENDPOINT_PUT,
	STATEMENT_ENDPOINT_DELETE,
	STATEMENT_ENDPOINTS,
	STATEMENT_PORT_PUT,
	STATEMENT_PORT_DELETE,
	STATEMENT_PORTS,
	STATEMENT_LEASE_PUT,
	STATEMENT_LEASE_FORGET,
	STATEMENT_LEASES,
	STATEMENT_NETWORK_PUT, /* from here on: the state database */
	STATEMENT_NETWORK_DELETE,
	STATEMENT_NETWORKS,
	STATEMENT_N,
};

static const char *const statement_text[STATEMENT_N] = {
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",
	[STATEMENT_CONTAINER_PUT] =
		"INSERT OR REPLACE INTO container(id, name, body, hostname, up, netns_inode,"
		" dns_port, created_s, created_ns) VALUES(?,?,?,?,?,?,?,?,?)",
	[STATEMENT_CONTAINER_UP] = "UPDATE container SET up = 1, dns_port = ? WHERE id = ?",
	[STATEMENT_CONTAINER_DELETE] = "DELETE FROM container WHERE id = ?",
	[STATEMENT_CONTAINER_DELETE_ENDPOINTS] = "DELETE FROM endpoint WHERE container = ?",
	[STATEMENT_CONTAINER_DELETE_PORTS] = "DELETE FROM port WHERE container = ?",
	[STATEMENT_CONTAINERS] = "SELECT id, name, body, hostname, up, netns_inode, dns_port,"
				 " created_s, created_ns FROM container"
				 " ORDER BY created_s, created_ns",
	[STATEMENT_ENDPOINT_PUT] =
		"INSERT OR REPLACE INTO endpoint(id, container, network, settings, ip4, ip6, mac,"
		" ifname, host_ifname, position) VALUES(?,?,?,?,?,?,?,?,?,?)",
	[STATEMENT_ENDPOINT_DELETE] = "DELETE FROM endpoint WHERE container = ? AND id = ?",
	[STATEMENT_ENDPOINTS] = "SELECT id, container, network, settings, ip4, ip6, mac, ifname,"
				" host_ifname, position FROM endpoint WHERE container = ?"
				" ORDER BY position",
	[STATEMENT_PORT_PUT] = "INSERT OR REPLACE INTO port(container, protocol, host_addr,"
			       " host_port, container_port, target, position)"
			       " VALUES(?,?,?,?,?,?,?)",
	[STATEMENT_PORT_DELETE] = "DELETE FROM port WHERE container = ? AND protocol = ? AND"
				  " host_addr = ? AND host_port = ?",
	[STATEMENT_PORTS] = "SELECT container, protocol, host_addr, host_port, container_port,"
			    " target, position FROM port WHERE container = ?"
			    " ORDER BY position",
	[STATEMENT_LEASE_PUT] = "INSERT OR REPLACE INTO lease(network, addr, holder) VALUES(?,?,?)",
	[STATEMENT_LEASE_FORGET] = "DELETE FROM lease WHERE network = ?",
	[STATEMENT_LEASES] = "SELECT addr, holder FROM lease WHERE network = ?",
	/* A row keeps its place, and one that says the same is not written: no wait for the disk.
	 */
	[STATEMENT_NETWORK_PUT] =
		"INSERT INTO network(id, name, body, created_s, created_ns) VALUES(?,?,?,?,?)"
		" ON CONFLICT(id) DO UPDATE SET name = excluded.name, body = excluded.body"
		" WHERE name <> excluded.name OR body <> excluded.body",
	[STATEMENT_NETWORK_DELETE] = "DELETE FROM network WHERE id = ?",
	[STATEMENT_NETWORKS] = "SELECT id, name, body, created_s, created_ns FROM network"
			       " ORDER BY rowid",
};

struct store {
	sqlite3 *run, *state;
	sqlite3_stmt *statements[STATEMENT_N];
};

/* A later layout gets the next number and a migration; an unknown one is refused. */
#define STORE_LAYOUT 1

static const char state_schema[] =
	"CREATE TABLE IF NOT EXISTS network(id TEXT UNIQUE NOT NULL, name TEXT UNIQUE NOT NULL,"
	" body TEXT NOT NULL, created_s INTEGER, created_ns INTEGER);";

/* One b-tree per table, keyed by what it is asked for: each page more that a change touches is two
 * more writes in every attach. Names are unique because the engine sees to it. */
static const char run_schema[] =
	"CREATE TABLE IF NOT EXISTS boot(id TEXT);"
	"CREATE TABLE IF NOT EXISTS container(id TEXT PRIMARY KEY, name TEXT NOT NULL,"
	" body TEXT NOT NULL, hostname TEXT, up INTEGER, netns_inode INTEGER, dns_port INTEGER,"
	" created_s INTEGER, created_ns INTEGER) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS endpoint(container TEXT NOT NULL, id TEXT NOT NULL,"
	" network TEXT NOT NULL, settings TEXT NOT NULL, ip4 TEXT, ip6 TEXT, mac TEXT,"
	" ifname TEXT, host_ifname TEXT, position INTEGER, PRIMARY KEY(container, id))"
	" WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS port(container TEXT NOT NULL, protocol INTEGER,"
	" host_addr TEXT, host_port INTEGER, container_port INTEGER, target TEXT,"
	" position INTEGER,"
	" PRIMARY KEY(container, protocol, host_addr, host_port)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS lease(network TEXT, addr TEXT, holder TEXT,"
	" PRIMARY KEY(network, addr)) WITHOUT ROWID;";

static int store_error(sqlite3 *db, struct error *error, const char *what)
{
	return error_set(error, ERROR_INTERNAL, "cannot %s: %s", what, sqlite3_errmsg(db));
}

static int run_sql(sqlite3 *db, const char *sql, struct error *error, const char *what)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_error(db, error, what);
	return 0;
}

static int first_text(sqlite3 *db, const char *sql, char *ret_text, size_t size)
{
	sqlite3_stmt *statement;
	int err = -ENOENT;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return -EIO;
	if (sqlite3_step(statement) == SQLITE_ROW) {
		(void)snprintf(ret_text, size, "%s", sqlite3_column_text(statement, 0));
		err = 0;
	}
	(void)sqlite3_finalize(statement);
	return err;
}

static int open_database(const char *dir, const char *file, const char *pragmas, const char *schema,
			 sqlite3 **ret_db, struct error *error)
{
	char path[4096], layout[16] = "", sql[64];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (sqlite3_open(path, ret_db) != SQLITE_OK)
		return store_error(*ret_db, error, path);
	(void)sqlite3_busy_timeout(*ret_db, 1000); /* an administrator may be reading */
	if (run_sql(*ret_db, pragmas, error, path) < 0)
		return -EIO;
	if (first_text(*ret_db, "PRAGMA user_version", layout, sizeof(layout)) < 0)
		return store_error(*ret_db, error, path);
	if (strcmp(layout, "0") != 0 && atoi(layout) != STORE_LAYOUT)
		return error_set(error, ERROR_INTERNAL,
				 "%s has layout %s and this netd knows layout %d only: it was "
				 "written by another version of netd",
				 path, layout, STORE_LAYOUT);
	if (run_sql(*ret_db, schema, error, path) < 0)
		return -EIO;
	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", STORE_LAYOUT);
	return run_sql(*ret_db, sql, error, path);
}

static int read_boot_id(char ret_id[static 64])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!file)
		return -errno;
	if (!fgets(ret_id, 64, file))
		ret_id[0] = '\0';
	(void)fclose(file); /* read only */
	ret_id[strcspn(ret_id, "\n")] = '\0';
	return 0;
}

/* What the run database describes died with the kernel that held it. */
static int forget_other_boot(struct store *store, struct error *error)
{
	char now[64] = "", then[64] = "", sql[256];

	if (read_boot_id(now) < 0)
		return 0;
	if (first_text(store->run, "SELECT id FROM boot", then, sizeof(then)) == 0 &&
	    strcmp(now, then) == 0)
		return 0;
	(void)snprintf(sql, sizeof(sql),
		       "BEGIN; DELETE FROM port; DELETE FROM endpoint; DELETE FROM container;"
		       "DELETE FROM lease; DELETE FROM boot; INSERT INTO boot VALUES('%s'); COMMIT",
		       now);
	return run_sql(store->run, sql, error, "empty the run database after a reboot");
}

static int prepare_all(struct store *store, struct error *error)
{
	for (int i = 0; i < STATEMENT_N; i++) {
		sqlite3 *db = i >= STATEMENT_NETWORK_PUT ? store->state : store->run;

		if (sqlite3_prepare_v3(db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &store->statements[i], NULL) != SQLITE_OK)
			return store_error(db, error, statement_text[i]);
	}
	return 0;
}

int store_open(const char *state_dir, const char *run_dir, struct store **ret_store,
	       struct error *error)
{
	struct store *store = calloc(1, sizeof(*store));
	int err;

	if (!store)
		return error_system(error, -ENOMEM, "cannot open the store");
	/* Networks: on disk before the reply. Run state: tmpfs keeps no promise beyond the kernel's
	 * life, so only the process's death has to be survived, which needs no fsync. */
	err = open_database(state_dir, "networks.db",
			    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;", state_schema,
			    &store->state, error);
	if (err == 0)
		err = open_database(run_dir, "run.db",
				    "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
				    "PRAGMA cache_size = -512;",
				    run_schema, &store->run, error);
	if (err == 0)
		err = forget_other_boot(store, error);
	if (err == 0)
		err = prepare_all(store, error);
	if (err < 0) {
		store_close(store);
		return err;
	}
	*ret_store = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (int i = 0; i < STATEMENT_N; i++)
		(void)sqlite3_finalize(store->statements[i]);
	(void)sqlite3_close(store->run);
	(void)sqlite3_close(store->state);
	free(store);
}

/* Binds by letter: s text, i integer. Text must live until the statement has run. */
static sqlite3_stmt *bind_values(struct store *store, enum statement which, const char *format,
				 va_list args)
{
	sqlite3_stmt *statement = store->statements[which];

	for (int i = 0; format[i]; i++) {
		if (format[i] == 's')
			(void)sqlite3_bind_text(statement, i + 1, va_arg(args, const char *), -1,
						SQLITE_STATIC);
		else
			(void)sqlite3_bind_int64(statement, i + 1, va_arg(args, int64_t));
	}
	return statement;
}

static int run_statement(struct store *store, struct error *error, enum statement which,
			 const char *format, ...)
{
	sqlite3_stmt *statement;
	va_list args;
	int result;

	va_start(args, format);
	statement = bind_values(store, which, format, args);
	va_end(args);
	result = sqlite3_step(statement);
	(void)sqlite3_reset(statement); /* repeats the error of the step */
	(void)sqlite3_clear_bindings(statement);
	if (result != SQLITE_DONE && result != SQLITE_ROW)
		return store_error(sqlite3_db_handle(statement), error, "write the store");
	return 0;
}

int store_begin(struct store *store, struct error *error)
{
	return run_statement(store, error, STATEMENT_BEGIN, "");
}

int store_commit(struct store *store, struct error *error)
{
	return run_statement(store, error, STATEMENT_COMMIT, "");
}

void store_rollback(struct store *store)
{
	if (!sqlite3_get_autocommit(store->run))
		(void)run_statement(store, NULL, STATEMENT_ROLLBACK,
				    ""); /* closing rolls back too */
}

int store_network_put(struct store *store, const struct store_network *network, struct error *error)
{
	return run_statement(store, error, STATEMENT_NETWORK_PUT, "sssii", network->id,
			     network->name, network->body, network->created_s, network->created_ns);
}

int store_network_delete(struct store *store, const char *id, struct error *error)
{
	return run_statement(store, error, STATEMENT_NETWORK_DELETE, "s", id);
}

int store_container_put(struct store *store, const struct store_container *container,
			struct error *error)
{
	return run_statement(store, error, STATEMENT_CONTAINER_PUT, "ssssiiiii", container->id,
			     container->name, container->body, container->hostname,
			     (int64_t)container->up, (int64_t)container->netns_inode,
			     (int64_t)container->dns_port, container->created_s,
			     container->created_ns);
}

int store_container_up(struct store *store, const char *id, uint16_t dns_port, struct error *error)
{
	return run_statement(store, error, STATEMENT_CONTAINER_UP, "is", (int64_t)dns_port, id);
}

int store_container_delete(struct store *store, const char *id, struct error *error)
{
	int err = run_statement(store, error, STATEMENT_CONTAINER_DELETE_PORTS, "s", id);

	if (err == 0)
		err = run_statement(store, error, STATEMENT_CONTAINER_DELETE_ENDPOINTS, "s", id);
	if (err == 0)
		err = run_statement(store, error, STATEMENT_CONTAINER_DELETE, "s", id);
	return err;
}

int store_endpoint_put(struct store *store, const struct store_endpoint *endpoint,
		       struct error *error)
{
	return run_statement(store, error, STATEMENT_ENDPOINT_PUT, "sssssssssi", endpoint->id,
			     endpoint->container, endpoint->network, endpoint->settings,
			     endpoint->ip4, endpoint->ip6, endpoint->mac, endpoint->ifname,
			     endpoint->host_ifname, endpoint->position);
}

int store_endpoint_delete(struct store *store, const char *container, const char *id,
			  struct error *error)
{
	return run_statement(store, error, STATEMENT_ENDPOINT_DELETE, "ss", container, id);
}

int store_port_put(struct store *store, const struct store_port *port, struct error *error)
{
	return run_statement(store, error, STATEMENT_PORT_PUT, "sisiisi", port->container,
			     (int64_t)port->protocol, port->host_addr, (int64_t)port->host_port,
			     (int64_t)port->container_port, port->target, port->position);
}

int store_port_delete(struct store *store, const struct store_port *port, struct error *error)
{
	return run_statement(store, error, STATEMENT_PORT_DELETE, "sisi", port->container,
			     (int64_t)port->protocol, port->host_addr, (int64_t)port->host_port);
}

int store_lease_remember(struct store *store, const char *network, const char *addr,
			 const char *holder, struct error *error)
{
	return run_statement(store, error, STATEMENT_LEASE_PUT, "sss", network, addr, holder);
}

int store_lease_forget_network(struct store *store, const char *network, struct error *error)
{
	return run_statement(store, error, STATEMENT_LEASE_FORGET, "s", network);
}

static const char *column_text(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text ? text : "";
}

/* Steps through a query; row decodes one row and calls the caller's each. */
static int each_row(struct store *store, enum statement which, const char *key,
		    int (*row)(sqlite3_stmt *statement, const void *each, void *data,
			       struct error *error),
		    const void *each, void *data, struct error *error)
{
	sqlite3_stmt *statement = store->statements[which];
	int result = SQLITE_DONE, err = 0;

	if (key)
		(void)sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
	while (err == 0 && (result = sqlite3_step(statement)) == SQLITE_ROW)
		err = row(statement, each, data, error);
	if (err == 0 && result != SQLITE_DONE)
		err = store_error(sqlite3_db_handle(statement), error, "read the store");
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return err;
}

/* Function pointers do not fit into void *, so each query's callback travels inside one of these.
 */
struct each_network {
	int (*call)(const struct store_network *network, void *data, struct error *error);
};
struct each_container {
	int (*call)(const struct store_container *container, void *data, struct error *error);
};
struct each_endpoint {
	int (*call)(const struct store_endpoint *endpoint, void *data, struct error *error);
};
struct each_port {
	int (*call)(const struct store_port *port, void *data, struct error *error);
};
struct each_lease {
	int (*call)(const char *addr, const char *holder, void *data, struct error *error);
};

static int row_network(sqlite3_stmt *row, const void *each, void *data, struct error *error)
{
	struct store_network network = {
		.id = column_text(row, 0),
		.name = column_text(row, 1),
		.body = column_text(row, 2),
		.created_s = sqlite3_column_int64(row, 3),
		.created_ns = sqlite3_column_int64(row, 4),
	};

	return ((const struct each_network *)each)->call(&network, data, error);
}

int store_networks_each(struct store *store,
			int (*each)(const struct store_network *network, void *data,
				    struct error *error),
			void *data, struct error *error)
{
	struct each_network call = { each };

	return each_row(store, STATEMENT_NETWORKS, NULL, row_network, &call, data, error);
}

static int row_container(sqlite3_stmt *row, const void *each, void *data, struct error *error)
{
	struct store_container container = {
		.id = column_text(row, 0),
		.name = column_text(row, 1),
		.body = column_text(row, 2),
		.hostname = column_text(row, 3),
		.up = sqlite3_column_int(row, 4) != 0,
		.netns_inode = (uint64_t)sqlite3_column_int64(row, 5),
		.dns_port = (uint16_t)sqlite3_column_int(row, 6),
		.created_s = sqlite3_column_int64(row, 7),
		.created_ns = sqlite3_column_int64(row, 8),
	};

	return ((const struct each_container *)each)->call(&container, data, error);
}

int store_containers_each(struct store *store,
			  int (*each)(const struct store_container *container, void *data,
				      struct error *error),
			  void *data, struct error *error)
{
	struct each_container call = { each };

	return each_row(store, STATEMENT_CONTAINERS, NULL, row_container, &call, data, error);
}

static int row_endpoint(sqlite3_stmt *row, const void *each, void *data, struct error *error)
{
	struct store_endpoint endpoint = {
		.id = column_text(row, 0),
		.container = column_text(row, 1),
		.network = column_text(row, 2),
		.settings = column_text(row, 3),
		.ip4 = column_text(row, 4),
		.ip6 = column_text(row, 5),
		.mac = column_text(row, 6),
		.ifname = column_text(row, 7),
		.host_ifname = column_text(row, 8),
		.position = sqlite3_column_int64(row, 9),
	};

	return ((const struct each_endpoint *)each)->call(&endpoint, data, error);
}

int store_endpoints_each(struct store *store, const char *container,
			 int (*each)(const struct store_endpoint *endpoint, void *data,
				     struct error *error),
			 void *data, struct error *error)
{
	struct each_endpoint call = { each };

	return each_row(store, STATEMENT_ENDPOINTS, container, row_endpoint, &call, data, error);
}

static int row_port(sqlite3_stmt *row, const void *each, void *data, struct error *error)
{
	struct store_port port = {
		.container = column_text(row, 0),
		.protocol = sqlite3_column_int(row, 1),
		.host_addr = column_text(row, 2),
		.host_port = sqlite3_column_int(row, 3),
		.container_port = sqlite3_column_int(row, 4),
		.target = column_text(row, 5),
		.position = sqlite3_column_int64(row, 6),
	};

	return ((const struct each_port *)each)->call(&port, data, error);
}

int store_ports_each(struct store *store, const char *container,
		     int (*each)(const struct store_port *port, void *data, struct error *error),
		     void *data, struct error *error)
{
	struct each_port call = { each };

	return each_row(store, STATEMENT_PORTS, container, row_port, &call, data, error);
}

static int row_lease(sqlite3_stmt *row, const void *each, void *data, struct error *error)
{
	return ((const struct each_lease *)each)
		->call(column_text(row, 0), column_text(row, 1), data, error);
}

int store_leases_each(struct store *store, const char *network,
		      int (*each)(const char *addr, const char *holder, void *data,
				  struct error *error),
		      void *data, struct error *error)
{
	struct each_lease call = { each };

	return each_row(store, STATEMENT_LEASES, network, row_lease, &call, data, error);
}
