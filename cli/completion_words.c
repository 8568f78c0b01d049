// SPDX-License-Identifier: GPL-2.0-or-later
// completion_words.c - what the completion scripts of all shells say of commands, flags and what
// these take
#include "cli/completion_words.h"

#include <stddef.h>

/* What the shell is to offer for each noun: a word the scripts know. */
const char *const completion_words_noun[NOUN_N] = {
	[NOUN_NONE] = "none",
	[NOUN_NETWORK] = "networks",
	[NOUN_CONTAINER] = "containers",
	[NOUN_SERVICE] = "services",
	[NOUN_NODE] = "nodes",
	[NOUN_FILE] = "files",
	[NOUN_COMMAND] = "commands",
	/* From here on the words are the offer itself: the scripts know no case of that name, and
	 * offer what they are given. */
	[NOUN_DRIVER] = "bridge host none",
	[NOUN_FORMAT] = "json table",
	[NOUN_RECORD_TYPE] = "A AAAA PTR SRV TXT MX CNAME NS SOA ANY",
	[NOUN_SHELL] = "bash zsh fish",
	[NOUN_PICTURE] = "text dot svg json html",
};

const struct flag *completion_words_table(const struct command *command, int i)
{
	return i == COMMAND_FLAG_TABLES ? args_global_flags : command->flags[i];
}

const char *completion_words_enum(enum noun noun)
{
	/* All are named, and there is no default: the compiler then asks about a noun that is new.
	 */
	switch (noun) {
	case NOUN_DRIVER:
	case NOUN_FORMAT:
	case NOUN_RECORD_TYPE:
	case NOUN_SHELL:
	case NOUN_PICTURE:
		return completion_words_noun[noun];
	case NOUN_NONE:
	case NOUN_NETWORK:
	case NOUN_CONTAINER:
	case NOUN_SERVICE:
	case NOUN_NODE:
	case NOUN_FILE:
	case NOUN_COMMAND:
	case NOUN_N:
		break;
	}
	return NULL;
}

static void print_path(FILE *out, const char *path)
{
	for (; *path; path++)
		(void)fputc(*path == ' ' ? '/' : *path, out);
}

void completion_words_paths(FILE *out, const struct command *command, const char *between)
{
	print_path(out, command->path);
	if (!command->alias)
		return;
	(void)fputs(between, out);
	print_path(out, command->alias);
}
