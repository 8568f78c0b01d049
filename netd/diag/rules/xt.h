// SPDX-License-Identifier: GPL-2.0-or-later
// xt.h - matches and targets of xtables, which iptables-nft puts into rules of nftables
#pragma once

#include "diag/rules/way.h"

#include <string.h>

/* The struct of a match or target, out of bytes that need not be aligned, nor be enough. */
#define TAKE_INFO(expr, into) xt_take_info((expr), &(into), sizeof(into))
static inline bool xt_take_info(const struct expr *expr, void *into, size_t len)
{
	if (expr->info_len < len)
		return false;
	memcpy(into, expr->info, len);
	return true;
}

/* false: the rule does not match. */
bool xt_match(struct way *way, const struct expr *expr);
/* May give a verdict. false: on this way it does not match. */
bool xt_target(struct way *way, const struct expr *expr);
