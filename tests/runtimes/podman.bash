# podman.bash - Podman on a host of the tests, with netd's netavark; for podman.bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Podman runs where the runtimes are (in_tree), with its storage, state and configuration in $PD. What it keeps in
# places of its own, whatever it is told, goes to a tmpfs there: leases, caches, and the locks of all its containers,
# which it would share with the other Podmans of the machine.

podman_new() {
	PD=$T/$ON.podman
	mkdir -p "$PD"/{bin,tmp,networks,image}
	cp "$NETD_BUILD/netavark" "$PD/bin/netavark"
	ln -sf netavark "$PD/bin/aardvark-dns" # Podman warns when there is none
	podman_conf
	in_tree sh -ec '
		mkdir -p /run/containers /var/lib/containers /etc/containers
		mount -t tmpfs none /run/containers
		mount -t tmpfs none /var/lib/containers
		mount -t tmpfs none /dev/shm
		echo "{\"default\": [{\"type\": \"insecureAcceptAnything\"}]}" >/etc/containers/policy.json'
	busybox_tree "$PD/image"
	# A static busybox cannot look names up as other programs do, with the C library.
	copy_program "$(command -v curl)" "$PD/image"
	tar -C "$PD/image" -cf "$PD/image.tar" .
	podman import -q --change 'CMD ["/bin/sleep", "1000"]' "$PD/image.tar" bb:latest >/dev/null
}

copy_program() { # PROGRAM DIRECTORY: with the libraries it is linked with
	local file
	for file in "$1" $(ldd "$1" | grep -oE '/[^ )]+'); do
		install -D "$file" "$2$file"
	done
}

# podman_conf [TOML LINE…]: containers.conf with more lines for [engine]. What ends a container is Podman again, which
# conmon starts without the environment: hence NETD_HOST is in there.
podman_conf() {
	cat >"$PD/containers.conf" <<-EOF
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
		[engine]
		helper_binaries_dir = ["$PD/bin", "/usr/lib/podman", "/usr/libexec/podman"]
		events_logger = "file"
		cgroup_manager = "cgroupfs"
		runtime = "runc"
		stop_timeout = 0
		infra_image = "localhost/bb:latest"
		env = ["NETD_HOST=unix://$(host_sock "$ON")"]
		$(printf '%s\n' "$@")
		[network]
		network_backend = "netavark"
		network_config_dir = "$PD/networks"
	EOF
}

podman() {
	in_tree env PODMAN_IGNORE_CGROUPSV1_WARNING=1 CONTAINERS_CONF="$PD/containers.conf" podman --storage-driver vfs \
		--root "$PD/root" --runroot "$PD/run" --tmpdir "$PD/tmp" --cgroup-manager cgroupfs --runtime "${PODMAN_RUNTIME:-runc}" "$@"
}
podman_5() { [[ $(podman --version) == *" "[5-9].* ]]; }

# runc makes cgroups for a pod beside those that Podman made and removes: these go with the test.
remember_pods() { podman pod ps -q --no-trunc >>"$T/pods"; }

podman_done() {
	local pid pod
	podman rm -fa -t 0 >/dev/null 2>&1 || true
	podman pod rm -fa -t 0 >/dev/null 2>&1 || true
	podman network prune -f >/dev/null 2>&1 || true
	# conmon has another Podman clean up behind each container, which may still be about it.
	for pid in $(pids_in "$P-$ON"); do
		[[ $(cat "/proc/$pid/comm") != @(podman|conmon) ]] || kill -9 "$pid" || true
	done 2>/dev/null
	[[ ! -e $T/pods ]] || for pod in $(cat "$T/pods"); do rmdir /sys/fs/cgroup/*/libpod_parent/"$pod" || true; done 2>/dev/null
	wait_until 30 rm -rf "${PD:?}"
}

# run_c NAME [OPTION…]: a container that sleeps
run_c() {
	local name=$1
	shift
	podman run -d -q --name "$name" "$@" bb:latest sleep 1000 >/dev/null
}
# web_c NAME [OPTION…]: a container that serves its own name on port 80
web_c() {
	local name=$1
	shift
	podman run -d -q --name "$name" "$@" bb:latest sh -c "echo $name >/www/index.html && exec httpd -f -p 80 -h /www" >/dev/null
	serves "$name"
}
# serves NAME: Podman has answered when the program was started, and the program listens a moment later.
serves() {
	local pid
	pid=$(podman inspect -f '{{.State.Pid}}' "$1")
	wait_until 30 listens "$pid"
}
listens() { nsenter --net="/proc/$1/ns/net" ss -Hlnt 'sport = :80' | grep -q .; } # PID
in_pod() { podman exec "$@"; }
# says CONTAINER AUTHORITY: what the web server there answers the container
says() { podman exec "$1" /usr/bin/curl -sS -m "$MAX_S" "http://$2/"; }
