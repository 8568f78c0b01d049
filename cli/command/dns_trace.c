// SPDX-License-Identifier: GPL-2.0-or-later
// dns_trace.c - how an answer came about, on a terminal
#include "cli/command/dns_trace.h"

#include "base/cleanup.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/lines.h"

#include <stdio.h>

/* Where the words of a step begin: behind its time. It counts from 0. */
#define AT_TEXT 14

/* What is shown of one question: first what a program inside the container does before it asks,
 * then the question and its status, each step with the time since the question came, and the
 * records of the answer. The words are netd's; here they are only laid out.
 *
 * A text that is missing is empty. */
static void put_text(struct lines *lines, const json_t *text)
{
	const char *string = json_string_value(text);

	lines_put(lines, string ? string : "", LINES_PLAIN);
}

/* "a, b, c". Entries that are no texts are empty. */
static void list_of(const json_t *texts, struct buf *out)
{
	const json_t *text;
	size_t i;

	json_array_foreach (texts, i, text)
		buf_printf(out, i > 0 ? ", %s" : "%s",
			   json_string_value(text) ? json_string_value(text) : "");
}

/* What a program inside does before anybody is asked: its files, as netd wrote them. It is shown
 * once, above the first question. Nothing is written where neither of the two files changes what is
 * asked. */
static void put_program(struct lines *lines, const json_t *answer, const char *name,
			const char *from)
{
	const json_t *hosts = json_object_get(answer, "Hosts");
	const json_t *search = json_object_get(answer, "Search");
	_cleanup_(buf_done) struct buf list = { 0 }, text = { 0 };

	if (json_array_size(hosts) > 0) {
		list_of(hosts, &list);
		buf_printf(&text,
			   "A program in %s finds %s in its file hosts (%s), and asks nobody. "
			   "If it asked:",
			   from, name, list.data ? list.data : "");
	} else if (json_array_size(search) > 1) {
		list_of(search, &list);
		buf_printf(&text,
			   "A program in %s asks for these, until it is answered with an address: "
			   "%s. Asked here is %s:",
			   from, list.data ? list.data : "", name);
	}
	if (text.len == 0)
		return;
	lines_wrap(lines, 0, text.err == 0 ? text.data : "");
	lines_end(lines);
}

/* The time is from the beginning of the question, in milliseconds, in a column of fixed width. */
static void put_step(struct lines *lines, const json_t *step)
{
	json_int_t us = json_integer_value(json_object_get(step, "Microseconds"));
	char at[32];

	(void)snprintf(at, sizeof(at), "%9.3f ms", (double)us / 1e3);
	lines_put(lines, at, LINES_PLAIN);
	lines_pad(lines, AT_TEXT);
	lines_wrap(lines, AT_TEXT, cli_str(step, "Text"));
	lines_end(lines);
}

/* The form is that of a zone file, below the words of the steps. */
static void put_record(struct lines *lines, const json_t *record)
{
	char ttl[24];

	(void)snprintf(ttl, sizeof(ttl), "%lld",
		       (long long)json_integer_value(json_object_get(record, "TTL")));
	lines_pad(lines, AT_TEXT);
	put_text(lines, json_object_get(record, "Name"));
	lines_put(lines, "  ", LINES_PLAIN);
	lines_put(lines, ttl, LINES_PLAIN);
	lines_put(lines, "  ", LINES_PLAIN);
	put_text(lines, json_object_get(record, "Type"));
	lines_put(lines, "  ", LINES_PLAIN);
	put_text(lines, json_object_get(record, "Data"));
	lines_end(lines);
}

/* 0, or the error is set. `from` is NULL for a question of the host's. */
int dns_trace_show(const json_t *answer, const char *name, const char *from, bool is_first,
		   struct error *error)
{
	const json_t *question = json_object_get(answer, "Question"), *item;
	_cleanup_(buf_done) struct buf out = { 0 };
	struct lines lines = { .out = &out };
	size_t i;

	if (is_first && from)
		put_program(&lines, answer, name, from);
	put_text(&lines, json_object_get(question, "Type"));
	lines_put(&lines, " of ", LINES_PLAIN);
	put_text(&lines, json_object_get(question, "Name"));
	lines_put(&lines, ": ", LINES_PLAIN);
	put_text(&lines, json_object_get(answer, "Status"));
	lines_end(&lines);
	json_array_foreach (json_object_get(answer, "Steps"), i, item)
		put_step(&lines, item);
	json_array_foreach (json_object_get(answer, "Answers"), i, item)
		put_record(&lines, item);
	if (format_write(&out, error) < 0)
		return error->code;
	/* That there is no such name is said on the other stream, behind this. */
	(void)fflush(stdout); /* commands_main looks at ferror */
	return 0;
}
