// SPDX-License-Identifier: GPL-2.0-or-later
// store_rows.c - rows put, deleted and read, each by a prepared statement
#include "store/store_parts.h"

#include "base/addr.h"
#include "base/limits.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Each change is one prepared statement, run by run_statement: its values are
 * bound, the statement runs, and when it has changed a row it becomes a line of the journal, by its
 * name and with the same values. So whatever is written here can be replayed. Reads are queries
 * that call a function for each row; the texts of a row are SQLite's and valid during that call
 * only. */

/* By letter: s text, i integer. Text must live until the statement has run. */
static size_t read_values(const char *format, va_list args,
			  struct journal_value ret_values[static JOURNAL_VALUES_MAX])
{
	size_t n = strlen(format);

	for (size_t i = 0; i < n; i++) {
		ret_values[i] = (struct journal_value) { .kind = JOURNAL_NUMBER };
		if (format[i] == 's') {
			ret_values[i].text = va_arg(args, const char *);
			ret_values[i].kind = ret_values[i].text ? JOURNAL_TEXT : JOURNAL_NULL;
		} else {
			ret_values[i].number = va_arg(args, int64_t);
		}
	}
	return n;
}

/* Texts are not copied: the bindings are cleared before they can go. A value of NULL is bound by
 * not being bound: the bindings were cleared before. */
static void bind_values(sqlite3_stmt *statement, const struct journal_value *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (values[i].kind == JOURNAL_TEXT)
			(void)sqlite3_bind_text(statement, (int)i + 1, values[i].text, -1,
						SQLITE_STATIC);
		else if (values[i].kind == JOURNAL_NUMBER)
			(void)sqlite3_bind_int64(statement, (int)i + 1, values[i].number);
	}
}

/* For queries. The caller resets and clears it. */
static sqlite3_stmt *bind_statement(struct store *store, enum statement which, const char *format,
				    ...)
{
	struct journal_value values[JOURNAL_VALUES_MAX];
	va_list args;
	size_t n;

	va_start(args, format);
	n = read_values(format, args, values);
	va_end(args);
	bind_values(store->statements[which], values, n);
	return store->statements[which];
}

/* Statements of the state database come last. */
static struct half *half_of(struct store *store, enum statement which)
{
	return which >= STATEMENT_STATE ? &store->state : &store->run;
}

/* Within a transaction. What changes nothing is not in the journal. A statement that fails has
 * changed nothing; the counts are put back. */
static int step(struct store *store, struct half *half, enum statement which,
		const struct journal_value *values, size_t n, struct error *error)
{
	sqlite3_stmt *statement = store->statements[which];
	const struct journal_mark before = half->now;
	uint64_t n_before = half->n_changes;
	int result;

	/* SQLite has rolled back by itself. Everything after that in this transaction would be
	 * done at once and alone. */
	if (half->failed)
		return store_half_broken_off(error);
	bind_values(statement, values, n);
	result = sqlite3_step(statement);
	(void)sqlite3_reset(statement); /* repeats the error of the step */
	(void)sqlite3_clear_bindings(statement);
	if (result != SQLITE_DONE && result != SQLITE_ROW) {
		half->now = before;
		half->n_changes = n_before;
		/* Without memory or room SQLite may take all of it back, and what follows would be
		 * done at once, each by itself. */
		half->failed |= sqlite3_get_autocommit(half->db) != 0;
		return store_error(half->db, error, "write the store");
	}
	if (half->n_changes != n_before)
		journal_write_change(&half->pending, store_statement_name[which], values, n);
	return 0;
}

/* In the transaction that is open, or in one of its own. The letters of format stand for the
 * values, in the order of the statement's parameters. */
static int run_statement(struct store *store, struct error *error, enum statement which,
			 const char *format, ...)
{
	struct journal_value values[JOURNAL_VALUES_MAX];
	struct half *half = half_of(store, which);
	/* A single change is a transaction of its own, unless one is open already. */
	bool alone = !half->is_open;
	size_t n;
	va_list args;
	int err = alone ? store_half_begin(half, error) : 0;

	if (err < 0)
		return err;
	va_start(args, format);
	n = read_values(format, args, values);
	va_end(args);
	err = step(store, half, which, values, n, error);
	if (alone && err == 0)
		err = store_half_commit(half, error);
	/* The change failed, and nothing else was in the transaction. */
	else if (alone)
		store_half_rollback(half);
	return err;
}

/* Of the run half, which has the containers. store_begin_state is that of networks. */
int store_begin(struct store *store, struct error *error)
{
	return store_half_begin(&store->run, error);
}

int store_commit(struct store *store, struct error *error)
{
	return store_half_commit(&store->run, error);
}

void store_rollback(struct store *store)
{
	store_half_rollback(&store->run);
}

int store_begin_state(struct store *store, struct error *error)
{
	return store_half_begin(&store->state, error);
}

int store_commit_state(struct store *store, struct error *error)
{
	return store_half_commit(&store->state, error);
}

void store_rollback_state(struct store *store)
{
	store_half_rollback(&store->state);
}

/* Before it is: what fails may have been done in part. A snapshot that is being gathered writes
 * this object again. Telling of a change that fails in the end does no harm. */
static void tell_of_change(const struct store *store, const char *id)
{
	if (store->on_change)
		store->on_change(id, store->change_data);
}

/* On the disk when this returns, unless the caller has a transaction open. */
int store_network_put(struct store *store, const struct store_network *network, struct error *error)
{
	tell_of_change(store, network->id);
	return run_statement(store, error, STATEMENT_NETWORK_PUT, "sssii", network->id,
			     network->name, network->body, network->created_s, network->created_ns);
}

int store_network_delete(struct store *store, const char *id, struct error *error)
{
	tell_of_change(store, id);
	return run_statement(store, error, STATEMENT_NETWORK_DELETE, "s", id);
}

/* The network and its kept addresses in one transaction, of its own or of the caller's. */
int store_network_remove(struct store *store, const char *id, struct error *error)
{
	struct half *state = &store->state;
	bool alone = !state->is_open;
	int err = alone ? store_half_begin(state, error) : 0;

	if (err < 0)
		return err;
	/* The order does not matter: no row names another by a foreign key. */
	err = store_network_delete(store, id, error);
	if (err == 0)
		err = store_kept_forget_network(store, id, error);
	if (alone && err == 0)
		return store_half_commit(state, error);
	if (alone)
		store_half_rollback(state);
	return err;
}

int store_container_put(struct store *store, const struct store_container *container,
			struct error *error)
{
	tell_of_change(store, container->id);
	return run_statement(store, error, STATEMENT_CONTAINER_PUT, "ssssiiiii", container->id,
			     container->name, container->body, container->hostname,
			     (int64_t)container->up, (int64_t)container->netns_inode,
			     (int64_t)container->dns_port, container->created_s,
			     container->created_ns);
}

/* The promise: from here on a start keeps the container (engine/plan/steps_record.c). */
int store_container_up(struct store *store, const char *id, uint16_t dns_port, struct error *error)
{
	tell_of_change(store, id);
	return run_statement(store, error, STATEMENT_CONTAINER_UP, "is", (int64_t)dns_port, id);
}

/* The caller's transaction makes one change of these three. */
int store_container_move(struct store *store, const char *from, const char *to, struct error *error)
{
	int err;

	tell_of_change(store, from);
	tell_of_change(store, to);
	/* Children first: ports and endpoints name the container. */
	err = run_statement(store, error, STATEMENT_CONTAINER_MOVE_PORTS, "ss", to, from);
	if (err == 0)
		err = run_statement(store, error, STATEMENT_CONTAINER_MOVE_ENDPOINTS, "ss", to,
				    from);
	if (err == 0)
		err = run_statement(store, error, STATEMENT_CONTAINER_MOVE, "ss", to, from);
	return err;
}

/* As store_container_move. */
int store_container_delete(struct store *store, const char *id, struct error *error)
{
	int err;

	tell_of_change(store, id);
	/* In the same order, for the same reason. */
	err = run_statement(store, error, STATEMENT_CONTAINER_DELETE_PORTS, "s", id);
	if (err == 0)
		err = run_statement(store, error, STATEMENT_CONTAINER_DELETE_ENDPOINTS, "s", id);
	if (err == 0)
		err = run_statement(store, error, STATEMENT_CONTAINER_DELETE, "s", id);
	return err;
}

int store_endpoint_put(struct store *store, const struct store_endpoint *endpoint,
		       struct error *error)
{
	tell_of_change(store, endpoint->container);
	return run_statement(store, error, STATEMENT_ENDPOINT_PUT, "sssssssssi", endpoint->id,
			     endpoint->container, endpoint->network, endpoint->settings,
			     endpoint->ip[FAMILY_4], endpoint->ip[FAMILY_6], endpoint->mac,
			     endpoint->ifname, endpoint->host_ifname, endpoint->position);
}

/* container is a part of the key. */
int store_endpoint_delete(struct store *store, const char *container, const char *id,
			  struct error *error)
{
	tell_of_change(store, container);
	return run_statement(store, error, STATEMENT_ENDPOINT_DELETE, "ss", container, id);
}

/* A row is a run: n ports one behind the other, with the same settings. */
int store_port_put(struct store *store, const struct store_port *port, struct error *error)
{
	tell_of_change(store, port->container);
	return run_statement(store, error, STATEMENT_PORT_PUT, "sisiisiii", port->container,
			     (int64_t)port->protocol, port->host_addr, (int64_t)port->host_port,
			     (int64_t)port->container_port, port->target, port->position,
			     (int64_t)port->n, port->step);
}

/* In a transaction in which the caller puts others. */
int store_ports_delete_all(struct store *store, const char *container, struct error *error)
{
	tell_of_change(store, container);
	return run_statement(store, error, STATEMENT_CONTAINER_DELETE_PORTS, "s", container);
}

/* No snapshot shows leases, so nobody is told. */
int store_lease_remember(struct store *store, const char *network, const char *addr,
			 const char *holder, struct error *error)
{
	return run_statement(store, error, STATEMENT_LEASE_PUT, "sss", network, addr, holder);
}

int store_lease_forget_network(struct store *store, const char *network, struct error *error)
{
	return run_statement(store, error, STATEMENT_LEASE_FORGET, "s", network);
}

/* NULL and an empty text mean the same to callers: none. */
static const char *column_text(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text ? text : "";
}

/* Steps through a query; row decodes one row and calls the caller's each. An error of the
 * callback's ends the walk and is returned. A statement is not reset while it runs, so a callback
 * must not ask the same query. */
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
		err = store_row_is_whole(statement)
			      ? row(statement, each, data, error)
			      : error_system(error, -ENOMEM, "cannot read the store");
	if (err == 0 && result != SQLITE_DONE) {
		(void)store_error(sqlite3_db_handle(statement), error, "read the store");
		err = -EAGAIN; /* told from what is wrong with a row */
	}
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

/* The columns in the order of the query's text. */
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

/* body is the request as text. The engine decodes it. */
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

/* position is STORE_INTENT where the endpoint is an intent. */
static int row_endpoint(sqlite3_stmt *row, const void *each, void *data, struct error *error)
{
	struct store_endpoint endpoint = {
		.id = column_text(row, 0),
		.container = column_text(row, 1),
		.network = column_text(row, 2),
		.settings = column_text(row, 3),
		.ip = { column_text(row, 4), column_text(row, 5) },
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

/* Used for the list and for the run before. */
static struct store_port port_of(sqlite3_stmt *row)
{
	return (struct store_port) {
		.container = column_text(row, 0),
		.protocol = sqlite3_column_int(row, 1),
		.host_addr = column_text(row, 2),
		.host_port = sqlite3_column_int(row, 3),
		.container_port = sqlite3_column_int(row, 4),
		.target = column_text(row, 5),
		.position = sqlite3_column_int64(row, 6),
		.n = sqlite3_column_int(row, 7),
		.step = sqlite3_column_int64(row, 8),
	};
}

static int row_port(sqlite3_stmt *row, const void *each, void *data, struct error *error)
{
	struct store_port port = port_of(row);

	return ((const struct each_port *)each)->call(&port, data, error);
}

int store_ports_each(struct store *store, const char *container,
		     int (*each)(const struct store_port *port, void *data, struct error *error),
		     void *data, struct error *error)
{
	struct each_port call = { each };

	return each_row(store, STATEMENT_PORTS, container, row_port, &call, data, error);
}

/* The last run that starts before host_port: 1; 0: there is none. ret_target is memory for the one
 * text that the caller has not got himself. */
static int run_before(struct store *store, const struct store_port *at, int host_port,
		      struct store_port *ret_run, char ret_target[static ADDR_STR_MAX],
		      struct error *error)
{
	sqlite3_stmt *statement = bind_statement(store, STATEMENT_PORT_BEFORE, "sisi",
						 at->container, (int64_t)at->protocol,
						 at->host_addr, (int64_t)host_port);
	int result = sqlite3_step(statement), found = 0;

	if (result == SQLITE_ROW) {
		found = 1;
		*ret_run = port_of(statement);
		/* A row's texts go with the reset below. */
		(void)snprintf(ret_target, ADDR_STR_MAX, "%s", ret_run->target);
		ret_run->container = at->container;
		ret_run->host_addr = at->host_addr;
		ret_run->target = ret_target;
	} else if (result != SQLITE_DONE) {
		found = store_error(sqlite3_db_handle(statement), error, "read the store");
	}
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return found;
}

/* A run that goes on across host_port becomes two. Nothing is done when no run lies across it. */
static int split_run(struct store *store, const struct store_port *at, int host_port,
		     struct error *error)
{
	char target[ADDR_STR_MAX];
	struct store_port run = { 0 };
	int found = run_before(store, at, host_port, &run, target, error), n_left, err;

	if (found <= 0)
		return found;
	n_left = host_port - run.host_port;
	/* It ends before that port. */
	if (n_left >= run.n)
		return 0;
	err = run_statement(store, error, STATEMENT_PORT_SHORTEN, "isisi", (int64_t)n_left,
			    run.container, (int64_t)run.protocol, run.host_addr,
			    (int64_t)run.host_port);
	run.host_port = host_port;
	run.container_port += n_left;
	/* step is what position grows by from one port of the run to the next. */
	run.position += n_left * run.step;
	run.n -= n_left;
	return err < 0 ? err : store_port_put(store, &run, error);
}

/* The row of a run may cover ports that stay, on either side. */
int store_port_delete(struct store *store, const struct store_port *port, struct error *error)
{
	int end = port->host_port + port->n;
	int err;

	tell_of_change(store, port->container);
	/* Then no run lies across either end, and what is deleted is whole runs. */
	err = split_run(store, port, port->host_port, error);
	if (err == 0)
		err = split_run(store, port, end, error);
	if (err < 0)
		return err;
	return run_statement(store, error, STATEMENT_PORT_DELETE, "sisii", port->container,
			     (int64_t)port->protocol, port->host_addr, (int64_t)port->host_port,
			     (int64_t)end);
}

/* Leases and kept addresses have the same two columns. */
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

/* Put and trimmed in one transaction. KEPT_TRIM takes away what the holder had before in this
 * family, and the oldest beyond LEASE_MEMORIES_MAX. */
int store_kept_put(struct store *store, const char *network, const char *addr, const char *holder,
		   struct error *error)
{
	struct half *state = &store->state;
	int err = store_half_begin(state, error);

	if (err < 0)
		return err;
	err = run_statement(store, error, STATEMENT_KEPT_PUT, "sss", network, addr, holder);
	/* An address that its holder had all along costs no write and no sync: it is asked for at
	 * each attach. */
	if (err == 0 && state->n_changes > 0)
		err = run_statement(store, error, STATEMENT_KEPT_TRIM, "sssi", network, addr,
				    holder, (int64_t)LEASE_MEMORIES_MAX);
	if (err == 0)
		return store_half_commit(state, error);
	store_half_rollback(state);
	return err;
}

/* Without trimming: the backup it comes from was trimmed. */
int store_kept_add(struct store *store, const char *network, const char *addr, const char *holder,
		   struct error *error)
{
	return run_statement(store, error, STATEMENT_KEPT_PUT, "sss", network, addr, holder);
}

/* With the network, in its transaction. */
int store_kept_forget_network(struct store *store, const char *network, struct error *error)
{
	return run_statement(store, error, STATEMENT_KEPT_FORGET, "s", network);
}

int store_kept_each(struct store *store, const char *network,
		    int (*each)(const char *addr, const char *holder, void *data,
				struct error *error),
		    void *data, struct error *error)
{
	struct each_lease call = { each };

	return each_row(store, STATEMENT_KEPT, network, row_lease, &call, data, error);
}
