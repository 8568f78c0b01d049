// SPDX-License-Identifier: GPL-2.0-or-later
// test_breakages.c - each breakage that was made once on a real host, judged from the facts of then
#include "tests/saved.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* A file each, called as the breakage: the code, and a word behind a dot where there are several.
 */
#define FOLDER "tests/breakages"
#define SAVED_MAX (256 * 1024)

static size_t read_saved(const char *name, char *text)
{
	char path[512];
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof(path), FOLDER "/%s", name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	len = fread(text, 1, SAVED_MAX, file);
	assert_int_equal(fclose(file), 0);
	assert_true(len > 0 && len < SAVED_MAX);
	return len;
}

/* Says what is wrong, and goes on. */
static bool is_told(const char *name)
{
	static struct saved saved; /* large, and one */
	static char text[SAVED_MAX];
	struct error error = { 0 };
	const char *code;
	bool is_right;
	int err = saved_judge(text, read_saved(name, text), &saved, &error);

	code = err == 0 ? saved.verdict.code : NULL;
	is_right = code && strlen(code) == strcspn(name, ".") &&
		   strncmp(code, name, strlen(code)) == 0;
	if (err < 0)
		print_error("%s: %s\n", name, error.text);
	else if (!is_right)
		print_error("%s is told to be %s\n", name, code ? code : "nothing");
	saved_done(&saved);
	return is_right;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void each_is_told_first_by_its_code(void **state)
{
	struct dirent **names;
	int n = scandir(FOLDER, &names, is_visible, alphasort), n_wrong = 0;

	(void)state;
	assert_true(n > 50);
	for (int i = 0; i < n; i++) {
		n_wrong += !is_told(names[i]->d_name);
		free(names[i]);
	}
	free(names);
	assert_int_equal(n_wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_told_first_by_its_code),
	};

	return cmocka_run_group_tests_name("breakages", tests, NULL, NULL);
}
