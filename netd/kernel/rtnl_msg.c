// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_msg.c - builds rtnetlink requests; what fails is remembered and reported once
#include "kernel/rtnl_msg.h"

#include <errno.h>
#include <string.h>

/* Theory of operation. A batch keeps the first error and ignores everything behind it. Who builds
 * one need not check each call: rtnl_batch_run() gives the error back. The messages are libnl's,
 * with a fixed size each.
 *
 * A message has RTNL_MSG_SIZE bytes. What does not fit is -EMSGSIZE, which is a mistake of this
 * program and no state of the kernel's. */

#define ALIAS_LEN_MAX 255 /* IFALIASZ less the NUL */

/* RTNL_BATCH() calls it at the end of the block. */
void rtnl_batch_done(struct rtnl_batch *batch)
{
	for (size_t i = 0; i < batch->n_messages; i++)
		nlmsg_free(batch->messages[i]);
	batch->n_messages = 0;
}

/* The first error is the one that explains the others. err is negative. */
static void batch_fail(struct rtnl_batch *batch, int err)
{
	if (batch->err == 0)
		batch->err = err;
}

/* The message under construction; NULL once anything failed. Whoever puts something into NULL is
 * passed over. */
static struct nl_msg *current(const struct rtnl_batch *batch)
{
	if (batch->err < 0 || batch->n_messages == 0)
		return NULL;
	return batch->messages[batch->n_messages - 1];
}

/* None asks for an acknowledgement by itself: rtnl_batch_run() has the last one ask. */
void rtnl_batch_add(struct rtnl_batch *batch, uint16_t type, uint16_t flags, const void *header,
		    size_t size)
{
	struct nl_msg *message;

	if (batch->err < 0)
		return;
	if (batch->n_messages == RTNL_BATCH_MAX) {
		batch_fail(batch, -EMSGSIZE);
		return;
	}
	message = nlmsg_alloc_size(RTNL_MSG_SIZE);
	if (!message) {
		batch_fail(batch, -ENOMEM);
		return;
	}
	batch->messages[batch->n_messages++] = message;
	/* The number is set when the batch is sent. */
	if (!nlmsg_put(message, 0, 0, type, 0, NLM_F_REQUEST | flags))
		batch_fail(batch, -EMSGSIZE);
	rtnl_put_raw(batch, header, size);
}

/* The header of a family behind netlink's own, or that of a nested message. Padded to 4 bytes, as
 * the header of a family is. */
void rtnl_put_raw(struct rtnl_batch *batch, const void *data, size_t size)
{
	struct nl_msg *message = current(batch);

	if (message && nlmsg_append(message, (void *)data, size, NLMSG_ALIGNTO) < 0)
		batch_fail(batch, -EMSGSIZE);
}

/* attribute is a type of the message's family. The value is copied. */
void rtnl_put(struct rtnl_batch *batch, int attribute, const void *data, size_t size)
{
	struct nl_msg *message = current(batch);

	if (message && nla_put(message, attribute, (int)size, data) < 0)
		batch_fail(batch, -EMSGSIZE);
}

void rtnl_put_u8(struct rtnl_batch *batch, int attribute, uint8_t value)
{
	rtnl_put(batch, attribute, &value, sizeof(value));
}

void rtnl_put_u16(struct rtnl_batch *batch, int attribute, uint16_t value)
{
	rtnl_put(batch, attribute, &value, sizeof(value));
}

void rtnl_put_u32(struct rtnl_batch *batch, int attribute, uint32_t value)
{
	rtnl_put(batch, attribute, &value, sizeof(value));
}

void rtnl_put_string(struct rtnl_batch *batch, int attribute, const char *value)
{
	rtnl_put(batch, attribute, value, strlen(value) + 1);
}

/* Without a NUL, as the kernel keeps it; cut to what the kernel takes. */
void rtnl_put_alias(struct rtnl_batch *batch, const char *alias)
{
	rtnl_put(batch, IFLA_IFALIAS, alias, strnlen(alias, ALIAS_LEN_MAX));
}

void rtnl_put_mac(struct rtnl_batch *batch, int attribute, const struct mac *mac)
{
	rtnl_put(batch, attribute, mac->bytes, sizeof(mac->bytes));
}

/* The length tells the family. */
void rtnl_put_addr(struct rtnl_batch *batch, int attribute, const struct addr *addr)
{
	rtnl_put(batch, attribute, addr->bytes, addr_size(addr));
}

/* NULL after an error; rtnl_nest_end() takes that, too. */
struct nlattr *rtnl_nest(struct rtnl_batch *batch, int attribute)
{
	struct nl_msg *message = current(batch);
	struct nlattr *nest = message ? nla_nest_start(message, attribute) : NULL;

	if (message && !nest)
		batch_fail(batch, -EMSGSIZE);
	return nest;
}

/* nest is what rtnl_nest() gave. */
void rtnl_nest_end(struct rtnl_batch *batch, struct nlattr *nest)
{
	struct nl_msg *message = current(batch);

	if (message && nla_nest_end(message, nest) < 0)
		batch_fail(batch, -EMSGSIZE);
}
