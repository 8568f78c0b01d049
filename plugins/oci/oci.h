// SPDX-License-Identifier: GPL-2.0-or-later
// oci.h - what the parts of netd-oci-hook share: limits, names of annotations and labels
#pragma once

#define OCI_PREFIX "netd." /* of the annotations that are for us */
#define OCI_ID_MAX 1024	   /* runc takes no longer ids */
#define OCI_KEY_MAX 384	   /* of an annotation: prefix, key, and a network's name */

/* Where netd keeps for us whose container this is; the plugin has no state. */
#define OCI_LABEL_ID "io.netd.oci.id"
#define OCI_LABEL_BUNDLE "io.netd.oci.bundle"
