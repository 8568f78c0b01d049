#!/usr/bin/env bats
# guard.bats - the tests themselves: nothing of theirs runs in the machine's own network namespace
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# No netd here: what is tested never gets as far. None may be signalled for the namespace it runs in: it may be the
# machine's.
setup() { MACHINE=$T/machine; }
teardown() {
	local ns
	for ns in $(own_namespaces); do ip netns del "$ns"; done
}

# The accident: a namespace of ours is, for whatever reason, the machine's. Only harmless programs are tried.
in_machine() { nsenter --net="$NETD_MACHINE_NS" -- "${GUARD[@]}" "$@"; }

@test "a program that would run in the machine's namespace is refused before it starts" {
	fails_with 97 'network namespace of the machine: touch' in_machine touch "$MACHINE"
	[[ ! -e $MACHINE ]]
}

@test "a container or a host whose namespace turns out to be the machine's is refused" {
	local name
	for name in c-x x out; do
		touch "/run/netns/$P-$name"
		mount --bind "$NETD_MACHINE_NS" "/run/netns/$P-$name"
	done
	HOLDER[x]=self
	fails_with 97 'of the machine' in_c x touch "$MACHINE"
	fails_with 97 'of the machine' in_host x touch "$MACHINE"
	fails_with 97 'of the machine' in_out touch "$MACHINE"
	[[ ! -e $MACHINE ]]
}

@test "nothing is killed for running in the machine's namespace" {
	touch "/run/netns/$P-m"
	mount --bind "$NETD_MACHINE_NS" "/run/netns/$P-m"
	equals "$(pids_in "$P-m")" ""
	equals "$(pids_in "")" ""
	ip netns add "$P-y"
	spawn nsenter --net="/run/netns/$P-y" -- "${GUARD[@]}" sleep 600
	one() { [[ $(pids_in "$P-y") == "$SPAWNED" ]]; }
	wait_until 30 one
	kill -9 "$SPAWNED"
}

@test "nft and sysctl by their bare names are refused there too" {
	local command
	for command in 'nft --version' 'sysctl --version'; do
		fails_with 97 'of the machine' nsenter --net="$NETD_MACHINE_NS" bash -c "source '$LIB/../guard.bash' && $command"
	done
	# and go on working where they may
	ip netns add "$P-y"
	fails_with 0 nftables nsenter --net="/run/netns/$P-y" bash -c "source '$LIB/../guard.bash' && nft --version"
}

@test "programs run where they belong" {
	container_ns z >/dev/null
	equals "$(in_c z stat -Lc %i /proc/self/ns/net)" "$(stat -Lc %i "/run/netns/$P-c-z")"
}
