#!/usr/bin/env bats
# readme.bats - the blocks of README's "Five minutes", pasted one after another into one shell
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

README=$BATS_TEST_DIRNAME/../../README.md

# A machine without netd. What is installed or written lands in the host's own mount namespace.
setup() {
	local dir
	HOST_NAMES+=(h)
	host_ns h
	for dir in /usr/local /var/lib; do
		mkdir -p "$T/upper$dir" "$T/work$dir"
		in_host h mount -t overlay none -o "lowerdir=$dir,upperdir=$T/upper$dir,workdir=$T/work$dir" "$dir"
	done
	in_host h sh -ec "mount -t tmpfs none /run && mkdir /run/netns && mount -t tmpfs none /run/netns"
}

# blocks TITLE: the indented lines of a section.
blocks() { awk -v title="## $1" '/^## / { on = ($0 == title) } on && sub(/^    /, "")' "$README"; }

@test "the blocks of Five minutes follow from one another, and leave only what they say" {
	blocks "Five minutes" >"$T/paste"
	[[ $(wc -l <"$T/paste") -ge 15 ]]
	# With the flags of this run of the tests, which are in the environment: what is built is not built again.
	in_host h sh -c "cd '$BATS_TEST_DIRNAME/../..' && exec env PATH=/usr/local/sbin:/usr/local/bin:\$PATH \
		bash -ex '$T/paste'" \
		3>&- 4>&- </dev/null >"$T/paste.log" 2>&1 || {
		cat "$T/paste.log"
		return 1
	}
	matches "$(cat "$T/paste.log")" 'Directory listing for /'
	matches "$(cat "$T/paste.log")" '182\.18\.0\.9'
	matches "$(cat "$T/paste.log")" 'custom-isolated-network'
	# netd's resolver ends a moment after it
	comes_back_to "lo netd0 up0" eval 'links_of h | xargs'
	comes_back_to "${HOLDER[h]}" pids_in "$P-h"
}
