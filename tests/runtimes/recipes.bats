#!/usr/bin/env bats
# recipes.bats - the commands of docs/runtimes.md, run as they are written
# SPDX-License-Identifier: GPL-2.0-or-later

load lib

DOC=$BATS_TEST_DIRNAME/../../docs/runtimes.md

# A machine as the page supposes: netd's programs and socket in their places, everything that is written to the
# host's own, in its mount namespace.
setup() {
	local dir
	setup_default
	DAEMONS=()
	in_host h sh -ec "
		mount -t tmpfs none /run
		mkdir -p /run/netd /run/netns '$T/upper' '$T/work'
		ln -s '$(host_sock h)' /run/netd/netd.sock"
	for dir in /usr/local /opt /var/lib /var/log; do
		mkdir -p "$T/upper$dir" "$T/work$dir"
		in_host h mount -t overlay none -o "lowerdir=$dir,upperdir=$T/upper$dir,workdir=$T/work$dir" "$dir"
	done
	in_host h sh -ec "
		rm -rf /usr/local/lib/netd && ln -s '$NETD_BUILD' /usr/local/lib/netd
		mkdir -p /usr/local/bin && ln -sf '$NETD_BUILD/netctl' /usr/local/bin/netctl"
	mkdir -p "$T/cwd/web"
	busybox_tree "$T/cwd/web/rootfs"
}
teardown() {
	local pid group
	in_host h podman rm -fa -t 0 >/dev/null 2>&1 || true
	for pid in $(in_host h sh -c 'cat /run/runc/*/state.json 2>/dev/null' | jq .init_process_pid) "${DAEMONS[@]}"; do
		kill -9 "$pid" 2>/dev/null || true
	done
	for group in $(find /sys/fs/cgroup -depth -type d -path "*/netd-recipe-$$*" 2>/dev/null); do
		kill -9 $(cat "$group/cgroup.procs") 2>/dev/null || true
		rmdir "$group" 2>/dev/null || true
	done
	rmdir /sys/fs/cgroup/*/default 2>/dev/null || true # the parents runc leaves, when nobody is in them
	teardown_default
}

sections() { awk '/^## / { title = substr($0, 4) } /^```sh$/ { print title }' "$DOC" | uniq; }
# block TITLE N: the Nth block of commands in that section
block() {
	awk -v title="## $1" -v n="$2" '/^## / { here = ($0 == title); seen = 0 }
		/^```$/ { on = 0 } on { print } here && /^```sh$/ { on = (++seen == n) }' "$DOC"
}
recipe() { # TITLE [N]
	block "$1" "${2:-1}" >"$T/recipe"
	[[ -s $T/recipe ]]
	in_host h sh -c "cd '$T/cwd' && exec env PATH=/usr/local/bin:\$PATH bash -ex '$T/recipe'" \
		3>&- 4>&- </dev/null >"$T/recipe.log" 2>&1 || {
		cat "$T/recipe.log"
		return 1
	}
}
daemon() { # COMMAND…
	spawn_to "$T/daemon.log" in_host h "$@"
	DAEMONS+=("$SPAWNED")
}
attached_and_gone() { # NAME: by the daemon's own log, and nothing is left
	matches "$(cat "$T/h/netd.log")" "event=attach name=$1 "
	settled h
}
network() { netctl network create --subnet 10.60.0.0/24 blue >/dev/null; }
# What is the system's choice elsewhere.
podman_here() {
	command -v podman >/dev/null || skip "podman is not installed"
	mkdir -p "$T/h/etc/containers"
	in_host h sh -c 'mkdir -p /var/lib/containers && mount -t tmpfs none /var/lib/containers'
	printf '%s\n' '[storage]' 'driver = "vfs"' 'graphroot = "/var/lib/containers/storage"' 'runroot = "/run/containers/storage"' \
		>"$T/h/etc/containers/storage.conf"
	printf '%s\n' '[containers]' 'default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]' '[engine]' 'cgroup_manager = "cgroupfs"' \
		'runtime = "runc"' 'events_logger = "file"' '[network]' 'network_backend = "netavark"' >"$T/h/etc/containers/containers.conf"
}

@test "each section with commands has its test here" {
	local title
	while read -r title; do
		grep -qF "recipe \"$title\"" "$BATS_TEST_FILENAME" || {
			echo "no test runs the recipe of: $title"
			return 1
		}
	done < <(sections)
	[[ $(sections | wc -l) -ge 6 ]]
}

@test "the recipe for network namespaces" {
	recipe "Network namespaces"
	attached_and_gone c1
}

@test "the recipe for runc" {
	command -v runc >/dev/null || skip "runc is not installed"
	network
	recipe "runc"
	matches "$(cat "$T/recipe.log")" 'nameserver 127.0.0.11'
	attached_and_gone web
}

@test "the recipe for containerd" {
	command -v containerd >/dev/null || skip "containerd is not installed"
	mkdir -p "$T/h/etc/containerd"
	printf '%s\n' 'version = 2' 'disabled_plugins = ["io.containerd.grpc.v1.cri"]' >"$T/h/etc/containerd/config.toml"
	daemon containerd
	wait_until 20 in_host h ctr version
	recipe "containerd"
	wait_until 10 in_host h sh -c '! ctr task ls | grep RUNNING'
	in_host h sh -c 'ctr task delete web; ctr container delete web' >/dev/null 2>&1 || true
	attached_and_gone default-web
}

@test "the recipe for Podman" {
	podman_here
	recipe "Podman"
	attached_and_gone web
}

@test "the recipe for Podman by hooks" {
	podman_here
	network
	# Podman looks for a helper even when there is no network for it to make.
	in_host h sh -c 'mkdir -p /usr/local/libexec/podman && ln -s /usr/local/lib/netd/netavark /usr/local/libexec/podman'
	in_host h sh -c "mkdir -p /usr/local/share/containers/oci/hooks.d && sed s,@PLUGINDIR@,/usr/local/lib/netd, \
		'$BATS_TEST_DIRNAME/../../plugins/oci/hooks.d/netd.json' >/usr/local/share/containers/oci/hooks.d/netd.json"
	recipe "Podman, by hooks"
	attached_and_gone web
}

@test "the recipe for Docker Engine" {
	command -v dockerd >/dev/null || skip "dockerd is not installed"
	daemon dockerd --storage-driver vfs --cgroup-parent "/netd-recipe-$$"
	wait_until 30 in_host h docker version
	recipe "Docker Engine" 1
	wait_until 5 in_host h test -S /run/docker/plugins/netd.sock
	recipe "Docker Engine" 2
	attached_and_gone web
}
