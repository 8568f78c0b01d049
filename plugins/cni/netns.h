// SPDX-License-Identifier: GPL-2.0-or-later
// netns.h - what the plugin looks up in the kernel itself: namespaces and interfaces, only reading
#pragma once

#include "plugins/cni/call.h"
#include "plugins/cni/result.h"

/* CNI_BAD_NETNS unless path is a network namespace other than the plugin's own (or
 * CNI_NETNS_OVERRIDE allows that one). */
int netns_check(const struct cni_call *call, struct cni_error *error);
/* Whether both paths are there, and lead to two namespaces. */
bool netns_differ(const char *path, const char *other);

/* Looks the host's end and the bridge up by their names, and clears those that are not in this
 * namespace. */
void netns_look_up(struct result_host_link *link);

/* CHECK from inside: enters call->netns, for good, and compares the interface with netd's settings.
 */
int netns_check_inside(const struct cni_call *call, const json_t *settings,
		       struct cni_error *error);
