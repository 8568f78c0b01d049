// SPDX-License-Identifier: GPL-2.0-or-later
// request_links.h - links, for the decoders of several bodies; not for other modules
#pragma once

#include "model/container/endpoint.h"
#include "model/text/field.h"

/* An array of "container:alias" ("container" alone is its own alias; Docker's "/c:/owner/alias" is
 * understood). Sets *ret_ on success only; the caller frees with endpoint_links_free. */
int request_links(const struct field_scope *scope, const char *key, struct link **ret_links,
		  size_t *ret_n);
