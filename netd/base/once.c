// SPDX-License-Identifier: GPL-2.0-or-later
// once.c - what was told already, and is told again for the same cause
#include "base/once.h"

#include "base/hash.h"

#include <stddef.h>
#include <string.h>

/* A few hashes of texts with the times at which they came. When all places are taken the oldest
 * goes: what is told too often then is better than what is never told. */

/* last_s 0 marks a place that is free. */
static struct once_slot *find(struct once *once, uint64_t hash)
{
	for (size_t i = 0; i < ONCE_SLOTS; i++)
		if (once->slots[i].last_s > 0. && once->slots[i].hash == hash)
			return &once->slots[i];
	return NULL;
}

static struct once_slot *oldest(struct once *once)
{
	struct once_slot *slot = &once->slots[0];

	for (size_t i = 1; i < ONCE_SLOTS; i++)
		if (once->slots[i].last_s < slot->last_s)
			slot = &once->slots[i];
	return slot;
}

/* The time is noted in any case, so that a cause that goes on is told once and not again until it
 * has been away for ONCE_AGAIN_S. */
bool once_is_news(struct once *once, const char *text, double now_s)
{
	uint64_t hash = hash_stable(text, strlen(text));
	struct once_slot *slot = find(once, hash);
	bool is_news = !slot || now_s - slot->last_s > ONCE_AGAIN_S;

	if (!slot)
		slot = oldest(once);
	*slot = (struct once_slot) { hash, now_s };
	return is_news;
}

/* After a success: the same failure is news again. */
void once_forget(struct once *once, const char *text)
{
	struct once_slot *slot = find(once, hash_stable(text, strlen(text)));

	if (slot)
		*slot = (struct once_slot) { 0 };
}
