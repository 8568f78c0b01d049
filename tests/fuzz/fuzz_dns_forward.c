// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_dns_forward.c - any answer to any query: what is passed on parses, fits, ages, and is the
// asker's
#include "dns/answer.h"
#include "dns/cache.h"
#include "dns/forward.h"
#include "dns/msg.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static size_t walk(const uint8_t *bytes, size_t len, struct dns_msg *msg, uint64_t *ret_ttls)
{
	struct dns_record record;
	size_t n = 0;
	int err;

	*ret_ttls = 0;
	assert(dns_msg_open(msg, bytes, len) == 0);
	while ((err = dns_msg_next(msg, &record)) > 0) {
		assert(dns_msg_data_valid(msg, &record));
		assert(record.type != DNS_TYPE_OPT || record.end == len);
		if (record.type != DNS_TYPE_OPT) {
			*ret_ttls += record.ttl;
			assert(record.ttl <= INT32_MAX);
		}
		n += record.type != DNS_TYPE_OPT;
	}
	assert(err == 0 && wire_left(&msg->wire) == 0);
	return n;
}

static size_t pass_on(const uint8_t *query, size_t query_len, const uint8_t *answer,
		      size_t answer_len, uint32_t age_s, size_t limit, uint8_t **ret_reply)
{
	uint8_t *reply = malloc(limit > 0 ? limit : 1);
	size_t len;

	assert(reply);
	len = dns_forward_reply(query, query_len, answer, answer_len, age_s, limit, reply, limit);
	assert(len <= limit);
	*ret_reply = reply;
	return len;
}

/* Passing on what was passed on, to the same asker, changes nothing. */
static void check_again(const uint8_t *query, size_t query_len, const uint8_t *reply, size_t len)
{
	uint8_t *again;
	size_t again_len = pass_on(query, query_len, reply, len, 0, DNS_TCP_MAX, &again);

	assert(again_len == len && memcmp(again, reply, len) == 0);
	free(again);
}

static void check(const uint8_t *query, size_t query_len, const uint8_t *answer, size_t answer_len,
		  uint32_t age_s, size_t limit)
{
	uint8_t *whole = NULL, *cut = NULL;
	size_t whole_len = pass_on(query, query_len, answer, answer_len, 0, DNS_TCP_MAX, &whole);
	size_t cut_len = pass_on(query, query_len, answer, answer_len, age_s, limit, &cut);
	struct dns_msg whole_msg, cut_msg;
	uint64_t whole_ttls, cut_ttls;
	size_t n_whole, n_cut;

	if (whole_len > 0 && cut_len > 0) {
		n_whole = walk(whole, whole_len, &whole_msg, &whole_ttls);
		n_cut = walk(cut, cut_len, &cut_msg, &cut_ttls);
		assert(memcmp(whole, query, 2) == 0 && memcmp(cut, query, 2) == 0);
		assert(memcmp(cut + 12, query + 12, cut_msg.name_len + 4) == 0);
		assert(n_cut <= n_whole && cut_ttls <= whole_ttls);
		if (cut_msg.flags & ~whole_msg.flags & DNS_FLAG_TC)
			assert(n_cut < n_whole && whole_len > limit);
		check_again(query, query_len, whole, whole_len);
	}
	free(whole);
	free(cut);
}

static void check_cache(const uint8_t *answer, size_t len)
{
	struct dns_question question = { .name_len = 1, .type = 1, .class = 1 };
	struct dns_cache *cache = dns_cache_new(2, (size_t)DNS_TCP_MAX * 2);
	uint32_t ttl = dns_forward_ttl(answer, len), age;
	const uint8_t *found;
	size_t found_len;

	assert(cache && ttl <= DNS_CACHE_TTL_MAX_S);
	dns_cache_put(cache, 1, &question, answer, len, 1000);
	found = dns_cache_get(cache, 1, &question, 1000, &found_len, &age);
	assert((found != NULL) == (ttl > 0));
	assert(!found || (found_len == len && memcmp(found, answer, len) == 0 && age == 0));
	assert(!dns_cache_get(cache, 1, &question, 1000 + ttl * UINT64_C(1000), &found_len, &age));
	dns_cache_free(cache);
}

/* Two bytes of age and limit, then an answer; the query is made of the answer's own question, so
 * that they fit, with EDNS or without. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dns_msg msg;
	struct dns_query query = { .id = 0x1234, .flags = DNS_FLAG_RD };
	uint8_t bytes[512];
	size_t len;

	if (size < 3 || size > DNS_TCP_MAX)
		return 0;
	check_cache(data + 2, size - 2);
	int told = dns_forward_tells(data + 2, size - 2);

	assert(told == -1 || told == DNS_RCODE_NOERROR || told == DNS_RCODE_NXDOMAIN);
	if (dns_msg_open(&msg, data + 2, size - 2) < 0)
		return 0;
	query.name = msg.name;
	query.name_len = msg.name_len;
	query.type = msg.type;
	query.class = msg.class;
	query.edns = data[0] & 1;
	query.do_bit = query.edns && data[0] & 2;
	query.udp_size = query.edns ? 1232 : 0;
	query.flags |= data[0] & 4 ? DNS_FLAG_AD : 0;
	len = dns_query_write(&query, bytes, sizeof(bytes));
	assert(len > 0);
	for (size_t i = 12; data[0] & 8 && i < 12 + query.name_len; i++) /* another spelling */
		if (bytes[i] >= 'a' && bytes[i] <= 'z')
			bytes[i] = (uint8_t)(bytes[i] - 0x20);
	check(bytes, len, data + 2, size - 2, data[0] >> 4, (size_t)data[1] * 6);
	return 0;
}
