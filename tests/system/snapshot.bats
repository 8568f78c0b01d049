#!/usr/bin/env bats
# snapshot.bats - one snapshot of all that netd knows and the kernel counts: GET /netd/v1/snapshot
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

seen() { netctl system snapshot "$@"; }
observers() { $PYTHON -I -S "$LIB/observers.py" "$(host_sock h)" "$@"; }

# A resolver or a reader of the kernel that gets no processor for long is not waited for.
seen_whole() { # FILE
	seen >"$1"
	[[ $(jq -c .Missing "$1") == "[]" ]]
}

# watcher FILE MODE…: an observer that waits for a line in FILE.in; what it says is in FILE.
watcher() {
	mkfifo "$1.in"
	spawn_to "$1" observers_at "$@"
	exec 7>"$1.in" # opened once the other end is
	wait_until 30 grep -q asked "$1"
}
observers_at() { observers "${@:2}" <"$1.in"; }

@test "a snapshot says what netctl, ip and nft say" {
	local snap=$T/snap
	netctl network create --ipv6 n
	attach a --network n -p 8080-8089:80-89 --alias x
	attach b --network none
	netctl attach c --network host --pid "${HOLDER[h]}"
	ask a a
	in_c a ping -q -c 1 -W 30 "$(netctl network inspect n -f '{{(index .IPAM.Config 0).Gateway}}')"
	wait_until 30 seen_whole "$snap"
	equals "$(jq -c '.Missing, .Moving' "$snap" | xargs)" "[] false"
	equals "$(jq -c .Generation "$snap")" "$(jq -c .GenerationAtBegin "$snap")"
	# netctl
	equals "$(jq -r '.Networks[].Id' "$snap" | sort)" "$(netctl network ls -q --no-trunc | sort)"
	equals "$(jq -r '.Containers[].Name' "$snap" | sort | xargs)" "a b c"
	equals "$(jq -r '.Containers[] | select(.Name == "a").Endpoints[0] | .Ip, .Ip6, .Mac' "$snap" | xargs)" \
		"$(ip4_of a) $(ip6_of a) $(mac_of a)"
	matches "$(jq -r '.Containers[] | select(.Name == "a").Endpoints[0].Names[]' "$snap" | xargs)" '^a x '
	# ip
	equals "$(jq -r '.Links[].Name' "$snap" | sort)" "$(links_of h)"
	for key in .Index:.ifindex .Mtu:.mtu .Mac:.address .Alias:.ifalias; do
		equals "$(jq -r ".Links[] | .Name, ${key%:*}" "$snap")" \
			"$(ip -n "$P-h" -j link | jq -r ".[] | .ifname, ${key#*:}")"
	done
	equals "$(jq '.Links[] | select(.Name == "lo").Sent.Packets' "$snap")" \
		"$(ip -n "$P-h" -j -s link show lo | jq '.[0].stats64.tx.packets')"
	local port
	port=$(jq -r '.Containers[] | select(.Name == "a").Endpoints[0].HostInterface' "$snap")
	[[ $(jq ".Links[] | select(.Name == \"$port\").Received.Packets" "$snap") -gt 0 ]]
	# the same counters without the rest, found by the number of the container's link
	equals "$(jq -c '[.Traffic[].Index] | sort' "$snap")" "$(jq -c '[.Links[].Index] | sort' "$snap")"
	equals "$(jq '.Containers[] | select(.Name == "a").Endpoints[0].HostIndex' "$snap")" \
		"$(jq ".Links[] | select(.Name == \"$port\").Index" "$snap")"
	equals "$(jq -c '.Links[] | select(.Name == "lo") | [.Received, .Sent]' "$snap")" \
		"$(jq -c '.Traffic[] | select(.Index == 1) | [.Received, .Sent]' "$snap")"
	[[ $(jq '(.Containers[] | select(.Name == "a").Endpoints[0].HostIndex) as $i | .Traffic[] | select(.Index == $i).Received.Packets' \
		"$snap") -gt 0 ]]
	# containers without all else of them
	equals "$(jq -c '[.Ends[] | {Id, Name, Endpoints}]' "$snap")" \
		"$(jq -c '[.Containers[] | {Id, Name, Endpoints: [.Endpoints[] | {Network, Ip, Ip6, Interface, HostIndex}]}]' "$snap")"
	# nft
	equals "$(jq '[.Counters.Sets[]] | add' "$snap")" "$(n_elements h)"
	equals "$(jq '.Counters.Sets.publish4' "$snap")" 10
	equals "$(jq -c '.Ports[] | select(.HostIp == "0.0.0.0") | [.HostPort, .ContainerPort, .Count, .Way]' "$snap")" '[8080,80,10,"nat"]'
	# the resolver, and the store
	[[ $(jq .Resolver.Counters.Local "$snap") -ge 1 ]]
	equals "$(jq .Resolver.Pid "$snap")" "$(resolver_pid h)"
	equals "$(jq .Store.LastBackup "$snap")" null
	netctl system backup >/dev/null
	matches "$(seen store | jq -r .Store.LastBackup)" '^20..-'
	netctl detach a
	[[ $(seen store | jq .Generation.Run) -gt $(jq .Generation.Run "$snap") ]]
}

@test "parts are chosen, an unknown one is refused, and forged packets are among what is counted" {
	netctl network create n
	attach a --network n
	equals "$(seen links counters | jq -c 'keys - ["Version", "Gathering", "Time", "TookMilliseconds", "Turns",
		"LongestTurnMilliseconds", "Generation", "GenerationAtBegin", "Moving", "Missing"]')" '["Counters","Links"]'
	equals "$(seen --format '{{len .Networks}}' networks)" 4
	fails_with 1 'a snapshot has no part "routes": its parts are daemon, store' netctl system snapshot networks routes
	equals "$(api_status GET '/netd/v1/snapshot?parts=nothing')" 400
	equals "$(api_status GET '/netd/v1/snapshot?parts=,store')" 400
	equals "$(api_status GET '/netd/v1/snapshot?parts=ports&port=65536')" 400
	equals "$(api_status GET '/netd/v1/snapshot?port=http')" 400
	equals "$(api_status GET '/netd/v1/snapshot?parts=store,')" 400
	matches "$(netctl system snapshot store)" '"TookMilliseconds": [0-9]+\.[0-9]{1,6},' # as netd writes it, with no digits of a double's own
	in_c a ip addr add 10.99.0.1/32 dev lo
	in_c a ping -c 2 -i 0.2 -W 1 -I 10.99.0.1 "$(netctl network inspect n -f '{{(index .IPAM.Config 0).Gateway}}')" || true
	wait_until 30 counts_forged
}
counts_forged() { seen counters | jq -e '[.Counters.Counted[] | select((.Element | test("forged4.*10.99.0.1")) and .Packets >= 1)] | length == 1'; }

@test "the counters of a resolver that is stopped are missing, and the rest is there" {
	local pid
	netctl network create n
	attach a --network n
	pid=$(resolver_pid h)
	# Before the resolver is missed, ended and replaced.
	kill -STOP "${NETD_PID[h]}" "$pid"
	ask_stopped "$T/asked" api GET /netd/v1/snapshot
	wait "$SPAWNED"
	sed '$d' "$T/asked" >"$T/snap"
	equals "$(jq -c '[.Missing[].Part], .Resolver' "$T/snap" | xargs)" '[Resolver] null'
	matches "$(jq -r '.Missing[0].Why' "$T/snap")" 'no answer'
	equals "$(jq -r '.Containers[].Name' "$T/snap")" a
	jq -e '(.Links | length) > 2' "$T/snap"
	wait_until 30 answers_again
}
answers_again() { seen resolver | jq -e '.Missing == [] and .Resolver.Counters.Views == 1'; }

@test "under a storm of attaches and detaches a snapshot is of one moment, and of its generation" {
	local said
	said=$(observers storm "${HOLDER[h]}" 3)
	echo "$said"
	# the storm went on in the middle of most of them, and yet none is of several moments
	matches "$said" '^seen [0-9]+ moving 0 '
	[[ $said =~ seen\ ([0-9]+)\ .*\ turns\ ([0-9]+)\ changed\ meanwhile\ ([0-9]+) ]]
	((BASH_REMATCH[1] >= 20 && BASH_REMATCH[2] > BASH_REMATCH[1] && BASH_REMATCH[3] >= 5))
}

@test "fifty who ask at once share gatherings" {
	kill -STOP "${NETD_PID[h]}"
	watcher "$T/crowd" crowd 50
	kill -CONT "${NETD_PID[h]}"
	echo go >&7
	wait_until 60 grep -q whole "$T/crowd"
	cat "$T/crowd"
	# those that netd accepts in one turn share one; the next come while it is under way, and share the next
	[[ $(tail -1 "$T/crowd") =~ whole\ 50\ gatherings\ ([0-9]+) ]]
	((BASH_REMATCH[1] <= 10))
}

# Ports that are all apart: a document of a megabyte, which no socket's buffer holds.
attach_large() {
	netctl network create n
	jq -n --arg path "$(container_ns large)" '{Name: "large", NetnsPath: $path, Networks: {n: {}},
		PortBindings: ([range(20000; 26000; 2) | {key: "\(.)/tcp", value: [{HostIp: "0.0.0.0", HostPort: "\(.)"}]}] | from_entries)}' >"$T/large"
	equals "$(curl -sS -m 60 -o /dev/null -w '%{http_code}' --unix-socket "$(host_sock h)" -H 'Content-Type: application/json' \
		-d "@$T/large" http://netd/netd/v1/containers)" 201
}

@test "who reads slowly holds nobody up, and is cut off when newer ones are read as slowly" {
	local i
	attach_large
	for i in {1..5}; do
		watcher "$T/slow$i" slow
		eval "exec $((70 + i))>&7"
	done
	equals "$(seen ports | jq '.Ports | length')" 3000
	for i in {1..5}; do
		eval "echo go >&$((70 + i))"
		wait_until 60 grep -qE 'whole|cut off' "$T/slow$i"
	done
	equals "$(tail -qn 1 "$T"/slow{1..5} | xargs)" "cut off cut off whole whole whole"
	equals "$(netctl system info -f '{{.Guard.Dropped.Streams.Count}}')" 2
}
