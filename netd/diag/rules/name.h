// SPDX-License-Identifier: GPL-2.0-or-later
// name.h - how nft(8) calls what expressions are about
#pragma once

#include "diag/rules/ruleset.h"

/* "iifname", "original ip saddr"; NULL: no name is known. */
const char *name_meta(uint32_t key);
const char *name_ct(uint32_t key);
/* What an expression loads or does: "meta skuid", "limit", "match recent". Returns the buffer. */
const char *name_expr(const struct expr *expr, char *buffer, size_t size);
/* A field of a header: "tcp dport"; NULL: none that has a name. protocol: of the packets that the
 * rule is about, 0 for unknown; is_six: of IPv6. */
const char *name_field(uint32_t base, uint32_t offset, uint32_t len, bool is_six, uint8_t protocol);
