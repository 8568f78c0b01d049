#!/usr/bin/env bats
# disk_full.bats - no room for a record: what is asked for is refused whole, and what must go goes all the same
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# From now on nothing that netd writes to its databases finds room, or the Nth write and what follows; room ends that.
no_room() { # [N]
	local pid=${NETD_PID[h]}
	spawn strace -qq -p "$pid" -o "$T/strace" -e trace=pwrite64 -e "inject=pwrite64:error=ENOSPC:when=${1:-1}+"
	TRACER=$SPAWNED
	wait_until 30 grep -q "^TracerPid:[[:space:]]*$TRACER\$" "/proc/$pid/status"
}
room() {
	kill "$TRACER"
	wait "$TRACER" 2>/dev/null || true
}

rows() { sqlite3 -readonly "$T/h/run/run.db" "SELECT count(*) FROM $1"; }
inside() { ip -n "$P-c-$1" -j addr | jq -r '.[] | .ifname, (.addr_info[] | select(.scope == "global").local)' | xargs; }
is_bare() { [[ $(inside "$1") == lo ]]; }
# What the host has, what netd says, and what containers see.
state_of() {
	wait_until 30 nothing_dies h || true # it is shown then
	links_of h
	ruleset_of h
	api_body GET /networks | jq -S 'sort_by(.Name)'
	api_body GET /netd/v1/containers | jq -S 'map(del(.Status) | .Ports |= sort_by(.PublicPort, .IP))'
	for name in "$@"; do
		inside "$name"
		ask "$name" a
		ask "$name" b
		ask "$name" x
	done
	in_host h ss -Hlntu | awk '{ print $1, $5 }' | sort
}
unchanged() { wait_until 30 is_unchanged "$@" || same_snapshot "$BEFORE" "$(state_of "$@")"; }
is_unchanged() { [[ $(state_of "$@") == "$BEFORE" ]]; }

@test "what comes is refused whole while there is no room for its record" {
	netctl network create n
	attach a -p 8080:80
	container_ns b >/dev/null
	BEFORE=$(state_of a)
	no_room
	fails_with 1 'full|No space' attach b -p 9090:90
	unchanged a
	fails_with 1 'full|No space' netctl network connect n a
	unchanged a
	fails_with 1 'full|No space' netctl port add a 9090:90 9091:91/udp
	unchanged a
	room
	host_restart h KILL
	unchanged a
	attach b -p 9090:90
	equals "$(ask a b)" "$(ip4_of b)"
}

@test "names stay what they were while there is no room for others" {
	attach a
	attach b
	local hosts
	hosts=$(cat "$T/h/run/containers/$(netctl inspect a | jq -r '.[0].Id')/hosts")
	BEFORE=$(state_of a b)
	no_room
	equals "$(api_status PUT /netd/v1/containers/a/names '{"Name": "x", "Networks": {"bridge": {"Aliases": ["y"]}}}')" 500
	unchanged a b
	lacks "$(netctl inspect a)" '"y"'
	equals "$(cat "$T/h/run/containers/$(netctl inspect a | jq -r '.[0].Id')/hosts")" "$hosts"
	room
	equals "$(api_status PUT /netd/v1/containers/a/names '{"Name": "x", "Networks": {"bridge": {"Aliases": ["y"]}}}')" 200
	equals "$(ask b y)" "$(ip4_of x)"
	equals "$(ask b a)" ""
}

@test "networks are neither made nor removed while there is no room for it" {
	netctl network create n
	BEFORE=$(state_of)
	no_room
	fails_with 1 'full|No space' netctl network create m
	unchanged
	fails_with 1 'full|No space' netctl network rm n
	unchanged
	room
	netctl network create m
	netctl network rm n
	host_restart h KILL
	equals "$(netctl network ls --format '{{.Name}}' --filter type=custom)" m
}

@test "a network and ports of a running container go with their record, or not at all" {
	netctl network create n
	attach a -p 8080:80 -p 8081:81
	netctl network connect n a
	BEFORE=$(state_of a)
	no_room
	fails_with 1 'full|No space' netctl network disconnect bridge a
	unchanged a
	fails_with 1 'full|No space' netctl network disconnect n a
	unchanged a
	fails_with 1 'full|No space' netctl port rm a 8080:80
	unchanged a
	room
	host_restart h KILL
	unchanged a
	netctl port rm a 8080:80
	netctl network disconnect n a
	host_restart h KILL
	equals "$(inside a)" "lo eth0 $(ip4_of a)"
	lacks "$(netctl port ls a)" 8080
}

@test "a network that ports lead to is left with all of them, or not at all, however little room there is" {
	local n n_refused=0 n_left=0
	netctl network create n
	attach a --network bridge --network n -p 8080:80 -p 8081:81
	serve a 80
	published() { netctl port ls a | grep -c 808; }
	for ((n = 1; n < 60; n++)); do
		BEFORE=$(state_of a)
		no_room "$n"
		if netctl network disconnect bridge a; then
			room
			n_left=$((n_left + 1))
			grep -q INJECTED "$T/strace" || break
			netctl network connect --gw-priority 1 bridge a
		else
			unchanged a
			room
			n_refused=$((n_refused + 1))
		fi
		equals "$(published)" 4
		matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	done
	equals "$(published)" 4
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	((n_refused > 0 && n_left > 0))
	# nor are they lost with the last network
	no_room
	fails_with 1 'full|No space' netctl network disconnect n a
	room
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
	netctl network disconnect n a
	lacks "$(netctl port ls a)" 808
	no_room
	fails_with 1 'full|No space' netctl network connect n a
	room
	host_restart h KILL
	netctl network connect n a
	equals "$(published)" 4
	matches "$(get_out "http://$(host_addr h):8080/")" '^a from'
}

@test "a prune that finds no room midway tells what it has removed" {
	local n room out gone=0 name
	for n in 1 2 3 4; do netctl network create "n$n"; done
	for ((room = 2; room < 60 && gone == 0; room += 2)); do
		no_room "$room"
		out=$(api POST /networks/prune)
		room
		[[ $(tail -1 <<<"$out") != 200 ]] || gone=$(sed '$d' <<<"$out" | jq '.NetworksDeleted | length')
	done
	((gone > 0 && gone < 4))
	for name in $(sed '$d' <<<"$out" | jq -r '.NetworksDeleted[]'); do fails_with 1 'not found' netctl network inspect "$name"; done
	equals "$(netctl network ls -q --filter type=custom | wc -l)" $((4 - gone))
}

@test "a detach needs no room, and a start before there is any does not attach again" {
	local before
	before=$(snapshot h)
	attach a -p 8080:80
	attach b
	no_room
	netctl detach a
	wait_until 30 is_bare a
	equals "$(ask b a)" ""
	matches "$(grep 'cannot be removed' "$T/h/netd.log")" "tried again"
	room
	host_restart h KILL
	equals "$(netctl ps --format '{{.Names}}')" b
	wait_until 30 is_bare a
	equals "$(rows container)" 1
	netctl detach b
	comes_back_to "$before" snapshot h
}

@test "the record of what was detached is removed as soon as there is room" {
	local before
	before=$(snapshot h)
	attach a -p 8080:80
	no_room
	netctl detach a
	equals "$(rows container)" 1
	room
	no_rows() { [[ $(rows container) == 0 && $(rows endpoint) == 0 && $(rows port) == 0 ]]; }
	wait_until 30 no_rows
	comes_back_to "$before" snapshot h
}

@test "the same id and name, attached anew before the old record could be removed" {
	local id
	id=$(printf 'ab%.0s' {1..32})
	netctl network create n
	attach a --id "$id" --network bridge -p 8080:80
	no_room
	netctl detach a
	room
	attach a --id "$id" --network n
	wait_until 30 gone_mark
	host_restart h KILL
	equals "$(netctl inspect a | jq -r '.[0].NetworkSettings.Networks | keys | join(" ")')" n
	equals "$(rows endpoint)" 1
	equals "$(rows port)" 0
	equals "$(inside a)" "lo eth0 $(ip4_of a n)"
}
gone_mark() { [[ -z $(find "$T/h/run/containers" -name '.detached-*') ]]; }

@test "a detach on a full file system is not undone by the next start" {
	host_stop h
	in_host h mount -t tmpfs -o size=1m tmpfs "$T/h/run"
	answers() { in_host "$1" curl -sf -m 30 --unix-socket "$(host_sock "$1")" http://netd/_ping; }
	host_start h
	attach a
	attach b
	in_host h dd if=/dev/zero of="$T/h/run/fill" bs=4k status=none && return 1
	fails_with 1 'full|No space' attach c
	netctl detach a
	host_restart h KILL
	equals "$(netctl ps --format '{{.Names}}')" b
	wait_until 30 is_bare a
	equals "$(ask b b)" "$(ip4_of b)"
	in_host h rm "$T/h/run/fill"
	attach a
	equals "$(ask b a)" "$(ip4_of a)"
}
