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

/* Theory of operation. libev calls this in the place of realloc(3), and ends the process when it
 * gets nothing. Where malloc has nothing a block is cut off from an array here. The array is given
 * back as a whole, when the last of its blocks is. It is used by one thread. */

/* An event loop's arrays grow by doubling, and seldom: so blocks are cut off one after the other
 * and come back all at once. A block that grows moves back to malloc as soon as that has room. */

/* n_used: bytes from the beginning. n_blocks: of those, how many blocks are still in use. */
static alignas(max_align_t) uint8_t reserve[RESERVE_SIZE];
static size_t n_used, n_blocks;

/* The head of a block of the reserve: how large it is, for the copy when it grows. */
struct block {
	alignas(max_align_t) size_t size;
};

/* One comparison, since the subtraction wraps around for places before it. */
static bool is_reserved(const void *at)
{
	return (uintptr_t)at - (uintptr_t)reserve < sizeof(reserve);
}

/* Of malloc's blocks the library knows the size. */
static size_t size_of(void *at)
{
	return is_reserved(at) ? ((struct block *)at - 1)->size : malloc_usable_size(at);
}

/* Single blocks are not used again. */
static void give_back(void *at)
{
	if (!is_reserved(at))
		free(at);
	else if (--n_blocks == 0)
		n_used = 0;
}

/* NULL: the reserve is spent, too. */
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

/* real is realloc(3), or a test's. As realloc(3) has it, size 0 frees. */
void *reserve_realloc_by(void *(*real)(void *old, size_t size), void *old, size_t size)
{
	void *fresh;

	if (size == 0) {
		if (old)
			give_back(old);
		return NULL;
	}
	fresh = real(is_reserved(old) ? NULL : old, size);
	/* The usual way: the block was malloc's and is malloc's. */
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

/* libev gives the size as a long. */
void *reserve_realloc(void *old, long size)
{
	return reserve_realloc_by(realloc, old, (size_t)size);
}
