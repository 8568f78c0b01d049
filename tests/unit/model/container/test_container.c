// SPDX-License-Identifier: GPL-2.0-or-later
// test_container.c - containers: copies, and which endpoint has the default route
#include "model/container/container.h"

#include "base/cleanup.h"
#include "model/text/name.h"

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

static void an_empty_spec_is_copied_and_freed(void **state)
{
	struct endpoint_spec spec = { 0 }, copy;
	struct container_spec container = { 0 };

	(void)state;
	assert_int_equal(endpoint_spec_copy(&spec, &copy), 0);
	assert_null(copy.network);
	endpoint_spec_done(&copy);
	container_spec_done(&container);
}

static char **strings_of(const char *one)
{
	char **strings = calloc(1, sizeof(*strings));

	strings[0] = strdup(one);
	return strings;
}

static void a_container_spec_frees_all_it_has(void **state)
{
	struct container_spec spec = { 0 };

	(void)state;
	spec.netns_path = strdup("/run/netns/x");
	spec.labels = json_object();
	spec.endpoints = calloc(1, sizeof(*spec.endpoints));
	spec.endpoints[0].network = strdup("net");
	spec.n_endpoints = 1;
	spec.ports = calloc(1, sizeof(*spec.ports));
	spec.links = calloc(1, sizeof(*spec.links));
	spec.links[0].container = strdup("db"); /* half-built: no alias yet */
	spec.n_links = 1;
	spec.extra_hosts = strings_of("a:1.2.3.4");
	spec.dns = strings_of("1.1.1.1");
	spec.dns_search = strings_of("example.org");
	spec.dns_options = strings_of("ndots:1");
	spec.n_extra_hosts = spec.n_dns = spec.n_dns_search = spec.n_dns_options = 1;
	container_spec_done(&spec); /* LeakSanitizer watches */
	assert_null(spec.endpoints);
}

enum { N_NETWORKS = 3 };

struct scene {
	struct network networks[N_NETWORKS];
	struct endpoint endpoints[N_NETWORKS];
	struct endpoint *list[N_NETWORKS];
	struct container container;
};

static void scene_init(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	for (size_t i = 0; i < N_NETWORKS; i++) {
		struct network_spec *spec = &scene->networks[i].spec;

		spec->kind = kind_default();
		spec->has[FAMILY_4] = true;
		spec->subnet[FAMILY_4].gateway = addr("10.0.0.1");
		scene->endpoints[i].network = &scene->networks[i];
		scene->endpoints[i].container = &scene->container;
		scene->endpoints[i].ip[FAMILY_4] = addr("10.0.0.2");
		scene->list[i] = &scene->endpoints[i];
	}
	scene->container.endpoints = scene->list;
	scene->container.n_endpoints = N_NETWORKS;
}

static void expect_gateway(const struct scene *scene, uint8_t family, int want)
{
	const struct endpoint *got = container_gateway_endpoint(&scene->container, family);

	assert_ptr_equal(got, want < 0 ? NULL : &scene->endpoints[want]);
}

static void the_largest_priority_has_the_default_route_and_ties_go_to_the_first(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	expect_gateway(&scene, AF_INET, 0);
	scene.endpoints[1].spec.gw_priority = 1;
	scene.endpoints[2].spec.gw_priority = 1;
	expect_gateway(&scene, AF_INET, 1);
	scene.endpoints[1].spec.gw_priority = -1;
	expect_gateway(&scene, AF_INET, 2);
	scene.endpoints[2].spec.gw_priority = -2;
	scene.endpoints[0].spec.gw_priority = -3;
	expect_gateway(&scene, AF_INET, 1);
}

static void networks_without_a_way_out_have_no_default_route(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene.networks[0].spec.internal = true;
	scene.endpoints[0].spec.gw_priority = 100;
	expect_gateway(&scene, AF_INET, 1);
	scene.networks[1].spec.subnet[FAMILY_4].gateway = (struct addr) { 0 };
	expect_gateway(&scene, AF_INET, 2);
	scene.endpoints[2].ip[FAMILY_4] = (struct addr) { 0 };
	expect_gateway(&scene, AF_INET, -1);
}

/* Servers of a network or of a container in one text, with blanks between them. */
static void expect_dns(const struct scene *scene, const char *want)
{
	struct network_dns dns;
	char text[8 * ADDR_STR_MAX] = "";

	container_dns(&scene->container, &dns);
	for (size_t i = 0; i < dns.n; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			       i > 0 ? " " : "", ADDR_STR(&dns.servers[i]));
	assert_string_equal(text, want);
}

static void servers_are_its_own_or_those_of_its_networks_in_their_order(void **state)
{
	char own[] = "192.0.2.9", ours[] = "127.0.0.11", *list[] = { ours, own };
	struct scene scene;

	(void)state;
	scene_init(&scene);
	expect_dns(&scene, "");
	scene.networks[1].spec.dns = (struct network_dns) { { addr("192.0.2.1"), addr("fd00::53") },
							    2 };
	/* Its own address on a network is nobody whom it could ask. */
	scene.networks[2].spec.dns = (struct network_dns) {
		{ addr("192.0.2.3"), addr("192.0.2.1"), addr("10.0.0.2") }, 3
	};
	expect_dns(&scene, "192.0.2.1 fd00::53 192.0.2.3");
	for (uint8_t i = 0; i < DNS_SERVERS_MAX; i++)
		scene.networks[0].spec.dns.servers[i] =
			(struct addr) { AF_INET, { 10, 9, 9, (uint8_t)(i + 1) } };
	scene.networks[0].spec.dns.n = DNS_SERVERS_MAX;
	expect_dns(&scene, "10.9.9.1 10.9.9.2 10.9.9.3 10.9.9.4 10.9.9.5 10.9.9.6 10.9.9.7 "
			   "10.9.9.8");
	scene.container.spec.dns = list;
	scene.container.spec.n_dns = 2;
	expect_dns(&scene, "192.0.2.9");
}

static void each_family_has_a_default_route_of_its_own(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	expect_gateway(&scene, AF_INET6, -1);
	scene.networks[2].spec.subnet[FAMILY_6].gateway = addr("fd00::1");
	expect_gateway(&scene, AF_INET6, -1);
	scene.endpoints[2].ip[FAMILY_6] = addr("fd00::2");
	expect_gateway(&scene, AF_INET6, 2);
	expect_gateway(&scene, AF_INET, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_spec_is_copied_and_freed),
		cmocka_unit_test(a_container_spec_frees_all_it_has),
		cmocka_unit_test(
			the_largest_priority_has_the_default_route_and_ties_go_to_the_first),
		cmocka_unit_test(networks_without_a_way_out_have_no_default_route),
		cmocka_unit_test(servers_are_its_own_or_those_of_its_networks_in_their_order),
		cmocka_unit_test(each_family_has_a_default_route_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
