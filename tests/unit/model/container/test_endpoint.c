// SPDX-License-Identifier: GPL-2.0-or-later
// test_endpoint.c - endpoints: states, copies, ways out, names
#include "model/container/endpoint.h"

#include "base/cleanup.h"
#include "model/container/container.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static struct addr addr(const char *text)
{
	struct addr parsed = { 0 };

	assert_int_equal(addr_parse(text, &parsed), 0);
	return parsed;
}

/* Runs the transition in a child, because a wrong one aborts. */
static bool transition_is_allowed(enum endpoint_state from, enum endpoint_state to)
{
	struct endpoint endpoint = { .state = from };
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		(void)close(STDERR_FILENO); /* the assertion's words are of no use here */
		endpoint_enter(&endpoint, to);
		_exit(endpoint.state == to ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true((WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
		    (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT));
	return WIFEXITED(status);
}

static void only_the_listed_transitions_are_allowed(void **state)
{
	static const bool allowed[ENDPOINT_N_STATES][ENDPOINT_N_STATES] = {
		[ENDPOINT_RESERVED] = { [ENDPOINT_PLUMBING] = true,
					[ENDPOINT_UNDOING] = true,
					[ENDPOINT_GONE] = true },
		[ENDPOINT_PLUMBING] = { [ENDPOINT_UP] = true, [ENDPOINT_UNDOING] = true },
		[ENDPOINT_UP] = { [ENDPOINT_UNDOING] = true },
		[ENDPOINT_UNDOING] = { [ENDPOINT_GONE] = true },
	};

	(void)state;
	for (unsigned int from = 0; from < ENDPOINT_N_STATES; from++) {
		for (unsigned int to = 0; to < ENDPOINT_N_STATES; to++)
			assert_int_equal(transition_is_allowed(from, to), allowed[from][to]);
		assert_non_null(endpoint_state_name[from]);
	}
}

static void a_copied_endpoint_spec_shares_nothing(void **state)
{
	struct endpoint_spec spec = { 0 }, copy;

	(void)state;
	spec.network = strdup("net");
	spec.ip[FAMILY_4] = addr("10.0.0.9");
	spec.aliases = calloc(2, sizeof(*spec.aliases));
	spec.aliases[0] = strdup("one");
	spec.aliases[1] = strdup("two");
	spec.n_aliases = 2;
	spec.links = calloc(1, sizeof(*spec.links));
	spec.links[0] = (struct link) { strdup("db"), strdup("database") };
	spec.n_links = 1;
	spec.gw_priority = 5;
	(void)snprintf(spec.ifname, sizeof(spec.ifname), "lan0");
	spec.driver_opts = json_pack("{ss}", "a", "b");
	assert_int_equal(endpoint_spec_copy(&spec, &copy), 0);
	spec.aliases[0][0] = 'X';
	endpoint_spec_done(&spec);
	endpoint_spec_done(&spec);
	assert_string_equal(copy.network, "net");
	assert_string_equal(copy.aliases[0], "one");
	assert_string_equal(copy.aliases[1], "two");
	assert_string_equal(copy.links[0].container, "db");
	assert_string_equal(copy.links[0].alias, "database");
	assert_string_equal(copy.ifname, "lan0");
	assert_int_equal(copy.gw_priority, 5);
	assert_string_equal(ADDR_STR(&copy.ip[FAMILY_4]), "10.0.0.9");
	assert_string_equal(json_string_value(json_object_get(copy.driver_opts, "a")), "b");
	endpoint_spec_done(&copy);
}

static void an_endpoint_has_a_way_out_where_its_network_has_one(void **state)
{
	struct network network = { .spec = { .kind = kind_default(), .has[FAMILY_4] = true } };
	struct endpoint endpoint = { .network = &network, .ip[FAMILY_4] = addr("10.0.0.2") };

	(void)state;
	assert_false(endpoint_has_way_out(&endpoint, AF_INET));
	network.spec.subnet[FAMILY_4].gateway = addr("10.0.0.1");
	assert_true(endpoint_has_way_out(&endpoint, AF_INET));
	assert_false(endpoint_has_way_out(&endpoint, AF_INET6));
	network.spec.internal = true;
	assert_false(endpoint_has_way_out(&endpoint, AF_INET));
}

struct scene {
	struct endpoint endpoints[2];
	struct container container;
};

static void scene_init(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	scene->endpoints[0].container = scene->endpoints[1].container = &scene->container;
}

static const char long_id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static void an_endpoint_answers_to_its_names_in_order(void **state)
{
	char *aliases[] = { (char *)"www", (char *)"WEB", (char *)"api", (char *)"www" };
	const char *names[ALIASES_MAX + 3];
	struct scene scene;

	(void)state;
	scene_init(&scene);
	(void)snprintf(scene.container.spec.name, sizeof(scene.container.spec.name), "web");
	(void)snprintf(scene.container.spec.id, sizeof(scene.container.spec.id), "%s", long_id);
	(void)snprintf(scene.container.spec.hostname, sizeof(scene.container.spec.hostname),
		       "0123456789AB"); /* the short id, as a hostname often is */
	scene.endpoints[0].spec.aliases = aliases;
	scene.endpoints[0].spec.n_aliases = ARRAY_SIZE(aliases);
	assert_int_equal(endpoint_dns_names(&scene.endpoints[0], names), 4);
	assert_string_equal(names[0], "web");
	assert_string_equal(names[1], "www");
	assert_string_equal(names[2], "api");
	assert_string_equal(names[3], "0123456789ab");
	(void)snprintf(scene.container.spec.hostname, sizeof(scene.container.spec.hostname), "box");
	assert_int_equal(endpoint_dns_names(&scene.endpoints[1], names), 3);
	assert_string_equal(names[2], "box");
}

static void as_many_names_as_the_limits_allow_fit(void **state)
{
	char texts[ALIASES_MAX][16], *aliases[ALIASES_MAX];
	const char **names = calloc(ALIASES_MAX + 3, sizeof(*names)); /* ASan guards its end */
	struct scene scene;

	(void)state;
	scene_init(&scene);
	for (unsigned int i = 0; i < ALIASES_MAX; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "alias%u", i);
		aliases[i] = texts[i];
	}
	(void)snprintf(scene.container.spec.name, sizeof(scene.container.spec.name), "web");
	(void)snprintf(scene.container.spec.id, sizeof(scene.container.spec.id), "%s", long_id);
	(void)snprintf(scene.container.spec.hostname, sizeof(scene.container.spec.hostname), "box");
	scene.endpoints[0].spec.aliases = aliases;
	scene.endpoints[0].spec.n_aliases = ALIASES_MAX;
	assert_int_equal(endpoint_dns_names(&scene.endpoints[0], names), ALIASES_MAX + 3);
	assert_string_equal(names[ALIASES_MAX + 2], "box");
	free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_listed_transitions_are_allowed),
		cmocka_unit_test(a_copied_endpoint_spec_shares_nothing),
		cmocka_unit_test(an_endpoint_has_a_way_out_where_its_network_has_one),
		cmocka_unit_test(an_endpoint_answers_to_its_names_in_order),
		cmocka_unit_test(as_many_names_as_the_limits_allow_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
