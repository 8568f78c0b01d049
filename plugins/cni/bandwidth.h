// SPDX-License-Identifier: GPL-2.0-or-later
// bandwidth.h - what a CNI call says of bandwidth, in netd's words
#pragma once

#include "plugins/cni/cni.h"

#include <jansson.h>

#define CNI_BANDWIDTH_ROOM 128

/* The value of netd's option for it; "": there is no limit. Read where the bandwidth plugin reads
 * it: ingressRate, ingressBurst, egressRate and egressBurst of the configuration, or else of
 * runtimeConfig.bandwidth. CNI_UNSUPPORTED_FIELD: what that plugin does not take, either. */
int cni_bandwidth(const json_t *config, char ret_text[static CNI_BANDWIDTH_ROOM],
		  struct cni_error *error);

/* Whether netd has the limits that the configuration asks for: settings are the connection's, as
 * netd tells of it. CNI_DIFFERS with the first that is another. A way for which none is asked is
 * not compared, as the bandwidth plugin does it: an administrator may have limited it meanwhile. */
int cni_bandwidth_check(const json_t *config, const char *ifname, const json_t *settings,
			struct cni_error *error);
