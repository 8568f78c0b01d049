// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - feeds saved inputs to a fuzz target without libFuzzer, so that each is a test of every
// build

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t n_inputs;

/* The copy is exactly as long as the input, so that the sanitizer sees one byte too far. */
static int run_bytes(const char *path, FILE *file, size_t size)
{
	uint8_t *data = malloc(size);

	if (!data || fread(data, 1, size, file) != size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		free(data);
		return -1;
	}
	(void)LLVMFuzzerTestOneInput(data, size);
	n_inputs++;
	free(data);
	return 0;
}

static int run_file(const char *path, off_t size)
{
	FILE *file = fopen(path, "rbe");

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	int err = run_bytes(path, file, (size_t)size);

	(void)fclose(file);
	return err;
}

static int run_path(const char *path);

static int run_directory(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort);
	int err = n < 0 ? -1 : 0;

	if (n < 0)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		char *child = NULL;

		if (names[i]->d_name[0] != '.' &&
		    asprintf(&child, "%s/%s", path, names[i]->d_name) > 0)
			err |= run_path(child);
		free(child);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return err;
}

static int run_path(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	return S_ISDIR(st.st_mode) ? run_directory(path) : run_file(path, st.st_size);
}

int main(int argc, char **argv)
{
	int err = 0;

	for (int i = 1; i < argc; i++)
		err |= run_path(argv[i]);
	printf("%zu inputs\n", n_inputs);
	return err || n_inputs == 0 ? 1 : 0;
}
