// SPDX-License-Identifier: GPL-2.0-or-later
// interfaces.h - netd's containers and networks as interfaces of Wireshark
#pragma once

#include "base/buf.h"

#include <jansson.h>

/* The names of interfaces begin so; behind it a container's name, or this and a network's. */
#define INTERFACES_PREFIX "netd:"
#define INTERFACES_OF_NETWORK "network:"

/* Lines as extcap has them: containers that have an interface, by netd's list of containers, and
 * networks that have a bridge, by its list of networks. What has another form is passed over. */
void interfaces_write(const json_t *containers, const json_t *networks, struct buf *out);

/* What netd calls it; NULL: it is none of netd's. */
const char *interfaces_name(const char *interface);
