#!/usr/bin/env bats
# screens.bats - what a person sees of each breakage: of the facts that were saved of it, so without root and without a kernel
# SPDX-License-Identifier: GPL-2.0-or-later
#
# screens.txt has what is seen through a pipe, screens.terminal what a terminal gets (^[ is the escape character). Where words
# were changed they are written anew, and then read like a change of the code:
#
#	RENEW=1 BATS=tests/system/explain/screens.bats scripts/check system
load ../lib

setup() { [[ -n ${BREAKAGES[0]} ]]; }
SAVED=$BATS_TEST_DIRNAME/../../breakages
BREAKAGES=("$SAVED"/*)

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
# What works takes as long as it takes.
same() { # FILE, and what is seen on standard input
	sed -E 's/[0-9]+\.[0-9] ms/N ms/' >"$T/seen"
	[[ -z ${RENEW:-} ]] || cp "$T/seen" "$BATS_TEST_DIRNAME/$1"
	diff -u "$BATS_TEST_DIRNAME/$1" "$T/seen" || { echo "where that is meant: RENEW=1, see the head of screens.bats"; return 1; }
}
in_terminal() { # VARIABLE… and what is run there
	SHELL=/bin/bash TERM=xterm script -qec "$(declare -p NETD_BUILD BREAKAGES); $(declare -f screens); $*" /dev/null | tr -d '\r'
}

@test "through a pipe they are as they were read" {
	screens | same screens.txt
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

@test "in a terminal they have colours besides" {
	unset NO_COLOR
	in_terminal screens >"$T/coloured"
	sed 's/\x1b/^[/g' "$T/coloured" | same screens.terminal
	# Colour is never the only sign.
	sed 's/\x1b\[[0-9;]*m//g' "$T/coloured" | diff -u <(screens) -
}

@test "in a terminal with NO_COLOR, and in one that has none, they are as through a pipe" {
	in_terminal "export NO_COLOR=1; screens" | diff -u <(screens) -
	in_terminal "unset NO_COLOR; export TERM=dumb; screens" | diff -u <(screens) -
}

@test "they have 80 columns and 20 lines at most, and nothing but ASCII; with -v there may be more lines" {
	screens >"$T/short"
	screens -v >"$T/long"
	equals "$(awk 'length > 80' "$T/short" "$T/long")" ""
	equals "$(grep -nP '[^\x20-\x7e]' "$T/short" "$T/long")" ""
	equals "$(awk '/^---- / { name = $2; n = 0; next } ++n > 21 { print name }' "$T/short" | sort -u)" ""
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
