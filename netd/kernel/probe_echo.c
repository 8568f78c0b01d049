// SPDX-License-Identifier: GPL-2.0-or-later
// probe_echo.c - one real echo request out of a network namespace, and who answered it
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "kernel/netns.h"
#include "kernel/probe.h"
#include "kernel/probe_parts.h"

#include <errno.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A raw socket, and not one of the kind that ping(8) takes without rights:
 * those ask net.ipv4.ping_group_range of the namespace, which lets nobody pass where nobody has set
 * it, not even root. It hears all echo replies and all errors about packets to B, so each is looked
 * at for the number that only this one has.
 *
 * When a small one was answered, one follows that is as large as A's link takes and must not be cut
 * on its way. Whoever cannot pass it on says what he can (ICMP 3/4, 2/0), and it is tried again by
 * that. Where nobody says anything, large packets are lost there. */

/* The socket is connected to B, so that send(2) needs no address and errors are matched by the
 * kernel. */
struct echo {
	const struct probe_asked *asked;
	int fd, error; /* error: of connect(2) or send(2), a positive errno */
	bool is_v6;
	/* Of the request, what tells it from others: its id, which stays, and its sequence. */
	uint8_t number[4];
};

/* An answer, as far as it is looked at. */
struct reply {
	enum diag_probed outcome;
	struct probe_refusal refusal; /* of DIAG_REFUSED, DIAG_REJECTED and DIAG_NOT_SENT */
};

/* Zeroes. It is never written, only pointed at. */
static const uint8_t payload[PROBE_ECHO_MAX];

/* Replies to echo requests, and nothing else: a namespace may have others' pings. A bit that is set
 * blocks the type, in both families. */
static int filter_replies(const struct echo *echo)
{
	struct icmp_filter four = { ~(1U << ICMP_ECHOREPLY) };
	struct icmp6_filter six;

	memset(&six, 0xff, sizeof(six));
	six.data[ICMPV6_ECHO_REPLY >> 5] &= ~(1U << (ICMPV6_ECHO_REPLY & 31));
	if (echo->is_v6)
		return setsockopt(echo->fd, IPPROTO_ICMPV6, ICMPV6_FILTER, &six, sizeof(six));
	return setsockopt(echo->fd, SOL_RAW, ICMP_FILTER, &four, sizeof(four));
}

/* Inside: a socket belongs to the namespace that it was made in, wherever it is used. */
static int make(void *data)
{
	struct echo *echo = data;
	const int on = 1;
	/* Never cut, and as large as the link takes, whatever was heard of smaller ones. PROBE sets
	 * DF and ignores what the kernel has learnt of the way. */
	const int whole = echo->is_v6 ? IPV6_PMTUDISC_PROBE : IP_PMTUDISC_PROBE;
	const int level = echo->is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;

	echo->fd = socket(echo->asked->addr.family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			  echo->is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (echo->fd < 0)
		return -errno;
	if (setsockopt(echo->fd, level, echo->is_v6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof(on)) <
		    0 ||
	    setsockopt(echo->fd, level, echo->is_v6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &whole,
		       sizeof(whole)) < 0 ||
	    filter_replies(echo) < 0)
		return -errno;
	return 0;
}

/* RFC 1071, over the header of 8 bytes: type, code, checksum, id, sequence. */
static uint16_t checksum(const uint8_t header[static 8])
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 8; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t) ~(sum + (sum >> 16));
}

/* The payload is zeroes, which the checksum does not see. That of IPv6 the kernel fills in. The
 * header is 4 bytes in front of the number: type, code, and the checksum. */
static int send_request(struct echo *echo, size_t n_payload)
{
	uint8_t header[8] = { echo->is_v6 ? ICMPV6_ECHO_REQUEST : ICMP_ECHO };
	struct iovec pieces[] = { { header, sizeof(header) }, { (void *)payload, n_payload } };
	struct msghdr msg = { .msg_iov = pieces, .msg_iovlen = 2 };
	uint16_t sum;

	memcpy(header + 4, echo->number, sizeof(echo->number));
	sum = checksum(header);
	header[2] = (uint8_t)(sum >> 8);
	header[3] = (uint8_t)sum;
	return sendmsg(echo->fd, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* IPv4 hands over its own header, too. The length of an IPv4 header is in its low four bits, in
 * words of 4 bytes. */
static bool is_ours(const struct echo *echo, const uint8_t *data, size_t len)
{
	size_t at = echo->is_v6 || len == 0 ? 0 : (size_t)(data[0] & 0xf) * 4;

	return len >= at + 8 && data[at] == (echo->is_v6 ? ICMPV6_ECHO_REPLY : ICMP_ECHOREPLY) &&
	       memcmp(data + at + 4, echo->number, sizeof(echo->number)) == 0;
}

/* Not ICMP: the kernel of A itself refused it. */
static enum diag_probed outcome_of(const struct probe_refusal *refusal)
{
	if (!refusal->is_icmp)
		return DIAG_NOT_SENT;
	return refusal->error == ECONNREFUSED ? DIAG_REFUSED : DIAG_REJECTED;
}

/* What has come. False: nothing that is about this request. The error queue is emptied first, for
 * recv(2) would give its errors back one at a time. */
static bool hear(const struct echo *echo, struct reply *reply)
{
	uint8_t data[128];
	ssize_t n;

	while (probe_refusal_read(echo->fd, &reply->refusal)) {
		reply->outcome = outcome_of(&reply->refusal);
		/* An error quotes the packet that it is about; the number is in it. */
		if (memmem(reply->refusal.quoted, reply->refusal.n_quoted, echo->number,
			   sizeof(echo->number)))
			return true;
	}
	while ((n = recv(echo->fd, data, sizeof(data), MSG_DONTWAIT)) >= 0 || errno != EAGAIN)
		if (n > 0 && is_ours(echo, data, (size_t)n)) {
			reply->outcome = DIAG_ANSWERED;
			return true;
		}
	return false;
}

/* Packets of others come as well, so it goes on until the time is over. */
static void wait_for(const struct echo *echo, unsigned int patience_ms, struct reply *reply)
{
	struct probe_asked asked = *echo->asked;
	struct probe_waiting waiting;

	asked.patience_ms = patience_ms;
	probe_wait_begin(&waiting, &asked, echo->fd, POLLIN);
	while (probe_wait(&waiting))
		if (hear(echo, reply))
			return;
	reply->outcome = DIAG_SILENT;
}

/* One request of so many bytes of payload, and what became of it. The sequence goes up, so that a
 * late answer is not taken for this one's. */
static void ask(struct echo *echo, size_t n_payload, unsigned int patience_ms, struct reply *reply)
{
	int err;

	*reply = (struct reply) { 0 };
	echo->number[3]++;
	err = send_request(echo, n_payload);
	if (err == 0) {
		wait_for(echo, patience_ms, reply);
		return;
	}
	/* What is too large for the link says how large it may be. */
	(void)probe_refusal_read(echo->fd, &reply->refusal);
	reply->outcome = DIAG_NOT_SENT;
	reply->refusal.error = -err;
}

/* by stays NULL where nobody said anything. */
static void tell(const struct reply *reply, enum diag_probed *outcome, char **by)
{
	char text[PROBE_BY_MAX];

	*outcome = reply->outcome;
	if (reply->outcome == DIAG_ANSWERED || reply->outcome == DIAG_SILENT)
		return;
	probe_refusal_print(&reply->refusal, text);
	*by = strdup(text);
}

/* Whoever watches knows its packets by the id, at the place where questions for neighbours (ICMPv6,
 * 135) have 0 and their answers three flags at the top: it is neither. 0x1f: the three flags are
 * off. The lowest bit: it is not 0. */
static uint16_t choose_number(struct echo *echo)
{
	if (getrandom(echo->number, sizeof(echo->number), 0) < 0)
		memset(echo->number, 0x5a, sizeof(echo->number)); /* before the pool is there */
	echo->number[0] &= 0x1f;
	echo->number[1] |= 1;
	return (uint16_t)(echo->number[0] << 8 | echo->number[1]);
}

/* The first size is what A's own kernel says; each next one is what somebody on the way says. */
static void ask_large(struct echo *echo, struct diag_probe *probe)
{
	const size_t headers = echo->is_v6 ? 40 + 8 : 20 + 8;
	struct reply reply;
	uint32_t mtu;

	/* Larger than any link, so nothing is sent, and its own kernel says what its link takes. */
	ask(echo, sizeof(payload), 0, &reply);
	mtu = reply.outcome == DIAG_NOT_SENT ? reply.refusal.mtu : 0;
	/* It ends when the size no longer shrinks, or after some tries. */
	for (int i = 0; i < PROBE_LARGE_TRIES && mtu > headers && mtu - headers < sizeof(payload);
	     i++) {
		ask(echo, mtu - headers, PROBE_LARGE_MS, &reply);
		free(probe->large_by);
		probe->large_by = NULL;
		probe->large_bytes = mtu;
		tell(&reply, &probe->large, &probe->large_by);
		if (reply.outcome != DIAG_REJECTED || reply.refusal.error != EMSGSIZE ||
		    reply.refusal.mtu >= mtu)
			return;
		mtu = reply.refusal.mtu;
	}
}

/* The small one counts as the outcome. The large one is told beside it. */
int probe_echo(const struct probe_asked *asked, struct diag_probe *ret_probe)
{
	struct echo echo = { .asked = asked, .fd = -1, .is_v6 = asked->addr.family == AF_INET6 };
	double began_s = deadline_now_s();
	struct sockaddr_storage to;
	socklen_t len = addr_to_sockaddr(&asked->addr, 0, &to);
	struct reply reply = { .outcome = DIAG_NOT_SENT };
	uint16_t id = choose_number(&echo);
	int err = netns_run(asked->netns_fd, make, &echo);

	if (err == 0 && asked->before)
		err = asked->before(id, asked->data);
	if (err == 0 && connect(echo.fd, (const struct sockaddr *)&to, len) < 0)
		reply.refusal.error = errno;
	else if (err == 0)
		ask(&echo, 0, asked->patience_ms, &reply);
	ret_probe->ms = (deadline_now_s() - began_s) * 1000;
	if (err == 0)
		tell(&reply, &ret_probe->outcome, &ret_probe->by);
	if (err == 0 && reply.outcome == DIAG_ANSWERED)
		ask_large(&echo, ret_probe);
	cleanup_close(&echo.fd);
	return err;
}
