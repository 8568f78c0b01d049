// SPDX-License-Identifier: GPL-2.0-or-later
// look_legacy.c - tables of iptables-legacy that hold a packet up: nftables shows nothing of them
#include "base/cleanup.h"
#include "kernel/look_parts.h"

#include <fcntl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/x_tables.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. /proc/thread-self/net/ip_tables_names lists the legacy tables of the
 * thread's namespace. A table in that list counts only when it could hold a packet up: it has a
 * rule, or a policy that does not accept. Two options of getsockopt(2) tell that: IPT_SO_GET_INFO
 * (64) how many entries there are and where each hook's policy stands, IPT_SO_GET_ENTRIES (65) the
 * entries themselves. What rules say is not read; the judge is told the tables' names. */

/* Of linux/netfilter_ipv4/ip_tables.h and its like, which are the same but for an entry's packet
 * part, and do not go into one file together. hook_entry and underflow are offsets into the
 * entries: the first rule of a hook, and its policy. */
struct table_info { /* struct ipt_getinfo */
	char name[XT_TABLE_MAXNAMELEN];
	unsigned int valid_hooks, hook_entry[NF_INET_NUMHOOKS], underflow[NF_INET_NUMHOOKS];
	unsigned int num_entries, size;
};

struct table_entries { /* struct ipt_get_entries */
	char name[XT_TABLE_MAXNAMELEN];
	unsigned int size;
	char entries[] __attribute__((aligned(8)));
};

struct legacy {
	const char *family,
		*names; /* as they are shown; the file that lists the tables there are */
	int domain, level;
	int info, entries;    /* options of getsockopt(2) */
	size_t target_offset; /* in an entry: where it says at which byte its target begins */
};

static const struct legacy families[] = {
	{ "ip", "/proc/thread-self/net/ip_tables_names", AF_INET, SOL_IP, 64, 65, 88 },
	{ "ip6", "/proc/thread-self/net/ip6_tables_names", AF_INET6, SOL_IPV6, 64, 65, 140 },
};

/* The verdict of a policy: NF_ACCEPT is told as -2. An entry is a packet part, whose size depends
 * on the family, then the offset of its target (2 bytes), then matches, then the target. A policy
 * has a standard target: its verdict is -1 minus NF_ACCEPT. */
static bool accepts(const char *entry, size_t left, size_t target_offset)
{
	struct xt_standard_target target;
	uint16_t at;

	/* All of it is the kernel's own, and is checked all the same: the layout is an old one. */
	if (left < target_offset + sizeof(at))
		return false;
	memcpy(&at, entry + target_offset, sizeof(at));
	if (left < sizeof(target) || at > left - sizeof(target))
		return false;
	memcpy(&target, entry + at, sizeof(target));
	return target.verdict == -NF_ACCEPT - 1;
}

/* Whether the policy of every hook accepts. What cannot be read does not. */
static bool all_accept(int fd, const struct legacy *legacy, const struct table_info *info)
{
	socklen_t len = (socklen_t)(sizeof(struct table_entries) + info->size);
	_cleanup_free_ struct table_entries *table = calloc(1, len);

	if (!table)
		return false;
	memcpy(table->name, info->name, sizeof(table->name));
	table->size = info->size;
	if (getsockopt(fd, legacy->level, legacy->entries, table, &len) < 0)
		return false;
	/* A hook that the table does not serve has no policy. */
	for (unsigned hook = 0; hook < NF_INET_NUMHOOKS; hook++)
		if (info->valid_hooks & 1U << hook &&
		    (info->underflow[hook] >= info->size ||
		     !accepts(table->entries + info->underflow[hook],
			      info->size - info->underflow[hook], legacy->target_offset)))
			return false;
	return true;
}

/* Listing its rules once makes a table, and nothing takes it away: one without a rule and with
 * policies that accept is none. A table that does not tell may hold anything. */
static bool is_idle(int fd, const struct legacy *legacy, const char *name)
{
	struct table_info info = { 0 };
	socklen_t len = sizeof(info);

	(void)snprintf(info.name, sizeof(info.name), "%s", name);
	if (fd < 0 || getsockopt(fd, legacy->level, legacy->info, &info, &len) < 0)
		return false;
	/* A policy for each hook, and an entry that ends the table. */
	return info.num_entries == (unsigned)__builtin_popcount(info.valid_hooks) + 1 &&
	       all_accept(fd, legacy, &info);
}

/* Adds "ip filter" or the like to the picture. */
static int add_table(struct facts_space *space, const char *family, const char *name)
{
	_cleanup_free_ char *text = NULL;
	size_t room = space->n_legacy;
	char **tables;

	if (asprintf(&text, "%s %s", family, name) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	tables = grow(space->legacy, &room, space->n_legacy + 1, sizeof(char *));
	if (!tables)
		return -ENOMEM;
	space->legacy = tables;
	space->legacy[space->n_legacy++] = take_ptr(text);
	return 0;
}

/* Of one family. The list is empty or missing where nobody has ever used a table. */
static int read_family(struct look_shot *shot, const struct legacy *legacy)
{
	_cleanup_close_ int fd = -1;
	char text[256], *at = text, *name;
	int err = look_read(AT_FDCWD, legacy->names, text, sizeof(text));

	if (err == -ENOENT || err == 0)
		return 0; /* a kernel without them, or a namespace */
	if (err < 0)
		return err;
	/* Any will do. A raw one takes CAP_NET_RAW, which whoever looks here has not kept. */
	fd = socket(legacy->domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	err = 0;
	while (err == 0 && (name = strsep(&at, "\n")) != NULL)
		if (name[0] && !is_idle(fd, legacy, name))
			err = add_table(shot->space, legacy->family, name);
	return err;
}

static bool has_ebtables(void)
{
	static const char *const modules[] = { "/sys/module/ebtable_filter",
					       "/sys/module/ebtable_nat",
					       "/sys/module/ebtable_broute" };

	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		if (access(modules[i], F_OK) == 0)
			return true;
	return false;
}

/* Its kernel makes a table for whoever asks for one, and nothing here may be changed. Whether its
 * modules are there is all that can be told, of the whole machine. Their tables may be empty. */
static int read_bridges(struct look_shot *shot)
{
	struct look *look = shot->look;

	if (!look->has_sought_ebtables)
		look->has_ebtables = has_ebtables();
	look->has_sought_ebtables = true;
	return look->has_ebtables ? facts_missing_why(shot->space, "ebtables",
						      "tables of ebtables-legacy cannot be read "
						      "without making them")
				  : 0;
}

static int read_all(void *data)
{
	int err = read_bridges(data);

	for (size_t i = 0; i < ARRAY_SIZE(families) && err == 0; i++)
		err = read_family(data, &families[i]);
	return err;
}

/* The files and the options are those of the namespace that the thread is in. */
int look_legacy(struct look_shot *shot)
{
	return look_inside(shot->place, read_all, shot);
}
