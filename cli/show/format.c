// SPDX-License-Identifier: GPL-2.0-or-later
// format.c - what --format asks for, of one value
#include "cli/show/format.h"

#include "base/cleanup.h"
#include "cli/template/template.h"
#include "cli/template/template_value.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. --format is read twice. format_check() parses it before netd is asked, so
 * that a mistake is told at once; format_value() parses it again for each value it prints, which
 * costs little and needs no state between values. What is printed goes through stdout's buffer, and
 * commands.c looks once, in the end, whether it got out. */

const struct flag format_flags[] = {
	{ .name = "format",
	  .value = "FORMAT",
	  .noun = NOUN_FORMAT,
	  .help = "json, table, 'table TEMPLATE' or a Go template such as '{{.Name}}'" },
	{ 0 },
};

/* For the cleanup attribute. */
static void template_freep(struct template **template)
{
	template_free(*template);
}

int format_write(const struct buf *out, struct error *error)
{
	/* An error met while the text was made: half of it is not printed. */
	if (out->err < 0)
		return error_system(error, out->err, "printing");
	(void)fwrite(out->data ? out->data : "", 1, out->len,
		     stdout); /* commands_main looks at ferror */
	return 0;
}

/* One compact object a line. */
int format_write_json(const json_t *value, struct error *error)
{
	/* JSON_ENCODE_ANY: a value need not be an object, and json_dumps(3) refuses the others
	 * without it. */
	_cleanup_free_ char *text = json_dumps(value,
					       JSON_COMPACT | JSON_ENCODE_ANY | JSON_AS_WRITTEN);

	if (!text)
		return error_system(error, -ENOMEM, "printing");
	(void)puts(text);
	return 0;
}

/* Whether --format asks for JSON. The word must be the whole format. */
static bool format_is_json(const struct args *args)
{
	const char *format = args_text(args, "format");

	return format && strcmp(format, "json") == 0;
}

int format_check(const struct args *args, struct error *error)
{
	_cleanup_(template_freep) struct template *template = NULL;
	const char *format = args_text(args, "format");

	/* Only parsed: values differ in shape, so which fields there are shows with a value only.
	 */
	return format ? template_parse(format, &template, error) : 0;
}

/* *ret_done: the value was printed, or an error is returned. Else the command shows it in its own
 * form. */
int format_value(const struct args *args, json_t *value, bool *ret_done, struct error *error)
{
	_cleanup_(template_freep) struct template *template = NULL;
	_cleanup_(buf_done) struct buf out = { 0 };
	const char *format = args_text(args, "format");
	int err;

	/* "table" and nothing behind it is the form that the command has anyway. */
	*ret_done = format && *format && strcmp(format, "table") != 0;
	if (!*ret_done)
		return 0;
	if (format_is_json(args))
		return format_write_json(value, error);
	err = template_parse(format, &template, error);
	if (err == 0)
		err = template_eval(template, value, &out, error);
	/* A line for each value, as docker's CLI has it. After an error this is thrown away with
	 * the rest. */
	buf_puts(&out, "\n");
	return err < 0 ? err : format_write(&out, error);
}
