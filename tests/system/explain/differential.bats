#!/usr/bin/env bats
# differential.bats - what netctl explain says of random worlds is what packets do; a sample of `make check-explain`
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib

setup() { :; }

@test "in a dozen random worlds, broken at random, explain and packets agree about every pair" {
	$PYTHON -I -S "$BATS_TEST_DIRNAME/differential.py" "$NETD_BUILD" "$T" 1 12
}
