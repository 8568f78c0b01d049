// SPDX-License-Identifier: GPL-2.0-or-later
// reach.c - netctl reach
#include "base/cleanup.h"
#include "base/json_parse.h"
#include "base/limits.h"
#include "cli/command/command.h"
#include "cli/command/explain_here.h"
#include "cli/line/cli.h"
#include "cli/show/format.h"
#include "cli/show/reached.h"
#include "diag/matrix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Theory of operation. As explain: netd is asked, or root looks from here. A saved matrix is the
 * answer as it came, so comparing is reading it back; who asked then asks now, unless others are
 * named. */

/* 1: something has changed since the file was saved. The others are those of explain. */
#define REACH_CHANGED 1
#define REACH_CANNOT_LOOK 4

/* was and is are matrices: rows of who reaches which listener. changes points into both. Texts are
 * borrowed from the arguments or from the saved document; the buffer, both matrices and the changes
 * are freed at the end of run_reach(). */
struct survey {
	struct cli *cli;
	const struct args *args;
	const char *save, *diff, *network, *with;
	struct buf names; /* with commas; "": everybody */
	struct matrix was, is;
	struct matrix_changes changes;
};

/* A mistake in what was typed is 2; everything else means that nobody could look. The exit code;
 * the message has been printed. */
static int refuse(const struct survey *survey, const struct error *error)
{
	if (error->kind == ERROR_INVALID && !survey->with)
		return cli_usage(survey->args, "%s", error->text);
	(void)cli_fail(error);
	/* As explain: nft(8) has refused the file. */
	return error->kind == ERROR_INVALID ? CLI_USAGE : REACH_CANNOT_LOOK;
}

/* --- who asks --------------------------------------------------------------------------------- */

/* The names are joined with commas, as the API takes them; so a name with one would be two. 0, or
 * the error is set. */
static int read_names(struct survey *survey, struct error *error)
{
	const struct args *args = survey->args;

	survey->save = args_text(args, "save");
	survey->diff = args_text(args, "diff");
	survey->network = args_text(args, "network");
	survey->with = args_text(args, "with");
	/* Both together could mean "and" or "or". */
	if (survey->network && args->n_operands > 0)
		return error_set(error, ERROR_INVALID,
				 "--network says who asks, and so do names: one of them is enough");
	for (size_t i = 0; i < args->n_operands; i++) {
		if (strchr(args->operands[i], ',') || !args->operands[i][0])
			return error_set(error, ERROR_INVALID, "'%s' is no name",
					 args->operands[i]);
		if (i > 0)
			buf_puts(&survey->names, ",");
		buf_puts(&survey->names, args->operands[i]);
	}
	return survey->names.err < 0 ? error_system(error, survey->names.err, "reading the names")
				     : format_check(args, error);
}

/* What was saved, and who asked then. The file may have been edited, or be something else: it is
 * read as a record, with its limits. 0 and survey->was, or the error is set with the file's name in
 * front. */
static int read_saved(struct survey *survey, struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	json_auto_t *document = NULL;
	int err = cli_read_file(survey->diff, EXPLAIN_ANSWER_MAX, &text, error);

	if (err < 0)
		return err;
	err = json_parse_record(text.data ? text.data : "", text.len, &document, error);
	if (err == 0)
		err = matrix_read(document, &survey->was, error);
	if (err < 0) {
		error_prefix(error, "%s", survey->diff);
		return err;
	}
	/* What is asked now counts. Pairs that only one side has are then told as changes. */
	if (survey->args->n_operands > 0 || survey->network)
		return 0;
	survey->network = json_string_value(json_object_get(document, "Network"));
	if (json_is_string(json_object_get(document, "Names")))
		buf_puts(&survey->names, json_string_value(json_object_get(document, "Names")));
	return 0;
}

/* --- the answer ------------------------------------------------------------------------------- */

/* --with takes root and is done here. Everything else goes to netd first. The path is the same for
 * a netd behind ssh://, where root of this host means nothing. */
static int ask(struct survey *survey, json_t **ret_answer, struct error *error)
{
	const char *names = survey->names.len > 0 ? survey->names.data : NULL;
	const struct explain_here asked = {
		.reach = true, .names = names, .network = survey->network, .with = survey->with
	};
	_cleanup_(buf_done) struct buf path = { 0 };
	bool is_here;

	if (survey->with)
		return explain_here_as_root(survey->cli, survey->args, asked, ret_answer, error);
	buf_puts(&path, "/netd/v1/reach");
	if (names) {
		buf_puts(&path, "?names=");
		client_quote(&path, names);
	} else if (survey->network) {
		buf_puts(&path, "?network=");
		client_quote(&path, survey->network);
	}
	if (path.err < 0)
		return error_system(error, path.err, "asking netd");
	return explain_here_or_netd(survey->cli, survey->args, path.data, asked, ret_answer,
				    &is_here, error);
}

/* A line for each pair, so that diff(1) compares two as well. The head of the answer stands above,
 * one key a line. 0, or -ENOMEM. The result is JSON and ends without a newline, which cli_save()
 * adds. */
static int write_lines(const json_t *answer, struct buf *out)
{
	const json_t *pairs = json_object_get(answer, "Pairs");
	json_auto_t *head = json_copy((json_t *)answer);
	_cleanup_free_ char *text = NULL;

	/* The pairs are taken out of a copy, and the answer stays whole. */
	if (!head || json_object_del(head, "Pairs") < 0 ||
	    !(text = json_dumps(head, JSON_INDENT(1))))
		return -ENOMEM;
	/* jansson writes the brace on a line of its own when it indents. */
	text[strlen(text) - 2] = '\0'; /* "\n}", behind which the pairs come */
	buf_printf(out, "%s,\n \"Pairs\": [", text);
	for (size_t i = 0; i < json_array_size(pairs); i++) {
		_cleanup_free_ char *row = json_dumps(json_array_get(pairs, i), 0);

		if (!row)
			return -ENOMEM;
		buf_printf(out, "%s\n  %s", i > 0 ? "," : "", row);
	}
	buf_puts(out, "\n ]\n}");
	return out->err;
}

/* A new file is its owner's alone, for it says who reaches what. 0, or the error is set. An old
 * file keeps its mode. */
static int save(const struct survey *survey, const json_t *answer, struct error *error)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	int err = write_lines(answer, &text);

	if (err < 0)
		return error_system(error, err, "cannot write %s", survey->save);
	return cli_save(survey->save, text.data, error);
}

/* --- what is shown ---------------------------------------------------------------------------- */

/* NULL: the pair was not there, or is not there any more. A new reference, or NULL without
 * memory. */
static json_t *side_json(const struct matrix_row *row)
{
	return row ? json_pack("{s:s, s:s?}", "Verdict", row->verdict, "Code", row->code)
		   : json_null();
}

/* As --format json shows it, and templates see it. NULL: out of memory. json_pack() frees the list
 * when it fails itself. */
static json_t *changes_json(const struct survey *survey)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < survey->changes.n; i++) {
		const struct matrix_change *change = &survey->changes.items[i];
		/* A pair has the same keys in both, so one of them names it. */
		const struct matrix_row *row = change->is ? change->is : change->was;
		json_t *item = json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:b, s:o, s:o}", "From",
					 row->from, "To", row->to, "Address", row->address, "Port",
					 row->port, "Protocol", row->protocol, "Inside",
					 row->inside, "Published", row->is_published, "Was",
					 side_json(change->was), "Is", side_json(change->is));

		/* json_array_append_new() frees the item on an error, and takes NULL for one. */
		if (json_array_append_new(list, item) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	/* "s:s*" leaves a key without a value out. */
	return json_pack("{s:i, s:s, s:s*, s:I, s:I, s:o}", "Version", 1, "Since", survey->diff,
			 "With", survey->with, "Pairs", (json_int_t)survey->is.n, "Passing",
			 (json_int_t)survey->changes.n_passing, "Changes", list);
}

/* Many pairs need much memory, and that is all that can fail. 0 and a new reference, or the error
 * is set. */
static int compare(struct survey *survey, json_t **ret_value, struct error *error)
{
	int err = matrix_compare(&survey->was, &survey->is, &survey->changes);

	if (err == 0) {
		*ret_value = changes_json(survey);
		err = *ret_value ? 0 : -ENOMEM;
	}
	return err < 0 ? error_system(error, err, "cannot compare so many pairs") : 0;
}

/* JSON is the whole value. A template gets it whole, too. The screen makes groups of rows. 0, or
 * the error is set. --json has the precedence over --format. */
static int show(struct survey *survey, json_t *value, struct error *error)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	const struct explained_look look = {
		.colour = explained_wants_colour(),
		.verbose = args_switch(survey->args, "verbose"),
	};
	bool done = false;
	int err;

	if (args_switch(survey->args, "json"))
		return format_write_json(value, error);
	err = format_value(survey->args, value, &done, error);
	if (err < 0 || done)
		return err;
	if (survey->diff)
		reached_changes_screen(&survey->is, &survey->changes, survey->diff, &look, &out);
	else if (reached_screen(&survey->is, &look, &out) < 0)
		return error_system(error, -ENOMEM, "cannot show so many pairs");
	return format_write(&out, error);
}

/* The answer is saved last: it may be compared with what is in the same file. With --save and
 * --diff of one file, the old one must have been read before it is written anew. 0, or the error is
 * set. Saving comes last in time, too: an answer that could not be shown is not saved. */
static int look_and_show(struct survey *survey, struct error *error)
{
	json_auto_t *answer = NULL, *changes = NULL;
	int err = survey->diff ? read_saved(survey, error) : 0;

	if (err == 0)
		err = ask(survey, &answer, error);
	if (err == 0 && matrix_read(answer, &survey->is, error) < 0)
		return error_set(error, ERROR_INTERNAL, "netd's answer is not understood");
	if (err == 0 && survey->diff)
		err = compare(survey, &changes, error);
	if (err == 0)
		err = show(survey, survey->diff ? changes : answer, error);
	return err == 0 && survey->save ? save(survey, answer, error) : err;
}

/* Exit status 1 says that something has changed, which without --diff is never so. The exit code:
 * 0, 1, 2 or 4, as --help says. */
static int run_reach(struct cli *cli, const struct args *args)
{
	struct survey survey = { .cli = cli, .args = args };
	struct error error = { 0 };
	int status;

	/* The names are read before anything is asked, for exit status 2. */
	if (read_names(&survey, &error) < 0)
		status = cli_usage(args, "%s", error.text);
	else if (look_and_show(&survey, &error) < 0)
		status = refuse(&survey, &error);
	else
		status = survey.changes.n > 0 ? REACH_CHANGED : CLI_DONE;
	/* They are empty where nothing was read. */
	matrix_changes_done(&survey.changes);
	matrix_done(&survey.was);
	matrix_done(&survey.is);
	buf_done(&survey.names);
	return status;
}

static const struct flag reach_flags[] = {
	{ .name = "verbose", .letter = 'v', .help = "Each pair and address, however many" },
	{ .name = "network",
	  .value = "NETWORK",
	  .noun = NOUN_NETWORK,
	  .help = "Of all containers those on this network ask; and the host, and who is outside" },
	{ .name = "save",
	  .value = "FILE",
	  .noun = NOUN_FILE,
	  .help = "Write the matrix there, to be compared with later" },
	{ .name = "diff",
	  .value = "FILE",
	  .noun = NOUN_FILE,
	  .help = "Show only what has changed since FILE was saved" },
	{ .name = "with",
	  .value = "FILE",
	  .noun = NOUN_FILE,
	  .help = "As if nft -f FILE had been done on the host, which it is not; takes root" },
	{ .name = "json", .help = "As --format json" },
	{ 0 },
};

const struct command command_reach = {
	.path = "reach",
	.operands = "[A...]",
	.summary = "Find out who reaches which listener",
	.example = "netctl reach web db",
	.detail = "A is who asks, as for explain; without one all containers are, the host, and\n"
		  "who is outside. What is asked for are the listeners of all containers and\n"
		  "of the host.\n"
		  "Exit status: 0 looked at (with --diff: nothing changed), 1 changed, 2 usage,\n"
		  "4 cannot look",
	.flags = { reach_flags, explain_here_flags, format_flags },
	.max_operands = OPERANDS_ANY,
	.noun = NOUN_CONTAINER,
	.run = run_reach,
};
