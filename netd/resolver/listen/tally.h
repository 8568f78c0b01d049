// SPDX-License-Identifier: GPL-2.0-or-later
// tally.h - how often containers were told what, from where, and how long it took
#pragma once

#include "dns/log.h"
#include "ipc/msg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A question was answered, or is not (len 0). True: in vain, for there is no answer, or the one
 * that nobody could find one (SERVFAIL). */
bool tally_answer(struct ipc_dns *tally, enum dns_log_source source, const uint8_t *reply,
		  size_t len, uint64_t took_ns);
