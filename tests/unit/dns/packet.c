// SPDX-License-Identifier: GPL-2.0-or-later
// packet.c - builds DNS messages for tests, byte by byte where a test wants it wrong
#include "packet.h"

#include <stdlib.h>
#include <string.h>

void packet_begin(struct packet *packet, uint16_t id, uint16_t flags, uint16_t n_questions,
		  uint16_t n_answers, uint16_t n_authority, uint16_t n_additional)
{
	packet->wire = wire_writer(packet->bytes, sizeof(packet->bytes));
	wire_put_u16(&packet->wire, id);
	wire_put_u16(&packet->wire, flags);
	wire_put_u16(&packet->wire, n_questions);
	wire_put_u16(&packet->wire, n_answers);
	wire_put_u16(&packet->wire, n_authority);
	wire_put_u16(&packet->wire, n_additional);
}

void packet_name(struct packet *packet, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, ".");

		wire_put_u8(&packet->wire, (uint8_t)len);
		wire_put_bytes(&packet->wire, text, len);
		text += len + (text[len] == '.');
	}
	wire_put_u8(&packet->wire, 0);
}

void packet_pointer(struct packet *packet, size_t offset)
{
	wire_put_u16(&packet->wire, (uint16_t)(0xc000 | offset));
}

void packet_question(struct packet *packet, const char *name, uint16_t type)
{
	packet_name(packet, name);
	wire_put_u16(&packet->wire, type);
	wire_put_u16(&packet->wire, DNS_CLASS_IN);
}

void packet_fixed(struct packet *packet, uint16_t type, uint32_t ttl, uint16_t len)
{
	wire_put_u16(&packet->wire, type);
	wire_put_u16(&packet->wire, DNS_CLASS_IN);
	wire_put_u32(&packet->wire, ttl);
	wire_put_u16(&packet->wire, len);
}

void packet_record(struct packet *packet, const char *name, uint16_t type, uint32_t ttl,
		   const void *data, uint16_t len)
{
	packet_name(packet, name);
	packet_fixed(packet, type, ttl, len);
	wire_put_bytes(&packet->wire, data, len);
}

void packet_a(struct packet *packet, const char *name, uint32_t ttl, const char *addr)
{
	struct addr parsed = an_addr(addr);

	packet_record(packet, name, parsed.family == AF_INET ? DNS_TYPE_A : DNS_TYPE_AAAA, ttl,
		      parsed.bytes, addr_size(&parsed));
}

void packet_cname(struct packet *packet, const char *name, uint32_t ttl, const char *target)
{
	packet_name(packet, name);
	packet_fixed(packet, DNS_TYPE_CNAME, ttl, (uint16_t)(strlen(target) + 2));
	packet_name(packet, target);
}

void packet_soa(struct packet *packet, const char *name, uint32_t ttl, uint32_t minimum)
{
	packet_name(packet, name);
	packet_fixed(packet, DNS_TYPE_SOA, ttl, 22);
	wire_put_u16(&packet->wire, 0); /* both names are the root */
	for (uint32_t i = 0; i < 4; i++)
		wire_put_u32(&packet->wire, i);
	wire_put_u32(&packet->wire, minimum);
}

void packet_opt(struct packet *packet, uint16_t udp_size, uint8_t version, bool do_bit)
{
	wire_put_u8(&packet->wire, 0);
	wire_put_u16(&packet->wire, DNS_TYPE_OPT);
	wire_put_u16(&packet->wire, udp_size);
	wire_put_u32(&packet->wire, (uint32_t)version << 16 | (do_bit ? 0x8000 : 0));
	wire_put_u16(&packet->wire, 0);
}

void packet_query(struct packet *packet, const char *name, uint16_t type, uint16_t udp_size)
{
	packet_begin(packet, 0x1234, DNS_FLAG_RD, 1, 0, 0, udp_size > 0);
	packet_question(packet, name, type);
	if (udp_size > 0)
		packet_opt(packet, udp_size, 0, false);
}

uint8_t *exact_copy(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

uint8_t *packet_copy(const struct packet *packet)
{
	assert_int_equal(packet->wire.err, 0);
	return exact_copy(packet->bytes, packet->wire.pos);
}

struct addr an_addr(const char *text)
{
	struct addr addr;

	assert_int_equal(addr_parse(text, &addr), 0);
	return addr;
}
