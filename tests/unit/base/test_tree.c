// SPDX-License-Identifier: GPL-2.0-or-later
// test_tree.c - a folder goes with all that is below it, and with nothing else
#include "base/tree.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[32];

static const char *in(const char *name)
{
	static char path[64];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void make_file(const char *name)
{
	int fd = open(in(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	(void)close(fd);
}

static bool is_there(const char *name)
{
	return faccessat(AT_FDCWD, in(name), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/netd-tree-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	tree_remove(dir);
	return access(dir, F_OK) < 0 ? 0 : -1;
}

static void a_folder_goes_with_what_is_below_it(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in("a"), 0700), 0);
	assert_int_equal(mkdir(in("a/b"), 0700), 0);
	make_file("a/b/c");
	make_file("beside");
	tree_remove(in("a"));
	assert_false(is_there("a"));
	assert_true(is_there("beside"));
}

static void a_file_goes_alone(void **state)
{
	(void)state;
	make_file("f");
	make_file("beside");
	tree_remove(in("f"));
	assert_false(is_there("f"));
	assert_true(is_there("beside"));
	tree_remove(in("nosuch"));
}

static void a_link_goes_and_not_what_it_leads_to(void **state)
{
	(void)state;
	assert_int_equal(mkdir(in("kept"), 0700), 0);
	make_file("kept/f");
	assert_int_equal(mkdir(in("a"), 0700), 0);
	assert_int_equal(symlink("../kept", in("a/link")), 0);
	tree_remove(in("a"));
	assert_false(is_there("a"));
	assert_true(is_there("kept/f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_folder_goes_with_what_is_below_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_file_goes_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(a_link_goes_and_not_what_it_leads_to, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
