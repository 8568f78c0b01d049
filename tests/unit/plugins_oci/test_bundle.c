// SPDX-License-Identifier: GPL-2.0-or-later
// test_bundle.c - where a bundle's network namespace and root are
#include "plugins/oci/bundle.h"

#include "base/cleanup.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROOT "\"root\": {\"path\": \"rootfs\"}"
#define SPACES(list) "{" ROOT ", \"linux\": {\"namespaces\": [" list "]}}"

static struct error error;

static int decode(const char *text, struct oci_bundle *ret_bundle)
{
	size_t len = strlen(text);
	_cleanup_free_ char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	error = (struct error) { 0 };
	return oci_bundle_decode(copy, len, "/run/b", ret_bundle, &error);
}

static void refused(const char *text, const char *word)
{
	struct oci_bundle bundle;

	assert_int_equal(decode(text, &bundle), -EINVAL);
	if (!strstr(error.text, word) || strncmp(error.text, "/run/b/config.json: ", 20) != 0)
		fail_msg("no \"%s\" in: %s", word, error.text);
}

static void netns_is(const char *text, enum oci_netns kind, const char *path)
{
	struct oci_bundle bundle;

	assert_int_equal(decode(text, &bundle), 0);
	assert_int_equal(bundle.netns, kind);
	if (path)
		assert_string_equal(bundle.netns_path, path);
	else
		assert_null(bundle.netns_path);
	oci_bundle_done(&bundle);
}

static void the_namespace_is_new_given_or_the_hosts(void **state)
{
	(void)state;
	netns_is("{" ROOT "}", OCI_NETNS_HOST, NULL);
	netns_is(SPACES("{\"type\": \"mount\"}"), OCI_NETNS_HOST, NULL);
	netns_is(SPACES("{\"type\": \"pid\"}, {\"type\": \"network\"}"), OCI_NETNS_NEW, NULL);
	netns_is(SPACES("{\"type\": \"network\", \"path\": \"\"}"), OCI_NETNS_NEW, NULL);
	netns_is(SPACES("{\"type\": \"network\", \"path\": \"/run/netns/x\"}"), OCI_NETNS_PATH,
		 "/run/netns/x");
}

static void root_is(const char *text, const char *root, const char *hostname)
{
	struct oci_bundle bundle;

	assert_int_equal(decode(text, &bundle), 0);
	assert_string_equal(bundle.root, root);
	assert_string_equal(bundle.hostname, hostname);
	oci_bundle_done(&bundle);
}

static void the_root_lies_in_the_bundle_unless_it_is_absolute(void **state)
{
	(void)state;
	root_is("{" ROOT "}", "/run/b/rootfs", "");
	root_is("{\"root\": {\"path\": \"/srv/r\"}, \"hostname\": \"h\"}", "/srv/r", "h");
}

static void what_is_no_configuration_is_refused(void **state)
{
	(void)state;
	refused("", "root.path is required");
	refused("{", "JSON");
	refused("[]", "object");
	refused("{\"root\": {}}", "root.path is required");
	refused("{\"root\": \"/\"}", "root");
	refused("{" ROOT ", \"hostname\": 1}", "hostname must be a string");
	refused("{" ROOT ", \"linux\": 1}", "linux");
	refused("{" ROOT ", \"linux\": {\"namespaces\": 1}}", "namespaces");
	refused(SPACES("7"), "namespaces");
	refused(SPACES("{\"type\": 7}"), "type");
	refused(SPACES("{\"type\": \"network\", \"path\": \"x\"}"), "absolute");
	refused(SPACES("{\"type\": \"network\"}, {\"type\": \"network\"}"), "two");
	refused(SPACES("{\"type\": \"network\", \"path\": \"/a\"}, {\"type\": \"network\", "
		       "\"path\": \"/b\"}"),
		"two");
}

static void a_root_that_is_too_long_is_refused(void **state)
{
	char text[5000], path[4100];

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	(void)snprintf(text, sizeof(text), "{\"root\": {\"path\": \"/%s\"}}", path);
	refused(text, "too long");
}

static void a_bundle_is_read_and_a_missing_one_is_named(void **state)
{
	char dir[] = "/tmp/test-bundle.XXXXXX", path[64];
	struct oci_bundle bundle;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(oci_bundle_read(dir, &bundle, &error), -ENOENT);
	assert_non_null(strstr(error.text, dir));
	(void)snprintf(path, sizeof(path), "%s/config.json", dir);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("{" ROOT "}", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(oci_bundle_read(dir, &bundle, &error), 0);
	assert_non_null(strstr(bundle.root, "/rootfs"));
	oci_bundle_done(&bundle);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_namespace_is_new_given_or_the_hosts),
		cmocka_unit_test(the_root_lies_in_the_bundle_unless_it_is_absolute),
		cmocka_unit_test(what_is_no_configuration_is_refused),
		cmocka_unit_test(a_root_that_is_too_long_is_refused),
		cmocka_unit_test(a_bundle_is_read_and_a_missing_one_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
