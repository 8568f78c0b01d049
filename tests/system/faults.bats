#!/usr/bin/env bats
# faults.bats - single calls of netd fail: a sample of `make check-faults`, the same each time
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

setup() { :; }

# sample CLASSES OPERATION…: as many of each class as tests/faults/walk takes in a few seconds
walk_some() { # N 'CLASS…' OPERATION…
	local n=$1 classes=$2 arguments=() word
	shift 2
	for word in $classes; do arguments+=(--class "$word"); done
	for word in "$@"; do arguments+=(--only "$word"); done
	NETD_BUILD=$NETD_BUILD "$LIB/../faults/walk" --sample "$n" --restart-every 4 "${arguments[@]}" 3>&- 4>&-
}

@test "netlink requests that fail, and answers that are lost, leave all as before or as after" {
	walk_some 3 'netlink-send netlink-lost netlink-late' attach detach disconnect port-add
}

@test "files and sockets that cannot be had leave all as before or as after" {
	walk_some 3 'open write socket option setns process' attach disconnect rename
}

@test "allocations that fail leave all as before or as after, and both processes alive" {
	walk_some 12 memory network-create attach detach connect port-rm read
}

@test "a start in which one call fails ends with a sentence or succeeds, and keeps what there was" {
	walk_some 2 'netlink-lost open write memory' recovery
}
