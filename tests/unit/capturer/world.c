// SPDX-License-Identifier: GPL-2.0-or-later
// world.c - rings, a tracer and a reader of a capture, in memory and pipes
#include "world.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define FIRST 48   /* of a block's packets */
#define DATA_AT 80 /* of a packet's bytes */

/* Memory as tap_close() unmaps it. */
static void make_ring(struct tap *tap, int quiet_fd)
{
	tap->n_blocks = CAPTURE_BLOCKS_MIN;
	tap->mtu = 1500;
	tap->fd = fcntl(quiet_fd, F_DUPFD_CLOEXEC, 10);
	assert_true(tap->fd >= 0);
	tap->ring = mmap(NULL, tap->n_blocks * CAPTURE_BLOCK_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(tap->ring != MAP_FAILED);
}

void world_init(struct world *world, size_t n)
{
	int ends[2];

	memset(world, 0, sizeof(*world));
	capture_asked_init(&world->asked);
	(void)snprintf(world->asked.name, sizeof(world->asked.name), "web");
	compiled_take_all(CAPTURE_SNAPLEN_MAX, &world->filter);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, world->quiet_fds), 0);
	world->places.list = calloc(n ? n : 1, sizeof(*world->places.list));
	assert_non_null(world->places.list);
	world->places.n = n;
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(world->places.list[i].name, sizeof(world->places.list[i].name),
			       "eth%zu", i);
		make_ring(&world->places.list[i].tap, world->quiet_fds[0]);
		world->at[i] = FIRST;
	}
	world->drops.trace.orders_fd = world->drops.trace.lines_fd = world->tracer_fd = -1;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	world->ours = ends[0];
	world->theirs = ends[1];
}

void world_done(struct world *world)
{
	capturer_places_done(&world->places);
	capturer_drops_done(&world->drops);
	cleanup_close(&world->ours);
	cleanup_close(&world->theirs);
	cleanup_close(&world->tracer_fd);
	cleanup_close(&world->quiet_fds[0]);
	cleanup_close(&world->quiet_fds[1]);
}

static struct tpacket_block_desc *block_of(struct world *world, size_t place)
{
	return (struct tpacket_block_desc *)(void *)world->places.list[place].tap.ring;
}

void world_pass(struct world *world, size_t place, uint64_t time_ns, const char *data)
{
	struct tpacket_block_desc *block = block_of(world, place);
	const struct sockaddr_ll addr = { .sll_pkttype = PACKET_OUTGOING };
	const size_t len = strlen(data), room = TPACKET_ALIGN(DATA_AT + len);
	uint8_t *at = world->places.list[place].tap.ring + world->at[place];
	struct tpacket3_hdr head = { .tp_next_offset = (uint32_t)room,
				     .tp_sec = (uint32_t)(time_ns / 1000000000),
				     .tp_nsec = (uint32_t)(time_ns % 1000000000),
				     .tp_snaplen = (uint32_t)len,
				     .tp_len = (uint32_t)len,
				     .tp_mac = DATA_AT };

	assert_true(world->at[place] + room <= CAPTURE_BLOCK_SIZE);
	memcpy(at, &head, sizeof(head));
	memcpy(at + TPACKET_ALIGN(sizeof(head)), &addr, sizeof(addr));
	memcpy(at + DATA_AT, data, len);
	world->at[place] += room;
	block->hdr.bh1.offset_to_first_pkt = FIRST;
	block->hdr.bh1.num_pkts++;
}

void world_hand_over(struct world *world, size_t place)
{
	__atomic_store_n(&block_of(world, place)->hdr.bh1.block_status, TP_STATUS_USER,
			 __ATOMIC_RELEASE);
}

void world_drops(struct world *world)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	world->drops.is_asked = true;
	world->drops.filter = &world->filter;
	world->drops.trace.lines_fd = ends[0];
	world->tracer_fd = ends[1];
	capturer_drops_space(&world->drops, 17, "web", true);
}

void world_say(struct world *world, const char *line)
{
	assert_int_equal(write(world->tracer_fd, line, strlen(line)), (ssize_t)strlen(line));
}

/* ---- what comes out ---- */

static uint32_t u32_at(const uint8_t *data)
{
	uint32_t value;

	memcpy(&value, data, sizeof(value));
	return value;
}

/* The comment of an enhanced packet block, "" where there is none. */
static void take_packet(const uint8_t *block, uint32_t len, struct world_read *read)
{
	size_t at = 28 + ((size_t)u32_at(block + 20) + 3) / 4 * 4, used = strlen(read->packets);
	int comment_len = 0;
	const char *comment = "";

	while (at + 8 <= len - 4 && (u32_at(block + at) & 0xffff) != 0) {
		size_t size = u32_at(block + at) >> 16;

		if ((u32_at(block + at) & 0xffff) == 1) {
			comment = (const char *)block + at + 4;
			comment_len = (int)size;
		}
		at += 4 + (size + 3) / 4 * 4;
	}
	assert_true(read->n < sizeof(read->times) / sizeof(read->times[0]));
	read->times[read->n++] = (uint64_t)u32_at(block + 12) << 32 | u32_at(block + 16);
	(void)snprintf(read->packets + used, sizeof(read->packets) - used, "%u%s%.*s;",
		       u32_at(block + 8), comment_len ? " " : "", comment_len, comment);
}

/* A comment is the first of the options. */
static void take_statistics(const uint8_t *block, struct world_read *read)
{
	read->n_statistics++;
	if ((u32_at(block + 20) & 0xffff) == 1)
		(void)snprintf(read->missing, sizeof(read->missing), "%.*s",
			       (int)(u32_at(block + 20) >> 16), (const char *)block + 24);
}

void world_read(struct world *world, struct world_read *ret_read)
{
	static uint8_t data[1 << 20]; /* large */
	size_t len = 0;
	ssize_t n;

	memset(ret_read, 0, sizeof(*ret_read));
	while ((n = recv(world->ours, data + len, sizeof(data) - len, MSG_DONTWAIT)) > 0)
		len += (size_t)n;
	ret_read->len = len;
	for (size_t at = 0; at < len;) {
		uint32_t block_len;

		assert_true(len - at >= 12);
		block_len = u32_at(data + at + 4);
		assert_true(block_len >= 12 && block_len <= len - at);
		assert_int_equal(u32_at(data + at + block_len - 4), block_len);
		ret_read->n_interfaces += u32_at(data + at) == 1;
		if (u32_at(data + at) == 5)
			take_statistics(data + at, ret_read);
		if (u32_at(data + at) == 6)
			take_packet(data + at, block_len, ret_read);
		at += block_len;
	}
}
