// SPDX-License-Identifier: GPL-2.0-or-later
// machine.h - runs programs as the kernel would, with packets and maps of the test
#pragma once

#include "trace/insn.h"
#include "trace/program.h"
#include "trace/record.h"
#include "trace/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_ENTRIES 512
#define MACHINE_KEY 40
#define MACHINE_VALUE 24

struct machine_map {
	size_t key_size, value_size, n;
	uint8_t keys[MACHINE_ENTRIES][MACHINE_KEY], values[MACHINE_ENTRIES][MACHINE_VALUE];
};

/* The kernel's structures, as far as programs read them. */
struct machine_net {
	uint32_t inode;
};
struct machine_device {
	const struct machine_net *net;
	uint32_t index;
	char name[16];
};
/* Of connection tracking. */
struct machine_tuple {
	uint8_t unused[16]; /* of what it is kept in */
	uint8_t from[16];
	uint16_t from_port, family;
	uint8_t to[16];
	uint16_t to_port;
	uint8_t protocol, direction;
};
struct machine_connection {
	uint64_t unused;
	struct machine_tuple tuples[2];
};
struct machine_skb {
	const struct machine_device *dev;
	const uint8_t *head, *data;
	const void *sk;
	uint16_t network_header;
	uint32_t len, data_len;
	uint64_t connection; /* its address, and how the packet relates to it */
};
/* Where they have their fields; all tracepoints are there. */
struct layout machine_layout(bool is_direct);

/* Zeroed and with machine_init() it has all maps, empty. Their descriptors are machine_maps. */
struct machine {
	struct record_flow flow;
	struct writer_frame frames[LAYOUT_N_POINTS];
	struct machine_map maps[11];
	uint8_t bytes[PROGRAM_BYTES_SIZE];
	bool is_full;	    /* the ring has no room */
	struct record told; /* the last, and the bytes behind it */
	uint8_t told_bytes[TRACE_BYTES_MAX];
	size_t n_told_bytes;
	size_t n_told, n_look_ups, n_reads;
};
extern const struct program_maps machine_maps;

void machine_init(struct machine *machine);
void machine_set(struct machine *machine, int map_fd, const void *key, const void *value);
const void *machine_get(struct machine *machine, int map_fd, const void *key);
/* From the first instruction to the end. */
void machine_run(struct machine *machine, const struct insns *insns, const uint64_t *arguments);
