// SPDX-License-Identifier: GPL-2.0-or-later
// follow_rules.c - which rules the packets of a container meet, as long as somebody looks
#include "base/cleanup.h"
#include "base/deadline.h"
#include "explain/follow.h"
#include "kernel/nft_trace.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. As for a probe (trace_rules.c) a table in each namespace marks the
 * packets, and belongs to the socket that made it. Here they are those that netd-trace is told
 * to tell: in the container's namespace all that the filter takes, elsewhere those with one of
 * its addresses, and on the host what is published for it. A mark costs every packet of that
 * namespace a comparison, so few are made, and tables are put only in namespaces that such a
 * packet can pass. What is left out is said in `lacks`, which the first line of the answer
 * carries. */

/* --- which packets are marked ----------------------------------------------------------------- */

/* is_full: a match was left out, so some packets are not marked. */
struct matches {
	struct nft_trace_match items[FOLLOW_MATCHES_MAX];
	size_t n;
	bool is_full;
};

/* The limit is for the sake of the kernel: each match is one rule that each packet passes. */
static void add(struct matches *matches, const struct nft_trace_match *match)
{
	if (matches->n == FOLLOW_MATCHES_MAX)
		matches->is_full = true;
	else
		matches->items[matches->n++] = *match;
}

/* At either end the port that the filter has. Two matches and not one: a rule compares the
 * source port or the destination port. */
static void add_ports(struct matches *matches, const struct followed_filter *filter,
		      struct nft_trace_match match)
{
	match.protocol = filter->protocol;
	/* ICMP has one protocol number for each family (RFC 792, RFC 4443); the filter's word
	 * means both. */
	if (filter->protocol == IPPROTO_ICMP && match.family == FAMILY_6)
		match.protocol = IPPROTO_ICMPV6;
	if (filter->port == 0) {
		add(matches, &match);
		return;
	}
	match.from_port = filter->port;
	add(matches, &match);
	match.from_port = 0;
	match.to_port = filter->port;
	add(matches, &match);
}

/* With one of the filter's hosts at the other end. An address of the other family can never
 * stand beside this one in a packet. */
static void add_peers(struct matches *matches, const struct follow_asked *asked,
		      struct nft_trace_match match, bool is_from)
{
	/* Without a host in the filter any other end will do. */
	if (asked->peers.n == 0)
		add_ports(matches, &asked->filter, match);
	for (size_t i = 0; i < asked->peers.n; i++) {
		const struct addr *peer = &asked->peers.ends[i].addr;

		if (family_of(peer->family) != match.family)
			continue;
		*(is_from ? &match.from : &match.to) = *peer;
		add_ports(matches, &asked->filter, match);
	}
}

/* In its own namespace everything is the container's, so addresses need not be compared, and
 * packets with addresses that nobody knows are seen, too. */
static void fill_own(struct matches *matches, const struct follow_asked *asked)
{
	for (enum family family = 0; family < FAMILY_N; family++)
		/* Without peers both directions give the same match, and one is enough. */
		for (int is_from = 0; is_from < (asked->peers.n > 0 ? 2 : 1); is_from++)
			add_peers(matches, asked, (struct nft_trace_match) { .family = family },
				  is_from);
}

/* Elsewhere one end must have its address. A packet to it and a packet from it are two matches. */
static void fill_passed(struct matches *matches, const struct follow_asked *asked)
{
	for (size_t i = 0; i < asked->addrs.n; i++) {
		const struct addr *addr = &asked->addrs.ends[i].addr;
		const enum family family = family_of(addr->family);

		add_peers(matches, asked,
			  (struct nft_trace_match) { .family = family, .from = *addr }, false);
		add_peers(matches, asked,
			  (struct nft_trace_match) { .family = family, .to = *addr }, true);
	}
}

/* Before NAT leads it there. The ends carry a protocol and port each, so the filter was applied
 * when they were chosen. */
static void fill_published(struct matches *matches, const struct follow_asked *asked)
{
	for (size_t i = 0; i < asked->published.n; i++) {
		const struct follow_end *end = &asked->published.ends[i];
		struct nft_trace_match match = { .family = family_of(end->addr.family),
						 .protocol = end->protocol,
						 .to_port = end->port,
						 .to = end->addr };

		if (asked->peers.n == 0)
			add(matches, &match);
		for (size_t k = 0; k < asked->peers.n; k++) {
			match.from = asked->peers.ends[k].addr;
			if (family_of(match.from.family) == match.family)
				add(matches, &match);
		}
	}
}

/* --- where ------------------------------------------------------------------------------------ */

/* The words end up in the first line of the answer: "lacks" is no error, because packets are
 * told by the tracer all the same. */
static void lack(struct follow_rules *rules, int err)
{
	if (err == -EOPNOTSUPP)
		(void)snprintf(rules->lacks, sizeof(rules->lacks),
			       "rules are not told: the kernel has no tables that go with their "
			       "owner: it takes 5.12");
	else
		(void)snprintf(rules->lacks, sizeof(rules->lacks),
			       "rules are not told: the kernel does not trace them: %s",
			       strerror(-err));
}

/* A table in one namespace. Why there is none is kept in words, and fails nothing. */
static void open_one(struct follow_rules *rules, const struct follow_asked *asked,
		     const struct facts *facts, const struct facts_space *space)
{
	static struct matches matches; /* large */
	struct error error = { 0 };
	/* The descriptor is needed only until the socket is made inside that namespace. */
	_cleanup_close_ int netns_fd = explain_places_netns(facts, space->key, &error);
	struct nft_trace_asked marked = { .netns_fd = netns_fd, .matches = matches.items };
	bool is_host = strcmp(space->key, "host") == 0;
	struct followed_reading *reading;
	int links_err, fd;

	if (netns_fd < 0)
		return; /* it has gone meanwhile */
	matches.n = 0;
	matches.is_full = false;
	if (space->netns == asked->of->netns)
		fill_own(&matches, asked);
	else
		fill_passed(&matches, asked);
	if (is_host)
		fill_published(&matches, asked);
	if (matches.is_full)
		(void)snprintf(rules->lacks, sizeof(rules->lacks),
			       "not all rules are told: it has more addresses and ports than "
			       "packets can be looked through for; name a port");
	marked.n = matches.n;
	/* NAT changes addresses on the host: a packet may have one of the container's only
	 * behind it. No links are named, so rules that are bound to links are not told here. */
	marked.behind_nat = is_host;
	reading = calloc(1, sizeof(*reading));
	fd = reading ? nft_trace_open(&marked, &links_err) : -ENOMEM;
	if (fd < 0) {
		free(reading);
		lack(rules, fd);
		return;
	}
	*reading = (struct followed_reading) { .rules = &rules->met, .netns = space->netns };
	rules->readings[rules->n] = reading;
	rules->fds[rules->n++] = fd;
}

/* Containers that share no network have no packets for each other, except by way of the host,
 * where they are seen. */
static bool shares_network(const struct facts_container *a, const struct facts_container *b)
{
	for (size_t i = 0; i < a->n_endpoints; i++)
		for (size_t k = 0; k < b->n_endpoints; k++)
			if (strcmp(a->endpoints[i].network, b->endpoints[k].network) == 0)
				return true;
	return false;
}

/* Whom the filter names is the only one at the other end. A namespace that two containers share
 * has one table. */
static bool is_on_the_way(const struct follow_asked *asked, const struct facts_container *container)
{
	if (container == asked->of || container->netns == 0 || container->host_mode ||
	    container->netns == asked->of->netns)
		return false;
	return *asked->filter.host ? container == asked->peer
				   : shares_network(asked->of, container);
}

/* The host and the container first: when the limit is met, those two are there. What the kernel
 * cannot do in the first of them is not tried in the second. */
void follow_rules_open(struct follow_rules *rules, const struct follow_asked *asked,
		       struct look *look, struct facts *facts)
{
	const char *const first[] = { "host", asked->of->space };
	struct error error;

	for (size_t i = 0; i < ARRAY_SIZE(first) && !*rules->lacks; i++)
		open_one(rules, asked, facts, facts_space(facts, first[i]));
	for (size_t i = 0; i < facts->n_containers && rules->n > 0; i++) {
		const struct facts_container *container = &facts->containers[i];

		if (!is_on_the_way(asked, container))
			continue;
		if (rules->n == FOLLOW_RULES_MAX)
			/* Neighbours beyond the limit are counted, and named in words: a silent
			 * gap would mislead. */
			rules->n_left_out++;
		else if (explain_places_take(look, facts, container->space, &error) == 0)
			open_one(rules, asked, facts, facts_space(facts, container->space));
	}
	if (rules->n_left_out > 0 && !*rules->lacks)
		(void)snprintf(rules->lacks, sizeof(rules->lacks),
			       "rules of %u neighbours are not told: name one (host NAME)",
			       rules->n_left_out);
}

/* --- what they say ---------------------------------------------------------------------------- */

/* fds has room for FOLLOW_RULES_MAX. poll(2) ignores a descriptor of -1. */
size_t follow_rules_poll(const struct follow_rules *rules, struct pollfd *fds)
{
	for (size_t i = 0; i < rules->n; i++)
		fds[i] = (struct pollfd) { .fd = rules->fds[i], .events = POLLIN };
	return rules->n;
}

static int take(void *data, const void *messages, size_t len)
{
	return followed_rules_read(data, messages, len);
}

/* A namespace whose messages cannot be read goes on without: what is missing is said at the end. */
int follow_rules_hear(struct follow_rules *rules)
{
	int err = 0;

	/* By this time, rules that wait for their packet are told when they have waited too
	 * long. */
	rules->met.now_ms = deadline_now_ms();
	for (size_t i = 0; err != -ENOMEM && i < rules->n; i++) {
		err = rules->fds[i] < 0 ? 0
					: nft_trace_take(rules->fds[i], take, rules->readings[i]);
		rules->is_broken |= err < 0;
		/* -ENOBUFS says that the socket's buffer ran over: messages are lost, and
		 * reading goes on. Any other error would come again at once, for ever, and
		 * poll(2) would not sleep any more. */
		if (err < 0 && err != -ENOBUFS)
			cleanup_close(&rules->fds[i]);
		if (err < 0 && err != -ENOBUFS)
			rules->fds[i] = -1;
	}
	return err == -ENOMEM ? err : 0;
}

void follow_rules_done(struct follow_rules *rules)
{
	/* The kernel removes the table when its owner's socket is closed (NFT_TABLE_F_OWNER). */
	for (size_t i = 0; i < rules->n; i++) {
		cleanup_close(&rules->fds[i]);
		free(rules->readings[i]);
	}
	rules->n = 0;
	followed_rules_done(&rules->met);
}
