// SPDX-License-Identifier: GPL-2.0-or-later
// counted.c - what a snapshot says of each container's networks, a row each
#include "metrics/counted.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A container's endpoints name a network by its id and an end of a link by
 * its index. Both are looked up in arrays that are sorted once. Rows are sorted, too: two
 * containers that are called the same, of which one is about to go, are one series, for a page
 * that had a series twice would be refused as a whole. netd counts at the host's end of a link,
 * once for each endpoint, so a row is a container at a network. The spans point into the
 * snapshot and nothing is copied but names, so a snapshot of thousands of containers costs
 * little more than its text. */

/* The index comes first, so that an index alone serves bsearch(3) as a key. */
struct link {
	uint64_t index;
	struct json_span received, sent;
};

/* by_id has the networks in the order of their ids; the array itself is in the order of names,
 * in which the page shows them. */
struct reading {
	struct counted *counted;
	struct link *links;
	size_t n_links;
	struct counted_network **by_id;
};

/* A name becomes a label, which has to be UTF-8 for every reader. A text that is too long is
 * cut at the end of a character. */
static void get_text(const struct json_span *value, char *ret_text, size_t size)
{
	size_t len = json_span_text(value, ret_text, size);

	if (len < size)
		return;
	/* Cut: half a character would make the page unreadable. The bytes behind the first of a
	 * character have the bits 10 at the top. They go, and then the first one; a whole
	 * character at the end goes with them, which is harmless. */
	len = size - 1;
	while (len > 0 && ((unsigned char)ret_text[len - 1] & 0xc0) == 0x80)
		len--;
	if (len > 0 && ((unsigned char)ret_text[len - 1] & 0x80) != 0)
		len--;
	ret_text[len] = '\0';
}

/* What cannot have been counted is nothing. A negative number, or a text, is a fault of the
 * snapshot. One wrong number is not to cost the page. */
static uint64_t get_count(const struct json_span *value)
{
	int64_t number;

	return json_span_integer(value, &number) && number > 0 ? (uint64_t)number : 0;
}

static int compare_indexes(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b; /* what both begin with */

	return (*x > *y) - (*x < *y);
}

/* --- networks --------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
	const struct counted_network *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int compare_ids(const void *a, const void *b)
{
	const struct counted_network *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static int read_networks(struct reading *reading, const struct json_span *list)
{
	static const char *const keys[] = { "Id", "Name" };
	struct counted *counted = reading->counted;
	struct json_span item = { 0 };
	size_t n = json_span_count(list);

	/* One more than there are: calloc(3) of nothing may answer NULL, which is taken for a
	 * lack of memory. */
	counted->networks = calloc(n + 1, sizeof(*counted->networks));
	reading->by_id = calloc(n + 1, sizeof(struct counted_network *));
	if (!counted->networks || !reading->by_id)
		return -ENOMEM;
	while (json_span_next(list, &item)) {
		struct counted_network *network = &counted->networks[counted->n_networks++];
		struct json_span values[ARRAY_SIZE(keys)];

		json_span_members(&item, keys, ARRAY_SIZE(keys), values);
		get_text(&values[0], network->id, sizeof(network->id));
		get_text(&values[1], network->name, sizeof(network->name));
	}
	qsort(counted->networks, n, sizeof(*counted->networks), compare_names);
	for (size_t i = 0; i < n; i++)
		/* The order of names has to stand before pointers into it are made. */
		reading->by_id[i] = &counted->networks[i];
	qsort(reading->by_id, n, sizeof(struct counted_network *), compare_ids);
	return 0;
}

/* An endpoint of a network that has just gone finds none. The key is a pointer to a pointer, as
 * the array has them. */
static struct counted_network *find_network(const struct reading *reading,
					    const struct json_span *id)
{
	struct counted_network wanted, *key = &wanted, **found;

	get_text(id, wanted.id, sizeof(wanted.id));
	found = bsearch(&key, reading->by_id, reading->counted->n_networks, sizeof(key),
			compare_ids);
	return found ? *found : NULL;
}

/* --- links ------------------------------------------------------------------------------------ */

static int read_links(struct reading *reading, const struct json_span *list)
{
	/* "Received" and "Sent" are objects, which are read only for links that a container has. */
	static const char *const keys[] = { "Index", "Received", "Sent" };
	struct json_span item = { 0 };
	size_t n = json_span_count(list);

	reading->links = calloc(n + 1, sizeof(*reading->links));
	if (!reading->links)
		return -ENOMEM;
	while (json_span_next(list, &item)) {
		struct link *link = &reading->links[reading->n_links++];
		struct json_span values[ARRAY_SIZE(keys)];

		json_span_members(&item, keys, ARRAY_SIZE(keys), values);
		link->index = get_count(&values[0]);
		link->received = values[1];
		link->sent = values[2];
	}
	qsort(reading->links, n, sizeof(*reading->links), compare_indexes);
	return 0;
}

static void get_way(const struct json_span *traffic, struct counted_way *ret_way)
{
	static const char *const keys[] = { "Bytes", "Packets", "Dropped" };
	struct json_span values[ARRAY_SIZE(keys)];

	json_span_members(traffic, keys, ARRAY_SIZE(keys), values);
	*ret_way = (struct counted_way) { .bytes = get_count(&values[0]),
					  .packets = get_count(&values[1]),
					  .dropped = get_count(&values[2]) };
}

/* --- containers ------------------------------------------------------------------------------- */

/* An endpoint that has no address of a family has null there. */
static void count_address(struct counted_network *network, const struct json_span *address,
			  enum family family)
{
	if (network && json_span_kind(address) == JSON_SPAN_STRING)
		network->n_addresses[family]++;
}

static void read_endpoint(const struct reading *reading, const char *container,
			  const struct json_span *endpoint)
{
	static const char *const keys[] = { "Network", "Ip", "Ip6", "HostIndex" };
	struct json_span values[ARRAY_SIZE(keys)];
	struct counted *counted = reading->counted;
	struct counted_network *network;
	const struct link *link;
	uint64_t index;

	json_span_members(endpoint, keys, ARRAY_SIZE(keys), values);
	network = find_network(reading, &values[0]);
	count_address(network, &values[1], FAMILY_4);
	count_address(network, &values[2], FAMILY_6);
	index = get_count(&values[3]);
	link = bsearch(&index, reading->links, reading->n_links, sizeof(*link), compare_indexes);
	/* One that is on its way has no link yet: it is counted when it has one. Its addresses
	 * are counted all the same: they are taken. */
	if (!network || index == 0 || !link)
		return;
	struct counted_row *row = &counted->rows[counted->n++];

	(void)snprintf(row->container, sizeof(row->container), "%s", container);
	(void)snprintf(row->network, sizeof(row->network), "%s", network->name);
	/* The host's end receives what the container sends. So the two are exchanged here, once. */
	get_way(&link->received, &row->sent);
	get_way(&link->sent, &row->received);
}

static const char *const container_keys[] = { "Name", "Endpoints" };

/* Room for all rows is made at once; it is counted in the same way as they are read. */
static size_t count_endpoints(const struct json_span *list)
{
	struct json_span item = { 0 }, values[ARRAY_SIZE(container_keys)];
	size_t n = 0;

	while (json_span_next(list, &item)) {
		json_span_members(&item, container_keys, ARRAY_SIZE(container_keys), values);
		n += json_span_count(&values[1]);
	}
	return n;
}

/* By container and then by network: equal rows stand beside each other, and pages of two
 * scrapes have one order. */
static int compare_rows(const void *a, const void *b)
{
	const struct counted_row *x = a, *y = b;
	int order = strcmp(x->container, y->container);

	return order ? order : strcmp(x->network, y->network);
}

static void add_way(struct counted_way *sum, const struct counted_way *way)
{
	sum->bytes += way->bytes;
	sum->packets += way->packets;
	sum->dropped += way->dropped;
}

/* In place: what is written is never ahead of what is read. */
static void merge_rows(struct counted *counted)
{
	size_t n = 0;

	for (size_t i = 0; i < counted->n; i++) {
		const struct counted_row *row = &counted->rows[i];

		if (n > 0 && compare_rows(&counted->rows[n - 1], row) == 0) {
			add_way(&counted->rows[n - 1].received, &row->received);
			add_way(&counted->rows[n - 1].sent, &row->sent);
		} else {
			counted->rows[n++] = *row;
		}
	}
	counted->n = n;
}

static int read_containers(const struct reading *reading, const struct json_span *list,
			   struct error *error)
{
	struct json_span item = { 0 }, values[ARRAY_SIZE(container_keys)];
	struct counted *counted = reading->counted;
	size_t room = count_endpoints(list);
	char name[COUNTED_NAME_SIZE];

	/* Each row is six samples. Without a limit a snapshot could make a page that no reader
	 * takes, and the memory of this process would go with it. */
	if (room > METRICS_ROWS_MAX)
		return error_set(error, ERROR_TOO_LARGE,
				 "%zu containers' networks are more than the %d of a page", room,
				 METRICS_ROWS_MAX);
	counted->rows = calloc(room + 1, sizeof(*counted->rows));
	if (!counted->rows)
		return error_system(error, -ENOMEM, "cannot make a page");
	while (json_span_next(list, &item)) {
		struct json_span endpoint = { 0 };

		json_span_members(&item, container_keys, ARRAY_SIZE(container_keys), values);
		get_text(&values[0], name, sizeof(name));
		while (json_span_next(&values[1], &endpoint))
			read_endpoint(reading, name, &endpoint);
	}
	qsort(counted->rows, counted->n, sizeof(*counted->rows), compare_rows);
	merge_rows(counted);
	return 0;
}

/* The networks have to be known before containers, whose endpoints name them. On an error the
 * caller gets nothing, and nothing is left. */
int counted_read(const struct json_span *networks, const struct json_span *containers,
		 const struct json_span *links, struct counted *ret_counted, struct error *error)
{
	_cleanup_(counted_done) struct counted counted = { 0 };
	struct reading reading = { .counted = &counted };
	int err = 0;

	if (read_networks(&reading, networks) < 0 || read_links(&reading, links) < 0)
		err = error_system(error, -ENOMEM, "cannot make a page");
	if (err == 0)
		err = read_containers(&reading, containers, error);
	free(reading.by_id);
	free(reading.links);
	if (err == 0)
		*ret_counted = take_struct(counted);
	return err;
}

void counted_done(struct counted *counted)
{
	free(counted->rows);
	free(counted->networks);
	*counted = (struct counted) { 0 };
}
