# containerd.bash - a containerd of its own for a test, with netd-cni; loaded behind lib
# SPDX-License-Identifier: GPL-2.0-or-later
#
# It is on host h (in_tree), with nothing of it outside of $T and a tmpfs on /run/containerd. cni_plugins and cni_list say
# what its containers are attached with.

TREE=$T/tree # what containers are made of
PAUSE=docker.io/library/bb:latest
CONTAINERD_SOCK=$T/containerd.sock

containerd_new() { # [cri]
	in_tree mkdir -p /run/containerd
	in_tree mount -t tmpfs none /run/containerd
	if containerd_is_2; then containerd_conf_3 "$@"; else containerd_conf_2 "$@"; fi >"$T/containerd.toml"
	containerd_start
}
containerd_is_2() { [[ $(in_tree containerd --version) =~ \ v?2\. ]]; }
containerd_start() {
	spawn_to "$T/containerd.log" in_tree containerd -c "$T/containerd.toml"
	CONTAINERD=$SPAWNED
	wait_until 30 c version
}
containerd_kill() { # its shims and their containers stay
	kill -9 "$CONTAINERD"
	wait "$CONTAINERD" 2>/dev/null || true
}

containerd_conf_common() {
	printf '%s\n' "root = '$T/containerd'" "state = '/run/containerd/state'" '[grpc]' "address = '$CONTAINERD_SOCK'"
}
containerd_conf_2() { # [cri]: of containerd 1
	echo 'version = 2'
	[[ ${1:-} == cri ]] || echo "disabled_plugins = ['io.containerd.grpc.v1.cri']"
	containerd_conf_common
	[[ ${1:-} == cri ]] || return 0
	cat <<-TOML
		[plugins.'io.containerd.grpc.v1.cri']
		  sandbox_image = '$PAUSE'
		  restrict_oom_score_adj = true
		  disable_hugetlb_controller = true
		  [plugins.'io.containerd.grpc.v1.cri'.containerd]
		    snapshotter = 'native'
	TOML
}
containerd_conf_3() { # [cri]: of containerd 2
	echo 'version = 3'
	if [[ ${1:-} == cri ]]; then
		echo "disabled_plugins = ['io.containerd.nri.v1.nri']"
	else
		echo "disabled_plugins = ['io.containerd.nri.v1.nri', 'io.containerd.grpc.v1.cri', 'io.containerd.cri.v1.runtime', 'io.containerd.cri.v1.images']"
	fi
	containerd_conf_common
	[[ ${1:-} == cri ]] || return 0
	cat <<-TOML
		[plugins.'io.containerd.cri.v1.images']
		  snapshotter = 'native'
		  [plugins.'io.containerd.cri.v1.images'.pinned_images]
		    sandbox = '$PAUSE'
		[plugins.'io.containerd.cri.v1.runtime']
		  restrict_oom_score_adj = true
		  disable_hugetlb_controller = true
	TOML
}

c() { in_tree ctr --address "$CONTAINERD_SOCK" "$@" 3>&- 4>&-; }
# NAME COMMAND…; in a cgroup of its own, for tests that run side by side have containers of one name
run_ctr() { c run --cni -d --cgroup "/$P-$1" --rootfs "$TREE" "$@"; }
once_ctr() { c run --cni --rm --cgroup "/$P-$1" --rootfs "$TREE" "$@"; }
stop_ctr() {
	c task kill -s KILL "$1"
	wait_until 30 ctr_ended "$1"
	c task delete "$1" >/dev/null 2>&1 || true
	c container delete "$1"
}
ctr_ended() { ! c task ls | grep -E "^$1 .*RUNNING"; }

cri() { in_host h env CGROUP_PARENT="/$P-pods" "$PYTHON" -I "$BATS_TEST_DIRNAME/cri.py" "$CONTAINERD_SOCK" "$@"; }

containerd_groups_gone() {
	find /sys/fs/cgroup -depth -type d -path "*/$P-*" -exec rmdir {} + 2>/dev/null
	[[ -z $(find /sys/fs/cgroup -maxdepth 2 -type d -name "$P-*") ]]
}

# Shims and what they started outlive containerd.
containerd_teardown() {
	local pid space
	[[ -n ${BATS_TEST_COMPLETED:-} ]] || grep -E 'level=(error|fatal|warning)' "$T/containerd.log" | tail -20 || true
	for space in default k8s.io; do
		for pid in $(c -n $space task ls 2>/dev/null | awk 'NR > 1 { print $2 }'); do
			((pid > 1)) && kill -9 "$pid" 2>/dev/null || true
		done
	done
	[[ -z ${CONTAINERD:-} ]] || kill -9 "$CONTAINERD" 2>/dev/null || true
	for pid in $(pids_in "$P-h"); do
		[[ $(cat "/proc/$pid/comm") != containerd-shim* ]] || kill -9 "$pid" || true
	done
	# What runc leaves when nobody is in them, as soon as those that were killed have gone.
	wait_until 30 containerd_groups_gone || true
}
