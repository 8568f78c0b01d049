// SPDX-License-Identifier: GPL-2.0-or-later
// accept.h - which format a reader asks for
#pragma once

#include "metrics/page.h"

/* By the header Accept, of anybody; NULL: there is none. OpenMetrics where it is asked for by its
 * name, and as much as anything else; text 0.0.4 otherwise. */
enum page_format accept_format(const char *accept);
