#!/usr/bin/env bats
# firewalls.bats - netd beside Debian's firewalld and ufw: its own networks work, nothing else is opened
# SPDX-License-Identifier: GPL-2.0-or-later
load lib.bash
load firewalls.bash

setup() { firewalls_host h; }

two_containers() {
	serve_in in_out outside 7777
	attach a
	attach b -p 8080:80
	serve b 80 22
}

# From everywhere to everywhere that netd lets traffic through, new connections each.
all_ways_are_open() {
	upstream_is_asked
	matches "$(get_from a http://192.0.2.1:7777/)" '^outside from'
	matches "$(get_from a "http://$(ip4_of b)/")" '^b from'
	matches "$(get_out http://192.0.2.10:8080/)" '^b from'
	matches "$(get_host h http://127.0.0.1:8080/)" '^b from'
	matches "$(get_from a http://192.0.2.10:8080/)" '^b from'
	matches "$(get_from b http://192.0.2.10:8080/)" '^b from'
	matches "$(ask a b)" "$(ip4_of b)"
}
upstream_is_asked() { matches "$(ask a "x$RANDOM.example.com")" '^[0-9.]+$'; }

# What firewalld and ufw keep closed stays closed: the host's own services, the container's port that is not published.
all_else_is_closed() {
	refused get_out http://192.0.2.10:9000/
	refused get_from a http://172.17.0.1:9000/
	in_out ip route replace 172.17.0.0/16 via 192.0.2.10
	refused get_out "http://$(ip4_of b):22/"
}

# explain reads their rules and ours as packets meet them: no alarm for what is open, and what is closed is told so.
explain_agrees() { # CODE of what the firewall keeps closed
	local address
	address=$(ip4_of b)
	explains a 192.0.2.1:7777 "reachable -"
	explains a b:80 "reachable -"
	explains outside:192.0.2.1 192.0.2.10:8080 "reachable -"
	explains host 127.0.0.1:8080 "reachable -"
	explains a 192.0.2.10:8080 "reachable -"
	explains b 192.0.2.10:8080 "reachable -"
	explains outside:192.0.2.1 192.0.2.10:9000 "unreachable $1"
	explains a 172.17.0.1:9000 "unreachable $1"
	explains outside:192.0.2.1 "$address:22" "unreachable closed-direct"
}
explains() { # A B 'VERDICT CODE'
	local said
	said=$(netctl explain --format json "$1" "$2") || true
	equals "$1 $2: $(jq -r '[.Verdict, .Code // "-", (.Unknown + .Also | .[] | .Why // .Say)] | join(" ")' <<<"$said")" "$1 $2: $3"
}

zones() { in_host h firewall-cmd --get-active-zones; }
firewalld_is() { [[ $(netctl system info --format '{{.Firewalld}}') == "$1" ]]; }

@test "beside firewalld containers reach out, each other and published ports, over its reload and restart" {
	upstream
	bus_start h
	firewalld_start h
	serve_in "in_host h" host 9000
	host_start h
	bridges_are_in h netd0
	two_containers
	all_ways_are_open
	all_else_is_closed
	explain_agrees rules-reject
	doctor_finds_nothing
	equals "$(netctl system info --format '{{len .Warnings}}')" 0
	in_host h firewall-cmd --reload
	bridges_are_in h netd0
	all_ways_are_open
	in_host h firewall-cmd --complete-reload
	bridges_are_in h netd0
	all_ways_are_open
	kill "$FIREWALLD_PID"
	wait "$FIREWALLD_PID" || true
	wait_until 30 firewalld_is absent
	firewalld_start h
	bridges_are_in h netd0
	all_ways_are_open
	all_else_is_closed
}

@test "a firewalld that comes after netd takes its bridges in, and those of networks as they come and go" {
	upstream
	host_start h
	two_containers
	firewalld_is absent
	bus_start h
	firewalld_start h
	bridges_are_in h netd0
	all_ways_are_open
	netctl network create --subnet 10.30.0.0/24 -o com.docker.network.bridge.name=nd30 thirty
	bridges_are_in h 'nd30 netd0'
	attach c --network thirty
	in_c c ping -c1 -W10 -q 192.0.2.1
	netctl detach c
	netctl network rm thirty
	bridges_are_in h netd0
	# Started again beside the same firewalld, whose files say what they said.
	local written
	written=$(cd "$T/h/etc/firewalld" && sha256sum ./*/netd*.xml)
	matches "$written" 'zones/netd.xml'
	host_restart h KILL
	bridges_are_in h netd0
	all_ways_are_open
	equals "$(cd "$T/h/etc/firewalld" && sha256sum ./*/netd*.xml)" "$written"
}

@test "a bridge that was put into another zone stays there, and what firewalld knew before is kept" {
	bus_start h
	firewalld_start h
	in_host h ip link add nd31 type bridge
	in_host h firewall-cmd --permanent --zone=work --add-interface=nd31
	in_host h ip link del nd31
	in_host h firewall-cmd --permanent --add-port=4444/udp
	in_host h firewall-cmd --reload
	host_start h
	netctl network create --subnet 10.31.0.0/24 -o com.docker.network.bridge.name=nd31 theirs
	wait_until 30 grep 'event=firewalld zone=netd' "$T/h/netd.log"
	wait_until 30 grep 'another zone than netd.*nd31' "$T/h/netd.log"
	matches "$(in_host h firewall-cmd --zone=work --list-interfaces)" nd31
	equals "$(in_host h firewall-cmd --zone=public --list-ports)" 4444/udp
}

@test "a firewalld of another network namespace on the same bus is left alone" {
	bus_start h
	spawn_to "$T/firewalld.log" in_out nsenter --mount="/proc/${HOLDER[h]}/ns/mnt" firewalld --nofork --nopid \
		--log-file "$T/firewalld.messages"
	wait_until 60 in_host h firewall-cmd --state
	host_start h
	wait_until 30 firewalld_is absent
	lacks "$(in_host h firewall-cmd --get-zones)" netd
	attach a
	in_c a ping -c1 -W10 -q 172.17.0.1
}

@test "with ufw the warning is advice that works when pasted, is gone afterwards, and holds over a reload" {
	local advice command
	upstream
	in_host h ufw --force enable
	serve_in "in_host h" host 9000
	host_start h
	two_containers
	refused get_from a http://192.0.2.1:7777/
	explains a 192.0.2.1:7777 "unreachable rules-policy"
	equals "$(netctl system info --format '{{len .Warnings}}')" 2 # ip and ip6
	advice=$(netctl system info --format '{{index .Warnings 0}}')
	matches "$advice" 'chain FORWARD of table ip filter drops .*: ufw route allow in on netd0; ufw route allow out on netd0'
	while read -r command; do
		in_host h $command
	done < <(sed 's/.*there: //; s/; /\n/g' <<<"$advice")
	all_ways_are_open
	all_else_is_closed
	doctor_finds_nothing
	explain_agrees rules-policy
	equals "$(netctl system info --format '{{len .Warnings}}')" 0
	in_host h ufw reload
	all_ways_are_open
	all_else_is_closed
	netctl network create --subnet 10.32.0.0/24 -o com.docker.network.bridge.name=nd32 more
	matches "$(netctl system info --format '{{index .Warnings 0}}')" 'there: ufw route allow in on nd32; .* on nd32$'
}
