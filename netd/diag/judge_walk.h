// SPDX-License-Identifier: GPL-2.0-or-later
// judge_walk.h - inside the judge: a packet, where it is, and what was found on the way so far
#pragma once

#include "base/addr.h"
#include "diag/codes.h"
#include "diag/facts.h"
#include "diag/rules/rules.h"
#include "diag/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. A walk follows one packet as the kernel would move it: out of a socket, by a
 * link to a port of the host, over a bridge or through the host, into another namespace, to a
 * socket. Each place is a function of its own, which looks at what is there, changes the packet as
 * the place would, and says where it is next. The way back is the same walk with the ends changed
 * over: what has another name there (a wrong neighbour entry of B's) gets another code.
 *
 * What comes first on the way is the cause: a place that is bad ends the walk. What only hurts some
 * packets (a small MTU) is kept, and becomes the cause if nothing worse follows. What is unknown is
 * noted and taken for passable, and the walk goes on: if something is bad for certain behind it the
 * verdict stands without it, and if nothing is, the verdict is "undecided". */

#define JUDGE_NETD_TABLE "netd"		     /* of the family inet, of the host */
#define JUDGE_SERVICES_TABLE "netd-services" /* the same, of containers */
#define JUDGE_INGRESS_TABLE "netd-ingress"   /* of the host, for what services publish */

enum judge_at {
	JUDGE_AT_SOCKET,  /* of the sender */
	JUDGE_AT_PORT,	  /* a frame has come in at a port of a bridge of the host */
	JUDGE_AT_HOST,	  /* an IP packet has come in at a link of the host */
	JUDGE_AT_BRIDGE,  /* to be sent to the next hop, on that bridge */
	JUDGE_AT_INSIDE,  /* has come in at a link of a container's */
	JUDGE_AT_OUTSIDE, /* has left the host for the outside */
	JUDGE_AT_END,	  /* taken by a socket, or at the outside */
	JUDGE_LOST,	  /* something is bad: see the verdict */
};

/* A or B. */
struct judge_side {
	const char *name;			 /* as a person calls it */
	const struct facts_space *space;	 /* NULL: not on this machine, or not known */
	const struct facts_container *container; /* NULL: none of netd's */
	struct addr addr;			 /* that others know it by */
	bool is_outside;
};

/* A link inside a container, the port of the host that it leads to, and the bridge there. */
struct judge_port {
	const struct facts_space *space;
	const struct facts_container *container;
	const struct facts_endpoint *endpoint; /* NULL: netd did not make it */
	const struct facts_network *network;
	const struct facts_link *inside, *port, *bridge; /* NULL: not there */
	const struct facts_far
		*far; /* of another host: the port is the tunnel; NULL: of this one */
};

/* A link that large packets must fit through. */
#define JUDGE_LINKS 10
struct judge_passed {
	const struct facts_link *link;
	const struct facts_space *space;
	bool is_routed; /* the host sends by it what it forwards, and can say that it is too small
			 */
};

#define JUDGE_SPACES 8 /* on one way: A, the host, B, and who stands between */

struct judge_seen { /* of one namespace */
	const struct facts_space *space;
	const struct rules *rules; /* the facts'; NULL: there are none, or they are unreadable */
	bool is_decoded, is_unreadable;
	/* The first packet of the flow, as it was when it left: for the first time, and for the
	 * last. What a container sends to its own published port comes by it twice. */
	bool has_first;
	struct rules_packet first, last;
};

/* Told later, or never. */
struct judge_cause {
	bool is_there;
	enum code_id id;
	const char *hop, *where;
	struct code_words words; /* as they were when it was found */
};

/* Who asks for the MAC of the next hop. */
struct judge_question {
	struct addr by; /* family 0: not known */
	struct mac mac;
	bool is_by_host;
};

#define JUDGE_HEARD 4 /* one for each sender there is on the way there */
struct judge_heard {  /* in that namespace it is known now where that is: he has asked */
	const struct facts_space *space;
	struct addr addr;
};

/* Where B's address is a service's: judge_service.c. */
struct judge_service {
	const struct facts_service *of; /* NULL: it is none's */
	const struct facts_network *network;
	struct addr addr; /* that was asked for, and is to answer */
	uint16_t port;
	bool is_published; /* a port of the host is asked for, and the host leads */
	bool is_led;	   /* B is the one who was chosen */
};

/* The number that rules draw in this walk. */
struct judge_drawn {
	uint32_t number, below; /* below 0: none was drawn */
	const void *which;	/* where in the rules */
};

struct judge_walk {
	struct facts *facts;
	struct diag_verdict *verdict;
	const struct facts_space *host; /* NULL: not known */
	struct judge_side a, b;
	bool is_back;
	const struct judge_side *near, *far; /* of this leg */
	struct judge_side taker;	     /* who took it: B, or who B's port leads to */
	uint8_t protocol;
	uint16_t port; /* that was asked for; 0: none */
	uint32_t uid;  /* of A's socket */
	struct judge_service service;
	struct judge_drawn drawn;

	/* The packet and where it is. */
	enum judge_at at;
	struct rules_packet packet;
	const struct facts_space *space; /* that it is in */
	const struct facts_link *link;	 /* that it came in by, or is to leave by */
	struct judge_port from_port;	 /* whose frame it is; port NULL: the host's own */
	char sent_by[FACTS_IFNAME];	 /* the link of who has sent it; "": from outside */
	struct addr next;		 /* next hop */
	struct mac next_mac;		 /* at which the sender believes it to be */
	bool must_resolve;		 /* the sender has no MAC for it, and asks */
	bool may_resolve;		 /* it has one, and asks anew before long */
	bool is_asking;			 /* `packet` is the question, or the answer to it */
	struct judge_question question;
	struct judge_heard heard[JUDGE_HEARD];
	size_t n_heard;
	bool is_for_host;	   /* the next hop is the bridge itself */
	struct judge_port to_port; /* of the next hop, where it is not */
	bool was_prerouted;	   /* bridge netfilter has asked the rules of prerouting already */
	const struct facts_container *published_by; /* the host's port leads there */
	uint16_t host_port;
	/* A relay of netd's has taken it, and connects there itself. NULL: none. */
	const struct facts_container *relayed_by;
	uint16_t relayed_port;
	struct judge_passed passed[JUDGE_LINKS]; /* of the way there */
	size_t n_passed, n_seen;
	bool is_undecided;

	/* From here on it is text, some 120 KiB, of which a walk fills little: each member is begun
	 * by itself (begin() in judge.c), and what is behind its beginning is not looked at. */
	char notrack_rule[CODE_WORD_LEN], notrack_unrule[CODE_WORD_LEN]; /* "": none */
	/* What was found. */
	struct code_words words;
	struct judge_cause kept;
	/* Not as netd gave it, and the kernel has found another way: the cause, where that leads to
	 * no socket. */
	struct judge_cause diverged;
	/* A frame for the host has another MAC than the host's. Nobody takes it, unless rules lead
	 * it elsewhere: the cause is kept until these are asked. */
	struct judge_cause astray;
	/* Nobody takes a packet from an address of his own. Where it comes from one all the same
	 * the cause is the rule, not netd's, that has led it back to its sender, or has given it
	 * the receiver's address: these are kept until then, for elsewhere they do no harm. */
	struct judge_cause led, lent;
	struct judge_seen seen[JUDGE_SPACES];
};

/* --- what is found: judge_walk.c --- */

/* The words of a place: {place}, and {in} where commands can be run in it. */
void judge_place(struct judge_walk *walk, const struct facts_space *space,
		 const struct facts_container *container);
/* Whether a name is one word to a shell, and no option: the kernel lets names of links, tables and
 * chains have nearly any character, and what is advised is pasted by root. */
bool judge_is_plain(const char *name);
/* Something to know, which stops nothing. */
void judge_warn(struct judge_walk *walk, enum code_id id, const char *hop, const char *where);
/* The cause. Adds the hop, whose sentence is the code's. Always JUDGE_LOST, for the caller to
 * return; a code that only hurts some packets is kept instead, and the answer is `go_on`. */
enum judge_at judge_bad(struct judge_walk *walk, enum code_id id, const char *hop,
			const char *where, enum judge_at go_on);
/* The first place where the packet leaves the way that was meant for it. It goes on by another. */
void judge_diverge(struct judge_walk *walk, enum code_id id, const char *hop, const char *where);
/* Perhaps the cause: it is kept as with judge_bad(), and the verdict is undecided. */
void judge_suspect(struct judge_walk *walk, enum code_id id, const char *hop, const char *where);
/* Nobody knows; the walk goes on. */
__attribute__((format(printf, 4, 5))) void judge_unknown(struct judge_walk *walk, const char *hop,
							 const char *where, const char *why, ...);
/* A place that lets it pass; not told of each place on the way back. */
__attribute__((format(printf, 4, 5))) void judge_ok(struct judge_walk *walk, const char *hop,
						    const char *where, const char *say, ...);
/* A fact that the hop rests on which judge_ok() has just told. key: a constant. */
__attribute__((format(printf, 3, 4))) void judge_rests(struct judge_walk *walk, const char *key,
						       const char *text, ...);
/* "from.link" there, "back.link" on the way back. */
const char *judge_hop(const struct judge_walk *walk, const char *there, const char *back);
#define JUDGE_HOP(walk, place, step) judge_hop(walk, place "." step, "back." step)

/* For judge_bad() later; of several the first. */
void judge_keep(struct judge_walk *walk, struct judge_cause *cause, enum code_id id,
		const char *hop, const char *where);

/* --- who is who: judge_who.c --- */

/* By what the walk speaks of: "the host", a container's name, else the key. */
const char *judge_name_of(const struct judge_walk *walk, const struct facts_space *space);
const struct facts_container *judge_container_of(const struct facts *facts,
						 const struct facts_space *space);
const struct facts_network *judge_network(const struct facts *facts, const char *name);
const struct facts_network *judge_network_of_bridge(const struct facts *facts, const char *bridge);
/* Whether the default route of a family leads by this endpoint. */
bool judge_is_way_out(const struct facts *facts, const struct facts_container *container,
		      const struct facts_endpoint *endpoint, enum family family);
/* The first network that both are on; NULL: none. */
const struct facts_endpoint *judge_shared(const struct facts_container *container,
					  const struct facts_container *other);
const struct facts_addr *judge_find_addr(const struct facts_space *space, const struct addr *addr);
/* It is known to be nowhere there: addresses that were not looked at are not lost. */
bool judge_lacks_addr(const struct facts_space *space, const struct addr *addr);
const struct facts_addr *judge_addr_on(const struct facts_space *space, int ifindex, uint8_t af);
/* The pair that this link of a container is one end of. */
void judge_port_of(struct judge_walk *walk, const struct facts_space *space,
		   const struct facts_link *inside, struct judge_port *ret_port);
/* Whose link has that address, on a network of this bridge; by netd's records first. false: nobody
 * that is known. */
bool judge_owner(struct judge_walk *walk, const struct facts_link *bridge, const struct addr *addr,
		 struct judge_port *ret_port);
/* Another than `not` that has the address, too. */
bool judge_other_owner(struct judge_walk *walk, const struct facts_link *bridge,
		       const struct addr *addr, const struct judge_port * not,
		       struct judge_port *ret_port);
/* Whose link has that MAC. */
bool judge_owner_of_mac(struct judge_walk *walk, const struct facts_link *bridge,
			const struct mac *mac, const struct judge_port * not,
			struct judge_port *ret_port);
/* Who of other hosts has an address on a network. NULL: nobody that is known. */
const struct facts_far *judge_far(const struct facts_network *network, const struct addr *addr);
/* The same as what a bridge leads to: the port is the tunnel. */
bool judge_far_owner(struct judge_walk *walk, const struct facts_link *bridge,
		     const struct addr *addr, struct judge_port *ret_port);
bool judge_mac_equal(const struct mac *a, const struct mac *b);
bool judge_is_up(const struct facts_link *link);
/* Whether bridge netfilter hands what crosses this bridge to the rules of IP. */
bool judge_calls_ip(const struct judge_walk *walk, const struct facts_link *bridge);

/* --- what is asked: judge_ask.c --- */

/* Which way the packet goes from here: iif "" out of a socket. */
const struct facts_way *judge_way(struct judge_walk *walk, const struct facts_space *space,
				  const char *iif);
/* What there is to say about a route that the kernel refused: fills {rule}, {object}, {matched},
 * {route}, {priority}. True: a policy rule refuses it, false: a route, or nobody knows. */
bool judge_refusal(struct judge_walk *walk, const struct facts_space *space, const char *iif);
/* Commands that give a container back what netd gave it: {restore}. */
void judge_restore(struct judge_walk *walk, const struct facts_space *space,
		   const struct facts_container *container);

/* --- rules: judge_rules.c --- */

/* What the packet meets at that hook. It is changed as the rules change it. RULES_UNKNOWN was told,
 * and passes. After a drop or reject the words say which rule ({table}, {chain}, {what}, {rule},
 * {unrule}, {accept}); ret_step has it, too. */
struct judge_met {
	enum rules_verdict verdict;
	bool is_policy, is_reset, is_netd, is_user, is_services, is_ingress;
	bool nat_src, nat_dst;
	char comment[128];
};
static inline bool judge_is_dropped(const struct judge_met *met)
{
	return met->verdict == RULES_DROP || met->verdict == RULES_REJECT;
}
void judge_rules(struct judge_walk *walk, const struct facts_space *space, uint8_t pf,
		 unsigned int hook, const struct facts_link *iif, const struct facts_link *oif,
		 const char *hop, const char *where, struct judge_met *ret_met);
/* The ports of the bridge that hands the packet to rules of IP: for the hooks of that bridge, and
 * for those of routing behind it. NULL: none. */
void judge_ports(struct judge_walk *walk, const struct facts_link *in,
		 const struct facts_link *out);
/* Of the packet's own family: NFPROTO_IPV4 or NFPROTO_IPV6. */
uint8_t judge_pf(const struct judge_walk *walk);
/* The packet enters a namespace, or starts there. */
void judge_enter(struct judge_walk *walk, const struct facts_space *space);
/* It leaves it: what conntrack knows is kept for the answer. */
void judge_leave(struct judge_walk *walk);
/* A drop by the host's rules, and its code. */
enum judge_at judge_dropped(struct judge_walk *walk, const struct judge_met *met, const char *hop,
			    const char *where);
enum code_id judge_code_of_drop(const struct judge_walk *walk, const struct judge_met *met);
void judge_walk_done(struct judge_walk *walk);

/* --- places --- */

/* Each is where the packet is, and says where it is next. */
enum judge_at judge_at_name(struct judge_walk *walk);	  /* what A makes of the name */
enum judge_at judge_at_resolver(struct judge_walk *walk); /* where A asks for names */
enum judge_at judge_at_socket(struct judge_walk *walk);	  /* judge_out.c */
enum judge_at judge_at_port(struct judge_walk *walk);	  /* judge_bridge.c */
enum judge_at judge_at_bridge(struct judge_walk *walk);	  /* judge_bridge.c */
enum judge_at judge_at_host(struct judge_walk *walk);	  /* judge_host.c */
enum judge_at judge_at_inside(struct judge_walk *walk);	  /* judge_in.c */
enum judge_at judge_at_outside(struct judge_walk *walk);  /* judge_host.c */

/* judge_service.c: B's address may be a service's, or a port of the host one that a service
 * publishes; what the rules make of that where A's packet starts, or on the host.
 */
void judge_service_begin(struct judge_walk *walk);
/* Who is outside reaches a service by what the host publishes of it: B is the host then.
 * JUDGE_LOST: nothing of it is. */
enum judge_at judge_service_from_outside(struct judge_walk *walk, enum judge_at go_on);
enum judge_at judge_service(struct judge_walk *walk, const struct judge_met *met,
			    enum judge_at go_on);
/* As struct rules_ask has it. */
bool judge_draw(struct judge_walk *walk, const void *which, uint32_t below, uint32_t *ret_number);
/* What is for a port of the host that a service publishes has come to the host itself. */
enum judge_at judge_service_arrives(struct judge_walk *walk, const struct judge_met *met,
				    enum judge_at go_on);
/* Whether all who stand behind it are known: of a network that spans hosts only where netd says so.
 */
bool judge_knows_behind(const struct facts_service *service, const struct facts_network *network);
/* How many containers have what a service leads to, in a family, of this host and of others. */
size_t judge_count_behind(const struct facts *facts, const struct facts_service *service,
			  const struct facts_network *network, enum family family);

/* judge_ipsec.c: whether a policy of this space, with that direction (XFRM_POLICY_IN, _OUT, _FWD),
 * drops the packet; fills the words of CODE_IPSEC_BLOCK but the place. */
bool judge_ipsec_blocks(struct judge_walk *walk, const struct facts_space *space,
			uint8_t direction);

/* judge_far.c: what there must be of the way to the one whose port that is; `what` is missing. */
enum judge_at judge_far_lost(struct judge_walk *walk, const struct judge_port *to, const char *what,
			     const char *hop, const char *where);
/* The tunnel itself: there, on its bridge, and up. */
enum judge_at judge_far_port(struct judge_walk *walk, const struct judge_port *to, const char *hop,
			     const char *where, enum judge_at go_on);
/* What is missing of it on this host, whoever asks. NULL: nothing, or nobody could look. */
const char *judge_far_lacks(const struct judge_walk *walk, const struct judge_port *to);
/* The bridge answers the question for the MAC itself, out of the host's entry. */
enum judge_at judge_far_answers(struct judge_walk *walk, const struct facts_link *bridge,
				const char *hop, const char *where, enum judge_at go_on);
/* By the tunnel to its host, where nobody here can look. */
enum judge_at judge_far_leave(struct judge_walk *walk, const struct facts_link *bridge,
			      const char *where);

/* judge_socket.c: who takes it in this space, and whether he can. */
enum judge_at judge_socket(struct judge_walk *walk, const struct facts_space *space);

/* judge_host.c. After a rule of the host has led the packet somewhere else than where it was to go:
 * whether that is what netd publishes. */
enum judge_at judge_translated(struct judge_walk *walk, const struct judge_met *met,
			       const struct addr *before, uint16_t port, const char *hop,
			       enum judge_at go_on);

/* The rules at prerouting, for what came in at that link; because: a sentence, or "". */
enum judge_at judge_preroute(struct judge_walk *walk, const struct facts_link *in,
			     const char *because, enum judge_at go_on);
/* The link by which the host sends it: up, and the bridge where it is for a container. */
enum judge_at judge_host_link(struct judge_walk *walk, const struct facts_link *out,
			      const struct facts_way *way, enum judge_at go_on);

/* judge_host.c. By a link to the outside it leaves for good, and answers must find back to its
 * source, which was `before` at postrouting. */
enum judge_at judge_source(struct judge_walk *walk, const struct judge_met *met,
			   const struct facts_link *out, const struct addr *before,
			   enum judge_at go_on);
/* The host has no way to a destination: why, where that is a container's. */
enum judge_at judge_not_there(struct judge_walk *walk, const struct facts_way *way,
			      enum judge_at go_on);
/* A link to the outside that is down, with its routes; NULL: none. */
const struct facts_link *judge_uplink_down(const struct judge_walk *walk);

/* judge_neighbour.c. Whose the next hop is, seen from a bridge: fills is_for_host, to_port. False:
 * nobody's that is known. */
bool judge_next(struct judge_walk *walk, const struct facts_link *bridge);
/* The MAC that a space believes the next hop to have: fills next_mac, must_resolve. */
enum judge_at judge_neighbour(struct judge_walk *walk, const struct facts_space *space,
			      const struct facts_link *link, const struct facts_link *bridge,
			      const char *hop, const char *where, enum judge_at go_on);
/* Whether the one that it came to answers, where the sender had to ask. */
enum judge_at judge_answers(struct judge_walk *walk, const struct facts_space *space,
			    const struct facts_link *link, const char *hop, const char *where,
			    enum judge_at go_on);

/* --- the question for a MAC, and the answer: judge_exchange.c --- */

/* What these two meet at a place, where the sender asks; else nothing. One that has an entry with
 * that state asks later, if ever, and what would be dropped then is a warning. */
void judge_exchange_begin(struct judge_walk *walk, const struct facts_space *space,
			  const struct facts_link *link, uint16_t state);
/* In the namespace of who asks, or of who answers. */
enum judge_at judge_exchange_end(struct judge_walk *walk, const struct facts_space *space,
				 const struct facts_link *link, bool is_asker, const char *hop,
				 const char *where, enum judge_at go_on);
/* At the port of the bridge behind which that is. */
enum judge_at judge_exchange_port(struct judge_walk *walk, const struct judge_port *port,
				  const struct facts_link *bridge, bool is_asker, const char *hop,
				  const char *where, enum judge_at go_on);
/* Between the two ports. */
enum judge_at judge_exchange_cross(struct judge_walk *walk, const struct facts_link *bridge,
				   const char *hop, const char *where, enum judge_at go_on);
/* It was answered; this space knows from now on where the asker is. */
void judge_exchange_done(struct judge_walk *walk, const struct facts_space *space);
bool judge_exchange_was_heard(const struct judge_walk *walk, const struct facts_space *space,
			      const struct addr *addr);

/* The process that has a socket. */
const struct facts_owner *judge_owner_of(struct judge_walk *walk, const struct facts_space *space,
					 const struct facts_socket *socket);

/* judge_size.c. A link that the packet passes, for the size. */
void judge_passes(struct judge_walk *walk, const struct facts_space *space,
		  const struct facts_link *link, bool is_routed);
/* After the walk: what large packets meet. */
void judge_size(struct judge_walk *walk);
