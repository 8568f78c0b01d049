#!/usr/bin/env bats
# door.bats - the kernel in memory (tests/fake/) answers as the kernel does, call by call
# SPDX-License-Identifier: GPL-2.0-or-later

bats_require_minimum_version 1.5.0

export NETD_MACHINE_NS=${NETD_MACHINE_NS:-/proc/$$/ns/net} # see ../own_netns.h
setup_file() {
	local root build
	root=$(cd "$BATS_TEST_DIRNAME/../../.." && pwd)
	build=${NETD_BUILD:-$root/build}
	export TOOL=$BATS_FILE_TMPDIR/door_tool
	(cd "$root" && ${CC:-gcc} -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -O1 -g \
		${SAN:+-fsanitize=address,undefined} -Inetd -I. \
		-o "$TOOL" tests/system/kernel/door_{tool,others}.c tests/fake/*.c \
		-Wl,--start-group "$build"/lib{kernel,model,ipc,dns,base}.a -Wl,--end-group \
		$(pkg-config --cflags --libs libnl-3.0 libnl-route-3.0 libmnl libnftnl jansson libseccomp libcap-ng) \
		-lcmocka)
}

setup() {
	export LC_ALL=C
	H=nf$$-h C=nf$$-c
	ip netns add "$H"
	ip netns add "$C"
	ip -n "$H" link set lo up
}

teardown() {
	ip netns del "$H"
	ip netns del "$C"
}

@test "each call answers through the door in memory what the kernel answers" {
	"$TOOL" fake "$BATS_TEST_TMPDIR/netns" >"$BATS_TEST_TMPDIR/fake"
	nsenter --net="/run/netns/$H" "$TOOL" kernel "/run/netns/$C" >"$BATS_TEST_TMPDIR/kernel"
	[[ $(wc -l <"$BATS_TEST_TMPDIR/kernel") -ge 340 ]]
		diff "$BATS_TEST_TMPDIR/fake" "$BATS_TEST_TMPDIR/kernel"
}
