// SPDX-License-Identifier: GPL-2.0-or-later
// hook.h - the two stages
#pragma once

#include "client/client.h"
#include "plugins/oci/bundle.h"
#include "plugins/oci/state.h"

/* Has netd attach the container, and mounts its files. What was attached for the same container
 * before (a restart replays this stage) is attached anew where it differs. On failure it is not
 * attached. */
int oci_hook_create(const struct oci_state *state, const struct oci_bundle *bundle,
		    struct client *client, struct error *error);
/* Has netd detach it. What is not there, or was not attached by this hook, is success. */
int oci_hook_delete(const struct oci_state *state, struct client *client, struct error *error);
