#!/usr/bin/env bats
# mixed.bats - containers of every runtime and a plain namespace, on one network, find and reach one another
# SPDX-License-Identifier: GPL-2.0-or-later

load lib
load docker
load podman
load runc

SUBNET=10.60.0.0/24

setup() {
	docker_or_skip
	local program
	for program in podman containerd ctr runc; do
		command -v "$program" >/dev/null || skip "$program is not installed"
	done
	setup_default
	docker_world
	in_host h mkdir -p /run/containers /run/containerd
	containerd_start
	podman_new
	# Podman first: it refuses a subnet that is on the host already.
	podman network create --subnet $SUBNET --ip-range 10.60.0.128/25 mix >/dev/null
	dk network create -d netd --ipam-driver netd --subnet $SUBNET mix >/dev/null
	wait_until 5 netctl network inspect mix
}

teardown() {
	containerd_stop
	runc_teardown
	[[ -z ${PD:-} ]] || podman_done
	docker_teardown
	teardown_default
}

# With its data below $T and its /run in the host's own.
containerd_start() {
	client_tree "$T/tree"
	echo 'nameserver 127.0.0.11' >"$T/tree/etc/resolv.conf"
	cni_plugins
	cni_list mix
	cat >"$T/containerd.toml" <<-TOML
	version = 2
	root = "$T/containerd"
	state = "/run/containerd/state"
	disabled_plugins = ["io.containerd.grpc.v1.cri"]
	[grpc]
	  address = "/run/containerd/containerd.sock"
	TOML
	spawn_to "$T/containerd.log" in_host h containerd -c "$T/containerd.toml"
	CONTAINERD=$SPAWNED
	wait_until 20 c version
}
containerd_stop() {
	local pid
	[[ -n ${CONTAINERD:-} ]] || return 0
	c task kill -s KILL ctrd >/dev/null 2>&1 || true
	wait_until 5 ctrd_ended || true
	c task delete ctrd >/dev/null 2>&1 || true
	c container delete ctrd >/dev/null 2>&1 || true
	kill -9 "$CONTAINERD" 2>/dev/null || true
	for pid in $(pids_in "$P-h"); do
		[[ $(cat "/proc/$pid/comm") != containerd-shim ]] || kill -9 "$pid" || true
	done
	rmdir /sys/fs/cgroup/*/default 2>/dev/null || true # the parents runc leaves, when nobody is in them
}
ctrd_ended() { ! c task ls 2>/dev/null | grep -q RUNNING; }
c() { in_host h ctr "$@"; }

EVERYBODY=(dock pod ctrd oci plain)
with_crun() { RUNTIME=crun "$@"; }

start_all() {
	run_web dock --network mix
	web_c pod --network mix
	c run --cni -d --rootfs "$T/tree" ctrd /bin/sh -c 'echo ctrd >/www/index.html; exec /bin/httpd -f -p 80 -h /www'
	bundle oci network=mix -- /bin/httpd -f -p 80 -h /www
	echo oci >"$T/rootfs/www/index.html"
	start oci
	if command -v crun >/dev/null && with_crun runtime_new; then
		EVERYBODY+=(crun)
		with_crun bundle crun network=mix -- /bin/httpd -f -p 80 -h /www/crun
		mkdir "$T/rootfs/www/crun"
		echo crun >"$T/rootfs/www/crun/index.html"
		with_crun start crun
	fi
	attach plain --network mix
	mkdir -p "$T/plain"
	echo plain >"$T/plain/index.html"
	spawn in_c plain busybox httpd -f -p 80 -h "$T/plain"
}

# fetch_as WHO URL: by each one's own files and its own resolver
fetch_as() {
	case $1 in
	dock) fetch_in dock "$2" ;;
	pod) podman exec pod /usr/bin/curl -sS -m 5 "$2" ;;
	ctrd) c task exec --exec-id "x$RANDOM$RANDOM" ctrd /usr/bin/curl -sS -m 5 "$2" </dev/null ;;
	oci) fetch oci "$2" ;;
	crun) with_crun fetch crun "$2" ;;
	plain) netctl exec plain -- curl -sS -m 5 "$2" ;;
	esac
}
gets() { [[ $(fetch_as "$1" "http://$2/") == "$2" ]]; } # FROM TO: the name is what the other serves

@test "a container each of Docker, Podman, containerd, runc and crun, and a plain namespace, find and reach one another" {
	local from to
	start_all
	equals "$(netctl network inspect mix | jq -r '.[0].Containers[].Name' | sed s/^default-// | sort | xargs)" \
		"$(printf '%s\n' "${EVERYBODY[@]}" | sort | xargs)"
	equals "$(netctl network inspect mix | jq -r '.[0].Containers[].IPv4Address' | sort -u | wc -l)" ${#EVERYBODY[@]}
	for from in "${EVERYBODY[@]}"; do
		for to in "${EVERYBODY[@]}"; do
			wait_until 5 gets "$from" "$to" || {
				echo "$from does not reach $to"
				fetch_as "$from" "http://$to/" || true
				return 1
			}
		done
	done
	# one that leaves is known to have left everywhere, and the others stay
	stop oci
	EVERYBODY=(${EVERYBODY[@]/#oci/})
	for from in "${EVERYBODY[@]}"; do
		refused gets "$from" oci
		gets "$from" plain
	done
	# netd away: names and packets stay (plain asks by netctl, which needs netd)
	host_stop h KILL
	for from in "${EVERYBODY[@]}"; do [[ $from == plain ]] || gets "$from" plain; done
	host_start h
	for from in "${EVERYBODY[@]}"; do gets "$from" pod; done
	# and when all have gone, nothing is left
	[[ " ${EVERYBODY[*]} " != *" crun "* ]] || with_crun stop crun
	netctl detach plain
	containerd_stop
	podman rm -f -t 0 pod >/dev/null
	dk rm -f dock >/dev/null
	settled h
}
