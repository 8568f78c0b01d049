# privileges.bats - what each process may do: capabilities, system calls, files; and that netd uses what it keeps
# SPDX-License-Identifier: GPL-2.0-or-later

load lib

setup() { :; }

UNIT=$BATS_TEST_DIRNAME/../../scripts/netd.service.in
KEPT=$(sed -n 's/^CapabilityBoundingSet=//p' "$UNIT" | tr ' ' '\n' | sort)
TRACERS=$'CAP_BPF\nCAP_PERFMON\nCAP_SYSLOG'

host_bare() {
	HOST_NAMES+=(h)
	host_ns h
	N_HOSTS=1
}

# status_of PID KEY: a word of /proc/PID/status
PROC=/proc
status_of() { awk -v key="$2:" '$1 == key { print $2 }' "$PROC/$1/status"; }

# capabilities PID SET: by name, sorted; SET is CapEff, CapPrm, CapBnd, CapInh or CapAmb
capabilities() {
	local mask=$((16#$(status_of "$1" "$2"))) name number
	while read -r name number; do
		((mask >> number & 1)) && echo "$name"
	done < <(awk '$1 == "#define" && $2 ~ /^CAP_[A-Z_]+$/ && $3 ~ /^[0-9]+$/ { print $2, $3 }' /usr/include/linux/capability.h) | sort
}

# may PID CAPABILITY…: these, and no others, in every set that counts
may() {
	local pid=$1 set want
	shift
	want=$(printf '%s\n' "$@" | sed '/^$/d' | sort)
	# (with a status for each, for it is asked in conditions, too)
	for set in CapPrm CapEff CapBnd; do
		equals "$set $(capabilities "$pid" "$set")" "$set $want" || return
	done
	equals "$(status_of "$pid" CapInh) $(status_of "$pid" CapAmb)" "0000000000000000 0000000000000000" &&
		equals "$(status_of "$pid" NoNewPrivs) $(status_of "$pid" Seccomp)" "1 2"
}

@test "started by hand, netd has the capabilities of its unit, a filter, and no way to more; its resolver has none" {
	host_new h
	[[ $(wc -l <<<"$KEPT") -ge 5 ]]
	may "${NETD_PID[h]}" $KEPT
	may "$(resolver_pid h)"
	equals "$(status_of "$(resolver_pid h)" Uid)" 64243
	# one filter of its own on that of the plumber
	equals "$(status_of "${NETD_PID[h]}" Seccomp_filters)" 1
	equals "$(status_of "$(resolver_pid h)" Seccomp_filters)" 2
	# and so after each kind of end
	host_restart h KILL
	may "${NETD_PID[h]}" $KEPT
	may "$(resolver_pid h)"
	local before
	before=$(resolver_pid h)
	kill -9 "$before"
	wait_until 30 another_is_sealed "$before"
}
another_is_sealed() { # PID
	local pid
	pid=$(resolver_pid h) && [[ $pid != "$1" ]] && may "$pid"
}

# The process that traces for members of the group, and one that does.
tracers_of() { pgrep -P "$1" -x netd-trace; }
may_trace_alone() { # PID
	local set
	for set in CapPrm CapEff CapBnd; do
		equals "$set $(capabilities "$1" "$set")" "$set $TRACERS" || return
	done
}
@test "who traces for netd may load programs into the kernel and nothing else, and goes with it" {
	local tracer
	host_new h
	refused tracers_of "${NETD_PID[h]}" # unless it is asked for
	echo '{ "trace-for-group": true }' >"$T/h/etc/netd/netd.json"
	grep -qx CAP_BPF <<<"$(capabilities $$ CapBnd)" && grep -qx CAP_PERFMON <<<"$(capabilities $$ CapBnd)" ||
		skip "CAP_BPF and CAP_PERFMON were taken away"
	host_restart h KILL
	wait_until 30 tracers_of "${NETD_PID[h]}"
	tracer=$(tracers_of "${NETD_PID[h]}")
	wait_until 30 may_trace_alone "$tracer" || may_trace_alone "$tracer"
	# As long as netd lives, and no longer, however it ends: its resolver stays, and does not hold it.
	kill -9 "${NETD_PID[h]}"
	wait_until 30 eval "! kill -0 $tracer 2>/dev/null"
}

@test "started with other privileges, netd has no more in the end" {
	host_bare
	# inheritable and ambient ones beside a full bounding set; and fewer than it would keep
	spawn_to "$T/h/netd.log" in_host h setpriv --inh-caps +sys_chroot,+net_raw,+sys_admin --ambient-caps +sys_chroot,+net_raw,+sys_admin "$NETD_BUILD/netd" \
		--run-dir "$T/h/run" --state-dir "$T/h/state" --host "unix://$(host_sock h)"
	NETD_PID[h]=$SPAWNED
	wait_until 30 answers h
	may "${NETD_PID[h]}" $KEPT
	host_stop h
	spawn_to "$T/h/netd.log" in_host h setpriv --no-new-privs --bounding-set -net_raw,-kill "$NETD_BUILD/netd" \
		--run-dir "$T/h/run" --state-dir "$T/h/state" --host "unix://$(host_sock h)"
	NETD_PID[h]=$SPAWNED
	wait_until 30 answers h
	may "${NETD_PID[h]}" $(grep -vx 'CAP_NET_RAW\|CAP_KILL' <<<"$KEPT")
}

# start_without CAPABILITY: netd of h without one of those it keeps
start_without() {
	spawn_to "$T/h/netd.log" in_host h setpriv --bounding-set "-${1,,}" --inh-caps "-${1,,}" "$NETD_BUILD/netd" \
		--run-dir "$T/h/run" --state-dir "$T/h/state" --host "unix://$(host_sock h)"
	NETD_PID[h]=$SPAWNED
	wait_until 30 answers_or_dead h
}

ended() {
	kill "${NETD_PID[h]}" 2>/dev/null || true
	wait "${NETD_PID[h]}" 2>/dev/null || true
}

# What each capability is kept for works with it and does not without: one that is of no use fails here.
works_net_admin() { answers h; }
works_sys_admin() { answers h; }
works_setuid() { answers h; }
works_setgid() { answers h; }
works_setpcap() { answers h; }
works_kill() { # the resolver ends with a netd that nobody needs
	local resolver
	resolver=$(resolver_pid h)
	host_stop h
	wait_until 30 has_ended "$resolver" || {
		kill -9 "$resolver"
		return 1
	}
}
works_net_bind_service() { attach a -p 80:80 && netctl detach a; }
works_net_raw() { attach a && netctl detach a && ! grep -q 'packet socket' "$T/h/netd.log"; }
works_sys_ptrace() { # a process with every capability
	netctl attach a --netns "/proc/$HELD/ns/net" && netctl detach a
}
works_dac_read_search() { netctl attach a --netns "$T/closed/netns" && netctl detach a; }

@test "each capability that netd keeps is missed when it is taken away" {
	host_bare
	container_ns a >/dev/null
	container_ns b >/dev/null
	spawn in_c b sleep 600
	local HELD=$SPAWNED capability name
	mkdir "$T/closed"
	ln -s "$(container_path a)" "$T/closed/netns"
	chown 65534 "$T/closed"
	chmod 700 "$T/closed"
	for capability in $KEPT; do
		name=${capability#CAP_}
		name=${name,,}
		: >"$T/h/netd.log"
		host_start h
		"works_$name" || {
			echo "$capability is there and does not help"
			return 1
		}
		ended
		start_without "$name"
		if "works_$name" >"$T/without" 2>&1; then
			echo "$capability is kept and not needed"
			return 1
		fi
		ended
		pids_in "$P-h" | grep -vx "${HOLDER[h]}" | xargs -r kill -9 2>/dev/null || true
		rm -rf "$T/h/run" "$T/h/state"
		mkdir "$T/h/run" "$T/h/state"
	done
}

# child_of_netd NAME: the plumber's child that is called so, held in front of its end
child_of_netd() { pgrep -P "${NETD_PID[h]}" -x "$1"; }
hold_children() {
	spawn strace -qq -f -p "${NETD_PID[h]}" -o "$T/strace" -e trace=exit_group -e inject=exit_group:delay_enter=20000000
	TRACER=$SPAWNED
	wait_until 30 grep -q "^TracerPid:[[:space:]]*$TRACER\$" "/proc/${NETD_PID[h]}/status"
}
has_files() { [[ $(ls "/proc/$1/fd" | wc -l) -eq $2 ]]; }
let_go() {
	kill "$TRACER"
	wait "$TRACER" 2>/dev/null || true
}

@test "nft reads rules, and conntrack is walked, with the capabilities that takes" {
	host_new h
	echo 'ip saddr 203.0.113.0/24 counter drop' >"$T/h/etc/netd/rules.d/some.nft"
	hold_children
	kill -HUP "${NETD_PID[h]}"
	wait_until 30 child_of_netd nft
	# It is looked at later: netd gives it five seconds.
	local nft
	nft=$(child_of_netd nft)
	mkdir -p "$T/held/$nft"
	cp "/proc/$nft/status" "$T/held/$nft/"
	let_go
	PROC=$T/held may "$nft" CAP_NET_ADMIN CAP_DAC_READ_SEARCH
	wait_until 30 grep -q 'rules of .* are loaded' "$T/h/netd.log"
	attach a -p 5353:53/udp
	serve a 53/udp
	matches "$(udp in_out "$(host_addr h)" 5353)" 'a from'
	hold_children
	netctl port rm a 5353:53/udp
	wait_until 30 child_of_netd netd
	local walker
	walker=$(child_of_netd netd)
	wait_until 30 may "$walker" CAP_NET_ADMIN
	equals "$(status_of "$walker" Seccomp_filters)" 2
	wait_until 30 has_files "$walker" 3 # in the end nothing but its log is open
	let_go
	wait_until 30 has_ended "$walker"
	lacks "$(cat "$T/h/netd.log")" 'not forgotten|stale'
}

modes() { (cd "$T/h" && stat -c '%a %n' "$@"); }
as_nobody() { in_host h setpriv --reuid 65534 --regid "$1" --clear-groups "${@:2}"; }

@test "databases are root's, directories closed, and the socket is its group's" {
	host_bare
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" "$T/h"
	rmdir "$T/h/run" "$T/h/state"
	host_start h
	attach a
	equals "$(modes run state run/containers run/netd.sock)" \
		"$(printf '%s\n' '711 run' '700 state' '711 run/containers' '660 run/netd.sock')"
	[[ $(find "$T/h/run" "$T/h/state" -name '*.db*' | wc -l) -ge 2 ]]
	equals "$(find "$T/h/run" "$T/h/state" -name '*.db*' ! -perm 600)" ""
	as_nobody 64242 curl -sf -m 10 --unix-socket "$(host_sock h)" http://netd/_ping
	refused as_nobody 65534 curl -sf -m 10 --unix-socket "$(host_sock h)" http://netd/_ping
	refused as_nobody 64242 ls "$T/h/run"
	refused as_nobody 64242 ls "$T/h/state"
	# what an earlier netd left open is closed; what is shared with others is not netd's to close
	host_stop h
	chmod 755 "$T/h/run" "$T/h/state" "$T/h/run/containers"
	host_start h
	equals "$(modes run state run/containers)" "$(printf '%s\n' '711 run' '700 state' '711 run/containers')"
	# (the files that runtimes mount from there are still to be had by who knows the id)
	as_nobody 65534 cat "$T/h/run/containers/$(netctl inspect a | jq -r '.[0].Id')/hosts" | grep -q localhost
	refused as_nobody 65534 ls "$T/h/run/containers"
	host_stop h
	chmod 755 "$T/h/run" "$T/h/state" "$T/h/run/containers"
	touch "$T/h/run/pid-of-another" "$T/h/state/photo.jpg"
	host_start h
	equals "$(modes run state run/containers)" "$(printf '%s\n' '755 run' '755 state' '711 run/containers')"
	equals "$(find "$T/h/run" "$T/h/state" -name '*.db*' ! -perm 600)" ""
	# a start that fails closes nothing
	host_stop h
	rm "$T/h/run/pid-of-another" "$T/h/state/photo.jpg"
	chmod 755 "$T/h/run/containers"
	echo 'this is no rule' >"$T/h/etc/netd/rules.d/wrong.nft"
	rm -f "$T/h/state/rules.nft"
	fails_with 1 wrong.nft in_host h timeout 30 "$NETD_BUILD/netd" --run-dir "$T/h/run" --state-dir "$T/h/state" \
		--host "unix://$(host_sock h)"
	equals "$(modes run state run/containers)" "$(printf '%s\n' '755 run' '755 state' '755 run/containers')"
}

@test "directories of other users are refused in one sentence" {
	host_bare
	chown 65534 "$T/h/run"
	fails_with 1 "cannot open $T/h/run/lock: netd writes in no directory of other users: give it one of root's" \
		in_host h timeout 30 "$NETD_BUILD/netd" --run-dir "$T/h/run" --state-dir "$T/h/state" --host "unix://$(host_sock h)"
	chown 0 "$T/h/run"
	chown 65534 "$T/h/state"
	fails_with 1 "cannot make $T/h/state/netd: netd writes in no directory of other users" \
		in_host h timeout 30 "$NETD_BUILD/netd" --run-dir "$T/h/run" --state-dir "$T/h/state/netd" --host "unix://$(host_sock h)"
	equals "$(find "$T/h/run" "$T/h/state" | sort)" "$(printf '%s\n' "$T/h/run" "$T/h/state")"
}

@test "a socket of another user, who may be listening, is not taken away from him" {
	host_bare
	mkdir -m 1777 "$T/h/open"
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" "$T/h"
	spawn in_host h setpriv --reuid 65534 --regid 65534 --clear-groups "$PYTHON" -I -S -c '
import os, socket, sys, time
os.umask(0o077)
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
time.sleep(600)' "$T/h/open/netd.sock"
	wait_until 30 in_host h grep -q open/netd.sock /proc/net/unix
	fails_with 1 "$T/h/open/netd.sock belongs to user 65534, and whether somebody listens on it cannot be asked: remove it" \
		in_host h timeout 30 "$NETD_BUILD/netd" --run-dir "$T/h/run" --state-dir "$T/h/state" --host "unix://$T/h/open/netd.sock"
	[[ -S $T/h/open/netd.sock ]]
}
