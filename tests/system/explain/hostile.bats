#!/usr/bin/env bats
# hostile.bats - what a container fills its namespaces with holds up nobody who asks, and is not taken for nothing
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load world
load breakages

setup() { explain_world; }

# A server with the files of app, in the namespace of x, behind so many processes that have 10,000 descriptors each.
strays_behind() { # PROCESSES PORT
	local ready
	ready=$(mktemp -u "$T/ready.XXXXXX")
	spawn nsenter --net="$(netns_of x)" --mount="/proc/$APP/ns/mnt" -- $PYTHON -I -S -c '
import os, resource, signal, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (10100, 10100))
kept = [os.dup(0) for _ in range(10000)]
for _ in range(int(sys.argv[1])):
    if os.fork():
        continue
    signal.pause()
if os.fork():
    signal.pause()
server = socket.create_server(("0.0.0.0", int(sys.argv[2])))
open(sys.argv[3], "w").close()
signal.pause()' "$1" "$2" "$ready"
	wait_until 60 test -e "$ready"
}

@test "a server elsewhere is looked for among so many descriptors and no more" {
	strays_behind 2 84
	equals "$(explain_json web app:84 | jq -r .Code)" listens-elsewhere
	strays_behind 30 86
	equals "$(explain_json web app:86 | jq -r .Code)" not-listening
}

# What a container with its rights fills its own namespace with, in x: addresses, links, routes, policy rules, rules of nftables, elements,
# sockets. N of each, and some more of what is cheap.
flooded() { # N
	local n=$1 i
	in_c x ip link add far0 type bridge
	in_c x ip link set far0 up
	for ((i = 0; i < n; i++)); do
		echo "addr add 10.$((100 + i / 65536)).$((i / 256 % 256)).$((i % 256))/32 dev far0"
		echo "route add 172.$((16 + i / 65536)).$((i / 256 % 256)).$((i % 256))/32 dev far0"
		((i % 8)) || echo "link add l$i type bridge"
		((i % 8)) || echo "rule add pref $((1000 + i)) from 10.200.$((i / 256 % 256)).$((i % 256)) table $((1000 + i))"
	done >"$T/batch"
	in_c x ip -batch "$T/batch"
	{
		echo 'table inet flood { set s { type ipv4_addr; elements = {'
		for ((i = 0; i < n; i++)); do echo "11.0.$((i / 256 % 256)).$((i % 256)),"; done
		echo '}; }; chain c { type filter hook input priority 10; policy accept;'
		for ((i = 0; i < n; i++)); do echo "tcp dport $((i % 60000 + 1)) ip saddr 12.0.$((i / 256 % 256)).$((i % 256)) counter comment \"rule $i\""; done
		echo '}; }'
	} >"$T/flood.nft"
	in_c x nft -f "$T/flood.nft"
	spawn nsenter --net="$(netns_of x)" -- "${GUARD[@]}" $PYTHON -I -S -c '
import resource, signal, socket, sys
n = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (n + 100, n + 100))
kept = []
for i in range(n):
    kept.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM if i % 2 else socket.SOCK_STREAM))
    kept[-1].bind(("0.0.0.0", 2000 + i))
    if not i % 2:
        kept[-1].listen(1)
open(sys.argv[2], "w").close()
signal.pause()' "$n" "$T/flooded"
	wait_until 60 test -e "$T/flooded"
}
# took ARGUMENT…: what netctl says, and in $T/kilobytes what the largest of its processes had
took() {
	in_host h env NETD_HOST="unix://$(host_sock h)" $PYTHON -I -S -c '
import resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=file)
sys.exit(status)' "$T/kilobytes" "$NETD_BUILD/netctl" "$@"
}

@test "a flooded namespace costs its own questions some time and memory, and those of others nothing" {
	local status asked
	flooded 8000
	equals "$(explain_json web db:80 | jq -r '"\(.Verdict) \(.Unknown | length)"')" "reachable 0"
	equals "$(explain_json db "$FAR:80" | jq -r .Verdict)" reachable
	# What is asked of x itself is answered, or it is said what was not looked at.
	for asked in "x db:80" "web x:81" "x $FAR:80" "web x:60000" "web x"; do
		status=0
		# shellcheck disable=SC2086 # two words
		explain_json $asked >"$T/said" || status=$?
		echo "$asked: $status $(jq -r '"\(.Verdict) \(.Cause // "") \([.Unknown[].Why] | unique)"' "$T/said")"
		jq -e '.Verdict == "reachable" or (.Verdict == "unreachable" and .Code == "not-listening") or
			(.Verdict == "undecided" and (.Unknown | length > 0))' "$T/said" >/dev/null
	done
	# The process itself, for netctl starts it where netd is stopped.
	kill -STOP "${NETD_PID[h]}"
	for asked in "web db:80" "web x:81" "x db:80"; do
		# shellcheck disable=SC2086
		took explain --state-dir "$T/h/state" $asked >"$T/said" || true
		echo "$asked: $(head -1 "$T/said"), $(<"$T/kilobytes") KiB"
		[[ -n ${SAN:-} || $(<"$T/kilobytes") -lt 131072 ]]
	done
	kill -CONT "${NETD_PID[h]}"
	netctl doctor --format json >"$T/said" || true
	# What was not looked at in time is unknown, and not lost.
	jq -e '[.Findings[].Code] == []' "$T/said" || { jq . "$T/said"; return 1; }
	jq -e '.Unknown + .Findings | all(.[]; tostring | test("\\b(web|db)\\b") | not)' "$T/said" || { jq . "$T/said"; return 1; }
}
