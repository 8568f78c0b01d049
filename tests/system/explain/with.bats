#!/usr/bin/env bats
# with.bats - netctl explain --with: what a change of the firewall would do, before it is made
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load world
load breakages
load with

setup() { explain_world; }

@test "what is said of a change is what is said, and what packets do, when it has been made" {
	try_each try_change "${CHANGES[@]}"
}

# Each message has the number of the ruleset that it is of, which is another one there; and elements of a hash come in
# an order of chance.
same_ruleset() {
	explain_json --save "$T/now" web "$FAR:80" >"$T/now.json"
	explain_with --save "$T/with" web "$FAR:80" >"$T/with.json"
	$PYTHON -I -S - "$T/now" "$T/with" <<-'END'
		import base64, json, struct, sys
		def pieces(data, length):
		    found = []
		    while data:
		        n = struct.unpack_from(length, data)[0]
		        found.append(data[:n])
		        data = data[n + 3 & ~3:]
		    return found
		def messages(path):
		    spaces = json.load(open(path))["Facts"]["Spaces"]
		    ruleset = base64.b64decode(next(s for s in spaces if s["Key"] == "host")["Ruleset"])
		    for message in pieces(ruleset, "I"):
		        kind, attrs = message[4:6] + message[16:18], pieces(message[20:], "H")
		        yield kind, [sorted(pieces(a[4:], "H")) if kind[:2] == b"\x0c\x0a" and a[2] == 3 else a for a in attrs]
		now, then = (list(messages(path)) for path in sys.argv[1:])
		assert len(now) > 100, len(now)
		for a, b in zip(now, then):
		    assert a == b, (a, b)
		assert len(now) == len(then)
	END
}

# The number that the kernel counts up with each change of the host's ruleset, whoever makes it (NFT_MSG_GETGEN).
generation() {
	in_host h $PYTHON -I -S - <<-'END'
		import socket, struct
		s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
		s.send(struct.pack("=IHHIIBBH", 20, 10 << 8 | 16, 1, 1, 0, 0, 0, 0))
		answer = s.recv(4096)
		assert struct.unpack_from("=HH", answer, 20) == (8, 1), answer
		print(struct.unpack_from(">I", answer, 24)[0])
	END
}
closes_unseen() {
	local before
	before=$(generation)
	equals "$(code_of "$(explain_with web "$FAR:80")")" "unreachable rules-policy" && equals "$(generation)" "$before"
}

@test "without a change it is the ruleset of the host, message for message, and nobody there sees it" {
	described_change xt-beside
	corp "set bad { type ipv4_addr; flags interval; elements = { 10.9.0.0/16, 10.61.0.9-10.61.0.11 }; }
		counter c { }; map m { type inet_service : counter; elements = { 80 : \"c\" }; }
		$FORWARD ip saddr @bad drop; counter name tcp dport map @m; iifname blue0 jump { tcp dport { 22, 443 } accept; }; }"
	run_each "${GIVEN[@]}"
	file 'list ruleset'
	wait_until 30 same_ruleset
	file 'flush ruleset' 'table inet other { chain c { type filter hook forward priority 0; policy drop; }; }'
	wait_until 30 closes_unseen
}

# Nobody's right to ask is nobody's right to load; netd's own call has no part in it.
refuses_who_may_not() {
	fails_with 4 'it takes root, on the host that netd runs on' setpriv --reuid 65534 --clear-groups \
		"$NETD_BUILD/netctl" -H "unix://$(host_sock h)" explain --with "$T/with.nft" web db:80
	fails_with 4 'it takes root, on the host that netd runs on' \
		"$NETD_BUILD/netctl" -H ssh://root@nowhere.example explain --with "$T/with.nft" web db:80
	equals "$(api GET "/netd/v1/explain?from=web&to=db:80&with=$T/with.nft" | jq -r .Verdict)" reachable
}
refuses_beside() { # OPTION…
	fails_with 2 "with tells of rules that are not there yet: $1 takes those that are" \
		netctl explain --with "$T/with.nft" "$@" web db:80
}

@test "what nft refuses is told in its words, and who may not is told so" {
	local before
	before=$(numbered)
	file 'flush ruleset' 'table inet corp { chain }'
	fails_with 2 'nft refuses .*with.nft:2:25-25: Error: syntax error' netctl explain --with "$T/with.nft" web db:80
	fails_with 2 'nft refuses .*with.nft:2:25-25: Error: syntax error' netctl reach --with "$T/with.nft" web
	refuses_who_may_not
	file 'delete rule inet netd forward handle 3'
	fails_with 2 'Operation not permitted|No such file' netctl explain --with "$T/with.nft" web db:80
	file 'delete rule ip nowhere forward handle 3'
	fails_with 2 'nft refuses .*No such file or directory' netctl explain --with "$T/with.nft" web db:80
	fails_with 2 'nft refuses /nowhere: .*No such file or directory' netctl explain --with /nowhere web db:80
	refuses_beside --probe
	refuses_beside --trace
	refuses_beside --wait 1s
	refuses_beside --facts "$T/facts"
	equals "$(numbered)" "$before"
}

# Where the kernel lets others take it away (before 6.9) it is netd's alone to say what comes then. Here it is a table of nobody's, in the
# place of a host.
@test "a file that takes netd's own table away has no answer" {
	in_out nft add table inet netd
	file 'delete table inet netd'
	fails_with 0 "takes netd's own table away" in_out "$NETD_BUILD/netd-explain" --host "unix://$(host_sock h)" \
		--with "$T/with.nft" web db:80
}

@test "every listener is judged with the file, and reach names the pairs that it changes" {
	corp "$FORWARD accept; }"
	run_each "${GIVEN[@]}"
	file 'table inet corp { chain early { type filter hook forward priority -1; iifname red0 drop; ip saddr 192.0.2.1 tcp dport 80 reject; }; }' \
		'table bridge corp { chain c { type filter hook forward priority 0; ip daddr 10.61.0.4 tcp dport 81 drop; }; }'
	explain_with --all web x >"$T/all" || true
	equals "$(jq -r '.With, (.Answers[] | select(.To.Address == "10.61.0.4") | "\(.Verdict) \(.Code)")' "$T/all")" "$T/with.nft
unreachable bridge-rules"
	netctl reach --save "$T/before" >"$T/reach"
	changes() { jq -c '[.Changes[] | [.From, .To, .Address, .Port, .Was.Verdict, .Is.Verdict, .Is.Code]] | sort' "$1"; }
	fails_as 1 netctl reach --with "$T/with.nft" --diff "$T/before" --json >"$T/said"
	equals "$(jq -r .With "$T/said")" "$T/with.nft"
	netctl reach --diff "$T/before" >"$T/reach"
	in_host h nft -f "$T/with.nft"
	fails_as 1 netctl reach --diff "$T/before" --json >"$T/is"
	equals "$(changes "$T/said")" "$(changes "$T/is")"
	[[ $(jq '.Changes | length' "$T/said") -ge 4 ]]
	# And what packets do is that.
	jq -r '.Changes[] | select(.Protocol == "tcp" and (.From | test("^(web|db|c|app)$"))) |
		"\(.From) \(.Address) \(.Port)/tcp"' "$T/said" >"$T/pairs"
	[[ -s $T/pairs ]]
	connections_meet 700 <"$T/pairs" >"$T/met"
	equals "$(wc -l <"$T/met")" "$(wc -l <"$T/pairs")"
	lacks "$(cat "$T/met")" yes
}
fails_as() { # STATUS COMMAND…
	local got=0
	"${@:2}" || got=$?
	[[ $got -eq $1 ]]
}

with_work() { pgrep -f -- "$T/[w]ith.nft"; }
none_works() { ! with_work >/dev/null; }
left() { own_namespaces; find "$T" -newer "$T/with.nft" ! -name '*.log' ! -path '*/h/*'; }

# A moment of what takes a tenth of a second: of netctl, of who looks, or of who waits to run nft.
killed_some_time() {
	local victims
	spawn netctl explain --with "$T/with.nft" web db:80
	sleep "0.$(printf %03d $((RANDOM % 200)))"
	mapfile -t victims < <(with_work)
	[[ ${#victims[@]} -gt 0 ]] || return 0
	kill -9 "${victims[RANDOM % ${#victims[@]}]}" 2>/dev/null || return 0
	n_killed=$((n_killed + 1))
}

@test "killed at any moment, it leaves no process, and so no namespace, and no file" {
	local before nft n_killed=0 i
	file "$(seq -f 'add table inet t%.0f' 300)"
	before=$(left)
	for ((i = 0; i < 200 && n_killed < 16; i++)); do
		killed_some_time
		wait_until 30 none_works
	done
	[[ $n_killed -eq 16 ]] || { echo "only $n_killed were there to be killed"; return 1; }
	equals "$(left)" "$before"
	# While nft reads: it is in a namespace of its own then.
	rm "$T/with.nft"
	mkfifo "$T/with.nft"
	nft_reads() { nft=$(pgrep -f -- "^/usr/sbin/nft -f $T/[w]ith.nft"); }
	for i in explain nft; do
		spawn netctl explain --with "$T/with.nft" web db:80
		wait_until 30 nft_reads
		[[ $(stat -Lc %i "/proc/$nft/ns/net") != $(stat -Lc %i "/run/netns/$P-h") ]]
		[[ $i == nft ]] || nft=$(ps -o ppid= -p "$nft" | tr -d ' ')
		kill -9 "$nft"
		if wait "$SPAWNED"; then return 1; fi
		wait_until 30 none_works
	done
}
