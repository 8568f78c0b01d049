// SPDX-License-Identifier: GPL-2.0-or-later
// rules_tool.c - says which rules of the namespace it runs in a packet meets; rules.py compares
// that with the kernel
//
// Commands on stdin, one a line, each answered by lines and then ".":
//   load | ask            the ruleset now; ask: sets are asked element by element
//   save FILE             what was loaded
//   print                 every rule: family, table, chain, handle, text
//   packet KEY from LINK  FIELD=VALUE …   comes in by that link, or with "-" out of a socket here
//   frame KEY q0 FIELD=VALUE …        crosses the bridge br0 from its port q0 to q1
//   answer KEY            the answer to that packet; "again KEY": it once more
// A packet is told by: S family table chain handle verdict target (a rule or policy), V verdict, D
// doubt, A link and fields of the packet where it starts, P of what left or arrived.
#include "rules_dump.h"

#include "../own_netns.h"
#include "base/map.h"
#include "diag/rules/rules.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* The world that rules.py makes: two links, v0 and v1, each with hosts 2 to 9 beside it; all else
 * is by v1. */
static const char *const own[] = {
	"10.1.0.1", "10.2.0.1", "127.0.0.1", "fd01::1", "fd02::1", "::1"
};

struct flow {
	struct rules_packet first; /* where it started */
	struct rules_packet last;  /* where it ended */
	char link[IFNAMSIZ];
	bool arrived, has_answer;
};

static struct buf messages;
static struct rules *rules;
static struct map *flows;
static bool asks;

static const struct facts_element *element(void *data, const struct facts_element_asked *asked)
{
	static struct facts_element answer;

	(void)data;
	rules_dump_element(asked, &answer);
	return &answer;
}

static bool is_own(const struct addr *addr)
{
	struct addr other;

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (addr_parse(own[i], &other) == 0 && addr_equal(addr, &other))
			return true;
	return false;
}

static const char *route(const struct addr *to)
{
	struct prefix near = { 0 };

	if (is_own(to))
		return "lo";
	(void)prefix_parse(to->family == AF_INET6 ? "fd01::/64" : "10.1.0.0/24", &near);
	return prefix_contains(&near, to) ? "v0" : "v1";
}

static bool fib(void *data, const struct rules_fib_asked *asked, struct rules_fib *ret_fib)
{
	(void)data;
	if (asked->ifindex)
		return false;
	if (asked->wants_type) {
		ret_fib->type = is_own(&asked->addr) ? RTN_LOCAL : RTN_UNICAST;
		return true;
	}
	return false;
}

static bool address(void *data, const struct rules_link *link, const struct addr *to,
		    struct addr *ret_addr)
{
	bool is_six = to->family == AF_INET6;

	(void)data;
	if (strcmp(link->name, "v0") == 0)
		return addr_parse(is_six ? "fd01::1" : "10.1.0.1", ret_addr) == 0;
	if (strcmp(link->name, "v1") == 0)
		return addr_parse(is_six ? "fd02::1" : "10.2.0.1", ret_addr) == 0;
	/* To masquerade loopback lends nothing: its address is the host's own. The kernel takes the
	 * first of another link then, and of IPv6's whichever suits. */
	if (!addr_is_any(to))
		return !is_six && addr_parse("10.1.0.1", ret_addr) == 0;
	return addr_parse(is_six ? "::1" : "127.0.0.1", ret_addr) == 0;
}

static void set_link(struct rules_link *link, const char *name)
{
	memset(link, 0, sizeof(*link));
	if (!name)
		return;
	link->index = (int)if_nametoindex(name);
	(void)snprintf(link->name, sizeof(link->name), "%s", name);
	link->type = strcmp(name, "lo") == 0 ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
	if (strcmp(name, "lo") != 0)
		(void)snprintf(link->kind, sizeof(link->kind), "veth");
	if (strcmp(name, "v0") == 0)
		link->group = 5;
}

static void set_macs(struct rules_packet *packet, const char *link)
{
	struct ifreq request = { 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	packet->has_macs = true;
	packet->known |= RULES_KNOWS_MACS;
	memset(&packet->smac, 0, sizeof(packet->smac));
	memset(&packet->dmac, 0, sizeof(packet->dmac));
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", link);
	if (strcmp(link, "lo") != 0 && ioctl(fd, SIOCGIFHWADDR, &request) == 0) {
		memcpy(packet->dmac.bytes, request.ifr_hwaddr.sa_data, 6);
		(void)mac_parse("02:00:00:00:00:99", &packet->smac);
	}
	(void)close(fd);
}

static void print_packet(char what, const char *link, const struct rules_packet *p)
{
	printf("%c %s proto=%u src=%s dst=%s sport=%u dport=%u known=%x mark=%u state=%d\n", what,
	       link, p->protocol, ADDR_STR(&p->src), ADDR_STR(&p->dst), p->sport, p->dport,
	       p->known, p->mark, p->ct.state);
}

static void print_steps(const struct rules_result *result)
{
	static const char *const verdicts[] = { "accept", "drop", "reject", "queue", "unknown" };

	for (size_t i = 0; i < result->n_steps; i++) {
		const struct rules_step *step = &result->steps[i];

		printf("S %s %s %s %llu %d %s\n", rules_family_name(step->family), step->table,
		       step->chain, (unsigned long long)step->handle, step->verdict,
		       step->target ? step->target : "-");
	}
	for (size_t i = 0; i < result->n_doubts; i++)
		printf("D %d %s %s %llu %s\n", result->doubts[i].decides, result->doubts[i].table,
		       result->doubts[i].chain, (unsigned long long)result->doubts[i].handle,
		       result->doubts[i].what);
	if (result->verdict != RULES_ACCEPT)
		printf("V %s %d %u %u\n", verdicts[result->verdict], result->is_reset,
		       result->icmp_type, result->icmp_code);
}

/* true: it goes on from here. */
static bool hook_of(uint8_t pf, struct rules_packet *packet, unsigned int number)
{
	struct rules_ask ask = { .element = asks ? element : NULL, .fib = fib, .address = address };
	struct rules_result result;
	bool is_accepted;

	if (rules_hook(rules, pf, number, packet, &ask, &result) < 0)
		exit(1);
	print_steps(&result);
	is_accepted = result.verdict == RULES_ACCEPT;
	*packet = result.packet;
	rules_result_done(&result);
	return is_accepted;
}

static bool hook(struct rules_packet *packet, unsigned int number)
{
	return hook_of(packet->src.family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4, packet,
		       number);
}

static bool knows_ends(const struct rules_packet *packet)
{
	uint32_t ends = RULES_KNOWS_SRC | RULES_KNOWS_DST;

	if ((packet->known & ends) == ends)
		return true;
	printf("V unknown 0 0 0\n"); /* NAT had a choice: nobody follows it */
	return false;
}

/* Where a packet goes is asked by its destination, once that is known. */
static bool come_in(struct flow *flow, const char *link)
{
	struct rules_packet *packet = &flow->last;
	const char *out;

	set_link(&packet->iif, link);
	set_link(&packet->oif, NULL);
	set_macs(packet, link);
	packet->has_socket = false;
	if (!hook(packet, NF_INET_PRE_ROUTING) || !knows_ends(packet))
		return false;
	out = route(&packet->dst);
	if (strcmp(out, "lo") == 0) {
		(void)snprintf(flow->link, sizeof(flow->link), "-");
		return hook(packet, NF_INET_LOCAL_IN);
	}
	packet->ttl--;
	set_link(&packet->oif, out);
	(void)snprintf(flow->link, sizeof(flow->link), "%s", out);
	if (!hook(packet, NF_INET_FORWARD))
		return false;
	return hook(packet, NF_INET_POST_ROUTING);
}

static bool go_out(struct flow *flow)
{
	struct rules_packet *packet = &flow->last;
	const char *out = route(&packet->dst);

	packet->has_macs = false;
	packet->known |= RULES_KNOWS_UID;
	packet->has_socket = true;
	set_link(&packet->iif, NULL);
	set_link(&packet->oif, out);
	if (!hook(packet, NF_INET_LOCAL_OUT) || !knows_ends(packet))
		return false;
	out = route(&packet->dst);
	set_link(&packet->oif, out);
	(void)snprintf(flow->link, sizeof(flow->link), "%s", out);
	if (!hook(packet, NF_INET_POST_ROUTING) || !knows_ends(packet))
		return false;
	if (strcmp(out, "lo") != 0)
		return true;
	packet->ct.status |= IPS_CONFIRMED;
	return come_in(flow, "lo");
}

/* br_netfilter is off there. The numbers of hooks are those of IP. */
static bool cross_bridge(struct flow *flow)
{
	struct rules_packet *packet = &flow->last;

	packet->has_macs = true;
	(void)mac_parse("02:00:00:00:00:99", &packet->smac);
	(void)mac_parse("02:00:00:00:00:77", &packet->dmac);
	packet->known &= ~(uint32_t)RULES_KNOWS_PKTTYPE;
	packet->has_socket = false;
	set_link(&packet->iif, "q0");
	set_link(&packet->ibr, "br0");
	set_link(&packet->oif, NULL);
	(void)snprintf(flow->link, sizeof(flow->link), "q1");
	if (!hook_of(NFPROTO_NETDEV, packet, NF_NETDEV_INGRESS) ||
	    !hook_of(NFPROTO_BRIDGE, packet, NF_INET_PRE_ROUTING))
		return false;
	set_link(&packet->oif, "q1");
	set_link(&packet->obr, "br0");
	if (!hook_of(NFPROTO_BRIDGE, packet, NF_INET_FORWARD))
		return false;
	set_link(&packet->iif, NULL);
	set_link(&packet->ibr, NULL);
	return hook_of(NFPROTO_BRIDGE, packet, NF_INET_POST_ROUTING);
}

static void travel(struct flow *flow, const char *from)
{
	print_packet('A', from, &flow->first);
	flow->last = flow->first;
	flow->arrived = strcmp(from, "q0") == 0	 ? cross_bridge(flow)
			: strcmp(from, "-") == 0 ? go_out(flow)
						 : come_in(flow, from);
	if (flow->arrived)
		print_packet('P', flow->link, &flow->last);
}

static void read_field(struct rules_packet *packet, const char *name, const char *value)
{
	unsigned long number = strtoul(value, NULL, 0);

	if (strcmp(name, "proto") == 0)
		packet->protocol = (uint8_t)number;
	else if (strcmp(name, "src") == 0)
		(void)addr_parse(value, &packet->src);
	else if (strcmp(name, "dst") == 0)
		(void)addr_parse(value, &packet->dst);
	else if (strcmp(name, "sport") == 0)
		packet->sport = (uint16_t)number;
	else if (strcmp(name, "dport") == 0)
		packet->dport = (uint16_t)number;
	else if (strcmp(name, "flags") == 0)
		packet->tcp_flags = (uint8_t)number;
	else if (strcmp(name, "type") == 0)
		packet->icmp_type = (uint8_t)number;
	else if (strcmp(name, "id") == 0)
		packet->echo_id = (uint16_t)number;
	else if (strcmp(name, "ttl") == 0)
		packet->ttl = (uint8_t)number;
	else if (strcmp(name, "tos") == 0)
		packet->tos = (uint8_t)number;
	else if (strcmp(name, "length") == 0)
		packet->length = (uint16_t)number;
}

static struct flow *flow_of(const char *key)
{
	struct flow *flow = map_get_str(flows, key);

	if (!flow) {
		fprintf(stderr, "no packet %s\n", key);
		exit(1);
	}
	return flow;
}

static void run_packet(char *rest)
{
	struct flow *flow = calloc(1, sizeof(*flow));
	char *key = strtok(rest, " "), *from = strtok(NULL, " "), *word, *value;

	if (!flow || !key || !from || map_set_str(flows, key, flow) < 0)
		exit(1);
	flow->first.known = RULES_KNOWS_ALL;
	while ((word = strtok(NULL, " "))) {
		value = strchr(word, '=');
		*value++ = '\0';
		read_field(&flow->first, word, value);
	}
	travel(flow, from);
}

/* The answer comes from where the packet went to. */
static void run_answer(const char *key)
{
	struct flow *flow = flow_of(key), back = { 0 };
	struct rules_packet *packet = &back.first;

	rules_answer(&flow->last, packet);
	packet->known = RULES_KNOWS_ALL;
	packet->ttl = 64;
	packet->tos = 0;
	packet->length = flow->first.length;
	flow->has_answer = true;
	travel(&back, flow->link);
}

static void run_again(const char *key, const char *from)
{
	struct flow *flow = flow_of(key), again = { .first = flow->first };
	struct rules_packet *packet = &again.first;

	packet->ct = flow->last.ct;
	packet->ct.is_seen = false;
	packet->ct.status |= IPS_CONFIRMED | (flow->has_answer ? IPS_SEEN_REPLY : 0);
	packet->ct.state = flow->has_answer ? RULES_CT_ESTABLISHED : RULES_CT_NEW;
	travel(&again, from);
}

static void print_rules(void)
{
	/* Through the steps that a hook gives the rules are not all seen, so the dump is walked. */
	struct rules_packet packet = { .known = RULES_KNOWS_ALL, .protocol = IPPROTO_TCP };
	struct rules_result result;
	char text[400];

	(void)addr_parse("10.1.0.2", &packet.src);
	(void)addr_parse("10.2.0.2", &packet.dst);
	for (unsigned int number = 0; number < NF_INET_NUMHOOKS; number++) {
		if (rules_hook(rules, NFPROTO_IPV4, number, &packet, NULL, &result) < 0)
			exit(1);
		for (size_t i = 0; i < result.n_steps; i++)
			printf("%s %s %llu: %s\n", result.steps[i].table, result.steps[i].chain,
			       (unsigned long long)result.steps[i].handle,
			       rules_print(result.steps[i].rule, text, sizeof(text)));
		rules_result_done(&result);
	}
}

static void load(bool with_elements)
{
	size_t cursor = 0;
	struct flow *flow;

	while ((flow = map_next(flows, &cursor, NULL, NULL)))
		free(flow);
	map_free(flows);
	flows = map_new();
	rules_free(rules);
	buf_done(&messages);
	memset(&messages, 0, sizeof(messages));
	rules_dump(&messages, with_elements);
	asks = !with_elements;
	if (!flows || rules_decode(messages.data, messages.len, &rules) < 0) {
		fprintf(stderr, "not decoded\n");
		exit(1);
	}
}

static void save(const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file || fwrite(messages.data, 1, messages.len, file) != messages.len)
		exit(1);
	(void)fclose(file);
}

int main(void)
{
	char line[1024], *rest;

	own_netns_or_die();
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	flows = map_new();
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		rest = strchr(line, ' ');
		if (rest)
			*rest++ = '\0';
		if (strcmp(line, "load") == 0 || strcmp(line, "ask") == 0)
			load(line[0] == 'l');
		else if (strcmp(line, "save") == 0)
			save(rest);
		else if (strcmp(line, "print") == 0)
			print_rules();
		else if (strcmp(line, "packet") == 0 || strcmp(line, "frame") == 0)
			run_packet(rest);
		else if (strcmp(line, "answer") == 0)
			run_answer(rest);
		else if (strcmp(line, "again") == 0)
			run_again(strtok(rest, " "), strtok(NULL, " "));
		printf(".\n");
		(void)fflush(stdout);
	}
	rules_free(rules);
	buf_done(&messages);
	map_free(flows);
	return 0;
}
