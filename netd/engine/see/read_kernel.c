// SPDX-License-Identifier: GPL-2.0-or-later
// read_kernel.c - in a process of its own: what the kernel has and counts, as text into a file
#include "base/cleanup.h"
#include "base/grow.h"
#include "base/whole.h"
#include "engine/engine.h"
#include "kernel/door.h"
#include "model/seen/seen_figures.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Theory of operation. This runs in a process of its own (reader/main.c), which reads the
 * kernel through the door like the engine does and writes the text of one part into a file of
 * memory. It may be ended at any moment: the file counts as whole only with the newline at its
 * end, and one line of words instead of JSON says why there is nothing. */

const enum seen_part engine_read_parts[ENGINE_N_READ] = { SEEN_LINKS, SEEN_TRAFFIC, SEEN_COUNTERS,
							  SEEN_CONNTRACK };

/* All links of the host with their counters, by one dump. */
static int read_links(const struct door *door, struct buf *out, struct error *error)
{
	struct rtnl *rtnl = NULL;
	struct seen_link *links = NULL;
	size_t n = 0;
	int err = door->links.open(&rtnl, error);

	if (err == 0)
		err = door->links.counted(rtnl, &links, &n, error);
	/* Also after a failure: the text is thrown away then, and there is one way out. */
	buf_puts(out, "[");
	for (size_t i = 0; i < n; i++)
		seen_figures_link(out, &links[i]);
	buf_puts(out, "]");
	free(links);
	door->links.close(rtnl);
	return err;
}

/* What went through all links of the host, by one dump. Beside links that is little: for what else
 * there is of a link the kernel looks through all namespaces, for each link anew. */
static int read_traffic(const struct door *door, struct buf *out, struct error *error)
{
	struct rtnl *rtnl = NULL;
	struct seen_through *links = NULL;
	size_t n = 0;
	int err = door->links.open(&rtnl, error);

	if (err == 0)
		err = door->links.traffic(rtnl, &links, &n, error);
	buf_puts(out, "[");
	for (size_t i = 0; i < n; i++)
		seen_figures_through(out, &links[i]);
	buf_puts(out, "]");
	free(links);
	door->links.close(rtnl);
	return err;
}

/* Sizes of all sets, and the elements of those that count packets. room_items is the capacity that
 * grow keeps. */
struct counted {
	struct seen_counter sets[RULESET_N_SETS];
	struct seen_counted *items;
	size_t n_items, room_items;
};

/* A set that cannot be counted makes the part missing, and not wrong. */
static int count_set(const struct door *door, struct nft *nft, enum ruleset_set set,
		     struct counted *all)
{
	int n = door->rules.count(nft, set);

	if (n < 0)
		return n;
	/* Each set is named by its number in the ruleset, so one that is missing leaves its
	 * place. */
	all->sets[set] = (struct seen_counter) { ruleset_set_info[set].name, (uint64_t)n };
	return 0;
}

/* The elements of a set that packets fill, each with what it counted. */
static int read_counted(const struct door *door, struct nft *nft, enum ruleset_set set,
			struct counted *all)
{
	_cleanup_free_ struct nft_counted *items = NULL;
	struct seen_counted *grown;
	size_t n = 0;
	int err = door->rules.counted(nft, set, &items, &n);

	if (err < 0 || n == 0)
		return err;
	grown = grow(all->items, &all->room_items, all->n_items + n, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	all->items = grown;
	/* The key as text, in the words in which nft(8) prints it. */
	for (size_t i = 0; i < n; i++) {
		/* The element is put together only to be printed. */
		struct ruleset_elem elem = { .set = set, .key_len = ruleset_key_size(set) };
		struct seen_counted *item = &all->items[all->n_items++];

		memcpy(elem.key, items[i].key, sizeof(elem.key));
		(void)ruleset_elem_print(&elem, item->text);
		item->packets = items[i].packets;
	}
	return 0;
}

/* The socket owns nothing: it only reads. */
static int read_table(const struct door *door, struct buf *out, struct error *error)
{
	struct nft *nft = NULL;
	struct counted all = { 0 };
	size_t n_sets = 0;
	int err = door->rules.open(false, &nft, error);
	/* Only a table that was opened has failed to be read; the other failure has its words
	 * already. */
	bool is_open = err == 0;

	for (enum ruleset_set set = 0; err == 0 && set < RULESET_N_SETS; set++) {
		err = count_set(door, nft, set, &all);
		/* The table of frames is there for networks that need it. */
		if (err == -ENOENT && ruleset_set_is_of_bridge(set)) {
			err = 0;
			break;
		}
		n_sets++;
		if (err == 0 && ruleset_set_info[set].n_counted > 0)
			err = read_counted(door, nft, set, &all);
	}
	if (err < 0 && is_open)
		(void)error_system(error, err, "cannot read netd's table");
	if (err == 0)
		seen_figures_table(
			out, &(struct seen_table) { all.sets, n_sets, all.items, all.n_items });
	free(all.items);
	door->rules.close(nft);
	return err;
}

/* Numbers alone, and no flow. */
static int read_conntrack(const struct door *door, struct buf *out, struct error *error)
{
	struct seen_conntrack conntrack = { 0 };
	int err = door->flows.counted(&conntrack, error);

	if (err == 0)
		seen_figures_conntrack(out, &conntrack);
	return err;
}

/* One of engine_read_parts. */
static int read_part(const struct door *door, enum seen_part part, struct buf *out,
		     struct error *error)
{
	if (part == SEEN_LINKS)
		return read_links(door, out, error);
	if (part == SEEN_TRAFFIC)
		return read_traffic(door, out, error);
	return part == SEEN_COUNTERS ? read_table(door, out, error)
				     : read_conntrack(door, out, error);
}

/* The newline comes last: without it the text is not whole. */
void engine_read_kernel(const struct door *door, enum seen_part part, int fd)
{
	struct buf text = { 0 };
	struct error error = { 0 };
	int err = read_part(door, part, &text, &error);

	if (err == 0 && text.err < 0)
		err = error_system(&error, text.err, "cannot read the kernel");
	if (err < 0) {
		/* Half of it would be read as JSON. The words take its place. */
		text.len = 0;
		text.err = 0;
		buf_puts(&text, error.text);
	}
	buf_puts(&text, "\n");
	/* A write that fails leaves the text without its newline, which says enough. */
	(void)whole_write(fd, text.data, text.len);
	buf_done(&text);
}
