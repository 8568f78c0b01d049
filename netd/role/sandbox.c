// SPDX-License-Identifier: GPL-2.0-or-later
// sandbox.c - what a role gives up before it listens to anybody

#include "role/sandbox.h"

#include "base/log.h"
#include "role/role.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the empty file system is put for a moment; it is there on every Linux, and covered only in
 * the mount namespace that this process has for itself. */
#define ROOT_PLACE "/proc"

/* As much as the role may have, where whoever started netd allows that. */
static void set_limit(int resource, const char *what, rlim_t most)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return;
	/* The soft limit goes up to the hard one, and that goes down only: to raise it takes a
	 * capability, and an administrator who set it meant it. */
	limit.rlim_cur = limit.rlim_max = most < limit.rlim_max ? most : limit.rlim_max;
	/* Not fatal: a role that runs within other limits is better than no role. */
	if (setrlimit(resource, &limit) < 0)
		log_warn("cannot set the limit of %s: %s", what, strerror(errno));
}

/* A mount namespace whose only file system is an empty one, read-only: there is nothing to find by
 * name, nothing to run, no device, and no way back, for the old root is unmounted. */
static int enter_empty_root(struct error *error)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	/* The mounts below must be nobody else's: the host would lose its /proc. */
	if (unshare(CLONE_NEWNS) < 0)
		return error_system(error, -errno, "cannot make a mount namespace");
	/* A new namespace shares propagation with the old one (mount_namespaces(7)). Without this
	 * the tmpfs would appear on the host, too, and pivot_root(2) refuses a shared mount. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_system(error, -errno, "cannot make the mounts private");
	/* As small as it can be made: even who could write here would find no room. */
	if (mount("none", ROOT_PLACE, "tmpfs", flags, "size=4k,nr_inodes=2,mode=555") < 0)
		return error_system(error, -errno, "cannot mount an empty file system");
	if (chdir(ROOT_PLACE) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return error_system(error, -errno, "cannot change the root");
	/* Both are "." now, the old root on top (pivot_root(2)). */
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return error_system(error, -errno, "cannot leave the old root");
	/* Last, as pivot_root(2) needs a place in it. The flags are said again, since a remount
	 * replaces them all. */
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL) < 0)
		return error_system(error, -errno, "cannot make the root read-only");
	return 0;
}

struct identity {
	uid_t uid;
	gid_t gid;
};

static int look_up(const struct role *role, const char *user, struct identity *ret_identity,
		   struct error *error)
{
	/* By name and while there are files: getpwnam(3) reads /etc/passwd, or asks whatever
	 * nsswitch.conf(5) says. */
	const struct passwd *entry = getpwnam(user);

	if (entry == NULL)
		return error_set(error, ERROR_NOT_FOUND, "there is no user %s to run as", user);
	/* An alias of root's in /etc/passwd would undo all of this without a word. */
	if (entry->pw_uid == 0)
		return error_set(error, ERROR_INVALID, "the %s must not run as root (%s)",
				 role->name, user);
	*ret_identity = (struct identity) { .uid = entry->pw_uid, .gid = entry->pw_gid };
	return 0;
}

/* Groups, gid, uid, and every capability of all five sets; the bounding set goes while we may still
 * clear it. */
static int become(const struct identity *identity, struct error *error)
{
	int err;

	/* An empty set in libcap-ng's memory. capng_change_id() makes it the process's. */
	capng_clear(CAPNG_SELECT_ALL);
	err = capng_change_id(
		(int)identity->uid, (int)identity->gid,
		(capng_flags_t)(CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT));
	if (err != 0)
		return error_set(error, ERROR_INTERNAL,
				 "cannot give up privileges (libcap-ng error %d)", err);
	/* Tried and not believed: who can become root again has given up nothing. */
	if (getuid() != identity->uid || geteuid() != identity->uid || setuid(0) == 0)
		return error_set(error, ERROR_INTERNAL, "privileges were not given up");
	return 0;
}

/* Not root (several netd in tests, or by hand): what can be given up without privilege. */
static int stay_unprivileged(struct error *error)
{
	log_warn("not started as root: user and file system stay as they are");
	/* The bounding set needs CAP_SETPCAP to be cleared, so it stays. */
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return error_set(error, ERROR_INTERNAL, "cannot give up capabilities");
	return 0;
}

static int give_up_identity(const struct role *role, const char *user, struct error *error)
{
	struct identity identity = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
	int err;

	if (geteuid() != 0)
		return stay_unprivileged(error);
	err = look_up(role, user, &identity, error);
	if (err < 0)
		return err;
	/* libcap-ng reads the number of capabilities from /proc while that is there. */
	if (capng_get_caps_process() != 0)
		return error_set(error, ERROR_INTERNAL, "cannot read the capabilities");
	/* Before the change of uid: unshare(2) and mount(2) need CAP_SYS_ADMIN. */
	err = role->keeps_files ? 0 : enter_empty_root(error);
	return err < 0 ? err : become(&identity, error);
}

int sandbox_enter(const struct role *role, const char *user, struct error *error)
{
	int err;

	/* Whoever closes its end must not end us; splice() knows no MSG_NOSIGNAL. */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return error_system(error, -errno, "cannot ignore SIGPIPE");
	set_limit(RLIMIT_NOFILE, "descriptors", role->limits.n_fds);
	if (role->limits.memory_bytes != RLIM_INFINITY)
		set_limit(RLIMIT_AS, "memory", role->limits.memory_bytes);
	/* Without it seccomp(2) asks for CAP_SYS_ADMIN when the filter is loaded, and that is gone
	 * by then. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_system(error, -errno, "cannot renounce new privileges");
	err = give_up_identity(role, user, error);
	if (err < 0)
		return err;
	/* After the change of uid, which would set it again. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return error_system(error, -errno, "cannot forbid core dumps");
	return 0;
}
