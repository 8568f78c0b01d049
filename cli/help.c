// SPDX-License-Identifier: GPL-2.0-or-later
// help.c - help texts, made from the tables of commands and flags
#include "cli/help.h"

#include <string.h>

/* Help goes to stdout, whose errors are looked at once, when it is flushed at the end. */
#define print(...) ((void)fprintf(__VA_ARGS__))

/* The left column has 28 places; what is longer puts its help below. */
static void print_flag(FILE *out, const struct flag *flag)
{
	char left[48];
	int len = snprintf(left, sizeof(left), "--%s%s%s", flag->name, flag->value ? " " : "",
			   flag->value ? flag->value : "");

	if (flag->letter)
		print(out, "  -%c, ", flag->letter);
	else
		print(out, "      ");
	print(out, len < 28 ? "%-28s %s\n" : "%s\n                                   %s\n", left,
	      flag->help);
}

/* No table, or one without flags, has no title either. */
static void print_flags(FILE *out, const char *title, const struct flag *flags)
{
	if (!flags || !flags->name)
		return;
	print(out, "%s", title);
	for (; flags->name; flags++)
		print_flag(out, flags);
}

void help_command(FILE *out, const struct command *command)
{
	const char *title = "\nOptions:\n";

	print(out, "Usage: netctl %s%s%s%s\n", command->path, command->flags[0] ? " [OPTIONS]" : "",
	      command->operands ? " " : "", command->operands ? command->operands : "");
	print(out, "\n%s.\n", command->summary);
	if (command->detail)
		print(out, "\n%s\n", command->detail);
	if (command->alias)
		print(out, "\nAlso called: netctl %s\n", command->alias);
	/* Several tables of a command are shown as one list. */
	for (int i = 0; i < COMMAND_FLAG_TABLES; i++) {
		print_flags(out, title, command->flags[i]);
		if (command->flags[i])
			title = "";
	}
	print_flags(out, "\nOptions of every command:\n", args_global_flags);
}

/* group: the first words of commands, "" for all. */
void help_group(FILE *out, const struct command *const *commands, const char *group)
{
	size_t len = strlen(group);

	print(out, "Usage: netctl %s%s%sCOMMAND\n", len ? "" : "[OPTIONS] ", group, len ? " " : "");
	print(out, "\nWires containers into networks, through netd.\n");
	print(out, "\nCommands:\n");
	for (; *commands; commands++)
		if (!(*commands)->hidden && strncmp((*commands)->path, group, len) == 0 &&
		    (len == 0 || (*commands)->path[len] == ' ' || !(*commands)->path[len]))
			print(out, "  %-20s %s\n", (*commands)->path, (*commands)->summary);
	if (len == 0)
		print_flags(out, "\nOptions:\n", args_root_flags);
	print_flags(out, "\nOptions of every command:\n", args_global_flags);
	print(out, "\n'netctl COMMAND --help' tells more about a command.\n");
}
