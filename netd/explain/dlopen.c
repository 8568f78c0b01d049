// SPDX-License-Identifier: GPL-2.0-or-later
// dlopen.c - a program that is linked statically has nothing to load
#include "explain/explain.h"

#include <stddef.h>

/* SQLite calls it in place of dlopen(3), and takes NULL as "no such extension"; netd loads none. */
void *dlopen_refused(const char *file, int mode)
{
	(void)file, (void)mode;
	return NULL;
}
