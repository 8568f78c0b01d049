#!/usr/bin/env bats
# hung.bats - a process of netd's that hangs, however it does, is noticed, ended and replaced; killed again and again, it comes back
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
gone() { ! kill -0 "$1" 2>/dev/null; }
others_than() { [[ $(resolver_pid h) != "$1" ]]; }
replaced() { gone "$1" && others_than "$1"; }

# How long COMMAND… takes to succeed, in milliseconds.
ms_until() {
	local start
	start=$(now_ms)
	wait_until 30 "$@"
	echo $(($(now_ms) - start))
}

# Makes the process go round in a loop of its own for ever: a jump to itself at the place where it waits for events.
loop_for_ever() { # PID
	$PYTHON -I -S "$LIB/loop_for_ever.py" "$1"
}

# How many beats it takes is test_pulse's. Here it is what tells "noticed" from "never": a busy machine takes its time.
is_soon() { # MS
	echo "noticed and replaced after $1 ms"
	[[ $1 -lt 15000 ]]
}

@test "a resolver that is stopped, or in an endless loop, is noticed and replaced, and who waits is told" {
	local pid took
	netctl network create n
	attach a --network n
	attach b --network n
	for how in 'kill -STOP' loop_for_ever; do
		pid=$(resolver_pid h)
		$how "$pid"
		fails_with 1 'the resolver process did not answer; another takes over' netctl dns lookup a
		took=$(ms_until replaced "$pid")
		is_soon "$took"
		grep -q "resolver $pid is .* and does not answer: it is ended, and another takes over" "$T/h/netd.log"
		equals "$(ask a b)" "$(ip4_of b n)"
	done
	grep -q 'is stopped and' "$T/h/netd.log"
	grep -q 'is in an endless loop and' "$T/h/netd.log"
	equals "$(curl -s --unix-socket "$(host_sock h)" http://netd/netd/v1/info | jq .Guard.Healed.Resolver.Count)" 2
}

@test "a netd that starts while the resolver hangs is up soon, with another" {
	local pid start
	attach a
	pid=$(resolver_pid h)
	host_stop h KILL
	kill -STOP "$pid"
	start=$(now_ms)
	host_start h
	is_soon $(($(now_ms) - start))
	wait_until 30 gone "$pid"
	equals "$(ask a a)" "$(ip4_of a)"
}

beats() { [[ $(grep -c '^WATCHDOG=1$' "$T/watchdog.log") -gt $1 ]]; }

@test "a hung plumber is ended by the watchdog that it beats for; names go on meanwhile, and all is well after the next start" {
	local addr
	attach a
	attach b
	addr=$(ip4_of b)
	host_stop h KILL
	spawn $PYTHON -I -S "$LIB/watchdog.py" "$T/notify" "$T/watchdog.log" "$T/watched" 5
	wait_until 30 test -S "$T/notify"
	NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=800000 host_start h
	echo "${NETD_PID[h]}" >"$T/watched"
	wait_until 30 beats 20
	kill -STOP "${NETD_PID[h]}"
	equals "$(ask a b)" "$addr"
	wait_until 30 grep -q KILLED "$T/watchdog.log"
	equals "$(ask a b)" "$addr"
	wait "${NETD_PID[h]}" || true
	host_start h
	equals "$(ask a b)" "$(ip4_of b)"
}

@test "one that only gets no processor is not taken for hung" {
	local pid i busy=()
	attach a
	pid=$(resolver_pid h)
	# Sixteen that compete with all they have for the one processor that it may use, and it may only have what they leave.
	taskset -pc 0 "$pid" >/dev/null
	chrt --idle -p 0 "$pid"
	for i in $(seq 16); do spawn taskset -c 0 timeout 4 sh -c 'while :; do :; done' && busy+=("$SPAWNED"); done
	wait "${busy[@]}" || true
	equals "$(resolver_pid h)" "$pid"
	equals "$(ask a a)" "$(ip4_of a)"
}

# OUT of outlive.py: how many were good, in its first line.
good_in() {
	local good
	read -r good _ <"$1"
	echo "$good"
}
has_some() { [[ -s $1 && $(good_in "$1") -gt $2 ]]; } # OUT MORE-THAN
none_bad() { # OUT AT-LEAST
	local good bad
	read -r good bad <"$1"
	echo "$1: $good good, $bad bad"
	cat "$1"
	[[ $bad -eq 0 && $good -ge $2 ]]
}

none_open() { ! in_host h ss -Htn state connected exclude time-wait '( sport = :8080 )' | grep -q .; }

@test "twenty kills of the resolver cost no question, local or forwarded, and no relayed connection, standing or new" {
	local n pid pids=() long_life
	upstream
	netctl network create n
	attach a --network n
	attach b --network n -p 8080:80
	spawn in_c b $PYTHON -I -S "$LIB/outlive.py" echo "$T/echo" 80
	wait_until 30 test -e "$T/echo"
	spawn in_c a $PYTHON -I -S "$LIB/outlive.py" names "$T/names" "$T/stop" b 'ttl1-{}.ok.test'
	pids+=("$SPAWNED")
	spawn in_c a $PYTHON -I -S "$LIB/outlive.py" names "$T/slow" "$T/stop" 'slow400-{}.ok.test'
	pids+=("$SPAWNED")
	spawn in_host h $PYTHON -I -S "$LIB/outlive.py" stream "$T/stream" "$T/stop" ::1 8080 50
	pids+=("$SPAWNED")
	wait_until 30 has_some "$T/names" 100
	wait_until 30 has_some "$T/slow" 10
	wait_until 30 has_some "$T/stream" 10
	# The first lives are shorter than the upstream takes, and later every other one: what waits goes from one to the next.
	# But a question waits four seconds at the most, and so many lives may pass on a busy machine.
	long_life=$(now_ms)
	for n in $(seq 20); do
		pid=$(resolver_pid h)
		kill -KILL "$pid"
		wait_until 30 others_than "$pid"
		wait_until 30 has_some "$T/names" $(($(good_in "$T/names") + 15))
		if [[ ($n -ge 5 && $((n % 2)) -eq 1) || $(($(now_ms) - long_life)) -gt 1500 ]]; then
			wait_until 30 has_some "$T/slow" "$(good_in "$T/slow")"
			long_life=$(now_ms)
		fi
	done
	touch "$T/stop"
	wait "${pids[@]}"
	none_bad "$T/names" 300
	none_bad "$T/slow" 20
	none_bad "$T/stream" 60
	wait_until 30 none_open
}
