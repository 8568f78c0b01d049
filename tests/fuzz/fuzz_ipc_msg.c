// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_ipc_msg.c - every message that is accepted has exactly one encoding: the one that came
#include "ipc/msg.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t space[IPC_MSG_MAX];

#define READ_AND_WRITE(type, get, ...)                                                             \
	do {                                                                                       \
		type value = { 0 };                                                                \
		get(&reader, &value);                                                              \
		if (reader.err == 0)                                                               \
			__VA_ARGS__;                                                               \
	} while (0)

static void read_and_write_view(struct wire *reader, struct wire *writer, enum ipc_type type)
{
	struct ipc_view view = { 0 };

	ipc_get_view(reader, &view);
	if (reader->err == 0)
		ipc_put_view(writer, type, &view);
	ipc_view_done(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire reader = wire_reader(data, size), writer = wire_writer(space, sizeof(space));
	uint8_t type = wire_u8(&reader);

	if (size == 0 || size > sizeof(space))
		return 0;
	switch (type) {
	case IPC_HELLO:
		READ_AND_WRITE(struct ipc_hello, ipc_get_hello, ipc_put_hello(&writer, &value));
		break;
	case IPC_READY:
	case IPC_SYNC:
	case IPC_KEEP_JOURNAL:
		ipc_get_empty(&reader);
		ipc_put_empty(&writer, type);
		break;
	case IPC_SOCKETS:
		READ_AND_WRITE(struct ipc_sockets, ipc_get_sockets,
			       ipc_put_sockets(&writer, &value));
		break;
	case IPC_KEEP_VIEW:
	case IPC_KEEP_RELAY:
	case IPC_FLOW_GONE:
		READ_AND_WRITE(uint32_t, ipc_get_number, ipc_put_number(&writer, type, value));
		break;
	case IPC_REQUEST:
	case IPC_REPLY:
		READ_AND_WRITE(struct ipc_call, ipc_get_call, ipc_put_call(&writer, type, &value));
		break;
	case IPC_FLOW:
		READ_AND_WRITE(struct ipc_flow, ipc_get_flow, ipc_put_flow(&writer, &value));
		break;
	case IPC_CONFIG:
		READ_AND_WRITE(struct ipc_config, ipc_get_config, ipc_put_config(&writer, &value));
		break;
	case IPC_NETWORK:
	case IPC_NETWORK_GONE:
		READ_AND_WRITE(struct ipc_network, ipc_get_network,
			       ipc_put_network(&writer, type, &value));
		break;
	case IPC_ADOPT_VIEW:
	case IPC_VIEW:
	case IPC_VIEW_GONE:
		read_and_write_view(&reader, &writer, type);
		break;
	case IPC_NAME:
	case IPC_NAME_GONE:
		READ_AND_WRITE(struct ipc_name, ipc_get_name, ipc_put_name(&writer, type, &value));
		break;
	case IPC_ADOPT_RELAY:
	case IPC_RELAY:
	case IPC_RELAY_GONE:
		READ_AND_WRITE(struct ipc_relay, ipc_get_relay,
			       ipc_put_relay(&writer, type, &value));
		break;
	case IPC_QUERY:
	case IPC_TRACE:
	case IPC_ANSWER:
		READ_AND_WRITE(struct ipc_query, ipc_get_query,
			       ipc_put_query(&writer, type, &value));
		break;
	case IPC_STATS:
		READ_AND_WRITE(struct ipc_stats, ipc_get_stats, ipc_put_stats(&writer, &value));
		break;
	case IPC_FIGURES:
		READ_AND_WRITE(struct ipc_figures, ipc_get_figures,
			       ipc_put_figures(&writer, &value));
		break;
	case IPC_ASKED:
		READ_AND_WRITE(struct ipc_asked, ipc_get_asked, ipc_put_asked(&writer, &value));
		break;
	default:
		return 0;
	}
	if (reader.err != 0)
		return 0;
	assert(writer.err == 0);
	assert(writer.pos == size);
	assert(memcmp(space, data, size) == 0);
	return 0;
}
