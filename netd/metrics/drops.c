// SPDX-License-Identifier: GPL-2.0-or-later
// drops.c - what the kernel throws away, by container and reason, as netd-explain tells it
#include "metrics/drops.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. netd-explain --drops --lines tells once a second of each place how many
 * packets were thrown away there since the second before. They are added up here, so a counter only
 * grows, whoever counts: one that was killed is followed by another, which begins at 0 and tells
 * what is new. What was dropped between the two nobody knows.
 *
 * A container that has gone takes its series along, as it takes those of its interfaces; else a
 * host of many short containers would have a page that only grows. Who is there is known when a
 * page is written: it is the snapshot's list.
 *
 * Where nobody counts there is no family of drops, for a number that stands still looks like
 * nothing lost. That nobody does is a number of its own. */

/* --- rows ------------------------------------------------------------------------------------- */

/* Where a row of both stands, or would. */
static bool find(const struct drops *drops, const char *container, const char *reason,
		 size_t *ret_at)
{
	size_t from = 0, to = drops->n;

	while (from < to) {
		size_t at = from + (to - from) / 2;
		const struct drops_row *row = drops->rows[at];
		int order = strcmp(row->container, container);

		if (order == 0)
			order = strcmp(row->reason, reason);
		if (order == 0) {
			*ret_at = at;
			return true;
		}
		if (order < 0)
			from = at + 1;
		else
			to = at;
	}
	*ret_at = from;
	return false;
}

static int add(struct drops *drops, const struct drops_row *told)
{
	struct drops_row **rows, *row;
	size_t at;

	if (find(drops, told->container, told->reason, &at)) {
		drops->rows[at]->packets += told->packets;
		return 0;
	}
	if (drops->n >= METRICS_DROPS_MAX) {
		drops->n_uncounted += told->packets;
		return 0;
	}
	rows = grow(drops->rows, &drops->room, drops->n + 1, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	drops->rows = rows;
	row = malloc(sizeof(*row));
	if (!row)
		return -ENOMEM;
	*row = *told;
	memmove(&rows[at + 1], &rows[at], (drops->n - at) * sizeof(*rows));
	rows[at] = row;
	drops->n++;
	return 0;
}

/* --- lines ------------------------------------------------------------------------------------ */

/* false: there is none, or it does not fit. */
static bool get_text(const struct json_span *value, char *ret_text, size_t size)
{
	size_t len = json_span_text(value, ret_text, size);

	return len > 0 && len < size;
}

static uint64_t get_count(const struct json_span *value)
{
	int64_t number;

	return json_span_integer(value, &number) && number > 0 ? (uint64_t)number : 0;
}

/* A place, of which a drop without a container is a bridge's. Kernels before 5.17 give no reason:
 * the function that dropped the packet is there in its place. */
static int take_place(struct drops *drops, const struct json_span *container,
		      const struct json_span *reason, const struct json_span *function,
		      uint64_t packets)
{
	struct drops_row row = { .packets = packets };

	if (packets == 0 || (json_span_kind(container) != JSON_SPAN_NULL &&
			     !get_text(container, row.container, sizeof(row.container))))
		return 0;
	if (!get_text(reason, row.reason, sizeof(row.reason)) &&
	    !get_text(function, row.reason, sizeof(row.reason)))
		(void)snprintf(row.reason, sizeof(row.reason), "unknown");
	return add(drops, &row);
}

/* How many found no room in the kernel, of this one who counts: it only grows. */
static void take_uncounted(struct drops *drops, uint64_t n)
{
	if (n > drops->n_uncounted_last)
		drops->n_uncounted += n - drops->n_uncounted_last;
	drops->n_uncounted_last = n;
}

enum line_key {
	READY,
	LACKS,
	MESSAGE,
	BROKEN,
	WHERE,
	DECOY,
	CONTAINER,
	REASON,
	FUNCTION,
	PACKETS,
	UNCOUNTED
};

static const char *const line_keys[] = {
	[READY] = "Ready",	   [LACKS] = "Lacks",	      [MESSAGE] = "message",
	[BROKEN] = "Broken",	   [WHERE] = "Where",	      [DECOY] = "Decoy",
	[CONTAINER] = "Container", [REASON] = "Reason",	      [FUNCTION] = "Function",
	[PACKETS] = "Packets",	   [UNCOUNTED] = "Uncounted",
};

/* Before the kernel counts, or instead: an error of the API has the same place. */
static bool says_lack(struct drops *drops, const struct json_span *why)
{
	if (json_span_kind(why) == JSON_SPAN_NONE)
		return false;
	if (!get_text(why, drops->lacks, sizeof(drops->lacks)))
		(void)snprintf(drops->lacks, sizeof(drops->lacks), "nobody says why");
	return true;
}

/* A status stands first; it and what makes no sense are passed over. */
static int take_line(struct drops *drops, const char *text, size_t len)
{
	struct json_span line, values[ARRAY_SIZE(line_keys)];
	struct error ignored;

	if (json_span_check(text, len, &line, &ignored) < 0 ||
	    json_span_kind(&line) != JSON_SPAN_OBJECT)
		return 0;
	json_span_members(&line, line_keys, ARRAY_SIZE(line_keys), values);
	if (says_lack(drops, &values[LACKS]) || says_lack(drops, &values[MESSAGE]) ||
	    json_span_kind(&values[BROKEN]) != JSON_SPAN_NONE) {
		drops->is_up = false;
		return 0;
	}
	if (json_span_is_true(&values[READY])) {
		drops->is_up = true;
		*drops->lacks = '\0';
	}
	if (json_span_kind(&values[UNCOUNTED]) == JSON_SPAN_NUMBER)
		take_uncounted(drops, get_count(&values[UNCOUNTED]));
	/* What looks like a loss and is none is no drop. */
	if (!drops->is_up || json_span_kind(&values[WHERE]) == JSON_SPAN_NONE ||
	    json_span_is_true(&values[DECOY]))
		return 0;
	return take_place(drops, &values[CONTAINER], &values[REASON], &values[FUNCTION],
			  get_count(&values[PACKETS]));
}

void drops_begin(struct drops *drops)
{
	drops_end(drops);
	drops->is_wanted = true;
	drops->n_uncounted_last = 0;
}

int drops_read(struct drops *drops, const char *data, size_t len)
{
	size_t at = 0;
	const char *end;
	int err = 0;

	buf_append(&drops->text, data, len);
	if (drops->text.err < 0)
		return drops->text.err;
	while (err == 0 && at < drops->text.len &&
	       (end = memchr(drops->text.data + at, '\n', drops->text.len - at))) {
		size_t n = (size_t)(end - drops->text.data) - at;

		err = take_line(drops, drops->text.data + at, n);
		at += n + 1;
	}
	buf_consume(&drops->text, at);
	if (err == 0 && drops->text.len > METRICS_DROPS_LINE_MAX)
		err = -EMSGSIZE;
	return err;
}

void drops_end(struct drops *drops)
{
	drops->is_up = false;
	buf_done(&drops->text);
	drops->text = (struct buf) { 0 };
}

/* --- the page --------------------------------------------------------------------------------- */

static const struct series tracer_up = { "netd_tracer_up", NULL,
					 "Whether drops are counted at the moment, with their "
					 "reasons.",
					 SERIES_GAUGE };
static const struct series dropped = { "netd_drops", NULL,
				       "Packets that the kernel dropped, by container and its "
				       "reason.",
				       SERIES_COUNTER };
static const struct series uncounted = { "netd_drops_uncounted", NULL,
					 "Dropped packets for whose place there was no room.",
					 SERIES_COUNTER };

static int compare_names(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* The names of who is there, sorted; each is the caller's, and the list. false: there is no memory,
 * and nobody is known to have gone. */
static bool read_names(const struct json_span *containers, char ***ret_names, size_t *ret_n)
{
	static const char *const keys[] = { "Name" };
	size_t n = 0, room = json_span_count(containers);
	char **names = calloc(room + 1, sizeof(*names));
	struct json_span item = { 0 }, value;

	while (names && n < room && json_span_next(containers, &item)) {
		char name[COUNTED_NAME_SIZE];

		json_span_members(&item, keys, 1, &value);
		if (!get_text(&value, name, sizeof(name)))
			continue;
		names[n] = strdup(name);
		if (!names[n])
			break;
		n++;
	}
	*ret_names = names;
	*ret_n = n;
	if (names)
		qsort(names, n, sizeof(*names), compare_names);
	return names && n == room;
}

static void forget_gone(struct drops *drops, const struct json_span *containers)
{
	char **names = NULL;
	size_t n = 0, n_kept = 0;

	if (json_span_kind(containers) != JSON_SPAN_ARRAY)
		return;
	if (read_names(containers, &names, &n)) {
		for (size_t i = 0; i < drops->n; i++) {
			struct drops_row *row = drops->rows[i];
			const char *key = row->container;

			if (!*key ||
			    (n > 0 && bsearch(&key, names, n, sizeof(*names), compare_names)))
				drops->rows[n_kept++] = row;
			else
				free(row);
		}
		drops->n = n_kept;
	}
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

void drops_write(struct drops *drops, const struct page *page, const struct json_span *containers)
{
	if (!drops->is_wanted)
		return;
	forget_gone(drops, containers);
	figure_begin(page, &tracer_up);
	series_sample(page->out, &tracer_up, NULL, 0, drops->is_up);
	if (!drops->is_up)
		return;
	figure_begin(page, &dropped);
	for (size_t i = 0; i < drops->n; i++) {
		const struct drops_row *row = drops->rows[i];
		const struct series_label labels[] = { { "container", row->container },
						       { "reason", row->reason } };

		series_sample(page->out, &dropped, labels, ARRAY_SIZE(labels), row->packets);
	}
	figure_begin(page, &uncounted);
	series_sample(page->out, &uncounted, NULL, 0, drops->n_uncounted);
}

void drops_done(struct drops *drops)
{
	for (size_t i = 0; i < drops->n; i++)
		free(drops->rows[i]);
	free(drops->rows);
	drops_end(drops);
	*drops = (struct drops) { 0 };
}
