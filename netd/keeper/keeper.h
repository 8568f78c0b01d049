// SPDX-License-Identifier: GPL-2.0-or-later
// keeper.h - the process that runs netd's own etcd
#pragma once

#include "ipc/keeper_msg.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Theory of operation. The keeper's working directory is the folder of etcd's in the state
 * directory, which is closed to everybody else: it was handed in open, and etcd, which inherits it,
 * is given paths in it. Both are of one user that may do nothing else. etcd dies with its keeper
 * (PR_SET_PDEATHSIG), whose successor starts another: nobody is left over who has the ports. */
struct keeper {
	struct ev_loop *loop; /* the default one: it hears of children that end */
	uid_t trusted;	      /* who may connect, beside root */

	/* channel.c */
	int channel; /* -1: no plumber */
	ev_io meeting, io;
	struct keeper_config config; /* host "": none was told yet */
	struct keeper_revoked revoked;

	/* etcd.c */
	struct keeper_state state;
	ev_child end;
	ev_timer again;	 /* it has ended, or a certificate was revoked */
	double started;	 /* deadline_now_s() */
	unsigned n_ends; /* in a row */
};

/* channel.c */
void channel_init(struct keeper *keeper);
void channel_tell_state(struct keeper *keeper);

/* etcd.c */
void etcd_init(struct keeper *keeper);
/* As keeper->config says; it is started again when it ends. */
void etcd_start(struct keeper *keeper);
/* It is gone on return. */
void etcd_stop(struct keeper *keeper);
/* It goes on, and in so many seconds another takes its place: connections that are open end so. */
void etcd_replace(struct keeper *keeper, double after_s);

/* folder.c: what is in the working directory. 0 or a negative errno. */
int folder_write_trust(const struct keeper_trust *trust);
/* Another certificate for the same key; etcd reads it whenever somebody connects. */
int folder_renew(const struct keeper_trust *trust);
/* The list of what is revoked; etcd reads it whenever somebody connects. */
int folder_write_revoked(const struct keeper_trust *trust, const struct keeper_revoked *revoked);
int folder_wipe(void);
/* What a host of another id had, for this one joined anew, is wiped. */
int folder_begin(const char *id);
#define FOLDER_ID "id"
#define FOLDER_CA "ca.pem"
#define FOLDER_CERT "host.pem"
#define FOLDER_KEY "host.key"
#define FOLDER_REVOKED "revoked.crl"
#define FOLDER_DATA "data" /* etcd's own */
