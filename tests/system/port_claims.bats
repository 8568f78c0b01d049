#!/usr/bin/env bats
# port_claims.bats - who holds a port, and what the ruleset looks like with many of them
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

H4=192.0.2.10

@test "a port in use by a program is refused naming the program and its pid" {
	local pid
	serve_in 'in_host h' host 8080
	pid=$(in_host h ss -Hlntp 'sport = 8080' | grep -oE 'pid=[0-9]+' | head -1 | cut -d= -f2)
	fails_with 1 "8080.*python.*$pid" attach web -p 8080:80
}

@test "a port in use by a UDP program is refused naming it" {
	serve_in 'in_host h' host 5353/udp
	fails_with 1 '5353.*python' attach web -p 5353:53/udp
	attach other -p 5353:53/tcp
}

@test "a port in use by a container is refused naming the container" {
	attach web -p 8080:80
	fails_with 1 '8080.*\bweb\b' attach other -p 8080:80
	fails_with 1 '8080.*\bweb\b' attach other -p 127.0.0.1:8080:80
	fails_with 1 '8080.*\bweb\b' attach other -p 8079-8081:79-81
	attach third -p 8080:80/udp
}

@test "while a port is published no other program can bind it; afterwards it can" {
	attach web -p 8080:80 -p 8080:80/udp
	bind() { in_host h "$PYTHON" -c 'import socket, sys
socket.socket(int(sys.argv[1]), int(sys.argv[2])).bind((sys.argv[3], 8080))' "$@"; }
	refused bind 2 1 0.0.0.0
	refused bind 2 2 0.0.0.0
	refused bind 10 1 ::
	refused bind 2 1 127.0.0.1
	netctl detach web
	bind 2 1 0.0.0.0
	bind 10 1 ::
	bind 2 2 0.0.0.0
}

@test "the claim on a port survives kill -9 and restart" {
	attach web -p 8080:80
	host_restart h KILL
	refused in_host h "$PYTHON" -c 'import socket; socket.socket().bind(("0.0.0.0", 8080))'
	fails_with 1 '8080.*\bweb\b' attach other -p 8080:80
}

@test "the number of rules is the same with 0 and 500 ports, and with 1 and 20 networks" {
	local before
	attach web
	before=$(n_rules h)
	netctl port add web 10000-10499:10000-10499
	equals "$(n_rules h)" "$before"
	[[ $(n_elements h) -ge 500 ]]
	for i in $(seq 19); do netctl network create "n$i" >/dev/null; done
	equals "$(n_rules h)" "$before"
	serve web 10000 10499
	matches "$(get_out "http://$H4:10499/")" '^web from'
	netctl port rm web 10000-10499:10000-10499
	[[ $(n_elements h) -lt 400 ]]
}

@test "nft list ruleset reads well: elements carry the owner's name as comment" {
	netctl network create --subnet 10.31.0.0/24 mynet
	attach web --network mynet -p 8080:80
	matches "$(ruleset_of h)" 'table inet netd'
	matches "$(ruleset_of h)" '8080.*comment "[^"]*web'
	matches "$(ruleset_of h)" 'comment "[^"]*mynet'
	lacks "$(ruleset_of h)" '\[invalid|unknown'
}

@test "of a name longer than a comment may be its beginning is the comment" {
	local name
	name=$(printf 'w%.0s' $(seq 253))
	netctl network create --subnet 10.31.0.0/24 "$name"
	matches "$(ruleset_of h)" "10.31.0.0/24 comment \"${name:0:127}\""
	netctl network rm "$name"
	lacks "$(ruleset_of h)" '10.31.0.0'
}

@test "nft flush ruleset by someone else does not take published ports away" {
	attach web -p 8080:80
	attach other
	serve web 80
	in_host h nft flush ruleset || true
	works() { get_out "http://$H4:8080/" | grep -q '^web from' && [[ $(ask other web) == "$(ip4_of web)" ]]; }
	wait_until 30 works
	matches "$(ruleset_of h)" 'table inet netd'
}

@test "nft delete table inet netd is refused or healed" {
	attach web -p 8080:80
	serve web 80
	in_host h nft delete table inet netd || true
	in_c web nft flush ruleset || true
	works() { get_out "http://$H4:8080/" | grep -q '^web from' && [[ $(ask web web) == "$(ip4_of web)" ]]; }
	wait_until 30 works
	refused in_out ping -c1 -W1 "$(ip4_of web)"
}

@test "a foreign table is left alone" {
	in_host h nft 'add table inet mine; add chain inet mine c; add rule inet mine c counter'
	attach web -p 8080:80
	host_restart h KILL
	netctl detach web
	matches "$(ruleset_of h)" 'table inet mine'
}

@test "rules in /etc/netd/rules.d come first, are checked, and reloaded on SIGHUP" {
	attach web -p 8080:80
	serve web 80
	matches "$(get_out "http://$H4:8080/")" '^web from'
	echo 'ip saddr 192.0.2.1 tcp dport 80 drop' >"$T/h/etc/netd/rules.d/10-block.nft"
	kill -HUP "${NETD_PID[h]}"
	blocked() { ! get_out "http://$H4:8080/"; }
	wait_until 30 blocked
	echo 'this is not a rule' >"$T/h/etc/netd/rules.d/20-bad.nft"
	kill -HUP "${NETD_PID[h]}"
	wait_until 30 grep -q '20-bad.nft' "$T/h/netd.log"
	refused get_out "http://$H4:8080/"
	rm "$T/h/etc/netd/rules.d/"*
	kill -HUP "${NETD_PID[h]}"
	wait_until 30 get_out "http://$H4:8080/"
}
