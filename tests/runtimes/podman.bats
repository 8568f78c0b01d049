#!/usr/bin/env bats
# podman.bats - real Podman with netd's netavark; PODMAN_TREE=DIR runs the Podman of another system's tree
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
	settled h
	equals "$(netctl network ls -q --filter label=io.netd.podman)" ""
	lacks "$(links_of h)" '^podman'
	equals "$(ls "$T/h/run/containers")" ""
}

podman_5() { [[ $(podman --version) == *" "[5-9].* ]]; }

@test "two containers on a network find each other by name, and nothing is left when they go" {
	podman network create blue
	web_c web --network blue
	run_c b --network blue
	equals "$(says b web)" web
	equals "$(says b web.dns.podman)" web
	equals "$(says b web.blue)" web
	equals "$(netctl network inspect blue | jq -r ".[0].Id")" "$(podman network inspect blue | jq -r ".[0].id")"
	matches "$(podman exec b cat /etc/resolv.conf)" '^nameserver 127.0.0.11$'
	matches "$(podman exec b cat /etc/resolv.conf)" '^search dns.podman'
	podman rm -f -t 0 web b
	podman_settled
	podman network rm blue
}

@test "on the default network, too, containers have names" {
	web_c web
	run_c b
	equals "$(says b web)" web
	equals "$(netctl network inspect podman | jq -r '.[0].IPAM.Config[0].Subnet')" 10.88.0.0/16
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
	podman rm -f -t 0 web
	refused get_out "http://$(host_addr h):8080/"
	podman_settled
}

@test "Podman's ports are Podman's after a restart of netd; others that want them hear whose they are" {
	web_c web -p 8080:80
	host_restart h KILL
	podman_conf # the way to the socket of a tree's Podman has netd's pid in it
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
	sed -i s/10.53/10.50/ "$PODMAN_TREE$PD/networks/blue.json"
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
	equals "$(says b web)" web
	equals "$(get_out "http://$(host_addr h):8080/")" web
	podman stop -t 0 web
	wait_until 5 refused get_out "http://$(host_addr h):8080/"
	fails_with 6 'resolve' says b web
	podman start web
	equals "$(says b web)" web
	podman kill web
	wait_until 5 eval '[[ $(netctl ps -q | wc -l) -eq 1 ]]'
	podman rm -f -t 0 web b
	podman_settled
}

@test "a pod is one container to netd, with its ports, and its members share it" {
	podman network create blue
	podman pod create --infra-image bb:latest --infra-command "/bin/sleep 1000" --name shop --network blue -p 8080:80
	web_c web --pod shop
	run_c b --network blue
	equals "$(netctl ps -q | wc -l)" 2
	equals "$(get_out "http://$(host_addr h):8080/")" web
	equals "$(says b shop)" web
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

@test "an unmanaged network is netd's, and stays; new name servers are for new containers" {
	podman_5 || skip "Podman 4 has no unmanaged networks"
	netctl network create --subnet 10.50.0.0/24 --opt bridge=shared0 blue >/dev/null
	podman network create --subnet 10.50.0.0/24 -o mode=unmanaged --interface-name shared0 blue
	web_c web --network blue
	run_c b --network blue
	equals "$(says b web)" web
	matches "$(podman network update blue --dns-add 192.0.2.1 2>&1)" 'until they are restarted'
	podman rm -f -t 0 web b
	podman_settled
	netctl network inspect blue >/dev/null
}

@test "podman info tells the helper and its version" {
	podman_5 || skip "Podman 4 does not tell"
	matches "$(podman info)" "path: $PD/bin/netavark"
	matches "$(podman info)" 'version: netavark 1\.'
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

@test "fifty containers started at once and removed at once" {
	local i
	podman network create blue
	for i in $(seq 50); do create_nth "$i"; done
	in_parallel 50 start_nth
	equals "$(netctl ps -q | wc -l)" 50
	for i in 1 25 50; do
		wait_until 5 serves_port "$i" # its program may not listen yet
	done
	equals "$(says c1 c50)" 50
	in_parallel 50 remove_nth
	podman_settled
}
