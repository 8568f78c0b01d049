// SPDX-License-Identifier: GPL-2.0-or-later
// request_links.c - links: the names that a container has for others
#include "model/request/request_links.h"

#include "model/text/name.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Docker shows names with a slash, so people give them back so. However many there are, none is
 * left: what is written down is read by these rules again, and must be the same link then.
 *
 * A link gives one container a name for another, which nobody else sees. Grammar, as in Docker's
 * API:
 *
 * link = *"/" CONTAINER [ ":" [ PATH "/" ] ALIAS ]. 0, or the error is set. */
static int parse_link(const struct field_scope *scope, const char *key, const char *text,
		      struct link *link)
{
	const char *container = text + strspn(text, "/");
	const char *colon = strchr(container, ':');
	const char *alias = colon ? colon + 1 : container;
	size_t len = colon ? (size_t)(colon - container) : strlen(container);

	/* Docker shows links as /target:/container/alias: the alias is what comes last. */
	if (strrchr(alias, '/'))
		alias = strrchr(alias, '/') + 1;
	if (len == 0 || len > NAME_LEN_MAX || !name_is_word(container, SIZE_MAX) ||
	    !name_is_word(alias, NAME_LEN_MAX))
		return field_error(scope, key, "must hold links as CONTAINER or CONTAINER:ALIAS");
	link->container = strndup(container, len);
	link->alias = strdup(alias);
	/* With an error one of them may be there; parse_links() frees both. */
	return link->container && link->alias ? 0 : field_no_memory(scope->error);
}

/* Either all links or none. 0 and an array that is the caller's, or the error is set. */
static int parse_links(const struct field_scope *scope, const char *key, char *const *texts,
		       size_t n, struct link **ret_links)
{
	struct link *links = calloc(n, sizeof(*links));
	int err = 0;

	if (!links)
		return field_no_memory(scope->error);
	for (size_t i = 0; i < n && err == 0; i++)
		err = parse_link(scope, key, texts[i], &links[i]);
	if (err < 0) {
		endpoint_links_free(links, n);
		return err;
	}
	*ret_links = links;
	return 0;
}

/* LINKS_MAX bounds the list. 0 and the links, NULL where there are none, or the error is set. `key`
 * names the member in errors. */
int request_links(const struct field_scope *scope, const char *key, struct link **ret_links,
		  size_t *ret_n)
{
	char **texts = NULL;
	struct link *links = NULL;
	size_t n = 0;
	int err = field_strings(scope, key, LINKS_MAX, &texts, &n);

	if (err == 0 && n > 0)
		err = parse_links(scope, key, texts, n, &links);
	/* Also after an error: n is 0 where nothing was read. */
	field_strings_free(texts, n);
	if (err < 0)
		return err;
	*ret_links = links;
	*ret_n = n;
	return 0;
}
