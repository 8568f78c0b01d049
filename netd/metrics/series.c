// SPDX-License-Identifier: GPL-2.0-or-later
// series.c - a family of metrics, in the words of both formats
#include "metrics/series.h"

#include <inttypes.h>
#include <stdbool.h>

static const char *const suffix[] = {
	[SERIES_COUNTER] = "_total",
	[SERIES_GAUGE] = "",
	[SERIES_INFO] = "_info",
};

static const char *const type_name[] = {
	[SERIES_COUNTER] = "counter",
	[SERIES_GAUGE] = "gauge",
	[SERIES_INFO] = "info",
};

void series_begin(struct buf *out, enum page_format format, const struct series *series)
{
	/* OpenMetrics calls the family by its name, the older format by that of its samples, and
	 * does not know the type info. */
	bool is_open = format == PAGE_OPENMETRICS;
	const char *end = is_open ? "" : suffix[series->kind];
	const char *type = !is_open && series->kind == SERIES_INFO ? "gauge"
								   : type_name[series->kind];

	buf_printf(out, "# HELP %s%s %s\n", series->name, end, series->help);
	buf_printf(out, "# TYPE %s%s %s\n", series->name, end, type);
	if (is_open && series->unit)
		buf_printf(out, "# UNIT %s %s\n", series->name, series->unit);
}

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

static void put_series(struct buf *out, const struct series *series,
		       const struct series_label *labels, size_t n_labels)
{
	buf_puts(out, series->name);
	buf_puts(out, suffix[series->kind]);
	for (size_t i = 0; i < n_labels; i++) {
		buf_puts(out, i == 0 ? "{" : ",");
		buf_puts(out, labels[i].name);
		buf_puts(out, "=\"");
		put_escaped(out, labels[i].value);
		buf_puts(out, "\"");
	}
	buf_puts(out, n_labels ? "} " : " ");
}

void series_sample(struct buf *out, const struct series *series, const struct series_label *labels,
		   size_t n_labels, uint64_t value)
{
	put_series(out, series, labels, n_labels);
	buf_printf(out, "%" PRIu64 "\n", value);
}

void series_sample_us(struct buf *out, const struct series *series, uint64_t value_us)
{
	put_series(out, series, NULL, 0);
	buf_printf(out, "%" PRIu64 ".%06" PRIu64 "\n", value_us / 1000000, value_us % 1000000);
}
