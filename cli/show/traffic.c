// SPDX-License-Identifier: GPL-2.0-or-later
// traffic.c - what went through containers' interfaces, in the container's own direction
#include "cli/show/traffic.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "base/json_span.h"
#include "base/limits.h"
#include "cli/show/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A snapshot has each container with the host ends of its interfaces, and
 * each link of the host with what went through. A host end is the other side of the pair: what
 * it received the container has sent. The text is read where it stands, without a tree of it: of a
 * thousand containers that would take longer than netd takes to write it. What is looked up (links,
 * networks, questions) is sorted once. Numbers that are not known are null in JSON and a dash on a
 * screen, and never 0. */

/* --- reading ---------------------------------------------------------------------------------- */

/* A number that is negative is a fault of the answer and counts as nothing. A number that is
 * missing is 0; whether it is known is told by is_counted and has_asked. */
static uint64_t number(const struct json_span *value)
{
	int64_t n;

	return json_span_integer(value, &n) && n > 0 ? (uint64_t)n : 0;
}

/* Of an object. NULL: out of memory. "" where it is not there. */
static char *text_of(const struct json_span *value)
{
	char *text = malloc(value->len + 1);

	if (text)
		*text = '\0';
	/* As it stands it is no shorter than what it says. */
	if (text && value->at)
		(void)json_span_text(value, text, value->len + 1);
	return text;
}

static struct json_span member(const struct json_span *object, const char *key)
{
	struct json_span value;

	json_span_members(object, &key, 1, &value);
	return value;
}

/* An element of a list, found by its key: a text that it has, or a number. The key comes first, for
 * bsearch(3). */
struct entry {
	char *text; /* NULL: it is found by its number */
	uint64_t number;
	struct json_span value;
};

struct index {
	struct entry *entries;
	size_t n;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->text && y->text)
		return strcmp(x->text, y->text);
	return (x->number > y->number) - (x->number < y->number);
}

static void index_done(struct index *index)
{
	for (size_t i = 0; i < index->n; i++)
		free(index->entries[i].text);
	free(index->entries);
	*index = (struct index) { 0 };
}

/* is_text: what is under the key is a text, else a number. 0 or -ENOMEM; the caller frees it then,
 * too. */
static int index_by(const struct json_span *list, const char *key, bool is_text,
		    struct index *index)
{
	struct json_span item = { 0 };

	index->entries = calloc(json_span_count(list) + 1, sizeof(*index->entries));
	if (!index->entries)
		return -ENOMEM;
	while (json_span_next(list, &item)) {
		const struct json_span value = member(&item, key);
		struct entry *entry = &index->entries[index->n];

		entry->value = item;
		if (is_text && !(entry->text = text_of(&value)))
			return -ENOMEM;
		entry->number = is_text ? 0 : number(&value);
		index->n++;
	}
	qsort(index->entries, index->n, sizeof(*index->entries), compare_entries);
	return 0;
}

/* What nothing has that key of is a value that is not there. */
static struct json_span find(const struct index *index, char *text, uint64_t n)
{
	const struct entry key = { .text = text, .number = n };
	const struct entry *found = bsearch(&key, index->entries, index->n, sizeof(*index->entries),
					    compare_entries);

	return found ? found->value : (struct json_span) { 0 };
}

/* A row may have several endpoints: their numbers are added. */
static void add_way(struct traffic_way *way, const struct json_span *counts)
{
	static const char *const keys[] = { "Bytes", "Packets", "Dropped" };
	struct json_span values[ARRAY_SIZE(keys)];

	json_span_members(counts, keys, ARRAY_SIZE(keys), values);
	way->bytes += number(&values[0]);
	way->packets += number(&values[1]);
	way->dropped += number(&values[2]);
}

/* What is needed while rows are made. Only `traffic` outlives it. The three indexes are freed by
 * traffic_read() in any case. */
struct reading {
	struct index links, networks; /* by number; by id */
	struct index asked;	      /* by id; empty: nobody counts */
	struct traffic *traffic;
	size_t room;
};

/* The row is counted as soon as it is taken, so that traffic_done() frees what was filled of it.
 * NULL: no memory. The row stands there until the next one is taken. */
static struct traffic_row *new_row(struct reading *reading, const struct json_span *name,
				   const struct json_span *id)
{
	struct traffic *traffic = reading->traffic;
	struct traffic_row *row, *rows;

	rows = grow(traffic->rows, &reading->room, traffic->n + 1, sizeof(*rows));
	if (!rows)
		return NULL;
	traffic->rows = rows;
	row = &rows[traffic->n++];
	*row = (struct traffic_row) { 0 };
	row->name = text_of(name);
	row->id = text_of(id);
	row->networks = strdup("");
	return row->name && row->id && row->networks ? row : NULL;
}

/* A question is a container's, whichever of its networks knows the name. A row that is one network
 * of several has no number of questions. A row that nobody counts for has a dash on the screen. */
static void add_asked(const struct reading *reading, struct traffic_row *row)
{
	static const char *const keys[] = { "Queries", "Failed" };
	struct json_span asked = find(&reading->asked, row->id, 0), values[ARRAY_SIZE(keys)];

	json_span_members(&asked, keys, ARRAY_SIZE(keys), values);
	row->has_asked = asked.at != NULL;
	row->n_queries = number(&values[0]);
	row->n_failed = number(&values[1]);
}

/* Names of networks are joined with commas, as docker's lists do. 0 or -ENOMEM. */
static int add_network(const struct reading *reading, struct traffic_row *row,
		       const struct json_span *endpoint_network)
{
	_cleanup_free_ char *id = text_of(endpoint_network), *name = NULL;
	struct json_span network = { 0 };
	char *networks;

	if (!id)
		return -ENOMEM;
	network = find(&reading->networks, id, 0);
	network = member(&network, "Name");
	name = text_of(&network);
	if (!name)
		return -ENOMEM;
	if (!*row->networks)
		networks = take_ptr(name);
	else if (asprintf(&networks, "%s,%s", row->networks, name) < 0)
		return -ENOMEM;
	free(row->networks);
	row->networks = networks;
	return 0;
}

/* An endpoint without a link adds its network's name, and no numbers. 0 or -ENOMEM. */
static int add_endpoint(const struct reading *reading, struct traffic_row *row,
			const struct json_span *endpoint)
{
	static const char *const keys[] = { "Network", "HostIndex" }, *const ways[] = {
		"Sent", "Received"
	};
	struct json_span values[ARRAY_SIZE(keys)], counts[ARRAY_SIZE(ways)], link;
	int err;

	json_span_members(endpoint, keys, ARRAY_SIZE(keys), values);
	err = add_network(reading, row, &values[0]);
	if (err < 0)
		return err;
	link = find(&reading->links, NULL, number(&values[1]));
	if (!link.at)
		return 0;
	row->is_counted = true;
	/* The host's end sends what the container receives. */
	json_span_members(&link, ways, ARRAY_SIZE(ways), counts);
	add_way(&row->received, &counts[0]);
	add_way(&row->sent, &counts[1]);
	return 0;
}

/* A container without a network has a row, too: it is there, and nothing is counted. 0 or -ENOMEM.
 * by_network: a row for each endpoint; else one for all of them. */
static int read_container(struct reading *reading, const struct json_span *container,
			  bool by_network)
{
	static const char *const keys[] = { "Name", "Id", "Endpoints" };
	struct json_span values[ARRAY_SIZE(keys)], endpoint = { 0 };
	struct traffic_row *row = NULL;

	json_span_members(container, keys, ARRAY_SIZE(keys), values);
	while (json_span_next(&values[2], &endpoint)) {
		if (!row || by_network)
			row = new_row(reading, &values[0], &values[1]);
		if (!row)
			return -ENOMEM;
		if (!by_network)
			add_asked(reading, row);
		if (add_endpoint(reading, row, &endpoint) < 0)
			return -ENOMEM;
	}
	return row || new_row(reading, &values[0], &values[1]) ? 0 : -ENOMEM;
}

/* The parts of a snapshot, in the order of part_keys. */
enum part { PART_ENDS, PART_NETWORKS, PART_TRAFFIC, PART_DNS, PART_MISSING, N_PARTS };
static const char *const part_keys[N_PARTS] = {
	[PART_ENDS] = "Ends", [PART_NETWORKS] = "Networks", [PART_TRAFFIC] = "Traffic",
	[PART_DNS] = "Dns",   [PART_MISSING] = "Missing",
};

/* On an error the caller frees the indexes and the rows. 0 or -ENOMEM. */
static int read_all(struct reading *reading, const struct json_span *parts, bool by_network)
{
	const struct json_span asked = member(&parts[PART_DNS], "Containers");
	struct json_span container = { 0 };
	int err = 0;

	if (index_by(&parts[PART_TRAFFIC], "Index", false, &reading->links) < 0 ||
	    index_by(&parts[PART_NETWORKS], "Id", true, &reading->networks) < 0 ||
	    index_by(&asked, "Id", true, &reading->asked) < 0)
		return -ENOMEM;
	while (err == 0 && json_span_next(&parts[PART_ENDS], &container))
		err = read_container(reading, &container, by_network);
	return err;
}

/* The snapshot's own words for what is not there. A snapshot lists the parts that it could not
 * gather. */
static void why_missing(const struct json_span *missing, const char *part,
			char ret_why[static ERROR_TEXT_MAX])
{
	static const char *const keys[] = { "Part", "Why" };
	struct json_span item = { 0 }, values[ARRAY_SIZE(keys)];
	char name[16];

	(void)snprintf(ret_why, ERROR_TEXT_MAX, "netd did not say why");
	while (json_span_next(missing, &item)) {
		json_span_members(&item, keys, ARRAY_SIZE(keys), values);
		(void)json_span_text(&values[0], name, sizeof(name));
		if (strcmp(name, part) == 0)
			(void)json_span_text(&values[1], ret_why, ERROR_TEXT_MAX);
	}
}

/* Without the counters there is nothing to show, while missing questions cost one column only. */
static int find_parts(const char *text, size_t len, struct json_span ret_parts[static N_PARTS],
		      struct error *error)
{
	struct json_span snapshot;
	char why[ERROR_TEXT_MAX];
	int err = json_span_check(text, len, &snapshot, error);

	if (err < 0) {
		error_prefix(error, "netd's answer is not understood");
		return err;
	}
	json_span_members(&snapshot, part_keys, N_PARTS, ret_parts);
	if (json_span_kind(&ret_parts[PART_ENDS]) != JSON_SPAN_ARRAY)
		return error_set(error, ERROR_INTERNAL, "netd's answer is not understood");
	if (json_span_kind(&ret_parts[PART_TRAFFIC]) == JSON_SPAN_ARRAY)
		return 0;
	why_missing(&ret_parts[PART_MISSING], "Traffic", why);
	return error_set(error, ERROR_UNAVAILABLE,
			 "the counters of interfaces could not be read: %s", why);
}

/* at_s: when the snapshot came, by a clock that nobody sets. 0 and rows that are the caller's, or
 * the error is set. Nothing of the snapshot is kept. */
int traffic_read(const char *text, size_t len, bool by_network, double at_s,
		 struct traffic *ret_traffic, struct error *error)
{
	struct traffic traffic = { .at_s = at_s };
	struct reading reading = { .traffic = &traffic };
	struct json_span parts[N_PARTS];
	int err = find_parts(text, len, parts, error);

	if (err < 0)
		return err;
	err = read_all(&reading, parts, by_network);
	index_done(&reading.links);
	index_done(&reading.networks);
	index_done(&reading.asked);
	if (err < 0) {
		traffic_done(&traffic);
		return error_system(error, err, "reading the counters");
	}
	*ret_traffic = traffic;
	return 0;
}

/* A row that was filled in part has NULL for the rest. */
static void row_done(struct traffic_row *row)
{
	free(row->name);
	free(row->id);
	free(row->networks);
}

/* The rows are gone afterwards, and it may be called again. */
void traffic_done(struct traffic *traffic)
{
	for (size_t i = 0; i < traffic->n; i++)
		row_done(&traffic->rows[i]);
	free(traffic->rows);
	*traffic = (struct traffic) { 0 };
}

/* Choosing is done here and not by netd: a snapshot has all containers, and rates need the same
 * rows again. */

/* --- choosing --------------------------------------------------------------------------------- */

/* Both a name and a whole id are exact. The shortened id of a list is no whole id, and is found as
 * a beginning. */
static bool is_named(const struct traffic_row *row, const char *name)
{
	return strcmp(row->name, name) == 0 || strcmp(row->id, name) == 0;
}

/* An empty text would be the beginning of every id. Names are never found by their beginning. */
static bool begins(const struct traffic_row *row, const char *name)
{
	return *name && strncmp(row->id, name, strlen(name)) == 0;
}

/* chosen has a place for each row, and keeps what was chosen by other names. true: the name means
 * somebody. is_meant says how names are compared. */
static bool mark_those(const struct traffic *traffic, const char *name, bool *chosen,
		       bool (*is_meant)(const struct traffic_row *row, const char *name))
{
	bool is_there = false;

	for (size_t at = 0; at < traffic->n; at++) {
		bool meant = is_meant(&traffic->rows[at], name);

		chosen[at] |= meant;
		is_there |= meant;
	}
	return is_there;
}

/* As the API takes a reference: who is called so comes before an id that begins so. Two containers
 * may be meant, where an id begins with the name given; both are shown. 0, or the error is set,
 * with the name that nobody has. */
static int mark_chosen(const struct traffic *traffic, const char *name, bool *chosen,
		       struct error *error)
{
	bool is_there = mark_those(traffic, name, chosen, is_named) ||
			mark_those(traffic, name, chosen, begins);

	return is_there ? 0 : error_set(error, ERROR_NOT_FOUND, "no such container: %s", name);
}

/* On an error the rows are as they were; traffic_done() frees them. Without names everything stays.
 * The order of rows does not change. */
int traffic_choose(struct traffic *traffic, char *const *names, size_t n_names, struct error *error)
{
	_cleanup_free_ bool *chosen = calloc(traffic->n + 1, sizeof(*chosen));
	size_t n_kept = 0;
	int err = chosen ? 0 : error_system(error, -ENOMEM, "choosing containers");

	if (n_names == 0)
		return err;
	for (size_t i = 0; i < n_names && err == 0; i++)
		err = mark_chosen(traffic, names[i], chosen, error);
	/* Rows that are not chosen are freed, and the others move up. */
	for (size_t at = 0; at < traffic->n && err == 0; at++) {
		if (chosen[at])
			traffic->rows[n_kept++] = traffic->rows[at];
		else
			row_done(&traffic->rows[at]);
	}
	if (err == 0)
		traffic->n = n_kept;
	return err;
}

/* --- rates and order -------------------------------------------------------------------------- */

/* The key of a row: its container and, where rows are networks, its network. It is unique. Names
 * are compared as people count: web-2 before web-10. */
static int compare_keys(const struct traffic_row *a, const struct traffic_row *b)
{
	int order = strverscmp(a->name, b->name);

	if (order == 0)
		order = strcmp(a->id, b->id);
	return order != 0 ? order : strcmp(a->networks, b->networks);
}

/* For qsort(3). */
static int compare_names(const void *a, const void *b)
{
	return compare_keys(a, b);
}

/* A row without a rate comes behind one that is idle. Both directions together, in bytes for each
 * second. */
static double rate_of(const struct traffic_row *row)
{
	return row->has_rate ? row->received.bytes_per_s + row->sent.bytes_per_s : -1.;
}

/* The busiest first; of equals the order of names. For qsort(3). */
static int compare_rates(const void *a, const void *b)
{
	double rate_a = rate_of(a), rate_b = rate_of(b);

	if (rate_a > rate_b)
		return -1;
	return rate_a < rate_b ? 1 : compare_keys(a, b);
}

/* An array of none or one has its order already. */
void traffic_sort(struct traffic *traffic, enum traffic_order order)
{
	if (traffic->n > 1)
		qsort(traffic->rows, traffic->n, sizeof(*traffic->rows),
		      order == TRAFFIC_BY_RATE ? compare_rates : compare_names);
}

/* Counters that have become less are those of another interface. An interface that was made anew
 * counts from 0, and its difference says nothing. false: there is no rate. `s` is the time between
 * the two looks, in seconds, and above 0. */
static bool set_rate(struct traffic_way *now, const struct traffic_way *before, double s)
{
	if (now->bytes < before->bytes || now->packets < before->packets)
		return false;
	now->bytes_per_s = (double)(now->bytes - before->bytes) / s;
	now->packets_per_s = (double)(now->packets - before->packets) / s;
	return true;
}

/* Both are walked in the same order, for a search of each row would be a walk of all. Without
 * memory there are no rates in this look, and the next one has them. */
void traffic_rate(struct traffic *traffic, const struct traffic *before)
{
	_cleanup_free_ struct traffic_row *sorted = NULL;
	double s = traffic->at_s - before->at_s;
	size_t at = 0;

	/* A copy: whoever shows what was before has it in an order of his own. */
	sorted = before->n > 0 ? calloc(before->n, sizeof(*sorted)) : NULL;
	if (!sorted || s <= 0.)
		/* The first look; two looks at the same moment, or a clock that stood still. */
		return;
	memcpy(sorted, before->rows, before->n * sizeof(*sorted));
	qsort(sorted, before->n, sizeof(*sorted), compare_names);
	traffic_sort(traffic, TRAFFIC_BY_NAME);
	for (size_t i = 0; i < traffic->n; i++) {
		struct traffic_row *row = &traffic->rows[i];

		/* Rows that have gone are passed over; rows that are new have no rate yet. */
		while (at < before->n && compare_keys(&sorted[at], row) < 0)
			at++;
		if (at == before->n || compare_keys(&sorted[at], row) != 0)
			continue;
		row->has_rate = row->is_counted && sorted[at].is_counted &&
				set_rate(&row->received, &sorted[at].received, s) &&
				set_rate(&row->sent, &sorted[at].sent, s);
	}
}

/* --- as values -------------------------------------------------------------------------------- */

/* Keys are made of two words, such as "ReceivedBytes". Not 0: out of memory. An integer of JSON is
 * signed, so the highest bit is cut: no counter gets that far. */
static int put_way(json_t *object, const struct traffic_row *row, const char *what,
		   const struct traffic_way *way)
{
	const struct {
		const char *unit;
		uint64_t value;
	} counts[] = { { "Bytes", way->bytes },
		       { "Packets", way->packets },
		       { "Dropped", way->dropped } };
	const struct {
		const char *unit;
		double value;
	} rates[] = { { "BytesPerSecond", way->bytes_per_s },
		      { "PacketsPerSecond", way->packets_per_s } };
	char key[32];
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		(void)snprintf(key, sizeof(key), "%s%s", what, counts[i].unit);
		err |= json_object_set_new(
			object, key,
			row->is_counted ? json_integer((json_int_t)(counts[i].value & INT64_MAX))
					: json_null());
	}
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		(void)snprintf(key, sizeof(key), "%s%s", what, rates[i].unit);
		/* Whole numbers: what is behind the point is chance. */
		err |= json_object_set_new(object, key,
					   row->has_rate
						   ? json_integer((json_int_t)(rates[i].value + .5))
						   : json_null());
	}
	return err;
}

/* As put_way(): null where nothing is counted. Not 0: out of memory. */
static int put_asked(json_t *object, const struct traffic_row *row)
{
	const struct {
		const char *key;
		uint64_t value;
	} counts[] = { { "Queries", row->n_queries }, { "QueriesFailed", row->n_failed } };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		err |= json_object_set_new(
			object, counts[i].key,
			row->has_asked ? json_integer((json_int_t)(counts[i].value & INT64_MAX))
				       : json_null());
	return err;
}

/* whole_id: the full id, else its beginning. The row as --format sees it, the caller's to give
 * back; NULL: out of memory. */
json_t *traffic_json(const struct traffic_row *row, bool whole_id)
{
	char received[TRAFFIC_SIZE_LEN], sent[TRAFFIC_SIZE_LEN], both[2 * TRAFFIC_SIZE_LEN + 4];
	json_t *object = json_pack("{s:s, s:s#, s:s}", "Name", row->name, "ID", row->id,
				   (int)row_id_len(row->id, whole_id), "Networks", row->networks);

	traffic_size((double)row->received.bytes, received);
	traffic_size((double)row->sent.bytes, sent);
	(void)snprintf(both, sizeof(both), "%s / %s", received, sent);
	if (!object || put_way(object, row, "Received", &row->received) != 0 ||
	    put_way(object, row, "Sent", &row->sent) != 0 || put_asked(object, row) != 0 ||
	    json_object_set_new(object, "NetIO", json_string(row->is_counted ? both : "--")) < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Three digits and a unit of 1000, as docker stats has it: "1.23kB", "12.3MB", "123GB". ret_text
 * always ends in a NUL. */
void traffic_size(double bytes, char ret_text[static TRAFFIC_SIZE_LEN])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	size_t unit = 0;
	int digits;

	/* 999.5 has no place in three digits: it is 1.00 of the next unit. */
	while (bytes >= 999.5 && unit + 1 < ARRAY_SIZE(units)) {
		bytes /= 1000.;
		unit++;
	}
	digits = bytes < 9.995 ? 2 : bytes < 99.95 ? 1 : 0;
	(void)snprintf(ret_text, TRAFFIC_SIZE_LEN, "%.*f%s", unit == 0 ? 0 : digits, bytes,
		       units[unit]);
}
