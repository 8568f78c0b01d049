#!/usr/bin/env bats
# endpoint_settings.bats - what may be asked for of one interface: MAC, link-local addresses, sysctls
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

SYSCTLS=com.docker.network.endpoint.sysctls
connect() { # NAME SETTINGS: connects to n
	api POST /networks/n/connect "{\"Container\":\"$1\",\"EndpointConfig\":$2}"
}
sysctl_of() { in_c "$1" cat "/proc/sys/net/$2"; }

@test "a MAC that no interface can have is refused: of a group, or all zero" {
	netctl network create n
	for mac in 00:00:00:00:00:00 01:00:5e:00:00:01 ff:ff:ff:ff:ff:ff; do
		fails_with 1 "invalid MAC address: $mac" attach a --network n --mac-address $mac
	done
	equals "$(netctl ps -q)" ""
	attach a --network n:mac=02:00:00:00:00:07
	equals "$(mac_of a)" 02:00:00:00:00:07
}

@test "link-local addresses are on the interface, shown, reached by neighbours, and stay over restarts" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	attach a --network n --link-local-ip 169.254.7.7 --link-local-ip fe80::77
	attach b --network n:link-local-ip=169.254.7.8
	matches "$(ip -n "$P-c-a" -4 addr show dev eth0)" '169\.254\.7\.7/16'
	matches "$(ip -n "$P-c-a" -6 addr show dev eth0)" 'fe80::77/64'
	in_c b ping -c1 -W10 -q 169.254.7.7
	in_c b ping -c1 -W10 -q fe80::77%eth0
	equals "$(netctl inspect a | jq -c '.[0].NetworkSettings.Networks.n.IPAMConfig.LinkLocalIPs')" \
		'["169.254.7.7","fe80::77"]'
	host_restart h KILL
	equals "$(netctl inspect a | jq -c '.[0].NetworkSettings.Networks.n.IPAMConfig.LinkLocalIPs')" \
		'["169.254.7.7","fe80::77"]'
	attach c
	docker_connects c
	matches "$(ip -n "$P-c-c" -4 addr show dev eth1)" '169\.254\.9\.9/16'
}
docker_connects() {
	in_host h docker -H "unix://$(host_sock h)" network connect --link-local-ip 169.254.9.9 n "$1"
}

@test "a link-local address is one container's on a network, and free again behind it" {
	netctl network create n
	attach a --network n --link-local-ip 169.254.7.7
	fails_with 1 "Address already in use: 169.254.7.7 .*container a's" attach b --network n:link-local-ip=169.254.7.7
	fails_with 1 'invalid link-local IP address: 10.1.2.3' attach b --network n:link-local-ip=10.1.2.3
	fails_with 1 'network n has no IPv6.*fe80::1' attach b --network n:link-local-ip=fe80::1
	attach c --network n --link-local-ip 169.254.7.9
	in_c c ping -c1 -W10 -q 169.254.7.7
	netctl detach a
	# whoever talked to the former one reaches the next at once
	attach b --network n --link-local-ip 169.254.7.7
	wait_until 30 c_knows_b # by what b's end was announced with: c asks nobody
	in_c c ping -c1 -W30 -q 169.254.7.7
}

c_knows_b() { in_c c ip neigh show 169.254.7.7 | grep -q "lladdr $(mac_of b)"; }

@test "sysctls of an interface are set before its addresses, under the name it has" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	attach a --network "n:ifname=lan.5,$SYSCTLS=net.ipv4.conf.IFNAME.log_martians=1"
	equals "$(sysctl_of a ipv4/conf/lan.5/log_martians)" 1
	attach b
	equals "$(connect b "{\"DriverOpts\":{\"$SYSCTLS\":\"net.ipv6.conf.IFNAME.accept_ra=2,net.ipv4.neigh.IFNAME.app_solicit=3\"}}" |
		tail -1)" 200
	equals "$(sysctl_of b ipv6/conf/eth1/accept_ra)" 2
	equals "$(sysctl_of b ipv4/neigh/eth1/app_solicit)" 3
	equals "$(sysctl_of b ipv4/neigh/eth0/app_solicit)" 0
}

@test "sysctls that cannot be are refused, and nothing is done" {
	local before
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 n
	attach a
	before=$(snapshot h)
	for one in "net.ipv4.conf.IFNAME.nosuch=1|no sysctl nosuch" "net.ipv4.ip_forward=1|unrecognised .*ip_forward" \
		"net.ipv4.conf.all.forwarding=1|unrecognised" "net.ipv4.conf.IFNAME.../x=1|unrecognised" \
		"net.ipv4.conf.IFNAME.log_martians=banana|log_martians to banana" \
		"net.ipv6.conf.IFNAME.disable_ipv6=1|disable_ipv6=1: network n gives"; do
		matches "$(connect a "{\"DriverOpts\":{\"$SYSCTLS\":\"${one%%|*}\"}}")" "${one#*|}"
		equals "$(ip -n "$P-c-a" -o link | wc -l)" 2
	done
	comes_back_to "$before" snapshot h
	matches "$(api POST /netd/v1/containers "{\"Name\":\"x\",\"NetnsPath\":\"$(container_ns x)\",
		\"Networks\":{\"none\":{\"DriverOpts\":{\"$SYSCTLS\":\"net.ipv4.conf.IFNAME.log_martians=1\"}}}}")" 'no interface'
}

@test "an option of a connection that nobody knows is refused, somebody's note is kept" {
	netctl network create n
	attach a
	matches "$(connect a '{"DriverOpts":{"com.docker.network.endpoint.ifnam":"x0"}}')" \
		'no option .*did you mean .*com.docker.network.endpoint.ifname'
	matches "$(connect a '{"DriverOpts":{"speed":"9"}}' | tail -1)" 400
	equals "$(connect a '{"DriverOpts":{"com.example.note":"9"}}' | tail -1)" 200
	equals "$(netctl inspect a | jq -r '.[0].NetworkSettings.Networks.n.DriverOpts["com.example.note"]')" 9
}

@test "a list of sysctls goes on behind its commas, as a key of --network, too" {
	netctl network create n
	attach a --network n:com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.conf.ifname.rp_filter=2,alias=x
	equals "$(in_c a sysctl -n net.ipv4.conf.eth0.log_martians net.ipv4.conf.eth0.rp_filter | xargs)" "1 2"
	equals "$(ask a x)" "$(ip4_of a)"
	fails_with 2 'belongs into the list of' attach b --network n:net.ipv4.conf.IFNAME.log_martians=1
}
