#!/usr/bin/env bats
# forwarding.bats - names that are not ours: the host's servers, --dns, cache, failover, always an answer
# SPDX-License-Identifier: GPL-2.0-or-later
load lib

# follow_log: what a asks is noted in $T/log from here on, as the resolver itself saw it: from where it was answered, and what it took. (How
# long a program takes to ask is the machine's affair.)
follow_log() {
	spawn_to "$T/log" netctl dns log --follow --format json
	wait_until 30 is_noted
}
is_noted() {
	ask a noted >/dev/null
	wait_until 1 grep -q '"noted"' "$T/log"
}
noted() { jq -r "select((.Name // \"\") | test(\"$1\")) | $2" "$T/log"; } # NAME JQ
has_noted() { [[ $(noted "$1" .Name | wc -l) -ge $2 ]]; } # NAME TIMES

@test "other names go to the host's servers, in both families, by UDP and TCP" {
	upstream
	attach a
	equals "$(ask a www.ok.test)" 203.0.113.7
	equals "$(ask a www.ok.test AAAA)" 2001:db8:53::7
	equals "$(ask a +tcp www2.ok.test)" 203.0.113.7
}

@test "a real dnsmasq as upstream answers through netd" {
	spawn in_out dnsmasq --keep-in-foreground --no-resolv --no-hosts --port=53 --listen-address=192.0.2.1 \
		--bind-interfaces --address=/real.example/198.51.100.7 --pid-file= --user=root --conf-file=/dev/null
	attach a
	wait_until 30 bash -c "nsenter --net=/run/netns/$P-out dig @192.0.2.1 +tries=1 +time=1 +short real.example | grep -q 198"
	equals "$(ask a real.example)" 198.51.100.7
}

@test "answers are cached, also that there is none, and the time to live counts down" {
	upstream
	attach a
	attach b
	for i in 1 2 3; do
		equals "$(ask a www.ok.test)" 203.0.113.7
		equals "$(ask b www.ok.test)" 203.0.113.7
		equals "$(rcode "$(ask_full a nx.ok.test)")" NXDOMAIN
		equals "$(rcode "$(ask_full b empty.ok.test)")" NOERROR
	done
	equals "$(upstream_saw ' www.ok.test 1$')" 1
	equals "$(upstream_saw nx.ok.test)" 1
	equals "$(upstream_saw empty.ok.test)" 1
	ask a ttl1.ok.test
	counted() { [[ $(ask a ttl1.ok.test) == 203.0.113.7 && $(upstream_saw ttl1) -ge 2 ]]; }
	wait_until 30 counted
	below() { [[ $(ask_full a www.ok.test | awk '$1 == "www.ok.test." { print $2 }') -lt 60 ]]; }
	wait_until 30 below
}

@test "the same question asked by many at once goes out once" {
	upstream
	attach a
	local asking=()
	for i in $(seq 20); do
		ask a slow300.ok.test >"$T/answer.$i" 3>&- &
		asking+=("$!")
	done
	wait "${asking[@]}"
	equals "$(cat "$T"/answer.* | sort | uniq -c | xargs)" "20 203.0.113.7"
	equals "$(upstream_saw slow300)" 1
}

@test "a dead first server costs hundreds of milliseconds, once" {
	upstream 192.0.2.2 dead
	upstream 192.0.2.1
	name_servers 192.0.2.2 192.0.2.1
	attach a
	first() { [[ $(ask a first.ok.test) == 203.0.113.7 && $(upstream_saw . 192.0.2.2) -ge 1 ]]; }
	wait_until 30 first
	follow_log
	local i
	for i in 1 2 3 4 5 6; do
		equals "$(ask a "again$i.ok.test")" 203.0.113.7
	done
	wait_until 30 has_noted '^again' 6
	# Who is answered by another than was asked first has waited for that one.
	[[ $(noted '^again' .Source | grep -c hedged) -le 2 ]]
	equals "$(noted '^again' .Source | grep -vcE '^(hedged|upstream)$')" 0
}

@test "when no server answers there is SERVFAIL within four seconds" {
	upstream 192.0.2.1 dead
	attach a
	follow_log
	equals "$(rcode "$(ask_full a www.ok.test)")" SERVFAIL
	wait_until 30 has_noted '^www' 1
	# two seconds more for a busy machine
	equals "$(noted '^www' '.Code, .Nanoseconds < 6000000000' | xargs)" "SERVFAIL true"
}

@test "without any server the answer is SERVFAIL at once" {
	name_servers
	attach a
	fails_fast() {
		local start=${EPOCHREALTIME/./} out
		out=$(ask_full a www.ok.test)
		[[ $(rcode "$out") =~ SERVFAIL|REFUSED ]] && ((${EPOCHREALTIME/./} - start < 2000000))
	}
	wait_until 30 fails_fast
}

@test "SERVFAIL of one server makes it ask the next" {
	upstream 192.0.2.2 servfail
	upstream 192.0.2.1
	name_servers 192.0.2.2 192.0.2.1
	attach a
	answered() { [[ $(ask a www.ok.test) == 203.0.113.7 ]]; }
	wait_until 30 answered
}

@test "a truncated answer is asked again over TCP, and TC tells a UDP client" {
	upstream
	attach a
	local out
	out=$(ask_full a +tcp big.ok.test TXT)
	matches "$out" 'ANSWER: 40'
	out=$(ask_full a +notcp +ignore +bufsize=512 big.ok.test TXT)
	matches "$out" 'flags:.* tc'
	equals "$(ask a big.ok.test TXT | wc -l)" 40
	((upstream_saw_tcp = $(upstream_saw '^tcp big')))
	((upstream_saw_tcp >= 1))
}

@test "an answer to another question is not believed" {
	upstream
	attach a
	equals "$(ask a wrong.ok.test)" 203.0.113.7
}

@test "resolv.conf of the host is followed, written in place or replaced" {
	upstream 192.0.2.1
	upstream 192.0.2.3
	attach a
	equals "$(ask a one.ok.test)" 203.0.113.7
	equals "$(upstream_saw one.ok.test)" 1
	echo 'nameserver 192.0.2.3' >"$T/h/etc/resolv.conf"
	asks_third() { ask a "two$RANDOM.ok.test" && [[ $(upstream_saw two 192.0.2.3) -ge 1 ]]; }
	wait_until 30 asks_third
	echo 'nameserver 192.0.2.1' >"$T/h/etc/resolv.conf.new"
	mv "$T/h/etc/resolv.conf.new" "$T/h/etc/resolv.conf"
	asks_first() { ask a "three$RANDOM.ok.test" && [[ $(upstream_saw three 192.0.2.1) -ge 1 ]]; }
	wait_until 30 asks_first
}

@test "an IPv6 server of the host is used" {
	upstream 2001:db8::1
	echo 'nameserver 2001:db8::1' >"$T/h/etc/resolv.conf"
	attach a
	answered() { [[ $(ask a www.ok.test) == 203.0.113.7 ]]; }
	wait_until 30 answered
}

@test "upstreams with a link-local address are asked through the interface of their zone" {
	local ll=fe80::53 ready
	ip -n "$P-out" addr add "$ll/64" dev wire nodad
	ready=$(mktemp -u "$T/ready.XXXXXX")
	spawn in_out $PYTHON -I -S "$LIB/upstream.py" "$ll%wire" "$T/upstream.ll" "$ready" answer
	wait_until 30 test -e "$ready"
	attach zoned
	reached() { # ADDRESS%ZONE
		echo "nameserver $1" >"$T/h/etc/resolv.conf"
		asked() { [[ $(quick zoned "$RANDOM.example.com") == 203.0.113.7 ]]; }
		wait_until 30 asked
	}
	reached "$ll%up0"
	matches "$(ask zoned big.example.com TXT | wc -l)" '^40$' # over TCP
	printf 'nameserver %s\n' "$ll%nosuch0" "$ll" >"$T/h/etc/resolv.conf"
	wait_until 30 grep -q "name server $ll%nosuch0 .*left out: there is no such interface" "$T/h/netd.log"
	wait_until 30 grep -q "name server $ll of .*left out: .*needs an interface" "$T/h/netd.log"
	wait_until 30 asks_these # nobody: the resolver hears of it behind the log
	equals "$(rcode "$(ask_full zoned other.example.com)")" SERVFAIL
	reached "$ll%$(ip -n "$P-h" -j link show up0 | jq ".[0].ifindex")"
	host_restart h KILL
	equals "$(ask zoned again.example.com)" 203.0.113.7
}

@test "a stub server on the host's loopback is reached from the containers through netd" {
	spawn in_host h dnsmasq --keep-in-foreground --no-resolv --no-hosts --port=53 --listen-address=127.0.0.53 \
		--bind-interfaces --address=/stub.example/198.51.100.53 --pid-file= --user=root --conf-file=/dev/null
	echo 'nameserver 127.0.0.53' >"$T/h/etc/resolv.conf"
	attach a
	answered() { [[ $(ask a stub.example) == 198.51.100.53 ]]; }
	wait_until 30 answered
}

@test "in a container of another engine netd asks that engine's resolver on 127.0.0.11" {
	upstream
	netctl network create around
	attach outer --network around
	host_new inner
	netctl attach inner --netns "/run/netns/$P-inner" --network around
	echo 'nameserver 127.0.0.11' >"$T/inner/etc/resolv.conf"
	attach_on inner deep
	answered() { [[ $(quick deep deep.ok.test) == 203.0.113.7 ]]; }
	wait_until 30 answered
	equals "$(ask deep outer.around)" "$(ip4_of outer around)"
	equals "$(ask deep +tcp outer.around)" "$(ip4_of outer around)"
	matches "$(ask deep big.ok.test TXT | wc -l)" '^40$'
}

@test "a resolver on 127.0.0.11 that nobody runs costs no time, and the next server is asked" {
	upstream
	printf 'nameserver 127.0.0.11\nnameserver 192.0.2.1\n' >"$T/h/etc/resolv.conf"
	host_restart h
	attach a
	equals "$(ask a www.ok.test)" 203.0.113.7
	echo 'nameserver 127.0.0.11' >"$T/h/etc/resolv.conf"
	host_restart h
	equals "$(rcode "$(ask_full a other.ok.test)")" SERVFAIL
}

@test "--dns is asked for that container instead of the host's" {
	upstream 192.0.2.1
	upstream 192.0.2.4
	attach a --dns 192.0.2.4
	attach b
	ask a own.ok.test
	equals "$(upstream_saw own 192.0.2.4)" 1
	equals "$(upstream_saw own 192.0.2.1)" 0
	ask b own.ok.test
	equals "$(upstream_saw own 192.0.2.1)" 1
	equals "$(ask a b)" "$(ip4_of b)"
}

@test "no name of ours is ever asked outside, nor a name without a dot" {
	upstream
	netctl network create n
	attach web --network n:alias=www
	attach client --network n
	for name in web www web.n nosuch; do
		ask client "$name" && ask client "$name" AAAA && ask client "$name" TXT && ask client "$name" MX
		ask client "$name" HTTPS || true
	done
	ask client -x "$(ip4_of web n)"
	equals "$(cat "$T/upstream.192.0.2.1")" ""
	equals "$(rcode "$(ask_full client nosuch)")" NXDOMAIN
}

@test "rules that nft cannot come to the end of are given up, and netd goes on" {
	mkfifo "$T/h/etc/netd/rules.d/stuck.nft"
	kill -HUP "${NETD_PID[h]}"
	wait_until 60 grep -q 'nft has not read the rules within' "$T/h/netd.log"
	attach a
}

# Of the host's netd: the nft(8) that it started and waits for.
nft_child() {
	local children child
	children=$(cat "/proc/${NETD_PID[h]}/task/${NETD_PID[h]}/children")
	for child in $children; do
		[[ $(cat "/proc/$child/comm") != nft ]] || echo "$child"
	done
}

@test "nft(8) that is stopped while it reads the rules is ended, and one that is killed is said; netd goes on with those of before" {
	local rules
	echo 'tcp dport 8091 drop' >"$T/h/etc/netd/rules.d/first.nft"
	kill -HUP "${NETD_PID[h]}"
	wait_until 30 bash -c "nsenter --net=/run/netns/$P-h nft list chain inet netd user-forward | grep -q 8091"
	rules=$(in_host h nft list chain inet netd user-forward)
	mkfifo "$T/h/etc/netd/rules.d/stuck.nft"
	kill -HUP "${NETD_PID[h]}"
	wait_until 30 eval '[[ $(nft_child) ]]'
	kill -STOP "$(nft_child)" # its own alarm does not end it now
	wait_until 60 grep -q 'nft has not read the rules within' "$T/h/netd.log"
	attach a
	wait_until 30 eval '[[ ! $(nft_child) ]]' # one that was killed has to run to its end
	kill -HUP "${NETD_PID[h]}"
	wait_until 30 eval '[[ $(nft_child) ]]'
	kill -KILL "$(nft_child)"
	wait_until 30 grep -q 'nft was killed (signal 9)' "$T/h/netd.log"
	attach b
	equals "$(in_host h nft list chain inet netd user-forward)" "$rules"
	rm "$T/h/etc/netd/rules.d/stuck.nft"
	kill -HUP "${NETD_PID[h]}"
	wait_until 30 eval '(( $(grep -c "rules of .* are loaded" "$T/h/netd.log") >= 2 ))'
}
