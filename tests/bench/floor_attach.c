// SPDX-License-Identifier: GPL-2.0-or-later
// floor_attach.c - the fewest kernel messages that wire and unwire a container, timed
//
// usage: floor_attach N                  (root, in a network namespace made for it)
//        floor_attach N FIRST OTHERS
//        floor_attach N queues QUEUES
// Makes N namespaces, and for each: a bridged veth pair with one end inside, an address, a default
// route, both ends up, and one element in a map that publishes a port. Then takes a tenth of them
// away one by one and the rest by group, which is the cheapest the kernel offers.
// FIRST, OTHERS: a subnet of both families on several bridges, of which the first takes FIRST ports
// and each after it OTHERS, with a way by each family to who is not on the first. They go with the
// namespace.
// QUEUES: of each end, each way; else as many as the kernel gives, which is one for each processor
// that the machine may have.
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define GROUP 4242
#define SUBNET 0x0ac80000u /* 10.200.0.0/16 */
#define BLOCK_BITS 6
#define BLOCK (1u << BLOCK_BITS)		   /* addresses that share a route of IPv6 */
#define SUBNET6 "\xfd\x00\x02\x00\0\0\0\0\0\0\0\0" /* fd00:200::/64, without the last 32 bits */

/* Both families, on several bridges. */
static bool both;
static uint32_t queues; /* 0: as the kernel has it */
static char buffer[65536];
static uint32_t sequence = 1;

/* Sends what is in buffer and waits for as many acknowledgements. */
static void talk(struct mnl_socket *sock, size_t len, int acks)
{
	static char reply[32768];

	if (mnl_socket_sendto(sock, buffer, len) < 0)
		bench_die("send");
	while (acks > 0) {
		int n = (int)mnl_socket_recvfrom(sock, reply, sizeof(reply));
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)reply;

		if (n < 0)
			bench_die("receive");
		for (; mnl_nlmsg_ok(nlh, n); nlh = mnl_nlmsg_next(nlh, &n)) {
			const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);

			if (nlh->nlmsg_type != NLMSG_ERROR)
				continue;
			errno = -error->error;
			if (error->error)
				bench_die("the kernel refused");
			acks--;
		}
	}
}

static struct nlmsghdr *message(size_t at, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer + at);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = sequence++;
	return nlh;
}

static struct nlmsghdr *link_message(size_t at, uint16_t type, uint16_t flags, int ifindex, bool up)
{
	struct nlmsghdr *nlh = message(at, type, flags);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));

	info->ifi_index = ifindex;
	info->ifi_flags = up ? IFF_UP : 0;
	info->ifi_change = up ? IFF_UP : 0;
	return nlh;
}

/* The host part is the last 16 bits of the IPv4 address. */
static void put_addr6(struct nlmsghdr *nlh, uint16_t type, uint32_t addr)
{
	uint8_t bytes[16];
	uint32_t last = htonl(addr - SUBNET);

	memcpy(bytes, SUBNET6, 12);
	memcpy(bytes + 12, &last, sizeof(last));
	mnl_attr_put(nlh, type, sizeof(bytes), bytes);
}

static size_t address6_message(size_t at, int ifindex, uint32_t addr)
{
	struct nlmsghdr *nlh = message(at, RTM_NEWADDR, NLM_F_CREATE);
	struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));

	info->ifa_family = AF_INET6;
	info->ifa_prefixlen = 64;
	info->ifa_flags = IFA_F_NODAD;
	info->ifa_index = (uint32_t)ifindex;
	put_addr6(nlh, IFA_LOCAL, addr);
	return at + MNL_ALIGN(nlh->nlmsg_len);
}

static void put_addr(struct nlmsghdr *nlh, uint16_t type, uint8_t family, uint32_t addr)
{
	if (family == AF_INET)
		mnl_attr_put_u32(nlh, type, htonl(addr));
	else
		put_addr6(nlh, type, addr);
}

/* A static route by a link: begun, for its address to be put behind it. */
static struct nlmsghdr *route_begin(size_t at, uint8_t family, struct rtmsg **ret_route)
{
	struct nlmsghdr *nlh = message(at, RTM_NEWROUTE, NLM_F_CREATE);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));

	route->rtm_family = family;
	route->rtm_table = RT_TABLE_MAIN;
	route->rtm_protocol = RTPROT_STATIC;
	route->rtm_scope = RT_SCOPE_UNIVERSE;
	route->rtm_type = RTN_UNICAST;
	*ret_route = route;
	return nlh;
}

/* The host's way to a container that is not on the first bridge, or to its block. */
static size_t way_message(size_t at, uint8_t family, uint8_t len, int bridge, uint32_t addr)
{
	struct rtmsg *route;
	struct nlmsghdr *nlh = route_begin(at, family, &route);

	route->rtm_dst_len = len;
	if (family == AF_INET)
		route->rtm_scope = RT_SCOPE_LINK;
	put_addr(nlh, RTA_DST, family, addr);
	mnl_attr_put_u32(nlh, RTA_OIF, (uint32_t)bridge);
	return at + MNL_ALIGN(nlh->nlmsg_len);
}

/* By IPv6 neighbours on one bridge share a route, as the kernel goes through all of them for each
 * port. A block's first address comes first, and the whole block is led to where that is. */
static size_t way6_message(size_t at, int bridge, uint32_t addr, bool is_first)
{
	static int led_to; /* the block that is being filled; 0: to the first bridge, as all are */

	if (addr % BLOCK == 0)
		led_to = is_first ? 0 : bridge;
	if (is_first)
		return at;
	if (addr % BLOCK == 0)
		return way_message(at, AF_INET6, 128 - BLOCK_BITS, bridge, addr);
	return led_to == bridge ? at : way_message(at, AF_INET6, 128, bridge, addr);
}

static size_t address_message(size_t at, int ifindex, uint32_t addr)
{
	struct nlmsghdr *nlh = message(at, RTM_NEWADDR, NLM_F_CREATE);
	struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));

	info->ifa_family = AF_INET;
	info->ifa_prefixlen = 16;
	info->ifa_index = (uint32_t)ifindex;
	mnl_attr_put_u32(nlh, IFA_LOCAL, htonl(addr));
	mnl_attr_put_u32(nlh, IFA_ADDRESS, htonl(addr));
	return at + MNL_ALIGN(nlh->nlmsg_len);
}

static size_t route_message(size_t at, uint8_t family, int ifindex)
{
	struct rtmsg *route;
	struct nlmsghdr *nlh = route_begin(at, family, &route);

	/* On the link, whether or not the kernel has made its route to the subnet by now. */
	if (family == AF_INET6)
		route->rtm_flags = RTNH_F_ONLINK;
	put_addr(nlh, RTA_GATEWAY, family, SUBNET + 1);
	mnl_attr_put_u32(nlh, RTA_OIF, (uint32_t)ifindex);
	return at + MNL_ALIGN(nlh->nlmsg_len);
}

static void set_ipv6(const char *ifname, const char *key, const char *value)
{
	char path[96];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", ifname, key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, value, strlen(value)) != (ssize_t)strlen(value))
		bench_die(path);
	(void)close(fd);
}

/* An interface with IPv6 says no more than it has to. */
static void set_quiet(const char *ifname)
{
	set_ipv6(ifname, "accept_ra", "0");
	set_ipv6(ifname, "accept_dad", "0");
	set_ipv6(ifname, "mldv2_unsolicited_report_interval", "86400000");
}

static int make_bridge(struct mnl_socket *sock, int number)
{
	struct nlmsghdr *nlh = link_message(0, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, true);
	struct nlattr *info, *data;
	char name[IFNAMSIZ];

	(void)snprintf(name, sizeof(name), "floor%d", number % 1000);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	mnl_attr_put_u8(nlh, IFLA_BR_MCAST_SNOOPING, !both);
	mnl_attr_put_u32(nlh, IFLA_BR_FORWARD_DELAY, 0);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	talk(sock, nlh->nlmsg_len, 1);
	int ifindex = (int)if_nametoindex(name);

	talk(sock, address_message(0, ifindex, SUBNET + 1), 1);
	if (both) {
		set_quiet(name);
		talk(sock, address6_message(0, ifindex, SUBNET + 1), 1);
	}
	return ifindex;
}

static void put_queues(struct nlmsghdr *nlh)
{
	if (queues == 0)
		return;
	mnl_attr_put_u32(nlh, IFLA_NUM_TX_QUEUES, queues);
	mnl_attr_put_u32(nlh, IFLA_NUM_RX_QUEUES, queues);
}

/* One message: both ends, master and group set. The peer cannot be born up: the kernel says
 * ENOTCONN. */
static void make_pair(struct mnl_socket *sock, int i, int bridge, int netns)
{
	struct nlmsghdr *nlh = link_message(0, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, true);
	struct nlattr *info, *data, *peer;
	char name[IFNAMSIZ];

	(void)snprintf(name, sizeof(name), "fl%d", i);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(nlh, IFLA_MASTER, (uint32_t)bridge);
	mnl_attr_put_u32(nlh, IFLA_GROUP, GROUP);
	put_queues(nlh);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(nlh, VETH_INFO_PEER);
	(void)mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "eth0");
	mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, (uint32_t)netns);
	put_queues(nlh);
	mnl_attr_nest_end(nlh, peer);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	talk(sock, nlh->nlmsg_len, 1);
}

static void enter(int netns)
{
	if (setns(netns, CLONE_NEWNET) < 0)
		bench_die("setns");
}

static struct mnl_socket *open_netlink(int bus)
{
	struct mnl_socket *sock = mnl_socket_open2(bus, SOCK_CLOEXEC);

	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		bench_die("netlink");
	return sock;
}

static void configure_inside(int i, int netns, int host)
{
	struct mnl_socket *sock;
	size_t at = 0;
	int ifindex, acks = both ? 6 : 4;

	enter(netns);
	sock = open_netlink(NETLINK_ROUTE);
	ifindex = (int)if_nametoindex("eth0");
	enter(host);
	at = address_message(at, ifindex, SUBNET + 2 + (uint32_t)i);
	if (both)
		at = address6_message(at, ifindex, SUBNET + 2 + (uint32_t)i);
	at += MNL_ALIGN(link_message(at, RTM_NEWLINK, 0, 1, true)->nlmsg_len);
	at += MNL_ALIGN(link_message(at, RTM_NEWLINK, 0, ifindex, true)->nlmsg_len);
	at = route_message(at, AF_INET, ifindex);
	if (both)
		at = route_message(at, AF_INET6, ifindex);
	talk(sock, at, acks);
	(void)mnl_socket_close(sock);
}

static size_t nft_header(size_t at, uint16_t type, uint16_t flags, uint8_t family, uint16_t res_id)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer + at);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = sequence++;
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(res_id);
	return at + MNL_ALIGN(nlh->nlmsg_len);
}

static void publish(struct mnl_socket *sock, int i)
{
	uint8_t key[8] = { IPPROTO_TCP }, data[8] = { 0 };
	uint16_t host_port = htons((uint16_t)(10000 + i)), port = htons(80);
	uint32_t addr = htonl(SUBNET + 2 + (uint32_t)i);
	struct nlattr *list, *elem, *value;
	size_t at = nft_header(0, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	struct nlmsghdr *nlh = (struct nlmsghdr *)(buffer + at);

	memcpy(key + 4, &host_port, sizeof(host_port));
	memcpy(data, &addr, sizeof(addr));
	memcpy(data + 4, &port, sizeof(port));
	(void)nft_header(at, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM,
			 NLM_F_CREATE | NLM_F_ACK, AF_INET, 0);
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, "floor");
	mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, "ports");
	list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
	elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM);
	value = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
	mnl_attr_put(nlh, NFTA_DATA_VALUE, sizeof(key), key);
	mnl_attr_nest_end(nlh, value);
	value = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_DATA);
	mnl_attr_put(nlh, NFTA_DATA_VALUE, sizeof(data), data);
	mnl_attr_nest_end(nlh, value);
	mnl_attr_nest_end(nlh, elem);
	mnl_attr_nest_end(nlh, list);
	at += MNL_ALIGN(nlh->nlmsg_len);
	at = nft_header(at, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	talk(sock, at, 1);
}

static int *make_namespaces(int n, int host)
{
	int *netns = bench_alloc((size_t)n, sizeof(*netns));

	for (int i = 0; i < n; i++) {
		if (unshare(CLONE_NEWNET) < 0)
			bench_die("unshare");
		netns[i] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		if (netns[i] < 0)
			bench_die("/proc/self/ns/net");
		/* Multicast of IPv6 would flood every port and hide what is measured. */
		if (both)
			set_quiet("default");
		else
			set_ipv6("default", "disable_ipv6", "1");
	}
	enter(host);
	return netns;
}

static double remove_one(struct mnl_socket *sock, int i)
{
	struct nlmsghdr *nlh = link_message(0, RTM_DELLINK, 0, 0, false);
	double start = bench_now_us();
	char name[IFNAMSIZ];

	(void)snprintf(name, sizeof(name), "fl%d", i);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	talk(sock, nlh->nlmsg_len, 1);
	return bench_now_us() - start;
}

static double remove_group(struct mnl_socket *sock)
{
	struct nlmsghdr *nlh = link_message(0, RTM_DELLINK, 0, 0, false);
	double start = bench_now_us();

	mnl_attr_put_u32(nlh, IFLA_GROUP, GROUP);
	talk(sock, nlh->nlmsg_len, 1);
	return bench_now_us() - start;
}

/* The bridge of container i; made when the first one comes. */
static int bridge_of(struct mnl_socket *sock, int i, int first, int others)
{
	static int bridge;

	if (i == 0)
		bridge = make_bridge(sock, 0);
	else if (both && i >= first && (i - first) % others == 0)
		bridge = make_bridge(sock, 1 + (i - first) / others);
	return bridge;
}

static void lead(struct mnl_socket *route, int bridge, uint32_t addr, bool is_first)
{
	size_t way = is_first ? 0 : way_message(0, AF_INET, 32, bridge, addr),
	       len = way6_message(way, bridge, addr, is_first);

	if (len > 0)
		talk(route, len, len > way ? 2 : 1);
}

static void attach(struct mnl_socket *route, struct mnl_socket *nft, int i, int bridge,
		   const int *netns, int host, int first)
{
	uint32_t addr = SUBNET + 2 + (uint32_t)i;
	char name[IFNAMSIZ];

	make_pair(route, i, bridge, netns[i]);
	/* The host's end is a plug. */
	(void)snprintf(name, sizeof(name), "fl%d", i);
	if (both)
		set_ipv6(name, "disable_ipv6", "1");
	if (both)
		lead(route, bridge, addr, i < first);
	configure_inside(i, netns[i], host);
	publish(nft, i);
}

static void detach(struct mnl_socket *route, double *times, int n)
{
	int alone = n / 10 ? n / 10 : 1;

	for (int i = 0; i < alone; i++)
		times[i] = remove_one(route, i);
	printf(", \"detach_alone_us\": %.1f", bench_mean(times, (size_t)alone));
	printf(", \"detach_swept_us\": %.1f",
	       n > alone ? remove_group(route) / (double)(n - alone) : 0);
}

int main(int argc, char **argv)
{
	bool has_queues = argc == 4 && strcmp(argv[2], "queues") == 0;
	int n = bench_number(argc, argv, 1, 200),
	    first = has_queues ? n : bench_number(argc, argv, 2, n),
	    others = has_queues ? 1 : bench_number(argc, argv, 3, 1);
	int host = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct rlimit files = { 65536, 65536 };
	double *times = bench_alloc((size_t)n, sizeof(*times)),
	       *spent = bench_alloc((size_t)n, sizeof(*spent));

	(void)setrlimit(RLIMIT_NOFILE, &files);
	queues = has_queues ? (uint32_t)bench_number(argc, argv, 3, 1) : 0;
	both = argc > 3 && !has_queues;
	int *netns = make_namespaces(n, host);
	struct mnl_socket *route = open_netlink(NETLINK_ROUTE),
			  *nft = open_netlink(NETLINK_NETFILTER);

	if (system("nft 'add table ip floor; add map ip floor ports { type inet_proto . "
		   "inet_service : "
		   "ipv4_addr . inet_service; }; add chain ip floor in { type nat hook prerouting "
		   "priority -100; }; add rule ip floor in dnat ip to meta l4proto . th dport map "
		   "@ports'") != 0)
		bench_die("nft");
	for (int i = 0; i < n; i++) {
		double start = bench_now_us(), before = bench_spent_us(CLOCK_PROCESS_CPUTIME_ID);
		int bridge = bridge_of(route, i, first, others);

		attach(route, nft, i, bridge, netns, host, first);
		times[i] = bench_now_us() - start;
		spent[i] = bench_spent_us(CLOCK_PROCESS_CPUTIME_ID) - before;
	}
	printf("{\"n\": %d, ", n);
	bench_print_tenths("attach", times, (size_t)n);
	printf(", ");
	bench_print("attach", times, (size_t)n);
	printf(", ");
	bench_print_spent("attach", spent, (size_t)n);
	if (!both)
		detach(route, times, n);
	printf("}\n");
	return 0;
}
