// SPDX-License-Identifier: GPL-2.0-or-later
// verdict_word.c - a verdict in a word, in a mark, in a colour and as an exit status
#include "cli/show/verdict_word.h"

#include "base/cleanup.h"

#include <string.h>

/* The last entry stands for all that is not known, so its place is part of the meaning. */
const struct verdict_word *verdict_word(const char *verdict)
{
	static const struct verdict_word words[] = {
		{ "reachable", "WORKS", "ok", "yes", LINES_GREEN, 0 },
		{ "unreachable", "DOES NOT WORK", "!!", "no", LINES_RED, 1 },
		{ "partly", "PARTLY", " !", "partly", LINES_YELLOW, 1 },
		{ "undecided", "UNDECIDED", "??", "??", LINES_YELLOW, 3 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].verdict, verdict) == 0)
			return &words[i];
	return &words[ARRAY_SIZE(words) - 1];
}
