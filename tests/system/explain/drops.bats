#!/usr/bin/env bats
# drops.bats - netctl drops: how many packets the kernel threw away, where and why; and that nothing is left of it
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load world
load breakages
load tracers

KILLS=${KILLS:-100} # how often one is killed
REFUSED='.Reason == "NO_SOCKET" or .Reason == ""' # before 5.17 there are no reasons
LANES=4             # so many at once: it mostly waits for the kernel

setup() {
	local why
	why=$(kernel_lacks)
	[[ -z $why ]] || skip "$why"
	explain_world
}

counted() { netctl drops --state-dir "$T/h/state" "$@"; }
# count_new WORD…: it counts; objects go to $T/seen, a line each, and words to $T/said.
count_new() {
	rm -f "$T/seen" "$T/said"
	spawn_to "$T/seen" count_to "$T/said" "$@"
	COUNTER=$SPAWNED
	wait_until 100 grep -q "counting drops" "$T/said"
}
count_to() { # FILE WORD…
	exec 2>"$1"
	counted "${@:2}"
}
# Ctrl-C, and its last words are there.
count_ends() {
	kill -INT "$COUNTER"
	wait "$COUNTER"
}
seen() { jq -rs "$1" "$T/seen"; }
packets() { seen "[.[] | select($1) | .Packets] | add // 0"; } # JQ
# On a busy machine the kernel throws them away when it has time to, and who counts tells of it once a second.
has_packets() { [[ $(packets "$1") -ge $2 ]]; }
fails_as() { # STATUS SENTENCE COMMAND…
	run "${@:3}"
	equals "$status" "$1"
	matches "$output" "$2"
}

datagrams() { # FROM ADDRESS PORT HOW MANY
	nsenter --net="$(netns_of "$1")" -- "${GUARD[@]}" $PYTHON -I -S -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(int(sys.argv[3])):
    s.sendto(b"x", (sys.argv[1], int(sys.argv[2])))' "${@:2}"
}
large_datagrams() { # FROM ADDRESS: more at once than waits for a limit of a megabit
	in_c "$1" "$PYTHON" -I -S -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
[s.sendto(b"x" * 1000, (sys.argv[1], 9)) for _ in range(500)]' "$2"
}
# Datagrams whose checksum is one too many.
bad_datagrams() { # FROM ITS ADDRESS ADDRESS PORT HOW MANY
	nsenter --net="$(netns_of "$1")" -- "${GUARD[@]}" $PYTHON -I -S -c '
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
ends = socket.inet_aton(sys.argv[1]) + socket.inet_aton(sys.argv[2])
def total(data):
    n = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return n
udp = struct.pack("!HHHH", 40000, int(sys.argv[3]), 8, 0)
right = ~total(ends + struct.pack("!HH", 17, 8) + udp) & 0xffff
for i in range(int(sys.argv[4])):
    s.sendto(udp[:6] + struct.pack("!H", right % 0xffff + 1 if right != 0xfffe else 1), (sys.argv[2], 0))' "${@:2}"
}

@test "what was dropped is told exactly, with its reason, and copies for others are not" {
	in_c db nft add table inet own
	in_c db nft add chain inet own in '{ type filter hook input priority 0; }'
	in_c db nft add rule inet own in udp dport 95 drop
	# Frames to nobody's address go to all ports of the bridge.
	in_c web ip neigh replace 10.61.0.77 lladdr 02:00:00:00:00:77 dev eth0
	matches "$(reach 5000 web db:90/udp)" '^answered'
	count_new --format json
	datagrams web 10.61.0.3 95 11
	datagrams web 10.61.0.3 99 7
	bad_datagrams web 10.61.0.2 10.61.0.3 90 5
	datagrams web 10.61.0.77 90 9
	local in_db='.Container == "db" and .Where == "inside" and .Link == "eth0" and .Network == "blue"'
	wait_until 30 has_packets "$in_db" 23
	if [[ $(uname -r) != 5.10.* ]]; then
		wait_until 30 has_packets "$in_db and .Reason == \"NETFILTER_DROP\"" 11
		wait_until 30 has_packets "$in_db and .Reason == \"NO_SOCKET\"" 7
		wait_until 30 has_packets "$in_db and .Reason == \"UDP_CSUM\"" 5
	fi
	count_ends
	if [[ $(uname -r) != 5.10.* ]]; then
		equals "$(packets "$in_db and .Reason == \"NETFILTER_DROP\"")" 11
		equals "$(packets "$in_db and .Reason == \"NO_SOCKET\" and .Say == \"nobody listens there\"")" 7
		equals "$(packets "$in_db and .Reason == \"UDP_CSUM\"")" 5
	fi
	equals "$(seen '[.[] | select(.Decoy or .Reason == "OTHERHOST")] | length')" 0
	matches "$(cat "$T/said")" 'left out [0-9]+ drops that mean nothing'
	# With -v they are there: one at each port but that of who sent it.
	count_new -v --format json
	datagrams web 10.61.0.77 90 9
	wait_until 30 has_packets '.Decoy and .Container == "x"' 9
	count_ends
	equals "$(packets '.Decoy and .Container == "x"')" 9
	# What a limit of bandwidth drops is told as its doing, in both ways.
	netctl update --bandwidth in=1mbit,out=1mbit x
	count_new --format json
	large_datagrams x 10.61.0.2
	large_datagrams web 10.61.0.4
	local at_port='.Container == "x" and .Network == "blue" and .Where == "port"'
	wait_until 30 has_packets "$at_port and .Say == \"netd's limit of what the container sends drops it\"" 100
	[[ $(uname -r) == 5.10.* ]] ||
		wait_until 30 has_packets "$at_port and (.Say | startswith(\"the limit of what the container receives drops it\"))" 100
	count_ends
}

@test "of a container or network its drops alone are told, also those of who comes later" {
	count_new --format json db
	datagrams web 10.61.0.4 99 4
	datagrams web 10.61.0.3 99 3
	wait_until 30 has_packets "$REFUSED" 3
	count_ends
	equals "$(packets "$REFUSED")" 3
	count_new --format json blue
	attach later --network blue --ip 10.61.0.50
	# It is known when netd was asked again.
	wait_until 60 eval 'datagrams web 10.61.0.50 99 1; has_packets ".Container == \"later\"" 1'
	datagrams c 10.62.0.1 99 2
	datagrams web 10.61.0.4 99 4
	wait_until 30 has_packets ".Container == \"x\" and ($REFUSED)" 4
	count_ends
	equals "$(packets ".Container == \"x\" and ($REFUSED)")" 4
	equals "$(seen '[.[].Network] | unique[]')" blue
}

@test "lines have names and fit 80 columns, and end when there were enough" {
	spawn_to "$T/screen" count_to "$T/said" --count 1 db
	wait_until 100 grep -q "counting drops" "$T/said"
	datagrams web 10.61.0.3 99 3
	wait "$SPAWNED"
	equals "$(awk 'length > 80' "$T/screen")" ""
	equals "$(sed -n 1p "$T/screen")" "NAME              WHERE        PACKETS     TOTAL  WHY"
	matches "$(sed -n 2p "$T/screen")" '^db                eth0 +[1-3] +[1-3]  nobody listens there'
	equals "$(cat "$T/said")" "netctl: counting drops of db; Ctrl-C ends it"
}

# KEYS: top in a terminal, which gets them when it has said why packets of db are thrown away; some are, whenever it has begun to count.
top_until_it_says_why() {
	spawn_to "$T/screen" in_host h env SEES='nobody listens there' $PYTHON -I -S "$LIB/typist.py" "$1" \
		"$NETD_BUILD/netctl" -H "unix://$(host_sock h)" top --interval 0.3 --state-dir "$T/h/state"
	while kill -0 "$SPAWNED" 2>/dev/null; do
		datagrams web 10.61.0.3 99 3
		sleep 0.1
	done
	wait "$SPAWNED"
}

counts_nobody() {
	local pid
	for pid in $(pids_in "$P-h"); do
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) != netd-@(trace|explain) ]] || return 1
	done
}

@test "top has below a container why packets of it are thrown away, and leaves nothing, also killed" {
	[[ $(uname -r) != 5.10.* ]] || skip "this kernel gives no reasons"
	top_until_it_says_why q
	grep -qx 'status 0' "$T/screen"
	grep -qx 'terminal kept' "$T/screen"
	grep -qE '^  [0-9]+ thrown away: nobody listens there \(NO_SOCKET\)' "$T/screen"
	# It is below db's line, and nobody else's.
	equals "$(grep -B1 'thrown away: nobody listens there' "$T/screen" | awk '/^[a-z]/ { print $1 }' | sort -u)" db
	counts_nobody
	top_until_it_says_why KILL
	grep -qx 'status -9' "$T/screen"
	wait_until 50 counts_nobody
	wait_until 50 no_program
	# Who may not, is told.
	spawn_to "$T/screen" in_host h env SEES='drops without reasons' setpriv --bounding-set -bpf --inh-caps -bpf \
		$PYTHON -I -S "$LIB/typist.py" q "$NETD_BUILD/netctl" -H "unix://$(host_sock h)" top --interval 0.3
	wait "$SPAWNED"
	grep -qE '^drops without reasons: .*needs CAP_BPF' "$T/screen"
	grep -qx 'status 0' "$T/screen"
}

@test "a terminal has a table that is refreshed, and the last one stays when it is left" {
	spawn_to "$T/screen" in_host h env COLUMNS=80 NETD_HOST="unix://$(host_sock h)" script -qfec \
		"stty cols 80 rows 24; echo \$\$ >$T/pid; exec $NETD_BUILD/netctl drops db 2>$T/said" /dev/null
	wait_until 100 grep -q "counting drops" "$T/said"
	datagrams web 10.61.0.3 99 3
	# There is nothing new in the second that the last table is of.
	wait_until 30 grep -qE 'db +eth0 +- +3  nobody listens there' "$T/screen"
	kill -INT "$(<"$T/pid")"
	wait "$SPAWNED"
	equals "$(grep -c $'\e\\[?1049h' "$T/screen")" 1
	equals "$(grep -c $'\e\\[?1049l' "$T/screen")" 1
	matches "$(tr -d '\r' <"$T/screen" | sed -n '/1049l/,$p' | sed 1d)" 'db +eth0 +- +3  nobody listens there'
}

@test "it says in words what it cannot do, and to whom" {
	fails_as 4 'no such container or network: nobody' counted nobody
	fails_as 2 '--count 0 is no number of lines' counted --count 0
	fails_as 2 '--for 5 is no time such as 30s or 2m' counted --for 5
	run counted --for 1s i
	equals "$status" 0
}

as_member() { # GROUP COMMAND…
	in_host h env NETD_HOST="unix://$(host_sock h)" setpriv --reuid=65534 --regid="$1" --clear-groups "${@:2}"
}
member_to() { # FILE WORD…
	exec 2>"$1"
	as_member 4711 "$NETD_BUILD/netctl" drops --format json "${@:2}"
}
@test "members of the group see what netd's containers lose, and not what the host does" {
	echo '{ "trace-for-group": true }' >"$T/h/etc/netd/netd.json"
	host_restart h KILL
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" "$T/h"
	chgrp 4711 "$(host_sock h)"
	rm -f "$T/seen" "$T/said"
	spawn_to "$T/seen" member_to "$T/said"
	COUNTER=$SPAWNED
	wait_until 100 grep -q "counting drops" "$T/said"
	# To the host's own address, from outside.
	datagrams out 192.0.2.10 99 4
	datagrams web 10.61.0.3 99 3
	wait_until 30 has_packets ".Container == \"db\" and ($REFUSED)" 3
	count_ends
	equals "$(packets ".Container == \"db\" and ($REFUSED)")" 3
	equals "$(seen '[.[] | select(.Where == "host")] | length')" 0
	fails_as 4 'no such container or network: nobody' as_member 4711 "$NETD_BUILD/netctl" drops nobody
	fails_as 4 'ermission denied' as_member 4712 "$NETD_BUILD/netctl" drops --for 1s
	# Root sees it.
	count_new --format json
	datagrams out 192.0.2.10 99 4
	wait_until 30 has_packets ".Where == \"host\" and ($REFUSED)" 4
	count_ends
	equals "$(packets ".Where == \"host\" and ($REFUSED)")" 4
}

@test "where the kernel cannot count there are the counters of links" {
	spawn_to "$T/seen" in_host h setpriv --bounding-set -bpf --inh-caps -bpf sh -c \
		"exec env NETD_HOST='unix://$(host_sock h)' '$NETD_BUILD/netctl' drops --format json 2>'$T/said'"
	COUNTER=$SPAWNED
	wait_until 100 grep -q "counting drops" "$T/said"
	matches "$(cat "$T/said")" 'needs CAP_BPF and CAP_PERFMON'
	matches "$(cat "$T/said")" 'the counters of the host.s links'
	# A veth whose other end is down drops what it is given.
	in_c x ip link set eth0 down
	in_host h ip link set "${HOST_LINK[x]}" up
	nsenter --net="$(netns_of host)" -- "${GUARD[@]}" $PYTHON -I -S -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for i in range(6):
    try:
        s.send(b"\xff" * 6 + b"\2" * 6 + b"\x88\xb5" + b"x" * 50)
    except OSError:
        pass' "${HOST_LINK[x]}" || true
	count_ends
	in_c x ip link set eth0 up
	equals "$(seen '[.[].Reason] | all(. == "")')" true
}

@test "it works while netd is stopped, and when it is dead" {
	kill -STOP "${NETD_PID[h]}"
	count_new --format json
	datagrams web 10.61.0.3 99 3
	wait_until 30 has_packets ".Container == \"db\" and ($REFUSED)" 3
	count_ends
	equals "$(packets ".Container == \"db\" and ($REFUSED)")" 3
	kill -CONT "${NETD_PID[h]}"
	count_new --format json
	kill -9 "${NETD_PID[h]}"
	wait_until 30 has_ended "${NETD_PID[h]}"
	datagrams web 10.61.0.3 99 3
	wait_until 30 has_packets ".Container == \"db\" and ($REFUSED)" 3
	count_ends
	equals "$(packets ".Container == \"db\" and ($REFUSED)")" 3
	count_new --format json
	datagrams web 10.61.0.3 99 3
	wait_until 30 has_packets ".Container == \"db\" and ($REFUSED)" 3
	count_ends
	equals "$(packets ".Container == \"db\" and ($REFUSED)")" 3
}

# One after the other: of netctl, netd-explain and netd-trace one is killed, or all of them, at some moment.
kill_counters() { # HOW MANY SEED
	local i pid ms
	RANDOM=$2
	for ((i = 0; i < $1; i++)); do
		counted >/dev/null 2>&1 &
		pid=$!
		ms=$((RANDOM % 300))
		sleep "0.$(printf %03d "$ms")"
		killed_one_of "$pid"
		wait "$pid" || true
	done
}

@test "killed at any moment it leaves nothing" {
	local lane seed=$RANDOM lanes=()
	matches "$(reach 5000 web db:80/tcp)" '^answered'
	note_world
	echo "seed $seed"
	for ((lane = 0; lane < LANES; lane++)); do
		kill_counters "$((KILLS / LANES))" "$((seed + lane))" 2>"$T/lane$lane" & # a shell says of each that it was killed
		lanes+=($!)
	done
	wait "${lanes[@]}"
	[[ $(wc -l <"$T/killed") -eq $((KILLS / LANES * LANES)) ]]
	wait_until 50 no_tracer
	wait_until 50 same_as_before || {
		cat "$T/diff"
		return 1
	}
	wait_until 50 no_program
	wait_until 50 no_table_of_trace
}
