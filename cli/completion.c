// SPDX-License-Identifier: GPL-2.0-or-later
// completion.c - completion scripts for bash and zsh, made from the tables of commands and flags
#include "cli/completion.h"

#include "cli/commands.h"
#include "cli/completion_fish.h"
#include "cli/completion_words.h"
#include "cli/line/cli.h"

#include <stdio.h>
#include <string.h>

/* Theory of operation. A script is made from the tables of commands and flags, so it can never
 * offer what this netctl does not have. It knows words and flags by heart; names of networks and
 * containers it asks netctl for at each TAB, and where no netd answers it offers none, in silence.
 * In the scripts a command's path is one word with slashes ("network/create"): it serves as a
 * pattern of `case` and as an element of a list, where a blank would part it. */

/* Output errors are looked at once, when stdout is flushed at the end. */
#define print(...) ((void)fprintf(__VA_ARGS__))

/* --- bash --- */

/* The words before the cursor are gone through once: as long as they lead to a command they extend
 * `path`, and what is left over counts as operands. -H takes the next word along. Then the part for
 * the command says what its flags are, what they take, and what its operands name. */
static const char bash_head[] =
	"# bash completion for netctl; made by 'netctl completion bash'\n"
	"\n"
	"_netctl_offer()\n"
	"{\n"
	"\tcase $1 in\n"
	"\tnone) COMPREPLY=() ;;\n"
	"\tnetworks) COMPREPLY=($(compgen -W \"$(netctl network ls --format '{{.Name}}' "
	"2>/dev/null)\" "
	"-- \"$cur\")) ;;\n"
	"\tcontainers) COMPREPLY=($(compgen -W \"$(netctl ps --format '{{.Names}}' 2>/dev/null)\" "
	"-- \"$cur\")) ;;\n"
	"\tservices) COMPREPLY=($(compgen -W \"$(netctl service ls -q 2>/dev/null)\" "
	"-- \"$cur\")) ;;\n"
	"\tnodes) COMPREPLY=($(compgen -W \"$(netctl node ls --format '{{.Name}} {{.ID}}' "
	"2>/dev/null)\" "
	"-- \"$cur\")) ;;\n"
	"\tfiles) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	"\tcommands) COMPREPLY=($(compgen -c -- \"$cur\")) ;;\n"
	"\t*) COMPREPLY=($(compgen -W \"$1\" -- \"$cur\")) ;;\n"
	"\tesac\n"
	"}\n"
	"\n"
	"_netctl()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	"\tlocal path= word i operands=0 flags values first next\n"
	"\n"
	"\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	"\t\tword=${COMP_WORDS[i]}\n"
	"\t\tcase $word in\n"
	"\t\t-H | --host) ((i++)) ;;\n"
	"\t\t-*) ;;\n"
	"\t\t*) case \" $_netctl_paths \" in\n"
	"\t\t\t*\" ${path:+$path/}$word \"* | *\" ${path:+$path/}$word/\"*) "
	"path=${path:+$path/}$word ;;\n"
	"\t\t\t*) ((operands++)) ;;\n"
	"\t\t\tesac ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tCOMPREPLY=()\n"
	"\tflags= values= first= next=\n"
	"\tcase $path in\n";

static const char bash_tail[] =
	"\t*) if [[ $cur == -* ]]; then\n"
	"\t\tCOMPREPLY=($(compgen -W '--version --host --help' -- \"$cur\"))\n"
	"\telse\n"
	"\t\tfor word in $_netctl_paths; do\n"
	"\t\t\t[[ $word == \"${path:+$path/}\"* ]] || continue\n"
	"\t\t\tword=${word#\"${path:+$path/}\"}\n"
	"\t\t\tCOMPREPLY+=($(compgen -W \"${word%%/*}\" -- \"$cur\"))\n"
	"\t\tdone\n"
	"\tfi\n"
	"\treturn ;;\n"
	"\tesac\n"
	"\tfor word in \"${values[@]}\"; do\n"
	"\t\tif [[ \" ${word%%:*} \" == *\" $prev \"* ]]; then\n"
	"\t\t\t_netctl_offer \"${word#*:}\"\n"
	"\t\t\treturn\n"
	"\t\tfi\n"
	"\tdone\n"
	"\tif [[ $cur == -* ]]; then\n"
	"\t\tCOMPREPLY=($(compgen -W \"$flags\" -- \"$cur\"))\n"
	"\telif ((operands == 0)) || [[ -z $next ]]; then\n"
	"\t\t_netctl_offer \"$first\"\n"
	"\telse\n"
	"\t\t_netctl_offer \"$next\"\n"
	"\tfi\n"
	"}\n"
	"complete -F _netctl netctl\n";

static void bash_flag_names(FILE *out, const struct command *command)
{
	const char *separator = "";

	/* In single quotes: names of flags have no character that would end them. */
	print(out, "\t\tflags='");
	for (int i = 0; i <= COMMAND_FLAG_TABLES; i++)
		for (const struct flag *flag = completion_words_table(command, i);
		     flag && flag->name; flag++) {
			print(out, "%s--%s", separator, flag->name);
			separator = " ";
		}
	print(out, "'\n");
}

static void bash_flag_values(FILE *out, const struct command *command)
{
	/* "--name -n:OFFER": bash_tail parts it at the colon. Switches take nothing, so they are
	 * left out. */
	print(out, "\t\tvalues=(");
	for (int i = 0; i <= COMMAND_FLAG_TABLES; i++)
		for (const struct flag *flag = completion_words_table(command, i);
		     flag && flag->name; flag++) {
			if (!flag->value)
				continue;
			print(out, "\n\t\t\t'--%s", flag->name);
			if (flag->letter)
				print(out, " -%c", flag->letter);
			print(out, ":%s'", completion_words_noun[flag->noun]);
		}
	print(out, ")\n");
}

/* The script that `netctl completion SHELL` prints. */
static void completion_bash(FILE *out, const struct command *const *list)
{
	print(out, "%s", bash_head);
	for (const struct command *const *command = list; *command; command++) {
		/* A hidden command is for programs, and none is offered to people. */
		if ((*command)->hidden)
			continue;
		print(out, "\t");
		completion_words_paths(out, *command, " | ");
		print(out, ")\n");
		bash_flag_names(out, *command);
		bash_flag_values(out, *command);
		print(out, "\t\tfirst='%s'\n", completion_words_noun[(*command)->noun]);
		if ((*command)->next_noun)
			print(out, "\t\tnext='%s'\n", completion_words_noun[(*command)->next_noun]);
		print(out, "\t\t;;\n");
	}
	/* Behind the functions, which read it when TAB is pressed and not when they are defined. */
	print(out, "%s_netctl_paths='", bash_tail);
	for (const struct command *const *command = list; *command; command++) {
		if ((*command)->hidden)
			continue;
		print(out, "%s", command == list ? "" : " ");
		completion_words_paths(out, *command, " ");
	}
	print(out, "'\n");
}

/* --- zsh --- */

/* _arguments counts operands from the first of `words`, so the words of the path are cut off before
 * it is called. */
static const char zsh_head[] =
	"#compdef netctl\n"
	"# zsh completion for netctl; made by 'netctl completion zsh'\n"
	"\n"
	"_netctl_networks()\n"
	"{\n"
	"\tcompadd -- ${(f)\"$(netctl network ls --format '{{.Name}}' 2>/dev/null)\"}\n"
	"}\n"
	"\n"
	"_netctl_services()\n"
	"{\n"
	"\tcompadd -- ${(f)\"$(netctl service ls -q 2>/dev/null)\"}\n"
	"}\n"
	"\n"
	"_netctl_nodes()\n"
	"{\n"
	"\tcompadd -- $(netctl node ls --format '{{.Name}} {{.ID}}' 2>/dev/null)\n"
	"}\n"
	"\n"
	"_netctl_containers()\n"
	"{\n"
	"\tcompadd -- ${(f)\"$(netctl ps --format '{{.Names}}' 2>/dev/null)\"}\n"
	"}\n"
	"\n"
	"_netctl()\n"
	"{\n"
	"\tlocal cmd= i=2\n"
	"\twhile ((i < CURRENT)) && [[ -n ${(M)_netctl_paths:#${cmd:+$cmd/}${words[i]}(|/*)} ]]; "
	"do\n"
	"\t\tcmd=${cmd:+$cmd/}${words[i]}\n"
	"\t\t((i++))\n"
	"\tdone\n"
	"\tif [[ -n ${(M)_netctl_paths:#$cmd} ]]; then\n"
	"\t\twords=(netctl \"${(@)words[i,-1]}\")\n"
	"\t\t((CURRENT -= i - 2))\n"
	"\tfi\n"
	"\tcase $cmd in\n";

/* Brackets, colons and backslashes mean something to _arguments, quotes to the shell. */
static void print_zsh_quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		/* Inside single quotes the shell has but one special character. It is written as an
		 * end, an escaped quote, and a new beginning. */
		if (*text == '\'')
			print(out, "'\\'");
		else if (strchr("[]:\\", *text))
			(void)fputc('\\', out);
		(void)fputc(*text, out);
	}
}

/* What zsh is to do for a value or an operand. */
static void zsh_action(FILE *out, enum noun noun)
{
	if (completion_words_enum(noun))
		print(out, "(%s)", completion_words_enum(noun));
	else if (noun == NOUN_NETWORK || noun == NOUN_CONTAINER || noun == NOUN_SERVICE ||
		 noun == NOUN_NODE)
		print(out, "_netctl_%s", completion_words_noun[noun]);
	else if (noun == NOUN_FILE)
		print(out, "_files");
	else if (noun == NOUN_COMMAND)
		print(out, "_command_names -e");
	else
		/* _arguments wants an action behind the second colon; a blank offers nothing. */
		print(out, " ");
}

/* The star: a flag that was given is offered again, for most may be repeated. */
static void zsh_flag(FILE *out, const struct flag *flag)
{
	/* The braces are outside the quotes, so that the shell makes a specification of each
	 * spelling. */
	if (flag->letter)
		print(out, " \\\n\t\t\t'*'{-%c,--%s}'[", flag->letter, flag->name);
	else
		print(out, " \\\n\t\t\t'*--%s[", flag->name);
	print_zsh_quoted(out, flag->help);
	print(out, "]");
	if (flag->value) {
		print(out, ":");
		print_zsh_quoted(out, flag->value);
		print(out, ":");
		zsh_action(out, flag->noun);
	}
	print(out, "'");
}

/* One branch of the case: flags, and then operands by the command's kind. */
static void zsh_command(FILE *out, const struct command *command)
{
	print(out, "\t");
	completion_words_paths(out, command, " | ");
	print(out, ")\n\t\t_arguments");
	for (int i = 0; i <= COMMAND_FLAG_TABLES; i++)
		for (const struct flag *flag = completion_words_table(command, i);
		     flag && flag->name; flag++)
			zsh_flag(out, flag);
	if (command->takes_command) {
		/* `exec` has a container before its command, `run` has not. _normal completes the
		 * rest as the shell would complete a command line of its own. */
		if (command->min_operands > 1) {
			print(out, " \\\n\t\t\t'1:%s:", "container");
			zsh_action(out, command->noun);
			print(out, "'");
		}
		print(out, " \\\n\t\t\t'*::command: _normal'");
	} else if (command->next_noun) {
		/* By position only where the two are of different kinds. */
		print(out, " \\\n\t\t\t'1:first:");
		zsh_action(out, command->noun);
		print(out, "' \\\n\t\t\t'2:second:");
		zsh_action(out, command->next_noun);
		print(out, "'");
	} else if (command->operands) {
		print(out, " \\\n\t\t\t'*:argument:");
		zsh_action(out, command->noun);
		print(out, "'");
	}
	print(out, "\n\t\t;;\n");
}

static void zsh_paths(FILE *out, const struct command *const *list)
{
	/* -g: zsh loads the file as the body of a function, and this has to outlive the first call
	 * of it. */
	print(out, "typeset -ga _netctl_paths=(");
	for (; *list; list++) {
		if ((*list)->hidden)
			continue;
		print(out, "\n\t");
		completion_words_paths(out, *list, " ");
	}
	print(out, ")\n");
}

static void completion_zsh(FILE *out, const struct command *const *list)
{
	print(out, "%s", zsh_head);
	for (const struct command *const *command = list; *command; command++)
		if (!(*command)->hidden)
			zsh_command(out, *command);
	print(out, "\t*)\n"
		   "\t\tlocal -a below=(${(M)_netctl_paths:#${cmd:+$cmd/}*})\n"
		   "\t\tbelow=(${(u)${below#${cmd:+$cmd/}}%%%%/*})\n"
		   "\t\tcompadd -- $below\n"
		   "\t\t[[ -n $cmd ]] || compadd -- --version --host --help\n"
		   "\t\t;;\n"
		   "\tesac\n"
		   "}\n"
		   "\n");
	zsh_paths(out, list);
	/* That first call is a TAB of the user's, and wants its answer like any other. */
	print(out, "\n_netctl \"$@\"\n");
}

static int run_completion(struct cli *cli, const struct args *args)
{
	(void)cli;
	if (strcmp(args->operands[0], "bash") == 0)
		completion_bash(stdout, commands);
	else if (strcmp(args->operands[0], "zsh") == 0)
		completion_zsh(stdout, commands);
	else if (strcmp(args->operands[0], "fish") == 0)
		completion_fish_print(stdout, commands);
	else
		return cli_usage(args, "there is no completion for '%s'", args->operands[0]);
	return CLI_DONE;
}

const struct command command_completion = {
	.path = "completion",
	.operands = "bash|zsh|fish",
	.summary = "Print the completion script of a shell",
	.example = "netctl completion bash",
	.min_operands = 1,
	.max_operands = 1,
	.noun = NOUN_SHELL,
	.run = run_completion,
};
