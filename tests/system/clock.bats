#!/usr/bin/env bats
# clock.bats - somebody sets the wall clock: it tells people the time, and nothing else goes by it
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

DAY=86400

setup_file() {
	clock_build "$BATS_FILE_TMPDIR/clock.so"
}

# netd runs by a clock of the test's own (clock.c), which is right until it is set.
setup() {
	set_clock 0
	by_clock "$BATS_FILE_TMPDIR/clock.so" "$T/clock" host_new h
}

# From here on it is set twenty times a second, between now and ten years ago, so that it jumps both ways in every wait.
clock_jumps() {
	spawn $PYTHON -I -S -c '
import mmap, struct, sys, time
with open(sys.argv[1], "r+b") as clock:
    page = mmap.mmap(clock.fileno(), 8)
while True:
    for off in (-3650 * 86400, 0):
        page[:] = struct.pack("=q", off)
        time.sleep(0.05)' "$T/clock"
	JUMPER=$SPAWNED
}

# How far the time that netd shows of a new container is from ours, in seconds.
shown_off_by() { # CONTAINER
	echo $(($(date -d "$(netctl inspect --format '{{.Created}}' "$1")" +%s) - $(date +%s)))
}
seen_again() { # NAME N: asked in container a, it has gone upstream more than N times
	quick a "$1" >/dev/null
	[[ $(upstream_saw "$1") -gt $2 ]]
}
replaced() { local now && now=$(resolver_pid h) && [[ $now != "$1" ]]; }
ttl_of() { ask_full a "$1" +noall +answer | awk 'NR == 1 { print $2 }'; }
dying_links() { ip -n "$P-h" -j link | jq '[.[] | select(.group == "1852072993" or .group == 1852072993)] | length'; }
bridge_has_its_address() { in_host h ip -o -4 addr show dev br-blue | grep -qw 10.70.0.1/24; }
is_wired() { in_c "$1" ip -o -4 addr show eth0 | grep -q inet; }

# Connects, sends half of a request, and the rest when told; prints the status.
slow_request() {
	$PYTHON -I -S -c '
import os, socket, sys, time
api = socket.socket(socket.AF_UNIX)
api.connect(sys.argv[1])
api.sendall(b"GET /_ping HTTP/1.1\r\nHost: ne")
open(sys.argv[2] + ".half", "w").close()
while not os.path.exists(sys.argv[2] + ".go"):
    time.sleep(0.02)
api.sendall(b"td\r\nConnection: close\r\n\r\n")
print(api.recv(4096).split(b"\r\n")[0].decode())' "$(host_sock h)" "$T/slow"
}

@test "a clock that is set forward by a day makes nothing time out and nothing grow old" {
	local pid ttl
	upstream
	netctl network create blue
	attach a --network blue
	equals "$(ask a day.test)" 203.0.113.7
	equals "$(upstream_saw day.test)" 1
	equals "$(api_status POST /netd/v1/containers \
		"{\"Name\": \"late\", \"NetnsPath\": \"$(container_path late)\", \"NetnsWait\": true, \"Networks\": {\"blue\": {}}}")" 201
	spawn_to "$T/slow.log" slow_request
	wait_until 30 test -e "$T/slow.half"
	pid=$(resolver_pid h)

	set_clock $DAY

	# The clock is netd's indeed: what people are shown goes by it.
	attach b --network blue
	[[ $(shown_off_by b) -gt $((DAY - 3600)) ]]
	# An answer that is kept for a minute is still kept, for the rest of that minute.
	equals "$(ask a day.test)" 203.0.113.7
	ttl=$(ttl_of day.test)
	[[ $ttl -ge 1 && $ttl -le 60 ]]
	equals "$(upstream_saw day.test)" 1
	# A question is answered in its time, a caller may finish what he began, a namespace may still come.
	equals "$(ask a slow300.test)" 203.0.113.7
	touch "$T/slow.go"
	wait_until 30 grep -q '^HTTP/1.1 200' "$T/slow.log"
	container_ns late >/dev/null
	wait_until 30 is_wired late
	# Nobody took the resolver for hung.
	equals "$(resolver_pid h)" "$pid"
}

@test "a clock that is set back, again and again, stops no timer, TTL, back-off or watchdog" {
	local pid before
	upstream
	netctl network create --subnet 10.70.0.0/24 -o com.docker.network.bridge.name=br-blue blue
	attach a --network blue
	equals "$(ask a ttl1.test)" 203.0.113.7
	before=$(upstream_saw ttl1.test)
	set_clock $((-3650 * DAY))
	attach old --network blue
	[[ $(shown_off_by old) -lt $((-3600 * DAY)) ]]
	# TTLs: one of a second ends after a second, and not in ten years.
	wait_until 30 seen_again ttl1.test "$before"

	clock_jumps
	# Time-outs: who asks an upstream that is silent is told so within his own five seconds.
	matches "$(ask_full a drop.test)" 'SERVFAIL'
	# Timers: links of the detached are swept, what somebody takes away is put back.
	netctl detach old
	wait_until 30 prints 0 dying_links
	in_host h ip addr flush dev br-blue
	wait_until 30 bridge_has_its_address
	# Back-off: a resolver that is killed five times in a row comes back each time.
	for _ in 1 2 3 4 5; do
		pid=$(resolver_pid h)
		kill -9 "$pid"
		wait_until 30 replaced "$pid"
	done
	# The watchdog: one that is stopped is noticed and replaced.
	pid=$(resolver_pid h)
	kill -STOP "$pid"
	wait_until 30 replaced "$pid"
	wait_until 30 prints 203.0.113.7 quick a other.test
	kill -0 "$JUMPER"
}
