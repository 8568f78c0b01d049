// SPDX-License-Identifier: GPL-2.0-or-later
// store.c - the two databases: opened, their layout, and the statements that store_rows.c runs
#include "store/store_parts.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const statement_text[STATEMENT_N] = {
	[STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
	[STATEMENT_COMMIT] = "COMMIT",
	[STATEMENT_ROLLBACK] = "ROLLBACK",
	[STATEMENT_CONTAINER_PUT] =
		"INSERT OR REPLACE INTO container(id, name, body, hostname, up, netns_inode,"
		" dns_port, created_s, created_ns) VALUES(?,?,?,?,?,?,?,?,?)",
	[STATEMENT_CONTAINER_UP] = "UPDATE container SET up = 1, dns_port = ? WHERE id = ?",
	[STATEMENT_CONTAINER_MOVE] = "UPDATE container SET id = ? WHERE id = ?",
	[STATEMENT_CONTAINER_MOVE_ENDPOINTS] =
		"UPDATE endpoint SET container = ? WHERE container = ?",
	[STATEMENT_CONTAINER_MOVE_PORTS] = "UPDATE port SET container = ? WHERE container = ?",
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
	[STATEMENT_PORT_PUT] =
		"INSERT OR REPLACE INTO port(container, protocol, host_addr, host_port,"
		" container_port, target, position, n, step)"
		" VALUES(?,?,?,?,?,?,?,?,?)",
	[STATEMENT_PORT_DELETE] = "DELETE FROM port WHERE container = ? AND protocol = ? AND"
				  " host_addr = ? AND host_port >= ? AND host_port < ?",
	[STATEMENT_PORT_SHORTEN] = "UPDATE port SET n = ? WHERE container = ? AND protocol = ?"
				   " AND host_addr = ? AND host_port = ?",
	[STATEMENT_PORT_BEFORE] = "SELECT container, protocol, host_addr, host_port,"
				  " container_port, target, position, n, step FROM port"
				  " WHERE container = ? AND protocol = ? AND host_addr = ? AND"
				  " host_port < ? ORDER BY host_port DESC LIMIT 1",
	[STATEMENT_PORTS] = "SELECT container, protocol, host_addr, host_port, container_port,"
			    " target, position, n, step FROM port WHERE container = ?"
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
	[STATEMENT_KEPT_PUT] = "INSERT INTO kept(network, addr, holder) VALUES(?,?,?)"
			       " ON CONFLICT(network, addr) DO UPDATE SET holder = excluded.holder"
			       " WHERE holder <> excluded.holder",
	[STATEMENT_KEPT_TRIM] =
		"DELETE FROM kept WHERE network = ?1 AND ((holder = ?3 AND addr <> ?2 AND"
		" (instr(addr, ':') > 0) = (instr(?2, ':') > 0)) OR rowid NOT IN"
		" (SELECT rowid FROM kept WHERE network = ?1 ORDER BY rowid DESC LIMIT ?4))",
	[STATEMENT_KEPT_FORGET] = "DELETE FROM kept WHERE network = ?",
	[STATEMENT_KEPT] = "SELECT addr, holder FROM kept WHERE network = ? ORDER BY rowid",
};

/* A later layout gets the next number and a migration; an unknown one is refused. */
#define STATE_LAYOUT 2
#define RUN_LAYOUT 2

#define KEPT_TABLE                                                                                 \
	"CREATE TABLE IF NOT EXISTS kept(network TEXT NOT NULL, addr TEXT NOT NULL,"               \
	" holder TEXT NOT NULL, UNIQUE(network, addr));"

static const char state_schema[] =
	"CREATE TABLE IF NOT EXISTS network(id TEXT UNIQUE NOT NULL, name TEXT UNIQUE NOT NULL,"
	" body TEXT NOT NULL, created_s INTEGER, created_ns INTEGER);" KEPT_TABLE;

/* Addresses asked for by hand were not kept. */
static const char state_migration[] = KEPT_TABLE;

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
	" position INTEGER, n INTEGER NOT NULL DEFAULT 1, step INTEGER NOT NULL DEFAULT 1,"
	" PRIMARY KEY(container, protocol, host_addr, host_port)) WITHOUT ROWID;"
	"CREATE TABLE IF NOT EXISTS lease(network TEXT, addr TEXT, holder TEXT,"
	" PRIMARY KEY(network, addr)) WITHOUT ROWID;";

/* A port had a row of its own. */
static const char run_migration[] = "ALTER TABLE port ADD COLUMN n INTEGER NOT NULL DEFAULT 1;"
				    "ALTER TABLE port ADD COLUMN step INTEGER NOT NULL DEFAULT 1;";

struct database {
	const char *file, *pragmas, *schema;
	int layout;
	const char *migration; /* from the layout before; NULL: there was none */
};

/* Networks: on disk before the reply. Run state: tmpfs keeps no promise beyond the kernel's life,
 * so only the process's death has to be survived, which needs no fsync. */
static const struct database state_database = {
	.file = "networks.db",
	.pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
	.schema = state_schema,
	.layout = STATE_LAYOUT,
	.migration = state_migration,
};
static const struct database run_database = {
	.file = "run.db",
	.pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
		   "PRAGMA cache_size = -512;",
	.schema = run_schema,
	.layout = RUN_LAYOUT,
	.migration = run_migration,
};

int store_error(sqlite3 *db, struct error *error, const char *what)
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
	int result, err = -ENOENT;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return -EIO;
	result = sqlite3_step(statement);
	if (result == SQLITE_ROW) {
		(void)snprintf(ret_text, size, "%s", sqlite3_column_text(statement, 0));
		err = 0;
	} else if (result != SQLITE_DONE) {
		err = -EIO;
	}
	(void)sqlite3_finalize(statement);
	return err;
}

/* Brings the tables to the layout of today, or none of them. Of those that have it nothing is
 * written: a start needs no room. */
static int lay_out(sqlite3 *db, const struct database *database, const char *path, const char *what,
		   struct error *error)
{
	char layout[16] = "", sql[64];
	int found, err = 0;

	if (first_text(db, "PRAGMA user_version", layout, sizeof(layout)) < 0)
		return store_error(db, error, what);
	found = (int)strtol(layout, NULL, 10); /* 0: it is new */
	if (found != 0 && found != database->layout &&
	    !(database->migration && found == database->layout - 1))
		return error_set(error, ERROR_INTERNAL,
				 "%s has layout %s and this netd knows layout %d only: it was "
				 "written by another version of netd",
				 path, layout, database->layout);
	if (found == database->layout)
		return 0;
	(void)snprintf(sql, sizeof(sql), "PRAGMA user_version = %d; COMMIT", database->layout);
	err = run_sql(db, "BEGIN IMMEDIATE", error, what);
	if (err == 0)
		err = run_sql(db, found == 0 ? database->schema : database->migration, error, what);
	if (err == 0)
		err = run_sql(db, sql, error, what);
	return err; /* closing rolls back */
}

/* SQLite gives the files it makes beside a database that one's mode. Whose containers there are is
 * root's to know, and the API's to tell. */
static int make_private(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	return fd < 0 || fchmod(fd, 0600) < 0 ? -errno : 0;
}

/* Those of a netd that left them open to all. */
static void make_others_private(const char *path)
{
	static const char *const suffixes[] = { "-wal", "-shm" };
	char other[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		(void)snprintf(other, sizeof(other), "%s%s", path, suffixes[i]);
		(void)chmod(other, 0600); /* mostly there is none */
	}
}

static int open_database(const char *dir, const struct database *database, sqlite3 **ret_db,
			 struct error *error)
{
	char what[4096] = "open ", *path = what + strlen(what);

	(void)snprintf(path, sizeof(what) - strlen(what), "%s/%s", dir, database->file);
	if (make_private(path) == 0) /* else SQLite says why */
		make_others_private(path);
	if (sqlite3_open(path, ret_db) != SQLITE_OK)
		return store_error(*ret_db, error, what);
	(void)sqlite3_busy_timeout(*ret_db, 1000); /* an administrator may be reading */
	if (run_sql(*ret_db, database->pragmas, error, what) < 0)
		return -EIO;
	return lay_out(*ret_db, database, path, what, error);
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
	int err;

	if (read_boot_id(now) < 0)
		return 0;
	err = first_text(store->run, "SELECT id FROM boot", then, sizeof(then));
	if (err < 0 && err != -ENOENT) /* one that cannot be read is not another one */
		return store_error(store->run, error, "read which boot the run database is of");
	if (err == 0 && strcmp(now, then) == 0)
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
	err = open_database(state_dir, &state_database, &store->state, error);
	if (err == 0)
		err = open_database(run_dir, &run_database, &store->run, error);
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

void store_make_room(struct store *store)
{
	/* A reader beside us, or no room for this either: nothing is lost. */
	(void)sqlite3_wal_checkpoint_v2(store->run, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
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
