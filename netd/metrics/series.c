// SPDX-License-Identifier: GPL-2.0-or-later
// series.c - a family of metrics, in the words of both formats
#include "metrics/series.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

/* Theory of operation. Both formats have lines of the same form, and differ in the head:
 *
 * # HELP name text
 * # TYPE name counter|gauge|info|histogram
 * # UNIT name unit                   (OpenMetrics)
 * name_suffix{label="value",...} value
 *
 * The suffix belongs to the samples. A family's name has it in the older format and lacks it in
 * OpenMetrics (1.0, "MetricFamily"). */

/* Of a sample's name, by the kind of its family. */
static const char *const suffix[] = {
	[SERIES_COUNTER] = "_total",
	[SERIES_GAUGE] = "",
	[SERIES_INFO] = "_info",
	[SERIES_HISTOGRAM] = "",
};

static const char *const type_name[] = {
	[SERIES_COUNTER] = "counter",
	[SERIES_GAUGE] = "gauge",
	[SERIES_INFO] = "info",
	[SERIES_HISTOGRAM] = "histogram",
};

void series_begin(struct buf *out, enum page_format format, const struct series *series)
{
	/* OpenMetrics calls the family by its name, the older format by that of its samples,
	 * and does not know the type info. It is a gauge there, with the same sample. */
	bool is_open = format == PAGE_OPENMETRICS;
	const char *end = is_open ? "" : suffix[series->kind];
	const char *type = !is_open && series->kind == SERIES_INFO ? "gauge"
								   : type_name[series->kind];

	buf_printf(out, "# HELP %s%s %s\n", series->name, end, series->help);
	buf_printf(out, "# TYPE %s%s %s\n", series->name, end, type);
	if (is_open && series->unit)
		buf_printf(out, "# UNIT %s %s\n", series->name, series->unit);
}

/* A backslash, a quote and a newline would end the value or the line. Everything else stands as
 * it is, in UTF-8. */
static void put_escaped(struct buf *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n') {
			buf_puts(out, "\\n");
			continue;
		}
		if (*value == '\\' || *value == '"')
			buf_puts(out, "\\");
		buf_append(out, value, 1);
	}
}

static void put_labels(struct buf *out, const struct series_label *labels, size_t n_labels)
{
	for (size_t i = 0; i < n_labels; i++) {
		buf_puts(out, i == 0 ? "{" : ",");
		buf_puts(out, labels[i].name);
		buf_puts(out, "=\"");
		put_escaped(out, labels[i].value);
		buf_puts(out, "\"");
	}
	buf_puts(out, n_labels ? "} " : " ");
}

/* A whole number of microseconds is written exactly: a double would lose digits of a long sum. */
static void put_seconds(struct buf *out, uint64_t us)
{
	buf_printf(out, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
}

/* n_labels 0: there are none, and no braces. */
void series_sample(struct buf *out, const struct series *series, const struct series_label *labels,
		   size_t n_labels, uint64_t value)
{
	buf_puts(out, series->name);
	buf_puts(out, suffix[series->kind]);
	put_labels(out, labels, n_labels);
	buf_printf(out, "%" PRIu64 "\n", value);
}

void series_sample_us(struct buf *out, const struct series *series,
		      const struct series_label *labels, size_t n_labels, uint64_t value_us)
{
	buf_puts(out, series->name);
	buf_puts(out, suffix[series->kind]);
	put_labels(out, labels, n_labels);
	put_seconds(out, value_us);
	buf_puts(out, "\n");
}

/* A bound is a text, and two that are spelled differently are two: so none has zeros at its end,
 * and a whole number has one place (OpenMetrics 1.0, canonical numbers). */
static void put_bound(char *ret_text, size_t size, uint64_t us)
{
	int len = snprintf(ret_text, size, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);

	while (len > 2 && ret_text[len - 1] == '0' && ret_text[len - 2] != '.')
		ret_text[--len] = '\0';
}

/* "le" is the label of the bound, "less or equal", and stands behind the family's own. */
static void put_bucket(struct buf *out, const struct series *series,
		       const struct series_label *label, const char *bound, uint64_t n)
{
	const struct series_label labels[] = { *label, { "le", bound } };

	buf_printf(out, "%s_bucket", series->name);
	put_labels(out, labels, 2);
	buf_printf(out, "%" PRIu64 "\n", n);
}

void series_bucket(struct buf *out, const struct series *series, const struct series_label *label,
		   uint64_t bound_us, uint64_t n)
{
	char bound[32];

	put_bound(bound, sizeof(bound), bound_us);
	put_bucket(out, series, label, bound, n);
}

/* A bucket that takes all is required, and equals the count. */
void series_histogram_end(struct buf *out, const struct series *series,
			  const struct series_label *label, uint64_t n, uint64_t sum_us)
{
	put_bucket(out, series, label, "+Inf", n);
	buf_printf(out, "%s_count", series->name);
	put_labels(out, label, 1);
	buf_printf(out, "%" PRIu64 "\n%s_sum", n, series->name);
	put_labels(out, label, 1);
	put_seconds(out, sum_us);
	buf_puts(out, "\n");
}
