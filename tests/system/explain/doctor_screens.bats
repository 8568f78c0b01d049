#!/usr/bin/env bats
# doctor_screens.bats - what a person sees of each code that doctor tells, of what works, of --fix, and of a report that is not whole
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reports that doctor.bats, doctor_time.bats, hosts.bats and cluster.bats made are in tests/reports, and written anew so:
#
#	SAVE_REPORTS=$PWD/tests/reports BATS='tests/system/explain/doctor.bats tests/system/cluster.bats tests/system/explain/hosts.bats' scripts/check system
load ../lib
load screens
load breakages
load doctor

REPORTS_DIR=$BATS_TEST_DIRNAME/../../reports
REPORTS=()
for file in "$REPORTS_DIR"/*; do [[ $file == *.fixed ]] || REPORTS+=("${file##*/}"); done
SHOWN=(NETD_BUILD REPORTS NETD_HOST)

setup() {
	[[ -n ${REPORTS[0]} ]]
	export NETD_HOST=unix://$T/sock
	spawn $PYTHON -I -S "$BATS_TEST_DIRNAME/reports.py" "$REPORTS_DIR" "$T/sock"
	SERVER=$SPAWNED
	wait_until 30 test -S "$T/sock"
}

# Each with its name above and its exit status below. --fix is asked for where a report of after it is there.
screens() { # OPTION…
	local report status
	for report in "${REPORTS[@]}"; do
		echo "---- $report"
		status=0
		"$NETD_BUILD/netctl" doctor "$@" $([[ $report != fixed-* ]] || echo --fix) "$report" || status=$?
		echo "exit $status"
	done
}

@test "through a pipe reports are as they were read" {
	screens | same doctor.txt
}

@test "in a terminal reports have colours besides" {
	screens_in_terminals doctor.terminal
}

@test "in a terminal with NO_COLOR, and in one that has none, reports are as through a pipe" {
	screens_without_colour
}

@test "reports have 80 columns and 20 lines at most, and nothing but ASCII; with -v there may be more lines" {
	screens_fit
}

@test "each code that doctor tells has a report, and each report is of something that is made" {
	local made=("${DOCTOR_SEES[@]#+}" "${DOCTOR_BREAKAGES[@]#+}" "${DOCTOR_WAYS[@]#+}" "${DOCTOR_OTHERS[@]}")
	printf '%s\n' "${made[@]}" | sort | diff - <(printf '%s\n' "${REPORTS[@]}" | sort)
}
