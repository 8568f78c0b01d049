// SPDX-License-Identifier: GPL-2.0-or-later
// drops.c - what the kernel throws away, until nobody wants to see more
#include "base/cleanup.h"
#include "base/deadline.h"
#include "client/client.h"
#include "diag/belief.h"
#include "diag/thrown.h"
#include "explain/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. netd-trace has the kernel count, and is asked for the numbers each
 * second; what has grown is told in names. netd is asked every few seconds who is there, and is
 * not waited for: its answer is one more thing that may come. Where the kernel cannot count
 * there are the counters of the host's links, which are read. Whoever started this holds the
 * other ends of standard input and output: when either is closed, this ends, and with it what
 * is in the kernel. A second is short enough for somebody who repeats a call and looks, and
 * long enough for a place that drops a million packets to be one line. */

/* The numbers of netd-trace grow from when it began; thrown holds what was told of them before,
 * and only the difference is told. */
struct dropping {
	const struct explain_options *options;
	struct facts *facts;
	struct client **client; /* NULL in it: nobody can be asked */
	struct explain_trace *trace;
	/* thrown has the names of places and the last numbers; only what is told afterwards is
	 * new. */
	struct thrown thrown;
	uint64_t *counted; /* namespaces that netd-trace was told of, sorted */
	size_t n_counted;
	unsigned int n_intervals;
	/* is_telling: it was asked for numbers, and has not ended them. is_asking: netd was
	 * asked, and has not answered. by_links: the counters of links stand in for a tracer. */
	bool by_links, is_telling, is_asking, is_over;
};

/* --- whose drops are counted ------------------------------------------------------------------ */

/* For qsort(3) and bsearch(3). A subtraction would overflow. */
static int compare(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static bool is_among(uint64_t netns, const uint64_t *all, size_t n)
{
	return n > 0 && bsearch(&netns, all, n, sizeof(netns), compare);
}

/* Of those that came and those that went since. Containers come and go while somebody looks.
 * The tracer holds a key for each namespace, so one that has gone is taken away, and its number
 * may be used again by the kernel. */
static int order_namespaces(struct dropping *dropping, struct buf *orders)
{
	const struct facts *facts = dropping->facts;
	uint64_t *now = calloc(facts->n_containers + 1, sizeof(*now));
	size_t n = 0;

	if (!now)
		return -ENOMEM;
	/* The host's namespace is always among them: what is dropped between two containers is
	 * dropped there. */
	now[n++] = dropping->thrown.host_netns;
	for (size_t i = 0; i < facts->n_containers; i++)
		if (facts->containers[i].netns > 0 && !facts->containers[i].host_mode)
			now[n++] = facts->containers[i].netns;
	qsort(now, n, sizeof(*now), compare);
	for (size_t i = 0; i < dropping->n_counted; i++)
		if (!is_among(dropping->counted[i], now, n))
			buf_printf(orders, "forget %" PRIu64 "\n", dropping->counted[i]);
	for (size_t i = 0; i < n; i++)
		if (!is_among(now[i], dropping->counted, dropping->n_counted))
			buf_printf(orders, "netns %" PRIu64 "\n", now[i]);
	free(dropping->counted);
	dropping->counted = now;
	dropping->n_counted = n;
	return orders->err;
}

/* The orders go as one text, so that the tracer never sees half a list. */
static int order(struct dropping *dropping, const char *last)
{
	_cleanup_(buf_done) struct buf orders = { 0 };
	int err = order_namespaces(dropping, &orders);

	buf_puts(&orders, last);
	return err < 0 ? err : explain_trace_order(dropping->trace, &orders);
}

/* --- who is there ----------------------------------------------------------------------------- */

/* The connection is not kept between two questions, so netd holds no place for it. */
static void give_up_asking(struct dropping *dropping)
{
	client_close(*dropping->client);
	*dropping->client = NULL;
	dropping->is_asking = false;
}

/* netd may have been started anew: then it is a new connection. */
static void ask_again(struct dropping *dropping)
{
	/* The error is not told. What was known stays, and the next interval tries again. */
	struct error error;

	if (dropping->options->use_records || dropping->is_asking)
		return;
	/* The old connection goes first: a daemon that was started anew does not know it. */
	give_up_asking(dropping);
	dropping->is_asking = explain_believed_ask(dropping->options, dropping->client, &error) ==
			      0;
	if (!dropping->is_asking)
		give_up_asking(dropping);
}

/* What it says takes the place of what was known; when it says nothing, that stays. */
static int hear_again(struct dropping *dropping)
{
	/* The snapshot goes to facts of its own, so that an answer that breaks off leaves the
	 * known ones whole. */
	struct facts *facts = dropping->facts, now = { 0 };
	struct error error;
	int err = explain_believed_hear(dropping->options, *dropping->client, &now, &error);

	give_up_asking(dropping);
	if (err < 0)
		return 0;
	/* Networks and containers move from one to the other. The spaces stay: they are
	 * pictures of the kernel, and not what netd believes. */
	belief_done(facts);
	facts->networks = now.networks;
	facts->n_networks = now.n_networks;
	facts->containers = now.containers;
	facts->n_containers = now.n_containers;
	/* The containers that are new get counted from here on. */
	return dropping->by_links ? 0 : order(dropping, "");
}

/* --- what is told ----------------------------------------------------------------------------- */

static int tell_place(void *data, json_t *json)
{
	const struct dropping *dropping = data;

	return explain_answer_line(dropping->options, json);
}

/* The first numbers of links are those since boot. They are taken to be subtracted later, and
 * this stands in the place of the one that writes. */
static int tell_nobody(void *data, json_t *json)
{
	(void)data;
	json_decref(json);
	return 0;
}

/* Before this line nobody knows whether counting has begun; a test and a person both wait for
 * it. without: what the tracer works without; the line says so, for a count that lacks
 * something is no proof. */
static int tell_ready(const struct dropping *dropping)
{
	const struct traced *seen = &dropping->trace->seen;
	json_t *json = json_pack("{s:b, s:s?}", "Ready", 1, "Of", dropping->options->name);

	if (json && *seen->without)
		(void)json_object_set_new(json, "Without", json_string(seen->without));
	if (json && dropping->by_links)
		(void)json_object_set_new(json, "Lacks", json_string(seen->lacks));
	return explain_answer_line(dropping->options, json);
}

/* first: the key that says which line it is, "Interval" or "End". The reader knows by an
 * interval that all of the second was told. */
static int tell_numbers(const struct dropping *dropping, const char *first)
{
	const struct thrown *thrown = &dropping->thrown;

	return explain_answer_line(dropping->options,
				   json_pack("{s:b, s:I, s:I, s:I}", first, 1, "Packets",
					     (json_int_t)thrown->n_told, "LeftOut",
					     (json_int_t)thrown->n_left_out, "Uncounted",
					     (json_int_t)dropping->trace->seen.n_uncounted));
}

/* The counters are read into the same table as the tracer's numbers, so that the rest needs not
 * know where they come from. */
static int read_links(const struct dropping *dropping)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	int err = explain_links_read(&text);

	return err < 0 ? err
		       : thrown_read_links(text.data ? text.data : "", dropping->thrown.host_netns,
					   &dropping->trace->seen);
}

/* has_told is taken back here, or the next turn would tell the same numbers again. */
static int tell_told(struct dropping *dropping)
{
	struct traced *seen = &dropping->trace->seen;
	int err = thrown_take(&dropping->thrown, seen, tell_place, dropping);

	seen->has_told = dropping->is_telling = false;
	return err < 0 ? err : tell_numbers(dropping, "Interval");
}

static int begin_interval(struct dropping *dropping)
{
	int err;

	/* netd is asked every few seconds only: a snapshot costs the daemon more than a
	 * second's numbers cost the kernel. */
	if (++dropping->n_intervals % DROPS_ASK_EVERY == 0)
		ask_again(dropping);
	if (dropping->by_links) {
		err = read_links(dropping);
		return err < 0 ? err : tell_told(dropping);
	}
	/* A second order before the first is answered would make one more answer than intervals. */
	if (dropping->is_telling) /* it looks for names of functions */
		return 0;
	dropping->is_telling = true;
	return order(dropping, "tell\n");
}

/* --- until it is over ------------------------------------------------------------------------- */

static int go_on(struct dropping *dropping, int64_t *next_ms)
{
	struct explain_trace *trace = dropping->trace;
	struct pollfd fds[] = {
		/* A socket reports POLLRDHUP when its other side has shut down; a pipe reports
		 * POLLERR when its reader has gone. Nothing is read from either. */
		{ .fd = explain_answer_end_fd(dropping->options), .events = POLLIN },
		{ .fd = dropping->options->out_fd, .events = POLLRDHUP },
		{ .fd = dropping->by_links ? -1 : trace->lines_fd, .events = POLLIN },
		{ .fd = dropping->is_asking ? client_fd(*dropping->client) : -1, .events = POLLIN },
	};
	const int64_t end_ms = dropping->options->end_ms;
	int n = deadline_poll(fds, ARRAY_SIZE(fds), *next_ms < end_ms ? *next_ms : end_ms), err = 0;

	/* A signal has come, and the caller calls again. */
	if (n < 0)
		return 0;
	if (deadline_passed(end_ms)) {
		dropping->is_over = true;
		return 0;
	}
	/* Nothing has come in time, so it is time for numbers. A tracer that writes without
	 * pause would put this off, and it writes only what it was asked for. */
	if (n == 0) {
		*next_ms = deadline_after(DROPS_INTERVAL_MS);
		return begin_interval(dropping);
	}
	dropping->is_over = (fds[0].revents && explain_answer_has_end(dropping->options)) ||
			    (fds[1].revents & POLLRDHUP);
	if (fds[1].revents & (POLLERR | POLLHUP))
		return -EPIPE;

	/* EPIPE ends the loop, and nothing more is written. */
	if (fds[2].revents)
		err = explain_trace_hear(trace, dropping->options);
	if (err == 0 && trace->seen.has_told)
		err = tell_told(dropping);
	/* What has come from netd is read last: numbers of the tracer belong to the names that
	 * were known then. */
	if (err == 0 && fds[3].revents)
		err = hear_again(dropping);
	return err;
}

/* The numbers of the end, for nobody is to miss what was dropped in the last second. */
static int tell_rest(struct dropping *dropping)
{
	struct traced *seen = &dropping->trace->seen;
	int err;

	if (dropping->by_links) {
		/* The links have the last numbers at once. */
		err = read_links(dropping);
		return err < 0 ? err : tell_told(dropping);
	}
	/* An answer that is under way must be taken before the last one is asked for: both look
	 * alike. */
	if (dropping->is_telling) /* they come before it */
		explain_trace_hear_told(dropping->trace);
	if (seen->has_told && tell_told(dropping) < 0)
		return -EPIPE;
	err = order(dropping, "tell\n");
	explain_trace_end(dropping->trace);
	return err == 0 && seen->has_told ? tell_told(dropping) : err;
}

/* From here on nobody hears of errors but by the end of it. The head was written with status
 * 200. */
static void watch(struct dropping *dropping)
{
	int64_t next_ms = deadline_after(DROPS_INTERVAL_MS);
	int err = explain_answer_begin(dropping->options);

	/* The ready line comes first and once. */
	if (err == 0)
		err = tell_ready(dropping);
	/* Counters without reasons netd has itself. */
	if (dropping->by_links && dropping->options->lines)
		dropping->is_over = true;
	while (err == 0 && !dropping->is_over)
		err = go_on(dropping, &next_ms);
	if (err == 0 && tell_rest(dropping) == 0)
		err = tell_numbers(dropping, "End");
	/* Without the finish a client of HTTP takes the answer for one that was cut off, and
	 * that is what it is after an error. */
	if (err == 0)
		(void)explain_answer_finish(dropping->options);
}

/* A word that is neither a container nor a network would be watched for ever and show nothing. */
static int check_name(const struct dropping *dropping, struct error *error)
{
	const struct facts *facts = dropping->facts;
	const struct facts_container *container = NULL;
	const char *name = dropping->options->name;
	int err;

	if (!name)
		return 0;
	for (size_t i = 0; i < facts->n_networks; i++)
		if (strcmp(facts->networks[i].name, name) == 0)
			return 0;
	err = question_container(facts, name, &container, error);
	if (err < 0)
		return err;
	if (!container)
		return error_set(error, ERROR_NOT_FOUND, "no such container or network: %s", name);
	/* Such a container's drops cannot be told from those of the host. */
	if (container->host_mode)
		return error_set(error, ERROR_INVALID,
				 "%s has the host's network: its drops are the host's own", name);
	return 0;
}

int explain_drops(const struct explain_options *options, struct look *look,
		  struct explain_trace *trace, struct client **client, struct facts *facts,
		  struct error *error)
{
	struct dropping dropping = {
		.options = options,
		.facts = facts,
		.client = client,
		.trace = trace,
		.thrown = { .facts = facts, .only = options->name, .is_members = options->serves }
	};
	int err = check_name(&dropping, error);

	if (err < 0)
		return err;
	explain_places_open(look, facts, DEADLINE_NEVER);
	err = explain_places_take(look, facts, "host", error);
	if (err < 0)
		return err;
	/* The picture was just taken, so it is there. */
	dropping.thrown.host_netns = facts_space(facts, "host")->netns;
	if (trace->is_running)
		(void)order(&dropping, "go\n"); /* it has said why */
	/* Not ready is not an error: the links of the host are always there to be read. */
	dropping.by_links = !trace->seen.is_ready;
	/* What was counted before somebody looked is no news. */
	if (dropping.by_links && read_links(&dropping) == 0)
		(void)thrown_take(&dropping.thrown, &trace->seen, tell_nobody, NULL);
	/* What is told begins at 0. */
	dropping.thrown.n_told = 0;
	watch(&dropping);
	thrown_done(&dropping.thrown);
	free(dropping.counted);
	return 0;
}
