#!/usr/bin/env bats
# many_ports.bats - a container that publishes as many ports as it can: what that takes, and what refuses it
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# many NAME N ADDRESS [HOST PORTS [NETWORK [RESERVED]]]: the body of an attach that publishes ports 1000 and following; an
# address of "" is left out, host ports of "" are any, and of "same" the same.
many() {
	"$PYTHON" -I -S -c '
import json, sys
name, netns, n, addr, host, network, reserved = sys.argv[1:]
more = ({"HostIp": addr} if addr else {}) | ({"Reserved": True} if reserved else {})
print(json.dumps({"Name": name, "NetnsPath": netns, "Networks": [{"Name": network}], "PortBindings": {
    f"{1000 + i}/tcp": [{"HostPort": str(1000 + i) if host == "same" else host} | more] for i in range(int(n))}},
    separators=(",", ":")))' \
		"$1" "$(container_path "$1")" "$2" "$3" "${4:-}" "${5:-bridge}" "${6:-}" >"$T/$1.json"
}
# attach_many NAME: prints the status; the reply is in $T/reply
attach_many() {
	[[ -e $(container_path "$1") ]] || container_ns "$1" >/dev/null
	curl -sS -m 60 --unix-socket "$(host_sock h)" -H 'Content-Type: application/json' -d "@$T/$1.json" \
		-o "$T/reply" -w '%{http_code}' http://netd/netd/v1/containers
}
# calls_of COMMAND…: the plumber's system calls meanwhile are counted in $T/calls
calls_of() {
	local pid=${NETD_PID[h]} tracer
	spawn strace -qq -c -p "$pid" -o "$T/calls"
	tracer=$SPAWNED
	wait_until 30 grep -q "^TracerPid:[[:space:]]*$tracer\$" "/proc/$pid/status"
	"$@"
	kill -INT "$tracer"
	wait "$tracer" || true
}
n_calls() { awk -v call="$1" '$NF == call { print $4; found = 1 } END { if (!found) print 0 }' "$T/calls"; }
n_published() { in_host h nft -j list table inet netd | jq "[.nftables[].map | select(.name == \"$1\") | .elem[]] | length"; }

@test "the most ports there can be, 16,384, are published, found again by a restart, and given up" {
	local before
	before=$(snapshot h)
	many a 16384 0.0.0.0
	equals "$(attach_many a)" 201
	equals "$(n_published publish4)" 16384
	equals "$(api_body GET /netd/v1/containers/a/ports | jq '[.. | .HostPort? // empty] | unique | length')" 16384
	# asked again, it is there already
	equals "$(attach_many a)" 200
	host_restart h KILL
	equals "$(n_published publish4)" 16384
	equals "$(api_body GET /netd/v1/containers/a/ports | jq length)" 16384
	netctl detach a
	comes_back_to "$before" snapshot h

	many a 16385 0.0.0.0
	equals "$(attach_many a)" 400
	grep -q 'more than 16384 ports' "$T/reply"
}

# Counted, not timed: a port that is looked for again and again, or whose holder is, shows in the calls.
@test "choosing ports takes as many calls as there are ports, and nobody's holder is looked for" {
	local n_small
	many small 500 ''
	calls_of attach_many small
	n_small=$(n_calls socket)
	many big 4000 ''
	calls_of attach_many big
	# every address of both families; at most one in ten was somebody's
	(($(n_calls socket) >= 8000 && $(n_calls socket) <= 8800 + 50))
	(($(n_calls socket) <= 9 * n_small))
	(($(n_calls getdents64) < 50 && $(n_calls readlinkat) < 50))
}

@test "ports from one range are chosen by one walk over it" {
	many a 2000 0.0.0.0 20000-24000
	calls_of attach_many a
	grep -q '"ID"' "$T/reply" || grep -q '"Id"' "$T/reply"
	(($(n_calls bind) >= 2000 && $(n_calls bind) <= 2100))
	(($(n_calls getdents64) < 50))
	equals "$(api_body GET /netd/v1/containers/a/ports | jq -r '[.. | .HostPort? // empty | tonumber] | unique | [length, min, max] | @csv')" \
		2000,20000,21999
	# the range is full for more, and who has its last port is said
	many b 2002 0.0.0.0 20000-24000
	equals "$(attach_many b)" 409
	grep -q 'port 24000/tcp on 0.0.0.0 is already published by container b' "$T/reply"
	many b 2001 0.0.0.0 20000-24000
	equals "$(attach_many b)" 201
}

@test "as many ports as there are: the last free one is found" {
	in_host h sysctl -qw net.ipv4.ip_local_port_range='40000 40999'
	many a 999 0.0.0.0
	equals "$(attach_many a)" 201
	many b 1 0.0.0.0
	equals "$(attach_many b)" 201
	many c 1 0.0.0.0
	equals "$(attach_many c)" 503
	grep -q 'no free port for 1000/tcp of container c: 1000 tries between 40000 and 40999' "$T/reply"
}

@test "the limit of descriptors refuses ports in words, and leaves nothing" {
	local before
	before=$(snapshot h)
	prlimit --pid "${NETD_PID[h]}" --nofile=2000:
	many a 3000 0.0.0.0
	equals "$(attach_many a)" 503
	grep -q 'each published port takes a file descriptor .*, and netd may have 2000: raise LimitNOFILE= of netd.service' "$T/reply"
	equals "$(api_body GET /_ping)" OK
	comes_back_to "$before" snapshot h
	many a 1500 0.0.0.0
	equals "$(attach_many a)" 201
	attach other --network bridge
}

# cpu_of COMMAND…: sets CPU to the nanoseconds of a processor that the plumber took for it
cpu_of() {
	local before
	read -r before _ <"/proc/${NETD_PID[h]}/schedstat"
	"$@"
	read -r CPU _ <"/proc/${NETD_PID[h]}/schedstat"
	CPU=$((CPU - before))
}
below() { ((CPU < $1)) || { echo "$CPU ns of a processor, and not below $1"; return 1; }; }
binds() { in_host h "$PYTHON" -I -c 'import socket, sys; socket.socket().bind((sys.argv[1], int(sys.argv[2])))' "$@"; }
# at_address NAME SUBNET OPTION…
at_address() { netctl network create --subnet "$2" "${@:3}" "$1"; }

# Measured beside ports that take a socket each. Who looks at all ports for each takes more than three times as long.
@test "ports that take no socket take no search of all others either" {
	local plain before
	before=$(snapshot h)
	at_address plain 10.31.0.0/24 -o com.docker.network.bridge.host_binding_ipv4=192.0.2.10
	at_address held 10.32.0.0/24 -o com.docker.network.bridge.host_binding_ipv4=127.0.0.1
	at_address routed 10.33.0.0/24 --ipv6 --subnet 2001:db8:33::/64 -o gateway-mode=routed -o gateway-mode6=routed
	many plain 16384 '' same plain
	cpu_of attach_many plain
	grep -q '"Id"' "$T/reply"
	plain=$CPU

	# the same numbers at another address, held by who asks
	many held 16384 '' same held yes
	cpu_of attach_many held
	grep -q '"Id"' "$T/reply"
	below $((2 * plain))
	# what is somebody's is found, at his address and at every address
	many other 100 '' same held yes
	equals "$(attach_many other)" 409
	grep -q 'port 1000/tcp on 127.0.0.1 is already published by container held' "$T/reply"
	many other 100 0.0.0.0 same bridge yes
	equals "$(attach_many other)" 409
	grep -q 'port 1000/tcp on 0.0.0.0 is already published by container' "$T/reply"

	# parked, and back
	netctl network disconnect held held
	cpu_of netctl network connect held held
	below "$plain"
	equals "$(api_body GET /netd/v1/containers/held/ports | jq length)" 16384

	# the record does not say that who asked holds them; a restart knows it all the same, and takes no sockets
	host_restart h KILL
	equals "$(attach_many other)" 409
	binds 127.0.0.1 1000
	binds 127.0.0.1 17383
	refused binds 192.0.2.10 17383

	# at the container's own addresses there is no host port to choose, and so no end of them
	many routed 16384 '' '' routed
	cpu_of attach_many routed
	grep -q '"Id"' "$T/reply"
	below $((2 * plain))
	equals "$(api_body GET /netd/v1/containers/routed/ports | jq '[.[] | length] | add')" 32768

	for name in plain held routed; do
		netctl detach "$name"
		netctl network rm "$name"
	done
	comes_back_to "$before" snapshot h
}
