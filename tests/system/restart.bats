#!/usr/bin/env bats
# restart.bats - SIGTERM, kill -9 and reboot of netd: nothing attached notices, networks are there again
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

H4=192.0.2.10 H6=2001:db8::10

# One of everything, and what must hold before and after.
furnish() {
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 --label x=y n
	netctl network create --internal --subnet 10.32.0.0/24 inside
	attach web --network n:alias=www --network inside -p 8080:80 -p 127.0.0.1:8081:80 -p 5300:53/udp
	attach client --network n --link web:linked
	attach plain
	serve web 80 53/udp
}
# Counters count.
rules() { ruleset_of h | sed -E 's/packets [0-9]+ bytes [0-9]+//'; }
all_works() {
	equals "$(ask client web) $(ask client www) $(ask client linked)" "$1 $1 $1"
	equals "$(ask client web AAAA)" "$(ip6_of web n)"
	matches "$(get_out "http://$H4:8080/")" '^web from 192\.0\.2\.1$'
	matches "$(get_out "http://[$H6]:8080/")" '^web from 2001:db8::1$'
	matches "$(get_host h http://127.0.0.1:8081/)" '^web from'
	matches "$(get_host h 'http://[::1]:8080/')" '^web from'
	matches "$(udp in_out "$H4" 5300)" '^web from'
	matches "$(get_from client http://10.31.0.2/)" '^web from'
	in_c plain ping -c1 -W30 -q 192.0.2.1
	refused in_c plain ping -c1 -W1 -q 10.31.0.2
}

@test "everything attached works after SIGTERM and after kill -9, with the same addresses" {
	furnish
	local before
	before=$(netctl inspect web client plain | jq -S 'map(.NetworkSettings)')
	all_works "$(ip4_of web n)"
	local rules
	rules=$(rules)
	for signal in TERM KILL TERM; do
		host_restart h $signal
		equals "$(netctl inspect web client plain | jq -S 'map(.NetworkSettings)')" "$before"
		all_works "$(ip4_of web n)"
		equals "$(rules)" "$rules"
	done
	netctl detach web
	netctl detach client
	netctl detach plain
	netctl network rm n inside
}

answered_so_far() { grep -o 'icmp_seq=[0-9]*' "$T/pings" | cut -d= -f2 >"$T/numbers"; }
answers_go_on() { answered_so_far && (($(wc -l <"$T/numbers") > $1 + 20)); }
@test "traffic and connections do not notice kill -9 and restart" {
	furnish
	spawn_to "$T/pings" in_c client ping -n -i 0.02 10.31.0.2
	local ping=$SPAWNED
	spawn in_c web iperf3 -s -p 5201 -1
	wait_until 30 bash -c "nsenter --net=$(container_path web) ss -Hlnt | grep -q :5201"
	in_c client iperf3 -c 10.31.0.2 -t 3 -b 20M -J >"$T/iperf" 3>&- &
	local iperf=$!
	for signal in KILL TERM KILL; do
		host_restart h $signal
		in_c client ping -c1 -W30 -q 10.31.0.2
	done
	wait "$iperf"
	equals "$(jq -r '.error // "none"' "$T/iperf")" none
	# One number after the other was answered, to behind the last start.
	answered_so_far
	wait_until 30 answers_go_on "$(wc -l <"$T/numbers")"
	kill "$ping"
	wait "$ping" || true
	answered_so_far
	equals "$(cat "$T/numbers")" "$(seq "$(wc -l <"$T/numbers")")"
}

@test "an open connection through a published port survives kill -9 and restart" {
	attach web -p 8080:80
	spawn in_c web socat TCP-LISTEN:80,reuseaddr EXEC:cat
	wait_until 30 bash -c "nsenter --net=$(container_path web) ss -Hlnt | grep -q :80"
	mkfifo "$T/in"
	in_out socat -t5 - "TCP:$H4:8080" <"$T/in" >"$T/out" 3>&- &
	exec 9>"$T/in"
	echo before >&9
	wait_until 30 grep -q before "$T/out"
	host_restart h KILL
	echo after >&9
	wait_until 30 grep -q after "$T/out"
	exec 9>&-
}

@test "networks survive a reboot with ids, subnets, labels and options; containers are gone" {
	local before
	netctl network create --ipv6 --subnet 10.31.0.0/24 --subnet 2001:db8:31::/64 --label x=y -o mtu=1400 n
	netctl network create pooled
	attach a --network n -p 8080:80
	before=$(netctl network inspect bridge n pooled | jq -S 'map(del(.Containers, .Status))')
	host_reboot h
	equals "$(netctl network inspect bridge n pooled | jq -S 'map(del(.Containers, .Status))')" "$before"
	equals "$(netctl ps -q)" ""
	matches "$(ip -n "$P-h" -4 addr)" '10\.31\.0\.1/24'
	matches "$(ip -n "$P-h" -6 addr)" '2001:db8:31::1/64'
	ip netns del "$P-c-a"
	attach a --network n -p 8080:80
	serve a 80
	matches "$(get_out "http://$H4:8080/")" '^a from'
}

@test "bridges and addresses that someone removed are made again" {
	netctl network create --subnet 10.31.0.0/24 -o bridge=mybr n
	attach a --network n
	attach b --network n
	ip -n "$P-h" addr del 10.31.0.1/24 dev mybr
	healed() { in_c a ping -c1 -W1 -q 10.31.0.1; }
	wait_until 30 healed
	host_stop h KILL
	ip -n "$P-h" link del mybr
	host_start h
	works() { in_c a ping -c1 -W1 -q "$(ip4_of b n)"; }
	wait_until 30 works
}

@test "leases are kept: the same name has its address after a restart" {
	local ip
	netctl network create --subnet 10.31.0.0/24 n
	attach a --network n
	attach b --network n
	ip=$(ip4_of a n)
	netctl detach a
	host_restart h KILL
	attach c --network n
	attach a --network n
	equals "$(ip4_of a n)" "$ip"
}

@test "SIGTERM ends netd with status 0 and leaves containers connected" {
	attach a
	attach b
	local start=${EPOCHREALTIME/./} status=0
	kill -TERM "${NETD_PID[h]}"
	wait "${NETD_PID[h]}" || status=$?
	equals "$status" 0
	((${EPOCHREALTIME/./} - start < 30000000))
	in_c a ping -c1 -W30 -q 172.17.0.3
	host_start h
}

@test "a state database that is damaged is told at start, not overwritten" {
	host_stop h
	local file
	file=$T/h/state/networks.db
	echo "this is no database, it is something else and long enough to be seen as such" >"$file"
	in_host h timeout 60 "$NETD_BUILD/netd" --run-dir "$T/h/run" --state-dir "$T/h/state" \
		--host "unix://$(host_sock h)" >"$T/out" 2>&1 && return 1
	matches "$(cat "$T/out")" "$(basename "$file")"
	matches "$(cat "$file")" 'this is no database'
}

@test "files are root's alone, those of a netd that left them open too, and the resolver has its name in ps" {
	modes() { stat -c '%a %n' "$T"/h/run/run.db* "$T"/h/state/networks.db* | awk '{ print $1 }' | sort -u; }
	attach a
	equals "$(modes)" 600
	# What containers see as their own is for whoever runs in them.
	equals "$(find "$T"/h/run "$T"/h/state -type f -perm /077 | grep -cv '/\(hosts\|resolv.conf\|hostname\)$')" 0
	host_stop h KILL
	chmod 644 "$T"/h/run/run.db* "$T"/h/state/networks.db*
	host_start h
	equals "$(modes)" 600
	matches "$(netctl ps --format '{{.Names}}')" '^a$'
	# In parentheses, or systemd warns of a left-over process at each restart.
	equals "$(ps -o comm= -p "$(resolver_pid h)")" '(netd-resolver)'
	matches "$(ps -o args= -p "$(resolver_pid h)")" '^netd-resolver '
}

@test "the log complains of a namespace that went without a detach, and not of a program that ended" {
	attach a
	netctl run --name one -- true
	netctl run -d --name two -- true
	wait_until 30 grep 'container two ended$' "$T/h/netd.log"
	lacks "$(grep -E 'one|two' "$T/h/netd.log")" 'without a detach'
	ip netns del "$P-c-a"
	wait_until 30 grep 'container a ended without a detach' "$T/h/netd.log"
}

# What they mean was learnt later; containers hang on them.
@test "options that an older netd kept as notes cost no network and no container" {
	netctl network create --subnet 10.31.0.0/24 n
	attach a --network n
	local before
	before=$(ip4_of a)
	host_stop h
	sqlite3 "$T/h/state/networks.db" "UPDATE network SET body = json_set(body,
		'$.Options.\"com.docker.network.bridge.gateway_mode_ipv4\"', 'nonsense') WHERE name = 'n'"
	sqlite3 "$T/h/run/run.db" "UPDATE endpoint SET settings = json_set(settings,
		'$.DriverOpts.\"com.docker.network.endpoint.sysctls\"', 'net.ipv4.nonsense')"
	host_start h
	equals "$(ip4_of a)" "$before"
	in_c a ping -c1 -W30 -q 10.31.0.1
	ip -n "$P-c-a" link del eth0 # and it is made again
	wait_until 30 in_c a ping -c1 -W1 -q 10.31.0.1
	matches "$(cat "$T/h/netd.log")" 'network n goes on without its options for gateway modes'
}

@test "a link on the host that has a name chosen for a container's, and is not netd's, stays as it is" {
	netctl network create --subnet 10.31.0.0/24 n
	attach a --network n:org.netd.endpoint.host-ifname=web0
	attach b --network n:org.netd.endpoint.host-ifname=web1
	attach c --network n:org.netd.endpoint.host-ifname=web2
	host_stop h KILL
	ip -n "$P-h" link del web0
	ip -n "$P-h" link del web1
	ip -n "$P-h" link add web0 type veth peer name other0
	ip -n "$P-h" link add web1 type bridge
	ip netns del "$P-c-b" # its record does not come back
	local before
	foreign() { ip -n "$P-h" -j -d link | jq -c '.[] | select(.ifname == "web0" or .ifname == "web1")
		| [.ifindex, .ifname, .master, .address, .ifalias, .operstate, .linkinfo.info_kind]'; }
	before=$(foreign)
	host_start h
	wait_until 30 grep 'container a .*there is a link named web0 already' "$T/h/netd.log"
	in_c c ping -c1 -W30 -q 10.31.0.1
	equals "$(foreign)" "$before"
	ip -n "$P-h" link del web0 # the name is free, and the container has its link again
	host_restart h
	wait_until 30 in_c a ping -c1 -W1 -q 10.31.0.1
	equals "$(netctl ps -q | wc -l)" 2
	host_stop h # links whose records are lost are known by their alias
	rm -rf "$T/h/run"
	mkdir "$T/h/run"
	host_start h
	gone() { ! links_of h | grep -qx "$1"; } # swept in a moment
	wait_until 30 gone web0
	wait_until 30 gone web2
	matches "$(links_of h)" web1
}

@test "a container whose record is longer than any request comes back" {
	local long=2001:db8::ffff:ffff:ffff:fffe range=10000-25999
	ip -n "$P-h" addr add "$long/128" dev up0 nodad
	netctl network create --ipv6 --subnet 2001:db8:31::/64 n
	container_ns many
	equals "$(api_status POST /netd/v1/containers "{\"Name\": \"many\", \"NetnsPath\": \"$(container_path many)\",
		\"Networks\": {\"n\": {}}, \"PortBindings\":
		{\"$range/tcp\": [{\"HostIp\": \"$long\", \"HostPort\": \"$range\"}]}}")" 201
	host_restart h KILL
	equals "$(netctl ps --format '{{.Names}}')" many
	serve many 25999
	matches "$(get_out "http://[$long]:25999/")" '^many from'
}
