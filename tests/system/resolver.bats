#!/usr/bin/env bats
# resolver.bats - the process that answers names: powerless, and names live on when either process dies
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# A Python client in the container that asks every 5 ms until told to stop, and counts what was not answered.
asker() { # CONTAINER NAME
	cat >"$T/asker.py" <<-'PY'
	import os, socket, struct, sys, time
	name, out, stop = sys.argv[1].encode(), sys.argv[2], sys.argv[3]
	sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	sock.connect(("127.0.0.11", 53))
	sock.settimeout(30)
	asked = good = 0
	while not os.path.exists(stop):
	    asked += 1
	    sock.send(struct.pack("!HHHHHH", asked & 65535, 256, 1, 0, 0, 0) + bytes([len(name)]) + name + b"\0\0\1\0\1")
	    try:
	        answer = sock.recv(999)
	        good += answer[3] & 15 == 0 and answer[7] == 1
	    except OSError:
	        pass
	    open(out + ".new", "w").write("%d %d\n" % (asked, good))
	    os.rename(out + ".new", out)
	    time.sleep(0.005)
	PY
	spawn in_c "$1" "$PYTHON" "$T/asker.py" "$2" "$T/asked" "$T/stop"
	ASKER=$SPAWNED
	wait_until 30 test -e "$T/asked"
}
asked() { cut -d' ' -f1 "$T/asked"; }
all_answered() {
	local got
	touch "$T/stop"
	wait "$ASKER" || true
	got=$(cat "$T/asked")
	[[ ${got% *} == "${got#* }" && ${got% *} -gt 0 ]] || {
		echo "asked and answered: $got"
		return 1
	}
}
asked_beyond() { [[ $(asked) -gt $1 ]]; }

@test "the resolver runs as another user, without capabilities, under seccomp, unable to gain any" {
	local pid status
	attach a
	pid=$(resolver_pid h)
	status=$(cat "/proc/$pid/status")
	lacks "$status" '^Uid:[[:space:]]+0'
	lacks "$status" '^Gid:[[:space:]]+0'
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		matches "$status" "^$set:[[:space:]]+0000000000000000"
	done
	matches "$status" '^Seccomp:[[:space:]]+2'
	matches "$status" '^NoNewPrivs:[[:space:]]+1'
	matches "$status" '^Groups:[[:space:]]*$'
}

@test "the resolver sees no files: its root is empty" {
	local pid
	pid=$(resolver_pid h)
	equals "$(ls -A "/proc/$pid/root/" | wc -l)" 0
}

@test "a resolver that is killed comes back, and names with it" {
	local pid
	netctl network create n
	attach a --network n
	attach b --network n
	pid=$(resolver_pid h)
	kill -9 "$pid"
	back() { [[ $(quick a b) == "$(ip4_of b n)" ]]; }
	wait_until 30 back
	equals "$(ask b +tcp a)" "$(ip4_of a n)"
	[[ $(resolver_pid h) != "$pid" ]]
	attach c --network n
	equals "$(ask a c)" "$(ip4_of c n)"
}

@test "a resolver that is killed ten times in a row comes back" {
	attach a
	local pid
	for i in $(seq 10); do
		wait_until 30 resolver_pid h
		kill -9 "$(resolver_pid h)" || true
	done
	back() { [[ $(quick a a) == "$(ip4_of a)" ]]; }
	wait_until 30 back
}

@test "while the plumber is killed and started again every question is answered, by the same resolver" {
	local pid
	netctl network create n
	attach a --network n
	attach b --network n
	pid=$(resolver_pid h)
	asker a b
	for i in 1 2 3; do
		local seen
		host_stop h KILL
		seen=$(asked)
		wait_until 30 asked_beyond $((seen + 20))
		equals "$(resolver_pid h)" "$pid"
		host_start h
		seen=$(asked)
		wait_until 30 asked_beyond $((seen + 20))
	done
	equals "$(resolver_pid h)" "$pid"
	all_answered
	attach c --network n
	equals "$(ask a c)" "$(ip4_of c n)"
}

@test "other names are answered while the plumber is dead" {
	upstream
	attach a
	host_stop h KILL
	equals "$(ask a www.ok.test)" 203.0.113.7
	equals "$(ask a +tcp www.ok.test AAAA)" 2001:db8:53::7
}

@test "localhost publishing over IPv6 works while the plumber is dead" {
	attach web -p 8080:80
	serve web 80
	host_stop h KILL
	matches "$(get_host h 'http://[::1]:8080/')" '^web from'
	matches "$(get_host h 'http://127.0.0.1:8080/')" '^web from'
	matches "$(get_out 'http://192.0.2.10:8080/')" '^web from'
}

@test "when both processes die, the next start brings names and ports back" {
	attach a -p 8080:80
	attach b
	serve a 80
	kill -9 "${NETD_PID[h]}" "$(resolver_pid h)"
	wait "${NETD_PID[h]}" || true
	host_start h
	back() { [[ $(quick b a) == "$(ip4_of a)" ]]; }
	wait_until 30 back
	matches "$(get_host h 'http://[::1]:8080/')" '^a from'
}

@test "after SIGTERM the resolver goes on, or the restart brings it back without a lost question" {
	attach a
	attach b
	asker a b
	host_restart h TERM
	local seen
	seen=$(asked)
	wait_until 30 asked_beyond $((seen + 20))
	all_answered
}

@test "while one question waits upstream every other leaves from a port of its own" {
	local names=() ports
	upstream
	attach a
	for i in $(seq 60); do names+=("p$i.ok.test"); done
	spawn in_c a dig @127.0.0.11 +tries=1 +time=4 drop.ok.test
	wait_until 30 grep -q '^drop.ok.test ' "$T/upstream.192.0.2.1.ports"
	in_c a dig @127.0.0.11 +tries=1 +time=30 +short "${names[@]}" >"$T/answers"
	equals "$(grep -c '^203.0.113.7$' "$T/answers")" 60
	ports=$(sed -n 's/^p[0-9]*\.ok\.test //p' "$T/upstream.192.0.2.1.ports")
	[[ $(sort -u <<<"$ports" | wc -l) -ge 55 ]] # of 28,000, drawn: two the same are rare
	lacks "$ports" "^$(sed -n 's/^drop.ok.test //p;q' "$T/upstream.192.0.2.1.ports")$"
	[[ $(sort -n <<<"$ports" | tail -1) -gt $(($(sort -n <<<"$ports" | head -1) + 10000)) ]]
}

# In a resolver's place: it says its hello again and again, the plumber's own, and never that it is ready.
talker() {
	exec python3 - "$1" <<-'END'
		import socket, sys, time
		server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		server.bind(sys.argv[1])
		server.listen()
		print("listening", flush=True)
		peer, _ = server.accept()
		hello = peer.recv(4096)
		try:
		    for _ in range(600):
		        peer.send(hello)
		        time.sleep(0.1)
		except OSError:
		    print("told off", flush=True)
	END
}

@test "a resolver that goes on talking and is never ready is given up" {
	local talker
	netctl network create n
	attach a --network n
	attach b --network n
	host_stop h KILL
	kill -9 "$(resolver_pid h)"
	rm -f "$T/h/run/resolver.sock"
	spawn_to "$T/talker.log" talker "$T/h/run/resolver.sock"
	talker=$SPAWNED
	wait_until 30 grep -q listening "$T/talker.log"
	host_start h # within 30 s; the talker has words for 60
	grep -q 'does not answer: .*; starting another' "$T/h/netd.log"
	wait "$talker"
	grep -q 'told off' "$T/talker.log"
	back() { [[ $(quick a b) == "$(ip4_of b n)" ]]; }
	wait_until 30 back
}
