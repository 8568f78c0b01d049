// SPDX-License-Identifier: GPL-2.0-or-later
// test_backup.c - all networks into a text, and back from it
#include "../rig.h"

#include "base/buf.h"

#define OTHER "{\"Name\": \"blue\", \"IPAM\": {\"Config\": [{\"Subnet\": \"10.9.0.0/24\"}]}}"

/* What a restore ends with. */
static struct {
	bool done;
	json_t *report;
	char why[512];
} ended;

static void on_restored(json_t *report, const struct error *error, void *data)
{
	(void)data;
	ended.done = true;
	ended.report = report ? json_deep_copy(report) : NULL;
	(void)snprintf(ended.why, sizeof(ended.why), "%s", error ? error->text : "");
}

static void backup(struct rig *rig, struct buf *text)
{
	*text = (struct buf) { 0 };
	rig_done(rig, engine_backup(rig->engine, text, &rig->error));
}

static int restore(struct rig *rig, const struct buf *text)
{
	memset(&ended, 0, sizeof(ended));
	return engine_restore(rig->engine, (const char *)text->data, text->len, on_restored, NULL,
			      &rig->error);
}

/* Each network is a turn of the loop. */
static void await_end(struct rig *rig)
{
	for (int i = 0; !ended.done && i < 10000; i++)
		ev_run(rig->loop, EVRUN_ONCE);
	assert_true(ended.done);
}

static void expect_names(const char *key, const char *first, const char *second)
{
	const json_t *names = json_object_get(ended.report, key);
	size_t n = (first != NULL) + (second != NULL);

	assert_int_equal(json_array_size(names), n);
	if (first)
		assert_string_equal(json_string_value(json_array_get(names, 0)), first);
	if (second)
		assert_string_equal(json_string_value(json_array_get(names, 1)), second);
}

static void what_was_removed_is_back_as_it_was_and_what_came_since_is_gone(void **state)
{
	struct rig *rig = *state;
	struct buf text;
	char *before;
	char id[ID_LEN + 1];

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	memcpy(id, rig_net(rig, "blue")->spec.id, sizeof(id));
	before = rig_picture(rig);
	backup(rig, &text);
	rig_done(rig, engine_network_remove(rig->engine, "blue", &rig->error));
	rig_done(rig, rig_network(rig, "{\"Name\": \"red\"}"));
	rig_done(rig, restore(rig, &text));
	await_end(rig);
	expect_names("Restored", "blue", NULL);
	expect_names("Removed", "red", NULL);
	expect_names("Failed", NULL, NULL);
	json_decref(ended.report);
	assert_string_equal(rig_net(rig, "blue")->spec.id, id);
	assert_null(rig_net(rig, "red"));
	rig_expect_same(rig, before);
	rig_restart(rig); /* and in the record */
	assert_string_equal(rig_net(rig, "blue")->spec.id, id);
	assert_null(rig_net(rig, "red"));
	buf_done(&text);
}

static void what_is_as_it_was_stays_with_all_that_is_attached(void **state)
{
	struct rig *rig = *state;
	struct buf text;
	char *before;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": [{\"Name\": \"blue\"}]"));
	before = rig_picture(rig);
	backup(rig, &text);
	fake_calls_clear();
	rig_done(rig, restore(rig, &text));
	await_end(rig);
	expect_names("Restored", NULL, NULL);
	expect_names("Removed", NULL, NULL);
	json_decref(ended.report);
	assert_int_equal(fake_n_changes(), 0);
	rig_expect_same(rig, before);
	buf_done(&text);
}

static void a_network_in_use_that_would_go_or_change_keeps_all_from_it(void **state)
{
	struct rig *rig = *state;
	struct buf without, other;

	backup(rig, &without);
	rig_done(rig, rig_network(rig, OTHER));
	backup(rig, &other);
	rig_done(rig, engine_network_remove(rig->engine, "blue", &rig->error));
	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a, "\"Networks\": [{\"Name\": \"blue\"}]"));
	fake_calls_clear();
	assert_int_equal(restore(rig, &without), -EEXIST);
	assert_non_null(strstr(rig->error.text, "container web is attached to it"));
	assert_int_equal(restore(rig, &other), -EEXIST);
	assert_int_equal(fake_n_changes(), 0);
	assert_non_null(rig_net(rig, "blue"));
	buf_done(&without);
	buf_done(&other);
}

/* Whatever fails for a while undoes all: what was made goes, and what was taken out comes back. */
static void what_fails_on_the_way_leaves_all_as_it_was(void **state)
{
	struct rig *rig = *state;
	struct buf text;
	char *before;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_network(rig, "{\"Name\": \"green\"}"));
	backup(rig, &text);
	rig_done(rig, engine_network_remove(rig->engine, "blue", &rig->error));
	rig_done(rig, engine_network_remove(rig->engine, "green", &rig->error));
	rig_done(rig, rig_network(rig, "{\"Name\": \"red\"}"));
	before = rig_picture(rig);
	rig_done(rig, restore(rig, &text));
	ev_run(rig->loop, EVRUN_ONCE); /* red is out */
	ev_run(rig->loop, EVRUN_ONCE);
	ev_run(rig->loop, EVRUN_ONCE); /* blue is made */
	fake_fail_nth(1, -ENOMEM);
	await_end(rig);
	assert_true(fake_has_failed());
	assert_null(ended.report);
	assert_non_null(strstr(ended.why, "nothing is restored"));
	assert_null(rig_net(rig, "blue"));
	assert_null(rig_net(rig, "green"));
	assert_non_null(rig_net(rig, "red"));
	rig_expect_same(rig, before);
	buf_done(&text);
}

static void meanwhile_networks_are_changed_by_nobody_else(void **state)
{
	struct rig *rig = *state;
	struct buf text;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	backup(rig, &text);
	rig_done(rig, engine_network_remove(rig->engine, "blue", &rig->error));
	rig_done(rig, rig_network(rig, "{\"Name\": \"red\"}"));
	rig_done(rig, restore(rig, &text));
	assert_true(rig_network(rig, "{\"Name\": \"new\"}") < 0);
	assert_int_equal(rig->error.kind, ERROR_UNAVAILABLE);
	assert_true(rig_attach(rig, "web", rig->netns_a, "\"Networks\": [{\"Name\": \"red\"}]") <
		    0);
	assert_true(engine_restore(rig->engine, (const char *)text.data, text.len, on_restored,
				   NULL, &rig->error) < 0);
	assert_int_equal(rig->error.kind, ERROR_UNAVAILABLE);
	await_end(rig);
	json_decref(ended.report);
	assert_null(rig_net(rig, "new"));
	assert_null(rig_container(rig, "web"));
	buf_done(&text);
}

static void what_is_no_backup_is_refused(void **state)
{
	struct rig *rig = *state;

	fake_calls_clear();
	memset(&ended, 0, sizeof(ended));
	assert_int_equal(
		engine_restore(rig->engine, "no backup", 9, on_restored, NULL, &rig->error),
		-EINVAL);
	assert_int_equal(fake_n_changes(), 0);
	assert_false(ended.done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_was_removed_is_back_as_it_was_and_what_came_since_is_gone, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(what_is_as_it_was_stays_with_all_that_is_attached,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_network_in_use_that_would_go_or_change_keeps_all_from_it, rig_setup,
			rig_teardown),
		cmocka_unit_test_setup_teardown(what_fails_on_the_way_leaves_all_as_it_was,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(meanwhile_networks_are_changed_by_nobody_else,
						rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(what_is_no_backup_is_refused, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
