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
	wait_until 5 is_wired b "$(ip4_of b blue)"
	in_c b ip -o -4 addr show eth1 | grep -q "$(ip4_of b green)"
	serve b 80
	equals "$(get_out "http://$(host_addr h):8080/")" "b from 192.0.2.1"
	wait_until 5 quick b a
	equals "$(ask b a)" "$(ip4_of a)"
	ip netns del "$P-c-b"
	wait_until 5 is_gone b
}
is_gone() { [[ -z $(netctl ps -q --filter "name=$1") ]]; }

@test "one that comes with another kind of file first, and IPv6 that is switched off after that" {
	netctl network create --subnet 10.60.0.0/24 --ipv6 --subnet 2001:db8:60::/64 blue
	equals "$(attach_late b)" 201
	ip netns add "$P-c-other"
	touch "$(container_path b)"
	sleep 0.1
	mount --bind "$(container_path other)" "$(container_path b)"
	wait_until 5 is_wired b "$(ip4_of b)"
	in_c b sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
	wait_until 5 has_ipv6 b
	in_c b ip -6 route | grep -q '^default via 2001:db8:60::1'
	umount "$(container_path b)"
	rm "$(container_path b)"
	wait_until 20 is_gone b
}
has_ipv6() { in_c "$1" ip -o -6 addr show eth0 | grep -q 2001:db8:60:; }

@test "a restart of netd does not forget what it waits for" {
	netctl network create --subnet 10.60.0.0/24 blue
	equals "$(attach_late b)" 201
	host_restart h KILL
	container_ns b >/dev/null
	wait_until 5 is_wired b "$(ip4_of b)"
	wait_until 5 quick b b
}

@test "what is waited for can be detached, and leaves nothing" {
	local before
	netctl network create --subnet 10.60.0.0/24 blue
	before=$(snapshot h)
	equals "$(attach_late b ', "PortBindings": {"80/tcp": [{"HostPort": "8080"}]}')" 201
	equals "$(attach_late b ', "PortBindings": {"80/tcp": [{"HostPort": "8080"}]}')" 200
	equals "$(api_status DELETE /netd/v1/containers/b)" 204
	same_snapshot "$before" "$(snapshot h)"
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
