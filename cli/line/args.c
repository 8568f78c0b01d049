// SPDX-License-Identifier: GPL-2.0-or-later
// args.c - the command line: tables of commands and flags, and what was given of them
#include "cli/line/args.h"

#include "base/limits.h"
#include "base/nearest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct flag args_global_flags[] = {
	{ .name = "host",
	  .letter = 'H',
	  .value = "HOST",
	  .help = "netd to talk to: unix://PATH or ssh://[user@]host[:port][/PATH] (NETD_HOST)" },
	{ .name = "help", .letter = 'h', .help = "Show what this command does and takes" },
	{ 0 },
};

const struct flag args_root_flags[] = {
	{ .name = "version", .letter = 'v', .help = "Show the version of netctl" },
	{ 0 },
};

/* Theory of operation. The words are read once, from left to right: words of the path until they
 * name a command, then flags and operands in any order. Flags before the command are those of
 * netctl itself; behind it those of the command count, too. Nothing is copied: what is given
 * points into argv. A repeated flag is stored as often as it comes; args_text() takes the last,
 * args_each() all of them. */

/* `next` is the index of the word that is read next. The texts of `words` and `group` are copies,
 * for messages; all else points into argv. */
struct parser {
	const struct command *const *commands;
	char **argv;
	int argc, next;
	char words[64]; /* of the command, as far as read */
	struct args *args;
	struct error *error;
};

void args_done(struct args *args)
{
	free(args->given);
	free(args->operands);
	*args = (struct args) { 0 };
}

/* NULL: the table has no such flag. A NULL for the table is an empty table. */
static const struct flag *find_name(const struct flag *flags, const char *name, size_t len)
{
	for (; flags && flags->name; flags++)
		/* By length: in "--name=value" the name does not end in a NUL. */
		if (strlen(flags->name) == len && memcmp(flags->name, name, len) == 0)
			return flags;
	return NULL;
}

static const struct flag *find_letter(const struct flag *flags, char letter)
{
	for (; flags && flags->name; flags++)
		/* A letter comes from the command line and is never 0, so flags without a short
		 * form are not found. */
		if (flags->letter == letter)
			return flags;
	return NULL;
}

/* The tables to search, in order; without a command those of netctl itself. */
static const struct flag *flag_table(const struct command *command, int i)
{
	/* The command's own come first: it may give a name or a letter another meaning than netctl
	 * does. */
	if (i == COMMAND_FLAG_TABLES)
		return args_global_flags;
	if (!command)
		return i == 0 ? args_root_flags : NULL;
	return command->flags[i];
}

const struct flag *args_command_flag(const struct command *command, const char *name, size_t len)
{
	const struct flag *flag = NULL;

	/* `<=`: the table behind those of the command is the global one. */
	for (int i = 0; !flag && i <= COMMAND_FLAG_TABLES; i++)
		flag = find_name(flag_table(command, i), name, len);
	return flag;
}

/* The same order of tables as for long names, so -h of a command hides the global -h. */
static const struct flag *command_letter(const struct command *command, char letter)
{
	const struct flag *flag = NULL;

	for (int i = 0; !flag && i <= COMMAND_FLAG_TABLES; i++)
		flag = find_letter(flag_table(command, i), letter);
	return flag;
}

/* There is room: args_parse has made it for more than can come. flag->value is NULL for a switch,
 * whose value is "true" or "false". 0, or the error is set. Help and version are stored as well, so
 * that the count of what was given is right. */
static int store(struct parser *parser, const struct flag *flag, const char *value)
{
	struct args *args = parser->args;

	/* "--all=false" is how a script takes back what an alias gave. */
	if (!flag->value && strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
		return error_set(parser->error, ERROR_INVALID, "--%s takes true or false, not '%s'",
				 flag->name, value);
	/* An empty reference would be the list of all in a path of the API. */
	if (flag->noun == NOUN_CONTAINER && !*value)
		return error_set(parser->error, ERROR_INVALID, "--%s wants a value: %s", flag->name,
				 flag->value);
	/* These are wanted where no command was understood as well, so they have places of their
	 * own. */
	if (strcmp(flag->name, "help") == 0)
		args->help = strcmp(value, "true") == 0;
	else if (strcmp(flag->name, "host") == 0)
		args->host = value;
	else if (flag == args_root_flags) /* by its place: a command may have one of that name */
		args->version = strcmp(value, "true") == 0;
	args->given[args->n_given++] = (struct given) { .flag = flag, .value = value };
	return 0;
}

/* The value of a flag that did not come with one: the next argument. NULL: there is none. */
static const char *next_value(struct parser *parser)
{
	/* Taken as it is, even with a dash in front: a value may begin with one. */
	return parser->next < parser->argc ? parser->argv[parser->next++] : NULL;
}

/* text up to len is no flag of the command: says so, and which one looks like it. It returns
 * -EINVAL always. The search covers the tables that args_command_flag() searches, so what is
 * proposed would be understood. */
static int unknown_flag(struct parser *parser, const char *text, size_t len)
{
	char name[NEAREST_LEN_MAX + 1];
	struct nearest nearest;

	/* No flag is that long, and the search for the nearest one has a bound. */
	if (len >= sizeof(name))
		return error_set(parser->error, ERROR_INVALID, "unknown option --%.*s", (int)len,
				 text);
	(void)snprintf(name, sizeof(name), "%.*s", (int)len, text);
	nearest = nearest_begin(name);
	for (int i = 0; i <= COMMAND_FLAG_TABLES; i++)
		for (const struct flag *flag = flag_table(parser->args->command, i);
		     flag && flag->name; flag++)
			(void)nearest_look(&nearest, flag->name);
	return error_set(parser->error, ERROR_INVALID, "unknown option --%s%s%s%s", name,
			 nearest.best ? "; did you mean --" : "", nearest.best ? nearest.best : "",
			 nearest.best ? "?" : "");
}

/* `text` begins behind the two dashes. */
static int parse_long(struct parser *parser, const char *text)
{
	/* The name ends at the first '='; the value may hold others. */
	size_t len = strcspn(text, "=");
	const char *value = text[len] ? text + len + 1 : NULL;
	const struct flag *flag = args_command_flag(parser->args->command, text, len);

	if (!flag)
		return unknown_flag(parser, text, len);
	/* "--flag=" gives an empty value, which is one. A switch never takes the next word: that
	 * may be an operand. */
	if (!value)
		value = flag->value ? next_value(parser) : "true";
	if (!value)
		return error_set(parser->error, ERROR_INVALID, "--%s wants a value: %s", flag->name,
				 flag->value);
	return store(parser, flag, value);
}

/* "-aq", "-p80", "-p 80", "-p=80": all that docker's own command line takes. All but the last
 * letter of a word are switches. `text` begins behind the dash, and is never empty: "-" alone is an
 * operand. */
static int parse_short(struct parser *parser, const char *text)
{
	int err = 0;

	while (*text && err == 0) {
		/* One word may hold several switches; the first that takes a value ends it. */
		const struct flag *flag = command_letter(parser->args->command, *text);
		const char *value = "true";

		if (!flag)
			return error_set(parser->error, ERROR_INVALID, "unknown option -%c", *text);
		text++;
		if (flag->value || *text == '=') {
			value = *text == '=' ? text + 1 : *text ? text : next_value(parser);
			/* The rest of the word was the value. */
			text = "";
		}
		if (!value)
			return error_set(parser->error, ERROR_INVALID, "-%c wants a value: %s",
					 flag->letter, flag->value);
		err = store(parser, flag, value);
	}
	return err;
}

/* An alias counts like the path itself, such as "network list" for "network ls". NULL: the words
 * name no command. */
static const struct command *find_command(const struct command *const *commands, const char *path)
{
	/* The words are joined by single blanks here as they are in the table. */
	for (; *commands; commands++)
		if (strcmp((*commands)->path, path) == 0 ||
		    ((*commands)->alias && strcmp((*commands)->alias, path) == 0))
			return *commands;
	return NULL;
}

/* A group is nothing of its own in the table: it is there when a command's path goes on behind its
 * words. */
static bool is_group(const struct command *const *commands, const char *path)
{
	size_t len = strlen(path);

	for (; *commands; commands++)
		/* A blank must follow: the beginning of a word names nothing. */
		if (strncmp((*commands)->path, path, len) == 0 && (*commands)->path[len] == ' ')
			return true;
	return false;
}

/* The next word of a command's path behind those of the group that were read; false: not of it. */
static bool word_after(const char *path, const char *group, char ret_word[static NEAREST_LEN_MAX])
{
	size_t skip = strlen(group);

	/* In the outermost group nothing was read, and every command's first word counts. */
	if (strncmp(path, group, skip) != 0 || (skip > 0 && path[skip] != ' '))
		return false;
	path += skip > 0 ? skip + 1 : 0;
	(void)snprintf(ret_word, NEAREST_LEN_MAX, "%.*s", (int)strcspn(path, " "), path);
	return true;
}

/* Says which command looks like the words that were read. It returns -EINVAL always. Hidden
 * commands are not proposed, since only programs call them. */
static int unknown_command(struct parser *parser, const char *word)
{
	char known[NEAREST_LEN_MAX], best[NEAREST_LEN_MAX] = "";
	const char *group = parser->args->group;
	struct nearest nearest = nearest_begin(word);

	for (const struct command *const *command = parser->commands; *command; command++)
		if (!(*command)->hidden && word_after((*command)->path, group, known) &&
		    nearest_look(&nearest, known))
			/* A copy: `known` is overwritten in the next round. */
			memcpy(best, known, sizeof(best));
	if (!*best)
		return error_set(parser->error, ERROR_INVALID, "unknown command '%.64s'",
				 parser->words);
	return error_set(parser->error, ERROR_INVALID,
			 "unknown command '%.64s'; did you mean '%s%s%s'?", parser->words, group,
			 *group ? " " : "", best);
}

/* One more word of the command's path, or the first operand of a command that is a group, too. The
 * words are kept for messages, also when they name nothing. */
static int parse_word(struct parser *parser, char *word)
{
	struct args *args = parser->args;
	int len;

	/* As docker and git have it: what stands behind it is what help is wanted of. */
	if (!*args->group && strcmp(word, "help") == 0) {
		args->help = true;
		return 0;
	}
	len = snprintf(parser->words, sizeof(parser->words), "%s%s%s", args->group,
		       *args->group ? " " : "", word);

	/* A path that was cut is not looked up: it might be the name of another one. */
	if (len < (int)sizeof(parser->words)) {
		/* The group's place is smaller than that of the words. A group may be a command,
		 * too: that is known by the next word. */
		if (len < (int)sizeof(args->group) && is_group(parser->commands, parser->words)) {
			memcpy(args->group, parser->words, (size_t)len + 1);
			return 0;
		}
		args->command = find_command(parser->commands, parser->words);
		if (args->command)
			return 0;
	}
	/* `port web` beside `port ls`. */
	args->command = *args->group ? find_command(parser->commands, args->group) : NULL;
	if (!args->command)
		return unknown_command(parser, word);
	args->operands[args->n_operands++] = word;
	return 0;
}

/* Everything that is left becomes an operand, dashes or not. It returns 0 always, so that
 * parse_one() can return it. */
static int parse_rest(struct parser *parser)
{
	struct args *args = parser->args;

	while (parser->next < parser->argc)
		args->operands[args->n_operands++] = parser->argv[parser->next++];
	return 0;
}

/* Whether the next operand begins a command whose dashes are its own. */
static bool at_command(const struct args *args)
{
	const struct command *command = args->command;

	/* min_operands counts the first word of the command, so the operand that completes it
	 * begins the command. */
	return command && command->takes_command &&
	       args->n_operands + 1 >= (size_t)command->min_operands;
}

/* 0, or the error is set. One word is read, and with it the value of a flag that stands in the next
 * word. */
static int parse_one(struct parser *parser)
{
	struct args *args = parser->args;
	char *text = parser->argv[parser->next];

	/* An argument that is empty is an operand, too. */
	if (text[0] != '-' || text[1] == '\0') { /* "-" alone stands for a file */
		if (args->command && at_command(args))
			return parse_rest(parser);
		parser->next++;
		if (!args->command)
			return parse_word(parser, text);
		args->operands[args->n_operands++] = text;
		return 0;
	}
	/* Advanced before the flag is read, for its value may be the next word. */
	parser->next++;
	if (text[1] != '-')
		return parse_short(parser, text + 1);
	/* "--" ends the options (POSIX, XBD 12.2, guideline 10): from there on dashes are the
	 * operands' own. */
	return text[2] == '\0' ? parse_rest(parser) : parse_long(parser, text + 2);
}

/* "" is the name of nothing; in a path of the API it would stand for the list of all. */
static int check_names(const struct args *args, struct error *error)
{
	const struct command *command = args->command;

	/* What follows the first may be a command, whose words are not ours to judge. */
	for (size_t i = 0; i < args->n_operands; i++) {
		enum noun noun = i > 0 && command->next_noun ? command->next_noun : command->noun;

		if (i > 0 && command->takes_command)
			break;
		if ((noun == NOUN_CONTAINER || noun == NOUN_NETWORK || noun == NOUN_SERVICE) &&
		    !*args->operands[i])
			return error_set(error, ERROR_INVALID, "the name of a %s is empty",
					 noun == NOUN_NETWORK	? "network"
					 : noun == NOUN_SERVICE ? "service"
								: "container");
	}
	return 0;
}

/* The table says how many there may be. The operands' names in --help, such as "NETWORK CONTAINER",
 * are what the message says is missing. */
static int check_operands(const struct args *args, struct error *error)
{
	const struct command *command = args->command;

	if (args->n_operands < (size_t)command->min_operands)
		return error_set(error, ERROR_INVALID, "%s is missing", command->operands);
	if (command->max_operands != OPERANDS_ANY &&
	    args->n_operands > (size_t)command->max_operands)
		return error_set(error, ERROR_INVALID, "unexpected argument '%s'",
				 args->operands[command->max_operands]);
	return check_names(args, error);
}

int args_parse(const struct command *const *commands, int argc, char **argv, struct args *ret_args,
	       struct error *error)
{
	struct parser parser = { .commands = commands,
				 .argv = argv,
				 .argc = argc,
				 .next = 1,
				 .args = ret_args,
				 .error = error };
	size_t letters = 0;
	int err = 0;

	/* First of all, for args_done() is called whatever happens here. */
	*ret_args = (struct args) { 0 };
	/* Every letter of a "-abc" may be a flag: the whole text bounds what can be given. */
	for (int i = 1; i < argc; i++)
		letters += strlen(argv[i]);
	ret_args->given = calloc(letters + 1, sizeof(*ret_args->given));
	ret_args->operands = calloc((size_t)argc + 1, sizeof(*ret_args->operands));
	if (!ret_args->given || !ret_args->operands)
		return error_system(error, -ENOMEM, "reading the command line");
	/* All of it is freed by args_done(), also after an error. The first mistake ends it: what
	 * follows may be read wrongly because of it. */
	while (err == 0 && parser.next < argc)
		err = parse_one(&parser);
	/* Who asks for help may not know yet what else is wanted. */
	if (err == 0 && ret_args->command && !ret_args->help)
		err = check_operands(ret_args, error);
	return err;
}

/* The last one counts: an alias or a script can give one that is then overruled. */
const char *args_text(const struct args *args, const char *flag)
{
	const char *value = NULL;

	/* By name and not by address: several commands have a flag of that name, each in a table of
	 * its own. */
	for (size_t i = 0; i < args->n_given; i++)
		if (strcmp(args->given[i].flag->name, flag) == 0)
			value = args->given[i].value;
	return value;
}

/* A switch that was not given is off. */
bool args_switch(const struct args *args, const char *flag)
{
	const char *value = args_text(args, flag);

	return value && strcmp(value, "true") == 0;
}

const char *args_each(const struct args *args, const char *flag, size_t *cursor)
{
	/* The cursor stays behind what was found, so the values come in the order they were given.
	 */
	while (*cursor < args->n_given) {
		const struct given *given = &args->given[(*cursor)++];

		if (strcmp(given->flag->name, flag) == 0)
			return given->value;
	}
	return NULL;
}
