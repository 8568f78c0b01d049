// SPDX-License-Identifier: GPL-2.0-or-later
// decode_expr.h - the expressions of a rule out of their attributes
#pragma once

#include "diag/rules/ruleset.h"
#include "diag/rules/tlv.h"

/* One NFTA_EXPR_* nest. Always gives an expression, of a kind that says how much of it is
 * understood. NULL: no memory. */
struct expr *decode_expr(struct rules *rules, struct tlv in);
/* The same of a list of NFTA_LIST_ELEM, for those of sets. 1: all of them only count; 0: not; or
 * -ENOMEM. */
int decode_expr_only_counts(struct rules *rules, struct tlv list);
/* What is understood at least in part, one after the other; NULL: the end. */
const char *decode_expr_name(size_t at);
/* An nft_data_attributes nest. NULL with *ret_err 0: it is not there, or makes no sense. */
struct data *decode_data(struct rules *rules, struct tlv in, int *ret_err);
