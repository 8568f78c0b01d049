// SPDX-License-Identifier: GPL-2.0-or-later
// tree.h - a folder and all that is below it
#pragma once

/* Removes a file, or a folder with all that is below it, as far as that can be done: links are not
 * followed, and other file systems are not entered. What stays keeps its folder, which whoever
 * wants to know looks at. */
void tree_remove(const char *path);
