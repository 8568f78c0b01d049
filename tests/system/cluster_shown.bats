#!/usr/bin/env bats
# cluster_shown.bats - what is shown of clusters works as it stands there: the quick start of docs/cluster.md, and make demo-cluster
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

setup() { :; }
# What netctl run has started is in no namespace of the test's.
teardown() {
	local pid
	pid=$(netctl_in a inspect --format '{{.State.Pid}}' web 2>/dev/null) || pid=0
	[[ $pid == 0 ]] || kill "$pid" || true
	teardown_default
}

# ---- docs/cluster.md ----

PAGE=$BATS_TEST_DIRNAME/../../docs/cluster.md
# Of the section "Quick start" a line for each command: the hosts that the text before it names, a tab, and the command.
commands_of_page() {
	awk '/^## / { on = ($0 == "## Quick start") }
		!on { next }
		/^    / { print who "\t" substr($0, 5); next }
		/each other host, and then on the first/ { who = "b c a"; next }
		/each other host/ { who = "b c"; next }
		/the first host/ { who = "a" }' "$PAGE"
}
# A host is called so as it would be by its own name.
named_netd() {
	mkdir "$T/named"
	ln -s "$NETD_BUILD"/* "$T/named/"
	rm "$T/named/netd"
	printf '#!/bin/sh\nexec unshare --uts sh -c '\''hostname "$NAME" && exec "$0" "$@"'\'' %q "$@"\n' "$NETD_BUILD/netd" >"$T/named/netd"
	chmod +x "$T/named/netd"
}
# As it stands there; the token is the one that was printed.
typed() { # HOST COMMAND
	in_host "$1" env "NETD_HOST=unix://$(host_sock "$1")" PATH="$NETD_BUILD:$PATH" bash -c "cd '$T/page' && ${2/netd1-…/$TOKEN}" \
		</dev/null 3>&- 4>&-
}

# Who types is slower than this test: by then the host has a block of the network's addresses, and what has ended elsewhere is known.
has_addresses() { netctl_in "$1" network inspect shop && [[ $(records "$1" .Wanted) == "{}" ]]; }
records() { curl -sS -m 30 --unix-socket "$(host_sock "$1")" http://netd/netd/v1/records | jq -c "$2"; }
knows_nobody() {
	local found
	found=$(etcdctl_of "$1" get --prefix /netd/v1/end/ --keys-only) && [[ -z $found ]]
}
etcdctl_of() { # HOST ARGUMENT…
	local at=$T/$1/state/etcd
	in_host "$1" env ETCDCTL_API=3 etcdctl --endpoints "https://$(host_addr "$1"):2389" --cacert "$at/ca.pem" --cert "$at/host.pem" \
		--key "$at/host.key" "${@:2}"
}
passes_time() { # HOST COMMAND
	case $2 in
	*"--network shop"*) wait_until 30 has_addresses "$1" ;;
	*"network rm"*) wait_until 30 knows_nobody "$1" ;;
	esac
}

@test "every line of the quick start in docs/cluster.md works as it stands there, on three hosts" {
	local who command host name n=0
	named_netd
	for name in a b c; do NAME=$name NETD_BUILD=$T/named host_new "$name"; done
	mkdir "$T/page"
	echo "the page of web" >"$T/page/index.html"
	commands_of_page >"$T/commands"
	while IFS=$'\t' read -r who command; do
		for host in $who; do
			echo "$host\$ $command"
			passes_time "$host" "$command"
			typed "$host" "$command" >"$T/said" 2>&1 || { cat "$T/said" && false; }
			cat "$T/said"
			[[ $command != *" init "* ]] || TOKEN=$(grep -o 'netd1-[^ ]*' "$T/said")
			[[ $command != *http://web/* ]] || matches "$(cat "$T/said")" "the page of web"
			n=$((n + 1))
		done
	done <"$T/commands"
	[[ $n -ge 16 ]]
	for name in a b c; do equals "$(netctl_in "$name" cluster status --format '{{.State}}')" none; done
}

# ---- make demo-cluster ----

demo() { # its folder, which is where it keeps all that it has
	mkdir "$1"
	TMPDIR=$1 NETD_BUILD=$NETD_BUILD exec "$BATS_TEST_DIRNAME/../../scripts/demo-cluster"
}
nothing_is_left() { # FOLDER PID
	[[ -z $(ls "$1") ]] && ! ip netns list | grep "netd-demo-$2" && ! pgrep -f "$1"
}

@test "the demo of three hosts comes to its end and leaves nothing, and leaves nothing when it is interrupted" {
	spawn_to "$T/demo.log" demo "$T/demo"
	wait_until 300 has_ended "$SPAWNED"
	wait "$SPAWNED" || { cat "$T/demo.log" && false; }
	matches "$(tail -1 "$T/demo.log")" 'as it was'
	equals "$(grep -c '^Hello from' "$T/demo.log")" 4
	nothing_is_left "$T/demo" "$SPAWNED"

	spawn_to "$T/cut.log" demo "$T/cut"
	wait_until 60 grep -q 'The others join' "$T/cut.log"
	kill -TERM "$SPAWNED"
	wait_until 60 has_ended "$SPAWNED"
	if wait "$SPAWNED"; then false; fi
	nothing_is_left "$T/cut" "$SPAWNED"
}
