// SPDX-License-Identifier: GPL-2.0-or-later
// verdict_word.h - a verdict in a word, in a mark, in a colour and as an exit status
#pragma once

#include "cli/show/lines.h"

struct verdict_word {
	const char *verdict; /* as in JSON: "reachable" */
	const char *says;    /* "WORKS" */
	const char *mark;    /* "ok": in front of a line, two columns */
	const char *brief;   /* "yes": in a table */
	enum lines_colour colour;
	int status;
};

/* One that is not known, as of a newer netd, is undecided. Never NULL. */
const struct verdict_word *verdict_word(const char *verdict);
