// SPDX-License-Identifier: GPL-2.0-or-later
// ports_record.c - published ports in the store, as runs
#include "base/cleanup.h"
#include "base/grow.h"
#include "engine/wire/wire.h"

#include <errno.h>
#include <stdlib.h>

/* Theory of operation. A published range is thousands of ports and one thing to remember, so the
 * store holds runs: rows of ports that follow one another. A range is published port by port, each
 * on every address it is published on, so runs of two families alternate, and one of each is kept
 * open. A run says from which position on and in which steps its ports stand among the container's,
 * so they come back in their order. */

/* first and last point into the container's array, which does not change while runs are made of
 * it. */
struct run {
	const struct port *first, *last; /* NULL: no run is open */
	int n;
	int64_t step;
};

static bool run_goes_on(const struct run *run, const struct port *port)
{
	const struct port *last = run->last;

	/* The second port sets the step. From then on each has to be as far from the one before. */
	return last && port->protocol == last->protocol && port->host_port == last->host_port + 1 &&
	       port->container_port == last->container_port + 1 &&
	       (run->n == 1 || port - last == run->step) &&
	       addr_equal(&port->host_addr, &last->host_addr) &&
	       addr_equal(&port->target, &last->target);
}

typedef int (*run_function)(struct store *store, const struct store_port *row, struct error *error);

/* Writes one run as a row, or deletes its row. A row holds text and numbers, as an administrator
 * reads them. */
static int run_end(struct engine *engine, const struct container *container,
		   const struct port *ports, const struct run *run, int64_t position,
		   run_function function, struct error *error)
{
	char host_addr[ADDR_STR_MAX], target[ADDR_STR_MAX];
	struct store_port row;

	if (!run->first)
		return 0;
	row = (struct store_port) {
		.container = container->spec.id,
		.protocol = run->first->protocol,
		.host_addr = addr_print(&run->first->host_addr, host_addr),
		.host_port = run->first->host_port,
		.container_port = run->first->container_port,
		.n = run->n,
		.target = addr_print(&run->first->target, target),
		.position = position + (run->first - ports),
		.step = run->step,
	};
	return function(engine->store, &row, error);
}

/* Calls function for each run of ports[first..n). */
static int each_run(struct engine *engine, const struct container *container,
		    const struct port *ports, size_t first, size_t n, int64_t position,
		    run_function function, struct error *error)
{
	/* Two runs are open, one of each family, because a range on every address alternates
	 * between them. A step of 2 is how such a run finds its ports among the others again. */
	struct run runs[2] = { 0 };
	int err = 0;

	for (size_t i = first; err == 0 && i < n; i++) {
		const struct port *port = &ports[i];
		struct run *run = &runs[port->host_addr.family == AF_INET6];

		if (run_goes_on(run, port)) {
			run->step = port - run->last;
			run->last = port;
			run->n++;
			continue;
		}
		/* The run that is open ends here and the port begins a new one. NULL first means
		 * that there was none. */
		err = run_end(engine, container, ports, run, position, function, error);
		*run = (struct run) { .first = port, .last = port, .n = 1, .step = 1 };
	}
	for (size_t i = 0; err == 0 && i < ARRAY_SIZE(runs); i++)
		err = run_end(engine, container, ports, &runs[i], position, function, error);
	return err;
}

/* Rows for ports[first..n). position is where the first of all ports stands: positions grow for
 * ever, so ports that come later come behind. */
int ports_record(struct engine *engine, const struct container *container, size_t first,
		 int64_t position, struct error *error)
{
	return each_run(engine, container, container->ports, first, container->n_ports, position,
			store_port_put, error);
}

/* All rows of a container again. It is for changes that touch many ports, where the runs come out
 * differently. */
int ports_record_anew(struct engine *engine, const struct container *container,
		      const struct port *ports, int64_t position, struct error *error)
{
	const struct container_runtime *runtime = runtime_of(container);
	/* The old rows and the new ones are in the caller's transaction, so the store never shows
	 * a container without its ports. */
	int err = store_ports_delete_all(engine->store, container->spec.id, error);

	if (err == 0)
		err = each_run(engine, container, ports, 0, container->n_ports, position,
			       store_port_put, error);
	/* Parked ones come behind, and keep their order among themselves. */
	if (err == 0)
		err = each_run(engine, container, runtime->parked, 0, runtime->n_parked,
			       position + (int64_t)container->n_ports, store_port_put, error);
	return err;
}

/* Deletes the rows of ports[first..n). The same ports make the same runs, so the rows are found by
 * what is in them. */
int ports_record_forget(struct engine *engine, const struct container *container, size_t first,
			struct error *error)
{
	return each_run(engine, container, container->ports, first, container->n_ports, 0,
			store_port_delete, error);
}

/* Ports as they are read, in runs, before they are put in order. */
struct placed_port {
	struct port port;
	int64_t position;
};

struct placed_ports {
	struct placed_port *items;
	size_t n, room;
};

/* Turns one row back into ports, each with its position. */
static int read_run(const struct store_port *row, void *data, struct error *error)
{
	struct placed_ports *ports = data;
	struct placed_port *items = NULL;
	struct port port = { .protocol = (uint8_t)row->protocol };

	/* A row is read from disk. What it says is checked before it is used as a number of array
	 * items. */
	if (row->n > 0 && row->n <= UINT16_MAX) {
		items = grow(ports->items, &ports->room, ports->n + (size_t)row->n, sizeof(*items));
		if (!items)
			return error_system(error, -ENOMEM, "cannot load the ports");
	}
	if (!items || addr_parse(row->host_addr, &port.host_addr) < 0 ||
	    (row->target[0] && addr_parse(row->target, &port.target) < 0)) {
		ports->items = items ? items : ports->items;
		return error_set(error, ERROR_INTERNAL, "port %d cannot be loaded", row->host_port);
	}
	ports->items = items;
	for (int i = 0; i < row->n; i++) {
		port.host_port = (uint16_t)(row->host_port + i);
		port.container_port = (uint16_t)(row->container_port + i);
		items[ports->n++] = (struct placed_port) { port, row->position + i * row->step };
	}
	return 0;
}

/* No subtraction: positions have 64 bits. */
static int compare_positions(const void *left, const void *right)
{
	const struct placed_port *a = left, *b = right;

	return (a->position > b->position) - (a->position < b->position);
}

/* At a start: the container gets its ports in the order that they had, without sockets. */
int ports_record_load(struct engine *engine, struct container *container, struct error *error)
{
	struct placed_ports ports = { 0 };
	struct port_index reserved = { 0 };
	int err = store_ports_each(engine->store, container->spec.id, read_run, &ports, error);

	/* Runs come in any order and interleave. The positions put them back as they were. */
	if (ports.n > 0)
		qsort(ports.items, ports.n, sizeof(*ports.items), compare_positions);
	if (err == 0 && ports_asked_reserved(container, &reserved) < 0)
		err = error_system(error, -ENOMEM, "cannot load the ports");
	for (size_t i = 0; err == 0 && i < ports.n; i++) {
		err = ports_restore(container, &ports.items[i].port, &reserved);
		if (err < 0)
			(void)error_system(error, err, "port %u cannot be loaded",
					   ports.items[i].port.host_port);
	}
	port_index_done(&reserved);
	free(ports.items);
	return err;
}
