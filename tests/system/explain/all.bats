#!/usr/bin/env bats
# all.bats - every listener of B, and who reaches which listener: each verdict is what a real connection meets
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load world
load breakages

setup() {
	explain_world
	server db db 127.0.0.1 5432/tcp
	server db db 10.61.0.3 81/tcp
	server x x ::1 6000/tcp
}

contains() { # TEXT PART
	[[ $1 == *"$2"* ]] || {
		echo "\"$2\" is not in: $1"
		return 1
	}
}

# all_json FROM TO
all_json() { netctl explain --state-dir "$T/h/state" --all --format json "$@"; }

# judged_as_met FILE: its lines are 'FROM ADDRESS PORT/PROTOCOL yes|no', which connections are to meet. What is there is asked with
# patience, and what is not there without.
judged_as_met() {
	local limit
	[[ -s $1 ]] || { echo "nothing was judged"; return 1; }
	for limit in "yes 10000" "no 700"; do
		grep " ${limit% *}\$" "$1" >"$T/asked" || continue
		cut -d' ' -f1-3 "$T/asked" | paste -d' ' - <(cut -d' ' -f1-3 "$T/asked" | connections_meet "${limit#* }") |
			diff -u "$T/asked" - || return 1
	done
}

# agree FROM TO
agree() {
	all_json "$1" "$2" >"$T/said" || true
	jq -r --arg from "$1" '.Answers[] | "\($from) \(.To.Address) \(.To.Port)/\(.To.Protocol) \(
		if .Verdict == "reachable" then "yes" else "no" end)"' "$T/said" >"$T/judged"
	judged_as_met "$T/judged" || { echo "$1 -> $2"; cat "$T/said"; return 1; }
}

@test "each verdict is what a connection to that listener meets" {
	agree web db
	agree web x
	agree db db
	agree c db
	agree p q
	agree i j
	agree web host
	agree host db
	agree host c
	agree outside:192.0.2.1 db
	agree outside:2001:db8::1 db
}

@test "one rule of somebody else's cuts one listener of many" {
	in_host h nft -f - <<-'END'
		table inet corp {
			chain forward {
				type filter hook forward priority 0; policy accept;
				ip daddr 10.61.0.3 tcp dport 80 drop
			}
		}
	END
	in_host h sysctl -qw net.bridge.bridge-nf-call-iptables=1
	agree web db
	agree outside:192.0.2.1 db
	all_json web db >"$T/said" || true
	equals "$(jq -r '.Verdict' "$T/said")" partly
	equals "$(jq -r '.Answers[] | select(.Code == "rules-drop") | "\(.To.Address):\(.To.Port)"' "$T/said")" 10.61.0.3:80
}

@test "sockets by the hundred are all told of, and beyond a bound it is said" {
	local port
	for port in {20000..20299}; do echo "- x :: $port/tcp"; done >"$T/many.what"
	spawn sh -c 'exec nsenter --net="$1" -- "$2" answer "$3" <"$3.what"' server "$(netns_of x)" "$REACH" "$T/many"
	wait_until 30 test -e "$T/many"
	all_json web x >"$T/said" || true
	equals "$(jq '[.Answers[] | select(.Verdict == "reachable" and .To.Address == "10.61.0.4")] | length' "$T/said")" 301
	netctl explain --all web x >"$T/screen" || true
	contains "$(cat "$T/screen")" "more, -v shows them)"
	[[ $(wc -l <"$T/screen") -le 20 ]]
	equals "$(netctl explain --all -v web x | grep -c '/tcp ')" "$(jq '.Answers | length' "$T/said")"
}

@test "the status, the API, records and files say the same" {
	local file=$T/saved
	server_ends db 5432/tcp
	equals "$(netctl explain --all web db >/dev/null; echo $?)" 0
	server db db 127.0.0.1 5432/tcp
	equals "$(netctl explain --all web db >/dev/null; echo $?)" 1
	equals "$(netctl explain --all web app >/dev/null; echo $?)" 1
	equals "$(netctl explain --all web db:80 2>/dev/null; echo $?)" 2
	equals "$(netctl explain --all --probe web db 2>/dev/null; echo $?)" 2
	equals "$(netctl explain --all web outside:192.0.2.1 2>/dev/null; echo $?)" 2
	equals "$(netctl explain --all web nobody 2>/dev/null; echo $?)" 4
	contains "$(netctl explain --all web nobody 2>&1)" "there is no container called nobody"
	contains "$(netctl explain --all web 192.0.2.1 2>&1)" "ask for a port, 192.0.2.1:PORT"

	all_json --save "$file" web db >"$T/netd" || true
	in_host h curl -sS --unix-socket "$(host_sock h)" 'http://d/netd/v1/explain?from=web&to=db&all=1' >"$T/api"
	netctl explain --facts "$file" --format json >"$T/file" || true
	kill -STOP "${NETD_PID[h]}"
	all_json web db >"$T/records" || true
	kill -CONT "${NETD_PID[h]}"
	local from
	for from in api file records; do
		diff -u <(in_short <"$T/netd") <(in_short <"$T/$from")
	done
	equals "$(jq -r .Source "$T/records" "$T/file" "$T/netd" | xargs)" "records file netd"

	# A list that is not whole decides nothing but what is on it.
	jq '(.Facts.Spaces[] | select(.Key != "host") | .Missing) += ["sockets: Operation not permitted"] |
		del(.Facts.Spaces[].Sockets[]? | select(.Port == 5432))' "$file" >"$T/partial"
	equals "$(netctl explain --facts "$T/partial" >/dev/null; echo $?)" 3
}
in_short() { jq -c '.Verdict, (.Answers[] | [.To.Address, .To.Port, .To.Protocol, .Verdict, .Code, .Listener])'; }

# ---- reach ----

reach_json() { netctl reach --state-dir "$T/h/state" --json "$@"; }

# A firewall of somebody else's, over what crosses bridges, too.
corp_new() {
	in_host h sysctl -qw net.bridge.bridge-nf-call-iptables=1
	in_host h nft -f - <<-'END'
		table inet corp {
			chain forward {
				type filter hook forward priority 0; policy accept;
				ip saddr 10.61.0.2 ip daddr 10.61.0.4 drop
			}
		}
	END
}

# rows_of FILE: as judged_as_met takes them
rows_of() {
	jq -r '.Pairs[] | "\(.From) \(.Address) \(.Port)/\(.Protocol) \(if .Verdict == "reachable" then "yes" else "no" end)"' "$1"
}

# What listens on the host: everywhere, at the gateway of one network, outside, and where nobody else gets to.
host_servers() {
	local at
	for at in '0.0.0.0 22/tcp' ':: 2222/tcp' '10.61.0.1 23/tcp' '192.0.2.10 24/tcp' '0.0.0.0 25/udp' '127.0.0.1 631/tcp' '::1 631/tcp'; do
		# shellcheck disable=SC2086 # an address and a port
		server host host $at
	done
}

@test "the matrix is what real connections meet: two networks, internal, icc off, a foreign rule, the host's own servers" {
	corp_new
	host_servers
	in_host h nft add chain inet corp input '{ type filter hook input priority 0; policy accept; }'
	in_host h nft add rule inet corp input ip saddr 10.62.0.2 tcp dport 22 drop
	reach_json >"$T/matrix"
	rows_of "$T/matrix" >"$T/rows"
	judged_as_met "$T/rows"
	# All that there is was asked, by everybody, and some of both was found.
	equals "$(jq -r '.Askers | sort | join(" ")' "$T/matrix")" \
		"app c db host i j outside:192.0.2.1 outside:2001:db8::1 p q web x"
	equals "$(jq -r '[.Pairs[] | select(.Verdict == "undecided")] | length' "$T/matrix")" 0
	equals "$(jq -r '.Reachable + .Unreachable + .Partly + .Undecided == (.Pairs | length)' "$T/matrix")" true
	local codes
	codes=$(jq -r '[.Pairs[].Code] | unique | map(. // "-") | join(" ")' "$T/matrix")
	local code
	for code in icc-off internal listens-loopback-only other-network rules-drop closed-direct; do contains "$codes" "$code"; done
	# All of the host's, but those on its loopback and the sockets that hold published ports; and not by itself.
	equals "$(jq -r '[.Pairs[] | select(.To == "host") | "\(.Port)/\(.Protocol)"] | unique | join(" ")' "$T/matrix")" \
		"22/tcp 2222/tcp 23/tcp 24/tcp 25/udp"
	equals "$(jq -r '[.Pairs[] | select(.To == "host" and .From == "host")] | length' "$T/matrix")" 0
	equals "$(jq -r '.Pairs[] | select(.From == "c" and .To == "host" and .Port == 22) | .Code' "$T/matrix")" rules-drop
}

@test "a rule is added, and --diff names exactly the pairs that connections lose" {
	corp_new
	netctl reach --save "$T/before" >/dev/null
	equals "$(stat -c %a "$T/before")" 600
	rows_of "$T/before" >"$T/rows.before"
	judged_as_met "$T/rows.before"
	equals "$(netctl reach --diff "$T/before")" "nothing has changed since $T/before was saved"

	# Who asks somebody over UDP is no server.
	in_host h sh -c 'echo 32768 60999 >/proc/sys/net/ipv4/ip_local_port_range'
	server host host 0.0.0.0 45000/udp
	reach_json --diff "$T/before" >"$T/changes"
	equals "$(jq '.Passing > 0 and .Changes == []' "$T/changes")" true
	contains "$(netctl reach --diff "$T/before")" "left out: "
	server_ends host 45000/udp

	in_host h nft add rule inet corp forward ip saddr 10.61.0.4 tcp dport 80 drop
	in_host h nft add rule inet corp forward ip saddr 192.0.2.1 tcp dport 80 drop
	reach_json >"$T/after"
	rows_of "$T/after" >"$T/rows.after"
	judged_as_met "$T/rows.after"
	local status=0
	reach_json --diff "$T/before" >"$T/changes" || status=$?
	equals "$status" 1
	diff -u <(comm -13 <(sort "$T/rows.before") <(sort "$T/rows.after")) \
		<(jq -r '.Changes[] | select(.Is.Verdict == "unreachable" and .Was.Verdict == "reachable" and .Is.Code == "rules-drop") |
			"\(.From) \(.Address) \(.Port)/\(.Protocol) no"' "$T/changes" | sort)
	[[ $(jq '.Changes | length' "$T/changes") -gt 1 ]]
	netctl reach --diff "$T/before" >"$T/screen" || true
	contains "$(cat "$T/screen")" "x -> db 10.61.0.3:80/tcp  yes => no rules-drop"

	# Who asked then asks now, and what is gone and what is new is told as well.
	netctl reach --save "$T/named" x outside:192.0.2.1 >/dev/null
	in_host h nft delete table inet corp
	server_ends db 81/tcp
	server x x :: 82/tcp
	reach_json --diff "$T/named" >"$T/changes" || true
	equals "$(jq -r '[.Changes[] | .From] | unique | join(" ")' "$T/changes")" "outside:192.0.2.1 x"
	equals "$(jq -r '.Changes[] | select(.Is == null) | "\(.From) \(.Port)"' "$T/changes" | sort)" $'outside:192.0.2.1 81\nx 81'
	equals "$(jq -r '.Changes[] | select(.Was == null) | "\(.From) \(.Port)"' "$T/changes" | sort -u)" "outside:192.0.2.1 82"
}

@test "reach: the API, records, names and a network; screens; what is refused" {
	reach_json >"$T/netd"
	in_host h curl -sS --unix-socket "$(host_sock h)" http://d/netd/v1/reach >"$T/api"
	kill -STOP "${NETD_PID[h]}"
	reach_json >"$T/records"
	kill -CONT "${NETD_PID[h]}"
	local from
	for from in api records; do diff <(jq -c '.Pairs[]' "$T/netd" | sort) <(jq -c '.Pairs[]' "$T/$from" | sort); done
	equals "$(jq -r .Source "$T/records")" records

	equals "$(reach_json web host | jq -r '[.Pairs[].From] | unique | join(" ")')" "host web"
	equals "$(reach_json --network red | jq -r '.Askers | join(" ")')" "c host outside:192.0.2.1 outside:2001:db8::1"
	netctl reach >"$T/screen"
	netctl reach -v >"$T/screen.long"
	[[ $(wc -l <"$T/screen") -le 20 ]]
	equals "$(wc -l <"$T/screen.long")" "$(($(jq '.Pairs | length' "$T/netd") + 2))"
	equals "$(awk 'length > 80' "$T/screen" "$T/screen.long")" ""
	equals "$(netctl reach --network red --format '{{.Reachable}}')" "$(reach_json --network red | jq .Reachable)"

	local said
	said=$(netctl reach nobody 2>&1) && false || equals "$?" 4
	contains "$said" "there is no container called nobody"
	said=$(netctl reach --network green 2>&1) && false || equals "$?" 4
	contains "$said" "there is no network called green"
	said=$(netctl reach --network red web 2>&1) && false || equals "$?" 2
	echo '{"Version":1,"Pairs":[{"From":"web"}]}' >"$T/bad"
	said=$(netctl reach --diff "$T/bad" 2>&1) && false || equals "$?" 2
	contains "$said" "$T/bad: Pairs[0].To is no text"
	said=$(netctl reach --diff "$T/missing" 2>&1) && false || equals "$?" 4
	contains "$said" "cannot read $T/missing"
}
