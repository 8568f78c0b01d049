// SPDX-License-Identifier: GPL-2.0-or-later
// completion_fish.c - the completion script of fish, made from the tables of commands and flags
#include "cli/completion_fish.h"

#include "cli/completion_words.h"

#include <string.h>

/* Output errors are looked at once, when stdout is flushed at the end. */
#define print(...) ((void)fprintf(__VA_ARGS__))

/* fish has no case for a command's words: each offer has a condition, which is __netctl_at with the
 * commands it is for. Words are gone through as in the other scripts: as long as they lead to a
 * command they extend the path, and the rest counts as operands. */
static const char head[] =
	"# fish completion for netctl; made by 'netctl completion fish'\n"
	"\n"
	"# The path of the command in front of the cursor (a line of its own), and how many words "
	"follow.\n"
	"function __netctl_line\n"
	"\tset -l path\n"
	"\tset -l operands 0\n"
	"\tset -l skip no\n"
	"\tfor word in (commandline -opc)[2..-1]\n"
	"\t\tif test $skip = yes\n"
	"\t\t\tset skip no\n"
	"\t\t\tcontinue\n"
	"\t\tend\n"
	"\t\tswitch $word\n"
	"\t\t\tcase -H --host\n"
	"\t\t\t\tset skip yes\n"
	"\t\t\tcase '-*'\n"
	"\t\t\tcase '*'\n"
	"\t\t\t\tset -l longer (string join -- / $path $word)\n"
	"\t\t\t\tif string match -q -- $longer $__netctl_paths; or string match -q -- "
	"\"$longer/*\" $__netctl_paths\n"
	"\t\t\t\t\tset path $longer\n"
	"\t\t\t\telse\n"
	"\t\t\t\t\tset operands (math $operands + 1)\n"
	"\t\t\t\tend\n"
	"\t\tend\n"
	"\tend\n"
	"\techo \"$path\"\n"
	"\techo $operands\n"
	"end\n"
	"\n"
	"function __netctl_at\n"
	"\tcontains -- (__netctl_line)[1] $argv\n"
	"end\n"
	"\n"
	"function __netctl_first\n"
	"\ttest (__netctl_line)[2] -eq 0\n"
	"end\n"
	"\n"
	"# The words that lead on from here; none where a command is whole.\n"
	"function __netctl_below\n"
	"\tset -l path (__netctl_line)[1]\n"
	"\tif test -z \"$path\"\n"
	"\t\tstring replace -r '/.*' '' -- $__netctl_paths | sort -u\n"
	"\telse\n"
	"\t\tstring match -- \"$path/*\" $__netctl_paths | string replace -- \"$path/\" '' | sort "
	"-u\n"
	"\tend\n"
	"end\n"
	"\n"
	"function __netctl_networks\n"
	"\tnetctl network ls --format '{{.Name}}' 2>/dev/null\n"
	"end\n"
	"\n"
	"function __netctl_containers\n"
	"\tnetctl ps --format '{{.Names}}' 2>/dev/null\n"
	"end\n"
	"\n"
	"function __netctl_services\n"
	"\tnetctl service ls -q 2>/dev/null\n"
	"end\n"
	"\n"
	"function __netctl_nodes\n"
	"\tnetctl node ls --format '{{.Name}}' 2>/dev/null\n"
	"\tnetctl node ls -q 2>/dev/null\n"
	"end\n"
	"\n"
	"complete -c netctl -f\n"
	"complete -c netctl -n '__netctl_first' -a '(__netctl_below)'\n"
	"complete -c netctl -n 'test -z (__netctl_line)[1]' -l version -d 'Print the version'\n";

/* In single quotes fish has two special characters. */
static void print_quoted(FILE *out, const char *text)
{
	(void)fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			(void)fputc('\\', out);
		(void)fputc(*text, out);
	}
	(void)fputc('\'', out);
}

/* What is offered for a value or an operand; a file needs no list, and nothing is offered for the
 * rest. */
static void print_offer(FILE *out, enum noun noun)
{
	if (completion_words_enum(noun))
		print(out, " -a '%s'", completion_words_enum(noun));
	else if (noun == NOUN_NETWORK || noun == NOUN_CONTAINER || noun == NOUN_SERVICE ||
		 noun == NOUN_NODE)
		print(out, " -a '(__netctl_%s)'", completion_words_noun[noun]);
	else if (noun == NOUN_FILE)
		print(out, " -F");
	else if (noun == NOUN_COMMAND)
		print(out, " -a '(__fish_complete_command)'");
}

/* "complete … -n '__netctl_at PATH'", which an offer follows. `also` is one condition more. */
static void print_condition(FILE *out, const struct command *command, const char *also)
{
	print(out, "complete -c netctl -n '__netctl_at ");
	completion_words_paths(out, command, " ");
	print(out, "%s'", also);
}

static void print_flag(FILE *out, const struct command *command, const struct flag *flag)
{
	print_condition(out, command, "");
	if (flag->letter)
		print(out, " -s %c", flag->letter);
	print(out, " -l %s", flag->name);
	if (flag->value) {
		print(out, flag->noun == NOUN_FILE ? " -r" : " -x"); /* -x: and no file */
		print_offer(out, flag->noun);
	}
	print(out, " -d ");
	print_quoted(out, flag->help);
	print(out, "\n");
}

static void print_operand(FILE *out, const struct command *command, enum noun noun,
			  const char *also)
{
	if (noun == NOUN_NONE)
		return; /* nothing is offered, and that is so for netctl as a whole */
	print_condition(out, command, also);
	print_offer(out, noun);
	print(out, "\n");
}

static void print_operands(FILE *out, const struct command *command)
{
	const char *first = "; and __netctl_first", *next = "; and not __netctl_first";

	if (command->takes_command && command->min_operands > 1) {
		/* `exec` has a container before its command, `run` has not. */
		print_operand(out, command, command->noun, first);
		print_operand(out, command, NOUN_COMMAND, next);
	} else if (command->takes_command) {
		print_operand(out, command, NOUN_COMMAND, "");
	} else if (command->next_noun) {
		print_operand(out, command, command->noun, first);
		print_operand(out, command, command->next_noun, next);
	} else if (command->operands) {
		print_operand(out, command, command->noun, "");
	}
}

static void print_paths(FILE *out, const struct command *const *list)
{
	print(out, "\nset -g __netctl_paths");
	for (; *list; list++) {
		if ((*list)->hidden)
			continue;
		print(out, " ");
		completion_words_paths(out, *list, " ");
	}
	print(out, "\n");
}

void completion_fish_print(FILE *out, const struct command *const *list)
{
	print(out, "%s", head);
	for (const struct command *const *command = list; *command; command++) {
		if ((*command)->hidden)
			continue;
		print(out, "\n");
		for (int i = 0; i <= COMMAND_FLAG_TABLES; i++) {
			const struct flag *flag = completion_words_table(*command, i);

			for (; flag && flag->name; flag++)
				print_flag(out, *command, flag);
		}
		print_operands(out, *command);
	}
	print_paths(out, list);
}
