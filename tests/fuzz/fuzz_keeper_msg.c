// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_keeper_msg.c - messages between plumber and keeper: what is accepted has exactly one
// encoding
#include "ipc/keeper_msg.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t space[IPC_MSG_MAX];
static struct keeper_config config;
static struct keeper_made made;
static struct keeper_revoked revoked;
static struct keeper_state state;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire reader = wire_reader(data, size), writer = wire_writer(space, sizeof(space));
	uint8_t type = wire_u8(&reader);

	if (size == 0 || size > sizeof(space))
		return 0;
	if (type == KEEPER_CONFIG) {
		keeper_msg_get_config(&reader, &config);
		if (reader.err == 0)
			keeper_msg_put_config(&writer, &config);
	} else if (type == KEEPER_MADE) {
		keeper_msg_get_made(&reader, &made);
		if (reader.err == 0)
			keeper_msg_put_made(&writer, &made);
	} else if (type == KEEPER_REVOKED) {
		keeper_msg_get_revoked(&reader, &revoked);
		if (reader.err == 0)
			keeper_msg_put_revoked(&writer, &revoked);
	} else if (type == KEEPER_STATE) {
		keeper_msg_get_state(&reader, &state);
		if (reader.err == 0)
			keeper_msg_put_state(&writer, &state);
	} else {
		return 0;
	}
	if (reader.err != 0)
		return 0;
	assert(writer.err == 0 && writer.pos == size);
	assert(memcmp(space, data, size) == 0);
	return 0;
}
