// SPDX-License-Identifier: GPL-2.0-or-later
// places.c - the network namespaces that are looked at: opened when somebody asks for their picture
#include "base/cleanup.h"
#include "base/deadline.h"
#include "explain/explain.h"
#include "kernel/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Theory of operation. A picture of a namespace is taken when the judge first asks for it by
 * its key. "host" is the namespace of this process; any other key belongs to a container of the
 * facts, which says by which path it is opened. The judge's interface to the kernel (look_ask)
 * is copied, and one call of it is replaced by one that opens namespaces before it looks. */

/* Several containers may share a namespace, and then the first of them stands for it. */
static const struct facts_container *container_of_key(const struct facts *facts, const char *key)
{
	for (size_t i = 0; i < facts->n_containers; i++)
		if (strcmp(facts->containers[i].space, key) == 0)
			return &facts->containers[i];
	return NULL;
}

/* A path may lead to another namespace by now, and a number to another process. netd has noted
 * the inode when the container was attached. Where the two differ, rules of another namespace
 * would be judged as this container's. */
static int open_netns(const struct facts_container *container, struct error *error)
{
	uint64_t inode = 0;
	int fd = container->path[0]
			 ? netns_open_path(container->path, &inode, error)
			 : error_set(error, ERROR_NOT_FOUND, "it has no network namespace yet");

	if (fd >= 0 && container->netns && inode != container->netns) {
		cleanup_close(&fd);
		fd = error_set(error, ERROR_NOT_FOUND,
			       "its network namespace has ended: %s is another one",
			       container->path);
	}
	if (fd < 0)
		error_prefix(error, "container %s", container->name);
	return fd;
}

/* The look has the descriptor from here on, and closes it. */
static int add_place(struct look *look, const struct facts *facts, const char *key,
		     struct error *error)
{
	const struct facts_container *container = container_of_key(facts, key);
	_cleanup_close_ int fd = -1;
	int err;

	if (!container)
		return error_set(error, ERROR_NOT_FOUND, "nobody has the namespace %s", key);
	fd = open_netns(container, error);
	if (fd < 0)
		return fd;
	err = look_add(look, key, fd, container->pid);
	if (err < 0)
		return error_system(error, err, "cannot look into container %s", container->name);
	(void)take_fd(&fd);
	return 0;
}

/* They are one each in this process, which looks once; the type of the ask's functions has room
 * for the look alone. */
static struct facts_ask ask; /* look_ask, with what is known of containers here */
static int64_t until_ms;
static struct client *names;

/* As look_ask has it, but for namespaces that the look does not have yet: of those on a host few
 * are ever on the way. */
static int take_space(void *data, struct facts *facts, const char *key)
{
	struct error error;

	/* -ETIME: the judge takes that as unknown, and says so. What was looked at before
	 * stands. */
	if (deadline_passed(until_ms))
		return -ETIME;
	if (strcmp(key, "host") != 0) {
		int err = add_place(data, facts, key, &error);

		if (err < 0)
			return err;
	}
	return look_space(data, facts, key);
}

/* The client may hang: it has a timeout of its own. */
static void ask_name(void *data, const struct facts_space *space,
		     const struct facts_name_asked *asked, struct facts_name *answer)
{
	(void)data;
	explain_ask_name(names, space, asked, answer);
}

void explain_places_ask_names(struct client *client)
{
	names = client;
	/* Without a function the judge knows that nobody can be asked, and names are unknown. */
	ask.name = client ? ask_name : NULL;
}

void explain_places_open(struct look *look, struct facts *facts, int64_t deadline_ms)
{
	until_ms = deadline_ms;
	ask = look_ask;
	ask.space = take_space;
	facts->ask = &ask;
	facts->ask_data = look;
}

/* The caller gets a copy of the host's descriptor, so that it can close what it gets in either
 * case. */
int explain_places_netns(const struct facts *facts, const char *key, struct error *error)
{
	const struct facts_container *container = container_of_key(facts, key);
	int fd;

	if (strcmp(key, "host") != 0 && container)
		return open_netns(container, error);
	if (strcmp(key, "host") != 0)
		return error_set(error, ERROR_NOT_FOUND, "nobody has the namespace %s", key);
	fd = fcntl(netns_self_fd(), F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? error_system(error, -errno, "cannot open the host's namespace") : fd;
}

/* Here a picture that cannot be taken is an error. In take_space() it is something that is not
 * known. */
int explain_places_take(struct look *look, struct facts *facts, const char *key,
			struct error *error)
{
	int err = 0;

	if (!key || facts_space(facts, key))
		return 0;
	if (strcmp(key, "host") != 0)
		err = add_place(look, facts, key, error);
	if (err < 0)
		return err;
	err = look_space(look, facts, key);
	return err < 0 ? error_system(error, err, "cannot look into the namespace %s", key) : 0;
}
