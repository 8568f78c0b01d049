// SPDX-License-Identifier: GPL-2.0-or-later
// load.h - what expressions load into registers: the packet, its flow, its links, its route
#pragma once

#include "diag/rules/way.h"

#define LOAD_CHECKSUM "the checksum of ICMP" /* as way->unknown */

/* Each runs one expression of its kind. false: the rule does not match. */
bool load_meta(struct way *way, const struct expr *expr);
bool load_payload(struct way *way, const struct expr *expr);
bool load_ct(struct way *way, const struct expr *expr);
bool load_exthdr(struct way *way, const struct expr *expr);
bool load_fib(struct way *way, const struct expr *expr);
/* numgen and hash. */
bool load_number(struct way *way, const struct expr *expr);
/* A value of up to RULES_BYTES into the expression's register; one of 8 or 16 bits fills a whole
 * word there, and what is behind it is zero, as the kernel has it. */
bool load_put(struct way *way, const struct expr *expr, const void *value, size_t len);
/* len bytes that nobody knows, after which a rule may not match either; dreg ~0: any register. */
bool load_unknown(struct way *way, const struct expr *expr, size_t len);

/* The bit of `ct state`; 0: not known. */
uint32_t load_ct_state(const struct way *way);
bool load_has_flow(const struct way *way);
/* The type of an address: `fib daddr type`, addrtype. false: not known. */
bool load_address_type(struct way *way, bool is_source, int ifindex, uint8_t *ret_type);
