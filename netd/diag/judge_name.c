// SPDX-License-Identifier: GPL-2.0-or-later
// judge_name.c - what A makes of B's name: hosts file, resolv.conf, the way to netd's resolver, the
// names that A sees
#include "diag/judge_walk.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. A program inside A that is given a name asks the C library, which reads
 * /etc/hosts first and then asks the first server of /etc/resolv.conf. So the checks are: does
 * the hosts file shadow the name, is that server netd, does a question get to netd's resolver
 * and its answer back, and does the resolver live. Then comes what the resolver would say,
 * which is netd's own knowledge: names of containers on A's networks.
 *
 * A question goes by lo inside A's namespace. It meets A's own rules, and those of netd's table
 * there, which lead port 53 to the resolver's socket (chain in raw, so conntrack takes no
 * part). Names of outside are not asked for: the resolver's cache and what it knows of its
 * servers have to do. */

/* Where resolv.conf in a container points to. */
#define RESOLVER "127.0.0.11"
#define PORT_DNS 53
/* A port that stands for the asker's. It is not told as known, so rules about it are not
 * decided by it. */
#define PORT_OF_ASKER 40000

/* --- the files -------------------------------------------------------------------------------- */

/* The next word of a line, cut off at a comment. False: there is none. */
static bool next_word(const char **text, char *word, size_t size)
{
	size_t len;

	*text += strspn(*text, " \t\r");
	len = strcspn(*text, " \t\r\n#;");
	if (len == 0)
		return false;
	/* A word that is longer than the room is cut, and then equals no name. */
	(void)snprintf(word, size, "%.*s", (int)len, *text);
	*text += len;
	return true;
}

static const char *next_line(const char *text)
{
	const char *end = strchr(text, '\n');

	return end ? end + 1 : text + strlen(text);
}

/* The first address of that name and family, as the C library finds it. A line is an address
 * and names; names are compared without regard to case. */
static bool find_in_hosts(const char *hosts, const char *name, uint8_t af, struct addr *ret_addr)
{
	for (const char *line = hosts; *line; line = next_line(line)) {
		const char *text = line;
		char word[256];
		struct addr addr;

		/* A line of the other family, or one that does not begin with an address, is
		 * passed over. */
		if (!next_word(&text, word, sizeof(word)) || addr_parse(word, &addr) < 0 ||
		    addr.family != af)
			continue;
		while (next_word(&text, word, sizeof(word)))
			if (strcasecmp(word, name) == 0) {
				*ret_addr = addr;
				return true;
			}
	}
	return false;
}

/* The server that is asked first; "": the file names none. The C library asks others only where
 * the first is silent. */
static void find_server(const char *resolv_conf, char *server, size_t size)
{
	server[0] = '\0';
	for (const char *line = resolv_conf; *line; line = next_line(line)) {
		const char *text = line;
		char word[256];

		if (next_word(&text, word, sizeof(word)) && strcmp(word, "nameserver") == 0 &&
		    next_word(&text, word, sizeof(word))) {
			(void)snprintf(server, size, "%.*s", (int)size - 1, word);
			return;
		}
	}
}

/* Any of its addresses counts: a hosts file may name that of another network. */
static bool is_address_of(const struct facts_container *container, const struct addr *addr)
{
	for (size_t i = 0; i < container->n_endpoints; i++)
		if (addr_equal(&container->endpoints[i].addr[family_of(addr->family)].addr, addr))
			return true;
	return false;
}

/* --- the way to the resolver ------------------------------------------------------------------ */

/* Whichever of the two packets it is, the program sees silence. */
static enum judge_at dns_dropped(struct judge_walk *walk)
{
	return judge_bad(walk, CODE_DNS_OWN_RULES, "name.rules", "name", JUDGE_LOST);
}

/* A packet that A sends to itself by lo: out, and in again, with the hooks in that order. The
 * packet is the walk's, and the rules change it. false: one of them dropped it, and the words
 * say which. */
static bool goes_through(struct judge_walk *walk, const struct facts_link *lo)
{
	static const unsigned int hooks[] = { NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING,
					      NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN };
	struct judge_met met;

	for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
		bool is_out = i < 2;

		judge_rules(walk, walk->a.space, NFPROTO_IPV4, hooks[i], is_out ? NULL : lo,
			    is_out ? lo : NULL, "name.rules", "name", &met);
		if (judge_is_dropped(&met))
			return false;
	}
	return true;
}

/* The question as the C library sends it: UDP to 127.0.0.11:53. */
static void ask_resolver(struct judge_walk *walk)
{
	struct addr resolver, own;

	(void)addr_parse(RESOLVER, &resolver); /* a constant that parses */
	(void)addr_parse("127.0.0.1", &own);
	judge_enter(walk, walk->a.space);
	walk->packet = (struct rules_packet) {
		.known = RULES_KNOWS_SRC | RULES_KNOWS_DST | RULES_KNOWS_DPORT,
		.protocol = IPPROTO_UDP,
		.src = own,
		.dst = resolver,
		.sport = PORT_OF_ASKER,
		.dport = PORT_DNS,
		.has_socket = true,
	};
}

/* Who takes the question is asked by the address that the rules have given it. */
static enum judge_at check_answerer(struct judge_walk *walk, enum judge_at go_on)
{
	struct facts_taker_asked asked = {
		.protocol = IPPROTO_UDP,
		.src = walk->packet.src,
		.dst = walk->packet.dst,
		.sport = walk->packet.sport,
		.dport = walk->packet.dport,
	};
	const struct facts_taker *taker = facts_ask_taker(walk->facts, walk->a.space, &asked);
	const struct facts_owner *owner;

	/* Rules that could not be read, which is noted, may lead it elsewhere. */
	if (taker->err == -ENOENT && facts_is_missing(walk->a.space, "ruleset"))
		return go_on;
	/* Nobody has the socket that netd's table leads to: the table, or the socket, is gone. */
	if (taker->err == -ENOENT)
		return judge_bad(walk, CODE_DNS_REDIRECT_LOST, "name.socket", "name", JUDGE_LOST);
	if (taker->err) /* the walk that follows needs no name, so this decides nothing */
		return go_on;
	/* It has just answered netd, which is more than that it is not stopped. */
	if (walk->facts->resolver_answers && walk->a.container &&
	    walk->packet.dport == walk->a.container->dns_port)
		return go_on;
	owner = judge_owner_of(walk, walk->a.space, &taker->socket);
	code_word_drop(&walk->words, "pid");
	/* A stopped resolver can be told by its pid, if that is known. */
	if (owner->pid > 0)
		code_word(&walk->words, "pid", "%d", (int)owner->pid);
	if (owner->err == 0 && (owner->state == 'T' || owner->is_frozen))
		return judge_bad(walk, CODE_RESOLVER_STOPPED, "name.resolver", "name", JUDGE_LOST);
	return go_on;
}

/* The question and its answer, by A's own rules. Between the two stands whoever takes it. */
static enum judge_at check_resolver(struct judge_walk *walk, enum judge_at go_on)
{
	const struct facts_link *lo = facts_link_named(walk->a.space, "lo");
	struct rules_packet answer;

	judge_place(walk, walk->a.space, walk->a.container);
	/* Without a picture of lo there is nothing to judge, and the name is not what stops
	 * anything. */
	if (!lo)
		return go_on;
	if (!judge_is_up(lo))
		return judge_bad(walk, CODE_LOOPBACK_DOWN, "name.link", "name", JUDGE_LOST);
	ask_resolver(walk);
	if (!goes_through(walk, lo))
		return dns_dropped(walk);
	if (check_answerer(walk, go_on) == JUDGE_LOST)
		return JUDGE_LOST;
	/* The answer is the question turned around, and belongs to its flow. */
	rules_answer(&walk->packet, &answer);
	walk->packet = answer;
	if (!goes_through(walk, lo))
		return dns_dropped(walk);
	return go_on;
}

/* --- names ------------------------------------------------------------------------------------ */

/* The first server that A asks is netd. A file that was not read decides nothing. */
static enum judge_at check_server(struct judge_walk *walk, enum judge_at go_on)
{
	const char *resolv_conf = walk->a.space->resolv_conf;
	char server[64];

	find_server(resolv_conf, server, sizeof(server));
	if (!resolv_conf[0] || strcmp(server, RESOLVER) == 0)
		return go_on;
	code_word(&walk->words, "server", "%s", server[0] ? server : "nobody");
	return judge_bad(walk, CODE_RESOLV_CONF_FOREIGN, "name.servers", "name", JUDGE_LOST);
}

/* ret_is_known: the hosts file has the name, and no server is asked for it. */
static enum judge_at check_files(struct judge_walk *walk, bool *ret_is_known, enum judge_at go_on)
{
	const struct facts_space *space = walk->a.space;
	struct addr held;

	*ret_is_known = false;
	/* The address that would be right, for the sentence. */
	code_word(&walk->words, "right", "%s", ADDR_STR(&walk->b.addr));
	if (find_in_hosts(space->hosts, walk->b.name, walk->b.addr.family, &held)) {
		*ret_is_known = true;
		/* The file is right. netd writes such lines itself, for a container's own name. */
		if (is_address_of(walk->b.container, &held))
			return go_on;
		code_word(&walk->words, "wrong", "%s", ADDR_STR(&held));
		return judge_bad(walk, CODE_HOSTS_SHADOW, "name.hosts", "name", JUDGE_LOST);
	}
	return check_server(walk, go_on);
}

/* A container without any network is not meant here: it has no way to anybody. */
static bool is_only_internal(const struct judge_walk *walk)
{
	const struct facts_container *a = walk->a.container;

	for (size_t i = 0; a && i < a->n_endpoints; i++) {
		const struct facts_network *network = judge_network(walk->facts,
								    a->endpoints[i].network);

		if (!network || !network->internal)
			return false;
	}
	return a && a->n_endpoints > 0;
}

/* A host's name becomes B by its address: what it is was answered outside, or stands in A's
 * hosts file. The walk goes on as if the address had been asked for. */
static enum judge_at found(struct judge_walk *walk, const struct addr *addr, const char *by)
{
	walk->b.addr = *addr;
	walk->b.space = walk->host && judge_find_addr(walk->host, addr) ? walk->host : NULL;
	walk->b.is_outside = !walk->b.space;
	judge_ok(walk, "name", "name", "%s is %s (%s)", walk->b.name, ADDR_STR(addr), by);
	return JUDGE_AT_SOCKET;
}

/* netd does not send a question into the world to answer one of a person's. */
static enum judge_at nobody_asked(struct judge_walk *walk)
{
	judge_unknown(walk, "name", "name", "%s is a name of outside, which nobody asked for",
		      walk->b.name);
	return JUDGE_LOST;
}

/* What the resolver knows without asking: its cache, and whether its servers have answered
 * lately. */
static enum judge_at ask_outside(struct judge_walk *walk)
{
	struct facts_name_asked asked = { 0 };
	const struct facts_name *name;

	(void)snprintf(asked.name, sizeof(asked.name), "%s", walk->b.name);
	name = facts_ask_name(walk->facts, walk->a.space, &asked);
	/* A name that is known not to exist is in the cache as such. */
	if (!name->err && strcmp(name->status, "NXDOMAIN") == 0) {
		code_word(&walk->words, "alike", "%s",
			  ", and the servers outside know none either");
		return judge_bad(walk, CODE_NAME_UNKNOWN, "name", "name", JUDGE_LOST);
	}
	/* IPv4 first, as everywhere in the walk. */
	for (enum family family = FAMILY_4; !name->err && family < FAMILY_N; family++)
		if (addr_is_set(&name->addr[family]))
			return found(walk, &name->addr[family], "answered by a server outside");
	code_word(&walk->words, "asked", ", and %s is a name of outside", walk->b.name);
	/* All servers failed lately: that explains it, whatever the name is. */
	if (!name->err && name->is_dead)
		return judge_bad(walk, CODE_UPSTREAM_DEAD, "name.upstream", "name", JUDGE_LOST);
	return nobody_asked(walk);
}

/* A name with a dot is one of the world outside, which netd asks a server there for. The way to
 * netd's resolver is the same as for others. */
static enum judge_at outside_name(struct judge_walk *walk)
{
	const struct facts_space *space = walk->a.space;
	char server[64] = "";
	struct addr held;

	/* Who uses the host's files and servers does not ask netd. */
	if (!walk->a.container || walk->a.container->host_mode || !space)
		return nobody_asked(walk);
	if (find_in_hosts(space->hosts, walk->b.name, AF_INET, &held) ||
	    find_in_hosts(space->hosts, walk->b.name, AF_INET6, &held))
		return found(walk, &held, "in the hosts file");
	find_server(space->resolv_conf, server, sizeof(server));
	if (space->resolv_conf[0] && strcmp(server, RESOLVER) != 0)
		return nobody_asked(walk); /* somebody else's answer */
	/* The way to the resolver comes before what it would say: without it nothing is said. */
	if (check_resolver(walk, JUDGE_AT_SOCKET) == JUDGE_LOST)
		return JUDGE_LOST;
	/* On internal networks netd asks nobody outside (decision 11). */
	if (is_only_internal(walk))
		return judge_bad(walk, CODE_INTERNAL_REFUSED, "name", "name", JUDGE_LOST);
	return ask_outside(walk);
}

/* A name that netd has no container for. With a dot it is meant for outside. */
static enum judge_at tell_unknown_name(struct judge_walk *walk)
{
	if (strchr(walk->b.name, '.'))
		return outside_name(walk);
	code_word(&walk->words, "alike", "%s", "");
	for (size_t i = 0; i < walk->facts->n_containers; i++)
		/* A name with the same first three letters may be what was meant. It is a hint
		 * and nothing else. */
		if (strncasecmp(walk->facts->containers[i].name, walk->b.name, 3) == 0)
			code_word(&walk->words, "alike", "; there is %s",
				  walk->facts->containers[i].name);
	return judge_bad(walk, CODE_NAME_UNKNOWN, "name", "name", JUDGE_LOST);
}

/* The address was chosen already: on a network of both, where there is one. Without one the
 * name does not resolve for A; with a port the walk goes on all the same, by address, so that a
 * person learns what else is in the way. */
static enum judge_at tell_name(struct judge_walk *walk, bool is_known)
{
	const struct facts_container *a = walk->a.container, *b = walk->b.container;
	const struct facts_endpoint *shared = judge_shared(b, a);
	const char *network = shared ? shared->network : b->endpoints[0].network;

	code_word(&walk->words, "network", "%s", network);
	if (!shared && walk->port == 0)
		return judge_bad(walk, CODE_NAME_OTHER_NETWORK, "name", "name", JUDGE_LOST);
	if (!shared)
		judge_ok(walk, "name", "name", "%s is %s (network %s; %s sees it by address only)",
			 walk->b.name, ADDR_STR(&walk->b.addr), network, walk->a.name);
	else
		judge_ok(walk, "name", "name", "%s is %s (network %s, %s)", walk->b.name,
			 ADDR_STR(&walk->b.addr), network,
			 is_known ? "in the hosts file" : "answered by netd");
	return JUDGE_AT_SOCKET;
}

/* Doctor's question: no name, only the way. */
enum judge_at judge_at_resolver(struct judge_walk *walk)
{
	if (check_server(walk, JUDGE_AT_END) == JUDGE_LOST)
		return JUDGE_LOST;
	return check_resolver(walk, JUDGE_AT_END);
}

/* The first place of a walk. */
enum judge_at judge_at_name(struct judge_walk *walk)
{
	const struct diag_end *to = &walk->verdict->to;
	bool is_known = false;

	code_word(&walk->words, "a", "%s", walk->a.name);
	code_word(&walk->words, "b", "%s", walk->b.name);
	if (to->kind == DIAG_NOBODY)
		return tell_unknown_name(walk);
	/* Only a container asks netd's resolver, and only for what was given as a name. The
	 * conditions leave out the host, who asks its own servers, and addresses, which need no
	 * name. */
	if (to->kind != DIAG_OF_CONTAINER || addr_is_set(&to->addr) || !walk->a.container ||
	    walk->a.container->host_mode || !walk->b.container ||
	    walk->b.container->n_endpoints == 0 || !walk->a.space ||
	    walk->a.container == walk->b.container)
		return JUDGE_AT_SOCKET;
	if (check_files(walk, &is_known, JUDGE_AT_SOCKET) == JUDGE_LOST)
		return JUDGE_LOST;
	/* A name in the hosts file costs no question. */
	if (!is_known && check_resolver(walk, JUDGE_AT_SOCKET) == JUDGE_LOST)
		return JUDGE_LOST;
	return tell_name(walk, is_known);
}
