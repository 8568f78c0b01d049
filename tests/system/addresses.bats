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
	comes_back_to "$before" snapshot h
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

@test "an address asked for by hand is nobody else's after a reboot, before its container is there" {
	kept() { sqlite3 -readonly "$T/h/state/networks.db" 'SELECT addr, holder FROM kept ORDER BY addr' | xargs; }
	netctl network create --ipv6 --subnet 10.70.0.0/29 --subnet 2001:db8:70::/64 n
	attach web --network n:ip=10.70.0.2,ip6=2001:db8:70::2
	attach db --network n
	netctl network create --subnet 10.71.0.0/29 m
	netctl network connect m db --ip 10.71.0.3
	# what an IPAM driver was told to ask for is nobody's wish
	local told
	told=$(api_body POST /netd/v1/networks/m/addresses '{"Holder":"x"}' | jq -r .Address)
	attach x --network "m:ip=${told%/*}"
	equals "$(kept)" '10.70.0.2|web 10.71.0.3|db 2001:db8:70::2|web'
	host_reboot h
	attach early --network n
	attach other --network m
	attach another --network m
	lacks "$(ip4_of early n) $(ip6_of early n)" '^10\.70\.0\.2 |2001:db8:70::2$'
	lacks "$(ip4_of other m) $(ip4_of another m)" '10\.71\.0\.3'
	ip netns del "$P-c-web"
	attach web --network n:ip=10.70.0.2,ip6=2001:db8:70::2
	# so it is when the container was detached first, as its runtime does before a reboot, also under another name
	netctl detach web
	host_reboot h
	rm -f "$T/attach.out"
	ip netns del "$P-c-early"
	attach early --network n
	lacks "$(ip4_of early n)" '^10\.70\.0\.2$'
	# who asks for it by hand gets it, and is the one from now on
	attach fresh --network n:ip=10.70.0.2
	ip netns del "$P-c-db"
	attach db --network m:ip=10.71.0.4
	equals "$(kept)" '10.70.0.2|fresh 10.71.0.4|db 2001:db8:70::2|web'
	netctl detach db
	netctl network rm m
	equals "$(kept)" '10.70.0.2|fresh 2001:db8:70::2|web'
}
