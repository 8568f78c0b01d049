// SPDX-License-Identifier: GPL-2.0-or-later
// ensure.h - a container is attached, unless it is attached the same way already
#pragma once

#include "base/error.h"
#include "client/client.h"

#include <jansson.h>
#include <stdbool.h>

/* Theory of operation. A runtime says "start" more often than netd hears "attach" for the first
 * time: it starts a container again after a crash, adds one interface after the other, or repeats a
 * call whose answer was lost. The usual call is one request, for netd answers a repeated attach as
 * the first one. Only what it refuses needs thought, and the thought is the same for every caller:
 *
 *   - a network is missing: the caller makes it where it knows how, and the attach is tried again;
 *   - the name is another container's: the other name is tried, where there is one;
 *   - the id is taken: the caller looks at the container that has it. What is somebody else's is a
 *     conflict. What an earlier life left is detached, and the attach is tried again. What is ours
 *     gets the interfaces and the published ports that it lacks, all of them or none: on a failure
 *     what was connected goes again, and what was taken off for it comes back as it was.
 *
 * A caller knows two things that the procedure does not: whose a container is, and how a network is
 * made. It brings both as functions. */

enum ensure_owner {
	ENSURE_THEIRS, /* somebody else's: what netd refused stays refused */
	ENSURE_STALE,  /* of an earlier life of ours: it is detached */
	ENSURE_OURS,   /* it gets what it lacks */
	ENSURE_N_OWNERS,
};

/* What the caller decides. Each may be NULL, and then has the meaning given. Containers are as GET
 * /netd/v1/containers/{id} shows them, an endpoint is an entry of their NetworkSettings.Networks,
 * and a network is the reference that the body has for it. */
struct ensure_rules {
	/* Whose is the container that has our id? NULL: theirs. */
	enum ensure_owner (*owner)(void *user, const json_t *container);
	/* The endpoint that we want on this network; NULL: there is none. Borrowed. NULL: by the
	 * name of the network. */
	const json_t *(*find)(void *user, const char *network, const json_t *container);
	/* Is the endpoint that was found as we want it? NULL: it has the addresses and the MAC that
	 * the body asks for; what the body leaves open may be anything. */
	bool (*is_as_asked)(void *user, const char *network, const json_t *endpoint);
	/* Makes the network if netd lacks it. refusal is what netd said to the attach or to the
	 * connect; NULL: nothing yet, a connect comes next. *ret_made (false before) tells that
	 * netd was changed. NULL: networks are not made here. */
	int (*make)(void *user, const char *network, const struct error *refusal, bool *ret_made,
		    struct error *error);
};

struct ensure {
	struct client *client;
	/* Of POST /netd/v1/containers. With Id, where owner is given. */
	const json_t *body;
	/* The Name to try when another container has that of the body; NULL: none. */
	const char *other_name;
	/* "key=value" of a label that no container has but ours: it is looked for first, and is
	 * ours. NULL: the attach comes first. */
	const char *label;
	/* An endpoint that is not as asked is taken off and connected anew, or, where anything
	 * fails, put back with the addresses it had; else it is a conflict. */
	bool rejoins;
	/* A container that is on the network already gets one more interface there. */
	bool another;
	/* The answer to a repeated attach is looked at, too: an interface may have left since. */
	bool completes;
	/* The answer is held against what was asked for: an address may have been taken in a
	 * network that is another one. What is otherwise is detached, and counts as refused with
	 * "network NAME ", and this behind it. NULL: the answer is believed. */
	const char *mismatch;
	const struct ensure_rules *rules;
	void *user; /* of the rules */
};

/* 0: attached as asked. *ret_container (may be NULL) is the container, a new reference. Else what
 * was in the way, in netd's words or in those of a rule; nothing that was connected here stays.
 * error must not be NULL. */
int ensure_attached(const struct ensure *ensure, json_t **ret_container, struct error *error);

/* Those of wanted ({"80/tcp": [{"HostIp", "HostPort"}]}) that a container does not publish; a
 * binding of no address is published on any. New reference, or NULL without memory. */
json_t *ensure_missing_ports(const json_t *container, const json_t *wanted);

enum ensure_netns {
	ENSURE_NETNS_SAME,
	ENSURE_NETNS_OTHER,
	ENSURE_NETNS_UNSEEN, /* either is gone, or cannot be looked at from here */
};
/* Whether two paths lead to one network namespace. */
enum ensure_netns ensure_compare_netns(const char *path, const char *other);
bool ensure_same_netns(const char *path, const char *other); /* and both are seen */
/* Whether a container is attached in the network namespace at path. */
bool ensure_is_in_netns(const json_t *container, const char *path);
