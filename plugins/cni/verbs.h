// SPDX-License-Identifier: GPL-2.0-or-later
// verbs.h - the verbs of CNI as calls to netd
#pragma once

#include "client/client.h"
#include "plugins/cni/call.h"

/* Each does what the specification's section 2 says of the verb; 0 or -EINVAL with error filled.
 * All may be repeated, run side by side, and be interrupted anywhere. */
int verb_add(const struct cni_call *call, struct client *client, json_t **ret_result,
	     struct cni_error *error);
/* What is not there is success. */
int verb_del(const struct cni_call *call, struct client *client, struct cni_error *error);
int verb_check(const struct cni_call *call, struct client *client, struct cni_error *error);
/* Goes on after a failure, and reports the first. */
int verb_gc(const struct cni_call *call, struct client *client, struct cni_error *error);
int verb_status(const struct cni_call *call, struct client *client, struct cni_error *error);
