// SPDX-License-Identifier: GPL-2.0-or-later
// test_bridge_options.c - each option of a bridge network of Podman's: done, or refused by its name
#include "plugins/netavark/bridge_options.h"

#include "given.h"

#include "base/cleanup.h"
#include "plugins/netavark/container.h"
#include "plugins/netavark/network.h"

#include <stdio.h>

/* A row for each key: taken as good, with where it shows; or, as bad, refused with the words. */
static const struct row {
	const char *key, *good;
	const char *shows; /* in what netd is asked for; NULL: no value of it is done */
	const char *bad, *words;
} rows[] = {
	{ "mtu", "1400", "\"com.docker.network.driver.mtu\":\"1400\"", "20",
	  "network blue: option mtu is \"20\": 0, or a number from 68 to 65535 is wanted" },
	{ "metric", "90", "\"org.netd.endpoint.metric\":\"90\"", "low",
	  "network blue: option metric is \"low\": a number up to 1000000000 is wanted" },
	{ "no_default_route", "1", "\"org.netd.endpoint.default-route\":\"false\"", "yes",
	  "network blue: option no_default_route is \"yes\": true or false is wanted" },
	/* netd's networks are always isolated from each other */
	{ "isolate", "strict", "", "maybe",
	  "network blue: option isolate is \"maybe\": true, false or strict is wanted" },
	{ "mode", "managed", "", "other",
	  "network blue: option mode is \"other\": managed or unmanaged is wanted" },
	/* its value is looked at by netd */
	{ "host_interface_name", "web0", "\"org.netd.endpoint.host-ifname\":\"web0\"", NULL, NULL },
	{ "vlan", NULL, NULL, "5", "network blue: option vlan = 5: netd's bridges carry no VLANs" },
	{ "vrf", NULL, NULL, "x", "network blue: option vrf = x: netd puts no bridge into a VRF" },
	{ "outbound_addr4", "192.0.2.9", "\"com.docker.network.host_ipv4\":\"192.0.2.9\"", "x",
	  "network blue: option outbound_addr4 = x: an IPv4 address is wanted" },
	/* of a network without IPv6 nothing leaves */
	{ "outbound_addr6", "2001:db8::9", "", "192.0.2.9",
	  "network blue: option outbound_addr6 = 192.0.2.9: an IPv6 address is wanted" },
};

static struct input with_option(const char *key, const char *value)
{
	char info[256];

	(void)snprintf(info, sizeof(info), ", \"options\": {\"%s\": \"%s\"}", key, value);
	return given_blue(info, "", "");
}

static void expect_done(const struct row *row)
{
	struct input input = with_option(row->key, row->good);
	json_t *settings, *body = network_body(&input.networks[0]);
	struct error error = { 0 };
	char *texts[2];

	assert_int_equal(network_check(&input.networks[0], &error), 0);
	assert_int_equal(container_settings(&input.networks[0], &settings, &error), 0);
	texts[0] = json_dumps(body, JSON_COMPACT);
	texts[1] = json_dumps(settings, JSON_COMPACT);
	if (!strstr(texts[0], row->shows) && !strstr(texts[1], row->shows))
		fail_msg("%s: %s is not in %s or %s", row->key, row->shows, texts[0], texts[1]);
	free(texts[0]);
	free(texts[1]);
	json_decref(body);
	json_decref(settings);
	input_done(&input);
}

static void each_option_is_done_or_refused_by_its_name(void **state)
{
	(void)state;
	for (size_t i = 0; bridge_option_keys[i]; i++) {
		const struct row *row = rows;

		while (row < rows + ARRAY_SIZE(rows) &&
		       strcmp(row->key, bridge_option_keys[i]) != 0)
			row++;
		if (row == rows + ARRAY_SIZE(rows))
			fail_msg("no row for the option %s", bridge_option_keys[i]);
		if (row->good)
			expect_done(row);
		if (row->bad) {
			struct input input = with_option(row->key, row->bad);
			struct error error = { 0 };

			assert_true(network_check(&input.networks[0], &error) < 0);
			assert_string_equal(error.text, row->words);
			input_done(&input);
		}
	}
}

static void an_option_nobody_knows_is_refused_of_the_network_and_of_the_container(void **state)
{
	struct input input = with_option("mtuu", "1");
	struct error error = { 0 };

	(void)state;
	assert_true(network_check(&input.networks[0], &error) < 0);
	assert_string_equal(error.text, "network blue: unsupported bridge network option mtuu; did "
					"you mean mtu?");
	input_done(&input);
	input = given_blue("", ", \"options\": {\"colour\": \"red\"}", "");
	assert_true(network_check(&input.networks[0], &error) < 0);
	assert_string_equal(error.text, "network blue: unsupported bridge network option colour");
	input_done(&input);
	input = with_option("com.example.note", "x");
	assert_int_equal(network_check(&input.networks[0], &error), 0);
	input_done(&input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_option_is_done_or_refused_by_its_name),
		cmocka_unit_test(
			an_option_nobody_knows_is_refused_of_the_network_and_of_the_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
