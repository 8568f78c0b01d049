#!/usr/bin/env bats
# podman_cni.bats - netd-cni under Podman with network_backend="cni", as Debian 12 ships it
# SPDX-License-Identifier: GPL-2.0-or-later

load lib

# Podman's storage, state and configuration are in $T; its caches of CNI results in a tmpfs on /var/lib/cni.
setup() {
	setup_default
	busybox_tree "$T/tree"
	echo hello >"$T/tree/www/index.html"
	cni_plugins
	podman_list blue
	mkdir -p /var/lib/cni "$T/containers"
	in_host h mount -t tmpfs none /var/lib/cni
	in_host h mount -t tmpfs none /dev/shm # the locks of its containers
	podman_conf
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$T/containers/policy.json"
	mkdir -p "$T/h/etc/containers"
	cp "$T/containers/policy.json" "$T/h/etc/containers/"
	tar -C "$T/tree" -c . | podman import - bb:latest >/dev/null 2>&1
}

# podman_list NETWORK: its conflist, which leaves the holding of ports to Podman
podman_list() {
	local file=$T/h/etc/cni/net.d/10-$1.conflist
	cni_list "$1"
	jq '.plugins[0].portReservation = false' "$file" >"$T/list"
	cp "$T/list" "$file"
}

# podman_conf [TOML LINE…]: containers.conf with more lines for [engine]
podman_conf() {
	cat >"$T/containers/containers.conf" <<-TOML
	[network]
	network_backend = "cni"
	cni_plugin_dirs = ["/opt/cni/bin"]
	network_config_dir = "/etc/cni/net.d"
	default_network = "blue"
	[engine]
	cgroup_manager = "cgroupfs"
	events_logger = "file"
	runtime = "runc"
	$(printf '%s\n' "$@")
	[containers]
	default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
	log_driver = "k8s-file"
	TOML
}

teardown() {
	local status=$?
	podman rm -f -a -t 0 >/dev/null 2>&1 || true
	(exit "$status")
	teardown_default
}

podman() {
	in_host h env CONTAINERS_CONF="$T/containers/containers.conf" TMPDIR="$T" \
		/usr/bin/podman --root "$T/root" --runroot "$T/runroot" --tmpdir "$T/podman" --storage-driver vfs "$@"
}

@test "podman run: found by name, reached, published, restarted with the same name, and nothing left" {
	podman run -d --name web --network blue -p 8080:80 bb /bin/httpd -f -p 80 -h /www >/dev/null
	wait_until 30 get_host h "http://$(ip4_of web blue):80/"
	matches "$(podman run --rm --name client --network blue bb /bin/wget -qO- http://web/)" hello
	matches "$(podman run --rm --network blue bb /bin/cat /etc/resolv.conf)" 'nameserver 127\.0\.0\.11'
	matches "$(get_out "http://$(host_addr h):8080/")" hello
	matches "$(podman inspect web --format '{{.NetworkSettings.Networks.blue.IPAddress}}')" "$(ip4_of web blue)"
	podman restart -t 0 web >/dev/null
	wait_until 30 get_out "http://$(host_addr h):8080/"
	podman rm -f -t 0 web >/dev/null
	settled h
	refused get_out "http://$(host_addr h):8080/"
}

@test "podman run with an address, a MAC and an alias of its own, on two networks" {
	netctl network create --subnet 10.76.0.0/24 green
	podman_list green
	podman run -d --name web --network green --ip 10.76.0.50 --mac-address 02:00:00:00:76:50 bb /bin/httpd -f -p 80 -h /www >/dev/null
	wait_until 30 get_host h http://10.76.0.50/
	equals "$(ip4_of web green)" 10.76.0.50
	equals "$(mac_of web green)" 02:00:00:00:76:50
	podman run -d --name both --network blue,green bb /bin/sleep 1000 >/dev/null
	equals "$(netctl inspect both | jq -r '.[0].NetworkSettings.Networks | keys | join(" ")')" "blue green"
	matches "$(podman exec both /bin/wget -qO- http://web/)" hello
	podman network disconnect green both
	equals "$(netctl inspect both | jq -r '.[0].NetworkSettings.Networks | keys | join(" ")')" blue
	podman network connect green both
	matches "$(podman exec both /bin/wget -qO- http://web/)" hello
	podman rm -f -t 0 both web >/dev/null
	settled h
}

@test "a published port is held by Podman, reached from everywhere, and nobody else's" {
	run_web() { podman run -d --name "$1" --network blue -p 8080:80 -p 127.0.0.1:8081:80 bb /bin/httpd -f -p 80 -h /www; }
	run_web web
	wait_until 30 get_out "http://$(host_addr h):8080/"
	matches "$(in_host h ss -Hltnp 'sport = 8080')" conmon
	equals "$(get_out "http://[$(host_addr6 h)]:8080/")" hello
	equals "$(get_host h http://127.0.0.1:8080/)" hello
	equals "$(get_host h 'http://[::1]:8080/')" hello
	equals "$(get_host h http://127.0.0.1:8081/)" hello
	refused get_out "http://$(host_addr h):8081/"
	host_restart h KILL
	equals "$(get_out "http://$(host_addr h):8080/")" hello
	lacks "$(cat "$T/h/netd.log")" '8080.*in use'
	fails_with 1 '8080.*\bweb\b' attach other -p 8080:80
	fails_with 126 '808[01].*\bweb\b' run_web again # Podman names them in an order of its own
	podman rm -f -t 0 web again >/dev/null
	settled h
	refused get_out "http://$(host_addr h):8080/"
}

@test "without Podman's reservation of ports netd holds them, if the list does not say no" {
	podman_conf 'enable_port_reservation = false'
	cni_list blue
	podman run -d --name web --network blue -p 8080:80 bb /bin/httpd -f -p 80 -h /www >/dev/null
	wait_until 30 get_out "http://$(host_addr h):8080/"
	matches "$(in_host h ss -Hltnp 'sport = 8080')" netd
	podman rm -f -t 0 web >/dev/null
	settled h
}

@test "podman: containers killed behind its back leave nothing" {
	podman run -d --name web --network blue -p 8080:80 bb /bin/sleep 1000 >/dev/null
	kill -9 "$(podman inspect web --format '{{.State.Pid}}')"
	podman rm -f -t 0 web >/dev/null
	settled h
}

@test "podman: fifty started and stopped in parallel, without an error and nothing left" {
	local i pids=() failed=0
	for i in $(seq 50); do
		podman run --rm --network blue bb /bin/true >"$T/out.$i" 2>&1 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || failed=$((failed + 1)); done
	[[ $failed -eq 0 ]] || cat "$T"/out.*
	equals "$failed" 0
	settled h
}
