// SPDX-License-Identifier: GPL-2.0-or-later
// write.c - packets out of the rings, in order, to whoever asked for them
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "capture/order.h"
#include "capture/pcapng.h"
#include "capturer/capturer.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

/* Theory of operation. One loop. Packets stay in the kernel's rings until there is room for them in
 * `out`, so memory has a bound, and where whoever reads is slow the kernel drops, and counts, what
 * does not fit its rings. A ring that has shown its next packet is not watched meanwhile: it is
 * readable all the time.
 *
 * It ends when what was asked for is there or over, or the interfaces are gone, or whoever reads
 * says that it is enough, which he does by closing his half of the connection. Then what has passed
 * until that moment is still written, and how many there were, and the connection is closed. Who
 * closes all of it wants nothing more.
 *
 * Blocks of the file, in their order: the section, one block for each interface, packets, and one
 * with statistics for each interface (pcapng.c). Packets that the kernel dropped, where these are
 * asked for, come from one more source (drops.c), and are of the interface behind the places'. */

/* Places and their order are the caller's. asked and places are borrowed for the time of the
 * call. */
struct writing {
	const struct capture_asked *asked;
	struct capturer_place *places;
	size_t n;
	struct capturer_drops *drops;
	int fd;
	struct buf out;
	/* n_bytes is the size of the file so far. */
	uint64_t n_packets, n_bytes, began_ns;
	int64_t deadline_ms; /* of what was asked */
	bool is_full;	     /* the file is as large as it may be */
	bool is_over;	     /* nothing is waited for any more but what has passed already */
	bool is_complete;    /* the statistics are in `out` */
	bool is_silent;	     /* whoever reads has closed his half */
	int64_t rest_ms;     /* what has passed is in the rings by then */
	int64_t drops_ms;    /* and what was dropped was told */
	int64_t give_up_ms;  /* whoever reads has taken it by then */
};

/* Of the wall clock, as the times of packets are. */
static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now); /* it is there */
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Called once; later calls change nothing. rest_ms is how long what has passed may take to show. 0:
 * the reader has all that he asked for. */
static void be_over(struct writing *writing, unsigned int rest_ms)
{
	if (writing->is_over)
		return;
	writing->is_over = true;
	writing->rest_ms = deadline_after(rest_ms);
	writing->give_up_ms = deadline_after(CAPTURE_END_MS);
	/* What was dropped until now is still told, for a while. */
	writing->drops_ms = deadline_after(CAPTURE_DROPS_END_MS);
	capturer_drops_end(writing->drops);
}

/* ---- out of the rings ---- */

/* Until it shows its next packet, or the kernel has the next block. A block is given back when its
 * last packet has been taken. place->packet points into the block, so the block stays until the
 * packet is written. */
static void look_at(struct capturer_place *place)
{
	while (!place->has_packet) {
		const void *data;

		if (place->in_block && block_next(&place->block, &place->packet)) {
			place->has_packet = true;
			return;
		}
		/* The block has no packet left. */
		if (place->in_block)
			tap_release(&place->tap);
		data = tap_block(&place->tap);
		place->in_block = data != NULL;
		if (!data)
			return;
		block_begin(&place->block, data, CAPTURE_BLOCK_SIZE);
		/* order_next() holds packets back by this, until those of other rings cannot be
		 * older. */
		place->at_hand_ms = deadline_now_ms();
		place->is_down = false;
	}
}

/* Two things that a person would take for faults. NULL: none. The texts are for Wireshark's packet
 * list. */
static const char *comment_of(const struct capturer_place *place, const struct block_packet *packet)
{
	if (packet->full_len > (size_t)place->tap.mtu + ETH_HLEN)
		return "larger than the MTU: it is cut into segments behind this interface";
	if (packet->is_unfinished)
		return "its checksum is not computed yet: that is left to whoever sends it on a "
		       "wire";
	return NULL;
}

/* Whom the frame was for. By how the kernel received it (packet(7), sll_pkttype). */
static enum pcapng_cast cast_of(const struct block_packet *packet)
{
	switch (packet->type) {
	case PACKET_HOST:
		return PCAPNG_UNICAST;
	case PACKET_BROADCAST:
		return PCAPNG_BROADCAST;
	case PACKET_MULTICAST:
		return PCAPNG_MULTICAST;
	case PACKET_OTHERHOST:
		return PCAPNG_OTHERS;
	default: /* PACKET_OUTGOING: to whom is not said */
		return PCAPNG_ANY_CAST;
	}
}

/* i is the place's number, and the interface's in the file. */
static void put_packet(struct writing *writing, size_t i)
{
	struct capturer_place *place = &writing->places[i];
	const struct block_packet *packet = &place->packet;

	pcapng_put_packet(&writing->out,
			  &(struct pcapng_packet) {
				  .interface = (uint32_t)i,
				  .time_ns = packet->time_ns,
				  .data = packet->data,
				  .len = packet->len,
				  .full_len = packet->full_len,
				  .tag = packet->has_tag ? packet->tag : NULL,
				  .direction = packet->is_out ? PCAPNG_OUT : PCAPNG_IN,
				  .cast = cast_of(packet),
				  .comment = comment_of(place, packet),
			  });
	place->has_packet = false;
	writing->n_packets++;
}

/* It was neither received nor sent at this interface, which is nobody's. */
static void put_dropped(struct writing *writing)
{
	struct capturer_drops *drops = writing->drops;
	char comment[DROPPED_COMMENT_SIZE];

	capturer_drops_comment(drops, comment, sizeof(comment));
	pcapng_put_packet(&writing->out, &(struct pcapng_packet) {
						 .interface = (uint32_t)writing->n,
						 .time_ns = drops->time_ns,
						 .data = drops->packet.data,
						 .len = drops->packet.len,
						 .full_len = drops->packet.full_len,
						 .comment = comment,
					 });
	drops->has_packet = false;
	writing->n_packets++;
}

/* Room for the statistics is kept. PCAPNG_PACKET_ROOM is the most that a packet takes beside its
 * bytes. The file may not end without its statistics. */
static bool fits(const struct writing *writing, size_t len)
{
	uint64_t wanted =
		writing->n_bytes + len + PCAPNG_PACKET_ROOM +
		(writing->n + 1) * PCAPNG_STATISTICS_ROOM +
		(writing->drops->is_asked ? sizeof(CAPTURER_DROPS_CUT) + PCAPNG_COMMENT_ROOM : 0);

	return writing->asked->bytes == 0 || wanted <= writing->asked->bytes;
}

/* The place whose packet is next, n for a dropped one, or -1. All heads are looked at each time: a
 * ring may have got a block meanwhile. */
static int next_of(struct writing *writing, int64_t *ret_until_ms)
{
	struct order_head heads[CAPTURE_TAPS_MAX + 1];
	struct capturer_drops *drops = writing->drops;
	/* A tracer that has ended holds up nobody. */
	bool has_drops = drops->is_asked && (!drops->has_end || drops->has_packet);
	/* At the end nothing older can come, so nothing is held back. */
	bool is_rest = writing->is_over && deadline_passed(writing->rest_ms) &&
		       (!drops->is_asked || drops->has_end || deadline_passed(writing->drops_ms));

	for (size_t i = 0; i < writing->n; i++) {
		const struct capturer_place *place = &writing->places[i];

		look_at(&writing->places[i]);
		heads[i] = (struct order_head) { place->has_packet, place->packet.time_ns,
						 place->at_hand_ms };
	}
	if (has_drops) {
		capturer_drops_look(drops);
		heads[writing->n] = (struct order_head) { drops->has_packet, drops->time_ns,
							  drops->at_hand_ms };
	}
	return order_next(heads, writing->n + has_drops, deadline_now_ms(),
			  is_rest     ? 0
			  : has_drops ? CAPTURE_DROPS_HOLD_MS
				      : CAPTURE_HOLD_MS,
			  ret_until_ms);
}

/* Packets or bytes that were asked for. Time is no part of it: see step(). */
static bool has_all(const struct writing *writing)
{
	return writing->is_full ||
	       (writing->asked->count && writing->n_packets >= writing->asked->count);
}

/* What is at hand, as far as there is room. *ret_until_ms: when more is, without anything to read.
 *
 * The bound of out keeps a reader that is slow from filling the memory: the kernel drops then. */
static void take_packets(struct writing *writing, int64_t *ret_until_ms)
{
	*ret_until_ms = INT64_MAX;
	while (writing->out.len < CAPTURE_OUT_MAX && writing->out.err == 0 && !has_all(writing)) {
		size_t before = writing->out.len;
		int i = next_of(writing, ret_until_ms);

		if (i < 0)
			return;
		if (!fits(writing, (size_t)i == writing->n ? writing->drops->packet.len
							   : writing->places[i].packet.len)) {
			writing->is_full = true;
			break;
		}
		if ((size_t)i == writing->n)
			put_dropped(writing);
		else
			put_packet(writing, (size_t)i);
		writing->n_bytes += writing->out.len - before;
	}
	if (has_all(writing))
		be_over(writing, 0);
}

/* ---- the beginning and the end ---- */

/* That there are none is said there, too. */
static void put_drops_interface(struct writing *writing)
{
	const struct capture_asked *asked = writing->asked;
	char description[NAME_LEN_MAX + 64];

	(void)snprintf(description, sizeof(description), "%s, packets that the kernel dropped",
		       asked->name);
	pcapng_put_interface(
		&writing->out,
		&(struct pcapng_interface) {
			.name = "dropped",
			.description = description,
			.comment = *writing->drops->comment ? writing->drops->comment : NULL,
			.filter = asked->filter[0] ? asked->filter : NULL,
			.snaplen = asked->snaplen,
			.is_raw = true,
		});
}

/* Written before the first packet. The list of interfaces is fixed from here on, as packets name
 * them by number. */
static void put_head(struct writing *writing)
{
	const struct capture_asked *asked = writing->asked;

	pcapng_put_section(&writing->out, "netd " NETD_VERSION);
	for (size_t i = 0; i < writing->n; i++)
		pcapng_put_interface(&writing->out,
				     &(struct pcapng_interface) {
					     .name = writing->places[i].name,
					     .description = writing->places[i].description,
					     .filter = asked->filter[0] ? asked->filter : NULL,
					     .snaplen = asked->snaplen,
				     });
	if (writing->drops->is_asked)
		put_drops_interface(writing);
	writing->n_bytes = writing->out.len;
}

/* Of a tracer that has ended before, until then. */
static void put_drops_statistics(struct writing *writing)
{
	const struct capturer_drops *drops = writing->drops;

	pcapng_put_statistics(&writing->out,
			      &(struct pcapng_statistics) {
				      .interface = (uint32_t)writing->n,
				      .time_ns = drops->cut_ns ? drops->cut_ns : now_ns(),
				      .began_ns = writing->began_ns,
				      .received = drops->n_told + drops->n_lost,
				      .dropped = drops->n_lost,
				      .comment = drops->cut_ns ? CAPTURER_DROPS_CUT : NULL,
			      });
}

/* The counters are asked for now, so that they are of the end. */
static void put_statistics(struct writing *writing)
{
	for (size_t i = 0; i < writing->n; i++) {
		struct tap *tap = &writing->places[i].tap;

		tap_count(tap);
		pcapng_put_statistics(&writing->out, &(struct pcapng_statistics) {
							     .interface = (uint32_t)i,
							     .time_ns = now_ns(),
							     .began_ns = writing->began_ns,
							     .received = tap->received,
							     .dropped = tap->dropped,
						     });
	}
	if (writing->drops->is_asked)
		put_drops_statistics(writing);
	writing->is_complete = true;
}

/* Nothing more comes, and all of it is in `out`. The rest is waited for, because the kernel hands a
 * block over only after a while. All blocks that had packets before rest_ms are with this process
 * by then. */
static bool is_at_end(struct writing *writing)
{
	int64_t until_ms;

	if (!writing->is_over || !deadline_passed(writing->rest_ms))
		return false;
	if (has_all(writing))
		return true;
	/* The last line of the tracer is waited for. */
	return next_of(writing, &until_ms) < 0 &&
	       (!writing->drops->is_asked || writing->drops->has_end ||
		deadline_passed(writing->drops_ms));
}

/* ---- whoever reads ---- */

/* 0, or why he cannot be written to. As much as goes without waiting. MSG_NOSIGNAL: a reader that
 * is gone is an error and no signal. */
static int write_some(struct writing *writing)
{
	while (writing->out.len > 0) {
		ssize_t n = send(writing->fd, writing->out.data, writing->out.len,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		buf_consume(&writing->out, (size_t)n);
	}
	return writing->out.err;
}

/* He has nothing to say but that it is enough. The end of his half means "enough"; all else that he
 * says is passed over. The connection goes on in the other direction. */
static void hear_reader(struct writing *writing)
{
	char data[256];
	ssize_t n = recv(writing->fd, data, sizeof(data), MSG_DONTWAIT);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	writing->is_silent = true;
	be_over(writing, CAPTURE_HOLD_MS);
}

/* It goes down before it is gone, and only the first is told. is_down is looked at again after a
 * while, in case it was only set down. An interface that is gone has an error at its socket
 * (ENETDOWN) first. */
static void hear_place(struct writing *writing, struct capturer_place *place)
{
	place->is_gone = tap_is_gone(&place->tap);
	place->is_down = !place->is_gone;
	for (size_t i = 0; i < writing->n; i++)
		if (!writing->places[i].is_gone)
			return;
	be_over(writing, CAPTURE_HOLD_MS);
}

/* ---- the loop ---- */

/* Deadlines are compared; the nearest is waited for. */

/* packets_ms: a packet that is held back is due then. */
static int64_t until(const struct writing *writing, int64_t packets_ms)
{
	/* INT64_MAX is "without an end". */
	int64_t until_ms = packets_ms, look_again_ms = deadline_after(CAPTURE_DOWN_MS);

	for (size_t i = 0; i < writing->n; i++)
		if (writing->places[i].is_down && look_again_ms < until_ms)
			until_ms = look_again_ms;
	if (!writing->is_over)
		return until_ms < writing->deadline_ms ? until_ms : writing->deadline_ms;
	if (!deadline_passed(writing->rest_ms) && writing->rest_ms < until_ms)
		return writing->rest_ms;
	if (!deadline_passed(writing->drops_ms) && writing->drops_ms < until_ms)
		return writing->drops_ms;
	return until_ms < writing->give_up_ms ? until_ms : writing->give_up_ms;
}

/* A ring is watched only while its next packet is wanted. The reader's socket is watched for
 * writing only while there is something to write. */
static int wait_for(struct writing *writing, int64_t until_ms)
{
	bool has_room = writing->out.len < CAPTURE_OUT_MAX && !writing->is_complete;
	const struct capturer_drops *drops = writing->drops;
	struct pollfd polls[CAPTURE_TAPS_MAX + 2];
	int n;

	/* Hang-up and errors are told without being asked for (poll(2)). */
	polls[0] = (struct pollfd) { .fd = writing->fd };
	polls[0].events = (short)((writing->is_silent ? 0 : POLLIN) |
				  (writing->out.len > 0 ? POLLOUT : 0));
	for (size_t i = 0; i < writing->n; i++) {
		const struct capturer_place *place = &writing->places[i];
		bool is_watched = has_room && !place->has_packet && !place->is_gone;

		polls[1 + i] = (struct pollfd) { .fd = is_watched ? place->tap.fd : -1,
						 .events = POLLIN };
	}
	polls[1 + writing->n] = (struct pollfd) { .fd = drops->is_asked && has_room &&
									!drops->has_packet &&
									!drops->has_end
								? drops->trace.lines_fd
								: -1,
						  .events = POLLIN };
	n = deadline_poll(polls, 2 + writing->n, until_ms);
	if (n < 0)
		return n;
	/* The whole connection is closed. */
	if (polls[0].revents & (POLLHUP | POLLERR))
		return -EPIPE;
	if (polls[0].revents & POLLIN)
		hear_reader(writing);
	/* POLLERR: the socket has an error to tell, such as that of a link that went down. */
	for (size_t i = 0; i < writing->n; i++)
		if ((polls[1 + i].revents & POLLERR) || writing->places[i].is_down)
			hear_place(writing, &writing->places[i]);
	return 0;
}

/* 0: go on. -ETIME: the reader did not take the rest. One round: take, write, wait. */
static int step(struct writing *writing)
{
	int64_t packets_ms = INT64_MAX;
	int err;

	if (!writing->is_complete)
		take_packets(writing, &packets_ms);
	if (!writing->is_over && deadline_passed(writing->deadline_ms))
		be_over(writing, CAPTURE_HOLD_MS);
	if (!writing->is_complete && writing->out.len < CAPTURE_OUT_MAX && is_at_end(writing))
		put_statistics(writing);
	err = write_some(writing);
	if (err < 0 || (writing->is_complete && writing->out.len == 0))
		return err;
	/* Whoever does not read the end would keep this process for ever. */
	if (writing->is_over && deadline_passed(writing->give_up_ms))
		return -ETIME;
	return wait_for(writing, until(writing, packets_ms));
}

/* fd is the reader's socket, and stays the caller's. 0: the file is whole, and was taken. */
int capturer_write(const struct capture_asked *asked, struct capturer_places *places,
		   struct capturer_drops *drops, int fd)
{
	struct writing writing = { .asked = asked,
				   .places = places->list,
				   .n = places->n,
				   .drops = drops,
				   .fd = fd,
				   .began_ns = now_ns(),
				   .deadline_ms = DEADLINE_NEVER };
	int err;

	if (asked->for_ms)
		writing.deadline_ms = deadline_now_ms() + (int64_t)asked->for_ms;
	put_head(&writing);
	do
		err = step(&writing);
	while (err == 0 && !(writing.is_complete && writing.out.len == 0));
	buf_done(&writing.out);
	return err;
}
