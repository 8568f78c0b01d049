# breakages.bash - one way, or a few, to make each thing happen that `netctl explain` has a code for
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the words say is in world.bash. Where a code can be made in several ways, each is one function more.

in_web() { in_c web "$@"; }
in_db() { in_c db "$@"; }
in_x() { in_c x "$@"; }

# table FAMILY 'CHAIN' HOOK PRIORITY RULE [COMMAND PREFIX]: a firewall of somebody else's, of one rule
foreign() { # WHERE FAMILY TYPE HOOK PRIORITY RULE
	local where=$1 family=$2 type=$3 hook=$4 priority=$5 rule=$6
	within "$where" nft "table $family corp { chain f { type $type hook $hook priority $priority; $rule; }; }"
}
foreign_ends() { within "$1" nft delete table "$2" corp; } # WHERE FAMILY
within() { # WHERE COMMAND…
	case $1 in
	host) in_host h "${@:2}" ;;
	out) in_out "${@:2}" ;;
	*) in_c "$@" ;;
	esac
}
# set_value WHERE NAME VALUE…: a sysctl
set_value() { within "$1" sh -c 'echo "$2" >"/proc/sys/$1"' set "$2" "${*:3}"; }
no_neighbour() { within "$1" ip neigh flush to "$2"; } # WHERE ADDRESS
# remembers WHERE ADDRESS MAC: as if it had just been told so, and it makes sure of it so late that nobody waits for that.
remembers() {
	set_value "$1" net/ipv4/neigh/eth0/base_reachable_time_ms 600000
	within "$1" ip neigh replace "$2" lladdr "$3" nud reachable dev eth0
}
forgets() { # WHERE ADDRESS
	set_value "$1" net/ipv4/neigh/eth0/base_reachable_time_ms 3000
	no_neighbour "$1" "$2"
}

# What a link that was down, an address or a flushed table took with it.
routes_whole() { # web|db
	local six=2001:db8:61::2
	[[ $1 == web ]] || six=2001:db8:61::3
	in_c "$1" ip addr replace "$six/64" dev eth0 nodad
	in_c "$1" ip route replace default via 10.61.0.1
	in_c "$1" ip -6 route replace default via 2001:db8:61::1
}

# ---- at who asks ----

A_BREAKAGES=(link-down no-address family-missing route-missing route-reject route-reject.unreachable route-reject.prohibit route-reject.throw
	rule-reject gateway-wrong neighbour-wrong gateway-mac-wrong neighbour-silent ports-exhausted ipsec-block ipsec-block.in
	own-rules-out own-rules-out.question own-rules-in own-rules-in.answer redirected-by-own-rules qdisc-drop loopback-down dad-failed)

link-down() {
	pair web db:80/tcp
	by in_web ip link set eth0 down
	sees ENETUNREACH
	back in_web ip link set eth0 up
	back routes_whole web
}
no-address() {
	pair web db:80/tcp
	by in_web ip addr del 10.61.0.2/24 dev eth0
	sees ENETUNREACH
	back in_web ip addr add 10.61.0.2/24 dev eth0
	back routes_whole web
}
family-missing() { # none of its networks has IPv6
	pair c "[2001:db8::1]:80/tcp"
	meant
	sees ENETUNREACH
}
route-missing() {
	pair web "$FAR:80/tcp"
	by in_web ip route del default
	sees ENETUNREACH
	back routes_whole web
}
route-reject() {
	pair web db:80/tcp
	by in_web ip route add blackhole 10.61.0.3
	sees EINVAL
	back in_web ip route del blackhole 10.61.0.3
}
route-reject.unreachable() {
	pair web db:80/tcp
	by in_web ip route add unreachable 10.61.0.3
	sees EHOSTUNREACH
	back in_web ip route del unreachable 10.61.0.3
}
route-reject.prohibit() {
	pair web db:80/tcp
	by in_web ip route add prohibit 10.61.0.3
	sees EACCES
	back in_web ip route del prohibit 10.61.0.3
}
route-reject.throw() {
	pair web db:80/tcp
	by in_web ip route add throw 10.61.0.3
	sees ENETUNREACH
	back in_web ip route del throw 10.61.0.3
}
rule-reject() { # one that only connections to that port meet
	pair web db:80/tcp
	by in_web ip rule add to 10.61.0.3 ipproto tcp dport 80 prohibit
	sees EACCES
	back in_web ip rule del to 10.61.0.3 ipproto tcp dport 80 prohibit
}
gateway-wrong() {
	pair web "$FAR:80/tcp"
	by in_web ip route replace default via 10.61.0.99
	sees EHOSTUNREACH icmp 3/1 10.61.0.2
	back routes_whole web
}
neighbour-wrong() {
	pair web db:80/tcp
	by in_web ip neigh replace 10.61.0.3 lladdr 02:00:00:00:00:99 nud permanent dev eth0
	sees timeout
	back in_web ip neigh del 10.61.0.3 dev eth0
}
gateway-mac-wrong() {
	pair web "$FAR:80/tcp"
	by in_web ip neigh replace 10.61.0.1 lladdr 02:00:00:00:00:99 nud permanent dev eth0
	sees timeout
	back in_web ip neigh del 10.61.0.1 dev eth0
}
neighbour-silent() {
	pair web db:80/tcp
	by in_db ip link set eth0 arp off
	by no_neighbour web 10.61.0.3
	sees EHOSTUNREACH icmp 3/1 10.61.0.2
	back in_db ip link set eth0 arp on
	back no_neighbour web 10.61.0.3
}
ports-exhausted() {
	pair web db:80/tcp
	by set_value web net/ipv4/ip_local_port_range 40000 40001
	by hold_connections web 10.61.0.3 80 2
	sees EADDRNOTAVAIL
	back connections_end
	back set_value web net/ipv4/ip_local_port_range 32768 60999
}
hold_connections() { # FROM ADDRESS PORT NUMBER
	local i
	for ((i = 0; i < $4; i++)); do echo "$(netns_of "$1") $2 $3/tcp"; done >"$T/held"
	: >"$T/held.out"
	spawn_to "$T/held.out" nsenter --net="/run/netns/$P-out" -- sh -c "exec '$REACH' hold 5000 <'$T/held'"
	HELD=$SPAWNED
	wait_until 30 all_held "$4"
}
all_held() { [[ $(grep -c answered "$T/held.out") -eq $1 ]]; }
connections_end() {
	kill -9 "$HELD"
	wait "$HELD" 2>/dev/null || true
}
ipsec-block() {
	pair web db:80/tcp
	by in_web ip xfrm policy add src 10.61.0.2/32 dst 10.61.0.3/32 dir out action block
	sees EPERM
	back in_web ip xfrm policy flush
}
ipsec-block.in() {
	pair web db:80/tcp
	by in_db ip xfrm policy add src 10.61.0.2/32 dst 10.61.0.3/32 dir in action block
	sees timeout
	back in_db ip xfrm policy flush
}
own-rules-out() {
	pair web db:80/tcp
	by foreign web inet filter output 0 "tcp dport 80 drop"
	sees timeout
	back foreign_ends web inet
}
own-rules-in() {
	pair web db:80/tcp
	by foreign web inet filter input 0 "policy drop; iifname lo accept"
	sees timeout
	back foreign_ends web inet
}
# What asks where a neighbour is, and what answers, are packets of their own, and only these are dropped.
asks_anew() { # WHO WHERE: by that address
	by no_neighbour "$1" "$2"
	sees EHOSTUNREACH icmp
	back no_neighbour "$1" "$2"
}
own-rules-out.question() {
	pair web "[2001:db8:61::3]:80/tcp"
	by foreign web ip6 filter output 0 "icmpv6 type nd-neighbor-solicit drop"
	back foreign_ends web ip6
	asks_anew web 2001:db8:61::3
}
own-rules-in.answer() {
	pair web "[2001:db8:61::3]:80/tcp"
	by foreign web inet filter input 0 "policy drop; ct state established,related accept; iifname lo accept"
	back foreign_ends web inet
	asks_anew web 2001:db8:61::3
}
redirected-by-own-rules() {
	pair web db:80/tcp
	by foreign web ip nat output -100 "tcp dport 80 redirect to :9"
	sees ECONNREFUSED rst
	back foreign_ends web ip
}
qdisc-drop() {
	pair web db:90/udp # TCP tries again and says nothing
	by in_web tc qdisc add dev eth0 root tbf rate 8kbit burst 20 limit 20
	sees ENOBUFS
	back in_web tc qdisc del dev eth0 root
}
loopback-down() {
	pair web web:80/tcp
	by in_web ip link set lo down
	sees timeout
	back in_web ip link set lo up
}
dad-failed() {
	pair web "[2001:db8::1]:80/tcp"
	by in_x ip addr add 2001:db8:61::2/64 dev eth0 nodad
	by in_web ip addr del 2001:db8:61::2/64 dev eth0
	by in_web sysctl -q net.ipv6.conf.eth0.accept_dad=1 net.ipv6.conf.eth0.dad_transmits=1
	by in_web ip addr add 2001:db8:61::2/64 dev eth0
	by wait_until 30 dad_has_failed
	sees EHOSTUNREACH icmp 1/2 # beyond the scope of the source address: only the link-local one is left
	back in_x ip addr del 2001:db8:61::2/64 dev eth0
	back in_web ip addr del 2001:db8:61::2/64 dev eth0
	back routes_whole web
}
dad_has_failed() { in_web ip -6 addr show dev eth0 | grep -q dadfailed; }

# ---- within the bridge ----

BRIDGE_BREAKAGES=(port-down port-down.db port-detached port-blocked bridge-down port-isolated icc-off port-locked hairpin-off hairpin-off.published entry-wrong
	entry-missing-no-flood duplicate-address duplicate-mac bridge-rules bridge-rules.question netdev-rules netdev-rules.egress netdev-rules.uplink netdev-rules.answer arp-rules tc-drop
	xdp-drop mtu-hole mtu-hole.port)

port-down() {
	pair web db:80/tcp
	frozen
	by in_host h ip link set "${HOST_LINK[web]}" down
	sees EHOSTUNREACH icmp 3/1 10.61.0.2 # without a carrier the neighbours are forgotten
	back in_host h ip link set "${HOST_LINK[web]}" up
}
port-down.db() {
	pair web db:80/tcp
	frozen
	by in_host h ip link set "${HOST_LINK[db]}" down
	sees timeout
	back in_host h ip link set "${HOST_LINK[db]}" up
}
port-detached() {
	pair web db:80/tcp
	frozen
	by in_host h ip link set "${HOST_LINK[db]}" nomaster
	sees timeout
	back in_host h ip link set "${HOST_LINK[db]}" master blue0
}
port-blocked() { # spanning tree: a port that was down listens and learns for half a minute
	pair web db:80/tcp
	frozen
	by in_host h ip link set blue0 type bridge stp_state 1
	by in_host h ip link set "${HOST_LINK[db]}" down
	by in_host h ip link set "${HOST_LINK[db]}" up
	sees timeout
	back in_host h ip link set blue0 type bridge stp_state 0
}
bridge-down() {
	pair web db:80/tcp
	frozen
	by in_host h ip link set blue0 down
	sees timeout
	back in_host h ip link set blue0 up
}
port-isolated() {
	pair web db:80/tcp
	frozen
	by in_host h bridge link set dev "${HOST_LINK[web]}" isolated on
	by in_host h bridge link set dev "${HOST_LINK[db]}" isolated on
	sees timeout
	back in_host h bridge link set dev "${HOST_LINK[web]}" isolated off
	back in_host h bridge link set dev "${HOST_LINK[db]}" isolated off
}
icc-off() {
	pair p q:80/tcp
	meant
	sees EHOSTUNREACH
	instead p 192.0.2.10:80/tcp
	undo netctl port rm q 80:80
}
port-locked() {
	pair web db:80/tcp
	frozen
	by in_host h bridge link set dev "${HOST_LINK[web]}" locked on
	by in_host h bridge fdb del "${WEB[mac]}" dev "${HOST_LINK[web]}" master
	sees timeout
	back in_host h bridge link set dev "${HOST_LINK[web]}" locked off
}
# What netd does not publish a firewall leads to who asks, and bridge netfilter sends back by the port that it came by.
hairpin-off() {
	pair x 192.0.2.10:8181/tcp
	meant
	by foreign host ip nat prerouting -110 "ip daddr 192.0.2.10 tcp dport 8181 dnat to 10.61.0.4:81"
	by within host nft "table ip corp2 { chain f { type nat hook postrouting priority 90; ip saddr 10.61.0.4 ip daddr 10.61.0.4 masquerade; }; }"
	sees timeout
	undo netctl port rm x 81/tcp
	back foreign_ends host ip
	back within host nft delete table ip corp2
}
hairpin-off.published() { # and somebody has turned it off
	pair db 192.0.2.10:8081/tcp
	frozen
	by within host bridge link set dev "${HOST_LINK[db]}" hairpin off
	sees timeout
	back within host bridge link set dev "${HOST_LINK[db]}" hairpin on
}
entry-wrong() {
	pair web db:80/tcp
	frozen
	by in_host h bridge fdb replace "${DB[mac]}" dev "${HOST_LINK[x]}" master static sticky
	sees timeout
	back in_host h bridge fdb del "${DB[mac]}" dev "${HOST_LINK[x]}" master static
}
entry-missing-no-flood() {
	pair web db:80/tcp
	frozen
	by in_host h bridge link set dev "${HOST_LINK[db]}" learning off flood off
	by in_host h bridge fdb del "${DB[mac]}" dev "${HOST_LINK[db]}" master
	sees timeout
	back in_host h bridge link set dev "${HOST_LINK[db]}" learning on flood on
}
duplicate-address() { # web asked when x was the first to answer
	pair web db:80/tcp
	by in_x ip addr add 10.61.0.3/32 dev eth0
	by in_web ip neigh replace 10.61.0.3 lladdr "$X_MAC" nud reachable dev eth0
	sees ECONNREFUSED rst
	back in_x ip addr del 10.61.0.3/32 dev eth0
	back no_neighbour web 10.61.0.3
}
duplicate-mac() { # x spoke last, and db says nothing before it is asked
	pair web db:80/tcp
	by in_web ip neigh replace 10.61.0.3 lladdr "${DB[mac]}" nud permanent dev eth0
	by in_x ip link set eth0 address "${DB[mac]}"
	by in_db ip neigh flush dev eth0 # it makes sure of no neighbour, and nobody of it
	by no_neighbour host 10.61.0.3
	by wait_until 30 in_x ping -c1 -W1 -q 10.61.0.1
	sees timeout
	back in_web ip neigh del 10.61.0.3 dev eth0
	back in_x ip link set eth0 address "$X_MAC"
	back wait_until 30 in_x ping -c1 -W1 -q 10.61.0.1 # who does not answer ARP within 50 ms is given up here
	back wait_until 30 in_db ping -c1 -W1 -q 10.61.0.1
}
bridge-rules() {
	pair web db:80/tcp
	by foreign host bridge filter forward 0 "ip daddr 10.61.0.3 drop"
	sees timeout
	back foreign_ends host bridge
}
bridge-rules.question() {
	pair web db:80/tcp
	by foreign host bridge filter forward 0 "ether type arp drop"
	back foreign_ends host bridge
	asks_anew web 10.61.0.3
}
netdev-rules() {
	pair web db:80/tcp
	by foreign host netdev filter "ingress device ${HOST_LINK[web]}" 0 "ip daddr 10.61.0.3 drop"
	sees timeout
	back foreign_ends host netdev
}
netdev-rules.egress() {
	pair web db:80/tcp
	by foreign host netdev filter "egress device ${HOST_LINK[db]}" 0 "ip daddr 10.61.0.3 drop"
	sees timeout
	back foreign_ends host netdev
}
netdev-rules.uplink() {
	pair web "$FAR:80/tcp"
	by foreign host netdev filter "egress device up0" 0 "ip daddr $FAR drop"
	sees timeout
	back foreign_ends host netdev
}
netdev-rules.answer() {
	pair web db:80/tcp
	by foreign host netdev filter "egress device ${HOST_LINK[web]}" 0 "ether type arp drop"
	back foreign_ends host netdev
	asks_anew web 10.61.0.3
}
arp-rules() {
	pair web db:80/tcp
	by foreign db arp filter input 0 drop
	by no_neighbour web 10.61.0.3
	sees EHOSTUNREACH icmp 3/1 10.61.0.2
	back foreign_ends db arp
	back no_neighbour web 10.61.0.3
}
tc-drop() { # TC_ACT_SHOT by a program of one instruction
	pair web db:80/tcp
	by in_host h tc qdisc add dev "${HOST_LINK[web]}" clsact
	by in_host h tc filter add dev "${HOST_LINK[web]}" ingress bpf bytecode "1,6 0 0 2" direct-action
	sees timeout
	back in_host h tc qdisc del dev "${HOST_LINK[web]}" clsact
}
xdp-drop() {
	pair web db:80/tcp
	by in_host h $PYTHON -I -S "$HERE/xdp.py" "${HOST_LINK[web]}"
	sees timeout
	back in_host h ip link set "${HOST_LINK[web]}" xdp off
}
mtu-hole() {
	pair web db:90/udp
	bytes 1400
	by in_db ip link set eth0 mtu 1280
	sees timeout
	back in_db ip link set eth0 mtu 1500
}
mtu-hole.port() {
	pair web db:90/udp
	frozen
	bytes 1400
	by in_host h ip link set "${HOST_LINK[db]}" mtu 1280
	sees timeout
	back in_host h ip link set "${HOST_LINK[db]}" mtu 1500
	back in_host h ip link set blue0 mtu 1500
}

# ---- on the host ----

HOST_BREAKAGES=(forwarding-off forwarding-off-link rp-filter route-overlap host-no-route host-rule
	subnet-route-missing gateway-address-missing
	uplink-down other-network internal source-foreign no-router rules-drop rules-drop.bridged rules-drop.answer rules-drop.port rules-drop.port-routed rules-policy rules-reject rules-reject.prohibited
	rate-limit no-masquerade answer-untracked snat-wrong dnat-taken route-localnet-off ttl ttl.six path-mtu path-mtu-black-hole
	legacy-iptables)

forwarding-off() {
	pair web "$FAR:80/tcp"
	frozen
	by set_value host net/ipv4/ip_forward 0
	sees timeout
	back set_value host net/ipv4/ip_forward 1
}
forwarding-off-link() {
	pair web "$FAR:80/tcp"
	frozen
	by set_value host net/ipv4/conf/blue0/forwarding 0
	sees timeout
	back set_value host net/ipv4/conf/blue0/forwarding 1
}
# A link of somebody else's, such as a VPN's.
wg_comes() {
	in_host h ip link add wg0 type veth peer name wg1
	in_host h ip link set wg0 up
	in_host h ip link set wg1 up
}
rp-filter() {
	pair web "$FAR:80/tcp"
	by set_value host net/ipv4/conf/blue0/rp_filter 1
	by wg_comes
	by in_host h ip route add 10.61.0.2/32 dev wg0
	sees timeout
	back in_host h ip link del wg0
	back set_value host net/ipv4/conf/blue0/rp_filter 0
}
route-overlap() {
	pair web "$FAR:80/tcp"
	by wg_comes
	by in_host h ip route add 10.61.0.0/25 dev wg0
	sees timeout
	back in_host h ip link del wg0
}
host-no-route() {
	pair web "$FAR:80/tcp"
	by in_host h ip route del default
	sees ENETUNREACH icmp 3/0 10.61.0.1
	back in_host h ip route replace default via 192.0.2.1
}
host-rule() {
	pair web "$FAR:80/tcp"
	by in_host h ip route add unreachable default table 99
	by in_host h ip rule add from 10.61.0.0/24 lookup 99
	sees EHOSTUNREACH icmp 3/1 10.61.0.1
	back in_host h ip rule del from 10.61.0.0/24 lookup 99
	back in_host h ip route del unreachable default table 99
}
subnet-route-missing() {
	pair web "$FAR:80/tcp"
	frozen
	by in_host h ip route del 10.61.0.0/24 dev blue0
	sees timeout
	back in_host h ip route replace 10.61.0.0/24 dev blue0 proto kernel scope link src 10.61.0.1
}
gateway-address-missing() {
	pair web "$FAR:80/tcp"
	frozen
	by in_host h ip addr del 10.61.0.1/24 dev blue0
	by no_neighbour web 10.61.0.1
	sees EHOSTUNREACH icmp 3/1 10.61.0.2
	back in_host h ip addr replace 10.61.0.1/24 dev blue0
}
uplink-down() {
	pair web "$FAR:80/tcp"
	by in_host h ip link set up0 down
	sees ENETUNREACH icmp 3/0 10.61.0.1
	back in_host h ip link set up0 up
	back in_host h ip route replace default via 192.0.2.1
	back in_host h ip addr replace 2001:db8::10/64 dev up0 nodad
	back in_host h ip -6 route replace default via 2001:db8::1
}
other-network() {
	pair web c:80/tcp
	meant
	sees timeout
	undo netctl network disconnect red web
}
other-network.published() { # as the second advice has it
	other-network
	instead web 192.0.2.10:80/tcp
	UNDO=()
	undo netctl port rm c 80:80
}
internal() {
	pair i "$FAR:80/tcp"
	meant
	sees ENETUNREACH
}
source-foreign() {
	pair web "$FAR:80/tcp"
	by in_web ip addr add 10.61.0.66/24 dev eth0
	by in_web ip route replace default via 10.61.0.1 src 10.61.0.66
	sees timeout
	back in_web ip addr del 10.61.0.66/24 dev eth0
	back routes_whole web
}
no-router() { # netd switched forwarding on for its own networks
	pair outside:192.0.2.1 10.99.0.2:80/tcp
	meant
	by behind_the_host
	sees timeout
	back in_out ip route del 10.99.0.0/24
	back in_host h ip link del wg0
}
behind_the_host() { # somebody who is no container
	container_ns far
	in_host h ip link add wg0 type veth peer name wg0 netns "$P-c-far"
	in_host h ip addr add 10.99.0.1/24 dev wg0
	in_host h ip link set wg0 up
	in_c far ip addr add 10.99.0.2/24 dev wg0
	in_c far ip link set wg0 up
	in_c far ip route add default via 10.99.0.1
	server far far :: 80/tcp
	in_out ip route add 10.99.0.0/24 via 192.0.2.10
}
rules-drop() {
	pair web "$FAR:80/tcp"
	by foreign host inet filter forward 0 'tcp dport 80 drop comment "policy 7"'
	sees timeout
	back foreign_ends host inet
}
rules-drop.bridged() { # bridge-nf-call-iptables is 1
	pair web db:80/tcp
	by foreign host inet filter forward 0 'tcp dport 80 drop comment "policy 7"'
	sees timeout
	back foreign_ends host inet
}
rules-drop.answer() { # bridge-nf-call-ip6tables is 1
	pair web "[2001:db8:61::3]:80/tcp"
	by foreign host ip6 filter forward 0 "icmpv6 type nd-neighbor-advert drop"
	back foreign_ends host ip6
	asks_anew web 2001:db8:61::3
}
# The port of a bridge that a packet came in by is known where it is bridged, and behind that where it is routed.
rules-drop.port() {
	pair web db:80/tcp
	by in_host h iptables-nft -A FORWARD -m physdev --physdev-in "${HOST_LINK[web]}" --physdev-is-bridged -j DROP
	sees timeout
	back in_host h iptables-nft -F FORWARD
}
rules-drop.port-routed() {
	pair web "$FAR:80/tcp"
	by in_host h iptables-nft -A FORWARD -m physdev --physdev-in "${HOST_LINK[web]}" ! --physdev-is-bridged -j DROP
	sees timeout
	back in_host h iptables-nft -F FORWARD
}
rules-policy() {
	pair web "$FAR:80/tcp"
	by foreign host inet filter forward 0 "policy drop; tcp dport 22 accept"
	sees timeout
	back foreign_ends host inet
}
rules-reject() {
	pair web "$FAR:80/tcp"
	by foreign host ip filter forward 0 "tcp dport 80 reject"
	sees ECONNREFUSED icmp 3/3 10.61.0.1
	back foreign_ends host ip
}
rules-reject.prohibited() {
	pair web "$FAR:80/tcp"
	by foreign host ip filter forward 0 "tcp dport 80 reject with icmp type admin-prohibited"
	sees EHOSTUNREACH icmp 3/13 10.61.0.1
	back foreign_ends host ip
}
legacy-iptables() {
	pair web "$FAR:80/tcp"
	by in_host h iptables-legacy -w 30 -A FORWARD -p tcp --dport 80 -j DROP
	sees timeout
	back in_host h iptables-legacy -w 30 -F FORWARD
}
rate-limit() { # the handshake's first packet passes, and the second is too many
	pair web "$FAR:80/tcp"
	by foreign host ip filter forward 0 "ip daddr $FAR limit rate over 1/hour burst 1 packets drop"
	sees connected
	back foreign_ends host ip
}
no-masquerade() {
	pair web "$FAR:80/tcp"
	by foreign host ip filter prerouting -300 "ip saddr 10.61.0.0/24 notrack"
	sees timeout
	back foreign_ends host ip
}
answer-untracked() {
	pair outside:192.0.2.1 192.0.2.10:8081/tcp
	by foreign host ip filter prerouting -300 "ip saddr 10.61.0.0/24 notrack"
	sees timeout
	back foreign_ends host ip
}
snat-wrong() {
	pair web "$FAR:80/tcp"
	by foreign host ip nat postrouting 90 "oifname up0 snat to 192.0.2.77"
	sees timeout
	back foreign_ends host ip
}
dnat-taken() {
	pair outside:192.0.2.1 192.0.2.10:8081/tcp
	by foreign host ip nat prerouting -110 "tcp dport 8081 dnat to 10.61.0.4"
	sees ECONNREFUSED rst # by the wrong one
	back foreign_ends host ip
}
route-localnet-off() {
	pair host 127.0.0.1:8090/tcp
	frozen
	by set_value host net/ipv4/conf/blue0/route_localnet 0
	sees timeout
	back set_value host net/ipv4/conf/blue0/route_localnet 1
}
ttl() {
	pair web "$FAR:80/tcp"
	by set_value web net/ipv4/ip_default_ttl 1
	sees EHOSTUNREACH icmp 11/0 10.61.0.1
	back set_value web net/ipv4/ip_default_ttl 64
}
ttl.six() {
	pair web "[2001:db8::1]:80/tcp"
	by set_value web net/ipv6/conf/eth0/hop_limit 1
	sees EHOSTUNREACH icmp
	back set_value web net/ipv6/conf/eth0/hop_limit 64
}
path-mtu() {
	pair web "$FAR:90/udp"
	bytes 1400
	by in_host h ip link set up0 mtu 1280
	sees EMSGSIZE icmp 3/4 10.61.0.1
	back in_host h ip link set up0 mtu 1500
	back in_web ip route flush cache
}
path-mtu-black-hole() {
	pair web "$FAR:90/udp"
	bytes 1400
	by in_host h ip link set up0 mtu 1280
	by foreign host ip filter output 0 "icmp type destination-unreachable drop"
	sees timeout
	back foreign_ends host ip
	back in_host h ip link set up0 mtu 1500
	back in_web ip route flush cache
}

# ---- at who is asked ----

B_BREAKAGES=(not-listening listens-loopback-only listens-other-address listens-ipv6-only listens-elsewhere listens-elsewhere.process backlog-full
	udp-no-listener udp-connected-elsewhere receive-buffer-full socket-filter socket-filter.read socket-filter.tcp socket-filter.ebpf server-stopped rules-of-b rules-of-b.question rules-of-b-reset
	no-way-back way-back-reject neighbour-back-wrong b-no-address b-claims-a echo-ignored)

not-listening() {
	pair web db:80/tcp
	by server_ends db 80/tcp
	sees ECONNREFUSED rst
	back server db db :: 80/tcp
}
listens-loopback-only() {
	pair web db:80/tcp
	by server db db 127.0.0.1 80/tcp
	sees ECONNREFUSED rst
	back server db db :: 80/tcp
}
listens-other-address() {
	pair web db:80/tcp
	by in_db ip addr add 10.99.0.1/32 dev lo
	by server db db 10.99.0.1 80/tcp
	sees ECONNREFUSED rst
	back server db db :: 80/tcp
	back in_db ip addr del 10.99.0.1/32 dev lo
}
listens-ipv6-only() {
	pair web db:80/tcp
	by server_ends db 80/tcp
	by odd db v6only 80
	sees ECONNREFUSED rst
	back odd_ends db v6only
	back server db db :: 80/tcp
}
listens-elsewhere() { # in the namespace of the host
	pair web db:80/tcp
	by server_ends db 80/tcp
	by server host host 0.0.0.0 80/tcp
	sees ECONNREFUSED rst
	back server_ends host 80/tcp
	back server db db :: 80/tcp
}
listens-elsewhere.process() { # one of its own, which has entered another namespace; x has nobody else on that port
	pair web app:84/tcp
	meant
	by strays_into x 84
	sees ECONNREFUSED rst
	back server_ends app 84/tcp
}
strays_into() { # WHERE PORT: a server with the files of app
	local ready
	ready=$(mktemp -u "$T/ready.XXXXXX")
	printf -- '- app :: %s/tcp\n' "$2" >"$ready.what"
	spawn nsenter --net="$(netns_of "$1")" --mount="/proc/$APP/ns/mnt" -- sh -c 'exec "$1" answer "$2" <"$2.what"' server "$REACH" "$ready"
	SERVER["app $2/tcp"]=$SPAWNED
	wait_until 30 test -e "$ready"
}
backlog-full() {
	pair web db:80/tcp
	by server_ends db 80/tcp
	by odd db backlog 80
	sees timeout
	back odd_ends db backlog
	back server db db :: 80/tcp
}
udp-no-listener() {
	pair web db:90/udp
	by server_ends db 90/udp
	sees ECONNREFUSED icmp 3/3 10.61.0.3
	back server db db :: 90/udp
}
udp-connected-elsewhere() {
	pair web db:90/udp
	by server_ends db 90/udp
	by odd db connected 90 10.61.0.4
	sees ECONNREFUSED icmp 3/3 10.61.0.3
	back odd_ends db connected
	back server db db :: 90/udp
}
receive-buffer-full() {
	pair web db:90/udp
	by server_ends db 90/udp
	by odd db full 90
	sees timeout
	back odd_ends db full
	back server db db :: 90/udp
}
socket-filter() { # that nobody sees while netd runs: the datagrams that were lost are seen
	pair web db:90/udp
	by server_ends db 90/udp
	by odd db filtered 90
	sees timeout
	back odd_ends db filtered
	back server db db :: 90/udp
}
socket-filter.read() {
	socket-filter
	frozen
}
socket-filter.tcp() { # by its port
	pair web db:80/tcp
	frozen
	by server_ends db 80/tcp
	by odd db filtered-tcp 80
	sees timeout
	back odd_ends db filtered-tcp
	back server db db :: 80/tcp
}
socket-filter.ebpf() { # which nobody can read
	pair web db:90/udp
	frozen
	by server_ends db 90/udp
	by odd db filtered-ebpf 90
	sees timeout
	back odd_ends db filtered-ebpf
	back server db db :: 90/udp
}
server-stopped() {
	pair web db:80/tcp
	by kill -STOP "${SERVER["db 80/tcp"]}"
	sees connected
	back kill -CONT "${SERVER["db 80/tcp"]}"
}
rules-of-b() {
	pair web db:80/tcp
	by foreign db inet filter input 0 "tcp dport 80 drop"
	sees timeout
	back foreign_ends db inet
}
rules-of-b.question() {
	pair web "[2001:db8:61::3]:80/tcp"
	by foreign db inet filter input 0 "policy drop; tcp dport 80 accept"
	back foreign_ends db inet
	asks_anew web 2001:db8:61::3
}
rules-of-b-reset() {
	pair web db:80/tcp
	by foreign db inet filter input 0 "tcp dport 80 reject with tcp reset"
	sees ECONNREFUSED rst
	back foreign_ends db inet
}
no-way-back() {
	pair web db:80/tcp
	by in_db ip route flush table main
	sees timeout
	back in_db ip route add 10.61.0.0/24 dev eth0
	back routes_whole db
}
way-back-reject() {
	pair web db:80/tcp
	by in_db ip route add blackhole 10.61.0.2
	sees timeout
	back in_db ip route del blackhole 10.61.0.2
}
neighbour-back-wrong() {
	pair web db:80/tcp
	by in_db ip neigh replace 10.61.0.2 lladdr 02:00:00:00:00:99 nud permanent dev eth0
	sees timeout
	back in_db ip neigh del 10.61.0.2 dev eth0
}
b-no-address() { # web remembers who had it
	pair web db:80/tcp
	by remembers web 10.61.0.3 "${DB[mac]}"
	by in_db ip addr del 10.61.0.3/24 dev eth0
	sees timeout
	back in_db ip addr add 10.61.0.3/24 dev eth0
	back routes_whole db
	back forgets web 10.61.0.3
}
b-claims-a() {
	pair web db:80/tcp
	by in_db ip addr add 10.61.0.2/32 dev lo
	sees timeout
	back in_db ip addr del 10.61.0.2/32 dev lo
}
echo-ignored() {
	pair web db/icmp
	by set_value db net/ipv4/icmp_echo_ignore_all 1
	sees timeout
	back set_value db net/ipv4/icmp_echo_ignore_all 0
}

# ---- published ports ----

PUBLISHED_BREAKAGES=(not-published published-loopback-only closed-direct published-no-listener
	published-not-led)

not-published() {
	pair outside:192.0.2.1 192.0.2.10:8081/tcp
	by netctl port rm db 8081:80
	sees ECONNREFUSED rst
	back netctl port add db 8081:80
}
published-loopback-only() {
	pair outside:192.0.2.1 192.0.2.10:8090/tcp
	meant
	sees ECONNREFUSED rst
}
closed-direct() {
	pair outside:192.0.2.1 10.61.0.3:80/tcp
	meant
	by in_out ip route add 10.61.0.0/24 via 192.0.2.10
	sees timeout
	instead outside:192.0.2.1 192.0.2.10:80/tcp
	back in_out ip route del 10.61.0.0/24 via 192.0.2.10
	undo netctl port rm db 80:80
}
published-no-listener() {
	pair outside:192.0.2.1 192.0.2.10:8098/tcp
	meant
	sees ECONNREFUSED rst
}

published-not-led() { # without conntrack there is no NAT, and netd's own socket has the port
	pair web 192.0.2.10:8081/tcp
	by foreign host ip filter prerouting -300 "ip saddr 10.61.0.0/24 notrack"
	sees timeout
	back foreign_ends host ip
}

# ---- names ----

NAME_BREAKAGES=(name-other-network name-unknown internal-refused upstream-dead upstream-dead.silent resolver-stopped resolv-conf-foreign
	hosts-shadow dns-own-rules dns-redirect-lost)

# looks_up CONTAINER NAME: what its resolver says of it, in reach.c's manner. It is asked with patience where it is to say something.
looks_up() {
	local out time=10
	[[ $SEES != timeout ]] || time=1
	out=$(in_c "$1" dig @127.0.0.11 +tries=1 +time="$time" -q "$2" 2>&1) || {
		grep -q 'connection refused' <<<"$out" && echo ECONNREFUSED || echo timeout
		return
	}
	[[ $(rcode "$out") != NOERROR ]] || out="answered $(awk '$4 == "A" { print $5 }' <<<"$out")"
	[[ $out == answered* ]] && echo "$out" || rcode "$out"
}

name-other-network() {
	pair web c
	asks looks_up web c
	meant
	sees NXDOMAIN
	undo netctl network disconnect red web
}
name-unknown() {
	pair web nosuch
	asks looks_up web nosuch
	meant
	sees NXDOMAIN
}
internal-refused() { # an internal network asks nobody outside
	pair i some.ok.test
	asks looks_up i some.ok.test
	meant
	sees NXDOMAIN
}
upstream-dead() {
	pair web some.ok.test
	asks looks_up_anew web
	by upstream_ends
	sees SERVFAIL
	back upstream_starts
}
upstream-dead.silent() { # packets to it are lost
	pair web some.ok.test:80/tcp
	asks looks_up_anew web
	by foreign out ip filter input 0 "udp dport 53 drop"
	sees timeout
	back foreign_ends out ip
}
looks_up_anew() { looks_up "$1" "n$RANDOM.ok.test"; } # a name that no cache has
upstream_ends() {
	kill -9 "$UPSTREAM"
	wait "$UPSTREAM" 2>/dev/null || true
}
upstream_starts() {
	upstream
	UPSTREAM=$SPAWNED
}
resolver-stopped() {
	pair web db
	asks looks_up web db
	frozen
	by kill -STOP "$(resolver_pid h)"
	sees timeout
	back kill -CONT "$(resolver_pid h)"
}
# The container app has files of its own: what its programs find in them counts, and not what netd answers.
finds() { # NAME ADDRESS: "answered", or what its C library says instead
	local out
	out=$(nsenter --net="$(netns_of app)" --mount="/proc/$APP/ns/mnt" -- getent ahostsv4 "$1" | awk 'NR == 1 { print $1 }')
	[[ $out == "$2" ]] && echo answered || echo "${out:-nothing}"
}
resolv-conf-foreign() {
	pair app db
	asks finds db 10.61.0.3
	by app_says resolv.conf "nameserver 192.0.2.1"
	sees 203.0.113.7
	back app_says resolv.conf "nameserver 127.0.0.11"
}
hosts-shadow() {
	pair app db
	asks finds db 10.61.0.3
	by app_says hosts "10.61.0.99 db"
	sees 10.61.0.99
	back app_says hosts "127.0.0.1 localhost"
}
app_says() { echo "$2" >"$T/app/$1"; } # FILE TEXT
dns-own-rules() { # what 127.0.0.11 answers comes in by lo
	pair web db
	asks looks_up web db
	by foreign web inet filter input 0 "policy drop; iifname eth0 accept"
	sees timeout
	back foreign_ends web inet
}

dns-redirect-lost() { # while netd lives nobody else can take its table away
	pair web db
	asks looks_up web db
	by host_stop h KILL
	by in_web nft delete table ip netd-dns
	sees ECONNREFUSED
	back netd_runs
}
netd_runs() { answers h >/dev/null || host_start h; }

# ---- services ----

SERVICE_BREAKAGES=(service-other-network services-lost services-lost.changed service-port service-empty not-listening.service
	service-empty.published not-listening.published service-unpublished service-loopback ingress-lost ingress-lost.changed)

# Service shop is 10.61.0.200, and s stands behind it.
service_starts() {
	netctl service create shop --network blue --port 80 --port 90/udp --ip 10.61.0.200 >/dev/null
	attach s --network blue --ip 10.61.0.20 --service shop
	server s s :: 80/tcp
}
service_ends() {
	server_ends s 80/tcp
	netctl detach s
	netctl service rm shop
}

service-other-network() {
	pair c 10.61.0.200:80/tcp
	meant
	by service_starts
	sees timeout
	undo netctl network disconnect blue c
	back service_ends
}
services-lost() { # while netd lives nobody else can take its table away
	pair web 10.61.0.200:80/tcp
	meant
	by service_starts
	by host_stop h KILL
	by in_web nft delete table inet netd-services
	sees EHOSTUNREACH
	back netd_runs
	back service_ends
}
services-lost.changed() {
	pair web 10.61.0.200:80/tcp
	meant
	by service_starts
	by host_stop h KILL
	by in_web nft flush map inet netd-services spread4
	sees ECONNREFUSED
	back netd_runs
	back service_ends
}
service-port() {
	pair web 10.61.0.200:81/tcp
	meant
	by service_starts
	sees ECONNREFUSED
	back service_ends
}
service-empty() {
	pair web 10.61.0.200:80/tcp
	meant
	by netctl service create shop --network blue --port 80 --ip 10.61.0.200
	sees ECONNREFUSED
	back netctl service rm shop
}
not-listening.service() {
	pair web 10.61.0.200:80/tcp
	meant
	by service_starts
	by server_ends s 80/tcp
	sees ECONNREFUSED
	back service_ends
}


# Each host's 8000 leads to shop's 80, in both families.
published_starts() {
	netctl service create shop --network blue --port 80 --publish 8000:80 --ip 10.61.0.200 --ip6 2001:db8:61::200 >/dev/null
	attach s --network blue --ip 10.61.0.20 --ip6 2001:db8:61::20 --service shop
	server s s :: 80/tcp
}
service-empty.published() {
	pair outside:192.0.2.1 192.0.2.10:8000/tcp
	meant
	by netctl service create shop --network blue --port 80 --publish 8000:80 --ip 10.61.0.200
	sees ECONNREFUSED rst
	back netctl service rm shop
}
not-listening.published() {
	pair outside:192.0.2.1 192.0.2.10:8000/tcp
	meant
	by published_starts
	by server_ends s 80/tcp
	sees ECONNREFUSED rst
	back service_ends
}
service-unpublished() { # its address is nobody's outside
	pair outside:192.0.2.1 10.61.0.200:80/tcp
	meant
	by service_starts
	by in_out ip route add 10.61.0.0/24 via 192.0.2.10
	sees timeout
	back in_out ip route del 10.61.0.0/24 via 192.0.2.10
	back service_ends
}
service-loopback() {
	pair host "[::1]:8000/tcp"
	meant
	by published_starts
	sees ECONNREFUSED
	back service_ends
}
ingress-lost() { # while netd lives nobody else can take its table away
	pair outside:192.0.2.1 192.0.2.10:8000/tcp
	meant
	by published_starts
	by host_stop h KILL
	by in_host h nft delete table inet netd-ingress
	sees ECONNREFUSED
	back netd_runs
	back service_ends
}
ingress-lost.changed() {
	pair outside:192.0.2.1 192.0.2.10:8000/tcp
	meant
	by published_starts
	by host_stop h KILL
	by in_host h nft flush map inet netd-ingress spread4
	sees ECONNREFUSED
	back netd_runs
	back service_ends
}

# Codes that `netctl explain` does not give yet. That it does not is looked at as well.
NOT_YET_TOLD=()
# Codes that no test makes, and why.
declare -gA NOT_MADE=(
	[conntrack-full]="the limit is the machine's, and all namespaces share it: tests/kernels makes it in one of its own"
	[checksum]="only the tracer sees it: trace.bats makes it"
)
