#!/usr/bin/env bats
# follow.bats - netctl trace: each packet of a container, in order, wherever it goes; and that nothing is left of it
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load world
load breakages
load tracers

KILLS=${KILLS:-100} # how often one is killed
LANES=4             # so many at once: it mostly waits for the kernel

setup() {
	local why
	why=$(kernel_lacks)
	[[ -z $why ]] || skip "$why"
	explain_world
}

followed() { netctl trace --state-dir "$T/h/state" "$@"; }
# follow_new WORD…: it runs, and looks; objects go to $T/seen, a line each, and words to $T/said.
follow_new() {
	rm -f "$T/seen" "$T/said"
	spawn_to "$T/seen" follow_to "$T/said" --format json "$@"
	FOLLOWER=$SPAWNED
	wait_until 100 grep -q "tracing" "$T/said"
}
follow_to() { # FILE WORD…
	exec 2>"$1"
	followed "${@:2}"
}
# Ctrl-C, and its last words are there.
follow_ends() {
	kill -INT "$FOLLOWER"
	wait "$FOLLOWER"
	equals "$(jq -s '.[-1].Lost' "$T/seen")" 0
}
all_seen() { jq -rs "[.[] | select(.Event)] | $1" "$T/seen"; } # JQ of all events
seen() { all_seen "[.[] | select(.Event != \"rule\")] | $1"; } # and of those that are no rules
has_seen() { [[ $(seen "any(.[]; $1)") == true ]]; }
fails_as() { # STATUS SENTENCE COMMAND…
	run "${@:3}"
	equals "$status" "$1"
	matches "$output" "$2"
}

# Where datagrams go to be answered: so many, each longer than the one before by a byte, and each only when the last came back.
datagrams() { # FROM ADDRESS PORT HOW MANY
	nsenter --net="$(netns_of "$1")" -- "${GUARD[@]}" $PYTHON -I -S -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(30)
for i in range(int(sys.argv[3])):
    s.sendto(b"x" * (100 + i), (sys.argv[1], int(sys.argv[2])))
    s.recv(2000)' "${@:2}"
}

@test "each packet that was sent is told at each place, in order, with what NAT made of it" {
	local n=20
	follow_new db udp
	datagrams db "$FAR" 90 "$n"
	wait_until 100 eval "[[ \$(seen '[.[] | select(.Place == \"db\" and .Event == \"received\")] | length') -ge $n ]]"
	follow_ends
	# From the container to the host's uplink, where it leaves with the host's address.
	local way='[.[] | select(.Packet.To == "198.51.100.1")]'
	equals "$(seen "$way | map(\"\(.Place) \(.Event) \(if .LinkName == \"eth0\" then \"eth0\" else .LinkName end)\") | unique | length")" 4
	equals "$(seen "$way | [.[] | select(.Event == \"received\" and .Link != \"blue0\") | .Packet.Bytes] == [range($n) | 128 + .]")" true
	equals "$(seen "$way | [.[] | select(.Link == \"up0\") | .Packet.From] | unique[]")" 192.0.2.10
	equals "$(seen "$way | [.[] | select(.Was) | \"\(.Link) \(.Was.FromName) \(.Packet.FromName)\"] | unique[]")" "up0 db host"
	equals "$(seen "$way | [.[] | select(.Was)] | length")" "$n"
	# And the answers all the way back, which nobody but NAT knows to be its own.
	equals "$(seen '[.[] | select(.Packet.From == "198.51.100.1") | .Link] | [.[] | select(. == "up0")] | length')" "$n"
	equals "$(seen '[.[] | select(.Packet.From == "198.51.100.1" and .Place == "db")] | length')" "$n"
	# One order: what comes later on the way is told later.
	equals "$(all_seen '[.[].Microseconds] | . == sort')" true
	equals "$(seen "[.[] | select(.Link != \"blue0\") | \"\(.Place) \(.Event)\"] == [range($n) | \"db sent\", \"host received\", \"host sent\",
		\"host received\", \"host sent\", \"db received\"]")" true
	equals "$(seen 'any(.[]; .Packet.Protocol != "udp")')" false
}

@test "published ports, drops, resets and errors are told where they happen" {
	follow_new db
	matches "$(reach 5000 "outside:$FAR" 192.0.2.10:8081/tcp)" '^answered db'
	matches "$(reach 1000 db 10.62.0.2:80/tcp)" '^timeout'
	matches "$(reach 5000 db 192.0.2.10:99/tcp)" '^ECONNREFUSED'
	matches "$(reach 5000 web db:99/udp)" '^ECONNREFUSED'
	wait_until 30 has_seen '.Event == "icmp"'
	follow_ends
	local syn='[.[] | select(.Packet.Flags == "SYN")]'
	equals "$(seen "$syn | [.[] | select(.Packet.ToPort == 8081 or .Packet.ToPort == 80) | select(.Packet.From == \"192.0.2.1\") |
		\"\(.Place) \(.Event) \(.LinkName)\"] | .[0], .[1], .[-1]")" \
		$'host received up0\nhost sent blue\ndb received eth0'
	equals "$(seen "$syn | [.[] | select(.Was) | \"\(.Was.ToName):\(.Was.ToPort) \(.Packet.ToName):\(.Packet.ToPort)\"] | unique | .[0]")" \
		"host:8081 db:80"
	# The way to another network is closed on the host.
	equals "$(seen '[.[] | select(.Event == "dropped" and .Packet.To == "10.62.0.2") | "\(.Place) \(.Decoy)"] | unique[]')" "host false"
	if [[ $(uname -r) != 5.10.* ]]; then
		equals "$(seen '[.[] | select(.Event == "dropped" and .Packet.To == "10.62.0.2") | .Reason] | unique[]')" NETFILTER_DROP
	fi
	equals "$(seen '[.[] | select(.Event == "reset") | "\(.Place) \(.Packet.ToPort)"] | unique[]')" "host 99"
	equals "$(seen '[.[] | select(.Event == "icmp") | "\(.Place) \(.IcmpType)/\(.IcmpCode)"] | unique[]')" "db 3/3"
}

@test "a packet that is dropped behind NAT is told with what it was sent as" {
	local drop='[.[] | select(.Event == "dropped" and .Packet.ToPort == 80)
		| "\(.Place) \(.Was.To):\(.Was.ToPort) \(.Was.ToName) -> \(.Packet.To):\(.Packet.ToPort) \(.Packet.ToName)"] | unique[]'
	# On the host, behind the published port.
	in_host h nft 'table inet corp { chain f { type filter hook forward priority 10; tcp dport 80 drop; }; }'
	follow_new db
	matches "$(reach 1000 "outside:$FAR" 192.0.2.10:8081/tcp)" '^timeout'
	wait_until 30 has_seen '.Event == "dropped"'
	follow_ends
	equals "$(seen "$drop")" "host 192.0.2.10:8081 host -> $(ip4_of db):80 db"
	in_host h nft delete table inet corp
	# And inside, where NAT was told of at a place before; also as people see it.
	in_c db nft 'table inet own { chain i { type filter hook input priority 10; tcp dport 80 drop; }; }'
	spawn_to "$T/screen" follow_to "$T/words" db tcp
	local screen=$SPAWNED
	wait_until 100 grep -q tracing "$T/words"
	follow_new db
	matches "$(reach 1000 "outside:$FAR" 192.0.2.10:8081/tcp)" '^timeout'
	wait_until 30 has_seen '.Event == "dropped"'
	wait_until 30 has_nat_below_drop || { cat "$T/screen" && false; }
	follow_ends
	equals "$(seen "$drop")" "db 192.0.2.10:8081 host -> $(ip4_of db):80 db"
	kill -INT "$screen"
	wait "$screen"
}
# The line of a drop may be two.
has_nat_below_drop() { grep -A 2 DROPPED "$T/screen" | grep -q 'NAT to host:8081 -> db:80'; }

@test "a filter is asked of what the container sees, and strangers' packets are not told" {
	follow_new db port 80 host web
	matches "$(reach 5000 x db:80/tcp)" '^answered'
	matches "$(reach 5000 web db:90/udp)" '^answered'
	matches "$(reach 5000 web x:81/tcp)" '^answered'
	matches "$(reach 5000 web db:80/tcp)" '^answered'
	wait_until 30 has_seen '.Place == "db" and (.Packet.Flags // "" | contains("FIN"))'
	follow_ends
	equals "$(seen '[.[] | .Packet.FromName, .Packet.ToName] | unique | join(" ")')" "db web"
	equals "$(seen 'all(.[]; .Packet.FromPort == 80 or .Packet.ToPort == 80)')" true
	# By its host port comes what leads to the port.
	follow_new db tcp and port 80
	matches "$(reach 5000 c 192.0.2.10:8081/tcp)" '^answered'
	wait_until 30 has_seen '.Place == "db" and (.Packet.Flags // "" | contains("FIN"))'
	follow_ends
	equals "$(seen '.[0] | "\(.Place) \(.Event) \(.Packet.ToPort)"')" "c sent 8081"
}

@test "rules are told between the places, in order, with NAT, and what they did" {
	local n=5
	in_host h nft -f - <<-END
		table inet corp {
			chain pre { type filter hook prerouting priority -300; udp sport 90 counter; }
			chain f {
				type filter hook forward priority 10
				udp dport 90 counter accept
				udp sport 90 counter accept
				udp dport 91 drop
			}
		}
	END
	in_c db nft -f - <<-END
		table ip own {
			chain out { type filter hook output priority 0; udp dport 90 counter; }
			chain in { type filter hook input priority 0; udp sport 90 accept; }
		}
	END
	follow_new db udp
	datagrams db "$FAR" 90 "$n"
	wait_until 100 eval "[[ \$(all_seen '[.[] | select(.Table == \"own\" and .Chain == \"in\" and .Verdict == \"accept\" and .Handle)] | length') -ge $n ]]"
	follow_ends
	# Packet for packet: out of db, over its port and bridge through the host, and all the way back. Of the answer the first rule
	# on the host is met before NAT is undone, so nobody knows then that it is db's.
	equals "$(all_seen "[.[] | select(.Event != \"rule\" or ((.Table == \"corp\" or .Table == \"own\") and .Handle)) |
		\"\(.Place) \(.Event) \(.Chain // .LinkName)\"] == [range($n) | \"db rule out\", \"db sent eth0\",
		\"host received db's port\", \"host received blue\", \"host rule f\", \"host sent up0\",
		\"host received up0\", \"host rule f\", \"host sent blue\", \"host sent db's port\", \"db received eth0\", \"db rule in\"]")" true
	equals "$(all_seen '[.[] | select(.Table == "corp") | "\(.Chain) \(.Verdict): \(.Say)"] | unique[]' | grep dport)" \
		'f accept: udp dport 90 counter accept'
	equals "$(all_seen 'any(.[]; .Table and (.Table | startswith("netd-trace")))')" false
	equals "$(all_seen '[.[] | select(.Table == "corp" and .Packet.ToPort == 90) | "\(.Packet.FromName) \(.Packet.Protocol)"] | unique[]')" "db udp"
	# netd's own are among them, and a policy has no number.
	equals "$(all_seen 'any(.[]; .Table == "netd" and .Family == "inet")')" true
	equals "$(all_seen 'any(.[]; .Event == "rule" and (.Say == "policy") != (.Handle == null))')" false

	# What drops it is the last thing that is told of it.
	follow_new db udp
	nsenter --net="$(netns_of db)" -- "${GUARD[@]}" $PYTHON -I -S -c 'import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("198.51.100.1", 91))'
	wait_until 30 has_seen '.Event == "dropped"'
	follow_ends
	equals "$(all_seen '.[-2:] | map("\(.Place) \(.Event) \(.Verdict // "")\(.Say // "")") | join("; ")')" \
		"host rule dropudp dport 91 drop; host dropped "
}

@test "a screen tells rules as explain does" {
	in_host h nft 'table inet corp { chain f { type filter hook forward priority 10; tcp dport 81 drop; }; }'
	spawn_to "$T/screen" follow_to "$T/said" db tcp port 81
	wait_until 100 grep -q tracing "$T/said"
	matches "$(reach 1000 "outside:$FAR" 10.61.0.3:81/tcp || true)" '.'
	matches "$(reach 1000 db "$FAR:81/tcp")" '^timeout'
	wait_until 30 is_on_screen 'host rule inet corp, chain f, handle [0-9]+: DROP \(tcp dport 81 drop\)'
	kill -INT "$SPAWNED"
	wait "$SPAWNED"
	equals "$(awk 'length > 80' "$T/screen")" ""
}
is_on_screen() { tr -s ' \n' ' ' <"$T/screen" | grep -qE "$1"; }

@test "without the tracer there are rules and counters only, and that is said" {
	in_c db nft 'table ip own { chain out { type filter hook output priority 0; udp dport 90 counter; }; }'
	rm -f "$T/seen" "$T/said"
	spawn_to "$T/seen" in_host h setpriv --bounding-set -bpf --inh-caps -bpf sh -c \
		"exec env NETD_HOST='unix://$(host_sock h)' '$NETD_BUILD/netctl' trace --format json db udp 2>'$T/said'"
	FOLLOWER=$SPAWNED
	wait_until 100 grep -q tracing "$T/said"
	matches "$(cat "$T/said")" 'needs CAP_BPF and CAP_PERFMON'
	matches "$(cat "$T/said")" 'without the tracer there are rules and counters only'
	datagrams db "$FAR" 90 4
	wait_until 30 eval "[[ \$(all_seen '[.[] | select(.Event == \"counted\") | .Sent] | add // 0') -ge 4 ]]"
	kill -INT "$FOLLOWER"
	wait "$FOLLOWER"
	equals "$(all_seen '[.[].Event] | unique | join(" ")')" "counted rule"
	equals "$(all_seen '[.[] | select(.Table == "own" and .Handle) | "\(.Place) \(.Say) \(.Packet.FromName) \(.Packet.ToPort)"] | "\(length) \(unique[])"')" \
		"4 db udp dport 90 counter db 90"
	equals "$(all_seen '[.[] | select(.Event == "counted") | "\(.Place) \(.Link)"] | unique[]')" "db eth0"
	wait_until 50 no_table_of_trace
}

as_member() { # GROUP COMMAND…
	in_host h env NETD_HOST="unix://$(host_sock h)" setpriv --reuid=65534 --regid="$1" --clear-groups "${@:2}"
}
member_to() { # FILE WORD…
	exec 2>"$1"
	as_member 4711 "$NETD_BUILD/netctl" trace --format json "${@:2}"
}
let_members_in() {
	echo '{ "trace-for-group": true }' >"$T/h/etc/netd/netd.json"
	host_restart h KILL
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" "$T/h"
	chgrp 4711 "$(host_sock h)"
}
@test "members of the group trace netd's containers without root, and nobody else does" {
	let_members_in
	rm -f "$T/seen" "$T/said"
	spawn_to "$T/seen" member_to "$T/said" --for 1h db udp port 90
	FOLLOWER=$SPAWNED
	wait_until 100 grep -q tracing "$T/said"
	datagrams db "$FAR" 90 3
	# Ctrl-C, and the tracer of netd's is gone, too.
	wait_until 30 eval "[[ \$(seen '[.[] | select(.Place == \"db\" and .Event == \"received\")] | length') -ge 3 ]]"
	kill -INT "$FOLLOWER"
	wait "$FOLLOWER"
	equals "$(seen '[.[] | "\(.Place) \(.Event)"] | unique | join(", ")')" "db received, db sent, host received, host sent"
	equals "$(all_seen 'any(.[]; .Event == "rule" and .Place == "host")')" true
	wait_until 50 no_table_of_trace
	wait_until 50 no_program_below "${NETD_PID[h]}"
	# With an end of its own it has last words.
	as_member 4711 "$NETD_BUILD/netctl" trace --format json --for 1s db >"$T/seen" 2>/dev/null
	equals "$(jq -s '.[-1].Lost' "$T/seen")" 0
	fails_as 4 'ermission denied' as_member 4712 "$NETD_BUILD/netctl" trace --for 1s db
	fails_as 4 'ermission denied' as_member 4712 "$NETD_BUILD/netctl" drops --for 1s
	fails_as 4 'No such container: netns:' as_member 4711 "$NETD_BUILD/netctl" trace "netns:$(netns_of host)"
	fails_as 4 'no container nobody' as_member 4711 "$NETD_BUILD/netctl" trace db host nobody
	fails_as 2 '"sctp" is no part of a filter' as_member 4711 "$NETD_BUILD/netctl" trace db sctp
	# The fifth at once is told to wait, once the four are there: before that one of them would be the fifth.
	local i all=()
	wait_until 50 no_program_below "${NETD_PID[h]}" # of those above, which would be one of the four
	for i in 1 2 3 4; do
		spawn_to "$T/member$i" as_member 4711 "$NETD_BUILD/netctl" trace --for 1h db
		all+=($SPAWNED)
		wait_until 100 grep -q "tracing" "$T/member$i"
	done
	fails_as 4 '4 look at packets already: end one of these first' as_member 4711 "$NETD_BUILD/netctl" trace --for 1s db
	kill -INT "${all[@]}"
	wait "${all[@]}" || true
	wait_until 50 no_table_of_trace
	wait_until 30 as_member 4711 "$NETD_BUILD/netctl" trace --for 1s db
	# And it goes with netd.
	spawn as_member 4711 "$NETD_BUILD/netctl" trace --for 1h db
	wait_until 30 eval '! no_program_below "${NETD_PID[h]}"'
	kill -9 "${NETD_PID[h]}"
	wait_until 50 no_table_of_trace
	wait "$SPAWNED" || true
}

@test "a screen has names, and no line that is longer than 80 columns" {
	spawn_to "$T/screen" follow_to "$T/said" --no-rules --count 12 db tcp port 80
	wait_until 100 grep -q tracing "$T/said"
	matches "$(reach 5000 web 192.0.2.10:8081/tcp)" '^answered'
	wait "$SPAWNED"
	equals "$(awk 'length > 80' "$T/screen")" ""
	equals "$(grep -c '^ *[0-9]*\.[0-9]' "$T/screen")" 12
	matches "$(head -1 "$T/screen")" '^     0\.000  web      eth0         out web:[0-9]+ > host:8081 SYN$'
	grep -qE '^ {34}NAT to host:8081 -> db:80$' "$T/screen"
	equals "$(cat "$T/said")" "netctl: tracing db; Ctrl-C ends it"
}

@test "it says in words what it cannot do, and to whom" {
	fails_as 4 'no such container: nobody' followed nobody
	fails_as 4 'no container nobody: behind the word host stands one, or an address' followed db host nobody
	fails_as 2 '"sctp" is no part of a filter' followed db sctp
	fails_as 2 '--count 0 is no number of lines' followed --count 0 db
	fails_as 2 '--for 5 is no time such as 30s or 2m' followed --for 5 db
	fails_as 4 'needs CAP_BPF and CAP_PERFMON' in_host h setpriv --bounding-set -bpf --inh-caps -bpf \
		env NETD_HOST="unix://$(host_sock h)" "$NETD_BUILD/netctl" trace --no-rules db
	# --for ends it, although nothing has come by.
	run followed --for 1s i
	equals "$status" 0
}

@test "it works while netd is stopped, and when it is dead" {
	kill -STOP "${NETD_PID[h]}"
	follow_new db tcp port 80
	matches "$(reach 5000 web db:80/tcp)" '^answered'
	wait_until 30 has_seen '.Place == "db"'
	follow_ends
	kill -CONT "${NETD_PID[h]}"
	kill -9 "${NETD_PID[h]}"
	wait_until 30 has_ended "${NETD_PID[h]}"
	follow_new db tcp port 80
	matches "$(reach 5000 web db:80/tcp)" '^answered'
	wait_until 30 has_seen '.Place == "db" and .Packet.FromName == "web"'
	follow_ends
}

@test "a tracer that is killed ends the trace with a sentence, and nothing is left" {
	local status=0
	follow_new db udp
	datagrams db "$FAR" 90 1
	wait_until 30 has_seen '.Place == "db"'
	pkill -9 -P "$(pgrep -P "$FOLLOWER")"
	wait "$FOLLOWER" || status=$?
	equals "$status" 4
	equals "$(tail -1 "$T/said")" "netctl: netd-trace has ended by itself, and what it told with it"
	wait_until 50 no_table_of_trace
	wait_until 50 no_program
}

# One after the other: of netctl, netd-explain and netd-trace one is killed, or all of them, at some moment.
kill_followers() { # HOW MANY SEED
	local i pid ms
	RANDOM=$2
	for ((i = 0; i < $1; i++)); do
		followed db >/dev/null 2>&1 &
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
		kill_followers "$((KILLS / LANES))" "$((seed + lane))" 2>"$T/lane$lane" & # a shell says of each that it was killed
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
