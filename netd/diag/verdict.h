// SPDX-License-Identifier: GPL-2.0-or-later
// verdict.h - what the judge says: does A reach B, what breaks it first, what repairs it
#pragma once

#include "base/addr.h"
#include "base/buf.h"
#include "base/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. The judge walks the way of a packet and adds a hop for each place that it
 * comes by; the first that is bad becomes the cause, and everything that is found wrong besides is
 * listed behind it. A verdict has words for a person and keys for a program, and nothing that is
 * not in one of them: verdict_write() writes all of it, and netctl's screens are made from that
 * text alone, so that they look the same for a verdict from another host.
 *
 * Functions that add copy what they are given, and cannot fail: what there is no memory for leaves
 * err, which is looked at once, at the end. Sentences are ASCII, begin with a small letter in hops
 * and with a capital one in `why`, and name things as a person does: "db", "network blue". */

enum diag_outcome {
	DIAG_UNDECIDED, /* something on the way is unknown and decides: never a guess */
	DIAG_REACHABLE,
	DIAG_UNREACHABLE,
	DIAG_PARTLY, /* it connects, but large packets, one family, or all after the first are lost
		      */
	DIAG_N_OUTCOMES,
};

enum diag_state {
	DIAG_OK,
	DIAG_BAD,
	DIAG_WARN,    /* works, and yet a person should know */
	DIAG_UNKNOWN, /* could not be read, or is not understood */
	DIAG_SKIPPED, /* not reached */
	DIAG_N_STATES,
};

/* Who can make it so. What opens a firewall or joins networks is never netd's. */
enum diag_who { DIAG_NETD, DIAG_ADMIN, DIAG_CONTAINER, DIAG_N_WHOS };

enum diag_kind {
	DIAG_NOBODY, /* a name that nobody has: name alone counts */
	DIAG_OF_CONTAINER,
	DIAG_OF_HOST,	 /* netd's own host */
	DIAG_OF_ADDRESS, /* one that no container has, as seen from A */
	DIAG_OF_OUTSIDE, /* behind the uplink */
	DIAG_OF_PROCESS, /* pid:N */
	DIAG_OF_NETNS,	 /* netns:PATH */
	DIAG_N_KINDS,
};

/* A or B. Whoever asks fills what was asked for: kind, name, space and netns where they are known,
 * the address only where an address was given, port and protocol. The judge fills addr: a name may
 * have several, and the verdict is about one. */
struct diag_end {
	enum diag_kind kind;
	char *name;	  /* as a person calls it, "db" */
	char *space;	  /* key of its namespace in the facts (facts_space.key); NULL: none */
	uint64_t netns;	  /* inode; 0: none or unknown */
	struct addr addr; /* that the verdict is about; family 0: there is none */
	uint16_t port;	  /* 0: none was asked for */
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP; 0 of A */
	bool is_assumed;  /* the protocol: neither it nor a port was asked for */
};

/* A fact that a hop's sentence rests on; shown with -v and in JSON. */
struct diag_fact {
	const char *key; /* a constant, in CamelCase: "Mtu" */
	char *text;	 /* NULL: it is the number */
	int64_t number;
};

struct diag_hop {
	const char *id; /* a constant, stable: "to.socket"; docs/diagnosis.md lists them */
	enum diag_state state;
	char *where; /* what a person calls the place, one word: "web", "blue", "host" */
	char *say;
	struct diag_fact facts[DIAG_FACTS_MAX];
	size_t n_facts;
};

struct diag_fix {
	enum diag_who who;
	char *say; /* "let it listen on 0.0.0.0"; beside a command: what that does */
	char *argv[DIAG_ARGV_MAX + 1]; /* NULL-terminated; empty: there is no command for it */
	size_t n_argv;
	bool is_choice; /* opens, joins or reroutes something: --fix never runs it */
};

/* Something else that is wrong, behind the cause, or beside the way. */
struct diag_finding {
	const char *code;
	const char *hop; /* its id */
	enum diag_state state;
	char *say;
};

struct diag_gap { /* what could not be read or understood */
	char *where, *why;
};

/* What a real connection, or of ICMP a real echo request, met (--probe). */
enum diag_probed {
	DIAG_NOT_PROBED,
	DIAG_CONNECTED,
	DIAG_ANSWERED, /* of ICMP: the echo came back */
	DIAG_REFUSED,  /* RST, or ICMP port unreachable */
	DIAG_REJECTED, /* another ICMP error */
	DIAG_SILENT,   /* nothing came until the time was over */
	DIAG_NOT_SENT, /* the kernel of A refused it at once */
	DIAG_N_PROBED,
};
struct diag_probe {
	enum diag_probed outcome;
	char *by; /* who answered: "RST", "ICMP 3/3 from 10.61.0.1"; NULL: nobody */
	double ms;
	/* Of ICMP, behind an answer: the largest packet that was tried, which must not be cut on
	 * its way, and what became of that. DIAG_NOT_PROBED: none was. */
	enum diag_probed large;
	uint32_t large_bytes; /* with its IP header */
	char *large_by;	      /* as by */
	bool agrees;	      /* with the verdict that was read */
};

/* What the tracer saw of that connection (--trace), a line for each place that it came by. */
struct diag_seen {
	double ms;	       /* since the first */
	char *where;	       /* as a hop's: "web" */
	char *link;	       /* "eth0", "web's port"; "": none there */
	char *say;	       /* "in 10.61.0.2:40200 > 10.61.0.3:80 SYN" */
	enum diag_state state; /* DIAG_OK; DIAG_BAD: here it ended; DIAG_WARN: another drop */
};
/* A rule of nftables that its packets met, as the kernel told it. */
struct diag_met {
	char *where;		      /* as a hop's */
	char *family, *table, *chain; /* "inet" */
	uint64_t handle;	      /* 0: the policy of the chain */
	char *verdict;		      /* "drop", "accept", "jump user-forward", "goes on" */
	char *say;		      /* the rule as nft prints it; "": it is not known any more */
	bool is_answer;		      /* of a packet from B to A */
};
/* That reading says drops it. */
struct diag_rule {
	uint8_t family; /* NFPROTO_*; 0: it says no rule */
	char *table, *chain;
	uint64_t handle; /* 0: the policy */
};
struct diag_trace {
	bool is_there; /* somebody asked for it */
	char *lacks; /* why there is none: what the kernel or the rights lack; NULL: there is one */
	char *end;   /* where the tracer saw it end: "dropped in db: SOCKET_FILTER"; or NULL */
	bool disagrees; /* with where the verdict says that it ends */
	struct diag_seen lines[DIAG_SEEN_MAX];
	size_t n;
	struct diag_met met[DIAG_MET_MAX];
	size_t n_met, n_met_left_out;
	char *rules_lack;  /* why no rules are told; NULL: they are */
	size_t n_left_out; /* the same again, and the end of a connection that came about */
};

struct diag_verdict {
	struct diag_end from, to;
	enum diag_outcome outcome;
	const char *code; /* of the cause, a constant of the table of codes; NULL: none */
	const char *hop;  /* id of the hop that is the cause; NULL: none */
	char *cause;	  /* a few words for the first line: "db listens on 127.0.0.1 only" */
	char *why;	  /* one or two whole sentences */
	char *note;	  /* one more that is not the reason: "netd cannot overrule …"; or NULL */
	struct diag_fix fixes[DIAG_LIST_MAX]; /* of several, one is enough; the best comes first */
	struct diag_hop hops[DIAG_HOPS_MAX];
	struct diag_finding also[DIAG_LIST_MAX];
	struct diag_gap unknown[DIAG_LIST_MAX];
	size_t n_fixes, n_hops, n_also, n_unknown;
	struct diag_rule rule; /* the last that was found to drop it: of a cause that is a rule */
	struct diag_probe probe;
	struct diag_trace trace;
	const char *source; /* "netd", "records", "file" */
	double took_ms;
	bool is_terse; /* outcome, code and hop are all that somebody reads: other texts than the
			* names of both ends are not made, and are NULL */
	int err;       /* 0, -ENOMEM, or -E2BIG: something was left out */
};

/* A zeroed one is empty and valid; is_terse may be set before it is judged. */
void verdict_done(struct diag_verdict *verdict);

void verdict_set_name(struct diag_verdict *verdict, struct diag_end *end, const char *name);
void verdict_set_space(struct diag_verdict *verdict, struct diag_end *end, const char *key);

/* The hop, for its facts: never NULL, and where it is until verdict_done(). */
__attribute__((format(printf, 5, 6))) struct diag_hop *
verdict_add_hop(struct diag_verdict *verdict, const char *id, enum diag_state state,
		const char *where, const char *say, ...);
/* Another state and sentence for a hop that was added before. */
__attribute__((format(printf, 4, 5))) void verdict_change_hop(struct diag_verdict *verdict,
							      struct diag_hop *hop,
							      enum diag_state state,
							      const char *say, ...);
__attribute__((format(printf, 4, 5))) void verdict_add_text(struct diag_verdict *verdict,
							    struct diag_hop *hop, const char *key,
							    const char *text, ...);
void verdict_add_number(struct diag_verdict *verdict, struct diag_hop *hop, const char *key,
			int64_t number);
/* NULL: there is none. */
struct diag_hop *verdict_hop(struct diag_verdict *verdict, const char *id);

/* The cause, once: false, and nothing is changed, where there is one already (it is listed in
 * `also` then). code and hop are constants. */
__attribute__((format(printf, 4, 5))) bool verdict_set_cause(struct diag_verdict *verdict,
							     const char *code, const char *hop,
							     const char *cause, ...);
__attribute__((format(printf, 2, 3))) void verdict_set_why(struct diag_verdict *verdict,
							   const char *why, ...);
__attribute__((format(printf, 2, 3))) void verdict_set_note(struct diag_verdict *verdict,
							    const char *note, ...);
/* The fix, for its argv: never NULL. */
__attribute__((format(printf, 3, 4))) struct diag_fix *
verdict_add_fix(struct diag_verdict *verdict, enum diag_who who, const char *say, ...);
/* One word more of its command. A command line of several words is given by several calls: words
 * may have spaces. */
__attribute__((format(printf, 3, 4))) void
verdict_add_word(struct diag_verdict *verdict, struct diag_fix *fix, const char *word, ...);
__attribute__((format(printf, 5, 6))) void verdict_add_also(struct diag_verdict *verdict,
							    const char *code, const char *hop,
							    enum diag_state state, const char *say,
							    ...);
__attribute__((format(printf, 3, 4))) void
verdict_add_unknown(struct diag_verdict *verdict, const char *where, const char *why, ...);

/* The cause again, in other words: what reading could only suspect was seen. */
__attribute__((format(printf, 2, 3))) void verdict_change_cause(struct diag_verdict *verdict,
								const char *cause, ...);
__attribute__((format(printf, 6, 7))) void verdict_add_seen(struct diag_verdict *verdict, double ms,
							    const char *where, const char *link,
							    enum diag_state state, const char *say,
							    ...);
void verdict_set_rule(struct diag_verdict *verdict, uint8_t family, const char *table,
		      const char *chain, uint64_t handle);
/* One more, for its numbers; NULL: there are enough. */
struct diag_met *verdict_add_met(struct diag_verdict *verdict, const char *where,
				 const char *family, const char *table, const char *chain,
				 const char *does, const char *say);
__attribute__((format(printf, 2, 3))) void verdict_set_rules_lack(struct diag_verdict *verdict,
								  const char *lacks, ...);
__attribute__((format(printf, 2, 3))) void verdict_set_lacks(struct diag_verdict *verdict,
							     const char *lacks, ...);
__attribute__((format(printf, 2, 3))) void verdict_set_end(struct diag_verdict *verdict,
							   const char *end, ...);

/* verdict_write.c: the JSON object, indented by nothing, without a newline. Text that is no UTF-8
 * comes out as "?": names inside a container may be anything. 0 or -ENOMEM. */
int verdict_write(const struct diag_verdict *verdict, struct buf *out);
/* The words that stand in it: "unreachable", "bad", "container". */
extern const char *const verdict_state_name[DIAG_N_STATES];
extern const char *const verdict_outcome_name[DIAG_N_OUTCOMES];
