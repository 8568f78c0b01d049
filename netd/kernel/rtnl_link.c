// SPDX-License-Identifier: GPL-2.0-or-later
// rtnl_link.c - reads links, and takes them away: at once, or doomed now and swept with others
#include "kernel/rtnl_msg.h"

#include "base/deadline.h"

#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <string.h>

/* Theory of operation. A link is read from RTM_NEWLINK, as the answer to a question, in a dump, or
 * as a notification (rtnl_watch.c): one parser for all three. It is removed in two ways: deleted,
 * which waits for a grace period of the kernel's; or moved into a group and deleted with all others
 * of that group in one message, which costs hardly more than one deletion.
 *
 * What is parsed here is trusted as far as its lengths go: libnl checks each attribute against its
 * policy, and texts and numbers of another form make the whole message invalid. */

/* Statistics are more than half of a link's description, and nobody here reads them. */
#define LINK_DUMP_FILTER RTEXT_FILTER_SKIP_STATS

/* Attributes that are not named here are taken as they come. */
static struct nla_policy link_policy[IFLA_MAX + 1] = {
	[IFLA_IFNAME] = { .type = NLA_STRING },	  [IFLA_IFALIAS] = { .type = NLA_STRING },
	[IFLA_MTU] = { .type = NLA_U32 },	  [IFLA_GROUP] = { .type = NLA_U32 },
	[IFLA_MASTER] = { .type = NLA_U32 },	  [IFLA_LINK] = { .type = NLA_U32 },
	[IFLA_LINKINFO] = { .type = NLA_NESTED }, [IFLA_QDISC] = { .type = NLA_STRING },
};
static struct nla_policy info_policy[IFLA_INFO_MAX + 1] = {
	[IFLA_INFO_KIND] = { .type = NLA_STRING },
};

static struct nla_policy vxlan_policy[IFLA_VXLAN_MAX + 1] = {
	[IFLA_VXLAN_ID] = { .type = NLA_U32 },
};

/* A link that is not told to have something has 0 of it. NULL: the attribute is missing. */
static uint32_t u32_of(const struct nlattr *attribute)
{
	return attribute ? nla_get_u32(attribute) : 0;
}

/* A text that does not fit is cut: names always fit, an alias is for people. */
static void text_of(const struct nlattr *attribute, char *ret_text, size_t size)
{
	if (attribute)
		(void)nla_strlcpy(ret_text, attribute, size);
}

/* An attribute that is missing counts as equal: a kernel without that setting cannot differ. */
static bool u8_is(const struct nlattr *attribute, uint8_t value)
{
	return !attribute || nla_len(attribute) < 1 || nla_get_u8(attribute) == value;
}

/* What a tunnel is to be: each of them told of, and the other way round than usual. RTNL_PORT_FIXED
 * is the state of a port that leads to other hosts (rtnl_vxlan.c). */
static bool is_fixed(struct nlattr **attributes)
{
	static const int off[] = { IFLA_BRPORT_LEARNING, IFLA_BRPORT_UNICAST_FLOOD,
				   IFLA_BRPORT_MCAST_FLOOD, IFLA_BRPORT_BCAST_FLOOD };

	for (size_t i = 0; i < ARRAY_SIZE(off); i++)
		/* Missing counts as wrong here: a kernel that cannot keep a tunnel's port so must
		 * not be believed. */
		if (!attributes[off[i]] || !u8_is(attributes[off[i]], 0))
			return false;
	return attributes[IFLA_BRPORT_NEIGH_SUPPRESS] &&
	       u8_is(attributes[IFLA_BRPORT_NEIGH_SUPPRESS], 1);
}

/* What of a port is not as a new one would be. usual: what the kernel gives it at birth. */
static void link_parse_port(struct nlattr *port, struct rtnl_link *link)
{
	static const struct {
		int attribute;
		uint8_t value;
	} usual[] = { { IFLA_BRPORT_LEARNING, 1 },    { IFLA_BRPORT_UNICAST_FLOOD, 1 },
		      { IFLA_BRPORT_MCAST_FLOOD, 1 }, { IFLA_BRPORT_BCAST_FLOOD, 1 },
		      { IFLA_BRPORT_LOCKED, 0 },      { IFLA_BRPORT_NEIGH_SUPPRESS, 0 },
		      { IFLA_BRPORT_PROTECT, 0 } };
	struct nlattr *attributes[IFLA_BRPORT_MAX + 1];

	/* A port that cannot be read is as a new one. */
	if (!port || nla_parse_nested(attributes, IFLA_BRPORT_MAX, port, NULL) < 0)
		return;
	if (!u8_is(attributes[IFLA_BRPORT_ISOLATED], 0))
		link->port |= RTNL_PORT_ISOLATED;
	if (!u8_is(attributes[IFLA_BRPORT_MODE], 0))
		link->port |= RTNL_PORT_HAIRPIN;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (!u8_is(attributes[usual[i].attribute], usual[i].value))
			link->port |= RTNL_PORT_OTHER;
	if (is_fixed(attributes))
		link->port |= RTNL_PORT_FIXED;
	/* A port without carrier is disabled. */
	if ((link->flags & IFF_RUNNING) &&
	    !u8_is(attributes[IFLA_BRPORT_STATE], BR_STATE_FORWARDING))
		link->port = (link->port | RTNL_PORT_OTHER) & ~(uint32_t)RTNL_PORT_FIXED;
}

/* Whether ports learn the senders of frames that the bridge passes to nobody. A kernel that does
 * not tell cannot be told otherwise either. */
static bool learns_link_local(const struct nlattr *attribute)
{
	struct br_boolopt_multi options;

	if (!attribute || (size_t)nla_len(attribute) < sizeof(options))
		return false;
	memcpy(&options, nla_data(attribute), sizeof(options));
	return !(options.optval & 1U << BR_BOOLOPT_NO_LL_LEARN);
}

/* Only settings that put_bridge_options() makes. */
static void link_parse_bridge(struct nlattr *data, struct rtnl_link *link)
{
	struct nlattr *attributes[IFLA_BR_MAX + 1];

	if (!data || nla_parse_nested(attributes, IFLA_BR_MAX, data, NULL) < 0)
		return;
	link->bridge_differs = u32_of(attributes[IFLA_BR_STP_STATE]) != 0 ||
			       !u8_is(attributes[IFLA_BR_MCAST_SNOOPING], 0) ||
			       !u8_is(attributes[IFLA_BR_NF_CALL_IPTABLES], 0) ||
			       !u8_is(attributes[IFLA_BR_NF_CALL_IP6TABLES], 0) ||
			       !u8_is(attributes[IFLA_BR_NF_CALL_ARPTABLES], 0) ||
			       learns_link_local(attributes[IFLA_BR_MULTI_BOOLOPT]);
}

/* A tunnel's number and its own end. */
static void link_parse_vxlan(struct nlattr *data, struct rtnl_link *link)
{
	struct nlattr *attributes[IFLA_VXLAN_MAX + 1];

	if (!data || nla_parse_nested(attributes, IFLA_VXLAN_MAX, data, vxlan_policy) < 0)
		return;
	link->vni = u32_of(attributes[IFLA_VXLAN_ID]);
	if (!rtnl_dump_addr_from(attributes[IFLA_VXLAN_LOCAL], AF_INET, &link->tunnel))
		(void)rtnl_dump_addr_from(attributes[IFLA_VXLAN_LOCAL6], AF_INET6,
					  &link->tunnel); /* neither: any */
}

/* A kind has data of its own; a port of a bridge has data of its master's kind. */
static void link_parse_kind(struct nlattr *info, struct rtnl_link *link)
{
	struct nlattr *attributes[IFLA_INFO_MAX + 1];

	if (!info || nla_parse_nested(attributes, IFLA_INFO_MAX, info, info_policy) < 0)
		return;
	text_of(attributes[IFLA_INFO_KIND], link->kind, sizeof(link->kind));
	if (strcmp(link->kind, "bridge") == 0)
		link_parse_bridge(attributes[IFLA_INFO_DATA], link);
	if (strcmp(link->kind, "vxlan") == 0)
		link_parse_vxlan(attributes[IFLA_INFO_DATA], link);
	if (attributes[IFLA_INFO_SLAVE_KIND] &&
	    strcmp(nla_get_string(attributes[IFLA_INFO_SLAVE_KIND]), "bridge") == 0)
		link_parse_port(attributes[IFLA_INFO_SLAVE_DATA], link);
}

/* A number of an array in an attribute; 0 when it is too short. The array has 32 bits for each
 * setting. */
static uint32_t number_at(const struct nlattr *array, size_t index)
{
	uint32_t value = 0;

	if (array && (size_t)nla_len(array) >= (index + 1) * sizeof(value))
		memcpy(&value, (const char *)nla_data(array) + index * sizeof(value),
		       sizeof(value));
	return value;
}

/* The sysctls of an interface come along with it, in the order of their numbers. IFLA_AF_SPEC has a
 * nest for each family, with the family's number as its type. What the kernel does not tell stays
 * 0, as link was zeroed. */
static void link_parse_conf(struct nlattr *spec, struct rtnl_link *link)
{
	struct nlattr *families[AF_INET6 + 1], *conf[IFLA_INET6_MAX + 1];

	if (!spec || nla_parse_nested(families, AF_INET6, spec, NULL) < 0)
		return;
	if (families[AF_INET] &&
	    nla_parse_nested(conf, IFLA_INET_MAX, families[AF_INET], NULL) == 0) {
		/* IPv4's are counted from 1: include/linux/inetdevice.h */
		link->forwards[FAMILY_4] = number_at(conf[IFLA_INET_CONF],
						     IPV4_DEVCONF_FORWARDING - 1);
		link->route_localnet = number_at(conf[IFLA_INET_CONF],
						 IPV4_DEVCONF_ROUTE_LOCALNET - 1);
		link->answers = number_at(conf[IFLA_INET_CONF], IPV4_DEVCONF_PROXY_ARP - 1);
	}
	if (families[AF_INET6] &&
	    nla_parse_nested(conf, IFLA_INET6_MAX, families[AF_INET6], NULL) == 0) {
		link->forwards[FAMILY_6] = number_at(conf[IFLA_INET6_CONF], DEVCONF_FORWARDING);
		link->ipv6 = !number_at(conf[IFLA_INET6_CONF], DEVCONF_DISABLE_IPV6);
	}
}

/* *link must be zeroed. Notifications of a bridge's port have the family AF_BRIDGE, and then the
 * port's data in IFLA_PROTINFO and not in IFLA_LINKINFO. */
int rtnl_link_parse(struct nlmsghdr *nlh, struct rtnl_link *link)
{
	struct nlattr *attributes[IFLA_MAX + 1];
	struct ifinfomsg *info;

	if (nlmsg_parse(nlh, sizeof(*info), attributes, IFLA_MAX, link_policy) < 0)
		return -EBADMSG;
	info = nlmsg_data(nlh);
	link->family = info->ifi_family;
	link->ifindex = info->ifi_index;
	link->flags = info->ifi_flags;
	link->mtu = u32_of(attributes[IFLA_MTU]);
	link->group = u32_of(attributes[IFLA_GROUP]);
	link->master = (int)u32_of(attributes[IFLA_MASTER]);
	link->peer = (int)u32_of(attributes[IFLA_LINK]);
	text_of(attributes[IFLA_IFNAME], link->name, sizeof(link->name));
	text_of(attributes[IFLA_IFALIAS], link->alias, sizeof(link->alias));
	/* A tunnel of another kind has an address of another length. */
	if (attributes[IFLA_ADDRESS] && nla_len(attributes[IFLA_ADDRESS]) == (int)sizeof(link->mac))
		(void)nla_memcpy(&link->mac, attributes[IFLA_ADDRESS], sizeof(link->mac));
	if (link->family == AF_BRIDGE) {
		link_parse_port(attributes[IFLA_PROTINFO], link);
		return 0;
	}
	/* A link that is up but has no queue yet: the kernel's worker has not seen its carrier. */
	link->asleep = (link->flags & IFF_UP) && attributes[IFLA_QDISC] &&
		       strcmp(nla_get_string(attributes[IFLA_QDISC]), "noop") == 0;
	link_parse_kind(attributes[IFLA_LINKINFO], link);
	link_parse_conf(attributes[IFLA_AF_SPEC], link);
	return 0;
}

/* Of rtnl_dump(). data is the list. */
static int link_collect(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	struct rtnl_link *link;

	(void)rtnl;
	if (nlh->nlmsg_type != RTM_NEWLINK)
		return 0;
	link = rtnl_list_push(data);
	return link ? rtnl_link_parse(nlh, link) : -ENOMEM;
}

/* *ret_links is the caller's to free. Statistics are left out. rtnl_counted.c has them. */
int rtnl_link_dump(struct rtnl *rtnl, struct rtnl_link **ret_links, size_t *ret_n,
		   struct error *error)
{
	struct rtnl_list list = { .item_size = sizeof(struct rtnl_link) };
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	int err = rtnl_dump(rtnl, RTM_GETLINK, &header, sizeof(header), IFLA_EXT_MASK,
			    LINK_DUMP_FILTER, link_collect, &list);

	if (err < 0) {
		free(list.items);
		return rtnl_fail(rtnl, error, err, "cannot list the links");
	}
	*ret_links = list.items;
	*ret_n = list.n_items;
	return 0;
}

/* The only answer to a question for one link. */
static int link_answer(struct rtnl *rtnl, struct nlmsghdr *nlh, void *data)
{
	(void)rtnl;
	return nlh->nlmsg_type == RTM_NEWLINK ? rtnl_link_parse(nlh, data) : 0;
}

/* By its name, or by its index where that is NULL. -ENOENT: no such link. *ret_link is written on
 * success only. */
static int link_get(struct rtnl *rtnl, const char *name, int ifindex, struct rtnl_link *ret_link)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	struct rtnl_link link = { 0 };
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_GETLINK, 0, &header, sizeof(header));
	if (name)
		rtnl_put_string(&batch, IFLA_IFNAME, name);
	rtnl_put_u32(&batch, IFLA_EXT_MASK, LINK_DUMP_FILTER);
	err = rtnl_query(rtnl, &batch, link_answer, &link);
	if (err == 0)
		*ret_link = link;
	return err == -ENODEV ? -ENOENT : err;
}

/* -ENOENT comes without words: mostly it is no error. *ret_link is written on success only. */
int rtnl_link_by_name(struct rtnl *rtnl, const char *name, struct rtnl_link *ret_link,
		      struct error *error)
{
	int err = link_get(rtnl, name, 0, ret_link);

	if (err < 0 && err != -ENOENT)
		return rtnl_fail(rtnl, error, err, "cannot read link %s", name);
	return err;
}

int rtnl_link_by_index(struct rtnl *rtnl, int ifindex, struct rtnl_link *ret_link,
		       struct error *error)
{
	int err = link_get(rtnl, NULL, ifindex, ret_link);

	if (err < 0 && err != -ENOENT)
		return rtnl_fail(rtnl, error, err, "cannot read link %d", ifindex);
	return err;
}

/* Waits until the kernel has seen the carrier, some milliseconds at the most. It is for kernels
 * whose worker comes late; whatever the result, the caller goes on. */
void rtnl_link_wake(struct rtnl *rtnl, int ifindex)
{
	int64_t deadline_ms = deadline_after(RTNL_WAKE_MS);
	struct rtnl_link link;

	/* A link that has gone meanwhile ends the wait as well. */
	while (link_get(rtnl, NULL, ifindex, &link) == 0 && link.asleep &&
	       deadline_pause(deadline_ms, RTNL_WAKE_STEP_US))
		;
}

/* The index of a link that is one of netd's and has not left the dying, or -ENOENT. It answers the
 * question whether a request whose answer was lost has been carried out. */
int rtnl_link_is_newborn(struct rtnl *rtnl, const char *name, const char *kind)
{
	struct rtnl_link link;
	int err = link_get(rtnl, name, 0, &link);

	if (err < 0)
		return err;
	return link.group == RTNL_GROUP_DYING && strcmp(link.kind, kind) == 0 ? link.ifindex
									      : -ENOENT;
}

int rtnl_link_rename(struct rtnl *rtnl, int ifindex, const char *name, struct error *error)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	const struct ifinfomsg down = { .ifi_family = AF_UNSPEC,
					.ifi_index = ifindex,
					.ifi_change = IFF_UP };
	int err = -EBUSY;

	/* A link that is up cannot be renamed before 6.2. The first try does without: going down
	 * loses addresses and routes. */
	for (int i = 0; i < 2 && err == -EBUSY; i++) {
		RTNL_BATCH(batch);

		if (i == 1)
			rtnl_batch_add(&batch, RTM_NEWLINK, 0, &down, sizeof(down));
		rtnl_batch_add(&batch, RTM_NEWLINK, 0, &header, sizeof(header));
		rtnl_put_string(&batch, IFLA_IFNAME, name);
		err = rtnl_batch_run(rtnl, &batch);
	}
	if (err < 0)
		return rtnl_fail(rtnl, error, err, "cannot give link %d the name %s", ifindex,
				 name);
	return 0;
}

/* error NULL: nobody wants the words. A link that is gone already is deleted as wanted. All that is
 * on it goes with it: addresses, routes, its place in a bridge. Of a veth the other end goes,
 * too. */
int rtnl_link_delete(struct rtnl *rtnl, int ifindex, struct error *error)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_DELLINK, 0, &header, sizeof(header));
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0 && err != -ENODEV)
		return rtnl_fail(rtnl, error, err, "cannot delete link %d", ifindex);
	return 0;
}

/* The group alone: 30 us. What would stop its traffic, too, costs more than the sweep gains by it:
 * leaving the bridge (IFLA_MASTER 0) or going down take a grace period, a port state of "disabled"
 * makes the bridge walk all its ports under its lock (200 us with 1,000). So the link goes on
 * forwarding for the few milliseconds until the sweep; its address is not given out again so soon.
 */
int rtnl_link_doom(struct rtnl *rtnl, int host_ifindex, struct error *error)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = host_ifindex };
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &header, sizeof(header));
	rtnl_put_u32(&batch, IFLA_GROUP, RTNL_GROUP_DYING);
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0 && err != -ENODEV) /* gone already, with its netns */
		return rtnl_fail(rtnl, error, err, "cannot retire link %d", host_ifindex);
	return 0;
}

/* RTM_DELLINK with IFLA_GROUP and no index deletes all links of the group. -ENODEV: it had none. */
static int sweep_group(struct rtnl *rtnl, uint32_t group, struct error *error)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	RTNL_BATCH(batch);
	int err;

	/* Index 0 and no name: the kernel takes the group. */
	rtnl_batch_add(&batch, RTM_DELLINK, 0, &header, sizeof(header));
	rtnl_put_u32(&batch, IFLA_GROUP, group);
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0 && err != -ENODEV)
		return rtnl_fail(rtnl, error, err, "cannot delete the retired links");
	return 0;
}

/* A container's links. */
int rtnl_link_sweep(struct rtnl *rtnl, struct error *error)
{
	return sweep_group(rtnl, RTNL_GROUP_DYING, error);
}

/* Bridges take much longer, and are not swept with the others. */
int rtnl_link_sweep_bridges(struct rtnl *rtnl, struct error *error)
{
	return sweep_group(rtnl, RTNL_GROUP_DYING_BRIDGES, error);
}

/* The alias is what netd knows its links by after a restart. The kernel keeps up to 255
 * characters. */
int rtnl_link_alias(struct rtnl *rtnl, int ifindex, const char *alias, struct error *error)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	RTNL_BATCH(batch);
	int err;

	rtnl_batch_add(&batch, RTM_NEWLINK, 0, &header, sizeof(header));
	rtnl_put_alias(&batch, alias);
	err = rtnl_batch_run(rtnl, &batch);
	if (err < 0)
		return rtnl_fail(rtnl, error, err, "cannot give link %d the alias %s", ifindex,
				 alias);
	return 0;
}
