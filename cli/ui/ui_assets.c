// SPDX-License-Identifier: GPL-2.0-or-later
// ui_assets.c - the files of the page, which are part of the program
#include "cli/ui/ui_assets.h"

/* Paths are those from where make runs; the Makefile has what this object depends on. */
#define ASSET(name, path)                                                                          \
	__asm__(".pushsection .rodata\n"                                                           \
		".global " #name "\n" #name ":\n"                                                  \
		".incbin \"" path "\"\n"                                                           \
		".byte 0\n"                                                                        \
		".popsection\n")

ASSET(ui_assets_page, "cli/ui/page.html");
ASSET(ui_assets_script, "cli/ui/page.js");
ASSET(ui_assets_style, "cli/ui/page.css");
