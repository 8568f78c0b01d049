// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_msg.h - what the rtnl files share: batches of requests, their acknowledgements, queries
#pragma once

#include "base/cleanup.h"
#include "kernel/rtnl.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>

#define RTNL_REASON_MAX 128

struct rtnl {
	int fd;
	uint32_t last_seq;
	int newest;		      /* the highest index of a veth that it has made; 0: none */
	char reason[RTNL_REASON_MAX]; /* the kernel's own words on the last failure, or "" */
	_Alignas(struct nlmsghdr) char buffer[RTNL_RECV_SIZE];
};

/* Requests that go out in one sendmsg(2). The put functions act on the message added last. What
 * fails while building is kept in err, makes all later calls do nothing, and is returned by
 * rtnl_batch_run: builders need not check. Declare with RTNL_BATCH. */
struct rtnl_batch {
	struct nl_msg *messages[RTNL_BATCH_MAX];
	size_t n_messages;
	int err;
	size_t failed; /* after a run that failed: index of the first message refused */
	bool unsure;   /* an answer was lost: it may be done, whatever the run says */
};

#define RTNL_BATCH(name) _cleanup_(rtnl_batch_done) struct rtnl_batch name = { 0 }

void rtnl_batch_done(struct rtnl_batch *batch);
/* Adds a request with its fixed header (ifinfomsg, ifaddrmsg, rtmsg). */
void rtnl_batch_add(struct rtnl_batch *batch, uint16_t type, uint16_t flags, const void *header,
		    size_t size);
void rtnl_put(struct rtnl_batch *batch, int attribute, const void *data, size_t size);
void rtnl_put_u8(struct rtnl_batch *batch, int attribute, uint8_t value);
void rtnl_put_u16(struct rtnl_batch *batch, int attribute, uint16_t value);
void rtnl_put_u32(struct rtnl_batch *batch, int attribute, uint32_t value);
void rtnl_put_string(struct rtnl_batch *batch, int attribute, const char *value);
/* IFLA_IFALIAS, cut at the kernel's 255 bytes. */
void rtnl_put_alias(struct rtnl_batch *batch, const char *alias);
void rtnl_put_mac(struct rtnl_batch *batch, int attribute, const struct mac *mac);
void rtnl_put_addr(struct rtnl_batch *batch, int attribute, const struct addr *addr);
/* Bytes that are no attribute: a header inside an attribute. */
void rtnl_put_raw(struct rtnl_batch *batch, const void *data, size_t size);
struct nlattr *rtnl_nest(struct rtnl_batch *batch, int attribute);
void rtnl_nest_end(struct rtnl_batch *batch, struct nlattr *nest);

/* Sends the batch and collects what is refused of it, and the acknowledgement of its last message.
 * The kernel goes on after a message it refuses, so later ones of a batch must be harmless then. 0,
 * or the first failure as negative errno with rtnl->reason; a number for a namespace (RTM_NEWNSID)
 * may be refused. A batch whose answers were lost is sent again, so every message must be one that
 * may be carried out twice; one that has NLM_F_EXCL is not, and unsure is left to its sender. */
int rtnl_batch_run(struct rtnl *rtnl, struct rtnl_batch *batch);

/* Called for each answer; a negative return ends the query with it. */
typedef int (*rtnl_answer_fn)(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data);
/* Sends the batch's only message, a request that is answered by one message; again when the answer
 * was lost. For more see rtnl_dump. */
int rtnl_query(struct rtnl *rtnl, struct rtnl_batch *batch, rtnl_answer_fn answer, void *data);

/* A growing array that a dump fills. */
struct rtnl_list {
	void *items;
	size_t n_items, capacity, item_size;
};

/* Returns a new zeroed item, or NULL. */
void *rtnl_list_push(struct rtnl_list *list);
/* Dumps type (RTM_GETLINK...) into the list, whose items are dropped and collected anew when the
 * dump was interrupted. The list's items are the caller's to free, also after a failure. attribute
 * is a u32 attribute that the dump takes, 0: none. */
int rtnl_dump(struct rtnl *rtnl, uint16_t type, const void *header, size_t size, int attribute,
	      uint32_t value, rtnl_answer_fn answer, struct rtnl_list *list);

/* "<sentence>: <errno's text> (<the kernel's words>)", ERROR_INTERNAL; returns err. */
__attribute__((format(printf, 4, 5))) int rtnl_fail(const struct rtnl *rtnl, struct error *error,
						    int err, const char *format, ...);

/* RTM_NEWLINK and RTM_DELLINK, of AF_UNSPEC or AF_BRIDGE. link must be zeroed. */
int rtnl_link_parse(struct nlmsghdr *nlh, struct rtnl_link *link);
/* An address of the family, from an attribute; false when its length is another. */
bool rtnl_dump_addr_from(const struct nlattr *attribute, uint8_t family, struct addr *ret_addr);

/* After a batch that was to make a link, and is unsure: the index of the one it made, which nobody
 * has taken out of RTNL_GROUP_DYING; else -ENOENT or another error. */
int rtnl_link_is_newborn(struct rtnl *rtnl, const char *name, const char *kind);

/* By ioctl on the netlink socket: its netns, no round trip of messages. -ENOENT, or the index. */
int rtnl_ifindex(const struct rtnl *rtnl, const char *name);

/* Adds RTM_NEWADDR: the address with its prefix's route, usable at once. */
void rtnl_inside_add_address(struct rtnl_batch *batch, int ifindex, const struct prefix *prefix);
/* IFA_PROTO: who put an address where it is. Numbers below 16 are the kernel's and routing
 * daemons'.
 */
#define RTNL_ADDR_PROTO 0x6e
/* Adds RTM_DELADDR. */
void rtnl_inside_delete_address(struct rtnl_batch *batch, int ifindex, const struct prefix *prefix);
/* net/ipv6/conf/<ifname>/<key> of the netns the caller is in. A kernel without IPv6 has IPv6 off.
 */
int rtnl_inside_ipv6_off(const char *ifname, struct error *error);
/* IPv6 on, and as quiet as it can be: no router advertisements, no waiting for duplicates, no
 * multicast listener reports nobody asked for. */
int rtnl_inside_ipv6_on(const char *ifname, struct error *error);
