// SPDX-License-Identifier: GPL-2.0-or-later
// netctl.c - the program netctl: argv to commands_main, nothing else, so that tests can link the
// rest
#include "cli/commands.h"

int main(int argc, char **argv)
{
	return commands_main(argc, argv);
}
