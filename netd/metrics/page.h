// SPDX-License-Identifier: GPL-2.0-or-later
// page.h - a snapshot as the page of metrics that Prometheus and its kind read
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum page_format {
	PAGE_OPENMETRICS, /* 1.0 */
	PAGE_TEXT,	  /* Prometheus' text format 0.0.4 */
	PAGE_FORMAT_N,
};

/* For the header Content-Type. */
extern const char *const page_content_type[PAGE_FORMAT_N];

/* Appends the page of a snapshot, the document of GET /netd/v1/snapshot. Of a part that is missing
 * there its families are missing in the page: they are never zero because nobody could look.
 * took_us: how long it took to get it. ERROR_INTERNAL: it is none. */
int page_write(const char *snapshot, size_t len, enum page_format format, uint64_t took_us,
	       struct buf *out, struct error *error);
