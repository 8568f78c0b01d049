// SPDX-License-Identifier: GPL-2.0-or-later
// facts_shape.c - which key of the document stands for which member
#include "diag/facts_shape.h"

#include "base/cleanup.h"
#include "diag/facts.h"
#include "diag/facts_answers.h"

/* Theory of operation. A document of facts is written and read by the same tables. A row says
 * under which key a member stands, of what kind it is and where in the struct it is. So a
 * member that is added needs one row, and writer and reader cannot disagree. The order of the
 * rows is the order in the document. Keys stay what they are: documents of before are read. A
 * member that is zero or empty is left out when facts are written, and what is left out is zero
 * when they are read; so an old document says of a new member "none". A table is checked by the
 * compiler for offsets and sizes; that kinds fit the members is what the tests of reading and
 * writing find. */

/* The size comes from the member itself, so a table cannot be wrong about it. */
#define SIZE_OF(type, member) sizeof(((struct type *)NULL)->member)
/* A member that is one value. count is 1, and it has no number of items. */
#define FIELD(type, key, kind, member)                                                             \
	{                                                                                          \
		key, kind, offsetof(struct type, member), SIZE_OF(type, member), 1, 0, NULL        \
	}
/* A fixed array: a value for each family, or from and to. */
#define ARRAY(type, key, kind, member)                                                             \
	{                                                                                          \
		key, kind, offsetof(struct type, member), SIZE_OF(type, member[0]),                \
			ARRAY_SIZE(((struct type *)NULL)->member), 0, NULL                         \
	}
/* Of `size` bytes each, or of that shape. */
#define LIST(type, key, kind, member, n_member, size, shape)                                       \
	{                                                                                          \
		key, kind, offsetof(struct type, member), size, 1,                                 \
			offsetof(struct type, n_member), shape                                     \
	}
/* A struct that stands within, as an object of its own. */
#define OBJECT(type, key, member, shape)                                                           \
	{                                                                                          \
		key, SHAPE_OBJECT, offsetof(struct type, member), SIZE_OF(type, member), 1, 0,     \
			shape                                                                      \
	}
/* The table of a struct, with the size that a list of them needs. */
#define SHAPE(type, fields)                                                                        \
	{                                                                                          \
		fields, ARRAY_SIZE(fields), sizeof(struct type)                                    \
	}

/* ---- what netd believes ---- */

/* The macro F stands for FIELD of the struct at hand, so that rows stay short. It is defined
 * anew for each table. */
#define F(...) FIELD(facts_service_port, __VA_ARGS__)
static const struct shape_field service_port_fields[] = {
	F("Protocol", SHAPE_UINT, protocol),
	F("Port", SHAPE_UINT, port),
	F("Target", SHAPE_UINT, target),
	F("Publish", SHAPE_UINT, publish),
};
#undef F
static const struct shape service_port = SHAPE(facts_service_port, service_port_fields);

#define F(...) FIELD(facts_far, __VA_ARGS__)
static const struct shape_field far_fields[] = {
	F("Name", SHAPE_TEXT, name),
	F("Host", SHAPE_TEXT, host),
	ARRAY(facts_far, "Addresses", SHAPE_ADDR, addr),
	F("Tunnel", SHAPE_ADDR, tunnel),
	F("Mac", SHAPE_MAC, mac),
};
#undef F
static const struct shape far_shape = SHAPE(facts_far, far_fields);

#define F(...) FIELD(facts_refused, __VA_ARGS__)
static const struct shape_field refused_fields[] = {
	F("Host", SHAPE_TEXT, host),	     F("Here", SHAPE_BOOL, is_here),
	F("Protocol", SHAPE_UINT, protocol), F("Port", SHAPE_UINT, port),
	F("Why", SHAPE_TEXT, why),
};
#undef F
static const struct shape refused_shape = SHAPE(facts_refused, refused_fields);

#define F(...) FIELD(facts_service, __VA_ARGS__)
static const struct shape_field service_fields[] = {
	F("Name", SHAPE_TEXT, name),
	ARRAY(facts_service, "Addresses", SHAPE_ADDR, addr),
	LIST(facts_service, "Ports", SHAPE_LIST, ports, n_ports, 0, &service_port),
	F("KnowsFar", SHAPE_BOOL, knows_far),
	LIST(facts_service, "Far", SHAPE_LIST, far, n_far, 0, &far_shape),
	LIST(facts_service, "Refused", SHAPE_LIST, refused, n_refused, 0, &refused_shape),
};
#undef F
static const struct shape service = SHAPE(facts_service, service_fields);

#define F(...) FIELD(facts_network, __VA_ARGS__)
/* Of a network: what netd was asked for, and what it has made of it. */
static const struct shape_field network_fields[] = {
	F("Name", SHAPE_TEXT, name),
	F("Id", SHAPE_TEXT, id),
	F("Driver", SHAPE_TEXT, driver),
	/* more than one where the network is in segments; the first one leads */
	LIST(facts_network, "Bridges", SHAPE_WORDS, bridges, n_bridges, FACTS_IFNAME, NULL),
	/* by family, IPv4 first, as all arrays of two here */
	ARRAY(facts_network, "Subnets", SHAPE_PREFIX, subnet),
	ARRAY(facts_network, "Gateways", SHAPE_ADDR, gateway),
	F("Mtu", SHAPE_UINT, mtu),
	F("Internal", SHAPE_BOOL, internal),
	F("Icc", SHAPE_BOOL, icc),
	ARRAY(facts_network, "Masquerade", SHAPE_BOOL, masquerade),
	ARRAY(facts_network, "Routed", SHAPE_BOOL, routed),
	ARRAY(facts_network, "BridgeAddresses", SHAPE_ADDR, bridge_addr),
	LIST(facts_network, "Services", SHAPE_LIST, services, n_services, 0, &service),
};
#undef F
static const struct shape network = SHAPE(facts_network, network_fields);

/* A container's link on one network, as netd gave it. */
#define F(...) FIELD(facts_endpoint, __VA_ARGS__)
/* An address has the prefix length of its network, as netd set it. */
static const struct shape_field endpoint_fields[] = {
	F("Id", SHAPE_TEXT, id),
	F("Network", SHAPE_TEXT, network),
	F("Interface", SHAPE_TEXT, ifname),
	/* the other end of the pair, in the host's namespace */
	F("HostInterface", SHAPE_TEXT, host_ifname),
	F("Bridge", SHAPE_TEXT, bridge),
	ARRAY(facts_endpoint, "Addresses", SHAPE_PREFIX, addr),
	ARRAY(facts_endpoint, "Gateways", SHAPE_ADDR, gateway),
	F("Mac", SHAPE_MAC, mac),
	/* whether netd has set the default route of this family here */
	ARRAY(facts_endpoint, "DefaultRoute", SHAPE_BOOL, default_route),
};
#undef F
static const struct shape endpoint = SHAPE(facts_endpoint, endpoint_fields);

/* One run of published ports. */
#define F(...) FIELD(facts_port, __VA_ARGS__)
static const struct shape_field port_fields[] = {
	F("HostAddress", SHAPE_ADDR, host),  F("HostPort", SHAPE_UINT, host_port),
	F("Port", SHAPE_UINT, port),	     F("Count", SHAPE_UINT, count),
	F("Protocol", SHAPE_UINT, protocol), F("Nat", SHAPE_BOOL, is_nat),
};
#undef F
static const struct shape port = SHAPE(facts_port, port_fields);

/* A container has its endpoints and published ports within. Space is the key of its picture,
 * which stands apart because two containers may share one. */
#define F(...) FIELD(facts_container, __VA_ARGS__)
static const struct shape_field container_fields[] = {
	F("Name", SHAPE_TEXT, name),
	F("Id", SHAPE_TEXT, id),
	F("Space", SHAPE_TEXT, space),
	/* the number of the namespace's inode, which no other has at the same time */
	F("Netns", SHAPE_UINT, netns),
	F("Path", SHAPE_TEXT, path),
	F("Pid", SHAPE_INT, pid),
	F("DnsPort", SHAPE_UINT, dns_port),
	F("HostMode", SHAPE_BOOL, host_mode),
	/* its processes do not run, so nobody answers */
	F("Frozen", SHAPE_BOOL, frozen),
	LIST(facts_container, "Endpoints", SHAPE_LIST, endpoints, n_endpoints, 0, &endpoint),
	LIST(facts_container, "Ports", SHAPE_LIST, ports, n_ports, 0, &port),
	LIST(facts_container, "Names", SHAPE_TEXTS, names, n_names, NAME_LEN_MAX + 1, NULL),
	LIST(facts_container, "Services", SHAPE_TEXTS, services, n_services, NAME_LEN_MAX + 1,
	     NULL),
	/* netd serves it no names; left out: it does, or nothing is known */
	F("NoResolver", SHAPE_BOOL, no_resolver),
};
#undef F
static const struct shape container = SHAPE(facts_container, container_fields);

/* What netd has repaired lately, with its own time; only doctor asks for it. */
#define F(...) FIELD(facts_repair, __VA_ARGS__)
static const struct shape_field repair_fields[] = {
	F("Time", SHAPE_TEXT, time),
	F("What", SHAPE_TEXT, what),
};
#undef F
static const struct shape repair = SHAPE(facts_repair, repair_fields);

/* Left is in seconds, so that facts which were saved are judged as on that day. */
#define F(...) FIELD(facts_cluster, __VA_ARGS__)
static const struct shape_field cluster_fields[] = {
	F("State", SHAPE_TEXT, state),
	F("Host", SHAPE_TEXT, host),
	F("Why", SHAPE_TEXT, why),
	F("Lost", SHAPE_TEXT, lost),
	F("LostHosts", SHAPE_UINT, n_lost),
	F("HasCertificate", SHAPE_BOOL, has_certificate),
	F("CertificateLeft", SHAPE_INT, certificate_left_s),
	F("CertificateSoon", SHAPE_BOOL, certificate_is_soon),
};
#undef F
static const struct shape cluster_shape = SHAPE(facts_cluster, cluster_fields);

/* ---- the picture of a namespace ---- */

/* Flags of a bridge's port, which the kernel calls brport. The state is the kernel's number
 * (BR_STATE_*). */
#define F(...) FIELD(facts_brport, __VA_ARGS__)
static const struct shape_field brport_fields[] = {
	F("State", SHAPE_UINT, state),	 F("Isolated", SHAPE_BOOL, isolated),
	F("Locked", SHAPE_BOOL, locked), F("Hairpin", SHAPE_BOOL, hairpin),
	F("Flood", SHAPE_BOOL, flood),	 F("Learning", SHAPE_BOOL, learning),
};
#undef F
static const struct shape brport = SHAPE(facts_brport, brport_fields);

/* A link. Members of a bridge and of a port stand in each, and are left out where they are
 * zero. Master and Peer are numbers of links in a namespace of their own. */
#define F(...) FIELD(facts_link, __VA_ARGS__)
static const struct shape_field link_fields[] = {
	F("Index", SHAPE_INT, ifindex),
	F("Name", SHAPE_TEXT, name),
	F("Kind", SHAPE_TEXT, kind),
	F("Alias", SHAPE_TEXT, alias),
	F("Flags", SHAPE_UINT, flags),
	/* IF_OPER_*: up for the kernel, which differs from the flag */
	F("Operstate", SHAPE_UINT, operstate),
	F("Mtu", SHAPE_UINT, mtu),
	F("Mac", SHAPE_MAC, mac),
	F("Master", SHAPE_INT, master),
	F("Peer", SHAPE_INT, peer),
	F("Group", SHAPE_UINT, group),
	/* programs that may drop a packet before any rule sees it */
	F("Xdp", SHAPE_BOOL, has_xdp),
	F("Tc", SHAPE_BOOL, has_tc),
	F("Manager", SHAPE_TEXT, manager),
	F("IsPort", SHAPE_BOOL, is_port),
	OBJECT(facts_link, "BridgePort", brport, &brport),
	F("Qdisc", SHAPE_TEXT, qdisc),
	/* packets since the queue was made */
	F("QdiscDrops", SHAPE_UINT, qdisc_drops),
	F("QdiscLimit", SHAPE_UINT, qdisc_limit_bytes),
	F("Stp", SHAPE_UINT, stp),
	/* whether bridged packets go through the rules of each family */
	ARRAY(facts_link, "NfCall", SHAPE_BOOL, nf_call),
	F("VlanFiltering", SHAPE_BOOL, is_vlan_filtering),
};
#undef F
static const struct shape link_shape = SHAPE(facts_link, link_fields);

/* An address of a link. It has a prefix, as ip(8) shows it. Flags are IFA_F_*. */
#define F(...) FIELD(facts_addr, __VA_ARGS__)
static const struct shape_field addr_fields[] = {
	F("Link", SHAPE_INT, ifindex),
	F("Address", SHAPE_PREFIX, prefix),
	F("Flags", SHAPE_UINT, flags),
};
#undef F
static const struct shape addr = SHAPE(facts_addr, addr_fields);

/* A route. Numbers are the kernel's, so that one that is new needs no name here. */
#define F(...) FIELD(facts_route, __VA_ARGS__)
static const struct shape_field route_fields[] = {
	F("To", SHAPE_PREFIX, dst),    F("From", SHAPE_PREFIX, src),
	F("Type", SHAPE_UINT, type),   F("Gateway", SHAPE_ADDR, gateway),
	F("Link", SHAPE_INT, ifindex), F("Source", SHAPE_ADDR, prefsrc),
	F("Table", SHAPE_UINT, table), F("Priority", SHAPE_UINT, priority),
	F("Mtu", SHAPE_UINT, mtu),     F("Protocol", SHAPE_UINT, protocol),
	F("Flags", SHAPE_UINT, flags),
};
#undef F
static const struct shape route = SHAPE(facts_route, route_fields);

/* A rule of ip(8). HasUnknown says that it has an attribute which no row here stands for. Such
 * a rule is not understood, and the judge must not rely on it. */
#define F(...) FIELD(facts_rule, __VA_ARGS__)
static const struct shape_field rule_fields[] = {
	F("Priority", SHAPE_UINT, priority),
	F("Family", SHAPE_UINT, family),
	F("Action", SHAPE_UINT, action),
	F("Table", SHAPE_UINT, table),
	F("Target", SHAPE_UINT, target),
	F("From", SHAPE_PREFIX, src),
	F("To", SHAPE_PREFIX, dst),
	F("In", SHAPE_TEXT, iif),
	F("Out", SHAPE_TEXT, oif),
	F("Mark", SHAPE_UINT, mark),
	F("Mask", SHAPE_UINT, mark_mask),
	F("Suppress", SHAPE_INT, suppress_prefix),
	F("Tos", SHAPE_UINT, tos),
	F("Protocol", SHAPE_UINT, protocol),
	/* from and to, both included; so are the two below */
	ARRAY(facts_rule, "SourcePorts", SHAPE_UINT, sport),
	ARRAY(facts_rule, "Ports", SHAPE_UINT, dport),
	ARRAY(facts_rule, "Uids", SHAPE_UINT, uid),
	/* "not": it holds for all others */
	F("Inverted", SHAPE_BOOL, is_inverted),
	F("HasUnknown", SHAPE_BOOL, has_unknown),
};
#undef F
static const struct shape rule = SHAPE(facts_rule, rule_fields);

/* A neighbour. HasMac tells an entry without a MAC from one whose MAC is all zeroes. State is
 * NUD_*, as ip(8) lists it by name. */
#define F(...) FIELD(facts_neighbour, __VA_ARGS__)
static const struct shape_field neighbour_fields[] = {
	F("Link", SHAPE_INT, ifindex),	  F("Address", SHAPE_ADDR, addr), F("Mac", SHAPE_MAC, mac),
	F("HasMac", SHAPE_BOOL, has_mac), F("State", SHAPE_UINT, state),
};
#undef F
static const struct shape neighbour = SHAPE(facts_neighbour, neighbour_fields);

/* An entry of a bridge. Flags are those of the kernel (NTF_*), by which static entries are told
 * from learned ones. */
#define F(...) FIELD(facts_entry, __VA_ARGS__)
static const struct shape_field entry_fields[] = {
	F("Link", SHAPE_INT, ifindex), F("Bridge", SHAPE_INT, master),
	F("Mac", SHAPE_MAC, mac),      F("Vlan", SHAPE_UINT, vlan),
	F("State", SHAPE_UINT, state), F("Flags", SHAPE_UINT, flags),
	F("Host", SHAPE_ADDR, dst),
};
#undef F
static const struct shape entry = SHAPE(facts_entry, entry_fields);

/* A socket. is_apart is in no row: it is worked out anew. States are those of TCP, which UDP
 * sockets share. */
#define F(...) FIELD(facts_socket, __VA_ARGS__)
static const struct shape_field socket_fields[] = {
	F("Protocol", SHAPE_UINT, protocol), F("State", SHAPE_UINT, state),
	F("Address", SHAPE_ADDR, addr),	     F("Port", SHAPE_UINT, port),
	F("Peer", SHAPE_ADDR, peer),	     F("PeerPort", SHAPE_UINT, peer_port),
	F("Link", SHAPE_INT, ifindex),	     F("V6Only", SHAPE_BOOL, v6only),
	F("Queue", SHAPE_UINT, rqueue),	     F("QueueLimit", SHAPE_UINT, wqueue),
	F("Uid", SHAPE_UINT, uid),	     F("Inode", SHAPE_UINT, inode),
	F("Memory", SHAPE_UINT, rmem),	     F("MemoryLimit", SHAPE_UINT, rcvbuf),
	F("Drops", SHAPE_UINT, drops),
};
#undef F
static const struct shape socket_shape = SHAPE(facts_socket, socket_fields);

/* A setting or a counter, by its name. Settings are sysctls by their path, and counters are by
 * the name that the kernel gives them. */
#define F(...) FIELD(facts_value, __VA_ARGS__)
static const struct shape_field value_fields[] = {
	F("Name", SHAPE_TEXT, name),
	F("Value", SHAPE_INT, value),
};
#undef F
static const struct shape value = SHAPE(facts_value, value_fields);

/* A policy of IPsec. The ports are masked values of the selector; 0 is any. */
#define F(...) FIELD(facts_policy, __VA_ARGS__)
static const struct shape_field policy_fields[] = {
	F("Direction", SHAPE_UINT, direction),
	F("Action", SHAPE_UINT, action),
	F("Priority", SHAPE_UINT, priority),
	F("From", SHAPE_PREFIX, src),
	F("To", SHAPE_PREFIX, dst),
	F("Protocol", SHAPE_UINT, protocol),
	F("SourcePort", SHAPE_UINT, sport),
	F("Port", SHAPE_UINT, dport),
	F("Link", SHAPE_INT, ifindex),
	F("HasTemplate", SHAPE_BOOL, has_template),
};
#undef F
static const struct shape policy = SHAPE(facts_policy, policy_fields);

#define F(...) FIELD(facts_space, __VA_ARGS__)
/* L is a list of structs whose count is called after it. Its length member is n_ and the same
 * word. */
#define L(key, member, shape) LIST(facts_space, key, SHAPE_LIST, member, n_##member, 0, shape)
static const struct shape_field space_fields[] = {
	F("Key", SHAPE_TEXT, key),
	F("Netns", SHAPE_UINT, netns),
	/* what could not be read: an empty list below means "none" unless it is named here */
	LIST(facts_space, "Missing", SHAPE_TEXTS, missing, n_missing, 512, NULL),
	L("Links", links, &link_shape),
	L("Addresses", addrs, &addr),
	L("Routes", routes, &route),
	L("Rules", rules, &rule),
	L("Neighbours", neighbours, &neighbour),
	L("Entries", entries, &entry),
	L("Sockets", sockets, &socket_shape),
	/* only those on the ports that matter are listed */
	F("ManySockets", SHAPE_BOOL, has_many_sockets),
	L("Values", values, &value),
	L("Policies", policies, &policy),
	/* the kernel's messages as they came, for diag/rules */
	LIST(facts_space, "Ruleset", SHAPE_BASE64, ruleset, ruleset_len, 1, NULL),
	LIST(facts_space, "LegacyTables", SHAPE_TEXTS, legacy, n_legacy, 64, NULL),
	/* files of the container, which it may have written itself */
	F("ResolvConf", SHAPE_TEXT, resolv_conf),
	F("Hosts", SHAPE_TEXT, hosts),
};
#undef L
#undef F
static const struct shape space = SHAPE(facts_space, space_fields);

/* ---- what was asked ---- */

/* A route that the kernel has chosen, or the error with which it refused. */
#define F(...) FIELD(facts_way, __VA_ARGS__)
static const struct shape_field way_fields[] = {
	F("Err", SHAPE_ERR, err),
	F("Type", SHAPE_UINT, type),
	F("Link", SHAPE_INT, oif),
	F("Gateway", SHAPE_ADDR, gateway),
	F("Source", SHAPE_ADDR, prefsrc),
	F("Table", SHAPE_UINT, table),
	F("Mtu", SHAPE_UINT, mtu),
	F("Matched", SHAPE_PREFIX, matched),
	F("MatchedProtocol", SHAPE_UINT, matched_protocol),
	F("Flags", SHAPE_UINT, flags),
};
#undef F
static const struct shape way = SHAPE(facts_way, way_fields);

/* Answers from here on. Err is 0, or the kernel's own number. Which socket would take a packet,
 * found by the kernel's own lookup where it can be asked. */
static const struct shape_field taker_fields[] = {
	FIELD(facts_taker, "Err", SHAPE_ERR, err),
	OBJECT(facts_taker, "Socket", socket, &socket_shape),
};
static const struct shape taker = SHAPE(facts_taker, taker_fields);

/* What a set has for a key; HasVerdict tells a map of verdicts from a map of data. */
#define F(...) FIELD(facts_element, __VA_ARGS__)
static const struct shape_field element_fields[] = {
	F("Err", SHAPE_ERR, err),
	LIST(facts_element, "Data", SHAPE_HEX, data, data_len, SIZE_OF(facts_element, data), NULL),
	F("HasVerdict", SHAPE_BOOL, has_verdict),
	F("Verdict", SHAPE_INT, verdict),
	F("Chain", SHAPE_TEXT, chain),
	F("Comment", SHAPE_TEXT, comment),
};
#undef F
static const struct shape element = SHAPE(facts_element, element_fields);

/* A flow of conntrack, as far as the judge needs it: its reply shows what NAT has made. */
#define F(...) FIELD(facts_flow, __VA_ARGS__)
static const struct shape_field flow_fields[] = {
	F("Err", SHAPE_ERR, err),
	F("Status", SHAPE_UINT, status),
	F("Mark", SHAPE_UINT, mark),
	F("ReplyFrom", SHAPE_ADDR, reply_src),
	F("ReplyTo", SHAPE_ADDR, reply_dst),
	F("ReplySourcePort", SHAPE_UINT, reply_sport),
	F("ReplyPort", SHAPE_UINT, reply_dport),
};
#undef F
static const struct shape flow = SHAPE(facts_flow, flow_fields);

/* Which process holds a socket. State is the letter of proc(5). */
#define F(...) FIELD(facts_owner, __VA_ARGS__)
static const struct shape_field owner_fields[] = {
	F("Err", SHAPE_ERR, err),	    F("Pid", SHAPE_INT, pid),
	F("Process", SHAPE_TEXT, process),  F("State", SHAPE_LETTER, state),
	F("Frozen", SHAPE_BOOL, is_frozen),
};
#undef F
static const struct shape owner = SHAPE(facts_owner, owner_fields);

/* A program of classic BPF, as its bytes. */
static const struct shape_field filter_fields[] = {
	FIELD(facts_filter, "Err", SHAPE_ERR, err),
	LIST(facts_filter, "Program", SHAPE_HEX, program, len, SIZE_OF(facts_filter, program),
	     NULL),
};
static const struct shape filter = SHAPE(facts_filter, filter_fields);

/* Somebody who listens in another namespace than the one that was asked about. */
#define F(...) FIELD(facts_elsewhere, __VA_ARGS__)
static const struct shape_field elsewhere_fields[] = {
	F("Err", SHAPE_ERR, err),
	F("Netns", SHAPE_UINT, netns),
	F("Pid", SHAPE_INT, pid),
	F("Process", SHAPE_TEXT, process),
};
#undef F
static const struct shape elsewhere = SHAPE(facts_elsewhere, elsewhere_fields);

/* What a name becomes. Dead says that the server for it does not answer. */
#define F(...) FIELD(facts_name, __VA_ARGS__)
static const struct shape_field name_fields[] = {
	F("Err", SHAPE_ERR, err),
	F("Status", SHAPE_TEXT, status),
	F("Dead", SHAPE_BOOL, is_dead),
	ARRAY(facts_name, "Addresses", SHAPE_ADDR, addr),
};
#undef F
static const struct shape name = SHAPE(facts_name, name_fields);

/* The questions: a question has the members of what was asked, and its answer as an object.
 * `Space` is where it was asked. A question that stands in a document is answered from there,
 * and the kernel is not asked. */
#define F(...) FIELD(facts_answered, __VA_ARGS__)
static const struct shape_field way_asked[] = {
	F("Space", SHAPE_TEXT, space),
	F("To", SHAPE_ADDR, way.asked.dst),
	F("From", SHAPE_ADDR, way.asked.src),
	F("In", SHAPE_TEXT, way.asked.iif),
	F("Protocol", SHAPE_UINT, way.asked.protocol),
	F("SourcePort", SHAPE_UINT, way.asked.sport),
	F("Port", SHAPE_UINT, way.asked.dport),
	F("Uid", SHAPE_UINT, way.asked.uid),
	F("Mark", SHAPE_UINT, way.asked.mark),
	OBJECT(facts_answered, "Answer", way.answer, &way),
};

/* A packet as it arrives: Link is where it came in by. */
static const struct shape_field taker_asked[] = {
	F("Space", SHAPE_TEXT, space),
	F("Protocol", SHAPE_UINT, taker.asked.protocol),
	F("From", SHAPE_ADDR, taker.asked.src),
	F("SourcePort", SHAPE_UINT, taker.asked.sport),
	F("To", SHAPE_ADDR, taker.asked.dst),
	F("Port", SHAPE_UINT, taker.asked.dport),
	F("Link", SHAPE_INT, taker.asked.iif),
	OBJECT(facts_answered, "Answer", taker.answer, &taker),
};

/* A key is bytes in the order of the set, so it is written in hexadecimal. */
static const struct shape_field element_asked[] = {
	F("Space", SHAPE_TEXT, space),
	F("Family", SHAPE_UINT, element.asked.family),
	F("Table", SHAPE_TEXT, element.asked.table),
	F("Set", SHAPE_TEXT, element.asked.set),
	LIST(facts_answered, "Key", SHAPE_HEX, element.asked.key, element.asked.key_len,
	     SIZE_OF(facts_element_asked, key), NULL),
	OBJECT(facts_answered, "Answer", element.answer, &element),
};

/* By the tuple of either direction. */
static const struct shape_field flow_asked[] = {
	F("Space", SHAPE_TEXT, space),
	F("Protocol", SHAPE_UINT, flow.asked.protocol),
	F("From", SHAPE_ADDR, flow.asked.src),
	F("SourcePort", SHAPE_UINT, flow.asked.sport),
	F("To", SHAPE_ADDR, flow.asked.dst),
	F("Port", SHAPE_UINT, flow.asked.dport),
	OBJECT(facts_answered, "Answer", flow.answer, &flow),
};

/* A socket is known by the number of its inode. */
static const struct shape_field owner_asked[] = {
	F("Space", SHAPE_TEXT, space),
	F("Inode", SHAPE_UINT, owner.asked.inode),
	OBJECT(facts_answered, "Answer", owner.answer, &owner),
};

/* Whether a socket has a program that may refuse packets. */
static const struct shape_field filter_asked[] = {
	F("Space", SHAPE_TEXT, space),
	F("Inode", SHAPE_UINT, filter.asked.inode),
	OBJECT(facts_answered, "Answer", filter.answer, &filter),
};

/* Who of a container's processes listens in another namespace. */
static const struct shape_field elsewhere_asked[] = {
	F("Space", SHAPE_TEXT, space),
	F("Pid", SHAPE_INT, elsewhere.asked.pid),
	F("Protocol", SHAPE_UINT, elsewhere.asked.protocol),
	F("Port", SHAPE_UINT, elsewhere.asked.port),
	OBJECT(facts_answered, "Answer", elsewhere.answer, &elsewhere),
};

/* A name as a container would look it up. */
static const struct shape_field name_asked[] = {
	F("Space", SHAPE_TEXT, space),
	F("Name", SHAPE_TEXT, name.asked.name),
	OBJECT(facts_answered, "Answer", name.answer, &name),
};
#undef F

/* The names of the lists under "Asked", by kind of question. They stay, like all keys. */
const char *const facts_shape_asked_keys[FACTS_N_KINDS] = {
	[FACTS_KIND_WAY] = "Ways",
	[FACTS_KIND_TAKER] = "Takers",
	[FACTS_KIND_ELEMENT] = "Elements",
	[FACTS_KIND_FLOW] = "Flows",
	[FACTS_KIND_OWNER] = "Owners",
	[FACTS_KIND_FILTER] = "Filters",
	[FACTS_KIND_ELSEWHERE] = "Elsewhere",
	[FACTS_KIND_NAME] = "Names",
};

/* Each question stands with its answer in one object. */
const struct shape facts_shape_asked[FACTS_N_KINDS] = {
	[FACTS_KIND_WAY] = SHAPE(facts_answered, way_asked),
	[FACTS_KIND_TAKER] = SHAPE(facts_answered, taker_asked),
	[FACTS_KIND_ELEMENT] = SHAPE(facts_answered, element_asked),
	[FACTS_KIND_FLOW] = SHAPE(facts_answered, flow_asked),
	[FACTS_KIND_OWNER] = SHAPE(facts_answered, owner_asked),
	[FACTS_KIND_FILTER] = SHAPE(facts_answered, filter_asked),
	[FACTS_KIND_ELSEWHERE] = SHAPE(facts_answered, elsewhere_asked),
	[FACTS_KIND_NAME] = SHAPE(facts_answered, name_asked),
};

/* ---- all ---- */

/* Version, Source and Asked are written and read by hand, for they are no members like others.
 * Spaces are pointers, so that a picture does not move when another is added. */
static const struct shape_field facts_fields[] = {
	FIELD(facts, "Kernel", SHAPE_TEXT, kernel),
	FIELD(facts, "Generation", SHAPE_UINT, generation),
	FIELD(facts, "Moving", SHAPE_BOOL, is_moving),
	FIELD(facts, "ResolverAnswers", SHAPE_BOOL, resolver_answers),
	FIELD(facts, "With", SHAPE_TEXT, with),
	LIST(facts, "Networks", SHAPE_LIST, networks, n_networks, 0, &network),
	LIST(facts, "Containers", SHAPE_LIST, containers, n_containers, 0, &container),
	LIST(facts, "Repairs", SHAPE_LIST, repairs, n_repairs, 0, &repair),
	OBJECT(facts, "Cluster", cluster, &cluster_shape),
	LIST(facts, "Spaces", SHAPE_POINTERS, spaces, n_spaces, 0, &space),
};

/* What readers and writers begin with. */
const struct shape facts_shape = SHAPE(facts, facts_fields);
