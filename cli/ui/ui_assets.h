// SPDX-License-Identifier: GPL-2.0-or-later
// ui_assets.h - the files of the page, which are part of the program
#pragma once

extern const char ui_assets_page[], ui_assets_script[], ui_assets_style[];
