// SPDX-License-Identifier: GPL-2.0-or-later
// look_place.c - namespaces that are looked at: how they are entered, and the sockets inside
#include "kernel/look.h"

#include "base/cleanup.h"
#include "kernel/look_parts.h"
#include "kernel/netns.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* Theory of operation. A place is a namespace by its descriptor, with sockets of netlink that were
 * opened inside. A socket stays in the namespace where it was made, so the thread enters it once,
 * opens all of them and comes back, and every question after that is asked from outside.
 *
 * nftables has a socket of its own, because it can be lent: a place may have its rules looked at in
 * another namespace, in which a change is tried (look_lend_ruleset()).
 *
 * A place is closed with the look. Its descriptors are the only thing that it holds, so a namespace
 * lives on while a look has it. */

static const int protocols[LOOK_N_SOCKETS] = {
	[LOOK_ROUTE] = NETLINK_ROUTE,	      [LOOK_NETFILTER] = NETLINK_NETFILTER,
	[LOOK_SOCK_DIAG] = NETLINK_SOCK_DIAG, [LOOK_XFRM] = NETLINK_XFRM,
	[LOOK_RULESET] = NETLINK_NETFILTER,
};

/* The host is the first place. The caller has not entered any namespace yet. NULL: error says why.
 * The look is the caller's, for look_free(). */
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
	/* A duplicate, so that each place closes what it has. 3: not one of the three standard
	 * descriptors. */
	self = fcntl(netns_self_fd(), F_DUPFD_CLOEXEC, 3);
	err = self < 0 ? -errno : look_add(look, "host", self, 0);
	if (err < 0) {
		(void)error_system(error, err, "cannot look at the network");
		return NULL;
	}
	(void)take_fd(&self);
	/* Before it has a filter of its own (kernel/narrow.h), of which this would be told, too. A
	 * descriptor that leads elsewhere is not needed from then on. */
	look->is_netds = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0;
	return take_ptr(look);
}

/* Links of the host are then dumped as those of a container are (look_link.c). */
void look_whole(struct look *look)
{
	look->is_whole = true;
}

void look_terse(struct look *look)
{
	look->is_terse = true;
}

void look_losses(struct look *look)
{
	look->has_ipv6 = true;
}

/* NULL is taken. */
void look_owners_free(struct look_owners *owners)
{
	if (!owners)
		return;
	cleanup_close(&owners->proc);
	free(owners->held);
	free(owners->queued);
	free(owners);
}

/* A place that was never opened has no sockets: its numbers are 0, which is another's. netns and
 * ruleset_netns are closed in any case. */
static void place_close(struct look_place *place)
{
	look_owners_free(place->owners);
	for (int i = 0; i < LOOK_N_SOCKETS && place->is_open; i++)
		cleanup_close(&place->fds[i]);
	cleanup_close(&place->netns);
	cleanup_close(&place->ruleset_netns);
}

/* Takes NULL. */
void look_free(struct look *look)
{
	if (!look)
		return;
	for (size_t i = 0; i < look->n_places; i++)
		place_close(&look->places[i]);
	look_reader_end(&look->reader);
	free(look->processes.items);
	free(look->places);
	free(look);
}

/* NULL: there is no such place. A pointer is good until the next look_add(). */
struct look_place *look_place(struct look *look, const char *key)
{
	/* One question is about the place of the one before, as a rule. */
	if (look->place_at < look->n_places && strcmp(look->places[look->place_at].key, key) == 0)
		return &look->places[look->place_at];
	for (size_t i = 0; i < look->n_places; i++)
		if (strcmp(look->places[i].key, key) == 0) {
			look->place_at = i;
			return &look->places[i];
		}
	return NULL;
}

/* The place owns netns from here on, but only on success. pid: a process that is known to be in it,
 * 0 for none. */
int look_add(struct look *look, const char *key, int netns, pid_t pid)
{
	struct look_place *places, place = { .netns = netns, .ruleset_netns = -1, .pid = pid };
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

/* The function may open sockets and read files. It must not keep anything running. The result is
 * function's, or why the namespace could not be entered. */
int look_inside(struct look_place *place, int (*function)(void *data), void *data)
{
	return netns_run(place->netns, function, data);
}

/* A range of the place's sockets. */
struct opening {
	struct look_place *place;
	enum look_socket first, last;
};

/* Runs inside. A socket that cannot be opened is noted as its error; whoever asks through it is
 * told that. So a kernel without IPsec still shows its routes. 0 always. */
static int open_sockets(void *data)
{
	const struct opening *opening = data;

	for (int i = (int)opening->first; i <= (int)opening->last; i++) {
		int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocols[i]);

		opening->place->fds[i] = fd < 0 ? -errno : fd;
	}
	return 0;
}

/* Opened once. Later calls cost nothing. A failure is that of entering; single sockets have theirs
 * in fds. */
int look_open(struct look_place *place)
{
	struct opening opening = { place, 0, LOOK_N_SOCKETS - 1 };
	int err;

	if (place->is_open)
		return 0;
	err = look_inside(place, open_sockets, &opening);
	place->is_open = err == 0;
	if (place->is_open && place->ruleset_netns >= 0)
		err = look_reopen(place, LOOK_RULESET);
	return err;
}

void look_apart(struct look *look)
{
	for (size_t i = 0; i < look->n_places; i++) {
		struct look_place *place = &look->places[i];

		look_owners_free(place->owners);
		place->owners = NULL;
		for (int k = 0; k < LOOK_N_SOCKETS && place->is_open; k++)
			cleanup_close(&place->fds[k]);
		place->is_open = false;
	}
	if (look->reader.pid != 0)
		cleanup_close(&look->reader.fd);
	look->reader = (struct look_reader) { 0 };
}

/* Replaces one socket, because a dump that nobody reads to its end is still in it. The socket's
 * number is -EBADF if that fails. */
int look_reopen(struct look_place *place, enum look_socket socket)
{
	struct opening opening = { place, socket, socket };
	int err;

	cleanup_close(&place->fds[socket]);
	place->fds[socket] = -EBADF;
	err = socket == LOOK_RULESET && place->ruleset_netns >= 0
		      ? netns_run(place->ruleset_netns, open_sockets, &opening)
		      : look_inside(place, open_sockets, &opening);
	return err < 0 ? err : 0;
}

/* Takes netns: it is closed with the place. From here on rules are asked of that namespace, and all
 * else of the place's own. */
int look_lend_ruleset(struct look_place *place, int netns)
{
	cleanup_close(&place->ruleset_netns);
	place->ruleset_netns = netns;
	return look_reopen(place, LOOK_RULESET);
}
