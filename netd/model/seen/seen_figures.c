// SPDX-License-Identifier: GPL-2.0-or-later
// seen_figures.c - the head of a snapshot, and its parts that are figures
#include "model/seen/seen_figures.h"

#include "model/seen/seen_text.h"

/* Theory of operation. Each function writes one part of the document, or a value of one, in the
 * order in which a reader wants it. What was not gathered has no number of 0: it is left out,
 * or named in Missing. */

#define VERSION 1 /* of the document: another one when a key goes, or means something else */

/* One number for each of the two records that netd keeps; it grows with each change of that
 * record. */
static void write_generation(struct buf *out, const char *key,
			     const struct seen_generation *generation)
{
	seen_text_key(out, key);
	buf_puts(out, "{");
	seen_text_number(out, "State", generation->state);
	seen_text_number(out, "Run", generation->run);
	buf_puts(out, "}");
}

/* What holds for the whole document: when it was gathered, and how consistent it is. Two
 * generations tell whether netd's records changed meanwhile. */
void seen_figures_head(struct buf *out, const struct seen_head *head, unsigned int parts)
{
	seen_text_number(out, "Version", VERSION);
	seen_text_number(out, "Gathering", head->number);
	seen_text_time(out, "Time", &head->when);
	seen_text_ms(out, "TookMilliseconds", head->took_s);
	seen_text_number(out, "Turns", head->n_turns);
	seen_text_ms(out, "LongestTurnMilliseconds", head->longest_turn_s);
	write_generation(out, "Generation", &head->generation);
	write_generation(out, "GenerationAtBegin", &head->begin);
	seen_text_bool(out, "Moving", head->is_moving);
	seen_text_key(out, "Missing");
	buf_puts(out, "[");
	for (enum seen_part part = 0; part < SEEN_N; part++) {
		/* What was not asked for is not missing. */
		if (!head->missing[part] || !(parts & SEEN_BIT(part)))
			continue;
		/* The resolver says both: that it does not is told once. */
		if (part == SEEN_DNS && head->missing[SEEN_RESOLVER] &&
		    (parts & SEEN_BIT(SEEN_RESOLVER)))
			continue;
		seen_text_comma(out);
		buf_puts(out, "{");
		seen_text_string(out, "Part", seen_part_key[part]);
		seen_text_string(out, "Why", head->missing[part]);
		buf_puts(out, "}");
	}
	buf_puts(out, "]");
}

/* Objects of numbers; keys are netd's own. */
void seen_figures_counters(struct buf *out, const struct seen_counter *counters, size_t n)
{
	buf_puts(out, "{");
	for (size_t i = 0; i < n; i++)
		seen_text_number(out, counters[i].key, counters[i].value);
	buf_puts(out, "}");
}

/* One of the two records of what netd keeps. Generation grows with each change that is written. */
static void write_record(struct buf *out, const char *key, const struct seen_record *record)
{
	seen_text_key(out, key);
	buf_puts(out, "{");
	seen_text_number(out, "Generation", record->generation);
	seen_text_number(out, "Rows", record->n_rows);
	seen_text_number(out, "JournalBytes", record->journal_bytes);
	seen_text_bool(out, "ReadOnly", record->is_read_only);
	buf_puts(out, "}");
}

/* What the store counts, and what a person should know of it. */
void seen_figures_store(struct buf *out, const struct seen_store *store)
{
	buf_puts(out, "{");
	write_record(out, "State", &store->state);
	write_record(out, "Run", &store->run);
	seen_text_number(out, "Healed", store->n_healed);
	if (store->backup)
		seen_text_time(out, "LastBackup", store->backup);
	else
		seen_text_string(out, "LastBackup", NULL);
	seen_text_key(out, "Notes");
	buf_puts(out, "[");
	for (size_t i = 0; i < store->n_notes; i++) {
		seen_text_comma(out);
		seen_text_value(out, store->notes[i]);
	}
	buf_puts(out, "]}");
}

/* The four numbers that each direction of a link has. */
static void write_traffic(struct buf *out, const char *key, const struct seen_traffic *traffic)
{
	seen_text_key(out, key);
	buf_puts(out, "{");
	seen_text_number(out, "Packets", traffic->packets);
	seen_text_number(out, "Bytes", traffic->bytes);
	seen_text_number(out, "Errors", traffic->errors);
	seen_text_number(out, "Dropped", traffic->dropped);
	buf_puts(out, "}");
}

/* The index finds the link among those of containers (HostIndex), and those of the host. */
void seen_figures_through(struct buf *out, const struct seen_through *through)
{
	seen_text_comma(out);
	buf_puts(out, "{");
	seen_text_number(out, "Index", (uint64_t)through->ifindex);
	write_traffic(out, "Received", &through->received);
	write_traffic(out, "Sent", &through->sent);
	buf_puts(out, "}");
}

/* A link of the host. What it does not have is null. The indexes of master and peer are numbers of
 * this namespace, and 0 is none. Numbers are counted by the kernel since the link was made. */
void seen_figures_link(struct buf *out, const struct seen_link *link)
{
	seen_text_comma(out);
	buf_puts(out, "{");
	seen_text_string(out, "Name", link->name);
	seen_text_number(out, "Index", (uint64_t)link->ifindex);
	seen_text_string(out, "Kind", link->kind[0] ? link->kind : NULL);
	seen_text_string(out, "Alias", link->alias[0] ? link->alias : NULL);
	seen_text_mac(out, "Mac", &link->mac);
	seen_text_number(out, "Mtu", link->mtu);
	seen_text_bool(out, "Up", link->is_up);
	seen_text_bool(out, "Running", link->is_running);
	seen_text_number(out, "Master", (uint64_t)link->master);
	seen_text_number(out, "Peer", (uint64_t)link->peer);
	write_traffic(out, "Received", &link->received);
	write_traffic(out, "Sent", &link->sent);
	buf_puts(out, "}");
}

/* There is at least one number: lists of nothing are never written here. So the first number
 * may bring the bracket. */
static void write_list(struct buf *out, const char *key, const uint64_t *numbers, size_t n)
{
	seen_text_key(out, key);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%llu", i == 0 ? "[" : ",", (unsigned long long)numbers[i]);
	buf_puts(out, "]");
}

/* Bounds and counts as two lists; the last count is what is beyond all bounds. A histogram that is
 * empty has all its bounds, and zeros. */
void seen_figures_histogram(struct buf *out, const char *key, const struct histogram *histogram)
{
	uint64_t bounds[HISTOGRAM_BOUNDS];

	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++)
		/* The same unit in both lists. */
		bounds[i] = histogram_bound_us[i];
	seen_text_key(out, key);
	buf_puts(out, "{");
	seen_text_number(out, "Count", histogram_count(histogram));
	seen_text_number(out, "SumMicroseconds", histogram->sum_us);
	write_list(out, "BoundsMicroseconds", bounds, HISTOGRAM_BOUNDS);
	write_list(out, "Counts", histogram->n, HISTOGRAM_BOUNDS + 1);
	buf_puts(out, "}");
}

/* A limit of 0 was not read, and is left out. The counters are of the whole host, whoever uses
 * it. */
void seen_figures_conntrack(struct buf *out, const struct seen_conntrack *conntrack)
{
	buf_puts(out, "{");
	seen_text_number(out, "Entries", conntrack->entries);
	if (conntrack->limit > 0)
		seen_text_number(out, "Limit", conntrack->limit);
	seen_text_number(out, "InsertFailed", conntrack->insert_failed);
	seen_text_number(out, "Dropped", conntrack->dropped);
	seen_text_number(out, "EarlyDropped", conntrack->early_dropped);
	buf_puts(out, "}");
}

/* How many elements each set has, and the counters in rules. */
void seen_figures_table(struct buf *out, const struct seen_table *table)
{
	buf_puts(out, "{");
	seen_text_key(out, "Sets");
	seen_figures_counters(out, table->sets, table->n_sets);
	seen_text_key(out, "Counted");
	buf_puts(out, "[");
	for (size_t i = 0; i < table->n_counted; i++) {
		seen_text_comma(out);
		buf_puts(out, "{");
		seen_text_string(out, "Element", table->counted[i].text);
		seen_text_number(out, "Packets", table->counted[i].packets);
		buf_puts(out, "}");
	}
	buf_puts(out, "]}");
}
