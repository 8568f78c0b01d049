# runc.bash - bundles, and runc with netd's hook in them; loaded behind lib
# SPDX-License-Identifier: GPL-2.0-or-later
#
# RUNTIME_ROOT=DIR: the runtime is that of another system's tree, which becomes the root of a mount namespace of its
# own. (A chroot would not do: what enters a container's mount namespace would come out above it.)

RUNTIME=${RUNTIME:-runc}
RUNTIME_ROOT=${RUNTIME_ROOT:-}

# in_runtime COMMAND…: on host h, in the runtime's tree.
in_runtime() {
	if [[ -n $RUNTIME_ROOT ]]; then
		[[ -e $T/tree.pid ]] || runtime_tree
		nsenter --net="/run/netns/$P-h" --mount="/proc/$(cat "$T/tree.pid")/ns/mnt" -- "${GUARD[@]}" "$@"
	else
		in_host h "$@"
	fi
}
# With the test's directory and the programs at the same paths. Nothing is mounted outside.
runtime_tree() {
	spawn nsenter --net="/run/netns/$P-h" unshare --mount --propagation slave sh -ec "
		mount --rbind '$RUNTIME_ROOT' '$RUNTIME_ROOT'
		for dir in '$T' '$NETD_BUILD'; do
			mkdir -p '$RUNTIME_ROOT'\$dir
			mount --rbind \$dir '$RUNTIME_ROOT'\$dir
		done
		mkdir -p '$T/old'
		cd '$RUNTIME_ROOT'
		pivot_root . '.$T/old'
		umount -l '$T/old'
		touch '$T/held'
		exec sleep infinity"
	wait_until 5 test -e "$T/held"
	echo "$SPAWNED" >"$T/tree.pid"
}

rc() { in_runtime "$RUNTIME" --root "$T/$RUNTIME" "$@"; }

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
fetch() { in_oci "$1" curl -sS -m 3 "$2"; } # NAME URL

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
	hook=$(jq -n --arg path "$NETD_BUILD/netd-oci-hook" --arg host "NETD_HOST=unix://$(host_sock h)" \
		'def hook(stage): [{path: $path, args: ["netd-oci-hook", stage], env: [$host], timeout: 30}];
		{createRuntime: hook("createRuntime"), poststop: hook("poststop")}')
	jq --args --argjson hooks "$hook" --argjson notes "$(annotations "${notes[@]}")" --arg root "$T/rootfs" --arg name "$name" \
		--arg group "/$P-$name" '.process.terminal = false | .process.args = $ARGS.positional | .root.path = $root |
		.hostname = $name | .annotations = $notes | .hooks = $hooks | .linux.cgroupsPath = $group' \
		-- "$@" <"$T/$name/config.json" >"$T/$name/config.new"
	mv "$T/$name/config.new" "$T/$name/config.json"
}
edit() { # NAME FILTER: of jq, on the bundle's config.json
	jq "$2" <"$T/$1/config.json" >"$T/$1/config.new"
	mv "$T/$1/config.new" "$T/$1/config.json"
}

# start NAME [ID]: what the runtime says goes to $T/NAME/log.
start() {
	rc run -d -b "$T/$1" "${2:-$1}" 3>&- 4>&- </dev/null >"$T/$1/log" 2>&1 || {
		cat "$T/$1/log"
		return 1
	}
}
stop() { rc delete -f "${2:-$1}" 3>&- 4>&-; }
in_oci() { rc exec "$@" 3>&- 4>&- </dev/null; } # NAME COMMAND…

runc_teardown() {
	local id
	[[ ! -d $T/$RUNTIME ]] || for id in $(ls "$T/$RUNTIME"); do
		rc delete -f "$id" || true
	done 3>&- 4>&- >/dev/null 2>&1
	[[ ! -e $T/tree.pid ]] || kill -9 "$(cat "$T/tree.pid")" || true
}
