// SPDX-License-Identifier: GPL-2.0-or-later
// meant.h - what somebody meant who named what is not there
#pragma once

#include "base/error.h"
#include "client/client.h"

enum meant_kind { MEANT_NETWORK, MEANT_CONTAINER, MEANT_N_KINDS };

/* Adds to a sentence that says that there is no such thing: the name or id that looks like it, or
 * that it is the name of something of the other kind, which arguments in the wrong order make.
 * kinds has a bit for each kind that was looked for. The sentence stays as it is where nothing is
 * alike, or netd does not tell. */
void meant_add(struct client *client, const char *name, unsigned int kinds, struct error *error);

/* The same for netd's own answer, whose reason and words say what was not found (base/error.h). */
void meant_add_to_answer(struct client *client, struct error *error);
