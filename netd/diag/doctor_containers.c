// SPDX-License-Identifier: GPL-2.0-or-later
// doctor_containers.c - a container's links on both sides, against what netd made of them
#include "diag/doctor_parts.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* Theory of operation. A container's link is a pair: one end inside, one at the host. netd's
 * record of the endpoint says what both must be like. Inside are compared: up, addresses, MAC;
 * then whether it has what belongs to somebody else. At the host are compared: up, the bridge
 * that it is on, flags of the port, the bridge's entry for its MAC. Both ends have an MTU.
 *
 * What explains the rest ends the comparison. A link that is down has lost its IPv6 addresses,
 * and a port of a bridge that is gone has no flags: such things are told once, at the place
 * that is at fault. Whether a finding is the host's or the container's affair says the space
 * that at() was given: commands that it advises then run there. */

/* One link of a container: what netd believes, and both of its ends. */
struct pair {
	const struct facts_container *container;
	const struct facts_endpoint *endpoint;
	const struct facts_network *network; /* NULL: netd knows it no more */
	const struct facts_space *space;
	struct judge_port port;
};

/* Fills the words of a finding about this pair. space: where it was found, inside or at the
 * host; {in} and {link} follow from that. {place} is the container in both cases, because a
 * person knows it by that name. */
static void at(struct doctor *doctor, const struct pair *pair, const struct facts_space *space)
{
	struct code_words *words = &doctor->walk.words;
	const struct facts_endpoint *endpoint = pair->endpoint;
	const struct facts_link *bridge = pair->port.bridge;

	doctor_at(doctor, space, space == doctor->host ? NULL : pair->container);
	code_word(words, "place", "%s", pair->container->name);
	code_word(words, "a", "%s", pair->container->name);
	code_word(words, "network", "%s", endpoint->network);
	/* The bridge as the record has it, which is the right one. Where a network has several
	 * the record does not say, and the kernel's is taken. */
	code_word(words, "bridge", "%s",
		  endpoint->bridge[0] ? endpoint->bridge
		  : bridge	      ? bridge->name
				      : "its bridge");
	code_word(words, "link", "%s",
		  space == doctor->host && pair->port.port ? pair->port.port->name
							   : endpoint->ifname);
	judge_restore(&doctor->walk, pair->space, pair->container);
}

/* All findings about a pair are listed under the container's name. */
static void tell(struct doctor *doctor, const struct pair *pair, enum code_id id,
		 enum diag_state state)
{
	doctor_tell(doctor, id, state, pair->container->name);
}

/* --- inside ----------------------------------------------------------------------------------- */

/* The address must be there, and the kernel must use it. */
static void check_addr(struct doctor *doctor, const struct pair *pair, enum family family)
{
	const struct prefix *prefix = &pair->endpoint->addr[family];
	const struct facts_addr *held;

	if (!addr_is_set(&prefix->addr))
		return;
	at(doctor, pair, pair->space);
	code_word(&doctor->walk.words, "address", "%s", ADDR_STR(&prefix->addr));
	code_word(&doctor->walk.words, "prefix", "%s", PREFIX_STR(prefix));
	held = judge_find_addr(pair->space, &prefix->addr);
	/* That it is on the right link is not asked: an address on another link is found by the
	 * ways. */
	if (judge_lacks_addr(pair->space, &prefix->addr))
		tell(doctor, pair, CODE_NO_ADDRESS, DIAG_BAD);
	else if (held && held->flags & IFA_F_DADFAILED)
		tell(doctor, pair, CODE_DAD_FAILED, DIAG_BAD);
}

/* An address that netd gave to somebody else on the same network. */
static void check_claimed(struct doctor *doctor, const struct pair *pair,
			  const struct facts_container *other)
{
	for (size_t i = 0; i < other->n_endpoints; i++) {
		const struct facts_endpoint *its = &other->endpoints[i];

		if (strcmp(its->network, pair->endpoint->network) != 0)
			continue;
		for (enum family family = 0; family < FAMILY_N; family++) {
			const struct facts_addr *held =
				addr_is_set(&its->addr[family].addr)
					? judge_find_addr(pair->space, &its->addr[family].addr)
					: NULL;

			if (!held)
				continue;
			at(doctor, pair, pair->space);
			code_word(&doctor->walk.words, "place", "%s", other->name);
			code_word(&doctor->walk.words, "other", "%s", pair->container->name);
			code_word(&doctor->walk.words, "next", "%s",
				  ADDR_STR(&its->addr[family].addr));
			code_word(&doctor->walk.words, "prefix", "%s", PREFIX_STR(&held->prefix));
			if (facts_link(pair->space, held->ifindex))
				code_word(&doctor->walk.words, "link", "%s",
					  facts_link(pair->space, held->ifindex)->name);
			tell(doctor, pair, CODE_DUPLICATE_ADDRESS, DIAG_BAD);
		}
	}
}

/* Two with one MAC: the bridge learns it from whoever spoke last, and sends there. Compared is
 * what the link has now with what netd gave to the other one. */
static void check_twin(struct doctor *doctor, const struct pair *pair,
		       const struct facts_container *other)
{
	for (size_t i = 0; i < other->n_endpoints; i++)
		if (strcmp(other->endpoints[i].network, pair->endpoint->network) == 0 &&
		    judge_mac_equal(&other->endpoints[i].mac, &pair->port.inside->mac)) {
			at(doctor, pair, pair->space);
			code_word(&doctor->walk.words, "place", "%s", other->name);
			code_word(&doctor->walk.words, "other", "%s", pair->container->name);
			code_word(&doctor->walk.words, "mac", "%s",
				  MAC_STR(&pair->port.inside->mac));
			tell(doctor, pair, CODE_DUPLICATE_MAC, DIAG_BAD);
			/* One finding for each neighbour is enough, however many networks they
			 * share. */
			return;
		}
}

/* A MAC that was changed works as long as all learn it anew, so this is a warning. */
static void check_mac(struct doctor *doctor, const struct pair *pair)
{
	static const struct mac none;
	const struct mac *given = &pair->endpoint->mac, *mac = &pair->port.inside->mac;

	/* An endpoint of an old record has no MAC, and then any is right. */
	if (judge_mac_equal(given, &none) || judge_mac_equal(given, mac))
		return;
	at(doctor, pair, pair->space);
	code_word(&doctor->walk.words, "mac", "%s", MAC_STR(mac));
	code_word(&doctor->walk.words, "right", "%s", MAC_STR(given));
	tell(doctor, pair, CODE_MAC_CHANGED, DIAG_WARN);
}

/* A container with its picture is held against all others as netd knows them: whoever claims is
 * found here, whoever is robbed need not be looked into. */
static void check_others(struct doctor *doctor, const struct pair *pair)
{
	for (size_t i = 0; i < doctor->facts->n_containers; i++) {
		const struct facts_container *other = &doctor->facts->containers[i];

		if (other == pair->container || other->host_mode)
			continue;
		check_claimed(doctor, pair, other);
		check_twin(doctor, pair, other);
	}
}

/* What can be said of the end inside. */
static void check_inside(struct doctor *doctor, const struct pair *pair)
{
	const struct facts_link *inside = pair->port.inside;

	at(doctor, pair, pair->space);
	/* Addresses of IPv6 go with the link, so that it is down says all. */
	if (!judge_is_up(inside)) {
		tell(doctor, pair, CODE_LINK_DOWN, DIAG_BAD);
		return;
	}
	for (enum family family = 0; family < FAMILY_N; family++)
		check_addr(doctor, pair, family);
	check_mac(doctor, pair);
	check_others(doctor, pair);
	/* The words of the last finding named others; they are filled anew for this one. */
	at(doctor, pair, pair->space);
	doctor_tell_programs(doctor, inside, pair->container->name);
}

/* --- at the bridge ---------------------------------------------------------------------------- */

/* On the bridge of its endpoint; where the record does not say which, on any bridge of its
 * network. Without a network nothing can be wrong. */
static bool is_its_bridge(const struct pair *pair)
{
	const struct facts_link *bridge = pair->port.bridge;

	if (!bridge || pair->endpoint->bridge[0])
		return bridge && strcmp(bridge->name, pair->endpoint->bridge) == 0;
	for (size_t i = 0; pair->network && i < pair->network->n_bridges; i++)
		if (strcmp(pair->network->bridges[i], bridge->name) == 0)
			return true;
	return !pair->network;
}

/* The entries of the host's bridges are one list, so the bridge is a part of the key. VLANs are
 * not: netd makes none. */
static const struct facts_entry *find_entry(const struct doctor *doctor,
					    const struct facts_link *bridge, const struct mac *mac)
{
	for (size_t i = 0; i < doctor->host->n_entries; i++)
		if (doctor->host->entries[i].master == bridge->ifindex &&
		    judge_mac_equal(&doctor->host->entries[i].mac, mac))
			return &doctor->host->entries[i];
	return NULL;
}

/* Where the bridge would send what is for this container. It is bad for certain only if an
 * entry that nobody will unlearn leads elsewhere, or if there is none and nothing would make
 * one. */
static void check_entry(struct doctor *doctor, const struct pair *pair)
{
	const struct facts_link *port = pair->port.port, *bridge = pair->port.bridge, *other;
	const struct mac *mac = &pair->port.inside->mac;
	const struct facts_entry *entry = find_entry(doctor, bridge, mac);

	/* An empty list does not mean that there are no entries. */
	if (facts_is_missing(doctor->host, "entries"))
		return;
	code_word(&doctor->walk.words, "mac", "%s", MAC_STR(mac));
	if (entry && entry->ifindex != port->ifindex) {
		other = facts_link(doctor->host, entry->ifindex);
		code_word(&doctor->walk.words, "other", "%s", other ? other->name : "another port");
		/* What was learnt there was sent there by a twin, or by it before it moved. */
		if (entry->state & (NUD_NOARP | NUD_PERMANENT))
			tell(doctor, pair, CODE_ENTRY_WRONG, DIAG_BAD);
		return;
	}
	/* No entry, no flooding, no learning: frames for it reach nobody, for good. */
	if (!entry && !port->brport.flood && !port->brport.learning)
		tell(doctor, pair, CODE_ENTRY_MISSING_NO_FLOOD, DIAG_BAD);
	/* A locked port takes frames only from a MAC that an entry of the bridge allows. */
	if (!entry && port->brport.locked)
		tell(doctor, pair, CODE_PORT_LOCKED, DIAG_BAD);
}

/* The flags of the port in the bridge. State comes first: it stops all frames, the others stop
 * some. */
static void check_flags(struct doctor *doctor, const struct pair *pair)
{
	const struct facts_link *port = pair->port.port;

	/* A port without a carrier is disabled: the other end is down, and told there. */
	if (port->brport.state != BR_STATE_FORWARDING &&
	    (port->brport.state != BR_STATE_DISABLED || port->flags & IFF_LOWER_UP))
		tell(doctor, pair, CODE_PORT_BLOCKED, DIAG_BAD);
	if (pair->network && pair->network->icc && port->brport.isolated)
		tell(doctor, pair, CODE_PORT_ISOLATED, DIAG_BAD);
	/* Of one that publishes ports netd's rules keep the others out: its neighbours reach what
	 * it publishes by its bridge. */
	if (pair->network && !pair->network->icc && !port->brport.isolated &&
	    pair->container->n_ports == 0)
		tell(doctor, pair, CODE_ISOLATION_LOST, DIAG_BAD);
	/* It reaches what it publishes by its own port: such a frame goes back where it came
	 * from, which a bridge does in hairpin mode only. */
	if (pair->container->n_ports > 0 && !port->brport.hairpin) {
		code_word(&doctor->walk.words, "hairpin", "netctl doctor --fix %s",
			  pair->container->name);
		tell(doctor, pair, CODE_HAIRPIN_OFF, DIAG_BAD);
	}
}

/* That its bridge is gone or down says all of its ports, and is told of the network. */
static bool is_told_of_bridge(const struct doctor *doctor, const struct pair *pair)
{
	const struct facts_link *bridge =
		pair->endpoint->bridge[0] ? facts_link_named(doctor->host, pair->endpoint->bridge)
					  : pair->port.bridge;

	return pair->network && (bridge ? !judge_is_up(bridge) : pair->endpoint->bridge[0]);
}

/* What can be said of the end at the host. Each step rests on the one before: flags of a port
 * on a foreign bridge mean nothing. */
static void check_port(struct doctor *doctor, const struct pair *pair)
{
	const struct facts_link *port = pair->port.port;

	at(doctor, pair, doctor->host);
	if (!judge_is_up(port)) {
		tell(doctor, pair, CODE_PORT_DOWN, DIAG_BAD);
		return;
	}
	if (is_told_of_bridge(doctor, pair))
		return;
	if (!is_its_bridge(pair)) {
		tell(doctor, pair, CODE_PORT_DETACHED, DIAG_BAD);
		return;
	}
	if (port->is_port)
		check_flags(doctor, pair);
	/* The entry is compared with the MAC inside, which is known only if that end is there. */
	if (port->is_port && pair->port.inside)
		check_entry(doctor, pair);
	doctor_tell_programs(doctor, port, pair->container->name);
}

/* --- both ends -------------------------------------------------------------------------------- */

/* An end that takes less than its network carries loses what the others send, without a word. */
static void check_size(struct doctor *doctor, const struct pair *pair)
{
	const struct facts_link *ends[] = { pair->port.inside, pair->port.port };

	/* A network without an MTU of its own takes what the kernel gives. */
	for (size_t i = 0; pair->network && pair->network->mtu && i < 2; i++) {
		if (ends[i]->mtu >= pair->network->mtu)
			continue;
		at(doctor, pair, i == 0 ? pair->space : doctor->host);
		code_word(&doctor->walk.words, "link", "%s", ends[i]->name);
		code_word(&doctor->walk.words, "mtu", "%u", ends[i]->mtu);
		code_word(&doctor->walk.words, "sent", "%u", pair->network->mtu);
		code_word(&doctor->walk.words, "sender", "who is on %s", pair->network->name);
		tell(doctor, pair, CODE_MTU_HOLE, DIAG_BAD);
		/* Both ends too small is one fault, and the end inside is the one that a person
		 * looks at first. */
		return;
	}
}

/* Without one of the ends nothing else can be compared. */
static void check_pair(struct doctor *doctor, const struct pair *pair)
{
	if (!pair->port.inside || !pair->port.port) {
		at(doctor, pair, pair->space);
		tell(doctor, pair, CODE_LINK_MISSING, DIAG_BAD);
		return;
	}
	check_inside(doctor, pair);
	check_port(doctor, pair);
	check_size(doctor, pair);
}

/* Questions to the resolver on 127.0.0.11 go by lo, and so does what a container sends to
 * itself. */
static void check_loopback(struct doctor *doctor, const struct facts_space *space,
			   const struct facts_container *container)
{
	const struct facts_link *lo = facts_link_named(space, "lo");

	if (!lo || judge_is_up(lo))
		return;
	doctor_at(doctor, space, container);
	doctor_tell(doctor, CODE_LOOPBACK_DOWN, DIAG_BAD, container->name);
}

/* doctor_container() is called only with a picture, so space is not NULL. */
void doctor_container(struct doctor *doctor, const struct facts_container *container)
{
	const struct facts_space *space = facts_space(doctor->facts, container->space);

	/* Without a list of links every link would look as if it were gone. */
	if (facts_is_missing(space, "links") || facts_is_missing(doctor->host, "links")) {
		report_add_unknown(doctor->report, container->name, "its links could not be read");
		return;
	}
	check_loopback(doctor, space, container);
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct facts_endpoint *endpoint = &container->endpoints[i];
		struct pair pair = { .container = container, .endpoint = endpoint, .space = space };

		/* What another program made and brought (a link that was moved in) has no end here.
		 */
		if (!endpoint->host_ifname[0])
			continue;
		pair.network = judge_network(doctor->facts, endpoint->network);
		pair.port.inside = facts_link_named(space, endpoint->ifname);
		pair.port.port = facts_link_named(doctor->host, endpoint->host_ifname);
		/* The bridge is what the port is on now, right or wrong. is_its_bridge()
		 * compares. */
		if (pair.port.port && pair.port.port->master)
			pair.port.bridge = facts_link(doctor->host, pair.port.port->master);
		check_pair(doctor, &pair);
	}
}
