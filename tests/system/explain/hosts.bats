#!/usr/bin/env bats
# hosts.bats - services of networks that span hosts: netctl explain and doctor say of them what this host knows, and no more
# SPDX-License-Identifier: GPL-2.0-or-later
load ../lib

# Two hosts of a cluster with an etcd of netd's own, which is on a, and a service that both publish.
setup() {
	host_new a
	host_new b
	netctl_in a cluster init --advertise-addr "$(host_addr a)" --name a
	netctl_in b cluster join --token "$(netctl_in a cluster token -q)" --name b "$(host_addr a)"
	netctl_in a network create -d overlay --subnet 10.77.0.0/16 --ipv6 --subnet fd77::/64 blue
	wait_until 30 netctl_in b network inspect blue
	# as soon as the host has a block of addresses
	wait_until 30 attach_on a ux --network blue
	wait_until 30 attach_on b uy --network blue
	netctl_in a service create web --network blue --port 80 --publish 8080:80
	wait_until 30 netctl_in b service inspect web
}
# told HOST FROM TO: "OUTCOME CODE", and all of it into $T/told
told() {
	netctl_in "$1" explain --state-dir "$T/$1/state" --format json "${@:2}" >"$T/told" 2>&1 || true
	jq -r '"\(.Verdict) \(.Code // "-")"' "$T/told" || cat "$T/told"
}
is_told() { [[ $(told "${@:2}") == "$1" ]]; }
doctor_says() { # HOST
	netctl_in "$1" doctor --state-dir "$T/$1/state" --format json >"$T/doctor" 2>&1 || true
	jq -r '[.Findings[].Code] | sort | join(" ")' "$T/doctor" || cat "$T/doctor"
}
doctor_is() { [[ $(doctor_says "$1") == "$2" ]]; }
has_backends() { [[ $(netctl_in "$1" service inspect web | jq -r '[.[0].Backends[].Name] | sort | join(" ")') == "$2" ]]; }

@test "who stands behind a service on another host is told as far as this one knows it" {
	local ip tunnel mac far lost bridge pair
	ip=$(netctl_in a service inspect web --format '{{.IPv4Address}}')
	# nobody anywhere: known for certain, since the other host has told of nobody
	wait_until 30 is_told "unreachable service-empty" a ux "$ip:80"
	equals "$(told a outside:192.0.2.1 host:8080)" "unreachable service-empty"
	equals "$(told b outside:192.0.2.1 web)" "unreachable service-empty"
	wait_until 30 doctor_is a service-empty
	# of this host: in either family, by the service and by each port
	attach_on a s1 --network blue --service web
	serve s1 80
	wait_until 30 has_backends b s1
	equals "$(told a ux web:80)" "reachable -"
	equals "$(told a ux "[$(netctl_in a service inspect web --format '{{.IPv6Address}}')]:80")" "reachable -"
	equals "$(told a outside:192.0.2.1 host:8080)" "reachable -"
	equals "$(told a outside:192.0.2.1 web)" "reachable -"
	equals "$(told a host host:8080)" "reachable -"
	equals "$(told a ux "$(host_addr a):8080")" "reachable -"
	equals "$(doctor_says a)" ""
	# the other one leads there, and says where its knowledge ends
	for pair in "uy web:80" "outside:192.0.2.1 host:8080" "host host:8080"; do
		# shellcheck disable=SC2086 # two words
		equals "$(told b $pair)" "undecided -"
		jq -r '.Unknown[].Why' "$T/told" | grep -qx 's1 is on host a: what becomes of it there is known there alone' || { cat "$T/told"; false; }
		jq -r '.Hops[].Say' "$T/told" | grep -q "leads it to s1 on host a" || { cat "$T/told"; false; }
	done
	equals "$(doctor_says b)" ""
	# one on each, of which one answers: neither reached nor lost
	attach_on b s2 --network blue --service web
	wait_until 30 has_backends a "s1 s2"
	wait_until 30 is_told "undecided -" a ux web:80
	jq -r '.Unknown[].Why' "$T/told" | grep -q 's2 is on host b'
	equals "$(told b uy web:80)" "undecided not-listening"
	serve s2 80
	wait_until 30 is_told "undecided -" b uy web:80
	# What netd has made of the way there it makes again at once: so somebody takes it away all the time.
	tunnel=$(in_host a ip -j link show type vxlan | jq -r '.[0].ifname')
	far=$(netctl_in a service inspect web | jq -r '.[0].Backends[] | select(.Host == "b")')
	mac=$(jq -r .MacAddress <<<"$far")
	bridge=$(in_host a ip -j link show "$tunnel" | jq -r '.[0].master')
	equals "$(jq -r .HostAddress <<<"$far")" "$(host_addr b)"
	for lost in "bridge fdb del $mac dev $tunnel self" "bridge fdb del $mac dev $tunnel master" \
		"ip neigh del $(jq -r .IPv4Address <<<"$far") dev $bridge"; do
		rm -f "$T/enough"
		spawn in_host a sh -c 'until [ -e "$1" ]; do $2 2>/dev/null; done' sh "$T/enough" "$lost"
		wait_until 30 doctor_is a tunnel-lost
		[[ -z ${SAVE_REPORTS:-} ]] || jq '.TookMilliseconds = 12.3 | .Repaired = []' "$T/doctor" | sed "s/$P-//g" >"$SAVE_REPORTS/tunnel-lost"
		jq -r '.Findings[].Say' "$T/doctor" | grep -qx 'network blue has lost the way to s2 on host b'
		wait_until 30 is_told "partly tunnel-lost" a ux web:80 # s1 is reached
		touch "$T/enough"
		wait "$SPAWNED" || true # of the last that was tried
		netctl_in a doctor --fix >/dev/null || true # it does not hear of each of them
		wait_until 30 doctor_is a ""
		wait_until 30 is_told "undecided -" a ux web:80
	done
}

names_unpublished() { # HOST SERVICE: "b:9090"
	netctl_in "$1" service inspect "$2" | jq -r '[.[0].Unpublished // [] | .[] | "\(.Host):\(.Port)"] | join(" ")'
}
lacks() { [[ $(names_unpublished "$1" "$2") == "$3" ]]; }
doctor_has() { [[ " $(doctor_says "$1") " == *" $2 "* ]]; }
doctor_lacks() { ! doctor_has "$@"; }

@test "a port that somebody has on another host is told on each, and of two services that want one at once one is refused" {
	local thief host refused=0 first
	spawn in_host b $PYTHON -I -S "$LIB/serve.py" thief "$T/ready-thief" 9090
	thief=$SPAWNED
	wait_until 30 test -e "$T/ready-thief"
	netctl_in a service create shop --network blue --port 80 --publish 9090:80
	for host in a b; do
		wait_until 30 lacks "$host" shop b:9090
		matches "$(netctl_in "$host" service inspect shop | jq -r '.[0].Unpublished[].Why')" 'port 9090/tcp on 0.0.0.0 is in use by python'
		matches "$(netctl_in "$host" service ls --format '{{.Name}} {{.Ports}}' | grep shop)" '^shop \*:9090->80/tcp \(not on b\)$'
		matches "$(netctl_in "$host" cluster status | tr -s ' \n' ' ')" 'Unpublished: b: 9090/tcp of service shop: .* is in use by python'
		doctor_has "$host" service-port-taken
		[[ -z ${SAVE_REPORTS:-} ]] || jq '.TookMilliseconds = 12.3 | .Repaired = []' "$T/doctor" | sed "s/$P-//g" >"$SAVE_REPORTS/service-port-taken"
	done
	# who asks there is answered by who has it, and told so
	equals "$(told b outside:192.0.2.1 host:9090)" "reachable -"
	jq -r '.Hops[] | select(.State == "warn").Say' "$T/told" | grep -qx 'b does not publish port 9090 of service shop'
	kill "$thief"
	for host in a b; do
		wait_until 30 lacks "$host" shop ""
		wait_until 30 doctor_lacks "$host" service-port-taken
	done
	equals "$(netctl_in a service ls --format '{{.Name}} {{.Ports}}' | grep shop)" "shop *:9090->80/tcp"
	# Two that are made on two hosts at once: b hears of the one on a when it has made its own.
	kill -STOP "$(cat "$T/b/run/herald.pid")"
	netctl_in a service create one --network blue --port 80 --publish 7070:80
	spawn_to "$T/two" netctl_in b service create two --network blue --port 80 --publish 7070:80
	first=$SPAWNED
	wait_until 30 netctl_in b service inspect two
	kill -CONT "$(cat "$T/b/run/herald.pid")"
	wait "$first" || refused=1
	equals "$refused" 1
	grep -qF 'port 7070/tcp is published by service one, which was made on another host at the same time' "$T/two" || { cat "$T/two"; false; }
	for host in a b; do
		wait_until 30 netctl_in "$host" service inspect one
		wait_until 30 eval '! netctl_in "$host" service inspect two'
		wait_until 30 lacks "$host" one ""
	done
	# and with nobody held back: whichever etcd has first
	for host in a b; do spawn_to "$T/at-$host" netctl_in "$host" service create "at-$host" --network blue --port 80 --publish 7071:80; eval "pid_$host=$SPAWNED"; done
	refused=0
	# shellcheck disable=SC2154 # set by eval
	for host in a b; do eval "wait \"\$pid_$host\"" || refused=$((refused + 1)); done
	equals "$refused" 1
	grep -qE 'port 7071/tcp is (already )?published by service at-' "$T/at-a" "$T/at-b"
	wait_until 30 eval '[[ $(netctl_in a service ls -q | grep -c ^at-) == 1 && $(netctl_in a service ls -q | sort | xargs) == "$(netctl_in b service ls -q | sort | xargs)" ]]'
}
