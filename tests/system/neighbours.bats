#!/usr/bin/env bats
# neighbours.bats - an address that passes to another container, or to another MAC, is reached at once
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

setup() {
	setup_default
	H4=$(host_addr h) H6=$(host_addr6 h)
}

# Without an announcement the old MAC is used for 60 s until it is doubted (where everybody is patient; 5 s are usual): far
# beyond this bound, within which a connection has four tries.
MAX_S=30
# patient: near, the host with all bridges that it has by now, and the outside
patient() {
	local in
	for in in "in_c near" "in_host h" in_out; do
		$in sh -c 'for file in /proc/sys/net/ipv[46]/neigh/*/delay_first_probe_time; do echo 60 >"$file"; done'
	done
}

dual() { netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 "${@:2}" "$1"; }
at() { echo "${1}:ip=10.31.0.9,ip6=2001:db8:31::9"; }

# Everybody who can knows the MAC of 10.31.0.9: a neighbour, the host, and through it the outside.
all_reach() { # NAME
	matches "$(get_from near 'http://10.31.0.9/')" "^$1 from"
	matches "$(get_from near 'http://[2001:db8:31::9]/')" "^$1 from"
	matches "$(get_host h 'http://10.31.0.9/')" "^$1 from"
	matches "$(get_host h 'http://[2001:db8:31::9]/')" "^$1 from"
	matches "$(get_out "http://$H4:8080/")" "^$1 from"
	matches "$(get_out "http://[$H6]:8080/")" "^$1 from"
}

comes() { # NAME OPTION…
	attach "$@"
	serve "$1" 80
	all_reach "$1"
}

@test "a static address given again is reached at once: neighbours, host and published ports, IPv4 and IPv6" {
	dual n
	attach near --network n
	patient
	comes a --network "$(at n)" -p 8080:80
	netctl detach a
	comes b --network "$(at n)" -p 8080:80
	# so it is for the same container with a MAC given by hand, and after a restart of netd
	netctl detach b
	attach b --network "$(at n),mac=02:00:00:00:00:77" -p 8080:80
	all_reach b
	netctl detach b
	host_restart h KILL
	comes c --network "$(at n)" -p 8080:80
	lacks "$(cat "$T/h/netd.log")" 'not (announced|told)|cannot correct'
}

@test "an address that passes on while its container lives is reached at once" {
	dual n
	netctl network create m
	attach near --network n
	patient
	comes a --network "$(at n)" -p 8080:80
	attach b --network m -p 8081:80
	serve b 80
	netctl network disconnect n a
	netctl network connect --ip 10.31.0.9 --ip6 2001:db8:31::9 n b
	matches "$(get_from near 'http://10.31.0.9/')" '^b from'
	matches "$(get_from near 'http://[2001:db8:31::9]/')" '^b from'
	matches "$(get_host h 'http://10.31.0.9/')" '^b from'
	matches "$(get_host h 'http://[2001:db8:31::9]/')" '^b from'
	# a container that changes its own MAC, with the link up
	ip -n "$P-c-b" link set eth1 address 02:00:00:00:00:78
	matches "$(get_from near 'http://10.31.0.9/')" '^b from'
	matches "$(get_from near 'http://[2001:db8:31::9]/')" '^b from'
	matches "$(get_host h 'http://10.31.0.9/')" '^b from'
	# and whose link is made again, with the MAC it was given
	ip -n "$P-c-b" link del eth1
	wait_until 30 in_c b ip link show eth1
	matches "$(get_from near 'http://10.31.0.9/')" '^b from'
	matches "$(get_from near 'http://[2001:db8:31::9]/')" '^b from'
	matches "$(get_host h 'http://10.31.0.9/')" '^b from'
}

@test "a MAC that is changed while the link is down is known when it is up again" {
	local mac
	dual n
	attach near --network n
	patient
	comes a --network "$(at n)" -p 8080:80
	matches "$(get_from near 'http://10.31.0.9/')" '^a from'
	matches "$(get_from near 'http://[2001:db8:31::9]/')" '^a from'
	matches "$(get_host h 'http://10.31.0.9/')" '^a from'
	knows() { # COMMAND… that has the neighbours, ADDRESS
		[[ $("${@:1:$#-1}" neigh show "${@: -1}") == *"$mac"* ]]
	}
	for mac in 02:00:00:00:00:79 02:00:00:00:00:7a; do
		ip -n "$P-c-a" link set eth0 down
		ip -n "$P-c-a" link set eth0 address "$mac"
		ip -n "$P-c-a" link set eth0 up
		wait_until 30 knows ip -n "$P-c-near" 10.31.0.9
		wait_until 30 knows ip -n "$P-h" 10.31.0.9
		wait_until 30 knows ip -n "$P-c-near" 2001:db8:31::9
		# its IPv6 address went with the link, and nobody takes a new one from it
		ip -n "$P-c-a" addr add 2001:db8:31::9/64 dev eth0 nodad 2>/dev/null || true
		matches "$(get_from near 'http://10.31.0.9/')" '^a from'
		matches "$(get_from near 'http://[2001:db8:31::9]/')" '^a from'
	done
}

@test "in a small network every address passes on, and is reached at once" {
	local i last
	netctl network create --ipv6 --subnet 10.31.0.0/29 --subnet 2001:db8:31::/125 small
	attach near --network small
	patient
	for i in 1 2 3 4 5 6 7 8 9; do
		attach "c$i" --network small
		serve "c$i" 80
		matches "$(get_from near "http://$(ip4_of "c$i")/")" "^c$i from"
		matches "$(get_from near "http://[$(ip6_of "c$i")]/")" "^c$i from"
		matches "$(get_host h "http://$(ip4_of "c$i")/")" "^c$i from"
		matches "$(get_host h "http://[$(ip6_of "c$i")]/")" "^c$i from"
		[[ -z ${last:-} ]] || netctl detach "$last"
		last=c$i
	done
}

@test "ICC off and internal networks: the host and who is allowed reach a new owner at once" {
	dual apart -o icc=false
	netctl network create --internal --subnet 10.33.0.0/24 inside
	attach near --network inside
	patient
	attach a --network "$(at apart)" --network inside:ip=10.33.0.9 -p 8080:80
	serve a 80
	matches "$(get_host h 'http://10.31.0.9/')" '^a from'
	matches "$(get_host h 'http://[2001:db8:31::9]/')" '^a from'
	matches "$(get_out "http://$H4:8080/")" '^a from'
	matches "$(get_from near 'http://10.33.0.9/')" '^a from'
	netctl detach a
	attach b --network "$(at apart)" --network inside:ip=10.33.0.9 -p 8080:80
	serve b 80
	matches "$(get_from near 'http://10.33.0.9/')" '^b from'
	matches "$(get_host h 'http://10.31.0.9/')" '^b from'
	matches "$(get_host h 'http://[2001:db8:31::9]/')" '^b from'
	matches "$(get_out "http://$H4:8080/")" '^b from'
}

@test "an interface that its caller moves and sets up is reached at once" {
	netctl network create --subnet 10.31.0.0/24 n
	attach near --network n
	patient
	attach a --network n:ip=10.31.0.9
	serve a 80
	matches "$(get_from near 'http://10.31.0.9/')" '^a from'
	matches "$(get_host h 'http://10.31.0.9/')" '^a from'
	netctl detach a
	container_ns b >/dev/null
	equals "$(api_status POST /netd/v1/containers "{\"Name\": \"b\", \"NetnsPath\": \"$(container_path b)\", \"Networks\":
		{\"n\": {\"IPAMConfig\": {\"IPv4Address\": \"10.31.0.9\"}, \"DriverOpts\": {\"org.netd.endpoint.handover\": \"src0\"}}}}")" 201
	ip -n "$P-h" link set src0 netns "$P-c-b"
	ip -n "$P-c-b" addr add 10.31.0.9/24 dev src0
	ip -n "$P-c-b" link set src0 up
	serve b 80
	matches "$(get_from near 'http://10.31.0.9/')" '^b from'
	matches "$(get_host h 'http://10.31.0.9/')" '^b from'
}

@test "a large network is told of an address that somebody had, and of no other" {
	local i
	dual n
	attach near --network n
	patient
	attach a --network "$(at n)" -p 8080:80
	serve a 80
	all_reach a
	for i in $(seq 33); do attach "c$i" --network n; done
	spawn_to "$T/heard" in_c near timeout 600 tcpdump -lnpi eth0 'arp[6:2] == 1 and arp[14:4] == arp[24:4]'
	wait_until 30 grep -q listening "$T/heard"
	attach fresh --network n
	netctl detach a
	comes b --network "$(at n)" -p 8080:80
	wait_until 30 grep -q '10\.31\.0\.9' "$T/heard"
	lacks "$(cat "$T/heard")" "$(ip4_of fresh)"
}

@test "what is said first gets through: each of 100 attaches is followed by a connection from inside, and one from the host" {
	local network
	netctl network create n
	netctl network create empty
	attach near --network n
	serve near 80
	container_ns first >/dev/null
	in_host h sh -c 'for file in /proc/sys/net/ipv4/neigh/br-*/retrans_time_ms; do echo 60000 >"$file"; done'
	for network in n empty; do
		equals "$(in_host h $PYTHON -I -S "$LIB/first.py" "$(host_sock h)" "$(container_path first)" "$network" \
			"$([[ $network == n ]] && ip4_of near n || netctl network inspect empty | jq -r '.[0].IPAM.Config[0].Gateway')" 80 50)" 0
	done
}
