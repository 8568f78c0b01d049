// SPDX-License-Identifier: GPL-2.0-or-later
// nft_batch.c - builds nf_tables transactions, sends them and reads the kernel's answers
#include "kernel/nft_batch.h"

#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/grow.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The buffer grows by itself beyond it. */
#define BATCH_FIRST 8192 /* the table of a container's redirect, or an attach, without growing */
#define HEADER_ROOM (sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg))
#define ANSWER_MAX 32768 /* the kernel's dumps come in messages of at most this size */

/* Theory of operation. A batch is one buffer of netlink messages, begun by NFNL_MSG_BATCH_BEGIN and
 * ended by NFNL_MSG_BATCH_END, and a note for each message: where it lies and what it is about, in
 * words. The last message is open until the next one begins, so attributes can be added to it.
 * Errors of memory are sticky in err, and the commit gives them back: who builds a batch need not
 * check each call.
 *
 * The messages carry consecutive numbers from the socket's counter; an answer's number says which
 * message it is about.
 *
 * How answers come. The kernel processes a batch inside send(2) (nfnetlink_rcv_batch) and puts an
 * answer into the socket for each message that it refuses, and one for each that asks for an
 * acknowledgement, which is the last alone. So recv(2) finds all of them without waiting, and
 * nothing comes behind an answer to the last. An answer can be lost when there is no memory for it
 * or the buffer is full; the transaction is sent again then. */

/* Takes one that is all zero, too. */
void nft_batch_done(struct nft_batch *batch)
{
	free(batch->data);
	free(batch->notes);
	*batch = (struct nft_batch) { 0 };
}

/* Keeps the memory for the next batch. */
void nft_batch_clear(struct nft_batch *batch)
{
	batch->len = 0;
	batch->n_notes = 0;
	batch->open = false;
	batch->err = 0;
}

/* Room for that many bytes behind what there is. Pointers into the batch are not good any more
 * afterwards. */
static bool batch_reserve(struct nft_batch *batch, size_t room)
{
	size_t wanted = batch->len + room < BATCH_FIRST ? BATCH_FIRST : batch->len + room;
	uint8_t *data = grow(batch->data, &batch->size, wanted, sizeof(*data));

	/* Everything from here on does nothing: err is checked where a message is begun. */
	if (!data) {
		batch->err = -ENOMEM;
		return false;
	}
	batch->data = data;
	return true;
}

/* A note's place in the list is the message's number. */
static bool note_reserve(struct nft_batch *batch)
{
	struct nft_note *notes = grow(batch->notes, &batch->notes_size, batch->n_notes + 1,
				      sizeof(*notes));

	if (!notes) {
		batch->err = -ENOMEM;
		return false;
	}
	batch->notes = notes;
	return true;
}

/* By its offset, for the buffer may have moved. */
static struct nlmsghdr *last_message(struct nft_batch *batch)
{
	return (struct nlmsghdr *)(void *)(batch->data + batch->notes[batch->n_notes - 1].offset);
}

/* Lengths are padded to 4 bytes, as the next header has to be aligned. */
static void end_message(struct nft_batch *batch)
{
	if (!batch->open)
		return;
	batch->len += MNL_ALIGN(last_message(batch)->nlmsg_len);
	batch->open = false;
}

/* room is how many bytes of attributes the caller may put. It is not checked by libmnl. */
static struct nlmsghdr *start_message(struct nft_batch *batch, uint16_t type, uint16_t flags,
				      uint8_t family, size_t room)
{
	/* The length of the open message is known only now. */
	end_message(batch);
	if (batch->err < 0 || !batch_reserve(batch, HEADER_ROOM + room) || !note_reserve(batch))
		return NULL;

	struct nlmsghdr *nlh = mnl_nlmsg_put_header(batch->data + batch->len);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	/* The batch markers name the subsystem here. */
	nfg->res_id = type < NLMSG_MIN_TYPE + 2 ? htons(NFNL_SUBSYS_NFTABLES) : 0;
	batch->notes[batch->n_notes++] = (struct nft_note) { .offset = batch->len };
	batch->open = true;
	return nlh;
}

/* name must live as long as the batch: it is kept by pointer. NULL: out of memory, and err is
 * set. */
struct nlmsghdr *nft_batch_add(struct nft_batch *batch, uint16_t type, uint16_t flags,
			       uint8_t family, size_t room, const char *what, const char *name)
{
	/* The first message is preceded by the marker that begins a transaction. */
	if (batch->n_notes == 0 && !start_message(batch, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, 0))
		return NULL;

	struct nlmsghdr *nlh = start_message(batch, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
					     flags, family, room);

	if (nlh) {
		batch->notes[batch->n_notes - 1].what = what;
		batch->notes[batch->n_notes - 1].name = name;
	}
	return nlh;
}

/* Numbers the messages from *seq and asks for one acknowledgement, of the last: the kernel reports
 * errors unasked, and an answer to the last proves that all were read. The end marker is no message
 * of the transaction, so the acknowledgement is asked of the one before it. */
static void number_messages(struct nft_batch *batch, size_t n_numbered, uint32_t *seq)
{
	for (size_t i = 0; i < batch->n_notes; i++) {
		struct nlmsghdr *nlh = (void *)(batch->data + batch->notes[i].offset);

		/* By offset and not by pointer: the buffer may have moved when it grew. */
		nlh->nlmsg_seq = *seq + (uint32_t)i;
		if (i + 1 == n_numbered)
			nlh->nlmsg_flags |= NLM_F_ACK;
	}
	*seq += (uint32_t)batch->n_notes;
}

/* Sends it in one piece. The kernel takes a batch in one send(2) or not at all, and the send buffer
 * must hold it, which it says with EMSGSIZE. Most fit into the one that a socket is born with. */
static int send_all(const struct nft *nft, const uint8_t *data, size_t len)
{
	int wanted = (int)len + 65536; /* netlink_sendmsg wants some more than the message */
	ssize_t sent = send(nft->fd, data, len, 0);

	if (sent < 0 && errno == EMSGSIZE) {
		/* FORCE goes beyond the host's limit. */
		(void)setsockopt(nft->fd, SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof(wanted));
		sent = send(nft->fd, data, len, 0);
	}
	return sent < 0 ? -errno : 0;
}

/* The note is what the message was about. A marker has none. */
static void read_refusal(const struct nlmsghdr *nlh, const struct nft_batch *batch, uint32_t index,
			 int code, struct nft_refusal *ret)
{
	size_t skip = sizeof(struct nlmsgerr); /* NETLINK_CAP_ACK: the request is not echoed */
	const struct nlattr *attr;

	*ret = (struct nft_refusal) { .code = code };
	if (batch->notes[index].what)
		ret->note = &batch->notes[index];
	/* Without TLVs the kernel says nothing more than the number. */
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, skip)
	{
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			ret->attr_offset = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			(void)snprintf(ret->text, sizeof(ret->text), "%.*s",
				       (int)mnl_attr_get_payload_len(attr), mnl_attr_get_str(attr));
	}
}

/* What is known of the answer so far. answered: at least one message of it came; complete: the one
 * to the message that asked for it, which is the last. */
struct answer {
	const struct nft_batch *batch;
	uint32_t seq_first, seq_asked;
	struct nft_refusal refusal;
	bool answered, complete;
};

/* Takes an answer if it is to this batch. */
static void read_answer(const struct nlmsghdr *nlh, struct answer *answer)
{
	/* A number before the first one becomes a very large index. */
	uint32_t index = nlh->nlmsg_seq - answer->seq_first;
	const struct nlmsgerr *nlerr = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type != NLMSG_ERROR || index >= answer->batch->n_notes ||
	    nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*nlerr)))
		return; /* left over from an earlier request that failed half-way */
	answer->answered = true;
	answer->complete |= nlh->nlmsg_seq == answer->seq_asked;
	/* The first refusal is the one that is told. Those behind it follow from it. */
	if (nlerr->error != 0 && answer->refusal.code == 0)
		read_refusal(nlh, answer->batch, index, nlerr->error, &answer->refusal);
}

/* The bound is short: an answer that is late at all is a rare thing, and the whole loop waits. */
static void wait_answer(const struct nft *nft)
{
	struct pollfd pfd = { .fd = nft->fd, .events = POLLIN };

	(void)deadline_poll(&pfd, 1, deadline_after(NFT_LATE_MS)); /* read again whatever it says */
}

/* Everything the kernel has to say is in the socket when send returns. Reads to the end of it, or
 * until the socket is empty: a batch that is refused as a whole has no answer to its last message.
 */
static int read_answers(const struct nft *nft, struct answer *answer)
{
	bool waited = false;

	while (!answer->complete) {
		_Alignas(struct nlmsghdr) char buffer[ANSWER_MAX];
		ssize_t got = recv(nft->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		int len = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		/* Nothing has come yet, which hardly happens: once it is waited a little. */
		if (got < 0 && errno == EAGAIN && !answer->answered && !waited) {
			waited = true;
			wait_answer(nft);
			continue;
		}
		if (got < 0)
			return errno == EAGAIN ? 0 : -errno;
		for (const struct nlmsghdr *nlh = (void *)buffer; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len))
			read_answer(nlh, answer);
	}
	return 0;
}

/* *ret_sent: it went out, and what became of it is not known. */
static int commit_once(struct nft *nft, struct nft_batch *batch, bool dry,
		       struct nft_refusal *ret_refusal, bool *ret_sent)
{
	size_t n_asked = batch->n_notes;
	struct answer answer = { .batch = batch,
				 .seq_first = nft->seq,
				 .seq_asked = nft->seq + (uint32_t)n_asked - 1 };
	int err;

	/* Without the end marker the kernel validates the batch and takes it back. */
	if (!dry)
		(void)start_message(batch, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, 0);
	/* Nothing is added behind it. */
	end_message(batch);
	err = batch->err;
	if (err == 0) {
		number_messages(batch, n_asked, &nft->seq);
		err = send_all(nft, batch->data, batch->len);
	}
	if (err == 0) {
		*ret_sent = true;
		err = read_answers(nft, &answer);
	}
	if (answer.answered)
		*ret_sent = false; /* what became of it is known */
	/* No error and no answer: it was lost on its way. */
	else if (err == 0)
		err = -EIO;
	*ret_refusal = answer.refusal;
	if (err < 0 && !answer.answered)
		*ret_refusal = (struct nft_refusal) { .code = err };
	/* The refusal's own code, which is 0 when there was none. Returned and told in *ret_refusal
	 * alike. */
	return ret_refusal->code;
}

/* Whether the same may be sent again: it did not go out, or its answer did not come. -EINTR is no
 * answer to a transaction; a signal may interrupt the send. */
static bool may_try_again(int err)
{
	return err == -ENOBUFS || err == -ENOMEM || err == -EAGAIN || err == -EIO || err == -EINTR;
}

/* Where the batch ends before the end marker, which each try appends. Only three figures:
 * everything behind them is cut off again. */
struct batch_end {
	size_t len, n_notes;
	bool open;
};

static struct batch_end batch_end(const struct nft_batch *batch)
{
	return (struct batch_end) { batch->len, batch->n_notes, batch->open };
}

static void batch_cut(struct nft_batch *batch, const struct batch_end *end)
{
	batch->len = end->len;
	batch->n_notes = end->n_notes;
	batch->open = end->open;
}

/* When the answer is lost (no memory for it, or no room: ENOBUFS), the transaction may have been
 * carried out or not. It is sent again: all netd's say how things are to be. A deletion does not
 * find what the first has deleted. ret_refusal->unsure tells the caller that an earlier try may
 * have been carried out. */
int nft_batch_commit(struct nft *nft, struct nft_batch *batch, bool dry,
		     struct nft_refusal *ret_refusal)
{
	const struct batch_end end = batch_end(batch);
	bool unsure = false;
	int err = batch->err;

	*ret_refusal = (struct nft_refusal) { .code = err };
	/* A batch without a message is a success: there is nothing to do. */
	if (end.n_notes == 0 || err < 0)
		return err;
	for (int i = 0; i < NFT_TRIES_MAX; i++) {
		bool lost = false;

		/* Each try begins with the batch as the caller left it. */
		batch_cut(batch, &end);
		err = commit_once(nft, batch, dry, ret_refusal, &lost);
		unsure |= lost;
		/* A batch that could not be built is not tried again. */
		if (batch->err < 0 || !may_try_again(err))
			break;
	}
	ret_refusal->unsure = unsure;
	return err;
}

/* For the changes of a whole table, which another netd that is just ending may still own. */
int nft_batch_commit_patient(struct nft *nft, struct nft_batch *batch,
			     struct nft_refusal *ret_refusal)
{
	const struct batch_end end = batch_end(batch);
	int err = nft_batch_commit(nft, batch, false, ret_refusal);
	int64_t deadline_ms = deadline_after(NFT_BUSY_MS); /* a large one takes long by itself */

	/* EPERM: the socket that owns the table has not been closed yet, for its process is just
	 * ending. */
	while (err == -EPERM && deadline_pause(deadline_ms, NFT_BUSY_STEP_US)) {
		batch_cut(batch, &end);
		err = nft_batch_commit(nft, batch, false, ret_refusal);
	}
	return err;
}

/* One question that has many answers. each is called for every message but the last. */
struct dump {
	int (*each)(const struct nlmsghdr *nlh, void *data);
	void *data;
	uint32_t seq;
	bool finished, interrupted;
};

/* Messages of another number are what is left of an earlier question. */
static int dump_message(const struct nlmsghdr *nlh, struct dump *dump)
{
	if (nlh->nlmsg_seq != dump->seq)
		return 0;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		dump->interrupted = true;
	if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
		const int *code = mnl_nlmsg_get_payload(nlh);

		dump->finished = true;
		/* DONE and ERROR both carry a code where they have room for one. */
		return nlh->nlmsg_len >= mnl_nlmsg_size(sizeof(*code)) ? *code : 0;
	}
	return dump->each(nlh, dump->data);
}

/* After an error the rest is still read, so that the next request finds an empty socket. The code
 * that counts is the first one, also if it is the caller's own. */
static int dump_read(const struct nft *nft, struct dump *dump)
{
	bool waited = false;
	int err = 0;

	while (!dump->finished) {
		_Alignas(struct nlmsghdr) char buffer[ANSWER_MAX];
		ssize_t got = recv(nft->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		int len = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		/* As in read_answers(). */
		if (got < 0 && errno == EAGAIN && !waited) {
			waited = true;
			wait_answer(nft);
			continue;
		}
		if (got < 0)
			return -errno;
		for (const struct nlmsghdr *nlh = (void *)buffer; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			int code = dump_message(nlh, dump);

			/* The first error counts, and everything behind it is read and dropped. */
			if (err == 0)
				err = code;
		}
	}
	return err;
}

/* The rest of a dump that nobody reads any more keeps the kernel from beginning another (EBUSY).
 * The number of messages is bounded, so that a kernel that never ends does not hold netd. */
static void drain(const struct nft *nft)
{
	char buffer[ANSWER_MAX];

	for (int i = 0; i < NFT_DRAIN_MAX; i++)
		if (recv(nft->fd, buffer, sizeof(buffer), MSG_DONTWAIT) < 0 && errno == EAGAIN)
			return;
}

/* -EINTR means: ask again. The request is one message, and no transaction. */
int nft_batch_ask(struct nft *nft, struct nft_batch *request, uint16_t flags,
		  int (*each)(const struct nlmsghdr *nlh, void *data), void *data)
{
	struct dump dump = { .each = each, .data = data, .seq = nft->seq++ };
	int err;

	end_message(request);
	if (request->err < 0)
		return request->err;

	/* notes[0] is the begin marker, which a question has not. */
	size_t offset = request->notes[1].offset;
	struct nlmsghdr *nlh = (void *)(request->data + offset);

	nlh->nlmsg_seq = dump.seq;
	nlh->nlmsg_flags |= flags;
	err = send_all(nft, request->data + offset, request->len - offset);
	if (err == 0)
		err = dump_read(nft, &dump);
	if (!dump.finished && err < 0)
		drain(nft);
	/* In every case the answer is incomplete, and the caller begins again. */
	if (err == -EBUSY || (!dump.finished && may_try_again(err)))
		return -EINTR;
	return err == 0 && dump.interrupted ? -EINTR : err;
}
