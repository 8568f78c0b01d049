#!/usr/bin/env bats
# callers_hosts.bats - CNI and the OCI hook on a network that spans hosts: they attach to it without knowing that it does
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# Two hosts of a cluster with an etcd of netd's own, which is on a.
setup() {
	ALIVE=()
	host_new a
	host_new b
	netctl_in a cluster init --advertise-addr "$(host_addr a)" --name a
	netctl_in b cluster join --token "$(netctl_in a cluster token -q)" --name b "$(host_addr a)"
}
teardown() {
	kill -9 "${ALIVE[@]}" 2>/dev/null || true # they have left their host's namespace
	teardown_default
}

# One configuration for all hosts: whoever is first makes the network.
CONFLIST='{"cniVersion": "1.0.0", "name": "pods", "type": "netd-cni", "driver": "overlay", "subnet": "10.77.0.0/16", "subnet6": "fd77::/64"}'
cni() { # HOST VERB CONTAINER [CONFIG]
	[[ $2 != ADD || -e $(container_path "$3") ]] || container_ns "$3" >/dev/null
	in_host "$1" env NETD_HOST="unix://$(host_sock "$1")" CNI_COMMAND="$2" CNI_CONTAINERID="$3" CNI_NETNS="$(container_path "$3")" \
		CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin "$NETD_BUILD/netd-cni" <<<"${4-$CONFLIST}"
}
added() { # HOST CONTAINER: the result is in $T/CONTAINER.added
	cni "$1" ADD "$2" >"$T/$2.added" || { cat "$T/$2.added" && return 1; }
}
addresses_in() { jq -r '.ips[].address | split("/")[0]' "$T/$1.added"; }

# A process with namespaces of its own, as a runtime has made them before its hooks: its pid is in LIVING.
living() { # HOST
	spawn in_host "$1" unshare --net --mount --propagation slave sleep 1000
	LIVING=$SPAWNED
	ALIVE+=("$SPAWNED")
	wait_until 30 has_own_namespace "$1" "$LIVING"
}
has_own_namespace() { [[ $(readlink "/proc/$2/ns/net") != "$(in_host "$1" readlink /proc/self/ns/net)" && $(cat "/proc/$2/comm") == sleep ]]; }
in_pid() { nsenter --net="/proc/$1/ns/net" -- "${@:2}"; }
hooked() { # HOST NAME STATUS PID STAGE
	mkdir -p "$T/$2/rootfs/etc"
	jq -n --arg root "$T/$2/rootfs" --arg name "$2" '{ociVersion: "1.0.2", root: {path: $root}, hostname: $name,
		linux: {namespaces: [{type: "network"}]}}' >"$T/$2/config.json"
	jq -n --arg id "$2" --arg status "$3" --argjson pid "$4" --arg bundle "$T/$2" '{ociVersion: "1.0.2", id: $id, status: $status,
		pid: $pid, bundle: $bundle, annotations: {"netd.network": "pods", "netd.aliases": ($id + "-too")}}' |
		in_host "$1" env -i NETD_HOST="unix://$(host_sock "$1")" "$NETD_BUILD/netd-oci-hook" "$5"
}

asked() { "${@:2}" dig +short +time=10 +tries=2 @127.0.0.11 "$1"; } # NAME IN WHERE…
finds() { [[ $(asked "$2" "${@:3}") == "$1" ]]; }
containers_of() { netctl_in "$1" ps -q | wc -l; }
address_of() { netctl_in "$1" inspect "$2" | jq -r '.[0].NetworkSettings.Networks.pods.IPAddress'; }
# No address is there twice, on any of the hosts.
are_single() {
	local host
	for host in a b; do netctl_in "$host" inspect $(netctl_in "$host" ps -q) | jq -r '.[].NetworkSettings.Networks.pods | .IPAddress, .GlobalIPv6Address'; done |
		sort | uniq -d >"$T/twice"
	[[ ! -s $T/twice ]] || { cat "$T/twice" && return 1; }
}

@test "pods of two nodes with one conflist, and containers with a hook, reach each other by address and name" {
	local i host pids=() first second address
	# both nodes begin at once: whose network is the cluster's is etcd's choice, and neither node has addresses of it yet
	for host in a b; do spawn_to "$T/first.log" added "$host" "p0$host" && pids+=("$SPAWNED"); done
	for i in "${pids[@]}"; do wait "$i" || { cat "$T/first.log" && false; }; done
	pids=()
	equals "$(netctl_in a network inspect pods --format '{{.Id}} {{.Driver}} {{.Scope}}')" "$(netctl_in b network inspect pods --format '{{.Id}} overlay swarm')"
	# more of them, on both at once
	for i in {1..3}; do for host in a b; do spawn_to "$T/more.log" added "$host" "p$i$host" && pids+=("$SPAWNED"); done; done
	for i in "${pids[@]}"; do wait "$i" || { cat "$T/more.log" && false; }; done
	are_single
	for i in 0 3; do
		for address in $(addresses_in "p${i}b"); do in_c "p${i}a" ping -q -n -c 1 -W 30 "$address"; done
		for address in $(addresses_in "p${i}a"); do in_c "p${i}b" ping -q -n -c 1 -W 30 "$address"; done
		wait_until 30 finds "$(address_of b "p${i}b")" "p${i}b" in_c "p${i}a"
		wait_until 30 finds "$(address_of a "p${i}a")" "p${i}a.pods" in_c "p${i}b"
	done
	serve p3b 80
	matches "$(get_from p0a "http://$(asked p3b in_c p0a)/")" '^p3b from'
	# what was added is checked, and added again it is the same
	jq -c --slurpfile was "$T/p0b.added" '. + {prevResult: $was[0]}' <<<"$CONFLIST" >"$T/again"
	cni b CHECK p0b "$(cat "$T/again")"
	equals "$(cni b ADD p0b | jq -cS .ips)" "$(jq -cS .ips "$T/p0b.added")"
	# a container of runc's or crun's on each, by the hook
	living a
	first=$LIVING
	hooked a ha creating "$first" createRuntime
	living b
	second=$LIVING
	hooked b hb creating "$second" createRuntime
	are_single
	in_pid "$first" ping -q -n -c 1 -W 30 "$(address_of b hb)"
	wait_until 30 finds "$(address_of b hb)" hb-too in_pid "$first"
	wait_until 30 finds "$(address_of a ha)" ha in_pid "$second"
	wait_until 30 finds "$(address_of a ha)" ha-too in_c p0b
	in_pid "$second" ping -q -n -c 1 -W 30 "$(asked p0a in_pid "$second")"
	# gone, no host has a name of theirs, and the network is free to go
	kill -9 "$first" "$second"
	hooked a ha stopped 0 poststop
	hooked b hb stopped 0 poststop
	wait_until 30 finds "" ha in_c p0b
	for i in {0..3}; do for host in a b; do cni "$host" DEL "p$i$host"; done; done
	cni b DEL p0b
	for host in a b; do equals "$(containers_of "$host")" 0; done
	wait_until 30 netctl_in b network rm pods
	wait_until 30 eval '! netctl_in a network inspect pods'
}
