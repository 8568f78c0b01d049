// SPDX-License-Identifier: GPL-2.0-or-later
// herald.h - the process that speaks to etcd for the plumber
#pragma once

#include "base/list.h"
#include "herald/http.h"
#include "herald/missed.h"
#include "ipc/backlog.h"
#include "ipc/herald_msg.h"
#include "model/cluster/cluster_state.h"

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct herald;

/* What the plumber's words lead to, for the channel that reads them, and what files say to each
 * other that would call in a circle (main.c). */
struct herald_above {
	void (*start)(struct herald *herald);	/* it is known whom to speak to */
	void (*go_on)(struct herald *herald);	/* the backlog has been sent */
	void (*changed)(struct herald *herald); /* what is wanted */
	void (*join)(struct herald *herald, uint32_t id, const struct cluster_record *record);
	void (*remove)(struct herald *herald, uint32_t id, const struct herald_remove *remove);
	void (*claim)(struct herald *herald, uint32_t id, enum herald_call what,
		      const struct cluster_record *record); /* or RELEASE */
	void (*replace)(struct herald *herald, uint32_t id, const struct cluster_record *before,
			const struct cluster_record *after);
	void (*seat)(struct herald *herald, uint32_t id, enum herald_call what,
		     const struct herald_seat *seat);
	void (*hear)(struct herald *herald, uint32_t id);
	/* The plumber has been told up to another revision. */
	void (*went_on)(struct herald *herald);
	/* A session has begun, or ended; and what ends it where something is asked (asked.c). */
	void (*stands)(struct herald *herald);
	void (*ended)(struct herald *herald, const char *why);
	void (*fail)(struct herald *herald, const char *why);
};

/* Looks behind an election (election.c). */
struct election {
	int64_t term; /* the last that etcd told; 0: none */
	bool listed;  /* missed has the leases */
	unsigned n_looks;
	struct missed missed;
	ev_timer timer;
	struct http_call *listing;
	struct election_look {
		struct herald *herald;
		struct http_call *asking;
	} looks[CLUSTER_MEMBERS_MAX]; /* of missed.hosts */
};

/* Theory of operation. The herald is with one member of etcd at a time, in a session: it has its
 * lease renewed, reads all records at one revision unless it knows them up to some, and watches
 * what comes after (session.c). Whatever goes wrong ends the session, and the next member is
 * tried; what was told to the plumber stays told, as old. etcd that has forgotten what came after
 * (compaction), or knows less than it did, is read anew.
 *
 * What this host's records are the plumber says (wanted); what etcd has of them is seen in what is
 * read and watched (present). The difference is written (own.c), one transaction at a time, and
 * the next when what the last one did has been seen. Each expects this host's own record to be
 * there: somebody may have removed the host.
 *
 * What the plumber asks beside that waits for a member that answers (asked.c). */
struct herald {
	struct ev_loop *loop;
	struct http *http;
	struct herald_above above;

	/* channel.c */
	int channel;
	ev_io io;
	struct backlog backlog;
	struct herald_config config;
	bool configured;
	bool all_told; /* the plumber has said all that is wanted */

	/* session.c */
	struct herald_state state;	 /* as it was told last */
	unsigned n_failed;		 /* sessions in a row */
	unsigned n_refused;		 /* of these the last ones, that were refused */
	unsigned n_hung_up;		 /* of these those that a member ended without a word */
	int64_t lease;			 /* 0: none */
	bool full;			 /* etcd: it gives none */
	int64_t revision;		 /* up to which the plumber was told; 0: nothing */
	int64_t reading_at;		 /* the revision that is being read */
	bool page_waits;		 /* for room in the backlog */
	char last_key[CLUSTER_KEY_SIZE]; /* of the page before */
	size_t last_key_len;
	ev_timer renew, again;
	uint8_t beside; /* the member that was asked beside, behind this one */
	struct http_call *reading, *watching, *renewing, *renewing_beside;

	/* own.c */
	struct cluster_state *wanted, *present;
	bool joined;
	bool is_settled;     /* they were compared, and did not differ; nothing has changed since */
	int64_t alive_lease; /* under which this host was said to be alive */
	int64_t written;     /* the revision of the last transaction */
	ev_timer write_again;
	struct http_call *writing;

	/* roster.c */
	struct herald_members members; /* of an etcd of netd's own, as last told */
	ev_timer look;
	struct http_call *looking;

	struct election election;

	/* asked.c */
	struct list calls; /* of the plumber's, that are not answered */
};

/* The member that is spoken to. */
static inline const char *herald_member(const struct herald *herald)
{
	return herald->config.members[herald->state.member];
}

/* main.c: the program's row of the table of roles, and its stages. */

/* channel.c */
void channel_meet(struct herald *herald, int fd);
void channel_tell_record(struct herald *herald, const struct cluster_record *record);
void channel_tell_key(struct herald *herald, const struct cluster_key *key);
void channel_tell(struct herald *herald, enum herald_type type); /* BEGIN, END */
void channel_tell_members(struct herald *herald, const struct herald_members *members);
void channel_tell_state(struct herald *herald, const struct herald_state *state);
/* status 0 or an errno; why is a sentence. */
void channel_reply(struct herald *herald, uint32_t id, int status, const char *why);

/* session.c */
void session_init(struct herald *herald);
void session_start(struct herald *herald);
/* It ends; the next member is tried. */
void session_fail(struct herald *herald, const char *why);
/* The backlog has been emptied. */
void session_go_on(struct herald *herald);
/* How it stands has changed: standing and why. */
void session_say(struct herald *herald, enum herald_standing standing, const char *why);

/* own.c */
int own_init(struct herald *herald);
/* A record, or its end, was read or seen. */
void own_see(struct herald *herald, const struct cluster_record *record);
void own_see_gone(struct herald *herald, const struct cluster_key *key);
/* The session has a lease: others are told that this host is alive, before anything is read. */
void own_greet(struct herald *herald);
/* What is wanted is another: what differs is written. */
void own_changed(struct herald *herald);
/* Writes what differs, if it is time. */
void own_write(struct herald *herald);
/* The session has ended: what is under way will not be heard of. */
void own_forget(struct herald *herald);

/* roster.c: who the members are, where they come and go. */
void roster_init(struct herald *herald);
/* A session has begun, or they may have changed. */
void roster_look(struct herald *herald);
/* It has ended. */
void roster_forget(struct herald *herald);

/* election.c: etcd has told of so many elections. */
void election_init(struct herald *herald);
void election_see(struct herald *herald, int64_t term);
/* A record has changed. */
void election_hear(struct herald *herald, const struct cluster_record *record);
/* The session has ended. */
void election_forget(struct herald *herald);

/* asked.c: what the plumber asks, each answered once. */
void asked_init(struct herald *herald);
/* A record that nobody may have written, or a host that goes. */
void asked_join(struct herald *herald, uint32_t id, const struct cluster_record *record);
void asked_claim(struct herald *herald, uint32_t id, enum herald_call what,
		 const struct cluster_record *record);
void asked_replace(struct herald *herald, uint32_t id, const struct cluster_record *before,
		   const struct cluster_record *after);
void asked_remove(struct herald *herald, uint32_t id, const struct herald_remove *remove);
/* A host's member of an etcd of netd's own: one of HERALD_CALL_SEAT, PROMOTE, UNSEAT. */
void asked_seat(struct herald *herald, uint32_t id, enum herald_call what,
		const struct herald_seat *seat);
/* What is known of networks: answered when the plumber has been told it. */
void asked_hear(struct herald *herald, uint32_t id);
/* It may have been, now. */
void asked_went_on(struct herald *herald);
/* A session has begun: what waits for one is asked. */
void asked_go_on(struct herald *herald);
/* It has ended, for that reason: what was asked waits for the next. */
void asked_wait(struct herald *herald, const char *why);
