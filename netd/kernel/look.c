// SPDX-License-Identifier: GPL-2.0-or-later
// look.c - pictures of namespaces, part by part, and how the facts put their questions
#include "kernel/look.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "kernel/look_parts.h"

#include <string.h>
#include <sys/stat.h>

/* Theory of operation. A picture of a namespace is a list of parts. Each part is a function that
 * asks the kernel and fills its place in the facts. What cannot be read is noted by the part's
 * name, and the others go on: a judge that needs that part says then that it does not know. Only a
 * lack of memory ends a picture.
 *
 * A dump of the kernel's is not atomic. -EINTR from a part means that something changed while it
 * was dumped. The picture is thrown away then and taken again, LOOK_TRIES times in all. After that
 * the facts say that the network is moving. */

struct part {
	const char *name; /* as the picture calls what is missing */
	int (*take)(struct look_shot *shot);
};

/* Links first, for others complete them. The ruleset is looked at again when all else is there that
 * the kernel has. Files come last, for they may take all the time that there is. */
static const struct part parts[] = {
	{ .name = "links", .take = look_links },
	{ .name = "ruleset", .take = look_ruleset },
	{ .name = "qdiscs", .take = look_qdiscs },
	{ .name = "programs", .take = look_programs },
	{ .name = "addrs", .take = look_addrs },
	{ .name = "routes", .take = look_routes },
	{ .name = "rules", .take = look_rules },
	{ .name = "neighbours", .take = look_neighbours },
	{ .name = "entries", .take = look_entries },
	{ .name = "values", .take = look_values },
	{ .name = "sockets", .take = look_sockets },
	{ .name = "policies", .take = look_policies },
	{ .name = "legacy", .take = look_legacy },
	{ .name = "ruleset", .take = look_ruleset_stands },
	{ .name = "files", .take = look_files },
};

/* -EINTR is no fault of the part, but of the moment; so is an answer that did not come, for which
 * the kernel had no memory just then. -E2BIG is a bound of netd's own. */
static int note(struct look_shot *shot, const char *name, int err)
{
	if (err == -EINTR || err == -EAGAIN || err == -ENOBUFS)
		shot->has_moved = true;
	if (err == 0 || err == -EINTR || err == -ENOMEM)
		return err == -ENOMEM ? err : 0;
	if (err == -E2BIG)
		return facts_missing_why(shot->space, name, "more of them than are read");
	return facts_missing(shot->space, name, err);
}

/* All parts of one picture. A container has a bound of time, so that one with millions of routes
 * costs itself an answer and nobody else. It is time of a processor: what others take of it on a
 * busy machine is none of the container's doing. */
static int take(struct look_shot *shot)
{
	bool is_host = strcmp(shot->place->key, "host") == 0;
	int64_t until_ms = deadline_worked_ms() + LOOK_SPACE_MS;
	struct stat st;
	int err = 0;

	/* The inode is how others name this namespace (a process's ns/net, a socket's owner). */
	if (fstat(shot->place->netns, &st) == 0)
		shot->space->netns = st.st_ino;
	/* Of the host all is needed; a container's may be as large as it likes. */
	for (size_t i = 0; i < ARRAY_SIZE(parts) && err == 0; i++)
		err = !is_host && deadline_worked_ms() > until_ms
			      ? facts_missing_why(shot->space, parts[i].name, FACTS_TOOK_TOO_LONG)
			      : note(shot, parts[i].name, parts[i].take(shot));
	return err;
}

/* Takes a picture of the place, in the facts under the same key. A picture that is there is
 * replaced. */
int look_space(struct look *look, struct facts *facts, const char *key)
{
	struct look_place *place = look_place(look, key);
	struct facts_space *space = facts_space(facts, key);
	int err;

	if (!place)
		return -ENOENT;
	err = look_open(place);
	if (err < 0)
		return err;
	/* Whose sockets they are may have changed as well. */
	look_owners_free(place->owners);
	place->owners = NULL;
	look->processes.n = 0;
	look->processes.is_listed = false;
	if (!space)
		space = facts_add_space(facts, key);
	if (!space)
		return -ENOMEM;
	for (int tries = 0; tries < LOOK_TRIES; tries++) {
		struct look_shot shot = { .look = look, .place = place, .space = space };

		/* What an earlier try has filled in goes first. */
		facts_space_clear(space);
		err = take(&shot);
		if (err < 0 || !shot.has_moved)
			return err;
	}
	facts->is_moving = true;
	return 0;
}

/* ---- questions ---- */

/* The judge asks for a picture that it needs only now. */
static int ask_space(void *data, struct facts *facts, const char *key)
{
	return look_space(data, facts, key);
}

/* The functions that answer single questions while the judge works. A question costs some
 * microseconds, so nothing is read in advance that a verdict may not need. */
const struct facts_ask look_ask = {
	.way = look_way,
	.taker = look_taker,
	.element = look_element,
	.flow = look_flow,
	.owner = look_owner,
	.filter = look_filter,
	.elsewhere = look_elsewhere,
	.space = ask_space,
	.sockets = look_port_sockets,
};
