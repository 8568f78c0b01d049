// SPDX-License-Identifier: GPL-2.0-or-later
// test_look_told.c - what /proc tells of a process is found, whatever others have called things
#include "kernel/look_parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_link_leads_to_an_inode_of_the_kind_that_is_wanted(void **state)
{
	(void)state;
	assert_int_equal(look_told_inode("socket:[4711]", "socket"), 4711);
	assert_int_equal(look_told_inode("net:[4026531840]", "net"), 4026531840);
	/* A file may be called anything. */
	assert_int_equal(look_told_inode("/tmp/socket:[4711]", "socket"), 0);
	assert_int_equal(look_told_inode("socket:[4711]", "net"), 0);
	assert_int_equal(look_told_inode("sockets:[4711]", "socket"), 0);
	assert_int_equal(look_told_inode("socket:", "socket"), 0);
	assert_int_equal(look_told_inode("anon_inode:[eventpoll]", "anon_inode"), 0);
	assert_int_equal(look_told_inode("", "socket"), 0);
}

/* What a text's reader could read beyond its end lies beyond the end of memory. */
static char *copy(const char *text)
{
	char *whole = strdup(text);

	assert_non_null(whole);
	return whole;
}

static void assert_cgroup(const char *text, const char *controller, const char *path)
{
	char found[64] = "none", *whole = copy(text);

	assert_int_equal(look_told_cgroup(whole, controller, found, sizeof(found)), path != NULL);
	assert_string_equal(found, path ? path : "none");
	free(whole);
}

static void a_cgroup_is_the_path_in_the_line_of_its_hierarchy(void **state)
{
	(void)state;
	assert_cgroup("0::/machine/db\n", "", "/machine/db");
	assert_cgroup("0::/\n", "", "/");
	assert_cgroup("6:freezer:/db\n1:name=systemd:/s\n0::/u\n", "", "/u");
	assert_cgroup("6:freezer:/db\n1:name=systemd:/s\n0::/u\n", ":freezer", "/db");
	assert_cgroup("12:cpu,cpuacct:/a\n0::/u", "", "/u"); /* cut off behind it */
	assert_cgroup("12:cpu,cpuacct:/a\n", "", NULL);
	assert_cgroup("0::/u\n", ":freezer", NULL);
	assert_cgroup("", "", NULL);
	assert_cgroup("0::", "", NULL);
}

static void a_cgroup_whose_name_looks_like_a_line_is_none(void **state)
{
	(void)state;
	assert_cgroup("6:freezer:/n/0::/inner\n0::/real\n", "", "/real");
	assert_cgroup("3:pids:/6:freezer:/x\n6:freezer:/real\n", ":freezer", "/real");
	assert_cgroup("3:pids:/0::/x\n", "", NULL);
}

static void a_path_for_which_there_is_no_room_is_none(void **state)
{
	char found[5] = "none";

	(void)state;
	assert_true(look_told_cgroup("0::/abc\n", "", found, sizeof(found)));
	assert_string_equal(found, "/abc");
	assert_false(look_told_cgroup("0::/abcd\n", "", found, sizeof(found)));
	assert_string_equal(found, "/abc");
}

static int told(const char *text, struct facts_owner *owner, pid_t *ret_parent)
{
	char *whole = copy(text);
	int err;

	*owner = (struct facts_owner) { 0 };
	err = look_told_process(whole, owner, ret_parent);
	free(whole);
	return err;
}

static void a_process_has_its_name_its_state_and_who_started_it(void **state)
{
	struct facts_owner owner;
	pid_t parent = 0;

	(void)state;
	assert_int_equal(told("4711 (postgres) S 12 4711 4711 0 -1\n", &owner, &parent), 0);
	assert_string_equal(owner.process, "postgres");
	assert_int_equal(owner.state, 'S');
	assert_int_equal(parent, 12);
	assert_int_equal(told("1 (init) T 0 1\n", &owner, &parent), 0);
	assert_int_equal(owner.state, 'T');
	assert_int_equal(parent, 0);
}

static void a_name_may_look_like_the_rest_of_the_line(void **state)
{
	struct facts_owner owner;
	pid_t parent = 0;

	(void)state;
	assert_int_equal(told("7 (a) T 99 (b) R 3 7\n", &owner, &parent), 0);
	assert_string_equal(owner.process, "a) T 99 (b");
	assert_int_equal(owner.state, 'R');
	assert_int_equal(parent, 3);
	assert_int_equal(told("7 () R 3 7\n", &owner, &parent), 0);
	assert_string_equal(owner.process, "");
	assert_int_equal(told("7 ((\n)) R 3 7\n", &owner, &parent), 0);
	assert_string_equal(owner.process, "(\n)");
}

static void a_name_is_cut_to_its_room(void **state)
{
	char text[256] = "7 (", name[sizeof(((struct facts_owner *)NULL)->process) + 40];
	struct facts_owner owner;
	pid_t parent;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	strcat(strcat(text, name), ") S 1 ");
	assert_int_equal(told(text, &owner, &parent), 0);
	assert_int_equal(strlen(owner.process), sizeof(owner.process) - 1);
}

static void one_that_has_ended_and_was_not_waited_for_holds_nothing(void **state)
{
	struct facts_owner owner;
	pid_t parent = 0;

	(void)state;
	assert_int_equal(told("7 (sh) Z 3 7\n", &owner, &parent), -ENOENT);
	assert_int_equal(told("7 (sh) X 3 7\n", &owner, &parent), -ENOENT);
	/* A name is not a state. */
	assert_int_equal(told("7 () Z 3) S 3 7\n", &owner, &parent), 0);
}

static void a_line_that_is_not_whole_tells_nothing(void **state)
{
	static const char *const texts[] = { "",	   "7",		"7 (sh",  "7 sh) S 3",
					     "7 )sh( S 3", "7 (sh)S 3", "7 (sh)", "7 (sh) " };
	struct facts_owner owner;
	pid_t parent = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(told(texts[i], &owner, &parent), -ENODATA);
	assert_int_equal(parent, 5);
	assert_string_equal(owner.process, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_leads_to_an_inode_of_the_kind_that_is_wanted),
		cmocka_unit_test(a_cgroup_is_the_path_in_the_line_of_its_hierarchy),
		cmocka_unit_test(a_cgroup_whose_name_looks_like_a_line_is_none),
		cmocka_unit_test(a_path_for_which_there_is_no_room_is_none),
		cmocka_unit_test(a_process_has_its_name_its_state_and_who_started_it),
		cmocka_unit_test(a_name_may_look_like_the_rest_of_the_line),
		cmocka_unit_test(a_name_is_cut_to_its_room),
		cmocka_unit_test(one_that_has_ended_and_was_not_waited_for_holds_nothing),
		cmocka_unit_test(a_line_that_is_not_whole_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
