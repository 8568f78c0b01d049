// SPDX-License-Identifier: GPL-2.0-or-later
// network_options.h - driver options of a network: Docker's keys and netd's short ones
#pragma once

#include "base/error.h"
#include "model/network/network.h"

/* "all" or "one": how many addresses a name's answer has; false: neither. */
bool network_options_alias_answer(const char *text, bool *ret_one);

/* For what is asked for anew: ERROR_INVALID names an option that nobody knows (known_options.h), or
 * one that could do nothing beside the others. Not part of decoding, as what was accepted once is
 * to be read for ever. */
int network_options_check(const struct network_spec *spec, struct error *error);

/* Decodes spec->options into the fields beside them; the error names the key and the value. */
int network_options_decode(struct network_spec *spec, struct error *error);
