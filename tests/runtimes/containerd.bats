#!/usr/bin/env bats
# containerd.bats - netd-cni under containerd: `ctr run --cni`, and pods of its CRI plugin
# SPDX-License-Identifier: GPL-2.0-or-later

load lib

# A containerd of our own: in the host's namespaces, with nothing of it outside of $T and a tmpfs on /run/containerd.
setup() {
	setup_default
	busybox_tree "$T/tree"
	echo 'nameserver 127.0.0.11' >"$T/tree/etc/resolv.conf"
	echo hello >"$T/tree/www/index.html"
	cni_plugins
	cni_list blue
	mkdir -p /run/containerd
	in_host h mount -t tmpfs none /run/containerd
	cat >"$T/containerd.toml" <<-TOML
	version = 2
	root = "$T/containerd"
	state = "/run/containerd/state"
	[grpc]
	  address = "/run/containerd/containerd.sock"
	[plugins."io.containerd.grpc.v1.cri"]
	  sandbox_image = "docker.io/library/bb:latest"
	  restrict_oom_score_adj = true
	  disable_hugetlb_controller = true
	  [plugins."io.containerd.grpc.v1.cri".containerd]
	    snapshotter = "native"
	TOML
	in_host h containerd -c "$T/containerd.toml" >"$T/containerd.log" 2>&1 3>&- 4>&- </dev/null &
	CONTAINERD=$!
	wait_until 20 c version
}

# Shims and what they started outlive containerd.
teardown() {
	local status=$? pid
	for pid in $(c task ls 2>/dev/null | awk 'NR > 1 { print $2 }') $(c -n k8s.io task ls 2>/dev/null | awk 'NR > 1 { print $2 }'); do
		((pid > 1)) && kill -9 "$pid" 2>/dev/null || true
	done
	[[ -n ${BATS_TEST_COMPLETED:-} ]] || grep -E 'level=(error|fatal|warning)' "$T/containerd.log" | tail -20 || true
	for pid in $(in_host h ps -eo pid,args | awk '/containerd-shim.* -address \/run\/containerd\/containerd.sock/ { print $1 }'); do
		[[ $(readlink "/proc/$pid/ns/net") != "$(readlink "/proc/${HOLDER[h]}/ns/net")" ]] || kill -9 "$pid" || true
	done
	kill -9 "$CONTAINERD" 2>/dev/null || true
	rmdir /sys/fs/cgroup/*/{default,k8s.io} 2>/dev/null || true # the parents runc leaves, when nobody is in them
	(exit "$status")
	teardown_default
}

c() { in_host h ctr "$@"; }
run_c() { # NAME COMMAND…
	c run --cni -d --rootfs "$T/tree" "$@"
}
# says URL: what a new container on the network gets from there
change_list() { # JQ PROGRAM
	jq "$1" "$T/h/etc/cni/net.d/10-blue.conflist" >"$T/list"
	mv "$T/list" "$T/h/etc/cni/net.d/10-blue.conflist"
}
says() { c run --cni --rm --rootfs "$T/tree" "client$RANDOM" /bin/wget -qO- "$1" 2>&1; }
serves() { get_host h "http://$(ip4_of "$1" "${2:-blue}"):80/"; }
stop_c() {
	c task kill -s KILL "$1"
	wait_until 10 stopped "$1"
	c task delete "$1" >/dev/null 2>&1 || true
	c container delete "$1"
}
stopped() { ! c task ls | grep -E "^$1 .*RUNNING"; }
crictl() { in_host h $PYTHON -I "$BATS_TEST_DIRNAME/cri.py" /run/containerd/containerd.sock "$@"; }

@test "ctr run --cni: two containers find and reach each other by name; stopped, they leave nothing" {
	run_c web /bin/httpd -f -p 80 -h /www
	wait_until 5 serves default-web
	matches "$(says http://default-web/)" hello
	matches "$(says http://web/)" hello
	equals "$(netctl ps --format '{{.Names}}')" default-web
	# one more port, published while it runs, reached from a neighbour
	netctl port add default-web 8080:80
	matches "$(get_out "http://$(host_addr h):8080/")" hello
	stop_c web
	settled h
}

@test "ctr run --cni: a port in the list is published, and taken back" {
	change_list '.plugins[0].runtimeConfig.portMappings = [{hostPort: 8080, containerPort: 80, protocol: "tcp"}]'
	run_c web /bin/httpd -f -p 80 -h /www
	wait_until 5 serves default-web
	matches "$(get_out "http://$(host_addr h):8080/")" hello
	stop_c web
	settled h
	refused get_out "http://$(host_addr h):8080/"
}

@test "ctr run --cni: chained between tuning and bandwidth" {
	change_list ".plugins += [{type: \"tuning\", mtu: 1400, dataDir: \"$T/tuning\"},
		{type: \"bandwidth\", ingressRate: 80000000, ingressBurst: 8000000, egressRate: 80000000, egressBurst: 8000000}]"
	run_c web /bin/httpd -f -p 80 -h /www
	wait_until 5 serves default-web
	matches "$(c run --cni --rm --rootfs "$T/tree" client /bin/ip link show eth0)" 'mtu 1400'
	matches "$(says http://web/)" hello
	matches "$(in_host h tc qdisc show)" tbf
	stop_c web
	settled h
}

@test "ctr run --cni: fifty started and stopped in parallel, without an error and nothing left" {
	local i pids=() failed=0
	for i in $(seq 50); do
		c run --cni --rm --rootfs "$T/tree" "p$i" /bin/true >"$T/out.$i" 2>&1 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || failed=$((failed + 1)); done
	[[ $failed -eq 0 ]] || cat "$T"/out.*
	equals "$failed" 0
	settled h
}

@test "CRI: pods have their addresses from netd, find each other by name, publish ports, and leave nothing" {
	local web client server shell
	image_archive "$T/tree" docker.io/library/bb:latest "$T/bb.tar" /bin/sleep 100000
	c -n k8s.io image import --snapshotter native "$T/bb.tar"
	web=$(crictl pod web shop tcp:8080:80)
	client=$(crictl pod client shop)
	equals "$(crictl address "$web")" "$(ip4_of web.shop blue)"
	server=$(crictl run "$web" docker.io/library/bb:latest /bin/httpd -f -p 80 -h /www)
	wait_until 5 serves web.shop
	shell=$(crictl run "$client" docker.io/library/bb:latest /bin/sleep 1000)
	[[ -n $server ]]
	equals "$(crictl exec "$shell" /bin/wget -qO- http://web/)" hello
	equals "$(crictl exec "$shell" /bin/wget -qO- http://web.shop/)" hello
	matches "$(get_out "http://$(host_addr h):8080/")" hello
	for pod in "$web" "$client"; do
		crictl stop "$pod"
		crictl stop "$pod"
		crictl remove "$pod"
	done
	settled h
}
