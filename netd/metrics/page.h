// SPDX-License-Identifier: GPL-2.0-or-later
// page.h - a snapshot as the page of metrics that Prometheus and its kind read
#pragma once

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct drops;

enum page_format {
	PAGE_OPENMETRICS, /* 1.0 */
	PAGE_TEXT,	  /* Prometheus' text format 0.0.4 */
	PAGE_FORMAT_N,
};

/* For the header Content-Type. */
extern const char *const page_content_type[PAGE_FORMAT_N];

struct page_source {
	const char *snapshot; /* the document of GET /netd/v1/snapshot */
	size_t len;
	const char *report; /* that of GET /netd/v1/doctor; NULL: there is none */
	size_t report_len;
	struct drops *drops; /* what was counted; of containers that have gone it is forgotten then.
				NULL: nobody counts */
	uint64_t took_us;    /* to get them */
};

/* Appends the page. Of a part that is missing in the snapshot its families are missing in the page:
 * they are never zero because nobody could look; and so it is with a report that is none.
 * ERROR_INTERNAL: the snapshot is none. */
int page_write(const struct page_source *source, enum page_format format, struct buf *out,
	       struct error *error);
