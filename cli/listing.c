// SPDX-License-Identifier: GPL-2.0-or-later
// listing.c - rows of fields as a table, JSON lines or whatever a template says
#include "cli/listing.h"

#include "base/cleanup.h"
#include "cli/table.h"
#include "cli/template.h"

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

enum style { STYLE_TABLE, STYLE_JSON, STYLE_LINES, STYLE_N };

static void template_freep(struct template **template)
{
	template_free(*template);
}

/* What --format means, and the template that belongs to it (NULL: none). */
static enum style read_style(const struct args *args, const char *default_table,
			     const char **ret_template)
{
	const char *format = args_text(args, "format");

	*ret_template = default_table;
	if (!format || !*format || strcmp(format, "table") == 0)
		return STYLE_TABLE;
	*ret_template = NULL;
	if (strcmp(format, "json") == 0)
		return STYLE_JSON;
	*ret_template = format;
	if (strncmp(format, "table ", 6) != 0)
		return STYLE_LINES;
	*ret_template = format + 6;
	return STYLE_TABLE;
}

/* An object with every field; header as its value. */
static json_t *header_row(const struct listing *listing)
{
	json_t *row = json_object();

	for (const struct listing_field *field = listing->fields; row && field->name; field++)
		if (json_object_set_new(row, field->name, json_string(field->header)) < 0) {
			json_decref(row);
			return NULL;
		}
	return row;
}

static int print_row(const struct template *template, json_t *row, struct buf *out,
		     struct error *error)
{
	int err = template_execute(template, row, out, error);

	buf_puts(out, "\n");
	return err;
}

static int print_header(const struct listing *listing, const struct template *template,
			struct buf *out, struct error *error)
{
	json_auto_t *row = header_row(listing);

	if (!row)
		return error_system(error, -ENOMEM, "printing");
	return print_row(template, row, out, error);
}

static int write_out(const struct buf *out, struct error *error)
{
	if (out->err < 0)
		return error_system(error, out->err, "printing");
	(void)fwrite(out->data ? out->data : "", 1, out->len,
		     stdout); /* cli_main looks at ferror */
	return 0;
}

int listing_check(const struct listing *listing, const struct args *args, struct error *error)
{
	_cleanup_(template_freep) struct template *template = NULL;
	_cleanup_(buf_done) struct buf out = { 0 };
	const char *text;
	int err;

	(void)read_style(args, listing->table, &text);
	if (!text)
		return 0;
	err = template_parse(text, &template, error);
	return err < 0 ? err : print_header(listing, template, &out, error);
}

static int print_quiet(const struct listing *listing, json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row)
		(void)printf("%s\n", cli_str(row, listing->quiet_field));
	return 0;
}

/* One compact object a line. */
static int print_json(const json_t *value, struct error *error)
{
	_cleanup_free_ char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	if (!text)
		return error_system(error, -ENOMEM, "printing");
	(void)puts(text);
	return 0;
}

static int print_json_rows(json_t *rows, struct error *error)
{
	json_t *row;
	size_t i;
	int err = 0;

	json_array_foreach (rows, i, row)
		if (err == 0)
			err = print_json(row, error);
	return err;
}

int listing_print(const struct listing *listing, const struct args *args, json_t *rows,
		  struct error *error)
{
	_cleanup_(template_freep) struct template *template = NULL;
	_cleanup_(buf_done) struct buf text = { 0 }, aligned = { 0 };
	const char *format;
	enum style style = read_style(args, listing->table, &format);
	json_t *row;
	size_t i;
	int err;

	if (listing->quiet_field && args_switch(args, "quiet"))
		return print_quiet(listing, rows);
	if (style == STYLE_JSON)
		return print_json_rows(rows, error);
	err = template_parse(format, &template, error);
	if (err == 0 && style == STYLE_TABLE)
		err = print_header(listing, template, &text, error);
	json_array_foreach (rows, i, row)
		if (err == 0)
			err = print_row(template, row, &text, error);
	if (err < 0 || style == STYLE_LINES)
		return err < 0 ? err : write_out(&text, error);
	table_align(text.data ? text.data : "", &aligned);
	return write_out(&aligned, error);
}

bool format_is_json(const struct args *args)
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
		return print_json(value, error);
	err = template_parse(format, &template, error);
	if (err == 0)
		err = template_execute(template, value, &out, error);
	buf_puts(&out, "\n");
	return err < 0 ? err : write_out(&out, error);
}
