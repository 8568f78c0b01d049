// SPDX-License-Identifier: GPL-2.0-or-later
// judge.c - judges documents of `netctl explain --save`, one after the other: each is a line, and
// so is each verdict. For save.py, which asks some hundred times for each breakage.
#include "tests/saved.h"

#include <stdio.h>

static int answer(const char *line, size_t len)
{
	static struct saved saved; /* large, and one */
	struct buf out = { 0 };
	struct error error = { 0 };
	int err = saved_judge(line, len, &saved, &error);

	if (err == 0)
		err = verdict_write(&saved.verdict, &out);
	if (out.len > 0 && out.data[out.len - 1] == '\n')
		out.len--;
	if (err < 0)
		printf("%s\n", error.text);
	else
		printf("%.*s\n", (int)out.len, out.data);
	buf_done(&out);
	saved_done(&saved);
	return fflush(stdout);
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int err = 0;

	while (err == 0 && (len = getline(&line, &size, stdin)) > 0)
		err = answer(line, (size_t)len);
	free(line);
	return err == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
