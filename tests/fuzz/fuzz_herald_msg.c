// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_herald_msg.c - messages between plumber and herald: what is accepted has exactly one
// encoding
#include "ipc/herald_msg.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t space[IPC_MSG_MAX];
static struct herald_config config;
static struct herald_remove removal;
static struct herald_state state;
static struct herald_members members;
static struct herald_seat seat;

/* The body of a request has no type: any that is no message's stands for it here. */
#define BODY 0
#define SEAT 1

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire reader = wire_reader(data, size), writer = wire_writer(space, sizeof(space));
	uint8_t type = wire_u8(&reader);

	if (size == 0 || size > sizeof(space))
		return 0;
	if (type == HERALD_CONFIG) {
		herald_msg_get_config(&reader, &config);
		if (reader.err == 0)
			herald_msg_put_config(&writer, &config);
	} else if (type == HERALD_STATE) {
		herald_msg_get_state(&reader, &state);
		if (reader.err == 0)
			herald_msg_put_state(&writer, &state);
	} else if (type == HERALD_MEMBERS) {
		herald_msg_get_members(&reader, &members);
		if (reader.err == 0)
			herald_msg_put_members(&writer, &members);
	} else if (type == SEAT) {
		herald_msg_get_seat(&reader, &seat);
		wire_put_u8(&writer, SEAT);
		if (reader.err == 0)
			herald_msg_put_seat(&writer, &seat);
	} else if (type == BODY) {
		herald_msg_get_remove(&reader, &removal);
		wire_put_u8(&writer, BODY);
		if (reader.err == 0)
			herald_msg_put_remove(&writer, &removal);
	} else {
		return 0;
	}
	if (reader.err != 0)
		return 0;
	assert(writer.err == 0 && writer.pos == size);
	assert(memcmp(space, data, size) == 0);
	return 0;
}
