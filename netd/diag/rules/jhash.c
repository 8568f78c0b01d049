// SPDX-License-Identifier: GPL-2.0-or-later
// jhash.c - the hash by which a rule chooses the same for the same client
#include "diag/rules/jhash.h"

#include <string.h>

/* Theory of operation. Three words are stirred by each twelve bytes and, in the end, by what is
 * left. Whole words are read in the host's order, the rest from its lowest byte on: on a host whose
 * order is the other one the kernel's result is another, too, and so is this. */

#define START 0xdeadbeefU

struct state {
	uint32_t a, b, c;
};

static uint32_t turn(uint32_t word, unsigned int by)
{
	return word << by | word >> (32 - by);
}

static void stir(struct state *s)
{
	s->a = (s->a - s->c) ^ turn(s->c, 4);
	s->c += s->b;
	s->b = (s->b - s->a) ^ turn(s->a, 6);
	s->a += s->c;
	s->c = (s->c - s->b) ^ turn(s->b, 8);
	s->b += s->a;
	s->a = (s->a - s->c) ^ turn(s->c, 16);
	s->c += s->b;
	s->b = (s->b - s->a) ^ turn(s->a, 19);
	s->a += s->c;
	s->c = (s->c - s->b) ^ turn(s->b, 4);
	s->b += s->a;
}

static void finish(struct state *s)
{
	s->c = (s->c ^ s->b) - turn(s->b, 14);
	s->a = (s->a ^ s->c) - turn(s->c, 11);
	s->b = (s->b ^ s->a) - turn(s->a, 25);
	s->c = (s->c ^ s->b) - turn(s->b, 16);
	s->a = (s->a ^ s->c) - turn(s->c, 4);
	s->b = (s->b ^ s->a) - turn(s->a, 14);
	s->c = (s->c ^ s->b) - turn(s->b, 24);
}

static uint32_t whole_word(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* Up to four bytes. */
static uint32_t rest_word(const uint8_t *bytes, size_t len)
{
	uint32_t word = 0;

	for (size_t i = 0; i < len && i < 4; i++)
		word |= (uint32_t)bytes[i] << (8 * i);
	return word;
}

uint32_t jhash_bytes(const uint8_t *bytes, size_t len, uint32_t seed)
{
	uint32_t start = START + (uint32_t)len + seed;
	struct state s = { start, start, start };

	for (; len > 12; len -= 12, bytes += 12) {
		s.a += whole_word(bytes);
		s.b += whole_word(bytes + 4);
		s.c += whole_word(bytes + 8);
		stir(&s);
	}
	if (len == 0)
		return s.c;
	s.a += rest_word(bytes, len);
	if (len > 4)
		s.b += rest_word(bytes + 4, len - 4);
	if (len > 8)
		s.c += rest_word(bytes + 8, len - 8);
	finish(&s);
	return s.c;
}

uint32_t jhash_below(uint32_t hash, uint32_t below)
{
	return (uint32_t)((uint64_t)hash * below >> 32);
}
