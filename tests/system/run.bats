#!/usr/bin/env bats
# run.bats - netctl run and exec: a program in a network namespace of its own, without any runtime
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

gone() { ! netctl ps --format "{{.Names}}" | grep -qx "$1"; }

@test "run gives the program its own network, resolv.conf, hosts and hostname" {
	netctl network create --subnet 10.31.0.0/24 n
	netctl run --name one --network n --hostname box -- sh -c \
		'ip -4 addr show eth0; cat /etc/resolv.conf /etc/hosts /etc/hostname; hostname' >"$T/out"
	matches "$(cat "$T/out")" 'inet 10\.31\.0\.2/24'
	matches "$(cat "$T/out")" 'nameserver 127\.0\.0\.11'
	matches "$(cat "$T/out")" '10\.31\.0\.2[[:space:]]+box'
	equals "$(tail -1 "$T/out")" box
}

@test "run in the foreground returns the program's exit status and detaches when it ends" {
	fails_with 7 '' netctl run --name one -- sh -c 'exit 7'
	wait_until 30 gone one
	equals "$(netctl ps -q)" ""
}

@test "run -d goes on in the background, and its end detaches it" {
	netctl run -d --name one -- sleep 60
	matches "$(netctl ps)" one
	local pid
	pid=$(netctl inspect one | jq .[0].State.Pid)
	kill "$pid"
	wait_until 30 gone one
}

@test "run of a command that does not exist says so and leaves nothing" {
	local before
	before=$(links_of h)
	fails_with 127 'nosuchprogram' netctl run --name one -- nosuchprogram
	wait_until 30 gone one
	wait_until 30 bash -c "[[ \"\$(ip -n $P-h -j link | jq -r '.[].ifname' | sort)\" == \"$before\" ]]"
}

@test "exec enters a container's network and sees its names" {
	netctl network create --subnet 10.31.0.0/24 n
	attach a --network n
	attach b --network n
	matches "$(netctl exec a -- getent ahostsv4 b)" "$(ip4_of b n)"
	matches "$(netctl exec a -- ip -4 addr show eth0)" "$(ip4_of a n)"
	fails_with 3 '' netctl exec a -- sh -c 'exit 3'
	fails_with 125 'nobody' netctl exec nobody -- true
}

@test "a web server and a client find each other by name through run" {
	netctl network create n
	mkdir "$T/www" && echo "hello by name" >"$T/www/index.html"
	netctl run -d --name web --network n -- "$PYTHON" -m http.server -d "$T/www" 80
	wait_until 30 netctl exec web -- curl -sf -m 5 http://127.0.0.1/
	equals "$(netctl run --name client --network n -- curl -sS -m 20 http://web/)" "hello by name"
	# netd wires and does not run: the server ends by a signal, and with it the container
	kill "$(netctl inspect web --format '{{.State.Pid}}')"
	wait_until 30 gone web
}
