// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_capture.c - what is to be captured, a compiled filter, a block of a ring, a dropped packet,
// and a capture that comes by, of any bytes
#include "base/limits.h"
#include "capture/asked.h"
#include "capture/block.h"
#include "capture/compiled.h"
#include "capture/counter.h"
#include "capture/dropped.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_HEAD 48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was understood is written so that it is understood again, as the same. */
static void ask(const uint8_t *data, size_t size)
{
	struct capture_asked asked, again;
	struct capture_words words;
	struct error error;
	char *text = malloc(size + 1);

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	memset(&asked, 0, sizeof(asked));
	memset(&again, 0, sizeof(again));
	capture_asked_init(&asked);
	capture_asked_init(&again);
	for (char *rest = text, *word; (word = strsep(&rest, "&"));)
		if (capture_asked_take(&asked, word, &error) < 0)
			assert(error.text[0]);
	if (capture_asked_check(&asked, &error) == 0) {
		capture_asked_words(&asked, &words);
		for (size_t i = 0; i < words.n; i++)
			assert(capture_asked_take(&again, words.list[i], &error) == 0);
		assert(strcmp(asked.name, again.name) == 0);
		assert(strcmp(asked.filter, again.filter) == 0);
		assert(asked.count == again.count && asked.bytes == again.bytes &&
		       asked.for_ms == again.for_ms && asked.snaplen == again.snaplen &&
		       asked.both == again.both && asked.loopback == again.loopback &&
		       asked.drops == again.drops);
	}
	free(text);
}

static void read_block(const uint8_t *data, size_t size)
{
	struct block_packet packet;
	struct block block;
	uint8_t *copy;

	if (size < BLOCK_HEAD)
		return;
	copy = malloc(size);
	assert(copy);
	memcpy(copy, data, size);
	block_begin(&block, copy, size);
	while (block_next(&block, &packet))
		assert(packet.data >= copy && packet.len <= size - (size_t)(packet.data - copy));
	free(copy);
}

static void read_dropped(const uint8_t *data, size_t size)
{
	static struct dropped dropped; /* large */
	char comment[DROPPED_COMMENT_SIZE];
	char *text = malloc(size ? size : 1);
	uint64_t n_lost = 0;

	assert(text);
	memcpy(text, data, size);
	memset(&dropped, 0, sizeof(dropped));
	if (dropped_read(text, size, &dropped, &n_lost) == DROPPED_PACKET) {
		assert(dropped.len > 0 && dropped.len <= TRACE_BYTES_MAX);
		assert(dropped.full_len >= dropped.len && dropped.time_ns > 0);
		dropped_comment(&dropped, "web", comment, sizeof(comment));
		for (const char *at = comment; *at; at++)
			assert(*at >= ' ' && *at <= '~');
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct compiled compiled;
	struct counter whole = { 0 }, pieces = { 0 };
	struct error error;

	ask(data, size);
	if (compiled_read(data, size, &compiled, &error) == 0)
		assert(compiled.n > 0 && compiled.n <= BPF_MAXINSNS);
	else
		assert(error.text[0]);
	read_block(data, size);
	read_dropped(data, size);
	counter_feed(&whole, data, size);
	for (size_t i = 0; i < size; i++)
		counter_feed(&pieces, data + i, 1);
	assert(whole.n_packets == pieces.n_packets && whole.n_dropped == pieces.n_dropped);
	assert(strcmp(whole.comment, pieces.comment) == 0);
	assert(strcmp(whole.missing, pieces.missing) == 0);
	assert(counter_is_complete(&whole) == counter_is_complete(&pieces));
	return 0;
}
