#!/usr/bin/env bats
# dns_protocol.bats - the resolver as the RFCs want it, and against garbage
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

setup() {
	setup_default
	upstream
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	attach web --network n
	attach a --network n
}

# raw HEX [HEX…]: sends datagrams to 127.0.0.11 from container a, prints the header of each answer as
# "rcode qr opcode aa tc rd ra qd an ns ar", or "nothing"
raw() {
	in_c a "$PYTHON" -I -S "$LIB/rawdns.py" "$@"
}

@test "answers are authoritative for local names, recursion is offered, RD is copied" {
	matches "$(ask_full a web)" 'flags: qr aa rd ra;'
	matches "$(ask_full a +norecurse web)" 'flags: qr aa ra;'
	matches "$(ask_full a www.ok.test)" 'flags: qr rd ra;'
}

@test "the case of the question is kept" {
	matches "$(ask_full a wEb)" '^wEb\.[[:space:]]'
	matches "$(ask_full a wWw.oK.tEst)" '^wWw\.oK\.tEst\.[[:space:]]'
}

@test "NODATA for other types of a known name comes with an SOA" {
	for type in TXT MX SRV HTTPS CNAME NS; do
		local out
		out=$(ask_full a web $type)
		equals "$type $(rcode "$out")" "$type NOERROR"
		matches "$out" 'ANSWER: 0, AUTHORITY: 1'
		matches "$out" 'SOA'
	done
}

@test "ANY of a local name is answered and small" {
	local out
	out=$(ask_full a +notcp web ANY)
	equals "$(rcode "$out")" NOERROR
	lacks "$out" 'ANSWER: 0'
}

@test "a single label that nobody has is NXDOMAIN with an SOA, at once" {
	local out
	out=$(ask_full a nobody)
	equals "$(rcode "$out")" NXDOMAIN
	matches "$out" 'SOA'
}

@test "localhost is answered by netd itself" {
	equals "$(ask a localhost)" 127.0.0.1
	equals "$(ask a localhost AAAA)" ::1
	equals "$(ask a x.localhost)" 127.0.0.1
	equals "$(ask a -x 127.0.0.1)" localhost.
}

@test "EDNS: version 1 is BADVERS, DO is for signed answers only, no OPT in no OPT out" {
	matches "$(ask_full a +edns=1 +noednsneg web)" 'status: BADVERS'
	for name in web nobody www.ok.test; do # the upstream does not sign either
		matches "$(ask_full a +dnssec $name)" 'EDNS: version: 0, flags:; udp: 1232'
	done
	lacks "$(ask_full a +noedns web)" 'EDNS'
}

@test "an unknown opcode is NOTIMP, another class REFUSED" {
	matches "$(raw 123428000001000000000000037765620000010001)" '^4 1 5'
	matches "$(raw 123401000001000000000000037765620000010003)" '^5 1 0'
}

@test "malformed questions are FORMERR; answers and fragments of a header get nothing" {
	# no question, two questions, a label past the end, a pointer to itself, a reserved label, trailing half
	matches "$(raw 123401000000000000000000)" '^1 1 0'
	matches "$(raw 123401000002000000000000037765620000010001037765620000010001)" '^1 1 0'
	matches "$(raw 1234010000010000000000003f776562)" '^1 1 0'
	matches "$(raw 123401000001000000000000c00c00010001)" '^1 1 0'
	matches "$(raw 1234010000010000000000004000010001)" '^1 1 0'
	matches "$(raw 123401000001000000000000037765620000)" '^1 1 0'
	equals "$(raw 123481000001000000000000037765620000010001)" nothing
	equals "$(raw 1234)" nothing
	equals "$(raw 12)" nothing
	equals "$(ask a web)" "$(ip4_of web n)"
}

@test "of a large answer as much comes as the asker takes, never with TC, and all by TCP" {
	local out
	for i in $(seq 60); do
		attach "m$i" --network n:alias=many
	done
	out=$(ask_full a +notcp +noedns many)
	matches "$out" 'ANSWER: 30,'
	lacks "$out" 'flags:.* tc'
	[[ $(sed -n 's/.*MSG SIZE.*: //p' <<<"$out") -le 512 ]]
	[[ $(for i in 1 2 3 4 5 6 7 8; do ask a +notcp +noedns many; done | sort -u | wc -l) -gt 30 ]]
	matches "$(ask_full a +notcp +bufsize=900 many)" 'ANSWER: 54,'
	matches "$(ask_full a +notcp +bufsize=1232 many AAAA)" 'ANSWER: 42,'
	matches "$(ask_full a +notcp +bufsize=4096 many AAAA)" 'ANSWER: 60,'
	matches "$(ask_full a +tcp many)" 'ANSWER: 60,'
}

@test "what a client takes by EDNS it gets from outside, too" {
	in_c a dig @127.0.0.11 +tries=1 +tcp big.ok.test TXT >/dev/null
	local out
	out=$(ask_full a +notcp +ignore +bufsize=4096 big.ok.test TXT)
	matches "$out" 'ANSWER: 40,'
	lacks "$out" 'flags:.* tc'
	matches "$(ask_full a +notcp +ignore +bufsize=1232 big.ok.test TXT)" 'flags:.* tc'
}

@test "several questions on one TCP connection are answered, also out of one segment and in pieces" {
	in_c a "$PYTHON" -I -S "$LIB/tcpdns.py" pipeline web 50
	in_c a "$PYTHON" -I -S "$LIB/tcpdns.py" pieces web 3
}

@test "TCP clients that say nothing do not keep others out" {
	spawn in_c a "$PYTHON" -I -S "$LIB/tcpdns.py" idle web 300
	wait_until 30 grep -q connected "$T/spawned.log"
	equals "$(ask a +tcp web)" "$(ip4_of web n)"
	equals "$(ask web +tcp a)" "$(ip4_of a n)"
	equals "$(ask a web)" "$(ip4_of web n)"
}

@test "garbage by UDP and TCP leaves the resolver answering, the same process" {
	local pid
	pid=$(resolver_pid h)
	in_c a "$PYTHON" -I -S "$LIB/rawdns.py" --garbage 20000
	in_c a "$PYTHON" -I -S "$LIB/tcpdns.py" garbage web 200
	equals "$(ask a web)" "$(ip4_of web n)"
	equals "$(resolver_pid h)" "$pid"
}

@test "a flood from one container does not keep another from its names" {
	spawn in_c a "$PYTHON" -I -S "$LIB/rawdns.py" --flood 600
	wait_until 30 grep -q flooding "$T/spawned.log"
	for i in $(seq 20); do
		equals "$(in_c web dig @127.0.0.11 +tries=2 +time=15 +short -q a)" "$(ip4_of a n)"
	done
}

burst() { in_c a "$PYTHON" -I -S "$LIB/burst.py" "$@" 2>>"$T/burst.log"; }

@test "a burst of two thousand questions is answered whole" {
	equals "$(burst udp 2000 web 60)" "2000 0"
}

@test "a thousand questions at once to a slow upstream are all answered, by UDP and by TCP" {
	equals "$(burst udp 1000 'slow150u{}.ok.test' 60)" "1000 0"
	equals "$(burst tcp 600 'slow150t{}.ok.test' 60)" "600 0"
}

@test "what an upstream left unanswered on a connection that it closed is asked on another" {
	upstream 192.0.2.4
	netctl detach a && attach a --network n --dns 192.0.2.4
	for asker in a web; do # a server of its own, asked from inside, and the host's
		equals "$(ask $asker +tcp "half.$asker.test") $(ask $asker +tcp "gone.$asker.test")" "203.0.113.7 203.0.113.7"
		for kind in once half gone; do
			equals "$kind $(in_c "$asker" "$PYTHON" -I -S "$LIB/burst.py" udp 12 "$kind{}.$asker.test" 60)" "$kind 12 0"
		done
	done
}

@test "containers that keep all the questions waiting that they may stop nobody else" {
	local more=()
	for i in $(seq 9); do
		attach "flood$i" --network n
		more+=("flood$i")
	done
	for name in "${more[@]}"; do
		spawn in_c "$name" "$PYTHON" -I -S "$LIB/burst.py" paced 600 "drop.$name-{}.ok.test" 15
	done
	kept() { [[ $(grep -c '^drop\.' "$T/upstream.192.0.2.1.ports") -ge 3000 ]]; }
	wait_until 30 kept
	equals "$(ask web fresh.ok.test)" 203.0.113.7
	equals "$(ask web +tcp fresher.ok.test)" 203.0.113.7
	equals "$(ask flood1 web)" "$(ip4_of web n)"
}

@test "questions refused, and answers that fit none, are counted, and said in one line each" {
	count() { netctl system info --format "{{.Guard.$1.Count}}"; }
	some() { [[ $(count "$1") -gt 0 ]]; }
	equals "$(ask a wrong.ok.test)" 203.0.113.7 # after the answer to another question
	wait_until 30 some Forged.Answers
	# more than may wait, of which none is answered
	spawn in_c a "$PYTHON" -I -S "$LIB/burst.py" dense 20000 'drop.{}.ok.test' 6
	wait_until 30 some Refused.Questions
	equals "$(grep -c 'DNS questions refused' "$T/h/netd.log")" 1
	equals "$(ask web a)" "$(ip4_of a n)"
}

@test "the resolver is not reachable from the network, only from inside the container" {
	refused in_c web dig @"$(ip4_of a n)" +tries=1 +time=1 +short web
	refused in_host h dig @127.0.0.11 +tries=1 +time=1 +short web
}
