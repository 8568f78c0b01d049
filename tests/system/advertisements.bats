#!/usr/bin/env bats
# advertisements.bats - a host whose IPv6 comes from router advertisements, sent by a real radvd, keeps it
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# The host has no IPv6 address and no IPv6 route but what it is told by the router: namespace out.
setup() {
	HOST_NAMES+=(h)
	host_ns h
	N_HOSTS=1
	ip -n "$P-h" -6 route del default
	ip -n "$P-h" addr del 2001:db8::10/64 dev up0
}

# As often as radvd can. A busy machine may keep an advertisement back for longer than the interval.
router() {
	cat >"$T/radvd.conf" <<-EOT
		interface wire {
			AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime 60;
			prefix 2001:db8:9::/64 { AdvValidLifetime 60; AdvPreferredLifetime 30; };
		};
	EOT
	# Else its neighbour advertisements say that it is no router, and the route to it goes (RFC 4861, 7.2.5).
	in_out sysctl -qw net.ipv6.conf.all.forwarding=1
	spawn_to "$T/radvd.log" in_out radvd --nodaemon --config "$T/radvd.conf" --logmethod stderr --pidfile "$T/radvd.pid"
	wait_until 30 routed up0
	wait_until 30 has_address up0
}
routed() { ip -n "$P-h" -6 route show default dev "$1" proto ra | grep -q via; } # INTERFACE
has_address() { ip -n "$P-h" -6 addr show dev "$1" | grep -q 2001:db8:9:; }
accept_ra() { in_host h cat "/proc/sys/net/ipv6/conf/$1/accept_ra"; }
forwarding6() { in_host h cat /proc/sys/net/ipv6/conf/all/forwarding; }
kept() { netctl system info --format '{{join .AcceptRA " "}}'; }
# A route that is gone comes back with the next advertisement, if that is taken.
is_told_again() { # INTERFACE
	ip -n "$P-h" -6 route del default dev "$1" proto ra 2>/dev/null || true
	wait_until 30 routed "$1"
}

another_interface() { # NAME
	ip -n "$P-h" link add "$1" type veth peer name "w-$1" netns "$P-out"
	ip -n "$P-out" link set "w-$1" master wire up
	ip -n "$P-h" link set "$1" up
}

@test "a network with IPv6 leaves the host the router it has, and interfaces that come later theirs" {
	router
	host_start h
	equals "$(kept)" ""
	equals "$(accept_ra up0)" 1
	netctl network create --ipv6 six
	equals "$(forwarding6)" 1
	routed up0 # the kernel drops the routes of a host that becomes a router at once
	has_address up0
	equals "$(accept_ra up0)" 2
	equals "$(kept)" "up0 default"
	is_told_again up0
	another_interface up1
	equals "$(accept_ra up1)" 2
	wait_until 30 routed up1
	# what hangs on our bridges tells the host nothing
	equals "$(accept_ra "br-$(netctl network inspect six --format '{{.Id}}' | cut -c1-12)")" 0
	netctl network create --ipv6 seven
	netctl network rm six
	equals "$(accept_ra up0)" 2
	# and it is as it was with the last of them
	netctl network rm seven
	equals "$(forwarding6)" 0
	for interface in up0 up1 default; do
		equals "$(accept_ra "$interface")" 1
	done
	equals "$(kept)" ""
	is_told_again up0
}

@test "the same for ipv6 in netd.json, killed and restarted; a stop with nothing attached puts it back" {
	echo '{ "ipv6": true }' >"$T/h/etc/netd/netd.json"
	another_interface off0
	another_interface two0
	in_host h sysctl -qw net.ipv6.conf.off0.accept_ra=0 net.ipv6.conf.two0.accept_ra=2
	router
	host_start h
	routed up0
	equals "$(kept)" "up0 default"
	equals "$(accept_ra off0)" 0
	host_restart h KILL
	equals "$(kept)" "up0 default"
	attach a
	host_stop h
	equals "$(forwarding6)" 1 # a is still there
	equals "$(accept_ra up0)" 2
	host_start h
	is_told_again up0
	netctl detach a
	host_stop h
	equals "$(forwarding6)" 0
	equals "$(accept_ra up0)" 1
	equals "$(accept_ra default)" 1
	equals "$(accept_ra two0)" 2 # it was before
	routed up0
	host_start h
	equals "$(forwarding6)" 1
	equals "$(accept_ra up0)" 2
	routed up0
}

@test "where the host forwards already, or somebody else's bridge counts on it, nothing is changed" {
	host_start h
	in_host h ip link add foreign0 type bridge
	netctl network create --ipv6 six
	in_host h ip addr add 2001:db8:77::1/64 dev foreign0
	netctl network rm six
	equals "$(forwarding6)" 1
	equals "$(accept_ra up0)" 2
	in_host h ip link del foreign0
	netctl network create --ipv6 six
	netctl network rm six
	equals "$(forwarding6)" 0
	equals "$(accept_ra up0)" 1
	# a router by its owner's will
	in_host h sysctl -qw net.ipv6.conf.all.forwarding=1
	netctl network create --ipv6 six
	equals "$(accept_ra up0)" 1
	equals "$(kept)" ""
	netctl network rm six
	equals "$(forwarding6)" 1
}
