// SPDX-License-Identifier: GPL-2.0-or-later
// page.c - a snapshot as the page of metrics that Prometheus and its kind read
#include "metrics/page.h"

#include "base/cleanup.h"
#include "base/json_span.h"
#include "metrics/counted.h"
#include "metrics/drops.h"
#include "metrics/figure.h"
#include "metrics/page_more.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Theory of operation. A page is families, each written once and whole: its head, then all of
 * its samples. A counter that a snapshot counts by name (what netd healed, what it refused) is
 * a family with a sample for each name; those names are listed here, so that a stranger's words
 * never become a label. The only labels of any other kind are names of containers and networks.
 * Prometheus adds a series for each set of labels and keeps it for weeks, so labels from
 * outside would fill its memory, and could be forged. */

/* The version is a part of the type, and readers choose their parser by it. */
const char *const page_content_type[PAGE_FORMAT_N] = {
	[PAGE_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	[PAGE_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
};

/* --- netd itself ------------------------------------------------------------------------------ */

/* A family of the kind info has the value 1, and says all by its label. */
static const struct series build = { "netd_build", NULL, "The release of netd that is running.",
				     SERIES_INFO };

/* The key of the snapshot, and the family that it becomes. */
static const struct figure daemon_figures[] = {
	{ "Networks",
	  { "netd_networks", NULL, "Networks, the predefined ones included.", SERIES_GAUGE } },
	{ "Containers",
	  { "netd_containers", NULL, "Containers that are attached.", SERIES_GAUGE } },
	{ "Differences",
	  { "netd_differences", NULL, "Differences found between netd's records and the kernel.",
	    SERIES_COUNTER } },
	{ "Unrepaired",
	  { "netd_unrepaired", NULL, "Differences that could not be repaired when they were found.",
	    SERIES_COUNTER } },
};

/* Each name is the key of an object that has a Count. */
static const struct series repairs = { "netd_repairs", NULL,
				       "What was not as netd had made it and was put right.",
				       SERIES_COUNTER };
static const struct figure_named repaired[] = {
	{ "Bridges", "bridges" }, { "Ports", "ports" },		  { "Containers", "containers" },
	{ "Rules", "rules" },	  { "Forwarding", "forwarding" }, { "Records", "records" },
};

static const struct series refusals = { "netd_refusals", NULL,
					"What was turned away because there were too many.",
					SERIES_COUNTER };
static const struct figure_named refused[] = {
	{ "Calls", "calls" },
	{ "Streams", "streams" },
	{ "Descriptors", "descriptors" },
	{ "Requests", "requests" },
	{ "Questions", "questions" },
	{ "Relays", "relays" },
	{ "ResolverDescriptors", "resolver_descriptors" },
};

/* What was begun and given up, so that others get through; Refused is what was not begun. */
static const struct series given_up = { "netd_given_up", NULL,
					"What was begun and given up for the sake of others.",
					SERIES_COUNTER };
static const struct figure_named dropped[] = {
	{ "Questions", "questions" },
	{ "DnsConnections", "dns_connections" },
	{ "Connections", "connections" },
	{ "Streams", "streams" },
};

/* Forged packets are dropped by rules or by the resolver; they tell of somebody on a network
 * who tries. */
static const struct series forgeries = { "netd_forged", NULL,
					 "Packets from addresses that were not their sender's, and "
					 "DNS answers that nobody had asked for.",
					 SERIES_COUNTER };
static const struct figure_named forged[] = { { "Answers", "answers" }, { "Packets", "packets" } };

/* The resolver is healed as well, and yet its starting anew is another thing than a repair: it
 * gets a family of its own. */
static const struct series restarts = { "netd_resolver_restarts", NULL,
					"Resolvers that ended or hung, and were replaced.",
					SERIES_COUNTER };

/* The guard's numbers are below the daemon. Each that is missing leaves its family out. */
static void write_daemon(const struct page *page, const struct json_span *daemon)
{
	struct json_span guard = figure_member(daemon, "Guard"),
			 of = figure_member(&guard, "Healed");
	struct json_span resolver = figure_member(&of, "Resolver"),
			 version = figure_member(daemon, "Version");
	char text[COUNTED_NAME_SIZE];
	uint64_t count;

	if (json_span_text(&version, text, sizeof(text)) > 0) {
		struct series_label label = { "version", text };

		figure_begin(page, &build);
		series_sample(page->out, &build, &label, 1, 1);
	}
	figure_write(page, daemon, daemon_figures, ARRAY_SIZE(daemon_figures));
	figure_write_named(page, &of, &repairs, "what", repaired, ARRAY_SIZE(repaired), true);
	if (figure_number(&resolver, "Count", &count)) {
		figure_begin(page, &restarts);
		series_sample(page->out, &restarts, NULL, 0, count);
	}
	of = figure_member(&guard, "Refused");
	figure_write_named(page, &of, &refusals, "code", refused, ARRAY_SIZE(refused), true);
	of = figure_member(&guard, "Dropped");
	figure_write_named(page, &of, &given_up, "what", dropped, ARRAY_SIZE(dropped), true);
	of = figure_member(&guard, "Forged");
	figure_write_named(page, &of, &forgeries, "what", forged, ARRAY_SIZE(forged), true);
}

/* --- the resolver ----------------------------------------------------------------------------- */

/* The part of the snapshot is an object when the resolver has answered netd. */
static const struct series resolver_up = { "netd_resolver_up", NULL,
					   "Whether the process that answers names answers netd.",
					   SERIES_GAUGE };

static const struct figure resolver_figures[] = {
	{ "CacheEntries",
	  { "netd_dns_cache_entries", NULL, "Answers that are kept.", SERIES_GAUGE } },
	{ "Names",
	  { "netd_dns_names", NULL, "Names of containers that are known.", SERIES_GAUGE } },
	{ "Relayed",
	  { "netd_relayed_connections", NULL,
	    "Connections and UDP clients of published ports that netd relays.", SERIES_COUNTER } },
};

static void write_resolver(const struct page *page, const struct json_span *resolver)
{
	struct json_span counters = figure_member(resolver, "Counters");

	/* It is written in both cases: a 0 is what an alert waits for. */
	figure_begin(page, &resolver_up);
	series_sample(page->out, &resolver_up, NULL, 0,
		      json_span_kind(resolver) == JSON_SPAN_OBJECT);
	figure_write(page, &counters, resolver_figures, ARRAY_SIZE(resolver_figures));
}

/* --- published ports -------------------------------------------------------------------------- */

/* A snapshot has runs of ports, with how many each is. */
static const struct series published = { "netd_published_ports", NULL,
					 "Published ports; one on two addresses counts twice.",
					 SERIES_GAUGE };

static void write_ports(const struct page *page, const struct json_span *ports)
{
	struct json_span run = { 0 };
	uint64_t sum = 0, count;

	/* Ports that were not gathered are unknown, and not 0. */
	if (json_span_kind(ports) != JSON_SPAN_ARRAY)
		return;
	while (json_span_next(ports, &run))
		if (figure_number(&run, "Count", &count))
			sum += count;
	figure_begin(page, &published);
	series_sample(page->out, &published, NULL, 0, sum);
}

/* --- containers and networks ------------------------------------------------------------------ */

/* Only those that are used are told. How many are free is no number of use for IPv6. */
static const struct series addresses = { "netd_network_addresses", NULL,
					 "Addresses that a network's containers have.",
					 SERIES_GAUGE };

static void write_addresses(const struct page *page, const struct counted *counted)
{
	static const char *const family_label[FAMILY_N] = { "ipv4", "ipv6" };

	figure_begin(page, &addresses);
	for (size_t i = 0; i < counted->n_networks; i++) {
		const struct counted_network *network = &counted->networks[i];

		/* A series is there once, whatever the snapshot says. Networks are in the order
		 * of their names, so the same name stands beside it. */
		if (i > 0 && strcmp(network[-1].name, network->name) == 0)
			continue;
		for (enum family family = 0; family < FAMILY_N; family++) {
			struct series_label labels[] = { { "network", network->name },
							 { "family", family_label[family] },
							 { "state", "used" } };

			series_sample(page->out, &addresses, labels, ARRAY_SIZE(labels),
				      network->n_addresses[family]);
		}
	}
}

/* Of a row: which way, which number. The table makes six families of one loop, so that their
 * names and helps stand together. */
struct column {
	bool is_sent;
	size_t offset;
	struct series series;
};

/* Where the number lies in a struct counted_way. */
#define OF(member_) offsetof(struct counted_way, member_)
#define WAY(way_) "netd_container_network_" way_

static const struct column columns[] = {
	{ false,
	  OF(bytes),
	  { WAY("receive_bytes"), "bytes", "Bytes that a container received.", SERIES_COUNTER } },
	{ false,
	  OF(packets),
	  { WAY("receive_packets"), NULL, "Packets that a container received.", SERIES_COUNTER } },
	{ false,
	  OF(dropped),
	  { WAY("receive_dropped_packets"), NULL,
	    "Packets to a container that its interface dropped.", SERIES_COUNTER } },
	{ true,
	  OF(bytes),
	  { WAY("transmit_bytes"), "bytes", "Bytes that a container sent.", SERIES_COUNTER } },
	{ true,
	  OF(packets),
	  { WAY("transmit_packets"), NULL, "Packets that a container sent.", SERIES_COUNTER } },
	{ true,
	  OF(dropped),
	  { WAY("transmit_dropped_packets"), NULL,
	    "Packets from a container that its interface dropped.", SERIES_COUNTER } },
};

static void write_column(const struct page *page, const struct counted *counted,
			 const struct column *column)
{
	/* A family is written whole before the next begins, as both formats want it. So all
	 * rows are passed once for each column. */
	figure_begin(page, &column->series);
	for (size_t i = 0; i < counted->n; i++) {
		const struct counted_row *row = &counted->rows[i];
		const struct counted_way *way = column->is_sent ? &row->sent : &row->received;
		struct series_label labels[] = { { "container", row->container },
						 { "network", row->network } };
		uint64_t value;

		memcpy(&value, (const char *)way + column->offset, sizeof(value));
		series_sample(page->out, &column->series, labels, ARRAY_SIZE(labels), value);
	}
}

/* The only part that can fail: it needs memory, and it has a limit. */
static int write_counted(const struct page *page, const struct json_span *parts,
			 struct error *error)
{
	struct json_span networks = figure_member(parts, "Networks"),
			 links = figure_member(parts, "Traffic");
	struct json_span containers = figure_member(parts, "Ends");
	struct counted counted = { 0 };
	int err = counted_read(&networks, &containers, &links, &counted, error);

	if (err < 0)
		return err;
	/* Without one of the two the numbers of addresses would be too small. */
	if (json_span_kind(&networks) == JSON_SPAN_ARRAY &&
	    json_span_kind(&containers) == JSON_SPAN_ARRAY)
		write_addresses(page, &counted);
	/* Without links there are no rows, and no heads either. */
	for (size_t i = 0; json_span_kind(&links) == JSON_SPAN_ARRAY && i < ARRAY_SIZE(columns);
	     i++)
		write_column(page, &counted, &columns[i]);
	counted_done(&counted);
	return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

static const struct series scrape = { "netd_scrape_duration_seconds", "seconds",
				      "How long netd took to find out what this page says.",
				      SERIES_GAUGE };

/* The text must be whole JSON. Which of its parts are there is netd's concern. */
int page_write(const struct page_source *source, enum page_format format, struct buf *out,
	       struct error *error)
{
	struct page page = { out, format };
	struct json_span parts, daemon, resolver, dns, ports, conntrack, ends;
	/* The whole text is checked once, so spans can be followed later without any check. */
	int err = json_span_check(source->snapshot, source->len, &parts, error);

	if (err == 0 && json_span_kind(&parts) != JSON_SPAN_OBJECT)
		err = error_set(error, ERROR_INVALID, "it is no object");
	if (err < 0) {
		error_prefix(error, "netd's snapshot is not understood");
		return err;
	}
	daemon = figure_member(&parts, "Daemon");
	resolver = figure_member(&parts, "Resolver");
	dns = figure_member(&parts, "Dns");
	ports = figure_member(&parts, "Ports");
	conntrack = figure_member(&parts, "Conntrack");
	ends = figure_member(&parts, "Ends");
	write_daemon(&page, &daemon);
	page_more_operations(&page, &daemon);
	page_more_processes(&page, &daemon);
	write_resolver(&page, &resolver);
	page_more_dns(&page, &dns);
	page_more_conntrack(&page, &conntrack);
	write_ports(&page, &ports);
	/* The report is what doctor found last; it is NULL where none is made. */
	if (source->report)
		page_more_findings(&page, source->report, source->report_len);
	if (source->drops)
		drops_write(source->drops, &page, &ends);
	err = write_counted(&page, &parts, error);
	if (err < 0)
		return err;
	/* How long it took stands last, so a page that breaks off lacks it. */
	figure_begin(&page, &scrape);
	series_sample_us(out, &scrape, NULL, 0, source->took_us);
	if (format == PAGE_OPENMETRICS)
		/* OpenMetrics ends with this line, by which a reader knows that the page is
		 * whole. */
		buf_puts(out, "# EOF\n");
	return out->err < 0 ? error_system(error, out->err, "cannot make a page") : 0;
}
