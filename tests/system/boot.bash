# boot.bash - a host that systemd has booted: the unit as it is installed, with everything systemd makes of it
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The machine's own programs under an overlay, with nothing of its configuration of systemd, in namespaces of their own:
# network (a host of lib.bash, on the wire), mounts, processes, control groups, names. What is written there is gone
# with the test. BOX is the pid of its init.
BOX=

# What the machine must have for that, tried in mounts of its own; what is missing is said in words.
box_machine() {
	[[ -x /lib/systemd/systemd ]] || {
		echo "no systemd to boot: /lib/systemd/systemd is not there (scripts/install-deps test)" >&2
		return 1
	}
	unshare --mount --propagation private bash -c '
		lacks() { echo "no host can be booted here: $1" >&2; exit 1; }
		mount -t tmpfs none "$1" || lacks "tmpfs cannot be mounted"
		mkdir "$1"/{cgroup,upper,work,over}
		mount -t cgroup2 none "$1/cgroup" || lacks "control groups, version 2, cannot be mounted: the kernel, or a container around the tests, does not let root do it"
		mkdir "$1/cgroup/$2-probe" && rmdir "$1/cgroup/$2-probe" || lacks "no control group can be made: the hierarchy can only be read here"
		mount -t overlay none -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/over" ||
			lacks "no overlay can be put over the root directory: the kernel lacks CONFIG_OVERLAY_FS, or the root is an overlay too deep"
		unshare --cgroup --pid --uts --ipc --fork true || lacks "there are no namespaces of control groups, processes, names and IPC"
	' probe "$T/box" "$P"
}

# box_new DESTDIR [TREE]: boots host h with what `make install DESTDIR=` put there (nothing, where that is empty), over what the
# machine has, or over another system's tree.
box_new() {
	local dest=$1 tree=${2:-/}
	HOST_NAMES+=(h)
	host_ns h
	N_HOSTS=$((N_HOSTS + 1))
	mkdir -p "$T/box" "$T/up" "$T/cgroup"
	box_machine
	spawn_to "$T/h/netd.log" nsenter --net="/run/netns/$P-h" -- "${GUARD[@]}" \
		unshare --mount --propagation private bash -euc "$BOX_GROUP" box "$T" "$P" "$dest" "$tree"
	local starter=$SPAWNED
	wait_until 60 box_is_up_or_dead "$starter"
	box_is_up
}
box_is_up_or_dead() { box_is_up || has_ended "$1"; }

# In a control group of its own, which becomes the root of a namespace of them.
BOX_GROUP='
	T=$1 P=$2 dest=$3 tree=$4
	mount -t cgroup2 none "$T/cgroup"
	mkdir -p "$T/cgroup/$P-box"
	echo $$ >"$T/cgroup/$P-box/cgroup.procs"
	exec unshare --cgroup --mount --propagation private --pid --uts --ipc --fork --kill-child bash -euc '"'"'
		T=$1 dest=$2 tree=$3
		mount -t tmpfs none "$T/up"
		mkdir "$T/up/upper" "$T/up/work"
		[[ -z $dest ]] || cp -a "$dest/." "$T/up/upper/"
		mount -t overlay none -o "lowerdir=$tree,upperdir=$T/up/upper,workdir=$T/up/work" "$T/box"
		cd "$T/box"
		mount -t proc none proc
		# The kernel belongs to the machine: but for the network there is nothing to set.
		mount --bind proc/sys proc/sys
		mount --bind proc/sys/net proc/sys/net
		mount -o remount,bind,ro proc/sys
		mount -t sysfs -o ro none sys
		mount -t cgroup2 none sys/fs/cgroup
		for dir in run tmp dev etc/systemd/system var/log; do mount -t tmpfs none $dir; done
		mkdir -p ".$T" dev/pts dev/shm
		mount --bind "$T" ".$T"
		for file in null zero full random urandom tty; do
			touch dev/$file
			mount --bind /dev/$file dev/$file
		done
		mount -t devpts none dev/pts -o newinstance,ptmxmode=0666
		ln -s pts/ptmx dev/ptmx
		ln -s /proc/self/fd dev/fd
		for unit in systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
			systemd-udev-trigger.service systemd-logind.service systemd-sysctl.service systemd-modules-load.service \
			systemd-remount-fs.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount getty.target timers.target \
			dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
			sys-fs-fuse-connections.mount; do
			ln -s /dev/null "etc/systemd/system/$unit"
		done
		# LeakSanitizer takes ptrace, which the unit does not give.
		mkdir etc/systemd/system/netd.service.d
		[[ -z ${SAN:-} ]] || printf "[Service]\nEnvironment=ASAN_OPTIONS=detect_leaks=0\n" \
			>etc/systemd/system/netd.service.d/sanitizers.conf
		printf "[Unit]\nRequires=basic.target\nAfter=basic.target\n" >etc/systemd/system/box.target
		rm -rf var/lib/netd etc/netd etc/fstab
		echo "nameserver 192.0.2.1" >etc/resolv.conf.box
		rm -f etc/resolv.conf && mv etc/resolv.conf.box etc/resolv.conf
		mkdir -p .old
		pivot_root . .old
		cd /
		umount -l /.old
		mount --make-rshared / # as systemd does where it is not told that it is in a container
		hostname box
		exec env -i container=box PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd \
			--system --unit=box.target --log-target=console --show-status=no
	'"'"' box "$T" "$dest" "$tree"
'

box_is_up() {
	BOX=$(pids_in "$P-h" | xargs -r -n1 sh -c 'echo $0 $(readlink /proc/$0/exe)' | awk '$2 ~ /\/systemd$/ { print $1; exit }')
	[[ -n $BOX ]] && in_box systemctl is-active --quiet box.target
}

# in_box COMMAND…: guarded outside, where the machine's namespace can be seen.
in_box() {
	$EXEC nsenter --net="/run/netns/$P-h" -- "${GUARD[@]}" \
		nsenter --target="$BOX" --mount --uts --ipc --cgroup --pid -- "$@"
}

# The pid of netd, outside of the box.
box_netd() {
	local pid
	for pid in $(pids_in "$P-h"); do
		[[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == /usr/sbin/netd* ]] && echo "$pid" && return
	done
	return 1
}

box_done() {
	[[ -z $BOX ]] || in_box sh -c 'journalctl --no-pager -o cat -u netd | tail -60' >>"$T/h/netd.log" 2>&1 || true
	[[ -z $BOX ]] || kill -9 "$BOX"
	kill_namespace "$P-h"
	# A group is gone when its last process is.
	spawn unshare --mount --propagation private bash -c '
		mount -t cgroup2 none "$1/cgroup" && cd "$1/cgroup" || exit 1
		for i in {1..100}; do
			find "$2-box" -depth -type d -exec rmdir {} + 2>/dev/null
			[[ -e $2-box ]] || exit 0
			sleep 0.05
		done' group "$T" "$P"
	wait "$SPAWNED" || true
}
