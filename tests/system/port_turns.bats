#!/usr/bin/env bats
# port_turns.bats - thousands of ports in turns with everybody else: who comes meanwhile, and what ends it
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# many NAME N [HOST PORT]: the body of an attach that publishes N ports from 1000 on; the host's are those from HOST
# PORT on, or any.
many() {
	"$PYTHON" -I -S -c '
import json, sys
name, netns, n, host = sys.argv[1:]
print(json.dumps({"Name": name, "NetnsPath": netns, "Networks": [{"Name": "bridge"}], "PortBindings": {
    f"{1000 + i}/tcp": [{"HostIp": "0.0.0.0", "HostPort": host and str(int(host) + i)}] for i in range(int(n))}}))' \
		"$1" "$(container_path "$1")" "$2" "${3:-}" >"$T/$1.json"
	[[ -e $(container_path "$1") ]] || container_ns "$1" >/dev/null
}
post() {
	exec curl -sS -m 120 --unix-socket "$(host_sock h)" -H 'Content-Type: application/json' -d "@$T/$1.json" \
		-o "$T/$2.reply" -w '%{http_code}' http://netd/netd/v1/containers >"$T/$2.status"
}
# begin NAME [TAG]: asks for it, in the background
begin() {
	spawn post "$1" "${2:-$1}"
	ASKED[${2:-$1}]=$SPAWNED
}
declare -gA ASKED
# answered TAG STATUS: waits for the answer
answered() {
	wait "${ASKED[$1]}" || true
	matches "$(cat "$T/$1.status")" "^($2)\$"
}
n_held() { in_host h ss -Hlnt "$@" 'sport >= 20000' | wc -l; }
# Relayed ports are the resolver's to close, which a busy machine puts off.
comes_to_hold() { wait_until 30 holds "$1"; }
holds() { (($(n_held) == $1)); }
holds_some() { (($(n_held) > 0)); }
# From now on each CALL of netd, a bind unless named, takes a millisecond more: turns come to an end, and there is time to
# come in between. Behind the Nth port netd stops.
slow() { # [CALL [N]]
	local pid=${NETD_PID[h]} call=${1:-bind}
	spawn strace -qq -p "$pid" -o "$T/calls" -e trace="$call",bind,listen,epoll_wait,epoll_pwait,epoll_pwait2 \
		-e inject="$call":delay_exit=1000 ${2:+-e inject=listen:signal=STOP:when="$2"}
	TRACER=$SPAWNED
	wait_until 30 grep -q "^TracerPid:[[:space:]]*$TRACER\$" "/proc/$pid/status"
}
fast() {
	kill -INT "$TRACER"
	wait "$TRACER" || true
}
# begun NAME: asked for, forty of its ports are reserved, and netd is stopped there.
begun() {
	slow bind 40
	begin "$1"
	wait_until 30 holds 40
}
go_on() { kill -CONT "${NETD_PID[h]}"; }

@test "while thousands of ports are reserved others are served, between one handful of ports and the next" {
	many big 1500 20000
	container_ns small >/dev/null
	begun big
	ask_stopped "$T/asked" netctl attach small --netns "$(container_path small)" -p 8080:80
	wait "$SPAWNED"
	equals "$(api_body GET /_ping)" OK
	answered big 201
	fast
	equals "$(grep -o 'event=attach name=[a-z]*' "$T/h/netd.log" | cut -d= -f3 | xargs)" "small big"
	# by turns of 5 ms, of which each port took one
	(($(awk '/^bind/ { n++; if (n > most) most = n } /^epoll/ { n = 0 } END { print most }' "$T/calls") <= 10))
	equals "$(api_body GET /netd/v1/containers/big/ports | jq length)" 1500
	equals "$(n_held)" 1500
	# and the same for a container that is there
	many other 1500
	jq '{PortBindings}' "$T/other.json" >"$T/ports.json"
	equals "$(curl -sS --unix-socket "$(host_sock h)" -H 'Content-Type: application/json' -d "@$T/ports.json" -o /dev/null \
		-w '%{http_code}' http://netd/netd/v1/containers/small/ports)" 200
	equals "$(api_body GET /netd/v1/containers/small/ports | jq length)" 1501
}

@test "of two who ask for the same thousands of ports at once one has them all; of the same attach twice both hear of it" {
	many a 3000 20000
	many b 3000 21000
	begin a a
	begin b b
	begin a again
	answered a '201|200|409'
	answered b '201|409'
	answered again '201|200|409'
	matches "$(cat "$T/a.status") $(cat "$T/b.status") $(cat "$T/again.status")" '^(20[01] 409 20[01]|409 201 409)$'
	equals "$(n_held)" 3000
	equals "$(netctl ps -q | wc -l)" 1
	[[ $(cat "$T/b.status") != 409 ]] || equals "$(cat "$T/a.status" "$T/again.status" | fold -w3 | sort | xargs)" '200 201'
	grep -hE '"message"' "$T"/*.reply | grep -qE 'port 2[0-9]+/tcp on 0.0.0.0 is already published by container [ab]:'
}

@test "a name and a port that others take or want meanwhile have one winner" {
	many big 1500 20000
	container_ns other >/dev/null
	begun big
	# its ports are its own by now, and somebody who wants one of them hears whose
	local wants status
	ask_held "$T/wants" netctl attach other --netns "$(container_path other)" -p 20000:80
	wants=$SPAWNED
	# its name is not
	ask_stopped "$T/asked" netctl attach big --netns "$(container_path other)" -p 8080:80
	status=0
	wait "$wants" || status=$?
	equals "$status" 1
	matches "$(cat "$T/wants")" 'port 20000/tcp on 0.0.0.0 is already published by container big'
	wait "$SPAWNED"
	answered big 409
	fast
	matches "$(cat "$T/big.reply")" 'the name big is in use'
	comes_to_hold 0
	equals "$(api_body GET /netd/v1/containers/big/ports | jq -r 'keys | join(" ")')" 80/tcp
}

@test "who hangs up, or whose namespace goes, meanwhile, leaves nothing, and the next is served" {
	local before
	before=$(snapshot h)
	many big 1500 20000
	many next 100 20000
	begun big
	ask_held "$T/asked" post next next
	ASKED[next]=$SPAWNED
	kill "${ASKED[big]}"
	wait "${ASKED[big]}" || true
	go_on
	answered next 201
	comes_to_hold 100 # those that big had by then are closed behind that
	lacks "$(netctl ps)" big
	netctl detach next
	fast
	begun big
	kill_namespace "$P-c-big"
	ip netns del "$P-c-big"
	go_on
	answered big '4..'
	fast
	comes_to_hold 0
	ip netns del "$P-c-next"
	comes_back_to "$before" snapshot h
}

@test "a netd that is stopped or killed meanwhile leaves nothing reserved" {
	local before signal
	before=$(snapshot h)
	many big 1500 20000
	for signal in TERM KILL; do
		begun big
		kill -"$signal" "${NETD_PID[h]}"
		[[ $signal == KILL ]] || go_on
		wait "${NETD_PID[h]}" || true
		answered big '503|000'
		equals "$(n_held)" 0
		wait "$TRACER" || true
		host_start h
		lacks "$(netctl ps)" big
		equals "$(n_held)" 0
		comes_back_to "$before" snapshot h
	done
	begin big
	answered big 201
}

@test "who hears that thousands of ports are given up finds them free, and who comes before has them, too" {
	many a 3000 20000
	sed -i 's/0\.0\.0\.0//g' "$T/a.json" # both families, of which one is relayed
	begin a
	answered a 201
	equals "$(n_held)" 6000
	netctl detach a
	equals "$(n_held -4)" 0
	comes_to_hold 0
	begin a
	answered a 201
	netctl port rm a 20000-21999:1000-2999
	equals "$(n_held -4)" 1000
	comes_to_hold 2000
	netctl port add a 20000-21999:1000-2999
	equals "$(n_held)" 6000
	# the first is still to be closed when the second asks
	container_ns b >/dev/null
	spawn netctl detach a
	local detach=$SPAWNED
	is_gone() { [[ -z $(netctl ps -q) ]]; } # an id may begin with a
	wait_until 30 is_gone
	netctl attach b --netns "$(container_path b)" -p 22999:80
	wait "$detach"
	comes_to_hold 2
}

@test "a netd that is stopped before the resolver has all relays of a container hands over the rest first" {
	many big 300 20000
	sed -i 's/0\.0\.0\.0/::/g' "$T/big.json" # of a network without IPv6: all are relayed
	slow sendmsg
	begin big
	wait_until 30 grep -q 'event=attach name=big' "$T/h/netd.log"
	host_stop h TERM
	answered big 201
	wait "$TRACER" || true
	equals "$(n_held -6)" 300
	host_start h
	equals "$(n_held -6)" 300
	netctl detach big
	comes_to_hold 0
}

@test "a port of many that are given up, which another has at once, is waited for no more" {
	many a 300 20000
	sed -i 's/0\.0\.0\.0/::/g' "$T/a.json"
	container_ns b >/dev/null
	begin a
	answered a 201
	slow close
	spawn netctl detach a
	local detach=$SPAWNED
	is_gone() { [[ -z $(netctl ps -q) ]]; } # an id may begin with a
	wait_until 60 is_gone
	netctl attach b --netns "$(container_path b)" -p '[::]:20299:80'
	wait "$detach"
	fast
	(($(grep -c '^bind(.*htons(20299)' "$T/calls") <= 10)) # and is not asked for again and again
	comes_to_hold 1
}

@test "who gives up some ports is answered when these are closed, however many others give up after him" {
	many small 100 30000
	many big 2000 20000
	begin small
	begin big
	answered small 201
	answered big 201
	slow close
	spawn netctl detach small
	local small=$SPAWNED big
	is_gone() { ! netctl inspect "$1"; }
	wait_until 60 is_gone small
	spawn netctl detach big
	big=$SPAWNED
	wait "$small"
	equals "$(in_host h ss -Hlnt 'sport >= 30000' | wc -l)" 0
	(($(n_held) > 0))
	fast
	wait "$big"
	equals "$(n_held)" 0
}

@test "a whole range is published though its container meanwhile joins a network of the other family" {
	netctl network create --ipv4=false --ipv6 --subnet 2001:db8:33::/64 six
	attach c --network six
	many c 1500
	jq '{PortBindings} | .PortBindings[][].HostPort = "20000-21499"' "$T/c.json" >"$T/ports.json"
	add() {
		exec curl -sS -m 120 --unix-socket "$(host_sock h)" -H 'Content-Type: application/json' -d "@$T/ports.json" \
			-o "$T/c.reply" -w '%{http_code}' http://netd/netd/v1/containers/c/ports >"$T/c.status"
	}
	slow
	spawn add
	ASKED[c]=$SPAWNED
	wait_until 30 holds_some
	netctl network connect bridge c # so 0.0.0.0 needs no relay any more
	answered c 200
	fast
	equals "$(api_body GET /netd/v1/containers/c/ports | jq -r '[.. | .HostPort? // empty | tonumber] | unique | [length, min, max] | @csv')" \
		1500,20000,21499
}
