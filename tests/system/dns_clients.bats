#!/usr/bin/env bats
# dns_clients.bats - names as the programs in containers look them up: C libraries, BusyBox, HAProxy, nginx
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

setup_file() {
	local source
	source=$(dirname "$BATS_TEST_FILENAME")/lookup.c
	gcc -D_GNU_SOURCE -o "$BATS_FILE_TMPDIR/lookup.glibc" "$source"
	musl-gcc -D_GNU_SOURCE -static -o "$BATS_FILE_TMPDIR/lookup.musl" "$source"
}

# looked_up LIBRARY CONTAINER NAME [4|6]: the addresses or the error in one line. musl waits for a better answer than one it does not
# understand: as long as PATIENCE says, longer than anything else takes on a machine that is busy with other things.
PATIENCE=(--dns-option timeout:30)
looked_up() {
	local library=$1 container=$2 start=${EPOCHREALTIME/./} out
	shift 2
	out=$(netctl exec "$container" -- "$BATS_FILE_TMPDIR/lookup.$library" "$@" | paste -sd ' ') || true
	echo "$out"
	((${EPOCHREALTIME/./} - start < 29500000)) || echo "after $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
}

@test "on an internal network names of the outside do not exist, for every client and at once" {
	upstream
	netctl network create --internal --subnet 10.31.0.0/24 n
	attach a --network n "${PATIENCE[@]}"
	attach web --network n
	for library in musl glibc; do
		equals "$library $(looked_up $library a www.ok.test)" "$library no such name"
		equals "$library $(looked_up $library a nobody)" "$library no such name"
		equals "$library $(looked_up $library a web)" "$library $(ip4_of web n)"
	done
	matches "$(in_c a busybox nslookup www.ok.test 127.0.0.11)" 'NXDOMAIN'
	matches "$(in_c a busybox nslookup web 127.0.0.11)" "Address: $(ip4_of web n)"
	equals "$(upstream_saw www)" 0
}

@test "an upstream that fails for one family leaves the other's addresses to every client" {
	upstream
	netctl network create n
	attach a --network n "${PATIENCE[@]}"
	for library in musl glibc; do
		for code in 1 2 4 5; do
			equals "$library $code $(looked_up $library a aaaa$code.$library.test)" "$library $code 203.0.113.7"
			equals "$library $code $(looked_up $library a a$code.$library.test)" "$library $code 2001:db8:53::7"
		done
	done
	matches "$(in_c a busybox nslookup aaaa5.busybox.test 127.0.0.11)" 'Address: 203.0.113.7'
}

@test "what an upstream fails for altogether is a failure, not a name that does not exist" {
	upstream
	netctl network create n
	attach a --network n "${PATIENCE[@]}"
	for code in 1 2 4 5; do
		equals "$code $(looked_up glibc a rcode$code.ok.test)" "$code try again"
	done
}

@test "a search list completes short names for every client, and containers' own names come before it" {
	upstream
	netctl network create n
	attach web --network n
	attach a --network n --dns-search corp.test "${PATIENCE[@]}"
	for library in musl glibc; do
		equals "$library $(looked_up $library a intranet 4)" "$library 203.0.113.7"
		equals "$library $(looked_up $library a web)" "$library $(ip4_of web n)"
		equals "$library $(looked_up $library a web.n)" "$library $(ip4_of web n)"
	done
	equals "$(upstream_saw '^udp web')" 0 # nor asked whether the list has another
	equals "$(upstream_saw '^udp intranet.corp.test')" 1
}

# getaddrinfo of glibc sorts what it gets, by what its own address has in common with each: nothing is spread.
@test "alias-answer=one spreads glibc's clients over a service, for a network or for a name of one" {
	local i
	netctl network create --subnet 10.31.0.0/24 -o alias-answer=one n
	netctl network create --subnet 10.32.0.0/24 m
	attach a --network n --network m
	for i in 1 2 3; do
		container_ns "r$i" >/dev/null
		attach "r$i" --network n:alias=many
		netctl network connect --alias shop --driver-opt org.netd.endpoint.alias-answer=one m "r$i"
		attach "k$i" --network m:alias=plain
	done
	for name in many shop; do
		wait_until 30 drawn_are $name 3
		equals "$(ask a $name | wc -l)" 1
		matches "$(ask_full a $name)" "^$name\.[[:space:]]+0[[:space:]]"
	done
	equals "$(ask a plain | wc -l)" 3 # all, unless told
	host_restart h
	equals "$(ask a many | wc -l)" 1
	equals "$(ask a shop | wc -l)" 1
	fails_with 1 'all or one' netctl network create -o alias-answer=some x
	fails_with 1 'all or one' netctl network connect --driver-opt org.netd.endpoint.alias-answer=2 n k1
}
drawn_are() { [[ $(for i in 1 2 3 4 5 6 7 8; do looked_up glibc a "$1" 4; done | sort -u | wc -l) -eq $2 ]]; }

# Replicas r1 to rN of the service "many".
grow() { # FROM TO
	for i in $(seq "$1" "$2"); do attach "r$i" --network n:alias=many; done
}
shrink() { # FROM TO
	for i in $(seq "$1" "$2"); do netctl detach "r$i"; done
}

haproxy_start() { # in container lb; backend "plain" takes 512 bytes, "large" 8192
	local name
	{
		printf 'global\n\tstats socket %s\n' "$T/haproxy.sock"
		printf 'defaults\n\tmode tcp\n\ttimeout connect 30s\n\ttimeout client 30s\n\ttimeout server 30s\n'
		for name in plain large; do
			printf 'resolvers %s\n\tnameserver netd 127.0.0.11:53\n' $name
			printf '\ttimeout resolve 100ms\n\ttimeout retry 500ms\n\thold valid 100ms\n\thold obsolete 0s\n'
			[[ $name == plain ]] || printf '\taccepted_payload_size 8192\n'
			printf 'backend %s\n\tserver-template s 60 many:80 resolvers %s init-addr none\n' $name $name
		done
		printf 'listen l\n\tbind 127.0.0.1:8080\n\tserver-template s 1 many:80 resolvers large init-addr none\n'
	} >"$T/haproxy.cfg"
	spawn_to "$T/haproxy.log" in_c lb haproxy -db -f "$T/haproxy.cfg"
	HAPROXY=$SPAWNED
	wait_until 30 haproxy_talks
}
# The addresses of servers that are up. Fields: 4 name, 5 address, 6 operational state (2: running).
haproxy_up() { # BACKEND
	echo "show servers state $1" | socat - "UNIX-CONNECT:$T/haproxy.sock" | awk '$6 == 2 { print $5 }' | sort -u
}
haproxy_talks() { echo "show info" | socat - "UNIX-CONNECT:$T/haproxy.sock" | grep -q "^Pid: $HAPROXY$"; }
n_up() { haproxy_up "$1" | wc -l; }
up_is() { [[ $(n_up "$1") -eq $2 ]]; }

@test "HAProxy follows a service that grows from 20 to 40 replicas and shrinks again" {
	netctl network create --subnet 10.31.0.0/24 n
	attach lb --network n
	grow 1 20
	haproxy_start
	wait_until 30 up_is plain 20
	wait_until 30 up_is large 20
	grow 21 40
	wait_until 30 up_is large 40
	kill "$HAPROXY" # what it had does not count
	wait "$HAPROXY" || true
	haproxy_start
	wait_until 30 up_is plain 29 # as many as fit
	wait_until 30 up_is large 40
	shrink 4 40
	wait_until 30 up_is large 3
	wait_until 30 up_is plain 3
	equals "$(haproxy_up plain)" "$(for i in 1 2 3; do ip4_of r$i n; done | sort)"
	serve r1 80 && serve r2 80 && serve r3 80
	matches "$(get_from lb http://127.0.0.1:8080/)" '^r[123] from'
}

@test "nginx follows a service that grows from 20 to 40 replicas and shrinks again" {
	netctl network create --subnet 10.31.0.0/24 n
	attach lb --network n
	grow 1 20
	serve r1 80 && serve r2 80 && serve r3 80
	cat >"$T/nginx.conf" <<-EOC
	daemon off; master_process off; pid $T/nginx.pid; error_log $T/nginx.err;
	events { }
	http {
	    log_format tried '\$status \$upstream_addr';
	    access_log $T/nginx.log tried;
	    client_body_temp_path $T/nginx.1; proxy_temp_path $T/nginx.2; fastcgi_temp_path $T/nginx.3;
	    uwsgi_temp_path $T/nginx.4; scgi_temp_path $T/nginx.5;
	    resolver 127.0.0.11 valid=1s;
	    server {
	        listen 127.0.0.1:8080;
	        location / { set \$service many; proxy_pass http://\$service:80; }
	    }
	}
	EOC
	spawn_to "$T/nginx.out" in_c lb nginx -e "$T/nginx.err" -c "$T/nginx.conf"
	wait_until 30 answered
	wait_until 30 tries_are 20
	grow 21 40
	wait_until 30 tries_exceed 20 # as many as fit, 30
	shrink 4 40
	wait_until 30 tries_are 3
	answered
}
# Through nginx. Most replicas do not serve, so that one answered request passes by several.
answered() { [[ $(in_c lb curl -sf -m 20 http://127.0.0.1:8080/) == r[123]' from '* ]]; }
# All addresses that the latest requests tried.
tried_all() {
	local i
	: >"$T/nginx.log"
	for i in $(seq 20); do answered || return 1; done
	grep -oE '10\.31\.0\.[0-9]+' "$T/nginx.log" | sort -u | wc -l
}
tries_are() { [[ $(tried_all) -eq $1 ]]; }
tries_exceed() { [[ $(tried_all) -gt $1 ]]; }
