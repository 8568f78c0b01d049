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
	wait_until 20 says old
	netctl detach old
	netctl port add new 5300:53/udp
	wait_until 20 says new
}

@test "a flow that began before its port was published is led to the container" {
	attach web
	serve web 53/udp
	says "" || true # an unanswered datagram is a flow too
	netctl port add web 5300:53/udp
	wait_until 20 says web
}
