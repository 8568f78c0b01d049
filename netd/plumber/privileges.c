// SPDX-License-Identifier: GPL-2.0-or-later
// privileges.c - whether this process may do what netd does, and that it may do no more
#include "plumber/privileges.h"

#include "base/cleanup.h"
#include "kernel/accounts.h"
#include "kernel/caps.h"
#include "kernel/confine.h"
#include "kernel/ports.h"
#include "plumber/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of a line in /proc/PID/uid_map: */
#define ID_MAP_LINE_MAX 64 /* three numbers of ten digits */

/* What netd uses, each for the reason beside it, and nothing else stays. scripts/netd.service.in
 * has the same list; tests/system/privileges.bats compares, and takes each away to see it missed.
 */
enum need {
	NEED_ALWAYS,
	NEED_OF_ROOT, /* to make the resolver's process smaller */
	NEED_AT_TIMES,
};

static const struct need_of {
	unsigned int capability;
	const char *name;
	enum need need;
} needs[] = {
	/* links, addresses, routes, nf_tables, conntrack, sysctls */
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN", NEED_ALWAYS },
	/* entering containers' namespaces, a procfs of its own, the resolver's empty root */
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN", NEED_ALWAYS },
	/* the resolver's user and group, and its empty bounding set; the group of the API's socket
	 */
	{ CAP_SETUID, "CAP_SETUID", NEED_OF_ROOT },
	{ CAP_SETGID, "CAP_SETGID", NEED_OF_ROOT },
	{ CAP_SETPCAP, "CAP_SETPCAP", NEED_OF_ROOT },
	/* ends the resolver, which is another user's */
	{ CAP_KILL, "CAP_KILL", NEED_AT_TIMES },
	/* published ports below 1024 */
	{ CAP_NET_BIND_SERVICE, "CAP_NET_BIND_SERVICE", NEED_AT_TIMES },
	/* announcements of addresses, over packet sockets */
	{ CAP_NET_RAW, "CAP_NET_RAW", NEED_AT_TIMES },
	/* /proc/PID/ns/net of processes that may more than netd, and who holds a port */
	{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE", NEED_AT_TIMES },
	/* paths of namespaces, and settings, in other users' directories */
	{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", NEED_AT_TIMES },
};

/* The other capabilities of the list make some operations possible, and each says so itself when it
 * is missing. Names all that is missing in one sentence, so that nobody has to start netd three
 * times to learn of three capabilities. */
static int check_capabilities(struct error *error)
{
	uint64_t permitted = caps_permitted();
	char missing[128] = "";
	size_t len = 0, n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		if ((permitted & CAPS_BIT(needs[i].capability)) || needs[i].need == NEED_AT_TIMES ||
		    (needs[i].need == NEED_OF_ROOT && geteuid() != 0))
			continue;
		len += (size_t)snprintf(missing + len, sizeof(missing) - len, "%s%s",
					n++ ? ", " : "", needs[i].name);
	}
	if (n == 0)
		return 0;
	return error_set(error, ERROR_FORBIDDEN,
			 "netd lacks the capabilit%s %s: run it as root, of this host or of a user "
			 "namespace with a network namespace of its own",
			 n == 1 ? "y" : "ies", missing);
}

/* Root of a user namespace is nobody in a network namespace that was made outside of it; such an
 * owner cannot even be named (ioctl_ns(2)). CAP_NET_ADMIN counts only in the user namespace that
 * owns the network namespace (user_namespaces(7)). Without this check the first request to the
 * kernel would fail with a bare "permission denied". */
static int check_netns(struct error *error)
{
	/* errno of the ioctl is looked at below, so nothing may come between. */
	_cleanup_close_ int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int owner = fd < 0 ? -1 : ioctl(fd, NS_GET_USERNS);

	/* EPERM means that the owner cannot be named from here; any other failure is an old
	 * kernel, where nothing can be said. */
	if (owner >= 0 || errno != EPERM)
		return 0;
	return error_set(
		error, ERROR_FORBIDDEN,
		"this network namespace belongs to the host and not to the user namespace "
		"that netd is root of: give netd one of its own (unshare --net), or run it "
		"as root of the host");
}

/* Is it an id of this user namespace? (user_namespaces(7): first id inside, outside, how many)
 * setuid(2) to an id that is not mapped fails with EINVAL. */
static bool is_mapped(const char *map, unsigned long id)
{
	FILE *file = fopen(map, "re");
	char line[ID_MAP_LINE_MAX];
	unsigned long first, outside, n;
	bool found = !file; /* a kernel without user namespaces */

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%lu %lu %lu", &first, &outside, &n) == 3 && id >= first &&
			id - first < n;
	if (file)
		(void)fclose(file);
	return found;
}

/* Whether the resolver can become its user. Otherwise each resolver would end at once, and the
 * cause would be hidden in its own log lines. */
static int check_resolver_user(const char *user, struct error *error)
{
	struct account account;
	int err = account_of_user(user, &account, error);

	/* The user of the settings may be missing on this host. */
	if (err == 0 && !account.exists) {
		user = "nobody"; /* as supervisor.c chooses */
		err = account_of_user(user, &account, error);
	}
	if (err < 0)
		return err;
	/* Without root the resolver keeps the user that netd has. */
	if (!account.exists || geteuid() != 0)
		return 0;
	if (is_mapped("/proc/self/uid_map", account.uid) &&
	    is_mapped("/proc/self/gid_map", account.gid))
		return 0;
	return error_set(error, ERROR_FORBIDDEN,
			 "this user namespace has no uid %u and gid %u, those of the resolver's "
			 "user %s: make it with more ids (unshare --map-auto, from /etc/subuid and "
			 "/etc/subgid), or run netd as root of the host",
			 account.uid, account.gid, user);
}

/* Looks only, so it may be called with all rights and leaves no trace. The first fault ends it. */
int privileges_check(const char *resolver_user, struct error *error)
{
	int err = check_capabilities(error);

	if (err == 0)
		err = check_netns(error);
	if (err == 0)
		err = check_resolver_user(resolver_user, error);
	return err;
}

/* Gives up for good. The order matters: ports_init needs bpf(2), caps_keep needs CAP_SETPCAP, and
 * the filter comes last, since it takes from this process the calls that the steps before have
 * made. */
int privileges_drop(struct error *error)
{
	uint64_t kept = 0;
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(needs); i++)
		kept |= CAPS_BIT(needs[i].capability);
	ports_init(); /* bpf(2) is on nobody's list */
	err = caps_keep(kept);
	if (err < 0)
		return error_system(error, err, "cannot give up capabilities");
	/* Makes the filter for short-lived children once, now: to make it takes longer than what
	 * they do. */
	err = confine_prepare(error);
	return err < 0 ? err : filter_load(error);
}
