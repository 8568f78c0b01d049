// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_seen_text.c - whatever a name or an alias consists of, what a snapshot shows of it is JSON,
// and shown again is the same
#include "base/buf.h"
#include "model/seen/seen_part.h"
#include "model/seen/seen_text.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_t *show(const char *text)
{
	struct buf out = { 0 };
	json_t *value;

	seen_text_value(&out, text);
	assert(out.err == 0);
	value = json_loads(out.data, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	assert(json_is_string(value));
	buf_done(&out);
	return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	unsigned int parts = 0;
	struct error error;
	json_t *once, *twice;

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	once = show(text);
	twice = show(json_string_value(once));
	assert(json_equal(once, twice));
	json_decref(once);
	json_decref(twice);
	if (seen_part_parse(text, &parts, &error) == 0)
		assert(parts != 0 && (parts & ~SEEN_ALL) == 0);
	free(text);
	return 0;
}
