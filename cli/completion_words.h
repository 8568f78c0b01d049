// SPDX-License-Identifier: GPL-2.0-or-later
// completion_words.h - what the completion scripts of all shells say of commands, flags and what
// these take
#pragma once

#include "cli/line/args.h"

#include <stdio.h>

/* By noun: the name that the scripts have for what netctl is asked for, or the words themselves. */
extern const char *const completion_words_noun[NOUN_N];

/* The words that a noun stands for; NULL where the shell or netctl has to be asked. */
const char *completion_words_enum(enum noun noun);

/* The tables of a command's flags in turn, 0 to COMMAND_FLAG_TABLES, the global one last; NULL:
 * none here. */
const struct flag *completion_words_table(const struct command *command, int i);

/* "network/ls | network/list": a command's path, and its alias if it has one, each as one word. */
void completion_words_paths(FILE *out, const struct command *command, const char *between);
