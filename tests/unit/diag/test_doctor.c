// SPDX-License-Identifier: GPL-2.0-or-later
// test_doctor.c - of a world that works nothing is told, and what is broken is told once, by its
// code
#include "diag/doctor.h"

#include "diag/facts_answers.h"
#include "tests/unit/diag/judge_world.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/neighbour.h>
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct diag_report report; /* large */

/* The codes that are told, in order, with "?" behind what is only to be known: "link-down tc-drop?"
 */
static const char *codes_of(struct world *world, const char *name)
{
	static char text[1024];
	struct error error = { 0 };

	text[0] = '\0';
	assert_int_equal(doctor(&world->facts, name, NULL, &report, &error), 0);
	assert_int_equal(report.err, 0);
	for (size_t i = 0; i < report.n_findings; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s",
			       i > 0 ? " " : "", report.findings[i].code,
			       report.findings[i].state == DIAG_BAD ? "" : "?");
	return text;
}

static size_t n_bad(void)
{
	size_t n = 0;

	for (size_t i = 0; i < report.n_findings; i++)
		n += report.findings[i].state == DIAG_BAD;
	return n;
}

/* A way is told of after the thing that it breaks at, and then not at all. */
struct ill {
	const char *codes, *place, *name;
	void (*make)(struct world *world);
};

static void try_ills(const struct ill *ills, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct world world;
		const char *codes;

		world_new(&world);
		ills[i].make(&world);
		codes = codes_of(&world, ills[i].name);
		if (strcmp(codes, ills[i].codes) != 0)
			fail_msg("\"%s\" is told as \"%s\"", ills[i].codes, codes);
		if (ills[i].place)
			assert_string_equal(report.findings[0].places[0], ills[i].place);
		assert_int_equal(report_outcome(&report), n_bad() > 0 ? REPORT_ILL : REPORT_WELL);
		report_done(&report);
		world_done(&world);
	}
}
#define TRY(ills) try_ills(ills, sizeof(ills) / sizeof((ills)[0]))

static void nothing(struct world *world)
{
	(void)world;
}

static void of_a_world_that_works_nothing_is_told(void **state)
{
	static const struct ill ills[] = {
		{ "", NULL, NULL, nothing },
		{ "", NULL, "web", nothing },
		{ "", NULL, "blue", nothing },
	};
	struct world world;

	(void)state;
	TRY(ills);
	world_new(&world);
	(void)codes_of(&world, NULL);
	assert_int_equal(report.looked[REPORT_HOST], 1);
	assert_int_equal(report.looked[REPORT_NETWORKS], 3);
	assert_int_equal(report.looked[REPORT_CONTAINERS], 5);
	assert_int_equal(report.looked[REPORT_PORTS], 3);
	/* Out: web, db, x, c. Neighbours: web, db, x. Names: all. Published: 8081, 8098. */
	assert_int_equal(report.looked[REPORT_WAYS], 4 + 3 + 5 + 2);
	report_done(&report);
	(void)codes_of(&world, "red");
	assert_int_equal(report.looked[REPORT_CONTAINERS], 1);
	assert_int_equal(report.looked[REPORT_HOST], 0);
	report_done(&report);
	world_done(&world);
}

/* --- the host --------------------------------------------------------------------------------- */

static void forwarding_off(struct world *world)
{
	world_set(world->host, "net.ipv4.ip_forward", 0);
}

static void connections_full(struct world *world)
{
	world_set(world->host, "net.netfilter.nf_conntrack_count", 1000);
	world_set(world->host, "net.netfilter.nf_conntrack_max", 1000);
}

static void connections_short(struct world *world)
{
	world_set(world->host, "net.netfilter.nf_conntrack_count", 800);
	world_set(world->host, "net.netfilter.nf_conntrack_max", 1000);
}

static void connections_were_dropped(struct world *world)
{
	world_set(world->host, "net.netfilter.nf_conntrack_count", 10);
	world_set(world->host, "net.netfilter.nf_conntrack_max", 1000);
	world_set(world->host, "nf_conntrack.drop", 1);
}

static void legacy_tables(struct world *world)
{
	world->host->legacy = calloc(1, sizeof(char *));
	world->host->legacy[0] = strdup("ip filter");
	world->host->n_legacy = 1;
}

static void small_uplink(struct world *world)
{
	world_link(world->host, "up0")->mtu = 1400;
}

static void route_into_a_subnet(struct world *world)
{
	world_add_link(world->host, 50, "wg0", "");
	world_add_route(world->host, "10.61.0.128/25", "", 50, RTN_UNICAST);
}

static void managed(struct world *world)
{
	(void)snprintf(world_link(world->host, "blue0")->manager, FACTS_WORD, "NetworkManager");
	(void)snprintf(world_link(world->host, "up0")->manager, FACTS_WORD, "NetworkManager");
}

static void asks_itself(struct world *world)
{
	(void)snprintf(world->host->resolv_conf, sizeof(world->host->resolv_conf),
		       "# nameserver 192.0.2.1\nsearch example\nnameserver 127.0.0.11 # netd\n");
}

static void asks_a_container(struct world *world)
{
	(void)snprintf(world->host->resolv_conf, sizeof(world->host->resolv_conf),
		       "nameserver 10.61.0.3\nnameserver 192.0.2.1\n");
}

static void netd_is_dead(struct world *world)
{
	world->facts.source = "records";
}

static void no_way_out(struct world *world)
{
	world_del_routes(world->host, "0.0.0.0/0");
}

static void firewall_drops_all(struct world *world)
{
	world_add_rules(world->host, NFPROTO_INET, "filter", NF_INET_FORWARD, 0, -1, NULL);
}

static void what_is_wrong_with_the_host_is_told(void **state)
{
	static const struct ill ills[] = {
		{ "forwarding-off", "host", NULL, forwarding_off },
		{ "conntrack-full", "host", NULL, connections_full },
		{ "connections-lost?", "host", NULL, connections_short },
		{ "connections-lost?", "host", NULL, connections_were_dropped },
		{ "legacy-iptables?", "host", NULL, legacy_tables },
		{ "path-mtu?", "blue", NULL, small_uplink },
		{ "route-overlap", "blue", NULL, route_into_a_subnet },
		{ "managed-by-other", "host", NULL, managed },
		{ "resolver-loop", "host", NULL, asks_itself },
		{ "resolver-loop?", "host", NULL, asks_a_container },
		{ "netd-down", "host", NULL, netd_is_dead },
		{ "host-no-route?", "web", NULL, no_way_out },
		{ "rules-policy", "web", NULL, firewall_drops_all },
	};

	(void)state;
	TRY(ills);
}

/* --- the other hosts -------------------------------------------------------------------------- */

static struct facts_cluster *in_a_cluster(struct world *world, const char *state)
{
	struct facts_cluster *cluster = &world->facts.cluster;

	(void)snprintf(cluster->state, sizeof(cluster->state), "%s", state);
	(void)snprintf(cluster->host, sizeof(cluster->host), "a");
	cluster->has_certificate = true;
	cluster->certificate_left_s = CLUSTER_CERTIFICATE_WARNED_S;
	return cluster;
}

static void all_is_well(struct world *world)
{
	(void)in_a_cluster(world, "fresh");
}

/* What was told before it left says nothing. */
static void in_none(struct world *world)
{
	struct facts_cluster *cluster = in_a_cluster(world, "none");

	cluster->certificate_left_s = -1;
	cluster->n_lost = 1;
	(void)snprintf(cluster->why, sizeof(cluster->why), "no route");
}

static void no_etcd(struct world *world)
{
	struct facts_cluster *cluster = in_a_cluster(world, "trying");

	(void)snprintf(cluster->why, sizeof(cluster->why), "192.0.2.10: Connection refused");
	/* Nobody knows. */
	cluster->n_lost = 1;
	(void)snprintf(cluster->lost, sizeof(cluster->lost), "b");
}

static void its_own_member_ended(struct world *world)
{
	struct facts_cluster *cluster = in_a_cluster(world, "fresh");

	(void)snprintf(cluster->why, sizeof(cluster->why), "etcd has ended");
}

static void was_removed(struct world *world)
{
	struct facts_cluster *cluster = in_a_cluster(world, "removed");

	(void)snprintf(cluster->why, sizeof(cluster->why), "its record is gone");
}

static void two_are_lost(struct world *world)
{
	struct facts_cluster *cluster = in_a_cluster(world, "fresh");

	cluster->n_lost = 2;
	(void)snprintf(cluster->lost, sizeof(cluster->lost), "b, c");
}

static void ends_soon(struct world *world)
{
	struct facts_cluster *cluster = in_a_cluster(world, "fresh");

	cluster->certificate_is_soon = true;
	cluster->certificate_left_s = CLUSTER_CERTIFICATE_WARNED_S - 1;
}

static void has_ended(struct world *world)
{
	struct facts_cluster *cluster = in_a_cluster(world, "fresh");

	cluster->certificate_is_soon = true;
	cluster->certificate_left_s = 0;
}

static void has_none_that_is_known(struct world *world)
{
	struct facts_cluster *cluster = in_a_cluster(world, "fresh");

	cluster->has_certificate = false;
	cluster->certificate_left_s = 0;
}

static void what_is_wrong_with_the_cluster_is_told(void **state)
{
	static const struct ill ills[] = {
		{ "", NULL, NULL, all_is_well },
		{ "", NULL, NULL, in_none },
		{ "", NULL, NULL, has_none_that_is_known },
		{ "cluster-unreached", "host", NULL, no_etcd },
		{ "cluster-unreached?", "host", NULL, its_own_member_ended },
		{ "cluster-removed", "host", NULL, was_removed },
		{ "cluster-host-lost?", "host", NULL, two_are_lost },
		{ "certificate-ends?", "host", NULL, ends_soon },
		{ "certificate-ends", "host", NULL, has_ended },
		/* Who asks about one container is told nothing of it. */
		{ "", NULL, "web", no_etcd },
	};
	struct world world;

	(void)state;
	TRY(ills);
	world_new(&world);
	two_are_lost(&world);
	(void)codes_of(&world, NULL);
	assert_string_equal(report.findings[0].say, "nothing is heard of b, c in the cluster");
	assert_string_equal(report.findings[0].fixes[1].argv[3], "b");
	report_done(&report);
	ends_soon(&world);
	(void)codes_of(&world, NULL);
	assert_string_equal(report.findings[0].say,
			    "a certificate by which a is in its cluster ends in 29 days");
	report_done(&report);
	world_done(&world);
}

/* --- networks --------------------------------------------------------------------------------- */

static void bridge_missing(struct world *world)
{
	(void)snprintf(world_link(world->host, "blue0")->name, FACTS_IFNAME, "other");
}

static void bridge_down(struct world *world)
{
	world_link(world->host, "blue0")->flags = 0;
}

static void bridge_small(struct world *world)
{
	world_link(world->host, "blue0")->mtu = 1280;
}

static void gateway_lost(struct world *world)
{
	world_del_addr(world->host, "10.61.0.1");
}

static void forwarding_off_link(struct world *world)
{
	world_set(world->host, "net.ipv4.conf.blue0.forwarding", 0);
}

static void localnet_off(struct world *world)
{
	world_set(world->host, "net.ipv4.conf.blue0.route_localnet", 0);
	/* Nothing of red is published there. */
	world_set(world->host, "net.ipv4.conf.red0.route_localnet", 0);
}

static void filter_on_bridge(struct world *world)
{
	world_link(world->host, "blue0")->has_tc = true;
}

static void what_is_wrong_with_a_network_is_told(void **state)
{
	static const struct ill ills[] = {
		/* Its ports are on a bridge of another name, each. */
		{ "bridge-missing", "blue", NULL, bridge_missing },
		{ "bridge-down", "blue", NULL, bridge_down },
		{ "mtu-hole", "blue", NULL, bridge_small },
		{ "gateway-address-missing", "blue", NULL, gateway_lost },
		{ "forwarding-off-link", "blue", NULL, forwarding_off_link },
		{ "route-localnet-off", "blue", NULL, localnet_off },
		{ "tc-drop?", "blue", NULL, filter_on_bridge },
		{ "gateway-address-missing", "blue", "blue", gateway_lost },
		{ "gateway-address-missing", "blue", "web", gateway_lost },
		{ "", NULL, "red", gateway_lost },
	};

	(void)state;
	TRY(ills);
}

/* --- containers ------------------------------------------------------------------------------- */

static void link_down(struct world *world)
{
	world_link(world->web, "eth0")->flags = 0;
}

static void link_gone(struct world *world)
{
	(void)snprintf(world_link(world->web, "eth0")->name, FACTS_IFNAME, "old0");
}

static void port_gone(struct world *world)
{
	(void)snprintf(world_link(world->host, "vweb")->name, FACTS_IFNAME, "old0");
}

static void address_gone(struct world *world)
{
	world_del_addr(world->web, "10.61.0.2");
}

static void address_twice(struct world *world)
{
	for (size_t i = 0; i < world->web->n_addrs; i++)
		world->web->addrs[i].flags = IFA_F_DADFAILED;
}

static void address_claimed(struct world *world)
{
	world_add_addr(world->x, 2, "10.61.0.3/32");
}

static void mac_claimed(struct world *world)
{
	world_link(world->x, "eth0")->mac = world_link(world->db, "eth0")->mac;
}

static void mac_changed(struct world *world)
{
	world_link(world->web, "eth0")->mac = mac_from_text("another");
}

static void port_down(struct world *world)
{
	world_link(world->host, "vweb")->flags = 0;
}

static void port_detached(struct world *world)
{
	world_link(world->host, "vweb")->master = 0;
}

static void port_blocked(struct world *world)
{
	world_link(world->host, "vweb")->brport.state = BR_STATE_LEARNING;
}

static void port_isolated(struct world *world)
{
	world_link(world->host, "vweb")->brport.isolated = true;
}

static void isolation_lost(struct world *world)
{
	world->facts.networks[1].icc = false; /* red, of c */
}

static void hairpin_lost(struct world *world)
{
	world_link(world->host, "vdb")->brport.hairpin = false;
}

static void port_locked(struct world *world)
{
	world_link(world->host, "vweb")->brport.locked = true;
}

static void entry_wrong(struct world *world)
{
	world_add_entry(world->host, "blue0", "vx", MAC_STR(&world_link(world->db, "eth0")->mac));
	world->host->entries[world->host->n_entries - 1].state = NUD_NOARP;
}

static void entry_missing(struct world *world)
{
	world_link(world->host, "vweb")->brport.flood = false;
	world_link(world->host, "vweb")->brport.learning = false;
}

static void port_small(struct world *world)
{
	world_link(world->host, "vweb")->mtu = 1280;
}

static void loopback_down(struct world *world)
{
	world_link(world->web, "lo")->flags = IFF_LOOPBACK;
}

static void filter_on_port(struct world *world)
{
	world_link(world->host, "vweb")->has_xdp = true;
}

static void route_gone(struct world *world)
{
	world_del_routes(world->web, "0.0.0.0/0");
}

/* The kernel has been asked for it, and has none. */
static void lose_of(struct world *world, const char *space, const char *table, const char *set,
		    const void *key, size_t len, size_t room)
{
	struct facts_answered *answered = calloc(1, sizeof(*answered));
	struct facts_element_asked *asked;

	assert_non_null(answered);
	answered->kind = FACTS_KIND_ELEMENT;
	(void)snprintf(answered->space, sizeof(answered->space), "%s", space);
	asked = &answered->element.asked;
	asked->family = NFPROTO_INET;
	(void)snprintf(asked->table, sizeof(asked->table), "%s", table);
	(void)snprintf(asked->set, sizeof(asked->set), "%s", set);
	memcpy(asked->key, key, len);
	asked->key_len = room;
	answered->element.answer.err = -ENOENT;
	assert_int_equal(facts_keep(&world->facts, answered), 0);
}

static void lose(struct world *world, const char *set, const void *key, size_t len, size_t room)
{
	lose_of(world, "host", "netd", set, key, len, room);
}

/* The kernel has been asked whether web is led to 10.61.0.200, port 80, of blue. */
static void add_service(struct world *world)
{
	struct facts_network *blue = &world->facts.networks[0];
	struct facts_container *db = world_container(world, "db");

	blue->services = calloc(1, sizeof(*blue->services));
	db->services = calloc(1, sizeof(*db->services));
	assert_true(blue->services && db->services);
	blue->n_services = 1;
	(void)snprintf(blue->services[0].name, sizeof(blue->services[0].name), "shop");
	assert_int_equal(addr_parse("10.61.0.200", &blue->services[0].addr[FAMILY_4]), 0);
	blue->services[0].ports = calloc(1, sizeof(*blue->services[0].ports));
	assert_non_null(blue->services[0].ports);
	blue->services[0].n_ports = 1;
	blue->services[0].ports[0] = (struct facts_service_port) { 6, 80, 8080, 0 };
	db->services[0] = strdup("shop");
	db->n_services = 1;
}

static const uint8_t shop_key[] = { 10, 61, 0, 200, 6, 0, 0, 0, 0, 80, 0, 0, 0, 0, 0, 0 };

static void service_lost(struct world *world)
{
	add_service(world);
	lose_of(world, world->web->key, "netd-services", "addresses4", shop_key, 4, 4);
}

static void spread_lost(struct world *world)
{
	add_service(world);
	lose_of(world, world->web->key, "netd-services", "spread4", shop_key, 12, 12);
}

static void backend_lost(struct world *world)
{
	add_service(world);
	lose_of(world, world->web->key, "netd-services", "backends4", shop_key, 16, 16);
}

/* Nobody stands behind it, so it leads nowhere. */
static void nobody_behind(struct world *world)
{
	spread_lost(world);
	free(world_container(world, "db")->services[0]);
	world_container(world, "db")->n_services = 0;
}

static void nobody_behind_a_port(struct world *world)
{
	nobody_behind(world);
	world->facts.networks[0].services[0].ports[0].publish = 8000;
}

/* Of other hosts nobody here knows. */
static void nobody_known(struct world *world)
{
	struct facts_network *blue = &world->facts.networks[0];

	nobody_behind_a_port(world);
	(void)snprintf(blue->driver, sizeof(blue->driver), "overlay");
}

static const uint8_t tcp_8000[] = { 6, 0, 0, 0, 8000 >> 8, 8000 & 0xff, 0, 0, 0, 0, 0, 0 };

static struct facts_service *publish(struct world *world)
{
	struct facts_service *shop;

	add_service(world);
	shop = &world->facts.networks[0].services[0];
	shop->ports[0].publish = 8000;
	return shop;
}

static void ingress_lost(struct world *world)
{
	(void)publish(world);
	lose_of(world, "host", "netd-ingress", "ports4", tcp_8000, 8, 8);
}

static void ingress_backend_lost(struct world *world)
{
	(void)publish(world);
	lose_of(world, "host", "netd-ingress", "backends4", tcp_8000, 12, 12);
}

static struct facts_refused *refuse(struct world *world)
{
	struct facts_service *shop = publish(world);

	shop->refused = calloc(1, sizeof(*shop->refused));
	assert_non_null(shop->refused);
	shop->n_refused = 1;
	shop->refused[0] = (struct facts_refused) {
		.host = "b", .protocol = 6, .port = 8000, .why = "python3 has it"
	};
	return shop->refused;
}

static void port_taken(struct world *world)
{
	ingress_lost(world);
	free(world->facts.networks[0].services[0].ports);
	free(world->facts.networks[0].services);
	free(world_container(world, "db")->services[0]);
	free(world_container(world, "db")->services);
	refuse(world)->is_here = true;
}

static void port_taken_there(struct world *world)
{
	(void)refuse(world);
}

/* far-1 of host b stands behind it, too, and nothing of the way there is there. */
static void tunnel_lost(struct world *world)
{
	struct facts_service *shop;

	add_service(world);
	shop = &world->facts.networks[0].services[0];
	(void)snprintf(world->facts.networks[0].id, sizeof(world->facts.networks[0].id),
		       "0123456789abcdef");
	shop->far = calloc(1, sizeof(*shop->far));
	assert_non_null(shop->far);
	shop->n_far = 1;
	shop->knows_far = true;
	(void)snprintf(shop->far[0].name, sizeof(shop->far[0].name), "far-1");
	(void)snprintf(shop->far[0].host, sizeof(shop->far[0].host), "b");
	assert_int_equal(addr_parse("10.61.0.77", &shop->far[0].addr[FAMILY_4]), 0);
	assert_int_equal(addr_parse("192.0.2.11", &shop->far[0].tunnel), 0);
	assert_int_equal(mac_parse("02:00:00:00:00:77", &shop->far[0].mac), 0);
}

static void tunnel_entry_lost(struct world *world)
{
	struct facts_link *tunnel;

	tunnel_lost(world);
	world_add_link(world->host, 770, "vx-0123456789ab", "vxlan");
	tunnel = world_link(world->host, "vx-0123456789ab");
	tunnel->flags = 1; /* IFF_UP */
	tunnel->master = world_link(world->host, "blue0")->ifindex;
	world_add_entry(world->host, "blue0", "vx-0123456789ab", "02:00:00:00:00:77");
}

static void tunnel_is_there(struct world *world)
{
	struct facts_entry *lead;

	tunnel_entry_lost(world);
	world_add_entry(world->host, "blue0", "vx-0123456789ab", "02:00:00:00:00:77");
	lead = &world->host->entries[world->host->n_entries - 1];
	lead->master = 0;
	assert_int_equal(addr_parse("192.0.2.11", &lead->dst), 0);
	world_add_neighbour(world->host, world_link(world->host, "blue0")->ifindex, "10.61.0.77",
			    "02:00:00:00:00:77", 0x80);
}

static void bridge_lost(struct world *world)
{
	lose(world, "bridges", "red0", 4, FACTS_IFNAME);
}

static void wall_lost(struct world *world)
{
	lose(world, "internal", "inner0", 6, FACTS_IFNAME);
}

static void published_lost(struct world *world)
{
	struct facts_container *db = world_container(world, "db");
	static const uint8_t tcp_8081[] = { 6, 0, 0, 0, 8081 >> 8, 8081 & 0xff, 0, 0 };

	for (size_t i = 0; i < db->n_ports; i++) {
		db->ports[i].is_nat = true;
		if (!addr_is_set(&db->ports[i].host))
			assert_int_equal(addr_parse("0.0.0.0", &db->ports[i].host), 0);
	}
	lose(world, "publish4", tcp_8081, sizeof(tcp_8081), sizeof(tcp_8081));
}

/* The fake world's resolver answers nothing by itself. */
static void servers_are_dead(struct world *world)
{
	struct facts_answered *answered = calloc(1, sizeof(*answered));

	assert_non_null(answered);
	answered->kind = FACTS_KIND_NAME;
	(void)snprintf(answered->space, sizeof(answered->space), "%s",
		       world_container(world, "web")->space);
	(void)snprintf(answered->name.asked.name, sizeof(answered->name.asked.name), "%s",
		       DOCTOR_NAME);
	answered->name.answer.is_dead = true;
	assert_int_equal(facts_keep(&world->facts, answered), 0);
}

static void resolver_stopped(struct world *world)
{
	world->state_of_resolver = 'T';
}

static void redirect_lost(struct world *world)
{
	world_del_sockets(world->i);
}

/* And rules that may lead it elsewhere are not known. */
static void redirect_unread(struct world *world)
{
	redirect_lost(world);
	assert_int_equal(facts_missing_why(world->i, "ruleset", FACTS_TOOK_TOO_LONG), 0);
}

static void no_resolver(struct world *world)
{
	redirect_lost(world);
	world_container(world, "i")->no_resolver = true;
}

static void what_is_wrong_with_a_container_is_told(void **state)
{
	static const struct ill ills[] = {
		{ "link-down", "web", NULL, link_down },
		{ "link-missing", "web", NULL, link_gone },
		{ "link-missing", "web", NULL, port_gone },
		{ "no-address", "web", NULL, address_gone },
		{ "dad-failed", "web", NULL, address_twice },
		{ "duplicate-address", "x", NULL, address_claimed },
		{ "mac-changed? duplicate-mac", "x", NULL, mac_claimed },
		{ "mac-changed?", "web", NULL, mac_changed },
		{ "port-down", "web", NULL, port_down },
		{ "port-detached", "web", NULL, port_detached },
		{ "port-blocked", "web", NULL, port_blocked },
		{ "port-isolated", "web", NULL, port_isolated },
		{ "isolation-lost", "c", NULL, isolation_lost },
		{ "hairpin-off", "db", NULL, hairpin_lost },
		{ "port-locked", "web", NULL, port_locked },
		{ "entry-wrong", "db", NULL, entry_wrong },
		{ "entry-missing-no-flood", "web", NULL, entry_missing },
		{ "mtu-hole", "web", NULL, port_small },
		{ "loopback-down", "web", NULL, loopback_down },
		{ "xdp-drop?", "web", NULL, filter_on_port },
		{ "route-missing", "web", NULL, route_gone },
		{ "resolver-stopped", NULL, NULL, resolver_stopped },
		{ "netd-rules-lost", "red", NULL, bridge_lost },
		{ "netd-rules-lost", "inner", NULL, wall_lost },
		{ "netd-rules-lost", "db", NULL, published_lost },
		{ "services-lost", "web", NULL, service_lost },
		{ "services-lost", "web", NULL, spread_lost },
		{ "services-lost", "web", NULL, backend_lost },
		{ "", NULL, NULL, nobody_behind },
		{ "service-empty?", "blue", NULL, nobody_behind_a_port },
		{ "", NULL, NULL, nobody_known },
		{ "ingress-lost", "host", NULL, ingress_lost },
		{ "ingress-lost", "host", "blue", ingress_backend_lost },
		{ "", NULL, "red", ingress_lost },
		{ "service-port-taken?", "host", NULL, port_taken },
		{ "service-port-taken?", "b", NULL, port_taken_there },
		{ "tunnel-lost", "blue", NULL, tunnel_lost },
		{ "tunnel-lost", "blue", NULL, tunnel_entry_lost },
		{ "", NULL, NULL, tunnel_is_there },
		{ "", NULL, NULL, add_service },
		{ "upstream-dead", "web", NULL, servers_are_dead },
		{ "dns-redirect-lost", "i", NULL, redirect_lost },
		{ "", NULL, NULL, no_resolver },
		{ "link-down", "web", "web", link_down },
		{ "link-down", "web", "blue", link_down },
		{ "", NULL, "red", link_down },
	};

	(void)state;
	TRY(ills);
}

/* --- what is nobody's business ---------------------------------------------------------------- */

static void own_firewall(struct world *world)
{
	world_add_rules(world->web, NFPROTO_INET, "filter", NF_INET_LOCAL_OUT, 0, NF_DROP, NULL);
}

static void own_servers(struct world *world)
{
	(void)snprintf(world->web->resolv_conf, sizeof(world->web->resolv_conf),
		       "nameserver 192.0.2.53\n");
}

static void nobody_listens(struct world *world)
{
	world->db->n_sockets = 0;
	world_add_socket(world->db, IPPROTO_UDP, "127.0.0.11", 53, 53);
}

static void what_a_container_does_to_itself_is_told_to_who_asks(void **state)
{
	static const struct ill ills[] = {
		{ "", NULL, NULL, own_firewall },
		{ "own-rules-out? dns-own-rules?", "web", "web", own_firewall },
		{ "", NULL, "db", own_firewall },
		{ "", NULL, NULL, own_servers },
		{ "resolv-conf-foreign?", "web", "web", own_servers },
		{ "", NULL, NULL, nobody_listens },
		{ "", NULL, "db", nobody_listens },
	};

	(void)state;
	TRY(ills);
}

/* --- one sentence for many -------------------------------------------------------------------- */

static void one_sentence_stands_for_all_places(void **state)
{
	struct world world;

	(void)state;
	world_new(&world);
	firewall_drops_all(&world);
	assert_string_equal(codes_of(&world, NULL), "rules-policy");
	/* web, db, x; c has the sentence with its own bridge's name in the command, the same cause
	 */
	assert_int_equal(report.findings[0].n_places, 4);
	assert_string_equal(report.findings[0].places[3], "c");
	report_done(&report);
	world_done(&world);
}

static void what_cannot_be_looked_at_is_unknown(void **state)
{
	struct error error = { 0 };
	struct world world;

	(void)state;
	world_new(&world);
	(void)snprintf(world_container(&world, "c")->space, FACTS_WORD, "nowhere");
	assert_int_equal(facts_missing_why(world.host, "entries", "more of them than are read"), 0);
	assert_int_equal(facts_missing_why(world.host, "files", "no process of it is known"), 0);
	assert_string_equal(codes_of(&world, NULL), "");
	assert_int_equal(report.n_unknown, 2);
	assert_string_equal(report.unknown[0].where, "host");
	assert_string_equal(report.unknown[1].where, "c");
	assert_int_equal(report_outcome(&report), REPORT_UNDECIDED);
	report_done(&report);
	assert_true(doctor(&world.facts, "nosuch", NULL, &report, &error) < 0);
	assert_int_equal(error.kind, ERROR_NOT_FOUND);
	assert_string_equal(error.text, "there is no container and no network called nosuch");
	report_done(&report);
	assert_true(doctor(&world.facts, "web\x1b[2J", NULL, &report, &error) < 0);
	assert_int_equal(error.kind, ERROR_INVALID);
	assert_string_equal(error.text, "NAME has characters that no name has");
	report_done(&report);
	world_done(&world);
}

/* A picture that took too long is no picture of a place without addresses. */
static void addresses_that_were_not_looked_at_are_not_lost(void **state)
{
	struct world world;

	(void)state;
	world_new(&world);
	world_del_addr(world.web, "10.61.0.2");
	assert_int_equal(facts_missing_why(world.web, "addrs", FACTS_TOOK_TOO_LONG), 0);
	assert_null(strstr(codes_of(&world, NULL), "no-address"));
	report_done(&report);
	world_done(&world);
	world_new(&world);
	world_del_addr(world.host, "10.61.0.1");
	assert_int_equal(facts_missing_why(world.host, "addrs", FACTS_TOOK_TOO_LONG), 0);
	assert_null(strstr(codes_of(&world, NULL), "gateway-address-missing"));
	report_done(&report);
	world_done(&world);
}

/* --- time ------------------------------------------------------------------------------------- */

struct hourglass {
	int n_looks;   /* that find time left */
	int n_each;    /* the same, of one container's time */
	int n_of_this; /* since it began */
};

static void turn(void *data)
{
	((struct hourglass *)data)->n_of_this = 0;
}

static bool has_run_out(void *data)
{
	struct hourglass *glass = data;

	return --glass->n_looks < 0 || ++glass->n_of_this > glass->n_each;
}

static void visit_in(struct world *world, struct hourglass glass)
{
	const struct doctor_time time = { turn, has_run_out, &glass };
	struct error error = { 0 };

	world_new(world);
	link_down(world);
	assert_int_equal(doctor(&world->facts, NULL, &time, &report, &error), 0);
	assert_int_equal(report.err, 0);
}

static void what_there_is_no_time_for_is_said(void **state)
{
	struct world world;

	(void)state;
	/* For three containers' things and for nobody's ways: what was found is told. */
	visit_in(&world, (struct hourglass) { .n_looks = 3, .n_each = 99 });
	assert_int_equal(report.looked[REPORT_CONTAINERS], 3);
	assert_int_equal(report.looked[REPORT_WAYS], 0);
	assert_int_equal(report.n_findings, 1);
	assert_string_equal(report.findings[0].code, "link-down");
	assert_int_equal(report.n_unknown, 1);
	assert_string_equal(report.unknown[0].why,
			    "not looked at, nor 4 others: the time was over");
	report_done(&report);
	world_done(&world);
	/* And for all of them. */
	visit_in(&world, (struct hourglass) { .n_looks = 9999, .n_each = 99 });
	assert_int_equal(report.n_unknown, 0);
	report_done(&report);
	world_done(&world);
}

static void one_that_takes_long_takes_its_own_time(void **state)
{
	struct world world;

	(void)state;
	/* Each may begin, and look for a way out: db has more ways than that, and so have others.
	 */
	visit_in(&world, (struct hourglass) { .n_looks = 9999, .n_each = 4 });
	assert_int_equal(report.looked[REPORT_CONTAINERS], 5);
	assert_true(report.looked[REPORT_WAYS] > 0);
	assert_int_equal(report.n_unknown, 1);
	assert_non_null(strstr(report.unknown[0].why, "the time was over"));
	assert_int_equal(report_outcome(&report), REPORT_ILL);
	report_done(&report);
	world_done(&world);
}

static void what_is_left_out_of_a_picture_is_said(void **state)
{
	struct world world;
	struct facts_space *space;

	(void)state;
	world_new(&world);
	space = facts_space(&world.facts, world_container(&world, "x")->space);
	assert_int_equal(facts_missing_why(space, "files", "no process of it is known"), 0);
	assert_int_equal(facts_missing_why(space, "files", FACTS_TOOK_TOO_LONG), 0);
	assert_string_equal(codes_of(&world, NULL), "");
	assert_int_equal(report.n_unknown, 1);
	assert_string_equal(report.unknown[0].where, "x");
	assert_string_equal(report.unknown[0].why, "not looked at: its files: it took too long");
	report_done(&report);
	world_done(&world);
}

static void of_rules_that_were_not_read_nothing_is_said(void **state)
{
	struct world world;

	(void)state;
	world_new(&world);
	redirect_unread(&world);
	assert_string_equal(codes_of(&world, NULL), "");
	assert_int_equal(report_outcome(&report), REPORT_UNDECIDED);
	report_done(&report);
	world_done(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_world_that_works_nothing_is_told),
		cmocka_unit_test(what_is_wrong_with_the_host_is_told),
		cmocka_unit_test(what_is_wrong_with_the_cluster_is_told),
		cmocka_unit_test(what_is_wrong_with_a_network_is_told),
		cmocka_unit_test(what_is_wrong_with_a_container_is_told),
		cmocka_unit_test(what_a_container_does_to_itself_is_told_to_who_asks),
		cmocka_unit_test(one_sentence_stands_for_all_places),
		cmocka_unit_test(what_cannot_be_looked_at_is_unknown),
		cmocka_unit_test(addresses_that_were_not_looked_at_are_not_lost),
		cmocka_unit_test(what_there_is_no_time_for_is_said),
		cmocka_unit_test(one_that_takes_long_takes_its_own_time),
		cmocka_unit_test(what_is_left_out_of_a_picture_is_said),
		cmocka_unit_test(of_rules_that_were_not_read_nothing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
