// SPDX-License-Identifier: GPL-2.0-or-later
// store_tables.c - the layout of the two databases and the statements that store_rows.c runs on
// them
#include "store/store_parts.h"

/* Theory of operation. This is all of the SQL that changes or reads rows. Each statement that
 * changes rows has a name, by which the journal knows it; journals of years ago are replayed with
 * these statements, so a statement may be changed only in a way that does the same with the same
 * values. Tables change by a new layout and a migration to it. */

/* Order and number of parameters are those of the format strings in store_rows.c. */
const char *const store_statement_text[STATEMENT_N] = {
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
	/* ?1 network, ?2 the address that was just put, ?3 its holder, ?4 how many stay. An address
	 * with a colon is IPv6: each family has its own. */
	[STATEMENT_KEPT_TRIM] =
		"DELETE FROM kept WHERE network = ?1 AND ((holder = ?3 AND addr <> ?2 AND"
		" (instr(addr, ':') > 0) = (instr(?2, ':') > 0)) OR rowid NOT IN"
		" (SELECT rowid FROM kept WHERE network = ?1 ORDER BY rowid DESC LIMIT ?4))",
	[STATEMENT_KEPT_FORGET] = "DELETE FROM kept WHERE network = ?",
	[STATEMENT_KEPT] = "SELECT addr, holder FROM kept WHERE network = ? ORDER BY rowid",
};

/* Another name for what a statement does would leave journals unread: there is a new one, then. */
const char *const store_statement_name[STATEMENT_N] = {
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

/* A later layout gets the next number and a migration; an unknown one is refused. PRAGMA
 * user_version of a file says which of them it has. */
#define STATE_LAYOUT 3
#define RUN_LAYOUT 3

/* What there is after the last transaction, as the journal says it, too; and how often somebody
 * else than netd, which runs no triggers, has changed a row. */
#define COUNTER_TABLE                                                                              \
	"DROP TABLE IF EXISTS counter;"                                                            \
	"CREATE TABLE counter(generation INTEGER, n_rows INTEGER, digest INTEGER,"                 \
	" schema INTEGER, by_hand INTEGER);"                                                       \
	"INSERT INTO counter VALUES(0, 0, 0, 0, 0);"
/* Inserted and deleted rows show in their number. Only updates need a trigger. */
#define BY_HAND(table)                                                                             \
	"DROP TRIGGER IF EXISTS " table "_by_hand;"                                                \
	"CREATE TRIGGER " table "_by_hand AFTER UPDATE ON " table                                  \
	" BEGIN UPDATE counter SET by_hand = by_hand + 1; END;"
#define STATE_COUNTER COUNTER_TABLE BY_HAND("network") BY_HAND("kept")
/* lease has no trigger: a row of it that somebody changes is taken for damage, and comes back from
 * the journal. */
#define RUN_COUNTER COUNTER_TABLE BY_HAND("container") BY_HAND("endpoint") BY_HAND("port")

/* rowid is the order in which addresses were asked for. */
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
const struct database store_state_database = {
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
const struct database store_run_database = {
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
