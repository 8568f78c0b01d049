# screens.bash - what a person sees, compared with what was read once
# SPDX-License-Identifier: GPL-2.0-or-later
#
# FILE.txt has what is seen through a pipe, FILE.terminal what a terminal gets (^[ is the escape character). Where words
# were changed they are written anew, and then read like a change of the code:
#
#	RENEW=1 BATS=tests/system/explain/screens.bats scripts/check system

# What works takes as long as it takes.
same() { # FILE, and what is seen on standard input
	sed -E 's/[0-9]+\.[0-9] ms/N ms/' >"$T/seen"
	[[ -z ${RENEW:-} ]] || cp "$T/seen" "$BATS_TEST_DIRNAME/$1"
	diff -u "$BATS_TEST_DIRNAME/$1" "$T/seen" || { echo "where that is meant: RENEW=1, see screens.bash"; return 1; }
}
# The variables that it needs are in SHOWN.
in_terminal() { # COMMAND…: what is run there
	SHELL=/bin/bash TERM=xterm script -qec "$(declare -p "${SHOWN[@]}"); $(declare -f screens); $*" /dev/null | tr -d '\r'
}

# screens_in_terminals FILE: coloured as they were read, and colour never the only sign
screens_in_terminals() {
	unset NO_COLOR
	in_terminal screens >"$T/coloured"
	sed 's/\x1b/^[/g' "$T/coloured" | same "$1"
	screens >"$T/plain"
	sed 's/\x1b\[[0-9;]*m//g' "$T/coloured" | diff -u "$T/plain" -
}
screens_without_colour() {
	screens >"$T/plain"
	in_terminal "export NO_COLOR=1; screens" | diff -u "$T/plain" -
	in_terminal "unset NO_COLOR; export TERM=dumb; screens" | diff -u "$T/plain" -
}
# 80 columns, 20 lines and ASCII; with -v there may be more lines.
screens_fit() {
	screens >"$T/short"
	screens -v >"$T/long"
	equals "$(awk 'length > 80' "$T/short" "$T/long")" ""
	equals "$(grep -nP '[^\x20-\x7e]' "$T/short" "$T/long")" ""
	equals "$(awk '/^---- / { name = $2; n = 0; next } ++n > 21 { print name }' "$T/short" | sort -u)" ""
}
