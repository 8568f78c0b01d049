#!/usr/bin/env bats
# dns_log.bats - what containers ask, seen as they ask it
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# follow FILE [OPTION…]: from when this returns, what is asked is noted.
follow() {
	local file=$1
	shift
	EXEC= spawn_to "$file" netctl dns log --follow --format json "$@"
	FOLLOWER=$SPAWNED
	wait_until 30 is_noted "$file"
}
# A question that nobody else asks is asked until it is seen.
is_noted() {
	N_MARKS=$((${N_MARKS:-0} + 1))
	ask a "mark$N_MARKS" >/dev/null
	wait_until 1 grep -q "mark$N_MARKS\"" "$1"
}
N_MARKS=0
marks_end() { ask a the-end >/dev/null; }
# The questions, without those that only mark a place.
seen() { # FILE JQ
	jq -r "select((.Name // \"\") | test(\"^(mark[0-9]+|the-end)$\") | not) | $2" "$1"
}
has_seen() { grep -q -- "$2" "$1"; }
readers() {
	local pid
	for pid in $(pids_in "$P-h"); do
		[[ $(readlink "/proc/$pid/exe") != */netd-dns-log ]] || echo "$pid"
	done
}
nobody_reads() { [[ -z $(readers) ]]; }

@test "a question is shown with who asked it, from where it was answered, and with what code" {
	upstream
	attach a
	attach b
	follow "$T/log"
	ask b a >/dev/null
	ask b www.example.test >/dev/null
	ask b www.example.test >/dev/null
	ask b fail.example.test >/dev/null || true
	ask b nx.example.test >/dev/null
	ask b nobody >/dev/null
	ask b +tcp a >/dev/null
	wait_until 30 has_seen "$T/log" '"tcp"'
	equals "$(seen "$T/log" '"\(.Container) \(.Protocol) \(.Type) \(.Name) \(.Source) \(.Code)"')" \
		"b udp A a local NOERROR
b udp A www.example.test upstream NOERROR
b udp A www.example.test cache NOERROR
b udp A fail.example.test upstream SERVFAIL
b udp A nx.example.test upstream NXDOMAIN
b udp A nobody local NXDOMAIN
b tcp A a local NOERROR"
	# All of them have a time of today, and took some.
	equals "$(seen "$T/log" 'select(.Nanoseconds <= 0 or (.Time | startswith("'"$(date -u +%Y-%m)"'") | not)) | .Name')" ""
}

@test "the same question of two is asked once and joined, and the answer of a second server is hedged" {
	upstream 192.0.2.1 dead
	upstream 192.0.2.53
	attach a
	attach b
	name_servers 192.0.2.1 192.0.2.53
	wait_until 30 asks_two
	follow "$T/log"
	# The first server is known to be dead by now: it comes last, so a slow one is asked for.
	ask_one_after_the_other slow1500.joined.test
	wait_until 30 has_seen "$T/log" '"slow1500.joined.test".*"joined"'
	equals "$(seen "$T/log" 'select(.Name == "slow1500.joined.test") | "\(.Container) \(.Source)"' | sort)" "a upstream
b joined"
}
# a, and b as soon as the second server has been asked: by one process, for a program that starts meanwhile may come behind the answer.
ask_one_after_the_other() { # NAME
	in_c a $PYTHON -I -S -c '
import ctypes, os, socket, sys, time
name, netns, log = sys.argv[1:]
question = b"\0\1\1\0\0\1\0\0\0\0\0\0" + b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0\0\1\0\1"
def asking():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(30)
    sock.connect(("127.0.0.11", 53))
    return sock
a = asking()
if ctypes.CDLL(None).setns(os.open(netns, os.O_RDONLY), 0) != 0:
    sys.exit("setns")
b = asking()
a.send(question)
while name not in open(log).read():
    time.sleep(0.005)
b.send(question)
a.recv(512), b.recv(512)' "$1" "$(container_path b)" "$T/upstream.192.0.2.53"
}
asks_two() { [[ $(ask a +time=5 www.two.test) == 203.0.113.7 ]]; }

@test "who asks first while the first server is silent sees that another has answered" {
	upstream 192.0.2.1 dead
	upstream 192.0.2.53
	name_servers 192.0.2.1 192.0.2.53
	attach a
	follow "$T/log"
	ask a www.hedged.test >/dev/null
	wait_until 30 has_seen "$T/log" '"hedged"'
	equals "$(seen "$T/log" 'select(.Source == "hedged") | "\(.Name) \(.Code) \(.Nanoseconds > 300000000)"')" \
		"www.hedged.test NOERROR true"
}

@test "without a server nobody answers, and a question that has no form is none" {
	name_servers
	attach a
	follow "$T/log"
	ask a www.example.test >/dev/null || true
	in_c a $PYTHON -I -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"\0\1\1\0\0\1\0\0\0\0\0\0\xff", ("127.0.0.11", 53))
s.recv(512)'
	wait_until 30 has_seen "$T/log" FORMERR
	equals "$(seen "$T/log" '"\(.Name) \(.Source) \(.Code)"')" "www.example.test none SERVFAIL
null local FORMERR"
}

@test "what a name is made of cannot act on a terminal, nor be taken for another name" {
	attach a
	follow "$T/log"
	in_c a $PYTHON -I -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
label = b"a.b\\\x1b[31m\"\n\xff"
s.sendto(b"\0\1\1\0\0\1\0\0\0\0\0\0" + bytes([len(label)]) + label + b"\0\0\1\0\1", ("127.0.0.11", 53))
s.recv(512)'
	wait_until 30 has_seen "$T/log" 027
	equals "$(seen "$T/log" .Name)" 'a\.b\\\027[31m"\010\255'
	netctl dns log >"$T/text"
	grep -qF 'a\.b\\\027[31m"\010\255' "$T/text"
	if LC_ALL=C grep -q '[^ -~]' "$T/text"; then false; fi
}

@test "it begins where it is told: the last so many, an entry by its number, one container, what failed" {
	attach a
	attach b
	follow "$T/log"
	for i in 1 2 3 4 5; do ask b "none$i" >/dev/null; done
	ask b a >/dev/null
	marks_end
	wait_until 30 has_seen "$T/log" the-end
	equals "$(netctl dns log --format '{{.Name}}' --from 3)" "none5
a
the-end"
	local number
	number=$(jq -r 'select(.Name == "none5") | .Number' "$T/log")
	equals "$(netctl dns log --format '{{.Name}}' --from "+$number")" "none5
a
the-end"
	equals "$(netctl dns log b --format '{{.Name}}' | head -1)" none1
	equals "$(netctl dns log b --failed --format '{{.Name}}' | tail -1)" none5
	equals "$(netctl dns log --from 0 --format '{{.Name}}' 2>&1)" \
		"netctl: nothing is there to show: questions are noted only while somebody looks, as --follow does"
	run netctl dns log nosuch
	equals "$status $output" "1 netctl: No such container: nosuch"
	run netctl dns log --from -3
	[[ $status -ne 0 ]]
	matches "$output" 'from is a number'
	# A table for people: columns begin where the heading says.
	netctl dns log --from 2 >"$T/text"
	equals "$(head -1 "$T/text")" \
		"TIME (UTC)    CONTAINER       FROM      CODE      TOOK        TYPE  NAME"
	matches "$(sed -n 2p "$T/text")" '^[0-9:.]{12}  b               local     NOERROR   [0-9]+\.[0-9]{3} ms +A     a$'
	equals "$(cut -c 63 "$T/text" | xargs)" "T A A" # of the heading, and of two questions
}

@test "nothing is noted while nobody looks, and who looks again is told so" {
	attach a
	equals "$(netctl dns log 2>&1)" \
		"netctl: nothing is there to show: questions are noted only while somebody looks, as --follow does"
	follow "$T/log"
	kill -9 "$FOLLOWER"
	wait_until 30 nobody_reads
	# Within its time the resolver finds that nobody has said anything again.
	wait_until 30 is_not_noted
	ask a unseen >/dev/null
	follow "$T/again"
	netctl dns log --format json >"$T/all"
	if grep -q unseen "$T/all"; then false; fi
	# The first one is ours, and needs no words.
	equals "$(jq -r 'select(.Event) | .Event' "$T/all")" begun
	matches "$(netctl dns log)" 'nobody looked, and nothing was noted until here'
}
is_not_noted() {
	N_MARKS=$((N_MARKS + 1))
	ask a "quiet$N_MARKS" >/dev/null
	[[ $(netctl dns log --from 1 --format '{{.Name}}') != "quiet$N_MARKS" ]]
}

@test "followers killed a hundred times at any moment leave nothing" {
	attach a
	follow "$T/log"
	kill -9 "$FOLLOWER"
	wait_until 30 nobody_reads
	local i before after
	before=$(ls "/proc/${NETD_PID[h]}/fd" | wc -l)
	for i in $(seq 100); do
		spawn netctl dns log --follow
		ask a "n$i" >/dev/null
		kill -9 "$SPAWNED"
	done
	wait_until 60 nobody_reads
	wait_until 30 has_fds "$before"
	equals "$(answers h)" OK
	wait_until 30 is_not_noted
}
has_fds() { [[ $(ls "/proc/${NETD_PID[h]}/fd" | wc -l) -le $1 ]]; }

@test "a resolver that is killed is followed by another, and the log goes on and says so" {
	attach a
	follow "$T/log"
	local pid
	pid=$(resolver_pid h)
	kill -9 "$pid"
	wait_until 30 has_other_resolver "$pid"
	# It is there before it has a's socket, and who asks meanwhile is refused.
	wait_until 30 is_noted "$T/log"
	ask a behind >/dev/null
	wait_until 30 has_seen "$T/log" behind
	equals "$(seen "$T/log" 'select(.Event or .Name == "behind") | .Event // .Name' | tail -2)" "resolver
behind"
	netctl dns log >"$T/text"
	matches "$(cat "$T/text")" 'another resolver process has taken over'
}
has_other_resolver() { resolver_pid h && [[ $(resolver_pid h) != "$1" ]]; }

@test "a netd that stops or dies ends the reply, and no reader stays behind" {
	attach a
	follow "$T/log"
	host_stop h KILL
	wait_until 30 nobody_reads
	local status=0
	wait "$FOLLOWER" || status=$?
	[[ $status -eq 1 ]]
	host_start h
	follow "$T/again"
	ask a again >/dev/null
	wait_until 30 has_seen "$T/again" '"again"'
	host_stop h
	wait_until 30 nobody_reads
	wait "$FOLLOWER" || true
	# What it has written is whole.
	jq -e . "$T/again" >/dev/null || grep -q 'netctl:' "$T/again"
}

@test "who may not use the socket sees nothing, and the reader has no rights" {
	attach a
	follow "$T/log"
	local pid
	pid=$(readers | head -1)
	equals "$(awk '/^CapPrm|^CapEff|^Seccomp:|^NoNewPrivs/ { print $1, $2 }' "/proc/$pid/status")" \
		"CapPrm: 0000000000000000
CapEff: 0000000000000000
NoNewPrivs: 1
Seccomp: 2"
	equals "$(awk '/^Max open files/ { print $4, $5 }' "/proc/$pid/limits")" "6 6"
	run in_host h setpriv --reuid 65534 --regid 65534 --clear-groups \
		env NETD_HOST="unix://$(host_sock h)" "$NETD_BUILD/netctl" dns log
	[[ $status -ne 0 ]]
}
