#!/usr/bin/env bats
# differential.bats - what netctl explain says of random worlds is what packets do; a sample of `make check-explain`
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The same worlds each time, so that what fails was changed; `make check-explain` begins elsewhere each time. A world waits as long
# as it works, so twice as many as there are processors are tried at once. Under sanitizers a world takes ten times as long.
load ../lib

setup() { :; }

@test "in a thousand random worlds, broken at random, explain and packets agree about every pair" {
	local worlds=1000 status=0
	[[ -z ${SAN:-} ]] || worlds=40
	$PYTHON -I -S "$BATS_TEST_DIRNAME/differential.py" "$NETD_BUILD" "$T/worlds" 4000 "$worlds" $((2 * $(nproc))) \
		>"$T/said" 2>&1 || status=$?
	sed -n 's/^.* is not tried: /# &/p' "$T/said" >&3
	cat "$T/said"
	return "$status"
}

# Of each kind one: what was wrong then is not again.
@test "worlds in which they once disagreed are seen alike" {
	local seed
	for seed in 3000917 2000888; do
		$PYTHON -I -S "$BATS_TEST_DIRNAME/differential.py" "$NETD_BUILD" "$T/worlds" "$seed" 1 1
	done
}
