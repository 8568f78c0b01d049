// SPDX-License-Identifier: GPL-2.0-or-later
// series.h - a family of metrics, in the words of both formats
#pragma once

#include "base/buf.h"
#include "metrics/page.h"

#include <stddef.h>
#include <stdint.h>

enum series_kind {
	SERIES_COUNTER,
	SERIES_GAUGE,
	SERIES_INFO,	  /* 1, and what it says is in its labels */
	SERIES_HISTOGRAM, /* of seconds */
};

struct series {
	const char *name; /* without _total and _info; ends with _UNIT where there is one */
	const char *unit; /* "bytes", "seconds"; NULL: it has none */
	const char *help; /* a sentence; neither a backslash nor the end of a line */
	enum series_kind kind;
};

struct series_label {
	const char *name;
	const char *value; /* anything: it is escaped */
};

/* HELP, TYPE and UNIT. Samples of the family follow, and nothing else until the next one begins. */
void series_begin(struct buf *out, enum page_format format, const struct series *series);
/* A line. */
void series_sample(struct buf *out, const struct series *series, const struct series_label *labels,
		   size_t n_labels, uint64_t value);
/* The same in seconds. */
void series_sample_us(struct buf *out, const struct series *series,
		      const struct series_label *labels, size_t n_labels, uint64_t value_us);

/* Of a histogram, which has one label: how many took bound_us or less, for each bound in order; and
 * then how many there are, and how long they took in all. */
void series_bucket(struct buf *out, const struct series *series, const struct series_label *label,
		   uint64_t bound_us, uint64_t n);
void series_histogram_end(struct buf *out, const struct series *series,
			  const struct series_label *label, uint64_t n, uint64_t sum_us);
