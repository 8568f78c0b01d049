// SPDX-License-Identifier: GPL-2.0-or-later
// ula.c - the IPv6 prefix that is this host's own
#include "plumber/ula.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "model/ipam/ipam_base.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Theory of operation. Hosts whose networks meet, by a VPN or after two companies merged, must not
 * have the same prefix (RFC 4193, 3.2). The machine's id tells hosts apart and survives everything;
 * a host without one draws a prefix and keeps it in the state directory, and goes on with that when
 * it has an id later. Networks remember their subnets, wherever those came from. */

#define MACHINE_ID "/etc/machine-id"

/* The first line; "": there is none. */
static void read_line(const char *path, char *ret_line, int size)
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(ret_line, size, file))
		ret_line[0] = '\0';
	if (file)
		(void)fclose(file); /* read only */
	ret_line[strcspn(ret_line, "\n")] = '\0';
}

/* A file that somebody has filled with anything but a /48 of fd00::/8 counts as none. */
static bool is_kept(const char *path, struct prefix *ret_prefix)
{
	struct prefix prefix;
	char line[64];

	read_line(path, line, sizeof(line));
	/* fd00::/8 is the half of fc00::/7 whose prefixes hosts draw by themselves (RFC 4193,
	 * 3.1). */
	if (prefix_parse(line, &prefix) < 0 || prefix.addr.family != AF_INET6 || prefix.len != 48 ||
	    prefix.addr.bytes[0] != 0xfd)
		return false;
	*ret_prefix = prefix;
	return true;
}

/* Whole or not at all. Written beside and renamed, so that a power cut leaves the whole file or
 * none. */
static int keep(const char *path, const struct prefix *prefix)
{
	char fresh[PATH_MAX + 8], line[64];
	int len = snprintf(line, sizeof(line), "%s\n", PREFIX_STR(prefix));
	_cleanup_close_ int fd = -1;
	ssize_t n;

	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	n = write(fd, line, (size_t)len);
	/* The disk is full. */
	if (n >= 0 && n != len)
		return -ENOSPC;
	if (n < 0 || fsync(fd) < 0 || rename(fresh, path) < 0)
		return -errno;
	return 0;
}

/* The prefix of this host, by the first of three: what is kept, the machine's id, a draw. */
int ula_choose(const char *state_dir, struct prefix *ret_prefix, struct error *error)
{
	char path[PATH_MAX], machine_id[64];
	/* The 40 bits of a prefix that are drawn at random (RFC 4193, 3.2.1). */
	uint8_t global_id[5];
	int err;

	(void)snprintf(path, sizeof(path), "%s/" ULA_FILE, state_dir);
	/* The kept prefix comes before the machine's id. A host that was given an id later would
	 * otherwise change its prefix under its networks. */
	if (is_kept(path, ret_prefix))
		return 0;
	read_line(MACHINE_ID, machine_id, sizeof(machine_id));
	/* Pure: the same id and the same state directory always give the same prefix. */
	err = ipam_base_of_host(machine_id, state_dir, ret_prefix);
	if (err == -ENOMEM)
		return error_system(error, err, "cannot start");
	if (err == 0)
		return 0;
	/* Fails before the kernel's pool is ready only, and then waits: not after boot. */
	if (getrandom(global_id, sizeof(global_id), 0) != (ssize_t)sizeof(global_id))
		return error_system(error, -errno, "cannot choose an IPv6 prefix");
	*ret_prefix = ipam_base_of_id(global_id);
	err = keep(path, ret_prefix);
	if (err < 0) /* a start needs no room */
		log_warn("the IPv6 prefix %s of this host cannot be kept in %s: %s",
			 PREFIX_STR(ret_prefix), path, strerror(-err));
	return 0;
}
