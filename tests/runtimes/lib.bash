# lib.bash - what the tests of the runtimes share: the hosts of tests/system, images, and a wait for nothing left
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Without more the runtimes are Debian's, as scripts/install-deps installs them. For others there are
#
# RUNTIMES_PATH=DIR[:DIR]: directories searched before the system's, with programs that run on this system as it is
# (`make check-runtimes` puts them into PATH).
#
# RUNTIME_ROOT=DIR: another system's tree (of debootstrap, with podman, docker.io, containerd, runc, crun and
# containernetworking-plugins in it). Its runtimes run in a mount namespace that has the tree for its root, under an
# overlay, so that nothing is changed in it: in_tree. RUNTIMES_PATH then names directories in there.
#
#	make check-runtimes RUNTIME_ROOT=/var/lib/machines/sid BATS=tests/runtimes/containerd.bats
source "$(dirname "${BASH_SOURCE[0]}")/../system/lib.bash"
RUNTIME_ROOT=${RUNTIME_ROOT:-}
# The host that the runtimes are on and are asked on; a test with several says which: ON=a podman …
ON=h

# in_tree COMMAND…: on host $ON, where its runtimes are.
in_tree() {
	[[ -e $T/$ON.tree.mounts ]] || tree_new
	$EXEC nsenter --net="/run/netns/$P-$ON" --mount="$(cat "$T/$ON.tree.mounts")" -- "${GUARD[@]}" "$@"
}
# A chroot would not do: what enters a container's mount namespace would come out above it. The namespaces that a runtime mounts
# in /run/netns are seen by netd too, which is outside; the old root is made a slave before it goes, so that
# nothing is unmounted there.
tree_new() {
	[[ -n $RUNTIME_ROOT ]] || {
		echo "/proc/${HOLDER[$ON]:?}/ns/mnt" >"$T/$ON.tree.mounts"
		return
	}
	in_host "$ON" mount --make-shared /run/netns
	mkdir -p "$T/$ON.tree.upper" "$T/$ON.tree.work"
	spawn in_host "$ON" unshare --mount --propagation unchanged sh -ec "
		mount -t overlay none -o 'lowerdir=$RUNTIME_ROOT,upperdir=$T/$ON.tree.upper,workdir=$T/$ON.tree.work' /mnt
		for dir in proc sys dev; do mount --rbind /\$dir /mnt/\$dir; done
		for dir in run tmp; do mount -t tmpfs none /mnt/\$dir; done
		for dir in /run/netns '$T' '$NETD_BUILD'; do
			mkdir -p /mnt\$dir
			mount --rbind \$dir /mnt\$dir
		done
		mkdir -p /mnt/old
		cd /mnt
		pivot_root . old
		mount --make-rslave /old
		umount -l /old
		touch '$T/$ON.tree.held'
		exec sleep infinity"
	wait_until 30 test -e "$T/$ON.tree.held"
	echo "/proc/$SPAWNED/ns/mnt" >"$T/$ON.tree.mounts"
}

# Ids of all containers netd knows, one a line.
netd_ids() { netctl_in "${1:-h}" ps -q; }
no_containers() { [[ -z $(netd_ids "${1:-h}") ]]; }

# Host ends of pairs and published ports that exist; empty when nothing is left behind.
left_behind() { # HOST
	links_of "$1" | grep -E '^nd[0-9a-f]{12}' || true
	in_host "$1" nft -j list ruleset |
		jq -r '.nftables[] | (.set // .map // empty) | select(.name | test("^(publish|open|self)")) | select(.elem) | .name'
}
nothing_left() { [[ -z $(left_behind "$1") ]] && no_containers "$1"; }
settled() { # HOST: within a moment nothing is left; what is, is shown
	wait_until 30 nothing_left "$1" || { left_behind "$1" && netctl_in "$1" ps && return 1; }
}

# An image of busybox as a tree: DIRECTORY/bin/* and the files runtimes expect.
busybox_tree() { # DIRECTORY
	local name
	mkdir -p "$1"/{bin,etc,proc,sys,dev,tmp,root,www}
	cp "$(command -v busybox)" "$1/bin/busybox"
	for name in sh sleep wget httpd nslookup ip ping cat hostname true nc; do
		ln -sf busybox "$1/bin/$name"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
}

# The tree as an image in `docker save` form: TREE NAME:TAG ARCHIVE COMMAND…
image_archive() {
	local tree=$1 name=$2 archive=$3 dir sum
	shift 3
	dir=$(mktemp -d "$T/image.XXXXXX")
	tar -C "$tree" --owner=0 --group=0 -cf "$dir/layer.tar" .
	sum=$(sha256sum <"$dir/layer.tar" | cut -d' ' -f1)
	jq -cn --arg sum "$sum" --args '{architecture: "amd64", os: "linux", config: {Cmd: $ARGS.positional},
		rootfs: {type: "layers", diff_ids: ["sha256:" + $sum]}}' "$@" |
		sed "s/amd64/$(dpkg --print-architecture 2>/dev/null || echo amd64)/" >"$dir/config.json"
	jq -cn --arg name "$name" '[{Config: "config.json", RepoTags: [$name], Layers: ["layer.tar"]}]' >"$dir/manifest.json"
	tar -C "$dir" -cf "$archive" manifest.json config.json layer.tar
	rm -r "$dir"
}

# cni_list NAME [JSON]: the host's conflist with netd-cni alone, or with what JSON says merged in
cni_list() {
	in_tree mkdir -p /etc/cni/net.d
	jq -n --arg name "$1" --arg host "unix://$(host_sock "$ON")" --argjson more "${2:-"{}"}" '{cniVersion: "1.0.0", name: $name,
		plugins: [{type: "netd-cni", netdHost: $host, capabilities: {portMappings: true, ips: true, mac: true, aliases: true, dns: true}}]} * $more' |
		in_tree tee "/etc/cni/net.d/10-$1.conflist" >/dev/null
}
# Where runtimes look for plugins, in the host's own mount namespace: ours, and Debian's for chaining.
cni_plugins() {
	in_tree mount -t tmpfs none /opt
	in_tree mkdir -p /opt/cni/bin
	in_tree cp "$NETD_BUILD/netd-cni" /usr/lib/cni/{loopback,tuning,bandwidth} /opt/cni/bin/
}
