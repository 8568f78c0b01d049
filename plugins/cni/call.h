// SPDX-License-Identifier: GPL-2.0-or-later
// call.h - one call of a CNI plugin: environment and configuration, decoded and checked
#pragma once

#include "plugins/cni/cni.h"

#include <jansson.h>
#include <stddef.h>

/* As found in the environment; NULL: not there. Borrowed. */
struct cni_env {
	const char *command, *container, *netns, *ifname, *args, *netns_override;
};

/* What CNI_ARGS say. Buffers, because the keys are parts of one string. */
struct cni_args {
	char ip[64], mac[32];
	char pod[254], pod_namespace[254], pod_uid[128];
	char hostname[254]; /* nerdctl's NERDCTL_CNI_DHCP_HOSTNAME */
};

/* Everything is borrowed from json and from the environment, and lives as long as both. */
struct cni_call {
	enum cni_verb verb;
	enum cni_version version; /* of the answer too, errors included */
	json_t *json;		  /* the configuration, owned; never NULL in a decoded call */
	const char *name;	  /* of the CNI network; "" for VERSION */
	const char *network;	  /* name or id in netd */
	const char *netd_host;	  /* NULL: netd's default */
	const char *container, *netns, *ifname; /* "" where the verb has none */
	struct cni_args args;
	bool netns_override;
	bool may_create; /* the configuration describes the network, or names none in netd */
};

/* Decodes and checks all that does not depend on netd. On failure, too, call->version is what the
 * answer is to be written in, and the caller calls cni_call_done. text need not end in a NUL. */
int cni_call_decode(const struct cni_env *env, const char *text, size_t len, struct cni_call *call,
		    struct cni_error *error);
void cni_call_done(struct cni_call *call);

/* runtimeConfig[key], or NULL. */
json_t *cni_capability(const struct cni_call *call, const char *key);
/* As capability, then under args.cni of the configuration. */
json_t *cni_wish(const struct cni_call *call, const char *key);
