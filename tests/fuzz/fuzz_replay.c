// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_replay.c - any bytes as a ruleset that is made again: what is read is written, and put back
// as it was
#include "base/limits.h"
#include "diag/rules/replay_parts.h"

#include <assert.h>
#include <linux/netlink.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whole messages, as many as the lengths say. */
static void walk(const struct buf *batch)
{
	size_t at = 0;

	while (at < batch->len) {
		struct nlmsghdr head;

		assert(batch->len - at >= sizeof(head));
		memcpy(&head, batch->data + at, sizeof(head));
		assert(head.nlmsg_len >= sizeof(head) && head.nlmsg_len <= batch->len - at);
		at += NLMSG_ALIGN(head.nlmsg_len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct replay *replay = NULL;
	struct buf out = { 0 };
	char what[32];

	if (replay_new(data, size, &replay) < 0)
		return 0;
	replay->n_spent = REPLAY_NUMBERS_MAX - 64; /* a million fillers show no more */
	for (size_t i = 0; i < replay_n_tables(replay); i++) {
		struct buf batch = { 0 };

		assert(replay_name(replay, i)[0]);
		(void)replay_owner(replay, i);
		if (replay_batch(replay, i, &batch) == 0)
			walk(&batch);
		(void)replay_refused(replay, i, REPLAY_SEQ + 3, what, sizeof(what));
		(void)replay_stands(replay, i, data, size);
		buf_done(&batch);
	}
	/* What nothing was done to comes back byte for byte. */
	assert(replay_restore(replay, data, size, &out) == 0);
	assert(out.len == size && memcmp(out.data ? out.data : "", data, size) == 0);
	buf_done(&out);
	replay_free(replay);
	return 0;
}
