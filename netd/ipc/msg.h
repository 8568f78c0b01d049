// SPDX-License-Identifier: GPL-2.0-or-later
// msg.h - the messages between plumber and resolver: reader and writer side by side
#pragma once

#include "base/addr.h"
#include "base/family.h"
#include "base/histogram.h"
#include "base/limits.h"
#include "base/wire.h"

#include <stdbool.h>
#include <stdint.h>

/* Theory of operation. The resolver listens on <run>/resolver.sock (it inherits the socket as fd
 * 3); the plumber connects, says HELLO with a page of shared memory, and the resolver answers with
 * HELLO and an inventory of what it still serves (ADOPT_VIEW, ADOPT_RELAY …, READY). The plumber
 * then sends CONFIG, everything there is (NETWORK, VIEW, NAME, RELAY) and SYNC: what was not
 * mentioned between HELLO and SYNC is forgotten. A plumber that dies changes nothing; the next one
 * connects and does the same. A new connection replaces the old one.
 *
 * Visibility. After each batch of messages the plumber stores the number of messages sent on this
 * connection into the shared page (struct ipc_page). Before it answers any question, the resolver
 * compares that with the number it has processed, and drains the channel first when it is behind.
 * So a name is visible to every query sent after the plumber's reply, at the cost of one load per
 * query.
 *
 * Keeping. The plumber keeps a duplicate of each socket that the resolver serves, and of all that a
 * relayed connection consists of, so that they outlive the resolver: what has arrived waits in them
 * for its successor, which is handed them. What the plumber has not opened itself it is offered
 * (KEEP_VIEW, KEEP_RELAY, FLOW) after SYNC, and when there is something new. It reads nothing of
 * it. Questions that were read but not answered are in a file of memory that lives on in the same
 * way (resolver/listen/journal.h). */

/* The descriptors that a resolver inherits: where it listens for a plumber, and that file. */
#define IPC_LISTEN_FD 3
#define IPC_JOURNAL_FD 4

#define IPC_VERSION 7
#define IPC_VERSION_OLDEST                                                                         \
	3		  /* without Keeping; both sides still speak it, for a change of release */
#define IPC_VERSION_LOG 5 /* the first with LOG */
#define IPC_VERSION_FIGURES 6 /* the first with ASKED and FIGURES */
#define IPC_VERSION_TRACE 7   /* the first with TRACE */

struct ipc_page {
	uint64_t n_sent; /* atomic; written by the plumber only */
};

enum ipc_type {
	IPC_HELLO = 1,	/* both ways; plumber: fd of the page; resolver: none. The resolver says the
			   plumber's version where it speaks that, else its own, and hangs up */
	IPC_ADOPT_VIEW, /* resolver: a view whose sockets it still holds */
	IPC_ADOPT_RELAY, /* resolver: a relay whose socket it still holds */
	IPC_READY,	 /* resolver: end of inventory */
	IPC_CONFIG,	 /* plumber */
	IPC_NETWORK,	 /* plumber: a network exists (or changed) */
	IPC_NETWORK_GONE,
	IPC_VIEW, /* plumber: a container asks; fds: UDP, TCP, [keeper] or none when adopted/updated
		   */
	IPC_VIEW_GONE,
	IPC_NAME, /* plumber: network, name, address */
	IPC_NAME_GONE,
	IPC_RELAY, /* plumber: fds: one socket, or none when adopted */
	IPC_RELAY_GONE,
	IPC_SYNC,	  /* plumber: all has been said */
	IPC_QUERY,	  /* plumber: answer this DNS message as if view had asked */
	IPC_ANSWER,	  /* resolver: the answer to a QUERY; to a TRACE, behind its steps */
	IPC_STATS,	  /* plumber asks (empty), resolver answers with counters */
	IPC_SOCKETS,	  /* resolver: sockets inside a container are wanted; plumber: fds: these */
	IPC_KEEP_VIEW,	  /* resolver: fds: a view's UDP and TCP */
	IPC_KEEP_RELAY,	  /* resolver: fds: a relay's socket */
	IPC_KEEP_JOURNAL, /* resolver: fds: the file of questions */
	IPC_FLOW,	  /* both ways: a relayed connection; fds: IPC_FLOW_FDS_TCP or _UDP */
	IPC_FLOW_GONE,	  /* resolver: it is over */
	IPC_REQUEST,	  /* both ways, of roles that are asked things (ipc/calls.h); the resolver
			     is not, and hangs up */
	IPC_REPLY,	  /* both ways: the answer to a REQUEST */
	IPC_LOG,	  /* plumber: fds: the ring in which questions are noted (dns/log.h) */
	IPC_ASKED,	  /* resolver, before FIGURES: how much containers have asked */
	IPC_FIGURES, /* plumber asks (empty), resolver answers with all it counts of questions */
	IPC_TRACE,   /* plumber: as QUERY, and say how it is decided (dns/steps.h) */
	IPC_N_TYPES,
};

/* Body of each message after the type byte. Strings are bounded; lists carry their count. */

struct ipc_hello {
	uint32_t version;
	uint32_t pid;
};

struct ipc_config {
	uint32_t ttl_s;
	bool forward_single;
	uint8_t n_upstreams; /* the host's, in order, from resolv.conf; the plumber follows the file
			      */
	struct addr upstreams[DNS_SERVERS_MAX];
	uint16_t upstream_ports[DNS_SERVERS_MAX]; /* 53 */
	uint32_t upstream_zones[DNS_SERVERS_MAX]; /* interface of a link-local one; else 0 */
};

struct ipc_network {
	uint32_t number;
	bool internal;
	bool answer_one; /* of the addresses of a name, drawn anew for each answer */
	char name[NAME_LEN_MAX + 1];
};

/* A container as one who asks. Its networks, in the order in which they are searched; its own
 * upstreams (--dns), asked from its own netns through IPC_SOCKETS; its links: names only it sees.
 */
struct ipc_view_link {
	char alias[NAME_LEN_MAX + 1];
	char target[NAME_LEN_MAX + 1]; /* a name in one of the networks, or an address */
	uint32_t network;	       /* the only one it is looked up in; 0: all */
};
struct ipc_view {
	uint32_t number;
	uint16_t port;		     /* of the sockets, for the inventory */
	uint64_t netns_inode;	     /* so that an adopted view is known to be the same netns */
	char name[NAME_LEN_MAX + 1]; /* for logs */
	bool forward; /* false: every network is internal, nothing leaves but to its own upstreams
		       */
	uint8_t n_networks;
	uint32_t networks[NETWORKS_PER_CONTAINER_MAX];
	uint8_t n_upstreams;
	struct addr upstreams[DNS_SERVERS_MAX];
	uint8_t n_links;
	struct ipc_view_link *links; /* decoder: malloced, freed by ipc_view_done */
};

struct ipc_name {
	uint32_t network;
	char name[NAME_LEN_MAX + 1]; /* any spelling; matched without case */
	struct addr addr;
	bool canonical;	 /* the container's own name: what PTR gives */
	bool answer_one; /* as of a network, for this name */
};

struct ipc_relay {
	uint32_t number;  /* the plumber's */
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	struct addr listen;
	uint16_t listen_port;
	struct addr target;
	uint16_t target_port;
};

struct ipc_query { /* and IPC_ANSWER */
	uint32_t id;
	uint32_t view;		/* 0: the host, which sees all networks */
	uint16_t len;		/* of the DNS message that follows */
	const uint8_t *message; /* points into the received buffer */
};

enum ipc_socket_kind {
	IPC_SOCKET_UDP4,
	IPC_SOCKET_UDP6,
	IPC_SOCKET_TCP4,
	IPC_SOCKET_TCP6,
	IPC_SOCKET_N_KINDS,
};

static inline enum ipc_socket_kind ipc_socket_udp(enum family family)
{
	return family == FAMILY_6 ? IPC_SOCKET_UDP6 : IPC_SOCKET_UDP4;
}

static inline enum ipc_socket_kind ipc_socket_tcp(enum family family)
{
	return family == FAMILY_6 ? IPC_SOCKET_TCP6 : IPC_SOCKET_TCP4;
}

/* How many of each kind, unbound; all together IPC_FDS_MAX. */
struct ipc_sockets {
	uint32_t view;
	uint8_t n[IPC_SOCKET_N_KINDS];
};

/* A relayed connection, or the datagrams of one client. TCP: the client's socket, the target's, and
 * the two ends of the pipe that holds what came from the client, and of that from the target. UDP:
 * the socket connected to the target. */
#define IPC_FLOW_FDS_TCP 6
#define IPC_FLOW_FDS_UDP 1
#define IPC_FLOW_FDS_MAX 6
#define IPC_FLOW_STATE_MAX 128
struct ipc_flow {
	uint32_t number; /* the resolver's; its successor's start above it */
	uint8_t protocol;
	struct addr listen; /* of its relay: numbers of relays are given anew */
	uint16_t listen_port;
	uint8_t n_state; /* what else a successor must know; for nobody else to read */
	uint8_t state[IPC_FLOW_STATE_MAX];
};

/* A REQUEST, or the REPLY to it. The body points into the message. */
struct ipc_call {
	uint32_t id; /* of the request, drawn by who asks */
	uint16_t
		what; /* is asked for, as the two agree; of a reply: 0, or the errno of a refusal */
	uint16_t len;
	const uint8_t *body;
};

#define IPC_JOURNAL_SIZE (2 * 1024 * 1024) /* pages that are never written take no memory */

/* Since the resolver started; the plumber counts what they grow by, unless version 3 is spoken,
 * which ends after cache_entries. */
struct ipc_stats {
	uint64_t queries, local, forwarded, cached, failed, refused, relayed;
	uint64_t views, names, cache_entries;
	/* What the resolver turned away, gave up or saw through, for its own protection. */
	uint64_t shed;		/* questions beyond what their container may have waiting */
	uint64_t late;		/* questions that waited for their turn until it was too late */
	uint64_t tcp_closed;	/* TCP clients closed for others, or for they did not read */
	uint64_t flows_refused; /* relayed connections, and datagrams of new clients */
	uint64_t no_descriptor; /* times that there was none left for a client or a question */
	uint64_t misfits;	/* datagrams from a server's address that answer another question */
};

/* What became of containers' questions, since the resolver started. By source, in the order of enum
 * dns_log_source, and code: RCODE 0 to 5, another one, no answer. */
#define IPC_DNS_SOURCES 6
#define IPC_DNS_CODE_OTHER 6
#define IPC_DNS_CODE_NONE 7
#define IPC_DNS_CODES 8
struct ipc_dns {
	uint64_t answers[IPC_DNS_SOURCES][IPC_DNS_CODES];
	struct histogram took[IPC_DNS_SOURCES];
};

/* One of the host's servers. */
struct ipc_upstream {
	struct addr addr;
	uint16_t port;
	bool is_up;	     /* it is asked first, as long as it answers */
	uint64_t n_failures; /* questions that it did not answer, or answered with an error */
};
struct ipc_figures {
	struct ipc_dns dns;
	uint8_t n_upstreams;
	struct ipc_upstream upstreams[DNS_SERVERS_MAX];
};

/* ASKED: some of the views, each once; as many messages as it takes. */
#define IPC_ASKED_MAX 512 /* in one message: 10 KB */
struct ipc_asked_view {
	uint32_t number;
	uint64_t n_queries, n_failed; /* without an answer, or with SERVFAIL */
};
struct ipc_asked {
	uint16_t n;
	struct ipc_asked_view views[IPC_ASKED_MAX];
};

/* Writers append type and body to wire (wire.err tells); readers expect the type byte consumed and
 * fail with wire->err = -EBADMSG on anything but an exact body. Each pair is in msg.c side by side.
 */
void ipc_put_hello(struct wire *wire, const struct ipc_hello *hello);
void ipc_get_hello(struct wire *wire, struct ipc_hello *ret_hello);
void ipc_put_empty(
	struct wire *wire,
	enum ipc_type type); /* READY, SYNC, request for STATS and FIGURES, KEEP_JOURNAL, LOG */
void ipc_get_empty(struct wire *wire);
/* KEEP_VIEW, KEEP_RELAY, FLOW_GONE: a number is all they say. */
void ipc_put_number(struct wire *wire, enum ipc_type type, uint32_t number);
void ipc_get_number(struct wire *wire, uint32_t *ret_number);
void ipc_put_config(struct wire *wire, const struct ipc_config *config);
void ipc_get_config(struct wire *wire, struct ipc_config *ret_config);
void ipc_put_network(struct wire *wire, enum ipc_type type, const struct ipc_network *network);
void ipc_get_network(struct wire *wire, struct ipc_network *ret_network); /* _GONE too */
void ipc_put_view(struct wire *wire, enum ipc_type type, const struct ipc_view *view);
void ipc_get_view(struct wire *wire, struct ipc_view *ret_view); /* ADOPT_VIEW, VIEW, VIEW_GONE */
void ipc_view_done(struct ipc_view *view);
void ipc_put_name(struct wire *wire, enum ipc_type type, const struct ipc_name *name);
void ipc_get_name(struct wire *wire, struct ipc_name *ret_name);
void ipc_put_relay(struct wire *wire, enum ipc_type type, const struct ipc_relay *relay);
void ipc_get_relay(struct wire *wire, struct ipc_relay *ret_relay);
void ipc_put_query(struct wire *wire, enum ipc_type type, const struct ipc_query *query);
void ipc_get_query(struct wire *wire, struct ipc_query *ret_query);
void ipc_put_call(struct wire *wire, enum ipc_type type, const struct ipc_call *call);
void ipc_get_call(struct wire *wire, struct ipc_call *ret_call); /* REQUEST, REPLY */
void ipc_put_stats(struct wire *wire, const struct ipc_stats *stats);
void ipc_get_stats(struct wire *wire, struct ipc_stats *ret_stats);
void ipc_put_figures(struct wire *wire, const struct ipc_figures *figures);
void ipc_get_figures(struct wire *wire, struct ipc_figures *ret_figures);
void ipc_put_asked(struct wire *wire, const struct ipc_asked *asked);
void ipc_get_asked(struct wire *wire, struct ipc_asked *ret_asked);
void ipc_put_sockets(struct wire *wire, const struct ipc_sockets *sockets);
void ipc_get_sockets(struct wire *wire, struct ipc_sockets *ret_sockets);
void ipc_put_flow(struct wire *wire, const struct ipc_flow *flow);
void ipc_get_flow(struct wire *wire, struct ipc_flow *ret_flow);
/* How many descriptors come with it. */
unsigned ipc_flow_n_fds(const struct ipc_flow *flow);
