// SPDX-License-Identifier: GPL-2.0-or-later
// figures.c - the parts of a snapshot that are netd's own figures
#include "base/json_write.h"
#include "engine/see/see.h"
#include "kernel/process.h"
#include "model/seen/seen_text.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* It bounds an array on the stack. */
#define NOTES_SHOWN 8 /* the store keeps fewer */

/* How many transactions each record has seen. Two equal ones mean that nothing was recorded in
 * between. */
struct seen_generation figures_generation(const struct engine *engine)
{
	struct store_figures state, run;

	store_figures(engine->store, &state, &run);
	return (struct seen_generation) { state.generation, run.generation };
}

/* The newest first. */
static void write_repairs(const struct engine_keep *keep, struct buf *out)
{
	/* n_repaired counts on for ever, and the ring has the last of them. */
	size_t n = keep->n_repaired < REPAIRS_KEPT ? keep->n_repaired : REPAIRS_KEPT;

	seen_text_key(out, "Repaired");
	buf_puts(out, "[");
	for (size_t i = 1; i <= n; i++) {
		const struct keep_repair *repair =
			&keep->repaired[(keep->n_repaired - i) % REPAIRS_KEPT];

		seen_text_comma(out);
		buf_puts(out, "{");
		seen_text_time(out, "Time", &repair->at);
		seen_text_string(out, "What", repair->what);
		buf_puts(out, "}");
	}
	buf_puts(out, "]");
}

/* Those that there were. */
static void write_operations(const struct operations *operations, struct buf *out)
{
	seen_text_key(out, "Operations");
	buf_puts(out, "[");
	for (enum operation i = OPERATION_NONE + 1; i < OPERATION_N; i++) {
		const uint64_t *n = operations->n[i];

		/* An operation that nobody has asked for yet tells nothing. */
		if (histogram_count(&operations->took[i]) == 0)
			continue;
		seen_text_comma(out);
		buf_puts(out, "{");
		seen_text_string(out, "Operation", operation_name[i]);
		seen_text_number(out, "Done", n[OPERATION_DONE]);
		seen_text_number(out, "Refused", n[OPERATION_REFUSED]);
		seen_text_number(out, "Failed", n[OPERATION_FAILED]);
		seen_figures_histogram(out, "Took", &operations->took[i]);
		buf_puts(out, "}");
	}
	buf_puts(out, "]");
}

/* Some ten microseconds for each: the kernel is asked of nothing but memory and clocks. A process
 * that has just ended is left out. */
static void write_processes(const struct engine *engine, struct buf *out)
{
	struct seen_process process;

	seen_text_key(out, "Processes");
	buf_puts(out, "[");
	if (process_use((uint32_t)getpid(), &process) == 0) {
		process.name = "netd";
		seen_process_write(out, &process);
	}
	if (engine->tell->link &&
	    process_use(resolver_link_pid(engine->tell->link), &process) == 0) {
		process.name = "resolver";
		seen_process_write(out, &process);
	}
	buf_puts(out, "]");
}

/* Nothing that the kernel would have to be asked for: it may be slow, and everybody waits. Without
 * memory the whole snapshot fails, for half of a part would not be JSON. */
static void write_daemon(struct engine *engine, struct buf *out)
{
	/* The one part that comes as a tree; json_write takes a NULL for want of memory. */
	json_t *guard = guard_json(&engine->guard);
	char *text = json_write(guard, JSON_COMPACT);

	json_decref(guard);
	if (!text) {
		out->err = -ENOMEM;
		return;
	}
	buf_puts(out, "{");
	buf_puts(out, "\"Version\":\"" NETD_VERSION "\"");
	buf_printf(out, ",\"Pid\":%d,\"Networks\":%zu,\"Containers\":%zu", getpid(),
		   engine->n_networks, engine->n_containers);
	buf_printf(out, ",\"Repairs\":%llu,\"Differences\":%llu,\"Unrepaired\":%llu",
		   (unsigned long long)engine->keep->n_repairs,
		   (unsigned long long)engine->keep->n_differences,
		   (unsigned long long)engine->keep->n_unrepaired);
	/* What the socket knows about itself: the kernel is not asked. */
	buf_printf(out, ",\"TableOwned\":%s,\"Guard\":%s",
		   engine->door->rules.is_owner(engine->nft) ? "true" : "false", text);
	write_repairs(engine->keep, out);
	write_operations(&engine->operations, out);
	write_processes(engine, out);
	buf_puts(out, "}");
	free(text);
}

/* What the model shows of a record. It does not know the store. */
static struct seen_record record_of(const struct store_figures *figures)
{
	return (struct seen_record) { .generation = figures->generation,
				      .n_rows = figures->n_rows,
				      .journal_bytes = figures->journal_bytes,
				      .is_read_only = figures->is_read_only };
}

/* The notes point into the store and are written at once. */
static void write_store(struct engine *engine, struct buf *out)
{
	const char *notes[NOTES_SHOWN];
	struct seen_store seen = { .notes = notes, .n_healed = store_n_healed(engine->store) };
	struct store_figures state, run;

	store_figures(engine->store, &state, &run);
	seen.state = record_of(&state);
	seen.run = record_of(&run);
	/* 0: no backup was made since netd started. */
	if (engine->change->last_backup.tv_sec != 0)
		seen.backup = &engine->change->last_backup;
	while (seen.n_notes < NOTES_SHOWN && store_note_at(engine->store, seen.n_notes)) {
		notes[seen.n_notes] = store_note_at(engine->store, seen.n_notes);
		seen.n_notes++;
	}
	seen_figures_store(out, &seen);
}

/* Written at the very moment that the document is of, after all objects. */
int figures_add(struct engine *engine, struct document *document)
{
	static const struct {
		enum seen_part part;
		void (*write)(struct engine *engine, struct buf *out);
	} figures[] = { { SEEN_DAEMON, write_daemon }, { SEEN_STORE, write_store } };

	/* Both are written in this turn, so that they are of one moment with each other. */
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		struct piece *piece;

		if (!(document->parts & SEEN_BIT(figures[i].part)))
			continue;
		/* One piece for each part, as for an object: readers treat both alike. */
		piece = document_add_piece(document, figures[i].part, NULL);
		if (!piece)
			return -ENOMEM;
		figures[i].write(engine, &piece->text);
		if (piece->text.err < 0)
			return piece->text.err;
	}
	return 0;
}
