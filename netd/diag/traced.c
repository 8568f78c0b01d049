// SPDX-License-Identifier: GPL-2.0-or-later
// traced.c - what the tracer saw of a connection, beside what was read
#include "diag/traced.h"

#include "base/cleanup.h"
#include "base/protocol.h"
#include "diag/codes.h"
#include "diag/decoy.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. Of a lost packet the kernel says where it was thrown away and why, and
 * no rule, filter or program can hide that. What it cannot say is whether that was the fault: a
 * packet that was led astray is thrown away by somebody else. So the cause stays what was read,
 * and the tracer is asked two things. Did it end where reading says? And where reading knows
 * that it does not know (programs of tc and XDP, filters of sockets, checksums), was it that?
 * Some drops mean nothing (decoy.h), and the reset at the end of a probe finds nobody. Lines of
 * a trace are told in the order of time. The first loss, or a refusal before it, is where the
 * packet ended; that place is compared with the place of the verdict's hop. */

/* --- who is where ----------------------------------------------------------------------------- */

/* NULL: a namespace that nobody took a picture of. Its links have the names that the kernel has
 * told. */
static const struct facts_space *space_of(const struct facts *facts, uint64_t netns)
{
	for (size_t i = 0; i < facts->n_spaces; i++)
		if (facts->spaces[i]->netns == netns)
			return facts->spaces[i];
	return NULL;
}

/* Containers on the host's network are the host. Several containers may share a namespace: the
 * first stands for all. */
static const struct facts_container *container_of(const struct facts *facts, uint64_t netns)
{
	for (size_t i = 0; i < facts->n_containers; i++)
		if (facts->containers[i].netns == netns && !facts->containers[i].host_mode)
			return &facts->containers[i];
	return NULL;
}

/* 0: there is no picture of the host, and no namespace has that number. */
static uint64_t host_netns(const struct facts *facts)
{
	const struct facts_space *host = facts_space(facts, "host");

	return host ? host->netns : 0;
}

/* "elsewhere" is somebody on the way whom netd does not know. */
const char *traced_place(const struct facts *facts, const struct diag_verdict *verdict,
			 uint64_t netns)
{
	const struct facts_container *container = container_of(facts, netns);

	if (netns == host_netns(facts))
		return "host";
	if (container)
		return container->name;
	if (netns == verdict->from.netns)
		return verdict->from.name;
	return netns == verdict->to.netns ? verdict->to.name : "elsewhere";
}

/* The host's end of a container's link is called after whose it is: its alias says so. netd
 * writes the alias as "NAME on NETWORK". */
static void print_link(const struct facts *facts, const struct traced_line *line, char *text,
		       size_t size)
{
	const struct facts_space *space = space_of(facts, line->netns);
	const struct facts_link *link = space ? facts_link_named(space, line->link) : NULL;
	const char *on = link ? strstr(link->alias, " on ") : NULL;

	if (on)
		(void)snprintf(text, size, "%.*s's port", (int)(on - link->alias), link->alias);
	else
		(void)snprintf(text, size, "%s", line->link);
}

/* --- what a line means ------------------------------------------------------------------------ */

static bool is_six(const struct traced_line *line)
{
	return line->from.family == AF_INET6;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* A loss that means something: no decoy, and not the reset at the end of a probe. A probe that
 * has connected resets the connection, and the reset may find no socket any more. */
bool traced_is_loss(const struct traced_line *line)
{
	return line->event == TRACED_DROPPED && !line->is_reset &&
	       !decoy_is(line->reason, line->function, line->icmp_type, is_six(line));
}

/* ICMP redirects say that there is a shorter way, and the packet goes on. Everything else that
 * says no: a reset, an error of ICMP, and what the kernel tells of sending one. A drop of the
 * reset itself is none. */
static bool is_refusal(const struct traced_line *line)
{
	bool is_error = line->is_quoted && line->icmp_type != 5;

	return is_error || line->event == TRACED_RESET || line->event == TRACED_ICMP ||
	       (line->is_reset && line->event != TRACED_DROPPED);
}

/* 8 and 128 are the echo requests of ICMP and ICMPv6, 0 and 129 their replies. */
static bool is_echo_request(const struct traced_line *line)
{
	return line->protocol == IPPROTO_ICMP && line->icmp_type == (is_six(line) ? 128 : 8);
}

static bool is_echo_reply(const struct traced_line *line)
{
	return line->protocol == IPPROTO_ICMP && line->icmp_type == (is_six(line) ? 129 : 0);
}

/* From B to A. The port of who asked survives NAT mostly; a SYN alone always asks. A packet
 * that an ICMP error quotes goes back by itself. */
static bool is_back(const struct traced_line *line, uint16_t port)
{
	if (line->is_quoted)
		return true;
	if (line->protocol == IPPROTO_ICMP)
		return is_echo_reply(line);
	return line->from_port != port && (line->to_port == port || line->is_ack);
}

/* Repeated packets meet the same places. One of them is enough for a person. Times and places
 * in a buffer differ, and nothing else. */
static bool is_same(const struct traced_line *a, const struct traced_line *b)
{
	return a->event == b->event && a->netns == b->netns && strcmp(a->link, b->link) == 0 &&
	       addr_equal(&a->from, &b->from) && addr_equal(&a->to, &b->to) &&
	       a->from_port == b->from_port && a->to_port == b->to_port &&
	       a->protocol == b->protocol && strcmp(a->flags, b->flags) == 0 &&
	       strcmp(a->reason, b->reason) == 0 && a->icmp_type == b->icmp_type;
}

/* Few lines are kept, so each is compared with all before it. */
static bool was_before(const struct traced *traced, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_same(&traced->lines[k], &traced->lines[i]))
			return true;
	return false;
}

/* An answer has come to who asked: what follows is the end of the connection. The answer must
 * have come to A's own namespace: on its way it may still be lost. */
static bool is_answer(const struct traced_line *line, const struct diag_verdict *verdict,
		      uint16_t port)
{
	return line->event == TRACED_RECEIVED && line->netns == verdict->from.netns &&
	       is_back(line, port);
}

/* --- in words --------------------------------------------------------------------------------- */

/* An IPv6 address stands in brackets where a port follows. A port of 0 is not written. */
static void put_end(struct buf *out, const struct addr *addr, uint16_t port)
{
	bool is_apart = addr->family == AF_INET6 && port > 0;

	buf_printf(out, "%s%s%s", is_apart ? "[" : "", ADDR_STR(addr), is_apart ? "]" : "");
	if (port > 0)
		buf_printf(out, ":%u", port);
}

/* Of a quoted packet the ports are another one's. */
static void put_packet(struct buf *out, const struct traced_line *line)
{
	put_end(out, &line->from, line->is_quoted ? 0 : line->from_port);
	buf_puts(out, " > ");
	put_end(out, &line->to, line->is_quoted ? 0 : line->to_port);
	if (line->is_quoted)
		buf_printf(out, " ICMP %d/%d", line->icmp_type, line->icmp_code);
	else if (line->protocol == IPPROTO_UDP)
		buf_puts(out, " UDP");
	else if (is_echo_request(line) || is_echo_reply(line))
		buf_printf(out, " ICMP echo %s", is_echo_reply(line) ? "reply" : "request");
	else if (line->protocol == IPPROTO_ICMP)
		buf_printf(out, " ICMP %d/%d", line->icmp_type, line->icmp_code);
	else
		buf_printf(out, " %s", line->flags);
}

/* A reason alone, a function alone, or both. Kernels before 5.17 have no reasons. */
static void put_why(struct buf *out, const struct traced_line *line)
{
	const char *reason = line->reason, *function = line->function;

	if (*reason && *function)
		buf_printf(out, "%s (%s)", reason, function);
	else
		buf_puts(out, *reason	  ? reason
			      : *function ? function
					  : "the kernel does not say why");
}

/* One line in the words of the screen. TRACED_N_EVENTS is no event. The place stands in a
 * column of its own, and is not in the words. */
static void put_line(struct buf *out, const struct traced_line *line)
{
	switch (line->event) {
	case TRACED_SENT:
	case TRACED_RECEIVED:
		buf_puts(out, line->event == TRACED_SENT ? "out " : "in ");
		put_packet(out, line);
		return;
	case TRACED_DROPPED:
		buf_puts(out, "DROPPED ");
		put_why(out, line);
		return;
	case TRACED_RESET:
		buf_puts(out, "refused by a reset: nobody listens, or a connection is gone");
		return;
	case TRACED_ICMP:
		buf_printf(out, "refused by ICMP %d/%d", line->icmp_type, line->icmp_code);
		return;
	case TRACED_N_EVENTS:
		break;
	}
}

/* Each processor has a buffer of its own, so lines come nearly in order. qsort(3) may swap
 * lines of the same microsecond. */
static int by_time(const void *a, const void *b)
{
	const struct traced_line *x = a, *y = b;

	return x->us < y->us ? -1 : x->us > y->us;
}

/* Everything once, until there is an answer; losses also behind it. Lines that are left out are
 * counted. */
static void tell_lines(const struct traced *traced, const struct facts *facts, uint16_t port,
		       struct diag_verdict *verdict)
{
	bool is_answered = false, has_bad = false;

	for (size_t i = 0; i < traced->n; i++) {
		const struct traced_line *line = &traced->lines[i];
		bool is_loss = traced_is_loss(line), is_drop = line->event == TRACED_DROPPED;
		char link[FACTS_IFNAME + NAME_LEN_MAX];
		struct buf say = { 0 };

		/* A decoy, a repetition and the end of a connection are counted and not told. */
		if ((is_answered && !is_loss) || (is_drop && !is_loss) || was_before(traced, i)) {
			verdict->trace.n_left_out++;
			continue;
		}
		put_line(&say, line);
		print_link(facts, line, link, sizeof(link));
		/* The first loss is where it ended, others are told beside it. */
		verdict_add_seen(verdict, line->us / 1e3, traced_place(facts, verdict, line->netns),
				 link,
				 !is_loss  ? DIAG_OK
				 : has_bad ? DIAG_WARN
					   : DIAG_BAD,
				 "%s", say.data ? say.data : "");
		buf_done(&say);
		has_bad = has_bad || is_loss;
		is_answered = is_answered || is_answer(line, verdict, port);
	}
}

/* --- where it ended --------------------------------------------------------------------------- */

/* The line at which it ended: the first loss, else who refused it first, else the last that was
 * seen; NULL: nothing was. A refusal is not lost, it is answered; so it is the end, even when
 * the kernel drops the packet behind it. */
static const struct traced_line *end_of(const struct traced *traced)
{
	const struct traced_line *refusal = NULL;

	for (size_t i = 0; i < traced->n; i++) {
		const struct traced_line *line = &traced->lines[i];

		/* A refusal throws the packet away, too, right behind. */
		if (is_refusal(line) && !refusal)
			refusal = line;
		if (traced_is_loss(line))
			return refusal ? refusal : line;
	}
	if (refusal)
		return refusal;
	for (size_t i = traced->n; i-- > 0;)
		if (traced->lines[i].event != TRACED_DROPPED)
			return &traced->lines[i];
	return NULL;
}

/* No packet at all means that none left A's socket. end NULL: the tracer works, and saw nothing. */
static void tell_end(const struct traced_line *end, const struct facts *facts,
		     struct diag_verdict *verdict)
{
	const char *place = end ? traced_place(facts, verdict, end->netns) : "";
	struct buf why = { 0 };

	if (!end) {
		verdict_set_end(verdict, "no packet of it was seen");
	} else if (traced_is_loss(end)) {
		put_why(&why, end);
		verdict_set_end(verdict, "dropped in %s: %s", place, why.data ? why.data : "");
	} else if (is_refusal(end)) {
		verdict_set_end(verdict, "refused by %s", place);
	} else {
		verdict_set_end(verdict, "last seen in %s at %s", place, end->link);
	}
	buf_done(&why);
}

/* A way there and back passes A, the host, B, the host and A. Reading names a hop, and the
 * tracer a namespace: both are made numbers along that way, and compared as such. */

/* --- whether that is where reading says ------------------------------------------------------- */

/* Places on the way there and back: A 0, the host 1, B 2, the host 3, A 4; -1: none of them. */
static int position_of(const struct facts *facts, const struct diag_verdict *verdict,
		       uint64_t netns, bool is_back_way)
{
	if (netns == verdict->from.netns)
		/* The answer comes back to A at the end of the way. */
		return is_back_way ? 4 : 0;
	if (netns == verdict->to.netns)
		return 2;
	if (netns == host_netns(facts))
		return is_back_way ? 3 : 1;
	return -1;
}

/* For the ends of names of hops and reasons. */
static bool ends(const char *text, const char *with)
{
	size_t len = strlen(text), end = strlen(with);

	return len >= end && strcmp(text + len - end, with) == 0;
}

/* What reading says, as a position; -1: it says nothing that could be compared. Hops begin with
 * the name of their place. A hop of the way back does not say whose place it is. The host is
 * one position for its bridges and for itself. */
static int read_position(const struct facts *facts, const struct diag_verdict *verdict)
{
	const char *hop = verdict->hop;

	if (!hop || begins(hop, "name"))
		return -1;
	if (begins(hop, "from"))
		return 0;
	if (begins(hop, "to"))
		return 2;
	if (begins(hop, "bridge") || begins(hop, "host") || begins(hop, "uplink"))
		return position_of(facts, verdict, host_netns(facts), false);
	return -1;
}

/* Nothing passes there, wherever it was led: of these the end cannot be behind. Behind any
 * other cause a packet may go on for a while. */
static bool is_wall(const struct diag_verdict *verdict)
{
	static const enum code_id walls[] = { CODE_OWN_RULES_OUT,	CODE_NETDEV_RULES,
					      CODE_BRIDGE_RULES,	CODE_FORWARDING_OFF,
					      CODE_FORWARDING_OFF_LINK, CODE_OTHER_NETWORK,
					      CODE_RULES_DROP,		CODE_RULES_POLICY,
					      CODE_RULES_REJECT,	CODE_CLOSED_DIRECT };

	for (size_t i = 0; i < ARRAY_SIZE(walls); i++)
		if (verdict->code && strcmp(verdict->code, codes[walls[i]].word) == 0)
			return true;
	return false;
}

/* A neighbour that is not found is a matter of both sides, and so is what vanishes without a
 * word, for it was seen for the last time where it left. The end of a hop's name says what it
 * is about. */
static bool is_between(const struct traced_line *end, const struct diag_verdict *verdict)
{
	return !traced_is_loss(end) || strcmp(end->reason, "NEIGH_FAILED") == 0 ||
	       ends(verdict->hop, ".link") || ends(verdict->hop, ".neighbour") ||
	       ends(verdict->hop, ".port");
}

/* What goes astray at the place that reading names is lost somewhere behind it: that agrees. What
 * is lost before it has never come there. Of the way back, hops do not say whose they are. */
static bool agrees(const struct traced_line *end, const struct facts *facts, uint16_t port,
		   const struct diag_verdict *verdict)
{
	int read = read_position(facts, verdict), seen;

	/* Only a verdict that says "unreachable" can be wrong about the place. */
	if (verdict->outcome != DIAG_UNREACHABLE || !verdict->hop)
		return true;
	if (!end) /* it never left */
		return read <= 0 && !begins(verdict->hop, "back");
	/* A refusal goes back by itself, so its direction does not count. */
	seen = position_of(facts, verdict, end->netns, is_back(end, port) && !is_refusal(end));
	if (seen < 0)
		/* Somewhere in between, where nobody knows. */
		return true;
	if (begins(verdict->hop, "back"))
		return seen >= 1;
	if (read < 0)
		return true;
	/* A wall lets nothing pass: what is seen behind it contradicts. */
	if (seen > read && is_wall(verdict))
		return false;
	/* A neighbour behind a bridge is two places away. */
	if (ends(verdict->hop, ".neighbour") && is_between(end, verdict))
		return true;
	return seen >= read - (is_between(end, verdict) ? 1 : 0);
}

/* Four things cannot be read from outside: programs of tc and XDP, the filter of a socket where
 * bytes are unknown, and whether a checksum is right. What the kernel says of them decides. */

/* --- what reading cannot know ----------------------------------------------------------------- */

/* What only the kernel can know. The names of reasons are compared by their ends, for checksums
 * have one for each protocol. */
static const struct decided {
	const char *reason;   /* its end */
	const char *function; /* or a part of its name, where the kernel has no reason */
	enum code_id code;
	const char *program; /* of a link, which the table can only suspect; NULL: of a socket */
} decided[] = {
	{ "TC_INGRESS", NULL, CODE_TC_DROP, "a tc filter" },
	{ "TC_EGRESS", NULL, CODE_TC_DROP, "a tc filter" },
	{ "XDP", "xdp", CODE_XDP_DROP, "an XDP program" },
	{ "SOCKET_FILTER", NULL, CODE_SOCKET_FILTER, NULL },
	{ "_CSUM", NULL, CODE_CHECKSUM, NULL },
};

/* NULL: it is none of these. */
static const struct decided *decided_by(const struct traced_line *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(decided); i++)
		if (ends(line->reason, decided[i].reason) ||
		    (decided[i].function && strstr(line->function, decided[i].function)))
			return &decided[i];
	return NULL;
}

/* Rules that nobody could read, too: somebody dropped it there. Only if nothing else was found:
 * verdict->code is a cause of the judge's. */
static void decide_otherwise(const struct traced_line *end, const char *place,
			     struct diag_verdict *verdict)
{
	struct buf why = { 0 };

	if (verdict->code || verdict->cause)
		return;
	put_why(&why, end);
	verdict_change_cause(verdict, "dropped in %s: %s", place, why.data ? why.data : "");
	verdict_set_why(verdict, "The kernel threw the packet away there, and what was read does "
				 "not say which rule or program made it do so.");
	buf_done(&why);
}

/* Where reading has found for certain what breaks it, that stands. An undecided code is a
 * suspicion. */
static bool is_certain(const struct diag_verdict *verdict)
{
	const struct code *code = verdict->code ? code_find(verdict->code) : NULL;

	return code && code->outcome != DIAG_UNDECIDED;
}

/* The hop that the judge would have used for it. A program of a link may be at any of three
 * links. */
static const char *hop_of(const struct facts *facts, const struct diag_verdict *verdict,
			  const struct traced_line *end, const struct decided *found)
{
	int position = position_of(facts, verdict, end->netns, false);

	if (!found->program)
		return "to.socket";
	return position == 0 ? "from.link" : position == 2 ? "to.link" : "bridge.port";
}

/* The judge has a hop for most places; where it has none, one is added. where: in the words of
 * the trace. */
static void mark_hop(struct diag_verdict *verdict, const char *where)
{
	struct diag_hop *hop = verdict_hop(verdict, verdict->hop);

	if (hop)
		verdict_change_hop(verdict, hop, DIAG_BAD, "%s", verdict->cause);
	else
		(void)verdict_add_hop(verdict, verdict->hop, DIAG_BAD, where, "%s", verdict->cause);
}

/* Words for the sentence of the code. The kernel does not tell a socket's program, so that
 * stays empty. */
static void fill_words(const struct traced_line *end, const struct facts *facts,
		       const struct diag_verdict *verdict, struct code_words *words)
{
	const struct diag_end *to = &verdict->to;
	const char *protocol = to->port ? protocol_name(to->protocol) : NULL;

	code_word(words, "place", "%s", traced_place(facts, verdict, end->netns));
	code_word(words, "link", "%s", end->link);
	code_word(words, "b", "%s", to->name);
	if (to->port)
		code_word(words, "port", "%u", to->port);
	else
		code_word(words, "port", CODE_ANY_PORT);
	code_word(words, "protocol", "%s", protocol ? protocol : CODE_ANY_PROTOCOL);
	code_word(words, "does", "%s", "drops");
	code_word(words, "reading", "%s", "");
	code_word(words, "process", "%s", "");
	if (end->netns == host_netns(facts))
		code_word(words, "in", "%s", "");
}

/* The tracer decides where reading could only suspect, or knew nothing. It changes the outcome,
 * and so what the probe is compared with. */
static void decide(const struct traced_line *end, const struct facts *facts,
		   struct diag_verdict *verdict)
{
	const char *place = traced_place(facts, verdict, end->netns);
	const struct decided *found = decided_by(end);
	struct code_words words = { 0 };
	struct buf cause = { 0 };

	if (!found && verdict->outcome == DIAG_UNREACHABLE)
		decide_otherwise(end, place, verdict);
	/* What is certain stands, unless it is the very same code. */
	if (!found || (is_certain(verdict) && strcmp(verdict->code, codes[found->code].word) != 0))
		return;
	fill_words(end, facts, verdict, &words);
	if (!verdict->code)
		code_tell(&words, found->code, hop_of(facts, verdict, end, found), verdict);
	if (!verdict->code || strcmp(verdict->code, codes[found->code].word) != 0)
		return; /* of another program, which was only suspected */
	/* The sentence says "may drop" for what is suspected; now it was seen. */
	(void)code_fill(&words, codes[found->code].cause, &cause);
	if (found->program)
		verdict_change_cause(verdict, "%s on %s drops it", found->program, end->link);
	else
		verdict_change_cause(verdict, "%s", cause.data ? cause.data : "");
	buf_done(&cause);
	mark_hop(verdict, place);
	verdict->outcome = DIAG_UNREACHABLE;
	verdict->probe.agrees = true; /* nobody could have read it */
}

/* Whoever did not hear all of it knows where it ended only if that was told. Without the end of
 * the trace the last line may not be the last packet. */
static bool is_end_known(const struct traced *traced, const struct traced_line *end)
{
	return traced->has_end || (end && (traced_is_loss(end) || is_refusal(end)));
}

/* What is not in the trace although it happened, for no other reason than the tracer. Gaps are
 * unknowns like others: without them the trace would look whole. */
static void tell_gaps(const struct traced *traced, struct diag_verdict *verdict)
{
	if (*traced->without)
		verdict_add_unknown(verdict, "the tracer", "%s", traced->without);
	if (!traced->has_end)
		verdict_add_unknown(verdict, "the tracer",
				    "what it saw last is missing: it was not done in time");
	if (traced->n_lost > 0)
		verdict_add_unknown(verdict, "the tracer",
				    "%llu packets that it saw are missing: there was no room",
				    (unsigned long long)traced->n_lost);
}

/* The verdict was judged before; nothing of it is changed but what the tracer alone can know. */
void traced_tell(struct traced *traced, const struct facts *facts, uint16_t port,
		 struct diag_verdict *verdict)
{
	const struct traced_line *end;

	verdict->trace.is_there = true;
	/* No tracer: that is said, and the verdict stays as it was read. */
	if (!traced->is_ready || *traced->lacks) {
		verdict_set_lacks(verdict, "%s",
				  *traced->lacks ? traced->lacks : "the tracer does not answer");
		return;
	}
	tell_gaps(traced, verdict);
	if (traced->n > 0)
		qsort(traced->lines, traced->n, sizeof(*traced->lines), by_time);
	tell_lines(traced, facts, port, verdict);
	/* It got through, so there is no end to compare. */
	if (verdict->probe.outcome == DIAG_CONNECTED || verdict->probe.outcome == DIAG_ANSWERED)
		return;
	end = end_of(traced);
	if (!is_end_known(traced, end))
		return;
	tell_end(end, facts, verdict);
	if (end && traced_is_loss(end))
		decide(end, facts, verdict);
	verdict->trace.disagrees = !agrees(end, facts, port, verdict);
}

/* It may be used again afterwards. */
void traced_done(struct traced *traced)
{
	free(traced->lines);
	free(traced->drops);
	*traced = (struct traced) { 0 };
}
