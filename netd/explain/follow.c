// SPDX-License-Identifier: GPL-2.0-or-later
// follow.c - packets of one container as they come by, until nobody wants to see more
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/json_write.h"
#include "diag/followed.h"
#include "diag/followed_filter.h"
#include "explain/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. netd-trace is told whose packets are wanted, and filters them in the kernel.
 * What it says gets names from what was known when this began. Whoever started it holds the other
 * ends of standard input and output: when either is closed, also because its holder was killed,
 * this ends, and with it everything that it has in the kernel. */

struct following {
	const struct facts_container *of;
	const struct facts *facts;
	struct followed_filter filter;
	struct explain_trace *trace;
	struct followed followed;
	int out_fd;
	uint64_t n_told;
	bool is_over;
};

/* --- what netd-trace is told ------------------------------------------------------------------ */

static const char *const protocol_words[] = {
	[IPPROTO_TCP] = "tcp", [IPPROTO_UDP] = "udp", [IPPROTO_ICMP] = "icmp"
};

static void order_addr(struct buf *orders, const char *what, const struct addr *addr)
{
	if (addr_is_set(addr) && !addr_is_loopback(addr))
		buf_printf(orders, "%s %s\n", what, ADDR_STR(addr));
}

static void order_container(struct buf *orders, const char *what,
			    const struct facts_container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		for (enum family family = 0; family < FAMILY_N; family++)
			order_addr(orders, what, &container->endpoints[i].addr[family].addr);
}

/* What somebody gave it besides; link-local ones are those of others, too. */
static void order_inside(struct buf *orders, const struct facts_space *space)
{
	for (size_t i = 0; space && i < space->n_addrs; i++)
		if (!addr_is_link_local(&space->addrs[i].prefix.addr))
			order_addr(orders, "address", &space->addrs[i].prefix.addr);
}

static void order_published_at(struct buf *orders, const struct facts_port *port,
			       const struct addr *addr, uint16_t filter_port)
{
	for (unsigned int i = 0; i < port->count; i++)
		if (filter_port == 0 || filter_port == port->port + i ||
		    filter_port == port->host_port + i)
			buf_printf(orders, "published %s %s %u\n", protocol_words[port->protocol],
				   ADDR_STR(addr), port->host_port + i);
}

static void order_published(struct buf *orders, const struct following *following,
			    const struct facts_port *port)
{
	const struct followed_filter *filter = &following->filter;
	const struct facts_space *host = facts_space(following->facts, "host");

	if ((port->protocol != IPPROTO_TCP && port->protocol != IPPROTO_UDP) ||
	    (filter->protocol && filter->protocol != port->protocol) || port->host_port == 0)
		return;
	if (addr_is_set(&port->host) && !addr_is_any(&port->host)) {
		order_published_at(orders, port, &port->host, filter->port);
		return;
	}
	for (size_t i = 0; host && i < host->n_addrs; i++)
		if (port->host.family == 0 ||
		    port->host.family == host->addrs[i].prefix.addr.family)
			order_published_at(orders, port, &host->addrs[i].prefix.addr, filter->port);
}

/* The filter's host: a container with all its addresses, or an address. */
static int order_peer(struct buf *orders, const struct following *following, struct error *error)
{
	const char *host = following->filter.host;
	const struct facts_container *container;
	struct addr addr;
	int err = 0;

	if (!*host)
		return 0;
	if (addr_parse(host, &addr) == 0) {
		buf_printf(orders, "peer %s\n", ADDR_STR(&addr));
		return 0;
	}
	err = question_container(following->facts, host, &container, error);
	if (err < 0)
		return err;
	if (!container)
		return error_set(error, ERROR_NOT_FOUND,
				 "no container %s: behind the word host stands one, or an address",
				 host);
	order_container(orders, "peer", container);
	return 0;
}

static int fill_orders(const struct following *following, struct buf *orders, struct error *error)
{
	const struct facts *facts = following->facts;
	const struct facts_container *of = following->of;
	const struct followed_filter *filter = &following->filter;

	buf_printf(orders, "netns %" PRIu64 "\n", facts_space(facts, "host")->netns);
	for (size_t i = 0; i < facts->n_containers; i++)
		if (facts->containers[i].netns > 0 && !facts->containers[i].host_mode)
			buf_printf(orders, "netns %" PRIu64 "\n", facts->containers[i].netns);
	buf_printf(orders, "own %" PRIu64 "\n", of->netns);
	order_container(orders, "address", of);
	order_inside(orders, facts_space(facts, of->space));
	for (size_t i = 0; i < of->n_ports; i++)
		order_published(orders, following, &of->ports[i]);
	if (filter->protocol)
		buf_printf(orders, "only %s\n", protocol_words[filter->protocol]);
	if (filter->port)
		buf_printf(orders, "port %u\n", filter->port);
	if (order_peer(orders, following, error) < 0)
		return error->code;
	buf_puts(orders, "go\n");
	return orders->err < 0 ? error_system(error, orders->err, "cannot ask netd-trace") : 0;
}

/* --- what it says ----------------------------------------------------------------------------- */

static int tell_ready(const struct following *following)
{
	const struct traced *seen = &following->trace->seen;
	json_t *json = json_pack("{s:i, s:b, s:o}", "Version", 1, "Ready", 1, "Of",
				 json_text(following->of->name));

	if (json && *seen->lacks)
		(void)json_object_set_new(json, "Lacks", json_text(seen->lacks));
	if (json && *seen->without)
		(void)json_object_set_new(json, "Without", json_text(seen->without));
	return explain_answer_line(following->out_fd, json);
}

static int tell_seen(struct following *following)
{
	struct traced *seen = &following->trace->seen;
	int err = 0;

	for (size_t i = 0; err == 0 && i < seen->n; i++) {
		err = explain_answer_line(following->out_fd,
					  followed_json(&following->followed, &seen->lines[i]));
		following->n_told++;
	}
	seen->n = 0;
	return err;
}

static int tell_end(const struct following *following)
{
	return explain_answer_line(following->out_fd,
				   json_pack("{s:I, s:I}", "Events", (json_int_t)following->n_told,
					     "Lost", (json_int_t)following->trace->seen.n_lost));
}

/* Nothing is sent there: what can be read is its end. */
static bool has_end(int fd)
{
	char data[64];

	return read(fd, data, sizeof(data)) == 0;
}

static int go_on(struct following *following)
{
	struct explain_trace *trace = following->trace;
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = following->out_fd },
				{ .fd = trace->lines_fd, .events = POLLIN } };
	int err = 0;

	if (deadline_poll(fds, ARRAY_SIZE(fds), DEADLINE_NEVER) < 0)
		return 0;
	following->is_over = fds[0].revents && has_end(STDIN_FILENO);
	if (fds[1].revents & (POLLERR | POLLHUP))
		return -EPIPE;
	if (fds[2].revents)
		err = explain_trace_hear(trace);
	return err < 0 ? err : tell_seen(following);
}

/* From here on nobody hears of errors but by the end of it. */
static void follow(struct following *following)
{
	int err = explain_answer_begin(following->out_fd);

	if (err == 0)
		err = tell_ready(following);
	while (err == 0 && !following->is_over)
		err = go_on(following);
	explain_trace_end(following->trace);
	if (err == 0 && tell_seen(following) == 0)
		(void)tell_end(following);
}

static int find(const struct explain_options *options, struct following *following,
		struct error *error)
{
	int err = followed_filter_read(options->filter, options->n_filter, &following->filter,
				       error);

	if (err == 0)
		err = question_container(following->facts, options->follow, &following->of, error);
	if (err == 0 && !following->of)
		err = error_set(error, ERROR_NOT_FOUND, "no such container: %s", options->follow);
	if (err == 0 && following->of->host_mode)
		err = error_set(error, ERROR_INVALID,
				"%s has the host's network: its packets are the host's own",
				options->follow);
	if (err == 0 && following->of->netns == 0)
		err = error_set(error, ERROR_NOT_FOUND, "%s has no network namespace yet",
				options->follow);
	return err;
}

int explain_follow(const struct explain_options *options, struct look *look,
		   struct explain_trace *trace, struct facts *facts, struct error *error)
{
	static struct following following; /* large, and one */
	_cleanup_(buf_done) struct buf orders = { 0 };
	int err;

	following.facts = following.followed.facts = facts;
	following.trace = trace;
	following.out_fd = options->out_fd;
	err = find(options, &following, error);
	if (err < 0)
		return err;
	explain_places_open(look, facts, DEADLINE_NEVER);
	err = explain_places_take(look, facts, "host", error);
	if (err == 0)
		err = explain_places_take(look, facts, following.of->space, error);
	if (err == 0)
		err = fill_orders(&following, &orders, error);
	if (err < 0)
		return err;
	if (trace->is_running)
		(void)explain_trace_order(trace, &orders); /* it has said why */
	if (!trace->seen.is_ready)
		/* Not "unavailable": asking the records instead would not help. */
		return error_set(error, ERROR_NOT_IMPLEMENTED, "%s",
				 *trace->seen.lacks ? trace->seen.lacks
						    : "netd-trace does not answer");
	follow(&following);
	return 0;
}
