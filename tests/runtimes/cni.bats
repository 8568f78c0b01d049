#!/usr/bin/env bats
# cni.bats - netd-cni's protocol: every verb, version and error, called as a runtime calls it
# SPDX-License-Identifier: GPL-2.0-or-later

load lib

setup() {
	setup_default
	NET=$(conf 1.1.0 blue)
	# Variables a test may set for the next calls.
	unset ARGS NETNS IFNAME
}

# conf VERSION NAME [JSON]: a network configuration with more keys merged in
conf() { jq -cn --arg v "$1" --arg n "$2" --argjson more "${3:-"{}"}" '{cniVersion: $v, name: $n, type: "netd-cni"} * $more'; }
with() { jq -c --argjson more "$2" '. * $more' <<<"$1"; } # CONFIG JSON

# cni VERB CONTAINER [CONFIG]: what the plugin prints; its exit status. A namespace is made on first use.
cni() {
	local verb=$1 name=$2 netns=${NETNS-$(container_path "$2")}
	[[ -n ${NETNS+set} || $verb != ADD || -e $netns ]] || container_ns "$name" >/dev/null
	in_host h env NETD_HOST="unix://$(host_sock h)" CNI_COMMAND="$verb" CNI_CONTAINERID="$name" CNI_NETNS="$netns" \
		CNI_IFNAME="${IFNAME-eth0}" CNI_ARGS="${ARGS-}" CNI_PATH=/opt/cni/bin "$NETD_BUILD/netd-cni" <<<"${3-$NET}"
}

# cni_fails CODE PATTERN VERB …: an error object with this code, in the words wanted, exit status not 0
cni_fails() {
	local code=$1 pattern=$2 out status=0
	shift 2
	out=$(cni "$@") || status=$?
	if [[ $status -eq 0 ]]; then
		echo "went through: $* -> $out"
		return 1
	fi
	equals "$(jq .code <<<"$out")" "$code" && matches "$(jq -r .msg <<<"$out")" "$pattern" &&
		jq -e '.cniVersion | length > 0' <<<"$out" >/dev/null
}
netd_id() { netctl ps --no-trunc --format '{{.ID}}' --filter "label=io.netd.cni.container=$1"; }
address() { jq -r '.ips[0].address | split("/")[0]' <<<"$1"; }

@test "VERSION answers with the versions it speaks, without any other variable" {
	local out
	out=$(CNI_COMMAND=VERSION "$NETD_BUILD/netd-cni" <<<'{"cniVersion": "1.0.0"}')
	equals "$(jq -r .cniVersion <<<"$out")" 1.0.0
	equals "$(jq -r '.supportedVersions | join(" ")' <<<"$out")" "0.3.0 0.3.1 0.4.0 1.0.0 1.1.0"
	CNI_COMMAND=VERSION "$NETD_BUILD/netd-cni" <<<'{"cniVersion": "9.9.9"}' | jq -e .supportedVersions >/dev/null
}

@test "ADD wires the container: interface, address, route, name, and a result that says so" {
	local a b
	a=$(cni ADD a)
	b=$(cni ADD b)
	equals "$(jq -r '.interfaces[2].name' <<<"$a")" eth0
	equals "$(jq -r '.interfaces[2].sandbox' <<<"$a")" "$(container_path a)"
	equals "$(jq -r '.ips[0].interface' <<<"$a")" 2
	equals "$(jq -r '.dns.nameservers[0]' <<<"$a")" 127.0.0.11
	equals "$(in_c a ip -j addr show eth0 | jq -r '.[0].address')" "$(jq -r '.interfaces[2].mac' <<<"$a")"
	equals "$(in_c a ip -j -4 addr show eth0 | jq -r '.[0].addr_info[0] | "\(.local)/\(.prefixlen)"')" \
		"$(jq -r '.ips[0].address' <<<"$a")"
	equals "$(in_c a ip -j route show default | jq -r '.[0].gateway')" "$(jq -r '.routes[] | select(.dst == "0.0.0.0/0").gw' <<<"$a")"
	# the host's end is the one the container's is paired with
	local host
	host=$(jq -r '.interfaces[1].name' <<<"$a")
	equals "$(in_host h ip -j link show "$host" | jq -r '.[0].address')" "$(jq -r '.interfaces[1].mac' <<<"$a")"
	equals "$(in_host h ip -j link show "$host" | jq -r '.[0].ifindex')" "$(in_c a ip -j link show eth0 | jq -r '.[0].link_index')"
	# and a port of the bridge, which comes first
	equals "$(jq -r '.interfaces[0].name' <<<"$a")" "$(in_host h ip -j link show "$host" | jq -r '.[0].master')"
	equals "$(jq -r '.interfaces[0].mac' <<<"$a")" "$(in_host h ip -j link show "$(jq -r '.interfaces[0].name' <<<"$a")" | jq -r '.[0].address')"
	equals "$(ask a b)" "$(address "$b")"
	serve b 8080
	matches "$(get_from a http://b:8080/ --resolve || get_from a "http://$(address "$b"):8080/")" '^b from'
}

@test "the result has the form of every version" {
	local version out
	for version in 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0; do
		out=$(cni ADD "c$version" "$(conf $version blue)")
		equals "$(jq -r .cniVersion <<<"$out")" "$version"
		case $version in
		0.*) equals "$(jq -r '.ips[0].version' <<<"$out")" 4 ;;
		*) equals "$(jq '.ips[0] | has("version")' <<<"$out")" false ;;
		esac
		case $version in
		1.1.0) equals "$(jq '.interfaces[2].mtu' <<<"$out")" 1500 ;;
		*) equals "$(jq '.interfaces[2] | has("mtu")' <<<"$out")" false ;;
		esac
		cni DEL "c$version" "$(conf $version blue)"
	done
	settled h
}

@test "versions and verbs that do not fit are code 1" {
	cni_fails 1 '0\.2\.0 is not supported' ADD a "$(conf 0.2.0 blue)"
	cni_fails 1 '2\.0\.0' ADD a "$(conf 2.0.0 blue)"
	cni_fails 1 missing ADD a '{"name": "blue", "type": "netd-cni"}'
	cni_fails 1 'does not allow CHECK' CHECK a "$(conf 0.3.1 blue)"
	cni_fails 1 'does not allow GC' GC a "$(conf 1.0.0 blue)"
	cni_fails 1 'does not allow STATUS' STATUS a "$(conf 0.4.0 blue)"
	equals "$(cni ADD a "$(conf 0.4.0 -bad)" | jq -r .cniVersion)" 0.4.0
}

@test "bad surroundings are code 4, bad text is 6, a bad configuration is 7" {
	cni_fails 4 'CNI_COMMAND' '' a
	cni_fails 4 'unknown CNI_COMMAND: FLY' FLY a
	cni_fails 4 'CNI_CONTAINERID' ADD ''
	cni_fails 4 'invalid CNI_CONTAINERID' ADD '../a'
	IFNAME='' cni_fails 4 'CNI_IFNAME' ADD a
	IFNAME='eth0/x' cni_fails 4 'invalid CNI_IFNAME' ADD a
	IFNAME='abcdefghijklmnop' cni_fails 4 'invalid CNI_IFNAME' ADD a
	NETNS='' cni_fails 4 'CNI_NETNS' ADD a
	ARGS='NOISE' cni_fails 4 'CNI_ARGS' ADD a
	ARGS='COLOUR=red' cni_fails 4 'COLOUR' ADD a
	ARGS='COLOUR=red;IgnoreUnknown=1' cni ADD a
	cni_fails 6 'JSON' ADD b 'hello'
	cni_fails 6 'JSON' ADD b "$(printf '[%.0s' {1..100})"
	cni_fails 7 'network name' ADD b '{"cniVersion": "1.1.0"}'
	cni_fails 7 'name must be a string' ADD b '{"cniVersion": "1.1.0", "name": 7}'
	cni_fails 7 'prevResult' CHECK b
	cni_fails 7 'valid-attachments' GC b
}

@test "a netns that is not there, is no netns, or is the plugin's own is code 8" {
	touch "$T/file"
	NETNS=/run/netns/nowhere cni_fails 8 'No such file' ADD a
	NETNS=$T/file cni_fails 8 'no network namespace' ADD a
	NETNS=/run/netns/$P-h cni_fails 8 "plugin's own" ADD a
	settled h
}

@test "a netns that is a FIFO, a directory, a namespace of another sort or a link to nowhere is refused at once; a link to one is it" {
	mkfifo "$T/fifo"
	mkdir "$T/dir"
	ln -s "$T/nowhere" "$T/dangling"
	ln -s "$T/loop" "$T/loop"
	NETNS=$T/fifo cni_fails 8 'no network namespace' ADD a
	NETNS=$T/dir cni_fails 8 'no network namespace' ADD a
	NETNS=$T/dangling cni_fails 8 'No such file' ADD a
	NETNS=$T/loop cni_fails 8 'symbolic links' ADD a
	NETNS=/proc/self/ns/mnt cni_fails 7 'not a network namespace' ADD a
	# netd looks for itself: what passes the plugin's look is not netd's own
	ln -s /proc/self/ns/net "$T/own"
	NETNS=$T/own cni_fails 8 "plugin's own" ADD a
	equals "$(api_status POST /netd/v1/containers "{\"Name\": \"a\", \"NetnsPath\": \"$T/fifo\"}")" 400
	equals "$(netctl ps -q)" ""
	ln -s "$(container_path a)" "$T/link"
	container_ns a >/dev/null
	NETNS=$T/link cni ADD a >/dev/null
	in_c a ip link show eth0 | grep -q 'state UP'
	NETNS=$T/link cni DEL a
	settled h
}

# A path that leads to another namespace than it did is the end of the container, whenever netd hears of it.
whole_or_over() { # ADDRESS
	[[ -z $(netctl ps -q) ]] || in_c one ip -4 addr show eth0 | grep -qF "$1/" || in_c two ip -4 addr show eth0 | grep -qF "$1/"
}

@test "a link to a namespace that is turned over to another during ADDs: each container is whole in one of them, or refused" {
	local i pid
	container_ns one >/dev/null
	container_ns two >/dev/null
	ln -s "$(container_path one)" "$T/link"
	spawn sh -c "while :; do
		ln -sfn '$(container_path two)' '$T/new'; mv -T '$T/new' '$T/link'
		ln -sfn '$(container_path one)' '$T/new'; mv -T '$T/new' '$T/link'
	done"
	pid=$SPAWNED
	for i in $(seq 20); do
		if NETNS=$T/link cni ADD a >"$T/add"; then
			wait_until 30 whole_or_over "$(address "$(cat "$T/add")")"
		else
			matches "$(jq -c .code "$T/add")" '^(8|101)$'
		fi
		NETNS='' cni DEL a
	done
	kill "$pid"
	settled h
	equals "$(in_c one ip -br link | wc -l)/$(in_c two ip -br link | wc -l)" 1/1
}

@test "too much on stdin is refused as undecodable, whoever goes on writing" {
	local out
	too_much() { head -c 3000000 /dev/zero | tr '\0' "$1"; }
	out=$(too_much ' ' | in_host h env CNI_COMMAND=ADD CNI_CONTAINERID=a CNI_NETNS=/x CNI_IFNAME=eth0 "$NETD_BUILD/netd-cni") || true
	equals "$(jq .code <<<"$out")" 6
	out=$(too_much '[' | in_host h env CNI_COMMAND=ADD CNI_CONTAINERID=a CNI_NETNS=/x CNI_IFNAME=eth0 "$NETD_BUILD/netd-cni") || true
	equals "$(jq .code <<<"$out")" 6
	cni_fails 6 'nested deeper' ADD a "$(printf '{"a":%.0s' {1..1000})"
	cni_fails 6 'there is none on stdin' ADD a ''
	nothing_left h
}

@test "CNI_ARGS: unknown keys pass where IgnoreUnknown says so, wherever it stands" {
	local value
	for value in 1 true True t TRUE; do ARGS="COLOUR=red;IgnoreUnknown=$value;SHAPE=round" cni ADD a >/dev/null; done
	for value in 0 false yes ''; do ARGS="COLOUR=red;IgnoreUnknown=$value" cni_fails 4 'COLOUR' ADD b; done
	ARGS='IgnoreUnknown=1;;K8S_POD_NAME=x;' cni ADD b >/dev/null
	ARGS='IgnoreUnknown=1;K8S_POD_NAME' cni_fails 4 'invalid pair "K8S_POD_NAME"' ADD c
	ARGS="IgnoreUnknown=1;K8S_POD_NAME=$(printf 'x%.0s' {1..300})" cni_fails 4 'invalid pair' ADD c
	# a DEL does not fail for what an ADD would
	ARGS='NOISE' cni DEL a
	ARGS='COLOUR=red' cni DEL b
	settled h
}

@test "what netd does not do is refused with key and value, code 2" {
	cni_fails 2 'bandwidth.*ingressRate' ADD a "$(with "$NET" '{"runtimeConfig": {"bandwidth": {"ingressRate": 1000}}}')"
	cni ADD a "$(with "$NET" '{"runtimeConfig": {"bandwidth": {"ingressRate": 0, "egressRate": 0}}}')"
	cni_fails 2 'vlan = 7' ADD b "$(with "$NET" '{"vlan": 7}')"
	cni_fails 2 'ipam.type' ADD b "$(with "$NET" '{"ipam": {"type": "dhcp"}}')"
	cni_fails 2 'ipam.routes' ADD b "$(with "$NET" '{"ipam": {"type": "host-local", "routes": [{"dst": "10.9.0.0/16"}]}}')"
	cni_fails 2 'second' ADD b "$(with "$NET" '{"runtimeConfig": {"ips": ["10.1.0.2/24", "10.1.0.3/24"]}}')"
}

@test "netd's absence is code 11, and 50 for STATUS, with the socket in the sentence" {
	cni STATUS a
	cni_fails 11 "cannot reach netd at.*$T/nowhere" ADD a "$(with "$NET" "{\"netdHost\": \"unix://$T/nowhere\"}")"
	cni_fails 11 "nowhere" DEL a "$(with "$NET" "{\"netdHost\": \"unix://$T/nowhere\"}")"
	cni_fails 50 "nowhere" STATUS a "$(with "$NET" "{\"netdHost\": \"unix://$T/nowhere\"}")"
	cni_fails 50 'network green not found' STATUS a "$(with "$NET" '{"network": "green"}')"
	cni_fails 7 'unix:// only' ADD a "$(with "$NET" '{"netdHost": "ssh://nobody@192.0.2.99"}')"
}

@test "the network is the one named, that of the list's name, or made from the keys" {
	netctl network create --subnet 10.71.0.0/24 green
	matches "$(address "$(cni ADD a "$(with "$NET" '{"network": "green"}')")")" '^10\.71\.0\.'
	cni_fails 7 'network red not found.*netctl network create red' ADD b "$(with "$NET" '{"network": "red"}')"
	matches "$(address "$(cni ADD b "$(conf 1.1.0 yellow '{"subnet": "10.72.0.0/24", "subnet6": "fd72::/64", "gateway": "10.72.0.9",
		"bridge": "yellow0", "mtu": 1400, "ipMasq": false, "internal": false, "labels": {"x": "y"}}')")")" '^10\.72\.0\.'
	local made
	made=$(netctl network inspect yellow)
	equals "$(jq -r '.[0].IPAM.Config[0].Gateway' <<<"$made")" 10.72.0.9
	equals "$(jq -r '.[0].Options["com.docker.network.bridge.name"]' <<<"$made")" yellow0
	equals "$(jq -r '.[0].Labels.x' <<<"$made")" y
	equals "$(in_c b cat /sys/class/net/eth0/mtu 2>/dev/null || in_c b ip -j link show eth0 | jq '.[0].mtu')" 1400
	matches "$(in_c b ip -6 addr show eth0)" 'fd72::'
	# a host-local configuration as people have it
	matches "$(address "$(cni ADD c "$(conf 1.1.0 old '{"isGateway": true, "ipMasq": true, "hairpinMode": true, "ipam": {"type": "host-local",
		"ranges": [[{"subnet": "10.73.0.0/24", "gateway": "10.73.0.1"}]], "routes": [{"dst": "0.0.0.0/0"}]}}')")")" '^10\.73\.0\.'
	cni ADD d "$(conf 1.1.0 shut '{"isGateway": false}')"
	equals "$(netctl network inspect shut | jq '.[0].Internal')" true
}

@test "capabilities: ports, addresses, mac, dns and aliases" {
	local out
	netctl network create --subnet 10.74.0.0/24 blue
	upstream 192.0.2.53
	out=$(cni ADD a "$(with "$NET" '{"runtimeConfig": {"ips": ["10.74.0.77/24"], "mac": "02:aa:bb:cc:dd:01",
		"portMappings": [{"hostPort": 8081, "containerPort": 80, "protocol": "tcp"}, {"hostPort": 0, "containerPort": 81},
			{"hostPort": 8082, "containerPort": 80, "protocol": "TCP", "hostIP": "192.0.2.10"}],
		"dns": {"servers": ["192.0.2.53"], "searches": ["example.com"], "options": ["ndots:1"]}, "aliases": ["web", "www"]}}')")
	equals "$(jq -r '.ips[0].address' <<<"$out")" 10.74.0.77/24
	equals "$(jq -r '.interfaces[2].mac' <<<"$out")" 02:aa:bb:cc:dd:01
	equals "$(jq -r '.dns.search[0]' <<<"$out")" example.com
	serve a 80
	matches "$(get_out "http://$(host_addr h):8081/")" '^a from'
	matches "$(get_out "http://$(host_addr h):8082/")" '^a from'
	cni ADD b "$(with "$NET" '{"runtimeConfig": {"aliases": {"blue": ["friend"], "other": ["foe"]}}}')"
	equals "$(ask b web)" 10.74.0.77
	equals "$(ask b www)" 10.74.0.77
	equals "$(ask a friend)" "$(ip4_of b blue)"
	equals "$(rcode "$(ask_full a foe)")" NXDOMAIN
	ask a nowhere.example.org >/dev/null
	[[ $(upstream_saw nowhere.example.org 192.0.2.53) -gt 0 ]]
	cni_fails 101 '8081' ADD c "$(with "$NET" '{"runtimeConfig": {"portMappings": [{"hostPort": 8081, "containerPort": 80}]}}')"
	cni_fails 7 'hostPort' ADD c "$(with "$NET" '{"runtimeConfig": {"portMappings": [{"hostPort": 80810, "containerPort": 80}]}}')"
	cni_fails 7 'banana' ADD c "$(with "$NET" '{"runtimeConfig": {"ips": ["banana"]}}')"
}

@test "addresses and MAC come from CNI_ARGS and args.cni too" {
	netctl network create --subnet 10.74.0.0/24 blue
	local out
	out=$(ARGS='IP=10.74.0.50;MAC=02:aa:bb:cc:dd:02' cni ADD a)
	equals "$(jq -r '.ips[0].address, .interfaces[2].mac' <<<"$out" | xargs)" "10.74.0.50/24 02:aa:bb:cc:dd:02"
	out=$(cni ADD b "$(with "$NET" '{"args": {"cni": {"ips": ["10.74.0.51"]}}}')")
	equals "$(address "$out")" 10.74.0.51
}

@test "a pod is found by its name, with and without its namespace; its successor takes over while the old one lingers" {
	local old new
	ARGS='IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_INFRA_CONTAINER_ID=old;K8S_POD_UID=u1' cni ADD old
	cni ADD client
	equals "$(netctl ps --format '{{.Names}}' | sort | xargs)" "client web.shop"
	equals "$(ask client web)" "$(ip4_of web.shop)"
	equals "$(ask client web.shop)" "$(ip4_of web.shop)"
	new=$(ARGS='IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_UID=u2' cni ADD new)
	equals "$(netctl ps --format '{{.Names}}' | sort | xargs)" "client new web.shop"
	# said again, it is the same
	equals "$(ARGS='IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;K8S_POD_UID=u2' cni ADD new)" "$new"
	cni DEL old
	equals "$(ask client web)" "$(address "$new")"
	cni DEL new
	cni DEL client
	settled h
}

@test "containerd's container is found without the namespace before its id" {
	cni ADD default-web >/dev/null
	cni ADD default-client >/dev/null
	equals "$(ask default-client web)" "$(ip4_of default-web)"
}

@test "an id of 64 hexadecimal digits is netd's own id, others have one made of them, always the same" {
	local id
	id=$(printf '%064x' 4711)
	NETNS=$(container_ns x) cni ADD "$id" >/dev/null
	equals "$(netd_id "$id")" "$id"
	cni ADD a >/dev/null
	id=$(netd_id a)
	cni DEL a
	cni ADD a >/dev/null
	equals "$(netd_id a)" "$id"
}

@test "ADD said twice answers the same; in another way it is a conflict, code 101" {
	local first
	first=$(cni ADD a)
	equals "$(cni ADD a)" "$first"
	cni_fails 101 'attached in another way' ADD a "$(with "$NET" '{"runtimeConfig": {"ips": ["10.9.9.9"]}}')"
	NETNS=$(container_ns z) cni_fails 101 'another way' ADD a
	NETNS=$(container_path a) cni_fails 101 'belongs to container a' ADD b
	equals "$(cni ADD a)" "$first"
}

@test "one container on several networks: each ADD an interface, each DEL takes its own" {
	local one two
	one=$(cni ADD a)
	two=$(IFNAME=net1 cni ADD a "$(conf 1.1.0 green)")
	equals "$(jq -r '[.interfaces[].name] | last' <<<"$two")" net1
	equals "$(jq 'has("routes")' <<<"$two")" false
	in_c a ip link show net1 | grep -q 'state UP'
	equals "$(IFNAME=net1 cni ADD a "$(conf 1.1.0 green)" | jq -c .ips)" "$(jq -c .ips <<<"$two")"
	equals "$(cni ADD a | jq -c .ips)" "$(jq -c .ips <<<"$one")"
	cni ADD b "$(conf 1.1.0 green)" >/dev/null
	equals "$(ask b a)" "$(address "$two")"
	cni DEL a
	refused in_c a ip link show eth0
	equals "$(ask b a)" "$(address "$two")"
	# and comes back
	cni ADD a >/dev/null
	in_c a ip link show eth0 | grep -q 'state UP'
	cni DEL a
	IFNAME=net1 cni DEL a "$(conf 1.1.0 green)"
	equals "$(netctl ps --format '{{.Names}}')" b
	cni DEL b "$(conf 1.1.0 green)"
	settled h
}

@test "one container twice on one network: each ADD an interface and address, found by its name, each DEL takes its own" {
	local one two ip1 ip2
	netctl network create --subnet 10.76.0.0/24 --subnet fd76::/64 blue
	# where the host has it, the way back is looked at
	container_ns a >/dev/null
	in_c a sysctl -qw net.ipv4.conf.default.rp_filter=1 net.ipv4.conf.all.rp_filter=1
	one=$(cni ADD a)
	two=$(IFNAME=net1 cni ADD a)
	ip1=$(address "$one") ip2=$(address "$two")
	equals "$(jq -r '[.interfaces[].name] | last' <<<"$two")" net1
	equals "$(jq 'has("routes")' <<<"$two")" false
	equals "$(IFNAME=net1 cni ADD a)" "$two"
	equals "$(cni ADD a)" "$one"
	cni CHECK a "$(with "$NET" "{\"prevResult\": $one}")"
	IFNAME=net1 cni CHECK a "$(with "$NET" "{\"prevResult\": $two}")"
	IFNAME=net2 cni_fails 3 'no interface net2' CHECK a "$(with "$NET" "{\"prevResult\": $two}")"
	equals "$(netctl inspect a | jq -r '.[0].NetworkSettings.Networks | map_values(.IPAddress) | to_entries[] | "\(.key)=\(.value)"' | xargs)" \
		"blue=$ip1 blue@net1=$ip2"
	equals "$(netctl network inspect blue | jq -c '.[0].Containers | map([.Name, .IPv4Address]) | sort')" \
		"$(jq -nc --arg a "$ip1/24" --arg b "$ip2/24" '[["a", $a], ["a", $b]] | sort')"
	# names, once each, from both sides; and both addresses are reached
	cni ADD b >/dev/null
	equals "$(ask a b)" "$(ip4_of b)"
	equals "$(ask b a | sort | xargs)" "$(printf '%s\n' "$ip1" "$ip2" | sort | xargs)"
	equals "$(ask b a AAAA | grep -c '^fd76::')" 2
	equals "$(ask a a | grep -c .)" 2
	serve a 8080
	matches "$(get_from b "http://$ip1:8080/")" '^a from'
	matches "$(get_from b "http://$ip2:8080/")" '^a from'
	# for who does not say that he means it, it is refused as ever
	fails_with 1 'already exists in network blue' netctl network connect blue a
	fails_with 1 'another must be true or false' netctl network connect --driver-opt org.netd.endpoint.another=yes blue a
	# an alias is for the interface that it was given to
	equals "$(api_status PUT /netd/v1/containers/a/names '{"Networks": {"blue@net1": {"Aliases": ["second"]}}}')" 200
	equals "$(ask b second)" "$ip2"
	equals "$(api_status PUT /netd/v1/containers/a/names '{"Networks": {"blue@net2": {}}}')" 404
	# each with the MAC of its own interface, which is what goes with it
	equals "$(in_c b ip -j neigh show "$ip1" | jq -r '.[0].lladdr')" "$(jq -r '.interfaces[-1].mac' <<<"$one")"
	equals "$(in_c b ip -j neigh show "$ip2" | jq -r '.[0].lladdr')" "$(jq -r '.interfaces[-1].mac' <<<"$two")"
	[[ $(jq -r '.interfaces[-1].mac' <<<"$one") != "$(jq -r '.interfaces[-1].mac' <<<"$two")" ]]
	host_restart h KILL
	equals "$(IFNAME=net1 cni ADD a)" "$two"
	cni DEL a
	cni DEL a
	refused in_c a ip link show eth0
	equals "$(ask b a)" "$ip2"
	matches "$(get_from b "http://$ip2:8080/")" '^a from'
	equals "$(in_c a ip -j route show default | jq -r '.[0].dev')" net1
	# and comes back; a DEL of what it has not takes neither
	cni ADD a >/dev/null
	IFNAME=net2 cni DEL a
	equals "$(ask b a | grep -c .)" 2
	IFNAME=net1 cni DEL a
	in_c a ip link show eth0 | grep -q 'state UP'
	IFNAME=net1 cni ADD a >/dev/null
	cni GC - "$(with "$NET" '{"cni.dev/valid-attachments": [{"containerID": "a", "ifname": "net1"}, {"containerID": "b", "ifname": "eth0"}]}')"
	refused in_c a ip link show eth0
	in_c a ip link show net1 | grep -q 'state UP'
	IFNAME=net1 cni DEL a
	cni DEL b
	settled h
	netctl network rm blue
}

@test "DEL comes twice, without a netns, after the netns went, and for what never was" {
	cni DEL never
	cni ADD a >/dev/null
	cni DEL a
	cni DEL a
	settled h
	cni ADD b >/dev/null
	NETNS='' cni DEL b
	settled h
	cni ADD c >/dev/null
	ip netns del "$P-c-c"
	cni DEL c
	settled h
	# of another network, or another interface: not ours to take
	cni ADD d >/dev/null
	cni DEL d "$(conf 1.1.0 other)"
	IFNAME=eth7 cni DEL d
	equals "$(netctl ps --format '{{.Names}}')" d
}

@test "what another caller attached under the same id stays" {
	container_ns x >/dev/null
	local id body
	id=$(printf '%064x' 99)
	body=$(jq -cn --arg id "$id" --arg p "$(container_path x)" '{Name: "foreign", Id: $id, NetnsPath: $p}')
	equals "$(api_status POST /netd/v1/containers "$body")" 201
	cni DEL "$id"
	cni GC - "$(with "$NET" '{"cni.dev/valid-attachments": []}')"
	equals "$(netctl ps --format '{{.Names}}')" foreign
}

@test "after a reboot DEL succeeds and ADD starts afresh" {
	cni ADD a >/dev/null
	host_reboot h
	cni DEL a
	cni ADD a >/dev/null
	cni CHECK a "$(with "$NET" "{\"prevResult\": $(cni ADD a)}")"
	cni DEL a
	settled h
}

@test "CHECK is content with what ADD made, and says what differs" {
	local result check
	netctl network create --subnet 10.75.0.0/24 --subnet fd75::/64 blue
	result=$(cni ADD a)
	check=$(with "$NET" "{\"prevResult\": $result}")
	equals "$(cni CHECK a "$check")" ""
	cni_fails 3 'no interface eth0 of container b' CHECK b "$check"
	IFNAME=eth9 cni_fails 3 'no interface eth9' CHECK a "$check"
	cni_fails 102 'prevResult does not have' CHECK a "$(jq -c '.prevResult.ips[0].address = "10.75.0.99/24"' <<<"$check")"
	cni_fails 102 'more addresses' CHECK a "$(jq -c '.prevResult.ips += [{"interface": 2, "address": "10.9.9.9/24"}]' <<<"$check")"
	# others' interfaces, addresses and routes are others' affair
	cni CHECK a "$(jq -c '.prevResult.interfaces += [{"name": "x"}] | .prevResult.ips += [{"interface": 3, "address": "10.8.8.8/24"}]' <<<"$check")"
	in_c a ip route del default
	cni_fails 102 'IPv4 default route' CHECK a "$check"
	in_c a ip route add default via 10.75.0.1
	in_c a ip -6 route del default
	cni_fails 102 'IPv6 default route' CHECK a "$check"
	in_c a ip -6 route add default via fd75::1
	cni CHECK a "$check"
	in_c a ip addr flush dev eth0
	cni_fails 102 'lacks the address' CHECK a "$check"
	in_c a ip link set eth0 name gone || { in_c a ip link set eth0 down && in_c a ip link set eth0 name gone; }
	cni_fails 102 'is not in' CHECK a "$check"
}

@test "GC frees exactly what is not listed, of its own network only" {
	local name
	for name in a b c; do cni ADD $name >/dev/null; done
	cni ADD d "$(conf 1.1.0 other '{"network": "blue"}')" >/dev/null
	IFNAME=net1 cni ADD a "$(conf 1.1.0 green)" >/dev/null
	cni GC - "$(with "$NET" '{"cni.dev/valid-attachments": [{"containerID": "b", "ifname": "eth0"}, {"containerID": "c", "ifname": "eth1"}]}')"
	equals "$(netctl ps --format '{{.Names}}' | sort | xargs)" "a b d"
	equals "$(netctl inspect a | jq -r '.[0].NetworkSettings.Networks | keys | join(" ")')" green
	cni_fails 7 'ifname' GC - "$(with "$NET" '{"cni.dev/valid-attachments": [{"containerID": "b"}]}')"
	cni GC - "$(with "$NET" '{"cni.dev/valid-attachments": []}')"
	equals "$(netctl ps --format '{{.Names}}' | sort | xargs)" "a d"
	cni GC - "$(conf 1.1.0 green '{"cni.dev/valid-attachments": []}')"
	cni GC - "$(conf 1.1.0 other '{"cni.dev/valid-attachments": []}')"
	settled h
}

@test "behind another plugin its result is kept and ours follows" {
	local before out
	before='{"cniVersion": "1.1.0", "interfaces": [{"name": "x0"}], "ips": [{"interface": 0, "address": "10.1.1.1/24"}], "routes": [{"dst": "10.5.0.0/16"}]}'
	out=$(cni ADD a "$(with "$NET" "{\"prevResult\": $before}")")
	equals "$(jq -c '.interfaces[0], .ips[0], .routes[0]' <<<"$out" | xargs)" "$(jq -c '.interfaces[0], .ips[0], .routes[0]' <<<"$before" | xargs)"
	equals "$(jq -r '.interfaces[3].name' <<<"$out")" eth0
	equals "$(jq '.ips[1].interface' <<<"$out")" 3
	cni CHECK a "$(with "$NET" "{\"prevResult\": $out}")"
}

@test "the prevResult of every version is kept, checked, and ignored by DEL" {
	local version before out conf
	for version in 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0; do
		conf=$(conf $version blue)
		before=$(jq -cn --arg v $version '{cniVersion: $v, interfaces: [{name: "x0", mac: "02:00:00:00:00:01", sandbox: "/x"}],
			ips: [{interface: 0, address: "10.1.1.1/24", gateway: "10.1.1.254"} + (if $v < "1" then {version: "4"} else {} end)],
			routes: [{dst: "10.5.0.0/16", gw: "10.1.1.254"}], dns: {nameservers: ["192.0.2.77"]}}')
		out=$(cni ADD "c$version" "$(with "$conf" "{\"prevResult\": $before}")")
		equals "$(jq -cS '.interfaces[0], .ips[0], .routes[0]' <<<"$out")" "$(jq -cS '.interfaces[0], .ips[0], .routes[0]' <<<"$before")"
		equals "$(jq -r '.interfaces[3].name, .ips[1].interface, .cniVersion, .dns.nameservers[0]' <<<"$out" | xargs)" "eth0 3 $version 127.0.0.11"
		# behind us in its turn; the same ADD once more, with what the first one said
		[[ $version == 0.3* ]] || cni CHECK "c$version" "$(with "$conf" "{\"prevResult\": $out}")"
		equals "$(cni ADD "c$version" "$(with "$conf" "{\"prevResult\": $before}")")" "$out"
		cni DEL "c$version" "$(with "$conf" "{\"prevResult\": $out}")"
	done
	cni_fails 7 'prevResult' ADD a "$(with "$NET" '{"prevResult": [1]}')"
	settled h
}

@test "netd is killed in the middle of ADDs: one sentence, a DEL that cleans up, and nothing left; the same in the middle of DELs" {
	local call n n_killed=0
	container_ns a >/dev/null
	netctl network create --subnet 10.74.0.0/24 blue
	for call in sendmsg pwrite64 recvmsg; do
		for ((n = 1; n < 60; n += 4)); do
			killed_at "$call" "$n" cni ADD a || break
			n_killed=$((n_killed + 1))
			if ((KILLED_STATUS != 0)); then # or it had answered
				equals "$(jq .code "$T/killed.out")" 11
				matches "$(jq -r .msg "$T/killed.out")" 'netd at .* (closed the connection|Connection reset)|cannot reach netd'
			fi
			host_start h
			cni DEL a
			settled h
		done
		cni DEL a
	done
	for ((n = 1; n < 60; n += 2)); do
		cni ADD a >/dev/null
		killed_at sendmsg "$n" cni DEL a || break
		n_killed=$((n_killed + 1))
		host_start h
		cni DEL a
		settled h
	done
	cni ADD a >/dev/null
	equals "$(ask a a)" "$(ip4_of a)"
	echo "$n_killed kills"
	((n_killed >= 8))
}

@test "netd is killed and started between ADD, CHECK and DEL" {
	local result
	netctl network create --subnet 10.74.0.0/24 blue
	result=$(cni ADD a)
	host_restart h KILL
	equals "$(cni ADD a)" "$result"
	cni CHECK a "$(with "$NET" "{\"prevResult\": $result}")"
	host_stop h KILL
	cni_fails 11 'cannot reach netd at' DEL a
	host_start h
	cni DEL a
	settled h
}

@test "one id from two runtimes at once: one is let in, and the DEL of the other takes nothing" {
	local i out=() status
	container_ns one >/dev/null
	container_ns two >/dev/null
	for i in $(seq 5); do
		NETNS=$(container_path one) cni ADD twin >"$T/one.out" 3>&- &
		out[1]=$!
		NETNS=$(container_path two) cni ADD twin >"$T/two.out" 3>&- &
		out[2]=$!
		status=0
		wait "${out[1]}" || status=one
		wait "${out[2]}" || status=${status/#0/two}
		[[ $status == one || $status == two ]] # exactly one was refused
		equals "$(jq .code "$T/$status.out")" 101
		NETNS=$(container_path "$status") cni DEL twin
		equals "$(netctl ps --format '{{.Names}}')" twin
		NETNS=$(container_path "$(sed 's/one/-/; s/two/one/; s/-/two/' <<<"$status")") cni DEL twin
		equals "$(netctl ps -q)" ""
	done
	# a DEL that does not know the netns any more takes what is there
	NETNS=$(container_path one) cni ADD twin >/dev/null
	ip netns del "$P-c-two"
	NETNS=$(container_path two) cni DEL twin
	settled h
}

@test "GC while ADDs run keeps what is listed, and neither fails" {
	local i pids=() all
	for i in $(seq 20); do container_ns "p$i" >/dev/null; done
	for i in $(seq 10); do cni ADD "p$i" >/dev/null; done
	all=$(jq -cn '{"cni.dev/valid-attachments": [range(5; 21) | {containerID: "p\(.)", ifname: "eth0"}]}')
	for i in $(seq 11 20); do
		cni ADD "p$i" >"$T/add.$i" 3>&- &
		pids+=($!)
		(cni GC - "$(with "$NET" "$all")" >"$T/gc.$i") 3>&- &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	equals "$(netctl ps --format '{{.Names}}' | sort -V | xargs)" "$(printf 'p%s\n' $(seq 5 20) | xargs)"
	cni GC - "$(with "$NET" '{"cni.dev/valid-attachments": []}')"
	settled h
}

@test "bandwidth: what a pod receives and sends, as the bandwidth plugin does it" {
	local out port
	out=$(cni ADD a "$(with "$NET" '{"runtimeConfig": {"bandwidth": {"IngressRate": 8000000, "IngressBurst": 800000, "EgressRate": 4000000, "EgressBurst": 4294967295}}}')")
	port=$(jq -r '.interfaces[1].name' <<<"$out")
	matches "$(in_host h tc qdisc show dev "$port")" 'tbf 6e64: root .*rate 8183.* burst (100000|99999)b'
	matches "$(in_host h tc filter show dev "$port" ingress)" 'Egress Redirect to device nq'
	equals "$(in_host h tc qdisc show | grep -c 'dev nq.* root .*rate 409')" 1
	cni CHECK a "$(with "$NET" "{\"prevResult\": $out}")"
	out="{\"prevResult\": $out, \"runtimeConfig\": {\"bandwidth\": {\"ingressRate\": 8000000, \"ingressBurst\": 800000}}}"
	cni CHECK a "$(with "$NET" "$out")"
	netctl update --bandwidth in=6mbit,out=4mbit a
	cni_fails 102 'bandwidth of eth0 is limited by netd to in=6mbit,out=4mbit, and asked for is in=8000000bit' CHECK a "$(with "$NET" "$out")"
	# the runtime's annotation with no limit, or with half of one
	cni_fails 2 'together' ADD b "$(with "$NET" '{"runtimeConfig": {"bandwidth": {"egressBurst": 1000}}}')"
	cni DEL a "$(with "$NET" '{"runtimeConfig": {"bandwidth": {"egressRate": 1000}}}')"
	settled h
}

@test "chained: tuning behind, then bandwidth, each finds in our result what it needs" {
	local plugins=/usr/lib/cni add out
	add=$(cni ADD a "$(conf 1.0.0 blue)")
	chained() { # PLUGIN JSON: the next in the list
		in_tree env CNI_COMMAND="${VERB:-ADD}" CNI_CONTAINERID=a CNI_NETNS="$(container_path a)" CNI_IFNAME=eth0 CNI_PATH=$plugins \
			"$plugins/$1" <<<"$(conf 1.0.0 blue "$2" | jq -c --argjson p "$add" '.prevResult = $p')"
	}
	out=$(chained tuning "{\"dataDir\": \"$T/tuning\", \"mtu\": 1300, \"sysctl\": {\"net.core.somaxconn\": \"500\"}}")
	equals "$(jq -cS .ips <<<"$out")" "$(jq -cS .ips <<<"$add")"
	equals "$(in_c a ip -j link show eth0 | jq '.[0].mtu')" 1300
	out=$(chained tuning "{\"dataDir\": \"$T/tuning\", \"mtu\": 1300, \"mac\": \"02:aa:bb:cc:dd:05\"}")
	equals "$(netctl inspect a -f '{{.NetworkSettings.Networks.blue.MacAddress}}')" 02:aa:bb:cc:dd:05
	equals "$(netctl network inspect blue | jq -r '.[0].Containers[].MacAddress')" 02:aa:bb:cc:dd:05
	host_restart h KILL
	equals "$(netctl inspect a -f '{{.NetworkSettings.Networks.blue.MacAddress}}')" 02:aa:bb:cc:dd:05
	add=$out
	chained bandwidth '{"runtimeConfig": {"bandwidth": {"ingressRate": 8000000, "ingressBurst": 800000}}}' >/dev/null
	matches "$(in_host h tc qdisc show dev "$(jq -r '.interfaces[1].name' <<<"$add")")" tbf
	VERB=DEL chained bandwidth '{"runtimeConfig": {"bandwidth": {"ingressRate": 8000000, "ingressBurst": 800000}}}'
	VERB=DEL chained tuning "{\"dataDir\": \"$T/tuning\", \"mtu\": 1300}"
	cni DEL a "$(conf 1.0.0 blue)"
	settled h
}

# behind PLUGIN VERB RESULT JSON: a reference plugin behind ours, with what ours said
behind() {
	in_tree env CNI_COMMAND="$2" CNI_CONTAINERID=a CNI_NETNS="$(container_path a)" CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni \
		"/usr/lib/cni/$1" <<<"$(conf 1.0.0 blue "$4" | jq -c --argjson p "$3" '.prevResult = $p')"
}

@test "chained: portmap publishes to the outside, and firewall keeps other bridges out of ours" {
	local add bridge ports='{"runtimeConfig": {"portMappings": [{"hostPort": 8090, "containerPort": 80, "protocol": "tcp"}]}}'
	add=$(cni ADD a "$(conf 1.0.0 blue)")
	bridge=$(jq -r '.interfaces[0].name' <<<"$add")
	serve a 80
	refused get_out "http://$(host_addr h):8090/"
	behind portmap ADD "$add" "$ports" >/dev/null
	matches "$(get_out "http://$(host_addr h):8090/")" '^a from 192.0.2.1'
	refused get_out "http://$(address "$add"):80/" # not by its own address
	behind firewall ADD "$add" '{"backend": "iptables", "ingressPolicy": "same-bridge"}' >/dev/null
	matches "$(in_host h iptables-save)" "-A CNI-ISOLATION-STAGE-1 -i $bridge ! -o $bridge .*-j CNI-ISOLATION-STAGE-2"
	behind portmap DEL "$add" "$ports"
	refused get_out "http://$(host_addr h):8090/"
	cni DEL a "$(conf 1.0.0 blue)"
	settled h
}

@test "an empty stdin is said as what it is, and macspoofchk holds a pod to its own MAC and addresses, or is refused" {
	local held
	cni_fails 6 'there is none on stdin' ADD a ''
	cni_fails 6 'there is none on stdin' DEL a ''
	cni ADD a "$(conf 1.0.0 blue '{"macspoofchk": false}')" >/dev/null
	cni_fails 2 'macspoofchk = true: network blue is there without it' ADD b "$(conf 1.0.0 blue '{"macspoofchk": true}')"
	cni DEL a "$(conf 1.0.0 blue '{"macspoofchk": true}')"
	held=$(conf 1.0.0 held '{"macspoofchk": true}')
	cni ADD a "$held" >/dev/null
	cni ADD b "$held" >/dev/null
	equals "$(netctl network inspect held | jq -r '.[0].Options["org.netd.network.anti-spoof"]')" true
	serve b 80
	get_from a "http://$(ip4_of b):80/"
	in_c a ip link set eth0 address 02:00:00:00:00:99
	refused get_from a "http://$(ip4_of b):80/"
	cni DEL a "$held"
	cni DEL b "$held"
	settled h
}

@test "fifty ADDs and DELs at once, racing to make their network too, all succeed and leave nothing" {
	local i pids=()
	for i in $(seq 50); do container_ns "p$i" >/dev/null; done
	for i in $(seq 50); do
		cni ADD "p$i" >"$T/add.$i" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in $(seq 50); do jq -e '.ips[0].address' "$T/add.$i" >/dev/null; done
	equals "$(netd_ids | wc -l)" 50
	equals "$(cat "$T"/add.* | jq -r '.ips[0].address' | sort -u | wc -l)" 50
	equals "$(netctl network ls --format '{{.Name}}' | grep -c '^blue$')" 1
	pids=()
	for i in $(seq 50); do
		(cni DEL "p$i" && touch "$T/done.$i") 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	equals "$(ls "$T"/done.* | wc -l)" 50
	settled h
}
