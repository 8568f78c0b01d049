// SPDX-License-Identifier: GPL-2.0-or-later
// port_summary.h - published ports in words
#pragma once

#include "base/buf.h"

#include <jansson.h>

/* The Ports array of GET /containers/json as "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp", runs of
 * ports drawn together: "0.0.0.0:8000-8010->80-90/tcp". */
void port_summary(const json_t *ports, struct buf *out);
/* "0.0.0.0:8080", "[::]:8080" */
void port_summary_host(struct buf *out, const char *address, const char *port);
