#!/usr/bin/env bats
# explain.bats - netctl explain: whom it asks, what it shows, and how it ends
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

pair() {
	netctl network create --subnet 10.61.0.0/24 blue
	attach web --network blue
	attach db --network blue
	serve db 80
}

# The records of these hosts are in no usual place.
explain() { netctl explain --state-dir "$T/h/state" "$@"; }
verdict() { # ARGUMENT…: the verdict, its code and where it is from
	{ explain --format json "$@" || true; } | jq -r '[.Verdict, .Code // "-", .Source] | join(" ")'
}

# Others than root get through to the socket and to netctl's work: these folders are this test's own.
open_folders() { chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" "$T/h"; }

@test "what works is one line and status 0, what does not says why and is status 1" {
	pair
	run explain web db:80
	equals "$status" 0
	matches "${lines[0]}" '^web -> db:80/tcp    WORKS    [0-9.]+ ms$'
	equals "${lines[1]}" '  ok  name, web, blue, db, back (5 hops, -v shows them)'
	run explain web db:81
	equals "$status" 1
	matches "${lines[0]}" '^web -> db:81/tcp    DOES NOT WORK    '
	matches "$output" $'\n  !!  db '
	matches "$output" $'\nwhy  '
	[[ ${#lines[@]} -le 20 ]]
	equals "$(awk 'length > 80' <<<"$output")" ""
	equals "$(verdict web db:81)" "unreachable not-listening netd"
	equals "$(verdict db web/icmp)" "reachable - netd"
	equals "$(verdict web outside:192.0.2.1)" "reachable - netd"
}

@test "a command line that makes no sense is one sentence and status 2, with a netd and without" {
	for with in netd nobody; do
		[[ $with == netd ]] || host_stop h
		fails_with 2 "ports are numbers from 1 to 65535" netctl explain web db:http
		fails_with 2 "'web:80' has a port, and only B has one" netctl explain web:80 db
		fails_with 2 "A and B are wanted" netctl explain web
		fails_with 2 "there is tcp, udp and icmp" netctl explain web db:80/sctp
		fails_with 2 "no time such as 30s or 2m" netctl explain --wait soon web db
		fails_with 2 "--facts judges a file" netctl explain --facts x --save y web db
	done
}

@test "a name of outside is followed to the address that netd's resolver has for it" {
	local address
	pair
	upstream
	equals "$(verdict web a.ok.test)" "undecided - netd"
	equals "$(upstream_saw a.ok.test)" 0
	address=$(in_c web dig +short @127.0.0.11 a.ok.test)
	equals "$(explain --format json web a.ok.test | jq -r '.Verdict + " " + .To.Address')" "reachable $address"
	equals "$(verdict web nx.ok.test)" "undecided - netd"
	in_c web dig @127.0.0.11 nx.ok.test >/dev/null
	equals "$(verdict web nx.ok.test)" "unreachable name-unknown netd"
	# A probe asks.
	explain --probe web b.ok.test:80 >/dev/null || true
	[[ $(upstream_saw b.ok.test) -ge 1 ]]
}

@test "a name that nobody has: of A it cannot be looked into, of B it is the fault" {
	pair
	fails_with 4 "there is no container called nobody" netctl explain nobody db:80
	equals "$(verdict web nobody:80)" "unreachable name-unknown netd"
	equals "$(api_status GET '/netd/v1/explain?from=nobody&to=db')" 404
	equals "$(api_status GET '/netd/v1/explain?from=web')" 400
	equals "$(api_status GET '/netd/v1/explain?from=web&to=db:x')" 400
	matches "$(api_body GET '/netd/v1/explain?from=web&to=db:x')" '"message":".*ports are numbers from 1 to 65535","code":"invalid"'
}

@test "every way to name them leads to the same" {
	pair
	local id inode
	id=$(netctl inspect -f '{{.Id}}' db)
	inode=$(stat -Lc %i "$(container_path db)")
	for to in db "$id" "${id:0:12}" "$(ip4_of db)" "netns:$(container_path db)"; do
		equals "$(explain --format '{{.Verdict}} {{.To.Netns}}' web "$to:80")" "reachable $inode"
	done
	# A process, and a namespace that netd has not made.
	spawn in_c web sleep 1000
	equals "$(verdict "pid:$SPAWNED" db:80)" "reachable - netd"
	ip netns add "$P-c-alone"
	equals "$(explain --format '{{.From.Kind}} {{.Verdict}}' "netns:$(container_path alone)" db:80 || true)" "netns unreachable"
	fails_with 4 "no such process: 999999999" netctl explain pid:999999999 db
}

@test "where netd is stopped within a container's namespace the host is still its own" {
	pair
	local db tracer pid=${NETD_PID[h]}
	db=$(ip4_of db)
	spawn strace -qq -p "$pid" -o "$T/strace" -e trace=setns -e inject=setns:signal=STOP:when=1
	tracer=$SPAWNED
	wait_until 30 grep -q "^TracerPid:[[:space:]]*$tracer\$" "/proc/$pid/status"
	container_ns late >/dev/null
	spawn netctl attach late --netns "$(container_path late)" --network blue
	wait_until 30 grep -q 'stopped by SIGSTOP' "$T/strace"
	kill "$tracer"
	wait_until 30 grep -q '^State:[[:space:]]*T' "/proc/$pid/status"
	[[ ! /proc/$pid/ns/net -ef /run/netns/$P-h ]]
	equals "$(verdict host "$db:80")" "reachable - records"
	equals "$(verdict outside:192.0.2.1 "$db:80")" "unreachable closed-direct records"
	kill -CONT "$pid"
	equals "$(verdict web db:80)" "reachable - netd"
}

@test "where netd is stopped or dead root reads its records, which stay as they are" {
	pair
	local before after db
	db=$(ip4_of db)
	kill -STOP "${NETD_PID[h]}"
	before=$(cat "$T"/h/run/run.* "$T"/h/state/networks.* | sha256sum)
	equals "$(verdict web "$db:80")" "reachable - records"
	equals "$(verdict web "$db:81")" "unreachable not-listening records"
	# Whoever asks from a container's namespace means the same host.
	equals "$(in_c web env NETD_HOST="unix://$(host_sock h)" "$NETD_BUILD/netctl" explain --state-dir "$T/h/state" \
		--format '{{.Verdict}} {{.Source}}' web "$db:80")" "reachable records"
	run explain web "$db:80"
	matches "$output" "note netd does not answer: this is from its records and the kernel"
	after=$(cat "$T"/h/run/run.* "$T"/h/state/networks.* | sha256sum)
	equals "$after" "$before"
	equals "$(find "$T/h/run" -newer "$T/attach.out" -name 'state' -o -newer "$T/attach.out" -name 'run')" ""
	kill -CONT "${NETD_PID[h]}"
	equals "$(verdict web db:80)" "reachable - netd"
	host_stop h KILL
	equals "$(verdict web db:80)" "reachable - records"
	fails_with 4 "there is no container called nobody" netctl explain --state-dir "$T/h/state" nobody db:80
	# Others than root cannot look, and hear that netd is not there.
	open_folders
	fails_with 4 "cannot reach netd" in_host h setpriv --reuid 65534 --regid 65534 --clear-groups \
		env NETD_HOST="unix://$(host_sock h)" "$NETD_BUILD/netctl" explain web db:80
}

@test "whoever may use the socket may ask, and colour is for a terminal without NO_COLOR" {
	pair
	local gid=65533 coloured
	open_folders
	chgrp "$gid" "$(host_sock h)"
	matches "$(in_host h setpriv --reuid 65534 --regid "$gid" --clear-groups \
		env NETD_HOST="unix://$(host_sock h)" "$NETD_BUILD/netctl" explain web db:80)" WORKS
	in_terminal() { SHELL=/bin/bash script -qec "$(declare -p NETD_BUILD T P); NETD_HOST=unix://$(host_sock h) $* $NETD_BUILD/netctl explain web db:80" /dev/null; }
	coloured=$(in_terminal TERM=xterm NO_COLOR=)
	matches "$coloured" $'\033\\[32mWORKS'
	for quiet in "TERM=xterm NO_COLOR=1" TERM=dumb; do
		[[ $(in_terminal $quiet) != *$'\033'* ]]
	done
}

@test "with --wait it is asked until it works, and else the reason is shown" {
	pair
	run explain --wait 1s web db:81
	equals "$status" 1
	matches "${lines[0]}" "DOES NOT WORK"
	spawn_to "$T/waited" explain --wait 60s web late:82
	local waiter=$SPAWNED
	attach late --network blue
	serve late 82
	wait "$waiter"
	matches "$(cat "$T/waited")" "^web -> late:82/tcp    WORKS"
}

@test "many at once are all answered" {
	pair
	local i pids=()
	for i in {1..100}; do
		explain --format '{{.Verdict}}' web db:80 >"$T/many.$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	equals "$(cat "$T"/many.* | sort | uniq -c | xargs)" "100 reachable"
	equals "$(verdict web db:80)" "reachable - netd"
}

# What a process that explains could leave: rules, settings, namespaces, files, and in netd what waits for its answer.
all_of_it() {
	local where
	for where in "in_host h" "in_c web" "in_c db"; do
		$where nft list ruleset
		$where sh -c 'cd /proc/sys/net && grep -rs "" ipv4 ipv6 bridge' | grep -v "ipv6/conf/.*/stable_secret"
		$where ss -Hantu state all | awk '$2 !~ /TIME-WAIT|SYN-RECV/ { print $1, $2, $5, $6 }' | sort
	done
	own_namespaces
	in_host h grep -v " nsfs " /proc/self/mounts
	# Readers of the databases leave their marks in what is beside them.
	find "$T/h" ! -name '*-wal' ! -name '*-shm' ! -name netd.log | sort
	ls "/proc/${NETD_PID[h]}/fd" | wc -l
	cat "/proc/${NETD_PID[h]}"/task/*/children | wc -w
}
kilobytes_of_netd() { awk '/^VmRSS/ { print $2 }' "/proc/${NETD_PID[h]}/status"; }
killed() { # TIMES ARGUMENT…: of netctl explain, each time; how many were killed
	in_host h env NETD_HOST="unix://$(host_sock h)" $PYTHON -I -S "$BATS_TEST_DIRNAME/explain/killed.py" "$RANDOM" \
		"${NETD_PID[h]}" "$1" "$NETD_BUILD/netctl" explain --state-dir "$T/h/state" "${@:2}"
}

@test "one that is killed costs its answer alone, and a hundred leave nothing" {
	local before ip kilobytes n=0
	pair
	ip=$(ip4_of db)
	in_c db nft 'table inet t { chain i { type filter hook input priority 0; tcp dport 85 drop; }; }'
	equals "$(verdict web db:80)" "reachable - netd"
	wait_until 30 nobody_asks
	before=$(all_of_it)
	n=$((n + $(killed 20 web db:80)))
	kilobytes=$(kilobytes_of_netd)
	# A probe that nobody answers takes seconds: each of these is killed.
	n=$((n + $(killed 100 --probe web db:85)))
	n=$((n + $(killed 20 web db:80)))
	# Where netd is stopped netctl starts it, and it reads a copy of the records.
	kill -STOP "${NETD_PID[h]}"
	n=$((n + $(killed 40 web "$ip:80")))
	kill -CONT "${NETD_PID[h]}"
	echo "$n were killed"
	((n >= 100))
	equals "$(verdict web db:80)" "reachable - netd"
	comes_back_to "$before" all_of_it
	[[ -n ${SAN:-} ]] || (($(kilobytes_of_netd) < kilobytes + 1024)) # a sanitizer keeps what was freed
}

askers_of() { pids_in "$P-$1" | xargs -r -I{} readlink /proc/{}/exe | grep -c '/netd-explain$'; }
one_asks() { [[ $(askers_of h) -gt 0 ]]; }
nobody_explains() { [[ $(askers_of h) -eq 0 ]]; }

@test "netd that is killed while it is asked costs that answer alone, and leaves nobody who asks" {
	local before asker status
	pair
	open_folders
	chmod 666 "$T/h/run/netd.sock"
	in_c db nft 'table inet t { chain i { type filter hook input priority 0; tcp dport 85 drop; }; }'
	before=$(own_namespaces; in_c web nft list ruleset; in_c db nft list ruleset)
	for _ in $(seq "${KILLS:-8}"); do
		# Nobody answers this probe for seconds. Who is not root has no records to look at instead.
		in_host h setpriv --reuid 65534 --regid 65534 --clear-groups env NETD_HOST="unix://$(host_sock h)" \
			"$NETD_BUILD/netctl" explain --probe web db:85 >"$T/said" 2>&1 3>&- &
		asker=$!
		wait_until 30 one_asks
		host_stop h KILL
		status=0
		wait "$asker" || status=$?
		equals "$status $(wc -l <"$T/said")" "4 1"
		matches "$(cat "$T/said")" '^netctl: netd at .* closed the connection without an answer'
		wait_until 30 nobody_explains
		host_start h
		chmod 666 "$T/h/run/netd.sock"
	done
	equals "$(own_namespaces; in_c web nft list ruleset; in_c db nft list ruleset)" "$before"
	equals "$(verdict web db:80)" "reachable - netd"
}

@test "what was saved is judged elsewhere, by anybody, to the same verdict" {
	pair
	explain --save "$T/facts" web db:81 >"$T/said" || true
	equals "$(stat -c %a "$T/facts")" 600
	jq -e '.Facts.Spaces | length >= 3' "$T/facts" >/dev/null
	equals "$(jq -r '.From + " " + .To' "$T/facts")" "web db:81"
	netctl_out() { in_out setpriv --reuid 65534 --regid 65534 --clear-groups "$NETD_BUILD/netctl" "$@"; }
	open_folders
	chmod 644 "$T/facts"
	run netctl_out explain --facts "$T/facts"
	equals "$status" 1
	equals "$(grep -v '^note' <<<"$output")" "$(grep -v '^see' "$T/said")"
	matches "$output" "note judged from a file"
	# Another pair of the same facts: what nobody asked the kernel then is unknown, and no guess. And files that are none.
	run netctl_out explain --facts "$T/facts" --format '{{.Verdict}}' web db:80
	equals "$status $output" "3 undecided"
	fails_with 4 "cannot read $T/none: No such file" netctl_out explain --facts "$T/none"
	echo '{"From":"a","To":"b","Facts":{"Version":1,"Spaces":7}}' >"$T/bad"
	fails_with 2 "Spaces is" netctl_out explain --facts "$T/bad"
	echo '{}' >"$T/bad"
	fails_with 2 "does not say what it was saved for" netctl_out explain --facts "$T/bad"
	# Cut off, deep, of more values than bytes of memory are for, and without an end: one that is named.
	head -c 1000 "$T/facts" >"$T/bad"
	fails_with 2 "$T/bad: invalid JSON: " netctl_out explain --facts "$T/bad"
	yes '{"a":' | head -100000 >"$T/bad"
	fails_with 2 "$T/bad: invalid JSON: nested deeper than" netctl_out explain --facts "$T/bad"
	(echo '{"Spaces":[{}' && yes ',{}' | head -4000000 && echo ']}') >"$T/bad"
	fails_with 4 "$T/bad: there are more than [0-9]+ values in it" netctl_out explain --facts "$T/bad"
	fails_with 4 "$T/bad: there are more than [0-9]+ values in it" netctl_out reach --diff "$T/bad"
	fails_with 4 "/dev/zero has more than [0-9]+ bytes" netctl_out explain --facts /dev/zero
}

@test "a probe connects once, without a byte, and says who refused" {
	pair
	in_c db nft -f - <<-'END'
	table inet t {
		chain i {
			type filter hook input priority 0
			tcp dport 83 reject
			tcp dport 84 reject with tcp reset
			tcp dport 85 drop
		}
	}
	END
	probed() { { explain --probe --format json web "$1" || true; } | jq -r '[.Verdict, .Probe.Outcome, .Probe.By // "-", .Probe.Agrees] | join(" ")'; }
	equals "$(probed db:80)" "reachable connected - true"
	equals "$(probed db:81)" "unreachable refused RST true"
	equals "$(probed db:83)" "unreachable refused ICMP 3/3 from 10.61.0.3 true"
	equals "$(probed db:84)" "unreachable refused RST true"
	equals "$(probed db:85)" "unreachable silent - true"
	equals "$(probed db:86/udp)" "unreachable refused ICMP 3/3 from 10.61.0.3 true"
	in_c web ip route add blackhole 10.99.0.0/16
	equals "$(probed 10.99.0.1:80)" "unreachable not-sent Invalid argument true"
	run explain --probe web db:81
	matches "$output" '^seen a real connection was refused by RST, '
	lacks "$output" '^see '
	# The server has accepted nothing that it could read from.
	spawn_to "$T/sink" in_c db $PYTHON -I -S -c '
import socket
s = socket.create_server(("", 87))
print("up", flush=True)
c = s.accept()[0]
try: print("read", len(c.recv(1)), flush=True)
except ConnectionResetError: print("reset", flush=True)'
	wait_until 30 grep -q up "$T/sink"
	equals "$(probed db:87)" "reachable connected - true"
	wait_until 30 grep -q reset "$T/sink"
}

# pinged B: verdict, code, and what became of a real ping
pinged() {
	{ explain --probe --format json web "$1" || true; } |
		jq -r '[.Verdict, .Code // "-", .Probe.Outcome, .Probe.By // "-", .Probe.Agrees, .Probe.Large.Bytes // "-", .Probe.Large.Outcome // "-", .Probe.Large.By // "-"] | join(" ")'
}
in_db_rules() { # the body of a chain at input of db
	in_c db nft "table inet t; delete table inet t; table inet t { chain i { type filter hook input priority 0; $1; }; }"
}

@test "what is asked for without a port, or by /icmp, is ping, and a probe pings for it" {
	pair
	run explain web db
	equals "$status" 0
	matches "$output" '^web -> db \(ping\)    WORKS'
	matches "$output" 'note no port was asked for, so this is about ping'
	run explain web db/icmp
	matches "$output" '^web -> db/icmp    WORKS'
	lacks "$output" 'no port was asked for'
	equals "$(explain --format '{{.To.Protocol}} {{.To.Port}} {{.To.Assumed}}' web db)" "icmp <no value> true"
	equals "$(explain --format '{{.To.Protocol}} {{.To.Port}} {{.To.Assumed}}' web db:/icmp)" "icmp <no value> false"
	# Nobody has let groups ping there: that is no matter.
	equals "$(pinged db)" "reachable - answered - true 1500 answered -"
	equals "$(pinged db/icmp)" "reachable - answered - true 1500 answered -"
	run explain --probe web db
	matches "$output" '^seen a real ping was answered, [0-9.]+ ms; and one of 1500 bytes, too'
	in_c db sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all'
	equals "$(pinged db)" "unreachable echo-ignored silent - true - - -"
	run explain web db
	matches "$output" '^web -> db \(ping\)    DOES NOT WORK    db does not answer ping'
	matches "$output" '^see  netctl explain --probe web db$'
	in_c db sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_all'
	# Rules about ping alone, and rules about ports.
	in_db_rules 'icmp type echo-request drop'
	equals "$(pinged db)" "unreachable rules-of-b silent - true - - -"
	equals "$(explain --format '{{.Verdict}}' web db:80)" reachable
	in_db_rules 'icmp type echo-request reject with icmp type admin-prohibited'
	equals "$(pinged db/icmp)" "unreachable rules-of-b-reset rejected ICMP 3/13 from 10.61.0.3 true - - -"
	in_db_rules 'tcp dport 80 drop'
	equals "$(pinged db)" "reachable - answered - true 1500 answered -"
	# How large a packet is reading does not know, and a rule may be about large ones: the probe decides.
	in_db_rules 'icmp type echo-request meta length > 1000 drop'
	equals "$(explain --format '{{.Verdict}}' web db)" undecided
	equals "$(pinged db)" "partly - answered - true 1500 silent -"
	run explain --probe web db
	equals "$status" 1
	matches "$output" '^web -> db \(ping\)    PARTLY'
	matches "$output" 'one of 1500 bytes got no answer'
	in_c db nft delete table inet t
}

@test "a ping meets the way to the outside: time to live, smaller links, and a route that leads nowhere" {
	pair
	in_out ip addr add 198.51.100.1/32 dev lo
	equals "$(pinged 198.51.100.1)" "reachable - answered - true 1500 answered -"
	in_host h ip link set up0 mtu 1300
	equals "$(pinged 198.51.100.1/icmp | cut -d' ' -f3-)" "answered - true 1300 answered -"
	in_host h ip link set up0 mtu 1500
	in_c web sh -c 'echo 1 >/proc/sys/net/ipv4/ip_default_ttl'
	equals "$(pinged 198.51.100.1)" "unreachable ttl rejected ICMP 11/0 from 10.61.0.1 true - - -"
	in_c web sh -c 'echo 64 >/proc/sys/net/ipv4/ip_default_ttl'
	in_c web ip route add blackhole 10.99.0.0/16
	equals "$(pinged 10.99.0.1)" "unreachable route-reject not-sent Invalid argument true - - -"
}

@test "a netd on another host is asked over ssh://, and this host's records do not answer for that one" {
	pair
	source "$LIB/ssh.bash"
	sshd_on_host h
	far_at() { in_out env HOME="$T/home" PATH="$T/bin:$PATH" "$NETD_BUILD/netctl" -H "$1" explain "${@:2}"; }
	far() { far_at ssh://root@192.0.2.10:2222 "$@"; }
	matches "$(far web db:80)" '^web -> db:80/tcp    WORKS'
	run far web db:81
	equals "$status" 1
	equals "$(far --format '{{.Code}} {{.Source}}' web db:81 || true)" "not-listening netd"
	matches "$(far --probe --format '{{.Probe.Outcome}}' web db:80)" connected
	far --save "$T/far" web db:80 >/dev/null
	jq -e '.Facts.Spaces | length >= 3' "$T/far" >/dev/null
	fails_with 4 "there is no container called nobody" far nobody db:80
	fails_with 4 "cannot reach netd at ssh://root@192.0.2.10:2223" far_at ssh://root@192.0.2.10:2223 web db:80
	fails_with 2 "is neither unix://PATH nor ssh://" far_at tcp://192.0.2.10:2375 web db:80
}

@test "what is not understood is one sentence: options, two containers of one beginning, a file that cannot be written" {
	pair
	fails_with 2 "--nonsense" netctl explain --nonsense web db
	fails_with 2 "unexpected argument 'x'" netctl explain web db x
	# The ids of seventeen containers begin with one of sixteen digits twice.
	local i digit
	for i in {1..15}; do attach "more$i" --network blue; done
	digit=$(netctl ps -q | cut -c1 | sort | uniq -d | head -1)
	fails_with 2 "the ids of [0-9]+ containers begin with '$digit': write more of it" netctl explain web "$digit:80"
	equals "$(api_status GET "/netd/v1/explain?from=web&to=$digit:80")" 400
	fails_with 4 "cannot write $T/no/such: No such file" netctl explain --save "$T/no/such" web db:80
	# A pipe from which nobody reads is not waited for.
	mkfifo "$T/pipe"
	in_time() { in_host h env NETD_HOST="unix://$(host_sock h)" timeout 60 "$NETD_BUILD/netctl" "$@"; }
	fails_with 4 "cannot write $T/pipe: it is a pipe that nobody reads from" in_time explain --save "$T/pipe" web db:80
	fails_with 4 "cannot write $T/pipe: it is a pipe that nobody reads from" in_time reach --save "$T/pipe"
	local held reader
	exec {held}<>"$T/pipe"
	jq .Facts <"$T/pipe" >"$T/piped" {held}>&- &
	reader=$!
	netctl explain --save "$T/pipe" web db:80 || true
	exec {held}>&-
	wait "$reader"
	[[ -s $T/piped ]]
}
