// SPDX-License-Identifier: GPL-2.0-or-later
// judge_socket.c - who takes the packet: nobody and why, or somebody who cannot
#include "diag/judge_walk.h"
#include "diag/socket_filter.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. The kernel is asked which socket would take this packet (SOCK_DIAG, as
 * in __inet_lookup() and its likes). If there is one, three things can still lose the packet: a
 * filter at the socket, a full queue or buffer, and a program that is stopped. If there is
 * none, the listeners of the namespace are looked at for the reason: bound to loopback, to
 * another address, to IPv6 only, connected to somebody else, or in another namespace. Only then
 * nobody listens.
 *
 * On the host two sockets are not what they seem. netd holds each published port with a socket
 * that answers nobody (reserved_for()), and a relay of netd's takes what NAT cannot lead
 * (note_relay()). */

/* What listens on the port that was asked for, by the reason why it does not take the packet. */
struct seen_socket {
	const struct facts_socket *loopback, *other, *ipv6, *connected;
};

/* The host under A's name for it, where B is a container on the host's network. */
static const char *where_of(const struct judge_walk *walk, const struct facts_space *space)
{
	const struct facts_container *container = judge_container_of(walk->facts, space);

	if (space == walk->host)
		return walk->far->space == space && walk->far->container ? walk->far->name : "host";
	return container ? container->name : judge_name_of(walk, space);
}

const struct facts_owner *judge_owner_of(struct judge_walk *walk, const struct facts_space *space,
					 const struct facts_socket *socket)
{
	struct facts_owner_asked asked = { .inode = socket->inode };
	const struct facts_owner *owner = facts_ask_owner(walk->facts, space, &asked);

	/* Who is not in there may hold a socket in there all the same, as netd's resolver does. */
	if ((owner->err == -ENOENT || owner->err == -EACCES) && walk->host && space != walk->host) {
		const struct facts_owner *of_host = facts_ask_owner(walk->facts, walk->host,
								    &asked);

		if (of_host->err == 0 || owner->err == -ENOENT)
			owner = of_host;
	}
	return owner;
}

/* A socket may be held by a process of the host, as in judge_owner_of(). */
static const struct facts_filter *filter_of(struct judge_walk *walk,
					    const struct facts_space *space,
					    const struct facts_socket *socket)
{
	struct facts_filter_asked asked = { .inode = socket->inode };
	const struct facts_filter *filter = facts_ask_filter(walk->facts, space, &asked);

	if (filter->err == -ENOENT && walk->host && space != walk->host)
		filter = facts_ask_filter(walk->facts, walk->host, &asked);
	return filter;
}

/* "127.0.0.1", "[::1]": as it is written in front of a port. The owner is told if he can be
 * seen; it costs a look into /proc. */
static void fill_bound(struct judge_walk *walk, const struct facts_space *space,
		       const struct facts_socket *socket)
{
	const struct facts_owner *owner;
	char process[CODE_WORD_LEN] = "";

	if (walk->words.is_terse)
		return;
	owner = judge_owner_of(walk, space, socket);
	code_word(&walk->words, "bound", "%s", ADDR_STR(&socket->addr));
	code_word(&walk->words, "any", "%s",
		  walk->packet.dst.family == AF_INET6 ? "::" : "0.0.0.0");
	if (owner->err == 0)
		(void)snprintf(process, sizeof(process), " (%s, pid %d)", owner->process,
			       (int)owner->pid);
	else if (owner->err == -EACCES)
		(void)snprintf(process, sizeof(process), " (a process that may not be looked at)");
	code_word(&walk->words, "process", "%s", process);
}

/* Of UDP there is no state "listening": every socket takes datagrams. */
static bool listens(const struct facts_socket *socket, uint8_t protocol)
{
	return socket->protocol == protocol &&
	       (protocol != IPPROTO_TCP || socket->state == TCP_LISTEN);
}

/* Ports that are listened on, as a hint: ", e.g. 80 and 8080". The kernel's list has them in
 * the order of its table; the first three are enough. */
static void fill_ports(struct judge_walk *walk, const struct facts_space *space)
{
	char text[96] = "";
	size_t n = 0;

	if (walk->words.is_terse)
		return;
	for (size_t i = 0; i < space->n_sockets && n < 3; i++) {
		const struct facts_socket *socket = &space->sockets[i];
		size_t len = strlen(text);

		/* netd's resolver is in each container, and is nobody's server. */
		if (!listens(socket, walk->protocol) || addr_is_loopback(&socket->addr) ||
		    addr_is_set(&socket->peer))
			continue;
		(void)snprintf(text + len, sizeof(text) - len, "%s%u", n++ ? ", " : ": ",
			       socket->port);
	}
	code_word(&walk->words, "ports", "%s", text);
}

/* The listeners of that port that did not take the packet, each under its reason. Of several
 * the last one counts. */
static void look(const struct judge_walk *walk, const struct facts_space *space,
		 struct seen_socket *ret_seen)
{
	struct seen_socket seen = { 0 };
	bool is_4 = walk->packet.dst.family == AF_INET;

	/* Of many sockets only those on this port are read. */
	facts_ask_sockets(walk->facts, space, walk->protocol, walk->packet.dport);
	for (size_t i = 0; i < space->n_sockets; i++) {
		const struct facts_socket *socket = &space->sockets[i];

		if (socket->port != walk->packet.dport || !listens(socket, walk->protocol))
			continue;
		/* It takes packets of one peer alone. */
		if (addr_is_set(&socket->peer))
			seen.connected = socket;
		else if (addr_is_loopback(&socket->addr))
			seen.loopback = socket;
		else if (is_4 && socket->addr.family == AF_INET6 &&
			 (socket->v6only || !addr_is_any(&socket->addr)))
			seen.ipv6 = socket;
		else if (!addr_is_any(&socket->addr) || socket->addr.family != AF_INET6)
			seen.other = socket;
	}
	*ret_seen = seen;
}

/* --- nobody ----------------------------------------------------------------------------------- */

/* What is published is a hint: a wrong port is the most common mistake. */
static void fill_published(struct judge_walk *walk)
{
	char others[160] = "";
	size_t n = 0;

	if (walk->words.is_terse)
		return;
	for (size_t i = 0; i < walk->facts->n_containers; i++)
		for (size_t j = 0; j < walk->facts->containers[i].n_ports && n < 3; j++) {
			const struct facts_port *port = &walk->facts->containers[i].ports[j];
			size_t len = strlen(others);

			/* By IPv4 and by IPv6 it is one. */
			if (j > 0 && port[-1].host_port == port->host_port)
				continue;
			(void)snprintf(others + len, sizeof(others) - len, "%s%u",
				       n++ ? ", " : "; published: ", port->host_port);
		}
	code_word(&walk->words, "others", "%s", others);
}

/* A port of the host: of a container that publishes it elsewhere, or of nobody. */
static enum judge_at nobody_on_host(struct judge_walk *walk)
{
	const struct facts_container *by = NULL;
	/* With NULL any address counts: the container may publish the port on another one. */
	const struct facts_port *port = facts_published(walk->facts, NULL, walk->packet.dport,
							walk->protocol, &by);

	/* Published, but not on the address that was asked. */
	if (port && addr_is_set(&port->host) && !addr_is_any(&port->host)) {
		code_word(&walk->words, "bound", "%s", ADDR_STR(&port->host));
		return judge_bad(walk, CODE_PUBLISHED_LOOPBACK_ONLY, "host.ports", "host",
				 JUDGE_LOST);
	}
	fill_published(walk);
	return judge_bad(walk, CODE_NOT_PUBLISHED, "host.ports", "host", JUDGE_LOST);
}

/* A connected socket is the one reason that only UDP has. */
static enum judge_at nobody_udp(struct judge_walk *walk, const struct facts_space *space,
				const struct seen_socket *seen, const char *where)
{
	if (!seen->connected)
		return judge_bad(walk, CODE_UDP_NO_LISTENER, "to.socket", where, JUDGE_LOST);
	fill_bound(walk, space, seen->connected);
	code_word(&walk->words, "peer", "%s:%u", ADDR_STR(&seen->connected->peer),
		  seen->connected->peer_port);
	return judge_bad(walk, CODE_UDP_CONNECTED_ELSEWHERE, "to.socket", where, JUDGE_LOST);
}

/* A server that was started beside the container. What netd listens on to reserve the ports that it
 * publishes is none. */
static bool is_on_host(struct judge_walk *walk, const struct facts_space *space)
{
	const struct facts_container *by;
	uint16_t port = walk->packet.dport;

	if (!walk->host || space == walk->host ||
	    facts_published(walk->facts, NULL, port, walk->protocol, &by))
		return false;
	facts_ask_sockets(walk->facts, walk->host, walk->protocol, port);
	for (size_t i = 0; i < walk->host->n_sockets; i++)
		if (walk->host->sockets[i].port == port &&
		    listens(&walk->host->sockets[i], walk->protocol) &&
		    !addr_is_set(&walk->host->sockets[i].peer)) {
			code_word(&walk->words, "listener", "the host");
			code_word(&walk->words, "elsewhere", "the host");
			return true;
		}
	return false;
}

/* Whose network namespace that is. NULL would be no name for a sentence: "another" stands for a
 * namespace that nobody here has. */
static const char *name_of_netns(const struct judge_walk *walk, uint64_t netns)
{
	if (walk->host && walk->host->netns == netns)
		return "the host";
	for (size_t i = 0; i < walk->facts->n_containers; i++)
		if (walk->facts->containers[i].netns == netns)
			return walk->facts->containers[i].name;
	return "another";
}

/* A process of the container itself, which is in another network namespace. Programs that
 * change their namespace do so on purpose, but rarely with that aim. */
static bool is_elsewhere(struct judge_walk *walk, const struct facts_space *space)
{
	const struct facts_container *container = judge_container_of(walk->facts, space);
	struct facts_elsewhere_asked asked = {
		.pid = container ? container->pid : 0,
		.protocol = walk->protocol,
		.port = walk->packet.dport,
	};
	const struct facts_elsewhere *found;

	if (!container || container->pid <= 0 || space == walk->host)
		return false;
	found = facts_ask_elsewhere(walk->facts, space, &asked);
	if (found->err)
		return false;
	code_word(&walk->words, "elsewhere", "%s", name_of_netns(walk, found->netns));
	code_word(&walk->words, "listener", "its %s (pid %d) in the namespace of %s",
		  found->process, (int)found->pid, name_of_netns(walk, found->netns));
	return true;
}

/* Nobody takes it. The order is from what is sure to what is only likely. */
static enum judge_at nobody(struct judge_walk *walk, const struct facts_space *space)
{
	const char *where = where_of(walk, space);
	const struct facts_container *by;
	struct seen_socket seen;

	/* Both need the list of sockets: the reason, and the hint which ports there are. */
	look(walk, space, &seen);
	fill_ports(walk, space);
	/* netd's own sockets reserve what is published, and are nobody's server. */
	if (space == walk->host &&
	    facts_published(walk->facts, NULL, walk->packet.dport, walk->protocol, &by))
		return nobody_on_host(walk);
	/* Loopback first: it is by far the most frequent. */
	if (seen.loopback) {
		fill_bound(walk, space, seen.loopback);
		return judge_bad(walk, CODE_LISTENS_LOOPBACK_ONLY, "to.socket", where, JUDGE_LOST);
	}
	if (seen.ipv6) {
		fill_bound(walk, space, seen.ipv6);
		return judge_bad(walk, CODE_LISTENS_IPV6_ONLY, "to.socket", where, JUDGE_LOST);
	}
	if (seen.other) {
		fill_bound(walk, space, seen.other);
		return judge_bad(walk, CODE_LISTENS_OTHER_ADDRESS, "to.socket", where, JUDGE_LOST);
	}
	/* On the host itself a port without a listener may be published elsewhere. */
	if (space == walk->host && !walk->far->container)
		return nobody_on_host(walk);
	if (is_elsewhere(walk, space))
		return judge_bad(walk, CODE_LISTENS_ELSEWHERE, "to.socket", where, JUDGE_LOST);
	/* A published port leads here: the person asked for the host's port and needs to know
	 * which that is. */
	if (walk->published_by && walk->protocol == IPPROTO_TCP) {
		code_word(&walk->words, "host-port", "%u", walk->host_port);
		return judge_bad(walk, CODE_PUBLISHED_NO_LISTENER, "to.socket", where, JUDGE_LOST);
	}
	if (walk->protocol == IPPROTO_UDP)
		return nobody_udp(walk, space, &seen, where);
	/* Somebody on the host listens there: the program was started beside the container. */
	if (is_on_host(walk, space))
		return judge_bad(walk, CODE_LISTENS_ELSEWHERE, "to.socket", where, JUDGE_LOST);
	return judge_bad(walk, CODE_NOT_LISTENING, "to.socket", where, JUDGE_LOST);
}

/* What a datagram takes of the buffer: a header of the kernel's and a block, small or large. */
#define SMALL_DATAGRAM 768
#define LARGE_DATAGRAM 2304

/* --- somebody --------------------------------------------------------------------------------- */

/* A process that is stopped still has its socket, and the kernel completes connections for it.
 * So this is told, and the walk goes on: the outcome is "partly". */
static enum judge_at check_stopped(struct judge_walk *walk, const struct facts_space *space,
				   const struct facts_socket *socket, const char *where,
				   enum judge_at go_on)
{
	const struct facts_container *container = judge_container_of(walk->facts, space);
	const struct facts_owner *owner = judge_owner_of(walk, space, socket);

	/* A frozen container cannot be continued by a signal. */
	code_word_drop(&walk->words, "continue");
	if ((container && container->frozen) || (owner->err == 0 && owner->is_frozen)) {
		code_word(&walk->words, "stopped", "frozen");
	} else if (owner->err == 0 && (owner->state == 'T' || owner->state == 't')) {
		code_word(&walk->words, "stopped", "stopped");
		if (owner->pid > 0) /* a file's may be anything, and -1 is everybody */
			code_word(&walk->words, "continue", "kill -CONT %d", (int)owner->pid);
	} else {
		return go_on;
	}
	return judge_bad(walk, CODE_SERVER_STOPPED, "to.process", where, go_on);
}

/* Why nobody knows what it does, behind "a program". The kernel's own word on why the filter
 * was not read becomes a part of the sentence. */
static const char *unread(int err, enum socket_filter what)
{
	if (err == -EACCES)
		return " (eBPF, which is not to be read from outside)";
	if (err == -E2BIG)
		return " (a long one, which is not read here)";
	if (err)
		return ", or did not read for a while (datagrams were thrown away there, and it "
		       "has room)";
	if (what == SOCKET_FILTER_UNKNOWN)
		return " (it looks at what nobody knows before the packet is sent)";
	return "";
}

/* What an IPsec policy keeps from a socket counts among that socket's losses
 * (udp_queue_rcv_one_skb(), tcp_v4_rcv() of the kernel). */
static int64_t blocked_by_ipsec(const struct facts_space *space)
{
	int64_t blocked = 0;

	(void)facts_value(space, "xfrm.InPolBlock", &blocked);
	return blocked;
}

/* Where nobody can see filters, what a UDP socket has thrown away with room left is a trace of one.
 * A listener's losses have too many other reasons. */
static bool is_suspicious(const struct judge_walk *walk, const struct facts_space *space,
			  const struct facts_filter *filter, const struct facts_socket *socket)
{
	return filter->err == -EACCES || filter->err == -E2BIG ||
	       (filter->err == -EPERM && walk->protocol == IPPROTO_UDP &&
		socket->drops > blocked_by_ipsec(space) &&
		socket->rmem + LARGE_DATAGRAM <= socket->rcvbuf);
}

/* What a listener has lost beside connections that had no room may have gone to a filter; resets
 * that came late are lost there, too, so that this is no reason to doubt what works. */
static void note_unseen(struct judge_walk *walk, const struct facts_space *space,
			const struct facts_filter *filter, const struct facts_socket *socket,
			const char *where)
{
	int64_t no_room = 0;

	(void)facts_value(space, "TcpExt.ListenDrops", &no_room);
	no_room += blocked_by_ipsec(space);
	if (filter->err != -EPERM || walk->protocol != IPPROTO_TCP || socket->drops <= no_room)
		return;
	verdict_add_unknown(
		walk->verdict, where,
		"whether a filter at the socket drops it (%lld packets were lost there, "
		"and netd may not look): --probe tells",
		(long long)(socket->drops - no_room));
}

/* A filter comes before the queue of a listener and the buffer of a datagram. */
static enum judge_at check_filter(struct judge_walk *walk, const struct facts_space *space,
				  const struct facts_socket *socket, const char *where,
				  enum judge_at go_on)
{
	const struct facts_filter *filter = filter_of(walk, space, socket);
	enum socket_filter what = SOCKET_FILTER_UNKNOWN;

	if (filter->err && !is_suspicious(walk, space, filter, socket)) {
		/* No filter, or none that is worth a doubt. */
		note_unseen(walk, space, filter, socket, where);
		return go_on;
	}
	/* A program of classic BPF is run on the packet's head, with what is known of it. */
	if (!filter->err)
		what = socket_filter_run(filter->program, filter->len, &walk->packet);
	code_word(&walk->words, "does", "%s", what == SOCKET_FILTER_DROPS ? "drops" : "may drop");
	code_word(&walk->words, "reading", "%s", unread(filter->err, what));
	if (what == SOCKET_FILTER_DROPS)
		return judge_bad(walk, CODE_SOCKET_FILTER, "to.socket", where, JUDGE_LOST);
	if (what == SOCKET_FILTER_UNKNOWN)
		judge_suspect(walk, CODE_SOCKET_FILTER, "to.socket", where);
	return go_on;
}

/* netd holds a published port of the host by a socket that answers nobody, for its rules lead
 * packets on before they reach it. A relay's listener has a longer queue and no filter. by is
 * who publishes it. */
static const struct facts_container *reserved_for(struct judge_walk *walk,
						  const struct facts_space *space,
						  const struct facts_socket *socket)
{
	const struct facts_container *by = NULL;
	bool is_tcp = walk->protocol == IPPROTO_TCP;
	int err;

	if (space != walk->host ||
	    !facts_published(walk->facts, NULL, walk->packet.dport, walk->protocol, &by))
		return NULL;
	/* netd's own listener has a queue of one, and nobody accepts from it. */
	if (is_tcp)
		return socket->state == TCP_LISTEN && socket->wqueue == 1 ? by : NULL;
	/* Its UDP socket has a filter that drops all. */
	err = filter_of(walk, space, socket)->err;
	return err == 0 || err == -EACCES ? by : NULL;
}

/* netd's rules should have led the packet on before it came to that socket. Either they are
 * gone, or conntrack was kept from it. */
static enum judge_at not_led(struct judge_walk *walk, const struct facts_container *by)
{
	bool is_untracked = walk->notrack_rule[0];

	code_word(&walk->words, "port", "%u", walk->packet.dport);
	code_word(&walk->words, "publisher", "%s", by->name);
	code_word_drop(&walk->words, "unrule");
	if (is_untracked) {
		code_word(&walk->words, "reason",
			  "A rule keeps conntrack from it, and without conntrack there is no NAT: "
			  "%s.",
			  walk->notrack_rule);
		code_word(&walk->words, "repair", "remove what keeps NAT from it");
	} else {
		code_word(&walk->words, "reason", "The rules of netd that lead it there are gone.");
		code_word(&walk->words, "repair", "let netd put them back");
		code_word(&walk->words, "unrule", "netctl doctor --fix %s", by->name);
	}
	/* The rule can be deleted by a command if its table is nobody's own. */
	if (is_untracked && walk->notrack_unrule[0])
		code_word(&walk->words, "unrule", "%s", walk->notrack_unrule);
	return judge_bad(walk, CODE_PUBLISHED_NOT_LED, "host.ports", "host", JUDGE_LOST);
}

/* What NAT cannot lead there a relay of netd's takes, for whoever publishes the port. */
static void note_relay(struct judge_walk *walk, const struct facts_space *space)
{
	const struct facts_container *by = NULL;
	const struct facts_port *port = space == walk->host
						? facts_published(walk->facts, &walk->packet.dst,
								  walk->packet.dport,
								  walk->protocol, &by)
						: NULL;

	/* Reset each time: the socket of another place is none. */
	walk->relayed_by = port ? by : NULL;
	if (port)
		walk->relayed_port = walk->packet.dport - port->host_port + port->port;
}

/* What there was to see of a socket that takes it: a filter that nobody looked at is not "none". */
static void rest_on_socket(struct judge_walk *walk, const struct facts_space *space,
			   const struct facts_socket *socket)
{
	const struct facts_filter *filter = filter_of(walk, space, socket);

	judge_rests(walk, "Bound", "%s", ADDR_STR(&socket->addr));
	if (walk->protocol == IPPROTO_TCP && socket->state == TCP_LISTEN)
		judge_rests(walk, "Backlog", "%u of %u", socket->rqueue, socket->wqueue);
	else if (walk->protocol == IPPROTO_UDP)
		judge_rests(walk, "Buffer", "%u of %u", socket->rmem, socket->rcvbuf);
	if (filter->err)
		judge_rests(walk, "Filter", "not looked at");
	else
		judge_rests(walk, "Filter", filter->len > 0 ? "lets it pass" : "none");
}

/* Somebody has the socket. The order is the kernel's: filter, queue or buffer, and only then
 * the program. */
static enum judge_at somebody(struct judge_walk *walk, const struct facts_space *space,
			      const struct facts_socket *socket)
{
	const struct facts_container *reserved = reserved_for(walk, space, socket);
	const char *where = where_of(walk, space);

	/* The port is published and the packet came here all the same. */
	if (reserved)
		return not_led(walk, reserved);
	note_relay(walk, space);
	fill_bound(walk, space, socket);
	if (check_filter(walk, space, socket, where, JUDGE_AT_END) == JUDGE_LOST)
		return JUDGE_LOST;
	/* sk_acceptq_is_full() is "more than the limit", so this is, too. */
	if (walk->protocol == IPPROTO_TCP && socket->state == TCP_LISTEN &&
	    socket->rqueue > socket->wqueue) {
		code_word(&walk->words, "waiting", "%u", socket->rqueue);
		code_word(&walk->words, "room", "%u", socket->wqueue);
		return judge_bad(walk, CODE_BACKLOG_FULL, "to.socket", where, JUDGE_LOST);
	}
	/* A buffer that is empty takes one datagram whatever its size. */
	if (walk->protocol == IPPROTO_UDP && socket->rmem > 0 &&
	    socket->rmem + LARGE_DATAGRAM > socket->rcvbuf) {
		code_word(&walk->words, "drops", "%u", socket->drops);
		/* Between the two it depends on the datagram. */
		if (socket->rmem + SMALL_DATAGRAM > socket->rcvbuf)
			return judge_bad(walk, CODE_RECEIVE_BUFFER_FULL, "to.socket", where,
					 JUDGE_LOST);
		judge_suspect(walk, CODE_RECEIVE_BUFFER_FULL, "to.socket", where);
	}
	/* The last thing: the packet arrives, and nobody reads it. */
	if (check_stopped(walk, space, socket, where, JUDGE_AT_END) == JUDGE_LOST)
		return JUDGE_LOST;
	judge_ok(walk, "to", where, "%u/%s is open on %s%s", walk->packet.dport,
		 code_word_get(&walk->words, "protocol"), ADDR_STR(&socket->addr),
		 code_word_get(&walk->words, "process"));
	rest_on_socket(walk, space, socket);
	return JUDGE_AT_END;
}

/* --- ping ------------------------------------------------------------------------------------- */

/* The kernel answers ping itself, without a socket, unless a setting says no. */
static enum judge_at echo(struct judge_walk *walk, const struct facts_space *space)
{
	const char *name = walk->packet.dst.family == AF_INET6 ? "net.ipv6.icmp.echo_ignore_all"
							       : "net.ipv4.icmp_echo_ignore_all";
	const char *where = where_of(walk, space);
	int64_t value = 0;

	(void)facts_value(space, name, &value);
	if (value != 0) {
		code_word(&walk->words, "sysctl", "%s", name);
		return judge_bad(walk, CODE_ECHO_IGNORED, "to.socket", where, JUDGE_LOST);
	}
	judge_ok(walk, "to", where, "answers ping on %s", ADDR_STR(&walk->packet.dst));
	return JUDGE_AT_END;
}

/* The last place of the way there. A packet without a port needs no socket: arriving is the
 * answer. */
enum judge_at judge_socket(struct judge_walk *walk, const struct facts_space *space)
{
	struct facts_taker_asked asked = {
		.protocol = walk->protocol,
		.src = walk->packet.src,
		.dst = walk->packet.dst,
		/* A port that no program gets by itself, so that no connection of today is found.
		 */
		.sport = 1,
		.dport = walk->packet.dport,
		.iif = walk->link ? walk->link->ifindex : 0,
	};
	const struct facts_taker *taker;

	/* Words that all sentences about sockets use. */
	code_word(&walk->words, "protocol", "%s", walk->protocol == IPPROTO_UDP ? "udp" : "tcp");
	code_word(&walk->words, "place", "%s", where_of(walk, space));
	if (walk->protocol == IPPROTO_ICMP)
		return echo(walk, space);
	if (walk->packet.dport == 0) {
		judge_ok(walk, "to", where_of(walk, space), "reached; no port was asked for");
		return JUDGE_AT_END;
	}
	taker = facts_ask_taker(walk->facts, space, &asked);
	if (taker->err == -ENOENT)
		return nobody(walk, space);
	/* Unknown is not bad: the packet did arrive. */
	if (taker->err) {
		judge_unknown(walk, "to.socket", where_of(walk, space),
			      "who listens on port %u could not be asked", walk->packet.dport);
		return JUDGE_AT_END;
	}
	return somebody(walk, space, &taker->socket);
}
