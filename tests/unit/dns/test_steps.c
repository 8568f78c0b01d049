// SPDX-License-Identifier: GPL-2.0-or-later
// test_steps.c - how names are decided is told, step by step, and read back as it was told
#include "packet.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "dns/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FRONT 11
#define BACK 12

static const uint32_t both[] = { FRONT, BACK };

struct world {
	struct dns_table *table;
	struct dns_steps steps;
	struct dns_view view;
	struct dns_link links[2];
	struct buf told;
};

static void add(struct world *world, uint32_t network, const char *name, const char *text,
		bool canonical)
{
	struct addr addr = an_addr(text);

	assert_int_equal(dns_table_add(world->table, network, name, &addr, canonical), 0);
}

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world->table = dns_table_new();
	assert_non_null(world->table);
	assert_int_equal(dns_table_network(world->table, FRONT, "front", false), 0);
	assert_int_equal(dns_table_network(world->table, BACK, "back", false), 0);
	add(world, FRONT, "web", "10.1.0.2", true);
	add(world, BACK, "db", "10.2.0.2", true);
	add(world, BACK, "database", "10.2.0.2", false);
	world->links[0] = (struct dns_link) { .alias = "store", .target = "db" };
	world->links[1] = (struct dns_link) { .alias = "printer", .addr = an_addr("192.0.2.9") };
	world->view = (struct dns_view) { .networks = both,
					  .n_networks = 2,
					  .links = world->links,
					  .n_links = 2,
					  .forward = true,
					  .steps = &world->steps };
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	buf_done(&world->told);
	dns_table_free(world->table);
	free(world);
	return 0;
}

static const char *const words[DNS_STEP_N_KINDS] = {
	[DNS_STEP_LEFT_OUT] = "left-out", [DNS_STEP_LOCALHOST] = "localhost",
	[DNS_STEP_FAULT] = "fault",	  [DNS_STEP_LINK] = "link",
	[DNS_STEP_LACKS] = "lacks",	  [DNS_STEP_LINK_ADDRESS] = "link-address",
	[DNS_STEP_HAS] = "has",		  [DNS_STEP_NONE_HAS] = "none-has",
	[DNS_STEP_DOMAIN] = "domain",	  [DNS_STEP_CONTAINER] = "container",
	[DNS_STEP_ONE] = "one",		  [DNS_STEP_REVERSE] = "reverse",
	[DNS_STEP_ZONE] = "zone",	  [DNS_STEP_REVERSE_LACKS] = "reverse-lacks",
	[DNS_STEP_SERVICE] = "service",	  [DNS_STEP_SINGLE] = "single",
	[DNS_STEP_ENCLOSED] = "enclosed", [DNS_STEP_NO_RECORD] = "no-record",
	[DNS_STEP_OUTSIDE] = "outside",
};

/* "has web front 1, container web 10.1.0.2" */
static const char *read_back(struct world *world)
{
	uint8_t bytes[DNS_STEPS_HEAD + DNS_STEPS_BYTES_MAX + 3];
	struct wire wire = wire_writer(bytes, sizeof(bytes));
	struct dns_steps_reader reader;
	_cleanup_free_ uint8_t *copy = NULL;
	const uint8_t *answer;
	struct dns_step step;
	size_t len;

	dns_steps_put(&wire, &world->steps);
	wire_put_bytes(&wire, "end", 3);
	assert_int_equal(wire.err, 0);
	copy = exact_copy(bytes, wire.pos);
	assert_int_equal(dns_steps_open(&reader, copy, wire.pos, &answer, &len), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(answer, "end", 3);
	world->told.len = 0;
	while (dns_steps_next(&reader, &step) > 0) {
		buf_printf(&world->told, "%s%s", world->told.len > 0 ? ", " : "", words[step.kind]);
		buf_printf(&world->told, *step.name ? " %s" : "%s", step.name);
		buf_printf(&world->told, *step.other ? " %s" : "%s", step.other);
		if (addr_is_set(&step.addr))
			buf_printf(&world->told, " %s", ADDR_STR(&step.addr));
		if (step.value > 0)
			buf_printf(&world->told, " %u", step.value);
	}
	assert_int_equal(dns_steps_next(&reader, &step), 0);
	return world->told.data;
}

static const char *told_of(struct world *world, const char *name, uint16_t type)
{
	static const struct dns_policy policy = { .ttl_s = 5, .tcp = true };
	static uint8_t reply[DNS_TCP_MAX];
	static struct packet packet;
	struct dns_question question;
	size_t len;

	dns_steps_init(&world->steps, 1000);
	packet_query(&packet, name, type, 0);
	(void)dns_answer(world->table, &world->view, &policy, packet.bytes, packet.wire.pos, reply,
			 sizeof(reply), &len, &question);
	return read_back(world);
}

static void which_network_has_a_name_and_whose_it_is(void **state)
{
	assert_string_equal(told_of(*state, "web", DNS_TYPE_A),
			    "has web front 1, container web 10.1.0.2");
	assert_string_equal(told_of(*state, "DATABASE", DNS_TYPE_A),
			    "lacks database front, has database back 1, container db 10.2.0.2");
	assert_string_equal(told_of(*state, "web", DNS_TYPE_AAAA),
			    "has web front 1, container web 10.1.0.2, no-record 28");
	assert_string_equal(told_of(*state, "db.back", DNS_TYPE_A),
			    "lacks db.back front, lacks db.back back, has db back 1, "
			    "container db 10.2.0.2");
	assert_string_equal(told_of(*state, "db.netd.internal", DNS_TYPE_A),
			    "lacks db.netd.internal front, lacks db.netd.internal back, "
			    "domain db netd.internal, lacks db front, has db back 1, "
			    "container db 10.2.0.2");
}

static void links_are_told_before_what_they_lead_to(void **state)
{
	assert_string_equal(told_of(*state, "store", DNS_TYPE_A),
			    "link store db, lacks db front, has db back 1, container db 10.2.0.2");
	assert_string_equal(told_of(*state, "printer", DNS_TYPE_A),
			    "lacks printer front, lacks printer back, "
			    "link-address printer 192.0.2.9");
}

static void why_nobody_outside_is_asked(void **state)
{
	struct world *world = *state;

	assert_string_equal(told_of(world, "nobody", DNS_TYPE_A),
			    "lacks nobody front, lacks nobody back, single");
	assert_string_equal(told_of(world, "nobody.back", DNS_TYPE_A),
			    "lacks nobody.back front, lacks nobody.back back, lacks nobody back, "
			    "zone back");
	assert_string_equal(told_of(world, "localhost", DNS_TYPE_A), "localhost");
	assert_string_equal(told_of(world, "2.0.1.10.in-addr.arpa", 12),
			    "reverse web.front 10.1.0.2");
	assert_string_equal(told_of(world, "www.example.org", 251), "fault 5");
	assert_non_null(strstr(told_of(world, "www.example.org", DNS_TYPE_A), ", outside"));
	world->view.forward = false;
	assert_non_null(strstr(told_of(world, "www.example.org", DNS_TYPE_A), ", enclosed"));
}

static void the_host_hears_once_that_no_network_has_it(void **state)
{
	struct world *world = *state;

	world->view.all = true;
	assert_string_equal(told_of(world, "nobody", DNS_TYPE_A), "none-has nobody 2, single");
}

static void nobody_who_does_not_ask_is_told(void **state)
{
	struct world *world = *state;

	world->view.steps = NULL;
	assert_string_equal(told_of(world, "web", DNS_TYPE_A) ? "" : "", "");
	assert_int_equal(world->steps.len, 0);
	dns_steps_add(NULL, &(struct dns_step) { .kind = DNS_STEP_ONE });
}

static void what_has_no_room_is_counted(void **state)
{
	struct world *world = *state;
	char name[200];
	const char *text;

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	dns_steps_init(&world->steps, 0);
	for (int i = 0; i < 100; i++)
		dns_steps_add(&world->steps,
			      &(struct dns_step) { .kind = DNS_STEP_LACKS, .name = name });
	/* A short one would fit, and would hide that something before it is missing. */
	dns_steps_add(&world->steps, &(struct dns_step) { .kind = DNS_STEP_ONE });
	text = strstr(read_back(world), "left-out ");
	assert_non_null(text);
	assert_int_equal(atoi(text + 9), 101 - (int)(world->steps.len / (199 + 16)));
	assert_null(strstr(world->told.data, "one"));
}

static void time_counts_from_the_question(void **state)
{
	struct world *world = *state;
	uint8_t bytes[256];
	struct wire wire = wire_writer(bytes, sizeof(bytes));
	struct dns_steps_reader reader;
	const uint8_t *answer;
	struct dns_step step;
	size_t len;

	dns_steps_init(&world->steps, 5000000);
	world->steps.now_ns += 1234567;
	dns_steps_add(&world->steps, &(struct dns_step) { .kind = DNS_STEP_ONE });
	dns_steps_put(&wire, &world->steps);
	assert_int_equal(dns_steps_open(&reader, bytes, wire.pos, &answer, &len), 0);
	assert_int_equal(dns_steps_next(&reader, &step), 1);
	assert_int_equal(step.at_us, 1234);
}

static void what_is_no_list_is_refused(void **state)
{
	/* Of length 16: kind 1, time, value, no address, port, two empty texts. */
	static const uint8_t good[] = { 0, 16, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0 };
	const uint8_t *answer;
	size_t len;

	(void)state;
	for (size_t cut = 0; cut <= sizeof(good); cut++) {
		_cleanup_free_ uint8_t *copy = exact_copy(good, cut);
		struct dns_steps_reader reader;
		int err = dns_steps_open(&reader, copy, cut, &answer, &len);

		assert_int_equal(err, cut < sizeof(good) ? -EBADMSG : 0);
	}
	for (size_t at = 2; at < sizeof(good); at++) {
		_cleanup_free_ uint8_t *copy = exact_copy(good, sizeof(good));
		struct dns_steps_reader reader;
		struct dns_step step;

		copy[at] = 0xff;
		assert_int_equal(dns_steps_open(&reader, copy, sizeof(good), &answer, &len), 0);
		/* The kind, the size of an address and the lengths of texts must make sense. */
		assert_int_equal(dns_steps_next(&reader, &step),
				 at == 2 || at == 11 || at >= 14 ? -EBADMSG : 1);
	}
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(which_network_has_a_name_and_whose_it_is),
		WORLD_TEST(links_are_told_before_what_they_lead_to),
		WORLD_TEST(why_nobody_outside_is_asked),
		WORLD_TEST(the_host_hears_once_that_no_network_has_it),
		WORLD_TEST(nobody_who_does_not_ask_is_told),
		WORLD_TEST(what_has_no_room_is_counted),
		WORLD_TEST(time_counts_from_the_question),
		cmocka_unit_test(what_is_no_list_is_refused),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
