// SPDX-License-Identifier: GPL-2.0-or-later
// test_reset.c - a reset leaves the host as it was before netd came
#include "../rig.h"

/* Networks of both families, and a container on two of them. */
static void live_in(struct rig *rig)
{
	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\", \"EnableIPv6\": true, \"IPAM\": "
				       "{\"Config\": [{\"Subnet\": \"10.9.0.0/24\"}, "
				       "{\"Subnet\": \"fd00:9::/64\"}]}}"));
	rig_done(rig, rig_network(rig, "{\"Name\": \"red\", \"Internal\": true}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a,
				 "\"Networks\": [{\"Name\": \"blue\"}, {\"Name\": \"red\"}], "
				 "\"Ports\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}"));
}

/* A host that has eth0, and forwards nothing, when the engine has ended. Another begins. */
static void expect_untouched(struct rig *rig)
{
	rig_stop(rig);
	rig_forget_records(rig);
	assert_int_equal(fake_n_links(NULL), 1);
	assert_int_equal(fake_n_links(rig->netns_a), 0);
	assert_int_equal(fake_redirect(rig->netns_a), 0);
	assert_int_equal(fake_n_elems(RULESET_BRIDGES), -ENOENT);
	assert_int_equal(fake_n_reserved(), 0);
	assert_string_equal(fake_setting(NULL, "net/ipv4/ip_forward"), "0");
	assert_string_equal(fake_setting(NULL, "net/ipv6/conf/all/forwarding"), "0");
	rig_start(rig);
}

static void forced_it_takes_everything_back(void **state)
{
	struct rig *rig = *state;

	live_in(rig);
	assert_string_equal(fake_setting(NULL, "net/ipv4/ip_forward"), "1");
	rig_done(rig, engine_reset(rig->engine, true, &rig->error));
	/* What of it was done already is no error. */
	rig_done(rig, engine_reset(rig->engine, true, &rig->error));
	expect_untouched(rig);
}

static void it_is_refused_while_somebody_is_attached(void **state)
{
	struct rig *rig = *state;
	char *before;

	live_in(rig);
	before = rig_picture(rig);
	assert_int_equal(engine_reset(rig->engine, false, &rig->error), -EEXIST);
	assert_string_equal(rig->error.text,
			    "1 container is attached (web): detach it first, or use --force");
	rig_expect_same(rig, before);
	rig_done(rig, rig_detach(rig, "web"));
	rig_done(rig, engine_reset(rig->engine, false, &rig->error));
	expect_untouched(rig);
}

static void forwarding_that_was_the_hosts_stays(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, engine_reset(rig->engine, false, &rig->error));
	rig_stop(rig);
	fake_setting_write(NULL, "net/ipv4/ip_forward", "1");
	rig_start(rig);
	rig_done(rig, engine_reset(rig->engine, false, &rig->error));
	assert_string_equal(fake_setting(NULL, "net/ipv4/ip_forward"), "1");
}

static void without_records_it_goes_by_the_links(void **state)
{
	struct rig *rig = *state;
	size_t n = 0;

	live_in(rig);
	rig_stop(rig);
	fake_link_put(NULL, "docker0");
	rig_done(rig, engine_reset_links(&fake_door, &n, &rig->error));
	/* Three bridges and two ports; eth0 and a stranger stay. */
	assert_int_equal(n, 5);
	assert_int_equal(fake_n_links(NULL), 2);
	rig_done(rig, engine_reset_links(&fake_door, &n, &rig->error));
	assert_int_equal(n, 0);
	rig_forget_records(rig);
	fake_link_take(NULL, "docker0");
	rig_start(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(forced_it_takes_everything_back, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(it_is_refused_while_somebody_is_attached, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(forwarding_that_was_the_hosts_stays, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(without_records_it_goes_by_the_links, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
