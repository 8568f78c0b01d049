// SPDX-License-Identifier: GPL-2.0-or-later
// losses.c - what the kernel has counted as lost inside of a container
#include "diag/losses.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/json_write.h"
#include "explain/explain.h"

#include <errno.h>
#include <jansson.h>

/* Of the answer: another one when a key goes, or means something else. */
#define VERSION 1

int explain_losses(const struct explain_options *options, struct look *look, struct facts *facts,
		   struct buf *out, struct error *error)
{
	const struct facts_container *container;
	const struct facts_space *space;
	json_auto_t *json = NULL, *losses = NULL;
	_cleanup_free_ char *text = NULL;
	int err = question_container(facts, options->name, &container, error);

	if (err == 0 && !container)
		return error_set(error, ERROR_NOT_FOUND, "No such container: %s", options->name);
	if (err == 0 && container->host_mode)
		return error_set(error, ERROR_INVALID,
				 "%s has the host's network: what it loses the host loses, too",
				 container->name);
	look_losses(look);
	explain_places_open(look, facts, DEADLINE_NEVER);
	if (err == 0)
		err = explain_places_take(look, facts, container->space, error);
	if (err == 0)
		err = explain_places_take(look, facts, "host", error);
	if (err < 0)
		return err;
	space = facts_space(facts, container->space);
	losses = space ? losses_json(space) : NULL;
	if (!losses || losses_add_limits(losses, facts_space(facts, "host"), container) < 0)
		return error_system(error, -ENOMEM, "cannot write the losses");
	json = json_pack("{s:i, s:s, s:O}", "Version", VERSION, "Container", container->name,
			 "Losses", losses);
	text = json ? json_write(json, JSON_COMPACT) : NULL;
	if (!text)
		return error_system(error, -ENOMEM, "cannot write the losses");
	buf_puts(out, text);
	return out->err < 0 ? error_system(error, out->err, "cannot write the losses") : 0;
}
