// SPDX-License-Identifier: GPL-2.0-or-later
// store_notes.c - sentences on what was found damaged or changed, kept and told
#include "store/store_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. What a start finds wrong with the records is found before there is a log or
 * an engine that could tell of it. So sentences are kept, and told to whoever listens later.
 * NOTES_MAX bounds them: the first ones are the causes. */

/* A sentence without room is told to the listener all the same. */
void store_note(struct store *store, const char *format, ...)
{
	char note[ERROR_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(note, sizeof(note), format, args);
	va_end(args);
	if (store->on_note)
		store->on_note(note);
	if (store->n_notes < NOTES_MAX)
		/* The buffer is as large as a place in the list. */
		memcpy(store->notes[store->n_notes++], note, sizeof(note));
}

/* What was found before is told at once. */
void store_watch_notes(struct store *store, void (*on_note)(const char *note))
{
	store->on_note = on_note;
	for (size_t i = 0; i < store->n_notes; i++)
		on_note(store->notes[i]);
}

/* The pointer is good as long as the store. */
const char *store_note_at(const struct store *store, size_t i)
{
	return i < store->n_notes ? store->notes[i] : NULL;
}

size_t store_n_healed(const struct store *store)
{
	return store->n_healed;
}
