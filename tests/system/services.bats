#!/usr/bin/env bats
# services.bats - one address and name for several containers
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# answers_of CONTAINER N URL: who answered so many connections, with how often.
answers_of() {
	local i
	for ((i = 0; i < $2; i++)); do get_from "$1" "$3"; done | cut -d' ' -f1 | sort | uniq -c
}
refused_from() { # CONTAINER URL: at once, and not for want of an answer
	fails_with 7 "refused|[Cc]ould not connect|[Ff]ailed to connect" get_from "$1" "$2"
}

# How many sets of the table inside have elements.
led_in() { in_c "$1" nft list table inet netd-services | grep -c elements || true; }

@test "connections to a service go to all who stand behind it, in both families, and these see who asks" {
	netctl network create --ipv6 --subnet 10.41.0.0/24 --subnet 2001:db8:41::/64 blue
	netctl service create web --network blue --port 80:8080 --ip 10.41.0.200
	attach a --network blue --service web
	attach b --network blue --service other --service web
	attach c --network blue -l netd.service=web
	attach client --network blue
	for name in a b c; do serve "$name" 8080; done
	equals "$(ask client web)" 10.41.0.200
	equals "$(ask client web.blue AAAA)" "$(netctl service inspect -f '{{.IPv6Address}}' web)"
	equals "$(ask client -x 10.41.0.200)" web.blue.
	equals "$(ask client tasks.web | sort)" "$(for name in a b c; do ip4_of $name; done | sort)"
	equals "$(ask client tasks.web AAAA | sort)" "$(for name in a b c; do ip6_of $name; done | sort)"
	equals "$(get_from client http://10.41.0.200/ | cut -d' ' -f3)" "$(ip4_of client)"
	# Of 90 each has 30, and fewer than 9 or more than 51 once in some hundred thousand runs.
	for url in http://10.41.0.200/ "http://[$(ask client web AAAA)]/"; do
		answers_of client 90 "$url" >"$T/answers"
		equals "$(wc -l <"$T/answers")" 3
		awk '$1 < 9 || $1 > 51 { bad = 1 } END { exit bad }' "$T/answers" || { cat "$T/answers"; false; }
	done
	# One of them asks, too, and is among those who answer.
	answers_of a 60 http://10.41.0.200/ >"$T/answers"
	equals "$(wc -l <"$T/answers")" 3
	equals "$(netctl service ls --format '{{.Name}} {{.Network}} {{.Ports}} {{.Backends}}')" "web blue 80->8080/tcp 3"
}

@test "with nobody behind it, and at a port that it does not have, a service refuses at once" {
	netctl network create --ipv6 --subnet 10.41.0.0/24 --subnet 2001:db8:41::/64 blue
	attach client --network blue
	netctl service create web --network blue --port 80
	local ip ip6
	ip=$(ask client web)
	ip6=$(ask client web AAAA)
	refused_from client "http://$ip/"
	refused_from client "http://[$ip6]/"
	fails_with 1 "refused|not permitted" udp in_c client "$ip" 80
	attach a --network blue --service web
	serve a 80 81
	equals "$(get_from client "http://$ip/" | cut -d' ' -f1)" a
	refused_from client "http://$ip:81/"
	netctl detach a
	refused_from client "http://$ip/"
	equals "$(ask client tasks.web)" ""
	netctl service rm web
	equals "$(rcode "$(ask_full client web)")" NXDOMAIN
	equals "$(led_in client)" 0
	fails_with 1 "service web not found" netctl service rm web
}

@test "who comes and goes costs no connection, and a service that is removed ends none" {
	netctl network create blue
	netctl service create web --network blue --port 80
	attach client --network blue
	local i
	for i in 1 2 3 4 5; do
		# Whoever comes serves by then: nobody is sent to one who does not.
		container_ns "n$i" >/dev/null
		spawn in_c "n$i" $PYTHON -I -S "$LIB/service_answers.py" "n$i" 80 "$T/ready$i"
		wait_until 30 test -e "$T/ready$i"
		attach "n$i" --network blue --service web
		[[ $i != 1 ]] || {
			spawn in_c client $PYTHON -I -S "$LIB/service_asks.py" "$(ask client web)" "$T/stop" "$T/removed" "$T/made"
			wait_until 30 test -e "$T/made.open"
		}
	done
	wait_until 60 grep -q "^True 0 5$" "$T/made"
	touch "$T/stop"
	wait_until 60 test -e "$T/made.stopped" # or one that is being made would be refused
	netctl service rm web
	touch "$T/removed"
	wait_until 60 test -s "$T/made.end"
	equals "$(cat "$T/made") $(cat "$T/made.end")" "True 0 5 True"
}

@test "a service outlives netd and a reboot, and is restored with its network" {
	netctl network create blue
	netctl service create web --network blue --port 80 --affinity client
	attach a --network blue --service web
	attach b --network blue --service web
	attach client --network blue
	for name in a b; do serve "$name" 80; done
	local ip was
	ip=$(ask client web)
	was=$(get_from client "http://$ip/" | cut -d' ' -f1)
	host_stop h KILL
	equals "$(get_from client "http://$ip/" | cut -d' ' -f1)" "$was"
	host_start h
	equals "$(answers_of client 10 "http://$ip/" | awk '{ print $1, $2 }')" "10 $was"
	equals "$(netctl service ls --format '{{.Backends}} {{.Affinity}}')" "2 client"
	doctor_finds_nothing
	netctl system backup "$T/backup"
	host_reboot h
	equals "$(netctl service inspect web | jq -r '.[0] | "\(.IPv4Address) \(.Backends | length)"')" "$ip 0"
	fails_with 1 "has services .web." netctl network rm blue
	netctl service rm web
	netctl network rm blue
	netctl system restore "$T/backup"
	equals "$(netctl service inspect -f '{{.IPv4Address}}' web)" "$ip"
}

@test "a network's other containers are not led, and datagrams are" {
	netctl network create blue
	netctl network create red
	netctl service create dns --network blue --port 53:5353/udp --port 53:5353
	attach a --network blue --service dns
	attach both --network red --network blue
	attach out --network red
	serve a 5353 5353/udp
	local ip
	ip=$(ask both dns)
	equals "$(udp in_c both "$ip" 53 | cut -d' ' -f1)" a
	equals "$(get_from both "http://$ip:53/" | cut -d' ' -f1)" a
	equals "$(rcode "$(ask_full out dns)")" NXDOMAIN
	equals "$(in_c out nft list tables | grep -c services || true)" 0
	netctl network disconnect blue both
	equals "$(led_in both)" 0
	netctl network connect blue both
	equals "$(get_from both "http://$ip:53/" | cut -d' ' -f1)" a
	netctl detach both
	equals "$(in_c both nft list tables)" ""
}

@test "what cannot be a service is refused in words" {
	netctl network create --subnet 10.41.0.0/24 blue
	netctl network create -o icc=false apart
	fails_with 2 "port is missing" netctl service create web --network blue
	fails_with 2 "network is missing" netctl service create web --port 80
	fails_with 2 "PORT" netctl service create web --network blue --port 127.0.0.1:80:80
	fails_with 1 "tcp or udp" netctl service create web --network blue --port 80/sctp
	fails_with 1 "client or none" netctl service create web --network blue --port 80 --affinity cookie
	fails_with 1 "predefined" netctl service create web --network bridge --port 80
	fails_with 1 "may not talk" netctl service create web --network apart --port 80
	fails_with 1 "network green not found" netctl service create web --network green --port 80
	fails_with 1 "10.42" netctl service create web --network blue --port 80 --ip 10.42.0.9
	netctl service create web --network blue --port 80
	fails_with 1 "exists already, on network blue" netctl service create web --network blue --port 81
	fails_with 1 "service web" attach a --network "blue:ip=$(netctl service inspect -f '{{.IPv4Address}}' web)"
	fails_with 1 "service nobody not found" netctl service inspect nobody
	fails_with 2 "service" attach a --network blue --service "a b"
}

@test "explain says whom a connection to a service may be led to, and what refuses it" {
	netctl network create --subnet 10.41.0.0/24 blue
	netctl service create web --network blue --port 80:8080 --ip 10.41.0.200
	netctl service create near --network blue --port 80:8080 --affinity client --ip 10.41.0.201
	attach a --network blue --service web --service near
	attach b --network blue --service web --service near
	attach client --network blue
	serve a 8080
	explained() { { netctl explain --format json "$@" || true; } | jq -r '[.Verdict, .Code // "-"] | join(" ")'; }
	# One of the two does not listen: whoever is lucky gets through.
	equals "$(explained client web:80)" "partly not-listening"
	matches "$(netctl explain client web:80 || true)" 'Of 2 containers that service web may lead to, 1 are not reached: b'
	serve b 8080
	equals "$(explained client web:80)" "reachable -"
	equals "$(explained a web.blue:80)" "reachable -" # itself among them
	equals "$(explained client 10.41.0.200:81)" "unreachable service-port"
	equals "$(explained client web)" "unreachable service-port" # no ping
	equals "$(explained host 10.41.0.200:80)" "unreachable service-other-network"
	# What follows from the client's address is said exactly, and so it is.
	local who ip name
	for who in client a b; do
		name=$(get_from "$who" http://10.41.0.201/ | cut -d' ' -f1)
		ip=$(ip4_of "$name")
		matches "$(netctl explain --format json "$who" near:80 | jq -r '.Hops[].Say')" "leads it to $name, $ip:8080: as for this client always"
	done
	netctl detach a b
	equals "$(explained client web:80)" "unreachable service-empty"
	doctor_finds_nothing
}

@test "a service that is changed while it is in use costs no connection" {
	netctl network create blue
	netctl service create web --network blue --port 80:8080
	attach a --network blue --service web
	attach b --network blue --service web
	attach client --network blue
	for name in a b; do serve "$name" 8080 8081; done
	local ip
	ip=$(ask client web)
	ask_on() { # until the file is there: "OK FAILED"
		local ok=0 failed=0
		while [[ ! -e $T/stop ]]; do
			if get_from client "http://$ip/" >/dev/null; then ok=$((ok + 1)); else failed=$((failed + 1)); fi
			echo "$ok" >"$T/asked"
		done
		echo "$failed" >"$T/failed"
	}
	asked_more() { [[ $(cat "$T/asked") -ge $1 ]]; }
	ask_on &
	local asker=$!
	wait_until 30 test -s "$T/asked"
	local change n
	for change in '--port 80:8081' '--affinity client' '--port 80:8080 --port 81:8081' '--affinity none'; do
		n=$(cat "$T/asked")
		equals "$(netctl service update web $change)" web
		wait_until 30 asked_more $((n + 3))
	done
	touch "$T/stop"
	wait "$asker"
	equals "$(cat "$T/failed")" 0
	equals "$(netctl service ls --format '{{.Ports}} {{.Affinity}} {{.Backends}}')" "80->8080/tcp,81->8081/tcp none 2"
	matches "$(get_from client "http://$ip:81/")" '^[ab] from'
	fails_with 2 "nothing is to change" netctl service update web
	fails_with 1 "tcp or udp" netctl service update web --port 80/sctp
	fails_with 1 "service db not found" netctl service update db --port 80
	# Who runs already comes and goes by his connection to the network.
	attach late --network bridge
	netctl network connect --service web blue late
	equals "$(netctl service ls --format '{{.Backends}}')" 3
	host_restart h KILL
	equals "$(netctl service ls --format '{{.Backends}}')" 3
	doctor_finds_nothing
	netctl network disconnect blue late
	equals "$(netctl service ls --format '{{.Backends}}')" 2
	matches "$(get_from client "http://$ip:81/")" '^[ab] from'
}

# asked_by FROM N URL: who answered so many connections of the world's, the host's or a container's, and what they saw of who asked.
asked_by() {
	local i urls=()
	for ((i = 0; i < $2; i++)); do urls+=("$3"); done
	case $1 in
	out) in_out curl -sS -g -m "$MAX_S" "${urls[@]}" ;;
	host) in_host h curl -sS -g -m "$MAX_S" "${urls[@]}" ;;
	*) in_c "$1" curl -sS -g -m "$MAX_S" "${urls[@]}" ;;
	esac | sort -u | xargs
}
answered() { asked_by "$1" 40 "$2" | grep -o '[a-z]* from' | sort -u | xargs; } # FROM URL: by whom
refused_by() { fails_with 7 "refused|[Cc]ould not connect|[Ff]ailed to connect" "$@"; }

@test "a published service is reached by the host's address from outside, from the host and from containers" {
	local h4 h6 from
	h4=$(host_addr h)
	h6=2001:db8::1$(host_number h)
	netctl network create --ipv6 --subnet 10.41.0.0/24 --subnet 2001:db8:41::/64 blue
	netctl network create red
	netctl service create web --network blue --port 80:8080 --port 53:5353/udp --publish 8080:80 --publish 5300/udp --ip 10.41.0.200
	equals "$(netctl service ls --format '{{.Ports}}')" "*:8080->80->8080/tcp,*:5300->53->5353/udp"
	# nobody is there: at once
	for from in "$h4" "[$h6]"; do
		refused_by get_out "http://$from:8080/"
		refused_by get_host h "http://$from:8080/"
	done
	refused_by get_host h http://127.0.0.1:8080/
	fails_with 1 "refused" udp in_out "$h4" 5300
	attach a --network blue --service web
	attach b --network blue --service web
	attach near --network blue
	attach far --network red
	serve a 8080 5353/udp
	serve b 8080 5353/udp
	# who asks from outside is seen
	equals "$(asked_by out 40 "http://$h4:8080/")" "a from 192.0.2.1 b from 192.0.2.1"
	equals "$(answered out "http://[$h6]:8080/")" "a from b from"
	matches "$(udp in_out "$h4" 5300)" '^[ab] from 192.0.2.1'
	# a himself is one of the two
	for from in host near far a; do
		equals "$(answered "$from" "http://$h4:8080/")" "a from b from"
		[[ $from == far ]] || equals "$(answered "$from" "http://[$h6]:8080/")" "a from b from" # it has IPv4 alone
	done
	equals "$(answered host http://127.0.0.1:8080/)" "a from b from"
	refused_by get_host h 'http://[::1]:8080/'
	# the service's own address is as it was
	matches "$(get_from near http://10.41.0.200/)" '^[ab] from'
	doctor_finds_nothing
	netctl detach a
	equals "$(answered out "http://$h4:8080/")" "b from"
	netctl detach b
	refused_by get_out "http://$h4:8080/"
	netctl service rm web
	equals "$(in_host h nft list tables | grep -c netd-ingress || true)" 0
	attach c --network blue -p 8080:80
}

@test "ports of a service are published and given up while it is in use, and outlive netd" {
	local h4
	h4=$(host_addr h)
	netctl network create blue
	netctl service create web --network blue --port 80:8080 --affinity client --publish 8080
	attach a --network blue --service web
	attach b --network blue --service web
	for name in a b; do
		spawn in_c "$name" $PYTHON -I -S "$LIB/service_answers.py" "$name" 8080 "$T/ready-$name"
		wait_until 30 test -e "$T/ready-$name"
		serve "$name" 8081
	done
	asked_one() { [[ $(asked_by out 10 "http://$h4:$1/" | wc -w) == 3 ]]; } # PORT: by one
	asked_one 8080
	local was
	was=$(asked_by out 1 "http://$h4:8080/")
	host_stop h KILL
	equals "$(asked_by out 1 "http://$h4:8080/")" "$was"
	host_start h
	equals "$(asked_by out 10 "http://$h4:8080/")" "$was"
	fails_with 1 "already published by service web: choose another port, or .netctl service update --publish-rm 8080 web" attach c --network blue -p 8080:80
	# a connection that is there goes on over all of it
	spawn in_out $PYTHON -I -S -c '
import socket, sys, os, time
s = socket.create_connection((sys.argv[1], 8080), 20)
open(sys.argv[2], "w")
while not os.path.exists(sys.argv[3]): time.sleep(0.01)
s.sendall(b"GET / HTTP/1.0\r\n\r\n")
open(sys.argv[4] + ".new", "w").write(s.recv(4096).decode())
os.rename(sys.argv[4] + ".new", sys.argv[4])' "$h4" "$T/open" "$T/go" "$T/answer"
	wait_until 30 test -e "$T/open"
	netctl service update --publish-add 8081:80 --publish-rm 8080 --affinity none web
	refused_by get_out "http://$h4:8080/"
	equals "$(answered out "http://$h4:8081/")" "a from b from"
	attach c --network blue -p 8080:80
	netctl detach c
	netctl service update --port 80:8081 --port 81 web
	equals "$(netctl service ls --format '{{.Ports}}')" "*:8081->80->8081/tcp,81/tcp"
	equals "$(answered out "http://$h4:8081/")" "a from b from"
	touch "$T/go"
	wait_until 30 test -s "$T/answer"
	host_restart h TERM
	equals "$(answered out "http://$h4:8081/")" "a from b from"
	doctor_finds_nothing
	netctl system backup "$T/backup"
	netctl service rm web
	refused_by get_out "http://$h4:8081/"
	netctl detach a b
	netctl network rm blue
	netctl system restore "$T/backup"
	attach a --network blue --service web
	equals "$(answered out "http://$h4:8081/")" "a from"
}

@test "a port of the host that somebody has cannot be published by a service, and nothing is left of the try" {
	netctl network create blue
	netctl network create --internal inside
	attach c --network blue -p 8080:80
	serve_in 'in_host h' other 8081
	fails_with 1 "port 8080/tcp on 0.0.0.0 is already published by container c: choose another port" netctl service create web --network blue --port 80 --publish 8080
	fails_with 1 "port 8081/tcp on (0.0.0.0|::) is in use by python" netctl service create web --network blue --port 80 --publish 8081
	fails_with 1 "service web not found" netctl service inspect web
	fails_with 1 "internal" netctl service create web --network inside --port 80 --publish 8082
	fails_with 2 "no such port, or several" netctl service create web --network blue --port 80 --port 81 --publish 8082
	fails_with 2 "is not PORT" netctl service create web --network blue --port 80 --publish 127.0.0.1:8082:80
	fails_with 1 "published twice" netctl service create web --network blue --port 80 --port 81 --publish 8082:80 --publish 8082:81
	netctl service create web --network blue --port 80 --publish 8082
	fails_with 1 "port 8082/tcp is already published by service web: choose another port, or .netctl service update --publish-rm 8082 web" \
		netctl service create db --network blue --port 81 --publish 8082
	fails_with 1 "already published by container c" netctl service update --publish-rm 8082 --publish-add 8080 web
	equals "$(netctl service ls --format '{{.Name}} {{.Ports}}')" "web *:8082->80/tcp"
	fails_with 2 "publishes no such port" netctl service update --publish-rm 8083 web
	# A port of a service that somebody takes while netd is not there is waited for.
	host_stop h KILL
	spawn in_host h $PYTHON -I -S "$LIB/serve.py" thief "$T/ready-thief" 8082
	local thief=$SPAWNED
	wait_until 30 test -e "$T/ready-thief"
	host_start h
	attach a --network blue --service web
	serve a 80
	equals "$(get_host h "http://$(host_addr h):8082/" | cut -d' ' -f1)" thief
	kill "$thief"
	led_to_a() { [[ $(get_out "http://$(host_addr h):8082/" | cut -d' ' -f1) == a ]]; }
	wait_until 30 led_to_a
}
