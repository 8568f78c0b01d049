// SPDX-License-Identifier: GPL-2.0-or-later
// look_manager.c - other programs that configure links of the host: what they write down of each
#include "kernel/look.h"

#include "base/cleanup.h"
#include "kernel/look_parts.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Theory of operation. A link of netd's that another program configures, too, loses addresses or
 * its place in a bridge again and again, whatever netd repairs. Both programs known here write a
 * file for each link below /run. A link is theirs if the file says so and the program runs. */

/* A file for each link, by its index, with the state as a line of its own. What a program wrote
 * before it ended is there still, so it has to run, too: in this network namespace. */
struct manager {
	const char *name, *comm; /* comm: as the kernel cuts it */
	const char *dir;
	const char *key, *unmanaged[3]; /* values that say that it leaves the link alone */
};

static const struct manager managers[] = {
	{ "systemd-networkd",
	  "systemd-network",
	  "/run/systemd/netif/links",
	  "ADMIN_STATE=",
	  { "unmanaged", "pending", "initialized" } },
	{ "NetworkManager",
	  "NetworkManager",
	  "/run/NetworkManager/devices",
	  "managed=",
	  { "false", "unmanaged", "0" } },
};

/* The value behind the key, at the beginning of a line. No such line: it is not managed. */
static bool is_managed(const struct manager *manager, const char *text)
{
	const char *at = text;
	size_t len;

	while (strncmp(at, manager->key, strlen(manager->key)) != 0) {
		at = strchr(at, '\n');
		if (!at)
			return false;
		at++;
	}
	at += strlen(manager->key);
	len = strcspn(at, "\n");
	/* An empty value says nothing. */
	for (size_t i = 0; i < ARRAY_SIZE(manager->unmanaged); i++)
		if (strlen(manager->unmanaged[i]) == len &&
		    memcmp(manager->unmanaged[i], at, len) == 0)
			return false;
	return len > 0;
}

/* Whether a process is in the namespace of the one that looks. Another container may have such a
 * program, too. */
static bool is_here(const char *pid, const struct stat *here)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%.16s/ns/net", pid);
	return stat(path, &st) == 0 && st.st_dev == here->st_dev && st.st_ino == here->st_ino;
}

/* Compares the name with /proc/PID/comm, which holds 15 bytes at the most. */
static bool runs(const struct manager *manager)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	struct stat here;
	bool found = false;

	if (proc && stat("/proc/thread-self/ns/net", &here) == 0)
		while (!found && (entry = readdir(proc)) != NULL) {
			char path[64], comm[32];

			if (!isdigit((unsigned char)entry->d_name[0]))
				continue;
			(void)snprintf(path, sizeof(path), "/proc/%.16s/comm", entry->d_name);
			if (look_read(AT_FDCWD, path, comm, sizeof(comm)) <= 0)
				continue;
			comm[strcspn(comm, "\n")] = '\0';
			found = strcmp(comm, manager->comm) == 0 && is_here(entry->d_name, &here);
		}
	if (proc)
		(void)closedir(proc);
	return found;
}

/* Notes the program's name with each link that it manages. */
static void look_for(const struct manager *manager, struct facts_space *host)
{
	_cleanup_close_ int dir = open(manager->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool has_looked = false;

	for (size_t i = 0; dir >= 0 && i < host->n_links; i++) {
		struct facts_link *link = &host->links[i];
		char name[16], text[4096];

		(void)snprintf(name, sizeof(name), "%d", link->ifindex);
		if (look_read(dir, name, text, sizeof(text)) <= 0 || !is_managed(manager, text))
			continue;
		/* Most hosts have neither, and then /proc is not walked. */
		if (!has_looked && !runs(manager))
			return;
		has_looked = true;
		(void)snprintf(link->manager, sizeof(link->manager), "%s", manager->name);
	}
}

/* The host's picture comes first: without one, nothing is looked for. */
void look_managers(struct facts *facts)
{
	struct facts_space *host = facts_space(facts, "host");

	for (size_t i = 0; host && i < ARRAY_SIZE(managers); i++)
		look_for(&managers[i], host);
}
