// SPDX-License-Identifier: GPL-2.0-or-later
// rules_dump.h - the ruleset of the namespace that a test tool runs in, as the kernel sends it
#pragma once

#include "base/buf.h"
#include "diag/facts.h"

#include <stdbool.h>

/* Ends the program when the kernel does not answer. with_elements: those of sets, too. */
void rules_dump(struct buf *ret_messages, bool with_elements);
/* One element, by its key. */
void rules_dump_element(const struct facts_element_asked *asked, struct facts_element *answer);
