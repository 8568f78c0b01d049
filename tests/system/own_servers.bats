#!/usr/bin/env bats
# own_servers.bats - a container's own --dns servers are asked from inside the container, the host's from the host
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# server_in CONTAINER ADDRESS: upstream.py there, with its log in $T/upstream.ADDRESS
server_in() {
	local ready
	ready=$(mktemp -u "$T/ready.XXXXXX")
	spawn in_c "$1" "$PYTHON" -I -S "$LIB/upstream.py" "$2" "$T/upstream.$2" "$ready" answer
	wait_until 30 test -e "$ready"
}
ports_of() { sed -n "s/^$1[0-9]*\\.ok\\.test //p" "$T/upstream.$2.ports"; }

@test "a DNS server in a container of an internal network answers its neighbours, by UDP and TCP" {
	local server
	netctl network create --internal in
	attach dns --network in
	server=$(ip4_of dns in)
	server_in dns "$server"
	attach a --network in --dns "$server"
	attach b --network in
	equals "$(ask a www.ok.test)" 203.0.113.7
	equals "$(ask a www.ok.test AAAA)" 2001:db8:53::7
	equals "$(ask a +tcp big.ok.test TXT | wc -l)" 40
	equals "$(ask a dns)" "$server"
	equals "$(rcode "$(ask_full b www.ok.test)")" NXDOMAIN
	equals "$(sort -u "$T/upstream.$server.from")" "$(ip4_of a in)"
}

@test "an own server that no route leads to costs a container of an internal network no time" {
	netctl network create --internal in
	attach a --network in --dns 192.0.2.4
	equals "$(rcode "$(ask_full a www.ok.test)")" NXDOMAIN
	equals "$(ask a a)" "$(ip4_of a in)"
}

@test "an own server over IPv6 is asked from inside" {
	local server
	netctl network create --internal --ipv6 --subnet 2001:db8:77::/64 in
	attach dns --network in
	server=$(netctl inspect dns | jq -r '.[0].NetworkSettings.Networks.in.GlobalIPv6Address')
	server_in dns "$server"
	attach a --network in --dns "$server"
	equals "$(ask a www.ok.test)" 203.0.113.7
	equals "$(ask a +tcp big.ok.test TXT | wc -l)" 40
}

@test "a server behind the container's own tunnel is asked through it" {
	attach a --dns 10.99.0.53
	container_ns far >/dev/null
	ip -n "$P-c-a" link add tun0 type veth peer name tun1 netns "$P-c-far"
	ip -n "$P-c-a" addr add 10.99.0.1/24 dev tun0
	ip -n "$P-c-a" link set tun0 up
	ip -n "$P-c-far" addr add 10.99.0.53/24 dev tun1
	ip -n "$P-c-far" link set tun1 up
	server_in far 10.99.0.53
	equals "$(ask a www.ok.test)" 203.0.113.7
	equals "$(ask a +tcp big.ok.test TXT | wc -l)" 40
	equals "$(sort -u "$T/upstream.10.99.0.53.from")" 10.99.0.1
}

@test "127.0.0.1 as its own server is the container's loopback, 127.0.0.53 of resolv.conf the host's" {
	spawn in_host h dnsmasq --keep-in-foreground --no-resolv --no-hosts --port=53 --listen-address=127.0.0.53 \
		--bind-interfaces --address=/stub.example/198.51.100.53 --pid-file= --user=root --conf-file=/dev/null
	name_servers 127.0.0.53
	attach a --dns 127.0.0.1
	attach b
	server_in a 127.0.0.1
	equals "$(ask a stub.example)" 203.0.113.7
	answered() { [[ $(quick b stub.example) == 198.51.100.53 ]]; }
	wait_until 30 answered
	# With nobody there, and with a program that asks netd back, there is an end to it.
	attach c --dns 127.0.0.1
	equals "$(rcode "$(ask_full c stub.example)")" SERVFAIL
	spawn in_c c dnsmasq --keep-in-foreground --no-resolv --no-hosts --port=53 --listen-address=127.0.0.1 \
		--bind-interfaces --server=127.0.0.11 --pid-file= --user=root --conf-file=/dev/null
	matches "$(rcode "$(ask_full c other.example)")" 'SERVFAIL|REFUSED'
	equals "$(ask c a)" "$(ip4_of a)"
}

@test "two containers with one address for two servers each hear their own" {
	for name in a b; do
		attach "$name" --dns 10.99.0.53
		container_ns "far$name" >/dev/null
		ip -n "$P-c-$name" link add tun0 type veth peer name tun1 netns "$P-c-far$name"
		ip -n "$P-c-$name" addr add 10.99.0.1/24 dev tun0
		ip -n "$P-c-$name" link set tun0 up
		ip -n "$P-c-far$name" addr add 10.99.0.53/24 dev tun1
		ip -n "$P-c-far$name" link set tun1 up
	done
	spawn in_c fara dnsmasq --keep-in-foreground --no-resolv --no-hosts --port=53 --listen-address=10.99.0.53 \
		--bind-interfaces --address=/one.example/198.51.100.1 --pid-file= --user=root --conf-file=/dev/null
	spawn in_c farb dnsmasq --keep-in-foreground --no-resolv --no-hosts --port=53 --listen-address=10.99.0.53 \
		--bind-interfaces --address=/one.example/198.51.100.2 --pid-file= --user=root --conf-file=/dev/null
	for name in a b; do
		up() { in_c "$name" dig @10.99.0.53 +tries=1 +time=1 +short one.example | grep -q 198; }
		wait_until 30 up
	done
	equals "$(ask a one.example)" 198.51.100.1
	equals "$(ask b one.example)" 198.51.100.2
}

@test "own servers are asked on while the plumber is dead, each question from a port of its own" {
	local names=()
	upstream 192.0.2.4
	attach a --dns 192.0.2.4
	equals "$(ask a www.ok.test)" 203.0.113.7
	host_stop h KILL
	for i in $(seq 60); do names+=("p$i.ok.test"); done
	spawn in_c a dig @127.0.0.11 +tries=1 +time=4 drop.ok.test
	wait_until 30 grep -q '^drop.ok.test ' "$T/upstream.192.0.2.4.ports"
	in_c a dig @127.0.0.11 +tries=1 +time=30 +short "${names[@]}" >"$T/answers"
	equals "$(grep -c '^203.0.113.7$' "$T/answers")" 60
	[[ $(ports_of p 192.0.2.4 | sort -u | wc -l) -ge 55 ]]
	equals "$(ask a +tcp big.ok.test TXT | wc -l)" 40
	equals "$(in_c a "$PYTHON" -I -S "$LIB/burst.py" udp 100 'slow50d{}.ok.test' 20)" "100 0"
	host_start h
	equals "$(ask a after.ok.test)" 203.0.113.7
	kill -9 "$(resolver_pid h)"
	back() { [[ $(quick a "back$RANDOM.ok.test") == 203.0.113.7 ]]; }
	wait_until 30 back
}

@test "many questions at once to a slow server of its own are all answered" {
	upstream 192.0.2.4
	attach a --dns 192.0.2.4
	equals "$(in_c a "$PYTHON" -I -S "$LIB/burst.py" udp 800 'slow150o{}.ok.test' 20)" "800 0"
}

@test "a container that ends leaves no socket with the resolver, whatever it was asking" {
	local before
	n_fds() { ls "/proc/$(resolver_pid h)/fd" | wc -l; }
	upstream 192.0.2.4
	attach b
	ask b b
	before=$(n_fds)
	attach a --dns 192.0.2.4
	spawn in_c a dig @127.0.0.11 +tries=1 +time=5 drop.ok.test
	wait_until 30 grep -q '^drop.ok.test ' "$T/upstream.192.0.2.4.ports"
	[[ $(n_fds) -gt $((before + 10)) ]]
	netctl detach a
	fewer() { [[ $(n_fds) -le $before ]]; }
	wait_until 30 fewer # by themselves they stay as long as it lives, asked or not
	equals "$(ask b b)" "$(ip4_of b)"
}
