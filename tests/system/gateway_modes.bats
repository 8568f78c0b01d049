#!/usr/bin/env bats
# gateway_modes.bats - how the outside reaches a network's containers, and what they show the outside
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

H4=192.0.2.10 H6=2001:db8::10

# network OPTION…: n, of both families, with container a on it; the outside has a route there
network() {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 "$@" n
	attach a --network n -p 8080:80
	serve a 80 81
	ip -n "$P-out" route add 10.31.0.0/24 via "$H4"
	ip -n "$P-out" route add 2001:db8:31::/64 via "$H6"
	A4=$(ip4_of a) A6=$(ip6_of a)
}
serve_out() {
	serve_in in_out out 9000
}
modes() { echo -o "gateway-mode=$1" -o "gateway-mode6=$1"; }

@test "gateway mode nat is the default: translated, and closed to the outside" {
	network $(modes nat)
	serve_out
	matches "$(get_out "http://$H4:8080/")" '^a from'
	refused get_out "http://$A4:80/"
	equals "$(get_from a http://192.0.2.1:9000/)" "out from $H4"
}

@test "gateway mode routed: published ports and ping at the container's own address, nothing on the host" {
	network $(modes routed)
	serve_out
	equals "$(get_out "http://$A4:80/")" "a from 192.0.2.1"
	equals "$(get_out "http://[$A6]:80/")" "a from 2001:db8::1"
	in_out ping -c1 -W30 -q "$A4"
	in_out ping -c1 -W30 -q "$A6"
	refused get_out "http://$A4:81/"
	refused get_out "http://[$A6]:81/"
	refused get_out "http://$H4:8080/"
	equals "$(in_host h ss -Hlntu 'sport = :8080')" ""
	# not translated on the way out either
	equals "$(get_from a http://192.0.2.1:9000/)" "out from $A4"
	equals "$(get_from a 'http://[2001:db8::1]:9000/')" "out from $A6"
	# other networks reach what is published, and nothing else
	attach b
	equals "$(get_from b "http://$A4:80/" | cut -d' ' -f1)" a
	refused get_from b "http://$A4:81/"
}

@test "ports of a routed network are shown where they are reached, can be taken back and outlive a restart" {
	network $(modes routed)
	equals "$(netctl inspect a | jq -c '.[0].NetworkSettings.Ports["80/tcp"] | map(.HostIp + " " + .HostPort) | sort')" \
		"[\"$A4 80\",\"$A6 80\"]"
	netctl port add a 81 82:80
	equals "$(get_out "http://$A4:81/" | cut -d' ' -f1)" a
	equals "$(netctl port ls a | grep -c tcp)" 4
	host_restart h KILL
	equals "$(netctl port ls a | grep -c tcp)" 4
	equals "$(get_out "http://$A4:81/" | cut -d' ' -f1)" a
	netctl port rm a 81
	refused get_out "http://$A4:81/"
	equals "$(get_out "http://$A4:80/" | cut -d' ' -f1)" a
	# off the network and on again, they are where the container is then
	netctl network disconnect n a
	attach other --network n
	equals "$(netctl port ls a | grep -c tcp)" 0
	netctl network connect --ip 10.31.0.77 --ip6 2001:db8:31::77 n a
	equals "$(get_out http://10.31.0.77:80/ | cut -d' ' -f1)" a
	equals "$(get_out 'http://[2001:db8:31::77]:80/' | cut -d' ' -f1)" a
	# the same again is the same
	attach a --network n -p 8080:80
	fails_with 1 'routed.*leave the address out' netctl port add a 127.0.0.1:90:90
}

@test "one family may be routed while the other is translated" {
	network -o com.docker.network.bridge.gateway_mode_ipv6=routed
	matches "$(get_out "http://$H4:8080/")" '^a from'
	equals "$(get_out "http://[$A6]:80/")" "a from 2001:db8::1"
	refused get_out "http://$A4:80/"
	refused get_out "http://[$H6]:8080/"
}

@test "gateway mode nat-unprotected: every port of the container for who has a route, and host ports as well" {
	network $(modes nat-unprotected)
	serve_out
	equals "$(get_out "http://$A4:81/")" "a from 192.0.2.1"
	equals "$(get_out "http://[$A6]:81/")" "a from 2001:db8::1"
	matches "$(get_out "http://$H4:8080/")" '^a from'
	equals "$(get_from a http://192.0.2.1:9000/)" "out from $H4"
}

@test "gateway mode isolated: an internal network whose bridge has no address, and no address is kept for it" {
	local id
	fails_with 1 'isolated.*internal' netctl network create $(modes isolated) n
	id=$(netctl network create --internal --ipv6 --subnet 10.31.0.0/29 --subnet 2001:db8:31::/64 $(modes isolated) n)
	equals "$(ip -n "$P-h" -o addr show dev "br-${id:0:12}")" ""
	attach a --network n:ip=10.31.0.1
	attach b --network n
	serve a 80
	equals "$(get_from b http://10.31.0.1/ | cut -d' ' -f1)" a
	equals "$(ask b a)" 10.31.0.1
	refused get_host h http://10.31.0.1/
	equals "$(netctl network inspect n | jq -c '[.[0].IPAM.Config[].Gateway]')" '[null,null]'
	host_restart h
	equals "$(ip -n "$P-h" -o addr show dev "br-${id:0:12}")" ""
	attach c --network n
	equals "$(get_from c http://10.31.0.1/ | cut -d' ' -f1)" a
}

@test "host_ipv4 and host_ipv6 are what containers leave with" {
	ip -n "$P-h" addr add 192.0.2.77/24 dev up0
	ip -n "$P-h" addr add 2001:db8::77/64 dev up0 nodad
	serve_out
	network -o com.docker.network.host_ipv4=192.0.2.77 -o snat-ip6=2001:db8::77
	equals "$(get_from a http://192.0.2.1:9000/)" "out from 192.0.2.77"
	equals "$(get_from a 'http://[2001:db8::1]:9000/')" "out from 2001:db8::77"
	matches "$(ruleset_of h)" '10\.31\.0\.0/24 comment "n" : 192\.0\.2\.77'
	netctl detach a
	netctl network rm n
	lacks "$(ruleset_of h)" '192\.0\.2\.77'
}

@test "inhibit_ipv4: the bridge has no IPv4 address, and the gateway is somebody else" {
	local id
	id=$(netctl network create --subnet 10.31.0.0/24 -o com.docker.network.bridge.inhibit_ipv4=true n)
	lacks "$(ip -n "$P-h" addr show dev "br-${id:0:12}")" 'inet '
	attach a --network n
	attach router --network none
	# what has the gateway's address is a port of the bridge like others
	ip -n "$P-h" link add gw0 type veth peer name eth0 netns "$P-c-router"
	ip -n "$P-h" link set gw0 master "br-${id:0:12}" up
	ip -n "$P-c-router" addr add 10.31.0.1/24 dev eth0
	ip -n "$P-c-router" link set eth0 up
	matches "$(ip -n "$P-c-a" route)" 'default via 10\.31\.0\.1'
	in_c a ping -c1 -W30 -q 10.31.0.1
	host_restart h
	lacks "$(ip -n "$P-h" addr show dev "br-${id:0:12}")" 'inet '
}

@test "what a bridge has not by its network's settings is not missed" {
	local before
	before=$(netctl system info --format '{{.Repairs}}')
	netctl network create --internal --ipv6 --subnet 10.31.0.0/24 --gateway 10.31.0.1 \
		--subnet 2001:db8:31::/64 --gateway 2001:db8:31::1 $(modes isolated) isolated
	netctl network create --ipv6 --subnet 10.32.0.0/24 --gateway 10.32.0.1 -o inhibit-ip=true inhibited
	attach a --network isolated
	attach b --network inhibited
	for network in isolated inhibited; do
		running() { ip -n "$P-h" link show "br-$(netctl network inspect "$network" | jq -r '.[0].Id[:12]')" | grep -q 'state UP'; }
		wait_until 30 running
	done
	equals "$(api_body POST '/netd/v1/resync?dry=1' | jq -c .Differences)" '[]'
	# a moment after the last event, too: what came of it is done
	sleep 1
	equals "$(api_body POST '/netd/v1/resync?dry=1' | jq -c .Differences)" '[]'
	equals "$(netctl system info --format '{{.Repairs}}')" "$before"
}

@test "trusted_host_interfaces reach published ports at the container's own address, others do not" {
	network -o com.docker.network.bridge.trusted_host_interfaces=nosuch0:up0
	equals "$(get_out "http://$A4:80/")" "a from 192.0.2.1"
	equals "$(get_out "http://[$A6]:80/")" "a from 2001:db8::1"
	refused get_out "http://$A4:81/"
	refused in_out ping -c1 -W1 -q "$A4"
	matches "$(get_out "http://$H4:8080/")" '^a from'
	matches "$(ruleset_of h)" 'up0" . 10\.31\.0\.0'
	netctl detach a
	netctl network rm n
	netctl network create --subnet 10.31.0.0/24 -o trusted-interfaces=nosuch0 n
	attach a --network n -p 8080:80
	matches "$(get_out "http://$H4:8080/")" '^a from'
	refused get_out "http://$(ip4_of a):80/"
}

@test "modes are elements: the number of rules stays" {
	local before
	before=$(n_rules h)
	for mode in nat nat-unprotected routed; do
		netctl network create -o "gateway-mode=$mode" -o trusted-interfaces=up0 "n-$mode"
	done
	netctl network create -o snat-ip=192.0.2.10 n-snat
	equals "$(n_rules h)" "$before"
}

@test "what could do nothing, and what is nonsense, is refused by name" {
	fails_with 1 'gateway_mode_ipv4.*nat, nat-unprotected, routed or isolated' \
		netctl network create -o com.docker.network.bridge.gateway_mode_ipv4=nonsense n
	fails_with 1 'gateway-mode6' netctl network create --ipv6 -o gateway-mode6=Routed n
	fails_with 1 'snat-ip.*masquerade is off' netctl network create -o snat-ip=192.0.2.10 -o masquerade=false n
	fails_with 1 'snat-ip.*not translated' netctl network create -o snat-ip=192.0.2.10 -o gateway-mode=routed n
	fails_with 1 'host_ipv4.*answer' netctl network create -o com.docker.network.host_ipv4=127.0.0.1 n
	fails_with 1 'host_ipv6.*IPv6' netctl network create -o com.docker.network.host_ipv6=192.0.2.10 n
	fails_with 1 'host-ip.*routed' netctl network create -o host-ip=127.0.0.1 -o gateway-mode=routed n
	fails_with 1 'trusted.*interface names' netctl network create -o trusted-interfaces=a/b n
	fails_with 1 'inhibit' netctl network create -o inhibit-ip=perhaps n
	equals "$(netctl network ls -q | wc -l)" 3
}
