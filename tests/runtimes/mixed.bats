#!/usr/bin/env bats
# mixed.bats - containers of every runtime and a plain namespace, on one network, find and reach one another
# SPDX-License-Identifier: GPL-2.0-or-later

load lib
load docker
load podman
load runc
load containerd

SUBNET=10.60.0.0/24

setup() {
	docker_or_skip
	local program
	setup_default
	docker_world
	for program in podman containerd ctr runc; do
		in_tree sh -c "command -v $program" >/dev/null || skip "$program is not installed"
	done
	client_tree "$TREE"
	echo 'nameserver 127.0.0.11' >"$TREE/etc/resolv.conf"
	cni_plugins
	cni_list mix
	containerd_new
	podman_new
	# Podman first: it refuses a subnet that is on the host already.
	podman network create --subnet $SUBNET --ip-range 10.60.0.128/25 mix >/dev/null
	dk network create -d netd --ipam-driver netd --subnet $SUBNET mix >/dev/null
	wait_until 30 netctl network inspect mix
}

teardown() {
	containerd_teardown
	runc_teardown
	[[ -z ${PD:-} ]] || podman_done
	docker_teardown
	teardown_default
}

EVERYBODY=(dock pod ctrd oci plain)
with_crun() { RUNTIME=crun "$@"; }

start_all() {
	run_web dock --network mix
	web_c pod --network mix
	run_ctr ctrd /bin/sh -c 'echo ctrd >/www/index.html; exec /bin/httpd -f -p 80 -h /www'
	bundle oci network=mix -- /bin/httpd -f -p 80 -h /www
	echo oci >"$T/rootfs/www/index.html"
	start oci
	if in_tree sh -c "command -v crun" >/dev/null && with_crun runtime_new; then
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
	pod) podman exec pod /usr/bin/curl -sS -m "$MAX_S" "$2" ;;
	ctrd) c task exec --exec-id "x$RANDOM$RANDOM" ctrd /usr/bin/curl -sS -m "$MAX_S" "$2" </dev/null ;;
	oci) fetch oci "$2" ;;
	crun) with_crun fetch crun "$2" ;;
	plain) netctl exec plain -- curl -sS -m "$MAX_S" "$2" ;;
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
			wait_until 30 gets "$from" "$to" || {
				echo "$from does not reach $to"
				fetch_as "$from" "http://$to/" || true
				return 1
			}
		done
	done
	doctor_finds_nothing
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
	stop_ctr ctrd
	podman rm -f -t 0 pod >/dev/null
	dk rm -f dock >/dev/null
	settled h
}
