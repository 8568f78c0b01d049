// SPDX-License-Identifier: GPL-2.0-or-later
// asked.c - what the resolver says of questions, as the part of a snapshot that it becomes
#include "base/cleanup.h"
#include "dns/log.h"
#include "engine/see/see.h"
#include "ipc/msg.h"
#include "model/seen/seen_text.h"

#include <assert.h>
#include <stdlib.h>

/* Theory of operation. How much each container has asked comes in messages of some hundred. Each is
 * turned into text as it comes, in a turn of the loop of its own, so thousands of containers hold
 * nobody up. The last message brings all else. */

/* What has come so far. */
struct asked {
	struct buf containers; /* elements of a list */
	bool is_whole;
	struct ipc_figures figures;
};

/* Made before anything is asked, so that an answer always finds its place. */
struct asked *asked_new(void)
{
	return calloc(1, sizeof(struct asked));
}

/* Takes NULL, as free(3) does. */
void asked_free(struct asked *asked)
{
	if (!asked)
		return;
	buf_done(&asked->containers);
	free(asked);
}

/* A difference of the two would not fit an int. */
static int compare_numbers(const void *a, const void *b)
{
	const struct ipc_asked_view *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* A container is named by id and name, as everywhere in a snapshot. */
static void write_container(struct buf *out, const struct container *container,
			    const struct ipc_asked_view *view)
{
	seen_text_comma(out);
	buf_puts(out, "{");
	seen_text_string(out, "Id", container->spec.id);
	seen_text_string(out, "Name", container->spec.name);
	seen_text_number(out, "Queries", view->n_queries);
	seen_text_number(out, "Failed", view->n_failed);
	buf_puts(out, "}");
}

/* Sorted once, and each container looks for itself: the resolver is not trusted to say them in an
 * order that would be quick. A number that no container has is passed over. */
void asked_take_views(struct engine *engine, struct asked *asked, const struct ipc_asked *views)
{
	/* On the stack: some kilobytes. */
	struct ipc_asked_view sorted[IPC_ASKED_MAX] = { 0 };

	for (size_t i = 0; i < views->n; i++)
		sorted[i] = views->views[i];
	qsort(sorted, views->n, sizeof(*sorted), compare_numbers);
	for (size_t i = 0; i < engine->n_containers; i++) {
		const struct container *container = engine->containers[i];
		const struct ipc_asked_view key = { .number = container->number };
		const struct ipc_asked_view *view = bsearch(&key, sorted, views->n, sizeof(*sorted),
							    compare_numbers);

		/* A container without a resolver inside has asked nothing: its number would be a
		 * slip of the resolver's. */
		if (view && container->dns_port != 0)
			write_container(&asked->containers, container, view);
	}
}

/* Comes last, so the part is whole then. */
void asked_take_figures(struct asked *asked, const struct ipc_figures *figures)
{
	asked->figures = *figures;
	asked->is_whole = true;
}

/* A resolver of an older release never says it. */
bool asked_is_whole(const struct asked *asked)
{
	return asked->is_whole;
}

/* Where answers came from, with their codes and how long they took. */
static void write_source(struct buf *out, const struct ipc_dns *dns, enum dns_log_source source)
{
	/* In the order of struct ipc_dns: RCODE 0 to 5 (RFC 1035, section 4.1.1) as dig(1) spells
	 * them, and the rest. */
	static const char *const codes[IPC_DNS_CODES] = { "NOERROR",  "FORMERR", "SERVFAIL",
							  "NXDOMAIN", "NOTIMP",	 "REFUSED",
							  "other",    "none" };
	struct seen_counter counters[IPC_DNS_CODES];

	for (unsigned i = 0; i < IPC_DNS_CODES; i++)
		counters[i] = (struct seen_counter) { codes[i], dns->answers[source][i] };
	seen_text_comma(out);
	buf_puts(out, "{");
	seen_text_string(out, "Source", dns_log_source_name[source]);
	seen_text_key(out, "Codes");
	seen_figures_counters(out, counters, IPC_DNS_CODES);
	seen_figures_histogram(out, "Took", &dns->took[source]);
	buf_puts(out, "}");
}

/* One server of the host's, as the resolver sees it at the moment. */
static void write_upstream(struct buf *out, const struct ipc_upstream *upstream)
{
	seen_text_comma(out);
	buf_puts(out, "{");
	seen_text_addr(out, "Address", &upstream->addr);
	seen_text_number(out, "Port", upstream->port);
	seen_text_bool(out, "Up", upstream->is_up);
	seen_text_number(out, "Failures", upstream->n_failures);
	buf_puts(out, "}");
}

/* Called when everything is there. What had no memory shows in out->err. */
void asked_write(const struct asked *asked, struct buf *out)
{
	const struct ipc_figures *figures = &asked->figures;

	/* The two counts are of two headers: the message knows no names of sources. */
	static_assert((unsigned)IPC_DNS_SOURCES == (unsigned)DNS_LOG_N_SOURCES, "each is told");
	buf_puts(out, "{");
	seen_text_key(out, "Sources");
	buf_puts(out, "[");
	for (enum dns_log_source source = 0; source < DNS_LOG_N_SOURCES; source++)
		write_source(out, &figures->dns, source);
	buf_puts(out, "]");
	seen_text_key(out, "Upstreams");
	buf_puts(out, "[");
	for (size_t i = 0; i < figures->n_upstreams; i++)
		write_upstream(out, &figures->upstreams[i]);
	buf_puts(out, "]");
	seen_text_key(out, "Containers");
	buf_puts(out, "[");
	if (asked->containers.len > 0)
		buf_append(out, asked->containers.data, asked->containers.len);
	buf_puts(out, "]}");
	/* A list that lost an element for want of memory would look as if somebody had not
	 * asked. */
	if (asked->containers.err < 0)
		out->err = asked->containers.err;
}
