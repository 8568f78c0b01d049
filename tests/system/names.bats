#!/usr/bin/env bats
# names.bats - who sees which names of containers
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

@test "the resolver answers on 127.0.0.11 by UDP and TCP on every network, the default bridge too" {
	netctl network create n
	attach a
	attach b --network n
	attach c --network bridge --network n
	for name in a b c; do
		equals "$(ask $name $name)" "$(ip4_of $name)" || equals "$(ask $name $name | sort)" "$(ip4_of $name)"
		equals "$(ask $name +tcp $name)" "$(ask $name $name)"
	done
	equals "$(ask c a)" "$(ip4_of a)"
	equals "$(ask c b)" "$(ip4_of b n)"
}

@test "a container answers to its name, aliases, short id, hostname and name.network" {
	netctl network create --subnet 10.31.0.0/24 mynet
	attach web --network mynet:alias=www,alias=www2 --hostname box
	attach client --network mynet
	local ip id
	ip=$(ip4_of web mynet)
	id=$(netctl inspect web | jq -r '.[0].Id[0:12]')
	for name in web www www2 box "$id" web.mynet www.mynet WEB Web.MyNet web.; do
		equals "$name $(ask client "$name")" "$name $ip"
	done
}

@test "an alias of several gives all holders, shuffled" {
	netctl network create n
	for i in 1 2 3 4; do attach "w$i" --network n:alias=pool; done
	attach client --network n
	equals "$(ask client pool | sort)" "$(for i in 1 2 3 4; do ip4_of "w$i" n; done | sort)"
	for i in $(seq 40); do ask client pool | head -1; done | sort -u >"$T/firsts"
	[[ $(wc -l <"$T/firsts") -ge 3 ]]
	netctl detach w2
	equals "$(ask client pool | wc -l)" 3
}

@test "names have both families, and the other family of a known name is NODATA with an SOA" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 six
	netctl network create --subnet 10.32.0.0/24 four
	attach web --network six
	attach db --network four
	attach client --network six --network four
	equals "$(ask client web A)" "$(ip4_of web six)"
	equals "$(ask client web AAAA)" "$(ip6_of web six)"
	local out
	out=$(ask_full client db AAAA)
	equals "$(rcode "$out")" NOERROR
	matches "$out" 'ANSWER: 0, AUTHORITY: 1'
	matches "$out" 'SOA'
}

@test "reverse lookups give the name in both families" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 mynet
	attach web --network mynet:alias=www
	attach client --network mynet
	equals "$(ask client -x "$(ip4_of web mynet)")" web.mynet.
	equals "$(ask client -x "$(ip6_of web mynet)")" web.mynet.
}

@test "names are visible exactly to containers that share a network" {
	netctl network create one
	netctl network create two
	attach a --network one
	attach b --network two
	attach both --network one --network two
	equals "$(ask a b)$(ask a b.two)" ""
	equals "$(ask b a)$(ask b a.one)" ""
	equals "$(ask a both)" "$(ip4_of both one)"
	equals "$(ask b both)" "$(ip4_of both two)"
	equals "$(ask both a) $(ask both b)" "$(ip4_of a one) $(ip4_of b two)"
	equals "$(ask a -x "$(ip4_of b two)")" ""
	equals "$(rcode "$(ask_full a b)")" NXDOMAIN
}

@test "a name is there at once after attach and gone at once after detach, two hundred times" {
	attach watcher
	cat >"$T/loop.py" <<-'PY'
	import http.client, json, socket, sys
	sock_path, netns, inside = sys.argv[1:4]
	import ctypes, os
	libc = ctypes.CDLL(None, use_errno=True)
	fd = os.open(inside, os.O_RDONLY)
	here = os.open("/proc/self/ns/net", os.O_RDONLY)
	api = http.client.HTTPConnection("netd")
	api.sock = socket.socket(socket.AF_UNIX)
	api.sock.connect(sock_path)
	assert libc.setns(fd, 0) == 0
	dns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	dns.settimeout(30)
	dns.connect(("127.0.0.11", 53))
	assert libc.setns(here, 0) == 0
	def call(method, path, body=None):
	    api.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"} if body else {})
	    r = api.getresponse()
	    r.read()
	    return r.status
	def ask(i):
	    dns.send(bytes([i >> 8, i & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]) + b"\x05blink\x00\x00\x01\x00\x01")
	    a = dns.recv(999)
	    return a[3] & 15, a[7]
	for i in range(200):
	    status = call("POST", "/netd/v1/containers", {"Name": "blink", "NetnsPath": netns})
	    assert status == 201, (i, "attach", status)
	    got = ask(2 * i)
	    assert got == (0, 1), (i, "after attach", got)
	    status = call("DELETE", "/netd/v1/containers/blink")
	    assert status in (200, 204), (i, "detach", status)
	    got = ask(2 * i + 1)
	    assert got == (3, 0), (i, "after detach", got)
	PY
	container_ns blink >/dev/null
	in_host h "$PYTHON" "$T/loop.py" "$(host_sock h)" "$(container_path blink)" "$(container_path watcher)"
}

@test "links are names that only their owner sees" {
	netctl network create n
	attach db --network n
	attach web --network n --link db:database
	attach other --network n
	equals "$(ask web database)" "$(ip4_of db n)"
	equals "$(ask other database)" ""
	equals "$(ask db database)" ""
}

@test "a link follows its target that is attached again" {
	netctl network create n
	attach db --network n
	attach web --network n --link db:database
	netctl detach db
	equals "$(ask web database)" ""
	attach x --network n
	attach db --network n
	equals "$(ask web database)" "$(ip4_of db n)"
}

@test "a link of one network gives the address there, and goes when its target leaves that network" {
	netctl network create --subnet 10.31.0.0/24 one
	netctl network create --subnet 10.32.0.0/24 two
	attach db --network one --network two
	attach web --network one
	netctl network connect --link db:database two web
	equals "$(ask web database)" "$(ip4_of db two)"
	netctl network disconnect two db
	equals "$(ask web database)" "" # and not db's address on the network it is still on
	equals "$(ask web db)" "$(ip4_of db one)"
	netctl network connect two db
	equals "$(ask web database)" "$(ip4_of db two)"
	netctl network disconnect two web
	equals "$(ask web database)" ""
}

hosts_of() { netctl exec "$1" -- grep -w "$2" /etc/hosts | tr '\t' ' '; }

@test "links on the default bridge are lines of /etc/hosts that follow the target" {
	local id
	attach db --hostname dbhost
	attach web --link db:database
	equals "$(hosts_of web database)" "$(ip4_of db) database dbhost db"
	netctl detach db
	equals "$(hosts_of web database)" ""
	attach other
	attach db
	id=$(netctl inspect db | jq -r '.[0].Id')
	equals "$(hosts_of web database)" "$(ip4_of db) database ${id:0:12} db"
	netctl network disconnect bridge db
	equals "$(hosts_of web database)" ""
	netctl network connect bridge db
	equals "$(hosts_of web database)" "$(ip4_of db) database ${id:0:12} db"
	host_restart h
	equals "$(hosts_of web database)" "$(ip4_of db) database ${id:0:12} db"
	netctl network create n
	attach there --network n --link db:database
	equals "$(hosts_of there database)" "" # names of other networks are the resolver's
}

@test "a DNS server in the container on port 53 of all addresses works at the same time" {
	attach a
	attach b
	spawn in_c a dnsmasq --keep-in-foreground --no-resolv --no-hosts --port=53 --bind-interfaces \
		--listen-address=0.0.0.0,:: --address=/own.example/198.51.100.9 --pid-file= --user=root --conf-file=/dev/null
	wait_until 30 bash -c "nsenter --net=$(container_path a) dig @127.0.0.1 +tries=1 +time=1 +short own.example | grep -q 198.51.100.9"
	equals "$(in_c b dig @"$(ip4_of a)" +tries=1 +time=30 +short own.example)" 198.51.100.9
	equals "$(in_c b dig @"$(ip4_of a)" +tcp +tries=1 +time=30 +short own.example)" 198.51.100.9
	equals "$(ask a b)" "$(ip4_of b)"
	equals "$(ask a +tcp b)" "$(ip4_of b)"
}

@test "a DNS server in the container that was there before the attach works at the same time" {
	container_ns a >/dev/null
	ip -n "$P-c-a" link set lo up
	spawn in_c a dnsmasq --keep-in-foreground --no-resolv --no-hosts --port=53 \
		--address=/own.example/198.51.100.9 --pid-file= --user=root --conf-file=/dev/null
	wait_until 30 bash -c "nsenter --net=$(container_path a) dig @127.0.0.1 +tries=1 +time=1 +short own.example | grep -q 198.51.100.9"
	attach a
	equals "$(ask a a)" "$(ip4_of a)"
	equals "$(ask a +tcp a)" "$(ip4_of a)"
	equals "$(in_c a dig @127.0.0.1 +tries=1 +time=30 +short own.example)" 198.51.100.9
}

@test "dns lookup answers as the host, or as a container" {
	netctl network create --subnet 10.31.0.0/24 n
	attach a --network n
	attach b
	matches "$(netctl dns lookup a)" "$(ip4_of a n)"
	matches "$(netctl dns lookup a --from a)" "$(ip4_of a n)"
	fails_with 1 'a' netctl dns lookup a --from b
	fails_with 1 'nobody' netctl dns lookup a --from nobody
}

@test "dns lookup says how an answer came about" {
	local steps='.Steps | map(.Step) | join(" ")'
	netctl network create --subnet 10.31.0.0/24 n
	netctl network create --subnet 10.32.0.0/24 m
	attach db --network m --alias store
	attach a --network n --network m --dns-search corp.test --add-host printer:192.0.2.9
	run netctl dns lookup store --from a --type A --trace
	equals "$status" 0
	matches "$output" "A of store: NOERROR"
	matches "$output" "a asks, which sees 2 networks"
	matches "$output" "network n has no store"
	matches "$output" "network m has store"
	matches "$output" "$(ip4_of db m) is container db"
	equals "$(netctl dns lookup store --from a -t A --trace --format json | jq -r "$steps")" \
		"view not-in-network in-network container"
	equals "$(netctl dns lookup store --from a -t A --trace --format json | jq -r '.Search | join(" ")')" \
		"store.netd.internal store.corp.test store"
	equals "$(netctl dns lookup printer --from a -t A --trace --format json 2>/dev/null | jq -r '.Hosts[]')" 192.0.2.9
	run netctl dns lookup nobody --from a --trace
	equals "$status" 1
	matches "$output" "outside is asked for it"
	matches "$output" "netctl: nobody: NXDOMAIN"
	# what it says is what it does: the same without
	equals "$(netctl dns lookup store --from a --format '{{.Data}}' -t A)" "$(ip4_of db m)"
}

@test "programs of the C library find names through the files netd writes" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	attach web --network n
	attach client --network n
	serve web 80
	equals "$(netctl exec client -- curl -sS -4 -m 20 http://web/)" "web from $(ip4_of client n)"
	equals "$(netctl exec client -- curl -sS -6 -m 20 http://web/)" "web from $(ip6_of client n)"
	matches "$(netctl exec client -- getent hosts "$(ip4_of web n)")" 'web'
}

@test "a container's own firewall on states lets names through with the rules that docs/runtimes.md gives" {
	local rules
	attach web
	attach a
	for rules in 'input iif lo|output oif lo' 'input ct state untracked|output ct state untracked'; do
		in_c a nft add table inet filter
		for hook in input output; do
			in_c a nft "add chain inet filter $hook { type filter hook $hook priority 0; policy drop; }"
			in_c a nft add rule inet filter $hook ct state new,established,related accept
		done
		equals "$(quick a web | grep -c '^[0-9]')" 0
		in_c a nft insert rule inet filter ${rules%|*} accept
		in_c a nft insert rule inet filter ${rules#*|} accept
		equals "$(ask a web)" "$(ip4_of web)"
		equals "$(ask a +tcp web)" "$(ip4_of web)"
		in_c a nft delete table inet filter
	done
}
