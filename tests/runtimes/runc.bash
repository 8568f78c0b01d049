# runc.bash - bundles, and runc with netd's hook in them; loaded behind lib
# SPDX-License-Identifier: GPL-2.0-or-later
#
# RUNTIME_ROOT, where set, is a tree with other versions of the runtimes: they are run in it.

RUNTIME=${RUNTIME:-runc}
RUNTIME_ROOT=${RUNTIME_ROOT:-}

# in_runtime COMMAND…: on host h, in the runtimes' tree.
in_runtime() {
	if [[ -n $RUNTIME_ROOT ]]; then
		runtime_root_ready
		in_host h chroot "$RUNTIME_ROOT" "$@"
	else
		in_host h "$@"
	fi
}
# The test's directory and the programs, in the host's mount namespace only.
runtime_root_ready() {
	[[ ! -e $T/root-ready ]] || return 0
	local dir
	for dir in "$T" "$NETD_BUILD"; do
		in_host h mkdir -p "$RUNTIME_ROOT$dir"
		in_host h mount --rbind "$dir" "$RUNTIME_ROOT$dir"
	done
	in_host h mount --rbind /run/netns "$RUNTIME_ROOT/run/netns" 2>/dev/null || true
	touch "$T/root-ready"
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
fetch() { inside "$1" curl -sS -m 3 "$2"; } # NAME URL

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
inside() { rc exec "$@" 3>&- 4>&- </dev/null; } # NAME COMMAND…

runc_teardown() {
	local id
	[[ ! -d $T/$RUNTIME ]] || for id in $(ls "$T/$RUNTIME"); do
		rc delete -f "$id" || true
	done 3>&- 4>&- >/dev/null 2>&1
	return 0
}
