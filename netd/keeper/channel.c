// SPDX-License-Identifier: GPL-2.0-or-later
// channel.c - what the plumber says, and what it is told
#include "authority/authority.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/watcher.h"
#include "ipc/chan.h"
#include "ipc/msg.h"
#include "keeper/keeper.h"
#include "role/meeting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Theory of operation. The keeper waits for a plumber at its listening socket and has one at a
 * time; it outlives any of them. A plumber says CONFIG when it connects, so each learns at once
 * what there is. The same configuration again is answered with the state, and etcd is left
 * alone: a plumber that was restarted or upgraded does not disturb it. One that differs in what is
 * revoked is in force at once for who connects, and etcd is started again when it is its turn among
 * the members; so is another certificate for the same key, and nothing is started again for it. Any
 * other ends etcd and starts it anew.
 *
 * Both keys pass through here. The one of the authority is made here, sent and forgotten; the
 * plumber alone keeps it. The one of this host stays, for etcd reads it from a file each time it
 * starts. */

/* One message at a time, either way, so each of these is there once. They are large, and what is
 * in them means nothing between two messages. */
static uint8_t space[IPC_MSG_MAX];
static struct keeper_config told;
static bool is_told; /* and what is revoked has not been */
static struct keeper_revoked revoked;
static struct keeper_made made;

/* Gives the plumber up, if there is one. etcd goes on, and the listening socket stays open. */
static void hang_up(struct keeper *keeper)
{
	if (keeper->channel < 0)
		return;
	ev_io_stop(keeper->loop, &keeper->io);
	(void)close(keeper->channel);
	keeper->channel = -1;
}

/* Sends what was written, or hangs up. Without a plumber it does nothing: callers need not ask. */
static void send_wire(struct keeper *keeper, const struct wire *wire)
{
	/* A plumber that does not read is as good as none; the next one is told all. */
	if (keeper->channel >= 0 &&
	    (wire->err != 0 || chan_send(keeper->channel, wire->data, wire->pos, NULL, 0) < 0))
		hang_up(keeper);
}

/* Called on each change; the plumber that connects later gets the state with its CONFIG. */
void channel_tell_state(struct keeper *keeper)
{
	struct wire wire = wire_writer(space, sizeof(space));

	keeper_msg_put_state(&wire, &keeper->state);
	send_wire(keeper, &wire);
}

/* Notes what keeps etcd from running, for the log and for `netctl cluster status`. err is a
 * negative errno. Nothing is tried again from here. */
static void say_why(struct keeper *keeper, const char *what, int err)
{
	(void)snprintf(keeper->state.why, sizeof(keeper->state.why), "%s: %s", what,
		       strerror(-err));
	log_error("%s", keeper->state.why);
	channel_tell_state(keeper);
}

/* A new cluster: nothing of another is left, and what it trusts in is made. told has the
 * certificates on return. 0 or a negative errno; what was made by then is of no use to anybody
 * and is overwritten by the next try. */
static int make_trust(struct keeper *keeper)
{
	struct wire wire = wire_writer(space, sizeof(space));
	struct keeper_trust *trust = &made.trust;
	/* First of all: data of an earlier cluster under a new authority would be believed by
	 * etcd, and its members would not be. */
	int err = folder_wipe();

	if (err == 0)
		err = authority_make(trust->ca, made.ca_key);
	if (err == 0)
		err = authority_digest(trust->ca, made.digest);
	if (err == 0)
		err = authority_issue(trust->ca, made.ca_key, told.addrs, FAMILY_N, trust->cert,
				      trust->key);
	if (err < 0)
		return err;
	told.trust = *trust;
	/* Sent before etcd starts: a plumber that could not keep the key would have a cluster
	 * that nobody can be let into. If it does not hear this, its next CONFIG is without
	 * certificates again. */
	keeper_msg_put_made(&wire, &made);
	send_wire(keeper, &wire);
	/* From here on it is the plumber's alone. */
	explicit_bzero(&made, sizeof(made));
	explicit_bzero(space, sizeof(space));
	return 0;
}

/* Compared as bytes: the readers clear the whole struct before they fill it, gaps and the ends of
 * strings as well. */
static bool is_same_config(const struct keeper *keeper)
{
	return told.trust.key[0] && memcmp(&told, &keeper->config, sizeof(told)) == 0;
}

/* Nothing is another but the certificate, which etcd reads whenever somebody connects. */
static bool is_renewed(const struct keeper *keeper)
{
	static struct keeper_config before; /* large */

	before = told;
	memcpy(before.trust.cert, keeper->config.trust.cert, sizeof(before.trust.cert));
	return told.trust.key[0] && memcmp(&before, &keeper->config, sizeof(before)) == 0;
}

/* Taken before it is written, as any configuration is. */
static void renew(struct keeper *keeper)
{
	int err = folder_renew(&told.trust);

	keeper->config = told;
	if (err < 0)
		say_why(keeper, "cannot write another certificate for etcd", err);
}

/* Who connects from now on is judged by the new list; who is connected, when etcd is started again.
 * The turn is of this message, and not of what etcd runs by. */
static void put_revoked_in_force(struct keeper *keeper)
{
	uint8_t turn = revoked.turn;
	int err = 0;

	revoked.turn = 0;
	if (memcmp(&revoked, &keeper->revoked, sizeof(revoked)) != 0) {
		keeper->revoked = revoked;
		err = folder_write_revoked(&keeper->config.trust, &revoked);
	} else {
		channel_tell_state(keeper);
		return;
	}
	if (err < 0) {
		say_why(keeper, "cannot write which certificates etcd is to refuse", err);
		return;
	}
	log_info("etcd refuses %zu certificates that were revoked", revoked.n);
	etcd_replace(keeper, turn * KEEPER_TURN_S);
	channel_tell_state(keeper);
}

/* wire->err tells of a malformed message, which changes nothing. */
static void on_config(struct wire *wire)
{
	keeper_msg_get_config(wire, &told);
	is_told = wire->err == 0;
	if (!is_told)
		return;
	if (told.version != KEEPER_VERSION) {
		/* Its end is etcd's, too; another is started that netd understands. */
		log_info("netd is of another release, and its keeper goes");
		exit(EXIT_SUCCESS);
	}
}

/* As on_config, behind which it comes: now all is known. */
static void on_revoked(struct keeper *keeper, struct wire *wire)
{
	int err;

	keeper_msg_get_revoked(wire, &revoked);
	if (!is_told)
		wire_fail(wire);
	if (wire->err != 0)
		return;
	is_told = false;
	if (!is_same_config(keeper) && is_renewed(keeper))
		renew(keeper);
	if (is_same_config(keeper)) {
		put_revoked_in_force(keeper);
		return;
	}
	etcd_stop(keeper);
	/* etcd is stopped by now: it must not lose its data, its ports and its certificates
	 * while it runs. */
	err = told.trust.key[0] ? 0 : make_trust(keeper);
	if (err < 0) {
		say_why(keeper, "cannot make what hosts of a new cluster trust in", err);
		return;
	}
	err = told.seat[0] ? folder_begin(told.id) : 0;
	if (err < 0) {
		say_why(keeper, "cannot remove what an etcd of before has left", err);
		return;
	}
	/* Taken before the files are written: when that fails, a CONFIG with the same words is
	 * answered with the reason and does not repeat the failure. */
	keeper->config = told;
	keeper->revoked = revoked;
	keeper->revoked.turn = 0;
	err = folder_write_trust(&told.trust);
	if (err == 0)
		err = folder_write_revoked(&told.trust, &revoked);
	if (err < 0)
		say_why(keeper, "cannot write certificates for etcd", err);
	else
		etcd_start(keeper);
}

/* The host leaves the cluster. The process ends in any case, and the end of the channel tells
 * the plumber that it is done. What could not be removed is in the log; a new cluster wipes
 * again. */
static void on_wipe(struct keeper *keeper)
{
	int err;

	etcd_stop(keeper);
	err = folder_wipe();
	if (err < 0)
		log_error("cannot remove what etcd has left: %s", strerror(-err));
	exit(err < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* By type. wire->err tells of what makes no sense. Types that a keeper says itself are not for
 * it to hear. */
static void on_message(struct keeper *keeper, struct wire *wire)
{
	switch (wire_u8(wire)) {
	case KEEPER_CONFIG:
		on_config(wire);
		break;
	case KEEPER_REVOKED:
		on_revoked(keeper, wire);
		break;
	case KEEPER_WIPE:
		wire_end(wire);
		if (wire->err == 0)
			on_wipe(keeper);
		break;
	default:
		wire_fail(wire);
		break;
	}
}

/* One message for each call. A plumber that talks nonsense is hung up on and not obeyed in part;
 * it is netd's own, so this is a mistake or another release, and the log says so. */
static void on_channel(struct ev_loop *loop, ev_io *io, int revents)
{
	static uint8_t message[IPC_MSG_MAX];
	struct keeper *keeper = io->data;
	size_t n_fds = 0;
	struct wire wire;
	int len;

	if (watcher_again(loop, io, revents))
		return;
	/* No message to a keeper has descriptors: room for none, and those that come are closed. */
	len = chan_receive(keeper->channel, message, sizeof(message), NULL, &n_fds);
	if (len == -EAGAIN)
		return;
	if (len <= 0) { /* etcd goes on, and the next plumber finds it */
		hang_up(keeper);
		return;
	}
	wire = wire_reader(message, (size_t)len);
	on_message(keeper, &wire);
	explicit_bzero(message, (size_t)len); /* a key was in it */
	if (wire.err != 0) {
		log_error("netd says what makes no sense");
		hang_up(keeper);
	}
}

/* The last one that connects is the plumber. The one before is most likely dead, and its end has
 * not been read yet; netd's lock keeps two of them from running at a time. */
static void on_plumber(struct ev_loop *loop, ev_io *io, int revents)
{
	struct keeper *keeper = io->data;
	int fd;

	if (watcher_again(loop, io, revents))
		return;
	fd = meeting_take(keeper->trusted); /* who may speak here gets the key of the authority */
	if (fd < 0)
		return;
	hang_up(keeper);
	keeper->channel = fd;
	ev_io_init(&keeper->io, on_channel, keeper->channel, EV_READ);
	keeper->io.data = keeper;
	ev_io_start(loop, &keeper->io);
}

/* The listening socket is watched for the whole life of the process. */
void channel_init(struct keeper *keeper)
{
	ev_io_init(&keeper->meeting, on_plumber, IPC_LISTEN_FD, EV_READ);
	keeper->meeting.data = keeper;
	ev_io_start(keeper->loop, &keeper->meeting);
}
