#!/usr/bin/env bats
# screens.bats - what a person sees of each breakage: of the facts that were saved of it, so without root and without a kernel
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load screens

setup() { [[ -n ${BREAKAGES[0]} ]]; }
SAVED=$BATS_TEST_DIRNAME/../../breakages
BREAKAGES=("$SAVED"/*)
SHOWN=(NETD_BUILD BREAKAGES)

# Each with its name above and its exit status below.
screens() { # OPTION…
	local file status
	for file in "${BREAKAGES[@]}"; do
		echo "---- ${file##*/}"
		status=0
		"$NETD_BUILD/netctl" explain "$@" --facts "$file" || status=$?
		echo "exit $status"
	done
}
@test "through a pipe they are as they were read" {
	screens | same screens.txt
}

# What the tracer alone sees is in no file: its screen is in tests/unit.
@test "every code has its screen, of a pair or in a report" {
	local code n=0 here=$BATS_TEST_DIRNAME root=$BATS_TEST_DIRNAME/../../..
	for code in $(sed -n 's/^\t\t"\([a-z0-9-]*\)", CODE_OF_.*/\1/p' "$root/netd/diag/codes_table.c"); do
		n=$((n + 1))
		grep -qE "^---- \+?$code(\.|\$)" "$here/screens.txt" "$here/doctor.txt" ||
			grep -qF "Code\\\":\\\"$code\\\"" "$root/tests/unit/cli/show/test_explained.c" || { echo "nobody sees $code"; return 1; }
	done
	[[ $n -gt 100 ]]
}

PICTURED=(link-down icc-off entry-wrong rules-drop no-way-back not-published mtu-hole.port tc-drop name-other-network
	listens-loopback-only answer-untracked ttl)
pictures() { # OPTION…
	local BREAKAGES=("${PICTURED[@]/#/$SAVED/}")
	screens --graph "$@"
}
@test "the way is drawn for who asks for it, through a pipe and in a terminal, and colour is not the only sign" {
	pictures | same pictures.txt
	unset NO_COLOR
	BREAKAGES=("${PICTURED[@]/#/$SAVED/}")
	in_terminal screens --graph >"$T/coloured"
	sed 's/\x1b/^[/g' "$T/coloured" | same pictures.terminal
	sed 's/\x1b\[[0-9;]*m//g' "$T/coloured" | diff -u <(pictures) -
	pictures -v >"$T/long"
	equals "$(pictures | cat - "$T/long" | awk 'length > 80')" ""
	equals "$(pictures | awk '/^---- / { name = $2; n = 0; next } ++n > 21 { print name }' | sort -u)" ""
}

# Each of the breakages, and not only those that were read: the box that is marked is where the verdict says that it breaks.
@test "of every breakage the picture marks the place that breaks it, and no other" {
	local file
	for file in "${BREAKAGES[@]}"; do
		"$NETD_BUILD/netctl" explain --graph --facts "$file" >"$T/screen" || true
		"$NETD_BUILD/netctl" explain --facts "$file" --format json >"$T/verdict" || true
		$PYTHON -I -S "$BATS_TEST_DIRNAME/pictured.py" "$T/screen" "$T/verdict" >>"$T/broken" 2>"$T/why" || {
			echo "${file##*/}: $(tail -1 "$T/why")"
			cat "$T/screen"
			return 1
		}
	done
	sort "$T/broken" | uniq -c
	[[ $(grep -vcx nothing "$T/broken") -gt 100 ]]
	# On every part of the way, there and back.
	equals "$(grep -vx nothing "$T/broken" | cut -d. -f1 | sort -u | xargs)" "back bridge from host name to"
}

@test "in a terminal they have colours besides" {
	screens_in_terminals screens.terminal
}

@test "in a terminal with NO_COLOR, and in one that has none, they are as through a pipe" {
	screens_without_colour
}

@test "they have 80 columns and 20 lines at most, and nothing but ASCII; with -v there may be more lines" {
	screens_fit
}

@test "what they advise is for a shell, word for word" {
	local file n=0
	for file in "${BREAKAGES[@]}"; do
		"$NETD_BUILD/netctl" explain --facts "$file" >"$T/screen" || true
		"$NETD_BUILD/netctl" explain --facts "$file" --format json >"$T/verdict" || true
		n=$((n + $($PYTHON -I -S "$BATS_TEST_DIRNAME/pasted.py" "$T/screen" "$T/verdict")))
	done
	[[ $n -gt 50 ]]
}
