# working.bash - setups that work, some of them strange: `netctl explain` finds nothing wrong with any of them
# SPDX-License-Identifier: GPL-2.0-or-later
#
# As breakages.bash: each function, named fine-SETUP, says what is done to the world, who then reaches whom, and how it is undone.
#
#	fine-nf-call-off() {
#		by set_value host net/bridge/bridge-nf-call-iptables 0
#		holds web db:80/tcp			a pair that works; several may be named
#		back set_value host net/bridge/bridge-nf-call-iptables 1
#	}

WORKING=(same-network six outside outside-six itself itself-by-loopback udp ping ping-outside large internal
	hairpin neighbour-published icc-off-published published published-to-host published-on-loopback host-to-container
	two-networks connected-later name name-alias range host-network routed no-masquerade-with-route
	nf-call-off nf-call-on rules-other-port masquerade-by-loopback legacy-emptied rules-accept rules-count rules-docker rules-sets own-firewall own-firewall-state bridge-counts
	netdev-counts vpn-policy vpn-quick rp-filter-strict more-addresses neighbour-unknown neighbour-permanent mtu-smaller-uplink
	sysctl-of-others netd-stopped netd-gone)

holds() { HOLDS+=("$*"); }

fine-same-network() { holds web db:80/tcp; }
fine-six() { holds web "[2001:db8:61::3]:80/tcp"; }
fine-outside() { holds web "$FAR:80/tcp"; }
fine-outside-six() { holds web "[2001:db8::1]:80/tcp"; }
fine-itself() { holds web web:80/tcp; }
fine-itself-by-loopback() { holds web 127.0.0.1:80/tcp; }
fine-udp() { holds web db:90/udp; }
fine-ping() { holds web db/icmp; }
fine-ping-outside() { holds web "$FAR/icmp"; }
fine-large() { holds web db:90/udp 1472; }
fine-internal() { holds i j:80/tcp; }
fine-hairpin() { holds db 192.0.2.10:8081/tcp; }
fine-neighbour-published() { holds web 192.0.2.10:8081/tcp; }
fine-icc-off-published() {
	by netctl port add q 8082:80
	holds p 192.0.2.10:8082/tcp
	back netctl port rm q 8082:80
}
fine-published() { holds outside:192.0.2.1 192.0.2.10:8081/tcp; }
fine-published-to-host() { holds host 192.0.2.10:8081/tcp; }
fine-published-on-loopback() { holds host 127.0.0.1:8090/tcp; }
fine-host-to-container() {
	holds host db:80/tcp
	holds host c:80/tcp
}
fine-two-networks() {
	by attach both --network blue --network red
	by quick_neighbours
	holds both db:80/tcp
	holds both c:80/tcp
	back netctl detach both
}
fine-connected-later() {
	by netctl network connect red web
	by quick_neighbours
	holds web c:80/tcp
	holds web db:80/tcp
	back netctl network disconnect red web
}
fine-name() { holds web db:80/tcp; }
fine-name-alias() {
	by attach named --network blue:alias=cellar --ip 10.61.0.9
	by server named named :: 80/tcp
	holds web 10.61.0.9:80/tcp
	back server_ends named 80/tcp
	back netctl detach named
}
fine-range() {
	by netctl port add db 8200-8209:80-89
	holds outside:192.0.2.1 192.0.2.10:8200/tcp
	back netctl port rm db 8200-8209:80-89
}
fine-host-network() {
	by server host host :: 8300/tcp
	holds web 192.0.2.10:8300/tcp
	holds web 10.61.0.1:8300/tcp
	holds outside:192.0.2.1 192.0.2.10:8300/tcp
	back server_ends host 8300/tcp
}
fine-routed() {
	by netctl network create --subnet 10.65.0.0/24 -o gateway-mode=routed -o bridge=routed0 open
	by attach r --network open --ip 10.65.0.2 -p 80
	by server r r :: 80/tcp
	by in_out ip route add 10.65.0.0/24 via 192.0.2.10
	by quick_neighbours
	holds outside:192.0.2.1 10.65.0.2:80/tcp
	holds r "$FAR:80/tcp"
	back in_out ip route del 10.65.0.0/24 via 192.0.2.10
	back server_ends r 80/tcp
	back netctl detach r
	back netctl network rm open
}
fine-no-masquerade-with-route() {
	by netctl network create --subnet 10.66.0.0/24 -o masquerade=false -o bridge=bare0 bare
	by attach b1 --network bare --ip 10.66.0.2
	by in_out ip route add 10.66.0.0/24 via 192.0.2.10
	by quick_neighbours
	holds b1 "$FAR:80/tcp"
	back in_out ip route del 10.66.0.0/24 via 192.0.2.10
	back netctl detach b1
	back netctl network rm bare
}
fine-nf-call-off() {
	by set_value host net/bridge/bridge-nf-call-iptables 0
	by foreign host inet filter forward 0 "policy drop; iifname up0 accept; oifname up0 accept"
	holds web 10.61.0.3:80/tcp # by name it is "partly": nothing lets IPv6 through
	holds web "$FAR:80/tcp"
	back foreign_ends host inet
	back set_value host net/bridge/bridge-nf-call-iptables 1
}
fine-nf-call-on() {
	by set_value host net/bridge/bridge-nf-call-iptables 1
	by foreign host inet filter forward 0 "policy drop; iifname blue0 accept; ct state established accept"
	holds web db:80/tcp
	holds web "$FAR:80/tcp"
	back foreign_ends host inet
}
fine-rules-other-port() {
	by in_host h iptables-nft -A FORWARD -m physdev --physdev-in "${HOST_LINK[db]}" --physdev-out nobody0 -j DROP
	by in_host h iptables-nft -A FORWARD -m physdev ! --physdev-out "${HOST_LINK[db]}" --physdev-in nobody0 -j DROP
	holds web db:80/tcp
	holds web "$FAR:80/tcp"
	back in_host h iptables-nft -F FORWARD
}
fine-masquerade-by-loopback() { # lo lends no 127.0.0.1, but the first address of another link
	by foreign web ip nat postrouting 100 masquerade
	by in_c web nft "table ip lent { chain f { type filter hook input priority 0; tcp dport 80 ip saddr 127.0.0.0/8 drop; }; }"
	holds web 127.0.0.1:80/tcp
	back in_c web nft delete table ip lent
	back foreign_ends web ip
}
fine-legacy-emptied() { # its tables stay, and do nothing
	by in_host h iptables-legacy -w 30 -A FORWARD -p tcp --dport 80 -j DROP
	by in_host h ip6tables-legacy -w 30 -P FORWARD DROP
	by in_host h iptables-legacy -w 30 -F FORWARD
	by in_host h ip6tables-legacy -w 30 -P FORWARD ACCEPT
	holds web "$FAR:80/tcp"
	holds web "[2001:db8:61::3]:80/tcp"
	back in_host h iptables-legacy -w 30 -F FORWARD
}
fine-rules-accept() {
	by foreign host inet filter forward 0 "tcp dport 22 drop; ip saddr 10.62.0.0/24 drop; udp dport != 53 drop"
	holds web db:80/tcp
	holds web "$FAR:80/tcp"
	back foreign_ends host inet
}
fine-rules-count() {
	by foreign host inet filter forward 0 'counter; limit rate 5/second log prefix "seen "; ct state new counter'
	holds web "$FAR:80/tcp"
	back foreign_ends host inet
}
fine-rules-docker() { # what Docker Engine makes for a bridge of its own
	by in_host h iptables-nft -N DOCKER
	by in_host h iptables-nft -N DOCKER-USER
	by in_host h iptables-nft -A FORWARD -j DOCKER-USER
	by in_host h iptables-nft -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	by in_host h iptables-nft -A FORWARD -o docker0 -j DOCKER
	by in_host h iptables-nft -A FORWARD -i docker0 -j ACCEPT
	by in_host h iptables-nft -t nat -N DOCKER
	by in_host h iptables-nft -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
	by in_host h iptables-nft -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
	by in_host h iptables-nft -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 9999 -j DNAT --to-destination 172.17.0.2:80
	holds web "$FAR:80/tcp"
	holds web db:80/tcp
	holds outside:192.0.2.1 192.0.2.10:8081/tcp
	back in_host h iptables-nft -F
	back in_host h iptables-nft -X
	back in_host h iptables-nft -t nat -F
	back in_host h iptables-nft -t nat -X
}
fine-rules-sets() {
	by in_host h nft 'table inet corp {
		set people { type ipv4_addr; flags interval; elements = { 10.61.0.0/24, 10.62.0.0/24 }; }
		set pairs { type ipv4_addr . inet_service; elements = { 10.61.0.3 . 80, 198.51.100.1 . 80 }; }
		map verdicts { type inet_service : verdict; elements = { 22 : drop, 80 : jump web }; }
		chain web { ip saddr @people return; drop; }
		chain f { type filter hook forward priority 0; policy drop;
			ct state established,related accept; tcp dport vmap @verdicts; ip daddr . tcp dport @pairs accept; }
	}'
	holds web "$FAR:80/tcp"
	holds web 10.61.0.3:80/tcp # by name it is "partly": nothing lets IPv6 through
	back foreign_ends host inet
}
fine-own-firewall() {
	by foreign db inet filter input 0 "policy drop; tcp dport { 80, 443 } accept; icmpv6 type nd-neighbor-solicit accept"
	holds web db:80/tcp
	back foreign_ends db inet
}
fine-own-firewall-state() {
	# Who asks for its MAC by ICMPv6 is part of no connection.
	by foreign web inet filter input 0 "policy drop; iif lo accept; ct state established,related accept; meta l4proto ipv6-icmp accept"
	holds web db:80/tcp
	holds web "$FAR:80/tcp"
	back foreign_ends web inet
}
fine-bridge-counts() {
	by foreign host bridge filter forward 0 "ip daddr 10.61.0.3 counter; ip saddr 10.61.0.9 drop"
	holds web db:80/tcp
	back foreign_ends host bridge
}
fine-netdev-counts() {
	by foreign host netdev filter "ingress device ${HOST_LINK[web]}" 0 "ip daddr 10.61.0.9 drop; counter"
	holds web db:80/tcp
	back foreign_ends host netdev
}
fine-vpn-policy() { # all but the local networks by the VPN, by mark and by table; the containers go the old way
	by wg_comes
	by in_host h ip addr add 10.99.0.1/24 dev wg0
	by in_host h ip route add default dev wg0 table 51820
	by in_host h ip rule add fwmark 51820 lookup main priority 31998
	by in_host h ip rule add iif lo lookup 51820 priority 32000
	by in_host h ip rule add lookup main suppress_prefixlength 0 priority 31999
	holds web "$FAR:80/tcp"
	holds web db:80/tcp
	holds outside:192.0.2.1 192.0.2.10:8081/tcp
	back in_host h ip rule del priority 31998
	back in_host h ip rule del priority 31999
	back in_host h ip rule del priority 32000
	back in_host h ip link del wg0
}
fine-vpn-quick() { # as wg-quick(8) has it: all but what is marked, and what the main table knows better than by default
	by wg_comes
	by in_host h ip addr add 10.99.0.1/24 dev wg0
	by in_host h ip route add default dev wg0 table 51820
	by in_host h ip rule add not fwmark 51820 table 51820 priority 32001
	by in_host h ip rule add table main suppress_prefixlength 0 priority 32000
	holds web 192.0.2.1:80/tcp
	holds web db:80/tcp
	holds outside:192.0.2.1 192.0.2.10:8081/tcp
	back in_host h ip rule del priority 32000
	back in_host h ip rule del priority 32001
	back in_host h ip link del wg0
}
fine-rp-filter-strict() {
	by set_value host net/ipv4/conf/all/rp_filter 1
	holds web "$FAR:80/tcp"
	holds outside:192.0.2.1 192.0.2.10:8081/tcp
	back set_value host net/ipv4/conf/all/rp_filter 0
}
fine-more-addresses() {
	by in_db ip addr add 10.61.0.77/24 dev eth0
	by in_web ip addr add 172.30.0.1/32 dev lo
	holds web 10.61.0.77:80/tcp
	holds web db:80/tcp
	back in_db ip addr del 10.61.0.77/24 dev eth0
	back in_web ip addr del 172.30.0.1/32 dev lo
}
fine-neighbour-unknown() {
	by in_web ip neigh flush dev eth0
	holds web db:80/tcp
	holds web "$FAR:80/tcp"
	back true
}
fine-neighbour-permanent() {
	by in_web ip neigh replace 10.61.0.3 lladdr "${DB[mac]}" nud permanent dev eth0
	holds web db:80/tcp
	back in_web ip neigh del 10.61.0.3 dev eth0
}
fine-mtu-smaller-uplink() { # TCP learns it
	by in_host h ip link set up0 mtu 1400
	holds web "$FAR:80/tcp"
	back in_host h ip link set up0 mtu 1500
}
fine-sysctl-of-others() { # forwarding, filters and echo as servers have them, where they do no harm
	by set_value web net/ipv4/ip_forward 0
	by set_value db net/ipv4/conf/all/rp_filter 1
	by set_value db net/ipv4/icmp_echo_ignore_broadcasts 1
	holds web db:80/tcp
	holds web db/icmp
	back set_value db net/ipv4/conf/all/rp_filter 0
}
fine-netd-stopped() {
	frozen
	holds web db:80/tcp
	holds outside:192.0.2.1 192.0.2.10:8081/tcp
	back true
}
fine-netd-gone() {
	by host_stop h KILL
	holds web db:80/tcp
	holds web "$FAR:80/tcp"
	back host_start h
}

# try_working FUNCTION: nothing is told of what works
try_working() {
	local status=0 line
	PAIR=() BY=() BACK=() SEES= MEANT= FROZEN= BYTES= ASKS=() HOLDS=()
	"fine-$1"
	[[ ${#HOLDS[@]} -gt 0 ]] || { echo "$1 says too little of itself"; return 1; }
	[[ -z $FROZEN ]] || kill -STOP "${NETD_PID[h]}"
	run_each "${BY[@]}" || status=1
	for line in "${HOLDS[@]}"; do
		read -r -a PAIR <<<"$line"
		BYTES=${PAIR[2]:-} PAIR=("${PAIR[@]:0:2}")
		wait_until 30 works || { echo "$line sees \"$(asked 5000)\""; status=1; continue; }
		nothing_is_told || status=1
	done
	[[ -z $FROZEN ]] || kill -CONT "${NETD_PID[h]}"
	run_each "${BACK[@]}" || status=1
	return "$status"
}

# Reachable, and no hop or finding that is bad, or only unknown.
nothing_is_told() {
	local said
	said=$(explain_json "${PAIR[@]}" 2>&1) || { echo "${PAIR[*]}: $said"; return 1; }
	jq -e '.Verdict == "reachable" and .Code == null and ([.Hops[], .Also[]] | all(.State != "bad" and .State != "unknown"))' \
		<<<"$said" >/dev/null || {
		echo "${PAIR[*]}:"
		told_in_short "$said"
		return 1
	}
}
