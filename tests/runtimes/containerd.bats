#!/usr/bin/env bats
# containerd.bats - netd-cni under containerd: `ctr run --cni`, and pods of its CRI plugin
# SPDX-License-Identifier: GPL-2.0-or-later

load lib
load runc
load containerd

setup() {
	setup_default
	in_host h mount -t tmpfs none /run/netns # the CRI plugin makes its namespaces there
	client_tree "$TREE"
	echo 'nameserver 127.0.0.11' >"$TREE/etc/resolv.conf"
	echo hello >"$TREE/www/index.html"
	cni_plugins
	cni_list blue
	containerd_new cri
}
teardown() {
	local status=$?
	containerd_teardown
	(exit "$status")
	teardown_default
}

# Not by renaming: the CRI plugin does not look at what comes with another name.
change_list() { # JQ PROGRAM
	in_tree cat /etc/cni/net.d/10-blue.conflist | jq "$1" >"$T/list"
	in_tree cp "$T/list" /etc/cni/net.d/10-blue.conflist
}
# says URL: what a new container on the network gets from there
says() { once_ctr "client$RANDOM" /usr/bin/curl -sS -m "$MAX_S" "$1" 2>&1; }
serves() { get_host h "http://$(ip4_of "$1" "${2:-blue}"):80/"; }

@test "ctr run --cni: two containers find and reach each other by name; stopped, they leave nothing" {
	run_ctr web /bin/httpd -f -p 80 -h /www
	wait_until 30 serves default-web
	matches "$(says http://default-web/)" hello
	matches "$(says http://web/)" hello
	equals "$(netctl ps --format '{{.Names}}')" default-web
	# one more port, published while it runs, reached from a neighbour
	netctl port add default-web 8080:80
	matches "$(get_out "http://$(host_addr h):8080/")" hello
	stop_ctr web
	settled h
}

@test "ctr run --cni: a port in the list is published, and taken back" {
	change_list '.plugins[0].runtimeConfig.portMappings = [{hostPort: 8080, containerPort: 80, protocol: "tcp"}]'
	run_ctr web /bin/httpd -f -p 80 -h /www
	wait_until 30 serves default-web
	matches "$(get_out "http://$(host_addr h):8080/")" hello
	stop_ctr web
	settled h
	refused get_out "http://$(host_addr h):8080/"
}

@test "ctr run --cni: chained between tuning and bandwidth" {
	change_list ".plugins += [{type: \"tuning\", mtu: 1400, dataDir: \"$T/tuning\"},
		{type: \"bandwidth\", ingressRate: 80000000, ingressBurst: 8000000, egressRate: 80000000, egressBurst: 8000000}]"
	run_ctr web /bin/httpd -f -p 80 -h /www
	wait_until 30 serves default-web
	matches "$(once_ctr client /bin/ip link show eth0)" 'mtu 1400'
	matches "$(says http://web/)" hello
	matches "$(in_host h tc qdisc show)" tbf
	stop_ctr web
	settled h
}

@test "ctr run --cni: fifty started and stopped in parallel, without an error and nothing left" {
	local i pids=() failed=0
	for i in $(seq 50); do
		once_ctr "p$i" /bin/true >"$T/out.$i" 2>&1 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || failed=$((failed + 1)); done
	[[ $failed -eq 0 ]] || cat "$T"/out.*
	equals "$failed" 0
	settled h
}

pod_image() {
	image_archive "$TREE" "$PAUSE" "$T/bb.tar" /bin/sleep 100000
	c -n k8s.io image import $(containerd_is_2 && echo --local) --snapshotter native "$T/bb.tar"
}
in_pod() { cri exec "$@"; } # CONTAINER COMMAND…
asks() { in_pod "$1" /usr/bin/curl -sS -m "$MAX_S" "$2"; } # CONTAINER URL
remove_pod() {
	cri stop "$1"
	cri remove "$1"
}

@test "CRI: pods have their addresses from netd, find each other by name, publish ports, and leave nothing" {
	local web client server shell
	pod_image
	web=$(cri pod web shop port=tcp:8080:80 port=tcp:0:81 port=tcp:8082:80:192.0.2.10 dns=127.0.0.11)
	client=$(cri pod client shop dns=127.0.0.11)
	equals "$(cri address "$web")" "$(ip4_of web.shop blue)"
	server=$(cri run "$web" "$PAUSE" /bin/httpd -f -p 80 -h /www)
	wait_until 30 serves web.shop
	shell=$(cri run "$client" "$PAUSE" /bin/sleep 1000)
	[[ -n $server ]]
	equals "$(asks "$shell" http://web/)" hello
	equals "$(asks "$shell" http://web.shop/)" hello
	equals "$(get_out "http://$(host_addr h):8080/")" hello
	equals "$(get_out "http://$(host_addr h):8082/")" hello
	# a port that is taken is refused in netd's words, and the pod leaves nothing
	fails_with 1 '8080.*web\.shop' cri pod second shop port=tcp:8080:80
	equals "$(netctl ps --format '{{.Names}}' | sort | xargs)" "client.shop web.shop"
	for pod in "$web" "$client"; do
		cri stop "$pod"
		cri stop "$pod"
		cri remove "$pod"
	done
	settled h
	refused get_out "http://$(host_addr h):8080/"
}

@test "CRI: a pod's dnsConfig reaches resolv.conf, netd's names and the world's resolve by it" {
	local a web shell
	upstream
	pod_image
	a=$(cri pod a shop dns=127.0.0.11 search=shop search=example.com option=ndots:2)
	web=$(cri pod web shop)
	shell=$(cri run "$a" "$PAUSE" /bin/sleep 1000)
	cri run "$web" "$PAUSE" /bin/httpd -f -p 80 -h /www
	wait_until 30 serves web.shop
	equals "$(in_pod "$shell" /bin/cat /etc/resolv.conf | sort | xargs)" "nameserver 127.0.0.11 options ndots:2 search shop example.com"
	equals "$(asks "$shell" http://web/)" hello # web.shop, by the search list
	equals "$(asks "$shell" http://web.shop./)" hello
	matches "$(in_pod "$shell" /bin/nslookup far.example.net)" '203\.0\.113\.7'
	# a server the pod names is the one netd asks for it
	upstream 192.0.2.53
	remove_pod "$a"
	a=$(cri pod a shop dns=127.0.0.11 dns=192.0.2.53)
	shell=$(cri run "$a" "$PAUSE" /bin/sleep 1000)
	matches "$(in_pod "$shell" /bin/nslookup other.example.net 127.0.0.11)" '203\.0\.113\.7'
	[[ $(upstream_saw other.example.net 192.0.2.53) -gt 0 ]]
	remove_pod "$a"
	remove_pod "$web"
	settled h
}

@test "CRI: a pod's sandbox is made again, and is removed without having been stopped" {
	local old new shell client
	pod_image
	old=$(cri pod web shop port=tcp:8080:80)
	client=$(cri pod client shop dns=127.0.0.11)
	shell=$(cri run "$client" "$PAUSE" /bin/sleep 1000)
	cri stop "$old"
	equals "$(cri state "$old")" notready
	new=$(cri pod web shop port=tcp:8080:80 attempt=1)
	cri run "$new" "$PAUSE" /bin/httpd -f -p 80 -h /www
	wait_until 30 asks "$shell" http://web.shop/
	equals "$(get_out "http://$(host_addr h):8080/")" hello
	# what remains of the first goes, and the second stays
	cri remove "$old"
	equals "$(asks "$shell" http://web/)" hello
	cri remove "$new"
	cri remove "$new"
	refused asks "$shell" http://web/
	refused get_out "http://$(host_addr h):8080/"
	equals "$(netctl ps --format '{{.Names}}')" client.shop
	cri remove "$client"
	settled h
}

@test "CRI: a pod whose processes are killed is stopped and removed as any other" {
	local pod
	pod_image
	pod=$(cri pod web shop port=tcp:8080:80)
	kill -9 "$(c -n k8s.io task ls | awk -v id="$pod" '$1 == id { print $2 }')"
	wait_until 30 pod_is "$pod" notready
	cri stop "$pod"
	cri remove "$pod"
	settled h
}
pod_is() { [[ $(cri state "$1") == "$2" ]]; }

@test "CRI: containerd is killed and started while pods run, and netd is; names, packets and ports stay" {
	local web client shell
	pod_image
	web=$(cri pod web shop port=tcp:8080:80)
	client=$(cri pod client shop dns=127.0.0.11)
	cri run "$web" "$PAUSE" /bin/httpd -f -p 80 -h /www
	shell=$(cri run "$client" "$PAUSE" /bin/sleep 1000)
	wait_until 30 asks "$shell" http://web/
	containerd_kill
	equals "$(get_out "http://$(host_addr h):8080/")" hello
	containerd_start
	wait_until 30 pod_is "$web" ready
	equals "$(asks "$shell" http://web/)" hello
	equals "$(cri address "$web")" "$(ip4_of web.shop blue)"
	# without netd a pod cannot be taken down, which kubelet tries again until it can
	host_stop h KILL
	equals "$(asks "$shell" http://web/)" hello
	fails_with 1 'cannot reach netd' cri stop "$web"
	fails_with 1 'cannot reach netd' cri pod late shop
	host_start h
	remove_pod "$web"
	remove_pod "$client"
	settled h
}

# kubelet asks this every few seconds. containerd 2 asks the plugin in its turn (the verb STATUS), where the list is of 1.1.0.
@test "CRI: the network is ready, and with containerd 2 as ready as netd" {
	equals "$(cri network)" true
	containerd_is_2 || return 0
	change_list '.cniVersion = "1.1.0"'
	pod_image
	remove_pod "$(cri pod a shop)" # a result in that version
	wait_until 30 network_is '^true'
	host_stop h KILL
	wait_until 30 network_is '^false.*cannot reach netd at'
	host_start h
	wait_until 30 network_is '^true'
	settled h
}
network_is() { matches "$(cri network)" "$1"; }

@test "CRI: fifty pods are started and stopped at once, and leave nothing" {
	local i pids=() failed=0
	pod_image
	for i in $(seq 50); do
		cri pod "p$i" shop >"$T/pod.$i" 2>&1 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || failed=$((failed + 1)); done
	[[ $failed -eq 0 ]] || cat "$T"/pod.*
	equals "$failed" 0
	equals "$(netd_ids | wc -l)" 50
	equals "$(netctl network inspect blue | jq -r '.[0].Containers[].IPv4Address' | sort -u | wc -l)" 50
	pids=()
	for i in $(seq 50); do
		remove_pod "$(cat "$T/pod.$i")" >"$T/out.$i" 2>&1 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || failed=$((failed + 1)); done
	[[ $failed -eq 0 ]] || cat "$T"/out.*
	equals "$failed" 0
	settled h
}
