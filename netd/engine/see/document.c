// SPDX-License-Identifier: GPL-2.0-or-later
// document.c - a snapshot that is whole, and those who read it
#include "engine/see/see.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Theory of operation. A document is lists of texts, a text for each object, and is never put
 * together: a reader walks through it and copies as much as its client takes at a time, with the
 * commas and keys between them. So a reader has a few hundred bytes of its own and the document is
 * there once, however many read it and however slowly. One that is still read when others have come
 * after it is dropped: its readers are told, and its memory is free. */

/* Where a reader is: what comes next. */
enum stage { STAGE_HEAD, STAGE_KEY, STAGE_BODY, STAGE_END };

struct snapshot {
	struct document *document;
	unsigned int parts;
	struct buf head;
	enum stage stage;
	enum seen_part part;
	const struct list *next; /* piece of the part's list */
	bool has_begun;		 /* a piece of the list was read */
	/* Long enough for the longest key of seen_part_key with a comma, quotes, a colon and a
	 * bracket. */
	char small[32];	  /* a key with what stands around it */
	const char *span; /* what is being read */
	size_t len;
};

/* --- documents -------------------------------------------------------------------------------- */

/* Without pieces and without a place among the published. */
struct document *document_new(struct engine_see *see, unsigned int parts)
{
	struct document *document = calloc(1, sizeof(*document));

	if (!document)
		return NULL;
	document->see = see;
	document->parts = parts;
	list_init(&document->node);
	for (size_t i = 0; i < SEEN_N; i++)
		list_init(&document->pieces[i]);
	return document;
}

/* object may be NULL: the piece is then the whole part. It stands behind all others of its part. */
struct piece *document_add_piece(struct document *document, enum seen_part part, const void *object)
{
	struct piece *piece = calloc(1, sizeof(*piece));

	if (!piece)
		return NULL;
	piece->part = part;
	piece->object = object;
	list_init(&piece->due);
	list_append(&document->pieces[part], &piece->node);
	return piece;
}

/* A long list changes hands in no time, and is freed in turns. The list's head is left out: four
 * pointers join the two rings, however long they are. */
static void throw_away(struct list *rubbish, struct list *pieces)
{
	if (list_empty(pieces))
		return;
	pieces->next->prev = rubbish->prev;
	pieces->prev->next = rubbish;
	rubbish->prev->next = pieces->next;
	rubbish->prev = pieces->prev;
	list_init(pieces);
}

/* The part is null in the document, and the head says why. Half of its text may be there, where
 * memory ran out: it goes, for no reader could parse it. Only for parts that are one piece. */
void document_lacks(struct document *document, enum seen_part part, const char *why)
{
	(void)snprintf(document->why[part], sizeof(document->why[part]), "%s", why);
	document->head.missing[part] = document->why[part];
	throw_away(&document->see->rubbish, &document->pieces[part]);
	if (!list_empty(&document->see->rubbish))
		see_turn_soon(document->see);
}

/* The texts go, whoever still reads. Readers see is_dropped. */
static void empty(struct document *document)
{
	for (size_t i = 0; i < SEEN_N; i++) {
		struct document_map *map = &document->mapped[i];

		/* Freed in turns: thousands of texts take milliseconds. */
		throw_away(&document->see->rubbish, &document->pieces[i]);
		if (map->text)
			(void)munmap((void *)map->text, map->mapped_len); /* of our own */
		map->text = NULL;
	}
	if (!list_empty(&document->see->rubbish))
		see_turn_soon(document->see);
}

/* NULL is fine. */
void document_free(struct document *document)
{
	if (!document)
		return;
	empty(document);
	/* Linked in a list means that it was published. One that failed before was never
	 * counted. */
	if (document->node.next != &document->node)
		document->see->n_documents--;
	list_remove(&document->node);
	free(document);
}

/* True: something is left for another turn. */
bool document_sweep(struct engine_see *see, double until_s)
{
	struct piece *piece;

	/* A deadline and not a number: what a text costs to free depends on its size. */
	while ((piece = list_first(&see->rubbish, struct piece, node)) &&
	       engine_now_s() < until_s) {
		list_remove(&piece->node);
		buf_done(&piece->text);
		free(piece);
	}
	return !list_empty(&see->rubbish);
}

/* The document stays in memory until its last reader has gone, without its texts. */
static void drop(struct engine *engine, struct document *document)
{
	/* The readers' spans point into these texts: from here on snapshot_read does not touch
	 * them. */
	empty(document);
	document->is_dropped = true;
	list_remove(&document->node);
	engine->see->n_documents--;
	/* Told to the administrator: clients that are slow lost their snapshot. */
	engine_count(engine, GUARD_DROPPED_STREAMS, document->n_readers);
}

/* SNAPSHOTS_MAX bounds the memory that slow readers can hold. */
void document_publish(struct engine *engine, struct document *document)
{
	struct engine_see *see = engine->see;
	struct document *oldest = list_first(&see->documents, struct document, node);

	/* The oldest goes. Its readers had the time of three others. */
	if (oldest && see->n_documents >= SNAPSHOTS_MAX)
		drop(engine, oldest);
	list_append(&see->documents, &document->node);
	see->n_documents++;
}

/* --- readers ---------------------------------------------------------------------------------- */

/* A reader, at the beginning. */
struct snapshot *document_open(struct document *document, unsigned int parts)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	if (!snapshot)
		return NULL;
	/* The object of the whole document begins here and ends with STAGE_END. */
	buf_puts(&snapshot->head, "{");
	seen_figures_head(&snapshot->head, &document->head, parts);
	/* The head is each reader's own, for it names the parts that he asked for. */
	if (snapshot->head.err < 0) {
		buf_done(&snapshot->head);
		free(snapshot);
		return NULL;
	}
	snapshot->document = document;
	snapshot->parts = parts;
	document->n_readers++;
	return snapshot;
}

/* The last reader frees the document. */
void snapshot_free(struct snapshot *snapshot)
{
	struct document *document = snapshot ? snapshot->document : NULL;

	if (!snapshot)
		return;
	buf_done(&snapshot->head);
	free(snapshot);
	/* A document that was dropped goes with its last reader, too. */
	if (--document->n_readers == 0)
		document_free(document);
}

/* Parts of objects are lists, and each other part is one value. */
static bool is_list(enum seen_part part)
{
	return (SEEN_OBJECTS & SEEN_BIT(part)) != 0;
}

/* The text is the document's or the reader's own, and is not copied. */
static void set_span(struct snapshot *snapshot, const char *text, size_t len)
{
	snapshot->span = text;
	snapshot->len = len;
}

/* The next part that is wanted: its key, and how its value begins. */
static void begin_part(struct snapshot *snapshot)
{
	/* Parts that were not asked for are passed over; a reader may want fewer than were
	 * gathered. */
	while (snapshot->part < SEEN_N && !(snapshot->parts & SEEN_BIT(snapshot->part)))
		snapshot->part++;
	if (snapshot->part == SEEN_N) {
		set_span(snapshot, "}\n", 2);
		snapshot->stage = STAGE_END;
		return;
	}
	(void)snprintf(snapshot->small, sizeof(snapshot->small), ",\"%s\":%s",
		       seen_part_key[snapshot->part], is_list(snapshot->part) ? "[" : "");
	set_span(snapshot, snapshot->small, strlen(snapshot->small));
	snapshot->next = snapshot->document->pieces[snapshot->part].next;
	snapshot->has_begun = false;
	snapshot->stage = STAGE_BODY;
}

/* The next part's key comes. */
static void end_part(struct snapshot *snapshot)
{
	snapshot->part++;
	snapshot->stage = STAGE_KEY;
}

/* A part that is one value: its only piece, what was mapped, or null. */
static void read_value(struct snapshot *snapshot)
{
	const struct document *document = snapshot->document;
	const struct document_map *map = &document->mapped[snapshot->part];
	const struct piece *piece = list_first(&document->pieces[snapshot->part], struct piece,
					       node);

	/* A text that a child wrote into memory is read from there and never copied. */
	if (map->text)
		set_span(snapshot, map->text, map->len);
	else if (piece)
		set_span(snapshot, piece->text.data, piece->text.len);
	else
		set_span(snapshot, "null", 4);
	end_part(snapshot);
}

/* A list: a comma, then the piece behind it; a container without ports has an empty one. Gives one
 * span for each call, as the other readers do. */
static void read_list(struct snapshot *snapshot)
{
	const struct list *end = &snapshot->document->pieces[snapshot->part];
	const struct piece *piece;

	do {
		if (snapshot->next == end) {
			set_span(snapshot, "]", 1);
			end_part(snapshot);
			return;
		}
		piece = container_of(snapshot->next, struct piece, node);
		/* The comma is a span of its own; the piece comes with the next call. */
		if (piece->text.len > 0 && snapshot->has_begun) {
			set_span(snapshot, ",", 1);
			snapshot->has_begun = false;
			return;
		}
		snapshot->next = snapshot->next->next;
	} while (piece->text.len == 0);
	set_span(snapshot, piece->text.data, piece->text.len);
	snapshot->has_begun = true;
}

/* False: that was all. */
static bool next_span(struct snapshot *snapshot)
{
	switch (snapshot->stage) {
	case STAGE_HEAD:
		set_span(snapshot, snapshot->head.data, snapshot->head.len);
		snapshot->stage = STAGE_KEY;
		return true;
	case STAGE_KEY:
		begin_part(snapshot);
		return true;
	case STAGE_BODY:
		if (is_list(snapshot->part))
			read_list(snapshot);
		else
			read_value(snapshot);
		return true;
	case STAGE_END:
		break;
	}
	return false;
}

/* Up to max bytes; 0: that was all. Spans and calls need not have anything in common. */
ssize_t snapshot_read(struct snapshot *snapshot, char *data, size_t max)
{
	size_t n = 0;

	/* Its memory is gone. The reader is told instead of getting half of it. */
	if (snapshot->document->is_dropped)
		return -ECANCELED;
	while (n < max && (snapshot->len > 0 || next_span(snapshot))) {
		size_t len = snapshot->len < max - n ? snapshot->len : max - n;

		memcpy(data + n, snapshot->span, len);
		snapshot->span += len;
		snapshot->len -= len;
		n += len;
	}
	return (ssize_t)n;
}
