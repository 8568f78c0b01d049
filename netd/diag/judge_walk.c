// SPDX-License-Identifier: GPL-2.0-or-later
// judge_walk.c - what is found on the way: hops, the cause, what is unknown
#include "diag/judge_walk.h"

#include "base/cleanup.h"
#include "base/protocol.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. Everything that is found passes through here and lands in the verdict: a
 * hop for each place, a cause, what is worth a warning, what is unknown. Sentences come from
 * the table of codes and are filled at the moment at which they are found, because NAT changes
 * the packet between two places, and the words with it.
 *
 * There are four ways to be wrong. judge_bad() ends the walk. judge_keep() with walk->kept
 * remembers what hurts some packets only. judge_diverge() remembers the first place at which
 * the packet left its way. judge_suspect() and judge_unknown() make the verdict undecided and
 * let the walk go on. */

const char *judge_hop(const struct judge_walk *walk, const char *there, const char *back)
{
	return walk->is_back ? back : there;
}

bool judge_is_plain(const char *name)
{
	/* No character here is special to sh(1), nft(8) or ip(8). */
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "@%+=:,./-_";

	return name[0] != '\0' && name[0] != '-' && name[strspn(name, plain)] == '\0';
}

/* A path with a space in it would be cut into words of a command. */
static bool is_one_word(const char *text)
{
	return text[0] != '\0' && !strpbrk(text, " '\t\n");
}

/* {in} is filled only where a command can be run in the place. Without it the fix is told in
 * words. */
void judge_place(struct judge_walk *walk, const struct facts_space *space,
		 const struct facts_container *container)
{
	code_word(&walk->words, "place", "%s",
		  container ? container->name : judge_name_of(walk, space));
	code_word_drop(&walk->words, "in");
	/* Nobody reads netd's records who was answered by netd. */
	if (walk->facts->source && strcmp(walk->facts->source, "records") == 0)
		code_word(&walk->words, "restart", CODE_RESTART);
	/* Commands on the host need nothing in front. */
	if (space == walk->host)
		code_word(&walk->words, "in", "%s", "");
	else if (container && is_one_word(container->path))
		code_word(&walk->words, "in", "nsenter --net=%s", container->path);
	else if (container && container->pid > 0)
		code_word(&walk->words, "in", "nsenter -n -t %d", (int)container->pid);
}

/* Ping has no port. The words then are such that a fix that publishes a port is left out
 * (codes.c). */
static void fill_port(struct judge_walk *walk)
{
	struct code_words *words = &walk->words;
	const char *protocol = protocol_name(walk->protocol);

	if (walk->protocol == IPPROTO_ICMP || walk->protocol == IPPROTO_ICMPV6) {
		code_word(words, "port", CODE_ANY_PORT);
		code_word(words, "protocol", CODE_ANY_PROTOCOL);
		return;
	}
	/* On the way back the port that was asked for is the one the answer comes from. */
	code_word(words, "port", "%u", walk->is_back ? walk->packet.sport : walk->packet.dport);
	code_word(words, "protocol", "%s", protocol ? protocol : "ip");
}

/* The packet as it is now: NAT may have changed it since the words were filled last. */
static void fill_packet_words(struct judge_walk *walk)
{
	struct code_words *words = &walk->words;

	if (words->is_terse)
		return;
	code_word(words, "src", "%s", ADDR_STR(&walk->packet.src));
	code_word(words, "dst", "%s", ADDR_STR(&walk->packet.dst));
	code_word(words, "next", "%s", ADDR_STR(&walk->next));
	fill_port(walk);
	code_word(words, "ip", "%s", walk->packet.dst.family == AF_INET6 ? "-6" : "-4");
	code_word(words, "family", "%s", family_name(family_of(walk->packet.dst.family)));
}

/* Words that are facts, and not parts of speech or of commands. */
static const struct {
	const char *word, *key;
} fact_words[] = {
	{ "link", "Link" },
	{ "bridge", "Bridge" },
	{ "network", "Network" },
	{ "address", "Address" },
	{ "prefix", "Prefix" },
	{ "src", "Source" },
	{ "dst", "Destination" },
	{ "next", "NextHop" },
	{ "gateway", "Gateway" },
	{ "mac", "Mac" },
	{ "right", "RightMac" },
	{ "route", "Route" },
	{ "matched", "Matched" },
	{ "subnet", "Subnet" },
	{ "rule", "Rule" },
	{ "chain", "Chain" },
	{ "priority", "Priority" },
	{ "legacy", "Tables" },
	{ "sysctl", "Setting" },
	{ "mtu", "Mtu" },
	{ "sent", "Sent" },
	{ "ttl", "TimeToLive" },
	{ "limit", "Limit" },
	{ "count", "Count" },
	{ "max", "Most" },
	{ "bound", "Bound" },
	{ "peer", "Peer" },
	{ "waiting", "Waiting" },
	{ "room", "Room" },
	{ "drops", "Drops" },
	{ "other", "Other" },
	{ "service", "Service" },
	{ "host-port", "HostPort" },
	{ "publisher", "Publisher" },
	{ "elsewhere", "Elsewhere" },
};

static bool names(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (; text && (text = strchr(text, '{')) != NULL; text++)
		if (strncmp(text + 1, word, len) == 0 && text[1 + len] == '}')
			return true;
	return false;
}

/* In what is told of it, or in what repairs it. */
static bool is_about(const struct code *code, const char *word)
{
	bool is = names(code->cause, word) || names(code->why, word);

	for (size_t i = 0; i < ARRAY_SIZE(code->fixes) && !is; i++)
		is = names(code->fixes[i].say, word) || names(code->fixes[i].argv, word);
	return is;
}

/* What the sentence of a cause was filled with. */
static void add_facts(struct judge_walk *walk, const struct code *code, struct diag_hop *hop)
{
	for (size_t i = 0; i < ARRAY_SIZE(fact_words); i++) {
		const char *text = code_word_get(&walk->words, fact_words[i].word);

		if (text && text[0] && hop->n_facts < DIAG_FACTS_MAX &&
		    is_about(code, fact_words[i].word))
			verdict_add_text(walk->verdict, hop, fact_words[i].key, "%s", text);
	}
}

/* The hop says the same sentence as the cause. */
static void add_hop(struct judge_walk *walk, const struct code *code, enum diag_state state,
		    const char *hop, const char *where)
{
	struct diag_hop *added;
	struct buf say = { 0 };

	if (!walk->words.is_terse)
		(void)code_fill(&walk->words, code->cause, &say);
	added = verdict_add_hop(walk->verdict, hop, state, where, "%s", say.data ? say.data : "");
	if (!walk->words.is_terse)
		add_facts(walk, code, added);
	buf_done(&say);
}

/* A warning is a hop and a line beside the cause. It stops nothing and changes no outcome. */
void judge_warn(struct judge_walk *walk, enum code_id id, const char *hop, const char *where)
{
	const struct code *code = &codes[id];

	fill_packet_words(walk);
	add_hop(walk, code, DIAG_WARN, hop, where);
	/* The sentence of the hop was just added, so it is the last one. */
	verdict_add_also(walk->verdict, code->word, hop, DIAG_WARN, "%s",
			 walk->verdict->hops[walk->verdict->n_hops - 1].say);
}

/* The words are copied: they say what was true at that place, and the walk goes on filling them. */
void judge_keep(struct judge_walk *walk, struct judge_cause *cause, enum code_id id,
		const char *hop, const char *where)
{
	if (cause->is_there)
		return;
	cause->is_there = true;
	cause->id = id;
	cause->hop = hop;
	cause->where = where;
	code_words_copy(&walk->words, &cause->words);
}

void judge_diverge(struct judge_walk *walk, enum code_id id, const char *hop, const char *where)
{
	fill_packet_words(walk);
	judge_keep(walk, &walk->diverged, id, hop, where);
}

/* What the packet meets on a way that was not meant for it is no cause, but for the socket that it
 * was sent to: it has come there all the same. */
static bool is_off_the_way(const struct judge_walk *walk, enum code_id id, const char *hop)
{
	bool is_there = !walk->is_back &&
			(strcmp(hop, "to.socket") == 0 || strcmp(hop, "to.process") == 0);

	return walk->diverged.is_there && walk->diverged.id != id && !is_there;
}

enum judge_at judge_bad(struct judge_walk *walk, enum code_id id, const char *hop,
			const char *where, enum judge_at go_on)
{
	const struct code *code = &codes[id];

	/* The packet is not where it was meant to go. What it meets there is no news: the place
	 * where it left its way is the cause. */
	if (code->outcome == DIAG_UNREACHABLE && is_off_the_way(walk, id, hop)) {
		code_words_copy(&walk->diverged.words, &walk->words);
		add_hop(walk, &codes[walk->diverged.id], DIAG_BAD, walk->diverged.hop,
			walk->diverged.where);
		code_tell(&walk->words, walk->diverged.id, walk->diverged.hop, walk->verdict);
		return JUDGE_LOST;
	}
	fill_packet_words(walk);
	/* A code that is undecided by itself is no fault that is certain, and its hop says so. */
	add_hop(walk, code, code->outcome == DIAG_UNDECIDED ? DIAG_UNKNOWN : DIAG_BAD, hop, where);
	/* Only some packets are hurt: the walk goes on, and what is bad for all of them is told
	 * instead. */
	if (code->outcome != DIAG_UNREACHABLE) {
		judge_keep(walk, &walk->kept, id, hop, where);
		return go_on;
	}
	code_tell(&walk->words, id, hop, walk->verdict);
	return JUDGE_LOST;
}

void judge_suspect(struct judge_walk *walk, enum code_id id, const char *hop, const char *where)
{
	const struct code *code = &codes[id];

	fill_packet_words(walk);
	add_hop(walk, code, DIAG_UNKNOWN, hop, where);
	/* The sentence stands among the unknowns, too, for who reads the list and not the hops. */
	verdict_add_unknown(walk->verdict, where, "%s",
			    walk->verdict->hops[walk->verdict->n_hops - 1].say);
	judge_keep(walk, &walk->kept, id, hop, where);
	walk->is_undecided = true;
}

void judge_unknown(struct judge_walk *walk, const char *hop, const char *where, const char *why,
		   ...)
{
	char text[256] = "";
	va_list list;

	va_start(list, why);
	if (!walk->words.is_terse)
		(void)vsnprintf(text, sizeof(text), why, list); /* cut, which a person can read */
	va_end(list);
	verdict_add_unknown(walk->verdict, where, "%s", text);
	/* The hop and the list say the same. The verdict can no longer be "reachable". */
	verdict_add_hop(walk->verdict, hop, DIAG_UNKNOWN, where, "%s", text);
	walk->is_undecided = true;
}

void judge_ok(struct judge_walk *walk, const char *hop, const char *where, const char *say, ...)
{
	char text[256];
	va_list list;

	/* On the way back the places are the same ones, and a person has read of them already. */
	if (walk->is_back || walk->words.is_terse)
		return;
	va_start(list, say);
	(void)vsnprintf(text, sizeof(text), say, list);
	va_end(list);
	verdict_add_hop(walk->verdict, hop, DIAG_OK, where, "%s", text);
}

void judge_rests(struct judge_walk *walk, const char *key, const char *text, ...)
{
	struct diag_verdict *verdict = walk->verdict;
	char value[256];
	va_list list;

	if (walk->is_back || walk->words.is_terse || verdict->n_hops == 0)
		return;
	va_start(list, text);
	(void)vsnprintf(value, sizeof(value), text, list);
	va_end(list);
	verdict_add_text(verdict, &verdict->hops[verdict->n_hops - 1], key, "%s", value);
}

void judge_walk_done(struct judge_walk *walk)
{
	/* There is nothing to free: the rules are the facts', and the words are arrays. */
	walk->n_seen = 0; /* their rules are the facts' */
}
