// SPDX-License-Identifier: GPL-2.0-or-later
// test_cluster_config.c - what a host joins with: taken, kept, and refused in words
#include "model/cluster/cluster_config.h"

#include "base/cleanup.h"
#include "base/json_read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define PEM "-----BEGIN CERTIFICATE-----\\nAA\\n-----END CERTIFICATE-----\\n"
#define FILES "\"CACert\":\"" PEM "\",\"Cert\":\"" PEM "\",\"Key\":\"" PEM "\""
#define ADDRS "\"AdvertiseAddr\":[\"192.0.2.1\",\"2001:db8::1\"],"
#define ETCD "\"Etcd\":[\"https://192.0.2.9:2379\",\"https://[2001:db8::9]:2379\"],"

static struct cluster_config config, again;

static int read_text(const char *text, struct error *error)
{
	json_auto_t *object = json_read_text(text);

	assert_non_null(object);
	return cluster_config_read(object, "here", &config, error);
}

static void what_is_taken_is_kept(void **state)
{
	json_auto_t *written = NULL;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(read_text("{" ADDRS ETCD FILES "}", &error), 0);
	assert_string_equal(config.host, "here");
	assert_string_equal(config.id, "");
	assert_false(config.joined);
	assert_string_equal(ADDR_STR(&config.addrs[FAMILY_6]), "2001:db8::1");
	assert_int_equal(config.n_members, 2);
	assert_string_equal(config.members[1], "https://[2001:db8::9]:2379");
	config.joined = true;
	memset(config.id, 'a', ID_LEN);
	written = cluster_config_write(&config);
	assert_int_equal(cluster_config_read(written, "elsewhere", &again, &error), 0);
	assert_memory_equal(&config, &again, sizeof(config));
}

static void without_an_etcd_the_members_are_this_host(void **state)
{
	json_auto_t *written = NULL, *whole = NULL;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(read_text("{" ADDRS "\"Etcd\":[]}", &error), 0);
	assert_true(config.own);
	assert_int_equal(config.n_members, 2);
	assert_string_equal(config.members[0], "https://192.0.2.1:2389");
	assert_string_equal(config.members[1], "https://[2001:db8::1]:2389");
	assert_string_equal(config.ca_key, "");
	written = cluster_config_write(&config);
	assert_int_equal(cluster_config_read(written, "elsewhere", &again, &error), 0);
	assert_memory_equal(&config, &again, sizeof(config));
	/* and when it has been made */
	assert_int_equal(read_text("{" ADDRS FILES ",\"CAKey\":\"" PEM
				   "\",\"Digest\":\"" SECRET SECRET "\",\"Secrets\":[\"" SECRET
				   "\",\"" SECRET "\"],\"Expires\":7}",
				   &error),
			 0);
	assert_string_equal(config.secret, SECRET);
	assert_int_equal(config.n_old, 1);
	assert_int_equal(config.secret_expires, 7);
	assert_true(config.own);
	assert_non_null(strstr(config.ca_key, "BEGIN"));
	whole = cluster_config_write(&config);
	assert_int_equal(cluster_config_read(whole, "elsewhere", &again, &error), 0);
	assert_memory_equal(&config, &again, sizeof(config));
}

static void a_host_that_may_serve_says_where_and_how_it_began(void **state)
{
	json_auto_t *written = NULL;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(
		read_text("{" ADDRS ETCD FILES ",\"Follows\":true,\"Serves\":\"192.0.2.1\","
			  "\"ServingCert\":\"" PEM "\",\"Seat\":\"a=https://192.0.2.9:2390,"
			  "here=https://192.0.2.1:2390\"}",
			  &error),
		0);
	assert_true(config.follows);
	assert_false(config.own);
	assert_string_equal(ADDR_STR(&config.serves), "192.0.2.1");
	assert_string_equal(config.seat, "a=https://192.0.2.9:2390,here=https://192.0.2.1:2390");
	written = cluster_config_write(&config);
	assert_int_equal(cluster_config_read(written, "elsewhere", &again, &error), 0);
	assert_memory_equal(&config, &again, sizeof(config));
	assert_false(cluster_config_is_seat(""));
	assert_false(cluster_config_is_seat("a"));
	assert_false(cluster_config_is_seat("a=https://192.0.2.9:2390 --force"));
	assert_false(cluster_config_is_member("http://192.0.2.9:2389"));
	assert_true(cluster_config_is_member("https://192.0.2.9:2389"));
}

static void who_has_made_a_cluster_knows_the_members_that_came(void **state)
{
	json_auto_t *written = NULL;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(read_text("{" ADDRS "\"Members\":[\"https://192.0.2.9:2389\","
				   "\"https://192.0.2.1:2389\"],\"Revoked\":{\"07\":0,"
				   "\"4dc9\":2112345678},\"Former\":{\"08\":2112345679}}",
				   &error),
			 0);
	assert_true(config.own);
	assert_true(config.follows);
	assert_int_equal(config.n_revoked, 2);
	assert_string_equal(config.revoked[1].serial, "4dc9");
	assert_int_equal(config.revoked[1].ends, 2112345678);
	assert_int_equal(config.n_former, 1);
	assert_string_equal(config.former[0].serial, "08");
	assert_int_equal(config.former[0].ends, 2112345679);
	assert_int_equal(config.n_members, 2);
	assert_string_equal(config.members[0], "https://192.0.2.9:2389");
	written = cluster_config_write(&config);
	assert_int_equal(cluster_config_read(written, "elsewhere", &again, &error), 0);
	assert_memory_equal(&config, &again, sizeof(config));
}

static void what_is_wrong_is_said(void **state)
{
	static const struct {
		const char *text, *why;
	} wrong[] = {
		{ "{" ETCD FILES "}", "say by which address the other hosts reach this one: "
				      "--advertise-addr ADDRESS" },
		{ "{\"AdvertiseAddr\":[\"127.0.0.1\"]," ETCD FILES "}",
		  "127.0.0.1 is no address that other hosts reach this one by" },
		{ "{\"AdvertiseAddr\":[\"192.0.2.1\",\"192.0.2.2\"]," ETCD FILES "}",
		  "192.0.2.1 and 192.0.2.2 are both IPv4: a host has one address of each family" },
		{ "{\"AdvertiseAddr\":[7]," ETCD FILES "}",
		  "AdvertiseAddr must be a list of addresses: 192.0.2.1 or 2001:db8::1" },
		{ "{" ADDRS FILES "}",
		  "say where the etcd is that these certificates are for: --etcd "
		  "https://ADDRESS:PORT; one of netd's own has its own" },
		{ "{" ADDRS ETCD FILES ",\"CAKey\":\"" PEM "\"}",
		  "CAKey is of an etcd of netd's own" },
		{ "{" ADDRS FILES ",\"CAKey\":\"" PEM "\",\"Digest\":\"ab\"}",
		  "Digest must be 64 hexadecimal digits" },
		{ "{" ADDRS FILES ",\"CAKey\":\"" PEM "\",\"Digest\":\"" SECRET SECRET
		  "\",\"Secrets\":[7]}",
		  "Secrets must be of 32 hexadecimal digits" },
		{ "{" ADDRS "\"CAKey\":\"" PEM "\"}", "--cacert FILE is missing" },
		{ "{" ADDRS "\"Etcd\":[\"http://192.0.2.9:2379\"]," FILES "}",
		  "http://192.0.2.9:2379: etcd is spoken to over TLS only: https://ADDRESS:PORT" },
		{ "{" ADDRS "\"Etcd\":[\"https://etcd.example:2379\"]," FILES "}",
		  "https://etcd.example:2379: a member of etcd is https://ADDRESS:PORT, with an "
		  "address and no name, and nothing behind it" },
		{ "{" ADDRS ETCD "\"CACert\":\"" PEM "\",\"Cert\":\"" PEM "\"}",
		  "--key FILE is missing" },
		{ "{" ADDRS ETCD "\"CACert\":\"x\",\"Cert\":\"" PEM "\",\"Key\":\"" PEM "\"}",
		  "--cacert: that is no PEM file of at most 16384 bytes" },
		{ "{\"Host\":\"-x\"," ADDRS ETCD FILES "}",
		  "-x is no name for a host: 1 to 64 characters of a-z A-Z 0-9 _ . - beginning "
		  "with a letter or digit; choose one with --name" },
		{ "{" ADDRS ETCD FILES ",\"Seat\":\"a=b\"}",
		  "Seat must be NAME=URL,..., of a host that serves" },
		{ "{" ADDRS ETCD FILES ",\"Serves\":\"x\"}", "Serves must be an address" },
		{ "{" ADDRS ETCD FILES ",\"Revoked\":[\"07\"]}",
		  "Revoked must be an object, of not too many members" },
		{ "{" ADDRS ETCD FILES ",\"Former\":{\"01\":1,\"02\":1,\"03\":1,\"04\":1,\"05\":1,"
		  "\"06\":1,\"07\":1}}",
		  "Former must be an object, of not too many members" },
		{ "{" ADDRS ETCD FILES ",\"Revoked\":{\"7\":0}}",
		  "Revoked must be of hexadecimal digits and moments" },
		{ "{" ADDRS ETCD FILES ",\"Revoked\":{\"07\":-1}}",
		  "Revoked must be of hexadecimal digits and moments" },
		{ "{\"Id\":\"12\"," ADDRS ETCD FILES "}", "Id must be 64 hexadecimal digits" },
		{ "{\"Adress\":1," ADDRS ETCD FILES "}", "Adress is not known" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct error error = { 0 };

		assert_int_equal(read_text(wrong[i].text, &error), -EINVAL);
		assert_string_equal(error.text, wrong[i].why);
	}
}

static void a_member_is_an_address_and_a_port(void **state)
{
	static const char *const members[] = {
		"https://192.0.2.9",	    "https://192.0.2.9:",      "https://192.0.2.9:0",
		"https://192.0.2.9:65536",  "https://192.0.2.9:2379/", "https://2001:db8::9:2379",
		"https://[192.0.2.9]:2379", "https://[2001:db8::9]",   "https://u@192.0.2.9:2379",
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		struct error error = { 0 };

		(void)snprintf(text, sizeof(text), "{" ADDRS "\"Etcd\":[\"%s\"]," FILES "}",
			       members[i]);
		assert_int_equal(read_text(text, &error), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_taken_is_kept),
		cmocka_unit_test(without_an_etcd_the_members_are_this_host),
		cmocka_unit_test(a_host_that_may_serve_says_where_and_how_it_began),
		cmocka_unit_test(who_has_made_a_cluster_knows_the_members_that_came),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(a_member_is_an_address_and_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
