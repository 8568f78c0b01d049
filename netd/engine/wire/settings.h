// SPDX-License-Identifier: GPL-2.0-or-later
// settings.h - settings of the host's that netd counts on, watched
#pragma once

#include "engine/state/state.h"

/* An event of inotify was about one of them. */
bool settings_follow(struct engine *engine, int wd);
void settings_done(struct engine *engine);

/* Notices when somebody writes route_localnet of the network's bridges, which may be other bridges
 * than before, or whether the host's bridges pass frames through the IP tables. */
void settings_watch(struct engine *engine, const struct network *network);
void settings_unwatch(struct engine *engine, const struct network *network);
