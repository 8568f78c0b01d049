// SPDX-License-Identifier: GPL-2.0-or-later
// bundle.h - what a bundle's config.json says about namespaces, root and hostname
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum oci_netns {
	OCI_NETNS_HOST, /* no entry: the host's, nothing to do */
	OCI_NETNS_NEW,	/* an entry without a path: that of the container's process */
	OCI_NETNS_PATH, /* made by somebody else */
	OCI_NETNS_N_KINDS,
};

/* All texts are owned. */
struct oci_bundle {
	enum oci_netns netns;
	char *netns_path; /* NULL unless OCI_NETNS_PATH */
	char *root;	  /* of the container's files, absolute */
	char *hostname;	  /* "" where there is none */
};

/* Decodes the text of config.json; bundle is where it lies. ERROR_INVALID names what is wrong. */
int oci_bundle_decode(const char *text, size_t len, const char *bundle,
		      struct oci_bundle *ret_bundle, struct error *error);
/* Reads BUNDLE/config.json. */
int oci_bundle_read(const char *bundle, struct oci_bundle *ret_bundle, struct error *error);
void oci_bundle_done(struct oci_bundle *bundle);
