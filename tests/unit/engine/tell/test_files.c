// SPDX-License-Identifier: GPL-2.0-or-later
// test_files.c - resolv.conf, hosts and hostname of a container
#include <stdio.h>
#include <unistd.h>

#include "../rig.h"

static void expect_file(struct rig *rig, const char *name, const char *file, const char *text)
{
	char path[PATH_LEN_MAX + 1], content[2048] = "";
	FILE *in;

	(void)snprintf(path, sizeof(path), "%s/%s", rig_container(rig, name)->dir, file);
	in = fopen(path, "r");
	assert_non_null(in);
	content[fread(content, 1, sizeof(content) - 1, in)] = '\0';
	(void)fclose(in);
	if (!strstr(content, text))
		fail_msg("%s has no %s: %s", file, text, content);
}

static void they_say_who_it_is_and_whom_to_ask(void **state)
{
	struct rig *rig = *state;

	rig_done(rig, rig_network(rig, "{\"Name\": \"blue\"}"));
	rig_done(rig, rig_attach(rig, "web", rig->netns_a,
				 "\"Networks\": [{\"Name\": \"blue\"}], \"Hostname\": \"shop\""));
	expect_file(rig, "web", "hostname", "shop\n");
	expect_file(rig, "web", "hosts", "172.18.0.2\tshop");
	expect_file(rig, "web", "resolv.conf", "nameserver 127.0.0.11\n");
}

static void they_go_with_the_container(void **state)
{
	struct rig *rig = *state;
	char dir[PATH_LEN_MAX + 1];

	rig_done(rig, rig_attach(rig, "web", rig->netns_a, ""));
	(void)snprintf(dir, sizeof(dir), "%s", rig_container(rig, "web")->dir);
	assert_int_equal(access(dir, F_OK), 0);
	rig_done(rig, rig_detach(rig, "web"));
	assert_int_equal(access(dir, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(they_say_who_it_is_and_whom_to_ask, rig_setup,
						rig_teardown),
		cmocka_unit_test_setup_teardown(they_go_with_the_container, rig_setup,
						rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
