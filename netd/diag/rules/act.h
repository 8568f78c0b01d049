// SPDX-License-Identifier: GPL-2.0-or-later
// act.h - what expressions do: verdicts, marks, headers, refusals
#pragma once

#include "diag/rules/way.h"

void act_immediate(struct way *way, const struct expr *expr);
void act_meta_set(struct way *way, const struct expr *expr);
void act_payload_set(struct way *way, const struct expr *expr);
void act_ct_set(struct way *way, const struct expr *expr);
void act_reject(struct way *way, const struct expr *expr);
/* By an ICMP error of that type and code, or a TCP reset. */
void act_refuse(struct way *way, bool is_reset, uint8_t type, uint8_t code);
void act_notrack(struct way *way);
/* Something that nobody knows. false: on this way it does not match. */
bool act_opaque(struct way *way, const struct expr *expr, const char *what);
