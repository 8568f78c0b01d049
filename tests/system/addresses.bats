#!/usr/bin/env bats
# addresses.bats - which address a container gets
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

@test "addresses begin behind the gateway and stay inside the range" {
	netctl network create --subnet 10.31.0.0/16 --ip-range 10.31.5.0/30 n
	for i in 1 2 3 4; do attach "c$i" --network n || break; done
	equals "$(for i in 1 2 3 4; do ip4_of "c$i" n; done | sort | xargs)" "10.31.5.0 10.31.5.1 10.31.5.2 10.31.5.3"
	fails_with 1 '4' attach c5 --network n
}

@test "a full pool says so with numbers and leaves nothing behind" {
	netctl network create --subnet 10.31.0.0/29 small
	for i in 1 2 3 4 5; do attach "c$i" --network small; done
	local before
	before=$(snapshot h)
	fails_with 1 '10\.31\.0\.0/29.*5|5.*10\.31\.0\.0/29' attach c6 --network small
	same_snapshot "$before" "$(snapshot h)"
	netctl detach c3
	attach c6 --network small
}

@test "a freed address rests: another name gets it last" {
	local freed
	netctl network create --subnet 10.31.0.0/24 n
	attach a --network n
	attach b --network n
	freed=$(ip4_of a n)
	netctl detach a
	for i in 1 2 3 4 5; do
		attach "c$i" --network n
		[[ $(ip4_of "c$i" n) != "$freed" ]]
	done
}

@test "the same name gets its old address back, also after others came" {
	local ip ip6
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	attach a --network n
	ip=$(ip4_of a n) ip6=$(ip6_of a n)
	netctl detach a
	attach b --network n
	attach c --network n
	attach a --network n
	equals "$(ip4_of a n) $(ip6_of a n)" "$ip $ip6"
}

@test "the gateway, an auxiliary address and a taken address are refused naming who has them" {
	netctl network create --subnet 10.31.0.0/24 --aux-address nas=10.31.0.9 n
	attach a --network n:ip=10.31.0.5
	fails_with 1 '10\.31\.0\.5.*' attach b --network n:ip=10.31.0.5
	fails_with 1 '\ba\b' attach b --network n:ip=10.31.0.5
	fails_with 1 '10\.31\.0\.1' attach b --network n:ip=10.31.0.1
	fails_with 1 '10\.31\.0\.9' attach b --network n:ip=10.31.0.9
	fails_with 1 '10\.32\.0\.1' attach b --network n:ip=10.32.0.1
	fails_with 1 '10\.31\.0\.0' attach b --network n:ip=10.31.0.0
	fails_with 1 '10\.31\.0\.255' attach b --network n:ip=10.31.0.255
}

@test "no two containers have one address when many attach at once" {
	netctl network create --subnet 10.31.0.0/24 n
	for i in $(seq 40); do container_ns "c$i" >/dev/null; done
	local pids=()
	for i in $(seq 40); do
		netctl attach "c$i" --netns "$(container_path "c$i")" --network n >/dev/null 2>"$T/err.$i" 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	equals "$(netctl network inspect n | jq -r '.[0].Containers[].IPv4Address' | sort -u | wc -l)" 40
	in_c c1 ping -c1 -W10 -q "$(ip4_of c40 n)"
}
