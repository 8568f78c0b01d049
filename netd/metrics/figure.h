// SPDX-License-Identifier: GPL-2.0-or-later
// figure.h - numbers of a snapshot as families of metrics
#pragma once

#include "base/json_span.h"
#include "metrics/series.h"

#include <stdbool.h>

struct page {
	struct buf *out;
	enum page_format format;
};

void figure_begin(const struct page *page, const struct series *series);

/* False: there is no such number, and a page must not say that it is 0. */
bool figure_number(const struct json_span *object, const char *key, uint64_t *ret_number);
struct json_span figure_member(const struct json_span *object, const char *key);

/* A number of an object's is a family. */
struct figure {
	const char *key;
	struct series series;
};
void figure_write(const struct page *page, const struct json_span *object,
		  const struct figure *figures, size_t n);

/* The numbers of an object are one family. */
struct figure_named {
	const char *key;   /* in the snapshot */
	const char *label; /* in the page */
};
/* are_objects: the number is their Count. */
void figure_write_named(const struct page *page, const struct json_span *object,
			const struct series *series, const char *label,
			const struct figure_named *named, size_t n, bool are_objects);

/* What a snapshot says of how long things took; the family has been begun. What has another shape
 * is left out. */
void figure_write_histogram(const struct page *page, const struct series *series,
			    const struct series_label *label, const struct json_span *took);
