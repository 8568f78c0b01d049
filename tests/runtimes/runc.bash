# runc.bash - bundles, and runc or crun with netd's hook in them; loaded behind lib
# SPDX-License-Identifier: GPL-2.0-or-later
#
# RUNTIME is the program: runc, or crun. crun refuses a machine whose cgroups are version 1 with version 2 beside them
# (systemd's hybrid mode). Where it does, it is given a mount namespace in which version 2 is unmounted.

RUNTIME=${RUNTIME:-runc}
CGROUP2=/sys/fs/cgroup/unified

# in_runtime COMMAND…: on host h, in the runtime's mount namespace.
in_runtime() {
	[[ -e $T/$ON.$RUNTIME.mounts ]] || runtime_new ||
		skip "$RUNTIME does not work with this machine's cgroups: $(cat "$T/works.log")"
	nsenter --net="/run/netns/$P-$ON" --mount="$(cat "$T/$ON.$RUNTIME.mounts")" -- "${GUARD[@]}" "$@"
}
# Finds it a mount namespace in which it runs a container; fails when there is none.
runtime_new() {
	in_tree true
	cp "$T/$ON.tree.mounts" "$T/$ON.$RUNTIME.mounts"
	runtime_works && return
	mountpoint -q $CGROUP2 || return
	rm -f "$T/held"
	spawn in_tree unshare --mount --propagation unchanged sh -ec "umount $CGROUP2 && touch '$T/held' && exec sleep infinity"
	wait_until 30 test -e "$T/held"
	echo "/proc/$SPAWNED/ns/mnt" >"$T/$ON.$RUNTIME.mounts"
	runtime_works
}
# Whether it runs a container that needs nothing, in a cgroup as the tests' have them.
runtime_works() {
	local dir=$T/works.d
	mkdir -p "$dir/rootfs/bin"
	cp "$(command -v busybox)" "$dir/rootfs/bin/busybox"
	rm -f "$dir/config.json"
	in_runtime "$RUNTIME" spec -b "$dir"
	jq --arg group "/$P-works" '.process.terminal = false | .process.args = ["/bin/busybox", "true"] | .linux.cgroupsPath = $group' \
		"$dir/config.json" >"$dir/config.new"
	mv "$dir/config.new" "$dir/config.json"
	in_runtime "$RUNTIME" --root "$T/works.root" run -b "$dir" "$P-works" 3>&- 4>&- </dev/null >"$T/works.log" 2>&1
}

rc() { in_runtime "$RUNTIME" --root "$T/$ON.$RUNTIME.state" "$@"; }

# A tree with a client that asks as programs do: through the C library and the container's own files. (The static
# busybox cannot.)
client_tree() { # DIRECTORY
	local file
	busybox_tree "$1"
	for file in $(command -v curl) $(ldd "$(command -v curl)" | grep -oE '/[^ ]+'); do
		mkdir -p "$1${file%/*}"
		cp -L "$file" "$1$file"
	done
}
fetch() { in_oci "$1" curl -sS -m "$MAX_S" "$2"; } # NAME URL

# annotations KEY=VALUE…: netd.KEY, as an object
annotations() {
	[[ $# -gt 0 ]] || { echo '{}' && return; }
	printf '%s\n' "$@" | jq -Rn '[inputs | capture("^(?<k>[^=]*)=(?<v>.*)$") | {("netd." + .k): .v}] | add'
}

# bundle NAME [KEY=VALUE…] [-- COMMAND…]: a bundle with netd's hook, on the tree $T/rootfs that all share.
bundle() {
	local name=$1 notes=() hook
	shift
	while [[ $# -gt 0 && $1 != -- ]]; do
		notes+=("$1")
		shift
	done
	[[ $# -eq 0 ]] || shift
	[[ $# -gt 0 ]] || set -- /bin/sleep 1000
	[[ -d $T/rootfs ]] || client_tree "$T/rootfs"
	mkdir -p "$T/$name"
	rm -f "$T/$name/config.json"
	in_runtime "$RUNTIME" spec -b "$T/$name"
	hook=$(jq -n --arg path "$NETD_BUILD/netd-oci-hook" --arg host "NETD_HOST=unix://$(host_sock "$ON")" \
		'def hook(stage): [{path: $path, args: ["netd-oci-hook", stage], env: [$host], timeout: 30}];
		{createRuntime: hook("createRuntime"), poststop: hook("poststop")}')
	jq --args --argjson hooks "$hook" --argjson notes "$(annotations "${notes[@]}")" --arg root "$T/rootfs" --arg name "$name" \
		--arg group "/$P-$name" '.process.terminal = false | .process.args = $ARGS.positional | .root.path = $root |
		.hostname = $name | .annotations = $notes + {"run.oci.hooks.stderr": $said} | .hooks = $hooks |
		.linux.cgroupsPath = $group' --arg said "$T/$name/hook.log" -- "$@" <"$T/$name/config.json" >"$T/$name/config.new"
	mv "$T/$name/config.new" "$T/$name/config.json"
}
edit() { # NAME FILTER: of jq, on the bundle's config.json
	jq "$2" <"$T/$1/config.json" >"$T/$1/config.new"
	mv "$T/$1/config.new" "$T/$1/config.json"
}

# start NAME [ID]: what the runtime says goes to $T/NAME/log; crun passes on what a hook says to hook.log alone.
start() {
	rm -f "$T/$1/hook.log"
	rc run -d -b "$T/$1" "${2:-$1}" 3>&- 4>&- </dev/null >"$T/$1/log" 2>&1 || {
		cat "$T/$1/log" $([[ ! -e $T/$1/hook.log ]] || echo "$T/$1/hook.log")
		return 1
	}
}
stop() { rc delete -f "${2:-$1}" 3>&- 4>&-; }
in_oci() { rc exec "$@" 3>&- 4>&- </dev/null; } # NAME COMMAND…

runc_teardown() {
	local id RUNTIME
	for RUNTIME in runc crun; do
		[[ ! -d $T/$ON.$RUNTIME.state ]] || for id in $(ls "$T/$ON.$RUNTIME.state"); do
			rc delete -f "$id" || true
		done 3>&- 4>&- >/dev/null 2>&1
	done
}
