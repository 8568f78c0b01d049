// SPDX-License-Identifier: GPL-2.0-or-later
// lost.h - what was lost inside of a container, by what the kernel counts
#pragma once

#include "base/buf.h"
#include "cli/show/traffic.h"

#include <jansson.h>

/* The losses that netd tells of a container, and what was dropped at its interfaces, of which the
 * kernel keeps no reason: a list as "Losses" of GET /netd/v1/containers/{id}/losses has it. The
 * answer may be NULL. A new reference; NULL: no memory. */
json_t *lost_of(const struct traffic_row *row, const json_t *answer);
/* A line for each, under one that names the container and has their sum; 80 columns. */
void lost_screen(const char *name, const json_t *losses, struct buf *out);
