// SPDX-License-Identifier: GPL-2.0-or-later
// kind_host.c - the network whose containers live in the host's namespace
#include "model/network/kind_rows.h"

/* They see what the host sees; an interface for them alone would be one of the host's. */
static int refuse_others(const char *container, struct error *error)
{
	return error_set(error, ERROR_INVALID,
			 "container %s cannot be on the host network and on another one",
			 container);
}

const struct network_kind kind_host = {
	.name = "host",
	.predefined = "host",
	.single = true,
	.in_host = true,
	.refuse_others = refuse_others,
};
