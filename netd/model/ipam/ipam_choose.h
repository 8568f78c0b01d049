// SPDX-License-Identifier: GPL-2.0-or-later
// ipam_choose.h - the choice of a subnet that overlaps none of those in use
#pragma once

#include "base/addr.h"
#include "base/error.h"
#include "model/ipam/ipam_base.h"

/* Finds the first subnet of the family (of length want_len unless 0, which means the base's own
 * size) that overlaps none of taken. ERROR_INVALID with numbers when there is none. */
int ipam_choose_subnet(const struct ipam_base *bases, size_t n_bases, uint8_t family,
		       uint8_t want_len, const struct prefix *taken, size_t n_taken,
		       struct prefix *ret_prefix, struct error *error);

/* The same where that finds nothing: routed are prefixes of routes, which may be wider than the
 * subnet and cover it; equal or narrower ones it overlaps no more than it does taken. */
int ipam_choose_subnet_routed(const struct ipam_base *bases, size_t n_bases, uint8_t family,
			      uint8_t want_len, const struct prefix *taken, size_t n_taken,
			      const struct prefix *routed, size_t n_routed,
			      struct prefix *ret_prefix, struct error *error);
