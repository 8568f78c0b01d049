// SPDX-License-Identifier: GPL-2.0-or-later
// test_ipam.c - address pools against a simple model, their edges, and the choice of subnets
#include "model/ipam/ipam.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "model/ipam/ipam_base.h"
#include "model/ipam/ipam_choose.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct addr addr(const char *text)
{
	struct addr parsed = { 0 };

	assert_int_equal(addr_parse(text, &parsed), 0);
	return parsed;
}

static struct prefix prefix(const char *text)
{
	struct prefix parsed = { 0 };

	assert_int_equal(prefix_parse(text, &parsed), 0);
	return parsed;
}

/* gateway and range may be NULL. */
static struct ipam_pool *pool_of(const char *subnet_text, const char *gateway, const char *range)
{
	struct subnet subnet = { .prefix = prefix(subnet_text) };
	struct ipam_pool *pool = NULL;

	if (gateway)
		subnet.gateway = addr(gateway);
	if (range)
		subnet.range = prefix(range);
	assert_int_equal(ipam_pool_new(&subnet, &pool), 0);
	return pool;
}

static void expect_alloc(struct ipam_pool *pool, const char *holder, const char *want)
{
	struct error error = { 0 };
	struct addr got = { 0 };

	if (ipam_alloc(pool, holder, &got, &error) < 0)
		fail_msg("%s", error.text);
	assert_string_equal(ADDR_STR(&got), want);
}

static void expect_full(struct ipam_pool *pool, const char *want)
{
	struct error error = { 0 };
	struct addr got = { 0 };

	assert_int_equal(ipam_alloc(pool, "one too many", &got, &error), -ENOSPC);
	assert_int_equal(error.kind, ERROR_UNAVAILABLE);
	assert_string_equal(error.text, want);
	assert_false(addr_is_set(&got));
}

static void expect_refused(struct ipam_pool *pool, const char *text, enum error_kind kind,
			   const char *want)
{
	struct error error = { 0 };
	struct addr a = addr(text);

	assert_true(ipam_claim(pool, &a, "me", &error) < 0);
	assert_int_equal(error.kind, kind);
	assert_string_equal(error.text, want);
}

static void claim(struct ipam_pool *pool, const char *text, const char *holder)
{
	struct error error = { 0 };
	struct addr a = addr(text);

	if (ipam_claim(pool, &a, holder, &error) < 0)
		fail_msg("%s", error.text);
}

static void release(struct ipam_pool *pool, const char *text)
{
	struct addr a = addr(text);

	ipam_release(pool, &a);
}

static void expect_usage(const struct ipam_pool *pool, uint64_t used, uint64_t free_left)
{
	uint64_t got_used = 0, got_free = 0;

	ipam_usage(pool, &got_used, &got_free);
	assert_true(got_used == used);
	assert_true(got_free == free_left);
}

/* --- what can be had --- */

static void a_small_pool_gives_each_usable_address_once(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/29", "10.1.0.1", NULL);

	(void)state;
	expect_usage(pool, 1, 5);
	expect_alloc(pool, "a", "10.1.0.2");
	expect_alloc(pool, "b", "10.1.0.3");
	expect_alloc(pool, "c", "10.1.0.4");
	expect_alloc(pool, "d", "10.1.0.5");
	expect_alloc(pool, "e", "10.1.0.6");
	expect_usage(pool, 6, 0);
	expect_full(pool, "no free address in 10.1.0.0/29: 5 of 5 in use");
	ipam_pool_free(pool);
	ipam_pool_free(NULL);
}

static void tiny_subnets_have_no_network_or_broadcast_address(void **state)
{
	static const struct {
		const char *subnet, *gateway, *addresses[3], *full;
	} cases[] = {
		{ "10.0.0.4/31",
		  NULL,
		  { "10.0.0.4", "10.0.0.5" },
		  "no free address in 10.0.0.4/31: 2 of 2 in use" },
		{ "10.0.0.4/31",
		  "10.0.0.4",
		  { "10.0.0.5" },
		  "no free address in 10.0.0.4/31: 1 of 1 in use" },
		{ "10.0.0.4/32",
		  NULL,
		  { "10.0.0.4" },
		  "no free address in 10.0.0.4/32: 1 of 1 in use" },
		{ "10.0.0.4/32",
		  "10.0.0.4",
		  { NULL },
		  "no free address in 10.0.0.4/32: 0 of 0 in use" },
		{ "10.0.0.4/30",
		  NULL,
		  { "10.0.0.5", "10.0.0.6" },
		  "no free address in 10.0.0.4/30: 2 of 2 in use" },
		{ "fd00::4/127",
		  NULL,
		  { "fd00::4", "fd00::5" },
		  "no free address in fd00::4/127: 2 of 2 in use" },
		{ "fd00::4/128",
		  NULL,
		  { "fd00::4" },
		  "no free address in fd00::4/128: 1 of 1 in use" },
		{ "fd00::4/126",
		  NULL,
		  { "fd00::5", "fd00::6", "fd00::7" },
		  "no free address in fd00::4/126: 3 of 3 in use" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ipam_pool *pool = pool_of(cases[i].subnet, cases[i].gateway, NULL);

		for (size_t j = 0; j < 3 && cases[i].addresses[j]; j++)
			expect_alloc(pool, (char[]) { (char)('a' + j), 0 }, cases[i].addresses[j]);
		expect_full(pool, cases[i].full);
		ipam_pool_free(pool);
	}
}

static void large_ipv6_subnets_cost_nothing_until_used(void **state)
{
	struct ipam_pool *pool = pool_of("fd00:1::/64", "fd00:1::1", NULL);

	(void)state;
	/* 2^64 less the anycast address and the gateway */
	expect_usage(pool, 1, UINT64_MAX - 1);
	expect_alloc(pool, "a", "fd00:1::2");
	claim(pool, "fd00:1::ffff:ffff:ffff:ffff", "b");
	expect_usage(pool, 3, UINT64_MAX - 3);
	ipam_pool_free(pool);

	pool = pool_of("fd00::/8", NULL, NULL);
	expect_usage(pool, 0, UINT64_MAX);
	expect_alloc(pool, "a", "fd00::1");
	claim(pool, "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "b");
	claim(pool, "fdff:ffff:ffff:fffe:ffff:ffff:ffff:ffff", "c"); /* same low 64 bits */
	expect_usage(pool, 3, UINT64_MAX);
	expect_refused(pool, "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ERROR_FORBIDDEN,
		       "Address already in use: \"b\" has fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	ipam_pool_free(pool);
}

static void a_range_beyond_64_bits_is_walked_from_its_start(void **state)
{
	struct ipam_pool *pool = pool_of("fd00::/16", "fd00::1", "fd00:8000::/17");

	(void)state;
	expect_usage(pool, 1, UINT64_MAX);
	expect_alloc(pool, "a", "fd00:8000::");
	expect_alloc(pool, "b", "fd00:8000::1");
	ipam_pool_free(pool);
}

static void automatic_choice_stays_in_the_range_and_a_claim_does_not(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/24", "10.1.0.1", "10.1.0.8/30");

	(void)state;
	expect_usage(pool, 1, 4);
	claim(pool, "10.1.0.200", "far");
	expect_usage(pool, 2, 4);
	expect_alloc(pool, "a", "10.1.0.8");
	expect_alloc(pool, "b", "10.1.0.9");
	expect_alloc(pool, "c", "10.1.0.10");
	expect_alloc(pool, "d", "10.1.0.11");
	expect_full(pool, "no free address in range 10.1.0.8/30 of 10.1.0.0/24: 4 of 4 in use");
	release(pool, "10.1.0.200");
	expect_full(pool, "no free address in range 10.1.0.8/30 of 10.1.0.0/24: 4 of 4 in use");
	ipam_pool_free(pool);
}

static void a_range_at_the_edge_gives_no_network_or_broadcast_address(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/29", NULL, "10.1.0.0/30");

	(void)state;
	expect_alloc(pool, "a", "10.1.0.1");
	expect_alloc(pool, "b", "10.1.0.2");
	expect_alloc(pool, "c", "10.1.0.3");
	expect_full(pool, "no free address in range 10.1.0.0/30 of 10.1.0.0/29: 3 of 3 in use");
	ipam_pool_free(pool);

	pool = pool_of("10.1.0.0/29", NULL, "10.1.0.7/32"); /* broadcast alone: nothing */
	expect_usage(pool, 0, 0);
	expect_full(pool, "no free address in range 10.1.0.7/32 of 10.1.0.0/29: 0 of 0 in use");
	claim(pool, "10.1.0.3", "a");
	ipam_pool_free(pool);
}

static void auxiliary_addresses_are_not_given_away(void **state)
{
	struct aux_address aux[] = { { (char *)"router", addr("10.1.0.3") },
				     { (char *)"nas", addr("10.1.0.4") },
				     { (char *)"twice", addr("10.1.0.1") } };
	struct subnet subnet = { .prefix = prefix("10.1.0.0/29"),
				 .gateway = addr("10.1.0.1"),
				 .aux = aux,
				 .n_aux = ARRAY_SIZE(aux) };
	struct ipam_pool *pool = NULL;

	(void)state;
	assert_int_equal(ipam_pool_new(&subnet, &pool), 0);
	expect_usage(pool, 3, 3);
	expect_alloc(pool, "a", "10.1.0.2");
	expect_alloc(pool, "b", "10.1.0.5");
	expect_alloc(pool, "c", "10.1.0.6");
	expect_full(pool, "no free address in 10.1.0.0/29: 3 of 3 in use");
	expect_refused(pool, "10.1.0.4", ERROR_INVALID,
		       "address 10.1.0.4 is the auxiliary address \"nas\" of 10.1.0.0/29");
	release(pool, "10.1.0.4");
	release(pool, "10.1.0.1");
	expect_usage(pool, 6, 0);
	ipam_pool_free(pool);
}

static void a_claim_says_why_it_cannot_be(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/24", "10.1.0.1", NULL);
	struct ipam_pool *six = pool_of("fd00::/64", "fd00::1", NULL);

	(void)state;
	claim(pool, "10.1.0.9", "web");
	expect_refused(pool, "10.2.0.1", ERROR_INVALID, "address 10.2.0.1 is not in 10.1.0.0/24");
	expect_refused(pool, "fd00::5", ERROR_INVALID, "address fd00::5 is not in 10.1.0.0/24");
	expect_refused(pool, "10.1.0.0", ERROR_INVALID,
		       "address 10.1.0.0 is the network address of 10.1.0.0/24");
	expect_refused(pool, "10.1.0.255", ERROR_INVALID,
		       "address 10.1.0.255 is the broadcast address of 10.1.0.0/24");
	expect_refused(pool, "10.1.0.1", ERROR_INVALID,
		       "address 10.1.0.1 is the gateway of 10.1.0.0/24");
	expect_refused(pool, "10.1.0.9", ERROR_FORBIDDEN,
		       "Address already in use: \"web\" has 10.1.0.9");
	expect_refused(six, "fd00::", ERROR_INVALID,
		       "address fd00:: is the subnet-router anycast address of fd00::/64");
	claim(six, "fd00::ffff:ffff:ffff:ffff", "last");
	expect_usage(pool, 2, 252);
	ipam_pool_free(pool);
	ipam_pool_free(six);
}

static void holders_are_known_while_they_hold(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/24", "10.1.0.1", NULL);
	struct addr a = addr("10.1.0.2"), gateway = addr("10.1.0.1"), far = addr("10.9.0.1");

	(void)state;
	assert_null(ipam_holder(pool, &a));
	expect_alloc(pool, "web", "10.1.0.2");
	assert_string_equal(ipam_holder(pool, &a), "web");
	ipam_release(pool, &a);
	assert_null(ipam_holder(pool, &a));
	assert_string_equal(ipam_holder(pool, &gateway), "gateway");
	assert_null(ipam_holder(pool, &far));
	ipam_release(pool, &far);
	ipam_release(pool, &a); /* twice */
	expect_usage(pool, 1, 253);
	ipam_pool_free(pool);
}

/* --- rest and memory --- */

static void freed_address_rests_until_the_pool_wraps(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/29", "10.1.0.1", NULL);

	(void)state;
	expect_alloc(pool, "a", "10.1.0.2");
	expect_alloc(pool, "b", "10.1.0.3");
	release(pool, "10.1.0.2");
	expect_alloc(pool, "c", "10.1.0.4");
	expect_alloc(pool, "d", "10.1.0.5");
	expect_alloc(pool, "e", "10.1.0.6");
	expect_alloc(pool, "f", "10.1.0.2");
	ipam_pool_free(pool);
}

static void a_holder_gets_its_old_address_back(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/24", "10.1.0.1", NULL);

	(void)state;
	expect_alloc(pool, "web", "10.1.0.2");
	expect_alloc(pool, "db", "10.1.0.3");
	release(pool, "10.1.0.2");
	expect_alloc(pool, "new", "10.1.0.4");
	expect_alloc(pool, "web", "10.1.0.2");
	expect_alloc(pool, "newer", "10.1.0.5"); /* the walk goes on where it was */
	expect_usage(pool, 5, 249);
	ipam_pool_free(pool);
}

static void a_remembered_address_is_given_to_others_last_and_the_oldest_first(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/29", NULL, NULL); /* .1 to .6 */

	(void)state;
	expect_alloc(pool, "a", "10.1.0.1");
	expect_alloc(pool, "b", "10.1.0.2");
	expect_alloc(pool, "c", "10.1.0.3");
	release(pool, "10.1.0.2");
	release(pool, "10.1.0.1");
	expect_alloc(pool, "d", "10.1.0.4");
	expect_alloc(pool, "e", "10.1.0.5");
	expect_alloc(pool, "f", "10.1.0.6");
	release(pool, "10.1.0.3");
	expect_alloc(pool, "g", "10.1.0.2");
	expect_alloc(pool, "h", "10.1.0.1");
	expect_alloc(pool, "c", "10.1.0.3");
	expect_full(pool, "no free address in 10.1.0.0/29: 6 of 6 in use");
	ipam_pool_free(pool);
}

static void an_address_given_to_another_is_forgotten(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/29", NULL, NULL);

	(void)state;
	expect_alloc(pool, "a", "10.1.0.1");
	release(pool, "10.1.0.1");
	claim(pool, "10.1.0.1", "b");
	expect_alloc(pool, "a", "10.1.0.2");
	release(pool, "10.1.0.1");
	release(pool, "10.1.0.2");
	expect_alloc(pool, "b", "10.1.0.1");
	expect_alloc(pool, "a", "10.1.0.2");
	ipam_pool_free(pool);
}

static void only_the_last_address_of_a_holder_is_remembered(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/29", NULL, NULL);

	(void)state;
	claim(pool, "10.1.0.1", "a");
	claim(pool, "10.1.0.2", "a");
	release(pool, "10.1.0.1");
	release(pool, "10.1.0.2");
	expect_alloc(pool, "b", "10.1.0.1"); /* free for all */
	expect_alloc(pool, "a", "10.1.0.2");
	ipam_pool_free(pool);
}

static void an_address_out_of_range_is_not_remembered(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/24", NULL, "10.1.0.8/29");

	(void)state;
	claim(pool, "10.1.0.200", "a");
	release(pool, "10.1.0.200");
	expect_alloc(pool, "a", "10.1.0.8");
	ipam_pool_free(pool);
}

static void memories_come_back_after_a_restart(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/24", "10.1.0.1", NULL);
	struct addr web = addr("10.1.0.77"), used = addr("10.1.0.78"), gateway = addr("10.1.0.1");
	struct addr foreign = addr("10.2.0.1"), broadcast = addr("10.1.0.255");

	(void)state;
	claim(pool, "10.1.0.78", "db");
	ipam_remember(pool, &web, "web");
	ipam_remember(pool, &used, "thief");
	ipam_remember(pool, &gateway, "thief");
	ipam_remember(pool, &foreign, "thief");
	ipam_remember(pool, &broadcast, "thief");
	expect_usage(pool, 2, 252);
	assert_string_equal(ipam_holder(pool, &used), "db");
	expect_alloc(pool, "thief", "10.1.0.2");
	expect_alloc(pool, "web", "10.1.0.77");
	ipam_remember(pool, &web, "thief"); /* in use now */
	assert_string_equal(ipam_holder(pool, &web), "web");
	ipam_pool_free(pool);
}

static void a_memory_told_twice_belongs_to_the_last(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/24", "10.1.0.1", NULL);
	struct addr a = addr("10.1.0.77");

	(void)state;
	ipam_remember(pool, &a, "first");
	ipam_remember(pool, &a, "second");
	ipam_remember(pool, &a, "second");
	expect_alloc(pool, "first", "10.1.0.2");
	expect_alloc(pool, "second", "10.1.0.77");
	ipam_pool_free(pool);
}

/* At the limit all are remembered; one more and the oldest is gone. */
static void memories_are_bounded_and_the_oldest_goes_first(void **state)
{
	struct ipam_pool *pool = pool_of("10.0.0.0/16", NULL, NULL);
	struct addr base = addr("10.0.1.0"), a, got;
	char holder[32];

	(void)state;
	for (unsigned int i = 0; i < LEASE_MEMORIES_MAX; i++) {
		(void)snprintf(holder, sizeof(holder), "holder%u", i);
		assert_true(addr_add(&base, i, &a));
		ipam_remember(pool, &a, holder);
	}
	assert_int_equal(ipam_alloc(pool, "holder0", &got, NULL), 0);
	assert_true(addr_equal(&got, &base));
	ipam_release(pool, &got); /* the youngest again; holder1 is the oldest now */
	assert_true(addr_add(&base, LEASE_MEMORIES_MAX, &a));
	ipam_remember(pool, &a, "one more");
	expect_alloc(pool, "holder1", "10.0.0.1");
	assert_int_equal(ipam_alloc(pool, "holder0", &got, NULL), 0);
	assert_true(addr_equal(&got, &base));
	ipam_pool_free(pool);
}

static void nobody_is_not_remembered(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/29", NULL, NULL);

	(void)state;
	expect_alloc(pool, "", "10.1.0.1");
	release(pool, "10.1.0.1");
	expect_alloc(pool, "", "10.1.0.2");
	ipam_pool_free(pool);
}

static void expect_had_holder(const struct ipam_pool *pool, const char *text, bool want)
{
	struct addr a = addr(text);

	assert_int_equal(ipam_had_holder(pool, &a), want);
}

static void it_is_known_of_an_address_that_nobody_had_it_before(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/24", NULL, NULL);
	struct addr told = addr("10.1.0.9");

	(void)state;
	expect_alloc(pool, "a", "10.1.0.1");
	expect_had_holder(pool, "10.1.0.1", false);
	release(pool, "10.1.0.1");
	expect_had_holder(pool, "10.1.0.1", true);
	/* not forgotten with who it was, nor when another has it */
	claim(pool, "10.1.0.7", "a");
	release(pool, "10.1.0.7");
	claim(pool, "10.1.0.1", "b");
	expect_had_holder(pool, "10.1.0.1", true);
	expect_had_holder(pool, "10.1.0.2", false);
	ipam_remember(pool, &told, "c");
	expect_had_holder(pool, "10.1.0.9", true);
	/* of what is no part of automatic choice nothing is known */
	expect_had_holder(pool, "10.2.0.1", true);
	ipam_pool_free(pool);
}

static void once_too_many_were_freed_every_address_may_have_been_somebodys(void **state)
{
	struct ipam_pool *pool = pool_of("fd00::/64", NULL, NULL);
	struct addr base = addr("fd00::1:0:0"), a;

	(void)state;
	for (uint64_t i = 0; i < FREED_WORDS_MAX; i++) {
		assert_true(addr_add(&base, i << 20, &a));
		ipam_remember(pool, &a, "a");
	}
	expect_had_holder(pool, "fd00::1:0:0", true);
	expect_had_holder(pool, "fd00::5", false);
	assert_true(addr_add(&base, (uint64_t)FREED_WORDS_MAX << 20, &a));
	ipam_remember(pool, &a, "a");
	expect_had_holder(pool, "fd00::5", true);
	ipam_remember(pool, &a, "b");
	ipam_pool_free(pool);
}

/* --- against a model --- */

enum { MODEL_HOSTS = 62, MODEL_HOLDERS = 90 }; /* a /26, more holders than addresses */

struct model {
	int holder[MODEL_HOSTS + 2]; /* who holds host n (offset in the subnet), or -1 */
	int memory[MODEL_HOSTS + 2]; /* who held it, or -1 */
	int age[MODEL_HOSTS + 2];    /* when it was remembered */
	int first, last;	     /* the range */
	int cursor, clock;
};

static bool model_reserved(int host)
{
	return host == 1 || host == 20; /* gateway, aux */
}

static int model_alloc(struct model *m, int holder)
{
	int best = -1, span = m->last - m->first + 1;

	for (int host = m->first; host <= m->last; host++) {
		if (m->memory[host] == holder)
			return host;
	}
	for (int i = 0; i < span; i++) {
		int host = m->first + (m->cursor - m->first + i) % span;

		if (m->holder[host] < 0 && m->memory[host] < 0 && !model_reserved(host)) {
			best = host;
			break;
		}
	}
	for (int host = m->first; best < 0 && host <= m->last; host++) {
		if (m->memory[host] < 0)
			continue;
		best = host;
		for (int other = host; other <= m->last; other++) {
			if (m->memory[other] >= 0 && m->age[other] < m->age[best])
				best = other;
		}
	}
	if (best >= 0)
		m->cursor = best == m->last ? m->first : best + 1;
	return best;
}

static void model_take(struct model *m, int host, int holder)
{
	m->holder[host] = holder;
	m->memory[host] = -1;
}

static void model_release(struct model *m, int host)
{
	int holder = m->holder[host];

	if (holder < 0)
		return;
	m->holder[host] = -1;
	for (int other = 0; other < MODEL_HOSTS + 2; other++) {
		if (m->memory[other] == holder)
			m->memory[other] = -1;
	}
	if (host >= m->first && host <= m->last) {
		m->memory[host] = holder;
		m->age[host] = m->clock++;
	}
}

static void model_check(const struct model *m, const struct ipam_pool *pool)
{
	uint64_t used = 2, free_left = 0;

	for (int host = 1; host <= MODEL_HOSTS; host++) {
		used += m->holder[host] >= 0;
		free_left += host >= m->first && host <= m->last && m->holder[host] < 0 &&
			     !model_reserved(host);
	}
	expect_usage(pool, used, free_left);
}

static void agree_with_model(const char *range, int first, int last, uint32_t seed)
{
	struct aux_address aux = { (char *)"aux", addr("10.5.0.84") };
	struct subnet subnet = { .prefix = prefix("10.5.0.64/26"),
				 .gateway = addr("10.5.0.65"),
				 .aux = &aux,
				 .n_aux = 1 };
	struct model m = { .first = first, .last = last, .cursor = first };
	struct ipam_pool *pool = NULL;

	if (range)
		subnet.range = prefix(range);
	assert_int_equal(ipam_pool_new(&subnet, &pool), 0);
	for (int host = 0; host < MODEL_HOSTS + 2; host++)
		m.holder[host] = m.memory[host] = -1;
	for (int round = 0; round < 20000; round++) {
		struct addr a = { 0 };
		char name[16];
		int host, holder;

		seed = seed * 1664525 + 1013904223;
		holder = (int)((seed >> 20) % MODEL_HOLDERS);
		host = (int)((seed >> 8) % (MODEL_HOSTS + 2));
		(void)snprintf(name, sizeof(name), "c%d", holder);
		assert_true(addr_add(&subnet.prefix.addr, (uint64_t)host, &a));
		switch ((seed >> 28) % 5) {
		case 0:
		case 1:
			host = model_alloc(&m, holder);
			assert_int_equal(ipam_alloc(pool, name, &a, NULL), host < 0 ? -ENOSPC : 0);
			if (host >= 0) {
				struct addr want;

				assert_true(addr_add(&subnet.prefix.addr, (uint64_t)host, &want));
				assert_string_equal(ADDR_STR(&a), ADDR_STR(&want));
				model_take(&m, host, holder);
			}
			break;
		case 2:
			if (host == 0 || host > MODEL_HOSTS || model_reserved(host)) {
				assert_int_equal(ipam_claim(pool, &a, name, NULL), -EINVAL);
			} else if (m.holder[host] >= 0) {
				assert_int_equal(ipam_claim(pool, &a, name, NULL), -EPERM);
			} else {
				assert_int_equal(ipam_claim(pool, &a, name, NULL), 0);
				model_take(&m, host, holder);
			}
			break;
		default:
			ipam_release(pool, &a);
			model_release(&m, host);
			break;
		}
		model_check(&m, pool);
	}
	ipam_pool_free(pool);
}

static void the_pool_agrees_with_a_simple_model(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 3; seed++) {
		agree_with_model(NULL, 1, 62, seed);
		agree_with_model("10.5.0.80/28", 16, 31, seed);
		agree_with_model("10.5.0.112/28", 48, 62, seed); /* broadcast cut off */
	}
}

/* Filling 65,533 addresses one by one, and then always the last hole, is done in no time where each
 * step is constant, and in minutes where it is not. */
static void a_full_pool_of_65533_is_as_quick_as_an_empty_one(void **state)
{
	struct ipam_pool *pool = pool_of("10.7.0.0/16", "10.7.0.1", NULL);
	struct addr got, hole = addr("10.7.0.9");
	char holder[32];

	(void)state;
	for (int i = 0; i < 65533; i++) {
		(void)snprintf(holder, sizeof(holder), "container-%d", i);
		assert_int_equal(ipam_alloc(pool, holder, &got, NULL), 0);
	}
	expect_full(pool, "no free address in 10.7.0.0/16: 65533 of 65533 in use");
	for (int i = 0; i < 100000; i++) {
		ipam_release(pool, &hole);
		(void)snprintf(holder, sizeof(holder), "other-%d", i);
		assert_int_equal(ipam_alloc(pool, holder, &got, NULL), 0);
		assert_true(addr_equal(&got, &hole));
	}
	ipam_pool_free(pool);
}

static void addresses_that_nobody_can_have_are_counted(void **state)
{
	static const struct {
		const char *subnet, *gateway;
		unsigned int n;
	} cases[] = {
		{ "10.0.0.0/24", "10.0.0.1", 2 }, { "10.0.0.0/30", "10.0.0.1", 2 },
		{ "10.0.0.0/31", "10.0.0.0", 0 }, { "10.0.0.0/32", "10.0.0.0", 0 },
		{ "10.0.0.0/24", "10.0.0.0", 1 }, /* a lease already */
		{ "fd00::/64", "fd00::1", 1 },	  { "fd00::/127", "fd00::1", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct subnet subnet = { .prefix = prefix(cases[i].subnet) };
		struct ipam_pool *pool;

		assert_int_equal(addr_parse(cases[i].gateway, &subnet.gateway), 0);
		assert_int_equal(ipam_pool_new(&subnet, &pool), 0);
		assert_int_equal(ipam_unusable(pool), cases[i].n);
		ipam_pool_free(pool);
	}
}

static void what_was_asked_for_by_hand_gives_way_last(void **state)
{
	struct subnet subnet = { .prefix = prefix("10.0.0.0/29") };
	struct ipam_pool *pool;
	struct addr kept, aside, got;

	(void)state;
	assert_int_equal(addr_parse("10.0.0.2", &kept), 0);
	assert_int_equal(ipam_pool_new(&subnet, &pool), 0);
	ipam_keep(pool, &kept); /* nobody's */
	assert_false(ipam_is_kept(pool, &kept));
	ipam_remember(pool, &kept, "web");
	ipam_keep(pool, &kept);
	assert_true(ipam_is_kept(pool, &kept));
	/* .1 and .3 to .6 are given, and given again, before it is */
	for (int round = 0; round < 3; round++) {
		struct addr all[5];

		for (size_t i = 0; i < 5; i++) {
			char name[16];

			(void)snprintf(name, sizeof(name), "%d-%zu", round, i);
			assert_int_equal(ipam_alloc(pool, name, &all[i], NULL), 0);
			assert_false(addr_equal(&all[i], &kept));
		}
		for (size_t i = 0; i < 5; i++)
			ipam_release(pool, &all[i]);
	}
	assert_int_equal(ipam_claim(pool, &kept, "web", NULL), 0);
	ipam_release(pool, &kept);
	assert_int_equal(ipam_alloc(pool, "web", &got, NULL), 0);
	assert_true(addr_equal(&got, &kept) && ipam_is_kept(pool, &kept));
	ipam_release(pool, &kept);
	for (int i = 0; i < 6; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "last-%d", i);
		assert_int_equal(ipam_alloc(pool, name, &got, NULL), 0);
		assert_int_equal(addr_equal(&got, &kept), i == 5);
	}
	assert_false(ipam_is_kept(pool, &kept));
	/* what somebody was told to ask for is not asked for by hand */
	assert_int_equal(addr_parse("10.0.0.4", &aside), 0);
	ipam_set_aside(pool, &aside);
	assert_false(ipam_is_set_aside(pool, &aside)); /* it is held */
	ipam_release(pool, &aside);
	ipam_set_aside(pool, &aside);
	assert_true(ipam_is_set_aside(pool, &aside));
	assert_int_equal(ipam_claim(pool, &aside, "other", NULL), 0);
	assert_false(ipam_is_set_aside(pool, &aside));
	ipam_pool_free(pool);
}

/* --- subnets --- */

static void the_default_pools_hold_hundreds_of_networks(void **state)
{
	size_t n;
	const struct ipam_base *bases = ipam_base_defaults(&n);
	struct prefix *taken = calloc(4000, sizeof(*taken)), bridge = prefix("172.17.0.0/16"), got;

	(void)state;
	assert_non_null(taken);
	for (size_t i = 0; i < 4000; i++) {
		assert_int_equal(ipam_choose_subnet(bases, n, AF_INET, 0, taken, i, &got, NULL), 0);
		assert_int_equal(got.len, 24);
		assert_false(prefix_has_host_bits(&got) || prefix_overlaps(&got, &bridge));
		taken[i] = got;
	}
	assert_string_equal(PREFIX_STR(&taken[0]), "172.18.0.0/24");
	assert_string_equal(PREFIX_STR(&taken[1]), "172.18.1.0/24");
	assert_string_equal(PREFIX_STR(&taken[512]), "172.20.0.0/24");
	assert_string_equal(PREFIX_STR(&taken[14 * 256]), "192.168.0.0/24");
	assert_string_equal(PREFIX_STR(&taken[15 * 256]), "10.0.0.0/24");
	assert_int_equal(ipam_choose_subnet(bases, n, AF_INET6, 0, taken, 4000, &got, NULL),
			 -EINVAL);
	free(taken);
}

static void a_host_has_an_ipv6_prefix_of_its_own(void **state)
{
	static const char *const none[] = {
		"",
		"\n",
		"uninitialized\n",
		"00000000000000000000000000000000\n",
		"0123456789abcdef0123456789abcde",
		"0123456789abcdef0123456789abcdef0",
		"0123456789ABCDEF0123456789abcdef\n",
		"0123456789abcdef0123456789abcdef x",
	};
	static const char id[] = "0123456789abcdef0123456789abcdef\n";
	const struct prefix all = prefix("fd00::/8");
	struct prefix one, other;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_int_equal(ipam_base_of_host(none[i], "/var/lib/netd", &one), -EINVAL);
	assert_int_equal(ipam_base_of_host(id, "/var/lib/netd", &one), 0);
	assert_true(prefix_contains(&all, &one.addr) && one.len == 48);
	assert_false(prefix_has_host_bits(&one));
	/* for ever: networks that are made later lie beside those of today */
	assert_string_equal(PREFIX_STR(&one), "fdec:8282:4f06::/48");
	assert_int_equal(
		ipam_base_of_host("0123456789abcdef0123456789abcdef", "/var/lib/netd", &other), 0);
	assert_true(addr_equal(&one.addr, &other.addr));
	assert_int_equal(ipam_base_of_host(id, "/var/lib/lab", &other), 0);
	assert_false(addr_equal(&one.addr, &other.addr));
	assert_int_equal(
		ipam_base_of_host("1123456789abcdef0123456789abcdef", "/var/lib/netd", &other), 0);
	assert_false(addr_equal(&one.addr, &other.addr));
	one = ipam_base_of_id((const uint8_t[]) { 1, 2, 3, 4, 5 });
	assert_string_equal(PREFIX_STR(&one), "fd01:203:405::/48");
}

static void a_subnet_is_chosen_around_what_is_taken(void **state)
{
	static const struct {
		const char *base;
		uint8_t size, want_len;
		const char *taken[4];
		const char *chosen; /* NULL: none */
	} cases[] = {
		{ "10.0.0.0/22", 24, 0, { NULL }, "10.0.0.0/24" },
		{ "10.0.0.0/22", 24, 0, { "10.0.0.0/24" }, "10.0.1.0/24" },
		{ "10.0.0.0/22", 24, 0, { "10.0.1.0/24" }, "10.0.0.0/24" },
		{ "10.0.0.0/22", 24, 0, { "10.0.0.77/32" }, "10.0.1.0/24" },
		{ "10.0.0.0/22", 24, 0, { "10.0.0.0/23", "10.0.2.128/25" }, "10.0.3.0/24" },
		{ "10.0.0.0/22", 24, 0, { "10.0.2.128/25", "10.0.0.0/23" }, "10.0.3.0/24" },
		{ "10.0.0.0/22", 24, 0, { "10.0.0.0/8" }, NULL },
		{ "10.0.0.0/22", 24, 0, { "0.0.0.0/0" }, NULL },
		{ "10.0.0.0/22", 24, 0, { "10.0.0.0/23", "10.0.0.0/24", "10.0.2.0/23" }, NULL },
		{ "10.0.0.0/22", 24, 0, { "fd00::/8" }, "10.0.0.0/24" },
		{ "10.0.0.0/22", 24, 26, { "10.0.0.0/26" }, "10.0.0.64/26" },
		{ "10.0.0.0/22", 24, 22, { NULL }, "10.0.0.0/22" },
		{ "10.0.0.0/22", 24, 22, { "10.0.3.255/32" }, NULL },
		{ "10.0.0.0/22", 24, 32, { "10.0.0.0/31" }, "10.0.0.2/32" },
		{ "10.0.0.0/22", 24, 21, { NULL }, NULL },
		{ "255.255.254.0/23", 24, 0, { "255.255.254.0/24" }, "255.255.255.0/24" },
		{ "255.255.254.0/23", 24, 0, { "255.255.254.0/23" }, NULL },
		{ "255.255.254.0/23", 24, 0, { "255.255.254.0/24", "255.255.255.128/25" }, NULL },
		{ "fd00::/48", 64, 0, { "fd00::/64" }, "fd00:0:0:1::/64" },
		{ "fd00::/48", 64, 0, { "10.0.0.0/8" }, "fd00::/64" },
		{ "ffff:ffff::/32", 64, 0, { "ffff:ffff::/32" }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ipam_base base = { prefix(cases[i].base), cases[i].size };
		struct prefix taken[4], got = { 0 };
		size_t n = 0;
		int err;

		for (; n < 4 && cases[i].taken[n]; n++)
			taken[n] = prefix(cases[i].taken[n]);
		err = ipam_choose_subnet(&base, 1, base.base.addr.family, cases[i].want_len, taken,
					 n, &got, NULL);
		assert_int_equal(err, cases[i].chosen ? 0 : -EINVAL);
		assert_string_equal(PREFIX_STR(&got), cases[i].chosen ? cases[i].chosen : "");
	}
}

static void a_base_that_is_full_is_followed_by_the_next(void **state)
{
	struct ipam_base bases[] = { { prefix("10.0.0.0/24"), 24 }, { prefix("10.1.0.0/16"), 24 } };
	struct prefix taken = prefix("10.0.0.0/25"), got = { 0 };

	(void)state;
	assert_int_equal(ipam_choose_subnet(bases, 2, AF_INET, 0, &taken, 1, &got, NULL), 0);
	assert_string_equal(PREFIX_STR(&got), "10.1.0.0/24");
	/* too large for the first base, whatever is free there */
	assert_int_equal(ipam_choose_subnet(bases, 2, AF_INET, 20, NULL, 0, &got, NULL), 0);
	assert_string_equal(PREFIX_STR(&got), "10.1.0.0/20");
}

static void a_wider_route_gives_way_and_no_other_does(void **state)
{
	static const struct {
		const char *base;
		uint8_t size, want_len;
		const char *taken, *routed[3];
		const char *chosen; /* NULL: none */
	} cases[] = {
		{ "10.0.0.0/22", 24, 0, NULL, { "10.0.0.0/8" }, "10.0.0.0/24" },
		{ "10.0.0.0/22", 24, 0, NULL, { "10.0.0.0/23" }, "10.0.0.0/24" },
		{ "10.0.0.0/22", 24, 0, NULL, { "10.0.0.0/24" }, "10.0.1.0/24" },
		{ "10.0.0.0/22", 24, 0, NULL, { "10.0.0.9/32", "10.0.0.0/8" }, "10.0.1.0/24" },
		{ "10.0.0.0/22", 24, 0, "10.0.0.0/23", { "10.0.0.0/8" }, "10.0.2.0/24" },
		{ "10.0.0.0/22", 24, 0, "10.0.0.0/8", { "10.0.0.0/8" }, NULL },
		{ "10.0.0.0/22", 24, 22, NULL, { "10.0.3.0/24" }, NULL },
		{ "10.0.0.0/22", 24, 26, NULL, { "10.0.0.0/24" }, "10.0.0.0/26" },
		{ "10.0.0.0/22",
		  24,
		  0,
		  NULL,
		  { "10.0.0.0/23", "10.0.2.0/24", "10.0.0.0/25" },
		  "10.0.1.0/24" },
		{ "fd00::/48", 64, 0, NULL, { "fd00::/8", "10.0.0.0/8" }, "fd00::/64" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ipam_base base = { prefix(cases[i].base), cases[i].size };
		struct prefix routed[3], taken = { 0 }, got = { 0 };
		size_t n = 0;
		int err;

		for (; n < 3 && cases[i].routed[n]; n++)
			routed[n] = prefix(cases[i].routed[n]);
		if (cases[i].taken)
			taken = prefix(cases[i].taken);
		err = ipam_choose_subnet_routed(&base, 1, base.base.addr.family, cases[i].want_len,
						&taken, cases[i].taken ? 1 : 0, routed, n, &got,
						NULL);
		assert_int_equal(err, cases[i].chosen ? 0 : -EINVAL);
		assert_string_equal(PREFIX_STR(&got), cases[i].chosen ? cases[i].chosen : "");
	}
}

static void without_a_free_subnet_the_numbers_are_told(void **state)
{
	struct ipam_base base = { prefix("10.0.0.0/23"), 24 };
	struct prefix taken[] = { prefix("10.0.0.0/24"), prefix("10.0.1.0/24"),
				  prefix("fd00::/64") };
	struct error error = { 0 };
	struct prefix got;

	(void)state;
	assert_int_equal(ipam_choose_subnet(&base, 1, AF_INET, 0, taken, 3, &got, &error), -EINVAL);
	assert_string_equal(error.text, "all predefined address pools have been fully subnetted: 1 "
					"IPv4 pool, 2 subnets in use");
	assert_int_equal(ipam_choose_subnet(&base, 1, AF_INET, 8, taken, 3, &got, &error), -EINVAL);
	assert_string_equal(error.text,
			    "no address pool is large enough for an IPv4 subnet of length /8");
	assert_int_equal(ipam_choose_subnet(&base, 1, AF_INET6, 0, taken, 3, &got, &error),
			 -EINVAL);
	assert_string_equal(error.text, "there is no IPv6 address pool");
}

/* Against the obvious way: every candidate tested against every taken prefix. */
static void the_choice_agrees_with_trying_them_all(void **state)
{
	struct ipam_base base = { prefix("10.0.0.0/24"), 28 };
	uint32_t seed = 3;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct prefix taken[8], got = { 0 };
		size_t n = (size_t)round % 9;
		const char *want = NULL;
		char text[PREFIX_STR_MAX];

		for (size_t i = 0; i < n; i++) {
			seed = seed * 1664525 + 1013904223;
			taken[i] =
				(struct prefix) { { AF_INET, { 10, 0, 0, (uint8_t)(seed >> 24) } },
						  (uint8_t)(25 + (seed >> 16) % 8) };
		}
		for (unsigned int host = 0; host < 256 && !want; host += 16) {
			struct prefix candidate = { { AF_INET, { 10, 0, 0, (uint8_t)host } }, 28 };
			bool meets = false;

			for (size_t i = 0; i < n; i++)
				meets |= prefix_overlaps(&candidate, &taken[i]);
			if (!meets)
				want = prefix_print(&candidate, text);
		}
		assert_int_equal(ipam_choose_subnet(&base, 1, AF_INET, 0, taken, n, &got, NULL),
				 want ? 0 : -EINVAL);
		assert_string_equal(PREFIX_STR(&got), want ? want : "");
	}
}

static void a_fenced_pool_gives_from_open_blocks_alone(void **state)
{
	struct ipam_pool *pool = pool_of("10.1.0.0/16", "10.1.0.1", NULL);
	const struct prefix first = prefix("10.1.0.0/26"), other = prefix("10.1.7.64/26");
	const struct addr theirs = addr("10.1.0.70"), ours = addr("10.1.7.70");
	struct error error = { 0 };
	struct addr got;
	char holder[16];

	(void)state;
	ipam_remember(pool, &theirs, "web");
	ipam_fence(pool);
	assert_true(ipam_is_fenced(pool));
	assert_int_equal(ipam_alloc(pool, "web", &got, &error), -ENOSPC);
	assert_non_null(strstr(error.text, "0 blocks of 10.1.0.0/16 that this host has"));
	assert_int_equal(ipam_open(pool, &other), 0);
	assert_int_equal(ipam_open(pool, &other), 0);
	assert_int_equal(ipam_room(pool), 64);
	/* what is remembered is of no use where it is another host's by now */
	expect_alloc(pool, "web", "10.1.7.64");
	assert_int_not_equal(ipam_claim(pool, &theirs, "b", &error), 0);
	assert_non_null(strstr(error.text, "10.1.0.70 of 10.1.0.0/16 is not this host's to give"));
	assert_int_equal(ipam_claim(pool, &ours, "b", &error), 0);
	assert_int_equal(ipam_room(pool), 62);
	for (int i = 0; i < 62; i++) {
		(void)snprintf(holder, sizeof(holder), "c%d", i);
		assert_int_equal(ipam_alloc(pool, holder, &got, &error), 0);
		assert_true(prefix_contains(&other, &got));
	}
	assert_int_equal(ipam_room(pool), 0);
	assert_int_not_equal(ipam_alloc(pool, "more", &got, &error), 0);
	/* the first block lacks the network address and the gateway */
	assert_int_equal(ipam_open(pool, &first), 0);
	assert_int_equal(ipam_room(pool), 62);
	expect_alloc(pool, "more", "10.1.0.2");
	/* one that was given back is remembered, and free */
	ipam_release(pool, &ours);
	assert_int_equal(ipam_room(pool), 62);
	expect_alloc(pool, "b", "10.1.7.70");
	ipam_pool_free(pool);
}

static void what_all_hosts_agree_about_is_held_whoever_has_the_block(void **state)
{
	const struct addr theirs = addr("10.1.7.70"), gateway = addr("10.1.0.1");
	const struct prefix ours = prefix("10.1.7.64/26"), small = prefix("10.1.9.0/30");
	struct ipam_pool *pool = pool_of("10.1.0.0/16", "10.1.0.1", NULL);
	const struct addr other = addr("10.1.9.2");
	struct error error = { 0 };
	struct addr got;

	(void)state;
	ipam_fence(pool);
	assert_int_not_equal(ipam_claim(pool, &theirs, "web", &error), 0);
	assert_int_equal(ipam_hold(pool, &theirs, "web", &error), 0);
	assert_string_equal(ipam_holder(pool, &theirs), "web");
	assert_int_not_equal(ipam_hold(pool, &gateway, "db", &error), 0);
	assert_int_not_equal(ipam_hold(pool, &theirs, "db", &error), 0);
	assert_non_null(strstr(error.text, "\"web\" has 10.1.7.70"));
	/* whoever gets the block gives all others of it */
	assert_int_equal(ipam_open(pool, &ours), 0);
	assert_int_equal(ipam_room(pool), 63);
	for (int i = 0; i < 63; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(ipam_alloc(pool, name, &got, &error), 0);
		assert_false(addr_equal(&got, &theirs));
	}
	/* of another host's it is forgotten with its end, and stands in nobody's way */
	assert_int_equal(ipam_hold(pool, &other, "db", &error), 0);
	ipam_release(pool, &other);
	assert_null(ipam_holder(pool, &other));
	ipam_release(pool, &theirs);
	assert_int_equal(ipam_alloc(pool, "more", &got, &error), 0);
	assert_true(addr_equal(&got, &theirs));
	assert_int_equal(ipam_open(pool, &small), 0);
	expect_alloc(pool, "last", "10.1.9.0");
	ipam_pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_small_pool_gives_each_usable_address_once),
		cmocka_unit_test(tiny_subnets_have_no_network_or_broadcast_address),
		cmocka_unit_test(large_ipv6_subnets_cost_nothing_until_used),
		cmocka_unit_test(a_range_beyond_64_bits_is_walked_from_its_start),
		cmocka_unit_test(automatic_choice_stays_in_the_range_and_a_claim_does_not),
		cmocka_unit_test(a_range_at_the_edge_gives_no_network_or_broadcast_address),
		cmocka_unit_test(auxiliary_addresses_are_not_given_away),
		cmocka_unit_test(a_claim_says_why_it_cannot_be),
		cmocka_unit_test(holders_are_known_while_they_hold),
		cmocka_unit_test(freed_address_rests_until_the_pool_wraps),
		cmocka_unit_test(a_holder_gets_its_old_address_back),
		cmocka_unit_test(a_remembered_address_is_given_to_others_last_and_the_oldest_first),
		cmocka_unit_test(an_address_given_to_another_is_forgotten),
		cmocka_unit_test(only_the_last_address_of_a_holder_is_remembered),
		cmocka_unit_test(an_address_out_of_range_is_not_remembered),
		cmocka_unit_test(memories_come_back_after_a_restart),
		cmocka_unit_test(a_memory_told_twice_belongs_to_the_last),
		cmocka_unit_test(memories_are_bounded_and_the_oldest_goes_first),
		cmocka_unit_test(nobody_is_not_remembered),
		cmocka_unit_test(it_is_known_of_an_address_that_nobody_had_it_before),
		cmocka_unit_test(once_too_many_were_freed_every_address_may_have_been_somebodys),
		cmocka_unit_test(the_pool_agrees_with_a_simple_model),
		cmocka_unit_test(a_full_pool_of_65533_is_as_quick_as_an_empty_one),
		cmocka_unit_test(what_was_asked_for_by_hand_gives_way_last),
		cmocka_unit_test(addresses_that_nobody_can_have_are_counted),
		cmocka_unit_test(a_host_has_an_ipv6_prefix_of_its_own),
		cmocka_unit_test(the_default_pools_hold_hundreds_of_networks),
		cmocka_unit_test(a_subnet_is_chosen_around_what_is_taken),
		cmocka_unit_test(a_base_that_is_full_is_followed_by_the_next),
		cmocka_unit_test(a_wider_route_gives_way_and_no_other_does),
		cmocka_unit_test(without_a_free_subnet_the_numbers_are_told),
		cmocka_unit_test(the_choice_agrees_with_trying_them_all),
		cmocka_unit_test(a_fenced_pool_gives_from_open_blocks_alone),
		cmocka_unit_test(what_all_hosts_agree_about_is_held_whoever_has_the_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
