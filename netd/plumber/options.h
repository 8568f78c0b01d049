// SPDX-License-Identifier: GPL-2.0-or-later
// options.h - netd's command line
#pragma once

#include <stdbool.h>

struct options {
	const char *config;	  /* NULL: the default, which may be missing */
	const char *host;	  /* NULL: netd.json's hosts, else the default */
	const char *metrics_addr; /* NULL: the one of netd.json */
	const char *run_dir, *state_dir;
	bool check, reset;
	bool force; /* a reset although somebody is attached */
};

/* 0: go on; else the exit status plus one, and everything has been said: --help and --version end
 * with 0, a usage error with 2. */
int options_parse(int argc, char **argv, struct options *ret_options);
