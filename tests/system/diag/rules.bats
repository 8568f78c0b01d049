#!/usr/bin/env bats
# rules.bats - the rules that netd/diag/rules says matched are those that the kernel traced, in their order
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A sample of `make check-rules`: the same rulesets each time, so that what fails was changed. SEED=N begins elsewhere.

PYTHON=/usr/bin/python3
HERE=$BATS_TEST_DIRNAME
TOOL=${NETD_BUILD:-$HERE/../../../build}/tests/diag/rules_tool
source "$HERE/../../guard.bash"

compare() { # KIND
	# In a namespace of its own: it makes links, loads rules and sends packets.
	unshare --net -- "${GUARD[@]}" "$PYTHON" -ISB "$HERE/rules.py" "$TOOL" \
		"${SEED:-7000}" "${RULESETS:-25}" "${PACKETS:-20}" "$1"
}

@test "rules of nft: the kernel traced the same" { compare nft; }

@test "rules of iptables-nft: the kernel traced the same" { compare iptables; }

@test "rules of the families bridge and netdev: the kernel traced the same" { compare bridge; }
