// SPDX-License-Identifier: GPL-2.0-or-later
// reserve.c - memory for who cannot be refused any
#include "base/reserve.h"

#include "base/limits.h"

#include <malloc.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* An event loop's arrays grow by doubling, and seldom: so blocks are cut off one after the other
 * and come back all at once. A block that grows moves back to malloc as soon as that has room. */

static alignas(max_align_t) uint8_t reserve[RESERVE_SIZE];
static size_t n_used, n_blocks;

struct block {
	alignas(max_align_t) size_t size;
};

static bool is_reserved(const void *at)
{
	return (uintptr_t)at - (uintptr_t)reserve < sizeof(reserve);
}

static size_t size_of(void *at)
{
	return is_reserved(at) ? ((struct block *)at - 1)->size : malloc_usable_size(at);
}

static void give_back(void *at)
{
	if (!is_reserved(at))
		free(at);
	else if (--n_blocks == 0)
		n_used = 0;
}

static void *take(size_t size)
{
	size_t whole = sizeof(struct block) + (size + alignof(max_align_t) - 1) /
						      alignof(max_align_t) * alignof(max_align_t);
	struct block *block = (struct block *)(void *)(reserve + n_used);

	/* The size alone first: rounding a size near the end of size_t wraps around. */
	if (size > sizeof(reserve) || sizeof(reserve) - n_used < whole)
		return NULL;
	n_used += whole;
	n_blocks++;
	block->size = size;
	return block + 1;
}

void *reserve_realloc_by(void *(*real)(void *old, size_t size), void *old, size_t size)
{
	void *fresh;

	if (size == 0) {
		if (old)
			give_back(old);
		return NULL;
	}
	fresh = real(is_reserved(old) ? NULL : old, size);
	if (fresh && !is_reserved(old))
		return fresh;
	if (!fresh)
		fresh = take(size);
	if (!fresh || !old)
		return fresh;
	/* A realloc(3) that failed has left the old block as it was, so it can be copied. */
	memcpy(fresh, old, size_of(old) < size ? size_of(old) : size);
	give_back(old);
	return fresh;
}

void *reserve_realloc(void *old, long size)
{
	return reserve_realloc_by(realloc, old, (size_t)size);
}
