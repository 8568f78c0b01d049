#!/usr/bin/env bats
# doctor_time.bats - a container that does not answer holds up nobody who looks, and what was not looked at is said
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load world
load breakages
load doctor

setup() { explain_world; }

# A filesystem whose server never answers lies over the /etc of app.
files_hang() {
	spawn nsenter --net="$(netns_of app)" --mount="/proc/$APP/ns/mnt" -- $PYTHON -I -S "$BATS_TEST_DIRNAME/silent_files.py" /etc
	SILENT=$SPAWNED
	wait_until 30 lies_over_etc
}
lies_over_etc() { grep -q ' /etc .* fuse' "/proc/$APP/mountinfo"; }

@test "files that nobody answers for hold up neither doctor nor explain, and are named" {
	local said
	grep -qw fuse /proc/filesystems || skip "this kernel has no FUSE"
	files_hang
	in_x ip link set eth0 down
	said=$(doctor_json) || true
	equals "$(codes_said "$said")" link-down
	equals "$(jq -r '.Unknown[] | "\(.Where): \(.Why)"' <<<"$said")" "app: not looked at: its files: it took too long"
	equals "$(jq '.Looked.Containers' <<<"$said")" 9
	said=$(explain_json app 10.61.0.3:80)
	equals "$(jq -r .Verdict <<<"$said")" reachable
	# By netd's records it is the same; and nobody is left behind when the files are let go.
	somebody_reads # whoever was left behind: without that nothing would be shown below
	kill -STOP "${NETD_PID[h]}"
	said=$(doctor_json) || true
	kill -CONT "${NETD_PID[h]}"
	equals "$(codes_said "$said")" "link-down netd-down"
	kill -9 "$SILENT"
	wait_until 30 nobody_reads
}
somebody_reads() { pgrep -x netd-explain --ns "${NETD_PID[h]}" --nslist net >/dev/null; }
nobody_reads() { ! somebody_reads; }

@test "processes that are stopped and a server of names that is dead hold up nobody, and nothing is left out" {
	local said
	kill -STOP "${SERVER["db 80/tcp"]}" "$APP"
	upstream_ends
	looks_up_anew web || true
	said=$(doctor_json) || true
	kill -CONT "${SERVER["db 80/tcp"]}" "$APP"
	equals "$(jq '.Looked.Containers' <<<"$said")" 9
	equals "$(jq -c '.Unknown' <<<"$said")" "[]" # where who looked was out of time
}

@test "a low limit of open files hides no container" {
	local said
	kill -STOP "${NETD_PID[h]}"
	said=$(ulimit -Sn 40 && doctor_json) || true
	kill -CONT "${NETD_PID[h]}"
	equals "$(codes_said "$said")" netd-down
	equals "$(jq '.Looked.Containers' <<<"$said")" 9
	equals "$(jq -c '.Unknown' <<<"$said")" "[]"
}
