#!/usr/bin/env bats
# differential.bats - what netctl explain says of random worlds is what packets do; a sample of `make check-explain`
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The same worlds each time, so that what fails was changed; `make check-explain` begins elsewhere each time. A world takes
# 0.3 to 0.4 s of a processor and much waiting, so twice as many as there are processors are tried at once, and two
# processors take a minute and a half for four hundred. Under sanitizers a world takes ten times as long.
load ../lib

setup() { :; }

@test "in four hundred random worlds, broken at random, explain and packets agree about every pair" {
	local worlds=400
	[[ -z ${SAN:-} ]] || worlds=40
	$PYTHON -I -S "$BATS_TEST_DIRNAME/differential.py" "$NETD_BUILD" "$T" 4000 "$worlds" $((2 * $(nproc)))
}
