#!/usr/bin/env bats
# reset.bats - netctl system reset: a host that netd has left is as it was before netd came
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# A host that netd has never been on.
setup() {
	HOST_NAMES+=(h)
	host_ns h
	N_HOSTS=$((N_HOSTS + 1))
	rmdir "$T/h/run" "$T/h/state"
	in_host h sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0 net.ipv6.conf.up0.accept_ra=1
	wait_until 30 addresses_are_checked # by the kernel, which then has routes to them
}
addresses_are_checked() { [[ -z $(in_host h ip -o addr show tentative) && -n $(in_host h ip -o -6 addr show scope link) ]]; }

# All of a host that netd may touch. Statistics, and what the kernel itself counts in a setting, are left out.
picture() {
	in_host h sh -c '
		ip -o link show | sed "s/ qdisc .*//"
		ip -o addr show | sed "s/ valid_lft.*//"
		ip route show table all; ip -6 route show table all; ip rule; ip -6 rule
		nft list ruleset
		sysctl -a 2>/dev/null | grep "^net\." | grep -vE "nf_conntrack_count|\.stable_secret|ns_last_pid"'
	find "$T/h/run" "$T/h/state" 2>/dev/null || true
	pids_in "$P-h"
}

reset() { netctl system reset --run-dir "$T/h/run" --state-dir "$T/h/state" "$@"; }

# Networks of both families, containers, ports, a service, and a bridge of another size.
live_in() {
	host_start h
	netctl network create --ipv6 --subnet 10.9.0.0/24 --subnet fd00:9::/64 both
	netctl network create --internal inside
	attach web --network both -p 8080:80 -p 53:53/udp
	attach other --network both --network inside
	in_c other ping -c1 -W30 -q 10.9.0.1
	equals "$(in_host h sysctl -n net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv6.conf.up0.accept_ra | xargs)" "1 1 2"
	# and what a command wrote that has ended
	netctl run -d --name past -- echo words
	wait_until 30 is_gone past
}
is_gone() { ! netctl ps --format '{{.Names}}' | grep -qx "$1"; }

@test "after a reset the host is as it was before netd came, and so are the containers' namespaces" {
	local before inside
	before=$(picture)
	container_ns web >/dev/null
	container_ns other >/dev/null
	inside=$(in_c other sh -c 'ip -br link | cut -d" " -f1; nft list ruleset')
	live_in
	fails_with 1 'netd runs: stop it first' reset --force
	host_stop h
	# Names are answered until then, by a resolver that nobody watches.
	fails_with 2 'no terminal to ask at: use --force' reset
	fails_with 1 '2 containers are attached \((web|other)\): detach them first, or use --force' \
		in_host h "$NETD_BUILD/netd" --reset --run-dir "$T/h/run" --state-dir "$T/h/state"
	matches "$(in_c web dig @127.0.0.11 +short -q other)" '^10\.9\.0\.'
	reset --force
	comes_back_to "$before" picture
	equals "$(in_c other sh -c 'ip -br link | cut -d" " -f1; nft list ruleset')" "$inside"
	# And again, where there is nothing any more.
	reset --force
	comes_back_to "$before" picture
}

@test "a reset goes by the links where netd was killed and its records are damaged, and past wrong settings" {
	local before file
	before=$(picture)
	live_in
	host_stop h KILL
	for file in "$T"/h/run/run.{db,journal} "$T"/h/state/networks.{db,journal}; do
		echo "no record" >"$file"
	done
	rm -f "$T"/h/{run,state}/*-{wal,shm}
	echo "{ no settings" >"$T/h/etc/netd/netd.json"
	echo "no such rule" >"$T/h/etc/netd/rules.d/a.nft"
	touch "$T/h/state/of-somebody-else"
	fails_with 78 'damaged|records' in_host h "$NETD_BUILD/netd" --reset --run-dir "$T/h/run" --state-dir "$T/h/state"
	matches "$(reset --force 2>&1)" "$T/h/state/of-somebody-else stays: it is not of netd's making"
	rm -r "$T/h/state"
	comes_back_to "$before" picture
}

@test "forwarding stays on for somebody else's bridge, and off where the host forwarded before it stays on" {
	live_in
	in_host h ip link add docker0 type bridge
	in_host h ip addr add 10.77.0.1/24 dev docker0
	host_stop h
	reset --force
	equals "$(in_host h sysctl -n net.ipv4.ip_forward net.ipv6.conf.all.forwarding | xargs)" "1 0"
	in_host h ip link del docker0
	host_start h # on a host that forwards now
	host_stop h
	reset --force
	equals "$(in_host h sysctl -n net.ipv4.ip_forward)" 1
}
