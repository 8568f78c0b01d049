// SPDX-License-Identifier: GPL-2.0-or-later
// watch.c - orders come in, lines go out
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "trace/order.h"
#include "trace/symbol.h"
#include "tracer/tracer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. Whoever started it holds the other end of its standard input: when that is
 * closed, also because its holder was killed, the rest of the events is written and the process
 * ends. Events wait in the ring until those orders are read that came before them.
 *
 * The loop waits for orders and for the ring. Orders change maps that the programs read, so they
 * take effect at once. Events are read in batches: names of functions are looked up once for all of
 * a batch.
 *
 * What comes in is lines of text (order.c), what goes out is lines of JSON (event.c). Only this
 * file reads and writes them. */

/* orders: what was read and is not a whole line yet. out: lines that are not written yet. There
 * is one in the process. */
struct watch {
	struct tracer *tracer;
	struct record_flow flow;
	bool has_begun, is_over;
	struct buf orders, out;
	/* Read, and not written yet: their functions are looked up together. */
	struct event events[TRACE_BATCH];
	uint8_t bytes[TRACE_BATCH][TRACE_BYTES_MAX]; /* of packets; untouched where none are told */
	size_t n_events;
	/* first_ns: the moment that times are counted from. */
	uint64_t first_ns, n_written;
	struct symbols symbols;
};

/* --- numbers ---------------------------------------------------------------------------------- */

/* Some 40 ms, once for each place that is new. A file that cannot be read leaves places without
 * names. kallsyms_fd was opened while the process had the right to see addresses. */
static void look_up_functions(struct watch *watch)
{
	int fd = watch->tracer->kallsyms_fd;
	char text[TRACE_KALLSYMS_READ];
	ssize_t n = 0;

	if (fd >= 0 && lseek(fd, 0, SEEK_SET) == 0)
		while ((n = read(fd, text, sizeof(text))) > 0)
			symbol_feed(&watch->symbols, text, (size_t)n);
	symbol_end(&watch->symbols);
}

/* Of all processors. A value is a row of one struct for each processor. A value has room for all
 * possible processors, whether they are there or not. */
static int get_drop(const struct watch *watch, const struct record_drop *drop,
		    struct record_dropped *ret_all)
{
	static struct record_dropped each[TRACE_PROCESSORS_MAX]; /* large */
	int err = bpf_map_get(watch->tracer->maps.drops, drop, each);

	*ret_all = (struct record_dropped) { 0 };
	for (size_t i = 0; err == 0 && i < watch->tracer->n_processors; i++) {
		ret_all->n += each[i].n;
		/* The link's name is the same on all of them, or one is as good as another. */
		if (each[i].link[0] != '\0')
			memcpy(ret_all->link, each[i].link, sizeof(ret_all->link));
	}
	return err;
}

/* All of them, each with whatever it is by now. Names of functions first; a place that began while
 * they were looked up is told the next time, for it has no name yet, and would be another one
 * then. The answer to "tell": a line for each place, and one that says how many there were. 0,
 * or an error of the buffer. */
static int tell_drops(struct watch *watch)
{
	const int fd = watch->tracer->maps.drops;
	const uint32_t only = 0;
	struct record_flow flow = { 0 };
	struct record_dropped dropped;
	struct record_drop drop;
	int n = 0;

	for (const void *last = NULL; bpf_map_next(fd, last, &drop) == 0; last = &drop)
		symbol_ask(&watch->symbols, drop.location);
	if (watch->symbols.n_known < watch->symbols.n)
		look_up_functions(watch);
	for (const void *last = NULL; bpf_map_next(fd, last, &drop) == 0; last = &drop) {
		if (!symbol_is_settled(&watch->symbols, drop.location) ||
		    get_drop(watch, &drop, &dropped) < 0)
			continue;
		event_write_drop(&drop, &dropped, &watch->tracer->reasons,
				 symbol_name(&watch->symbols, drop.location), &watch->out);
		n++;
	}
	(void)bpf_map_get(watch->tracer->maps.flow, &only, &flow); /* nothing is lost then */
	buf_printf(&watch->out, "{\"Told\":%d,\"Uncounted\":%llu}\n", n,
		   (unsigned long long)flow.n_uncounted);
	return watch->out.err;
}

/* Some place of that namespace. Asked from the beginning each time. The key of the place is in
 * *drop afterwards. */
static bool find_drop(int fd, uint32_t netns, struct record_drop *drop)
{
	for (const void *last = NULL; bpf_map_next(fd, last, drop) == 0; last = drop)
		if (drop->netns == netns)
			return true;
	return false;
}

/* The namespace first, so that no place is begun anew. One that is removed while the rest is looked
 * at would lead back to the beginning, so each is looked for from there. What has no namespace any
 * more is not counted anew. */
static int forget(const struct watch *watch, uint32_t netns)
{
	const struct program_maps *maps = &watch->tracer->maps;
	struct record_drop drop;
	int err = bpf_map_remove(maps->netns, &netns);

	while (err == 0 && find_drop(maps->drops, netns, &drop))
		err = bpf_map_remove(maps->drops, &drop);
	return err == -ENOENT ? 0 : err;
}

/* --- orders ----------------------------------------------------------------------------------- */

/* Lines of words; order_read() has the grammar. 0, or a negative errno. */

/* An order that cannot be done ends the tracer: whoever started it would believe that it was
 * done. */

/* The struct in the map is replaced as a whole. The programs read it for each packet. */
static int set_flow(struct watch *watch)
{
	const uint32_t only = 0;

	return bpf_map_set(watch->tracer->maps.flow, &only, &watch->flow);
}

/* The first line that is written. "Without" names what this kernel does not tell. */
static void answer_go(struct watch *watch)
{
	buf_puts(&watch->out, "{\"Version\":1,\"Ready\":true");
	if (!watch->tracer->gives_reasons)
		buf_puts(&watch->out, ",\"Without\":\"this kernel does not say why it drops a "
				      "packet, as 5.17 does: "
				      "only in which of its functions\"");
	buf_puts(&watch->out, "}\n");
}

/* Of what the packets are first looked through for. The address goes into the map, and its bit into
 * the set that is asked first. A set with one bit for each of several addresses: no bit, no such
 * address, and no look at the map. */
static int set_address(struct watch *watch, const struct addr *addr)
{
	const uint32_t yes = 1;
	int err = bpf_map_set(watch->tracer->maps.address, addr->bytes, &yes);

	watch->flow.addresses |= RECORD_BIT(record_address_word(addr->bytes));
	watch->flow.ends |= watch->flow.addresses;
	/* Those that were told first count most. */
	return err < 0 && err != -E2BIG ? err : set_flow(watch);
}

/* -E2BIG: the map is full. htons(): programs compare ports as they are in packets. */
static int set_published(struct watch *watch, const struct order *order)
{
	struct record_end end = { .port = htons(order->port), .protocol = order->protocol };
	const uint32_t yes = 1;
	int err;

	memcpy(end.addr, order->addr.bytes, sizeof(end.addr));
	err = bpf_map_set(watch->tracer->maps.published, &end, &yes);
	watch->flow.has_published = 1;
	watch->flow.ends |= RECORD_BIT(record_address_word(end.addr));
	watch->flow.ports |= RECORD_BIT(end.port);
	/* Without room the packet is known behind NAT all the same. */
	return err < 0 && err != -E2BIG ? err : set_flow(watch);
}

/* Who follows a container has other maps than who follows a connection. The kinds of program differ
 * in what they can be told. program: of this tracer. */
static bool is_known(enum program_kind program, enum order_kind order)
{
	switch (order) {
	case ORDER_NETNS:
	case ORDER_GO:
		return true;
	case ORDER_ADDRESS:
		return program != PROGRAM_COUNT;
	case ORDER_FLOW:
		return program == PROGRAM_FLOW;
	case ORDER_OWN:
		return program == PROGRAM_FOLLOW || program == PROGRAM_DROPS;
	case ORDER_BYTES:
		return program == PROGRAM_DROPS;
	case ORDER_PUBLISHED:
	case ORDER_ONLY:
	case ORDER_PORT:
	case ORDER_PEER:
		return program == PROGRAM_FOLLOW;
	case ORDER_TELL:
	case ORDER_FORGET:
		return program == PROGRAM_COUNT;
	}
	return false;
}

/* -EINVAL: an order that is not for this program. The words of the failure are take_orders()'. */
static int follow(struct watch *watch, const struct order *order)
{
	const struct program_maps *maps = &watch->tracer->maps;
	const uint32_t yes = 1,
		       netns = order->kind == ORDER_OWN ? PROGRAM_NETNS_OWN : PROGRAM_NETNS_PASSED;
	int err;

	if (!is_known(watch->tracer->kind, order->kind))
		return -EINVAL;
	switch (order->kind) {
	case ORDER_OWN:
		watch->flow.own = order->netns;
		err = set_flow(watch);
		return err < 0 ? err : bpf_map_set(maps->netns, &order->netns, &netns);
	case ORDER_NETNS:
		return bpf_map_set(maps->netns, &order->netns, &netns);
	case ORDER_ADDRESS:
		return set_address(watch, &order->addr);
	case ORDER_FLOW:
		watch->flow.protocol = order->protocol;
		watch->flow.port = htons(order->port);
		return set_flow(watch);
	case ORDER_ONLY:
		watch->flow.protocol = order->protocol;
		return set_flow(watch);
	case ORDER_BYTES:
		watch->flow.n_bytes = order->n_bytes;
		return set_flow(watch);
	case ORDER_PORT:
		watch->flow.port = htons(order->port);
		return set_flow(watch);
	case ORDER_PEER:
		err = bpf_map_set(maps->peer, order->addr.bytes, &yes);
		watch->flow.has_peers = 1;
		return err < 0 ? err : set_flow(watch);
	case ORDER_PUBLISHED:
		return set_published(watch, order);
	case ORDER_TELL:
		return tell_drops(watch);
	case ORDER_FORGET:
		return forget(watch, order->netns);
	case ORDER_GO:
		if (!watch->has_begun)
			answer_go(watch);
		watch->has_begun = true;
		return 0;
	}
	return 0;
}

/* Whole lines only. Text of several orders may come in one read, and one order in two. */
static int take_orders(struct watch *watch, struct error *error)
{
	char *end;

	while (watch->orders.len > 0 &&
	       (end = memchr(watch->orders.data, '\n', watch->orders.len))) {
		struct order order;
		int err;

		*end = '\0';
		err = order_read(watch->orders.data, &order, error);
		if (err < 0)
			return err;
		err = follow(watch, &order);
		if (err < 0)
			return error_system(error, err, "cannot do \"%s\"", watch->orders.data);
		/* Consumed when it is done, so that the words of a failure can quote it. */
		buf_consume(&watch->orders, (size_t)(end - watch->orders.data) + 1);
	}
	if (watch->orders.len > TRACE_ORDER_MAX)
		return error_set(error, ERROR_INVALID, "an order has no end");
	return 0;
}

/* The end of the input is the end of the work, once the rest is written. EINTR: nothing was read,
 * and the end has not come. */
static int read_orders(struct watch *watch, struct error *error)
{
	char data[TRACE_ORDER_MAX];
	ssize_t n = read(STDIN_FILENO, data, sizeof(data));

	if (n < 0 && errno != EINTR)
		return error_system(error, -errno, "cannot read orders");
	watch->is_over = n == 0;
	if (n > 0)
		buf_append(&watch->orders, data, (size_t)n);
	if (watch->orders.err < 0)
		return error_system(error, watch->orders.err, "cannot read orders");
	return take_orders(watch, error);
}

/* --- events ----------------------------------------------------------------------------------- */

/* The ring is read by the same thread that handles orders. */

/* A callback of the ring. What cannot be read is left out. watch->events has room for TRACE_BATCH,
 * as many as one read of the ring gives. */
static void take_event(const uint8_t *data, size_t len, void *owner)
{
	struct watch *watch = owner;
	struct event *event = &watch->events[watch->n_events];

	if (event_read(data, len, &watch->first_ns, event) < 0)
		return;
	/* The ring's memory is the kernel's again before the event is written. */
	if (event->data)
		event->data = memcpy(watch->bytes[watch->n_events], event->data, event->n_data);
	watch->n_events++;
	if (event->point == LAYOUT_DROPPED)
		symbol_ask(&watch->symbols, event->location);
}

/* Blocks until all is written: who does not read holds this process and nobody else. The pipe's
 * reader is whoever started the tracer. */
static int write_out(struct watch *watch, struct error *error)
{
	struct buf *out = &watch->out;

	if (out->err < 0)
		return error_system(error, out->err, "cannot write what was seen");
	for (size_t at = 0; at < out->len;) {
		ssize_t n = write(STDOUT_FILENO, out->data + at, out->len - at);

		if (n < 0 && errno != EINTR)
			return error_system(error, -errno, "cannot write what was seen");
		at += n > 0 ? (size_t)n : 0;
	}
	out->len = 0;
	return 0;
}

/* What was before a drop does not wait for the name of its function, which may take long on a
 * machine that is busy. The line of a drop has the function's name. Symbols that are asked for are
 * looked up together. */
static int tell_event(struct watch *watch, const struct event *event, struct error *error)
{
	int err = 0;

	if (event->point == LAYOUT_DROPPED && watch->symbols.n_known < watch->symbols.n) {
		err = write_out(watch, error);
		look_up_functions(watch);
	}
	event_write(event, &watch->tracer->reasons, symbol_name(&watch->symbols, event->location),
		    &watch->out);
	return err;
}

/* Until the ring is empty. Less than a batch: the ring was empty at that moment. */
static int tell_events(struct watch *watch, struct error *error)
{
	size_t n;
	int err;

	do {
		watch->n_events = 0;
		n = bpf_ring_read(&watch->tracer->ring, TRACE_BATCH, take_event, watch);
		err = 0;
		for (size_t i = 0; err == 0 && i < watch->n_events; i++)
			err = tell_event(watch, &watch->events[i], error);
		watch->n_written += watch->n_events;
		if (err == 0)
			err = write_out(watch, error);
	} while (err == 0 && n == TRACE_BATCH);
	return err;
}

/* The last line: how many there were, and how many found no room. A reader knows by this line that
 * the output is whole. */
static int tell_end(struct watch *watch, struct error *error)
{
	const uint32_t only = 0;
	struct record_flow flow = { 0 };

	(void)bpf_map_get(watch->tracer->maps.flow, &only, &flow); /* it counts nothing then */
	buf_printf(&watch->out, "{\"Events\":%llu,\"Lost\":%u}\n",
		   (unsigned long long)watch->n_written, flow.n_lost);
	return write_out(watch, error);
}

/* Returns when the input has ended, or with an error. */
int tracer_watch(struct tracer *tracer, struct error *error)
{
	static struct watch watch; /* large, and one */
	const bool counts = tracer->kind == PROGRAM_COUNT;
	int err = 0;

	watch.tracer = tracer;
	while (err == 0 && !watch.is_over) {
		struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
					{ .fd = counts ? -1 : tracer->maps.events,
					  .events = POLLIN } };
		/* Nobody is woken for a packet of a container (write_output()). The programs of
		 * PROGRAM_FOLLOW write without waking: a wake-up for each packet would slow the
		 * packets down. */
		int64_t until_ms = tracer->kind == PROGRAM_FOLLOW ? deadline_after(TRACE_LOOK_MS)
								  : DEADLINE_NEVER;

		if (deadline_poll(fds, ARRAY_SIZE(fds), until_ms) < 0)
			continue;
		if (fds[0].revents)
			err = read_orders(&watch, error);
		if (err == 0)
			err = counts ? write_out(&watch, error) : tell_events(&watch, error);
	}
	if (err == 0)
		err = tell_end(&watch, error);
	buf_done(&watch.orders);
	buf_done(&watch.out);
	return err;
}
