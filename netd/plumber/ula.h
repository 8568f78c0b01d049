// SPDX-License-Identifier: GPL-2.0-or-later
// ula.h - the IPv6 prefix that is this host's own
#pragma once

#include "base/addr.h"
#include "base/error.h"

/* Of the state directory: the prefix of a host without a machine-id(5). */
#define ULA_FILE "ipv6-prefix"

/* A unique local /48 for the networks of the netd with that state directory: always the same, and
 * no other host's. */
int ula_choose(const char *state_dir, struct prefix *ret_prefix, struct error *error);
