// SPDX-License-Identifier: GPL-2.0-or-later
// judge_neighbour.c - whose the next hop is, which MAC the sender believes it to have, and whether
// it would answer
#include "diag/judge_walk.h"

#include <linux/neighbour.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. To send a frame the sender needs the MAC of the next hop. Three things
 * are compared: whose the next hop is (netd's records, judge_next()), which MAC that one has
 * (its link), and which MAC the sender believes in (its neighbour entry). A valid entry is used
 * as it is, right or wrong. Without one the sender asks, and then it matters whether somebody
 * would answer: flags of the link, arp_ignore, rules (judge_exchange.c).
 *
 * STALE and DELAY are valid: the kernel sends by such an entry while it asks anew. FAILED and
 * INCOMPLETE are results of earlier questions, and the same as no entry: the kernel asks again.
 * Where two would answer it is not known who is heard first. */

/* States in which the kernel sends without asking first. */
#define NUD_USABLE (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)

/* --- whose it is ------------------------------------------------------------------------------ */

/* What containers on this bridge are told to be their gateway. It is asked for by address,
 * because the bridge may have lost it. */
static bool is_gateway(const struct judge_walk *walk, const struct facts_link *bridge)
{
	const struct facts_network *network = judge_network_of_bridge(walk->facts, bridge->name);
	enum family family = family_of(walk->next.family);

	if (network && addr_equal(&network->gateway[family], &walk->next))
		return true;
	/* An endpoint may have a gateway of its own, other than its network's. */
	return walk->from_port.endpoint &&
	       addr_equal(&walk->from_port.endpoint->gateway[family], &walk->next);
}

bool judge_next(struct judge_walk *walk, const struct facts_link *bridge)
{
	walk->is_for_host = false;
	walk->to_port = (struct judge_port) { 0 };
	/* Any address of the host is answered for at each of its links. What the host sends to
	 * itself does not come here; for_host needs a port that the frame came by. */
	if (judge_find_addr(walk->host, &walk->next) || is_gateway(walk, bridge)) {
		walk->is_for_host = walk->from_port.port;
		return true;
	}
	if (!judge_owner(walk, bridge, &walk->next, &walk->to_port))
		return false;
	/* On another bridge of the same network: this one answers for it, and the host routes. */
	if (walk->from_port.port && walk->to_port.bridge && walk->to_port.bridge != bridge)
		walk->is_for_host = true;
	return true;
}

/* The MAC that a frame for the next hop must have. NULL: not known, because nobody could look. */
static const struct mac *right_mac(const struct judge_walk *walk, const struct facts_link *bridge)
{
	if (walk->is_for_host)
		return &bridge->mac;
	/* The link as it is comes before the record: a container may have changed its MAC, and
	 * then answers with the new one. */
	if (walk->to_port.inside)
		return &walk->to_port.inside->mac;
	if (walk->to_port.far)
		return &walk->to_port.far->mac;
	return walk->to_port.endpoint ? &walk->to_port.endpoint->mac : NULL;
}

/* --- what the sender believes ----------------------------------------------------------------- */

/* Somebody else has the address, too, and was heard: or his is the MAC in the entry. The words
 * are his, for he is the one to change; {place} is the rightful holder. */
static enum judge_at tell_duplicate(struct judge_walk *walk, const struct judge_port *other,
				    const char *hop, const char *where)
{
	const struct facts_addr *held = judge_find_addr(other->space, &walk->next);

	judge_place(walk, other->space, other->container);
	code_word(&walk->words, "other", "%s", judge_name_of(walk, other->space));
	code_word(&walk->words, "prefix", "%s", held ? PREFIX_STR(&held->prefix) : "");
	code_word(&walk->words, "link", "%s", other->inside->name);
	code_word(&walk->words, "place", "%s", judge_name_of(walk, walk->to_port.space));
	return judge_bad(walk, CODE_DUPLICATE_ADDRESS, hop, where, JUDGE_LOST);
}

/* A valid entry has the wrong MAC. right: the one it should have. Three codes tell whose entry
 * it is and what for, for they are repaired in different places. */
static enum judge_at tell_wrong(struct judge_walk *walk, const struct facts_neighbour *entry,
				const struct facts_link *link, const struct facts_link *bridge,
				const struct mac *right, const char *hop, const char *where,
				enum judge_at go_on)
{
	enum code_id code = CODE_NEIGHBOUR_WRONG;
	struct judge_port other;

	/* A permanent entry was written by somebody, so no duplicate has been heard. */
	if (!walk->is_for_host && !(entry->state & NUD_PERMANENT) &&
	    judge_owner_of_mac(walk, bridge, &entry->mac, &walk->to_port, &other) &&
	    judge_find_addr(other.space, &walk->next))
		return tell_duplicate(walk, &other, hop, where);
	code_word(&walk->words, "mac", "%s", MAC_STR(&entry->mac));
	code_word(&walk->words, "right", "%s", MAC_STR(right));
	code_word(&walk->words, "link", "%s", link->name);
	code_word(&walk->words, "bridge", "%s", bridge->name);
	if (walk->is_back)
		code = CODE_NEIGHBOUR_BACK_WRONG;
	else if (walk->is_for_host)
		code = CODE_GATEWAY_MAC_WRONG;
	/* A frame with a wrong MAC for the host passes the bridge's prerouting first. There
	 * bridge netfilter may lead it elsewhere, so the cause waits (walk->astray). */
	if (!walk->is_for_host || !judge_calls_ip(walk, bridge))
		return judge_bad(walk, code, hop, where, JUDGE_LOST);
	judge_keep(walk, &walk->astray, code, hop, where);
	return go_on;
}

/* With an answer of NULL no command mends it. reason: a whole sentence. The code is the same
 * for all that keeps somebody from answering. */
static enum judge_at tell_silent(struct judge_walk *walk, const char *reason, const char *answer,
				 const char *hop, const char *where)
{
	code_word(&walk->words, "reason", "%s", reason);
	code_word_drop(&walk->words, "answer");
	if (answer)
		code_word(&walk->words, "answer", "%s", answer);
	code_word(&walk->words, "network", "%s",
		  walk->from_port.network ? walk->from_port.network->name : "the link");
	return judge_bad(walk, CODE_NEIGHBOUR_SILENT, hop, where, JUDGE_LOST);
}

/* Such a link asks nobody and answers nobody, in either family. ARP and neighbour discovery
 * both stop with IFF_NOARP. */
static enum judge_at tell_no_arp(struct judge_walk *walk, const struct facts_space *space,
				 const struct facts_link *link, const char *hop, const char *where)
{
	char reason[CODE_WORD_LEN], command[CODE_WORD_LEN];

	(void)snprintf(reason, sizeof(reason), "ARP is switched off on %s in %s.", link->name,
		       judge_name_of(walk, space));
	(void)snprintf(command, sizeof(command), "ip link set dev %s arp on", link->name);
	return tell_silent(walk, reason, command, hop, where);
}

/* A question of IPv6 is sent from an address of the link that it leaves by, and without one it is
 * not sent (ndisc_solicit() in net/ipv6/ndisc.c). ARP asks from any address of the host. */
static bool is_mute(const struct judge_walk *walk, const struct facts_space *space)
{
	return walk->must_resolve && walk->next.family == AF_INET6 &&
	       !addr_is_set(&walk->question.by) && !facts_is_missing(space, "addrs");
}

/* No address of the link to ask from. Where netd gave one, its loss is the cause; else it is
 * told what is lacking. */
static enum judge_at tell_mute(struct judge_walk *walk, const struct facts_space *space,
			       const struct facts_link *link, const char *hop, const char *where)
{
	const struct facts_endpoint *endpoint = walk->from_port.endpoint;
	char reason[CODE_WORD_LEN];

	if (space != walk->host && endpoint && addr_is_set(&endpoint->addr[FAMILY_6].addr) &&
	    judge_lacks_addr(space, &endpoint->addr[FAMILY_6].addr)) {
		judge_place(walk, space, walk->from_port.container);
		code_word(&walk->words, "link", "%s", link->name);
		code_word(&walk->words, "address", "%s", ADDR_STR(&endpoint->addr[FAMILY_6].addr));
		code_word(&walk->words, "prefix", "%s", PREFIX_STR(&endpoint->addr[FAMILY_6]));
		judge_restore(walk, space, walk->from_port.container);
		return judge_bad(walk, CODE_NO_ADDRESS, hop, where, JUDGE_LOST);
	}
	(void)snprintf(reason, sizeof(reason),
		       "%s in %s has no IPv6 address, and without one nobody is asked.", link->name,
		       judge_name_of(walk, space));
	return tell_silent(walk, reason, NULL, hop, where);
}

/* An entry without a MAC is no use, whatever its state says. */
static bool is_usable(const struct facts_neighbour *entry)
{
	return entry && entry->has_mac && (entry->state & NUD_USABLE);
}

/* Who has asked is known since: his question carried his MAC. An entry that somebody has fixed
 * is not changed by that. */
static bool was_heard_from(const struct judge_walk *walk, const struct facts_space *space,
			   const struct facts_neighbour *entry)
{
	return judge_exchange_was_heard(walk, space, &walk->next) &&
	       !(entry && entry->state & (NUD_PERMANENT | NUD_NOARP));
}

/* Fills next_mac, must_resolve and the question, for the places behind. bridge is the one that
 * the frame will come to. */
enum judge_at judge_neighbour(struct judge_walk *walk, const struct facts_space *space,
			      const struct facts_link *link, const struct facts_link *bridge,
			      const char *hop, const char *where, enum judge_at go_on)
{
	const struct facts_neighbour *entry = facts_neighbour(space, link->ifindex, &walk->next);
	const struct mac *right = right_mac(walk, bridge);
	bool was_heard = was_heard_from(walk, space, entry);
	/* NULL: the sender does not go by it. */
	const struct facts_neighbour *used = !was_heard && is_usable(entry) ? entry : NULL;
	struct judge_port other;

	walk->must_resolve = !was_heard && !used;
	judge_exchange_begin(walk, space, link, entry ? entry->state : 0);
	/* What is believed replaces what is right, because the frame gets what is believed. */
	if (right)
		walk->next_mac = *right;
	if (used)
		walk->next_mac = used->mac;
	/* Nobody is known to have the address. A valid entry then decides: somebody was heard. */
	if (!right) {
		if (walk->must_resolve)
			judge_unknown(walk, hop, where, "who has %s is not known",
				      ADDR_STR(&walk->next));
		return go_on;
	}
	/* It asks nobody, and an entry NOARP was made by the kernel without asking. */
	if (link->flags & IFF_NOARP && (walk->must_resolve || (entry && entry->state & NUD_NOARP)))
		return tell_no_arp(walk, space, link, hop, where);
	if (is_mute(walk, space))
		return tell_mute(walk, space, link, hop, where);
	if (used && !judge_mac_equal(&used->mac, right))
		return tell_wrong(walk, used, link, bridge, right, hop, where, go_on);
	/* Two would answer, and nobody knows who is heard. */
	if (walk->must_resolve && walk->to_port.inside &&
	    judge_other_owner(walk, bridge, &walk->next, &walk->to_port, &other))
		judge_unknown(walk, hop, where, "%s has %s, too: who answers first is not known",
			      judge_name_of(walk, other.space), ADDR_STR(&walk->next));
	/* The asker's own rules may drop the question, or the answer. */
	return judge_exchange_end(walk, space, link, true, hop, where, go_on);
}

/* --- whether it would answer ------------------------------------------------------------------ */

/* arp_ignore (ip-sysctl): level 1 and 2 answer only for addresses of the link that was asked, 8
 * for none. The larger of "all" and the link's own counts. Other levels let containers answer. */
static bool is_ignoring(const struct facts_space *space, const struct facts_link *link,
			const struct addr *addr)
{
	const struct facts_addr *held = judge_find_addr(space, addr);
	int64_t all = 0, own = 0;
	char name[64];

	(void)facts_value(space, "net.ipv4.conf.all.arp_ignore", &all);
	(void)snprintf(name, sizeof(name), "net.ipv4.conf.%s.arp_ignore", link->name);
	(void)facts_value(space, name, &own);
	if (own > all)
		all = own;
	return all == 8 || ((all == 1 || all == 2) && held && held->ifindex != link->ifindex);
}

/* An answer of ARP goes to the MAC that asked. One of IPv6 goes to the address, by an entry of its
 * own, which a question mends unless somebody has fixed it. */
static enum judge_at answer_six(struct judge_walk *walk, const struct facts_space *space,
				const struct facts_link *link, const char *hop, const char *where,
				enum judge_at go_on)
{
	const struct judge_port *asker = &walk->from_port;
	const struct facts_neighbour *entry;
	char reason[CODE_WORD_LEN], command[CODE_WORD_LEN];
	const struct addr *addr;

	/* Where the asker is not a container's link its address is not known, and nothing is
	 * claimed. */
	if (!asker->inside || !asker->endpoint)
		return go_on;
	addr = &asker->endpoint->addr[FAMILY_6].addr;
	entry = facts_neighbour(space, link->ifindex, addr);
	/* Only a fixed entry is not mended by the question itself. */
	if (!entry || !entry->has_mac || !(entry->state & NUD_PERMANENT) ||
	    judge_mac_equal(&entry->mac, &asker->inside->mac))
		return go_on;
	(void)snprintf(reason, sizeof(reason), "Its answer goes to %s, where %s believes %s to be.",
		       MAC_STR(&entry->mac), judge_name_of(walk, space), ADDR_STR(addr));
	(void)snprintf(command, sizeof(command), "ip -6 neigh del %s dev %s", ADDR_STR(addr),
		       link->name);
	return tell_silent(walk, reason, command, hop, where);
}

/* A question from an address of one's own cannot come from outside (arp_process() asks for the way
 * to who asks). What comes behind it may have another source: a rule lends it one. */
static enum judge_at tell_own_address(struct judge_walk *walk, const struct facts_space *space,
				      const struct facts_addr *held, const char *hop,
				      const char *where)
{
	/* The question's source is put in for the words of this sentence, and the packet's own
	 * is back afterwards. */
	const struct facts_link *link = facts_link(space, held->ifindex);
	struct addr kept = walk->packet.src;

	walk->packet.src = walk->question.by;
	judge_place(walk, space, judge_container_of(walk->facts, space));
	code_word(&walk->words, "prefix", "%s", PREFIX_STR(&held->prefix));
	code_word(&walk->words, "link", "%s", link ? link->name : "?");
	(void)judge_bad(walk, CODE_B_CLAIMS_A, hop, where, JUDGE_LOST);
	walk->packet.src = kept;
	return JUDGE_LOST;
}

/* What keeps it from answering, beside rules. The order: the link, then the family's own
 * reasons. */
static enum judge_at check_silent(struct judge_walk *walk, const struct facts_space *space,
				  const struct facts_link *link, const char *hop, const char *where,
				  enum judge_at go_on)
{
	char reason[CODE_WORD_LEN], command[CODE_WORD_LEN];
	const struct facts_addr *own;

	if (link->flags & IFF_NOARP)
		return tell_no_arp(walk, space, link, hop, where);
	if (walk->next.family != AF_INET)
		return answer_six(walk, space, link, hop, where, go_on);
	/* The host's own question may come from an address that a container has as well;
	 * arp_process() on the container's side sees a foreign link then. */
	own = addr_is_set(&walk->question.by) ? judge_find_addr(space, &walk->question.by) : NULL;
	if (own && !walk->question.is_by_host)
		return tell_own_address(walk, space, own, hop, where);
	if (!is_ignoring(space, link, &walk->next))
		return go_on;
	(void)snprintf(reason, sizeof(reason),
		       "arp_ignore in %s keeps it from answering for that address.",
		       judge_name_of(walk, space));
	(void)snprintf(command, sizeof(command),
		       "sysctl -w net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.%s.arp_ignore=0",
		       link->name);
	return tell_silent(walk, reason, command, hop, where);
}

/* At the end of who answers. After this his namespace knows the asker, too. */
enum judge_at judge_answers(struct judge_walk *walk, const struct facts_space *space,
			    const struct facts_link *link, const char *hop, const char *where,
			    enum judge_at go_on)
{
	if (walk->must_resolve && check_silent(walk, space, link, hop, where, go_on) == JUDGE_LOST)
		return JUDGE_LOST;
	if (judge_exchange_end(walk, space, link, false, hop, where, go_on) == JUDGE_LOST)
		return JUDGE_LOST;
	judge_exchange_done(walk, space);
	return go_on;
}
