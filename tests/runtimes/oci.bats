#!/usr/bin/env bats
# oci.bats - netd-oci-hook under runc, under Podman with hooks.d, and called by hand as crun calls it
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
	wait_until 5 own_namespace_of "$LIVING"
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

@test "two containers of runc on one network find and reach each other, publish, stop, and leave nothing" {
	bundle web network=blue ports=8080:80 aliases=shop,store -- /bin/httpd -f -h /www
	bundle client network=blue
	echo hello >"$T/rootfs/www/index.html"
	start web
	start client
	equals "$(names)" "client web"
	equals "$(fetch client http://web/)" hello
	equals "$(fetch client http://shop/)" hello
	equals "$(get_out "http://$(host_addr h):8080/")" hello
	equals "$(in_oci web ip -o -4 addr show eth0 | awk '{ print $4 }')" "$(ip4_of web)/24"
	stop web
	refused get_out "http://$(host_addr h):8080/"
	refused in_oci client nslookup web
	stop client
	wait_until 5 nothing_left h
}

@test "resolv.conf, hosts and hostname are netd's inside, follow it, cannot be written, and the image is untouched" {
	bundle a network=blue
	bundle b network=blue hostname=bee
	echo untouched >"$T/rootfs/etc/hosts"
	start a
	start b
	matches "$(in_oci a cat /etc/resolv.conf)" '^nameserver 127\.0\.0\.11'
	equals "$(in_oci a cat /etc/hostname)" a
	equals "$(in_oci b cat /etc/hostname)" bee
	matches "$(in_oci a cat /etc/hosts)" "^$(ip4_of a)"$'\t''a'
	matches "$(in_oci b cat /etc/hosts)" "^$(ip4_of b)"$'\t''bee'
	netctl network create --subnet 10.82.0.0/24 green >/dev/null
	netctl network connect green a
	matches "$(in_oci a cat /etc/hosts)" '^10\.82\.0\.'
	refused in_oci a sh -c 'echo 192.0.2.66 evil >>/etc/hosts'
	equals "$(cat "$T/rootfs/etc/hosts")" untouched
	equals "$(cat "$T/rootfs/etc/resolv.conf" "$T/rootfs/etc/hostname" | wc -c)" 0
	stop a
	stop b
	wait_until 5 nothing_left h
}

@test "every annotation reaches netd" {
	netctl network create --subnet 10.82.0.0/24 --subnet fd82::/64 green >/dev/null
	upstream 192.0.2.53
	bundle c1 name=web network=blue,green ip=10.81.0.77 mac=02:aa:bb:cc:dd:01 'ip.green=10.82.0.78 fd82::78' interface.green=wan0 \
		aliases=www aliases.green=outer hostname=host1 domainname=example.org ports=8081:80,127.0.0.1:5353:53/udp \
		dns=192.0.2.53 dns-search=example.com dns-options=ndots:2 extra-hosts=db:192.0.2.99
	bundle c2 network=green links=web:w
	start c1
	start c2
	local web
	web=$(netctl inspect web)
	equals "$(jq -r '.[0].NetworkSettings.Networks | .blue.IPAddress, .green.IPAddress, .green.GlobalIPv6Address' <<<"$web" | xargs)" \
		"10.81.0.77 10.82.0.78 fd82::78"
	equals "$(jq -r '.[0].NetworkSettings.Networks.blue.MacAddress' <<<"$web")" 02:aa:bb:cc:dd:01
	matches "$(in_oci c1 ip addr show wan0)" 10.82.0.78
	equals "$(jq -r '.[0].Config | .Hostname, .Domainname' <<<"$web" | xargs)" "host1 example.org"
	equals "$(jq -cS '.[0].NetworkSettings.Ports | to_entries | map({(.key): [.value[].HostPort] | unique[]}) | add' <<<"$web")" \
		'{"53/udp":"5353","80/tcp":"8081"}'
	matches "$(in_oci c1 cat /etc/resolv.conf)" 'search example\.com'
	matches "$(in_oci c1 cat /etc/resolv.conf)" 'ndots:2'
	matches "$(in_oci c1 cat /etc/hosts)" $'192.0.2.99\tdb'
	in_oci c1 nslookup far.example.net >/dev/null || true
	[[ $(upstream_saw far.example.net 192.0.2.53) -gt 0 ]]
	local name
	for name in web www outer w; do matches "$(in_oci c2 nslookup "$name")" '10\.82\.0\.78'; done
	netctl network create --subnet 10.83.0.0/24 red >/dev/null
	bundle c3 network=blue
	start c3
	refused in_oci c3 nslookup outer
	matches "$(in_oci c3 nslookup www)" '10\.81\.0\.77'
}

@test "no network annotation is netd's default network; no network namespace, and a pod's member, are left alone" {
	bundle plain
	start plain
	equals "$(netctl inspect plain | jq -r '.[0].NetworkSettings.Networks | keys[0]')" bridge
	bundle host network=blue
	edit host 'del(.linux.namespaces[] | select(.type == "network")) | del(.mounts[] | select(.type == "sysfs"))'
	start host
	bundle member network=blue
	edit member '.annotations["io.kubernetes.cri-o.ContainerType"] = "container"'
	start member
	equals "$(names)" plain
	stop host
	stop member
	equals "$(names)" plain
}

@test "a namespace made by somebody else is attached by its path" {
	bundle a network=blue
	container_ns a >/dev/null
	edit a "(.linux.namespaces[] | select(.type == \"network\")).path = \"$(container_path a)\""
	start a
	equals "$(in_c a ip -j -4 addr show eth0 | jq -r '.[0].addr_info[0].local')" "$(ip4_of a)"
	equals "$(netctl inspect a | jq -r '.[0].NetworkSettings.SandboxKey')" "$(container_path a)"
	stop a
	wait_until 5 nothing_left h
	refused in_c a ip link show eth0
}

@test "an id of 64 hexadecimal digits is netd's own, with its first twelve for a name" {
	local id
	id=$(printf '%064x' 4711)
	bundle a network=blue
	start a "$id"
	equals "$(netctl ps --no-trunc -q)" "$id"
	equals "$(names)" "${id:0:12}"
	stop a "$id"
	wait_until 5 nothing_left h
}

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
	wait_until 5 nothing_left h
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
	wait_until 5 nothing_left h
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

@test "a container that is killed and never deleted leaves nothing; its restart finds its place free" {
	bundle a network=blue ports=8080:80
	start a
	kill -9 "$(rc state a | jq .pid)"
	wait_until 5 nothing_left h
	stop a
	start a
	equals "$(names)" a
}

@test "one sentence says what is wrong, and the runtime shows it" {
	bundle a network=nowhere
	fails_with 1 'netd-oci-hook: network nowhere not found' start a
	bundle a network=blue prots=80:80
	fails_with 1 'annotation netd\.prots is not known' start a
	bundle a network=blue ip.green=10.9.9.9
	fails_with 1 'netd\.ip\.green .*netd\.network does not name' start a
	bundle a network=blue ports=80:banana
	fails_with 1 'annotation netd\.ports: .*banana' start a
	bundle a network=blue ip=10.81.0.5,10.81.0.6
	fails_with 1 'one address of each family' start a
	bundle a network=blue ip=10.99.0.5
	fails_with 1 '10\.99\.0\.5' start a
	bundle a network=blue name=-x
	fails_with 1 'annotation netd\.name: ' start a
	bundle a network=blue files=passwd
	fails_with 1 'annotation netd\.files may hold' start a
	bundle a network=blue name=taken
	attach taken --network blue
	fails_with 1 'the name taken is in use by container taken' start a
	netctl detach taken
	equals "$(names)" ""
	bundle a network=blue
	edit a ".hooks.createRuntime[0].env = [\"NETD_HOST=unix://$T/nowhere\"]"
	fails_with 1 "cannot reach netd at.*$T/nowhere" start a
	edit a '.hooks.createRuntime[0].env = ["NETD_HOST=ssh://far"]'
	fails_with 1 'unix:// only' start a
	wait_until 5 nothing_left h
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
	echo '{' >"$T/a/config.json"
	fails_with 1 "$T/a/config.json: .*JSON" hook createRuntime <<<"{\"id\": \"a\", \"pid\": 1, \"bundle\": \"$T/a\"}"
	head -c 3000000 /dev/zero | fails_with 1 "the container's state" hook createRuntime
	nothing_left h
}

@test "links in the image lead nowhere but into the image" {
	echo host >"$T/outside"
	bundle a network=blue
	ln -s ../../../../../../../../../../../run/systemd/resolve/stub-resolv.conf "$T/rootfs/etc/resolv.conf"
	ln -s "$T/outside" "$T/rootfs/etc/hosts"
	start a
	matches "$(in_oci a cat /etc/resolv.conf)" 127.0.0.11
	matches "$(in_oci a cat /etc/hosts)" "$(ip4_of a)"
	equals "$(cat "$T/outside")" host
	equals "$(readlink "$T/rootfs/etc/hosts")" "$T/outside"
	[[ -e $T/rootfs/run/systemd/resolve/stub-resolv.conf && -e $T/rootfs$T/outside ]]
	stop a
	rm "$T/rootfs/etc/hosts"
	ln -s hosts "$T/rootfs/etc/hosts"
	start a
	stop a
	rm "$T/rootfs/etc/resolv.conf"
	mkdir "$T/rootfs/etc/resolv.conf"
	fails_with 1 'not a plain file' start a
	wait_until 5 nothing_left h
	edit a '.annotations["netd.files"] = "none"'
	start a
	stop a
	rmdir "$T/rootfs/etc/resolv.conf"
	rm -r "$T/rootfs/etc"
	edit a '.annotations["netd.files"] = "resolv.conf"'
	start a
	matches "$(in_oci a cat /etc/resolv.conf)" 127.0.0.11
	refused in_oci a cat /etc/hosts
}

@test "files the bundle mounts there already are covered, and the host's own stay as they are" {
	bundle a network=blue
	echo "nameserver 192.0.2.200" >"$T/given"
	edit a ".mounts += [{destination: \"/etc/resolv.conf\", type: \"bind\", source: \"$T/given\", options: [\"bind\"]}]"
	start a
	matches "$(in_oci a cat /etc/resolv.conf)" 127.0.0.11
	equals "$(cat "$T/given")" "nameserver 192.0.2.200"
}

@test "fifty containers are started and stopped at once, and leave nothing" {
	local i pids=()
	for i in $(seq 50); do bundle "c$i" network=blue; done
	for i in $(seq 50); do
		start "c$i" &
		pids+=($!)
	done 3>&- 4>&-
	wait "${pids[@]}"
	equals "$(netd_ids | wc -l)" 50
	equals "$(netctl network inspect blue | jq -r '.[0].Containers[].IPv4Address' | sort -u | wc -l)" 50
	equals "$(in_oci c7 nslookup c41 | grep -c "$(ip4_of c41)")" 1
	pids=()
	for i in $(seq 50); do
		(stop "c$i" && touch "$T/c$i/stopped") &
		pids+=($!)
	done 3>&- 4>&-
	wait "${pids[@]}"
	equals "$(ls "$T"/c*/stopped | wc -l)" 50
	wait_until 10 nothing_left h
}

@test "a call costs about a millisecond beside netd's own work" {
	bundle a network=blue
	bundle host network=blue
	edit host 'del(.linux.namespaces[] | select(.type == "network"))'
	local i before after
	state host creating $$ >"$T/state"
	before=${EPOCHREALTIME/./}
	in_host h sh -c "for i in $(seq -s ' ' 100); do '$NETD_BUILD/netd-oci-hook' <'$T/state' || exit 1; done"
	after=${EPOCHREALTIME/./}
	echo "$(((after - before) / 100)) us a call that has nothing to do, fork and exec included"
	# ten times what it is on an idle machine: a guard against waiting, not a measurement
	[[ $(((after - before) / 100)) -lt 20000 ]]
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
	equals "$(podman exec client curl -sS -m 3 http://web/)" hello
	equals "$(get_out "http://$(host_addr h):8080/")" hello
	equals "$(netctl ps --no-trunc --format '{{.ID}} {{.Names}}' | sort)" \
		"$(podman ps --no-trunc --format '{{.ID}} {{.Names}}' | awk '/ web$/ { print $1, $2 } / client$/ { print $1, substr($1, 1, 12) }' | sort)"
	podman restart -t 0 web >/dev/null
	wait_until 5 podman exec client curl -sS -m 3 http://web/
	podman rm -f -t 0 -a >/dev/null
	settled h
}
