// SPDX-License-Identifier: GPL-2.0-or-later
// look_route.c - addresses, routes, rules, neighbours and bridge entries of a namespace, and where
// a packet would go
#include "base/cleanup.h"
#include "kernel/look_parts.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

/* Theory of operation. Each of these is one dump of rtnetlink for all there is, or of a host for
 * what somebody asks about (facts_more), and RTM_GETROUTE for a single packet. The dumps are for
 * the words: which route, which rule. Where a packet goes is never computed from them, but asked of
 * the kernel, which knows its own rules.
 *
 * A function whose name begins with add_ gets one message of a dump, and adds what is in it to the
 * picture. Its result is 0 or a negative errno, which ends the dump. The arrays of the picture grow
 * and move (LOOK_ADD), so pointers into them are not kept. */

#define ATTR_N 64 /* more than any RTA_MAX, FRA_MAX and NDA_MAX of these */

/* Of linux/fib_rules.h since 6.15; a rule with a port has them always. */
#define RULE_SPORT_MASK 28
#define RULE_DPORT_MASK 29

/* ---- addresses ---- */

/* IFA_FLAGS has 32 bits and replaces the eight of the header where it is present. */
static int add_addr(const struct nlmsghdr *nlh, void *data)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[ATTR_N];
	struct facts_addr *addr;
	int err;

	if (nlh->nlmsg_type != RTM_NEWADDR)
		return 0;
	/* Room first: an entry is all zero until it is filled, so a failure leaves nothing half
	 * written. */
	addr = LOOK_ADD((struct look_shot *)data, addrs, &err);
	if (!addr)
		return err;
	look_attrs(nlh, sizeof(*ifa), attrs, ATTR_N);
	addr->ifindex = (int)ifa->ifa_index;
	addr->flags = attrs[IFA_FLAGS] ? look_u32(attrs[IFA_FLAGS]) : ifa->ifa_flags;
	/* Of a point-to-point link IFA_ADDRESS is the other end. */
	addr->prefix.addr = look_addr(attrs[IFA_LOCAL] ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS]);
	addr->prefix.len = ifa->ifa_prefixlen;
	return 0;
}

/* AF_UNSPEC: both families in one dump. */
static int dump_addrs(struct look_shot *shot, uint8_t af, int ifindex, look_message message,
		      void *data)
{
	struct ifaddrmsg *ifa;
	struct nlmsghdr *nlh = look_ask_for(shot->look, RTM_GETADDR, NLM_F_DUMP, sizeof(*ifa),
					    &ifa);

	ifa->ifa_family = af;
	ifa->ifa_index = (uint32_t)ifindex;
	return look_talk(shot->look, shot->place, LOOK_ROUTE, nlh, message, data);
}

/* Some of one family, into a picture that has others. */
struct some_addrs {
	struct look_shot *shot;
	uint8_t family;
};

/* An address may have come with its link already. A kernel without IPv6 answers with all of the
 * other family. */
static int add_addr_if_new(const struct nlmsghdr *nlh, void *data)
{
	const struct some_addrs *some = data;
	struct facts_space *space = some->shot->space;
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	size_t last = space->n_addrs;
	int err;

	if (nlh->nlmsg_type != RTM_NEWADDR || ifa->ifa_family != some->family)
		return 0;
	err = add_addr(nlh, some->shot);
	for (size_t i = 0; err == 0 && i < last; i++)
		if (space->addrs[i].ifindex == space->addrs[last].ifindex &&
		    addr_equal(&space->addrs[i].prefix.addr, &space->addrs[last].prefix.addr) &&
		    space->addrs[i].prefix.len == space->addrs[last].prefix.len) {
			space->n_addrs = last;
			break;
		}
	return err;
}

static int add_addr_of(const struct nlmsghdr *nlh, void *data)
{
	const struct some_addrs *some = data;
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);

	return ifa->ifa_family == some->family ? add_addr(nlh, some->shot) : 0;
}

/* All of one family, in the place of those that are there. */
static int ask_family(struct some_addrs *some)
{
	struct facts_space *space = some->shot->space;
	size_t n = 0;

	for (size_t i = 0; i < space->n_addrs; i++)
		if (space->addrs[i].prefix.addr.family != some->family)
			space->addrs[n++] = space->addrs[i];
	space->n_addrs = n;
	return dump_addrs(some->shot, some->family, 0, add_addr_of, some);
}

/* Those of one link. The kernel looks at the number for who wants to be held to what he says, and
 * for nobody before 4.20 (-ENOPROTOOPT). The socket is what it was afterwards, for others say less
 * than that. */
static int ask_on_link(struct some_addrs *some, int ifindex)
{
	int fd = some->shot->place->fds[LOOK_ROUTE], yes = 1, no = 0, err;

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &yes, sizeof(yes)) < 0)
		return -errno;
	err = dump_addrs(some->shot, some->family, ifindex, add_addr_if_new, some);
	/* A talk that ended early has left another socket in its place. */
	fd = some->shot->place->fds[LOOK_ROUTE];
	if (fd >= 0)
		(void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &no, sizeof(no));
	return err;
}

/* IPv6 finds it in a table. */
static int ask_addr(struct some_addrs *some, const struct addr *addr)
{
	struct look_shot *shot = some->shot;
	struct ifaddrmsg *ifa;
	struct nlmsghdr *nlh = look_ask_for(shot->look, RTM_GETADDR, 0, sizeof(*ifa), &ifa);

	ifa->ifa_family = some->family;
	mnl_attr_put(nlh, IFA_ADDRESS, addr_size(addr), addr->bytes);
	return look_talk(shot->look, shot->place, LOOK_ROUTE, nlh, add_addr_if_new, some);
}

/* Each link that is up has an address of IPv6. One of IPv4 has been given to it, and containers'
 * links have none at the host: these come all at once, with what a kernel cannot tell alone. */
static int ask_addrs(struct some_addrs *some, int ifindex, const struct addr *addr, bool *ret_all)
{
	bool is_any = addr_is_any(addr);
	int err = -EOPNOTSUPP;

	if (some->family == AF_INET6 && !is_any)
		err = ask_addr(some, addr);
	else if (some->family == AF_INET6 && ifindex)
		err = ask_on_link(some, ifindex);
	*ret_all = err == -EOPNOTSUPP || err == -ENOPROTOOPT;
	if (*ret_all)
		return ask_family(some);
	/* Nobody has it; or there is no such link. */
	return err == -EADDRNOTAVAIL || err == -ENODEV ? 0 : err;
}

/* As facts_more has it. data: the look. As with routes, below. */
static bool add_addrs(void *data, struct facts_space *space, int ifindex, const struct addr *addr)
{
	struct look_place *place = look_place(data, space->key);
	struct look_shot shot = { .look = data, .place = place, .space = space };
	struct some_addrs some = { &shot, addr->family };
	int err = place ? -EINTR : -ENOENT;
	bool is_all = false;

	shot.room.addrs = space->n_addrs;
	for (int tries = 0; tries < LOOK_TRIES && err == -EINTR; tries++)
		err = ask_addrs(&some, ifindex, addr, &is_all);
	if (err < 0 && err != -EINTR && !facts_is_missing(space, "addrs"))
		(void)(err == -E2BIG
			       ? facts_missing_why(space, "addrs", "more of them than are read")
			       : facts_missing(space, "addrs", err));
	return is_all;
}

/* Of a host a pair needs those of its bridges. Who judges many asks for nearly all. */
int look_addrs(struct look_shot *shot)
{
	struct facts_more *more = &shot->space->more;

	if (shot->look->is_whole || shot->look->is_terse || strcmp(shot->place->key, "host") != 0)
		return dump_addrs(shot, AF_UNSPEC, 0, add_addr, shot);
	more->addrs = add_addrs;
	more->data = shot->look;
	more->space = shot->space;
	return 0;
}

/* ---- routes ---- */

/* What is given, or "any" of that family: the kernel leaves it out. The header has the prefix's
 * length and the family. */
static struct prefix prefix_of(const struct nlattr *attr, uint8_t family, uint8_t len)
{
	struct prefix prefix = { .addr = look_addr(attr), .len = len };

	prefix.addr.family = family;
	return prefix;
}

/* IPv4 may go by a router that has IPv6 alone: then it is told as a family and an address. RTA_VIA
 * is struct rtvia: the family (2 bytes), then the address. */
static struct addr gateway_of(const struct nlattr *gateway, const struct nlattr *via)
{
	size_t len = via ? mnl_attr_get_payload_len(via) : 0;
	struct in6_addr in6;

	/* Another length is that of another family. */
	if (len != sizeof(struct rtvia) + sizeof(in6))
		return look_addr(gateway);
	memcpy(&in6, (const char *)mnl_attr_get_payload(via) + sizeof(struct rtvia), sizeof(in6));
	return addr_from_in6(in6);
}

/* RTA_METRICS is a nest; a metric that is not set reads as 0. */
static uint32_t mtu_of(const struct nlattr *metrics)
{
	const struct nlattr *attrs[ATTR_N];

	look_nested(metrics, attrs, ATTR_N);
	return look_u32(attrs[RTAX_MTU]);
}

/* RTA_TABLE has 32 bits; the header's field holds the small numbers only. attrs are those of the
 * message, NULL for what is missing. Numbers that are missing read as 0. */
static void read_route(const struct rtmsg *rtm, const struct nlattr **attrs,
		       struct facts_route *route)
{
	*route = (struct facts_route) {
		.dst = prefix_of(attrs[RTA_DST], rtm->rtm_family, rtm->rtm_dst_len),
		.src = prefix_of(attrs[RTA_SRC], rtm->rtm_family, rtm->rtm_src_len),
		.gateway = gateway_of(attrs[RTA_GATEWAY], attrs[RTA_VIA]),
		.prefsrc = look_addr(attrs[RTA_PREFSRC]),
		.ifindex = (int)look_u32(attrs[RTA_OIF]),
		.table = attrs[RTA_TABLE] ? look_u32(attrs[RTA_TABLE]) : rtm->rtm_table,
		.priority = look_u32(attrs[RTA_PRIORITY]),
		.mtu = mtu_of(attrs[RTA_METRICS]),
		.type = rtm->rtm_type,
		.protocol = rtm->rtm_protocol,
		.flags = rtm->rtm_flags,
	};
}

/* Lengths of attributes leave out the padding to four bytes. */
static size_t step_of(const struct nlattr *attr)
{
	return MNL_ALIGN((size_t)attr->nla_len);
}

/* Several next hops: an entry for each. RTA_MULTIPATH is a row of struct rtnexthop, each with its
 * length, followed by its attributes. The lengths are checked against what is left, as those of
 * every nest. */
static int add_hops(struct look_shot *shot, const struct facts_route *whole,
		    const struct nlattr *multipath)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(multipath);
	size_t left = mnl_attr_get_payload_len(multipath);
	int err = 0;

	/* The last hop may leave out its padding, hence the comparison with step below. */
	while (err == 0 && left >= sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) &&
	       hop->rtnh_len <= left) {
		struct facts_route *route = LOOK_ADD(shot, routes, &err);
		const struct nlattr *attr = (const struct nlattr *)(hop + 1);
		/* step is the length with its padding, inner the room of this hop's attributes. */
		size_t inner = hop->rtnh_len - sizeof(*hop), step = RTNH_ALIGN(hop->rtnh_len);

		if (!route)
			return err;
		*route = *whole;
		route->ifindex = hop->rtnh_ifindex;
		route->flags |= hop->rtnh_flags;
		for (; mnl_attr_ok(attr, (int)inner); attr = mnl_attr_next(attr)) {
			if (mnl_attr_get_type(attr) == RTA_GATEWAY)
				route->gateway = look_addr(attr);
			else if (mnl_attr_get_type(attr) == RTA_VIA)
				route->gateway = gateway_of(NULL, attr);
			inner -= step_of(attr) < inner ? step_of(attr) : inner;
		}
		if (step >= left)
			break;
		left -= step;
		hop = (const void *)((const char *)hop + step);
	}
	return err;
}

/* One route, or one for each of its next hops. */
static int add_route(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[ATTR_N];
	struct facts_route route, *added;
	int err;

	/* Copies of a route for one peer each: they say what was, not what is. Multicast has
	 * families of its own. RTM_F_CLONED marks them. */
	if (nlh->nlmsg_type != RTM_NEWROUTE || rtm->rtm_flags & RTM_F_CLONED ||
	    (rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6))
		return 0;
	look_attrs(nlh, sizeof(*rtm), attrs, ATTR_N);
	read_route(rtm, attrs, &route);
	if (attrs[RTA_MULTIPATH])
		return add_hops(data, &route, attrs[RTA_MULTIPATH]);
	added = LOOK_ADD((struct look_shot *)data, routes, &err);
	if (!added)
		return err;
	*added = route;
	return 0;
}

/* One dump of one family. message is called for each message of the dump. */
static int dump_family(struct look_shot *shot, uint16_t type, uint8_t family, look_message message)
{
	struct rtmsg *rtm; /* of a rule, too: its header is of the same shape */
	struct nlmsghdr *nlh = look_ask_for(shot->look, type, NLM_F_DUMP, sizeof(*rtm), &rtm);
	int err;

	rtm->rtm_family = family;
	err = look_talk(shot->look, shot->place, LOOK_ROUTE, nlh, message, shot);
	/* A kernel without that family, or without policy routing, has none of its routes. */
	return err == -EOPNOTSUPP || err == -EAFNOSUPPORT ? 0 : err;
}

/* Rules and routes are asked for family by family, for the kernel answers AF_UNSPEC with further
 * families. */
static int dump_both(struct look_shot *shot, uint16_t type, look_message message)
{
	int err = 0;

	for (enum family family = 0; family < FAMILY_N && err == 0; family++)
		err = dump_family(shot, type, family_af(family), message);
	return err;
}

/* As facts_more has it. data: the look. What changes meanwhile is read once more, and then it is
 * what there was. */
static void add_routes(void *data, struct facts_space *space)
{
	struct look_place *place = look_place(data, space->key);
	struct look_shot shot = { .look = data, .place = place, .space = space };
	int err = place ? -EINTR : -ENOENT;

	space->more.routes = NULL;
	for (int tries = 0; tries < LOOK_TRIES && err == -EINTR; tries++) {
		shot.room.routes = space->n_routes;
		space->n_routes = 0;
		err = dump_both(&shot, RTM_GETROUTE, add_route);
	}
	if (err == -E2BIG)
		(void)facts_missing_why(space, "routes", "more of them than are read");
	else if (err < 0 && err != -EINTR)
		(void)facts_missing(space, "routes", err);
}

/* A host has some for each link and each address. Where a packet goes the kernel says; the list
 * tells why. */
int look_routes(struct look_shot *shot)
{
	struct facts_more *more = &shot->space->more;

	if (shot->look->is_whole)
		return dump_both(shot, RTM_GETROUTE, add_route);
	more->routes = add_routes;
	more->data = shot->look;
	more->space = shot->space;
	return 0;
}

/* ---- rules ---- */

/* Rules are numbers of priority, a condition and a table. A condition that is not read here makes
 * the rule one of which nothing is known, so the judge does not guess. */

/* ports stay 0 where there is no such condition. The range is in the host's byte order. */
static void read_ports(const struct nlattr *attr, uint16_t ports[2])
{
	struct fib_rule_port_range range;

	if (!attr || mnl_attr_get_payload_len(attr) < sizeof(range))
		return;
	memcpy(&range, mnl_attr_get_payload(attr), sizeof(range));
	ports[0] = range.start;
	ports[1] = range.end;
}

/* Without the attribute the rule is for everybody. */
static void read_uids(const struct nlattr *attr, uint32_t uids[2])
{
	struct fib_rule_uid_range range = { 0, UINT32_MAX };

	if (attr && mnl_attr_get_payload_len(attr) >= sizeof(range))
		memcpy(&range, mnl_attr_get_payload(attr), sizeof(range));
	uids[0] = range.start;
	uids[1] = range.end;
}

/* Whether the rule has a condition that is not read here. A number of zero is none, and so is "all
 * groups". Attributes that are read, or that say nothing, are passed over. Everything else, also
 * what a later kernel adds, is a condition. */
static bool has_more(const struct nlattr **attrs)
{
	/* attrs of a number that is not listed must not be there. */
	for (int type = 0; type < ATTR_N; type++) {
		switch (type) {
		case FRA_DST:
		case FRA_SRC:
		case FRA_IIFNAME:
		case FRA_OIFNAME:
		case FRA_GOTO:
		case FRA_PRIORITY:
		case FRA_FWMARK:
		case FRA_FWMASK:
		case FRA_SUPPRESS_PREFIXLEN:
		case FRA_TABLE:
		case FRA_PAD:
		case FRA_PROTOCOL:
		case FRA_IP_PROTO:
		case FRA_SPORT_RANGE:
		case FRA_DPORT_RANGE:
		case FRA_UID_RANGE:
			continue;
		/* -1 in the attribute means that no group is suppressed. */
		case FRA_SUPPRESS_IFGROUP:
			if (attrs[type] && look_u32(attrs[type]) != UINT32_MAX)
				return true;
			continue;
		/* A full mask is an exact comparison, as it always was. */
		case RULE_SPORT_MASK:
		case RULE_DPORT_MASK:
			if (attrs[type] && look_u16(attrs[type]) != UINT16_MAX)
				return true;
			continue;
		case FRA_L3MDEV:
			if (look_u8(attrs[type]) != 0)
				return true;
			continue;
		default:
			if (attrs[type])
				return true;
		}
	}
	return false;
}

/* One rule. The kernel lists rules in the order in which it looks at them. */
static int add_rule(const struct nlmsghdr *nlh, void *data)
{
	const struct fib_rule_hdr *frh = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[ATTR_N];
	struct facts_rule *rule;
	int err;

	if (nlh->nlmsg_type != RTM_NEWRULE)
		return 0;
	rule = LOOK_ADD((struct look_shot *)data, rules, &err);
	if (!rule)
		return err;
	look_attrs(nlh, sizeof(*frh), attrs, ATTR_N);
	*rule = (struct facts_rule) {
		.family = frh->family,
		.action = frh->action,
		.tos = frh->tos,
		.table = attrs[FRA_TABLE] ? look_u32(attrs[FRA_TABLE]) : frh->table,
		.src = { look_addr(attrs[FRA_SRC]), frh->src_len },
		.dst = { look_addr(attrs[FRA_DST]), frh->dst_len },
		.priority = look_u32(attrs[FRA_PRIORITY]),
		.mark = look_u32(attrs[FRA_FWMARK]),
		.mark_mask = look_u32(attrs[FRA_FWMASK]),
		.target = look_u32(attrs[FRA_GOTO]),
		/* -1: nothing is suppressed. */
		.suppress_prefix = -1,
		.protocol = look_u8(attrs[FRA_IP_PROTO]),
		.is_inverted = frh->flags & FIB_RULE_INVERT,
		.has_unknown = has_more(attrs),
	};
	if (attrs[FRA_SUPPRESS_PREFIXLEN])
		rule->suppress_prefix = (int32_t)look_u32(attrs[FRA_SUPPRESS_PREFIXLEN]);
	look_text(attrs[FRA_IIFNAME], rule->iif, sizeof(rule->iif));
	look_text(attrs[FRA_OIFNAME], rule->oif, sizeof(rule->oif));
	read_ports(attrs[FRA_SPORT_RANGE], rule->sport);
	read_ports(attrs[FRA_DPORT_RANGE], rule->dport);
	read_uids(attrs[FRA_UID_RANGE], rule->uid);
	return 0;
}

int look_rules(struct look_shot *shot)
{
	return dump_both(shot, RTM_GETRULE, add_rule);
}

/* ---- neighbours and bridge entries ---- */

/* A neighbour is an address with the MAC that belongs to it; an entry of a bridge is a MAC with the
 * port that leads there. Both are struct ndmsg, told apart by the family. */

/* One entry of the neighbour table. */
static int add_neighbour(const struct nlmsghdr *nlh, void *data)
{
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[ATTR_N];
	struct facts_neighbour *neighbour;
	struct addr addr;
	int err;

	if (nlh->nlmsg_type != RTM_NEWNEIGH ||
	    (ndm->ndm_family != AF_INET && ndm->ndm_family != AF_INET6))
		return 0;
	look_attrs(nlh, sizeof(*ndm), attrs, ATTR_N);
	addr = look_addr(attrs[NDA_DST]);
	/* Groups are computed, not learnt. */
	if (addr_is_multicast(&addr))
		return 0;
	/* The state says whether the MAC was confirmed. An entry that failed has none. */
	neighbour = LOOK_ADD((struct look_shot *)data, neighbours, &err);
	if (!neighbour)
		return err;
	neighbour->ifindex = ndm->ndm_ifindex;
	neighbour->addr = addr;
	/* NUD_* bits; a permanent entry has NUD_PERMANENT. */
	neighbour->state = ndm->ndm_state;
	look_mac(attrs[NDA_LLADDR], &neighbour->mac, &neighbour->has_mac);
	return 0;
}

static int dump_neighbours(struct look_shot *shot, uint8_t family, look_message message)
{
	struct ndmsg *ndm;
	struct nlmsghdr *nlh = look_ask_for(shot->look, RTM_GETNEIGH, NLM_F_DUMP, sizeof(*ndm),
					    &ndm);

	ndm->ndm_family = family;
	return look_talk(shot->look, shot->place, LOOK_ROUTE, nlh, message, shot);
}

/* One that the kernel has no entry of is noted without a state, as one that was never asked. */
static int ask_neighbour(struct look_shot *shot, int ifindex, const struct addr *addr)
{
	struct facts_neighbour *none;
	struct ndmsg *ndm;
	struct nlmsghdr *nlh = look_ask_for(shot->look, RTM_GETNEIGH, 0, sizeof(*ndm), &ndm);
	int err;

	ndm->ndm_family = addr->family;
	ndm->ndm_ifindex = ifindex;
	mnl_attr_put(nlh, NDA_DST, addr_size(addr), addr->bytes);
	err = look_talk(shot->look, shot->place, LOOK_ROUTE, nlh, add_neighbour, shot);
	if (err != -ENOENT)
		return err;
	none = LOOK_ADD(shot, neighbours, &err);
	if (none)
		*none = (struct facts_neighbour) { .ifindex = ifindex, .addr = *addr };
	return err;
}

/* As facts_more has it. data: the look. */
static void add_asked(void *data, struct facts_space *space, int ifindex, const struct addr *addr)
{
	struct look_place *place = look_place(data, space->key);
	struct look_shot shot = { .look = data, .place = place, .space = space };
	int err;

	if (!place || addr_is_multicast(addr))
		return;
	shot.room.neighbours = space->n_neighbours;
	err = ask_neighbour(&shot, ifindex, addr);
	/* Without the link there is none that knows anything. */
	if (err < 0 && err != -ENODEV && !facts_is_missing(space, "neighbours"))
		(void)facts_missing(space, "neighbours", err);
}

/* A pair meets two or three. The kernel's table is one for all namespaces, its buckets are those of
 * the most entries that the machine ever had, and a dump goes through all of them, in whatever
 * namespace: up to a millisecond for one entry. */
int look_neighbours(struct look_shot *shot)
{
	struct facts_more *more = &shot->space->more;

	if (shot->look->is_whole)
		return dump_neighbours(shot, AF_UNSPEC, add_neighbour);
	more->neighbour = add_asked;
	more->data = shot->look;
	more->space = shot->space;
	return 0;
}

/* One MAC behind one port. An entry of the bridge itself has the bridge as its link. One of a
 * tunnel leads to another host, and has no bridge. */
static int add_entry(const struct nlmsghdr *nlh, void *data)
{
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[ATTR_N];
	struct facts_entry *entry;
	bool has_mac;
	int err;

	if (nlh->nlmsg_type != RTM_NEWNEIGH || ndm->ndm_family != AF_BRIDGE)
		return 0;
	look_attrs(nlh, sizeof(*ndm), attrs, ATTR_N);
	/* Without a bridge, and a host to send to, it is an address that a device listens to,
	 * mostly of groups. */
	if (!attrs[NDA_MASTER] && !attrs[NDA_DST])
		return 0;
	entry = LOOK_ADD((struct look_shot *)data, entries, &err);
	if (!entry)
		return err;
	entry->ifindex = ndm->ndm_ifindex;
	entry->master = attrs[NDA_MASTER] ? (int)look_u32(attrs[NDA_MASTER]) : 0;
	if (attrs[NDA_DST])
		entry->dst = look_addr(attrs[NDA_DST]);
	entry->vlan = look_u16(attrs[NDA_VLAN]);
	entry->state = ndm->ndm_state;
	entry->flags = ndm->ndm_flags;
	look_mac(attrs[NDA_LLADDR], &entry->mac, &has_mac);
	return 0;
}

/* The host's bridges may have thousands of entries, so they wait until somebody asks for one. */
int look_entries(struct look_shot *shot)
{
	int err;

	if (shot->space->more.entry)
		return 0; /* when somebody comes to a bridge */
	err = dump_neighbours(shot, AF_BRIDGE, add_entry);
	return err == -EOPNOTSUPP ? 0 : err; /* a kernel without bridges */
}

/* Whether there is one already: of that MAC, or NULL: any. */
static bool has_entry(const struct facts_space *space, int bridge, const struct mac *mac)
{
	for (size_t i = 0; i < space->n_entries; i++)
		if (space->entries[i].master == bridge &&
		    (!mac ||
		     memcmp(space->entries[i].mac.bytes, mac->bytes, sizeof(mac->bytes)) == 0))
			return true;
	return false;
}

/* Each link listens to some addresses, which are entries, too: so of one bridge alone. The header
 * is that of a link, as before 4.20; behind that of a neighbour the kernel looks for no bridge
 * where it is not told to be strict. Entries age and come all the time, so an interrupted dump is
 * good enough. */
static int dump_entries(struct look_shot *shot, int bridge)
{
	struct ifinfomsg *info;
	struct nlmsghdr *nlh;
	int err;

	/* A bridge has at least that of its own MAC, so it is read once. */
	if (has_entry(shot->space, bridge, NULL))
		return 0;
	nlh = look_ask_for(shot->look, RTM_GETNEIGH, NLM_F_DUMP, sizeof(*info), &info);
	info->ifi_family = AF_BRIDGE;
	mnl_attr_put_u32(nlh, IFLA_MASTER, (uint32_t)bridge);
	err = look_talk(shot->look, shot->place, LOOK_ROUTE, nlh, add_entry, shot);
	return err == -EINTR ? 0 : err;
}

/* Without VLANs frames have the VLAN 0, as who names none. */
static int ask_entry(struct look_shot *shot, int bridge, const struct mac *mac)
{
	struct ndmsg *ndm;
	struct nlmsghdr *nlh;

	if (has_entry(shot->space, bridge, mac))
		return 0;
	nlh = look_ask_for(shot->look, RTM_GETNEIGH, 0, sizeof(*ndm), &ndm);
	ndm->ndm_family = AF_BRIDGE;
	mnl_attr_put_u32(nlh, NDA_MASTER, (uint32_t)bridge);
	mnl_attr_put(nlh, NDA_LLADDR, sizeof(mac->bytes), mac->bytes);
	return look_talk(shot->look, shot->place, LOOK_ROUTE, nlh, add_entry, shot);
}

/* Of the tunnel's own list: to which host it sends what is for that MAC. */
static int ask_lead(struct look_shot *shot, int tunnel, const struct mac *mac)
{
	struct ndmsg *ndm;
	struct nlmsghdr *nlh = look_ask_for(shot->look, RTM_GETNEIGH, 0, sizeof(*ndm), &ndm);

	ndm->ndm_family = AF_BRIDGE;
	ndm->ndm_ifindex = tunnel;
	ndm->ndm_flags = NTF_SELF;
	mnl_attr_put(nlh, NDA_LLADDR, sizeof(mac->bytes), mac->bytes);
	return look_talk(shot->look, shot->place, LOOK_ROUTE, nlh, add_entry, shot);
}

void look_bridge_entry(void *data, struct facts_space *space, const struct facts_link *bridge,
		       const struct mac *mac)
{
	struct look_place *place = look_place(data, space->key);
	struct look_shot shot = { .look = data, .place = place, .space = space };
	int err;

	if (!place)
		return;
	/* They are added behind those of others. */
	shot.room.entries = space->n_entries;
	if (strcmp(bridge->kind, "vxlan") == 0)
		err = ask_lead(&shot, bridge->ifindex, mac);
	else
		err = bridge->is_vlan_filtering ? dump_entries(&shot, bridge->ifindex)
						: ask_entry(&shot, bridge->ifindex, mac);
	/* -ENOENT: there is none. -ENODEV: nor is there the bridge. */
	if (err < 0 && err != -ENOENT && err != -ENODEV && !facts_is_missing(space, "entries"))
		(void)facts_missing(space, "entries", err);
}

/* ---- where a packet would go ---- */

/* Two questions by RTM_GETROUTE, sent together. The first has the result: device, gateway, source.
 * The second, with RTM_F_FIB_MATCH, has the entry of the table that matched. With an incoming
 * interface the kernel does what it does with a packet that it forwards, including the check of its
 * source. */

/* In network byte order, as it is kept. */
static void put_addr(struct nlmsghdr *nlh, uint16_t type, const struct addr *addr)
{
	mnl_attr_put(nlh, type, addr_size(addr), addr->bytes);
}

/* Rules may look at all of these, so the kernel is told all of them. It takes numbers in network
 * order for ports. */
static void put_flow(struct nlmsghdr *nlh, const struct facts_way_asked *asked)
{
	bool has_ports = asked->protocol == IPPROTO_TCP || asked->protocol == IPPROTO_UDP;

	/* Of other protocols the kernel refuses to be told. See rtm_getroute_parse_ip_proto() of
	 * the kernel. */
	if (has_ports || asked->protocol == IPPROTO_ICMP || asked->protocol == IPPROTO_ICMPV6)
		mnl_attr_put_u8(nlh, RTA_IP_PROTO, asked->protocol);
	if (has_ports && asked->sport)
		mnl_attr_put_u16(nlh, RTA_SPORT, htons(asked->sport));
	if (has_ports && asked->dport)
		mnl_attr_put_u16(nlh, RTA_DPORT, htons(asked->dport));
	mnl_attr_put_u32(nlh, RTA_UID, asked->uid);
	if (asked->mark)
		mnl_attr_put_u32(nlh, RTA_MARK, asked->mark);
}

/* What the kernel would do. An error in its place (EHOSTUNREACH, EACCES, EXDEV and others) comes
 * back as answer->err and means something to the judge. */
static int read_way(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[ATTR_N];
	struct facts_route route;
	struct facts_way *way = data;

	look_attrs(nlh, sizeof(*rtm), attrs, ATTR_N);
	read_route(rtm, attrs, &route);
	way->type = route.type;
	way->oif = route.ifindex;
	way->gateway = route.gateway;
	way->prefsrc = route.prefsrc;
	way->table = route.table;
	way->mtu = route.mtu;
	way->flags = route.flags;
	return 0;
}

/* Only what the first answer does not have. */
static int read_match(const struct nlmsghdr *nlh, void *data)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[ATTR_N];
	struct facts_route route;
	struct facts_way *way = data;

	look_attrs(nlh, sizeof(*rtm), attrs, ATTR_N);
	read_route(rtm, attrs, &route);
	way->matched = route.dst;
	way->table = route.table; /* the result names the main table, also for what is local */
	way->matched_protocol = route.protocol;
	way->flags |= route.flags;
	return 0;
}

/* Without NLM_F_DUMP the kernel answers for one packet. */
static struct nlmsghdr *way_request(struct look *look, int iif, const struct facts_way_asked *asked,
				    uint32_t flags)
{
	struct rtmsg *rtm;
	struct nlmsghdr *nlh = look_ask_for(look, RTM_GETROUTE, 0, sizeof(*rtm), &rtm);

	rtm->rtm_family = asked->dst.family;
	rtm->rtm_dst_len = addr_bits(&asked->dst);
	rtm->rtm_flags = flags;
	/* The source decides as well: rules may match it, and rp_filter does. */
	put_addr(nlh, RTA_DST, &asked->dst);
	if (addr_is_set(&asked->src)) {
		rtm->rtm_src_len = addr_bits(&asked->src);
		put_addr(nlh, RTA_SRC, &asked->src);
	}
	if (iif)
		mnl_attr_put_u32(nlh, RTA_IIF, (uint32_t)iif);
	put_flow(nlh, asked);
	return nlh;
}

/* What matched is a second question; a kernel before 4.13 has no answer to it. */
static int ask_both(struct look *look, struct look_place *place, int iif,
		    const struct facts_way_asked *asked, struct facts_way *answer)
{
	static const look_message messages[] = { read_way, read_match };
	struct nlmsghdr *first = way_request(look, iif, asked, RTM_F_LOOKUP_TABLE);
	struct nlmsghdr *second = (void *)((uint8_t *)first + MNL_ALIGN(first->nlmsg_len));
	struct rtmsg *rtm = mnl_nlmsg_get_payload(second);

	/* A question has some hundred bytes, and there is room for ten. */
	memcpy(second, first, first->nlmsg_len);
	rtm->rtm_flags |= RTM_F_FIB_MATCH;
	return look_talk_twice(look, place, LOOK_ROUTE, (struct nlmsghdr *[]) { first, second },
			       messages, answer);
}

/* What leaves the host by a link that is none of its bridges: whether that has a carrier is told
 * with the entry alone. */
static bool leaves(const struct facts_space *space, const struct facts_way *way)
{
	const struct facts_link *link = strcmp(space->key, "host") == 0
						? facts_link(space, way->oif)
						: NULL;

	return link && strcmp(link->kind, "bridge") != 0;
}

static int ask_way(struct look *look, struct look_place *place, const struct facts_space *space,
		   int iif, const struct facts_way_asked *asked, struct facts_way *answer)
{
	int err;

	if (!look->is_terse)
		return ask_both(look, place, iif, asked, answer);
	err = look_talk(look, place, LOOK_ROUTE, way_request(look, iif, asked, RTM_F_LOOKUP_TABLE),
			read_way, answer);
	if (err == 0 && leaves(space, answer))
		(void)look_talk(look, place, LOOK_ROUTE,
				way_request(look, iif, asked, RTM_F_LOOKUP_TABLE | RTM_F_FIB_MATCH),
				read_match, answer);
	return err;
}

/* -ENODATA: nobody can tell. Any other error is the kernel's own answer. */
void look_way(void *data, const struct facts_space *space, const struct facts_way_asked *asked,
	      struct facts_way *answer)
{
	struct look_place *place = look_place(data, space->key);
	const struct facts_link *iif = NULL;

	*answer = (struct facts_way) { .err = -ENODATA };
	if (!place || look_open(place) < 0)
		return;
	if (asked->iif[0]) {
		/* A link that is not in the picture has no number to ask with. */
		iif = facts_link_named(space, asked->iif);
		if (!iif)
			return;
	}
	answer->err = ask_way(data, place, space, iif ? iif->ifindex : 0, asked, answer);
}
