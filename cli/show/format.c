// SPDX-License-Identifier: GPL-2.0-or-later
// format.c - what --format asks for, of one value
#include "cli/show/format.h"

#include "base/cleanup.h"
#include "cli/template/template.h"
#include "cli/template/template_value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct flag format_flags[] = {
	{ .name = "format",
	  .value = "FORMAT",
	  .noun = NOUN_FORMAT,
	  .help = "json, table, 'table TEMPLATE' or a Go template such as '{{.Name}}'" },
	{ 0 },
};

static void template_freep(struct template **template)
{
	template_free(*template);
}

int format_write(const struct buf *out, struct error *error)
{
	if (out->err < 0)
		return error_system(error, out->err, "printing");
	(void)fwrite(out->data ? out->data : "", 1, out->len,
		     stdout); /* commands_main looks at ferror */
	return 0;
}

/* One compact object a line. */
int format_write_json(const json_t *value, struct error *error)
{
	_cleanup_free_ char *text = json_dumps(value,
					       JSON_COMPACT | JSON_ENCODE_ANY | JSON_AS_WRITTEN);

	if (!text)
		return error_system(error, -ENOMEM, "printing");
	(void)puts(text);
	return 0;
}

/* Whether --format asks for JSON. */
static bool format_is_json(const struct args *args)
{
	const char *format = args_text(args, "format");

	return format && strcmp(format, "json") == 0;
}

int format_check(const struct args *args, struct error *error)
{
	_cleanup_(template_freep) struct template *template = NULL;
	const char *format = args_text(args, "format");

	return format ? template_parse(format, &template, error) : 0;
}

int format_value(const struct args *args, json_t *value, bool *ret_done, struct error *error)
{
	_cleanup_(template_freep) struct template *template = NULL;
	_cleanup_(buf_done) struct buf out = { 0 };
	const char *format = args_text(args, "format");
	int err;

	*ret_done = format && *format && strcmp(format, "table") != 0;
	if (!*ret_done)
		return 0;
	if (format_is_json(args))
		return format_write_json(value, error);
	err = template_parse(format, &template, error);
	if (err == 0)
		err = template_eval(template, value, &out, error);
	buf_puts(&out, "\n");
	return err < 0 ? err : format_write(&out, error);
}
