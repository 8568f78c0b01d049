#!/usr/bin/env bats
# pages.bats - the lines of pages in docs/ that say how something is done, typed one after another, and what those pages name
# SPDX-License-Identifier: GPL-2.0-or-later
load lib
load typed
load firewalls

DOCS=$BATS_TEST_DIRNAME/../../docs

setup() {
	host_new h
	TYPED_MUST=false # a line that fails ends its test
	TYPED_IN=$T
	mkdir "$T/bin"
	# There is no systemd in a host of the tests: what `systemctl reload netd` does by netd.service, line by line.
	cat >"$T/bin/systemctl" <<-END
		#!/bin/sh
		"$NETD_BUILD/netd" --check >/dev/null && kill -HUP ${NETD_PID[h]}
	END
	chmod +x "$T/bin/systemctl"
	PATH=$T/bin:$PATH
}
teardown() {
	wait_until 30 nothing_typed_runs
	teardown_default
}

@test "docs/firewalls.md: without a firewall, with rules for containers, and beside rules of one's own" {
	PAGE=$DOCS/firewalls.md
	in_out ip route replace 10.70.0.0/24 via 192.0.2.10
	follows "No firewall of your own" 4
	follows "Rules for containers" 6
	follows "nftables, with rules of your own" 6
}

# What the page says of these two is what netd's own advice is (firewalls.bats pastes that), and a zone has services.
@test "docs/firewalls.md: the lines for firewalld and ufw are those that are right" {
	PAGE=$DOCS/firewalls.md
	local line
	line=$(block firewalld | sed -n 's/^# //p')
	equals "$line" "firewall-cmd --zone=netd --add-service=ntp"
	host_stop h
	firewalls_host f
	bus_start f
	firewalld_start f
	host_start f
	bridges_are_in f netd0
	in_host f $line
	matches "$(in_host f firewall-cmd --zone=netd --list-services)" ntp
	kill "$FIREWALLD_PID"
	in_host f ufw --force enable
	while read -r line; do
		in_host f $line
	done < <(block ufw | sed -n 's/^# //p')
	host_restart f
	equals "$(netctl_in f system info --format '{{len .Warnings}}')" 0
}

@test "docs/ipv6.md, line by line" {
	PAGE=$DOCS/ipv6.md
	follows "Both families" 4
	follows "IPv6 alone" 3
	follows "Published ports" 4
	follows "The way out" 3
}

# cells N TITLE…: what stands in backquotes in the last column of the page's Nth table
cells() { awk -F ' \\| ' -v n="$1" '/^\|---/ { t++; on = (t == n); next } !/^\|/ { on = 0 } on { print $NF }' "$PAGE" | grep -o '`netctl [^`]*`' | tr -d '`'; }

@test "docs/docker-podman-users.md: each line of the table does what its neighbour does" {
	PAGE=$DOCS/docker-podman-users.md
	local line n=0
	while IFS= read -r line; do
		typed "$line" >"$T/said" || { echo "\$ $line" && cat "$T/said" && return 1; }
		[[ $line != *" port web 80" ]] || matches "$(cat "$T/said")" ':8080'
		[[ $line != *IPAddress* ]] || equals "$(cat "$T/said")" 10.74.0.2
		[[ $line != *container:web* ]] || matches "$(cat "$T/said")" 'inet 10\.74\.0\.2'
		n=$((n + 1))
	done < <(cells 1)
	((n >= 20))
	while IFS= read -r line; do # what goes on, or needs more than there is: these words are understood
		typed "$line --help" >"$T/said" || { echo "\$ $line --help" && cat "$T/said" && return 1; }
		matches "$(cat "$T/said")" '^Usage: netctl'
	done < <(cells 2)
	[[ $(cells 2 | wc -l) -ge 12 ]]
}

# Each tick of the table is a test: FILE: "its name", below it.
@test "docs/compare.md: the tests that it names are there, and each tick of netd's has one" {
	local file name n=0 ticks
	while IFS=$'\t' read -r file name; do
		grep -qF "@test \"$name\"" "$BATS_TEST_DIRNAME/../../tests/$file" || { echo "there is no test of that name in $file: $name" && return 1; }
		n=$((n + 1))
	done < <(sed -n 's/^[0-9]*\. `\(.*\)` "\(.*\)"$/\1\t\2/p' "$DOCS/compare.md")
	ticks=$(awk -F ' \\| ' '/^\|/ { print $2 }' "$DOCS/compare.md" | grep -oE '[a-z]+ \[[0-9]+\]' | grep -oE '[0-9]+' | xargs)
	equals "$ticks" "$(seq "$n" | xargs)"
	equals "$(awk -F ' \\| ' '/^\|/ && $2 == "yes"' "$DOCS/compare.md")" "" # no tick without one
	((n >= 25))
}
