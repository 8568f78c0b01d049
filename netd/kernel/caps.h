// SPDX-License-Identifier: GPL-2.0-or-later
// caps.h - capabilities given up for good
#pragma once

#include <stdint.h>

#define CAPS_BIT(capability) (UINT64_C(1) << (capability))

/* Of the capabilities of this process (CAPS_BIT of <linux/capability.h>) only those of the mask
 * stay permitted and effective, nothing is inheritable or ambient, and what is not in the mask
 * leaves the bounding set where that may be changed (CAP_SETPCAP). For processes without threads. 0
 * or -errno. */
int caps_keep(uint64_t mask);

/* What is permitted now; 0 when that cannot be asked for. */
uint64_t caps_permitted(void);
