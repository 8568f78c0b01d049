// SPDX-License-Identifier: GPL-2.0-or-later
// cni.c - what the parts of netd-cni share: verbs, versions, errors
#include "plugins/cni/cni.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* The tables are indexed by the enums of cni.h. Their texts are those of the specification. */

const char *const cni_verb_name[CNI_N_VERBS] = {
	[CNI_ADD] = "ADD", [CNI_DEL] = "DEL",	    [CNI_CHECK] = "CHECK",
	[CNI_GC] = "GC",   [CNI_STATUS] = "STATUS", [CNI_VERSION] = "VERSION",
};

const char *const cni_version_name[CNI_N_VERSIONS] = {
	[CNI_0_3_0] = "0.3.0", [CNI_0_3_1] = "0.3.1", [CNI_0_4_0] = "0.4.0",
	[CNI_1_0_0] = "1.0.0", [CNI_1_1_0] = "1.1.0",
};

/* FORBIDDEN is what netd says to a network that cannot be made as the configuration wants it. Kinds
 * without an entry would be 0, which is no code: each kind has one. */
static const enum cni_code code_of_kind[ERROR_N_KINDS] = {
	[ERROR_INVALID] = CNI_BAD_CONFIG,    [ERROR_FORBIDDEN] = CNI_BAD_CONFIG,
	[ERROR_NOT_FOUND] = CNI_BAD_CONFIG,  [ERROR_CONFLICT] = CNI_CONFLICT,
	[ERROR_INTERNAL] = CNI_INTERNAL,     [ERROR_NOT_IMPLEMENTED] = CNI_UNSUPPORTED_FIELD,
	[ERROR_UNAVAILABLE] = CNI_TRY_LATER, [ERROR_TOO_LARGE] = CNI_BAD_CONFIG,
};

int cni_fail(struct cni_error *error, enum cni_code code, const char *format, ...)
{
	va_list args;

	error->code = code;
	va_start(args, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, args); /* cut is fine */
	va_end(args);
	return -EINVAL;
}

/* The sentence is passed on as it is. It names the object and the reason already. */
int cni_fail_netd(struct cni_error *error, const struct error *cause)
{
	return cni_fail(error, code_of_kind[cause->kind], "%s", cause->text);
}
