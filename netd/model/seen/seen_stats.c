// SPDX-License-Identifier: GPL-2.0-or-later
// seen_stats.c - what went through a container's interfaces, as Docker's statistics show it
#include "model/seen/seen_stats.h"

#include "base/cleanup.h"
#include "model/seen/seen_text.h"

#include <stdio.h>

/* Docker's keys: rx_bytes, tx_packets and so on. key has room for the longest of them. way is "rx"
 * or "tx". */
static void write_traffic(struct buf *out, const char *way, const struct seen_traffic *traffic)
{
	const struct {
		const char *what;
		uint64_t value;
	} counts[] = { { "bytes", traffic->bytes },
		       { "packets", traffic->packets },
		       { "errors", traffic->errors },
		       { "dropped", traffic->dropped } };

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		char key[24];

		(void)snprintf(key, sizeof(key), "%s_%s", way, counts[i].what);
		seen_text_number(out, key, counts[i].value);
	}
}

/* An interface for each key, seen from inside. */
static void write_networks(struct buf *out, const struct seen_stats *stats)
{
	seen_text_key(out, "networks");
	buf_puts(out, "{");
	for (size_t i = 0; i < stats->n_links; i++) {
		/* A name that somebody gave, and no key of ours: it may have to be escaped. */
		seen_text_comma(out);
		seen_text_value(out, stats->links[i].ifname);
		buf_puts(out, ":{");
		write_traffic(out, "rx", &stats->links[i].received);
		write_traffic(out, "tx", &stats->links[i].sent);
		buf_puts(out, "}");
	}
	buf_puts(out, "}");
}

/* Clients compute with these, and take what is missing for a container that has ended. All numbers
 * are 0: netd does not know what a container computes. It is called for the present look and for
 * the one before. */
static void write_processor(struct buf *out, const char *key)
{
	seen_text_key(out, key);
	buf_puts(out, "{\"cpu_usage\":{\"total_usage\":0,\"usage_in_kernelmode\":0,"
		      "\"usage_in_usermode\":0},\"throttling_data\":{\"periods\":0,"
		      "\"throttled_periods\":0,\"throttled_time\":0}}");
}

/* The shape is Docker's, so that `docker stats` and its libraries can read it. */
void seen_stats_write(struct buf *out, const struct seen_stats *stats)
{
	const struct container_spec *spec = &stats->container->spec;

	buf_puts(out, "{");
	seen_text_string(out, "id", spec->id);
	seen_text_key(out, "name");
	buf_printf(out, "\"/%s\"", spec->name); /* a name needs no escape */
	seen_text_string(out, "os_type", "linux");
	seen_text_time(out, "read", &stats->read);
	/* Docker writes year 1 for a first look, and clients tell it by that. */
	if (stats->before.tv_sec > 0)
		seen_text_time(out, "preread", &stats->before);
	else
		seen_text_string(out, "preread", "0001-01-01T00:00:00Z");
	write_processor(out, "cpu_stats");
	write_processor(out, "precpu_stats");
	buf_puts(out, ",\"memory_stats\":{},\"pids_stats\":{},\"num_procs\":0,"
		      "\"blkio_stats\":{},\"storage_stats\":{}");
	write_networks(out, stats);
	buf_puts(out, "}");
}
