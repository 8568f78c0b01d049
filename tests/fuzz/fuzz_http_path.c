// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_http_path.c - any path of a request: its segments, quoted and joined, are the same path
// again
#include "api/call/path.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t quote(char *out, const char *segment)
{
	size_t at = 0;

	for (; *segment; segment++)
		at += (size_t)sprintf(out + at, "%%%02x", (unsigned char)*segment);
	return at;
}

/* Quoted to the last character, so that no slash divides a segment; and behind a version, so that a
 * first segment that looks like one stays a segment. */
static void check_again(const struct api_path *path, size_t size)
{
	char *text = malloc(16 + 4 * size + API_SEGMENTS_MAX);
	struct api_path again;
	size_t at = 0;

	assert(text);
	at += (size_t)sprintf(text, "/v%u.%u", path->major, path->minor);
	for (size_t i = 0; i < path->n_segments; i++) {
		text[at++] = '/';
		at += quote(text + at, path->segments[i]);
	}
	text[at] = '\0';
	assert(api_path_parse(text, &again) == 0);
	assert(again.versioned && again.n_segments == path->n_segments);
	assert(again.major == path->major && again.minor == path->minor);
	for (size_t i = 0; i < path->n_segments; i++)
		assert(strcmp(again.segments[i], path->segments[i]) == 0);
	api_path_done(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *url = malloc(size + 1);
	struct api_path path;
	const char *ref = NULL;

	if (!url)
		return 0;
	memcpy(url, data, size);
	url[size] = '\0';
	if (api_path_parse(url, &path) == 0) {
		assert(path.n_segments <= API_SEGMENTS_MAX);
		for (size_t i = 0; i < path.n_segments; i++)
			assert(*path.segments[i]);
		(void)api_path_match(&path, "networks/*/connect", &ref);
		check_again(&path, size);
		api_path_done(&path);
	}
	free(url);
	return 0;
}
