// SPDX-License-Identifier: GPL-2.0-or-later
// endpoint_sysctl.c - settings of one interface out of the list that asks for them
#include "model/container/endpoint_sysctl.h"

#include "base/cleanup.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Theory of operation. Grammar of what is read, settings with commas between them:
 *
 * net.FAMILY.FOLDER.IFNAME.KEY=VALUE
 * FAMILY and FOLDER: ipv4 or ipv6 with conf or neigh, or mpls with conf
 *
 * IFNAME is that very word: it stands for the interface, whose name nobody knows before it is
 * made. The text comes from a stranger and becomes a path that root writes to. So only known
 * folders are taken, and of a key only letters that no path has. */

/* The key becomes part of a path. */
static bool is_key(const char *text, size_t len)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-";

	/* A slash, or two dots, would lead into another folder. */
	return len > 0 && len <= ENDPOINT_SYSCTL_WORD_MAX && strspn(text, letters) >= len;
}

/* Blanks are allowed: some settings are lists of numbers. */
static bool is_value(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		/* A control character is part of no setting's value. */
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return len > 0 && len <= ENDPOINT_SYSCTL_WORD_MAX;
}

/* "net.ipv4.conf.IFNAME.", and where it leads to */
static const struct {
	const char *prefix, *folder;
} folders[] = {
	{ "net.ipv4.conf.IFNAME.", "ipv4/conf" }, { "net.ipv4.neigh.IFNAME.", "ipv4/neigh" },
	{ "net.ipv6.conf.IFNAME.", "ipv6/conf" }, { "net.ipv6.neigh.IFNAME.", "ipv6/neigh" },
	{ "net.mpls.conf.IFNAME.", "mpls/conf" },
};

/* The prefix must fit before the equals sign, or the key's length would be negative. false: it is
 * no setting that is allowed. */
static bool read_one(const char *text, size_t len, struct endpoint_sysctl *ret_sysctl)
{
	const char *equals = memchr(text, '=', len);

	for (size_t i = 0; equals && i < ARRAY_SIZE(folders); i++) {
		size_t skip = strlen(folders[i].prefix);
		size_t key_len = (size_t)(equals - text) - skip;
		size_t value_len = (size_t)(text + len - equals - 1);

		/* Docker's client sends all of it in lower case. */
		if (strncasecmp(text, folders[i].prefix, skip) != 0 || text + skip > equals)
			continue;
		if (!is_key(text + skip, key_len) || !is_value(equals + 1, value_len))
			return false;
		/* lengths were checked */
		(void)snprintf(ret_sysctl->folder, sizeof(ret_sysctl->folder), "%s",
			       folders[i].folder);
		(void)snprintf(ret_sysctl->key, sizeof(ret_sysctl->key), "%.*s", (int)key_len,
			       text + skip);
		(void)snprintf(ret_sysctl->value, sizeof(ret_sysctl->value), "%.*s", (int)value_len,
			       equals + 1);
		return true;
	}
	return false;
}

/* 1: a setting; 0: the text is at its end; negative: the sentence is in error. *text goes on
 * behind it in each case. */
int endpoint_sysctl_next(const char **text, struct endpoint_sysctl *ret_sysctl, struct error *error)
{
	const char *start = *text;
	size_t len = strcspn(start, ",");

	if (!*start)
		return 0;
	*text = start + len + (start[len] == ',');
	if (read_one(start, len, ret_sysctl))
		return 1;
	return error_set(error, ERROR_INVALID,
			 "unrecognised network interface sysctl '%.*s'; "
			 "net.ipv4.conf.IFNAME.KEY=VALUE is wanted, with ipv4 or ipv6, conf or "
			 "neigh, and the word IFNAME for the interface",
			 len < 100 ? (int)len : 100, start);
}

/* Below /proc/sys. The folder and the key were checked; the name of an interface has no slash. */
const char *endpoint_sysctl_path(const struct endpoint_sysctl *sysctl, const char *ifname,
				 char buffer[static ENDPOINT_SYSCTL_PATH_MAX])
{
	(void)snprintf(buffer, ENDPOINT_SYSCTL_PATH_MAX, "net/%s/%s/%s", sysctl->folder, ifname,
		       sysctl->key); /* fits: 4 + 15 + 1 + 15 + 1 + 63 */
	return buffer;
}
