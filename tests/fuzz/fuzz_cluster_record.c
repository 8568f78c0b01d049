// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_cluster_record.c - a key and a value of anybody's: what is taken as a record is written as
// one that is read as the same, as JSON and as bytes
#include "model/cluster/cluster_record.h"

#include "model/cluster/cluster_service.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t space[CLUSTER_PACKED_MAX];

/* By their bytes, of which a record has one spelling. */
static bool is_same(const struct cluster_record *a, const struct cluster_record *b)
{
	static uint8_t bytes[2][CLUSTER_PACKED_MAX];
	struct wire wires[2] = { wire_writer(bytes[0], sizeof(bytes[0])),
				 wire_writer(bytes[1], sizeof(bytes[1])) };

	cluster_record_put(&wires[0], a);
	cluster_record_put(&wires[1], b);
	return wires[0].err == 0 && wires[1].err == 0 && wires[0].pos == wires[1].pos &&
	       memcmp(bytes[0], bytes[1], wires[0].pos) == 0;
}

static void spell_as_bytes(const struct cluster_record *record)
{
	struct wire writer = wire_writer(space, sizeof(space)), reader;
	struct cluster_record again;

	cluster_record_put(&writer, record);
	assert(writer.err == 0);
	reader = wire_reader(space, writer.pos);
	cluster_record_get(&reader, &again);
	assert(reader.err == 0 && wire_left(&reader) == 0);
	assert(is_same(record, &again));
}

static void spell_as_text(const struct cluster_record *record)
{
	struct cluster_record again;
	struct buf text = { 0 };

	cluster_record_write(record, &text);
	assert(text.err == 0);
	assert(cluster_record_read(&record->key, text.data, text.len, &again) == 0);
	assert(is_same(record, &again));
	buf_done(&text);
}

/* A record that is a service is that service's, but for what this netd does not know of. */
static void ask_for_service(const struct cluster_record *record)
{
	struct cluster_record again;
	struct service_spec spec;

	if (cluster_service_spec(record, &spec, NULL) < 0)
		return;
	assert(cluster_service_is(record, &spec, record->svc.net));
	cluster_service_record(&spec, record->svc.net, &again);
	assert(cluster_record_is_sound(&again));
	assert(cluster_service_is(&again, &spec, record->svc.net));
}

/* The key's line, and the value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	struct cluster_record record;
	struct cluster_key key;
	char text[CLUSTER_KEY_SIZE];

	if (cluster_key_parse((const char *)data, len, &key) < 0)
		return 0;
	assert(strlen(cluster_key_print(&key, text)) == len && memcmp(text, data, len) == 0);
	if (!end || cluster_record_read(&key, (const char *)end + 1, size - len - 1, &record) < 0)
		return 0;
	if (key.kind == CLUSTER_SVC)
		ask_for_service(&record);
	spell_as_text(&record);
	spell_as_bytes(&record);
	return 0;
}
