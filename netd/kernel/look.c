// SPDX-License-Identifier: GPL-2.0-or-later
// look.c - namespaces that are looked at: their sockets, and their pictures part by part
#include "kernel/look.h"

#include "base/cleanup.h"
#include "kernel/look_parts.h"
#include "kernel/netns.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>

static const int protocols[LOOK_N_SOCKETS] = {
	[LOOK_ROUTE] = NETLINK_ROUTE,
	[LOOK_NETFILTER] = NETLINK_NETFILTER,
	[LOOK_SOCK_DIAG] = NETLINK_SOCK_DIAG,
	[LOOK_XFRM] = NETLINK_XFRM,
};

/* ---- places ---- */

struct look *look_new(struct error *error)
{
	_cleanup_free_ struct look *look = calloc(1, sizeof(*look));
	_cleanup_close_ int self = -1;
	int err;

	if (!look) {
		(void)error_system(error, -ENOMEM, "cannot look at the network");
		return NULL;
	}
	if (netns_init(error) < 0)
		return NULL;
	self = fcntl(netns_self_fd(), F_DUPFD_CLOEXEC, 3);
	err = self < 0 ? -errno : look_add(look, "host", self, 0);
	if (err < 0) {
		(void)error_system(error, err, "cannot look at the network");
		return NULL;
	}
	(void)take_fd(&self);
	return take_ptr(look);
}

static void place_close(struct look_place *place)
{
	look_owners_free(place->owners);
	for (int i = 0; i < LOOK_N_SOCKETS && place->is_open; i++)
		cleanup_close(&place->fds[i]);
	cleanup_close(&place->netns);
}

void look_free(struct look *look)
{
	if (!look)
		return;
	for (size_t i = 0; i < look->n_places; i++)
		place_close(&look->places[i]);
	free(look->places);
	free(look);
}

struct look_place *look_place(struct look *look, const char *key)
{
	for (size_t i = 0; i < look->n_places; i++)
		if (strcmp(look->places[i].key, key) == 0)
			return &look->places[i];
	return NULL;
}

int look_add(struct look *look, const char *key, int netns, pid_t pid)
{
	struct look_place *places, place = { .netns = netns, .pid = pid };
	size_t room = look->n_places;

	if (look_place(look, key))
		return -EEXIST;
	places = grow(look->places, &room, look->n_places + 1, sizeof(*places));
	if (!places)
		return -ENOMEM;
	(void)snprintf(place.key, sizeof(place.key), "%s", key);
	look->places = places;
	look->places[look->n_places++] = place;
	return 0;
}

int look_inside(struct look_place *place, int (*function)(void *data), void *data)
{
	return netns_run(place->netns, function, data);
}

struct opening {
	struct look_place *place;
	enum look_socket first, last;
};

static int open_sockets(void *data)
{
	const struct opening *opening = data;

	for (int i = (int)opening->first; i <= (int)opening->last; i++) {
		int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocols[i]);

		opening->place->fds[i] = fd < 0 ? -errno : fd;
	}
	return 0;
}

int look_open(struct look_place *place)
{
	struct opening opening = { place, 0, LOOK_N_SOCKETS - 1 };
	int err;

	if (place->is_open)
		return 0;
	err = look_inside(place, open_sockets, &opening);
	place->is_open = err == 0;
	return err;
}

int look_reopen(struct look_place *place, enum look_socket socket)
{
	struct opening opening = { place, socket, socket };
	int err;

	cleanup_close(&place->fds[socket]);
	place->fds[socket] = -EBADF;
	err = look_inside(place, open_sockets, &opening);
	return err < 0 ? err : 0;
}

/* ---- pictures ---- */

int look_value(struct look_shot *shot, const char *name, int64_t value)
{
	struct facts_value *added;
	int err;

	if (strlen(name) >= sizeof(added->name))
		return 0;
	added = LOOK_ADD(shot, values, &err);
	if (!added)
		return err;
	memcpy(added->name, name, strlen(name) + 1);
	added->value = value;
	return 0;
}

struct part {
	const char *name; /* as the picture calls what is missing */
	int (*take)(struct look_shot *shot);
};

/* Links first, for others complete them. The ruleset is looked at again when all else is there. */
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
	{ .name = "files", .take = look_files },
	{ .name = "ruleset", .take = look_ruleset_stands },
};

static int note(struct look_shot *shot, const char *name, int err)
{
	if (err == -EINTR)
		shot->has_moved = true;
	if (err == 0 || err == -EINTR || err == -ENOMEM)
		return err == -ENOMEM ? err : 0;
	if (err == -E2BIG)
		return facts_missing_why(shot->space, name, "more of them than are read");
	return facts_missing(shot->space, name, err);
}

static int take(struct look_shot *shot)
{
	struct stat st;
	int err = 0;

	if (fstat(shot->place->netns, &st) == 0)
		shot->space->netns = st.st_ino;
	for (size_t i = 0; i < ARRAY_SIZE(parts) && err == 0; i++)
		err = note(shot, parts[i].name, parts[i].take(shot));
	return err;
}

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
	if (!space)
		space = facts_add_space(facts, key);
	if (!space)
		return -ENOMEM;
	for (int tries = 0; tries < LOOK_TRIES; tries++) {
		struct look_shot shot = { .look = look, .place = place, .space = space };

		facts_space_clear(space);
		err = take(&shot);
		if (err < 0 || !shot.has_moved)
			return err;
	}
	facts->is_moving = true;
	return 0;
}

/* ---- questions ---- */

static int ask_space(void *data, struct facts *facts, const char *key)
{
	return look_space(data, facts, key);
}

const struct facts_ask look_ask = {
	.way = look_way,
	.taker = look_taker,
	.element = look_element,
	.flow = look_flow,
	.owner = look_owner,
	.space = ask_space,
};
