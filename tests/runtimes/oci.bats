#!/usr/bin/env bats
# oci.bats - netd-oci-hook called by hand as runc and crun call it, and under Podman with hooks.d
# SPDX-License-Identifier: GPL-2.0-or-later

load lib
load runc
load podman

ROOT=$BATS_TEST_DIRNAME/../..

setup() {
	ALIVE=()
	setup_default
	netctl network create --subnet 10.81.0.0/24 blue >/dev/null
}
teardown() {
	kill -9 "${ALIVE[@]}" 2>/dev/null || true # they have left the host's namespace
	runc_teardown
	[[ -z ${PD:-} ]] || podman_done
	teardown_default
}

# A process with namespaces of its own, as a runtime has made them before the hooks: its pid is in LIVING. It
# sees the same tree that its hooks will mount into.
living() { # NAME
	spawn in_host h unshare --net --mount --propagation slave sleep 1000
	LIVING=$SPAWNED
	ALIVE+=("$SPAWNED")
	wait_until 30 own_namespace_of "$LIVING"
}
own_namespace_of() { [[ $(readlink "/proc/$1/ns/net") != "$(in_host h readlink /proc/self/ns/net)" && $(cat "/proc/$1/comm") == sleep ]]; }

# state NAME STATUS PID [JSON]: in runc's form, the bundle's annotations included
state() {
	jq -cn --arg id "$1" --arg status "$2" --argjson pid "$3" --arg bundle "$T/$1" --argjson more "${4:-"{}"}" \
		--slurpfile config "$T/$1/config.json" '{ociVersion: "1.0.2", id: $id, status: $status, pid: $pid, bundle: $bundle,
		annotations: $config[0].annotations} * $more'
}
hook() { in_host h env -i NETD_HOST="${WHERE:-unix://$(host_sock h)}" "$NETD_BUILD/netd-oci-hook" "$@"; }
names() { netctl ps --format '{{.Names}}' | sort | xargs; }
in_pid() { nsenter --net="/proc/$1/ns/net" --mount="/proc/$1/ns/mnt" -- "${@:2}"; }

@test "createRuntime replayed: the same is the same, a new process is attached anew, with its old address" {
	bundle a network=blue
	living
	local first=$LIVING address files
	state a creating "$first" | hook createRuntime
	address=$(ip4_of a)
	files=$(in_pid "$first" grep -c "$T/rootfs/etc" /proc/self/mountinfo)
	equals "$files" 3
	state a creating "$first" | hook createRuntime
	equals "$(in_pid "$first" grep -c "$T/rootfs/etc" /proc/self/mountinfo)" 3
	equals "$(names)" a
	living
	state a creating "$LIVING" | hook createRuntime
	equals "$(ip4_of a)" "$address"
	matches "$(in_pid "$LIVING" ip -4 addr show eth0)" "$address/"
	refused in_pid "$first" ip link show eth0
	kill -9 "$LIVING"
	living
	state a creating "$LIVING" | hook createRuntime
	equals "$(ip4_of a)" "$address"
	state a stopped 0 | hook poststop
	wait_until 30 nothing_left h
}

@test "crun's words: status created, pid 0 and no pid at the end, its own members, an environment it inherits" {
	local crun='{"ociVersion": "1.0", "root": "/nowhere"}'
	bundle a network=blue
	living
	state a created "$LIVING" "$crun" | hook
	matches "$(in_pid "$LIVING" cat "$T/rootfs/etc/resolv.conf")" 127.0.0.11
	equals "$(names)" a
	state a stopped 0 "$crun" | hook
	equals "$(names)" ""
	living
	state a created "$LIVING" "$crun" | hook prestart
	state a stopped 0 "$crun" | jq -c 'del(.pid)' | hook poststop
	wait_until 30 nothing_left h
}

@test "poststop comes twice, for what never was, without its bundle, and takes only its own" {
	bundle a network=blue
	bundle b network=blue
	state a stopped 0 | hook poststop
	living
	state a creating "$LIVING" | hook createRuntime
	state a stopped 0 '{"bundle": "/another/bundle"}' | hook poststop
	equals "$(names)" a
	local last
	last=$(state a stopped 0)
	rm -r "$T/a"
	hook poststop <<<"$last"
	hook poststop <<<"$last"
	equals "$(names)" ""
	# the same id, attached by another caller
	local id
	id=$(printf '%064x' 99)
	container_ns x >/dev/null
	equals "$(api_status POST /netd/v1/containers \
		"$(jq -cn --arg id "$id" --arg p "$(container_path x)" '{Name: "foreign", Id: $id, NetnsPath: $p}')")" 201
	state b stopped 0 "{\"id\": \"$id\"}" | hook poststop
	equals "$(names)" foreign
	fails_with 1 'attached in another way' hook createRuntime <<<"$(state b creating "$LIVING" "{\"id\": \"$id\"}")"
	equals "$(names)" foreign
}

@test "what is no state of a container, or no stage of the hook, is refused" {
	bundle a network=blue
	fails_with 1 "the container's state.*JSON" hook createRuntime <<<'hello'
	fails_with 1 "the container's state.*JSON" hook createRuntime <<<"$(printf '[%.0s' {1..100})"
	fails_with 1 'bundle must be an absolute path' hook createRuntime <<<'{"id": "a", "bundle": "here"}'
	fails_with 1 'id must be' hook createRuntime <<<'{"bundle": "/tmp"}'
	fails_with 1 'no pid' hook createRuntime <<<"$(state a creating 0)"
	fails_with 1 'config\.json.*No such file' hook createRuntime <<<"$(state a creating 1 '{"bundle": "/nonexistent"}')"
	fails_with 1 'netd\.network must be a string' hook createRuntime <<<"$(state a creating 1 '{"annotations": {"netd.network": 7}}')"
	fails_with 1 'no stage of this hook' hook createContainer <<<"$(state a creating 1)"
	fails_with 1 'status is "running"' hook <<<"$(state a running 1)"
	fails_with 1 'usage' hook createRuntime poststop <<<"$(state a creating 1)"
	rm "$T/a/config.json"
	mkfifo "$T/a/config.json"
	fails_with 1 "$T/a/config.json: root.path is required" hook createRuntime <<<"{\"id\": \"a\", \"pid\": 1, \"bundle\": \"$T/a\"}"
	rm "$T/a/config.json"
	fails_with 1 'nested deeper' hook createRuntime <<<"$(printf '{"annotations":%.0s' {1..1000})"
	echo '{' >"$T/a/config.json"
	fails_with 1 "$T/a/config.json: .*JSON" hook createRuntime <<<"{\"id\": \"a\", \"pid\": 1, \"bundle\": \"$T/a\"}"
	head -c 3000000 /dev/zero | fails_with 1 "the container's state" hook createRuntime
	nothing_left h
}

# Microseconds that a hundred of each of two shell commands take, by turns: whatever else the machine does is in both.
hundreds() {
	in_host h bash -c 'for i in {1..100}; do
		from=${EPOCHREALTIME/./}
		eval "$1"
		between=${EPOCHREALTIME/./}
		eval "$2"
		first=$((first + between - from)) second=$((second + ${EPOCHREALTIME/./} - between))
	done
	echo "$first $second"' hundreds "$@"
}

@test "netd is killed in the middle of createRuntime and of poststop: one sentence, and the next poststop cleans up" {
	local call n n_killed=0 creating stopped
	bundle a network=blue ports=8080:80
	stopped=$(state a stopped 0)
	begin() { # each try is another process, as a runtime has it
		living
		creating=$(state a creating "$LIVING")
	}
	create_a() { hook createRuntime <<<"$creating"; }
	stop_a() { hook poststop <<<"$stopped"; }
	for call in sendmsg pwrite64; do
		for ((n = 1; n < 60; n += 4)); do
			begin
			killed_at "$call" "$n" create_a || break
			n_killed=$((n_killed + 1))
			((KILLED_STATUS == 0)) ||
				matches "$(cat "$T/killed.out")" '^netd-oci-hook: .*netd at .* (closed the connection|Connection reset)|cannot reach netd'
			host_start h
			stop_a
			settled h
		done
		stop_a
	done
	for ((n = 1; n < 60; n += 2)); do
		begin
		create_a
		killed_at sendmsg "$n" stop_a || break
		n_killed=$((n_killed + 1))
		host_start h
		stop_a
		settled h
	done
	begin
	create_a
	host_restart h KILL
	stop_a
	settled h
	echo "$n_killed kills"
	((n_killed >= 6))
}

@test "a call costs little beside the program's start and netd's own work" {
	bundle a network=blue
	bundle host network=blue
	edit host 'del(.linux.namespaces[] | select(.type == "network"))'
	local started called
	state host creating $$ >"$T/state"
	read -r started called < <(hundreds "'$NETD_BUILD/netd-oci-hook' too many words 2>/dev/null || true" \
		"'$NETD_BUILD/netd-oci-hook' <'$T/state' || exit 1")
	((called > 0))
	echo "$((called / 100)) us a call that has nothing to do, $((started / 100)) us one that says its usage"
	# a guard against waiting, not a measurement: both are slower on a busy machine, or with sanitizers
	[[ $called -lt $((started * 5)) ]]
}

@test "Podman runs the hook by hooks.d, for containers that ask for a network of netd's" {
	command -v podman >/dev/null || skip "podman is not installed"
	podman_new
	mkdir -p "$PD/hooks.d"
	sed "s,@PLUGINDIR@,$NETD_BUILD," "$ROOT/plugins/oci/hooks.d/netd.json" |
		jq --arg host "NETD_HOST=unix://$(host_sock h)" '.hook.env = [$host]' >"$PD/hooks.d/netd.json"
	podman_conf "hooks_dir = [\"$PD/hooks.d\"]" # for restarts, too
	hooked() { podman run -d -q --network none "$@" >/dev/null; }
	hooked --name web --annotation netd.network=blue --annotation netd.name=web --annotation netd.ports=8080:80 \
		bb:latest sh -c 'echo hello >/www/index.html; exec httpd -f -h /www'
	hooked --name client --annotation netd.network=blue bb:latest sleep 1000
	hooked --name other bb:latest sleep 1000
	serves web
	equals "$(podman exec client curl -sS -m "$MAX_S" http://web/)" hello
	equals "$(get_out "http://$(host_addr h):8080/")" hello
	equals "$(netctl ps --no-trunc --format '{{.ID}} {{.Names}}' | sort)" \
		"$(podman ps --no-trunc --format '{{.ID}} {{.Names}}' | awk '/ web$/ { print $1, $2 } / client$/ { print $1, substr($1, 1, 12) }' | sort)"
	podman restart -t 0 web >/dev/null
	serves web
	wait_until 30 podman exec client curl -sS -m "$MAX_S" http://web/
	podman rm -f -t 0 -a >/dev/null
	settled h
}
