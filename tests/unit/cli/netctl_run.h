// SPDX-License-Identifier: GPL-2.0-or-later
// netctl_run.h - all of netctl in a process of its own, against a fake daemon
#pragma once

#include "tests/unit/client/fake_daemon.h"

struct netctl_result {
	int code;
	char out[16384], err[4096];
};

/* Runs "netctl -H HOST" with the arguments in line, separated by single spaces ('~' stands for a
 * space within one). input may be NULL. */
void netctl_run(const char *host, const char *line, const char *input,
		struct netctl_result *ret_result);

/* The same against a daemon that expects the exchanges; what was expected and did not come, or came
 * and was not expected, fails the test. */
void netctl_with(const struct fake_exchange *exchanges, size_t n, const char *line,
		 struct netctl_result *ret_result);
