// SPDX-License-Identifier: GPL-2.0-or-later
// config_value.h - the kinds of values that keys of netd.json take
#pragma once

#include "base/addr.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Each reads one value: 0 with *ret_ set, or the negative errno of the error, which says what was
 * wanted and leaves the key to the caller. Texts are borrowed unless said otherwise. */

#define config_refuse(error, ...) error_set((error), ERROR_INVALID, __VA_ARGS__)
int config_value_no_memory(struct error *error); /* -ENOMEM */

int config_value_bool(const json_t *value, bool *ret_value, struct error *error);
int config_value_number(const json_t *value, uint32_t min, uint32_t max, uint32_t *ret_value,
			struct error *error);
int config_value_text(const json_t *value, const char **ret_text, struct error *error);
/* A copy of a text that is not empty; what *text held is freed. */
int config_value_text_keep(const json_t *value, char **text, struct error *error);

/* A whole network of the family, or of either (0). */
int config_value_network(const json_t *value, uint8_t family, struct prefix *ret_prefix,
			 struct error *error);
/* An address that an interface can have, with the length of its network. */
int config_value_bridge_ip(const json_t *value, uint8_t family, struct prefix *ret_prefix,
			   struct error *error);

/* Checks for config_value_strings: an IP address; one word, fit for a line of resolv.conf. */
int config_value_check_address(const char *text, struct error *error);
int config_value_check_word(const char *text, struct error *error);
/* Copies of an array of at most max strings that check accepts; what was there is freed. */
int config_value_strings(const json_t *value, size_t max,
			 int (*check)(const char *text, struct error *error), char ***strings,
			 size_t *n_strings, struct error *error);
