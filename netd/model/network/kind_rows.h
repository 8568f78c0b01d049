// SPDX-License-Identifier: GPL-2.0-or-later
// kind_rows.h - the rows of the table of kinds, for the table and for what a kind does
#pragma once

#include "model/network/kind.h"

extern const struct network_kind kind_bridge, kind_host, kind_none, kind_overlay;
