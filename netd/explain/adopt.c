// SPDX-License-Identifier: GPL-2.0-or-later
// adopt.c - a process or a network namespace that netd knows nothing of, among what it knows
#include "base/cleanup.h"
#include "base/grow.h"
#include "diag/belief.h"
#include "explain/explain.h"
#include "kernel/netns.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* Theory of operation. A question may name a process by its number, or a network namespace by
 * its path. The judge knows containers only, so such an end becomes one: the namespace is
 * opened, its inode is compared with those of netd's containers, and the container that has it
 * gets the words of the question as one more name. Where none has it, a container without
 * networks is added. From there on the judge asks of it what it asks of any other. */

#include <unistd.h>

/* Containers with the host's network are left out: they all share one inode, and none of them
 * alone is meant by it. */
static struct facts_container *find_netns(const struct facts *facts, uint64_t inode)
{
	for (size_t i = 0; i < facts->n_containers; i++)
		if (facts->containers[i].netns == inode && !facts->containers[i].host_mode)
			return &facts->containers[i];
	return NULL;
}

/* Without an id and without networks: that tells it from those of netd's. The name is what the
 * question says, so that the answer speaks of it in the same words. A namespace that is the
 * host's own gets the key of the host, whose picture is taken anyway; any other gets a key that
 * cannot be taken for one of netd's. */
static struct facts_container *add_stranger(struct facts *facts, const struct question_end *end,
					    uint64_t inode)
{
	size_t room = facts->n_containers;
	struct facts_container *items = grow(facts->containers, &room, facts->n_containers + 1,
					     sizeof(*items));

	if (!items)
		return NULL;
	facts->containers = items;
	items += facts->n_containers++;
	*items = (struct facts_container) { .netns = inode, .pid = end->pid };
	(void)snprintf(items->name, sizeof(items->name), "%s", end->text);
	items->host_mode = inode == netns_self_inode();
	if (items->host_mode)
		(void)snprintf(items->space, sizeof(items->space), "host");
	else
		(void)snprintf(items->space, sizeof(items->space), "netns:%" PRIu64, inode);
	if (end->kind == DIAG_OF_PROCESS)
		(void)snprintf(items->path, sizeof(items->path), "/proc/%d/ns/net", (int)end->pid);
	else
		(void)snprintf(items->path, sizeof(items->path), "%s", question_path(end));
	return items;
}

/* A name that netd knows is resolved later, by question_resolve(), and is no concern of this
 * function. */
int explain_adopt(const struct question_end *end, struct facts *facts, struct error *error)
{
	_cleanup_close_ int fd = -1;
	struct facts_container *container;
	uint64_t inode = 0;

	if (end->kind != DIAG_OF_PROCESS && end->kind != DIAG_OF_NETNS)
		return 0;
	fd = end->kind == DIAG_OF_PROCESS ? netns_open_pid(end->pid, &inode, error)
					  : netns_open_path(question_path(end), &inode, error);
	if (fd < 0)
		return fd;
	/* The inode was read from the open descriptor: between the opening and the comparison
	 * it cannot become another namespace. */
	container = find_netns(facts, inode);
	if (!container)
		container = add_stranger(facts, end, inode);
	if (!container || belief_add_name(container, end->text) < 0)
		return error_system(error, -ENOMEM, "cannot look into %s", end->text);
	return 0;
}
