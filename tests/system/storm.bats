#!/usr/bin/env bats
# storm.bats - killed between any two steps: after the next start nothing is half there
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# One client that attaches and detaches its container until told to stop. Errors are expected: netd is being killed.
storm() { # NAME
	local n=0
	while [[ ! -e $T/stop ]]; do
		netctl attach "$1" --netns "$(container_path "$1")" --network n:alias=pool --network bridge \
			-p "$((20000 + ${1#c} * 10)):80" -p "$((20001 + ${1#c} * 10)):81/udp" || true
		[[ $((n++ % 3)) -eq 0 ]] || netctl detach "$1" || true
	done
}

@test "kill -9 at random moments of an attach and detach storm leaves no link, element, lease or file" {
	local before i pids=()
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	before=$(snapshot h)
	for i in 1 2 3 4; do
		container_ns "c$i" >/dev/null
		storm "c$i" >/dev/null 2>&1 3>&- 4>&- &
		pids+=($!)
	done
	for i in $(seq 30); do
		# a moment of its own each time; this is no synchronisation
		sleep "0.$((RANDOM % 3))$((RANDOM % 10))"
		host_restart h KILL
	done
	touch "$T/stop"
	wait "${pids[@]}" || true
	for i in 1 2 3 4; do
		# whatever state it was left in, it can be attached (again) and works
		netctl detach "c$i"
		attach "c$i" --network n
		equals "$(ask "c$i" "c$i")" "$(ip4_of "c$i" n)"
	done
	in_c c1 ping -c1 -W30 -q "$(ip4_of c2 n)"
	for i in 1 2 3 4; do netctl detach "c$i"; done
	comes_back_to "$before" snapshot h
	for i in 1 2 3 4; do
		equals "$(ip -n "$P-c-c$i" -j link | jq -r '.[].ifname')" lo
	done
	netctl network rm n
}

@test "kill -9 during network create and rm leaves whole networks or none" {
	local i
	for i in $(seq 15); do
		for n in 1 2 3 4 5 6; do
			netctl network create "n$n" || true
			netctl network rm "n$n" || true
		done >/dev/null 2>&1 3>&- 4>&- &
		local pid=$!
		sleep "0.0$((RANDOM % 10))"
		host_restart h KILL
		wait "$pid" || true
	done
	netctl network prune -f
	only_netd0() { equals "$(ip -n "$P-h" -j link show type bridge | jq -r '.[].ifname')" netd0; }
	wait_until 30 only_netd0 || only_netd0
	equals "$(netctl network ls -q | wc -l)" 3
}

@test "killing the resolver at random moments of a storm loses no name in the end" {
	local i pid
	netctl network create n
	local pids=()
	for i in 1 2; do
		container_ns "c$i" >/dev/null
		storm "c$i" >/dev/null 2>&1 3>&- 4>&- &
		pids+=($!)
	done
	attach watcher --network n
	for i in $(seq 20); do
		sleep "0.$((RANDOM % 2))$((RANDOM % 10))"
		pid=$(resolver_pid h) && kill -9 "$pid" || true
	done
	touch "$T/stop"
	wait "${pids[@]}" || true
	for i in 1 2; do
		netctl detach "c$i"
		attach "c$i" --network n
	done
	sees_both() {
		[[ $(quick watcher c1) == "$(ip4_of c1 n)" &&
			$(quick watcher c2) == "$(ip4_of c2 n)" ]]
	}
	wait_until 30 sees_both
}
