// SPDX-License-Identifier: GPL-2.0-or-later
// rules_shared.c - elements that several have, which are in the table once
#include "engine/wire/rules_shared.h"

#include "engine/wire/wire.h"

#include <errno.h>
#include <string.h>

/* Shared elements. Several ports of a container may lead to one container port: they share its
 * "open" and "self" elements, as endpoints on one bridge share their sources, which are in the
 * kernel once and counted here. A key of the count map is the set's number and the element's key;
 * the count itself is kept in the pointer. */

struct shared_key {
	uint8_t bytes[1 + RULESET_KEY_MAX];
	size_t len;
};

/* The length is part of the key, so no byte behind it is compared. */
static struct shared_key shared_key(const struct ruleset_elem *elem)
{
	struct shared_key key = { .len = 1U + elem->key_len };

	key.bytes[0] = (uint8_t)elem->set;
	memcpy(key.bytes + 1, elem->key, elem->key_len);
	return key;
}

/* Counts one user more; *ret_first: it was the first. */
static int shared_ref(struct engine *engine, const struct ruleset_elem *elem, bool *ret_first)
{
	struct shared_key key = shared_key(elem);
	/* Absent is NULL, which is a count of 0: no element of its own is needed for that. */
	uintptr_t count = (uintptr_t)map_get(engine->wire->shared, key.bytes, key.len);
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): a count lives in the map's value */
	int err = map_set(engine->wire->shared, key.bytes, key.len, (void *)(count + 1));

	*ret_first = count == 0;
	return err;
}

/* Counts one user less; true: it was the last. */
static bool shared_unref(struct engine *engine, const struct ruleset_elem *elem)
{
	struct shared_key key = shared_key(elem);
	uintptr_t count = (uintptr_t)map_get(engine->wire->shared, key.bytes, key.len);

	if (count <= 1) {
		(void)map_remove(engine->wire->shared, key.bytes,
				 key.len); /* the value is a count */
		return count == 1;
	}
	/* NOLINTNEXTLINE(performance-no-int-to-ptr): replaces an entry, which cannot fail */
	(void)map_set(engine->wire->shared, key.bytes, key.len, (void *)(count - 1));
	return false;
}

/* Only for figures and tests: it walks over the whole map. */
size_t rules_n_shared(const struct engine *engine, enum ruleset_set set)
{
	const void *key;
	size_t cursor = 0, n = 0;

	while (map_next(engine->wire->shared, &cursor, &key, NULL))
		n += *(const uint8_t *)key == set;
	return n;
}

/* Leaves in elems what the kernel is to be told: on the way in the first user's elements, on the
 * way out the last one's. When memory runs out in the middle, counts of elements before are too
 * high; the caller has everything counted anew. */
int rules_shared_count(struct engine *engine, struct ruleset_elems *elems, bool ref)
{
	/* The elements are packed in place. What is dropped belongs to nobody but the list, and
	 * is freed with it. */
	size_t kept = 0;

	for (size_t i = 0; i < elems->n; i++) {
		bool keep = true;

		if (ruleset_set_is_shared(elems->items[i].set)) {
			if (!ref)
				keep = shared_unref(engine, &elems->items[i]);
			else if (shared_ref(engine, &elems->items[i], &keep) < 0)
				return -ENOMEM;
		}
		if (keep && kept != i)
			elems->items[kept] = elems->items[i];
		kept += keep;
	}
	elems->n = kept;
	return 0;
}

/* For a replacement of comments, where an element must not be named twice in one transaction. */
void rules_shared_once(struct ruleset_elems *elems)
{
	struct map *seen = map_new();
	size_t kept = 0;

	for (size_t i = 0; seen && i < elems->n; i++) {
		struct shared_key key = shared_key(&elems->items[i]);

		/* The first one stays. Its comment is as good as that of the others. */
		if (map_get(seen, key.bytes, key.len))
			continue;
		if (map_set(seen, key.bytes, key.len, elems) < 0)
			elems->err = -ENOMEM;
		elems->items[kept++] = elems->items[i];
	}
	elems->n = kept;
	if (!seen)
		elems->err = -ENOMEM;
	map_free(seen);
}

/* Before everything is counted anew. */
int rules_shared_forget(struct engine *engine)
{
	/* A fresh map first: without memory for it the old counts stay, which are too high at
	 * worst. */
	struct map *fresh = map_new();

	if (!fresh)
		return -ENOMEM;
	map_free(engine->wire->shared);
	engine->wire->shared = fresh;
	return 0;
}

/* Not now: the caller is in the middle of a change. */
void rules_repair_soon(struct engine *engine)
{
	engine->wire->rules_drifted = true;
	later_resync(engine);
}
