// SPDX-License-Identifier: GPL-2.0-or-later
// listing.c - rows of fields as a table, JSON lines or whatever a template says
#include "cli/show/listing.h"

#include "base/cleanup.h"
#include "cli/show/format.h"
#include "cli/show/table.h"
#include "cli/template/template.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. A row is an object of texts. A table is made like lines: a template is
 * evaluated over each row, and over one more that has the headers as its values. So a table of the
 * user's own gets the right headers without being taken apart. Tabs in the template part the
 * columns, which are aligned when all rows are known (table.c). */

/* How rows are shown: aligned columns below a header; JSON, a row a line; or a line for each row by
 * a template. */
enum style { STYLE_TABLE, STYLE_JSON, STYLE_LINES, STYLE_N };

static void template_freep(struct template **template)
{
	template_free(*template);
}

/* What --format means, and the template that belongs to it (NULL: none). The four values:
 * nothing or "table", "json", "table TEMPLATE", and a template. */
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
	/* Docker's CLI takes "table" and a template behind one blank: headers and columns as the
	 * template has them. */
	if (strncmp(format, "table ", 6) != 0)
		return STYLE_LINES;
	*ret_template = format + 6;
	return STYLE_TABLE;
}

/* An object with every field; header as its value. The caller gives it back. NULL: out of
 * memory. */
static json_t *header_row(const struct listing *listing)
{
	json_t *row = json_object();

	for (const struct listing_field *field = listing->fields; row && field->name; field++)
		/* json_string() may be NULL, which is refused here like a lack of memory. */
		if (json_object_set_new(row, field->name, json_string(field->header)) < 0) {
			json_decref(row);
			return NULL;
		}
	return row;
}

/* 0, or the error is set. Appends one line. */
static int print_row(const struct template *template, json_t *row, struct buf *out,
		     struct error *error)
{
	int err = template_eval(template, row, out, error);

	/* Harmless after an error: the buffer is not printed then. */
	buf_puts(out, "\n");
	return err;
}

/* The header is a line of the table like any other, so it gets the columns of the template. */
static int print_header(const struct listing *listing, const struct template *template,
			struct buf *out, struct error *error)
{
	json_auto_t *row = header_row(listing);

	if (!row)
		return error_system(error, -ENOMEM, "printing");
	return print_row(template, row, out, error);
}

/* Over a row of headers, which has every field: a mistake is told before netd is asked, and also
 * when there is nothing to list. */
int listing_check(const struct listing *listing, const struct args *args, struct error *error)
{
	_cleanup_(template_freep) struct template *template = NULL;
	_cleanup_(buf_done) struct buf out = { 0 };
	const char *text;
	int err;

	/* The style does not matter: the template is all there is to check. */
	(void)read_style(args, listing->table, &text);
	if (!text)
		return 0;
	/* What is evaluated is thrown away; only whether it can be is of interest. */
	err = template_parse(text, &template, error);
	return err < 0 ? err : print_header(listing, template, &out, error);
}

/* -q has one column and no header, so that a shell can use it. */
static int print_quiet(const struct listing *listing, json_t *rows)
{
	json_t *row;
	size_t i;

	json_array_foreach (rows, i, row)
		(void)printf("%s\n", cli_str(row, listing->quiet_field));
	return 0;
}

/* The first error ends it; rows that were printed before stay. */
static int print_json_rows(json_t *rows, struct error *error)
{
	json_t *row;
	size_t i;
	int err = 0;

	json_array_foreach (rows, i, row)
		if (err == 0)
			err = format_write_json(row, error);
	return err;
}

/* 0, or the error is set. The rows stay the caller's. */
int listing_print(const struct listing *listing, const struct args *args, json_t *rows,
		  struct error *error)
{
	_cleanup_(template_freep) struct template *template = NULL;
	/* A column is as wide as its widest cell, so nothing is printed before the last row is
	 * known. */
	_cleanup_(buf_done) struct buf text = { 0 }, aligned = { 0 };
	const char *format;
	enum style style = read_style(args, listing->table, &format);
	json_t *row;
	size_t i;
	int err;

	if (listing->quiet_field && args_switch(args, "quiet"))
		return print_quiet(listing, rows);
	/* Before the template is parsed, for JSON has none. */
	if (style == STYLE_JSON)
		return print_json_rows(rows, error);
	err = template_parse(format, &template, error);
	if (err == 0 && style == STYLE_TABLE)
		err = print_header(listing, template, &text, error);
	json_array_foreach (rows, i, row)
		if (err == 0)
			err = print_row(template, row, &text, error);
	/* Lines are as the template has them: tabs in them may be wanted by another program. */
	if (err < 0 || style == STYLE_LINES)
		return err < 0 ? err : format_write(&text, error);
	table_align(text.data ? text.data : "", &aligned);
	return format_write(&aligned, error);
}

int listing_run(const struct listing *listing, struct cli *cli, const struct args *args,
		const char *path, row_function row)
{
	json_auto_t *objects = NULL, *rows = NULL;
	struct error error = { 0 };

	if (listing_check(listing, args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (cli_call(cli, "GET", path, NULL, &objects, &error) < 0 ||
	    rows_make(objects, row, args_switch(args, "no-trunc"), "Name", &rows, &error) < 0)
		return cli_fail(&error);
	if (listing->none && json_array_size(rows) == 0) {
		(void)error_set(&error, ERROR_NOT_FOUND, "%s", listing->none);
		return cli_fail(&error);
	}
	if (listing_print(listing, args, rows, &error) < 0)
		return cli_fail(&error);
	return CLI_DONE;
}
