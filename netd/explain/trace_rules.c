// SPDX-License-Identifier: GPL-2.0-or-later
// trace_rules.c - which rules a probe's packets meet: the kernel is asked to tell, for as long as
// it takes
#include "base/cleanup.h"
#include "base/limits.h"
#include "explain/explain.h"
#include "kernel/nft_trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. In each namespace on the way a table marks the packets of this one flow,
 * and the kernel tells the rules that a marked one meets. The tables belong to the sockets that
 * made them: nothing of them stays, whatever becomes of this process. They are made when the port
 * is known that the probe comes from, and go as soon as it has ended. */

static void open_one(struct explain_rules *rules, const struct facts *facts,
		     const struct facts_space *space, const struct diag_verdict *verdict,
		     uint16_t port)
{
	struct error error = { 0 };
	_cleanup_close_ int netns_fd = explain_places_netns(facts, space->key, &error);
	const struct nft_trace_asked asked = {
		.netns_fd = netns_fd,
		.protocol = verdict->to.protocol,
		.port = port,
		.from = verdict->from.addr,
		.to = verdict->to.addr,
		/* What comes to B may have been given both addresses anew. */
		.by_address = space->netns != verdict->to.netns && addr_is_set(&verdict->from.addr),
	};
	int fd;

	if (netns_fd < 0)
		return; /* it has gone meanwhile */
	fd = nft_trace_open(&asked);
	if (fd >= 0) {
		rules->netns[rules->n] = space->netns;
		rules->fds[rules->n++] = fd;
	} else if (fd == -EOPNOTSUPP) {
		(void)snprintf(rules->met.lacks, sizeof(rules->met.lacks),
			       "the kernel has no tables that go with their owner: it takes 5.12");
	} else {
		(void)snprintf(rules->met.lacks, sizeof(rules->met.lacks),
			       "the kernel does not trace them: %s", strerror(-fd));
	}
}

void explain_rules_open(struct explain_rules *rules, const struct facts *facts,
			const struct diag_verdict *verdict, uint16_t port)
{
	rules->port = port;
	for (size_t i = 0;
	     i < facts->n_spaces && rules->n < EXPLAIN_RULES_MAX && !rules->met.lacks[0]; i++)
		open_one(rules, facts, facts->spaces[i], verdict, port);
}

/* What is missing is said; what was read stands. */
static void tell_lack(struct explain_rules *rules, int err)
{
	char *lacks = rules->met.lacks;
	const size_t size = sizeof(rules->met.lacks);

	if (err == -ENOBUFS)
		(void)snprintf(lacks, size, "there were more than could be kept: some are missing");
	else if (err == -EPROTO)
		(void)snprintf(lacks, size,
			       "somebody in a namespace on the way sends what the kernel alone "
			       "should, again and again: some are missing");
	else
		(void)snprintf(lacks, size, "the kernel's trace could not be read to its end: %s",
			       strerror(-err));
}

int explain_rules_tell(struct explain_rules *rules, const struct facts *facts,
		       struct diag_verdict *verdict)
{
	int err;

	for (size_t i = 0; i < rules->n; i++) {
		err = nft_trace_read(rules->fds[i], rules->netns[i], rules->port, &rules->met);
		if (err < 0)
			tell_lack(rules, err);
	}
	err = traced_rules_tell(&rules->met, facts, verdict);
	explain_rules_done(rules);
	return err;
}

void explain_rules_done(struct explain_rules *rules)
{
	for (size_t i = 0; i < rules->n; i++)
		cleanup_close(&rules->fds[i]);
	rules->n = 0;
	traced_rules_done(&rules->met);
}
