#!/usr/bin/env bats
# stale_flows.bats - UDP flows that began before a port was published, or moved, do not outlive the change
# SPDX-License-Identifier: GPL-2.0-or-later

load world.bash

setup_file() {
	export TOOL=$BATS_FILE_TMPDIR/nft_tool
	build_tool "$TOOL"
}

setup() {
	TMP=$BATS_TEST_TMPDIR
	W=nf$BASHPID
	H=$W-h
	wire "$W" 0
	container "$W" a1 a 2
	container "$W" a2 a 3
	SERVERS=()
	serve "$W" a1 53/udp
	serve "$W" a2 53/udp
	serve "$W" o 5300/udp 5301/udp
	local file
	for file in "${SERVERS[@]}"; do wait_for 30 test -e "$file"; done
	tool "$H" "$NETS
reset"
}

teardown() { ns_del_all "$W"; }

flows() { ip netns exec "$H" conntrack -L -p udp ${2:-} 2>/dev/null | grep -c -- "$1" || true; }

# The same socket address again and again: one flow for conntrack.
send() { # FROM ADDRESS PORT -> the answer or "none"
	ip netns exec "$W-$1" "$PYTHON" - "$2" "$3" <<'EOF'
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
sock = socket.socket(family, socket.SOCK_DGRAM)
sock.bind(("", 6000))
sock.settimeout(30)
sock.sendto(b"x", (sys.argv[1], int(sys.argv[2])))
try:
    print(sock.recv(100).decode().split()[0])
except OSError:
    print("none")
EOF
}

@test "a flow from before the port was published is led to the container afterwards" {
	local pair
	for pair in "192.0.2.1 0.0.0.0 10.1.0.2" "2001:db8::1 :: fd00:1::2"; do
		set -- $pair
		# Somebody binds the port, so that the flow is confirmed and lives on untranslated.
		ip netns exec "$H" timeout 600 "$PYTHON" "$HERE/../serve.py" h "$TMP/h$2" 5300/udp 3>&- &
		local holder=$!
		wait_for 30 test -e "$TMP/h$2"
		[[ $(send o "$1" 5300) == h ]]
		local port="net a br-a
only bridges 0 0
port a1 a udp $2 5300 $3 53"
		tool "$H" "$port
add"
		[[ $(send o "$1" 5300) == h ]]
		tool "$H" "$port
forget"
		[[ $(send o "$1" 5300) == a1 ]]
		kill "$holder"
	done
}

@test "a flow to the former target is forgotten when the port moves" {
	tool "$H" "net a br-a
only bridges 0 0
port a1 a udp 0.0.0.0 5300 10.1.0.2 53
add"
	[[ $(send o 192.0.2.1 5300) == a1 ]]
	tool "$H" "net a br-a
only bridges 0 0
port a1 a udp 0.0.0.0 5300 10.1.0.2 53
delete
clear
net a br-a
only bridges 0 0
port a2 a udp 0.0.0.0 5300 10.1.0.3 53
add"
	[[ $(send o 192.0.2.1 5300) == a1 ]]
	tool "$H" "net a br-a
only bridges 0 0
port a2 a udp 0.0.0.0 5300 10.1.0.3 53
forget"
	[[ $(send o 192.0.2.1 5300) == a2 ]]
}

@test "flows of others to the same port number are left alone" {
	[[ $(send a1 192.0.2.2 5300) == o ]]
	[[ $(send a2 192.0.2.2 5301) == o ]]
	[[ $(flows dport=5300) -eq 1 ]]
	tool "$H" "net a br-a
only bridges 0 0
port a1 a udp 0.0.0.0 5300 10.1.0.2 53
port a1 a tcp 0.0.0.0 5301 10.1.0.2 53
forget"
	[[ $(flows dport=5300) -eq 1 && $(flows dport=5301) -eq 1 ]]
}

@test "without a UDP port, and without any flow, it is a success" {
	tool "$H" "net a br-a
port a1 a tcp 0.0.0.0 5301 10.1.0.2 53
forget"
	tool "$H" "net a br-a
port a1 a udp 0.0.0.0 5301 10.1.0.2 53
forget"
}
