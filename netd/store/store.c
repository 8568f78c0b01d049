// SPDX-License-Identifier: GPL-2.0-or-later
// store.c - the two databases: their layout, the statements that store_rows.c runs, opened and
// closed
#include "store/store_parts.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const statement_text[STATEMENT_N] = {
	[STATEMENT_BOOT_PUT] = "INSERT INTO boot(id) VALUES(?)",
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

/* Another name for what a statement does would leave journals unread: there is a new one, then. */
const char *const statement_name[STATEMENT_N] = {
	[STATEMENT_BOOT_PUT] = "boot_put",
	[STATEMENT_CONTAINER_PUT] = "container_put",
	[STATEMENT_CONTAINER_UP] = "container_up",
	[STATEMENT_CONTAINER_MOVE] = "container_move",
	[STATEMENT_CONTAINER_MOVE_ENDPOINTS] = "container_move_endpoints",
	[STATEMENT_CONTAINER_MOVE_PORTS] = "container_move_ports",
	[STATEMENT_CONTAINER_DELETE] = "container_delete",
	[STATEMENT_CONTAINER_DELETE_ENDPOINTS] = "container_delete_endpoints",
	[STATEMENT_CONTAINER_DELETE_PORTS] = "container_delete_ports",
	[STATEMENT_ENDPOINT_PUT] = "endpoint_put",
	[STATEMENT_ENDPOINT_DELETE] = "endpoint_delete",
	[STATEMENT_PORT_PUT] = "port_put",
	[STATEMENT_PORT_DELETE] = "port_delete",
	[STATEMENT_PORT_SHORTEN] = "port_shorten",
	[STATEMENT_LEASE_PUT] = "lease_put",
	[STATEMENT_LEASE_FORGET] = "lease_forget",
	[STATEMENT_NETWORK_PUT] = "network_put",
	[STATEMENT_NETWORK_DELETE] = "network_delete",
	[STATEMENT_KEPT_PUT] = "kept_put",
	[STATEMENT_KEPT_TRIM] = "kept_trim",
	[STATEMENT_KEPT_FORGET] = "kept_forget",
};

/* A later layout gets the next number and a migration; an unknown one is refused. */
#define STATE_LAYOUT 3
#define RUN_LAYOUT 3

/* What there is after the last transaction, as the journal says it, too; and how often somebody
 * else than netd, which runs no triggers, has changed a row. */
#define COUNTER_TABLE                                                                              \
	"DROP TABLE IF EXISTS counter;"                                                            \
	"CREATE TABLE counter(generation INTEGER, n_rows INTEGER, digest INTEGER,"                 \
	" schema INTEGER, by_hand INTEGER);"                                                       \
	"INSERT INTO counter VALUES(0, 0, 0, 0, 0);"
#define BY_HAND(table)                                                                             \
	"DROP TRIGGER IF EXISTS " table "_by_hand;"                                                \
	"CREATE TRIGGER " table "_by_hand AFTER UPDATE ON " table                                  \
	" BEGIN UPDATE counter SET by_hand = by_hand + 1; END;"
#define STATE_COUNTER COUNTER_TABLE BY_HAND("network") BY_HAND("kept")
#define RUN_COUNTER COUNTER_TABLE BY_HAND("container") BY_HAND("endpoint") BY_HAND("port")

#define KEPT_TABLE                                                                                 \
	"CREATE TABLE IF NOT EXISTS kept(network TEXT NOT NULL, addr TEXT NOT NULL,"               \
	" holder TEXT NOT NULL, UNIQUE(network, addr));"

static const char state_schema[] =
	"CREATE TABLE IF NOT EXISTS network(id TEXT UNIQUE NOT NULL, name TEXT UNIQUE NOT NULL,"
	" body TEXT NOT NULL, created_s INTEGER, created_ns INTEGER);" KEPT_TABLE STATE_COUNTER;

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
	" PRIMARY KEY(network, addr)) WITHOUT ROWID;" RUN_COUNTER;

/* Networks: on disk before the reply. Run state: tmpfs keeps no promise beyond the kernel's life,
 * so only the process's death has to be survived, which needs no fsync. */
const struct database state_database = {
	.file = "networks.db",
	.journal = "networks.journal",
	.of = "networks",
	.pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
	.schema = state_schema,
	.layout = STATE_LAYOUT,
	.migrations = { KEPT_TABLE, STATE_COUNTER }, /* addresses were not kept, rows not counted */
	.first = STATEMENT_STATE,
	.end = STATEMENT_N,
	.tables = {
		{ "network", "SELECT id, name, body, created_s, created_ns FROM network ORDER BY rowid",
		  STATEMENT_NETWORK_PUT, 2 },
		{ "kept", "SELECT network, addr, holder FROM kept ORDER BY rowid", STATEMENT_KEPT_PUT,
		  -1 },
	},
	.durable = true,
};
const struct database run_database = {
	.file = "run.db",
	.journal = "run.journal",
	.of = "run",
	.pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
		   "PRAGMA cache_size = -512;",
	.schema = run_schema,
	.layout = RUN_LAYOUT,
	.migrations = { "ALTER TABLE port ADD COLUMN n INTEGER NOT NULL DEFAULT 1;"
			"ALTER TABLE port ADD COLUMN step INTEGER NOT NULL DEFAULT 1;",
			RUN_COUNTER }, /* a port had a row of its own, rows were not counted */
	.first = 0,
	.end = STATEMENT_STATE,
	.tables = {
		{ "container", "SELECT id, name, body, hostname, up, netns_inode, dns_port, created_s,"
		  " created_ns FROM container", STATEMENT_CONTAINER_PUT, 2 },
		{ "endpoint", "SELECT id, container, network, settings, ip4, ip6, mac, ifname,"
		  " host_ifname, position FROM endpoint", STATEMENT_ENDPOINT_PUT, 3 },
		{ "port", "SELECT container, protocol, host_addr, host_port, container_port, target,"
		  " position, n, step FROM port", STATEMENT_PORT_PUT, -1 },
		{ "lease", "SELECT network, addr, holder FROM lease", STATEMENT_LEASE_PUT, -1 },
	},
};

int store_error(sqlite3 *db, struct error *error, const char *what)
{
	if (!db || (sqlite3_errcode(db) & 0xff) == SQLITE_NOMEM ||
	    sqlite3_extended_errcode(db) == SQLITE_IOERR_NOMEM)
		return error_system(error, -ENOMEM, "cannot %s", what);
	return error_set(error, ERROR_INTERNAL, "cannot %s: %s", what, sqlite3_errmsg(db));
}

int store_run_sql(sqlite3 *db, const char *sql, struct error *error, const char *what)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return store_error(db, error, what);
	return 0;
}

void store_note(struct store *store, const char *format, ...)
{
	char note[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(note, sizeof(note), format, args);
	va_end(args);
	if (store->on_note)
		store->on_note(note);
	if (store->n_notes < NOTES_MAX)
		memcpy(store->notes[store->n_notes++], note, sizeof(note));
}

void store_watch_notes(struct store *store, void (*on_note)(const char *note))
{
	store->on_note = on_note;
	for (size_t i = 0; i < store->n_notes; i++)
		on_note(store->notes[i]);
}

const char *store_note_at(const struct store *store, size_t i)
{
	return i < store->n_notes ? store->notes[i] : NULL;
}

size_t store_n_healed(const struct store *store)
{
	return store->n_healed;
}

bool store_is_read_only(const struct store *store)
{
	return store->state.read_only;
}

bool store_run_is_new(const struct store *store)
{
	return store->run_is_new;
}

bool store_state_is_new(const struct store *store)
{
	return store->state_is_new;
}

static int read_boot_id(char ret_id[static 64])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	int err;

	if (!file)
		return -errno;
	err = fgets(ret_id, 64, file) ? 0 : errno ? -errno : -EIO;
	(void)fclose(file); /* read only */
	ret_id[strcspn(ret_id, "\n")] = '\0';
	return err;
}

/* A boot id is random: one that differs from this boot's in a character or two is this boot's, and
 * damaged; what says it is of another boot says so all along. */
static bool is_other_boot(const char *then, const char *now)
{
	size_t n_same = 0, n = strlen(then) < strlen(now) ? strlen(then) : strlen(now);

	for (size_t i = 0; i < n; i++)
		n_same += then[i] == now[i];
	return n > 0 && n_same * 2 < n;
}

static int first_text(sqlite3 *db, const char *sql, char *ret_text, size_t size)
{
	sqlite3_stmt *statement;
	int result, err = -ENOENT;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return -EIO;
	result = sqlite3_step(statement);
	if (result == SQLITE_ROW && half_row_is_whole(statement)) {
		const unsigned char *text = sqlite3_column_text(statement, 0);

		(void)snprintf(ret_text, size, "%s", text ? (const char *)text : "");
		err = 0;
	} else if (result != SQLITE_DONE) {
		err = -EIO;
	}
	(void)sqlite3_finalize(statement);
	return err;
}

/* What the run database describes died with the kernel that held it. */
static int forget_other_boot(struct store *store, struct error *error)
{
	static const char what[] = "empty the run database after a reboot";
	struct half *run = &store->run;
	char now[64] = "", then[64] = "", sql[256];
	int err;

	err = read_boot_id(now);
	if (err == -ENOENT) /* nobody can tell */
		return 0;
	if (err < 0)
		return error_system(error, err, "cannot read which boot this is");
	err = first_text(run->db, "SELECT id FROM boot", then, sizeof(then));
	if (err < 0 && err != -ENOENT) /* one that cannot be read is not another one */
		return store_error(run->db, error, "read which boot the run database is of");
	if (err == 0 && !is_other_boot(then, now))
		return 0;
	(void)snprintf(sql, sizeof(sql), "DELETE FROM boot; INSERT INTO boot VALUES('%s')", now);
	err = half_begin(run, error);
	if (err == 0 && then[0]) /* without an id: as old as what it describes */
		err = store_run_sql(run->db,
				    "DELETE FROM port; DELETE FROM endpoint;"
				    "DELETE FROM container; DELETE FROM lease",
				    error, what);
	if (err == 0)
		err = store_run_sql(run->db, sql, error, what);
	if (err == 0) {
		run->now.generation++;
		err = half_write_counter(run, error);
	}
	if (err == 0)
		err = store_run_sql(run->db, "COMMIT", error, what);
	if (err < 0) {
		half_rollback(run);
		return err;
	}
	run->kept = run->now;
	half_rollback(run);		  /* nothing is open: as before the next transaction */
	(void)journal_rewrite(run, NULL); /* else the next change tries */
	return 0;
}

static int prepare_all(struct store *store, struct error *error)
{
	for (int i = 0; i < STATEMENT_N; i++) {
		sqlite3 *db = i >= STATEMENT_STATE ? store->state.db : store->run.db;

		if (sqlite3_prepare_v3(db, statement_text[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &store->statements[i], NULL) != SQLITE_OK)
			return store_error(db, error, statement_text[i]);
	}
	return 0;
}

static void half_init(struct store *store, struct half *half, const struct database *database,
		      const char *dir)
{
	half->store = store;
	half->database = database;
	half->journal_fd = -1;
	(void)snprintf(half->dir, sizeof(half->dir), "%s", dir);
	half_path(half, database->file, "", half->path);
}

int store_open(const char *state_dir, const char *run_dir, struct store **ret_store,
	       struct error *error)
{
	struct store *store = calloc(1, sizeof(*store));
	int err;

	if (!store)
		return error_system(error, -ENOMEM, "cannot open the store");
	half_init(store, &store->state, &state_database, state_dir);
	half_init(store, &store->run, &run_database, run_dir);
	err = half_open_state(store, run_dir, error);
	if (err == 0)
		err = half_open(store, &store->run, error);
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

void store_watch_debt(struct store *store, void (*on_debt)(void *data), void *data)
{
	store->run.on_debt = store->state.on_debt = on_debt;
	store->run.debt_data = store->state.debt_data = data;
}

bool store_settle(struct store *store)
{
	int err = half_settle(&store->run, NULL);

	return half_settle(&store->state, NULL) == 0 && err == 0;
}

void store_make_room(struct store *store)
{
	/* A reader beside us, or no room for this either: nothing is lost. */
	(void)sqlite3_wal_checkpoint_v2(store->run.db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
}

static void half_close(struct half *half)
{
	for (int i = 0; i < TURN_N; i++)
		(void)sqlite3_finalize(half->turns[i]);
	(void)sqlite3_close(half->db);
	buf_done(&half->pending);
	cleanup_close(&half->journal_fd);
	if (half->read_only)
		half_drop_copy(half);
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (int i = 0; i < STATEMENT_N; i++)
		(void)sqlite3_finalize(store->statements[i]);
	half_close(&store->run);
	half_close(&store->state);
	free(store);
}
