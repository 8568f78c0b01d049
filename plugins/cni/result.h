// SPDX-License-Identifier: GPL-2.0-or-later
// result.h - from netd's container to a CNI result, in the version asked for
#pragma once

#include "plugins/cni/call.h"

/* The host's end of the pair, as far as the plugin could look it up. */
struct result_host_link {
	char name[16]; /* "": there is none to show */
	char mac[18];
	int mtu;	 /* 0: unknown */
	char bridge[16]; /* the bridge it is a port of; "": there is none to show */
	char bridge_mac[18];
};

/* The name of the host's end is made of the endpoint's id (engine/change/attach.c). */
void result_host_ifname(const json_t *settings, char ret_name[static 16]);

/* The bridge of a network, as netd lists it. */
void result_bridge(const json_t *network, char ret_name[static 16]);

/* What an ADD prints: prevResult of the configuration, if any, and behind it the bridge, both ends
 * of the pair, addresses and routes: plugins behind us take the first interface for the bridge.
 * settings: those of the interface in container. New reference. */
int result_build(const struct cni_call *call, const json_t *container, const json_t *settings,
		 const struct result_host_link *link, json_t **ret_result, struct cni_error *error);

/* Whether settings still have what prevResult says about the interface. */
int result_check(const struct cni_call *call, const json_t *settings, struct cni_error *error);

/* {"cniVersion", "supportedVersions"}; NULL without memory. */
json_t *result_versions(const struct cni_call *call);
/* {"cniVersion", "code", "msg"}; NULL without memory. */
json_t *result_error(const struct cni_call *call, const struct cni_error *error);
