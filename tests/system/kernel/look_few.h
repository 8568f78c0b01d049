// SPDX-License-Identifier: GPL-2.0-or-later
// look_few.h - bounds of the search for a socket's owner that a test can meet
#pragma once

#include "base/limits.h"

#ifdef FEW_PIDS
#undef LOOK_PIDS_MAX
#define LOOK_PIDS_MAX 1
#endif
#ifdef FEW_FDS
#undef LOOK_FDS_MAX
#define LOOK_FDS_MAX 400
#endif
