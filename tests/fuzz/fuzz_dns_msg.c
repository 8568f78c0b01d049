// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_dns_msg.c - what is accepted can be written, without compression, and reads the same again
#include "dns/msg.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Names in data may be compressed, so only data of types without any keep their bytes. */
static bool plain_data(uint16_t type)
{
	return type != DNS_TYPE_NS && type != DNS_TYPE_CNAME && type != DNS_TYPE_SOA &&
	       type != DNS_TYPE_PTR && type != DNS_TYPE_MX && type != DNS_TYPE_SRV &&
	       type != DNS_TYPE_DNAME;
}

static void copy_record(struct wire *out, const struct dns_msg *msg,
			const struct dns_record *record)
{
	dns_name_put(out, &record->name);
	wire_put_u16(out, record->type);
	wire_put_u16(out, record->class);
	wire_put_u32(out, record->ttl);
	wire_put_u16(out, record->data_len);
	wire_put_bytes(out, msg->wire.data + record->data_at, record->data_len);
}

static void compare(const struct dns_msg *a, const struct dns_record *first,
		    const struct dns_msg *b, const struct dns_record *second)
{
	assert(a->section == b->section);
	assert(first->type == second->type && first->class == second->class);
	assert(first->ttl == second->ttl && first->data_len == second->data_len);
	assert(first->name.len == second->name.len);
	assert(memcmp(first->name.wire, second->name.wire, first->name.len) == 0);
	if (plain_data(first->type))
		assert(memcmp(a->wire.data + first->data_at, b->wire.data + second->data_at,
			      first->data_len) == 0);
	assert(!plain_data(first->type) ||
	       dns_msg_data_valid(a, first) == dns_msg_data_valid(b, second));
}

static void read_again(const uint8_t *data, size_t size, const uint8_t *copy, size_t len)
{
	struct dns_msg a, b;
	struct dns_record first, second;

	assert(dns_msg_open(&a, data, size) == 0 && dns_msg_open(&b, copy, len) == 0);
	assert(a.type == b.type && a.class == b.class && a.name_len == b.name_len);
	assert(memcmp(a.name, b.name, a.name_len) == 0);
	while (dns_msg_next(&a, &first) > 0) {
		assert(dns_msg_next(&b, &second) == 1);
		compare(&a, &first, &b, &second);
		assert(second.end <= len && second.start < second.end);
	}
	assert(dns_msg_next(&b, &second) == 0);
}

static void check_msg(const uint8_t *data, size_t size)
{
	size_t room = size * 128 + 1024; /* two bytes of pointer may stand for a name of 255 */
	struct dns_msg msg;
	struct dns_record record;
	uint8_t *copy;
	struct wire out;
	int err;

	if (dns_msg_open(&msg, data, size) < 0)
		return;
	copy = malloc(room);
	assert(copy);
	out = wire_writer(copy, room);
	wire_put_bytes(&out, data, msg.wire.pos);
	while ((err = dns_msg_next(&msg, &record)) > 0) {
		(void)dns_msg_data_valid(&msg, &record);
		copy_record(&out, &msg, &record);
	}
	assert(out.err == 0);
	if (err == 0)
		read_again(data, size, copy, out.pos);
	free(copy);
}

static void check_query(const uint8_t *data, size_t size)
{
	struct dns_query query, again;
	uint8_t copy[12 + DNS_NAME_MAX + 4 + DNS_OPT_SIZE];
	size_t len;

	if (dns_query_read(data, size, &query) < 0)
		return;
	assert(query.name && query.name_len <= DNS_NAME_MAX);
	len = dns_query_write(&query, copy, sizeof(copy));
	assert(len > 0);
	assert(dns_query_read(copy, len, &again) == 0);
	assert(again.id == query.id && again.flags == query.flags);
	assert(again.type == query.type && again.class == query.class);
	assert(again.edns == query.edns && again.do_bit == query.do_bit);
	assert(again.version == query.version && again.udp_size == query.udp_size);
	assert(again.name_len == query.name_len);
	assert(memcmp(again.name, query.name, query.name_len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_query(data, size);
	check_msg(data, size);
	return 0;
}
