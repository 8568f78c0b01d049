// SPDX-License-Identifier: GPL-2.0-or-later
// kernel.h - a kernel in memory behind the engine's door: it records, fails on demand, and refuses
// what the kernel would refuse
#pragma once

#include "kernel/door.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Theory of operation. There is one world for a test, of namespaces with links, addresses, routes,
 * settings and rules. Each operation of fake_door is noted with what it is about, and may be made
 * to fail before it does anything. What it answers is held to the truth by tests/system/kernel/
 * door.bats, which runs one scenario through this door and through the kernel's. */
extern struct door fake_door; /* after fake_kernel_start */

/* An empty world with the host's namespace: lo, and eth0 with 192.0.2.1/24 and a default route. */
void fake_kernel_start(void);
/* Checks that every connection was closed. */
void fake_kernel_stop(void);

/* A namespace with lo, which is found at the path, a file that is made for it, and as that of the
 * process; pid 0: none. It is there until fake_netns_remove, or the end. */
void fake_netns_add(const char *path, pid_t pid);
void fake_netns_remove(const char *path);
/* The host's namespace is found at the path, too, until the end. */
void fake_netns_name_host(const char *path);
uint64_t fake_netns_inode(const char *path);
/* What a setting in it is; NULL: there is none. path NULL: the host's namespace. */
const char *fake_setting(const char *netns, const char *path);
/* A foreign hand writes it. */
void fake_setting_write(const char *netns, const char *path, const char *value);
/* The next n times that IPv4 forwarding is switched on somebody else does so at the same moment,
 * and no link forwards. */
void fake_forwarding_races(unsigned n);
/* The port to which it redirects names; 0: none. */
uint16_t fake_redirect(const char *netns);

/* Whether it leads so, "10.1.0.9 80/6 0 10.1.0.2:8080" (service, port and protocol, number, and who
 * stands behind it), or knows the service, "10.1.0.9"; and how many such lines there are. */
bool fake_leads(const char *netns, const char *line);
size_t fake_n_led(const char *netns);
/* Whether the host leads a published port of a service so: "8080/6 0 10.1.0.2:80", and " as
 * ADDRESS" behind that; how many such lines there are; and somebody takes all of it away. */
bool fake_ingress_leads(const char *line);
size_t fake_n_ingress(void);
void fake_ingress_lose(void);
/* A foreign hand removes the table of services; takes a line out of it, or puts it in; or changes
 * other rules of the namespace. */
void fake_services_lose(const char *netns);
void fake_services_edit(const char *netns, const char *line);
void fake_netns_change(const char *netns);

/* A link by its name, to be looked at, or changed as a foreign hand does; NULL: none. */
struct rtnl_link *fake_link(const char *netns, const char *name);
/* How many links a namespace has beside lo. */
size_t fake_n_links(const char *netns);
/* A foreign hand: the link goes; a link of that name comes, of no kind. */
void fake_link_take(const char *netns, const char *name);
void fake_link_put(const char *netns, const char *name);
bool fake_has_addr(const char *netns, const char *ifname, const char *prefix);
/* A foreign hand puts one there, which comes up, or takes it off. */
void fake_addr_put(const char *netns, const char *ifname, const char *prefix);
void fake_addr_take(const char *netns, const char *ifname, const char *prefix);
/* A foreign hand takes the routes away that the kernel made for an address; or the entry of a
 * bridge for its own MAC. */
void fake_routes_take(const char *netns, const char *ifname, const char *prefix);
void fake_bridge_deafen(const char *name);
/* Bytes a second of the bucket at the root of a link of the host's; 0: it has none. A foreign hand
 * sets it, or takes the filter of a link away that leads to its limit. */
uint64_t fake_rate(const char *name);
void fake_rate_set(const char *name, uint64_t rate);
void fake_lead_take(const char *name);
/* What the bucket has dropped; and from now on the kernel has no links of the kind ifb. */
void fake_rate_drops(const char *name, uint64_t dropped);
void fake_ifb_lack(void);
/* From now on a dump of all limits passes by every link, as it does by some while others go. */
void fake_queues_miss(void);
/* How many entries lead to containers of other hosts; a foreign hand takes one of them. */
size_t fake_n_far(const char *netns);
void fake_far_take(const char *netns, size_t i);
/* Whoever watches links misses what has happened since it looked last: ENOBUFS. */
void fake_events_lose(void);
/* From now on nobody hears of anything. On a slow machine the engine's loop would mend what a test
 * has broken before the test has looked. */
void fake_events_hold(void);

/* Elements of a set of netd's table; -ENOENT: there is no table. */
int fake_n_elems(enum ruleset_set set);
/* A foreign hand flushes the whole ruleset. */
void fake_rules_flush(void);
/* Tables that are made from now on by who connects from now on are anybody's to change: a kernel
 * before 6.9. */
void fake_rules_share(void);
/* Another process owns netd's table. */
void fake_rules_seize(void);
/* Packets put this key into a counted set, which has counted so many by now. */
void fake_rules_count(enum ruleset_set set, const uint8_t *key, uint64_t packets);
const char *fake_user_rules(void);

/* Another's chain, in a table of a family ("ip", "ip6", "inet"): at the hook forward or called by
 * others, and what its policy does with what its rules let go on. */
void fake_chain_put(const char *family, const char *table, const char *chain, bool at_forward,
		    bool drops);
/* A rule at its end: what comes from the interface (from), or goes to it, is accepted, or refused.
 */
void fake_chain_rule(const char *table, const char *chain, const char *ifname, bool from,
		     bool accepts);

/* A UDP flow to an address and port, which the source of its answers says where it leads. */
void fake_flow_put(const char *to, uint16_t to_port, const char *led_to, uint16_t led_to_port);
size_t fake_n_flows(void);
/* How many walks over them ended, by whatever process. */
size_t fake_n_walks(void);

/* How often it was announced, "LINK: ADDR is at MAC": on a bridge, or on one port. */
size_t fake_n_said(const char *text);

/* A program of the host's has a port. */
void fake_port_hold(uint8_t protocol, const char *addr, uint16_t port);
/* As whoever has ports is called from now on; NULL: a program. */
void fake_port_holder(const char *name);
bool fake_port_is_reserved(uint8_t protocol, const char *addr, uint16_t port);
size_t fake_n_reserved(void);

/* All that is in the world, in lines; the caller frees it. Two worlds that print the same are the
 * same but for indexes, lo, and links that wait to be swept. */
char *fake_kernel_print(void);

/* --- calls --- */

/* Operations that change something, in order, since the start or fake_calls_clear(): "veths.create
 * nd0a1b". Looking is not among them. */
size_t fake_n_changes(void);
const char *fake_change(size_t i);
size_t fake_n_looks(void);
void fake_calls_clear(void);
/* Fails the test unless the operations of all changes were these, in this order; NULL ends them. */
void fake_expect_changes(const char *operation, ...) __attribute__((sentinel));
/* How often an operation was called. */
size_t fake_n_calls(const char *operation);

/* The nth change from now on (1: the next) fails with err, once. 0: none does. */
void fake_fail_nth(size_t nth, int err);
/* From now on each call of the operation fails with err; 0: no more. NULL: none. */
void fake_fail(const char *operation, int err);
/* Whether one of them was made to fail since it was asked for. */
bool fake_has_failed(void);
