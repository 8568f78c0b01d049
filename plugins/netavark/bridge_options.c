// SPDX-License-Identifier: GPL-2.0-or-later
// bridge_options.c - the options that a bridge network of Podman's can have, and their values
#include "plugins/netavark/bridge_options.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "base/nearest.h"
#include "model/network/network.h"

#include <stdlib.h>
#include <string.h>

/* Podman gives options as texts in an object. A value that is wrong would be found out at the first
 * start of a container, so it is refused when the network is read. */

/* Each returns NULL, or what was wanted instead. "" is as good as not said. */

/* 0 is let through for any limits: it means the default. Ten digits fit into an unsigned long. */
static bool is_number(const char *text, unsigned long min, unsigned long max)
{
	unsigned long number = strtoul(text, NULL, 10);

	return strspn(text, "0123456789") == strlen(text) && strlen(text) <= 10 &&
	       (number == 0 || (number >= min && number <= max));
}

/* The numbers of the sentence are those of MTU_MIN and MTU_MAX. */
static const char *check_mtu(const char *text)
{
	return is_number(text, MTU_MIN, MTU_MAX) ? NULL
						 : "0, or a number from 68 to 65535 is wanted";
}

static const char *check_metric(const char *text)
{
	return is_number(text, 0, 1000000000) ? NULL : "a number up to 1000000000 is wanted";
}

/* words ends with NULL. */
static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return !*text;
}

static const char *check_bool(const char *text)
{
	static const char *const words[] = { "true", "false", "1", "0", NULL };

	return is_one_of(text, words) ? NULL : "true or false is wanted";
}

static const char *check_isolate(const char *text)
{
	static const char *const words[] = { "true", "false", "1", "0", "strict", NULL };

	return is_one_of(text, words) ? NULL : "true, false or strict is wanted";
}

static const char *check_mode(const char *text)
{
	static const char *const words[] = { "managed", "unmanaged", NULL };

	return is_one_of(text, words) ? NULL : "managed or unmanaged is wanted";
}

/* All that netavark knows for a bridge. The two tables are one list. */
const char *const bridge_option_keys[] = {
	"mtu",	"metric", "no_default_route", "isolate",	"mode", "host_interface_name",
	"vlan", "vrf",	  "outbound_addr4",   "outbound_addr6", NULL
};

/* In the order of the keys; NULL: looked at by whoever does it, or refuses it. vlan and vrf are
 * refused in network.c, where it can be said why. The addresses are read there, too. */
static const char *(*const checks[])(const char *text) = {
	check_mtu, check_metric, check_bool, check_isolate, check_mode,
	NULL,	   NULL,	 NULL,	     NULL,	    NULL,
};

_Static_assert(ARRAY_SIZE(checks) + 1 == ARRAY_SIZE(bridge_option_keys), "one for each");

/* text is never NULL: the decoder has let strings through only. */
static int check_option(const char *network, const char *key, const char *text, struct error *error)
{
	const char *nearest, *wanted;

	for (size_t i = 0; bridge_option_keys[i]; i++) {
		if (strcmp(bridge_option_keys[i], key) != 0)
			continue;
		wanted = checks[i] ? checks[i](text) : NULL;
		if (!wanted)
			return 0;
		return error_set(error, ERROR_INVALID, "network %s: option %s is \"%.200s\": %s",
				 network, key, text, wanted);
	}
	/* A key with a dot is somebody else's (com.docker.network.…), and is passed over. */
	if (strchr(key, '.'))
		return 0;
	/* netavark refuses unknown keys, so a misspelled one must not pass here either. */
	nearest = nearest_of(key, bridge_option_keys);
	return error_set(error, ERROR_INVALID,
			 "network %s: unsupported bridge network option %.200s%s%s%s", network, key,
			 nearest ? "; did you mean " : "", nearest ? nearest : "",
			 nearest ? "?" : "");
}

/* The first that is wrong is told. options may be NULL. */
int bridge_options_check(const char *network, const json_t *options, struct error *error)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)options, key, value) {
		int err = check_option(network, key, json_string_value(value), error);

		if (err < 0)
			return err;
	}
	return 0;
}
