// SPDX-License-Identifier: GPL-2.0-or-later
// look.h - the kernel's part of a diagnosis: pictures of network namespaces, and answers to single
// questions
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "diag/facts.h"

#include <stdbool.h>
#include <sys/types.h>

/* For a process of its own that has one thread, and CAP_NET_ADMIN and CAP_SYS_ADMIN: it enters the
 * namespaces to open sockets and to read /proc, and comes back. Nothing is changed anywhere. */
struct look;

/* NULL: error says why. The process's own namespace is noted as "host". */
struct look *look_new(struct error *error);
void look_free(struct look *look);
/* In a child that goes on with the look of its parent: what either asks must not be answered to the
 * other. From now on this one has sockets of its own, opened when they are needed. */
void look_apart(struct look *look);

/* From now on pictures have all the links of the host and all sockets, for whoever judges no pair
 * or other pairs than are asked about now. Without it they have those that somebody asks for. */
void look_whole(struct look *look);

/* From now on which entry of a table matched is not asked where a sentence alone would tell it, for
 * whoever makes none: that is half of what is asked about ways. */
void look_terse(struct look *look);

/* From now on pictures have the counters of IPv6, too, which nobody judges by. */
void look_losses(struct look *look);

/* A namespace that may be on the way, by the key of its picture. netns is its descriptor, the
 * look's from then on unless this fails; pid is a process of it, by whose cgroup the owners of its
 * sockets are found and whose files are read, or 0. Nothing is opened yet. 0; -EEXIST: the key is
 * in use; -ENOMEM. */
int look_add(struct look *look, const char *key, int netns, pid_t pid);
/* Takes the picture of a namespace that was added, into the facts. Parts that cannot be read are
 * named in it. Something that changed meanwhile makes it be taken once more; when it still does,
 * the facts say so. 0; -ENOENT: no such key; -ENOMEM, or why nothing could be looked at. */
int look_space(struct look *look, struct facts *facts, const char *key);

/* All of a namespace's nftables, as replay_new() takes it: with every element of every set, and the
 * flowtables. 0; -EINTR: it changes while it is read; or why it cannot be read. */
int look_ruleset_whole(struct look *look, const char *key, struct buf *out);

/* An empty namespace in which a ruleset is tried: look_scratch.c. Whatever becomes of the process,
 * it goes with it, and so does the program (argv) that waits in there to be run once. Made before
 * system calls are given up (narrow.h): from then on no program can be started. Behind look_new(),
 * by a process of one thread; takes CAP_SYS_ADMIN. 0 or a negative errno. */
struct look_scratch;
int look_scratch_new(char *const argv[], struct look_scratch **ret_scratch);
void look_scratch_free(struct look_scratch *scratch);
/* Links with the names and numbers of others, which carry nothing: rules name them. links: as in a
 * picture; only those whose names occur in those bytes, NULL: all of them. 0 or a negative errno;
 * *ret_link: the link that could not be made, or NULL. */
int look_scratch_links(const struct look_scratch *scratch, const struct facts_space *links,
		       const struct buf *named, const char **ret_link);
/* One transaction of nftables, by the netlink port `owner` (0: any), which stays open. refused is
 * told of each message that the kernel did not take. 0: it was taken; -EBADMSG: refused has been
 * called; or another negative errno. */
int look_scratch_send(struct look_scratch *scratch, uint32_t owner, const struct buf *batch,
		      void (*refused)(void *data, uint32_t seq, int err), void *data);
/* Runs the program. What it says on its standard error, up to size - 1 bytes, and how it ended
 * (waitpid(2); 127: it could not be run). 0; -ETIME: it did not end; or a negative errno. */
int look_scratch_run(struct look_scratch *scratch, char *ret_said, size_t size, int *ret_status);
/* From now on the ruleset of a namespace that is looked at, and each element of its sets, is the
 * one in here; the picture, which must be there, has it. 0 or a negative errno. */
int look_scratch_lend(const struct look_scratch *scratch, struct look *look, struct facts *facts,
		      const char *key);

/* Which links of the host other programs configure, into the picture that was taken of it: not part
 * of that, for a pair never needs it and it costs a file for each link. */
void look_managers(struct facts *facts);

/* One direction of a flow, as its packets look when they come in. */
struct look_flow_way {
	struct addr src, dst;
	uint16_t sport, dport;
	uint64_t packets, bytes;
};
struct look_flow_seen {
	struct look_flow_way original, reply;
	uint8_t protocol, tcp_state; /* TCP_CONNTRACK_* */
	bool has_tcp_state, is_counted;
	bool is_begun;	 /* by the address that was asked for; else it answers */
	uint32_t status; /* IPS_* */
	uint32_t timeout_s;
};
struct look_flows {
	struct look_flow_seen *items;
	size_t n, room;
	bool is_cut; /* there are more */
};
/* Appends the flows of an address that conntrack has in the namespace of that key. Walks the
 * machine's whole table: milliseconds. 0, -ENOENT: no such key; -ENOMEM; -EINVAL or -EOPNOTSUPP:
 * the kernel has no ctnetlink; or another negative errno. */
int look_flows(struct look *look, const char *key, const struct addr *addr,
	       struct look_flows *flows);
void look_flows_done(struct look_flows *flows);

/* How facts put their questions; ask_data is the look. */
extern const struct facts_ask look_ask;
