#!/usr/bin/env bats
# hung.bats - a process of netd's that hangs, however it does, is noticed, ended and replaced; killed again and again, it comes back
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
gone() { ! kill -0 "$1" 2>/dev/null; }
another_than() {
	local pid
	pid=$(resolver_pid h) && [[ $pid != "$1" ]]
}
replaced() { gone "$1" && another_than "$1"; }

# Makes the process go round in a loop of its own for ever: a jump to itself at the place where it waits for events.
loop_for_ever() { # PID
	$PYTHON -I -S "$LIB/loop_for_ever.py" "$1"
}

# How many beats it takes to notice is test_pulse's.

@test "a resolver that is stopped, or in an endless loop, is noticed and replaced, and who waits is told" {
	local pid status
	netctl network create n
	attach a --network n
	attach b --network n
	for how in 'kill -STOP' loop_for_ever; do
		pid=$(resolver_pid h)
		# Two beats later it is noticed: who asks is there before that.
		kill -STOP "${NETD_PID[h]}"
		$how "$pid"
		ask_stopped "$T/asked" netctl dns lookup a
		status=0
		wait "$SPAWNED" || status=$?
		equals "$status" 1
		matches "$(tail -1 "$T/asked")" 'the resolver process did not answer; another takes over'
		wait_until 30 replaced "$pid"
		grep -q "resolver $pid is .* and does not answer: it is ended, and another takes over" "$T/h/netd.log"
		equals "$(ask a b)" "$(ip4_of b n)"
	done
	grep -q 'is stopped and' "$T/h/netd.log"
	grep -q 'is in an endless loop and' "$T/h/netd.log"
	equals "$(curl -s --unix-socket "$(host_sock h)" http://netd/netd/v1/info | jq .Guard.Healed.Resolver.Count)" 2
}

@test "a netd that starts while the resolver hangs is up soon, with another" {
	local pid
	attach a
	pid=$(resolver_pid h)
	host_stop h KILL
	kill -STOP "$pid"
	host_start h
	wait_until 30 gone "$pid"
	equals "$(ask a a)" "$(ip4_of a)"
}

n_beats() { grep -c '^WATCHDOG=1$' "$T/watchdog.log" || true; }
beats() { [[ $(n_beats) -gt $1 ]]; }

@test "a hung plumber is ended by the watchdog that it beats for; names go on meanwhile, and all is well after the next start" {
	local addr
	attach a
	attach b
	addr=$(ip4_of b)
	host_stop h KILL
	spawn $PYTHON -I -S "$LIB/watchdog.py" "$T/notify" "$T/watchdog.log" "$T/watched" 5
	wait_until 30 test -S "$T/notify"
	NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=800000 host_start h
	wait_until 60 beats 20
	# From the next beat on it is watched.
	echo "${NETD_PID[h]}" >"$T/watched.new"
	mv "$T/watched.new" "$T/watched"
	wait_until 30 beats "$(($(n_beats) + 1))"
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
	# The machine may be as busy with other things.
	chrt --other -p 0 "$pid"
	taskset -pc "$(taskset -pc $$ | sed 's/.*: //')" "$pid" >/dev/null
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
none_bad() { # OUT AT-LEAST [BUT-FOR]
	local good bad
	read -r good bad <"$1"
	echo "$1: $good good, $bad bad, ${3:-0} of them known to netd"
	cat "$1"
	[[ $bad -le ${3:-0} && $good -ge $2 ]]
}
# A connection that is taken over at the very moment of a kill is lost (docs/decisions/0013): the next resolver says how many there may
# be, by what the one before had in its hands.
known_to_be_lost() {
	sed -n 's/.*relayed connections that may have ended with the resolver before: //p' "$T/h/netd.log" | awk '{ n += $1 } END { print n + 0 }'
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
		wait_until 30 another_than "$pid"
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
	none_bad "$T/stream" 60 "$(known_to_be_lost)"
	lacks "$(cat "$T/stream")" 'standing' # those are kept since long
	wait_until 30 none_open
}

has_taken() { in_host h ss -Htnp state established '( sport = :8080 )' | grep -q "pid=$1,"; } # PID
is_lost() { [[ $(known_to_be_lost) == "$1" ]]; }

@test "a connection that is taken over at the moment of a kill is lost, and the next resolver says so" {
	local pid tracer client status=0
	attach b -p 8080:80
	serve b 80
	pid=$(resolver_pid h)
	# Between accept4(2) and the next call.
	spawn strace -qq -p "$pid" -o "$T/strace" -e trace=accept4 -e inject=accept4:delay_exit=60000000:when=1
	tracer=$SPAWNED
	wait_until 30 grep -q "^TracerPid:[[:space:]]*$tracer\$" "/proc/$pid/status"
	spawn get_host h 'http://[::1]:8080/'
	client=$SPAWNED
	wait_until 30 has_taken "$pid"
	kill -9 "$pid" || true # or netd has missed it by now, and ended it
	kill -9 "$tracer"
	wait_until 30 another_than "$pid"
	wait "$client" || status=$?
	[[ $status -ne 0 ]]
	wait_until 30 is_lost 1
	matches "$(get_host h 'http://[::1]:8080/')" '^b from'
	equals "$(known_to_be_lost)" 1
}
