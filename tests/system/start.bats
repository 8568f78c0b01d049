# start.bats - one netd for a namespace, and a start that fails leaves everything as it was
# SPDX-License-Identifier: GPL-2.0-or-later

load lib

setup() { :; }

# A host with its wire and no netd yet.
host_bare() {
	HOST_NAMES+=(h)
	host_ns h
	N_HOSTS=1
}

netd_of_h() { in_host h timeout 30 "$NETD_BUILD/netd" "$@"; }

# All that a start could leave.
everything() {
	ip -n "$P-h" -j addr | jq -c '.[] | [.ifindex, .ifname, .master, .mtu, .address, (.flags | map(select(. == "UP"))),
		[.addr_info[] | select(.scope == "global") | .local, .prefixlen]]'
	ip -n "$P-h" -j route | jq -c '.[] | [.dst, .gateway, .dev]'
	ruleset_of h
	in_host h sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv6.conf.up0.accept_ra
	pids_in "$P-h" | xargs -r -n1 sh -c 'cat /proc/$0/comm'
	in_host h grep -c . /proc/net/unix
	find "$T/h/run" "$T/h/state" | sort
}

# start_fails PATTERN OPTION…: says so, with status 1, and nothing has changed.
start_fails() {
	local pattern=$1 before
	shift
	before=$(everything)
	fails_with 1 "$pattern" netd_of_h "$@"
	comes_back_to "$before" everything # its children may still be on their way out
}

@test "a start that fails leaves nothing: links, rules, forwarding, processes, files" {
	host_bare
	local dirs=(--run-dir "$T/h/run/sub/netd" --state-dir "$T/h/state/sub/netd") sock="unix://$T/h/run/netd.sock"
	in_host h sysctl -qw net.ipv4.ip_forward=0
	# the socket
	echo file >"$T/h/file"
	start_fails "file is there and is not a socket" "${dirs[@]}" --host "unix://$T/h/file"
	start_fails 'cannot listen on .*/nosuch/netd.sock' "${dirs[@]}" --host "unix://$T/h/nosuch/netd.sock"
	start_fails 'only unix:///PATH' "${dirs[@]}" --host tcp://127.0.0.1:2375
	start_fails 'more than .* characters' "${dirs[@]}" --host "unix://$T/h/$(printf 'x%.0s' {1..120})"
	# the directories
	start_fails 'cannot make .*/file' --run-dir "$T/h/file/run" --state-dir "$T/h/state" --host "$sock"
	start_fails 'cannot make .*/file' --run-dir "$T/h/run/sub" --state-dir "$T/h/file/state" --host "$sock"
	mkdir "$T/h/state/bad" && echo "no database, and long enough to be seen as such: it has a hundred bytes" >"$T/h/state/bad/networks.db"
	start_fails networks.db --run-dir "$T/h/run/sub" --state-dir "$T/h/state/bad" --host "$sock"
	# the kernel: behind the first bridge, and behind the table
	ip -n "$P-h" link add netd0 type veth peer name other
	start_fails netd0 "${dirs[@]}" --host "$sock"
	ip -n "$P-h" link del netd0
	echo 'this is no rule' >"$T/h/etc/netd/rules.d/wrong.nft"
	start_fails 'wrong.nft' "${dirs[@]}" --host "$sock"
	echo '{ "ipv6": true }' >"$T/h/etc/netd/netd.json"
	start_fails 'wrong.nft' "${dirs[@]}" --host "$sock"
	rm "$T/h/etc/netd/netd.json"
	rm "$T/h/etc/netd/rules.d/wrong.nft"
	# and then it starts
	host_start h
	netctl network ls
}

@test "a start that fails over what an earlier netd left takes nothing of that away" {
	host_new h
	netctl network create n
	attach web --network n -p 8080:80
	serve web 80
	host_stop h KILL
	local before
	before=$(ip -n "$P-h" link | grep -c .)
	fails_with 1 nosuch netd_of_h --run-dir "$T/h/run" --state-dir "$T/h/state" --host "unix://$T/h/nosuch/sock"
	echo '{ "bip": "'"$(ip -n "$P-c-web" -j addr show eth0 | jq -r '.[0].addr_info[0].local' | sed 's/\.[0-9]*$/.1/')/24"'" }' \
		>"$T/h/etc/netd/netd.json"
	fails_with 1 'bip in netd.json cannot be' netd_of_h --run-dir "$T/h/run" \
		--state-dir "$T/h/state" --host "unix://$(host_sock h)"
	rm "$T/h/etc/netd/netd.json"
	equals "$(ip -n "$P-h" link | grep -c .)" "$before"
	matches "$(get_out "http://$(host_addr h):8080/")" 'web from'
	host_start h
	matches "$(get_out "http://$(host_addr h):8080/")" 'web from'
	matches "$(netctl ps --format '{{.Names}}')" '^web$'
}

@test "a second netd in the namespace says who is there and touches nothing" {
	host_new h
	netctl network create n
	attach a --network n
	local before second pid=${NETD_PID[h]}
	wait_until 30 nobody_asks
	before=$(everything)
	# the same directories, others, and a host that cannot be used: the lock comes first
	for second in "--run-dir $T/h/run --state-dir $T/h/state --host unix://$(host_sock h)" \
		"--run-dir $T/h/run2 --state-dir $T/h/state2 --host unix://$T/h/second.sock" \
		"--run-dir $T/h/run2 --state-dir $T/h/state2 --host tcp://0.0.0.0:1"; do
		fails_with 1 "another netd, process $pid, runs in this network namespace" \
			netd_of_h $second
		[[ ! -e $T/h/run2 && ! -e $T/h/state2 ]]
	done
	comes_back_to "$before" everything
	lacks "$(cat "$T/h/netd.log")" 'warn|error'
	# it lasts as long as its holder, and a restart needs no patience
	host_restart h KILL
	in_c a ping -c1 -W30 -q "$(netctl network inspect n | jq -r '.[0].IPAM.Config[0].Gateway')"
}

@test "netd in other namespaces is not in the way" {
	host_new h
	host_new other
	netctl network ls
	netctl_in other network ls
	# a run directory is another thing
	host_stop h
	fails_with 1 'another netd runs with the run directory' netd_of_h \
		--run-dir "$T/other/run" --state-dir "$T/h/state" --host "unix://$T/h/x.sock"
	netctl_in other network ls
}

# Anybody may bind an abstract name.
@test "somebody who is not root and has the lock's name does not keep netd from starting" {
	host_bare
	spawn in_host h setpriv --reuid=65534 --regid=65534 --clear-groups "$PYTHON" -I -S -c '
import socket, time
s = socket.socket(socket.AF_UNIX)
s.bind("\0netd/plumber")
s.listen()
time.sleep(600)'
	local squatter=$SPAWNED
	wait_until 30 in_host h grep -q @netd/plumber /proc/net/unix
	host_start h
	matches "$(cat "$T/h/netd.log")" "process $squatter of user 65534 holds netd's lock"
	netctl network ls
}

@test "what a process may not do is said in one sentence before anything is done, and a user namespace with all ids will do" {
	host_bare
	local dirs=(--run-dir "$T/h/run" --state-dir "$T/h/state" --host "unix://$(host_sock h)") user group
	lacking() { # PATTERN COMMAND…: that it lacks it is all that is said
		local pattern=$1 out
		shift
		out=$(in_host h timeout 30 "$@" "$NETD_BUILD/netd" "${dirs[@]}" 2>&1) && return 1
		matches "$out" "^netd: error: $pattern"
		equals "$(wc -l <<<"$out")" 1
		equals "$(find "$T/h/run" "$T/h/state" -type f)" ""
	}
	lacking 'this user namespace has no uid 64243 and gid 64243, those of the resolver.s user _netd-resolver: make it with' \
		unshare --user --map-root-user --net
	lacking 'this network namespace belongs to the host and not to the user namespace' unshare --user --map-root-user
	lacking 'netd lacks the capability CAP_NET_ADMIN: run it as root' setpriv --bounding-set -net_admin --inh-caps -net_admin
	lacking 'netd lacks the capabilities CAP_SYS_ADMIN, CAP_SETUID: ' \
		setpriv --bounding-set -sys_admin,-setuid --inh-caps -sys_admin,-setuid
	chmod -R 777 "$T"
	lacking 'netd lacks the capabilities CAP_NET_ADMIN, CAP_SYS_ADMIN: ' setpriv --reuid 65534 --clear-groups
	spawn in_host h unshare --user --net sleep 600
	wait_until 30 in_own_namespaces "$SPAWNED"
	echo '0 0 70000' >"/proc/$SPAWNED/uid_map"
	echo '0 0 70000' >"/proc/$SPAWNED/gid_map"
	# The guard could not see the machine's namespace from there.
	in_own_namespaces "$SPAWNED"
	spawn_to "$T/h/netd.log" nsenter --user --net --mount --target "$SPAWNED" -- "$NETD_BUILD/netd" "${dirs[@]}"
	wait_until 30 answers h
	matches "$(netctl network ls)" bridge
	kill "$SPAWNED"
	wait "$SPAWNED"
}
in_own_namespaces() { # PID: of a user and of a network namespace, neither the machine's nor a host's
	[[ -e $NETD_MACHINE_NS && -e /proc/$1/ns/net && $(cat "/proc/$1/comm") == sleep ]] &&
		[[ ! /proc/$1/ns/user -ef /proc/self/ns/user && ! /proc/$1/ns/net -ef $NETD_MACHINE_NS ]] &&
		[[ ! /proc/$1/ns/net -ef /proc/self/ns/net && ! /proc/$1/ns/net -ef /run/netns/$P-h ]]
}
