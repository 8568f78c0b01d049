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
	bind 2 2 0.0.0.0
	wait_until 30 bind 10 1 :: # that one was relayed: it is the resolver's to close, which a busy machine puts off
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

# Starts netd as on a kernel before 6.9: the transaction that asks whether tables can have an owner is refused.
start_without_owner() {
	local n
	for n in 1 2 3; do
		cat >"$T/old/netd" <<-END
			#!/bin/sh
			exec strace -D -qq -o '$T/strace' -e trace=sendto -e inject=sendto:error=EOPNOTSUPP:when=$n '$NETD_BUILD/netd' "\$@"
		END
		chmod +x "$T/old/netd"
		NETD_BUILD=$T/old host_start h || continue
		[[ $(netctl system info --format json | jq .TableOwned) != false ]] || return 0
		host_stop h
	done
	return 1
}

@test "where tables have no owner, ports and networks are made right after somebody flushed the ruleset" {
	mkdir "$T/old"
	host_stop h
	start_without_owner
	echo 'ip saddr 192.0.2.1 tcp dport 81 drop' >"$T/h/etc/netd/rules.d/10-block.nft"
	kill -HUP "${NETD_PID[h]}"
	attach web -p 8080:80
	serve web 80 81
	container_ns b >/dev/null
	# Stopped, netd finds the notification and the request together, and the repair comes after both.
	after_flush() {
		kill -STOP "${NETD_PID[h]}"
		in_host h nft flush ruleset
		ask_stopped "$T/asked" netctl "$@"
		wait "$SPAWNED"
	}
	after_flush attach b --netns "$(container_path b)" -p 9090:90
	serve b 90
	matches "$(get_out "http://$H4:9090/")" '^b from'
	matches "$(get_out "http://$H4:8080/")" '^web from'
	after_flush port add web 8081:81 8082:80
	matches "$(get_out "http://$H4:8082/")" '^web from'
	refused get_out "http://$H4:8081/"
	after_flush network create n
	has_bridges() { in_host h nft list set inet netd bridges | grep -q br-; }
	wait_until 30 has_bridges
	netctl detach b
	netctl port rm web 8082:80
	refused get_out "http://$H4:8082/"
}

@test "after a restart or a reboot with a bad file in rules.d the last good rules are in force, and it is said" {
	attach web -p 8080:80
	serve web 80
	echo 'ip saddr 192.0.2.1 tcp dport 80 drop' >"$T/h/etc/netd/rules.d/10-block.nft"
	host_restart h
	refused get_out "http://$H4:8080/"
	lacks "$(netctl system info)" 'rules.d'
	printf '\nip saddr 192.0.2.7 drop\nnonsense here\n' >"$T/h/etc/netd/rules.d/05-bad.nft"
	fails_with 1 'rules.d/05-bad.nft:3:' in_host h "$NETD_BUILD/netd" --check
	host_restart h KILL
	refused get_out "http://$H4:8080/"
	matches "$(grep -c '05-bad.nft:3:.*move it away' "$T/h/netd.log")" '^1$'
	matches "$(netctl system info)" '05-bad.nft:3:.*move it away'
	host_reboot h
	kill_namespace "$P-c-web"
	ip netns del "$P-c-web"
	attach web -p 8080:80
	serve web 80
	refused get_out "http://$H4:8080/"
	matches "$(netctl system info)" '05-bad.nft:3:.*move it away'
	# The table is made anew while the file is bad.
	host_stop h KILL
	in_host h nft delete table inet netd
	host_start h
	refused get_out "http://$H4:8080/"
	rm "$T/h/etc/netd/rules.d/"*
	in_host h "$NETD_BUILD/netd" --check
	kill -HUP "${NETD_PID[h]}"
	wait_until 30 get_out "http://$H4:8080/"
	no_complaint() { ! netctl system info | grep -q 'rules.d'; }
	wait_until 30 no_complaint
	# No rules are what was right last, now.
	echo 'nonsense' >"$T/h/etc/netd/rules.d/05-bad.nft"
	host_reboot h
	matches "$(netctl system info)" '05-bad.nft:1:'
}

@test "netd does not start for the first time with rules that are wrong, and says which and what to do" {
	host_stop h
	rm -rf "$T/h/state"
	mkdir "$T/h/state"
	echo 'nonsense' >"$T/h/etc/netd/rules.d/05-bad.nft"
	refused host_start h
	matches "$(tail -1 "$T/h/netd.log")" 'rules.d/05-bad.nft:1:.*correct it or move it away'
	rm "$T/h/etc/netd/rules.d/05-bad.nft"
	host_start h
}

@test "rules in /etc/netd/rules.d come first, are checked, and reloaded on SIGHUP" {
	attach web -p 8080:80
	serve web 80
	matches "$(get_out "http://$H4:8080/")" '^web from'
	echo 'ip saddr 192.0.2.1 tcp dport 80 drop' >"$T/h/etc/netd/rules.d/10-block.nft"
	kill -HUP "${NETD_PID[h]}"
	blocked() { ! get_out "http://$H4:8080/"; }
	MAX_S=2 wait_until 30 blocked
	echo 'this is not a rule' >"$T/h/etc/netd/rules.d/20-bad.nft"
	kill -HUP "${NETD_PID[h]}"
	wait_until 30 grep -q '20-bad.nft' "$T/h/netd.log"
	refused get_out "http://$H4:8080/"
	rm "$T/h/etc/netd/rules.d/"*
	kill -HUP "${NETD_PID[h]}"
	wait_until 30 get_out "http://$H4:8080/"
}
