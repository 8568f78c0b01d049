#!/usr/bin/env bats
# detach.bats - what ends leaves nothing: by detach, by a process that dies, by a namespace that goes
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# By the list: inspect would also take a network whose id begins so.
gone() { ! netctl ps --format "{{.Names}}" | grep -qx "$1"; }
# settled SNAPSHOT: the links of the dead are swept a moment after the answer
settled() { comes_back_to "$1" snapshot h; }

@test "detach frees the address, the port and the names before it answers" {
	netctl network create --subnet 10.31.0.0/24 n
	attach b --network n
	for i in 1 2 3 4 5; do
		attach a --network n:ip=10.31.0.9,alias=other -p 8080:80
		equals "$(ask b other)" 10.31.0.9
		netctl detach a
		equals "$(ask b other)" ""
		equals "$(ask b a)" ""
		# at once by another
		attach c --network n:ip=10.31.0.9 -p 8080:80
		netctl detach c
	done
}

@test "detach leaves no interface, element, file or socket" {
	local before
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	before=$(snapshot h)
	attach a --network n --network bridge -p 8080:80 -p 8080:80/udp -p 127.0.0.1:9000-9010:90-100 \
		--hostname x --add-host db:10.1.1.1
	attach b --network n -p '[::1]:8081:80'
	netctl detach a
	netctl detach b
	settled "$before"
	equals "$(ip -n "$P-c-a" -j link | jq -r '.[].ifname')" lo
	equals "$(in_c a ss -Hlntu | wc -l)" 0
	equals "$(in_c a nft list ruleset)" ""
}

@test "a detached namespace can be attached again at once, two hundred times" {
	local before i
	before=$(snapshot h)
	for i in $(seq 200); do
		attach a -p 8080:80
		netctl detach a
	done
	settled "$before"
}

@test "a container whose process dies without detach is cleaned up by itself" {
	local before pid
	before=$(snapshot h)
	spawn in_host h unshare --net sleep 600
	pid=$SPAWNED
	wait_until 30 bash -c "[[ \$(cat /proc/$pid/comm) == sleep ]]"
	netctl attach a --pid "$pid" -p 8080:80 --network bridge:alias=other
	attach b
	equals "$(ask b other | wc -l)" 1
	netctl detach b
	kill -9 "$pid"
	wait_until 30 gone a
	settled "$before"
}

@test "a container whose namespace path is deleted without detach is cleaned up by itself" {
	local before
	attach z
	before=$(snapshot h)
	attach a -p 8080:80
	ip netns del "$P-c-a"
	wait_until 30 gone a
	settled "$before"
}

@test "a process that dies while netd is down is cleaned up at the next start" {
	local before pid
	before=$(snapshot h)
	spawn in_host h unshare --net sleep 600
	pid=$SPAWNED
	wait_until 30 bash -c "[[ \$(cat /proc/$pid/comm) == sleep ]]"
	netctl attach a --pid "$pid" -p 8080:80
	attach b -p 8081:80
	host_stop h KILL
	kill -9 "$pid"
	ip netns del "$P-c-b"
	host_start h
	wait_until 30 gone a
	wait_until 30 gone b
	settled "$before"
}

@test "a veth that someone deletes is noticed and made again or detached, never half there" {
	local port
	attach a
	attach b
	port=$(ip -n "$P-h" -j link show master netd0 | jq -r '.[0].ifname')
	ip -n "$P-h" link del "$port"
	wait_until 30 in_c a ping -c1 -W1 -q "$(ip4_of b)"
}
