// SPDX-License-Identifier: GPL-2.0-or-later
// test_reach.c - who asks, what is asked for, and a row for each of them
#include "diag/reach.h"

#include "base/limits.h"
#include "diag/matrix.h"
#include "tests/unit/diag/judge_world.h"

#include <linux/if.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct diag_reach reach; /* large */

static int setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	world_new(world);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	reach_done(&reach);
	world_done(*state);
	free(*state);
	return 0;
}

/* All of it by one, as netd-explain does it by several. */
static int judge_all(struct world *world, const struct reach_asked *asked, struct error *error)
{
	int err = reach_find(&world->facts, asked, &reach, error);

	for (size_t i = 0; err == 0 && i < reach.n_askers; i++)
		err = reach_judge_asker(&world->facts, &reach, i, error);
	if (err == 0)
		reach_end(&world->facts, &reach);
	return err;
}

static void judged(struct world *world, const char *names, const char *network)
{
	const struct reach_asked asked = { names, network };

	assert_int_equal(judge_all(world, &asked, NULL), 0);
}

static const char *askers(void)
{
	static char text[512];

	text[0] = '\0';
	for (size_t i = 0; i < reach.n_askers; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			       i > 0 ? " " : "", reach.askers[i].text);
	return text;
}

/* "web>db:80 db:90 c:80": what each row is about. */
static const char *rows_of(const char *from)
{
	static char text[1024];
	const struct reach_asked asked = { 0 };
	struct buf out = { 0 };
	struct matrix matrix;
	json_t *json;

	assert_int_equal(reach_write(&reach, &asked, "netd", &out), 0);
	json = json_loadb(out.data, out.len, 0, NULL);
	assert_non_null(json);
	assert_int_equal(matrix_read(json, &matrix, NULL), 0);
	assert_int_equal(matrix.n, reach.n_pairs);
	text[0] = '\0';
	for (size_t i = 0; i < matrix.n; i++) {
		const struct matrix_row *row = &matrix.rows[i];

		if (strcmp(row->from, from) == 0)
			(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
				       "%s%s:%u%s%s", text[0] ? " " : "", row->to, row->port,
				       row->is_published ? "!" : "",
				       strcmp(row->verdict, "reachable") == 0 ? "" : "-");
	}
	matrix_done(&matrix);
	json_decref(json);
	buf_done(&out);
	return text;
}

static void everybody_asks_and_so_do_the_host_and_who_is_outside(void **state)
{
	judged(*state, NULL, NULL);
	assert_string_equal(askers(), "web db x c i host outside:192.0.2.1");
	assert_string_equal(rows_of("web"), "db:80 db:90 c:80");
	assert_string_equal(rows_of("db"), "c:80"); /* not its own */
	assert_string_equal(rows_of("host"), "db:80 db:90 db:8081!- db:8090!- db:8098!- c:80");
}

/* netd holds each published port with a socket that hears nothing. */
static void the_hosts_own_listeners_are_asked_about_by_all_others(void **state)
{
	struct world *world = *state;

	world_add_socket(world->host, IPPROTO_TCP, "0.0.0.0", 22, 700);
	world_add_socket(world->host, IPPROTO_TCP, "10.62.0.1", 23, 701);
	world_add_socket(world->host, IPPROTO_TCP, "127.0.0.1", 631, 702);
	world_add_socket(world->host, IPPROTO_TCP, "0.0.0.0", 8081, 703);
	world_add_socket(world->host, IPPROTO_TCP, "127.0.0.1", 8090, 704);
	world_add_socket(world->host, IPPROTO_TCP, "10.61.0.1", 8090, 705);
	world_add_socket(world->host, IPPROTO_UDP, "0.0.0.0", 8098, 706);
	judged(world, NULL, NULL);
	assert_string_equal(rows_of("web"), "db:80 db:90 c:80 host:22 host:23 host:8090 host:8098");
	assert_string_equal(rows_of("host"), "db:80 db:90 db:8081! db:8090! db:8098!- c:80");
	assert_int_equal(reach.gaps.n_unknown, 0);
	world_link(world->web, "eth0")->flags &= ~(uint32_t)IFF_UP;
	judged(world, "web", NULL);
	assert_string_equal(rows_of("web"), "db:80- db:90- c:80- host:22- host:23- host:8090- "
					    "host:8098-");
}

static void what_listens_on_the_host_and_was_not_read_is_a_gap(void **state)
{
	struct world *world = *state;

	world_add_socket(world->host, IPPROTO_TCP, "0.0.0.0", 22, 700);
	world->host->has_many_sockets = true;
	judged(world, "web", NULL);
	assert_string_equal(rows_of("web"), "db:80 db:90 c:80");
	assert_int_equal(reach.gaps.n_unknown, 1);
	assert_string_equal(reach.gaps.unknown[0].where, "host");
}

static void of_one_network_its_containers_ask(void **state)
{
	judged(*state, NULL, "red");
	assert_string_equal(askers(), "c host outside:192.0.2.1");
}

static void those_who_are_named_ask(void **state)
{
	judged(*state, "x,outside:192.0.2.77", NULL);
	assert_string_equal(askers(), "x outside:192.0.2.77");
	assert_int_equal(reach.n_pairs, 3 + 6);
}

static void who_is_named_twice_asks_once(void **state)
{
	judged(*state, "x,x,10.61.0.4,outside:192.0.2.77,outside:192.0.2.77", NULL);
	assert_string_equal(askers(), "x outside:192.0.2.77");
	assert_int_equal(reach.n_pairs, 3 + 6);
	assert_string_equal(rows_of("x"), "db:80 db:90 c:80");
}

static void a_name_that_means_somebody_else_is_an_id(void **state)
{
	struct world *world = *state;
	struct facts_container *x = world_container(world, "x");
	struct facts_container *db = world_container(world, "db");

	(void)snprintf(x->name, sizeof(x->name), "host");
	(void)snprintf(x->id, sizeof(x->id), "%064d", 7);
	(void)snprintf(db->name, sizeof(db->name), "10.61.0.2"); /* web's address */
	(void)snprintf(db->id, sizeof(db->id), "5%063d", 8);
	judged(world, NULL, NULL);
	assert_string_equal(askers(), "web 500000000000 000000000000 c i host outside:192.0.2.1");
	assert_string_equal(rows_of("web"), "500000000000:80 500000000000:90 c:80");
	assert_string_equal(rows_of("500000000000"), "c:80");
	assert_string_equal(rows_of("000000000000"), "500000000000:80 500000000000:90 c:80");
}

static void a_breakage_is_in_the_rows_that_it_breaks(void **state)
{
	struct world *world = *state;

	world_link(world->web, "eth0")->flags &= ~(uint32_t)IFF_UP;
	judged(world, "web,x", NULL);
	assert_string_equal(rows_of("web"), "db:80- db:90- c:80-");
	assert_string_equal(rows_of("x"), "db:80 db:90 c:80");
	assert_int_equal(reach.n[DIAG_UNREACHABLE], 3);
	assert_int_equal(reach.n[DIAG_REACHABLE], 3);
}

static void who_cannot_be_looked_into_is_named(void **state)
{
	struct world *world = *state;

	(void)snprintf(world_container(world, "db")->space, FACTS_WORD, "gone");
	judged(world, "x", NULL);
	assert_string_equal(rows_of("x"), "c:80");
	assert_int_equal(reach.gaps.n_unknown, 1);
	assert_string_equal(reach.gaps.unknown[0].where, "db");
}

static void nonsense_is_refused(void **state)
{
	static const struct {
		const char *names, *network;
		enum error_kind kind;
	} bad[] = {
		{ "nobody", NULL, ERROR_NOT_FOUND }, { "web,,x", NULL, ERROR_INVALID },
		{ "web,", NULL, ERROR_INVALID },     { "db:80", NULL, ERROR_INVALID },
		{ NULL, "green", ERROR_NOT_FOUND },
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct reach_asked asked = { bad[i].names, bad[i].network };
		struct error error = { 0 };

		assert_true(judge_all(world, &asked, &error) < 0);
		assert_int_equal(error.kind, bad[i].kind);
		reach_done(&reach);
	}
}

static void too_many_pairs_are_one_clear_sentence(void **state)
{
	struct world *world = *state;
	struct error error = { 0 };
	struct buf names = { 0 };
	struct reach_asked asked = { 0 };

	for (unsigned int i = 0; i < TARGETS_MAX; i++)
		world_add_socket(world->c, IPPROTO_UDP, "0.0.0.0", (uint16_t)(1000 + i), 1 + i);
	for (size_t i = 0; i <= REACH_PAIRS_MAX / TARGETS_MAX; i++)
		buf_printf(&names, "%soutside:198.18.%zu.%zu", i > 0 ? "," : "", i / 256, i % 256);
	asked.names = names.data;
	assert_true(judge_all(world, &asked, &error) < 0);
	assert_int_equal(error.kind, ERROR_TOO_LARGE);
	assert_non_null(strstr(error.text, "name those who ask, or a network"));
	assert_int_equal(reach.n_pairs, REACH_PAIRS_MAX);
	buf_done(&names);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everybody_asks_and_so_do_the_host_and_who_is_outside),
		TEST(the_hosts_own_listeners_are_asked_about_by_all_others),
		TEST(what_listens_on_the_host_and_was_not_read_is_a_gap),
		TEST(of_one_network_its_containers_ask),
		TEST(those_who_are_named_ask),
		TEST(who_is_named_twice_asks_once),
		TEST(a_name_that_means_somebody_else_is_an_id),
		TEST(a_breakage_is_in_the_rows_that_it_breaks),
		TEST(who_cannot_be_looked_into_is_named),
		TEST(nonsense_is_refused),
		TEST(too_many_pairs_are_one_clear_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
