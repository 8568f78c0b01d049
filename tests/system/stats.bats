#!/usr/bin/env bats
# stats.bats - netctl stats: what goes through containers' interfaces, held against the kernel's own counters inside
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# What the kernel counts at an interface inside: inside NAME IFNAME rx|tx bytes|packets
inside() { in_c "$1" ip -j -s link show "$2" | jq ".[0].stats64.$3.$4"; }
stats_of() { netctl stats --no-stream --format json "$@"; }

# The counters of both sides, in one line each. Neighbour entries and router solicitations come when they like, so both
# are read until they agree.
agrees() { # NAME IFNAME NETWORK
	local want got
	want=$(in_c "$1" ip -j -s link show "$2" | jq -c '.[0].stats64 | [.rx.bytes, .rx.packets, .tx.bytes, .tx.packets]')
	got=$(stats_of --networks "$1" | jq -c "select(.Networks == \"$3\") |
		[.ReceivedBytes, .ReceivedPackets, .SentBytes, .SentPackets]")
	echo "inside $want, stats $got"
	[[ $want == "$got" ]]
}

@test "stats counts in the container's own direction, as the kernel does inside" {
	local gateway
	netctl network create --subnet 10.41.0.0/24 n
	netctl network create --subnet 10.42.0.0/24 m
	attach a --network n --network m
	attach b --network none
	gateway=10.41.0.1
	# large ones out, and small answers: a mirrored counter would show it the other way round
	in_c a ping -q -c 20 -i 0.01 -s 1000 "$gateway"
	in_c a "$PYTHON" -I -S -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
[s.sendto(b"x" * 1000, ("10.41.0.1", 9)) for _ in range(200)]'
	wait_until 30 agrees a eth0 n
	wait_until 30 agrees a eth1 m
	(($(stats_of a | jq .SentBytes) > 200000 + $(stats_of a | jq .ReceivedBytes)))
	# a container is one line with what went through both
	equals "$(stats_of | jq -r .Name | xargs)" "a b"
	equals "$(stats_of a | jq -r .Networks)" n,m
	wait_until 30 is_sum
	# who has no interface of netd's is counted nowhere, and that is no zero
	equals "$(stats_of b | jq -c '[.SentBytes, .ReceivedPackets, .NetIO, .Networks]')" '[null,null,"--","none"]'
}
is_sum() {
	[[ $(stats_of a | jq .SentPackets) -eq $(($(inside a eth0 tx packets) + $(inside a eth1 tx packets))) ]]
}

@test "what is dropped on the way to a container is its received that was dropped" {
	local before
	netctl network create --subnet 10.41.0.0/24 n
	attach a --network n
	in_host h ping -q -c 1 -W 30 10.41.0.2
	before=$(stats_of a | jq .ReceivedDropped)
	# larger than what is taken inside: the host's end throws it away
	in_c a ip link set eth0 mtu 600
	in_host h ping -q -c 5 -i 0.01 -W 1 -s 1000 10.41.0.2 || true
	equals "$(stats_of a | jq -c '[.ReceivedDropped, .SentDropped]')" "[$((before + 5)),0]"
	equals "$(netctl stats --no-stream a | awk 'NR == 2 { print $(NF - 1) }')" $((before + 5))
}

@test "losses inside of a container are counted by reason, each once" {
	local before after made lost
	netctl network create --ipv6 n
	attach a --network n
	attach b --network none
	before=$(stats_of --reasons a | jq -c .Losses)
	# Seven and three to ports of nobody; fifty that a small buffer has not all room for, of which the kernel says how many.
	made=$(in_c a "$PYTHON" -I -S -c 'import socket
def lost():
    names, numbers = [l.split() for l in open("/proc/thread-self/net/snmp") if l.startswith("Udp:")]
    return int(dict(zip(names, numbers))["RcvbufErrors"])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
s.bind(("127.0.0.1", 9999))
s.setblocking(False)
t = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(7):
    t.sendto(b"x", ("127.0.0.1", 9))
for _ in range(3):
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"x", ("::1", 9))
began, came = lost(), 0
for _ in range(50):
    t.sendto(b"x" * 500, ("127.0.0.1", 9999))
while came + lost() - began < 50:
    try:
        s.recv(1000)
        came += 1
    except BlockingIOError:
        pass
print(50 - came)')
	[[ $made -gt 0 ]]
	after=$(stats_of --reasons a | jq -c .Losses)
	equals "$(grown "$before" "$after" Udp.NoPorts)" 7
	equals "$(grown "$before" "$after" Udp6.NoPorts)" 3
	equals "$(grown "$before" "$after" Udp.RcvbufErrors)" "$made"
	equals "$(grown "$before" "$after" Udp.InErrors)" 0 # which the kernel counts, too
	# As people see it, with the sum of all of them.
	lost=$(netctl stats --no-stream --reasons a)
	matches "$lost" "a has lost $(jq '[.[].Packets] | add' <<<"$after") packets that the kernel counts"
	matches "$lost" ' 7  UDP to a port on which nobody listens .Udp.NoPorts.'
	equals "$(awk 'length > 80' <<<"$lost")" ""
	# Who has no interface has lost nothing; a look is taken into those that are named alone.
	matches "$(netctl stats --no-stream --reasons b)" 'b has lost nothing'
	equals "$(stats_of a | jq .Losses)" null
	fails_with 2 'looks into each container that is named' netctl stats --no-stream --reasons
	equals "$(api_status GET /netd/v1/containers/nobody/losses)" 404
}
grown() { jq -n --argjson a "$1" --argjson b "$2" --arg of "$3" 'def n: [.[] | select(.Counter == $of).Packets] | add // 0; ($b | n) - ($a | n)'; }

@test "questions are counted for each container, and those in vain" {
	netctl network create n
	attach a --network n
	attach b --network n
	ask a b
	ask a b
	ask b nobody
	wait_until 30 has_asked a 2 0
	wait_until 30 has_asked b 1 0
	matches "$(netctl stats --no-stream a)" 'a .* 2$'
	# those of a container's networks are not told apart
	equals "$(stats_of --networks a | jq -c .Queries)" null
	# the next resolver begins at nothing
	kill -9 "$(resolver_pid h)"
	wait_until 30 has_asked a 0 0
}
has_asked() { [[ $(stats_of "$1" | jq -c '[.Queries, .QueriesFailed]') == "[$2,$3]" ]]; }

@test "stats goes on until it is ended, with rates from the second look on" {
	netctl network create --subnet 10.41.0.0/24 n
	attach a --network n
	spawn in_c a ping -q -i 0.02 -s 1000 10.41.0.1
	spawn_to "$T/stream" netctl stats --interval 0.2 --format json a
	wait_until 30 has_rates
	equals "$(sed -n 1p "$T/stream" | jq -c '[.SentBytesPerSecond, .ReceivedBytesPerSecond]')" '[null,null]'
	# one that is detached meanwhile is told of
	netctl detach a
	wait_until 30 grep -q 'no such container: a' "$T/stream"
}
# Of two looks, with some 0.2 s between them, the rate of the second is the difference of their counters. (Who pings may have no
# processor in between, but not always.)
has_rates() {
	head -n "$(wc -l <"$T/stream")" "$T/stream" | jq -es '[.[:-1], .[1:]] | transpose | any(
		.[1].SentBytes > .[0].SentBytes and .[1].SentBytesPerSecond > 0 and .[1].SentPacketsPerSecond > 0 and
		.[1].ReceivedBytesPerSecond > 0)'
}

@test "stats is a table of 80 columns, and what it is asked for wrongly it says" {
	netctl network create a-network-with-a-name-that-is-quite-long
	attach a-container-with-a-name-that-is-quite-long --network a-network-with-a-name-that-is-quite-long
	attach web --network a-network-with-a-name-that-is-quite-long --network bridge
	netctl stats --no-stream --networks >"$T/table"
	cat "$T/table"
	matches "$(head -1 "$T/table")" '^NAME \(NETWORK\) +RECEIVED +SENT +RECEIVED/S +SENT/S +DROPPED +QUERIES$'
	equals "$(wc -l <"$T/table")" 4
	lacks "$(awk 'length > 80' "$T/table")" .
	matches "$(netctl stats --no-stream web)" 'web +[0-9.]+[kM]?B +[0-9.]+[kM]?B +- +- +[0-9]+ +[0-9]+$'
	matches "$(netctl stats --no-stream --format '{{.Name}} {{.NetIO}}' web)" '^web [0-9.]+k?B / [0-9.]+k?B$'
	matches "$(netctl stats --no-stream --format 'table {{.Name}}\t{{.SentBytes}}' web)" '^NAME +SENT'
	matches "$(stats_of --no-trunc web | jq -r .ID)" '^[0-9a-f]{64}$'
	fails_with 1 'no such container: nobody' netctl stats --no-stream web nobody
	fails_with 2 "no number of seconds from 0.1 to 3600" netctl stats --interval soon
	fails_with 2 "no number of seconds" netctl stats --interval 0.01
	fails_with 2 'there is no field Nam' netctl stats --format '{{.Nam}}'
}

@test "top has the busiest first, as many as there is room for, and gives the terminal back" {
	local i key
	netctl network create --subnet 10.41.0.0/24 n
	for i in {1..9}; do attach "c$i" --network n; done
	spawn in_c c7 ping -q -i 0.01 -s 1000 10.41.0.1
	wait_until 30 pings c7
	for key in q $'\003' TERM; do
		typed "$key" netctl top --interval 0.3 >"$T/top"
		cat -v "$T/top"
		grep -qx 'status 0' "$T/top"
		grep -qx 'terminal kept' "$T/top"
		# the last screen: a table of 10 lines at the most, and the rest is counted
		awk -v RS='\033\\[H\033\\[2J' 'NR == 3 { print }' "$T/top" >"$T/screen"
		matches "$(sed -n 2p "$T/screen")" '^c7 .* [0-9.]+kB +[0-9.]+kB +[0-9]+ +[0-9]+$'
		# where drops cannot be counted the last line is for the reason of that
		matches "$(sed -n 8,9p "$T/screen" | xargs)" '\(2 more\)$|\(3 more\) drops without reasons: '
		# it was the other screen, and the cursor is back
		matches "$(cat -v "$T/top")" '\[\?1049h'
		matches "$(cat -v "$T/top")" '\[\?25h\^\[\[\?1049l'
	done
	# what is said of a failure is said when the terminal is back
	typed q netctl top nobody >"$T/top"
	matches "$(cat -v "$T/top" | xargs)" '\?1049lnetctl: no such container: nobody.* status 1 terminal kept'
	# without a terminal
	spawn_to "$T/piped" netctl top --interval 0.2
	wait_until 30 has_tables 3
	lacks "$(cat -v "$T/piped")" '\^\['
	equals "$(awk '/^NAME/ { n++ } n == 3 { print $1 }' "$T/piped" | sed -n 2p)" c7
}
pings() { (($(inside "$1" eth0 tx packets) > 20)); }
typed() { $PYTHON -I -S "$LIB/typist.py" "$1" nsenter --net="/run/netns/$P-h" -- "$NETD_BUILD/netctl" -H "unix://$(host_sock h)" "${@:3}"; }
has_tables() { [[ $(grep -c '^NAME' "$T/piped") -ge $1 && $(tail -1 "$T/piped") == c* ]]; }
