// SPDX-License-Identifier: GPL-2.0-or-later
// look_link.c - links of a namespace: their flags, bridge ports, programs, queues, and settings for
// each
#include "base/cleanup.h"
#include "kernel/look_parts.h"
#include "kernel/rtnl_shape.h"

#include <linux/bpf.h>
#include <linux/gen_stats.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Theory of operation. RTM_GETLINK tells nearly all there is of a link: its flags, its master, the
 * kind with its data (IFLA_LINKINFO), programs of XDP, and the settings of both families
 * (IFLA_AF_SPEC). Queues and filters are questions of their own (RTM_GETQDISC, RTM_GETTFILTER), and
 * programs of tcx are told by bpf(2) alone.
 *
 * A container's links are dumped. The host has one for each container, so its links are asked for
 * one by one when the judge comes to them (facts_more); only a look at everything dumps them.
 * Pointers to links that were asked for must stay good, so their array is made once, with its full
 * size.
 *
 * A picture has each link once. has_tc gathers what may drop a packet before the kernel's own path:
 * filters of clsact and of ingress, and programs of tcx. What they do is not read, since a program
 * can do anything. */

#define ATTR_N 128 /* more than any IFLA_*_MAX of these */

/* What facts_more calls; data is the look. */
static void add_more(void *data, struct facts_space *space, int ifindex, const char *name);
static void add_down(void *data, struct facts_space *space);

/* ---- settings ---- */

/* One number of the array that comes with each link. */
struct setting {
	unsigned int index; /* among the numbers that come with each link */
	const char *name;
};

/* Which ones: those that decide whether a packet of the link is taken, answered or passed on. */
static const struct setting settings4[] = {
	{ IPV4_DEVCONF_FORWARDING - 1, "forwarding" },
	{ IPV4_DEVCONF_RP_FILTER - 1, "rp_filter" },
	{ IPV4_DEVCONF_ARP_IGNORE - 1, "arp_ignore" },
	{ IPV4_DEVCONF_ACCEPT_LOCAL - 1, "accept_local" },
	{ IPV4_DEVCONF_SRC_VMARK - 1, "src_valid_mark" },
	{ IPV4_DEVCONF_ROUTE_LOCALNET - 1, "route_localnet" },
};

static const struct setting settings6[] = {
	{ DEVCONF_FORWARDING, "forwarding" },
	{ DEVCONF_HOPLIMIT, "hop_limit" },
	{ DEVCONF_DISABLE_IPV6, "disable_ipv6" },
	{ DEVCONF_ACCEPT_DAD, "accept_dad" },
};

/* They come with the link, so that /proc/sys, which takes 20 us a file, need not be read. Adds them
 * as net.ipv4.conf.LINK.NAME or the like. The arrays are IFLA_INET_CONF and IFLA_INET6_CONF: one
 * number of 32 bits for each setting, in the order of the kernel's enums. Those of IPv4 count from
 * 1, those of IPv6 from 0. */
static int note_settings(struct look_shot *shot, const char *link, const char *family,
			 const struct nlattr *attr, const struct setting *settings, size_t n)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) / sizeof(uint32_t) : 0;
	int err = 0;

	for (size_t i = 0; i < n && err == 0; i++) {
		char name[96];
		int32_t value;

		/* The kernel's enums only grow, so a short array is that of an older kernel. */
		if (settings[i].index >= len)
			continue; /* a kernel that does not know it yet */
		memcpy(&value,
		       (const char *)mnl_attr_get_payload(attr) + settings[i].index * sizeof(value),
		       sizeof(value));
		(void)snprintf(name, sizeof(name), "net.%s.conf.%s.%s", family, link,
			       settings[i].name);
		err = look_value(shot, name, value);
	}
	return err;
}

/* IFLA_AF_SPEC has a nest for each family, and its type is the family's number. */
static int read_settings(struct look_shot *shot, const char *link, const struct nlattr *spec)
{
	const struct nlattr *families[ATTR_N], *attrs[ATTR_N];
	int err;

	look_nested(spec, families, ATTR_N);
	look_nested(families[AF_INET], attrs, ATTR_N);
	err = note_settings(shot, link, "ipv4", attrs[IFLA_INET_CONF], settings4,
			    ARRAY_SIZE(settings4));
	if (err < 0)
		return err;
	look_nested(families[AF_INET6], attrs, ATTR_N);
	return note_settings(shot, link, "ipv6", attrs[IFLA_INET6_CONF], settings6,
			     ARRAY_SIZE(settings6));
}

/* ---- links ---- */

/* IFLA_INFO_DATA of a bridge. Settings that the kernel does not tell read as 0. */
static void read_bridge(struct facts_link *link, const struct nlattr *data)
{
	const struct nlattr *attrs[ATTR_N];

	look_nested(data, attrs, ATTR_N);
	link->stp = (uint8_t)look_u32(attrs[IFLA_BR_STP_STATE]);
	link->is_vlan_filtering = look_u8(attrs[IFLA_BR_VLAN_FILTERING]) != 0;
	link->nf_call[FAMILY_4] = look_u8(attrs[IFLA_BR_NF_CALL_IPTABLES]) != 0;
	link->nf_call[FAMILY_6] = look_u8(attrs[IFLA_BR_NF_CALL_IP6TABLES]) != 0;
}

/* IFLA_INFO_SLAVE_DATA of a link that is a port of a bridge. A flag that the kernel does not know
 * yet is absent, and reads as off. */
static void read_port(struct facts_link *link, const struct nlattr *data)
{
	const struct nlattr *attrs[ATTR_N];

	look_nested(data, attrs, ATTR_N);
	link->is_port = true;
	link->brport = (struct facts_brport) {
		.state = look_u8(attrs[IFLA_BRPORT_STATE]),
		.isolated = look_u8(attrs[IFLA_BRPORT_ISOLATED]) != 0,
		.locked = look_u8(attrs[IFLA_BRPORT_LOCKED]) != 0,
		.hairpin = look_u8(attrs[IFLA_BRPORT_MODE]) != 0,
		.flood = look_u8(attrs[IFLA_BRPORT_UNICAST_FLOOD]) != 0,
		.learning = look_u8(attrs[IFLA_BRPORT_LEARNING]) != 0,
	};
}

/* The kind says how the data is to be read; of other kinds it is left. A link may be both: a
 * bridge, and a port of another one. */
static void read_info(struct facts_link *link, const struct nlattr *info)
{
	const struct nlattr *attrs[ATTR_N];
	char master[FACTS_IFNAME];

	look_nested(info, attrs, ATTR_N);
	look_text(attrs[IFLA_INFO_KIND], link->kind, sizeof(link->kind));
	look_text(attrs[IFLA_INFO_SLAVE_KIND], master, sizeof(master));
	if (strcmp(link->kind, "bridge") == 0)
		read_bridge(link, attrs[IFLA_INFO_DATA]);
	if (strcmp(master, "bridge") == 0)
		read_port(link, attrs[IFLA_INFO_SLAVE_DATA]);
}

/* XDP_ATTACHED_NONE is 0, as what is missing reads. */
static bool has_xdp(const struct nlattr *xdp)
{
	const struct nlattr *attrs[ATTR_N];

	look_nested(xdp, attrs, ATTR_N);
	return look_u8(attrs[IFLA_XDP_ATTACHED]) != XDP_ATTACHED_NONE;
}

/* One link of a dump, or the one that was asked for. */
static int add_link(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[ATTR_N];
	struct look_shot *shot = data;
	struct facts_link *link;
	bool has_mac;
	int err;

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return 0;
	link = LOOK_ADD(shot, links, &err);
	if (!link)
		return err;
	/* Behind LOOK_ADD, which gives an entry that is all zero. */
	look_attrs(nlh, sizeof(*info), attrs, ATTR_N);
	link->ifindex = info->ifi_index;
	link->flags = info->ifi_flags;
	link->master = (int)look_u32(attrs[IFLA_MASTER]);
	/* Of a veth IFLA_LINK is the index of its peer, which may be in another namespace. */
	link->peer = (int)look_u32(attrs[IFLA_LINK]);
	link->mtu = look_u32(attrs[IFLA_MTU]);
	link->group = look_u32(attrs[IFLA_GROUP]);
	link->operstate = look_u8(attrs[IFLA_OPERSTATE]);
	look_text(attrs[IFLA_IFNAME], link->name, sizeof(link->name));
	look_text(attrs[IFLA_IFALIAS], link->alias, sizeof(link->alias));
	look_text(attrs[IFLA_QDISC], link->qdisc, sizeof(link->qdisc));
	look_mac(attrs[IFLA_ADDRESS], &link->mac, &has_mac);
	link->has_xdp = has_xdp(attrs[IFLA_XDP]);
	read_info(link, attrs[IFLA_LINKINFO]);
	/* The settings come last, for each adds values to the picture and may run out of room. */
	return read_settings(shot, link->name, attrs[IFLA_AF_SPEC]);
}

/* A dump, or one link by its index or its name. */
static int read_links(struct look_shot *shot, int ifindex, const char *name, look_message message)
{
	bool is_one = ifindex > 0 || name;
	struct ifinfomsg *info;
	struct nlmsghdr *nlh = look_ask_for(shot->look, RTM_GETLINK, is_one ? 0 : NLM_F_DUMP,
					    sizeof(*info), &info);

	info->ifi_index = ifindex;
	/* Statistics are half of an answer, and nobody reads them here. */
	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (name)
		mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return look_talk(shot->look, shot->place, LOOK_ROUTE, nlh, message, shot);
}

/* Links stay where they are while others are added behind them. */
static int ask_for_links(struct look_shot *shot)
{
	/* more is set only where links are asked for, and is how others tell the two cases
	 * apart. */
	struct facts_space *space = shot->space;

	space->links = calloc(LOOK_LINKS_ASKED_MAX, sizeof(*space->links));
	if (!space->links)
		return -ENOMEM;
	space->more = (struct facts_more) {
		.link = add_more,
		.down = add_down,
		.entry = look_bridge_entry,
		.data = shot->look,
		.space = space,
	};
	return 0;
}

/* What the part "links" takes. On the host it takes none, and says how they are asked for. */
int look_links(struct look_shot *shot)
{
	/* A container has a few; only the host has one for each of them. */
	if (!shot->look->is_whole && strcmp(shot->place->key, "host") == 0)
		return ask_for_links(shot);
	return read_links(shot, 0, NULL, add_link);
}

/* ---- queues and filters ---- */

/* NULL: the link has gone, or is not in this picture. The number of links is small where this is
 * called. */
static struct facts_link *link_of(struct look_shot *shot, int ifindex)
{
	for (size_t i = 0; i < shot->space->n_links; i++)
		if (shot->space->links[i].ifindex == ifindex)
			return &shot->space->links[i];
	return NULL;
}

/* A token bucket drops what is larger than its bucket, and all beyond its limit. The bucket is told
 * as the time in which it fills, in ticks of 64 ns. */
static uint64_t tbf_limit(const struct nlattr *options)
{
	const struct nlattr *attrs[ATTR_N];
	struct tc_tbf_qopt parms;
	/* TCA_TBF_PARMS holds the rate in bytes a second. */
	uint64_t bucket, rate;

	/* A missing nest has no attributes. */
	look_nested(options, attrs, ATTR_N);
	if (!attrs[TCA_TBF_PARMS] || mnl_attr_get_payload_len(attrs[TCA_TBF_PARMS]) < sizeof(parms))
		return 0;
	memcpy(&parms, mnl_attr_get_payload(attrs[TCA_TBF_PARMS]), sizeof(parms));
	rate = parms.rate.rate;
	bucket = (uint64_t)parms.buffer * 64 * rate / 1000000000;
	return bucket < parms.limit ? bucket : parms.limit;
}

/* TCA_STATS2 holds TCA_STATS_QUEUE, a struct of the kernel's with the packets it dropped. */
static uint64_t drops_of(const struct nlattr *stats)
{
	const struct nlattr *attrs[ATTR_N];
	struct gnet_stats_queue queue;

	look_nested(stats, attrs, ATTR_N);
	if (!attrs[TCA_STATS_QUEUE] ||
	    mnl_attr_get_payload_len(attrs[TCA_STATS_QUEUE]) < sizeof(queue))
		return 0;
	memcpy(&queue, mnl_attr_get_payload(attrs[TCA_STATS_QUEUE]), sizeof(queue));
	return queue.drops;
}

/* Devices that have a place for filters; whether there are any is another question. ifindexes: no
 * link is asked twice. */
struct hooked {
	struct look_shot *shot;
	int ifindexes[LOOK_HOOKED_MAX];
	size_t n;
};

/* One queue. Of each link only the root's counters are taken, for they hold those below it. data is
 * struct hooked, which leads to the picture. */
static int add_qdisc(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[ATTR_N];
	struct hooked *hooked = data;
	struct facts_link *link = link_of(hooked->shot, tcm->tcm_ifindex);
	char kind[FACTS_IFNAME];

	if (nlh->nlmsg_type != RTM_NEWQDISC || !link)
		return 0;
	look_attrs(nlh, sizeof(*tcm), attrs, ATTR_N);
	look_text(attrs[TCA_KIND], kind, sizeof(kind));
	if (strcmp(kind, "clsact") == 0 || strcmp(kind, "ingress") == 0) {
		if (hooked->n == LOOK_HOOKED_MAX)
			link->has_tc = true; /* too many to ask: it may be so */
		else
			hooked->ifindexes[hooked->n++] = tcm->tcm_ifindex;
		return 0;
	}
	/* A queue below the root has counters of its own, which the root's hold as well. */
	if (tcm->tcm_parent != TC_H_ROOT)
		return 0;
	link->qdisc_drops = drops_of(attrs[TCA_STATS2]);
	link->has_limit = tcm->tcm_handle == RTNL_SHAPE_HANDLE && strcmp(kind, "tbf") == 0;
	if (strcmp(kind, "tbf") == 0)
		link->qdisc_limit_bytes = tbf_limit(attrs[TCA_OPTIONS]);
	return 0;
}

/* Any answer at all means that there is a filter. */
static int note_filter(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[ATTR_N];
	char kind[FACTS_IFNAME];

	if (nlh->nlmsg_type != RTM_NEWTFILTER)
		return 0;
	look_attrs(nlh, sizeof(*tcm), attrs, ATTR_N);
	look_text(attrs[TCA_KIND], kind, sizeof(kind));
	/* netd's own, which leads to a limit and lets everything through. */
	if (TC_H_MAJ(tcm->tcm_info) >> 16 == RTNL_SHAPE_PRIORITY && strcmp(kind, "u32") == 0)
		return 0;
	*(bool *)data = true;
	return 0;
}

/* Asks for the filters on both sides of clsact. An old "ingress" queue has the same parent as the
 * first. Programs of BPF are filters, too, and show here. */
static int find_filters(struct look_shot *shot, int ifindex)
{
	struct facts_link *link = link_of(shot, ifindex);
	static const uint32_t parents[] = { TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
					    TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) };
	bool any = false;
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parents) && err == 0; i++) {
		struct tcmsg *tcm;
		struct nlmsghdr *nlh = look_ask_for(shot->look, RTM_GETTFILTER, NLM_F_DUMP,
						    sizeof(*tcm), &tcm);

		tcm->tcm_ifindex = ifindex;
		tcm->tcm_parent = parents[i];
		err = look_talk(shot->look, shot->place, LOOK_ROUTE, nlh, note_filter, &any);
	}
	/* The link is in the picture: only those have been asked about. */
	if (link)
		link->has_tc |= any;
	return err;
}

/* The queues are dumped first and filters asked for behind them: one socket has one dump at a
 * time. */
static int dump_queues(struct look_shot *shot)
{
	struct hooked hooked = { .shot = shot };
	struct tcmsg *tcm;
	struct nlmsghdr *nlh = look_ask_for(shot->look, RTM_GETQDISC, NLM_F_DUMP, sizeof(*tcm),
					    &tcm);
	int err = look_talk(shot->look, shot->place, LOOK_ROUTE, nlh, add_qdisc, &hooked);

	for (size_t i = 0; i < hooked.n && err == 0; i++)
		err = find_filters(shot, hooked.ifindexes[i]);
	return err;
}

/* The queue of one link, where it has one: what is made by software has none. hooked is not looked
 * at behind: filters are asked for by complete(). */
static int ask_queue(struct look_shot *shot, const struct facts_link *link)
{
	struct hooked hooked = { .shot = shot };
	struct tcmsg *tcm;
	struct nlmsghdr *nlh;

	if (!link->qdisc[0] || strcmp(link->qdisc, "noqueue") == 0)
		return 0;
	/* Before Linux 6.8 the answer is a notification, and comes to who asks for an echo of
	 * it. */
	nlh = look_ask_for(shot->look, RTM_GETQDISC, NLM_F_ECHO, sizeof(*tcm), &tcm);
	tcm->tcm_ifindex = link->ifindex;
	tcm->tcm_parent = TC_H_ROOT;
	return look_talk(shot->look, shot->place, LOOK_ROUTE, nlh, add_qdisc, &hooked);
}

/* Where links are asked for one by one, their queues come with them (complete()). */
int look_qdiscs(struct look_shot *shot)
{
	return shot->space->more.link ? 0 : dump_queues(shot);
}

/* ---- programs beside the queues ---- */

/* Of linux/bpf.h since 6.6: programs of tc that no queue and no filter shows. The headers that netd
 * is built with may be older. */
#define ATTACH_TCX_INGRESS 46
#define ATTACH_TCX_EGRESS 47

/* Whether programs of that type are attached; what the kernel says otherwise. The kernel looks for
 * the link in the caller's namespace. */
static int count_programs(int ifindex, uint32_t attach_type, bool *ret_any)
{
	union bpf_attr query;

	memset(&query, 0, sizeof(query)); /* to the last byte, or the kernel refuses */
	query.query.target_fd = (uint32_t)ifindex;
	query.query.attach_type = attach_type;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)) < 0)
		return -errno;
	*ret_any = query.query.prog_cnt > 0;
	return 0;
}

/* Links from some point of the picture on. Borrowed from the picture. */
struct finding {
	struct facts_link *links;
	size_t n;
};

/* Runs inside the namespace. */
static int find_programs(void *data)
{
	static const uint32_t types[] = { ATTACH_TCX_INGRESS, ATTACH_TCX_EGRESS };
	const struct finding *finding = data;

	/* Each link with both types, in one loop. */
	for (size_t i = 0; i < finding->n * ARRAY_SIZE(types); i++) {
		struct facts_link *link = &finding->links[i / ARRAY_SIZE(types)];
		bool any = false;
		int err = count_programs(link->ifindex, types[i % ARRAY_SIZE(types)], &any);

		/* A kernel that knows none has none, as one without bpf(2). No other link can have
		 * any then, so the rest is not asked. */
		if (err == -EINVAL || err == -ENOSYS || err == -EOPNOTSUPP)
			return 0;
		if (err < 0 && err != -ENODEV)
			return err;
		link->has_tc |= any;
	}
	return 0;
}

/* The namespace is entered once for all links. */
int look_programs(struct look_shot *shot)
{
	struct finding finding = { shot->space->links, shot->space->n_links };

	return finding.n > 0 ? look_inside(shot->place, find_programs, &finding) : 0;
}

/* ---- links that are asked for ---- */

/* A link may have been asked for already, by its number, by its name or as one that is down. Before
 * any more of the message is read. -E2BIG: the picture says that it is not whole. */
static int add_if_new(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	struct look_shot *shot = data;

	if (link_of(shot, info->ifi_index))
		return 0;
	return shot->space->n_links < LOOK_LINKS_ASKED_MAX ? add_link(nlh, data) : -E2BIG;
}

/* What a picture has of each link beside what comes with it. Links that came with one question,
 * from the first new one on. from: the number of links before the question. */
static int complete(struct look_shot *shot, size_t from)
{
	struct finding finding = { shot->space->links + from, shot->space->n_links - from };
	int err = 0;

	for (size_t i = 0; i < finding.n && err == 0; i++) {
		err = ask_queue(shot, &finding.links[i]);
		if (err == 0)
			err = find_filters(shot, finding.links[i].ifindex);
	}
	if (err == 0 && finding.n > 0)
		err = look_inside(shot->place, find_programs, &finding);
	return err;
}

/* Links that are down, but no more than LOOK_DOWN_MAX of them. A loopback link is none of these:
 * its state is asked for elsewhere. All links are dumped for this, and most are not kept. */
static int add_if_down(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	struct look_shot *shot = data;

	if (nlh->nlmsg_type != RTM_NEWLINK || info->ifi_flags & (IFF_UP | IFF_LOOPBACK) ||
	    shot->n_down == LOOK_DOWN_MAX)
		return 0;
	shot->n_down++;
	return add_if_new(nlh, data);
}

/* Adds links to a picture that is taken already. A failure has no way back to who asked, so it is
 * noted in the picture. */
static void add(struct look *look, struct facts_space *space, int ifindex, const char *name,
		look_message message)
{
	struct look_place *place = look_place(look, space->key);
	struct look_shot shot = { .look = look, .place = place, .space = space };
	size_t before = space->n_links;
	int err = place ? 0 : -ENOENT;

	/* The array has its full size already, and values are added behind those that are there.
	 * shot is made anew for each question: the picture itself is all that stays. */
	shot.room.links = LOOK_LINKS_ASKED_MAX;
	shot.room.values = space->n_values;
	if (err == 0)
		err = read_links(&shot, ifindex, name, message);
	if (err == 0)
		err = complete(&shot, before);
	if (err == -ENODEV) /* there is no such link */
		err = 0;
	/* What is said of a picture's part: an answer that lacks it rests on less. */
	if (err < 0 && !facts_is_missing(space, "links"))
		(void)facts_missing(space, "links", err);
}

/* By number, or by name where ifindex is 0. */
static void add_more(void *data, struct facts_space *space, int ifindex, const char *name)
{
	add(data, space, ifindex, name, add_if_new);
}

static void add_down(void *data, struct facts_space *space)
{
	add(data, space, 0, NULL, add_if_down);
}
