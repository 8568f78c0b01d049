// SPDX-License-Identifier: GPL-2.0-or-later
// test_answer.c - every rule of answering: what is local, what is wrong, what goes upstream
#include "packet.h"

#include "base/cleanup.h"
#include "dns/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRONT 1
#define BACK 2
#define OTHER 3
#define TTL 5

#define TYPE_TXT 16
#define TYPE_DS 43
#define TYPE_SVCB 64
#define TYPE_HTTPS 65
#define RECORDS_MAX 4096

static struct packet packet;
static struct dns_table *table;
static struct dns_view view;
static struct dns_policy policy;

/* The reply taken apart. */
static struct {
	enum dns_verdict verdict;
	struct dns_question question;
	uint8_t *bytes;
	size_t len;
	uint16_t id, flags, rcode; /* rcode with the OPT's high bits */
	struct dns_name name;
	size_t n[DNS_SECTION_N];
	size_t n_records;
	struct dns_record records[RECORDS_MAX];
	enum dns_section sections[RECORDS_MAX];
	const struct dns_record *opt;
	int ede;
} got;

static void add(uint32_t network, const char *name, const char *addr, bool canonical)
{
	struct addr parsed = an_addr(addr);

	assert_int_equal(dns_table_add(table, network, name, &parsed, canonical), 0);
}

static int set_up(void **state)
{
	static const uint32_t networks[] = { FRONT, BACK };
	static const struct dns_link links[] = { { .alias = "store", .target = "db" } };

	(void)state;
	table = dns_table_new();
	assert_non_null(table);
	assert_int_equal(dns_table_network(table, FRONT, "front", false), 0);
	assert_int_equal(dns_table_network(table, BACK, "back.end", false), 0);
	assert_int_equal(dns_table_network(table, OTHER, "other", false), 0);
	add(FRONT, "web", "10.0.0.2", true);
	add(FRONT, "db", "10.0.0.3", true);
	add(FRONT, "db", "fd00::3", true);
	add(FRONT, "v6only", "fd00::6", true);
	add(FRONT, "all", "10.0.0.2", false);
	add(FRONT, "all", "10.0.0.3", false);
	add(FRONT, "all", "10.0.0.4", false);
	add(FRONT, "api.example.com", "10.0.0.2", false);
	add(BACK, "job", "10.1.0.9", true);
	add(OTHER, "secret", "10.2.0.2", true);
	view = (struct dns_view) {
		.networks = networks, .n_networks = 2, .links = links, .n_links = 1, .forward = true
	};
	policy = (struct dns_policy) { .ttl_s = TTL, .random = 1 };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	dns_table_free(table);
	free(got.bytes);
	got.bytes = NULL;
	return 0;
}

static void take_apart(void)
{
	struct dns_msg msg;
	struct dns_record record;
	int more;

	got.n_records = 0;
	got.opt = NULL;
	got.ede = -1;
	memset(got.n, 0, sizeof(got.n));
	got.id = dns_get_u16(got.bytes);
	got.flags = dns_get_u16(got.bytes + 2);
	got.rcode = got.flags & DNS_FLAG_RCODE;
	if (dns_get_u16(got.bytes + 4) == 0)
		return;
	assert_int_equal(dns_msg_open(&msg, got.bytes, got.len), 0);
	got.name.len = (uint8_t)msg.name_len;
	memcpy(got.name.wire, msg.name, msg.name_len);
	while ((more = dns_msg_next(&msg, &record)) > 0) {
		assert_true(dns_msg_data_valid(&msg, &record));
		assert_true(got.n_records < RECORDS_MAX);
		got.sections[got.n_records] = msg.section;
		got.records[got.n_records] = record;
		if (record.type == DNS_TYPE_OPT)
			got.opt = &got.records[got.n_records];
		else
			got.n[msg.section]++;
		got.n_records++;
	}
	assert_int_equal(more, 0);
	assert_int_equal(wire_left(&msg.wire), 0);
	if (!got.opt)
		return;
	got.rcode |= (uint16_t)(got.opt->ttl >> 24 << 4);
	if (got.opt->data_len > 0) {
		assert_int_equal(got.opt->data_len, 6);
		assert_int_equal(dns_get_u16(got.bytes + got.opt->data_at), 15);
		assert_int_equal(dns_get_u16(got.bytes + got.opt->data_at + 2), 2);
		got.ede = dns_get_u16(got.bytes + got.opt->data_at + 4);
	}
}

/* Sends what packet holds; the reply buffer is exactly as long as told. */
static void send_packet(size_t size)
{
	_cleanup_free_ uint8_t *query = packet_copy(&packet);
	_cleanup_free_ uint8_t *reply = malloc(size);
	size_t len = 0;

	assert_non_null(reply);
	got.verdict = dns_answer(table, &view, &policy, query, packet.wire.pos, reply, size, &len,
				 &got.question);
	if (got.verdict != DNS_VERDICT_REPLY)
		return;
	assert_true(len >= DNS_HEADER_SIZE && len <= size);
	free(got.bytes);
	got.bytes = exact_copy(reply, len);
	got.len = len;
	take_apart();
	assert_int_equal(got.id, dns_get_u16(query));
	assert_true(got.flags & DNS_FLAG_QR);
}

static void ask_edns(const char *name, uint16_t type, uint16_t udp_size)
{
	packet_query(&packet, name, type, udp_size);
	send_packet(DNS_TCP_MAX);
}

static void ask(const char *name, uint16_t type)
{
	ask_edns(name, type, 0);
}

static struct addr answer_addr(size_t i)
{
	struct addr addr = { .family = got.records[i].type == DNS_TYPE_A ? AF_INET : AF_INET6 };

	memcpy(addr.bytes, got.bytes + got.records[i].data_at, got.records[i].data_len);
	return addr;
}

static bool answers_with(const char *text)
{
	struct addr wanted = an_addr(text);

	for (size_t i = 0; i < got.n[DNS_SECTION_ANSWER]; i++) {
		struct addr addr = answer_addr(i);

		if (addr_equal(&addr, &wanted))
			return true;
	}
	return false;
}

/* One SOA with our minimum as authority, owned by zone, and nothing else. */
static void expect_soa(const char *zone)
{
	const struct dns_record *soa = &got.records[0];
	struct dns_name name = { .len = 1 }; /* the root's, which text does not spell */

	assert_int_equal(got.n[DNS_SECTION_ANSWER], 0);
	assert_int_equal(got.n[DNS_SECTION_AUTHORITY], 1);
	assert_int_equal(got.n[DNS_SECTION_ADDITIONAL], 0);
	assert_int_equal(soa->type, DNS_TYPE_SOA);
	assert_int_equal(soa->ttl, TTL);
	assert_memory_equal(got.bytes + soa->data_at, "\4netd", 6);
	assert_int_equal(dns_get_u16(got.bytes + soa->end - 2), TTL);
	assert_int_equal(dns_get_u16(got.bytes + soa->end - 4), 0);
	if (strcmp(zone, ".") != 0)
		assert_int_equal(dns_name_from_text(zone, &name), 0);
	assert_int_equal(soa->name.len, name.len);
	assert_true(dns_name_equal(soa->name.wire, name.wire, name.len));
	assert_true(got.flags & DNS_FLAG_AA);
}

static void expect_nodata(const char *zone)
{
	assert_int_equal(got.verdict, DNS_VERDICT_REPLY);
	assert_int_equal(got.rcode, DNS_RCODE_NOERROR);
	expect_soa(zone);
}

static void expect_nxdomain(const char *zone)
{
	assert_int_equal(got.verdict, DNS_VERDICT_REPLY);
	assert_int_equal(got.rcode, DNS_RCODE_NXDOMAIN);
	expect_soa(zone);
}

static void expect_error(uint16_t rcode)
{
	assert_int_equal(got.verdict, DNS_VERDICT_REPLY);
	assert_int_equal(got.rcode, rcode);
	assert_int_equal(got.n[DNS_SECTION_ANSWER], 0);
	assert_int_equal(got.n[DNS_SECTION_AUTHORITY], 0);
	assert_false(got.flags & DNS_FLAG_AA);
}

/* --- addresses --- */

static void known_name_has_its_addresses_of_the_family(void **state)
{
	(void)state;
	ask("db", DNS_TYPE_A);
	assert_int_equal(got.verdict, DNS_VERDICT_REPLY);
	assert_int_equal(got.rcode, DNS_RCODE_NOERROR);
	assert_int_equal(got.n[DNS_SECTION_ANSWER], 1);
	assert_int_equal(got.n_records, 1);
	assert_true(answers_with("10.0.0.3"));
	assert_int_equal(got.records[0].ttl, TTL);
	assert_int_equal(got.records[0].class, DNS_CLASS_IN);
	ask("db", DNS_TYPE_AAAA);
	assert_int_equal(got.n_records, 1);
	assert_true(answers_with("fd00::3"));
}

static void spelling_of_the_question_is_kept(void **state)
{
	(void)state;
	ask("WeB.fRonT", DNS_TYPE_A);
	assert_true(answers_with("10.0.0.2"));
	assert_memory_equal(got.name.wire, "\3WeB\5fRonT", 11);
	assert_int_equal(got.records[0].name.len, 11);
	assert_memory_equal(got.records[0].name.wire, "\3WeB\5fRonT", 11);
	assert_int_equal(dns_get_u16(got.bytes + got.records[0].start), 0xc00c);
}

static void header_says_what_it_should(void **state)
{
	(void)state;
	packet_begin(&packet, 0xbeef, DNS_FLAG_RD | DNS_FLAG_CD | DNS_FLAG_AD | DNS_FLAG_TC, 1, 0,
		     0, 0);
	packet_question(&packet, "web", DNS_TYPE_A);
	send_packet(512);
	assert_int_equal(got.id, 0xbeef);
	assert_int_equal(got.flags,
			 DNS_FLAG_QR | DNS_FLAG_AA | DNS_FLAG_RD | DNS_FLAG_RA | DNS_FLAG_CD);
	packet_begin(&packet, 0, 0, 1, 0, 0, 0);
	packet_question(&packet, "web", DNS_TYPE_A);
	send_packet(512);
	assert_int_equal(got.flags, DNS_FLAG_QR | DNS_FLAG_AA | DNS_FLAG_RA);
}

static void other_family_and_other_types_of_a_known_name_are_nodata(void **state)
{
	static const uint16_t types[] = { DNS_TYPE_NS, DNS_TYPE_CNAME, DNS_TYPE_SOA, DNS_TYPE_PTR,
					  DNS_TYPE_MX, TYPE_TXT,       DNS_TYPE_SRV, TYPE_DS,
					  TYPE_SVCB,   TYPE_HTTPS,     48,	     65280 };

	(void)state;
	ask("web", DNS_TYPE_AAAA);
	expect_nodata("web");
	ask("v6only", DNS_TYPE_A);
	expect_nodata("v6only");
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		ask("db.front", types[i]);
		expect_nodata("db.front");
	}
}

static void any_gives_both_families(void **state)
{
	(void)state;
	ask("db", DNS_TYPE_ANY);
	assert_int_equal(got.n[DNS_SECTION_ANSWER], 2);
	assert_int_equal(got.records[0].type, DNS_TYPE_A);
	assert_int_equal(got.records[1].type, DNS_TYPE_AAAA);
	assert_true(answers_with("10.0.0.3") && answers_with("fd00::3"));
}

static void answers_are_shuffled_and_every_order_comes(void **state)
{
	bool seen[3][3] = { 0 }; /* [address][place] */
	uint32_t random = 12345;

	(void)state;
	for (int round = 0; round < 200; round++) {
		random = random * 1664525u + 1013904223u;
		policy.random = random;
		ask("all", DNS_TYPE_A);
		assert_int_equal(got.n[DNS_SECTION_ANSWER], 3);
		for (size_t i = 0; i < 3; i++)
			seen[answer_addr(i).bytes[3] - 2][i] = true;
		assert_true(answers_with("10.0.0.2") && answers_with("10.0.0.3") &&
			    answers_with("10.0.0.4"));
	}
	for (size_t i = 0; i < 9; i++)
		assert_true(seen[i / 3][i % 3]);
}

static void first_place_is_fair(void **state)
{
	size_t first[3] = { 0 };
	uint32_t random = 99;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		random = random * 1664525u + 1013904223u;
		policy.random = random;
		ask("all", DNS_TYPE_A);
		first[answer_addr(0).bytes[3] - 2]++;
	}
	for (size_t i = 0; i < 3; i++)
		assert_true(first[i] >= 850 && first[i] <= 1150);
}

static void aliases_links_and_other_networks_are_known(void **state)
{
	(void)state;
	ask("store", DNS_TYPE_A);
	assert_true(answers_with("10.0.0.3"));
	ask("job", DNS_TYPE_A);
	assert_true(answers_with("10.1.0.9"));
	ask("job.back.end", DNS_TYPE_A);
	assert_true(answers_with("10.1.0.9"));
	ask("api.example.com", DNS_TYPE_A);
	assert_true(answers_with("10.0.0.2"));
	ask("api.example.com", DNS_TYPE_MX);
	expect_nodata("api.example.com");
}

static void names_with_high_bytes_are_raw(void **state)
{
	(void)state;
	add(FRONT, "b\303\274cher", "10.0.0.8", true);
	ask("B\303\274CHER", DNS_TYPE_A);
	assert_true(answers_with("10.0.0.8"));
}

/* --- localhost --- */

static void localhost_and_what_lies_under_it_is_loopback(void **state)
{
	static const char *const names[] = { "localhost", "LocalHost", "a.localhost",
					     "x.y.localhost" };

	(void)state;
	view.forward = false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		ask(names[i], DNS_TYPE_A);
		assert_int_equal(got.n_records, 1);
		assert_true(answers_with("127.0.0.1"));
		ask(names[i], DNS_TYPE_AAAA);
		assert_int_equal(got.n_records, 1);
		assert_true(answers_with("::1"));
		ask(names[i], DNS_TYPE_MX);
		expect_nodata(names[i]);
	}
	view.forward = true;
	ask("notlocalhost", DNS_TYPE_A);
	expect_nxdomain(".");
	ask("localhost.example.com", DNS_TYPE_A);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
}

static void container_called_localhost_changes_nothing(void **state)
{
	(void)state;
	add(FRONT, "localhost", "10.0.0.66", true);
	ask("localhost", DNS_TYPE_A);
	assert_true(answers_with("127.0.0.1"));
	assert_int_equal(got.n_records, 1);
}

/* --- what does not exist --- */

static void unknown_single_label_is_nxdomain_at_once(void **state)
{
	(void)state;
	ask("nobody", DNS_TYPE_A);
	expect_nxdomain(".");
	ask("nobody", DNS_TYPE_MX);
	expect_nxdomain(".");
	view.forward = false;
	ask("nobody", DNS_TYPE_A);
	expect_nxdomain(".");
}

static void unknown_single_label_is_forwarded_when_told_to(void **state)
{
	(void)state;
	policy.forward_single = true;
	ask("nobody", DNS_TYPE_A);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
	ask("web", DNS_TYPE_AAAA);
	expect_nodata("web");
}

static void single_label_with_a_dot_in_it_is_still_single(void **state)
{
	(void)state;
	packet_begin(&packet, 1, 0, 1, 0, 0, 0);
	wire_put_bytes(&packet.wire, "\11web.front\0\0\1\0\1", 15);
	send_packet(512);
	assert_int_equal(got.verdict, DNS_VERDICT_REPLY);
	assert_int_equal(got.rcode, DNS_RCODE_NXDOMAIN);
}

static void root_and_keys_of_top_level_domains_are_forwarded(void **state)
{
	(void)state;
	ask("", DNS_TYPE_NS);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
	ask("com", TYPE_DS);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
	ask("com", 48);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
}

static void unknown_name_under_a_visible_network_is_ours_and_does_not_exist(void **state)
{
	(void)state;
	policy.forward_single = true;
	ask("nobody.front", DNS_TYPE_A);
	expect_nxdomain("front");
	ask("a.nobody.Back.End", TYPE_HTTPS);
	expect_nxdomain("back.end");
	ask("_http._tcp.web.front", DNS_TYPE_SRV);
	expect_nxdomain("front");
	ask("front", DNS_TYPE_SOA); /* the network itself exists */
	expect_nodata("front");
}

static void name_under_an_invisible_network_is_like_any_other(void **state)
{
	(void)state;
	ask("secret.other", DNS_TYPE_A);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
	ask("nobody.end", DNS_TYPE_A);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
	ask("nobody.xfront", DNS_TYPE_A);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
	ask("secret", DNS_TYPE_A);
	expect_nxdomain(".");
}

static void service_of_a_local_name_does_not_leak(void **state)
{
	(void)state;
	ask("_http._tcp.web", DNS_TYPE_SRV);
	expect_nxdomain("web");
	ask("_acme-challenge.api.example.com", TYPE_TXT);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
	ask("_http._tcp.com", DNS_TYPE_SRV);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
	ask("x.web", DNS_TYPE_A);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
	ask("_web", DNS_TYPE_A);
	expect_nxdomain(".");
}

/* --- reverse --- */

static void expect_ptr(const char *target)
{
	struct dns_name name;

	assert_int_equal(got.verdict, DNS_VERDICT_REPLY);
	assert_int_equal(got.rcode, DNS_RCODE_NOERROR);
	assert_int_equal(got.n_records, 1);
	assert_int_equal(got.records[0].type, DNS_TYPE_PTR);
	assert_int_equal(got.records[0].ttl, TTL);
	assert_int_equal(dns_name_from_text(target, &name), 0);
	assert_int_equal(got.records[0].data_len, name.len);
	assert_memory_equal(got.bytes + got.records[0].data_at, name.wire, name.len);
}

#define ZEROS "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

static void known_address_has_its_container_and_network(void **state)
{
	(void)state;
	ask("2.0.0.10.in-addr.arpa", DNS_TYPE_PTR);
	expect_ptr("web.front");
	ask("9.0.1.10.IN-ADDR.ARPA", DNS_TYPE_PTR);
	expect_ptr("job.back.end");
	ask("3." ZEROS "0.0.d.f.ip6.arpa", DNS_TYPE_PTR);
	expect_ptr("db.front");
	ask("3." ZEROS "0.0.D.F.ip6.arpa", DNS_TYPE_ANY);
	expect_ptr("db.front");
	ask("2.0.0.10.in-addr.arpa", TYPE_TXT);
	expect_nodata("2.0.0.10.in-addr.arpa");
}

static void loopback_address_is_localhost(void **state)
{
	(void)state;
	view.forward = false;
	ask("1.0.0.127.in-addr.arpa", DNS_TYPE_PTR);
	expect_ptr("localhost");
	ask("11.0.0.127.in-addr.arpa", DNS_TYPE_PTR);
	expect_ptr("localhost");
	ask("1." ZEROS "0.0.0.0.ip6.arpa", DNS_TYPE_PTR);
	expect_ptr("localhost");
}

static void other_reverse_names_are_forwarded(void **state)
{
	static const char *const names[] = {
		"99.0.0.10.in-addr.arpa", "2.0.2.10.in-addr.arpa",   "0.0.10.in-addr.arpa",
		"8.8.8.8.in-addr.arpa",	  "1.2.0.0.10.in-addr.arpa", "9." ZEROS "0.0.d.f.ip6.arpa"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		ask(names[i], DNS_TYPE_PTR);
		assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
	}
	view.forward = false;
	ask(names[0], DNS_TYPE_PTR);
	expect_nxdomain(".");
}

/* --- forwarding --- */

static void forwarded_question_is_folded_and_complete(void **state)
{
	(void)state;
	packet_begin(&packet, 0x4242, DNS_FLAG_RD | DNS_FLAG_CD, 1, 0, 0, 1);
	packet_question(&packet, "Www.Example.ORG", TYPE_HTTPS);
	packet_opt(&packet, 4096, 0, true);
	send_packet(512);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
	assert_int_equal(got.question.name_len, 17);
	assert_memory_equal(got.question.name, "\3www\7example\3org", 17);
	assert_int_equal(got.question.type, TYPE_HTTPS);
	assert_int_equal(got.question.class, DNS_CLASS_IN);
	assert_int_equal(got.question.id, 0x4242);
	assert_true(got.question.rd && got.question.cd && got.question.do_bit && got.question.edns);
	assert_int_equal(got.question.udp_size, 4096);

	packet_begin(&packet, 1, 0, 1, 0, 0, 0);
	packet_question(&packet, "example.org", DNS_TYPE_ANY);
	send_packet(512);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
	assert_false(got.question.rd || got.question.cd || got.question.do_bit ||
		     got.question.edns);
	assert_int_equal(got.question.udp_size, 512);
}

static void size_a_client_takes_is_within_bounds(void **state)
{
	(void)state;
	ask_edns("example.org", DNS_TYPE_A, 100);
	assert_int_equal(got.question.udp_size, 512);
	ask_edns("example.org", DNS_TYPE_A, 900);
	assert_int_equal(got.question.udp_size, 900);
	ask_edns("example.org", DNS_TYPE_A, 65535);
	assert_int_equal(got.question.udp_size, 65507);
}

static void in_a_view_that_may_not_forward_nothing_outside_exists(void **state)
{
	(void)state;
	view.forward = false;
	ask("example.org", DNS_TYPE_A);
	expect_nxdomain(".");
	assert_null(got.opt);
	ask_edns("example.org", DNS_TYPE_A, 1232);
	expect_nxdomain(".");
	assert_int_equal(got.ede, DNS_EDE_PROHIBITED);
	ask_edns("web", DNS_TYPE_A, 1232); /* local names go on */
	assert_true(answers_with("10.0.0.2"));
	assert_int_equal(got.ede, DNS_EDE_NONE);
	policy.forward_single = true;
	ask_edns("nobody", DNS_TYPE_A, 1232);
	expect_nxdomain(".");
	assert_int_equal(got.ede, DNS_EDE_PROHIBITED);
	ask("org", TYPE_DS);
	expect_nxdomain(".");
	ask("", DNS_TYPE_NS); /* what all names lie under is there */
	expect_nodata(".");
}

/* --- EDNS --- */

static void opt_comes_back_only_to_who_sent_one(void **state)
{
	(void)state;
	ask("web", DNS_TYPE_A);
	assert_null(got.opt);
	ask_edns("web", DNS_TYPE_A, 4096);
	assert_non_null(got.opt);
	assert_int_equal(got.opt->class, 1232);
	assert_int_equal(got.opt->ttl, 0);
	assert_int_equal(got.opt->data_len, 0);
	assert_int_equal(got.opt->name.len, 1);
	assert_int_equal(got.opt->end, got.len);
	assert_true(answers_with("10.0.0.2"));
	ask_edns("nobody", DNS_TYPE_A, 4096);
	assert_non_null(got.opt);
	expect_nxdomain(".");
}

static void unsigned_answers_have_no_do_and_options_are_ignored(void **state)
{
	(void)state;
	packet_begin(&packet, 1, 0, 1, 0, 0, 1);
	packet_question(&packet, "web", DNS_TYPE_A);
	packet_record(&packet, "", DNS_TYPE_OPT, 0x8000, "\0\12\0\10cookies!\377\376\0\0", 16);
	send_packet(512);
	assert_int_equal(got.opt->ttl, 0);
	assert_int_equal(got.opt->data_len, 0);
	assert_true(answers_with("10.0.0.2"));
	packet_begin(&packet, 1, 0, 1, 0, 0, 1);
	packet_question(&packet, "nobody", DNS_TYPE_A);
	packet_opt(&packet, 1232, 0, true);
	send_packet(512);
	expect_nxdomain(".");
	assert_int_equal(got.opt->ttl, 0);
}

static void validator_that_lists_its_algorithms_gets_unsigned_answers_without_opt(void **state)
{
	static const struct {
		uint32_t ttl;
		const char *options;
		uint16_t len;
		bool opt;
	} cases[] = {
		{ 0x8000, "\0\5\0\2\10\15\0\6\0\1\2\0\7\0\1\1", 16, false },
		{ 0x8000, "\0\12\0\10cookies!\0\7\0\1\1", 17, false },
		{ 0, "\0\5\0\2\10\15", 6, true }, /* it will not validate */
		{ 0x8000, "\0\12\0\10cookies!", 12, true },
		{ 0x8000, "\0\12\377\377cookies!", 12, true }, /* longer than it is */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		packet_begin(&packet, 1, 0, 1, 0, 0, 1);
		packet_question(&packet, "web", DNS_TYPE_A);
		packet_record(&packet, "", DNS_TYPE_OPT, cases[i].ttl, cases[i].options,
			      cases[i].len);
		send_packet(512);
		assert_true(answers_with("10.0.0.2"));
		assert_int_equal(got.opt != NULL, cases[i].opt);
	}
}

static void newer_edns_is_badvers(void **state)
{
	(void)state;
	packet_begin(&packet, 1, DNS_FLAG_RD, 1, 0, 0, 1);
	packet_question(&packet, "web", DNS_TYPE_A);
	packet_opt(&packet, 1232, 1, true);
	send_packet(512);
	expect_error(DNS_RCODE_BADVERS);
	assert_int_equal(got.opt->ttl, 0x01008000);
}

/* --- what is wrong --- */

static void malformed_queries_are_formerr(void **state)
{
	(void)state;
	packet_begin(&packet, 1, DNS_FLAG_RD, 0, 0, 0, 0); /* no question */
	send_packet(512);
	assert_int_equal(got.rcode, DNS_RCODE_FORMERR);
	assert_int_equal(got.len, 12);
	assert_true(got.flags & DNS_FLAG_RD);

	packet_begin(&packet, 1, 0, 2, 0, 0, 0); /* two */
	packet_question(&packet, "web", DNS_TYPE_A);
	packet_question(&packet, "db", DNS_TYPE_A);
	send_packet(512);
	assert_int_equal(got.rcode, DNS_RCODE_FORMERR);

	packet_begin(&packet, 1, 0, 1, 0, 0, 2); /* two OPT */
	packet_question(&packet, "web", DNS_TYPE_A);
	packet_opt(&packet, 1232, 0, false);
	packet_opt(&packet, 1232, 0, false);
	send_packet(512);
	expect_error(DNS_RCODE_FORMERR);
	assert_non_null(got.opt); /* RFC 6891, 6.1.1: who sent one gets one */

	packet_begin(&packet, 1, 0, 1, 0, 0, 1); /* OPT that is not root's */
	packet_question(&packet, "web", DNS_TYPE_A);
	packet_record(&packet, "web", DNS_TYPE_OPT, 0, "", 0);
	send_packet(512);
	expect_error(DNS_RCODE_FORMERR);

	packet_begin(&packet, 1, 0, 1, 0, 0, 0); /* cut */
	packet_name(&packet, "web");
	send_packet(512);
	assert_int_equal(got.rcode, DNS_RCODE_FORMERR);

	ask("web", DNS_TYPE_OPT);
	expect_error(DNS_RCODE_FORMERR);
	ask("web", 0);
	expect_error(DNS_RCODE_FORMERR);
}

static void other_opcodes_are_notimp(void **state)
{
	(void)state;
	for (unsigned int opcode = 1; opcode < 16; opcode++) {
		packet_begin(&packet, 5, (uint16_t)(opcode << 11 | DNS_FLAG_RD), 1, 0, 0, 0);
		packet_question(&packet, "web", DNS_TYPE_SOA);
		send_packet(512);
		assert_int_equal(got.rcode, DNS_RCODE_NOTIMP);
		assert_int_equal(got.flags & DNS_FLAG_OPCODE, opcode << 11);
		assert_int_equal(got.len, 12);
	}
}

static void other_classes_are_refused(void **state)
{
	static const uint16_t classes[] = { 3, 4, 254, 255, 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		packet_begin(&packet, 5, 0, 1, 0, 0, 0);
		packet_name(&packet, "version.bind");
		wire_put_u16(&packet.wire, TYPE_TXT);
		wire_put_u16(&packet.wire, classes[i]);
		send_packet(512);
		expect_error(DNS_RCODE_REFUSED);
	}
}

static void zone_transfers_are_refused(void **state)
{
	(void)state;
	ask("front", DNS_TYPE_AXFR);
	expect_error(DNS_RCODE_REFUSED);
	ask("example.org", DNS_TYPE_AXFR);
	expect_error(DNS_RCODE_REFUSED);
	ask("example.org", DNS_TYPE_IXFR);
	expect_error(DNS_RCODE_REFUSED);
	ask("example.org", DNS_TYPE_ANY);
	assert_int_equal(got.verdict, DNS_VERDICT_FORWARD);
}

static void responses_and_scraps_get_no_reply(void **state)
{
	(void)state;
	packet_begin(&packet, 1, DNS_FLAG_QR, 1, 0, 0, 0);
	packet_question(&packet, "web", DNS_TYPE_A);
	send_packet(512);
	assert_int_equal(got.verdict, DNS_VERDICT_DROP);
	packet_begin(&packet, 1, 0, 1, 0, 0, 0);
	for (packet.wire.pos = 0; packet.wire.pos < 12; packet.wire.pos++) {
		send_packet(512);
		assert_int_equal(got.verdict, DNS_VERDICT_DROP);
	}
}

/* --- one of several --- */

static void one_address_of_each_family_is_drawn_anew_and_kept_by_nobody(void **state)
{
	bool seen[5] = { 0 };

	(void)state;
	dns_table_answer_one(table, FRONT, true);
	for (uint32_t round = 0; round < 50; round++) {
		policy.random = round * 2654435769u;
		ask("all", DNS_TYPE_A);
		assert_int_equal(got.n[DNS_SECTION_ANSWER], 1);
		assert_int_equal(got.records[0].ttl, 0);
		seen[answer_addr(0).bytes[3]] = true;
	}
	assert_true(seen[2] && seen[3] && seen[4]);
	ask("db", DNS_TYPE_ANY);
	assert_int_equal(got.n[DNS_SECTION_ANSWER], 2);
	dns_table_answer_one(table, FRONT, false);
	ask("all", DNS_TYPE_A);
	assert_int_equal(got.n[DNS_SECTION_ANSWER], 3);
	assert_int_equal(got.records[0].ttl, TTL);
}

static void one_address_may_be_the_wish_of_a_single_name(void **state)
{
	struct addr addr = an_addr("10.0.0.3"), other = an_addr("10.0.0.99");

	(void)state;
	dns_table_name_answer_one(table, FRONT, "ALL", &addr, true);
	ask("all", DNS_TYPE_A);
	assert_int_equal(got.n[DNS_SECTION_ANSWER], 1);
	ask("db", DNS_TYPE_A);
	assert_int_equal(got.records[0].ttl, TTL);
	dns_table_name_answer_one(table, FRONT, "nobody", &addr, true);
	dns_table_name_answer_one(table, FRONT, "web", &other, true);
	ask("web", DNS_TYPE_A);
	assert_int_equal(got.records[0].ttl, TTL);
	dns_table_remove(table, FRONT, "all", &addr, false); /* the wish goes with who had it */
	ask("all", DNS_TYPE_A);
	assert_int_equal(got.n[DNS_SECTION_ANSWER], 2);
}

/* --- size --- */

static void add_many(size_t n)
{
	char text[32];

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), "10.9.%zu.%zu", i / 256, i % 256);
		add(FRONT, "many", text, false);
	}
}

/* 12 + 6 + 4 bytes of header and question "many", 16 for each record, 11 for the OPT. */
static void as_many_addresses_as_fit_are_an_answer_without_tc(void **state)
{
	static const struct {
		uint16_t udp_size;
		size_t n;
	} cases[] = { { 0, (512 - 22) / 16 },
		      { 1, (512 - 22 - 11) / 16 },
		      { 1232, (1232 - 22 - 11) / 16 },
		      { 1633, 100 },
		      { 8192, 100 },
		      { 65535, 100 } };

	(void)state;
	add_many(100);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ask_edns("many", DNS_TYPE_A, cases[i].udp_size);
		assert_false(got.flags & DNS_FLAG_TC);
		assert_int_equal(got.n[DNS_SECTION_ANSWER], cases[i].n);
	}
	ask("many", DNS_TYPE_AAAA);
	expect_nodata("many");
	assert_false(got.flags & DNS_FLAG_TC);
}

static void answer_that_just_fits_is_not_cut(void **state)
{
	(void)state;
	add_many(30);
	ask("many", DNS_TYPE_A);
	assert_false(got.flags & DNS_FLAG_TC);
	assert_int_equal(got.n[DNS_SECTION_ANSWER], 30);
	assert_int_equal(got.len, 22 + 30 * 16);
	add(FRONT, "many", "10.8.0.1", false);
	ask("many", DNS_TYPE_A);
	assert_false(got.flags & DNS_FLAG_TC);
	assert_int_equal(got.n[DNS_SECTION_ANSWER], 30);
}

static void over_tcp_all_comes(void **state)
{
	(void)state;
	add_many(3000);
	policy.tcp = true;
	ask("many", DNS_TYPE_A);
	assert_false(got.flags & DNS_FLAG_TC);
	assert_int_equal(got.n[DNS_SECTION_ANSWER], 3000);
}

static void cut_answers_show_each_address_to_somebody(void **state)
{
	bool seen[100] = { 0 };

	(void)state;
	add_many(100);
	for (uint32_t round = 0; round < 200; round++) {
		policy.random = round * 2654435769u;
		ask("many", DNS_TYPE_A);
		for (size_t i = 0; i < got.n[DNS_SECTION_ANSWER]; i++)
			seen[answer_addr(i).bytes[3]] = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
		assert_true(seen[i]);
}

static void buffer_of_any_size_is_respected(void **state)
{
	(void)state;
	add_many(5);
	for (size_t size = 1; size < 140; size++) {
		packet_query(&packet, "many", DNS_TYPE_A, 1232);
		send_packet(size);
		assert_int_equal(got.verdict,
				 size < 22 + 11 + 16 ? DNS_VERDICT_DROP : DNS_VERDICT_REPLY);
	}
	assert_false(got.flags & DNS_FLAG_TC);
	assert_int_equal(got.n[DNS_SECTION_ANSWER], 5);
}

static void longest_question_has_room_for_its_soa(void **state)
{
	char name[254];

	(void)state;
	memset(name, 'n', sizeof(name));
	for (size_t i = 50; i < 240; i += 50)
		name[i] = '.';
	memcpy(name + 253 - 6, ".front", 7);
	ask_edns(name, DNS_TYPE_A, 512);
	expect_nxdomain("front");
	assert_false(got.flags & DNS_FLAG_TC);
	assert_non_null(got.opt);
}

/* --- errors for forwarded queries --- */

static void error_reply_has_the_question_and_the_reason(void **state)
{
	uint8_t reply[512];

	(void)state;
	packet_query(&packet, "Example.org", DNS_TYPE_A, 1232);
	_cleanup_free_ uint8_t *query = packet_copy(&packet);

	got.len = dns_answer_error(query, packet.wire.pos, DNS_RCODE_SERVFAIL,
				   DNS_EDE_NETWORK_ERROR, reply, sizeof(reply));
	assert_int_equal(got.len, 12 + 13 + 4 + 17);
	free(got.bytes);
	got.bytes = exact_copy(reply, got.len);
	take_apart();
	assert_int_equal(got.id, 0x1234);
	assert_int_equal(got.flags, DNS_FLAG_QR | DNS_FLAG_RD | DNS_FLAG_RA | DNS_RCODE_SERVFAIL);
	assert_memory_equal(got.name.wire, "\7Example\3org", 13);
	assert_int_equal(got.ede, DNS_EDE_NETWORK_ERROR);
	assert_int_equal(dns_answer_error(query, packet.wire.pos, DNS_RCODE_SERVFAIL, 23, reply,
					  got.len - 1),
			 0);
	assert_int_equal(dns_answer_error(query, packet.wire.pos, DNS_RCODE_SERVFAIL, -1, reply,
					  sizeof(reply)),
			 12 + 13 + 4 + 11);
	assert_int_equal(dns_answer_error(query, 11, DNS_RCODE_SERVFAIL, -1, reply, sizeof(reply)),
			 0);
}

static void error_reply_without_edns_has_no_opt(void **state)
{
	uint8_t reply[512];

	(void)state;
	packet_query(&packet, "example.org", DNS_TYPE_A, 0);
	_cleanup_free_ uint8_t *query = packet_copy(&packet);

	assert_int_equal(dns_answer_error(query, packet.wire.pos, DNS_RCODE_SERVFAIL, 22, reply,
					  sizeof(reply)),
			 12 + 13 + 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(known_name_has_its_addresses_of_the_family),
		TEST(spelling_of_the_question_is_kept),
		TEST(header_says_what_it_should),
		TEST(other_family_and_other_types_of_a_known_name_are_nodata),
		TEST(any_gives_both_families),
		TEST(answers_are_shuffled_and_every_order_comes),
		TEST(first_place_is_fair),
		TEST(aliases_links_and_other_networks_are_known),
		TEST(names_with_high_bytes_are_raw),
		TEST(localhost_and_what_lies_under_it_is_loopback),
		TEST(container_called_localhost_changes_nothing),
		TEST(unknown_single_label_is_nxdomain_at_once),
		TEST(unknown_single_label_is_forwarded_when_told_to),
		TEST(single_label_with_a_dot_in_it_is_still_single),
		TEST(root_and_keys_of_top_level_domains_are_forwarded),
		TEST(unknown_name_under_a_visible_network_is_ours_and_does_not_exist),
		TEST(name_under_an_invisible_network_is_like_any_other),
		TEST(service_of_a_local_name_does_not_leak),
		TEST(known_address_has_its_container_and_network),
		TEST(loopback_address_is_localhost),
		TEST(other_reverse_names_are_forwarded),
		TEST(forwarded_question_is_folded_and_complete),
		TEST(size_a_client_takes_is_within_bounds),
		TEST(in_a_view_that_may_not_forward_nothing_outside_exists),
		TEST(opt_comes_back_only_to_who_sent_one),
		TEST(unsigned_answers_have_no_do_and_options_are_ignored),
		TEST(validator_that_lists_its_algorithms_gets_unsigned_answers_without_opt),
		TEST(newer_edns_is_badvers),
		TEST(malformed_queries_are_formerr),
		TEST(other_opcodes_are_notimp),
		TEST(other_classes_are_refused),
		TEST(zone_transfers_are_refused),
		TEST(responses_and_scraps_get_no_reply),
		TEST(one_address_of_each_family_is_drawn_anew_and_kept_by_nobody),
		TEST(one_address_may_be_the_wish_of_a_single_name),
		TEST(as_many_addresses_as_fit_are_an_answer_without_tc),
		TEST(answer_that_just_fits_is_not_cut),
		TEST(over_tcp_all_comes),
		TEST(cut_answers_show_each_address_to_somebody),
		TEST(buffer_of_any_size_is_respected),
		TEST(longest_question_has_room_for_its_soa),
		TEST(error_reply_has_the_question_and_the_reason),
		TEST(error_reply_without_edns_has_no_opt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
