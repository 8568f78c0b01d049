// SPDX-License-Identifier: GPL-2.0-or-later
// conntrack_counted.c - how many connections the kernel knows, and those it could not take
#include "kernel/conntrack.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

/* Theory of operation. Two questions to ctnetlink. IPCTNL_MSG_CT_GET_STATS has one message with the
 * entries and their limit in this namespace. IPCTNL_MSG_CT_GET_STATS_CPU is a dump with one message
 * for each processor, whose counters are added up. Neither walks the table of flows. */

#define ANSWER_MAX 32768 /* the kernel's dumps come in messages of at most this size */

/* One question: each message of the answer goes to take. */
struct question {
	int fd;
	uint32_t seq;
	void (*take)(const struct nlattr *attr, struct seen_conntrack *counted);
	struct seen_conntrack *counted;
	bool is_dump, finished;
	int err;
};

/* The numbers are 32 bits in network order. Another length counts as 0. */
static uint32_t number(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == 4 ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

static void take_global(const struct nlattr *attr, struct seen_conntrack *counted)
{
	if (mnl_attr_get_type(attr) == CTA_STATS_GLOBAL_ENTRIES)
		counted->entries = number(attr);
	else if (mnl_attr_get_type(attr) == CTA_STATS_GLOBAL_MAX_ENTRIES)
		counted->limit = number(attr);
}

/* Of one processor. CTA_STATS_DROP: no memory or no room. CTA_STATS_EARLY_DROP: an older flow had
 * to make room. CTA_STATS_INSERT_FAILED: two flows wanted the same tuple. */
static void take_processor(const struct nlattr *attr, struct seen_conntrack *counted)
{
	if (mnl_attr_get_type(attr) == CTA_STATS_INSERT_FAILED)
		counted->insert_failed += number(attr);
	else if (mnl_attr_get_type(attr) == CTA_STATS_DROP)
		counted->dropped += number(attr);
	else if (mnl_attr_get_type(attr) == CTA_STATS_EARLY_DROP)
		counted->early_dropped += number(attr);
}

/* Messages of another number are late answers and are passed over. */
static void read_message(struct question *question, const struct nlmsghdr *nlh)
{
	const int *code = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (nlh->nlmsg_seq != question->seq)
		return;
	/* One that is no dump has one message, whose flags announce more
	 * (ctnetlink_stat_ct_fill_info has NLM_F_MULTI in all of its answers). */
	question->finished = !question->is_dump || nlh->nlmsg_type == NLMSG_DONE ||
			     nlh->nlmsg_type == NLMSG_ERROR;
	if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
		if (nlh->nlmsg_len >= mnl_nlmsg_size(sizeof(*code)))
			question->err = *code;
		return;
	}
	mnl_attr_for_each(attr, nlh, sizeof(struct nfgenmsg))
	{
		question->take(attr, question->counted);
	}
}

/* The kernel works inside send(2) and recv(2), so this never waits. One buffer serves both ways:
 * the request is gone when send(2) returns. */
static int ask(struct question *question, uint16_t type, uint16_t flags)
{
	_Alignas(struct nlmsghdr) char buffer[ANSWER_MAX] = { 0 };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nlh->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++question->seq;
	nfg->nfgen_family = AF_UNSPEC;
	nfg->version = NFNETLINK_V0;
	question->is_dump = (flags & NLM_F_DUMP) == NLM_F_DUMP;
	question->finished = false;
	if (send(question->fd, nlh, nlh->nlmsg_len, 0) < 0)
		return -errno;
	while (!question->finished) {
		ssize_t got = recv(question->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		int len = (int)got;

		/* EAGAIN as well: the kernel's answer is there when send(2) returns. -EAGAIN: an
		 * answer that is not there by then never comes. */
		if (got < 0)
			return -errno;
		for (const struct nlmsghdr *in = (void *)buffer; mnl_nlmsg_ok(in, len);
		     in = mnl_nlmsg_next(in, &len))
			read_message(question, in);
	}
	return question->err;
}

int conntrack_counted(struct seen_conntrack *ret_counted, struct error *error)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
					NETLINK_NETFILTER);
	struct seen_conntrack counted = { 0 };
	struct question question = { .fd = fd, .counted = &counted };
	int err = fd < 0 ? -errno : 0;

	/* The limit comes first, for a kernel without ctnetlink refuses that one already. */
	question.take = take_global;
	if (err == 0)
		err = ask(&question, IPCTNL_MSG_CT_GET_STATS, 0);
	question.take = take_processor;
	if (err == 0)
		err = ask(&question, IPCTNL_MSG_CT_GET_STATS_CPU, NLM_F_DUMP);
	/* nfnetlink's answer when nobody serves the subsystem. -EINVAL or -EOPNOTSUPP: its module
	 * is not loaded. */
	if (err == -EINVAL || err == -EOPNOTSUPP)
		return error_set(error, ERROR_UNAVAILABLE,
				 "the kernel does not tell of connections: it has no ctnetlink");
	if (err < 0)
		return error_system(error, err, "cannot ask what conntrack counts");
	*ret_counted = counted;
	return 0;
}
