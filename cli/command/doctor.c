// SPDX-License-Identifier: GPL-2.0-or-later
// doctor.c - netctl doctor
#include "base/buf.h"
#include "base/cleanup.h"
#include "cli/command/command.h"
#include "cli/command/explain_here.h"
#include "cli/line/cli.h"
#include "cli/show/doctored.h"
#include "cli/show/format.h"

#include <string.h>

/* Theory of operation. As explain: netd is asked, and where it is not there or is stopped root
 * looks from here. With --fix netd is asked to repair what is its own, which it does by the
 * comparison that it makes by itself after each change; then everything is looked at again, so that
 * what is shown is how it is now. */

/* The exit statuses 0 to 3 are the report's (doctored_status()). */
#define DOCTOR_CANNOT_LOOK 4

/* One run of the command. `fixed` is owned and freed at the end; the texts are borrowed. */
struct visit {
	struct cli *cli;
	const struct args *args;
	const char *name; /* NULL: everything */
	bool is_here;	  /* the last answer came from the records */
	json_t *fixed;	  /* what netd repaired; NULL: it was not asked to */
	bool could_not_repair;
};

/* What netd calls invalid is a mistake of the command line. The exit code; the message has been
 * printed. */
static int refuse(const struct visit *visit, const struct error *error)
{
	if (error->kind == ERROR_INVALID)
		return cli_usage(visit->args, "%s", error->text);
	(void)cli_fail(error);
	return DOCTOR_CANNOT_LOOK;
}

/* --- looking ---------------------------------------------------------------------------------- */

/* The report is the caller's. It may be called twice; is_here says who made the last one. 0 and a
 * report, or the error is set. A report that finds faults is no error. */
static int look(struct visit *visit, json_t **ret_report, struct error *error)
{
	const struct explain_here asked = { .doctor = true, .name = visit->name };
	_cleanup_(buf_done) struct buf path = { 0 };

	if (visit->name)
		cli_path(&path, "/netd/v1/doctor?name=", visit->name, "");
	else
		buf_puts(&path, "/netd/v1/doctor");
	if (path.err < 0)
		return error_system(error, path.err, "asking netd");
	return explain_here_or_netd(visit->cli, visit->args, path.data, asked, ret_report,
				    &visit->is_here, error);
}

/* --- repairing -------------------------------------------------------------------------------- */

/* The newest repair stands first. Without one the text is empty, which is before any time. The text
 * stays the report's. */
static const char *time_of(const json_t *repairs, size_t i)
{
	return cli_str(json_array_get(repairs, i), "Time");
}

/* What netd tells of now and did not before. Times are written so that letters compare as they do.
 * Repairs that were there before are those of other days. The list is the caller's; NULL: out of
 * memory. An item is shared with the report that it is from. */
static json_t *new_repairs(const json_t *before, const json_t *after)
{
	const json_t *old = json_object_get(before, "Repaired");
	const json_t *all = json_object_get(after, "Repaired");
	json_t *list = json_array();

	for (size_t i = 0; list && i < json_array_size(all); i++)
		if (strcmp(time_of(all, i), time_of(old, 0)) > 0 &&
		    json_array_append(list, json_object_get(json_array_get(all, i), "What")) < 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

/* *report is replaced by the new one, or left alone on an error. 0, or the error is set. Without a
 * netd that answers nothing is done, and the report says so. */
static int repair(struct visit *visit, json_t **report, struct error *error)
{
	json_t *after = NULL;
	int err;

	/* Nobody else repairs what is netd's: a second hand in it would be the next difference. */
	if (visit->is_here) {
		visit->could_not_repair = true;
		return 0;
	}
	/* The call answers when the comparison is made. */
	err = cli_call(visit->cli, "POST", "/netd/v1/resync", NULL, NULL, error);
	if (err == 0)
		err = look(visit, &after, error);
	if (err < 0)
		return err;
	visit->fixed = new_repairs(*report, after);
	json_decref(*report);
	*report = after;
	return 0;
}

/* Null: it was asked for, and there is no netd to do it. An empty list: nothing was found that is
 * its own. 0, or the error is set. The key is in the report only where --fix was given. The report
 * is changed in place. */
static int note_fixed(const struct visit *visit, json_t *report, struct error *error)
{
	json_t *fixed = visit->could_not_repair ? json_null()
			: visit->fixed		? json_incref(visit->fixed)
						: json_array();

	return cli_set(report, "Fixed", fixed, error);
}

/* With --fix everything is looked at twice, and the second time is shown. The exit code: 0 to 3
 * from the report, 2 also for the command line, and 4 where nobody could look. */
static int run_doctor(struct cli *cli, const struct args *args)
{
	struct visit visit = { .cli = cli,
			       .args = args,
			       .name = args->n_operands > 0 ? args->operands[0] : NULL };
	bool fix = args_switch(args, "fix");
	struct error error = { 0 };
	json_t *report = NULL;
	int status;

	if (format_check(args, &error) < 0)
		return cli_usage(args, "%s", error.text);
	if (visit.name && !*visit.name)
		return cli_usage(args, "NAME is empty: a container or a network is wanted");
	/* Nothing is repaired where nothing is wrong. */
	if (look(&visit, &report, &error) < 0 ||
	    (fix && doctored_status(report) != 0 && repair(&visit, &report, &error) < 0) ||
	    (fix && note_fixed(&visit, report, &error) < 0) ||
	    explained_show(args, report, doctored_screen, &error) < 0)
		status = refuse(&visit, &error);
	else
		/* The status is that of the last look. */
		status = doctored_status(report);
	json_decref(visit.fixed);
	json_decref(report);
	return status;
}

static const struct flag doctor_flags[] = {
	{ .name = "verbose", .letter = 'v', .help = "Everything that was found, however long" },
	{ .name = "fix", .help = "Have netd repair what is its own, and look again" },
	{ 0 },
};

const struct command command_doctor = {
	.path = "doctor",
	.operands = "[NAME]",
	.summary = "Find out what is wrong with networks, containers and the host",
	.example = "netctl doctor web",
	.detail = "NAME is a container or a network; without it everything is looked at.\n"
		  "Exit status: 0 nothing is wrong, 1 something is, 2 usage, 3 undecided, 4 cannot "
		  "look",
	.flags = { doctor_flags, explain_here_flags, format_flags },
	.max_operands = 1,
	.noun = NOUN_CONTAINER,
	.run = run_doctor,
};
