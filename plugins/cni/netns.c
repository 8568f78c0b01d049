// SPDX-License-Identifier: GPL-2.0-or-later
// netns.c - what the plugin looks up in the kernel itself: namespaces and interfaces, only reading
#include "plugins/cni/netns.h"

#include "base/addr.h"
#include "base/cleanup.h"
#include "client/calls.h"
#include "client/ensure.h"

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* netd has the truth about what it made. What is here is about the rest: whether a path leads to a
 * namespace at all, how the host's interfaces look now, and what a process in the container would
 * see. Nothing is changed. CHECK enters the container's netns for good, so it is the last thing
 * that the process does. */

#define OWN_NETNS "/proc/self/ns/net"

/* All namespaces are on one device; the file that a mount has left, or that is seen without it, is
 * on another. A namespace is known by device and inode of its nsfs file (namespaces(7)). */
bool netns_differ(const char *path, const char *other)
{
	/* fs is asked about the first path only: the other one is on the same device. */
	struct stat a, b;
	struct statfs fs;

	/* Three things have to be certain before two paths are told to differ. When any of them
	 * is not, they may be the same. */
	return stat(path, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino != b.st_ino && statfs(path, &fs) == 0 && fs.f_type == NSFS_MAGIC;
}

/* On ADD and CHECK. A path that is wrong is told with a CNI code of its own, before netd is
 * asked. */
int netns_check(const struct cni_call *call, struct cni_error *error)
{
	struct statfs fs;

	if (statfs(call->netns, &fs) < 0)
		return cni_fail(error, CNI_BAD_NETNS, "CNI_NETNS %s: %s", call->netns,
				strerror(errno));
	/* A file that outlived a reboot, or never was bound. Runtimes keep a namespace alive by a
	 * bind mount on an empty file. After a reboot the file is left without the mount. */
	if (fs.f_type != NSFS_MAGIC)
		return cni_fail(error, CNI_BAD_NETNS, "CNI_NETNS %s is no network namespace",
				call->netns);
	/* A plugin that is run in the wrong namespace would have the host wired as a container. */
	if (!call->netns_override && ensure_same_netns(call->netns, OWN_NETNS))
		return cni_fail(error, CNI_BAD_NETNS,
				"CNI_NETNS %s is the plugin's own network namespace", call->netns);
	return 0;
}

/* Clears the name of what is not there. name is of an interface in the plugin's
 * own netns. *ret_mtu
 * stays as it is where the kernel does not say. */
static void look_up(int fd, char name[static 16], char ret_mac[static 18], int *ret_mtu)
{
	struct ifreq request = { 0 };
	struct mac mac;

	/* The ioctls are those of netdevice(7). Two calls do not need a netlink socket. */
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	/* Not there any more: the result leaves it out. */
	if (!*name || fd < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0) {
		name[0] = '\0';
		return;
	}
	memcpy(mac.bytes, request.ifr_hwaddr.sa_data, sizeof(mac.bytes));
	(void)mac_print(&mac, ret_mac);
	if (ioctl(fd, SIOCGIFMTU, &request) == 0)
		*ret_mtu = request.ifr_mtu;
}

void netns_look_up(struct result_host_link *link)
{
	/* A socket of any family carries these ioctls. Without one (fd is negative) both names are
	 * cleared. */
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Read because look_up() wants a place for it. A result has the MTU of the pair for the
	 * bridge. */
	int bridge_mtu;

	look_up(fd, link->bridge, link->bridge_mac, &bridge_mtu);
	look_up(fd, link->name, link->mac, &link->mtu);
}

/* --- inside ----------------------------------------------------------------------------------- */

/* From here on the process is in the container's netns. /proc/thread-self/net and getifaddrs(3)
 * show the container's. */

static int enter(const struct cni_call *call, struct cni_error *error)
{
	/* This process ends in a moment, so it does not come back. */
	_cleanup_close_ int fd = open(call->netns, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		return cni_fail(error, CNI_BAD_NETNS, "CNI_NETNS %s: %s", call->netns,
				strerror(errno));
	return 0;
}

/* list is that of getifaddrs(3): one entry for each address, and for other families, too. Entries
 * without an address exist. */
static bool has_address(const struct ifaddrs *list, const char *ifname, const struct addr *wanted)
{
	for (; list; list = list->ifa_next) {
		struct addr addr;
		uint16_t port;

		if (strcmp(list->ifa_name, ifname) == 0 && list->ifa_addr &&
		    addr_from_sockaddr(list->ifa_addr, &addr, &port) && addr_equal(&addr, wanted))
			return true;
	}
	return false;
}

/* text is what netd shows for the family. 0: it is there, or there is nothing to look for. */
static int check_address(const struct cni_call *call, const struct ifaddrs *list, const char *text,
			 struct cni_error *error)
{
	struct addr addr;

	if (addr_parse(text, &addr) < 0 || has_address(list, call->ifname, &addr))
		return 0; /* "": netd gave it none of this family */
	return cni_fail(error, CNI_DIFFERS, "interface %s in %s lacks the address %s", call->ifname,
			call->netns, text);
}

/* Column of a line of words; NULL when there are fewer. Cuts the line. The first column is 0.
 * Several blanks in a row count as one, since proc files are padded. */
static const char *column(char *line, size_t wanted)
{
	char *word = NULL;

	for (size_t i = 0; i <= wanted; i++) {
		do
			word = strsep(&line, " \t\n");
		while (word && !*word);
	}
	return word;
}

/* Whether a table of /proc/net has a line with these words; of the container, once entered. A file
 * that cannot be opened has no lines: a kernel without IPv6 has no ipv6_route. */
static bool has_route(const char *path, size_t n, const size_t at[], const char *const words[])
{
	FILE *file = fopen(path, "re");
	/* Lines of these files are about 128 and 150 bytes long. */
	char line[512], copy[512];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		found = true;
		for (size_t i = 0; i < n && found; i++) {
			const char *word;

			/* column() cuts the line, so each word has a copy. */
			memcpy(copy, line, sizeof(copy));
			word = column(copy, at[i]);
			found = word && strcmp(word, words[i]) == 0;
		}
	}
	if (file)
		(void)fclose(file);
	return found;
}

/* to is a destination in the words of the result, gateway an address. */
static bool promises_route(const struct cni_call *call, const char *to, const char *gateway)
{
	const json_t *routes = json_object_get(json_object_get(call->json, "prevResult"), "routes");
	size_t i;
	json_t *route;

	json_array_foreach ((json_t *)routes, i, route)
		if (strcmp(calls_text(route, "dst"), to) == 0 &&
		    strcmp(calls_text(route, "gw"), gateway) == 0)
			return true;
	return false;
}

/* Only the default routes that prevResult has through our gateway: others are others' affair.
 * Whether netd's own settings would make it the default route does not matter: prevResult tells
 * what the container was promised. */
static int check_routes(const struct cni_call *call, const json_t *settings,
			struct cni_error *error)
{
	/* Columns and words of a default route through our interface: the two files of proc(5) have
	 * them in different orders. */
	const struct {
		const char *to, *path;
		size_t at[3];
		const char *words[3];
		/* Columns from 0. The file of IPv4 has Iface, Destination and Mask at 0, 1 and 7.
		 * The file of IPv6 has destination, its length and the device at 0, 1 and 9. */
	} tables[FAMILY_N] = {
		[FAMILY_4] = { "0.0.0.0/0",
			       "/proc/thread-self/net/route",
			       { 0, 1, 7 },
			       { call->ifname, "00000000", "00000000" } },
		[FAMILY_6] = { "::/0",
			       "/proc/thread-self/net/ipv6_route",
			       { 0, 1, 9 },
			       { "00000000000000000000000000000000", "00", call->ifname } },
	};

	for (enum family family = 0; family < FAMILY_N; family++) {
		const char *gateway = calls_text(settings, calls_family[family].gateway);

		/* A container may have got another default route on purpose; the promise is what
		 * counts. */
		if (*gateway && promises_route(call, tables[family].to, gateway) &&
		    !has_route(tables[family].path, 3, tables[family].at, tables[family].words))
			return cni_fail(error, CNI_DIFFERS,
					"%s lacks the %s default route through %s", call->netns,
					family_name(family), call->ifname);
	}
	return 0;
}

/* The interface, its addresses and the routes, in this order: the first that lacks explains those
 * behind it. */
static int compare(const struct cni_call *call, const struct ifaddrs *list, const json_t *settings,
		   struct cni_error *error)
{
	int err = 0;

	if (if_nametoindex(call->ifname) == 0)
		return cni_fail(error, CNI_DIFFERS, "interface %s is not in %s", call->ifname,
				call->netns);
	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		err = check_address(call, list, calls_text(settings, calls_family[family].address),
				    error);
	return err < 0 ? err : check_routes(call, settings, error);
}

/* The process must have one thread, and nothing to do on the host any more. */
int netns_check_inside(const struct cni_call *call, const json_t *settings, struct cni_error *error)
{
	struct ifaddrs *list = NULL;
	int err = enter(call, error);

	if (err < 0)
		return err;
	if (getifaddrs(&list) < 0)
		return cni_fail(error, CNI_IO, "interfaces of %s: %s", call->netns,
				strerror(errno));
	err = compare(call, list, settings, error);
	freeifaddrs(list);
	return err;
}
