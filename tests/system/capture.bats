#!/usr/bin/env bats
# capture.bats - netctl capture and netd-extcap: what passes a container or a network, packet for packet
# SPDX-License-Identifier: GPL-2.0-or-later
load lib
load explain/tracers

# A capture of its own process, which has the right to be killed; it is there when its file has a head.
begin_capture() { # FILE ARGUMENT…
	spawn_to "$1.log" capturing "$@"
	CAPTURER=$!
	wait_until 30 test -s "$1" || { cat "$1.log" && false; }
}
capturing() { $EXEC nsenter --net="/run/netns/$P-h" -- "$NETD_BUILD/netctl" -H "unix://$(host_sock h)" capture "${@:2}" -w "$1"; }
end_capture() { # FILE; the first signal is "enough"
	kill -INT "$CAPTURER"
	wait_until 30 has_ended "$CAPTURER"
	grep -q 'captured' "$1.log" || { cat "$1.log" && false; }
}
shown() { tshark -n -r "$@" 2>/dev/null; }
# Each packet's number, which is what it carries; a line each.
numbers() { shown "$1" -Y "udp.port == 7000 ${2:-}" -T fields -e data.text -o data.show_as_text:TRUE; }
n_captures() { pgrep -cf "^netd-capture .*$T" || true; }
no_captures() { [[ $(n_captures) -eq 0 ]]; }
has_packets() { [[ $(shown "$1" "${@:3}" | wc -l) -ge $2 ]]; }
# What a capture must leave as it was.
traces() {
	ip -n "$P-h" -d -j link | jq -S '[.[] | {ifname, promiscuity, is: (.flags | index("PROMISC") != null)}]'
	in_host h cat /proc/net/packet | wc -l
	in_host h nft --stateless list ruleset
	in_host h sh -c 'cd /proc/sys/net && grep -r . ipv4/conf ipv4/ip_forward ipv6/conf 2>/dev/null | sort'
	ip netns list | grep "^$P-" | sort
	find /proc/"${NETD_PID[h]}"/fd -mindepth 1 | wc -l
	find "$T/h/run" "$T/h/state" | sort
}
two_on_blue() {
	netctl network create --subnet 10.61.0.0/24 blue
	attach a --network blue
	attach b --network blue
	wait_until 30 in_c a ping -qc 1 -W 1 10.61.0.3 # neighbours are known
}
# send N [BYTES]: datagrams from b to a, each with its number and so many bytes more. They have come when this returns: on a busy machine
# the kernel takes them on when it has time to, and who ends a capture before that ends it too early.
send() {
	local before
	before=$(arrived)
	in_c b $PYTHON -ISc 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(int(sys.argv[1])):
    s.sendto(b"%06d" % i + bytes(int(sys.argv[2])), ("10.61.0.2", 7000))' "$1" "${2:-0}"
	wait_until 30 have_arrived $((before + $1))
}
# What IP of a was given, by whoever listens at its interfaces before that, and what was thrown away on the way to it because too
# much was waiting.
arrived() { echo $(($(in_a) + $(lost_between))); }
in_a() { in_c a awk '$1 == "Ip:" && n++ { print $4 }' /proc/net/snmp; } # InReceives
lost_between() {
	{ ip -n "$P-c-b" -j -s link show eth0 && ip -n "$P-h" -j -s link; } |
		jq -s '[.[][] | select(.ifname == "eth0" or .ifalias == "a on blue") | .stats64.tx.dropped] | add'
}
have_arrived() { [[ $(arrived) -ge $1 ]]; }
listen_7000() {
	spawn in_c a $PYTHON -ISc 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.61.0.2", 7000))
while True: s.recv(100)'
	wait_until 30 bash -c "nsenter --net=$(container_path a) ss -Hlnu | grep -q :7000"
}

@test "what was sent is what both ends show, in order, and it is read back by tshark and capinfos" {
	two_on_blue
	listen_7000
	local file=$T/both.pcapng
	begin_capture "$file" a --both udp port 7000
	send 500
	end_capture "$file"
	seq -f %06.0f 0 499 >"$T/sent"
	numbers "$file" 'and frame.interface_name == "a@blue eth0"' | xargs -n1 printf '%s\n' >"$T/inside"
	diff "$T/sent" "$T/inside"
	numbers "$file" 'and frame.interface_description contains "the host"' >"$T/host"
	diff "$T/sent" "$T/host"
	matches "$(cat "$file.log")" '1000 packets captured'
	# in the order of their times, over both interfaces
	shown "$file" -T fields -e frame.time_epoch >"$T/times"
	sort -c -n "$T/times"
	capinfos "$file" >"$T/infos"
	matches "$(cat "$T/infos")" 'Number of packets: *1000'
	matches "$(cat "$T/infos")" 'Strict time order: *True'
	matches "$(cat "$T/infos")" 'container a, network blue, inside'
	matches "$(cat "$T/infos")" "container a, network blue, the host's end"
	matches "$(cat "$T/infos")" 'Filter string = udp port 7000'
	# from a's side they come in, at the host's end they go out
	equals "$(shown "$file" -T fields -e frame.interface_id -e frame.packet_flags_direction | sort -u | xargs)" \
		"0 0x00000001 1 0x00000002"
}

@test "the bridge shows what passes between its containers, and is promiscuous no longer than that" {
	two_on_blue
	listen_7000
	local before file=$T/bridge.pcapng
	wait_until 30 nobody_asks
	before=$(traces)
	begin_capture "$file" blue udp port 7000
	send 100
	wait_until 30 has_packets "$file" 100
	end_capture "$file"
	equals "$(numbers "$file" | wc -l)" 100
	matches "$(capinfos "$file")" 'Description = network blue, its bridge'
	wait_until 30 no_captures
	comes_back_to "$before" traces
}

@test "it ends by itself after packets, a time, or bytes" {
	two_on_blue
	listen_7000
	begin_capture "$T/count.pcapng" a -c 7 udp port 7000
	send 50
	wait_until 30 has_ended "$CAPTURER"
	equals "$(numbers "$T/count.pcapng" | xargs)" "$(seq -f %06.0f 0 6 | xargs)"
	matches "$(cat "$T/count.pcapng.log")" '^netctl: 7 packets captured'
	netctl capture a --for 300ms >"$T/time.pcapng" 2>"$T/time.log"
	matches "$(cat "$T/time.log")" '^netctl: [0-9]+ packets? captured'
	matches "$(capinfos "$T/time.pcapng")" 'Number of stat entries = 1'
	begin_capture "$T/bytes.pcapng" a --bytes 65536 udp port 7000
	send 2000
	wait_until 30 has_ended "$CAPTURER"
	[[ $(stat -c %s "$T/bytes.pcapng") -le 65536 && $(stat -c %s "$T/bytes.pcapng") -gt 60000 ]]
	numbers "$T/bytes.pcapng" >"$T/numbers"
	seq -f %06.0f 0 1999 | head -n "$(wc -l <"$T/numbers")" | diff - "$T/numbers"
	begin_capture "$T/short.pcapng" a -s 64 -c 1 icmp
	in_c b ping -qc 1 -s 1000 10.61.0.2 >/dev/null
	wait_until 30 has_ended "$CAPTURER"
	equals "$(shown "$T/short.pcapng" -T fields -e frame.cap_len -e frame.len | xargs)" "64 1042"
}

@test "what makes no sense is refused in words, and nothing is started" {
	two_on_blue
	netctl network create a
	fails_with 1 "filter 'tcp port' is|the filter 'tcp port'.*syntax error" netctl capture b tcp port
	fails_with 1 'no container and no network called nobody' netctl capture nobody
	fails_with 1 'container:a or network:a' netctl capture a
	netctl capture container:a --for 100ms >"$T/a.pcapng"
	fails_with 2 'count is a number' netctl capture b -c 0
	fails_with 2 'for is a time' netctl capture b --for ever
	fails_with 1 'both asks about a container' netctl capture blue --both
	netctl attach c --network host --pid "${HOLDER[h]}"
	fails_with 1 "on the host's network" netctl capture c
	fails_with 1 'No such file' netctl capture b --for 1s -w "$T/nowhere/x"
	equals "$(api_status GET '/netd/v1/capture?name=b')" 400
	matches "$(api_body GET '/netd/v1/capture?name=b')" 'Upgrade: netd-capture'
	wait_until 30 no_captures
}

@test "members of the group capture without root, and nobody else does" {
	two_on_blue
	fails_with 1 'ermission denied' as_nobody 65534 "$NETD_BUILD/netctl" capture a --for 1s
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" "$T/h"
	chgrp 4711 "$(host_sock h)"
	as_nobody 4711 "$NETD_BUILD/netctl" capture a --for 300ms >"$T/member.pcapng"
	matches "$(capinfos "$T/member.pcapng")" 'container a, network blue, inside'
	fails_with 1 'ermission denied' as_nobody 4712 "$NETD_BUILD/netctl" capture a --for 1s
	# And so does what Wireshark starts for them.
	matches "$(as_nobody 4711 "$NETD_BUILD/netd-extcap" --extcap-interfaces)" '\{value=netd:a\}'
	lacks "$(as_nobody 4712 "$NETD_BUILD/netd-extcap" --extcap-interfaces 2>&1)" 'value=netd:'
	mkfifo -m 666 "$T/fifo"
	spawn_to "$T/extcap.log" as_nobody 4711 "$NETD_BUILD/netd-extcap" --capture --extcap-interface netd:a --fifo "$T/fifo"
	equals "$(timeout 60 head -c 4 "$T/fifo" | od -An -tx1 | xargs)" "0a 0d 0d 0a"
	in_c b ping -qc 1 -W 20 10.61.0.2 >/dev/null # it sees at the next packet that nobody reads
	wait_until 30 has_ended "$SPAWNED"
	wait_until 30 no_captures
}
as_nobody() { # GROUP COMMAND…
	in_host h env NETD_HOST="unix://$(host_sock h)" setpriv --reuid=65534 --regid="$1" --clear-groups "${@:2}"
}

@test "nothing stays of captures that are killed, on either side" {
	two_on_blue
	listen_7000
	spawn in_c b sh -c 'while :; do ping -qf -c 200 10.61.0.2; done >/dev/null'
	local before i drops=
	[[ -n $(kernel_lacks) ]] || drops=--drops
	wait_until 30 nobody_asks
	before=$(traces)
	for i in {1..100}; do
		[[ $((i % 8)) -ne 0 ]] || wait_until 30 no_captures # 16 at once are allowed, and who is killed takes a moment to go
		case $((i % 4)) in
		0) begin_capture "$T/k$i" blue ;;
		1) begin_capture "$T/k$i" a --both ;;
		2) begin_capture "$T/k$i" a $drops icmp ;;
		3) spawn_to "$T/k$i.log" capturing "$T/k$i" blue && CAPTURER=$! ;; # somewhere in its beginning
		esac
		if [[ $((i % 5)) -eq 0 && $((i % 4)) -ne 3 ]]; then
			pkill -9 -f "^netd-capture .*$T" || true
			wait_until 30 has_ended "$CAPTURER"
		else
			kill -9 "$CAPTURER"
		fi
		rm -f "$T/k$i" "$T/k$i.log"
	done
	wait_until 30 no_captures
	comes_back_to "$before" traces
	wait_until 30 no_program # of a tracer, without one
}

@test "a capture that was killed says that it has no end" {
	two_on_blue
	begin_capture "$T/x.pcapng" a
	pkill -9 -f "^netd-capture .*$T"
	wait_until 30 has_ended "$CAPTURER"
	matches "$(cat "$T/x.pcapng.log")" 'ended before the capture did'
}

@test "a reader that rests loses packets, which are counted, and holds up nobody" {
	two_on_blue
	listen_7000
	mkfifo "$T/slow"
	exec 8<>"$T/slow" # a reader that does not read
	spawn_to "$T/slow.log" slow_capture
	local capturer=$SPAWNED before lost
	wait_until 30 capture_is_ready
	before=$(in_a) lost=$(lost_between)
	send 30000 1200
	answers h >/dev/null
	kill -INT "$capturer"
	cat <&8 >"$T/slow.pcapng" &
	local reader=$!
	wait_until 60 grep -q 'captured' "$T/slow.log"
	kill "$reader" 2>/dev/null || true
	exec 8>&-
	matches "$(cat "$T/slow.log")" 'captured, [0-9]+ more lost'
	# Each that has come to a is in one number or the other, and what has not is what the kernel threw away before that.
	local n
	n=$(sed -n 's/^netctl: \([0-9]*\) packets.*/\1/p' "$T/slow.log")
	n=$((n + $(sed -n 's/.* \([0-9]*\) more lost.*/\1/p' "$T/slow.log")))
	equals "$n" $(($(in_a) - before))
	equals "$n" $((30000 - $(lost_between) + lost))
}
slow_capture() { $EXEC nsenter --net="/run/netns/$P-h" -- "$NETD_BUILD/netctl" -H "unix://$(host_sock h)" capture a -w - udp port 7000 >&8; }
# The one socket of its kind in a hears every protocol of one interface: that is the last thing that is done to it.
capture_is_ready() { [[ $(in_c a awk 'NR > 1 { print $4, ($5 > 0), $6 }' /proc/net/packet) == "0003 1 1" ]]; }

@test "a full disk and a closed pipe end it, in words and without" {
	two_on_blue
	listen_7000
	mkdir "$T/small"
	in_host h mount -t tmpfs -o size=64k none "$T/small"
	spawn_to "$T/full.log" in_host h "$NETD_BUILD/netctl" -H "unix://$(host_sock h)" capture a -w "$T/small/x" udp port 7000
	wait_until 30 capture_is_ready
	send 5000
	wait_until 30 grep -q 'No space left on device' "$T/full.log"
	wait_until 30 no_captures
	netctl capture a udp port 7000 2>"$T/pipe.log" | head -c 100 >/dev/null &
	wait_until 30 capture_is_ready || true
	send 100
	wait_until 30 no_captures
}

@test "it ends when the container does, and goes on while netd is replaced" {
	two_on_blue
	listen_7000
	begin_capture "$T/x.pcapng" a udp port 7000
	send 10
	host_restart h KILL
	send 10
	wait_until 30 has_packets "$T/x.pcapng" 20
	netctl detach a
	wait_until 30 has_ended "$CAPTURER"
	matches "$(cat "$T/x.pcapng.log")" '^netctl: 20 packets captured'
	wait_until 30 no_captures
}

@test "root captures where netd is dead" {
	two_on_blue
	listen_7000
	kill -9 "${NETD_PID[h]}"
	wait_until 30 has_ended "${NETD_PID[h]}"
	begin_capture "$T/x.pcapng" b --both --state-dir "$T/h/state" udp port 7000
	send 20
	wait_until 30 has_packets "$T/x.pcapng" 40
	end_capture "$T/x.pcapng"
	equals "$(numbers "$T/x.pcapng" 'and frame.interface_id == 0' | wc -l)" 20
	fails_with 1 'called nobody' netctl capture nobody --state-dir "$T/h/state"
}

@test "17 at once are one too many, also for a netd that has started none of them" {
	two_on_blue
	local i
	for i in {1..16}; do begin_capture "$T/n$i" a; done
	fails_with 1 '16 captures run already' netctl capture a --for 1s
	host_restart h KILL
	fails_with 1 '16 captures run already' netctl capture a --for 1s
	pkill -9 -f "^netd-capture .*$T" -o # the oldest has no last words
	wait_until 30 netctl capture a --for 100ms >/dev/null
	begin_capture "$T/n17" a
	fails_with 1 '16 captures run already' netctl capture a --for 1s
	kill -INT "$CAPTURER"
	wait_until 30 has_ended "$CAPTURER"
	wait_until 30 netctl capture a --for 100ms >/dev/null
}

@test "questions to the resolver are on lo, and packets that are not finished say so" {
	two_on_blue
	begin_capture "$T/lo.pcapng" a --loopback
	ask a b >/dev/null
	serve b 80
	get_from a http://10.61.0.3/ >/dev/null
	wait_until 30 has_packets "$T/lo.pcapng" 1 -Y tcp.flags.fin==1
	end_capture "$T/lo.pcapng"
	[[ $(shown "$T/lo.pcapng" -Y 'dns && frame.interface_name == "a lo"' | wc -l) -ge 2 ]]
	matches "$(shown "$T/lo.pcapng" -Y tcp -T fields -e frame.comment | sort -u)" 'its checksum is not computed yet'
}

@test "a capture comes through ssh:// as it is" {
	source "$LIB/ssh.bash"
	sshd_on_host h
	two_on_blue
	listen_7000
	spawn_to "$T/ssh.log" in_out env HOME="$T/home" PATH="$T/bin:$PATH" "$NETD_BUILD/netctl" -H ssh://root@192.0.2.10:2222 \
		capture a -c 300 -w "$T/ssh.pcapng" udp port 7000
	wait_until 30 test -s "$T/ssh.pcapng"
	send 300
	wait_until 30 grep -q captured "$T/ssh.log"
	matches "$(cat "$T/ssh.log")" '^netctl: 300 packets captured'
	numbers "$T/ssh.pcapng" | diff <(seq -f %06.0f 0 299) -
}

# One that hangs fails.
extcap_tshark() { in_host h env NETD_HOST="unix://$(host_sock h)" timeout 120 tshark -n "$@"; }
# In the place of the folder where the system's tshark looks, for this host.
with_extcap() {
	mkdir -p "$T/extcap"
	ln -sf "$NETD_BUILD/netd-extcap" "$T/extcap/"
	in_host h mount --bind "$T/extcap" "$(tshark -G folders 2>/dev/null | sed -n 's/^Extcap path:[[:space:]]*//p')"
}

@test "tshark lists containers and networks as interfaces, and captures on them" {
	local said
	two_on_blue
	listen_7000
	with_extcap
	extcap_tshark -D >"$T/list" 2>/dev/null
	matches "$(cat "$T/list")" 'netd:a \(container a \(blue\)\)'
	matches "$(cat "$T/list")" 'netd:network:blue \(network blue'
	spawn_to "$T/tshark.log" extcap_tshark -i netd:a -f 'udp port 7000' -c 5 -w "$T/t.pcapng"
	wait_until 30 capture_is_ready
	send 5
	wait_until 60 no_captures
	wait_until 30 has_packets "$T/t.pcapng" 5
	equals "$(numbers "$T/t.pcapng" | xargs)" "$(seq -f %06.0f 0 4 | xargs)"
	said=$(extcap_tshark -i netd:a -f 'udp port' -c 1 2>&1) || [[ $? -ne 124 ]]
	matches "$said" "the filter 'udp port'"
	kill -9 "${NETD_PID[h]}"
	wait_until 30 has_ended "${NETD_PID[h]}"
	lacks "$(extcap_tshark -D 2>/dev/null)" 'netd:'
}

# to N PORT ADDRESS [FROM]: a datagram with that number, from b unless another is named.
to() { in_c "${4:-b}" $PYTHON -ISc 'import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"%06d" % int(sys.argv[1]), (sys.argv[3], int(sys.argv[2])))' "$1" "$2" "$3"; }
from_outside() { in_out $PYTHON -ISc 'import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"%06d" % int(sys.argv[1]), (sys.argv[3], int(sys.argv[2])))' "$@"; }
# "NUMBER COMMENT" of each dropped packet of UDP, in the order of the file.
dropped() {
	shown "$1" -Y 'frame.interface_name == "dropped" && udp && !icmp' -T fields -e data.text -e frame.comment -o data.show_as_text:TRUE
}

@test "what the kernel throws away is in it, once, with the reason, in the order of time" {
	local why tracer i file=$T/drops.pcapng
	why=$(kernel_lacks)
	[[ -z $why ]] || skip "$why"
	two_on_blue
	listen_7000
	in_host h ip route add throw 203.0.113.0/24
	in_host h ip route flush default
	in_c a nft 'table ip t { chain c { type filter hook input priority 0; udp dport 9 drop; }; }'
	# What the host drops behind NAT: of a published port, and of what a has sent.
	netctl port add a 7070:97/udp >/dev/null
	in_host h nft 'table inet corp { chain f { type filter hook forward priority 0; iifname up0 udp dport 97 drop; };
		chain p { type filter hook postrouting priority 300; udp dport 98 drop; }; }'
	in_host h ip route add 192.0.2.9/32 dev up0
	begin_capture "$file" a --drops udp
	# The name of a function is looked up when it drops its first packet, for longer than others wait on a busy machine.
	to 0 99 10.61.0.2
	to 0 9 10.61.0.2
	to 0 9 203.0.113.9 a
	wait_until 30 has_packets "$file" 3 -Y 'frame.interface_name == "dropped" && udp && !icmp'
	to 1 7000 10.61.0.2 # is taken
	to 2 99 10.61.0.2   # nobody listens
	to 3 9 10.61.0.2    # a rule
	to 4 9 203.0.113.9 a # no route
	to 5 9 10.61.0.3 a   # b's to drop
	from_outside 7 7070 "$(host_addr h)" # a rule, behind DNAT
	to 8 98 192.0.2.9 a  # a rule, behind SNAT
	to 6 7000 10.61.0.2
	wait_until 30 has_packets "$file" 2 -Y 'frame.interface_name != "dropped" && udp.dstport == 7000'
	wait_until 30 has_packets "$file" 8 -Y 'frame.interface_name == "dropped" && udp && !icmp'
	end_capture "$file"
	equals "$(dropped "$file" | cut -f1 | sed '/000000/!d' | wc -l)" 3
	dropped "$file" | sed '/^000000/d' >"$T/dropped"
	equals "$(cut -f1 "$T/dropped" | xargs)" "000002 000003 000004 000007 000008"
	matches "$(sed -n 1p "$T/dropped")" '(NO_SOCKET|dropped) in .*, (at eth0 of|in) a$'
	matches "$(sed -n 2p "$T/dropped")" '(NETFILTER_DROP|dropped) in n.*, at eth0 of a$'
	matches "$(sed -n 3p "$T/dropped")" '(IP_INNOROUTES|dropped) in ip_error.*, at br-.* of the host$'
	matches "$(sed -n 4p "$T/dropped")" "at up0 of the host; sent as 192\\.0\\.2\\.[0-9]+:[0-9]+ > $(host_addr h | sed 's/\./\\./g'):7070\$"
	matches "$(sed -n 5p "$T/dropped")" 'at up0 of the host; sent as 10\.61\.0\.2:[0-9]+ > 192\.0\.2\.9:98$'
	# all of it in the order of times, and what was dropped inside behind what came in
	shown "$file" -T fields -e frame.time_epoch -e data.text -o data.show_as_text:TRUE | sed -n '/000001$/,$p' >"$T/times"
	sort -c -n "$T/times"
	[[ $(wc -l <"$T/times") -ge 8 ]]
	equals "$(shown "$file" -Y 'udp.dstport == 99 && !icmp' -T fields -e frame.interface_name | xargs)" "a@blue eth0 dropped a@blue eth0 dropped"
	matches "$(capinfos "$file")" 'Description = a, packets that the kernel dropped'
	lacks "$(cat "$file.log")" 'not in it'
	# as long as the snap length says, by a filter, of a network
	begin_capture "$T/blue.pcapng" blue --drops -s 64 udp port 99
	in_c b $PYTHON -ISc 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"7" * 500, ("10.61.0.2", 99))
s.sendto(b"8" * 500, ("10.61.0.2", 98))'
	wait_until 30 has_packets "$T/blue.pcapng" 1 -Y 'frame.interface_name == "dropped"'
	end_capture "$T/blue.pcapng"
	equals "$(shown "$T/blue.pcapng" -Y 'frame.interface_name == "dropped"' -T fields -e frame.cap_len -e frame.len | xargs)" "64 528"
	# nothing stays of one that is killed
	wait_until 30 no_captures # of which one would be taken for it
	begin_capture "$T/killed.pcapng" a --drops
	tracer=$(pgrep -P "$(pgrep -f "^netd-capture .*$T")")
	[[ $(programs "$tracer") -gt 0 ]]
	pkill -9 -f "^netd-capture .*$T"
	wait_until 30 has_ended "$tracer"
	wait_until 30 no_captures
}

@test "a tracer that is killed ends what is dropped and nothing else, and that is said, in the file, too" {
	local why tracer status=0 file=$T/cut.pcapng
	why=$(kernel_lacks)
	[[ -z $why ]] || skip "$why"
	two_on_blue
	listen_7000
	begin_capture "$file" a --drops udp
	to 1 99 10.61.0.2
	wait_until 30 has_packets "$file" 1 -Y 'frame.interface_name == "dropped" && udp && !icmp'
	tracer=$(pgrep -P "$(pgrep -f "^netd-capture .*$T")")
	kill -9 "$tracer"
	to 2 7000 10.61.0.2
	wait_until 30 has_packets "$file" 1 -Y 'udp.dstport == 7000'
	kill -INT "$CAPTURER"
	wait "$CAPTURER" || status=$?
	equals "$status" 1
	matches "$(tail -1 "$file.log")" 'the tracer ended before the capture did: what was dropped since then is not in it'
	grep -aq 'the tracer ended before the capture did' "$file"
	matches "$(capinfos "$file")" 'Number of stat entries = 1'
	equals "$(dropped "$file" | cut -f1)" 000001
	wait_until 30 no_captures
}

@test "members of the group see dropped packets where an administrator lets them; else why not is said" {
	local why
	why=$(kernel_lacks)
	[[ -z $why ]] || skip "$why"
	two_on_blue
	listen_7000
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" "$T/h"
	chgrp 4711 "$(host_sock h)"
	spawn_to "$T/spawned.log" member_to "$T/none.pcapng" a --drops -c 1 udp port 7000
	wait_until 30 test -s "$T/none.pcapng"
	send 1
	wait_until 30 has_ended "$SPAWNED"
	matches "$(cat "$T/none.pcapng.log")" 'dropped packets are not in it: netd has nobody who loads programs'
	equals "$(numbers "$T/none.pcapng")" 000000
	echo '{ "trace-for-group": true }' >"$T/h/etc/netd/netd.json"
	host_restart h KILL
	chgrp 4711 "$(host_sock h)"
	spawn_to "$T/spawned.log" member_to "$T/some.pcapng" a --drops -c 2 udp port 99
	wait_until 30 test -s "$T/some.pcapng"
	to 1 99 10.61.0.2
	wait_until 30 has_ended "$SPAWNED"
	matches "$(dropped "$T/some.pcapng")" '^000001'
	lacks "$(cat "$T/some.pcapng.log")" 'not in it'
}
member_to() { # FILE ARGUMENT…
	exec >"$1" 2>"$1.log"
	as_nobody 4711 "$NETD_BUILD/netctl" capture "${@:2}"
}

# ---- a netd that does not answer ----

nothing_looks() { ! pgrep -f "^netd-(capture|explain|trace) .*$T"; }
member_traces() { as_nobody 4711 "$NETD_BUILD/netctl" trace --format json a; }

@test "that netd is stopped or has ended is told to members of the group in one sentence, and nothing is left behind" {
	local before status=0 command stopped='^netctl: netd at unix://.* is stopped: root lets it go on with kill -CONT [0-9]+$'
	two_on_blue
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" "$T/h"
	chgrp 4711 "$(host_sock h)"
	before=$(traces)
	kill -STOP "${NETD_PID[h]}"
	for command in "trace a" drops; do
		# shellcheck disable=SC2086 # words
		fails_with 4 "$stopped" as_nobody 4711 "$NETD_BUILD/netctl" $command
	done
	fails_with 1 "$stopped" as_nobody 4711 "$NETD_BUILD/netctl" capture a
	kill -CONT "${NETD_PID[h]}"
	wait_until 30 answers h
	comes_back_to "$before" traces
	# Whoever has begun is held up by nobody, and goes on as long as it can.
	spawn_to "$T/trace.log" member_traces
	local tracing=$SPAWNED capturing
	wait_until 100 grep -q '"Ready"' "$T/trace.log"
	spawn_to "$T/spawned.log" member_to "$T/m.pcapng" a -c 3 icmp
	capturing=$SPAWNED
	wait_until 30 test -s "$T/m.pcapng"
	kill -STOP "${NETD_PID[h]}"
	in_c b ping -qc 1 -W 20 10.61.0.2 >/dev/null
	wait_until 30 grep -q '"Event"' "$T/trace.log"
	kill -9 "${NETD_PID[h]}"
	wait "$tracing" || status=$?
	equals "$status" 4
	equals "$(tail -1 "$T/trace.log")" "netctl: netd has ended, and what it told with it: begin again when it runs"
	in_c b ping -qc 1 -W 20 10.61.0.2 >/dev/null
	wait "$capturing"
	matches "$(cat "$T/m.pcapng.log")" '^netctl: 3 packets captured'
	wait_until 30 nothing_looks
	wait_until 30 no_table_of_trace
}

# ---- docs/capture.md ----

PAGE=$BATS_TEST_DIRNAME/../../docs/capture.md
# Something comes by on every port that the page asks for, and some of it is thrown away.
speaks_to_web() {
	in_c b $PYTHON -ISc 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(b"x", ("10.61.0.2", 53))
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect_ex(("10.61.0.2", 80))
    time.sleep(0.05)'
}
# A command in a process group of its own, in the folder $T/page; -H ssh:// from another host.
typed() { # COMMAND
	local where=(in_host h env "NETD_HOST=unix://$(host_sock h)")
	[[ $1 != *ssh://* ]] || where=(in_out env)
	EXEC="exec setsid"
	"${where[@]}" HOME="$T/home" PATH="$T/bin:$NETD_BUILD:$PATH" bash -c "cd '$T/page' && $1"
}
# What it writes is a file, or comes out.
has_shown() { [[ -s $T/page/web.pcapng || -s $T/page.log ]]; }
# Whoever has no end of its own is ended once it shows something.
works_as_typed() { # COMMAND
	rm -f "$T/page.log" "$T/page/web.pcapng"
	[[ $1 != 'tshark -r '* ]] || mv "$T/page/last.pcapng" "$T/page/web.pcapng"
	spawn_to "$T/page.log" typed "$1"
	wait_until 60 has_shown || return 1
	kill -TERM -- "-$SPAWNED" 2>/dev/null || true
	wait_until 30 has_ended "$SPAWNED"
	[[ ! -e $T/page/web.pcapng ]] || mv "$T/page/web.pcapng" "$T/page/last.pcapng"
	lacks "$(cat "$T/page.log")" 'rror|not found|refused|usage:'
}

@test "every line of docs/capture.md works as it stands there" {
	local why line n=0
	why=$(kernel_lacks)
	[[ -z $why ]] || skip "$why"
	source "$LIB/ssh.bash"
	netctl network create --subnet 10.61.0.0/24 blue
	attach web --network blue
	attach b --network blue
	with_extcap
	sshd_on_host h
	printf 'Host host\n\tHostName 192.0.2.10\n\tPort 2222\n' >>"$T/home/.ssh/config"
	# No window is opened here: it reads what it is given.
	printf '#!/bin/sh\nexec tshark -n -c 2 -r -\n' >"$T/bin/wireshark"
	chmod 755 "$T/bin/wireshark"
	mkdir "$T/page"
	spawn speaks_to_web
	while IFS= read -r line; do
		works_as_typed "$line" || { echo "\$ $line" && cat "$T/page.log" && false; }
		n=$((n + 1))
	done < <(sed -n 's/^    //p' "$PAGE" | sed 's/  *# .*//')
	[[ $n -ge 10 ]]
}
