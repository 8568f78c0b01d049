#!/usr/bin/env bats
# redirect.bats - 127.0.0.11 port 53 inside a container leads to the resolver's port, and nothing else does
# SPDX-License-Identifier: GPL-2.0-or-later

load world.bash

setup_file() {
	export TOOL=$BATS_FILE_TMPDIR/nft_tool
	build_tool "$TOOL"
}

setup() {
	TMP=$BATS_TEST_TMPDIR
	W=nd$BASHPID
	C=$W-c
	ns_add "$C"
	ip -n "$C" link add eth0 type bridge
	ip -n "$C" addr add 10.1.0.2/24 dev eth0
	ip -n "$C" addr add fd00:1::2/64 dev eth0 nodad
	ip -n "$C" link set eth0 up
}

teardown() {
	[[ -z ${TOOL_PID:-} ]] || kill -9 "$TOOL_PID" 2>/dev/null || true
	ns_del_all "$W"
}

server() { # ADDRESS PORT A-RECORD
	ip netns exec "$C" "$PYTHON" "$HERE/dnsecho.py" "$1" "$2" "$3" "$TMP/$3.ready" >"$TMP/$3.log" 2>&1 3>&- &
	disown
	wait_for 30 test -e "$TMP/$3.ready"
}

ask() { # SERVER EXPECTED [dig options]
	local got
	got=$(ip netns exec "$C" dig +short +tries=1 +timeout=30 "@$1" "${@:3}" name.example A 2>&1)
	[[ $got == "$2" ]] || { echo "@$1 ${*:3}: expected $2, got $got"; return 1; }
}

@test "questions to 127.0.0.11 reach the resolver by UDP and by TCP" {
	server 127.0.0.11 40053 192.0.2.11
	tool "$C" "dns 40053"
	ask 127.0.0.11 192.0.2.11
	ask 127.0.0.11 192.0.2.11 +tcp
	# More than one on a connection, and from a socket bound to another of the container's addresses.
	ask 127.0.0.11 $'192.0.2.11\n192.0.2.11' +tcp +keepopen other.example A
	ask 127.0.0.11 192.0.2.11 -b 10.1.0.2
	ask 127.0.0.11 192.0.2.11 -b 10.1.0.2 +tcp
}

@test "a server of the container's own on port 53 keeps working" {
	server 127.0.0.11 40053 192.0.2.11
	tool "$C" "dns 40053"
	server 0.0.0.0 53 192.0.2.53
	server :: 53 192.0.2.54
	ask 127.0.0.11 192.0.2.11
	ask 127.0.0.11 192.0.2.11 +tcp
	local address
	# (By UDP a server on 0.0.0.0 answers 127.0.0.12 from 127.0.0.1, with and without us.)
	ask 127.0.0.12 192.0.2.53 +tcp
	for address in 127.0.0.1 10.1.0.2; do
		ask "$address" 192.0.2.53
		ask "$address" 192.0.2.53 +tcp
	done
	for address in ::1 fd00:1::2; do
		ask "$address" 192.0.2.54
		ask "$address" 192.0.2.54 +tcp
	done
}

@test "a second call changes the port, and leaves four rules" {
	server 127.0.0.11 40053 192.0.2.11
	server 127.0.0.11 40054 192.0.2.12
	tool "$C" "dns 40053"
	ask 127.0.0.11 192.0.2.11
	tool "$C" "dns 40054"
	ask 127.0.0.11 192.0.2.12
	ask 127.0.0.11 192.0.2.12 +tcp
	[[ $(ip netns exec "$C" nft list ruleset | grep -c notrack) -eq 4 ]]
	tool "$C" "dns-remove
dns-remove"
	[[ -z $(ip netns exec "$C" nft list ruleset) ]]
}

@test "no flow of it is tracked, and loading the listing makes the same table" {
	server 127.0.0.11 40053 192.0.2.11
	tool "$C" "dns 40053"
	# With somebody's rule that switches tracking on in the container.
	ip netns exec "$C" nft 'table inet t { chain c { type filter hook output priority 0; ct state new counter; }; }'
	ask 127.0.0.11 192.0.2.11
	ask 127.0.0.11 192.0.2.11 +tcp
	[[ -z $(ip netns exec "$C" conntrack -L 2>/dev/null | grep 127.0.0.11) ]]
	ip netns exec "$C" nft list table ip netd-dns >"$TMP/list"
	grep -q 'ip daddr 127.0.0.11 udp dport 53 notrack udp dport set 40053' "$TMP/list"
	ip netns exec "$C" nft -c -f "$TMP/list"
}

@test "an owned redirect survives a flush inside the container, and its owner's death" {
	[[ $(tool "$C" owner --own) == "ok yes" ]] || skip "this kernel has no NFT_TABLE_F_PERSIST"
	server 127.0.0.11 40053 192.0.2.11
	tool_start "$C" --own
	tell "dns 40053"
	ip netns exec "$C" nft flush ruleset || true
	run ip netns exec "$C" nft delete table ip netd-dns
	[[ $status -ne 0 ]]
	ask 127.0.0.11 192.0.2.11
	kill -9 "$TOOL_PID"
	wait "$TOOL_PID" || true
	ask 127.0.0.11 192.0.2.11 +tcp
	tool "$C" "dns 40053" --own
	ask 127.0.0.11 192.0.2.11
	# One that was made without an owner is made anew with one, and the other way round.
	tool "$C" "dns 40053"
	tool "$C" "dns 40053" --own
	ask 127.0.0.11 192.0.2.11
}
