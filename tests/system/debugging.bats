#!/usr/bin/env bats
# debugging.bats - the worked examples of docs/debugging.md, typed one after another: what is shown there is what is seen
# SPDX-License-Identifier: GPL-2.0-or-later
load lib
load explain/tracers

PAGE=$BATS_TEST_DIRNAME/../../docs/debugging.md

setup() {
	host_new h
	serve_out
	in_host h sh -ec "mount -t tmpfs none /run/netns && mount -t tmpfs none /srv"
}
teardown() {
	wait_until 30 nothing_typed_runs
	teardown_default
}
# Whatever was typed has the address of this test's netd in its environment, and so has what that has started, whoever knows of it.
nothing_typed_runs() {
	local pids
	pids=$(grep -lzxF "NETD_HOST=unix://$(host_sock h)" /proc/[0-9]*/environ 2>/dev/null | tr -dc '0-9\n')
	[[ -n $pids ]] || return 0
	kill -9 $pids 2>/dev/null || true
	return 1
}
# A web server of somebody else's, at 192.0.2.1.
serve_out() {
	spawn ip netns exec "$P-out" $PYTHON -I -m http.server --bind 192.0.2.1 80
	wait_until 30 bash -c "nsenter --net=/run/netns/$P-out ss -Hlnt | grep -q :80"
}

# block TITLE: the indented lines of a section: commands behind "$ ", and below each what is seen, or nothing where that
# does not matter.
block() { awk -v title="## $1" '/^## / { on = ($0 == title) } on && (sub(/^    /, "") || /^$/)' "$PAGE"; }
# Times, processes and networks have other numbers each time, and each version of curl has other words.
alike() { sed -E 's/^(curl: \([0-9]+\)) .*/\1/; s/[0-9.]+ ms/N ms/; s/pid [0-9]+/pid N/; s/br-[0-9a-f]{12}/br-N/'; }

typed() { # COMMAND; in a shell of the host's
	in_host h env PATH="$NETD_BUILD:$PATH" NETD_HOST="unix://$(host_sock h)" bash -c "$1" 3>&- 4>&- </dev/null 2>&1 || true
}
# What was started a moment ago may not be there yet.
seen_is() { # COMMAND SHOWN
	[[ -n $2 ]] || { typed "$1"; return 0; }
	alike <<<"$2" >"$T/shown"
	wait_until 30 shows "$1" && return 0
	echo "\$ $1"
	diff "$T/shown" "$T/seen"
}
shows() {
	typed "$1" | alike >"$T/seen"
	cmp -s "$T/shown" "$T/seen"
}
follows() { # TITLE
	local line command= shown= n=0
	while IFS= read -r line; do
		if [[ $line == '$ '* ]]; then
			while [[ $shown == *$'\n' ]]; do shown=${shown%$'\n'}; done
			[[ -z $command ]] || seen_is "$command" "$shown" || return 1
			command=${line#\$ } shown= n=$((n + 1))
		else
			shown+=$line$'\n'
		fi
	done < <(block "$1"; echo '$ true')
	[[ $n -ge 6 ]]
}

@test "a beginner's port that is not reached" {
	follows "A port that is not reached"
}

@test "an operator's firewall that was loaded anew and cut one network" {
	follows "A firewall that cut one network"
}

@test "a name that is not found" {
	follows "A name that is not found"
}

@test "a loss that nobody noticed" {
	local why
	why=$(kernel_lacks)
	[[ -z $why ]] || skip "$why"
	follows "A loss that nobody noticed"
}

@test "traffic that nobody expected" {
	follows "Traffic that nobody expected"
}
