// SPDX-License-Identifier: GPL-2.0-or-later
// test_network_args.c - what the options of network create and update ask for
#include "cli/body/network_args.h"
#include "tests/unit/cli/bodies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define BODY(name, driver, config, more)                                                           \
	"{\"Name\":\"" name "\",\"Driver\":\"" driver "\",\"IPAM\":{\"Driver\":\"default\","       \
	"\"Options\":{},\"Config\":[" config "]}," more "}"
#define PLAIN "\"Internal\":false,\"Attachable\":false,\"Options\":{},\"Labels\":{}"

static void is(const char *options, const char *want)
{
	char line[512] = "network create ";

	assert_true(snprintf(line, sizeof(line), "network create %s", options) < (int)sizeof(line));
	body_is(network_args_body, line, want);
}

static void refused(const char *options, const char *why)
{
	char line[512];

	assert_true(snprintf(line, sizeof(line), "network create n %s", options) <
		    (int)sizeof(line));
	body_refused(network_args_body, line, why);
}

static void plain_name_asks_for_a_bridge_with_netds_own_choices(void **state)
{
	(void)state;
	is("n", BODY("n", "bridge", "", PLAIN));
	is("-d none n", BODY("n", "null", "", PLAIN));
	is("--driver=host n", BODY("n", "host", "", PLAIN));
}

static void switches_labels_and_options_are_passed_on(void **state)
{
	(void)state;
	is("n --internal --attachable --ipv6 --ipv4=false -l a=b --label c -o mtu=1400 -o x",
	   BODY("n", "bridge", "",
		"\"EnableIPv4\":false,\"EnableIPv6\":true,\"Internal\":true,\"Attachable\":true,"
		"\"Options\":{\"mtu\":\"1400\",\"x\":\"\"},\"Labels\":{\"a\":\"b\",\"c\":\"\"}"));
}

static void each_part_goes_to_the_subnet_that_contains_it(void **state)
{
	(void)state;
	is("--gateway fd00::9 --ip-range 10.1.2.0/24 --gateway 10.1.0.9 --aux-address a=10.1.0.5 "
	   "--aux-address b=fd00::5 --aux-address c=10.1.0.6 --subnet 10.1.0.0/16 --subnet "
	   "fd00::/64 n",
	   BODY("n", "bridge",
		"{\"Subnet\":\"10.1.0.0/16\",\"IPRange\":\"10.1.2.0/24\",\"Gateway\":\"10.1.0.9\","
		"\"AuxiliaryAddresses\":{\"a\":\"10.1.0.5\",\"c\":\"10.1.0.6\"}},"
		"{\"Subnet\":\"fd00::/64\",\"Gateway\":\"fd00::9\","
		"\"AuxiliaryAddresses\":{\"b\":\"fd00::5\"}}",
		PLAIN));
	is("--subnet 0.0.0.0/24 n", BODY("n", "bridge", "{\"Subnet\":\"0.0.0.0/24\"}", PLAIN));
}

static void plain_flags_are_options(void **state)
{
	(void)state;
	is("n --interface-name shop0 --outgoing-address 192.0.2.7 --outgoing-address 2001:db8::7",
	   BODY("n", "bridge", "",
		"\"Internal\":false,\"Attachable\":false,\"Options\":{"
		"\"com.docker.network.bridge.name\":\"shop0\","
		"\"com.docker.network.host_ipv4\":\"192.0.2.7\","
		"\"com.docker.network.host_ipv6\":\"2001:db8::7\"},\"Labels\":{}"));
	refused("--outgoing-address x", "--outgoing-address 'x' is not an IP address");
	refused("--outgoing-address 192.0.2.7 --outgoing-address 192.0.2.8",
		"--outgoing-address 192.0.2.8 is said a second time");
	refused("--interface-name a -o bridge=b", "or with -o bridge");
}

static void servers_are_lists(void **state)
{
	(void)state;
	is("n --dns 192.0.2.53 --dns fd00::53,192.0.2.54",
	   BODY("n", "bridge", "", PLAIN ",\"Dns\":[\"192.0.2.53\",\"fd00::53\",\"192.0.2.54\"]"));
	refused("--dns dns.example", "--dns 'dns.example' is not an IP address");
	body_is(network_args_update_body,
		"network update n --dns-add 192.0.2.53,fd00::53 --dns-drop 192.0.2.54",
		"{\"DnsDrop\":[\"192.0.2.54\"],\"DnsAdd\":[\"192.0.2.53\",\"fd00::53\"]}");
	body_refused(network_args_update_body, "network update n --dns-drop 192.0.2.54,",
		     "--dns-drop '' is not an IP address");
	body_refused(network_args_update_body, "network update n",
		     "nothing is to be changed: say --dns-add");
}

static void parts_that_fit_nowhere_are_refused_by_name(void **state)
{
	(void)state;
	refused("--gateway 10.1.0.1", "--gateway 10.1.0.1 needs a --subnet that contains it");
	refused("--subnet 10.1.0.0/16 --gateway 10.2.0.1",
		"--gateway 10.2.0.1 is in none of the subnets");
	refused("--subnet 10.1.0.0/16 --gateway fd00::1", "is in none of the subnets");
	refused("--subnet 10.1.0.0/16 --ip-range 10.0.0.0/8", "--ip-range 10.0.0.0/8 is in none");
	refused("--subnet 10.1.0.0/16 --aux-address a=10.2.0.1", "--aux-address a=10.2.0.1");
	refused("--subnet 10.1.0.0/16 --gateway 10.1.0.1 --gateway 10.1.0.2",
		"--gateway 10.1.0.1 and --gateway 10.1.0.2 are both for subnet 10.1.0.0/16");
	refused("--subnet 10.1.0.0/16 --ip-range 10.1.1.0/24 --ip-range 10.1.2.0/24", "are both");
	refused("--subnet 10.1.0.0/16 --subnet 10.1.2.0/24", "overlaps --subnet 10.1.0.0/16");
}

static void malformed_values_are_refused_by_name(void **state)
{
	(void)state;
	refused("--subnet 10.1.0.0", "--subnet '10.1.0.0' is not ADDRESS/LENGTH");
	refused("--subnet x/8", "--subnet 'x/8'");
	refused("--ip-range x", "--ip-range 'x'");
	refused("--subnet 10.1.0.0/16 --gateway 10.1.0.0/16", "--gateway '10.1.0.0/16' is not an");
	refused("--subnet 10.1.0.0/16 --aux-address 10.1.0.5", "is not NAME=ADDRESS");
	refused("--subnet 10.1.0.0/16 --aux-address =10.1.0.5", "is not NAME=ADDRESS");
	refused("--subnet 10.1.0.0/16 --aux-address a=b", "--aux-address 'b' is not an IP address");
	refused("--label =x", "--label '=x' is not KEY=VALUE");
	refused("--opt =x", "--opt '=x' is not KEY=VALUE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_name_asks_for_a_bridge_with_netds_own_choices),
		cmocka_unit_test(switches_labels_and_options_are_passed_on),
		cmocka_unit_test(each_part_goes_to_the_subnet_that_contains_it),
		cmocka_unit_test(plain_flags_are_options),
		cmocka_unit_test(servers_are_lists),
		cmocka_unit_test(parts_that_fit_nowhere_are_refused_by_name),
		cmocka_unit_test(malformed_values_are_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
