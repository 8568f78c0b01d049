// SPDX-License-Identifier: GPL-2.0-or-later
// accept.h - who connects to the API: taken in, or told why not, and never left deaf
#pragma once

#include "api/connect/connection_limits.h"

/* The descriptor is listening, non-blocking, and the door's from now on. */
void api_accept_start(struct api_door *door, struct api_http *http, int listen_fd);
void api_accept_stop(struct api_door *door);
/* A place may have become free. data is the door. */
void api_accept_wake(void *data);
