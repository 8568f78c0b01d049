#!/usr/bin/env bats
# trace.bats - netctl explain --trace: what the kernel says of a packet, and that nothing is left of the tracer
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib
load world
load breakages
load tracers

TRACE=$NETD_BUILD/netd-trace
KILLS=${KILLS:-100} # how often a tracer is killed
LANES=4             # so many at once: a tracer mostly waits for the kernel

setup() { # each test makes what it needs
	local why
	why=$(kernel_lacks)
	[[ -z $why ]] || skip "$why"
}
# ---- the tracer alone, in namespaces of its own ----

inode_of() { stat -Lc %i "/run/netns/$P-$1"; }
in_ns() { nsenter --net="/run/netns/$P-$1" -- "${GUARD[@]}" "${@:2}"; }
alone_new() { # NAME…
	local name
	for name; do
		ip netns add "$P-$name"
		ip -n "$P-$name" link set lo up
	done
}

# tracer_new ORDERS: it runs, and has been told; lines go to $T/lines. Closing the descriptor $ORDERS ends it.
tracer_new() {
	rm -f "$T/orders"
	mkfifo "$T/orders"
	"$TRACE" ${TRACE_MODE:+"$TRACE_MODE"} <"$T/orders" >"$T/lines" &
	TRACER=$!
	exec {ORDERS}>"$T/orders"
	printf '%s\n' "$@" go >&"$ORDERS"
	wait_until 100 grep -q '"Ready":true' "$T/lines"
}
tracer_ends() {
	exec {ORDERS}>&-
	wait "$TRACER"
}
connects() { # NAMESPACE PORT [SOURCE PORT]: it is refused
	in_ns "$1" $PYTHON -I -S -c '
import socket, sys
s = socket.socket()
s.bind(("127.0.0.1", int(sys.argv[2])))
s.connect_ex(("127.0.0.1", int(sys.argv[1])))' "$2" "${3:-0}"
}

@test "packets of a namespace that was not asked about never reach it" {
	alone_new asked other
	tracer_new "netns $(inode_of asked)"
	for _ in 1 2 3 4 5; do connects other 81; done
	connects asked 82
	tracer_ends
	jq -se --argjson inode "$(inode_of asked)" 'map(select(.Event)) | length > 0 and all(.[]; .Netns == $inode)' \
		"$T/lines"
	# What it has counted is what it has written: nothing was thrown away on this side.
	jq -se '(map(select(.Event)) | length) == (.[-1].Events) and .[-1].Lost == 0' "$T/lines"
	[[ $(jq -s 'map(.Packet.ToPort | select(. == 81)) | length' "$T/lines") -eq 0 ]]
}

@test "of a flow others' packets do not reach it, and its answers do" {
	alone_new asked
	tracer_new "netns $(inode_of asked)" "address 127.0.0.1" "flow tcp 40123"
	connects asked 81 40124
	connects asked 82 40123
	tracer_ends
	[[ $(jq -r 'select(.Event) | "\(.Event) \(.Packet.Flags)"' "$T/lines" | sort -u | tr '\n' ,) == \
		"dropped SYN,received RST,ACK,received SYN,reset SYN,sent RST,ACK,sent SYN," ]]
	jq -se 'all(.[] | select(.Event); .Packet.FromPort == 40123 or .Packet.ToPort == 40123)' "$T/lines"
	jq -se 'any(.[]; .Reason == "NO_SOCKET" and .Function == "tcp_v4_rcv")' "$T/lines"
}

tells_drop() { # JQ: of the numbers as they are now
	local before
	before=$(grep -c Told "$T/lines") || true
	echo tell >&"$ORDERS"
	wait_until 30 eval "[[ \$(grep -c Told '$T/lines') -gt $before ]]"
	jq -se "[.[] | select(.Dropped)] | any(.[]; $1)" "$T/lines"
}

@test "drops are counted by namespace, link, reason and function, and those of others are not" {
	local i
	alone_new asked other
	TRACE_MODE=--count tracer_new "netns $(inode_of asked)"
	for i in 1 2 3 4 5; do connects asked 81; done
	for i in 1 2 3; do connects other 81; done
	tells_drop '.Dropped == 5 and .Link == "lo" and .Reason == "NO_SOCKET" and .Function == "tcp_v4_rcv"'
	connects asked 81
	tells_drop '.Dropped == 6 and .Function == "tcp_v4_rcv"'
	jq -se --argjson inode "$(inode_of asked)" '[.[] | select(.Dropped)] | length > 0 and all(.[]; .Netns == $inode)' "$T/lines"
	tracer_ends
}

@test "a namespace that has ended is forgotten, with its numbers" {
	alone_new asked other
	TRACE_MODE=--count tracer_new "netns $(inode_of asked)" "netns $(inode_of other)"
	connects asked 81
	connects asked 81
	connects other 81
	tells_drop ".Dropped == 2 and .Netns == $(inode_of asked)"
	echo "forget $(inode_of asked)" >&"$ORDERS"
	connects asked 81
	tells_drop ".Dropped == 1 and .Netns == $(inode_of other)"
	told_last "all(.[]; .Netns != $(inode_of asked))"
	# And it may come back, from 0 on.
	echo "netns $(inode_of asked)" >&"$ORDERS"
	tells_drop true
	connects asked 81
	tells_drop true
	told_last "any(.[]; .Dropped == 1 and .Netns == $(inode_of asked))"
	tracer_ends
}
# JQ of the numbers that were told last.
told_last() { jq -se "map(select(.Dropped or .Told)) | .[([to_entries[] | select(.value.Told) | .key] | .[-2] + 1):-1] | $1" "$T/lines"; }

# So many links, by each of which comes one packet with a wrong checksum.
drops_at_links() { # NAMESPACE HOW MANY
	in_ns "$1" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	in_ns "$1" $PYTHON -I -S -c '
import fcntl, socket, struct, sys
TUNSETIFF, TUNSETPERSIST, SIOCSIFFLAGS = 0x400454ca, 0x400454cb, 0x8914
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
packet = bytes.fromhex("45000014000000004011ffff7f0000010a000001")
for i in range(int(sys.argv[1])):
    name = b"t%d" % i
    with open("/dev/net/tun", "r+b", buffering=0) as tun:
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name, 0x1001))  # IFF_TUN | IFF_NO_PI
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH22x", name, 1))
        tun.write(packet)
        fcntl.ioctl(tun, TUNSETPERSIST, 1)  # all go with the namespace, which is quicker' "$2"
}

@test "drops at more places than there is room for are counted together" {
	local room=16384 more=40
	[[ -c /dev/net/tun ]] || skip "this kernel has no tun"
	alone_new asked
	TRACE_MODE=--count tracer_new "netns $(inode_of asked)"
	drops_at_links asked $((room + more))
	echo tell >&"$ORDERS"
	wait_until 60 grep -q Told "$T/lines"
	tracer_ends
	# No packet is in neither: others of the link's, such as those of IPv6, may be counted, too.
	jq -se --argjson room $room --argjson more $more 'map(select(.Told)) | .[0].Told == $room and .[0].Uncounted >= $more' "$T/lines"
	jq -se --argjson all $((room + more)) '([.[] | .Dropped // .Uncounted // 0] | add) >= $all' "$T/lines"
	[[ $(jq -r 'select(.Dropped) | .Link' "$T/lines" | sort -u | wc -l) -ge $((room - more)) ]]
}

@test "it keeps three capabilities and a filter of system calls" {
	alone_new asked
	tracer_new "netns $(inode_of asked)"
	[[ $(programs "$TRACER") -ge 4 ]] # which a killed one leaves nothing of, below; an old kernel lacks icmp_send
	equals "$(programs $$)" 0
	# CAP_SYSLOG 34, CAP_PERFMON 38, CAP_BPF 39
	local set
	for set in CapPrm CapEff CapBnd; do
		[[ $(awk -v set="$set:" '$1 == set { print $2 }' "/proc/$TRACER/status") == 000000c400000000 ]]
	done
	grep -q '^Seccomp:[[:space:]]*2$' "/proc/$TRACER/status"
	grep -q '^NoNewPrivs:[[:space:]]*1$' "/proc/$TRACER/status"
	tracer_ends
}

@test "what the kernel or the rights lack is said in words" {
	lacks() { # COMMAND…
		run "$@" </dev/null
		[[ $status -eq 1 ]] && jq -er .Lacks <<<"$output"
	}
	[[ $(lacks unshare --mount sh -c 'mount -t tmpfs none /sys/kernel/btf && exec "$1"' lacks "$TRACE") == \
		*"/sys/kernel/btf/vmlinux cannot be read"* ]]
	[[ $(lacks setpriv --bounding-set -bpf --inh-caps -bpf "$TRACE") == *"needs CAP_BPF and CAP_PERFMON"* ]]
	if unshare --user --map-root-user true 2>/dev/null; then
		[[ $(lacks unshare --user --map-root-user "$TRACE") == *"the kernel refuses"* ]]
	else
		echo "# a user without rights is not tried: user namespaces are not allowed here" >&3
	fi
	run "$TRACE" <<<"nonsense"
	[[ $status -eq 1 && $output == *"is no order"* ]]
	run "$TRACE" < <(printf 'caf\xe9\n') # of any bytes, and told all the same
	[[ $status -eq 1 && $(jq -r .Lacks <<<"$output") == '"caf?" is no order'* ]]
}

# Its input stays open: nobody but itself ends it.
@test "without memory for its orders or its lines it ends with one sentence" {
	local arrays
	gcc -std=gnu17 -D_GNU_SOURCE -O1 -fPIC -shared -o "$T/memory.so" "$BATS_TEST_DIRNAME/memory.c"
	mkfifo "$T/open"
	exec {ORDERS}<>"$T/open"
	for arrays in 0 1; do
		printf '%s\n' "netns 1" go >&"$ORDERS"
		run env LD_PRELOAD="$T/memory.so" NETD_ARRAYS="$arrays" \
			ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0" timeout 60 "$TRACE" <"$T/open"
		echo "$arrays: $status $output"
		[[ $status -eq 1 && $(jq -r .Lacks <<<"$output") == *memory* ]]
	done
	exec {ORDERS}>&-
}

# ---- with netd ----

traced() { netctl explain --trace --state-dir "$T/h/state" --format json "$@"; }
# saw FROM TO JQ: in the answer, to which $said is set
saw() {
	said=$(traced "$1" "$2") || true
	jq -e "$3" <<<"$said" >/dev/null || {
		jq '{Verdict, Code, Cause, Probe, Trace}' <<<"$said"
		return 1
	}
}
places() { jq -r '[.Trace.Lines[].Where] | reduce .[] as $w ([]; if .[-1] == $w then . else . + [$w] end) | join(" ")' <<<"$said"; }

@test "a SYN and its answer are seen in order, by a bridge, by the host and by a published port" {
	explain_world
	saw web db:80/tcp '.Verdict == "reachable" and .Trace.Agrees and .Trace.Lacks == null'
	[[ $(places) == "web host db host web" ]]
	jq -e '[.Trace.Lines[].Milliseconds] | . == sort' <<<"$said"
	[[ $(jq -r '.Trace.Lines[0].Say' <<<"$said") == "out 10.61.0.2:"*" > 10.61.0.3:80 SYN" ]]
	[[ $(jq -r '.Trace.Lines[-1].Say' <<<"$said") == "in 10.61.0.3:80 > 10.61.0.2:"*" SYN,ACK" ]]
	[[ $(jq -r '.Trace.Lines[1].Link' <<<"$said") == "web's port" ]]
	saw c host:8081/tcp '.Verdict == "reachable"' # NAT on the way
	[[ $(places) == "c host db host c" ]]
	saw web "[2001:db8:61::3]:80/tcp" '.Verdict == "reachable"'
	[[ $(places) == "web host db host web" ]]
	saw web db:90/udp '.Verdict == "reachable" and (.Trace.Lines | length) > 3'
}

@test "a ping and its answer are seen in order, of either family, through NAT, and where they are lost" {
	explain_world
	saw web db/icmp '.Verdict == "reachable" and .Probe.Outcome == "answered" and .Trace.Agrees and .Trace.Lacks == null and
		.Trace.Lines[0].Say == "out 10.61.0.2 > 10.61.0.3 ICMP echo request" and
		.Trace.Lines[-1].Say == "in 10.61.0.3 > 10.61.0.2 ICMP echo reply"'
	[[ $(places) == "web host db host web" ]]
	saw web "[2001:db8:61::3]/icmp" '.Verdict == "reachable" and .Trace.Lines[-1].Say == "in 2001:db8:61::3 > 2001:db8:61::2 ICMP echo reply"'
	[[ $(places) == "web host db host web" ]]
	saw web "$FAR/icmp" '.Verdict == "reachable"' # masqueraded
	[[ $(places) == "web host web" ]]
	matches "$(rules_met)" '^host inet netd forward '
	jq -e 'any(.Trace.Rules[]; .Answer)' <<<"$said"
	# What is lost is seen where it is: by a rule, by a reject, by a setting that drops nothing.
	foreign db ip filter input 0 'ip protocol icmp drop'
	saw web db/icmp '.Code == "rules-of-b" and .Probe.Outcome == "silent" and .Trace.Agrees and (.Trace.End | startswith("dropped in db: NETFILTER_DROP"))'
	matches "$(rules_met)" '^db ip corp f drop'
	foreign_ends db ip
	foreign web ip filter input 0 'icmp type echo-reply drop'
	saw web db/icmp '.Code == "own-rules-in" and .Trace.Agrees and any(.Trace.Rules[]; .Where == "web" and .Answer and .Verdict == "drop")'
	foreign_ends web ip
	foreign host inet filter forward 0 'ip protocol icmp reject with icmp type admin-prohibited'
	saw web "$FAR/icmp" '.Code == "rules-reject" and .Trace.Agrees and .Trace.End == "refused by host"'
	foreign_ends host inet
	set_value db net/ipv4/icmp_echo_ignore_all 1
	saw web db/icmp '.Code == "echo-ignored" and .Trace.Agrees and .Trace.End == "last seen in db at eth0"'
	set_value db net/ipv4/icmp_echo_ignore_all 0
	# Whom nobody can reach says so by an error that quotes the ping.
	saw web 10.61.0.77/icmp '.Probe.Outcome != "answered" and .Trace.Agrees and (.Trace.End | test("in web|by web"))'
	run netctl explain --trace --state-dir "$T/h/state" web db
	matches "$output" '^ +[0-9.]+  web +eth0 +out 10.61.0.2 > 10.61.0.3 ICMP echo request$'
	equals "$(awk 'length > 80' <<<"$output")" ""
	run tables_of_trace
	equals "$output" ""
}

@test "of a ping others' pings do not reach it, and its large one does" {
	alone_new asked
	tracer_new "netns $(inode_of asked)" "address 127.0.0.1" "flow icmp 4711"
	in_ns asked $PYTHON -I -S -c '
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
def ping(number, size):
    packet = struct.pack("!BBHHH", 8, 0, 0, number, 1) + bytes(size)
    total = sum(struct.unpack("!%dH" % (len(packet) // 2), packet))
    total = (total >> 16) + (total & 0xffff)
    s.sendto(packet[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + packet[4:], ("127.0.0.1", 0))
s.settimeout(30)
for number, size in (4712, 10), (4711, 20), (4711, 1000), (4713, 30):
    ping(number, size)
for _ in range(8): # each question comes by here, and each answer
    s.recv(2000)'
	tracer_ends
	equals "$(jq -r 'select(.Event == "received") | "\(.IcmpType) \(.Packet.Bytes)"' "$T/lines" | sort | tr '\n' ,)" "0 1028,0 48,8 1028,8 48,"
}

# The rules that its packets met, in order: "host inet corp f drop"
rules_met() { jq -r '.Trace.Rules[] | "\(.Where) \(.Family) \(.Table) \(.Chain) \(.Verdict)"' <<<"$said"; }

@test "rules that its packets meet are told, and which one dropped it" {
	explain_world
	saw web "$FAR:80/tcp" '.Trace.RulesLack == null and (.Trace.Rules | length > 0) and all(.Trace.Rules[]; .Verdict != "drop")'
	matches "$(rules_met)" '^host inet netd forward '
	run tables_of_trace
	equals "$output" ""
	# By a rule of somebody else's, read and seen to be the same.
	foreign host inet filter forward 0 'tcp dport 80 counter drop comment "policy 7"'
	saw web "$FAR:80/tcp" '.Code == "rules-drop" and .Trace.Agrees and
		any(.Trace.Rules[]; .Where == "host" and .Table == "corp" and .Chain == "f" and .Handle == 2 and .Verdict == "drop" and (.Say | contains("tcp dport 80")))'
	run netctl explain --trace --state-dir "$T/h/state" web "$FAR:80/tcp"
	matches "$output" '^  rule  host +DROP +inet corp f 2: tcp dport 80'
	equals "$(awk 'length > 80' <<<"$output")" ""
	foreign_ends host inet
	# A policy, a rule inside B, and one that drops the answer alone.
	foreign host inet filter forward 0 'policy drop'
	saw web "$FAR:80/tcp" '.Code == "rules-policy" and .Trace.Agrees'
	matches "$(rules_met)" '^host inet corp f drop'
	foreign_ends host inet
	foreign db ip filter input 0 'tcp dport 80 drop'
	saw web db:80/tcp '.Code == "rules-of-b" and .Trace.Agrees'
	matches "$(rules_met)" '^db ip corp f drop'
	foreign_ends db ip
	foreign web ip filter input 0 'tcp sport 80 drop'
	saw web db:80/tcp '.Code == "own-rules-in" and .Trace.Agrees and any(.Trace.Rules[]; .Where == "web" and .Answer and .Verdict == "drop")'
	foreign_ends web ip
	# On a bridge, where the rules of its family come first.
	foreign host bridge filter forward 0 'ip daddr 10.61.0.3 drop'
	saw web db:80/tcp '.Code == "bridge-rules" and .Trace.Agrees'
	matches "$(rules_met)" '^host bridge corp f drop'
	foreign_ends host bridge
	# Bound to a link, where it comes in before all others, or goes out.
	foreign host netdev filter "ingress device ${HOST_LINK[web]}" 0 'ip daddr 10.61.0.3 drop'
	saw web db:80/tcp '.Code == "netdev-rules" and .Trace.Agrees and .Trace.RulesLack == null and
		any(.Trace.Rules[]; .Where == "host" and .Family == "netdev" and .Table == "corp" and .Verdict == "drop" and (.Say | contains("10.61.0.3")))'
	foreign_ends host netdev
	foreign db inet filter 'ingress device eth0' 0 'tcp dport 80 numgen random mod 1 0 drop'
	saw web db:80/tcp '.Verdict == "unreachable" and .Code != "rules-of-b" and (.Cause | startswith("dropped in db by inet corp, chain f, handle 2"))'
	foreign_ends db inet
	# What reading cannot decide is named all the same.
	foreign host inet filter forward 0 'tcp dport 80 numgen random mod 1 0 drop'
	saw web "$FAR:80/tcp" '.Verdict == "unreachable" and .Code == null and (.Cause | startswith("dropped in host by inet corp, chain f, handle 2"))'
	foreign_ends host inet
	run tables_of_trace
	equals "$output" ""
}

@test "rules of iptables-legacy are not traced: that is said, and they are blamed where no other rule dropped it" {
	local why
	explain_world
	! why=$(kernel_cannot legacy-iptables) || skip "$why"
	in_host h iptables-legacy -w 30 -A FORWARD -p tcp --dport 80 -j DROP
	saw web "$FAR:80/tcp" '.Verdict == "unreachable" and .Code == "legacy-iptables" and .Trace.Agrees and
		.Cause == "a rule of iptables-legacy in host drops it" and
		(.Trace.RulesLack == "the kernel does not trace those of iptables-legacy, and there are some in host") and
		(.Trace.Rules | length > 0)'
	# The drop of another rule is another's.
	foreign host inet filter forward -10 'tcp dport 80 drop'
	saw web "$FAR:80/tcp" '.Cause != "a rule of iptables-legacy in host drops it" and (.Trace.RulesLack | contains("iptables-legacy"))'
	foreign_ends host inet
	run netctl explain --trace --state-dir "$T/h/state" web "$FAR:80/tcp"
	matches "$output" 'note +rules were not traced: the kernel does not trace those'
	equals "$(awk 'length > 80' <<<"$output")" ""
}

@test "more rules than can be kept are said to be missing, and the verdict stands" {
	explain_world
	# Each is told of each packet, in both directions.
	{
		echo 'table inet many { chain f { type filter hook forward priority 0; policy accept;'
		yes 'tcp dport 80 counter' | head -3000
		echo '}; }'
	} >"$T/many.nft"
	within host nft "$(<"$T/many.nft")"
	saw web "$FAR:80/tcp" '.Verdict == "reachable" and .Trace.Lacks == null and .Trace.Agrees and
		(.Trace.RulesLack | startswith("there were more than could be kept")) and (.Trace.Rules | length > 0)'
	run netctl explain --trace --state-dir "$T/h/state" web "$FAR:80/tcp"
	matches "$output" 'rules were not traced: there were more than could be kept: some are missing'
	run tables_of_trace
	equals "$output" ""
}

@test "packets that somebody else has marked are none of the probe's" {
	explain_world
	# In front of all, and without an end; a dozen between two of the probe's.
	within host nft 'table inet other { chain f { type filter hook prerouting priority -310; udp dport 9 meta nftrace set 1; udp dport 9 drop; }; }'
	in_c web $PYTHON -I -S -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    s.sendto(b"x", ("10.61.0.1", 9))
    time.sleep(0.002)' >/dev/null 3>&- &
	saw web "$FAR:80/tcp" '.Verdict == "reachable" and .Trace.Agrees and
		(.Trace.Rules | length > 0) and all(.Trace.Rules[]; .Verdict != "drop" and (.Say // "" | contains("udp dport 9") | not))'
	foreign host inet filter forward 0 'tcp dport 80 numgen random mod 1 0 drop'
	saw web "$FAR:80/tcp" '.Verdict == "unreachable" and (.Cause | startswith("dropped in host by inet corp, chain f, handle 2"))'
}

# A tracer that tells everything 4 s late, as on a machine that needs as long to find the names of functions.
slow_tracer() {
	mkdir "$T/slow"
	cp "$NETD_BUILD"/{netctl,netd-explain} "$T/slow/"
	cat >"$T/slow/netd-trace" <<-END
		#!/bin/sh
		"$NETD_BUILD/netd-trace" | while read -r line; do
			case \$line in *'"Event"'*) [ -n "\$late" ] || sleep 4; late=yes ;; esac
			printf '%s\\n' "\$line"
		done
	END
	chmod +x "$T/slow/netd-trace"
}

@test "a tracer that is slow is waited for" {
	explain_world
	slow_tracer
	said=$(in_host h env NETD_HOST="unix://$(host_sock h)" "$T/slow/netctl" explain --trace --format json web db:82/tcp) || true
	jq -e '.Code == "not-listening" and .Trace.Agrees and .Trace.End == "refused by db"' <<<"$said" || {
		jq .Trace <<<"$said"
		return 1
	}
}

@test "drops are seen with the kernel's reason, and decide what could only be suspected" {
	explain_world
	drop() { # BREAKAGE JQ
		local why
		if why=$(kernel_cannot "$1"); then
			echo "# $1 is not tried: $why" >&3
			return 0
		fi
		described "$1"
		wait_until 30 works # its neighbours are known: the tracer looks at IP, and ARP may be lost, too
		[[ -z $FROZEN ]] || kill -STOP "${NETD_PID[h]}"
		run_each "${BY[@]}"
		saw "${PAIR[@]}" "$2"
		run_each "${BACK[@]}"
		[[ -z $FROZEN ]] || kill -CONT "${NETD_PID[h]}"
	}
	foreign host inet filter forward 0 'tcp dport 80 drop'
	saw web db:80/tcp '.Code == "rules-drop" and .Trace.Agrees and (.Trace.End | startswith("dropped in host: NETFILTER_DROP"))'
	foreign_ends host inet
	saw web db:82/tcp '.Code == "not-listening" and .Trace.Agrees and .Trace.End == "refused by db" and
		any(.Trace.Lines[]; .Say | startswith("DROPPED NO_SOCKET"))'
	drop tc-drop '.Verdict == "unreachable" and .Code == "tc-drop" and (.Trace.End | contains("TC_INGRESS"))'
	drop xdp-drop '.Verdict == "unreachable" and .Code == "xdp-drop" and (.Trace.End | test("xdp|XDP"))'
	drop port-isolated '.Code == "port-isolated" and .Trace.Agrees'
	drop own-rules-in '.Code == "own-rules-in" and .Trace.Agrees and (.Trace.End | startswith("dropped in web: NETFILTER_DROP"))'
	drop socket-filter.ebpf '.Verdict == "unreachable" and .Code == "socket-filter" and .Trace.Agrees'
	drop ports-exhausted '.Code == "ports-exhausted" and .Probe.Outcome == "not-sent" and (.Trace.Lacks | length > 0)'
	drop rp-filter '.Code == "rp-filter" and .Trace.Agrees'
	# Nobody can look into it, and the tracer is not there either: nothing is guessed.
	described tc-drop
	run_each "${BY[@]}"
	[[ $(netctl explain --format json web db:80 | jq -r '.Verdict + " " + .Code') == "undecided tc-drop" ]]
	said=$(in_host h unshare --mount sh -c 'mount -t tmpfs none /sys/kernel/btf; NETD_HOST="unix://$1" exec "$2" explain --trace --format json web db:80' \
		lacks "$(host_sock h)" "$NETD_BUILD/netctl") || true
	jq -e '.Code == "tc-drop" and .Probe.Outcome != "connected" and (.Trace.Lacks | contains("BTF"))' <<<"$said"
	said=$(in_host h setpriv --bounding-set -bpf --inh-caps -bpf \
		env NETD_HOST="unix://$(host_sock h)" "$NETD_BUILD/netctl" explain --trace --format json web db:80) || true
	jq -e '.Code == "tc-drop" and .Probe.Outcome != "connected" and (.Trace.Lacks | contains("needs CAP_BPF and CAP_PERFMON"))' \
		<<<"$said"
	run_each "${BACK[@]}"
}

# link_computes CONTAINER 0|1: whether its link is left to compute checksums. Between links of one machine that means that nobody computes
# them, or looks at them.
link_computes() {
	within "$1" $PYTHON -I -S -c '
import array, fcntl, socket, struct, sys
ETHTOOL_STXCSUM, SIOCETHTOOL = 0x17, 0x8946
value = array.array("I", [ETHTOOL_STXCSUM, int(sys.argv[1])])
fcntl.ioctl(socket.socket(), SIOCETHTOOL, struct.pack("16sP", b"eth0", value.buffer_info()[0]))' "$2"
}

# Whoever reads what is there sees nothing of it.
@test "a checksum that is wrong is seen by the tracer alone, and without it a probe says that reading is wrong" {
	explain_world
	link_computes web 0
	saw web db:80/tcp '.Verdict == "reachable" and .Code == null and .Trace.Agrees'
	in_db nft 'table netdev corp { chain f { type filter hook ingress device eth0 priority 0; tcp dport 80 tcp checksum set 4711; }; }'
	[[ $(reach 1000 web db:80/tcp) == timeout* ]]
	saw web db:80/tcp '.Verdict == "unreachable" and .Code == "checksum" and .Probe.Outcome == "silent" and .Trace.Agrees and
		(.Trace.End | startswith("dropped in db: TCP_CSUM"))'
	said=$(in_host h unshare --mount sh -c 'mount -t tmpfs none /sys/kernel/btf; NETD_HOST="unix://$1" exec "$2" explain --trace --format json web db:80' \
		lacks "$(host_sock h)" "$NETD_BUILD/netctl") || true
	jq -e '(.Code == null or .Code == "checksum") and .Probe.Outcome == "silent" and .Probe.Agrees == false and (.Trace.Lacks | contains("BTF"))' <<<"$said"
	in_db nft delete table netdev corp
	saw web db:80/tcp '.Verdict == "reachable" and .Code == null and .Trace.Agrees'
}

# One after the other, each killed at some moment from before its programs are loaded until after the connection. Where nothing
# runs at that moment, yet or any more, another is begun: how long one takes is the machine's affair.
kill_tracers() { # HOW MANY SEED
	local killed=0 tries pid ms most=200
	RANDOM=$2
	for ((tries = 0; killed < $1 && tries < 20 * $1; tries++)); do
		traced web db:80/tcp >/dev/null 2>&1 &
		pid=$!
		ms=$((RANDOM % most))
		sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
		if killed_below "$pid"; then
			killed=$((killed + 1))
		elif kill -9 "$pid" 2>/dev/null; then
			most=$((most * 3 / 2))
		else
			most=$((most * 3 / 4 + 10))
		fi
		wait "$pid" || true
	done
}

@test "a probe and its tracer that are killed at any moment leave nothing" {
	explain_world
	traced web db:80/tcp >/dev/null # neighbours and flows are known from now on
	note_world
	local lane seed=$RANDOM lanes=()
	echo "seed $seed"
	for ((lane = 0; lane < LANES; lane++)); do
		kill_tracers "$((KILLS / LANES))" "$((seed + lane))" 2>"$T/lane$lane" & # a shell says of each that it was killed
		lanes+=($!)
	done
	wait "${lanes[@]}"
	[[ $(wc -l <"$T/killed") -eq $((KILLS / LANES * LANES)) ]]
	wait_until 50 no_tracer
	wait_until 50 same_as_before || {
		cat "$T/diff"
		return 1
	}
	wait_until 50 no_program
	wait_until 50 no_table_of_trace
}
