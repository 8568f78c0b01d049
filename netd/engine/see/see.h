// SPDX-License-Identifier: GPL-2.0-or-later
// see.h - what observers see: snapshots of all that is known and counted, and who waits for one
#pragma once

#include "engine/keep/keep.h"
#include "model/seen/seen_figures.h"
#include "model/seen/seen_part.h"

struct gathering;
struct document;

/* What the room has of the engine. */
struct engine_see {
	struct engine_reader_host reader_host;
	struct gathering *current; /* NULL: none is under way */
	struct list waiting;	   /* observers for the next one */
	struct list documents;	   /* that somebody reads, the oldest first */
	size_t n_documents;
	struct list rubbish; /* pieces that nobody reads any more: freed in turns */
	uint64_t n_gatherings;
	struct ev_loop *loop;
	ev_timer turn; /* runs while there is something to do */
};

/* There is something to do. Others have the loop before it, and between one turn and the next. */
static inline void see_turn_soon(struct engine_see *see)
{
	if (ev_is_active(&see->turn))
		return;
	ev_timer_set(&see->turn, 0., 0.);
	ev_timer_start(see->loop, &see->turn);
}

/* A part of a document: one object's, or one text. */
struct piece {
	struct list node; /* in the document's list of its part, in order of creation */
	struct list due;  /* in the gathering's list, while it is to be written */
	const void *object;
	enum seen_part part;
	struct buf text;
	size_t step; /* how far it is written */
};

/* document.c: a snapshot that is whole, and those who read it */
struct document {
	struct list node; /* in engine_see.documents */
	struct engine_see *see;
	unsigned int parts;
	size_t n_readers;
	bool is_dropped; /* its pieces are gone */
	struct seen_head head;
	struct list pieces[SEEN_N];
	struct document_map { /* what the kernel's reader wrote */
		const char *text;
		size_t len, mapped_len;
	} mapped[SEEN_N];
	char why[SEEN_N][ERROR_TEXT_MAX]; /* that head.missing shows */
};
struct document *document_new(struct engine_see *see, unsigned int parts); /* NULL: -ENOMEM */
/* A piece more, empty. NULL: out of memory. */
struct piece *document_add_piece(struct document *document, enum seen_part part,
				 const void *object);
/* Nobody reads it, or it never became whole. */
void document_free(struct document *document);
/* From now on it has readers; the oldest make room for it. */
void document_publish(struct engine *engine, struct document *document);
/* NULL: out of memory. */
struct snapshot *document_open(struct document *document, unsigned int parts);
/* Frees pieces until then, of engine_now_s(); true: there are more. */
bool document_sweep(struct engine_see *see, double until_s);
/* A part is not there, and why. */
void document_lacks(struct document *document, enum seen_part part, const char *why);

/* asked.c: what the resolver says of questions, while it comes */
struct asked;
struct asked *asked_new(void); /* NULL: out of memory */
void asked_free(struct asked *asked);
/* How much some containers have asked. */
void asked_take_views(struct engine *engine, struct asked *asked, const struct ipc_asked *views);
/* All else, and the last that comes. */
void asked_take_figures(struct asked *asked, const struct ipc_figures *figures);
bool asked_is_whole(const struct asked *asked);
void asked_write(const struct asked *asked, struct buf *out);

/* outside.c: what others than netd know, asked for while the rest is gathered */
struct outside;
/* Asks for what is among parts; settled is called from the loop when all has come, or will not.
 * NULL: out of memory. */
struct outside *outside_ask(struct engine *engine, unsigned int parts,
			    void (*settled)(struct engine *engine));
bool outside_is_settled(const struct outside *outside);
/* The resolver has answered. */
void outside_resolver_counted(struct engine *engine, struct outside *outside);
/* Where that goes what it says of questions; NULL: nobody waits for it. */
struct asked *outside_asked(const struct outside *outside);
/* What came goes into the document, what did not is said there. */
void outside_deliver(struct outside *outside, struct document *document);
/* Gives up what has not come. NULL is fine. */
void outside_free(struct outside *outside);

/* figures.c: the parts that are netd's own figures. 0 or -ENOMEM. */
int figures_add(struct engine *engine, struct document *document);
struct seen_generation figures_generation(const struct engine *engine);

/* gathering.c */
void see_start(struct engine *engine, const struct engine_reader_host *reader_host);
void see_stop(struct engine *engine);
/* of struct engine_above */
void see_came(struct engine *engine, const void *object);
void see_changed(struct engine *engine, const void *object);
void see_goes(struct engine *engine, const void *object);
void see_resolver_counted(struct engine *engine);
void see_resolver_asked(struct engine *engine, const struct ipc_asked *asked);
void see_resolver_figures(struct engine *engine, const struct ipc_figures *figures);
