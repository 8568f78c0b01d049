// SPDX-License-Identifier: GPL-2.0-or-later
// netctl.c - the program netctl: argv to cli_main, nothing else, so that tests can link the rest
#include "cli/cli.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
