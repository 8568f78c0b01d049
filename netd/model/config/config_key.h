// SPDX-License-Identifier: GPL-2.0-or-later
// config_key.h - the table of the keys of netd.json, between config.c and config_key.c
#pragma once

#include "base/error.h"
#include "model/config/config.h"

#include <jansson.h>

struct config_key {
	const char *name;
	/* Puts the value into config. The error speaks of the value alone; the caller puts the key
	 * before it. 0 or the negative errno of the error. */
	int (*read)(const json_t *value, struct config *config, struct error *error);
};

extern const struct config_key config_keys[];
extern const size_t config_keys_n;
