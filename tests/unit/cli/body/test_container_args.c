// SPDX-License-Identifier: GPL-2.0-or-later
// test_container_args.c - what the options of attach, run, connect and port ask for
#include "cli/body/container_args.h"
#include "tests/unit/cli/bodies.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void is(const char *options, const char *want)
{
	char line[512], body[1024];

	(void)snprintf(line, sizeof(line), "attach c%s", options);
	(void)snprintf(body, sizeof(body), "{%s}", want);
	body_is(container_args_body, line, body);
}

static void refused(const char *options, const char *why)
{
	char line[512];

	(void)snprintf(line, sizeof(line), "attach c %s", options);
	body_refused(container_args_body, line, why);
}

static void without_options_it_is_the_network_bridge(void **state)
{
	(void)state;
	is("", "\"Networks\":{\"bridge\":{}},\"Labels\":{}");
	is(" --ip 10.0.0.9", "\"Networks\":{\"bridge\":{\"IPAMConfig\":{\"IPv4Address\":\"10.0.0."
			     "9\"}}},\"Labels\":{}");
}

static void networks_keep_their_order_and_settings(void **state)
{
	(void)state;
	is(" --network z:ip=10.0.0.2,ip6=fd00::2,mac=02:00:00:00:00:01,alias=a,alias=b,ifname=x0,"
	   "priority=-5 --network a --network m:alias=c",
	   "\"Networks\":{\"z\":{\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.2\",\"IPv6Address\":"
	   "\"fd00::2\"},"
	   "\"MacAddress\":\"02:00:00:00:00:01\",\"Aliases\":[\"a\",\"b\"],\"DriverOpts\":"
	   "{\"com.docker.network.endpoint.ifname\":\"x0\"},\"GwPriority\":-5},\"a\":{},"
	   "\"m\":{\"Aliases\":[\"c\"]}},\"Labels\":{}");
}

static void options_of_one_network_are_those_of_the_first(void **state)
{
	(void)state;
	is(" --alias a --network one --network two --ip 10.0.0.2 --ip6 fd00::2 --mac-address "
	   "02:00:00:00:00:01 --link db:database --link web",
	   "\"Networks\":{\"one\":{\"Aliases\":[\"a\"],\"Links\":[\"db:database\",\"web\"],"
	   "\"IPAMConfig\":{\"IPv4Address\":\"10.0.0.2\",\"IPv6Address\":\"fd00::2\"},"
	   "\"MacAddress\":\"02:00:00:00:00:01\"},\"two\":{}},\"Labels\":{}");
}

static void ports_become_dockers_bindings(void **state)
{
	(void)state;
	is(" -p 8080:80 -p 127.0.0.1:53:53/udp -p [::1]:81:80 -p 443 -p 9000-9001:90-91",
	   "\"Networks\":{\"bridge\":{}},\"PortBindings\":{"
	   "\"80/"
	   "tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8080\"},{\"HostIp\":\"::1\",\"HostPort\":\"81\"}"
	   "],"
	   "\"53/udp\":[{\"HostIp\":\"127.0.0.1\",\"HostPort\":\"53\"}],"
	   "\"443/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"\"}],"
	   "\"90/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"9000\"}],"
	   "\"91/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"9001\"}]},\"Labels\":{}");
	is(" -p 8000-8010:80",
	   "\"Networks\":{\"bridge\":{}},\"PortBindings\":{"
	   "\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"8000-8010\"}]},\"Labels\":{}");
}

static void names_and_servers_are_passed_on(void **state)
{
	(void)state;
	is(" --hostname h --id 00 -l a=b --dns 9.9.9.9 --dns fd00::53 --dns-search x.y "
	   "--dns-option ndots:2 --add-host a:10.0.0.1 --add-host g:host-gateway",
	   "\"Networks\":{\"bridge\":{}},\"Hostname\":\"h\",\"Id\":\"00\",\"Labels\":{\"a\":\"b\"},"
	   "\"Dns\":[\"9.9.9.9\",\"fd00::53\"],\"DnsSearch\":[\"x.y\"],\"DnsOptions\":[\"ndots:2\"]"
	   ","
	   "\"ExtraHosts\":[\"a:10.0.0.1\",\"g:host-gateway\"]");
}

static void services_are_one_label(void **state)
{
	(void)state;
	is(" --service web", "\"Networks\":{\"bridge\":{}},\"Labels\":{\"netd.service\":\"web\"}");
	is(" --service web --service db -l a=b -l netd.service=first",
	   "\"Networks\":{\"bridge\":{}},\"Labels\":{\"a\":\"b\",\"netd.service\":"
	   "\"first,web,db\"}");
	refused("--service 'a,b'", "service");
	refused("--service=", "service");
}

static void mistakes_name_the_option(void **state)
{
	(void)state;
	refused("--network a --network a", "--network a is given twice");
	refused("--network :ip=10.0.0.1", "names no network");
	refused("--network=", "names no network");
	refused("--network a:ip", "'ip' is not KEY=VALUE");
	refused("--network a:ip=", "'ip=' is not KEY=VALUE");
	refused("--network a:", "'' is not KEY=VALUE");
	refused("--network a:colour=red", "not 'colour'");
	refused("--network a:ip=fd00::1", "--network …:ip 'fd00::1' is not an IPv4 address");
	refused("--network a:ip6=10.0.0.1", "is not an IPv6 address");
	refused("--network a:mac=xx", "--network …:mac 'xx' is not a MAC address");
	refused("--network a:priority=high", "'high' is not a number");
	refused("--ip x", "--ip 'x' is not an IPv4 address");
	refused("--mac-address x", "--mac-address 'x'");
	refused("-p 80:x", "--publish: ");
	refused("-p 70000", "--publish: ");
	refused("--dns=", "--dns wants a value");
	refused("--label =b", "--label '=b' is not KEY=VALUE");
}

static void connect_takes_settings_of_one_network(void **state)
{
	(void)state;
	body_is(container_args_endpoint,
		"network connect n c --ip 10.0.0.2 --alias a --link db --driver-opt k=v --ifname "
		"x0 "
		"--gw-priority 7",
		"{\"Aliases\":[\"a\"],\"Links\":[\"db\"],\"IPAMConfig\":{\"IPv4Address\":\"10.0.0."
		"2\"},"
		"\"DriverOpts\":{\"k\":\"v\",\"com.docker.network.endpoint.ifname\":\"x0\"},"
		"\"GwPriority\":7}");
	body_is(container_args_endpoint,
		"network connect n c --service web --service db --driver-opt netd.service=old",
		"{\"DriverOpts\":{\"netd.service\":\"old,web,db\"}}");
	body_is(container_args_endpoint,
		"network connect n c --route 10.9.0.0/16,10.20.0.9,50 --route fd09::/64=fd00::9 "
		"--route 10.8.0.0/16,blackhole --metric 200 --no-default-route "
		"--host-interface-name web0 --driver-opt org.netd.endpoint.routes=10.7.0.0/16",
		"{\"DriverOpts\":{\"org.netd.endpoint.routes\":\"10.7.0.0/16,10.9.0.0/16 via "
		"10.20.0.9 metric 50,fd09::/64 via fd00::9,blackhole 10.8.0.0/16\","
		"\"org.netd.endpoint.metric\":\"200\",\"org.netd.endpoint.default-route\":"
		"\"false\",\"org.netd.endpoint.host-ifname\":\"web0\"}}");
	body_refused(container_args_endpoint, "network connect n c --route 10.9.0.0/16",
		     "--route '10.9.0.0/16' is not DESTINATION,GATEWAY[,METRIC]");
	body_refused(container_args_endpoint, "network connect n c --route 10.9.0.0/16,fd00::1",
		     "--route '10.9.0.0/16,fd00::1' is not");
	body_refused(container_args_endpoint, "network connect n c --route 10.9.0.0/16,10.0.0.1,x",
		     "is not DESTINATION,GATEWAY[,METRIC]");
	body_refused(container_args_endpoint, "network connect n c --route=", "--route '' is not");
	body_refused(container_args_endpoint, "network connect n c --service a_b!", "service");
	body_refused(container_args_endpoint, "network connect n c --gw-priority 9999999999",
		     "--gw-priority '9999999999' is not a number");
	body_refused(container_args_endpoint, "network connect n c --gw-priority 1x",
		     "is not a number");
}

static void texts_of_ports_become_bindings(void **state)
{
	static const char *const good[] = { "80:8080/udp", NULL }, *const bad[] = { "x", NULL };
	json_t *bindings = NULL;
	struct error error;
	char *text;

	(void)state;
	assert_int_equal(container_args_ports(good, &bindings, &error), 0);
	text = json_dumps(bindings, JSON_COMPACT);
	assert_string_equal(text, "{\"8080/udp\":[{\"HostIp\":\"\",\"HostPort\":\"80\"}]}");
	free(text);
	json_decref(bindings);
	assert_int_equal(container_args_ports(bad, &bindings, &error), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_it_is_the_network_bridge),
		cmocka_unit_test(networks_keep_their_order_and_settings),
		cmocka_unit_test(options_of_one_network_are_those_of_the_first),
		cmocka_unit_test(ports_become_dockers_bindings),
		cmocka_unit_test(names_and_servers_are_passed_on),
		cmocka_unit_test(services_are_one_label),
		cmocka_unit_test(mistakes_name_the_option),
		cmocka_unit_test(connect_takes_settings_of_one_network),
		cmocka_unit_test(texts_of_ports_become_bindings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
