// SPDX-License-Identifier: GPL-2.0-or-later
// tree.c - a folder and all that is below it
#include "base/tree.h"

#include <ftw.h>
#include <stdio.h>

#define FOLDERS_OPEN 8 /* at once; deeper ones are opened anew */

/* For nftw(3): 0 goes on. */
static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	(void)st, (void)kind, (void)walk;
	(void)remove(path);
	return 0;
}

void tree_remove(const char *path)
{
	/* What it cannot walk stays, too. */
	(void)nftw(path, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
