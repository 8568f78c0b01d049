#!/usr/bin/env bats
# breakages.bats - what is broken is told first, by its code, and the advice repairs it
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load world
load breakages

setup() { explain_world; }

@test "what breaks at the container that asks" {
	try_breakages "${A_BREAKAGES[@]}"
}

@test "what breaks within a bridge" {
	try_breakages "${BRIDGE_BREAKAGES[@]}"
}

@test "what breaks on the host" {
	try_breakages "${HOST_BREAKAGES[@]}"
}

@test "what breaks at the container that is asked" {
	try_breakages "${B_BREAKAGES[@]}"
}

@test "what breaks at published ports" {
	try_breakages "${PUBLISHED_BREAKAGES[@]}"
}

@test "what goes wrong with names" {
	try_breakages "${NAME_BREAKAGES[@]}"
}

teardown_file() {
	echo "# not told yet: ${NOT_YET_TOLD[*]}" >&3
}
