// SPDX-License-Identifier: GPL-2.0-or-later
// conntrack.c - forgets stale UDP flows of a published port (moby#8795: they outlive the mapping)
#include "kernel/conntrack.h"

#include "base/cleanup.h"
#include "base/grow.h"
#include "kernel/sysctl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_MAX 32768 /* the kernel's dumps come in messages of at most this size */
#define REQUEST_MAX 512	 /* a tuple of two IPv6 addresses, a zone and an id take about 120 bytes */
#define CT_ATTR_MAX 32	 /* more than any kernel's CTA_*_MAX that is looked at here */

/* Theory of operation. One dump of the whole table, in which each flow is looked at once and the
 * few that are to go are remembered with the attributes by which the kernel finds them again;
 * then one deletion for each. Deleting during the dump would move entries under it. A flow is
 * recognised by both of its directions: the original says which port of the host it asked for,
 * the reply says which container answers. */

/* An entry that is to go: the attributes by which the kernel finds it again, as it gave them. It is
 * at most as large as a request less its headers, so forgetting it always fits into one. */
struct victim {
	uint8_t family;
	size_t len;
	_Alignas(struct nlattr) uint8_t attrs[REQUEST_MAX - 64];
};

/* One walk through the table, and what it is about. */
struct forgetting {
	int fd;
	/* Answers that have another number are of a question that was given up. */
	uint32_t seq;
	const struct port *ports;
	size_t n_ports;
	/* Not what concerns the ports, but what led into these and is not by one of them. */
	const struct prefix *subnets; /* NULL: what concerns the ports */
	size_t n_subnets;
	/* Bit sets of the host and container ports asked about: one look at them spares nearly
	 * every flow the walk over all ports. */
	uint64_t host_ports[65536 / 64], container_ports[65536 / 64];
	struct victim *victims;
	size_t n_victims, size;
	/* Of the question that is being asked: whether its last message came, and what it said. */
	bool finished;
	int err;
};

/* One direction of a flow. The family of an address is 0 where the message has none. */
struct tuple {
	struct addr src, dst;
	uint8_t protocol;
	uint16_t dst_port, src_port;
};

/* A callback of libmnl's that sorts attributes by their type. The table has CT_ATTR_MAX places. */
static int collect(const struct nlattr *attr, void *data)
{
	const struct nlattr **table = data;

	/* Attributes of later kernels are passed over. */
	if (mnl_attr_get_type(attr) < CT_ATTR_MAX)
		table[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

/* An address of one of the two families. A length that is not right counts as no address. */
static struct addr read_addr(const struct nlattr *v4, const struct nlattr *v6)
{
	struct addr addr = { 0 };

	if (v4 && mnl_attr_get_payload_len(v4) == 4) {
		addr.family = AF_INET;
		memcpy(addr.bytes, mnl_attr_get_payload(v4), 4);
	} else if (v6 && mnl_attr_get_payload_len(v6) == 16) {
		addr.family = AF_INET6;
		memcpy(addr.bytes, mnl_attr_get_payload(v6), 16);
	}
	return addr;
}

/* A port in host order; 0 where there is none. */
static uint16_t read_port(const struct nlattr *attr)
{
	return attr && mnl_attr_get_payload_len(attr) == 2 ? ntohs(mnl_attr_get_u16(attr)) : 0;
}

/* CTA_TUPLE_ORIG and CTA_TUPLE_REPLY are nested two deep:
 * CTA_TUPLE_IP     CTA_IP_V4_SRC, _DST (4 bytes) or CTA_IP_V6_SRC, _DST (16 bytes)
 * CTA_TUPLE_PROTO  CTA_PROTO_NUM (1 byte), CTA_PROTO_SRC_PORT, _DST_PORT (2 bytes, network order)
 * A part that is missing leaves zeros, which match no port. */
static struct tuple read_tuple(const struct nlattr *attr)
{
	const struct nlattr *parts[CT_ATTR_MAX] = { 0 }, *ip[CT_ATTR_MAX] = { 0 };
	const struct nlattr *proto[CT_ATTR_MAX] = { 0 };
	struct tuple tuple = { 0 };

	(void)mnl_attr_parse_nested(attr, collect, (void *)parts);
	if (parts[CTA_TUPLE_IP])
		(void)mnl_attr_parse_nested(parts[CTA_TUPLE_IP], collect, (void *)ip);
	if (parts[CTA_TUPLE_PROTO])
		(void)mnl_attr_parse_nested(parts[CTA_TUPLE_PROTO], collect, (void *)proto);
	tuple.src = read_addr(ip[CTA_IP_V4_SRC], ip[CTA_IP_V6_SRC]);
	tuple.dst = read_addr(ip[CTA_IP_V4_DST], ip[CTA_IP_V6_DST]);
	/* A message without a protocol has the number 0, which is nobody's here. */
	if (proto[CTA_PROTO_NUM])
		tuple.protocol = mnl_attr_get_u8(proto[CTA_PROTO_NUM]);
	tuple.src_port = read_port(proto[CTA_PROTO_SRC_PORT]);
	tuple.dst_port = read_port(proto[CTA_PROTO_DST_PORT]);
	return tuple;
}

/* One of the host's own addresses in this netns: then a socket can be bound to it. The kernel knows
 * which addresses are local; a list of them would be older than the flow. */
static bool is_local(const struct addr *addr)
{
	_cleanup_close_ int fd = socket(addr->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage sockaddr;
	socklen_t len = addr_to_sockaddr(addr, 0, &sockaddr);

	return fd >= 0 && bind(fd, (struct sockaddr *)&sockaddr, len) == 0;
}

/* A port published on every address is one of the host's addresses; the flows of containers to the
 * same port of servers elsewhere are none of its business. Whether a flow was made by this port, or
 * is in its way. */
static bool concerns(const struct port *port, const struct tuple *original,
		     const struct tuple *reply)
{
	if (port->protocol != IPPROTO_UDP)
		return false;
	/* What it answers from is the container, and it asked for something else: so it was
	 * changed on its way. */
	if (addr_equal(&reply->src, &port->target) && reply->src_port == port->container_port &&
	    !addr_equal(&original->dst, &port->target))
		return true;
	/* Flows to the host's port that were changed by nobody: they began while the port was not
	 * published. conntrack leaves such a flow as it is, so its packets would go past the new
	 * port for as long as they keep coming. */
	if (original->dst_port != port->host_port || original->dst.family != port->host_addr.family)
		return false;
	return addr_is_any(&port->host_addr) ? is_local(&original->dst)
					     : addr_equal(&original->dst, &port->host_addr);
}

/* A flow that was changed to lead into a subnet, and that no port explains; or one to a port that
 * was nobody's when the flow began. This is for a start, when nobody knows which ports there were
 * before. */
static bool is_stray(const struct forgetting *forgetting, const struct tuple *original,
		     const struct tuple *reply)
{
	/* inside: something led the flow into a subnet. asked: a port is concerned, and does not
	 * explain it. */
	bool inside = false, asked = false;

	/* Addresses of a subnet that were asked for directly are not a port's affair. */
	for (size_t i = 0; i < forgetting->n_subnets; i++)
		inside |= prefix_contains(&forgetting->subnets[i], &reply->src) &&
			  !prefix_contains(&forgetting->subnets[i], &original->dst);
	for (size_t i = 0; i < forgetting->n_ports; i++) {
		const struct port *port = &forgetting->ports[i];

		if (!concerns(port, original, reply))
			continue;
		/* Explained: it leads where this port leads today. One port that explains it is
		 * enough, whatever others say. */
		if (addr_equal(&reply->src, &port->target) &&
		    reply->src_port == port->container_port &&
		    original->dst_port == port->host_port)
			return false;
		asked = true;
	}
	return inside || asked;
}

/* Sets of 65,536 bits, one for each port. */
static void bit_set(uint64_t *bits, uint16_t n)
{
	bits[n / 64] |= UINT64_C(1) << n % 64;
}

static bool bit_test(const uint64_t *bits, uint16_t n)
{
	return bits[n / 64] >> n % 64 & 1;
}

/* A copy of an attribute, padded to 4 bytes as netlink wants it. */
static void put_copy(uint8_t *to, size_t *len, const struct nlattr *attr)
{
	if (!attr)
		return;
	memcpy(to + *len, attr, attr->nla_len);
	*len += MNL_ALIGN(attr->nla_len);
}

/* The original tuple finds the flow. The zone tells flows with equal tuples apart, and the id keeps
 * the deletion from a new flow that has taken the tuple meanwhile: the kernel answers ENOENT
 * then. */
static void add_victim(struct forgetting *forgetting, uint8_t family, const struct nlattr **attrs)
{
	const int wanted[] = { CTA_TUPLE_ORIG, CTA_ZONE, CTA_ID };
	struct victim *victims, *victim;
	size_t total = 0;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		total += attrs[wanted[i]] ? MNL_ALIGN(attrs[wanted[i]]->nla_len) : 0;
	/* More than the kernel ever sent. To cut it would delete another flow, or none. */
	if (total > sizeof(victim->attrs))
		return;
	/* No memory ends the walk with an error at its end. The flows that were noted stay. */
	victims = grow(forgetting->victims, &forgetting->size, forgetting->n_victims + 1,
		       sizeof(*victims));
	if (!victims) {
		forgetting->err = -ENOMEM;
		return;
	}
	forgetting->victims = victims;
	victim = &forgetting->victims[forgetting->n_victims++];
	*victim = (struct victim) { .family = family };
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		put_copy(victim->attrs, &victim->len, attrs[wanted[i]]);
}

static void look_at(struct forgetting *forgetting, const struct nlmsghdr *nlh)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attrs[CT_ATTR_MAX] = { 0 };

	(void)mnl_attr_parse(nlh, sizeof(*nfg), collect, (void *)attrs);
	if (!attrs[CTA_TUPLE_ORIG] || !attrs[CTA_TUPLE_REPLY])
		return;

	struct tuple original = read_tuple(attrs[CTA_TUPLE_ORIG]);
	struct tuple reply = read_tuple(attrs[CTA_TUPLE_REPLY]);

	/* TCP flows end with their connection, and other protocols are not published through
	 * conntrack alone. */
	if (original.protocol != IPPROTO_UDP)
		return;
	if (forgetting->subnets) {
		if (is_stray(forgetting, &original, &reply))
			add_victim(forgetting, nfg->nfgen_family, attrs);
		return;
	}
	/* Two bits tell that nearly every flow concerns none of the ports. A port that was
	 * published appears in the original's destination, a container's port in the reply's
	 * source. */
	if ((!bit_test(forgetting->host_ports, original.dst_port) &&
	     !bit_test(forgetting->container_ports, reply.src_port)))
		return;
	for (size_t i = 0; i < forgetting->n_ports; i++) {
		if (concerns(&forgetting->ports[i], &original, &reply)) {
			add_victim(forgetting, nfg->nfgen_family, attrs);
			return;
		}
	}
}

/* A request of ctnetlink begins with struct nfgenmsg; attributes follow. The number goes up with
 * each request, so that an answer can be told from a late one. */
static struct nlmsghdr *request(struct forgetting *forgetting, void *buffer, uint16_t type,
				uint16_t flags, uint8_t family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nlh->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | type);
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++forgetting->seq;
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	return nlh;
}

/* One message of an answer: a flow, the end of a dump, or an error. An acknowledgement is an error
 * of 0. */
static void read_message(struct forgetting *forgetting, const struct nlmsghdr *nlh)
{
	const int *code = mnl_nlmsg_get_payload(nlh);

	/* An answer to an earlier question, whose reader gave up. */
	if (nlh->nlmsg_seq != forgetting->seq)
		return;
	if (nlh->nlmsg_type != NLMSG_DONE && nlh->nlmsg_type != NLMSG_ERROR) {
		look_at(forgetting, nlh);
		return;
	}
	forgetting->finished = true;
	/* NLMSG_DONE carries a code as well: a dump may fail at its end. */
	if (forgetting->err == 0 && nlh->nlmsg_len >= mnl_nlmsg_size(sizeof(*code)))
		forgetting->err = *code;
}

/* The kernel works inside send(2) and recv(2), so this never waits. Sends one request and reads
 * until its last message. */
static int converse(struct forgetting *forgetting, const struct nlmsghdr *nlh)
{
	forgetting->finished = false;
	forgetting->err = 0;
	if (send(forgetting->fd, nlh, nlh->nlmsg_len, 0) < 0)
		return -errno;
	while (!forgetting->finished) {
		_Alignas(struct nlmsghdr) char buffer[ANSWER_MAX];
		ssize_t got = recv(forgetting->fd, buffer, sizeof(buffer), MSG_DONTWAIT);
		/* An int, for the macros of libmnl count down in one. */
		int len = (int)got;

		/* EAGAIN as well: the kernel's answer is there when send(2) returns. A dump goes on
		 * inside recv(2): the kernel fills the next buffer as the reader comes for it. */
		if (got < 0)
			return -errno;
		for (const struct nlmsghdr *in = (void *)buffer; mnl_nlmsg_ok(in, len);
		     in = mnl_nlmsg_next(in, &len))
			read_message(forgetting, in);
	}
	return forgetting->err;
}

/* Finds them all before the first is deleted. */
static int find_victims(struct forgetting *forgetting)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[REQUEST_MAX] = { 0 };

	return converse(forgetting,
			request(forgetting, buffer, IPCTNL_MSG_CT_GET, NLM_F_DUMP, AF_UNSPEC));
}

static int forget(struct forgetting *forgetting, const struct victim *victim)
{
	_Alignas(struct nlmsghdr) uint8_t buffer[REQUEST_MAX] = { 0 };
	struct nlmsghdr *nlh = request(forgetting, buffer, IPCTNL_MSG_CT_DELETE, NLM_F_ACK,
				       victim->family);
	int err;

	memcpy(mnl_nlmsg_get_payload_tail(nlh), victim->attrs, victim->len);
	/* Appended by hand, since they are whole attributes already, with their padding. */
	nlh->nlmsg_len += (uint32_t)victim->len;
	err = converse(forgetting, nlh);
	return err == -ENOENT ? 0 : err; /* it ended by itself meanwhile */
}

/* false: none of the ports is UDP. */
static bool note_ports(struct forgetting *forgetting)
{
	bool any = false;

	for (size_t i = 0; i < forgetting->n_ports; i++) {
		const struct port *port = &forgetting->ports[i];

		if (port->protocol != IPPROTO_UDP)
			continue;
		bit_set(forgetting->host_ports, port->host_port);
		bit_set(forgetting->container_ports, port->container_port);
		any = true;
	}
	return any;
}

/* A dump walks the whole hash table, milliseconds even when this netns has no flow in it. The count
 * is of this network namespace alone and is read without walking the table. */
bool conntrack_any_flow(void)
{
	char count[16];
	int err = sysctl_read("net/netfilter/nf_conntrack_count", count, sizeof(count));

	/* No such file: no conntrack. A count that cannot be read says nothing. Then there may be
	 * flows, and the caller looks. */
	return err < 0 ? err != -ENOENT : strcmp(count, "0") != 0;
}

/* The walk and the deletions, over one socket. It blocks nobody but the child that calls it. */
static int forget_all(struct forgetting *forgetting, struct error *error)
{
	_cleanup_close_ int fd = -1;
	int err;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	if (fd < 0)
		return error_system(error, -errno, "opening conntrack");
	forgetting->fd = fd;
	err = find_victims(forgetting);
	/* nfnetlink's answer when nobody serves the subsystem: no ctnetlink, so no way to look. */
	if (err == -EINVAL || err == -EOPNOTSUPP)
		err = 0;
	/* The first deletion that fails ends it. Whoever asked walks once more then. */
	for (size_t i = 0; i < forgetting->n_victims && err == 0; i++)
		err = forget(forgetting, &forgetting->victims[i]);
	free(forgetting->victims);
	return err < 0 ? error_system(error, err, "forgetting stale UDP flows") : 0;
}

/* Called when these ports were published or given up. Without UDP there is nothing to do. */
int conntrack_forget(const struct port *ports, size_t n_ports, struct error *error)
{
	struct forgetting forgetting = { .ports = ports, .n_ports = n_ports };

	return note_ports(&forgetting) ? forget_all(&forgetting, error) : 0;
}

/* Called at a start: these are all the ports there are, and the subnets are netd's. */
int conntrack_forget_others(const struct port *ports, size_t n_ports, const struct prefix *subnets,
			    size_t n_subnets, struct error *error)
{
	struct forgetting forgetting = {
		.ports = ports,
		.n_ports = n_ports,
		.subnets = subnets,
		.n_subnets = n_subnets,
	};

	return forget_all(&forgetting, error);
}
