// SPDX-License-Identifier: GPL-2.0-or-later
// page_more.c - what a page says of what netd does: questions, operations, connections, processes
#include "metrics/page_more.h"

#include "base/addr.h"
#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. These families have labels whose words come out of the snapshot, such as
 * the source of an answer. The words are netd's own and few; still each is checked for its
 * letters here, so that whatever becomes of a snapshot, no stranger's text is ever a label.
 * What does not pass is left out as if it were not there. */

#define WORD_MAX 32 /* of a source, a code, an operation: netd's own words */

/* The text of a member, if it is one of netd's own words: nothing else becomes a label. */
static bool get_word(const struct json_span *object, const char *key,
		     char ret_word[static WORD_MAX])
{
	struct json_span value = figure_member(object, key);
	size_t len = json_span_text(&value, ret_word, WORD_MAX);

	return len > 0 && len < WORD_MAX &&
	       strspn(ret_word, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* --- questions -------------------------------------------------------------------------------- */

/* By the source of an answer, and by its code. */
static const struct series queries = { "netd_dns_queries", NULL,
				       "Questions of containers, by where their answer is from and "
				       "its code.",
				       SERIES_COUNTER };
static const struct series query_took = { "netd_dns_query_duration_seconds", "seconds",
					  "How long a question of a container took.",
					  SERIES_HISTOGRAM };
static const struct series upstream_up = { "netd_dns_upstream_up", NULL,
					   "Whether a server of the host's is asked first.",
					   SERIES_GAUGE };
static const struct series upstream_failures = { "netd_dns_upstream_failures", NULL,
						 "Questions that a server of the host's did not "
						 "answer, or with an error.",
						 SERIES_COUNTER };

/* All codes that the resolver counts. "other" is any of the rest, "none" is a question without
 * an answer. */
static const char *const codes[] = { "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
				     "NOTIMP",	"REFUSED", "other",    "none" };

/* One source; the head of the family is written by the caller. */
static void write_codes(const struct page *page, const struct json_span *source)
{
	struct json_span counts = figure_member(source, "Codes");
	char name[WORD_MAX];

	if (!get_word(source, "Source", name))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		const struct series_label labels[] = { { "source", name }, { "code", codes[i] } };
		uint64_t n;

		/* Of 48 there are a few; the first is there from the start, so that a rate can be
		 * told. */
		if (figure_number(&counts, codes[i], &n) && (n > 0 || i == 0))
			series_sample(page->out, &queries, labels, ARRAY_SIZE(labels), n);
	}
}

/* One histogram for each source. Its samples stand together, as the formats want them. */
static void write_took(const struct page *page, const struct json_span *source)
{
	struct json_span took = figure_member(source, "Took");
	char name[WORD_MAX];
	const struct series_label label = { "source", name };

	if (get_word(source, "Source", name))
		figure_write_histogram(page, &query_took, &label, &took);
}

/* "192.0.2.1", "[2001:db8::1]:5353": the port where it is another than 53. So two servers at
 * one address are two series. The brackets are those of a URL. */
static bool name_upstream(const struct json_span *upstream, char *ret_name, size_t size)
{
	struct json_span address = figure_member(upstream, "Address");
	char text[ADDR_STR_MAX];
	size_t len = json_span_text(&address, text, sizeof(text));
	bool is_6 = strchr(text, ':') != NULL;
	uint64_t port;

	if (len == 0 || len >= sizeof(text) || !figure_number(upstream, "Port", &port))
		return false;
	if (port == 53)
		(void)snprintf(ret_name, size, "%s", text);
	else
		(void)snprintf(ret_name, size, is_6 ? "[%s]:%u" : "%s:%u", text, (unsigned)port);
	return true;
}

/* The list is passed twice, once for each family, since a family must be written whole. */
static void write_upstreams(const struct page *page, const struct json_span *list, bool is_health)
{
	const struct series *series = is_health ? &upstream_up : &upstream_failures;
	struct json_span upstream = { 0 };
	char name[ADDR_STR_MAX + 16];
	const struct series_label label = { "upstream", name };

	/* A head without samples would be a family that is never there. */
	if (json_span_count(list) == 0)
		return;
	figure_begin(page, series);
	while (json_span_next(list, &upstream)) {
		struct json_span up = figure_member(&upstream, "Up");
		uint64_t n;

		if (!name_upstream(&upstream, name, sizeof(name)))
			continue;
		if (is_health)
			series_sample(page->out, series, &label, 1, json_span_is_true(&up));
		else if (figure_number(&upstream, "Failures", &n))
			series_sample(page->out, series, &label, 1, n);
	}
}

/* Without Sources the resolver keeps no account, and none of these families is known. */
void page_more_dns(const struct page *page, const struct json_span *dns)
{
	struct json_span sources = figure_member(dns, "Sources");
	struct json_span upstreams = figure_member(dns, "Upstreams");
	struct json_span source = { 0 };

	if (json_span_kind(&sources) != JSON_SPAN_ARRAY)
		return;
	figure_begin(page, &queries);
	while (json_span_next(&sources, &source))
		write_codes(page, &source);
	figure_begin(page, &query_took);
	source = (struct json_span) { 0 };
	while (json_span_next(&sources, &source))
		write_took(page, &source);
	write_upstreams(page, &upstreams, true);
	write_upstreams(page, &upstreams, false);
}

/* --- operations ------------------------------------------------------------------------------- */

static const struct series operations = { "netd_operations", NULL,
					  "What netd was asked to do, and with what end.",
					  SERIES_COUNTER };
static const struct series operation_took = { "netd_operation_duration_seconds", "seconds",
					      "How long what netd was asked to do took.",
					      SERIES_HISTOGRAM };
/* The key in the snapshot, and the label. */
static const struct figure_named outcomes[] = {
	{ "Done", "done" },
	{ "Refused", "refused" },
	{ "Failed", "failed" },
};

static void write_outcomes(const struct page *page, const struct json_span *operation)
{
	char name[WORD_MAX];

	for (size_t i = 0; get_word(operation, "Operation", name) && i < ARRAY_SIZE(outcomes);
	     i++) {
		const struct series_label labels[] = { { "operation", name },
						       { "outcome", outcomes[i].label } };
		uint64_t n;

		if (figure_number(operation, outcomes[i].key, &n))
			series_sample(page->out, &operations, labels, ARRAY_SIZE(labels), n);
	}
}

/* A list and not an object, as there are operations of several names. Each has its own
 * histogram. */
void page_more_operations(const struct page *page, const struct json_span *daemon)
{
	struct json_span list = figure_member(daemon, "Operations"), operation = { 0 };

	if (json_span_count(&list) == 0)
		return;
	figure_begin(page, &operations);
	while (json_span_next(&list, &operation))
		write_outcomes(page, &operation);
	figure_begin(page, &operation_took);
	operation = (struct json_span) { 0 };
	while (json_span_next(&list, &operation)) {
		struct json_span took = figure_member(&operation, "Took");
		char name[WORD_MAX];
		const struct series_label label = { "operation", name };

		if (get_word(&operation, "Operation", name))
			figure_write_histogram(page, &operation_took, &label, &took);
	}
}

/* --- processes -------------------------------------------------------------------------------- */

/* The names are those that Prometheus's own libraries give to every process, with a label for
 * which one it is. */
static const struct {
	const char *key;
	unsigned int per_unit; /* 1000: milliseconds of seconds */
	struct series series;
} of_process[] = {
	{ "CpuMicroseconds",
	  1000000,
	  { "process_cpu_seconds", "seconds", "Time that a process had a processor for.",
	    SERIES_COUNTER } },
	{ "ResidentBytes",
	  1,
	  { "process_resident_memory_bytes", "bytes", "Memory that a process has.",
	    SERIES_GAUGE } },
	{ "VirtualBytes",
	  1,
	  { "process_virtual_memory_bytes", "bytes", "Addresses that a process has.",
	    SERIES_GAUGE } },
	{ "OpenDescriptors",
	  1,
	  { "process_open_fds", NULL, "Descriptors that a process has.", SERIES_GAUGE } },
	{ "StartedMilliseconds",
	  1000,
	  { "process_start_time_seconds", "seconds", "When a process began, since 1970.",
	    SERIES_GAUGE } },
};

/* The head is written before the first sample only: a kernel that does not tell one of these
 * numbers has no such family. Returns how many samples there are. */
static size_t write_of_process(const struct page *page, const struct json_span *list, size_t which)
{
	struct json_span process = { 0 };
	size_t n_written = 0;

	while (json_span_next(list, &process)) {
		const struct series *series = &of_process[which].series;
		char name[WORD_MAX];
		const struct series_label label = { "process", name };
		uint64_t n;

		if (!get_word(&process, "Name", name) ||
		    !figure_number(&process, of_process[which].key, &n))
			continue;
		if (n_written++ == 0)
			figure_begin(page, series);
		if (of_process[which].per_unit == 1)
			series_sample(page->out, series, &label, 1, n);
		else
			series_sample_us(page->out, series, &label, 1,
					 n * (1000000 / of_process[which].per_unit));
	}
	return n_written;
}

/* What is not told by any process is no error. */
void page_more_processes(const struct page *page, const struct json_span *daemon)
{
	struct json_span list = figure_member(daemon, "Processes");

	for (size_t i = 0; i < ARRAY_SIZE(of_process); i++)
		(void)write_of_process(page, &list, i);
}

/* --- connections ------------------------------------------------------------------------------ */

static const struct figure connections[] = {
	{ "Entries",
	  { "netd_conntrack_entries", NULL, "Connections that the kernel follows.",
	    SERIES_GAUGE } },
	{ "Limit",
	  { "netd_conntrack_limit", NULL, "Connections that the kernel follows at the most.",
	    SERIES_GAUGE } },
	{ "InsertFailed",
	  { "netd_conntrack_insert_failed", NULL,
	    "Packets that were dropped, for another was first to begin their connection.",
	    SERIES_COUNTER } },
	{ "Dropped",
	  { "netd_conntrack_dropped", NULL,
	    "Packets that were dropped, for the kernel could follow no more connections.",
	    SERIES_COUNTER } },
	{ "EarlyDropped",
	  { "netd_conntrack_early_dropped", NULL,
	    "Connections that were forgotten to make room for others.", SERIES_COUNTER } },
};

void page_more_conntrack(const struct page *page, const struct json_span *conntrack)
{
	figure_write(page, conntrack, connections, ARRAY_SIZE(connections));
}

/* --- findings --------------------------------------------------------------------------------- */

static const struct series well = { "netd_well", NULL,
				    "Whether doctor, who looks once a minute, finds nothing bad.",
				    SERIES_GAUGE };
static const struct series findings = { "netd_findings", NULL,
					"Places at which doctor finds something, by its code.",
					SERIES_GAUGE };

/* The same code may be told in different words, and is one series. finding.at is where the
 * present one begins in the text: those that stand before it were told already. */
static bool was_told(const struct json_span *list, const struct json_span *before, const char *code)
{
	struct json_span finding = { 0 };
	char its[WORD_MAX];

	while (json_span_next(list, &finding) && finding.at != before->at)
		if (get_word(&finding, "Code", its) && strcmp(its, code) == 0)
			return true;
	return false;
}

/* All places of a code, in whatever words; MorePlaces counts those that the report leaves out. */
static uint64_t count_places(const struct json_span *list, const char *code)
{
	struct json_span finding = { 0 };
	uint64_t sum = 0;
	char its[WORD_MAX];

	while (json_span_next(list, &finding)) {
		struct json_span places = figure_member(&finding, "Places");
		uint64_t more = 0;

		if (!get_word(&finding, "Code", its) || strcmp(its, code) != 0)
			continue;
		(void)figure_number(&finding, "MorePlaces", &more); /* 0 without */
		sum += json_span_count(&places) + more;
	}
	return sum;
}

/* A report that cannot be read is none, and costs nothing else of the page. */
void page_more_findings(const struct page *page, const char *text, size_t len)
{
	struct json_span report, list, finding = { 0 };
	char verdict[WORD_MAX], code[WORD_MAX];
	const struct series_label label = { "code", code };
	struct error ignored;

	if (json_span_check(text, len, &report, &ignored) < 0)
		return;
	/* Undecided: something could not be looked at. Then nobody knows whether all is well,
	 * and the family is left out. */
	if (get_word(&report, "Verdict", verdict) && strcmp(verdict, "undecided") != 0) {
		figure_begin(page, &well);
		series_sample(page->out, &well, NULL, 0, strcmp(verdict, "well") == 0);
	}
	list = figure_member(&report, "Findings");
	if (json_span_count(&list) == 0)
		return;
	figure_begin(page, &findings);
	while (json_span_next(&list, &finding))
		if (get_word(&finding, "Code", code) && !was_told(&list, &finding, code))
			series_sample(page->out, &findings, &label, 1, count_places(&list, code));
}
