// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_usher_words.c - what a host that wants to join says, and what it is answered: what is
// accepted has exactly one encoding
#include "usher/words.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t space[USHER_MESSAGE_MAX];
static struct usher_answer answer;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire reader = wire_reader(data, size), writer = wire_writer(space, sizeof(space));
	struct usher_request request;

	if (size > sizeof(space))
		return 0;
	usher_words_get_request(&reader, &request);
	if (reader.err == 0) {
		usher_words_put_request(&writer, &request);
		assert(writer.err == 0 && writer.pos == size);
		assert(memcmp(space, data, size) == 0);
	}
	reader = wire_reader(data, size);
	writer = wire_writer(space, sizeof(space));
	usher_words_get_answer(&reader, &answer);
	if (reader.err == 0) {
		usher_words_put_answer(&writer, &answer);
		assert(writer.err == 0 && writer.pos == size);
		assert(memcmp(space, data, size) == 0);
	}
	return 0;
}
