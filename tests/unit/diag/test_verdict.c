// SPDX-License-Identifier: GPL-2.0-or-later
// test_verdict.c - a verdict as it grows, and its JSON
#include "diag/verdict.h"

#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct diag_verdict *new_verdict(void)
{
	struct diag_verdict *verdict = calloc(1, sizeof(*verdict));

	assert_non_null(verdict);
	return verdict;
}

static void free_verdict(struct diag_verdict *verdict)
{
	verdict_done(verdict);
	free(verdict);
}

static json_t *written(const struct diag_verdict *verdict)
{
	struct buf out = { 0 };
	json_t *json;

	assert_int_equal(verdict_write(verdict, &out), 0);
	json = json_loads(out.data, 0, NULL);
	assert_non_null(json);
	buf_done(&out);
	return json;
}

static const char *text(const json_t *json, const char *key)
{
	const char *value = json_string_value(json_object_get(json, key));

	return value ? value : "";
}

static void fill(struct diag_verdict *verdict)
{
	struct diag_hop *hop;
	struct diag_fix *fix;

	verdict->from.kind = DIAG_OF_CONTAINER;
	verdict->to.kind = DIAG_OF_CONTAINER;
	verdict_set_name(verdict, &verdict->from, "web");
	verdict_set_name(verdict, &verdict->to, "db");
	assert_int_equal(addr_parse("10.61.0.3", &verdict->to.addr), 0);
	verdict->to.port = 5432;
	verdict->to.protocol = IPPROTO_TCP;
	verdict->outcome = DIAG_UNREACHABLE;
	verdict->source = "netd";
	verdict->took_ms = 1.9;
	verdict_add_hop(verdict, "name", DIAG_OK, "name", "db is %s", "10.61.0.3");
	hop = verdict_add_hop(verdict, "to.socket", DIAG_BAD, "db", "5432/tcp is open on %s only",
			      "127.0.0.1");
	verdict_add_text(verdict, hop, "Process", "%s", "postgres");
	verdict_add_number(verdict, hop, "Pid", 4711);
	assert_true(verdict_set_cause(verdict, "listens-loopback-only", "to.socket",
				      "db listens on 127.0.0.1 only"));
	verdict_set_why(verdict, "What listens on 127.0.0.1 is reached from inside db only.");
	verdict_add_fix(verdict, DIAG_CONTAINER, "let it listen on %s", "0.0.0.0");
	fix = verdict_add_fix(verdict, DIAG_ADMIN, "another way");
	fix->is_choice = true;
	verdict_add_word(verdict, fix, "nft");
	verdict_add_word(verdict, fix, "two %s", "words");
	verdict_add_unknown(verdict, "db", "an expression \"%s\"", "inner");
}

static void all_that_was_added_is_written(void **state)
{
	struct diag_verdict *verdict = new_verdict();
	json_t *json, *hop, *fix;

	(void)state;
	fill(verdict);
	json = written(verdict);
	assert_int_equal(json_integer_value(json_object_get(json, "Version")), 1);
	assert_string_equal(text(json, "Verdict"), "unreachable");
	assert_string_equal(text(json, "Code"), "listens-loopback-only");
	assert_string_equal(text(json, "Hop"), "to.socket");
	assert_string_equal(text(json, "Cause"), "db listens on 127.0.0.1 only");
	assert_string_equal(text(json_object_get(json, "From"), "Name"), "web");
	assert_null(json_object_get(json_object_get(json, "From"), "Port"));
	assert_true(json_is_null(json_object_get(json_object_get(json, "From"), "Address")));
	assert_string_equal(text(json_object_get(json, "To"), "Address"), "10.61.0.3");
	assert_string_equal(text(json_object_get(json, "To"), "Protocol"), "tcp");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "To"), "Port")),
			 5432);
	hop = json_array_get(json_object_get(json, "Hops"), 1);
	assert_string_equal(text(hop, "State"), "bad");
	assert_string_equal(text(hop, "Where"), "db");
	assert_string_equal(text(json_object_get(hop, "Facts"), "Process"), "postgres");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(hop, "Facts"), "Pid")),
			 4711);
	fix = json_array_get(json_object_get(json, "Fix"), 1);
	assert_string_equal(text(fix, "Who"), "admin");
	assert_true(json_is_true(json_object_get(fix, "Choice")));
	assert_int_equal(json_array_size(json_object_get(fix, "Argv")), 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(fix, "Argv"), 1)),
			    "two words");
	assert_string_equal(text(json_array_get(json_object_get(json, "Unknown"), 0), "Why"),
			    "an expression \"inner\"");
	assert_true(json_is_null(json_object_get(json, "Probe")));
	assert_string_equal(text(json, "Source"), "netd");
	assert_true(json_real_value(json_object_get(json, "TookMilliseconds")) > 1.89);
	json_decref(json);
	free_verdict(verdict);
}

static void an_empty_verdict_has_all_keys(void **state)
{
	static const char *const keys[] = { "Version",
					    "From",
					    "To",
					    "Verdict",
					    "Code",
					    "Hop",
					    "Cause",
					    "Why",
					    "Note",
					    "Fix",
					    "Hops",
					    "Also",
					    "Unknown",
					    "Probe",
					    "Trace",
					    "Source",
					    "TookMilliseconds" };
	struct diag_verdict *verdict = new_verdict();
	json_t *json = written(verdict);

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_non_null(json_object_get(json, keys[i]));
	assert_int_equal(json_object_size(json), sizeof(keys) / sizeof(keys[0]));
	assert_string_equal(text(json, "Verdict"), "undecided");
	json_decref(json);
	free_verdict(verdict);
}

static void the_first_cause_stays_and_the_second_is_listed(void **state)
{
	struct diag_verdict *verdict = new_verdict();

	(void)state;
	assert_true(verdict_set_cause(verdict, "port-down", "bridge.port", "the first"));
	assert_false(verdict_set_cause(verdict, "no-way-back", "back", "the %s", "second"));
	assert_string_equal(verdict->code, "port-down");
	assert_string_equal(verdict->cause, "the first");
	assert_int_equal(verdict->n_also, 1);
	assert_string_equal(verdict->also[0].code, "no-way-back");
	assert_string_equal(verdict->also[0].say, "the second");
	free_verdict(verdict);
}

static void a_hop_is_found_and_changed(void **state)
{
	struct diag_verdict *verdict = new_verdict();
	struct diag_hop *hop = verdict_add_hop(verdict, "host", DIAG_OK, "host", "passes");

	(void)state;
	assert_ptr_equal(verdict_hop(verdict, "host"), hop);
	assert_null(verdict_hop(verdict, "back"));
	verdict_change_hop(verdict, hop, DIAG_BAD, "drops %d", 7);
	assert_int_equal(hop->state, DIAG_BAD);
	assert_string_equal(hop->say, "drops 7");
	free_verdict(verdict);
}

/* Whoever adds is never given NULL, and hears of it at the end. */
static void a_full_list_says_so_and_harms_nobody(void **state)
{
	struct diag_verdict *verdict = new_verdict();
	struct diag_hop *hop = NULL;
	struct diag_fix *fix = NULL;

	(void)state;
	for (int i = 0; i < DIAG_HOPS_MAX + 2; i++) {
		hop = verdict_add_hop(verdict, "host", DIAG_OK, "host", "%d", i);
		assert_non_null(hop);
	}
	assert_int_equal(verdict->n_hops, DIAG_HOPS_MAX);
	assert_int_equal(verdict->err, -E2BIG);
	for (int i = 0; i < DIAG_FACTS_MAX + 2; i++)
		verdict_add_text(verdict, hop, "Key", "%d", i);
	assert_int_equal(hop->n_facts, DIAG_FACTS_MAX);
	for (int i = 0; i < DIAG_LIST_MAX + 2; i++) {
		fix = verdict_add_fix(verdict, DIAG_ADMIN, "%d", i);
		verdict_add_word(verdict, fix, "word");
		verdict_add_also(verdict, "code", "hop", DIAG_WARN, "%d", i);
		verdict_add_unknown(verdict, "host", "%d", i);
	}
	for (int i = 0; i < DIAG_ARGV_MAX + 2; i++)
		verdict_add_word(verdict, fix, "%d", i);
	assert_int_equal(fix->n_argv, DIAG_ARGV_MAX);
	assert_int_equal(verdict->n_fixes, DIAG_LIST_MAX);
	json_decref(written(verdict));
	free_verdict(verdict);
}

static void what_is_no_utf8_is_written_all_the_same(void **state)
{
	struct diag_verdict *verdict = new_verdict();
	json_t *json;

	(void)state;
	verdict_add_hop(verdict, "to.socket", DIAG_OK, "db", "process %s", "na\xffme\xc3");
	json = written(verdict);
	assert_string_equal(text(json_array_get(json_object_get(json, "Hops"), 0), "Say"),
			    "process na?me?");
	json_decref(json);
	free_verdict(verdict);
}

static void a_probe_is_written_when_there_was_one(void **state)
{
	struct diag_verdict *verdict = new_verdict();
	json_t *json, *probe;

	(void)state;
	verdict->probe.outcome = DIAG_REFUSED;
	verdict->probe.by = strdup("RST");
	verdict->probe.agrees = true;
	json = written(verdict);
	probe = json_object_get(json, "Probe");
	assert_string_equal(text(probe, "Outcome"), "refused");
	assert_string_equal(text(probe, "By"), "RST");
	assert_true(json_is_true(json_object_get(probe, "Agrees")));
	json_decref(json);
	free_verdict(verdict);
}

static void what_the_tracer_saw_is_written(void **state)
{
	struct diag_verdict *verdict = new_verdict();
	json_t *json, *trace, *line;

	(void)state;
	verdict->trace.is_there = true;
	verdict_set_end(verdict, "last seen in %s", "db");
	for (int i = 0; i < DIAG_SEEN_MAX + 2; i++)
		verdict_add_seen(verdict, i / 1e3, "web", "eth0", DIAG_OK, "out %d", i);
	assert_int_equal(verdict->err, 0);
	json = written(verdict);
	trace = json_object_get(json, "Trace");
	line = json_array_get(json_object_get(trace, "Lines"), 1);
	assert_string_equal(text(trace, "End"), "last seen in db");
	assert_true(json_is_null(json_object_get(trace, "Lacks")));
	assert_true(json_is_true(json_object_get(trace, "Agrees")));
	assert_int_equal(json_array_size(json_object_get(trace, "Lines")), DIAG_SEEN_MAX);
	assert_int_equal(json_integer_value(json_object_get(trace, "LeftOut")), 2);
	assert_string_equal(text(line, "Where"), "web");
	assert_string_equal(text(line, "Link"), "eth0");
	assert_string_equal(text(line, "Say"), "out 1");
	assert_string_equal(text(line, "State"), "ok");
	json_decref(json);
	free_verdict(verdict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_was_added_is_written),
		cmocka_unit_test(an_empty_verdict_has_all_keys),
		cmocka_unit_test(the_first_cause_stays_and_the_second_is_listed),
		cmocka_unit_test(a_hop_is_found_and_changed),
		cmocka_unit_test(a_full_list_says_so_and_harms_nobody),
		cmocka_unit_test(what_is_no_utf8_is_written_all_the_same),
		cmocka_unit_test(a_probe_is_written_when_there_was_one),
		cmocka_unit_test(what_the_tracer_saw_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
