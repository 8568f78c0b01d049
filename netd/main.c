// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - one program, several processes: the plumber, and what it re-executes itself as
#include "metrics/metrics.h"
#include "plumber/plumber.h"
#include "resolver/resolver.h"
#include "role/role.h"

#include <string.h>

/* NULL: the role is a program of its own. */
static int (*const mains[ROLE_N])(int argc, char **argv) = {
	[ROLE_RESOLVER] = resolver_run,
	[ROLE_METRICS] = metrics_run,
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ROLE_N; i++)
		if (mains[i] && strcmp(argv[1], role_table[i].option) == 0)
			return mains[i](argc - 1, argv + 1);
	return plumber_run(argc, argv);
}
