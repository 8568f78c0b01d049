# docker.bash - a Docker Engine of its own for a test, in a host of tests/system/lib.bash, with netd for a driver
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The engine has the host's network namespace, and in the host's mount namespace a /run, data and sockets of its own:
# nothing of the machine's is used or changed. Containers' cgroups are under /netd-test-PID and go with the test.
#
# DOCKER_ROOT names a tree with another engine, which is run by chroot (the machine's own engine when empty), as in
#
#	make check-runtimes DOCKER_ROOT=/var/lib/machines/sid BATS='tests/runtimes/docker_engine.bats tests/runtimes/compose.bats'
#
# `docker exec` is of no use there (it enters the tree above the chroot), so programs are started in a container's
# namespaces with nsenter, for both.

ON=h # the host whose engine is meant
DOCKER_ROOT=${DOCKER_ROOT:-${RUNTIME_ROOT:-}} # RUNTIME_ROOT: lib.bash
CGROUP=netd-test-$$
declare -gA DOCKER_PID PLUGIN_PID # bats loads this file inside a function

docker_or_skip() {
	if ! { [[ -n $DOCKER_ROOT ]] && chroot "$DOCKER_ROOT" sh -c 'command -v dockerd' ||
		[[ -z $DOCKER_ROOT ]] && command -v dockerd; } >/dev/null; then
		skip "there is no dockerd here"
	fi
	[[ -n $DOCKER ]] || skip "there is no docker command here"
	command -v busybox >/dev/null || skip "there is no busybox here"
}

docker_world() {
	docker_mounts
	plugin_start
	docker_start
	docker_image
}
# The host's own /run, and the same one path for the engine's files on both sides of the chroot.
docker_mounts() {
	local root=$DOCKER_ROOT
	mkdir -p "$T/keep" "$T/$ON.d"
	in_host "$ON" sh -ec "
		mount --rbind /run/netns '$T/keep'
		mount -t tmpfs tmpfs /run
		mkdir /run/netns
		mount --rbind '$T/keep' /run/netns
		umount -l '$T/keep'
		mount --bind '$T/$ON.d' '$T/$ON.d'
		mount --make-shared '$T/$ON.d'
		[ -z '$root' ] || {
			mount -t tmpfs tmpfs '$root/run'
			mount -t tmpfs tmpfs '$root/tmp'
			mkdir -p '$root$T/$ON.d'
			mount --bind '$T/$ON.d' '$root$T/$ON.d'
		}"
}
# A reboot: nothing but files is left, and all starts anew, the engine last.
docker_reboot() {
	kill -9 "${DOCKER_PID[$ON]}" "${PLUGIN_PID[$ON]}"
	wait_until 30 cgroups_removed
	host_reboot h
	rm -rf "$T/$ON.d/exec" # of a tmpfs
	docker_mounts
	plugin_start
	docker_start
}

plugin_start() {
	spawn_to "$T/plugin.log" in_host "$ON" "$NETD_BUILD/netd-docker" --host "unix://$(host_sock "$ON")" \
		--engine "unix://$T/$ON.d/d.sock" --plugin-dir "$DOCKER_ROOT/run/docker/plugins" --log-level debug
	PLUGIN_PID[$ON]=$SPAWNED
	wait_until 30 plugin_answers
}
# (The socket of one that was killed is there, too.)
plugin_answers() {
	in_host "$ON" curl -sf -m 10 --unix-socket "$DOCKER_ROOT/run/docker/plugins/netd.sock" -d '' http://d/Plugin.Activate
}
plugin_stop() { # [SIGNAL]
	kill -"${1:-TERM}" "${PLUGIN_PID[$ON]}"
	wait "${PLUGIN_PID[$ON]}" 2>/dev/null || true
}

docker_start() {
	rm -f "$T/$ON.d/pid" # of an engine that was killed, and it believes it
	spawn_to "$T/dockerd.log" in_host "$ON" ${DOCKER_ROOT:+chroot "$DOCKER_ROOT"} dockerd --data-root "$T/$ON.d/data" \
		--exec-root "$T/$ON.d/exec" --pidfile "$T/$ON.d/pid" -H "unix://$T/$ON.d/d.sock" --storage-driver vfs \
		--cgroup-parent "/$CGROUP" "$@"
	DOCKER_PID[$ON]=$SPAWNED
	[[ -n ${DOCKER_LATER:-} ]] || docker_ready
}
docker_ready() { wait_until 90 dk version; }
docker_stop() { # [SIGNAL]
	kill -"${1:-TERM}" "${DOCKER_PID[$ON]}" 2>/dev/null || true
	wait "${DOCKER_PID[$ON]}" 2>/dev/null || true
	wait_until 30 no_containerd # it ends with the engine, and a new engine waits for it in vain
}
no_containerd() { ! kill -0 "$(cat "$T/$ON.d/exec/containerd/containerd.pid")"; }

# Docker 28 and later.
docker_is_new() { (($(dk version -f '{{.Server.Version}}' | cut -d. -f1) >= 28)); }
# Within a moment nothing of a container is left in netd, nor a link of its; what is, is shown.
docker_nothing_left() { [[ -z $(netctl ps -q) && -z $(links_of h | grep -E '^ndp?[0-9a-f]{11}') ]]; }
settled_docker() { wait_until 30 docker_nothing_left || { netctl ps && links_of h && return 1; }; }

# recounted COMMAND…: which removes networks that their containers have left all at once. Docker counts a network's endpoints,
# and 20.10 may count wrong then, on networks of its own drivers as on netd's: nobody is there any more, and it speaks of "active
# endpoints" until it is started again and counts anew. It is, once it is seen that the count is all that is left.
recounted() {
	local said
	said=$("$@" 2>&1) && return
	echo "$said"
	if docker_is_new; then return 1; fi
	[[ $said == *'has active endpoints'* && -z $(dk ps -aq) ]] || return 1
	settled_docker
	docker_stop
	docker_start
	"$@"
}

# The command is of the engine's own version: each refuses what it believes the other does not know.
DOCKER=$(PATH=/usr/bin:$PATH command -v docker || true)
dk() {
	if [[ -n $DOCKER_ROOT ]]; then
		in_host "$ON" timeout 60 chroot "$DOCKER_ROOT" docker -H "unix://$T/$ON.d/d.sock" "$@"
	else
		timeout 60 "$DOCKER" -H "unix://$T/$ON.d/d.sock" "$@"
	fi
}

# bb: a busybox alone
docker_image() {
	local applet
	mkdir -p "$T/image/bin" "$T/image/etc" "$T/image/proc" "$T/image/sys" "$T/image/tmp" "$T/image/www"
	cp "$(command -v busybox)" "$T/image/bin/busybox"
	for applet in $(busybox --list | grep -vx busybox); do
		ln -sf busybox "$T/image/bin/$applet"
	done
	tar c -C "$T/image" . | dk import - bb:latest >/dev/null
}

# run NAME [OPTION…]: a container that only waits
run() {
	local name=$1
	shift
	dk run -d --name "$name" "$@" bb:latest sleep 100000 >/dev/null
	wait_until 30 is_called "$name"
}
# is_called NAME: netd calls it so, or has nothing to do with it. Of an engine that is busy it hears a name a little later.
is_called() {
	local id called
	id=$(dk inspect -f '{{.Id}}' "$1") || return
	called=$(netctl inspect "$id" -f '{{.Name}}' 2>/dev/null) || return 0
	[[ $called == "/$1" ]]
}
# run_web NAME [OPTION…]: and one that answers "NAME" on port 80
run_web() {
	local name=$1
	shift
	dk run -d --name "$name" "$@" bb:latest sh -c "echo $name >/www/index.html; exec httpd -f -p 80 -h /www" >/dev/null
	wait_until 30 is_called "$name"
	wait_until 30 inside "$name" wget -q -O - http://127.0.0.1/
}
pid_of() { dk inspect -f '{{.State.Pid}}' "$1"; }
inside() { # CONTAINER COMMAND…
	local pid
	pid=$(pid_of "$1")
	shift
	env -i PATH=/bin /usr/bin/nsenter -t "$pid" --net --uts --mount --root --wd="/proc/$pid/root" -- "$@"
}
# The addresses of a name, as a container of Docker's is told; nothing when there is no such name.
name_in() { # CONTAINER NAME
	local pid
	pid=$(pid_of "$1")
	nsenter --net="/proc/$pid/ns/net" dig @127.0.0.11 +tries=1 +time=10 +short -q "$2" -t a
}
has_name_in() { [[ -n $(name_in "$1" "$2") ]]; }
has_no_name_in() { [[ -z $(name_in "$1" "$2") ]]; }
address_of() { # CONTAINER NETWORK
	dk inspect -f "{{(index .NetworkSettings.Networks \"$2\").IPAddress}}" "$1"
}
fetch_in() { inside "$1" wget -q -O - "$2"; }

# The last process of a group may still be on its way out.
cgroups_removed() {
	local group pids
	for group in $(find /sys/fs/cgroup -depth -type d \( -path "*/$CGROUP" -o -path "*/$CGROUP/*" \)); do
		pids=$(cat "$group/cgroup.procs") || pids=
		[[ -z $pids ]] || kill -9 $pids
		rmdir "$group" || true
	done
	[[ -z $(find /sys/fs/cgroup -type d \( -path "*/$CGROUP" -o -path "*/$CGROUP/*" \)) ]]
}

docker_teardown() {
	[[ -z ${BATS_TEST_COMPLETED:-} ]] && {
		echo "--- netd-docker:"
		grep -v 'debug:.*: done$' "$T/plugin.log" | tail -40
		echo "--- dockerd:"
		grep -vE 'module=grpc|loading plugin' "$T/dockerd.log" | tail -20 | cut -c1-250
	}
	local left
	left=$(dk ps -aq 2>/dev/null) || true
	[[ -z $left ]] || dk rm -f $left >/dev/null 2>&1 || true
	plugin_stop 2>/dev/null || true
	docker_stop 2>/dev/null || true
	wait_until 30 cgroups_removed || true
}
