// SPDX-License-Identifier: GPL-2.0-or-later
// config_listen.h - where metrics are served, as it is written
#pragma once

#include "base/addr.h"
#include "base/error.h"

#include <stdint.h>

/* "127.0.0.1:9323", "[::1]:9323"; ":9323" and "9323" are on 127.0.0.1. ERROR_INVALID: it is none.
 */
int config_listen_parse(const char *text, struct addr *ret_addr, uint16_t *ret_port,
			struct error *error);
