#!/usr/bin/env bats
# late.bats - what callers know late: a netns that comes after the attach, names, addresses before there is a container
# SPDX-License-Identifier: GPL-2.0-or-later

load lib

# attach_late NAME [FIELDS]: in a netns that is not there yet; prints the status
attach_late() {
	api_status POST /netd/v1/containers \
		"{\"Name\": \"$1\", \"NetnsPath\": \"$(container_path "$1")\", \"NetnsWait\": true, \"Networks\": {\"blue\": {}}${2:-}}"
}
is_wired() { in_c "$1" ip -o -4 addr show eth0 | grep -q "$2"; }
# Interfaces, ports and names, in this order: the first is there before the last.
is_complete() { grep -q "event=complete name=$1 " "$T/h/netd.log"; }

@test "a netns that comes later is wired when it comes" {
	netctl network create --subnet 10.60.0.0/24 blue
	netctl network create --subnet 10.61.0.0/24 green
	attach a --network blue
	equals "$(attach_late b ', "PortBindings": {"80/tcp": [{"HostPort": "8080"}]}')" 201
	# All that can be refused is refused now.
	fails_with 1 '8080' attach c --network blue -p 8080:80
	equals "$(ask a b)" "$(ip4_of b blue)"
	netctl network connect --alias late green b
	container_ns b >/dev/null
	wait_until 30 is_complete b
	is_wired b "$(ip4_of b blue)"
	in_c b ip -o -4 addr show eth1 | grep -q "$(ip4_of b green)"
	serve b 80
	equals "$(get_out "http://$(host_addr h):8080/")" "b from 192.0.2.1"
	wait_until 30 quick b a
	equals "$(ask b a)" "$(ip4_of a)"
	kill_namespace "$P-c-b"
	ip netns del "$P-c-b"
	wait_until 30 is_gone b
}
is_gone() { [[ -z $(netctl ps -q --filter "name=$1") ]]; }

@test "one that comes with another kind of file first" {
	netctl network create --subnet 10.60.0.0/24 --ipv6 --subnet 2001:db8:60::/64 blue
	equals "$(attach_late b)" 201
	ip netns add "$P-c-other"
	touch "$(container_path b)"
	sleep 0.1
	mount --bind "$(container_path other)" "$(container_path b)"
	wait_until 30 is_complete b
	is_wired b "$(ip4_of b)"
	in_c b ip -6 route | grep -q '^default via 2001:db8:60::1'
	umount "$(container_path b)"
	rm "$(container_path b)"
	wait_until 30 is_gone b
}

# connect_handed NETWORK NAME ADDRESS: container b there, with its interface left on the host as NAME
connect_handed() {
	equals "$(api_status POST "/networks/$1/connect" "{\"Container\": \"b\", \"EndpointConfig\":
		{\"IPAMConfig\": {\"IPv4Address\": \"$3\"}, \"DriverOpts\": {\"org.netd.endpoint.handover\": \"$2\"}}}")" 200
}
# What Docker does: move NAME into b, name it, and set it up.
take() { # NAME AS ADDRESS [GATEWAY]
	ip -n "$P-h" link set "$1" netns "$P-c-b"
	in_c b ip link set "$1" name "$2"
	in_c b ip addr add "$3" dev "$2"
	in_c b ip link set "$2" up
	[[ -z ${4:-} ]] || in_c b ip route add default via "$4"
}
knows_ifname() { # IFNAME: it is in the record
	[[ $(sqlite3 -readonly "$T/h/run/run.db" "select count(*) from endpoint where ifname = '$1'") -eq 1 ]]
}
has_address() { in_c b ip -o -4 addr show "$1" | grep -q "$2"; }
# The default route is what a link gets last.
has_last_default() { in_c b ip route | grep -q "^default via 10.60.0.1 dev $1 .*metric 65536"; }

@test "interfaces that the caller moves are its own to name and to set up" {
	local before fields=', "Networks": {"blue": {"IPAMConfig": {"IPv4Address": "10.60.0.9"}, "DriverOpts": {"org.netd.endpoint.handover": "src0"}}}'
	netctl network create --subnet 10.60.0.0/24 blue
	netctl network create --subnet 10.61.0.0/24 green
	netctl network create --subnet 10.62.0.0/24 red
	attach a --network blue --network green --network red
	before=$(links_of h)
	equals "$(attach_late b "$fields")" 201
	connect_handed green src1 10.61.0.9
	ip -n "$P-h" link show src1 | grep -q 'state DOWN'
	# Neither is forgotten when netd restarts, before the netns is there and after.
	host_restart h KILL
	container_ns b >/dev/null
	wait_until 30 quick b a
	lacks "$(in_c b ip -o link)" 'src|eth'
	take src0 lan5 10.60.0.9/24 10.60.0.1
	host_restart h KILL
	wait_until 30 knows_ifname lan5
	take src1 lan3 10.61.0.9/24
	wait_until 30 knows_ifname lan3
	equals "$(in_c b ip route | grep -c '^default')" 1
	in_c b ping -c 1 -W 30 10.60.0.2
	in_c a ping -c 1 -W 30 10.60.0.9
	# What netd adds there by itself is in nobody's way.
	netctl network connect red b
	in_c b ip -o -4 addr show netd0 | grep -q 10.62.0.
	in_c b ip route | grep -q '^default via 10.60.0.1 dev lan5'
	# A link that gets lost comes back as what it was.
	in_c b ip link del lan5
	wait_until 30 has_last_default lan5
	has_address lan5 10.60.0.9/24
	in_c b ip route add default via 10.60.0.1
	in_c b ping -c 1 -W 30 192.0.2.1
	netctl network disconnect blue b
	lacks "$(in_c b ip -o link)" lan5
	netctl detach b
	comes_back_to "$before" links_of h
	equals "$(api_status POST /networks/blue/connect '{"Container": "a", "EndpointConfig": {"DriverOpts": {"org.netd.endpoint.handover": "a/b"}}}')" 400
}

@test "a restart of netd does not forget what it waits for" {
	netctl network create --subnet 10.60.0.0/24 blue
	equals "$(attach_late b)" 201
	host_restart h KILL
	container_ns b >/dev/null
	wait_until 30 is_complete b
	is_wired b "$(ip4_of b)"
	wait_until 30 quick b b
}

@test "what is waited for can be detached, and leaves nothing" {
	local before
	netctl network create --subnet 10.60.0.0/24 blue
	before=$(snapshot h)
	equals "$(attach_late b ', "PortBindings": {"80/tcp": [{"HostPort": "8080"}]}')" 201
	equals "$(attach_late b ', "PortBindings": {"80/tcp": [{"HostPort": "8080"}]}')" 200
	equals "$(api_status DELETE /netd/v1/containers/b)" 204
	comes_back_to "$before" snapshot h
	equals "$(api_status POST /netd/v1/containers '{"Name": "b", "Pid": 1, "NetnsWait": true}')" 400
}

@test "other names replace those there were, at once and for good" {
	netctl network create --subnet 10.60.0.0/24 blue
	attach a --network blue
	attach b --network blue:alias=old
	equals "$(api_status PUT /netd/v1/containers/b/names '{"Name": "c", "Networks": {"blue": {"Aliases": ["new"]}}}')" 200
	for name in c new; do
		equals "$(ask a $name)" "$(ip4_of c)"
	done
	for name in b old; do
		equals "$(ask a $name)" ""
	done
	host_restart h KILL
	equals "$(ask a new)" "$(ip4_of c)"
	equals "$(ask a old)" ""
	equals "$(netctl ps --format '{{.Names}}' | sort | paste -sd' ')" "a c"
	equals "$(api_status PUT /netd/v1/containers/c/names '{"Name": "a"}')" 409
	equals "$(api_status PUT /netd/v1/containers/c/names "{\"Networks\": {\"blue\": {}, \"$(netctl network ls -q --filter name=blue)\": {}}}")" 400
	equals "$(api_status PUT /netd/v1/containers/c/names '{"Networks": {"bridge": {}}}')" 404
	equals "$(api_status PUT /netd/v1/containers/nobody/names '{"Name": "x"}')" 404
	netctl detach c
	equals "$(ask a c)" ""
}

@test "another id takes over all there is under the first one, for good, and is nobody else's" {
	local id other name files
	id=$(printf '5%.0s' {1..64})
	netctl network create --subnet 10.60.0.0/24 blue
	attach a --network blue -p 8080:80
	attach b --network blue
	serve a 80
	other=$(netctl inspect a -f '{{.Id}}')
	files=$(ls -i "$T/h/run/containers/$other")
	equals "$(api_status PUT /netd/v1/containers/a/names "{\"Id\": \"$(netctl inspect b -f '{{.Id}}')\"}")" 409
	equals "$(api_status PUT /netd/v1/containers/a/names '{"Id": "x"}')" 400
	equals "$(api_status PUT "/netd/v1/containers/$other/names" "{\"Id\": \"$id\"}")" 200
	for again in 1 2; do
		equals "$(netctl inspect "$id" -f '{{.Name}} {{.Id}} {{.Config.Hostname}}')" "/a $id ${id:0:12}"
		equals "$(netctl ps -q --no-trunc | sort)" "$(netctl inspect a b -f '{{.Id}}' | sort)"
		fails_with 1 'is called' netctl inspect "$other"
		for name in a "${id:0:12}"; do
			equals "$(ask b "$name")" "$(ip4_of a)"
		done
		equals "$(ask b "${other:0:12}")" ""
		matches "$(get_out "http://$(host_addr h):8080/")" '^a from '
		equals "$(ls "$T/h/run/containers" | sort)" "$(netctl ps -q --no-trunc | sort)"
		host_restart h KILL
	done
	# What somebody had mounted is the container's still.
	equals "$(ls -i "$T/h/run/containers/$id" | awk '/resolv/{print $1}')" "$(awk '/resolv/{print $1}' <<<"$files")"
	netctl detach a
	equals "$(netctl port ls | wc -l)" 1
	equals "$(ls "$T/h/run/containers")" "$(netctl ps -q --no-trunc)"
}

@test "an address set aside is not given to others, and is given to who asks for it" {
	local aside
	netctl network create --subnet 10.60.0.0/24 blue
	aside=$(api_body POST /netd/v1/networks/blue/addresses '{"Holder": "x1"}' | jq -r .Address)
	equals "$aside" 10.60.0.2/24
	equals "$(api_body POST /netd/v1/networks/blue/addresses '{"Holder": "x2"}' | jq -r .Address)" 10.60.0.3/24
	attach a --network blue
	equals "$(ip4_of a)" 10.60.0.4
	attach b --network "blue:ip=${aside%/*}"
	equals "$(ip4_of b)" 10.60.0.2
	equals "$(api_status POST /netd/v1/networks/blue/addresses '{"Holder": "x", "IPv6": true}')" 400
	equals "$(api_status POST /netd/v1/networks/none-such/addresses '{"Holder": "x"}')" 404
}
