# guest.bash - the second half of the boot, and what is tried on a kernel that is not the machine's
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs as the first process, on a root that is the machine's with a memory above it. Each breakage is that of
# tests/system/explain: made, told, repaired. Lines that begin with "@" are for scripts/check-kernels: what came out, and
# with "@ at" how far it is, which is shown when the end is not reached.

parameter() { sed -n "s/.*\<$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
# The console itself: a shell that ends in a function leaves that function's output where it was led to, and so would a trap be heard by nobody.
exec 8>&1
say() { echo "@ $*" >&8; }
at() { say "at $*, after $(cut -d. -f1 /proc/uptime) s, with $(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo) MiB free"; }
ended=
end() { # without a wait for anybody
	[[ -n $ended ]] || {
		at "an end before the end: ${BASH_COMMAND:0:200}"
		dmesg | tail -20 | sed 's/^/@         /' >&8
	}
	sync
	sleep 1 # the console is slower
	echo o >/proc/sysrq-trigger
	sleep 60
}
trap end EXIT

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
NETD_BUILD=$(parameter build) MODULES=$(parameter modules)
export NETD_BUILD
at "the root"
cd "$(parameter tree)" || exit
mount -t tmpfs run /run
mkdir -p /dev/pts /dev/shm /run/netns /lib/modules
ln -s /proc/self/fd /dev/fd
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t tmpfs modules /lib/modules
mkdir "/lib/modules/$(uname -r)"
mount --bind "$MODULES" "/lib/modules/$(uname -r)"
mount --make-rshared /
ip link set lo up

# What the kernel's own loader would find by itself, and what it looks for by no name that leads there.
for module in bridge br_netfilter veth nf_tables nf_conntrack nft_ct nft_nat nft_masq nft_fib_inet nft_reject_inet nf_nat \
	xfrm_user sch_ingress cls_bpf act_bpf inet_diag tcp_diag udp_diag unix_diag; do
	modprobe -q "$module" || say "lacks module $module"
done

at "the world"
export NETD_MACHINE_NS=/proc/$$/ns/net BATS_TEST_DIRNAME=$PWD/tests/system/explain
T=$(mktemp -d)
source tests/system/lib.bash
source tests/system/explain/world.bash
source tests/system/explain/breakages.bash
# Patience is for a processor, and not for one that is emulated beside other work.
eval "native_$(declare -f wait_until)"
wait_until() { native_wait_until $(($1 * 10)) "${@:2}"; }
# Nor is netd's, which gives its resolver so long to come up and no longer: here that takes more, the first time. What a service manager
# does then is done here, too.
eval "one_$(declare -f host_start)"
host_start() {
	local i
	for i in 1 2 3 4 5; do
		at "netd, start $i"
		! one_host_start "$@" || return 0
	done
	return 1
}

# The tracer's programs alone, before there is anything else: a kernel takes them or says no, and they see what lo refuses.
programs_see() { # MODE WHAT IT SAYS [ORDER…]
	local order tracer
	rm -f "$T/orders"
	mkfifo "$T/orders"
	"$NETD_BUILD/netd-trace" ${1:+"$1"} <"$T/orders" >"$T/lines" 2>&1 8>&- &
	tracer=$!
	exec {order}>"$T/orders"
	printf '%s\n' "netns $(stat -Lc %i /run/netns/alone)" "${@:3}" go >&"$order"
	wait_until 60 grep -q '"Ready"' "$T/lines" || return
	! grep -m1 -o '"Lacks":.*' "$T/lines" || return
	ip netns exec alone bash -c ': </dev/tcp/127.0.0.1/81' || true
	[[ $1 != --count ]] || echo tell >&"$order"
	wait_until 30 grep -q "$2" "$T/lines" || return
	exec {order}>&-
	wait "$tracer"
}
ip netns add alone
ip -n alone link set lo up
try_programs() { # MODE WHAT IT SAYS [ORDER…]
	at "the tracer's programs $1"
	if programs_see "$@" >"$T/try.out" 2>&1; then
		say "ok      the tracer's programs${1:+ $1}"
	else
		say "FAILED  the tracer's programs${1:+ $1}: $(head -1 "$T/try.out")"
		tail -5 "$T/lines" | sed 's/^/@         /' >&8
	fi
}
try_programs '' '"Event":"dropped"'
try_programs --follow '"Event":"dropped"' "own $(stat -Lc %i /run/netns/alone)"
try_programs --count '"Dropped":'

# Whatever fails while the world is made ends it.
no_world() {
	say "FAILED  the world is made: ${BASH_COMMAND:0:200}"
	{ tail -20 "$T/world.out"; say_log h; } 2>&1 | sed 's/^/@         /' >&8
	end
}
trap no_world EXIT
set -e
explain_world >"$T/world.out" 2>&1
set +e
trap end EXIT
sed -n 's/^netd: warning: /@ lacks /p' "$T/h/netd.log"
# The tracer is to see one connection leave web and arrive at db.
netns_inode() { stat -Lc %i "$(netns_of "$1")"; }
seen_by_tracer() { grep "\"Netns\":$(netns_inode "$1")\>" "$T/traced" | grep -q 10.61.0.3; }
web_reaches_db() { [[ $(reach 5000 web db:80/tcp) == answered* ]]; }
tracer_sees() {
	local order
	mkfifo "$T/orders"
	spawn sh -c 'exec "$1" <"$2" >"$3"' tracer "$NETD_BUILD/netd-trace" "$T/orders" "$T/traced"
	exec {order}>"$T/orders"
	printf 'netns %s\n' "$(netns_inode web)" "$(netns_inode db)" >&"$order"
	echo go >&"$order"
	wait_until 60 grep -q '"Ready"' "$T/traced" || return
	! grep -m1 -o '"Lacks":.*' "$T/traced" || return
	# The world's neighbours are given up after 1.2 s, in which an emulated processor beside other work may not answer.
	wait_until 30 web_reaches_db || return
	wait_until 30 seen_by_tracer web && wait_until 30 seen_by_tracer db
}
at "the tracer"
if tracer_sees >"$T/try.out" 2>&1; then
	say "ok      the tracer"
	sed -n 's/.*"Without":"\([^"]*\)".*/@ lacks   the tracer: \1/p' "$T/traced" >&8
else
	# In its own words, where it has any: a kernel may lack what it takes.
	say "$(grep -q Lacks "$T/try.out" && echo "lacks  " || echo "FAILED ") the tracer: $(head -1 "$T/try.out")"
	tail -5 "$T/traced" | sed 's/^/@         /' >&8
fi

# Who follows a container, and who counts drops, have programs of their own, and words where the kernel lacks something.
words_to() { # FILE WORD…: of netctl, JSON on standard output
	exec 2>"$1"
	case $2 in
	capture) netctl "${@:2}" ;;
	*) netctl "$2" --state-dir "$T/h/state" --format json "${@:3}" ;;
	esac
}
ends_by_ctrl_c() { # PID
	kill -INT "$1"
	wait "$1"
}
any_seen() { jq -se "any(.[]; $1)" "$T/seen" >/dev/null; }
follower_sees() {
	spawn_to "$T/seen" words_to "$T/said" trace db tcp port 80
	local follower=$SPAWNED
	wait_until 60 grep -q Ctrl-C "$T/said" || return
	wait_until 30 web_reaches_db || return
	wait_until 30 any_seen '.Place == "db" and .Event == "received" and .Packet.FromName == "web"' || return
	ends_by_ctrl_c "$follower" && any_seen '.Place == "db" and .Event == "sent"' && any_seen '.Place == "host"' && any_seen '.Lost == 0'
}
counter_counts() {
	spawn_to "$T/seen" words_to "$T/said" drops db
	local counter=$SPAWNED
	wait_until 60 grep -q Ctrl-C "$T/said" || return
	[[ $(reach 5000 web db:99/udp) == ECONNREFUSED* ]] || return
	ends_by_ctrl_c "$counter" && any_seen '.Container == "db" and .Where == "inside" and .Packets >= 1'
}
# The packet that nobody takes is in the file, with why as far as this kernel tells, and where.
capture_keeps_drops() {
	local file=$T/drops.pcapng
	spawn_to "$T/seen" words_to "$T/said" capture db --drops -w "$file" udp port 99
	local capturer=$SPAWNED
	wait_until 60 test -s "$file" || return
	[[ $(reach 5000 web db:99/udp) == ECONNREFUSED* ]] || return
	wait_until 30 eval "tshark -n -r '$file' -Y 'frame.interface_name == \"dropped\"' -T fields -e frame.comment 2>/dev/null | grep -q ' of db$'" || return
	ends_by_ctrl_c "$capturer"
	# What it could not do would be told at the end.
	grep -q captured "$T/said" "$T/seen" && ! grep -h 'not in it' "$T/said" "$T/seen"
}
for word in trace:follower_sees drops:counter_counts capture:capture_keeps_drops; do
	at "netctl ${word%:*}"
	rm -f "$T/seen" "$T/said"
	if "${word#*:}" >"$T/try.out" 2>&1; then
		say "ok      netctl ${word%:*}"
	else
		say "FAILED  netctl ${word%:*}"
		cat "$T/try.out" "$T/said" "$T/seen" | tail -20 | sed 's/^/@         /' >&8
	fi
	sed -n '/Ctrl-C/d; /left out/d; /captured/d; s/^netctl: //p' "$T/said" | sed "s/^/@ lacks   netctl ${word%:*}: /" >&8
done

# What explain --trace says of a loss: where it was, that this is where reading says, and why, as far as this kernel tells.
trace_of_breakage() { # FUNCTION
	local said end
	described "$1" && run_each "${BY[@]}" || return
	said=$(netctl explain --trace --format json "${PAIR[@]}" 2>&1) || true
	run_each "${BACK[@]}" || return
	end=$(jq -r '.Trace.End // ""' <<<"$said")
	[[ $end == "dropped in "* || $end == "refused by "* ]] && jq -e .Trace.Agrees <<<"$said" >/dev/null || {
		jq -c '.Probe, .Trace' <<<"$said" 2>/dev/null || echo "$said"
		return 1
	}
	END=$end
}
for function in tc-drop netdev-rules not-listening; do
	at "the tracer, $function"
	if trace_of_breakage "$function" >"$T/try.out" 2>&1; then
		say "ok      the tracer, $function: $END"
	else
		say "FAILED  the tracer, $function"
		sed 's/^/@         /' "$T/try.out" >&8
	fi
done

# The limit is the machine's, which is nobody else's here: so this is a breakage on no other. Only flows that were answered stay where
# there is no room, and the container's own namespace counts its own.
CONNTRACK_MAX=/proc/sys/net/netfilter/nf_conntrack_max
conntrack-full() {
	pair web "$FAR:80/tcp"
	by hold_connections db "$FAR" 80 8
	by wait_until 30 connections_fill
	sees timeout
	back connections_end
	back connections_have_room
}
connections_fill() {
	in_host h cat /proc/sys/net/netfilter/nf_conntrack_count >$CONNTRACK_MAX
	[[ $(reach 2000 web "$FAR:80/tcp") == timeout* ]]
}
connections_have_room() { echo 65536 >$CONNTRACK_MAX; }
eval "hosts_$(declare -f follow_advice)"
follow_advice() {
	case $1 in
	*nf_conntrack_max*) sh -c "$1" ;;
	*) hosts_follow_advice "$@" ;;
	esac
}

# Those that are asked for, or a word of each list of breakages for all of it.
for function in $(tr , ' ' <<<"$(parameter breakages)"); do
	at "$function"
	if why=$(kernel_cannot "$function"); then
		say "lacks   $function: $why"
	elif try_breakage "$function" >"$T/try.out" 2>&1; then
		say "ok      $function"
	elif grep -q '^failed: ' "$T/try.out" && ! grep -q '^explain says' "$T/try.out"; then
		say "lacks   $function: it cannot be made here: $(grep -v '^failed: ' "$T/try.out" | head -1)"
	elif grep -q '^broken, .* sees "answered' "$T/try.out"; then
		say "lacks   $function: what breaks it is taken and does nothing here"
	else
		say "FAILED  $function"
		sed 's/^/@         /' "$T/try.out" >&8
	fi
done
ended=1
say "ended"
