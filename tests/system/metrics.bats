#!/usr/bin/env bats
# metrics.bats - metrics-addr: pages that Prometheus' parsers read, from a process of its own
# SPDX-License-Identifier: GPL-2.0-or-later
load lib
load explain/tracers

setup() {
	SET_UP=$EPOCHSECONDS
	host_new h --metrics-addr :9323
}

OPEN='application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
URL=http://127.0.0.1:9323/metrics
PROMTOOL=/usr/local/lib/netd-tests/prometheus/usr/bin/promtool # scripts/install-deps

get() { in_host h curl -sS -m "$MAX_S" "$@"; }
samples() { "$PYTHON" "$LIB/metrics.py" "$@"; }
# The page as lines NAME LABELS VALUE. (A netd that has no snapshot within 8 s says so instead: on a busy machine it is asked again.)
page() {
	wait_until 60 get -f -H "Accept: $OPEN" -o "$T/page" "$URL"
	samples open "$T/page"
}
# A snapshot waits half a second for the resolver's part, and does without then.
page_with_resolver() {
	page >"$T/samples"
	grep -qx 'netd_resolver_up - 1' "$T/samples"
}
value_of() { page | awk -v name="$1" -v labels="${2:--}" '$1 == name && $2 == labels { print $3 }'; }
metrics_pid() { cat "$T/h/run/metrics.pid"; }
serves() { get -f -o /dev/null "$URL"; }

# What the kernel counts inside, and what the page says: [receive bytes, packets, transmit bytes, packets]
agrees() { # NAME IFNAME NETWORK
	local want got way what
	want=$(in_c "$1" ip -j -s link show "$2" | jq -r '.[0].stats64 | [.rx.bytes, .rx.packets, .tx.bytes, .tx.packets] | join(" ")')
	got=$(page | awk -v of="container=$1,network=$3" -v n=netd_container_network_ '$2 == of { v[$1] = $3 }
		END { print v[n "receive_bytes_total"], v[n "receive_packets_total"], v[n "transmit_bytes_total"], v[n "transmit_packets_total"] }')
	echo "inside $want, page $got"
	[[ $want == "$got" ]]
}

@test "both formats are read by Prometheus' parsers, and the one that is asked for is given" {
	netctl network create --ipv6 n
	attach a --network n -p 8080-8089:80-89
	wait_until 60 doctor_has_looked # what he says is no series before
	matches "$(get -H "Accept: $OPEN" -o "$T/open" -w '%{content_type}' "$URL")" '^application/openmetrics-text; version=1.0.0; charset=utf-8$'
	matches "$(get -o "$T/text" -w '%{content_type}' "$URL")" '^text/plain; version=0.0.4; charset=utf-8$'
	samples open "$T/open" | cut -d' ' -f1,2 >"$T/open.names"
	samples text "$T/text" | cut -d' ' -f1,2 >"$T/text.names"
	diff "$T/open.names" "$T/text.names"
	[[ $(wc -l <"$T/open.names") -gt 30 ]]
	equals "$("$PROMTOOL" check metrics <"$T/text" 2>&1)" ""
	equals "$(tail -1 "$T/open")" "# EOF"
	lacks "$(cat "$T/open")" "$(ip4_of a)|container=\"[0-9a-f]{12}" # neither addresses nor ids
	equals "$(value_of netd_published_ports)" 20
}

doctor_has_looked() { [[ -n $(value_of netd_well) ]]; }

@test "what the page says is what netctl, ip and the resolver say" {
	netctl network create --ipv6 --subnet 10.41.0.0/24 n
	netctl network create --subnet 10.42.0.0/24 m
	attach a --network n --network m
	attach b --network n
	in_c a ping -q -c 20 -i 0.01 -s 1000 10.41.0.1
	wait_until 30 agrees a eth0 n
	wait_until 30 agrees a eth1 m
	wait_until 30 agrees b eth0 n
	equals "$(value_of netd_containers)" 2
	equals "$(value_of netd_networks)" "$(netctl network ls -q | wc -l)"
	equals "$(value_of netd_network_addresses family=ipv4,network=n,state=used)" 2
	equals "$(value_of netd_network_addresses family=ipv6,network=n,state=used)" 2
	equals "$(value_of netd_network_addresses family=ipv4,network=m,state=used)" 1
	ask a b
	ask a b
	wait_until 30 same_as_resolver netd_dns_cache_entries CacheEntries
	equals "$(value_of netd_resolver_up)" 1
	equals "$(value_of netd_resolver_restarts_total)" 0
	kill -9 "$(resolver_pid h)"
	wait_until 30 is_restarted
	netctl detach b
	wait_until 30 tells_nothing_of b
}
tells_nothing_of() { # CONTAINER: a page that was made a moment ago is given again
	page >"$T/samples" &&
		lacks "$(cat "$T/samples")" "container=$1\b"
}
same_as_resolver() { [[ $(value_of "$1") == "$(netctl system snapshot resolver | jq ".Resolver.Counters.$2")" ]]; }
is_restarted() { [[ $(value_of netd_resolver_restarts_total) -eq 1 && $(value_of netd_resolver_up) -eq 1 ]]; }

@test "questions are told by source, code and time, operations by their end, and both processes" {
	local began=${EPOCHREALTIME/./} attached
	netctl network create n
	attach a --network n
	attach b --network n
	attached=$((${EPOCHREALTIME/./} - began))
	! netctl detach nobody
	! netctl network rm n # it has containers
	ask a b
	ask a b
	ask a nobody
	wait_until 30 page_with_resolver
	holds 'netd_dns_queries_total code=NOERROR,source=local 2'
	holds 'netd_dns_queries_total code=NXDOMAIN,source=local 1'
	holds 'netd_dns_query_duration_seconds_bucket le=+Inf,source=local 3'
	holds 'netd_dns_query_duration_seconds_count source=local 3'
	holds 'netd_operations_total operation=attach,outcome=done 2'
	holds 'netd_operations_total operation=attach,outcome=refused 0'
	holds 'netd_operations_total operation=detach,outcome=refused 1'
	holds 'netd_operations_total operation=network_create,outcome=done 1'
	holds 'netd_operations_total operation=network_remove,outcome=refused 1'
	holds 'netd_operation_duration_seconds_count operation=attach 2'
	# (first in the page: attach) no longer than all of it took here
	awk -v us="$attached" '$1 == "netd_operation_duration_seconds_sum" { exit !($3 > 0 && $3 * 1000000 < us) }' "$T/samples"
	# what the kernel says of itself
	equals "$(value_of netd_conntrack_limit)" "$(in_host h sysctl -n net.netfilter.nf_conntrack_max)"
	awk '$1 == "netd_conntrack_entries" { n++ } END { exit n != 1 }' "$T/samples"
	for process in netd resolver; do
		awk -v of="process=$process" '$2 == of { n++ } $2 == of && /start_time/ && $3 <= 0 { exit 1 } END { exit n < 4 }' "$T/samples"
	done
	# (the kernel counts ticks from a boot that it knows to a second)
	awk -v from="$((SET_UP - 2))" -v to="$((EPOCHSECONDS + 2))" '
		$1 == "process_start_time_seconds" && $2 == "process=netd" { good = $3 >= from && $3 <= to }
		END { exit !good }' "$T/samples"
	# one that ends by itself is a detach, too
	ip netns del "$P-c-b"
	wait_until 30 detached_by_itself
}
holds() { grep -qFx "$1" "$T/samples" || { grep -F "${1%% *}" "$T/samples"; false; }; }
detached_by_itself() { [[ $(value_of netd_operations_total operation=detach,outcome=done) == 1 ]]; }

@test "a server of the host's that does not answer is told of" {
	netctl network create n
	attach a --network n
	upstream 192.0.2.1 dead
	upstream 192.0.2.53
	name_servers 192.0.2.1 192.0.2.53
	wait_until 30 is_told_dead
	equals "$(value_of netd_dns_upstream_up upstream=192.0.2.53)" 1
	equals "$(value_of netd_dns_upstream_failures_total upstream=192.0.2.53)" 0
	[[ $(value_of netd_dns_queries_total code=NOERROR,source=hedged) -ge 1 ]]
}
is_told_dead() {
	ask a www.example.test >/dev/null
	[[ $(value_of netd_dns_upstream_up upstream=192.0.2.1) == 0 && $(value_of netd_dns_upstream_failures_total upstream=192.0.2.1) -ge 1 ]]
}

@test "it is a process without privileges, and nothing but a GET of /metrics is answered with a page" {
	local status
	wait_until 30 serves
	status=$(cat "/proc/$(metrics_pid)/status")
	matches "$status" 'CapEff:[[:space:]]*0000000000000000'
	matches "$status" 'Seccomp:[[:space:]]*2'
	[[ $(awk '/^Uid:/ { print $2 }' <<<"$status") -ne 0 ]]
	equals "$(get -o /dev/null -w '%{http_code}' -X POST -d x "$URL")" 405
	equals "$(get -o /dev/null -w '%{http_code}' -X DELETE "$URL")" 405
	equals "$(get -o /dev/null -w '%{http_code}' http://127.0.0.1:9323/)" 404
	equals "$(get -o /dev/null -w '%{http_code}' http://127.0.0.1:9323/netd/v1/info)" 404
	equals "$(get -I -o /dev/null -w '%{http_code}' "$URL")" 200
	printf 'no HTTP at all\r\n\r\n' | in_host h timeout "$MAX_S" ncat 127.0.0.1 9323 >"$T/said" || true
	printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nX: %01000000d\r\n\r\n' 0 | in_host h timeout "$MAX_S" ncat 127.0.0.1 9323 >"$T/said" || true
	serves
	# on this host's loopback alone
	equals "$(in_host h ss -Hlnt 'sport = 9323' | awk '{ print $4 }')" 127.0.0.1:9323
}

@test "one that is killed comes back, with netd as it was" {
	local before
	wait_until 30 serves
	before=$(metrics_pid)
	kill -9 "$before"
	wait_until 30 is_not "$before"
	wait_until 30 serves
	answers h
	# and again and again
	for _ in 1 2 3 4; do
		before=$(metrics_pid)
		kill -9 "$before"
		wait_until 30 is_not "$before"
		wait_until 30 serves
	done
}

@test "one that is stopped, or in an endless loop, is replaced, and serves again" {
	local before how
	wait_until 30 serves
	for how in 'kill -STOP' "$PYTHON -I -S $LIB/loop_for_ever.py"; do
		before=$(metrics_pid)
		$how "$before"
		wait_until 60 is_not "$before"
		wait_until 30 serves
		grep -q "process $before, which serves metrics, does not answer: it is " "$T/h/netd.log"
	done
	grep -q 'it is stopped, and another takes its place' "$T/h/netd.log"
	grep -q 'it is in an endless loop, and another takes its place' "$T/h/netd.log"
	answers h
}
is_not() {
	local pid
	pid=$(metrics_pid) && [[ -n $pid && $pid -ne $1 ]]
}

# Sixty are more than the C library sorts without asking the kernel for memory.
@test "a page of sixty containers has a row of each, from the process that gave the first page" {
	local before i
	netctl network create --subnet 10.41.0.0/24 n
	wait_until 30 serves
	before=$(metrics_pid)
	for i in {1..60}; do
		ip netns add "$P-m$i"
		netctl attach "m$i" --netns "/run/netns/$P-m$i" --network n
	done
	equals "$(page | grep -c '^netd_container_network_receive_bytes_total ')" 60
	equals "$(metrics_pid)" "$before"
}

shows_containers() { [[ $(value_of netd_containers) == "$1" ]]; }
@test "slow clients and two hundred connections hold nobody up" {
	netctl network create n
	attach a --network n
	wait_until 30 serves
	mkfifo "$T/stop"
	in_host h "$PYTHON" -I -S "$LIB/metrics.py" hold 127.0.0.1 9323 200 <"$T/stop" >"$T/held" &
	exec 7>"$T/stop"
	wait_until 30 grep -q held "$T/held"
	for _ in {1..20}; do
		page >/dev/null
	done
	answers h
	attach b --network n
	wait_until 30 shows_containers 2
	exec 7>&-
}

@test "netd that ends takes the page with it, and one that comes after any end serves it" {
	netctl network create n
	attach a --network n
	wait_until 30 serves
	host_stop h
	wait_until 30 is_closed
	host_start h --metrics-addr 127.0.0.1:9323
	wait_until 30 serves
	host_stop h KILL
	host_start h --metrics-addr '[::1]:9323'
	URL='http://[::1]:9323/metrics'
	wait_until 30 serves
	equals "$(value_of netd_containers)" 1
	# without it there is none
	host_stop h
	rm "$T/h/options"
	host_start h
	wait_until 30 is_closed
}
is_closed() { ! in_host h ss -Hlnt 'sport = 9323' | grep -q .; }

@test "a port that is taken, and an address that is none, are said in one sentence" {
	host_stop h
	wait_until 30 is_closed # by the process that served there
	spawn in_host h ncat -lk 127.0.0.1 9323
	wait_until 30 is_taken
	netd_refuses 'cannot serve metrics at :9323: another program has that port; end it, or choose another metrics-addr' --metrics-addr :9323
	netd_refuses '"web:9323" is no address and port such as "127.0.0.1:9323" or "[::1]:9323"' --metrics-addr web:9323
	netd_refuses 'cannot serve metrics at 192.0.2.77:9323: Cannot assign requested address' --metrics-addr 192.0.2.77:9323
}
is_taken() { ! is_closed; }
netd_refuses() { # SENTENCE OPTION…
	local sentence=$1
	shift
	! in_host h timeout 60 "$NETD_BUILD/netd" --run-dir "$T/h/run" --state-dir "$T/h/state" --host "unix://$(host_sock h)" "$@" 2>"$T/refused"
	echo "$(<"$T/refused")"
	grep -qF "$sentence" "$T/refused"
}

# Drops are counted where netd.json says so, which takes what the tracer takes.
count_drops() {
	local why
	why=$(kernel_lacks)
	[[ -z $why ]] || skip "$why"
	echo '{ "metrics-drops": true }' >"$T/h/etc/netd/netd.json"
	host_restart h KILL
	wait_until 30 serves
	wait_until 60 tracer_is 1
}
tracer_is() { [[ $(value_of netd_tracer_up) == "$1" ]]; }
# Whoever counts for this netd: the process that starts tracers, and the one that it made.
starter_of_tracers() { pgrep -P "${NETD_PID[h]}" -x netd-trace; }
tracer_of_metrics() { pgrep -P "$(starter_of_tracers)" -x netd-trace; }
datagrams() { # FROM ADDRESS PORT HOW MANY
	in_c "$1" "$PYTHON" -I -S -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(int(sys.argv[3])):
    s.sendto(b"x", (sys.argv[1], int(sys.argv[2])))' "${@:2}"
}
reason() { [[ $(uname -r) == 5.10.* ]] && echo "$2" || echo "$1"; } # REASON FUNCTION: kernels before 5.17 have no reasons
dropped() { value_of netd_drops_total "container=$1,reason=$2"; }
has_dropped() { [[ $(dropped "$1" "$2") == "$3" ]]; }

@test "where it is asked for, drops are counted by container and reason, and by nobody where it is not" {
	local nobody refused
	nobody=$(reason NO_SOCKET __udp4_lib_rcv) refused=$(reason NETFILTER_DROP nft_do_chain)
	netctl network create --subnet 10.41.0.0/24 n
	netctl network create --subnet 10.42.0.0/24 m
	attach a --network n --ip 10.41.0.2
	attach b --network n --ip 10.41.0.3
	attach c --network m --ip 10.42.0.2
	# without: neither families nor anybody who would count
	lacks "$(page)" 'netd_drops|netd_tracer'
	refused starter_of_tracers
	count_drops
	in_c b nft 'add table inet own; add chain inet own in { type filter hook input priority 0; }; add rule inet own in udp dport 95 drop'
	datagrams a 10.41.0.3 99 7
	datagrams a 10.41.0.3 95 11
	# at the bridge of n, by netd's own rule: of no container alone
	datagrams a 10.42.0.2 99 5
	wait_until 30 has_dropped b "$nobody" 7
	wait_until 30 has_dropped b "$refused" 11
	wait_until 30 has_dropped "" "$refused" 5
	equals "$(value_of netd_drops_uncounted_total)" 0
	# in the other format, too
	get -f -o "$T/text" "$URL"
	samples text "$T/text" | grep -qx "netd_drops_total container=b,reason=$nobody 7"
	equals "$("$PROMTOOL" check metrics <"$T/text" 2>&1)" ""
	# They only grow, and those of who has gone go.
	datagrams a 10.41.0.3 99 2
	wait_until 30 has_dropped b "$nobody" 9
	netctl detach b
	wait_until 30 tells_nothing_of b
	wait_until 30 has_dropped "" "$refused" 5
	# The group is let in by a setting of its own.
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$T" "$T/h"
	chgrp 4711 "$(host_sock h)"
	spawn_to "$T/member" in_host h env NETD_HOST="unix://$(host_sock h)" setpriv --reuid=65534 --regid=4711 --clear-groups \
		"$NETD_BUILD/netctl" drops --for 1s --format json
	wait "$SPAWNED" || true
	matches "$(cat "$T/member")" 'trace-for-group'
}

# PID of the tracer, after another one has taken its place.
another_tracer() {
	local pid
	pid=$(tracer_of_metrics) && [[ $pid -ne $1 ]]
}

@test "a tracer that is killed is followed by another, numbers grow on, and nothing is left of it" {
	local first nobody explainer metrics
	nobody=$(reason NO_SOCKET __udp4_lib_rcv)
	netctl network create --subnet 10.41.0.0/24 n
	attach a --network n --ip 10.41.0.2
	attach b --network n --ip 10.41.0.3
	count_drops
	datagrams a 10.41.0.3 99 7
	wait_until 30 has_dropped b "$nobody" 7
	first=$(tracer_of_metrics)
	[[ $(programs "$first") -eq 1 ]]
	kill -9 "$first"
	wait_until 60 another_tracer "$first"
	wait_until 60 tracer_is 1
	equals "$(programs orphaned)" 0
	datagrams a 10.41.0.3 99 3
	wait_until 30 has_dropped b "$nobody" 10
	# who tells of it
	first=$(tracer_of_metrics)
	explainer=$(pgrep -P "${NETD_PID[h]}" -x netd-explain)
	kill -9 "$explainer"
	wait_until 60 another_tracer "$first"
	wait_until 30 has_ended "$first"
	wait_until 60 tracer_is 1
	datagrams a 10.41.0.3 99 1
	wait_until 30 has_dropped b "$nobody" 11
	# who serves: sums begin anew, as those of each process
	first=$(tracer_of_metrics)
	metrics=$(metrics_pid)
	kill -9 "$metrics"
	wait_until 30 is_not "$metrics"
	wait_until 60 another_tracer "$first"
	wait_until 60 tracer_is 1
	wait_until 30 has_ended "$first"
	datagrams a 10.41.0.3 99 2
	wait_until 30 has_dropped b "$nobody" 2
	# netd itself
	first=$(tracer_of_metrics)
	host_stop h KILL
	wait_until 30 has_ended "$first"
	equals "$(programs orphaned)" 0
	host_start h
	wait_until 60 tracer_is 1
	# who starts tracers has rights that netd gave up: what runs goes on, and that there will be no other is said once
	first=$(tracer_of_metrics)
	kill -9 "$(starter_of_tracers)"
	datagrams a 10.41.0.3 99 4
	wait_until 30 has_dropped b "$nobody" 4
	kill -9 "$first"
	wait_until 60 tracer_is 0
	wait_until 30 grep -q 'drops are not counted for the metrics: .* has ended; it comes back with netd' "$T/h/netd.log"
	lacks "$(page)" netd_drops
	equals "$(programs orphaned)" 0
	host_restart h
	wait_until 60 tracer_is 1
	# and in order
	first=$(tracer_of_metrics)
	host_stop h
	wait_until 30 has_ended "$first"
	equals "$(programs orphaned)" 0
}

@test "where the kernel cannot count that is said once, and no number is zero for it" {
	netctl network create --subnet 10.41.0.0/24 n
	attach a --network n
	echo '{ "metrics-drops": true }' >"$T/h/etc/netd/netd.json"
	host_stop h
	spawn_to "$T/h/netd.log" in_host h setpriv --bounding-set -bpf --inh-caps -bpf "$NETD_BUILD/netd" --run-dir "$T/h/run" \
		--state-dir "$T/h/state" --host "unix://$(host_sock h)" --metrics-addr :9323
	NETD_PID[h]=$SPAWNED
	wait_until 30 answers_or_dead h
	wait_until 30 serves
	wait_until 30 tracer_is 0
	lacks "$(page)" 'netd_drops'
	equals "$(grep -c 'drops are not counted for the metrics: netd was started without CAP_BPF and CAP_PERFMON' "$T/h/netd.log")" 1
	# and where nobody would read them
	host_stop h
	rm "$T/h/options"
	host_start h
	grep -q 'metrics-drops counts for nobody: metrics-addr is not set' "$T/h/netd.log"
}

has_drops() { page | grep -q '^netd_drops_total '; }
finds() { [[ $(value_of netd_findings code=rules-policy) -ge 1 && $(value_of netd_well) == 0 ]]; }

@test "every series of the dashboard and of docs/metrics.md is on the page, and none is left out there" {
	local docs=$LIB/../../docs
	netctl network create n
	in_host h nft 'add table inet corp; add chain inet corp f { type filter hook forward priority 10; policy drop; }'
	attach a --network n
	count_drops
	wait_until 30 finds
	attach b --network n
	wait_until 60 eval 'datagrams a "$(ip4_of b)" 99 1; has_drops'
	wait_until 30 page_with_resolver
	cut -d' ' -f1 "$T/samples" | sort -u >"$T/there"
	jq -e '.panels | length > 10' "$docs/grafana.json" >/dev/null
	jq -r '.. | strings' "$docs/grafana.json" | grep -oE '(netd|process)_[a-z_]+' | grep -v '_uid$' | sort -u >"$T/drawn"
	[[ $(wc -l <"$T/drawn") -gt 15 ]]
	equals "$(comm -23 "$T/drawn" "$T/there")" ""
	# A histogram is three series; descriptors an old kernel does not count.
	sed -E 's/_seconds_(bucket|count|sum)$/_seconds/; /^process_open_fds$/d' "$T/there" | sort -u >"$T/families"
	grep -E '^\| `(netd|process)_' "$docs/metrics.md" | cut -d'|' -f2 | grep -oE '(netd|process)_[a-z_]+' |
		grep -vx process_open_fds | sort -u >"$T/told"
	equals "$(diff "$T/told" "$T/families")" ""
}
