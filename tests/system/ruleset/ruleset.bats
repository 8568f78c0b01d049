#!/usr/bin/env bats
# ruleset.bats - who reaches whom through the table, with both families, with br_netfilter off and on
# SPDX-License-Identifier: GPL-2.0-or-later

load world.bash

setup_file() {
	TMP=$BATS_FILE_TMPDIR
	export TMP TOOL=$TMP/nft_tool P=nr$$
	build_tool "$TOOL"
	local bnf
	for bnf in 0 1; do
		world "$P-$bnf" "$bnf"
		tool "$P-$bnf-h" "$NETS
$PORTS
reset"
	done
}

teardown_file() {
	ns_del_all "$P"
}

both() { # rows on stdin, in both worlds
	local input first second status=0
	input=$(cat)
	rows "$P-0" <<<"$input" &
	first=$!
	rows "$P-1" <<<"$input" &
	second=$!
	wait "$first" || status=1
	wait "$second" || status=1
	return $status
}

@test "a published port is reached from everywhere it should be" {
	both <<'EOF'
o tcp 192.0.2.1 8080 a1 from 192.0.2.2
o tcp 192.0.2.101 8080 a1 from 192.0.2.2
h tcp 192.0.2.1 8080 a1
h tcp 127.0.0.1 8080 a1 from 10.1.0.1
h tcp 127.0.0.77 8080 a1 from 10.1.0.1
a1 tcp 192.0.2.1 8080 a1
a1 tcp 10.1.0.1 8080 a1
a2 tcp 192.0.2.1 8080 a1
a2 tcp 10.1.0.1 8080 a1
b1 tcp 192.0.2.1 8080 a1 from 10.2.0.2
b1 tcp 10.2.0.1 8080 a1 from 10.2.0.2
w1 tcp 192.0.2.1 8080 a1 from 10.5.0.2
o tcp 2001:db8::1 8080 a1 from 2001:db8::2
o tcp 2001:db8::101 8080 a1 from 2001:db8::2
h tcp 2001:db8::1 8080 a1
a1 tcp 2001:db8::1 8080 a1
a1 tcp fd00:1::1 8080 a1
a2 tcp 2001:db8::1 8080 a1
a2 tcp fd00:1::1 8080 a1
b1 tcp 2001:db8::1 8080 a1 from fd00:2::2
b1 tcp fd00:2::1 8080 a1 from fd00:2::2
w1 tcp 2001:db8::1 8080 a1 from fd00:5::2
o tcp 192.0.2.1 8084 w1 from 192.0.2.2
o tcp 2001:db8::1 8084 w1 from 2001:db8::2
h tcp 127.0.0.1 8084 w1 from 10.5.0.1
EOF
}

@test "a port published on one address is reached on that address alone" {
	both <<'EOF'
o tcp 192.0.2.101 8181 a1 from 192.0.2.2
o tcp 192.0.2.1 8181 none
h tcp 192.0.2.101 8181 a1
h tcp 127.0.0.1 8181 none
a1 tcp 192.0.2.101 8181 a1
a2 tcp 192.0.2.101 8181 a1
b1 tcp 192.0.2.101 8181 a1 from 10.2.0.2
b1 tcp 10.2.0.1 8181 none
o tcp 2001:db8::101 8181 a1 from 2001:db8::2
o tcp 2001:db8::1 8181 none
h tcp 2001:db8::101 8181 a1
a1 tcp 2001:db8::101 8181 a1
a2 tcp 2001:db8::101 8181 a1
b1 tcp 2001:db8::101 8181 a1 from fd00:2::2
b1 tcp fd00:2::1 8181 none
EOF
}

@test "a port published on the loopback is reached from the host alone" {
	both <<'EOF'
h tcp 127.0.0.1 9090 a1 from 10.1.0.1
h tcp 192.0.2.1 9090 none
o tcp 192.0.2.1 9090 none
a1 tcp 10.1.0.1 9090 none
b1 tcp 192.0.2.1 9090 none
h tcp ::1 9090 none
h tcp ::1 8080 none
o tcp 2001:db8::1 9090 none
x1 tcp 127.0.0.1 9090 none
EOF
}

@test "what cannot be translated is left to whoever listens on the host: ::1 and link-local sources" {
	both <<'EOF'
h tcp ::1 8086 h from ::1
h tcp 2001:db8::1 8086 a1
a2 tcp 2001:db8::1 8086 a1
a2 tcp fe80::1%eth0 8086 h
b1 tcp fe80::1%eth0 8086 h
EOF
}

@test "a container does not reach services on the host's loopback through its gateway" {
	both <<'EOF'
h tcp 127.0.0.1 7000 h
a1 tcp 10.1.0.1 7000 h
x1 tcp 10.1.0.1 7000 h
x1 tcp 127.0.0.1 7000 none
EOF
	# It is the table that keeps it out: without the chain it would get there.
	wire "$P-2" 0
	container "$P-2" x1 a 9
	ip -n "$P-2-x1" addr del 127.0.0.1/8 dev lo
	ip netns exec "$P-2-x1" sysctl -qw net.ipv4.conf.all.route_localnet=1
	ip -n "$P-2-x1" route add 127.0.0.0/8 via 10.1.0.1 src 10.1.0.9
	SERVERS=()
	serve "$P-2" h 7000
	wait_for 30 test -e "${SERVERS[0]}"
	rows "$P-2" <<<"x1 tcp 127.0.0.1 7000 h"
	tool "$P-2-h" "$NETS
reset"
	rows "$P-2" <<<"x1 tcp 127.0.0.1 7000 none"
	# Nor does it pass for the loopback itself.
	ip -n "$P-2-x1" addr add 127.0.0.9/32 dev eth0
	ip netns exec "$P-2-x1" socat -u - UDP:10.1.0.1:7000,bind=127.0.0.9 <<<hello
	dropped() { ip netns exec "$P-2-h" nft list chain inet netd direct | grep -qE 'ip saddr 127.*packets [1-9].*drop'; }
	wait_for 30 dropped
	ns_del_all "$P-2"
}

@test "UDP is published as TCP is" {
	both <<'EOF'
o udp 192.0.2.1 5300 a1 from 192.0.2.2
h udp 192.0.2.1 5300 a1
h udp 127.0.0.1 5300 a1 from 10.1.0.1
a1 udp 192.0.2.1 5300 a1
a2 udp 192.0.2.1 5300 a1
a2 udp 10.1.0.1 5300 a1
b1 udp 192.0.2.1 5300 a1 from 10.2.0.2
o udp 192.0.2.1 8080 none
o udp 192.0.2.1 53 none
o udp 2001:db8::1 5300 a1 from 2001:db8::2
h udp 2001:db8::1 5300 a1
a1 udp 2001:db8::1 5300 a1
a2 udp 2001:db8::1 5300 a1
a2 udp fd00:1::1 5300 a1
b1 udp 2001:db8::1 5300 a1 from fd00:2::2
i2 udp 192.0.2.1 5300 none
i2 udp 2001:db8::1 5300 none
EOF
}

@test "what is not published is not reached, from outside or from another network" {
	both <<'EOF'
o tcp 192.0.2.1 8099 none
o tcp 10.1.0.2 80 none
o tcp 10.1.0.1 8080 none
o tcp 10.1.0.1 7000 none
o tcp 10.3.0.2 80 none
o tcp 10.5.0.2 80 none
o udp 10.1.0.2 53 none
b1 tcp 10.1.0.2 80 none
b1 tcp 10.3.0.2 80 none
b1 tcp 10.5.0.2 80 none
w1 tcp 10.1.0.2 80 none
o tcp fd00:1::2 80 none
o tcp fd00:1::1 8080 none
o tcp fd00:1::1 7000 none
o tcp fd00:3::2 80 none
o tcp fd00:5::2 80 none
o udp fd00:1::2 53 none
b1 tcp fd00:1::2 80 none
b1 tcp fd00:3::2 80 none
b1 tcp fd00:5::2 80 none
w1 tcp fd00:1::2 80 none
a2 tcp 10.1.0.2 80 a1 from 10.1.0.3
a2 tcp fd00:1::2 80 a1 from fd00:1::3
h tcp 10.1.0.2 80 a1
h tcp fd00:1::2 80 a1
EOF
}

@test "with ICC off neighbours reach what is published, as others do, and nothing else" {
	both <<'EOF'
c2 tcp 10.3.0.2 80 none
c2 udp 10.3.0.2 53 none
c2 tcp fd00:3::2 80 none
o tcp 192.0.2.1 8083 c1 from 192.0.2.2
b1 tcp 192.0.2.1 8083 c1 from 10.2.0.2
h tcp 127.0.0.1 8083 c1 from 10.3.0.1
h tcp 10.3.0.2 80 c1
c2 tcp 192.0.2.1 8080 a1 from 10.3.0.3
c2 tcp 192.0.2.2 80 o from 192.0.2.1
o tcp 2001:db8::1 8083 c1 from 2001:db8::2
b1 tcp 2001:db8::1 8083 c1 from fd00:2::2
h tcp fd00:3::2 80 c1
c2 tcp 2001:db8::1 8080 a1 from fd00:3::3
c2 tcp 2001:db8::2 80 o from 2001:db8::1
EOF
	# through the host, or as frames that bridge netfilter has given another destination
	rows "$P-0" <<'EOF'
c1 tcp 192.0.2.1 8083 c1 from 10.3.0.1
c2 tcp 192.0.2.1 8083 c1 from 10.3.0.1
c2 tcp 2001:db8::1 8083 c1 from fd00:3::1
EOF
	rows "$P-1" <<'EOF'
c1 tcp 192.0.2.1 8083 c1 from 10.3.0.1
c2 tcp 192.0.2.1 8083 c1 from 10.3.0.3
c2 tcp 2001:db8::1 8083 c1 from fd00:3::3
EOF
}

@test "an internal network has no way in and no way out" {
	both <<'EOF'
i2 tcp 10.4.0.2 80 i1 from 10.4.0.3
i2 tcp 10.4.0.1 7000 h
h tcp 10.4.0.2 80 i1
i2 tcp 192.0.2.2 80 none
i2 tcp 192.0.2.1 8080 none
i2 tcp 10.4.0.1 8080 none
i2 tcp 10.1.0.2 80 none
a1 tcp 10.4.0.2 80 none
o tcp 10.4.0.2 80 none
o tcp 192.0.2.1 8085 none
h tcp 127.0.0.1 8085 none
i2 tcp fd00:4::2 80 i1 from fd00:4::3
i2 tcp fd00:4::1 7000 h
h tcp fd00:4::2 80 i1
i2 tcp 2001:db8::2 80 none
i2 tcp 2001:db8::1 8080 none
i2 tcp fd00:4::1 8080 none
i2 tcp fd00:1::2 80 none
a1 tcp fd00:4::2 80 none
o tcp fd00:4::2 80 none
o tcp 2001:db8::1 8085 none
EOF
	# Not even a published port leads in, should one get into the maps.
	local world
	for world in "$P-0" "$P-1"; do
		ip netns exec "$world-h" nft add element inet netd publish4 '{ tcp . 8087 : 10.4.0.2 . 80 }'
		ip netns exec "$world-h" nft add element inet netd open4 '{ 10.4.0.2 . tcp . 80 }'
	done
	both <<'EOF'
h tcp 192.0.2.1 8087 i1
o tcp 192.0.2.1 8087 none
b1 tcp 192.0.2.1 8087 none
EOF
}

@test "containers are masqueraded on the way out unless their network says otherwise" {
	both <<'EOF'
a2 tcp 192.0.2.2 80 o from 192.0.2.1
a2 udp 192.0.2.2 53 o from 192.0.2.1
w1 tcp 192.0.2.2 80 o from 10.5.0.2
w1 udp 192.0.2.2 53 o from 10.5.0.2
a2 tcp 2001:db8::2 80 o from 2001:db8::1
a2 udp 2001:db8::2 53 o from 2001:db8::1
w1 tcp 2001:db8::2 80 o from fd00:5::2
w1 udp 2001:db8::2 53 o from fd00:5::2
EOF
}

@test "the host is no router for strangers where netd switched forwarding on" {
	local w=$P-3 n
	wire "$w" 0
	container "$w" a1 a 2
	# s is on another wire of the host, g on a bridge of somebody else.
	for n in s g; do ns_add "$w-$n"; done
	ip -n "$w-h" link add side type veth peer name eth0 netns "$w-s"
	ip -n "$w-h" link add other type bridge
	ip -n "$w-h" link add guest type veth peer name eth0 netns "$w-g"
	ip -n "$w-h" link set guest master other up
	ip -n "$w-h" addr add 198.51.100.1/24 dev side
	ip -n "$w-h" addr add fdaa::1/64 dev side nodad
	ip -n "$w-h" addr add 203.0.113.1/24 dev other
	ip -n "$w-h" link set side up
	ip -n "$w-h" link set other up
	ip -n "$w-s" addr add 198.51.100.2/24 dev eth0
	ip -n "$w-s" addr add fdaa::2/64 dev eth0 nodad
	ip -n "$w-g" addr add 203.0.113.2/24 dev eth0
	ip -n "$w-s" link set eth0 up
	ip -n "$w-g" link set eth0 up
	ip -n "$w-s" route add default via 198.51.100.1
	ip -n "$w-s" -6 route add default via fdaa::1
	ip -n "$w-g" route add default via 203.0.113.1
	ip -n "$w-o" route add default via 192.0.2.1
	ip -n "$w-o" -6 route add default via 2001:db8::1
	SERVERS=()
	for n in s g a1; do serve "$w" "$n" 80; done
	for n in "${SERVERS[@]}"; do wait_for 30 test -e "$n"; done
	tool "$w-h" "$NETS
$PORTS
reset"
	rows "$w" <<'EOF'
o tcp 198.51.100.2 80 s from 192.0.2.2
o tcp fdaa::2 80 s from 2001:db8::2
EOF
	tool "$w-h" "strangers 4
strangers 6
add"
	rows "$w" <<'EOF'
o tcp 198.51.100.2 80 none
o tcp fdaa::2 80 none
o tcp 203.0.113.2 80 g from 192.0.2.2
g tcp 198.51.100.2 80 s from 203.0.113.2
o tcp 192.0.2.1 8080 a1 from 192.0.2.2
a1 tcp 198.51.100.2 80 s from 198.51.100.1
a1 tcp fdaa::2 80 s from fdaa::1
s tcp 198.51.100.1 8080 a1 from 198.51.100.2
EOF
	ns_del_all "$w"
}

is_refused() { # NAMESPACE ADDRESS PORT
	run ip netns exec "$1" env MAX_S=5 "$PYTHON" "$HERE/../udp.py" "$2" "$3"
	[[ $output == *"refused"* ]]
}
@test "an ICMP error finds its way back through a published port" {
	local world
	for world in "$P-0" "$P-1"; do
		# Nothing listens on the container's port 9: the sender must be refused, not left waiting.
		tool "$world-h" "net a br-a
only bridges 0 0
port a1 a udp 0.0.0.0 5309 10.1.0.2 9
port a1 a udp :: 5309 fd00:1::2 9
add"
		# (The kernel may keep an error back where many others were sent to others, and the sender tries again.)
		wait_for 30 is_refused "$world-o" 192.0.2.1 5309
		wait_for 30 is_refused "$world-o" 2001:db8::1 5309
	done
}
