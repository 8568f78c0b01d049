// SPDX-License-Identifier: GPL-2.0-or-later
// pattern.h - the regular expressions of name= and id= filters, matched in linear time
#pragma once

#include <stdbool.h>

/* Theory of operation. Docker matches these filters with Go's regexp, which never backtracks. The C
 * library's regexec does, and takes exponential time and memory for some patterns, so one caller
 * could stall the daemon. This is the part of the syntax people write in filters: literals,
 * \ before punctuation, . [] [^] () | * + ? ^ $, compiled to a small automaton that is run on all
 * its states at once: time is at most (pattern length) x (text length). Counted repetition ({2,3})
 * and classes by letter (\d) are refused. What regcomp(3) would cost is in decision 19. */
struct pattern;

/* 0, -EINVAL (malformed, unsupported or longer than PATTERN_LEN_MAX) or -ENOMEM. */
int pattern_new(const char *text, struct pattern **ret_pattern);
void pattern_free(struct pattern *pattern);
/* true when some part of text matches. Bytes are compared, not characters. */
bool pattern_match(const struct pattern *pattern, const char *text);
