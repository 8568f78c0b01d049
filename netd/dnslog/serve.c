// SPDX-License-Identifier: GPL-2.0-or-later
// serve.c - the reply to a client that reads what containers ask
#include "dnslog/dnslog.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
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
			   "Content-Type: %s\r\n"
			   "Transfer-Encoding: chunked\r\n"
			   "Connection: close\r\n\r\n";

/* The size of a chunk in hexadecimal, which may begin with zeroes (RFC 9112, 7.1), so that it has
 * its place before the lines are there. */
#define CHUNK_HEAD "00000000\r\n"

/* Both were opened by the daemon. out: one buffer for all chunks, which stays as large as the
 * largest. */
struct client {
	int socket_fd, pipe_fd;
	struct buf out;
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

/* What was gathered behind the head, at once. */
static int put_chunk(struct client *client)
{
	struct buf *out = &client->out;
	char size[sizeof(CHUNK_HEAD)];

	(void)snprintf(size, sizeof(size), "%08x\r\n",
		       (unsigned)(out->len - (sizeof(CHUNK_HEAD) - 1)));
	buf_puts(out, "\r\n");
	if (out->err < 0)
		return out->err;
	memcpy(out->data, size, sizeof(CHUNK_HEAD) - 1);
	return put(client, out->data, out->len);
}

/* Returns how many entries there were; up to the one before end. Bounded for each look, so that the
 * client gets something before all is read. */
static unsigned gather(struct dnslog *dnslog, uint64_t end, struct buf *out)
{
	/* Computed for each look: the wall clock may be set meanwhile. */
	int64_t wall_ns = (int64_t)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC));
	uint64_t last = dns_log_last(dnslog->ring), lost;
	struct dns_log_entry entry;
	unsigned n = 0;

	for (; n < DNS_LOG_LOOK_MAX && dnslog->next < end; n++) {
		enum dns_log_found found = dns_log_read_to(dnslog->ring, last, &dnslog->next,
							   &entry, &lost);

		if (found == DNS_LOG_NOTHING)
			break;
		if (found == DNS_LOG_ENTRY)
			line_entry(out, dnslog, &entry, wall_ns);
		else
			line_lost(out, dnslog, lost);
	}
	return n;
}

/* How many entries there were. */
static int look(struct dnslog *dnslog, struct client *client, uint64_t end)
{
	struct buf *out = &client->out;
	unsigned n;
	int err;

	out->len = 0;
	buf_puts(out, CHUNK_HEAD);
	n = gather(dnslog, end, out);
	err = out->err;
	/* None of them may have been wanted, and an empty chunk would be the end. */
	if (err == 0 && out->len > sizeof(CHUNK_HEAD) - 1)
		err = put_chunk(client);
	return err < 0 ? err : (int)n;
}

/* What is there now, and no more. The end is fixed at the beginning; what comes meanwhile does not
 * count. The last chunk has the size 0. */
static int show(struct dnslog *dnslog, struct client *client)
{
	uint64_t end = dns_log_first(dnslog->ring, 0);
	int err;

	do
		err = look(dnslog, client, end);
	while (err > 0);
	return err < 0 ? err : put(client, "0\r\n\r\n", 5);
}

/* Until the next look: as long as a quarter of the ring takes to fill, when as many come as came
 * while it was waited last. Each look takes a processor from somebody who may be answering. */
static int next_wait(int waited_ms, uint64_t n)
{
	uint64_t ms = n > 0 ? (uint64_t)waited_ms * (DNS_LOG_ENTRIES / 4) / n : DNS_LOG_LOOK_MS;

	if (ms > DNS_LOG_LOOK_MS)
		return DNS_LOG_LOOK_MS;
	return ms < DNS_LOG_BUSY_MS ? DNS_LOG_BUSY_MS : (int)ms;
}

/* All that there is, a chunk after the other. How many entries, or a negative errno. */
static int64_t look_often(struct dnslog *dnslog, struct client *client)
{
	int64_t total = 0;
	int n;

	do {
		n = look(dnslog, client, UINT64_MAX);
		total += n;
	} while (n == DNS_LOG_LOOK_MAX && total < DNS_LOG_ENTRIES);
	return n < 0 ? n : total;
}

/* While this runs it renews its lease in the ring: without one the resolver notes nothing. */
static int follow(struct dnslog *dnslog, struct client *client)
{
	const uint64_t ms = 1000000;
	int wait_ms = DNS_LOG_LOOK_MS;
	uint64_t renewed_ns = 0;
	int64_t found;
	int err = 0;

	/* It ends with an error, which the end of the client is as well. */
	while (err == 0) {
		uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);

		if (now_ns - renewed_ns >= DNS_LOG_RENEW_MS * ms) {
			dns_log_look(dnslog->ring, now_ns + DNS_LOG_LEASE_MS * ms);
			renewed_ns = now_ns;
		}
		found = look_often(dnslog, client);
		if (found < 0)
			return (int)found;
		wait_ms = next_wait(wait_ms, (uint64_t)found);
		err = wait_for(client, 0, wait_ms);
	}
	return err;
}

/* What both kinds of lines begin with. */
static int put_head(const struct dnslog *dnslog, struct client *client)
{
	buf_printf(&client->out, head, dnslog->table ? "text/plain" : "application/jsonl");
	return client->out.err < 0 ? client->out.err
				   : put(client, client->out.data, client->out.len);
}

/* Writes the whole reply. */
int serve(struct dnslog *dnslog, int socket_fd, int pipe_fd)
{
	struct client client = { .socket_fd = socket_fd, .pipe_fd = pipe_fd };
	int err = put_head(dnslog, &client);

	if (err == 0)
		err = dnslog->follow ? follow(dnslog, &client) : show(dnslog, &client);
	buf_done(&client.out);
	return err;
}
