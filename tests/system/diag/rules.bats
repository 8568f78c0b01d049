#!/usr/bin/env bats
# rules.bats - the rules that netd/diag/rules says matched are those that the kernel traced, in their order
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A sample. RULESETS=2000 PACKETS=50 bats tests/system/diag/rules.bats is the whole; SEED=N begins elsewhere.

PYTHON=/usr/bin/python3
HERE=$BATS_TEST_DIRNAME
ROOT=$HERE/../../..
source "$HERE/../../guard.bash"

setup_file() {
	local san=()
	[[ ${SAN:-} != 1 ]] || san=(-fsanitize=address,undefined -fno-sanitize-recover=all)
	${CC:-gcc} -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -O1 -g "${san[@]}" -I"$ROOT/netd" \
		-o "$BATS_FILE_TMPDIR/rules_tool" "$ROOT"/netd/diag/rules/*.c "$HERE"/rules_*.c \
		"$ROOT"/netd/base/{addr,buf,grow,hash,hash_table,map}.c
}

compare() { # KIND
	# In a namespace of its own: it makes links, loads rules and sends packets.
	unshare --net -- "${GUARD[@]}" "$PYTHON" -ISB "$HERE/rules.py" "$BATS_FILE_TMPDIR/rules_tool" \
		"${SEED:-$RANDOM}" "${RULESETS:-25}" "${PACKETS:-20}" "$1"
}

@test "rules of nft: the kernel traced the same" { compare nft; }

@test "rules of iptables-nft: the kernel traced the same" { compare iptables; }

@test "rules of the families bridge and netdev: the kernel traced the same" { compare bridge; }
