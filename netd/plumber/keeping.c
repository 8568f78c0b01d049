// SPDX-License-Identifier: GPL-2.0-or-later
// keeping.c - the plumber's end of the channel to the keeper, who runs netd's own etcd
#include "plumber/keeping.h"

#include "base/cleanup.h"
#include "base/give.h"
#include "base/log.h"
#include "base/watcher.h"
#include "ipc/chan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Theory of operation. The keeper outlives the plumber, and etcd its changes of release. So this
 * file holds little: the folder, open for a keeper to inherit, and the channel. A keeper that is
 * met hears the whole configuration; if it runs etcd so already it does nothing but tell its
 * state.
 *
 * The keeper is netd's own and runs no code of strangers, but etcd beside it has the same user.
 * Its messages are checked as those of any other process, and a wrong one costs it the channel. */

/* One message at a time is written, and cleared when a key was in it. */
static uint8_t space[IPC_MSG_MAX];

/* Asked before a cluster is made, so that a missing program is an answer to the caller and not a
 * keeper that cannot do its work. The keeper looks again at each start. */
int keeping_find_etcd(struct error *error)
{
	static const char *const places[] = KEEPER_ETCD_PLACES;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			return 0;
	return error_set(error, ERROR_NOT_IMPLEMENTED,
			 "there is no etcd on this host (%s): install the package etcd-server, or "
			 "name an etcd that is there with --etcd",
			 places[0]);
}

/* --- its folder --- */

/* Makes the folder, or sets right one that is there: the user of the keeper may be another one
 * since. 0 or a negative errno. */
static int make_folder(const char *path, gid_t group)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;
	/* The group first, or the old one could enter. */
	return give_to_group(path, group) < 0 || chmod(path, 0770) < 0 ? -errno : 0;
}

/* A folder that is open already stays so: its descriptor is the one that the keeper has
 * inherited. */
int keeping_open(struct keeping *keeping, struct error *error)
{
	char path[PATH_MAX];
	int err;

	(void)snprintf(path, sizeof(path), "%s/" KEEPING_FOLDER, keeping->state_dir);
	err = make_folder(path, keeping->group);
	if (err == 0 && keeping->folder < 0)
		/* O_NOFOLLOW, for what stands at this place is handed to another user. */
		keeping->folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (err == 0 && keeping->folder < 0)
		err = -errno;
	return err < 0 ? error_system(error, err, "cannot make %s", path) : 0;
}

void keeping_remove(struct keeping *keeping)
{
	char path[PATH_MAX];

	cleanup_close(&keeping->folder);
	keeping->folder = -1;
	(void)snprintf(path, sizeof(path), "%s/" KEEPING_FOLDER, keeping->state_dir);
	/* Empty by now, unless the keeper has failed to wipe it: the warning is all, and a new
	 * cluster wipes it first. */
	if (rmdir(path) < 0 && errno != ENOENT)
		log_warn("cannot remove %s, which etcd had: %s", path, strerror(errno));
}

/* --- the channel --- */

/* Ends the channel and forgets what was told over it. The keeper goes on. */
static void hang_up(struct keeping *keeping)
{
	if (keeping->channel < 0)
		return;
	ev_io_stop(keeping->loop, &keeping->io);
	(void)close(keeping->channel);
	keeping->channel = -1;
	keeping->pid = 0;
	keeping->state = (struct keeper_state) { 0 };
}

/* The owner decides what the end means: a keeper to be started again, or a wipe that is done. */
static void lose(struct keeping *keeping)
{
	hang_up(keeping);
	keeping->lost(keeping->data);
}

/* The keys are copied by the callee; nothing is left of them here. */
static void on_made(const struct keeping *keeping, struct wire *wire)
{
	static struct keeper_made made; /* as large as a message */

	keeper_msg_get_made(wire, &made);
	if (wire->err == 0)
		keeping->made(&made, keeping->data);
	explicit_bzero(&made, sizeof(made));
}

/* By type. wire->err tells of what makes no sense. */
static void on_message(struct keeping *keeping, struct wire *wire)
{
	switch (wire_u8(wire)) {
	case KEEPER_MADE:
		on_made(keeping, wire);
		break;
	case KEEPER_STATE:
		/* Kept for whoever asks how the cluster stands, too. */
		keeper_msg_get_state(wire, &keeping->state);
		if (wire->err == 0)
			keeping->stands(keeping->data);
		break;
	default:
		wire_fail(wire);
		break;
	}
}

/* One message for each call. keeping may have lost its channel on return. */
static void on_channel(struct ev_loop *loop, ev_io *io, int revents)
{
	static uint8_t message[IPC_MSG_MAX];
	struct keeping *keeping = io->data;
	size_t n_fds = 0;
	struct wire wire;
	int len;

	if (watcher_again(loop, io, revents))
		return;
	len = chan_receive(keeping->channel, message, sizeof(message), NULL, &n_fds);
	if (len == -EAGAIN)
		return;
	if (len <= 0) {
		lose(keeping);
		return;
	}
	wire = wire_reader(message, (size_t)len);
	on_message(keeping, &wire);
	if (wire.err == 0)
		return;
	log_error("the keeper says what makes no sense");
	lose(keeping);
}

/* Logged and not returned: no caller could do anything but wait for the end of the channel. */
static void send_wire(struct keeping *keeping, const struct wire *wire)
{
	int err = wire->err;

	if (err == 0)
		err = chan_send(keeping->channel, wire->data, wire->pos, NULL, 0);
	/* One that has ended is seen where it is read from. */
	if (err < 0)
		log_error("etcd's keeper cannot be told what to do: %s", strerror(-err));
}

/* The one address that this host's certificate for members names; the host that has made the
 * cluster has one that names all. */
static void name_place(const struct cluster_config *config, struct keeper_config *said)
{
	if (!config->seat[0]) {
		memcpy(said->addrs, config->addrs, sizeof(said->addrs));
		memcpy(said->trust.cert, config->cert, sizeof(said->trust.cert));
		return;
	}
	said->addrs[family_of(config->serves.family)] = config->serves;
	memcpy(said->trust.cert, config->serving, sizeof(said->trust.cert));
	memcpy(said->seat, config->seat, sizeof(said->seat));
}

/* Nothing of it is secret. */
static void tell_revoked(struct keeping *keeping, const struct cluster_config *config)
{
	static struct keeper_revoked said; /* large */
	struct wire wire = wire_writer(space, sizeof(space));

	said = (struct keeper_revoked) { .turn = keeping->turn, .n = config->n_revoked };
	for (size_t i = 0; i < config->n_revoked; i++)
		memcpy(said.serials[i], config->revoked[i].serial, sizeof(said.serials[i]));
	keeper_msg_put_revoked(&wire, &said);
	send_wire(keeping, &wire);
}

void keeping_tell(struct keeping *keeping, const struct cluster_config *config)
{
	static struct keeper_config said; /* as large as a message */
	struct wire wire = wire_writer(space, sizeof(space));

	if (keeping->channel < 0)
		return;
	/* Certificates that are empty ask for a new cluster (ipc/keeper_msg.h), as on the first
	 * start. */
	said = (struct keeper_config) { .version = KEEPER_VERSION };
	memcpy(said.host, config->host, sizeof(said.host));
	memcpy(said.id, config->id, sizeof(said.id));
	memcpy(said.trust.ca, config->ca, sizeof(said.trust.ca));
	memcpy(said.trust.key, config->key, sizeof(said.trust.key));
	name_place(config, &said);
	keeper_msg_put_config(&wire, &said);
	send_wire(keeping, &wire);
	explicit_bzero(&said, sizeof(said));
	explicit_bzero(space, sizeof(space));
	tell_revoked(keeping, config);
}

void keeping_meet(struct keeping *keeping, const struct cluster_config *config, int channel,
		  uint32_t pid)
{
	keeping->channel = channel;
	keeping->pid = pid;
	ev_io_init(&keeping->io, on_channel, channel, EV_READ);
	keeping->io.data = keeping;
	ev_io_start(keeping->loop, &keeping->io);
	keeping_tell(keeping, config);
}

/* A message without a body. Needs a channel, which the caller has checked. */
void keeping_wipe(struct keeping *keeping)
{
	struct wire wire = wire_writer(space, sizeof(space));

	wire_put_u8(&wire, KEEPER_WIPE);
	send_wire(keeping, &wire);
}

/* The file descriptors go; the keeper and its etcd go on. */
void keeping_done(struct keeping *keeping)
{
	if (!keeping->loop)
		return;
	hang_up(keeping);
	cleanup_close(&keeping->folder);
	keeping->folder = -1;
}
