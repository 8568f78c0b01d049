#!/usr/bin/env bats
# anti_spoof.bats - a container speaks with its own MAC and its own addresses only, where the network asks for that
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

TRUE="advert advert-local arp arp-probe arp-reply dad dhcp groups ip4 ip6 ip6-local routers solicit"
FORGED="f-advert f-advert-behind f-advert-none f-advert-source f-arp f-arp-gateway f-arp-gratuitous f-arp-mac f-arp-reply f-dad f-ip4 f-ip4-free f-ip4-none f-ip4-tagged f-ip6 f-ip6-local f-ip6-none f-mac f-mac-ip4 f-other f-solicit"

# say CONTAINER LINK NETWORK OTHER: all frames of spoof.py, the forged ones as OTHER
say() {
	in_c "$1" $PYTHON -I -S "$LIB/spoof.py" say "$2" "$(ip4_of "$1" "$3")" "$(ip6_of "$1" "$3")" \
		"$(mac_of "$4" "$3")" "$(ip4_of "$4" "$3")" "$(ip6_of "$4" "$3")"
}
hears() { # CONTAINER LINK: writes the name of each frame that comes there to $T/heard.LINK
	spawn_to "$T/heard.$2" in_c "$1" $PYTHON -I -S "$LIB/spoof.py" hear "$2"
	wait_until 30 grep -q ready "$T/heard.$2"
}
heard() { grep -v ready "$T/heard.$1" | sort -u | tr '\n' ' '; }
# The MACs that the bridge has learnt to be behind a container's port.
learnt_of() { # CONTAINER NETWORK
	local port
	port=$(ip -n "$P-h" -j link | jq -r --arg alias "$1 on $2" '.[] | select(.ifalias == $alias and .master).ifname')
	bridge -n "$P-h" -j fdb show dev "$port" | jq -r '.[] | select(.state != "permanent").mac'
}
unlearned() { ip -n "$P-h" -d -j link show "$1" | jq '.[0].linkinfo.info_data.no_linklocal_learn'; }
# netd looks at the kernel's counters when it is asked.
forged() { netctl system info >/dev/null && netctl network inspect "$1" | jq '.[0].Status.ForgedPackets'; }

@test "with anti-spoof nothing made up comes to a neighbour: no MAC, no address, no ARP, no neighbour discovery; all of its own does" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet fd00:31::/64 free
	lacks "$(in_host h nft list tables)" bridge
	netctl network create --ipv6 --subnet 10.32.0.0/24 --subnet fd00:32::/64 -o anti-spoof held
	for name in a b c; do attach "$name" --network free --network held --bandwidth out=1gbit; done
	# the same frames, where nobody looks
	hears b eth0
	say a eth0 free c
	comes_back_to "$(tr ' ' '\n' <<<"$TRUE $FORGED" | sort | tr '\n' ' ')" heard eth0
	hears b eth1
	say a eth1 held c
	comes_back_to "$TRUE " heard eth1
	# nor did the bridge learn any of it, which would bring the neighbour's traffic to its forger
	equals "$(learnt_of a held)" "$(mac_of a held)"
	wait_until 30 prints 21 forged held
	equals "$(netctl network inspect held | jq -c '.[0].Options')" '{"anti-spoof":""}'
	matches "$(netctl system info)" 'network held: 21 frames of container a with another MAC or address than its own$'
	equals "$(grep -c 'network held: what container a sends with another MAC or address' "$T/h/netd.log")" 1
	# connections, duplicate address detection by the kernel, and the address of its other network
	serve a 80
	get_from b "http://$(ip4_of a held):80/"
	get_from b "http://[$(ip6_of a held)]:80/"
	get_host h "http://$(ip4_of a held):80/"
	local own mac
	own=$(ip6_of a held) mac=$(mac_of a held)
	in_c a sysctl -q net.ipv6.conf.eth1.accept_dad=1 net.ipv6.conf.eth1.dad_transmits=1
	in_c a ip addr del "$own/64" dev eth1
	in_c a ip addr add "$own/64" dev eth1
	settled_dad() { [[ -z $(in_c a ip -6 -o addr show dev eth1 tentative) ]]; }
	wait_until 30 settled_dad
	lacks "$(in_c a ip -6 addr show dev eth1)" dadfailed
	in_c a ping -c1 -W5 -q -I "$own" "$(ip6_of b held)"
	in_c a ping -c1 -W5 -q -I "$(ip4_of a free)" 10.32.0.1
	# another MAC than that which netd gave is nobody's
	in_c a ip link set eth1 address 02:00:00:00:00:99
	refused in_c a ping -c1 -W1 -q 10.32.0.1
	in_c a ip link set eth1 address "$mac"
	wait_until 30 in_c a ping -c1 -W1 -q 10.32.0.1
}

@test "anti-spoof has no gap while netd is killed and comes again, or containers come and go, and ends with its last network" {
	netctl network create --ipv6 --subnet 10.32.0.0/24 --subnet fd00:32::/64 -o anti-spoof=true -o bridge=heldbr held
	netctl network create plain
	for name in a b c; do attach "$name" --network held; done
	hears b eth0
	spawn_to "$T/said" in_c a sh -c "while :; do $PYTHON -I -S '$LIB/spoof.py' say eth0 $(ip4_of a) $(ip6_of a) $(mac_of c) $(ip4_of c) $(ip6_of c); done"
	local n said=$SPAWNED
	n=$(n_rules h)
	host_stop h KILL
	# as a netd made it that was before this option
	ip -n "$P-h" link set heldbr type bridge no_linklocal_learn 0
	host_start h
	wait_until 30 prints 1 unlearned heldbr
	attach d --network held --network plain
	netctl detach d
	host_restart h
	equals "$(n_rules h)" "$n"
	kill "$said"
	comes_back_to "$TRUE " heard eth0
	for name in a b c; do netctl detach "$name"; done
	equals "$(in_host h nft -j list table bridge netd | jq '[.nftables[].set // empty | select(.name | startswith("speakers")) | .elem // [] | length] | add')" 0
	netctl network rm held
	lacks "$(in_host h nft list tables)" bridge
}

@test "anti-spoof is refused where it says nothing, or the opposite is asked for as well" {
	fails_with 1 'anti-spoof" and "sources" contradict each other' netctl network create -o anti-spoof -o sources=10.8.0.0/24 n
	matches "$(api POST /networks/create '{"Name": "n", "EnableIPv4": false, "IPAM": {"Driver": "null"}, "Options": {"anti-spoof": ""}}' | tr '\n' ' ')" \
		'with the IPAM driver .*null.* it gives none.* 400'
	fails_with 1 'invalid value "maybe" for option "anti-spoof": true or false is wanted' netctl network create -o anti-spoof=maybe n
	netctl network create -o anti-spoof=false n
	lacks "$(in_host h nft list tables)" bridge
}
