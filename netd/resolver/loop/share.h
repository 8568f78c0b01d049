// SPDX-License-Identifier: GPL-2.0-or-later
// share.h - how much of what there is for all one container may have
#pragma once

#include <stddef.h>

/* Whoever takes may have as much as is left free, never more than most: however many take all they
 * can, they stop while as much is free as each of them has, so there is always room for one who
 * comes later, and one who comes alone is hardly limited. least is everybody's even when nothing is
 * free: that many may be beyond total for each container. used counts what the taker has as well.
 */
static inline size_t share_of(size_t total, size_t used, size_t most, size_t least)
{
	size_t left = total > used ? total - used : 0;

	if (left > most)
		left = most;
	return left > least ? left : least;
}
