#!/usr/bin/env bats
# podman.bats - real Podman with netd's netavark; RUNTIME_ROOT=DIR runs the Podman of another system's tree (lib.bash)
# SPDX-License-Identifier: GPL-2.0-or-later

load lib
load podman

setup() {
	command -v podman >/dev/null || skip "podman is not installed"
	setup_default
	podman_new
}
teardown() {
	podman_done
	teardown_default
}

# Whatever Podman left: interfaces, elements, containers, networks that were made for it, files of netd's.
podman_settled() {
	settled h || { podman ps -a && cat "$T"/said.* && return 1; }
	equals "$(netctl network ls -q --filter label=io.netd.podman)" ""
	lacks "$(links_of h)" '^podman'
	equals "$(ls "$T/h/run/containers")" ""
}

@test "two containers on a network find each other by name, and nothing is left when they go" {
	podman network create blue
	web_c web --network blue
	run_c b --network blue
	equals "$(says b web)" web
	equals "$(says b web.dns.podman)" web
	equals "$(says b web.blue)" web
	doctor_finds_nothing
	equals "$(netctl network inspect blue | jq -r ".[0].Id")" "$(podman network inspect blue | jq -r ".[0].id")"
	matches "$(podman exec b cat /etc/resolv.conf)" '^nameserver 127.0.0.11$'
	matches "$(podman exec b cat /etc/resolv.conf)" '^search dns.podman'
	podman rm -f -t 0 web b
	podman_settled
	podman network rm blue
}

@test "IPAM driver none: the container has an interface, and gives it addresses itself" {
	podman network create --ipam-driver none bare
	run_c a --network bare
	run_c b --network bare
	equals "$(podman exec a ip -o addr show dev eth0)" ""
	matches "$(podman exec a ip -o link show dev eth0)" 'UP'
	nsenter --net="/proc/$(podman inspect -f '{{.State.Pid}}' a)/ns/net" ip addr add 10.99.0.1/24 dev eth0
	nsenter --net="/proc/$(podman inspect -f '{{.State.Pid}}' b)/ns/net" ip addr add 10.99.0.2/24 dev eth0
	podman exec a ping -c1 -W30 -q 10.99.0.2
	doctor_finds_nothing
	podman rm -f -t 0 a b
	podman_settled
}

@test "on the default network, too, containers have names, also where a VPN routes all of 10.0.0.0/8" {
	in_host h ip route add 10.0.0.0/8 via 192.0.2.1
	web_c web
	run_c b
	equals "$(says b web)" web
	equals "$(netctl network inspect podman | jq -r '.[0].IPAM.Config[0].Subnet')" 10.88.0.0/16
	doctor_finds_nothing
	podman rm -f -t 0 web b
	podman_settled
}

@test "a published port is reached from the wire, from the host and over IPv6; Podman holds it, too" {
	web_c web -p 8080:80 -p 127.0.0.1:8081:80 -p 9000-9001:80-81/udp
	equals "$(get_out "http://$(host_addr h):8080/")" web
	equals "$(get_out "http://[$(host_addr6 h)]:8080/")" web
	equals "$(get_host h http://127.0.0.1:8080/)" web
	equals "$(get_host h 'http://[::1]:8080/')" web
	equals "$(get_host h http://127.0.0.1:8081/)" web
	refused get_out "http://$(host_addr h):8081/"
	matches "$(in_host h ss -Hltnp 'sport = 8080')" conmon
	matches "$(in_host h ss -Hlunp 'sport = 9001')" conmon
	doctor_finds_nothing
	podman rm -f -t 0 web
	refused get_out "http://$(host_addr h):8080/"
	podman_settled
}

@test "Podman's ports are Podman's after a restart of netd; others that want them hear whose they are" {
	web_c web -p 8080:80
	host_restart h KILL
	equals "$(get_out "http://$(host_addr h):8080/")" web
	lacks "$(cat "$T/h/netd.log")" '8080.*in use'
	fails_with 1 '8080.*\bweb\b' attach other -p 8080:80
	attach other -p 8082:80
	# Podman from 5 on tries the port before it calls netavark, and finds netd's socket.
	fails_with 126 '8082.*(\bother\b|address already in use)' podman run --name c -p 8082:80 bb:latest true
	netctl detach other
	podman rm -f -t 0 web c
	podman_settled
}

@test "--ip, --mac-address, --network-alias and --hostname hold" {
	podman network create --subnet 10.50.0.0/24 blue
	web_c web --network blue --ip 10.50.0.77 --mac-address 02:11:22:33:44:55 --network-alias shop --hostname till
	run_c b --network blue
	equals "$(ip4_of web)" 10.50.0.77
	equals "$(podman exec web cat /sys/class/net/eth0/address)" 02:11:22:33:44:55
	equals "$(says b shop)" web
	equals "$(says b shop.dns.podman)" web
	equals "$(podman inspect web | jq -r '.[0].NetworkSettings.Networks.blue.IPAddress')" 10.50.0.77
	equals "$(podman inspect web | jq -r '.[0].NetworkSettings.Networks.blue.Gateway')" 10.50.0.1
	doctor_finds_nothing
	podman rm -f -t 0 web b
	podman_settled
}

@test "containers of another runtime on the same network are found both ways, and keep their addresses" {
	podman network create --subnet 10.50.0.0/24 blue
	web_c web --network blue
	attach other --network blue
	serve other 80
	equals "$(get_from other "http://$(ask other web)/")" web
	run_c b --network blue
	matches "$(says b other)" '^other from'
	fails_with 126 "\"other\" has $(ip4_of other)" \
		podman run --name c --network blue --ip "$(ip4_of other)" bb:latest true
	podman rm -f -t 0 web b
	podman rm -f c
	netctl network inspect blue >/dev/null
	netctl detach other
}

@test "a network of netd's is used when it is the same, and refused in a sentence when it is not" {
	netctl network create --subnet 10.50.0.0/24 blue >/dev/null
	netctl network create --subnet 10.51.0.0/24 red >/dev/null
	# Podman refuses to make what is on the host already, so its file is written.
	podman network create --subnet 10.53.0.0/24 blue
	sed -i s/10.53/10.50/ "$PD/networks/blue.json"
	podman network create --subnet 10.52.0.0/24 red
	attach other --network blue
	serve other 80
	run_c a --network blue --ip 10.50.0.9
	matches "$(says a other)" '^other from'
	fails_with 126 'network red is 10.51.0.0/24 in netd and 10.52.0.0/24 in Podman' \
		podman run --name b --network red bb:latest true
	podman rm -f -t 0 a b
	netctl detach other
	settled h
	netctl network inspect blue red >/dev/null
}

@test "a name that another runtime's container has is refused in a sentence" {
	attach web
	fails_with 126 'name web is in use' podman run --name web bb:latest true
	podman rm -f web
	netctl detach web
	podman_settled
}

@test "network connect and disconnect of a running container" {
	podman network create blue
	podman network create red
	web_c web --network blue -p 8080:80
	run_c b --network red
	fails_with 6 'resolve' says b web
	podman network connect --alias shop red web
	equals "$(says b web)" web
	equals "$(says b shop)" web
	equals "$(get_out "http://$(host_addr h):8080/")" web
	podman network disconnect red web
	fails_with 6 'resolve' says b web
	equals "$(get_out "http://$(host_addr h):8080/")" web
	podman rm -f -t 0 web b
	podman_settled
}

@test "network reload puts everything back" {
	podman network create blue
	web_c web --network blue -p 8080:80
	run_c b --network blue
	podman network reload web
	equals "$(says b web)" web
	equals "$(get_out "http://$(host_addr h):8080/")" web
	podman network reload --all
	equals "$(says b web)" web
	podman rm -f -t 0 web b
	podman_settled
}

@test "restart, stop and start, kill" {
	podman network create blue
	web_c web --network blue -p 8080:80
	run_c b --network blue
	podman restart -t 0 web
	serves web
	equals "$(says b web)" web
	equals "$(get_out "http://$(host_addr h):8080/")" web
	podman stop -t 0 web
	wait_until 30 refused get_out "http://$(host_addr h):8080/"
	fails_with 6 'resolve' says b web
	podman start web
	serves web
	equals "$(says b web)" web
	podman kill web
	wait_until 30 eval '[[ $(netctl ps -q | wc -l) -eq 1 ]]'
	podman rm -f -t 0 web b
	podman_settled
}

@test "a pod is one container to netd, with its ports, and its members share it" {
	podman network create blue
	podman pod create --name shop --network blue -p 8080:80
	remember_pods
	web_c web --pod shop
	run_c b --network blue
	equals "$(netctl ps -q | wc -l)" 2
	equals "$(get_out "http://$(host_addr h):8080/")" web
	equals "$(says b shop)" web
	podman pod restart shop
	serves web
	equals "$(says b shop)" web
	equals "$(get_out "http://$(host_addr h):8080/")" web
	doctor_finds_nothing
	podman pod rm -f -t 0 shop
	podman rm -f -t 0 b
	podman_settled
}

@test "IPv6, internal networks, the MTU and several networks at once" {
	podman network create --ipv6 --subnet 10.50.0.0/24 --subnet fd00:50::/64 -o mtu=1400 blue
	podman network create --internal red
	web_c web --network blue --network red -p 8080:80
	run_c b --network red
	equals "$(says b web)" web
	matches "$(podman exec web ip -6 addr show)" 'fd00:50::'
	matches "$(podman exec web ip -o link)" 'mtu 1400'
	equals "$(get_out "http://[$(host_addr6 h)]:8080/")" web
	matches "$(podman exec web ip route)" '^default via 10.50.0.1 '
	lacks "$(podman exec b ip route)" default
	doctor_finds_nothing
	podman rm -f -t 0 web b
	podman_settled
}

@test "what netd does not do is refused in a sentence, and leaves nothing" {
	podman network create -o vlan=5 tagged
	podman network create -d macvlan -o parent=up0 --subnet 10.60.0.0/24 lan
	fails_with 126 'network tagged: option vlan = 5: ' podman run --name a --network tagged bb:latest true
	fails_with 126 'network lan: driver macvlan: netd wires bridge networks only' \
		podman run --name b --network lan bb:latest true
	podman rm -f a b
	podman_settled
}

default_routes() { podman exec "$1" ip route | sed -n '/^default/s/ *$//p'; }

@test "the default route is that of the first interface, whatever the networks are called" {
	podman network create na
	podman network create --subnet 10.51.0.0/24 nb
	run_c first --network nb:interface_name=eth0 --network na:interface_name=eth1
	equals "$(default_routes first)" "default via 10.51.0.1 dev eth0"
	podman restart -t 0 first
	equals "$(default_routes first)" "default via 10.51.0.1 dev eth0"
	# Which network has eth0 is Podman's choice where nobody says it, and another one each time.
	run_c any --network nb --network na
	matches "$(default_routes any)" '^default via 10.[0-9]+.[0-9]+.1 dev eth0$'
	podman rm -f -t 0 first any
	podman_settled
}

@test "metrics and routes of networks are those of the container, which may be without a default route" {
	if ! podman_5; then
		fails_with 125 'unsupported bridge network option metric' podman network create -o metric=200 nc
		return
	fi
	podman network create --subnet 10.50.0.0/24 na
	podman network create --subnet 10.52.0.0/24 -o metric=200 nc
	podman network create --subnet 10.53.0.0/24 -o no_default_route=true --route 10.9.0.0/16,10.53.0.9 nd
	run_c both --network nc:interface_name=eth0 --network na:interface_name=eth1
	equals "$(default_routes both)" "default via 10.50.0.1 dev eth1  metric 100
default via 10.52.0.1 dev eth0  metric 200"
	run_c none --network nd --network-alias 'a b'
	equals "$(default_routes none)" ""
	matches "$(podman exec none ip route)" '^10.9.0.0/16 via 10.53.0.9 dev eth0  metric 100'
	podman rm -f -t 0 both none
	podman_settled
}

@test "an unmanaged network is netd's, and stays" {
	if ! podman_5; then
		fails_with 125 '^Error: unsupported bridge network option mode$' podman network create -o mode=unmanaged blue
		return
	fi
	netctl network create --subnet 10.50.0.0/24 --opt bridge=shared0 blue >/dev/null
	podman network create --subnet 10.50.0.0/24 -o mode=unmanaged --interface-name shared0 blue
	web_c web --network blue
	run_c b --network blue
	equals "$(says b web)" web
	podman rm -f -t 0 web b
	podman_settled
	netctl network inspect blue >/dev/null
}

@test "podman info tells the helper and its version; Podman 4 tells only which kind it is" {
	equals "$(podman info --format '{{.Host.NetworkBackend}}')" netavark
	if ! podman_5; then
		fails_with 125 "can't evaluate field NetworkBackendInfo" podman info --format '{{.Host.NetworkBackendInfo.Path}}'
		return
	fi
	equals "$(podman info --format '{{.Host.NetworkBackendInfo.Path}}')" "$PD/bin/netavark"
	matches "$(podman info --format '{{.Host.NetworkBackendInfo.Version}}')" '^netavark 1\.'
}

@test "name servers of a network are asked by its containers from then on, by those that run too" {
	podman network create blue
	run_c old --network blue
	if ! podman_5; then
		fails_with 125 '^Error: unknown flag: --dns-add$' podman network update blue --dns-add 192.0.2.53
		return
	fi
	upstream 192.0.2.53
	run_c own --network blue --dns 192.0.2.1
	podman network update blue --dns-add 192.0.2.53
	run_c new --network blue
	asks new first.example
	matches "$(cat "$T/upstream.192.0.2.53")" 'first\.example'
	asks old second.example
	matches "$(cat "$T/upstream.192.0.2.53")" 'second\.example'
	asks own third.example
	lacks "$(cat "$T/upstream.192.0.2.53")" 'third\.example'
	podman network update blue --dns-drop 192.0.2.53
	for name in old new; do
		asks "$name" "fourth.$name.example"
	done
	lacks "$(cat "$T/upstream.192.0.2.53")" 'fourth'
	podman rm -f -t 0 old new own
	podman_settled
}
asks() { podman exec "$1" nslookup -type=a "$2" || true; } # CONTAINER NAME: whatever the answer

@test "connect of a running container with an address, a MAC and an alias" {
	podman network create --subnet 10.50.0.0/24 blue
	podman network create --subnet 10.51.0.0/24 red
	web_c web --network blue
	run_c b --network red
	run_c c --network blue
	podman network connect --ip 10.51.0.99 --mac-address 02:11:22:33:44:55 --alias shop red web
	equals "$(says b shop)" web
	equals "$(says b 10.51.0.99)" web
	equals "$(podman exec web cat /sys/class/net/eth1/address)" 02:11:22:33:44:55
	podman restart -t 0 web
	serves web
	equals "$(says b shop)" web
	equals "$(ip4_of web red)" 10.51.0.99
	attach other --network red
	fails_with 125 "\"other\" has $(ip4_of other)" podman network connect --ip "$(ip4_of other)" red c
	equals "$(netctl inspect c | jq -c '.[0].NetworkSettings.Networks | keys')" '["blue"]'
	equals "$(says c web)" web
	netctl detach other
	podman rm -f -t 0 web b c
	podman_settled
}

@test "a network with IPv6 alone" {
	podman network create --subnet fd00:50::/64 six
	web_c web --network six -p 8080:80 -p '[::]:8081:80'
	run_c b --network six
	equals "$(says b web)" web
	lacks "$(podman exec b ip addr show eth0)" 'inet '
	matches "$(podman exec b ip -6 route)" '^default via fd00:50::1 '
	equals "$(get_out "http://[$(host_addr6 h)]:8080/")" web
	equals "$(get_out "http://[$(host_addr6 h)]:8081/")" web
	equals "$(get_host h 'http://[::1]:8080/')" web
	podman rm -f -t 0 web b
	podman_settled
}

@test "a network with a name of 64 characters" {
	local name
	name=$(printf 'n%.0s' {1..64})
	podman network create "$name"
	web_c web --network "$name"
	run_c b --network "$name"
	equals "$(says b web)" web
	podman rm -f -t 0 web b
	podman_settled
}

@test "other kinds of networking are Podman's own: host, none, another container's, slirp4netns, pasta" {
	local before
	run_c base
	before=$(attaches)
	matches "$(podman run --rm --network host bb:latest ip -o link)" ' up0[@:]'
	equals "$(podman run --rm --network none bb:latest ip -o link | wc -l)" 1
	matches "$(podman run --rm --network container:base bb:latest ip -o addr)" " $(ip4_of base)/"
	if in_tree sh -c 'command -v slirp4netns'; then
		matches "$(podman run --rm --network slirp4netns bb:latest ip -o addr)" ' tap0 '
	else
		fails_with 127 'could not find slirp4netns' podman run --rm --network slirp4netns bb:latest true
	fi
	fails_with 125 '(pasta: network not found|pasta networking is only supported for rootless)' \
		podman run --rm --network pasta bb:latest true
	equals "$(attaches)" "$before"
	podman rm -f -t 0 base
	podman_settled
}
attaches() { grep -c 'event=attach' "$T/h/netd.log"; }

@test "a pod of a Kubernetes file: hostPort, names, and down again" {
	podman network create blue
	cat >"$PD/shop.yaml" <<-'END'
		apiVersion: v1
		kind: Pod
		metadata: {name: shop}
		spec:
		  containers:
		  - name: web
		    image: localhost/bb:latest
		    imagePullPolicy: Never
		    command: [/bin/sh, -c, "echo web >/www/index.html && exec /bin/httpd -f -p 80 -h /www"]
		    ports: [{containerPort: 80, hostPort: 8080}]
	END
	podman play kube --network blue "$PD/shop.yaml"
	serves shop-web
	remember_pods
	run_c b --network blue
	equals "$(says b shop)" web
	equals "$(get_out "http://$(host_addr h):8080/")" web
	equals "$(netctl ps -q | wc -l)" 2
	podman play kube --down "$PD/shop.yaml"
	refused get_out "http://$(host_addr h):8080/"
	podman rm -f -t 0 b
	podman_settled
}

@test "crun as the runtime" {
	# It refuses cgroups of version 1 with version 2 beside them, and version 1 alone it takes.
	! mountpoint -q /sys/fs/cgroup/unified || in_tree umount /sys/fs/cgroup/unified
	podman network create blue
	PODMAN_RUNTIME=crun web_c web --network blue -p 8080:80
	run_c b --network blue
	equals "$(podman inspect web --format '{{.OCIRuntime}}')" crun
	equals "$(says b web)" web
	equals "$(get_out "http://$(host_addr h):8080/")" web
	podman rm -f -t 0 web b
	podman_settled
}

@test "network rm --force and system reset take containers with them, and nothing of a network is left" {
	podman network create --subnet 10.50.0.0/24 blue
	web_c web --network blue -p 8080:80
	podman network rm -f blue
	podman_settled
	podman network create --subnet 10.50.0.0/24 blue
	web_c web --network blue -p 8080:80
	run_c b
	podman system reset -f
	podman_settled
}

@test "a netd that was started anew goes on with Podman's containers" {
	podman network create blue
	web_c web --network blue -p 8080:80
	run_c b --network blue
	host_restart h
	podman restart -t 0 web
	serves web
	equals "$(says b web)" web
	equals "$(get_out "http://$(host_addr h):8080/")" web
	host_restart h KILL
	podman stop -t 0 web
	fails_with 6 'resolve' says b web
	podman start web
	serves web
	podman network reload --all
	equals "$(says b web)" web
	podman rm -f -t 0 web b
	podman_settled
}

# rootless ARGUMENT…: Podman of a user, with netd's helper before its own
rootless() {
	in_tree setpriv --reuid 65534 --regid 65534 --clear-groups env -u NETD_HOST HOME=/srv/user XDG_RUNTIME_DIR=/srv/user/run \
		CONTAINERS_CONF=/srv/user/containers.conf PODMAN_IGNORE_CGROUPSV1_WARNING=1 podman --storage-driver vfs "$@"
}
rootless_new() {
	in_tree sh -ec "
		mount -t tmpfs none /srv
		mount -t tmpfs none /dev/net
		mknod -m 666 /dev/net/tun c 10 200
		mkdir -p /srv/user/bin /srv/user/run
		cp '$PD/bin/netavark' /srv/user/bin/
		cp -r '$PD/image' /srv/user/image
		sed 's|$PD/bin|/srv/user/bin|; /^env/d; /network_config_dir/d' '$PD/containers.conf' >/srv/user/containers.conf
		chown -R 65534:65534 /srv/user"
}

@test "rootless Podman is told in a sentence that netd's helper is not for it" {
	local status=0 out
	rootless_new
	rootless network create blue
	out=$(rootless run --rm --network blue --rootfs /srv/user/image true 2>&1) || status=$?
	# What it joins its namespaces to the host with comes first, and is not everywhere.
	if in_tree sh -c 'command -v slirp4netns || command -v pasta'; then
		equals "$status" 126
		matches "$out" '^Error: netavark: netd serves rootful Podman: .* Leave netd.s netavark out of this user.s helper_binaries_dir'
	else
		equals "$status" 127
		matches "$out" 'could not find (pasta|slirp4netns)'
	fi
	equals "$(rootless ps -aq)" ""
	podman_settled
}

# From 5 on the exit status tells what the helper said; a container is stopped and removed all the same.
without_netd() { "$@" || podman_5; }

@test "without netd: a sentence and nothing left; what runs goes on, can go, and leaves nothing when netd is back" {
	podman network create --subnet 10.50.0.0/24 blue
	web_c web --network blue -p 8080:80
	web_c gone --network blue -p 8081:80
	web_c later --network blue -p 8082:80
	run_c b --network blue
	host_stop h KILL
	fails_with 126 'netavark: cannot reach netd at unix://.*/netd.sock: .*is netd running' \
		podman run --name new --network blue -p 8083:80 bb:latest true
	equals "$(podman inspect new --format '{{.State.Status}}')" created
	podman rm new
	equals "$(says b web)" web
	without_netd podman rm -f -t 0 gone
	without_netd podman stop -t 0 later
	equals "$(podman ps -a --format '{{.Names}}' | sort | xargs)" "b later web"
	host_start h
	equals "$(netctl inspect web b | jq length)" 2
	equals "$(netctl ps -q | wc -l)" 2
	refused get_out "http://$(host_addr h):8081/"
	podman start later
	serves later
	equals "$(says b later)" later
	podman rm -f -t 0 later
	host_stop h KILL
	without_netd podman rm -f -t 0 web
	without_netd podman rm -f -t 0 b
	host_start h
	podman_settled
	podman network rm blue
	podman network create --subnet 10.50.0.0/24 blue
}

# in_parallel N COMMAND…: with each number up to N behind it, all at once; what one says is shown if it fails
in_parallel() {
	local n=$1 i pids=() failed=0
	shift
	for i in $(seq "$n"); do
		"$@" "$i" >"$T/said.$i" 2>&1 3>&- &
		pids+=($!)
	done
	for i in $(seq "$n"); do
		wait "${pids[i - 1]}" || {
			cat "$T/said.$i"
			failed=$((failed + 1))
		}
	done
	equals "$failed" 0
}

# One tree for all: with an image each container would be a copy of it.
create_nth() {
	podman create -q --name "c$1" --network blue -p "$((8000 + $1)):80" --rootfs "$PD/image" sh -c \
		"mkdir /tmp/$1; echo $1 >/tmp/$1/index.html; exec httpd -f -p 80 -h /tmp/$1"
}
start_nth() { podman start "c$1"; }
serves_port() { [[ $(get_out "http://$(host_addr h):$((8000 + $1))/") == "$1" ]]; }
remove_nth() { podman rm -f -t 0 "c$1"; }
# Podman 4.3 may not find one of many that are removed at once. It then removes what else has that name in its storage, answers
# as if all were well, and ps shows that the container is up. netd rightly keeps what runs.
remove_overlooked() {
	local left
	left=$(podman ps -aq)
	[[ -z $left ]] || podman rm -f -t 0 $left
}

@test "fifty containers started at once and removed at once" {
	local i
	podman network create blue
	for i in $(seq 50); do create_nth "$i"; done
	in_parallel 50 start_nth
	equals "$(netctl ps -q | wc -l)" 50
	for i in 1 25 50; do
		wait_until 30 serves_port "$i" # its program may not listen yet
	done
	equals "$(says c1 c50)" 50
	in_parallel 50 remove_nth
	remove_overlooked
	podman_settled
}
