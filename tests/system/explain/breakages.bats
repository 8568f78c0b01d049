#!/usr/bin/env bats
# breakages.bats - what is broken is told first, by its code, and the advice repairs it
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load world
load breakages
load doctor

setup() { [[ $BATS_TEST_DESCRIPTION == every* ]] || explain_world; }

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

@test "what breaks on the way to a service" {
	try_breakages "${SERVICE_BREAKAGES[@]}"
}

@test "of several commands that are advised the second repairs it, too" {
	local ADVICE_AT=2
	try_breakages rules-drop rules-reject other-network.published
}

@test "every code has a breakage that shows it, or a reason for having none" {
	local row=$BATS_TEST_DIRNAME/../../../netd/diag/codes_table.c code made
	made=" ${!NOT_MADE[*]} ${A_BREAKAGES[*]%%.*} ${BRIDGE_BREAKAGES[*]%%.*} ${HOST_BREAKAGES[*]%%.*} ${B_BREAKAGES[*]%%.*}"
	made+=" ${PUBLISHED_BREAKAGES[*]%%.*} ${NAME_BREAKAGES[*]%%.*} ${SERVICE_BREAKAGES[*]%%.*} "
	made+="${DOCTOR_BREAKAGES[*]#+} "
	for code in $(sed -n 's/^\t\t"\([a-z0-9-]*\)", CODE_OF_.*/\1/p' "$row"); do
		[[ $made == *" $code "* ]] || { echo "nobody makes $code"; return 1; }
	done
	[[ -n $code ]]
	echo "# not told yet: ${NOT_YET_TOLD[*]}" >&3
}

@test "every breakage that is told has its facts saved, and every file of facts its breakage" {
	[[ -z ${SAVE_FACTS:-} ]] || return 0 # the tests beside this one are at it
	local function made=("${A_BREAKAGES[@]}" "${BRIDGE_BREAKAGES[@]}" "${HOST_BREAKAGES[@]}" "${B_BREAKAGES[@]}")
	made+=("${PUBLISHED_BREAKAGES[@]}" "${NAME_BREAKAGES[@]}" "${SERVICE_BREAKAGES[@]}")
	for function in "${made[@]}"; do
		[[ " ${NOT_YET_TOLD[*]} " == *" ${function%%.*} "* ]] || echo "$function"
	done | sort | diff - <(ls "$SAVED") || { echo "world.bash says how they are saved (SAVE_FACTS)"; return 1; }
}
