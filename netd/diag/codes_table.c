// SPDX-License-Identifier: GPL-2.0-or-later
// codes_table.c - the rows themselves, in the order in which a packet meets the places
#include "diag/codes.h"

/* Theory of operation. A row is all that is ever said about one fault: the verdict takes the
 * sentences from here, and docs/diagnosis.md is written from the same rows, so both cannot
 * disagree. Placeholders in braces are filled by the judge with what it has found
 * (code_fill()). A command is a template, too; it is left out of an answer where one of its
 * placeholders is not known, for half a command is worse than none.
 *
 * The members of a row, in order:
 *
 * word, part, outcome      its name, its part of the page, what becomes of the verdict
 * cause                    the first line of an answer
 * why                      a sentence or two
 * seen                     what the program that connects sees; of the page alone
 * fact                     which fact decides; of the page alone
 * fixes                    who, whether it is a choice, what it does, the command or NULL
 *
 * A fix is a choice where it changes what somebody may have meant: a rule that drops, an option
 * of a network, a policy. What puts back a thing that was lost is none. A fix without a command
 * is one that depends on what nobody here knows. */

/* A row is read from top to bottom as a person reads the answer: what is wrong, why that stops
 * the packet, what it looks like to the program that connects, which fact says so, what to do.
 * What programs see is said in the same words everywhere, so that a reader can look for them. */
#define SILENCE "It waits until its own timeout: no answer comes at all."
#define REFUSED "It is refused at once (connection refused)."
#define AT_ONCE "It fails at once, before a packet is made: "
#define THREE_SECONDS "It fails after three seconds (no route to host)."

#define RESTORE                                                                                    \
	{                                                                                          \
		DIAG_CONTAINER, false, "put back what netd gave {place}", "{in} {restore}"         \
	}

const struct code codes[CODE_N] = {
	/* Of A: what keeps a packet from leaving, or an answer from getting in. These are asked
	 * first, as nothing else is met before. */
	[CODE_LINK_DOWN] = {
		"link-down", CODE_OF_A, DIAG_UNREACHABLE,
		"{link} in {place} is down",
		"An interface that is down neither sends nor receives, and its routes go with it.",
		AT_ONCE "network is unreachable. Where it is the other end's, it waits.",
		"The flag UP of the interface inside.",
		{ RESTORE },
	},
	[CODE_NO_ADDRESS] = {
		"no-address", CODE_OF_A, DIAG_UNREACHABLE,
		"{link} in {place} has lost its address {address}",
		"Without an address there is no source to send from, and the routes that rest on it "
		"are gone.",
		AT_ONCE "network is unreachable.",
		"The addresses inside, against those that netd gave.",
		{ RESTORE },
	},
	[CODE_FAMILY_MISSING] = {
		"family-missing", CODE_OF_A, DIAG_UNREACHABLE,
		"{place} has no {family} address, and {dst} is one",
		"None of the networks of {place} has a subnet of {family}, so it was given no address and no "
		"route.",
		AT_ONCE "network is unreachable.",
		"The addresses inside, and the subnets of its networks.",
		{ { DIAG_ADMIN, true,
		    "put {place} on a network that has {family}; netctl network create --ipv6 makes one "
		    "with both", NULL } },
	},
	[CODE_ROUTE_MISSING] = {
		"route-missing", CODE_OF_A, DIAG_UNREACHABLE,
		"{place} has no route to {dst}",
		"The kernel of {place} was asked which way {dst} is, and knows none.",
		AT_ONCE "network is unreachable.",
		"The kernel's own answer to the question for a route.",
		{ RESTORE },
	},
	[CODE_ROUTE_REJECT] = {
		"route-reject", CODE_OF_A, DIAG_UNREACHABLE,
		"a route in {place} refuses {dst}: {route}",
		"Routes of the types blackhole, unreachable, prohibit and throw are there to refuse, "
		"and this is the best match for {dst}.",
		AT_ONCE "invalid argument (blackhole), no route to host (unreachable), "
			"permission denied (prohibit), network is unreachable (throw).",
		"The error with which the kernel answers, then the route that matches.",
		{ { DIAG_CONTAINER, false, "remove that route", "{in} ip {ip} route del {route}" } },
	},
	[CODE_RULE_REJECT] = {
		"rule-reject", CODE_OF_A, DIAG_UNREACHABLE,
		"a policy rule in {place} refuses it: {rule}",
		"A rule of `ip rule` ends the search before any table of routes is looked at.",
		AT_ONCE "permission denied, no route to host, or invalid argument.",
		"The error with which the kernel answers for exactly these ports, then the rule.",
		{ { DIAG_CONTAINER, false, "remove that rule",
		    "{in} ip {ip} rule del pref {priority}" } },
	},
	[CODE_GATEWAY_WRONG] = {
		"gateway-wrong", CODE_OF_A, DIAG_UNREACHABLE,
		"{place} sends it by {gateway}, which is no gateway",
		"The route of {place} leads to an address that nobody on network {network} has.",
		THREE_SECONDS,
		"The next hop is neither the network's gateway nor any container's address.",
		{ { DIAG_CONTAINER, false, "lead the route to the network's gateway",
		    "{in} ip {ip} route replace {prefix} via {right} dev {link}" } },
	},
	[CODE_NEIGHBOUR_WRONG] = {
		"neighbour-wrong", CODE_OF_A, DIAG_UNREACHABLE,
		"{place} believes that {next} is at {mac}",
		"{next} is at {right}. Frames to another MAC are thrown away by whoever gets them.",
		SILENCE,
		"The neighbour entry, against the MAC of the interface that has the address.",
		{ { DIAG_CONTAINER, false, "let it ask anew",
		    "{in} ip {ip} neigh del {next} dev {link}" } },
	},
	[CODE_GATEWAY_MAC_WRONG] = {
		"gateway-mac-wrong", CODE_OF_A, DIAG_UNREACHABLE,
		"{place} believes that its gateway {next} is at {mac}",
		"The gateway is bridge {bridge}, at {right}. Frames to another MAC do not reach the "
		"host.",
		SILENCE,
		"The neighbour entry, against the MAC of the bridge.",
		{ { DIAG_CONTAINER, false, "let it ask anew",
		    "{in} ip {ip} neigh del {next} dev {link}" } },
	},
	[CODE_NEIGHBOUR_SILENT] = {
		"neighbour-silent", CODE_OF_A, DIAG_UNREACHABLE,
		"nobody answers for {next} on {network}",
		"{reason}",
		THREE_SECONDS,
		"Who has the address, and whether he may answer ARP: flags, arp_ignore.",
		{ { DIAG_CONTAINER, false, "let {place} answer ARP", "{in} {answer}" } },
	},
	[CODE_SERVICE_OTHER_NETWORK] = {
		"service-other-network", CODE_OF_A, DIAG_UNREACHABLE,
		"{a} is not on network {network}, where service {service} is",
		"The address of a service is nobody's. Containers of its network are led to those who "
		"stand behind it, and nobody else is.",
		SILENCE " Or it fails after three seconds (no route to host).",
		"Whose address it is, and what the rules where the packet starts make of it.",
		{ { DIAG_ADMIN, true, "put {a} on that network",
		    "netctl network connect {network} {joins}" } },
	},
	[CODE_SERVICES_LOST] = {
		"services-lost", CODE_OF_A, DIAG_UNREACHABLE,
		"{place} is not led to service {service}",
		"The rules in {place} that lead what is for {service-at} to those who stand behind "
		"service {service} are gone, or are not what they should be.",
		THREE_SECONDS " Or it is refused at once.",
		"What the rules inside make of a packet to the service's address; of doctor, the "
		"elements of netd's sets there.",
		{ { DIAG_NETD, false, "let netd make them again", "netctl doctor --fix" } },
	},
	[CODE_SERVICE_PORT] = {
		"service-port", CODE_OF_A, DIAG_UNREACHABLE,
		"service {service} has no such port: it has {served}",
		"What is for another port of a service, and ping, is refused where it starts.",
		REFUSED,
		"The rules inside that refuse it, and the service's ports.",
		{ { DIAG_ADMIN, true, "ask for one of its ports, or give it this one (netctl service update)", NULL } },
	},
	[CODE_SERVICE_EMPTY] = {
		"service-empty", CODE_OF_A, DIAG_UNREACHABLE,
		"nobody{who} stands behind service {service}",
		"No container of network {network}{who} carries its name, so what is for it is refused "
		"at once.",
		REFUSED,
		"The rules that refuse it, inside or of a published port on the host, and the containers of "
		"all hosts that name the service.",
		{ { DIAG_ADMIN, true, "attach a container of network {network} with --service "
		    "{service}", NULL } },
	},
	[CODE_PORTS_EXHAUSTED] = {
		"ports-exhausted", CODE_OF_A, DIAG_UNREACHABLE,
		"{place} has no port left for a connection to {dst}",
		"Each port from {first} to {last} has a connection to {dst}, port {port}, already, and the "
		"kernel chooses among these.",
		AT_ONCE "cannot assign requested address.",
		"The kernel was asked about each of these ports.",
		{ { DIAG_CONTAINER, false, "give it the usual range",
		    "{in} sysctl -w 'net.ipv4.ip_local_port_range=32768 60999'" } },
	},
	[CODE_IPSEC_BLOCK] = {
		"ipsec-block", CODE_OF_A, DIAG_UNREACHABLE,
		"an IPsec policy in {place} blocks it",
		"A policy with the action block covers {src} to {dst}.",
		"Permission denied at once where it is the sender's, silence where it is the "
		"receiver's.",
		"The policies of the namespace.",
		{ { DIAG_CONTAINER, true, "remove that policy",
		    "{in} ip xfrm policy delete src {policy-src} dst {policy-dst} dir {dir}" } },
	},
	[CODE_OWN_RULES_OUT] = {
		"own-rules-out", CODE_OF_A, DIAG_UNREACHABLE,
		"{place}'s own firewall drops it: {what}",
		"The packet never leaves {place}: {rule}.",
		SILENCE,
		"The rules inside, as the packet would meet them.",
		{ { DIAG_CONTAINER, true, "accept it before that, or remove what drops it",
		    "{in} {unrule}" } },
	},
	[CODE_OWN_RULES_IN] = {
		"own-rules-in", CODE_OF_A, DIAG_UNREACHABLE,
		"{place}'s own firewall drops the answer: {what}",
		"{b} answers, and the answer is dropped inside {place}: {rule}.",
		SILENCE,
		"The rules inside, as the answer would meet them.",
		{ { DIAG_CONTAINER, true, "accept it before that, or remove what drops it",
		    "{in} {unrule}" } },
	},
	[CODE_REDIRECTED_BY_OWN_RULES] = {
		"redirected-by-own-rules", CODE_OF_A, DIAG_UNREACHABLE,
		"{place}'s own rules lead it to {to}",
		"A NAT rule inside {place} changes where the packet goes: {rule}.",
		REFUSED " Or somebody else answers.",
		"The destination after the rules inside.",
		{ { DIAG_CONTAINER, true, "accept it before that, or remove that rule",
		    "{in} {unrule}" } },
	},
	[CODE_QDISC_DROP] = {
		"qdisc-drop", CODE_OF_A, DIAG_UNREACHABLE,
		"the queue of {link} in {place} takes no packet of that size",
		"Its limit of {limit} bytes is less than one packet.",
		"No buffer space available, or silence.",
		"The queueing discipline and its limit.",
		{ { DIAG_CONTAINER, false, "remove the queueing discipline",
		    "{in} tc qdisc del dev {link} root" } },
	},
	[CODE_LOOPBACK_DOWN] = {
		"loopback-down", CODE_OF_A, DIAG_UNREACHABLE,
		"lo in {place} is down",
		"What {place} sends to itself goes by lo, and so do its questions to the resolver on "
		"127.0.0.11.",
		"Names time out; a connection to itself waits.",
		"The flag UP of lo.",
		{ { DIAG_CONTAINER, false, "bring it up", "{in} ip link set dev lo up" } },
	},
	[CODE_DAD_FAILED] = {
		"dad-failed", CODE_OF_A, DIAG_UNREACHABLE,
		"{address} in {place} exists twice and is not used",
		"Duplicate address detection met another holder, so the kernel uses the address neither "
		"to send nor to receive.",
		AT_ONCE "cannot assign requested address, or network is unreachable.",
		"The flag dadfailed of the address.",
		{ { DIAG_CONTAINER, false,
		    "take it from the other holder, and give {prefix} to {link} again", NULL } },
	},

	/* Of the bridge: the pair of links to it, its ports, its table of MACs, and rules that
	 * see frames. What is wrong here stops neighbours as well as what goes through the
	 * host. */
	[CODE_PORT_DOWN] = {
		"port-down", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"{place}'s port on {network} is down ({link})",
		"The host's end of the pair that leads to {place} is down, so nothing passes.",
		SILENCE,
		"The flag UP of the host's end.",
		{ { DIAG_ADMIN, false, "bring it up", "ip link set dev {link} up" } },
	},
	[CODE_PORT_DETACHED] = {
		"port-detached", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"{place}'s port {link} is not on bridge {bridge}",
		"A port that is on no bridge, or on another, has no way to its network.",
		SILENCE,
		"The master of the host's end, against the network's bridge.",
		{ { DIAG_ADMIN, false, "put it back", "ip link set dev {link} master {bridge}" } },
	},
	[CODE_BRIDGE_DOWN] = {
		"bridge-down", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"bridge {bridge} of network {network} is down",
		"A bridge that is down forwards nothing, and its routes are gone.",
		SILENCE,
		"The flag UP of the bridge.",
		{ { DIAG_ADMIN, false, "bring it up", "ip link set dev {bridge} up" } },
	},
	[CODE_PORT_BLOCKED] = {
		"port-blocked", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"{place}'s port on {network} does not forward ({link})",
		"The port is not in the state forwarding: with spanning tree a port listens and learns "
		"for half a minute first.",
		SILENCE,
		"The state of the port.",
		{ { DIAG_ADMIN, false, "switch spanning tree off, or wait",
		    "ip link set dev {bridge} type bridge stp_state 0" } },
	},
	[CODE_PORT_ISOLATED] = {
		"port-isolated", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"{place}'s port on {network} is isolated",
		"Between two isolated ports a bridge passes nothing, and network {network} does not "
		"ask for that.",
		"It waits, or fails after three seconds: ARP does not pass either.",
		"The flag isolated of both ports, against the network's option.",
		{ { DIAG_ADMIN, false, "end the isolation", "bridge link set dev {link} isolated off" } },
	},
	[CODE_ICC_OFF] = {
		"icc-off", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"network {network} keeps its containers apart",
		"It was made so (icc=false): its containers reach the outside and what is published, "
		"and not each other.",
		"It waits, or fails after three seconds.",
		"The network's option and the isolated ports.",
		{ { DIAG_ADMIN, true,
		    "publish the port (netctl port add {container-b} {port}:{port}/{protocol}), and use "
		    "the host's address",
		    NULL },
		  { DIAG_ADMIN, true, "or put both on a network without that option", NULL } },
	},
	[CODE_PORT_LOCKED] = {
		"port-locked", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"{place}'s port on {network} is locked",
		"A locked port takes frames from MACs only that an entry of the bridge allows, and "
		"{mac} has none.",
		SILENCE,
		"The flag locked of the port and the entries of the bridge.",
		{ { DIAG_ADMIN, true, "unlock it", "bridge link set dev {link} locked off" } },
	},
	[CODE_HAIRPIN_OFF] = {
		"hairpin-off", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"{place}'s port on {network} sends nothing back that came in there",
		"The host leads the connection back to {place}, and bridge netfilter has the bridge do "
		"that. Without hairpin mode, which netd gives to containers that publish a port, no "
		"port sends what came in by itself.",
		SILENCE,
		"The flag hairpin of the port, against the ports of the bridge that it comes and goes by.",
		{ { DIAG_NETD, true, "have netd turn it on, as it does for who publishes a port",
		    "{hairpin}" } },
	},
	[CODE_ENTRY_WRONG] = {
		"entry-wrong", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"bridge {bridge} sends frames for {place} to {other}",
		"A static entry leads {mac} to another port than the one that {place} is at.",
		SILENCE,
		"The bridge's entry for the MAC.",
		{ { DIAG_ADMIN, false, "remove the entry; the bridge learns the right one",
		    "bridge fdb del {mac} dev {other} master" } },
	},
	[CODE_ENTRY_MISSING_NO_FLOOD] = {
		"entry-missing-no-flood", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"bridge {bridge} does not know where {place} is",
		"There is no entry for {mac}, the port does not learn one, and frames to unknown MACs "
		"are not sent to it.",
		SILENCE,
		"The entry, and the flags flood and learning of the port.",
		{ { DIAG_ADMIN, false, "let the port learn and be flooded",
		    "bridge link set dev {link} learning on flood on" } },
	},
	[CODE_DUPLICATE_ADDRESS] = {
		"duplicate-address", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"{other} has the address {next}, too",
		"{next} belongs to {place}. {other} answers for it as well, and the packet goes there.",
		"Another server answers or refuses.",
		"Who has the address, and whose MAC the neighbour entry has.",
		{ { DIAG_CONTAINER, false, "take the address away from {other}",
		    "{in} ip addr del {prefix} dev {link}" } },
	},
	[CODE_DUPLICATE_MAC] = {
		"duplicate-mac", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"{other} has the MAC of {place}, {mac}",
		"The bridge believes the one who sent last, so frames for {place} go to {other}.",
		"Sometimes it works, sometimes it waits.",
		"The bridge's entry, and who has the MAC.",
		{ { DIAG_CONTAINER, false, "give {other} a MAC of its own", NULL } },
	},
	[CODE_BRIDGE_RULES] = {
		"bridge-rules", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"{table} on the bridge drops it: {what}",
		"Rules of the family bridge see each frame: {rule}.",
		SILENCE,
		"The rules of the family bridge, as the frame would meet them.",
		{ { DIAG_ADMIN, true, "remove that rule", "{unrule}" } },
	},
	[CODE_NETDEV_RULES] = {
		"netdev-rules", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"{table} on {link} drops it: {what}",
		"Rules of the family netdev see a packet before everything else: {rule}.",
		SILENCE,
		"The chains that are bound to the device.",
		{ { DIAG_ADMIN, true, "remove that rule", "{in} {unrule}" } },
	},
	[CODE_ARP_RULES] = {
		"arp-rules", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"{table} in {place} drops its ARP: {what}",
		"Without ARP nobody finds out at which MAC an address is: {rule}.",
		THREE_SECONDS,
		"The rules of the family arp.",
		{ { DIAG_CONTAINER, true, "accept it before that, or remove what drops it",
		    "{in} {unrule}" } },
	},
	[CODE_TC_DROP] = {
		"tc-drop", CODE_OF_BRIDGE, DIAG_UNDECIDED,
		"a tc filter on {link} may drop or change it",
		"Filters are programs, and what they do with a packet is not to be read from outside.",
		"Nothing, or silence.",
		"Filters at the link; only the tracer or a probe tells what they do.",
		{ { DIAG_ADMIN, true, "remove the filters", "{in} tc qdisc del dev {link} clsact" } },
	},
	[CODE_XDP_DROP] = {
		"xdp-drop", CODE_OF_BRIDGE, DIAG_UNDECIDED,
		"an XDP program on {link} may drop or change it",
		"It sees each packet before all else, and what it does is not to be read from outside.",
		"Nothing, or silence.",
		"A program at the link; only the tracer or a probe tells what it does.",
		{ { DIAG_ADMIN, true, "end the program that attached it", NULL },
		  { DIAG_ADMIN, true, "or take it off the link", "ip link set dev {link} xdp off" } },
	},
	[CODE_MTU_HOLE] = {
		"mtu-hole", CODE_OF_BRIDGE, DIAG_PARTLY,
		"packets over {mtu} bytes are lost at {place}'s {link}",
		"{link} takes {mtu} bytes and {sender} sends up to {sent}. A bridge cannot tell the "
		"sender, so what is larger is lost without a word.",
		"Small packets pass, large ones are lost: it connects and then hangs.",
		"The MTU of each link on the way.",
		{ { DIAG_ADMIN, false, "give the link the MTU of the others",
		    "{in} ip link set dev {link} mtu {sent}" } },
	},
	[CODE_TUNNEL_LOST] = {
		"tunnel-lost", CODE_OF_BRIDGE, DIAG_UNREACHABLE,
		"network {network} has lost the way to {b} on host {host}",
		"Something of it is missing: {what}. Nothing is flooded there, so what has no entry is thrown "
		"away.",
		SILENCE " Or it fails after three seconds (no route to host).",
		"The network's tunnel, the entries of it and of the bridge for the MAC, and the host's neighbour "
		"entry for the address, against what the other host has told.",
		{ { DIAG_NETD, false, "let netd make it again", "netctl doctor --fix" } },
	},

	/* Of the host: whether it forwards, by which route, and what its rules say. Each is
	 * asked of the kernel first; the settings only explain its answer. */
	[CODE_FORWARDING_OFF] = {
		"forwarding-off", CODE_OF_HOST, DIAG_UNREACHABLE,
		"the host does not forward {family}",
		"{sysctl} is 0, so the host passes nothing on from one interface to another.",
		SILENCE,
		"The kernel's own answer whether it would forward, and the setting.",
		{ { DIAG_ADMIN, false, "let the host forward", "sysctl -w {sysctl}=1" } },
	},
	[CODE_FORWARDING_OFF_LINK] = {
		"forwarding-off-link", CODE_OF_HOST, DIAG_UNREACHABLE,
		"the host does not forward what comes in at {link}",
		"{sysctl} is 0; the setting for the whole host does not matter then.",
		SILENCE,
		"The kernel's own answer whether it would forward, and the setting.",
		{ { DIAG_ADMIN, false, "let it forward", "sysctl -w {sysctl}=1" } },
	},
	[CODE_RP_FILTER] = {
		"rp-filter", CODE_OF_HOST, DIAG_UNREACHABLE,
		"{place} does not believe that {src} is behind {link}",
		"Reverse path filtering is on, and the way back to {src} is another{way}.",
		SILENCE,
		"The kernel's own answer for a packet that comes in there, and rp_filter.",
		{ { DIAG_ADMIN, true, "remove the route by the other link",
		    "{in} ip {ip} route del {matched}" },
		  { DIAG_ADMIN, true, "or, where it is right, believe whatever way back there is",
		    "{in} sysctl -w net.ipv4.conf.{link}.rp_filter=2" } },
	},
	[CODE_ROUTE_OVERLAP] = {
		"route-overlap", CODE_OF_HOST, DIAG_UNREACHABLE,
		"the host sends {target} by {link}, not by {network}",
		"A route or policy rule of the host covers a part of the subnet of {network}{route}.",
		SILENCE,
		"The kernel's own answer which way the container is.",
		{ { DIAG_ADMIN, true, "remove that route", "ip {ip} route del {matched}" },
		  { DIAG_ADMIN, true, "or give {network} another subnet", NULL } },
	},
	[CODE_HOST_NO_ROUTE] = {
		"host-no-route", CODE_OF_HOST, DIAG_UNREACHABLE,
		"the host has no route to {dst}",
		"The host was asked which way {dst} is, and knows none.",
		AT_ONCE "network is unreachable; or the gateway says so by ICMP.",
		"The kernel's own answer to the question for a route.",
		{ { DIAG_ADMIN, false, "give the host a route there, or a default route", NULL } },
	},
	[CODE_HOST_RULE] = {
		"host-rule", CODE_OF_HOST, DIAG_UNREACHABLE,
		"the host's routing refuses it: {rule}",
		"A policy rule or a route of the host is there to refuse, and matches.",
		"No route to host, or permission denied: the gateway says so by ICMP.",
		"The error with which the kernel answers, then what matches.",
		{ { DIAG_ADMIN, true, "remove it", "ip {ip} {object} del {matched}" } },
	},
	[CODE_SUBNET_ROUTE_MISSING] = {
		"subnet-route-missing", CODE_OF_HOST, DIAG_UNREACHABLE,
		"the host has lost its route to {network}",
		"Without the route to {subnet} by {bridge} the host does not know where the containers "
		"of {network} are.",
		SILENCE,
		"The kernel's own answer which way the container is, and the host's routes.",
		{ { DIAG_ADMIN, false, "give it back",
		    "ip {ip} route replace {subnet} dev {bridge} proto kernel scope link" } },
	},
	[CODE_GATEWAY_ADDRESS_MISSING] = {
		"gateway-address-missing", CODE_OF_HOST, DIAG_UNREACHABLE,
		"bridge {bridge} has lost the gateway's address {next}",
		"Containers of {network} send what leaves it to that address, and nobody has it.",
		THREE_SECONDS,
		"The addresses of the bridge.",
		{ { DIAG_ADMIN, false, "give it back",
		    "ip addr replace {prefix} dev {bridge}" } },
	},
	[CODE_UPLINK_DOWN] = {
		"uplink-down", CODE_OF_HOST, DIAG_UNREACHABLE,
		"the host's link {link} to the outside is down",
		"Nothing leaves the host there.",
		AT_ONCE "network is unreachable; or it waits.",
		"The flags of the link.",
		{ { DIAG_ADMIN, false, "bring it up, and give it the routes that went with it", NULL } },
	},
	[CODE_OTHER_NETWORK] = {
		"other-network", CODE_OF_HOST, DIAG_UNREACHABLE,
		"{from-network} and {network} are separate networks",
		"{a} is on {from-network}, {b} on {network}; netd forwards between networks only to "
		"published ports.",
		SILENCE,
		"The two have no network in common, and netd's rule for that.",
		{ { DIAG_ADMIN, true, "they then find each other by name",
		    "netctl network connect {network} {container-a}" },
		  { DIAG_ADMIN, true, "and {a} uses the host's address",
		    "netctl port add {container-b} {port}:{port}/{protocol}" } },
	},
	[CODE_INTERNAL] = {
		"internal", CODE_OF_HOST, DIAG_UNREACHABLE,
		"network {network} is internal",
		"It was made without a way out or in, so this is meant.",
		AT_ONCE "network is unreachable. From outside, it waits.",
		"The network's option.",
		{ { DIAG_ADMIN, true, "put {place} on a network that is not internal, too", NULL } },
	},
	[CODE_RULES_DROP] = {
		"rules-drop", CODE_OF_HOST, DIAG_UNREACHABLE,
		"{table} drops it: {what}",
		"{nf}The packet is dropped by {rule}.",
		SILENCE,
		"The host's rules, as the packet would meet them.",
		{ { DIAG_ADMIN, true, "let that firewall accept {bridge}, before that rule",
		    "{accept}" },
		  { DIAG_ADMIN, true, "or remove that rule", "{unrule}" } },
	},
	[CODE_RULES_POLICY] = {
		"rules-policy", CODE_OF_HOST, DIAG_UNREACHABLE,
		"{table} drops what it does not accept (chain {chain})",
		"{nf}No rule of chain {chain} accepts the packet, and its policy is drop.",
		SILENCE,
		"The host's rules, as the packet would meet them.",
		{ { DIAG_ADMIN, true, "let that firewall accept {bridge}", "{accept}" } },
	},
	[CODE_RULES_REJECT] = {
		"rules-reject", CODE_OF_HOST, DIAG_UNREACHABLE,
		"{table} rejects it: {what}",
		"{nf}The packet is refused by {rule}.",
		"It is refused at once; an ICMP error of the host says so.",
		"The host's rules, as the packet would meet them.",
		{ { DIAG_ADMIN, true, "let that firewall accept {bridge}, before that rule",
		    "{accept}" },
		  { DIAG_ADMIN, true, "or remove that rule", "{unrule}" } },
	},
	[CODE_LEGACY_IPTABLES] = {
		"legacy-iptables", CODE_OF_HOST, DIAG_UNDECIDED,
		"the host has rules of iptables-legacy, which cannot be read here",
		"They are asked for each packet, as nftables is, and are shown by iptables-legacy alone: "
		"table {legacy}.",
		"Nothing, or whatever those rules do.",
		"/proc/net/ip_tables_names of the host.",
		{ { DIAG_ADMIN, false,
		    "look whether one of them drops it: iptables-legacy -L -v -n", NULL } },
	},
	[CODE_RATE_LIMIT] = {
		"rate-limit", CODE_OF_HOST, DIAG_UNDECIDED,
		"{table} drops it above a rate",
		"How much has passed lately decides, and nobody can read that: {rule}.",
		"It works, or connects and then hangs, or waits.",
		"A rule with a limit, on which the verdict hangs.",
		{ { DIAG_ADMIN, true, "remove that rule", "{in} {unrule}" } },
	},
	[CODE_SOURCE_FOREIGN] = {
		"source-foreign", CODE_OF_HOST, DIAG_UNREACHABLE,
		"{a} sends as {src}, which is not its address",
		"netd lets a container reach beyond its bridge with the addresses that it was given, "
		"and with no others.",
		SILENCE,
		"netd's set of addresses that a bridge may send from.",
		{ { DIAG_CONTAINER, false, "send from an address that netd gave", NULL } },
	},
	[CODE_NO_ROUTER] = {
		"no-router", CODE_OF_HOST, DIAG_UNREACHABLE,
		"the host forwards for netd's networks only",
		"It was netd that switched forwarding on, and that does not make the host a router for "
		"others.",
		SILENCE,
		"netd's rule for what comes from no bridge and goes to none.",
		{ { DIAG_ADMIN, true, "switch forwarding on yourself before netd starts", NULL } },
	},
	[CODE_NO_MASQUERADE] = {
		"no-masquerade", CODE_OF_HOST, DIAG_UNREACHABLE,
		"it leaves the host with {a}'s private address {src}",
		"Nobody outside knows a way back to {src}; network {network} is to be masqueraded, "
		"and is not{because}.",
		SILENCE,
		"The source after the host's rules.",
		{ { DIAG_ADMIN, true, "remove what keeps NAT from it", "{unrule}" } },
	},
	[CODE_ANSWER_UNTRACKED] = {
		"answer-untracked", CODE_OF_HOST, DIAG_UNREACHABLE,
		"the answer comes from {src}, and {a} asked {asked}",
		"The host led the question on, and has to lead the answer back under the address that was "
		"asked. A rule keeps conntrack from the answer{because}.",
		SILENCE,
		"The source of the answer where it arrives.",
		{ { DIAG_ADMIN, true, "remove what keeps NAT from it", "{unrule}" } },
	},
	[CODE_SNAT_WRONG] = {
		"snat-wrong", CODE_OF_HOST, DIAG_UNREACHABLE,
		"it leaves the host as {src}, which is not the host's address",
		"Answers go to {src} and do not come back here: {rule}.",
		SILENCE,
		"The source after the host's rules, against the host's addresses.",
		{ { DIAG_ADMIN, true, "remove that rule", "{unrule}" } },
	},
	[CODE_DNAT_TAKEN] = {
		"dnat-taken", CODE_OF_HOST, DIAG_UNREACHABLE,
		"{table} leads it to {to} instead",
		"Another table than netd's changes where the packet goes: {rule}. Who comes first "
		"decides for the whole flow.",
		SILENCE,
		"The destination after the host's rules, against what is published.",
		{ { DIAG_ADMIN, true, "remove that rule", "{unrule}" } },
	},
	[CODE_CONNTRACK_FULL] = {
		"conntrack-full", CODE_OF_HOST, DIAG_UNREACHABLE,
		"the host's table of connections is full ({count} of {max})",
		"A packet of a new connection that finds no room there is dropped.",
		SILENCE,
		"nf_conntrack_count against nf_conntrack_max.",
		{ { DIAG_ADMIN, false, "make it larger",
		    "sysctl -w net.netfilter.nf_conntrack_max={more}" } },
	},
	[CODE_TTL] = {
		"ttl", CODE_OF_HOST, DIAG_UNREACHABLE,
		"packets of {place} live for {ttl} hop only",
		"{sysctl} of {place} is {ttl}, and the host is the first hop.",
		"No route to host: the gateway says that the time is exceeded.",
		"The setting inside.",
		{ { DIAG_CONTAINER, false, "set it to what is usual",
		    "{in} sysctl -w {sysctl}=64" } },
	},
	[CODE_PATH_MTU] = {
		"path-mtu", CODE_OF_HOST, DIAG_PARTLY,
		"{link} takes {mtu} bytes, {sender} sends up to {sent}",
		"The host tells the sender by ICMP, and the sender then makes its packets smaller.",
		"The first large packet is late; UDP that may not be cut fails once.",
		"The MTU of each link on the way.",
		{ { DIAG_ADMIN, true, "make the network with that MTU", NULL } },
	},
	[CODE_PATH_MTU_BLACK_HOLE] = {
		"path-mtu-black-hole", CODE_OF_HOST, DIAG_PARTLY,
		"packets over {mtu} bytes are lost, and nobody says so",
		"{link} takes {mtu} bytes and {sender} sends up to {sent}. The host would tell it by ICMP, "
		"which {table} drops: {rule}.",
		"Small packets pass, large ones are lost: it connects and then hangs.",
		"The MTU of each link on the way, and the rules that the ICMP error meets.",
		{ { DIAG_ADMIN, true, "let ICMP errors pass: remove that rule, or accept them before it",
		    NULL } },
	},
	[CODE_ROUTE_LOCALNET_OFF] = {
		"route-localnet-off", CODE_OF_HOST, DIAG_UNREACHABLE,
		"the host does not let 127.0.0.1 lead to {bridge}",
		"{sysctl} is 0; what is published on the host's loopback needs it.",
		SILENCE,
		"The setting of the bridge.",
		{ { DIAG_ADMIN, false, "switch it on", "sysctl -w {sysctl}=1" } },
	},

	/* Of B: whether somebody listens, at which address, and whether the answer finds its
	 * way back. */
	[CODE_NOT_LISTENING] = {
		"not-listening", CODE_OF_B, DIAG_UNREACHABLE,
		"nobody listens on {port}/{protocol} in {place}",
		"The packet arrives, and no socket takes it.",
		REFUSED,
		"The kernel of the receiver was asked who would take the packet.",
		{ { DIAG_CONTAINER, false, "start the server, or use the port it listens on{ports}",
		    NULL } },
	},
	[CODE_LISTENS_LOOPBACK_ONLY] = {
		"listens-loopback-only", CODE_OF_B, DIAG_UNREACHABLE,
		"{place} listens on {bound} only",
		"What listens on {bound} is reached from inside {place} only.",
		REFUSED,
		"The listeners of the receiver.",
		{ { DIAG_CONTAINER, false, "let it listen on {any}{process}", NULL } },
	},
	[CODE_LISTENS_OTHER_ADDRESS] = {
		"listens-other-address", CODE_OF_B, DIAG_UNREACHABLE,
		"{place} listens on {bound}, not on {dst}",
		"A socket that is bound to one address takes nothing that is sent to another.",
		REFUSED,
		"The listeners of the receiver.",
		{ { DIAG_CONTAINER, false, "let it listen on {any}{process}", NULL } },
	},
	[CODE_LISTENS_IPV6_ONLY] = {
		"listens-ipv6-only", CODE_OF_B, DIAG_UNREACHABLE,
		"{place} listens on {port}/{protocol} by IPv6 only",
		"The socket has IPV6_V6ONLY or an IPv6 address, and the packet is IPv4.",
		REFUSED,
		"The listeners of the receiver.",
		{ { DIAG_CONTAINER, false, "let it listen on 0.0.0.0, too{process}", NULL } },
	},
	[CODE_LISTENS_ELSEWHERE] = {
		"listens-elsewhere", CODE_OF_B, DIAG_UNREACHABLE,
		"{listener} listens on {port}/{protocol}, and {place} does not",
		"Each network namespace has ports of its own: what listens in that of {elsewhere} is not "
		"reached at the address of {place}.",
		REFUSED,
		"The listeners of the receiver and of the host, and in which namespace its own processes listen.",
		{ { DIAG_CONTAINER, false, "start the server inside {place}, or use {elsewhere}", NULL } },
	},
	[CODE_BACKLOG_FULL] = {
		"backlog-full", CODE_OF_B, DIAG_UNREACHABLE,
		"{place}'s server does not accept, and its queue is full",
		"Connections that wait to be accepted: {waiting}; the limit of the queue: {room}. What "
		"comes to a full one is dropped without an answer.",
		SILENCE,
		"The length of the accept queue against its limit; TcpExt ListenOverflows.",
		{ { DIAG_CONTAINER, false, "look what the server waits for, or start it anew{process}",
		    NULL } },
	},
	[CODE_UDP_NO_LISTENER] = {
		"udp-no-listener", CODE_OF_B, DIAG_UNREACHABLE,
		"nobody takes {port}/udp in {place}",
		"The datagram arrives, and no socket is bound to that port.",
		"Connection refused with the next call: {b} answers with ICMP.",
		"The kernel of the receiver was asked who would take the packet.",
		{ { DIAG_CONTAINER, false, "start the server, or use the port it is bound to{ports}",
		    NULL } },
	},
	[CODE_UDP_CONNECTED_ELSEWHERE] = {
		"udp-connected-elsewhere", CODE_OF_B, DIAG_UNREACHABLE,
		"{place}'s socket on {port}/udp hears {peer} only",
		"A UDP socket that is connected takes nothing from anybody else.",
		"Connection refused with the next call: {b} answers with ICMP.",
		"The peer of the socket.",
		{ { DIAG_CONTAINER, false, "let it not connect(2) that socket{process}", NULL } },
	},
	[CODE_RECEIVE_BUFFER_FULL] = {
		"receive-buffer-full", CODE_OF_B, DIAG_UNREACHABLE,
		"the receive buffer of {place}'s {port}/udp is full",
		"The server does not read. {drops} datagrams were dropped so far.",
		SILENCE,
		"The memory of the socket against its limit.",
		{ { DIAG_CONTAINER, false, "look what the server waits for, or start it anew{process}",
		    NULL } },
	},
	[CODE_SOCKET_FILTER] = {
		"socket-filter", CODE_OF_B, DIAG_UNREACHABLE,
		"a filter at {place}'s socket on {port}/{protocol} {does} it",
		"The server has attached a BPF program to its socket{reading}. What that refuses is "
		"thrown away without an answer.",
		SILENCE,
		"The program (SO_GET_FILTER of a duplicate of the descriptor), run on the packet. Where it "
		"cannot be read it is undecided: it is eBPF; or netd runs, whose filter of system calls "
		"allows no such duplicate, and datagrams were lost at a socket with room. One that has "
		"refused nothing yet is not seen while netd runs: with -v the hop of the socket says "
		"\"Filter not looked at\" then, and --probe tells.",
		{ { DIAG_CONTAINER, false, "let the server detach or correct its filter{process}",
		    NULL } },
	},
	[CODE_CHECKSUM] = {
		"checksum", CODE_OF_B, DIAG_UNREACHABLE,
		"its checksum is wrong when it comes to {place}",
		"A packet with a wrong checksum is thrown away without a word. Somebody on the way made it so: a link that "
		"computes checksums wrongly, or a program that changes packets and forgets theirs.",
		SILENCE,
		"The reason of the drop, which only the tracer sees.",
		{ { DIAG_ADMIN, false,
		    "let the links on the way compute no checksums, one by one: ethtool -K LINK tx off",
		    NULL } },
	},
	[CODE_SERVER_STOPPED] = {
		"server-stopped", CODE_OF_B, DIAG_PARTLY,
		"{place}'s server is {stopped}",
		"The kernel takes the connection, and nobody reads from it.",
		"It connects, and no data comes.",
		"The state of the process, and of its control group.",
		{ { DIAG_CONTAINER, false, "let it run on{process}", "{continue}" } },
	},
	[CODE_RULES_OF_B] = {
		"rules-of-b", CODE_OF_B, DIAG_UNREACHABLE,
		"{place}'s own firewall drops it: {what}",
		"The packet arrives in {place} and is dropped there: {rule}.",
		SILENCE,
		"The rules inside, as the packet would meet them.",
		{ { DIAG_CONTAINER, true, "accept it before that, or remove what drops it",
		    "{in} {unrule}" } },
	},
	[CODE_RULES_OF_B_RESET] = {
		"rules-of-b-reset", CODE_OF_B, DIAG_UNREACHABLE,
		"{place}'s own firewall refuses it: {what}",
		"From outside it looks as if nobody listened, but the refusal is made by {rule}.",
		REFUSED,
		"The rules inside, which come before the socket.",
		{ { DIAG_CONTAINER, true, "accept it before that, or remove what drops it",
		    "{in} {unrule}" } },
	},
	[CODE_NO_WAY_BACK] = {
		"no-way-back", CODE_OF_B, DIAG_UNREACHABLE,
		"{place} has no route back to {dst}",
		"The packet arrives, and {place} does not know where to send the answer: it throws the "
		"packet away.",
		SILENCE,
		"The kernel of the receiver was asked for the route to the sender.",
		{ RESTORE },
	},
	[CODE_WAY_BACK_REJECT] = {
		"way-back-reject", CODE_OF_B, DIAG_UNREACHABLE,
		"{place}'s routing refuses the answer: {rule}",
		"The packet arrives, and a route or policy rule of {place} is there to refuse what "
		"goes back to {dst}.",
		SILENCE,
		"The error with which the kernel of the receiver answers, then what matches.",
		{ { DIAG_CONTAINER, false, "remove it", "{in} ip {ip} {object} del {matched}" } },
	},
	[CODE_NEIGHBOUR_BACK_WRONG] = {
		"neighbour-back-wrong", CODE_OF_B, DIAG_UNREACHABLE,
		"{place} sends the answer to {mac}, where {next} is not",
		"{next} is at {right}. The answer is made, and thrown away by whoever gets it.",
		SILENCE,
		"The neighbour entry of the receiver, against the MAC of who has the address.",
		{ { DIAG_CONTAINER, false, "let it ask anew",
		    "{in} ip {ip} neigh del {next} dev {link}" } },
	},
	[CODE_B_NO_ADDRESS] = {
		"b-no-address", CODE_OF_B, DIAG_UNREACHABLE,
		"{place} has lost its address {dst}",
		"Frames arrive in {place}, and the address they are for is not one of its own.",
		"It waits, or fails after three seconds.",
		"The addresses of the receiver, against those that netd gave.",
		{ RESTORE },
	},
	[CODE_B_CLAIMS_A] = {
		"b-claims-a", CODE_OF_B, DIAG_UNREACHABLE,
		"{place} has {a}'s address {src} itself",
		"A packet from one of its own addresses cannot come from outside, so {place} throws "
		"it away.",
		SILENCE,
		"The addresses of the receiver.",
		{ { DIAG_CONTAINER, false, "take that address away",
		    "{in} ip addr del {prefix} dev {link}" } },
	},
	[CODE_ECHO_IGNORED] = {
		"echo-ignored", CODE_OF_B, DIAG_UNREACHABLE,
		"{place} does not answer ping",
		"{sysctl} is 1. Ports are not touched by that.",
		"Only ping is silent.",
		"The setting inside.",
		{ { DIAG_CONTAINER, false, "let it answer", "{in} sysctl -w {sysctl}=0" } },
	},

	/* Of published ports: what leads from the host's port to the container's. */
	[CODE_NOT_PUBLISHED] = {
		"not-published", CODE_OF_PORTS, DIAG_UNREACHABLE,
		"{port}/{protocol} is not published on the host",
		"No container publishes that port, and no server of the host listens there{others}.",
		REFUSED,
		"netd's map of published ports, and the host's listeners.",
		{ { DIAG_ADMIN, true, "publish it: netctl port add CONTAINER {port}:PORT/{protocol}", NULL } },
	},
	[CODE_PUBLISHED_LOOPBACK_ONLY] = {
		"published-loopback-only", CODE_OF_PORTS, DIAG_UNREACHABLE,
		"{port}/{protocol} is published on {bound} only",
		"What is published on {bound} is reached from the host itself only.",
		REFUSED,
		"netd's map of published ports.",
		{ { DIAG_ADMIN, true, "publish it on all addresses of the host", NULL } },
	},
	[CODE_CLOSED_DIRECT] = {
		"closed-direct", CODE_OF_PORTS, DIAG_UNREACHABLE,
		"containers of {network} are not reached at their own addresses",
		"From outside a container is reached by published ports at the host's address.",
		SILENCE,
		"netd's rule for what comes from outside.",
		{ { DIAG_ADMIN, true,
		    "publish the port (netctl port add {container-b} {port}:{port}/{protocol}), and use the "
		    "host's address",
		    NULL } },
	},
	[CODE_PUBLISHED_NO_LISTENER] = {
		"published-no-listener", CODE_OF_PORTS, DIAG_UNREACHABLE,
		"nobody listens on {port}/{protocol} in {place}, which publishes it",
		"The host leads its port {host-port} to {place}, where no socket takes the packet.",
		REFUSED,
		"The kernel of the container was asked who would take the packet.",
		{ { DIAG_CONTAINER, false, "start the server, or publish the port it listens on{ports}",
		    NULL } },
	},
	[CODE_PUBLISHED_NOT_LED] = {
		"published-not-led", CODE_OF_PORTS, DIAG_UNREACHABLE,
		"port {port} of the host is not led on to {publisher}",
		"{reason} What reaches netd's own socket, which holds the port, is dropped there.",
		SILENCE,
		"A packet to a published port that still has the host's address behind the host's rules.",
		{ { DIAG_ADMIN, true, "{repair}", "{unrule}" } },
	},

	[CODE_SERVICE_UNPUBLISHED] = {
		"service-unpublished", CODE_OF_PORTS, DIAG_UNREACHABLE,
		"service {service} does not publish that port",
		"The address of a service is nobody's outside of its network {network}. Who is outside "
		"reaches it by a port that it publishes on each host.",
		SILENCE " Or there is no route to host.",
		"The service's ports, and which of them are published.",
		{ { DIAG_ADMIN, true, "publish it: netctl service update --publish-add {wanted} {service}", NULL } },
	},
	[CODE_SERVICE_PORT_TAKEN] = {
		"service-port-taken", CODE_OF_PORTS, DIAG_PARTLY,
		"{host} does not publish port {port} of service {service}",
		"Somebody has it there: {taken}. It is tried again each second, and the other hosts of a "
		"cluster have theirs all the same.",
		"Whoever has the port answers, or nobody does.",
		"What netd says of its ports, and tells the other hosts.",
		{ { DIAG_ADMIN, true, "let the other one go, or publish the service at another port", NULL } },
	},
	[CODE_SERVICE_LOOPBACK] = {
		"service-loopback", CODE_OF_PORTS, DIAG_UNREACHABLE,
		"port {port} of service {service} is not reached by {dst}",
		"What is for ::1, or comes from a link-local address, cannot be led to another link (RFC 4291), "
		"so it is refused on the host.",
		REFUSED,
		"The address that is asked for, and the rules of the host that refuse it.",
		{ { DIAG_ADMIN, true, "ask for 127.0.0.1, or another address of the host", NULL } },
	},
	[CODE_INGRESS_LOST] = {
		"ingress-lost", CODE_OF_PORTS, DIAG_UNREACHABLE,
		"the host does not lead port {port} to service {service}",
		"The rules of table inet netd-ingress that lead it to those who stand behind the service are "
		"gone, or are not what they should be.",
		REFUSED " Or it waits.",
		"What the rules of the host make of a packet to the port; of doctor, the elements of netd's "
		"sets there.",
		{ { DIAG_NETD, false, "let netd make them again", "netctl doctor --fix" } },
	},

	/* Of names: what a name becomes for the container that asks, before any packet is sent
	 * to the address. */
	[CODE_NAME_OTHER_NETWORK] = {
		"name-other-network", CODE_OF_NAMES, DIAG_UNREACHABLE,
		"no name {b} in {a}'s networks",
		"There is {b} on {network}. A container finds names of its own networks only.",
		"The name does not exist (NXDOMAIN).",
		"The networks of both.",
		{ { DIAG_ADMIN, true, "they then find each other",
		    "netctl network connect {network} {container-a}" } },
	},
	[CODE_NAME_UNKNOWN] = {
		"name-unknown", CODE_OF_NAMES, DIAG_UNREACHABLE,
		"nobody is called {b}",
		"No container that netd knows has that name or alias{alike}.",
		"The name does not exist (NXDOMAIN), unless a server outside knows it.",
		"netd's table of names.",
		{ { DIAG_ADMIN, false, "see `netctl ps` for the names that there are", NULL } },
	},
	[CODE_INTERNAL_REFUSED] = {
		"internal-refused", CODE_OF_NAMES, DIAG_UNREACHABLE,
		"{a} is on internal networks only, and {b} is a name of outside",
		"netd asks no server outside for a container that has no way out: names would be one.",
		"The name does not exist (NXDOMAIN), or is refused.",
		"The networks of the container that asks.",
		{ { DIAG_ADMIN, true, "put {a} on a network that is not internal, too", NULL } },
	},
	[CODE_UPSTREAM_DEAD] = {
		"upstream-dead", CODE_OF_NAMES, DIAG_UNREACHABLE,
		"no name server outside answers{asked}",
		"netd's resolver asks the servers of the host's resolv.conf, or those that {a} was given "
		"(--dns), and all of them have failed within the last minute.",
		"Names fail after a while (SERVFAIL, try again).",
		"What the resolver knows of its servers' health.",
		{ { DIAG_ADMIN, false,
		    "see that one of them is reached from the host, or name others in resolv.conf; netd follows "
		    "that file by itself",
		    NULL } },
	},
	[CODE_RESOLVER_STOPPED] = {
		"resolver-stopped", CODE_OF_NAMES, DIAG_UNREACHABLE,
		"netd's resolver is stopped",
		"The process that answers on 127.0.0.11 exists and does not run (pid {pid}).",
		"Names time out.",
		"The state of the process that has the resolver's socket.",
		{ { DIAG_ADMIN, false, "let it run on", "kill -CONT {pid}" } },
	},
	[CODE_RESOLV_CONF_FOREIGN] = {
		"resolv-conf-foreign", CODE_OF_NAMES, DIAG_UNREACHABLE,
		"{a} asks {server} for names, not netd",
		"The resolv.conf in {a} does not lead to 127.0.0.11, and only netd knows its "
		"containers by name.",
		"The name does not exist, or is somebody else's.",
		"The resolv.conf inside.",
		{ { DIAG_CONTAINER, false, "put `nameserver 127.0.0.11` into it", NULL } },
	},
	[CODE_HOSTS_SHADOW] = {
		"hosts-shadow", CODE_OF_NAMES, DIAG_UNREACHABLE,
		"the hosts file in {a} says that {b} is {wrong}",
		"A line in /etc/hosts comes before the resolver, and {b} is {right}.",
		"It reaches somebody else, or nobody.",
		"The hosts file inside, against netd's table.",
		{ { DIAG_CONTAINER, false, "remove that line from /etc/hosts in {a}", NULL } },
	},
	[CODE_DNS_OWN_RULES] = {
		"dns-own-rules", CODE_OF_NAMES, DIAG_UNREACHABLE,
		"{a}'s own firewall drops its questions for names: {what}",
		"Questions to 127.0.0.11 and their answers go by lo inside {a}, and are dropped there: "
		"{rule}.",
		"Names time out.",
		"The rules inside, as a question would meet them.",
		{ { DIAG_CONTAINER, true, "accept it before that, or remove what drops it",
		    "{in} {unrule}" } },
	},
	[CODE_DNS_REDIRECT_LOST] = {
		"dns-redirect-lost", CODE_OF_NAMES, DIAG_UNREACHABLE,
		"questions of {a} do not reach netd's resolver",
		"The rules in {a} that lead 127.0.0.11, port 53, to the resolver's socket are gone.",
		"Names fail at once, or time out.",
		"Where a question arrives after the rules inside.",
		{ { DIAG_ADMIN, false, "start netd anew: that leads them there again", CODE_RESTART } },
	},

	/* Of doctor alone: what is wrong with netd and the host, without a pair that was asked
	 * about. */
	[CODE_NETD_DOWN] = {
		"netd-down", CODE_OF_DOCTOR, DIAG_UNDECIDED,
		"netd does not run, or is stopped",
		"What is wired stays wired and names are answered, but nothing is repaired and no "
		"container is attached until it runs again.",
		"Nothing, until a container starts or something changes.",
		"Who listens on netd's socket.",
		{ { DIAG_ADMIN, false, "start it anew, dead or stopped", CODE_RESTART } },
	},
	[CODE_BRIDGE_MISSING] = {
		"bridge-missing", CODE_OF_DOCTOR, DIAG_UNREACHABLE,
		"bridge {bridge} of network {network} is gone",
		"Without it no container of {network} has a way to anybody.",
		THREE_SECONDS,
		"The links of the host, against netd's networks.",
		{ { DIAG_NETD, false, "let netd make it again", "netctl doctor --fix" } },
	},
	[CODE_LINK_MISSING] = {
		"link-missing", CODE_OF_DOCTOR, DIAG_UNREACHABLE,
		"{place} has no link to network {network}",
		"The pair of {link} is not where netd put it: one of its ends is gone.",
		AT_ONCE "network is unreachable.",
		"The links of the host and those inside, against what netd made.",
		{ { DIAG_NETD, false, "let netd make it again", "netctl doctor --fix {place}" } },
	},
	[CODE_ISOLATION_LOST] = {
		"isolation-lost", CODE_OF_DOCTOR, DIAG_PARTLY,
		"{place}'s port on {network} is not isolated any more",
		"Network {network} keeps its containers apart (icc=false), which the flag isolated of "
		"their ports does.",
		"More works than should.",
		"The flag isolated of the port, against the network's option.",
		{ { DIAG_NETD, false, "let netd put the flag back", "netctl doctor --fix {place}" } },
	},
	[CODE_MAC_CHANGED] = {
		"mac-changed", CODE_OF_DOCTOR, DIAG_PARTLY,
		"{link} in {place} has another MAC than netd gave it",
		"It has {mac}, and netd gave it {right}. Who remembers the old one does not reach it until "
		"he asks anew.",
		"Sometimes a wait of some seconds, then it works.",
		"The MAC inside, against netd's.",
		{ { DIAG_CONTAINER, false, "give it back, unless it is meant",
		    "{in} ip link set dev {link} address {right}" } },
	},
	[CODE_NETD_RULES_LOST] = {
		"netd-rules-lost", CODE_OF_DOCTOR, DIAG_UNREACHABLE,
		"netd's firewall has lost {what}",
		"The rules in table inet netd do for each container what its networks and ports ask for, "
		"and this is not among them.",
		SILENCE,
		"The elements of netd's sets, each asked for by its key.",
		{ { DIAG_NETD, false, "let netd write it again", "netctl doctor --fix" } },
	},
	[CODE_MANAGED_BY_OTHER] = {
		"managed-by-other", CODE_OF_DOCTOR, DIAG_PARTLY,
		"{manager} manages {link}, which is netd's",
		"What {manager} configures it also takes away: addresses, routes, and ports of bridges.",
		"It works, and some day does not.",
		"The state that {manager} keeps of the link, and that it runs.",
		{ { DIAG_ADMIN, false, 
		    "tell it to leave netd's links alone (NetworkManager: unmanaged-devices; "
		    "systemd-networkd: Unmanaged=yes)", NULL } },
	},
	[CODE_RESOLVER_LOOP] = {
		"resolver-loop", CODE_OF_DOCTOR, DIAG_PARTLY,
		"the host asks {server} for names, which is {whose}",
		"netd asks the servers of the host's resolv.conf what it does not know itself. There the "
		"question comes back to netd, until somebody gives up.",
		"Names of outside time out; those of containers are answered.",
		"The host's resolv.conf, and who answers at that address.",
		{ { DIAG_ADMIN, false,
		    "give the host a server of outside, or netd other servers (dns in netd.json)", NULL } },
	},
	[CODE_CONNECTIONS_LOST] = {
		"connections-lost", CODE_OF_DOCTOR, DIAG_PARTLY,
		"the host's table of connections is short: {count} of {max}",
		"{lost} packets were dropped since the host started because there was no room for their "
		"connection or its place was taken.",
		"Now and then a new connection waits.",
		"nf_conntrack_count against nf_conntrack_max, and what conntrack counts.",
		{ { DIAG_ADMIN, false, "make it larger",
		    "sysctl -w net.netfilter.nf_conntrack_max={more}" } },
	},
	[CODE_CLUSTER_UNREACHED] = {
		"cluster-unreached", CODE_OF_DOCTOR, DIAG_PARTLY,
		"{host} does not stand well with its cluster's etcd: {why}",
		"Containers come and go as ever, and packets go on. What other hosts have made or removed "
		"since is not known here, and what this one has made or removed not there.",
		"What was there before is found; what is new on another host is not.",
		"What `netctl cluster status` says, State and Why.",
		{ { DIAG_ADMIN, false, "see to etcd, or to the way there: netd goes on by itself",
		    "netctl cluster status" } },
	},
	[CODE_CLUSTER_REMOVED] = {
		"cluster-removed", CODE_OF_DOCTOR, DIAG_UNREACHABLE,
		"{host} was removed from its cluster",
		"Somebody has removed it, or etcd was made anew. It tells the others nothing: its "
		"containers are not known elsewhere. With an etcd of netd's own its certificate is "
		"revoked, and it is told nothing either.",
		"From other hosts its containers have no name and no way.",
		"The host's own record in etcd, which is gone; or members of etcd that take its connection "
		"and end it, one after the other.",
		{ { DIAG_ADMIN, true, "leave, and join again", "netctl cluster leave" } },
	},
	[CODE_CLUSTER_HOST_LOST] = {
		"cluster-host-lost", CODE_OF_DOCTOR, DIAG_PARTLY,
		"nothing is heard of {lost} in the cluster",
		"netd there does not run, or does not reach etcd. Names of its containers are not answered "
		"until it is back; packets to them go on where the host lives.",
		"Names of containers there are not known.",
		"The key that each host keeps in etcd by a lease of two seconds.",
		{ { DIAG_ADMIN, false, "see to netd there, or to its way to etcd", NULL },
		  { DIAG_ADMIN, true, "one that will not come back is removed",
		    "netctl node rm {first}" } },
	},
	[CODE_CERTIFICATE_ENDS] = {
		"certificate-ends", CODE_OF_DOCTOR, DIAG_PARTLY,
		"a certificate by which {host} is in its cluster {when}",
		"Members of etcd take none that has ended, so that this host hears nothing of the others "
		"any more and tells them nothing. Where etcd is netd's own the host that lets others in "
		"renews it before, and `netctl cluster status` says why that has not worked; one by which "
		"it was let into an etcd of somebody else's is his to renew. The authority of netd's own nobody "
		"renews: where that ends, the cluster is made anew before (docs/cluster.md).",
		"What was there before is found; what is new on another host is not.",
		"The end of the certificates in cluster.json, against the host's clock.",
		{ { DIAG_ADMIN, true, "leave, and join again with another", "netctl cluster leave" } },
	},
};

#define NOT_OVERRULED "netd cannot overrule what another table drops."

const char *const code_notes[CODE_N] = {
	[CODE_RULES_DROP] = NOT_OVERRULED,
	[CODE_RULES_POLICY] = NOT_OVERRULED,
	[CODE_RULES_REJECT] = NOT_OVERRULED,
};
