#!/usr/bin/env bats
# all.bats - every listener of B is told of, and each verdict is what a real connection to it meets
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

# all_json FROM TO
all_json() { netctl explain --state-dir "$T/h/state" --all --format json "$@"; }

# NETNS-NAME FROM TO: the verdicts, and what connections meet that go to the same places
agree() {
	local said
	said=$(all_json "$2" "$3") || true
	jq -r '.Answers[] | "\(.To.Address) \(.To.Port)/\(.To.Protocol) \(if .Verdict == "reachable" then "yes" else "no" end)"' \
		<<<"$said" >"$T/judged"
	[[ -s $T/judged ]] || { echo "nothing was judged: $said"; return 1; }
	sed "s|^|$(netns_of "$1") |; s| [a-z]*$||" "$T/judged" |
		nsenter --net="/run/netns/$P-out" -- "${GUARD[@]}" "$REACH" try 1000 >"$T/met"
	paste -d' ' <(cut -d' ' -f1,2 "$T/judged") <(sed 's/^answered.*/yes/; s/^connected.*/yes/; /^yes$/!s/.*/no/' "$T/met") |
		diff -u "$T/judged" - || { echo "$2 -> $3 by $1"; paste -d' ' "$T/judged" "$T/met"; return 1; }
}

@test "each verdict is what a connection to that listener meets" {
	agree web web db
	agree web web x
	agree db db db
	agree c c db
	agree p p q
	agree i i j
	agree web web host
	agree host host db
	agree host host c
	agree out outside:192.0.2.1 db
	agree out outside:2001:db8:2::1 db
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
	agree web web db
	agree out outside:192.0.2.1 db
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
	equals "$(jq '[.Answers[] | select(.Verdict == "reachable")] | length' "$T/said")" 301
	netctl explain --all web x >"$T/screen" || true
	contains "$(cat "$T/screen")" "more, -v shows them)"
	[[ $(wc -l <"$T/screen") -le 20 ]]
	equals "$(netctl explain --all -v web x | grep -c '/tcp')" 302
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
