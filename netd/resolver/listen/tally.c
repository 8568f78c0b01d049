// SPDX-License-Identifier: GPL-2.0-or-later
// tally.c - how often containers were told what, from where, and how long it took

#include "resolver/listen/tally.h"

#include "dns/msg.h"

#include <assert.h>

/* Figures for metrics, by source and by code. A code of its own counts answers that were never
 * sent. */

static_assert((unsigned)IPC_DNS_SOURCES == (unsigned)DNS_LOG_N_SOURCES, "each source is told");

#define RCODE_SERVFAIL 2

/* true: the client was not served (SERVFAIL, or no reply). */
bool tally_answer(struct ipc_dns *tally, enum dns_log_source source, const uint8_t *reply,
		  size_t len, uint64_t took_ns)
{
	unsigned code = IPC_DNS_CODE_NONE;

	if (len >= DNS_HEADER_SIZE)
		code = reply[3] & DNS_FLAG_RCODE;
	if (len >= DNS_HEADER_SIZE && code >= IPC_DNS_CODE_OTHER)
		code = IPC_DNS_CODE_OTHER;
	tally->answers[source][code]++;
	/* The histogram is in microseconds. */
	histogram_add(&tally->took[source], took_ns / 1000);
	return code == RCODE_SERVFAIL || code == IPC_DNS_CODE_NONE;
}
