// SPDX-License-Identifier: GPL-2.0-or-later
// observed.c - snapshots, from the plumber, and what drops are told
#include "metrics/observed.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/limits.h"
#include "base/log.h"
#include "ipc/chan.h"
#include "ipc/observe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. The channel keeps the bounds of messages. Each has a head with a type
 * and a number:
 *
 * ASK number          to netd: gather a snapshot
 * PIECE number text   a part of it, in order
 * FINDING number text a part of doctor's last report
 * END number          that was all
 * CANNOT number text  there will be none, and why
 * ALIVE, HERE         a sign of life, asked for and given
 * DROPS               a socket comes with it, by which drops are told
 *
 * The number grows with each question. What has another number belongs to a question that was
 * given up, and is dropped. */

/* Large, and one: no two messages are looked at at the same time. */
static uint8_t message[OBSERVE_HEAD_LEN + METRICS_PACKET_MAX];

/* netd asks for a sign of life, which it gets. One that cannot be sent now is asked for again.
 * A channel that is full is full because netd has not read, so the loss is netd's own. */
static bool is_beat(const struct observed *observed, int len)
{
	uint8_t head[OBSERVE_HEAD_LEN];
	enum observe_type type;
	uint32_t number;

	if (!observe_get_head(message, (size_t)len, &type, &number) || type != OBSERVE_ALIVE)
		return false;
	observe_put_head(head, OBSERVE_HERE, number);
	(void)chan_send(observed->channel, head, sizeof(head), NULL, 0);
	return true;
}

/* Whoever told of drops before has ended, or is about to. */
static bool is_drops(struct observed *observed, int len, int fd)
{
	enum observe_type type;
	uint32_t number;

	if (!observe_get_head(message, (size_t)len, &type, &number) || type != OBSERVE_DROPS)
		return false;
	if (fd < 0)
		return true;
	cleanup_close(&observed->drops_fd);
	observed->drops_fd = fd;
	drops_begin(&observed->drops);
	return true;
}

/* The next message's length; 0: netd has gone; -EAGAIN: there is none. Signs of life are
 * answered here, in every wait, so a long snapshot does not look like a dead process. */
static int receive(struct observed *observed)
{
	for (;;) {
		int fd = -1;
		size_t n_fds = 1;
		int len = chan_receive(observed->channel, message, sizeof(message), &fd, &n_fds);

		if (len > 0 && is_drops(observed, len, n_fds == 1 ? fd : -1))
			continue;
		if (len > 0 && n_fds == 1)
			chan_close(fd); /* nobody has asked for it */
		if (len > 0 && is_beat(observed, len))
			continue;
		return len == -ECONNRESET || len == -EPIPE ? 0 : len;
	}
}

/* Why nobody counts is said once, however often it is tried again; a line of the log for each try
 * would fill it. */
static void tell_lacks(const struct observed *observed)
{
	static char told[DROPS_LACKS_SIZE];
	const char *lacks = observed->drops.lacks;

	if (*lacks && strcmp(lacks, told) != 0)
		log_warn("drops are not counted for the metrics: %s", lacks);
	(void)snprintf(told, sizeof(told), "%s", lacks);
}

/* The end of the socket is the end of who counts; netd sees it, too, and starts another. One whose
 * lines make no sense, or who cannot count, is let go of, which ends it. */
void observed_hear_drops(struct observed *observed)
{
	char data[METRICS_PACKET_MAX];
	ssize_t n = recv(observed->drops_fd, data, sizeof(data), MSG_DONTWAIT);
	int err = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		err = drops_read(&observed->drops, data, (size_t)n);
	tell_lacks(observed);
	if (n > 0 && err == 0 && !*observed->drops.lacks)
		return;
	cleanup_close(&observed->drops_fd);
	observed->drops_fd = -1;
	drops_end(&observed->drops);
}

/* Everything that has come is dropped, as nothing was asked. false: netd has gone. */
bool observed_look(struct observed *observed)
{
	int len;

	while ((len = receive(observed)) > 0)
		;
	return len == -EAGAIN;
}

/* The page is answered with this text, and a status that says "later". */
static int gone(struct error *error)
{
	return error_system(error, -EPIPE, "netd has gone");
}

static int late(struct error *error)
{
	return error_set(error, ERROR_UNAVAILABLE, "netd did not answer within %d seconds",
			 METRICS_SNAPSHOT_S);
}

static int ask(struct observed *observed, struct error *error)
{
	uint8_t head[OBSERVE_HEAD_LEN];
	int err;

	/* Of one that was given up pieces may lie there, and netd waits for room. So they are
	 * read before the next question is asked. */
	if (!observed_look(observed))
		return gone(error);
	observe_put_head(head, OBSERVE_ASK, ++observed->number);
	err = chan_send(observed->channel, head, sizeof(head), NULL, 0);
	/* A channel that takes no question now has been full for a while. */
	if (err == -EAGAIN)
		return late(error);
	return err < 0 ? gone(error) : 0;
}

/* 1: that was all; 0: there is more. */
static int take(const struct observed *observed, int len, struct buf *out, struct buf *report,
		struct error *error)
{
	const char *body = (const char *)message + OBSERVE_HEAD_LEN;
	int body_len = len - OBSERVE_HEAD_LEN;
	enum observe_type type;
	uint32_t number;

	/* Pieces of an older question are no part of this snapshot. */
	if (!observe_get_head(message, (size_t)len, &type, &number) || number != observed->number)
		return 0;
	if (type == OBSERVE_END)
		return 1;
	if (type == OBSERVE_CANNOT)
		return error_set(error, ERROR_UNAVAILABLE, "%.*s", body_len, body);
	/* Doctor's report is a text of its own beside the snapshot. */
	if (type == OBSERVE_FINDING)
		out = report;
	else if (type != OBSERVE_PIECE)
		return 0;
	/* The limit stands for memory: netd is trusted, and yet a fault of it is not to become
	 * one of this process. */
	if (out->len + (size_t)body_len > METRICS_SNAPSHOT_MAX)
		return error_set(error, ERROR_UNAVAILABLE, "what netd says is larger than %d bytes",
				 METRICS_SNAPSHOT_MAX);
	buf_append(out, body, (size_t)body_len);
	return out->err < 0 ? error_system(error, out->err, "cannot take what netd says") : 0;
}

/* It waits, and all clients with it; so it has an end (METRICS_SNAPSHOT_S). */
int observed_get(struct observed *observed, struct buf *out, struct buf *report,
		 struct error *error)
{
	int64_t deadline_ms = deadline_after(METRICS_SNAPSHOT_S * 1000);
	int err = ask(observed, error);

	while (err == 0) {
		struct pollfd wait = { .fd = observed->channel, .events = POLLIN };
		int len = receive(observed);

		if (len == 0)
			/* What was heard in part is of no use. */
			return gone(error);
		if (len > 0)
			err = take(observed, len, out, report, error);
		else if (len != -EAGAIN)
			return error_system(error, len, "cannot hear netd");
		else if (deadline_poll(&wait, 1, deadline_ms) == 0)
			return late(error);
		/* A stream that never ends would keep it here. */
		if (err == 0 && deadline_passed(deadline_ms))
			return late(error);
	}
	return err < 0 ? err : 0;
}
