#!/usr/bin/env bats
# kill_points.bats - netd killed in the middle of anything: what the next one makes of it is the state before, or after
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kill/walk.py kills netd in front of a system call with an effect and compares everything there is with what there was
# before and what there is after. Here at a sample, where one kind of call follows another; `make check-kill` walks all.
load lib
load kill/kill

setup_file() { build_killer "$BATS_FILE_TMPDIR/killer"; }
setup() { walk_setup; }

# walked OPERATION…: at the points where something else begins, some of each
walked() {
	walk "$BATS_FILE_TMPDIR/killer" --most 4 "$@" || {
		tail -50 "$T/walk.log"
		return 1
	}
	equals "$(grep -cE "$COUNTS" "$T/walk.log")" $#
	lacks "$(grep -E "$COUNTS" "$T/walk.log")" ' 0 [0-9]+ [0-9]+ [0-9]+$'
}

@test "a container that comes or goes is whole or not there" { walked attach detach awaited completion; }

@test "a network is connected or not, with the default route, the files and the ports that go with it" {
	walked connect-default disconnect-default disconnect-last connect-parked
}

@test "a container and a network have the one name or the other, everywhere" { walked rename network-rename link-add; }

@test "networks are there or not, and the host forwards as it did" { walked network-create network-remove prune; }

@test "ports are published or not, and no flow goes on to where one led" { walked port-rm flow-port-rm; }

@test "a start or a stop that is cut off has changed nothing" { walked start stop; }

@test "what was cut off is put right though that is cut off, too" { walked disconnect-default/twice rename/twice; }

@test "an operation succeeds whatever becomes of the resolver meanwhile" { walked disconnect-default/resolver attach/resolver-itself; }
