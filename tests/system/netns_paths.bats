#!/usr/bin/env bats
# netns_paths.bats - paths of network namespaces in every form: how their end is seen, and what is no such path
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# What a test that failed in the middle has left mounted, the last of it first; a mount may be on a mount.
teardown() {
	local status=$? path ns
	for ns in $(own_namespaces); do kill_namespace "$ns"; done # while their paths lead to them
	while read -r path; do umount -l "$path" 2>/dev/null || true; done < <(
		awk -v netns="/run/netns/" -v p="$P" -v t="$T/" '
			index($5, netns) == 1 && (index($5, p "-") || index($5 "/", p "/")) || index($5, t) == 1 { print $5 }' \
			/proc/self/mountinfo | tac
	)
	rm -rf "/run/netns/folder.$P" "/run/netns/elsewhere.$P"
	(exit "$status")
	teardown_default
}

attach_path() { # NAME PATH: prints body and status
	api POST /netd/v1/containers "$(jq -nc --arg name "$1" --arg path "$2" '{Name: $name, NetnsPath: $path, Networks: [{Name: "bridge"}]}')"
}
attached() { [[ $(api_status GET "/netd/v1/containers/$1") == 200 ]]; } # `netctl inspect a` finds networks whose id begins so
# gone NAME: long before the slow look, which comes every 15 s after netd's start, could find it.
gone() { wait_until 30 is_gone "$1"; }
is_gone() { ! attached "$1"; }
# A process with a network namespace of its own: HELD is its pid.
holder() {
	rm -f "$T/held.ready"
	spawn unshare --net sh -c "touch '$T/held.ready'; exec sleep 1000"
	HELD=$SPAWNED
	wait_until 30 test -e "$T/held.ready"
}
fresh() { host_restart h; } # the next slow look is 15 s away

@test "each form of a path is seen to end at once: unmounted, mounted over, through links, moved with its folder" {
	container_ns a >/dev/null
	matches "$(attach_path a "$(container_path a)")" '201$'
	umount "$(container_path a)"
	test -e "$(container_path a)"
	gone a

	container_ns b >/dev/null
	matches "$(attach_path b "$(container_path b)")" '201$'
	mount --bind /dev/null "$(container_path b)"
	gone b
	umount "$(container_path b)"

	fresh
	container_ns c >/dev/null
	mkdir "$T/links"
	ln -s "$(container_path c)" "$T/one"
	ln -s ../one "$T/links/two"
	matches "$(attach_path c "$T/links/two")" '201$'
	ip netns del "$P-c-c"
	gone c
	container_ns c >/dev/null
	matches "$(attach_path c "$T/links/two")" '201$'
	rm "$T/one"
	gone c

	mkdir "/run/netns/folder.$P"
	touch "/run/netns/folder.$P/ns"
	mount --bind "$(container_path c)" "/run/netns/folder.$P/ns"
	fresh
	matches "$(attach_path d "/run/netns/folder.$P/ns")" '201$'
	mv "/run/netns/folder.$P" "/run/netns/elsewhere.$P"
	gone d
	umount "/run/netns/elsewhere.$P/ns"
	rm -r "/run/netns/elsewhere.$P"
}

@test "the end of a process is the end of every path through its folder of /proc" {
	local form
	for form in ns/net "task/PID/ns/net" "fd/9" "root/run/netns/$P-c-x"; do
		rm -f "$T/held.ready"
		[[ $form != fd/9 ]] || container_ns y >/dev/null
		[[ $form != root/* ]] || container_ns x >/dev/null
		spawn unshare --net sh -c "[ ! -e /run/netns/$P-c-y ] || exec 9</run/netns/$P-c-y; touch '$T/held.ready'; exec sleep 1000"
		HELD=$SPAWNED
		wait_until 30 test -e "$T/held.ready"
		fresh
		matches "$(attach_path a "/proc/$HELD/${form/PID/$HELD}")" '201$'
		kill -9 "$HELD"
		gone a
	done
	holder
	ln -s "/proc/$HELD/ns/net" "$T/link"
	matches "$(attach_path a "$T/link")" '201$'
	kill -9 "$HELD"
	gone a
}

@test "a thread that ends alone takes its namespace with it" {
	: >"$T/go"
	spawn "$PYTHON" -I -S -c '
import ctypes, os, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
def run():
    if libc.unshare(0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    open(sys.argv[1], "w").write(str(threading.get_native_id()))
    while not open(sys.argv[2]).read():
        time.sleep(0.01)
threading.Thread(target=run).start()
while os.path.exists(sys.argv[2]): # as long as there is the test
    time.sleep(0.2)' "$T/tid" "$T/go"
	wait_until 30 test -s "$T/tid"
	matches "$(attach_path a "/proc/$SPAWNED/task/$(<"$T/tid")/ns/net")" '201$'
	echo 1 >"$T/go"
	# a kernel before 6.9 watches the process alone, and the slow look finds it
	wait_until 30 is_gone a
	rm "$T/go"
	wait_until 30 has_ended "$SPAWNED"
}

@test "mounts that have nothing to do with it leave a container alone" {
	container_ns a >/dev/null
	attach_path a "$(container_path a)" >/dev/null
	mkdir "$T/m"
	for i in {1..50}; do
		mount -t tmpfs none "$T/m"
		umount "$T/m"
	done
	attached a
	equals "$(grep -c 'container a ended' "$T/h/netd.log")" 0
}

@test "what is no path of a network namespace is refused as such, and nothing is waited for" {
	local path
	holder
	mkfifo "$T/fifo"
	touch "$T/file"
	ln -s loop "$T/loop"
	ln -s nowhere "$T/dangling"
	ln -s "$T/fifo" "$T/to-fifo"
	for path in "$T/fifo" "$T/to-fifo" "$T" "$T/file" "$T/loop" /dev/zero /dev/tty /dev/ptmx /proc/kmsg / /run/netns \
		/proc/self/ns/net "/proc/$HELD/ns/user" "/proc/$HELD/ns/pid" "/proc/$HELD/ns/mnt" "/proc/$HELD/fd/1" \
		"/$(printf 'x%.0s' {1..300})" "/$(printf 'x%.0s' {1..3000})" "$(printf '/xxxxxxxxx%.0s' {1..600})" relative "" $'/dev/zero\n'; do
		run attach_path a "$path"
		matches "$output" "(400|404)\$" || { echo "$path: $output"; false; }
		[[ $path == /dev/zero?* || $output == *400 ]] || { echo "$path: $output"; false; }
	done
	for path in "$T/dangling" "$T/nowhere" "$T/file/x" "/proc/$HELD/ns/net/x" /proc/4194303/ns/net $'/run/netns/a\nb'; do
		run attach_path a "$path"
		matches "$output" '404$' || { echo "$path: $output"; false; }
	done
	equals "$(api_status POST /netd/v1/containers '{"Name": "a", "NetnsPath": "/run/netns/\u0000", "Networks": [{"Name": "bridge"}]}')" 400
	matches "$(attach_path a "$T/loop")" 'cannot be a path: Too many levels of symbolic links'
	matches "$(attach_path a "/$(printf 'x%.0s' {1..300})")" 'cannot be a path: File name too long'
	# one that has ended, and is not waited for
	kill -9 "$HELD"
	wait "$HELD" || true
	run attach_path a "/proc/$HELD/ns/net"
	matches "$output" '404$'
}
