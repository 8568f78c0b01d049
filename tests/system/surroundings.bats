#!/usr/bin/env bats
# surroundings.bats - a host on which others were first: their bridges, routes and firewalls
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# A host on which no netd has run yet.
setup() {
	HOST_NAMES+=(h)
	host_ns h
	N_HOSTS=1
}

docker_bridge() {
	in_host h ip link add docker0 type bridge
	in_host h ip addr add 172.17.0.1/16 dev docker0
	in_host h ip link set docker0 up
}
subnet_of_bridge() { netctl network inspect bridge --format '{{(index .IPAM.Config 0).Subnet}}'; }

@test "where somebody has 172.17.0.0/16, the network bridge has another subnet, and keeps it" {
	docker_bridge
	host_start h
	local subnet
	subnet=$(subnet_of_bridge)
	lacks "$subnet" '^172\.17\.'
	matches "$(grep 'network bridge has subnet' "$T/h/netd.log")" '172\.17\.0\.0/16 dev docker0'
	attach a
	attach b
	serve b 80
	equals "$(ask a b)" "$(ip4_of b)"
	matches "$(get_from a "http://$(ip4_of b)/")" '^b from'
	equals "$(in_host h ip route get 172.17.0.9 | grep -o 'dev docker0')" 'dev docker0'
	host_restart h KILL
	equals "$(subnet_of_bridge)" "$subnet"
	get_from a "http://$(ip4_of b)/"
	host_reboot h # and now netd is there before the other
	equals "$(subnet_of_bridge)" "$subnet"
}

@test "a route that comes later does not move the network bridge from under its containers" {
	host_start h
	attach a
	in_host h ip route add 172.17.128.0/17 via 192.0.2.1
	host_restart h KILL
	equals "$(subnet_of_bridge)" 172.17.0.0/16
	equals "$(netctl ps --format '{{.Names}}')" a
}

@test "a bip that overlaps a route holds, with a warning; one that another network has is refused" {
	docker_bridge
	echo '{ "bip": "172.17.9.1/24" }' >"$T/h/etc/netd/netd.json"
	host_start h
	equals "$(subnet_of_bridge)" 172.17.9.0/24
	matches "$(grep warn: "$T/h/netd.log")" 'bip in netd.json: .*172\.17\.0\.0/16 dev docker0'
	netctl network create --subnet 10.9.0.0/16 mine
	host_stop h
	echo '{ "bip": "10.9.1.1/24" }' >"$T/h/etc/netd/netd.json"
	refused host_start h
	matches "$(tail -1 "$T/h/netd.log")" 'bip in netd.json cannot be: .*10\.9\.1\.0/24 overlaps 10\.9\.0\.0/16 of network mine: choose another'
	echo '{}' >"$T/h/etc/netd/netd.json"
	host_start h
	equals "$(netctl network inspect mine --format '{{(index .IPAM.Config 0).Subnet}}')" 10.9.0.0/16
}

@test "with ipv6 switched on the network bridge keeps its IPv6 subnet over restarts and reboots" {
	subnet6() { netctl network inspect bridge | jq -r '.[0].IPAM.Config[].Subnet | select(test(":"))'; }
	local subnet
	host_start h
	netctl network create --ipv6 first
	host_stop h
	echo '{ "ipv6": true }' >"$T/h/etc/netd/netd.json"
	host_start h
	subnet=$(subnet6)
	matches "$subnet" '^fd.*/64$'
	lacks "$(netctl network inspect first)" "$subnet"
	netctl network rm first
	attach a
	host_restart h KILL
	equals "$(subnet6)" "$subnet"
	matches "$(netctl ps --format '{{.Names}}')" '^a$'
	in_c a ping -6 -c1 -W30 -q "$(netctl network inspect bridge | jq -r '.[0].IPAM.Config[].Gateway | select(test(":"))')"
	host_reboot h
	equals "$(subnet6)" "$subnet"
	lacks "$(cat "$T/h/netd.log")" 'overlaps|has subnet'
}

@test "a bip of netd's own that stands already is no overlap, and one for IPv6 that a network has is refused" {
	echo '{ "bip": "10.44.0.1/24" }' >"$T/h/etc/netd/netd.json"
	host_start h
	host_restart h KILL
	lacks "$(cat "$T/h/netd.log")" 'overlaps'
	netctl network create --ipv6 --subnet 10.45.0.0/24 --subnet 2001:db8:45::/64 n
	host_stop h
	echo '{ "ipv6": true, "fixed-cidr-v6": "2001:db8:45::/64" }' >"$T/h/etc/netd/netd.json"
	refused host_start h
	matches "$(tail -1 "$T/h/netd.log")" 'fixed-cidr-v6 in netd.json cannot be: .*of network n'
}

@test "a foreign chain that drops what netd lets through is named, with the way out" {
	in_host h nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'
	in_host h nft 'table ip6 calm { chain FORWARD { type filter hook forward priority 0; }; }'
	host_start h
	local warning='chain FORWARD of table ip filter drops .*DOCKER-USER'
	matches "$(grep warn: "$T/h/netd.log")" "$warning"
	matches "$(netctl system info --format '{{index .Warnings 0}}')" "$warning"
	equals "$(netctl system info --format '{{len .Warnings}}')" 1
	matches "$(api_body GET /info | jq -r '.Warnings[]')" "$warning"
	in_host h nft flush table ip filter
	in_host h nft delete table ip filter
	equals "$(netctl system info --format '{{len .Warnings}}')" 0
}

# A VPN: its server beyond the uplink, or a device of its own.
vpn() { # PREFIX…
	local prefix
	for prefix; do
		[[ $prefix == *:* ]] && in_host h ip route add "$prefix" via 2001:db8::1 && continue
		in_host h ip route add "$prefix" via 192.0.2.1
	done
}

@test "a subnet asked for by name may be a part of a wider route, and not what a link or a narrower route uses" {
	vpn 10.0.0.0/8 2001:db8:100::/40
	in_host h ip addr add 10.7.0.5/16 dev up0
	in_host h ip route add 10.50.3.0/24 via 192.0.2.1
	in_host h ip route add 10.51.0.0/16 dev up0 # as a tunnel's, by hand
	host_start h
	fails_with 1 'subnet 10.7.9.0/24 overlaps the host.s route 10.7.0.0/16 dev up0: choose another' netctl network create --subnet 10.7.9.0/24 no
	fails_with 1 'overlaps the host.s route 10.50.3.0/24 via 192.0.2.1 dev up0' netctl network create --subnet 10.50.0.0/16 no
	fails_with 1 'overlaps the host.s route 10.50.3.0/24 via 192.0.2.1 dev up0' netctl network create --subnet 10.50.3.0/24 no
	fails_with 1 'overlaps the host.s route 10.0.0.0/8 via' netctl network create --subnet 10.0.0.0/8 no
	fails_with 1 'overlaps the host.s route 2001:db8:100::/40 via' netctl network create --subnet 2001:db8:100::/40 no
	netctl network create --subnet 10.50.0.0/24 a 2>"$T/said"
	matches "$(cat "$T/said")" '^netctl: warning: subnet 10.50.0.0/24 of network a is a part of the host.s route 10.0.0.0/8 via 192.0.2.1 dev up0'
	netctl network create --subnet 10.50.2.0/24 --subnet 2001:db8:100::/64 b 2>/dev/null
	netctl network create --subnet 10.51.7.0/24 c 2>"$T/said"
	matches "$(cat "$T/said")" 'host.s route 10.51.0.0/16 dev up0'
	matches "$(api POST /networks/create '{"Name":"d","IPAM":{"Config":[{"Subnet":"10.88.0.0/16"}]}}')" '"Warning": ?"subnet 10.88.0.0/16 of'
	equals "$(netctl network create --subnet 172.31.0.0/24 e 2>&1 | wc -l)" 1
	matches "$(netctl system info --format '{{join .Warnings "\n"}}')" 'network d is a part of the host'
	# and they work, with the rest of the route where it was
	attach one --network a
	attach two --network a
	in_c one ping -c1 -W30 -q "$(ip4_of two)"
	matches "$(in_host h ip route get "$(ip4_of two)")" 'dev br-'
	matches "$(in_host h ip route get 10.50.1.1)" 'via 192.0.2.1'
	lacks "$(cat "$T/h/netd.log")" 'network bridge'
}

@test "with all private addresses routed netd starts, and chooses what is routed only where nothing else is free" {
	vpn 10.0.0.0/8 172.16.0.0/12
	host_start h
	matches "$(subnet_of_bridge)" '^192\.168\.'
	matches "$(cat "$T/h/netd.log")" 'network bridge has subnet 192.168.0.0/24: 172.17.0.0/16 is a part of the host.s route 172.16.0.0/12 via 192.0.2.1 dev up0'
	netctl network create free 2>"$T/said"
	equals "$(cat "$T/said")" ""
	matches "$(netctl network inspect free)" '"192\.168\.1\.0/24"'
	vpn 192.168.0.0/16
	netctl network create covered 2>"$T/said"
	matches "$(netctl network inspect covered)" '"172\.18\.0\.0/24"'
	matches "$(cat "$T/said")" '^netctl: warning: subnet 172.18.0.0/24 of network covered is a part of the host.s route 172.16.0.0/12'
	matches "$(cat "$T/h/netd.log")" 'warn: network covered has subnet 172.18.0.0/24, which is a part of'
	host_stop h
	ip -n "$P-h" link del netd0
	host_start h # stays where it was
	equals "$(subnet_of_bridge)" 192.168.0.0/24
	matches "$(cat "$T/h/netd.log")" 'network bridge keeps subnet 192.168.0.0/24, which is a part of the host.s route 192.168.0.0/16'
	host_stop h
	# a netd that has never run
	in_host h ip link del netd0
	rm -rf "$T/h/run" "$T/h/state"
	mkdir "$T/h/run" "$T/h/state"
	host_start h
	equals "$(subnet_of_bridge)" 172.17.0.0/16
	matches "$(cat "$T/h/netd.log")" 'network bridge keeps subnet 172.17.0.0/16, which is a part of the host.s route 172.16.0.0/12'
	attach a
	in_c a ping -c1 -W30 -q 172.17.0.1
}

@test "where routes use every pool, netd starts with a built-in one, and what is refused names a route" {
	echo '{ "default-address-pools": [ { "base": "10.60.0.0/16", "size": 16 } ] }' >"$T/h/etc/netd/netd.json"
	docker_bridge
	vpn 10.60.1.0/24
	host_start h
	equals "$(subnet_of_bridge)" 172.18.0.0/24
	fails_with 1 'all predefined .* host.s route 10.60.1.0/24 via 192.0.2.1 dev up0 is in the way' netctl network create more
	# no pool of ours has anything left
	host_stop h
	in_host h ip link del netd0
	vpn 172.18.0.0/15 172.20.0.0/14 172.24.0.0/13
	in_host h ip addr add 10.0.0.1/8 dev up0
	in_host h ip addr add 192.168.0.1/16 dev up0
	in_host h ip addr add 172.18.0.1/15 dev up0
	in_host h ip addr add 172.20.0.1/14 dev up0
	in_host h ip addr add 172.24.0.1/13 dev up0
	rm -rf "$T/h/run" "$T/h/state"
	mkdir "$T/h/run" "$T/h/state"
	host_start h
	matches "$(grep warn: "$T/h/netd.log")" 'network bridge: .*172.17.0.0/16 overlaps the host.s route 172.17.0.0/16 dev docker0.*there is no free one'
	matches "$(netctl system info --format '{{join .Warnings "\n"}}')" 'subnet 172.17.0.0/16 of network bridge overlaps the host.s route 172.17.0.0/16 dev docker0'
}

@test "the IPv6 prefix of networks is this host's own, and stays so; networks keep theirs" {
	local drawn derived
	prefix_of() { netctl network inspect "$1" | jq -r '.[0].IPAM.Config[].Subnet | select(test(":"))' | cut -d: -f1-3; }
	made() { # NETWORK: by netd as it is now
		netctl network create --ipv6 "$1" >/dev/null
		prefix_of "$1"
		netctl network rm "$1" >/dev/null
	}
	anew() { # a netd that has never run
		host_stop h
		ip -n "$P-h" link del netd0
		rm -rf "$T/h/run" "$T/h/state"
		mkdir "$T/h/run" "$T/h/state"
		host_start h
	}
	# without a machine-id it is drawn, once
	host_start h
	drawn=$(made a)
	matches "$drawn" '^fd[0-9a-f]{2}:[0-9a-f]+:[0-9a-f]+$'
	matches "$(api_body GET /info | jq -c .DefaultAddressPools)" "\"$drawn::/48\""
	netctl network create --ipv6 kept
	netctl network create --ipv6 --subnet fd6e:6574:6400::/64 older
	host_reboot h
	equals "$(made a)" "$drawn"
	# from the id it is the same, whatever is lost
	echo 0123456789abcdef0123456789abcdef >"$T/h/etc/machine-id"
	host_restart h
	equals "$(made a)" "$drawn"
	equals "$(prefix_of kept) $(prefix_of older)" "$drawn fd6e:6574:6400"
	netctl network rm kept older
	anew
	derived=$(made a)
	lacks "$derived" "^$drawn|^fd6e:6574:6400"
	anew
	equals "$(made a)" "$derived"
	echo 1123456789abcdef0123456789abcdef >"$T/h/etc/machine-id"
	anew
	lacks "$(made a)" "^$derived|^$drawn"
	echo uninitialized >"$T/h/etc/machine-id"
	anew
	lacks "$(made a)" "^$derived|^$drawn"
}

@test "a foreign chain that ends in a reject, itself or where it jumps, is named until netd's bridges are let through" {
	host_start h
	n_warnings() { netctl system info --format '{{len .Warnings}}'; }
	in_host h nft 'table inet edge {
		chain last { counter; reject with icmpx admin-prohibited; }
		chain let { }
		chain from { accept; }
		chain forward {
			type filter hook forward priority 5; policy accept;
			ct state established,related accept
			ip saddr 198.51.100.0/24 drop
			jump let
			goto last
		}
		chain input { type filter hook input priority 5; policy accept; drop; }
	}'
	equals "$(n_warnings)" 1
	matches "$(netctl system info --format '{{index .Warnings 0}}')" 'chain forward of table inet edge drops .*netd0'
	in_host h nft add rule inet edge let iifname netd0 goto from
	equals "$(n_warnings)" 1 # the way in is closed still
	in_host h nft add rule inet edge let oifname 'netd*' accept
	equals "$(n_warnings)" 0
	netctl network create -o com.docker.network.bridge.name=nd7 seven
	netctl network create --internal -o com.docker.network.bridge.name=nd8 inner
	matches "$(netctl system info --format '{{index .Warnings 0}}')" ' nd7$'
	in_host h nft insert rule inet edge last accept
	equals "$(n_warnings)" 0
	in_host h nft insert rule inet edge forward iifname nd7 drop
	equals "$(n_warnings)" 1
}

addresses_of_bridge() { ip -n "$P-h" -j addr show netd0 | jq -r '.[].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"' | sort | xargs; }

@test "a bip that is changed or taken away leaves nothing behind, and what others put on the bridge stays" {
	local settings
	for settings in '{ "bip": "10.44.0.1/24" }' '{ "bip": "10.45.0.1/24" }' '{ "bip": "10.45.0.1/16" }' \
		'{ "bip": "10.45.0.1/16", "ipv6": true, "fixed-cidr-v6": "fd00:45::/64" }' \
		'{ "bip": "10.45.0.1/16", "ipv6": true, "fixed-cidr-v6": "fd00:46::/64" }'; do
		echo "$settings" >"$T/h/etc/netd/netd.json"
		host_start h
		equals "$(addresses_of_bridge)" "$(xargs <<<"$(jq -r '.bip, (.["fixed-cidr-v6"] // empty | sub("::/"; "::1/"))' <<<"$settings" | sort)")"
		host_stop h KILL
	done
	lacks "$(ip -n "$P-h" route)" '10\.44|10\.45\.0\.0/24'
	ip -n "$P-h" addr add 10.99.0.1/24 dev netd0
	# the setting goes, the default comes back
	echo '{}' >"$T/h/etc/netd/netd.json"
	host_start h
	equals "$(addresses_of_bridge)" '10.99.0.1/24 172.17.0.1/16'
	equals "$(subnet_of_bridge)" 172.17.0.0/16
	attach a
	in_c a ping -c1 -W30 -q 172.17.0.1
	# over a reboot too
	host_stop h
	echo '{ "bip": "10.44.0.1/24" }' >"$T/h/etc/netd/netd.json"
	host_start h
	host_reboot h
	equals "$(addresses_of_bridge)" 10.44.0.1/24
	host_stop h
	echo '{}' >"$T/h/etc/netd/netd.json"
	host_reboot h
	equals "$(addresses_of_bridge)" 172.17.0.1/16
}

@test "a start that fails with another bip leaves the bridge the address it had" {
	host_start h
	host_stop h KILL
	echo '{ "bip": "10.44.0.1/24" }' >"$T/h/etc/netd/netd.json"
	echo 'this is no rule' >"$T/h/etc/netd/rules.d/wrong.nft"
	rm -f "$T/h/state/rules.nft"
	refused host_start h
	equals "$(addresses_of_bridge)" 172.17.0.1/16
}

@test "a network with the prefix of the host's own LAN is refused; a LAN that comes later with a network's is warned of" {
	local before
	host_start h
	routes() { in_host h ip route | sed "s, linkdown,,"; } # which comes a moment later
	before=$(routes)
	fails_with 1 "subnet 192.0.2.0/24 overlaps the host.s route 192.0.2.0/24 dev up0: choose another" \
		netctl network create --subnet 192.0.2.0/24 lan
	fails_with 1 "overlaps the host.s route 2001:db8::/64 dev up0" netctl network create --ipv6 --subnet 2001:db8::/64 lan
	fails_with 1 "overlaps the host.s route 192.0.2.0/24 dev up0" \
		netctl network create --subnet 192.0.2.0/24 --gateway 192.0.2.200 --ip-range 192.0.2.128/26 lan
	equals "$(routes)" "$before"
	netctl network create --subnet 10.44.0.0/24 mine
	attach a --network mine
	serve a 80
	lacks "$(netctl system info)" 'subnet 10.44.0.0/24'
	ip -n "$P-h" addr add 10.44.0.7/24 dev up0
	matches "$(netctl system info)" 'subnet 10.44.0.0/24 of network mine overlaps the host.s route 10.44.0.0/24 dev up0: .* with another --subnet'
	# what runs goes on, after a start, too
	matches "$(get_host h "http://$(ip4_of a mine)/")" '^a from'
	host_restart h KILL
	matches "$(get_host h "http://$(ip4_of a mine)/")" '^a from'
	matches "$(netctl system info)" 'subnet 10.44.0.0/24 of network mine overlaps'
	ip -n "$P-h" addr del 10.44.0.7/24 dev up0
	lacks "$(netctl system info)" 'subnet 10.44.0.0/24'
}
