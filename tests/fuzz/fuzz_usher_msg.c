// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_usher_msg.c - messages between plumber and usher: what is accepted has exactly one encoding
#include "ipc/usher_msg.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t space[IPC_MSG_MAX];
static struct usher_config config;
static struct usher_admitted admitted;
static struct usher_ask ask;
static struct usher_renew renew;

/* Bodies of a request and of its reply have no type: these stand for it here. */
#define ASK 0
#define ADMITTED 1
#define RENEW 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire reader = wire_reader(data, size), writer = wire_writer(space, sizeof(space));
	uint8_t type = wire_u8(&reader);

	if (size == 0 || size > sizeof(space))
		return 0;
	if (type == USHER_CONFIG) {
		usher_msg_get_config(&reader, &config);
		if (reader.err == 0)
			usher_msg_put_config(&writer, &config);
	} else if (type == ASK) {
		usher_msg_get_ask(&reader, &ask);
		wire_put_u8(&writer, ASK);
		if (reader.err == 0)
			usher_msg_put_ask(&writer, &ask);
	} else if (type == ADMITTED) {
		usher_msg_get_admitted(&reader, &admitted);
		wire_put_u8(&writer, ADMITTED);
		if (reader.err == 0)
			usher_msg_put_admitted(&writer, &admitted);
	} else if (type == RENEW) {
		usher_msg_get_renew(&reader, &renew);
		wire_put_u8(&writer, RENEW);
		if (reader.err == 0)
			usher_msg_put_renew(&writer, &renew);
	} else {
		return 0;
	}
	if (reader.err != 0)
		return 0;
	assert(writer.err == 0 && writer.pos == size);
	assert(memcmp(space, data, size) == 0);
	return 0;
}
