#!/usr/bin/env bats
# flows.bats - a UDP client that goes on talking is led where its port leads now
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# says TEXT: one datagram from the outside's port 4000, always the same flow, is answered with TEXT
says() {
	[[ $(echo hello | in_out timeout 2 socat -t 0.3 - "UDP4:$(host_addr h):5300,bind=192.0.2.1:4000,reuseaddr") == "$1"* ]]
}

@test "a client that goes on talking reaches the new holder of a UDP port" {
	attach old -p 5300:53/udp
	serve old 53/udp
	attach new
	serve new 53/udp
	wait_until 30 says old
	netctl detach old
	netctl port add new 5300:53/udp
	wait_until 30 says new
}

@test "a flow that began before its port was published is led to the container" {
	attach web
	serve web 53/udp
	says "" || true # an unanswered datagram is a flow too
	netctl port add web 5300:53/udp
	wait_until 30 says web
}

is_settled() { [[ ! -e $T/h/run/stale-flows ]]; }

@test "a walk over the flows that fails is tried again" {
	attach old -p 5300:53/udp
	serve old 53/udp
	attach new
	serve new 53/udp
	wait_until 30 says old
	# while netd runs: what the walker may call is asked for in vain
	spawn strace -qq -f -p "${NETD_PID[h]}" -o "$T/strace" -e trace=seccomp,prctl -e inject=seccomp,prctl:error=ENOMEM
	wait_until 30 grep -q "^TracerPid:[[:space:]]*$SPAWNED\$" "/proc/${NETD_PID[h]}/status"
	netctl port rm old 5300:53/udp
	netctl port add new 5300:53/udp
	wait_until 30 grep -q 'stale flows are not forgotten yet' "$T/h/netd.log"
	kill "$SPAWNED"
	wait_until 30 says new
	wait_until 30 is_settled
	# at a start: the first message of each process is lost, which netd itself sends again
	killed_at clone 1 netctl port rm new 5300:53/udp
	refused is_settled
	traced_netd -f -e trace=sendto -e inject=sendto:error=ENOBUFS:when=1
	NETD_BUILD=$T/wrapped host_start h
	wait_until 30 grep -q 'forgetting stale UDP flows: No buffer' "$T/h/netd.log"
	refused is_settled
	kill "$(awk '$1 == "TracerPid:" { print $2 }' "/proc/${NETD_PID[h]}/status")"
	wait_until 30 is_settled
}

@test "a walk over the flows that is stopped is ended and tried again" {
	attach old -p 5300:53/udp
	serve old 53/udp
	attach new
	serve new 53/udp
	wait_until 30 says old
	# held by its tracer it hears no alarm, as one that is stopped
	spawn strace -qq -f -p "${NETD_PID[h]}" -o "$T/strace" -e trace=seccomp,kill -e inject=seccomp:delay_enter=100000000
	wait_until 30 grep -q "^TracerPid:[[:space:]]*$SPAWNED\$" "/proc/${NETD_PID[h]}/status"
	netctl port rm old 5300:53/udp
	wait_until 60 grep -q 'kill(.*, SIGKILL' "$T/strace"
	refused is_settled
	kill "$SPAWNED"
	wait_until 30 grep -q 'the walk over them was ended by signal 9' "$T/h/netd.log"
	netctl port add new 5300:53/udp
	wait_until 30 says new
	wait_until 30 is_settled
}
