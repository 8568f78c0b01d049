// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_journal.c - any bytes as a journal, and as lines of one: what is read is written and read
// the same
#include "base/journal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int write_again(const char *name, const struct journal_value *values, size_t n, void *data,
		       struct error *error)
{
	(void)error;
	journal_write_change(data, name, values, n);
	return 0;
}

/* A refusal has words, and they end. */
static void check_error(int err, const struct error *error)
{
	assert(err < 0 && error->code < 0 && error->text[0]);
	assert(memchr(error->text, '\0', sizeof(error->text)));
}

static struct journal check_whole(const struct buf *text)
{
	struct journal journal;

	assert(text->err == 0);
	assert(journal_check(text->data, text->len, &journal, NULL) == 0);
	assert(journal.whole && journal.len == text->len);
	return journal;
}

/* Lines between a head and an end of ours: the changes in them come back as they were. */
static void check_lines(const uint8_t *data, size_t size)
{
	const struct journal_mark mark = { 1, 2, 3 };
	struct buf first = { 0 }, second = { 0 }, third = { 0 };
	struct error error = { 0 };
	struct journal journal;
	uint64_t chain;
	size_t from;
	int err;

	journal_write_head(&first, "networks", &chain);
	from = first.len;
	buf_append(&first, data, size);
	buf_append(&first, "\n", 1);
	journal_write_commit(&first, from, &mark, &chain);
	/* Unless the lines have an end of their own, which is none. */
	if (memmem(data, size, "[\"commit\",", 10) == NULL) {
		journal = check_whole(&first);
		journal_write_head(&second, "networks", &chain);
		from = second.len;
		err = journal_each(first.data, &journal, write_again, &second, &error);
		if (err < 0) {
			check_error(err, &error);
		} else {
			size_t len = second.len - from;

			journal_write_commit(&second, from, &mark, &chain);
			journal = check_whole(&second);
			assert(journal_each(second.data, &journal, write_again, &third, NULL) == 0);
			assert(third.len == len &&
			       memcmp(third.data, second.data + from, len) == 0);
		}
	}
	buf_done(&first);
	buf_done(&second);
	buf_done(&third);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = { 0 };
	struct journal journal, again;
	struct buf out = { 0 };
	int err = journal_check((const char *)data, size, &journal, &error);

	if (err < 0) {
		check_error(err, &error);
	} else {
		assert(journal.len <= size && journal.whole == (journal.len == size));
		assert(journal_check((const char *)data, journal.len, &again, NULL) == 0);
		assert(again.whole && again.chain == journal.chain);
		err = journal_each((const char *)data, &journal, write_again, &out, &error);
		if (err < 0)
			check_error(err, &error);
		buf_done(&out);
	}
	if (size > 0)
		check_lines(data, size);
	return 0;
}
