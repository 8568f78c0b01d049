// SPDX-License-Identifier: GPL-2.0-or-later
// interfaces.c - netd's containers and networks as interfaces of Wireshark
#include "plugins/extcap/interfaces.h"

#include <stdbool.h>
#include <string.h>

/* The lines are Wireshark's language for extcap: a word, and values in braces, "interface
 * {value=NAME}{display=TEXT}". There is no quoting. So names with braces or blanks are left out,
 * and they cannot be captured here. */

/* A name is a value in braces of one line. netd has no name that would end them. */
static bool is_plain(const char *name)
{
	if (!name || !*name)
		return false;
	for (; *name; name++)
		if (*name <= ' ' || *name > '~' || *name == '{' || *name == '}')
			return false;
	return true;
}

/* The host's network is no interface of a container, and none is none. *ret_n: how many names were
 * written. */
static void write_networks(const json_t *networks, struct buf *out, size_t *ret_n)
{
	const char *name;
	json_t *settings;

	*ret_n = 0;
	json_object_foreach ((json_t *)networks, name, settings) {
		if (!is_plain(name) || strcmp(name, "host") == 0 || strcmp(name, "none") == 0)
			continue;
		buf_puts(out, (*ret_n)++ ? ", " : "");
		buf_puts(out, name);
	}
}

/* A container without a network that can be captured is no interface. */
static void write_container(const json_t *container, struct buf *out)
{
	const json_t *settings = json_object_get(container, "NetworkSettings");
	const char *name =
		json_string_value(json_array_get(json_object_get(container, "Names"), 0));
	struct buf networks = { 0 };
	size_t n;

	if (name && *name == '/') /* as Docker shows it */
		name++;
	write_networks(json_object_get(settings, "Networks"), &networks, &n);
	if (is_plain(name) && n > 0)
		buf_printf(out,
			   "interface {value=" INTERFACES_PREFIX "%s}{display=container %s (%s)}\n",
			   name, name, networks.data);
	/* The buffer's error is passed on, so that the caller looks at one only. */
	if (networks.err < 0)
		out->err = networks.err;
	buf_done(&networks);
}

/* Other drivers have no bridge that could be captured on. */
static void write_network(const json_t *network, struct buf *out)
{
	const char *name = json_string_value(json_object_get(network, "Name"));
	const char *driver = json_string_value(json_object_get(network, "Driver"));

	if (is_plain(name) && driver && strcmp(driver, "bridge") == 0)
		buf_printf(out,
			   "interface {value=" INTERFACES_PREFIX INTERFACES_OF_NETWORK
			   "%s}{display=network %s (its bridge)}\n",
			   name, name);
}

/* Writes to out, which keeps its first error. The arrays are netd's lists. */
void interfaces_write(const json_t *containers, const json_t *networks, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(containers); i++)
		write_container(json_array_get(containers, i), out);
	for (size_t i = 0; i < json_array_size(networks); i++)
		write_network(json_array_get(networks, i), out);
}

/* "" behind the prefix is no name. Borrowed from interface. */
const char *interfaces_name(const char *interface)
{
	size_t len = strlen(INTERFACES_PREFIX);

	return strncmp(interface, INTERFACES_PREFIX, len) == 0 && interface[len] ? interface + len
										 : NULL;
}
