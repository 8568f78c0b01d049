// SPDX-License-Identifier: GPL-2.0-or-later
// probe.c - one real connection beside what was read, and which of the two is believed
#include "kernel/probe.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "explain/explain.h"

#include <netinet/in.h>
#include <string.h>

/* It connects to an address. Whether a program would have found that by the name it does not
 * tell. So a probe that connects does not refute a verdict whose first fault is the name. */
static bool is_of_name(const struct diag_verdict *verdict)
{
	return verdict->hop && strncmp(verdict->hop, "name", 4) == 0;
}

/* A datagram that was answered and a stream that was opened both say that there is a way there
 * and back. */
static bool has_come(enum diag_probed outcome)
{
	return outcome == DIAG_CONNECTED || outcome == DIAG_ANSWERED;
}

/* Without a word: who is told that a packet is too large sends smaller ones. So silence is a
 * black hole of path MTU discovery (RFC 2923): connections open and hang. */
static bool loses_large(const struct diag_probe *probe)
{
	return probe->large == DIAG_SILENT;
}

/* Nobody answers an empty datagram who does not know what it is, so its silence agrees with
 * anything. A refusal by ICMP is no silence. */
static bool agrees(const struct diag_verdict *verdict)
{
	enum diag_probed outcome = verdict->probe.outcome;
	bool is_silent_datagram = verdict->to.protocol == IPPROTO_UDP && outcome == DIAG_SILENT;

	switch (verdict->outcome) {
	case DIAG_REACHABLE:
		/* Where large packets are lost without a word, "reachable" is refuted: the
		 * transfer would hang. */
		return (has_come(outcome) && !loses_large(&verdict->probe)) || is_silent_datagram;
	case DIAG_PARTLY: /* it connects */
		return has_come(outcome) || is_silent_datagram;
	case DIAG_UNREACHABLE:
		/* The name decides there, and the address says nothing about it. */
		return !has_come(outcome) || is_of_name(verdict);
	case DIAG_UNDECIDED:
	case DIAG_N_OUTCOMES:
		break;
	}
	return true;
}

/* Undecided means that what was read shows no fault and no proof. A probe that comes is proof.
 * Silence of a datagram is none. */
static void decide(struct diag_verdict *verdict)
{
	enum diag_probed outcome = verdict->probe.outcome;

	if (verdict->outcome != DIAG_UNDECIDED)
		return;
	if (has_come(outcome))
		verdict->outcome = loses_large(&verdict->probe) ? DIAG_PARTLY : DIAG_REACHABLE;
	else if (outcome != DIAG_SILENT || verdict->to.protocol != IPPROTO_UDP)
		verdict->outcome = DIAG_UNREACHABLE;
}

/* Where there is no address, there is nothing to connect to: a name that nobody has. */
int explain_probe(const struct facts *facts, struct explain_trace *trace,
		  struct diag_verdict *verdict, struct error *error)
{
	const struct diag_end *to = &verdict->to;
	struct probe_asked asked = {
		.addr = to->addr,
		.port = to->port,
		.protocol = to->protocol,
		.patience_ms = to->protocol == IPPROTO_UDP ? EXPLAIN_PROBE_UDP_MS
							   : EXPLAIN_PROBE_MS,
	};
	_cleanup_close_ int netns_fd = -1;
	bool is_echo = to->protocol == IPPROTO_ICMP;
	int err;

	if (!addr_is_set(&to->addr) || (to->port == 0 && !is_echo) || !verdict->from.space) {
		/* The trace was asked for, so the answer says why there is none. */
		verdict->trace.is_there = trace != NULL;
		if (trace)
			verdict_set_lacks(verdict, "no connection can be made %s %s from here",
					  verdict->from.space ? "to" : "by",
					  verdict->from.space ? to->name : verdict->from.name);
		return 0;
	}
	/* The socket is made inside A's namespace: it takes A's routes, rules and addresses. */
	netns_fd = explain_places_netns(facts, verdict->from.space, error);
	if (netns_fd < 0)
		return netns_fd;
	asked.netns_fd = netns_fd;
	if (trace)
		explain_trace_watch(trace, facts, verdict, &asked);
	err = is_echo ? probe_echo(&asked, &verdict->probe)
		      : probe_connect(&asked, &verdict->probe);
	if (err < 0)
		return error_system(error, err, "cannot make a socket in %s", verdict->from.name);
	/* It is compared with what was read before decide() changes that. */
	verdict->probe.agrees = agrees(verdict);
	decide(verdict);
	if (trace)
		explain_trace_tell(trace, verdict);
	return 0;
}
