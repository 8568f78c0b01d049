// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl.c - the rtnetlink socket: batches, acknowledgements, dumps
#include "kernel/rtnl_msg.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/grow.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

/* EXT_ACK: errors come with words. CAP_ACK: an error does not repeat the request. STRICT_CHK: a
 * dump takes filters. */
static void set_options(int fd)
{
	static const int options[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK };
	const int on = 1;

	/* Each only improves the answers; a kernel that lacks one (before 4.20) does without. */
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		(void)setsockopt(fd, SOL_NETLINK, options[i], &on, sizeof(on));
}

/* The socket belongs to the namespace that the thread is in. *ret_rtnl is the caller's, for
 * rtnl_close(). */
int rtnl_open(struct rtnl **ret_rtnl, struct error *error)
{
	/* malloc and not calloc: the buffer for answers is large, and is written before it is
	 * read. */
	struct rtnl *rtnl = malloc(sizeof(*rtnl));

	if (!rtnl)
		return error_system(error, -ENOMEM, "cannot open a rtnetlink socket");
	/* Only what is read before it is written needs a value. */
	rtnl->last_seq = 0;
	rtnl->newest = 0;
	rtnl->reason[0] = '\0';
	/* Not by libnl's nl_connect(): it makes the buffers smaller than they are and gives the
	 * socket a number, which the kernel does itself when something is sent. */
	rtnl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (rtnl->fd < 0) {
		int err = -errno;

		free(rtnl);
		return error_system(error, err, "cannot open a rtnetlink socket");
	}
	set_options(rtnl->fd);
	*ret_rtnl = rtnl;
	return 0;
}

/* Takes NULL. */
void rtnl_close(struct rtnl *rtnl)
{
	if (!rtnl)
		return;
	(void)close(rtnl->fd);
	free(rtnl);
}

/* Theory of operation. The kernel works inside sendmsg(2), and its answer is in the socket when
 * that returns. When the answer is lost all the same (no memory for it, or no room: ENOBUFS), what
 * was asked for may have been done or not. So the request is sent again: nearly all of them say how
 * things are to be and not what is to change, and what a deletion does not find any more is gone.
 * Only a link that is to be made new is not asked for twice: whether it is there is looked at
 * (rtnl_link_is_newborn).
 *
 * The parts: rtnl_msg.c builds requests, this file sends them and reads the answers, and other
 * files know what the messages mean. A batch is several requests in one sendmsg(2); the kernel
 * takes them in order, and does not stop at one that fails. It answers each that it refuses, and
 * the last, which alone asks for an acknowledgement: that is behind all other answers. A question
 * is answered by what was asked for, or by an error.
 *
 * A request and its answer have one number (nlmsg_seq). Answers with another one are left over from
 * before, and are passed over wherever they are read. */

/* The bound is short, for the loop stands still meanwhile. */
static bool wait_answer(const struct rtnl *rtnl)
{
	struct pollfd pfd = { .fd = rtnl->fd, .events = POLLIN };

	return deadline_poll(&pfd, 1, deadline_after(RTNL_LATE_MS)) > 0;
}

/* Reading does not wait but once, for what is late. Datagrams of other senders than the kernel are
 * dropped. The length, or a negative errno. -EPROTO: there is no answer. The buffer holds one
 * datagram, until the next call. */
static ssize_t receive(struct rtnl *rtnl)
{
	bool waited = false;
	struct sockaddr_nl from;
	struct iovec iov = { rtnl->buffer, sizeof(rtnl->buffer) };

	for (;;) {
		struct msghdr msg = { .msg_name = &from,
				      .msg_namelen = sizeof(from),
				      .msg_iov = &iov,
				      .msg_iovlen = 1 };
		ssize_t len = recvmsg(rtnl->fd, &msg, MSG_DONTWAIT);

		/* A signal is no reason to ask again. */
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN && !waited) {
			waited = true;
			(void)wait_answer(rtnl); /* read again whatever it says */
			continue;
		}
		if (len < 0)
			return errno == EAGAIN ? -EPROTO : -errno;
		/* A datagram that is larger than the buffer would be read as half a message. */
		if (msg.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		/* nl_pid 0 is the kernel. Everything else is somebody who knows our number. */
		if (msg.msg_namelen == sizeof(from) && from.nl_pid == 0)
			return len;
	}
}

/* Whether the same may be asked again: the request did not go out, or its answer did not come.
 * -EBUSY: another dump is under way in this socket. -ENOMEM and -ENOBUFS are of the moment; -EAGAIN
 * is a send buffer that is full. */
static bool may_try_again(int err)
{
	return err == -ENOBUFS || err == -ENOMEM || err == -EAGAIN || err == -EPROTO ||
	       err == -EBUSY;
}

/* The rest of a dump that nobody reads any more keeps the kernel from beginning another (EBUSY). */
static void drain(struct rtnl *rtnl)
{
	for (int i = 0; i < RTNL_DRAIN_MAX; i++)
		if (recv(rtnl->fd, rtnl->buffer, sizeof(rtnl->buffer), MSG_DONTWAIT) < 0 &&
		    errno == EAGAIN)
			return;
}

/* What an older request left behind (its receiver gave up on an error) must not answer this one.
 * Numbers each message anew, also when a batch is sent a second time, so that a late answer of the
 * first is known for what it is. iov points into the messages. */
static void send_prepare(struct rtnl *rtnl, struct rtnl_batch *batch, struct iovec *iov)
{
	if (rtnl->last_seq > UINT32_MAX - RTNL_BATCH_MAX)
		rtnl->last_seq = 0; /* a batch has consecutive numbers, and 0 is the kernel's own */
	for (size_t i = 0; i < batch->n_messages; i++) {
		struct nlmsghdr *nlh = nlmsg_hdr(batch->messages[i]);

		nlh->nlmsg_seq = ++rtnl->last_seq;
		iov[i] = (struct iovec) { nlh, nlh->nlmsg_len };
	}
	rtnl->reason[0] = '\0';
}

/* All messages in one call. 0: the kernel has taken all of them. Their answers are in the socket by
 * then. */
static int batch_send(struct rtnl *rtnl, struct rtnl_batch *batch)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct iovec iov[RTNL_BATCH_MAX];
	struct msghdr msg = { .msg_name = &kernel,
			      .msg_namelen = sizeof(kernel),
			      .msg_iov = iov,
			      .msg_iovlen = batch->n_messages };

	if (batch->err < 0)
		return batch->err;
	/* A batch without a message is a mistake of the caller's. */
	if (batch->n_messages == 0)
		return -EINVAL;
	send_prepare(rtnl, batch, iov);
	/* EINTR comes only before the kernel has looked at the first message. */
	while (sendmsg(rtnl->fd, &msg, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* The error in an acknowledgement or at the end of a dump; keeps the kernel's words. header: how
 * much stands before the attributes with the words. 0: a success, which an acknowledgement is,
 * too. */
static int answer_error(struct rtnl *rtnl, struct nlmsghdr *nlh, size_t header)
{
	struct nlattr *attributes[NLMSGERR_ATTR_MAX + 1];
	int err;

	if (!nlmsg_valid_hdr(nlh, sizeof(err)))
		return -EBADMSG;
	memcpy(&err, nlmsg_data(nlh), sizeof(err));
	/* The first reason is kept: those behind it follow from it. */
	if (err < 0 && (nlh->nlmsg_flags & NLM_F_ACK_TLVS) && rtnl->reason[0] == '\0' &&
	    nlmsg_parse(nlh, (int)header, attributes, NLMSGERR_ATTR_MAX, NULL) == 0 &&
	    attributes[NLMSGERR_ATTR_MSG])
		(void)nla_strlcpy(rtnl->reason, attributes[NLMSGERR_ATTR_MSG],
				  sizeof(rtnl->reason)); /* cut is fine */
	return err;
}

/* What a deletion answers that a lost one before it has done. What is not there any more is what
 * was wanted. */
static bool is_gone(const struct nlmsghdr *nlh, int err)
{
	switch (nlh->nlmsg_type) {
	case RTM_DELLINK:
	case RTM_DELADDR:
	case RTM_DELROUTE:
	case RTM_DELNEIGH:
		return err == -ENODEV || err == -ESRCH || err == -EADDRNOTAVAIL || err == -ENOENT;
	default:
		return false;
	}
}

/* Reads one datagram of answers. *result keeps the first error, and batch->failed says which
 * request it was. 1: the last request's answer was there, so all are; 0: it is yet to come.
 * Negative: nothing could be read. */
static int collect(struct rtnl *rtnl, struct rtnl_batch *batch, uint32_t first_seq, int *result)
{
	ssize_t received = receive(rtnl);
	struct nlmsghdr *nlh = (struct nlmsghdr *)rtnl->buffer;
	int complete = 0;

	if (received < 0)
		return (int)received;
	for (int left = (int)received; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left)) {
		/* A number before the first gives a huge index, which is passed over as well.
		 * Unsigned arithmetic. Numbers of a batch follow each other, so the difference is
		 * the place in it. */
		size_t index = nlh->nlmsg_seq - first_seq;
		int err;

		if (nlh->nlmsg_type != NLMSG_ERROR || index >= batch->n_messages)
			continue;
		if (index + 1 == batch->n_messages)
			complete = 1;
		/* It has one already, or the kernel gives it one when it needs one. */
		if (nlmsg_hdr(batch->messages[index])->nlmsg_type == RTM_NEWNSID)
			continue;
		err = answer_error(rtnl, nlh, sizeof(struct nlmsgerr));
		/* Sent twice: what the first one deleted is as good as deleted now. */
		if (batch->unsure && is_gone(nlmsg_hdr(batch->messages[index]), err))
			err = 0;
		if (err < 0 && *result == 0) {
			*result = err;
			batch->failed = index;
		}
	}
	return complete;
}

/* *ret_sent stays true when the answers did not all come: then it is not known what was done. The
 * result is the first error of any request, or 0. */
static int run_once(struct rtnl *rtnl, struct rtnl_batch *batch, bool *ret_sent)
{
	int result = 0, complete = 0, err = batch_send(rtnl, batch);

	if (err < 0)
		return err;
	*ret_sent = true;
	while (complete == 0)
		complete = collect(rtnl, batch, nlmsg_hdr(batch->messages[0])->nlmsg_seq, &result);
	if (complete < 0)
		return complete;
	*ret_sent = false; /* what became of it is known */
	return result;
}

/* NLM_F_EXCL: the request fails where the thing is there. Such a batch may be sent once only. */
static bool makes_new(const struct rtnl_batch *batch)
{
	for (size_t i = 0; i < batch->n_messages; i++)
		if (nlmsg_hdr(batch->messages[i])->nlmsg_flags & NLM_F_EXCL)
			return true;
	return false;
}

/* 0 or the first error. batch->unsure says that an earlier try may have been carried out. The
 * kernel does not undo what came before a request that failed. Whoever needs that removes it
 * himself. */
int rtnl_batch_run(struct rtnl *rtnl, struct rtnl_batch *batch)
{
	int err = 0;

	if (batch->n_messages > 0)
		nlmsg_hdr(batch->messages[batch->n_messages - 1])->nlmsg_flags |= NLM_F_ACK;
	for (int i = 0; i < RTNL_TRIES_MAX; i++) {
		bool lost = false;

		/* What is left of the last try would be taken for answers otherwise. */
		if (i > 0)
			drain(rtnl);
		err = run_once(rtnl, batch, &lost);
		batch->unsure |= lost;
		/* NLM_F_EXCL would fail on what the lost request has made. The caller looks
		 * whether it is there. */
		if (batch->err < 0 || !may_try_again(err) || (lost && makes_new(batch)))
			break;
	}
	return err;
}

/* One dump, or one question. Of query_once(), while answers are read. */
struct query {
	uint32_t seq;
	rtnl_answer_fn answer;
	void *data;
	bool single; /* no dump: the answer is one message, and nothing comes behind it */
	bool done, interrupted;
	int result;
};

/* After an error of answer the messages are still read, and passed over. result keeps the first
 * error. */
static void query_message(struct rtnl *rtnl, struct query *query, struct nlmsghdr *nlh)
{
	int err = 0;

	/* Leftovers of an earlier dump, or a message behind the end. */
	if (nlh->nlmsg_seq != query->seq || query->done)
		return;
	query->interrupted |= (nlh->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
		query->done = true;
		err = answer_error(rtnl, nlh,
				   nlh->nlmsg_type == NLMSG_ERROR ? sizeof(struct nlmsgerr)
								  : sizeof(int));
	} else {
		query->done = query->single;
		if (query->result == 0)
			err = query->answer(rtnl, nlh, query->data);
	}
	if (err < 0 && query->result == 0)
		query->result = err;
}

/* Reads to the end even after a failure: the socket must be empty for the next request. -EINTR: the
 * dump was interrupted by a change. */
static int query_once(struct rtnl *rtnl, struct rtnl_batch *batch, rtnl_answer_fn answer,
		      void *data)
{
	struct query query = { .answer = answer, .data = data };
	int err = batch_send(rtnl, batch);

	if (err < 0)
		return err;
	query.seq = nlmsg_hdr(batch->messages[0])->nlmsg_seq;
	query.single = (nlmsg_hdr(batch->messages[0])->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP;
	while (!query.done) {
		ssize_t received = receive(rtnl);
		struct nlmsghdr *nlh = (struct nlmsghdr *)rtnl->buffer;

		if (received < 0)
			return (int)received;
		for (int left = (int)received; nlmsg_ok(nlh, left); nlh = nlmsg_next(nlh, &left))
			query_message(rtnl, &query, nlh);
	}
	if (query.result < 0)
		return query.result;
	return query.interrupted ? -EINTR : 0;
}

/* answer may be called for the same entry twice when a try is repeated: only for questions that do
 * not collect. */
int rtnl_query(struct rtnl *rtnl, struct rtnl_batch *batch, rtnl_answer_fn answer, void *data)
{
	int err = 0;

	for (int i = 0; i < RTNL_TRIES_MAX; i++) {
		if (i > 0)
			drain(rtnl);
		err = query_once(rtnl, batch, answer, data);
		if (batch->err < 0 || !may_try_again(err))
			break;
	}
	return err;
}

/* The new item is zeroed. Pointers to items before it may have moved. NULL: out of memory. grow()
 * makes room for more than one, so most calls do not move anything. */
void *rtnl_list_push(struct rtnl_list *list)
{
	void *items = grow(list->items, &list->capacity, list->n_items + 1, list->item_size);
	char *item;

	if (!items)
		return NULL;
	list->items = items;
	item = (char *)list->items + list->n_items++ * list->item_size;
	memset(item, 0, list->item_size);
	return item;
}

/* attribute 0: no filter. The list keeps what it had before the call. -EINTR: the dump was
 * interrupted at every try. */
int rtnl_dump(struct rtnl *rtnl, uint16_t type, const void *header, size_t size, int attribute,
	      uint32_t value, rtnl_answer_fn answer, struct rtnl_list *list)
{
	size_t n_before = list->n_items;
	RTNL_BATCH(batch);
	int err = -EINTR;

	rtnl_batch_add(&batch, type, NLM_F_DUMP, header, size);
	if (attribute != 0)
		rtnl_put_u32(&batch, attribute, value);
	for (int tries = 0; (err == -EINTR || may_try_again(err)) && tries < RTNL_DUMP_TRIES_MAX;
	     tries++) {
		/* What was collected of an interrupted dump goes: it may lack or repeat entries. */
		list->n_items = n_before;
		if (err != -EINTR)
			drain(rtnl);
		err = query_once(rtnl, &batch, answer, list);
	}
	return err;
}

/* error may be NULL. Gives err back, so that it can stand in a return statement. */
int rtnl_fail(const struct rtnl *rtnl, struct error *error, int err, const char *format, ...)
{
	char sentence[ERROR_TEXT_MAX / 2];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, args); /* cut is fine */
	va_end(args);
	(void)error_system(error, err, "%s", sentence);
	/* The kernel's own words, in brackets, where it has any (NETLINK_EXT_ACK). */
	if (error && rtnl->reason[0] != '\0') {
		size_t len = strlen(error->text);

		(void)snprintf(error->text + len, sizeof(error->text) - len, " (%s)", rtnl->reason);
	}
	return err;
}

/* Any socket will do for the ioctl. -ENOENT: no such link, or a name that can be none. */
int rtnl_ifindex(const struct rtnl *rtnl, const char *name)
{
	/* ioctl(2) and not netlink: one call for a name, and no answer to parse. */
	struct ifreq request = { 0 };
	size_t len = strlen(name);

	if (len == 0 || len > IFNAME_LEN_MAX)
		return -ENOENT;
	memcpy(request.ifr_name, name, len);
	if (ioctl(rtnl->fd, SIOCGIFINDEX, &request) < 0)
		return errno == ENODEV ? -ENOENT : -errno;
	return request.ifr_ifindex;
}
