// SPDX-License-Identifier: GPL-2.0-or-later
// test_judge.c - what works is said to work, and each thing that is broken is named first
#include "diag/judge.h"

#include "tests/unit/diag/judge_world.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOREIGN_MAC "02:00:00:00:00:99"

/* Breaks a working world in one place, and is told what then comes first. */
struct breakage {
	const char *code;
	const char *from, *to;
	void (*make)(struct world *world);
};

static void try_breakages(const struct breakage *breakages, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct world world;
		const char *code;

		world_new(&world);
		breakages[i].make(&world);
		code = world_code(&world, breakages[i].from, breakages[i].to);
		if (strcmp(code, breakages[i].code) != 0)
			fail_msg("%s: %s -> %s is told as \"%s\"", breakages[i].code,
				 breakages[i].from, breakages[i].to, code);
		world_done(&world);
	}
}
#define TRY(breakages) try_breakages(breakages, sizeof(breakages) / sizeof((breakages)[0]))

/* --- what works ------------------------------------------------------------------------------- */

static void what_works_is_said_to_work(void **state)
{
	static const char *const pairs[][2] = {
		{ "web", "db:80/tcp" },
		{ "web", "db:90/udp" },
		{ "web", "db/icmp" },
		{ "db", "web/icmp" },
		{ "host", "db:80/tcp" },
		{ "web", "10.61.0.3:80/tcp" },
		{ "web", "outside:198.51.100.1" },
		{ "db", "db:80/tcp" },
		{ "host", "outside:198.51.100.1" },
	};
	struct world world;

	(void)state;
	world_new(&world);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (strcmp(world_code(&world, pairs[i][0], pairs[i][1]), "") != 0)
			fail_msg("%s -> %s does not work: %s", pairs[i][0], pairs[i][1],
				 world_code(&world, pairs[i][0], pairs[i][1]));
	world_done(&world);
}

static void what_nobody_can_tell_is_undecided(void **state)
{
	struct world world;

	(void)state;
	world_new(&world);
	world.is_deaf = true;
	assert_string_equal(world_code(&world, "web", "db:80/tcp"), "undecided");
	world_done(&world);
	/* What is unknown on the way decides, unless something is bad for certain behind it. */
	world_new(&world);
	world_link(world.host, "vdb")->has_tc = true;
	assert_string_equal(world_code(&world, "web", "db:80/tcp"), "tc-drop");
	world_done(&world);
	world_new(&world);
	world_link(world.host, "vdb")->has_tc = true;
	world_del_sockets(world.db);
	assert_string_equal(world_code(&world, "web", "db:80/tcp"), "not-listening");
	world_done(&world);
	world_new(&world);
	world_link(world.db, "eth0")->has_xdp = true;
	assert_string_equal(world_code(&world, "web", "db:80/tcp"), "xdp-drop");
	world_done(&world);
}

/* --- where it starts -------------------------------------------------------------------------- */

static void link_down(struct world *world)
{
	world_link(world->web, "eth0")->flags = 0;
}
static void address_gone(struct world *world)
{
	world_del_addr(world->web, "10.61.0.2");
	world_del_routes(world->web, NULL);
}
static void address_twice(struct world *world)
{
	world->web->addrs[1].flags = IFA_F_DADFAILED;
}
static void default_gone(struct world *world)
{
	world_del_routes(world->web, "0.0.0.0/0");
}
static void blackhole(struct world *world)
{
	world_add_route(world->web, "10.61.0.3/32", "", 0, RTN_BLACKHOLE);
}
static void rule_prohibits(struct world *world)
{
	struct facts_rule *rule = world_add_rule(world->web, 100, FR_ACT_PROHIBIT);

	rule->dport[0] = rule->dport[1] = 80;
}
static void gateway_wrong(struct world *world)
{
	world_del_routes(world->web, "0.0.0.0/0");
	world_add_route(world->web, "0.0.0.0/0", "10.61.0.99", 2, RTN_UNICAST);
}
static void neighbour_wrong(struct world *world)
{
	world_add_neighbour(world->web, 2, "10.61.0.3", FOREIGN_MAC, NUD_PERMANENT);
}
static void gateway_mac_wrong(struct world *world)
{
	world_add_neighbour(world->web, 2, "10.61.0.1", FOREIGN_MAC, NUD_PERMANENT);
}
static void arp_off(struct world *world)
{
	world_link(world->db, "eth0")->flags |= IFF_NOARP;
}
static void arp_ignored(struct world *world)
{
	world_set(world->db, "net.ipv4.conf.all.arp_ignore", 8);
}
static void nobody_there(struct world *world)
{
	(void)world;
}
static void add_policy(struct facts_space *space, uint8_t direction)
{
	struct facts_policy *policy = calloc(1, sizeof(*policy));

	space->policies = policy;
	space->n_policies = 1;
	assert_int_equal(prefix_parse("10.61.0.2/32", &policy->src), 0);
	assert_int_equal(prefix_parse("10.61.0.3/32", &policy->dst), 0);
	policy->direction = direction;
	policy->action = XFRM_POLICY_BLOCK;
}
static void ipsec_out(struct world *world)
{
	add_policy(world->web, XFRM_POLICY_OUT);
}
/* One that lets it pass and one that blocks: the smallest number counts, in whatever order. */
static void two_policies(struct world *world, uint32_t block, uint32_t allow)
{
	struct facts_policy *policies;

	ipsec_out(world);
	policies = realloc(world->web->policies, 2 * sizeof(*policies));
	assert_non_null(policies);
	policies[0].priority = block;
	policies[1] = policies[0];
	policies[1].priority = allow;
	policies[1].action = XFRM_POLICY_ALLOW;
	world->web->policies = policies;
	world->web->n_policies = 2;
}
static void ipsec_allowed_before(struct world *world)
{
	two_policies(world, 20, 10);
}
static void ipsec_blocked_before(struct world *world)
{
	two_policies(world, 10, 20);
}
static void ipsec_blocked_as_soon(struct world *world)
{
	two_policies(world, 10, 10);
}
/* A policy of the host, for what web sends, or, where something is sent to it, for that. */
static void add_host_policy(struct world *world, const char *src, const char *dst,
			    uint8_t direction)
{
	add_policy(world->host, direction);
	assert_int_equal(prefix_parse(src, &world->host->policies->src), 0);
	assert_int_equal(prefix_parse(dst, &world->host->policies->dst), 0);
}
static void ipsec_forwarded(struct world *world)
{
	add_host_policy(world, "10.61.0.2/32", "198.51.100.0/24", XFRM_POLICY_FWD);
}
static void ipsec_forwarded_back(struct world *world)
{
	add_host_policy(world, "198.51.100.0/24", "10.61.0.2/32", XFRM_POLICY_FWD);
}
/* The answer counts as it comes, and that is for the host's address. */
static void ipsec_forwarded_to_lent(struct world *world, const char *dst)
{
	world_add_nat(world->host, "netd", NF_INET_POST_ROUTING, NFT_NAT_SNAT, "192.0.2.10", 0);
	add_host_policy(world, "198.51.100.0/24", dst, XFRM_POLICY_FWD);
}
static void ipsec_forwarded_back_to_lent(struct world *world)
{
	ipsec_forwarded_to_lent(world, "192.0.2.10/32");
}
static void ipsec_forwarded_back_behind_nat(struct world *world)
{
	ipsec_forwarded_to_lent(world, "10.61.0.2/32");
}
static void ipsec_forwarded_out(struct world *world)
{
	add_host_policy(world, "10.61.0.2/32", "198.51.100.0/24", XFRM_POLICY_OUT);
}
static void ipsec_in_host(struct world *world)
{
	add_host_policy(world, "10.61.0.2/32", "10.61.0.1/32", XFRM_POLICY_IN);
}
static void ipsec_in_host_of_others(struct world *world)
{
	add_host_policy(world, "10.61.0.4/32", "10.61.0.1/32", XFRM_POLICY_IN);
}
static void ipsec_in(struct world *world)
{
	add_policy(world->db, XFRM_POLICY_IN);
}
static void ports_exhausted(struct world *world)
{
	world_set(world->web, "net.ipv4.ip_local_port_range.from", 40000);
	world_set(world->web, "net.ipv4.ip_local_port_range.to", 40001);
	for (uint16_t port = 40000; port <= 40001; port++) {
		world_add_socket(world->web, IPPROTO_TCP, "10.61.0.2", port, 0);
		world_socket(world->web, port)->state = TCP_ESTABLISHED;
	}
}
static void ports_nearly_exhausted(struct world *world)
{
	ports_exhausted(world);
	world_socket(world->web, 40001)->state = TCP_LISTEN;
}
static void own_rules_out(struct world *world)
{
	world_add_rules(world->web, NFPROTO_INET, "filter", NF_INET_LOCAL_OUT, 0, NF_DROP, "mine");
}
static void own_rules_in(struct world *world)
{
	world_add_rules(world->web, NFPROTO_INET, "filter", NF_INET_LOCAL_IN, 0, -1, NULL);
}
static void queue_small(struct world *world)
{
	world_link(world->web, "eth0")->qdisc_limit_bytes = 20;
}
static void loopback_down(struct world *world)
{
	world_link(world->web, "lo")->flags &= ~(uint32_t)IFF_UP;
}

static void redirected(struct world *world)
{
	world_add_nat(world->web, "corp", NF_INET_LOCAL_OUT, NFT_NAT_DNAT, "10.61.0.4", 0);
}

static void what_breaks_where_it_starts(void **state)
{
	static const struct breakage breakages[] = {
		{ "link-down", "web", "db:80/tcp", link_down },
		{ "link-down", "web", "outside:198.51.100.1", link_down },
		{ "no-address", "web", "db:80/tcp", address_gone },
		{ "no-address", "web", "outside:198.51.100.1", address_gone },
		{ "dad-failed", "web", "db:80/tcp", address_twice },
		{ "route-missing", "web", "outside:198.51.100.1", default_gone },
		{ "route-reject", "web", "db:80/tcp", blackhole },
		{ "rule-reject", "web", "db:80/tcp", rule_prohibits },
		{ "gateway-wrong", "web", "outside:198.51.100.1", gateway_wrong },
		{ "neighbour-wrong", "web", "db:80/tcp", neighbour_wrong },
		{ "gateway-mac-wrong", "web", "outside:198.51.100.1", gateway_mac_wrong },
		{ "neighbour-silent", "web", "db:80/tcp", arp_off },
		{ "neighbour-silent", "web", "db:80/tcp", arp_ignored },
		{ "neighbour-silent", "web", "10.61.0.77:80/tcp", nobody_there },
		{ "ports-exhausted", "web", "db:80/tcp", ports_exhausted },
		{ "", "web", "db:80/tcp", ports_nearly_exhausted },
		{ "ipsec-block", "web", "db:80/tcp", ipsec_out },
		{ "ipsec-block", "web", "db:80/tcp", ipsec_in },
		{ "", "web", "db:80/tcp", ipsec_allowed_before },
		{ "ipsec-block", "web", "db:80/tcp", ipsec_blocked_before },
		{ "ipsec-block", "web", "db:80/tcp", ipsec_blocked_as_soon },
		{ "ipsec-block", "web", "outside:198.51.100.1", ipsec_forwarded },
		{ "ipsec-block", "web", "outside:198.51.100.1", ipsec_forwarded_back },
		{ "ipsec-block", "web", "outside:198.51.100.1", ipsec_forwarded_out },
		{ "ipsec-block", "web", "outside:198.51.100.1", ipsec_forwarded_back_to_lent },
		{ "", "web", "outside:198.51.100.1", ipsec_forwarded_back_behind_nat },
		{ "", "web", "db:80/tcp", ipsec_forwarded },
		{ "ipsec-block", "web", "10.61.0.1/icmp", ipsec_in_host },
		{ "", "web", "10.61.0.1/icmp", ipsec_in_host_of_others },
		{ "own-rules-out", "web", "10.61.0.3:80/tcp", own_rules_out },
		{ "redirected-by-own-rules", "web", "10.61.0.3:80/tcp", redirected },
		{ "own-rules-in", "web", "10.61.0.3:80/tcp", own_rules_in },
		{ "qdisc-drop", "web", "db:80/tcp", queue_small },
		{ "loopback-down", "web", "db:80/tcp", loopback_down },
		{ "loopback-down", "web", "10.61.0.2:80/tcp", loopback_down },
	};

	(void)state;
	TRY(breakages);
}

/* --- services --------------------------------------------------------------------------------- */

/* 10.61.0.200, with port 80, on blue; db stands behind it. */
static void add_service(struct world *world)
{
	struct facts_network *blue = &world->facts.networks[0];
	struct facts_container *db = world_container(world, "db");

	assert_string_equal(blue->name, "blue");
	blue->services = calloc(1, sizeof(*blue->services));
	db->services = calloc(1, sizeof(*db->services));
	assert_true(blue->services && db->services);
	blue->n_services = 1;
	(void)snprintf(blue->services[0].name, sizeof(blue->services[0].name), "shop");
	assert_int_equal(addr_parse("10.61.0.200", &blue->services[0].addr[FAMILY_4]), 0);
	blue->services[0].ports = calloc(1, sizeof(*blue->services[0].ports));
	assert_non_null(blue->services[0].ports);
	blue->services[0].n_ports = 1;
	blue->services[0].ports[0] = (struct facts_service_port) { IPPROTO_TCP, 80, 80, 8000 };
	db->services[0] = strdup("shop");
	db->n_services = 1;
}

static void service_leads(struct world *world)
{
	add_service(world);
	world_add_nat(world->web, "netd-services", NF_INET_LOCAL_OUT, NFT_NAT_DNAT, "10.61.0.3",
		      80);
}

/* Where nobody listens. */
static void service_leads_nowhere(struct world *world)
{
	add_service(world);
	world_add_nat(world->web, "netd-services", NF_INET_LOCAL_OUT, NFT_NAT_DNAT, "10.61.0.3",
		      81);
}

static void service_leads_to_nobody(struct world *world)
{
	add_service(world);
	world_add_nat(world->web, "netd-services", NF_INET_LOCAL_OUT, NFT_NAT_DNAT, "10.61.0.77",
		      80);
}

static void service_taken(struct world *world)
{
	add_service(world);
	world_add_nat(world->web, "mine", NF_INET_LOCAL_OUT, NFT_NAT_DNAT, "10.61.0.4", 80);
}

static void service_unread(struct world *world)
{
	add_service(world);
	assert_int_equal(facts_missing_why(world->web, "ruleset", FACTS_TOOK_TOO_LONG), 0);
}

static void what_is_for_a_service_goes_where_the_rules_lead(void **state)
{
	static const struct breakage breakages[] = {
		{ "", "web", "10.61.0.200:80/tcp", service_leads },
		{ "not-listening", "web", "10.61.0.200:80/tcp", service_leads_nowhere },
		{ "undecided", "web", "10.61.0.200:80/tcp", service_leads_to_nobody },
		{ "services-lost", "web", "10.61.0.200:80/tcp", add_service },
		{ "service-other-network", "host", "10.61.0.200:80/tcp", add_service },
		{ "redirected-by-own-rules", "web", "10.61.0.200:80/tcp", service_taken },
		{ "neighbour-silent", "web", "10.61.0.201:80/tcp", add_service },
	};

	(void)state;
	TRY(breakages);
}

/* --- published, and of other hosts ------------------------------------------------------------ */

static struct facts_service *shop(struct world *world)
{
	return &world->facts.networks[0].services[0];
}

static void ingress_leads(struct world *world)
{
	add_service(world);
	world_add_nat(world->host, "netd-ingress", NF_INET_PRE_ROUTING, NFT_NAT_DNAT, "10.61.0.3",
		      80);
}

static void ingress_leads_nowhere(struct world *world)
{
	add_service(world);
	world_add_nat(world->host, "netd-ingress", NF_INET_PRE_ROUTING, NFT_NAT_DNAT, "10.61.0.3",
		      81);
}

static void ingress_refuses(struct world *world)
{
	add_service(world);
	world_add_reject_of(world->host, "netd-ingress", NF_INET_LOCAL_IN, NFT_REJECT_TCP_RST);
}

static void ingress_has_nobody(struct world *world)
{
	ingress_refuses(world);
	free(world_container(world, "db")->services[0]);
	world_container(world, "db")->n_services = 0;
}

/* The host's records do not say who of other hosts there is. */
static void ingress_has_nobody_here(struct world *world)
{
	ingress_has_nobody(world);
	(void)snprintf(world->facts.networks[0].driver, sizeof(world->facts.networks[0].driver),
		       "overlay");
}

static void ingress_has_nobody_anywhere(struct world *world)
{
	ingress_has_nobody_here(world);
	shop(world)->knows_far = true;
}

static void port_is_anothers(struct world *world)
{
	add_service(world);
	shop(world)->refused = calloc(1, sizeof(*shop(world)->refused));
	assert_non_null(shop(world)->refused);
	shop(world)->n_refused = 1;
	shop(world)->refused[0] = (struct facts_refused) {
		.is_here = true, .protocol = IPPROTO_TCP, .port = 8000, .why = "python3 has it"
	};
	world_add_socket(world->host, IPPROTO_TCP, "0.0.0.0", 8000, 777);
}

static void unpublished(struct world *world)
{
	add_service(world);
	shop(world)->ports[0].publish = 0;
}

static void what_a_service_publishes_goes_where_the_host_leads(void **state)
{
	static const struct breakage breakages[] = {
		{ "", "outside:192.0.2.1", "host:8000/tcp", ingress_leads },
		{ "", "outside:192.0.2.1", "192.0.2.10:8000/tcp", ingress_leads },
		{ "", "outside:192.0.2.1", "10.61.0.200:8000/tcp", ingress_leads },
		{ "", "outside:192.0.2.1", "10.61.0.200:80/tcp", ingress_leads },
		{ "", "outside:192.0.2.1", "10.61.0.200", ingress_leads },
		{ "", "c", "192.0.2.10:8000/tcp", ingress_leads },
		{ "not-listening", "outside:192.0.2.1", "host:8000/tcp", ingress_leads_nowhere },
		{ "ingress-lost", "outside:192.0.2.1", "host:8000/tcp", add_service },
		{ "ingress-lost", "outside:192.0.2.1", "host:8000/tcp", ingress_refuses },
		{ "service-empty", "outside:192.0.2.1", "host:8000/tcp", ingress_has_nobody },
		{ "undecided", "outside:192.0.2.1", "host:8000/tcp", ingress_has_nobody_here },
		{ "service-empty", "outside:192.0.2.1", "host:8000/tcp",
		  ingress_has_nobody_anywhere },
		{ "", "outside:192.0.2.1", "host:8000/tcp", port_is_anothers },
		{ "service-unpublished", "outside:192.0.2.1", "10.61.0.200:80/tcp", unpublished },
		{ "service-unpublished", "outside:192.0.2.1", "10.61.0.200", unpublished },
	};

	(void)state;
	TRY(breakages);
}

#define FAR_MAC "02:00:00:00:00:77"

/* far-1 of host b is 10.61.0.77, behind the tunnel to 192.0.2.11, and the only one behind shop. */
static void add_far(struct world *world, bool has_entry, bool has_lead, bool has_neighbour)
{
	struct facts_network *blue = &world->facts.networks[0];
	struct facts_service *service;
	struct facts_link *tunnel;

	ingress_leads(world);
	service = shop(world);
	free(world_container(world, "db")->services[0]);
	world_container(world, "db")->n_services = 0;
	(void)snprintf(blue->id, sizeof(blue->id), "0123456789abcdef");
	(void)snprintf(blue->driver, sizeof(blue->driver), "overlay");
	service->knows_far = true;
	service->far = calloc(1, sizeof(*service->far));
	assert_non_null(service->far);
	service->n_far = 1;
	(void)snprintf(service->far[0].name, sizeof(service->far[0].name), "far-1");
	(void)snprintf(service->far[0].host, sizeof(service->far[0].host), "b");
	assert_int_equal(addr_parse("10.61.0.77", &service->far[0].addr[FAMILY_4]), 0);
	assert_int_equal(addr_parse("192.0.2.11", &service->far[0].tunnel), 0);
	assert_int_equal(mac_parse(FAR_MAC, &service->far[0].mac), 0);
	world_add_nat(world->web, "netd-services", NF_INET_LOCAL_OUT, NFT_NAT_DNAT, "10.61.0.77",
		      80);
	world_add_link(world->host, 770, "vx-0123456789ab", "vxlan");
	tunnel = world_link(world->host, "vx-0123456789ab");
	tunnel->is_port = true;
	tunnel->brport.state = 3; /* BR_STATE_FORWARDING */
	tunnel->flags = 1;	  /* IFF_UP */
	tunnel->master = world_link(world->host, blue->bridges[0])->ifindex;
	if (has_entry)
		world_add_entry(world->host, blue->bridges[0], "vx-0123456789ab", FAR_MAC);
	if (has_lead) {
		world_add_entry(world->host, blue->bridges[0], "vx-0123456789ab", FAR_MAC);
		world->host->entries[world->host->n_entries - 1].master = 0;
		world->host->entries[world->host->n_entries - 1].dst = service->far[0].tunnel;
	}
	if (has_neighbour)
		world_add_neighbour(world->host, tunnel->master, "10.61.0.77", FAR_MAC, 0x80);
}

static void far_is_there(struct world *world)
{
	add_far(world, true, true, true);
}
static void far_has_no_entry(struct world *world)
{
	add_far(world, false, true, true);
}
static void far_has_no_lead(struct world *world)
{
	add_far(world, true, false, true);
}
static void far_has_no_neighbour(struct world *world)
{
	add_far(world, true, true, false);
}
static void far_is_led_astray(struct world *world)
{
	far_is_there(world);
	assert_int_equal(addr_parse("192.0.2.12", &shop(world)->far[0].tunnel), 0);
}
static void tunnel_is_down(struct world *world)
{
	far_is_there(world);
	world_link(world->host, "vx-0123456789ab")->flags = 0;
}
static void tunnel_has_left(struct world *world)
{
	far_is_there(world);
	world_link(world->host, "vx-0123456789ab")->master = 0;
}

static void the_way_to_another_host_is_looked_at_as_far_as_it_is_here(void **state)
{
	static const struct breakage breakages[] = {
		{ "undecided", "web", "10.61.0.200:80/tcp", far_is_there },
		{ "tunnel-lost", "web", "10.61.0.200:80/tcp", far_has_no_entry },
		{ "tunnel-lost", "web", "10.61.0.200:80/tcp", far_has_no_lead },
		{ "tunnel-lost", "web", "10.61.0.200:80/tcp", far_has_no_neighbour },
		{ "tunnel-lost", "web", "10.61.0.200:80/tcp", far_is_led_astray },
		{ "tunnel-lost", "web", "10.61.0.200:80/tcp", tunnel_is_down },
		{ "tunnel-lost", "web", "10.61.0.200:80/tcp", tunnel_has_left },
	};
	struct diag_verdict verdict = { 0 };
	struct world world;
	bool is_named = false;

	(void)state;
	TRY(breakages);
	/* What only the other host knows is named, and not guessed. */
	world_new(&world);
	far_is_there(&world);
	world_explain(&world, "web", "10.61.0.200:80/tcp", &verdict);
	for (size_t i = 0; i < verdict.n_unknown; i++)
		is_named |= strstr(verdict.unknown[i].why, "far-1 is on host b") != NULL;
	assert_true(is_named);
	verdict_done(&verdict);
	world_done(&world);
}

/* What could not be read may lead it: nothing is said to be lost. */
static void rules_that_were_not_read_are_not_lost(void **state)
{
	struct diag_verdict verdict = { 0 };
	struct world world;

	(void)state;
	world_new(&world);
	service_unread(&world);
	world_explain(&world, "web", "10.61.0.200:80/tcp", &verdict);
	assert_int_not_equal(verdict.outcome, DIAG_REACHABLE);
	assert_true(!verdict.code || strcmp(verdict.code, "services-lost") != 0);
	verdict_done(&verdict);
	world_done(&world);
}

/* The verdict is about the service, and its hops say whom it leads to. */
static void the_address_that_was_asked_for_is_told(void **state)
{
	struct diag_verdict verdict = { 0 };
	struct world world;
	bool is_told = false;

	(void)state;
	world_new(&world);
	service_leads(&world);
	world_explain(&world, "web", "10.61.0.200:80/tcp", &verdict);
	assert_string_equal(ADDR_STR(&verdict.to.addr), "10.61.0.200");
	for (size_t i = 0; i < verdict.n_hops; i++)
		is_told |= strcmp(verdict.hops[i].id, "from.service") == 0 &&
			   strstr(verdict.hops[i].say, "leads it to db, 10.61.0.3:80");
	assert_true(is_told);
	verdict_done(&verdict);
	world_done(&world);
}

/* --- the bridge ------------------------------------------------------------------------------- */

static void port_down(struct world *world)
{
	world_link(world->host, "vdb")->flags = 0;
}
static void own_port_down(struct world *world)
{
	world_link(world->host, "vweb")->flags = 0;
}
static void port_detached(struct world *world)
{
	world_link(world->host, "vdb")->master = 0;
}
static void port_elsewhere(struct world *world)
{
	world_link(world->host, "vweb")->master = world_link(world->host, "red0")->ifindex;
}
static void bridge_down(struct world *world)
{
	world_link(world->host, "blue0")->flags = 0;
}
static void port_learning(struct world *world)
{
	world_link(world->host, "vdb")->brport.state = 2;
}
static void isolated(struct world *world)
{
	world_link(world->host, "vweb")->brport.isolated = true;
	world_link(world->host, "vdb")->brport.isolated = true;
}
static void icc_off(struct world *world)
{
	isolated(world);
	world->facts.networks[0].icc = false;
}
static void port_locked(struct world *world)
{
	world_link(world->host, "vweb")->brport.locked = true;
}
static void port_locked_and_entries_unread(struct world *world)
{
	port_locked(world);
	assert_int_equal(facts_missing_why(world->host, "entries", FACTS_TOOK_TOO_LONG), 0);
}
static void entry_wrong(struct world *world)
{
	char mac[MAC_STR_MAX];

	world_add_entry(world->host, "blue0", "vx",
			mac_print(&world_link(world->db, "eth0")->mac, mac));
}
static void entry_missing(struct world *world)
{
	world_link(world->host, "vdb")->brport.flood = false;
	world_link(world->host, "vdb")->brport.learning = false;
}
static void address_of_x(struct world *world)
{
	char mac[MAC_STR_MAX];

	world_add_addr(world->x, 2, "10.61.0.3/24");
	world_add_neighbour(world->web, 2, "10.61.0.3",
			    mac_print(&world_link(world->x, "eth0")->mac, mac), NUD_REACHABLE);
}
static void mac_of_x(struct world *world)
{
	world_link(world->x, "eth0")->mac = world_link(world->db, "eth0")->mac;
	entry_wrong(world);
}
static void rules_on_bridge(struct world *world)
{
	world_add_rules(world->host, NFPROTO_BRIDGE, "filter", NF_BR_FORWARD, 0, NF_DROP, NULL);
}
static void arp_rules(struct world *world)
{
	world_add_rules(world->db, NFPROTO_ARP, "filter", NF_ARP_IN, 0, NF_DROP, NULL);
}
static void small_port(struct world *world)
{
	world_link(world->host, "vdb")->mtu = 1280;
}
static void small_inside(struct world *world)
{
	world_link(world->db, "eth0")->mtu = 1280;
}

static void what_breaks_on_the_bridge(void **state)
{
	static const struct breakage breakages[] = {
		{ "port-down", "web", "db:80/tcp", port_down },
		{ "port-down", "host", "db:80/tcp", port_down },
		{ "port-down", "web", "outside:198.51.100.1", own_port_down },
		{ "port-detached", "web", "db:80/tcp", port_detached },
		{ "port-detached", "web", "db:80/tcp", port_elsewhere },
		{ "bridge-down", "web", "db:80/tcp", bridge_down },
		{ "port-blocked", "web", "db:80/tcp", port_learning },
		{ "port-isolated", "web", "db:80/tcp", isolated },
		{ "icc-off", "web", "db:80/tcp", icc_off },
		{ "port-locked", "web", "db:80/tcp", port_locked },
		{ "undecided", "web", "db:80/tcp", port_locked_and_entries_unread },
		{ "entry-wrong", "web", "db:80/tcp", entry_wrong },
		{ "entry-wrong", "host", "db:80/tcp", entry_wrong },
		{ "entry-missing-no-flood", "web", "db:80/tcp", entry_missing },
		{ "duplicate-address", "web", "db:80/tcp", address_of_x },
		{ "duplicate-mac", "web", "db:80/tcp", mac_of_x },
		{ "bridge-rules", "web", "db:80/tcp", rules_on_bridge },
		{ "arp-rules", "web", "db:80/tcp", arp_rules },
		{ "mtu-hole", "web", "db:90/udp", small_port },
		{ "mtu-hole", "web", "db:80/tcp", small_port },
		{ "mtu-hole", "web", "db:90/udp", small_inside },
		{ "", "web", "db:80/tcp", small_inside }, /* the ends tell each other */
		{ "", "host", "db:80/tcp", isolated },	  /* keeps two ports apart alone */
	};

	(void)state;
	TRY(breakages);
}

static const char *fact_of(struct diag_verdict *verdict, const char *id, const char *key)
{
	const struct diag_hop *hop = verdict_hop(verdict, id);

	for (size_t i = 0; hop && i < hop->n_facts; i++)
		if (strcmp(hop->facts[i].key, key) == 0)
			return hop->facts[i].text;
	return "";
}

/* Of what works, and of what breaks it. */
static void a_hop_tells_what_it_rests_on(void **state)
{
	struct diag_verdict verdict;
	struct world world;

	(void)state;
	world_new(&world);
	world_explain(&world, "web", "db:80/tcp", &verdict);
	assert_int_equal(verdict.outcome, DIAG_REACHABLE);
	assert_string_equal(fact_of(&verdict, "from", "Link"), "eth0");
	assert_string_equal(fact_of(&verdict, "from", "Source"), "10.61.0.2");
	assert_string_equal(fact_of(&verdict, "from", "NextHop"), "10.61.0.3");
	assert_string_equal(fact_of(&verdict, "bridge", "Bridge"), "blue0");
	assert_string_equal(fact_of(&verdict, "bridge", "From"), "vweb");
	assert_string_equal(fact_of(&verdict, "bridge", "To"), "vdb");
	assert_string_equal(fact_of(&verdict, "to", "Bound"), "0.0.0.0");
	/* Nobody has looked, and nobody says that there is none. */
	assert_string_equal(fact_of(&verdict, "to", "Filter"), "not looked at");
	verdict_done(&verdict);
	world_explain(&world, "web", "db:90/udp", &verdict);
	assert_int_equal(verdict.outcome, DIAG_REACHABLE);
	assert_string_equal(fact_of(&verdict, "to", "Filter"), "not looked at");
	verdict_done(&verdict);
	world_link(world.host, "vdb")->flags &= ~(uint32_t)IFF_UP;
	world_explain(&world, "web", "db:80/tcp", &verdict);
	assert_string_equal(verdict.code, "port-down");
	assert_string_equal(fact_of(&verdict, verdict.hop, "Link"), "vdb");
	verdict_done(&verdict);
	world_done(&world);
}

/* db's port lets nothing in: neither the answer with its MAC nor, where that is known, what db
 * sends. */
static void who_is_asked_answers_by_his_port(void **state)
{
	static const char *const hops[] = { "bridge.port", "back.port" };

	(void)state;
	for (int is_known = 0; is_known < 2; is_known++) {
		struct diag_verdict verdict;
		struct world world;
		char mac[MAC_STR_MAX];

		world_new(&world);
		world_link(world.host, "vdb")->brport.locked = true;
		if (is_known)
			world_add_neighbour(world.web, 2, "10.61.0.3",
					    mac_print(&world_link(world.db, "eth0")->mac, mac),
					    NUD_REACHABLE);
		world_explain(&world, "web", "db:80/tcp", &verdict);
		assert_string_equal(verdict.code, "port-locked");
		assert_string_equal(verdict.hop, hops[is_known]);
		verdict_done(&verdict);
		world_done(&world);
	}
}

/* The answer with db's MAC has to find web, whatever way db's packets take. */
static void who_asks_is_found_by_the_answer(void **state)
{
	struct diag_verdict verdict;
	struct facts_link *port;
	struct world world;
	char mac[MAC_STR_MAX];

	(void)state;
	world_new(&world);
	port = world_link(world.host, "vweb");
	port->brport.flood = port->brport.learning = false;
	world_explain(&world, "web", "db:80/tcp", &verdict);
	assert_string_equal(verdict.code, "entry-missing-no-flood");
	assert_string_equal(verdict.hop, "bridge.entry");
	verdict_done(&verdict);
	/* It learns from the question. */
	port->brport.learning = true;
	assert_string_equal(world_code(&world, "web", "db:80/tcp"), "");
	port->brport.learning = false;
	world_add_entry(world.host, "blue0", "vdb",
			mac_print(&world_link(world.web, "eth0")->mac, mac));
	world_explain(&world, "web", "db:80/tcp", &verdict);
	assert_string_equal(verdict.code, "entry-wrong");
	assert_string_equal(verdict.hop, "bridge.entry");
	verdict_done(&verdict);
	/* Whom it knows it does not ask. */
	world_add_neighbour(world.web, 2, "10.61.0.3",
			    mac_print(&world_link(world.db, "eth0")->mac, mac), NUD_REACHABLE);
	world_explain(&world, "web", "db:80/tcp", &verdict);
	assert_string_equal(verdict.code, "entry-wrong");
	assert_string_equal(verdict.hop, "back.entry");
	verdict_done(&verdict);
	world_done(&world);
}

/* --- the host --------------------------------------------------------------------------------- */

static void forwarding_off(struct world *world)
{
	world_set(world->host, "net.ipv4.ip_forward", 0);
}
static void forwarding_off_link(struct world *world)
{
	world_set(world->host, "net.ipv4.conf.blue0.forwarding", 0);
}
static void strict(struct world *world)
{
	world_set(world->host, "net.ipv4.conf.blue0.rp_filter", 1);
	world_add_link(world->host, 30, "wg0", "wireguard");
	world_add_route(world->host, "10.61.0.2/32", "", 30, RTN_UNICAST);
}
static void legacy(struct world *world)
{
	world->host->legacy = calloc(1, sizeof(char *));
	world->host->legacy[0] = strdup("ip filter");
	world->host->n_legacy = 1;
}
static void overlapping_route(struct world *world)
{
	world_add_link(world->host, 30, "wg0", "wireguard");
	world_add_route(world->host, "10.61.0.0/25", "", 30, RTN_UNICAST);
}
static void subnet_gone(struct world *world)
{
	world_del_routes(world->host, "10.61.0.0/24");
}
static void subnet_gone_and_routes_unread(struct world *world)
{
	subnet_gone(world);
	assert_int_equal(facts_missing_why(world->host, "routes", FACTS_TOOK_TOO_LONG), 0);
}
static void host_has_no_default(struct world *world)
{
	world_del_routes(world->host, "0.0.0.0/0");
}
static void host_rule(struct world *world)
{
	struct facts_rule *rule = world_add_rule(world->host, 50, FR_ACT_UNREACHABLE);

	assert_int_equal(prefix_parse("10.61.0.0/24", &rule->src), 0);
}
static void gateway_lost(struct world *world)
{
	world_del_addr(world->host, "10.61.0.1");
	world_del_routes(world->host, "10.61.0.0/24");
}
static void uplink_down(struct world *world)
{
	world_link(world->host, "up0")->flags = 0;
}
static void rules_drop(struct world *world)
{
	world_add_rules(world->host, NFPROTO_INET, "filter", NF_INET_FORWARD, 0, NF_DROP,
			"policy 7");
}
static void rules_drop_frames(struct world *world)
{
	rules_drop(world);
	world_set(world->host, "net.bridge.bridge-nf-call-iptables", 1);
}
static void rules_policy(struct world *world)
{
	world_add_rules(world->host, NFPROTO_IPV4, "filter", NF_INET_FORWARD, 0, -1, NULL);
}
static void table_full(struct world *world)
{
	world_set(world->host, "net.netfilter.nf_conntrack_count", 1000);
	world_set(world->host, "net.netfilter.nf_conntrack_max", 1000);
}
static void short_lived(struct world *world)
{
	world_set(world->web, "net.ipv4.ip_default_ttl", 1);
}
static void small_uplink(struct world *world)
{
	world_link(world->host, "up0")->mtu = 1280;
}
static void silenced(struct world *world)
{
	small_uplink(world);
	world_add_rules(world->host, NFPROTO_IPV4, "filter", NF_INET_LOCAL_OUT, 0, NF_DROP, NULL);
}
static void not_masqueraded(struct world *world)
{
	world->facts.networks[0].masquerade[FAMILY_4] = true;
}

static void rules_reject(struct world *world)
{
	world_add_reject(world->host, NF_INET_FORWARD, NFT_REJECT_ICMP_UNREACH);
}
static void other_network(struct world *world)
{
	world_add_own_drop(world->host, NF_INET_FORWARD, "unpublished, or another network");
}
static void into_internal(struct world *world)
{
	world_add_own_drop(world->host, NF_INET_FORWARD, "into an internal network");
}
static void source_foreign(struct world *world)
{
	world_add_own_drop(world->host, NF_INET_FORWARD,
			   "a source that is no address of its container");
}
static void no_router(struct world *world)
{
	world_add_own_drop(world->host, NF_INET_FORWARD, "a stranger's way through the host");
}
static void snat_wrong(struct world *world)
{
	world_add_nat(world->host, "corp", NF_INET_POST_ROUTING, NFT_NAT_SNAT, "192.0.2.77", 0);
}
static void snat_right(struct world *world)
{
	world_add_nat(world->host, "corp", NF_INET_POST_ROUTING, NFT_NAT_SNAT, "192.0.2.10", 0);
}
static void dnat_taken(struct world *world)
{
	world_add_nat(world->host, "corp", NF_INET_PRE_ROUTING, NFT_NAT_DNAT, "10.61.0.4", 0);
}
/* What a rule of somebody else leads to web comes from web. */
static void led_back(struct world *world)
{
	world_add_nat(world->host, "corp", NF_INET_PRE_ROUTING, NFT_NAT_DNAT, "10.61.0.2", 81);
}
static void led_back_and_claimed(struct world *world)
{
	led_back(world);
	world_add_addr(world->db, 1, "10.61.0.2/32");
}
static void led_back_as_host(struct world *world)
{
	led_back(world);
	world_add_socket(world->web, IPPROTO_TCP, "0.0.0.0", 81, 81);
	world_add_nat(world->host, "more", NF_INET_POST_ROUTING, NFT_NAT_SNAT, "10.61.0.1", 0);
}
static void led_back_on_bridge(struct world *world)
{
	led_back(world);
	world_set(world->host, "net.bridge.bridge-nf-call-iptables", 1);
}
static void led_back_reflected(struct world *world)
{
	led_back_on_bridge(world);
	world_link(world->host, "vweb")->brport.hairpin = true;
}
static void led_back_by_netd(struct world *world)
{
	world_add_nat(world->host, "netd", NF_INET_PRE_ROUTING, NFT_NAT_DNAT, "10.61.0.2", 80);
}
/* The receiver's own address is given to what comes to it. */
static void lent_to_routed(struct world *world)
{
	world_add_nat(world->host, "corp", NF_INET_POST_ROUTING, NFT_NAT_SNAT, "10.61.0.3", 0);
}
static void lent_to_bridged(struct world *world)
{
	lent_to_routed(world);
	world_set(world->host, "net.bridge.bridge-nf-call-iptables", 1);
}

static void dropped_at_uplink(struct world *world)
{
	world_add_device_drop(world->host, NF_NETDEV_EGRESS, "up0");
}
static void dropped_from_uplink(struct world *world)
{
	world_add_device_drop(world->host, NF_NETDEV_INGRESS, "up0");
}
static void dropped_from_bridge(struct world *world)
{
	world_add_device_drop(world->host, NF_NETDEV_INGRESS, "blue0");
}
static void dropped_to_bridge(struct world *world)
{
	world_add_device_drop(world->host, NF_NETDEV_EGRESS, "blue0");
}
static void program_at_uplink(struct world *world)
{
	world_link(world->host, "up0")->has_tc = true;
}
static void program_at_bridge(struct world *world)
{
	world_link(world->host, "blue0")->has_xdp = true;
}

static void what_breaks_on_the_host(void **state)
{
	static const struct breakage breakages[] = {
		{ "netdev-rules", "web", "outside:198.51.100.1", dropped_at_uplink },
		{ "netdev-rules", "host", "outside:198.51.100.1", dropped_at_uplink },
		{ "netdev-rules", "web", "outside:198.51.100.1", dropped_from_uplink },
		{ "netdev-rules", "web", "outside:198.51.100.1", dropped_from_bridge },
		{ "netdev-rules", "web", "outside:198.51.100.1", dropped_to_bridge },
		{ "netdev-rules", "c", "db:80/tcp", dropped_to_bridge },
		{ "", "web", "db:80/tcp", dropped_from_bridge }, /* which it does not enter */
		{ "undecided", "web", "outside:198.51.100.1", program_at_uplink },
		{ "undecided", "web", "outside:198.51.100.1", program_at_bridge },
		{ "forwarding-off", "web", "outside:198.51.100.1", forwarding_off },
		{ "forwarding-off-link", "web", "outside:198.51.100.1", forwarding_off_link },
		{ "rp-filter", "web", "outside:198.51.100.1", strict },
		{ "legacy-iptables", "web", "outside:198.51.100.1", legacy },
		{ "", "web", "db:80/tcp", legacy },
		{ "route-overlap", "host", "db:80/tcp", overlapping_route },
		{ "route-overlap", "web", "outside:198.51.100.1", overlapping_route },
		{ "subnet-route-missing", "outside:192.0.2.1", "10.61.0.3:80/tcp", subnet_gone },
		{ "undecided", "outside:192.0.2.1", "10.61.0.3:80/tcp",
		  subnet_gone_and_routes_unread },
		{ "host-no-route", "web", "outside:198.51.100.1", host_has_no_default },
		{ "host-rule", "web", "outside:198.51.100.1", host_rule },
		{ "gateway-address-missing", "web", "outside:198.51.100.1", gateway_lost },
		{ "uplink-down", "web", "outside:198.51.100.1", uplink_down },
		{ "rules-drop", "web", "outside:198.51.100.1", rules_drop },
		{ "rules-drop", "web", "db:80/tcp", rules_drop_frames },
		{ "", "web", "db:80/tcp", rules_drop },
		{ "rules-policy", "web", "outside:198.51.100.1", rules_policy },
		{ "conntrack-full", "web", "outside:198.51.100.1", table_full },
		{ "ttl", "web", "outside:198.51.100.1", short_lived },
		{ "", "web", "outside:198.51.100.1", small_uplink },
		{ "path-mtu", "web", "outside:198.51.100.1/udp", small_uplink },
		{ "path-mtu-black-hole", "web", "outside:198.51.100.1/udp", silenced },
		{ "path-mtu-black-hole", "web", "outside:198.51.100.1", silenced },
		{ "no-masquerade", "web", "outside:198.51.100.1", not_masqueraded },
		{ "internal", "i", "outside:198.51.100.1", nobody_there },
		{ "rules-reject", "web", "outside:198.51.100.1", rules_reject },
		{ "other-network", "web", "c:80/tcp", other_network },
		{ "internal", "web", "10.63.0.2:80/tcp", into_internal },
		{ "source-foreign", "web", "outside:198.51.100.1", source_foreign },
		{ "no-router", "web", "outside:198.51.100.1", no_router },
		{ "snat-wrong", "web", "outside:198.51.100.1", snat_wrong },
		{ "", "web", "outside:198.51.100.1", snat_right },
		{ "dnat-taken", "outside:192.0.2.1", "192.0.2.10:8081/tcp", dnat_taken },
		{ "dnat-taken", "web", "192.0.2.10:8070/tcp", led_back },
		{ "dnat-taken", "web", "192.0.2.10:8070/tcp", led_back_and_claimed },
		{ "dnat-taken", "web", "192.0.2.10:8081/tcp", led_back },
		{ "dnat-taken", "web", "192.0.2.10:8070/tcp", led_back_reflected },
		{ "hairpin-off", "web", "192.0.2.10:8070/tcp", led_back_on_bridge },
		{ "", "web", "192.0.2.10:8070/tcp", led_back_as_host },
		{ "snat-wrong", "c", "db:80/tcp", lent_to_routed },
		{ "snat-wrong", "web", "db:80/tcp", lent_to_bridged },
		{ "", "web", "db:80/tcp", lent_to_routed }, /* which does not cross IP */
		{ "undecided", "web", "192.0.2.10:8081/tcp", led_back_by_netd },
	};

	(void)state;
	TRY(breakages);
}

/* --- where it is to arrive -------------------------------------------------------------------- */

static void no_sockets(struct world *world)
{
	world_del_sockets(world->db);
}
static void bound(struct world *world, const char *addr)
{
	world_del_sockets(world->db);
	world_add_socket(world->db, IPPROTO_TCP, addr, 80, 80);
}
static void bound_to_loopback(struct world *world)
{
	bound(world, "127.0.0.1");
}
static void bound_elsewhere(struct world *world)
{
	bound(world, "10.99.0.1");
}
static void ipv6_only(struct world *world)
{
	bound(world, "::");
	world_socket(world->db, 80)->v6only = true;
}
static void both_families(struct world *world)
{
	bound(world, "::");
}
static void backlog_full(struct world *world)
{
	world_socket(world->db, 80)->rqueue = 129;
}
static void udp_connected(struct world *world)
{
	struct facts_socket *socket = world_socket(world->db, 90);

	assert_int_equal(addr_parse("10.61.0.4", &socket->peer), 0);
	socket->peer_port = 1234;
}
static void buffer_full(struct world *world)
{
	world_socket(world->db, 90)->rmem = 200001;
}
static void buffer_nearly_full(struct world *world)
{
	world_socket(world->db, 90)->rmem = 198000;
}
static void stopped(struct world *world)
{
	world->state_of_db = 'T';
}
static void frozen(struct world *world)
{
	world_container(world, "db")->frozen = true;
}
static void rules_of_b(struct world *world)
{
	world_add_rules(world->db, NFPROTO_INET, "filter", NF_INET_LOCAL_IN, 0, NF_DROP, NULL);
}
static void rules_of_b_out(struct world *world)
{
	world_add_rules(world->db, NFPROTO_INET, "filter", NF_INET_LOCAL_OUT, 0, NF_DROP, NULL);
}
static void no_way_back(struct world *world)
{
	world_del_routes(world->db, NULL);
}
static void way_back_refused(struct world *world)
{
	world_add_route(world->db, "10.61.0.2/32", "", 0, RTN_BLACKHOLE);
}
static void neighbour_back(struct world *world)
{
	world_add_neighbour(world->db, 2, "10.61.0.2", FOREIGN_MAC, NUD_PERMANENT);
}
static void address_of_b(struct world *world)
{
	world_del_addr(world->db, "10.61.0.3");
}
static void claims_a(struct world *world)
{
	world_add_addr(world->db, 1, "10.61.0.2/32");
}
static void deaf_to_ping(struct world *world)
{
	world_set(world->db, "net.ipv4.icmp_echo_ignore_all", 1);
}
static void b_down(struct world *world)
{
	world_link(world->db, "eth0")->flags = 0;
}
static void host_listens(struct world *world)
{
	world_del_sockets(world->db);
	world_add_socket(world->host, IPPROTO_TCP, "0.0.0.0", 80, 82);
}
static void nothing(struct world *world)
{
	(void)world;
}

static void what_breaks_where_it_arrives(void **state)
{
	static const struct breakage breakages[] = {
		{ "not-listening", "web", "db:81/tcp", nothing },
		{ "not-listening", "web", "db:80/tcp", no_sockets },
		{ "listens-elsewhere", "web", "db:80/tcp", host_listens },
		{ "listens-loopback-only", "web", "db:80/tcp", bound_to_loopback },
		{ "listens-other-address", "web", "db:80/tcp", bound_elsewhere },
		{ "listens-ipv6-only", "web", "db:80/tcp", ipv6_only },
		{ "", "web", "db:80/tcp", both_families },
		{ "backlog-full", "web", "db:80/tcp", backlog_full },
		{ "udp-no-listener", "web", "db:91/udp", nothing },
		{ "udp-connected-elsewhere", "web", "db:90/udp", udp_connected },
		{ "receive-buffer-full", "web", "db:90/udp", buffer_full },
		{ "receive-buffer-full", "web", "db:90/udp", buffer_nearly_full },
		{ "server-stopped", "web", "db:80/tcp", stopped },
		{ "server-stopped", "web", "db:80/tcp", frozen },
		{ "rules-of-b", "web", "db:80/tcp", rules_of_b },
		{ "rules-of-b", "web", "db:80/tcp", rules_of_b_out },
		{ "no-way-back", "web", "db:80/tcp", no_way_back },
		{ "way-back-reject", "web", "db:80/tcp", way_back_refused },
		{ "neighbour-back-wrong", "web", "db:80/tcp", neighbour_back },
		{ "b-no-address", "web", "db:80/tcp", address_of_b },
		{ "b-claims-a", "web", "db:80/tcp", claims_a },
		{ "echo-ignored", "web", "db/icmp", deaf_to_ping },
		{ "", "web", "db:80/tcp", deaf_to_ping },
		{ "link-down", "web", "db:80/tcp", b_down },
	};

	(void)state;
	TRY(breakages);
}

/* --- published ports -------------------------------------------------------------------------- */

static void published(struct world *world)
{
	world_add_nat(world->host, "netd", NF_INET_PRE_ROUTING, NFT_NAT_DNAT, "10.61.0.3", 80);
}
static void published_elsewhere(struct world *world)
{
	world_add_nat(world->host, "netd", NF_INET_PRE_ROUTING, NFT_NAT_DNAT, "10.61.0.3", 98);
}
static void closed(struct world *world)
{
	world_add_own_drop(world->host, NF_INET_PRE_ROUTING,
			   "direct access to a container from outside");
}
static void rejects_with_reset(struct world *world)
{
	published(world);
	world_add_reject(world->db, NF_INET_LOCAL_IN, NFT_REJECT_TCP_RST);
}

/* A relay takes connections itself; what only holds the port answers nobody. */
static void relayed(struct world *world)
{
	world_add_socket(world->host, IPPROTO_TCP, "0.0.0.0", 8081, 900);
}
static void held(struct world *world)
{
	relayed(world);
	world_socket(world->host, 8081)->wqueue = 1;
}
static void short_queue(struct world *world)
{
	world_add_socket(world->host, IPPROTO_TCP, "0.0.0.0", 8070, 901);
	world_socket(world->host, 8070)->wqueue = 1;
}

static void what_breaks_at_published_ports(void **state)
{
	static const struct breakage breakages[] = {
		{ "not-published", "outside:192.0.2.1", "192.0.2.10:8099/tcp", nothing },
		{ "published-loopback-only", "outside:192.0.2.1", "192.0.2.10:8090/tcp", nothing },
		{ "", "outside:192.0.2.1", "192.0.2.10:8081/tcp", published },
		{ "published-no-listener", "outside:192.0.2.1", "192.0.2.10:8098/tcp",
		  published_elsewhere },
		{ "closed-direct", "outside:192.0.2.1", "10.61.0.3:80/tcp", closed },
		{ "rules-of-b-reset", "outside:192.0.2.1", "192.0.2.10:8081/tcp",
		  rejects_with_reset },
		{ "published-not-led", "outside:192.0.2.1", "192.0.2.10:8081/tcp", held },
		{ "", "outside:192.0.2.1", "192.0.2.10:8081/tcp", relayed },
		/* a server of the host that has a queue of one, and is nobody's published port */
		{ "", "outside:192.0.2.1", "192.0.2.10:8070/tcp", short_queue },
	};

	(void)state;
	TRY(breakages);
}

/* --- names ------------------------------------------------------------------------------------ */

static void set_hosts(struct world *world, const char *text)
{
	(void)snprintf(world->web->hosts, sizeof(world->web->hosts), "%s", text);
}
static void hosts_wrong(struct world *world)
{
	set_hosts(world, "# mine\n127.0.0.1 localhost\n10.61.0.4  other DB # shadow\n");
}
static void hosts_right(struct world *world)
{
	set_hosts(world, "10.61.0.3\tdb\n");
}
static void asks_others(struct world *world)
{
	(void)snprintf(world->web->resolv_conf, sizeof(world->web->resolv_conf),
		       "search example\nnameserver 192.0.2.1\nnameserver 127.0.0.11\n");
}
static void asks_netd(struct world *world)
{
	(void)snprintf(world->web->resolv_conf, sizeof(world->web->resolv_conf),
		       "options ndots:0\nnameserver 127.0.0.11\n");
}
static void resolver_stopped(struct world *world)
{
	asks_netd(world);
	world->state_of_resolver = 'T';
}
static void resolver_gone(struct world *world)
{
	asks_netd(world);
	world_del_sockets(world->web);
}

static void what_goes_wrong_with_names(void **state)
{
	static const struct breakage breakages[] = {
		{ "name-other-network", "web", "c", nothing },
		{ "name-unknown", "web", "nosuch", nothing },
		{ "internal-refused", "i", "some.example", nothing },
		{ "undecided", "web", "some.example", nothing },
		{ "hosts-shadow", "web", "db", hosts_wrong },
		{ "", "web", "db", hosts_right },
		{ "", "web", "db", asks_netd },
		{ "resolv-conf-foreign", "web", "db", asks_others },
		{ "resolver-stopped", "web", "db", resolver_stopped },
		{ "dns-redirect-lost", "web", "db", resolver_gone },
		{ "dns-own-rules", "web", "db", own_rules_in },
	};

	(void)state;
	TRY(breakages);
}

/* --- both families ---------------------------------------------------------------------------- */

static void give_six(struct world *world, struct facts_space *space, const char *name,
		     const char *prefix)
{
	struct facts_endpoint *endpoint = world_container(world, name)->endpoints;

	assert_int_equal(prefix_parse(prefix, &endpoint->addr[FAMILY_6]), 0);
	world_add_addr(space, 2, prefix);
	world_add_route(space, "2001:db8:61::/64", "", 2, RTN_UNICAST);
}
static void six(struct world *world)
{
	give_six(world, world->web, "web", "2001:db8:61::2/64");
	give_six(world, world->db, "db", "2001:db8:61::3/64");
	bound(world, "::");
}
static void six_by_four_only(struct world *world)
{
	six(world);
	bound(world, "0.0.0.0");
}
static void six_lost(struct world *world)
{
	six(world);
	world_del_addr(world->db, "2001:db8:61::3");
}
static void six_dropped(struct world *world)
{
	six(world);
	world_add_rules(world->db, NFPROTO_IPV6, "filter", NF_INET_LOCAL_IN, 0, NF_DROP, NULL);
}

static void a_name_is_followed_by_both_families(void **state)
{
	static const struct breakage breakages[] = {
		{ "", "web", "db:80/tcp", six },
		{ "", "web", "db:80/tcp", six_by_four_only },
		{ "b-no-address", "web", "db:80/tcp", six_lost },
		{ "rules-of-b", "web", "db:80/tcp", six_dropped },
		{ "", "web", "10.61.0.3:80/tcp", six_dropped },
	};
	struct diag_verdict verdict;
	struct world world;

	(void)state;
	TRY(breakages);
	world_new(&world);
	six_lost(&world);
	world_explain(&world, "web", "db:80/tcp", &verdict);
	assert_int_equal(verdict.outcome, DIAG_PARTLY);
	assert_string_equal(verdict.hop, "family");
	verdict_done(&verdict);
	world_done(&world);
}

/* --- the question for a MAC ------------------------------------------------------------------- */

#define SOLICIT 135
#define ADVERTISE 136

static void asked_and_dropped_in_b(struct world *world)
{
	six(world);
	world_add_icmp6_drop(world->db, NFPROTO_IPV6, NF_INET_LOCAL_IN, SOLICIT);
}
static void answer_dropped_in_b(struct world *world)
{
	six(world);
	world_add_icmp6_drop(world->db, NFPROTO_INET, NF_INET_LOCAL_OUT, ADVERTISE);
}
static void question_dropped_in_a(struct world *world)
{
	six(world);
	world_add_icmp6_drop(world->web, NFPROTO_IPV6, NF_INET_POST_ROUTING, SOLICIT);
}
static void answer_dropped_in_a(struct world *world)
{
	six(world);
	world_add_icmp6_drop(world->web, NFPROTO_IPV6, NF_INET_PRE_ROUTING, ADVERTISE);
}
static void question_dropped_on_bridge(struct world *world)
{
	six(world);
	world_add_icmp6_drop(world->host, NFPROTO_BRIDGE, NF_BR_FORWARD, SOLICIT);
}
static void answer_dropped_by_host(struct world *world)
{
	six(world);
	world_set(world->host, "net.bridge.bridge-nf-call-ip6tables", 1);
	world_add_icmp6_drop(world->host, NFPROTO_INET, NF_INET_FORWARD, ADVERTISE);
}
static void answer_dropped_by_host_and_not_handed_over(struct world *world)
{
	answer_dropped_by_host(world);
	world_set(world->host, "net.bridge.bridge-nf-call-ip6tables", 0);
}
/* web has asked db, so db knows where web is and need not ask. */
static void question_of_b_dropped(struct world *world)
{
	six(world);
	world_add_icmp6_drop(world->db, NFPROTO_IPV6, NF_INET_LOCAL_OUT, SOLICIT);
}
static void knows_db(struct world *world)
{
	char mac[MAC_STR_MAX];

	world_add_neighbour(world->web, 2, "2001:db8:61::3",
			    mac_print(&world_link(world->db, "eth0")->mac, mac), NUD_STALE);
}
static void question_of_b_dropped_and_needed(struct world *world)
{
	question_of_b_dropped(world);
	knows_db(world);
}
static void asked_and_dropped_but_known(struct world *world)
{
	char mac[MAC_STR_MAX];

	asked_and_dropped_in_b(world);
	knows_db(world);
	world_add_neighbour(world->db, 2, "2001:db8:61::2",
			    mac_print(&world_link(world->web, "eth0")->mac, mac), NUD_PERMANENT);
}
/* A policy about the answer alone: type 136 is its port, as the kernel has it. */
static void block_answer(struct world *world, struct facts_space *space, uint8_t direction)
{
	struct facts_policy *policy;

	six(world);
	add_policy(space, direction);
	policy = space->policies;
	policy->protocol = IPPROTO_ICMPV6;
	policy->sport = 136;
	assert_int_equal(prefix_parse("2001:db8:61::3/128", &policy->src), 0);
	assert_int_equal(prefix_parse("2001:db8:61::2/128", &policy->dst), 0);
}
static void answer_blocked_in_b(struct world *world)
{
	block_answer(world, world->db, XFRM_POLICY_OUT);
}
static void answer_blocked_in_a(struct world *world)
{
	block_answer(world, world->web, XFRM_POLICY_IN);
}
static void answer_blocked_but_known(struct world *world)
{
	answer_blocked_in_b(world);
	knows_db(world);
}
static void arp_dropped_on_bridge(struct world *world)
{
	world_add_arp_drop(world->host, NFPROTO_BRIDGE, NF_BR_FORWARD, NULL);
}
static void arp_dropped_at_the_gateway(struct world *world)
{
	world_add_arp_drop(world->host, NFPROTO_BRIDGE, NF_BR_LOCAL_IN, NULL);
}
static void arp_dropped_at_port(struct world *world)
{
	world_add_arp_drop(world->host, NFPROTO_NETDEV, NF_NETDEV_INGRESS, "vweb");
}
static void arp_dropped_inside(struct world *world)
{
	world_add_arp_drop(world->db, NFPROTO_NETDEV, NF_NETDEV_INGRESS, "eth0");
}

static void the_question_for_a_mac_is_a_packet_of_its_own(void **state)
{
	static const struct breakage breakages[] = {
		{ "rules-of-b", "web", "2001:db8:61::3:80/tcp", asked_and_dropped_in_b },
		{ "rules-of-b", "web", "2001:db8:61::3:80/tcp", answer_dropped_in_b },
		{ "own-rules-out", "web", "2001:db8:61::3:80/tcp", question_dropped_in_a },
		{ "own-rules-in", "web", "2001:db8:61::3:80/tcp", answer_dropped_in_a },
		{ "bridge-rules", "web", "2001:db8:61::3:80/tcp", question_dropped_on_bridge },
		{ "rules-drop", "web", "2001:db8:61::3:80/tcp", answer_dropped_by_host },
		{ "", "web", "2001:db8:61::3:80/tcp", answer_dropped_by_host_and_not_handed_over },
		{ "", "web", "2001:db8:61::3:80/tcp", question_of_b_dropped },
		{ "rules-of-b", "web", "2001:db8:61::3:80/tcp", question_of_b_dropped_and_needed },
		{ "", "web", "2001:db8:61::3:80/tcp", asked_and_dropped_but_known },
		{ "ipsec-block", "web", "2001:db8:61::3:80/tcp", answer_blocked_in_b },
		{ "ipsec-block", "web", "2001:db8:61::3:80/tcp", answer_blocked_in_a },
		{ "", "web", "2001:db8:61::3:80/tcp", answer_blocked_but_known },
		{ "", "web", "10.61.0.3:80/tcp", answer_blocked_in_b },
		{ "", "web", "10.61.0.3:80/tcp", asked_and_dropped_in_b },
		{ "bridge-rules", "web", "db:80/tcp", arp_dropped_on_bridge },
		{ "", "web", "outside:198.51.100.1", arp_dropped_on_bridge },
		{ "bridge-rules", "web", "outside:198.51.100.1", arp_dropped_at_the_gateway },
		{ "netdev-rules", "web", "db:80/tcp", arp_dropped_at_port },
		{ "netdev-rules", "web", "db:80/tcp", arp_dropped_inside },
		{ "netdev-rules", "host", "db:80/tcp", arp_dropped_inside },
	};
	struct diag_verdict verdict;
	struct world world;

	(void)state;
	TRY(breakages);
	/* A person is told that it is the question, for the rule lets the connection itself pass.
	 */
	world_new(&world);
	asked_and_dropped_in_b(&world);
	world_explain(&world, "web", "2001:db8:61::3:80/tcp", &verdict);
	assert_non_null(strstr(verdict.note, "the question for its MAC (ICMPv6, type 135)"));
	verdict_done(&verdict);
	world_done(&world);
	/* Of an entry that is valid it is known that it will not stay so. */
	world_new(&world);
	asked_and_dropped_but_known(&world);
	world_explain(&world, "web", "2001:db8:61::3:80/tcp", &verdict);
	assert_int_equal(verdict.outcome, DIAG_REACHABLE);
	assert_int_equal(verdict.n_also, 1);
	assert_string_equal(verdict.also[0].code, "rules-of-b");
	assert_non_null(strstr(verdict.also[0].say, "until 2001:db8:61::3 is asked for anew"));
	verdict_done(&verdict);
	world_done(&world);
}

/* --- what random worlds have shown ------------------------------------------------------------ */

/* Bridge netfilter writes the bridge's own MAC into a frame whose packet rules lead elsewhere. */
static void wrong_mac_is_written_over(struct world *world)
{
	gateway_mac_wrong(world);
	world_set(world->host, "net.bridge.bridge-nf-call-iptables", 1);
	world_add_nat(world->host, "netd", NF_INET_PRE_ROUTING, NFT_NAT_DNAT, "10.62.0.2", 80);
}
static void wrong_mac_stays(struct world *world)
{
	gateway_mac_wrong(world);
	world_set(world->host, "net.bridge.bridge-nf-call-iptables", 1);
}
static void arp_rules_of_a(struct world *world)
{
	world_add_rules(world->web, NFPROTO_ARP, "filter", NF_ARP_IN, 0, NF_DROP, NULL);
}
static void arp_rules_of_a_out(struct world *world)
{
	world_add_rules(world->web, NFPROTO_ARP, "filter", NF_ARP_OUT, 0, NF_DROP, NULL);
}
static void arp_rules_of_host(struct world *world)
{
	world_add_rules(world->host, NFPROTO_ARP, "filter", NF_ARP_IN, 0, NF_DROP, NULL);
}
static void no_arp_needed(struct world *world)
{
	arp_rules_of_a(world);
	world_add_neighbour(world->web, 2, "10.61.0.3",
			    MAC_STR(&world_link(world->db, "eth0")->mac), NUD_PERMANENT);
	world_add_neighbour(world->db, 2, "10.61.0.2",
			    MAC_STR(&world_link(world->web, "eth0")->mac), NUD_PERMANENT);
}
/* What was for the host's loopback would leave by the uplink, which takes no such source. */
static void published_behind_a_bridge_that_is_down(struct world *world)
{
	bridge_down(world);
	world_del_routes(world->host, "10.61.0.0/24");
	world_set(world->host, "net.ipv4.conf.up0.route_localnet", 0);
	world_set(world->host, "net.ipv4.conf.blue0.route_localnet", 1);
	world_add_nat(world->host, "netd", NF_INET_LOCAL_OUT, NFT_NAT_DNAT, "10.61.0.3", 80);
}
static void drops_a_servers_port(struct world *world)
{
	world_add_sport_drop(world->db, NF_INET_LOCAL_IN, 80);
}

static void arp_off_at_a(struct world *world)
{
	world_link(world->web, "eth0")->flags |= IFF_NOARP;
	world_add_neighbour(world->web, 2, "10.61.0.3", "00:00:00:00:00:00", NUD_NOARP);
}
static void arp_off_at_a_but_told(struct world *world)
{
	no_arp_needed(world);
	world_link(world->web, "eth0")->flags |= IFF_NOARP;
}
static void six_with_arp_off_at_b(struct world *world)
{
	six(world);
	world_link(world->db, "eth0")->flags |= IFF_NOARP;
}
/* Of the networks that give it IPv6 none leads out. */
static void six_inside_only(struct world *world)
{
	struct facts_container *web = world_container(world, "web");
	struct facts_endpoint *endpoints = calloc(2, sizeof(*endpoints));

	assert_non_null(endpoints);
	endpoints[0] = web->endpoints[0];
	endpoints[1] = world_container(world, "i")->endpoints[0];
	assert_int_equal(prefix_parse("2001:db8:63::2/64", &endpoints[1].addr[FAMILY_6]), 0);
	free(web->endpoints);
	web->endpoints = endpoints;
	web->n_endpoints = 2;
}
static void six_flushed(struct world *world)
{
	six(world);
	world_container(world, "web")->endpoints[0].default_route[FAMILY_6] = true;
	world_del_addr(world->web, "2001:db8:61::2");
	/* The kernel takes that of the loopback then. */
	world_add_addr(world->web, 2, "::1/128");
	world_add_route(world->web, "::/0", "2001:db8:61::1", 2, RTN_UNICAST);
	world_del_routes(world->web, "2001:db8:61::/64");
}
static void six_of_the_link_only(struct world *world)
{
	six(world);
	world_container(world, "web")->endpoints[0].default_route[FAMILY_6] = true;
	world_add_route(world->web, "::/0", "2001:db8:61::1", 2, RTN_UNICAST);
	world_del_addr(world->web, "2001:db8:61::2");
	world_add_addr(world->web, 2, "fe80::2/64");
	world_add_route(world->db, "fe80::/64", "", 2, RTN_UNICAST);
}

/* All addresses of the link by which the default route leads are gone; that of another link is
 * chosen, and from it no question for the gateway's MAC can be sent. */
static void six_of_another_link(struct world *world)
{
	six(world);
	world_container(world, "web")->endpoints[0].default_route[FAMILY_6] = true;
	world_del_addr(world->web, "2001:db8:61::2");
	world_add_link(world->web, 3, "eth1", "veth");
	world_add_addr(world->web, 3, "2001:db8:62::9/64");
	world_add_route(world->web, "::/0", "2001:db8:61::1", 2, RTN_UNICAST);
	world_add_addr(world->host, 3, "2001:db8:61::1/64");
}

/* By which of its links db answers is not to be asked without saying it. */
static void six_of_one_of_two_links(struct world *world)
{
	six_of_the_link_only(world);
	world_add_link(world->db, 3, "eth1", "veth");
	world_del_routes(world->db, "fe80::/64");
	world_add_route(world->db, "fe80::/64", "", 3, RTN_UNICAST);
}

/* web was on red, too; blue has the way out. */
static void address_lost_of_two(struct world *world)
{
	struct facts_container *web = world_container(world, "web");
	struct facts_endpoint *endpoints = calloc(2, sizeof(*endpoints));

	assert_non_null(endpoints);
	endpoints[0] = web->endpoints[0];
	endpoints[1] = world_container(world, "c")->endpoints[0];
	endpoints[1].default_route[FAMILY_4] = false;
	assert_int_equal(prefix_parse("10.62.0.9/24", &endpoints[1].addr[FAMILY_4]), 0);
	free(web->endpoints);
	web->endpoints = endpoints;
	web->n_endpoints = 2;
}

static void address_lost_of_two_and_kept_apart(struct world *world)
{
	address_lost_of_two(world);
	world_add_own_drop(world->host, NF_INET_FORWARD, "unpublished, or another network");
}

/* db asks for web's MAC, and web's answer is addressed to db: to a MAC that nobody has. */
static void six_answer_astray(struct world *world)
{
	six(world);
	world_add_neighbour(world->db, 2, "2001:db8:61::2", FOREIGN_MAC, NUD_PERMANENT);
}

/* What a relay of netd's listens on is open whatever has become of the container. */
static void relayed_and_dropped(struct world *world)
{
	relayed(world);
	rules_of_b(world);
}
static void relayed_to_nobody(struct world *world)
{
	relayed(world);
	no_sockets(world);
}

static void what_random_worlds_have_shown(void **state)
{
	static const struct breakage breakages[] = {
		{ "", "web", "192.0.2.10:8081/tcp", wrong_mac_is_written_over },
		{ "gateway-mac-wrong", "web", "192.0.2.10:8081/tcp", wrong_mac_stays },
		{ "uplink-down", "outside:192.0.2.1", "10.61.0.3:80/tcp", uplink_down },
		{ "snat-wrong", "host", "outside:192.0.2.1", snat_wrong },
		{ "", "host", "outside:192.0.2.1", snat_right },
		{ "arp-rules", "web", "db:80/tcp", arp_rules_of_a },
		{ "arp-rules", "web", "db:80/tcp", arp_rules_of_a_out },
		{ "arp-rules", "host", "db:80/tcp", arp_rules_of_host },
		{ "arp-rules", "c", "db:80/tcp", arp_rules_of_host },
		{ "", "web", "db:80/tcp", no_arp_needed },
		{ "bridge-down", "host", "127.0.0.1:8090/tcp",
		  published_behind_a_bridge_that_is_down },
		{ "", "outside:192.0.2.1", "10.61.0.3:80/tcp", drops_a_servers_port },
		{ "no-address", "web", "c:80/tcp", address_lost_of_two_and_kept_apart },
		{ "", "web", "c:80/tcp", address_lost_of_two },
		{ "", "web", "10.62.0.1/icmp", address_lost_of_two },
		{ "subnet-route-missing", "web", "10.61.0.1/icmp", subnet_gone },
		{ "rules-of-b", "outside:192.0.2.1", "192.0.2.10:8081/tcp", relayed_and_dropped },
		{ "not-listening", "web", "192.0.2.10:8081/tcp", relayed_to_nobody },
		{ "neighbour-silent", "web", "db:80/tcp", arp_off_at_a },
		{ "", "web", "db:80/tcp", arp_off_at_a_but_told },
		{ "neighbour-silent", "web", "2001:db8:61::3:80/tcp", six_with_arp_off_at_b },
		{ "neighbour-silent", "web", "2001:db8:61::3:80/tcp", six_answer_astray },
		{ "internal", "web", "2001:db8:64::1:80/tcp", six_inside_only },
		{ "no-address", "web", "2001:db8:61::3:80/tcp", six_flushed },
		{ "no-address", "web", "2001:db8:99::3:80/tcp", six_of_the_link_only },
		{ "", "web", "2001:db8:61::3:80/tcp", six_of_the_link_only },
		{ "undecided", "web", "2001:db8:61::3:80/tcp", six_of_one_of_two_links },
		{ "no-address", "web", "outside:2001:db8:99::3:80/tcp", six_of_another_link },
	};

	(void)state;
	TRY(breakages);
}

/* A process of db's own that listens in another namespace; that somebody else does there is no sign
 * of anything. */
static void its_own_server_is_found_elsewhere(void **state)
{
	static const struct {
		uint64_t netns;
		const char *in;
	} places[] = { { 1, "the host" }, { 2, "x" }, { 3, "another" } };

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct diag_verdict verdict;
		struct world world;
		char want[64];

		world_new(&world);
		world.host->netns = 1;
		world_container(&world, "x")->netns = 2;
		world_container(&world, "db")->pid = 4000;
		world_del_sockets(world.db);
		assert_string_equal(world_code(&world, "web", "db:80/tcp"), "not-listening");
		world.elsewhere = (struct facts_elsewhere) { .netns = places[i].netns,
							     .pid = 4001 };
		(void)snprintf(world.elsewhere.process, FACTS_WORD, "nginx");
		world_explain(&world, "web", "db:81/tcp", &verdict); /* another question */
		assert_string_equal(verdict.code, "listens-elsewhere");
		(void)snprintf(want, sizeof(want), "its nginx (pid 4001) in the namespace of %s ",
			       places[i].in);
		if (!strstr(verdict.cause, want))
			fail_msg("%s", verdict.cause);
		verdict_done(&verdict);
		world_done(&world);
	}
}

/* Nobody may look for a filter of a listener's, and what was lost there is a trace of one. */
static void what_a_listener_has_lost_is_told(void **state)
{
	static const struct {
		uint32_t drops;
		int64_t no_room;
		size_t n_unknown;
	} losses[] = { { 0, 0, 0 }, { 3, 0, 1 }, { 3, 3, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct diag_verdict verdict;
		struct world world;

		world_new(&world);
		world_socket(world.db, 80)->drops = losses[i].drops;
		world_set(world.db, "TcpExt.ListenDrops", losses[i].no_room);
		world_explain(&world, "web", "db:80/tcp", &verdict);
		assert_int_equal(verdict.outcome, DIAG_REACHABLE);
		assert_int_equal(verdict.n_unknown, losses[i].n_unknown);
		verdict_done(&verdict);
		world_done(&world);
	}
}

/* A policy of IPsec that keeps one sender away is no filter at the socket for the others. */
static void what_ipsec_has_blocked_is_no_trace_of_a_filter(void **state)
{
	static const struct {
		uint32_t drops;
		int64_t blocked;
		enum diag_outcome outcome;
	} losses[] = { { 3, 0, DIAG_UNDECIDED },
		       { 3, 2, DIAG_UNDECIDED },
		       { 3, 3, DIAG_REACHABLE } };

	(void)state;
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct diag_verdict verdict;
		struct world world;

		world_new(&world);
		world_socket(world.db, 90)->drops = losses[i].drops;
		world_set(world.db, "xfrm.InPolBlock", losses[i].blocked);
		world_explain(&world, "web", "db:90/udp", &verdict);
		assert_int_equal(verdict.outcome, losses[i].outcome);
		verdict_done(&verdict);
		world_done(&world);
	}
}

/* What may not be looked at is not nobody. */
static void who_may_not_be_looked_at_is_said(void **state)
{
	static const struct {
		int err;
		bool is_said;
	} owners[] = { { 0, false }, { -ENOENT, false }, { -ENODATA, false }, { -EACCES, true } };

	(void)state;
	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
		struct diag_verdict verdict;
		struct world world;
		bool is_said = false;

		world_new(&world);
		world.owners_err = owners[i].err;
		world_explain(&world, "web", "db:80/tcp", &verdict);
		assert_int_equal(verdict.outcome, DIAG_REACHABLE);
		for (size_t k = 0; k < verdict.n_hops; k++)
			is_said |= strstr(verdict.hops[k].say,
					  "(a process that may not be looked at)") != NULL;
		assert_int_equal(is_said, owners[i].is_said);
		verdict_done(&verdict);
		world_done(&world);
	}
}

/* The kernel takes nearly any name for a link, and what is advised is pasted into root's shell. */
static void an_odd_name_is_in_no_script(void **state)
{
	struct diag_verdict verdict;
	struct world world;

	(void)state;
	world_new(&world);
	address_gone(&world);
	world_explain(&world, "web", "db:80/tcp", &verdict);
	assert_string_equal(verdict.code, "no-address");
	assert_true(verdict.fixes[0].n_argv > 0);
	verdict_done(&verdict);
	(void)snprintf(world_link(world.web, "eth0")->name, FACTS_IFNAME, "a;b");
	(void)snprintf(world_container(&world, "web")->endpoints[0].ifname, FACTS_IFNAME, "a;b");
	world_explain(&world, "web", "db:80/tcp", &verdict);
	assert_string_equal(verdict.code, "no-address");
	assert_int_equal(verdict.fixes[0].n_argv, 0);
	verdict_done(&verdict);
	world_done(&world);

	world_new(&world);
	rules_drop(&world);
	(void)snprintf(world_link(world.host, "blue0")->name, FACTS_IFNAME, "a;b");
	(void)snprintf(world.facts.networks[0].bridges[0], FACTS_IFNAME, "a;b");
	(void)snprintf(world_container(&world, "web")->endpoints[0].bridge, FACTS_IFNAME, "a;b");
	world_explain(&world, "web", "outside:198.51.100.1", &verdict);
	assert_string_equal(verdict.code, "rules-drop");
	for (size_t i = 0; i < verdict.n_fixes; i++)
		for (size_t k = 0; k < verdict.fixes[i].n_argv; k++)
			assert_null(strstr(verdict.fixes[i].argv[k], "a;b"));
	verdict_done(&verdict);
	world_done(&world);
}

/* Ping has no port that a command could publish. */
static void what_ping_is_advised_is_about_no_port(void **state)
{
	struct diag_verdict verdict;
	struct world world;

	(void)state;
	world_new(&world);
	closed(&world);
	world_explain(&world, "outside:192.0.2.1", "db/icmp", &verdict);
	assert_string_equal(verdict.code, "closed-direct");
	assert_int_equal(verdict.n_fixes, 1);
	assert_non_null(
		strstr(verdict.fixes[0].say, "(netctl port add db PORT:PORT/PROTOCOL), and"));
	verdict_done(&verdict);
	world_done(&world);

	world_new(&world);
	other_network(&world);
	world_explain(&world, "web", "10.62.0.2/icmp", &verdict);
	assert_string_equal(verdict.code, "other-network");
	assert_int_equal(verdict.n_fixes, 1);
	assert_string_equal(verdict.fixes[0].argv[2], "connect");
	verdict_done(&verdict);
	world_explain(&world, "web", "10.62.0.2:80/tcp", &verdict);
	assert_int_equal(verdict.n_fixes, 2);
	verdict_done(&verdict);
	world_done(&world);
}

/* What netd does itself is asked of netd, and where that does not run of whoever starts it. */
static void whoever_repairs_is_there(void **state)
{
	struct diag_verdict verdict;
	struct world world;

	(void)state;
	world_new(&world);
	held(&world);
	world_explain(&world, "outside:192.0.2.1", "192.0.2.10:8081/tcp", &verdict);
	assert_string_equal(verdict.code, "published-not-led");
	assert_int_equal(verdict.fixes[0].n_argv, 4);
	assert_string_equal(verdict.fixes[0].argv[1], "doctor");
	assert_string_equal(verdict.fixes[0].argv[3], "db");
	verdict_done(&verdict);
	world.facts.source = "records";
	world_explain(&world, "outside:192.0.2.1", "192.0.2.10:8081/tcp", &verdict);
	assert_int_equal(verdict.fixes[0].n_argv, 3);
	assert_string_equal(verdict.fixes[0].argv[0], "systemctl");
	verdict_done(&verdict);
	world_done(&world);
}

static void what_moved_while_it_was_read_is_no_cause_but_told(void **state)
{
	struct diag_verdict verdict;
	struct world world;

	(void)state;
	world_new(&world);
	world.facts.is_moving = true;
	world_explain(&world, "web", "db:80/tcp", &verdict);
	assert_int_equal(verdict.outcome, DIAG_REACHABLE);
	assert_int_equal(verdict.n_unknown, 1);
	verdict_done(&verdict);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_for_a_service_goes_where_the_rules_lead),
		cmocka_unit_test(what_a_service_publishes_goes_where_the_host_leads),
		cmocka_unit_test(the_way_to_another_host_is_looked_at_as_far_as_it_is_here),
		cmocka_unit_test(rules_that_were_not_read_are_not_lost),
		cmocka_unit_test(the_address_that_was_asked_for_is_told),
		cmocka_unit_test(a_hop_tells_what_it_rests_on),
		cmocka_unit_test(who_asks_is_found_by_the_answer),
		cmocka_unit_test(who_is_asked_answers_by_his_port),
		cmocka_unit_test(what_works_is_said_to_work),
		cmocka_unit_test(what_nobody_can_tell_is_undecided),
		cmocka_unit_test(what_breaks_where_it_starts),
		cmocka_unit_test(what_breaks_on_the_bridge),
		cmocka_unit_test(what_breaks_on_the_host),
		cmocka_unit_test(what_breaks_where_it_arrives),
		cmocka_unit_test(what_breaks_at_published_ports),
		cmocka_unit_test(what_goes_wrong_with_names),
		cmocka_unit_test(a_name_is_followed_by_both_families),
		cmocka_unit_test(the_question_for_a_mac_is_a_packet_of_its_own),
		cmocka_unit_test(what_random_worlds_have_shown),
		cmocka_unit_test(its_own_server_is_found_elsewhere),
		cmocka_unit_test(what_a_listener_has_lost_is_told),
		cmocka_unit_test(what_ipsec_has_blocked_is_no_trace_of_a_filter),
		cmocka_unit_test(who_may_not_be_looked_at_is_said),
		cmocka_unit_test(an_odd_name_is_in_no_script),
		cmocka_unit_test(what_ping_is_advised_is_about_no_port),
		cmocka_unit_test(whoever_repairs_is_there),
		cmocka_unit_test(what_moved_while_it_was_read_is_no_cause_but_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
