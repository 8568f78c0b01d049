// SPDX-License-Identifier: GPL-2.0-or-later
// traffic.c - what went through containers' interfaces, in the container's own direction
#include "cli/show/traffic.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "cli/line/cli.h"
#include "cli/show/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A snapshot has each container with the host ends of its interfaces, and
 * each link of the host with what went through. A host end is the other side of the pair: what
 * it received the container has sent. Links are looked up by index in an object made of them
 * once, so that a thousand containers cost a walk over a thousand links and not over a million.
 * Numbers that are not known are null in JSON and a dash on a screen, and never 0. */

/* --- reading ---------------------------------------------------------------------------------- */

/* A number that is negative is a fault of the answer and counts as nothing. A number that is
 * missing is 0; whether it is known is told by is_counted and has_asked. */
static uint64_t number(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value < 0 ? 0 : (uint64_t)value;
}

/* References to the elements of a list, by a text in each. NULL: out of memory. The elements stay
 * the snapshot's; the index holds references, which the caller gives up. Two elements with one
 * text: the later one is found. */
static json_t *index_by(const json_t *list, const char *key)
{
	json_t *index = json_object(), *each;
	size_t i;

	json_array_foreach (list, i, each)
		/* An element without the text is none that anybody could ask for. Without this
		 * test json_object_set() would collect them all under the empty key. */
		if (*cli_str(each, key) && json_object_set(index, cli_str(each, key), each) < 0) {
			json_decref(index);
			return NULL;
		}
	return index;
}

/* The number of a link as the key of an index. 0: none. */
static const char *key_of(const json_t *object, const char *member, char ret_key[24])
{
	(void)snprintf(ret_key, 24, "%lld",
		       (long long)json_integer_value(json_object_get(object, member)));
	return ret_key;
}

/* As index_by, by the links' numbers. */
static json_t *index_links(const json_t *list)
{
	json_t *index = json_object(), *link;
	char key[24];
	size_t i;

	json_array_foreach (list, i, link)
		if (json_object_set(index, key_of(link, "Index", key), link) < 0) {
			json_decref(index);
			return NULL;
		}
	return index;
}

/* A row may have several endpoints: their numbers are added. `counts` may be NULL, which adds
 * nothing. */
static void add_way(struct traffic_way *way, const json_t *counts)
{
	way->bytes += number(counts, "Bytes");
	way->packets += number(counts, "Packets");
	way->dropped += number(counts, "Dropped");
}

/* What is needed while rows are made. Only `traffic` outlives it. The three indexes are freed by
 * traffic_read() in any case. */
struct reading {
	json_t *links, *networks; /* by index; by id */
	json_t *asked;		  /* by id; empty: nobody counts */
	struct traffic *traffic;
	size_t room;
};

/* The row is counted as soon as it is taken, so that traffic_done() frees what was filled of it.
 * NULL: no memory, or more rows than were counted. */
static struct traffic_row *new_row(struct reading *reading, const json_t *container)
{
	struct traffic *traffic = reading->traffic;
	struct traffic_row *row;

	/* The room was counted before: rows never move while one is filled. */
	if (traffic->n == reading->room)
		return NULL;
	row = &traffic->rows[traffic->n++];
	row->name = strdup(cli_str(container, "Name"));
	row->id = strdup(cli_str(container, "Id"));
	row->networks = strdup("");
	return row->name && row->id && row->networks ? row : NULL;
}

/* A question is a container's, whichever of its networks knows the name. A row that is one network
 * of several has no number of questions. A row that nobody counts for has a dash on the screen. */
static void add_asked(const struct reading *reading, struct traffic_row *row)
{
	const json_t *asked = json_object_get(reading->asked, row->id);

	row->has_asked = asked != NULL;
	row->n_queries = number(asked, "Queries");
	row->n_failed = number(asked, "Failed");
}

/* An endpoint without a link adds its network's name, and no numbers. 0 or -ENOMEM. */
static int add_endpoint(const struct reading *reading, struct traffic_row *row,
			const json_t *endpoint)
{
	const json_t *network = json_object_get(reading->networks, cli_str(endpoint, "Network"));
	char key[24], *networks = NULL;
	const json_t *link = json_object_get(reading->links, key_of(endpoint, "HostIndex", key));

	/* Names of networks are joined with commas, as docker's lists do. */
	if (asprintf(&networks, "%s%s%s", row->networks, *row->networks ? "," : "",
		     cli_str(network, "Name")) < 0)
		return -ENOMEM;
	free(row->networks);
	row->networks = networks;
	if (!link)
		return 0;
	row->is_counted = true;
	/* The host's end sends what the container receives. */
	add_way(&row->received, json_object_get(link, "Sent"));
	add_way(&row->sent, json_object_get(link, "Received"));
	return 0;
}

/* A container without a network has a row, too: it is there, and nothing is counted. 0 or -ENOMEM.
 * by_network: a row for each endpoint; else one for all of them. */
static int read_container(struct reading *reading, const json_t *container, bool by_network)
{
	const json_t *endpoints = json_object_get(container, "Endpoints");
	struct traffic_row *row = NULL;
	json_t *endpoint;
	size_t i;
	int err = 0;

	if (json_array_size(endpoints) == 0)
		return new_row(reading, container) ? 0 : -ENOMEM;
	json_array_foreach (endpoints, i, endpoint) {
		if (i == 0 || by_network)
			row = new_row(reading, container);
		if (row && !by_network)
			add_asked(reading, row);
		err = row ? add_endpoint(reading, row, endpoint) : -ENOMEM;
		if (err < 0)
			return err;
	}
	return 0;
}

/* One more for each container: those without endpoints have a row. The number is an upper bound:
 * rows that are not by network are fewer. */
static size_t count_rows(const json_t *containers)
{
	size_t n = 0, i;
	json_t *container;

	json_array_foreach (containers, i, container)
		n += 1 + json_array_size(json_object_get(container, "Endpoints"));
	return n;
}

/* On an error the caller frees the indexes and the rows. 0 or -ENOMEM. */
static int read_all(struct reading *reading, const json_t *snapshot, bool by_network)
{
	const json_t *containers = json_object_get(snapshot, "Containers");
	json_t *container;
	size_t i;
	int err = 0;

	reading->room = count_rows(containers);
	reading->traffic->rows = calloc(reading->room + 1, sizeof(*reading->traffic->rows));
	reading->links = index_links(json_object_get(snapshot, "Traffic"));
	reading->networks = index_by(json_object_get(snapshot, "Networks"), "Id");
	reading->asked = index_by(json_object_get(json_object_get(snapshot, "Dns"), "Containers"),
				  "Id");
	if (!reading->traffic->rows || !reading->links || !reading->networks || !reading->asked)
		return -ENOMEM;
	json_array_foreach (containers, i, container)
		if ((err = read_container(reading, container, by_network)) < 0)
			return err;
	return 0;
}

/* The snapshot's own words for what is not there. A snapshot lists the parts that it could not
 * gather. Never NULL; the text stays the snapshot's. */
static const char *why_missing(const json_t *snapshot, const char *part)
{
	json_t *missing;
	size_t i;

	json_array_foreach (json_object_get(snapshot, "Missing"), i, missing)
		if (strcmp(cli_str(missing, "Part"), part) == 0)
			return cli_str(missing, "Why");
	return "netd did not say why";
}

/* at_s: when the snapshot came, by a clock that nobody sets. 0 and rows that are the caller's, or
 * the error is set. Nothing of the snapshot is kept. */
int traffic_read(const json_t *snapshot, bool by_network, double at_s, struct traffic *ret_traffic,
		 struct error *error)
{
	struct traffic traffic = { .at_s = at_s };
	struct reading reading = { .traffic = &traffic };
	int err;

	if (!json_is_array(json_object_get(snapshot, "Containers")))
		return error_set(error, ERROR_INTERNAL, "netd's answer is not understood");
	/* Without the counters there is nothing to show, while missing questions cost one
	 * column only. */
	if (!json_is_array(json_object_get(snapshot, "Traffic")))
		return error_set(error, ERROR_UNAVAILABLE,
				 "the counters of interfaces could not be read: %s",
				 why_missing(snapshot, "Traffic"));
	err = read_all(&reading, snapshot, by_network);
	json_decref(reading.links);
	json_decref(reading.networks);
	json_decref(reading.asked);
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
	sorted = calloc(before->n + 1, sizeof(*sorted));
	if (!sorted || s <= 0.)
		/* Two looks at the same moment, or a clock that stood still: no rates. */
		return;
	if (before->n > 0)
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
