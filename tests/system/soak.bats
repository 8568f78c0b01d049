#!/usr/bin/env bats
# soak.bats - a minute of the soak; `make soak` is the long one
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

setup() { :; }

@test "a minute of random work, kills, damage and floods ends with what the model says, and with nothing left" {
	B=$NETD_BUILD "$LIB/../../scripts/soak" 60 8
}
