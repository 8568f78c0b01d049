// SPDX-License-Identifier: GPL-2.0-or-later
// wire.h - what is made in the kernel for networks and containers, one thing at a time
#pragma once

#include "engine/tell/tell.h"
#include "engine/wire/alive.h"
#include "engine/wire/announce.h"
#include "engine/wire/builder.h"
#include "engine/wire/far_way.h"
#include "engine/wire/firewalld.h"
#include "engine/wire/flows.h"
#include "engine/wire/forged.h"
#include "engine/wire/forwarding.h"
#include "engine/wire/host_way.h"
#include "engine/wire/ingress.h"
#include "engine/wire/ingress_away.h"
#include "engine/wire/inside.h"
#include "engine/wire/link.h"
#include "engine/wire/overflow.h"
#include "engine/wire/ports.h"
#include "engine/wire/ports_choose.h"
#include "engine/wire/ports_held.h"
#include "engine/wire/ports_parked.h"
#include "engine/wire/ports_places.h"
#include "engine/wire/ports_record.h"
#include "engine/wire/present.h"
#include "engine/wire/relayed.h"
#include "engine/wire/rules.h"
#include "engine/wire/rules_far.h"
#include "engine/wire/rules_shared.h"
#include "engine/wire/rules_user.h"
#include "engine/wire/segments.h"
#include "engine/wire/segments_drift.h"
#include "engine/wire/services.h"
#include "engine/wire/services_far.h"
#include "engine/wire/services_inside.h"
#include "engine/wire/services_turns.h"
#include "engine/wire/settings.h"
#include "engine/wire/shaping.h"
#include "engine/wire/sweep.h"
#include "engine/wire/tunnels.h"
#include "engine/wire/turns.h"
#include "engine/wire/uplink.h"

/* The nftables socket of a container that went. */
struct closing {
	struct nft *nft;
	bool has_redirect; /* it could not be removed, which is tried again first */
};

/* What the room has of the engine. */
struct engine_wire {
	const struct builder *const *builders; /* NULL behind the last one */
	char *rules_dir;
	bool has_user_rules;			/* the user-forward chain is not empty */
	bool guarded;				/* table bridge netd is there */
	char rules_fault[ERROR_TEXT_MAX + 160]; /* why the user's rules are those of before; "":
					     they are not */
	int announcer;				/* kernel/announcer.h; -1: there is none */
	struct firewalld *firewalld;		/* NULL: not built in */
	struct map *shared; /* element key -> count, for sets where ports share elements */
	ev_timer turns_timer;
	struct given_port *given; /* [given_at, n_given): ports to be closed */
	size_t n_given, size_given, given_at;
	struct port last_relay_given; /* family 0: none yet */
	double last_relay_given_s;    /* engine_now_s() of it */
	struct list waiters;	      /* for the end of what is left, in its order */
	uint64_t n_left;	      /* the last number of what changes left */
	struct list service_changes;  /* services_turns.c: as they came */
	struct list services_due;     /* whose tables lack some of them, for longest the first */
	struct ingress_port *ingress; /* ingress.c: published ports of services */
	size_t n_ingress, size_ingress;
	bool has_ingress;	    /* their table may be there, … */
	uint64_t ingress_hash;	    /* … made of what hashes to this; 0: that is not known … */
	uint64_t ingress_digest;    /* … and doing this; 0: nobody else can change it */
	ev_timer ingress_timer;	    /* runs while one of them is not as it should be */
	struct list aheads;	    /* ports_ahead.c: those that are not ready */
	struct ports_held *at_hand; /* of the change under way */
	double relay_gone_at;	    /* engine_now_s() of the last relay given up: ports.c */
	struct port *stale_ports;   /* whose UDP flows are to be forgotten: flows.c */
	size_t n_stale_ports, size_stale_ports;
	ev_timer flows_timer, flows_again, flows_hung;
	double flows_pause_s; /* before the next try; 0: the last walk came to its end */
	ev_child flows_child; /* the last walk, while it is under way */
	ev_io inotify_io, mounts_io;
	int mounts_fd, mounts_epoll_fd;
	ev_timer mounts_timer;
	ev_timer check_timer;
	ev_timer forged_timer;	 /* forged.c */
	struct map *forged_told; /* keys of RULESET_FORGED4 and 6 that the log has */
	ev_timer sweep_timer;	 /* sweep.c */
	ev_timer bridge_timer;
	ev_timer visit_timer; /* overflow.c */
	int inotify_fd;
	struct map *inotify_dirs; /* wd -> struct watched_dir */
	struct map *doomed;	  /* netns inodes and addresses of links not yet swept */
	size_t n_doomed;
	bool has_unmarked;	 /* one of them is not in the map, for want of memory */
	bool has_strays;	 /* a link could not be doomed, and is to be looked for */
	bool knows_all;		 /* all records are read: what is in none of them is a stray */
	struct closing *closing; /* sockets to close with the next sweep */
	size_t n_closing, size_closing;
	int *bridges; /* ifindexes of bridges to delete */
	size_t n_bridges, size_bridges;
	double bridges_since;	  /* engine_now_s() of the first; 0: long ago */
	bool rules_drifted;	  /* a notification said so */
	bool lost_link_local;	  /* a bridge did, since the last comparison */
	struct list limited;	  /* shaping.c: endpoints with limits of bandwidth */
	bool limits_told;	  /* the kernel told of one of them */
	struct setting *settings; /* settings.c */
	size_t n_settings, room_settings;
};
