// SPDX-License-Identifier: GPL-2.0-or-later
// packet.h - builds DNS messages for tests, byte by byte where a test wants it wrong
#pragma once

#include "dns/answer.h"
#include "dns/msg.h"

// cmocka.h needs these before it
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PACKET_MAX DNS_TCP_MAX

struct packet {
	struct wire wire;
	uint8_t bytes[PACKET_MAX];
};

/* Header with the counts of question, answer, authority and additional records. */
void packet_begin(struct packet *packet, uint16_t id, uint16_t flags, uint16_t n_questions,
		  uint16_t n_answers, uint16_t n_authority, uint16_t n_additional);
/* "" is the root. */
void packet_name(struct packet *packet, const char *text);
void packet_pointer(struct packet *packet, size_t offset);
void packet_question(struct packet *packet, const char *name, uint16_t type);
/* Type to length, for after an owner name. */
void packet_fixed(struct packet *packet, uint16_t type, uint32_t ttl, uint16_t len);
void packet_record(struct packet *packet, const char *name, uint16_t type, uint32_t ttl,
		   const void *data, uint16_t len);
void packet_a(struct packet *packet, const char *name, uint32_t ttl, const char *addr);
void packet_cname(struct packet *packet, const char *name, uint32_t ttl, const char *target);
void packet_soa(struct packet *packet, const char *name, uint32_t ttl, uint32_t minimum);
void packet_opt(struct packet *packet, uint16_t udp_size, uint8_t version, bool do_bit);
/* A query with RD and id 0x1234. udp_size 0: without EDNS. */
void packet_query(struct packet *packet, const char *name, uint16_t type, uint16_t udp_size);

/* What was written, on the heap and not a byte longer. */
uint8_t *packet_copy(const struct packet *packet);
uint8_t *exact_copy(const void *bytes, size_t len);

struct addr an_addr(const char *text);
