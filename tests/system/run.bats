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

# Whose session is that of process $1, without the ones that have ended and wait to be asked about.
session_of() { ps -o stat= -s "$1" | grep -vc '^Z'; }
wrote_twice() { [[ $(netctl logs "$1" | grep -cx "$2") == 2 ]]; }
is_forgotten() { ! netctl logs "$1" 2>/dev/null; }
ends_with_line() { [[ $(netctl logs --tail 1 "$1") == "$2" ]]; }
is_there() { netctl inspect "$1" >/dev/null 2>&1; }
nobody_is_behind() { ! pgrep -f "netctl run -d --name $1 -- sleep 600"; }
wrote() { netctl logs "$1" 2>/dev/null | grep -qx "$2"; }

@test "stop ends what run -d started and all that this has started, and frees its name" {
	netctl run -d --name one -- sh -c 'trap "" HUP; sleep 600 & sleep 600 & echo ready; wait'
	wait_until 30 wrote one ready
	local pid
	pid=$(netctl inspect one --format '{{.State.Pid}}')
	equals "$(session_of "$pid")" 3
	equals "$(netctl stop one)" one
	equals "$(session_of "$pid" || :)" 0
	equals "$(netctl ps -q)" ""
	equals "$(netctl stop one)" one # as docker: what has ended is no mistake
	fails_with 1 'No such container: nobody' netctl stop nobody
}

@test "stop kills what does not heed its signal, after the time it was given" {
	netctl run -d --name deaf -- sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
	wait_until 30 wrote deaf ready
	equals "$(netctl stop --timeout 1 deaf)" deaf
	fails_with 1 'deaf was ended by signal 9 already: .netctl logs deaf. has its output' netctl kill deaf
	netctl run -d --name polite -- sh -c 'trap "echo bye; exit 4" USR1; echo ready; while :; do sleep 0.1; done'
	wait_until 30 wrote polite ready
	netctl stop --signal usr1 --timeout -1 polite
	wait_until 30 wrote polite bye
	fails_with 1 'polite ended with status 4 already' netctl kill polite
}

@test "kill sends any signal, and the last one detaches" {
	netctl run -d --name one -- sh -c 'trap "echo heard" HUP; echo ready; while :; do sleep 0.1; done'
	wait_until 30 wrote one ready
	netctl kill -s HUP one
	wait_until 30 wrote one heard
	matches "$(netctl ps)" one
	equals "$(netctl kill one)" one
	equals "$(netctl ps -q)" ""
	fails_with 2 "'FOO' is no signal: use a name such as TERM" netctl kill -s FOO one
	fails_with 2 "'soon' is no number of seconds" netctl stop -t soon one
}

@test "restart runs the same again: words, environment, directory, addresses, ports and id; its output goes on" {
	netctl network create --subnet 10.31.0.0/24 n
	mkdir "$T/there"
	# (in the host of the test a function of it begins in /)
	in_host h env -C "$T/there" WORD='two words' NETD_HOST="unix://$T/h/run/netd.sock" "$NETD_BUILD/netctl" \
		run -d --name one --network n -p 8080:80 -- sh -c 'echo "$WORD $PWD"; exec sleep 600'
	wait_until 30 wrote one "two words $T/there"
	local id address pid
	id=$(netctl inspect one --format '{{.Id}}') address=$(ip4_of one n) pid=$(netctl inspect one --format '{{.State.Pid}}')
	equals "$(WORD=other netctl restart one)" one
	equals "$(netctl inspect one --format '{{.Id}}')" "$id"
	equals "$(ip4_of one n)" "$address"
	[[ $(netctl inspect one --format '{{.State.Pid}}') != "$pid" ]]
	matches "$(netctl port one)" '80/tcp -> .*:8080'
	wait_until 30 wrote_twice one "two words $T/there"
	# one that has ended starts again, too
	netctl stop one
	netctl restart one
	equals "$(netctl inspect one --format '{{.Id}}')" "$id"
	netctl stop one
}

@test "logs shows what was written last, follows it to its end, and is there when the command has ended" {
	netctl run -d --name one -- sh -c 'echo one; echo two >&2; until [ -e '"$T"'/go ]; do sleep 0.1; done; echo three; exit 3'
	wait_until 30 wrote one two
	equals "$(netctl logs one)" $'one\ntwo'
	equals "$(netctl logs --tail 1 one)" two
	netctl logs -f --tail 1 one >"$T/followed" &
	wait_until 30 grep -qx two "$T/followed"
	touch "$T/go"
	wait $! # it ends with the command
	equals "$(cat "$T/followed")" $'two\nthree'
	wait_until 30 gone one
	equals "$(netctl logs one)" $'one\ntwo\nthree'
	# with --rm nothing is left of it
	netctl run -d --rm --name two -- echo hello
	wait_until 30 is_forgotten two
	fails_with 1 'No such container: two' netctl logs two
	# modes: what a command writes is root's alone
	equals "$(stat -c %a "$T/h/run/runs" "$T/h/run/runs/one" "$T/h/run/runs/one/output" "$T/h/run/runs/one/environ" | sort -u | paste -sd' ')" "600 700"
}

@test "what is kept of a command that writes without end is bounded, and its newest lines are there" {
	netctl run -d --name loud -- sh -c 'seq 1000000; exec sleep 600'
	wait_until 60 ends_with_line loud 1000000
	local kept
	kept=$(netctl logs loud | wc -c)
	((kept <= 1024 * 1024 && kept >= 512 * 1024)) || { echo "$kept bytes" && false; }
	((1000000 - $(netctl logs loud | sed -n 2p) == $(netctl logs loud | wc -l) - 2)) # none is missing in between
	netctl stop loud
}

@test "a run that was detached goes on, is named where its name is asked for again, and is stopped by it" {
	netctl run -d --name one -- sleep 600
	local pid
	pid=$(netctl inspect one --format '{{.State.Pid}}')
	netctl detach one
	kill -0 "$pid"
	fails_with 125 'the command of one still runs: end it with .netctl stop one' netctl run -d --name one -- sleep 600
	netctl stop one
	! kill -0 "$pid" 2>/dev/null
	netctl run -d --name one -- sleep 600
	netctl stop one
}

@test "stop, restart, kill and logs say whose affair a container is that run -d has not started" {
	attach a
	local command
	for command in stop restart kill logs; do
		fails_with 1 'a was not started by netctl run -d: whatever started it .* docker, podman, crictl or runc' netctl "$command" a
	done
	netctl run --name fore -- sleep 600 &
	wait_until 30 is_there fore
	fails_with 1 'fore \(pid [0-9]+\) was not started by netctl run -d' netctl stop fore
	kill "$(netctl inspect fore --format '{{.State.Pid}}')"
	wait $! || :
	fails_with 1 'works only on netd.s own host' netctl -H ssh://nowhere stop a
}

@test "nobody stays behind a command that has ended, and netctl's output ends with netctl" {
	local id
	id=$(netctl run -d --name one -- sleep 600) # would hang if who stays had it open
	netctl stop "$id"
	wait_until 30 nobody_is_behind one
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

@test "run --network container:NAME shares the namespace, the names and the host name of another container" {
	netctl network create --subnet 10.31.0.0/24 n
	netctl run -d --name web --network n --hostname box -- sleep 600
	netctl run --network container:web -- sh -c 'readlink /proc/self/ns/net; hostname; cat /etc/hosts' >"$T/out"
	equals "$(head -1 "$T/out")" "$(readlink "/proc/$(netctl inspect web --format '{{.State.Pid}}')/ns/net")"
	equals "$(sed -n 2p "$T/out")" box
	matches "$(cat "$T/out")" '10\.31\.0\.2[[:space:]]+box'
	netctl run -d --name side --network container:web -- "$PYTHON" -m http.server 80 >"$T/id"
	wait_until 30 netctl exec web -- curl -sf -m 5 -o /dev/null http://127.0.0.1/
	attach client --network n
	wait_until 30 in_c client curl -sf -m 5 -o "$T/page" "http://$(ip4_of web n)/"
	# it is no container of netd's, and is seen to by its name and its id all the same
	equals "$(netctl ps --format '{{.Names}}' | sort | xargs)" "client web"
	wait_until 30 wrote_something side
	netctl restart side
	wait_until 30 netctl exec web -- curl -sf -m 5 -o /dev/null http://127.0.0.1/
	# netd does not have its name: of two at once one gets it
	fails_with 125 'the command of side still runs' netctl run -d --name side --network container:web -- sleep 600
	local one=0 other=0
	netctl run -d --name twice --network container:web -- sleep 600 >/dev/null &
	netctl run -d --name twice --network container:web -- sleep 600 >/dev/null || one=$?
	wait $! || other=$?
	equals "$((one + other))" 125
	netctl stop twice
	equals "$(netctl stop "$(cat "$T/id")")" "$(cat "$T/id")"
	fails_with 7 '' netctl exec web -- curl -s http://127.0.0.1/
	matches "$(netctl ps --format '{{.Names}}')" web
	netctl stop web
}
wrote_something() { [[ $(netctl logs "$1") ]]; }

@test "what cannot be shared, or does not go with it, is said in a sentence" {
	attach web
	fails_with 125 '--network container:wbe: No such container: wbe; did you mean web\?' netctl run --network container:wbe -- true
	fails_with 2 '--publish does not go with --network container:web: .* are those of web' \
		netctl run --network container:web -p 80:80 -- true
	fails_with 2 '--network does not go with --network container:web' netctl run --network container:web --network bridge -- true
	fails_with 2 'container: names no container' netctl run --network container: -- true
	fails_with 2 '--network container:web is for netctl run, and goes with no other network' \
		netctl run --network bridge --network container:web -- true
	fails_with 2 '--network container:web is for netctl run' netctl attach x --pid $$ --network container:web
	fails_with 125 'the name web is in use by another container' netctl run --name web --network container:web -- true
	# the API, and all who call it
	matches "$(api POST /netd/v1/containers '{"Name":"x","Pid":1,"Networks":{"container:web":{}}}')" \
		'container:web is no network: a namespace that containers share is attached once, for web'
	equals "$(netctl ps --format '{{.Names}}')" web
}
