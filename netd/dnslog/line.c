// SPDX-License-Identifier: GPL-2.0-or-later
// line.c - an entry of the ring as a line of JSON, or of a table
#include "dns/msg.h"
#include "dns/type.h"
#include "dnslog/dnslog.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Theory of operation. There may be a hundred thousand lines a second, of always the same members,
 * and whoever reads them takes processors from who asks and who answers. So a line is put together
 * here, by no library and without printf, in memory that has room for the longest; the table's
 * lines are what netctl shows, so that it has nothing to do but to pass them on. A name is any
 * bytes that a container has made up: what is no printing character of ASCII, a dot within a label,
 * and the backslash itself are escaped as zone files do it (RFC 1035, 5.1), and the backslash once
 * more for JSON.
 *
 * The members and their order, of a question:
 * {"Number":N,"Time":"...Z","Container":"...","Name":"...","Type":"A","Protocol":"udp",
 *  "Source":"...","Code":"...","Nanoseconds":N} */

/* Where columns of the table begin; they count from 0. What may be longer than any column, the
 * name, comes last. */
enum { AT_WHO = 14, AT_SOURCE = 30, AT_CODE = 40, AT_TOOK = 50, AT_TYPE = 62, AT_NAME = 68 };

/* at: where the next byte goes. DNS_LOG_LINE_MAX has room for all that is put here. */
struct line {
	char *at;
	bool is_table;
	char text[DNS_LOG_LINE_MAX];
};

static void put(struct line *line, const char *text, size_t len)
{
	memcpy(line->at, text, len);
	line->at += len;
}

static void puts_to(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

/* The length of a constant is known when this is compiled. */
#define PUT(line, constant) put(line, constant, sizeof(constant) - 1)

/* At least so many digits, with zeroes before them. */
static void put_number(struct line *line, uint64_t number, unsigned n_digits)
{
	char digits[20]; /* of 18446744073709551615 */
	size_t at = sizeof(digits);

	while (number > 0 || n_digits > sizeof(digits) - at) {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	}
	put(line, digits + at, sizeof(digits) - at);
}

/* Blanks up to a column; a text that runs into it pushes it on by one. */
static void pad(struct line *line, ptrdiff_t column)
{
	do
		*line->at++ = ' ';
	while (line->at - line->text < column);
}

/* --- what containers make up --- */

static bool is_plain(uint8_t byte, bool in_label)
{
	return byte > ' ' && byte < 0x7f && byte != '\\' && byte != '"' &&
	       !(byte == '.' && in_label);
}

/* Five bytes at the most. Three digits behind a backslash are the byte in decimal, as RFC 1035 has
 * it. */
static void put_escaped(struct line *line, uint8_t byte)
{
	if (byte == '"') {
		puts_to(line, line->is_table ? "\"" : "\\\"");
		return;
	}
	puts_to(line, line->is_table ? "\\" : "\\\\");
	if (byte == '\\')
		puts_to(line, line->is_table ? "\\" : "\\\\");
	else if (byte == '.')
		PUT(line, ".");
	else
		put_number(line, byte, 3);
}

static void put_bytes(struct line *line, const uint8_t *bytes, size_t len, bool in_label)
{
	for (size_t i = 0; i < len; i++) {
		if (is_plain(bytes[i], in_label))
			*line->at++ = (char)bytes[i];
		else
			put_escaped(line, bytes[i]);
	}
}

/* As it was asked, without a final dot but for the root. The wire form: a length, then as many
 * bytes, until a length of 0. Lengths were checked when the entry was read. */
static void put_name(struct line *line, const struct dns_log_entry *entry)
{
	if (entry->name_len == 1)
		PUT(line, ".");
	for (size_t at = 0; at < entry->name_len && entry->name[at] != 0;
	     at += 1u + entry->name[at]) {
		if (at > 0)
			PUT(line, ".");
		put_bytes(line, &entry->name[at + 1], entry->name[at], true);
	}
}

static void put_who(struct line *line, const struct dns_log_entry *entry)
{
	put_bytes(line, (const uint8_t *)entry->who, entry->who_len, false);
}

/* --- when --- */

/* "2026-01-02T13:45:12", made once for all entries of a second; the year 1 where that cannot be. */
static const char *second_text(struct dnslog *dnslog, uint64_t second)
{
	time_t seconds = (time_t)second;
	struct tm tm;

	if (dnslog->second == second && dnslog->second_text[0] != '\0')
		return dnslog->second_text;
	dnslog->second = second;
	/* A year of more than four digits does not fit the format. */
	if (!gmtime_r(&seconds, &tm) || tm.tm_year >= 8100 ||
	    strftime(dnslog->second_text, sizeof(dnslog->second_text), "%Y-%m-%dT%H:%M:%S", &tm) !=
		    DNSLOG_SECOND_LEN)
		memcpy(dnslog->second_text, "0001-01-01T00:00:00", DNSLOG_SECOND_LEN + 1);
	return dnslog->second_text;
}

/* When it was asked. Entries have the time of the answer on the monotonic clock. wall_ns is what
 * lies between that and the wall clock now. A table has the hour and milliseconds. */
static void put_time(struct line *line, struct dnslog *dnslog, const struct dns_log_entry *entry,
		     int64_t wall_ns)
{
	uint64_t asked_ns = entry->took_ns < entry->at_ns ? entry->at_ns - entry->took_ns : 0;
	uint64_t ns = asked_ns + (uint64_t)wall_ns;
	const char *text = second_text(dnslog, ns / 1000000000);

	if (line->is_table) {
		put(line, text + DNSLOG_HOUR_AT, DNSLOG_SECOND_LEN - DNSLOG_HOUR_AT);
		PUT(line, ".");
		put_number(line, ns % 1000000000 / 1000000, 3);
		return;
	}
	PUT(line, "\"Time\":\"");
	put(line, text, DNSLOG_SECOND_LEN);
	PUT(line, ".");
	put_number(line, ns % 1000000000, 9);
	PUT(line, "Z\"");
}

/* --- a question --- */

/* A name that could not be read is left out, together with the type; without a reply there is no
 * code. */
static void put_object(struct line *line, const struct dns_log_entry *entry)
{
	char text[DNS_TYPE_TEXT];

	PUT(line, ",\"Container\":\"");
	put_who(line, entry);
	PUT(line, "\"");
	if (entry->name_len > 0) {
		PUT(line, ",\"Name\":\"");
		put_name(line, entry);
		PUT(line, "\",\"Type\":\"");
		puts_to(line, dns_type_print(entry->type, text));
		PUT(line, "\"");
		if (entry->class != DNS_CLASS_IN) {
			PUT(line, ",\"Class\":");
			put_number(line, entry->class, 1);
		}
	}
	puts_to(line, entry->tcp ? ",\"Protocol\":\"tcp\",\"Source\":\""
				 : ",\"Protocol\":\"udp\",\"Source\":\"");
	puts_to(line, dns_log_source_name[entry->source]);
	PUT(line, "\"");
	if (entry->code != DNS_LOG_NO_REPLY) {
		PUT(line, ",\"Code\":\"");
		puts_to(line, dns_type_print_rcode(entry->code, text));
		PUT(line, "\"");
	}
	PUT(line, ",\"Nanoseconds\":");
	put_number(line, entry->took_ns, 1);
}

/* Milliseconds with three places: microseconds matter for what comes from the cache. */
static void put_took(struct line *line, uint64_t ns)
{
	uint64_t us = ns / 1000 + (ns % 1000 >= 500);

	put_number(line, us / 1000, 1);
	PUT(line, ".");
	put_number(line, us % 1000, 3);
	PUT(line, " ms");
}

/* A question has either a code or no reply; a packet that was no question has no type. */
static void put_row(struct line *line, const struct dns_log_entry *entry)
{
	char text[DNS_TYPE_TEXT];

	pad(line, AT_WHO);
	put_who(line, entry);
	pad(line, AT_SOURCE);
	puts_to(line, dns_log_source_name[entry->source]);
	pad(line, AT_CODE);
	puts_to(line, entry->code == DNS_LOG_NO_REPLY ? "no reply"
						      : dns_type_print_rcode(entry->code, text));
	pad(line, AT_TOOK);
	put_took(line, entry->took_ns);
	pad(line, AT_TYPE);
	puts_to(line, entry->name_len > 0 ? dns_type_print(entry->type, text) : "-");
	pad(line, AT_NAME);
	if (entry->name_len > 0)
		put_name(line, entry);
	else
		PUT(line, "(no question)");
}

/* --- what is no question: why something is missing here --- */

/* False: that nobody looked before we do needs no words. */
static bool put_remark(struct line *line, const struct dnslog *dnslog,
		       const struct dns_log_entry *entry)
{
	bool is_begun = entry->kind == DNS_LOG_BEGUN;

	if (!line->is_table)
		puts_to(line, is_begun ? ",\"Event\":\"begun\"" : ",\"Event\":\"resolver\"");
	else if (is_begun && !dnslog->has_heading)
		return false;
	else
		puts_to(line, is_begun ? "-- nobody looked, and nothing was noted until here"
				       : "-- another resolver process has taken over");
	return true;
}

/* Above the first line of a table, and not at all where nothing comes. */
static void put_heading(struct dnslog *dnslog, struct buf *out)
{
	if (dnslog->table && !dnslog->has_heading)
		buf_puts(out, "TIME (UTC)    CONTAINER       FROM      CODE      TOOK        TYPE  "
			      "NAME\n");
	dnslog->has_heading = true;
}

/* The whole line. It is copied once, so that out is looked at once. */
static void end(struct line *line, struct dnslog *dnslog, struct buf *out)
{
	puts_to(line, line->is_table ? "\n" : "}\n");
	put_heading(dnslog, out);
	buf_append(out, line->text, (size_t)(line->at - line->text));
}

/* Entries of other kinds tell that noting has begun or that a resolver is new. */
static bool is_wanted(const struct dnslog *dnslog, const struct dns_log_entry *entry)
{
	/* What says that something is missing here is everybody's. */
	if (entry->kind != DNS_LOG_QUESTION)
		return true;
	return (!dnslog->failed || entry->code != DNS_RCODE_NOERROR) &&
	       (!dnslog->name || strcmp(dnslog->name, entry->who) == 0);
}

/* Appends a line, or nothing where the entry is not wanted. */
void line_entry(struct buf *out, struct dnslog *dnslog, const struct dns_log_entry *entry,
		int64_t wall_ns)
{
	bool is_question = entry->kind == DNS_LOG_QUESTION;
	struct line line;

	if (!is_wanted(dnslog, entry))
		return;
	line.at = line.text;
	line.is_table = dnslog->table;
	if (!line.is_table) {
		PUT(&line, "{\"Number\":");
		put_number(&line, entry->number, 1);
		PUT(&line, ",");
	}
	/* A remark stands for itself in a table. */
	if (is_question || !line.is_table)
		put_time(&line, dnslog, entry, wall_ns);
	if (is_question && line.is_table)
		put_row(&line, entry);
	else if (is_question)
		put_object(&line, entry);
	else if (!put_remark(&line, dnslog, entry))
		return;
	end(&line, dnslog, out);
}

/* n entries were overwritten before they could be read. */
void line_lost(struct buf *out, struct dnslog *dnslog, uint64_t n)
{
	struct line line = { .is_table = dnslog->table };

	line.at = line.text;
	puts_to(&line, line.is_table ? "-- " : "{\"Lost\":");
	put_number(&line, n, 1);
	if (line.is_table)
		PUT(&line, " questions were not read in time");
	end(&line, dnslog, out);
}
