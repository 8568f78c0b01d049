#!/usr/bin/env bats
# debugging.bats - the worked examples of docs/debugging.md, typed one after another: what is shown there is what is seen
# SPDX-License-Identifier: GPL-2.0-or-later
load lib
load typed
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
# A web server of somebody else's, at 192.0.2.1.
serve_out() {
	spawn ip netns exec "$P-out" $PYTHON -I -m http.server --bind 192.0.2.1 80
	wait_until 30 bash -c "nsenter --net=/run/netns/$P-out ss -Hlnt | grep -q :80"
}

@test "a beginner's port that is not reached" {
	follows "A port that is not reached"
}

@test "an operator's firewall that was loaded anew and cut one network" {
	follows "A firewall that cut one network"
}

@test "the screen that README shows" {
	local PAGE=$BATS_TEST_DIRNAME/../../README.md
	ln -s "$(readlink -f "$PYTHON")" "$T/postgres" # a process has the name by which it was started
	echo 'import socket, time; server = socket.create_server(("127.0.0.1", 5432)); time.sleep(1000)' >"$T/server"
	typed "netctl network create --subnet 182.18.0.0/24 mynet"
	typed "netctl run -d --name db --network mynet --ip 182.18.0.9 -- '$T/postgres' -I -S '$T/server'"
	# Whoever asks has tried it.
	echo 'import socket, time; socket.socket().connect_ex(("182.18.0.9", 5432)); time.sleep(1000)' >"$T/client"
	typed "netctl run -d --name web --network mynet --ip 182.18.0.2 -- $PYTHON -I -S '$T/client'"
	block "When it does not connect" | sed -n '/^\$ /,$p' >"$T/block"
	equals "$(head -1 "$T/block")" '$ netctl explain web db:5432'
	seen_is "netctl explain web db:5432" "$(tail -n +2 "$T/block")"
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
