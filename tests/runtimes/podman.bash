# podman.bash - Podman on a host of the tests, with netd's netavark; for podman.bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The Podman of the system runs in the mount namespace of host h. With PODMAN_TREE=DIR it is the one of another
# system's tree (a mount point), which becomes the root of a mount namespace of its own. /proc leads from there to
# netd's socket; /run/netns must be one and the same shared mount on both sides, so that netd sees the network
# namespaces that Podman mounts.

PODMAN_TREE=${PODMAN_TREE:-}

# A chroot would not do: what enters a container's mount namespace would come out in the root above it. The old root
# is made a slave before it is taken away, so that nothing is unmounted anywhere else.
tree_new() {
	spawn nsenter --net="/run/netns/$P-h" unshare --mount --propagation unchanged sh -ec "
		mount --make-private /
		mkdir -p '$PODMAN_TREE$PD/old'
		cd '$PODMAN_TREE'
		pivot_root . '.$PD/old'
		mount --make-rslave '$PD/old'
		umount -l '$PD/old'
		$(podman_own_state)
		touch '$PD/held'
		exec sleep infinity"
	TREE_HOLDER=$SPAWNED
	wait_until 5 test -e "$PODMAN_TREE$PD/held"
}

# Leases and caches are there, whatever Podman is told: a shell command that gives a mount namespace its own.
podman_own_state() {
	echo "mkdir -p /run/containers /var/lib/containers
		mount -t tmpfs none /run/containers
		mount -t tmpfs none /var/lib/containers"
}

podman_new() {
	PD=${PODMAN_TREE:+/tmp/$P}
	PD=${PD:-$T/podman}
	local dir=$PODMAN_TREE$PD
	mkdir -p "$dir"/{bin,tmp,networks,image}
	[[ -z $PODMAN_TREE ]] || tree_new
	cp "$NETD_BUILD/netavark" "$dir/bin/netavark"
	ln -sf netavark "$dir/bin/aardvark-dns" # Podman warns when there is none
	podman_conf
	if [[ -z $PODMAN_TREE ]]; then
		in_host h sh -ec "$(podman_own_state)"
		mkdir -p "$T/h/etc/containers"
		echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$T/h/etc/containers/policy.json"
	fi
	busybox_tree "$dir/image"
	# A static busybox cannot look names up as other programs do, with the C library.
	copy_program "$(command -v curl)" "$dir/image"
	tar -C "$dir/image" -cf "$dir/image.tar" .
	podman import -q "$PD/image.tar" bb:latest >/dev/null
}

copy_program() { # PROGRAM DIRECTORY: with the libraries it is linked with
	local file
	for file in "$1" $(ldd "$1" | grep -oE '/[^ )]+'); do
		install -D "$file" "$2$file"
	done
}

# podman_conf [TOML LINE…]: containers.conf with more lines for [engine]
podman_conf() {
	cat >"$PODMAN_TREE$PD/containers.conf" <<-EOF
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
		[engine]
		helper_binaries_dir = ["$PD/bin", "/usr/lib/podman", "/usr/libexec/podman"]
		events_logger = "file"
		cgroup_manager = "cgroupfs"
		runtime = "runc"
		env = ["NETD_HOST=$(podman_netd_host)"]
		$(printf '%s\n' "$@")
		[network]
		network_backend = "netavark"
		network_config_dir = "$PD/networks"
	EOF
}

# What ends a container is Podman again, started by conmon without the environment: hence in containers.conf.
podman_netd_host() {
	local root=
	[[ -z $PODMAN_TREE ]] || root=/proc/${NETD_PID[h]}/root
	echo "unix://$root$(host_sock h)"
}

podman() {
	local options=(--storage-driver vfs --root "$PD/root" --runroot "$PD/run" --tmpdir "$PD/tmp"
		--cgroup-manager cgroupfs --runtime runc)
	if [[ -n $PODMAN_TREE ]]; then
		nsenter --net="/run/netns/$P-h" --mount="/proc/${TREE_HOLDER:?}/ns/mnt" \
			env PODMAN_IGNORE_CGROUPSV1_WARNING=1 CONTAINERS_CONF="$PD/containers.conf" podman "${options[@]}" "$@"
	else
		in_host h env CONTAINERS_CONF="$PD/containers.conf" podman "${options[@]}" "$@"
	fi
}

podman_done() {
	local pid
	podman rm -fa -t 0 >/dev/null 2>&1 || true
	podman pod rm -fa -t 0 >/dev/null 2>&1 || true
	podman network prune -f >/dev/null 2>&1 || true
	# conmon has another Podman clean up behind each container, which may still be about it.
	for pid in $(pids_in "$P-h"); do
		[[ $(cat "/proc/$pid/comm") != @(podman|conmon) ]] || kill -9 "$pid" || true
	done 2>/dev/null
	[[ -z ${TREE_HOLDER:-} ]] || kill -9 "$TREE_HOLDER" 2>/dev/null || true
	# The mount points of podman_own_state stay: removing one takes away what other tests have mounted there.
	wait_until 5 rm -rf "$PODMAN_TREE${PD:?}"
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
}
in_pod() { podman exec "$@"; }
# says CONTAINER AUTHORITY: what the web server there answers the container
says() { podman exec "$1" /usr/bin/curl -sS -m 5 "http://$2/"; }
