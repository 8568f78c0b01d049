// SPDX-License-Identifier: GPL-2.0-or-later
// args.h - the command line: tables of commands and flags, and what was given of them
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* What an argument names, which is what completion offers for it. */
enum noun {
	NOUN_NONE,
	NOUN_NETWORK,
	NOUN_CONTAINER,
	NOUN_SERVICE,
	NOUN_NODE, /* a host of the cluster */
	NOUN_FILE,
	NOUN_COMMAND, /* a program and its arguments */
	NOUN_DRIVER,
	NOUN_FORMAT,
	NOUN_RECORD_TYPE,
	NOUN_SHELL,
	NOUN_PICTURE,
	NOUN_N,
};

struct flag {
	const char *name; /* without dashes; NULL ends a table */
	const char *
		value; /* what --help calls it; NULL: a switch, which also takes =true and =false */
	const char *help;
	enum noun noun; /* of the value */
	char letter;	/* 0: no short form */
};

struct args;
struct cli;

#define COMMAND_FLAG_TABLES 3
#define OPERANDS_ANY (-1)

/* One subcommand. The tables are constant; help, completion and the checks on the manual read them.
 */
struct command {
	const char *path;     /* "network create" */
	const char *alias;    /* "network list", or NULL */
	const char *operands; /* as --help shows them: "NAME…", or NULL */
	const char *summary;
	const char *example;			       /* a whole line, as it would be typed */
	const char *detail;			       /* more lines of help, or NULL */
	const struct flag *flags[COMMAND_FLAG_TABLES]; /* unused ones are NULL */
	int min_operands, max_operands;		       /* max: or OPERANDS_ANY */
	/* The operands after the first n_before are a command whose own dashes are left alone. */
	bool takes_command;
	bool hidden;	     /* not in help: for programs */
	enum noun noun;	     /* of the operands, or of the first one */
	enum noun next_noun; /* of the second one */
	int (*run)(struct cli *cli, const struct args *args);
};

struct given {
	const struct flag *flag;
	const char *value; /* a switch: "true" or "false" */
};

/* Points into argv and the tables; owns its arrays. */
struct args {
	const struct command *command; /* NULL: none was named, see group */
	char group[32];		       /* "network": help for the commands below it; "" for all */
	bool help, version;
	const char *host; /* -H, or NULL */
	struct given *given;
	size_t n_given;
	char **operands; /* NULL-terminated */
	size_t n_operands;
};

/* Flags every command has. */
extern const struct flag args_global_flags[];
/* Flags of netctl itself, before any command. */
extern const struct flag args_root_flags[];

/* ERROR_INVALID: one sentence without a pointer to --help; ret_args->command is set even then when
 * it was recognised, and args_done is needed in any case. */
int args_parse(const struct command *const *commands, int argc, char **argv, struct args *ret_args,
	       struct error *error);
void args_done(struct args *args);

/* The last value given, or NULL. */
const char *args_text(const struct args *args, const char *flag);
bool args_switch(const struct args *args, const char *flag);
/* Each value in turn; start with *cursor 0; NULL at the end. */
const char *args_each(const struct args *args, const char *flag, size_t *cursor);
/* The flag is of the command or global: name with len characters, or NULL. */
const struct flag *args_command_flag(const struct command *command, const char *name, size_t len);
