// SPDX-License-Identifier: GPL-2.0-or-later
// store_parts.h - what the files of store/ share: the connections and their prepared statements
#pragma once

#include "store/store.h"

#include <sqlite3.h>

enum statement {
	STATEMENT_BEGIN,
	STATEMENT_COMMIT,
	STATEMENT_ROLLBACK,
	STATEMENT_CONTAINER_PUT,
	STATEMENT_CONTAINER_UP,
	STATEMENT_CONTAINER_MOVE,
	STATEMENT_CONTAINER_MOVE_ENDPOINTS,
	STATEMENT_CONTAINER_MOVE_PORTS,
	STATEMENT_CONTAINER_DELETE,
	STATEMENT_CONTAINER_DELETE_ENDPOINTS,
	STATEMENT_CONTAINER_DELETE_PORTS,
	STATEMENT_CONTAINERS,
	STATEMENT_ENDPOINT_PUT,
	STATEMENT_ENDPOINT_DELETE,
	STATEMENT_ENDPOINTS,
	STATEMENT_PORT_PUT,
	STATEMENT_PORT_DELETE,
	STATEMENT_PORT_SHORTEN,
	STATEMENT_PORT_BEFORE,
	STATEMENT_PORTS,
	STATEMENT_LEASE_PUT,
	STATEMENT_LEASE_FORGET,
	STATEMENT_LEASES,
	STATEMENT_NETWORK_PUT, /* from here on: the state database */
	STATEMENT_NETWORK_DELETE,
	STATEMENT_NETWORKS,
	STATEMENT_N,
};

struct store {
	sqlite3 *run, *state;
	sqlite3_stmt *statements[STATEMENT_N];
};

/* What SQLite says after "cannot what: ". Returns the code. */
int store_error(sqlite3 *db, struct error *error, const char *what);
