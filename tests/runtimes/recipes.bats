#!/usr/bin/env bats
# recipes.bats - the commands of docs/runtimes.md, run as they are written
# SPDX-License-Identifier: GPL-2.0-or-later

load lib
load runc

DOC=$BATS_TEST_DIRNAME/../../docs/runtimes.md

# A machine as the page supposes: netd's programs and socket in their places, everything that is written to the
# host's own, in its mount namespace.
setup() {
	local dir
	setup_default
	DAEMONS=()
	in_host h sh -ec "mount -t tmpfs none /run && mkdir /run/netns && mount -t tmpfs none /run/netns"
	if [[ -z $RUNTIME_ROOT ]]; then # or all of it is an overlay
		for dir in /usr/local /opt /var/lib /var/log; do
			mkdir -p "$T/upper$dir" "$T/work$dir"
			in_host h mount -t overlay none -o "lowerdir=$dir,upperdir=$T/upper$dir,workdir=$T/work$dir" "$dir"
		done
	fi
	in_tree sh -ec "
		mkdir -p /run/netd && ln -s '$(host_sock h)' /run/netd/netd.sock
		rm -rf /usr/local/lib/netd && ln -s '$NETD_BUILD' /usr/local/lib/netd
		mkdir -p /usr/local/bin && ln -sf '$NETD_BUILD/netctl' /usr/local/bin/netctl"
	mkdir -p "$T/cwd/web"
	busybox_tree "$T/cwd/web/rootfs"
}
teardown() {
	local pid group
	in_tree podman rm -fa -t 0 >/dev/null 2>&1 || true
	for pid in $(in_tree sh -c 'cat /run/runc/*/state.json 2>/dev/null' | jq .init_process_pid) "${DAEMONS[@]}"; do
		kill -9 "$pid" 2>/dev/null || true
	done
	for group in $(find /sys/fs/cgroup -depth -type d \( -path "*/netd-recipe-$$" -o -path "*/netd-recipe-$$/*" \) 2>/dev/null); do
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
	follow in_tree
}
follow() { # COMMAND PREFIX
	$1 sh -c "cd '$T/cwd' && exec env PATH=/usr/local/bin:\$PATH bash -ex '$T/recipe'" \
		3>&- 4>&- </dev/null >"$T/recipe.log" 2>&1 || {
		cat "$T/recipe.log"
		return 1
	}
}
daemon() { # COMMAND…
	spawn_to "$T/daemon.log" in_tree "$@"
	DAEMONS+=("$SPAWNED")
}
attached_and_gone() { # NAME: by the daemon's own log, and nothing is left
	matches "$(cat "$T/h/netd.log")" "event=attach name=$1 "
	settled h
}
network() { netctl network create --subnet 10.60.0.0/24 blue >/dev/null; }
here_or_skip() { in_tree sh -c "command -v $1" >/dev/null || skip "$1 is not installed"; }
etc_file() { # PATH LINE…
	in_tree mkdir -p "/etc/${1%/*}"
	printf '%s\n' "${@:2}" | in_tree tee "/etc/$1" >/dev/null
}
# What is the system's choice elsewhere.
podman_here() {
	here_or_skip podman
	in_tree sh -c 'mkdir -p /var/lib/containers && mount -t tmpfs none /var/lib/containers'
	etc_file containers/storage.conf '[storage]' 'driver = "vfs"' 'graphroot = "/var/lib/containers/storage"' \
		'runroot = "/run/containers/storage"'
	etc_file containers/containers.conf '[containers]' 'default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]' \
		'[engine]' 'cgroup_manager = "cgroupfs"' 'runtime = "runc"' 'events_logger = "file"'
}

# What `make install` does with the hooks.
hooks_here() {
	in_tree mkdir -p /usr/local/share/containers/oci/hooks.d
	sed s,@PLUGINDIR@,/usr/local/lib/netd, "$BATS_TEST_DIRNAME/../../plugins/oci/hooks.d/netd.json" |
		in_tree tee /usr/local/share/containers/oci/hooks.d/netd.json >/dev/null
}

# Installing netd there would have brought the libraries too.
libraries_of() { # PROGRAM
	local file
	for file in $(ldd "$1" | grep -oE '/[^ ]+'); do
		in_tree test -e "$file" || in_tree sh -c "cat >'$file'" <"$file"
	done
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
	here_or_skip runc
	network
	recipe "runc"
	matches "$(cat "$T/recipe.log")" 'nameserver 127.0.0.11'
	attached_and_gone web
}

@test "the recipe for runc, with crun" {
	here_or_skip crun
	network
	RUNTIME=crun
	in_runtime true
	block runc 1 | sed 's/\brunc\b/crun/g' >"$T/recipe"
	follow in_runtime
	matches "$(cat "$T/recipe.log")" 'nameserver 127.0.0.11'
	attached_and_gone web
}

@test "the recipe for containerd" {
	here_or_skip containerd
	etc_file containerd/config.toml 'version = 2' 'disabled_plugins = ["io.containerd.grpc.v1.cri"]'
	daemon containerd
	wait_until 30 in_tree ctr version
	recipe "containerd"
	wait_until 30 in_tree sh -c '! ctr task ls | grep RUNNING'
	in_tree sh -c 'ctr task delete web; ctr container delete web' >/dev/null 2>&1 || true
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
	in_tree sh -c 'mkdir -p /usr/local/libexec/podman && ln -s /usr/local/lib/netd/netavark /usr/local/libexec/podman'
	hooks_here
	recipe "Podman, by hooks"
	attached_and_gone web
}

@test "the recipe for Docker Engine" {
	here_or_skip dockerd
	libraries_of "$NETD_BUILD/netd-docker"
	daemon dockerd --storage-driver vfs --cgroup-parent "/netd-recipe-$$"
	wait_until 30 in_tree docker version
	recipe "Docker Engine" 1
	wait_until 30 in_tree test -S /run/docker/plugins/netd.sock
	recipe "Docker Engine" 2
	attached_and_gone web
}

# Nothing between the recipes but what they say of themselves. The daemons that they name run from the start.
@test "the whole page, from top to bottom on one host" {
	local title
	here_or_skip dockerd
	podman_here
	etc_file containerd/config.toml 'version = 2' 'disabled_plugins = ["io.containerd.grpc.v1.cri"]'
	daemon containerd
	libraries_of "$NETD_BUILD/netd-docker"
	daemon dockerd --storage-driver vfs --cgroup-parent "/netd-recipe-$$"
	hooks_here
	wait_until 30 in_tree docker version
	wait_until 30 in_tree ctr version
	while read -r title; do
		recipe "$title"
		[[ $title != "Docker Engine" ]] || {
			wait_until 30 in_tree test -S /run/docker/plugins/netd.sock
			recipe "$title" 2
		}
	done < <(sections)
}
