#!/usr/bin/env bats
# working.bats - netctl explain gives no false alarm
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load world
load breakages
load working

setup() { explain_world; }

@test "of setups that work nothing is told, whatever else is there" {
	try_each try_working "${WORKING[@]}"
}
