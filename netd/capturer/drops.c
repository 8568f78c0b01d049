// SPDX-License-Identifier: GPL-2.0-or-later
// drops.c - what the kernel throws away of a container or a network, from a tracer
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/grow.h"
#include "capturer/capturer.h"
#include "diag/decoy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Theory of operation. Only netd-trace may load programs into the kernel. So this process asks one:
 * netd's, at the other end of a socket, or one that it starts itself while it has root's rights. It
 * says of which namespaces and addresses packets are wanted, and hears lines, each of which goes
 * through one decoder (capture/dropped.c). The tracer hears orders and nothing else; a capture that
 * is killed closes its end, and so ends it.
 *
 * It has the clock of the kernel's programs (CLOCK_MONOTONIC), packets of interfaces have wall
 * time; how far these are apart is looked up for each packet, for somebody may set the clock.
 *
 * A tracer that cannot work leaves a capture without dropped packets, and a sentence in it. One
 * that ends in the middle, without the line that is its last, leaves another: the capture goes on
 * without them, and says at its end that some are missing. */

/* What is dropped there, a person is told by that name. */
struct capturer_space {
	uint64_t netns;
	char name[NAME_LEN_MAX + 1];
};

__attribute__((format(printf, 2, 3))) static void lack(struct capturer_drops *drops,
						       const char *format, ...)
{
	va_list list;
	int len = snprintf(drops->comment, sizeof(drops->comment),
			   "dropped packets are not in it: ");

	va_start(list, format);
	(void)vsnprintf(drops->comment + len, sizeof(drops->comment) - (size_t)len, format, list);
	va_end(list);
	drops->has_end = true;
}

void capturer_drops_start(const struct capturer_options *options, const struct compiled *filter,
			  struct capturer_drops *drops)
{
	drops->is_asked = true;
	drops->filter = filter;
	if (!capturer_can_ask(filter)) {
		lack(drops, "the filter is one that only the kernel can run");
		return;
	}
	/* A tracer that is started here is to know nothing of who asked. */
	(void)fcntl(options->control_fd, F_SETFD, FD_CLOEXEC);
	if (options->is_netds)
		explain_trace_adopt(&drops->trace);
	else
		explain_trace_start(&drops->trace, "--drops");
	if (!drops->trace.is_running)
		lack(drops, "%s", drops->trace.seen.lacks);
}

/* What is missing for want of memory is said by orders. */
void capturer_drops_space(struct capturer_drops *drops, uint64_t netns, const char *name,
			  bool is_own)
{
	struct capturer_space *spaces = grow(drops->spaces, &drops->size, drops->n_spaces + 1,
					     sizeof(*spaces));

	buf_printf(&drops->orders, "%s %" PRIu64 "\n", is_own ? "own" : "netns", netns);
	if (!spaces) {
		drops->orders.err = -ENOMEM;
		return;
	}
	drops->spaces = spaces;
	spaces[drops->n_spaces].netns = netns;
	(void)snprintf(spaces[drops->n_spaces++].name, sizeof(spaces->name), "%s", name);
}

void capturer_drops_addresses(struct capturer_drops *drops, const struct facts_endpoint *endpoint)
{
	for (enum family family = 0; family < FAMILY_N; family++)
		if (addr_is_set(&endpoint->addr[family].addr))
			buf_printf(&drops->orders, "address %s\n",
				   ADDR_STR(&endpoint->addr[family].addr));
}

void capturer_drops_go(struct capturer_drops *drops, uint32_t snaplen)
{
	const struct traced *seen = &drops->trace.seen;
	int err;

	if (!drops->trace.is_running)
		return;
	buf_printf(&drops->orders, "bytes %" PRIu32 "\ngo\n", snaplen);
	err = explain_trace_order(&drops->trace, &drops->orders);
	if (!seen->is_ready) {
		lack(drops, "%s",
		     *seen->lacks ? seen->lacks
		     : err < 0	  ? "the tracer could not be told what to look for"
				  : "the tracer did not begin in time");
		return;
	}
	if (*seen->without)
		(void)snprintf(drops->comment, sizeof(drops->comment), "of dropped packets: %s",
			       seen->without);
	/* The beginning of a line may have come with its answer. */
	drops->text = drops->trace.text;
	drops->trace.text = (struct buf) { 0 };
}

/* Neither clock can fail. */
static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* How far the wall clock is ahead of the programs'. Both are read at once, or nearly. */
static uint64_t wall_of(uint64_t time_ns)
{
	return time_ns + clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
}

/* Without last words: it was killed, or says what is none of netd-trace's. */
static void cut(struct capturer_drops *drops)
{
	drops->has_end = true;
	drops->cut_ns = wall_of(clock_ns(CLOCK_MONOTONIC));
}

/* Whether the line is a packet that was asked for. Copies that were for nobody mean nothing. */
static bool take_line(struct capturer_drops *drops, const char *text, size_t len)
{
	struct dropped *packet = &drops->packet;

	switch (dropped_read(text, len, packet, &drops->n_lost)) {
	case DROPPED_OTHER:
		return false;
	case DROPPED_END:
		drops->has_end = true;
		return false;
	case DROPPED_PACKET:
		break;
	}
	if (decoy_is(packet->reason, packet->function, packet->icmp_type, packet->is_six) ||
	    !capturer_passes(drops->filter, packet))
		return false;
	drops->time_ns = wall_of(packet->time_ns);
	drops->at_hand_ms = deadline_now_ms();
	drops->n_told++;
	return true;
}

/* More of it, or its end. 0: there is nothing more now. */
static int read_more(struct capturer_drops *drops)
{
	char data[CAPTURE_DROPS_LINE_MAX];
	ssize_t n = read(drops->trace.lines_fd, data, sizeof(data));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0)
		buf_append(&drops->text, data, (size_t)n);
	if (n <= 0 || drops->text.err < 0)
		cut(drops);
	return n > 0;
}

/* What is kept has a bound: no more is read while a line is at hand. A line without an end is none
 * of netd-trace's. */
void capturer_drops_look(struct capturer_drops *drops)
{
	while (!drops->has_packet && !drops->has_end) {
		const char *end = drops->text.len > 0
					  ? memchr(drops->text.data, '\n', drops->text.len)
					  : NULL;

		if (end) {
			size_t len = (size_t)(end - drops->text.data);

			drops->has_packet = take_line(drops, drops->text.data, len);
			buf_consume(&drops->text, len + 1);
		} else if (drops->text.len > CAPTURE_DROPS_LINE_MAX) {
			cut(drops);
		} else if (!read_more(drops)) {
			return;
		}
	}
}

/* The end of its orders is the tracer's end, when it has told the rest. Of a socket that is this
 * half alone. */
void capturer_drops_end(struct capturer_drops *drops)
{
	if (drops->is_ended || drops->trace.orders_fd < 0)
		return;
	drops->is_ended = true;
	(void)shutdown(drops->trace.orders_fd, SHUT_WR);
	cleanup_close(&drops->trace.orders_fd);
	drops->trace.orders_fd = -1;
}

void capturer_drops_comment(const struct capturer_drops *drops, char *text, size_t size)
{
	const char *place = "a namespace";

	for (size_t i = 0; i < drops->n_spaces; i++)
		if (drops->spaces[i].netns == drops->packet.netns)
			place = drops->spaces[i].name;
	dropped_comment(&drops->packet, place, text, size);
}

/* The process may not wait for a tracer of its own any more, and ends itself. */
void capturer_drops_done(struct capturer_drops *drops)
{
	cleanup_close(&drops->trace.orders_fd);
	cleanup_close(&drops->trace.lines_fd);
	buf_done(&drops->orders);
	buf_done(&drops->text);
	buf_done(&drops->trace.text);
	traced_done(&drops->trace.seen);
	free(drops->spaces);
	*drops = (struct capturer_drops) { .trace = { .orders_fd = -1, .lines_fd = -1 } };
}
