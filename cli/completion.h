// SPDX-License-Identifier: GPL-2.0-or-later
// completion.h - completion scripts, made from the tables of commands and flags
#pragma once

#include "cli/line/args.h"

#include <stdio.h>

extern const struct command command_completion;
