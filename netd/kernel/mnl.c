// SPDX-License-Identifier: GPL-2.0-or-later
// mnl.c - what netd-explain calls of libmnl, for a program that is linked statically
#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A library that is loaded, as libnftnl, keeps the real ones. */
#pragma GCC visibility push(hidden)
#include <libmnl/libmnl.h>
#pragma GCC visibility pop

/* Theory of operation. netd-explain is started for each question, and the dynamic linker would take
 * it a millisecond of the ten that an answer may take. Debian has no static libmnl. So the
 * functions of it that are called are here, as its headers declare them; the daemon links the
 * library. What they do is arithmetic over messages: test_mnl.c holds them against the library's.
 *
 * As there, the caller has looked that there is room, and that what he reads is whole.
 *
 * Nothing of this may be seen by libraries: the push makes the functions that the header declares
 * hidden.
 *
 * A message is a row: struct nlmsghdr, the family's header, attributes. Each is padded to 4 bytes,
 * and lengths leave the padding of the last one out. */

/* A place behind another, in bytes. Messages are aligned to 4 bytes by who made them. */
static void *at(const void *start, size_t offset)
{
	return (char *)start + offset;
}

/* ---- messages ---- */

/* Of a message with a payload of len bytes. */
size_t mnl_nlmsg_size(size_t len)
{
	return MNL_NLMSG_HDRLEN + len;
}

/* Whether a whole message begins here. len may be negative: mnl_nlmsg_next() subtracts the padding
 * even where the last message has none. */
bool mnl_nlmsg_ok(const struct nlmsghdr *nlh, int len)
{
	const int header = sizeof(*nlh);

	return len >= header && nlh->nlmsg_len >= sizeof(*nlh) && (int)nlh->nlmsg_len <= len;
}

/* The caller asks mnl_nlmsg_ok() before he looks at the result. *len becomes what is left behind
 * this message. */
struct nlmsghdr *mnl_nlmsg_next(const struct nlmsghdr *nlh, int *len)
{
	const size_t size = MNL_ALIGN(nlh->nlmsg_len);

	*len -= (int)size;
	return at(nlh, size);
}

/* Behind netlink's own header. */
void *mnl_nlmsg_get_payload(const struct nlmsghdr *nlh)
{
	return at(nlh, MNL_NLMSG_HDRLEN);
}

/* offset is the size of the family's header. */
void *mnl_nlmsg_get_payload_offset(const struct nlmsghdr *nlh, size_t offset)
{
	return at(nlh, MNL_NLMSG_HDRLEN + MNL_ALIGN(offset));
}

/* Where the next attribute is put, or the first byte behind the message. */
void *mnl_nlmsg_get_payload_tail(const struct nlmsghdr *nlh)
{
	return at(nlh, MNL_ALIGN(nlh->nlmsg_len));
}

/* The header is zeroed; the caller sets type and flags. */
struct nlmsghdr *mnl_nlmsg_put_header(void *buf)
{
	struct nlmsghdr *nlh = buf;

	memset(nlh, 0, MNL_NLMSG_HDRLEN);
	nlh->nlmsg_len = MNL_NLMSG_HDRLEN;
	return nlh;
}

/* A family's own header, such as struct ifinfomsg or struct nfgenmsg. */
void *mnl_nlmsg_put_extra_header(struct nlmsghdr *nlh, size_t size)
{
	void *header = at(nlh, nlh->nlmsg_len);

	memset(header, 0, MNL_ALIGN(size));
	nlh->nlmsg_len += MNL_ALIGN(size);
	return header;
}

/* ---- attributes that are read ---- */

/* The two highest bits are flags: nested, and network order. */
uint16_t mnl_attr_get_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

/* The length in the header counts the header as well. */
uint16_t mnl_attr_get_payload_len(const struct nlattr *attr)
{
	return (uint16_t)(attr->nla_len - MNL_ATTR_HDRLEN);
}

void *mnl_attr_get_payload(const struct nlattr *attr)
{
	return at(attr, MNL_ATTR_HDRLEN);
}

/* The text must be known to end: who reads it has validated it, or it is the kernel's own. */
const char *mnl_attr_get_str(const struct nlattr *attr)
{
	return mnl_attr_get_payload(attr);
}

/* Copied, for an attribute need not be aligned for a number. */
uint32_t mnl_attr_get_u32(const struct nlattr *attr)
{
	uint32_t number;

	memcpy(&number, mnl_attr_get_payload(attr), sizeof(number));
	return number;
}

/* Whether a whole attribute begins here. */
bool mnl_attr_ok(const struct nlattr *attr, int len)
{
	const int header = sizeof(*attr);

	return len >= header && attr->nla_len >= sizeof(*attr) && attr->nla_len <= len;
}

struct nlattr *mnl_attr_next(const struct nlattr *attr)
{
	return at(attr, MNL_ALIGN(attr->nla_len));
}

/* Only of the kinds that netd asks for. errno is as libmnl sets it. 0, or -1. */
int mnl_attr_validate(const struct nlattr *attr, enum mnl_attr_data_type type)
{
	const size_t len = mnl_attr_get_payload_len(attr);
	const char *text = mnl_attr_get_payload(attr);

	if (type == MNL_TYPE_U32 ? len == sizeof(uint32_t)
				 : type == MNL_TYPE_NUL_STRING && len > 0 && text[len - 1] == '\0')
		return 0;
	errno = type == MNL_TYPE_U32 ? ERANGE : EINVAL;
	return -1;
}

/* Stops at the first attribute that is not whole, when the callback says so, or at the end. */
static int parse(const struct nlattr *attr, const char *end, mnl_attr_cb_t cb, void *data)
{
	int ret = MNL_CB_OK;

	while (ret > MNL_CB_STOP && mnl_attr_ok(attr, (int)(end - (const char *)attr))) {
		ret = cb(attr, data);
		attr = mnl_attr_next(attr);
	}
	return ret;
}

int mnl_attr_parse(const struct nlmsghdr *nlh, unsigned int offset, mnl_attr_cb_t cb, void *data)
{
	return parse(mnl_nlmsg_get_payload_offset(nlh, offset), mnl_nlmsg_get_payload_tail(nlh), cb,
		     data);
}

/* The payload of a nest is attributes, and no header of a family. */
int mnl_attr_parse_nested(const struct nlattr *nested, mnl_attr_cb_t cb, void *data)
{
	const char *first = mnl_attr_get_payload(nested);

	return parse((const struct nlattr *)first, first + mnl_attr_get_payload_len(nested), cb,
		     data);
}

/* ---- attributes that are written ---- */

/* Attributes are padded to 4 bytes. The padding is zeroed, for the buffer may hold anything. A
 * message has no bound here: see the theory. */
void mnl_attr_put(struct nlmsghdr *nlh, uint16_t type, size_t len, const void *data)
{
	struct nlattr *attr = mnl_nlmsg_get_payload_tail(nlh);
	const size_t size = MNL_ATTR_HDRLEN + len;

	attr->nla_type = type;
	attr->nla_len = (uint16_t)size;
	if (len > 0)
		memcpy(mnl_attr_get_payload(attr), data, len);
	memset(at(attr, size), 0, MNL_ALIGN(size) - size);
	nlh->nlmsg_len += MNL_ALIGN(size);
}

void mnl_attr_put_u8(struct nlmsghdr *nlh, uint16_t type, uint8_t data)
{
	mnl_attr_put(nlh, type, sizeof(data), &data);
}

void mnl_attr_put_u16(struct nlmsghdr *nlh, uint16_t type, uint16_t data)
{
	mnl_attr_put(nlh, type, sizeof(data), &data);
}

void mnl_attr_put_u32(struct nlmsghdr *nlh, uint16_t type, uint32_t data)
{
	mnl_attr_put(nlh, type, sizeof(data), &data);
}

/* With its NUL. */
void mnl_attr_put_strz(struct nlmsghdr *nlh, uint16_t type, const char *data)
{
	mnl_attr_put(nlh, type, strlen(data) + 1, data);
}

/* The length is written by mnl_attr_nest_end(), when what stands inside is known. Flagged as
 * nested, which the kernel wants of some families. */
struct nlattr *mnl_attr_nest_start(struct nlmsghdr *nlh, uint16_t type)
{
	struct nlattr *nest = mnl_nlmsg_get_payload_tail(nlh);

	nest->nla_type = NLA_F_NESTED | type;
	nlh->nlmsg_len += MNL_ATTR_HDRLEN;
	return nest;
}

void mnl_attr_nest_end(struct nlmsghdr *nlh, struct nlattr *start)
{
	start->nla_len = (uint16_t)((char *)mnl_nlmsg_get_payload_tail(nlh) - (char *)start);
}
