# counts.bats - how many system calls, netlink messages and instructions an attach, a detach and a query take, at the most
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The ceilings, and what each is made of: tests/counts.txt. Nothing here is a time, so a busy machine changes nothing.
load lib

CEILINGS=$LIB/../counts.txt
TIMES=8

trace_begins() { # PID
	spawn strace -qq -yy -v -s 200 -p "$1" -o "$T/trace"
	TRACER=$SPAWNED
	wait_until 30 grep -q "^TracerPid:[[:space:]]*$TRACER\$" "/proc/$1/status"
}
trace_ends() {
	kill "$TRACER"
	wait "$TRACER" 2>/dev/null || true
}
judged() { # NAME FIRST LAST [NEXT]: what is said stands in $T/judged when it is as it should be
	$PYTHON -I -S "$LIB/counts.py" calls "$CEILINGS" "$1" "$T/trace" "${@:2}" 2>>"$T/judged"
}
no_port() { [[ $(ip -n "$P-h" -o link show type veth | wc -l) -eq 1 ]]; } # the wire alone

attaches_and_detaches() { # OPTION…
	local i
	for i in $(seq "$TIMES"); do
		attach "c$i" --network front "$@"
		netctl detach "c$i"
		wait_until 30 no_port # what the sweep does is part of it
	done
}

@test "an attach and a detach take no more system calls and netlink messages than they did" {
	netctl network create --subnet 10.201.0.0/16 --ipv6 --subnet fd00:201::/64 front
	trace_begins "${NETD_PID[h]}"
	attaches_and_detaches
	trace_ends
	judged attach '"POST /netd/v1/containers ' '"HTTP/1.1 201'
	judged detach '"DELETE /netd/v1/containers/' '"HTTP/1.1 20' next
}

@test "nor do they with a published port" {
	netctl network create --subnet 10.201.0.0/16 --ipv6 --subnet fd00:201::/64 front
	trace_begins "${NETD_PID[h]}"
	attaches_and_detaches -p 8080:80
	trace_ends
	judged "attach with a port" '"POST /netd/v1/containers ' '"HTTP/1.1 201'
	judged "detach with a port" '"DELETE /netd/v1/containers/' '"HTTP/1.1 20' next
}

# questions NAME…: one after the other and by one process, so that little comes between two of them
questions() {
	printf '%s\n' "$@" >"$T/questions"
	in_c client dig @127.0.0.11 +tries=1 +time=10 +short -f "$T/questions" >"$T/answers"
	equals "$(grep -c . "$T/answers")" $#
}

@test "a query takes no more system calls than it did" {
	local i
	netctl network create --subnet 10.201.0.0/16 front
	attach web --network front
	attach client --network front
	upstream
	trace_begins "$(resolver_pid h)"
	questions $(for i in {1..30}; do echo web; done)
	questions $(for i in {1..30}; do echo "w$i.ok.test"; done)
	# By a process each: the end of a connection would be seen in the midst of the next.
	for i in $(seq "$TIMES"); do equals "$(ask client +tcp web)" "$(ip4_of web)"; done
	trace_ends
	judged "query" '^epoll_wait\(' '^sendmmsg\('
	judged "query over TCP" '^accept4\(.*TCP.*= [0-9]' '^close\(.*<TCP'
	judged "forwarded query" '^recvmmsg\(.*ok.4test' '^sendto\(.*ok.4test.*127\.0\.0\.1'
}

@test "an answer, an address and a change of the ruleset take no more instructions than they did" {
	local program
	for program in bench_dns_answer{,,} bench_change{,,}; do
		"${NETD_COUNTED:-$NETD_BUILD/tests/bench}/$program" instructions
	done >"$T/instructions"
	$PYTHON -I -S "$LIB/counts.py" instructions "$CEILINGS" <"$T/instructions" 2>>"$T/judged"
}
