// SPDX-License-Identifier: GPL-2.0-or-later
// privileges.c - whether this process may do what netd does, before anything is done
#include "plumber/privileges.h"

#include "base/cleanup.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ID_MAP_LINE_MAX 64 /* three numbers of ten digits */

struct need {
	unsigned int capability;
	const char *name;
	bool for_resolver; /* to make its process smaller; needed by root only */
};

static const struct need needs[] = {
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN", false }, { CAP_SYS_ADMIN, "CAP_SYS_ADMIN", false },
	{ CAP_SETUID, "CAP_SETUID", true },	   { CAP_SETGID, "CAP_SETGID", true },
	{ CAP_SETPCAP, "CAP_SETPCAP", true },
};

static int check_capabilities(struct error *error)
{
	char missing[128] = "";
	size_t len = 0, n = 0;

	if (capng_get_caps_process() != 0)
		return error_set(error, ERROR_INTERNAL, "cannot read the capabilities from /proc");
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (capng_have_capability(CAPNG_EFFECTIVE, needs[i].capability) ||
		    (needs[i].for_resolver && geteuid() != 0))
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
 * owner cannot even be named (ioctl_ns(2)). */
static int check_netns(struct error *error)
{
	_cleanup_close_ int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int owner = fd < 0 ? -1 : ioctl(fd, NS_GET_USERNS);

	if (owner >= 0 || errno != EPERM)
		return 0;
	return error_set(
		error, ERROR_FORBIDDEN,
		"this network namespace belongs to the host and not to the user namespace "
		"that netd is root of: give netd one of its own (unshare --net), or run it "
		"as root of the host");
}

/* Is it an id of this user namespace? (user_namespaces(7): first id inside, outside, how many) */
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

static int check_resolver_user(const char *user, struct error *error)
{
	const struct passwd *entry = getpwnam(user);

	if (!entry)
		entry = getpwnam("nobody"); /* as child.c chooses */
	if (!entry || geteuid() != 0)
		return 0;
	if (is_mapped("/proc/self/uid_map", entry->pw_uid) &&
	    is_mapped("/proc/self/gid_map", entry->pw_gid))
		return 0;
	return error_set(error, ERROR_FORBIDDEN,
			 "this user namespace has no uid %u and gid %u, those of the resolver's "
			 "user %s: make it with more ids (unshare --map-auto, from /etc/subuid and "
			 "/etc/subgid), or run netd as root of the host",
			 entry->pw_uid, entry->pw_gid, entry->pw_name);
}

int privileges_check(const char *resolver_user, struct error *error)
{
	int err = check_capabilities(error);

	if (err == 0)
		err = check_netns(error);
	if (err == 0)
		err = check_resolver_user(resolver_user, error);
	return err;
}
