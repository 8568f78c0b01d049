// SPDX-License-Identifier: GPL-2.0-or-later
// serve.c - the reply to a client that reads what containers ask
#include "dnslog/dnslog.h"

#include "base/cleanup.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

/* Theory of operation. The daemon has read the request, and this writes the whole reply to the
 * client's own socket: in chunks (RFC 9112, 7.1), so that a client knows one that was cut off from
 * one that ended. The ring wakes nobody, for that would be a system call of the resolver's: it is
 * looked at, the more often the more there was. While the client does not read nothing is said to
 * the resolver, which stops noting soon; the ring says that it did.
 *
 * The pipe has no data: its end says that the daemon has gone, and with it the right to go on. */

static const char head[] = "HTTP/1.1 200 OK\r\n"
			   "Server: netd/" NETD_VERSION " (linux)\r\n"
			   "Content-Type: application/jsonl\r\n"
			   "Transfer-Encoding: chunked\r\n"
			   "Connection: close\r\n\r\n";

/* Both were opened by the daemon. */
struct client {
	int socket_fd, pipe_fd;
};

/* Neither clock can fail. */
static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* -EPIPE: the client has gone, or the daemon. events is what is waited for besides; timeout_ms -1:
 * without an end. */
static int wait_for(const struct client *client, short events, int timeout_ms)
{
	struct pollfd fds[] = { { client->socket_fd, (short)(events | POLLRDHUP), 0 },
				{ client->pipe_fd, 0, 0 } };

	if (poll(fds, 2, timeout_ms) < 0)
		return errno == EINTR ? 0 : -errno;
	if ((fds[0].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0 || fds[1].revents != 0)
		return -EPIPE;
	return 0;
}

/* The socket does not block, so a client that is slow is waited for with poll(2). */
static int put(const struct client *client, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(client->socket_fd, data, len);
		int err = 0;

		if (n < 0 && errno == EAGAIN)
			err = wait_for(client, POLLOUT, -1);
		else if (n < 0 && errno != EINTR)
			err = -errno;
		if (err < 0)
			return err;
		data += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* The size in hexadecimal, the data, and a line break behind it. */
static int put_chunk(const struct client *client, const struct buf *lines)
{
	_cleanup_(buf_done) struct buf chunk = { 0 };

	buf_printf(&chunk, "%zx\r\n", lines->len);
	buf_append(&chunk, lines->data, lines->len);
	buf_puts(&chunk, "\r\n");
	return chunk.err < 0 ? chunk.err : put(client, chunk.data, chunk.len);
}

/* Returns how many entries there were; up to the one before end. Bounded for each look, so that the
 * client gets something before all is read. */
static unsigned gather(struct dnslog *dnslog, uint64_t end, struct buf *out)
{
	/* Computed for each look: the wall clock may be set meanwhile. */
	int64_t wall_ns = (int64_t)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC));
	struct dns_log_entry entry;
	uint64_t lost;
	unsigned n = 0;

	for (; n < DNS_LOG_LOOK_MAX && dnslog->next < end; n++) {
		enum dns_log_found found = dns_log_read(dnslog->ring, &dnslog->next, &entry, &lost);

		if (found == DNS_LOG_NOTHING)
			break;
		if (found == DNS_LOG_ENTRY)
			line_entry(out, dnslog, &entry, wall_ns);
		else
			line_lost(out, lost);
	}
	return n;
}

/* 1: there was something. 0: there was nothing. */
static int look(struct dnslog *dnslog, const struct client *client, uint64_t end)
{
	_cleanup_(buf_done) struct buf lines = { 0 };
	unsigned n = gather(dnslog, end, &lines);
	int err = lines.err;

	if (err == 0 && lines.len > 0)
		err = put_chunk(client, &lines);
	return err < 0 ? err : n > 0;
}

/* What is there now, and no more. The end is fixed at the beginning; what comes meanwhile does not
 * count. The last chunk has the size 0. */
static int show(struct dnslog *dnslog, const struct client *client)
{
	uint64_t end = dns_log_first(dnslog->ring, 0);
	int err;

	do
		err = look(dnslog, client, end);
	while (err > 0);
	return err < 0 ? err : put(client, "0\r\n\r\n", 5);
}

/* While this runs it renews its lease in the ring: without one the resolver notes nothing. */
static int follow(struct dnslog *dnslog, const struct client *client)
{
	const uint64_t ms = 1000000;
	uint64_t renewed_ns = 0;
	int err = 0, found = 0;

	/* It ends with an error, which the end of the client is as well. */
	while (err == 0) {
		uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);

		if (now_ns - renewed_ns >= DNS_LOG_RENEW_MS * ms) {
			dns_log_look(dnslog->ring, now_ns + DNS_LOG_LEASE_MS * ms);
			renewed_ns = now_ns;
		}
		found = look(dnslog, client, UINT64_MAX);
		err = found < 0 ? found
				: wait_for(client, 0, found ? DNS_LOG_BUSY_MS : DNS_LOG_LOOK_MS);
	}
	return err;
}

/* Writes the whole reply. */
int serve(struct dnslog *dnslog, int socket_fd, int pipe_fd)
{
	const struct client client = { socket_fd, pipe_fd };
	int err = put(&client, head, sizeof(head) - 1);

	if (err < 0)
		return err;
	return dnslog->follow ? follow(dnslog, &client) : show(dnslog, &client);
}
