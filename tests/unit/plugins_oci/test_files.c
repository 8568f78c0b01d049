// SPDX-License-Identifier: GPL-2.0-or-later
// test_files.c - paths in an image, whatever links it holds
#include "plugins/oci/files.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* An image beside a folder that nothing may be made in. */
struct tree {
	char dir[32], command[512];
	int root;
};

static void run(struct tree *tree, const char *script)
{
	(void)snprintf(tree->command, sizeof(tree->command), "cd %s && %s", tree->dir, script);
	assert_int_equal(system(tree->command), 0);
}

static int tree_new(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));
	char path[64];

	assert_non_null(tree);
	(void)strcpy(tree->dir, "/tmp/test-files.XXXXXX");
	assert_non_null(mkdtemp(tree->dir));
	run(tree, "mkdir -p image/etc outside");
	(void)snprintf(path, sizeof(path), "%s/image", tree->dir);
	tree->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(tree->root >= 0);
	*state = tree;
	return 0;
}

static int tree_free(void **state)
{
	struct tree *tree = *state;

	run(tree, "test -z \"$(ls outside)\"");
	(void)close(tree->root);
	run(tree, "cd / && rm -rf \"$OLDPWD\"");
	free(tree);
	return 0;
}

/* What was opened is the file called this in the image. */
static void opens(struct tree *tree, const char *path, const char *file)
{
	struct stat got, wanted;
	int fd = oci_files_open(tree->root, path);
	char name[128];

	(void)snprintf(name, sizeof(name), "%s/image/%s", tree->dir, file);
	if (fd < 0)
		fail_msg("%s: %s", path, strerror(-fd));
	assert_int_equal(fstat(fd, &got), 0);
	assert_int_equal(lstat(name, &wanted), 0);
	assert_true(S_ISREG(got.st_mode));
	assert_true(got.st_ino == wanted.st_ino);
	(void)close(fd);
}

static void a_file_that_is_there_is_left_as_it_is(void **state)
{
	struct tree *tree = *state;

	run(tree, "echo text >image/etc/hosts");
	opens(tree, "etc/hosts", "etc/hosts");
	run(tree, "test \"$(cat image/etc/hosts)\" = text");
}

static void a_missing_file_is_made_with_its_folder(void **state)
{
	struct tree *tree = *state;

	opens(tree, "etc/hosts", "etc/hosts");
	run(tree, "test ! -s image/etc/hosts && rm -r image/etc");
	opens(tree, "etc/hosts", "etc/hosts");
}

static void a_link_to_an_absolute_path_is_one_in_the_image(void **state)
{
	struct tree *tree = *state;
	char file[64];

	run(tree, "ln -s \"$PWD/outside/absolute\" image/etc/a");
	(void)snprintf(file, sizeof(file), "%s/outside/absolute", tree->dir + 1);
	opens(tree, "etc/a", file);
}

static void a_link_that_climbs_ends_at_the_root_of_the_image(void **state)
{
	struct tree *tree = *state;

	run(tree, "ln -s ../../../../outside/relative image/etc/b");
	opens(tree, "etc/b", "outside/relative");
}

static void links_behind_links_are_followed_to_a_folder_that_is_missing(void **state)
{
	struct tree *tree = *state;

	run(tree, "ln -s c2 image/etc/c && ln -s ../run/x/y image/etc/c2");
	opens(tree, "etc/c", "run/x/y");
}

static void a_folder_that_is_a_link_outwards_leads_inwards(void **state)
{
	struct tree *tree = *state;

	run(tree, "rm -r image/etc && ln -s ../outside image/etc");
	assert_int_equal(oci_files_open(tree->root, "etc/hosts"), -ENOENT);
	run(tree, "mkdir image/outside");
	opens(tree, "etc/hosts", "outside/hosts");
}

static void links_in_a_circle_and_what_is_no_file_are_refused(void **state)
{
	struct tree *tree = *state;

	run(tree, "ln -s circle image/etc/circle");
	assert_int_equal(oci_files_open(tree->root, "etc/circle"), -ELOOP);
	run(tree, "mkdir image/etc/folder && mkfifo image/etc/pipe");
	assert_int_equal(oci_files_open(tree->root, "etc/folder"), -EINVAL);
	assert_int_equal(oci_files_open(tree->root, "etc/pipe"), -EINVAL);
	run(tree, "echo >image/file");
	assert_int_equal(oci_files_open(tree->root, "file/hosts"), -ENOTDIR);
}

static void a_chain_of_links_that_does_not_end_is_given_up(void **state)
{
	struct tree *tree = *state;

	run(tree, "cd image/etc && for i in $(seq 60); do ln -s l$((i + 1)) l$i; done");
	assert_int_equal(oci_files_open(tree->root, "etc/l1"), -ELOOP);
}

#define WITH_TREE(test) cmocka_unit_test_setup_teardown(test, tree_new, tree_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TREE(a_file_that_is_there_is_left_as_it_is),
		WITH_TREE(a_missing_file_is_made_with_its_folder),
		WITH_TREE(a_link_to_an_absolute_path_is_one_in_the_image),
		WITH_TREE(a_link_that_climbs_ends_at_the_root_of_the_image),
		WITH_TREE(links_behind_links_are_followed_to_a_folder_that_is_missing),
		WITH_TREE(a_folder_that_is_a_link_outwards_leads_inwards),
		WITH_TREE(links_in_a_circle_and_what_is_no_file_are_refused),
		WITH_TREE(a_chain_of_links_that_does_not_end_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
