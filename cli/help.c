// SPDX-License-Identifier: GPL-2.0-or-later
// help.c - help texts, made from the tables of commands and flags
#include "cli/help.h"

#include <string.h>

/* Help goes to stdout, whose errors are looked at once, when it is flushed at the end. */
#define print(...) ((void)fprintf(__VA_ARGS__))

/* Where the right column begins, of flags and of commands, and where a terminal ends that nobody
 * has made wider. */
#define FLAG_COLUMN 35
#define COMMAND_COLUMN 23
#define SCREEN_COLUMNS 80

/* Columns of a word: bytes that go on with a character of UTF-8 take none. */
static int width(const char *word, int len)
{
	int columns = 0;

	for (int i = 0; i < len; i++)
		columns += ((unsigned char)word[i] & 0xc0) != 0x80;
	return columns;
}

/* Words, up to a newline of the text, and a newline where the next one would pass the screen's end;
 * the cursor is at `column`, and lines that follow begin at `indent`. What is too long for any line
 * stands alone on one. Returns what is left of the text. */
static const char *print_wrapped(FILE *out, const char *text, int column, int indent)
{
	bool is_first = true;

	for (; *text && *text != '\n'; is_first = false) {
		int len = (int)strcspn(text, " \n"), columns = width(text, len);

		if (!is_first && column + 1 + columns > SCREEN_COLUMNS) {
			print(out, "\n%*s", indent, "");
			column = indent;
		} else if (!is_first) {
			print(out, " ");
			column++;
		}
		print(out, "%.*s", len, text);
		column += columns;
		text += len;
		text += strspn(text, " ");
	}
	print(out, "\n");
	return *text ? text + 1 : text;
}

static void print_detail(FILE *out, const char *detail)
{
	print(out, "\n");
	while (*detail)
		detail = print_wrapped(out, detail, 0, 0);
}

/* What is longer than the left column puts its help below. */
static void print_flag(FILE *out, const struct flag *flag)
{
	char left[64];
	int len = snprintf(left, sizeof(left), "%s%c%s--%s%s%s", flag->letter ? "  -" : "    ",
			   flag->letter ? flag->letter : ' ', flag->letter ? ", " : " ", flag->name,
			   flag->value ? " " : "", flag->value ? flag->value : "");

	if (len < FLAG_COLUMN)
		print(out, "%-*s", FLAG_COLUMN, left);
	else
		print(out, "%s\n%*s", left, FLAG_COLUMN, "");
	(void)print_wrapped(out, flag->help, FLAG_COLUMN, FLAG_COLUMN);
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
	print(out, "\n");
	(void)print_wrapped(out, command->summary, 0, 0);
	print(out, "\nExample:\n  %s\n", command->example);
	if (command->detail)
		print_detail(out, command->detail);
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

static void print_command(FILE *out, const struct command *command)
{
	print(out, "  %-*s", COMMAND_COLUMN - 2, command->path);
	(void)print_wrapped(out, command->summary, COMMAND_COLUMN, COMMAND_COLUMN);
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
			print_command(out, *commands);
	if (len == 0)
		print_flags(out, "\nOptions:\n", args_root_flags);
	print_flags(out, "\nOptions of every command:\n", args_global_flags);
	print(out, "\n'netctl COMMAND --help' tells more about a command.\n");
}
