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
	# As one of the network's, which the container that it is in does not ask itself.
	attach b --network in
	netctl network update in --dns-add "$server"
	equals "$(ask b other.ok.test)" 203.0.113.7
	equals "$(rcode "$(ask_full dns third.ok.test)")" NXDOMAIN
}

@test "a network's servers are asked for its containers without some of their own, and are changed while questions are under way" {
	local pid addr asking i
	for addr in 192.0.2.1 192.0.2.4 192.0.2.5; do upstream "$addr"; done
	netctl network create --subnet 10.60.0.0/24 blue
	netctl network create --dns 192.0.2.4,192.0.2.5 red
	attach a --network blue
	attach own --network blue --dns 192.0.2.4
	attach both --network blue --network red
	pid=$(resolver_pid h)
	equals "$(netctl network update blue --dns-add 192.0.2.5)" blue
	equals "$(netctl network inspect blue | jq -c '.[0].Dns')" '["192.0.2.5"]'
	equals "$(netctl inspect a | jq -c '.[0].HostConfig.Dns')" '[]'
	equals "$(netctl system snapshot | jq -Sc '[.Containers[] | {(.Name): .DnsServers}] | add')" \
		'{"a":["192.0.2.5"],"both":["192.0.2.5","192.0.2.4"],"own":["192.0.2.4"]}'
	equals "$(ask a one.ok.test)" 203.0.113.7
	equals "$(ask own two.ok.test)" 203.0.113.7
	equals "$(upstream_saw one 192.0.2.5) $(upstream_saw two 192.0.2.5)" "1 0"
	# No question is lost, whichever servers come and go: neither those that are under way then, nor the next one.
	in_c a "$PYTHON" -I -S "$LIB/burst.py" udp 100 'slow900d{}.ok.test' 30 >"$T/burst" &
	asking=$!
	wait_until 30 grep -q slow900 "$T/upstream.192.0.2.5"
	for i in 1 2 3; do
		netctl network update blue --dns-drop 192.0.2.5 --dns-add 192.0.2.4
		equals "$(ask a "other$i.ok.test")" 203.0.113.7
		netctl network update blue --dns-drop 192.0.2.4
		equals "$(ask a "none$i.ok.test")" 203.0.113.7
		netctl network update blue --dns-add 192.0.2.5
		equals "$(ask a "some$i.ok.test")" 203.0.113.7
	done
	wait "$asking"
	equals "$(cat "$T/burst")" "100 0"
	equals "$(upstream_saw other 192.0.2.4) $(upstream_saw none 192.0.2.1) $(upstream_saw some 192.0.2.5)" "3 3 3"
	equals "$(resolver_pid h)" "$pid"
	host_restart h KILL
	equals "$(ask a three.ok.test)" 203.0.113.7
	kill -9 "$(resolver_pid h)"
	wait_until 30 new_resolver "$pid"
	equals "$(ask a four.ok.test)" 203.0.113.7
	equals "$(upstream_saw three 192.0.2.5) $(upstream_saw four 192.0.2.5)" "1 1"
	fails_with 2 "dns-add 'x' is not an IP address" netctl network update blue --dns-add x
	fails_with 1 'invalid DNS server 127.0.0.11: netd itself answers there' netctl network update blue --dns-add 127.0.0.11
	fails_with 1 'network blue has 8 DNS servers, and 10.9.9.8 would be one more than the 8' \
		netctl network update blue --dns-add 10.9.9.1,10.9.9.2,10.9.9.3,10.9.9.4,10.9.9.5,10.9.9.6,10.9.9.7,10.9.9.8
	netctl network update blue --dns-drop 192.0.2.5
	equals "$(netctl network inspect blue | jq -c '.[0] | has("Dns")')" false
	equals "$(ask a five.ok.test)" 203.0.113.7
	equals "$(upstream_saw five 192.0.2.5)" 0
}
new_resolver() { [[ $(resolver_pid h) =~ ^[0-9]+$ && $(resolver_pid h) != "$1" ]]; }

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
