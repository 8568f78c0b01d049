// SPDX-License-Identifier: GPL-2.0-or-later
// metering.c - what the process that serves metrics gets: the port, and snapshots
#include "plumber/metering.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/list.h"
#include "base/log.h"
#include "base/watcher.h"
#include "ipc/chan.h"
#include "kernel/process.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. The process asks for a snapshot by one message of a few bytes, the only
 * thing that is read from it (ipc/observe.h). The snapshot is gathered as for any observer, and
 * goes to it in pieces, one in a turn of the loop and only as the channel has room. One that asks
 * again gets the new one from its beginning.
 *
 * At each beat it is asked for a sign of life as well. While one is missing the kernel says what
 * the process does (model/health/pulse.h), and one that hangs is given up: as long as it lives
 * nobody else accepts connections at the port, and those that came would wait for ever. */

/* --- the port --------------------------------------------------------------------------------- */

/* SO_REUSEADDR, for connections of the process before may still be in TIME_WAIT at this port. */
static int bind_to(const struct addr *addr, uint16_t port)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	bool is_6 = addr->family == AF_INET6;
	_cleanup_close_ int fd = socket(addr->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
					0);
	const int one = 1;

	/* Both are filled, and one is used. */
	memcpy(&in6.sin6_addr, addr->bytes, sizeof(in6.sin6_addr));
	memcpy(&in.sin_addr, addr->bytes, sizeof(in.sin_addr));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, is_6 ? (const struct sockaddr *)&in6 : (const struct sockaddr *)&in,
		 is_6 ? sizeof(in6) : sizeof(in)) < 0 ||
	    listen(fd, SOMAXCONN) < 0)
		return -errno;
	return take_fd(&fd);
}

int metering_listen(struct metering *metering, const struct addr *addr, uint16_t port,
		    const char *text, struct error *error)
{
	/* A wait at the start of netd, before it serves anybody. */
	int64_t deadline_ms = deadline_after(METRICS_BIND_MS);
	int fd;

	/* The process of a netd that was killed ends as soon as it has seen that. A process of this
	 * netd's predecessor may still hold the port. */
	while ((fd = bind_to(addr, port)) == -EADDRINUSE &&
	       deadline_pause(deadline_ms, METRICS_BIND_STEP_US))
		;
	if (fd == -EADDRINUSE)
		return error_set(error, ERROR_CONFLICT,
				 "cannot serve metrics at %s: another program has that port; end "
				 "it, or choose another metrics-addr",
				 text);
	if (fd < 0)
		return error_system(error, fd, "cannot serve metrics at %s", text);
	metering->listen_fd = fd;
	return 0;
}

/* --- snapshots -------------------------------------------------------------------------------- */

/* libev wants a watcher stopped while its events are changed. */
static void watch(struct metering *metering, int events)
{
	ev_io_stop(metering->loop, &metering->io);
	ev_io_set(&metering->io, metering->channel, events);
	ev_io_start(metering->loop, &metering->io);
}

/* What was asked for before, whatever came of it. Drops whatever is under way: the wait for a
 * snapshot, the snapshot, the report, a packet. Safe to call at any time, and twice. */
static void forget(struct metering *metering)
{
	if (metering->is_waiting)
		list_remove(&metering->observer.node);
	metering->is_waiting = false;
	snapshot_free(metering->snapshot);
	metering->snapshot = NULL;
	free(metering->report);
	metering->report = NULL;
	metering->packet_len = 0;
}

/* The process is of no use any more. hung says that it still lives: then it is ended by the
 * supervisor, since it holds the port's only accept queue. */
static void lose(struct metering *metering, bool hung)
{
	forget(metering);
	ev_io_stop(metering->loop, &metering->io);
	ev_timer_stop(metering->loop, &metering->beat);
	counting_end(&metering->counting);
	(void)close(metering->channel);
	/* The port itself stays open here, so clients wait in its backlog for the next process. */
	metering->channel = -1;
	metering->pid = 0;
	metering->lost(hung, metering->data);
}

/* Completes the packet whose body has been written behind the head. OBSERVE_END and OBSERVE_CANNOT
 * are the last of an answer. */
static void fill(struct metering *metering, enum observe_type type, size_t body_len)
{
	observe_put_head(metering->packet, type, metering->number);
	metering->packet_len = OBSERVE_HEAD_LEN + body_len;
	metering->is_last = type == OBSERVE_END || type == OBSERVE_CANNOT;
}

/* Instead of a snapshot: one sentence. */
static void fill_reason(struct metering *metering, const char *text)
{
	/* Cut where it does not fit: it is a sentence for a person. */
	size_t len = strnlen(text, METRICS_PACKET_MAX);

	memcpy(metering->packet + OBSERVE_HEAD_LEN, text, len);
	fill(metering, OBSERVE_CANNOT, len);
}

/* The next piece of doctor's report, which comes before the snapshot. */
static void fill_report(struct metering *metering)
{
	size_t len = metering->report_len - metering->report_sent;

	if (len > METRICS_PACKET_MAX)
		len = METRICS_PACKET_MAX;
	memcpy(metering->packet + OBSERVE_HEAD_LEN, metering->report + metering->report_sent, len);
	metering->report_sent += len;
	fill(metering, OBSERVE_FINDING, len);
}

/* The packet that follows. A snapshot that too many newer ones have pushed out is cut off by the
 * engine, and the process is told why. */
static void fill_next(struct metering *metering)
{
	char *body = (char *)metering->packet + OBSERVE_HEAD_LEN;
	ssize_t n;

	if (metering->report && metering->report_sent < metering->report_len) {
		fill_report(metering);
		return;
	}
	n = snapshot_read(metering->snapshot, body, METRICS_PACKET_MAX);
	if (n < 0)
		fill_reason(metering, "the snapshot was read too slowly");
	else
		fill(metering, n > 0 ? OBSERVE_PIECE : OBSERVE_END, (size_t)n);
}

/* The engine has it ready, or says why there is none. From here on the process gets it whenever its
 * channel has room. The report is taken at this moment, so that both are of about the same time. */
static void on_snapshot(struct snapshot *snapshot, const struct error *error, void *data)
{
	struct metering *metering = data;

	metering->is_waiting = false;
	metering->snapshot = snapshot;
	metering->report = findings_get(&metering->findings, &metering->report_len);
	metering->report_sent = 0;
	if (!snapshot)
		fill_reason(metering, error->text);
	watch(metering, EV_READ | EV_WRITE);
}

/* One packet. One packet for each turn of the loop, so that a large snapshot holds up nobody. What
 * the channel refuses is kept as it is for the next turn. */
static void send_some(struct metering *metering)
{
	int err;

	if (metering->packet_len == 0 && metering->snapshot)
		fill_next(metering);
	/* There is nothing to send, so the loop must not ask for room. */
	if (metering->packet_len == 0) {
		watch(metering, EV_READ);
		return;
	}
	err = chan_send(metering->channel, metering->packet, metering->packet_len, NULL, 0);
	if (err == -EAGAIN)
		return;
	if (err < 0) {
		lose(metering, false);
		return;
	}
	metering->packet_len = 0;
	if (metering->is_last)
		forget(metering);
}

/* Has a snapshot gathered. The record counters are left out, which the page does not show. An
 * answer that is still under way is dropped: the process does not want it any more. */
static void ask(struct metering *metering, uint32_t number)
{
	forget(metering);
	metering->number = number;
	metering->observer = (struct engine_observer) {
		.parts = SEEN_ALL & ~(SEEN_BIT(SEEN_STORE) | SEEN_BIT(SEEN_CONTAINERS) |
				      SEEN_BIT(SEEN_LINKS) | SEEN_BIT(SEEN_COUNTERS)),
		.done = on_snapshot,
		.data = metering,
	};
	list_init(&metering->observer.node);
	metering->is_waiting = true;
	engine_observe(metering->engine, &metering->observer);
}

/* False: the channel has ended, or says what makes no sense. The only reader of what this process
 * says: a head of fixed length. The process reads HTTP of strangers, so it is believed as little as
 * they are. */
static bool read_one(struct metering *metering)
{
	uint8_t message[OBSERVE_HEAD_LEN];
	enum observe_type type;
	uint32_t number;
	size_t n_fds = 0;
	int len = chan_receive(metering->channel, message, sizeof(message), NULL, &n_fds);

	if (len == -EAGAIN)
		return true;
	if (len <= 0 || !observe_get_head(message, (size_t)len, &type, &number))
		return false;
	if (type == OBSERVE_ASK)
		ask(metering, number);
	else if (type == OBSERVE_HERE)
		metering->is_asked = false;
	return type == OBSERVE_ASK || type == OBSERVE_HERE;
}

/* At most one message is read or one packet written in a turn. */
static void on_channel(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct metering *metering = watcher->data;

	if (watcher_again(loop, watcher, revents))
		return;
	if ((revents & EV_READ) && !read_one(metering))
		lose(metering, false);
	else if (revents & EV_WRITE)
		send_some(metering);
}

/* --- signs of life ---------------------------------------------------------------------------- */

/* Looks at the process when the last beat's question is still open. One that only gets no processor
 * is waited for; one that is stopped, spins or is blocked is given up. */
static bool has_hung(struct metering *metering)
{
	struct pulse_look look;
	enum pulse_verdict verdict;

	/* One that has ended is seen at the channel. */
	if (!metering->is_asked || process_look(metering->pid, &look) < 0)
		return false;
	verdict = pulse_look(&metering->pulse, &look);
	if (verdict == PULSE_WAIT)
		return false;
	log_warn("process %u, which serves metrics, does not answer: it is %s, and another "
		 "takes its place",
		 metering->pid, pulse_verdict_name[verdict]);
	return true;
}

/* Asks for a sign of life and judges the one before. */
static void on_beat(struct ev_loop *loop, ev_timer *watcher, int revents)
{
	struct metering *metering = watcher->data;
	uint8_t head[OBSERVE_HEAD_LEN];

	(void)loop, (void)revents;
	if (has_hung(metering)) {
		lose(metering, true);
		return;
	}
	if (!metering->is_asked)
		metering->pulse = (struct pulse) { 0 };
	metering->is_asked = true;
	observe_put_head(head, OBSERVE_ALIVE, 0);
	/* No room: it has not read the last one either. A beat that was not sent is owed all the
	 * same, and is asked about at the next. */
	(void)chan_send(metering->channel, head, sizeof(head), NULL, 0);
}

/* A process is at the other end. It is given snapshots when it asks; until then it only beats. */
void metering_meet(struct metering *metering, struct ev_loop *loop, struct engine *engine,
		   int channel, uint32_t pid)
{
	metering->loop = loop;
	metering->engine = engine;
	metering->channel = channel;
	metering->pid = pid;
	ev_io_init(&metering->io, on_channel, channel, EV_READ);
	metering->io.data = metering;
	ev_io_start(loop, &metering->io);
	metering->is_asked = false;
	ev_timer_init(&metering->beat, on_beat, PULSE_METRICS_S, PULSE_METRICS_S);
	metering->beat.data = metering;
	ev_timer_start(loop, &metering->beat);
	counting_begin(&metering->counting, loop, channel);
}

/* Findings of doctor are gathered beside the snapshots (findings.c). */
void metering_look(struct metering *metering, struct ev_loop *loop,
		   const struct api_explainer *explainer)
{
	findings_init(&metering->findings, loop, explainer);
}

/* Closing the channel is what ends the process. */
void metering_done(struct metering *metering)
{
	findings_done(&metering->findings);
	if (metering->channel >= 0) {
		forget(metering);
		ev_io_stop(metering->loop, &metering->io);
		ev_timer_stop(metering->loop, &metering->beat);
		counting_end(&metering->counting);
		(void)close(metering->channel);
	}
	if (metering->listen_fd >= 0)
		(void)close(metering->listen_fd);
	metering->channel = metering->listen_fd = -1;
}
