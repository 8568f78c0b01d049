// SPDX-License-Identifier: GPL-2.0-or-later
// network_check.h - what can be judged about a network spec without the rest of the world
#pragma once

#include "base/error.h"
#include "model/network/network.h"

/* Everything about a spec that can be judged without the rest of the world: name syntax, host bits,
 * gateway, range and auxiliary addresses inside their subnet and of its family, options that fit
 * the driver. Messages are Docker's where Docker has one (reference: Engine API network create). */
int network_check_spec(const struct network_spec *spec, struct error *error);
/* Whether the network can have these servers: on one without names nobody would ask them. */
int network_check_dns(const struct network_spec *spec, const struct network_dns *dns,
		      struct error *error);
