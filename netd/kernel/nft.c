// SPDX-License-Identifier: GPL-2.0-or-later
// nft.c - netd's nftables table in the kernel: made, changed and repaired in single transactions
#include "kernel/nft.h"

#include "base/cleanup.h"
#include "base/limits.h"
#include "kernel/nft_batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. Everything netd does to nftables is a transaction: a batch of messages that
 * the kernel takes as a whole or not at all (nfnetlink_rcv_batch). So there is no state in between
 * to be cleared up, and a failure says which message was refused. Elements that are added or taken
 * are one small transaction; a table that is not what it should be is made anew, with all it holds,
 * in one large one in which no packet sees a table without rules.
 *
 * Where the kernel can, the table belongs to this socket (NFT_TABLE_F_OWNER): nobody else can
 * change it, and with NFT_TABLE_PERSIST it stays when the socket is closed by a crash, for the next
 * netd to adopt.
 *
 * A refusal is explained. The kernel answers each message of a batch that it does not take with its
 * number, and with NETLINK_EXT_ACK the offset of the attribute and some words. From the number
 * comes the note of what the message was about, from the offset which element of many. So the
 * sentence names the thing. */

/* Enough for the one attribute or two of a small request. */
#define REQUEST_ROOM 256

/* The socket is never connected and joins no group: it hears answers to its own messages alone. */
static int socket_open(struct nft *nft)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	socklen_t len = sizeof(self);
	int on = 1;

	nft->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	if (nft->fd < 0 || bind(nft->fd, (struct sockaddr *)&self, len) < 0 ||
	    getsockname(nft->fd, (struct sockaddr *)&self, &len) < 0)
		return -errno;
	/* By this number our own messages are told from those of others (nft_watch.c). nl_pid is a
	 * port number that the kernel has chosen, often the process's id. */
	nft->portid = self.nl_pid;
	/* Kernels without these (before 4.12) only say less. */
	(void)setsockopt(nft->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(nft->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	return 0;
}

/* A table with the flags is tried and taken back. 1: the kernel can; 0: it cannot. Some kernels
 * know the flag OWNER (5.12) and not PERSIST (6.9), so both are tried together. */
static int probe_owner(struct nft *nft)
{
	struct nft_batch batch = { 0 };
	struct nft_refusal refusal;
	struct nlmsghdr *nlh = nft_batch_add(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_INET,
					     REQUEST_ROOM, "table", "netd-owner-probe");
	int err;

	if (nlh) {
		mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, "netd-owner-probe");
		/* Both flags, as the real table has them. */
		mnl_attr_put_u32(nlh, NFTA_TABLE_FLAGS,
				 htonl(NFT_TABLE_F_OWNER | NFT_TABLE_PERSIST));
	}
	/* Without its end marker: the kernel checks all of it and takes it back. */
	err = nft_batch_commit(nft, &batch, true, &refusal);
	nft_batch_done(&batch);
	if (err == 0)
		return 1;
	/* A kernel that does not know the flags says one of these two. Anything else may be
	 * different the next time. */
	return err == -EOPNOTSUPP || err == -EINVAL ? 0 : err;
}

/* own: the table is to belong to this socket. false is for the sockets inside containers'
 * namespaces and for those that only read. */
int nft_open(bool own, struct nft **ret_nft, struct error *error)
{
	/* What the kernel can does not change, and asking costs a grace period. */
	static int can_own = -1;
	struct nft *nft = calloc(1, sizeof(*nft));
	int err;

	if (!nft)
		return error_system(error, -ENOMEM, "opening nf_tables");
	/* 0 is a number that the kernel may use for its own. */
	nft->seq = 1;
	err = socket_open(nft);
	if (err == 0 && own && can_own < 0) {
		err = probe_owner(nft);
		if (err >= 0)
			can_own = err;
	}
	if (err < 0) {
		nft_close(nft);
		return error_system(error, err, "opening nf_tables%s",
				    err == -EPERM ? " (CAP_NET_ADMIN is needed)" : "");
	}
	if (own && can_own == 1)
		nft->table_flags = NFT_TABLE_F_OWNER | NFT_TABLE_PERSIST;
	*ret_nft = nft;
	return 0;
}

/* A table that belongs to the socket stays, with PERSIST, and belongs to nobody then. */
void nft_close(struct nft *nft)
{
	if (!nft)
		return;
	cleanup_close(&nft->fd);
	free(nft);
}

bool nft_is_owner(const struct nft *nft)
{
	return nft->table_flags & NFT_TABLE_F_OWNER;
}

/* Called for each table of the dump. */
static int read_owner(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	const char *name = NULL;
	uint32_t owner = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_TABLE_NAME)
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == NFTA_TABLE_OWNER)
			owner = ntohl(mnl_attr_get_u32(attr));
	}
	if (name && strcmp(name, RULESET_TABLE) == 0)
		*(uint32_t *)data = owner;
	return 0;
}

/* Port id of the socket that owns table netd: the process id as a rule (netlink(7)). 0: nobody.
 * Used only for a sentence, after the kernel has said EPERM. */
static uint32_t table_owner(struct nft *nft)
{
	struct nft_batch request = { 0 };
	uint32_t owner = 0;

	(void)nft_batch_add(&request, NFT_MSG_GETTABLE, 0, NFPROTO_INET, 0, "table", NULL);
	if (request.err == 0)
		(void)nft_batch_ask(nft, &request, NLM_F_DUMP, read_owner,
				    &owner); /* only for the words */
	nft_batch_done(&request);
	return owner;
}

/* The words for an element that was refused. A key that is not there is also told by the errno, for
 * a caller who only wanted it gone. */
static int refused_elem(const struct ruleset_elem *elem, const struct nft_refusal *refusal,
			struct error *error, const char *tried)
{
	char text[RULESET_ELEM_STR_MAX];

	ruleset_elem_print(elem, text);
	/* EBUSY: the key is there with other data; EEXIST: the interval overlaps one. */
	if (refusal->code == -EBUSY || refusal->code == -EEXIST)
		return error_set(error, ERROR_CONFLICT,
				 "%s: %s (%s) clashes with one that is there", tried, text,
				 elem->comment);
	if (refusal->code == -ENOENT) {
		(void)error_set(error, ERROR_NOT_FOUND, "%s: %s (%s) is not there", tried, text,
				elem->comment);
		return -ENOENT;
	}
	return error_system(error, refusal->code, "%s: %s (%s)", tried, text, elem->comment);
}

/* From a refusal to a sentence. Either an element is known, or what the message was about, or only
 * the number. */
int nft_refused(const struct nft_batch *batch, const struct nft_refusal *refusal,
		struct error *error, const char *tried)
{
	const struct ruleset_elem *elem = nft_elem_refused(batch, refusal);
	const struct nft_note *note = refusal->note;

	if (elem)
		return refused_elem(elem, refusal, error, tried);
	if (!note)
		return error_system(error, refusal->code, "%s", tried);
	if (note->elems && (refusal->code == -EBUSY || refusal->code == -EEXIST))
		return error_set(error, ERROR_CONFLICT, "%s: one of %zu elements of %s clashes",
				 tried, note->n_elems, note->name);
	return error_system(error, refusal->code, "%s: the kernel refused %s %s%s%s", tried,
			    note->what, note->name, refusal->text[0] ? ", " : "", refusal->text);
}

/* The table cannot be changed into ours: another netd version's, or one without or with an owner.
 */
static bool is_incompatible(const struct nft_refusal *refusal)
{
	/* The kernel names the message that it refused. One of elements is our own mistake or a
	 * clash; EPERM is an owner, and ENOMEM passes. */
	return refusal->note && !refusal->note->elems && refusal->code != -EPERM &&
	       refusal->code != -ENOMEM;
}

/* One try of the whole table, and that of frames where elems ask for it. batch is the caller's,
 * because the refusal points into it. guarded: that of frames is there. */
static int try_reset(struct nft *nft, const struct ruleset_elems *elems, bool remake, bool guarded,
		     struct nft_batch *batch, struct nft_refusal *ret_refusal)
{
	int err;

	/* Deleted and made in one transaction, so packets see the old table or the new one. */
	if (remake)
		nft_table_append_delete(batch, NFPROTO_INET, RULESET_TABLE);
	if (guarded && (remake || !elems->guarded))
		nft_table_append_delete(batch, NFPROTO_BRIDGE, RULESET_TABLE);
	err = nft_table_append(batch, RULESET_TABLE, nft->table_flags, remake);
	if (err == 0 && elems->guarded)
		err = nft_table_append_guard(batch, RULESET_TABLE, nft->table_flags, remake);
	if (err < 0) {
		*ret_refusal = (struct nft_refusal) { .code = err };
		return err;
	}
	nft_elem_append(batch, RULESET_TABLE, elems, true);
	return nft_batch_commit_patient(nft, batch, ret_refusal);
}

static int reset_refused(struct nft *nft, const struct nft_batch *batch,
			 const struct nft_refusal *refusal, struct error *error)
{
	if (refusal->code == -EPERM)
		return error_set(error, ERROR_FORBIDDEN,
				 "table inet " RULESET_TABLE
				 " belongs to another process (pid %u): is another netd running?",
				 table_owner(nft));
	return nft_refused(batch, refusal, error, "resetting table inet " RULESET_TABLE);
}

/* Afterwards the table is as it should be, with these elements and no others. Counters of elements
 * that packets have made survive, unless the table had to be removed. */
int nft_reset(struct nft *nft, const struct ruleset_elems *elems, struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch first = { 0 }, second = { 0 };
	struct nft_refusal refusal, again;
	bool guarded = false;
	int foreign = nft_table_foreign(nft, RULESET_TABLE, &guarded);

	/* Another version of netd may have had other chains. A chain that we do not know would go
	 * on dropping packets, so the table is made anew with it. */
	if (foreign < 0)
		return error_system(error, foreign, "reading table inet " RULESET_TABLE);
	if (try_reset(nft, elems, foreign, guarded, &first, &refusal) == 0)
		return 0;
	/* It cannot be changed into ours as it is: the second try removes it first. */
	if (foreign || !is_incompatible(&refusal))
		return reset_refused(nft, &first, &refusal, error);
	if (try_reset(nft, elems, true, guarded, &second, &again) == 0)
		return 0;
	/* Nothing was there to be in the way: then the first refusal tells what is wrong. */
	if (again.code == -ENOENT)
		return reset_refused(nft, &first, &refusal, error);
	return reset_refused(nft, &second, &again, error);
}

/* The table is made again without an owner, for a netd that is about to go for good. Somebody else
 * can change or remove it then. */
int nft_disown(struct nft *nft, const struct ruleset_elems *elems, struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct nft_refusal refusal;
	bool guarded = false;
	int err = nft_table_foreign(nft, RULESET_TABLE, &guarded);

	if (err < 0)
		return error_system(error, err, "reading table inet " RULESET_TABLE);
	/* From here on this socket makes tables without owners. */
	nft->table_flags = 0;
	if (try_reset(nft, elems, true, guarded, &batch, &refusal) == 0)
		return 0;
	return reset_refused(nft, &batch, &refusal, error);
}

/* A table that is not there is removed as wanted. */
int nft_remove(struct nft *nft, struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct nft_refusal refusal;
	bool guarded = false;
	int err = nft_table_foreign(nft, RULESET_TABLE, &guarded);

	if (err < 0)
		return error_system(error, err, "reading table inet " RULESET_TABLE);
	/* Each for itself, for one of them alone may be there. */
	if (guarded)
		nft_table_append_delete(&batch, NFPROTO_BRIDGE, RULESET_TABLE);
	err = guarded ? nft_batch_commit_patient(nft, &batch, &refusal) : 0;
	if (err == 0 || err == -ENOENT) {
		nft_batch_clear(&batch);
		nft_table_append_delete(&batch, NFPROTO_INET, RULESET_TABLE);
		err = nft_batch_commit_patient(nft, &batch, &refusal);
	}
	if (err == 0 || err == -ENOENT)
		return 0;
	return nft_refused(&batch, &refusal, error, "removing table inet " RULESET_TABLE);
}

/* One transaction for all elements: all of them change or none does. */
static int change_elems(struct nft *nft, const struct ruleset_elems *elems, bool add,
			struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct nft_refusal refusal;
	int err;

	nft_elem_append(&batch, RULESET_TABLE, elems, add);
	/* Not patient: the table is this process's own by now. */
	err = nft_batch_commit(nft, &batch, false, &refusal);
	/* Sent twice and not found the second time: the first one had deleted it. */
	if (err == 0 || (!add && err == -ENOENT && refusal.unsure))
		return 0;
	return nft_refused(&batch, &refusal, error, add ? "adding elements" : "deleting elements");
}

int nft_elems_add(struct nft *nft, const struct ruleset_elems *elems, struct error *error)
{
	return change_elems(nft, elems, true, error);
}

int nft_elems_delete(struct nft *nft, const struct ruleset_elems *elems, struct error *error)
{
	return change_elems(nft, elems, false, error);
}

/* Packets see the old elements or the new ones. */
int nft_elems_replace(struct nft *nft, const struct ruleset_elems *elems, struct error *error)
{
	_cleanup_(nft_batch_done) struct nft_batch batch = { 0 };
	struct nft_refusal refusal;
	int err;

	/* Out and in again in one transaction: an element's comment cannot be changed in place. */
	nft_elem_append(&batch, RULESET_TABLE, elems, false);
	nft_elem_append(&batch, RULESET_TABLE, elems, true);
	err = nft_batch_commit(nft, &batch, false, &refusal);
	return err == 0 ? 0 : nft_refused(&batch, &refusal, error, "replacing elements");
}

/* Intervals are kept as their first key and the key behind their last, with a flag. */
static bool is_interval_end(const struct nlattr *elem)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, elem)
	{
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_FLAGS)
			return ntohl(mnl_attr_get_u32(attr)) & NFT_SET_ELEM_INTERVAL_END;
	}
	return false;
}

static int count_elems(const struct nlmsghdr *nlh, void *data)
{
	/* An interval is two elements to the kernel, a start and an end. It is one to us. */
	const struct nlattr *attr, *elem;
	int *n = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) != NFTA_SET_ELEM_LIST_ELEMENTS)
			continue;
		mnl_attr_for_each_nested(elem, attr) *n += !is_interval_end(elem);
	}
	return 0;
}

/* The number of elements in a set, or a negative errno. */
int nft_elems_count(struct nft *nft, enum ruleset_set set)
{
	_cleanup_(nft_batch_done) struct nft_batch request = { 0 };
	/* Counted again from the beginning when somebody changed the set meanwhile: half of two
	 * sets is no count. */
	int n = 0, err = -EINTR;

	for (int i = 0; i < NFT_DUMP_TRIES && err == -EINTR; i++) {
		nft_batch_clear(&request);
		err = nft_elem_append_dump(&request, RULESET_TABLE, set);
		n = 0;
		if (err == 0)
			err = nft_batch_ask(nft, &request, NLM_F_DUMP, count_elems, &n);
	}
	return err < 0 ? err : n;
}

static int ignore_message(const struct nlmsghdr *nlh, void *data)
{
	(void)nlh, (void)data;
	return 0;
}

/* 1: it is there; 0: it is not. The kernel compares the key only. */
int nft_elem_present(struct nft *nft, const struct ruleset_elem *elem)
{
	_cleanup_(nft_batch_done) struct nft_batch request = { 0 };
	int err;

	int tries = 0;

	do {
		nft_batch_clear(&request);
		nft_elem_append_get(&request, RULESET_TABLE, elem);
		/* The answer is the element itself, which is of no interest. */
		err = nft_batch_ask(nft, &request, NLM_F_ACK, ignore_message, NULL);
	} while (err == -EINTR && ++tries < NFT_DUMP_TRIES);
	if (err == -ENOENT)
		return 0;
	return err < 0 ? err : 1;
}
