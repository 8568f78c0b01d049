// SPDX-License-Identifier: GPL-2.0-or-later
// captures.h - the captures that run, each in a process of its own
#pragma once

#include "base/list.h"

/* What a connection becomes that packets are written to. */
#define API_CAPTURE_PROTOCOL "netd-capture"

struct api_http;

/* Those that are asked for, and those that have their reader (handlers/capture.c). */
struct api_captures {
	struct api_http *http;
	struct list list;
};

void api_captures_init(struct api_captures *captures);
/* netd ends: it knows of none any more, and those that run go on. */
void api_captures_done(struct api_captures *captures);
