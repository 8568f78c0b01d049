// SPDX-License-Identifier: GPL-2.0-or-later
// look_talk.c - requests to the kernel and the whole of their answers, in namespaces that are
// looked at
#include "kernel/look_parts.h"

#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. A talk is one request and all messages of its answer. Sockets block for
 * nobody: the kernel does its work inside send(2), and a dump inside recv(2). The buffer for the
 * answer is one for all talks, so a message must be read before the next talk begins. A talk that
 * ends early leaves its dump in the socket, and the kernel refuses to begin another there (EBUSY):
 * the socket is replaced. */

/* The request stands in a buffer of the look's: one at a time. *ret_header is zeroed. */
struct nlmsghdr *look_ask_for(struct look *look, uint16_t type, uint16_t flags, size_t header_size,
			      void *ret_header)
{
	struct nlmsghdr *nlh;

	/* libmnl pads attributes with what is there. */
	memset(look->request, 0, sizeof(look->request));
	nlh = mnl_nlmsg_put_header(look->request);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	*(void **)ret_header = mnl_nlmsg_put_extra_header(nlh, header_size);
	return nlh;
}

/* One talk. The number tells its messages from those of one that was given up. */
struct talk {
	uint32_t seq;
	bool is_dump, is_whole, was_interrupted;
	look_message message;
	void *data;
};

/* 0 goes on. An error ends the talk: the kernel's, or that of who takes the messages. */
static int hear(struct talk *talk, const struct nlmsghdr *nlh)
{
	const int *code = mnl_nlmsg_get_payload(nlh);
	int err;

	if (nlh->nlmsg_seq != talk->seq)
		return 0; /* of a talk that was given up */
	/* A flag on any message of a dump: something changed while it was made. */
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		talk->was_interrupted = true;
	if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
		talk->is_whole = true;
		return nlh->nlmsg_len >= mnl_nlmsg_size(sizeof(*code)) ? *code : 0;
	}
	err = talk->message(nlh, talk->data);
	/* An answer that is no dump has one message, and no end is told. */
	if (!talk->is_dump)
		talk->is_whole = true;
	return err;
}

/* The kernel does its work inside send(2) and recv(2), so this never waits. MSG_TRUNC makes recv(2)
 * tell the real length, so a message that was cut is noticed. */
static int listen_to(struct look *look, int fd, struct talk *talk)
{
	while (!talk->is_whole) {
		ssize_t got = recv(fd, look->answer, sizeof(look->answer),
				   MSG_DONTWAIT | MSG_TRUNC);
		int len = (int)got, err = 0;

		if (got < 0)
			return -errno;
		/* The kernel sends at most 32 KiB in one message; a longer one would be cut. */
		if ((size_t)got > sizeof(look->answer))
			return -EMSGSIZE;
		for (const struct nlmsghdr *nlh = (void *)look->answer;
		     mnl_nlmsg_ok(nlh, len) && !talk->is_whole && err == 0;
		     nlh = mnl_nlmsg_next(nlh, &len))
			err = hear(talk, nlh);
		if (err < 0)
			return err;
	}
	return talk->was_interrupted ? -EINTR : 0;
}

static int no_message(const struct nlmsghdr *nlh, void *data)
{
	(void)nlh;
	(void)data;
	return 0;
}

/* 0, -EINTR when the dump was interrupted but is whole, or another error. request is one that
 * look_ask_for() has made. */
int look_talk(struct look *look, struct look_place *place, enum look_socket socket,
	      struct nlmsghdr *request, look_message message, void *data)
{
	struct talk talk = {
		.seq = ++look->seq,
		.is_dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP,
		.message = message,
		.data = data,
	};
	int fd = place->fds[socket], err;

	/* The error with which the socket could not be opened. */
	if (fd < 0)
		return fd;
	request->nlmsg_seq = talk.seq;
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return -errno;
	err = listen_to(look, fd, &talk);
	/* A dump that was left goes on in its socket, which takes no other before its end. */
	if (!talk.is_whole)
		(void)look_reopen(place, socket); /* the next talk says what is wrong */
	return err;
}

/* The kernel answers both inside send(2), each with a datagram of its own. */
int look_talk_twice(struct look *look, struct look_place *place, enum look_socket socket,
		    struct nlmsghdr *const requests[2], const look_message messages[2], void *data)
{
	struct talk talks[2];
	size_t len = 0;
	int fd = place->fds[socket], err;

	if (fd < 0)
		return fd;
	for (int i = 0; i < 2; i++) {
		talks[i] =
			(struct talk) { .seq = ++look->seq, .message = messages[i], .data = data };
		requests[i]->nlmsg_seq = talks[i].seq;
		len = (size_t)((uint8_t *)requests[i] - look->request) + requests[i]->nlmsg_len;
	}
	if (send(fd, look->request, len, 0) < 0)
		return -errno;
	err = listen_to(look, fd, &talks[0]);
	/* Without an answer to the first nobody looks at the other, which is thrown away. */
	if (err < 0)
		talks[1].message = no_message;
	if (talks[0].is_whole)
		(void)listen_to(look, fd, &talks[1]);
	if (!talks[0].is_whole || !talks[1].is_whole)
		(void)look_reopen(place, socket);
	return err;
}

/* ---- attributes ---- */

/* Attributes are read into arrays by their type. Types beyond the array's end are of a kernel that
 * is newer, and are passed over. An attribute that is missing is NULL, and reads as 0 or as
 * empty. */

struct table {
	const struct nlattr **attrs;
	size_t n;
};

static int collect(const struct nlattr *attr, void *data)
{
	const struct table *table = data;

	if (mnl_attr_get_type(attr) < table->n)
		table->attrs[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

/* Those behind the message's own header. */
void look_attrs(const struct nlmsghdr *nlh, size_t header_size, const struct nlattr **ret_attrs,
		size_t n)
{
	struct table table = { ret_attrs, n };

	for (size_t i = 0; i < n; i++)
		ret_attrs[i] = NULL;
	if (nlh->nlmsg_len >= mnl_nlmsg_size(header_size))
		(void)mnl_attr_parse(nlh, (unsigned int)header_size, collect, &table);
}

/* Those inside another attribute. NULL: none. */
void look_nested(const struct nlattr *attr, const struct nlattr **ret_attrs, size_t n)
{
	struct table table = { ret_attrs, n };

	for (size_t i = 0; i < n; i++)
		ret_attrs[i] = NULL;
	if (attr)
		(void)mnl_attr_parse_nested(attr, collect, &table);
}

/* What is shorter than the number is no such number, and leaves 0. A longer one has it at its
 * beginning. */
static void read_number(const struct nlattr *attr, void *ret_number, size_t size)
{
	if (attr && mnl_attr_get_payload_len(attr) >= size)
		memcpy(ret_number, mnl_attr_get_payload(attr), size);
}

uint8_t look_u8(const struct nlattr *attr)
{
	uint8_t number = 0;

	read_number(attr, &number, sizeof(number));
	return number;
}

uint16_t look_u16(const struct nlattr *attr)
{
	uint16_t number = 0;

	read_number(attr, &number, sizeof(number));
	return number;
}

uint32_t look_u32(const struct nlattr *attr)
{
	uint32_t number = 0;

	read_number(attr, &number, sizeof(number));
	return number;
}

/* Text may lack its NUL, and is cut to the room. */
void look_text(const struct nlattr *attr, char *ret_text, size_t size)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (len > size - 1)
		len = size - 1;
	if (len > 0)
		memcpy(ret_text, mnl_attr_get_payload(attr), len);
	ret_text[len] = '\0';
}

/* The length decides the family. Another length is no address. */
struct addr look_addr(const struct nlattr *attr)
{
	struct addr addr = { 0 };
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (len != 4 && len != 16)
		return addr;
	addr.family = len == 4 ? AF_INET : AF_INET6;
	memcpy(addr.bytes, mnl_attr_get_payload(attr), len);
	return addr;
}

void look_mac(const struct nlattr *attr, struct mac *ret_mac, bool *ret_has)
{
	*ret_has = attr && mnl_attr_get_payload_len(attr) == sizeof(ret_mac->bytes);
	if (*ret_has)
		memcpy(ret_mac->bytes, mnl_attr_get_payload(attr), sizeof(ret_mac->bytes));
}
