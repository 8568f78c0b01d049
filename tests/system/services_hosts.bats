#!/usr/bin/env bats
# services_hosts.bats - services of networks that span hosts: one address on all of them, for containers of any
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# Two hosts of a cluster with an etcd of netd's own, which is on a, and a network.
setup() {
	host_new a
	host_new b
	netctl_in a cluster init --advertise-addr "$(host_addr a)" --name a
	join b
	netctl_in a network create -d overlay --subnet 10.77.0.0/16 --ipv6 --subnet fd77::/64 blue
	wait_until 30 netctl_in b network inspect blue
	# as soon as the host has a block of addresses
	wait_until 30 attach_on a ux --network blue
	wait_until 30 attach_on b uy --network blue
}
join() {
	netctl_in "$1" cluster join --token "$(netctl_in a cluster token -q)" --name "$1" "$(host_addr a)"
}
stands() { [[ $(netctl_in "$1" cluster status --format '{{.State}}') == "$2" ]]; }
asked() { in_c "$1" dig +short +time=10 +tries=2 @127.0.0.11 -q "${@:2}"; }
finds() { [[ $(asked "${@:1:$#-1}") == "${*: -1}" ]]; }
address() { netctl_in "$1" inspect "$2" | jq -r '.[0].NetworkSettings.Networks | to_entries[0].value.IPAddress'; }
service_of() { netctl_in "$1" service inspect "$2" --format "{{.${3:-IPv4Address}}}"; } # HOST SERVICE [MEMBER]
has_service() { [[ $(service_of "$1" "$2") == "$3" ]]; } # HOST SERVICE ADDRESS
knows_no() { ! netctl_in "$1" service inspect "$2"; }
# Who stands behind it, as HOST sees it: "s1 s2@b".
backends() {
	netctl_in "$1" service inspect "$2" | jq -r '[.[0].Backends[] | .Name + (if .Host then "@" + .Host else "" end)] | sort | join(" ")'
}
has_backends() { [[ $(backends "$1" "$2") == "$3" ]]; }
# answers_of CONTAINER N URL: who answered so many connections, each of which a server of HTTP/1.0 ends.
answers_of() {
	local i urls=()
	for ((i = 0; i < $2; i++)); do urls+=("$3"); done
	in_c "$1" curl -sS -g -m "$MAX_S" "${urls[@]}" | cut -d' ' -f1 | sort | uniq -c
}
are_spread() { # CONTAINER URL: over two. Of 60 each has fewer than 10 once in some ten million runs.
	answers_of "$1" 60 "$2" >"$T/answers"
	equals "$(wc -l <"$T/answers")" 2
	awk '$1 < 10 { bad = 1 } END { exit bad }' "$T/answers" || { cat "$T/answers" && false; }
}
is_answered() { in_c "$1" curl -sS -g -m "$MAX_S" -o "$T/page" "$2"; }
is_led_to() { [[ $(answers_of "$1" 10 "$2" | awk '{ print $1, $2 }') == "10 $3" ]]; }
has_ports() { [[ $(netctl_in "$1" service inspect "$2" | jq -r '[.[0].Ports[] | "\(.Port):\(.Target)"] | join(",")') == "$3" ]]; }
put_to() { curl -sS -m "$MAX_S" --trace-ascii "$T/trace" -w '\n%{http_code}' -X PUT -H 'Content-Type: application/json' -d "$3" --unix-socket "$(host_sock "$1")" "http://netd/netd/v1/$2"; }
has_status() { # STATUS COMMAND…
	local answer
	answer=$("${@:2}") && echo "$answer" && [[ ${answer##*$'\n'} == "$1" ]]
}
keys() {
	local at=$T/a/state/etcd
	in_host a env ETCDCTL_API=3 etcdctl --endpoints "https://$(host_addr a):2389" --cacert "$at/ca.pem" --cert "$at/host.pem" --key "$at/host.key" \
		get --prefix /netd/v1/svc/ --keys-only | grep . || true
}
has_keys() { [[ $(keys | tr '\n' ' ') == "$1" ]]; }

@test "a service made on one host leads containers of all to those of all, and costs none a connection" {
	local ip name host first refused=0
	for name in s1 s2 s3; do
		container_ns "$name" >/dev/null
		spawn in_c "$name" $PYTHON -I -S "$LIB/service_answers.py" "$name" 8080 "$T/ready-$name"
		wait_until 30 test -e "$T/ready-$name"
	done
	attach_on a s1 --network blue --service web
	netctl_in b service create web --network blue --port 80:8080 >"$T/printed"
	ip=$(service_of b web)
	equals "$(head -1 "$T/printed")" "$ip"
	equals "$(keys)" /netd/v1/svc/web # when it is answered
	wait_until 30 has_service a web "$ip"
	# who came before it and who comes behind it
	attach_on b s2 --network blue -l netd.service=other,web
	wait_until 30 has_backends a web "s1 s2@b"
	wait_until 30 has_backends b web "s1@a s2"
	for name in ux uy; do
		wait_until 30 finds "$name" web "$ip"
		equals "$(asked "$name" tasks.web | sort)" "$(for host in "a s1" "b s2"; do address $host; done | sort)"
		are_spread "$name" "http://$ip/"
		are_spread "$name" "http://[$(service_of b web IPv6Address)]/"
	done
	equals "$(ask uy -x "$ip")" web.blue.
	# a third one comes on the other host while connections are made here
	spawn in_c ux $PYTHON -I -S "$LIB/service_asks.py" "$ip" "$T/stop" "$T/stop" "$T/made"
	wait_until 30 test -e "$T/made.open"
	attach_on b s3 --network blue --service web
	wait_until 60 grep -q "^True 0 3$" "$T/made"
	# it has other ports on both hosts, while they are
	equals "$(netctl_in b service update web --port 80:8080 --port 81:8080)" web
	has_ports b web 80:8080,81:8080 # when it is answered
	wait_until 30 has_ports a web 80:8080,81:8080
	wait_until 30 is_answered ux "http://$ip:81/"
	is_answered uy "http://$ip:81/"
	# of two that change it at once one is told: b has not heard of what a did
	kill -STOP "$(cat "$T/b/run/herald.pid")"
	netctl_in a service update web --port 80:8080 --port 82:8080
	spawn_to "$T/late" has_status 409 put_to b services/web '{"Affinity": "client"}'
	wait_until 30 grep -q '=> Send data' "$T/trace"
	for name in once twice; do answers b; done # and so it has been read
	has_ports b web 80:8080,81:8080
	kill -CONT "$(cat "$T/b/run/herald.pid")"
	wait "$SPAWNED" || { cat "$T/late" && false; }
	grep -qF 'service web was changed or removed on another host at the same time: look at it, and ask again' "$T/late"
	wait_until 30 has_ports b web 80:8080,82:8080
	equals "$(service_of b web Affinity)" none
	wait_until 30 is_answered uy "http://$ip:82/"
	touch "$T/stop"
	wait_until 30 test -e "$T/made.stopped"
	equals "$(cat "$T/made")" "True 0 3"
	# two make one of a name at once: one of them is everybody's, and the other is refused
	spawn_to "$T/two-a" netctl_in a service create two --network blue --port 80
	first=$SPAWNED
	netctl_in b service create two --network blue --port 81 >"$T/two-b" 2>&1 || refused=1
	wait "$first" || refused=$((refused + 1))
	equals "$refused" 1
	grep -qF 'service two' "$T/two-a" "$T/two-b"
	wait_until 30 eval '[[ $(service_of a two) == $(service_of b two) ]]'
	fails_with 1 "service two exists already" netctl_in a service create two --network blue --port 80
	# removed on one host, or on both at once, it is on none, and ends no connection
	netctl_in a service rm web
	spawn netctl_in a service rm two
	netctl_in b service rm two || true
	for host in a b; do for name in web two; do wait_until 30 knows_no "$host" "$name"; done; done
	wait_until 30 has_keys ""
	wait_until 60 test -s "$T/made.end"
	equals "$(cat "$T/made.end")" True
	wait_until 30 finds uy tasks.web ""
	fails_with 1 "has containers on other hosts|active endpoints" netctl_in a network rm blue
}

@test "a host that is lost takes its containers out, and an etcd that is away takes nothing" {
	local ip late
	attach_on a s1 --network blue --service web
	attach_on b s2 --network blue --service web
	serve s1 80
	serve s2 80
	netctl_in a service create web --network blue --port 80
	ip=$(service_of a web)
	wait_until 30 has_backends a web "s1 s2@b"
	are_spread ux "http://$ip/"
	host_stop b KILL
	wait_until 30 has_backends a web s1
	wait_until 30 is_led_to ux "http://$ip/" s1
	equals "$(asked ux tasks.web)" "$(address a s1)"
	host_start b
	wait_until 30 has_backends a web "s1 s2@b"
	are_spread ux "http://$ip/"
	# etcd is gone, with its keeper and its program, and netd is killed: services go on as last known
	in_host a mount --bind /dev/null /usr/bin/etcd
	kill -9 "$(cat "$T/a/run/keeper.pid")"
	wait_until 30 stands b trying
	host_restart a KILL
	has_service a web "$ip"
	are_spread ux "http://$ip/"
	netctl_in a service create late --network blue --port 80 2>"$T/warned"
	grep -q 'etcd has not taken service late yet' "$T/warned"
	late=$(service_of a late)
	fails_with 1 "service web spans hosts, and they cannot agree about a change now" netctl_in a service update web --port 81
	netctl_in b service rm web
	in_host a umount /usr/bin/etcd
	wait_until 30 has_service b late "$late"
	wait_until 30 knows_no a web
	wait_until 30 has_keys "/netd/v1/svc/late "
	# one that was removed while a host was away does not come back with it; and who joins later finds what there is
	host_stop b
	netctl_in a service rm late
	wait_until 30 has_keys ""
	netctl_in a service create new --network blue --port 80
	attach_on a s3 --network blue --service new
	serve s3 80
	host_start b
	wait_until 30 has_backends b new s3@a
	knows_no b late
	host_new c
	join c
	wait_until 30 has_backends c new s3@a
	wait_until 30 attach_on c uz --network blue
	wait_until 30 is_led_to uz "http://$(service_of c new)/" s3
	has_keys "/netd/v1/svc/new "
}

# answered_at HOST N [PORT]: who answered so many connections of the world's to a host's published port, and whom they saw.
answered_at() {
	local i urls=()
	for ((i = 0; i < $2; i++)); do urls+=("http://$(host_addr "$1"):${3:-8080}/"); done
	in_out curl -sS -g -m "$MAX_S" "${urls[@]}" | sort -u | xargs
}
is_answered_at() { [[ $(answered_at "$1" 40 | grep -o '[a-z0-9]* from' | sort -u | xargs) == "$2" ]]; } # HOST "WHO from …"
# What host HOST answers with on the network, for who came by a published port.
stands_for() { sed -n 's/^[0-9a-f]* \([0-9.]*\).*/\1/p' "$T/$1/run/ingress-addresses"; }

@test "a published service is reached by each host, wherever those who stand behind it are" {
	local host ip refused=0 first
	netctl_in a service create web --network blue --port 80:8080 --port 53:5353/udp --publish 8080:80 --publish 5300:53/udp
	wait_until 30 has_service b web "$(service_of a web)"
	equals "$(netctl_in b service ls --format '{{.Ports}}')" "*:8080->80->8080/tcp,*:5300->53->5353/udp"
	wait_until 30 test -s "$T/b/run/ingress-addresses"
	for host in a b; do fails_with 7 "refused|[Cc]ould not connect|[Ff]ailed to connect" get_out "http://$(host_addr $host):8080/"; done
	attach_on a s1 --network blue --service web
	serve s1 8080 5353/udp
	# nobody of b's own: the answer comes back by b
	wait_until 30 is_answered_at b "s1 from"
	equals "$(answered_at b 5)" "s1 from $(stands_for b)"
	equals "$(answered_at a 5)" "s1 from 192.0.2.1"
	equals "$(udp in_out "$(host_addr b)" 5300)" "s1 from $(stands_for b)"
	attach_on b s2 --network blue --service web
	serve s2 8080 5353/udp
	for host in a b; do
		wait_until 30 is_answered_at "$host" "s1 from s2 from"
		matches "$(in_host $host curl -sS -m "$MAX_S" http://127.0.0.1:8080/ http://127.0.0.1:8080/ | xargs)" '^s[12] from'
	done
	equals "$(answered_at b 40)" "s1 from $(stands_for b) s2 from 192.0.2.1"
	# from the hosts and from containers, of the network and of another one, by either host
	netctl_in b network create red
	attach_on b out --network red
	for host in a b; do
		for from in "in_host b" "in_c out" "in_c uy" "in_c s2"; do
			equals "$from: $(for i in {1..20}; do $from curl -sS -m "$MAX_S" "http://$(host_addr $host):8080/"; done | grep -o 's[12] from' | sort -u | xargs)" "$from: s1 from s2 from"
		done
	done
	# connections from outside go on while netd is killed and restarted, with etcd away
	in_host a mount --bind /dev/null /usr/bin/etcd
	kill -9 "$(cat "$T/a/run/keeper.pid")"
	wait_until 30 stands b trying
	ip=$(stands_for b)
	host_restart b KILL
	equals "$(stands_for b)" "$ip"
	equals "$(answered_at b 40)" "s1 from $ip s2 from 192.0.2.1"
	in_host a umount /usr/bin/etcd
	wait_until 30 stands b fresh
	# a host that is lost takes its containers out, and has its port while its netd is away
	host_stop a KILL
	wait_until 30 is_answered_at b "s2 from"
	host_start a
	wait_until 30 is_answered_at b "s1 from s2 from"
	# who joins later has the port, too; what a program of its own has is waited for
	host_new c
	spawn in_host c $PYTHON -I -S "$LIB/serve.py" thief "$T/ready-thief" 8080
	first=$SPAWNED
	wait_until 30 test -e "$T/ready-thief"
	join c
	wait_until 30 grep -q 'service web is not published on this host: port 8080/tcp on 0.0.0.0 is in use by python' "$T/c/netd.log"
	equals "$(answered_at c 1)" "thief from 192.0.2.1"
	kill "$first"
	wait_until 30 is_answered_at c "s1 from s2 from"
	fails_with 1 "port 8080/tcp is already published by service web" netctl_in c service create db --network blue --port 81 --publish 8080
	# removed, it is given up everywhere
	netctl_in c service rm web
	for host in a b c; do
		wait_until 30 knows_no "$host" web
		wait_until 30 has_no_port "$host" 8080
	done
	wait_until 30 eval '[[ -z $(stands_for a)$(stands_for b)$(stands_for c) ]]'
}
has_no_port() { ! in_host "$1" ss -Hlnt "sport = :$2" | grep -q . && ! in_host "$1" nft list tables | grep -q ingress; }
