// SPDX-License-Identifier: GPL-2.0-or-later
// codes.h - every cause that the judge can name: its word, its sentences, and what repairs it
#pragma once

#include "base/buf.h"
#include "base/limits.h"
#include "diag/verdict.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Theory of operation. A cause is one row of one table, and nothing about it stands elsewhere: the
 * judge finds the row and says which place, which address and which rule it is about, and the row
 * has the words. docs/diagnosis.md is written from the same rows by codes_write_page(), so that
 * what a person is told and what he reads about it agree.
 *
 * Sentences have placeholders, "{b} listens on 127.0.0.1 only", which the judge's words fill
 * (struct code_words). Some are always there:
 *
 *	{a} {b}			the two ends, as a person calls them
 *	{src} {dst}		the addresses of the packet, where the cause was found
 *	{port} {protocol}	"80", "tcp"
 *	{place}			what a person calls the place: "web", "blue", "the host"
 *	{in}			in a command alone, and first: the words that run it inside {place}
 *
 * A fix whose command has a word that is not known is told as a sentence, without the command.
 *
 * The word "restart", which no row has, is known where netd does not run or is stopped. What netd
 * would do is then told as what a start of it does (code_tell()). */

enum code_id {
	/* The container that asks. */
	CODE_LINK_DOWN,
	CODE_NO_ADDRESS,
	CODE_FAMILY_MISSING,
	CODE_ROUTE_MISSING,
	CODE_ROUTE_REJECT,
	CODE_RULE_REJECT,
	CODE_GATEWAY_WRONG,
	CODE_NEIGHBOUR_WRONG,
	CODE_GATEWAY_MAC_WRONG,
	CODE_NEIGHBOUR_SILENT,
	CODE_SERVICE_OTHER_NETWORK,
	CODE_SERVICES_LOST,
	CODE_SERVICE_PORT,
	CODE_SERVICE_EMPTY,
	CODE_PORTS_EXHAUSTED,
	CODE_IPSEC_BLOCK,
	CODE_OWN_RULES_OUT,
	CODE_OWN_RULES_IN,
	CODE_REDIRECTED_BY_OWN_RULES,
	CODE_QDISC_DROP,
	CODE_LOOPBACK_DOWN,
	CODE_DAD_FAILED,
	/* The bridge between. */
	CODE_PORT_DOWN,
	CODE_PORT_DETACHED,
	CODE_BRIDGE_DOWN,
	CODE_PORT_BLOCKED,
	CODE_PORT_ISOLATED,
	CODE_ICC_OFF,
	CODE_PORT_LOCKED,
	CODE_HAIRPIN_OFF,
	CODE_ENTRY_WRONG,
	CODE_ENTRY_MISSING_NO_FLOOD,
	CODE_DUPLICATE_ADDRESS,
	CODE_DUPLICATE_MAC,
	CODE_BRIDGE_RULES,
	CODE_NETDEV_RULES,
	CODE_ARP_RULES,
	CODE_TC_DROP,
	CODE_XDP_DROP,
	CODE_MTU_HOLE,
	CODE_TUNNEL_LOST,
	/* The host. */
	CODE_FORWARDING_OFF,
	CODE_FORWARDING_OFF_LINK,
	CODE_RP_FILTER,
	CODE_ROUTE_OVERLAP,
	CODE_HOST_NO_ROUTE,
	CODE_HOST_RULE,
	CODE_SUBNET_ROUTE_MISSING,
	CODE_GATEWAY_ADDRESS_MISSING,
	CODE_UPLINK_DOWN,
	CODE_OTHER_NETWORK,
	CODE_INTERNAL,
	CODE_RULES_DROP,
	CODE_RULES_POLICY,
	CODE_RULES_REJECT,
	CODE_LEGACY_IPTABLES,
	CODE_RATE_LIMIT,
	CODE_SOURCE_FOREIGN,
	CODE_NO_ROUTER,
	CODE_NO_MASQUERADE,
	CODE_ANSWER_UNTRACKED,
	CODE_SNAT_WRONG,
	CODE_DNAT_TAKEN,
	CODE_CONNTRACK_FULL,
	CODE_TTL,
	CODE_PATH_MTU,
	CODE_PATH_MTU_BLACK_HOLE,
	CODE_ROUTE_LOCALNET_OFF,
	/* The container that is asked. */
	CODE_NOT_LISTENING,
	CODE_LISTENS_LOOPBACK_ONLY,
	CODE_LISTENS_OTHER_ADDRESS,
	CODE_LISTENS_IPV6_ONLY,
	CODE_LISTENS_ELSEWHERE,
	CODE_BACKLOG_FULL,
	CODE_UDP_NO_LISTENER,
	CODE_UDP_CONNECTED_ELSEWHERE,
	CODE_RECEIVE_BUFFER_FULL,
	CODE_SOCKET_FILTER,
	CODE_CHECKSUM,
	CODE_SERVER_STOPPED,
	CODE_RULES_OF_B,
	CODE_RULES_OF_B_RESET,
	CODE_NO_WAY_BACK,
	CODE_WAY_BACK_REJECT,
	CODE_NEIGHBOUR_BACK_WRONG,
	CODE_B_NO_ADDRESS,
	CODE_B_CLAIMS_A,
	CODE_ECHO_IGNORED,
	/* What is published. */
	CODE_NOT_PUBLISHED,
	CODE_PUBLISHED_LOOPBACK_ONLY,
	CODE_CLOSED_DIRECT,
	CODE_PUBLISHED_NO_LISTENER,
	CODE_PUBLISHED_NOT_LED,
	CODE_SERVICE_UNPUBLISHED,
	CODE_SERVICE_PORT_TAKEN,
	CODE_SERVICE_LOOPBACK,
	CODE_INGRESS_LOST,
	/* Names. */
	CODE_NAME_OTHER_NETWORK,
	CODE_NAME_UNKNOWN,
	CODE_INTERNAL_REFUSED,
	CODE_UPSTREAM_DEAD,
	CODE_RESOLVER_STOPPED,
	CODE_RESOLV_CONF_FOREIGN,
	CODE_HOSTS_SHADOW,
	CODE_DNS_OWN_RULES,
	CODE_DNS_REDIRECT_LOST,
	/* What nobody needs a pair to see, and doctor alone tells. */
	CODE_NETD_DOWN,
	CODE_BRIDGE_MISSING,
	CODE_LINK_MISSING,
	CODE_ISOLATION_LOST,
	CODE_MAC_CHANGED,
	CODE_NETD_RULES_LOST,
	CODE_MANAGED_BY_OTHER,
	CODE_RESOLVER_LOOP,
	CODE_CONNECTIONS_LOST,
	CODE_CLUSTER_UNREACHED,
	CODE_CLUSTER_REMOVED,
	CODE_CLUSTER_HOST_LOST,
	CODE_CERTIFICATE_ENDS,
	CODE_N,
};

enum code_part {
	CODE_OF_A,
	CODE_OF_BRIDGE,
	CODE_OF_HOST,
	CODE_OF_B,
	CODE_OF_PORTS,
	CODE_OF_NAMES,
	CODE_OF_DOCTOR
};

struct code_fix {
	enum diag_who who;
	bool is_choice;	  /* opens, joins or reroutes something: never run by --fix */
	const char *say;  /* NULL: the end of the fixes */
	const char *argv; /* words with one space between; NULL: there is no command */
};

struct code {
	const char *word; /* "listens-loopback-only" */
	enum code_part part;
	enum diag_outcome outcome; /* DIAG_UNREACHABLE, DIAG_PARTLY, DIAG_UNDECIDED */
	const char *cause;	   /* of the first line */
	const char *why;	   /* a whole sentence or two */
	const char *seen;	   /* what the connecting program sees, of the page alone */
	const char *fact;	   /* which fact decides, of the page alone */
	struct code_fix fixes[3];
};

extern const struct code codes[CODE_N];
/* One more sentence, which is not the reason; of most there is none: NULL. */
extern const char *const code_notes[CODE_N];

/* NULL: there is none of that word. */
const struct code *code_find(const char *word);

/* Of a netd that is dead, and of one that is stopped: a service manager has a stopped process run
 * on to end it. */
#define CODE_RESTART "systemctl restart netd"

/* What stands for {port} and {protocol} where ping was asked about: any may be published. A fix
 * whose command has {port} is left out then. */
#define CODE_ANY_PORT "PORT"
#define CODE_ANY_PROTOCOL "PROTOCOL"

/* What fills the placeholders. Zeroed is empty and valid; a value that is too long is cut. */
#define CODE_WORD_LEN 400
struct code_words {
	struct {
		const char *key; /* a constant */
		char text[CODE_WORD_LEN];
	} items[CODE_WORDS_MAX];
	size_t n;
	bool is_terse; /* nobody reads a sentence: those alone are kept that decide what comes next
			*/
};

/* Replaces what the key had. A macro, for of a matrix nobody reads a sentence, and the values need
 * not be made then, of which there are a dozen for each place of each pair. */
#define code_word(words, key, ...)                                                                 \
	do {                                                                                       \
		if (code_word_counts(words, key))                                                  \
			code_word_set(words, key, __VA_ARGS__);                                    \
	} while (0)
__attribute__((format(printf, 3, 4))) void code_word_set(struct code_words *words, const char *key,
							 const char *text, ...);

/* Whether the judge goes by it, or by whether there is one. */
static inline bool code_word_decides(const char *key)
{
	return strcmp(key, "matched") == 0 || strcmp(key, "rule") == 0 ||
	       strcmp(key, "unrule") == 0;
}

static inline bool code_word_counts(const struct code_words *words, const char *key)
{
	return !words->is_terse || code_word_decides(key);
}

/* No longer known. */
void code_word_drop(struct code_words *words, const char *key);
/* In the place of all that there were. */
void code_words_copy(const struct code_words *from, struct code_words *ret_words);
/* NULL: not known. */
const char *code_word_get(const struct code_words *words, const char *key);

/* The text with its placeholders filled. false: one of them is not known, and stands as "?". */
bool code_fill(const struct code_words *words, const char *text, struct buf *out);

/* Makes it the verdict's cause, with why and fixes (not of a terse verdict); where there is a cause
 * already it is listed behind it. */
void code_tell(const struct code_words *words, enum code_id id, const char *hop,
	       struct diag_verdict *verdict);

/* docs/diagnosis.md, whole. */
void codes_write_page(struct buf *out);
