#!/usr/bin/env bats
# surroundings.bats - a host on which others were first: their bridges, routes and firewalls
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# A host on which no netd has run yet.
setup() {
	HOST_NAMES+=(h)
	host_ns h
	N_HOSTS=1
}

docker_bridge() {
	in_host h ip link add docker0 type bridge
	in_host h ip addr add 172.17.0.1/16 dev docker0
	in_host h ip link set docker0 up
}
subnet_of_bridge() { netctl network inspect bridge --format '{{(index .IPAM.Config 0).Subnet}}'; }

@test "where somebody has 172.17.0.0/16, the network bridge has another subnet, and keeps it" {
	docker_bridge
	host_start h
	local subnet
	subnet=$(subnet_of_bridge)
	lacks "$subnet" '^172\.17\.'
	matches "$(grep 'network bridge has subnet' "$T/h/netd.log")" '172\.17\.0\.0/16 dev docker0'
	attach a
	attach b
	serve b 80
	equals "$(ask a b)" "$(ip4_of b)"
	matches "$(get_from a "http://$(ip4_of b)/")" '^b from'
	equals "$(in_host h ip route get 172.17.0.9 | grep -o 'dev docker0')" 'dev docker0'
	host_restart h KILL
	equals "$(subnet_of_bridge)" "$subnet"
	get_from a "http://$(ip4_of b)/"
	host_reboot h # and now netd is there before the other
	equals "$(subnet_of_bridge)" "$subnet"
}

@test "a route that comes later does not move the network bridge from under its containers" {
	host_start h
	attach a
	in_host h ip route add 172.17.128.0/17 via 192.0.2.1
	host_restart h KILL
	equals "$(subnet_of_bridge)" 172.17.0.0/16
	equals "$(netctl ps --format '{{.Names}}')" a
}

@test "a bip that overlaps a route holds, with a warning; one that another network has is refused" {
	docker_bridge
	echo '{ "bip": "172.17.9.1/24" }' >"$T/h/etc/netd/netd.json"
	host_start h
	equals "$(subnet_of_bridge)" 172.17.9.0/24
	matches "$(grep warn: "$T/h/netd.log")" 'bip in netd.json: .*172\.17\.0\.0/16 dev docker0'
	netctl network create --subnet 10.9.0.0/16 mine
	host_stop h
	echo '{ "bip": "10.9.1.1/24" }' >"$T/h/etc/netd/netd.json"
	refused host_start h
	matches "$(tail -1 "$T/h/netd.log")" 'bip in netd.json cannot be: .*10\.9\.1\.0/24 overlaps 10\.9\.0\.0/16 of network mine: choose another'
	echo '{}' >"$T/h/etc/netd/netd.json"
	host_start h
	equals "$(netctl network inspect mine --format '{{(index .IPAM.Config 0).Subnet}}')" 10.9.0.0/16
}

@test "with ipv6 switched on the network bridge keeps its IPv6 subnet over restarts and reboots" {
	subnet6() { netctl network inspect bridge | jq -r '.[0].IPAM.Config[].Subnet | select(test(":"))'; }
	local subnet
	host_start h
	netctl network create --ipv6 first
	host_stop h
	echo '{ "ipv6": true }' >"$T/h/etc/netd/netd.json"
	host_start h
	subnet=$(subnet6)
	matches "$subnet" '^fd.*/64$'
	lacks "$(netctl network inspect first)" "$subnet"
	netctl network rm first
	attach a
	host_restart h KILL
	equals "$(subnet6)" "$subnet"
	matches "$(netctl ps --format '{{.Names}}')" '^a$'
	in_c a ping -6 -c1 -W10 -q "$(netctl network inspect bridge | jq -r '.[0].IPAM.Config[].Gateway | select(test(":"))')"
	host_reboot h
	equals "$(subnet6)" "$subnet"
	lacks "$(cat "$T/h/netd.log")" 'overlaps|has subnet'
}

@test "a bip of netd's own that stands already is no overlap, and one for IPv6 that a network has is refused" {
	echo '{ "bip": "10.44.0.1/24" }' >"$T/h/etc/netd/netd.json"
	host_start h
	host_restart h KILL
	lacks "$(cat "$T/h/netd.log")" 'overlaps'
	netctl network create --ipv6 --subnet 10.45.0.0/24 --subnet 2001:db8:45::/64 n
	host_stop h
	echo '{ "ipv6": true, "fixed-cidr-v6": "2001:db8:45::/64" }' >"$T/h/etc/netd/netd.json"
	refused host_start h
	matches "$(tail -1 "$T/h/netd.log")" 'fixed-cidr-v6 in netd.json cannot be: .*of network n'
}

@test "a foreign chain that drops what netd lets through is named, with the way out" {
	in_host h nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'
	in_host h nft 'table ip6 calm { chain FORWARD { type filter hook forward priority 0; }; }'
	host_start h
	local warning='chain FORWARD of table ip filter drops .*DOCKER-USER'
	matches "$(grep warn: "$T/h/netd.log")" "$warning"
	matches "$(netctl system info --format '{{index .Warnings 0}}')" "$warning"
	equals "$(netctl system info --format '{{len .Warnings}}')" 1
	matches "$(api_body GET /info | jq -r '.Warnings[]')" "$warning"
	in_host h nft flush table ip filter
	in_host h nft delete table ip filter
	equals "$(netctl system info --format '{{len .Warnings}}')" 0
}
