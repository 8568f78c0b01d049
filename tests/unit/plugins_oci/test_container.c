// SPDX-License-Identifier: GPL-2.0-or-later
// test_container.c - annotations to the request netd is sent
#include "plugins/oci/container.h"

#include "base/cleanup.h"
#include "model/request/request.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct error error;

struct given {
	struct oci_state state;
	struct oci_bundle bundle;
};

/* annotations: the inside of a JSON object in single quotes. */
static void given_init(struct given *given, const char *id, const char *annotations)
{
	json_t *json = json_pack("{s:s, s:s, s:i}", "id", id, "bundle", "/run/b", "pid", 77);
	_cleanup_free_ char *text = NULL, *inside = strdup(annotations);

	for (char *c = inside; *c; c++)
		if (*c == '\'')
			*c = '"';
	assert_true(asprintf(&text, "{%s}", inside) > 0);
	assert_int_equal(json_object_set_new(json, "annotations", json_loads(text, 0, NULL)), 0);
	free(text);
	text = json_dumps(json, 0);
	json_decref(json);
	assert_int_equal(oci_state_decode(text, strlen(text), &given->state, &error), 0);
	text[0] = '\0';
	given->bundle = (struct oci_bundle) { .netns = OCI_NETNS_NEW,
					      .root = strdup("/r"),
					      .hostname = strdup("box") };
}

static void given_done(struct given *given)
{
	oci_state_done(&given->state);
	oci_bundle_done(&given->bundle);
}

/* Compares with what is wanted, given as JSON in single quotes; labels and id are left out. */
static void body_is(const char *id, const char *annotations, const char *wanted)
{
	_cleanup_free_ char *text = strdup(wanted), *got = NULL;
	json_auto_t *body = NULL, *expected = NULL;
	struct container_spec spec;
	struct given given;

	given_init(&given, id, annotations);
	if (oci_container_body(&given.state, &given.bundle, &body, &error) < 0)
		fail_msg("refused: %s", error.text);
	/* netd takes it. */
	assert_int_equal(request_container(body, &spec, &error), 0);
	container_spec_done(&spec);
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	expected = json_loads(text, 0, NULL);
	assert_non_null(expected);
	(void)json_object_del(body, "Labels");
	(void)json_object_del(body, "Id");
	for (const char *const *empty = (const char *const[]) { "Links", "ExtraHosts", "Dns",
								"DnsSearch", "DnsOptions", NULL };
	     *empty; empty++)
		if (json_array_size(json_object_get(body, *empty)) == 0)
			(void)json_object_del(body, *empty);
	got = json_dumps(body, JSON_SORT_KEYS);
	if (!json_equal(body, expected))
		fail_msg("got %s\nwanted %s", got, text);
	given_done(&given);
}

static void refused(const char *annotations, const char *word)
{
	json_t *body = NULL;
	struct given given;

	given_init(&given, "web", annotations);
	error = (struct error) { 0 };
	assert_int_equal(oci_container_body(&given.state, &given.bundle, &body, &error), -EINVAL);
	assert_null(body);
	if (!strstr(error.text, word))
		fail_msg("no \"%s\" in: %s", word, error.text);
	given_done(&given);
}

#define PLAIN(name, networks)                                                                      \
	"{'Name': '" name "', 'Pid': 77, 'Hostname': 'box', 'Networks': [" networks "]}"
#define NETWORK(name) "{'Name': '" name "', 'IPAMConfig': {}, 'Aliases': []}"

static void without_annotations_it_is_the_default_network(void **state)
{
	(void)state;
	body_is("web", "", PLAIN("web", NETWORK("bridge")));
	body_is("web", "'netd.network': 'blue'", PLAIN("web", NETWORK("blue")));
	body_is("web", "'netd.network': ' blue,green\\tred'",
		PLAIN("web", NETWORK("blue") "," NETWORK("green") "," NETWORK("red")));
}

static void the_name_is_the_annotation_else_the_id_where_that_can_be_one(void **state)
{
	(void)state;
	body_is("web", "'netd.name': 'shop'", PLAIN("shop", NETWORK("bridge")));
	body_is("+web", "", "{'Pid': 77, 'Hostname': 'box', 'Networks': [" NETWORK("bridge") "]}");
	body_is("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "",
		"{'Pid': 77, 'Hostname': 'box', 'Networks': [" NETWORK("bridge") "]}");
	refused("'netd.name': '-x'", "netd.name");
	refused("'netd.name': ''", "netd.name");
}

static void settings_are_the_first_networks_or_the_one_they_name(void **state)
{
	(void)state;
	body_is("web",
		"'netd.network': 'blue,green', 'netd.ip': '10.0.0.5,fd00::5', "
		"'netd.mac': '02:00:00:00:00:01', 'netd.ip.green': '10.1.0.5', "
		"'netd.interface.green': 'lan0', 'netd.aliases': 'a b', 'netd.aliases.green': 'c'",
		PLAIN("web",
		      "{'Name': 'blue', 'IPAMConfig': {'IPv4Address': '10.0.0.5', 'IPv6Address': "
		      "'fd00::5'}, 'MacAddress': '02:00:00:00:00:01', 'Aliases': ['a', 'b']}, "
		      "{'Name': 'green', 'IPAMConfig': {'IPv4Address': '10.1.0.5'}, 'DriverOpts': "
		      "{'com.docker.network.endpoint.ifname': 'lan0'}, 'Aliases': ['a', 'b', "
		      "'c']}"));
	body_is("web", "'netd.network': 'blue', 'netd.ip': '1.2.3.4', 'netd.ip.blue': '10.0.0.6'",
		PLAIN("web", "{'Name': 'blue', 'IPAMConfig': {'IPv4Address': '10.0.0.6'}, "
			     "'Aliases': []}"));
	refused("'netd.ip': '10.0.0.5,10.0.0.6'", "10.0.0.6 is the second");
	refused("'netd.network': 'blue', 'netd.ip.green': '10.0.0.5'", "netd.ip.green");
	refused("'netd.network': 'blue', 'netd.ip.': '10.0.0.5'", "netd.ip.");
}

static void ports_are_written_as_with_p(void **state)
{
	(void)state;
	body_is("web", "'netd.ports': '8080:80, 127.0.0.1:53:53/udp 81'",
		"{'Name': 'web', 'Pid': 77, 'Hostname': 'box', 'Networks': [" NETWORK(
			"bridge") "], "
				  "'PortBindings': {'80/tcp': [{'HostIp': '', 'HostPort': "
				  "'8080'}], '53/udp': "
				  "[{'HostIp': '127.0.0.1', 'HostPort': '53'}], '81/tcp': "
				  "[{'HostIp': '', "
				  "'HostPort': ''}]}}");
	refused("'netd.ports': 'x'", "netd.ports");
	refused("'netd.ports': '80:80/icmp'", "netd.ports");
}

static void names_and_servers_go_where_docker_has_them(void **state)
{
	(void)state;
	body_is("web",
		"'netd.hostname': 'h', 'netd.domainname': 'd.org', 'netd.dns': '192.0.2.1', "
		"'netd.dns-search': 'x.org,y.org', 'netd.dns-options': 'ndots:2', "
		"'netd.extra-hosts': 'db:192.0.2.2', 'netd.links': 'db:data'",
		"{'Name': 'web', 'Pid': 77, 'Hostname': 'h', 'Domainname': 'd.org', 'Networks': "
		"[" NETWORK("bridge") "], 'Dns': ['192.0.2.1'], 'DnsSearch': ['x.org', 'y.org'], "
				      "'DnsOptions': ['ndots:2'], 'ExtraHosts': ['db:192.0.2.2'], "
				      "'Links': ['db:data']}");
}

static void an_annotation_of_ours_that_is_not_known_is_refused(void **state)
{
	(void)state;
	refused("'netd.prots': '80:80'", "netd.prots is not known");
	refused("'netd.': ''", "netd. is not known");
	refused("'netd.network.blue': ''", "netd.network.blue is not known");
	refused("'netd.ipx': '1.2.3.4'", "netd.ipx is not known");
}

/* Each with a value, and where it shows in what netd is asked for. */
static const struct row {
	const char *key, *value, *shows;
} rows[] = {
	{ "network", "blue", "{\"Name\":\"blue\"" },
	{ "name", "shop", "\"Name\":\"shop\"" },
	{ "hostname", "h", "\"Hostname\":\"h\"" },
	{ "domainname", "d.org", "\"Domainname\":\"d.org\"" },
	{ "ports", "8080:80", "\"HostPort\":\"8080\"" },
	{ "links", "db:data", "\"Links\":[\"db:data\"]" },
	{ "extra-hosts", "db:192.0.2.2", "\"ExtraHosts\":[\"db:192.0.2.2\"]" },
	{ "dns", "192.0.2.1", "\"Dns\":[\"192.0.2.1\"]" },
	{ "dns-search", "x.org", "\"DnsSearch\":[\"x.org\"]" },
	{ "dns-options", "ndots:2", "\"DnsOptions\":[\"ndots:2\"]" },
	{ "files", "hosts", NULL }, /* of the hook: oci_container_files */
	{ "ip", "10.0.0.5", "\"IPv4Address\":\"10.0.0.5\"" },
	{ "mac", "02:00:00:00:00:01", "\"MacAddress\":\"02:00:00:00:00:01\"" },
	{ "aliases", "a", "\"Aliases\":[\"a\"]" },
	{ "interface", "lan0", "\"com.docker.network.endpoint.ifname\":\"lan0\"" },
	{ "bandwidth", "in=8mbit,out=4mbit", "\"netd.bandwidth\":\"in=8mbit,out=4mbit\"" },
};

static void each_has_a_row_and_is_done(const char *const *keys)
{
	for (; *keys; keys++) {
		_cleanup_free_ char *text = NULL, *annotation = NULL, *mistyped = NULL;
		const struct row *row = rows;
		json_auto_t *body = NULL;
		struct given given;

		while (row < rows + ARRAY_SIZE(rows) && strcmp(row->key, *keys) != 0)
			row++;
		if (row == rows + ARRAY_SIZE(rows))
			fail_msg("no row for the annotation %s", *keys);
		assert_true(asprintf(&annotation, "'netd.%s': '%s'", row->key, row->value) > 0);
		given_init(&given, "web", annotation);
		assert_int_equal(oci_container_body(&given.state, &given.bundle, &body, &error), 0);
		text = json_dumps(body, JSON_COMPACT);
		if (row->shows && !strstr(text, row->shows))
			fail_msg("%s does not show in %s", annotation, text);
		given_done(&given);
		assert_true(asprintf(&mistyped, "'netd.%sx': '%s'", row->key, row->value) > 0);
		refused(mistyped, "x is not known");
	}
}

static void each_annotation_is_done_and_each_mistyped_one_is_refused(void **state)
{
	(void)state;
	each_has_a_row_and_is_done(oci_container_keys);
	each_has_a_row_and_is_done(oci_network_keys);
}

static void a_given_namespace_goes_by_its_path_and_a_new_one_needs_a_pid(void **state)
{
	json_auto_t *body = NULL;
	struct given given;

	(void)state;
	given_init(&given, "web", "");
	given.state.pid = 0;
	assert_int_equal(oci_container_body(&given.state, &given.bundle, &body, &error), -EINVAL);
	assert_non_null(strstr(error.text, "no pid"));
	given.bundle.netns = OCI_NETNS_PATH;
	given.bundle.netns_path = strdup("/run/netns/x");
	assert_int_equal(oci_container_body(&given.state, &given.bundle, &body, &error), 0);
	assert_string_equal(json_string_value(json_object_get(body, "NetnsPath")), "/run/netns/x");
	assert_null(json_object_get(body, "Pid"));
	assert_string_equal(given.bundle.netns_path, "/run/netns/x");
	given_done(&given);
}

static void a_hostname_of_the_bundle_that_is_no_name_is_left_out(void **state)
{
	json_auto_t *body = NULL;
	struct given given;

	(void)state;
	given_init(&given, "web", "");
	free(given.bundle.hostname);
	given.bundle.hostname = strdup("my box");
	assert_int_equal(oci_container_body(&given.state, &given.bundle, &body, &error), 0);
	assert_null(json_object_get(body, "Hostname"));
	given_done(&given);
}

/* What netd shows has the labels the request had. */
static void a_container_is_known_by_its_labels(void **state)
{
	json_auto_t *body = NULL, *shown = NULL;
	struct given given;

	(void)state;
	given_init(&given, "web", "");
	assert_int_equal(oci_container_body(&given.state, &given.bundle, &body, &error), 0);
	shown = json_pack("{s:{s:O}}", "Config", "Labels", json_object_get(body, "Labels"));
	assert_true(oci_container_is_ours(&given.state, shown));
	given.state.bundle = "/run/c";
	assert_false(oci_container_is_ours(&given.state, shown));
	given.state.bundle = "/run/b";
	given.state.id = "wep";
	assert_false(oci_container_is_ours(&given.state, shown));
	assert_false(oci_container_is_ours(&given.state, NULL));
	given_done(&given);
}

static void files_are(const char *annotations, bool resolv, bool hosts, bool hostname)
{
	bool wanted[OCI_FILE_N_FILES];
	struct given given;

	given_init(&given, "web", annotations);
	assert_int_equal(oci_container_files(&given.state, wanted, &error), 0);
	assert_int_equal(wanted[OCI_FILE_RESOLV_CONF], resolv);
	assert_int_equal(wanted[OCI_FILE_HOSTS], hosts);
	assert_int_equal(wanted[OCI_FILE_HOSTNAME], hostname);
	given_done(&given);
}

static void files_are_all_some_or_none(void **state)
{
	bool wanted[OCI_FILE_N_FILES];
	struct given given;

	(void)state;
	files_are("", true, true, true);
	files_are("'netd.files': 'none'", false, false, false);
	files_are("'netd.files': 'hosts,resolv.conf'", true, true, false);
	given_init(&given, "web", "'netd.files': 'hosts,none'");
	assert_int_equal(oci_container_files(&given.state, wanted, &error), -EINVAL);
	given_done(&given);
	given_init(&given, "web", "'netd.files': 'hosts,passwd'");
	assert_int_equal(oci_container_files(&given.state, wanted, &error), -EINVAL);
	given_done(&given);
}

static void joins(const char *annotations, bool wanted)
{
	struct given given;

	given_init(&given, "web", annotations);
	assert_int_equal(oci_container_joins_pod(&given.state), wanted);
	given_done(&given);
}

static void a_pods_members_are_told_from_its_sandbox(void **state)
{
	(void)state;
	joins("", false);
	joins("'io.kubernetes.cri-o.ContainerType': 'sandbox'", false);
	joins("'io.kubernetes.cri-o.ContainerType': 'container'", true);
	joins("'io.kubernetes.cri.container-type': 'container'", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_annotations_it_is_the_default_network),
		cmocka_unit_test(the_name_is_the_annotation_else_the_id_where_that_can_be_one),
		cmocka_unit_test(settings_are_the_first_networks_or_the_one_they_name),
		cmocka_unit_test(ports_are_written_as_with_p),
		cmocka_unit_test(names_and_servers_go_where_docker_has_them),
		cmocka_unit_test(an_annotation_of_ours_that_is_not_known_is_refused),
		cmocka_unit_test(each_annotation_is_done_and_each_mistyped_one_is_refused),
		cmocka_unit_test(a_given_namespace_goes_by_its_path_and_a_new_one_needs_a_pid),
		cmocka_unit_test(a_hostname_of_the_bundle_that_is_no_name_is_left_out),
		cmocka_unit_test(a_container_is_known_by_its_labels),
		cmocka_unit_test(files_are_all_some_or_none),
		cmocka_unit_test(a_pods_members_are_told_from_its_sandbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
