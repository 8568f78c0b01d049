// SPDX-License-Identifier: GPL-2.0-or-later
// page_more.h - what a page says of what netd does: questions, operations, connections, processes
#pragma once

#include "metrics/figure.h"

/* Each writes the families of a part of a snapshot, or of its part Daemon; of one that is not there
 * none. */
void page_more_dns(const struct page *page, const struct json_span *dns);
void page_more_operations(const struct page *page, const struct json_span *daemon);
void page_more_processes(const struct page *page, const struct json_span *daemon);
/* report: what doctor has written. */
void page_more_findings(const struct page *page, const char *report, size_t len);
void page_more_conntrack(const struct page *page, const struct json_span *conntrack);
