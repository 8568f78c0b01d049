// SPDX-License-Identifier: GPL-2.0-or-later
// look_socket.c - who listens in a namespace, and who would take a packet
#include "base/cleanup.h"
#include "kernel/look_parts.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/* Theory of operation. sock_diag(7) answers two different questions here.
 *
 * Who would take this packet? SOCK_DIAG_BY_FAMILY without NLM_F_DUMP runs the kernel's own lookup,
 * with addresses, ports and the incoming link, and tells the one socket (inet_diag's dump_one).
 * ENOENT means that nobody listens there.
 *
 * Who is there? A dump. It costs a walk through the machine's tables, so it is made only when the
 * first question found nobody and the words need it: who listens on that port at another address,
 * or on another port. */

#define ATTR_N 64 /* more than INET_DIAG_MAX */

static const uint8_t families[] = { AF_INET, AF_INET6 };

/* The kernel keeps an address of IPv4 in the first of four words. */
static struct addr addr_of(uint8_t family, const uint32_t words[4])
{
	struct addr addr = { .family = family };

	memcpy(addr.bytes, words, family == AF_INET ? 4 : 16);
	return addr;
}

/* INET_DIAG_SKMEMINFO is an array of 32 bits; a kernel may send fewer or more of them. */
static void read_memory(struct facts_socket *socket, const struct nlattr *attr)
{
	uint32_t memory[SK_MEMINFO_DROPS + 1] = { 0 };
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (len > 0)
		memcpy(memory, mnl_attr_get_payload(attr),
		       len < sizeof(memory) ? len : sizeof(memory));
	socket->rmem = memory[SK_MEMINFO_RMEM_ALLOC];
	socket->rcvbuf = memory[SK_MEMINFO_RCVBUF];
	socket->drops = memory[SK_MEMINFO_DROPS];
}

/* struct inet_diag_msg, with attributes behind it. */
static void read_socket(const struct nlmsghdr *nlh, uint8_t protocol, struct facts_socket *socket)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[ATTR_N];

	look_attrs(nlh, sizeof(*msg), attrs, ATTR_N);
	*socket = (struct facts_socket) {
		.protocol = protocol,
		.state = msg->idiag_state,
		.addr = addr_of(msg->idiag_family, msg->id.idiag_src),
		.port = ntohs(msg->id.idiag_sport),
		.peer_port = ntohs(msg->id.idiag_dport),
		.ifindex = (int)msg->id.idiag_if,
		.v6only = look_u8(attrs[INET_DIAG_SKV6ONLY]) != 0,
		.rqueue = msg->idiag_rqueue,
		.wqueue = msg->idiag_wqueue,
		.uid = msg->idiag_uid,
		.inode = msg->idiag_inode,
	};
	/* A peer's port of 0 means that the socket is not connected. */
	if (socket->peer_port)
		socket->peer = addr_of(msg->idiag_family, msg->id.idiag_dst);
	read_memory(socket, attrs[INET_DIAG_SKMEMINFO]);
}

struct listing {
	struct look_shot *shot;
	uint8_t protocol;
	size_t max; /* in the picture */
};

/* Both request types have answers of one shape. The type of the answer is that of the request. */
static int add_socket(const struct nlmsghdr *nlh, void *data)
{
	const struct listing *listing = data;
	struct facts_socket *socket;
	int err;

	if ((nlh->nlmsg_type != SOCK_DIAG_BY_FAMILY && nlh->nlmsg_type != TCPDIAG_GETSOCK) ||
	    nlh->nlmsg_len < mnl_nlmsg_size(sizeof(struct inet_diag_msg)))
		return 0;
	/* Half a list would say that somebody is not there. So the whole list fails, and the facts
	 * say that there are many. */
	if (listing->shot->space->n_sockets >= listing->max)
		return -E2BIG;
	socket = LOOK_ADD(listing->shot, sockets, &err);
	if (!socket)
		return err;
	read_socket(nlh, listing->protocol, socket);
	return 0;
}

/* All states; who asks narrows them. */
static struct nlmsghdr *diag_request(struct look *look, uint16_t flags, uint8_t family,
				     uint8_t protocol, struct inet_diag_req_v2 **ret_req)
{
	struct nlmsghdr *nlh = look_ask_for(look, SOCK_DIAG_BY_FAMILY, flags, sizeof(**ret_req),
					    (void *)ret_req);
	struct inet_diag_req_v2 *req = *ret_req;

	req->sdiag_family = family;
	req->sdiag_protocol = protocol;
	/* Extensions are bits, counted from 0 where the attributes count from 1. */
	req->idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1);
	req->idiag_states = ~0U;
	return nlh;
}

/* A program of the kernel's for a dump: first <= the socket's port <= last. A jump beyond the end
 * refuses the socket (inet_diag_bc_run). Each operation is 4 bytes: code, yes (how far to go on
 * when it holds, in bytes), no (how far otherwise). Behind it stands its operand. yes 8 leads
 * behind the operand. */
static void put_port(struct nlmsghdr *nlh, uint16_t port)
{
	const struct inet_diag_bc_op ops[] = {
		{ .code = INET_DIAG_BC_S_GE, .yes = 8, .no = 20 },
		{ .no = port },
		{ .code = INET_DIAG_BC_S_LE, .yes = 8, .no = 12 },
		{ .no = port },
	};

	if (port != 0)
		mnl_attr_put(nlh, INET_DIAG_REQ_BYTECODE, sizeof(ops), ops);
}

/* Those of one family, on a port or (0) on all. */
static int dump_family(const struct listing *listing, uint8_t family, uint32_t states,
		       uint16_t port)
{
	struct look_shot *shot = listing->shot;
	struct inet_diag_req_v2 *req;
	struct nlmsghdr *nlh = diag_request(shot->look, NLM_F_DUMP, family, listing->protocol,
					    &req);

	req->idiag_states = states;
	put_port(nlh, port);
	return look_talk(shot->look, shot->place, LOOK_SOCK_DIAG, nlh, add_socket, (void *)listing);
}

/* TCP's of both families by the request of before sock_diag, which asks for no family: the kernel
 * walks all of the machine's 65,536 buckets of listeners for each request, in most of a
 * millisecond. TCPDIAG_GETSOCK has no room for a protocol: it is TCP's. The answer names the family
 * of each socket. */
static int dump_tcp(const struct listing *listing, uint32_t states, uint16_t port)
{
	struct look_shot *shot = listing->shot;
	struct inet_diag_req *req;
	struct nlmsghdr *nlh = look_ask_for(shot->look, TCPDIAG_GETSOCK, NLM_F_DUMP, sizeof(*req),
					    &req);

	req->idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1);
	req->idiag_states = states;
	put_port(nlh, port);
	return look_talk(shot->look, shot->place, LOOK_SOCK_DIAG, nlh, add_socket, (void *)listing);
}

/* The old request may be missing in a kernel to come, so the new one is tried then. */
static int list(const struct listing *listing, uint32_t states, uint16_t port)
{
	size_t before = listing->shot->space->n_sockets;
	int err = listing->protocol == IPPROTO_TCP ? dump_tcp(listing, states, port) : -ENOENT;

	/* What the kernel says of a request that it does not know. */
	if (err == -ENOENT || err == -EINVAL || err == -EOPNOTSUPP) {
		/* What the refused request may have left is dropped. */
		listing->shot->space->n_sockets = before;
		err = 0;
		for (size_t i = 0; i < ARRAY_SIZE(families) && (err == 0 || err == -EINTR); i++)
			err = dump_family(listing, families[i], states, port);
	}
	/* Sockets come and go at any time: that a few did meanwhile is no news. */
	return err == -EINTR ? 0 : err;
}

/* Whether there are as many sockets as ports for those who connect. Sockets in TIME_WAIT hold their
 * port, too. Without the figures the answer is no. */
static bool may_lack_ports(const struct facts_space *space)
{
	int64_t from, to, in_use, waiting;

	return facts_value(space, "net.ipv4.ip_local_port_range.from", &from) &&
	       facts_value(space, "net.ipv4.ip_local_port_range.to", &to) &&
	       facts_value(space, "sockstat.TCP.inuse", &in_use) &&
	       facts_value(space, "sockstat.TCP.tw", &waiting) && in_use + waiting > to - from;
}

/* All that there are, unless they are many: netd itself has one for each published port. Half a
 * list is none. */
static int list_all(struct look_shot *shot)
{
	/* The others are a walk through the whole machine's table: only where they can matter. All
	 * states: connections that are there keep ports from new ones. */
	uint32_t states = may_lack_ports(shot->space) ? ~0U : 1U << TCP_LISTEN;
	int err = list(&(struct listing) { shot, IPPROTO_TCP, LOOK_SOCKETS_MAX }, states, 0);

	if (err == 0)
		err = list(&(struct listing) { shot, IPPROTO_UDP, LOOK_SOCKETS_MAX }, ~0U, 0);
	if (err < 0)
		shot->space->n_sockets = 0;
	/* A failure leaves "many", which says that the list is not there. */
	if (err == 0)
		shot->space->has_many_sockets = false;
	return err;
}

/* Asked by the judge for one port. The first time all are listed, because the next question is
 * often about another port. */
int look_port_sockets(void *data, struct facts_space *space, uint8_t protocol, uint16_t port)
{
	struct look_place *place = look_place(data, space->key);
	struct look_shot shot = { .look = data, .place = place, .space = space };
	struct listing listing = { &shot, protocol, LOOK_ITEMS_MAX };
	int err = place ? look_open(place) : -ENOENT;

	if (err < 0)
		return err;
	shot.room.sockets = space->n_sockets;
	/* Whoever asks for one port shows the others, too, where they are few. */
	if (!place->has_listed && port != 0) {
		place->has_listed = true;
		err = list_all(&shot);
		if (err == 0)
			return 0;
		if (err != -E2BIG)
			/* -ENOMEM ends the look; any other failure is written into the picture. */
			return facts_missing(space, "sockets", err) < 0 ? -ENOMEM : err;
	}
	return list(&listing, protocol == IPPROTO_TCP ? 1U << TCP_LISTEN : ~0U, port);
}

/* Nobody needs the list as long as the kernel names the socket that takes the packet: it is for a
 * port where none does (look_port_sockets). The part "sockets". -E2BIG is no failure:
 * has_many_sockets says it. */
int look_sockets(struct look_shot *shot)
{
	int err;

	shot->place->has_listed = shot->look->is_whole;
	shot->space->has_many_sockets = true;
	err = shot->look->is_whole ? list_all(shot) : 0;
	return err == -E2BIG ? 0 : err;
}

/* ---- who would take a packet ---- */

struct taking {
	uint8_t protocol;
	struct facts_taker *answer;
};

/* The one answer. */
static int read_taker(const struct nlmsghdr *nlh, void *data)
{
	const struct taking *taking = data;

	if (nlh->nlmsg_len < mnl_nlmsg_size(sizeof(struct inet_diag_msg)))
		return -EBADMSG;
	read_socket(nlh, taking->protocol, &taking->answer->socket);
	return 0;
}

/* Addresses stand in network order, in four words whatever the family is. */
static void put_end(uint32_t words[4], uint16_t *port, const struct addr *addr, uint16_t number)
{
	memcpy(words, addr->bytes, sizeof(addr->bytes));
	*port = htons(number);
}

/* The lookup's answer may be a socket of the other family: an IPv6 socket takes packets of IPv4. */
void look_taker(void *data, const struct facts_space *space, const struct facts_taker_asked *asked,
		struct facts_taker *answer)
{
	struct look_place *place = look_place(data, space->key);
	struct taking taking = { asked->protocol, answer };
	struct inet_diag_req_v2 *req;
	struct inet_diag_sockid *id;
	struct nlmsghdr *nlh;

	/* -ENODATA: not asked. -ENOENT: nobody takes it. */
	*answer = (struct facts_taker) { .err = -ENODATA };
	if (!place || look_open(place) < 0 ||
	    (asked->protocol != IPPROTO_TCP && asked->protocol != IPPROTO_UDP))
		return;
	nlh = diag_request(data, 0, asked->dst.family, asked->protocol, &req);
	id = &req->id;
	/* The incoming link matters for sockets that are bound to a device. */
	id->idiag_if = (uint32_t)asked->iif;
	id->idiag_cookie[0] = id->idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	/* TCP's lookup takes "source" for the socket's own end. UDP's takes it for the sender. */
	if (asked->protocol == IPPROTO_TCP) {
		put_end(id->idiag_src, &id->idiag_sport, &asked->dst, asked->dport);
		put_end(id->idiag_dst, &id->idiag_dport, &asked->src, asked->sport);
	} else {
		put_end(id->idiag_src, &id->idiag_sport, &asked->src, asked->sport);
		put_end(id->idiag_dst, &id->idiag_dport, &asked->dst, asked->dport);
	}
	answer->err = look_talk(data, place, LOOK_SOCK_DIAG, nlh, read_taker, &taking);
}
