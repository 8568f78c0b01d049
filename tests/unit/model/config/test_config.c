// SPDX-License-Identifier: GPL-2.0-or-later
// test_config.c - netd.json: defaults, every key, and where an error is said to be
#include "model/config/config.h"

#include "base/limits.h"
#include "base/nearest.h"
#include "model/config/config_key.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Parses an exact-size copy without a NUL behind it. */
static int parse(const char *text, struct config *config, struct error *error)
{
	size_t len = strlen(text);
	char *exact = malloc(len ? len : 1);
	int err;

	memcpy(exact, text, len);
	err = config_parse("netd.json", exact, len, config, error);
	free(exact);
	return err;
}

static void parse_good(const char *text, struct config *config)
{
	struct error error = { 0 };

	if (parse(text, config, &error) < 0)
		fail_msg("%s: %s", text, error.text);
}

static void expect_error(const char *text, const char *want)
{
	struct error error = { 0 };
	struct config config = { .mtu = 77 };

	assert_int_equal(parse(text, &config, &error), -EINVAL);
	assert_string_equal(error.text, want);
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_int_equal(config.mtu, 77); /* written on success only */
}

/* The error of the one value that a file {"key": value} has. */
static void expect_refused(const char *key, const char *value, const char *want)
{
	char text[8192], sentence[1024];

	(void)snprintf(text, sizeof(text), "{\"%s\": %s}", key, value);
	(void)snprintf(sentence, sizeof(sentence), "netd.json:1:2: %s: %s", key, want);
	expect_error(text, sentence);
}

static void expect_accepted(const char *key, const char *value)
{
	struct config config;
	char text[8192];

	(void)snprintf(text, sizeof(text), "{\"%s\": %s}", key, value);
	parse_good(text, &config);
	config_done(&config);
}

static void check_defaults(const struct config *config)
{
	assert_null(config->host);
	assert_false(addr_is_set(&config->bip[FAMILY_4].addr) ||
		     addr_is_set(&config->bip[FAMILY_6].addr));
	assert_false(addr_is_set(&config->fixed[FAMILY_4].addr) ||
		     addr_is_set(&config->default_bind4));
	assert_int_equal(config->n_bases + config->n_dns + config->n_dns_search +
				 config->n_dns_options + config->n_host_gateway,
			 0);
	assert_int_equal(config->mtu, 0);
	assert_true(config->icc && config->ip_masq && config->ip_forward);
	assert_false(config->ipv6 || config->dns_forward_single);
	assert_int_equal(config->dns_ttl_s, DNS_TTL_LOCAL_S);
	assert_int_equal(config->log_level, LOG_LEVEL_INFO);
	assert_string_equal(config->resolver_user, "_netd-resolver");
	assert_string_equal(config->socket_group, "netd");
	assert_null(config->metrics_addr);
}

static void nothing_said_is_all_defaults(void **state)
{
	static const char *const texts[] = { "", " \r\n\t", "{}", "\n{\n}\n" };
	struct config config;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		parse_good(texts[i], &config);
		check_defaults(&config);
		config_done(&config);
	}
	assert_int_equal(config_init(&config), 0);
	check_defaults(&config);
	config_done(&config);
	config_done(&config); /* of what is zeroed */
}

static void every_key_lands_where_it_belongs(void **state)
{
	struct config config;

	(void)state;
	parse_good(
		"{\"hosts\": [\"unix:///run/x.sock\"], \"bip\": \"10.9.0.1/16\",\n"
		" \"bip6\": \"fd09::1/64\", \"fixed-cidr\": \"10.9.1.0/24\",\n"
		" \"fixed-cidr-v6\": \"fd09::/80\",\n"
		" \"default-address-pools\": [{\"base\": \"10.0.0.0/8\", \"size\": 24},\n"
		"   {\"size\": 64, \"base\": \"fd00::/48\"}],\n"
		" \"dns\": [\"1.1.1.1\", \"::1\"], \"dns-search\": [\"example.org\"],\n"
		" \"dns-opts\": [\"ndots:2\", \"edns0\"], \"mtu\": 1400, \"icc\": false,\n"
		" \"ip-masq\": false, \"ip-forward\": false, \"ipv6\": true,\n"
		" \"ip\": \"127.0.0.1\", \"host-gateway-ips\": [\"10.0.0.1\", \"fd00::1\"],\n"
		" \"dns-ttl\": 60, \"dns-forward-single-label\": true, \"log-level\": \"debug\",\n"
		" \"metrics-addr\": \"\", \"resolver-user\": \"nobody\", \"group\": \"docker\"}",
		&config);
	assert_string_equal(config.host, "unix:///run/x.sock");
	assert_string_equal(PREFIX_STR(&config.bip[FAMILY_4]), "10.9.0.1/16");
	assert_string_equal(PREFIX_STR(&config.bip[FAMILY_6]), "fd09::1/64");
	assert_string_equal(PREFIX_STR(&config.fixed[FAMILY_4]), "10.9.1.0/24");
	assert_string_equal(PREFIX_STR(&config.fixed[FAMILY_6]), "fd09::/80");
	assert_int_equal(config.n_bases, 2);
	assert_string_equal(PREFIX_STR(&config.bases[1].base), "fd00::/48");
	assert_int_equal(config.bases[1].size, 64);
	assert_int_equal(config.n_dns, 2);
	assert_string_equal(config.dns[1], "::1");
	assert_string_equal(config.dns_search[0], "example.org");
	assert_int_equal(config.n_dns_options, 2);
	assert_string_equal(config.dns_options[1], "edns0");
	assert_int_equal(config.mtu, 1400);
	assert_false(config.icc || config.ip_masq || config.ip_forward);
	assert_true(config.ipv6 && config.dns_forward_single);
	assert_string_equal(ADDR_STR(&config.default_bind4), "127.0.0.1");
	assert_int_equal(config.n_host_gateway, 2);
	assert_int_equal(config.dns_ttl_s, 60);
	assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
	assert_string_equal(config.resolver_user, "nobody");
	assert_string_equal(config.socket_group, "docker");
	config_done(&config);
}

#define IN(member) offsetof(struct config, member), sizeof(((struct config *)NULL)->member)

/* A row for each key of netd.json: a value and the member that it changes, and a value that is
 * refused. */
static const struct row {
	const char *key, *good;
	size_t offset, size; /* size 0: what is taken asks for nothing */
	const char *bad, *words;
} rows[] = {
	{ "hosts", "[\"unix:///run/x.sock\"]", IN(host), "[]",
	  "an array of one unix:// address is wanted" },
	{ "bip", "\"10.9.0.1/16\"", IN(bip[FAMILY_4]), "7", "a string is wanted" },
	{ "bip6", "\"fd09::1/64\"", IN(bip[FAMILY_6]), "7", "a string is wanted" },
	{ "fixed-cidr", "\"172.17.9.0/24\"", IN(fixed[FAMILY_4]), "7", "a string is wanted" },
	{ "fixed-cidr-v6", "\"fd09::/80\"", IN(fixed[FAMILY_6]), "7", "a string is wanted" },
	{ "default-address-pools", "[{\"base\": \"10.0.0.0/8\", \"size\": 24}]", IN(n_bases), "7",
	  "an array of {\"base\", \"size\"} is wanted" },
	{ "dns", "[\"1.1.1.1\"]", IN(n_dns), "7", NULL },
	{ "dns-search", "[\"example.org\"]", IN(n_dns_search), "7", NULL },
	{ "dns-opts", "[\"ndots:2\"]", IN(n_dns_options), "7", NULL },
	{ "mtu", "1400", IN(mtu), "20", "a number from 68 to 65535 is wanted" },
	{ "icc", "false", IN(icc), "7", NULL },
	{ "ip-masq", "false", IN(ip_masq), "7", NULL },
	{ "ip-forward", "false", IN(ip_forward), "7", NULL },
	{ "ipv6", "true", IN(ipv6), "7", NULL },
	{ "ip", "\"127.0.0.1\"", IN(default_bind4), "\"::1\"",
	  "\"::1\" is not an IPv4 address to listen on" },
	{ "host-gateway-ip", "\"10.0.0.1\"", IN(n_host_gateway), "7", NULL },
	{ "host-gateway-ips", "[\"10.0.0.1\"]", IN(n_host_gateway), "7", NULL },
	{ "dns-ttl", "60", IN(dns_ttl_s), "-1", NULL },
	{ "dns-forward-single-label", "true", IN(dns_forward_single), "7", NULL },
	{ "certificate-lifetime", "3600", IN(certificate_s), "29",
	  "a number from 30 to 315360000 is wanted" },
	{ "log-level", "\"debug\"", IN(log_level), "\"loud\"",
	  "\"loud\" is none of debug, info, warn, error" },
	{ "metrics-addr", "\":9323\"", IN(metrics_addr), "\"web:9\"",
	  "\"web:9\" is no address and port such as \"127.0.0.1:9323\" or \"[::1]:9323\"" },
	{ "metrics-drops", "true", IN(metrics_drops), "7", NULL },
	{ "trace-for-group", "true", IN(trace_for_group), "7", NULL },
	{ "resolver-user", "\"nobody\"", IN(resolver_user), "7", NULL },
	{ "group", "\"docker\"", IN(socket_group), "7", NULL },
};

static const struct row *row_of(const char *key)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	fail_msg("no row for the key %s", key);
	return NULL;
}

static void each_key_changes_its_member_or_is_refused_by_its_name(void **state)
{
	struct config plain, config;
	struct error error;
	char text[256], begin[64];

	(void)state;
	assert_int_equal(config_init(&plain), 0);
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct row *row = row_of(config_keys[i].name);

		(void)snprintf(text, sizeof(text), "{\"%s\": %s}", row->key, row->good);
		parse_good(text, &config);
		if (row->size > 0 && memcmp((char *)&config + row->offset,
					    (char *)&plain + row->offset, row->size) == 0)
			fail_msg("%s changes nothing", text);
		config_done(&config);
		(void)snprintf(text, sizeof(text), "{\"%s\": %s}", row->key, row->bad);
		(void)snprintf(begin, sizeof(begin), "netd.json:1:2: %s: ", row->key);
		error = (struct error) { 0 };
		assert_int_equal(parse(text, &config, &error), -EINVAL);
		assert_memory_equal(error.text, begin, strlen(begin));
		assert_true(!row->words || strstr(error.text, row->words));
	}
	config_done(&plain);
}

static void broken_json_is_located(void **state)
{
	(void)state;
	expect_error("{\n \"mtu\": }", "netd.json:2:9: unexpected token near '}'");
	expect_error("{\"mtu\": 1500", "netd.json:1:12: '}' expected near end of file");
	expect_error("[]", "netd.json:1:1: the file must be an object");
	expect_error("{} x", "netd.json:1:4: end of file expected near 'x'");
	expect_error("{\"mtu\": 1, \"mtu\": 2}",
		     "netd.json:1:16: duplicate object key near '\"mtu\"'");
}

static void an_error_points_at_its_key(void **state)
{
	(void)state;
	expect_error("{\n  \"icc\": true,\n  \"mtu\": \"big\"\n}",
		     "netd.json:3:3: mtu: a number from 68 to 65535 is wanted");
	/* not at the value that reads the same, nor at a key further inside */
	expect_error("{\"group\": \"mtu\",\n \"dns-search\": [\"mtu\"],\n\"mtu\": 1}",
		     "netd.json:3:1: mtu: a number from 68 to 65535 is wanted");
	expect_error(
		"{\"default-address-pools\": [],\n \"log-level\": \"\\\"mtu\\\", {[\",\n"
		" \"mtu\": 1}",
		"netd.json:2:2: log-level: \"\"mtu\", {[\" is none of debug, info, warn, error");
	/* a key spelt with escapes cannot be found: the object is named */
	expect_error("{\n\"\\u006dtu\": 1}",
		     "netd.json:1:1: mtu: a number from 68 to 65535 is wanted");
	expect_error("{\"fixed-cidr\": \"10.1.0.0/24\",\n\"bip\": \"10.2.0.1/24\"}",
		     "netd.json:1:2: fixed-cidr: 10.1.0.0/24 is not within bip 10.2.0.1/24");
}

static void an_unknown_key_gets_the_nearest_known_one(void **state)
{
	static const char *const cases[][2] = {
		{ "mtuu", "mtu" },
		{ "ip_masq", "ip-masq" },
		{ "dns-serach", "dns-search" },
		{ "Ipv6", "ipv6" },
		{ "default-address-pool", "default-address-pools" },
		{ "dns-options", "dns-opts" },
		{ "host", "hosts" },
	};
	char text[1024], want[1024], long_key[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text), "{\n\t\"%s\": 1}", cases[i][0]);
		(void)snprintf(want, sizeof(want),
			       "netd.json:2:2: unknown key \"%s\"; did you mean \"%s\"?",
			       cases[i][0], cases[i][1]);
		expect_error(text, want);
	}
	expect_error("{\"storage-driver\": \"overlay2\"}",
		     "netd.json:1:2: unknown key \"storage-driver\"");
	memset(long_key, 'm', 300);
	long_key[300] = '\0';
	(void)snprintf(text, sizeof(text), "{\"%s\": 1}", long_key);
	(void)snprintf(want, sizeof(want), "netd.json:1:2: unknown key \"%s\"", long_key);
	expect_error(text, want);
}

static void every_known_key_fits_the_search_for_the_nearest(void **state)
{
	(void)state;
	for (size_t i = 0; i < config_keys_n; i++)
		assert_true(strlen(config_keys[i].name) <= NEAREST_LEN_MAX);
}

static void only_a_unix_socket_is_listened_on(void **state)
{
	char value[512], want[1024], path[128];

	(void)state;
	expect_refused("hosts", "[\"tcp://0.0.0.0:2375\"]",
		       "\"tcp://0.0.0.0:2375\": netd listens on a unix socket only; from another "
		       "machine use -H ssh://USER@HOST");
	expect_refused("hosts", "[]", "an array of one unix:// address is wanted");
	expect_refused("hosts", "\"unix:///x\"", "an array of one unix:// address is wanted");
	expect_refused("hosts", "[\"unix:///x\", \"unix:///y\"]",
		       "an array of one unix:// address is wanted");
	expect_refused("hosts", "[1]", "a string is wanted");
	expect_refused("hosts", "[\"unix://x\"]",
		       "\"unix://x\" is not unix:// and an absolute path");
	expect_refused("hosts", "[\"fd://\"]", "\"fd://\" is not unix:// and an absolute path");
	memset(path, 'p', sizeof(path));
	path[0] = '/';
	path[107] = '\0'; /* sun_path is 108 with its NUL */
	(void)snprintf(value, sizeof(value), "[\"unix://%s\"]", path);
	expect_accepted("hosts", value);
	(void)snprintf(value, sizeof(value), "[\"unix://%sx\"]", path);
	(void)snprintf(want, sizeof(want), "\"unix://%sx\" is too long for a unix socket", path);
	expect_refused("hosts", value, want);
}

static void values_of_the_wrong_type_are_refused(void **state)
{
	static const char *const bools[] = {
		"icc",		 "ip-masq",	   "ip-forward", "ipv6", "dns-forward-single-label",
		"metrics-drops", "trace-for-group"
	};
	static const char *const texts[] = { "bip",  "bip6",	  "fixed-cidr",	  "fixed-cidr-v6",
					     "ip",   "log-level", "metrics-addr", "resolver-user",
					     "group" };
	static const char *const lists[] = { "dns", "dns-search", "dns-opts", "host-gateway-ip" };

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		expect_refused(bools[i], "1", "true or false is wanted");
		expect_refused(bools[i], "\"true\"", "true or false is wanted");
		expect_refused(bools[i], "null", "true or false is wanted");
	}
	for (size_t i = 0; i < 9; i++)
		expect_refused(texts[i], "1", "a string is wanted");
	for (size_t i = 0; i < 4; i++) {
		expect_refused(lists[i], "{}", "an array of strings is wanted");
		expect_refused(lists[i], "[1]", "a string is wanted");
	}
	expect_refused("default-address-pools", "{}", "an array of {\"base\", \"size\"} is wanted");
	expect_refused("resolver-user", "\"\"", "must not be empty");
}

static void numbers_are_held_to_their_limits(void **state)
{
	(void)state;
	expect_accepted("mtu", "0");
	expect_accepted("mtu", "68");
	expect_accepted("mtu", "65535");
	expect_refused("mtu", "67", "a number from 68 to 65535 is wanted");
	expect_refused("mtu", "65536", "a number from 68 to 65535 is wanted");
	expect_refused("mtu", "-1", "a number from 68 to 65535 is wanted");
	expect_refused("mtu", "1500.0", "a number from 68 to 65535 is wanted");
	expect_refused("mtu", "4294968796", "a number from 68 to 65535 is wanted");
	expect_accepted("dns-ttl", "0");
	expect_accepted("dns-ttl", "3600");
	expect_refused("dns-ttl", "3601", "a number from 0 to 3600 is wanted");
	expect_accepted("certificate-lifetime", "30");
	expect_accepted("certificate-lifetime", "315360000");
	expect_refused("certificate-lifetime", "315360001",
		       "a number from 30 to 315360000 is wanted");
	expect_error("{\"ipv6\": true, \"mtu\": 1279}",
		     "netd.json:1:16: mtu: at least 1280 is wanted with ipv6");
	expect_error("{\"mtu\": 1279, \"ipv6\": true}",
		     "netd.json:1:2: mtu: at least 1280 is wanted with ipv6");
}

static void addresses_of_the_bridge_are_checked(void **state)
{
	(void)state;
	expect_refused("bip", "\"10.1.0.0/16\"",
		       "10.1.0.0/16 is not an address that a bridge can have");
	expect_refused("bip", "\"10.1.255.255/16\"",
		       "10.1.255.255/16 is not an address that a bridge can have");
	expect_refused("bip", "\"10.1.0.1\"",
		       "\"10.1.0.1\" is not an IPv4 prefix such as 10.1.0.0/16");
	expect_refused("bip", "\"fd00::1/64\"",
		       "\"fd00::1/64\" is not an IPv4 prefix such as 10.1.0.0/16");
	expect_refused("bip6", "\"fd00::/64\"",
		       "fd00::/64 is not an address that a bridge can have");
	expect_refused("bip6", "\"10.1.0.1/16\"",
		       "\"10.1.0.1/16\" is not an IPv6 prefix such as fd00::/64");
	expect_refused("bip", "\"10.1.0.1/0\"",
		       "10.1.0.1/0 is not an address that a bridge can have");
	expect_refused("fixed-cidr", "\"10.1.0.1/24\"", "10.1.0.1/24 should be 10.1.0.0/24");
	expect_refused("fixed-cidr", "\"0.0.0.0/0\"", "0.0.0.0/0 is everything there is");
	expect_refused("bip", "\"127.0.0.1/8\"",
		       "127.0.0.1/8 is not an address that a bridge can have");
	expect_refused("bip6", "\"ff02::1/64\"",
		       "ff02::1/64 is not an address that a bridge can have");
	expect_refused("fixed-cidr-v6", "\"ff00::/64\"",
		       "ff00::/64 holds multicast addresses, which no interface can have");
	expect_refused("default-address-pools", "[{\"base\": \"127.0.0.0/8\", \"size\": 24}]",
		       "base: 127.0.0.0/8 holds loopback addresses, which no interface can have");
	expect_accepted("fixed-cidr-v6", "\"fd00::/64\""); /* alone it is the subnet */
	expect_accepted("fixed-cidr",
			"\"172.17.0.0/16\""); /* in the subnet that is there without bip */
	expect_refused(
		"fixed-cidr", "\"10.1.0.0/24\"",
		"10.1.0.0/24 is not within 172.17.0.0/16, which network bridge has without bip: "
		"set bip to the address of the bridge in the subnet that this is a part of");
	expect_refused(
		"fixed-cidr", "\"172.16.0.0/12\"",
		"172.16.0.0/12 is not within 172.17.0.0/16, which network bridge has without bip: "
		"set bip to the address of the bridge in the subnet that this is a part of");
	expect_error("{\"fixed-cidr\": \"172.17.1.0/24\", \"bip\": \"10.2.0.1/24\"}",
		     "netd.json:1:2: fixed-cidr: 172.17.1.0/24 is not within bip 10.2.0.1/24");
	expect_error("{\"bip6\": \"fd00::1/64\", \"fixed-cidr-v6\": \"fd00::/48\"}",
		     "netd.json:1:24: fixed-cidr-v6: fd00::/48 is not within bip6 fd00::1/64");
	expect_error("{\"bip6\": \"fd00::1/64\", \"fixed-cidr-v6\": \"fd01::/64\"}",
		     "netd.json:1:24: fixed-cidr-v6: fd01::/64 is not within bip6 fd00::1/64");
}

static void pools_are_checked(void **state)
{
	char value[8192] = "[", *at = value + 1;

	(void)state;
	expect_refused("default-address-pools", "[{\"base\": \"10.0.0.0/8\"}]",
		       "an entry must be {\"base\": \"10.0.0.0/8\", \"size\": 24}");
	expect_refused("default-address-pools",
		       "[{\"base\": \"10.0.0.0/8\", \"size\": 24, \"x\": 1}]",
		       "an entry must be {\"base\": \"10.0.0.0/8\", \"size\": 24}");
	expect_refused("default-address-pools", "[[]]",
		       "an entry must be {\"base\": \"10.0.0.0/8\", \"size\": 24}");
	expect_refused("default-address-pools", "[{\"base\": \"10.0.0.0/8\", \"size\": 7}]",
		       "size of 10.0.0.0/8: a number from 8 to 32 is wanted");
	expect_refused("default-address-pools", "[{\"base\": \"10.0.0.0/8\", \"size\": 33}]",
		       "size of 10.0.0.0/8: a number from 8 to 32 is wanted");
	expect_refused("default-address-pools", "[{\"base\": \"fd00::/48\", \"size\": 129}]",
		       "size of fd00::/48: a number from 48 to 128 is wanted");
	expect_refused("default-address-pools", "[{\"base\": \"10.0.0.1/8\", \"size\": 24}]",
		       "base: 10.0.0.1/8 should be 10.0.0.0/8");
	expect_refused("default-address-pools", "[{\"base\": \"x\", \"size\": 24}]",
		       "base: \"x\" is not an IP prefix such as 10.1.0.0/16");
	for (int i = 0; i <= CONFIG_POOLS_MAX; i++) {
		if (i > 0)
			*at++ = ',';
		at += sprintf(at, "{\"base\":\"10.0.0.0/8\",\"size\":9}");
		if (i + 1 < CONFIG_POOLS_MAX)
			continue;
		(void)strcpy(at, "]");
		if (i + 1 == CONFIG_POOLS_MAX)
			expect_accepted("default-address-pools", value);
		else
			expect_refused("default-address-pools", value,
				       "at most 256 pools are taken");
	}
}

static void lists_are_held_to_their_limits_and_syntax(void **state)
{
	char value[2048] = "";

	(void)state;
	for (int n = 1; n <= DNS_SERVERS_MAX + 1; n++) {
		(void)strcat(value, n == 1 ? "[\"1.1.1.1\"" : ",\"1.1.1.1\"");
		if (n < DNS_SERVERS_MAX)
			continue;
		(void)strcat(value, "]");
		if (n == DNS_SERVERS_MAX)
			expect_accepted("dns", value);
		else
			expect_refused("dns", value, "at most 8 entries are taken");
		value[strlen(value) - 1] = '\0';
	}
	expect_refused("dns", "[\"1.1.1.1\", \"one.one\"]", "\"one.one\" is not an IP address");
	expect_refused("dns-search", "[\"a b\"]", "\"a b\" must be one word");
	expect_refused("dns-search", "[\"a\\nnameserver 6.6.6.6\"]",
		       "\"a\nnameserver 6.6.6.6\" must be one word");
	expect_refused("dns-opts", "[\"\"]", "an entry must not be empty");
	expect_accepted("host-gateway-ip", "\"10.0.0.1\"");
	expect_accepted("host-gateway-ip", "[\"10.0.0.1\"]");
	expect_refused("host-gateway-ip", "\"here\"", "\"here\" is not an IP address");
	expect_refused("host-gateway-ips", "[\"1.1.1.1\", \"::1\", \"::2\"]",
		       "at most 2 entries are taken");
}

/* Docker's two spellings set the same thing; the second must not leak the first. */
static void the_last_of_two_keys_for_one_thing_holds(void **state)
{
	struct config config;

	(void)state;
	parse_good("{\"host-gateway-ip\": \"10.0.0.1\", \"host-gateway-ips\": [\"10.0.0.2\"]}",
		   &config);
	assert_int_equal(config.n_host_gateway, 1);
	assert_string_equal(config.host_gateway[0], "10.0.0.2");
	config_done(&config);
}

static void any_address_is_no_default_for_publishing(void **state)
{
	struct config config;

	(void)state;
	parse_good("{\"ip\": \"0.0.0.0\"}", &config);
	assert_false(addr_is_set(&config.default_bind4));
	config_done(&config);
	expect_accepted("ip", "\"::\"");
	expect_refused("ip", "\"::1\"", "\"::1\" is not an IPv4 address to listen on");
	expect_refused("ip", "\"224.0.0.1\"", "\"224.0.0.1\" is not an IPv4 address to listen on");
	expect_refused("ip", "\"\"", "\"\" is not an IPv4 address to listen on");
}

static void metrics_are_served_where_it_says(void **state)
{
	(void)state;
	expect_accepted("metrics-addr", "\"\"");
	expect_accepted("metrics-addr", "\"[::1]:9323\"");
	expect_refused("metrics-addr", "\"127.0.0.1\"",
		       "\"127.0.0.1\" is no address and port such as \"127.0.0.1:9323\" or "
		       "\"[::1]:9323\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_said_is_all_defaults),
		cmocka_unit_test(every_key_lands_where_it_belongs),
		cmocka_unit_test(each_key_changes_its_member_or_is_refused_by_its_name),
		cmocka_unit_test(broken_json_is_located),
		cmocka_unit_test(an_error_points_at_its_key),
		cmocka_unit_test(an_unknown_key_gets_the_nearest_known_one),
		cmocka_unit_test(every_known_key_fits_the_search_for_the_nearest),
		cmocka_unit_test(only_a_unix_socket_is_listened_on),
		cmocka_unit_test(values_of_the_wrong_type_are_refused),
		cmocka_unit_test(numbers_are_held_to_their_limits),
		cmocka_unit_test(addresses_of_the_bridge_are_checked),
		cmocka_unit_test(pools_are_checked),
		cmocka_unit_test(lists_are_held_to_their_limits_and_syntax),
		cmocka_unit_test(the_last_of_two_keys_for_one_thing_holds),
		cmocka_unit_test(any_address_is_no_default_for_publishing),
		cmocka_unit_test(metrics_are_served_where_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
