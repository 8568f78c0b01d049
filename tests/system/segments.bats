#!/usr/bin/env bats
# segments.bats - networks with more containers than a bridge has ports: bridges have four here
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

H4=192.0.2.10 H6=2001:db8::10

# A netd that is built with other limits (Makefile, SMALL_SEGMENTS).
setup() {
	mkdir "$T/small"
	ln -s "$NETD_BUILD"/* "$T/small/"
	rm "$T/small/netd"
	cp "$NETD_BUILD/tests/segments/4/netd" "$T/small/netd"
	NETD_BUILD=$T/small
	setup_default
}

# three_segments [OPTION…]: network web with c1 to c4 in its first segment, c5 to c8 in the second and c9 in the third. c2
# and c6 publish, and serve another port besides.
three_segments() {
	local i
	netctl network create --subnet 10.9.0.0/16 --ipv6 --subnet fd00:9::/64 "$@" web
	for i in {1..9}; do
		case $i in
		2) attach c2 --network web -p 8082:80 ;;
		6) attach c6 --network web -p 8086:80 ;;
		*) attach "c$i" --network web ;;
		esac
	done
	serve c2 80 81
	serve c6 80 81
	for i in {1..9}; do wait_until 30 by_gateway "$i"; done
}
by_gateway() { in_c "c$1" ip -6 route show fd00:9::/64 | grep -q via; }
master_of() { # CONTAINER: the number of its segment, 0 for the first
	local name
	name=$(ip -n "$P-h" -j link show | jq -r --arg a "$1 on web" '.[] | select(.ifalias == $a) | .master')
	[[ $name == *.* ]] && echo "${name#*.}" || echo 0
}
segment_bridge() { ip -n "$P-h" -j link show type bridge | jq -r --arg n ".$1" '.[].ifname | select(endswith($n))'; }
sees() { in_c "$1" ping -q -n -c 1 -W "${PATIENCE:-30}" "$2"; }
all_see_all() { # with a status, for it is a condition, too
	local from to
	for from in c1 c5 c9; do
		for to in c3 c7 c9; do
			sees "$from" "$(ip4_of "$to")" && sees "$from" "$(ip6_of "$to")" || return
		done
	done
}
# Until then packets are lost, and nobody waits long for one.
repairs_come() { PATIENCE=2 wait_until 60 all_see_all; }

@test "containers of all segments reach each other, by address and name, and the outside" {
	three_segments
	equals "$(for i in {1..9}; do master_of "c$i"; done | xargs)" "0 0 0 0 1 1 1 1 2"
	all_see_all
	equals "$(in_c c1 dig @127.0.0.11 +short c7)" "$(ip4_of c7)"
	equals "$(in_c c9 dig @127.0.0.11 +short AAAA c2)" "$(ip6_of c2)"
	in_c c9 ping -q -c 1 -W 30 192.0.2.1
	get_from c9 "http://$(ip4_of c2):81/"
	get_from c2 "http://[$(ip6_of c6)]:81/"
	get_host h "http://$(ip4_of c6):81/"
	get_host h "http://[$(ip6_of c6)]:81/"
	# another network, and the outside, reach what is published alone
	netctl network create --ipv6 other
	attach o --network other
	for to in "$(ip4_of c2)" "$(ip4_of c6)" "[$(ip6_of c6)]"; do refused get_from o "http://$to:81/"; done
	refused in_c c6 ping -c 1 -W 1 -q "$(ip4_of o)"
	ip -n "$P-out" route add 10.9.0.0/16 via "$H4"
	refused get_out "http://$(ip4_of c6):81/"
}

segments() { netctl network inspect web | jq -c '.[0].Status.Segments'; }
snapshot_web() { api_body GET /netd/v1/snapshot | jq -c '.Networks[] | select(.Name == "web")'; }

@test "inspect and the snapshot show segments where there are several, and nothing of them where there is one" {
	local i first list
	netctl network create web
	for i in {1..4}; do attach "c$i" --network web; done
	first=$(netctl network inspect web | jq -r '"br-" + .[0].Id[:12]')
	equals "$(netctl network inspect web | jq -c '.[0].Status | keys')" '["IPAM"]'
	equals "$(snapshot_web | jq 'has("Segments")')" false
	attach c5 --network web
	list="{\"Number\":0,\"Bridge\":\"$first\",\"PortsInUse\":4},{\"Number\":1,\"Bridge\":\"$(segment_bridge 1)\",\"PortsInUse\":1}"
	equals "$(segments)" "[$list]"
	equals "$(api_body GET /networks/web | jq -c .Status.Segments)" "[$list]"
	equals "$(snapshot_web | jq -c .Segments)" "[$list]"
	equals "$(api_body GET /networks | jq '.[] | select(.Name == "web") | has("Status")')" false
	netctl detach c5
	equals "$(segments)" null
}

@test "a foreign chain that lets through the first segment alone is named, with the others' bridges" {
	local i first second
	in_host h nft 'table inet others { chain forward { type filter hook forward priority 0; policy drop; }; }'
	netctl network create --internal -o bridge=shut0 shut
	netctl network create --internal -o bridge=first0 web
	lets() { in_host h nft add rule inet others forward "$@" accept; }
	lets iifname netd0
	lets oifname netd0
	equals "$(netctl system info --format '{{len .Warnings}}')" 0
	for i in {1..9}; do attach "c$i" --network web; done
	lets iifname first0
	lets oifname first0
	first=$(segment_bridge 1) second=$(segment_bridge 2)
	matches "$(netctl system info --format '{{index .Warnings 0}}')" \
		"^chain forward of table inet others drops .*: iptables -I DOCKER-USER -j ACCEPT -i $first; .* -o $first; .* -i $second; .* -o $second\$"
	refused in_c c9 ping -q -n -c 1 -W 1 "$(ip4_of c5)"
	# each way by a rule of its own; one of them is not enough
	lets iifname "$first" oifname "$second"
	matches "$(netctl system info --format '{{index .Warnings 0}}')" " -i $first; "
	lets iifname "$second" oifname "$first"
	equals "$(netctl system info --format '{{len .Warnings}}')" 0
	sees c9 "$(ip4_of c5)"
}

# published: c2 and c6 are reached by themselves, from their segment, from others, the host, its loopback and the outside
published() {
	local from to
	for to in 2 6; do
		for from in c1 c2 c5 c6 c9; do
			matches "$(get_from "$from" "http://$H4:808$to/")" "^c$to from"
			matches "$(get_from "$from" "http://10.9.0.1:808$to/")" "^c$to from"
			matches "$(get_from "$from" "http://[$H6]:808$to/")" "^c$to from"
		done
		matches "$(get_out "http://$H4:808$to/")" "^c$to from"
		matches "$(get_out "http://[$H6]:808$to/")" "^c$to from"
		matches "$(get_host h "http://127.0.0.1:808$to/")" "^c$to from"
	done
}
bridge_netfilter() { # 0|1
	in_host h sh -c "for f in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do [ ! -e \$f ] || echo $1 >\$f; done"
}

@test "what is published in any segment is reached from everywhere, its publisher among it" {
	three_segments
	bridge_netfilter 0
	published
	bridge_netfilter 1
	published
}

@test "ICC off: nobody reaches another in his segment or in another one, but for what is published" {
	local filter to tries=()
	three_segments -o icc=false
	for filter in 0 1; do
		bridge_netfilter "$filter"
		published
		tries=()
		for to in "c1 $(ip4_of c2)" "c1 $(ip4_of c6)" "c5 $(ip4_of c6)" "c9 [$(ip6_of c2)]" "c5 [$(ip6_of c6)]"; do
			refused get_from "${to% *}" "http://${to#* }:81/" 3>&- &
			tries+=("$!")
		done
		for to in "${tries[@]}"; do wait "$to"; done
	done
}

@test "a source that is not the container's own does not get from one segment into another" {
	three_segments
	spawn_to "$T/heard" in_c c2 socat -u "UDP-RECV:5300" STDOUT
	heard() { in_c c2 ss -Hlnu sport = :5300 | grep -q .; }
	wait_until 30 heard
	forge() { in_c "$1" $PYTHON -I -S "$LIB/forge.py" "${@:2}"; }
	forge c5 "$(ip4_of c1)" "$(ip4_of c2)" udp 53 5300 forged
	forge c9 198.51.100.7 "$(ip4_of c2)" udp 53 5300 forged
	forge c9 "$(ip4_of c5)" "$(ip4_of c2)" udp 53 5300 forged
	forge c5 "$(ip4_of c5)" "$(ip4_of c2)" udp 53 5300 own
	own() { grep -q own "$T/heard"; }
	wait_until 30 own
	lacks "$(cat "$T/heard")" forged
	forged() { netctl network inspect web | jq '.[0].Status.ForgedPackets'; }
	wait_until 30 prints 3 forged
}

@test "who comes back in another segment is reached at once, and a network ends without a rest" {
	local before address i
	before=$(snapshot h)
	three_segments
	address=$(ip4_of c1)
	sees c3 "$address" && sees c5 "$address"
	netctl detach c1
	attach c10 --network web
	equals "$(master_of c10)" 0
	attach c1 --network web
	equals "$(ip4_of c1) $(master_of c1)" "$address 2"
	for i in 1 10; do wait_until 30 by_gateway "$i"; done
	sees c3 "$address"
	sees c5 "$address"
	sees c1 "$(ip4_of c3)"
	sees c3 "$(ip6_of c1)"
	# an empty segment goes, the first alone answers for nobody
	for c in c1 c9; do netctl detach "$c"; done
	equals "$(segment_bridge 2)" ""
	sees c3 "$(ip4_of c7)"
	for c in c5 c6 c7 c8; do netctl detach "$c"; done
	equals "$(segment_bridge 1 | wc -w)" 1 # c2, c3, c4 and c10 go by the gateway
	for c in c2 c3 c4 c10; do netctl detach "$c"; done
	equals "$(segment_bridge 1)" ""
	equals "$(in_host h sh -c 'cat /proc/sys/net/ipv4/conf/br-*/proxy_arp' | sort -u)" 0
	matches "$(cat "$T/h/netd.log")" 'event=segment-remove network=web bridge=br-.*\.2'
	matches "$(cat "$T/h/netd.log")" 'event=segment-remove network=web bridge=br-.*\.1'
	equals "$(ip -n "$P-h" route show proto static | grep -c ' 10.9\|^10.9' || true)" 0
	netctl network rm web
	comes_back_to "$before" snapshot h
}

@test "a netd that starts finds the segments, whatever became of them, and none that is empty" {
	three_segments
	host_restart h KILL
	equals "$(for i in {1..9}; do master_of "c$i"; done | xargs)" "0 0 0 0 1 1 1 1 2"
	all_see_all
	published
	host_stop h KILL
	ip -n "$P-h" link del "$(segment_bridge 1)"
	ip -n "$P-h" link set "$(segment_bridge 2)" down
	ip -n "$P-h" link set "$(segment_bridge 2)" name elsewhere
	ip -n "$P-h" route flush proto static
	host_start h
	repairs_come
	equals "$(for i in {1..9}; do master_of "c$i"; done | xargs)" "0 0 0 0 1 1 1 1 2"
	netctl detach c9
	attach c9 --network web
	wait_until 30 by_gateway 9
	all_see_all
	# who ended with his namespace meanwhile leaves no route, and his address is reached elsewhere
	local address
	address=$(ip4_of c6)
	host_stop h KILL
	kill_namespace "$P-c-c6"
	ip netns del "$P-c-c6"
	host_start h
	equals "$(ip -n "$P-h" route show "$address")" ""
	equals "$(for i in 5 7 8; do master_of "c$i"; done | xargs)" "1 1 1"
}

@test "a segment's bridge, address, proxy_arp or route that somebody takes is there again" {
	local bridge
	three_segments
	bridge=$(segment_bridge 1)
	ip -n "$P-h" link del "$bridge"
	repairs_come
	ip -n "$P-h" addr del 10.9.0.1/32 dev "$bridge"
	gateway() { ip -n "$P-h" addr show dev "$bridge" | grep -q 'inet 10.9.0.1/32'; }
	wait_until 30 gateway
	in_host h sysctl -qw "net.ipv4.conf.$(tr . / <<<"$bridge").proxy_arp=0"
	answers_again() { equals "$(in_host h cat "/proc/sys/net/ipv4/conf/$bridge/proxy_arp")" 1; }
	wait_until 30 answers_again
	ip -n "$P-h" route del "$(ip4_of c7)"
	ip -n "$P-h" -6 route del "$(ip6_of c7)"
	repairs_come
	wait_until 30 grep -q "port .* of container c7 on network web lost the host's route to it" "$T/h/netd.log"
	published
}

ways6() { ip -n "$P-h" -6 route show proto static | sed -n "s/^\(fd00:9:[^ ]*\) dev \([^ ]*\).*/\1 \2/p"; }

@test "neighbours in a block share an IPv6 route, and single ones of a release before are joined without a loss" {
	local bridge first n joined="routes to single containers stand beside those to their blocks"
	netctl network create --subnet 10.9.0.0/16 --ipv6 --subnet fd00:9::/64 web
	for n in {1..4}; do attach "c$n" --network web; done
	for n in 5 6 7; do attach "c$n" --network "web:ip6=fd00:9::10$n"; done
	netctl detach c2
	attach c2 --network "web:ip6=fd00:9::102"
	equals "$(master_of c2) $(master_of c5)" "0 1"
	for n in {1..7}; do wait_until 30 by_gateway "$n"; done
	bridge=$(segment_bridge 1) first=br-$(netctl network inspect web | jq -r '.[0].Id[:12]')
	equals "$(ways6)" "fd00:9::102 $first"$'\n'"fd00:9::100/122 $bridge"
	reached() { sees c1 fd00:9::106 && sees c6 fd00:9::102 && sees c2 fd00:9::107 && sees c7 "$(ip6_of c1)"; }
	reached
	host_stop h KILL
	for n in 5 6 7; do ip -n "$P-h" -6 route add "fd00:9::10$n" dev "$bridge" proto static; done
	ip -n "$P-h" -6 route del fd00:9::100/122
	ip -n "$P-h" -6 route del fd00:9::102
	for n in 1:105 6:102; do
		spawn_to "$T/ping-${n#*:}" in_c "c${n%:*}" ping -n -i 0.02 "fd00:9::${n#*:}"
	done
	pings() { [ "$(wc -l <"$T/ping-105")" -gt 20 ] && [ "$(wc -l <"$T/ping-102")" -gt 20 ]; }
	wait_until 30 pings
	host_start h
	equals "$(ways6)" "fd00:9::102 $first"$'\n'"fd00:9::100/122 $bridge"
	matches "$(cat "$T/h/netd.log")" "3 $joined"
	# one number after the other was answered, from the start of netd to behind its end
	for n in 105 102; do
		: >"$T/numbers"
		in_order() { grep -o 'icmp_seq=[0-9]*' "$T/ping-$n" | cut -d= -f2 >"$T/numbers" && [ "$(wc -l <"$T/numbers")" -gt 60 ]; }
		wait_until 30 in_order
		equals "$(cat "$T/numbers")" "$(seq "$(wc -l <"$T/numbers")")"
	done
	ip -n "$P-h" -6 route del fd00:9::100/122
	again() { equals "$(ways6)" "fd00:9::102 $first"$'\n'"fd00:9::100/122 $bridge"; }
	wait_until 30 again
	wait_until 30 grep -q "the host has no route to fd00:9::100/122, where network web has containers" "$T/h/netd.log"
	ip -n "$P-h" -6 route replace fd00:9::102 dev "$bridge" proto static
	wait_until 30 again
	reached
	for n in 5 6 7; do netctl detach "c$n"; done
	equals "$(ways6)" ""
}

@test "an internal network has segments, and no way out; one whose containers may send for others has one" {
	local i
	netctl network create --internal --subnet 10.9.0.0/16 web
	for i in {1..6}; do attach "c$i" --network web; done
	sees c1 "$(ip4_of c6)"
	sees c6 "$(ip4_of c5)"
	refused in_c c6 ping -c 1 -W 1 -q 192.0.2.1
	netctl network create -o sources=198.51.100.0/24 alone
	for i in {1..4}; do attach "a$i" --network alone; done
	fails_with 1 'container a5 on network alone: bridge br-.* is full: 4 ports; network alone can have no other, because its containers send from' attach a5 --network alone
	equals "$(netctl network inspect alone | jq '.[0].Containers | length')" 4
}

@test "containers of a network that has shrunk reach each other by IPv6 as before" {
	local before i
	netctl network create --internal --subnet 10.9.0.0/16 --ipv6 --subnet fd00:9::/64 web
	before=$(snapshot h)
	for i in {1..5}; do attach "c$i" --network web; done
	for i in {1..5}; do wait_until 30 by_gateway "$i"; done
	sees c1 "$(ip6_of c5)"
	netctl detach c5
	sees c1 "$(ip6_of c3)"
	host_restart h
	sees c1 "$(ip6_of c3)"
	host_restart h KILL
	sees c1 "$(ip6_of c3)"
	netctl detach c2
	attach c2 --network web
	sees c2 "$(ip6_of c1)"
	for i in {1..4}; do netctl detach "c$i"; done
	comes_back_to "$before" snapshot h
}
