// SPDX-License-Identifier: GPL-2.0-or-later
// trace_rules.c - which rules a probe's packets meet: the kernel is asked to tell, for as long as
// it takes
#include "base/cleanup.h"
#include "base/limits.h"
#include "diag/rules/rules.h"
#include "explain/explain.h"
#include "kernel/nft_trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. In each namespace on the way a table marks the packets of this one flow,
 * and the kernel tells the rules that a marked one meets. The tables belong to the sockets that
 * made them: nothing of them stays, whatever becomes of this process. They are made when the
 * port is known that the probe comes from, and go as soon as it has ended. The kernel sends a
 * message for each rule, by the multicast group NFNLGRP_NFTRACE; it is the socket's own
 * namespace that is heard. */

/* Those that rules are bound to, of as many as a packet meets. Rules of the family netdev are
 * bound to a link, before any table of the family inet. A table that marks there has to name
 * its links. */
static size_t find_links(const struct facts_space *space, char (*links)[FACTS_IFNAME])
{
	struct rules *rules = NULL;
	size_t n = 0;

	/* A ruleset that cannot be decoded has no links that are known. The rest is traced all
	 * the same. */
	if (space->ruleset_len == 0 || rules_decode(space->ruleset, space->ruleset_len, &rules) < 0)
		return 0;
	for (size_t i = 0; i < space->n_links && n < EXPLAIN_RULES_LINKS_MAX; i++)
		if (rules_has_link(rules, space->links[i].name))
			(void)snprintf(links[n++], FACTS_IFNAME, "%s", space->links[i].name);
	rules_free(rules);
	return n;
}

/* Two directions, by two addresses. */
#define MATCHES 4

/* A packet from the port of who asks, and an answer to it. NAT leaves one of the addresses as
 * it was: A's on the way there, and B's on the way back until it is undone. Without addresses
 * two matches do: the port alone marks the flow. */
static size_t fill_matches(const struct diag_verdict *verdict, uint16_t port, bool by_address,
			   struct nft_trace_match matches[MATCHES])
{
	const struct addr *from = &verdict->from.addr, *to = &verdict->to.addr;
	bool is_echo = verdict->to.protocol == IPPROTO_ICMP, is_six = to->family == AF_INET6;
	const struct nft_trace_match both = { .family = family_of(to->family),
					      .protocol = is_echo && is_six ? IPPROTO_ICMPV6
									    : verdict->to.protocol,
					      .echo_id = is_echo ? port : 0 };
	struct nft_trace_match there = both, back = both;
	struct nft_trace_match *match = matches;

	/* An echo request has no port: its id is compared instead, in both directions. */
	if (!is_echo)
		there.from_port = back.to_port = port;
	for (int i = 0; i < (by_address ? 2 : 1); i++) {
		*match++ = there;
		*match++ = back;
	}
	if (by_address) {
		matches[0].from = matches[1].to = *from;
		matches[2].to = matches[3].from = *to;
	}
	return (size_t)(match - matches);
}

/* false: the kernel can do so in none. One that has ended is no reason to stop. */
static bool open_one(struct explain_rules *rules, const struct facts *facts,
		     const struct facts_space *space, const struct diag_verdict *verdict,
		     uint16_t port)
{
	struct error error = { 0 };
	_cleanup_close_ int netns_fd = explain_places_netns(facts, space->key, &error);
	/* What comes to B may have been given both addresses anew. So in its own namespace the
	 * port alone counts. */
	bool by_address = space->netns != verdict->to.netns && addr_is_set(&verdict->from.addr);
	struct nft_trace_match matches[MATCHES];
	char links[EXPLAIN_RULES_LINKS_MAX][FACTS_IFNAME];
	const struct nft_trace_asked asked = {
		.netns_fd = netns_fd,
		.matches = matches,
		.n = fill_matches(verdict, port, by_address, matches),
		.links = (const char(*)[FACTS_IFNAME])links,
		.n_links = find_links(space, links),
	};
	int links_err = 0, fd;

	if (netns_fd < 0)
		return true; /* it has gone meanwhile */
	fd = nft_trace_open(&asked, &links_err);
	if (links_err < 0)
		/* Tables without links are made in any case. */
		(void)snprintf(rules->met.lacks, sizeof(rules->met.lacks),
			       "the kernel does not trace those that are bound to links: %s",
			       strerror(-links_err));
	if (fd >= 0) {
		rules->netns[rules->n] = space->netns;
		rules->fds[rules->n++] = fd;
	} else if (fd == -EOPNOTSUPP) {
		/* NFT_TABLE_F_OWNER came with that kernel. A table without an owner would stay
		 * behind when this process is killed, so none is made. */
		(void)snprintf(rules->met.lacks, sizeof(rules->met.lacks),
			       "the kernel has no tables that go with their owner: it takes 5.12");
	} else {
		(void)snprintf(rules->met.lacks, sizeof(rules->met.lacks),
			       "the kernel does not trace them: %s", strerror(-fd));
	}
	return fd >= 0;
}

void explain_rules_open(struct explain_rules *rules, const struct facts *facts,
			const struct diag_verdict *verdict, uint16_t port)
{
	rules->protocol = verdict->to.protocol;
	rules->port = port;
	for (size_t i = 0; i < facts->n_spaces && rules->n < EXPLAIN_RULES_MAX; i++)
		if (!open_one(rules, facts, facts->spaces[i], verdict, port))
			break;
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

int explain_rules_tell(struct explain_rules *rules, const struct traced *seen,
		       const struct facts *facts, struct diag_verdict *verdict)
{
	int err;

	for (size_t i = 0; i < rules->n; i++) {
		err = nft_trace_read(rules->fds[i], rules->netns[i], rules->protocol, rules->port,
				     &rules->met);
		if (err < 0)
			tell_lack(rules, err);
	}
	err = traced_rules_tell(&rules->met, facts, verdict);
	/* Rules of iptables in the legacy form are no nftables: the tracer sees them by its own
	 * programs. */
	if (err == 0)
		err = traced_legacy_tell(seen, &rules->met, facts, verdict);
	explain_rules_done(rules);
	return err;
}

void explain_rules_done(struct explain_rules *rules)
{
	/* The table of each goes with its socket. */
	for (size_t i = 0; i < rules->n; i++)
		cleanup_close(&rules->fds[i]);
	rules->n = 0;
	traced_rules_done(&rules->met);
}
