#!/usr/bin/env bats
# isolation.bats - what must not get through
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

H4=192.0.2.10 H6=2001:db8::10

two_networks() {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 one
	netctl network create --ipv6 --subnet 10.32.0.0/24 --subnet 2001:db8:32::/64 two
}

@test "containers of different networks cannot reach each other, in either family" {
	two_networks
	attach a --network one -p 8080:80
	attach b --network two
	attach c
	serve a 80 81 82/udp
	for port in 80 81; do
		refused get_from b "http://$(ip4_of a one):$port/"
		refused get_from b "http://[$(ip6_of a one)]:$port/"
		refused get_from c "http://$(ip4_of a one):$port/"
	done
	refused udp in_c b "$(ip4_of a one)" 82
	refused in_c b ping -c1 -W1 -q "$(ip4_of a one)"
	refused in_c b ping -c1 -W1 -q "$(ip6_of a one)"
	get_host h "http://$(ip4_of a one):81/"
}

@test "a container in both networks reaches both and does not forward between them" {
	two_networks
	attach a --network one
	attach b --network two
	attach both --network one --network two
	serve a 80
	serve b 80
	get_from both "http://$(ip4_of a one)/"
	get_from both "http://$(ip4_of b two)/"
	ip -n "$P-c-b" route add 10.31.0.0/24 via "$(ip4_of both two)"
	refused get_from b "http://$(ip4_of a one)/"
}

@test "ports that are not published are not reachable from outside, even with a route" {
	two_networks
	attach a --network one -p 8080:80
	serve a 80 81 82/udp
	ip -n "$P-out" route add 10.31.0.0/24 via "$H4"
	ip -n "$P-out" route add 2001:db8:31::/64 via "$H6"
	refused get_out "http://$(ip4_of a one):81/"
	refused get_out "http://[$(ip6_of a one)]:81/"
	refused get_out "http://$(ip4_of a one):80/"
	refused udp in_out "$(ip4_of a one)" 82
	refused in_out ping -c1 -W1 -q "$(ip4_of a one)"
	matches "$(get_out "http://$H4:8080/")" '^a from'
}

@test "ICC off separates the containers of a network, but not from the host and the outside" {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 -o icc=false apart
	attach a --network apart -p 8080:80
	attach b --network apart
	serve a 80 81
	refused get_from b "http://$(ip4_of a apart):81/"
	refused get_from b "http://[$(ip6_of a apart)]:81/"
	refused in_c b ping -c1 -W1 -q "$(ip4_of a apart)"
	matches "$(get_out "http://$H4:8080/")" '^a from'
	matches "$(get_host h "http://$(ip4_of a apart):81/")" '^a from'
	in_c b ping -c1 -W30 -q 192.0.2.1
}

# bridge_netfilter 0|1: whether packets within a bridge pass the host's IP tables, where the kernel knows how
bridge_netfilter() {
	in_host h sh -c "for f in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do [ ! -e \$f ] || echo $1 >\$f; done"
}

@test "ICC off: what is published is reached by its publisher and its neighbours, and nothing else is" {
	local from filter
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 -o icc=false apart
	container_ns a >/dev/null
	serve a 80 81 82 53/udp
	for filter in 1 0; do
		bridge_netfilter "$filter"
		attach a --network apart -p 8080:80 -p 5353:53/udp
		attach b --network apart -p 8082:82
		attach c --network apart
		published() {
			for from in a b c; do
				matches "$(get_from "$from" "http://$H4:$1/")" '^a from'
				matches "$(get_from "$from" "http://[$H6]:$1/")" '^a from'
				matches "$(get_from "$from" "http://10.31.0.1:$1/")" '^a from'
			done
		}
		apart() { # each takes its two seconds, so all at once
			local tries=() try
			for from in b c; do
				for try in "http://$(ip4_of a apart):$1/" "http://[$(ip6_of a apart)]:$1/"; do
					refused get_from "$from" "$try" 3>&- &
					tries+=("$!")
				done
			done
			for try in "${tries[@]}"; do wait "$try"; done
		}
		published 8080
		matches "$(udp in_c c "$H4" 5353)" '^a from'
		apart 81
		refused in_c b ping -c1 -W1 -q "$(ip4_of c apart)"
		# what is published later, by a container that published nothing before
		netctl port rm a 8080:80
		netctl port rm a 5353:53/udp
		apart 80
		netctl port add a 8081:81
		published 8081
		apart 81
		matches "$(get_out "http://$H4:8081/")" '^a from 192'
		netctl detach a
		netctl detach b
		netctl detach c
	done
}

@test "ICC off: a publisher's other ports stay closed to neighbours when bridge netfilter is switched off or on meanwhile" {
	local state filter
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 -o icc=false apart
	bridge_netfilter 1
	attach a --network apart -p 8080:80
	attach b --network apart
	serve a 80 81
	port_of_a() { ip -n "$P-h" -j -d link | jq -r '.[] | select(.ifalias == "a on apart").linkinfo.info_slave_data.isolated'; }
	for filter in 0 1 0; do
		bridge_netfilter "$filter"
		# without bridge netfilter in the kernel nothing can be switched, and all ports are isolated
		state=true
		[[ $filter == 0 || ! -e /proc/sys/net/bridge ]] || state=false
		wait_until 30 prints "$state" port_of_a
		refused get_from b "http://$(ip4_of a apart):81/"
		refused get_from b "http://[$(ip6_of a apart)]:81/"
		matches "$(get_from b "http://$H4:8080/")" '^a from'
	done
	# one of the two is enough
	bridge_netfilter 1
	in_host h sh -c 'f=/proc/sys/net/bridge/bridge-nf-call-ip6tables; [ ! -e $f ] || echo 0 >$f'
	wait_until 30 prints true port_of_a
	refused get_from b "http://[$(ip6_of a apart)]:81/"
}

@test "an internal network has no way out or in, but its containers reach each other" {
	netctl network create --internal --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 inside
	netctl network create --subnet 10.32.0.0/24 other
	attach a --network inside
	attach b --network inside
	attach c --network other
	serve a 80
	get_from b "http://$(ip4_of a inside)/"
	get_from b "http://[$(ip6_of a inside)]/"
	equals "$(ask b a)" "$(ip4_of a inside)"
	refused in_c a ping -c1 -W1 -q 192.0.2.1
	refused in_c a ping -c1 -W1 -q "$H4"
	# not with a route of its own making either
	ip -n "$P-c-a" route add default via 10.31.0.1 || true
	ip -n "$P-c-a" -6 route add default via 2001:db8:31::1 || true
	refused in_c a ping -c1 -W1 -q 192.0.2.1
	refused in_c a ping -c1 -W1 -q 2001:db8::1
	refused get_from c "http://$(ip4_of a inside)/"
	ip -n "$P-out" route add 10.31.0.0/24 via "$H4"
	refused get_out "http://$(ip4_of a inside)/"
}

@test "DNS questions of an internal network never leave, and are answered at once" {
	upstream
	netctl network create --internal inside
	attach a --network inside
	local out
	out=$(ask_full a some.ok.test)
	# answered by what is known here, and so at once: none waited for a server
	equals "$(netctl system snapshot resolver | jq -c '.Resolver.Counters | [.Forwarded, .Local]')" '[0,1]'
	equals "$(rcode "$out")" NXDOMAIN
	matches "$out" 'EDE: 18 \(Prohibited\)'
	matches "$out" '^\.[[:space:]].*SOA' # of the root, or a cache would take the name for a zone
	equals "$(upstream_saw some)" 0
	attach b --network inside --network bridge
	equals "$(ask b some.ok.test)" 203.0.113.7
}

@test "a container cannot take its neighbour's address or name from the host's own services" {
	attach a
	serve_in 'in_host h' host 9000
	# the host's own ports are the host's: reachable by its address as any host's
	matches "$(get_from a "http://$H4:9000/")" '^host from'
}

@test "forwarding is switched on for the networks and is not a way through the host for others" {
	attach a
	equals "$(in_host h cat /proc/sys/net/ipv4/ip_forward)" 1
	host_new i
	# from out, through h, to i's address on a second wire: a host that runs netd is no router for strangers
	ip -n "$P-h" link add side type veth peer name side netns "$P-i"
	ip -n "$P-h" addr add 198.51.100.1/24 dev side
	ip -n "$P-i" addr add 198.51.100.2/24 dev side
	ip -n "$P-h" link set side up
	ip -n "$P-i" link set side up
	ip -n "$P-out" route add 198.51.100.0/24 via "$H4"
	ip -n "$P-i" route replace 192.0.2.1/32 via 198.51.100.1
	refused in_out ping -c1 -W1 -q 198.51.100.2
}

@test "two hosts run side by side and do not see each other's networks" {
	host_new i
	netctl network create --subnet 10.31.0.0/24 n
	netctl_in i network create --subnet 10.31.0.0/24 n
	attach a --network n -p 8080:80
	attach_on i b --network n -p 8080:80
	serve a 80
	serve b 80
	equals "$(get_out http://192.0.2.10:8080/)" "a from 192.0.2.1"
	equals "$(get_out http://192.0.2.11:8080/)" "b from 192.0.2.1"
	equals "$(get_from a http://192.0.2.11:8080/)" "b from 192.0.2.10"
	equals "$(netctl ps --format '{{.Names}}')" a
	equals "$(ask a b)" ""
}
