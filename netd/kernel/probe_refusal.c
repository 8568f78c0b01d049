// SPDX-License-Identifier: GPL-2.0-or-later
// probe_refusal.c - what the error queue of a probe's socket has
#include "kernel/probe_parts.h"

#include <linux/errqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. The kernel keeps errors about a socket's packets in a queue of its own
 * (ip(7), IP_RECVERR). Each entry has the packet that it is about, as data, and struct
 * sock_extended_err as a control message: who said it (origin), ICMP's type and code, an errno, and
 * for "too large" the size that would pass. */

/* Behind the entry stands who sent it (SO_EE_OFFENDER). The length of the control message says how
 * much of an address there is. */
static void take_sender(const struct cmsghdr *head, struct probe_refusal *refusal)
{
	struct sockaddr_storage from = { 0 };
	size_t len = head->cmsg_len - CMSG_LEN(sizeof(struct sock_extended_err));
	uint16_t port;

	memcpy(&from, CMSG_DATA(head) + sizeof(struct sock_extended_err),
	       len < sizeof(from) ? len : sizeof(from));
	if (!addr_from_sockaddr((const struct sockaddr *)&from, &refusal->from, &port))
		refusal->from = (struct addr) { 0 };
}

/* One entry, the oldest. false: the queue has none that counts. */
bool probe_refusal_read(int fd, struct probe_refusal *ret_refusal)
{
	struct probe_refusal refusal = { 0 };
	char control[512];
	struct iovec piece = { refusal.quoted, sizeof(refusal.quoted) };
	struct msghdr msg = { .msg_iov = &piece,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);

	/* -EAGAIN is the usual end. */
	if (n < 0)
		return false;
	refusal.n_quoted = (size_t)n;
	for (struct cmsghdr *head = CMSG_FIRSTHDR(&msg); head; head = CMSG_NXTHDR(&msg, head)) {
		struct sock_extended_err why;

		if (head->cmsg_len < CMSG_LEN(sizeof(why)))
			continue;
		memcpy(&why, CMSG_DATA(head), sizeof(why));
		refusal.is_icmp = why.ee_origin == SO_EE_ORIGIN_ICMP ||
				  why.ee_origin == SO_EE_ORIGIN_ICMP6;
		/* SO_EE_ORIGIN_LOCAL: this kernel itself, without a packet. */
		if (!refusal.is_icmp && why.ee_origin != SO_EE_ORIGIN_LOCAL)
			continue;
		refusal.type = why.ee_type;
		refusal.code = why.ee_code;
		refusal.error = (int)why.ee_errno;
		refusal.mtu = why.ee_info;
		take_sender(head, &refusal);
		*ret_refusal = refusal;
		return true;
	}
	return false;
}

/* As people write it: "ICMP 3/1 from 10.0.0.1". */
void probe_refusal_print(const struct probe_refusal *refusal, char text[static PROBE_BY_MAX])
{
	if (!refusal->is_icmp)
		(void)snprintf(text, PROBE_BY_MAX, "%s", strerror(refusal->error));
	else if (addr_is_set(&refusal->from))
		(void)snprintf(text, PROBE_BY_MAX, "ICMP %u/%u from %s", refusal->type,
			       refusal->code, ADDR_STR(&refusal->from));
	else
		(void)snprintf(text, PROBE_BY_MAX, "ICMP %u/%u", refusal->type, refusal->code);
}
