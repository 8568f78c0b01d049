#!/usr/bin/env bats
# faults.bats - single calls of netd fail: a sample of `make check-faults`, the same each time
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

setup() { :; }

walk_some() { # N 'CLASS…' OPERATION…
	local n=$1 classes=$2 arguments=() word
	shift 2
	for word in $classes; do arguments+=(--class "$word"); done
	for word in "$@"; do arguments+=(--only "$word"); done
	NETD_BUILD=$NETD_BUILD "$LIB/../faults/walk" --sample "$n" --restart-every 4 "${arguments[@]}" 3>&- 4>&-
}

@test "netlink requests that fail, and answers that are lost, leave all as before or as after" {
	walk_some 2 'netlink-send netlink-lost netlink-late' attach disconnect
}

@test "files and sockets that cannot be had leave all as before or as after" {
	walk_some 2 'open write option' attach leave
}

@test "allocations that fail leave all as before or as after, and both processes alive" {
	walk_some 5 memory attach port-rm read
}

@test "a start in which one call fails ends with a sentence or succeeds, and keeps what there was" {
	walk_some 2 'netlink-lost open write' recovery
}

@test "a resolver of which one call fails serves on, and is asked again by the plumber that takes it over" {
	walk_some 3 'memory channel option traffic' taken-over serve
}

@test "the system call filter is the right one, or there is a sentence, whichever allocation fails" {
	walk_some 40 child-memory filter
}
