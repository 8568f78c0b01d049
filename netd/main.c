// SPDX-License-Identifier: GPL-2.0-or-later
// main.c - one program, two processes: the plumber, and the resolver it re-executes itself as
#include "plumber/plumber.h"
#include "resolver/resolver.h"

#include <string.h>

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--resolver") == 0)
		return resolver_run(argc - 1, argv + 1);
	return plumber_run(argc, argv);
}
