// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_cluster_wire.c - bytes of anybody's as a record: what is taken has exactly that spelling
#include "model/cluster/cluster_record.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t space[CLUSTER_PACKED_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire reader = wire_reader(data, size), writer = wire_writer(space, sizeof(space));
	struct cluster_record record;

	cluster_record_get(&reader, &record);
	if (reader.err != 0)
		return 0;
	assert(cluster_record_is_sound(&record));
	cluster_record_put(&writer, &record);
	assert(writer.err == 0 && writer.pos == reader.pos);
	assert(memcmp(space, data, writer.pos) == 0);
	return 0;
}
