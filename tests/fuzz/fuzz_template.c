// SPDX-License-Identifier: GPL-2.0-or-later
// fuzz_template.c - a template that is accepted gives the same twice, within its bounds
#include "cli/template/template.h"

#include "base/limits.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char value[] =
	"{\"Id\": \"abc\", \"Name\": \"web\", \"N\": 3, \"Yes\": true, \"Nil\": null, \"R\": 1.5,"
	" \"List\": [\"a\", {\"x\": 1}], \"Map\": {\"z\": 1, \"a\": [2]},"
	" \"Ports\": {\"80/tcp\": [{\"HostPort\": \"8080\"}]}}";

static void check(const struct template *template, const char *text)
{
	json_t *root = json_loads(value, 0, NULL), *copy = json_deep_copy(root);
	struct buf first = { 0 }, second = { 0 };
	struct error error;
	int err;

	assert(root && copy);
	buf_puts(&first, "");
	buf_puts(&second, "");
	err = template_eval(template, root, &first, &error);
	assert(json_equal(root, copy)); /* looking changes nothing */
	assert(template_eval(template, root, &second, &error) == err);
	assert(strcmp(first.data, second.data) == 0);
	if (err == 0) {
		assert(first.len <= TEMPLATE_OUTPUT_MAX);
		if (!strstr(text, "{{") && !strchr(text, '\\'))
			assert(strcmp(first.data, text) == 0);
	}
	buf_done(&first);
	buf_done(&second);
	json_decref(root);
	json_decref(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct template *template = NULL;
	char *text = malloc(size + 1);
	struct error error;

	assert(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (template_parse(text, &template, &error) == 0)
		check(template, text);
	template_free(template);
	free(text);
	return 0;
}
