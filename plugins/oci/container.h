// SPDX-License-Identifier: GPL-2.0-or-later
// container.h - from a container's state, annotations and bundle to the request netd is sent
#pragma once

#include "plugins/oci/bundle.h"
#include "plugins/oci/state.h"

#include <stdbool.h>

/* The annotations behind "netd.", NULL-terminated: of the whole container, and of one network,
 * where "netd.ip" is the first one's and "netd.ip.blue" blue's. */
extern const char *const oci_container_keys[], *const oci_network_keys[];

/* The body of POST /netd/v1/containers. ERROR_INVALID names the annotation that is wrong; values
 * that netd checks itself (addresses, names of networks) are passed as they are. New reference. */
int oci_container_body(const struct oci_state *state, const struct oci_bundle *bundle,
		       json_t **ret_body, struct error *error);

/* Whether a container as netd shows it was attached for this one. */
bool oci_container_is_ours(const struct oci_state *state, const json_t *container);

/* A container of a pod whose sandbox has the network: nothing is to be done for it. */
bool oci_container_joins_pod(const struct oci_state *state);

/* The files that are to reach the container, by their names in /etc: annotation netd.files. */
enum oci_file {
	OCI_FILE_RESOLV_CONF,
	OCI_FILE_HOSTS,
	OCI_FILE_HOSTNAME,
	OCI_FILE_N_FILES,
};
int oci_container_files(const struct oci_state *state, bool ret_wanted[static OCI_FILE_N_FILES],
			struct error *error);
