#!/usr/bin/env bats
# rogue.bats - a resolver that somebody has taken over gives the plumber what is not its to keep: its successor is well
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# (and none of a client's, whom netd has not seen off yet)
descriptors() { wait_until 30 nobody_asks && ls "/proc/${NETD_PID[h]}/fd" | wc -l; }
said() { [[ -e $T/ready.said ]]; }
is_own() { [[ -n $(resolver_pid h) ]]; }
has_descriptors() { [[ $(descriptors) -eq $1 ]]; }
answers_names() { [[ $(ask a a) == "$(ip4_of a)" ]]; }
dns_port() { in_c "$1" ss -Hlnu src 127.0.0.11 | awk '{ sub(/.*:/, "", $4); print $4 }'; }
netns_inode() { in_c "$1" readlink /proc/self/ns/net | tr -dc 0-9; }

# Netd is killed with its resolver, and finds the rogue where one would be.
rogue() { # WHAT…
	local pid
	pid=$(resolver_pid h)
	host_stop h KILL
	kill -9 "$pid"
	wait_until 30 bash -c "! kill -0 $pid 2>/dev/null"
	rm -f "$T/h/run/resolver.sock" "$T/h/run/resolver.pid" "$T/ready" "$T/ready.said"
	spawn in_host h $PYTHON -I -S "$LIB/rogue.py" "$LIB/../../netd/ipc/msg.h" "$T/h/run/resolver.sock" "$T/ready" "$@"
	ROGUE=$SPAWNED
	wait_until 30 test -e "$T/ready"
	host_start h
}

@test "a resolver that hands out its own end of the channel is replaced when it ends" {
	attach a
	rogue channel listener
	wait_until 30 is_own
	wait_until 30 answers_names
}

@test "sockets that are not a container's are not kept as its, and those of no relay as no flow" {
	local port inode before
	attach a
	before=$(descriptors)
	port=$(dns_port a)
	inode=$(netns_inode a)
	rogue view wrong-flows "inode=$inode" "port=$port"
	wait_until 30 is_own
	wait_until 30 answers_names
	[[ $(grep -c 'the channel ended\|does not answer' "$T/h/netd.log") -eq 1 ]]
	wait_until 30 has_descriptors "$before"
}

@test "a journal that could shrink, or is none, is not taken: the next resolver has a sound one" {
	attach a
	rogue journal
	wait_until 30 is_own
	wait_until 30 answers_names
	readlink "/proc/$(resolver_pid h)/fd/4" | grep -q netd-questions
}

@test "what a resolver gives to be kept is bounded, and closed when its successor does not want it" {
	local before
	attach a
	before=$(descriptors)
	rogue flows stay
	wait_until 30 said
	echo "$(descriptors) descriptors, $before before"
	[[ $(descriptors) -lt $((before + 4200)) ]]
	kill -9 "$ROGUE"
	wait_until 30 is_own
	wait_until 30 answers_names
	wait_until 30 has_descriptors "$before"
}

@test "a resolver that says it has more than anybody could have is not listened to any longer" {
	attach a
	rogue inventory
	wait_until 30 grep -q 'cut off after' "$T/spawned.log"
	wait_until 30 grep -q 'the resolver process does not answer: .*; starting another' "$T/h/netd.log"
	wait_until 30 answers_names
}
