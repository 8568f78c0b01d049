// SPDX-License-Identifier: GPL-2.0-or-later
// look_parts.h - what the files of the look share: places and their sockets, the talk with the
// kernel, a picture in the making
#pragma once

#include "base/grow.h"
#include "base/limits.h"
#include "kernel/look.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdint.h>

enum look_socket {
	LOOK_ROUTE,
	LOOK_NETFILTER,
	LOOK_SOCK_DIAG,
	LOOK_XFRM,
	LOOK_RULESET, /* of nftables alone: it may be that of another namespace */
	LOOK_N_SOCKETS,
};

struct look_held {
	uint64_t inode; /* of a socket */
	pid_t pid;
	int fd; /* of that process */
};

struct look_queued {
	pid_t pid;
	int64_t n_fds;
};

/* Whose the sockets of a namespace are, as far as look_owner.c has looked. */
struct look_owners {
	int proc; /* /proc */
	struct look_held *held;
	struct look_queued *queued; /* processes in it, of which n_walked have been walked */
	size_t n_held, room, n_queued, room_queued, n_walked;
	size_t n_own;  /* the first of the queue are the container's own */
	size_t n_pids; /* of those, looked at so far */
	size_t n_fds;  /* and their descriptors */
	/* Some were left out, who may hold what nobody else does: by a bound, or because they may
	 * not be looked at. */
	bool is_cut, is_hidden;
	bool has_begun; /* with all other processes */
	size_t n_left;	/* of the list, whose number this is */
	unsigned int listing;
};

/* All processes that there were when somebody first had to look at all. */
struct look_process {
	pid_t pid;
	bool is_asked;
	bool is_hidden; /* it may not be asked */
	uint64_t netns; /* once it was asked for */
};

struct look_processes {
	struct look_process *items;
	size_t n, room;
	bool is_listed;
	bool is_cut;	      /* there are more */
	bool is_hidden;	      /* and some that /proc does not show */
	unsigned int listing; /* counted: a list that is made anew is another */
};

struct look_place {
	char key[FACTS_WORD];
	int netns;
	int ruleset_netns; /* whose ruleset is taken for this one's; -1: its own */
	pid_t pid;
	bool is_open;
	bool has_listed;	    /* its sockets were, since its picture was taken */
	uint32_t values_read;	    /* files of /proc since then, a bit for each (look_proc.c) */
	int fds[LOOK_N_SOCKETS];    /* of that namespace; or the negative errno of opening them */
	struct look_owners *owners; /* NULL: not looked for yet */
};

struct look_reader {
	pid_t pid; /* 0: there is none */
	int fd;
};

struct look {
	struct look_place *places;
	size_t n_places, place_at; /* that was asked for last */
	struct look_reader reader;
	struct look_processes processes;
	uint32_t seq;
	bool is_whole; /* look_whole() */
	bool is_terse; /* look_terse() */
	bool has_ipv6; /* look_losses() */
	bool is_netds; /* started under netd's filter of system calls */
	bool has_sought_ebtables, has_ebtables;
	_Alignas(struct nlmsghdr) uint8_t answer[LOOK_ANSWER_SIZE];
	_Alignas(struct nlmsghdr) uint8_t request[LOOK_REQUEST_SIZE];
};

/* NULL: there is none. */
struct look_place *look_place(struct look *look, const char *key);
/* Opens the sockets, once. 0, or why the namespace cannot be entered. */
int look_open(struct look_place *place);
/* Closes one and opens another in its place. */
int look_reopen(struct look_place *place, enum look_socket socket);
/* From now on its ruleset is that of another namespace, whose descriptor is the place's then. */
int look_lend_ruleset(struct look_place *place, int netns);
/* Runs a function inside; what it returned, or a negative errno. */
int look_inside(struct look_place *place, int (*function)(void *data), void *data);
void look_owners_free(struct look_owners *owners);

/* ---- talk ---- */

/* Called for each message of an answer. A negative errno ends the talk. */
typedef int (*look_message)(const struct nlmsghdr *nlh, void *data);

/* A request in look->request with the header of its family behind it, zeroed: *ret_header. Behind
 * it attributes are put by mnl_attr_put(); there is room for LOOK_REQUEST_SIZE bytes. */
struct nlmsghdr *look_ask_for(struct look *look, uint16_t type, uint16_t flags, size_t header_size,
			      void *ret_header);
/* Sends it and reads until the answer is whole. 0; the kernel's negative errno; what the message's
 * function returned; -EINTR: a dump that something changed under. */
int look_talk(struct look *look, struct look_place *place, enum look_socket socket,
	      struct nlmsghdr *request, look_message message, void *data);

/* Two requests in one go, the second behind the first, of which neither is a dump. The answer to
 * the second is taken where the first has one, and what becomes of it is not told. As look_talk()
 * of the first. */
int look_talk_twice(struct look *look, struct look_place *place, enum look_socket socket,
		    struct nlmsghdr *const requests[2], const look_message messages[2], void *data);

/* The attributes behind a header of that size, by type; those of a larger type are left out. */
void look_attrs(const struct nlmsghdr *nlh, size_t header_size, const struct nlattr **ret_attrs,
		size_t n);
void look_nested(const struct nlattr *attr, const struct nlattr **ret_attrs, size_t n);
/* 0 where there is no attribute, or a shorter one. */
uint8_t look_u8(const struct nlattr *attr);
uint16_t look_u16(const struct nlattr *attr);
uint32_t look_u32(const struct nlattr *attr);
/* Cut where it is too long. */
void look_text(const struct nlattr *attr, char *ret_text, size_t size);
/* By its length; no address where there is none. */
struct addr look_addr(const struct nlattr *attr);
void look_mac(const struct nlattr *attr, struct mac *ret_mac, bool *ret_has);

/* ---- texts of /proc (look_told.c) ---- */

/* "socket:[4711]" -> 4711 where kind is "socket"; 0: the link leads elsewhere. */
uint64_t look_told_inode(const char *link, const char *kind);
/* The path of a hierarchy in the text of /proc/PID/cgroup. controller: "" of version 2, or
 * ":freezer" of before. false: there is none, or no room for it. */
bool look_told_cgroup(const char *text, const char *controller, char *ret_path, size_t size);
/* State and name in the text of /proc/PID/stat, the latter cut to its room, and the parent.
 * -ENOENT: it has ended; -ENODATA: the text is not whole. */
int look_told_process(const char *text, struct facts_owner *owner, pid_t *ret_parent);

/* look_read.c: a small file whole, or its beginning, with a NUL behind it. Its length, or a
 * negative errno. */
int look_read(int dir, const char *path, char *ret_text, size_t size);

/* ---- files ---- */

struct look_files_asked {
	pid_t pid;	/* whose; 0: one's own */
	uint64_t netns; /* that it must be in */
};

struct look_files_read {
	int err; /* of all; -ESRCH: the process is in another namespace */
	int resolv_conf_err, hosts_err;
	char resolv_conf[sizeof(((struct facts_space *)NULL)->resolv_conf)];
	char hosts[sizeof(((struct facts_space *)NULL)->hosts)];
};

void look_files_read(const struct look_files_asked *asked, struct look_files_read *ret_read);
/* The same by a child, which is started when there is none. 0; -ETIME: no answer within
 * LOOK_FILES_MS; or another negative errno. */
int look_reader_ask(struct look_reader *reader, const struct look_files_asked *asked,
		    struct look_files_read *ret_read);
/* Also where there is none. */
void look_reader_end(struct look_reader *reader);

/* ---- a picture in the making ---- */

struct look_shot {
	struct look *look;
	struct look_place *place;
	struct facts_space *space;
	bool has_moved;	     /* something changed while it was taken */
	size_t n_down;	     /* links that were added because they are */
	uint32_t generation; /* nftables', when its ruleset was read; 0: it was not */
	struct {
		size_t links, addrs, routes, rules, neighbours, entries, sockets, values, policies;
	} room;
};

/* The most that a picture has of each. */
enum {
	LOOK_MAX_links = LOOK_ITEMS_MAX,
	LOOK_MAX_addrs = LOOK_ITEMS_MAX,
	LOOK_MAX_routes = LOOK_ITEMS_MAX,
	LOOK_MAX_rules = LOOK_ITEMS_MAX,
	LOOK_MAX_neighbours = LOOK_ITEMS_MAX,
	LOOK_MAX_entries = LOOK_ITEMS_MAX,
	LOOK_MAX_sockets = LOOK_ITEMS_MAX,
	LOOK_MAX_values = LOOK_VALUES_MAX,
	LOOK_MAX_policies = LOOK_ITEMS_MAX,
};

/* One item more in a list of the picture, zeroed. NULL: *(err) is -ENOMEM, or -E2BIG beyond the
 * limit. */
#define LOOK_ADD(shot, list, err)                                                                  \
	({                                                                                         \
		struct facts_space *add_to = (shot)->space;                                        \
		__typeof__(add_to->list) add_items = NULL;                                         \
                                                                                                   \
		*(err) = add_to->n_##list >= LOOK_MAX_##list ? -E2BIG : -ENOMEM;                   \
		if (*(err) != -E2BIG)                                                              \
			add_items = grow(add_to->list, &(shot)->room.list, add_to->n_##list + 1,   \
					 sizeof(*add_items));                                      \
		if (add_items) {                                                                   \
			add_to->list = add_items;                                                  \
			add_items += add_to->n_##list++;                                           \
			*add_items = (__typeof__(*add_items)) { 0 };                               \
			*(err) = 0;                                                                \
		}                                                                                  \
		add_items;                                                                         \
	})

/* Each fills its part of the picture. 0, or the negative errno by which it is named as missing. */
int look_links(struct look_shot *shot);
int look_qdiscs(struct look_shot *shot);
int look_programs(struct look_shot *shot);
int look_addrs(struct look_shot *shot);
int look_routes(struct look_shot *shot);
int look_rules(struct look_shot *shot);
int look_neighbours(struct look_shot *shot);
int look_entries(struct look_shot *shot);
/* As facts_more has it: the entry of one bridge. data: the look. */
void look_bridge_entry(void *data, struct facts_space *space, const struct facts_link *bridge,
		       const struct mac *mac);
int look_sockets(struct look_shot *shot);
int look_values(struct look_shot *shot);
int look_policies(struct look_shot *shot);
int look_legacy(struct look_shot *shot);
int look_files(struct look_shot *shot);
int look_ruleset(struct look_shot *shot);
/* -EINTR: it changed since it was read. */
int look_ruleset_stands(struct look_shot *shot);
/* A number with a name; a name that is too long is left out. 0 or -ENOMEM. */
int look_value(struct look_shot *shot, const char *name, int64_t value);

/* Questions; each fills the answer. */
void look_way(void *data, const struct facts_space *space, const struct facts_way_asked *asked,
	      struct facts_way *answer);
void look_taker(void *data, const struct facts_space *space, const struct facts_taker_asked *asked,
		struct facts_taker *answer);
void look_element(void *data, const struct facts_space *space,
		  const struct facts_element_asked *asked, struct facts_element *answer);
void look_flow(void *data, const struct facts_space *space, const struct facts_flow_asked *asked,
	       struct facts_flow *answer);
int look_port_sockets(void *data, struct facts_space *space, uint8_t protocol, uint16_t port);
void look_elsewhere(void *data, const struct facts_space *space,
		    const struct facts_elsewhere_asked *asked, struct facts_elsewhere *answer);
void look_owner(void *data, const struct facts_space *space, const struct facts_owner_asked *asked,
		struct facts_owner *answer);
void look_filter(void *data, const struct facts_space *space,
		 const struct facts_filter_asked *asked, struct facts_filter *answer);

/* A process that has the socket, and its descriptor. NULL: nobody who could be found; ret_err says
 * whether all were looked at (0). */
const struct look_held *look_holder(struct look *look, struct look_place *place, uint64_t netns,
				    uint32_t inode, int *ret_err);
