// SPDX-License-Identifier: GPL-2.0-or-later
// test_table.c - which names exist on which network, and who may see them
#include "packet.h"

#include "base/cleanup.h"
#include "dns/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRONT 11
#define BACK 12
#define OTHER 13

static const uint32_t both[] = { FRONT, BACK };
static const struct dns_view view = { .networks = both, .n_networks = 2 };

static void add(struct dns_table *table, uint32_t network, const char *name, const char *addr,
		bool canonical)
{
	struct addr parsed = an_addr(addr);

	assert_int_equal(dns_table_add(table, network, name, &parsed, canonical), 0);
}

static void drop(struct dns_table *table, uint32_t network, const char *name, const char *addr,
		 bool canonical)
{
	struct addr parsed = an_addr(addr);

	dns_table_remove(table, network, name, &parsed, canonical);
}

static int make_table(void **state)
{
	struct dns_table *table = dns_table_new();

	assert_non_null(table);
	assert_int_equal(dns_table_network(table, FRONT, "front", false), 0);
	assert_int_equal(dns_table_network(table, BACK, "back.end", true), 0);
	assert_int_equal(dns_table_network(table, OTHER, "other", false), 0);
	*state = table;
	return 0;
}

static int free_table(void **state)
{
	dns_table_free(*state);
	return 0;
}

/* All addresses of the name in order, as text. */
static const char *seen_by(const struct dns_table *table, const struct dns_view *who,
			   const char *name)
{
	static char text[1024];
	const struct addr *addrs[16];
	size_t n = dns_table_lookup(table, who, name, addrs, ARRAY_SIZE(addrs));

	text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			strcat(text, " ");
		strcat(text, ADDR_STR(addrs[i]));
	}
	return text;
}

static const char *seen(const struct dns_table *table, const char *name)
{
	return seen_by(table, &view, name);
}

static const char *reversed(const struct dns_table *table, const struct dns_view *who,
			    const char *text)
{
	static char name[DNS_NAME_MAX];
	struct addr addr = an_addr(text);

	return dns_table_reverse(table, who, &addr, name, sizeof(name)) ? name : "";
}

static void first_network_that_knows_the_name_answers_alone(void **state)
{
	struct dns_table *table = *state;

	add(table, BACK, "web", "10.1.0.2", true);
	assert_string_equal(seen(table, "web"), "10.1.0.2");
	add(table, FRONT, "web", "10.0.0.2", true);
	add(table, FRONT, "web", "fd00::2", true);
	assert_string_equal(seen(table, "web"), "10.0.0.2 fd00::2");
}

static void names_of_invisible_networks_are_unknown(void **state)
{
	struct dns_table *table = *state;

	add(table, OTHER, "secret", "10.2.0.2", true);
	assert_string_equal(seen(table, "secret"), "");
	assert_string_equal(seen(table, "secret.other"), "");
	assert_string_equal(reversed(table, &view, "10.2.0.2"), "");
}

static void names_are_folded_when_they_are_added(void **state)
{
	struct dns_table *table = *state;

	add(table, FRONT, "WeB\303\234", "10.0.0.2", true);
	assert_string_equal(seen(table, "web\303\234"), "10.0.0.2");
	assert_string_equal(seen(table, "web\303\274"), "");
	drop(table, FRONT, "wEb\303\234", "10.0.0.2", true);
	assert_int_equal(dns_table_n_names(table), 0);
}

static void qualified_names_work_with_dots_on_both_sides(void **state)
{
	struct dns_table *table = *state;

	add(table, FRONT, "a.b", "10.0.0.1", true);
	add(table, BACK, "c.d", "10.1.0.1", true);
	assert_string_equal(seen(table, "a.b"), "10.0.0.1");
	assert_string_equal(seen(table, "a.b.front"), "10.0.0.1");
	assert_string_equal(seen(table, "c.d.back.end"), "10.1.0.1");
	assert_string_equal(seen(table, "c.d.end"), "");
	assert_string_equal(seen(table, "a.b.back.end"), "");
	assert_string_equal(seen(table, "a.bxfront"), "");
	assert_string_equal(seen(table, ".front"), "");
	assert_string_equal(seen(table, ""), "");
}

static void whole_name_goes_before_qualified_and_short_network_before_long(void **state)
{
	struct dns_table *table = *state;
	const uint32_t three[] = { BACK, FRONT, OTHER };
	const struct dns_view all_three = { .networks = three, .n_networks = 3 };

	assert_int_equal(dns_table_network(table, OTHER, "end", false), 0);
	add(table, BACK, "x", "10.1.0.1", true);
	assert_string_equal(seen_by(table, &all_three, "x.back.end"), "10.1.0.1");
	add(table, OTHER, "x.back", "10.2.0.1", true);
	assert_string_equal(seen_by(table, &all_three, "x.back.end"), "10.2.0.1");
	add(table, FRONT, "x.back.end", "10.0.0.1", true);
	assert_string_equal(seen_by(table, &all_three, "x.back.end"), "10.0.0.1");
}

static void link_is_seen_by_its_owner_and_goes_first(void **state)
{
	struct dns_table *table = *state;
	const struct dns_link links[] = { { .alias = "store", .target = "db" },
					  { .alias = "gone", .target = "nobody" },
					  { .alias = "q", .target = "db.back.end" } };
	const struct dns_view linked = {
		.networks = both, .n_networks = 2, .links = links, .n_links = 3
	};

	add(table, FRONT, "db", "10.0.0.5", true);
	add(table, FRONT, "store", "10.0.0.6", true);
	add(table, BACK, "db", "10.1.0.5", true);
	add(table, FRONT, "gone", "10.0.0.7", true);
	assert_string_equal(seen_by(table, &linked, "store"), "10.0.0.5");
	assert_string_equal(seen_by(table, &linked, "q"), "10.1.0.5");
	assert_string_equal(seen(table, "store"), "10.0.0.6");
	assert_string_equal(seen(table, "q"), "");
	/* A link whose target is away is as if it were not there. */
	assert_string_equal(seen_by(table, &linked, "gone"), "10.0.0.7");
}

static void a_link_to_addresses_is_for_names_nobody_has(void **state)
{
	struct dns_table *table = *state;
	struct dns_link links[] = { { .alias = "elsewhere", .target = "172.19.0.5" },
				    { .alias = "elsewhere", .target = "172.19.0.6" },
				    { .alias = "db", .target = "172.19.0.7" } };
	const struct dns_view linked = {
		.networks = both, .n_networks = 2, .links = links, .n_links = 3
	};
	const struct addr *addrs[4];

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(addr_parse(links[i].target, &links[i].addr), 0);
	add(table, FRONT, "db", "10.0.0.5", true);
	assert_int_equal(dns_table_lookup(table, &linked, "elsewhere", addrs, 4), 2);
	assert_string_equal(ADDR_STR(addrs[1]), "172.19.0.6");
	assert_int_equal(dns_table_lookup(table, &linked, "elsewhere", addrs, 1), 1);
	assert_string_equal(seen_by(table, &linked, "db"), "10.0.0.5");
	assert_int_equal(dns_table_lookup(table, &linked, "nowhere", addrs, 4), 0);
}

static void link_of_one_network_is_looked_up_there_only(void **state)
{
	struct dns_table *table = *state;
	struct dns_link links[] = { { .alias = "l", .target = "db", .network = FRONT } };
	const struct dns_view linked = {
		.networks = both, .n_networks = 2, .links = links, .n_links = 1
	};

	add(table, BACK, "db", "10.1.0.5", true);
	assert_string_equal(seen_by(table, &linked, "l"), ""); /* it is in the other */
	links[0].network = BACK;
	assert_string_equal(seen_by(table, &linked, "l"), "10.1.0.5");
	links[0].network = 0;
	assert_string_equal(seen_by(table, &linked, "l"), "10.1.0.5");
}

static void link_leads_to_no_invisible_network(void **state)
{
	struct dns_table *table = *state;
	const struct dns_link links[] = { { .alias = "l", .target = "secret" } };
	const struct dns_view linked = {
		.networks = both, .n_networks = 2, .links = links, .n_links = 1
	};

	add(table, OTHER, "secret", "10.2.0.2", true);
	assert_string_equal(seen_by(table, &linked, "l"), "");
}

static void host_sees_every_network(void **state)
{
	struct dns_table *table = *state;
	const struct dns_view host = { .all = true };

	add(table, OTHER, "secret", "10.2.0.2", true);
	add(table, FRONT, "web", "10.0.0.2", true);
	assert_string_equal(seen_by(table, &host, "secret"), "10.2.0.2");
	assert_string_equal(seen_by(table, &host, "web.front"), "10.0.0.2");
	assert_string_equal(reversed(table, &host, "10.2.0.2"), "secret.other");
	assert_int_equal(dns_table_zone(table, &host, "x.other"), 5);
}

static void same_name_and_address_is_counted(void **state)
{
	struct dns_table *table = *state;

	add(table, FRONT, "web", "10.0.0.2", true);
	add(table, FRONT, "web", "10.0.0.2", true);
	drop(table, FRONT, "web", "10.0.0.2", true);
	assert_string_equal(seen(table, "web"), "10.0.0.2");
	assert_string_equal(reversed(table, &view, "10.0.0.2"), "web.front");
	drop(table, FRONT, "web", "10.0.0.2", true);
	assert_string_equal(seen(table, "web"), "");
	assert_string_equal(reversed(table, &view, "10.0.0.2"), "");
	assert_int_equal(dns_table_n_names(table), 0);
	drop(table, FRONT, "web", "10.0.0.2", true); /* once too often does no harm */
}

static void count_that_would_overflow_is_refused(void **state)
{
	struct dns_table *table = *state;
	struct addr addr = an_addr("10.0.0.2");

	for (int i = 0; i < UINT16_MAX; i++)
		add(table, FRONT, "web", "10.0.0.2", false);
	assert_int_equal(dns_table_add(table, FRONT, "web", &addr, false), -ENOSPC);
	assert_string_equal(seen(table, "web"), "10.0.0.2");
}

static void shared_name_gives_all_addresses_up_to_what_is_asked(void **state)
{
	struct dns_table *table = *state;
	const struct addr *addrs[1000];
	char text[32];

	for (int i = 0; i < 1000; i++) {
		(void)snprintf(text, sizeof(text), "10.0.%d.%d", i / 250, i % 250);
		add(table, FRONT, "many", text, false);
	}
	assert_int_equal(dns_table_lookup(table, &view, "many", addrs, 1000), 1000);
	assert_int_equal(dns_table_lookup(table, &view, "many", addrs, 7), 7);
	assert_int_equal(dns_table_n_names(table), 1);
	for (int i = 0; i < 999; i++) {
		(void)snprintf(text, sizeof(text), "10.0.%d.%d", i / 250, i % 250);
		drop(table, FRONT, "many", text, false);
	}
	assert_string_equal(seen(table, "many"), "10.0.3.249");
}

static void reverse_gives_the_canonical_name_with_its_network(void **state)
{
	struct dns_table *table = *state;

	add(table, BACK, "alias", "10.1.0.2", false);
	assert_string_equal(reversed(table, &view, "10.1.0.2"), "");
	add(table, BACK, "Web", "10.1.0.2", true);
	add(table, BACK, "web", "fd01::2", true);
	assert_string_equal(reversed(table, &view, "10.1.0.2"), "web.back.end");
	assert_string_equal(reversed(table, &view, "fd01::2"), "web.back.end");
	/* Renamed: the new name comes before the old one goes. */
	add(table, BACK, "new", "10.1.0.2", true);
	drop(table, BACK, "web", "10.1.0.2", true);
	assert_string_equal(reversed(table, &view, "10.1.0.2"), "new.back.end");
}

static void reverse_name_that_would_be_too_long_goes_without_network(void **state)
{
	struct dns_table *table = *state;
	char name[254], small[16];
	struct addr addr = an_addr("10.0.0.2");

	memset(name, 'n', sizeof(name));
	for (size_t i = 50; i < 250; i += 50)
		name[i] = '.';
	name[253 - 6] = '\0'; /* with ".front" just right */
	add(table, FRONT, name, "10.0.0.2", true);
	assert_int_equal(strlen(reversed(table, &view, "10.0.0.2")), 253);
	drop(table, FRONT, name, "10.0.0.2", true);
	name[253 - 6] = 'n';
	name[253 - 5] = '\0';
	add(table, FRONT, name, "10.0.0.2", true);
	assert_string_equal(reversed(table, &view, "10.0.0.2"), name);
	assert_false(dns_table_reverse(table, &view, &addr, small, sizeof(small)));
}

static void what_cannot_be_told_is_refused(void **state)
{
	struct dns_table *table = *state;
	struct addr addr = an_addr("10.0.0.2"), none = { 0 };
	char label[65];

	memset(label, 'x', sizeof(label));
	label[64] = '\0';
	assert_int_equal(dns_table_add(table, FRONT, label, &addr, true), -EINVAL);
	assert_int_equal(dns_table_add(table, FRONT, "", &addr, true), -EINVAL);
	assert_int_equal(dns_table_add(table, FRONT, "a..b", &addr, true), -EINVAL);
	assert_int_equal(dns_table_add(table, FRONT, "web", &none, true), -EINVAL);
	assert_int_equal(dns_table_add(table, 99, "web", &addr, true), -ENOENT);
	assert_int_equal(dns_table_network(table, 0, "zero", false), -EINVAL);
	assert_int_equal(dns_table_n_names(table), 0);
	dns_table_remove(table, FRONT, label, &addr, true);
}

static void network_that_dns_cannot_spell_still_has_names(void **state)
{
	struct dns_table *table = *state;

	assert_int_equal(dns_table_network(table, FRONT, "not..spelt", false), 0);
	add(table, FRONT, "web", "10.0.0.2", true);
	assert_string_equal(seen(table, "web"), "10.0.0.2");
	assert_string_equal(reversed(table, &view, "10.0.0.2"), "web");
	assert_int_equal(dns_table_zone(table, &view, "x."), 0);
}

static void network_goes_with_its_names_and_no_others(void **state)
{
	struct dns_table *table = *state;
	char name[16];

	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "c%d", i);
		add(table, FRONT, name, "10.0.0.1", true);
		add(table, BACK, name, "10.1.0.1", true);
	}
	dns_table_network_gone(table, FRONT);
	dns_table_network_gone(table, FRONT);
	assert_int_equal(dns_table_n_names(table), 200);
	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "c%d", i);
		assert_string_equal(seen(table, name), "10.1.0.1");
	}
	assert_string_equal(reversed(table, &view, "10.0.0.1"), "");
	assert_int_equal(dns_table_zone(table, &view, "c1.front"), 0);
}

static void renamed_network_is_known_under_its_new_name_only(void **state)
{
	struct dns_table *table = *state;

	add(table, FRONT, "web", "10.0.0.2", true);
	assert_false(dns_table_internal(table, FRONT));
	assert_int_equal(dns_table_network(table, FRONT, "Fresh", true), 0);
	assert_true(dns_table_internal(table, FRONT));
	assert_false(dns_table_internal(table, 99));
	assert_string_equal(seen(table, "web.fresh"), "10.0.0.2");
	assert_string_equal(seen(table, "web.front"), "");
	assert_string_equal(reversed(table, &view, "10.0.0.2"), "web.fresh");
}

static void names_under_the_domain_of_podman_are_those_of_every_network(void **state)
{
	struct dns_table *table = *state;

	add(table, FRONT, "web", "10.0.0.2", true);
	add(table, BACK, "db", "10.1.0.2", true);
	add(table, OTHER, "far", "10.2.0.2", true);
	assert_string_equal(seen(table, "web.dns.podman"), "10.0.0.2");
	assert_string_equal(seen(table, "db.dns.podman"), "10.1.0.2");
	assert_string_equal(seen(table, "web.netd.internal"), "10.0.0.2");
	assert_string_equal(seen(table, "far.dns.podman"), "");
	assert_string_equal(seen(table, "dns.podman"), "");
	assert_string_equal(seen(table, ".dns.podman"), "");
	assert_string_equal(seen(table, "webdns.podman"), "");
	assert_string_equal(seen(table, "web.dns.podman.dns.podman"), "");
	assert_int_equal(dns_table_zone(table, &view, "x.dns.podman"), 10);
	assert_int_equal(dns_table_zone(table, &view, "x.netd.internal"), 13);
	assert_int_equal(dns_table_zone(table, &view, "dns.podman"), 10);
	assert_int_equal(dns_table_zone(table, &view, "xdns.podman"), 0);
	assert_int_equal(dns_table_zone(table, &view, "podman"), 0);
	/* A network called podman is no part of it. */
	assert_int_equal(dns_table_network(table, FRONT, "podman", false), 0);
	assert_string_equal(seen(table, "web.dns.podman"), "10.0.0.2");
	assert_string_equal(seen(table, "web.podman"), "10.0.0.2");
	assert_int_equal(dns_table_zone(table, &view, "x.dns.podman"), 10);
	assert_int_equal(dns_table_zone(table, &view, "x.podman"), 6);
}

static void zone_is_a_visible_network_or_what_lies_under_it(void **state)
{
	struct dns_table *table = *state;

	assert_int_equal(dns_table_zone(table, &view, "front"), 5);
	assert_int_equal(dns_table_zone(table, &view, "x.front"), 5);
	assert_int_equal(dns_table_zone(table, &view, "y.x.front"), 5);
	assert_int_equal(dns_table_zone(table, &view, "x.back.end"), 8);
	assert_int_equal(dns_table_zone(table, &view, "xfront"), 0);
	assert_int_equal(dns_table_zone(table, &view, "front.x"), 0);
	assert_int_equal(dns_table_zone(table, &view, "end"), 0);
	assert_int_equal(dns_table_zone(table, &view, "x.other"), 0);
	assert_int_equal(dns_table_zone(table, &view, ""), 0);
}

static void sync_keeps_what_is_added_again_and_drops_the_rest(void **state)
{
	struct dns_table *table = *state;

	add(table, FRONT, "stays", "10.0.0.2", true);
	add(table, FRONT, "moves", "10.0.0.3", true);
	add(table, FRONT, "goes", "10.0.0.4", true);
	add(table, OTHER, "goes", "10.2.0.4", true);

	dns_table_sync_begin(table);
	assert_string_equal(seen(table, "goes"), "10.0.0.4");
	assert_int_equal(dns_table_network(table, FRONT, "front", false), 0);
	add(table, FRONT, "stays", "10.0.0.2", true);
	add(table, FRONT, "moves", "10.0.0.9", true);
	add(table, BACK, "new", "10.1.0.2", true); /* keeps its network, declared or not */
	assert_string_equal(seen(table, "moves"), "10.0.0.3 10.0.0.9"); /* old and new */
	dns_table_sync_end(table);

	assert_string_equal(seen(table, "stays"), "10.0.0.2");
	assert_string_equal(seen(table, "moves"), "10.0.0.9");
	assert_string_equal(seen(table, "goes"), "");
	assert_string_equal(seen(table, "new.back.end"), "10.1.0.2");
	assert_string_equal(reversed(table, &view, "10.0.0.2"), "stays.front");
	assert_string_equal(reversed(table, &view, "10.0.0.3"), "");
	assert_string_equal(reversed(table, &view, "10.0.0.4"), "");
	assert_int_equal(dns_table_n_names(table), 3);
	assert_int_equal(dns_table_add(table, OTHER, "x", &(struct addr) { .family = AF_INET }, 0),
			 -ENOENT);
}

static void counts_start_anew_with_a_sync(void **state)
{
	struct dns_table *table = *state;

	add(table, FRONT, "web", "10.0.0.2", true);
	add(table, FRONT, "web", "10.0.0.2", true);
	dns_table_sync_begin(table);
	add(table, FRONT, "web", "10.0.0.2", true);
	dns_table_sync_end(table);
	drop(table, FRONT, "web", "10.0.0.2", true);
	assert_string_equal(seen(table, "web"), "");
	assert_string_equal(reversed(table, &view, "10.0.0.2"), "");
}

static void removal_during_a_sync_leaves_what_is_not_confirmed_to_its_end(void **state)
{
	struct dns_table *table = *state;

	add(table, FRONT, "web", "10.0.0.2", false);
	add(table, FRONT, "web", "10.0.0.2", false);
	dns_table_sync_begin(table);
	drop(table, FRONT, "web", "10.0.0.2", false); /* one holder; the other comes later */
	assert_string_equal(seen(table, "web"), "10.0.0.2");
	add(table, FRONT, "web", "10.0.0.2", false);
	dns_table_sync_end(table);
	assert_string_equal(seen(table, "web"), "10.0.0.2");
}

static void sync_that_adds_nothing_leaves_nothing(void **state)
{
	struct dns_table *table = *state;

	add(table, FRONT, "web", "10.0.0.2", true);
	dns_table_sync_end(table); /* without begin: nothing happens */
	assert_int_equal(dns_table_n_names(table), 1);
	dns_table_sync_begin(table);
	dns_table_sync_end(table);
	assert_int_equal(dns_table_n_names(table), 0);
	assert_int_equal(dns_table_zone(table, &view, "x.front"), 0);
}

static void ten_thousand_names_come_and_go(void **state)
{
	struct dns_table *table = *state;
	const struct addr *addrs[4];
	char name[32], addr[32];

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 10000; i++) {
			(void)snprintf(name, sizeof(name), "container-%d", i);
			(void)snprintf(addr, sizeof(addr), "10.%d.%d.%d", i / 65536, i / 256 % 256,
				       i % 256);
			add(table, i % 2 ? FRONT : BACK, name, addr, true);
		}
		assert_int_equal(dns_table_n_names(table), 10000);
		for (int i = 0; i < 10000; i++) {
			(void)snprintf(name, sizeof(name), "container-%d", i);
			assert_int_equal(dns_table_lookup(table, &view, name, addrs, 4), 1);
			dns_table_remove(table, i % 2 ? FRONT : BACK, name, addrs[0], true);
		}
		assert_int_equal(dns_table_n_names(table), 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_table, free_table)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_network_that_knows_the_name_answers_alone),
		TEST(names_of_invisible_networks_are_unknown),
		TEST(names_are_folded_when_they_are_added),
		TEST(qualified_names_work_with_dots_on_both_sides),
		TEST(whole_name_goes_before_qualified_and_short_network_before_long),
		TEST(link_is_seen_by_its_owner_and_goes_first),
		TEST(a_link_to_addresses_is_for_names_nobody_has),
		TEST(link_of_one_network_is_looked_up_there_only),
		TEST(link_leads_to_no_invisible_network),
		TEST(host_sees_every_network),
		TEST(same_name_and_address_is_counted),
		TEST(count_that_would_overflow_is_refused),
		TEST(shared_name_gives_all_addresses_up_to_what_is_asked),
		TEST(reverse_gives_the_canonical_name_with_its_network),
		TEST(reverse_name_that_would_be_too_long_goes_without_network),
		TEST(what_cannot_be_told_is_refused),
		TEST(network_that_dns_cannot_spell_still_has_names),
		TEST(network_goes_with_its_names_and_no_others),
		TEST(renamed_network_is_known_under_its_new_name_only),
		TEST(names_under_the_domain_of_podman_are_those_of_every_network),
		TEST(zone_is_a_visible_network_or_what_lies_under_it),
		TEST(sync_keeps_what_is_added_again_and_drops_the_rest),
		TEST(counts_start_anew_with_a_sync),
		TEST(removal_during_a_sync_leaves_what_is_not_confirmed_to_its_end),
		TEST(sync_that_adds_nothing_leaves_nothing),
		TEST(ten_thousand_names_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
