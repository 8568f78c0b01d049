#!/usr/bin/env bats
# crowds.bats - crowds at the API's door, and a netd without descriptors or memory: nobody is locked out, nobody deaf
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# crowd streams|half|idle N [UID]: CROWD is its pid.
crowd() {
	rm -f "$T/crowd.log"
	spawn_to "$T/crowd.log" "$PYTHON" -I -S "$LIB/crowd.py" "$(host_sock h)" "$@"
	CROWD=$SPAWNED
	wait_until 60 grep -q ^refused "$T/crowd.log"
}
guard() { netctl system info --format "{{.Guard$1}}"; }
fds_of() { find "/proc/$1/fd" -mindepth 1 | wc -l; }
# no_fds PID: it can have as many descriptors as it has, so accept(2) fails with EMFILE.
no_fds() {
	local highest
	highest=$(ls "/proc/$1/fd" | sort -n | tail -1)
	prlimit --pid "$1" --nofile=$((highest + 1)):
}
enough_fds() { prlimit --pid "$1" --nofile=10000:; }
# Holes below the highest would be descriptors, too: each is filled by a connection that is no idle one.
fill_holes() { # PID
	local highest n
	highest=$(ls "/proc/$1/fd" | sort -n | tail -1)
	n=$((highest + 1 - $(fds_of "$1")))
	((n == 0)) || crowd streams "$n"
}

@test "300 event streams: 256 are followed, the others are told who has them, and calls are answered" {
	crowd streams 300
	grep -qx 'open 256 x 200 44 x 503' "$T/crowd.log"
	grep -qx "refused: 256 event streams are open, which is the most, 256 of them of process $CROWD of user 0: end some of them" \
		"$T/crowd.log"
	for i in 1 2 3; do equals "$(api_body GET /_ping)" OK; done
	# counted one by one, and said in one line
	equals "$(guard .Refused.Streams.Count)" 44
	matches "$(netctl system info)" '^ +Streams: 44, first 20.*Z, last 20.*Z$'
	equals "$(grep -c 'event streams refused' "$T/h/netd.log")" 1
	attach a --network bridge
	netctl detach a
	# what happened can be asked for; only what goes on takes a place
	matches "$(api_body GET '/events?since=1&until=4000000000' | head -1)" 'event streams are open'
	netctl events --since 1 --until 0s | grep -q connect
	kill "$CROWD"
	streams_again() { timeout 5 curl -sN -m 1 --unix-socket "$(host_sock h)" -o /dev/null -w '%{http_code}' http://netd/events | grep -q 200; }
	wait_until 30 streams_again
}

@test "256 half-sent requests, and 256 idle connections: a call works at once" {
	crowd half 256
	equals "$(api_body GET /_ping)" OK
	attach a --network bridge
	kill "$CROWD"
	crowd idle 256
	equals "$(api_body GET /_ping)" OK
	netctl detach a
}

@test "another user's connections and streams leave room for root, and for himself" {
	chmod 0666 "$(host_sock h)"
	crowd half 300 64250
	for i in 1 2 3; do equals "$(api_body GET /_ping)" OK; done
	crowd idle 1 64250
	grep -qx 'open 1 x 200' "$T/crowd.log"
	crowd streams 300 64250
	grep -qx 'open 224 x 200 76 x 503' "$T/crowd.log"
	crowd streams 1
	grep -qx 'open 1 x 200' "$T/crowd.log"
	equals "$(api_body GET /_ping)" OK
}

@test "out of descriptors, each caller is told so, and is served as soon as there are some" {
	local pid=${NETD_PID[h]}
	crowd streams 20
	fill_holes "$pid"
	no_fds "$pid"
	for i in 1 2 3; do
		run api GET /_ping
		matches "$output" '^503$'
		matches "$output" 'no file descriptor left for this call \(its limit is [0-9]+\): try again, or raise LimitNOFILE'
	done
	# nobody closes, nobody else comes
	enough_fds "$pid"
	equals "$(api_body GET /_ping)" OK
	attach a --network bridge
	equals "$(grep -c 'cannot accept calls' "$T/h/netd.log")" 1
	equals "$(guard .Refused.Descriptors.Count)" 3
	equals "$(grep -c 'API calls refused for want of file descriptors' "$T/h/netd.log")" 1
}

@test "out of descriptors, idle connections make room for calls" {
	local pid=${NETD_PID[h]}
	crowd idle 20
	fill_holes "$pid"
	no_fds "$pid"
	for i in 1 2 3; do equals "$(api_body GET /_ping)" OK; done
	[[ $(guard .Dropped.Connections.Count) -ge 1 ]]
	equals "$(guard .Refused.Descriptors.Count)" 0
	grep -q 'cannot accept calls: Too many open files' "$T/h/netd.log"
	enough_fds "$pid"
}

@test "a failing accept is tried again, whatever failed: nobody else has to come" {
	local pid=${NETD_PID[h]} failure tracer
	for failure in ENOMEM ENOBUFS ENFILE EMFILE; do
		# three tries fail, of which at least one was made by a timer
		spawn strace -qq -p "$pid" -o "$T/strace.$failure" -e trace=accept4 -e "inject=accept4:error=$failure:when=1..3"
		tracer=$SPAWNED
		wait_until 30 grep -q "^TracerPid:[[:space:]]*$tracer\$" "/proc/$pid/status"
		if [[ $failure == ENO* ]]; then
			equals "$(api_body GET /_ping)" OK
		else
			matches "$(api_body GET /_ping)" 'no file descriptor left'
		fi
		kill "$tracer"
		wait_until 30 grep -q '^TracerPid:[[:space:]]*0$' "/proc/$pid/status"
		equals "$(grep -c INJECTED "$T/strace.$failure")" 3
	done
}

limit_resolver() { setpriv --reuid 64243 --regid 64243 --clear-groups prlimit --pid "$1" --nofile="$2:"; }
# no_fds_resolver PID: it has come to rest, and not one more descriptor. It inherits none, so there are no holes.
no_fds_resolver() {
	local n
	n=$(fds_of "$1")
	limit_resolver "$1" "$n"
	equals "$(ls "/proc/$1/fd" | sort -n | tail -1)" $((n - 1))
}

@test "a resolver without descriptors takes the next plumber in, and TCP questions when there are some again" {
	local resolver
	attach a --network bridge
	attach b --network bridge
	resolver=$(resolver_pid h)
	equals "$(ask b a)" "$(ip4_of a)" # it has taken b in
	no_fds_resolver "$resolver"
	for i in 1 2 3; do
		host_stop h KILL
		host_start h
		equals "$(resolver_pid h)" "$resolver"
		equals "$(ask a b)" "$(ip4_of b)"
		# while there is no plumber, nobody else gets the place of the next
		spawn_to "$T/tcp$i" in_c a dig @127.0.0.11 +tcp +tries=1 +time=60 +short b
	done
	some() { [[ $(guard .Refused.ResolverDescriptors.Count) -gt 0 ]]; }
	wait_until 30 some
	limit_resolver "$resolver" 10000
	for i in 1 2 3; do wait_until 60 grep -qx "$(ip4_of b)" "$T/tcp$i"; done
}

@test "a container and a port that a resolver has no descriptors for wait for some, and nobody else does" {
	local resolver
	attach a --network bridge
	resolver=$(resolver_pid h)
	equals "$(ask a a)" "$(ip4_of a)"
	no_fds_resolver "$resolver"
	attach b --network bridge -p 8080:80
	serve b 80
	attach c --network bridge
	equals "$(ask a c)" "$(ip4_of c)" # what is told behind it is heard
	netctl detach c
	equals "$(ask a c)" ""
	host_restart h KILL
	equals "$(ask a b)" "$(ip4_of b)"
	equals "$(resolver_pid h)" "$resolver"
	limit_resolver "$resolver" 10000
	wait_until 30 quick b a
	wait_until 30 get_host h "http://[::1]:8080/"
	equals "$(resolver_pid h)" "$resolver"
	equals "$(grep -c 'no file descriptor left for what the plumber says' "$T/h/netd.log")" 2 # to each plumber
}
