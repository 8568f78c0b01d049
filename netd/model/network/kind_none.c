// SPDX-License-Identifier: GPL-2.0-or-later
// kind_none.c - the network whose containers have a namespace with nothing but lo in it
#include "model/network/kind_rows.h"

static int refuse_others(const char *container, struct error *error)
{
	(void)container;
	return error_set(error, ERROR_INVALID,
			 "container cannot be connected to multiple networks with one of "
			 "the networks in private (none) mode");
}

const struct network_kind kind_none = {
	.name = "null", /* Docker's word; its tools show it */
	.called = "none",
	.predefined = "none",
	.single = true,
	.refuse_others = refuse_others,
};
