#!/usr/bin/env bats
# overlay.bats - networks that span hosts: three hosts with a netd each, whose records the test carries from one to the others
# SPDX-License-Identifier: GPL-2.0-or-later
load lib
bats_require_minimum_version 1.5.0

# What hosts agree about stands in a file here, as it would in etcd: KEY -> record.
setup() {
	local host
	echo '{}' >"$T/agreed"
	for host in ${HOSTS:-h g}; do
		host_new "$host"
		joins "$host"
	done
}

ID=$(printf '5%.0s' {1..64})
HOST_ID=$(printf 'e%.0s' {1..64})
records() { # HOST METHOD [BODY]
	curl -sS -m 30 --unix-socket "$(host_sock "$1")" -X "$2" -H 'Content-Type: application/json' ${3:+-d "$3"} \
		http://netd/netd/v1/records
}
took() { # HOST BODY: netd takes it and says nothing
	local said
	said=$(records "$1" PUT "$2")
	[[ $said == "{}" ]] || { echo "$said" && return 1; }
}
joins() { took "$1" "{\"Self\": {\"Name\": \"$1\", \"Address\": \"${WAY6:+$(host_addr6 "$1")}${WAY6:-$(host_addr "$1")}\"}}"; }

agree() { jq "$@" "$T/agreed" >"$T/agreed.new" && mv "$T/agreed.new" "$T/agreed"; }
# net NAME [MEMBER…]: the network is agreed upon
net() {
	local name=$1
	shift
	agree --argjson net "{\"Id\": \"$ID\", \"Vni\": 5001, \"Mtu\": 0, \"Internal\": false, \"Icc\": true, \"Encrypt\": false,
		\"IPv4\": {\"Subnet\": \"10.77.0.0/16\", \"Gateway\": \"10.77.0.1\"},
		\"IPv6\": {\"Subnet\": \"fd77::/64\", \"Gateway\": \"fd77::1\"}}" --argjson more "{$*}" \
		'. + {("/netd/v1/net/'"$name"'"): ($net + $more)}'
	carry
}
# What each host has and wants is agreed upon: who asks for a block first has it.
gather() {
	local host said
	for host in "${HOST_NAMES[@]}"; do
		[[ " ${AWAY:-} " != *" $host "* ]] || continue
		said=$(records "$host" GET)
		agree --argjson said "$said" --arg host "$host" --arg id "$HOST_ID" '
			with_entries(select(.key | startswith("/netd/v1/end/" + $host + "/") | not))
			| ($said.Wanted + .) + $said.Own
			| if .["/netd/v1/host/" + $host] then .["/netd/v1/host/" + $host].Id = $id
				| .["/netd/v1/alive/" + $host] = {Id: $id} else . end'
	done
}
tell() { # HOST
	jq '{Whole: true, Put: .}' "$T/agreed" >"$T/told"
	took "$1" "@$T/told"
}
# Twice, for a host that has heard of a network wants a block of it.
carry() {
	local host
	for _ in 1 2; do
		gather
		for host in "${HOST_NAMES[@]}"; do
			[[ " ${AWAY:-} " == *" $host "* ]] || tell "$host"
		done
	done
	for host in "${HOST_NAMES[@]}"; do
		[[ " ${AWAY:-} " == *" $host "* ]] || wait_until 30 is_entered "$host"
	done
}
# Of a container on any host, which netctl of one host does not know.
of() { # CONTAINER MEMBER
	local host said
	for host in "${HOST_NAMES[@]}"; do
		said=$(netctl_in "$host" inspect "$1" 2>/dev/null) || continue
		jq -r --arg key "$2" '.[0].NetworkSettings.Networks | to_entries[0].value[$key]' <<<"$said"
		return
	done
	return 1
}
ip4_of() { of "$1" IPAddress; }
ip6_of() { of "$1" GlobalIPv6Address; }
mac_of() { of "$1" MacAddress; }
mtu_of() { in_c "$1" ip -j link show eth0 | jq '.[0].mtu'; }
is_entered() { [[ $(records "$1" GET | jq .Due) == 0 ]]; }
sees() { in_c "$1" ping -q -n -c 1 -W "${PATIENCE:-30}" "$2"; }
see_each_other() { # A B: by both families
	sees "$1" "$(ip4_of "$2")" && sees "$2" "$(ip4_of "$1")" && sees "$1" "$(ip6_of "$2")" && sees "$2" "$(ip6_of "$1")"
}
# Until a repair is done packets are lost, and nobody waits long for one.
come_to_see_each_other() { PATIENCE=2 wait_until 30 see_each_other "$@"; }
asked() { in_c "$1" dig +short +time=10 +tries=2 @127.0.0.11 "${@:2}"; } # NAME QUESTION…
tunnel_of() { ip -n "$P-$1" -j link show type vxlan | jq -r '.[0].ifname'; }
bridge_of() { echo "br-${ID:0:12}"; }

@test "containers of two hosts reach each other by address and by name, and are gone when they are" {
	net web
	attach_on h ax --network web
	attach_on g bx --network web --alias db
	carry
	# from blocks of their own hosts
	[[ $(ip4_of ax | cut -d. -f1-3).$(($(ip4_of ax | cut -d. -f4) / 64)) != $(ip4_of bx | cut -d. -f1-3).$(($(ip4_of bx | cut -d. -f4) / 64)) ]]
	see_each_other ax bx
	equals "$(asked ax bx)" "$(ip4_of bx)"
	equals "$(asked ax AAAA db)" "$(ip6_of bx)"
	equals "$(asked bx ax)" "$(ip4_of ax)"
	equals "$(asked bx -x "$(ip4_of ax)")" "ax.web."
	equals "$(asked bx -x "$(ip6_of ax)")" "ax.web."
	# an MTU for the tunnel, and nothing larger on the way
	equals "$(mtu_of ax)" 1450
	in_c ax ping -q -M do -s 1422 -c 1 -W 30 "$(ip4_of bx)"
	serve bx 80
	get_from ax "http://$(ip4_of bx)/"
	# outwards by the own host, and published there
	sees ax 192.0.2.1
	attach_on g cx --network web -p 8080:80
	serve cx 80
	wait_until 30 in_out curl -sf -m 5 "http://$(host_addr g):8080/"
	wait_until 30 in_c ax curl -sf -m 5 "http://$(host_addr g):8080/"
	# gone, its name is at once, and its address leads nowhere
	was=$(ip4_of bx)
	netctl_in g detach bx
	carry
	[[ -z $(asked ax bx) && -z $(asked ax db) ]]
	[[ -z $(ip -n "$P-h" neigh show "$was" dev "$(bridge_of)") ]]
	equals "$(netctl network inspect web --format '{{.Driver}} {{.Scope}}')" "overlay swarm"
}

@test "the way between hosts may be IPv6, or of a smaller MTU than the packets" {
	local host
	for host in h g; do took "$host" '{"Self": {}}'; done
	WAY6=
	for host in h g; do took "$host" "{\"Self\": {\"Name\": \"$host\", \"Address\": \"$(host_addr6 "$host")\"}}"; done
	net web
	attach_on h ax --network web
	attach_on g bx --network web
	carry
	see_each_other ax bx
	equals "$(mtu_of ax)" 1430
	ip -n "$P-h" link set up0 mtu 1400
	run ! in_c ax ping -q -M do -s 1400 -c 1 -W 2 "$(ip4_of bx)"
	[[ $(in_c ax ip route get "$(ip4_of bx)") == *"mtu 1330"* ]]
}

dropped() { ip netns exec "$P-h" nft list table inet netd | grep -q -- "$1"; }

@test "a stranger's frame reaches nobody, a known host's does" {
	net web
	attach_on h ax --network web
	attach_on g bx --network web
	carry
	see_each_other ax bx
	# a third host, that nobody knows, makes the same tunnel by hand
	ip netns add "$P-s"
	ip -n "$P-s" link add up0 type veth peer name w-s netns "$P-out"
	ip -n "$P-out" link set w-s master wire up
	ip -n "$P-s" addr add 192.0.2.66/24 dev up0
	ip -n "$P-s" addr add 2001:db8::66/64 dev up0 nodad
	ip -n "$P-s" link set up0 up
	ip -n "$P-s" link set lo up
	# its place on the wire is open, and h known to it
	nsenter --net="/run/netns/$P-s" ping -q -n -c 1 -W 30 "$(host_addr h)"
	nsenter --net="/run/netns/$P-s" ping -q -n -c 1 -W 30 "$(host_addr6 h)"
	strange() { # LOCAL: five frames to a
		ip -n "$P-s" link del vx0 2>/dev/null || true
		ip -n "$P-s" link add vx0 type vxlan id 5001 local "$1" dstport 4789 nolearning noudp6zerocsumrx
		ip -n "$P-s" addr add 10.77.200.1/16 dev vx0
		ip -n "$P-s" link set vx0 up
		bridge -n "$P-s" fdb add "$(mac_of ax)" dev vx0 dst "$2" self
		ip -n "$P-s" neigh add "$(ip4_of ax)" lladdr "$(mac_of ax)" dev vx0
		nsenter --net="/run/netns/$P-s" ping -q -n -c 5 -i 0.05 -W 1 "$(ip4_of ax)" || true
	}
	arrived() { in_c ax nft -j list chain netdev t c | jq '[.. | .counter? // empty | .packets] | add'; }
	in_c ax nft 'table netdev t { chain c { type filter hook ingress device eth0 priority 0
		ip saddr 10.77.200.1 counter
	}; }'
	strange 192.0.2.66 "$(host_addr h)"
	wait_until 30 dropped 'packets [1-9].*a stranger'
	equals "$(arrived)" 0
	# known, it is let in: the guard is what kept it out
	knows_stranger() {
		agree --arg id "$HOST_ID" '. + {"/netd/v1/host/s": {Id: $id, IPv4: "192.0.2.66", IPv6: "2001:db8::66", Version: "0.1.0"}}'
		carry
	}
	knows_stranger
	strange 192.0.2.66 "$(host_addr h)"
	wait_until 30 prints 5 arrived
	agree 'del(.["/netd/v1/host/s"])'
	carry
	strange 192.0.2.66 "$(host_addr h)"
	equals "$(arrived)" 5
	# the same where tunnels are of IPv6
	took h "{\"Self\": {\"Name\": \"h\", \"Address\": \"$(host_addr6 h)\"}}"
	strange 2001:db8::66 "$(host_addr6 h)"
	equals "$(arrived)" 5
	knows_stranger
	strange 2001:db8::66 "$(host_addr6 h)"
	wait_until 30 prints 10 arrived
	joins h
	carry
	# nor does what a container, or a program of the host's own, sends to the tunnels
	in_c ax bash -c "echo x >/dev/udp/$(host_addr g)/4789"
	in_host h bash -c "echo x >/dev/udp/$(host_addr h)/4789"
	wait_until 30 dropped 'packets 1 .*a container.s frame'
}

@test "internal, kept apart, and isolated from other networks: as on one host" {
	net web '"Internal": true, "Icc": false'
	netctl network create --subnet 10.88.0.0/24 other
	attach_on h ax --network web
	attach_on h near --network web
	attach_on h cx --network other
	attach_on g bx --network web
	carry
	local PATIENCE=2 # nothing comes
	run ! sees ax "$(ip4_of bx)"
	run ! sees bx "$(ip4_of ax)"
	run ! sees ax "$(ip6_of bx)"
	run ! sees ax "$(ip4_of near)"
	run ! sees ax 192.0.2.1
	run ! sees cx "$(ip4_of bx)"
	run ! sees cx "$(ip4_of ax)"
	[[ -z $(asked cx bx) ]]
	equals "$(asked ax bx)" "$(ip4_of bx)"
}

@test "what somebody does to a tunnel is put right, a killed netd finds all, and nothing is left of a network" {
	local tunnel bridge
	net web
	attach_on h ax --network web
	attach_on g bx --network web
	carry
	see_each_other ax bx
	tunnel=$(tunnel_of h)
	bridge=$(bridge_of)
	ip -n "$P-h" link del "$tunnel"
	come_to_see_each_other ax bx
	ip -n "$P-h" link set "$tunnel" nomaster
	come_to_see_each_other ax bx
	bridge -n "$P-h" link set dev "$tunnel" learning on flood on
	wait_until 30 eval "bridge -n $P-h -d link show dev $tunnel | grep -q 'learning off flood off'"
	ip -n "$P-h" neigh del "$(ip4_of bx)" dev "$bridge"
	wait_until 30 eval "ip -n $P-h neigh show $(ip4_of bx) dev $bridge | grep -q PERMANENT"
	bridge -n "$P-h" fdb del "$(mac_of bx)" dev "$tunnel" self
	wait_until 30 eval "bridge -n $P-h fdb show dev $tunnel | grep -q '$(mac_of bx).*dst'"
	# the bridge's, which it calls reachable as what it has learnt
	bridge -n "$P-h" fdb del "$(mac_of bx)" dev "$tunnel" master
	wait_until 30 eval "bridge -n $P-h fdb show dev $tunnel | grep -q '$(mac_of bx).*extern_learn.*master'"
	ip -n "$P-h" link del "$bridge"
	come_to_see_each_other ax bx
	# The way stands while netd is dead, and what went meanwhile goes when the others have told all there is.
	was=$(ip4_of bx)
	host_stop h KILL
	sees ax "$was"
	netctl_in g detach bx
	host_start h
	[[ -n $(ip -n "$P-h" neigh show "$was" dev "$bridge") ]]
	carry
	wait_until 30 eval "[[ -z \$(ip -n $P-h neigh show $was dev $bridge) ]]"
	attach_on g bx --network web
	carry
	see_each_other ax bx
	netctl detach ax
	netctl_in g detach bx
	agree 'del(.["/netd/v1/net/web"])'
	carry
	wait_until 30 eval "[[ -z \$(ip -n $P-h link show type vxlan)\$(ip -n $P-g link show type vxlan) ]]"
	wait_until 30 eval "! ip -n $P-h link show $bridge"
	! netctl network inspect web
}

@test "a host that is not alive keeps its packets, and its names come back with it" {
	net web
	attach_on h ax --network web
	attach_on g bx --network web
	carry
	took h '{"Remove": ["/netd/v1/alive/g"]}'
	wait_until 30 eval '[[ -z $(asked ax bx) ]]'
	sees ax "$(ip4_of bx)"
	took h "{\"Put\": {\"/netd/v1/alive/g\": {\"Id\": \"$HOST_ID\"}}}"
	wait_until 30 eval '[[ $(asked ax bx) == $(ip4_of bx) ]]'
}

@test "addresses are given from the host's own blocks, and never those of others" {
	local i first
	net web
	first=$(jq -r 'to_entries[] | select(.key | contains("/block/")) | select(.value.Host == "g") | .key' "$T/agreed" |
		grep -v : | sed 's,.*/,,')
	run -1 attach_on h x --network web --ip "${first%.*}.$((${first##*.} + 5))"
	[[ $output == *"not this host's to give"* ]]
	AWAY="h g" # nobody is asked while there is room
	for i in {1..20}; do attach_on h "c$i" --network web; done
	for i in {1..20}; do ip4_of "c$i"; done | sort | uniq -d | wc -l | grep -qx 0
	[[ $(records h GET | jq '.Wanted | length') == 0 ]]
	# what is encrypted is, or does not leave
	AWAY=
	ID=$(printf '6%.0s' {1..64})
	net safe '"Encrypt": true, "Vni": 5002, "IPv4": {"Subnet": "10.78.0.0/16"}, "IPv6": {"Subnet": "fd78::/64"}'
	[[ -z $(ip -n "$P-h" link show "vx-${ID:0:12}" 2>/dev/null) ]]
	# whoever makes one is told at once
	netctl network create -d overlay --opt encrypted shut >"$T/shut" 2>&1 || true # nobody takes it into etcd here
	grep -q "netd cannot encrypt yet: what is for another host does not leave this one" "$T/shut"
	netctl network rm shut
	# and without a cluster there is none
	run -1 netctl network create -d overlay --subnet 10.79.0.0/16 mine --opt vni=5001
	[[ $output == *"network web has the number (vni) 5001 already"* ]]
	took h '{"Self": {}}'
	run -1 netctl network create -d overlay --subnet 10.79.0.0/16 mine
	[[ $output == *"this host is in no cluster"* ]]
}
