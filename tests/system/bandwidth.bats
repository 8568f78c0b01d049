#!/usr/bin/env bats
# bandwidth.bats - limits of bandwidth: as wide as asked for, changed while packets go, repaired, counted, and gone with the container
# SPDX-License-Identifier: GPL-2.0-or-later
bats_require_minimum_version 1.5.0
load lib

GATEWAY=10.51.0.1

# rate_of RECEIVER SENDER ADDRESS SECONDS: bits a second from one to the other, each "in_c NAME" or "in_host h".
rate_of() {
	local file=$T/rate.$RANDOM
	spawn $1 "$PYTHON" -I -S "$LIB/rate.py" receive 5001 "$file"
	local receiver=$SPAWNED
	wait_until 30 grep -q ready "$file"
	$2 "$PYTHON" -I -S "$LIB/rate.py" send "$3" 5001 "$4"
	wait "$receiver"
	cat "$file"
}

# within RATE COMMAND…: the rate is never above what was asked by more than 5 %, and in one of five tries not below it by more than
# that: a machine that is busy with other things sends less.
within() {
	local wanted=$1 got i
	shift
	for i in {1..5}; do
		got=$("$@")
		echo "# $got of $wanted bit/s" >&3
		((got <= wanted * 105 / 100)) || return 1
		((got < wanted * 95 / 100)) || return 0
	done
	return 1
}

network() { netctl network create --subnet 10.51.0.0/24 -o bridge=mybr n; }
port_of() { ip -n "$P-h" -j link | jq -r --arg alias "$1 on n" '.[] | select(.ifalias == $alias and (.ifname | startswith("nd"))).ifname'; }
turn_of() { ip -n "$P-h" -j link | jq -r --arg alias "$1 on n" '.[] | select(.ifalias == $alias and (.ifname | startswith("nq"))).ifname'; }
queues() { in_host h tc qdisc show | grep -E 'dev n[dq]' | grep -v noqueue; }
filters() { in_host h tc filter show dev "$1" ingress; }
repairs() { netctl system info --format '{{.Repairs}}'; }

@test "both ways are as wide as asked for over 5 s, with segmentation offload" {
	network
	attach a --network n --bandwidth in=40mbit,out=20mbit
	attach b --network n
	within 40000000 rate_of "in_c a" "in_host h" "$(ip4_of a n)" 5
	within 20000000 rate_of "in_host h" "in_c a" "$GATEWAY" 5
	# between two containers no sender is held back by the host's own queue
	within 40000000 rate_of "in_c a" "in_c b" "$(ip4_of a n)" 5
	within 20000000 rate_of "in_c b" "in_c a" "$(ip4_of b n)" 5
	# and who has no limit is not limited
	(($(rate_of "in_c b" "in_host h" "$(ip4_of b n)" 1) > 100000000))
}

@test "a narrow and a wide limit hold as well" {
	network
	attach a --network n --bandwidth in=1mbit,out=1mbit
	within 1000000 rate_of "in_c a" "in_host h" "$(ip4_of a n)" 5
	within 1000000 rate_of "in_host h" "in_c a" "$GATEWAY" 5
	netctl update --bandwidth in=300mbit,out=300mbit a
	within 300000000 rate_of "in_c a" "in_host h" "$(ip4_of a n)" 5
	within 300000000 rate_of "in_host h" "in_c a" "$GATEWAY" 5
}

@test "limits are changed while packets go, and none is lost" {
	network
	attach a --network n --bandwidth in=20mbit,out=20mbit
	spawn_to "$T/ping" in_host h ping -q -i 0.01 -c 300 "$(ip4_of a n)"
	local ping=$SPAWNED rate
	for rate in 30mbit 10mbit 40mbit; do
		netctl update --bandwidth "in=$rate,out=$rate" a
		equals "$(netctl inspect a --format '{{(index .NetworkSettings.Networks "n").DriverOpts}}')" "map[netd.bandwidth:in=$rate,out=$rate]"
	done
	host_restart h
	host_restart h KILL
	wait "$ping"
	matches "$(cat "$T/ping")" '300 received, 0% packet loss'
	within 40000000 rate_of "in_c a" "in_host h" "$(ip4_of a n)" 5
	netctl update --bandwidth none a
	equals "$(queues)" ''
	equals "$(turn_of a)" ''
	(($(rate_of "in_c a" "in_host h" "$(ip4_of a n)" 1) > 100000000))
}

@test "a container without limits has no queue, and one that goes leaves none" {
	local before
	network
	before=$(ip -n "$P-h" -j link | jq -c '[.[].ifname]')
	equals "$(queues)" ''
	attach a --network n
	equals "$(queues)" ''
	attach b --network n --bandwidth in=8mbit,out=4mbit
	matches "$(queues)" 'tbf 6e64:.* rate 8183'
	matches "$(queues)" 'tbf 6e64:.* rate 409'
	matches "$(filters "$(port_of b)")" 'mirred \(Egress Redirect to device nq'
	netctl detach a b
	wait_until 30 has_links "$before"
	# whose namespace ends without a detach
	attach c --network n --bandwidth out=4mbit
	ip netns del "$P-c-c"
	wait_until 30 has_links "$before"
}
has_links() { [[ $(ip -n "$P-h" -j link | jq -c '[.[].ifname]') == "$1" ]]; }

# repaired PATTERN COMMAND…
repaired() {
	local pattern=$1 n lines
	shift
	n=$(repairs)
	lines=$(wc -l <"$T/h/netd.log")
	"$@"
	wait_until 30 prints "$((n + 1))" repairs || { echo "not noticed: $*"; return 1; }
	matches "$(tail -n "+$((lines + 1))" "$T/h/netd.log")" "$pattern"
	wait_until 30 is_whole
}
is_whole() {
	[[ $(queues | grep -c 'tbf 6e64: dev n[dq][0-9a-f]* root .*rate 8183') == 1 && $(queues | grep -c 'tbf 6e64: dev n[dq][0-9a-f]* root .*rate 409') == 1 ]] &&
		[[ $(filters "$(port_of a)") == *"device $(turn_of a)"* ]] &&
		[[ $(ip -n "$P-h" -j link show "$(turn_of a)" | jq -r '.[0].flags | index("UP") != null') == true ]]
}

@test "limits that somebody changed or removed are put right" {
	local port turn
	network
	attach a --network n --bandwidth in=8mbit,out=4mbit
	port=$(port_of a) turn=$(turn_of a)
	is_whole
	wait_until 30 test -s "$T/h/netd.log"
	repaired 'limit for what the container receives' in_host h tc qdisc del dev "$port" root
	repaired 'limit for what the container receives' in_host h tc qdisc replace dev "$port" root handle 6e64: tbf rate 1gbit burst 1m limit 2m
	repaired 'limit for what the container receives' in_host h tc qdisc replace dev "$port" root handle 7: tbf rate 1gbit burst 1m limit 2m
	repaired 'limit for what the container sends' in_host h tc qdisc del dev "$turn" root
	repaired 'does not lead what the container sends' in_host h tc qdisc del dev "$port" ingress
	repaired 'does not lead what the container sends' in_host h tc filter del dev "$port" ingress
	repaired 'lost the link that holds what the container sends' ip -n "$P-h" link set "$turn" down
	repaired 'lost the link that holds what the container sends' ip -n "$P-h" link del "$turn"
	repaired 'lost a link' ip -n "$P-h" link del "$port"
	# somebody's own, of who has no limit, is his
	attach b --network n
	in_host h tc qdisc add dev "$(port_of b)" root tbf rate 1gbit burst 1m limit 2m
	netctl update --bandwidth none a
	matches "$(queues)" 'rate 1Gbit'
}

@test "what a limit drops is counted, and explain and doctor take no limit for a fault" {
	local dropped
	network
	attach a --network n --host-interface-name own0 --bandwidth in=1mbit,out=1mbit
	attach b --network n
	serve a 80
	serve b 80
	netctl explain a b:80
	netctl explain b a:80
	doctor_finds_nothing
	in_c a "$PYTHON" -I -S -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
[s.sendto(b"x" * 1000, ("10.51.0.1", 9)) for _ in range(500)]'
	dropped=$(netctl stats --no-stream --format json a | jq .SentDropped)
	((dropped > 100))
	equals "$(netctl stats --no-stream --format json a | jq .ReceivedDropped)" 0
	equals "$(netctl stats --no-stream --reasons --format json a | jq '.Losses[] | select(.Counter == "limit out eth0").Packets')" "$dropped"
	matches "$(netctl stats --no-stream --reasons a)" "$dropped  was sent, and netd's limit of bandwidth dropped it \(limit out eth0\)"
}

@test "what is no limit, and what cannot be limited, is refused in a sentence" {
	local said
	network
	container_ns a >/dev/null
	for said in fast in=10mb in=0 in=1mbit,in=2mbit out-burst=1mbit; do
		run -2 netctl attach a --netns "$(container_path a)" --network n --bandwidth "$said"
		matches "$output" '--bandwidth: '
	done
	run -1 netctl attach a --netns "$(container_path a)" --network none --bandwidth in=1mbit
	matches "$output" 'network none gives container a no interface of its own'
	attach a --network n
	run -2 netctl update a
	matches "$output" 'nothing is to be changed'
	run -1 netctl update --bandwidth in=1mbit nobody
	matches "$output" 'No such container: nobody'
	run -1 netctl update --bandwidth fast a
	matches "$output" "'fast' is none of in, out"
	run -1 netctl update --bandwidth in=1mbit --network bridge a
	matches "$output" 'a is not connected to network bridge'
	equals "$(queues)" ''
	equals "$(api_status PUT /netd/v1/containers/a/bandwidth '{}')" 400
	equals "$(api_status PUT /netd/v1/containers/a/bandwidth '{"Bandwidth": "in=1mbit"}')" 200
	equals "$(queues | wc -l)" 1
}
