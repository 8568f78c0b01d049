// SPDX-License-Identifier: GPL-2.0-or-later
// hash.c - keyed hash: SipHash-2-4
#include "base/hash.h"

#include <endian.h>
#include <string.h>

/* A hash with a secret key: who chooses the texts that are hashed cannot choose where they land.
 * Two rounds for each word and four at the end are what its authors recommend. */

/* --- SipHash-2-4: "SipHash: a fast short-input PRF", Aumasson and Bernstein, 2012, section 2 -- */

/* The state: four words of 64 bits. */
struct sip {
	uint64_t v0, v1, v2, v3;
};

/* bits is from 1 to 63. */
static inline uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

/* One round mixes each of the four words with the others. */
static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	/* The 2 of SipHash-2-4. */
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

static inline uint64_t load_le64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return le64toh(value);
}

uint64_t hash_bytes(const uint8_t key[16], const void *data, size_t len)
{
	uint64_t k0 = load_le64(key), k1 = load_le64(key + 8);
	/* The four constants are the text "somepseudorandomlygeneratedbytes". */
	struct sip s = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
			 k1 ^ 0x7465646279746573 };
	const uint8_t *at = data;
	size_t left = len;
	/* The last word has the length in its top byte, so that texts which differ in trailing
	 * zeros differ. */
	uint64_t last = (uint64_t)len << 56;

	/* By words of little endian on every machine, as the paper has it: stable hashes stand in
	 * records. */
	for (; left >= 8; left -= 8, at += 8)
		sip_word(&s, load_le64(at));
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)at[i] << (8 * i);
	sip_word(&s, last);
	s.v2 ^= 0xff;
	/* The 4 of SipHash-2-4. */
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t hash_stable(const void *data, size_t len)
{
	/* The same in every process: ids, MAC addresses and checksums that outlive one depend on
	 * it. */
	static const uint8_t key[16] = { 'n', 'e', 't', 'd', ' ', 's', 't', 'a',
					 'b', 'l', 'e', ' ', 'k', 'e', 'y', '.' };

	return hash_bytes(key, data, len);
}
