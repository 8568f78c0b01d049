// SPDX-License-Identifier: GPL-2.0-or-later
// builder_rows.h - the rows of the table of builders
#pragma once

#include "engine/wire/builder.h"

extern const struct builder builder_bridge, builder_overlay;
