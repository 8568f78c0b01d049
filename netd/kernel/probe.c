// SPDX-License-Identifier: GPL-2.0-or-later
// probe.c - one real connection out of a network namespace, and who answered it
#include "kernel/probe.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "kernel/netns.h"
#include "kernel/probe_parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. A refusal by TCP and one by ICMP look the same to connect(2). The error
 * queue of the socket tells them apart (ip(7), IP_RECVERR): an ICMP error has an entry there, with
 * its type and who sent it, and a reset has none. What the kernel refuses without a packet comes
 * back from connect(2) at once.
 *
 * The time until the answer is part of what is told. The connection is reset at its end, so that a
 * server sees it go at once and no state stays behind. */

struct probing {
	const struct probe_asked *asked;
	int fd, error; /* error: of connect(2), a positive errno */
};

/* Inside: a socket belongs to the namespace that it was made in, wherever it is used. SO_LINGER
 * with a time of 0 makes close(2) send a reset. */
static int make(void *data)
{
	struct probing *probing = data;
	const struct probe_asked *asked = probing->asked;
	bool is_stream = asked->protocol == IPPROTO_TCP, is_v6 = asked->addr.family == AF_INET6;
	const struct linger reset = { .l_onoff = 1 };
	const int on = 1;

	probing->fd = socket(asked->addr.family,
			     (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC,
			     0);
	if (probing->fd < 0)
		return -errno;
	if (setsockopt(probing->fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		       is_v6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof(on)) < 0 ||
	    (is_stream &&
	     setsockopt(probing->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0))
		return -errno;
	return 0;
}

/* The kernel chooses a port now, and not when the first packet is made. Whoever watches packets has
 * to know the port before the first of them. before: a function of the caller's that is told the
 * port. */
static int tell_port(const struct probing *probing)
{
	const struct probe_asked *asked = probing->asked;
	struct sockaddr_storage own;
	struct addr any = { .family = asked->addr.family };
	uint16_t port = 0;
	socklen_t len = addr_to_sockaddr(&any, 0, &own);

	if (!asked->before)
		return 0;
	/* That there is no port left is connect(2)'s to say. bind(2) to port 0 fails with
	 * EADDRINUSE when all are taken. connect(2) fails then with EADDRNOTAVAIL, which is what a
	 * program would see. */
	if (bind(probing->fd, (const struct sockaddr *)&own, len) < 0)
		return errno == EADDRINUSE ? 0 : -errno;
	len = sizeof(own);
	if (getsockname(probing->fd, (struct sockaddr *)&own, &len) < 0)
		return -errno;
	(void)addr_from_sockaddr((const struct sockaddr *)&own, &any, &port); /* its own family */
	return asked->before(port, asked->data);
}

/* UDP is connected as well, so that errors come to this socket. An empty datagram is a packet. */
static void begin(struct probing *probing)
{
	const struct probe_asked *asked = probing->asked;
	struct sockaddr_storage to;
	socklen_t len = addr_to_sockaddr(&asked->addr, asked->port, &to);

	if (connect(probing->fd, (const struct sockaddr *)&to, len) < 0)
		probing->error = errno;
	else if (asked->protocol != IPPROTO_TCP && send(probing->fd, "", 0, MSG_NOSIGNAL) < 0)
		probing->error = errno;
}

/* The socket's error, when there is one or the time is over. For TCP the socket becomes writable
 * when the connection is there or has failed. For UDP only an answer or an error can come. */
static int wait_for_end(const struct probing *probing, bool *ret_is_silent)
{
	bool is_stream = probing->asked->protocol == IPPROTO_TCP;
	struct probe_waiting waiting;
	int error = 0;
	socklen_t len = sizeof(error);

	probe_wait_begin(&waiting, probing->asked, probing->fd, is_stream ? POLLOUT : POLLIN);
	*ret_is_silent = !probe_wait(&waiting);
	if (!*ret_is_silent && getsockopt(probing->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return errno;
	return error;
}

/* What the kernel said of the connection, as an outcome. ETIMEDOUT is the kernel's own patience. */
static enum diag_probed outcome_of(int error, bool has_icmp)
{
	if (error == 0)
		return DIAG_CONNECTED;
	if (error == ECONNREFUSED)
		return DIAG_REFUSED;
	if (error == ETIMEDOUT)
		return DIAG_SILENT;
	return has_icmp || error == EHOSTUNREACH || error == ECONNRESET ? DIAG_REJECTED
									: DIAG_NOT_SENT;
}

/* Reads the error queue, which tells who refused. A silent end may have an entry there all the
 * same. */
static void judge_end(const struct probing *probing, int error, bool is_silent,
		      struct diag_probe *probe)
{
	char by[PROBE_BY_MAX] = "";
	struct probe_refusal refusal;
	bool has_icmp = probe_refusal_read(probing->fd, &refusal) && refusal.is_icmp;

	if (has_icmp)
		probe_refusal_print(&refusal, by);
	probe->outcome = is_silent && !has_icmp ? DIAG_SILENT : outcome_of(error, has_icmp);
	/* TCP without an entry: it was a reset. */
	if (!has_icmp && error == ECONNREFUSED && probing->asked->protocol == IPPROTO_TCP)
		(void)snprintf(by, sizeof(by), "RST");
	else if (!has_icmp && error != 0)
		(void)snprintf(by, sizeof(by), "%s", strerror(error));
	probe->by = *by ? strdup(by) : NULL;
}

/* ret_probe->by is the caller's to free; the result is an error only where nothing could be
 * tried. */
int probe_connect(const struct probe_asked *asked, struct diag_probe *ret_probe)
{
	struct probing probing = { .asked = asked, .fd = -1 };
	double began_s = deadline_now_s();
	bool is_silent = false;
	int err = netns_run(asked->netns_fd, make, &probing);

	if (err == 0)
		err = tell_port(&probing);
	if (err == 0)
		begin(&probing);
	if (err == 0 && (probing.error == 0 || probing.error == EINPROGRESS))
		probing.error = wait_for_end(&probing, &is_silent);
	if (err == 0)
		judge_end(&probing, probing.error, is_silent, ret_probe);
	ret_probe->ms = (deadline_now_s() - began_s) * 1000;
	cleanup_close(&probing.fd);
	return err;
}
