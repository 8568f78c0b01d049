#!/usr/bin/env bats
# disk_full.bats - no room for a record: what is asked for is refused whole, and what must go goes all the same
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The run and state directories are small file systems of the host's own, which nobody else sees: everything goes
# through in_host.
load lib

setup() {
	local dir
	HOST_NAMES+=(h)
	host_ns h
	N_HOSTS=1
	for dir in run state; do
		in_host h mount -t tmpfs -o size=1m tmpfs "$T/h/$dir"
	done
	host_start h
}

answers() { in_host "$1" curl -sf -m 10 --unix-socket "$(host_sock "$1")" http://netd/_ping; }
api() {
	in_host h curl -sS -m 30 --unix-socket "$(host_sock h)" -X "$1" \
		${3:+-H 'Content-Type: application/json' -d "$3"} -w '\n%{http_code}' "http://netd$2"
}

fill() { # run|state
	in_host h dd if=/dev/zero of="$T/h/$1/fill" bs=4k status=none && return 1
	return 0
}
make_room() { in_host h rm "$T/h/$1/fill"; }

inside() { ip -n "$P-c-$1" -j addr | jq -r '.[] | .ifname, (.addr_info[] | select(.scope == "global").local)' | xargs; }
# What others see of it.
state_of() {
	links_of h
	ruleset_of h
	api_body GET /networks | jq -S .
	api_body GET /netd/v1/containers | jq -S 'map(del(.Status))'
	for name in "$@"; do
		inside "$name"
		ask "$name" a
		ask "$name" b
		ask "$name" x
	done
	in_host h ss -Hlntu | awk '{ print $1, $5 }' | sort
}
unchanged() { # what a and b see
	wait_until 5 is_unchanged "$@" || same_snapshot "$BEFORE" "$(state_of "$@")"
}
is_unchanged() { [[ $(state_of "$@") == "$BEFORE" ]]; }

@test "what comes is refused whole while there is no room for its record" {
	netctl network create n
	attach a -p 8080:80
	container_ns b >/dev/null
	BEFORE=$(state_of a)
	fill run
	fails_with 1 'full|No space' attach b -p 9090:90
	unchanged a
	fails_with 1 'full|No space' netctl network connect n a
	unchanged a
	fails_with 1 'full|No space' netctl port add a 9090:90 9091:91/udp
	unchanged a
	make_room run
	attach b -p 9090:90
	equals "$(ask a b)" "$(ip4_of b)"
}

@test "names stay what they were while there is no room for others" {
	attach a
	attach b
	local hosts
	hosts=$(in_host h cat "$T/h/run/containers/$(netctl inspect a | jq -r '.[0].Id')/hosts")
	BEFORE=$(state_of a b)
	fill run
	equals "$(api_status PUT /netd/v1/containers/a/names '{"Name": "x", "Networks": {"bridge": {"Aliases": ["y"]}}}')" 500
	unchanged a b
	lacks "$(netctl inspect a)" '"y"'
	equals "$(in_host h cat "$T/h/run/containers/$(netctl inspect a | jq -r '.[0].Id')/hosts")" "$hosts"
	make_room run
	equals "$(api_status PUT /netd/v1/containers/a/names '{"Name": "x", "Networks": {"bridge": {"Aliases": ["y"]}}}')" 200
	equals "$(ask b y)" "$(ip4_of x)"
	equals "$(ask b a)" ""
}

@test "networks are neither made nor removed while there is no room for it" {
	netctl network create n
	BEFORE=$(state_of)
	fill state
	fails_with 1 'full|No space' netctl network create m
	unchanged
	fails_with 1 'full|No space' netctl network rm n
	unchanged
	make_room state
	netctl network create m
	netctl network rm n
	host_restart h KILL
	equals "$(netctl network ls --format '{{.Name}}' --filter type=custom)" m
}
