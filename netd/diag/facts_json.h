// SPDX-License-Identifier: GPL-2.0-or-later
// facts_json.h - facts as one JSON document, and back: what `explain --save` writes and `--facts`
// judges
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "diag/facts.h"

#include <stddef.h>

/* docs/facts.md has every key. What is 0, false, "" or empty is left out, so that a document holds
 * what there is and nothing else. An item of a list takes a line: two documents are compared by
 * diff(1). Text that is no UTF-8 has a question mark for each byte of it that is none. */

#define FACTS_VERSION 1 /* another one when a key changes its meaning */

/* Appends the document, with all that was asked so far. buf->err says whether it is whole. */
void facts_write(const struct facts *facts, struct buf *ret_text);

/* A document of anybody's. Keys that nobody here knows are passed over. The facts are empty before;
 * they have the document's source, no `ask`, and every answer that it has. Writing them gives the
 * same text, when facts_write() wrote it. On failure they are empty again, and the error says where
 * and what: "Spaces[0].Links[2].Mtu is no number from 0 to 4294967295". ERROR_INVALID,
 * ERROR_TOO_LARGE or -ENOMEM. */
int facts_read(const char *text, size_t len, struct facts *ret_facts, struct error *error);
