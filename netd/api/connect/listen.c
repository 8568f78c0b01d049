// SPDX-License-Identifier: GPL-2.0-or-later
// listen.c - the unix socket the API listens on
#include "api/connect/listen.h"

#include "base/cleanup.h"
#include "base/give.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_MODE 0660 /* whoever may write here has the power of root over the network */

static int make_address(const char *path, struct sockaddr_un *ret_address, struct error *error)
{
	*ret_address = (struct sockaddr_un) { .sun_family = AF_UNIX };
	/* A path that is cut would be another socket than the one that was asked for. */
	if (strlen(path) >= sizeof(ret_address->sun_path))
		return error_set(error, ERROR_INVALID,
				 "the socket path %s has more than %zu characters", path,
				 sizeof(ret_address->sun_path) - 1);
	(void)snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s", path);
	return 0;
}

static int unix_socket(struct error *error)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? error_system(error, -errno, "cannot make a socket") : fd;
}

static int ask(int fd, const struct sockaddr_un *address)
{
	return connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
}

/* Removes what is left of a netd that is gone. Anything but a socket is somebody's file. */
static int clear_path(const struct sockaddr_un *address, struct error *error)
{
	const char *path = address->sun_path;
	_cleanup_close_ int fd = -1;
	struct stat st;
	int err;

	/* lstat(2) and not stat(2): a link would be unlinked below, and its target is not what
	 * stands in the way. */
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : error_system(error, -errno, "cannot look at %s", path);
	if (!S_ISSOCK(st.st_mode))
		return error_set(error, ERROR_CONFLICT, "%s is there and is not a socket", path);
	/* The file alone does not tell whether somebody listens. Only connect(2) does, with
	 * ECONNREFUSED where nobody is. */
	fd = unix_socket(error);
	if (fd < 0)
		return fd;
	err = ask(fd, address);
	/* A netd that was killed before it opened it (bind_closed) left it closed to its like, too.
	 */
	if (err == -EACCES && st.st_uid == geteuid() && chmod(path, SOCKET_MODE) == 0)
		err = ask(fd, address);
	/* EAGAIN: a full backlog, which somebody has */
	if (err == 0 || err == -EAGAIN)
		return error_set(error, ERROR_CONFLICT, "another netd listens on %s", path);
	/* Nothing is removed on a guess: another user's daemon would go on and never be reached
	 * again. */
	if (err == -EACCES)
		return error_set(error, ERROR_CONFLICT,
				 "%s belongs to user %u, and whether somebody listens on it cannot "
				 "be asked: remove it",
				 path, st.st_uid);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_system(error, -errno, "cannot remove the old socket %s", path);
	return 0;
}

/* Bound without any permission, then opened to those who shall have it: nobody gets in between. */
static int bind_closed(int fd, const struct sockaddr_un *address)
{
	/* The mask is the whole process's. That is fine here: at a start there is no other thread
	 * yet that could make a file. */
	mode_t old = umask(0777);
	int err = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;

	(void)umask(old); /* cannot fail */
	return err;
}

/* A group that cannot have it leaves a socket that root can use: better than none. */
static void open_to_group(const char *path, const struct api_group *group)
{
	int err;

	if (!group->exists) {
		log_info("there is no group %s: only root can use %s", group->name, path);
		return;
	}
	err = give_to_group(path, group->gid);
	if (err < 0)
		log_warn("cannot give %s to group %s: %s", path, group->name, strerror(-err));
}

int api_listen_unix(const char *path, const struct api_group *group, int *ret_fd,
		    struct error *error)
{
	_cleanup_close_ int fd = -1;
	struct sockaddr_un address;
	int err;

	if ((err = make_address(path, &address, error)) < 0 ||
	    (err = clear_path(&address, error)) < 0)
		return err;
	fd = unix_socket(error);
	if (fd < 0)
		return fd;
	err = bind_closed(fd, &address);
	if (err == -EADDRINUSE) /* another was quicker */
		return error_set(error, ERROR_CONFLICT, "another netd listens on %s", path);
	if (err < 0)
		return error_system(error, err, "cannot listen on %s", path);
	if (group)
		open_to_group(path, group);
	/* The mode comes after the group, or the old group could connect for a moment. */
	if (chmod(path, SOCKET_MODE) < 0 || listen(fd, SOMAXCONN) < 0) {
		err = error_system(error, -errno, "cannot listen on %s", path);
		(void)unlink(path); /* ours, and useless */
		return err;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}
