// SPDX-License-Identifier: GPL-2.0-or-later
// line.c - an entry of the ring as a line of JSON
#include "dns/msg.h"
#include "dns/type.h"
#include "dnslog/dnslog.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Theory of operation. There may be a hundred thousand lines a second, of always the same members,
 * so they are put together here, and by no library. A name is any bytes that a container has made
 * up: what is no printing character of ASCII, a dot within a label, and the backslash itself are
 * escaped as zone files do it (RFC 1035, 5.1), and the backslash once more for JSON.
 *
 * The members and their order, of a question:
 * {"Number":N,"Time":"...Z","Container":"...","Name":"...","Type":"A","Protocol":"udp",
 *  "Source":"...","Code":"...","Nanoseconds":N} */

/* Three digits behind a backslash are the byte in decimal, as RFC 1035 has it. */
static void put_byte(struct buf *out, uint8_t byte, bool in_label)
{
	if (byte <= ' ' || byte >= 0x7f)
		buf_printf(out, "\\\\%03u", byte);
	else if (byte == '\\')
		buf_puts(out, "\\\\\\\\");
	else if (byte == '"')
		buf_puts(out, "\\\"");
	else if (byte == '.' && in_label)
		buf_puts(out, "\\\\.");
	else
		buf_append(out, &byte, 1);
}

/* As it was asked, without a final dot but for the root. The wire form: a length, then as many
 * bytes, until a length of 0. Lengths were checked when the entry was read. */
static void put_name(struct buf *out, const struct dns_log_entry *entry)
{
	const char *between = "";

	buf_puts(out, ",\"Name\":\"");
	for (size_t at = 0; at < entry->name_len && entry->name[at] != 0;
	     at += 1u + entry->name[at]) {
		buf_puts(out, between);
		for (size_t i = 1; i <= entry->name[at]; i++)
			put_byte(out, entry->name[at + i], true);
		between = ".";
	}
	buf_puts(out, entry->name_len == 1 ? ".\"" : "\"");
}

/* When it was asked; the year 1 where the entry says what cannot be. Entries have the time of the
 * answer on the monotonic clock. wall_ns is what lies between that and the wall clock now. */
static void put_time(struct buf *out, const struct dns_log_entry *entry, int64_t wall_ns)
{
	uint64_t asked_ns = entry->took_ns < entry->at_ns ? entry->at_ns - entry->took_ns : 0;
	uint64_t ns = asked_ns + (uint64_t)wall_ns;
	time_t seconds = (time_t)(ns / 1000000000);
	char when[32] = "0001-01-01T00:00:00";
	struct tm tm;

	/* A year of more than four digits does not fit the format. */
	if (gmtime_r(&seconds, &tm) && tm.tm_year < 8100)
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(out, "\"Time\":\"%s.%09lluZ\"", when, (unsigned long long)(ns % 1000000000));
}

/* A name that could not be read is left out, together with the type. */
static void put_question(struct buf *out, const struct dns_log_entry *entry)
{
	char text[DNS_TYPE_TEXT];

	buf_puts(out, ",\"Container\":\"");
	for (const char *at = entry->who; *at; at++)
		put_byte(out, (uint8_t)*at, false);
	buf_puts(out, "\"");
	/* Of what could not be read nothing is said. */
	if (entry->name_len > 0) {
		put_name(out, entry);
		buf_printf(out, ",\"Type\":\"%s\"", dns_type_print(entry->type, text));
		if (entry->class != DNS_CLASS_IN)
			buf_printf(out, ",\"Class\":%u", entry->class);
	}
	buf_printf(out, ",\"Protocol\":\"%s\",\"Source\":\"%s\"", entry->tcp ? "tcp" : "udp",
		   dns_log_source_name[entry->source]);
	/* Without a reply there is no code. */
	if (entry->code != DNS_LOG_NO_REPLY)
		buf_printf(out, ",\"Code\":\"%s\"", dns_type_print_rcode(entry->code, text));
	buf_printf(out, ",\"Nanoseconds\":%llu", (unsigned long long)entry->took_ns);
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
void line_entry(struct buf *out, const struct dnslog *dnslog, const struct dns_log_entry *entry,
		int64_t wall_ns)
{
	if (!is_wanted(dnslog, entry))
		return;
	buf_printf(out, "{\"Number\":%llu,", (unsigned long long)entry->number);
	put_time(out, entry, wall_ns);
	if (entry->kind == DNS_LOG_BEGUN)
		buf_puts(out, ",\"Event\":\"begun\"");
	else if (entry->kind == DNS_LOG_RESOLVER)
		buf_puts(out, ",\"Event\":\"resolver\"");
	else
		put_question(out, entry);
	buf_puts(out, "}\n");
}

/* n entries were overwritten before they could be read. */
void line_lost(struct buf *out, uint64_t n)
{
	buf_printf(out, "{\"Lost\":%llu}\n", (unsigned long long)n);
}
