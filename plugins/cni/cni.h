// SPDX-License-Identifier: GPL-2.0-or-later
// cni.h - what the parts of netd-cni share: verbs, versions, errors
#pragma once

#include "base/error.h"

#include <stdbool.h>

/* Sources: the CNI specification 1.1.0, sections 2 (calling a plugin), 4 (delegation is not used)
 * and 5 (results and errors). */

enum cni_verb {
	CNI_ADD,
	CNI_DEL,
	CNI_CHECK,
	CNI_GC,
	CNI_STATUS,
	CNI_VERSION,
	CNI_N_VERBS,
};

extern const char *const cni_verb_name[CNI_N_VERBS];

enum cni_version {
	CNI_0_3_0,
	CNI_0_3_1,
	CNI_0_4_0,
	CNI_1_0_0,
	CNI_1_1_0,
	CNI_N_VERSIONS,
};

extern const char *const cni_version_name[CNI_N_VERSIONS];

/* Codes below 100 are the specification's; the others are ours. */
enum cni_code {
	CNI_BAD_VERSION = 1,
	CNI_UNSUPPORTED_FIELD = 2,
	CNI_UNKNOWN_CONTAINER = 3,
	CNI_BAD_ENVIRONMENT = 4,
	CNI_IO = 5,
	CNI_UNDECODABLE = 6,
	CNI_BAD_CONFIG = 7,
	CNI_BAD_NETNS = 8, /* of the reference libraries */
	CNI_TRY_LATER = 11,
	CNI_UNAVAILABLE = 50, /* STATUS: an ADD would fail */
	CNI_INTERNAL = 100,
	CNI_CONFLICT = 101, /* somebody else has the name, the address, the port or the netns */
	CNI_DIFFERS = 102,  /* CHECK: what there is is not what was promised */
};

/* Zeroed means none. */
struct cni_error {
	enum cni_code code;
	char text[ERROR_TEXT_MAX];
};

/* Fills error and returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int cni_fail(struct cni_error *error, enum cni_code code,
						   const char *format, ...);
/* netd's sentence with the code its kind stands for; returns -EINVAL. */
int cni_fail_netd(struct cni_error *error, const struct error *cause);
