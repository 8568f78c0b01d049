// SPDX-License-Identifier: GPL-2.0-or-later
// sandbox.c - the namespaces of run and exec: a container's files over /etc, its host name, its
// netns
#include "cli/command/sandbox.h"

#include "base/cleanup.h"
#include "cli/line/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

/* Theory of operation. run makes new namespaces (sandbox_unshare()), exec enters the network
 * namespace of a container first (sandbox_enter()) and makes the rest anew. Both then cover files
 * of /etc (sandbox_dress()) and become the command (sandbox_exec()). There is no image: /etc is the
 * host's, seen through a mount namespace in which three of its files are others. All that is done
 * here ends with the process, so nothing has to be undone after a failure. */

/* The texts are borrowed from the container. A text that is missing is empty, and its file stays
 * the host's. */
struct sandbox_files sandbox_files_of(const json_t *container)
{
	return (struct sandbox_files) {
		.resolv_conf = cli_str(container, "ResolvConfPath"),
		.hosts = cli_str(container, "HostsPath"),
		.hostname_file = cli_str(container, "HostnamePath"),
		.hostname = cli_str(json_object_get(container, "Config"), "Hostname"),
	};
}

/* It returns a negative errno always. EPERM gets a sentence of its own, since the user can do
 * something about it. */
static int needs_root(struct error *error, const char *what)
{
	/* Kept first: any later call may change errno. */
	int code = -errno;

	if (code == -EPERM)
		return error_set(error, ERROR_FORBIDDEN, "%s needs root (CAP_SYS_ADMIN)", what);
	return error_system(error, code, "%s", what);
}

/* So that a program can talk to itself also on the network none. */
static int loopback_up(struct error *error)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	/* Which socket it is does not matter: the request goes to the network namespace that the
	 * socket was made in. */
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return error_system(error, -errno, "bringing up the loopback interface");
	return 0;
}

/* Mounts, for files over /etc; the host name; and the network. Everything else is the host's. */
int sandbox_unshare(bool new_netns, struct error *error)
{
	/* One call for all: a failure leaves this process in the namespaces it had. */
	if (unshare(CLONE_NEWNS | CLONE_NEWUTS | (new_netns ? CLONE_NEWNET : 0)) < 0)
		return needs_root(error, "making namespaces");
	return new_netns ? loopback_up(error) : 0;
}

/* The descriptor is not needed any more once the process is inside. */
int sandbox_enter(const char *path, struct error *error)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_system(error, -errno, "%s", path);
	/* CLONE_NEWNET: a path that leads to a namespace of another kind is refused (setns(2)). */
	if (setns(fd, CLONE_NEWNET) < 0)
		return needs_root(error, "entering a network namespace");
	return 0;
}

/* mount(2) follows a symbolic link such as systemd-resolved's /etc/resolv.conf to its target, which
 * is what has to be covered. 0 also where there is nothing to cover or to cover with. */
static int bind_over(const char *file, const char *target, struct error *error)
{
	/* What netd does not have for a container, the container sees as the host does. */
	if (!file || !*file)
		return 0;
	/* Both files are looked at first, for mount(2) says ENOENT and not which of them is
	 * missing. */
	if (access(file, F_OK) < 0)
		return error_system(error, -errno, "%s", file);
	if (access(target, F_OK) < 0) {
		/* Nothing can be mounted on what is not there, and to make it would change the
		 * host. */
		if (errno == ENOENT)
			return 0;
		return error_system(error, -errno, "%s", target);
	}
	/* A bind mount of the file and no copy, so nothing has to be cleaned up afterwards. */
	if (mount(file, target, NULL, MS_BIND, NULL) < 0)
		return error_system(error, -errno, "mounting %s on %s", file, target);
	return 0;
}

/* The mounts are seen by this process and what it starts, and go with the last of them. */
int sandbox_dress(const struct sandbox_files *files, struct error *error)
{
	int err;

	/* systemd makes / shared: without this the host would see our mounts over its own /etc.
	 * With all mounts below it, for /etc may be one of its own. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return error_system(error, -errno, "making the mounts private");
	err = bind_over(files->resolv_conf, "/etc/resolv.conf", error);
	if (err == 0)
		err = bind_over(files->hosts, "/etc/hosts", error);
	if (err == 0)
		err = bind_over(files->hostname_file, "/etc/hostname", error);
	if (err < 0 || !files->hostname || !*files->hostname)
		return err;
	/* Safe for the host since sandbox_unshare(), which has made a UTS namespace. */
	if (sethostname(files->hostname, strlen(files->hostname)) < 0)
		return error_system(error, -errno, "setting the host name");
	return 0;
}

/* The exit code for a command that could not be started; the error names it. */
int sandbox_exec(char *const argv[], struct error *error)
{
	/* Searches $PATH, as a shell does. It returns on failure only. */
	(void)execvp(argv[0], argv);
	(void)error_system(error, -errno, "%s", argv[0]); /* errno is in the text and the code */
	/* ENOENT may also be the interpreter of a script: the code is the same. */
	return error->code == -ENOENT ? CLI_RUN_MISSING : CLI_RUN_CANNOT;
}
