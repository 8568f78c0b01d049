// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_far.c - whom a tunnel leads to: fixed entries for containers of other hosts
#include "kernel/rtnl_far.h"
#include "kernel/rtnl_msg.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

/* Theory of operation. Nothing is flooded into a tunnel and nothing is learnt from it, so there are
 * three entries for each container of another host. The tunnel has where its MAC is. The bridge has
 * that this MAC is behind the tunnel's port, as learnt elsewhere (extern_learn): such an entry does
 * not age, and unlike a static one is no address that each port of the bridge has to listen to,
 * which would cost ten times as much (docs/decisions/0020). And the bridge as an interface of the
 * host has the neighbour, out of which it answers the questions of its containers itself
 * (neigh_suppress). Neighbours are permanent, for the kernel keeps no more than a thousand others
 * (gc_thresh3), and have a number by which they are known for netd's. */

/* The same number as on addresses: it says "netd's". */
#define NEIGHBOUR_PROTO RTNL_ADDR_PROTO

/* Without an address of a host the container is reached in another way, and needs only
 * neighbours. */
static bool has_mac_entries(const struct rtnl_far *far)
{
	return addr_is_set(&far->host);
}

/* For the tunnel, for its bridge, or for both at once: NTF_SELF, NTF_MASTER. NUD_NOARP and
 * NTF_EXT_LEARNED together make an entry that does not age and that learning does not move. NDA_DST
 * is the other host's address. */
static void add_mac(struct rtnl_batch *batch, int tunnel, const struct rtnl_far *far, bool put,
		    uint8_t whose)
{
	const struct ndmsg header = {
		.ndm_family = AF_BRIDGE,
		.ndm_ifindex = tunnel,
		.ndm_state = put ? NUD_NOARP | NUD_REACHABLE : 0,
		.ndm_flags = put ? whose | NTF_EXT_LEARNED : whose,
	};

	rtnl_batch_add(batch, put ? RTM_NEWNEIGH : RTM_DELNEIGH,
		       put ? NLM_F_CREATE | NLM_F_REPLACE : 0, &header, sizeof(header));
	rtnl_put_mac(batch, NDA_LLADDR, &far->mac);
	if (put)
		rtnl_put_addr(batch, NDA_DST, &far->host);
}

/* An address of a family that the container does not have is passed over. */
static void add_neighbour(struct rtnl_batch *batch, int bridge, const struct rtnl_far *far,
			  const struct addr *addr, bool put)
{
	const struct ndmsg header = {
		.ndm_family = addr->family,
		.ndm_ifindex = bridge,
		.ndm_state = put ? NUD_PERMANENT : 0,
	};

	if (!addr_is_set(addr))
		return;
	rtnl_batch_add(batch, put ? RTM_NEWNEIGH : RTM_DELNEIGH,
		       put ? NLM_F_CREATE | NLM_F_REPLACE : 0, &header, sizeof(header));
	rtnl_put_addr(batch, NDA_DST, addr);
	if (!put)
		return;
	rtnl_put_mac(batch, NDA_LLADDR, &far->mac);
	rtnl_put_u8(batch, NDA_PROTOCOL, NEIGHBOUR_PROTO);
}

static void add_put(struct rtnl_batch *batch, int tunnel, int bridge, const struct rtnl_far *far)
{
	/* The way first: who hears of a neighbour sends to it at once. */
	if (has_mac_entries(far))
		add_mac(batch, tunnel, far, true, NTF_SELF | NTF_MASTER);
	for (enum family family = 0; family < FAMILY_N; family++)
		add_neighbour(batch, bridge, far, &far->addr[family], true);
}

/* The reverse order of putting. */
static void add_take(struct rtnl_batch *batch, int tunnel, int bridge, const struct rtnl_far *far)
{
	for (enum family family = 0; family < FAMILY_N; family++)
		add_neighbour(batch, bridge, far, &far->addr[family], false);
	if (!has_mac_entries(far))
		return;
	/* In two: where the bridge's leads elsewhere by now, the kernel would not go on to the
	 * tunnel's. */
	add_mac(batch, tunnel, far, false, NTF_MASTER);
	add_mac(batch, tunnel, far, false, NTF_SELF);
}

/* Two neighbours, and two entries of a MAC when it is taken. */
#define MESSAGES_EACH (FAMILY_N + 2) /* the most that one container takes */

/* As many containers as fit go into one batch. What an earlier batch has done stays when a later
 * one fails: the caller puts all of them again. */
int rtnl_far_put(struct rtnl *rtnl, int tunnel, int bridge, const struct rtnl_far *fars, size_t n,
		 struct error *error)
{
	size_t i = 0;

	while (i < n) {
		RTNL_BATCH(batch);
		int err;

		/* The last one may need MESSAGES_EACH. */
		for (; i < n && batch.n_messages + MESSAGES_EACH <= RTNL_BATCH_MAX; i++)
			add_put(&batch, tunnel, bridge, &fars[i]);
		err = batch.n_messages > 0 ? rtnl_batch_run(rtnl, &batch) : 0;
		if (err < 0)
			return rtnl_fail(rtnl, error, err,
					 "cannot lead to the containers of another host");
	}
	return 0;
}

/* What is not there is no failure. */
int rtnl_far_take(struct rtnl *rtnl, int tunnel, int bridge, const struct rtnl_far *fars, size_t n,
		  struct error *error)
{
	size_t i = 0;

	while (i < n) {
		RTNL_BATCH(batch);
		int err;

		/* As after a lost answer: what is not there is as good as taken. */
		batch.unsure = true;
		for (; i < n && batch.n_messages + MESSAGES_EACH <= RTNL_BATCH_MAX; i++)
			add_take(&batch, tunnel, bridge, &fars[i]);
		err = batch.n_messages > 0 ? rtnl_batch_run(rtnl, &batch) : 0;
		if (err < 0)
			return rtnl_fail(rtnl, error, err,
					 "cannot forget the containers of another host");
	}
	return 0;
}

/* NULL: out of memory. The MAC's length was checked by parse(). */
static struct rtnl_far_entry *push(struct rtnl_list *list, enum rtnl_far_part part,
				   const struct nlattr *mac)
{
	struct rtnl_far_entry *entry = rtnl_list_push(list);

	if (entry) {
		entry->part = part;
		memcpy(&entry->mac, nla_data(mac), sizeof(entry->mac));
	}
	return entry;
}

/* Parses an entry with a MAC; NULL: it has none, or is of another type. */
static const struct ndmsg *parse(struct nlmsghdr *nlh, struct nlattr **attributes)
{
	const struct ndmsg *header = nlmsg_data(nlh);

	if (nlh->nlmsg_type != RTM_NEWNEIGH ||
	    nlmsg_parse(nlh, sizeof(*header), attributes, NDA_MAX, NULL) < 0 ||
	    !attributes[NDA_LLADDR] || nla_len(attributes[NDA_LLADDR]) != sizeof(struct mac))
		return NULL;
	return header;
}

/* A length of 4 or 16 bytes tells the family. */
static bool address_of(const struct nlattr *attribute, struct addr *ret_addr)
{
	return rtnl_dump_addr_from(attribute, AF_INET, ret_addr) ||
	       rtnl_dump_addr_from(attribute, AF_INET6, ret_addr);
}

/* Two kinds of entry come in one dump, told apart by NTF_SELF: the tunnel's own, with a host, and
 * the bridge's, for the port. */
static int collect_macs(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	struct nlattr *attributes[NDA_MAX + 1];
	const struct ndmsg *header = parse(nlh, attributes);
	struct rtnl_far_entry *entry;
	struct addr host = { 0 };
	bool self;

	(void)rtnl;
	/* The address of the port itself is the kernel's own entry of the bridge. */
	if (!header || header->ndm_family != AF_BRIDGE || (header->ndm_state & NUD_PERMANENT))
		return 0;
	self = header->ndm_flags & NTF_SELF;
	if (self && !address_of(attributes[NDA_DST], &host))
		return 0;
	entry = push(data, self ? RTNL_FAR_TUNNEL : RTNL_FAR_PORT, attributes[NDA_LLADDR]);
	if (!entry)
		return -ENOMEM;
	entry->addr = host;
	return 0;
}

/* Only those that have netd's number. Others are the kernel's, or an administrator's. */
static int collect_neighbours(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	struct nlattr *attributes[NDA_MAX + 1];
	const struct ndmsg *header = parse(nlh, attributes);
	struct rtnl_far_entry *entry;
	struct addr addr;

	(void)rtnl;
	if (!header || !(header->ndm_state & NUD_PERMANENT) || !attributes[NDA_PROTOCOL] ||
	    nla_get_u8(attributes[NDA_PROTOCOL]) != NEIGHBOUR_PROTO ||
	    !rtnl_dump_addr_from(attributes[NDA_DST], header->ndm_family, &addr))
		return 0;
	entry = push(data, RTNL_FAR_NEIGHBOUR, attributes[NDA_LLADDR]);
	if (!entry)
		return -ENOMEM;
	entry->addr = addr;
	return 0;
}

/* All that is there, for a comparison with what should be. */
int rtnl_far_all(struct rtnl *rtnl, int tunnel, int bridge, struct rtnl_far_entry **ret_entries,
		 size_t *ret_n, struct error *error)
{
	/* With its index in the header the kernel goes through one port's, with it in an attribute
	 * through one interface's neighbours. */
	const struct ndmsg macs = { .ndm_family = AF_BRIDGE, .ndm_ifindex = tunnel };
	struct rtnl_list list = { .item_size = sizeof(struct rtnl_far_entry) };
	int err = rtnl_dump(rtnl, RTM_GETNEIGH, &macs, sizeof(macs), 0, 0, collect_macs, &list);

	for (enum family family = 0; family < FAMILY_N && err == 0; family++) {
		const struct ndmsg header = { .ndm_family = family_af(family) };

		err = rtnl_dump(rtnl, RTM_GETNEIGH, &header, sizeof(header), NDA_IFINDEX,
				(uint32_t)bridge, collect_neighbours, &list);
		if (err == -EOPNOTSUPP && family == FAMILY_6)
			err = 0; /* a kernel without IPv6 */
	}
	if (err < 0) {
		free(list.items);
		return rtnl_fail(rtnl, error, err, "cannot list the containers of other hosts");
	}
	*ret_entries = list.items;
	*ret_n = list.n_items;
	return 0;
}
