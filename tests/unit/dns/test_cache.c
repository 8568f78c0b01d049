// SPDX-License-Identifier: GPL-2.0-or-later
// test_cache.c - upstream answers: kept for their time, within bounds, and never for somebody else
#include "packet.h"

#include "base/cleanup.h"
#include "dns/cache.h"

#include <stdio.h>
#include <string.h>

#define SET 1

static struct packet answer;
static struct dns_question question;

static const struct dns_question *ask(const char *name)
{
	struct dns_name wire;

	assert_int_equal(dns_name_from_text(name, &wire), 0);
	question = (struct dns_question) { .name_len = wire.len, .type = DNS_TYPE_A, .class = 1 };
	memcpy(question.name, wire.wire, wire.len);
	return &question;
}

/* An answer of 43 + name bytes whose address tells it from others. */
static void make_answer(const char *name, uint32_t ttl, const char *addr)
{
	packet_begin(&answer, 1, DNS_FLAG_QR, 1, 1, 0, 0);
	packet_question(&answer, name, DNS_TYPE_A);
	packet_a(&answer, name, ttl, addr);
}

static void put(struct dns_cache *cache, const char *name, uint32_t ttl, const char *addr,
		uint64_t now_ms)
{
	make_answer(name, ttl, addr);
	_cleanup_free_ uint8_t *copy = packet_copy(&answer);

	dns_cache_put(cache, SET, ask(name), copy, answer.wire.pos, now_ms);
}

/* The last byte of the address that is cached, or -1; checks the age. */
static int get(struct dns_cache *cache, const char *name, uint64_t now_ms, uint32_t age_s)
{
	size_t len = 0;
	uint32_t age = 0;
	const uint8_t *found = dns_cache_get(cache, SET, ask(name), now_ms, &len, &age);

	if (!found)
		return -1;
	assert_int_equal(age, age_s);
	return found[len - 1];
}

static void answer_is_kept_until_its_ttl_ends_and_ages_meanwhile(void **state)
{
	struct dns_cache *cache = dns_cache_new(10, 10000);

	(void)state;
	put(cache, "a.org", 30, "192.0.2.1", 5000);
	assert_int_equal(get(cache, "a.org", 5000, 0), 1);
	assert_int_equal(get(cache, "a.org", 5999, 0), 1);
	assert_int_equal(get(cache, "a.org", 34999, 29), 1);
	assert_int_equal(get(cache, "A.oRg", 34999, 29), 1);
	assert_int_equal(get(cache, "a.org", 35000, 0), -1);
	assert_int_equal(dns_cache_count(cache), 0);
	dns_cache_free(cache);
}

static void clock_that_stands_or_goes_back_does_no_harm(void **state)
{
	struct dns_cache *cache = dns_cache_new(10, 10000);

	(void)state;
	put(cache, "a.org", 30, "192.0.2.1", 5000);
	assert_int_equal(get(cache, "a.org", 0, 0), 1);
	dns_cache_free(cache);
}

static void answers_differ_by_servers_type_class_and_bits(void **state)
{
	struct dns_cache *cache = dns_cache_new(10, 10000);
	struct dns_question other;
	size_t len;
	uint32_t age;

	(void)state;
	put(cache, "a.org", 30, "192.0.2.1", 0);
	assert_null(dns_cache_get(cache, 2, ask("a.org"), 0, &len, &age));
	other = *ask("a.org");
	other.type = DNS_TYPE_AAAA;
	assert_null(dns_cache_get(cache, SET, &other, 0, &len, &age));
	other = *ask("a.org");
	other.class = 3;
	assert_null(dns_cache_get(cache, SET, &other, 0, &len, &age));
	other = *ask("a.org");
	other.do_bit = true;
	assert_null(dns_cache_get(cache, SET, &other, 0, &len, &age));
	other = *ask("a.org");
	other.cd = true;
	assert_null(dns_cache_get(cache, SET, &other, 0, &len, &age));
	assert_null(dns_cache_get(cache, SET, ask("b.org"), 0, &len, &age));
	other = *ask("a.org");
	other.id = 7; /* neither who asks nor how makes a difference */
	other.edns = other.rd = true;
	other.udp_size = 1232;
	assert_non_null(dns_cache_get(cache, SET, &other, 0, &len, &age));
	dns_cache_free(cache);
}

static void new_answer_replaces_the_old(void **state)
{
	struct dns_cache *cache = dns_cache_new(10, 10000);

	(void)state;
	put(cache, "a.org", 30, "192.0.2.1", 0);
	put(cache, "a.org", 30, "192.0.2.2", 1000);
	assert_int_equal(get(cache, "a.org", 1000, 0), 2);
	assert_int_equal(dns_cache_count(cache), 1);
	put(cache, "a.org", 0, "192.0.2.3", 2000); /* not to be kept, yet the old one is wrong */
	assert_int_equal(get(cache, "a.org", 2000, 0), -1);
	dns_cache_free(cache);
}

static void what_may_not_be_kept_is_not(void **state)
{
	struct dns_cache *cache = dns_cache_new(10, 10000);

	(void)state;
	packet_begin(&answer, 1, DNS_FLAG_QR | DNS_RCODE_SERVFAIL, 1, 0, 0, 0);
	packet_question(&answer, "a.org", DNS_TYPE_A);
	dns_cache_put(cache, SET, ask("a.org"), answer.bytes, answer.wire.pos, 0);
	dns_cache_put(cache, SET, ask("a.org"), answer.bytes, 5, 0);
	assert_int_equal(dns_cache_count(cache), 0);
	dns_cache_free(cache);
}

static void least_recently_used_goes_first(void **state)
{
	struct dns_cache *cache = dns_cache_new(3, 10000);

	(void)state;
	put(cache, "a.org", 30, "192.0.2.1", 0);
	put(cache, "b.org", 30, "192.0.2.2", 0);
	put(cache, "c.org", 30, "192.0.2.3", 0);
	assert_int_equal(get(cache, "a.org", 0, 0), 1);
	put(cache, "d.org", 30, "192.0.2.4", 0);
	assert_int_equal(dns_cache_count(cache), 3);
	assert_int_equal(get(cache, "b.org", 0, 0), -1);
	assert_int_equal(get(cache, "a.org", 0, 0), 1);
	assert_int_equal(get(cache, "c.org", 0, 0), 3);
	assert_int_equal(get(cache, "d.org", 0, 0), 4);
	dns_cache_free(cache);
}

static void bytes_are_bounded_too(void **state)
{
	struct dns_cache *cache = dns_cache_new(1000, 2000);
	char name[32];
	size_t n;

	(void)state;
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "host-%d.example.org", i);
		put(cache, name, 30, "192.0.2.1", 0);
	}
	n = dns_cache_count(cache);
	assert_true(n >= 2 && n <= 2000 / 80); /* an entry is never smaller than its answer */
	assert_int_equal(get(cache, "host-99.example.org", 0, 0), 1);
	assert_int_equal(get(cache, "host-1.example.org", 0, 0), -1);
	dns_cache_free(cache);

	cache = dns_cache_new(1000, 50); /* no room for any */
	put(cache, "a.org", 30, "192.0.2.1", 0);
	assert_int_equal(dns_cache_count(cache), 0);
	dns_cache_free(cache);
	cache = dns_cache_new(0, 5000);
	put(cache, "a.org", 30, "192.0.2.1", 0);
	assert_int_equal(dns_cache_count(cache), 0);
	dns_cache_free(cache);
}

static void flush_forgets_all_and_the_cache_goes_on(void **state)
{
	struct dns_cache *cache = dns_cache_new(100, 100000);
	char name[32];

	(void)state;
	for (int i = 0; i < 50; i++) {
		(void)snprintf(name, sizeof(name), "host-%d.example.org", i);
		put(cache, name, 30, "192.0.2.1", 0);
	}
	assert_int_equal(dns_cache_count(cache), 50);
	dns_cache_flush(cache);
	assert_int_equal(dns_cache_count(cache), 0);
	assert_int_equal(get(cache, "host-1.example.org", 0, 0), -1);
	put(cache, "a.org", 30, "192.0.2.1", 0);
	assert_int_equal(get(cache, "a.org", 0, 0), 1);
	dns_cache_free(cache);
	dns_cache_free(NULL);
}

static void thousands_of_answers_turn_over(void **state)
{
	struct dns_cache *cache = dns_cache_new(64, 1000000);
	char name[32];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "h%d.org", i);
		put(cache, name, 30, "192.0.2.1", 0);
		(void)snprintf(name, sizeof(name), "h%d.org", i - 10 > 0 ? i - 10 : 0);
		assert_int_equal(get(cache, name, 0, 0), 1);
	}
	assert_int_equal(dns_cache_count(cache), 64);
	dns_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_is_kept_until_its_ttl_ends_and_ages_meanwhile),
		cmocka_unit_test(clock_that_stands_or_goes_back_does_no_harm),
		cmocka_unit_test(answers_differ_by_servers_type_class_and_bits),
		cmocka_unit_test(new_answer_replaces_the_old),
		cmocka_unit_test(what_may_not_be_kept_is_not),
		cmocka_unit_test(least_recently_used_goes_first),
		cmocka_unit_test(bytes_are_bounded_too),
		cmocka_unit_test(flush_forgets_all_and_the_cache_goes_on),
		cmocka_unit_test(thousands_of_answers_turn_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
