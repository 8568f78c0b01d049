#!/usr/bin/env bats
# wiring.bats - what a container finds inside: interfaces, addresses, routes, MAC, files
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

file_of() { netctl inspect "$1" | jq -r ".[0].$2"; }

@test "attach by path and by pid reach each other" {
	attach a
	container_ns b >/dev/null
	spawn in_c b sleep 60
	wait_until 30 test -e "/proc/$SPAWNED/ns/net"
	wait_until 30 bash -c "[[ \$(stat -Lc %i /proc/$SPAWNED/ns/net) == \$(stat -Lc %i $(container_path b)) ]]"
	netctl attach b --pid "$SPAWNED"
	in_c a ping -c1 -W30 -q "$(ip4_of b)"
	in_c b ping -c1 -W30 -q "$(ip4_of a)"
}

@test "attach prints the id, and the id, its prefix and the name all find the container" {
	local id
	attach a --id "$(printf 'ab%.0s' {1..32})"
	id=$(cat "$T/attach.out")
	equals "$id" "$(printf 'ab%.0s' {1..32})"
	equals "$(netctl inspect "$id" | jq -r '.[0].Name')" /a
	equals "$(netctl inspect abababababab | jq -r '.[0].Id')" "$id"
	fails_with 1 'nosuch' netctl inspect nosuch
}

@test "networks are wired in the order given as eth0, eth1, eth2" {
	for i in 1 2 3; do netctl network create --subnet "10.3$i.0.0/24" "n$i"; done
	attach a --network n2 --network n3 --network n1
	matches "$(ip -n "$P-c-a" -4 addr show eth0)" 'inet 10\.32\.0\.'
	matches "$(ip -n "$P-c-a" -4 addr show eth1)" 'inet 10\.33\.0\.'
	matches "$(ip -n "$P-c-a" -4 addr show eth2)" 'inet 10\.31\.0\.'
	matches "$(ip -n "$P-c-a" route)" 'default via 10\.32\.0\.1 dev eth0'
	equals "$(ip -n "$P-c-a" route | grep -c default)" 1
}

@test "the default route goes by priority, and moves when its network is left" {
	netctl network create --subnet 10.31.0.0/24 n1
	netctl network create --subnet 10.32.0.0/24 n2
	container_ns a >/dev/null
	equals "$(api_status POST /netd/v1/containers "{\"Name\": \"a\", \"NetnsPath\": \"$(container_path a)\",
		\"Networks\": {\"n1\": {}, \"n2\": {\"GwPriority\": 10}}}")" 201
	matches "$(ip -n "$P-c-a" route)" 'default via 10\.32\.0\.1'
	netctl network disconnect n2 a
	matches "$(ip -n "$P-c-a" route)" 'default via 10\.31\.0\.1'
}

@test "an internal network does not get the default route" {
	netctl network create --internal --subnet 10.31.0.0/24 inside
	netctl network create --subnet 10.32.0.0/24 outside
	attach a --network inside --network outside
	matches "$(ip -n "$P-c-a" route)" 'default via 10\.32\.0\.1'
	attach b --network inside
	lacks "$(ip -n "$P-c-b" route)" 'default'
}

@test "a static address of both families and a static MAC are used" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	attach a --network n:ip=10.31.0.50,ip6=2001:db8:31::50,mac=02:00:00:00:00:50
	matches "$(ip -n "$P-c-a" addr show eth0)" 'inet 10\.31\.0\.50/24'
	matches "$(ip -n "$P-c-a" addr show eth0)" 'inet6 2001:db8:31::50/64'
	matches "$(ip -n "$P-c-a" link show eth0)" '02:00:00:00:00:50'
	equals "$(mac_of a n)" 02:00:00:00:00:50
}

@test "an IPv6 address is usable the moment attach answers" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	attach a --network n
	lacks "$(ip -n "$P-c-a" -6 addr show eth0 scope global)" 'tentative'
	in_c a ping -6 -c1 -W30 -q 2001:db8:31::1
}

@test "the generated MAC is the same for the same name, and what inspect says" {
	local mac
	attach a
	mac=$(mac_of a)
	matches "$(ip -n "$P-c-a" link show eth0)" "$mac"
	netctl detach a
	attach b
	attach a
	equals "$(mac_of a)" "$mac"
	lacks "$(mac_of b)" "$mac"
}

@test "IPv6 stays off where the network has none" {
	attach a
	equals "$(ip -n "$P-c-a" -6 addr show dev eth0)" ""
}

@test "hostname, extra hosts and DNS overrides are in the container's files" {
	attach a --hostname box.example.org --add-host db:10.1.2.3 --add-host six:2001:db8::5 \
		--add-host gw:host-gateway --dns 192.0.2.53 --dns-search corp.example --dns-option ndots:2
	equals "$(cat "$(file_of a HostnamePath)")" box.example.org
	matches "$(cat "$(file_of a HostsPath)")" '^10\.1\.2\.3[[:space:]]+db'
	matches "$(cat "$(file_of a HostsPath)")" '^2001:db8::5[[:space:]]+six'
	matches "$(cat "$(file_of a HostsPath)")" '[[:space:]]gw$'
	lacks "$(cat "$(file_of a HostsPath)")" 'host-gateway'
	matches "$(cat "$(file_of a HostsPath)")" "^$(ip4_of a)[[:space:]]+box.example.org box"
	matches "$(cat "$(file_of a HostsPath)")" '^127\.0\.0\.1[[:space:]]+localhost'
	matches "$(cat "$(file_of a HostsPath)")" '^::1[[:space:]]+.*localhost'
	equals "$(grep -c ^nameserver "$(file_of a ResolvConfPath)")" 1
	matches "$(cat "$(file_of a ResolvConfPath)")" '^nameserver 127\.0\.0\.11'
	matches "$(cat "$(file_of a ResolvConfPath)")" '^search corp\.example'
	matches "$(cat "$(file_of a ResolvConfPath)")" '^options .*ndots:2'
}

@test "the hostname is the short id where none is given" {
	attach a
	equals "$(cat "$(file_of a HostnamePath)")" "$(netctl inspect a | jq -r '.[0].Id[0:12]')"
}

@test "attach of what is attached the same way succeeds; another way is refused" {
	local id
	netctl network create n
	attach a --network n -p 8080:80
	id=$(cat "$T/attach.out")
	attach a --network n -p 8080:80
	equals "$(cat "$T/attach.out")" "$id"
	fails_with 1 '"?a"?.*(already|in use)' attach a --network n -p 8081:80
	equals "$(ip -n "$P-c-a" -j link | jq length)" 2
}

@test "attach of what was attached the same way and lost something since is refused, in words that say what" {
	netctl network create n
	netctl network create m
	attach a --network bridge --network n -p 8080:80 -p 81
	netctl network connect m a
	netctl port add a 9090:90
	attach a --network bridge --network n -p 8080:80 -p 81
	netctl network disconnect n a
	fails_with 1 'disconnected from network n since' attach a --network bridge --network n -p 8080:80 -p 81
	host_restart h KILL
	fails_with 1 'disconnected from network n since' attach a --network bridge --network n -p 8080:80 -p 81
	netctl network connect n a
	attach a --network bridge --network n -p 8080:80 -p 81
	netctl port rm a 8080:80
	fails_with 1 'port 80/tcp was taken back since' attach a --network bridge --network n -p 8080:80 -p 81
	netctl detach a
	attach a --network bridge --network n -p 8080:80 -p 81
}

@test "detach of what is gone succeeds" {
	attach a
	netctl detach a
	netctl detach a
	netctl detach neverwas
}

@test "two containers of one network talk, in both families, at the network's MTU" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 -o mtu=9000 n
	attach a --network n
	attach b --network n
	in_c a ping -4 -c1 -W30 -q -M do -s 8900 "$(ip4_of b n)"
	in_c a ping -6 -c1 -W30 -q -M do -s 8900 "$(ip6_of b n)"
	spawn in_c b iperf3 -s -1
	wait_until 30 bash -c "nsenter --net=$(container_path b) ss -Hlnt | grep -q :5201"
	in_c a iperf3 -c "$(ip4_of b n)" -n 10M >/dev/null
}

@test "a container reaches the outside by the host's address in both families" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	attach a --network n
	serve_in in_out outside 8000
	equals "$(get_from a http://192.0.2.1:8000/)" "outside from $(host_addr h)"
	equals "$(get_from a 'http://[2001:db8::1]:8000/')" "outside from $(host_addr6 h)"
}

@test "without masquerade the container's own address is seen outside" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 -o masquerade=false n
	attach a --network n
	ip -n "$P-out" route add 10.31.0.0/24 via "$(host_addr h)"
	ip -n "$P-out" route add 2001:db8:31::/64 via "$(host_addr6 h)"
	serve_in in_out outside 8000
	equals "$(get_from a http://192.0.2.1:8000/)" "outside from $(ip4_of a n)"
	equals "$(get_from a 'http://[2001:db8::1]:8000/')" "outside from $(ip6_of a n)"
}

@test "ps lists what is attached, with -q, json and templates" {
	attach a -p 8080:80
	attach b
	matches "$(netctl ps)" '^CONTAINER ID'
	equals "$(netctl ps --format json | jq -r .Names | sort | xargs)" "a b"
	equals "$(netctl ps -q | wc -l)" 2
	matches "$(netctl ps --format '{{.Names}} {{.Ports}}')" 'a .*0\.0\.0\.0:8080->80/tcp'
}
