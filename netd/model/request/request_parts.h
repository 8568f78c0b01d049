// SPDX-License-Identifier: GPL-2.0-or-later
// request_parts.h - what the decoders of several bodies share; not for other modules
#pragma once

#include "model/container/container.h"
#include "model/text/field.h"

/* An array of "container:alias" ("container" alone is its own alias; Docker's "/c:/owner/alias" is
 * understood). Sets *ret_ on success only; the caller frees with request_free_links. */
int request_links(const struct field_scope *scope, const char *key, struct link **ret_links,
		  size_t *ret_n);
void request_free_links(struct link *links, size_t n);

/* "Id": 64 hexadecimal digits in lower case, or absent: then ret_id is "". */
int request_id(const struct field_scope *body, char ret_id[static ID_LEN + 1]);

/* A text that will stand in a line of resolv.conf, hosts or a name table: one to max characters, no
 * space, no control character, so that nothing can smuggle a second line in. */
bool request_is_word(const char *text, size_t max);
