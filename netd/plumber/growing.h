// SPDX-License-Identifier: GPL-2.0-or-later
// growing.h - this host's member of an etcd of netd's own: taken when it is needed, given up when
// not
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

struct cluster;

/* Zeroed and initialised: nothing is looked at. */
struct growing {
	ev_timer look;
	bool asks;	   /* the herald, about a seat */
	bool drops;	   /* the keeper is wiping its folder, and the seat is free then */
	unsigned waited;   /* looks with a seat that is free */
	unsigned n_missed; /* looks in which this host's member was not among those there are */
};

void growing_init(struct cluster *cluster);
/* The members were told: from then on this is looked at. */
void growing_start(struct cluster *cluster);
/* The host parts, or netd ends. */
void growing_stop(struct cluster *cluster);
/* The keeper has ended. True: it had been told to give up the seat, and that is done. */
bool growing_dropped(struct cluster *cluster);
/* The URL by which other members reach that of this host; "": it may not have one. */
const char *growing_peer(const struct cluster *cluster, char *buffer, size_t size);
