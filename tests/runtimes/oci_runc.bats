#!/usr/bin/env bats
# oci_runc.bats - netd-oci-hook under runc; and, by its other name oci_crun.bats, under crun
# SPDX-License-Identifier: GPL-2.0-or-later

load lib
load runc

setup() {
	RUNTIME=$(basename "$BATS_TEST_FILENAME" .bats)
	RUNTIME=${RUNTIME#oci_}
	setup_default
	netctl network create --subnet 10.81.0.0/24 blue >/dev/null
}
teardown() {
	runc_teardown
	teardown_default
}

names() { netctl ps --format '{{.Names}}' | sort | xargs; }

@test "two containers on one network find and reach each other, publish, stop, and leave nothing" {
	bundle web network=blue ports=8080:80 aliases=shop,store -- /bin/httpd -f -h /www
	bundle client network=blue
	echo hello >"$T/rootfs/www/index.html"
	start web
	start client
	equals "$(names)" "client web"
	wait_until 30 fetch client http://web/ # its program may not listen yet
	equals "$(fetch client http://web/)" hello
	equals "$(fetch client http://shop/)" hello
	equals "$(get_out "http://$(host_addr h):8080/")" hello
	equals "$(in_oci web ip -o -4 addr show eth0 | awk '{ print $4 }')" "$(ip4_of web)/24"
	stop web
	refused get_out "http://$(host_addr h):8080/"
	refused in_oci client nslookup web
	stop client
	wait_until 30 nothing_left h
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
	wait_until 30 nothing_left h
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
	wait_until 30 nothing_left h
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
	wait_until 30 nothing_left h
}

@test "a container that is killed and never deleted leaves nothing; its restart finds its place free" {
	bundle a network=blue ports=8080:80
	start a
	kill -9 "$(rc state a | jq .pid)"
	wait_until 30 nothing_left h
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
	wait_until 30 nothing_left h
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
	wait_until 30 nothing_left h
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
	wait_until 30 nothing_left h
}
