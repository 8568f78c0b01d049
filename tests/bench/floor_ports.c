// SPDX-License-Identifier: GPL-2.0-or-later
// floor_ports.c - publishing and unpublishing many ports as nftables elements in one transaction,
// and holding them with a listening socket each, timed
//
// usage: floor_ports N     (root, in a network namespace made for it); medians of five rounds
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS 5
#define PER_MESSAGE 500 /* an attribute's length is 16 bits: 500 elements of about 40 bytes fit */

static char buffer[8 << 20];
static uint32_t sequence = 1;

static struct nlmsghdr *header(size_t at, uint16_t type, uint16_t flags, uint8_t family,
			       uint16_t id)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer + at);
	struct nfgenmsg *nfg = mnl_nlmsg_put_extra_header(nlh, sizeof(*nfg));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = sequence++;
	nfg->nfgen_family = family;
	nfg->version = NFNETLINK_V0;
	nfg->res_id = htons(id);
	return nlh;
}

static void put_element(struct nlmsghdr *nlh, int i, bool with_data)
{
	uint8_t key[8] = { IPPROTO_TCP }, data[8] = { 10, 200, 0, 2 };
	uint16_t host_port = htons((uint16_t)(10000 + i)), port = htons(80);
	struct nlattr *elem = mnl_attr_nest_start(nlh, NFTA_LIST_ELEM), *value;

	memcpy(key + 4, &host_port, sizeof(host_port));
	memcpy(data + 4, &port, sizeof(port));
	value = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_KEY);
	mnl_attr_put(nlh, NFTA_DATA_VALUE, sizeof(key), key);
	mnl_attr_nest_end(nlh, value);
	if (with_data) {
		value = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_DATA);
		mnl_attr_put(nlh, NFTA_DATA_VALUE, sizeof(data), data);
		mnl_attr_nest_end(nlh, value);
	}
	mnl_attr_nest_end(nlh, elem);
}

static size_t build(int n, uint16_t type, int *ret_messages)
{
	bool add = type == NFT_MSG_NEWSETELEM;
	size_t at = header(0, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES)->nlmsg_len;

	*ret_messages = 0;
	for (int i = 0; i < n; (*ret_messages)++) {
		struct nlmsghdr *nlh = header(at, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type),
					      NLM_F_ACK | (add ? NLM_F_CREATE : 0), AF_INET, 0);
		struct nlattr *list;

		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_TABLE, "floor");
		mnl_attr_put_strz(nlh, NFTA_SET_ELEM_LIST_SET, "ports");
		list = mnl_attr_nest_start(nlh, NFTA_SET_ELEM_LIST_ELEMENTS);
		for (int k = 0; k < PER_MESSAGE && i < n; k++, i++)
			put_element(nlh, i, add);
		mnl_attr_nest_end(nlh, list);
		at += MNL_ALIGN(nlh->nlmsg_len);
	}
	return at + header(at, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES)->nlmsg_len;
}

static double transaction(struct mnl_socket *sock, int n, uint16_t type)
{
	static char reply[65536];
	double start = bench_now_us();
	int left;
	size_t len = build(n, type, &left);

	if (mnl_socket_sendto(sock, buffer, len) < 0)
		bench_die("send");
	while (left > 0) {
		int got = (int)mnl_socket_recvfrom(sock, reply, sizeof(reply));
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)reply;

		if (got < 0)
			bench_die("receive");
		for (; mnl_nlmsg_ok(nlh, got); nlh = mnl_nlmsg_next(nlh, &got)) {
			const struct nlmsgerr *error = mnl_nlmsg_get_payload(nlh);

			if (nlh->nlmsg_type != NLMSG_ERROR)
				continue;
			errno = -error->error;
			if (error->error)
				bench_die("the kernel refused");
			left--;
		}
	}
	return bench_now_us() - start;
}

static double hold(int *fds, int n)
{
	struct rlimit limit = { .rlim_cur = (rlim_t)n + 64, .rlim_max = (rlim_t)n + 64 };
	double start = bench_now_us();

	(void)setrlimit(RLIMIT_NOFILE, &limit); /* as it is may be enough */
	for (int i = 0; i < n; i++) {
		struct sockaddr_in addr = { .sin_family = AF_INET,
					    .sin_port = htons((uint16_t)(10000 + i)) };

		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fds[i] < 0 || bind(fds[i], (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
		    listen(fds[i], 1) < 0)
			bench_die("a port cannot be held");
	}
	return bench_now_us() - start;
}

static double close_all(const int *fds, int n)
{
	double start = bench_now_us();

	for (int i = 0; i < n; i++)
		(void)close(fds[i]);
	return bench_now_us() - start;
}

int main(int argc, char **argv)
{
	int n = bench_number(argc, argv, 1, 5000), size = (int)sizeof(buffer);
	struct mnl_socket *sock = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);

	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		bench_die("netlink");
	(void)setsockopt(mnl_socket_get_fd(sock), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (system("nft 'add table ip floor; add map ip floor ports { type inet_proto . "
		   "inet_service : "
		   "ipv4_addr . inet_service; }'") != 0)
		bench_die("nft");
	int *fds = bench_alloc((size_t)n, sizeof(*fds));
	double on[ROUNDS], off[ROUNDS], held[ROUNDS], let_go[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		held[i] = hold(fds, n);
		on[i] = transaction(sock, n, NFT_MSG_NEWSETELEM);
		off[i] = transaction(sock, n, NFT_MSG_DELSETELEM);
		let_go[i] = close_all(fds, n);
	}
	printf("{\"n\": %d, \"publish_ms\": %.2f, \"unpublish_ms\": %.2f, \"hold_ms\": %.2f, "
	       "\"let_go_ms\": %.2f}\n",
	       n, bench_median(on, ROUNDS) / 1e3, bench_median(off, ROUNDS) / 1e3,
	       bench_median(held, ROUNDS) / 1e3, bench_median(let_go, ROUNDS) / 1e3);
	return 0;
}
