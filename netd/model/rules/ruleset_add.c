// SPDX-License-Identifier: GPL-2.0-or-later
// ruleset_add.c - what networks and published ports put into the sets of netd's nftables table
#include "model/rules/ruleset.h"

#include "base/grow.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

/* Theory of operation. A network or a port becomes elements of sets; the chains themselves never
 * change (ruleset.c). The functions fill an array of elements, which the caller adds to the
 * kernel or compares with what is there. An error is kept in the array, so nobody checks in
 * between: elem_new() gives NULL from then on, and the caller looks at elems->err once. The bytes
 * are laid out as the kernel compares them: each field of a key begins at a multiple of four. */

#define ELEMS_FIRST 16 /* a network of both families and two ports, without growing again */

/* NULL: out of memory, now or earlier. The pointer is good until the next element is added. The
 * comment is borrowed, and must live as long as the list. */
static struct ruleset_elem *elem_new(struct ruleset_elems *elems, enum ruleset_set set,
				     const char *comment)
{
	struct ruleset_elem *elem;

	if (elems->err < 0)
		return NULL;
	if (elems->n == elems->size) {
		size_t wanted = elems->n > 0 ? elems->n + 1 : ELEMS_FIRST;
		struct ruleset_elem *items = grow(elems->items, &elems->size, wanted,
						  sizeof(*items));

		if (!items) {
			elems->err = -ENOMEM;
			return NULL;
		}
		elems->items = items;
	}
	elem = &elems->items[elems->n++];
	*elem = (struct ruleset_elem) { .set = set, .comment = comment };
	return elem;
}

/* Of the sets that both families have, IPv4's is named and IPv6's stands behind it. The order of
 * enum ruleset_set makes this right: the two sets of a pair stand side by side. */
static enum ruleset_set set_of(enum ruleset_set set4, uint8_t family)
{
	return (enum ruleset_set)(set4 + family_of(family));
}

/* Copies one field and returns where the next one begins. `padded` is the size that the field takes
 * in the key. */
static uint8_t *put_bytes(uint8_t *to, const void *data, size_t len, size_t padded)
{
	/* A name that is shorter is padded with zero bytes, as the kernel has it in the
	 * register. */
	memcpy(to, data, len);
	return to + padded; /* elem_new zeroed the padding */
}

/* A name takes 16 bytes, which is IFNAMSIZ. */
static uint8_t *put_ifname(uint8_t *to, const char *ifname)
{
	/* Not snprintf(3): a name of the full length has no room for a NUL. */
	return put_bytes(to, ifname, strnlen(ifname, IFNAME_LEN_MAX), 16);
}

/* An address fills whole words in either family. It returns where the next field begins. */
static uint8_t *put_addr(uint8_t *to, const struct addr *addr)
{
	return put_bytes(to, addr->bytes, addr_size(addr), addr_size(addr));
}

/* One byte, in a word of its own. It returns where the next field begins. */
static uint8_t *put_protocol(uint8_t *to, uint8_t protocol)
{
	return put_bytes(to, &protocol, 1, 4);
}

/* A port takes two bytes of a word of four. */
static uint8_t *put_service(uint8_t *to, uint16_t port)
{
	/* Ports are in network order in the packet, and so in the key. */
	uint16_t wire = htons(port);

	return put_bytes(to, &wire, 2, 4);
}

/* second NULL: the key is one name. verdict is for a map of verdicts alone, and 0 elsewhere. */
static void add_ifnames(struct ruleset_elems *elems, enum ruleset_set set, const char *first,
			const char *second, int verdict, const char *comment)
{
	struct ruleset_elem *elem = elem_new(elems, set, comment);

	if (!elem)
		return;
	uint8_t *end = put_ifname(elem->key, first);

	if (second)
		end = put_ifname(end, second);
	elem->key_len = (uint8_t)(end - elem->key);
	elem->verdict = verdict;
}

/* ifname: in front of the address, "" for none. Returns NULL when out of memory. The set is that of
 * IPv4 for either family; set_of() finds the right one. */
static struct ruleset_elem *add_subnet(struct ruleset_elems *elems, enum ruleset_set set4,
				       const char *ifname, const struct prefix *prefix,
				       const char *comment)
{
	struct addr first = prefix_first(prefix), last = prefix_last(prefix);
	struct ruleset_elem *elem = elem_new(elems, set_of(set4, prefix->addr.family), comment);

	if (!elem)
		return NULL;
	uint8_t *start = elem->key, *end = elem->key_end;

	if (*ifname) {
		start = put_ifname(start, ifname);
		end = put_ifname(end, ifname);
	}
	elem->key_len = (uint8_t)(put_addr(start, &first) - elem->key);
	/* An interval is told by both of its ends, the last address included. */
	(void)put_addr(end, &last);
	return elem;
}

/* The source that the whole subnet leaves with. It is a map, from the subnet to the address. */
static void add_snat(struct ruleset_elems *elems, const struct network_spec *spec,
		     const struct prefix *prefix, const struct addr *source)
{
	struct ruleset_elem *elem = add_subnet(elems, RULESET_SNAT4, "", prefix, spec->name);

	if (elem)
		elem->data_len = (uint8_t)(put_addr(elem->data, source) - elem->data);
}

/* What leaves the network. An address of the network's own has precedence over that of the
 * interface. */
static void add_source_sets(struct ruleset_elems *elems, const struct network_spec *spec,
			    const struct prefix *prefix, enum gateway_mode mode)
{
	const struct addr *source = &spec->snat[family_of(prefix->addr.family)];

	/* A routed network's addresses are known outside, so nothing is rewritten. */
	if (!spec->masquerade || spec->internal || mode == GATEWAY_MODE_ROUTED)
		return;
	if (addr_is_set(source))
		add_snat(elems, spec, prefix, source);
	else
		(void)add_subnet(elems, RULESET_MASQ4, "", prefix, spec->name);
}

/* The raw hook sees a reply before conntrack does. Without masquerading replies from outside carry
 * a container's own address there, so such a subnet is left to the forward chain, which lets
 * nothing in that is not an answer or published. So such a subnet cannot be closed in the raw hook.
 * An internal network is closed in any case, since nothing leaves it and no answer comes back. */
static bool is_closed(const struct network_spec *spec, enum gateway_mode mode)
{
	return spec->internal || (spec->masquerade && mode == GATEWAY_MODE_NAT);
}

/* Who comes in at a container's own address. An internal network lets nobody in. Each mode is a set
 * of its own, which one rule of the chain forward looks up. */
static void add_target_sets(struct ruleset_elems *elems, const struct network_spec *spec,
			    const struct prefix *prefix, enum gateway_mode mode)
{
	if (is_closed(spec, mode))
		(void)add_subnet(elems, RULESET_CLOSED4, "", prefix, spec->name);
	if (spec->internal)
		return;
	if (mode == GATEWAY_MODE_ROUTED)
		(void)add_subnet(elems, RULESET_ROUTED4, "", prefix, spec->name);
	if (mode == GATEWAY_MODE_NAT_UNPROTECTED)
		(void)add_subnet(elems, RULESET_UNPROTECTED4, "", prefix, spec->name);
	for (size_t i = 0; i < spec->n_trusted; i++)
		(void)add_subnet(elems, RULESET_TRUSTED4, spec->trusted[i], prefix, spec->name);
}

/* One family of a network. */
static void add_subnet_sets(struct ruleset_elems *elems, const struct network_spec *spec,
			    const struct prefix *prefix)
{
	enum gateway_mode mode = network_gateway_mode(spec, prefix->addr.family);

	/* The network has no such family. */
	if (!addr_is_set(&prefix->addr))
		return;
	add_target_sets(elems, spec, prefix, mode);
	add_source_sets(elems, spec, prefix, mode);
}

/* What goes from one segment to another passes the forward chain as if they were two networks, and
 * is to fare as it does within one. One direction; the caller asks for the other one, too. */
static void add_kin(struct ruleset_elems *elems, const struct network *network, uint32_t from,
		    uint32_t to)
{
	const struct network_spec *spec = &network->spec;
	const char *first = network_segment_name(network, from);
	const char *second = network_segment_name(network, to);

	add_ifnames(elems, RULESET_KIN, first, second, 0, spec->name);
	/* The verdict is the network's ICC, which holds between its segments as within one. */
	add_ifnames(elems, RULESET_PAIRS, first, second, spec->icc ? NF_ACCEPT : NF_DROP,
		    spec->name);
}

/* All of a segment but its way to others. The comment of each element is the network's name, so a
 * person who lists the table knows whose it is. */
static void add_bridge(struct ruleset_elems *elems, const struct network *network, uint32_t number)
{
	const struct network_spec *spec = &network->spec;
	const char *bridge = network_segment_name(network, number);

	add_ifnames(elems, RULESET_BRIDGES, bridge, NULL, 0, spec->name);
	if (spec->internal)
		add_ifnames(elems, RULESET_INTERNAL, bridge, NULL, 0, spec->name);
	add_ifnames(elems, RULESET_SAME, bridge, bridge, 0, spec->name);
	/* A segment is kin of itself: what goes back through the host to the same bridge is
	 * treated alike. */
	add_kin(elems, network, number, number);
	if (spec->no_addresses)
		add_ifnames(elems, RULESET_UNADDRESSED, bridge, NULL, 0, spec->name);
	for (size_t i = 0; i < spec->n_sources; i++)
		(void)add_subnet(elems, RULESET_BEHIND4, bridge, &spec->sources[i], spec->name);
}

/* The same elements as ruleset_add_network() gives for this segment, and no others. */
void ruleset_add_segment(struct ruleset_elems *elems, const struct network *network,
			 uint32_t number)
{
	/* The other segments are there already, and their own elements stay. Only the pairs with
	 * the new one are added. */
	add_bridge(elems, network, number);
	network_foreach_segment(network, other)
	{
		if (other == number)
			continue;
		add_kin(elems, network, number, other);
		add_kin(elems, network, other, number);
	}
}

/* Every segment, every pair of segments, and the subnets. */
void ruleset_add_network(struct ruleset_elems *elems, const struct network *network)
{
	const struct network_spec *spec = &network->spec;

	network_foreach_segment(network, number)
	{
		add_bridge(elems, network, number);
		network_foreach_segment(network, other)
		{
			if (other != number)
				add_kin(elems, network, number, other);
		}
	}
	for (enum family family = 0; family < FAMILY_N; family++) {
		if (network_has(spec, family))
			add_subnet_sets(elems, spec, &spec->subnet[family].prefix);
	}
}

/* A pair of bridge, or port, and address that may send. Only packets from these pairs are let
 * through. */
static void add_source(struct ruleset_elems *elems, enum ruleset_set set4, const char *ifname,
		       const struct addr *addr, const char *comment)
{
	struct ruleset_elem *elem;

	/* An endpoint without this family. */
	if (!addr_is_set(addr))
		return;
	elem = elem_new(elems, set_of(set4, addr->family), comment);
	if (elem)
		elem->key_len =
			(uint8_t)(put_addr(put_ifname(elem->key, ifname), addr) - elem->key);
}

/* A container of another host, whose frames come by the tunnel's bridge. Without the element its
 * packets would be taken for forged ones here. */
void ruleset_add_far(struct ruleset_elems *elems, const struct network *network,
		     const struct addr *addr, const char *name)
{
	add_source(elems, RULESET_SOURCES4, network->spec.bridge, addr, name);
}

/* All addresses that netd gave the interface. */
static void add_addrs(struct ruleset_elems *elems, enum ruleset_set set4, const char *ifname,
		      const struct endpoint *of)
{
	const char *comment = of->container->spec.name;

	for (enum family family = 0; family < FAMILY_N; family++)
		add_source(elems, set4, ifname, &of->ip[family], comment);
	for (size_t i = 0; i < of->spec.n_link_local; i++)
		add_source(elems, set4, ifname, &of->spec.link_local[i], comment);
}

/* The port and the MAC that may be said there, and the link-local address that the kernel makes of
 * it by itself (RFC 4291, appendix A). */
static void add_speaker(struct ruleset_elems *elems, const struct endpoint *endpoint)
{
	const char *port = endpoint->host_ifname, *comment = endpoint->container->spec.name;
	const uint8_t *mac = endpoint->mac.bytes;
	const struct addr own = { .family = AF_INET6,
				  .bytes = { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1],
					     mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5] } };
	struct ruleset_elem *elem;

	add_ifnames(elems, RULESET_GUARDED, port, NULL, 0, comment);
	elem = elem_new(elems, RULESET_SPEAKERS, comment);
	if (!elem)
		return;
	elem->key_len = (uint8_t)(put_bytes(put_ifname(elem->key, port), mac,
					    sizeof(endpoint->mac.bytes),
					    ruleset_field_size(RULESET_FIELD_ETHER)) -
				  elem->key);
	add_source(elems, RULESET_SPEAKERS4, port, &own, comment);
}

/* at: whose bridge; of: whose addresses. A container may answer on each of its bridges. Both
 * families, and the link-local addresses of the endpoint. */
void ruleset_add_sources(struct ruleset_elems *elems, const struct endpoint *at,
			 const struct endpoint *of)
{
	add_addrs(elems, RULESET_SOURCES4, endpoint_bridge_name(at), of);
	if (!at->network->spec.anti_spoof)
		return;
	if (at == of)
		add_speaker(elems, at);
	add_addrs(elems, RULESET_SPEAKERS4, at->host_ifname, of);
}

/* The key is the port of the host, and the value is the address and port behind it. */
static void add_publish(struct ruleset_elems *elems, const struct port *port, const char *comment)
{
	/* An address of any is a set without the address in its key: the rule that looks it up
	 * has less to compare. */
	bool any = addr_is_any(&port->host_addr);
	enum ruleset_set set4 = any ? RULESET_PUBLISH4 : RULESET_PUBLISH4_AT;
	struct ruleset_elem *elem = elem_new(elems, set_of(set4, port->host_addr.family), comment);

	if (!elem)
		return;
	uint8_t *end = any ? elem->key : put_addr(elem->key, &port->host_addr);

	end = put_service(put_protocol(end, port->protocol), port->host_port);
	elem->key_len = (uint8_t)(end - elem->key);
	end = put_service(put_addr(elem->data, &port->target), port->container_port);
	elem->data_len = (uint8_t)(end - elem->data);
}

/* The container's own port is let in from outside. It is asked for after the address was
 * translated, so it has the container's own port. */
static void add_open(struct ruleset_elems *elems, const struct port *port, const char *comment)
{
	struct ruleset_elem *elem = elem_new(elems, set_of(RULESET_OPEN4, port->target.family),
					     comment);

	if (!elem)
		return;
	uint8_t *end = put_protocol(put_addr(elem->key, &port->target), port->protocol);

	end = put_service(end, port->container_port);
	elem->key_len = (uint8_t)(end - elem->key);
}

/* The container and itself. The key is the pair of the same address twice: source and
 * destination. */
static void add_self(struct ruleset_elems *elems, const struct port *port, const char *comment)
{
	struct ruleset_elem *elem = elem_new(elems, set_of(RULESET_SELF4, port->target.family),
					     comment);

	if (!elem)
		return;
	uint8_t *end = put_addr(put_addr(elem->key, &port->target), &port->target);

	elem->key_len = (uint8_t)(end - elem->key);
}

/* An internal network has no way in, so nothing leads to an address on one. false also where no
 * endpoint has the address. */
static bool target_is_internal(const struct port *port, const struct container *container)
{
	for (size_t i = 0; i < container->n_endpoints; i++) {
		const struct endpoint *endpoint = container->endpoints[i];
		const struct addr *addr = &endpoint->ip[family_of(port->target.family)];

		if (addr_equal(addr, &port->target))
			return endpoint->network->spec.internal;
	}
	return false;
}

/* A port that the relay serves adds nothing, since its packets end at a socket of the host. */
void ruleset_add_port(struct ruleset_elems *elems, const struct port *port,
		      const struct container *container)
{
	const char *comment = container->spec.name;

	/* A target of the other family is led to by the relay in user space: NAT cannot change
	 * the family. */
	if (!addr_is_set(&port->target) || port->target.family != port->host_addr.family)
		return;
	if (port->host_addr.family == AF_INET6 && addr_is_loopback(&port->host_addr))
		return; /* the relay's: ::1 cannot be translated */
	if (target_is_internal(port, container))
		return;
	/* The forward chain lets it in even where it is reached directly. */
	add_open(elems, port, comment);
	if (port_is_routed(port))
		return; /* reached at the container's own address */
	add_publish(elems, port, comment);
	/* A container that asks for its own published port gets the packet back from the host. It
	 * must see another source than its own address. */
	add_self(elems, port, comment);
}

/* Who is not netd's finds no way through the host in that family. It is added where netd itself has
 * switched forwarding on, so that the host forwards for nobody else than it did before. */
void ruleset_add_strangers(struct ruleset_elems *elems, uint8_t family)
{
	struct ruleset_elem *elem = elem_new(elems, RULESET_STRANGERS,
					     "netd switched forwarding on");

	if (!elem)
		return;
	elem->key[0] = family == AF_INET6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	elem->key_len = 1;
}

/* Where tunnels end on this host. The rules of the chain tunnelled guard the port that stands in
 * this set. */
void ruleset_add_tunnels(struct ruleset_elems *elems)
{
	struct ruleset_elem *elem = elem_new(elems, RULESET_TUNNELS, "tunnels between hosts");

	if (elem)
		elem->key_len =
			(uint8_t)(put_service(put_protocol(elem->key, IPPROTO_UDP), VXLAN_PORT) -
				  elem->key);
}

/* `name` is the other host's, and becomes the comment. */
void ruleset_add_host(struct ruleset_elems *elems, const struct addr *addr, const char *name)
{
	struct ruleset_elem *elem;

	/* A host without an address of this family. */
	if (!addr_is_set(addr))
		return;
	elem = elem_new(elems, set_of(RULESET_HOSTS4, addr->family), name);
	if (elem)
		elem->key_len = (uint8_t)(put_addr(elem->key, addr) - elem->key);
}
