#!/usr/bin/env bats
# log_fields.bats - what the journal gets of refusals and repairs, and how often
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# A socket that plays journald, and writes what it hears as JSON, a datagram a line.
journal() {
	spawn_to "$T/journal" "$PYTHON" -I -S -u -c '
import json, socket, sys
listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listening.bind(sys.argv[1])
while True:
    lines = listening.recv(65536).decode().rstrip("\n").split("\n")
    print(json.dumps(dict(line.split("=", 1) for line in lines)), flush=True)
' "$T/journal.sock"
	JOURNAL_PID=$SPAWNED
	wait_until 30 test -S "$T/journal.sock"
}
setup() {
	journal
	export NETD_JOURNAL_SOCKET=$T/journal.sock
	host_new h
}
said() { jq -r "select($1) | \"\(.PRIORITY) \(.SYSLOG_IDENTIFIER) \(.NETD_CODE) \(.NETD_CONTAINER // \"-\") \(.NETD_NETWORK // \"-\")\"" "$T/journal"; }
has_said() { [[ -n $(said "$1") ]]; }

@test "a refusal is logged once, with its code and whom it is about, however often it is tried again" {
	local i
	netctl network create --subnet 10.44.0.0/24 n
	attach a --network n:ip=10.44.0.9
	container_ns b >/dev/null
	for i in 1 2 3; do
		! netctl attach b --netns "$(container_path b)" --network n:ip=10.44.0.9
	done
	! netctl network rm n
	! netctl network connect nowhere a
	# The last of them has been said, so all were.
	wait_until 30 has_said '.NETD_NETWORK == "nowhere"'
	equals "$(said '.MESSAGE | test("is refused")')" "6 netd address-in-use b -
6 netd forbidden - n
6 netd network-not-found a nowhere"
	matches "$(jq -r 'select(.NETD_CONTAINER == "b") | .MESSAGE' "$T/journal")" '^attach of b is refused: .*10\.44\.0\.9'
	equals "$(said '.NETD_CODE == "attach"')" "6 netd attach a -"
	equals "$(said '.NETD_CODE == "network-create"')" "6 netd network-create - n"
}

@test "a repair is logged once, and again when it has to be made again" {
	local bridge i
	bridge=br-$(netctl network create n | cut -c1-12)
	attach a --network n
	for i in 1 2; do
		in_host h ip link set "$bridge" down
		wait_until 30 is_up "$bridge"
		wait_until 30 has_repaired "$i"
	done
	equals "$(said '.NETD_CODE == "repair-bridges"' | sort -u)" "4 netd repair-bridges - n"
}
is_up() { in_host h ip -o link show dev "$1" | grep -q '[<,]UP[,>]'; }
has_repaired() { [[ $(said '.NETD_CODE == "repair-bridges"' | wc -l) -eq $1 ]]; }

@test "a journal that goes takes no line with it" {
	netctl network create n
	wait_until 30 has_said '.NETD_CODE == "network-create"'
	kill "$JOURNAL_PID"
	wait "$JOURNAL_PID" 2>/dev/null || true
	netctl network rm n
	wait_until 30 grep -q 'netd: info: event=network-remove name=n' "$T/h/netd.log"
}
