// SPDX-License-Identifier: GPL-2.0-or-later
// network_options.h - driver options of a network: Docker's keys and netd's short ones
#pragma once

#include "base/error.h"
#include "model/network/network.h"

/* All that there are; the rows of the table in network_options.c say what they are. */
enum network_option {
	NETWORK_OPTION_BRIDGE,
	NETWORK_OPTION_MTU,
	NETWORK_OPTION_ICC,
	NETWORK_OPTION_MASQUERADE,
	NETWORK_OPTION_HOST_IP4,
	NETWORK_OPTION_HOST_IP6,
	NETWORK_OPTION_IFNAME_PREFIX,
	NETWORK_OPTION_ALIAS_ANSWER,
	NETWORK_OPTION_GATEWAY_MODE4,
	NETWORK_OPTION_GATEWAY_MODE6,
	NETWORK_OPTION_SNAT4,
	NETWORK_OPTION_SNAT6,
	NETWORK_OPTION_INHIBIT4,
	NETWORK_OPTION_TRUSTED,
	NETWORK_OPTION_SOURCES,
	NETWORK_OPTION_ANTI_SPOOF,
	NETWORK_OPTION_QUEUES,
	NETWORK_OPTION_VNI,
	NETWORK_OPTION_ENCRYPTED,
	NETWORK_OPTION_IPV4,
	NETWORK_OPTION_IPV6,
	NETWORK_OPTION_DEFAULT_BRIDGE,
	NETWORK_OPTION_N,
};
/* Docker's, by which an option is shown and kept. */
const char *network_options_key(enum network_option option);
/* netd's own, which means the same; NULL: there is none. */
const char *network_options_short_key(enum network_option option);
/* An earlier netd kept it without looking. */
bool network_options_once_a_note(enum network_option option);

/* "all" or "one": how many addresses a name's answer has; false: neither. */
bool network_options_alias_answer(const char *text, bool *ret_one);

/* For what is asked for anew: ERROR_INVALID names an option that nobody knows (known_options.h), or
 * one that could do nothing beside the others or on a network of this kind. Not part of decoding,
 * as what was accepted once is to be read for ever. */
int network_options_check(const struct network_spec *spec, struct error *error);

/* Decodes spec->options into the fields beside them; the error names the key and the value. */
int network_options_decode(struct network_spec *spec, struct error *error);
