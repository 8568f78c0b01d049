// SPDX-License-Identifier: GPL-2.0-or-later
// followed_counters.c - how many packets passed a container's links, where nothing tells of each
#include "diag/followed_counters.h"

#include "base/json_write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Where there is no tracer (a kernel without what it needs, or no right to
 * it), the counters of the host's ends still say that something passes. They are read from the
 * text of /proc/net/dev, a line for each link, and held against those of the time before.
 * Counters of a veth's two ends are mirrored. */

/* The host's end sends what the container receives. Behind the name stand eight numbers of what
 * came in (bytes, packets, errors, drops, ...) and eight of what went out. */
static bool read_count(const char *text, const char *host_ifname, struct followed_count *count)
{
	const size_t len = strlen(host_ifname);
	uint64_t in, in_dropped, out, out_dropped;

	/* Names are set off by spaces to a width. */
	while (*text) {
		const char *line = text + strspn(text, " ");

		/* The colon belongs to the name, so that eth1 is not eth10. */
		if (strncmp(line, host_ifname, len) == 0 && line[len] == ':' &&
		    sscanf(line + len + 1,
			   "%*u %" SCNu64 " %*u %" SCNu64 " %*u %*u %*u %*u %*u %" SCNu64
			   " %*u %" SCNu64,
			   &in, &in_dropped, &out, &out_dropped) == 4) {
			*count = (struct followed_count) { out, in, in_dropped + out_dropped };
			return true;
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return false;
}

/* A link that was made anew begins at nothing. */
static uint64_t grown(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

int followed_counters_read(struct followed_counters *counters, const char *text)
{
	const size_t n = counters->of->n_endpoints;

	/* Memory is taken with the first reading; the number of endpoints does not change for
	 * one question. One item more keeps calloc(3) from being asked for nothing. */
	if (!counters->before) {
		counters->before = calloc(n + 1, sizeof(*counters->before));
		counters->since = calloc(n + 1, sizeof(*counters->since));
	}
	if (!counters->before || !counters->since)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct followed_count now = { 0 }, *before = &counters->before[i];
		const char *link = counters->of->endpoints[i].host_ifname;

		/* What is not in the text has had no packets. */
		counters->since[i] = (struct followed_count) { 0 };
		if (!*link || !read_count(text, link, &now))
			continue;
		/* The first reading has nothing to be compared with, and tells nothing. */
		if (counters->has_before)
			counters->since[i] = (struct followed_count) {
				grown(now.received, before->received),
				grown(now.sent, before->sent),
				grown(now.dropped, before->dropped),
			};
		*before = now;
	}
	counters->has_before = true;
	return 0;
}

/* A second without packets is not told. */
bool followed_counters_has(const struct followed_counters *counters, size_t endpoint)
{
	const struct followed_count *since = &counters->since[endpoint];

	return since->received || since->sent || since->dropped;
}

json_t *followed_counters_json(const struct followed_counters *counters, size_t endpoint, double us)
{
	const struct facts_endpoint *of = &counters->of->endpoints[endpoint];
	const struct followed_count *since = &counters->since[endpoint];

	return json_pack("{s:s, s:f, s:o, s:I, s:o, s:o, s:I, s:I, s:I}", "Event", "counted",
			 "Microseconds", us, "Place", json_text(counters->of->name), "Netns",
			 (json_int_t)counters->of->netns, "Link", json_text(of->ifname), "LinkName",
			 json_text(of->ifname), "Received", (json_int_t)since->received, "Sent",
			 (json_int_t)since->sent, "Dropped", (json_int_t)since->dropped);
}

void followed_counters_done(struct followed_counters *counters)
{
	free(counters->before);
	free(counters->since);
	counters->before = counters->since = NULL;
}
